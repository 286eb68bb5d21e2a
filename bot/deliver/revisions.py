"""Reads the newest revisions of articles, to check that a message that waited is still up to date.

Another process, such as the command line, may withdraw or change an article. So each message is compared with the
database just before it is sent. One query serves all deliveries that wait. While messages are sent, the query runs
every LOOK_SECONDS. Messages wait for it only if the last answer is older than OLDEST_SECONDS.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from storage import Storage
from storage.records import Revisions

LOOK_SECONDS: Final = 0.05  # between two queries: at 30 messages a second, every second message starts one
OLDEST_SECONDS: Final = 0.1  # oldest answer in use: a wait for each query would bunch evenly spaced messages


class RevisionCheck:
    """Knows the newest revisions of the articles whose messages wait."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._watched: dict[int, Sequence[int]] = {}  # delivery id -> the articles that its message shows
        self._newest: dict[int, Revisions] = {}
        self._asked_for: frozenset[int] = frozenset()
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._callers: list[asyncio.Future[None]] = []  # they wait for the query that is running

    def watch(self, delivery_id: int, articles: Sequence[int]) -> None:
        """From now on, each query also reads these articles, since a message with them waits."""
        self._watched[delivery_id] = articles

    def unwatch(self, delivery_id: int) -> None:
        """The message of this delivery no longer waits."""
        self._watched.pop(delivery_id, None)

    async def latest(self, articles: Sequence[int]) -> list[Revisions]:
        """Returns the newest revisions of these articles. Articles that are no longer stored are left out."""
        asked_at = time.monotonic()
        if asked_at - self._looked_at >= LOOK_SECONDS:
            self._start_query()
        while asked_at - self._looked_at >= OLDEST_SECONDS or not self._asked_for.issuperset(articles):
            self._start_query()
            # A future of its own: if one caller is cancelled, the others go on. `asyncio.wait` would do the same at
            # several times the cost, for each message.
            caller = asyncio.get_running_loop().create_future()
            self._callers.append(caller)
            await caller
        return [self._newest[article] for article in articles if article in self._newest]

    async def close(self) -> None:
        """Cancel the query that is running."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _start_query(self) -> None:
        """Start a query, unless one is running."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._answer_callers)

    async def _look(self) -> None:
        asked_for, asked_at = frozenset[int]().union(*self._watched.values()), time.monotonic()
        self._newest = await self._storage.articles.revisions(asked_for)
        self._asked_for, self._looked_at = asked_for, asked_at

    def _answer_callers(self, looking: asyncio.Task[None]) -> None:
        """Let the callers go on. Each raises the error of a query that failed.

        If nobody waits, the error is not reported: the next message asks again and meets it.
        """
        error = None if looking.cancelled() else looking.exception()
        callers, self._callers = self._callers, []
        for caller in callers:
            if caller.done():  # it was cancelled
                continue
            if looking.cancelled():
                caller.cancel()
            elif error is not None:
                caller.set_exception(error)
            else:
                caller.set_result(None)
