"""Readers first: the bot as `newsbot run` builds it, with its handlers and polling, while a broadcast goes out."""

import asyncio
from collections.abc import AsyncIterator

from bench.newsroom import Size, address, newsroom, publish, subscribe
from bench.rows import Meter, Row
from bench.server import READERS
from bench.telegram import TOKEN, Telegram, telegram
from bot import app
from bot.config import Config, Secret

EVERY = 0.2  # seconds
RATE = 30
PATIENCE = 20.0  # seconds
CHATS = 50  # that ask in turns: each of them every ten seconds


async def readers(size: Size) -> AsyncIterator[Row]:
    """From an update being handed out to its answer's arrival."""
    asked = int(size.seconds / EVERY)
    yield await _asking("/latest, nothing else to do", 0, asked)
    yield await _asking(f"/latest, {size.chats:,} alerts going out", size.chats, asked)


async def _asking(situation: str, owed: int, asked: int) -> Row:
    async with newsroom(owed) as storage, telegram(per_second=RATE, per_chat=4) as server:
        await subscribe(storage, READERS, CHATS, subscribed=False)
        await publish(storage)
        stop = asyncio.Event()
        config = Config(token=Secret(TOKEN), api_url=server.url, database=address(storage), rate=float(RATE))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(app.run(config, stop=stop))
            try:
                if owed:
                    await server.until(accepted=min(owed, RATE))
                meter = Meter("readers", situation)
                before = (await server.counts()).accepted
                await server.readers(first=READERS, chats=CHATS, every=EVERY, count=asked, text="/latest")
                await wait_until_answered(server, asked)
                meter.stop()
                counts = await server.counts()
            finally:
                stop.set()
    return meter.row(counts, {"asked": counts.asked, "answered": len(counts.waits)}, before=before)


async def wait_until_answered(server: Telegram, asked: int) -> None:
    """Return when everybody has an answer. Raises TimeoutError a while after the last question."""
    await asyncio.sleep(asked * EVERY)
    async with asyncio.timeout(PATIENCE):
        while True:
            if len((await server.counts()).waits) >= asked:
                return
            await asyncio.sleep(0.1)
