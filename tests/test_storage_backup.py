"""A copy of the database while it is written to: one moment, whole, checked, and nothing half where it fails."""

import asyncio
import os
import resource
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from storage import open_storage
from storage.errors import BackupExists, BackupFailed, DatabaseDamaged, NewerDatabase, NoDatabase
from storage.sqlite.backup import back_up, check_database
from storage.sqlite.connection import migrations
from tests.makers import new_article, reader, stored

SIZE = 3_000_000  # bytes of padding: a dozen steps of the copy


def written(path: Path) -> sqlite3.Connection:
    """A connection of another process, so to speak."""
    return sqlite3.connect(path, isolation_level=None, timeout=5)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "news.db"

    async def fill() -> None:
        async with open_storage(f"sqlite:///{path}") as storage:
            await reader(storage, 7)
            await stored(storage, new_article("one", body="x" * SIZE))

    asyncio.run(fill())
    return path


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("news.db"))


def titles(path: Path) -> list[str]:
    with closing(written(path)) as copy:
        return [row[0] for row in copy.execute("SELECT title FROM articles ORDER BY id")]


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow beyond this size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_copy_shows_one_moment_though_another_process_commits_at_each_step(
    database: Path, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    with closing(written(database)) as other:
        other.execute("PRAGMA journal_mode = WAL")

        def commit(done: int, of: int) -> None:
            seen.append((done, of))
            assert len(seen) < 100, "it begins anew at each commit"
            other.execute("UPDATE articles SET title = title || '!'")

        rests: list[float] = []
        size = back_up(database, tmp_path / "copy.db", on_progress=commit, rest=rests.append)
        assert other.execute("SELECT title FROM articles").fetchone()[0] == "Title one" + "!" * len(seen)
    assert titles(tmp_path / "copy.db") == ["Title one"]
    assert len(seen) > 5
    assert seen == sorted(set(seen))  # it never begins anew
    assert seen[-1][0] == seen[-1][1]
    assert len(rests) == len(seen) - 1
    assert min(rests) > 0
    assert size == (tmp_path / "copy.db").stat().st_size > SIZE
    assert files(tmp_path) == ["copy.db"]


async def test_a_copy_is_one_private_file_that_storage_opens(database: Path, tmp_path: Path) -> None:
    back_up(database, tmp_path / "copy.db", rest=lambda _: None)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert check_database(tmp_path / "copy.db") == migrations()[-1][0]
    assert files(tmp_path) == ["copy.db"]
    async with open_storage(f"sqlite:///{tmp_path / 'copy.db'}", create=False) as storage:
        assert await storage.chats.get(7, None)


def test_an_older_database_is_copied_and_not_migrated(database: Path, tmp_path: Path) -> None:
    with closing(written(database)) as other:
        other.execute("PRAGMA user_version = 3")
    back_up(database, tmp_path / "copy.db", rest=lambda _: None)
    assert check_database(tmp_path / "copy.db") == 3


def test_a_file_that_exists_stays_unless_it_is_to_be_replaced(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(BackupExists, match=r"copy\.db: this file exists; expected a new name, or --force"):
        back_up(database, target, rest=lambda _: None)
    assert target.read_text() == "mine"
    back_up(database, target, replace=True, rest=lambda _: None)
    assert titles(target) == ["Title one"]


def test_a_file_that_appears_meanwhile_stays(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"

    def appear(done: int, of: int) -> None:
        target.write_text("mine")

    with pytest.raises(BackupExists, match="has appeared meanwhile"):
        back_up(database, target, on_progress=appear, rest=lambda _: None)
    assert target.read_text() == "mine"
    assert files(tmp_path) == ["copy.db"]


@pytest.mark.parametrize("replace", [False, True])
def test_a_full_disk_leaves_no_file_and_keeps_the_older_copy(database: Path, tmp_path: Path, replace: bool) -> None:
    target = tmp_path / "copy.db"
    if replace:
        target.write_text("older")
    with small_disk(SIZE // 2), pytest.raises(BackupFailed, match="disk is full or refuses to write"):
        back_up(database, target, replace=replace, rest=lambda _: None)
    assert files(tmp_path) == (["copy.db"] if replace else [])
    assert not replace or target.read_text() == "older"


def test_a_copy_that_is_stopped_leaves_no_file(database: Path, tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(database, tmp_path / "copy.db", on_progress=stop, rest=lambda _: None)
    assert files(tmp_path) == []


def test_what_a_killed_backup_left_is_used_anew(database: Path, tmp_path: Path) -> None:
    (tmp_path / ".copy.db.partial").write_text("half of a copy" * 1000)
    back_up(database, tmp_path / "copy.db", rest=lambda _: None)
    assert titles(tmp_path / "copy.db") == ["Title one"]
    assert files(tmp_path) == ["copy.db"]


def test_two_backups_to_one_place_do_not_mix(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"

    def second(done: int, of: int) -> None:
        with pytest.raises(BackupFailed, match="another backup is being written there"):
            back_up(database, target, rest=lambda _: None)

    back_up(database, target, on_progress=second, rest=lambda _: None)
    assert titles(target) == ["Title one"]


@pytest.mark.parametrize("name", ["news.db", "news.db-wal", "news.db-shm", "news.db.lock", "link.db", "hard.db"])
def test_the_database_is_never_replaced_by_its_copy(database: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.db").symlink_to(database)
    (tmp_path / "hard.db").hardlink_to(database)
    with pytest.raises(BackupFailed, match="belongs to the database itself"):
        back_up(database, tmp_path / name, replace=True, rest=lambda _: None)
    assert titles(database) == ["Title one"]


def test_a_damaged_database_gives_no_copy(database: Path, tmp_path: Path) -> None:
    with database.open("r+b") as file:  # the tail of the pages that nobody looks at while copying
        file.seek(database.stat().st_size // 8192 * 4096)
        file.write(os.urandom(40_960))
    with pytest.raises(DatabaseDamaged):
        back_up(database, tmp_path / "copy.db", rest=lambda _: None)
    assert files(tmp_path) == []


def test_what_can_not_be_backed_up_is_refused_with_the_reason(database: Path, tmp_path: Path) -> None:
    with pytest.raises(NoDatabase, match="there is no database"):
        back_up(tmp_path / "none.db", tmp_path / "copy.db")
    with pytest.raises(BackupFailed, match=r"copy\.db: can't be written \(No such file"):
        back_up(database, tmp_path / "no-folder" / "copy.db")
    with pytest.raises(BackupFailed, match="this is a folder"):
        back_up(database, tmp_path)
    with closing(written(database)) as other:
        other.execute("PRAGMA user_version = 9999")
    with pytest.raises(NewerDatabase):
        back_up(database, tmp_path / "copy.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(DatabaseDamaged, match="it is empty"):
        check_database(tmp_path / "empty.db")
