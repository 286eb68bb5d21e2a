"""The periodic jobs that belong to no other module."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from telegram.error import TelegramError

from bot import logins
from bot.clock import ClockWatch
from bot.config import Config
from bot.logs import get_logger
from bot.long_work import noted_work
from bot.messages.notice import DATABASE_MOVED, OVERLOAD, QUIET_FOLLOW, Notice, notice_message
from bot.notices import notify_admins
from bot.text.document import caption_text
from bot.text.search import search_text, understood
from storage import Storage
from storage.errors import DatabaseMoved
from storage.records import Lane, ReindexItem, SearchText, Subject, WordsQuery, WorkKind

if TYPE_CHECKING:
    from telegram import Bot

log = get_logger(__name__)

PRUNED_AT_ONCE: Final = 200  # articles in one transaction: the sender commits outcomes between two transactions
DELIVERIES_AT_ONCE: Final = 1_000  # in one transaction: digests that no chats share take four times as long
STORIES_AT_ONCE: Final = 50  # stories in one transaction
CATEGORIES_AT_ONCE: Final = 200  # categories in one transaction
SOURCES_AT_ONCE: Final = 20  # private sources in one transaction: each has its articles
UNFOLLOWED_FOR: Final = timedelta(days=1)  # a chat that adds a private source follows it soon
FOLLOWS_AT_ONCE: Final = 1_000  # follows and subjects in one transaction
FOLLOWS_OFFERED: Final = 200  # chats asked at each run whether to keep a follow that finds nothing
WORDS_AT_ONCE: Final = 10_000  # words examined at once
WORD_CHUNKS: Final = 5  # examined at each run, so that a day is enough for a million words
REMEMBERED_FOR: Final = timedelta(days=90)  # since a source listed the item last: a removed item may come back
SEARCHES_KEPT_FOR: Final = timedelta(days=90)  # since they were used
PRIVATE_LISTS_KEPT_FOR: Final = timedelta(days=7)  # since they were shown: clients drop such messages after that
UNUSED_KEPT_FOR: Final = timedelta(days=180)  # chats where nobody chose anything, since somebody wrote there
LEFT_KEPT_FOR: Final = timedelta(days=365)  # chats that can't be written to, since they left
PICTURES_KEPT_FOR: Final = timedelta(days=60)  # files of pages; a page that is opened later fetches them again
PICTURES_AT_ONCE: Final = 1_000  # in one transaction
HISTORY_KEPT_FOR: Final = timedelta(days=90)  # what sources and chats did on each day
AUDIT_KEPT_FOR: Final = timedelta(days=365)
DESK_KEPT_FOR: Final = timedelta(days=30)  # what was published or killed, since then; or waits for an editor
DESK_AT_ONCE: Final = 200  # articles of the desk in one transaction
CHATS_AT_ONCE: Final = 200  # chats that are forgotten at each run
DOUBTED_JUMP: Final = timedelta(days=1)  # of the wall clock: after a longer jump, nothing is deleted for a while
BELIEVED_AFTER: Final = timedelta(days=1)  # so long after the jump, articles are deleted again
OVERLOAD_SECONDS: Final = 3600.0  # of sending at the full rate: administrators learn of a longer queue


class Pruning:
    """Deletes data that is older than the setting allows, in small portions."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        now: Callable[[], datetime],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._storage = storage
        self._keep_days = config.keep_days
        self._now = now
        self._words_until = ""  # the last word that was examined
        self._steady = steady
        self._clock = ClockWatch(now, steady)
        self._believed_at = -math.inf  # on the steady clock, in seconds: nothing is deleted before this time

    async def __call__(self) -> int:
        """Returns the number of articles that were deleted."""
        if self._is_doubted():
            return 0
        now = self._now()
        pruned = 0
        steps = [
            self._prune_metrics,
            self._prune_inbox,
            self._prune_chats,
            self._finish_merges,
            self._finish_moves,
            self._prune_sources,
            self._prune_stories,
            self._prune_follows,
            self._prune_pictures,
            self._prune_desk,
            self._prune_dashboard,
        ]
        if self._keep_days:
            steps += [self._prune_articles, self._forget_articles, self._prune_deliveries, self._prune_names]
        for step in steps:
            try:
                pruned += await step(now)
            except Exception:  # a step that fails stops no other step
                log.exception("pruning_failed", step=step.__name__.strip("_"))
        if pruned:
            log.info("pruned", articles=pruned)
        return pruned

    def _is_doubted(self) -> bool:
        """Returns whether the wall clock jumped ahead lately.

        If the clock is wrong, the news of yesterday may seem years old and would be deleted.
        """
        if step := self._clock.step():
            self._clock.accept()
            if step > DOUBTED_JUMP:
                log.warning("pruning_waits", clock_jumped_seconds=round(step.total_seconds()))
                self._believed_at = self._steady() + BELIEVED_AFTER.total_seconds()
        return self._steady() < self._believed_at

    async def _prune_metrics(self, now: datetime) -> int:
        await self._storage.metrics.prune(now=now)
        await self._storage.work.prune(now=now)
        return 0

    async def _prune_dashboard(self, now: datetime) -> int:
        await self._storage.logins.prune(idle=logins.IDLE, longest=logins.LONGEST, now=now)
        await self._storage.histories.prune(before=(now - HISTORY_KEPT_FOR).date())
        return 0

    async def _prune_inbox(self, now: datetime) -> int:
        await self._storage.inbox.prune(now=now)
        return 0

    async def _prune_chats(self, now: datetime) -> int:
        await self._storage.lists.prune_searches(before=now - SEARCHES_KEPT_FOR)
        await self._storage.lists.prune_for_one(before=now - PRIVATE_LISTS_KEPT_FOR)
        await self._storage.personal_data.prune_chats(
            unused_before=now - UNUSED_KEPT_FOR, left_before=now - LEFT_KEPT_FOR, limit=CHATS_AT_ONCE
        )
        return 0

    async def _finish_merges(self, now: datetime) -> int:
        await self._storage.categories.finish_merges()
        return 0

    async def _finish_moves(self, now: datetime) -> int:
        await self._storage.sources.finish_moves(now=now)
        return 0

    async def _prune_sources(self, now: datetime) -> int:
        """Delete the private sources that nobody follows any more, with their articles."""
        while await self._storage.sources.remove_unfollowed(before=now - UNFOLLOWED_FOR, limit=SOURCES_AT_ONCE):
            pass
        pruned = 0
        while count := await self._storage.archive.prune_orphans(limit=PRUNED_AT_ONCE):
            pruned += count
        return pruned

    async def _prune_stories(self, now: datetime) -> int:
        while await self._storage.stories.prune(now=now, limit=STORIES_AT_ONCE):
            pass
        return 0

    async def _prune_follows(self, now: datetime) -> int:
        while await self._storage.follows.prune(now=now, limit=FOLLOWS_AT_ONCE):
            pass
        return 0

    async def _prune_pictures(self, now: datetime) -> int:
        while await self._storage.pictures.prune(before=now - PICTURES_KEPT_FOR, limit=PICTURES_AT_ONCE):
            pass
        return 0

    async def _prune_desk(self, now: datetime) -> int:
        while await self._storage.desk.expire(before=now - DESK_KEPT_FOR, now=now, limit=DESK_AT_ONCE):
            pass
        while await self._storage.desk.prune(before=now - DESK_KEPT_FOR, limit=DESK_AT_ONCE):
            pass
        while await self._storage.audit.prune(before=now - AUDIT_KEPT_FOR, limit=DELIVERIES_AT_ONCE):
            pass
        return 0

    async def _prune_articles(self, now: datetime) -> int:
        pruned = 0
        while count := await self._storage.archive.prune(before=self._before(now), limit=PRUNED_AT_ONCE):
            pruned += count
        return pruned

    async def _forget_articles(self, now: datetime) -> int:
        await self._storage.archive.forget_keys(before=now - REMEMBERED_FOR, now=now)
        return 0

    async def _prune_deliveries(self, now: datetime) -> int:
        while await self._storage.deliveries.prune(before=self._before(now), limit=DELIVERIES_AT_ONCE):
            pass
        return 0

    async def _prune_names(self, now: datetime) -> int:
        """Delete the words and categories of articles that are no longer kept.

        Each run examines only some of the words.
        """
        search, categories, before = self._storage.search, self._storage.categories, self._before(now)
        for _ in range(WORD_CHUNKS):
            self._words_until = await search.prune_words(before=before, after=self._words_until, limit=WORDS_AT_ONCE)
            if not self._words_until:
                break
        while await categories.prune(limit=CATEGORIES_AT_ONCE):
            pass
        return 0

    def _before(self, now: datetime) -> datetime:
        return now - timedelta(days=self._keep_days)


class Reindexing:
    """Indexes articles again that were indexed with an older stemmer: the newest first, in small portions.

    The words that chats follow come before them, since new articles are compared with these.

    Until an article is indexed again, search finds it by the words whose stems did not change, which are most words.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self) -> None:
        while subjects := await self._storage.follows.words_to_file():
            await self._storage.follows.file_again({one.id: _renewed(one) for one in subjects})
        if not (articles := await self._storage.search.articles_to_reindex()):
            return
        total = await self._storage.search.count_to_reindex()
        async with noted_work(
            self._storage, WorkKind.REINDEX, subject="", total=total, now=lambda: datetime.now(UTC)
        ) as noted:
            while articles:
                await self._storage.search.reindex(await asyncio.to_thread(_search_texts, articles))
                noted.update(len(articles))
                articles = await self._storage.search.articles_to_reindex()
        log.info("indexed_anew", articles=noted.done)


def _renewed(subject: Subject) -> WordsQuery:
    """Returns the query of followed words with the stems of now. Names in it are kept as they were found."""
    assert subject.query is not None
    typed = understood(subject.name or "")
    return replace(subject.query, terms=typed.terms or subject.query.terms, without=typed.without)


def _search_texts(articles: Sequence[ReindexItem]) -> dict[ReindexItem, SearchText | None]:
    return {one: _search_text(one) for one in articles}


def _search_text(article: ReindexItem) -> SearchText | None:
    """Returns the text to index, or None if the text raises an error.

    Without that None, the article would stay the first to index, and no other article would be indexed.
    """
    try:
        text = article.text
        return search_text(text.title, f"{text.body}\n{caption_text(article.document, text.body)}", article.language)
    except Exception:
        log.exception("not_indexed_anew", article=article.id)
        return None


class QuietFollows:
    """Asks each chat once whether to keep a follow that found nothing for a month."""

    def __init__(self, storage: Storage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    async def __call__(self) -> None:
        follows, now = self._storage.follows, self._now()
        for chat, quiet in await follows.quiet_follows(now=now, limit=FOLLOWS_OFFERED):
            notice = Notice(
                QUIET_FOLLOW,
                {"kind": quiet.subject.kind.value, "name": quiet.subject.name or "", "subject": quiet.subject.id},
            )
            await self._storage.deliveries.enqueue_notice([chat], notice.to_json(), lane=Lane.DIGEST, now=now)
            await follows.note_offered([(chat, quiet.subject.id)], now=now)


class OverloadCheck:
    """Notifies the administrators if the queue holds more messages than an hour of sending at the full rate.

    They are notified once. The next notice is possible after the queue has shrunk to half an hour.
    """

    def __init__(self, storage: Storage, config: Config, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._config = config
        self._now = now
        self._overloaded = False

    async def __call__(self) -> None:
        rate = self._config.messages_per_second
        if rate is None:
            return
        owed = await self._storage.deliveries.count_owed()
        if owed <= rate * OVERLOAD_SECONDS / 2:
            self._overloaded = False
        if owed > rate * OVERLOAD_SECONDS and not self._overloaded:
            self._overloaded = True
            minutes = round(owed / rate / 60)
            log.warning("overload", owed=owed, minutes=minutes)
            notice = Notice(OVERLOAD, {"owed": owed, "minutes": minutes})
            await notify_admins(self._storage, self._config, [notice], now=self._now())


class DatabasePlaceCheck:
    """Detects that the database file was moved away or replaced. Nothing can be stored then, as storage logs.

    The administrators are notified once until the file is back. Their message is sent at once, since it can't be
    queued.
    """

    def __init__(self, storage: Storage, config: Config, bot: "Bot") -> None:
        self._storage = storage
        self._config = config
        self._bot = bot
        self._told: set[int] = set()

    async def __call__(self) -> None:
        try:
            self._storage.database.check_place()
        except DatabaseMoved as error:
            await self._tell(str(error))
        else:
            self._told.clear()

    async def _tell(self, reason: str) -> None:
        message = notice_message(Notice(DATABASE_MOVED, {"error": reason}), language=self._config.language)
        for user_id in self._config.admins:
            if user_id not in self._told:
                with suppress(TelegramError):  # tried again at the next check
                    await self._bot.send_message(user_id, message.html, parse_mode="HTML")
                    self._told.add(user_id)
