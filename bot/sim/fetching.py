"""Fetches the files that the bot names by their address, as Telegram's servers do."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import aiohttp
from yarl import URL

from bot.sim.files import File, Files
from bot.sim.media import recognize

LARGEST_PHOTO: Final = 5 * 2**20  # bytes
LARGEST_OTHER: Final = 20 * 2**20
REDIRECTS: Final = 5
REMEMBERED: Final = 86_400.0  # seconds for which an address is not asked again, also if it failed
_AGENT: Final = "TelegramBot (like TwitterBot)"
_REFUSED: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class BadAddress(Exception):
    """This is no address that Telegram fetches: not http or https, or a private host."""


class Unreachable(Exception):
    """Nothing that can be used was found at this address."""


@dataclass(slots=True)
class Fetcher:
    """Turns addresses into files. What an address gave is remembered for a day, failures too."""

    files: Files
    clock: Callable[[], float]
    private: bool = False  # whether it fetches from private and loopback hosts
    seconds: float = 5.0  # for one file
    _known: dict[str, tuple[File | Exception, float]] = field(default_factory=dict)  # with the end of remembering

    async def fetch(self, address: str) -> File:
        """Returns the file at an address. Raises BadAddress or Unreachable."""
        found, end = self._known.get(address, (None, 0.0))
        if found is None or self.clock() >= end:
            found = await self._find(address)
            self._known[address] = found, self.clock() + REMEMBERED
        if isinstance(found, Exception):
            raise found
        return found

    async def _find(self, address: str) -> File | Exception:
        try:
            async with asyncio.timeout(self.seconds):
                content = await self._content(URL(address))
            known = recognize(content)
            if known.kind == "photo" and len(content) > LARGEST_PHOTO:
                return Unreachable("too large")
            return self.files.keep_media(PurePosixPath(URL(address).path).name, content, known)
        except (BadAddress, Unreachable) as error:
            return error
        except _REFUSED as error:
            return Unreachable(str(error))

    async def _content(self, url: URL) -> bytes:
        async with aiohttp.ClientSession(headers={"User-Agent": _AGENT}) as http:
            for _ in range(REDIRECTS):
                await self._check(url)
                async with http.get(url, allow_redirects=False) as answer:
                    if answer.status in (301, 302, 303, 307, 308):
                        url = url.join(URL(answer.headers.get("Location", "")))
                        continue
                    if answer.status != 200:
                        raise Unreachable(f"status {answer.status}")
                    return await _bounded(answer)
        raise Unreachable("too many redirects")

    async def _check(self, url: URL) -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise BadAddress(str(url))
        if self.private:
            return
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
        if not all(ipaddress.ip_address(where[4][0]).is_global for where in found):
            raise BadAddress(str(url))


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    content = b""
    while more := await answer.content.read(LARGEST_OTHER + 1 - len(content)):
        content += more
        if len(content) > LARGEST_OTHER:
            raise Unreachable("too large")
    return content
