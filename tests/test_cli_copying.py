"""`newsbot database copy`, as an operator types it."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.postgres import Server
from bot.instance_lock import single_instance_lock
from bot.sim import Simulator
from storage import open_storage
from tests.command_line import CommandLine
from tests.makers import new_article, reader, stored
from tests.processes import Newsbot

PASSWORD = "correct-horse-battery"


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """A database without tables, and an address with a password, which this server does not ask for."""
    yield postgres.new_database("template0").replace("postgres@", f"postgres:{PASSWORD}@")
    postgres.drop_made()


@pytest.fixture
def file(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'news.db'}"

    async def filling() -> None:
        async with open_storage(url) as storage:
            await reader(storage, 1)
            await stored(storage, *[new_article(f"a{number}", body="x" * 2_000) for number in range(300)])

    asyncio.run(filling())
    return url


def test_a_copy_says_what_it_holds_and_what_to_do_next(newsbot: CommandLine, file: str, empty: str) -> None:
    said = newsbot.good("database", "copy", file, empty).splitlines()
    assert said[0].startswith("postgresql://postgres@/")
    assert said[0].endswith(" tables copied and compared.")
    assert said[1] == "0 messages still to be sent, and 0 updates to be answered."
    assert said[2].startswith("Set NEWSBOT_DATABASE to the copy, start the bot, and run no bot on /")
    assert PASSWORD not in str(said)
    newsbot.set(NEWSBOT_DATABASE=empty)
    assert '"articles": 300' in newsbot.good("stats", "--json")


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("sqlite:///a.db", "sqlite:///b.db", "a.db and b.db are both SQLite databases; expected one of each kind"),
        ("postgresql://h/a", "postgresql://h/b", "use pg_dump and pg_restore for two of one kind"),
        ("news.db", "postgresql://h/b", "FROM: 'news.db' is no database address"),
        ("sqlite:///a.db", "postgresql://h", "TO: the address names no database"),
    ],
)
def test_addresses_that_are_not_one_of_each_kind_are_refused(
    newsbot: CommandLine, source: str, target: str, why: str
) -> None:
    status, _, complained = newsbot("database", "copy", source, target)
    assert status == 2
    assert why in complained
    assert list(newsbot.folder.iterdir()) == []


def test_a_missing_file_is_no_source(newsbot: CommandLine, empty: str) -> None:
    status, _, complained = newsbot("database", "copy", f"sqlite:///{newsbot.folder / 'none.db'}", empty)
    assert (status, "none.db: there is no database" in complained) == (1, True)
    assert list(newsbot.folder.iterdir()) == []


def test_a_file_on_which_a_bot_runs_is_copied_only_to_try_things_out(
    newsbot: CommandLine, file: str, empty: str
) -> None:
    with single_instance_lock(newsbot.folder / "news.db"):
        status, _, complained = newsbot("database", "copy", file, empty)
        assert (status, "another newsbot runs on this database" in complained) == (1, True)
        said = newsbot.good("database", "copy", "--while-running", file, empty)
    assert "copied and compared" in said
    assert "start the bot" not in said


@pytest.mark.slow
async def test_a_copy_that_is_killed_is_no_database_and_goes_on_when_it_is_started_again(
    tmp_path: Path, file: str, empty: str
) -> None:
    async with Simulator() as sim:
        newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=empty)
        process = await newsbot._start("database", "copy", file, empty)
        async with asyncio.timeout(30):
            await asyncio.to_thread(until_articles_are_in, empty)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        status, _, complained = await newsbot("stats")
        if status:  # else the copy was faster than the signal
            assert "this database is a copy that was not finished: run `newsbot database copy` again" in complained
            status, said, _ = await newsbot("database", "copy", file, empty)
            assert (status, "the first of them by an earlier run" in said) == (0, True)
        status, said, _ = await newsbot("stats", "--json")
        assert '"articles": 300' in said


def until_articles_are_in(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT to_regclass('unfinished_copy')").fetchone() == (None,):
            pass
        while not connection.execute("SELECT 1 FROM articles LIMIT 1").fetchall():
            pass
