"""Fetching from servers that redirect, lie, drip, grow and break off."""

import asyncio
import gc
import gzip
import socket
import threading
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.ingest.compression import PIECE
from bot.ingest.errors import Gone, HttpError, Refused, RetryLater, TooLarge, Unreachable
from bot.ingest.network import fetch
from bot.ingest.network.fetch import Fetched, Fetcher, NotModified, is_private
from tests.site import Page, Site, serving
from tests.web import free_port


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(max_bytes=100_000, allow_private=True, seconds=5) as opened:
        yield opened


async def test_a_document_comes_with_its_type_charset_and_validators(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page(
        "<rss/>",
        headers={"Content-Type": "Application/RSS+xml; charset=utf-8", "ETag": '"1"', "Cache-Control": "max-age=90"},
    )
    answer = await fetcher.get(f"{site.url}/feed")
    assert isinstance(answer, Fetched)
    assert (answer.body, answer.content_type, answer.charset) == (b"<rss/>", "application/rss+xml", "utf-8")
    assert (answer.etag, answer.fresh_for, answer.moved_to) == ('"1"', timedelta(seconds=90), None)


async def test_what_we_have_already_is_not_sent_again(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page("<rss/>", headers={"ETag": '"1"'})
    assert isinstance(await fetcher.get(f"{site.url}/feed", etag='"1"'), NotModified)
    await fetcher.get(f"{site.url}/feed", last_modified="Wed, 19 Jan 2022 10:00:00 GMT")
    assert site.requests[-1].headers["If-Modified-Since"] == "Wed, 19 Jan 2022 10:00:00 GMT"


@pytest.mark.parametrize(
    ("chain", "moved"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 302), False), ((302, 301), False), ((307,), False)],
)
async def test_only_a_wholly_permanent_redirect_moves_the_source(
    site: Site, fetcher: Fetcher, chain: tuple[int, ...], moved: bool
) -> None:
    for number, status in enumerate(chain):
        site.pages[f"/{number}"] = Page(status=status, headers={"Location": f"/{number + 1}"})
    site.pages[f"/{len(chain)}"] = Page("there")
    answer = await fetcher.get(f"{site.url}/0")
    assert answer.url == f"{site.url}/{len(chain)}"
    assert answer.moved_to == (answer.url if moved else None)


async def test_a_circle_of_redirects_ends(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Page(status=302, headers={"Location": "/b"})
    site.pages["/b"] = Page(status=302, headers={"Location": "/a"})
    with pytest.raises(Refused, match="circle"):
        await fetcher.get(f"{site.url}/a")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x", "http://", "http://[::"]
)
async def test_a_redirect_to_something_else_than_the_web_is_refused(
    site: Site, fetcher: Fetcher, location: str
) -> None:
    site.pages["/a"] = Page(status=302, headers={"Location": location})
    with pytest.raises((Refused, Unreachable)):
        await fetcher.get(f"{site.url}/a")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1.",
     "127。0。0。1", "①②⑦.⓪.⓪.①", "１２７.0.0.1"],
)  # fmt: skip
async def test_private_addresses_are_refused_by_default(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    async with Fetcher(max_bytes=1_000) as fetcher:
        with pytest.raises((Refused, Unreachable)):
            await fetcher.get(f"http://{host}:{port}/feed")
    assert site.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127。0。0。1", "①②⑦.⓪.⓪.①"])
async def test_what_leads_into_the_house_is_told_with_the_setting(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    async with Fetcher(max_bytes=1_000) as fetcher:
        with pytest.raises(Refused, match=r"private address (127\.0\.0\.1|::1); NEWSBOT_ALLOW_PRIVATE_HOSTS"):
            await fetcher.get(f"http://{host}:{port}/feed")


@pytest.mark.parametrize("host", ["127.0.0.2", "127。0。0。2", "①②⑦.⓪.⓪.②"])
async def test_a_redirect_into_the_house_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(fetch, "is_private", lambda address: address != "127.0.0.1")  # where this site is public
    site.pages["/a"] = Page(status=302, headers={"Location": f"http://{host}:{site.url.rpartition(':')[2]}/feed"})
    async with Fetcher(max_bytes=1_000) as fetcher:
        with pytest.raises(Refused, match=r"private address 127\.0\.0\.2"):
            await fetcher.get(f"{site.url}/a")


@pytest.mark.parametrize(
    "host",
    ["10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1", "::"],
)  # fmt: skip
def test_addresses_of_the_house(host: str) -> None:
    assert is_private(host)


def test_addresses_of_the_internet() -> None:
    assert not is_private("8.8.8.8")
    assert not is_private("2606:4700::1111")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate"])
async def test_compressed_answers_are_read(site: Site, fetcher: Fetcher, encoding: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(b"news"),
        "deflate": zlib.compress(b"news"),
        "raw deflate": raw.compress(b"news") + raw.flush(),
    }
    site.pages["/feed"] = Page(bodies[encoding], headers={"Content-Encoding": encoding.split()[-1]})
    answer = await fetcher.get(f"{site.url}/feed")
    assert isinstance(answer, Fetched)
    assert answer.body == b"news"


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_stopped(site: Site, fetcher: Fetcher) -> None:
    site.pages["/bomb"] = Page(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(TooLarge, match="larger than"):
        await fetcher.get(f"{site.url}/bomb")


async def test_an_answer_over_the_limit_is_stopped(site: Site, fetcher: Fetcher) -> None:
    site.pages["/large"] = Page(b"x" * 100_001)
    with pytest.raises(TooLarge):
        await fetcher.get(f"{site.url}/large")
    site.pages["/fits"] = Page(b"x" * 100_000)
    assert isinstance(await fetcher.get(f"{site.url}/fits"), Fetched)


async def test_an_answer_that_is_not_what_it_says_is_an_error(site: Site, fetcher: Fetcher) -> None:
    site.pages["/lie"] = Page(b"this is no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unreachable, match="decompressed"):
        await fetcher.get(f"{site.url}/lie")


async def test_an_answer_that_breaks_off_is_an_error(site: Site, fetcher: Fetcher) -> None:
    async def breaks(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    site.pages["/half"] = breaks
    with pytest.raises(Unreachable, match="breaks off"):
        await fetcher.get(f"{site.url}/half")


async def test_a_server_that_drips_is_left_when_the_time_is_over(site: Site) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    site.pages["/drip"] = drips
    async with Fetcher(max_bytes=1_000, allow_private=True, seconds=0.1) as fetcher:
        with pytest.raises(Unreachable, match="no whole answer"):
            await fetcher.get(f"{site.url}/drip")


async def test_nobody_there(fetcher: Fetcher) -> None:
    with pytest.raises(Unreachable, match="no connection"):
        await fetcher.get(f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize(
    ("status", "headers", "error", "after"),
    [
        (404, {}, HttpError, None),
        (410, {}, Gone, None),
        (500, {"Retry-After": "9"}, HttpError, None),
        (429, {"Retry-After": "120"}, RetryLater, 120),
        (503, {"Retry-After": "99999999"}, RetryLater, 86400),
        (503, {"Retry-After": "Wed, 19 Jan 2022 10:00:00 GMT"}, RetryLater, 0),
        (429, {"Retry-After": "soon"}, HttpError, None),
    ],
)
async def test_statuses_have_their_errors(
    site: Site, fetcher: Fetcher, status: int, headers: dict[str, str], error: type[HttpError], after: int | None
) -> None:
    site.pages["/x"] = Page(status=status, headers=headers)
    with pytest.raises(HttpError) as caught:
        await fetcher.get(f"{site.url}/x")
    assert type(caught.value) is error
    if isinstance(caught.value, RetryLater):
        assert caught.value.after == timedelta(seconds=after or 0)


async def test_after_a_redirect_the_host_that_answered_asks_for_time(site: Site, fetcher: Fetcher) -> None:
    async with serving() as other:
        other.pages["/x"] = Page(status=429, headers={"Retry-After": "120"})
        site.pages["/x"] = Page(status=302, headers={"Location": f"{other.url}/x"})
        with pytest.raises(RetryLater) as caught:
            await fetcher.get(f"{site.url}/x")
        assert f"http://{caught.value.host}" == other.url


def test_a_password_in_an_address_is_not_shown() -> None:
    assert "secret" not in str(Refused("https://me:secret@news.example/feed", "no"))


async def test_at_most_two_requests_to_one_host_at_once(site: Site, fetcher: Fetcher) -> None:
    there = most = 0
    leave = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        nonlocal there, most
        there += 1
        most = max(most, there)
        if there == 2:
            leave.set()
        await leave.wait()
        there -= 1
        return web.Response()

    site.pages["/slow"] = slow
    await asyncio.gather(*(fetcher.get(f"{site.url}/slow") for _ in range(8)))
    assert most == 2


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
async def test_a_validator_that_is_no_text_is_none(fetcher: Fetcher, header: str) -> None:
    async def latin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + header.encode() + b': "caf\xe9"\r\n\r\nOK')
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(latin, "127.0.0.1", 0) as server:
        answer = await fetcher.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert (answer.etag, answer.last_modified) == (None, None)


async def test_a_request_that_waits_for_its_turn_has_its_whole_time_before_it(site: Site) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response()

    site.pages["/slow"] = slow
    async with Fetcher(max_bytes=1_000, allow_private=True, seconds=0.7) as fetcher:
        answers = await asyncio.gather(*(fetcher.get(f"{site.url}/slow") for _ in range(8)))
    assert len(answers) == 8


async def test_while_a_small_answer_becomes_a_large_one_others_have_their_turn(site: Site) -> None:
    body = gzip.compress(bytes(64 * PIECE))
    site.pages["/"] = Page(body, headers={"Content-Encoding": "gzip"})
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with Fetcher(max_bytes=64 * PIECE, allow_private=True) as fetcher:
        task = asyncio.create_task(other())
        found = await fetcher.get(f"{site.url}/")
        task.cancel()
    assert isinstance(found, Fetched)
    assert len(found.body) == 64 * PIECE
    assert turns > 64


async def test_connections_and_names_are_kept(site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    system = socket.getaddrinfo

    def watched(host: str, *args: Any, **named: Any) -> Any:
        looked_up.append(host)
        return system(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    site.pages["/feed"] = Page("<rss/>")
    port = site.url.rpartition(":")[2]
    for _ in range(5):
        await fetcher.get(f"http://localhost:{port}/feed")
    assert looked_up == ["localhost"]
    assert len({request.transport for request in site.requests}) == 1


async def test_a_name_server_that_hangs_holds_up_only_what_asks_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def hangs(host: str, *args: Any, **named: Any) -> Any:
        answered.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    site.pages["/feed"] = Page("<rss/>")
    async with Fetcher(max_bytes=1_000, allow_private=True, at_once=20) as fetcher:
        waiting = [asyncio.create_task(fetcher.get(f"http://hangs{number}.example/")) for number in range(20)]
        await asyncio.sleep(0)
        assert isinstance(await fetcher.get(f"{site.url}/feed"), Fetched)
        assert await asyncio.to_thread(max, 1, 2) == 2
        answered.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {str(outcome).partition(": ")[2] for outcome in outcomes} == {"no such host"}


async def test_a_host_that_moved_is_looked_up_anew(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = ["127.0.0.2", "127.0.0.1"]  # nobody listens on the first one

    def moves(host: str, port: int, *args: Any, **named: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (places.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", moves)
    site.pages["/feed"] = Page("<rss/>")
    address = f"http://harbour.example:{site.url.rpartition(':')[2]}/feed"
    with pytest.raises(Unreachable, match="no connection"):
        await fetcher.get(address)
    assert isinstance(await fetcher.get(address), Fetched)


async def test_hosts_that_nobody_asks_are_forgotten(site: Site, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page("<rss/>")
    await fetcher.get(f"{site.url}/feed")
    gc.collect()
    assert len(fetcher._hosts) == 0
