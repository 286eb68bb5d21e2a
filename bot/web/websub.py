"""`GET|POST /websub/ID`: the door for hubs, which verify a subscription and send what a feed publishes."""

from typing import Final

from aiohttp import web

from bot.ingest.websub import PATH, Gone, HubSubscriber
from bot.web.route import Route, refusal
from storage.errors import StorageError

SECONDS: Final = 15.0
PER_MINUTE: Final = 1_200  # calls of one client: a hub sends for many feeds
AT_ONCE: Final = 128


def websub_routes(subscriber: HubSubscriber, *, max_bytes: int) -> list[Route]:
    """`max_bytes` is the largest feed that a hub may send."""

    async def verify(request: web.Request) -> web.Response:
        try:
            answer = await subscriber.verify(request.match_info["id"], request.query)
        except Gone:
            return refusal(404, "no such subscription")
        return web.Response(text=answer, content_type="text/plain")

    async def receive(request: web.Request) -> web.Response:
        try:
            await subscriber.receive(
                request.match_info["id"],
                request.headers.get("X-Hub-Signature"),
                await request.read(),
                charset=request.charset,
            )
        except Gone:
            return refusal(410, "no such subscription")
        except StorageError:
            return refusal(503, "the articles can't be stored now", headers={"Retry-After": "30"})
        return web.Response(status=202)

    path = f"{PATH}/{{id}}"
    return [
        Route(name="websub_verify", method="GET", path=path, handler=verify, per_minute=PER_MINUTE),
        Route(
            name="websub",
            method="POST",
            path=path,
            handler=receive,
            max_bytes=max_bytes,
            seconds=SECONDS,
            per_minute=PER_MINUTE,
            at_once=AT_ONCE,
        ),
    ]
