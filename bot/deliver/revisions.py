"""Reads the newest revisions of articles, to check that a message that waited is still up to date.

Another process, such as the command line, may withdraw or change an article. So each message is compared with the
database just before it is sent. One query serves all deliveries that wait. While messages are sent, the query runs
every LOOK_SECONDS. Messages wait for it only if the last answer is older than OLDEST_SECONDS.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from storage import Storage
from storage.records import Revisions

LOOK_SECONDS: Final = 0.02  # between two queries: the time within which the gate bunches messages
OLDEST_SECONDS: Final = 0.1  # oldest answer in use: a wait for each query would bunch evenly spaced messages


class RevisionCheck:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting: Counter[int] = Counter()  # article id -> number of deliveries that wait with it
        self._newest: dict[int, Revisions] = {}
        self._asked_for: frozenset[int] = frozenset()
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, articles: Sequence[int]) -> Iterator[None]:
        """Inside this context, each query also reads these articles, since a message with them waits."""
        self._waiting.update(articles)
        try:
            yield
        finally:
            self._waiting.subtract(articles)
            for article in articles:
                if not self._waiting[article]:
                    del self._waiting[article]

    async def latest(self, articles: Sequence[int]) -> list[Revisions]:
        """Returns the newest revisions of these articles. Articles that are no longer stored are left out."""
        asked_at = time.monotonic()
        if asked_at - self._looked_at >= LOOK_SECONDS:
            self._start_query()
        while asked_at - self._looked_at >= OLDEST_SECONDS or not self._asked_for.issuperset(articles):
            looking = self._start_query()
            await asyncio.wait([looking])  # if one caller is cancelled, the others go on
            looking.result()
        return [self._newest[article] for article in articles if article in self._newest]

    async def close(self) -> None:
        """Cancel the query that is running."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _start_query(self) -> "asyncio.Task[None]":
        """Returns the query that is running, or starts a new one."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
            # Reads the error, since perhaps no caller waits for it. The next message asks again and meets the error.
            self._looking.add_done_callback(lambda looking: looking.cancelled() or looking.exception())
        return self._looking

    async def _look(self) -> None:
        asked_for, asked_at = frozenset(self._waiting), time.monotonic()
        self._newest = await self._storage.articles.revisions(asked_for)
        self._asked_for, self._looked_at = asked_for, asked_at
