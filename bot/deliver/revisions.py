"""Tells whether a message that waited for its turn still shows what its articles are now.

Another process may withdraw or change an article: the command line does. So what is about to be sent is compared with
the database. One query serves all deliveries that wait, and is made at most every LOOK_SECONDS.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from storage import Storage
from storage.records import Revisions

LOOK_SECONDS: Final = 0.02  # so old may the answer be: as long as the gate bunches what it lets pass


class RevisionCheck:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting: Counter[int] = Counter()  # article -> deliveries that wait with it
        self._newest: dict[int, Revisions] = {}
        self._asked_for: frozenset[int] = frozenset()
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def waiting(self, articles: Sequence[int]) -> Iterator[None]:
        """While a message with these articles waits, they are looked at together with the others."""
        self._waiting.update(articles)
        try:
            yield
        finally:
            self._waiting.subtract(articles)
            for article in articles:
                if not self._waiting[article]:
                    del self._waiting[article]

    async def newest(self, articles: Sequence[int]) -> list[Revisions]:
        """Returns the revisions of those of these articles that are stored still."""
        while not self._knows(articles):
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            looking = self._looking
            await asyncio.wait([looking])  # if one that waits is cancelled, the others go on
            looking.result()
        return [self._newest[article] for article in articles if article in self._newest]

    def _knows(self, articles: Sequence[int]) -> bool:
        return time.monotonic() - self._looked_at < LOOK_SECONDS and self._asked_for.issuperset(articles)

    async def _look(self) -> None:
        asked_for, asked_at = frozenset(self._waiting), time.monotonic()
        self._newest = await self._storage.articles.revisions(asked_for)
        self._asked_for, self._looked_at = asked_for, asked_at
