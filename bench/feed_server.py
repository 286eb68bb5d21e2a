"""The web that the `feeds` scenario reads: `python -m bench.feed_server SECONDS`, where each answer takes SECONDS.

It listens on every loopback address, so each 127.x.y.z is a host of its own. It prints its port, and ends with its
standard input. A feed is /feed/N, with 20 items in words of its own. What the bench asks has paths of its own:

    /bench/begin    {"hanging": [3, 7]}: these feeds give no answer from now on, and what was seen is forgotten
    /bench/seen     {"7": [1234.5, …]}: when each feed was asked for since then, by time.monotonic()
"""

import asyncio
import json
import random
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

ITEMS = 20
WORDS = 70  # of an item, eight of them in its title
BUSY = 10  # one feed of so many has a new item at each visit, the other ones have none
FIRST_TAG = '"0"'
BEGUN = datetime.now(UTC)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TAG = re.compile(rb'if-none-match: "(\d+)"', re.IGNORECASE)
COMMON = 0.4  # of the words
_COMMON = "the of and to in a is that for on with as was by at from this it are has".split()
_RARE = 60_000  # words beside the common ones, as many as a newspaper uses


class Feeds:
    def __init__(self) -> None:
        self._versions: dict[int, int] = {}
        self.seen: dict[int, list[float]] = {}
        self.hanging: frozenset[int] = frozenset()

    def answer(self, number: int, known: int | None) -> bytes | None:
        """None is no answer at all."""
        self.seen.setdefault(number, []).append(time.monotonic())
        if number in self.hanging:
            return None
        version = self._versions.setdefault(number, 0)
        if known == version and not is_busy(number):
            return f'HTTP/1.1 304 Not Modified\r\nETag: "{version}"\r\n\r\n'.encode()
        if known == version:
            self._versions[number] = version = version + 1
        body = _feed(number, version)
        head = f'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "{version}"\r\n'
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def is_busy(number: int) -> bool:
    return number % BUSY == 3


def _feed(number: int, version: int) -> bytes:
    items = "".join(_item(number, version + place) for place in reversed(range(ITEMS)))
    title = f"<title>Feed {number}</title><link>http://feed{number}.example/</link>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{title}{items}</channel></rss>'.encode()


def _item(number: int, place: int) -> str:
    chance = random.Random(number * 100_000 + place)
    words = [
        chance.choice(_COMMON) if chance.random() < 0.4 else _word(chance.randrange(_RARE)) for _ in range(WORDS)
    ]
    published = BEGUN - timedelta(days=1) + timedelta(minutes=place)
    return (
        f"<item><title>{' '.join(words[:8]).capitalize()}</title><guid>{number}-{place}</guid>"
        f"<link>http://feed{number}.example/{place}</link><pubDate>{format_datetime(published)}</pubDate>"
        f"<description>{' '.join(words[8:]).capitalize()}.</description></item>"
    )


def _word(number: int) -> str:
    """Pronounceable, and the same for the same number."""
    letters = ""
    for _ in range(4):
        number, consonant = divmod(number, 16)
        letters += "bdfgklmnprstvwxz"[consonant] + "aeiou"[(number + consonant) % 5]
    return letters


class Connection(asyncio.Protocol):
    def __init__(self, feeds: Feeds, seconds: float) -> None:
        self._feeds = feeds
        self._seconds = seconds
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._asked(head, body)

    def _asked(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/feed/"):
            tag = _TAG.search(head)
            answer = self._feeds.answer(int(path.removeprefix("/feed/")), int(tag[1]) if tag else None)
            if answer is not None:
                asyncio.get_running_loop().call_later(self._seconds, self._write, answer)
        elif path == "/bench/begin":
            self._feeds.hanging = frozenset(json.loads(body)["hanging"])
            self._feeds.seen = {}
            self._write_json({})
        elif path == "/bench/seen":
            self._write_json(self._feeds.seen)
        else:
            self._write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def _write_json(self, values: Any) -> None:
        body = json.dumps(values).encode()
        self._write(
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def main(seconds: float) -> None:
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(feeds, seconds), "0.0.0.0", 0, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # its end is ours
    server.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
