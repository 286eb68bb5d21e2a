"""Stores drafts as articles.

find keys → decide what is new or changed → read article pages (if the operator asked for them) → prepare → store
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from bot import logs
from bot.config import Config
from bot.ingest import story_index
from bot.ingest.decide import Changed, Decision, New, Policy, Push, decide
from bot.ingest.draft import Draft, latest_versions
from bot.ingest.full_text import MAX_PAGES, FullTexts, draft_from_article, next_attempt_at
from bot.ingest.identity import Keys, id_keys, item_keys, other_keys
from bot.ingest.prepare import author_names, category_names, prepare_texts
from bot.ingest.recognise import recognise
from bot.ingest.worker import WorkerProcess
from storage import Storage
from storage.records import (
    ChangedArticle,
    EarlyWithdrawal,
    NewArticle,
    SeenArticle,
    Source,
    Stored,
    Visit,
    WithdrawnArticle,
)

log = logs.get_logger(__name__)

PREPARED_AT_ONCE: Final = 10  # new articles, and as many changed ones, in one piece of work
STORED_AT_ONCE: Final = 4  # articles in one transaction: outcomes and readers' questions are written in between


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of the drafts of one reading."""

    stored: Stored
    decision: Decision
    left_out: tuple[tuple[Draft, str], ...] = ()  # articles that could not be prepared, each with its reason


NOTHING_KEPT: Final = Kept(Stored((), (), ()), Decision((), (), 0, 0))


@dataclass(frozen=True, slots=True)
class Part:
    """What is prepared in one piece of work."""

    new: Sequence[New]
    changed: Sequence[Changed]


class Keeper:
    """Stores drafts as articles."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        *,
        worker: WorkerProcess,
        full_texts: FullTexts,
        now: Callable[[], datetime],
        on_stored: Callable[[], None],
    ) -> None:
        """`on_stored` is called after articles were stored that are to be pushed."""
        self._storage = storage
        self._config = config
        self._worker = worker
        self._full_texts = full_texts
        self._now = now
        self._on_stored = on_stored
        self.on_kept: Callable[[Kept], None] = lambda kept: None  # called with what came of each reading

    async def keep(
        self,
        drafts: Sequence[Draft],
        *,
        push: Push,
        category: str | None = None,
        source: Source | None = None,
        visit: Callable[[int], Visit] | None = None,
        is_complete: bool = False,
        most_pushed: int | None = None,
    ) -> Kept:
        """Store the drafts that are new or changed, a few in each transaction.

        Small transactions let others write in between, and each article is compared with those before it. The visit
        is recorded with the last of them. If the process ends before that, the next visit stores the rest.

        `category` is for drafts that bring none. `visit` makes the record of the visit from the number of new
        articles. `is_complete` says that the drafts are all items of the visited source. Of more than `most_pushed`
        new articles, only the newest are pushed; None is the operator's setting for a source.
        """
        private = source is not None and source.private
        feed = _key_source(source)
        drafts = latest_versions(drafts)
        # For two thousand items, this would block the event loop for too long, and so would the decision.
        keys = await asyncio.to_thread(item_keys, drafts, source_id=feed, zone=self._config.timezone, private=private)
        decision = await self.decide(keys, drafts, push, source, feed, most_pushed)
        due: Mapping[str, datetime] = {}
        if source is not None and source.full_text:
            decision, due = await self._full_texts.complete_decision(decision)
        stored = Stored((), (), ())
        left_out: list[tuple[Draft, str]] = []
        *parts, last = _parts(decision)
        for part in parts:
            stored += await self._store(part, source, category, due, left_out)
        record = visit(len(decision.new)) if visit is not None else None
        listed = list(chain.from_iterable(keys)) if is_complete else None
        stored += await self._store(
            last, source, category, due, left_out, visit=record, listed=listed, seen=decision.seen, decision=decision
        )
        kept = Kept(stored, decision, tuple(left_out))
        self.on_kept(kept)
        return kept

    async def complete_stored(self, source: Source) -> int:
        """Read the pages of articles that were stored with excerpts. Returns the number of completed articles."""
        wanted = await self._storage.pages.due_pages(source.id, now=self._now(), limit=MAX_PAGES)
        found = await self._full_texts.complete_drafts([draft_from_article(article) for article in wanted])
        complete = [
            (article, draft) for article, draft in zip(wanted, found, strict=True) if isinstance(draft, Draft)
        ]
        prepared = await self._worker.run(prepare_texts, [draft for _, draft in complete]) if complete else []
        changed = [
            ChangedArticle(
                article_id=article.article_id,
                text=text,
                search=search,
                authors=author_names(text.author),
                from_revision=article.revision,
                excerpt=draft.excerpt,
                fingerprint=fingerprint,
            )
            for (article, draft), (text, search, fingerprint) in zip(complete, prepared, strict=True)
        ]
        stored = await self._storage.articles.store([], changed, now=self._now(), decide=story_index.place_article)
        for article, outcome in zip(wanted, found, strict=True):
            if isinstance(outcome, Exception):
                again_at = next_attempt_at(article.tries + 1, self._now())
                await self._storage.pages.record_failure(article.article_id, again_at=again_at)
        return len(stored.changed)

    async def decide(
        self,
        keys: Sequence[Keys],
        drafts: Sequence[Draft],
        push: Push,
        source: Source | None,
        feed: int | None,
        most_pushed: int | None = None,
    ) -> Decision:
        """Decide which of these drafts are new, changed or known already."""
        if most_pushed is None and source is not None:
            most_pushed = self._config.max_burst
        asked = list(dict.fromkeys(chain.from_iterable(keys)))
        known = await self._storage.articles.find_by_keys(asked)
        # This query comes second, so that an article that is pruned or published between two of them is found by one.
        unknown = [key for key in asked if key not in known]
        waiting = await self._storage.desk.find_by_keys(unknown, source_id=source.id if source else None)
        known |= {key: tuple(replace(one, source_id=feed) for one in found) for key, found in waiting.items()}
        remembered = await self._storage.archive.pruned_keys(unknown) if unknown else set()
        withdrawn: Mapping[str, int] = {}
        if unknown and any(draft.version is not None for draft in drafts):
            withdrawn = await self._storage.archive.withdrawn_versions(unknown, source.id if source else None)
        policy = Policy(
            push=push,
            fresh_for=timedelta(hours=self._config.fresh_hours),
            zone=self._config.timezone,
            most_pushed=most_pushed,
        )
        now = self._now()

        def decided() -> Decision:
            items = recognise(
                drafts,
                keys,
                known,
                remembered,
                source_id=feed,
                owner=source.id if source is not None else None,
                zone=policy.zone,
                fresh_for=policy.fresh_for,
                now=now,
            )
            return decide(items, policy, now, withdrawn)

        return await asyncio.to_thread(decided)

    async def _store(
        self,
        part: Part,
        source: Source | None,
        category: str | None,
        due: Mapping[str, datetime],
        left_out: list[tuple[Draft, str]],
        *,
        visit: Visit | None = None,
        listed: Sequence[str] | None = None,
        seen: Sequence[SeenArticle] = (),
        decision: Decision | None = None,
    ) -> Stored:
        """Store a part. `due` has the times at which article pages are due, by identity.

        Articles that can't be prepared are added to `left_out`. The visit, the seen articles and the withdrawals of
        the decision are stored with the last articles of the part.
        """
        try:
            new, changed = await self.prepare_records(part, source, category, due)
        except Exception:  # of one article: the others are stored
            new, changed, failed = await self.prepare_one_by_one(part, source, category, due)
            if len(failed) == len(part.new) + len(part.changed) > 1:
                raise  # it is not the articles' fault
            left_out += [(one.draft, reason) for one, reason in failed]
            if visit is not None:
                visit = replace(visit, dropped=(*visit.dropped, *(reason for _, reason in failed)))
        *slices, (last_new, last_changed) = _slices(new, changed)
        stored = Stored((), (), ())
        for some_new, some_changed in slices:
            some = await self._storage.articles.store(
                some_new, some_changed, now=self._now(), decide=story_index.place_article
            )
            self._tell(some)
            stored += some
        last = await self._storage.articles.store(
            last_new,
            last_changed,
            now=self._now(),
            visit=visit,
            listed=listed,
            seen=seen,
            withdrawn=withdrawn_records(decision, source) if decision else (),
            versions=decision.versions if decision else (),
            raised=[one.known.id for one in decision.raised] if decision else (),
            decide=story_index.place_article,
        )
        self._tell(last)
        return stored + last

    def _tell(self, stored: Stored) -> None:
        if stored.pushed or stored.withdrawn:
            self._on_stored()

    async def prepare_one_by_one(
        self, part: Part, source: Source | None, category: str | None, due: Mapping[str, datetime]
    ) -> tuple[list[NewArticle], list[ChangedArticle], list[tuple[New | Changed, str]]]:
        """Returns the records of those articles that can be prepared, and the others, each with its reason.

        An article that can't be prepared ended its process, took too long, or met a mistake of ours.
        """
        new: list[NewArticle] = []
        changed: list[ChangedArticle] = []
        left_out: list[tuple[New | Changed, str]] = []
        single: list[New | Changed] = [*part.new, *part.changed]
        for one in single:
            alone = Part([one], []) if isinstance(one, New) else Part([], [one])
            try:
                some_new, some_changed = await self.prepare_records(alone, source, category, due)
            except Exception as error:
                log.exception("article_not_prepared", source=source.id if source else None, title=one.draft.title)
                left_out.append((one, f"{one.draft.title!r}: {str(error) or type(error).__name__}"))
            else:
                new += some_new
                changed += some_changed
        return new, changed, left_out

    async def prepare_records(
        self, part: Part, source: Source | None, category: str | None, due: Mapping[str, datetime]
    ) -> tuple[list[NewArticle], list[ChangedArticle]]:
        """Returns the records of a part. Language, summary and search words are computed in a worker process."""
        drafts = [article.draft for article in part.new] + [article.draft for article in part.changed]
        prepared = await self._worker.run(prepare_texts, drafts) if drafts else []
        new = [
            NewArticle(
                identity=article.identity,
                text=text,
                search=search,
                authors=author_names(text.author),
                categories=category_names(article.draft.categories) or category_names([category] if category else []),
                published_at=article.published_at,
                published_on=article.published_on,
                source_id=source.id if source else None,
                private=source is not None and source.private,
                publisher=article.draft.publisher,
                lane=article.lane,
                fingerprint=fingerprint,
                excerpt=article.draft.excerpt,
                page_due_at=due.get(article.identity),
                keys=(*article.keys, *other_keys(article.draft.other_ids, _key_source(source))),
                claimed=article.claimed,
                version=article.draft.stored_version,
                evolved_from=id_keys(article.draft.evolved_from, _key_source(source)),
                replaces=article.replaces,
                held_until=article.draft.held_until,
                editor_note=article.draft.editor_note,
            )
            for article, (text, search, fingerprint) in zip(part.new, prepared, strict=False)
        ]
        changed = [
            ChangedArticle(
                article_id=article.known.id,
                text=text,
                search=search,
                authors=author_names(text.author),
                from_revision=article.known.revision,
                fingerprint=fingerprint,
                excerpt=article.draft.excerpt,
                page_due_at=due.get(article.known.identity),
                keys=article.keys,
                version=article.draft.stored_version,
                held_until=article.draft.held_until,
                editor_note=article.draft.editor_note,
            )
            for article, (text, search, fingerprint) in zip(part.changed, prepared[len(new) :], strict=True)
        ]
        return new, changed


def withdrawn_records(decision: Decision, source: Source | None) -> list[WithdrawnArticle | EarlyWithdrawal]:
    known = [WithdrawnArticle(article_id=one.known.id, version=one.version) for one in decision.withdrawn]
    source_id = source.id if source is not None else None
    early = [
        EarlyWithdrawal(keys=one.keys, version=one.version, source_id=source_id) for one in decision.withdrawn_early
    ]
    return [*known, *early]


def _key_source(source: Source | None) -> int | None:
    """Returns the source within which guids and titles identify an item, or None for files and public pages."""
    return source.id if source is not None and (source.kind.has_guids or source.private) else None


def _parts(decision: Decision) -> Iterator[Part]:
    """Yields the parts that are prepared in one piece of work each: at least one, which records the visit."""
    new, changed = decision.new, decision.changed
    for start in range(0, max(len(new), len(changed), 1), PREPARED_AT_ONCE):
        yield Part(new[start : start + PREPARED_AT_ONCE], changed[start : start + PREPARED_AT_ONCE])


def _slices(
    new: Sequence[NewArticle], changed: Sequence[ChangedArticle]
) -> list[tuple[Sequence[NewArticle], Sequence[ChangedArticle]]]:
    """Returns what is stored in one transaction each: at least one, in the order new and then changed."""
    both = max(len(new) + len(changed), 1)
    return [
        (
            new[start : start + STORED_AT_ONCE],
            changed[max(start - len(new), 0) : max(start + STORED_AT_ONCE - len(new), 0)],
        )
        for start in range(0, both, STORED_AT_ONCE)
    ]
