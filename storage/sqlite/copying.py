"""The two ends of a copy on SQLite: the file that is read, and the file that is written."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from storage.copying import UNFINISHED, WRITTEN_TO, Table, Values
from storage.errors import CopyFailed, CopyRefused
from storage.sqlite.connection import BUSY_SECONDS, create_and_migrate, migrations, translated_errors

# Columns of the full-text index, which are called otherwise on SQLite: to read, and to write.
_READ: Final = {
    ("articles_text", "id"): "rowid",
    ("private_articles_text", "id"): "rowid",
    ("private_articles_text", "source_id"): "CAST(substr(source, 2) AS INTEGER)",
}
_WRITTEN: Final = {
    ("articles_text", "id"): ("rowid", "?"),
    ("private_articles_text", "id"): ("rowid", "?"),
    ("private_articles_text", "source_id"): ("source", "'s' || ?"),
}
_SETTINGS: Final = ("busy_timeout = 5000", "foreign_keys = OFF", "temp_store = MEMORY")


class _SqliteEnd:
    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._opened: sqlite3.Connection | None = None

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._opened is not None
        return self._opened

    def _connect(self) -> None:
        self._opened = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_SECONDS)
        for setting in _SETTINGS:
            self._opened.execute(f"PRAGMA {setting}")

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def count(self, table: Table, condition: str = "TRUE") -> int:
        with translated_errors(self.name):
            return int(self._connection.execute(f"SELECT count(*) FROM {table.name} WHERE {condition}").fetchone()[0])

    def rows(self, table: Table, *, after: Values | None, limit: int) -> list[Values]:
        columns = ", ".join(_read(table, name) for name in table.columns)
        key = ", ".join(_read(table, name) for name in table.key)
        beyond = f"WHERE ({key}) > ({', '.join('?' * len(table.key))})" if after is not None else ""
        with translated_errors(self.name):
            return self._connection.execute(
                f"SELECT {columns} FROM {table.name} {beyond} ORDER BY {key} LIMIT ?", [*(after or ()), limit]
            ).fetchall()

    def last_ids(self) -> dict[str, int]:
        with translated_errors(self.name):
            return dict(self._connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())


class SqliteSource(_SqliteEnd):
    """A `copying.Source` on a file that exists. It is migrated first, as every command does."""

    def __init__(self, path: Path, *, in_use: bool = False) -> None:
        """`in_use` says that other processes have the file open."""
        super().__init__(path)
        self._in_use = in_use
        self._state: str | None = None

    def open(self) -> None:
        with translated_errors(self.name):
            create_and_migrate(self._path, create=False)
            self._connect()
            if not self._in_use:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._state = _state(self._path)
            self._connection.execute("PRAGMA query_only = ON")
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes the snapshot

    def state(self) -> str | None:
        """Returns the size of the file and the time of its last change, once all that was written stands in it."""
        return self._state

    def refuse_use(self) -> None:
        """The lock of the file, which the caller holds, lets no bot run on it. A command may write to it."""
        if _state(self._path) != self._state:
            raise CopyRefused(f"{self.name}: {WRITTEN_TO}")


class SqliteTarget(_SqliteEnd):
    """A `copying.Target`. A file that is not there is made."""

    def open(self) -> None:
        """The file is opened when the copy begins."""

    def begin(self, state: str, tables: Sequence[Table]) -> bool:
        with translated_errors(self.name):
            if self._path.exists():
                self._connect()
                unfinished = self._unfinished()
                if unfinished == (state, migrations()[-1][0]) and state:
                    return True
                if unfinished is None:
                    self._refuse_data(tables)
                else:
                    self._delete()
            self.close()
            create_and_migrate(self._path, create=True)
            self._connect()
            self._postpone(state)
        return False

    def _unfinished(self) -> tuple[str, int] | None:
        """Returns the state and the version of the source whose copy has not ended, or None."""
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [UNFINISHED]).fetchone():
            return None
        [version] = self._connection.execute("PRAGMA user_version").fetchone()
        return self._connection.execute(f"SELECT state FROM {UNFINISHED}").fetchone()[0], version

    def _refuse_data(self, tables: Sequence[Table]) -> None:
        known = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in tables:
            if table.name in known and self._connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone():
                raise CopyRefused(
                    f"{self.name}: this database holds data already (its table {table.name} has rows); expected a"
                    " new file"
                )

    def _delete(self) -> None:
        self.close()
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _postpone(self, state: str) -> None:
        """Leave out triggers, which would count twice, and indexes, which are built faster at the end."""
        found = self._connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
        ).fetchall()
        self._connection.execute("BEGIN IMMEDIATE")
        for kind, name, _ in found:
            self._connection.execute(f"DROP {kind} {name}")
        self._connection.execute(f"CREATE TABLE {UNFINISHED} (state TEXT NOT NULL, postponed TEXT NOT NULL)")
        postponed = [sql for kind, _, sql in sorted(found)]  # indexes before triggers
        self._connection.execute(f"INSERT INTO {UNFINISHED} VALUES (?, ?)", [state, json.dumps(postponed)])
        self._connection.execute("COMMIT")

    def last_key(self, table: Table) -> Values | None:
        key = [_read(table, name) for name in table.key]
        with translated_errors(self.name):
            row: Values | None = self._connection.execute(
                f"SELECT {', '.join(key)} FROM {table.name} ORDER BY {' DESC, '.join(key)} DESC LIMIT 1"
            ).fetchone()
        return row

    def put(self, table: Table, rows: Sequence[Values]) -> None:
        written = [_WRITTEN.get((table.name, name), (f'"{name}"', "?")) for name in table.columns]
        columns, values = ", ".join(name for name, _ in written), ", ".join(value for _, value in written)
        with translated_errors(self.name):
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({values})", rows)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def finish(self, last_ids: Mapping[str, int]) -> None:
        with translated_errors(self.name):
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._build(last_ids)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _build(self, last_ids: Mapping[str, int]) -> None:
        [postponed] = self._connection.execute(f"SELECT postponed FROM {UNFINISHED}").fetchone()
        for sql in json.loads(postponed):
            self._connection.execute(sql)
        if broken := self._connection.execute("PRAGMA foreign_key_check").fetchone():
            raise CopyFailed(f"{self.name}: row {broken[1]} of the table {broken[0]} has no row in {broken[2]}")
        kept = _with_kept_ids(self._connection)
        for table, last in last_ids.items():
            if table in kept:
                self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table])
                self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, last])
        self._connection.execute(f"DROP TABLE {UNFINISHED}")


def _read(table: Table, column: str) -> str:
    return _READ.get((table.name, column), f'"{column}"')


def _with_kept_ids(connection: sqlite3.Connection) -> set[str]:
    """Returns the tables that use no id twice."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    return {row[0] for row in rows}


def _state(path: Path) -> str | None:
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:  # somebody reads an earlier moment, so the log could not be emptied
        return None
    status = path.stat()
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
