"""Runs jobs at intervals with APScheduler, by a clock that only goes forward."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.logs import get_logger
from storage.errors import OUTAGES, Superseded

log = get_logger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done at intervals."""

    name: str
    run: Callable[[], Awaitable[object]]
    every_seconds: float


OnRan = Callable[[str, bool, float], None]  # called after a run with the job's name, whether it succeeded, seconds


def _ignore(job: str, succeeded: bool, seconds: float) -> None:
    """Nobody counts the runs."""


def build_scheduler(
    jobs: Sequence[Job], *, steady: Callable[[], float] = time.monotonic, on_ran: OnRan = _ignore
) -> AsyncIOScheduler:
    """Returns a scheduler with these jobs. It is not started yet. A job first runs one interval after the start.

    If runs were missed, or were due while the last run of the job was still going on, one run makes up for them.
    `steady` returns seconds since any fixed moment.
    """
    scheduler = AsyncIOScheduler(
        timezone=SteadyTime(steady), job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    )
    for job in jobs:
        scheduler.add_job(_logged(job, on_ran), Interval(job.every_seconds), id=job.name, name=job.name)
    return scheduler


def _logged(job: Job, on_ran: OnRan) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        begun, succeeded = time.monotonic(), False
        try:
            await job.run()
            succeeded = True
        except Superseded:  # the term tells of it, and the process stands by
            pass
        except OUTAGES:  # storage tells of it once, for all jobs
            pass
        except asyncio.CancelledError:  # the scheduler was shut down: the library would log that as an error
            pass
        except Exception:  # a failed job is logged here with its name, and runs again at its next time
            log.exception("job_failed", job=job.name)
        finally:
            on_ran(job.name, succeeded, time.monotonic() - begun)

    return run


class SteadyTime(tzinfo):
    """A time zone that takes the present time from a steady clock: `datetime.now(zone)` ignores the wall clock.

    APScheduler gets the time in this way only. If a scheduler followed the wall clock, and that was set back, no job
    would run until the old time came again.
    """

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady

    def fromutc(self, _: datetime) -> datetime:
        # The time must be in this zone: APScheduler converts the time of the next job to it, and the conversion of a
        # time in another zone would give the present time, so that the scheduler would never sleep.
        return (EPOCH + timedelta(seconds=self._steady())).replace(tzinfo=self)

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "steady"


class Interval(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at an interval, and skips missed runs.

    The library's own trigger lists every missed run. If a process was stopped for 90 days, a job that runs each
    second has eight million of them.
    """

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        if previous_fire_time is None or previous_fire_time + self.interval <= now:
            return now + self.interval
        return previous_fire_time + self.interval
