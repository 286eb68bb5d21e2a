"""Logins to the dashboard, and the short histories that it shows."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A person at the dashboard."""

    user_id: int | None  # Telegram's number; None: whoever types on the server
    name: str
    language: str
    timezone: str  # IANA name


@dataclass(frozen=True, slots=True, kw_only=True)
class PastVisit:
    """One visit to a source."""

    visited_at: datetime
    added: int  # new articles
    unchanged: bool  # whether the source said that nothing is new
    dropped: int  # items that could not be read
    error: str | None  # None: the visit succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierText:
    """A text that an article had before it was corrected."""

    revision: int
    title: str
    lead: str
    body: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDay:
    """How many chats came and went on one day."""

    day: date  # in UTC
    joined: int
    returned: int
    departed: int
