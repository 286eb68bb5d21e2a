"""The sender in bad weather: failing servers, lost answers, moved clocks, groups that are owed much, a gentle end."""

import asyncio
import math
import signal
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sim import Fault, Simulator
from storage import Storage
from storage.records import ChatKind, Timetable
from tests.conftest import Clock
from tests.delivering import full_disk, no_page_more, sending, sends_per_chat, until, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, stored
from tests.processes import Newsbot


def arrived(sim: Simulator) -> Counter[int]:
    """Messages by chat, those among them whose answer was lost."""
    return Counter({number: len(chat.messages) for number, chat in sim.chats.items()})


@pytest.mark.slow
async def test_with_failures_of_every_kind_everybody_gets_it_and_only_what_was_accepted_unseen_comes_twice(
    storage: Storage, sim: Simulator, impatient: None
) -> None:
    sim.crowd(1, 150)
    await readers(storage, 150)
    await stored(storage, new_article())
    lost = [
        Fault("reset_after", method="sendMessage", times=math.inf, chance=0.02),
        Fault("no_answer", method="sendMessage", times=math.inf, chance=0.01),
    ]
    sim.faults.add(
        Fault("server_error", method="sendMessage", times=math.inf, chance=0.05),
        Fault("reset_before", method="sendMessage", times=math.inf, chance=0.05),
        *lost,
    )
    async with sending(storage, sim, rate=100, read_seconds=1):
        await wait_until_settled(storage, sim, sent=150, queued=0, dead=0)
    got = arrived(sim)
    assert set(got) == set(range(1, 151))
    twice = sum(got.values()) - 150
    unseen = sum(call.method == "sendMessage" and call.status == 0 for call in sim.calls)
    assert 0 < twice <= unseen


async def test_a_clock_that_goes_back_delays_nothing(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 60)
    await readers(storage, 60)
    await stored(storage, new_article("one"), new_article("two"))
    async with sending(storage, sim, clock=clock, rate=100):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
        clock.advance(hours=-1)
        await wait_until_settled(storage, sim, sent=120)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 61), 2))


async def test_on_a_full_disk_nothing_is_sent_that_could_not_be_marked_and_all_when_there_is_room(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 300)
    await readers(storage, 300)
    await stored(storage, new_article())
    async with AsyncExitStack() as full:
        await full.enter_async_context(no_page_more(storage))
        async with sending(storage, sim):
            with pytest.raises(TimeoutError):
                await sim.until(lambda: bool(sends_per_chat(sim)), seconds=1.5)
            await full.aclose()
            await wait_until_settled(storage, sim, sent=300, queued=0)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 301), 1))


async def test_a_group_that_is_owed_much_and_a_chat_in_a_flood_wait_delay_nobody(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 50)
    await readers(storage, 50)
    group = sim.group("Fishers")
    await reader(storage, group.id, kind=ChatKind.GROUP)
    sim.faults.add(Fault("too_many", method="sendMessage", chat_id=7, seconds=300))
    later = NOON + timedelta(seconds=1)  # than the sender's start: what was stored before has piled up
    await stored(storage, new_article("fish", category="Fish", lane=None))
    category = await storage.categories.find("fish")
    assert category is not None
    for chat in range(1, 51):
        await storage.chats.unsubscribe(chat, category.id, now=NOON)
    async with sending(storage, sim, rate=200) as sender:
        await stored(storage, *(new_article(f"fish-{n}", category="Fish") for n in range(200)), now=later)
        await stored(storage, new_article("everybody"), now=later)
        sender.wake()
        await sim.until(lambda: set(range(1, 51)) - {7} <= set(sends_per_chat(sim)))
        owed = await storage.deliveries.count_owed()
    refusals = [call for call in sim.calls if call.status == 429]
    assert [call.values["chat_id"] for call in refusals] == [7]
    assert sends_per_chat(sim)[group.id] <= 20
    assert owed >= 180  # the group's, which wait for its minutes


@pytest.mark.slow
async def test_told_to_end_it_finishes_what_is_under_way_and_nothing_comes_twice(
    sim: Simulator, tmp_path: Path
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_RATE="20")
    sim.crowd(1_000, 400)
    chats, page = tmp_path / "chats.jsonl", tmp_path / "page.txt"
    chats.write_text("".join(f'{{"chat_id": {number}}}\n' for number in range(1_000, 1_400)))
    page.write_text("Harbour\n\nThe ferry sails again\n01/03/2026\n\nIt left at noon with forty people on board.\n")
    assert (await newsbot("chats", "import", chats))[0] == 0
    sim.faults.add(Fault("slow", method="sendMessage", times=math.inf, seconds=0.2))
    async with newsbot.running() as process:
        assert (await newsbot("import", page, "--push"))[0] == 0
        await sim.until(lambda: len(sends_per_chat(sim)) > 60)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    assert len(sends_per_chat(sim)) < 400
    sim.faults.clear()
    async with Newsbot(tmp_path, sim).running():
        await sim.until(lambda: len(arrived(sim)) >= 400 and sum(arrived(sim).values()) >= 400)
    assert arrived(sim) == Counter(dict.fromkeys(range(1_000, 1_400), 1))


async def test_a_mistake_of_ours_that_ends_the_sender_sends_nothing_twice(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.crowd(1, 40)
    await readers(storage, 40)
    await stored(storage, new_article())
    sim.faults.add(Fault("slow", method="sendMessage", times=math.inf, seconds=0.5))
    async with sending(storage, sim, rate=100) as sender:
        await sim.until(lambda: bool(sends_per_chat(sim)))  # the others are under way
        with monkeypatch.context() as broken:
            broken.setattr(storage.deliveries, "claim", _mistaken)
            while sender._running is not None and not sender._running.done():
                sender.wake()
                await asyncio.sleep(0)
        sender.wake()
        await wait_until_settled(storage, sim, sent=40, queued=0)
    assert arrived(sim) == Counter(dict.fromkeys(range(1, 41), 1))


async def _mistaken(**_: object) -> int:
    raise ValueError("a mistake of ours")


async def test_it_ends_as_soon_as_nothing_is_under_way(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sim.crowd(1, 5)
    await readers(storage, 5)
    await stored(storage, new_article())
    reading, go_on = asyncio.Event(), asyncio.Event()
    get = storage.articles.get

    async def slow(article: int) -> Any:
        reading.set()
        await go_on.wait()
        return await get(article)

    monkeypatch.setattr(storage.articles, "get", slow)
    async with sending(storage, sim, rate=100) as sender:
        await reading.wait()
        ending = asyncio.create_task(sender.stop())
        await asyncio.sleep(0.01)
        go_on.set()  # these go on to the gate, which lets nobody pass any more
        async with asyncio.timeout(5):
            await ending
    assert "stopped_in_flight" not in caplog.text
    assert (await storage.deliveries.stats(now=NOON)).deliveries["sending"] == 0
    assert not sends_per_chat(sim)


async def test_what_is_woken_after_its_end_takes_nothing_in_hand(storage: Storage, sim: Simulator) -> None:
    await readers(storage, 5)
    async with sending(storage, sim) as sender:
        await sender.stop()
        await stored(storage, new_article())
        before = asyncio.all_tasks()
        sender.wake()  # a refresh that ends a little later
        assert asyncio.all_tasks() == before
    assert (await storage.deliveries.stats(now=NOON)).fanouts_open == 1


async def test_a_digest_that_arrived_comes_once_however_full_the_disk_is_by_then(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 1)
    chat = await reader(storage, 1)
    articles = await stored(storage, *(new_article(f"{n}") for n in range(8)))  # piled up: one catch-up
    sim.faults.add(Fault("slow", method="sendMessage", seconds=0.3))
    async with sending(storage, sim):
        await sim.until(lambda: not sim.faults.planned)
        async with full_disk(storage):
            await sim.until(lambda: len(sends_per_chat(sim)) == 1)
            await asyncio.sleep(0.2)
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert arrived(sim)[1] == 1
    assert await storage.lists.article_at(chat.id, 1) in articles


@pytest.mark.slow
async def test_on_a_disk_that_is_full_when_outcomes_are_to_be_marked_sending_stops_and_nothing_comes_twice(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 300)
    await readers(storage, 300)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=100):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
        async with full_disk(storage):
            with pytest.raises(TimeoutError):  # it ends by itself long before all have it
                await sim.until(lambda: len(sends_per_chat(sim)) >= 220, seconds=3)
        await wait_until_settled(storage, sim, sent=300, queued=0)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 301), 1))


@pytest.mark.slow
async def test_while_a_mistake_of_ours_keeps_outcomes_from_being_marked_sending_stops(
    storage: Storage, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.crowd(1, 300)
    await readers(storage, 300)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=100) as sender:
        await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
        with monkeypatch.context() as broken:
            broken.setattr(storage.deliveries, "settle", _mistaken)
            with pytest.raises(TimeoutError):
                await sim.until(lambda: len(sends_per_chat(sim)) >= 220, seconds=3)
        sender.wake()  # as a job does every second
        await wait_until_settled(storage, sim, sent=300, queued=0)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 301), 1))


async def test_a_clock_that_goes_back_while_the_disk_is_full_delays_nothing_once_there_is_room(
    storage: Storage, sim: Simulator, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    sim.crowd(1, 60)
    await readers(storage, 60)
    await stored(storage, new_article("one"), new_article("two"))
    async with sending(storage, sim, clock=clock, rate=100):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
        async with full_disk(storage):
            clock.advance(hours=-1)

            async def seen() -> bool:
                return "clock_was_set" in caplog.text

            await until(seen)
        await wait_until_settled(storage, sim, sent=120)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 61), 2))


async def test_what_waited_until_telegram_was_back_keeps_the_quiet_hours_that_began_meanwhile(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 30)
    for number in range(1, 31):
        chat = await reader(storage, number)
        await storage.chats.set_timetable(chat.id, Timetable(quiet=(13, 15)), digest_at=None, now=NOON)
    await stored(storage, new_article())
    async with sending(storage, sim, clock=clock, rate=20):
        sim.faults.add(Fault("server_error", times=math.inf))
        await sim.until(lambda: any(call.method == "getMe" and call.status == 502 for call in sim.calls))
        clock.advance(hours=1)
        sim.faults.clear()

        async def all_wait() -> bool:
            return len(await storage.database.fetch("SELECT 1 FROM send_slots WHERE quiet > 0")) == 30

        await until(all_wait)
    assert not sends_per_chat(sim)
