"""Metrics: how many messages wait, went out and were given up, and how fast articles reached their chats."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    articles: int
    sources: int
    chats: dict[str, int]  # by state
    deliveries: dict[str, int]  # by state
    fanouts_open: int
    chats_left: int  # that open fan-outs have not reached yet
    oldest_owed_seconds: int | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many messages went out in a stretch of time."""

    sent: int
    edited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTimes:
    """How long after it was stored an article reached its chats; None while it has reached none."""

    article_id: int
    title: str
    sent: int  # messages
    first: timedelta | None
    p50: timedelta | None  # half of them were sent by then
    p99: timedelta | None
    last: timedelta | None
