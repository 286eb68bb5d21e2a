"""Claimed deliveries that must be claimed and made again, because their chat or their article changed meanwhile."""

from collections.abc import Sequence, Set

from bot.deliver.message_cache import MessageCache
from bot.deliver.message_client import RenderedMessage
from bot.deliver.revisions import RevisionCheck
from storage import Storage
from storage.records import Claim, DeliveryKind, Revisions


class Recalled(Exception):
    """An article or the settings of this delivery changed while it waited."""


class InHand:
    """The claimed deliveries that have no outcome yet."""

    def __init__(self) -> None:
        self._claims: dict[int, Claim] = {}  # by delivery id
        self._recalled: set[int] = set()  # ids of those that must be claimed again

    def __len__(self) -> int:
        return len(self._claims)

    @property
    def ids(self) -> Set[int]:
        return self._claims.keys()

    def add(self, claim: Claim) -> None:
        self._claims[claim.delivery_id] = claim

    def remove(self, claim: Claim) -> None:
        self._claims.pop(claim.delivery_id, None)
        self._recalled.discard(claim.delivery_id)

    def is_recalled(self, claim: Claim) -> bool:
        return claim.delivery_id in self._recalled

    def recall_chat(self, chat_row: int) -> None:
        """The settings of a chat changed."""
        self._recalled.update(number for number, claim in self._claims.items() if claim.chat_row == chat_row)

    def recall_article(self, article_id: int) -> None:
        self._recalled.update(
            number
            for number, claim in self._claims.items()
            if claim.article_id == article_id or claim.kind is DeliveryKind.DIGEST  # a digest may list it
        )

    def recall_all(self) -> None:
        self._recalled.update(self._claims)


class LastLook:
    """Checks messages at the last moment before they are sent."""

    def __init__(self, storage: Storage, message_cache: MessageCache, in_hand: InHand) -> None:
        self._leadership = storage.leadership
        self._revisions = RevisionCheck(storage)
        self._message_cache = message_cache
        self._in_hand = in_hand

    async def close(self) -> None:
        await self._revisions.close()

    def watch(self, claim: Claim, rendered: RenderedMessage) -> None:
        """A message was made, and will be checked."""
        self._revisions.watch(claim.delivery_id, _article_ids(claim, rendered))

    def unwatch(self, claim: Claim) -> None:
        self._revisions.unwatch(claim.delivery_id)

    async def check(self, claim: Claim, rendered: RenderedMessage) -> None:
        """Raises Recalled if the message must be made again."""
        if not self._leadership.is_sure():  # this process was paused, and another one may send the message
            raise Recalled
        if articles := _article_ids(claim, rendered):
            newest = await self._revisions.latest(articles)
            if _revision(newest, rendered) != rendered.revision:  # another process has changed an article
                for article in articles:
                    self._message_cache.forget_article(article)
                raise Recalled
        if self._in_hand.is_recalled(claim):
            raise Recalled


def _revision(newest: Sequence[Revisions], rendered: RenderedMessage) -> int:
    """Returns the revision of a message that shows these revisions of its articles. A digest of one is an alert."""
    shown, headlines = sum(one.shown for one in newest), sum(one.headline for one in newest)
    if rendered.snapshot is None:
        return shown
    return headlines + (shown if rendered.snapshot.found == 1 else 0)


def _article_ids(claim: Claim, rendered: RenderedMessage) -> Sequence[int]:
    """Returns the ids of the articles that a message shows."""
    if rendered.snapshot is not None:
        return rendered.snapshot.articles
    return [claim.article_id] if claim.article_id is not None else []
