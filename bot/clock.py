"""Tells when the wall clock was set: by a person, by a time server, or by a machine that woke up."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

SLACK: Final = timedelta(seconds=2)  # by which the two clocks may drift apart between two looks


class ClockWatch:
    """Compares the wall clock with a clock that only goes forward."""

    def __init__(self, now: Callable[[], datetime], steady: Callable[[], float] = time.monotonic) -> None:
        """`steady` gives seconds since any moment."""
        self._now = now
        self._steady = steady
        self._seen = (now(), steady())

    def step(self) -> timedelta:
        """Returns how far the wall clock was set since the last look; negative if it was set back.

        A step is returned until `accept` is called, so that what follows from it may fail and be tried again.
        """
        wall, steady = self._seen
        seen = (self._now(), self._steady())
        step = seen[0] - wall - timedelta(seconds=seen[1] - steady)
        if abs(step) > SLACK:
            return step
        self._seen = seen
        return timedelta(0)

    def accept(self) -> None:
        """The present wall clock is taken for right."""
        self._seen = (self._now(), self._steady())
