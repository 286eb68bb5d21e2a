"""The composition root: starts the parts that the roles of a process need, and stops them in reverse.

    process (what every process has) → doors → HTTP server → ingest → terms (talking, while this process may)

Each part is an async context manager or ends with its event, so that it can be started and stopped by itself.
"""

import asyncio
import gc
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from typing import Final

from bot import logs
from bot.config import INGEST, TALK, Config
from bot.ingesting import ingesting, open_doors
from bot.metrics import watch_loop
from bot.process import Process, open_process
from bot.talking import talk
from bot.tasks import cancel
from bot.terms import hold_terms

log = logs.get_logger(__name__)

OPEN_FILES: Final = 65_536


async def run(config: Config, *, stop: asyncio.Event | None = None) -> None:
    """Do what the roles say until SIGTERM, SIGINT or `stop`.

    Raises AlreadyRunning, AnotherBot, PortTaken, InvalidToken if Telegram refuses the token, and the errors of
    `storage.errors`.
    After any other error outside the process, the bot waits and tries again, also if Telegram is away at the start.
    """
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns of a deprecation in RetryAfter
    tune_garbage_collector()
    raise_open_file_limit()
    stop = stop or asyncio.Event()
    async with AsyncExitStack() as parts:
        parts.enter_context(stopped_by_signals(stop))
        process = await parts.enter_async_context(open_process(config))
        parts.push_async_callback(cancel, asyncio.create_task(watch_loop(process.metrics.loop_lagged)))
        incoming = await parts.enter_async_context(open_doors(process)) if INGEST in config.roles else None
        parts.push_async_callback(process.stop_server)
        await process.start_server(incoming.routes if incoming else [])
        if incoming is not None:
            await parts.enter_async_context(ingesting(process, incoming))
        stopped = asyncio.create_task(_stop_serving(process, stop))
        parts.push_async_callback(cancel, stopped)
        if TALK in config.roles:
            await hold_terms(process.storage.leadership, partial(talk, process), process.readiness, stopped)
        await stopped


async def _stop_serving(process: Process, stop: asyncio.Event) -> None:
    """Wait until the process is asked to stop, then take no more requests. The parts that routes use end later.

    If another process may follow, it waits for no slow request.
    """
    await stop.wait()
    process.readiness.stopping = True
    log.info("stopping")
    with suppress(TimeoutError):
        await asyncio.wait_for(process.stop_server(), process.storage.leadership.hand_over_seconds)


def tune_garbage_collector() -> None:
    """Make the garbage collector run less often: a broadcast creates and drops very many small objects.

    The objects that exist now, mostly those of the libraries, are kept for good and never scanned again. With
    Python's default thresholds, a message costs 1.3 times the CPU time (`make bench`).
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def raise_open_file_limit() -> None:
    """Raise the limit of open files above the usual 1,024: thousands of feeds need thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
