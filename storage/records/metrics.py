"""Metrics: the numbers of waiting, sent and given-up messages, and how fast articles reach their chats."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The statistics that the operator is shown."""

    articles: int
    sources: int
    chats: dict[str, int]  # number of chats by state
    deliveries: dict[str, int]  # number of deliveries by state
    fanouts_open: int
    chats_left: int  # number of chats that open fan-outs have not reached yet
    oldest_owed_seconds: int | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """The number of messages that went out in a period of time."""

    sent: int
    edited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTimes:
    """How long after it was stored an article reached its chats.

    The times are None if it has not reached any chat yet.
    """

    article_id: int
    title: str
    sent: int  # number of messages
    first: timedelta | None
    p50: timedelta | None  # half of the messages were sent by then
    p99: timedelta | None
    last: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReport:
    """What became of the messages about an article. The numbers are of alerts, without digests."""

    sent: int  # that are in chats now
    behind: int  # of these: they show an older text, and will be edited
    queued: int
    dead: dict[str, int]  # number by reason, the most frequent first
    is_whole: bool  # whether all messages were counted; there may be too many
