"""Reads sources: fetches the feed, page or folder of a source and parses it into drafts."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest.draft import Draft
from bot.ingest.errors import HttpError, IngestError, NotAFeed, Unreadable, WorkerError
from bot.ingest.formats import files, hub_links
from bot.ingest.formats.feed import Feed, parse
from bot.ingest.formats.hub_links import HubLink
from bot.ingest.network.fetch import Fetched, Fetcher, NotModified
from bot.ingest.page_reading import read_page
from bot.ingest.worker import WorkerProcess
from storage.records import Source, SourceKind, hide_password

log = logs.get_logger(__name__)

MOST_SITEMAPS: Final = 3  # of an index that are read
WHOLE_AFTER: Final = timedelta(days=7)  # of answers that nothing has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The content of a source at one visit."""

    is_unchanged: bool = False  # since the last visit; then there are no drafts
    drafts: tuple[Draft, ...] = ()
    is_complete: bool = False  # the drafts are all that the source holds now
    problems: tuple[str, ...] = ()
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    requested_pause: timedelta = timedelta()  # as the feed or its server asks
    answer_seconds: float = 0.0  # seconds that its server took
    hub: HubLink | None = None  # which sends what the feed publishes


class Reader:
    """Reads sources and files. Documents are parsed in a worker process."""

    def __init__(
        self, config: Config, *, fetcher: Fetcher, worker: WorkerProcess, now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._config = config
        self._fetcher = fetcher
        self._worker = worker

    async def read(self, source: Source) -> Reading:
        """Fetch and parse a source. Raises IngestError and OSError."""
        if source.kind is SourceKind.FOLDER:
            return await self._read_folder(source)
        asked = time.monotonic()
        whole = self._is_asked_whole(source)
        etag, last_modified = (None, None) if whole else (source.etag, source.last_modified)
        answer = await self._fetcher.get(source.url, etag=etag, last_modified=last_modified)
        reading = Reading(
            etag=answer.etag,
            last_modified=answer.last_modified,
            moved_to=answer.moved_to,
            requested_pause=answer.fresh_for or timedelta(),
            answer_seconds=time.monotonic() - asked,
        )
        if isinstance(answer, NotModified):
            if etag is None and last_modified is None:
                raise HttpError(source.url, 304, "the server says that nothing has changed, and was asked for all")
            return replace(
                reading,
                is_unchanged=True,
                etag=answer.etag or source.etag,
                last_modified=answer.last_modified or source.last_modified,
            )
        if source.kind is SourceKind.PAGE:
            return await self._read_page(source, answer, reading)
        return await self._read_feed(answer, reading)

    def _is_asked_whole(self, source: Source) -> bool:
        """Returns whether to ask without validators.

        Some servers answer "unchanged" for ever, so a source that did so for a week is asked for its whole document.
        """
        return source.whole_at is None or not timedelta() <= self._now() - source.whole_at < WHOLE_AFTER

    async def read_files(self, paths: Iterable[Path]) -> tuple[list[Draft], list[str]]:
        """Read these files. Returns their articles, and a reason for each file or article that can't be read."""
        drafts: list[Draft] = []
        problems: list[str] = []
        for path in paths:
            try:
                items = await self._worker.run(files.read, path, timezone=self._config.timezone)
            except Unreadable as error:
                problems.append(str(error))
                continue
            except WorkerError as error:
                problems.append(f"{path}: {error}")
                continue
            except Exception as error:  # a mistake of ours in reading one file costs that file only
                log.exception("file_not_read", path=str(path))
                problems.append(f"{path}: can't be read: {type(error).__name__}: {error}")
                continue
            drafts += [item for item in items if isinstance(item, Draft)]
            problems += [str(item) for item in items if isinstance(item, Unreadable)]
        return drafts, problems

    async def _read_page(self, source: Source, answer: Fetched, reading: Reading) -> Reading:
        draft = await read_page(self._worker, answer, name=source.shown_url, timezone=self._config.timezone)
        return replace(reading, drafts=(draft,), is_complete=True)

    async def _read_feed(self, answer: Fetched, reading: Reading) -> Reading:
        feed = await self.read_feed(answer)
        if feed.sitemaps:  # they change, and the index that names them may stay
            reading = replace(reading, etag=None, last_modified=None)
        return replace(
            reading,
            drafts=tuple(replace(draft, language=draft.language or answer.language) for draft in feed.items),
            is_complete=True,
            problems=feed.problems,
            title=feed.title,
            hub=hub_links.find(answer.links, feed.named, answer.base),
            requested_pause=max(reading.requested_pause, feed.ttl or timedelta()),
        )

    async def read_feed(self, answer: Fetched) -> Feed:
        """Returns the feed in a document. For an index of sitemaps, its sitemaps are read. Raises IngestError."""
        feed = await self._parsed(answer)
        if not feed.sitemaps:
            return feed
        read: list[Feed] = []
        problems: list[str] = []
        for address in feed.sitemaps[:MOST_SITEMAPS]:
            try:
                listed = await self._fetcher.get(address)
                if isinstance(listed, Fetched):
                    read.append(await self._parsed(listed))
            except NotAFeed as error:
                problems.append(f"{hide_password(address)}: {error}")  # a sitemap without news
            except IngestError as error:
                problems.append(str(error))
        found = [one for one in read if one.items]
        if not found:
            reason = problems[0] if problems else "it lists no sitemap"
            raise NotAFeed(f"this is a list of sitemaps, and none of the first {MOST_SITEMAPS} has news ({reason})")
        return replace(
            found[0],
            items=tuple(item for one in found for item in one.items),
            problems=tuple(problem for one in found for problem in one.problems),
            sitemaps=feed.sitemaps,
        )

    async def _parsed(self, answer: Fetched) -> Feed:
        return await self._worker.run(
            parse,
            answer.body,
            url=answer.base,
            charset=answer.charset,
            timezone=self._config.timezone,
            most_bytes=self._config.max_fetch_bytes,
        )

    async def _read_folder(self, source: Source) -> Reading:
        """Read the files that are new or changed since the last visit.

        A file that is moved into the folder keeps its mtime, so the ctime is compared.
        """
        seen = int(source.etag or 0)
        changed = await asyncio.to_thread(_changed_files, Path(source.url), seen)
        drafts, problems = await self.read_files(path for _, path in changed)
        newest = max((stamp for stamp, _ in changed), default=seen)
        return Reading(is_unchanged=not changed, drafts=tuple(drafts), problems=tuple(problems), etag=str(newest))


def _changed_files(folder: Path, seen: int) -> list[tuple[int, Path]]:
    """Returns the files that can hold articles and changed after `seen`, each with its ctime in nanoseconds."""
    try:
        if not folder.is_dir():
            raise Unreadable(str(folder), "there is no such folder; expected one that can be read")
        found = [(_changed_at(path), path) for path in folder.rglob("*") if path.suffix.lower() in files.SUFFIXES]
    except OSError as error:
        reason = f"can't be read: {error.strerror or error}; expected a folder that can be read"
        raise Unreadable(str(folder), reason) from error
    return sorted((stamp, path) for stamp, path in found if stamp is not None and stamp > seen)


def _changed_at(path: Path) -> int | None:
    """Returns the ctime of a file in nanoseconds, or None if the path is no file or has vanished."""
    try:
        status = path.stat()
    except OSError:  # a broken link, for example; a file that can't be opened is reported when it is read
        return None
    return status.st_ctime_ns if S_ISREG(status.st_mode) else None
