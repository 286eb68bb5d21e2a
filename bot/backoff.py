"""Growing pauses between attempts at something that fails."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

MOST_DOUBLED: Final = 60  # times: a larger power of two is no float any more, and any ceiling is reached long before


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pause doubles with each failure in a row, up to a ceiling.

    The jitter makes each pause a little shorter at random. Clients that failed at the same moment then do not all
    come back at the same moment.
    """

    first: float  # seconds
    longest: float  # seconds
    jitter: float = 0.25  # the largest part of a pause that is cut off
    random: Callable[[], float] = field(default=random.random, repr=False)  # 0 to 1

    def pause(self, failures: int) -> float:
        """Returns the seconds to wait after this many failures in a row. The first failure is number 1."""
        doubled = self.first * 2.0 ** min(max(0, failures - 1), MOST_DOUBLED)
        return min(self.longest, doubled) * (1 - self.jitter * self.random())

    def pauses(self) -> Iterator[float]:
        """Yields the pauses of one spell of failures, without end."""
        return map(self.pause, count(1))
