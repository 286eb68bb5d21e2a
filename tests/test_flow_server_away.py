"""A PostgreSQL server that goes away under a running bot: everything waits, and goes on when the server is back."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bench.postgres import Server
from bot.sim import Chat, Simulator
from tests import senders
from tests.postgres import own_server
from tests.processes import Newsbot, rows_of
from tests.site import Page, Site, rss
from tests.web import free_port

pytestmark = pytest.mark.slow
ARTICLE = {"id": "1", "title": "Bridge opens", "body": "The bridge opens at noon.", "version": 1}


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server() as server:
        yield server


async def ask(sim: Simulator, chat: Chat, text: str) -> None:
    before = len(chat.messages)
    chat.say(text)
    await sim.until(lambda: len(chat.messages) > before, 60)


async def test_hooks_are_asked_to_come_back_and_people_and_sources_are_served_when_the_server_is_back(
    sim: Simulator, server: Server, site: Site, tmp_path: Path
) -> None:
    url, port = server.new_database(), free_port()
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=url, NEWSBOT_WEB=f"127.0.0.1:{port}")
    site.pages["/feed"] = Page(rss("Old one"), headers={"Content-Type": "application/rss+xml"})
    chat = sim.private(sim.person("Huda", "en"))
    hook = json.loads((await newsbot("hook", "add", "wire", "--json"))[1])
    assert (await newsbot("source", "add", f"{site.url}/feed"))[0] == 0

    async with aiohttp.ClientSession() as client:

        async def status(path: str) -> int:
            async with client.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status

        async def call() -> tuple[int, str | None]:
            async with client.post(hook["url"], json=ARTICLE, headers=senders.bearer(hook["secret"])) as answer:
                return answer.status, answer.headers.get("Retry-After")

        async with newsbot.running() as process:
            await ask(sim, chat, "/subscribe")
            assert await status("/readyz") == 200
            await site.until_asked("/feed", 2)

            await asyncio.to_thread(server.stop)
            refused, retry_after = await call()
            assert (refused, retry_after is not None) == (503, True)
            async with asyncio.timeout(60):
                while await status("/readyz") != 503:
                    await asyncio.sleep(0.2)  # the check of the database is made anew every five seconds
            assert await status("/healthz") == 200
            site.pages["/feed"] = Page(rss("Ferry sails", "Old one"), headers={"Content-Type": "application/rss+xml"})
            chat.say("/help")
            await asyncio.to_thread(server.start)

            async with asyncio.timeout(60):
                while (await call())[0] != 202:
                    await asyncio.sleep(0.2)  # the pool makes new connections meanwhile
            await sim.until(lambda: any("Bridge opens" in message.text for message in chat.messages), 60)
            await sim.until(lambda: any("Ferry sails" in message.text for message in chat.messages), 180)
            await sim.until(lambda: any("/latest" in message.text for message in chat.messages), 60)
            async with asyncio.timeout(60):
                while await status("/readyz") != 200:
                    await asyncio.sleep(0.2)
            assert process.returncode is None
    texts = [message.text for message in chat.messages]
    assert sum("Bridge opens" in text for text in texts) == 1
    assert sum("Ferry sails" in text for text in texts) == 1
    assert rows_of(url, "SELECT count(*) FROM deliveries WHERE state <> 'sent'") == [(0,)]


async def test_the_log_tells_of_an_outage_in_one_line_and_of_its_end_in_another(
    sim: Simulator, server: Server, tmp_path: Path
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=server.new_database())
    async with newsbot.watched("started") as process:
        await asyncio.to_thread(server.stop)
        await process.until("database_away")
        await asyncio.to_thread(server.start)
        await process.until("database_back")
    assert process.events.count("database_away") == process.events.count("database_back") == 1
    assert not {"job_failed", "storage_failed", "delivery_failed"} & {*process.events}
    assert process.events.count("signals_lost") == 1
