"""The languages in which news is published."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from storage import Storage

LANGUAGES_KEPT: Final = 60.0  # seconds


class PublishedLanguages:
    """The languages of the newest articles, counted once a minute: people send a query with every few letters."""

    def __init__(self, storage: Storage, *, steady: Callable[[], float]) -> None:
        """`steady` returns seconds."""
        self._storage = storage
        self._steady = steady
        self._known: Sequence[str] = ()
        self._until = -math.inf

    async def get(self) -> Sequence[str]:
        if self._steady() >= self._until:
            self._known = await self._storage.articles.languages()
            self._until = self._steady() + LANGUAGES_KEPT
        return self._known
