"""The previews of links on the chat page: the title, the text and the picture that a page gives for them."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp import web

from bot.sim.media import recognize
from bot.sim.world import Json

LARGEST_PAGE: Final = 512 * 1024  # bytes that are read of a page: the data for a preview is at its beginning
LARGEST_PICTURE: Final = 2 * 2**20  # bytes; a larger picture is left out
TIMEOUT: Final = aiohttp.ClientTimeout(total=8)
AT_ONCE: Final = 4
KEPT: Final = 200  # previews; the oldest are forgotten
LONGEST: Final = 300  # characters of each text


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link leads to. `picture` is empty if there is none. A link to a picture has nothing else."""

    site: str
    title: str
    description: str
    picture: bytes = b""

    def to_json(self, picture_address: str) -> Json:
        told = {"site": self.site, "title": self.title, "description": self.description}
        return told | ({"image": picture_address} if self.picture else {})


class Previews:
    """Reads pages for their previews. A page is read once, also if several ask for it at the same time."""

    def __init__(self) -> None:
        self._read: dict[str, asyncio.Task[Preview | None]] = {}  # by address
        self._pictures: dict[int, Preview] = {}
        self._numbers: dict[str, int] = {}  # of the pictures, by address
        self._counter = itertools.count(1)
        self._http: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def running(self, application: web.Application) -> AsyncIterator[None]:
        """Keep the HTTP client for as long as the application runs."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as self._http:
            yield
            for task in self._read.values():
                task.cancel()

    async def get(self, address: str) -> Json | None:
        """Returns the preview of an address as JSON, or None if the page behind it gives none or can't be read."""
        task = self._read.get(address)
        if task is None:
            task = self._read[address] = asyncio.create_task(self._look(address))
            self._forget_oldest()
        preview = await asyncio.shield(task)
        return preview.to_json(f"/page/preview/{self._number(address, preview)}") if preview else None

    def picture(self, number: int) -> bytes | None:
        preview = self._pictures.get(number)
        return preview.picture if preview else None

    def _number(self, address: str, preview: Preview) -> int:
        if address not in self._numbers:
            self._numbers[address] = next(self._counter)
        self._pictures[self._numbers[address]] = preview
        return self._numbers[address]

    def _forget_oldest(self) -> None:
        while len(self._read) > KEPT:
            oldest = next(iter(self._read))
            self._read.pop(oldest)
            self._pictures.pop(self._numbers.pop(oldest, 0), None)

    async def _look(self, address: str) -> Preview | None:
        async with self._turns:
            try:
                page = await self._bytes(address, LARGEST_PAGE, cut=True)
                if recognize(page).kind == "photo":
                    return Preview("", "", "", await self._picture(address))
                told = _Head()
                told.feed(page.decode("utf-8", "replace"))
                title = told.said("og:title", "title")
                if not title:
                    return None
                site = told.said("og:site_name") or urlsplit(address).netloc
                named = told.said("og:image")
                picture = await self._picture(urljoin(address, named)) if named else b""
                return Preview(site, title, told.said("og:description", "description"), picture)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):  # ValueError is for a strange address
                return None

    async def _picture(self, address: str) -> bytes:
        try:
            content = await self._bytes(address, LARGEST_PICTURE, cut=False)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return b""
        return content if recognize(content).kind == "photo" else b""

    async def _bytes(self, address: str, most: int, *, cut: bool) -> bytes:
        """Returns what an address answers. More than `most` bytes are cut off, or nothing is returned."""
        if self._http is None:
            raise RuntimeError("the application does not run")
        async with self._http.get(address) as answer:
            answer.raise_for_status()
            content = bytearray()
            async for part in answer.content.iter_chunked(2**16):
                content += part
                if len(content) > most:
                    return bytes(content[:most]) if cut else b""
            return bytes(content)


class _Head(HTMLParser):
    """The title and the <meta> elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, str] = {}
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag == "meta":
            given = dict(attrs)
            name = given.get("property") or given.get("name") or ""
            self._values.setdefault(name, given.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._values.setdefault("title", data)

    def said(self, *names: str) -> str:
        """Returns the first of these values that is not empty, on one line."""
        found = next((self._values[name] for name in names if self._values.get(name, "").strip()), "")
        return " ".join(found.split())[:LONGEST]
