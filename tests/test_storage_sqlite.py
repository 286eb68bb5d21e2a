"""The SQLite port: versions, failures, and that a failed or cancelled transaction leaves nothing behind."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot.text.search import phrase_form
from storage import Storage, articles_in, database_path, open_storage
from storage import sqlite as storage_sqlite
from storage.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReadOnly,
    NewerDatabase,
    NoDatabase,
    UnknownDatabase,
)
from storage.records import CategoryName, SourceKind, Term, WordsQuery
from storage.sqlite.connection import PAGES_OF_LOG, SqliteDatabase, migrate, migrations, statements
from tests.makers import NOON, new_article, reader, stored


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


@pytest.mark.parametrize("url", ["postgres://x/y", "newsbot.db", "sqlite:///", ""])
def test_an_address_that_is_no_database_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(UnknownDatabase, match="expected sqlite:///"):
        database_path(url)


def test_relative_and_absolute_addresses() -> None:
    assert database_path("sqlite:///news.db") == Path("news.db")
    assert database_path("sqlite:////var/news.db") == Path("/var/news.db")


async def test_a_new_database_has_the_newest_version_and_wal(tmp_path: Path) -> None:
    async with open_storage(url_of(tmp_path / "new.db")) as storage:
        assert (await storage.database.fetch("PRAGMA user_version"))[0]["user_version"] == migrations()[-1][0]
        assert (await storage.database.fetch("PRAGMA journal_mode"))[0]["journal_mode"] == "wal"


async def test_what_is_written_is_gathered_in_the_log_which_stays_bounded(tmp_path: Path) -> None:
    log = tmp_path / "log.db-wal"
    sizes = []
    async with open_storage(url_of(tmp_path / "log.db")) as storage:
        [article] = await stored(storage, new_article())
        for letter in "abcdefghijklmno":
            async with storage.database.transaction(durable=False) as transaction:
                await transaction.execute(
                    "UPDATE articles SET body = :body WHERE id = :id", {"id": article, "body": letter * 400 * 4_096}
                )
            sizes.append(log.stat().st_size // 4_096)
    assert PAGES_OF_LOG <= max(sizes) < PAGES_OF_LOG + 500


async def test_an_older_database_is_migrated_at_opening_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.db"
    async with open_storage(url_of(path)) as storage:
        await stored(storage, new_article())
    newer = [*migrations(), (migrations()[-1][0] + 1, "CREATE TABLE added (id INTEGER PRIMARY KEY);\n")]
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: newer)
    async with open_storage(url_of(path)) as storage:
        assert (await storage.database.fetch("PRAGMA user_version"))[0]["user_version"] == newer[-1][0]
        assert await storage.database.fetch("SELECT * FROM added") == []
        assert len(await storage.articles.newest(limit=5)) == 1


async def test_the_texts_of_a_database_from_before_documents_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, all_steps = tmp_path / "old.db", migrations()
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: [one for one in all_steps if one[0] < 39])
    with sqlite3.connect(path, isolation_level=None) as connection:
        migrate(connection, str(path))
        connection.executemany(
            """
            INSERT INTO articles (id, identity, story_id, title, body, markup, lead, summary, language, published_at,
                                  stored_at, changed_at)
            VALUES (?, ?, ?, 'Quay', ?, ?, '', '', 'en', 1, 1, 1)
            """,
            [(1, "a", 1, "One\n\nTwo", ""), (2, "b", 2, "One two", "One <b>two</b>")],
        )
    connection.close()
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: all_steps)
    async with open_storage(url_of(path)) as storage:
        found = [await storage.articles.get(number) for number in (1, 2)]
    texts = [(one.text.body, one.text.document) for one in found if one is not None]
    assert texts == [("One\n\nTwo", ""), ("One two", "One <b>two</b>")]


async def test_a_phrase_that_was_followed_before_its_articles_were_left_out_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, all_steps = tmp_path / "old.db", migrations()
    old = {
        "terms": [["وليد", ["وليد"], ""], ["والوزاره الولي", ["زار ول", "x"], " والوزاره الولي "]],
        "without": [["لل", ["لل"], " لل مجلس بالمرفا "]],
        "categories": [["Sport", "sport"]],
        "sources": ["Coast"],
        "only_titles": True,
    }
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: [one for one in all_steps if one[0] < 41])
    with sqlite3.connect(path, isolation_level=None) as connection:
        migrate(connection, str(path))
        connection.execute(
            "INSERT INTO subjects (id, kind, key, query) VALUES (1, 'words', 'k', ?)", [json.dumps(old)]
        )
        connection.execute("INSERT INTO subjects (id, kind, key) VALUES (2, 'author', 'mona')")
        connection.executemany(
            "INSERT INTO subject_stems (subject_id, stem, conditions) VALUES (1, ?, ?)",
            [("a", "+b|c\n= d "), ("b", "! d "), ("c", "+b=c\n-d"), ("d", "")],
        )
    connection.close()
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: all_steps)
    async with open_storage(url_of(path)) as storage:
        subject, other = await storage.follows.get(1), await storage.follows.get(2)
        stems = await storage.database.fetch("SELECT conditions FROM subject_stems ORDER BY stem")
    assert subject is not None
    assert subject.query == WordsQuery(
        terms=(Term("وليد", ("وليد",)), Term("والوزاره الولي", ("زار ول", "x"), (phrase_form("والوزاره الولي"),))),
        without=(Term("لل", ("لل",), (phrase_form("لل مجلس بالمرفا"),)),),
        categories=(CategoryName("Sport", "sport"),),
        sources=("Coast",),
        only_titles=True,
    )
    assert other is not None
    assert other.query is None
    assert [row["conditions"] for row in stems] == ["?", "?", "+b=c\n-d", ""]


async def test_a_source_keeps_its_kind_and_its_articles_when_more_kinds_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, all_steps = tmp_path / "old.db", migrations()
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: [one for one in all_steps if one[0] < 48])
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, str(path))
        connection.execute("INSERT INTO sources (url, kind, added_at, due_at) VALUES ('/news', 'folder', 1, 1)")
        connection.execute(
            """
            INSERT INTO articles (id, identity, story_id, source_id, title, body, document, lead, summary, language,
                                  published_at, stored_at, changed_at)
            VALUES (1, 'a', 1, 1, 'Quay', '', '', '', '', 'en', 1, 1, 1)
            """
        )
    connection.close()
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: all_steps)
    async with open_storage(url_of(path)) as storage:
        [source], article = await storage.sources.all(), await storage.articles.get(1)
        hook, _ = await storage.sources.add("hook:desk", SourceKind.HOOK, now=NOON)
    assert (source.kind, article and article.source_id) == (SourceKind.FOLDER, source.id)
    assert hook.kind is SourceKind.HOOK


def test_each_migration_has_a_number_of_its_own() -> None:
    """Of two migrations with one number, a database would get only the first."""
    folder = Path(storage_sqlite.__file__).parent / "migrations"
    named = [path.name.partition("_") for path in folder.iterdir()]
    assert [
        name for name in named if len(name[0]) != 4 or not name[0].isdecimal() or not name[2].endswith(".sql")
    ] == []
    numbers = [number for number, _ in migrations()]
    assert len(numbers) == len(named)
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1  # a new database is of version 0


def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.db"
    last = migrations()[-1][0]
    broken = [*migrations(), (last + 1, "CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n")]
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, "old.db")
    monkeypatch.setattr("storage.sqlite.connection.migrations", lambda: broken)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, "old.db")
    assert connection.execute("PRAGMA user_version").fetchone()[0] == last
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone()[0] == 0
    connection.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    async with open_storage(url_of(path)):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = dump(path)
    with pytest.raises(NewerDatabase, match=r"new\.db: this database is of version 9999.*run the newer program"):
        async with open_storage(url_of(path)):
            pass
    assert dump(path) == before


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"This is no database at all. " * 100)
    with pytest.raises(DatabaseDamaged, match=r"broken\.db: the file is not a SQLite database"):
        async with open_storage(url_of(path)):
            pass
    assert path.read_bytes().startswith(b"This is no database")


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseReadOnly, match=r"nowhere/news\.db: the database can't be opened"):
        async with open_storage(url_of(tmp_path / "nowhere" / "news.db")):
            pass


async def test_a_database_locked_by_another_process_gives_a_clear_error_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.connection.BUSY_SECONDS", 0.01)
    path = tmp_path / "news.db"
    async with open_storage(url_of(path)) as storage:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match=r"news\.db: the database is locked by another process"):
            await stored(storage, new_article())
        assert await storage.articles.newest(limit=1) == []  # readers don't wait for the writer
        other.execute("ROLLBACK")
        other.close()
        assert len(await stored(storage, new_article())) == 1


async def test_a_writer_looks_again_and_again_whether_the_other_process_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.connection.BUSY_SECONDS", 0.2)
    path = tmp_path / "news.db"
    async with open_storage(url_of(path)) as storage:
        assert isinstance(storage.database, SqliteDatabase)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begun: list[str] = []
        await storage.database._writer.set_trace_callback(begun.append)
        with pytest.raises(DatabaseBusy):
            await stored(storage, new_article())
        other.close()
        assert begun.count("BEGIN IMMEDIATE") > 1


@pytest.mark.only_sqlite
async def test_a_full_disk_stores_nothing_halfway(storage: Storage) -> None:
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 60")
    with pytest.raises(DatabaseFull, match="the disk is full"):
        await stored(storage, *(new_article(f"{n}", body="long " * 5_000) for n in range(50)))
    assert await storage.articles.newest(limit=5) == []
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1000000")
    assert len(await stored(storage, new_article())) == 1


@pytest.mark.only_sqlite
async def test_a_database_that_refuses_writes_gives_a_clear_error(storage: Storage) -> None:
    async with storage.database.transaction() as transaction:
        await transaction.execute("PRAGMA query_only = ON")
    with pytest.raises(DatabaseReadOnly, match="can't be written to"):
        await stored(storage, new_article())


async def test_a_cancelled_transaction_is_undone_and_the_next_one_works(storage: Storage) -> None:
    begun, chat = asyncio.Event(), (await reader(storage, 1)).id

    async def slow() -> None:
        async with storage.database.transaction() as transaction:
            await transaction.execute("INSERT INTO searches (words, used_at) VALUES ('half', 1)")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(slow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await storage.lists.save_search(chat, "whole", now=NOON)
    assert [row["words"] for row in await storage.database.fetch("SELECT words FROM searches")] == ["whole"]


async def test_one_transaction_never_sees_or_undoes_the_other(storage: Storage) -> None:
    chat = (await reader(storage, 1)).id

    async def failing() -> None:
        async with storage.database.transaction() as transaction:
            await transaction.execute("INSERT INTO searches (words, used_at) VALUES ('lost', 1)")
            await asyncio.sleep(0)
            raise RuntimeError("undo")

    results = await asyncio.gather(
        failing(), storage.lists.save_search(chat, "kept", now=NOON), return_exceptions=True
    )
    assert isinstance(results[0], RuntimeError)
    assert [row["words"] for row in await storage.database.fetch("SELECT words FROM searches")] == ["kept"]


async def test_two_openings_of_one_file_see_each_others_commits(tmp_path: Path) -> None:
    url = url_of(tmp_path / "news.db")
    async with open_storage(url) as ours, open_storage(url) as theirs:
        await stored(ours, new_article("ours"))
        await stored(theirs, new_article("theirs"))
        assert {article.text.title for article in await ours.articles.newest(limit=5)} == {
            "Title ours",
            "Title theirs",
        }


async def test_a_writer_killed_halfway_leaves_the_last_commit(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    async with open_storage(url_of(path)) as storage:
        await stored(storage, new_article("kept"))
    script = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "connection.execute('DELETE FROM articles')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(path)], check=False)
    assert killed.returncode == -9
    async with open_storage(url_of(path)) as storage:
        assert len(await storage.articles.newest(limit=5)) == 1


@pytest.mark.only_sqlite
async def test_readers_can_not_write(storage: Storage) -> None:
    with pytest.raises(DatabaseReadOnly):
        await storage.database.fetch("DELETE FROM articles RETURNING id")


async def test_foreign_keys_are_on(storage: Storage) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.ForeignKeyViolation)):
        await stored(storage, new_article(source_id=77))


def test_a_script_is_cut_into_its_statements() -> None:
    script = "CREATE TABLE a (x TEXT DEFAULT ';'); -- a comment; here\nCREATE TABLE b (y);\n"
    assert len(list(statements(script))) == 2


async def test_times_come_back_as_they_were_given(storage: Storage) -> None:
    moment = NOON - timedelta(hours=3, milliseconds=7)
    [article_id] = await stored(storage, new_article(published_at=moment))
    article = await storage.articles.get(article_id)
    assert article is not None
    assert article.published_at == moment


@pytest.mark.parametrize("steps", range(1, 8))
async def test_whoever_is_cancelled_at_any_point_leaves_no_transaction_open(storage: Storage, steps: int) -> None:
    await stored(storage, new_article("kept"))

    async def delete() -> None:
        async with storage.database.transaction() as transaction:
            await transaction.execute("DELETE FROM articles")
            await asyncio.Event().wait()

    writing = asyncio.create_task(delete())
    for _ in range(steps):
        await asyncio.wait({writing}, timeout=0)
    writing.cancel()
    await asyncio.wait({writing})
    await stored(storage, new_article("next"))
    assert len(await storage.articles.newest(limit=5)) == 2


async def test_a_look_at_a_database_counts_its_articles_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    async with open_storage(url_of(path)) as storage:
        await stored(storage, new_article())
        assert await articles_in(url_of(path)) == 1  # beside a bot that runs
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")  # as an older program left it
    connection.close()
    before = dump(path)
    assert await articles_in(url_of(path)) == 1
    assert dump(path) == before


async def test_a_look_at_a_database_that_is_being_made_says_that_it_has_no_tables_yet(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with pytest.raises(NoDatabase, match=r"news\.db: the database has no tables of the bot"):
        await articles_in(url_of(path))


async def test_a_look_at_a_database_that_was_moved_away_makes_none(tmp_path: Path) -> None:
    with pytest.raises(DatabaseReadOnly, match=r"news\.db: the database can't be opened"):
        await articles_in(url_of(tmp_path / "news.db"))
    assert names_in(tmp_path) == []
