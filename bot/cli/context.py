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


def loaded() -> "Config":
    """The settings. Their token is masked from then on, whatever it looks like."""
    from bot.config import load

    config = load()
    logs.hide([config.token])
    return config


@asynccontextmanager
async def opened_storage() -> AsyncIterator["tuple[Storage, Config]"]:
    from storage import open_storage

    config = loaded()
    async with open_storage(config.database) as storage:
        yield storage, config


@asynccontextmanager
async def opened_ingest() -> AsyncIterator["tuple[Storage, Ingest]"]:
    from bot.app import open_ingest

    async with open_ingest(loaded()) as (storage, ingest):
        yield storage, ingest
