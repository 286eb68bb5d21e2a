"""Jobs run at their intervals, whatever happens to the wall clock."""

import asyncio
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self
from unittest.mock import patch

import pytest

from bot import logs
from bot.scheduler import EPOCH, Interval, Job, SteadyTime, build_scheduler
from storage.errors import DatabaseUnreachable, Superseded

SOON = 0.01  # seconds between two runs of a job


class MovedWallClock(datetime):
    """`datetime` with a wall clock that can be moved."""

    by = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        moved = datetime.now(UTC) + cls.by
        return moved if tz is None else tz.fromutc(moved.replace(tzinfo=tz))


@contextmanager
def wall_clock() -> Iterator[type[MovedWallClock]]:
    """The one that APScheduler looks at."""
    with patch("apscheduler.schedulers.base.datetime", MovedWallClock):
        try:
            yield MovedWallClock
        finally:
            MovedWallClock.by = timedelta(0)


class Runs:
    """A job that counts its runs."""

    def __init__(self) -> None:
        self.count = 0
        self._ran = asyncio.Condition()

    async def __call__(self) -> None:
        async with self._ran:
            self.count += 1
            self._ran.notify_all()

    async def until(self, more: int) -> Self:
        wanted = self.count + more
        async with asyncio.timeout(10), self._ran:
            await self._ran.wait_for(lambda: self.count >= wanted)
        return self


async def test_a_job_that_fails_runs_again_and_is_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    runs = 0
    again = asyncio.Event()

    async def stumble() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("the shelf broke")
        again.set()

    reported: list[tuple[str, bool]] = []
    scheduler = build_scheduler(
        [Job("stumble", stumble, every_seconds=SOON)],
        on_ran=lambda job, succeeded, seconds: reported.append((job, succeeded)),
    )
    scheduler.start()
    try:
        async with asyncio.timeout(10):
            await again.wait()
    finally:
        scheduler.shutdown(wait=False)
    assert reported[0] == ("stumble", False)
    assert all(one == ("stumble", True) for one in reported[1:])
    [record] = [record for record in caplog.records if record.name == "bot.scheduler"]
    assert (record.getMessage(), record.__dict__["values"]) == ("job_failed", {"job": "stumble"})
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the shelf broke"


async def outcome_of_failing(error: Exception) -> bool:
    """Whether a job that once raised this error was reported as a success."""
    ran = asyncio.Event()
    reported: list[bool] = []

    async def fail() -> None:
        raise error

    def on_ran(job: str, succeeded: bool, seconds: float) -> None:
        reported.append(succeeded)
        ran.set()

    scheduler = build_scheduler([Job("failing", fail, every_seconds=SOON)], on_ran=on_ran)
    scheduler.start()
    try:
        async with asyncio.timeout(10):
            await ran.wait()
    finally:
        scheduler.shutdown(wait=False)
    return any(reported)


async def test_a_job_whose_process_does_not_talk_any_more_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    assert not await outcome_of_failing(Superseded("another process talks now"))
    assert [record for record in caplog.records if record.name == "bot.scheduler"] == []


async def test_a_job_that_meets_an_outage_of_the_database_adds_nothing_to_what_storage_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert not await outcome_of_failing(DatabaseUnreachable("the database server can't be reached"))
    assert caplog.records == []


async def test_a_job_that_the_end_of_the_process_cancels_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.Event().wait()

    scheduler = build_scheduler([Job("wait", wait, every_seconds=SOON)], on_ran=lambda *_: ended.set())
    scheduler.start()
    async with asyncio.timeout(10):
        await begun.wait()
        scheduler.shutdown(wait=False)
        await ended.wait()
        await asyncio.sleep(0)  # the library's own callback comes after the job
    assert caplog.records == []


async def test_a_job_that_is_under_way_is_not_begun_twice_and_holds_no_other_up() -> None:
    logged = io.StringIO()
    under_way = most = others = 0
    enough, goes_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await goes_on.wait()
        under_way -= 1

    async def quick() -> None:
        nonlocal others
        others += 1
        if others > 5:
            enough.set()

    scheduler = build_scheduler([Job("slow", slow, every_seconds=SOON), Job("quick", quick, every_seconds=SOON)])
    logs.configure("INFO", stream=logged)
    scheduler.start()
    try:
        async with asyncio.timeout(10):
            await enough.wait()
    finally:
        goes_on.set()
        scheduler.shutdown(wait=False)
    assert most == 1
    assert logged.getvalue() == ""  # it is ordinary, and nothing to warn of


@pytest.mark.parametrize("by", [timedelta(hours=-2), timedelta(days=-400), timedelta(days=90), timedelta(days=3650)])
async def test_a_wall_clock_that_is_set_delays_no_job_and_repeats_none(by: timedelta) -> None:
    runs = Runs()
    with wall_clock() as clock:
        scheduler = build_scheduler([Job("count", runs, every_seconds=SOON)])
        scheduler.start()
        try:
            await runs.until(more=2)
            clock.by = by
            before, began = runs.count, time.monotonic()
            await runs.until(more=3)
            assert runs.count - before <= (time.monotonic() - began) / SOON + 2
        finally:
            scheduler.shutdown(wait=False)


async def test_after_a_long_standstill_a_job_runs_once_for_all_that_it_missed() -> None:
    runs, ahead = Runs(), 0.0
    scheduler = build_scheduler([Job("count", runs, every_seconds=3600)], steady=lambda: ahead)
    scheduler.start()
    try:
        [job] = scheduler.get_jobs()
        ahead = timedelta(days=90).total_seconds()
        assert len(job._get_run_times(EPOCH + timedelta(seconds=ahead))) == 1
        scheduler.wakeup()
        await runs.until(more=1)
        [job] = scheduler.get_jobs()
        assert job.next_run_time == EPOCH + timedelta(days=90, hours=1)
        assert runs.count == 1
    finally:
        scheduler.shutdown(wait=False)


def test_the_steady_time_is_the_clocks_whatever_the_wall_clock_says() -> None:
    assert datetime.now(SteadyTime(lambda: 5.5)) == EPOCH + timedelta(seconds=5.5)


@pytest.mark.parametrize(
    ("previous", "now", "fires"),
    [
        (None, 100, 110),
        (100, 100, 110),
        (100, 101, 110),  # a late run shifts no later one
        (100, 110, 120),
        (100, 1_000_000, 1_000_010),
    ],
)
def test_the_next_run_is_an_interval_after_the_last_or_after_now(previous: int | None, now: int, fires: int) -> None:
    def at(seconds: int) -> datetime:
        return EPOCH + timedelta(seconds=seconds)

    last = None if previous is None else at(previous)
    assert Interval(10).get_next_fire_time(last, at(now)) == at(fires)


async def test_the_scheduler_sleeps_until_the_next_job() -> None:
    """Else it would look for jobs thousands of times in a second."""

    async def nothing() -> None: ...

    steady = 100.0
    scheduler = build_scheduler([Job("seldom", nothing, 60), Job("often", nothing, 5)], steady=lambda: steady)
    scheduler.start(paused=True)
    scheduler.resume()
    assert scheduler._process_jobs() == 5
    steady += 2
    assert scheduler._process_jobs() == 3
    scheduler.shutdown(wait=False)
