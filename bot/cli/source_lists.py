"""`newsbot source import` and `newsbot source export`: lists of sources as OPML."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import actor, opened_storage, read_storage, run_command
from bot.cli.errors import FAILED, Failed
from bot.cli.files import STANDARD, reading, writing
from bot.cli.output import above_progress, complain, counted, say
from bot.cli.params import read_category
from bot.cli.work import shown_work

if TYPE_CHECKING:
    from bot.ingest.source_list import ComparedEntry
    from storage import Storage
    from storage.records import NewSource, Source

BATCH: Final = 500  # sources in one transaction: a running bot marks its deliveries between two


@click.command("import")
@click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path))
@click.option("--category", metavar="C", callback=read_category, help="The category of entries in no folder.")
def import_(file: Path, category: str | None) -> int:
    """Add the sources of an OPML file, as feed readers export it. "-" reads standard input.

    A folder of the file becomes the category of its sources. A source that is known gets the settings that the file
    names. Nothing is fetched now: a running bot visits new sources one after another, and stores what they hold
    without pushing it. Each entry gets a line; an entry that can't be read stops no other, and the exit status is 1.
    """
    return run_command(_import(file, category))


async def _import(file: Path, category: str | None) -> int:
    from bot import editing
    from bot.ingest.formats import opml
    from bot.ingest.source_list import compare_entries
    from storage.records import WorkKind

    entries = opml.read(_content(file), name=str(file))
    outcomes: Counter[str] = Counter()
    now = datetime.now(UTC)
    async with opened_storage(create=True) as (storage, _):
        list_ = compare_entries(entries, await storage.sources.all(), name=str(file), category=category)
        async with shown_work(storage, WorkKind.SOURCES, subject=file.name, length=len(entries)) as advance:
            for batch in _batches(list_):
                lines = await _add(storage, batch, outcomes, now)
                above_progress()
                for line in lines:
                    say(line)
                for error in _errors(batch):
                    complain(str(error))
                advance(len(batch))
        await editing.note_source_list(storage, file.name, _counts(outcomes), by=actor(), now=now)
    say(f"{counted(len(entries), 'entry', 'entries')}: {_counts(outcomes)}")
    if outcomes["added"]:
        say("A running bot visits new sources one after another. What they hold then is stored and not pushed.")
    return FAILED if outcomes["failed"] else 0


def _content(file: Path) -> bytes:
    from bot.ingest.formats.opml import LARGEST

    with reading(file) as (opened, _):
        data = opened.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Failed(f"{file}: larger than {LARGEST // 1024 // 1024} MiB; expected a list of sources")
    return data


def _batches(outcomes: "Iterator[ComparedEntry]") -> "Iterator[list[ComparedEntry]]":
    while batch := list(islice(outcomes, BATCH)):
        yield batch


async def _add(
    storage: "Storage", batch: "Sequence[ComparedEntry]", outcomes: Counter[str], now: datetime
) -> list[str]:
    """Store the sources of a batch. Returns a line for each of its entries but the failed ones."""
    from bot.ingest.source_list import DuplicateEntry, schedule_first_visits
    from storage.records import NewSource, hide_password

    sources = [one for one in batch if isinstance(one, NewSource)]
    added = iter(
        await storage.sources.add_all(
            schedule_first_visits(sources, now, already_scheduled=outcomes["added"]), now=now
        )
    )
    lines: list[str] = []
    for one in batch:
        if isinstance(one, DuplicateEntry):
            outcomes["named twice"] += 1
            lines.append(f"{hide_password(one.url)}: named twice; its first entry counts")
        elif isinstance(one, NewSource):
            is_new = next(added)
            if one.teaser and not is_new and (source := await storage.sources.find(one.url)) is not None:
                await storage.deliveries.fold_opened(source.id, now=now)
            outcomes["added" if is_new else "there already"] += 1
            told = "added" if is_new else "was there already, and has the settings of the list"
            lines.append(f"{hide_password(one.url)}: {told}" + (f" ({one.category})" if one.category else ""))
        else:
            outcomes["failed"] += 1
    return lines


def _errors(batch: "Iterable[ComparedEntry]") -> Iterator[Exception]:
    return (one for one in batch if isinstance(one, Exception))


def _counts(outcomes: Counter[str]) -> str:
    parts = [f"{outcomes['added']} added"]
    parts += [f"{outcomes[name]} {name}" for name in ("there already", "named twice", "failed") if outcomes[name]]
    return ", ".join(parts)


@click.command()
@click.argument("file", default=STANDARD, type=click.Path(path_type=Path))
def export(file: Path) -> None:
    """Write all sources as OPML to FILE, or to standard output. Every feed reader takes it.

    Categories become folders. `newsbot source import` restores intervals, breaking news and full texts as well. An
    address keeps its password, so that the list can be imported again: keep the file as safe as a backup.
    """
    run_command(_export(file))


async def _export(file: Path) -> None:
    from bot.ingest.formats.opml import write

    async with read_storage() as (storage, _):
        # Other programs can't visit a source that sends its articles by itself.
        sources = [source for source in await storage.sources.all() if not source.kind.is_pushed]
    with writing(file) as out:
        for line in write(map(_as_named, sources), title="Newsbot"):
            out.write(f"{line}\n")
    if file != STANDARD:
        say(f"{counted(len(sources), 'source')} exported to {file}")


def _as_named(source: "Source") -> "NewSource":
    from storage.records import NewSource

    return NewSource(
        url=source.url,
        kind=source.kind,
        title=source.title,
        category=source.category,
        every_seconds=source.every_seconds,
        breaking=source.breaking,
        full_text=source.full_text,
        teaser=source.teaser,
        desk=source.desk,
    )
