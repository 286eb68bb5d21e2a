"""Shows in storage how far work is that takes long, so that the dashboard can show it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from storage import Storage
from storage.errors import StorageError
from storage.records import WorkKind

EVERY_SECONDS: Final = 2.0  # between two writes; they also show that the process is alive
LONGEST_REASON: Final = 300  # characters
STOPPED: Final = "stopped"


class WorkProgress:
    """How far the work is. The worker changes it, also from another thread."""

    def __init__(self, total: int | None) -> None:
        self.done = 0
        self.total = total

    def update(self, steps: int) -> None:
        self.done += steps


@asynccontextmanager
async def noted_work(
    storage: Storage,
    kind: WorkKind,
    *,
    subject: str,
    total: int | None,
    now: Callable[[], datetime],
    every_seconds: float = EVERY_SECONDS,
) -> AsyncIterator[WorkProgress]:
    """Show the work inside this context. An exception is noted as its failure.

    `total` is the number of steps; None or 0 if it is not known. A display that can't be written stops no work.
    """
    progress = WorkProgress(total or None)
    work_id = None
    with suppress(StorageError):
        work_id = await storage.work.begin(kind, subject=subject, total=progress.total, now=now())
    writing = asyncio.create_task(_write(storage, work_id, progress, now, every_seconds)) if work_id else None
    error: str | None = None
    try:
        yield progress
    except BaseException as cause:
        stopped = isinstance(cause, asyncio.CancelledError | KeyboardInterrupt | GeneratorExit)
        error = STOPPED if stopped else (str(cause) or type(cause).__name__)[:LONGEST_REASON]
        raise
    finally:
        if writing is not None and work_id is not None:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            with suppress(StorageError):
                await storage.work.advance(work_id, progress.done, total=progress.total, now=now())
                await storage.work.end(work_id, error=error, now=now())


async def _write(
    storage: Storage, work_id: int, progress: WorkProgress, now: Callable[[], datetime], every_seconds: float
) -> None:
    while True:
        await asyncio.sleep(every_seconds)
        with suppress(StorageError):
            await storage.work.advance(work_id, progress.done, total=progress.total, now=now())
