"""Two processes on one PostgreSQL database: one talks, and the other follows it whatever happens to it."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from bench.postgres import Server
from bot.sim import Simulator
from tests.postgres import own_server
from tests.processes import Newsbot, all_have_arrived
from tests.site import Page, Site, rss

pytestmark = pytest.mark.slow

FIRST, CHATS = 1_000, 300
ARTICLE = {"title": "The harbour council opens the new ferry line", "body": "It sails each hour from noon on."}


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        yield opened
        assert [error for error in opened.errors if "getUpdates" not in error] == []


@pytest.fixture
def server(postgres: Server) -> Iterator[Server]:
    yield postgres
    postgres.drop_made()


@pytest.fixture
def server_alone() -> Iterator[Server]:
    with own_server() as server:
        yield server


class Broadcast:
    """An article on its way to the chats of a database."""

    def __init__(self, sim: Simulator, folder: Path, url: str, *, rate: int = 60) -> None:
        self.sim = sim
        self.url = url
        self.folder = folder
        self.newsbot = Newsbot(folder, sim, NEWSBOT_DATABASE=url, NEWSBOT_RATE=str(rate))

    async def prepare(self) -> None:
        self.sim.crowd(FIRST, CHATS)
        chats = self.folder / "chats.jsonl"
        chats.write_text("".join(f'{{"chat_id": {FIRST + number}}}\n' for number in range(CHATS)))
        await self._good("chats", "import", chats)

    async def begin(self) -> None:
        """Push the article, until a third of the chats have it."""
        path = self.folder / "article.jsonl"
        path.write_text(json.dumps(ARTICLE))
        await self._good("import", path, "--push")
        await self.sim.until(lambda: len(self.reached()) > CHATS // 3, 30)

    async def _good(self, *arguments: str | Path) -> None:
        status, _, complained = await self.newsbot(*arguments)
        assert status == 0, complained

    def reached(self) -> Counter[int]:
        """How often each chat was sent the article."""
        return Counter(call.values["chat_id"] for call in self.sim.calls if call.method == "sendMessage")

    def marked(self) -> set[int]:
        """The chats whose message is stored as sent."""
        sql = "SELECT chat_id FROM deliveries WHERE state = 'sent'"
        return {row[0] for row in self._ask(sql)}

    def outcomes(self) -> list[tuple[int, ...]]:
        """What is stored of each message."""
        return self._ask("SELECT chat, message_id, attempts, settled_at FROM deliveries ORDER BY chat")

    def epoch(self) -> int:
        return int(self._ask("SELECT epoch FROM term")[0][0])

    def _ask(self, sql: str) -> list[tuple[int, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql.encode()).fetchall()

    async def ends(self) -> None:
        """Wait until all chats have the article and all is stored."""
        await self.sim.until(lambda: len(self.reached()) == CHATS, 90)
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                while len(self.marked()) < CHATS:
                    await asyncio.sleep(0.05)
        assert self._ask("SELECT chat_id, state, attempts, reason FROM deliveries WHERE state <> 'sent'") == []


TALKS, STANDS_BY, INGESTS = "started", "standing_by", "ingesting"


async def test_a_process_that_is_killed_in_a_broadcast_is_followed_and_nothing_is_lost(
    sim: Simulator, server: Server, tmp_path: Path
) -> None:
    broadcast = Broadcast(sim, tmp_path, server.new_database())
    await broadcast.prepare()
    async with broadcast.newsbot.watched(TALKS) as first, broadcast.newsbot.watched(STANDS_BY) as other:
        await broadcast.begin()
        first.process.kill()
        await first.ended()
        in_flight = broadcast.reached().keys() - broadcast.marked()
        assert len(broadcast.reached()) < CHATS
        await other.until(TALKS)
        await broadcast.ends()
    reached = broadcast.reached()
    assert max(reached.values()) <= 2
    assert {chat for chat, times in reached.items() if times > 1} <= in_flight


async def test_a_process_that_is_asked_to_stop_hands_over_and_nothing_is_sent_twice(
    sim: Simulator, server: Server, tmp_path: Path
) -> None:
    broadcast = Broadcast(sim, tmp_path, server.new_database())
    await broadcast.prepare()
    async with broadcast.newsbot.watched(TALKS) as first, broadcast.newsbot.watched(STANDS_BY) as other:
        await broadcast.begin()
        first.process.send_signal(signal.SIGTERM)
        await other.until(TALKS)
        await first.ended()
        assert first.process.returncode == 0
        await broadcast.ends()
    assert set(broadcast.reached().values()) == {1}
    assert broadcast.epoch() == 2


async def test_a_process_that_is_paused_in_a_broadcast_is_followed_and_writes_nothing_when_it_wakes(
    sim: Simulator, server: Server, tmp_path: Path
) -> None:
    broadcast = Broadcast(sim, tmp_path, server.new_database())
    await broadcast.prepare()
    async with broadcast.newsbot.watched(TALKS) as first, broadcast.newsbot.watched(STANDS_BY) as other:
        await broadcast.begin()
        first.process.send_signal(signal.SIGSTOP)
        await all_have_arrived(sim)
        in_flight = broadcast.reached().keys() - broadcast.marked()
        await other.until(TALKS)
        await broadcast.ends()
        stored = broadcast.outcomes()
        first.process.send_signal(signal.SIGCONT)
        await first.until("superseded")
        await first.until(STANDS_BY)
        assert broadcast.outcomes() == stored
        assert broadcast.epoch() == 2
        other.process.kill()  # and it may be elected again
        await first.until(TALKS, times=2)
    reached = broadcast.reached()
    assert max(reached.values()) <= 2
    assert {chat for chat, times in reached.items() if times > 1} <= in_flight


async def test_a_server_that_restarts_in_a_broadcast_ends_no_term_and_nothing_is_lost(
    sim: Simulator, server_alone: Server, tmp_path: Path
) -> None:
    server, broadcast = server_alone, Broadcast(sim, tmp_path, server_alone.new_database(), rate=20)
    await broadcast.prepare()
    async with broadcast.newsbot.watched(TALKS) as first, broadcast.newsbot.watched(STANDS_BY) as other:
        await broadcast.begin()
        await asyncio.to_thread(server.stop)
        await first.until("outcomes_not_committed")
        assert len(broadcast.reached()) < CHATS
        await asyncio.to_thread(server.start)
        await broadcast.ends()
        assert broadcast.epoch() == 1
        assert {"superseded", "talking"}.isdisjoint(first.events[first.events.index(TALKS) :] + other.events)
    assert max(broadcast.reached().values()) <= 2


async def test_processes_that_only_ingest_bring_news_to_the_one_that_talks(
    sim: Simulator, server: Server, site: Site, tmp_path: Path
) -> None:
    url = server.new_database()
    talking = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=url, NEWSBOT_ROLES="talk")
    ingesting = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=url, NEWSBOT_ROLES="ingest", NEWSBOT_TOKEN="")
    site.pages["/feed"] = Page(rss("Old news"), headers={"Content-Type": "application/rss+xml"})
    assert (await talking("source", "add", f"{site.url}/feed"))[0] == 0
    chat = sim.private(sim.person("Huda", "en"))
    async with talking.watched(TALKS), ingesting.watched(INGESTS), ingesting.watched(INGESTS):
        chat.say("/subscribe all")
        await sim.until(lambda: bool(chat.messages), 30)
        await site.until_asked("/feed", 4)
        site.pages["/feed"] = Page(rss("Ferry sails", "Old news"), headers={"Content-Type": "application/rss+xml"})
        await sim.until(lambda: any("Ferry sails" in message.text for message in chat.messages), 60)
    assert sum("Ferry sails" in message.text for message in chat.messages) == 1
    assert not any("Old news" in message.text for message in chat.messages)
