"""A list of sources that a person sends, and a bot that is killed while it takes the list."""

from pathlib import Path

import pytest

from bot.sim import Simulator
from tests.processes import Newsbot, rows_of, until_stored

pytestmark = pytest.mark.slow

ENTRIES = 3_000  # fifteen batches
FOLLOWED = """
    SELECT sources.url FROM follows JOIN subjects ON subjects.id = follows.subject_id
    JOIN sources ON subjects.kind = 'source' AND sources.id = subjects.ref
"""


def followed(database: str) -> list[str]:
    """The addresses of the sources that are followed, each as often as that is stored."""
    return [url for (url,) in rows_of(database, FOLLOWED)]


async def test_killed_in_the_middle_of_a_list_it_takes_the_rest_after_the_next_start(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    limits = {"NEWSBOT_READER_SOURCES": str(ENTRIES), "NEWSBOT_READER_FOLLOWS": str(ENTRIES)}
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url, **limits, NEWSBOT_FETCHES="1")
    chat = sim.private(sim.person("Huda", "en"))
    wanted = [f"http://127.0.0.1:1/{number}" for number in range(ENTRIES)]
    lines = "".join(f'<outline xmlUrl="{url}"/>' for url in wanted)
    async with newsbot.running() as process:
        chat.send_file("feeds.opml", f"<opml><body>{lines}</body></opml>".encode())
        await until_stored(database_url, FOLLOWED)
        process.kill()
        await process.wait()
    assert 0 < len(followed(database_url)) < ENTRIES
    async with newsbot.running():
        await sim.until(lambda: chat.last.text.startswith("✅"), 120)
    assert sorted(followed(database_url)) == sorted(wanted)
    assert "were there already" in chat.last.text
    assert rows_of(database_url, "SELECT count(*), count(DISTINCT url) FROM sources") == [(ENTRIES, ENTRIES)]
    assert rows_of(database_url, "SELECT count(*) FROM inbox") == [(0,)]
