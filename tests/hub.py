"""A WebSub hub for tests, on loopback: it takes subscriptions, verifies them, and sends what a publisher gives it."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

LEASE = 10 * 86_400


@dataclass
class Hub:
    """What a test tells it to do, and what it was asked."""

    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    status: int = 202  # of its answers to requests
    location: str = ""  # where it sends who asks
    verifies: bool = True
    verifies_first: bool = False  # before it answers
    denies: str = ""  # the reason for which it denies what it took
    lease: str = str(LEASE)
    verified: list[tuple[str, int, bool]] = field(default_factory=list)  # mode, status, whether it was echoed
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def last(self) -> dict[str, str]:
        return self.requests[-1]

    async def handle(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self.location:
            return web.Response(status=307, headers={"Location": self.location})
        self.requests.append(form)
        if self.status // 100 == 2:
            if self.denies:
                self._begin(self.call(form, mode="denied", reason=self.denies))
            elif self.verifies_first:
                await self.verify(form)
            elif self.verifies:
                self._begin(self.verify(form))
        return web.Response(status=self.status, text="one line\nof it" if self.status >= 400 else "")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def settle(self) -> None:
        """Wait for the verifications that are under way."""
        await asyncio.gather(*self.tasks)

    async def verify(self, form: dict[str, str]) -> None:
        await self.call(form, mode=form["hub.mode"], challenge="c-123", lease_seconds=self.lease)

    async def call(self, form: dict[str, str], **said: str) -> None:
        """Ask the subscriber, as this hub or as a liar would."""
        query = {"hub.topic": form["hub.topic"]} | {f"hub.{name}": value for name, value in said.items()}
        async with (
            aiohttp.ClientSession() as client,
            client.get(form["hub.callback"], params=query) as answer,
        ):
            text = await answer.text()
            self.verified.append((said["mode"], answer.status, text == said.get("challenge")))

    async def send(
        self, body: str | bytes, *, form: dict[str, str] | None = None, method: str = "sha256", **headers: str | None
    ) -> int:
        """Send content to a subscriber, signed unless `X_Hub_Signature` says otherwise. Returns the status."""
        to = form or self.last
        data = body.encode() if isinstance(body, str) else body
        digest = hmac.new(to["hub.secret"].encode(), data, getattr(hashlib, method)).hexdigest()
        sent: dict[str, str | None] = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as client,
            client.post(
                to["hub.callback"],
                data=data,
                headers={name: value for name, value in sent.items() if value is not None},
            ) as answer,
        ):
            return answer.status


@asynccontextmanager
async def opened_hub() -> AsyncIterator[Hub]:
    hub = Hub()
    application = web.Application()
    application.router.add_post("/hub", hub.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hub"
    try:
        yield hub
    finally:
        await hub.settle()
        await runner.cleanup()
