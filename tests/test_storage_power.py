"""What was promised is on the disk before anybody is told of it: a power cut takes nothing back."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Storage
from storage.database import Transaction
from storage.records import ChatSettings, ChatState, Sent, SourceKind, Timetable, Visit
from tests.makers import NOON, new_article, reader, readers, stored, the
from tests.page_cache import tells_unwritten_pages, unwritten_pages

SOON = NOON + timedelta(seconds=1)
FULL = 2  # of SQLite's `synchronous`


async def is_synced(transaction: Transaction, kind_of_database: str) -> bool:
    """Whether the commit of a transaction waits for the disk. On PostgreSQL: as the server's operator wants it."""
    if kind_of_database == "sqlite":
        [row] = await transaction.fetch("PRAGMA synchronous")
        return bool(row["synchronous"] == FULL)
    [row] = await transaction.fetch("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'")
    return (row["setting"], row["source"]) != ("off", "session")


async def sent(storage: Storage) -> None:
    """A message of the article goes out, and the outcome is committed."""
    await storage.deliveries.expand(limit=10, now=NOON)
    (claim,) = await storage.deliveries.claim(limit=1, now=NOON)
    await storage.deliveries.settle([Sent(claim, NOON, 7, 1, SOON)])


async def stop(storage: Storage) -> None:
    await storage.chats.unsubscribe_from_everything((await the(storage, 1)).id, now=SOON)


async def choose(storage: Storage) -> None:
    await storage.chats.set_timetable((await the(storage, 1)).id, Timetable(quiet=(22, 7)), digest_at=None, now=SOON)


async def block(storage: Storage) -> None:
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=SOON)


async def withdraw(storage: Storage) -> None:
    assert await storage.articles.retract(1, now=SOON)


async def publish(storage: Storage) -> None:
    await stored(storage, new_article("two"), now=SOON)


async def restore(storage: Storage) -> None:
    await storage.settings.put([ChatSettings(chat_id=5, language="ar", timezone="UTC")], now=SOON)


PROMISES = (sent, stop, choose, block, withdraw, publish, restore)


@pytest.mark.only_sqlite  # the log of a PostgreSQL server is the server's own
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_a_power_cut_takes_back_nothing_that_was_promised(
    storage: Storage, tmp_path: Path, promise: Callable[[Storage], Awaitable[None]]
) -> None:
    if not tells_unwritten_pages(tmp_path):
        pytest.skip("this system does not say what is on its disk")
    await readers(storage, 1)
    await stored(storage, new_article())
    await promise(storage)
    assert unwritten_pages(Path(f"{storage.database.name}-wal")) == 0


async def test_a_transaction_is_synced_unless_it_says_that_it_needs_not(
    storage: Storage, kind_of_database: str
) -> None:
    async def synced(*, durable: bool = True) -> bool:
        async with storage.database.transaction(durable=durable) as transaction:
            return await is_synced(transaction, kind_of_database)

    each = [await synced(), await synced(durable=False), await synced(durable=False), await synced()]
    assert each == [True, False, False, True]


async def test_a_unit_of_writing_is_synced_unless_it_says_that_it_needs_not(
    storage: Storage, kind_of_database: str
) -> None:
    async def synced(transaction: Transaction) -> bool:
        return await is_synced(transaction, kind_of_database)

    write = storage.database.write
    each = [await write(synced), await write(synced, durable=False), await write(synced, durable=False)]
    assert [*each, await write(synced)] == [True, False, False, True]


@pytest.mark.only_sqlite  # a unit of writing has no thread on PostgreSQL
async def test_cancelled_units_of_writing_leave_the_next_transaction_synced(storage: Storage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def slow(transaction: Transaction) -> None:
        begun.set()
        go_on.wait()

    async def quick(transaction: Transaction) -> None: ...

    async def synced() -> bool:
        async with storage.database.transaction() as transaction:
            return await is_synced(transaction, "sqlite")

    first = asyncio.create_task(storage.database.write(slow))
    await asyncio.to_thread(begun.wait)
    second = asyncio.create_task(storage.database.write(quick, durable=False))
    for writing in (first, second):
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.sleep(0)
    third = asyncio.create_task(synced())
    await asyncio.sleep(0)
    go_on.set()
    assert await third
    assert [first.cancelled(), second.cancelled()] == [True, True]


@pytest.mark.only_sqlite
async def test_what_is_found_again_after_a_power_cut_waits_for_no_disk(storage: Storage, tmp_path: Path) -> None:
    if not tells_unwritten_pages(tmp_path):
        pytest.skip("this system does not say what is on its disk")
    await reader(storage, 1)
    await stored(storage, new_article())
    source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON)
    wal = Path(f"{storage.database.name}-wal")
    assert unwritten_pages(wal) == 0
    await storage.deliveries.expand(limit=10, now=NOON)  # the fan-out's row says where it was
    assert len(await storage.deliveries.claim(limit=1, now=NOON)) == 1  # `recover` gives it back
    await storage.sources.record_visits(Visit(source_id=source.id, due_at=SOON, succeeded_at=NOON))
    assert unwritten_pages(wal) != 0


@pytest.mark.only_sqlite
async def test_the_mark_of_what_was_sent_takes_what_was_not_synced_with_it(storage: Storage, tmp_path: Path) -> None:
    """Commits reach the disk in their order: no mark can be there without the delivery that it belongs to."""
    if not tells_unwritten_pages(tmp_path):
        pytest.skip("this system does not say what is on its disk")
    await reader(storage, 1)
    await stored(storage, new_article())
    await sent(storage)
    assert unwritten_pages(Path(f"{storage.database.name}-wal")) == 0
