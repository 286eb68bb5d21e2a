"""A whole bot with a desk: its jobs show what waits, publish it at its second, and send breaking news again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import app
from bot.config import Config, Secret
from bot.process import utc_now
from bot.sim import Simulator
from storage import open_storage
from storage.records import Lane, SourceKind
from tests.makers import new_article, settings

TOKEN = "42:SECRET"
READER, EDITOR = 5, 77


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(TOKEN) as opened:
        yield opened
        # The sender may be faster than the answer to the press.
        assert [one for one in opened.errors if "message is not modified" not in one] == []


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    bot = asyncio.create_task(app.run(config, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(bot, 30)


async def test_the_jobs_of_the_desk_run_and_a_restart_loses_nothing(sim: Simulator, tmp_path: Path) -> None:
    reader = sim.private(sim.person("Huda", "en", READER))
    editor = sim.private(sim.person("Mona", "en", EDITOR))
    config = Config(
        token=Secret(TOKEN),
        api_url=sim.url,
        database=f"sqlite:///{tmp_path / 'news.db'}",
        editors=(EDITOR,),
        commands_per_minute=0,
    )
    now = utc_now()
    async with open_storage(config.database) as storage:
        everything = settings(chat_id=READER, language="en", timezone="UTC")
        await storage.settings.put([everything], now=now - timedelta(days=1))
        source, _ = await storage.sources.add("https://wire.example/f", SourceKind.FEED, now=now, desk=True)
        await storage.sources.set_paused(source.id, True, now=now)
        recent = {"published_at": now - timedelta(minutes=1)}
        await storage.articles.store([new_article("waits", source_id=source.id, **recent)], now=now)
        until = now + timedelta(seconds=2)
        await storage.articles.store([new_article("embargoed", held_until=until, **recent)], now=now)
    async with running(config):
        await sim.until(lambda: any("Waiting for approval" in one.text for one in editor.messages), seconds=30)
        await editor.press("✅ Approve")
        await sim.until(lambda: any(one.text.startswith("Title waits") for one in reader.messages), seconds=30)
    async with running(config):
        await sim.until(lambda: any(one.text.startswith("Title embargoed") for one in reader.messages), seconds=30)
    async with open_storage(config.database) as storage:
        articles = {one.text.title: one for one in await storage.articles.newest(limit=10)}
        assert articles["Title embargoed"].stored_at >= until
        assert await storage.articles.push(articles["Title waits"].id, Lane.BREAKING, now=utc_now())
        assert await storage.articles.send_again(articles["Title waits"].id, now=utc_now())
    async with running(config):
        await sim.until(lambda: sum("⚡ Title waits" in one.text for one in reader.messages) == 2, seconds=30)
    assert len(reader.messages) == 3
