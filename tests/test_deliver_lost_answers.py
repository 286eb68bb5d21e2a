"""The connection to a database server breaks after a commit: nobody knows whether it is stored, and it is."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

import pytest

from bench.postgres import Server
from bot.sim import Fault, Simulator
from storage import Storage, open_storage
from storage.errors import DatabaseUnreachable
from storage.records import Claim, Outcome, PutOff, Sent
from tests.delivering import sending, sends_per_chat, until, wait_until_settled
from tests.lossy_line import lossy_line
from tests.makers import NOON, new_article, reader, readers, stored

CHATS = 100


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
async def test_each_chat_gets_the_alert_once_though_answers_of_the_database_are_lost(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.deliver.sender.POLL_SECONDS", 0.05)
    url = postgres.new_database()
    async with open_storage(url) as storage, Simulator() as sim:
        sim.crowd(1, CHATS)
        await readers(storage, CHATS)
        await stored(storage, new_article())
        async with lossy_line(postgres.folder, loses=lambda commit: commit % 3 == 0) as line:
            there = url.replace(str(postgres.folder), str(line.folder))
            async with open_storage(there) as through, sending(through, sim, rate=200):
                await wait_until_settled(storage, sim, sent=CHATS, queued=0)
            assert line.lost
        assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, CHATS + 1), 1))
        assert await storage.deliveries.give_back(now=NOON, besides=[]) == 0
    postgres.drop_made()


def lose_an_answer(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, *, of: type[Outcome], after: Callable[[], Awaitable[object]]
) -> list[Outcome]:
    """The answer to the first outcome of that kind is lost: it is stored, and that is noticed after something else.

    Returns the outcomes whose answer was lost, as they come.
    """
    settle = storage.deliveries.settle
    lost: list[Outcome] = []

    async def settles(outcomes: Sequence[Outcome], **values: Any) -> frozenset[int]:
        excused = await settle(outcomes, **values)
        if isinstance(outcomes[0], of) and not lost:
            lost.append(outcomes[0])
            async with asyncio.timeout(60):
                await after()
            raise DatabaseUnreachable("the server closed the connection")
        return excused

    monkeypatch.setattr(storage.deliveries, "settle", settles)
    return lost


@pytest.mark.usefixtures("impatient")
async def test_a_delivery_that_is_claimed_again_before_the_lost_answer_is_noticed_is_sent_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.deliver.sender.POLL_SECONDS", 0.05)
    claim = storage.deliveries.claim
    again = asyncio.Event()

    async def claims(**values: Any) -> list[Claim]:
        claimed = await claim(**values)
        if claimed and claimed[0].attempts:
            again.set()
        return claimed

    monkeypatch.setattr(storage.deliveries, "claim", claims)
    lost = lose_an_answer(storage, monkeypatch, of=PutOff, after=again.wait)
    async with Simulator() as sim:
        sim.crowd(1, 1)
        await reader(storage, 1)
        await stored(storage, new_article())
        sim.faults.add(Fault("server_error", method="sendMessage"), Fault("slow", method="sendMessage", seconds=0.5))

        async with sending(storage, sim):
            await wait_until_settled(storage, sim, sent=1, queued=0)
        assert len(lost) == 1
        assert sends_per_chat(sim) == {1: 1}


@pytest.mark.usefixtures("impatient")
async def test_a_message_is_counted_once_though_its_edit_is_claimed_before_the_lost_answer_is_noticed(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.deliver.sender.POLL_SECONDS", 0.05)
    unclaim = storage.deliveries.unclaim
    claimed_again = asyncio.Event()

    async def unclaims(delivery_ids: Collection[int]) -> None:
        await unclaim(delivery_ids)
        claimed_again.set()

    async def edit_is_claimed() -> None:
        await storage.articles.retract(1, now=NOON)
        await claimed_again.wait()

    monkeypatch.setattr(storage.deliveries, "unclaim", unclaims)
    lost = lose_an_answer(storage, monkeypatch, of=Sent, after=edit_is_claimed)
    async with Simulator() as sim:
        sim.crowd(1, 1)
        await reader(storage, 1)
        await stored(storage, new_article())

        async def is_edited() -> bool:
            rows = await storage.database.fetch(
                "SELECT 1 FROM deliveries WHERE id = 1 AND state = 'sent' AND revision > 1"
            )
            return bool(rows)

        async with sending(storage, sim):
            await until(is_edited)
        assert len(lost) == 1
        assert sends_per_chat(sim) == {1: 1}
    counted = await storage.database.fetch(
        """
        -- scans throughput: a row for each ten seconds
        SELECT sum(sent) AS sent, sum(edited) AS edited FROM throughput
        """
    )
    assert [(row["sent"], row["edited"]) for row in counted] == [(1, 1)]
    reached = await storage.reach.of_article(1)
    assert reached
    assert reached.sent == 1
