"""Tasks that end with their owner."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


async def cancel(task: asyncio.Future[Any]) -> None:
    """Cancel a task, and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def finished_before(ending: asyncio.Event, step: Coroutine[Any, Any, None]) -> bool:
    """Run a step. Returns False if the event was set before the step was done. The step is cancelled then."""
    doing, waiting = asyncio.ensure_future(step), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait((doing, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(waiting)
        is_done = doing.done()
        if not is_done:
            await cancel(doing)
    if is_done:
        await doing
    return is_done
