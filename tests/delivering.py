"""A sender on the simulator for tests, and waiting for what it does."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, LiteralString
from unittest.mock import patch

import psycopg
from telegram.ext import ExtBot

from bench.postgres import USER
from bot.deliver.pace import Pacer
from bot.deliver.sender import Sender
from bot.sim import Simulator
from bot.telegram_http import AiohttpRequest
from bot.timetable import next_digest
from storage import Storage
from storage.records import Lane, Timetable
from tests.conftest import Clock
from tests.makers import NOON, new_article, stored


async def publish_in_turn(storage: Storage, clock: Clock, *names: str, lane: Lane = Lane.ALERT) -> None:
    """Store an article with each of these names, one each minute."""
    for name in names:
        await stored(storage, new_article(name, published_at=clock(), lane=lane), now=clock())
        clock.advance(minutes=1)


async def choose_timetable(storage: Storage, chat: int, timetable: Timetable, clock: Clock) -> None:
    """Let a chat get its news so, with its first digest when it is due in UTC."""
    await storage.chats.set_timetable(chat, timetable, digest_at=next_digest(timetable, UTC, clock()), now=clock())


class OneByOne(AiohttpRequest):
    """Sends a request when the one before was answered."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = asyncio.Lock()

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        async with self._turn:
            return await super().do_request(*args, **named)


@contextmanager
def without_chat_pace() -> Iterator[None]:
    """Any number of messages may go to one chat at once."""
    with patch("bot.deliver.pace.CHAT_INTERVAL", 0.0), patch("bot.deliver.pace.GROUP_WINDOW", 0.0):
        yield


@asynccontextmanager
async def full_disk(storage: Storage) -> AsyncIterator[None]:
    """Nothing can be written, as on a full disk."""
    if storage.database.name.startswith("postgresql:"):
        await asyncio.to_thread(_on_server, storage, _FILL_DISK)
        try:
            yield
        finally:
            await asyncio.to_thread(_on_server, storage, _MAKE_ROOM)
    else:
        with _full_log(storage):
            yield


@asynccontextmanager
async def no_page_more(storage: Storage) -> AsyncIterator[None]:
    """Nothing can be written that needs a page more than the database has. On a server: nothing at all."""
    if storage.database.name.startswith("postgresql:"):
        async with full_disk(storage):
            yield
        return
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1")  # no more than it has
    try:
        yield
    finally:
        async with storage.database.transaction() as transaction:
            await transaction.fetch("PRAGMA max_page_count = 1000000")


# Each table but the one of terms refuses each statement, with the error of a server whose disk is full.
_FILL_DISK: Final = """
CREATE FUNCTION refuse_as_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$;
DO $$ DECLARE name text; BEGIN FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'term' LOOP
    EXECUTE format('CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE OR DELETE ON %I
                    EXECUTE FUNCTION refuse_as_full()', name);
END LOOP; END $$
"""
_MAKE_ROOM: Final = "DROP FUNCTION refuse_as_full CASCADE"


def _on_server(storage: Storage, statements: LiteralString) -> None:
    folder, _, name = storage.database.name.partition("@")[2].rpartition("/")
    with psycopg.connect(host=folder, dbname=name, user=USER, autocommit=True) as connection:
        # Shorter than the server looks for deadlocks, so that it is never a transaction of the bot that is ended.
        connection.execute("SET lock_timeout = '100ms'")
        while True:
            try:
                connection.execute(statements)
            except psycopg.errors.LockNotAvailable:
                continue
            break


@contextmanager
def _full_log(storage: Storage) -> Iterator[None]:
    """What SQLite writes first, its log, may not grow."""
    log = Path(f"{storage.database.name}-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@asynccontextmanager
async def elected(storage: Storage) -> AsyncIterator[None]:
    """This process is the one that talks."""

    def refuse(holder: str) -> None:
        raise AssertionError(f"{holder} talks already")

    await storage.leadership.acquire(on_standing_by=refuse)
    try:
        yield
    finally:
        await storage.leadership.release()


@asynccontextmanager
async def sending(
    storage: Storage,
    sim: Simulator,
    *,
    rate: float | None = None,
    clock: Callable[[], datetime] = lambda: NOON,
    alert_hours: float = 6.0,
    read_seconds: float = 10,
    one_by_one: bool = False,
) -> AsyncIterator[Sender]:
    """A sender at work. It is the clock's time for it, and time goes on from there.

    With `one_by_one` the simulator gets the requests in the order in which they were sent.
    """
    begun = time.monotonic()

    def now() -> datetime:
        return clock() + timedelta(seconds=time.monotonic() - begun)

    pacer = Pacer(rate)
    bot: ExtBot[Any] = ExtBot(
        sim.token,
        base_url=f"{sim.url}/bot",
        request=OneByOne() if one_by_one else AiohttpRequest(read_seconds=read_seconds, connect_seconds=read_seconds),
        get_updates_request=AiohttpRequest(),
        rate_limiter=pacer,
    )
    # That a chat gets no more than a message a second is shown in test_deliver_pace.py, where no time passes.
    with without_chat_pace():
        async with elected(storage), bot:
            sender = Sender(storage, bot, pacer, rate=rate, paid_broadcast=False, now=now, alert_hours=alert_hours)
            sender.wake()
            try:
                yield sender
            finally:
                await sender.stop()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the simulator does not see."""
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.05)


def _was_called_after(sim: Simulator, before: int) -> bool:
    return len(sim.calls) > before


async def wait_until_settled(storage: Storage, sim: Simulator, *, held: int = 0, **counts: int) -> None:
    """Wait until what is owed stands like this, e.g. sent=3. At least `held` deliveries are on hold."""
    async with asyncio.timeout(60):
        while True:
            found = (await storage.deliveries.stats(now=NOON)).deliveries
            on_hold = await storage.database.fetch("SELECT 1 FROM deliveries WHERE held_until IS NOT NULL")
            is_so = all(found[state] == count for state, count in counts.items()) and len(on_hold) >= held
            if is_so and not found["sending"]:
                return
            before = len(sim.calls)
            waiting = asyncio.create_task(sim.until(partial(_was_called_after, sim, before)))
            await asyncio.wait({waiting}, timeout=0.05)
            waiting.cancel()


def sends_per_chat(sim: Simulator) -> Counter[int]:
    return Counter(c.values["chat_id"] for c in sim.calls if c.method == "sendMessage" and c.status == 200)


def unreached(sim: Simulator, chats: int) -> int:
    """Returns the last of these chats that has no message yet. PostgreSQL gives out deliveries in any order."""
    reached = sends_per_chat(sim)
    return max(chat for chat in range(1, chats + 1) if chat not in reached)
