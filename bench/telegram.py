"""The bench's own Telegram: `bench/server.py` in a process of its own, and what can be asked of it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from telegram.ext import BaseRateLimiter, ExtBot
from telegram.request import BaseRequest

from bot.telegram_http import AiohttpRequest

ROOT = Path(__file__).parent.parent
TOKEN = "1:bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    accepted: int  # messages
    refused: int
    most_in_a_second: int  # accepted or refused, in any one second
    first_at: float  # time.monotonic() of the first message that was accepted
    last_at: float
    reached: int  # private chats of subscribers that got a message
    twice: int  # messages beyond the first in their chat
    asked: int  # by readers
    answered: int  # readers that got a message
    waits: tuple[float, ...]  # milliseconds that readers waited for an answer


class Telegram:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def limit(self, **limits: Any) -> None:
        """These limits, and no others, hold from now on."""
        await self._ask("limits", limits)

    async def readers(self, **how: Any) -> None:
        await self._ask("readers", how)

    async def counts(self) -> Counts:
        return _counts(await self._ask("counts", {}))

    async def until(self, **reached: int) -> Counts:
        """The counts as soon as so many messages are accepted, or so many subscribers have one."""
        return _counts(await self._ask("until", reached))

    async def _ask(self, question: str, values: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(f"{self.url}/bench/{question}", data=json.dumps(values)) as answer:
            found: dict[str, Any] = await answer.json()
            return found


@asynccontextmanager
async def telegram(**limits: Any) -> AsyncIterator[Telegram]:
    """A server with these limits. It ends with the block, and with this process however that ends."""
    process = await python("bench.server")
    assert process.stdout is not None
    try:
        port = (await process.stdout.readline()).decode().strip()
        async with telegram_at(f"http://127.0.0.1:{port}") as server:
            await server.limit(**limits)
            yield server
    finally:
        await stop_process(process)


@asynccontextmanager
async def telegram_at(url: str) -> AsyncIterator[Telegram]:
    """One that runs already."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        yield Telegram(url, session)


@asynccontextmanager
async def bot_on(
    server: Telegram, limiter: BaseRateLimiter[Any] | None, request: BaseRequest | None = None
) -> AsyncIterator[ExtBot[Any]]:
    bot: ExtBot[Any] = ExtBot(
        TOKEN, base_url=f"{server.url}/bot", request=request or AiohttpRequest(), rate_limiter=limiter
    )
    async with bot:
        yield bot


async def python(module: str, *arguments: str) -> Process:
    """A process of that module, which ends with its standard input."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdin=PIPE, stdout=PIPE
    )


async def stop_process(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _counts(found: dict[str, Any]) -> Counts:
    return Counts(**found | {"waits": tuple(found["waits"])})
