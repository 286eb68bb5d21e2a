"""Sources: where articles come from, and what a visit found out."""

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a refresh found out about its source; stored together with the articles that it brought."""

    source_id: int
    due_at: datetime
    succeeded_at: datetime | None = None  # None: it failed
    etag: str | None = None
    last_modified: str | None = None
    title: str | None = None  # None: as it was
    moved_to: str | None = None  # a permanent redirect
    error: str | None = None  # None: it went well
