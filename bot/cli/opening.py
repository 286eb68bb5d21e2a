"""What commands begin with: settings, storage, and what brings articles into it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from bot import logs

if TYPE_CHECKING:
    from bot.config import Config
    from bot.ingest.refresh import Ingest
    from storage import Storage

Result = TypeVar("Result")


def in_loop(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's story. Its answer is its output, so of the log only errors are shown."""
    logs.configure("ERROR")
    return asyncio.run(story)


@asynccontextmanager
async def opened_storage() -> AsyncIterator["tuple[Storage, Config]"]:
    from bot.config import load
    from storage import open_storage

    config = load()
    async with open_storage(config.database) as storage:
        yield storage, config


@asynccontextmanager
async def opened_ingest() -> AsyncIterator["tuple[Storage, Ingest]"]:
    from bot.app import open_ingest
    from bot.config import load

    async with open_ingest(load()) as (storage, ingest):
        yield storage, ingest
