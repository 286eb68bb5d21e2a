"""The check of plans finds what it is for: statements that read a growing table from end to end."""

import sqlite3
from collections.abc import Iterator

import pytest

from storage.sqlite.connection import migrate
from tests.plans import plan_of, refused, tables_of

# As it stood in `presence` once: it cost 150 ms under the write lock beside a million kept deliveries.
UNSENT_SINCE = """
UPDATE chats SET left_at = (
    SELECT min(coalesce(since, (SELECT stored_at FROM articles WHERE id = article_id))) FROM deliveries
    WHERE chat_id = 7 AND state IN ('queued', 'sending') AND kind <> 'notice' AND message_id IS NULL
      AND +chat = chats.id)
WHERE chat_id = 7
"""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    migrate(made, "plans")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        (UNSENT_SINCE, "deliveries"),
        ("UPDATE deliveries SET chat_id = 2 WHERE chat_id = 1 AND state IN ('queued', 'sending')", "deliveries"),
        ("UPDATE deliveries SET chat = 2 WHERE chat = 1", "deliveries"),
        ("SELECT min(queued_at) FROM deliveries WHERE state = 'queued'", "deliveries"),
        ("SELECT count(*) FROM deliveries AS sent", "deliveries"),
        ("SELECT others.id FROM articles AS others WHERE others.title = 'x'", "articles"),
        ("SELECT rowid FROM articles_text", "articles_text"),
    ],
    ids="presence migration merge min count alias text".split(),
)
def test_a_statement_that_reads_a_whole_table_is_refused(
    connection: sqlite3.Connection, sql: str, table: str
) -> None:
    tables = tables_of(connection)
    [told] = refused(sql, plan_of(connection, sql, {}), tables)
    assert told.startswith(f"{table} is read from end to end")
    assert refused(f"-- scans {table}: for a reason\n{sql}", plan_of(connection, sql, {}), tables) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM deliveries WHERE chat_id = 1 AND state = 'queued'",
        "SELECT id FROM articles WHERE identity = 'x'",
        "SELECT rowid FROM articles_text WHERE articles_text MATCH 'x' ORDER BY rowid DESC LIMIT 3",
        "SELECT name FROM categories",
    ],
)
def test_a_statement_that_looks_something_up_passes(connection: sqlite3.Connection, sql: str) -> None:
    assert refused(sql, plan_of(connection, sql, {}), tables_of(connection)) == []
