"""A process of its own for parsing, so that no feed and no page holds up the bot's event loop."""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

SECONDS: Final = 30.0  # for one piece of work
MOST_DONE: Final = 500  # pieces of work after which the process is replaced: parsers leak


class WorkerError(Exception):
    """A piece of work took too long, or ended its process (out of memory, a crash in a C library)."""


class WorkerProcess:
    """Runs functions in a worker process, started at the first need. What they take and give must be picklable.

    A piece of work that takes longer than its seconds ends with its process; the next one gets a new process.
    Exceptions of the function come back as they are.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()  # one piece of work at a time, so that a time-out ends only the one that was slow

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._close()

    async def run(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """The result of `work(*args, **named)`. Raises WorkshopError, and what `work` raises."""
        async with self._turn:
            pool = self._pool = self._pool or _new_pool()
            task = asyncio.wrap_future(pool.submit(_call, work, args, named))
            try:
                async with asyncio.timeout(self._seconds):
                    return await task  # type: ignore[no-any-return]  # what `work` returns
            except TimeoutError:
                await self._close()
                raise WorkerError(f"{work.__module__}.{work.__name__} took over {self._seconds:g} s") from None
            except BrokenProcessPool as error:
                await self._close()
                raise WorkerError(f"{work.__module__}.{work.__name__} ended its process") from error
            except asyncio.CancelledError:
                await self._close()
                raise

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()  # its results are not wanted any more, and waiting could take for ever
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)


def _new_pool() -> ProcessPoolExecutor:
    # Not fork: the bot has threads (SQLite's), and a forked lock stays locked.
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_leave_signals,
        max_tasks_per_child=MOST_DONE,
    )


def _leave_signals() -> None:
    """Ctrl-C is for the bot, which ends its processes itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call(work: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return work(*args, **named)
