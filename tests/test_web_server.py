"""The HTTP server: its limits, its log, its end, and what it says of its health. All over real HTTP."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot import app
from bot.config import Config, ListenAddress, Secret
from bot.errors import PortTaken
from bot.sim import Fault, Simulator
from bot.web import Answered, Route, WebServer
from bot.web.connections import Connections
from bot.web.health import REACHED_SECONDS, Readiness
from storage.errors import DatabaseFull
from tests.web import LOOPBACK, free_port, raw_answer, serving, until


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.LINGERING_SECONDS", 0.05)


class Steady:
    """Seconds on a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def echo(request: web.Request) -> web.Response:
    return web.json_response({"body": (await request.read()).decode(), "from": request.remote, "by": request.scheme})


def route(**options: object) -> Route:
    values: dict[str, object] = {"name": "echo", "method": "POST", "path": "/echo/{secret}", "handler": echo}
    return Route(**(values | {"max_bytes": 1000, "per_minute": 100_000} | options))  # type: ignore[arg-type]  # fields by name


# What comes in


@pytest.mark.parametrize("chunked", [False, True], ids=["told size", "chunks"])
@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 413), (300_000, 413)])
async def test_a_body_may_be_as_long_as_its_route_says(size: int, status: int, chunked: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * size

    body = chunks() if chunked else b"x" * size
    async with serving([route()]) as (_, client), client.post("/echo/1", data=body) as answer:
        assert answer.status == status
        if status == 413:
            assert "at most 1000 bytes" in (await answer.json())["error"]


async def test_fifty_megabytes_are_refused_by_their_announcement() -> None:
    async with serving([route()]) as (server, _):
        head = b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n"
        assert (await raw_answer(server.url, head)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_drips_is_given_up() -> None:
    async with serving([route(seconds=0.05)]) as (server, _):
        head = b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow"
        assert (await raw_answer(server.url, head)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
    ids="chunks length TLS head".split(),
)
async def test_what_is_no_http_is_refused_without_a_word_in_the_log(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving([route()]) as (server, _):
        assert b" 400 " in (await raw_answer(server.url, sent))[:20]
    assert [record.msg for record in caplog.records] == []


async def test_a_compressed_body_is_refused_and_never_unpacked() -> None:
    packed = {"Content-Encoding": "gzip"}
    async with serving([route()]) as (_, client), client.post("/echo/1", data=b"x", headers=packed) as answer:
        assert answer.status == 415


@pytest.mark.parametrize(
    "sent", [b"", b"POST /echo/1 HT", b"GET /he HTTP/1.1\r\nHost: x\r\nA: "], ids="nothing line head".split()
)
async def test_a_connection_without_a_request_is_closed(sent: bytes) -> None:
    async with serving([route()], connections=Connections(idle_seconds=0.05)) as (server, _):
        assert await raw_answer(server.url, sent) == b""
        assert len(server.connections) == 0


async def test_an_answer_that_nobody_reads_is_given_up() -> None:
    async def much(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 30_000_000)

    async with serving([route(method="GET", handler=much)], connections=Connections(idle_seconds=0.2)) as (server, _):
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1000)
        writer.write(b"GET /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: len(server.connections) == 1)
        await until(lambda: len(server.connections) == 0)
        writer.close()


async def test_of_too_many_connections_the_one_that_waits_longest_goes() -> None:
    async with serving([route()], connections=Connections(most=3)) as (server, client):
        waiting = [asyncio.create_task(raw_answer(server.url, b"POST /echo HT")) for _ in range(6)]
        done, others = await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        async with client.post("/echo/1", data=b"heard") as answer:
            assert answer.status == 200
        await until(lambda: len(server.connections) <= 3)
        for one in others:
            one.cancel()
        assert done


@pytest.mark.slow
async def test_a_thousand_requests_at_once_are_all_answered() -> None:
    async with serving([route(at_once=50)]) as (server, _):
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(server.url, connector=connector) as client:

            async def ask() -> int:
                async with client.post("/echo/1", data=b"x" * 900) as answer:
                    return answer.status

            statuses = await asyncio.gather(*(ask() for _ in range(1000)))
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) > 50


async def test_what_is_under_way_at_once_is_bounded() -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        began.set()
        await go_on.wait()
        return web.Response()

    async with serving([route(handler=wait, at_once=1)]) as (_, client):
        first = asyncio.create_task(client.post("/echo/1"))
        await began.wait()
        async with client.post("/echo/1") as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        go_on.set()
        assert (await first).status == 200
        async with client.post("/echo/1") as answer:
            assert answer.status == 200


async def test_one_client_does_not_take_all_the_room() -> None:
    began, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        began.release()
        await go_on.wait()
        return web.Response()

    route_for_all = route(handler=wait, at_once=160)
    async with serving([route_for_all], proxies=[ip_network("127.0.0.1")]) as (_, client):

        async def ask(address: str) -> int:
            async with client.post("/echo/1", headers={"X-Forwarded-For": address}) as answer:
                return answer.status

        many = [asyncio.create_task(ask("8.8.8.8")) for _ in range(40)]
        for _ in many:
            await began.acquire()
        assert await ask("8.8.8.8") == 503
        other = asyncio.create_task(ask("9.9.9.9"))
        await began.acquire()
        go_on.set()
        assert await asyncio.gather(other, *many) == [200] * 41


async def test_bodies_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.limits.MOST_BODY_BYTES", 1500)
    async with serving([route()]) as (server, client):
        slow = b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
        first = asyncio.create_task(raw_answer(server.url, slow))
        async with asyncio.timeout(10):
            while True:
                async with client.post("/echo/1", data=b"x" * 700) as answer:
                    if answer.status == 503:
                        break
        async with client.post("/echo/1", data=b"x" * 500) as answer:
            assert answer.status == 200
        first.cancel()


async def test_the_bodies_of_one_client_do_not_take_all_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.limits.MOST_BODY_BYTES", 8000)  # of which 2000 are a client's
    async with serving([route()], proxies=[ip_network("127.0.0.1")]) as (server, client):
        slow = b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 8.8.8.8\r\nContent-Length: 900\r\n\r\n"
        senders = [asyncio.create_task(raw_answer(server.url, slow)) for _ in range(20)]

        async def ask(address: str) -> int:
            async with client.post("/echo/1", data=b"x" * 900, headers={"X-Forwarded-For": address}) as answer:
                return answer.status

        async with asyncio.timeout(10):
            while await ask("8.8.8.8") != 503:
                pass
        assert await ask("9.9.9.9") == 200
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)


async def test_who_asks_too_often_waits_as_long_as_told(caplog: pytest.LogCaptureFixture) -> None:
    steady = Steady()
    async with serving([route(per_minute=6)], steady=steady) as (_, client):

        async def ask() -> aiohttp.ClientResponse:
            async with client.post("/echo/1") as answer:
                return answer

        assert [(await ask()).status for _ in range(3)] == [200, 200, 429]  # 20 seconds' worth at once
        steady.seconds += int((await ask()).headers["Retry-After"])
        assert [(await ask()).status for _ in range(2)] == [200, 429]


# Who asks


@pytest.mark.parametrize(
    ("proxies", "headers", "expected"),
    [
        ("", {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https"}, ("127.0.0.1", "http")),
        ("10.0.0.0/8", {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https"}, ("127.0.0.1", "http")),
        ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https"}, ("8.8.8.8", "https")),
        ("127.0.0.1", {"X-Forwarded-For": "1.1.1.1, 8.8.8.8"}, ("8.8.8.8", "http")),
        ("127.0.0.1 10.0.0.0/8", {"X-Forwarded-For": "1.1.1.1, 8.8.8.8, 10.1.2.3"}, ("8.8.8.8", "http")),
        ("127.0.0.1", {"X-Forwarded-For": "1.1.1.1, nonsense"}, ("127.0.0.1", "http")),
        ("127.0.0.1", {"X-Forwarded-For": "2001:db8::1", "X-Forwarded-Proto": "gopher"}, ("2001:db8::1", "http")),
        ("127.0.0.1", {}, ("127.0.0.1", "http")),
    ],
    ids="no proxies,another's,ours,the client invented one,two of ours,no address,no scheme,untold".split(","),
)
async def test_only_a_listed_proxy_tells_who_asks(
    proxies: str, headers: dict[str, str], expected: tuple[str, str]
) -> None:
    listed = [ip_network(one) for one in proxies.split()]
    async with (
        serving([route()], proxies=listed) as (_, client),
        client.post("/echo/1", data=b"x", headers=headers) as answer,
    ):
        assert await answer.json() == {"body": "x", "from": expected[0], "by": expected[1]}


async def test_a_network_of_ipv6_is_one_client() -> None:
    async with serving([route(per_minute=3)], proxies=[ip_network("127.0.0.1")]) as (_, client):
        for address, status in (("2001:db8::1", 200), ("2001:db8::2", 429), ("2001:db8:0:1::1", 200)):
            async with client.post("/echo/1", headers={"X-Forwarded-For": address}) as answer:
                assert answer.status == status, address


# What goes out


async def test_the_log_has_the_route_and_the_id_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    seen: list[Answered] = []
    async with serving([route()]) as (server, client):
        server.observers.append(seen.append)
        async with client.post("/echo/s3cret?key=s3cret", data=b"s3cret") as answer:
            request_id = answer.headers["X-Request-Id"]
            length = answer.content_length
    (record,) = [record for record in caplog.records if record.msg == "request"]
    values = record.values  # type: ignore[attr-defined]  # ours, beside the library's
    assert (values["id"], values["route"], values["status"], values["bytes"]) == (request_id, "echo", 200, length)
    assert "s3cret" not in str([vars(record) for record in caplog.records])
    assert [(one.route, one.method, one.status) for one in seen] == [("echo", "POST", 200)]


async def test_a_mistake_of_ours_shows_its_id_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise ValueError("an inside thing")

    async with serving([route(handler=fail)]) as (_, client), client.post("/echo/1") as answer:
        assert answer.status == 500
        text = await answer.text()
    assert "inside" not in text
    assert json.loads(text)["id"] == answer.headers["X-Request-Id"]
    (record,) = [record for record in caplog.records if record.msg == "request_failed"]
    assert record.values["id"] == answer.headers["X-Request-Id"]  # type: ignore[attr-defined]  # as above


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving([route(handler=wait, seconds=0.05)]) as (_, client), client.post("/echo/1") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_what_a_route_does_not_admit_is_refused_before_its_body_comes() -> None:
    def admit(request: web.Request) -> web.Response | None:
        return None if request.headers.get("Secret") == "s" else web.Response(status=401)

    async with serving([route(admit=admit)]) as (server, client):
        head = b"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
        assert (await raw_answer(server.url, head)).startswith(b"HTTP/1.1 401 ")
        async with client.post("/echo/1", headers={"Secret": "s"}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [("GET", "/nowhere", 404, None), ("GET", "/echo/1", 405, "POST"), ("TRACE", "/echo/1", 405, "POST")],
)
async def test_what_is_not_there_is_told_in_one_line(
    method: str, path: str, status: int, allowed: str | None
) -> None:
    async with serving([route()]) as (_, client), client.request(method, path) as answer:
        assert (answer.status, answer.headers.get("Allow")) == (status, allowed)
        assert "error" in await answer.json()
        assert "aiohttp" not in str(answer.headers)


async def test_a_head_request_gets_what_a_get_request_gets() -> None:
    async with (
        serving([route(method="GET")]) as (_, client),
        client.head("/echo/1") as head,
        client.get("/echo/1") as answer,
    ):
        assert (head.status, head.content_length) == (200, answer.content_length)


# Start and end


async def test_a_taken_port_is_told_with_the_setting_and_free_again_after_the_end() -> None:
    address = ListenAddress("127.0.0.1", free_port())
    async with serving([], address) as (_, client):
        async with client.get("/x"):
            pass
        with pytest.raises(PortTaken, match=rf"NEWSBOT_WEB: {address} .*another program"):
            await WebServer(address, []).start()
    async with serving([], address):
        pass


async def test_the_end_waits_for_what_is_under_way_and_takes_nothing_new() -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        began.set()
        await go_on.wait()
        return web.Response(text="whole")

    async with serving([route(handler=wait)]) as (server, client):
        first = asyncio.create_task(client.post("/echo/1"))
        await began.wait()
        stopping = asyncio.create_task(server.stop())
        async with aiohttp.ClientSession(server.url) as other:
            async with asyncio.timeout(10):
                with suppress(aiohttp.ClientConnectorError):
                    while True:
                        async with other.get("/x"):
                            pass
        go_on.set()
        assert await (await first).text() == "whole"
        await asyncio.wait_for(stopping, 30)


async def test_the_end_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.STOP_SECONDS", 0.05)
    began = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    server = WebServer(LOOPBACK, [route(handler=wait, seconds=100)])
    await server.start()
    async with aiohttp.ClientSession(server.url) as client:
        asking = asyncio.create_task(client.post("/echo/1"))
        await began.wait()
        await asyncio.wait_for(server.stop(), 30)
        with pytest.raises(aiohttp.ClientError):
            await asking


# Health


async def test_readiness_tells_each_reason() -> None:
    steady, broken = Steady(), [False]

    async def check_writable() -> None:
        if broken[0]:
            raise DatabaseFull("/srv/secret/path.db: the disk is full")

    ready = Readiness(check_writable, lambda: 1000.0, steady=steady)
    async with serving(ready.routes()) as (_, client):

        async def reasons() -> list[str]:
            async with client.get("/readyz") as answer:
                told = await answer.json()
                assert answer.status == (503 if told["reasons"] else 200)
                assert told["ready"] is not bool(told["reasons"])
                return list(told["reasons"])

        assert await reasons() == []
        broken[0] = True
        steady.seconds += 6
        assert await reasons() == ["the database can't be written to: DatabaseFull"]
        broken[0] = False
        steady.seconds += 6
        assert await reasons() == []
        steady.seconds += REACHED_SECONDS
        assert await reasons() == ["Telegram has not answered in the last 120 seconds"]
        ready.stopping = True
        assert "stopping" in await reasons()
        async with client.get("/healthz") as answer:
            assert answer.status == 200


async def test_a_running_bot_is_ready_once_telegram_and_its_database_answer(tmp_path: Path) -> None:
    port, stop, database = free_port(), asyncio.Event(), tmp_path / "news.db"
    async with Simulator() as sim, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        config = Config(
            token=Secret(sim.token),
            api_url=sim.url,
            database=f"sqlite:///{database}",
            web=ListenAddress("127.0.0.1", port),
        )
        sim.faults.add(Fault("server_error", "getMe"))
        running = asyncio.create_task(app.run(config, stop=stop))

        async def told(path: str) -> tuple[int, dict[str, object]]:
            async with client.get(path) as answer:
                return answer.status, await answer.json()

        async with asyncio.timeout(30):
            while True:
                with suppress(aiohttp.ClientConnectorError):
                    if (await told("/healthz"))[0] == 200:
                        break
                await asyncio.sleep(0.01)
            assert await told("/readyz") == (503, {"ready": False, "reasons": [NOT_YET]})
            while (await told("/readyz"))[0] != 200:
                await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(running, 30)
        with pytest.raises(aiohttp.ClientConnectorError):
            await told("/healthz")
    assert sqlite3.connect(database).execute("PRAGMA quick_check").fetchone() == ("ok",)


NOT_YET = "Telegram has not answered in the last 120 seconds"
