"""What an article costs before the first of its messages is sent, by the number of chats that want it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta

from bench.newsroom import Size, newsroom, now, publish
from bench.postgres import SERVER
from bench.rows import Meter, Row
from storage import Storage
from storage.records import Claim, Sent

CHUNK = 1_000  # deliveries made in one transaction, as the sender does it
SMALLEST = 1_000


async def enqueue(size: Size) -> AsyncIterator[Row]:
    """10³, 10⁴ … chats, up to the largest."""
    chats = min(SMALLEST, size.chats)
    while chats <= size.chats:
        yield await _enqueue(chats)
        chats *= 10


async def _enqueue(chats: int) -> Row:
    async with newsroom(chats) as storage:
        empty = await _used(storage)
        meter = Meter("enqueue", f"{chats:,} chats")
        published = await publish(storage)
        chunks = await _expanded(storage)
        owed = (await storage.deliveries.stats(now=now())).deliveries["queued"]
        meter.stop()
        await _sent(storage)
        grown = await _used(storage) - empty
        waits = await _pruned(storage)
        left = await _used(storage) - empty
    figures = {
        "published_ms": published,
        "longest_chunk_ms": max(chunks),
        "bytes_each": grown / chats,
        "bytes_each_after_pruning": left / chats,
        "longest_wait_while_pruning_ms": max(waits),
    }
    return meter.alone(owed, figures)


async def _expanded(storage: Storage) -> list[float]:
    """The milliseconds of each chunk, seen from outside: it holds the writer for less."""
    chunks: list[float] = []
    expanded = 1
    while expanded:
        begun = time.perf_counter()
        expanded = await storage.deliveries.expand(limit=CHUNK, now=now())
        chunks.append(1000 * (time.perf_counter() - begun))
    return chunks


async def _sent(storage: Storage) -> None:
    """All that is owed is marked as sent, without sending it."""
    number = 0
    while claims := await storage.deliveries.claim(limit=CHUNK, now=now()):
        await storage.deliveries.settle([_outcome(claim, number + at) for at, claim in enumerate(claims)])
        number += len(claims)


def _outcome(claim: Claim, number: int) -> Sent:
    return Sent(claim, now(), number, 1, now() + timedelta(seconds=1))


async def _pruned(storage: Storage) -> list[float]:
    """The milliseconds that somebody else who wants to write waits each time, until the article is gone."""
    waits: list[float] = []
    pruning = asyncio.create_task(storage.archive.prune(before=now() + timedelta(days=1), limit=1))
    while not pruning.done():
        begun = time.perf_counter()
        async with storage.database.transaction():
            waits.append(1000 * (time.perf_counter() - begun))
    await pruning
    return waits


async def _used(storage: Storage) -> int:
    """Bytes of the database that hold something. Pages that were freed are used again first."""
    if SERVER.get():  # vacuum frees them, and how many are free is not told
        return (await storage.database.sizes())[0]
    with closing(sqlite3.connect(f"file:{storage.database.name}?mode=ro", uri=True)) as connection:
        pages, free, size = (
            connection.execute(f"PRAGMA {asked}").fetchone()[0]
            for asked in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)
