"""The webhook of the simulated Telegram: delivers updates by HTTP, and repeats them until they are taken.

Updates of one chat are delivered one after another, those of different chats at the same time. Nothing leaves the
machine: an address that is not of this machine is never asked.
"""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import aiohttp

from bot.sim.parameters import Readers, boolean, decoded
from bot.sim.refusal import bad_request
from bot.sim.world import Json

PORTS: Final = (80, 88, 443, 8443)
LONGEST_SECRET: Final = 256
MOST_CONNECTIONS: Final = 100
USUAL_CONNECTIONS: Final = 40
FIRST_PAUSE: Final = 0.05  # seconds until an update is repeated; Telegram waits longer
LONGEST_PAUSE: Final = 1.0
ANSWER_SECONDS: Final = 30.0

PARAMETERS: Final[dict[str, Readers]] = {
    "setWebhook": {
        "url": str,
        "ip_address": str,
        "max_connections": int,
        "allowed_updates": decoded,
        "drop_pending_updates": boolean,
        "secret_token": str,
    },
    "deleteWebhook": {"drop_pending_updates": boolean},
    "getWebhookInfo": {},
}


class Queue(Protocol):
    """The updates that wait for the bot."""

    def waiting_updates(self) -> list[tuple[int, Any]]:
        """Returns those that the bot has not confirmed, in order. Each has the number that confirms it."""

    async def confirm(self, number: int) -> None:
        """The bot has this update."""

    def drop(self) -> None:
        """Forget all waiting updates."""

    def allow(self, kinds: list[str] | None) -> None:
        """Take only updates of these kinds from now on. None: as before. Empty: the usual kinds."""

    def allowed_kinds(self) -> list[str]:
        """Returns the kinds that were asked for, or [] for the usual ones."""


@dataclass(frozen=True, slots=True)
class _Address:
    url: str
    secret: str
    connections: int


class Webhook:
    """At most one address that gets the updates."""

    def __init__(self, queue: Queue, unix_time: Callable[[], int], *, anywhere: bool = False) -> None:
        """If `anywhere`, addresses of this machine, plain http and any port are taken, for tests."""
        self.anywhere = anywhere
        self._queue = queue
        self._unix_time = unix_time
        self._address: _Address | None = None
        self._last_error: tuple[int, str] | None = None
        self._news = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by update
        self._running: asyncio.Task[None] | None = None

    @property
    def is_set(self) -> bool:
        return self._address is not None

    def wake(self) -> None:
        """There is a new update."""
        self._news.set()

    # The methods of the Bot API

    async def set(self, values: Json) -> bool:
        url = values.get("url", "")
        if not url:
            return await self.delete(values)
        self._check(url)
        secret = values.get("secret_token", "")
        if len(secret) > LONGEST_SECRET:
            raise bad_request("secret token is too long")
        if not re.fullmatch("[A-Za-z0-9_-]*", secret):
            raise bad_request("secret token contains unallowed characters")
        connections = values.get("max_connections", USUAL_CONNECTIONS)
        await self._stop()
        self._queue.allow(values.get("allowed_updates"))
        if values.get("drop_pending_updates"):
            self._queue.drop()
        self._last_error = None
        self._address = _Address(url, secret, min(MOST_CONNECTIONS, max(1, connections)))
        self._news.set()
        self._running = asyncio.create_task(self._run(self._address))
        return True

    async def delete(self, values: Json) -> bool:
        await self._stop()
        self._address = None
        if values.get("drop_pending_updates"):
            self._queue.drop()
        return True

    def info(self) -> Json:
        told: Json = {"url": "", "has_custom_certificate": False}
        if self._address is not None:
            told |= {"url": self._address.url, "max_connections": self._address.connections}
        told["pending_update_count"] = len(self._queue.waiting_updates())
        if kinds := self._queue.allowed_kinds():
            told["allowed_updates"] = kinds
        if self._address is not None and self._last_error is not None:
            told |= {"last_error_date": self._last_error[0], "last_error_message": self._last_error[1]}
        return told

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if self.anywhere:
            return
        if parts.scheme != "https" or not parts.hostname:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if not _is_global(parts.hostname):
            raise bad_request(f"bad webhook: IP address {parts.hostname} is reserved")

    # Delivering

    async def close(self) -> None:
        await self._stop()

    async def _stop(self) -> None:
        ending = [*self._under_way.values(), *([self._running] if self._running else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._under_way.clear()
        self._running = None

    async def _run(self, address: _Address) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
            while True:
                await self._news.wait()
                self._news.clear()
                busy: set[int] = set()  # chats
                for number, update in self._queue.waiting_updates():
                    chat = _chat_of(update)
                    if (
                        number not in self._under_way
                        and chat not in busy
                        and len(self._under_way) < address.connections
                    ):
                        self._under_way[number] = asyncio.create_task(self._deliver(session, address, number, update))
                    busy.add(chat)

    async def _deliver(self, session: aiohttp.ClientSession, address: _Address, number: int, update: Any) -> None:
        for attempt in range(10**9):
            error = await _refusal(session, address, update)
            if error is None:
                break
            self._last_error = (self._unix_time(), error)
            await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * math.pow(2, min(attempt, 10))))
        self._under_way.pop(number, None)
        await self._queue.confirm(number)
        self._news.set()


async def _refusal(session: aiohttp.ClientSession, address: _Address, update: Any) -> str | None:
    """Deliver an update once. Returns None if it was taken, or what getWebhookInfo tells."""
    host = urlsplit(address.url).hostname or ""
    if host != "localhost" and _is_global(host):
        return "Connection timed out"
    headers = {"X-Telegram-Bot-Api-Secret-Token": address.secret} if address.secret else {}
    try:
        async with session.post(address.url, json=update, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            if answer.ok and answer.status < 300:
                return None
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except TimeoutError:
        return "Read timeout expired"
    except aiohttp.ClientConnectorError:
        return "Connection refused"
    except aiohttp.ClientError:
        return "Connection reset by peer"


def _is_global(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return host != "localhost"


def _chat_of(update: Any) -> int:
    """Returns the number of the chat, or of the person, whose updates keep their order."""
    contents = [one for one in update.values() if isinstance(one, dict)] if isinstance(update, dict) else []
    for content in contents:
        for holder in (content, content.get("message")):
            for name in ("chat", "from"):
                if isinstance(holder, dict) and isinstance(holder.get(name), dict) and "id" in holder[name]:
                    return int(holder[name]["id"])
    return 0
