"""What runs by the clock: one table of jobs for APScheduler, and the jobs that belong to no other module."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot import logs
from bot.config import Config
from bot.messages.notice import OVERLOAD, Notice
from bot.notices import tell_admins
from bot.text.search import search_text
from storage import Storage
from storage.records import ReindexItem, SearchText
from storage.sqlite.story_index import WINDOW

log = logs.get_logger(__name__)

PRUNED_AT_ONCE: Final = 200  # articles in one transaction: the sender marks between two of them
DELIVERIES_AT_ONCE: Final = 1_000  # in one transaction: digests that nobody shares take four times what others do
STORIES_AT_ONCE: Final = 50  # in one transaction
CATEGORIES_AT_ONCE: Final = 200  # in one transaction
WORDS_AT_ONCE: Final = 10_000  # looked at
WORD_CHUNKS: Final = 5  # at each run, so that a million words are gone through in a day
REMEMBERED_FOR: Final = timedelta(days=90)  # after no source lists it any more: an item that is gone may come back
OVERLOAD_SECONDS: Final = 3600.0  # of sending at the full rate: more than that owed is told


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    run: Callable[[], Awaitable[object]]
    every_seconds: float


def scheduled(jobs: list[Job]) -> AsyncIOScheduler:
    """A scheduler with these jobs, not started yet. Each job's first run is one interval after the start.

    A run that is due while the last one is under way, or that was missed, is made up for once: never skipped
    (`misfire_grace_time` is 1 s unless told), never doubled.
    """
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    )
    for job in jobs:
        scheduler.add_job(_logged(job), IntervalTrigger(seconds=job.every_seconds), id=job.name, name=job.name)
    return scheduler


def _logged(job: Job) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job.run()
        except Exception:  # a job that fails is logged here, with its name, and runs again at its next time
            log.exception("job_failed", job=job.name)

    return run


class Pruning:
    """Deletes what is older than the setting says, a little at a time."""

    def __init__(self, storage: Storage, config: Config, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._keep_days = config.keep_days
        self._now = now
        self._words_until = ""  # as far as words have been gone through

    async def __call__(self) -> int:
        """How many articles were deleted."""
        now = self._now()
        await self._storage.metrics.prune(now=now)
        await self._storage.inbox.prune(now=now)
        await self._storage.categories.finish_merges()
        while await self._storage.stories.prune(before=now - WINDOW, limit=STORIES_AT_ONCE):
            pass
        if not self._keep_days:
            return 0
        before = now - timedelta(days=self._keep_days)
        pruned = 0
        while count := await self._storage.archive.prune(before=before, limit=PRUNED_AT_ONCE):
            pruned += count
        await self._storage.archive.forget(before=now - REMEMBERED_FOR, now=now)
        while await self._storage.deliveries.prune(before=before, limit=DELIVERIES_AT_ONCE):
            pass
        await self._prune_names(before)
        if pruned:
            log.info("pruned", articles=pruned)
        return pruned

    async def _prune_names(self, before: datetime) -> None:
        """Forget the words and categories of articles that are no longer kept; of the words some at each run."""
        search, categories = self._storage.search, self._storage.categories
        for _ in range(WORD_CHUNKS):
            self._words_until = await search.prune_words(before=before, after=self._words_until, limit=WORDS_AT_ONCE)
            if not self._words_until:
                break
        while await categories.prune(limit=CATEGORIES_AT_ONCE):
            pass


class Indexing:
    """Indexes anew what was stored before words were stemmed as they are now, the newest first, a little at a time.

    Until it comes to an article, that one is found by the words that meet in the old stems, which are most.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self) -> None:
        count = 0
        while articles := await self._storage.search.to_reindex():
            await self._storage.search.reindex(await asyncio.to_thread(_search_texts, articles))
            count += len(articles)
        if count:
            log.info("indexed_anew", articles=count)


def _search_texts(articles: Sequence[ReindexItem]) -> dict[ReindexItem, SearchText]:
    return {one: search_text(one.text.title, one.text.body, one.language) for one in articles}


class Health:
    """Tells the administrators when more is owed than an hour of the rate, once until it was caught up with."""

    def __init__(self, storage: Storage, config: Config, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._config = config
        self._now = now
        self._overloaded = False

    async def __call__(self) -> None:
        rate = self._config.messages_per_second
        if rate is None:
            return
        owed = await self._storage.deliveries.owed()
        if owed <= rate * OVERLOAD_SECONDS / 2:
            self._overloaded = False
        if owed > rate * OVERLOAD_SECONDS and not self._overloaded:
            self._overloaded = True
            minutes = round(owed / rate / 60)
            log.warning("overload", owed=owed, minutes=minutes)
            notice = Notice(OVERLOAD, {"owed": owed, "minutes": minutes})
            await tell_admins(self._storage, self._config, [notice], now=self._now())
