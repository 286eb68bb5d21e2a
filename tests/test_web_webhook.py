"""Updates by webhook: over real HTTP, from the simulated Telegram to a running bot and back."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import WebhookInfo

from bot import app
from bot.chat import ALLOWED_UPDATES, WebhookKeeper, WebhookTarget, webhook_secret
from bot.chat.polling import ReceiveResult
from bot.cli.update_findings import update_findings
from bot.cli.web_findings import is_open, web_findings
from bot.config import Config, ListenAddress, Secret, webhook_problems
from bot.locale import Voice
from bot.sim import Chat, Fault, Simulator
from bot.sim.simulator import Call
from bot.telegram_http import AiohttpRequest
from bot.web import Route
from bot.web.health import Readiness
from bot.web.telegram_updates import LARGEST, TelegramUpdates
from storage import open_storage
from storage.errors import DatabaseFull
from tests.command_line import CommandLine
from tests.processes import Newsbot
from tests.web import free_port, raw_answer, serving, until

SECRET = "s" * 64
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(webhook_anywhere=True) as opened:
        yield opened
        assert opened.errors == []


def config(sim: Simulator, folder: Path, *, updates: str = "webhook") -> Config:
    port = free_port()
    return Config(
        token=Secret(sim.token),
        api_url=sim.url,
        database=f"sqlite:///{folder / 'news.db'}",
        rate=0,
        updates=updates,
        web=ListenAddress("127.0.0.1", port),
        public_url=f"http://127.0.0.1:{port}",
    )


@asynccontextmanager
async def running(settings: Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(settings, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


def calls(sim: Simulator, method: str) -> list[Call]:
    return [call for call in sim.calls if call.method == method]


def has_answers(chat: Chat, count: int) -> bool:
    return len(chat.messages) >= count


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.server.LINGERING_SECONDS", 0.05)


# A running bot


async def test_telegram_is_told_all_it_needs_and_its_updates_are_answered(sim: Simulator, tmp_path: Path) -> None:
    settings = config(sim, tmp_path)
    chat = sim.private(sim.person("Huda", "en"))
    async with running(settings):
        chat.say("/help")
        await sim.until(lambda: bool(chat.messages) and not sim.unconfirmed)
        sim.inline.ask(chat, sim.person("Sam", "en"), "harbour")
        await sim.until(lambda: bool(calls(sim, "answerInlineQuery")) and not sim.unconfirmed)
    (told,) = [call.values for call in calls(sim, "setWebhook")]
    assert told == {
        "url": f"{settings.public_url}/telegram",
        "secret_token": webhook_secret(sim.token),
        "allowed_updates": list(ALLOWED_UPDATES),
        "max_connections": 40,
    }
    assert calls(sim, "getUpdates") == []
    async with open_storage(settings.database) as storage:
        assert (await storage.inbox.stats()).waiting == 0


async def test_a_change_between_polling_and_webhook_loses_nothing_and_answers_once(
    sim: Simulator, tmp_path: Path
) -> None:
    chat = sim.private(sim.person("Huda", "en"))
    for count, updates in enumerate(("polling", "webhook", "polling", "webhook", "webhook"), 1):
        chat.say("/help")  # while no bot runs
        async with running(config(sim, tmp_path, updates=updates)):
            chat.say("/help")
            await sim.until(lambda: not sim.unconfirmed)
            await until(partial(has_answers, chat, 2 * count))
    assert len(chat.messages) == 10
    assert not any(call.values.get("drop_pending_updates") for call in sim.calls)


async def test_what_came_before_a_kill_is_answered_after_it(sim: Simulator, tmp_path: Path) -> None:
    """The process is killed after the commit, and Telegram never gets the 200."""
    port, killed = free_port(), asyncio.Event()
    chat = sim.private(sim.person("Huda", "en"))
    victims: list[int] = []

    async def pass_on(request: web.Request) -> web.StreamResponse:
        async with aiohttp.ClientSession() as session:
            headers = {HEADER: request.headers[HEADER], "Content-Type": "application/json"}
            url = f"http://127.0.0.1:{port}/telegram"
            try:
                async with session.post(url, data=await request.read(), headers=headers) as answer:
                    assert answer.status == 200
            except aiohttp.ClientError:
                return web.Response(status=502)
        if victims:
            os.kill(victims.pop(), signal.SIGKILL)
            killed.set()
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    proxy = web.Application()
    proxy.router.add_post("/telegram", pass_on)
    runner = web.AppRunner(proxy)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot = Newsbot(
        tmp_path,
        sim,
        NEWSBOT_UPDATES="webhook",
        NEWSBOT_WEB=str(port),
        NEWSBOT_PUBLIC_URL=f"http://127.0.0.1:{runner.addresses[0][1]}",
    )
    try:
        async with bot.running() as process:
            victims.append(process.pid)
            chat.say("/help")
            await asyncio.wait_for(killed.wait(), 20)
        async with bot.running():
            await sim.until(lambda: not sim.unconfirmed and bool(chat.messages), 30)
            chat.say("/latest")
            await sim.until(lambda: chat.last.text != chat.messages[0].text, 30)
    finally:
        await runner.cleanup()
    assert len(chat.messages) in (2, 3)  # an answer that was in flight at the kill may come twice


async def test_a_webhook_that_somebody_changes_is_set_again(sim: Simulator) -> None:
    request = AiohttpRequest()
    await request.initialize()
    target = WebhookTarget("http://127.0.0.1:9/telegram", SECRET, ["message"])
    keeper = WebhookKeeper(request, f"{sim.url}/bot{sim.token}", target)
    sim.faults.add(Fault("server_error", "setWebhook"))
    keeping = asyncio.create_task(keeper.run(look_seconds=0.01))
    try:
        await sim.until(lambda: sim.webhook.is_set)
        await sim.webhook.delete({})
        await sim.until(lambda: sim.webhook.is_set)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await request.shutdown()


# The route


class Receiver:
    """Takes updates, each list of them when it is let go on."""

    def __init__(self) -> None:
        self.lists: list[list[Any]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.error: Exception | None = None

    async def receive(self, updates: Sequence[Any], *, confirmed: int = 0) -> ReceiveResult:
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        self.lists.append(list(updates))
        return ReceiveResult(None, len(updates))

    async def confirm(self, before: int) -> None:
        raise AssertionError("a webhook confirms by its answers")


def door(receiver: Receiver, *, is_open: bool = True) -> TelegramUpdates:
    updates = TelegramUpdates(SECRET)
    if is_open:
        updates.open(receiver)
    return updates


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: SECRET[:-1]}, {HEADER: "é" * 64}], ids=range(4))
async def test_a_stranger_gets_in_nothing(headers: dict[str, str]) -> None:
    receiver = Receiver()
    async with (
        serving(door(receiver).routes()) as (_, client),
        client.post("/telegram", json={"update_id": 1}, headers=headers) as answer,
    ):
        assert answer.status == 401
    assert receiver.lists == []


@pytest.mark.parametrize(
    ("body", "received"),
    [
        (b'{"update_id": 7}', [{"update_id": 7}]),
        (b"no JSON", [None]),
        (b"", [None]),
        (b"\xff\xfe", [None]),
        (b"[1]", [[1]]),
        (b"[" * 200_000, [None]),
    ],
    ids="update,words,nothing,no UTF-8,list,nested".split(","),
)
async def test_what_telegram_sends_is_taken_whatever_it_is(body: bytes, received: list[Any]) -> None:
    receiver = Receiver()
    async with (
        serving(door(receiver).routes()) as (_, client),
        client.post("/telegram", data=body, headers={HEADER: SECRET}) as answer,
    ):
        assert answer.status == 200
    assert receiver.lists == [received]


async def test_an_update_that_cannot_be_read_is_set_aside_and_stops_no_other(sim: Simulator, tmp_path: Path) -> None:
    settings = config(sim, tmp_path)
    chat = sim.private(sim.person("Huda", "en"))
    async with running(settings):
        await sim.until(lambda: sim.webhook.is_set)
        sim.give({"message": {"chat": {"id": chat.id, "type": "private"}, "text": ["no text"], "date": 1}})
        sim.give("no object at all")
        chat.say("/help")
        await sim.until(lambda: bool(chat.messages) and not sim.unconfirmed)
    async with open_storage(settings.database) as storage:
        assert (await storage.inbox.stats()).set_aside == 1


async def test_fifty_megabytes_are_refused_before_they_come() -> None:
    async with serving(door(Receiver()).routes()) as (server, _):
        head = f"POST /telegram HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: {50 * 2**20}\r\n\r\n"
        assert LARGEST < 50 * 2**20
        assert (await raw_answer(server.url, head.encode())).startswith(b"HTTP/1.1 413 ")


async def test_what_cannot_be_stored_is_refused_and_comes_again() -> None:
    receiver = Receiver()
    receiver.error = DatabaseFull("full")
    async with serving(door(receiver).routes()) as (_, client):

        async def send() -> int:
            async with client.post("/telegram", json={"update_id": 1}, headers={HEADER: SECRET}) as answer:
                return answer.status

        assert await send() == 503
        receiver.error = ValueError("a mistake")
        assert await send() == 500
        receiver.error = None
        assert await send() == 200
    assert receiver.lists == [[{"update_id": 1}]]


async def test_nothing_is_taken_before_the_bot_is_ready_for_it() -> None:
    receiver = Receiver()
    updates = door(receiver, is_open=False)
    async with (
        serving(updates.routes()) as (_, client),
        client.post("/telegram", json={"update_id": 1}, headers={HEADER: SECRET}) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert receiver.lists == []


async def test_updates_that_come_during_a_commit_share_the_next_one_in_order() -> None:
    receiver = Receiver()
    receiver.go_on.clear()
    updates = door(receiver)
    async with serving(updates.routes()) as (_, client):

        async def send(number: int) -> int:
            async with client.post("/telegram", json={"update_id": number}, headers={HEADER: SECRET}) as answer:
                return answer.status

        first = asyncio.create_task(send(1))
        await until(lambda: updates._committing is not None)
        others = [asyncio.create_task(send(number)) for number in (5, 3, 4, 2)]
        await until(lambda: len(updates._waiting) == 4)
        receiver.go_on.set()
        assert await asyncio.gather(first, *others) == [200] * 5
    assert [[one["update_id"] for one in batch] for batch in receiver.lists] == [[1], [2, 3, 4, 5]]


# Settings and check


HTTPS = Config(updates="webhook", web=ListenAddress("127.0.0.1", 1), public_url="https://bot.example")


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        (HTTPS, []),
        (replace(HTTPS, public_url="https://bot.example:8443/x"), []),
        (replace(HTTPS, web=None), ["NEWSBOT_WEB: not set"]),
        (replace(HTTPS, public_url=""), ["NEWSBOT_PUBLIC_URL: not set"]),
        (replace(HTTPS, web=None, public_url=""), ["NEWSBOT_WEB: not set", "NEWSBOT_PUBLIC_URL: not set"]),
        (replace(HTTPS, public_url="http://bot.example"), ["NEWSBOT_PUBLIC_URL: 'http://bot.example' can't be used"]),
        (replace(HTTPS, public_url="https://bot.example:9000"), ["NEWSBOT_PUBLIC_URL: 'https://bot.example:9000'"]),
        (replace(HTTPS, public_url="http://10.0.0.1:9000", api_url="http://10.0.0.2:8081"), []),
        (Config(), []),
    ],
    ids="all,port,no server,no address,neither,no TLS,odd port,own API server,polling".split(","),
)
def test_a_setting_that_a_webhook_needs_is_named(settings: Config, wrong: list[str]) -> None:
    problems = webhook_problems(settings)
    assert len(problems) == len(wrong)
    assert all(problem.startswith(text) for problem, text in zip(problems, wrong, strict=True))


def test_a_webhook_without_its_settings_is_a_usage_error(newsbot: CommandLine) -> None:
    newsbot.set(NEWSBOT_TOKEN="12:ab", NEWSBOT_UPDATES="webhook")
    status, _, complained = newsbot("run")
    assert status == 2
    assert "NEWSBOT_WEB: not set" in complained
    assert "NEWSBOT_PUBLIC_URL: not set" in complained


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SET = WebhookInfo("https://bot.example/telegram", False, 3, allowed_updates=list(ALLOWED_UPDATES))


def failed(message: str, ago: timedelta = timedelta(minutes=5)) -> WebhookInfo:
    values = {"last_error_date": NOW - ago, "last_error_message": message}
    return WebhookInfo(SET.url, False, 3, allowed_updates=list(ALLOWED_UPDATES), **values)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("settings", "info", "wrong", "texts"),
    [
        (Config(), WebhookInfo("", False, 2), [], ["polled", "2 updates waiting"]),
        (Config(), SET, [], ["a webhook is set at https://bot.example/telegram", "ends it when it starts"]),
        (HTTPS, SET, [], ["by webhook at https://bot.example/telegram", "3 updates waiting"]),
        (HTTPS, WebhookInfo("", False, 0), ["updates"], ["no webhook is set", "https://bot.example/telegram"]),
        (HTTPS, WebhookInfo("https://x.example", False, 0), ["updates"], ["set to https://x.example"]),
        (
            HTTPS,
            WebhookInfo(SET.url, False, 0, allowed_updates=["message"]),
            ["allowed updates"],
            ["callback_query", "my_chat_member"],
        ),
        (
            HTTPS,
            failed("Wrong response from the webhook: 401 Unauthorized"),
            ["webhook"],
            ["secret", "start the bot"],
        ),
        (HTTPS, failed("Wrong response from the webhook: 404 Not Found"), ["webhook"], ["POST /telegram"]),
        (HTTPS, failed("Wrong response from the webhook: 502 Bad Gateway"), ["webhook"], ["is it running"]),
        (HTTPS, failed("Wrong response from the webhook: 302 Found"), ["webhook"], ["redirects"]),
        (HTTPS, failed("SSL error {error:0A000086:SSL routines::certificate verify failed}"), ["webhook"], ["chain"]),
        (HTTPS, failed("Connection refused"), ["webhook"], ["nothing listens"]),
        (HTTPS, failed("Connection timed out"), ["webhook"], ["firewall"]),
        (HTTPS, failed("Read timeout expired"), ["webhook"], ["no answer"]),
        (HTTPS, failed("Failed to resolve host: Name or service not known"), ["webhook"], ["DNS"]),
        (HTTPS, failed("Something new"), ["webhook"], ["2026-11-30 11:55 UTC (Something new)"]),
        (HTTPS, failed("Connection refused", timedelta(days=1)), [], ["the last error was at 2026-11-29"]),
    ],
)
def test_check_explains_what_telegram_says(
    settings: Config, info: WebhookInfo, wrong: list[str], texts: list[str]
) -> None:
    found = list(update_findings(settings, info, NOW, Voice("en")))
    assert [finding.subject for finding in found if not finding.ok] == wrong
    told = " ".join(finding.line for finding in found)
    assert [text for text in texts if text not in told] == []


async def test_check_asks_telegram(sim: Simulator, tmp_path: Path) -> None:
    await sim.webhook.set({"url": "http://127.0.0.1:9/telegram"})
    sim.private(sim.person("Huda")).say("/help")
    await until(lambda: "last_error_message" in sim.webhook.info())
    bot = Newsbot(
        tmp_path,
        sim,
        NEWSBOT_UPDATES="webhook",
        NEWSBOT_WEB="9",
        NEWSBOT_PUBLIC_URL="http://127.0.0.1:9",
    )
    status, told, _ = await bot("check")
    assert status == 1
    assert "ok     updates: by webhook at http://127.0.0.1:9/telegram\n" in told
    assert "ok     updates: 1 update waiting at Telegram\n" in told
    assert "wrong  webhook: the last error was at" in told
    assert ": nothing listens at NEWSBOT_PUBLIC_URL: start the proxy, open the port (Connection refused)" in told


async def found(settings: Config, *, is_running: bool = True) -> list[tuple[str, bool, str]]:
    voice = Voice("en")
    asked = web_findings(settings, is_running=is_running, voice=voice)
    return [(one.subject, one.ok, f"{one.text} {one.error}".strip()) async for one in asked]


async def test_check_asks_the_server_at_both_of_its_addresses() -> None:
    ready = Readiness(asyncio.Event().wait, lambda: 0.0)  # type: ignore[arg-type]  # it is not asked

    async def other(_: web.Request) -> web.Response:
        return web.Response(text="<html>", status=200)

    stranger = [Route(name="other", method="GET", path="/healthz", handler=other, per_minute=60)]
    async with serving(ready.routes()) as (ours, _), serving(stranger) as (theirs, _), serving([]) as (empty, _):
        web_address = ListenAddress("127.0.0.1", int(ours.url.rpartition(":")[2]))
        good = Config(web=web_address, public_url=ours.url)
        assert await found(good) == [
            ("server", True, f"it answers at {ours.url}"),
            ("NEWSBOT_PUBLIC_URL", True, f"it answers at {ours.url}"),
        ]
        for url, reason in (
            (theirs.url, "another program answers"),
            (empty.url, "status 404"),
            ("http://127.0.0.1:1", "Connect call failed"),
            ("http://no.such.host.invalid", "no.such.host.invalid"),
        ):
            _, public = await found(replace(good, public_url=url))
            assert not public[1]
            assert reason in public[2], public
    (server,) = await found(replace(good, public_url=""))
    assert not server[1]
    assert "start it again" in server[2]
    assert await found(Config()) == []
    assert [one[1] for one in await found(good, is_running=False)] == [True]
    assert [one[:2] for one in await found(replace(good, web=None))] == [("NEWSBOT_PUBLIC_URL", False)]


@pytest.mark.parametrize(
    ("url", "is_readable"),
    [
        ("http://bot.example", True),
        ("http://10.0.0.5:8081", True),
        ("https://bot.example", False),
        ("http://127.0.0.1:8081", False),
        ("http://[::1]:8081", False),
        ("http://localhost:8081", False),
    ],
)
def test_check_tells_that_an_address_without_tls_can_be_read_on_the_way(url: str, is_readable: bool) -> None:
    assert is_open(url) is is_readable


# The simulator is as strict as Telegram


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "http://bot.example/"}, "An HTTPS URL must be provided"),
        ({"url": "https://bot.example:8081/"}, "only on ports 80, 88, 443 or 8443"),
        ({"url": "https://127.0.0.1/"}, "is reserved"),
        ({"url": "https://bot.example/", "secret_token": "a b"}, "unallowed characters"),
        ({"url": "https://bot.example/", "secret_token": "a" * 257}, "too long"),
    ],
    ids="scheme port address letters length".split(),
)
async def test_the_simulator_refuses_what_telegram_refuses(values: dict[str, Any], words: str) -> None:
    async with Simulator() as strict, aiohttp.ClientSession() as client:
        async with client.post(f"{strict.url}/bot{strict.token}/setWebhook", data=values) as answer:
            assert answer.status == 400
            assert words in (await answer.json())["description"]
        assert not strict.webhook.is_set


async def test_the_simulator_repeats_in_order_and_tells_why(sim: Simulator) -> None:
    got: list[int] = []
    refuse = 2

    async def take(request: web.Request) -> web.Response:
        nonlocal refuse
        assert request.headers[HEADER] == SECRET
        got.append((await request.json())["update_id"])
        refuse -= 1
        return web.Response(status=500 if refuse >= 0 else 200)

    application = web.Application()
    application.router.add_post("/telegram", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    chat = sim.private(sim.person("Huda"))
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
        async with aiohttp.ClientSession(f"{sim.url}/bot{sim.token}/") as client:
            async with client.post("setWebhook", data={"url": url, "secret_token": SECRET}) as answer:
                assert (await answer.json())["result"] is True
            chat.say("one")
            chat.say("two")
            await sim.until(lambda: not sim.unconfirmed)
            async with client.post("getWebhookInfo") as answer:
                info = (await answer.json())["result"]
            async with client.post("getUpdates") as answer:
                assert answer.status == 409
            async with client.post("deleteWebhook") as answer:
                assert answer.status == 200
            async with client.post("getUpdates") as answer:
                assert (await answer.json())["result"] == []
    finally:
        await runner.cleanup()
    assert got == [got[0], got[0], got[0], got[0] + 1]
    assert info["pending_update_count"] == 0
    assert "500 Internal Server Error" in info["last_error_message"]
    assert json.dumps(info)
