"""A route of the HTTP server: what it answers, and the limits that protect the bot from those who ask."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Admission = Callable[[web.Request], web.Response | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path.

    The handler gets a request whose body was read already: `await request.read()` returns at once. `request.remote`
    is the address of the client, also behind a trusted proxy.
    """

    name: str  # for the log and for metrics, which never show a path: it may have a secret
    method: str  # "GET" answers HEAD as well
    path: str  # as aiohttp writes it, such as "/hooks/{name}"
    handler: Handler
    per_minute: int  # requests of one client address; all above it get 429
    max_bytes: int = 0  # of a body; a longer one is refused with 413
    seconds: float = 10.0  # for the body, which is refused with 408 after that, and as much for the handler: 503
    at_once: int = 256  # requests under way; one above it gets 503
    admit: Admission | None = None  # returns the refusal of a request before its body is read, or None
    is_quiet: bool = False  # logged at the level DEBUG only: monitors ask every few seconds
    reads_body: bool = True  # False: the handler reads the body, within `max_bytes` (for uploads of files)


def refusal(status: int, message: str, *, headers: Mapping[str, str] | None = None, **values: Any) -> web.Response:
    """Returns an error as one line of JSON: `{"error": message}`, with further values."""
    return web.json_response({"error": message, **values}, status=status, headers=headers)
