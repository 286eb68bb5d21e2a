"""The inbox: an update is answered once or set aside, in order within a chat, and nobody waits for another chat."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from bot.backoff import Backoff
from bot.chat import inbox as inbox_module
from bot.chat.admission import Admission
from bot.chat.inbox import MOST_ATTEMPTS, PATIENCE, Inbox
from bot.chat.polling import ReceiveResult
from bot.chat.updates import read_raw_update
from storage import Storage
from storage.errors import DatabaseFull
from tests.conftest import Clock
from tests.delivering import full_disk
from tests.makers import set_aside_updates


def asked(number: int, chat_id: int, text: str = "/latest", **more: Any) -> dict[str, Any]:
    """A command in a private chat."""
    chat = {"id": chat_id, "type": "private", "first_name": "Huda"}
    return {"update_id": number, "message": {"message_id": number, "chat": chat, "text": text} | more}


def pressed(number: int, chat_id: int) -> dict[str, Any]:
    message = {"message_id": 1, "chat": {"id": chat_id, "type": "private"}}
    return {"update_id": number, "callback_query": {"id": "1", "message": message, "data": "l"}}


UNLIMITED = Admission(0, steady=lambda: 0.0)


class Answers:
    """Notes which updates are answered. Those whose number is held are answered when it is let go."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.late: list[int] = []
        self.too_fast: list[int] = []
        self.held: set[int] = set()
        self.let_in: set[int] = set()  # updates that let others in
        self.reasons: dict[int, str | Exception] = {}
        self.changed = asyncio.Condition()

    async def __call__(
        self, payload: str, *, late: bool, too_fast: bool, let_others_in: Callable[[], None]
    ) -> str | None:
        number = int(payload.removeprefix('{"update_id":').split(",")[0].rstrip("}"))
        (self.too_fast if too_fast else self.late if late else self.seen).append(number)
        async with self.changed:
            self.changed.notify_all()
        if number in self.let_in:
            let_others_in()
        async with self.changed:
            await self.changed.wait_for(lambda: number not in self.held)
        reason = self.reasons.get(number)
        if isinstance(reason, Exception):
            raise reason
        return reason

    async def let_go(self, *numbers: int) -> None:
        async with self.changed:
            self.held -= set(numbers)
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(condition)


@pytest.fixture
def answers() -> Answers:
    return Answers()


async def waiting(storage: Storage) -> list[int]:
    return [update.update_id for update in await storage.inbox.waiting_updates(after=0, limit=10_000)]


async def test_updates_are_committed_before_they_are_answered_and_forgotten_after(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = {1, 2}
    assert await inbox.receive([asked(1, 7), asked(2, 8)]) == ReceiveResult(2, 2)
    assert await waiting(storage) == [1, 2]
    await answers.until(lambda: len(answers.seen) == 2)
    await answers.let_go(1, 2)
    await inbox.wait_until_settled()
    assert await waiting(storage) == []
    await inbox.stop()


async def test_an_update_that_comes_again_is_answered_once(storage: Storage, clock: Clock, answers: Answers) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    assert await inbox.receive([asked(1, 7)]) == ReceiveResult(1, 1)
    await inbox.wait_until_settled()
    assert await inbox.receive([asked(1, 7), asked(2, 7)]) == ReceiveResult(2, 1)
    await inbox.wait_until_settled()
    assert answers.seen == [1, 2]
    await inbox.stop()


async def test_an_answer_that_takes_long_lets_the_next_update_in_and_leaves_the_inbox_at_its_end(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held, answers.let_in = {1}, {1}
    await inbox.receive([asked(1, 7), asked(2, 7), asked(3, 7)])
    await answers.until(lambda: answers.seen == [1, 2, 3])
    while await waiting(storage) != [1]:  # each look lets the commit go on
        pass
    settled = asyncio.create_task(inbox.wait_until_settled())
    await inbox.receive([asked(4, 7)])
    await answers.until(lambda: 4 in answers.seen)
    assert not settled.done()
    await answers.let_go(1)
    await settled
    assert await waiting(storage) == []
    await inbox.stop()


async def test_a_chat_is_answered_in_order_and_others_do_not_wait_for_it(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = {1}
    await inbox.receive([asked(1, 7), asked(2, 7), asked(3, 8), asked(4, 9), asked(5, 8)])
    await answers.until(lambda: len(answers.seen) == 4)
    assert answers.seen == [1, 3, 4, 5]
    await answers.let_go(1)
    await inbox.wait_until_settled()
    assert answers.seen == [1, 3, 4, 5, 2]
    await inbox.stop()


@pytest.mark.parametrize("many", [1_100, inbox_module.PAYLOADS_KEPT + 10])
async def test_commands_typed_by_the_hundred_take_nobody_elses_room(
    storage: Storage, clock: Clock, answers: Answers, many: int
) -> None:
    # Telegram takes three replies in a row of the chat, and then one in a minute.
    inbox = Inbox(
        storage, answers, UNLIMITED, now=clock, reply_in=lambda chat_id: 60.0 if len(answers.seen) >= 3 else 0.0
    )
    await inbox.receive([asked(number, 7) for number in range(1, many)])
    await answers.until(lambda: len(answers.seen) == 3)
    inbox._reply_in = lambda chat_id: 60.0 if chat_id == 7 else 0.0
    await inbox.receive([asked(5_000 + chat_id, chat_id) for chat_id in range(10, 500)])
    await answers.until(lambda: len(answers.seen) == 493)
    assert answers.seen[:3] == [1, 2, 3]
    await inbox.stop()
    assert len(await waiting(storage)) == many - 4


async def test_each_chat_has_its_turn_where_there_are_more_chats_than_room(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "AT_ONCE", 1)
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.receive([asked(1, 7), asked(2, 7), asked(3, 7), asked(4, 8), asked(5, 9)])
    await inbox.wait_until_settled()
    assert answers.seen == [1, 4, 5, 2, 3]
    await inbox.stop()


async def test_few_answers_are_sent_before_the_first_of_them_is_forgotten(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, may_commit = storage.inbox.settle, asyncio.Event()

    async def slow(*values: Any, **more: Any) -> None:
        await may_commit.wait()
        await settle(*values, **more)

    monkeypatch.setattr(storage.inbox, "settle", slow)
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.receive([asked(number, number) for number in range(1, 100)])
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(answers.seen) == inbox_module.FRESH_AT_ONCE  # a kill here makes no more than these come twice
    may_commit.set()
    await inbox.wait_until_settled()
    assert answers.seen == list(range(1, 100))
    await inbox.stop()


async def test_chats_that_telegram_keeps_waiting_take_nobody_elses_room(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "FRESH_SECONDS", 0.01)
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = set(range(1, 100))
    await inbox.receive([asked(number, number) for number in range(1, 102)])
    await answers.until(lambda: len(answers.seen) == 101)
    await answers.let_go(*range(1, 100))
    await inbox.wait_until_settled()
    await inbox.stop()


# Questions that waited for long


async def test_of_questions_that_waited_for_long_only_the_newest_of_the_chat_is_answered(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    written = int(clock().timestamp())
    clock.advance(minutes=11)
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.receive(
        [
            *(asked(number, 7, date=written) for number in (1, 2, 3)),
            asked(4, 8, date=written),
            {
                "update_id": 5,
                "message": {"message_id": 5, "chat": {"id": 8, "type": "private"}, "pinned_message": {}},
            },
            {"update_id": 6, "my_chat_member": {"chat": {"id": 7}, "date": written}},
        ]
    )
    await inbox.wait_until_settled()
    assert sorted(answers.late) == [1, 2]  # what they change is changed, without a word
    assert sorted(answers.seen) == [3, 4, 5, 6]
    await inbox.stop()


async def test_questions_that_did_not_wait_for_long_are_all_answered(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    written = int(clock().timestamp())
    clock.time += PATIENCE
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.receive([asked(1, 7, date=written), asked(2, 7, date=written)])
    await inbox.wait_until_settled()
    assert answers.seen == [1, 2]
    await inbox.stop()


async def test_a_button_waits_from_the_moment_at_which_it_was_received(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = {1}
    await inbox.receive([asked(1, 7), pressed(2, 7), pressed(3, 7)])
    await answers.until(lambda: answers.seen == [1])
    clock.advance(minutes=11)
    await answers.let_go(1)
    await inbox.wait_until_settled()
    assert (answers.seen, answers.late) == ([1, 3], [2])
    await inbox.stop()


async def test_while_a_chat_may_not_be_written_to_what_changes_something_is_not_put_off(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock, reply_in=lambda chat_id: 3_600.0)
    await inbox.receive([{"update_id": 1, "my_chat_member": {"chat": {"id": 7}}}, asked(2, 7)])
    await answers.until(lambda: answers.seen == [1])
    await inbox.stop()
    assert answers.seen == [1]


# Updates that nobody can answer


async def test_what_can_not_be_answered_is_set_aside_with_its_reason(
    storage: Storage, clock: Clock, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.reasons = {1: "unreadable: KeyError: 'gift'", 2: ZeroDivisionError("our mistake")}
    with caplog.at_level(logging.CRITICAL):
        await inbox.receive([asked(1, 7), asked(2, 7), asked(3, 7)])
        await inbox.wait_until_settled()
    assert answers.seen == [1, 2, 3]
    reasons = {one["update_id"]: one["reason"] for one in await set_aside_updates(storage)}
    assert reasons == {1: "unreadable: KeyError: 'gift'", 2: "a mistake of ours: ZeroDivisionError: our mistake"}
    assert await waiting(storage) == []
    await inbox.stop()


@pytest.mark.parametrize(
    "garbage",
    [None, 7, "text", [], {}, {"update_id": "7"}, {"update_id": True}, {"update_id": -1}, {"update_id": 10**30}],
    ids=repr,
)
async def test_what_has_no_number_is_left_and_the_rest_of_its_list_is_answered(
    storage: Storage, clock: Clock, answers: Answers, garbage: Any
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    assert await inbox.receive([garbage, asked(2, 7), garbage]) == ReceiveResult(2, 1)
    await inbox.wait_until_settled()
    assert answers.seen == [2]
    assert await inbox.receive([garbage]) == ReceiveResult(None, 0)
    await inbox.stop()


# Storage that refuses, and starts


async def test_what_can_not_be_committed_is_not_received(storage: Storage, clock: Clock, answers: Answers) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    async with full_disk(storage):
        with pytest.raises(DatabaseFull):
            await inbox.receive([asked(number, 7, "/latest " + "x" * 4_000) for number in range(1, 9)])
    assert answers.seen == []
    assert await inbox.receive([asked(number, 7) for number in range(1, 9)]) == ReceiveResult(8, 8)
    await inbox.wait_until_settled()
    assert answers.seen == list(range(1, 9))
    await inbox.stop()


async def test_answers_that_can_not_be_committed_are_committed_later(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = {1}
    await inbox.receive([asked(1, 7)])
    settle, failures = storage.inbox.settle, iter([DatabaseFull("full"), DatabaseFull("full")])

    async def refusing(*values: Any, **more: Any) -> None:
        if (failure := next(failures, None)) is not None:
            raise failure
        await settle(*values, **more)

    monkeypatch.setattr(storage.inbox, "settle", refusing)
    monkeypatch.setattr(inbox_module, "AFTER_FAILURE", Backoff(0.01, 0.01))
    await answers.let_go(1)
    await asyncio.wait_for(inbox.wait_until_settled(), 30)
    assert (answers.seen, await waiting(storage)) == ([1], [])
    await inbox.stop()


async def test_a_start_goes_on_with_what_was_left(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.held = {1}
    before = Inbox(storage, answers, UNLIMITED, now=clock)
    await before.receive([asked(1, 7), asked(2, 7), asked(3, 8)])
    await answers.until(lambda: answers.seen == [1, 3])
    monkeypatch.setattr(inbox_module, "STOP_SECONDS", 0.01)
    await before.stop()
    assert await waiting(storage) == [1, 2]
    answers.held, answers.seen = set(), []
    after = Inbox(storage, answers, UNLIMITED, now=clock)
    await after.resume()
    await after.wait_until_settled()
    assert answers.seen == [1, 2]
    await after.stop()


async def test_after_a_kill_what_comes_again_is_known_until_telegram_was_told(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    before = Inbox(storage, answers, UNLIMITED, now=clock)
    await before.receive([asked(1, 7), asked(2, 7)])
    await before.wait_until_settled()
    await before.stop()
    after = Inbox(storage, answers, UNLIMITED, now=clock)  # as in the next process
    assert await after.receive([asked(1, 7), asked(2, 7), asked(3, 7)]) == ReceiveResult(3, 1)
    await after.wait_until_settled()
    assert answers.seen == [1, 2, 3]
    await after.confirm(before=4)
    assert await storage.inbox.receive([], now=clock()) == []
    await after.stop()
    # Telegram may number anew from then on.
    assert await Inbox(storage, answers, UNLIMITED, now=clock).receive([asked(1, 7)]) == ReceiveResult(1, 1)


async def test_a_server_that_gives_the_same_updates_for_ever_is_answered_once(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    for _ in range(3):
        await inbox.receive([asked(1, 7), asked(2, 7)], confirmed=3)
        await inbox.wait_until_settled()
    assert answers.seen == [1, 2]
    await inbox.stop()


async def test_a_stop_waits_for_what_is_under_way_and_leaves_the_rest(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    answers.held = {1}
    await inbox.receive([asked(1, 7), asked(2, 7)])
    await answers.until(lambda: answers.seen == [1])
    stopping = asyncio.create_task(inbox.stop())
    await asyncio.sleep(0)
    await answers.let_go(1)
    await stopping
    assert await waiting(storage) == [2]
    assert answers.seen == [1]


# Updates that end the process


async def kill(inbox: Inbox) -> None:
    """End the turns of an inbox as a kill does: nothing more is stored."""
    inbox._stopped = True
    tasks = [*inbox._turns, *([inbox._settling] if inbox._settling else [])]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_update_that_ends_the_process_is_set_aside_after_some_attempts(
    storage: Storage, clock: Clock, answers: Answers
) -> None:
    answers.held = {4}
    for start in range(MOST_ATTEMPTS):
        inbox = Inbox(storage, answers, UNLIMITED, now=clock)
        if start:
            await inbox.resume()
        else:
            await inbox.receive([asked(number, 10 + number) for number in range(1, 9)])
        await answers.until(lambda: 4 in answers.seen)
        await kill(inbox)
        answers.seen.clear()
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.resume()
    await inbox.receive([asked(9, 14)])
    await asyncio.wait_for(inbox.wait_until_settled(), 30)
    assert 4 not in answers.seen
    assert 9 in answers.seen  # its chat goes on
    assert await waiting(storage) == []
    assert [one["update_id"] for one in await set_aside_updates(storage)] == [4]
    assert (
        await storage.inbox.stats()
    ).last_reason == f"the bot ended {MOST_ATTEMPTS} times while it answered this update"
    await inbox.stop()


async def test_updates_that_were_under_way_when_the_process_ended_are_answered(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck(*values: Any, **more: Any) -> None:
        await asyncio.Event().wait()

    settle = storage.inbox.settle
    monkeypatch.setattr(storage.inbox, "settle", stuck)  # the process ends before it commits anything
    for start in range(2):
        inbox = Inbox(storage, answers, UNLIMITED, now=clock)
        if start:
            await inbox.resume()
        else:
            await inbox.receive([asked(number, 10 + number) for number in range(1, 9)])
        await answers.until(lambda: len(answers.seen) == 8)
        await kill(inbox)
        answers.seen.clear()
    monkeypatch.setattr(storage.inbox, "settle", settle)
    answers.held = {1, 8}
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.resume()
    await answers.until(lambda: answers.seen == [1])
    for _ in range(200):
        await asyncio.sleep(0)
    assert answers.seen == [1]  # alone
    await answers.let_go(1)
    await answers.until(lambda: answers.seen == list(range(1, 9)))
    await inbox.receive([asked(9, 19)])
    for _ in range(200):
        await asyncio.sleep(0)
    assert answers.seen == list(range(1, 9))  # also from what was received since
    await answers.let_go(8)
    await inbox.wait_until_settled()
    assert answers.seen == list(range(1, 10))
    assert (await storage.inbox.stats()).set_aside == 0
    await inbox.stop()


async def test_an_answer_that_a_stop_ends_is_no_attempt(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "STOP_SECONDS", 0.01)
    answers.held = {1}
    received = read_raw_update(asked(1, 7), now=clock())
    assert received is not None
    await storage.inbox.receive([received], now=clock())
    for _ in range(5):
        inbox = Inbox(storage, answers, UNLIMITED, now=clock)
        await inbox.resume()
        await answers.until(lambda: answers.seen == [1])
        await inbox.stop()
        answers.seen.clear()
    assert [one.attempts for one in await storage.inbox.waiting_updates(after=0, limit=9)] == [1]


async def test_updates_that_ended_no_process_are_answered_beside_one_that_waits_for_telegram(
    storage: Storage, clock: Clock, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "FRESH_SECONDS", 0.01)
    answers.held = {1}
    for start in range(2):
        inbox = Inbox(storage, answers, UNLIMITED, now=clock)
        if start:
            await inbox.resume()
        else:
            await inbox.receive([asked(1, 7)])
        await answers.until(lambda: answers.seen == [1])
        await kill(inbox)
        answers.seen.clear()
    inbox = Inbox(storage, answers, UNLIMITED, now=clock)
    await inbox.resume()
    await inbox.receive([asked(2, 8)])
    await answers.until(lambda: answers.seen == [1, 2])
    await answers.let_go(1)
    await inbox.wait_until_settled()
    await inbox.stop()
