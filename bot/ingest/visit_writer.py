"""Records visits in storage, several in one transaction.

Most visits find nothing new. A transaction for each of them would take the write lock dozens of times a second, and
the sender needs that lock as well.
"""

import asyncio
from typing import Final

from storage import Storage
from storage.errors import StorageError, Superseded
from storage.records import Visit

GATHER_SECONDS: Final = 0.1  # that the first visit of a group waits for others


class VisitWriter:
    """Writes visits. Each call of `write` waits for its commit, so there is nothing to close."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._group: list[tuple[Visit, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, visit: Visit) -> None:
        """Record a visit that brought no articles. Raises StorageError."""
        written = asyncio.get_running_loop().create_future()
        self._group.append((visit, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_groups())
        await written

    async def _write_groups(self) -> None:
        while self._group:
            await asyncio.sleep(GATHER_SECONDS)
            group, self._group = self._group, []
            try:
                await self._storage.sources.record_visits(*(visit for visit, _ in group))
            except Superseded:
                await self._write_singly(group)
            except StorageError as error:
                _fail([written for _, written in group], error)
            except Exception:
                await self._write_singly(group)  # one visit that can't be stored must not stop the others
            else:
                for _, written in group:
                    if not written.done():
                        written.set_result(None)

    async def _write_singly(self, group: list[tuple[Visit, asyncio.Future[None]]]) -> None:
        for visit, written in group:
            try:
                await self._storage.sources.record_visits(visit)
            except Exception as error:
                _fail([written], error)
            else:
                if not written.done():
                    written.set_result(None)


def _fail(waiting: list[asyncio.Future[None]], error: Exception) -> None:
    for written in waiting:
        if not written.done():  # its visit was cancelled
            written.set_exception(error)
