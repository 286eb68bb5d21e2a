"""Ingest for tests: with real storage and a real server, and a worker that is the test's own process."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.config import Config
from bot.ingest.network.fetch import Fetcher
from bot.ingest.refresh import Ingest
from bot.ingest.worker import WorkerProcess
from storage import Storage
from storage.records import Source, SourceKind
from tests.conftest import Clock
from tests.makers import NOON

FEED = {"Content-Type": "application/rss+xml"}


class Here(WorkerProcess):
    """Works in the test's own process: starting another takes a second, and test_ingest_worker does that."""

    async def run(self, work: Any, *args: Any, **named: Any) -> Any:
        return work(*args, **named)


@asynccontextmanager
async def opened(
    storage: Storage,
    clock: Clock,
    worker: WorkerProcess | None = None,
    *,
    allow_private: bool = True,
    **settings: Any,
) -> AsyncIterator[Ingest]:
    def monotonic() -> float:
        return time.monotonic() + (clock() - NOON).total_seconds()

    values: dict[str, Any] = {"allow_private_hosts": True, "admins": (99,)}
    config = Config(**(values | settings))
    async with Fetcher(max_bytes=1_000_000, allow_private=allow_private, seconds=5) as fetcher:
        ingest = Ingest(storage, config, fetcher=fetcher, worker=worker or Here(), now=clock, steady=monotonic)
        try:
            yield ingest
        finally:
            await ingest.close()


async def add(ingest: Ingest, url: str, kind: SourceKind = SourceKind.FEED, **named: Any) -> Source:
    source, _ = await ingest.storage.sources.add(url, kind, now=ingest.now(), **named)
    return source
