"""The turns of the transactions of a process, which run one after another, and the times that they take."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

OnWorked = Callable[[str, float], None]


def measure_nothing(work: str, seconds: float) -> None:
    """Nobody measures the database."""


@asynccontextmanager
async def turn(writing: asyncio.Lock, on_worked: OnWorked) -> AsyncIterator[None]:
    """No other transaction of this process runs inside this context."""
    asked = time.monotonic()
    async with writing:
        begun = time.monotonic()
        try:
            yield
        finally:
            on_worked("wait", begun - asked)
            on_worked("write", time.monotonic() - begun)
