"""Tells whether a message that waited for its turn still shows what its articles are now.

Another process may withdraw or change an article: the command line does. So what is about to be sent is compared with
the database. One query serves all deliveries that wait. While messages go out it is made every LOOK_SECONDS, and they
do not wait for it, unless the last answer is older than OLDEST_SECONDS.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from storage import Storage
from storage.records import Revisions

LOOK_SECONDS: Final = 0.02  # between two queries: as long as the gate bunches what it lets pass
OLDEST_SECONDS: Final = 0.1  # so old may the answer be: to wait for it would bunch what the gate has spaced evenly


class RevisionCheck:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting: Counter[int] = Counter()  # article -> deliveries that wait with it
        self._newest: dict[int, Revisions] = {}
        self._asked_for: frozenset[int] = frozenset()
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, articles: Sequence[int]) -> Iterator[None]:
        """While a message with these articles waits, they are looked at together with the others."""
        self._waiting.update(articles)
        try:
            yield
        finally:
            self._waiting.subtract(articles)
            for article in articles:
                if not self._waiting[article]:
                    del self._waiting[article]

    async def latest(self, articles: Sequence[int]) -> list[Revisions]:
        """Returns the revisions of those of these articles that are stored still."""
        asked_at = time.monotonic()
        if asked_at - self._looked_at >= LOOK_SECONDS:
            self._start_query()
        while asked_at - self._looked_at >= OLDEST_SECONDS or not self._asked_for.issuperset(articles):
            looking = self._start_query()
            await asyncio.wait([looking])  # if one that waits is cancelled, the others go on
            looking.result()
        return [self._newest[article] for article in articles if article in self._newest]

    async def close(self) -> None:
        """End the query that is under way."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def _start_query(self) -> "asyncio.Task[None]":
        """The query that is under way, or a new one."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
            # Nobody may be waiting for it. The next message that waits asks anew, and meets the same error.
            self._looking.add_done_callback(lambda looking: looking.cancelled() or looking.exception())
        return self._looking

    async def _look(self) -> None:
        asked_for, asked_at = frozenset(self._waiting), time.monotonic()
        self._newest = await self._storage.articles.revisions(asked_for)
        self._asked_for, self._looked_at = asked_for, asked_at
