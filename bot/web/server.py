"""The HTTP server of a bot: one aiohttp application with the routes that it is given.

Each request gets an id, which is in the answer (X-Request-Id) and in the log. The log names the route, and neither
paths, queries nor bodies.
"""

import asyncio
import errno
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

from bot import logs
from bot.config import ListenAddress
from bot.errors import PortTaken
from bot.web.clients import Network, resolved
from bot.web.connections import Connections, Site
from bot.web.limits import Limited
from bot.web.route import Handler, Route, refusal

log = logs.get_logger(__name__)

STOP_SECONDS: Final = 5.0  # time that `stop` leaves to the requests that are under way
LINGERING_SECONDS: Final = 2.0  # for which the rest of a body that was refused is read, so that its sender can listen
UNKNOWN: Final = "unknown"  # the name of a route that does not exist
METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


@dataclass(slots=True)
class _Note:
    """What is known of a request that is under way. Clones of the request share it."""

    id: str
    route: Route | None = None


_NOTE: Final = web.RequestKey("note", _Note)


def request_id(request: web.Request) -> str:
    """Returns the id that the log and the answer show."""
    return request[_NOTE].id


@dataclass(frozen=True, slots=True)
class Answered:
    """One answered request, for metrics."""

    route: str  # its name; UNKNOWN for a path that does not exist
    method: str
    status: int
    seconds: float
    bytes: int  # of the answer's body


class WebServer:
    """Listens between `start` and `stop`. `url` is its local address."""

    def __init__(
        self,
        address: ListenAddress,
        routes: Iterable[Route],
        *,
        proxies: Sequence[Network] = (),
        connections: Connections | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Only a proxy in `proxies` is believed what it says about its client."""
        self.connections = Connections() if connections is None else connections
        self.observers: list[Callable[[Answered], None]] = []  # called after each answer; they must not raise
        self._address = address
        self._proxies = proxies
        self._steady = steady

        @web.middleware
        async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        application = web.Application(middlewares=[answer])
        for route in routes:
            _add(application, route, Limited(route, steady=steady))
        self._runner = web.AppRunner(
            application,
            access_log=None,
            # Anybody could fill the log with what is no HTTP.
            logger=logs.library_logger("aiohttp.server", without=HttpProcessingError),
            auto_decompress=False,  # signatures are of the bytes that came, and a few bytes may unpack to very many
            shutdown_timeout=STOP_SECONDS,
            lingering_time=LINGERING_SECONDS,
            keepalive_timeout=self.connections.idle_seconds,
        )
        self._site: Site | None = None

    @property
    def url(self) -> str:
        assert self._site is not None, "start() comes first"
        return self._site.name

    async def start(self) -> None:
        """Raises PortTaken if the address can't be used."""
        await self._runner.setup()
        site = Site(self._runner, self._address.host, self._address.port, self.connections)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            taken = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
            raise PortTaken(
                f"NEWSBOT_WEB: {self._address} can't be used ({taken}); expected a free port of this machine"
            ) from error
        self._site = site
        log.info("web_started", url=self.url)

    async def stop(self) -> None:
        """Take no more requests, and wait for those that are under way. May be called repeatedly."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, and log how."""
        began = self._steady()
        note = request[_NOTE] = _Note(secrets.token_hex(8))
        self.connections.begin_request(request)
        try:
            response = await self._response(request, handler)
        finally:
            self.connections.end_request(request)
        response.headers["X-Request-Id"] = note.id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Server"] = "Newsbot"  # aiohttp would tell its version, and Python's
        route = note.route
        answered = Answered(
            route=route.name if route else UNKNOWN,
            method=request.method if request.method in METHODS else "other",
            status=response.status,
            seconds=self._steady() - began,
            bytes=response.content_length or 0,
        )
        if route is None or route.is_quiet:
            log.debug("request", id=note.id, route=answered.route, status=answered.status)
        else:
            log.info(
                "request",
                id=note.id,
                method=answered.method,
                route=answered.route,
                status=answered.status,
                seconds=round(answered.seconds, 4),
                bytes=answered.bytes,
            )
        for observe in self.observers:
            observe(answered)
        if isinstance(response, web.HTTPException):
            raise response
        return response

    async def _response(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(resolved(request, self._proxies))
        except web.HTTPException as answer:
            if answer.status < 400 or answer.text != f"{answer.status}: {answer.reason}":
                return answer
            allowed = {"Allow": answer.headers["Allow"]} if "Allow" in answer.headers else None
            return refusal(answer.status, answer.reason.lower(), headers=allowed)
        except asyncio.CancelledError:
            raise
        except Exception:  # a mistake of ours must not show its inside to a stranger
            log.exception("request_failed", id=request_id(request))
            return refusal(500, "a mistake of ours; the log has more below this id", id=request_id(request))


def _add(application: web.Application, route: Route, limited: Limited) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[_NOTE].route = route
        return await limited(request)

    if route.method == "GET":
        application.router.add_get(route.path, handle)
    else:
        application.router.add_route(route.method, route.path, handle)
