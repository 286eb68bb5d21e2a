"""Refreshing sources: each due source is fetched and parsed, and its new and changed articles are stored.

due sources (visits) → fetch and parse (read) → decide, prepare and store (keep)
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest import rhythm
from bot.ingest.burst import tell_of_burst
from bot.ingest.decide import Push
from bot.ingest.errors import Gone, IngestError, RetryLater
from bot.ingest.formats.hub_links import HubLink
from bot.ingest.full_text import FullTexts
from bot.ingest.keep import NOTHING_KEPT, Keeper
from bot.ingest.network.fetch import Fetcher
from bot.ingest.network.polite_fetch import PoliteFetcher
from bot.ingest.problems import problem_of
from bot.ingest.read import Reader, Reading
from bot.ingest.visit_writer import VisitWriter
from bot.ingest.visits import HostPause, VisitRunner
from bot.ingest.worker import WorkerProcess, low_priority
from bot.messages.notice import SOURCE_FAILS, Notice
from bot.notices import notify_admins
from storage import Storage
from storage.errors import StorageError
from storage.records import Source, SourceKind, Visit

log = logs.get_logger(__name__)

FeedObserver = Callable[[Source, HubLink | None, int], Awaitable[None]]
FAILURES_BEFORE_NOTICE: Final = 5  # in a row; the administrators are told once, at this number


async def ignore_feed(source: Source, hub: HubLink | None, added: int) -> None:
    """Observes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """The result of one visit to a source."""

    source: Source
    added: int = 0
    pushed: int = 0
    changed: int = 0
    held: int = 0  # new articles that wait on the desk
    problems: tuple[str, ...] = ()  # the reasons why items or files could not be read
    error: str | None = None  # why the source could not be read at all
    answer_seconds: float = 0.0  # seconds that its server took
    parse_seconds: float = 0.0  # seconds until its answer was parsed, with the wait for it
    is_unchanged: bool = False  # since the last visit
    host_pause: HostPause | None = None
    unsaved_pause: timedelta | None = None  # until the next visit, if storage could not record this one


class Ingest:
    """Reads sources and stores their articles. `close` cancels the visits that are under way."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        *,
        fetcher: Fetcher,
        worker: WorkerProcess,
        now: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
        on_stored: Callable[[], None] = lambda: None,
        on_feed_read: FeedObserver = ignore_feed,
        page_fetcher: PoliteFetcher | None = None,
    ) -> None:
        """`steady` returns seconds and never goes backward. `on_stored` is called after articles were stored that are
        to be pushed. `on_feed_read` is awaited after a feed was read, with the hub that it names and the number of
        its new articles. `page_fetcher` fetches article pages.
        """
        self.storage = storage
        self.config = config
        self.fetcher = fetcher
        self.worker = worker
        self.now = now
        self.on_stored = on_stored
        self.on_visited: Callable[[RefreshResult], None] = lambda result: None  # called after each visit
        self.on_feed_read = on_feed_read
        pages = page_fetcher or PoliteFetcher(fetcher, leases=storage.leases)
        self.full_texts = FullTexts(pages, worker, zone=config.timezone, now=now)
        self.reader = Reader(config, fetcher=fetcher, worker=worker, now=now)
        self._bounds = rhythm.Bounds.from_config(config)
        self.keeper = Keeper(
            storage, config, worker=worker, full_texts=self.full_texts, now=now, on_stored=self._wake
        )
        self._writer = VisitWriter(storage)
        self._visits = VisitRunner(
            storage, self.refresh, at_once=config.fetches, now=now, steady=steady, longest_pause=self._longest_pause
        )

    def _wake(self) -> None:
        self.on_stored()

    # Due sources

    def _longest_pause(self, source: Source) -> timedelta:
        return rhythm.longest_pause(source, self._bounds, self.now())

    async def start_due_visits(self) -> None:
        """Start to visit the sources that are due, without waiting for the visits to end."""
        await self._visits.start_due()

    async def refresh_due(self) -> list[RefreshResult]:
        """Visit all sources that are due. Returns the results when all these visits have ended."""
        results: dict[int, RefreshResult] = {}
        while True:
            found = await asyncio.gather(*await self._visits.start_due())
            new = {one.source.id: one for one in found if one is not None and one.source.id not in results}
            results |= new
            # If other processes ingest as well, a process takes only so many sources at once.
            if not new or self.storage.leases.most is None:
                return list(results.values())

    async def close(self) -> None:
        await self._visits.close()

    # One visit

    async def refresh(self, source: Source) -> RefreshResult:
        """Visit one source and store what is new or changed. An error is recorded with the source, and not raised."""
        if source.refreshed_at is None:
            with low_priority():  # the news of other sources go before a backlog
                result = await self._refresh(source)
        else:
            result = await self._refresh(source)
        self.on_visited(result)
        return result

    async def _refresh(self, source: Source) -> RefreshResult:
        begun = time.monotonic()
        try:
            reading = await self.reader.read(source)
            read_seconds = time.monotonic() - begun
            result = await self._keep_reading(source, reading)
            return replace(result, parse_seconds=max(0.0, read_seconds - reading.answer_seconds))
        except StorageError as error:
            return self._not_stored(source, error, rhythm.pause_after_success(source, self._bounds, self.now()))
        except (IngestError, OSError) as error:
            return await self._failed(source, error, time.monotonic() - begun)
        except Exception as error:
            log.exception("refresh_failed", source=source.id)
            return await self._failed(source, error, 0.0)

    async def _keep_reading(self, source: Source, reading: Reading) -> RefreshResult:
        """Store what a visit has read, together with the record of the visit."""
        kept = NOTHING_KEPT
        if reading.is_unchanged:
            await self._writer.write(self._visit(source, reading, 0))
        else:
            kept = await self.keeper.keep(
                reading.drafts,
                source=source,
                category=source.category,
                # The first refresh stores the backlog of a source. A backlog is not pushed.
                push=Push.FRESH if source.refreshed_at else Push.NEVER,
                visit=partial(self._visit, source, reading),
                is_complete=reading.is_complete,
            )
        await tell_of_burst(self.storage, self.config, source, kept, now=self.now())
        if source.kind is SourceKind.FEED and not reading.is_unchanged:
            await self.on_feed_read(source, reading.hub, len(kept.stored.added))
        completed = await self.keeper.complete_stored(source) if source.full_text else 0
        refreshed = RefreshResult(
            source=source,
            added=len(kept.stored.added),
            pushed=len(kept.stored.pushed),
            changed=len(kept.stored.changed) + len(kept.stored.withdrawn) + completed,
            held=len(kept.stored.held),
            problems=reading.problems,
            answer_seconds=reading.answer_seconds,
            is_unchanged=reading.is_unchanged,
        )
        if refreshed.added or refreshed.changed or refreshed.held or refreshed.problems:
            log.info(
                "refreshed",
                source=source.id,
                added=refreshed.added,
                pushed=refreshed.pushed,
                changed=refreshed.changed,
                held=refreshed.held,
                problems=len(refreshed.problems),
            )
        return refreshed

    def _visit(self, source: Source, reading: Reading, added: int) -> Visit:
        """Returns the record of a visit that went well. `added` is the number of its new articles."""
        now = self.now()
        learned = rhythm.learn(source, added, now)
        pause = rhythm.pause_after_success(learned, self._bounds, now, requested_pause=reading.requested_pause)
        return replace(
            rhythm.good_visit(learned, added, now, due_at=now + pause),
            lease=source.leased_by,
            requested_pause=min(reading.requested_pause, rhythm.LONGEST_HINT),
            etag=reading.etag,
            last_modified=reading.last_modified,
            title=reading.title,
            answer_seconds=reading.answer_seconds,
            moved_to=reading.moved_to,
            whole_at=None if reading.is_unchanged else now,
            dropped=reading.problems,
            added=added,
        )

    # Failures and warnings

    async def _failed(self, source: Source, error: Exception, seconds: float) -> RefreshResult:
        reason = (str(error) or type(error).__name__).encode("utf-8", "replace").decode()
        log.warning("source_failed", source=source.id, failures=source.failures + 1, reason=reason)
        now = self.now()
        pause = rhythm.pause_after_failure(source, error, self._bounds, now)
        try:
            await self._writer.write(
                Visit(
                    source_id=source.id,
                    lease=source.leased_by,
                    due_at=now + pause,
                    visited_at=now,
                    requested_pause=rhythm.requested_after_failure(error),
                    error=reason,
                    problem=problem_of(error),
                )
            )
            if source.failures + 1 == FAILURES_BEFORE_NOTICE or (isinstance(error, Gone) and source.failures == 0):
                named, problem = source.shown_name, problem_of(error)
                notice = Notice(SOURCE_FAILS, {"source": named, "error": reason, "problem": problem})
                await notify_admins(self.storage, self.config, [notice], now=now)
        except StorageError as storage_error:
            result = self._not_stored(source, storage_error, pause)
        else:
            result = RefreshResult(source=source)
        host_pause = None
        if isinstance(error, RetryLater):
            host_pause = HostPause(error.host, min(error.after, rhythm.LONGEST_HOST_PAUSE))
        return replace(result, error=reason, answer_seconds=seconds, host_pause=host_pause)

    def _not_stored(self, source: Source, error: StorageError, pause: timedelta) -> RefreshResult:
        log.error("refresh_not_stored", source=source.id, reason=error)
        return RefreshResult(source=source, error=str(error), unsaved_pause=pause)
