"""`newsbot import`: articles from files and folders."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import in_loop, opened_ingest
from bot.cli.errors import FAILED
from bot.cli.output import above_progress, complain, counted, progress, say
from bot.cli.params import read_category

if TYPE_CHECKING:
    from bot.ingest.importing import FileResult


@click.command("import")
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--category", metavar="C", callback=read_category, help="The section of articles that bring none.")
@click.option("--push/--no-push", default=None, help="Push all that is new, or nothing; else what is fresh.")
@click.option("--breaking", is_flag=True, help="Push all that is new as breaking news.")
def import_(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    """Import files or folders: saved page texts, HTML pages, feeds, JSON Lines.

    A line for each file and a total; what can't be read never stops the rest. Exit status 1 if any failed.
    """
    if breaking and push is False:
        raise click.UsageError("--breaking pushes what is new, and --no-push nothing; expected one of them")
    return in_loop(_import(paths, category, push, breaking))


async def _import(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    from bot.ingest.decide import Push
    from bot.ingest.formats import files
    from bot.ingest.importing import found, import_files

    empty = [path for path in paths if path.is_dir() and not found([path])]
    for path in empty:
        complain(f"{path}: no file to import in this folder; expected {' '.join(sorted(files.SUFFIXES))}")
    wanted = Push.BREAKING if breaking else {True: Push.ALWAYS, False: Push.NEVER, None: Push.FRESH}[push]
    listed = found(paths)
    results: list[FileResult] = []
    async with opened_ingest(create=True) as (_, ingest):
        with progress(len(listed), "Importing") as bar:
            async for result in import_files(ingest, listed, push=wanted, category=category):
                above_progress()
                _tell_file(result)
                results.append(result)
                bar.update(1)
    failed = sum(bool(result.errors) for result in results) + len(empty)
    say(f"{counted(len(results), 'file')}: {_counts(results)}")
    return FAILED if failed else 0


def _tell_file(result: "FileResult") -> None:
    for error in result.errors:
        complain(error)
    say(f"{result.path}: {_counts([result])}")


def _counts(results: "list[FileResult]") -> str:
    added, pushed = sum(one.added for one in results), sum(one.pushed for one in results)
    changed, unchanged = sum(one.changed for one in results), sum(one.unchanged for one in results)
    failed = sum(len(one.errors) for one in results)
    parts = [f"{added} added" + (f" ({pushed} to push)" if pushed else "")]
    parts += [f"{count} {what}" for count, what in ((changed, "changed"), (unchanged, "unchanged")) if count]
    parts += [f"{failed} failed"] if failed else []
    return ", ".join(parts)
