"""The interface to a database: three methods for reading and writing, and one transaction at a time."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import IntEnum
from typing import Any, Final, Protocol, TypeVar

from storage.full_text import FullText

Row = Mapping[str, Any]
Values = Mapping[str, Any]
Result = TypeVar("Result")


class Lock(IntEnum):
    """What a transaction has to itself, in all processes. Locks are taken in the order of these numbers."""

    ARTICLES = 1  # articles with their stories, categories and subjects; the desk; sources and who sees them
    CHATS = 2  # chats with what they follow, and all that they are owed


EVERYTHING: Final = (Lock.ARTICLES, Lock.CHATS)
ARTICLES: Final = (Lock.ARTICLES,)
CHATS: Final = (Lock.CHATS,)
NOTHING: Final[tuple[Lock, ...]] = ()


class HeldLocks:
    """The locks of a transaction. As all take them in one order, no two transactions wait for each other's."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self._held = set(locks)

    def add(self, lock: Lock) -> bool:
        """Returns whether the lock is still to be taken. Raises RuntimeError if that is out of order."""
        if lock in self._held:
            return False
        if max(self._held, default=lock) > lock:
            raise RuntimeError(f"{lock.name} is to be locked before {max(self._held).name}")
        self._held.add(lock)
        return True


class Changes:
    """What a transaction changes in a way that senders must learn of: they may have claimed messages in hand."""

    def __init__(self) -> None:
        self.chats: set[int] = set()  # row ids
        self.articles: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self.chats or self.articles)


class Changing:
    """The part of a transaction that notes changes. They are told with the commit, if there is one."""

    def __init__(self) -> None:
        self.changes = Changes()

    def chat_changed(self, chat_row: int) -> None:
        self.changes.chats.add(chat_row)

    def article_changed(self, article_id: int) -> None:
        self.changes.articles.add(article_id)


class Transaction(Protocol):
    """One unit of writing. The end of the block commits it. An exception undoes all of it."""

    def chat_changed(self, chat_row: int) -> None:
        """Tell the senders of all processes, with the commit, that the choices or settings of a chat have changed.

        However a process ends, its changes are told if they are committed. No other process may miss that.
        """

    def article_changed(self, article_id: int) -> None:
        """As `chat_changed`, for an article whose messages change."""

    @property
    def full_text(self) -> FullText:
        """The full-text index of the database."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Returns the rows of a query. The query sees the writes of this transaction."""

    async def change(self, sql: str, values: Values | None = None) -> int:
        """Run one statement. Returns the number of rows that it changed."""

    async def execute(self, sql: str, values: Values | None = None) -> None:
        """Run one statement of which nothing is to be known.

        A database in another place may collect such statements, and run them in their order before the next `fetch`
        or `change`, or at the end of the transaction. The errors of a statement are raised when it runs.
        """

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        """As `execute`, once for each set of values."""

    async def lock(self, lock: Lock) -> None:
        """Take one more lock, until the transaction ends. Raises RuntimeError if it has a later one, but not this.

        All statements that follow, in this transaction, see what the last holder of the lock wrote.
        """


class Database(Protocol):
    """A database, as the topics of storage use it.

    Callers may rely on these rules. `fetch` sees the last commit and never waits for a writer. Transactions of a
    process run one after another, in the order in which they were asked for, and no other statement runs inside a
    transaction. Of all processes on the database, one at a time has a lock. So a transaction may check and then act
    on what it has locked. Errors that a caller can act on are those of `storage.errors`.

    An implementer must not retry a transaction, because its body has effects. A caller must not call the network
    inside a transaction.
    """

    on_worked: Callable[[str, float], None]
    """Called with "read", "write" or "wait" (for the writer) and the seconds. It must be quick and not raise."""

    on_changes: Callable[[Changes], None]
    """Called with what a transaction of this process has changed, after its commit. If nobody knows whether a commit
    succeeded, it is called as well. It must be quick and not raise."""

    @property
    def name(self) -> str:
        """The name of this database in messages: its file, never a password."""

    @property
    def full_text(self) -> FullText:
        """The full-text index of this database."""

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        """Returns the rows of a query. Reading does not use the connection of the writer."""

    def transaction(
        self, *, durable: bool = True, locks: Sequence[Lock] = EVERYTHING
    ) -> AbstractAsyncContextManager[Transaction]:
        """Begin a transaction, when no other one has one of these locks.

        Fewer locks than EVERYTHING are for transactions that run often, and that say why they need no more. A
        transaction without a lock must write so that the database refuses or orders a second writer: by a constraint,
        ON CONFLICT or `column = column + 1`. Several rows are written in one order.

        At the end of the block, a durable transaction is on the disk, and a power cut does not undo it. With
        `durable=False`, a power cut may undo the last of these transactions, but never an earlier one without the
        later ones. The next durable transaction writes them to the disk as well. Use `durable=False` to save the wait
        for the disk, if the program notices by itself what was lost and nobody outside was told.
        """

    async def write(
        self,
        work: Callable[[Transaction], Coroutine[Any, Any, Result]],
        *,
        durable: bool = True,
        locks: Sequence[Lock] = EVERYTHING,
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
