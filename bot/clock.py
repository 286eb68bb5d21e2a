"""Detects that the wall clock was set: by a person, by a time server, or when a machine woke up."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

SLACK: Final = timedelta(seconds=2)  # the two clocks may drift apart by this much between two looks


class ClockWatch:
    """Compares the wall clock with a clock that only goes forward."""

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = time.monotonic) -> None:
        """`steady` returns seconds since any fixed moment."""
        self._now = now
        self._steady = steady
        self._seen = (now(), steady())

    def step(self) -> timedelta:
        """Returns how far the wall clock was set since the last look. The step is negative if it was set back.

        The same step is returned until `accept` is called. So if the caller fails to act on it, it can try again.
        """
        wall, steady = self._seen
        seen = (self._now(), self._steady())
        step = seen[0] - wall - timedelta(seconds=seen[1] - steady)
        if abs(step) > SLACK:
            return step
        self._seen = seen
        return timedelta(0)

    def accept(self) -> None:
        """Take the present time of the wall clock as correct."""
        self._seen = (self._now(), self._steady())
