"""A database becomes one of the other kind: every row, every promise, and nothing twice."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bench.postgres import Server
from storage import Storage, copy_database, open_storage
from storage.copying import Progress
from storage.errors import CopyRefused, UnfinishedCopy
from storage.records import SubjectKind, SubjectName
from tests.makers import NOON, new_article, reader, stored
from tests.test_storage_same_tables import Postgres

# The parts of a full-text index, which grow in the order of writing.
INDEX_OF_TEXTS = tuple(
    f"{private}articles_text_{part}"
    for private in ("", "private_")
    for part in ("config", "content", "data", "docsize", "idx")
)


class _Killed(Exception):
    """Ends a copy in its middle."""


def killed_after(rows: int) -> Progress:
    def look(done: int, total: int) -> None:
        if done >= rows:
            raise _Killed

    return look


def nothing(done: int, total: int) -> None:
    """Nobody looks at the progress."""


async def fill(storage: Storage) -> None:
    """A bot that has talked for a while: chats, articles, what they are owed, and ids that were used and are gone."""
    for number in range(1, 6):
        chat = await reader(storage, number)
        subject = await storage.follows.ensure_subject(
            SubjectName(kind=SubjectKind.AUTHOR, key=f"author {number}", name=f"Author {number} كاتب")
        )
        await storage.follows.follow(chat.id, subject.id, now=NOON)
        await storage.lists.save_search(chat.id, f"words {number}", now=NOON)
    for number in range(5):
        await stored(storage, new_article(f"a{number}"))
    await storage.personal_data.forget(5)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A SQLite database."""
    url = f"sqlite:///{tmp_path / 'news.db'}"

    async def filling() -> None:
        async with open_storage(url) as storage:
            await fill(storage)

    asyncio.run(filling())
    return url


@pytest.fixture
def empty(postgres: Server) -> Iterator[str]:
    """A database of a server, without tables."""
    yield postgres.new_database("template0")
    postgres.drop_made()


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Returns all rows of a SQLite database."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not row[0].startswith(INDEX_OF_TEXTS)
        ]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}


def schema_of(path: Path) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def asked(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_a_database_that_went_to_a_server_and_back_is_the_same(file: str, empty: str, tmp_path: Path) -> None:
    copied = copy_database(file, empty, on_progress=nothing)
    assert not copied.resumed
    filled = {name for name, rows in rows_of(tmp_path / "news.db").items() if rows}
    assert filled >= {"articles", "chats", "follows", "article_categories", "chat_counts", "searches"}
    copy_database(empty, f"sqlite:///{tmp_path / 'back.db'}", on_progress=nothing)
    assert rows_of(tmp_path / "back.db") == rows_of(tmp_path / "news.db")
    assert schema_of(tmp_path / "back.db") == schema_of(tmp_path / "news.db")


def state_of(url: str, tmp_path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Returns all rows of a database on a server."""
    path = tmp_path / "looked-at.db"
    path.unlink(missing_ok=True)
    copy_database(url, f"sqlite:///{path}", on_progress=nothing)
    return rows_of(path)


def test_a_copy_that_is_killed_after_any_row_goes_on_where_it_was(
    file: str, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.copying.ROWS_AT_ONCE", 2)
    steps = []
    for number in range(1, 40):
        try:
            copied = copy_database(file, empty, on_progress=killed_after(8 * number))
        except _Killed:
            steps.append(number)
            with pytest.raises(UnfinishedCopy, match="run `newsbot database copy` again"):
                asyncio.run(opened(empty))
            continue
        break
    assert len(steps) > 10
    assert copied.resumed
    assert state_of(empty, tmp_path) == rows_of(tmp_path / "news.db")


def test_a_copy_to_a_file_that_is_killed_goes_on_where_it_was(
    file: str, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_database(file, empty, on_progress=nothing)
    monkeypatch.setattr("storage.copying.ROWS_AT_ONCE", 2)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    for rows in (5, 60):
        with pytest.raises(_Killed):
            copy_database(empty, back, on_progress=killed_after(rows))
        with pytest.raises(UnfinishedCopy, match=r"back\.db: this database is a copy that was not finished"):
            asyncio.run(opened(back))
    assert copy_database(empty, back, on_progress=nothing).resumed
    assert rows_of(tmp_path / "back.db") == rows_of(tmp_path / "news.db")


async def opened(url: str) -> None:
    async with open_storage(url):
        pass


def test_a_copy_begins_anew_if_the_bot_ran_meanwhile(file: str, empty: str, tmp_path: Path) -> None:
    with pytest.raises(_Killed):
        copy_database(file, empty, on_progress=killed_after(40))

    async def write() -> None:
        async with open_storage(file) as storage:
            await storage.chats.set_language(1, "ar", now=NOON)  # a row that the copy has already
            await stored(storage, new_article("later"))

    asyncio.run(write())
    assert not copy_database(file, empty, on_progress=nothing).resumed
    assert state_of(empty, tmp_path) == rows_of(tmp_path / "news.db")


def test_ids_that_were_used_once_are_not_used_again(file: str, empty: str, tmp_path: Path) -> None:
    copy_database(file, empty, on_progress=nothing)
    copy_database(empty, f"sqlite:///{tmp_path / 'back.db'}", on_progress=nothing)

    async def next_chat(url: str) -> int:
        async with open_storage(url) as storage:
            return (await reader(storage, 77)).id

    # The chat with the id 5 was forgotten.
    assert asyncio.run(next_chat(empty)) == asyncio.run(next_chat(f"sqlite:///{tmp_path / 'back.db'}")) == 6


def test_a_copy_counts_on_and_has_every_index_key_and_trigger(file: str, empty: str, postgres: Server) -> None:
    copy_database(file, empty, on_progress=nothing)
    new, copied = Postgres(postgres.new_database()), Postgres(empty)
    assert (copied.columns(), copied.keys(), copied.indexes()) == (new.columns(), new.keys(), new.indexes())
    assert copied.enabled_triggers() == new.enabled_triggers() != set()
    new.close()
    copied.close()

    async def chats_before_and_after() -> tuple[int, int]:
        async with open_storage(empty) as storage:
            [before] = await storage.database.fetch("SELECT sum(chats) AS chats FROM chat_counts")
            await reader(storage, 78)
            [after] = await storage.database.fetch("SELECT sum(chats) AS chats FROM chat_counts")
        return before["chats"], after["chats"]

    assert asyncio.run(chats_before_and_after()) == (4, 5)


def test_a_database_with_data_is_no_target(file: str, empty: str, tmp_path: Path) -> None:
    copy_database(file, empty, on_progress=nothing)
    with pytest.raises(CopyRefused, match=r"holds data already \(its table \w+ has rows\); expected an empty one"):
        copy_database(file, empty, on_progress=nothing)
    with pytest.raises(CopyRefused, match=r"news\.db: this database holds data already .*; expected a new file"):
        copy_database(empty, file, on_progress=nothing)
    assert state_of(empty, tmp_path) == rows_of(tmp_path / "news.db")


def test_a_database_of_another_program_is_no_target(file: str, empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE invoices (id bigint)")
    with pytest.raises(CopyRefused, match=r"tables of another program \(invoices\); expected an empty one"):
        copy_database(file, empty, on_progress=nothing)


def test_one_copy_at_a_time_is_written_to_a_database(file: str, empty: str) -> None:
    def copy_too(done: int, total: int) -> None:
        with pytest.raises(CopyRefused, match="another copy is being written there"):
            copy_database(file, empty, on_progress=nothing)
        raise _Killed

    with pytest.raises(_Killed):
        copy_database(file, empty, on_progress=copy_too)


async def test_a_database_on_which_a_bot_runs_is_neither_read_nor_written(
    file: str, empty: str, postgres: Server, tmp_path: Path
) -> None:
    back = f"sqlite:///{tmp_path / 'back.db'}"
    async with open_storage(empty, runs=True) as storage:
        with pytest.raises(CopyRefused, match=r"a newsbot runs on this database \(machine .+\): stop it first"):
            await asyncio.to_thread(copy_database, file, empty, on_progress=nothing)
        await reader(storage, 1)
        with pytest.raises(CopyRefused, match=r"a newsbot runs on this database"):
            await asyncio.to_thread(copy_database, empty, back, on_progress=nothing)
        copied = await asyncio.to_thread(copy_database, empty, back, in_use=True, on_progress=nothing)
    assert not copied.resumed
    async with open_storage(back) as storage:
        assert await storage.chats.get(1)


def test_a_database_that_is_written_to_meanwhile_is_no_source(file: str, empty: str, tmp_path: Path) -> None:
    path = tmp_path / "news.db"

    def write(done: int, total: int) -> None:
        if done == total:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("UPDATE articles SET title = title || '!'")
                connection.commit()

    with pytest.raises(CopyRefused, match="another process writes to this database"):
        copy_database(file, empty, on_progress=write)


def test_a_value_of_the_wrong_kind_is_named(file: str, empty: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "news.db")) as connection:
        connection.execute("UPDATE chats SET silent = 7 WHERE id = 2")
        connection.commit()
    expected = r"the row \(2,\) of the table chats has 7 in silent; expected 0 or 1: mend or delete that row"
    with pytest.raises(CopyRefused, match=expected):
        copy_database(file, empty, on_progress=nothing)


def test_characters_that_a_server_refuses_are_left_out(file: str, empty: str) -> None:
    path = file.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE chats SET title = 'a' || char(0) || 'b' WHERE id = 2")
        connection.commit()
    copy_database(file, empty, on_progress=nothing)
    assert asked(empty, "SELECT title FROM chats WHERE id = 2") == [("ab",)]
