"""The connection to a PostgreSQL server breaks after a commit: nobody knows whether it is stored, and it is."""

from collections import Counter

import pytest

from bench.postgres import Server
from bot.sim import Simulator
from storage import open_storage
from tests.delivering import sending, sends_per_chat, wait_until_settled
from tests.lossy_line import lossy_line
from tests.makers import NOON, new_article, readers, stored

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
