"""The transport to Telegram: what answers mean, limits of time and size, and no token in errors."""

import asyncio
import json
import math
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from telegram import InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot import telegram_http
from bot.telegram_http import AiohttpRequest, ConnectionLost, NothingThere, StatusRefused, retry_after_seconds
from tests.site import Handler, Page, Site

TOKEN = "12:forgotten-secret"


async def _never(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def _broken(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _cut_short(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"{")
    assert request.transport is not None
    request.transport.abort()
    return response


PATH = f"/bot{TOKEN}/sendMessage"


@pytest.fixture
async def request_() -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest(read_seconds=10) as opened:
        yield opened


async def error_of(request: AiohttpRequest, url: str, **limits: Any) -> TelegramError:
    with pytest.raises(TelegramError) as raised:
        await request.do_request(url, "POST", **limits)
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "forgotten-secret" not in shown
    return raised.value


async def test_an_accepted_request_gives_its_status_and_body(request_: AiohttpRequest, site: Site) -> None:
    site.pages[PATH] = Page('{"ok": true, "result": 1}', status=201)
    assert await request_.do_request(site.url + PATH, "POST") == (201, b'{"ok": true, "result": 1}')


@pytest.mark.parametrize(
    "answer",
    ["<html>Sign in to this network</html>", "[]", "7", '{"ok": true}', '{"ok": false}', "[" * 100_000],
    ids=["page", "list", "number", "no result", "refused with status 200", "deep"],
)
async def test_what_is_no_answer_of_telegram_is_a_network_error(
    request_: AiohttpRequest, site: Site, answer: str
) -> None:
    site.pages[PATH] = Page(answer)
    with pytest.raises(NetworkError):
        await request_.post(site.url + PATH)


def refused(description: str = "Nope", **parameters: object) -> str:
    return json.dumps({"ok": False, "description": description, "parameters": parameters})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, refused(), BadRequest),
        (401, refused(), InvalidToken),
        (403, refused(), Forbidden),
        (404, refused(), InvalidToken),
        (409, refused(), Conflict),
        (413, refused(), StatusRefused),
        (405, refused(), StatusRefused),
        (413, "<html>Too large</html>", StatusRefused),
        (408, refused(), NetworkError),
        (429, refused(retry_after=7), RetryAfter),
        (500, refused(), NetworkError),
        (400, refused(migrate_to_chat_id=-7), ChatMigrated),
        # A proxy, or a server that is unwell: nothing is said of the request, the chat or the token.
        *[(status, "<html>Not here</html>", NetworkError) for status in (302, 400, 401, 403, 409, 429, 502)],
        *[(status, '{"ok": false}', NetworkError) for status in (400, 401, 403, 409, 429)],
        *[(404, body, NothingThere) for body in ("<html>Not here</html>", '{"ok": false}')],
        (400, refused(""), NetworkError),
        (400, '{"ok": false, "description": ["Nope"]}', NetworkError),
        (400, '{"ok": true, "description": "Nope"}', NetworkError),
        (400, refused(migrate_to_chat_id="-7"), BadRequest),
        (400, '{"ok": false, "description": "Nope", "parameters": [7]}', BadRequest),
        (400, "[" * 100_000, NetworkError),
    ],
)
async def test_a_refusal_is_what_telegram_says_and_not_what_a_status_alone_says(
    request_: AiohttpRequest, site: Site, status: int, body: str, kind: type[TelegramError]
) -> None:
    site.pages[PATH] = Page(body, status=status)
    with pytest.raises(TelegramError) as raised:
        await request_.post(site.url + PATH)
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(7, 7), ("7", 7), (0.5, 0.5), ("soon", 1), (None, 1), ([7], 1), (-7, 1), (0, 1), (math.nan, 1), (1e300, 1)],
)
async def test_the_seconds_of_a_429_are_understood_in_whatever_type(
    request_: AiohttpRequest, site: Site, told: object, seconds: float
) -> None:
    site.pages[PATH] = Page(refused(retry_after=told), status=429)
    with pytest.raises(RetryAfter) as raised:
        await request_.post(site.url + PATH)
    assert retry_after_seconds(raised.value) == seconds


async def test_a_connection_that_does_not_come_about_in_time_has_sent_nothing(request_: AiohttpRequest) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:  # which accepts nobody
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        error = await error_of(request_, f"http://127.0.0.1:{port}{PATH}", connect_timeout=0.05)
        for one in waiting:
            one.close()
    assert error.message == "no connection in time"


async def test_a_redirect_is_not_followed_with_the_token(request_: AiohttpRequest, site: Site) -> None:
    site.pages[PATH] = Page(status=302, headers={"Location": f"{site.url}/elsewhere"})
    with pytest.raises(NetworkError):
        await request_.do_request(site.url + PATH, "POST")
    assert site.asked("/elsewhere") == 0


async def test_a_cookie_of_one_answer_changes_no_other_request(request_: AiohttpRequest, site: Site) -> None:
    site.pages[PATH] = Page("{}", headers={"Set-Cookie": "seen=1"})
    for _ in range(2):
        await request_.do_request(site.url + PATH, "POST")
    assert "Cookie" not in site.requests[1].headers


async def test_an_answer_without_end_is_not_read_to_its_end(
    request_: AiohttpRequest, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_http, "LARGEST_ANSWER", 1_000_000)
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while sent < 100_000_000:
                await response.write(b" " * 100_000)
                sent += 100_000
        return response

    site.pages[PATH] = endless
    error = await error_of(request_, site.url + PATH)
    assert isinstance(error, ConnectionLost)
    assert error.message == "the answer is too long"
    assert sent < 20_000_000  # what the sockets hold, and a little more


async def test_a_long_answer_is_read_whole(request_: AiohttpRequest, site: Site) -> None:
    text = json.dumps({"ok": True, "result": "x" * 10_000_000})
    site.pages[PATH] = Page(text)
    assert await request_.do_request(site.url + PATH, "POST") == (200, text.encode())


async def test_no_answer_in_time_is_a_time_out_without_the_token(request_: AiohttpRequest, site: Site) -> None:
    site.pages[PATH] = _never
    error = await error_of(request_, site.url + PATH, read_timeout=0.05, connect_timeout=0.05)
    assert isinstance(error, TimedOut)


@pytest.mark.parametrize("handler", [_broken, _cut_short])
async def test_a_connection_that_breaks_is_a_network_error_without_the_token(
    request_: AiohttpRequest, site: Site, handler: Handler
) -> None:
    site.pages[PATH] = handler
    error = await error_of(request_, site.url + PATH)
    assert isinstance(error, NetworkError)
    assert not isinstance(error, TimedOut)
    assert error.message.startswith("connection lost: ")


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("http://127.0.0.1:1", "no connection: 127.0.0.1:1: "),
        ("http://nowhere.invalid", "no connection: nowhere.invalid:80: "),
        ("http://[bad", "connection lost: InvalidUrl"),
        ("nothing", "connection lost: "),
    ],
)
async def test_a_server_that_is_not_there_is_named_and_the_token_is_not(
    request_: AiohttpRequest, server: str, reason: str
) -> None:
    error = await error_of(request_, server + PATH)
    assert isinstance(error, NetworkError)
    assert error.message.startswith(reason)


async def test_the_transport_is_opened_before_use_and_can_be_closed_twice(site: Site) -> None:
    request = AiohttpRequest()
    with pytest.raises(RuntimeError, match=r"initialize\(\) comes first"):
        await request.do_request(site.url, "POST")
    await request.initialize()
    await request.initialize()
    await request.shutdown()
    await request.shutdown()
    assert request.read_timeout == 30


async def test_files_are_refused_and_not_dropped(request_: AiohttpRequest, site: Site) -> None:
    photo = RequestParameter("photo", "attach://photo", [InputFile(b"...", attach=True)])
    with pytest.raises(NotImplementedError):
        await request_.do_request(site.url + PATH, "POST", RequestData([photo]))
    assert site.requests == []


async def test_each_request_is_reported_with_its_method_and_its_error(request_: AiohttpRequest, site: Site) -> None:
    reported: list[tuple[str, TelegramError | None]] = []
    request_.on_answered = lambda method, error, seconds: reported.append((method, error))
    site.pages[PATH] = Page('{"ok": true, "result": 1}')
    await request_.do_request(site.url + PATH, "POST")
    site.pages[PATH] = Page('{"ok": false, "description": "Forbidden: blocked"}', status=403)
    refused = await error_of(request_, site.url + PATH)
    site.pages[PATH] = _broken
    lost = await error_of(request_, site.url + PATH)
    assert reported == [("sendMessage", None), ("sendMessage", refused), ("sendMessage", lost)]
