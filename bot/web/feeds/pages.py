"""Pages that many ask for: each is built once in some seconds, whoever asks, and told from the last by its ETag.

Pages are built one after another. Anybody may ask for a search, and the database has few connections for reading:
strangers must leave the others to the sender and to those who chat with the bot.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from aiohttp import web

FRESH_SECONDS: Final = 10.0  # for which a page is not built again
CACHED_SECONDS: Final = 60  # for which others may keep a page
MOST_PAGES: Final = 200  # that are kept
MOST_WAITING: Final = 32  # pages that are built, or wait for it
MOST_BYTES: Final = 32 * 2**20  # of the pages that are kept


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is served, kept for the next requests."""

    body: bytes
    media_type: str
    etag: str
    changed_at: datetime  # when this body was first seen: a withdrawal changes a page as well, and has no later time
    built_at: float  # on the steady clock, in seconds


Build = Callable[[], Awaitable[tuple[bytes, str] | None]]


class Busy(Exception):
    """Too many pages wait."""


class Pages:
    """The last pages by their address."""

    def __init__(self, now: Callable[[], datetime], *, steady: Callable[[], float] = time.monotonic) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._now = now
        self._steady = steady
        self._kept: OrderedDict[str, Page] = OrderedDict()
        self._bytes = 0
        self._building: dict[str, asyncio.Future[Page | None]] = {}
        self._turn = asyncio.Lock()

    async def get(self, address: str, build: Build) -> Page | None:
        """Returns the page at an address. `build` returns its body and media type, or None if there is no page.

        If others wait for the same page, it is built once. Raises Busy.
        """
        kept = self._kept.get(address)
        if kept is not None and self._steady() - kept.built_at < FRESH_SECONDS:
            self._kept.move_to_end(address)
            return kept
        if (building := self._building.get(address)) is None:
            if len(self._building) >= MOST_WAITING:
                raise Busy
            building = asyncio.ensure_future(self._build(address, build))
            self._building[address] = building
            building.add_done_callback(lambda _: self._building.pop(address, None))
        return await asyncio.shield(building)  # one who gives up must not end it for the others

    async def _build(self, address: str, build: Build) -> Page | None:
        async with self._turn:
            built = await build()
        old = self._kept.pop(address, None)
        self._bytes -= len(old.body) if old is not None else 0
        if built is None:
            return None
        body, media_type = built
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        changed_at = old.changed_at if old is not None and old.etag == etag else self._now()
        page = Page(
            body=body,
            media_type=media_type,
            etag=etag,
            changed_at=changed_at.astimezone(UTC).replace(microsecond=0),
            built_at=self._steady(),
        )
        self._kept[address] = page
        self._bytes += len(body)
        while len(self._kept) > MOST_PAGES or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body)
        return page


def answer(request: web.Request, page: Page) -> web.Response:
    """Returns the page, or 304 if the client has it already."""
    headers = {
        "ETag": page.etag,
        "Last-Modified": format_datetime(page.changed_at, usegmt=True),
        "Cache-Control": f"public, max-age={CACHED_SECONDS}",
        "Access-Control-Allow-Origin": "*",  # the page is public: scripts of websites may read it
    }
    if _has_it(request, page):
        return web.Response(status=304, headers=headers)
    return web.Response(body=page.body, headers=headers | {"Content-Type": f"{page.media_type}; charset=utf-8"})


def _has_it(request: web.Request, page: Page) -> bool:
    """Returns whether the client names this page. An ETag that it sends decides alone (RFC 9110, 13.2.2)."""
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        return tags.strip() == "*" or page.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
    try:
        since = parsedate_to_datetime(request.headers.get("If-Modified-Since", ""))
    except ValueError:
        return False
    return page.changed_at <= (since if since.tzinfo else since.replace(tzinfo=UTC))
