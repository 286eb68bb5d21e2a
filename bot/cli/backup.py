"""`newsbot backup`: a consistent copy of the database while the bot runs."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import load_config, run_command
from bot.cli.output import say

if TYPE_CHECKING:
    from bot.cli.copying import Copying
    from bot.config import Config

POLITE: Final = 10  # added to the niceness of the process: the bot gets the processor first
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
    size = run_command(copying(config, target, replace=force).run())
    say(f"{target}: {size / 1_000_000:.1f} MB, checked.")
    if keep is not None:
        _forget_older(file, keep)


def copying(config: "Config", target: Path, *, replace: bool) -> "Copying[int]":
    """Returns the copy, which is to be run."""
    from bot.cli.copying import Copying
    from storage import back_up_database
    from storage.records import WorkKind

    return Copying(
        lambda note: back_up_database(config.database, target, replace=replace, on_progress=note),
        kind=WorkKind.BACKUP,
        subject=target.name,
        shown_in=config.database,
    )


def _refuse_server(config: "Config") -> None:
    """Raises UsageError if the database is on a PostgreSQL server, which has better programs for this."""
    from storage import database_name, is_postgres

    if is_postgres(config.database):
        raise click.UsageError(
            f"{database_name(config.database)}: this copies SQLite databases; expected pg_dump for a PostgreSQL"
            " database, which is consistent while the bot runs (pg_dump --format=custom --file=newsbot.dump …), or"
            " pg_basebackup with archived WAL for the whole server"
        )


def _forget_killed(folder: Path) -> None:
    from storage import remove_killed_backups

    remove_killed_backups(folder, NAMED)


def _forget_older(folder: Path, keep: int) -> None:
    backups = sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))
    for path in backups[:-keep]:
        path.unlink()
        say(f"{path}: deleted, since {keep} newer ones are kept.")
