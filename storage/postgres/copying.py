"""The two ends of a copy on PostgreSQL: the database that is read, and the database that is written."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import psycopg

from storage.copying import COLUMNS_LEFT_OUT, LEFT_OUT, UNFINISHED, WRITTEN_TO, Kind, Table, Values
from storage.errors import CopyRefused
from storage.postgres.adapting import ADAPTERS
from storage.postgres.connection import (
    COMMAND,
    RUN,
    Context,
    conninfo_of,
    machine_of,
    name_of,
    open_postgres,
    process_name,
)
from storage.postgres.errors import translated_errors
from storage.postgres.migrating import LOCK, migrations

COPYING: Final = LOCK + 16  # an advisory lock: one copy at a time
_KINDS: Final = {
    "boolean": Kind.FLAG,
    "bigint": Kind.NUMBER,
    "double precision": Kind.REAL,
    "text": Kind.TEXT,
    "bytea": Kind.BYTES,
}


class _PostgresEnd:
    def __init__(self, url: str) -> None:
        self.name = name_of(url)
        self._url = url
        self._opened: psycopg.Connection[Values] | None = None

    @property
    def _connection(self) -> psycopg.Connection[Values]:
        assert self._opened is not None
        return self._opened

    def _connect(self) -> None:
        self._opened = psycopg.connect(
            conninfo_of(self._url), autocommit=True, context=Context(ADAPTERS), application_name=process_name(COMMAND)
        )
        self._fetch("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET jit = off")

    def _fetch(self, sql: str, values: Sequence[Any] = ()) -> list[Values]:
        """Run statements of ours. Values are given apart."""
        cursor = self._connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def tables(self) -> list[Table]:
        """Returns the tables that a copy has."""
        with translated_errors(self.name):
            columns = self._fetch(
                """
                SELECT table_name, column_name, data_type FROM information_schema.columns
                WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position
                """
            )
            keys = self._fetch(
                """
                SELECT conrelid::regclass::text, ARRAY(
                    SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS keys (number, place)
                    JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place)
                FROM pg_constraint WHERE contype = 'p' AND connamespace = current_schema()::regnamespace
                """
            )
        found: dict[str, dict[str, Kind]] = {}
        for table, column, kind in columns:
            if table not in LEFT_OUT and (table, column) not in COLUMNS_LEFT_OUT:
                found.setdefault(table, {})[column] = _KINDS[kind]
        by_table = {table: tuple(key) for table, key in keys}
        return [Table(name, kinds, by_table[name]) for name, kinds in found.items()]

    def count(self, table: Table, condition: str = "TRUE") -> int:
        with translated_errors(self.name):
            [(found,)] = self._fetch(f"SELECT count(*) FROM {table.name} WHERE {condition}")
        return int(found)

    def rows(self, table: Table, *, after: Values | None, limit: int) -> list[Values]:
        key = _quoted(table.key)
        beyond = f"WHERE ({key}) > ({', '.join(['%s'] * len(table.key))})" if after is not None else ""
        with translated_errors(self.name):
            return self._fetch(
                f"SELECT {_quoted(table.columns)} FROM {table.name} {beyond} ORDER BY {key} LIMIT %s",
                [*(after or ()), limit],
            )

    def last_ids(self) -> dict[str, int]:
        with translated_errors(self.name):
            found = {}
            for table, sequence in self._sequences():
                [(last, is_used)] = self._fetch(f"SELECT last_value, is_called FROM {sequence}")
                if is_used:
                    found[table] = last
        return found

    def _sequences(self) -> list[Values]:
        """Returns each table that numbers its rows, and the sequence that gives these numbers."""
        return self._fetch(
            """
            SELECT table_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
            FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'
            """
        )

    def refuse_use(self) -> None:
        """Raises CopyRefused if a bot runs on the database."""
        with translated_errors(self.name):
            running = self._fetch(
                f"""
                SELECT application_name FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE '{RUN}@%' LIMIT 1
                """
            )
        if running:
            raise CopyRefused(
                f"{self.name}: a newsbot runs on this database (machine {machine_of(running[0][0])}): stop it first"
            )


class PostgresSource(_PostgresEnd):
    """A `copying.Source` on a database that has the tables of the bot. It is migrated first."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._state = ""

    def open(self) -> None:
        asyncio.run(_migrate(self._url, create=False))
        with translated_errors(self.name):
            self._connect()
            self._state = self._written()
            self._fetch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._fetch("SELECT 1")  # takes the snapshot

    def _written(self) -> str:
        self._fetch("SELECT pg_stat_clear_snapshot()")
        [(written,)] = self._fetch(
            """
            SELECT concat_ws(':', (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
                             sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del))
            FROM pg_stat_user_tables
            """
        )
        return f"{self.name}:{written}"

    def refuse_use(self) -> None:
        super().refuse_use()
        if self._written() != self._state:
            raise CopyRefused(f"{self.name}: {WRITTEN_TO}")

    def state(self) -> str | None:
        """Returns the numbers of rows that were ever written, by the server's statistics."""
        return self._state


class PostgresTarget(_PostgresEnd):
    """A `copying.Target`. The database exists, and is empty."""

    def open(self) -> None:
        with translated_errors(self.name):
            self._connect()
            [(is_free,)] = self._fetch("SELECT pg_try_advisory_lock(%s)", [COPYING])
        if not is_free:
            raise CopyRefused(f"{self.name}: another copy is being written there; wait for its end")
        self.refuse_use()
        if not self._has(UNFINISHED):
            self._refuse_others()
            asyncio.run(_migrate(self._url, create=True))

    def begin(self, state: str, tables: Sequence[Table]) -> bool:
        with translated_errors(self.name):
            if not self._has(UNFINISHED):
                self._refuse_data(tables)
                self._postpone(state)
                return False
            [(known, version)] = self._fetch(
                f"SELECT state, (SELECT max(version) FROM schema_version) FROM {UNFINISHED}"
            )
            if version != migrations()[-1][0]:
                raise CopyRefused(
                    f"{self.name}: an older program has left an unfinished copy there; drop the database and make it"
                    " anew (dropdb, createdb)"
                )
            if known == state and state:
                return True
            names = ", ".join(table.name for table in tables)
            with self._connection.transaction():
                self._fetch(f"TRUNCATE {names}")
                self._fetch(f"UPDATE {UNFINISHED} SET state = %s", [state])
        return False

    def _has(self, table: str) -> bool:
        with translated_errors(self.name):
            return bool(self._fetch("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", [table]))

    def _refuse_others(self) -> None:
        """Raises CopyRefused if the database has tables, and no bot has made them."""
        if self._has("schema_version"):
            return
        with translated_errors(self.name):
            others = self._fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LIMIT 1")
        if others:
            raise CopyRefused(
                f"{self.name}: this database has tables of another program ({others[0][0]}); expected an empty one"
            )

    def _refuse_data(self, tables: Sequence[Table]) -> None:
        for table in tables:
            if self._fetch(f"SELECT 1 FROM {table.name} LIMIT 1"):
                raise CopyRefused(
                    f"{self.name}: this database holds data already (its table {table.name} has rows); expected an"
                    " empty one: make it with createdb"
                )

    def _postpone(self, state: str) -> None:
        """Leave out triggers, which would count twice, and foreign keys and indexes, which are faster at the end."""
        with self._connection.transaction():
            done: list[str] = []
            for kind in (_FOREIGN_KEYS, _INDEXES, _TRIGGERS):
                for drop, make in self._fetch(kind):
                    self._fetch(drop)
                    done.append(make)
            self._fetch(f"CREATE TABLE {UNFINISHED} (state text NOT NULL, postponed text NOT NULL)")
            # Foreign keys are checked last, by the indexes.
            indexes_first = sorted(done, key=lambda sql: "FOREIGN KEY" in sql)
            self._fetch(f"INSERT INTO {UNFINISHED} VALUES (%s, %s)", [state, json.dumps(indexes_first)])

    def last_key(self, table: Table) -> Values | None:
        key, last = _quoted(table.key), _quoted(table.key, " DESC")
        with translated_errors(self.name):
            rows = self._fetch(f"SELECT {key} FROM {table.name} ORDER BY {last} LIMIT 1")
        return rows[0] if rows else None

    def put(self, table: Table, rows: Sequence[Values]) -> None:
        written = f"COPY {table.name} ({_quoted(table.columns)}) FROM STDIN"
        with translated_errors(self.name), self._connection.cursor() as cursor, cursor.copy(written.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self, last_ids: Mapping[str, int]) -> None:
        with translated_errors(self.name):
            self._fetch("SET maintenance_work_mem = '256MB'")
            with self._connection.transaction():
                [(postponed,)] = self._fetch(f"SELECT postponed FROM {UNFINISHED}")
                for sql in json.loads(postponed):
                    self._fetch(sql)
                for table, sequence in self._sequences():
                    # SQLite keeps no last id of a table that may use an id twice.
                    [(last,)] = self._fetch(f"SELECT greatest(max(id), %s) FROM {table}", [last_ids.get(table, 0)])
                    self._fetch("SELECT setval(%s::regclass, greatest(%s, 1), %s)", [sequence, last, last > 0])
                self._fetch(f"DROP TABLE {UNFINISHED}")
            self._fetch("ANALYZE")


async def _migrate(url: str, *, create: bool) -> None:
    await (await open_postgres(url, create=create)).close()


def _quoted(columns: Iterable[str], end: str = "") -> str:
    return ", ".join(f'"{column}"{end}' for column in columns)


# Statements that leave something out, and those that make it again.
_FOREIGN_KEYS: Final = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
_INDEXES: Final = """
SELECT format('DROP INDEX %I', indexes.relname),
       concat_ws('; ', pg_get_indexdef(indexes.oid), (
           SELECT string_agg(format('ALTER INDEX %I ALTER COLUMN %s SET STATISTICS %s',
                                    indexes.relname, attnum, attstattarget), '; ')
           FROM pg_attribute WHERE attrelid = indexes.oid AND attstattarget >= 0))
FROM pg_index JOIN pg_class AS indexes ON indexes.oid = indexrelid
WHERE indexes.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_TRIGGERS: Final = """
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname),
       format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace
"""
