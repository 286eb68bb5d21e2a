"""Runs jobs at intervals, through APScheduler, by a clock that only goes forward."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.logs import get_logger

log = get_logger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    run: Callable[[], Awaitable[object]]
    every_seconds: float


def build_scheduler(jobs: Sequence[Job], *, clock: Callable[[], float] = time.monotonic) -> AsyncIOScheduler:
    """Returns a scheduler with these jobs, not started yet. The first run of a job is one interval after the start.

    A run that is due while the last run of the job is under way, or that was missed, is made up for once.
    `clock` gives seconds since any moment.
    """
    scheduler = AsyncIOScheduler(
        timezone=SteadyTime(clock), job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    )
    for job in jobs:
        scheduler.add_job(_logged(job), Interval(job.every_seconds), id=job.name, name=job.name)
    return scheduler


def _logged(job: Job) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await job.run()
        except Exception:  # a job that fails is logged here, with its name, and runs again at its next time
            log.exception("job_failed", job=job.name)

    return run


class SteadyTime(tzinfo):
    """A time zone whose present time is a steady clock's: `datetime.now(zone)` ignores the wall clock.

    APScheduler asks for the time in no other way. If the wall clock was set back, a scheduler that follows it would
    run no job until the old time has come again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def fromutc(self, _: datetime) -> datetime:
        return EPOCH + timedelta(seconds=self._clock())

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "steady"


class Interval(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at an interval, and skips what was missed.

    The library's own trigger lists every moment that was missed: of a process that was stopped for 90 days, a job of
    each second has eight million.
    """

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        if previous_fire_time is None or previous_fire_time + self.interval <= now:
            return now + self.interval
        return previous_fire_time + self.interval
