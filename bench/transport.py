"""What the library brings along, beside ours: its HTTP transport, and its rate limiter."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bench.newsroom import Size, newsroom, publish, sending, wait_until_settled
from bench.rows import Meter, Row
from bench.server import READERS
from bench.telegram import bot_on, telegram
from bot.telegram_http import AiohttpRequest

AT_ONCE = 100
ALLOWED = 30  # messages a second
ASK_EVERY = 0.2  # seconds
RETRIES = 5


async def transport(size: Size) -> AsyncIterator[Row]:
    """The library's send_message without storage, pacing or order."""
    stock = HTTPXRequest(connection_pool_size=AT_ONCE)
    yield await _alone("send_message, HTTPXRequest", stock, min(size.chats, 3_000))
    yield await _alone("send_message, our AiohttpRequest", AiohttpRequest(), min(size.chats, 20_000))


async def _alone(situation: str, request: BaseRequest, count: int) -> Row:
    async with telegram() as server, bot_on(server, None, request) as bot:
        chats = iter(range(1, count + 1))

        async def send() -> None:
            for chat in chats:
                await bot.send_message(chat, "Ferry arrives")

        meter = Meter("transport", situation)
        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        return meter.stop().row(await server.counts())


async def stock(size: Size) -> AsyncIterator[Row]:
    """Telegram allows 30 a second; a broadcast, and five replies a second beside it."""
    yield await _stock("AIORateLimiter, all at once", size.broadcast, at_once=size.broadcast)
    yield await _stock("AIORateLimiter, one after another", size.broadcast, at_once=1)
    yield await _ours(size.broadcast)


async def _stock(situation: str, count: int, at_once: int) -> Row:
    async with telegram(per_second=ALLOWED) as server, bot_on(server, AIORateLimiter(max_retries=RETRIES)) as bot:
        chats = iter(range(1, count + 1))

        async def send() -> int:
            return sum([await _lost(bot, chat) for chat in chats])

        meter = Meter("stock", situation)
        async with _replies(bot) as replies:
            lost = sum(await asyncio.gather(*(send() for _ in range(at_once))))
            meter.stop()
            counts = await server.counts()
    return meter.row(counts, replies.figures(lost), waits=tuple(replies.waits))


async def _lost(bot: ExtBot[Any], chat: int) -> bool:
    try:
        await bot.send_message(chat, "Ferry arrives")
    except TelegramError:
        return True
    return False


async def _ours(count: int) -> Row:
    async with newsroom(count) as storage, telegram(per_second=ALLOWED) as server:
        await publish(storage)
        async with sending(storage, server, float(ALLOWED)) as (sender, bot):
            meter = Meter("stock", "our sender and pacer")
            sender.wake()
            async with _replies(bot) as replies:
                await server.until(reached=count)
                await wait_until_settled(storage, count)
                meter.stop()
                counts = await server.counts()
    return meter.row(counts, replies.figures(lost=count - counts.reached), waits=tuple(replies.waits))


@dataclass
class Replies:
    waits: list[float] = field(default_factory=list)  # milliseconds for each that was sent
    lost: int = 0

    def figures(self, lost: int) -> dict[str, int]:
        return {"lost": lost, "replies": len(self.waits), "replies_lost": self.lost}

    async def answer(self, bot: ExtBot[Any], chat: int) -> None:
        begun = time.perf_counter()
        if await _lost(bot, chat):
            self.lost += 1
        else:
            self.waits.append(1000 * (time.perf_counter() - begun))


@asynccontextmanager
async def _replies(bot: ExtBot[Any]) -> AsyncIterator[Replies]:
    """Meanwhile a reader in one chat after another is answered. At the end, those who still wait are waited for."""
    replies = Replies()

    async def ask(answers: asyncio.TaskGroup) -> None:
        for chat in itertools.count(READERS):
            answers.create_task(replies.answer(bot, chat))
            await asyncio.sleep(ASK_EVERY)

    async with asyncio.TaskGroup() as answers:
        asking = asyncio.create_task(ask(answers))
        yield replies
        asking.cancel()
