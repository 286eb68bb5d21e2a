"""The sender beside the doors: the whole bot sends a broadcast and answers readers, while a newsroom calls a hook."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import aiohttp

from bench.broadcast import PAID
from bench.newsroom import Size, address, newsroom, now, publish, subscribe
from bench.readers import CHATS, EVERY, RATE, wait_until_answered
from bench.rows import Meter, Row
from bench.server import READERS
from bench.telegram import TOKEN, python, stop_process, telegram
from bot import app
from bot.config import Config, ListenAddress, Secret
from bot.free_ports import free_port
from storage import Storage
from storage.records import HookKind

CALLS: Final = 200  # of the hook, a second
SECRET: Final = "of-the-bench-alone"
HOOK: Final = "bench"
START_SECONDS: Final = 120.0


async def doors(size: Size) -> AsyncIterator[Row]:
    """Readers' waits at 30 messages a second, and the rate at 1,000 a second, each with and without the hook."""
    asked = int(size.seconds / EVERY)
    yield await _asking("/latest and alerts, no hooks", size.chats, asked, calls=0)
    yield await _asking(f"/latest and alerts, {CALLS} hooks a second", size.chats, asked, calls=CALLS)
    count = min(size.chats, int(PAID * size.seconds))
    yield await _broadcast("rate=1000, no hooks", count, calls=0)
    yield await _broadcast(f"rate=1000, {CALLS} hooks a second", count, calls=CALLS)


async def _asking(situation: str, owed: int, asked: int, *, calls: int) -> Row:
    async with newsroom(owed) as storage, telegram(per_second=RATE, per_chat=4) as server:
        await subscribe(storage, READERS, CHATS, subscribed=False)
        async with running(storage, server.url, rate=float(RATE)) as door, calling(storage, door, calls) as caller:
            await publish(storage)
            await server.until(accepted=min(owed, RATE))
            before = (await server.counts()).accepted
            meter = Meter("doors", situation)
            await server.readers(first=READERS, chats=CHATS, every=EVERY, count=asked, text="/latest")
            await wait_until_answered(server, asked)
            meter.stop()
            counts = await server.counts()
            told = await outcome(caller)
    more = {"asked": float(counts.asked), "answered": float(len(counts.waits))}
    return meter.row(counts, more | told, before=before)


async def _broadcast(situation: str, count: int, *, calls: int) -> Row:
    async with (
        newsroom(count) as storage,
        telegram(per_second=PAID) as server,
        running(storage, server.url, rate=float(PAID)) as door,
        calling(storage, door, calls) as caller,
    ):
        await publish(storage)
        await server.until(accepted=1)
        before = (await server.counts()).accepted
        meter = Meter("doors", situation)
        await server.until(reached=count)
        meter.stop()
        counts = await server.counts()
        told = await outcome(caller)
    return replace(meter.row(counts, told, before=before), waits=())


@asynccontextmanager
async def running(storage: Storage, api_url: str, *, rate: float) -> AsyncIterator[str]:
    """The bot, as `newsbot run` builds it. Yields the address of its HTTP server."""
    port = free_port()
    config = Config(
        token=Secret(TOKEN),
        api_url=api_url,
        database=address(storage),
        rate=rate,
        web=ListenAddress("127.0.0.1", port),
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(app.run(config, stop=stop))
        try:
            url = f"http://127.0.0.1:{port}"
            await _answers(url)
            yield url
        finally:
            stop.set()


async def _answers(url: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(url) as client:
        while True:
            try:
                async with client.get("/healthz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def calling(storage: Storage, door: str, calls: int) -> AsyncIterator[Process | None]:
    """A process that calls a hook of the bot so many times a second, and has begun to; None for none."""
    if not calls:
        yield None
        return
    await storage.hooks.add(HOOK, HookKind.GENERIC, SECRET, now=now(), category="Wire")
    async with AsyncExitStack() as parts:
        caller = await python("bench.hooks", f"{door}/hooks/{HOOK}", SECRET, str(calls))
        parts.push_async_callback(stop_process, caller)
        async with asyncio.timeout(START_SECONDS):
            while not await storage.articles.newest(limit=1):
                await asyncio.sleep(0.05)
        yield caller


async def outcome(caller: Process | None) -> dict[str, float]:
    """End the calls. Returns what came of them."""
    if caller is None:
        return {}
    assert caller.stdin is not None
    assert caller.stdout is not None
    caller.stdin.close()
    told: dict[str, Any] = json.loads(await caller.stdout.readline())
    accepted, put_off = told["answers"].get("202", 0), told["answers"].get("503", 0)
    return {
        "hooks": told["sent"],
        "hooks_per_s": told["per_second"],
        "hooks_put_off": put_off,  # with Retry-After: more of them come than can be stored beside the broadcast
        "hooks_failed": told["sent"] - accepted - put_off,
        "hooks_p50_ms": told["p50_ms"],
        "hooks_p99_ms": told["p99_ms"],
    }
