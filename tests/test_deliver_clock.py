"""A wall clock that is set, back or ahead, delays nothing and loses nothing."""

import asyncio
from datetime import timedelta

import pytest

from bot.config import Config
from bot.jobs import Pruning
from bot.sim import Simulator
from storage import Storage
from storage.records import PutOff, Rhythm, Timetable
from tests.conftest import Clock
from tests.delivering import sending, sends_per_chat, until, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, stored

AHEAD = timedelta(days=90)


async def moments(storage: Storage, column: str, table: str) -> list[int]:
    rows = await storage.database.fetch(f"SELECT {column} AS moment FROM {table} WHERE {column} IS NOT NULL")
    return [row["moment"] for row in rows]


@pytest.mark.parametrize(
    ("rhythm", "within"), [(Rhythm.HOURLY, 2), (Rhythm.DAILY, 26), (Rhythm.WEEKLY, 7 * 24 + 2)], ids=str
)
async def test_a_digest_that_was_planned_by_a_clock_that_was_ahead_comes_in_its_rhythm(
    storage: Storage, sim: Simulator, clock: Clock, rhythm: Rhythm, within: int
) -> None:
    chat = await reader(storage, 1)
    await storage.chats.set_timetable(
        chat.id, Timetable(rhythm=rhythm), digest_at=NOON + AHEAD + timedelta(hours=1), now=NOON
    )
    async with sending(storage, sim, clock=clock):

        async def planned_anew() -> bool:
            [at] = await moments(storage, "digest_at", "chats")
            return at <= _ms(clock) + within * 3_600_000

        await until(planned_anew)


def _ms(clock: Clock) -> int:
    return int(clock().timestamp() * 1000)


async def test_a_clock_that_is_set_back_under_a_running_bot_brings_digests_back_too(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 2)
    chat = await reader(storage, 1)
    await storage.chats.set_timetable(
        chat.id, Timetable(rhythm=Rhythm.HOURLY), digest_at=NOON + timedelta(minutes=60), now=NOON
    )
    clock.advance(days=90)
    async with sending(storage, sim, clock=clock) as sender:

        async def planned() -> bool:
            return (await moments(storage, "digest_at", "chats"))[0] > _ms(clock)

        await until(planned)
        clock.advance(days=-90)
        sender.wake()

        async def planned_anew() -> bool:
            return (await moments(storage, "digest_at", "chats"))[0] <= _ms(clock) + 2 * 3_600_000

        await until(planned_anew)
    [told_until] = await moments(storage, "told_until", "chats")
    assert told_until <= _ms(clock) + 60_000


async def test_what_was_noted_by_a_clock_that_was_ahead_moves_back_together(storage: Storage) -> None:
    future = NOON + AHEAD
    chat = await reader(storage, 1, now=future - timedelta(hours=2))
    [article] = await stored(storage, new_article(published_at=future), now=future)
    await storage.deliveries.expand(limit=10, now=future)
    async with storage.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO corrections (article_id, lane, due_at, last_at) SELECT id, 5, stored_at + 60000, stored_at"
            " FROM articles"
        )
    await storage.deliveries.correct_times(now=NOON, by=AHEAD)
    now = int(NOON.timestamp() * 1000)
    for column, table in [
        ("active_since", "chats"),
        ("everything_since", "chats"),
        ("stored_at", "articles"),
        ("published_at", "articles"),
        ("queued_at", "deliveries"),
        ("last_at", "corrections"),
        ("next_send_at", "send_slots"),
    ]:
        assert max(await moments(storage, column, table)) <= now, (table, column)
    [since], [stored_at] = (
        await moments(storage, "everything_since", "chats"),
        await moments(storage, "stored_at", "articles"),
    )
    assert stored_at - since == timedelta(hours=2) // timedelta(milliseconds=1)  # in their order still
    assert await moments(storage, "due_at", "corrections") == [now]
    [claim] = await storage.deliveries.claim(limit=1, now=NOON)
    assert (claim.chat_row, claim.article_id) == (chat.id, article)


async def test_quiet_hours_that_a_wrong_clock_saw_hold_nothing_back(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=10, now=NOON)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON)
    until_then = NOON + timedelta(hours=19)
    await storage.deliveries.settle([PutOff(claim, until_then, "quiet hours", attempts=0, quiet=True)])
    earlier = NOON - timedelta(hours=10)
    await storage.deliveries.correct_times(now=earlier, by=timedelta(hours=10))
    [claim] = await storage.deliveries.claim(limit=1, now=earlier)
    assert claim.chat_id == 1


async def test_a_clock_that_is_set_ahead_sends_everything_once(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 60)
    await readers(storage, 60)
    await stored(storage, new_article())
    async with sending(storage, sim, clock=clock, rate=100, alert_hours=0):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
        clock.advance(days=90)
        await wait_until_settled(storage, sim, sent=60, queued=0)
    assert set(sends_per_chat(sim).values()) == {1}


async def test_alerts_that_came_while_the_clock_was_ahead_are_no_catch_up(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    async with sending(storage, sim, clock=clock) as sender:
        await asyncio.sleep(0.3)  # the clock of `sending` goes on
        clock.advance(hours=-2)
        await stored(storage, *(new_article(f"{n}") for n in range(8)), now=clock() + timedelta(seconds=0.2))
        sender.wake()
        await wait_until_settled(storage, sim, sent=8)


async def test_after_a_jump_of_the_clock_nothing_is_pruned_for_a_day(storage: Storage, clock: Clock) -> None:
    await stored(storage, new_article("old", lane=None))
    steady = 0.0
    pruning = Pruning(storage, Config(keep_days=30), clock, steady=lambda: steady)
    clock.advance(days=90)
    assert await pruning() == 0
    clock.advance(hours=23)
    steady += timedelta(hours=23).total_seconds()
    assert await pruning() == 0
    clock.advance(hours=2)
    steady += timedelta(hours=2).total_seconds()
    assert await pruning() == 1
