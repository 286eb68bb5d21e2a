"""Deliveries: a message that is owed or sent to one chat, and each outcome that it can have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.chats import ChatKind, ChatState, Reading, Rhythm, Timetable
from storage.records.lanes import Lane


class DeliveryKind(StrEnum):
    ALERT = "alert"
    DIGEST = "digest"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery in the sender's hands, with what rendering and sending need of its chat."""

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
    attempts: int  # failed ones before this
    queued_at: datetime
    message_id: int | None = None  # of the message that is to be brought up to date; None: it is to be sent
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    since: datetime | None = None  # a digest tells what was stored from this moment on
    until: datetime | None = None  # and before this
    snapshot: int | None = None  # that a digest shows which was sent
    waiting: int = 1  # deliveries that this chat is owed, counted up to MOST_COUNTED


@dataclass(frozen=True, slots=True)
class DigestSnapshot:
    """What a digest shows."""

    articles: tuple[int, ...]  # those it lists, in the order of their numbers
    found: int  # articles in all, of which the listed ones are the newest
    rhythm: Rhythm  # as its heading says


@dataclass(frozen=True, slots=True)
class Sent:
    claim: Claim
    at: datetime
    message_id: int
    revision: int  # that it shows: of its article, or of all headlines of a digest together
    next_at: datetime  # when the chat may be written to again
    snapshot: DigestSnapshot | None = None  # of a digest


@dataclass(frozen=True, slots=True)
class Edited:
    """A message shows the newest revision now."""

    claim: Claim
    at: datetime
    revision: int
    next_at: datetime
    gone: bool = False  # it was deleted in the chat, or can't be changed any more: never again


@dataclass(frozen=True, slots=True)
class PutOff:
    """The delivery is not sent now, and is claimed again."""

    claim: Claim
    until: datetime
    reason: str
    attempts: int = 1  # that it uses up; 0: a flood wait or a stop, which say nothing about the delivery
    quiet: bool = False  # it waits for the end of the chat's quiet hours, and breaking news does not
    # From then on the chat may be sent other deliveries, and only this one waits until `until`. None: the chat waits.
    chat_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """There is nothing to say any more: its article is gone or withdrawn, or the digest would be empty."""

    claim: Claim
    at: datetime


@dataclass(frozen=True, slots=True)
class Died:
    """Will never be sent; the operator is shown why."""

    claim: Claim
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The chat can't be written to: nothing more is owed to it until it comes back."""

    claim: Claim
    at: datetime
    state: ChatState
    reason: str
    topic_only: bool = False  # the topic was closed or deleted; the rest of the chat is well


Outcome = Sent | Edited | PutOff | Dropped | Died | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigest:
    """A chat whose next digest is due."""

    chat_row: int  # the id of our row for the chat or its topic
    chat_id: int  # Telegram's number
    timezone: str
    timetable: Timetable
    due_at: datetime
    since: datetime  # what it was told until then


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDelivery:
    """A delivery that was given up."""

    id: int
    chat_id: int
    topic_id: int | None
    kind: DeliveryKind
    article_id: int | None
    title: str | None  # of the article
    reason: str
    died_at: datetime
