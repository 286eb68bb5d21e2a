"""What is to be stored of what was read, and what of that is news to push: a pure decision; others act on it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from enum import Enum
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.identity import without_tracking
from storage.records import KnownArticle, Lane

MOST_REVISIONS: Final = 50  # an item that changes whenever it is read would be edited for ever


class Push(Enum):
    """Which of the articles that are new to storage are owed to subscribers."""

    FRESH = "fresh"
    ALWAYS = "always"
    BREAKING = "breaking"  # always, and before everything else
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Policy:
    push: Push
    fresh_for: timedelta
    zone: tzinfo  # in which a day without a time ends
    most_pushed: int | None = None  # of one refresh; None: all


@dataclass(frozen=True, slots=True)
class New:
    identity: str
    draft: Draft
    published_at: datetime  # how it sorts: never later than now
    published_on: date | None  # the day, where no time was given
    lane: Lane | None  # None: stored, not pushed


@dataclass(frozen=True, slots=True)
class Changed:
    known: KnownArticle
    draft: Draft


@dataclass(frozen=True, slots=True)
class Decision:
    new: tuple[New, ...]  # oldest first
    changed: tuple[Changed, ...]
    unchanged: int
    burst_skipped: int  # fresh ones that are stored only, since they are too many at once


def decide(
    drafts: Sequence[tuple[str, Draft]],
    known: Mapping[str, KnownArticle],
    policy: Policy,
    now: datetime,
    *,
    remembered: Set[str] = frozenset(),
) -> Decision:
    """Compare (identity, draft) pairs with what is stored. The same identity twice in one reading is read once.

    What is remembered was stored, and is kept no longer: it is no news, and stays away unless it is asked for.
    """
    new: list[New] = []
    changed: list[Changed] = []
    unchanged = 0
    for identity, draft in dict(reversed(drafts)).items():
        stored = known.get(identity)
        if stored is None and identity in remembered and policy.push is Push.FRESH:
            unchanged += 1
        elif stored is None:
            new.append(_new(identity, draft, policy, now))
        elif _same(draft, stored) or stored.revision >= MOST_REVISIONS:
            unchanged += 1
        else:
            changed.append(Changed(stored, draft))
    new.sort(key=lambda article: article.published_at)
    kept, burst_skipped = _without_burst(new, policy.most_pushed)
    return Decision(tuple(kept), tuple(changed), unchanged, burst_skipped)


def sorting_time(published: datetime | date | None, zone: tzinfo, now: datetime) -> datetime:
    """When an article counts as published: a day counts until its end, nothing is later than now, no date is now."""
    if published is None:
        return now
    if not isinstance(published, datetime):
        published = datetime.combine(published, time_of_day(23, 59, 59), zone)
    try:
        return min(published.astimezone(now.tzinfo), now)
    except OverflowError:  # the last day of the calendar, which means "never"
        return now


def _new(identity: str, draft: Draft, policy: Policy, now: datetime) -> New:
    published_at = sorting_time(draft.published, policy.zone, now)
    fresh = published_at >= now - policy.fresh_for
    day = draft.published if isinstance(draft.published, date) and not isinstance(draft.published, datetime) else None
    return New(identity, draft, published_at, day, _lane(policy.push, fresh))


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


def _same(draft: Draft, known: KnownArticle) -> bool:
    """Whether a reader would see the same. A link with a new parameter, or another picture, is no news.

    Where the stored body is that of the article page, what the feed gives is compared with what it gave last time: it
    goes on giving its excerpt, which is no change.
    """
    text = known.text
    given = text.body if known.excerpt is None else known.excerpt
    same_text = (draft.title, draft.body, draft.lead) == (text.title, given, text.lead)
    return same_text and (draft.url in (None, text.url) or _place(draft.url) == _place(text.url or ""))


def _place(url: str) -> str:
    """Where a link leads, however one comes there."""
    return without_tracking(url).partition("?")[0].partition("://")[2]


def _without_burst(new: list[New], most: int | None) -> tuple[list[New], int]:
    """The newest are pushed; a site that changes its guids, or publishes its archive, is not news."""
    pushed = [article for article in new if article.lane is not None]
    if most is None or len(pushed) <= most:
        return new, 0
    held = {article.identity for article in pushed[: len(pushed) - most]}
    return [_stored_only(article) if article.identity in held else article for article in new], len(held)


def _stored_only(article: New) -> New:
    return New(article.identity, article.draft, article.published_at, article.published_on, None)
