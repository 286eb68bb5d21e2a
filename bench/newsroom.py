"""A database with subscribers, articles for them, and the sender that brings one to the other.

`python -m bench.newsroom DATABASE COUNT` makes the subscribers of a large one.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telegram.ext import ExtBot

from bench.postgres import SERVER
from bench.telegram import Telegram, bot_on, python
from bot.app import tune_garbage_collector
from bot.deliver.pace import Pacer
from bot.deliver.sender import Sender
from bot.ingest.draft import Draft
from bot.ingest.prepare import category_name, category_names, prepare_texts
from bot.metrics import Metrics
from bot.telegram_http import AiohttpRequest
from storage import Storage, copy_database, open_storage
from storage.records import ChatKind, ChatSettings, Lane, NewArticle

BATCH = 10_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the situations are made."""

    chats: int  # the largest number of subscribers
    broadcast: int  # subscribers where the rate is what matters
    seconds: float  # for which readers ask
    kills: int
    feeds: int
    interval: int  # seconds between two visits to a feed
    archive: int  # articles
    kept: int  # the largest number of deliveries that were sent already
    asked: int  # times that each list is asked for


FULL = Size(
    chats=100_000,
    broadcast=1_500,
    seconds=60,
    kills=20,
    feeds=10_000,
    interval=300,
    archive=100_000,
    kept=1_000_000,
    asked=300,
)
QUICK = Size(chats=1_000, broadcast=90, seconds=3, kills=3, feeds=60, interval=15, archive=300, kept=3_000, asked=30)


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def newsroom(subscribers: int) -> AsyncIterator[Storage]:
    """A database of its own on disk, with so many private chats that want everything."""
    with new_database() as url:
        async with open_storage(url) as storage:
            if subscribers <= BATCH:
                await subscribe(storage, 1, subscribers)
            else:  # elsewhere, so that the memory that it takes is not counted as ours
                await (await python("bench.newsroom", address(storage), str(subscribers))).wait()
            yield storage


@contextmanager
def new_database() -> Iterator[str]:
    """The address of a new database, on the server if there is one. It is deleted in the end."""
    if server := SERVER.get():
        try:
            yield server.new_database()
        finally:
            server.drop_made()
        return
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


@asynccontextmanager
async def filled_database(fill: Callable[[Path], None]) -> AsyncIterator[str]:
    """The address of a new database. `fill` fills a SQLite file, which is copied to the server if there is one."""
    with tempfile.TemporaryDirectory(prefix="newsbot-bench-") as folder:
        path = Path(folder) / "bench.db"
        file = f"sqlite:///{path}"
        async with open_storage(file):
            await asyncio.to_thread(fill, path)
        if SERVER.get() is None:
            yield file
            return
        with new_database() as url:
            await asyncio.to_thread(copy_database, file, url, on_progress=lambda *_: None)
            path.unlink()
            yield url


def address(storage: Storage) -> str:
    """Where another process, or another part of this one, finds the same database."""
    name = storage.database.name
    server = SERVER.get()
    return server.url(name.rpartition("/")[2]) if server else f"sqlite:///{name}"


async def subscribe(storage: Storage, first: int, count: int, *, subscribed: bool = True, category: str = "") -> None:
    """Private chats with the ids from `first` on; with a category they want that only."""
    for start in range(first, first + count, BATCH):
        ids = range(start, min(start + BATCH, first + count))
        await storage.settings.put([_chat(number, subscribed, category) for number in ids], now=LONG_AGO)


def _chat(number: int, subscribed: bool, category: str) -> ChatSettings:
    return ChatSettings(
        chat_id=number,
        kind=ChatKind.PRIVATE if number > 0 else ChatKind.GROUP,
        language="en",
        timezone="UTC",
        subscribed=subscribed,
        categories=(name,) if (name := category_name(category)) else (),
    )


async def publish(
    storage: Storage,
    *,
    category: str = "Sea",
    count: int = 1,
    title: str = "Ferry arrives",
    body: str = "It came at noon.\n\nEverybody was there.",
    at: datetime | None = None,
) -> float:
    """Store articles that everybody who wants the category is owed; the milliseconds that it took."""
    draft = Draft(title=title, body=body, categories=(category,))
    moment = at or now()
    ((text, search, _),) = prepare_texts([draft])
    articles = [
        NewArticle(
            identity=f"{category} {title} {number}",
            text=text,
            search=search,
            categories=category_names([category]),
            published_at=moment,
            published_on=None,
            lane=Lane.ALERT,
        )
        for number in range(count)
    ]
    begun = time.perf_counter()
    await storage.articles.store(articles, now=moment)
    return 1000 * (time.perf_counter() - begun)


@asynccontextmanager
async def sending(
    storage: Storage, server: Telegram, rate: float | None, *, paid: bool = False
) -> AsyncIterator[tuple[Sender, ExtBot[Any]]]:
    """A sender that begins with its first `wake`, and the bot that it sends by."""
    tune_garbage_collector()  # as `newsbot run` does
    pacer = Pacer(rate)
    async with bot_on(server, pacer) as bot:
        metrics = Metrics(version="bench", sqlite="", promise_seconds=120)  # a bot that runs reports to them
        storage.database.on_worked = metrics.database_worked
        if isinstance(request := bot.request, AiohttpRequest):
            request.on_answered = metrics.telegram_answered
        sender = Sender(
            storage,
            bot,
            pacer,
            rate=rate,
            paid_broadcast=paid,
            now=now,
            on_committed=metrics.outcomes_committed,
        )
        await storage.leadership.acquire(on_standing_by=lambda other: None)
        try:
            yield sender, bot
        finally:
            await sender.stop()
            await storage.leadership.release()


async def wait_until_settled(storage: Storage, count: int) -> None:
    """Return when so many deliveries are committed as sent. Asked seldom: counting them is a scan."""
    while True:
        if (await storage.deliveries.stats(now=now())).deliveries["sent"] >= count:
            return
        await asyncio.sleep(min(1.0, max(0.05, count / 200_000)))


async def main(database: str, count: int) -> None:
    async with open_storage(database) as storage:
        await subscribe(storage, 1, count)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
