"""Tells how long a call of a hook would wait, so that one that would wait for too long is refused at once.

What a machine can store in a second differs by a hundred times, and so do articles. So the pace is that of late, and
its unit is the byte of a body.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from bot.ingest.errors import IngestError

MOST_WAITING: Final = 500  # calls
MOST_AT_FIRST: Final = 150  # calls, until the first one is answered: how long it takes is not known yet
MOST_SECONDS: Final = 2.0  # that a call may have to wait for those before it; Ghost waits for its answer for two
# Calls of a hook that are taken whatever waits: the pace becomes known again, and a CMS that sends each article once,
# such as Ghost or WordPress, is not refused because another program sends hundreds.
FEW: Final = 8
REMEMBERED: Final = 0.98  # share of the pace that stays with each call: of the last 50, the most counts


class Busy(IngestError):
    """Too many calls wait."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is after how long those that wait are probably answered."""
        super().__init__("too many calls wait")
        self.seconds = seconds


class WaitingCalls:
    """Counts the calls that are read or stored. Use one for the whole process."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        """`steady` returns seconds."""
        self._steady = steady
        self._calls: Counter[int] = Counter()  # by hook
        self._bytes = 0  # of the bodies of these calls
        self._last = 0.0  # when the last call was answered, or the first one came after a pause
        self._seconds, self._done = 0.0, 0.0  # of late: seconds with calls in hand, and bytes answered in them

    @contextmanager
    def enter(self, size: int, hook: int) -> Iterator[None]:
        """A call of a hook with a body of `size` bytes waits inside this context.

        Raises Busy if it would wait for too long.
        """
        self.check(hook)
        if not self._calls:
            self._last = self._steady()
        self._calls[hook] += 1
        self._bytes += size
        try:
            yield
        finally:
            self._calls[hook] -= 1
            if not self._calls[hook]:
                del self._calls[hook]
            self._bytes -= size
            self._note_done(size)

    def check(self, hook: int) -> None:
        """Raises Busy if a call of a hook that comes now would wait for too long."""
        if self._calls[hook] >= FEW and not self.is_room:
            raise Busy(self.expected())

    @property
    def is_room(self) -> bool:
        """Whether a call of any hook would be taken now."""
        most = MOST_WAITING if self._done else MOST_AT_FIRST
        return self._calls.total() < most and self.expected() <= MOST_SECONDS

    def expected(self) -> float:
        """Returns the seconds after which the calls that wait now are probably answered."""
        if not self._calls:
            return 0.0
        stalled = self._steady() - self._last  # nothing was answered since, whatever the pace was
        return max(stalled, self._bytes * self._seconds / self._done if self._done else 0.0)

    def _note_done(self, size: int) -> None:
        now = self._steady()
        self._seconds = REMEMBERED * self._seconds + now - self._last
        self._done = REMEMBERED * self._done + size
        self._last = now
