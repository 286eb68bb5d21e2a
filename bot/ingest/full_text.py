"""Full texts for feeds that carry only excerpts: the article page behind an item is read.

Pages are read before an item is stored, within a time limit, since the first summary that a reader gets should be
the good one. An article whose page was not read in time is stored with its excerpt, and a later revision completes
it.

A body counts as an excerpt if it has few words or breaks off. The limit of 150 words is a guess. Feeds with whole
articles have a few shorter ones, whose pages are read in vain, and hardly any excerpt is longer. A page is accepted
if it holds half of the words of the item's title and excerpt and its text is longer. So a consent wall is refused,
and so is a front page to which a link was redirected.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from bot import logs
from bot.ingest.decide import Changed, Decision, New
from bot.ingest.draft import Draft
from bot.ingest.errors import FetchError, HostBusy, Unreadable, WorkerError
from bot.ingest.identity import page_address
from bot.ingest.network.fetch import NotModified
from bot.ingest.network.polite_fetch import PoliteFetcher
from bot.ingest.page_reading import read_page
from bot.ingest.worker import WorkerProcess
from bot.text.arabic import normalize
from storage.records import WantedPage

log = logs.get_logger(__name__)

SECONDS: Final = 15.0  # that one refresh may take for all its pages
MAX_PAGES: Final = 20  # pages of one refresh
EXCERPT_WORDS: Final = 150  # a shorter body may be an excerpt
PAUSE_IF_LATE: Final = timedelta(minutes=1)  # until the next try, if the time ran out
RETRY_PAUSES: Final = (timedelta(minutes=10), timedelta(hours=1))  # after the first and second failure; then no more
CACHE_LIFE: Final = timedelta(minutes=30)  # a page is not asked for twice in that time
CACHE_SIZE: Final = 200  # pages
_SHARED_WORDS: Final = 0.5
_BROKEN_OFF: Final = re.compile(
    r"(?:…|\.\.\.|\[[.…]+\]|(?:read|continue|more|اقرأ|المزيد|التفاصيل)[\s\w]{0,20}[.…»>]*)\s*$", re.IGNORECASE
)

PageError = FetchError | Unreadable | WorkerError


@dataclass(frozen=True, slots=True)
class _Kept:
    draft: Draft
    item: tuple[str, str, int | None]  # title, text and version of the feed's item
    etag: str | None
    last_modified: str | None
    read_at: datetime


class FullTexts:
    """Completes drafts by their article pages."""

    def __init__(
        self, fetcher: PoliteFetcher, worker: WorkerProcess, *, zone: tzinfo, now: Callable[[], datetime]
    ) -> None:
        self._fetcher = fetcher
        self._worker = worker
        self._zone = zone
        self._now = now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def complete_decision(self, decision: Decision) -> tuple[Decision, dict[str, datetime]]:
        """Complete the drafts of a decision, those of the newest articles first.

        Returns the decision, and by identity the time at which to read each page that was not read now.
        """
        articles: list[New | Changed] = [*decision.new[::-1], *decision.changed]
        wanted = [article for article in articles if is_excerpt(article.draft)]
        drafts: dict[str, Draft] = {}
        due: dict[str, datetime] = {}
        for article, outcome in zip(wanted, await self.complete_drafts([one.draft for one in wanted]), strict=True):
            identity = _identity(article)
            if isinstance(outcome, Draft):
                drafts[identity] = outcome
                continue
            due[identity] = self._now() + (PAUSE_IF_LATE if outcome is None else RETRY_PAUSES[0])
            if isinstance(article, Changed) and article.known.excerpt is not None:
                drafts[identity] = _with_known_text(article)
        return (
            replace(
                decision,
                new=tuple(replace(one, draft=drafts.get(one.identity, one.draft)) for one in decision.new),
                changed=tuple(replace(one, draft=drafts.get(_identity(one), one.draft)) for one in decision.changed),
            ),
            due,
        )

    async def complete_drafts(
        self, drafts: Sequence[Draft], *, seconds: float = SECONDS
    ) -> list[Draft | PageError | None]:
        """Complete several drafts. Returns for each the completed draft, the error, or None if the time ran out."""
        tasks = [asyncio.create_task(self.complete_draft(draft)) for draft in drafts[:MAX_PAGES]]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        outcomes = [_outcome(task, draft) for task, draft in zip(tasks, drafts, strict=False)]
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                log.info("page_not_read", reason=outcome)
        return [*outcomes, *(None for _ in drafts[MAX_PAGES:])]

    async def complete_draft(self, draft: Draft) -> Draft:
        """Returns the draft with the text of its article page. Raises FetchError, Unreadable and WorkerError."""
        assert draft.url is not None  # is_excerpt says so
        found = await self._page(draft.url, (draft.title, draft.body, draft.stored_version))
        if not _is_of(found, draft):
            raise Unreadable(draft.url, "the page is not the article; expected the words of the excerpt, and more")
        return replace(
            draft,
            body=found.body,
            document=found.document,
            excerpt=draft.body,
            author=draft.author or found.author,
            image_url=draft.image_url or found.image_url,
            categories=draft.categories or found.categories,
            published=draft.published or found.published,
            language=draft.language or found.language,
        )

    async def _page(self, url: str, item: tuple[str, str, int | None]) -> Draft:
        """Returns the article of a page.

        A page that was read lately for the same title, text and version comes from the cache. If the item's text is
        another, the server is asked whether the page has changed.
        """
        place = page_address(url)
        kept = self._kept.get(place)
        if kept is not None and kept.item == item and self._now() - kept.read_at < CACHE_LIFE:
            return kept.draft
        answer = await self._fetcher.get(
            url, etag=kept.etag if kept else None, last_modified=kept.last_modified if kept else None
        )
        if isinstance(answer, NotModified):
            if kept is None:
                raise Unreadable(url, "the server says that nothing has changed since never; expected a page")
            draft = kept.draft
        else:
            draft = await read_page(self._worker, answer, name=url, timezone=self._zone)
        self._kept[place] = _Kept(
            draft=draft, item=item, etag=answer.etag, last_modified=answer.last_modified, read_at=self._now()
        )
        self._kept.move_to_end(place)
        while len(self._kept) > CACHE_SIZE:
            self._kept.popitem(last=False)
        return draft


def draft_from_article(article: WantedPage) -> Draft:
    """Returns a stored article as the draft that its feed gave."""
    text = article.text
    return Draft(
        title=text.title,
        body=text.body if article.excerpt is None else article.excerpt,
        lead=text.lead,
        url=text.url,
        author=text.author,
        image_url=text.image_url,
        language=text.language,
    )


def is_excerpt(draft: Draft) -> bool:
    """Returns whether the article page may hold more text than the feed gave."""
    few = len(draft.body.split()) < EXCERPT_WORDS
    return draft.url is not None and draft.excerpt is None and (few or bool(_BROKEN_OFF.search(draft.body[-60:])))


def next_attempt_at(tries: int, now: datetime) -> datetime | None:
    """Returns when to try a page again that failed `tries` times before, or None to give it up."""
    return now + RETRY_PAUSES[tries] if tries < len(RETRY_PAUSES) else None


def _identity(article: New | Changed) -> str:
    return article.identity if isinstance(article, New) else article.known.identity


def _with_known_text(article: Changed) -> Draft:
    """Returns the draft of a changed item with the stored text of its page, until the page can be read again."""
    return replace(
        article.draft, body=article.known.text.body, document=article.known.text.document, excerpt=article.draft.body
    )


def _is_of(found: Draft, draft: Draft) -> bool:
    wanted = _words(f"{draft.title} {draft.body}")
    longer = len(found.body) > len(draft.body)
    return longer and len(wanted & _words(f"{found.title} {found.lead} {found.body}")) >= _SHARED_WORDS * len(wanted)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", normalize(text)))


def _outcome(task: "asyncio.Task[Draft]", draft: Draft) -> Draft | PageError | None:
    """Returns the result of a task, or its error. A bug that one page triggers must not stop the whole refresh."""
    error = None if task.cancelled() else task.exception()
    if task.cancelled() or isinstance(error, HostBusy):
        return None
    if error is None:
        return task.result()
    if isinstance(error, FetchError | Unreadable | WorkerError):
        return error
    log.error("page_failed", url=draft.url, exc_info=error)
    return Unreadable(draft.url or "", f"the page can't be read ({type(error).__name__})")
