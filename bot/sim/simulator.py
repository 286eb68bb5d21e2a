"""The HTTP server: it answers Bot API calls, delivers updates, and serves the interface of the chat page."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from bot.sim.browsers import refuse_other_sites
from bot.sim.faults import Fault, Faults
from bot.sim.limits import Limits
from bot.sim.methods import PARAMETERS, call, parse_parameters
from bot.sim.page_api import add_page
from bot.sim.refusal import Refusal, bad_request, forbidden, too_many
from bot.sim.sources import UPLOADED, Upload
from bot.sim.telegram import Telegram
from bot.sim.world import Json

LARGEST_REQUEST: Final = 50 * 2**20  # bytes; a larger upload is answered with 413, as by Telegram
LONGEST_POLL: Final = 50.0  # seconds that getUpdates waits for an update
FUTURE: Final = 10  # an offset that is further ahead of the last update than this counts as 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot. Tests examine it."""

    method: str
    values: Json
    at: float
    status: int


class Simulator(Telegram):
    """Use it as `async with Simulator() as sim`.

    `sim.url` is the value for the bot's NEWSBOT_API_URL, and `sim.token` is the bot's token. If `fetches_private`, it
    also fetches pictures from loopback and private addresses. If `webhook_anywhere`, a webhook may be at a loopback
    address, over plain http. `sim.version` is the version of the Bot API that it
    plays.
    """

    def __init__(
        self,
        token: str = "1:simulated",
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
        fetches_private: bool = False,
        webhook_anywhere: bool = False,
    ) -> None:
        bot = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Newsbot", "username": "newsbot"}
        super().__init__(bot, limits or Limits.off(), clock)
        self.fetcher.private = fetches_private
        self.webhook.anywhere = webhook_anywhere
        self.token = token
        self.faults = Faults()
        self.calls: list[Call] = []
        self.errors: list[str] = []  # refusals that no test asked for
        self._host, self._port = host, port
        self.polls_begun = 0
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[refuse_other_sites])
        application.router.add_route("*", "/bot{token}/{method}", self._answer)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        add_page(application, self)
        self._runner = web.AppRunner(application, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.polls_begun += 1  # ends the polls that are waiting
        self._news.set()
        for listener in self.listeners:
            listener.put_nowait({"kind": "end"})
        await self.webhook.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until the condition is true. It is checked after each call of the bot.

        Raises TimeoutError if that takes longer than `seconds`.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    # The Bot API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            values = parse_parameters(method, *await self._given(request), self.version)
            fault = self.faults.next_for(method, values)
            result = await self._with_fault(request, fault, method, values)
            status = 200
            answer: Json = {"ok": True, "result": result}
        except Refusal as refusal:
            status, answer = refusal.code, refusal.to_json()
            if not refusal.planned and refusal.code not in (401, 429):
                self.errors.append(f"{method}: {refusal.description}")
        except _Broken:
            await self._note(method, {}, 0)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except _Instead as instead:
            await self._note(method, {}, instead.answer.status)
            return instead.answer
        await self._note(method, locals().get("values", {}), status)
        return web.json_response(answer, status=status)

    async def _download(self, request: web.Request) -> web.Response:
        """Answer with a file whose path getFile has told."""
        known = request.match_info["token"] == self.token
        document = self.links.find(request.match_info["path"]) if known else None
        status = 200 if document else 404
        await self._note("download", dict(request.match_info), status)
        if document is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=document.content, content_type="application/octet-stream")

    async def _given(self, request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
        """Returns the parameters of a call, and the uploaded files by the names of their parts.

        The parameter that has the name of a part stands for that part.
        """
        given = dict(request.query)
        uploads: dict[str, Upload] = {}
        if request.content_type == "application/json":
            for name, value in (await request.json()).items():
                given[name] = value if isinstance(value, str) else json.dumps(value)
            return given, uploads
        for name, part in (await request.post()).items():
            if isinstance(part, web.FileField):
                uploads[name] = Upload(part.filename, part.file.read())
            else:
                given[name] = str(part)
        method = PARAMETERS.get(request.match_info["method"], {})
        return given | {name: f"{UPLOADED}{name}" for name in uploads if name in method}, uploads

    async def confirm(self, number: int) -> None:
        await super().confirm(number)
        async with self._changed:
            self._changed.notify_all()

    async def _note(self, method: str, values: Json, status: int) -> None:
        self.calls.append(Call(method, values, self.clock(), status))
        async with self._changed:
            self._changed.notify_all()

    async def _with_fault(self, request: web.Request, fault: Fault | None, method: str, values: Json) -> Any:
        kind = fault.kind if fault else None
        if fault is not None and kind in ("too_many", "forbidden", "bad_request"):
            refusals = {"too_many": too_many(math.ceil(fault.seconds)), "forbidden": forbidden(fault.text)}
            refusal = refusals.get(kind, bad_request(fault.text))
            refusal.planned = True
            raise refusal
        if kind == "server_error":
            page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
            raise _Instead(web.Response(status=502, text=page, content_type="text/html"))
        if fault is not None and kind == "answer":
            headers = {"Content-Type": "application/json"} | fault.headers
            raise _Instead(web.Response(status=fault.status, body=fault.text.encode(), headers=headers))
        if fault is not None and kind == "raw":
            if request.transport is not None:
                request.transport.write(fault.text.encode())
                request.transport.close()
            raise _Broken
        if kind == "reset_before":
            raise _Broken
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.seconds)
        result = await self.result_of(method, values)
        if kind == "reset_after":
            raise _Broken
        if kind == "no_answer":
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            raise _Broken
        return result

    async def result_of(self, method: str, values: Json) -> Any:
        """Returns the result of a call whose parameters were checked. Raises Refusal."""
        if method == "getUpdates":
            return await self._get_updates(values)
        if method == "setWebhook":  # ends a poll that waits
            self.polls_begun += 1
            self._news.set()
        return await call(self, method, values)

    async def _get_updates(self, values: Json) -> list[Json]:
        self.polls_begun += 1
        mine = self.polls_begun
        if self.webhook.is_set:
            conflict = Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active;"
                " use deleteWebhook to delete the webhook first",
            )
            conflict.planned = True
            raise conflict
        self.allow(values.get("allowed_updates"))
        offset = values.get("offset", 0)
        if offset > self._last_update + FUTURE:
            offset = 0  # as Telegram does: the first stored update comes first, and none is dropped
        self._updates = [update for update in self._updates if update[0] >= offset]
        async with self._changed:
            self._changed.notify_all()
        self._news.set()  # wakes an older poll that still waits: it ends with a conflict
        loop = asyncio.get_running_loop()
        end = loop.time() + min(LONGEST_POLL, values.get("timeout", 0))
        while not self._updates and mine == self.polls_begun and loop.time() < end:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._news.wait()
        if mine != self.polls_begun:
            conflict = Refusal(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
            conflict.planned = True
            raise conflict
        return [update for _, update in self._updates[: values.get("limit", 100)]]


class _Broken(Exception):
    """The connection must be broken instead of an answer."""


class _Instead(Exception):
    """This answer must be sent instead of the method's own answer."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer
