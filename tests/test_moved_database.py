"""A database that is moved away or replaced under a running bot is noticed, and nothing takes its place."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.instance_lock import single_instance_lock
from bot.sim import Simulator
from storage import Storage, database_file
from storage.errors import DatabaseMoved
from tests.command_line import CommandLine
from tests.makers import NOON, new_article
from tests.processes import Newsbot

ADMIN = 900


@pytest.fixture
def held(newsbot: CommandLine) -> Iterator[Path]:
    """The database of a bot that runs, as far as others can see."""
    newsbot.begin()
    path = newsbot.folder / "news.db"
    with single_instance_lock(path) as note_file:
        note_file(database_file(f"sqlite:///{path}") or "")
        yield path


def move(path: str, target: str) -> None:
    Path(path).rename(target)


def replace(path: str) -> None:
    move(path, f"{path}.elsewhere")
    Path(path).touch()


def content(path: str) -> bytes:
    return Path(path).read_bytes()


async def test_nothing_is_written_to_a_file_that_was_moved_away_until_it_is_back(storage: Storage) -> None:
    path = storage.database.name
    elsewhere = f"{path}.elsewhere"
    move(path, elsewhere)
    for _ in range(2):
        with pytest.raises(DatabaseMoved, match="the database was moved away or replaced while it is open"):
            await storage.articles.store([new_article()], now=NOON)
    with pytest.raises(DatabaseMoved):
        await storage.sources.remove(1)
    move(elsewhere, path)
    assert (await storage.articles.store([new_article()], now=NOON)).added == (1,)


async def test_the_log_tells_once_that_the_file_is_gone(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    move(storage.database.name, f"{storage.database.name}.elsewhere")
    for _ in range(3):
        with pytest.raises(DatabaseMoved):
            await storage.articles.store([new_article()], now=NOON)
        with pytest.raises(DatabaseMoved):
            storage.database.check_place()
        assert await storage.sources.all() == []  # reading does not end it
    [record] = caplog.records
    assert record.getMessage() == "database_away"
    assert "moved away or replaced" in record.__dict__["values"]["reason"]


async def test_nothing_is_written_once_another_file_has_taken_the_place(storage: Storage) -> None:
    path = storage.database.name
    replace(path)
    with pytest.raises(DatabaseMoved):
        await storage.articles.store([new_article()], now=NOON)
    assert not content(path)


def test_a_health_check_passes_beside_a_bot_and_changes_nothing(newsbot: CommandLine, held: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in held.parent.iterdir()}
    assert newsbot.good("check", "--running") == ("ok     database: a bot runs on it, 0 articles\nAll is well.\n")
    assert {path.name: path.stat().st_mtime_ns for path in held.parent.iterdir()} == before


def test_a_health_check_tells_that_the_database_was_moved_away_and_makes_none(
    newsbot: CommandLine, held: Path
) -> None:
    held.rename(held.with_name("elsewhere.db"))
    status, said, _ = newsbot("check", "--running")
    assert (status, "a bot runs, and its database was moved away; put the file back" in said) == (1, True)
    assert not held.exists()


def test_a_health_check_tells_that_the_database_was_replaced(newsbot: CommandLine, held: Path) -> None:
    held.rename(held.with_name("elsewhere.db"))
    newsbot.begin()
    status, said, _ = newsbot("check", "--running")
    assert (status, "this file has replaced the one that the bot runs on" in said) == (1, True)


def test_a_health_check_migrates_nothing(newsbot: CommandLine, held: Path) -> None:
    with closing(sqlite3.connect(held)) as database:
        database.execute("PRAGMA user_version = 3")
    newsbot("check", "--running")
    with closing(sqlite3.connect(held)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)
        database.execute("PRAGMA user_version = 9999")
    status, said, _ = newsbot("check", "--running")
    assert (status, "this database is of version 9999" in said) == (1, True)


@pytest.mark.slow
async def test_administrators_are_told_that_the_database_is_gone_and_the_bot_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with Simulator() as sim:
        person = sim.person("Huda", "en")
        chat = sim.private(person)
        newsbot = Newsbot(tmp_path, sim, NEWSBOT_ADMINS=str(person.id))
        path, elsewhere = tmp_path / "news.db", tmp_path / "elsewhere.db"
        async with newsbot.watched("started") as process:
            path.rename(elsewhere)
            await sim.until(lambda: any("can't store anything" in one.text for one in chat.messages), 30)
            assert (await newsbot("check", "--running"))[0] == 1
            assert not path.exists()
            elsewhere.rename(path)
            assert (await newsbot("check", "--running"))[0] == 0
            chat.say("/help", person)
            await sim.until(lambda: "/latest" in chat.last.text, 30)
            await process.until("database_back")
        assert process.events.count("database_away") == process.events.count("database_back") == 1
        assert not {"job_failed", "storage_failed", "delivery_failed"} & {*process.events}
        assert sum("can't store anything" in one.text for one in chat.messages) == 1
