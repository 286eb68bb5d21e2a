"""How deliveries are doing, as the command line and an administrator's chat show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from storage import Storage
from storage.records import ArticleTimes, InboxStats, Stats, Throughput

ARTICLES: Final = 5  # the newest pushed ones


@dataclass(frozen=True, slots=True)
class Overview:
    stats: Stats
    minute: Throughput  # the last one that is over
    day: Throughput  # up to now
    dead_reasons: dict[str, int]  # most first
    articles: list[ArticleTimes]  # the newest first
    inbox: InboxStats  # what people asked

    @property
    def waiting(self) -> int:
        """Messages that wait, and chats that fan-outs have still to reach."""
        return self.stats.deliveries["queued"] + self.stats.chats_left


async def load_overview(storage: Storage, now: datetime) -> Overview:
    """For a person who asks: `Metrics.newest_sent` says what it costs."""
    return Overview(
        stats=await storage.deliveries.stats(now=now),
        minute=await storage.metrics.last_minute(now),
        day=await storage.metrics.last_day(now),
        dead_reasons=await storage.dead_letters.reasons(),
        articles=await storage.metrics.newest_sent(limit=ARTICLES),
        inbox=await storage.inbox.stats(),
    )
