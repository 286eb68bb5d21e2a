"""Renders the article, digest or notice of a delivery. An alert that is equal for many chats is rendered once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from telegram.ext import ExtBot

from bot.deliver.message_client import RenderedMessage, render_message
from bot.deliver.open_pages import corrected_page
from bot.desk import DeskCards
from bot.locale import Voice
from bot.messages.alert import alert, needs_date, retraction_notice
from bot.messages.digest import LISTED_MOST, SAVED_LISTED, digest, heading_rhythm, names_saved
from bot.messages.message import Message
from bot.messages.notice import DESK, Notice, notice_message
from bot.timetable import find_time_zone
from storage import Storage
from storage.records import Article, Claim, DeliveryKind, DigestSnapshot, Headline, Lane, ShownAs

FRESH_SECONDS: Final = 1.0  # how long a cached article is used; messages after that show a change
KEPT: Final = 256  # articles, and as many rendered messages: enough for a broadcast in several languages

K = TypeVar("K")
V = TypeVar("V")


class MessageCache:
    """Renders the messages of deliveries, and keeps alerts and articles that many chats get."""

    def __init__(
        self, storage: Storage, bot: ExtBot[Any], *, now: Callable[[], datetime], rate: float | None = None
    ) -> None:
        """`rate` is the number of messages in a second; None if there is no limit."""
        self._storage = storage
        self._cards = DeskCards(storage, rate=rate, now=now)
        self._bot = bot
        self._now = now
        self._articles: OrderedDict[int, tuple[float, asyncio.Future[Article | None]]] = OrderedDict()
        self._rendered: OrderedDict[tuple[object, ...], RenderedMessage] = OrderedDict()

    async def get_message(self, claim: Claim) -> RenderedMessage | None:
        """Returns the rendered message of this delivery, or None if there is nothing left to send."""
        if claim.notice is not None:
            return await self._notice(Notice.from_json(claim.notice), claim)
        if claim.kind is DeliveryKind.DIGEST:
            return await self._digest(claim)
        article = await self._article(claim.article_id or 0)
        if article is None or (article.retracted and claim.message_id is None):
            return None
        if claim.shown_as is ShownAs.PAGE and (page := await self._page(article, claim)) is not None:
            return render_message(page, article.shown)
        return self._alert(article, claim)

    async def _notice(self, notice: Notice, claim: Claim) -> RenderedMessage | None:
        if notice.key != DESK:
            return render_message(notice_message(notice, language=claim.language))
        voice = Voice(claim.language, find_time_zone(claim.timezone))
        made = await self._cards.message(int(notice.values["desk"]), voice)
        return render_message(*made) if made is not None else None

    def forget_article(self, article_id: int) -> None:
        """Drop an article that was changed from the cache."""
        self._articles.pop(article_id, None)

    async def _digest(self, claim: Claim) -> RenderedMessage | None:
        """Returns a digest or a catch-up. One with a single article is the alert of that article."""
        if claim.since is None or claim.until is None:
            return None
        headlines: Sequence[Headline | None]
        if claim.snapshot is None:
            headlines, found = await self._storage.articles.missed_headlines(
                claim.chat_row, since=claim.since, until=claim.until, limit=LISTED_MOST
            )
            named = heading_rhythm(claim.timetable.rhythm, claim.since, claim.until)
            snapshot = DigestSnapshot(tuple(headline.id for headline in headlines), found, named)
        else:
            shown = await self._storage.digest_snapshots.get(claim.snapshot)
            snapshot = shown or DigestSnapshot((), 0, claim.timetable.rhythm)
            headlines = await self._storage.articles.snapshot_headlines(
                snapshot.articles, grouped=claim.reading.grouped
            )
        if not snapshot.articles:
            return None
        saved, saved_count = (
            await self._storage.saved.page(claim.chat_row, limit=SAVED_LISTED, since=claim.since, until=claim.until)
            if names_saved(claim.timetable)
            else ([], 0)
        )
        revision = sum(headline.revision for headline in headlines if headline)
        if snapshot.found == 1:
            # Read after its headline, and not from the cache: a correction between the two is shown, and not lost.
            article = await self._storage.articles.get(snapshot.articles[0])
            revision += article.shown if article is not None else 0
            if article is not None and not saved:
                page = await self._page(article, claim) if claim.shown_as is ShownAs.PAGE else None
                return render_message(page or self._article_message(article, claim, dated=True), revision, snapshot)
        message = digest(
            headlines,
            snapshot,
            Voice(claim.language, find_time_zone(claim.timezone)),
            delivery_id=claim.delivery_id,
            until=claim.until,
            kind=claim.chat_kind,
            bot_username=self._bot.username,
            saved=saved,
            saved_count=saved_count,
        )
        return render_message(message, revision, snapshot)

    async def _article(self, article_id: int) -> Article | None:
        """Returns the article. It is read once for all claims that ask at the same time."""
        known = self._articles.get(article_id)
        if known is None or known[0] + FRESH_SECONDS < time.monotonic():
            known = (time.monotonic(), asyncio.ensure_future(self._storage.articles.get(article_id)))
            _remember(self._articles, article_id, known)
        reading = known[1]
        if not reading.done():
            await asyncio.wait([reading])  # if one caller is cancelled here, the others go on
        if reading.cancelled() or reading.exception() is not None:
            self._articles.pop(article_id, None)
        return reading.result()

    async def _page(self, article: Article, claim: Claim) -> Message | None:
        return await corrected_page(self._storage, article, claim, self._bot)

    def _alert(self, article: Article, claim: Claim) -> RenderedMessage:
        dated = claim.message_id is not None or needs_date(article, self._now())  # a correction has the date
        chat = (claim.language, claim.timezone, claim.chat_kind, claim.preview)
        # An operator may forbid the full text of a source without a new revision of its articles.
        text = (bool(article.text.body), len(article.text.lead), len(article.text.summary))
        key = (article.id, article.shown, article.lane, *text, *chat, dated)
        made = self._rendered.get(key)
        if made is None:
            made = render_message(self._article_message(article, claim, dated=dated), article.shown)
            _remember(self._rendered, key, made)
        return made

    def _article_message(self, article: Article, claim: Claim, *, dated: bool) -> Message:
        voice = Voice(claim.language, find_time_zone(claim.timezone))
        if article.retracted:
            return retraction_notice(article, voice)
        return alert(
            article,
            voice,
            kind=claim.chat_kind,
            bot_username=self._bot.username,
            dated=dated,
            preview=claim.preview,
            breaking=article.lane == Lane.BREAKING,
        )


def _remember(cache: OrderedDict[K, V], key: K, value: V) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > KEPT:
        cache.popitem(last=False)
