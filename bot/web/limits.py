"""The limits of a route: how often it may be asked, how long a body may be, and how long anything may take."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from aiohttp import web

from bot import logs
from bot.web.clients import RateLimit
from bot.web.route import Route, refusal

log = logs.get_logger(__name__)

MOST_BODY_BYTES: Final = 64 * 2**20  # bodies of one route that are in memory at the same time
RETRY_SECONDS: Final = 5  # after a 503
SHARE: Final = 4  # one client may have this part of the requests and of the bytes at once: a quarter
LEAST_SHARE: Final = 32  # but at least so many requests,
LEAST_BODIES: Final = 2  # and the bytes of so many of the longest bodies


class Limited:
    """The handler of a route, behind the limits of the route."""

    def __init__(self, route: Route, *, steady: Callable[[], float] = time.monotonic) -> None:
        self.route = route
        self._rate = RateLimit(route.per_minute, steady)
        self._under_way: Counter[str | None] = Counter()  # requests by client
        self._most_of_client = max(LEAST_SHARE, route.at_once // SHARE)
        self._body_bytes: Counter[str | None] = Counter()  # announced by the requests under way, by client

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        route = self.route
        if seconds := self._rate.seconds_to_wait(request.remote):
            return _later(429, f"too many requests; the limit is {route.per_minute} a minute", seconds)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return refusal(415, "a compressed body can't be read; expected one without Content-Encoding")
        if (request.content_length or 0) > route.max_bytes:
            return self._too_large()
        if route.admit is not None and (refused := route.admit(request)) is not None:
            return refused
        client, announced = request.remote, request.content_length
        body_bytes = (route.max_bytes if announced is None else announced) if request.can_read_body else 0
        if self._is_busy(client) or self._has_too_many_bytes(client, body_bytes):
            return _later(503, "too many requests at the same time", RETRY_SECONDS)
        self._under_way[client] += 1
        self._body_bytes[client] += body_bytes
        try:
            limited = request.clone(
                client_max_size=route.max_bytes or 1,  # 0 would be no limit
                remote=request.remote or "",  # a clone forgets what another clone was given
                scheme=request.scheme,
            )
            return await self._answered(limited)
        finally:
            self._under_way[client] -= 1
            self._body_bytes[client] -= body_bytes
            if not self._under_way[client]:
                del self._under_way[client], self._body_bytes[client]

    def _is_busy(self, client: str | None) -> bool:
        """Returns whether there is no room for another request of this client."""
        is_full = self._under_way.total() >= self.route.at_once
        return is_full or self._under_way[client] >= self._most_of_client

    def _has_too_many_bytes(self, client: str | None, more: int) -> bool:
        """Returns whether there is no room for a body of `more` bytes.

        A few slow senders must not keep all others out.
        """
        in_all, of_client = self._body_bytes.total(), self._body_bytes[client]
        most_of_client = max(MOST_BODY_BYTES // SHARE, LEAST_BODIES * self.route.max_bytes)
        if in_all and in_all + more > MOST_BODY_BYTES:
            return True
        return of_client > 0 and of_client + more > most_of_client

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        if self.route.reads_body and request.can_read_body:
            try:
                async with asyncio.timeout(self.route.seconds):
                    body = await request.read()
            except TimeoutError:
                return _last(408, f"the body did not come within {self.route.seconds:g} seconds")
            except web.HTTPRequestEntityTooLarge:
                return self._too_large()
            except (OSError, web.RequestPayloadError):  # the client went away, or its chunks are no chunks
                return _last(400, "the body did not come as its head says")
            if len(body) > self.route.max_bytes:
                return self._too_large()
        try:
            async with asyncio.timeout(self.route.seconds) as limit:
                return await self.route.handler(request)
        except TimeoutError:
            if not limit.expired():
                raise
            log.warning("request_too_slow", route=self.route.name, seconds=self.route.seconds)
            return _later(503, "the answer took too long", RETRY_SECONDS)

    def _too_large(self) -> web.Response:
        return _last(413, f"the body is too long; expected at most {self.route.max_bytes} bytes")


def _later(status: int, message: str, seconds: int) -> web.Response:
    return refusal(status, message, headers={"Retry-After": str(seconds)})


def _last(status: int, message: str) -> web.Response:
    """Returns a refusal after which the connection is closed: what is left of the body would be read for nothing."""
    response = refusal(status, message)
    response.force_close()
    return response
