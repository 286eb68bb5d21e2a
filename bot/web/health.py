"""`/healthz` and `/readyz`: whether the process answers, and whether it can do its work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.web.route import Handler, Route
from storage.errors import StorageError

REACHED_SECONDS: Final = 120.0  # since Telegram answered; polling asks at least every 30 seconds
WRITE_SECONDS: Final = 3.0  # that writing may take
PER_MINUTE: Final = 6_000  # requests of one client: several monitors may ask from one address
KEPT_SECONDS: Final = 5.0  # so long, a check of the database is not repeated


class Readiness:
    """Tells the reasons why the bot can't do its work now."""

    def __init__(
        self,
        check_writable: Callable[[], Awaitable[None]],
        answered_at: Callable[[], float] | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`check_writable` raises StorageError. `answered_at` returns when Telegram answered last. It is None as long
        as this process does not talk.

        That time and `steady` are seconds on the same clock.
        """
        self.answered_at = answered_at
        self._check_writable = check_writable
        self._steady = steady
        self._checked_at: float | None = None
        self._database: str | None = None  # what is wrong with it
        self.stopping = False
        self.standing_by = False  # another process talks, and this one waits to follow it

    async def reasons(self) -> list[str]:
        found = ["stopping"] if self.stopping else []
        if (reason := await self._database_reason()) is not None:
            found.append(reason)
        if self.standing_by:
            found.append("standing by: another process talks")
        elif self.answered_at is not None and self._steady() - self.answered_at() > REACHED_SECONDS:
            found.append(f"Telegram has not answered in the last {REACHED_SECONDS:.0f} seconds")
        return found

    async def _database_reason(self) -> str | None:
        if self._checked_at is None or self._steady() - self._checked_at > KEPT_SECONDS:
            self._checked_at = self._steady()  # at once, so that many who ask together cause one check
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._check_writable()
                self._database = None
            except TimeoutError:
                self._database = f"the database did not take a write within {WRITE_SECONDS:.0f} seconds"
            except StorageError as error:
                self._database = f"the database can't be written to: {type(error).__name__}"  # its text has paths
        return self._database

    def routes(self) -> list[Route]:
        return [
            _route("healthz", self._health),
            _route("readyz", self._ready),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _ready(self, _: web.Request) -> web.Response:
        reasons = await self.reasons()
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def _route(name: str, handler: Handler) -> Route:
    return Route(name=name, method="GET", path=f"/{name}", handler=handler, per_minute=PER_MINUTE, is_quiet=True)
