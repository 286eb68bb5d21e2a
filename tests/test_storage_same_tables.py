"""The migrations of SQLite and those of PostgreSQL end in the same tables."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from bench.postgres import Server

# Full text is a table of its own kind in each database, and each notes its version and its last ids in its own way.
_OF_ONE: Final = re.compile(r"(private_)?articles_text\w*|full_text\w*|sqlite_\w+|schema_version")
_KINDS: Final = {"integer": "bigint", "real": "double precision", "text": "text", "blob": "bytea"}
_DELETED: Final = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL", "r": "RESTRICT", "d": "SET DEFAULT"}

Tables = Mapping[str, Mapping[str, Any]]


class Sqlite:
    """The tables of a SQLite database, in the words of PostgreSQL."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.row_factory = sqlite3.Row

    def _rows(self, sql: str) -> list[sqlite3.Row]:
        return self._connection.execute(sql).fetchall()

    def names(self, kind: str) -> set[str]:
        rows = self._rows(f"SELECT name FROM sqlite_master WHERE type = '{kind}'")
        return {row["name"] for row in rows if not _OF_ONE.fullmatch(row["name"])}

    def columns(self, flags: Iterable[tuple[str, str]]) -> Tables:
        """Returns the columns. SQLite knows no flags: `flags` are columns that hold some."""
        kept = set(flags)
        return {
            table: {
                row["name"]: _sqlite_column(row, is_flag=(table, row["name"]) in kept)
                for row in self._rows(f'PRAGMA table_info("{table}")')
            }
            for table in self.names("table")
        }

    def keys(self) -> Tables:
        found = {}
        for table in self.names("table"):
            columns = [row for row in self._rows(f'PRAGMA table_info("{table}")') if row["pk"]]
            unique = [row["name"] for row in self._rows(f'PRAGMA index_list("{table}")') if row["origin"] == "u"]
            found[table] = {
                "primary": tuple(row["name"] for row in sorted(columns, key=lambda row: row["pk"])),
                "unique": {self._index_columns(name) for name in unique},
                "foreign": {
                    (row["from"], row["table"], row["on_delete"])
                    for row in self._rows(f'PRAGMA foreign_key_list("{table}")')
                },
            }
        return found

    def indexes(self) -> Mapping[str, tuple[Any, ...]]:
        return {
            row["name"]: (table, self._index_columns(row["name"]), bool(row["unique"]), bool(row["partial"]))
            for table in self.names("table")
            for row in self._rows(f'PRAGMA index_list("{table}")')
            if row["origin"] == "c"
        }

    def _index_columns(self, index: str) -> tuple[str, ...]:
        rows = self._rows(f'PRAGMA index_xinfo("{index}")')
        return tuple(f"{row['name']}{' DESC' if row['desc'] else ''}" for row in rows if row["key"])


def _sqlite_column(row: sqlite3.Row, *, is_flag: bool) -> tuple[str, bool, str | None]:
    default = row["dflt_value"]
    if is_flag and default in ("0", "1"):
        default = "true" if default == "1" else "false"
    kind = "boolean" if is_flag and row["type"] == "INTEGER" else _KINDS[row["type"].lower()]
    return kind, bool(row["notnull"] or row["pk"]), default


class Postgres:
    """The tables of a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row)

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self._connection.execute(sql.encode()).fetchall()

    def close(self) -> None:
        self._connection.close()

    def names(self, kind: str) -> set[str]:
        if kind == "trigger":
            rows = self._rows("SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal")
        else:
            rows = self._rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
        return {row["name"] for row in rows if not _OF_ONE.fullmatch(row["name"])}

    def enabled_triggers(self) -> set[str]:
        return {
            row["name"]
            for row in self._rows("SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        }

    def columns(self) -> Tables:
        found: dict[str, dict[str, Any]] = defaultdict(dict)
        for row in self._rows("SELECT * FROM information_schema.columns WHERE table_schema = current_schema()"):
            if not _OF_ONE.fullmatch(row["table_name"]):
                default = row["column_default"] and re.sub(r"::[\w ]+$", "", row["column_default"])
                found[row["table_name"]][row["column_name"]] = (
                    row["data_type"],
                    row["is_nullable"] == "NO",
                    default,
                )
        return found

    def flags(self) -> list[tuple[str, str]]:
        return [
            (table, name)
            for table, columns in self.columns().items()
            for name, column in columns.items()
            if column[0] == "boolean"
        ]

    def collations(self) -> set[str | None]:
        """Returns by which rules texts are compared."""
        rows = self._rows(
            """
            SELECT collation_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND data_type = 'text'
            """
        )
        return {row["collation_name"] for row in rows}

    def keys(self) -> Tables:
        found: dict[str, dict[str, Any]] = {
            table: {"primary": (), "unique": set(), "foreign": set()} for table in self.names("table")
        }
        for row in self._rows(
            """
            SELECT tables.relname AS "table", found.contype, found.confdeltype, others.relname AS other,
                   ARRAY(SELECT attname::text FROM unnest(found.conkey) WITH ORDINALITY AS keys (number, place)
                         JOIN pg_attribute ON attrelid = found.conrelid AND attnum = keys.number
                         ORDER BY keys.place) AS columns
            FROM pg_constraint AS found JOIN pg_class AS tables ON tables.oid = found.conrelid
            LEFT JOIN pg_class AS others ON others.oid = found.confrelid
            WHERE found.connamespace = current_schema()::regnamespace
            """
        ):
            keys = found.get(row["table"])
            if keys is None:
                continue
            if row["contype"] == "p":
                keys["primary"] = tuple(row["columns"])
            elif row["contype"] == "u":
                keys["unique"].add(tuple(row["columns"]))
            elif row["contype"] == "f":
                keys["foreign"] |= {(name, row["other"], _DELETED[row["confdeltype"]]) for name in row["columns"]}
        return found

    def indexes(self) -> Mapping[str, tuple[Any, ...]]:
        rows = self._rows(
            """
            SELECT indexes.relname AS name, tables.relname AS "table", found.indisunique,
                   found.indpred IS NOT NULL AS partial,
                   ARRAY(SELECT trim(both '"' from pg_get_indexdef(found.indexrelid, place, true))
                                || CASE WHEN found.indoption[place - 1] & 1 = 1 THEN ' DESC' ELSE '' END
                         FROM generate_series(1, found.indnkeyatts) AS place ORDER BY place) AS columns
            FROM pg_index AS found JOIN pg_class AS indexes ON indexes.oid = found.indexrelid
            JOIN pg_class AS tables ON tables.oid = found.indrelid
            WHERE indexes.relnamespace = current_schema()::regnamespace
              AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = found.indexrelid AND contype IN ('p', 'u'))
            """
        )
        return {
            row["name"]: (row["table"], tuple(row["columns"]), row["indisunique"], row["partial"])
            for row in rows
            if not _OF_ONE.fullmatch(row["table"])
        }


@pytest.fixture
def sqlite(empty_database: Path) -> Sqlite:
    return Sqlite(empty_database)


@pytest.fixture
def on_server(postgres: Server) -> Any:
    opened = Postgres(postgres.new_database())
    yield opened
    opened.close()
    postgres.drop_made()


def test_both_databases_have_the_same_tables_and_columns(sqlite: Sqlite, on_server: Postgres) -> None:
    assert sqlite.columns(on_server.flags()) == on_server.columns()


def test_both_databases_have_the_same_keys(sqlite: Sqlite, on_server: Postgres) -> None:
    assert sqlite.keys() == on_server.keys()


def test_both_databases_have_the_same_indexes(sqlite: Sqlite, on_server: Postgres) -> None:
    assert sqlite.indexes() == on_server.indexes()


def test_both_databases_keep_counts_by_the_same_triggers(sqlite: Sqlite, on_server: Postgres) -> None:
    assert sqlite.names("trigger") == on_server.names("trigger")


def test_texts_are_compared_by_their_bytes_whatever_the_server_speaks(on_server: Postgres) -> None:
    assert on_server.collations() == {"C"}
