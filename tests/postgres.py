"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a socket there, and no port.

The processes of one test run share it: the first one that needs it starts it, and the last one stops it.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from bench.postgres import Server, new_server, programs

SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",  # what a test leaves behind is thrown away
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
}


class Databases:
    """The databases that the tests of one process use one after another: to make one takes as long as a test.

    One that was given back loses all its rows. If more than rows has changed in it, it is not used again.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._free: list[str] = []
        self._shape = ""
        self._cleaning: dict[str, psycopg.Connection[Any]] = {}  # kept: a new one takes longer to begin than to clean

    def borrow(self) -> str:
        """Returns the address of a database with empty tables."""
        if self._free:
            return self._free.pop()
        url = self._server.new_database()
        self._server.made.pop()  # it outlives the test; the server's end removes it
        if not self._shape:
            with psycopg.connect(url, autocommit=True) as connection:
                self._shape = _shape(connection)
        return url

    def give_back(self, url: str) -> None:
        if url not in self._cleaning or self._cleaning[url].broken:
            self._cleaning[url] = psycopg.connect(url, autocommit=True)
        connection = self._cleaning[url]
        connection.execute(_EMPTY)
        if _shape(connection) == self._shape:
            self._free.append(url)
        else:
            self._cleaning.pop(url).close()

    def close(self) -> None:
        for connection in self._cleaning.values():
            connection.close()


# Without triggers, so that no counter of a table that is empty already is counted down.
_EMPTY: Final = """
DO $$
DECLARE
    place text;
    has_rows boolean;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR place IN SELECT oid::regclass FROM pg_class
                 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_version' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', place) INTO has_rows;
        CONTINUE WHEN NOT has_rows;
        IF pg_table_size(place::regclass) > 1000000 THEN
            EXECUTE format('TRUNCATE %s CASCADE', place);  -- what is deleted would have to be read by each scan
        ELSE
            EXECUTE format('DELETE FROM %s', place);
        END IF;
    END LOOP;
    PERFORM setval(schemaname || '.' || sequencename, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


def _shape(connection: psycopg.Connection[Any]) -> str:
    """Returns what tells whether the tables, indexes, functions or settings of a database were changed."""
    row = connection.execute("""
        SELECT md5(string_agg(said, ' ' ORDER BY said)) FROM (
            SELECT oid::regclass || relkind::text || coalesce(reloptions::text, '') AS said
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT attrelid::regclass || attname || atttypid || attnotnull FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
            UNION ALL
            SELECT conrelid::regclass || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT tgrelid::regclass || tgname || tgenabled::text FROM pg_trigger
            UNION ALL
            SELECT proname || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT setconfig::text FROM pg_db_role_setting
            UNION ALL
            SELECT 'version' || max(version) FROM schema_version
        ) AS parts
        """).fetchone()
    assert row is not None
    return str(row[0])


@contextmanager
def shared_server(shared: Path) -> Iterator[Server]:
    """The server of a test run. `shared` is a folder that all processes of the run know."""
    with _locked(shared) as state:
        if not state:
            state |= {"folder": str(_new_server().folder), "users": 0}
        state["users"] += 1
    server = Server(Path(state["folder"]), SETTINGS)
    try:
        yield server
    finally:
        server.drop_made()
        with _locked(shared) as state:
            state["users"] -= 1
            if state["users"] == 0:
                server.stop()
                shutil.rmtree(server.folder)
                state.clear()


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that one test may stop and break."""
    server = _new_server()
    try:
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):  # the test has stopped it
            server.stop()
        shutil.rmtree(server.folder)


@contextmanager
def own_standby(main: Server) -> Iterator[Server]:
    """A server that follows another one."""
    standby = main.new_standby()
    try:
        yield standby
    finally:
        standby.stop()
        shutil.rmtree(standby.folder)


def need_programs() -> None:
    """Skip a test that needs a server if there is none. Where changes are judged, the test fails instead."""
    if programs() is None and not os.environ.get("CI"):
        pytest.skip("no PostgreSQL here; on Debian: apt install postgresql")


def _new_server() -> Server:
    need_programs()
    return new_server(SETTINGS)


@contextmanager
def _locked(shared: Path) -> Iterator[dict[str, Any]]:
    """What the processes of a test run know of the server; changed by one at a time."""
    path = shared / "postgres.json"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state: dict[str, Any] = json.loads(file.read() or "{}")
        yield state
        file.seek(0)
        file.truncate()
        file.write(json.dumps(state))
