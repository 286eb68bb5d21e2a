"""`newsbot backup`: a consistent copy of the database while the bot runs."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from bot import logs
from bot.cli.context import load_config
from bot.cli.output import progress, say

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
    if keep is not None and not file.is_dir():
        raise click.UsageError(f"--keep: {file} is no folder; expected a folder that holds nothing but backups")
    target = file / f"newsbot-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db" if file.is_dir() else file
    logs.configure("ERROR")
    with suppress(OSError):
        os.nice(POLITE)
    size = _copied(target, replace=force)
    say(f"{target}: {size / 1_000_000:.1f} MB, checked.")
    if keep is not None:
        _forget_older(file, keep)


def _copied(target: Path, *, replace: bool) -> int:
    from storage import back_up_database

    config = load_config()
    with progress(0, "Copying") as bar:

        def show(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        return back_up_database(config.database, target, replace=replace, on_progress=show)


def _forget_older(folder: Path, keep: int) -> None:
    backups = sorted(path for path in folder.iterdir() if NAMED.fullmatch(path.name))
    for path in backups[:-keep]:
        path.unlink()
        say(f"{path}: deleted, since {keep} newer ones are kept.")
