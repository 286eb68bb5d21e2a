"""The command line as processes of their own, with settings of the test and nothing else."""

import asyncio
import os
import re
import select
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import psycopg

from bot.sim import Simulator
from storage import database_path, is_postgres
from tests.forks import ForkedProcess, newsbot_process


class Newsbot:
    """`newsbot …` in a folder, on a simulator."""

    def __init__(self, folder: Path, sim: Simulator, **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "NEWSBOT_TOKEN": sim.token,
            "NEWSBOT_API_URL": sim.url,
            "NEWSBOT_DATABASE": f"sqlite:///{folder / 'news.db'}",
            "NEWSBOT_ALLOW_PRIVATE_HOSTS": "true",
            "NEWSBOT_REFRESH_SECONDS": "1",
            "NEWSBOT_RATE": "0",
        } | settings
        self.sim = sim

    async def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Run a command to its end: exit status, what it said, what it complained of."""
        process = await self._start(*arguments)
        async with asyncio.timeout(60):
            said, complained = await process.communicate()
        return process.returncode or 0, said.decode(), complained.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ForkedProcess]:
        """`newsbot run`, polling; ended at the end if it was not before."""
        polled = self.sim.polls_begun
        process = await self._start("run")
        try:
            ended = asyncio.create_task(process.wait())
            begun = asyncio.create_task(self.sim.until(lambda: self.sim.polls_begun > polled, 30))
            await asyncio.wait((ended, begun), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                begun.cancel()
                raise AssertionError((await process.communicate())[1].decode())
            await begun
            ended.cancel()
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                await process.communicate()

    @asynccontextmanager
    async def watched(self, event: str) -> AsyncIterator["Watched"]:
        """`newsbot run` whose log is read, from this event on; ended at the end if it was not before."""
        process = await self._start("run")
        beside = Watched(process)
        try:
            await beside.until(event)
            yield beside
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                await beside.ended()

    async def _start(self, *arguments: str | Path) -> ForkedProcess:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent.parent)} | self.settings
        return await newsbot_process(*arguments, cwd=self.folder, env=environment)


class Watched:
    """A process whose log is read while it runs."""

    def __init__(self, process: ForkedProcess) -> None:
        self.process = process
        self.events: list[str] = []
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def until(self, event: str, *, times: int = 1) -> None:
        """Wait until the process has logged an event so often. Raises AssertionError if it ends before."""
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: self.events.count(event) >= times or self._reading.done())
        assert self.events.count(event) >= times, self.events

    async def ended(self) -> None:
        await self._reading
        await self.process.communicate()

    async def _read(self) -> None:
        async for line in self.process.stderr:
            print(line.decode(), end="")  # shown if the test fails
            self.events += re.findall(r"\bevent=(\w+)", line.decode())
            async with self._changed:
                self._changed.notify_all()


def rows_of(database: str, sql: str) -> list[Any]:
    """Rows of a database of either kind, which other processes may have opened."""
    if is_postgres(database):
        with psycopg.connect(database) as server:
            return server.execute(sql.encode()).fetchall()
    with closing(sqlite3.connect(database_path(database))) as file:
        return file.execute(sql).fetchall()


async def until_stored(database: str, sql: str, *, rows: int = 1, seconds: float = 60.0) -> None:
    """Wait until a question to a database, which another process has opened, has so many rows as an answer.

    Raises TimeoutError if that takes longer than `seconds`.
    """
    async with asyncio.timeout(seconds):
        while len(await asyncio.to_thread(rows_of, database, sql)) < rows:
            await asyncio.sleep(0.03)


async def all_have_arrived(sim: Simulator) -> None:
    """Wait for the requests of a process that was stopped or ended: some may still be on their way."""
    before = -1
    while before != len(sim.calls):
        before = len(sim.calls)
        await asyncio.sleep(0.3)


async def until_nothing_is_owed(database: str, *, seconds: float = 60.0) -> None:
    """Wait until each message is sent and marked so. Raises TimeoutError if that takes longer than `seconds`."""
    owed = "SELECT 1 FROM deliveries WHERE state <> 'sent'"
    await until_stored(database, f"SELECT 1 WHERE NOT EXISTS ({owed})", seconds=seconds)


def is_gone(process_id: int, *, seconds: float = 20.0) -> bool:
    """Whether a process ends within that time."""
    try:
        process = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


def children_of(process_id: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
