"""The inbox in storage: an update is kept once, until it is answered or set aside."""

from datetime import timedelta

import pytest

from storage import Storage
from storage.errors import DatabaseFull
from storage.records import ReceivedUpdate, WaitingUpdate
from storage.times import to_ms
from storage.topics.inbox import RECEIPTS_KEPT, SET_ASIDE_FOR, SET_ASIDE_KEPT
from tests.delivering import full_disk
from tests.makers import NOON, set_aside_updates


def update(number: int, chat_id: int = 7) -> ReceivedUpdate:
    return ReceivedUpdate(
        update_id=number, chat_id=chat_id, asked_at=NOON, asks=True, payload=f'{{"update_id":{number}}}'
    )


async def waiting(storage: Storage) -> list[int]:
    return [one.update_id for one in await storage.inbox.waiting_updates(after=0, limit=10_000)]


async def test_what_is_received_waits_in_the_order_of_its_numbers(storage: Storage) -> None:
    new = await storage.inbox.receive([update(3), update(5), update(4)], now=NOON)
    assert [one.update_id for one in new] == [3, 5, 4]
    assert await storage.inbox.waiting_updates(after=3, limit=1) == [
        WaitingUpdate(update_id=4, chat_id=7, asked_at=NOON, asks=True, attempts=1)
    ]
    assert await waiting(storage) == [3, 4, 5]
    assert await storage.inbox.payload(5) == '{"update_id":5}'


async def test_an_update_that_comes_again_is_not_new(storage: Storage) -> None:
    await storage.inbox.receive([update(3), update(3)], now=NOON)
    assert [one.update_id for one in await storage.inbox.receive([update(3), update(4)], now=NOON)] == [4]
    await storage.inbox.settle([3, 4], [], now=NOON)
    assert await storage.inbox.receive([update(3), update(4)], now=NOON) == []
    assert await waiting(storage) == []
    assert await storage.inbox.payload(3) is None


async def test_a_number_that_comes_back_after_days_is_new(storage: Storage) -> None:
    await storage.inbox.receive([update(3)], now=NOON)
    await storage.inbox.settle([3], [], now=NOON)
    later = NOON + RECEIPTS_KEPT + timedelta(seconds=1)
    await storage.inbox.prune(now=later)
    assert len(await storage.inbox.receive([update(3)], now=later)) == 1


async def test_a_number_is_new_again_when_telegram_was_told_that_we_have_it(storage: Storage) -> None:
    await storage.inbox.receive([update(3), update(4)], now=NOON)
    await storage.inbox.settle([3, 4], [], now=NOON)
    assert await storage.inbox.receive([update(3), update(4)], now=NOON, confirmed=4) == [update(3)]
    await storage.inbox.settle([3], [], now=NOON)
    await storage.inbox.confirm(5)
    assert await storage.inbox.receive([update(3), update(4)], now=NOON) == [update(3), update(4)]


async def test_a_number_that_waits_still_is_not_new(storage: Storage) -> None:
    await storage.inbox.receive([update(3)], now=NOON)
    await storage.inbox.confirm(4)
    assert await storage.inbox.receive([update(3)], now=NOON) == []
    assert await waiting(storage) == [3]


async def test_what_is_set_aside_is_kept_with_its_reason_and_waits_no_more(storage: Storage) -> None:
    await storage.inbox.receive([update(3), update(4), update(5)], now=NOON)
    await storage.inbox.settle([3], [(4, "unreadable: KeyError: 'gift'")], now=NOON)
    assert await waiting(storage) == [5]
    [aside] = await set_aside_updates(storage)
    assert (aside["update_id"], aside["chat_id"], aside["payload"]) == (4, 7, '{"update_id":4}')
    assert (aside["reason"], aside["set_aside_at"]) == ("unreadable: KeyError: 'gift'", to_ms(NOON))
    stats = await storage.inbox.stats()
    assert (stats.waiting, stats.set_aside, stats.last_reason) == (1, 1, "unreadable: KeyError: 'gift'")


async def test_settling_twice_changes_nothing(storage: Storage) -> None:
    await storage.inbox.receive([update(3)], now=NOON)
    for _ in range(2):
        await storage.inbox.settle([], [(3, "refused")], now=NOON)
    assert len(await set_aside_updates(storage)) == 1


async def test_what_is_set_aside_has_a_bound_and_an_age(storage: Storage) -> None:
    numbers = range(1, SET_ASIDE_KEPT + 11)
    await storage.inbox.receive([update(number) for number in numbers], now=NOON)
    await storage.inbox.settle([], [(number, "refused") for number in numbers], now=NOON)
    kept = await set_aside_updates(storage)
    assert [one["update_id"] for one in kept] == list(numbers)[: -SET_ASIDE_KEPT - 1 : -1]
    await storage.inbox.prune(now=NOON + SET_ASIDE_FOR + timedelta(seconds=1))
    assert await storage.inbox.stats() == type(await storage.inbox.stats())(waiting=0, set_aside=0, last_reason=None)


async def test_a_full_disk_keeps_nothing_of_a_list(storage: Storage) -> None:
    async with full_disk(storage):
        with pytest.raises(DatabaseFull):
            await storage.inbox.receive([update(number) for number in range(1, 100)], now=NOON)
    assert await waiting(storage) == []
    assert len(await storage.inbox.receive([update(1)], now=NOON)) == 1


async def test_attempts_are_counted_and_taken_back(storage: Storage) -> None:
    async def attempts() -> list[int]:
        return [one.attempts for one in await storage.inbox.waiting_updates(after=0, limit=9)]

    await storage.inbox.receive([update(1), update(2)], now=NOON)
    await storage.inbox.begin_attempt(2)
    await storage.inbox.begin_attempt(2)
    assert await attempts() == [1, 3]
    await storage.inbox.undo_attempts([2])
    assert await attempts() == [1, 2]
