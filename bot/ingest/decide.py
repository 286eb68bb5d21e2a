"""Decides which items of a reading are new or changed, and which of them are pushed. Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

from bot.ingest.draft import Draft, sorting_time
from bot.ingest.identity import canonical_link
from bot.ingest.recognise import Item
from storage.records import KnownArticle, Lane, SeenArticle, Text

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
    published_on: date | None  # the day, if no time was given
    lane: Lane | None  # None: stored, not pushed
    keys: tuple[str, ...] = ()  # by which the article is found again
    claimed: tuple[str, ...] = ()  # the keys among these that no stored article may have
    replaces: int | None = None  # the article that its source withdrew before it published the article again


@dataclass(frozen=True, slots=True)
class Changed:
    """A stored article whose text is to be replaced."""

    known: KnownArticle
    draft: Draft
    keys: tuple[str, ...] = ()  # by which the article is found from now on as well


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A stored article that its publisher retracts."""

    known: KnownArticle
    draft: Draft

    @property
    def version(self) -> int | None:
        """The version of the withdrawal."""
        return self.draft.version


@dataclass(frozen=True, slots=True)
class WithdrawnEarly:
    """An article that its publisher retracts before it came."""

    keys: tuple[str, ...]  # by which the article will be recognised
    version: int


@dataclass(frozen=True, slots=True)
class Raised:
    """A stored article that its publisher marks as breaking news from now on."""

    known: KnownArticle
    draft: Draft


@dataclass(frozen=True, slots=True)
class Decision:
    """What to store of one reading."""

    new: tuple[New, ...]  # oldest first
    changed: tuple[Changed, ...]
    unchanged: int
    burst_skipped: int  # fresh articles that are stored without a push, since there are too many at once
    seen: tuple[SeenArticle, ...] = ()  # stored articles of other sources that this source lists as well
    withdrawn: tuple[Withdrawn, ...] = ()
    versions: tuple[tuple[int, int], ...] = ()  # (article id, version) of texts that a new version repeats
    withdrawn_early: tuple[WithdrawnEarly, ...] = ()
    raised: tuple[Raised, ...] = ()  # articles that become breaking news; their texts may be changed as well

    @property
    def only_raised(self) -> list[Raised]:
        """The articles that become breaking news with the text that they have."""
        changed = {one.known.id for one in self.changed}
        return [one for one in self.raised if one.known.id not in changed]


def decide(
    items: Sequence[Item], policy: Policy, now: datetime, withdrawn_versions: Mapping[str, int] | None = None
) -> Decision:
    """Decide what to store of the items of one reading.

    An item that is listed twice counts once. An article that was stored and pruned is stored again only if the policy
    is not Push.FRESH. `withdrawn_versions` has the versions of withdrawals that came before their articles, by key.
    """
    new: list[New] = []
    changed: list[Changed] = []
    withdrawn: list[Withdrawn] = []
    withdrawn_early: list[WithdrawnEarly] = []
    raised: list[Raised] = []
    versions: list[tuple[int, int]] = []
    seen: list[SeenArticle] = []
    unchanged = 0
    for item in {item.identity: item for item in reversed(items)}.values():
        match _decide(item, policy, now, withdrawn_versions or {}):
            case New() as found:
                new.append(found)
            case Changed() as found:
                changed.append(found)
            case Withdrawn() as found:
                withdrawn.append(found)
            case WithdrawnEarly() as found:
                withdrawn_early.append(found)
                unchanged += 1
            case _:
                unchanged += not _is_raised(item, policy, now)
                versions += _noted_version(item)
        if item.known is not None and _is_raised(item, policy, now):
            raised.append(Raised(item.known, item.draft))
        if item.seen is not None:
            seen.append(item.seen)
    new.sort(key=lambda article: article.published_at)
    kept, burst_skipped = _without_burst(new, policy.most_pushed)
    return Decision(
        new=tuple(kept),
        changed=tuple(changed),
        unchanged=unchanged,
        burst_skipped=burst_skipped,
        seen=tuple(seen),
        withdrawn=tuple(withdrawn),
        versions=tuple(versions),
        withdrawn_early=tuple(withdrawn_early),
        raised=_without_raised_burst(raised, kept, policy.most_pushed),
    )


def _decide(
    item: Item, policy: Policy, now: datetime, withdrawn_versions: Mapping[str, int]
) -> New | Changed | Withdrawn | WithdrawnEarly | None:
    """Returns what to store of one item, or None if nothing."""
    stored, draft = item.known, item.draft
    if stored is None:
        is_known = item.is_remembered and policy.push is Push.FRESH
        if is_known or _is_withdrawn_already(item, withdrawn_versions):
            return None
        return _withdrawn_early(item) if draft.withdrawn else _new(item, policy, now)
    if not item.is_owned or _is_outdated(draft, stored):
        return None
    if draft.withdrawn:
        return None if stored.retracted else Withdrawn(stored, draft)
    if stored.retracted:
        return replace(_new(item, policy, now), replaces=stored.id) if stored.may_return else None
    if stored.revision < MAX_REVISIONS and not _same(item, stored):
        return Changed(stored, draft, item.keys)
    return None


def _is_withdrawn_already(item: Item, withdrawn_versions: Mapping[str, int]) -> bool:
    version = item.draft.version
    return version is not None and any(withdrawn_versions.get(key, version - 1) >= version for key in item.keys)


def _withdrawn_early(item: Item) -> WithdrawnEarly | None:
    """Returns None for a withdrawal without a version: nothing tells whether what comes later is older or newer."""
    version = item.draft.version
    return None if version is None or not item.strongest else WithdrawnEarly(item.strongest, version)


def _is_outdated(draft: Draft, stored: KnownArticle) -> bool:
    return draft.version is not None and not _is_higher(draft.version, stored)


def _is_raised(item: Item, policy: Policy, now: datetime) -> bool:
    """Returns whether an item makes a stored article breaking news.

    An article that was stored without a push, such as one of a backlog, needs a new version for that: it may have
    been breaking news from the beginning.
    """
    stored, draft = item.known, item.draft
    if stored is None or not draft.breaking or draft.withdrawn or not item.is_owned:
        return False
    if stored.retracted or _is_outdated(draft, stored) or stored.lane not in (Lane.ALERT, None):
        return False
    if stored.lane is None and draft.version is None:
        return False
    published_at = sorting_time(draft.published or stored.published_at, policy.zone, now)
    return _lane(policy.push, published_at >= now - policy.fresh_for) is not None


def _noted_version(item: Item) -> list[tuple[int, int]]:
    """Returns the version of an item that changes nothing, so that an earlier version that comes late is known."""
    stored, version = item.known, item.draft.stored_version
    if stored is None or version is None or not item.is_owned or not _is_higher(version, stored):
        return []
    return [(stored.id, version)]


def _is_higher(version: int, stored: KnownArticle) -> bool:
    return stored.version is None or version > stored.version


def _new(item: Item, policy: Policy, now: datetime) -> New:
    draft = item.draft
    published_at = sorting_time(draft.published, policy.zone, now)
    fresh = published_at >= now - policy.fresh_for
    day = draft.published if isinstance(draft.published, date) and not isinstance(draft.published, datetime) else None
    lane = _lane(policy.push, fresh)
    if lane is not None and draft.breaking:
        lane = min(lane, Lane.BREAKING)
    return New(
        identity=_new_identity(item),
        draft=draft,
        published_at=published_at,
        published_on=day,
        lane=lane,
        keys=item.keys,
        claimed=item.claimed,
    )


def _new_identity(item: Item) -> str:
    """Returns the identity of an item as a new article: that of an article that its source withdrew is taken."""
    return item.identity if item.known is None else f"{item.identity} after {item.known.id}"


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
    """Returns whether a reader would see no difference. A new parameter in the link or another picture is no change.

    If the stored body comes from the article page, the body of the feed is compared with the excerpt that the feed
    gave last time. If the publisher counts versions, a new one may change pictures and authors as well.
    """
    draft, text = item.draft, known.text
    if known.excerpt is not None and known.version is not None and _is_higher(draft.stored_version or 0, known):
        return False  # the text is that of the page, which has changed since
    given = text.body if known.excerpt is None else known.excerpt
    same_text = (draft.title, draft.body, draft.lead) == (text.title, given, text.lead)
    if known.id < 0 and (draft.held_until, draft.editor_note) != (known.held_until, known.editor_note):
        return False
    same_link = not item.is_moved or draft.url in (None, text.url) or _page(draft.url) == _page(text.url or "")
    same_rest = draft.version is None or known.excerpt is not None or _details(draft) == _details(text)
    return same_text and same_link and same_rest


def _details(of: Draft | Text) -> tuple[str | None, ...]:
    return (of.document, of.author, of.image_url)


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


def _without_raised_burst(raised: list[Raised], new: Sequence[New], most: int | None) -> tuple[Raised, ...]:
    """Returns those of the articles that may be pushed beside the new ones of this reading, the newest first."""
    newest = sorted(raised, key=lambda one: one.known.published_at, reverse=True)
    left = None if most is None else max(0, most - sum(article.lane is not None for article in new))
    return tuple(newest[:left])


def _stored_only(article: New) -> New:
    return replace(article, lane=None)
