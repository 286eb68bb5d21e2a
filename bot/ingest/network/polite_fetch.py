"""Fetches article pages politely: as robots.txt allows, one page of a host at a time, with a pause between them.

Each address is checked, including those of redirects. A robots.txt is valid for a day. If there is none (4xx),
everything is allowed. If it can't be fetched (5xx, no answer), nothing is allowed for ten minutes (RFC 9309). If a
host answers 429 or 503 with Retry-After, all its pages wait that long. If several processes ingest, all of this holds
for them together: a process leases the host of a page, and leaves it with the pause that is due.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from bot.ingest.errors import Disallowed, FetchError, HostBusy, HttpError, RetryLater
from bot.ingest.formats.encoding import decode
from bot.ingest.network.fetch import Fetched, Fetcher, NotModified
from storage.errors import StorageError
from storage.leases import Leases, NoLeases

ROBOT: Final = "newsbot"  # the name that robots.txt uses for this bot
PAUSE: Final = 1.0  # seconds between two pages of a host
LOOK_SECONDS: Final = 0.25  # between two looks whether another process has left a host
LONGEST_DELAY: Final = 3600.0  # seconds of Crawl-delay that we keep
LONGEST_WAIT: Final = 15.0  # seconds for the next turn of a host; a longer wait raises HostBusy
ROBOTS_LIFE: Final = timedelta(days=1)
UNKNOWN_LIFE: Final = timedelta(minutes=10)
LARGEST_ROBOTS: Final = 500 * 1024  # bytes that are read of it, as the standard asks for at least
MAX_HOSTS: Final = 1_000  # that are remembered


@dataclass(slots=True)
class _Host:
    """The state of a host."""

    turn: asyncio.Lock
    rules: Protego | None = None  # None: nothing is allowed
    rules_until: float = 0.0
    free_at: float = 0.0  # when the next page may be asked for


class PoliteFetcher:
    """Fetches article pages. `steady` returns seconds, and `sleep` waits for some.

    `leases` are those of the process.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        leases: Leases | None = None,
    ) -> None:
        self._leases: Leases = leases or NoLeases()
        self._fetcher = fetcher
        self._steady = steady
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}

    async def get(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched | NotModified:
        """Wait for the turn of the host, and fetch the page. Raises FetchError."""
        asked: _Host | None = None  # a redirect leaves a host before it comes to the next one
        leased: dict[str, _Host] = {}

        async def may_ask(address: str) -> None:
            nonlocal asked
            host = self._host(address)
            if host is not asked:
                if asked is not None:
                    asked.turn.release()
                    asked = None
                await host.turn.acquire()
                asked = host
            await self._may_ask(address, host)
            if (name := f"pages of {_origin(address)}") not in leased:
                await self._lease(address, name)
                leased[name] = host

        try:
            answer = await self._fetcher.get(url, etag=etag, last_modified=last_modified, before_request=may_ask)
            if asked is not None and asked.rules is not None:
                asked.free_at = self._steady() + self._pause(asked.rules)  # from the end of a slow page
            return answer
        except RetryLater as error:
            if asked is not None:
                asked.free_at = self._steady() + error.after.total_seconds()
            raise
        finally:
            if asked is not None:
                asked.turn.release()
            await self._leave(leased)

    async def _lease(self, address: str, name: str) -> None:
        """Wait until no other process asks the host. Raises HostBusy."""
        gives_up_at = self._steady() + LONGEST_WAIT
        while not await self._leases.take_host(name):
            if self._steady() >= gives_up_at:
                raise HostBusy(address, "another process asks its host")
            await self._sleep(LOOK_SECONDS)

    async def _leave(self, leased: dict[str, _Host]) -> None:
        now = self._steady()
        pauses = {name: timedelta(seconds=max(0.0, host.free_at - now)) for name, host in leased.items()}
        with suppress(StorageError):  # the lease ends with the process
            await self._leases.leave_hosts(pauses)

    async def _may_ask(self, address: str, host: _Host) -> None:
        """Wait until the page may be requested. Raises Disallowed and HostBusy."""
        if host.rules_until <= self._steady():
            await self._read_rules(address, host)
        if host.rules is None:
            raise Disallowed(address, "its robots.txt can't be had, so the page isn't asked for")
        if not host.rules.can_fetch(address, ROBOT):
            raise Disallowed(address, "its robots.txt does not allow this page")
        while (wait := host.free_at - self._steady()) > 0:
            if wait > LONGEST_WAIT:
                raise HostBusy(address, f"its host is to be asked again in {wait:.0f} s")
            await self._sleep(wait)
        host.free_at = self._steady() + self._pause(host.rules)

    async def _read_rules(self, address: str, host: _Host) -> None:
        life = ROBOTS_LIFE
        try:
            answer = await self._fetcher.get(f"{_origin(address)}/robots.txt")
            body = answer.body[:LARGEST_ROBOTS] if isinstance(answer, Fetched) else b""
            host.rules = Protego.parse(decode(body))
        except HttpError as error:
            allowed = 400 <= error.status < 500 and not isinstance(error, RetryLater)
            host.rules, life = (Protego.parse(""), ROBOTS_LIFE) if allowed else (None, UNKNOWN_LIFE)
        except FetchError:
            host.rules, life = None, UNKNOWN_LIFE
        host.rules_until = self._steady() + life.total_seconds()

    def _pause(self, rules: Protego) -> float:
        return max(PAUSE, min(LONGEST_DELAY, rules.crawl_delay(ROBOT) or 0.0))

    def _host(self, address: str) -> _Host:
        origin = _origin(address)
        if origin not in self._hosts and len(self._hosts) >= MAX_HOSTS:
            idle = [name for name, host in self._hosts.items() if not host.turn.locked()]
            if idle:  # the one whose pause is over first, so that no pause is forgotten that others wait for
                del self._hosts[min(idle, key=lambda name: self._hosts[name].free_at)]
        return self._hosts.setdefault(origin, _Host(asyncio.Lock()))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()
