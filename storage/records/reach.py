"""Reach: how fast the alerts of an article reach the chats that they are due to."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.records.lanes import Lane

PROMISE: Final = timedelta(minutes=2)  # the promised time, unless the operator sets another
PROMISED_SHARE: Final = 0.9  # of the chats that an alert should reach within the promised time
FIRST_STEP: Final = 0.1  # seconds: the longest delay of step 0
GROWTH: Final = 1.1  # each step of delays ends so much later than the step before
STEPS: Final = 180  # the last one ends after a month


_BOUNDS: Final = [FIRST_STEP * GROWTH**step for step in range(STEPS)]


def delay_step(seconds: float) -> int:
    """Returns the step that a delay belongs to. Longer delays than a month belong to the last step."""
    return min(bisect_left(_BOUNDS, seconds), STEPS - 1)


def longest_of_step(step: int) -> timedelta:
    """Returns the longest delay that belongs to a step."""
    return timedelta(seconds=_BOUNDS[step])


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReach:
    """How fast an article reaches its chats.

    Only alerts count that nothing but the bot holds back: an alert that waits for the end of quiet hours is not late.
    """

    article_id: int
    title: str
    lane: Lane
    opened_at: datetime  # when the article became due
    promise: timedelta  # zero if no alert was sent yet
    due: int  # number of alerts, also the ones that are still queued
    sent: int
    in_time: int  # of the sent ones: within the promise
    missed: int  # given up, or listed in a catch-up message
    held: int  # sent later as the chat wished; not counted in `due`
    is_spreading: bool  # whether more chats are still looked up
    first: timedelta | None  # the shortest delay
    last: timedelta | None  # the longest delay
    judged_at: datetime | None
    kept: bool | None  # whether the promise was kept; None: not known yet
    delays: Mapping[int, int] = field(default_factory=dict)  # step → number of sent alerts

    @property
    def waiting(self) -> int:
        """The number of alerts that are due and not sent yet."""
        return max(0, self.due - self.sent - self.missed)

    @property
    def share(self) -> float:
        """The share of the due alerts that were sent within the promise; 1 if none is due."""
        return self.in_time / self.due if self.due > 0 else 1.0

    def within(self, share: float) -> timedelta | None:
        """Returns the delay within which this share of the sent alerts arrived, to a tenth. None if none was sent."""
        total, seen = sum(self.delays.values()), 0
        for step, sent in sorted(self.delays.items()):
            seen += sent
            if seen >= share * total:
                longest = longest_of_step(step)
                return min(longest, self.last) if self.last is not None else longest
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachSummary:
    """How the promise was kept over a time."""

    articles: int  # that were judged
    kept: int
    due: int  # alerts of these articles
    in_time: int


def verdict(reach: ArticleReach, now: datetime, promise: timedelta) -> bool | None:
    """Returns whether the promise was kept for this article, or None if that is not known yet."""
    if now < reach.opened_at + promise:
        return None
    if reach.share < PROMISED_SHARE:
        return False
    return None if reach.is_spreading else True
