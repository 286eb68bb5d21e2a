"""Decides how long the bot waits between two visits to a source.

An operator may set the pause for a source. Otherwise the pause follows what the source publishes: about four visits
for each new article, within the operator's bounds. A daily newsletter need not be asked every five minutes, and a
wire should be asked more often.

How often a source publishes is estimated from the articles that were new at its visits. Each article counts less as
it gets older (a third is left after three days), so the estimate follows a source that wakes up or falls asleep,
and is not misled by one night. The backlog of the first visit does not count: its dates are the publisher's, and
many feeds list years.

A source is not slowed down during its first day, nor sped up before five new articles were seen: until then, chance
says more than the source.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.backoff import Backoff
from bot.config import Config
from bot.ingest.errors import Gone, RetryLater
from storage.records import HubHealth, Source, Visit

VISITS_PER_ARTICLE: Final = 4
MEMORY: Final = timedelta(days=3)  # in which the weight of an article falls to 1/e, about a third
GAP_MEMORY: Final = timedelta(days=14)  # in which the weight of a long gap falls to a third
LEARNING: Final = timedelta(days=1)  # before a source may be slowed down
LEAST_SEEN: Final = 5.0  # articles before a source may be sped up
SPREAD: Final = 0.05  # of a pause: sources that were added together don't stay together
BESIDE_HUB: Final = timedelta(hours=3)  # while a hub sends what a feed publishes: a visit checks that the hub does
LONGEST_HINT: Final = timedelta(hours=6)  # that a feed or its server may request
LONGEST_BACKOFF: Final = timedelta(hours=6)
GONE_FOR: Final = timedelta(days=1)
LONGEST_HOST_PAUSE: Final = timedelta(hours=6)  # of a host's other sources, after one got a 429 or 503


@dataclass(frozen=True, slots=True)
class Bounds:
    """The operator's limits for the interval of a source that has no interval of its own."""

    usual: timedelta
    shortest: timedelta
    longest: timedelta

    @classmethod
    def from_config(cls, config: Config) -> "Bounds":
        usual = config.refresh_seconds
        shortest = config.refresh_least_seconds or max(1, usual // 5)
        longest = max(shortest, config.refresh_most_seconds or 6 * usual)
        return cls(*(timedelta(seconds=one) for one in (max(shortest, min(longest, usual)), shortest, longest)))


def articles_per_day(source: Source, now: datetime) -> float | None:
    """Returns the estimated number of articles a day, or None if the source has been watched for less than a day."""
    watched = now - source.watched_since if source.watched_since else timedelta()
    if watched < LEARNING:
        return None
    seen = _aged(source.recent_articles, source.visited_at, now)
    # The weights of a steady stream that began when the watching did add up to this many days.
    days = MEMORY / timedelta(days=1) * (1 - math.exp(-(watched / MEMORY)))
    return seen / days


def learn(source: Source, added: int, now: datetime) -> Source:
    """Returns the source with all that a visit which brought `added` new articles tells of its rhythm."""
    return measure_gap(count_new_articles(source, added, now), added, now)


def good_visit(learned: Source, added: int, now: datetime, *, due_at: datetime) -> Visit:
    """Returns the record of a visit that went well. `learned` is the source as `learn` returns it."""
    return Visit(
        source_id=learned.id,
        due_at=due_at,
        visited_at=now,
        watched_since=learned.watched_since,
        recent_articles=learned.recent_articles,
        newest_at=learned.newest_at if added else None,
        usual_gap=learned.usual_gap,
        gaps=learned.gaps,
        succeeded_at=now,
    )


def count_new_articles(source: Source, added: int, now: datetime) -> Source:
    """Returns the source with its history after a visit that brought `added` new articles."""
    if source.refreshed_at is None:
        return replace(source, watched_since=now, recent_articles=0.0)
    return replace(
        source,
        watched_since=source.watched_since or now,
        recent_articles=_aged(source.recent_articles, source.visited_at, now) + added,
    )


def measure_gap(source: Source, added: int, now: datetime) -> Source:
    """Returns the source with its usual gap after a visit that brought `added` new articles.

    The usual gap is the longest one lately, so that a night or a weekend without news counts as usual. An older gap
    counts less with time: after two weeks, a third of it is left. The articles of the first visit are no news.
    """
    if not added or source.refreshed_at is None:
        return source
    if source.newest_at is None:
        return replace(source, newest_at=now)
    gap = max(timedelta(), now - source.newest_at)
    faded = source.usual_gap * math.exp(-(gap / GAP_MEMORY))
    return replace(source, newest_at=now, usual_gap=max(gap, faded), gaps=source.gaps + 1)


def visit_interval(source: Source, bounds: Bounds, now: datetime) -> timedelta:
    """Returns the interval between two visits, before the server's requests and failures are taken into account."""
    if source.every_seconds:
        return timedelta(seconds=source.every_seconds)
    usual = _usual_interval(source, bounds, now)
    return max(usual, BESIDE_HUB) if source.hub is HubHealth.ALIVE else usual


def _usual_interval(source: Source, bounds: Bounds, now: datetime) -> timedelta:
    """Returns the interval that follows what the source publishes."""
    published = articles_per_day(source, now)
    shortest, longest = bounds.shortest, bounds.longest
    if _aged(source.recent_articles, source.visited_at, now) < LEAST_SEEN:
        shortest = bounds.usual
    if published is None:
        watched = max(now - source.watched_since, timedelta(hours=1)) if source.watched_since else LEARNING
        published = source.recent_articles / (watched / timedelta(days=1))
        longest = bounds.usual
    wanted = timedelta(days=1 / (published * VISITS_PER_ARTICLE)) if published > 0.001 else longest
    return max(shortest, min(longest, wanted))


def pause_after_success(
    source: Source, bounds: Bounds, now: datetime, *, requested_pause: timedelta = timedelta()
) -> timedelta:
    """Returns the pause after a visit that went well.

    The feed or its server may request a longer pause, up to LONGEST_HINT, unless the operator set the interval.
    """
    asked = timedelta() if source.every_seconds else min(requested_pause, LONGEST_HINT)
    place = source.id * 0.618 % 1  # spreads neighbours well
    return max(visit_interval(source, bounds, now), asked) * (1 + SPREAD * place)


def pause_after_failure(source: Source, error: Exception, bounds: Bounds, now: datetime) -> timedelta:
    """Returns the pause after a visit that failed. It grows with each failure in a row."""
    usual = pause_after_success(source, bounds, now)
    if requested := requested_after_failure(error):
        return max(usual, requested)
    backoff = Backoff(usual.total_seconds(), LONGEST_BACKOFF.total_seconds())
    return max(usual, timedelta(seconds=backoff.pause(source.failures + 1)))


def requested_after_failure(error: Exception) -> timedelta:
    """Returns the pause that the server of a failed visit asked for, or zero."""
    if isinstance(error, Gone):
        return GONE_FOR
    return error.after if isinstance(error, RetryLater) else timedelta()


def longest_pause(source: Source, bounds: Bounds, now: datetime) -> timedelta:
    """Returns the longest pause that a source may have between two visits, by its state and by today's settings."""
    longest = pause_after_success(source, bounds, now, requested_pause=source.requested_pause)
    if source.failures == 0:
        return longest
    usual = pause_after_success(source, bounds, now)
    backoff = Backoff(usual.total_seconds(), LONGEST_BACKOFF.total_seconds(), jitter=0.0)
    return max(usual, source.requested_pause, timedelta(seconds=backoff.pause(source.failures)))


def _aged(articles: float, counted_at: datetime | None, now: datetime) -> float:
    """Returns the weight that articles have now which weighed `articles` at `counted_at`."""
    age = max(timedelta(), now - counted_at) if counted_at else timedelta()
    return articles * math.exp(-(age / MEMORY))
