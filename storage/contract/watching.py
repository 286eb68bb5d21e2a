"""The contract of what an operator watches: reach, alarms, and work that takes long."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from storage.records import Alarm, AlarmKind, ArticleReach, CanaryChat, CanaryState, ReachSummary, WorkKind, WorkRow


class ReachLog(Protocol):
    """How fast the alerts of articles reach their chats.

    Only alerts count that nothing but the bot holds back. `Deliveries.settle` counts what was sent.
    """

    async def of_article(self, article_id: int) -> ArticleReach | None:
        """Returns the reach of one article, or None if it was not pushed, or before this was counted."""

    async def newest(self, *, limit: int) -> list[ArticleReach]:
        """Returns the reach of the articles that became due last and were sent to at least one chat, newest first.

        Articles of private sources are left out.
        """

    async def judge(self, *, promise: timedelta, now: datetime) -> list[ArticleReach]:
        """Decide for the articles that were due longer ago than `promise` whether the promise was kept.

        Returns the articles that were decided now. An article whose chats are still looked up is decided later,
        unless too many alerts are late already.
        """

    async def latest_verdicts(self, *, limit: int) -> list[bool]:
        """Returns whether the promise was kept for the articles that were decided last, the latest first."""

    async def summary(self, *, since: datetime) -> ReachSummary:
        """Returns how the promise was kept for the articles that were decided since that time."""


class Alarms(Protocol):
    """What is wrong at the moment. An alarm survives a restart, so that nobody is told twice."""

    async def all(self) -> list[Alarm]:
        """Returns all alarms, the oldest first."""

    async def get(self, kind: AlarmKind, subject: int = 0) -> Alarm | None:
        """Returns an alarm, or None if that is well."""

    async def begin(self, kind: AlarmKind, subject: int, detail: Mapping[str, Any], *, now: datetime) -> bool:
        """Record that something is wrong. Returns False and changes nothing if that is recorded already."""

    async def end(self, kind: AlarmKind, subject: int = 0) -> Alarm | None:
        """Record that something is well. Returns its alarm, or None if it was well before."""


class Canary(Protocol):
    """The self-test. Its source, its article and its follow exist for some seconds only."""

    async def open(self, user_ids: Sequence[int], *, title: str, now: datetime) -> CanaryChat | None:
        """Make the private source of a self-test, which the private chat of the first suitable person follows.

        A chat is suitable if it gets breaking news at once. Returns None if no chat is. What a former self-test left
        is deleted.
        """

    async def has_chat(self, user_ids: Sequence[int]) -> bool:
        """Returns whether one of these people has a suitable chat."""

    async def state(self, article_id: int) -> CanaryState:
        """Returns how far the article is."""

    async def close(self) -> None:
        """Delete the source and the follow. `Archive.prune_orphans` deletes the article."""


class Work(Protocol):
    """Work that takes long. If a power cut undoes one of these writes, only the display is wrong."""

    async def begin(self, kind: WorkKind, *, subject: str = "", total: int | None = None, now: datetime) -> int:
        """Record that work begins. `subject` is what people call it. Returns its id."""

    async def advance(self, work_id: int, done: int, *, total: int | None = None, now: datetime) -> None:
        """Record how far the work is. Call it at least once a minute, else the work is taken for lost."""

    async def end(self, work_id: int, *, error: str | None = None, now: datetime) -> None:
        """Record that the work has ended. `error` is the reason if it failed."""

    async def latest(self, *, limit: int) -> list[WorkRow]:
        """Returns the work that began last, the latest first."""

    async def ended_at(self, kind: WorkKind) -> datetime | None:
        """Returns when work of this kind last ended without a failure, or None if that is not known."""

    async def prune(self, *, now: datetime) -> int:
        """Delete old rows, but not the last backup that succeeded. Returns their number."""
