"""The port to a database: three verbs for reading and writing, and one transaction at a time."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
Values = Mapping[str, Any]


class Transaction(Protocol):
    """One unit of writing. Leaving the block commits it; an exception undoes all of it."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Rows of a query that sees this transaction's own writes."""

    async def execute(self, sql: str, values: Values | None = None) -> int:
        """Run one statement; how many rows it changed."""

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        """Run one statement once for each set of values."""


class Database(Protocol):
    """What the topics of storage may rely on.

    Callers may rely on: `fetch` sees the last commit and never waits for a writer; transactions are served one
    after another in the order of asking, and no other statement slips into one. Errors that a caller can act
    on are those of `storage.errors`. Implementers must not retry a transaction by themselves, since its body has
    effects, and callers must make no network call inside one.
    """

    @property
    def name(self) -> str:
        """What messages call this database: its file, never a password."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Rows of a query, read apart from the writer."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Begin to write."""

    async def close(self) -> None:
        """Finish what is under way and close. May be called twice."""
