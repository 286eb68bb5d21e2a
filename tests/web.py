"""A web server of ours for tests, on a free port, and a client of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.config import ListenAddress
from bot.free_ports import free_ports, shuffled
from bot.web import Route, WebServer

LOOPBACK = ListenAddress("127.0.0.1", 0)


@asynccontextmanager
async def serving(
    routes: Iterable[Route], address: ListenAddress = LOOPBACK, **options: Any
) -> AsyncIterator[tuple[WebServer, aiohttp.ClientSession]]:
    """A started server with these routes, and a session whose addresses begin with its own."""
    server = WebServer(address, routes, **options)
    await server.start()
    try:
        async with aiohttp.ClientSession(server.url) as client:
            yield server, client
    finally:
        await server.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true. Raises TimeoutError after a minute."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


_PORTS = free_ports(
    shuffled(
        int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
        int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
    )
)


def free_port() -> int:
    """Returns a port for a server, or for nobody, that no other test gets."""
    return next(_PORTS)


async def raw_answer(url: str, sent: bytes) -> bytes:
    """Returns everything that a server says on a connection on which these bytes were sent, until it closes it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def first_line(url: str, sent: bytes) -> bytes:
    """Returns the first line that a server answers on a connection on which these bytes were sent."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        async with asyncio.timeout(20):
            return await reader.readline()
    finally:
        writer.close()
