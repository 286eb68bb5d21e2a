"""The interface to leases: of all processes that ingest, one at a time visits a source, and one asks a host."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol


class Leases(Protocol):
    """What this process may visit. The leases of a process that does not beat any more are free for the others.

    A visit that is stored ends the lease of its source. If the lease was lost meanwhile, `Superseded` is raised, and
    nothing of the visit is stored.
    """

    most: int | None
    """The number of sources that a process should have at once, so that there is work for the others. None: all."""

    @property
    def process(self) -> str | None:
        """The name under which the sources of this process are leased; None if there are no other processes."""

    async def keep(self) -> None:
        """Beat, and free what dead processes had. Call this about each second."""

    async def take(self, hosts: Mapping[int, str], *, now: datetime) -> set[int]:
        """Lease sources that are due, and their hosts. `hosts` has the host of each source.

        Returns the sources that are leased now, also if they were ours already. The others are being visited by
        another process, or another process asks their hosts.
        """

    async def take_host(self, host: str) -> bool:
        """Lease a host for requests that are no visits. Returns whether it is ours now. `leave_hosts` ends the lease.

        Such a host has a name of its own, so that visits and other requests don't exclude each other.
        """

    async def give_back(self, sources: Collection[int]) -> None:
        """End the leases of sources that were not visited."""

    async def leave_hosts(self, pauses: Mapping[str, timedelta]) -> None:
        """Let other processes ask these hosts, each after its pause."""

    async def close(self) -> None:
        """Give back everything."""


class NoLeases:
    """The leases of the only process on a database: everything is its own."""

    most: int | None = None
    process: str | None = None

    async def keep(self) -> None:
        """Nobody else looks."""

    async def take(self, hosts: Mapping[int, str], *, now: datetime) -> set[int]:
        return set(hosts)

    async def take_host(self, host: str) -> bool:
        return True

    async def give_back(self, sources: Collection[int]) -> None:
        """Nobody else waits."""

    async def leave_hosts(self, pauses: Mapping[str, timedelta]) -> None:
        """Nobody else waits."""

    async def close(self) -> None:
        """There is nothing to give back."""
