"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a socket there, and no port.

The processes of one test run share it: the first one that needs it starts it, and the last one stops it.
"""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

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


def _new_server() -> Server:
    if programs() is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
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
