"""Chats: where the bot talks, and what each chat chose."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.categories import Category, CategoryName


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"  # supergroups too
    CHANNEL = "channel"


class ChatState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # blocked us, kicked us, took our right to write: settings kept, resumed when they come back
    GONE = "gone"  # deactivated or deleted


class Rhythm(StrEnum):
    ALERTS = "alerts"  # each article as it comes
    HOURLY = "hourly"  # the others: one digest at a time
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a chat is written to. Hours are of its own time zone."""

    rhythm: Rhythm = Rhythm.ALERTS
    hour: int = 8  # 0 to 23, of a daily or weekly digest
    weekday: int = 0  # of a weekly one; Monday is 0
    quiet: tuple[int, int] | None = None  # alerts are held back from the first hour until the second
    breaking: bool = True  # breaking news wait for neither


@dataclass(frozen=True, slots=True)
class Reading:
    """Which articles a chat is shown, and how."""

    languages: tuple[str, ...] = ()  # ISO 639-1, that its readers read; empty: all
    grouped: bool = True  # lists and digests show a story once


EVERYTHING_READ = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    id: int  # ours, for (chat_id, topic_id)
    chat_id: int
    topic_id: int | None
    kind: ChatKind
    title: str | None
    language: str
    timezone: str  # IANA name
    silent: bool
    state: ChatState
    everything: bool  # subscribed to all categories but the muted ones
    added_by: int | None = None
    timetable: Timetable = Timetable()
    reading: Reading = Reading()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a chat wants. With `everything`, `categories` is empty and `muted` are the exceptions."""

    everything: bool = False
    categories: tuple[Category, ...] = ()
    muted: tuple[Category, ...] = ()

    @property
    def nothing(self) -> bool:
        return not self.everything and not self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """A chat as it is exported and imported, whole."""

    chat_id: int
    topic_id: int | None = None
    kind: ChatKind = ChatKind.PRIVATE
    title: str | None = None
    language: str
    timezone: str
    silent: bool = False
    state: ChatState = ChatState.ACTIVE
    subscribed: bool = True  # False: settings without a subscription
    categories: tuple[CategoryName, ...] = ()  # empty: everything
    muted: tuple[CategoryName, ...] = ()
    added_by: int | None = None
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    digest_at: datetime | None = None  # when its next digest is due; None: it gets alerts
