"""One row, chat, article or delivery never stops the others, and the attempts of each have an end."""

import math
from datetime import timedelta
from typing import Any

import pytest

from bot.config import Config
from bot.deliver.message_client import MessageClient
from bot.deliver.outcome import MOST_ATTEMPTS
from bot.jobs import Pruning, Reindexing
from bot.sim import Fault, Simulator
from bot.text.search import search_text
from storage import Storage
from storage.records import Lane, Rhythm, Sent, Timetable
from tests.conftest import Clock
from tests.delivering import sending, sends_per_chat, until, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, stored

pytestmark = pytest.mark.usefixtures("impatient")


async def write(storage: Storage, sql: str) -> None:
    async with storage.database.transaction() as transaction:
        await transaction.execute(sql)


async def dead(storage: Storage) -> dict[int, str]:
    rows = await storage.database.fetch("SELECT chat_id, reason FROM deliveries WHERE state = 'dead'")
    return {row["chat_id"]: row["reason"] for row in rows}


DAILY = Timetable(rhythm=Rhythm.DAILY, hour=8)


@pytest.mark.parametrize(
    "broken",
    ["timezone = 'Mars/Olympus'", "timezone = '../etc'", "timezone = ''", "digest_weekday = 9, rhythm = 'weekly'",
     "digest_hour = 25"],
)  # fmt: skip
async def test_a_chat_whose_digest_can_not_be_planned_stops_no_delivery(
    storage: Storage, sim: Simulator, broken: str
) -> None:
    sim.crowd(1, 10)
    await readers(storage, 10)
    chat = await reader(storage, 11)
    await storage.chats.set_timetable(chat.id, DAILY, digest_at=NOON - timedelta(hours=4), now=NOON)
    await write(storage, f"UPDATE chats SET {broken} WHERE chat_id = 11")
    await stored(storage, new_article())
    async with sending(storage, sim):
        await sim.until(lambda: set(sends_per_chat(sim)) >= set(range(1, 11)))
    assert (await storage.deliveries.stats(now=NOON)).chats["active"] == 11


async def test_a_chat_with_an_unknown_time_zone_gets_its_alerts(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 2)
    await readers(storage, 2)
    await write(storage, "UPDATE chats SET timezone = 'Mars/Olympus', quiet_from = 1, quiet_to = 2 WHERE chat_id = 1")
    await stored(storage, new_article())
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=2)


async def test_a_row_that_can_not_be_read_is_dead_with_its_reason_and_stops_no_other(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 5)
    await readers(storage, 5)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=100, now=NOON)
    await write(storage, "UPDATE deliveries SET queued_at = 9223372036854775807 WHERE chat_id = 3")
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=4, dead=1, queued=0)
    assert await dead(storage) == {3: "a value of this delivery or of its chat can't be read"}


async def test_an_outcome_that_can_not_be_stored_stops_no_other(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.crowd(1, 20)
    await readers(storage, 20)
    await stored(storage, new_article())
    settle = storage.deliveries.settle

    async def picky(outcomes: Any, **promise: Any) -> frozenset[int]:
        if any(isinstance(one, Sent) and one.claim.chat_id == 7 for one in outcomes):
            raise OverflowError("too large")
        return await settle(outcomes, **promise)

    monkeypatch.setattr(storage.deliveries, "settle", picky)
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=19, dead=1, queued=0)
    assert await dead(storage) == {7: "its outcome can't be stored, see the log"}
    assert all(count == 1 for count in sends_per_chat(sim).values())


async def test_a_mistake_of_ours_ends_after_a_few_attempts_and_the_chat_gets_its_other_news(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.crowd(1, 3)
    await readers(storage, 3)
    [bad, _] = await stored(storage, new_article("bad"), new_article("good"))
    get = storage.articles.get
    asked: list[int] = []

    async def mistaken(article_id: int) -> Any:
        asked.append(article_id)
        if article_id == bad:
            raise ZeroDivisionError
        return await get(article_id)

    monkeypatch.setattr(storage.articles, "get", mistaken)
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=3, dead=3, queued=0)
    assert set((await dead(storage)).values()) == {"a mistake of ours: ZeroDivisionError"}
    assert asked.count(bad) <= 3 * 3


async def test_a_step_that_fails_by_our_mistake_stops_no_delivery(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.crowd(1, 5)
    await readers(storage, 5)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=100, now=NOON)

    async def mistaken(**_: object) -> int:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(storage.deliveries, "expand", mistaken)
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=5, queued=0)


@pytest.mark.parametrize("chats", [1, 3], ids=["away", "others in flight"])
async def test_a_question_whether_the_server_is_back_that_fails_by_our_mistake_is_asked_again(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch, chats: int
) -> None:
    sim.crowd(1, chats)
    await readers(storage, chats)
    await stored(storage, new_article())
    ping, asked = MessageClient.ping, list[int]()

    async def mistaken_once(client: MessageClient) -> None:
        asked.append(len(asked))
        if len(asked) == 1:
            raise ValueError("a mistake of ours")
        await ping(client)

    monkeypatch.setattr(MessageClient, "ping", mistaken_once)
    unauthorized = '{"ok": false, "error_code": 401, "description": "Unauthorized"}'
    sim.faults.add(Fault("answer", method="sendMessage", status=401, text=unauthorized))
    async with sending(storage, sim) as sender:

        async def ended_by_the_mistake() -> bool:
            return sender._probing is not None and sender._probing.done()

        await until(ended_by_the_mistake)
        sender.wake()
        await wait_until_settled(storage, sim, sent=chats, queued=0)
    assert len(asked) > 1


@pytest.mark.slow
async def test_what_the_server_never_answers_is_sent_three_times_at_most(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 4)
    await readers(storage, 4)
    await stored(storage, new_article())
    sim.faults.add(Fault("no_answer", method="sendMessage", chat_id=3, times=math.inf))
    async with sending(storage, sim, read_seconds=1):
        await wait_until_settled(storage, sim, sent=3, dead=1, queued=0)
    assert await dead(storage) == {3: "no answer in time"}
    assert len(sim.chats[3].messages) == 3


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        (Fault("server_error"), MOST_ATTEMPTS),
        (Fault("reset_before"), MOST_ATTEMPTS / 2),
        (Fault("answer", status=500, text="{}"), MOST_ATTEMPTS),
        (
            Fault("bad_request", text="not pleased"),
            MOST_ATTEMPTS / 2 * 3,
        ),  # in three forms each
    ],
    ids="html reset 500 refused".split(),
)
async def test_what_fails_in_one_chat_only_ends_with_its_reason(
    storage: Storage, sim: Simulator, fault: Fault, attempts: float
) -> None:
    sim.crowd(1, 4)
    await readers(storage, 4)
    await stored(storage, new_article())
    fault.method, fault.chat_id, fault.times = "sendMessage", 3, math.inf
    sim.faults.add(fault)
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=3, dead=1, queued=0)
    failed = [call for call in sim.calls if call.method == "sendMessage" and call.status != 200]
    assert len(failed) == attempts
    assert list(await dead(storage)) == [3]


async def test_a_delivery_that_fails_holds_up_nothing_else_that_its_chat_is_owed(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # with the pauses of every day
    sim.crowd(1, 1)
    await readers(storage, 1)
    later = NOON + timedelta(seconds=1)  # than the sender's start
    sim.faults.add(Fault("server_error", method="sendMessage", times=1))
    async with sending(storage, sim) as sender:
        await stored(storage, new_article("one"), now=later)
        sender.wake()
        await sim.until(lambda: any(call.status == 502 for call in sim.calls))
        await write(storage, "UPDATE deliveries SET attempts = 10")  # the next pause is five minutes

        async def waits() -> bool:
            rows = await storage.database.fetch("SELECT 1 FROM deliveries WHERE state = 'queued' AND held_until > 0")
            return bool(rows)

        await until(waits)
        await write(storage, "UPDATE deliveries SET held_until = held_until + 300000")
        await write(storage, "UPDATE send_slots SET next_send_at = next_send_at + 300000, quiet = 2")
        await stored(storage, new_article("two"), now=later)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=1)
    assert sim.chats[1].last.text.startswith("Title two")


async def test_a_correction_that_is_refused_for_good_is_dead_and_is_tried_with_the_next_change(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    [article] = await stored(storage, new_article())
    async with sending(storage, sim) as sender:
        await wait_until_settled(storage, sim, sent=1)
        sim.faults.add(Fault("bad_request", text="it does not please us", method="editMessageText", times=math.inf))
        await storage.articles.retract(article, now=NOON)
        sender.wake()
        await wait_until_settled(storage, sim, dead=1)
    assert await dead(storage) == {1: "It does not please us"}


async def test_an_article_that_can_not_be_indexed_keeps_no_other_back(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await stored(storage, *(new_article(f"{n}", lane=None) for n in range(3)))
    await write(storage, "UPDATE articles SET indexed = FALSE")

    def mistaken(title: str, body: str, language: str) -> Any:
        if title == "Title 1":
            raise ZeroDivisionError
        return search_text(title, body, language)

    monkeypatch.setattr("bot.jobs.search_text", mistaken)
    await Reindexing(storage)()
    assert await storage.database.fetch("SELECT id FROM articles WHERE NOT indexed") == []
    assert len(await storage.database.fetch("SELECT title FROM articles_text")) == len(ids)


async def test_what_can_not_be_pruned_keeps_nothing_else(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(storage, new_article("old", lane=None))
    pruning = Pruning(storage, Config(keep_days=30), clock, steady=lambda: clock().timestamp())
    clock.advance(days=100)

    async def mistaken(**_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(storage.metrics, "prune", mistaken)
    monkeypatch.setattr(storage.stories, "prune", mistaken)
    assert await pruning() == 1


async def test_one_article_that_everybody_is_refused_holds_no_other_up(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 30)
    await readers(storage, 30)
    await stored(storage, new_article("bad", lane=Lane.BREAKING), new_article("good"))
    sim.faults.add(Fault("server_error", method="sendMessage", holds="Title bad", times=math.inf))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=30)
    assert all("Title good" in chat.last.text for chat in sim.chats.values())
