"""Statistics of deliveries, for the command line and for an administrator's chat."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from storage import Storage
from storage.records import Alarm, ArticleReach, InboxStats, ReachSummary, Stats, Throughput

ARTICLES: Final = 5  # the newest that were sent, of which a person wants to know
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Overview:
    """What an operator wants to know about deliveries at one moment."""

    stats: Stats
    minute: Throughput  # the last complete minute
    day: Throughput  # the last 24 hours
    dead_reasons: dict[str, int]  # number by reason, the most frequent first
    articles: list[ArticleReach]  # the newest first
    inbox: InboxStats  # updates of people
    reach: ReachSummary  # how the promise was kept in the last 24 hours
    alarms: list[Alarm]  # what is wrong at the moment, the oldest first

    @property
    def waiting(self) -> int:
        """Returns the number of queued messages, and of chats that fan-outs have still to reach."""
        return self.stats.deliveries["queued"] + self.stats.chats_left


async def load_overview(storage: Storage, now: datetime) -> Overview:
    """Returns the statistics. It counts deliveries, so call it only for a person who asks."""
    return Overview(
        stats=await storage.deliveries.stats(now=now),
        minute=await storage.metrics.last_minute(now),
        day=await storage.metrics.last_day(now),
        dead_reasons=await storage.dead_letters.reasons(),
        articles=await storage.reach.newest(limit=ARTICLES),
        inbox=await storage.inbox.stats(),
        reach=await storage.reach.summary(since=now - DAY),
        alarms=await storage.alarms.all(),
    )
