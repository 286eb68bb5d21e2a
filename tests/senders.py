"""Programs that call a hook, for tests: each signs as the real one does."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import aiohttp

from bot.ingest.hooks import HookReceiver
from bot.ingest.refresh import Ingest
from bot.ingest.waiting_calls import WaitingCalls
from bot.web.hooks import hook_routes
from storage import Storage
from storage.records import HookKind
from tests.makers import NOON
from tests.web import serving

SECRET = "known-to-the-newsroom-only"
LARGEST = 1_000_000  # bytes
JSON = "application/json"
ARTICLE = {"id": "ferry", "title": "Ferry sails at noon", "body": "It left the harbour at noon.", "version": 1}


def bearer(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Newsbot-Signature": f"sha256={digest}", "X-Newsbot-Timestamp": seconds}


def ghost(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    milliseconds = str(int(at.timestamp() * 1000))
    digest = hmac.new(secret.encode(), body + milliseconds.encode(), hashlib.sha256).hexdigest()
    return {"X-Ghost-Signature": f"sha256={digest}, t={milliseconds}"}


def old_ghost(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    """As Ghost signed until July 2024: the time is told, and not signed."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Ghost-Signature": f"sha256={digest}, t={int(at.timestamp() * 1000)}"}


def wordpress(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"X-WP-Webhook-Signature": base64.b64encode(digest).decode()}


def superdesk(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    return {"X-Superdesk-Signature": f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"}


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Stored, changed, withdrawn, unchanged."""
        assert self.status == 202, self
        return self.body["stored"], self.body["changed"], self.body["withdrawn"], self.body["unchanged"]


@dataclass
class Door:
    """The door for hooks, on a real server."""

    ingest: Ingest
    clock: Callable[[], datetime]
    url: str
    client: aiohttp.ClientSession
    called: list[tuple[str, str]]  # the kind and the result of each call

    async def add(self, kind: HookKind = HookKind.GENERIC, name: str = "newsroom", **settings: Any) -> None:
        added = await self.ingest.storage.hooks.add(name, kind, SECRET, now=self.clock(), **settings)
        assert added is not None

    async def post(
        self, body: Any, headers: dict[str, str] | None = None, *, name: str = "newsroom", content_type: str = JSON
    ) -> Answer:
        """Call a hook. Without headers, the secret is sent."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        sent = (bearer() if headers is None else headers) | {"Content-Type": content_type}
        async with self.client.post(f"/hooks/{name}", data=data, headers=sent) as answer:
            text = await answer.text()
            return Answer(answer.status, json.loads(text), answer.headers)


@asynccontextmanager
async def opened_door(
    ingest: Ingest, clock: Callable[[], datetime], *, waiting: WaitingCalls | None = None, seconds: float = 60.0
) -> AsyncIterator[Door]:
    """`seconds` are those of a call. A machine that is busy with other tests may need more than the bot allows."""
    called: list[tuple[str, str]] = []
    receiver = HookReceiver(
        ingest.storage,
        ingest.config,
        ingest,
        now=clock,
        on_called=lambda *call: called.append(call),
        waiting=waiting or WaitingCalls(lambda: 0.0),  # so that no call is refused because the machine is busy
    )
    try:
        routes = [replace(route, seconds=seconds) for route in hook_routes(receiver, max_bytes=LARGEST)]
        async with serving(routes) as (server, client):
            yield Door(ingest, clock, server.url, client, called)
    finally:
        await receiver.close()


async def titles(storage: Storage) -> list[str]:
    return sorted(article.text.title for article in await storage.articles.newest(limit=2000))


async def pushed(storage: Storage) -> int:
    return (await storage.deliveries.stats(now=NOON)).fanouts_open
