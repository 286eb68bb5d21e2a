"""Statements that are collected on their way to PostgreSQL: how often the program waits, and what errors do."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import psycopg
import pytest

from bench.postgres import Server
from bot.ingest.story_index import place_article
from bot.text import similar
from storage import open_storage
from storage.database import Transaction
from storage.errors import DatabaseFull
from storage.postgres.connection import PostgresDatabase, open_postgres
from storage.records import (
    AuthorName,
    CategoryName,
    ChatSettings,
    ChosenSubject,
    Fingerprint,
    NewArticle,
    NewSource,
    SourceKind,
    SubjectKind,
    Visit,
)
from tests.lossy_line import LossyLine, lossy_line
from tests.makers import NOON, new_article

ROW = "INSERT INTO alarms (kind, subject, since, detail) VALUES ('stuck', :subject, 1, '{}')"
SLOW = "SELECT pg_sleep(60)"
SLEEPING = "FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
FULL = "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
NO_SUCH_TABLE = "INSERT INTO nowhere VALUES (1)"


@pytest.fixture
async def line(postgres: Server) -> AsyncIterator[LossyLine]:
    async with lossy_line(postgres.folder) as line:
        yield line


@pytest.fixture
async def database(postgres: Server, line: LossyLine) -> AsyncIterator[PostgresDatabase]:
    database = await open_postgres(postgres.new_database().replace(str(postgres.folder), str(line.folder)))
    yield database
    await database.close()
    postgres.drop_made()


async def subjects(database: PostgresDatabase | Transaction) -> list[int]:
    return [row["subject"] for row in await database.fetch("SELECT subject FROM alarms ORDER BY subject")]


async def run(
    database: PostgresDatabase, statements: Sequence[tuple[str, dict[str, int]]], *, reads: bool = False
) -> None:
    """Run statements in one transaction, and then one whose answer is read, or nothing more."""
    async with database.transaction() as transaction:
        for statement, values in statements:
            await transaction.execute(statement, values)
        if reads:
            await subjects(transaction)


async def test_statements_that_nobody_waits_for_go_with_the_next_one(
    database: PostgresDatabase, line: LossyLine
) -> None:
    before = line.round_trips
    async with database.transaction() as transaction:
        await transaction.execute(ROW, {"subject": 1})
        await transaction.execute_many(ROW, [{"subject": 2}, {"subject": 3}])
        assert await subjects(transaction) == [1, 2, 3]
        await transaction.execute("DELETE FROM alarms WHERE subject = 2")
        assert await transaction.change("DELETE FROM alarms WHERE subject < 3") == 1
        await transaction.execute(ROW, {"subject": 4})
    assert line.round_trips - before == 4  # it begins, reads, changes, and ends
    assert await subjects(database) == [3, 4]


async def test_more_statements_than_are_sent_at_once_run_in_their_order(database: PostgresDatabase) -> None:
    async with database.transaction() as transaction:
        for subject in range(1_201):
            await transaction.execute(ROW, {"subject": subject})
    assert await subjects(database) == list(range(1_201))


async def test_values_are_those_of_the_time_at_which_the_statement_was_given(database: PostgresDatabase) -> None:
    values = {"subject": 1}
    async with database.transaction() as transaction:
        await transaction.execute(ROW, values)
        values["subject"] = 2
        await transaction.execute(ROW, values)
    assert await subjects(database) == [1, 2]


@pytest.mark.parametrize("place", [0, 1, 7])
@pytest.mark.parametrize("reads", [True, False])
async def test_the_first_failure_is_the_one_that_is_told(database: PostgresDatabase, place: int, reads: bool) -> None:
    """What comes after it was not run, and that must not be taken for a server that is away."""
    statements = [(ROW, {"subject": subject}) for subject in range(8)]
    statements[place] = (FULL, {})
    with pytest.raises(DatabaseFull, match="nothing was stored halfway"):
        await run(database, statements, reads=reads)
    assert await subjects(database) == []


async def test_a_mistake_of_ours_is_raised_unchanged(database: PostgresDatabase) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await run(database, [(NO_SUCH_TABLE, {}), (ROW, {"subject": 1}), (ROW, {"subject": 2})])
    assert await subjects(database) == []


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("reads", [True, False])
async def test_a_transaction_that_is_cancelled_in_the_middle_of_several_statements_is_undone(
    database: PostgresDatabase, times: int, reads: bool
) -> None:
    statements = [(ROW, {"subject": 1}), (SLOW, {}), (ROW, {"subject": 2})]
    task = asyncio.create_task(run(database, statements, reads=reads))
    async with asyncio.timeout(30):
        while not await sleeping(database):
            await asyncio.sleep(0)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        if not reads:  # a commit is not cut short
            await database.fetch(f"SELECT pg_cancel_backend(pid) {SLEEPING}")
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.transaction() as transaction:
            await transaction.execute(ROW, {"subject": 3})
    assert await subjects(database) == [3]


async def sleeping(database: PostgresDatabase) -> bool:
    return bool(await database.fetch(f"SELECT 1 {SLEEPING}"))


MOST_OF_AN_ARTICLE = 10  # round trips: a server elsewhere in a data centre takes half a millisecond for each


def reported(number: int) -> NewArticle:
    """An article with authors and categories, on an event that others have reported in nearly the same words."""
    event = [f"event{word}" for word in range(40)]
    own = [f"word{number}x{word}" for word in range(40)]
    made = similar.fingerprint(event[:10], [*event, *own], "en")
    return new_article(
        f"{number}",
        source_id=1,
        categories=("News", "Sport"),
        authors=(AuthorName("Nora Berg", "nora berg"), AuthorName(f"Author {number}", f"author {number}")),
        keys=(f"guid:1:{number}", f"link:https://news.example/{number}"),
        claimed=(f"guid:1:{number}",),
        fingerprint=Fingerprint(words=made.words, runs=made.runs, sketch=similar.packed(made.sketch)),
    )


MOST_OF_AN_IMPORT = 30  # however long it is: a thousand lines are one transaction


def imported(number: int) -> ChatSettings:
    """A line of an import: what most chats follow, and what few do."""
    sources = (f"https://news.example/feed{number % 50}", "https://nowhere.example/feed")
    return ChatSettings(
        chat_id=number + 1,
        language="en",
        timezone="UTC",
        categories=(CategoryName("News", "news"), CategoryName(f"Section {number % 30}", f"section {number % 30}")),
        follows=(
            ChosenSubject(kind=SubjectKind.AUTHOR, value=f"Author {number}", key=f"author {number}"),
            ChosenSubject(kind=SubjectKind.STORY, value="https://news.example/1", key="https://news.example/1"),
            *(ChosenSubject(kind=SubjectKind.SOURCE, value=url, key=url) for url in sources),
        ),
    )


async def test_a_long_import_takes_no_more_round_trips_than_a_short_one(postgres: Server, line: LossyLine) -> None:
    url = postgres.new_database().replace(str(postgres.folder), str(line.folder))
    async with open_storage(url) as storage:
        before = line.round_trips
        feeds = [NewSource(url=f"https://news.example/feed{n}", kind=SourceKind.FEED) for n in range(200)]
        assert all(await storage.sources.add_all([(feed, NOON) for feed in feeds], now=NOON))
        assert line.round_trips - before < MOST_OF_AN_IMPORT
        lines = [imported(number) for number in range(300)]
        for new in (300, 0):
            before = line.round_trips
            assert await storage.settings.put(lines, now=NOON) == new
            assert (await storage.settings.unknown_names(lines)).sources == 300
            assert line.round_trips - before < MOST_OF_AN_IMPORT
        rows = await storage.database.fetch("SELECT count(*) AS follows FROM follows")
    assert rows[0]["follows"] == 300 * 4
    postgres.drop_made()


@pytest.mark.parametrize("together", [1, 4])
async def test_an_ordinary_article_costs_few_round_trips(postgres: Server, line: LossyLine, together: int) -> None:
    url = postgres.new_database().replace(str(postgres.folder), str(line.folder))
    async with open_storage(url) as storage:
        await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON)
        [source] = await storage.sources.all()
        visit = Visit(source_id=source.id, due_at=NOON, visited_at=NOON, succeeded_at=NOON, whole_at=NOON)
        trips = []
        for first in range(0, 40 * together, together):
            before = line.round_trips
            articles = [reported(number) for number in range(first, first + together)]
            listed = [key for article in articles for key in article.keys]
            stored = await storage.articles.store(
                articles, now=NOON, visit=visit, listed=listed, decide=place_article
            )
            assert len(stored.added) == together
            trips.append((line.round_trips - before) / together)
        stories = await storage.database.fetch("SELECT DISTINCT story_id FROM articles")
    assert len(stories) == 1
    assert max(trips[30:]) <= MOST_OF_AN_ARTICLE  # statements that were run five times are prepared
    postgres.drop_made()


@pytest.mark.parametrize(("before", "failing"), [(5, 1), (2, 8)])
async def test_a_connection_writes_again_after_statements_that_the_server_has_left_out(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, before: int, failing: int
) -> None:
    """What was never prepared must not be taken for prepared: no write would succeed until the connection is old."""
    monkeypatch.setattr("storage.postgres.connection.READERS", 0)  # one connection does everything
    change = ("UPDATE alarms SET since = 2 WHERE subject = :subject", {"subject": 1})
    database = await open_postgres(postgres.new_database())
    try:
        for _ in range(2):
            with pytest.raises(DatabaseFull):
                await run(database, [(FULL, {})])
        for _ in range(before):
            await run(database, [change])
        for _ in range(failing):
            with pytest.raises(DatabaseFull):
                await run(database, [(FULL, {}), change])
        for _ in range(4):
            await run(database, [change])
        await run(database, [("DELETE FROM alarms WHERE subject = :subject", {"subject": 1})])
    finally:
        await database.close()
        postgres.drop_made()
