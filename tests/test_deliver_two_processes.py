"""What another process changes in a PostgreSQL database recalls messages that the sender has in hand."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bench.postgres import Server
from bot.sim import Simulator
from storage import Storage, open_storage
from tests.delivering import elected, sending, sends_per_chat, wait_until_settled
from tests.makers import NOON, new_article, readers, stored

CHATS = 8
RATE = 4.0  # a second: all messages are in hand and wait for their turn


@pytest.fixture
async def storage(postgres: Server) -> AsyncIterator[Storage]:
    async with open_storage(postgres.new_database()) as opened:
        await readers(opened, CHATS)
        yield opened
    postgres.drop_made()


@pytest.fixture
async def other(storage: Storage, postgres: Server) -> AsyncIterator[Storage]:
    """The storage of another process on the same database."""
    async with open_storage(postgres.url(postgres.made[-1])) as opened:
        yield opened


async def test_a_chat_that_stops_in_another_process_gets_nothing_more(
    storage: Storage, other: Storage, sim: Simulator
) -> None:
    sim.crowd(1, CHATS)
    await stored(storage, new_article())
    async with storage.signals.listening(), sending(storage, sim, rate=RATE):
        await sim.until(lambda: bool(sends_per_chat(sim)))
        waiting = sorted(set(range(1, CHATS + 1)) - set(sends_per_chat(sim)))
        for chat_id in waiting[-2:]:
            chat = await other.chats.get(chat_id)
            assert chat is not None
            await other.chats.unsubscribe_from_everything(chat.id, now=NOON)
        await wait_until_settled(storage, sim, queued=0, sent=CHATS - 2)
    assert set(sends_per_chat(sim)) == set(range(1, CHATS + 1)) - set(waiting[-2:])


async def test_an_article_that_is_withdrawn_in_another_process_is_sent_to_nobody_more(
    storage: Storage, other: Storage, sim: Simulator
) -> None:
    sim.crowd(1, CHATS)
    [article] = await stored(storage, new_article())
    async with storage.signals.listening(), sending(storage, sim, rate=RATE):
        await sim.until(lambda: bool(sends_per_chat(sim)))
        await other.articles.retract(article, now=NOON + timedelta(seconds=1))
        before = len(sends_per_chat(sim))
        await wait_until_settled(storage, sim, queued=0)
    assert len(sends_per_chat(sim)) <= before + 1


async def test_a_sender_that_may_have_been_followed_sends_nothing(
    storage: Storage, other: Storage, sim: Simulator
) -> None:
    sim.crowd(1, CHATS)
    async with sending(storage, sim, rate=RATE):
        await stored(other, new_article())
        await sim.until(lambda: bool(sends_per_chat(sim)))
        async with other.database.transaction(locks=()) as transaction:
            await transaction.execute("UPDATE term SET epoch = epoch + 1")
        await storage.leadership.until_lost()
        sent = sends_per_chat(sim).total()
    assert sends_per_chat(sim).total() <= sent + 1  # one was on its way
    async with elected(other):
        assert await other.deliveries.recover(now=NOON)
