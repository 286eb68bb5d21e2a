"""What a delivery says: its article or notice, rendered once for all chats that are written to in the same way."""

import time
from collections import OrderedDict
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from telegram.ext import ExtBot

from bot.deliver.notices import Notice
from bot.deliver.render import Message, alert, notice
from storage import Storage
from storage.records import Article, Claim, Lane

FRESH_SECONDS: Final = 1.0  # how long an article is taken as read; a change after that is in the next message
KEPT: Final = 256  # articles, and messages: enough for a broadcast in several languages

K = TypeVar("K")
V = TypeVar("V")
Letter = tuple[Message, int]  # with the article's revision that it shows; 0 for a notice


class Letters:
    def __init__(self, storage: Storage, bot: ExtBot[Any]) -> None:
        self._storage = storage
        self._bot = bot
        self._articles: OrderedDict[int, tuple[float, Article | None]] = OrderedDict()
        self._messages: OrderedDict[tuple[object, ...], Message] = OrderedDict()

    async def letter(self, claim: Claim) -> Letter | None:
        """The message of this delivery, and the revision that it shows; None where its article is gone."""
        if claim.notice is not None:
            return notice(Notice.from_json(claim.notice), language=claim.language), 0
        article = await self._article(claim.article_id or 0)
        return (self._alert(article, claim), article.revision) if article else None

    async def _article(self, article_id: int) -> Article | None:
        known = self._articles.get(article_id)
        if known is None or known[0] + FRESH_SECONDS < time.monotonic():
            known = (time.monotonic(), await self._storage.articles.get(article_id))
            _keep(self._articles, article_id, known)
        return known[1]

    def _alert(self, article: Article, claim: Claim) -> Message:
        breaking = claim.lane == Lane.BREAKING
        key = (article.id, article.revision, claim.language, claim.timezone, claim.chat_kind, breaking)
        message = self._messages.get(key)
        if message is None:
            message = alert(
                article,
                language=claim.language,
                timezone=ZoneInfo(claim.timezone),
                kind=claim.chat_kind,
                bot_username=self._bot.username,
                breaking=breaking,
            )
            _keep(self._messages, key, message)
        return message


def _keep(cache: OrderedDict[K, V], key: K, value: V) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > KEPT:
        cache.popitem(last=False)
