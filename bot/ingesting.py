"""The role `ingest`: visits the sources that are due, and takes what hooks and hubs send."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bot import logs
from bot.process import Process, utc_now
from bot.scheduler import Job, build_scheduler
from bot.web.incoming import Incoming, open_incoming

log = logs.get_logger(__name__)


def open_doors(process: Process) -> AbstractAsyncContextManager[Incoming]:
    """Open what takes articles from hooks and hubs. Its routes are for the HTTP server of the process."""
    return open_incoming(
        process.storage, process.config, process.ingest, now=utc_now, on_called=process.metrics.hook_called
    )


@asynccontextmanager
async def ingesting(process: Process, incoming: Incoming) -> AsyncIterator[None]:
    """Visit sources and ask hubs inside this context.

    Enter it when the HTTP server listens: a hub that is asked calls back at once. If nobody answers it, it is asked
    again after ten minutes (`websub.VERIFIED_WITHIN`).
    """
    jobs = [
        Job("refresh", process.ingest.start_due_visits, every_seconds=1),
        Job("hubs", incoming.ask_hubs, every_seconds=10),
    ]
    scheduler = build_scheduler(jobs, on_ran=process.metrics.job_ran)
    scheduler.start()
    log.info("ingesting", database=process.storage.database.name)
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
