"""`newsbot backup`: a consistent copy of the database while the bot runs."""

import asyncio
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import load_config, run_command
from bot.cli.output import progress, say

if TYPE_CHECKING:
    from bot.config import Config
    from bot.long_work import WorkProgress

POLITE: Final = 10  # added to the niceness of the process: the bot gets the processor first
LOOK_SECONDS: Final = 0.2  # between two looks at the copy
NAMED: Final = re.compile(r"newsbot-\d{8}T\d{6}Z\.db")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="FILE is a folder: keep its newest N backups, and delete the older ones.",
)
def backup(file: Path, force: bool, keep: int | None) -> None:
    """Copy the database to FILE while the bot runs.

    The copy is consistent: it holds what was stored when the command began. It is checked before it gets its name. If
    the command fails, no file is left. If FILE is a folder, the copy is named after the time.
    """
    if str(file) == "-":
        raise click.UsageError("a backup can't be written to standard output; expected the name of a file")
    config = load_config()
    _refuse_server(config)
    if keep is not None and not file.is_dir():
        raise click.UsageError(f"--keep: {file} is no folder; expected a folder that holds nothing but backups")
    target = file / f"newsbot-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db" if file.is_dir() else file
    with suppress(OSError):
        os.nice(POLITE)
    if keep is not None:
        _forget_killed(file)  # before the copy, which needs the room
    size = run_command(_Copying(config, target, replace=force).run())
    say(f"{target}: {size / 1_000_000:.1f} MB, checked.")
    if keep is not None:
        _forget_older(file, keep)


def _refuse_server(config: "Config") -> None:
    """Raises UsageError if the database is on a PostgreSQL server, which has better programs for this."""
    from storage import database_name, is_postgres

    if is_postgres(config.database):
        raise click.UsageError(
            f"{database_name(config.database)}: this copies SQLite databases; expected pg_dump for a PostgreSQL"
            " database, which is consistent while the bot runs (pg_dump --format=custom --file=newsbot.dump …), or"
            " pg_basebackup with archived WAL for the whole server"
        )


class _Stopped(Exception):
    """Ends the copy in its thread. It is no KeyboardInterrupt, which would end the event loop at once."""


class _Copying:
    """A copy that a thread makes. Meanwhile the command shows how far the copy is."""

    def __init__(self, config: "Config", target: Path, *, replace: bool) -> None:
        self._config = config
        self._target = target
        self._replace = replace
        self._done, self._pages = 0, 0
        self._begun = asyncio.Event()
        self._stopped = False

    async def run(self) -> int:
        """Returns the size of the copy in bytes."""
        loop = asyncio.get_running_loop()
        copying = asyncio.create_task(asyncio.to_thread(self._copy, loop))
        try:
            # The row is written after the copy has its snapshot: so the copy does not tell of a backup under way.
            begun = asyncio.create_task(self._begun.wait())
            await asyncio.wait([copying, begun], return_when=asyncio.FIRST_COMPLETED)
            begun.cancel()
            await self._show(copying)
            return await copying
        except BaseException:
            self._stopped = True
            await asyncio.gather(copying, return_exceptions=True)
            raise

    def _copy(self, loop: asyncio.AbstractEventLoop) -> int:
        from storage import back_up_database

        def note(done: int, pages: int) -> None:
            if self._stopped:
                raise _Stopped
            self._done, self._pages = done, pages
            loop.call_soon_threadsafe(self._begun.set)

        return back_up_database(self._config.database, self._target, replace=self._replace, on_progress=note)

    async def _show(self, copying: "asyncio.Task[int]") -> None:
        """Show how far the copy is until it ends. If the database can't be written to, only the bar shows it."""
        from storage import is_current
        from storage.errors import StorageError

        try:
            if is_current(self._config.database):  # a backup must not migrate a database
                return await self._note(copying)
        except StorageError:  # of the copy as well: whoever awaits the copy gets the error
            pass
        await self._draw(copying)

    async def _note(self, copying: "asyncio.Task[int]") -> None:
        from bot.long_work import noted_work
        from storage import open_storage
        from storage.records import WorkKind

        async with (
            open_storage(self._config.database, create=False) as storage,
            noted_work(
                storage, WorkKind.BACKUP, subject=self._target.name, total=None, now=lambda: datetime.now(UTC)
            ) as noted,
        ):
            await self._draw(copying, noted)
            await copying

    async def _draw(self, copying: "asyncio.Task[int]", noted: "WorkProgress | None" = None) -> None:
        with progress(self._pages, "Copying") as bar:
            while not copying.done():
                await asyncio.wait([copying], timeout=LOOK_SECONDS)
                bar.update(self._done - bar.pos)
                if noted is not None:
                    noted.done, noted.total = self._done, self._pages


def _forget_killed(folder: Path) -> None:
    from storage import remove_killed_backups

    remove_killed_backups(folder, NAMED)


def _forget_older(folder: Path, keep: int) -> None:
    backups = sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))
    for path in backups[:-keep]:
        path.unlink()
        say(f"{path}: deleted, since {keep} newer ones are kept.")
