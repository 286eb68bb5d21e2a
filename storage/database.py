"""The interface to a database: three methods for reading and writing, and one transaction at a time."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

Row = Mapping[str, Any]
Values = Mapping[str, Any]
Result = TypeVar("Result")


class Transaction(Protocol):
    """One unit of writing. The end of the block commits it. An exception undoes all of it."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Returns the rows of a query. The query sees the writes of this transaction."""

    async def execute(self, sql: str, values: Values | None = None) -> int:
        """Run one statement. Returns the number of rows that it changed."""

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        """Run one statement once for each set of values."""


class Database(Protocol):
    """A database, as the topics of storage use it.

    Callers may rely on these rules. `fetch` sees the last commit and never waits for a writer. Transactions run one
    after another, in the order in which they were asked for, and no other statement runs inside a transaction. Errors
    that a caller can act on are those of `storage.errors`.

    An implementer must not retry a transaction, because its body has effects. A caller must not call the network
    inside a transaction.
    """

    on_worked: Callable[[str, float], None]
    """Called with "read", "write" or "wait" (for the writer) and the seconds. It must be quick and not raise."""

    @property
    def name(self) -> str:
        """The name of this database in messages: its file, never a password."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Returns the rows of a query. Reading does not use the connection of the writer."""

    def transaction(self, *, durable: bool = True) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction.

        At the end of the block, a durable transaction is on the disk, and a power cut does not undo it. With
        `durable=False`, a power cut may undo the last of these transactions, but never an earlier one without the
        later ones. The next durable transaction writes them to the disk as well. Use `durable=False` to save the wait
        for the disk, if the program notices by itself what was lost and nobody outside was told.
        """

    async def write(
        self, work: Callable[[Transaction], Coroutine[Any, Any, Result]], *, durable: bool = True
    ) -> Result:
        """Run `work` in a transaction of its own.

        Use it for many statements: if the database runs in a thread, all of them together cost one round trip to that
        thread. `work` must await only the methods of its transaction. A caller that is cancelled can't know whether
        the transaction was committed.
        """

    async def sizes(self) -> tuple[int, int]:
        """Returns the bytes of the database, and those of its log if the log is the database's own."""

    def check_place(self) -> None:
        """Raises DatabaseMoved if the database is no longer where it was opened. Writing raises it as well."""

    async def close(self) -> None:
        """Finish the statements that are under way, and close the database. It may be called twice."""
