"""Decides which items of a reading are new or changed, and which of them are pushed. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

from bot.ingest.draft import Draft, sorting_time
from bot.ingest.identity import canonical_link
from bot.ingest.recognise import Item
from storage.records import KnownArticle, Lane, SeenArticle

MAX_REVISIONS: Final = 50  # an item that changes whenever it is read would be edited for ever


class Push(Enum):
    """Which new articles are sent to subscribers."""

    FRESH = "fresh"  # those that were published lately (NEWSBOT_FRESH_HOURS)
    ALWAYS = "always"
    BREAKING = "breaking"  # always, and before everything else
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one reading."""

    push: Push
    fresh_for: timedelta
    zone: tzinfo  # in which a day without a time ends
    most_pushed: int | None = None  # articles of one refresh; None: no limit


@dataclass(frozen=True, slots=True)
class New:
    """An article to be added to storage."""

    identity: str
    draft: Draft
    published_at: datetime  # how it sorts: never later than now
    published_on: date | None  # the day, where no time was given
    lane: Lane | None  # None: stored, not pushed
    keys: tuple[str, ...] = ()  # by which the article is found again
    claimed: tuple[str, ...] = ()  # the keys among these that no stored article may have


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored article whose text is to be replaced."""

    known: KnownArticle
    draft: Draft
    keys: tuple[str, ...] = ()  # by which the article is found from now on as well


@dataclass(frozen=True, slots=True)
class Decision:
    """What to store of one reading."""

    new: tuple[New, ...]  # oldest first
    changed: tuple[Changed, ...]
    unchanged: int
    burst_skipped: int  # fresh articles that are stored without a push, since there are too many at once
    seen: tuple[SeenArticle, ...] = ()  # stored articles of other sources that this source lists as well


def decide(items: Sequence[Item], policy: Policy, now: datetime) -> Decision:
    """Decide what to store of the items of one reading.

    An item that is listed twice counts once. An article that was stored and pruned is stored again only if the policy
    is not Push.FRESH.
    """
    new: list[New] = []
    changed: list[Changed] = []
    seen: list[SeenArticle] = []
    unchanged = 0
    for item in {item.identity: item for item in reversed(items)}.values():
        stored = item.known
        if stored is None and item.is_remembered and policy.push is Push.FRESH:
            unchanged += 1
        elif stored is None:
            new.append(_new(item, policy, now))
        elif item.is_owned and stored.revision < MAX_REVISIONS and not _same(item, stored):
            changed.append(Changed(stored, item.draft, item.keys))
        else:
            unchanged += 1
        if item.seen is not None:
            seen.append(item.seen)
    new.sort(key=lambda article: article.published_at)
    kept, burst_skipped = _without_burst(new, policy.most_pushed)
    return Decision(tuple(kept), tuple(changed), unchanged, burst_skipped, tuple(seen))


def _new(item: Item, policy: Policy, now: datetime) -> New:
    draft = item.draft
    published_at = sorting_time(draft.published, policy.zone, now)
    fresh = published_at >= now - policy.fresh_for
    day = draft.published if isinstance(draft.published, date) and not isinstance(draft.published, datetime) else None
    lane = _lane(policy.push, fresh)
    return New(item.identity, draft, published_at, day, lane, item.keys, item.claimed)


def _lane(push: Push, fresh: bool) -> Lane | None:
    match push:
        case Push.BREAKING:
            return Lane.BREAKING
        case Push.ALWAYS:
            return Lane.ALERT
        case Push.FRESH:
            return Lane.ALERT if fresh else None
        case Push.NEVER:
            return None


def _same(item: Item, known: KnownArticle) -> bool:
    """Whether a reader would see no difference. A new parameter in the link or another picture is no change.

    If the stored body comes from the article page, the body of the feed is compared with the excerpt that the feed
    gave last time.
    """
    draft, text = item.draft, known.text
    given = text.body if known.excerpt is None else known.excerpt
    same_text = (draft.title, draft.body, draft.lead) == (text.title, given, text.lead)
    same_link = not item.is_moved or draft.url in (None, text.url) or _page(draft.url) == _page(text.url or "")
    return same_text and same_link


def _page(url: str) -> str:
    """Returns the canonical link without its parameters."""
    address, _, fragment = canonical_link(url).partition("#")
    return f"{address.partition('?')[0]}#{fragment}"


def _without_burst(new: list[New], most: int | None) -> tuple[list[New], int]:
    """Returns the articles of which at most `most` are pushed, the newest, and the number of those that are not.

    A site that changes all its guids, or publishes its archive, must not flood the chats.
    """
    pushed = [article for article in new if article.lane is not None]
    if most is None or len(pushed) <= most:
        return new, 0
    held = {article.identity for article in pushed[: len(pushed) - most]}
    return [_stored_only(article) if article.identity in held else article for article in new], len(held)


def _stored_only(article: New) -> New:
    return replace(article, lane=None)
