"""Files that tests send or serve: pictures, an MP3, and what only claims to be one."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from PIL import Image

MP3_SECOND = (b"\xff\xfb\x90\x00" + bytes(413)) * 39  # frames of 417 bytes at 128 kbit/s: 1.02 s


def picture(width: int = 600, height: int = 400, form: str = "PNG", colour: str = "teal") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, form)
    return written.getvalue()


@asynccontextmanager
async def serving_files(files: dict[str, tuple[int, bytes, str]]) -> AsyncIterator[str]:
    """Serve files by their path: status, content and content type. Yields the address of the server."""

    async def answer(request: web.Request) -> web.Response:
        status, content, kind = files.get(request.path, (404, b"", "text/plain"))
        headers = {"Location": content.decode()} if status == 302 else {}
        return web.Response(status=status, body=content, content_type=kind, headers=headers)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
