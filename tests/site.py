"""A web server on loopback whose pages a test sets, and that remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Page:
    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Site:
    """`site.pages["/feed"] = Page(...)`, or a handler for answers that misbehave."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | Handler] = {}
        self.requests: list[web.Request] = []
        self.url = ""
        self._asked = asyncio.Condition()

    async def until_asked(self, path: str, times: int) -> None:
        """Wait until a path was asked for that many more times."""
        enough = self.asked(path) + times
        async with asyncio.timeout(30), self._asked:
            await self._asked.wait_for(lambda: self.asked(path) >= enough)

    def asked(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        async with self._asked:
            self._asked.notify_all()
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404)
        if not isinstance(page, Page):
            return await page(request)
        body = page.body.encode() if isinstance(page.body, str) else page.body
        etag = page.headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=page.headers)
        return web.Response(body=body, status=page.status, headers=page.headers)


@asynccontextmanager
async def serving(address: str = "127.0.0.1") -> AsyncIterator[Site]:
    site = Site()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    server = web.TCPSite(runner, address, 0)
    await server.start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield site
    finally:
        await runner.cleanup()


def rss(*items: str, title: str = "Harbour News", extra: str = "") -> str:
    """An RSS feed of these items; an item is its inner XML, or just a title."""
    inner = "".join(
        f"<item>{item if item.startswith('<') else f'<title>{item}</title><guid>{item}</guid>'}</item>"
        for item in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{extra}{inner}</channel></rss>'
