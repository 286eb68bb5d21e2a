"""The queue of visits: decides which due source is visited next. It uses no clock, no network and no storage.

The number of visits under way is limited, in all and to two for each host, with a pause before the next visit to a
host. A visit that waits for its host takes no place of others: a host with a thousand feeds, or a slow one, delays
only its own feeds.

Visits are of three lanes. Sources that answer well come first. Sources that fail or whose host is slow, and first
visits, which bring whole backlogs to be read and stored, never take the last quarter of the places; so a visit that
becomes due finds a place, however many hosts hang. While other visits are due, each of these two lanes gets a quarter
at most, and an eighth is left to both, so that nothing waits for ever.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final, Generic, TypeVar

PER_HOST: Final = 2
PAUSE: Final = 0.5  # seconds from the end of a visit until its place at the host is free again

Visit = TypeVar("Visit")


class VisitLane(IntEnum):
    """Kinds of visits, in the order in which they are served."""

    DUE = 0
    SLOW = 1  # it failed lately, or its host is slow
    FIRST = 2  # never read yet


@dataclass(frozen=True, slots=True, order=True)
class QueuedVisit(Generic[Visit]):
    """A visit that waits or is under way."""

    due: float  # seconds; the earliest is first
    number: int  # the order of arrival, among visits that are due at the same time
    host: str = field(compare=False)
    lane: VisitLane = field(compare=False)
    visit: Visit = field(compare=False)


@dataclass(slots=True)
class _Host(Generic[Visit]):
    free: int = PER_HOST
    waiting: list[deque[QueuedVisit[Visit]]] = field(default_factory=lambda: [deque() for _ in VisitLane])


class VisitQueue(Generic[Visit]):
    """Queues visits. `now` is seconds of any one clock that never goes backward."""

    def __init__(self, *, at_once: int, pause: float = PAUSE) -> None:
        self._at_once = at_once
        self._pause = pause
        self._running = dict.fromkeys(VisitLane, 0)
        self._order = count()
        self._ready: dict[VisitLane, list[QueuedVisit[Visit]]] = {lane: [] for lane in VisitLane}  # heaps
        self._hosts: dict[str, _Host[Visit]] = {}
        self._pausing: list[tuple[float, str]] = []  # a heap of when a place at a host is free again

    def add(self, visit: Visit, *, host: str, lane: VisitLane, due: float) -> None:
        waiting = QueuedVisit(due, next(self._order), host, lane, visit)
        heappush(self._ready[lane], waiting)

    def start(self, now: float) -> Iterator[QueuedVisit[Visit]]:
        """Yields the visits that may start now. A visit that was yielded is under way until `finish`."""
        self._end_pauses(now)
        while sum(self._running.values()) < self._at_once:
            waiting = self._next()
            if waiting is None:
                return
            self._running[waiting.lane] += 1
            self._hosts[waiting.host].free -= 1
            yield waiting

    def finish(self, waiting: QueuedVisit[Visit], now: float) -> None:
        """End a visit that was under way. Its place at the host is free after the pause."""
        self._running[waiting.lane] -= 1
        heappush(self._pausing, (now + self._pause, waiting.host))

    def next_place_at(self) -> float | None:
        """Returns the time at which the next place at a host becomes free, or None if no host pauses."""
        return self._pausing[0][0] if self._pausing else None

    def remove(self, host: str) -> list[Visit]:
        """Remove the visits that wait for a host. Returns them."""
        removed: list[Visit] = []
        for heap in self._ready.values():
            removed += [one.visit for one in heap if one.host == host]
            heap[:] = [one for one in heap if one.host != host]
            heapify(heap)
        for line in self._hosts[host].waiting if host in self._hosts else ():
            removed += [one.visit for one in line]
            line.clear()
        return removed

    def clear(self) -> list[Visit]:
        """Remove all visits that wait. Returns them."""
        found = [one.visit for heap in self._ready.values() for one in heap]
        found += [one.visit for host in self._hosts.values() for line in host.waiting for one in line]
        for heap in self._ready.values():
            heap.clear()
        for host in self._hosts.values():
            for line in host.waiting:
                line.clear()
        return found

    def _next(self) -> QueuedVisit[Visit] | None:
        # First visits and slow sources take turns, or one of them could keep the other waiting for ever.
        lanes = sorted(VisitLane, key=lambda lane: (lane is not VisitLane.DUE, self._running[lane], lane))
        for lane in lanes:
            heap = self._ready[lane]
            while heap and self._has_place(lane):
                waiting = heappop(heap)
                host = self._hosts.setdefault(waiting.host, _Host())
                if host.free:
                    return waiting
                host.waiting[lane].append(waiting)
        return None

    def _has_place(self, lane: VisitLane) -> bool:
        others = self._running[VisitLane.SLOW] + self._running[VisitLane.FIRST]
        if lane is VisitLane.DUE:
            others_wait = bool(self._ready[VisitLane.SLOW] or self._ready[VisitLane.FIRST])
            return self._running[lane] < self._at_once - (self._at_once // 8 if others_wait else 0)
        quarter = max(1, self._at_once // 4)
        if self._ready[VisitLane.DUE]:
            return self._running[lane] < quarter
        return others < max(1, self._at_once - quarter)

    def _end_pauses(self, now: float) -> None:
        while self._pausing and self._pausing[0][0] <= now:
            _, name = heappop(self._pausing)
            host = self._hosts[name]
            host.free += 1
            line = next((line for line in host.waiting if line), None)
            if line is not None:
                heappush(self._ready[line[0].lane], line.popleft())
            elif host.free == PER_HOST:
                del self._hosts[name]
