"""The way of news into storage: due sources are fetched, parsed, compared with what is stored, and kept.

due → fetch → parse → decide → store (with the fan-out and what the visit found out, in one transaction)

Before storing, the article pages of a feed that carries only excerpts are read, where its operator asked for that.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest import story_index
from bot.ingest.decide import Changed, Decision, New, Policy, Push, decide
from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import files, page
from bot.ingest.formats.feed import NotAFeed, parse
from bot.ingest.full_text import MOST_AT_ONCE, FullTexts, as_draft, next_try
from bot.ingest.identity import identities
from bot.ingest.network.fetch import Fetcher, FetchError, Gone, NotModified, RetryLater, shown
from bot.ingest.network.polite_fetch import PoliteFetcher
from bot.ingest.prepare import category_name, texts
from bot.ingest.worker import WorkerError, WorkerProcess
from bot.messages.notice import BURST, SOURCE_FAILS, Notice
from bot.notices import tell_admins
from storage import Storage
from storage.errors import StorageError
from storage.records import ChangedArticle, NewArticle, Source, SourceKind, Visit
from storage.sqlite.articles import Stored

log = logs.get_logger(__name__)

AT_ONCE: Final = 8  # sources under way
STORED_AT_ONCE: Final = 10  # articles in one transaction: the sender marks between two of them
SPREAD: Final = 0.05  # of the interval: sources that were added together don't stay together
LONGEST_HINT: Final = timedelta(hours=6)  # that a feed may ask us to stay away for
LONGEST_BACKOFF: Final = timedelta(hours=6)
GONE_FOR: Final = timedelta(days=1)
TOLD_AFTER: Final = 5  # failures in a row that the administrators are told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What one visit to a source came to."""

    source: Source
    added: int = 0
    pushed: int = 0
    changed: int = 0
    problems: tuple[str, ...] = ()  # items or files that could not be read
    error: str | None = None  # the source could not be read at all


@dataclass(frozen=True, slots=True)
class Kept:
    stored: Stored
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What was read of a source; no drafts where it has not changed."""

    drafts: tuple[Draft, ...] = ()
    whole: bool = False  # the drafts are all that the source holds now
    problems: tuple[str, ...] = ()
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    stay_away: timedelta = timedelta()  # as the feed or its server asks


class Ingest:
    """Brings articles into storage. Close it to end what is under way."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        *,
        fetcher: Fetcher,
        workshop: WorkerProcess,
        now: Callable[[], datetime],
        stored: Callable[[], None] = lambda: None,
    ) -> None:
        """`stored` is called when something was stored that is to be pushed."""
        self.storage = storage
        self.config = config
        self.fetcher = fetcher
        self.workshop = workshop
        self.now = now
        self.stored = stored
        self.full_texts = FullTexts(PoliteFetcher(fetcher), workshop, zone=config.timezone, now=now)
        self._under_way: dict[int, asyncio.Task[Refreshed]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    # Which, and when

    async def start_due(self) -> list[asyncio.Task[Refreshed]]:
        """Begin with the sources whose time has come, and that are not under way; a slow one holds no other up."""
        for source in await self.storage.sources.due(self.now()):
            if source.id not in self._under_way:
                task = asyncio.create_task(self.refresh(source), name=f"refresh {source.id}")
                self._under_way[source.id] = task
                task.add_done_callback(partial(self._ended, source.id))
        return list(self._under_way.values())

    def _ended(self, source_id: int, _: asyncio.Task[Refreshed]) -> None:
        del self._under_way[source_id]

    async def refresh_due(self) -> list[Refreshed]:
        """One round of all due sources."""
        return list(await asyncio.gather(*await self.start_due()))

    async def close(self) -> None:
        for task in (tasks := list(self._under_way.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # The story

    async def refresh(self, source: Source) -> Refreshed:
        """Visit one source, and keep what is new. Whatever goes wrong with it stays its own affair."""
        async with self._room:
            try:
                reading = await self._read(source)
                return await self._keep_reading(source, reading)
            except StorageError as error:
                log.error("refresh_not_stored", source=source.id, reason=error)
                return Refreshed(source=source, error=str(error))
            except (FetchError, NotAFeed, Unreadable, WorkerError, OSError) as error:
                return await self._failed(source, error)
            except Exception as error:
                log.exception("refresh_failed", source=source.id)
                return await self._failed(source, error)

    async def _read(self, source: Source) -> _Reading:
        if source.kind is SourceKind.FOLDER:
            return await self._read_folder(source)
        answer = await self.fetcher.get(source.url, etag=source.etag, last_modified=source.last_modified)
        reading = _Reading(
            etag=answer.etag,
            last_modified=answer.last_modified,
            moved_to=answer.moved_to,
            stay_away=answer.fresh_for or timedelta(),
        )
        if isinstance(answer, NotModified):
            return replace(
                reading, etag=answer.etag or source.etag, last_modified=answer.last_modified or source.last_modified
            )
        if source.kind is SourceKind.PAGE:
            draft = await self.workshop.run(
                page.read,
                answer.body,
                name=source.url,
                url=answer.url,
                charset=answer.charset,
                language=answer.language,
                timezone=self.config.timezone,
            )
            return replace(reading, drafts=(replace(draft, url=draft.url or source.url),), whole=True)
        feed = await self.workshop.run(
            parse,
            answer.body,
            url=answer.url,
            charset=answer.charset,
            timezone=self.config.timezone,
            most_bytes=self.config.max_fetch_bytes,
        )
        return replace(
            reading,
            drafts=tuple(replace(draft, language=draft.language or answer.language) for draft in feed.items),
            whole=True,
            problems=feed.problems,
            title=feed.title,
            stay_away=max(reading.stay_away, feed.ttl or timedelta()),
        )

    async def _read_folder(self, source: Source) -> _Reading:
        """Files that came or changed since the last visit. Moving a file keeps its mtime, so ctime counts."""
        seen = int(source.etag or 0)
        changed = await asyncio.to_thread(_changed_files, Path(source.url), seen)
        drafts, problems = await self.read_files(path for _, path in changed)
        newest = max((stamp for stamp, _ in changed), default=seen)
        return _Reading(drafts=tuple(drafts), problems=tuple(problems), etag=str(newest))

    async def read_files(self, paths: Iterable[Path]) -> tuple[list[Draft], list[str]]:
        """The articles in these files, and what can't be read, each with its file: a bad one stops no other."""
        drafts: list[Draft] = []
        problems: list[str] = []
        for path in paths:
            try:
                items = await self.workshop.run(files.read, path, timezone=self.config.timezone)
            except Unreadable as error:
                problems.append(str(error))
                continue
            except WorkerError as error:
                problems.append(f"{path}: {error}")
                continue
            drafts += [item for item in items if isinstance(item, Draft)]
            problems += [str(item) for item in items if isinstance(item, Unreadable)]
        return drafts, problems

    async def _keep_reading(self, source: Source, reading: _Reading) -> Refreshed:
        now = self.now()
        visit = Visit(
            source_id=source.id,
            due_at=now + self._pause(source, reading.stay_away),
            succeeded_at=now,
            etag=reading.etag,
            last_modified=reading.last_modified,
            title=reading.title,
            moved_to=reading.moved_to,
        )
        kept = await self.keep(
            reading.drafts,
            source=source,
            category=source.category,
            # A source's backlog is stored at its first refresh, and is not news.
            push=Push.FRESH if source.refreshed_at else Push.NEVER,
            visit=visit,
            whole=reading.whole,
        )
        if kept.decision.burst_skipped:
            await self._tell_of_burst(source, kept)
        stored = kept.stored
        completed = await self._complete_stored(source) if source.full_text else 0
        log.info(
            "refreshed",
            source=source.id,
            added=len(stored.added),
            pushed=len(stored.pushed),
            changed=len(stored.changed),
            problems=len(reading.problems),
        )
        return Refreshed(
            source=source,
            added=len(stored.added),
            pushed=len(stored.pushed),
            changed=len(stored.changed) + completed,
            problems=reading.problems,
        )

    async def keep(
        self,
        drafts: Sequence[Draft],
        *,
        push: Push,
        category: str | None = None,
        source: Source | None = None,
        visit: Visit | None = None,
        whole: bool = False,
    ) -> Kept:
        """Store what is new or changed among these drafts, a few in a transaction: each is compared with what
        came before it, and a backlog must not keep others from writing meanwhile. `visit` is stored with the last of
        them, so that what an end in between left over is read and stored by the next visit.

        `category` is for drafts that bring none; `whole` says that they are all that the visited source holds.
        """
        feed = source.id if source is not None and source.kind is SourceKind.FEED else None
        # Of two thousand items, these two would hold the loop for too long.
        named = await asyncio.to_thread(identities, drafts, source_id=feed, zone=self.config.timezone)
        known = await self.storage.articles.known(named)
        # Asked for second: what is pruned between the two is found in one of them.
        unknown = [identity for identity in named if identity not in known]
        remembered = await self.storage.archive.remembered(unknown) if unknown else set()
        policy = Policy(
            push=push,
            fresh_for=timedelta(hours=self.config.fresh_hours),
            zone=self.config.timezone,
            most_pushed=self.config.max_burst if source is not None else None,
        )
        now = self.now()
        pairs = list(zip(named, drafts, strict=True))
        decision = await asyncio.to_thread(decide, pairs, known, policy, now, remembered=remembered)
        due: Mapping[str, datetime] = {}
        if source is not None and source.full_text:
            decision, due = await self.full_texts.of(decision)
        stored = Stored((), (), ())
        parts = list(_parts(decision))
        for place, (some_new, some_changed) in enumerate(parts):
            new, changed = await self._written(some_new, some_changed, source, category, due)
            last = place == len(parts) - 1
            part = await self.storage.articles.store(
                new,
                changed,
                now=now,
                visit=visit if last else None,
                listed=named if whole and last else None,
                decide=story_index.decide,
            )
            if part.pushed:
                self.stored()
            stored += part
        return Kept(stored, decision)

    async def _written(
        self,
        some_new: Sequence[New],
        some_changed: Sequence[Changed],
        source: Source | None,
        category: str | None,
        due: Mapping[str, datetime],
    ) -> tuple[list[NewArticle], list[ChangedArticle]]:
        """The records of a decision; only what is new or changed is read through for language, summary and words.
        `due` says when article pages are to be read, by identity.
        """
        drafts = [article.draft for article in some_new] + [article.draft for article in some_changed]
        written = await self.workshop.run(texts, drafts) if drafts else []
        new = [
            NewArticle(
                identity=article.identity,
                text=text,
                search=search,
                category=category_name(article.draft.category) or category_name(category),
                published_at=article.published_at,
                published_on=article.published_on,
                source_id=source.id if source else None,
                publisher=article.draft.publisher,
                lane=article.lane,
                fingerprint=fingerprint,
                excerpt=article.draft.excerpt,
                page_due_at=due.get(article.identity),
            )
            for article, (text, search, fingerprint) in zip(some_new, written, strict=False)
        ]
        changed = [
            ChangedArticle(
                article_id=article.known.id,
                text=text,
                search=search,
                from_revision=article.known.revision,
                fingerprint=fingerprint,
                excerpt=article.draft.excerpt,
                page_due_at=due.get(article.known.identity),
            )
            for article, (text, search, fingerprint) in zip(some_changed, written[len(new) :], strict=True)
        ]
        return new, changed

    async def _complete_stored(self, source: Source) -> int:
        """Read the pages of articles that were stored with their excerpts; how many have their full text now."""
        wanted = await self.storage.pages.wanted(source.id, now=self.now(), limit=MOST_AT_ONCE)
        found = await self.full_texts.complete([as_draft(article) for article in wanted])
        complete = [
            (article, draft) for article, draft in zip(wanted, found, strict=True) if isinstance(draft, Draft)
        ]
        written = await self.workshop.run(texts, [draft for _, draft in complete]) if complete else []
        changed = [
            ChangedArticle(
                article_id=article.article_id,
                text=text,
                search=search,
                from_revision=article.revision,
                excerpt=draft.excerpt,
                fingerprint=fingerprint,
            )
            for (article, draft), (text, search, fingerprint) in zip(complete, written, strict=True)
        ]
        stored = await self.storage.articles.store([], changed, now=self.now(), decide=story_index.decide)
        for article, outcome in zip(wanted, found, strict=True):
            if isinstance(outcome, Exception):
                await self.storage.pages.failed(article.article_id, again_at=next_try(article.tries + 1, self.now()))
        return len(stored.changed)

    # Its rhythm and its troubles

    def _pause(self, source: Source, stay_away: timedelta = timedelta()) -> timedelta:
        """Until the next visit: what the operator said for it, else the setting, or longer where the feed asks so."""
        if source.every_seconds:
            pause = timedelta(seconds=source.every_seconds)
        else:
            pause = max(timedelta(seconds=self.config.refresh_seconds), min(stay_away, LONGEST_HINT))
        place = source.id * 0.618 % 1  # spreads neighbours well
        return pause * (1 + SPREAD * place)

    def _backoff(self, source: Source, error: Exception) -> timedelta:
        pause = self._pause(source)
        if isinstance(error, Gone):
            return max(pause, GONE_FOR)
        if isinstance(error, RetryLater):
            return max(pause, error.after)
        doubled: timedelta = pause * 2 ** min(source.failures, 20)
        return max(pause, min(LONGEST_BACKOFF, doubled))

    async def _failed(self, source: Source, error: Exception) -> Refreshed:
        reason = str(error) or type(error).__name__
        log.warning("source_failed", source=source.id, failures=source.failures + 1, reason=reason)
        try:
            await self.storage.sources.visited(
                Visit(source_id=source.id, due_at=self.now() + self._backoff(source, error), error=reason)
            )
            if source.failures + 1 == TOLD_AFTER or (isinstance(error, Gone) and source.failures == 0):
                notice = Notice(SOURCE_FAILS, {"source": source.title or shown(source.url), "error": reason})
                await tell_admins(self.storage, self.config, [notice], now=self.now())
        except StorageError as storage_error:
            log.error("refresh_not_stored", source=source.id, reason=storage_error)
        return Refreshed(source=source, error=reason)

    async def _tell_of_burst(self, source: Source, kept: Kept) -> None:
        values: dict[str, str | int] = {
            "source": source.title or shown(source.url),
            "pushed": len(kept.stored.pushed),
            "held_back": kept.decision.burst_skipped,
        }
        log.warning("burst", source=source.id, held_back=kept.decision.burst_skipped)
        await tell_admins(self.storage, self.config, [Notice(BURST, values)], now=self.now())


def _parts(decision: Decision) -> Iterator[tuple[Sequence[New], Sequence[Changed]]]:
    """What is stored in one transaction each, the new articles in their order; one part at least, for the visit."""
    new, changed = decision.new, decision.changed
    for start in range(0, max(len(new), len(changed), 1), STORED_AT_ONCE):
        yield new[start : start + STORED_AT_ONCE], changed[start : start + STORED_AT_ONCE]


def _changed_files(folder: Path, seen: int) -> list[tuple[int, Path]]:
    """(stamp, file) of the files that can hold articles and are newer than the stamp, oldest first."""
    try:
        if not folder.is_dir():
            raise Unreadable(str(folder), "there is no such folder; expected one that can be read")
        found = [(_changed_at(path), path) for path in folder.rglob("*") if path.suffix.lower() in files.SUFFIXES]
    except OSError as error:
        reason = f"can't be read: {error.strerror or error}; expected a folder that can be read"
        raise Unreadable(str(folder), reason) from error
    return sorted((stamp, path) for stamp, path in found if stamp is not None and stamp > seen)


def _changed_at(path: Path) -> int | None:
    """When a file changed, by its file system; None for what is no file, or is gone since the folder was listed."""
    try:
        status = path.stat()
    except OSError:  # a link to nowhere is one, too; what can't be opened is told when it is read
        return None
    return status.st_ctime_ns if S_ISREG(status.st_mode) else None
