"""How fast one article reaches many chats: `python bench/delivery.py [CHATS]` prints a table.

Each line is the whole way, from the fan-out's row to the committed outcome, on a database in a temporary folder and
against `bench/server.py` in a process of its own. CPU is this process's, all threads together.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telegram.ext import ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.app import ease_collector
from bot.deliver.pace import Pacer
from bot.deliver.sender import Sender
from bot.ingest.draft import Draft
from bot.ingest.texts import category_name, texts
from bot.telegram_http import AiohttpRequest
from storage import Storage, open_storage
from storage.records import ChatSettings, Lane, NewArticle

BATCH = 10_000


@contextmanager
def telegram() -> Iterator[str]:
    """The address of a server that ends with the block."""
    command = [sys.executable, str(Path(__file__).with_name("server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


@asynccontextmanager
async def bot_on(url: str, request: BaseRequest, pacer: Pacer | None = None) -> AsyncIterator[ExtBot[Any]]:
    bot: ExtBot[Any] = ExtBot("1:bench", base_url=f"{url}/bot", request=request, rate_limiter=pacer)
    async with bot:
        yield bot


async def subscribers(storage: Storage, count: int) -> None:
    for first in range(1, count + 1, BATCH):
        numbers = range(first, min(first + BATCH, count + 1))
        batch = [ChatSettings(chat_id=number, language="en", timezone="UTC") for number in numbers]
        await storage.chats.put(batch, now=datetime(2020, 1, 1, tzinfo=UTC))


async def publish(storage: Storage) -> float:
    """Store an article that everybody is owed; the seconds that it took."""
    draft = Draft(title="Ferry arrives", body="It came at noon.\n\nEverybody was there.", category="Sea")
    ((text, search),) = texts([draft])
    now = datetime.now(UTC)
    article = NewArticle(
        identity="bench",
        text=text,
        search=search,
        category=category_name(draft.category),
        published_at=now,
        published_on=None,
        lane=Lane.ALERT,
    )
    begun = time.perf_counter()
    await storage.articles.store([article], now=now)
    return time.perf_counter() - begun


async def broadcast(url: str, count: int, rate: float | None, folder: str) -> str:
    async with open_storage(f"sqlite:///{folder}/{count}-{rate}.db") as storage:
        await subscribers(storage, count)
        published = await publish(storage)
        pacer = Pacer(rate)
        async with bot_on(url, AiohttpRequest(), pacer) as bot:
            sender = Sender(storage, bot, pacer, rate=rate, paid_broadcast=False, now=lambda: datetime.now(UTC))
            begun, cpu = time.perf_counter(), time.process_time()
            sender.wake()
            await until_sent(storage, count)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
            await sender.stop()
    asked = f"{rate:,.0f}/s" if rate else "any rate"
    return (
        f"{count:>10,} chats at {asked:>8}: {count / seconds:>7,.0f}/s, {1e6 * cpu / count:>5.0f} µs CPU each,"
        f" published in {1000 * published:.0f} ms, {_resident_mb():.0f} MB"
    )


async def until_sent(storage: Storage, count: int) -> None:
    """Looked at seldom, so that the looking costs next to nothing: counting is a scan."""
    while True:
        await asyncio.sleep(0.25)
        if (await storage.deliveries.stats(now=datetime.now(UTC))).deliveries["sent"] >= count:
            return


async def library_alone(url: str, request: BaseRequest, count: int) -> str:
    """The library's send_message without storage, pacing or order: what the transport allows."""
    async with bot_on(url, request) as bot:
        numbers = iter(range(count))

        async def send() -> None:
            for number in numbers:
                await bot.send_message(number + 1, "Ferry arrives")

        begun, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(send() for _ in range(100)))
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    name = type(request).__name__
    return f"{name:>24} alone: {count / seconds:>7,.0f}/s, {1e6 * cpu / count:>5.0f} µs CPU each"


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(count: int) -> None:
    with telegram() as url, tempfile.TemporaryDirectory() as folder:
        print(await library_alone(url, HTTPXRequest(connection_pool_size=100), min(count, 3_000)), flush=True)
        print(await library_alone(url, AiohttpRequest(), min(count, 20_000)), flush=True)
        print(await broadcast(url, min(count, 300), 30.0, folder), flush=True)
        print(await broadcast(url, min(count, 10_000), 1000.0, folder), flush=True)
        print(await broadcast(url, count, None, folder), flush=True)


if __name__ == "__main__":
    ease_collector()
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
