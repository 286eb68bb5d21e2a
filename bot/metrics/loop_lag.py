"""Measures how late the event loop is: everything in the bot waits for it."""

import asyncio
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 1.0


async def watch_loop(report: Callable[[float], None]) -> None:
    """Report each second how many seconds the loop is late. Runs until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY_SECONDS
        await asyncio.sleep(EVERY_SECONDS)
        report(max(0.0, loop.time() - due))
