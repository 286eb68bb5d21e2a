"""PostgreSQL through psycopg: a pool of connections, one writer at a time in a process, migrations at opening."""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

from psycopg import AsyncConnection, AsyncCursor, OperationalError, ProgrammingError
from psycopg import Error as PsycopgError
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import PipelineAborted
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from storage.database import EVERYTHING, Changes, Changing, HeldLocks, Lock, Result, Row, Transaction, Values
from storage.errors import DatabaseRefused, Superseded, UnknownDatabase
from storage.full_text import FullText
from storage.outage import Outage
from storage.postgres.adapting import ADAPTERS
from storage.postgres.channel import CHANNEL, message
from storage.postgres.dialect import postgres_sql
from storage.postgres.errors import translated_errors
from storage.postgres.full_text import PostgresFullText
from storage.postgres.migrating import LOCK, migrate
from storage.turns import OnWorked, measure_nothing, turn

READERS: Final = 3  # one slow search must not hold up a headline list
MANY: Final = 20  # sets of values from which a statement is sent at once: that is quicker than to collect it
MOST_COLLECTED: Final = 500  # statements that are sent together
STATEMENTS_PREPARED: Final = 500  # of a connection; more than the topics have often
# Seconds after which a transaction that waits for its process is undone. Its rows are locked meanwhile, and a process
# may be stopped in the middle of one.
IDLE_SECONDS: Final = 5
CONNECTION_SECONDS: Final = 10.0  # that a statement waits for a connection, if the server is away
RECONNECT_SECONDS: Final = 3.0  # of attempts, after which the pool begins anew
# An advisory lock that transactions of a process that talks share, and that a new term holds alone when it begins.
FENCE: Final = LOCK + 1
LOCKS: Final = LOCK + 16  # the numbers of `storage.database.Lock` are added to it
# Seconds that a transaction waits for a lock, e.g. of a process that was stopped: as long as a writer of SQLite does.
LOCK_SECONDS: Final = 10
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,  # seconds; a server that vanished without a word is noticed within half a minute
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}

RUN: Final = "newsbot run"  # a process that reads sources or talks
COMMAND: Final = "newsbot"  # a command that ends soon
LONGEST_MACHINE: Final = 30  # characters: the server keeps 63 bytes of the whole name
OLDEST_SERVER: Final = 15  # the oldest version that we test with

Connection = AsyncConnection[DictRow]


class PostgresDatabase:
    """A `Database` on a PostgreSQL server. Use `open_postgres`."""

    full_text: FullText = PostgresFullText()

    def __init__(self, name: str, process: str, pool: AsyncConnectionPool[Connection]) -> None:
        """`process` is the application_name of all connections of this process, and of no others."""
        self.name = name
        self.process = process
        self.epoch: int | None = None  # of the term of this process; None: it does not talk
        self.on_superseded: Callable[[], None] = lambda: None  # called when a transaction found a higher epoch
        self.on_worked: OnWorked = measure_nothing
        self.on_changes: Callable[[Changes], None] = lambda changes: None
        self._pool = pool
        self._outage = Outage()
        self._writing = asyncio.Lock()

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        begun = time.monotonic()
        try:
            with self._outage.watched(), translated_errors(self.name):
                return await self._fetched(query(sql), values)
        finally:
            self.on_worked("read", time.monotonic() - begun)

    async def _fetched(self, sql: Any, values: Values | None) -> Sequence[Row]:
        """Reading may be done again: after a restart of the server, each connection of the pool fails once."""
        for _ in range(READERS + 1):
            async with self._pool.connection() as connection:
                try:
                    return await (await connection.execute(sql, values)).fetchall()
                except OperationalError:
                    if not connection.broken:
                        raise
        async with self._pool.connection() as connection:
            return await (await connection.execute(sql, values)).fetchall()

    async def sizes(self) -> tuple[int, int]:
        """The server has one log for all of its databases, so none of it is counted."""
        rows = await self.fetch("SELECT pg_database_size(current_database()) AS bytes")
        return int(rows[0]["bytes"]), 0

    def check_place(self) -> None:
        """A server's database is nowhere else than where it was opened."""

    @asynccontextmanager
    async def transaction(
        self, *, durable: bool = True, locks: Sequence[Lock] = EVERYTHING
    ) -> AsyncIterator[Transaction]:
        async with turn(self._writing, self.on_worked):
            with self._outage.watched(writes=True), translated_errors(self.name):
                async with self._begun(durable, locks) as transaction:
                    yield transaction

    async def write(
        self,
        work: Callable[[Transaction], Coroutine[Any, Any, Result]],
        *,
        durable: bool = True,
        locks: Sequence[Lock] = EVERYTHING,
    ) -> Result:
        async with self.transaction(durable=durable, locks=locks) as transaction:
            return await work(transaction)

    @asynccontextmanager
    async def _begun(self, durable: bool, locks: Sequence[Lock]) -> AsyncIterator["PostgresTransaction"]:
        """A transaction, committed at the end, and undone after an error or a cancellation."""
        # All of it goes to the server in one message. After a lock, each statement sees what its last holder wrote.
        begin = "BEGIN" if durable else "BEGIN; SET LOCAL synchronous_commit = off"
        for lock in sorted(locks):
            begin += f"; SELECT pg_advisory_xact_lock({LOCKS + lock})"
        epoch = self.epoch
        if epoch is not None:
            begin += f"; SELECT pg_advisory_xact_lock_shared({FENCE}); SELECT epoch FROM term"
        async with self._connected(begin) as (connection, begun):
            try:
                if epoch is not None:
                    await self._check_epoch(begun, epoch)
                transaction = PostgresTransaction(connection, locks)
                yield transaction
                changes = transaction.changes
                # The sender of a process that talks needs no message.
                text = message(self.process, changes) if changes and epoch is None else None
                try:
                    await _to_the_end(transaction.commit(text))
                finally:
                    self.on_changes(changes)
            except BaseException:
                if not connection.broken and connection.info.transaction_status != TransactionStatus.IDLE:
                    await _to_the_end(_undo(connection))
                raise

    async def _check_epoch(self, begun: AsyncCursor[DictRow], epoch: int) -> None:
        """Raises Superseded if another process has begun a term."""
        while begun.nextset():
            pass
        row = await begun.fetchone()
        if row is None or row["epoch"] != epoch:
            self.on_superseded()
            raise Superseded(f"{self.name}: another process talks now; nothing was stored")

    @asynccontextmanager
    async def _connected(self, begin: str) -> AsyncIterator[tuple[Connection, AsyncCursor[DictRow]]]:
        """A connection on which `begin` was run. Nothing is done yet, so a connection that is lost is replaced."""
        for last in [False] * (READERS + 1) + [True]:
            async with self._pool.connection() as connection:
                try:
                    begun = await connection.execute(begin.encode())
                except OperationalError:
                    if last or not connection.broken:
                        raise
                    continue
                yield connection, begun
                return

    async def close(self) -> None:
        await self._pool.close()


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do what a cancellation must not leave half done. The cancellation is raised when the work has ended."""
    doing = asyncio.ensure_future(work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not doing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([doing])
        doing.exception()  # nobody waits for it any more
        raise


async def _undo(connection: Connection) -> None:
    """Undo the transaction of a connection.

    What psycopg takes for prepared may never have reached the server, which leaves out all statements after the first
    one that failed. So both forget it.
    """
    try:
        await connection.execute("ROLLBACK; DEALLOCATE ALL")
    except PsycopgError:  # e.g. it was cancelled twice in the middle of several statements
        await connection.close()


class PostgresTransaction(Changing):
    """A `Transaction` on a connection of the pool.

    Statements whose answer nobody waits for go to the server together with the next one. Without that, each of them
    would cost a round trip.
    """

    full_text: FullText = PostgresFullText()

    def __init__(self, connection: Connection, locks: Sequence[Lock]) -> None:
        super().__init__()
        self._connection = connection
        self._locks = HeldLocks(locks)
        self._collected: list[tuple[Any, Values | None]] = []

    async def fetch(self, sql: str, values: Values | None = None) -> Sequence[Row]:
        return await (await self._run(query(sql), values)).fetchall()

    async def change(self, sql: str, values: Values | None = None) -> int:
        return (await self._run(query(sql), values)).rowcount

    async def execute(self, sql: str, values: Values | None = None) -> None:
        await self._collect(query(sql), values)

    async def execute_many(self, sql: str, values: Sequence[Values]) -> None:
        if len(values) < MANY:
            for one in values:
                await self._collect(query(sql), one)
            return
        with _first_failure_told():
            if self._collected:
                async with self._connection.pipeline():
                    await self._send_collected()
            async with self._connection.cursor() as cursor:
                await cursor.executemany(query(sql), values)

    async def lock(self, lock: Lock) -> None:
        if self._locks.add(lock):
            await self._collect(f"SELECT pg_advisory_xact_lock({LOCKS + lock})".encode(), None)

    async def commit(self, text: str | None) -> None:
        """Commit, and send that message to the processes that listen. The server does not do one without the other.

        The server commits transactions with messages one after another. So only changes are told like this, and not
        that there are new messages to send.
        """
        if text is not None:
            await self._collect(query("SELECT pg_notify(:channel, :text)"), {"channel": CHANNEL, "text": text})
        await self._run("COMMIT", None)

    async def _collect(self, statement: Any, values: Values | None) -> None:
        """Run a statement later, with the values that it has now."""
        if len(self._collected) >= MOST_COLLECTED:
            await self._run(statement, values)
        else:
            self._collected.append((statement, values and dict(values)))

    async def _run(self, statement: Any, values: Values | None) -> AsyncCursor[DictRow]:
        """Run what was collected and then a statement, in one round trip. Returns the answer to the statement."""
        if not self._collected:
            return await self._connection.execute(statement, values)
        with _first_failure_told():
            async with self._connection.pipeline():
                await self._send_collected()
                return await self._connection.execute(statement, values)

    async def _send_collected(self) -> None:
        collected, self._collected = self._collected, []
        for one in collected:
            await self._connection.execute(*one)


@contextmanager
def _first_failure_told() -> Iterator[None]:
    """Raise the failure of the first of several statements instead of the last one that the server has left out."""
    try:
        yield
    except PipelineAborted as error:
        failure: BaseException = error
        while isinstance(failure, PipelineAborted) and failure.__context__ is not None:
            failure = failure.__context__
        raise failure from None


def query(sql: str) -> Any:
    """Returns a statement of the topics as psycopg takes it. The topics put no value of anybody into a statement."""
    return postgres_sql(sql)


async def open_postgres(url: str, *, create: bool = True, runs: bool = False) -> PostgresDatabase:
    """Connect to the database at that address, and bring it to the newest version.

    `runs` says that the process runs the bot, so that `inspecting.running_machines` finds it.
    A database without tables gets them, or is refused with NoDatabase if `create` is false. Raises the errors of
    `storage.errors`: an address that can't be read, a server that can't be reached or refuses us, and a database that
    is newer, are told apart.
    """
    check_postgres_address(url)
    name, process = name_of(url), process_name(RUN if runs else COMMAND)
    with translated_errors(name):
        connection = await connect(url, process=process)
        try:
            await migrate(connection, name, create=create)
        finally:
            await connection.close()
        pool = AsyncConnectionPool[Connection](
            conninfo_of(url),
            min_size=READERS + 1,
            max_size=READERS + 1,
            open=False,
            timeout=CONNECTION_SECONDS,
            # The pool doubles its pauses between attempts, and then gives up until somebody else wants a connection.
            # So it begins anew after a few seconds: a server that was away for long is not waited for as long again.
            reconnect_timeout=RECONNECT_SECONDS,
            reconnect_failed=_begin_anew,
            configure=_configure,
            kwargs=_options(process),
            connection_class=AsyncConnection[DictRow],
        )
        try:
            await pool.open(wait=True, timeout=20)
        except BaseException:
            await pool.close()
            raise
    return PostgresDatabase(name, process, pool)


async def _begin_anew(pool: AsyncConnectionPool[Any]) -> None:
    """Want a connection for a moment, so that the pool tries again to connect."""
    with suppress(PoolTimeout, PoolClosed):
        async with pool.connection(timeout=0.05):
            pass


async def connect(url: str, *, process: str) -> Connection:
    """Returns a connection of its own, as those of the pool are. Raises psycopg's errors."""
    connection = await AsyncConnection[DictRow].connect(conninfo_of(url), **_options(process))
    try:
        _check_server(connection, name_of(url))
        await _configure(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


def _check_server(connection: Connection, subject: str) -> None:
    """Raises DatabaseRefused if the server or the database is of a kind that the bot can't use."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise DatabaseRefused(f"{subject}: PostgreSQL {version} is too old; expected {OLDEST_SERVER} or newer")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseRefused(
            f"{subject}: the database is encoded in {encoding}, which can't hold all languages; expected one that was"
            " made with createdb --encoding=UTF8 --template=template0"
        )


def process_name(program: str) -> str:
    """Returns a name for the connections of this process. It tells the machine, and no other process has it."""
    return f"{program}@{machine()}:{secrets.token_hex(8)}"


def machine() -> str:
    """Returns the name of this machine, or its end if it is long: the machines of a group differ at the end."""
    return socket.gethostname().encode("ascii", "replace").decode()[-LONGEST_MACHINE:]


def machine_of(process: str) -> str:
    """Returns the machine in the name of a process."""
    return process.partition("@")[2].rpartition(":")[0]


async def _configure(connection: Connection) -> None:
    connection.prepared_max = STATEMENTS_PREPARED
    # To compile a query takes longer than any query of ours runs.
    await connection.execute("SET jit = off")
    await connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    await connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")


def _options(process: str) -> dict[str, Any]:
    adapters: AdaptersMap = ADAPTERS
    return {
        "autocommit": True,
        "row_factory": dict_row,
        "context": Context(adapters),
        "application_name": process,
    }


class Context:
    """How values are turned into PostgreSQL's and back; what psycopg calls an `AdaptContext`."""

    connection = None

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters


def check_postgres_address(url: str) -> None:
    """Raises UnknownDatabase if libpq can't read the address, or if it names no database."""
    parts: dict[str, Any] | None = None
    # What libpq says may hold the password. So it is no cause of this error, either.
    with suppress(ProgrammingError):
        parts = dict(conninfo_to_dict(url))
    if parts is None or _has_password_elsewhere(parts):
        raise UnknownDatabase(
            "the address of the database can't be read: expected postgresql://user:password@host/name, where signs of"
            " the password other than letters and digits are written like %40"
        )
    if not parts.get("dbname"):
        raise UnknownDatabase("the address names no database: expected postgresql://user@host/name")


def _has_password_elsewhere(parts: dict[str, Any]) -> bool:
    """Returns whether libpq took a part of the password for something else, which messages would show.

    After `@` or `/` in a password, the rest of the address is the host, the port or the name of the database.
    """
    host, port, name = (str(parts.get(key) or "") for key in ("host", "port", "dbname"))
    return "@" in host[1:] or "@" in name or (port != "" and not port.replace(",", "0").isdecimal())


def password_in(url: str) -> str:
    """Returns the password in an address, or "". What is also the name of the user or the database hides nothing."""
    parts = conninfo_to_dict(url)
    password = str(parts.get("password") or "")
    return "" if password in (parts.get("user"), parts.get("dbname")) else password


def conninfo_of(url: str) -> str:
    """Returns libpq's form of an address, with our defaults for what the address leaves open."""
    return make_conninfo("", **(_DEFAULTS | conninfo_to_dict(url)))


def name_of(url: str) -> str:
    """Returns the address of a database without its password and options, for messages."""
    parts = conninfo_to_dict(url)
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host') or ''}{port}/{parts.get('dbname') or ''}"
