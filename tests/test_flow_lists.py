"""A list of sources that a person sends, and a bot that is killed while it takes the list."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.sim import Simulator
from tests.processes import Newsbot

ENTRIES = 3_000  # fifteen batches


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        yield opened
        assert opened.errors == []


def followed(folder: Path) -> list[str]:
    """The addresses of the sources that are followed, each as often as that is stored."""
    with closing(sqlite3.connect(folder / "news.db")) as database:
        rows = database.execute(
            """
            SELECT sources.url FROM follows JOIN subjects ON subjects.id = follows.subject_id
            JOIN sources ON subjects.kind = 'source' AND sources.id = subjects.ref
            """
        )
        return [url for (url,) in rows]


async def test_killed_in_the_middle_of_a_list_it_takes_the_rest_after_the_next_start(
    sim: Simulator, tmp_path: Path
) -> None:
    limits = {"NEWSBOT_READER_SOURCES": str(ENTRIES), "NEWSBOT_READER_FOLLOWS": str(ENTRIES)}
    newsbot = Newsbot(tmp_path, sim, **limits, NEWSBOT_FETCHES="1")
    chat = sim.private(sim.person("Huda", "en"))
    wanted = [f"http://127.0.0.1:1/{number}" for number in range(ENTRIES)]
    lines = "".join(f'<outline xmlUrl="{url}"/>' for url in wanted)
    async with newsbot.running() as process:
        chat.send_file("feeds.opml", f"<opml><body>{lines}</body></opml>".encode())
        while not await asyncio.to_thread(followed, tmp_path):
            pass
        process.kill()
        await process.wait()
    assert 0 < len(followed(tmp_path)) < ENTRIES
    async with newsbot.running():
        await sim.until(lambda: chat.last.text.startswith("✅"), 120)
    assert sorted(followed(tmp_path)) == sorted(wanted)
    assert "were there already" in chat.last.text
    with closing(sqlite3.connect(tmp_path / "news.db")) as database:
        assert database.execute("SELECT count(*), count(DISTINCT url) FROM sources").fetchone() == (ENTRIES, ENTRIES)
        assert database.execute("SELECT count(*) FROM inbox").fetchone() == (0,)
