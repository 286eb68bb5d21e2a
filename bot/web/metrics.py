"""`/metrics`: what Prometheus reads. It shows numbers only, and no secret is needed."""

from collections.abc import Callable

from aiohttp import web

from bot.web.route import Route


def metrics_routes(render: Callable[[], bytes], content_type: str) -> list[Route]:
    """`render` returns the metrics in the text format that `content_type` names."""

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=render(), headers={"Content-Type": content_type})

    return [Route(name="metrics", method="GET", path="/metrics", handler=show, per_minute=120, is_quiet=True)]
