"""Which process talks, of several on one PostgreSQL database: an election, beats, and a fence.

- The **election** is a session lock (an advisory lock) on a connection of its own. The server gives the lock back
  when that connection ends. So a process that was killed is followed within a second.
- A process that was stopped (SIGSTOP), or whose network is gone, keeps its connection, perhaps for hours. So the
  holder **beats** each second. If a standby sees no beat for some seconds, it ends all connections of the holder.
- The **fence** makes sure that a process of a former term writes nothing, whatever it believes. Each new term has a
  higher epoch, and each transaction of a process that talks compares its epoch first (`PostgresDatabase.epoch`). The
  transaction holds a shared lock meanwhile, and a new term waits for these locks.

A holder that loses its connection does not lose its term: as long as no other process was elected, the epoch stays,
and the holder takes the lock again. So a restart of the server ends no term.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg

from storage.errors import StorageError
from storage.postgres.connection import FENCE, Connection, PostgresDatabase, connect

log = logging.getLogger(__name__)

ELECTION: Final = FENCE + 1  # an advisory lock
RELEASED: Final = "newsbot_term"  # the channel on which the end of a term is told
BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 5.0  # without a beat, before a standby takes over
ANSWER_SECONDS: Final = 3.0  # that the server may take for a beat
PATIENCE: Final = 3  # times the beat, that a standby waits when the server is back
FENCE_SECONDS: Final = 10  # that a new term waits for transactions of the former one
_FAILURES: Final = (psycopg.Error, StorageError, OSError, TimeoutError)


class PostgresLeadership:
    """A `Leadership` for a process that has opened this database."""

    hand_over_seconds = 1.0

    def __init__(
        self,
        url: str,
        database: PostgresDatabase,
        *,
        beat_seconds: float = BEAT_SECONDS,
        silent_seconds: float = SILENT_SECONDS,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steady` returns seconds and never goes backward."""
        self._url = url
        self._database = database
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._beat_seconds = beat_seconds
        self._silent_seconds = silent_seconds
        self._steady = steady
        self._line: Connection | None = None  # the connection of its own
        self._beating: asyncio.Task[None] | None = None
        self._beaten_at = float("-inf")  # by `steady`, before the last beat that succeeded was sent
        self._lost = asyncio.Event()
        self._failing = False
        self._has_lock = False
        database.on_superseded = self._lost.set

    async def acquire(self, *, on_standing_by: Callable[[str], None]) -> int:
        seen: tuple[int, int] | None = None  # the epoch and the last beat of the holder
        seen_at = self._steady()
        told = is_back = False
        while True:
            try:
                line = await self._connected()
                if is_back:  # the holder connects at its next beat, and takes its lock again first
                    await asyncio.sleep(PATIENCE * self._beat_seconds)
                    is_back = False
                async with asyncio.timeout(ANSWER_SECONDS):
                    is_elected = await self._take_lock(line)
                    epoch, beaten_at, holder = await self._holder(line)
                if is_elected:
                    return await self._begin(line)
                if seen != (epoch, beaten_at):
                    seen, seen_at = (epoch, beaten_at), self._steady()
                elif self._steady() - seen_at > self._silent_seconds:
                    await self._end_holder(line, holder)
                    seen_at = self._steady()
                    continue
                if not told:
                    on_standing_by(holder)
                    told = True
                async for _ in line.notifies(timeout=self._beat_seconds, stop_after=1):
                    pass
                self._failing = False
            except _FAILURES as error:
                self._tell(error)
                await self._hang_up()
                is_back = True
                await asyncio.sleep(self._beat_seconds)

    async def until_lost(self) -> None:
        await self._lost.wait()

    def is_sure(self) -> bool:
        return (
            not self._lost.is_set() and self._steady() - self._beaten_at < self._silent_seconds - self._beat_seconds
        )

    async def release(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
            self._beating = None
        epoch, self._database.epoch = self._database.epoch, None
        if self._line is not None and epoch is not None:
            with suppress(*_FAILURES):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._line.execute(
                        "UPDATE term SET process = '' WHERE epoch = %s AND process = %s",
                        [epoch, self._database.process],
                    )
                    await self._line.execute("SELECT pg_advisory_unlock(%s)", [ELECTION])
                    await self._line.execute(f"NOTIFY {RELEASED}")
        await self._hang_up()

    # The connection

    async def _connected(self) -> Connection:
        if self._line is None or self._line.closed:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._line = await connect(self._url, process=self._database.process)
                await self._line.execute(f"LISTEN {RELEASED}")
        return self._line

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(*_FAILURES):
                await line.close()

    def _tell(self, error: Exception) -> None:
        if not self._failing:
            log.warning("election_failed", extra={"values": {"reason": str(error) or type(error).__name__}})
        self._failing = True

    # The election

    async def _take_lock(self, line: Connection) -> bool:
        return bool(await _value(line, "SELECT pg_try_advisory_lock(%s) AS value", ELECTION))

    async def _holder(self, line: Connection) -> tuple[int, int, str]:
        """Returns the epoch and the last beat of the term, and the name of its process."""
        rows = await (await line.execute("SELECT epoch, beaten_at, name FROM term")).fetchall()
        return (rows[0]["epoch"], rows[0]["beaten_at"], rows[0]["name"]) if rows else (0, 0, "")

    async def _begin(self, line: Connection) -> int:
        """Begin a term. Transactions of the former term that are under way end first."""
        async with line.transaction():
            await line.execute(f"SET LOCAL lock_timeout = '{FENCE_SECONDS}s'")
            await line.execute("SELECT pg_advisory_xact_lock(%s)", [FENCE])
            begun_at = self._steady()
            epoch = int(
                await _value(
                    line,
                    """
                    INSERT INTO term (id, epoch, process, name, beaten_at)
                    VALUES (1, 1, %s, %s, 1000 * extract(epoch FROM clock_timestamp()))
                    ON CONFLICT (id) DO UPDATE
                    SET epoch = term.epoch + 1, process = excluded.process, name = excluded.name,
                        beaten_at = excluded.beaten_at
                    RETURNING epoch AS value
                    """,
                    self._database.process,
                    self._name,
                )
            )
        self._lost.clear()
        self._has_lock, self._beaten_at = True, begun_at
        self._database.epoch = epoch
        self._beating = asyncio.create_task(self._beat(epoch))
        return epoch

    async def _end_holder(self, line: Connection, holder: str) -> None:
        """End all connections of the process that holds the lock. What it had begun is undone by the server."""
        ended = await _value(
            line,
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(other.pid, 1000)) AS value
            FROM pg_stat_activity AS other
            WHERE other.datname = current_database() AND other.pid <> pg_backend_pid() AND other.application_name IN (
                SELECT holding.application_name FROM pg_locks
                JOIN pg_stat_activity AS holding ON holding.pid = pg_locks.pid
                WHERE pg_locks.locktype = 'advisory' AND pg_locks.granted AND pg_locks.objsubid = 1
                    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (pg_locks.classid::bigint << 32) | pg_locks.objid::bigint = %s
            )
            """,
            ELECTION,
        )
        log.warning("talker_silent", extra={"values": {"holder": holder, "connections": ended}})

    # The beats

    async def _beat(self, epoch: int) -> None:
        """Beat until another process was elected."""
        while not self._lost.is_set():
            await asyncio.sleep(self._beat_seconds)
            begun_at = self._steady()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if await self._beat_once(epoch):
                        self._beaten_at, self._failing = begun_at, False
                    else:
                        self._lost.set()
            except _FAILURES as error:
                self._tell(error)
                await self._hang_up()

    async def _beat_once(self, epoch: int) -> bool:
        """Returns whether the term is still ours."""
        if self._line is None or self._line.closed:
            self._has_lock = False
        line = await self._connected()
        if not self._has_lock:
            # The server has restarted, or has ended the connection. Without the lock, the term lasts until another
            # process takes it. A former connection that the server does not miss yet may still have the lock.
            self._has_lock = await self._take_lock(line)
        beaten = await line.execute(
            """
            UPDATE term SET beaten_at = 1000 * extract(epoch FROM clock_timestamp())
            WHERE epoch = %s AND process = %s
            """,
            [epoch, self._database.process],
        )
        return beaten.rowcount == 1


async def _value(line: Connection, sql: Any, *values: Any) -> Any:
    row = await (await line.execute(sql, values)).fetchone()
    assert row is not None
    return row["value"]
