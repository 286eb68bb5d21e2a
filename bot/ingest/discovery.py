"""Finds out what an address is before it becomes a source: a feed, a page that links to its feed, an article page
or a folder.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.ingest.draft import Draft
from bot.ingest.errors import FetchError, NotAFeed, NotASource, Unreadable
from bot.ingest.formats import page
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.feed import discover, parse
from bot.ingest.full_text import is_excerpt
from bot.ingest.identity import page_address
from bot.ingest.importing import list_files
from bot.ingest.network.fetch import Fetched
from bot.ingest.refresh import Ingest
from storage.records import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePreview:
    """What would be read from a source."""

    url: str  # of the source to add: for a page that links to its feed, the feed
    kind: SourceKind
    title: str | None
    drafts: tuple[Draft, ...]
    problems: tuple[str, ...] = ()


async def preview_source(ingest: Ingest, address: str) -> SourcePreview:
    """Read an address without storing anything. Returns the source that it would become.

    Raises NotASource and FetchError.
    """
    if "://" not in address:
        return await _folder(ingest, address)
    _refuse_bytes(address, "an address in UTF-8")
    answer = await _fetched(ingest, address)
    try:
        return await _feed(ingest, answer, address)
    except NotAFeed as error:
        reason = str(error)
    for feed in await ingest.worker.run(_feeds_of, answer.body, answer.charset, answer.url, answer.links):
        try:
            return await _feed(ingest, await _fetched(ingest, feed), feed)
        except (NotAFeed, FetchError):
            continue  # pages link to feeds that are long gone
    try:
        draft = await ingest.worker.run(
            page.read,
            answer.body,
            name=address,
            url=answer.url,
            charset=answer.charset,
            language=answer.language,
            timezone=ingest.config.timezone,
        )
    except Unreadable as error:
        raise NotASource(f"{address}: {reason}, or an article page ({error.reason})") from error
    return SourcePreview(url=page_address(address), kind=SourceKind.PAGE, title=draft.publisher, drafts=(draft,))


async def add_full_texts(ingest: Ingest, preview: SourcePreview, *, first: int) -> SourcePreview:
    """Returns the preview with full texts: the article pages behind excerpts among the first items are read."""
    if preview.kind is not SourceKind.FEED:
        return preview
    drafts = [draft for draft in preview.drafts[:first] if is_excerpt(draft)]
    found = dict(zip(drafts, await ingest.full_texts.complete_drafts(drafts), strict=True))
    completed = [draft if isinstance(draft := found.get(one), Draft) else one for one in preview.drafts]
    problems = [str(outcome) for outcome in found.values() if isinstance(outcome, Exception)]
    late = [f"{one.url}: its page was not read in time" for one, outcome in found.items() if outcome is None]
    return replace(preview, drafts=tuple(completed), problems=(*preview.problems, *problems, *late))


async def _fetched(ingest: Ingest, address: str) -> Fetched:
    answer = await ingest.fetcher.get(address)
    if not isinstance(answer, Fetched):
        raise NotASource(f"{address}: the server says that nothing has changed since never; expected a document")
    return answer


async def _feed(ingest: Ingest, answer: Fetched, address: str) -> SourcePreview:
    feed = await ingest.worker.run(
        parse,
        answer.body,
        url=answer.url,
        charset=answer.charset,
        timezone=ingest.config.timezone,
        most_bytes=ingest.config.max_fetch_bytes,
    )
    return SourcePreview(
        url=answer.moved_to or address,
        kind=SourceKind.FEED,
        title=feed.title,
        drafts=feed.items,
        problems=feed.problems,
    )


async def _folder(ingest: Ingest, address: str) -> SourcePreview:
    folder, paths = await asyncio.to_thread(_files_in, address)
    drafts, problems = await ingest.reader.read_files(paths)
    return SourcePreview(
        url=str(folder),
        kind=SourceKind.FOLDER,
        title=folder.name,
        drafts=tuple(drafts),
        problems=tuple(problems),
    )


def _files_in(address: str) -> tuple[Path, list[Path]]:
    try:
        folder = Path(address).expanduser().resolve()
        if not folder.is_dir():
            raise _no_folder(address)
        _refuse_bytes(str(folder), "a folder whose whole path is UTF-8")
        return folder, list_files([folder])
    except RuntimeError as error:  # a home of nobody, or links in a circle
        raise _no_folder(address) from error
    except OSError as error:
        raise _no_folder(address, f"can't be read: {error.strerror or error}; ") from error


def _no_folder(address: str, reason: str = "") -> NotASource:
    return NotASource(f"{address}: {reason}expected an address that begins with http:// or https://, or a folder")


def _refuse_bytes(name: str, expected: str) -> None:
    """Raise NotASource if a name holds bytes that are no UTF-8. They can't be stored."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise NotASource(f"{name}: this is no UTF-8 text; expected {expected}") from error


def _feeds_of(body: bytes, charset: str | None, url: str, links: Sequence[str]) -> list[str]:
    return discover(decode(body, declared=charset), url, links)
