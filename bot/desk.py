"""The desk at work: publishes articles whose time has come, to the second."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from bot.ingest.story_index import place_article
from bot.logs import get_logger
from storage import Storage

log = get_logger(__name__)

AT_ONCE: Final = 100  # articles that are published at each run
AHEAD: Final = timedelta(seconds=1)  # the time between two runs: a run waits for what is due before the next one


class DeskReleases:
    """Publishes the articles whose embargo has ended, or whose time an editor has set. A job runs it each second.

    An article that is due between two runs is published at its very time, and never before. What came due while the
    bot did not run is published at the first run.
    """

    def __init__(
        self,
        storage: Storage,
        now: Callable[[], datetime],
        wake: Callable[[], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`wake` is called after an article was published that is to be pushed."""
        self._storage = storage
        self._now = now
        self._wake = wake
        self._sleep = sleep

    async def __call__(self) -> None:
        due_at = await self._storage.desk.next_due()
        if due_at is None or due_at >= self._now() + AHEAD:
            return
        while (left := due_at - self._now()) > timedelta(0):  # timers may end a little early
            await self._sleep(left.total_seconds())
        released = await self._storage.desk.release_due(now=self._now(), limit=AT_ONCE, decide=place_article)
        for one in released:
            log.info("released", desk=one.id, article=one.article_id)
        if any(one.lane is not None for one in released):
            self._wake()
