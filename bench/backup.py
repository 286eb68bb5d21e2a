"""A backup beside a broadcast: what it costs the sender, and how far the write-ahead log grows meanwhile."""

import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

from bench.newsroom import Size, address, newsroom, publish, sending, wait_until_settled
from bench.rows import Meter, Row
from bench.telegram import telegram
from storage import Storage

LARGEST_MB = 400  # that are added to the database, for a full run
CHATS = 40_000


async def backup(size: Size) -> AsyncIterator[Row]:
    """The same broadcast without a rate, alone and beside `newsbot backup`."""
    count = min(size.chats, CHATS)
    added = max(1, LARGEST_MB * count // CHATS)
    yield await _broadcast("alone", count, added, beside=False)
    yield await _broadcast("beside newsbot backup", count, added, beside=True)


async def _broadcast(situation: str, count: int, added: int, *, beside: bool) -> Row:
    figures: dict[str, float] = {}
    async with newsroom(count) as storage, telegram() as server:
        _grow(Path(storage.database.name), added)
        await publish(storage)
        async with sending(storage, server, None) as (sender, _):
            meter = Meter("backup", f"{situation}, {added} MB")
            sender.wake()
            copying = asyncio.create_task(_copy(storage)) if beside else None
            await server.until(reached=count)
            await wait_until_settled(storage, count)
            meter.stop()
            if copying is not None:
                figures = await copying
        return meter.row(await server.counts(), figures)


def _grow(database: Path, megabytes: int) -> None:
    """Add so many megabytes that nobody reads."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as connection:
        connection.execute("CREATE TABLE padding (bytes BLOB)")
        for _ in range(megabytes):
            connection.execute("INSERT INTO padding VALUES (randomblob(1000000))")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _copy(storage: Storage) -> dict[str, float]:
    """Run `newsbot backup`. Returns its figures."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder:
        target = Path(folder) / "copy.db"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "backup", str(target)),
            env=dict(os.environ, NEWSBOT_DATABASE=address(storage)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        if await process.wait():
            raise RuntimeError("newsbot backup failed")
        return {
            "copy_seconds": round(time.perf_counter() - begun, 1),
            "copied_mb": _megabytes(target),
            "log_mb": _megabytes(Path(f"{storage.database.name}-wal")),
        }


def _megabytes(file: Path) -> float:
    return round(file.stat().st_size / 1e6, 1)
