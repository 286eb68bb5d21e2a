"""The port to a database: three verbs for reading and writing, and one transaction at a time."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

Row = Mapping[str, Any]
Values = Mapping[str, Any]
Result = TypeVar("Result")


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

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Begin to write.

        When the block is left, a durable transaction is on the disk: a power cut takes nothing of it. With
        `durable=False` a power cut may undo the last of these transactions, but never an earlier one without the
        later ones, and the next durable transaction takes them to the disk with it. It saves the wait for the disk
        where the program finds out by itself what was lost, and nobody outside was told.
        """

    async def write(self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """Run `work` in a transaction of its own. For units of many statements: they cost a database that lives in a
        thread one way there and back in all. `work` must await nothing but the methods of its transaction.
        """

    def check_place(self) -> None:
        """Raises DatabaseMoved if the database is not where it was when it was opened; writing raises it as well."""

    async def close(self) -> None:
        """Finish what is under way and close. May be called twice."""
