"""HTTP as it is served: wrong codings and lengths, broken headers, endless chunks, cookies before an answer."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import brotli
import pytest
from aiohttp import web
from backports import zstd

from bot.ingest.compression import PIECE, DamagedData, Decompressor
from bot.ingest.errors import FetchError, Refused, TooLarge, Unreachable
from bot.ingest.network.fetch import Fetched, Fetcher, looks_truncated
from tests.site import Page, Site, rss

FEED = rss(*(f"Gull {number} came back" for number in range(200))).encode()
HALF = len(FEED) // 2
XML = b"Content-Type: application/rss+xml\r\n"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(max_bytes=100_000, allow_private=True, seconds=5) as opened:
        yield opened


@asynccontextmanager
async def saying(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers with these bytes, the last one again and again, and ends the connection."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers[min(len(asked), len(answers)) - 1])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed", asked


def ok(head: bytes, body: bytes = FEED) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + XML + head + b"\r\n" + body


def length(number: int) -> bytes:
    return f"Content-Length: {number}\r\n".encode()


def chunks(body: bytes, size: int = 1000) -> bytes:
    return b"".join(
        b"%x\r\n%b\r\n" % (len(body[n : n + size]), body[n : n + size]) for n in range(0, len(body), size)
    )


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"A line without a colon\r\n" + length(len(FEED))),
        ok(length(len(FEED)) + length(len(FEED))),
        ok(length(len(FEED)) + length(7)),
        ok(length(HALF)),
        ok(length(len(FEED) - 7)),
        ok(length(len(FEED) + 100)),
        ok(b"Content-Length: many\r\n"),
        ok(b"Content-Length: -1\r\n"),
        ok(CHUNKED, chunks(FEED)),
        ok(CHUNKED, chunks(FEED) + b"0\r\n"),
        ok(CHUNKED, FEED),
        ok(CHUNKED + length(7), chunks(FEED) + b"0\r\n\r\n"),
        ok(b": no name\r\nX Y: blank in the name\r\n" + length(len(FEED))),
        ok(length(len(FEED))).replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 200"),
        ok(length(len(FEED))).replace(b"HTTP/1.1", b"HTTP/1.0"),
        ok(length(len(FEED))).replace(b"\r\n", b"\n"),
        ok(b"X-Odd: \x00\x01\r\n" + length(len(FEED))),
        ok(b"Content-Encoding: gzip\r\n" + length(len(gzip.compress(FEED)) - 9), gzip.compress(FEED)),
    ],
)
async def test_a_feed_is_read_from_a_server_that_breaks_the_rules(fetcher: Fetcher, answer: bytes) -> None:
    async with saying(answer) as (url, _):
        read = await fetcher.get(url)
    assert isinstance(read, Fetched)
    assert (read.body, read.content_type) == (FEED, "application/rss+xml")


@pytest.mark.parametrize(
    "answer",
    [b"", b"\r\n\r\n", b"hello", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, ok(length(len(FEED)), FEED[:HALF]),
     ok(CHUNKED, chunks(FEED[:HALF]))],
)  # fmt: skip
async def test_what_breaks_off_is_no_feed(fetcher: Fetcher, answer: bytes) -> None:
    async with saying(answer) as (url, _):
        with pytest.raises(FetchError):
            await fetcher.get(url)


async def test_a_lying_server_is_held_to_the_limit_too(fetcher: Fetcher) -> None:
    async with saying(ok(b"no colon\r\n", b"<rss>" + b"x" * 200_000)) as (url, _):
        with pytest.raises(TooLarge):
            await fetcher.get(url)
    async with saying(ok(b"no colon\r\nContent-Encoding: gzip\r\n", gzip.compress(b"x" * 10_000_000))) as (url, _):
        with pytest.raises(TooLarge):
            await fetcher.get(url)


async def test_a_lying_server_in_the_house_is_not_asked() -> None:
    async with saying(ok(b"no colon\r\n")) as (url, asked), Fetcher(max_bytes=1_000) as fetcher:
        with pytest.raises(Refused):
            await fetcher.get(url)
    assert asked == []


async def test_validators_and_statuses_reach_through(fetcher: Fetcher) -> None:
    async with saying(b"HTTP/1.1 304 Not Modified\r\nno colon\r\n\r\n") as (url, asked):
        await fetcher.get(url, etag='"1"')
    assert b'If-None-Match: "1"' in asked[-1]
    async with saying(b"HTTP/1.1 404 Not Found\r\nno colon\r\n\r\n") as (url, _):
        with pytest.raises(FetchError, match="404"):
            await fetcher.get(url)


async def test_a_feed_that_is_served_cut_is_read_as_far_as_it_goes(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page(FEED[:HALF])
    read = await fetcher.get(f"{site.url}/feed")
    assert isinstance(read, Fetched)
    assert read.body == FEED[:HALF]


@pytest.mark.parametrize(
    ("body", "is_cut"),
    [
        (b"<rss></rss>", False),
        (b"<?xml version='1.0'?>\n<rss/>", False),
        (b"<feed></feed>\n<!-- made in 3 ms -->\n", False),
        (b"<a:RDF xmlns:a='x'></a:RDF>", False),
        (b"<rdf:RDF></rdf:RDF>", False),
        (b"<rss><channel><item>", True),
        (b"<rss><channel><item></item>", True),
        (b"<html><body>", False),
        (b'{"items": [', False),
    ],
)
def test_a_feed_that_is_cut_is_told_by_its_end(body: bytes, is_cut: bool) -> None:
    assert looks_truncated(body) is is_cut


# Codings


def raw_deflate(data: bytes) -> bytes:
    deflating = zlib.compressobj(wbits=-15)
    return deflating.compress(data) + deflating.flush()


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("UTF-8", bytes),
    ("none", bytes),
    ("binary", bytes),
    ("gzip", bytes),
    ("deflate", bytes),
    ("br", bytes),
    ("zstd", bytes),
    ("", gzip.compress),
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("utf-8", gzip.compress),
    ("deflate", gzip.compress),
    ("br", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
    ("gzip", zstd.compress),
    ("gzip", lambda data: gzip.compress(data[:HALF]) + gzip.compress(data[HALF:])),
    ("gzip", lambda data: gzip.compress(data) + b"\x00\x00rest"),
    ("zstd", lambda data: zstd.compress(data[:HALF]) + zstd.compress(data[HALF:])),
    ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
]


@pytest.mark.parametrize(("said", "packed"), CODINGS)
async def test_a_feed_is_read_whatever_is_said_of_its_coding(
    site: Site, fetcher: Fetcher, said: str, packed: Callable[[bytes], bytes]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=packed(FEED), headers={"Content-Encoding": said} if said else {})

    site.pages["/feed"] = answer
    read = await fetcher.get(f"{site.url}/feed")
    assert isinstance(read, Fetched)
    assert read.body == (FEED if said else packed(FEED))  # a file that is compressed is read as such


@pytest.mark.parametrize("step", [1, 7, 1_000])
@pytest.mark.parametrize(("said", "packed"), CODINGS[1:])
def test_chunks_may_end_anywhere(said: str, packed: Callable[[bytes], bytes], step: int) -> None:
    data, decompressor, found = packed(FEED), Decompressor(said), bytearray()
    for start in range(0, len(data), step):
        for piece in decompressor.decompress(data[start : start + step]):
            found += piece
    for piece in decompressor.flush():
        found += piece
    assert (bytes(found), decompressor.is_complete) == (FEED if said else data, True)


@pytest.mark.parametrize(
    ("said", "packed"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)]
)
def test_what_grows_without_end_comes_in_small_pieces(said: str, packed: Callable[[bytes], bytes]) -> None:
    pieces = Decompressor(said).decompress(packed(bytes(50_000_000)))
    assert all(len(next(pieces)) <= 4 * PIECE for _ in range(20))


@pytest.mark.parametrize("said", ["gzip", "br", "zstd", "deflate"])
def test_what_is_no_such_coding_and_no_text_is_damaged(said: str) -> None:
    with pytest.raises(DamagedData):
        list(Decompressor(said).decompress(b"\xff\xff\xff\xffno"))


async def test_an_answer_that_can_not_be_decompressed_is_refused(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page(b"\x1f\x8b\x08\x00" + b"\xff" * 100, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unreachable):
        await fetcher.get(f"{site.url}/feed")


# A cookie before the answer


async def test_a_server_that_sets_a_cookie_and_asks_to_come_back_is_followed(site: Site, fetcher: Fetcher) -> None:
    async def feed(request: web.Request) -> web.Response:
        if request.cookies.get("seen") == "yes":
            return web.Response(body=FEED)
        return web.Response(status=302, headers={"Location": "/feed", "Set-Cookie": "seen=yes; Path=/"})

    site.pages["/feed"] = feed
    for _ in range(2):  # it is kept for one document only
        read = await fetcher.get(f"{site.url}/feed")
        assert isinstance(read, Fetched)
        assert read.body == FEED
    assert site.asked("/feed") == 4


async def test_a_wall_that_never_lets_through_is_a_circle(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page(status=302, headers={"Location": "/wall", "Set-Cookie": "seen=yes; Path=/"})
    site.pages["/wall"] = Page(status=302, headers={"Location": "/feed"})
    with pytest.raises(Refused, match="circle"):
        await fetcher.get(f"{site.url}/feed")


async def test_cookies_are_for_the_host_that_set_them(site: Site, fetcher: Fetcher) -> None:
    other = site.url.replace("127.0.0.1", "localhost")
    site.pages["/feed"] = Page(status=302, headers={"Location": f"{other}/there", "Set-Cookie": "secret=1; Path=/"})
    site.pages["/there"] = Page(FEED)
    await fetcher.get(f"{site.url}/feed")
    assert "Cookie" not in site.requests[-1].headers
