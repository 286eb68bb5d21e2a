"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a socket there, and no port.

The processes of one test run share it: the first one that needs it starts it, and the last one stops it.
"""

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from storage.postgres.connection import open_postgres

USER: Final = "postgres"  # the server refuses to run as root
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
_NUMBERS = itertools.count()


def programs() -> Path | None:
    """Returns the folder of the newest server's programs, or None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@dataclass
class Server:
    """A running server. Its databases are copies of one that the migrations have made."""

    folder: Path
    made: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def new_database(self, template: str = "newest", *, options: str = "") -> str:
        """Returns the address of a new database with empty tables. The one from "template0" has no tables."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        self.made.append(name)
        return self.url(name)

    def drop_made(self) -> None:
        while self.made:
            self.run(f"DROP DATABASE IF EXISTS {self.made.pop()} WITH (FORCE)")

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self, how: str = "immediate") -> None:
        self._control("stop", "-m", how)

    def let_in(self, *lines: str) -> None:
        """Replace the lines of pg_hba.conf, which say who is let in and how."""
        (self.folder / "data" / "pg_hba.conf").write_text("".join(f"{line}\n" for line in lines))
        self._control("reload")

    def start(self, **settings: object) -> None:
        given = SETTINGS | {name: str(value) for name, value in settings.items()}
        options = " ".join(f"-c {name}={value!r}" for name, value in given.items())
        self._control("start", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} {options}")

    def _control(self, *command: str) -> None:
        _as_server([str(_there() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", *command])


@contextmanager
def shared_server(shared: Path) -> Iterator[Server]:
    """The server of a test run. `shared` is a folder that all processes of the run know."""
    with _locked(shared) as state:
        if not state:
            state |= {"folder": str(_new_server().folder), "users": 0}
        state["users"] += 1
    server = Server(Path(state["folder"]))
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


def _new_server() -> Server:
    folder = Path(tempfile.mkdtemp(prefix="newsbot-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    data = folder / "data"
    made = [str(_there() / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
    _as_server([*made, "--no-sync", "--no-instructions"])
    server = Server(folder)
    server.start()
    try:
        server.run("CREATE DATABASE newest")
        asyncio.run(_migrate(server.url("newest")))
    except BaseException:
        server.stop()
        raise
    return server


async def _migrate(url: str) -> None:
    await (await open_postgres(url)).close()


def _as_server(command: list[str]) -> None:
    user = USER if os.geteuid() == 0 else None
    extra: list[str] | None = [] if user else None
    subprocess.run(command, check=True, user=user, group=user, extra_groups=extra, cwd="/", stdout=subprocess.DEVNULL)


def _there() -> Path:
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    return folder


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
