"""Decides what the chats and feeds of another bot become here.

A feed becomes a source of the chats that follow it, and a subscription becomes a follow of that source. A chat that
paused some of its subscriptions mutes these sources. A chat that paused all of them has stopped, so `/subscribe`
brings them back together. Here a chat is silent or not, and all chats share the interval of a source. What differs
between the subscriptions is counted as lost.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.ingest.source_list import place
from bot.locale import LANGUAGES
from bot.other_bots.records import ForeignBot, ForeignChat, ForeignFeed, ForeignSubscription
from storage.records import ChatKind, ChatSettings, ChosenSubject, NewSource, Source, SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be stored."""

    sources: list[NewSource]  # that chats follow
    chats: list[ChatSettings]
    lost: Counter[tuple[str, str]]  # as in ForeignBot
    unfollowed: int  # feeds that no chat follows


def make_plan(bot: ForeignBot, known: Iterable[Source], *, language: str, timezone: str) -> Plan:
    """`language` and `timezone` are for chats whose own ones are not known here.

    A feed whose address is known here, also with https for http and the like, becomes the source that is there.
    """
    lost = Counter(bot.lost)
    address = _addresses(bot.feeds, known)
    followers: dict[str, list[ForeignSubscription]] = defaultdict(list)
    for subscriptions in bot.subscriptions.values():
        for number, subscription in subscriptions.items():
            followers[address[number]].append(subscription)
    feeds: dict[str, ForeignFeed] = {}
    for number, feed in bot.feeds.items():
        feeds.setdefault(address[number], feed)
    return Plan(
        sources=[_source(url, feeds[url], followers[url], lost) for url in feeds if url in followers],
        chats=[
            _chat(chat, bot.subscriptions.get(chat.chat_id, {}), address, lost, language=language, timezone=timezone)
            for chat in bot.chats.values()
        ],
        lost=lost,
        unfollowed=sum(url not in followers for url in feeds),
    )


def _addresses(feeds: Mapping[int, ForeignFeed], known: Iterable[Source]) -> dict[int, str]:
    """Returns for each feed the address of its source."""
    stored = {place(source.url): source.url for source in known}
    return {number: stored.setdefault(place(feed.url), feed.url) for number, feed in feeds.items()}


def _source(
    url: str, feed: ForeignFeed, followers: list[ForeignSubscription], lost: Counter[tuple[str, str]]
) -> NewSource:
    own_titles = {one.title for one in followers}
    own_title = next(iter(own_titles)) if len(own_titles) == 1 else None
    if own_title is None:
        lost["title", "subscription"] += sum(one.title is not None for one in followers)
    active = [one for one in followers if not one.paused] or followers
    intervals = [one.minutes for one in active if one.minutes is not None]
    shortest = min(intervals) if len(intervals) == len(active) else None  # the usual interval suits the others
    lost["interval", "subscription"] += sum(one not in (None, shortest) for one in (two.minutes for two in followers))
    return NewSource(
        url=url,
        title=own_title or feed.title,
        keeps_title=own_title is not None,
        every_seconds=shortest * 60 if shortest is not None else None,
        paused=feed.paused,
    )


def _chat(
    chat: ForeignChat,
    subscriptions: Mapping[int, ForeignSubscription],
    address: Mapping[int, str],
    lost: Counter[tuple[str, str]],
    *,
    language: str,
    timezone: str,
) -> ChatSettings:
    has_stopped = all(one.paused for one in subscriptions.values())
    silent = [one.silent for one in subscriptions.values() if not one.paused or has_stopped]
    is_silent = bool(silent) and all(silent)
    if not is_silent:
        lost["notification", "subscription"] += sum(silent)
    return ChatSettings(
        chat_id=chat.chat_id,
        kind=_kind(chat),
        language=_language(chat, lost) or language,
        timezone=timezone,
        silent=is_silent,
        subscribed=not has_stopped,
        everything=False,
        follows=tuple(_follows(subscriptions, address, has_stopped=has_stopped)),
        added_by=chat.added_by,
        banned=chat.banned,
    )


def _follows(
    subscriptions: Mapping[int, ForeignSubscription], address: Mapping[int, str], *, has_stopped: bool
) -> Iterator[ChosenSubject]:
    active: dict[str, bool] = {}  # two feeds may be one source
    for feed, one in subscriptions.items():
        active[address[feed]] = active.get(address[feed], False) or not one.paused or has_stopped
    for url, follows in active.items():
        yield ChosenSubject(kind=SubjectKind.SOURCE, value=url, key=url, muted=not follows)


def _kind(chat: ForeignChat) -> ChatKind:
    """Returns the kind of a chat. If it is not known, a channel counts as a group until the first message to it.

    A channel and a supergroup have numbers of one kind.
    """
    return ChatKind.PRIVATE if chat.chat_id > 0 else chat.kind or ChatKind.GROUP


def _language(chat: ForeignChat, lost: Counter[tuple[str, str]]) -> str | None:
    if chat.language is None:
        return None
    code = chat.language.replace("_", "-").partition("-")[0].lower()
    if code in LANGUAGES:
        return code
    lost[f"language {chat.language}", "chat"] += 1
    return None
