"""Compares a list of sources with the stored ones: which entries to add, and which are duplicates or invalid."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bot.ingest.errors import BadList, ListProblem
from bot.ingest.identity import canonical_link
from bot.ingest.network.fetch import is_private
from bot.ingest.prepare import category_name
from storage.records import ListedSource, NewSource, Source, SourceKind, hide_password

LONGEST_NAME: Final = 120  # characters of a title or a folder in the list of a chat
FIRST_VISIT_GAP: Final = timedelta(seconds=0.1)  # between the first visits to two sources that are added together


@dataclass(frozen=True, slots=True)
class DuplicateEntry:
    """An entry that names the same source as an earlier entry of the list."""

    url: str


ComparedEntry = NewSource | DuplicateEntry | BadList


def compare_entries(
    entries: Iterable[NewSource | BadList], known: Iterable[Source], *, name: str, category: str | None = None
) -> Iterator[ComparedEntry]:
    """Yields the outcome of each entry, in the order of the list. `category` is for entries that name none.

    An address is the same with http and https, with and without "www." and a final slash. The entry of a known source
    takes the address under which the source is stored.
    """
    stored = {place(source.url): source.url for source in known}
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, BadList):
            yield entry
            continue
        if entry.kind is SourceKind.FOLDER and not _is_folder(entry.url):
            reason = f"{entry.url!r}: there is no such folder; expected its whole path"
            yield BadList(f"{name}, entry {number}", reason, ListProblem.NOT_PUBLIC, entry=entry.url)
            continue
        link = place(entry.url)
        if link in seen:
            yield DuplicateEntry(entry.url)
            continue
        seen.add(link)
        section = category_name(entry.category) or category_name(category)
        yield replace(entry, url=stored.get(link, entry.url), category=section.name if section else None)


def for_chat(entry: NewSource | BadList, *, allow_private: bool) -> NewSource | BadList:
    """Returns what a chat may add of an entry: the source, without settings that are the operator's.

    `allow_private` says that addresses outside of the public internet are read.
    """
    if isinstance(entry, BadList):
        return entry
    if entry.kind is SourceKind.FOLDER or not (allow_private or _may_be_public(entry.url)):
        reason = f"{hide_password(entry.url)!r}: expected an address in the public internet"
        return BadList(hide_password(entry.url), reason, ListProblem.NOT_PUBLIC, entry=entry.url)
    title, category = (name[:LONGEST_NAME] if name else None for name in (entry.title, entry.category))
    return NewSource(url=entry.url, kind=entry.kind, title=title, category=category)


def _may_be_public(url: str) -> bool:
    """Returns whether the host of an address is not known to be private.

    The fetcher looks at where names lead.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not is_private(host)
    except ValueError:  # a name
        return True


def same_addresses(url: str) -> tuple[str, ...]:
    """Returns other addresses of the same source: with http or https, with or without "www." and a final slash."""
    host, slash, path = url.partition("://")[2].partition("/")
    bare, whole = host.removeprefix("www."), f"{slash}{path}"
    ends = [whole] if "?" in url or "#" in url else [whole.rstrip("/"), whole.rstrip("/") + "/"]
    found = [
        f"{scheme}://{prefix}{bare}{end}" for scheme in ("https", "http") for prefix in ("", "www.") for end in ends
    ]
    return tuple(one for one in found if one != url)


def listed_sources(sources: Sequence[NewSource], now: datetime, *, already_scheduled: int = 0) -> list[ListedSource]:
    """Returns sources for a chat, with the times of their first visits as `schedule_first_visits` gives them."""
    return [
        ListedSource(
            source=source,
            due_at=due_at,
            same=same_addresses(source.url),
            category=category_name(source.category),
        )
        for source, due_at in schedule_first_visits(sources, now, already_scheduled=already_scheduled)
    ]


def schedule_first_visits(
    sources: Sequence[NewSource], now: datetime, *, already_scheduled: int = 0
) -> list[tuple[NewSource, datetime]]:
    """Give each source the time of its first visit. First visits are spread out, since each of them reads a backlog.

    `already_scheduled` is the number of sources of the same list that have a time already.
    """
    return [(source, now + (already_scheduled + number) * FIRST_VISIT_GAP) for number, source in enumerate(sources)]


def place(url: str) -> str:
    return canonical_link(url) if "://" in url else url


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_absolute() and Path(path).is_dir()
    except (OSError, ValueError):  # too long a name, or a zero in it
        return False
