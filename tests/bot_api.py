"""Calls of the Bot API as a bot makes them, on a simulated server with a clock that moves when told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.sim import Simulator


class Clock:
    def __init__(self) -> None:
        self.time = 1_750_000_000.0

    def __call__(self) -> float:
        return self.time


class Api:
    """Calls of a bot, as its library makes them: form fields, JSON within them."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession, clock: Clock) -> None:
        self.sim, self.http, self.clock = sim, http, clock

    async def __call__(self, method: str, *, token: str | None = None, **values: Any) -> dict[str, Any]:
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
        async with self.http.post(f"{self.sim.url}/bot{token or self.sim.token}/{method}", data=form) as answer:
            told: dict[str, Any] = await answer.json()
            assert (answer.status == 200) == told["ok"]
            assert told.get("error_code", 200) == answer.status
            return told

    async def refused(self, method: str, **values: Any) -> str:
        told = await self(method, **values)
        assert not told["ok"], told
        return str(told["description"])

    async def done(self, method: str, **values: Any) -> Any:
        told = await self(method, **values)
        assert told["ok"], told
        return told["result"]


@asynccontextmanager
async def calling(**options: Any) -> AsyncIterator[Api]:
    """A simulated server with these options, and a client of it."""
    clock = Clock()
    async with Simulator(clock=clock, **options) as sim, aiohttp.ClientSession() as http:
        yield Api(sim, http, clock)
