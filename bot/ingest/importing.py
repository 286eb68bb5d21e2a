"""Files and folders into storage, once: a line for each file, and a bad one never stops the others."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.ingest.decide import Push
from bot.ingest.formats import files
from bot.ingest.refresh import Ingest

BATCH: Final = 200  # articles in one transaction: a running bot marks its deliveries between two


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    path: Path
    added: int = 0
    pushed: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: tuple[str, ...] = ()  # what could not be read, each with file, reason and what was expected


def found(paths: Iterable[Path]) -> list[Path]:
    """The files of these files and folders, in order; a path that isn't there stays, for its error to be told."""
    listed: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        listed += [one for one in inside if one == path or (one.is_file() and one.suffix.lower() in files.SUFFIXES)]
    return list(dict.fromkeys(listed))


async def import_files(
    ingest: Ingest, paths: Sequence[Path], *, push: Push, category: str | None = None
) -> AsyncIterator[FileResult]:
    """Import these files, one after another. `category` is for articles that bring none.

    An article that was stored before and is kept no longer (NEWSBOT_KEEP_DAYS) counts as unchanged, so that a folder
    that is imported daily is not news again; Push.ALWAYS stores and pushes it once more, Push.NEVER stores it.
    """
    for path in paths:
        yield await _import_file(ingest, path, push, category)


async def _import_file(ingest: Ingest, path: Path, push: Push, category: str | None) -> FileResult:
    drafts, errors = await ingest.reader.read_files([path])
    added = pushed = changed = unchanged = 0
    for start in range(0, len(drafts), BATCH):
        kept = await ingest.keeper.keep(drafts[start : start + BATCH], push=push, category=category)
        added += len(kept.stored.added)
        pushed += len(kept.stored.pushed)
        changed += len(kept.stored.changed)
        unchanged += kept.decision.unchanged
        await asyncio.sleep(0)
    return FileResult(
        path=path, added=added, pushed=pushed, changed=changed, unchanged=unchanged, errors=tuple(errors)
    )
