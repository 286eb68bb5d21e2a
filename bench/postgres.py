"""A PostgreSQL server of our own: Debian's programs, a temporary folder, a socket there, and no port.

The bench and the tests have one each, with settings of their own.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from storage.postgres.connection import open_postgres

USER: Final = "postgres"  # the server refuses to run as root
TEMPLATE: Final = "newest"
# No setting makes what is measured less safe from a power cut than an operator's database is.
BENCH: Final = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
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
    settings: Mapping[str, str]
    made: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def new_database(self, template: str = TEMPLATE, *, options: str = "") -> str:
        """Returns the address of a new database with empty tables. The one from "template0" has no tables."""
        name = f"made_{os.getpid()}_{next(_NUMBERS)}"
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
        given = {**self.settings} | {name: str(value) for name, value in settings.items()}
        options = " ".join(f"-c {name}={value!r}" for name, value in given.items())
        self._control("start", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} {options}")

    def new_standby(self) -> "Server":
        """Start a copy of this server that takes over each commit, and no writes. The caller stops and removes it."""
        standby = Server(_new_folder(), self.settings)
        copying = [str(_programs() / "pg_basebackup"), "-h", str(self.folder), "-U", USER, "--no-sync"]
        _as_server([*copying, "--checkpoint=fast", "--write-recovery-conf", "-D", str(standby.folder / "data")])
        standby.start()
        return standby

    def promote(self) -> None:
        """Let a standby take writes from now on."""
        self._control("promote")

    def cpu_seconds(self) -> float:
        """Returns the CPU time of all processes of the server, those that ended included."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        ticks = sum(_ticks(process) for process in Path("/proc").iterdir() if _is_of(process, main))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _control(self, *command: str) -> None:
        _as_server([str(_programs() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", *command])


SERVER: ContextVar[Server | None] = ContextVar("SERVER", default=None)  # of this process; None: SQLite


def new_server(settings: Mapping[str, str]) -> Server:
    """Start a server with one database, `TEMPLATE`, whose tables are empty. The caller stops it, and removes it."""
    folder = _new_folder()
    data = folder / "data"
    made = [str(_programs() / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
    _as_server([*made, "--no-sync", "--no-instructions"])
    server = Server(folder, settings)
    server.start()
    try:
        server.run(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(_migrate(server.url(TEMPLATE)))
    except BaseException:
        server.stop()
        raise
    return server


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="newsbot-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    return folder


@contextmanager
def bench_server() -> Iterator[Server]:
    server = new_server(BENCH)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)


async def _migrate(url: str) -> None:
    await (await open_postgres(url)).close()


def _as_server(command: list[str]) -> None:
    user = USER if os.geteuid() == 0 else None
    extra: list[str] | None = [] if user else None
    subprocess.run(command, check=True, user=user, group=user, extra_groups=extra, cwd="/", stdout=subprocess.DEVNULL)


def _programs() -> Path:
    folder = programs()
    if folder is None:
        raise FileNotFoundError("no PostgreSQL: apt-get install postgresql")
    return folder


def _is_of(process: Path, main: int) -> bool:
    """Returns whether a process is the main one of a server or one that it started."""
    return process.name.isdigit() and (int(process.name) == main or _stat(process)[1:2] == [str(main)])


def _ticks(process: Path) -> int:
    """The time of a process, and of the processes that it started and that have ended."""
    return sum(map(int, _stat(process)[11:15]))


def _stat(process: Path) -> list[str]:
    """Returns what Linux tells of a process from its state on, or nothing if the process has ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
