"""What commands begin with: the settings, storage, and the ingest that brings articles into it."""

import asyncio
import getpass
import os
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot import logs
from bot.cli.output import complain

if TYPE_CHECKING:
    from bot.config import Config
    from bot.ingest.refresh import Ingest
    from storage import Storage
    from storage.records import Actor

Result = TypeVar("Result")
CREATED_BY: Final = "`newsbot run`, `import`, `source add`, `source import` and `chats import` create one"


def run_command(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a command to its end. The command answers by its output, so the log shows errors only."""
    logs.configure("ERROR")
    return asyncio.run(story)


def actor() -> "Actor":
    """Returns who types, for the audit log: the user account of the system."""
    from storage.records import Actor, Origin

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        name = str(os.getuid())
    return Actor(origin=Origin.COMMAND_LINE, name=name)


def load_config() -> "Config":
    """Returns the settings. The log and all output mask their secrets from then on. Raises BadSetting."""
    from bot.config import load
    from storage import password_of

    config = load()
    logs.hide([config.token, password_of(config.database)])
    return config


@asynccontextmanager
async def opened_storage(*, create: bool = False) -> AsyncIterator["tuple[Storage, Config]"]:
    """The database, for a command that writes. Only a command that brings something in creates a missing database.

    Raises NoDatabase.
    """
    from storage import open_storage

    config = load_config()
    async with open_storage(config.database, create=create) as storage:
        yield storage, config


@asynccontextmanager
async def read_storage() -> AsyncIterator["tuple[Storage, Config]"]:
    """The database, for a command that only reads. If there is none, the command says so, answers as from an empty
    database, and creates none: the real one may have been moved, or NEWSBOT_DATABASE may be wrong.
    """
    from storage import database_name, is_missing, open_storage

    config = load_config()
    if not await is_missing(config.database):
        async with open_storage(config.database, create=False) as storage:
            yield storage, config
        return
    complain(
        f"{database_name(config.database)}: there is no database, and this is what an empty one holds; {CREATED_BY}"
    )
    async with _passing_database(config) as passing, open_storage(passing.database) as storage:
        yield storage, config


@asynccontextmanager
async def opened_ingest(*, create: bool = False) -> AsyncIterator["tuple[Storage, Ingest]"]:
    """The database, and what brings articles into it. `create` lets a missing database be created."""
    from bot.process import open_ingest

    async with open_ingest(load_config(), create=create) as (storage, ingest):
        yield storage, ingest


@asynccontextmanager
async def ingest_without_database() -> AsyncIterator["Ingest"]:
    """What brings articles in, for a look at a source: nothing is kept."""
    from bot.process import open_ingest

    async with _passing_database(load_config()) as config, open_ingest(config) as (_, ingest):
        yield ingest


@asynccontextmanager
async def _passing_database(config: "Config") -> AsyncIterator["Config"]:
    """The same settings with a database that is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder:
        yield replace(config, database=f"sqlite:///{folder}/newsbot.db")
