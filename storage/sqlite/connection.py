"""SQLite through aiosqlite: one writer under a lock, readers apart (WAL), migrations at opening."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import aiosqlite

from storage.copying import FINISH_IT, UNFINISHED
from storage.database import EVERYTHING, Changes, Changing, HeldLocks, Lock, Result, Row, Transaction, Values
from storage.errors import DatabaseMoved, NewerDatabase, NoDatabase, UnfinishedCopy, translated
from storage.full_text import FullText
from storage.outage import Outage
from storage.sqlite.full_text import SqliteFullText
from storage.turns import OnWorked, measure_nothing, turn

Parameters = ParamSpec("Parameters")

READERS = 3  # one slow search must not hold up a headline list
BUSY_SECONDS = 10.0  # how long a writer waits for another process, e.g. an import
# SQLite waits for so long, then the wait begins anew. SQLite looks at the lock after 1, 2, 5, 10, 15 ms and so on,
# and later only every 100 ms. Then it misses the short gaps between the transactions of an import for seconds.
LOOKED_AT_OFTEN_SECONDS = 0.05
# Pages that the write-ahead log gathers (16 MB) before SQLite copies them into the database. An article changes a
# page for nearly each word of it that chats follow, about 1,900 at 100,000 chats, and the next article many of the
# same pages. SQLite's own 1,000 would copy them for each article. Above 4,062, the log needs a second index block.
PAGES_OF_LOG = 4_000


class SqliteDatabase:
    """A `Database` on one SQLite file. Use `open_sqlite`."""

    full_text: FullText = SqliteFullText()

    def __init__(self, path: Path, writer: aiosqlite.Connection, readers: Sequence[aiosqlite.Connection]) -> None:
        self.name = str(path)
        self.on_worked: OnWorked = measure_nothing
        self.on_changes: Callable[[Changes], None] = lambda changes: None
        self._path = path.absolute()
        self._file = file_of(path)
        self._writer = writer
        self._writing = asyncio.Lock()
        self._outage = Outage()
        self._synchronous = ""  # as it was set last
        self._connections = [*readers, writer]
        self._readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._readers.put_nowait(reader)

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        reader = await self._readers.get()
        begun = time.monotonic()
        try:
            with self._outage.watched(), translated_errors(self.name):
                return _rows(await reader.execute_fetchall(sql, values or {}))
        finally:
            self._readers.put_nowait(reader)
            self.on_worked("read", time.monotonic() - begun)

    async def sizes(self) -> tuple[int, int]:
        file = Path(self.name)
        return _size(file), _size(file.with_name(f"{file.name}-wal"))

    def check_place(self) -> None:
        # Files are told apart by their numbers. What is written to a file that was moved away or deleted is lost to
        # the next start of the bot, which finds nothing or another file at the path.
        if file_of(self._path) == self._file:
            return
        with self._outage.watched(writes=True):
            raise DatabaseMoved(
                f"{self.name}: the database was moved away or replaced while it is open, so nothing is stored; put"
                " the file back, or stop the bot and start it again to use what is there"
            )

    @asynccontextmanager
    async def transaction(
        self, *, durable: bool = True, locks: Sequence[Lock] = EVERYTHING
    ) -> AsyncIterator[Transaction]:
        # SQLite has one writer, so each transaction has everything to itself.
        async with turn(self._writing, self.on_worked):
            self.check_place()
            with self._outage.watched(writes=True), translated_errors(self.name):
                try:
                    await _in_thread(self._writer, self._begin, "FULL" if durable else "NORMAL")
                    transaction = SqliteTransaction(self._writer, locks)
                    yield transaction
                    try:
                        await asyncio.shield(self._writer.commit())
                    finally:
                        self.on_changes(transaction.changes)
                except BaseException:
                    # Cancelled or failed: nothing of it may stay for the next transaction on this connection. That
                    # goes for BEGIN as well: it is done in the connection's thread though nobody waits for it.
                    await asyncio.shield(self._writer.rollback())
                    raise

    async def write(
        self,
        work: Callable[[Transaction], Coroutine[Any, Any, Result]],
        *,
        durable: bool = True,
        locks: Sequence[Lock] = EVERYTHING,
    ) -> Result:
        async with turn(self._writing, self.on_worked):
            self.check_place()
            with self._outage.watched(writes=True), translated_errors(self.name):
                # Each statement by itself would go to the thread and back: forty changes of threads for one article,
                # and most of the time on a busy machine.
                writing = asyncio.ensure_future(_in_thread(self._writer, self._write, work, locks, durable))
                try:
                    result, changes = await asyncio.shield(writing)
                except asyncio.CancelledError:
                    # The thread can't be stopped. The next transaction begins after it, at its own level of safety.
                    await asyncio.wait([writing])
                    if not writing.cancelled() and writing.exception() is None:
                        self.on_changes(writing.result()[1])
                    raise
                self.on_changes(changes)
                return result

    def _write(
        self,
        connection: sqlite3.Connection,
        work: Callable[[Transaction], Coroutine[Any, Any, Result]],
        locks: Sequence[Lock],
        durable: bool,
    ) -> tuple[Result, Changes]:
        """In SQLite's thread: all of a transaction. Its statements end at once, so `work` never waits."""
        self._begin(connection, "FULL" if durable else "NORMAL")
        try:
            transaction = _TransactionInThread(connection, locks)
            step = work(transaction)
            try:
                step.send(None)
            except StopIteration as ended:
                result: Result = ended.value
            else:
                step.close()
                raise RuntimeError("a unit of writing waited for something else than its statements")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result, transaction.changes

    def _begin(self, connection: sqlite3.Connection, synchronous: str) -> None:
        """In SQLite's thread: begin a transaction, when no other process writes any more."""
        if self._synchronous != synchronous:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._synchronous = synchronous
        given_up_at = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                # IMMEDIATE takes the write lock at once: a lock found halfway, after reads, can't be waited for.
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= given_up_at:
                    raise

    async def close(self) -> None:
        while self._connections:
            await self._connections.pop(0).close()


async def _in_thread(
    connection: aiosqlite.Connection,
    work: Callable[Concatenate[sqlite3.Connection, Parameters], Result],
    *values: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """Run a function in the thread of a connection, which the library offers no public way to do."""
    execute: Any = connection._execute  # it has no types
    result: Result = await execute(work, connection._conn, *values, **named)
    return result


def _rows(found: Iterable[sqlite3.Row]) -> list[Row]:
    """Returns rows of SQLite as the topics see them: by name, though they are no mappings."""
    return list(found)  # type: ignore[arg-type]  # as the line above says


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # there is no log while nothing is written
        return 0


class SqliteTransaction(Changing):
    """A `Transaction` on the writing connection."""

    full_text: FullText = SqliteFullText()

    def __init__(self, writer: aiosqlite.Connection, locks: Sequence[Lock]) -> None:
        super().__init__()
        self._writer = writer
        self._locks = HeldLocks(locks)

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        return _rows(await self._writer.execute_fetchall(sql, values or {}))

    async def change(self, sql: str, values: Values | None = None) -> int:
        cursor = await self._writer.execute(sql, values or {})
        return cursor.rowcount

    async def execute(self, sql: str, values: Values | None = None) -> None:
        await self._writer.execute(sql, values or {})

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        if values:  # else it would cost a way to SQLite's thread and back
            await self._writer.executemany(sql, values)

    async def lock(self, lock: Lock) -> None:
        self._locks.add(lock)


class _TransactionInThread(Changing):
    """A `Transaction` for work that runs in the thread of the connection."""

    full_text: FullText = SqliteFullText()

    def __init__(self, connection: sqlite3.Connection, locks: Sequence[Lock]) -> None:
        super().__init__()
        self._connection = connection
        self._locks = HeldLocks(locks)

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        return self._connection.execute(sql, values or {}).fetchall()

    async def change(self, sql: str, values: Values | None = None) -> int:
        return self._connection.execute(sql, values or {}).rowcount

    async def execute(self, sql: str, values: Values | None = None) -> None:
        self._connection.execute(sql, values or {})

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        if values:
            self._connection.executemany(sql, values)

    async def lock(self, lock: Lock) -> None:
        self._locks.add(lock)


async def open_sqlite(path: Path, *, create: bool = True) -> SqliteDatabase:
    """Open the file, bring it to the newest version, and connect writer and readers.

    A missing file is created, or refused with NoDatabase if `create` is false. Raises the errors of `storage.errors`:
    a newer, damaged, locked, read-only or full database is refused with the reason, and is left as it was.
    """
    with translated_errors(str(path)):
        await asyncio.to_thread(create_and_migrate, path, create=create)
        connections: list[aiosqlite.Connection] = []
        try:
            for index in range(READERS + 1):
                seconds = BUSY_SECONDS if index else LOOKED_AT_OFTEN_SECONDS
                connection = await aiosqlite.connect(path, isolation_level=None, timeout=seconds)
                connections.append(connection)
                connection.row_factory = sqlite3.Row
                for setting in ("foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY"):
                    await connection.execute(f"PRAGMA {setting}")
                if index:
                    await connection.execute("PRAGMA query_only = ON")
                else:
                    await connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_OF_LOG}")
        except BaseException:
            for connection in connections:
                await connection.close()
            raise
    return SqliteDatabase(path, connections[0], connections[1:])


def file_of(path: Path) -> str | None:
    """Returns what tells a file from every other one, whatever it is called; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


def count_articles(path: Path) -> int:
    """Returns the number of articles in a database that is left as it is: it is neither made nor migrated.

    For a health check, which asks every minute: nothing that grows with readers is counted. Raises the errors of
    `storage.errors`, also if the file is not there or has no tables.
    """
    with translated_errors(str(path)):
        # Without a write-ahead log nobody has the file open, and SQLite would make that log to read it.
        how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS)
        try:
            if check_version(connection, str(path)) == 0:  # `newsbot run` has only just made the file
                raise NoDatabase(f"{path}: the database has no tables of the bot; `newsbot run` makes them")
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
        finally:
            connection.close()


def has_newest_version(path: Path) -> bool:
    """Returns whether the database needs no migration. It is neither made nor migrated."""
    with translated_errors(str(path)):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
        try:
            return check_version(connection, str(path)) == migrations()[-1][0]
        finally:
            connection.close()


def check_version(connection: sqlite3.Connection, subject: str) -> int:
    """Returns the version of a database.

    Raises NewerDatabase if this program does not know it, and UnfinishedCopy.
    """
    newest = migrations()[-1][0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [UNFINISHED]).fetchone():
        raise UnfinishedCopy(f"{subject}: {FINISH_IT}")
    if version > newest:
        raise NewerDatabase(
            f"{subject}: this database is of version {version}, and this program knows versions up to {newest}:"
            " run the newer program, or restore the backup made before the update"
        )
    return version


@contextmanager
def translated_errors(subject: str) -> Iterator[None]:
    """Turn the database errors that a person can mend into ours, with the cause kept."""
    try:
        yield
    except sqlite3.Error as error:
        clear = translated(error, subject)
        if clear is None:
            raise
        raise clear from error


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) of each migration, in order. The number leads the file's name."""
    steps = [file for file in files("storage.sqlite").joinpath("migrations").iterdir() if file.name.endswith(".sql")]
    return sorted((int(step.name.split("_")[0]), step.read_text("utf-8")) for step in steps)


def migrate(connection: sqlite3.Connection, subject: str) -> None:
    """Apply the missing migrations; each step and its record (`user_version`) are one transaction."""
    version = check_version(connection, subject)
    steps = migrations()
    for number, sql in steps:
        if number <= version:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have taken this step while we waited for the lock.
            if number > connection.execute("PRAGMA user_version").fetchone()[0]:
                for statement in statements(sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(sql: str) -> Iterator[str]:
    """Yields the single statements of a script: `executescript` would commit the transaction that we are in."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def is_missing_file(path: Path) -> bool:
    """Returns whether there is no database in a folder that could hold one."""
    return not path.exists() and path.absolute().parent.is_dir()


def create_and_migrate(path: Path, *, create: bool) -> None:
    """Make the database if there is none, and apply the missing migrations.

    Raises NoDatabase if there is none and `create` is False.
    """
    if not create and is_missing_file(path):
        raise NoDatabase(f"{path}: there is no database; expected one there, or another in NEWSBOT_DATABASE")
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, str(path))
    finally:
        connection.close()
