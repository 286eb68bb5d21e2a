"""Reads the numbers that are in the database, now and then and never for a scrape."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.metrics.meters import Metrics
from storage import Storage
from storage.records import AlarmKind, WorkKind

SHARE: Final = 50  # reading takes at most one part in so many of the time


class StoredNumbers:
    """A job. If reading takes long, because a million messages are owed, it is done less often."""

    def __init__(
        self,
        storage: Storage,
        metrics: Metrics,
        now: Callable[[], datetime],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._storage = storage
        self._metrics = metrics
        self._now = now
        self._steady = steady
        self._not_before = -1.0

    async def __call__(self) -> None:
        begun = self._steady()
        if begun < self._not_before:
            return
        storage, metrics, now = self._storage, self._metrics, self._now()
        metrics.set_owed(await storage.metrics.owed(now=now), now.timestamp())
        metrics.set_counts(await storage.metrics.counts())
        inbox = await storage.inbox.stats()
        metrics.set_inbox(inbox.waiting, inbox.set_aside)
        metrics.set_alarms([alarm.kind for alarm in await storage.alarms.all()], AlarmKind)
        if (backup_ended := await storage.work.ended_at(WorkKind.BACKUP)) is not None:
            metrics.set_backup(backup_ended.timestamp())
        read_at = self._steady()
        self._not_before = read_at + SHARE * (read_at - begun)
