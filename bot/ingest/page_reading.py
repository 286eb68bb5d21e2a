"""Reads the article of a fetched page, in the worker process."""

from datetime import tzinfo

from bot.ingest.draft import Draft
from bot.ingest.formats import page
from bot.ingest.network.fetch import Fetched
from bot.ingest.worker import WorkerProcess


async def read_page(worker: WorkerProcess, answer: Fetched, *, name: str, timezone: tzinfo) -> Draft:
    """Returns the article of the page. `name` stands for the page in errors. Raises Unreadable and WorkerError.

    A time without a zone is taken in `timezone`.
    """
    return await worker.run(
        page.read,
        answer.body,
        name=name,
        url=answer.base,
        charset=answer.charset,
        language=answer.language,
        timezone=timezone,
    )
