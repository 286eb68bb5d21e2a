"""Sources: the feeds, pages and folders that articles come from, and the result of a visit."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from storage.records.categories import CategoryName
from storage.records.hubs import HubHealth

SLOW_SECONDS: Final = 5.0  # for an answer, after which a server counts as slow until it is quicker
# A user name and a password in an address. A password may have "/", "?" or "#", which should end that part of an
# address, and people mistype the scheme or leave it out.
_LOGIN: Final = re.compile(
    r"(?P<scheme>://)(?:[^/?#]*|[^/?#:@\s]+:(?!\d*(?:[/?#]|$))\S{0,200})@"
    r"|^(?P<mistyped>(?:\w{0,20}:?//?)?)(?!mailto:)[^/?#:@\s]+:[^/?#\s]*@"
)


def hide_password(address: str) -> str:
    """Returns an address without its user name and password, for people and logs.

    A text that only looks like such an address loses the same part: rather that than a password that shows.
    """
    return _LOGIN.sub(r"\g<scheme>\g<mistyped>***@", address, count=1)


def without_password(address: str) -> str:
    """Returns an address without its user name and password. The address can still be asked for."""
    return _LOGIN.sub(r"\g<scheme>\g<mistyped>", address, count=1)


class SourceKind(StrEnum):
    """The kind of a source."""

    FEED = "feed"
    PAGE = "page"
    FOLDER = "folder"
    HOOK = "hook"  # a program sends its articles to the bot
    CHANNEL = "channel"  # Telegram sends its posts to the bot

    @property
    def is_pushed(self) -> bool:
        """Whether articles come by themselves, so that the source is never visited."""
        return self in (SourceKind.HOOK, SourceKind.CHANNEL)

    @property
    def has_guids(self) -> bool:
        """Whether the items of the source have ids of their own, by which they are known again."""
        return self not in (SourceKind.PAGE, SourceKind.FOLDER)


class PictureHealth(StrEnum):
    """What became of the pictures of a source."""

    FAILING = "failing"  # many in a row can't be had
    WELL = "well"  # one can be had again


class SourceState(StrEnum):
    """How a source is doing."""

    OK = "ok"
    FAILING = "failing"  # the last visit failed
    PAUSED = "paused"
    UNREAD = "unread"  # never visited yet


class SourceProblem(StrEnum):
    """Why nothing can be read from an address, for people. The log has the whole reason."""

    UNREACHABLE = "unreachable"  # no such host, no answer, or an address that the bot does not fetch
    MISSING = "missing"  # the server has nothing at this address
    FORBIDDEN = "forbidden"  # the server lets nobody read this address, or not the bot
    BUSY = "busy"  # the server asks to come back later
    FAILING = "failing"  # the server says that it has failed
    TOO_LARGE = "too_large"
    NO_NEWS = "no_news"  # what is there is neither a feed nor an article
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that is stored."""

    id: int
    url: str
    kind: SourceKind
    title: str | None
    category: str | None  # the category of articles that name none
    every_seconds: int | None  # seconds between visits; None: as the general setting says
    due_at: datetime
    refreshed_at: datetime | None  # the last successful visit
    etag: str | None
    last_modified: str | None
    failures: int  # consecutive failures
    last_error: str | None
    problem: SourceProblem | None = None  # the kind of `last_error`; None also if an older version wrote the error
    breaking: bool = False  # whether its articles are pushed as breaking news
    full_text: bool = False  # whether article pages are read as well, because the feed carries only excerpts
    teaser: bool = False  # whether readers see only a summary and the link, as the operator promised the publisher
    desk: bool = False  # whether its new articles need an editor's approval
    visited_at: datetime | None = None  # the last visit, successful or not
    watched_since: datetime | None = None  # the first visit; the backlog of that visit does not count as news
    recent_articles: float = 0.0  # new articles since `watched_since`, as of `visited_at`; older ones weigh less
    requested_pause: timedelta = timedelta()  # the pause that the source or its server asked for at the last visit
    whole_at: datetime | None = None  # when the source last sent its whole content instead of "unchanged"
    dropped: int = 0  # number of items at `whole_at` that could not be read
    drop_reasons: tuple[str, ...] = ()  # the first reasons for these items
    private: bool = False  # whether only the chats that follow it see its articles
    paused: bool = False  # whether it is not read until a person resumes it
    hub: HubHealth | None = None  # how its hub is doing, which sends what it publishes; None: it has none
    newest_at: datetime | None = None  # when new articles were read last
    usual_gap: timedelta = timedelta()  # the longest time between new articles lately
    gaps: int = 0  # number of such times that were measured
    answer_seconds: float | None = None  # that its server took at the last visit that went well

    @property
    def shown_url(self) -> str:
        """Its address for people and logs."""
        return hide_password(self.url)

    @property
    def shown_name(self) -> str:
        """What people and logs call it: its title, or its address if it has none."""
        return self.title or self.shown_url

    @property
    def state(self) -> SourceState:
        if self.paused:
            return SourceState.PAUSED
        if self.failures:
            return SourceState.FAILING
        is_unread = self.refreshed_at is None and not self.kind.is_pushed
        return SourceState.UNREAD if is_unread else SourceState.OK

    @property
    def is_slow(self) -> bool:
        """Whether its server took long to answer at the last visit that went well."""
        return self.answer_seconds is not None and self.answer_seconds > SLOW_SECONDS

    leased_by: str | None = None  # the process that visits it now, if several processes ingest


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSource:
    """A source that is due. The record is small, because there may be thousands of them."""

    id: int
    url: str
    due_at: datetime
    never_read: bool
    failures: int  # consecutive failures


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A source that an operator or a list of sources names, before it is stored."""

    url: str  # an http(s) address or a folder
    kind: SourceKind = SourceKind.FEED
    title: str | None = None
    category: str | None = None  # the category of articles that name none
    every_seconds: int | None = None  # seconds between visits; None: as the general setting says
    breaking: bool | None = None  # None: not specified, also for the next three
    full_text: bool | None = None
    teaser: bool | None = None
    desk: bool | None = None
    paused: bool = False  # this and the next one: of a source that is not known yet
    keeps_title: bool = False  # whether visits do not change its title


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A source of a list that a person sent."""

    source: NewSource
    due_at: datetime  # the first visit, if the source is new
    same: tuple[str, ...] = ()  # other addresses that are the same source
    category: CategoryName | None = None  # that of its folder, for articles that bring none, if the source is new


class ListOutcome(StrEnum):
    """What became of a source of a list."""

    ADDED = "added"  # it is new, and the chat follows it
    FOLLOWED = "followed"  # it was known, and the chat follows it now
    THERE = "there"  # the chat follows or mutes it already
    TOO_MANY_SOURCES = "too_many_sources"  # the chat may have no more private sources
    TOO_MANY_FOLLOWS = "too_many_follows"  # the chat may follow and mute no more


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSources:
    """The private sources of a chat, counted."""

    kept: int  # it follows or mutes them, whoever added them
    left: int  # it added them, and follows and mutes them no more; they are deleted later


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The result of a visit to a source. It is stored together with the articles of the visit."""

    source_id: int
    due_at: datetime
    visited_at: datetime | None = None  # None keeps the stored value, also for the next two fields
    watched_since: datetime | None = None
    recent_articles: float | None = None
    newest_at: datetime | None = None  # None keeps the stored values of this and the next two fields
    usual_gap: timedelta = timedelta()
    gaps: int = 0
    requested_pause: timedelta = timedelta()  # the pause that the source or its server asked for
    succeeded_at: datetime | None = None  # None: the visit failed
    answer_seconds: float | None = None  # that the server took
    etag: str | None = None
    last_modified: str | None = None
    title: str | None = None  # None keeps the stored title
    moved_to: str | None = None  # the new address after a permanent redirect
    whole_at: datetime | None = None  # None: the source sent only "unchanged"
    dropped: tuple[str, ...] = ()  # one reason for each item that could not be read
    added: int = 0  # new articles
    error: str | None = None  # None: the visit succeeded
    problem: SourceProblem | None = None  # the kind of `error`
    lease: str | None = None  # the process that had leased the source for the visit; it is not any more
