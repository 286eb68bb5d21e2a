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
FULL, NORMAL = 2, 1  # of SQLite's `synchronous`


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


async def test_a_transaction_is_synced_unless_it_says_that_it_needs_not(storage: Storage) -> None:
    async def synchronous(*, durable: bool = True) -> int:
        async with storage.database.transaction(durable=durable) as transaction:
            return int((await transaction.fetch("PRAGMA synchronous"))[0]["synchronous"])

    levels = [await synchronous(), await synchronous(durable=False), await synchronous(durable=False)]
    assert [*levels, await synchronous()] == [FULL, NORMAL, NORMAL, FULL]


async def test_a_unit_of_writing_is_synced_unless_it_says_that_it_needs_not(storage: Storage) -> None:
    async def level(transaction: Transaction) -> int:
        return int((await transaction.fetch("PRAGMA synchronous"))[0]["synchronous"])

    write = storage.database.write
    levels = [await write(level), await write(level, durable=False), await write(level, durable=False)]
    assert [*levels, await write(level)] == [FULL, NORMAL, NORMAL, FULL]


async def test_cancelled_units_of_writing_leave_the_next_transaction_synced(storage: Storage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def slow(transaction: Transaction) -> None:
        begun.set()
        go_on.wait()

    async def quick(transaction: Transaction) -> None: ...

    async def synchronous() -> int:
        async with storage.database.transaction() as transaction:
            return int((await transaction.fetch("PRAGMA synchronous"))[0]["synchronous"])

    first = asyncio.create_task(storage.database.write(slow))
    await asyncio.to_thread(begun.wait)
    second = asyncio.create_task(storage.database.write(quick, durable=False))
    for writing in (first, second):
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.sleep(0)
    third = asyncio.create_task(synchronous())
    await asyncio.sleep(0)
    go_on.set()
    assert await third == FULL
    assert [first.cancelled(), second.cancelled()] == [True, True]


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


async def test_the_mark_of_what_was_sent_takes_what_was_not_synced_with_it(storage: Storage, tmp_path: Path) -> None:
    """Commits reach the disk in their order: no mark can be there without the delivery that it belongs to."""
    if not tells_unwritten_pages(tmp_path):
        pytest.skip("this system does not say what is on its disk")
    await reader(storage, 1)
    await stored(storage, new_article())
    await sent(storage)
    assert unwritten_pages(Path(f"{storage.database.name}-wal")) == 0
