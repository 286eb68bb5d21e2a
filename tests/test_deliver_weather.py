"""The sender in bad weather: failing servers, lost answers, moved clocks, groups that are owed much, a gentle end."""

import asyncio
import math
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sim import Fault, Simulator
from storage import Storage
from storage.records import ChatKind
from tests.conftest import Clock
from tests.delivering import counted, sending, settled
from tests.makers import NOON, new_article, reader, readers, stored
from tests.processes import Newsbot


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        yield opened


def arrived(sim: Simulator) -> Counter[int]:
    """Messages by chat, those among them whose answer was lost."""
    return Counter({number: len(chat.messages) for number, chat in sim.chats.items()})


async def test_with_failures_of_every_kind_everybody_gets_it_and_only_what_was_accepted_unseen_comes_twice(
    storage: Storage, sim: Simulator
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
    async with sending(storage, sim, rate=100):
        await settled(storage, sim, sent=150, queued=0, dead=0)
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
        await sim.until(lambda: len(counted(sim)) >= 20)
        clock.advance(hours=-1)
        await settled(storage, sim, sent=120)
    assert counted(sim) == Counter(dict.fromkeys(range(1, 61), 2))


async def test_on_a_full_disk_nothing_is_sent_that_could_not_be_marked_and_all_when_there_is_room(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 300)
    await readers(storage, 300)
    await stored(storage, new_article())
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1")  # no more than it has
    async with sending(storage, sim):
        with pytest.raises(TimeoutError):
            await sim.until(lambda: bool(counted(sim)), seconds=1.5)
        async with storage.database.transaction() as transaction:
            await transaction.fetch("PRAGMA max_page_count = 1000000")
        await settled(storage, sim, sent=300, queued=0)
    assert counted(sim) == Counter(dict.fromkeys(range(1, 301), 1))


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
        await storage.chats.unwant(chat, category.id, now=NOON)
    async with sending(storage, sim, rate=200) as sender:
        await stored(storage, *(new_article(f"fish-{n}", category="Fish") for n in range(200)), now=later)
        await stored(storage, new_article("everybody"), now=later)
        sender.wake()
        await sim.until(lambda: set(range(1, 51)) - {7} <= set(counted(sim)))
        owed = await storage.deliveries.owed()
    refusals = [call for call in sim.calls if call.status == 429]
    assert [call.values["chat_id"] for call in refusals] == [7]
    assert counted(sim)[group.id] <= 20
    assert owed >= 180  # the group's, which wait for its minutes


async def test_told_to_end_it_finishes_what_is_under_way_and_nothing_comes_twice(
    sim: Simulator, tmp_path: Path
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_RATE="150")
    sim.crowd(1_000, 200)
    chats, page = tmp_path / "chats.jsonl", tmp_path / "page.txt"
    chats.write_text("".join(f'{{"chat_id": {number}}}\n' for number in range(1_000, 1_200)))
    page.write_text("Harbour\n\nThe ferry sails again\n01/03/2026\n\nIt left at noon with forty people on board.\n")
    assert (await newsbot("chats", "import", chats))[0] == 0
    sim.faults.add(Fault("slow", method="sendMessage", times=math.inf, seconds=0.2))
    async with newsbot.running() as process:
        assert (await newsbot("import", page, "--push"))[0] == 0
        await sim.until(lambda: len(counted(sim)) > 60)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    assert len(counted(sim)) < 200
    sim.faults.clear()
    async with newsbot.running():
        await sim.until(lambda: len(arrived(sim)) >= 200 and sum(arrived(sim).values()) >= 200)
    assert arrived(sim) == Counter(dict.fromkeys(range(1_000, 1_200), 1))
