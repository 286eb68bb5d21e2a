"""The role `ingest`: visits the sources that are due, and takes what hooks and hubs send."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot import logs
from bot.process import Process, utc_now
from bot.scheduler import Job, build_scheduler
from bot.web import Route
from bot.web.incoming import open_incoming

log = logs.get_logger(__name__)


@asynccontextmanager
async def ingesting(process: Process) -> AsyncIterator[list[Route]]:
    """Ingest inside this context. Yields the routes by which articles come in, for the HTTP server."""
    on_called = process.metrics.hook_called
    async with open_incoming(
        process.storage, process.config, process.ingest, now=utc_now, on_called=on_called
    ) as incoming:
        jobs = [
            Job("refresh", process.ingest.start_due_visits, every_seconds=1),
            Job("hubs", incoming.ask_hubs, every_seconds=10),
        ]
        scheduler = build_scheduler(jobs, on_ran=process.metrics.job_ran)
        scheduler.start()
        log.info("ingesting", database=process.storage.database.name)
        try:
            yield incoming.routes
        finally:
            scheduler.shutdown(wait=False)
