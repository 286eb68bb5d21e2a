"""A wall clock that is set is told apart from one that goes on."""

from datetime import timedelta

import pytest

from bot.clock import ClockWatch
from tests.conftest import Clock


class Steady:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.mark.parametrize("hours", [-2, -24 * 365, 1, 24 * 90])
def test_a_clock_that_was_set_is_told_until_it_is_accepted(clock: Clock, steady: Steady, hours: int) -> None:
    watch = ClockWatch(clock, steady)
    clock.advance(hours=hours)
    assert watch.step() == watch.step() == timedelta(hours=hours)
    watch.accept()
    assert watch.step() == timedelta(0)


def test_time_that_passes_is_no_step(clock: Clock, steady: Steady) -> None:
    watch = ClockWatch(clock, steady)
    clock.advance(days=3)
    steady.seconds += timedelta(days=3).total_seconds()
    assert watch.step() == timedelta(0)


def test_clocks_that_drift_apart_slowly_are_no_step_however_far_they_come(clock: Clock, steady: Steady) -> None:
    watch = ClockWatch(clock, steady)
    for _ in range(1_000):
        clock.advance(seconds=59)
        steady.seconds += 60
        assert watch.step() == timedelta(0)


def test_a_step_is_the_difference_to_the_time_that_passed(clock: Clock, steady: Steady) -> None:
    watch = ClockWatch(clock, steady)
    clock.advance(hours=-1)
    steady.seconds += 30
    assert watch.step() == timedelta(hours=-1, seconds=-30)
