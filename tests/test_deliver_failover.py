"""The main PostgreSQL server is lost in a broadcast, and its standby is promoted."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.postgres import Server
from bot.sim import Simulator
from storage import open_storage
from tests.delivering import sending, sends_per_chat, wait_until_settled
from tests.makers import new_article, readers, stored
from tests.postgres import own_server, own_standby

pytestmark = pytest.mark.slow
CHATS = 100


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """A main server, and a standby that has each commit before the main server answers."""
    with own_server() as main, own_standby(main) as standby:
        main.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
        main.run("SELECT pg_reload_conf()")
        yield main, standby


@pytest.mark.usefixtures("impatient")
async def test_a_broadcast_goes_on_at_the_standby_and_reaches_everybody(
    servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgres.connection.CONNECTION_SECONDS", 1.0)
    main, standby = servers
    alone = main.new_database()
    main.run(f"ALTER DATABASE {alone.partition('?')[0].rpartition('/')[2]} SET synchronous_commit = 'on'")
    url = f"{alone},{standby.folder}&target_session_attrs=read-write"
    async with open_storage(url) as storage, Simulator() as sim:
        sim.crowd(1, CHATS)
        await readers(storage, CHATS)
        await stored(storage, new_article())
        async with sending(storage, sim, rate=100):
            await sim.until(lambda: len(sends_per_chat(sim)) >= CHATS // 4, 60)
            await asyncio.to_thread(main.stop)
            await asyncio.to_thread(standby.promote)
            await wait_until_settled(storage, sim, sent=CHATS, queued=0)
        sent = sends_per_chat(sim)
        assert sorted(sent) == list(range(1, CHATS + 1))
        assert max(sent.values()) <= 2
