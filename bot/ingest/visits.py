"""Visits due sources: they are claimed from storage, queued, and visited as their turn comes.

If several processes ingest, a claim is a lease: of the source, and of its host. So all that is known of a host in one
process (how many visits are under way, its pauses) holds for all of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from bot import logs
from bot.ingest.leasing import CLAIMED_AT_ONCE, Claims
from bot.ingest.visit_queue import PAUSE, QueuedVisit, VisitLane, VisitQueue
from storage import Storage
from storage.errors import StorageError
from storage.records import SLOW_SECONDS, DueSource, Source

log = logs.get_logger(__name__)

STORAGE_PAUSE: Final = timedelta(seconds=10)  # after a visit for which storage could not be read
UNKNOWN_PAUSE: Final = timedelta(minutes=5)  # after a visit that failed by a bug of the bot


@dataclass(frozen=True, slots=True)
class HostPause:
    """A pause that a host asked for. If a redirect led there, it is not the host of the visited source."""

    host: str  # with port, as by `host_and_port`
    length: timedelta


class Outcome(Protocol):
    """The part of a visit's result that this module needs."""

    @property
    def answer_seconds(self) -> float:
        """Seconds until the server had answered."""

    @property
    def host_pause(self) -> HostPause | None:
        """The pause that a server asked for, which holds for all sources of its host."""

    @property
    def unsaved_pause(self) -> timedelta | None:
        """The pause until the next visit, if storage could not record this one; else None."""


Result = TypeVar("Result", bound=Outcome)
_Claim = tuple[int, str, asyncio.Future[Result | None]]  # id of a source, its host, future result of its visit


class VisitRunner(Generic[Result]):
    """Visits due sources. A source has one visit at a time, and no source waits for a slow one of another host.

    The pause of a source whose visit could not be stored is kept in memory: in storage the source is still due, and
    would be visited again at once, for as long as storage refuses writes.
    """

    def __init__(
        self,
        storage: Storage,
        visit: Callable[[Source], Awaitable[Result]],
        *,
        at_once: int,
        now: Callable[[], datetime],
        longest_pause: Callable[[Source], timedelta],
        steady: Callable[[], float] = time.monotonic,
        host_pause: float = PAUSE,
    ) -> None:
        """`longest_pause` returns how long a source may wait. `steady` returns seconds and never goes backward."""
        self._storage = storage
        self._visit = visit
        self._now = now
        self._longest_pause = longest_pause
        self._steady = steady
        self._queue: VisitQueue[_Claim[Result]] = VisitQueue(at_once=at_once, pause=host_pause)
        self._claimed: dict[int, asyncio.Future[Result | None]] = {}
        self._resting: dict[int, float] = {}  # source id → end, by `steady`, of a pause that storage does not know
        self._resting_hosts: dict[str, float] = {}  # host → end of the pause that it asked for, by `steady`
        self._slow_hosts: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._claims = Claims(storage.leases, steady)
        self._timer: asyncio.TimerHandle | None = None
        self._latest: datetime | None = None  # time that the wall clock showed

    async def start_due(self) -> list[asyncio.Future[Result | None]]:
        """Queue the sources that are due. Returns the future results of all visits that wait or are under way.

        The result is None if the source was removed, its host rests, or the visit failed by a bug.
        """
        now = self._now()
        if self._latest is None or now < self._latest:
            await self._bring_back(now)
            await self._bring_forward(now)
        self._latest = now
        self._end_rests()
        await self._claims.keep(self._resting_hosts)
        passed: set[int] = set()
        while (room := self._claims.room()) > 0:
            taken = {*self._claimed, *self._resting, *passed}
            # What is leased by us and known to nobody here comes again: its lease ended in a commit that was lost.
            process = self._claims.process
            due = await self._storage.sources.due_sources(now, limit=CLAIMED_AT_ONCE, besides=taken, process=process)
            leased = await self._claims.take(due, room, resting=self._resting_hosts, now=now)
            for source in due:
                if source.id not in leased:
                    passed.add(source.id)
                elif source.id not in self._claimed:  # another claim may have come first
                    self._add(source, leased[source.id])
            if len(due) < CLAIMED_AT_ONCE:
                break
        self._begin()
        return list(self._claimed.values())

    async def close(self) -> None:
        for _, _, outcome in self._queue.clear():
            outcome.cancel()
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        await self._claims.close()

    async def _bring_back(self, now: datetime) -> None:
        """Correct the times of sources that were visited in the future of a wall clock that was set back."""
        if count := await self._storage.sources.correct_times(now):
            log.warning("clock_set_back", sources=count)

    async def _bring_forward(self, now: datetime) -> None:
        """Let no source wait longer than its state allows: the operator may have lowered an interval, or an earlier
        time may have been set by a clock that was wrong.
        """
        due: dict[int, datetime] = {}
        for source in await self._storage.sources.all():
            longest = self._longest_pause(source)
            if source.visited_at is not None and source.due_at > now + longest:
                due[source.id] = max(now, source.visited_at + longest)
        if due:
            await self._storage.sources.bring_forward(due)
            log.warning("visits_brought_forward", sources=len(due))

    def _end_rests(self) -> None:
        moment = self._steady()
        for source_id in [one for one, until in self._resting.items() if until <= moment]:
            del self._resting[source_id]
            self._claims.give_up(source_id)
        for host in [one for one, until in self._resting_hosts.items() if until <= moment]:
            del self._resting_hosts[host]

    def _add(self, source: DueSource, host: str) -> None:
        if host in self._resting_hosts:
            self._resting[source.id] = self._resting_hosts[host]
            return
        if source.never_read:
            lane = VisitLane.FIRST
        else:
            lane = VisitLane.SLOW if source.failures or host in self._slow_hosts else VisitLane.DUE
        outcome: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self._claimed[source.id] = outcome
        self._claims.begin(host)
        self._queue.add((source.id, host, outcome), host=host, lane=lane, due=source.due_at.timestamp())

    def _begin(self) -> None:
        """Start all visits that may start, and set a timer for the end of the next host's pause."""
        moment = self._steady()
        for waiting in self._queue.start(moment):
            task = asyncio.create_task(self._go(waiting), name=f"visit {waiting.visit[0]}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ends = self._queue.next_place_at()
        if ends is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, ends - moment), self._begin)

    async def _go(self, waiting: QueuedVisit[_Claim[Result]]) -> None:
        source_id, host, outcome = waiting.visit
        result: Result | None = None
        try:
            source = await self._storage.sources.get(source_id)
            # Else it was removed meanwhile, or another process has leased it while this one was paused.
            if source is not None and source.leased_by == self._claims.process:
                result = await self._visit(source)
                self._note(host, source_id, result)
        except StorageError as error:
            log.error("refresh_not_stored", source=source_id, reason=error)
            self._rest(source_id, STORAGE_PAUSE)
        except Exception:  # of one source: the others go on
            log.exception("visit_failed", source=source_id)
            self._rest(source_id, UNKNOWN_PAUSE)
        finally:
            self._unclaim(source_id, host)
            if not outcome.done():
                outcome.set_result(result)
            self._queue.finish(waiting, self._steady())
            self._begin()

    def _unclaim(self, source_id: int, host: str) -> None:
        del self._claimed[source_id]
        self._claims.end(host)

    def _note(self, host: str, source_id: int, result: Result) -> None:
        if result.unsaved_pause is not None:
            self._rest(source_id, result.unsaved_pause)
        if result.host_pause is not None:
            self._rest_host(result.host_pause.host, result.host_pause.length)
        if result.answer_seconds > SLOW_SECONDS:
            self._slow_hosts.add(host)
        else:
            self._slow_hosts.discard(host)

    def _rest(self, source_id: int, pause: timedelta) -> None:
        self._resting[source_id] = self._steady() + pause.total_seconds()

    def _rest_host(self, host: str, pause: timedelta) -> None:
        """Let the other sources of a host wait as well. Visits that are under way go on."""
        until = max(self._resting_hosts.get(host, 0.0), self._steady() + pause.total_seconds())
        self._resting_hosts[host] = until
        self._claims.keep_host(host, until)
        for source_id, _, outcome in self._queue.remove(host):
            self._resting[source_id] = until
            self._unclaim(source_id, host)
            if not outcome.done():
                outcome.set_result(None)
