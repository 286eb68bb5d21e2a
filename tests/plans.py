"""Refuses statements that walk through a whole table: every statement that a test runs is put to SQLite's planner.

A statement may walk through a table that grows only if it says why, in a comment of its own SQL:

    -- scans articles: from the newest on, and stops at its limit

The planner says SEARCH, without naming what it searches by, also of `min()` and `max()`. These may take the first
entry of an index, or read all of it (`min()` over a partial index whose condition the query does not repeat word for
word). So such a statement needs a comment as well, and tests/test_storage_steps.py counts what it really does.
"""

import inspect
import re
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import aiosqlite

from storage.sqlite import connection as port

# Tables that stay small, so that walking through one costs nothing.
SMALL: Final = {
    "bot_account": "one row",
    "bans": "typed by the administrators of the bot",
    "categories": "the sections of publishers; one without articles and chats is pruned",
    "category_aliases": "typed by the operator",
    "category_counts": "one row for each category and language",
    "hooks": "typed by the operator",
    "inbox_set_aside": "a thousand updates at most",
    "language_counts": "one row a language",
}

_PORT: Final = {Path(__file__).name, Path(inspect.getfile(port)).name, "contextlib.py"}
_READS_OR_WRITES: Final = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\b", re.IGNORECASE
)
_REASON: Final = re.compile(r"--\s*scans (\w+): \w+")
_WALK: Final = re.compile(r"SCAN (\w+)|SEARCH (\w+)(?: USING (?:COVERING )?INDEX \w+)?$|SEARCH (\w+) USING AUTOMATIC")
_FULL_TEXT_LOOKUP: Final = re.compile(r"VIRTUAL TABLE INDEX \d+:\S")


class Plans:
    """The plans of all statements that were run, one of each text."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.refused: list[str] = []  # since they were last taken

    def watch(self, patch: Any) -> None:
        """Examine what the database is asked from now on. `patch` is a `pytest.MonkeyPatch`."""
        for name in ("execute", "execute_fetchall", "executemany"):
            patch.setattr(aiosqlite.Connection, name, self._watched(getattr(aiosqlite.Connection, name), name))
        in_thread = port._TransactionInThread
        for name in ("fetch", "execute", "execute_many"):
            patch.setattr(in_thread, name, self._watched_in_thread(getattr(in_thread, name), name))

    def _watched(self, run: Any, name: str) -> Any:
        async def watched(connection: Any, sql: str, values: Any = None) -> Any:
            if sql not in self._seen and _READS_OR_WRITES.match(sql) and not _asked_by_a_test():
                self._seen.add(sql)
                sample = values[0] if name == "executemany" else values
                plan = await connection._execute(plan_of, connection._conn, sql, sample or {})
                tables = await connection._execute(tables_of, connection._conn)
                self.refused += refused(sql, plan, tables)
            return await run(connection, sql, values)

        return watched

    def _watched_in_thread(self, run: Any, name: str) -> Any:
        """The same for a unit of writing that runs in SQLite's own thread."""

        async def watched(transaction: Any, sql: str, values: Any = None) -> Any:
            if sql not in self._seen and (values or name != "execute_many") and not _asked_by_a_test():
                self._seen.add(sql)
                sample = values[0] if name == "execute_many" else values
                connection = transaction._connection
                self.refused += refused(sql, plan_of(connection, sql, sample or {}), tables_of(connection))
            return await run(transaction, sql, *(() if values is None else (values,)))

        return watched

    def take_refused(self) -> list[str]:
        taken, self.refused = self.refused, []
        return taken


def refused(sql: str, plan: Iterable[str], tables: Iterable[str]) -> list[str]:
    """What this statement walks through without a reason; a sentence each."""
    named = {table: table for table in tables}
    named |= {alias: table for table in tables for alias in re.findall(rf"\b{table} AS (\w+)", sql)}
    reasons = set(_REASON.findall(sql))
    return [
        f"{table} is read from end to end ({step}): use an index, or say '-- scans {table}: why' in\n{sql}"
        for step in plan
        if (table := named.get(_walked(step) or "")) and table not in SMALL and table not in reasons
    ]


def _walked(step: str) -> str | None:
    """The table (or its alias) that a step of a plan reads from end to end."""
    found = _WALK.match(step)
    if found is None or _FULL_TEXT_LOOKUP.search(step):
        return None
    return next(name for name in found.groups() if name)


def _asked_by_a_test() -> bool:
    """Whether the statement was written in a test: it looks into the database, and is no part of the program."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (Path(frame.f_code.co_filename).name in _PORT):
        frame = frame.f_back
    return frame is not None and Path(frame.f_code.co_filename).parent == Path(__file__).parent


def plan_of(connection: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def tables_of(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
