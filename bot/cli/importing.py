"""`newsbot import`: articles from files and folders."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import opened_ingest, run_command
from bot.cli.errors import FAILED
from bot.cli.output import Complaints, above_progress, complain, counted, say
from bot.cli.params import read_category
from bot.cli.work import shown_work

if TYPE_CHECKING:
    from bot.ingest.decide import Push
    from bot.ingest.import_reading import FileResult
    from bot.ingest.importing import Import


@click.command("import")
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--category", metavar="C", callback=read_category, help="The category of articles that bring none.")
@click.option("--push/--no-push", default=None, help="Send all that is new, or nothing; else what is fresh.")
@click.option("--breaking", is_flag=True, help="Send all that is new as breaking news.")
def import_(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    """Import saved page texts, HTML pages, feeds and JSON Lines. PATH is a file or a folder.

    Each file gets a line. A file or an article that can't be read stops no other, and the exit status is 1. An import
    that was stopped goes on where it was if the same command is typed again.
    """
    if breaking and push is False:
        raise click.UsageError("--breaking pushes what is new, and --no-push nothing; expected one of them")
    return run_command(_import(paths, category, push, breaking))


async def _import(paths: tuple[Path, ...], category: str | None, push: bool | None, breaking: bool) -> int:
    from bot.ingest.decide import Push
    from bot.ingest.formats import files
    from bot.ingest.import_reading import list_files

    empty = [path for path in paths if path.is_dir() and not list_files([path])]
    for path in empty:
        complain(f"{path}: no file to import in this folder; expected {' '.join(sorted(files.SUFFIXES))}")
    wanted = Push.BREAKING if breaking else {True: Push.ALWAYS, False: Push.NEVER, None: Push.FRESH}[push]
    results = await _imported(list_files(paths), category, wanted)
    say(f"{counted(len(results), 'file')}: {_counts(results)}")
    return FAILED if empty or any(result.failed for result in results) else 0


async def _imported(paths: list[Path], category: str | None, push: "Push") -> "list[FileResult]":
    from bot.ingest.importing import Import
    from storage.records import WorkKind

    async with opened_ingest(create=True) as (storage, ingest):
        importing = Import(ingest, push=push, category=category)
        await importing.look_up_progress(paths)
        _tell_of_earlier(importing)
        results = list(importing.finished_before)
        subject = paths[0].name if len(paths) == 1 else counted(len(paths), "file")
        async with shown_work(storage, WorkKind.IMPORT, subject=subject, length=importing.size) as advance:
            advance(importing.size_before)
            try:
                async for result in importing.run(advance):
                    above_progress()
                    _tell_file(result)
                    results.append(result)
            except asyncio.CancelledError:
                above_progress()
                stored = counted(importing.stored, "article")
                complain(f"stopped with {stored} stored; the same command goes on from there")
                raise
    return results


def _tell_of_earlier(importing: "Import") -> None:
    """Say where an import goes on that was stopped."""
    if importing.finished_before or importing.begun_before:
        before = [*importing.finished_before, *importing.begun_before]
        say(f"Going on with an import that was stopped. Before: {counted(len(before), 'file')}, {_counts(before)}.")


def _tell_file(result: "FileResult") -> None:
    complaints = Complaints()
    for error in result.errors:
        complaints.add(error)
    complaints.end()
    say(f"{result.path}: {_counts([result])}")


def _counts(results: "list[FileResult]") -> str:
    added, pushed = sum(one.added for one in results), sum(one.pushed for one in results)
    changed, unchanged = sum(one.changed for one in results), sum(one.unchanged for one in results)
    failed = sum(one.failed for one in results)
    parts = [f"{added} added" + (f" ({pushed} to push)" if pushed else "")]
    parts += [f"{count} {what}" for count, what in ((changed, "changed"), (unchanged, "unchanged")) if count]
    held = sum(one.held for one in results)
    parts += [f"{held} on the desk"] if held else []
    parts += [f"{failed} failed"] if failed else []
    return ", ".join(parts)
