"""Connections: their number is bounded, and one that waits too long for its next request is closed.

aiohttp waits without an end for the head of a request, and for a client that reads an answer slowly. Thousands of
such connections would use up files and memory, and the bot needs both for Telegram.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aiohttp import web

from bot import logs

log = logs.get_logger(__name__)

MOST_CONNECTIONS: Final = 1_024
IDLE_SECONDS: Final = 75.0  # for the head of the next request, and for reading the last answer
BACKLOG: Final = 1_024  # connections that the system accepts for us while we are busy


class Connections:
    """All open connections. Those that wait for a request can be closed for others that come."""

    def __init__(self, *, most: int = MOST_CONNECTIONS, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most = most
        self.idle_seconds = idle_seconds
        self._open: dict[asyncio.BaseTransport, _Watched] = {}
        self._waiting: OrderedDict[_Watched, None] = OrderedDict()  # the one that waits longest is first

    def __len__(self) -> int:
        return len(self._open)

    def watched(self, protocol: asyncio.Protocol) -> asyncio.Protocol:
        """Returns the protocol of a new connection, which passes everything on to `protocol`."""
        return _Watched(self, protocol)

    def begin_request(self, request: web.BaseRequest) -> None:
        """The head of a request has come: its connection is not idle any more."""
        if (watched := self._watched(request)) is not None:
            self._waiting.pop(watched, None)
            watched.stop_timer()

    def end_request(self, request: web.BaseRequest) -> None:
        """The request was answered: its connection is idle until the next request."""
        if (watched := self._watched(request)) is not None:
            self.wait(watched)

    def _watched(self, request: web.BaseRequest) -> "_Watched | None":
        return self._open.get(request.transport) if request.transport is not None else None

    def add(self, watched: "_Watched", transport: asyncio.BaseTransport) -> None:
        """Count a new connection. If there are too many, the one that has waited longest is closed."""
        self._open[transport] = watched
        self.wait(watched)
        if len(self._open) > self.most:
            oldest = next(iter(self._waiting))
            log.debug("connection_closed", reason="too many connections")
            oldest.abort()

    def wait(self, watched: "_Watched") -> None:
        self._waiting[watched] = None
        self._waiting.move_to_end(watched)
        watched.start_timer(self.idle_seconds)

    def remove(self, watched: "_Watched", transport: asyncio.BaseTransport | None) -> None:
        self._waiting.pop(watched, None)
        if transport is not None:
            self._open.pop(transport, None)


class _Watched(asyncio.Protocol):
    """One connection: passes everything on, and is closed when it waits for too long."""

    def __init__(self, connections: Connections, protocol: asyncio.Protocol) -> None:
        self._connections = connections
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start_timer(self, seconds: float) -> None:
        self.stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        self._connections.remove(self, self._transport)
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self, transport)
        self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_timer()
        self._connections.remove(self, self._transport)
        self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()


class Site(web.BaseSite):
    """Listens on an address, and counts the connections."""

    def __init__(self, runner: web.BaseRunner, host: str, port: int, connections: Connections) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._host, self._asked_port = host, port
        self._connections = connections

    @property
    def port(self) -> int:
        """The port that it listens on, also if it was asked to take any free one."""
        sockets = self._server.sockets if isinstance(self._server, asyncio.Server) else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._asked_port

    @property
    def name(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Raises OSError if the address can't be used."""
        await super().start()
        make: Callable[[], asyncio.Protocol] | None = self._runner.server
        assert make is not None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._connections.watched(make()),
            self._host,
            self._asked_port,
            backlog=self._backlog,
            reuse_address=True,  # a bot that was restarted takes its port at once
        )
