"""Telegram's flood limits, on a clock that tests may move."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.sim.refusal import too_many


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of messages that are accepted. None switches a limit off."""

    per_second: int | None = 30  # messages over all chats
    paid_per_second: int | None = 1_000  # messages with allow_paid_broadcast
    per_chat_burst: int | None = 4  # messages in one chat within per_chat_seconds
    per_chat_seconds: float = 3.0
    per_group_minute: int | None = 20

    @classmethod
    def off(cls) -> "Limits":
        return cls(None, None, None, 3.0, None)


class Flood:
    """Counts messages and refuses those above the limits. A refused message does not count."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._all: deque[float] = deque()
        self._paid: deque[float] = deque()
        self._chats: defaultdict[int, deque[float]] = defaultdict(deque)
        self._groups: defaultdict[int, deque[float]] = defaultdict(deque)

    def count(self, chat_id: int, *, paid: bool) -> None:
        """Count one message to this chat. Raises Refusal with the seconds to wait if a limit is reached."""
        now = self._clock()
        limits = self.limits
        windows: list[tuple[deque[float], int, float]] = []
        if paid and limits.paid_per_second is not None:
            windows.append((self._paid, limits.paid_per_second, 1.0))
        if not paid and limits.per_second is not None:
            windows.append((self._all, limits.per_second, 1.0))
        if limits.per_chat_burst is not None:
            windows.append((self._chats[chat_id], limits.per_chat_burst, limits.per_chat_seconds))
        if chat_id < 0 and limits.per_group_minute is not None:
            windows.append((self._groups[chat_id], limits.per_group_minute, 60.0))
        for times, most, seconds in windows:
            while times and times[0] <= now - seconds:
                times.popleft()
            if len(times) >= most:
                raise too_many(max(1, math.ceil(times[0] + seconds - now)))
        for times, _, _ in windows:
            times.append(now)
