"""Finds out what an address is before it becomes a source: a feed, a page that links to feeds, an article page or a
folder.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

from bot import logs
from bot.ingest.draft import Draft
from bot.ingest.errors import IngestError, NotAFeed, NotASource, Unreachable, Unreadable
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.feed import discover
from bot.ingest.full_text import is_excerpt
from bot.ingest.identity import page_address
from bot.ingest.import_reading import list_files
from bot.ingest.network.fetch import Fetched, check_scheme
from bot.ingest.page_reading import read_page
from bot.ingest.problems import problem_of
from bot.ingest.refresh import Ingest
from storage.records import SourceKind, SourceProblem, hide_password

log = logs.get_logger(__name__)

USUAL_SITEMAPS: Final = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml")
MOST_SITEMAPS: Final = 3  # of those that robots.txt names
_SITEMAP: Final = re.compile(r"^sitemap:[ \t]*(https?://\S+)", re.IGNORECASE | re.MULTILINE)
LINKED_SECONDS: Final = 10.0  # for each feed that a page links to
FIND_SECONDS: Final = 25.0  # for an address that a person typed: the person waits
FOUND_AT_ONCE: Final = 32  # addresses that people typed
COMPARED: Final = 5  # items by which two formats of one feed are recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePreview:
    """What would be read from a source."""

    url: str  # of the source to add: for a page that links to its feed, the feed
    kind: SourceKind
    title: str | None
    drafts: tuple[Draft, ...]
    problems: tuple[str, ...] = ()
    other_feeds: tuple[str, ...] = ()  # addresses to which the page links as well; they were not read

    @property
    def titles_only(self) -> bool:
        """Whether the articles have no text, as in a news sitemap: their pages hold it."""
        return bool(self.drafts) and not any(draft.body for draft in self.drafts)


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
    for feed in await _links(ingest, answer):
        if (found := await _linked(ingest, feed)) is not None:
            others = await _links(ingest, answer, comments=False)
            return replace(found, other_feeds=tuple(one for one in others if one not in (feed, found.url)))
    return await _without_feed(ingest, answer, address, reason)


async def preview_all(ingest: Ingest, address: str) -> tuple[SourcePreview, ...]:
    """Read a web address without storing anything. Returns all the sources that it may mean: one or more.

    These are several only for a page that links to several feeds. A page may link to one feed in two formats, which
    counts once. Feeds of comments count only if there is no other. Raises IngestError.
    """
    _refuse_bytes(address, "an address in UTF-8")
    check_scheme(address)
    answer = await _fetched(ingest, address)
    try:
        return (await _feed(ingest, answer, address),)
    except NotAFeed as error:
        reason = str(error)
    for comments in (False, True):
        links = await _links(ingest, answer, comments=comments)
        read = await asyncio.gather(*(_linked(ingest, link, within=LINKED_SECONDS) for link in links))
        different: dict[tuple[str | None, ...], SourcePreview] = {}
        for one in read:
            if one is not None:
                different.setdefault(_content(one), one)
        if different:
            return tuple(different.values())
    return (await _without_feed(ingest, answer, address, reason),)


def _content(feed: SourcePreview) -> tuple[str | None, ...]:
    """Returns what two formats of one feed have in common."""
    return (feed.title, *(draft.title for draft in feed.drafts[:COMPARED]))


async def _links(ingest: Ingest, answer: Fetched, *, comments: bool = True) -> list[str]:
    return await ingest.worker.run(
        _feeds_of, answer.body, answer.charset, answer.url, answer.links, comments=comments
    )


async def _linked(ingest: Ingest, feed: str, *, within: float | None = None) -> SourcePreview | None:
    """Returns the feed that a page links to, or None: pages link to feeds that are long gone."""
    try:
        async with asyncio.timeout(within):
            return await _feed(ingest, await _fetched(ingest, feed), feed)
    except (IngestError, TimeoutError):
        return None


async def _without_feed(ingest: Ingest, answer: Fetched, address: str, reason: str) -> SourcePreview:
    """Returns the source that a page without a feed becomes. Raises NotASource, with the reason why it is no feed.

    The front page of a site stands for the site, so its news sitemap comes before the page itself. A page further
    down stands for itself, and for the site only if it is no article.
    """
    is_front = urlsplit(answer.url).path in ("", "/")
    if is_front and (listed := await _news_sitemap(ingest, answer.url)) is not None:
        return listed
    try:
        return await _article_page(ingest, answer, address, reason)
    except NotASource:
        listed = None if is_front else await _news_sitemap(ingest, answer.url)
        if listed is None:
            raise
        return listed


async def _news_sitemap(ingest: Ingest, page_url: str) -> SourcePreview | None:
    """Returns the news sitemap of a page's site, or None.

    robots.txt names the sitemaps of a site, and some names are usual.
    """
    named: list[str] = []
    try:
        robots = await _fetched(ingest, urljoin(page_url, "/robots.txt"))
        named = _SITEMAP.findall(robots.body.decode("utf-8", "replace"))
    except IngestError:
        pass  # there is none, or it can't be read
    of_news = [one for one in named if "news" in one.lower()][:MOST_SITEMAPS]
    usual = [urljoin(page_url, path) for path in USUAL_SITEMAPS]
    others = [one for one in named if one not in of_news][:MOST_SITEMAPS]  # perhaps an index that names one with news
    for addresses in ([*of_news, *usual], others):
        read = await asyncio.gather(
            *(_linked(ingest, one, within=LINKED_SECONDS) for one in dict.fromkeys(addresses))
        )
        if (found := next((one for one in read if one is not None and one.drafts), None)) is not None:
            return found
    return None


async def _article_page(ingest: Ingest, answer: Fetched, address: str, reason: str) -> SourcePreview:
    """Returns the page itself as a source. Raises NotASource, with the reason why it is no feed."""
    try:
        draft = await read_page(ingest.worker, answer, name=address, timezone=ingest.config.timezone)
    except Unreadable as error:
        raise NotASource(f"{hide_password(address)}: {reason}, or an article page ({error.reason})") from error
    # The page is asked for again, so a user name and a password stay.
    login = urlsplit(address).netloc.rpartition("@")[0]
    url = page_address(address).replace("://", f"://{login}@" if login else "://", 1)
    return SourcePreview(url=url, kind=SourceKind.PAGE, title=draft.publisher, drafts=(draft,))


class SourceFinder:
    """Finds the sources at addresses that people type in chats: a few at once, each within a time limit."""

    def __init__(self, ingest: Ingest, *, seconds: float = FIND_SECONDS, at_once: int = FOUND_AT_ONCE) -> None:
        """`seconds` is the limit for one address, with all feeds that its page links to."""
        self.ingest = ingest
        self._seconds = seconds
        self._places = at_once

    async def find(self, address: str) -> tuple[SourcePreview, ...] | SourceProblem:
        """Returns all the sources that a web address may mean, or why there are none.

        The address may be typed without https://. Nobody waits for a place: where too many addresses are read
        already, the answer is BUSY.
        """
        if not self._places:
            return SourceProblem.BUSY
        self._places -= 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._find(address)
        except TimeoutError:
            return SourceProblem.UNREACHABLE
        except (IngestError, ValueError) as error:
            log.info("source_not_found", address=hide_password(address), reason=error)
            return problem_of(error)
        finally:
            self._places += 1

    async def _find(self, address: str) -> tuple[SourcePreview, ...]:
        if "://" in address:
            return await preview_all(self.ingest, address)
        try:
            return await preview_all(self.ingest, f"https://{address}")
        except Unreachable:
            return await preview_all(self.ingest, f"http://{address}")


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
        shown = hide_password(address)
        raise NotASource(f"{shown}: the server says that nothing has changed since never; expected a document")
    return answer


async def _feed(ingest: Ingest, answer: Fetched, address: str) -> SourcePreview:
    feed = await ingest.reader.read_feed(answer)
    return SourcePreview(
        url=answer.moved_to or address,
        kind=SourceKind.FEED,
        title=feed.title,
        drafts=_visible(feed.items, ingest.now()),
        problems=feed.problems,
    )


def _visible(drafts: Sequence[Draft], now: datetime) -> tuple[Draft, ...]:
    """Returns the drafts that anybody may see now: neither withdrawals nor what is under an embargo."""
    return tuple(one for one in drafts if not one.withdrawn and (one.held_until is None or one.held_until <= now))


async def _folder(ingest: Ingest, address: str) -> SourcePreview:
    folder, paths = await asyncio.to_thread(_files_in, address)
    drafts, problems = await ingest.reader.read_files(paths)
    return SourcePreview(
        url=str(folder),
        kind=SourceKind.FOLDER,
        title=folder.name,
        drafts=_visible(drafts, ingest.now()),
        problems=tuple(problems),
    )


def _files_in(address: str) -> tuple[Path, list[Path]]:
    try:
        folder = Path(address).expanduser().resolve()
        if folder.is_file():
            raise NotASource(
                f"{address}: this is a file; expected a folder or an address, or `newsbot source import` with a list"
                " of sources, or `newsbot import` with articles"
            )
        if not folder.is_dir():
            raise _no_folder(address)
        _refuse_bytes(str(folder), "a folder whose whole path is UTF-8")
        return folder, list_files([folder])
    except RuntimeError as error:  # a home of nobody, or links in a circle
        raise _no_folder(address) from error
    except OSError as error:
        raise _no_folder(address, f"can't be read: {error.strerror or error}; ") from error


def _no_folder(address: str, reason: str = "") -> NotASource:
    shown = hide_password(address)
    return NotASource(f"{shown}: {reason}expected an address that begins with http:// or https://, or a folder")


def _refuse_bytes(name: str, expected: str) -> None:
    """Raise NotASource if a name holds bytes that are no UTF-8. They can't be stored."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise NotASource(f"{hide_password(name)}: this is no UTF-8 text; expected {expected}") from error


def _feeds_of(
    body: bytes, charset: str | None, url: str, links: Sequence[str], *, comments: bool = True
) -> list[str]:
    return discover(decode(body, declared=charset), url, links, comments=comments)
