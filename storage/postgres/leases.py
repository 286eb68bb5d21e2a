"""Leases of sources and hosts on PostgreSQL, for several processes that ingest.

A lease has no end of its own: it lasts as long as its process beats. So a visit may take as long as it needs, and a
beat is one row, however many sources are leased.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from storage.database import NOTHING, Transaction
from storage.postgres.connection import PostgresDatabase
from storage.times import MILLISECOND, to_ms

BEAT_SECONDS: Final = 5.0
DEAD_SECONDS: Final = 30.0  # without a beat
NOW: Final = "CAST(1000 * extract(epoch FROM clock_timestamp()) AS bigint)"  # by the server's clock


class PostgresLeases:
    """The `Leases` of a process on this database."""

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        most: int,
        beat_seconds: float = BEAT_SECONDS,
        dead_seconds: float = DEAD_SECONDS,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steady` returns seconds and never goes backward."""
        self.most: int | None = most
        self._database = database
        self._beat_seconds = beat_seconds
        self._dead_ms = round(1000 * dead_seconds)
        self._steady = steady
        self._beaten_at: float | None = None

    @property
    def process(self) -> str | None:
        return self._database.process

    async def keep(self) -> None:
        if not self._is_beat_due():
            return
        begun_at = self._steady()
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await self._beat(transaction)
            await self._bury(transaction)
        self._beaten_at = begun_at

    def _is_beat_due(self) -> bool:
        return self._beaten_at is None or self._steady() - self._beaten_at >= self._beat_seconds

    async def _beat(self, transaction: Transaction) -> None:
        await transaction.execute(
            f"""
            INSERT INTO ingest_processes (process, beaten_at) VALUES (:process, {NOW})
            ON CONFLICT (process) DO UPDATE SET beaten_at = excluded.beaten_at
            """,
            {"process": self.process},
        )

    async def _bury(self, transaction: Transaction) -> None:
        """Free what processes had leased that do not beat any more."""
        dead = await transaction.fetch(
            f"""
            SELECT process FROM ingest_processes WHERE beaten_at < {NOW} - :dead
            ORDER BY process FOR UPDATE SKIP LOCKED
            """,
            {"dead": self._dead_ms},
        )
        for row in dead:
            await self._free(transaction, row["process"])

    async def _free(self, transaction: Transaction, process: str) -> None:
        values = {"process": process}
        await transaction.execute("UPDATE sources SET leased_by = NULL WHERE leased_by = :process", values)
        await transaction.execute("DELETE FROM host_leases WHERE process = :process", values)
        await transaction.execute("DELETE FROM ingest_processes WHERE process = :process", values)

    async def take(self, hosts: Mapping[int, str], *, now: datetime) -> set[int]:
        if not hosts:
            return set()
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            granted = await self._take_hosts(transaction, sorted(set(hosts.values())))
            # The list of due sources may be old: another process may have visited a source since.
            leased = await transaction.fetch(
                """
                UPDATE sources SET leased_by = :process
                FROM (
                    SELECT id FROM sources
                    WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
                        AND (leased_by IS NULL OR leased_by = :process) AND due_at <= :now AND NOT paused
                    FOR UPDATE SKIP LOCKED
                ) AS free
                WHERE sources.id = free.id
                RETURNING sources.id
                """,
                {
                    "process": self.process,
                    "ids": json.dumps([source for source, host in hosts.items() if host in granted]),
                    "now": to_ms(now),
                },
            )
        return {row["id"] for row in leased}

    async def take_host(self, host: str) -> bool:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            return bool(await self._take_hosts(transaction, [host]))

    async def _take_hosts(self, transaction: Transaction, hosts: list[str]) -> set[str]:
        """Returns those of the hosts that are ours now."""
        if self._is_beat_due():  # else another process could take the leases for those of a dead one
            await self._beat(transaction)
            self._beaten_at = self._steady()
        rows = await transaction.fetch(
            # In one order, so that no two processes wait for each other. A lease that is ours already is written
            # again: what is not changed is not returned.
            f"""
            INSERT INTO host_leases (host, process, until)
            SELECT value, :process, 0 FROM json_each(:hosts) AS hosts ORDER BY value
            ON CONFLICT (host) DO UPDATE SET process = excluded.process, until = 0
            WHERE host_leases.process = excluded.process
                OR (host_leases.process = '' AND host_leases.until <= {NOW})
            RETURNING host
            """,
            {"process": self.process, "hosts": json.dumps(hosts)},
        )
        return {row["host"] for row in rows}

    async def give_back(self, sources: Collection[int]) -> None:
        if not sources:
            return
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                """
                UPDATE sources SET leased_by = NULL
                WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids)) AND leased_by = :process
                """,
                {"ids": json.dumps(sorted(sources)), "process": self.process},
            )

    async def leave_hosts(self, pauses: Mapping[str, timedelta]) -> None:
        if not pauses:
            return
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            for host, pause in sorted(pauses.items()):
                await transaction.execute(
                    f"""
                    INSERT INTO host_leases (host, process, until) VALUES (:host, '', {NOW} + :pause)
                    ON CONFLICT (host) DO UPDATE SET process = '', until = excluded.until
                    WHERE host_leases.process IN ('', :process)
                    """,
                    {"host": host, "process": self.process, "pause": pause // MILLISECOND},
                )
            await transaction.execute(f"DELETE FROM host_leases WHERE process = '' AND until <= {NOW}")

    async def close(self) -> None:
        if self._beaten_at is None:
            return
        self._beaten_at = None
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await self._free(transaction, self._database.process)
