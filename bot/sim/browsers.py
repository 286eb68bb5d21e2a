"""Refuses what the page of another website lets a browser ask.

The server listens on loopback, but each website that is open in a browser of the same machine reaches it, too. A
website may send a request without reading the answer. If its own name leads to loopback, it may also read the answer.
"""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

_REFUSAL: Final = "403: only the page of this server, at a loopback address, may ask that.\n"


@web.middleware
async def refuse_other_sites(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer only requests for a loopback host, of a program or of the chat page. A link of a website may open it."""
    if not _is_loopback(request.host) or not (_comes_from_here(request) or _opens_the_page(request)):
        raise web.HTTPForbidden(text=_REFUSAL)
    return await handler(request)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _comes_from_here(request: web.Request) -> bool:
    """Returns whether a page of ours asks, as far as a browser says. Programs send neither header."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    return request.headers.get("Origin") in (None, f"{request.scheme}://{request.host}")


def _opens_the_page(request: web.Request) -> bool:
    """Returns whether a link leads to the page, in a tab and not in a frame of another page."""
    is_tab = request.headers.get("Sec-Fetch-Dest") == "document"
    return is_tab and (request.method, request.path) == ("GET", "/") and "Origin" not in request.headers
