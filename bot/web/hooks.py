"""`POST /hooks/NAME`: the door for programs that send their articles."""

import json
from dataclasses import asdict
from math import ceil
from typing import Final

from aiohttp import web

from bot import logs
from bot.ingest.errors import Unreadable
from bot.ingest.hook_signatures import EXPECTED, NotAuthorized, OutOfTime, has_proof
from bot.ingest.hooks import HookReceiver, Paused, WrongType
from bot.ingest.waiting_calls import Busy
from bot.web.route import Route, refusal
from storage.errors import StorageError

log = logs.get_logger(__name__)

SECONDS: Final = 15.0  # for a body, and as much until its articles are stored
PER_MINUTE: Final = 18_000  # calls of one client: 300 a second
AT_ONCE: Final = 1_024  # their bodies are bounded together
RETRY_SECONDS: Final = 5


def hook_routes(receiver: HookReceiver, *, max_bytes: int) -> list[Route]:
    """`max_bytes` is the longest body of a call."""

    async def receive(request: web.Request) -> web.Response:
        return await _answer(receiver, request)

    def admit(request: web.Request) -> web.Response | None:
        """Refuse a call without any secret, or one that would wait for long, before its body is read."""
        if not has_proof(request.headers):
            return _not_authorized()
        try:
            receiver.check_room(request.match_info["name"], request.headers)
        except Busy as error:
            return _busy(error)
        return None

    return [
        Route(
            name="hook",
            method="POST",
            path="/hooks/{name}",
            handler=receive,
            max_bytes=max_bytes,
            seconds=SECONDS,
            per_minute=PER_MINUTE,
            at_once=AT_ONCE,
            admit=admit,
        )
    ]


def _not_authorized() -> web.Response:
    return refusal(401, EXPECTED, headers={"WWW-Authenticate": "Bearer"})


def _busy(error: Busy) -> web.Response:
    return refusal(503, str(error), headers={"Retry-After": str(max(RETRY_SECONDS, ceil(error.seconds)))})


async def _answer(receiver: HookReceiver, request: web.Request) -> web.Response:
    try:
        counts = await receiver.receive(
            request.match_info["name"],
            request.headers,
            await request.read(),
            content_type=request.content_type if "Content-Type" in request.headers else "",
            charset=request.charset,
        )
    except NotAuthorized:
        return _not_authorized()
    except (OutOfTime, Paused) as error:
        return refusal(403, str(error))
    except WrongType as error:
        return refusal(415, str(error))
    except Unreadable as error:
        return refusal(422, str(error))
    except Busy as error:
        return _busy(error)
    except StorageError as error:
        log.error("hook_not_stored", reason=error)
        return refusal(503, "the articles can't be stored now", headers={"Retry-After": str(RETRY_SECONDS)})
    return web.Response(status=202, text=json.dumps(asdict(counts)) + "\n", content_type="application/json")
