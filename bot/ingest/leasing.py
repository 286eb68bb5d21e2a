"""Keeps the leases of a process that visits sources: of the sources that it has claimed, and of their hosts.

If there is only one process, nothing is leased, and all of this is quick.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from bot.ingest.network.fetch import host_and_port
from storage.errors import StorageError
from storage.leases import Leases
from storage.records import DueSource

CLAIMED_AT_ONCE: Final = 1_000  # rows of one query
MOST_OF_A_HOST: Final = 8  # sources leased at once, if other processes wait for some
HOST_KEPT: Final = timedelta(seconds=2)  # after the last visit to a host, before other processes may ask it


class Claims:
    """The sources that this process has claimed, by their hosts."""

    def __init__(self, leases: Leases, steady: Callable[[], float]) -> None:
        """`steady` returns seconds and never goes backward."""
        self._leases = leases
        self._steady = steady
        self._sources_of: Counter[str] = Counter()  # host → its claimed sources
        self._host_ends: dict[str, float] = {}  # host that is ours and has no claimed source → when it is left
        self._given_up: set[int] = set()  # leased sources that were not visited

    @property
    def process(self) -> str | None:
        """The name under which sources are leased; None if there are no other processes."""
        return self._leases.process

    def room(self) -> int:
        """Returns how many sources may be claimed now."""
        return CLAIMED_AT_ONCE if self._leases.most is None else self._leases.most - self._sources_of.total()

    async def take(
        self, due: Sequence[DueSource], room: int, *, resting: Collection[str], now: datetime
    ) -> dict[int, str]:
        """Lease as many of these sources as there is room for, but none of `resting` hosts.

        Returns the sources that are leased, each with its host.
        """
        chosen = self._choose(due, room, resting)
        leased = await self._leases.take(chosen, now=now)
        self._given_up -= leased
        return {source: host for source, host in chosen.items() if source in leased}

    def _choose(self, due: Sequence[DueSource], room: int, resting: Collection[str]) -> dict[int, str]:
        if self._leases.most is None:
            return {source.id: host_and_port(source.url) for source in due}
        chosen: dict[int, str] = {}
        wanted = Counter(self._sources_of)
        for source in due:
            host = host_and_port(source.url)
            if wanted[host] < MOST_OF_A_HOST and host not in resting and len(chosen) < room:
                wanted[host] += 1
                chosen[source.id] = host
        return chosen

    def begin(self, host: str) -> None:
        """A source of this host waits for its visit."""
        self._sources_of[host] += 1

    def end(self, host: str) -> None:
        """A source of this host was visited, or is not going to be visited now."""
        self._sources_of[host] -= 1
        if not self._sources_of[host]:
            del self._sources_of[host]
            if self.process is not None:
                ends = self._steady() + HOST_KEPT.total_seconds()
                self._host_ends[host] = max(self._host_ends.get(host, 0.0), ends)

    def give_up(self, source_id: int) -> None:
        """A source that may be leased is not visited now."""
        if self.process is not None:
            self._given_up.add(source_id)

    def keep_host(self, host: str, until: float) -> None:
        """Let no other process ask this host before that time of the clock."""
        if self.process is not None:
            self._host_ends[host] = until

    async def keep(self, resting: Collection[str]) -> None:
        """Beat, and give back the sources and hosts that this process does not visit now.

        A host that is `resting` is given back at once, with its pause.
        """
        await self._leases.keep()
        given_up, moment = set(self._given_up), self._steady()
        left = {host: until for host, until in self._host_ends.items() if not self._sources_of[host]}
        pauses = {
            host: timedelta(seconds=max(0.0, until - moment))
            for host, until in left.items()
            if until <= moment or host in resting
        }
        await self._leases.give_back(given_up)
        await self._leases.leave_hosts(pauses)
        self._given_up -= given_up
        for host in pauses:
            self._host_ends.pop(host, None)

    async def close(self) -> None:
        with suppress(StorageError):  # other processes notice that this one does not beat any more
            await self._leases.close()
