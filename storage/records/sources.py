"""Sources: where articles come from, and what a visit found out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SourceKind(StrEnum):
    FEED = "feed"
    PAGE = "page"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: int
    url: str
    kind: SourceKind
    title: str | None
    category: str | None  # for articles that bring none
    every_seconds: int | None  # None: the setting
    due_at: datetime
    refreshed_at: datetime | None  # last success
    etag: str | None
    last_modified: str | None
    failures: int  # in a row
    last_error: str | None
    breaking: bool = False  # what it publishes is pushed as breaking news
    full_text: bool = False  # its feed carries excerpts: the article pages are read as well
    visited_at: datetime | None = None  # the last visit, well or not
    watched_since: datetime | None = None  # the first visit, whose backlog does not count as news
    recent_articles: float = 0.0  # new since then, as of `visited_at`; each weighs less with its age
    requested_pause: timedelta = timedelta()  # that the source or its server asked for at the last visit
    whole_at: datetime | None = None  # when it last gave all that it has, and not "unchanged"
    dropped: int = 0  # items of that reading that could not be read
    drop_reasons: tuple[str, ...] = ()  # the first of their reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSource:
    """What is known of a source before its turn comes; there may be thousands of them."""

    id: int
    url: str
    due_at: datetime
    never_read: bool
    failures: int  # in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A source as an operator or a list of sources names it, before it is stored."""

    url: str  # an http(s) address, or a folder
    kind: SourceKind = SourceKind.FEED
    title: str | None = None
    category: str | None = None  # for articles that bring none
    every_seconds: int | None = None  # None: the setting
    breaking: bool | None = None  # None: nothing is said of it
    full_text: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a refresh found out about its source; stored together with the articles that it brought."""

    source_id: int
    due_at: datetime
    visited_at: datetime | None = None  # None: as it was, as for the two below
    watched_since: datetime | None = None
    recent_articles: float | None = None
    requested_pause: timedelta = timedelta()  # that the source or its server asked for
    succeeded_at: datetime | None = None  # None: it failed
    etag: str | None = None
    last_modified: str | None = None
    title: str | None = None  # None: as it was
    moved_to: str | None = None  # a permanent redirect
    whole_at: datetime | None = None  # None: it gave nothing but "unchanged"
    dropped: tuple[str, ...] = ()  # why items could not be read, a reason each
    error: str | None = None  # None: it went well
