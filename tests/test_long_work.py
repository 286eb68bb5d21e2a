"""Work that takes long shows how far it is, and how it ended."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.config import Config
from bot.jobs import Pruning, Reindexing
from bot.long_work import STOPPED, noted_work
from storage import Storage, open_storage
from storage.errors import DatabaseBusy, DatabaseReadOnly
from storage.records import WorkKind, WorkRow, WorkState
from tests.command_line import CommandLine
from tests.conftest import Clock
from tests.delivering import until
from tests.makers import new_article, stored
from tests.test_cli import OLD


@pytest.fixture
def newsbot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.setattr("bot.cli.backup.POLITE", 0)
    return CommandLine(tmp_path, monkeypatch, capsys)


async def only(storage: Storage) -> WorkRow:
    [row] = await storage.work.latest(limit=9)
    return row


async def test_work_shows_how_far_it_is_while_it_goes_on(storage: Storage, clock: Clock) -> None:
    async with noted_work(
        storage, WorkKind.IMPORT, subject="archive", total=10, now=clock, every_seconds=0.001
    ) as progress:
        assert (await only(storage)).state(clock()) is WorkState.RUNNING
        progress.update(3)
        progress.update(1)

        async def is_shown() -> bool:
            return (await only(storage)).done == 4

        await until(is_shown)
    row = await only(storage)
    assert (row.state(clock()), row.done, row.total, row.subject) == (WorkState.DONE, 10, 10, "archive")


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ValueError("no such file"), "no such file"), (KeyError(), "KeyError"), (KeyboardInterrupt(), STOPPED)],
)
async def test_work_that_fails_says_why(storage: Storage, clock: Clock, error: BaseException, reason: str) -> None:
    async def work() -> None:
        async with noted_work(storage, WorkKind.COPY, subject="", total=0, now=clock) as progress:
            progress.update(2)
            raise error

    with pytest.raises(type(error)):
        await work()
    row = await only(storage)
    assert (row.state(clock()), row.error, row.done, row.total) == (WorkState.FAILED, reason, 2, None)


async def test_a_display_that_can_not_be_written_stops_no_work(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> int:
        raise DatabaseBusy("locked")

    monkeypatch.setattr(storage.work, "begin", busy)
    async with noted_work(storage, WorkKind.IMPORT, subject="", total=1, now=clock) as progress:
        progress.update(1)
    assert await storage.work.latest(limit=9) == []


async def test_reindexing_shows_itself_only_if_there_is_something_to_do(storage: Storage, clock: Clock) -> None:
    await stored(storage, new_article("one"))
    await Reindexing(storage)()
    before = await storage.work.latest(limit=9)
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE articles SET indexed = FALSE")
    await Reindexing(storage)()
    [row, *others] = await storage.work.latest(limit=9)
    assert others == before
    assert (row.kind, row.done, row.total, row.error) == (WorkKind.REINDEX, 1, 1, None)
    clock.time = row.started_at
    await Pruning(storage, Config(), clock)()
    assert len(await storage.work.latest(limit=9)) == 1 + len(before)


def rows(path: Path) -> list[WorkRow]:
    async def read() -> list[WorkRow]:
        async with open_storage(f"sqlite:///{path}", create=False) as storage:
            return await storage.work.latest(limit=9)

    return asyncio.run(read())


def test_commands_that_take_long_leave_a_row(newsbot: CommandLine) -> None:
    (newsbot.folder / "page.txt").write_text(OLD)
    (newsbot.folder / "chats.jsonl").write_text('{"chat_id": 5}\n')
    (newsbot.folder / "list.opml").write_text(
        '<opml><body><outline text="N" xmlUrl="http://news.example/feed"/></body></opml>'
    )
    newsbot.good("import", "page.txt")
    newsbot.good("chats", "import", "chats.jsonl")
    newsbot.good("source", "import", "list.opml")
    newsbot.good("chats", "export", "all.jsonl")
    found = rows(newsbot.folder / "news.db")
    assert [(row.kind.value, row.subject, row.error, row.ended_at is not None) for row in reversed(found)] == [
        ("import", "page.txt", None, True),
        ("chats", "chats.jsonl", None, True),
        ("sources", "list.opml", None, True),
        ("chats", "all.jsonl", None, True),
    ]
    assert all(row.done == row.total for row in found)


def test_a_backup_shows_itself_and_its_copy_tells_of_none(newsbot: CommandLine) -> None:
    newsbot.begin()
    newsbot.good("backup", "copy.db")
    [row] = rows(newsbot.folder / "news.db")
    assert (row.kind, row.subject, row.error) == (WorkKind.BACKUP, "copy.db", None)
    assert row.ended_at is not None
    assert rows(newsbot.folder / "copy.db") == []


def test_a_backup_with_a_newer_program_migrates_nothing(newsbot: CommandLine) -> None:
    newsbot.begin()
    with closing(sqlite3.connect(newsbot.folder / "news.db")) as database:
        database.execute("PRAGMA user_version = 3")
    newsbot.good("backup", "copy.db")
    for name in ("news.db", "copy.db"):
        with closing(sqlite3.connect(newsbot.folder / name)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (3,)


def test_a_database_that_can_only_be_read_is_backed_up(newsbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    newsbot.begin()

    async def refused(*_: object, **__: object) -> None:
        raise DatabaseReadOnly("the folder can't be written to")

    monkeypatch.setattr("storage.open_sqlite", refused)
    newsbot.good("backup", "copy.db")
