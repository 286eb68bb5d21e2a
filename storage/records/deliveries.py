"""Deliveries: messages that one chat is owed or was sent, and the outcomes that a delivery can have."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Final

from storage.records.chats import ChatKind, ChatState, Preview, Rhythm, Timetable
from storage.records.lanes import Lane
from storage.records.reading import Reading


class DeliveryKind(StrEnum):
    """The kind of message that a delivery sends."""

    ALERT = "alert"
    DIGEST = "digest"
    NOTICE = "notice"


class ShownAs(IntEnum):
    """How the message of a delivery shows its article now. A reader's press changes it."""

    SENT = 0  # as it was sent: an alert, or a digest
    PAGE = 1
    TEXT = 2  # the opened text


NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that the sender has claimed, with the fields of its chat that rendering and sending need."""

    delivery_id: int
    kind: DeliveryKind
    chat_row: int  # the id of our row for the chat or its topic
    chat_id: int  # Telegram's number
    topic_id: int | None
    chat_kind: ChatKind
    language: str
    timezone: str
    silent: bool
    article_id: int | None
    notice: str | None  # JSON
    lane: Lane
    attempts: int  # failed attempts before this one
    queued_at: datetime
    message_id: int | None = None  # the message that is to be edited; None: a new message is sent
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    preview: Preview = Preview.BELOW_LARGE
    since: datetime | None = None  # of a digest: it lists articles that were stored from this time on
    until: datetime | None = None  # of a digest: and before this time
    snapshot: int | None = None  # of a digest that was sent: the id of the snapshot that it shows
    snoozed_until: datetime | None = None  # the chat gets no alerts until then
    chosen_at: datetime | None = None  # when the chat last chose something; None: not known
    alerts_since: datetime = NEVER  # the beginning of the day for which `alerts_sent` counts
    alerts_sent: int = 0  # alerts that the chat was sent in that day; counted only for a chat with a daily limit
    shown_as: ShownAs = ShownAs.SENT  # how the message that is to be edited shows the article
    waiting: int = 1  # number of queued deliveries of this chat, counted up to MOST_COUNTED


@dataclass(frozen=True, slots=True)
class DigestSnapshot:
    """The contents of a digest that was sent."""

    articles: tuple[int, ...]  # ids of the listed articles, in the order of their positions in the digest
    found: int  # number of all articles of the period; the listed ones are the newest of them
    rhythm: Rhythm  # the rhythm that the heading names


@dataclass(frozen=True, slots=True)
class Sent:
    """The message was sent."""

    claim: Claim
    at: datetime
    message_id: int  # Telegram's number of the new message
    revision: int  # the revision that the message shows: of its article, or of all headlines of a digest together
    next_at: datetime  # when the chat may be written to again
    snapshot: DigestSnapshot | None = None  # the contents, if the message is a digest
    counts_for: datetime | None = None  # the beginning of the day whose limit an alert counts for
    is_channel: bool = False  # the chat turned out to be a channel: one of another bot came as a group


@dataclass(frozen=True, slots=True)
class Edited:
    """The message was edited and shows the newest revision now."""

    claim: Claim
    at: datetime
    revision: int
    next_at: datetime
    gone: bool = False  # the message was deleted in the chat or can't be edited any more: it is never edited again


@dataclass(frozen=True, slots=True)
class PutOff:
    """The delivery is not sent now, and is claimed again."""

    claim: Claim
    until: datetime
    reason: str
    attempts: int = 1  # attempts that this counts as; 0 for a flood wait or a stop, which the delivery did not cause
    quiet: bool = False  # the delivery waits until the quiet hours of the chat end; breaking news does not wait
    # From `chat_at` on, the chat may be sent other deliveries while this one waits until `until`. If `chat_at` is
    # None, the whole chat waits.
    chat_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """The delivery is not needed any more: its article is gone or withdrawn, or the digest would be empty."""

    claim: Claim
    at: datetime


@dataclass(frozen=True, slots=True)
class Died:
    """The delivery will never be sent. The operator is shown the reason."""

    claim: Claim
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The bot can't write to the chat. Nothing more is queued for the chat until it comes back."""

    claim: Claim
    at: datetime
    state: ChatState
    reason: str
    topic_only: bool = False  # only the topic was closed or deleted; the rest of the chat can be written to


Outcome = Sent | Edited | PutOff | Dropped | Died | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigest:
    """A chat whose next digest is due."""

    chat_row: int  # the id of our row for the chat or its topic
    chat_id: int  # Telegram's number
    timezone: str
    timetable: Timetable
    due_at: datetime
    since: datetime  # the end of the time that the chat's last digest covered


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDelivery:
    """A delivery that was given up."""

    id: int
    chat_id: int
    topic_id: int | None
    kind: DeliveryKind
    article_id: int | None
    title: str | None  # the title of the article; None: it is of a private source, or deleted
    reason: str
    died_at: datetime
