"""What an operator watches: alarms, work that takes long, and the numbers behind the metrics."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from storage.records.lanes import Lane
from storage.records.sources import Source, hide_password

LOST_AFTER: Final = timedelta(minutes=2)  # without a word, work is taken for ended with its process


class AlarmKind(StrEnum):
    """What can be wrong."""

    REACH = "reach"  # alerts reach their chats too late
    STUCK = "stuck"  # messages wait, and none is sent
    SOURCE_SILENT = "source_silent"  # a source gives nothing for much longer than usual
    HUB_SILENT = "hub_silent"  # a hub no longer tells of new articles
    CANARY = "canary"  # the self-test failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is wrong at the moment."""

    kind: AlarmKind
    subject: int  # the id of a source; 0: the bot as a whole
    since: datetime
    detail: dict[str, Any] = field(default_factory=dict)  # values of the notice, as JSON holds them


class WorkKind(StrEnum):
    """The kinds of work that takes long."""

    IMPORT = "import"
    CHATS = "chats"  # import or export of chats
    SOURCES = "sources"  # import of a list of sources
    BACKUP = "backup"
    COPY = "copy"  # from one database to another
    REINDEX = "reindex"


class WorkState(StrEnum):
    """How far work is that takes long."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"  # its process has ended without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """Work that takes long, or took long."""

    id: int
    kind: WorkKind
    subject: str  # what is worked on, for people
    done: int
    total: int | None  # None: not known
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    error: str | None

    def state(self, now: datetime) -> WorkState:
        """Returns the state at this time."""
        if self.ended_at is not None:
            return WorkState.DONE if self.error is None else WorkState.FAILED
        return WorkState.RUNNING if now - self.updated_at <= LOST_AFTER else WorkState.LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedInLane:
    """What is owed in one lane."""

    lane: Lane
    queued: int  # messages in the queue, also those that wait for the end of quiet hours
    spreading: int  # articles whose chats are still looked up
    oldest: datetime | None  # since when the oldest message waits that nothing but the bot holds back


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The numbers of what is stored."""

    chats: dict[tuple[str, str], int]  # (kind, state) → number
    follows: dict[tuple[str, bool], int]  # (kind of the subject, muted) → number; "everything" is a kind
    sources: dict[str, int]  # ok, failing, paused, unread → number
    file_bytes: int
    log_bytes: int  # of the write-ahead log


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryChat:
    """The chat that a self-test goes to, and its source."""

    chat_id: int  # Telegram's number
    language: str
    source: Source


@dataclass(frozen=True, slots=True)
class CanaryState:
    """How far the article of a self-test is."""

    message_id: int | None  # Telegram's number of its message; None: it was not sent yet
    is_current: bool  # whether the message shows the newest state of the article


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that has given nothing new for much longer than usual."""

    id: int
    url: str
    title: str | None
    newest_at: datetime
    usual_gap: timedelta

    @property
    def shown_name(self) -> str:
        """What people and logs call it: its title, or its address if it has none."""
        return self.title or hide_password(self.url)
