"""The budget over all chats: who passes next, how far apart, and what the server's refusals say about the rate.

The rate is learned as congestion control does it: what the server accepted in the second before it refused is what it
allows; we go a little below that, stay there, try a little more, and where nothing is refused, soon much more.
"""

import asyncio
import heapq
import math
from collections import deque
from typing import Final

from bot.logs import get_logger
from storage.records import Lane

log = get_logger(__name__)

MARGIN: Final = 1.02  # intervals are this much longer than allowed: the network bunches what we space evenly
TICK: Final = 0.02  # seconds between two openings at least: at 1,000/s twenty pass at once, for a third of the CPU
START_MARGIN: Final = 1.1  # the same for the first second's worth after idle time: new connections are slow
CATCH_UP: Final = 0.04  # seconds: a late timer is made up for, idle time is not
WINDOW: Final = 1.01  # seconds in which no more than the rate passes, however late timers were
REFUSED_CHATS: Final = 2  # refused within REFUSED_SECONDS, these say that the whole is too fast, not one chat
REFUSED_SECONDS: Final = 1.0
BELOW: Final = 0.97  # of what was accepted in the second before
MOST_LOST: Final = 0.5  # the rate is cut by no more at once: where we sent little, what was accepted says little
LONGEST_PAUSE: Final = 60.0  # seconds for which the whole waits at once; then it is asked again
PATIENCE: Final = (8.0, 16.0)  # seconds before more is tried; doubled each time that it is refused again
SAME_LIMIT: Final = 1.25  # the factor within which two limits are the same one
GROWTH: Final = 1.03  # a second, up to PASSED times the limit that was found
PASSED: Final = 1.1
FAST_GROWTH: Final = 1.1  # a second, from there: the server has changed its mind
NO_LIMIT: Final = 20_000.0  # messages a second: more than we can send


class Rate:
    """Messages a second that the server takes: what the operator said, or less while refusals say so."""

    def __init__(self, most: float | None) -> None:
        """`most` None is unlimited."""
        self._most = most or math.inf
        self._limit = math.inf  # what the server was found to allow
        self._base = math.inf  # our rate when it refused last
        self._since = -math.inf
        self._patience = PATIENCE[0]

    def current(self, now: float) -> float:
        """Returns the rate at this moment; infinite if nothing limits it."""
        if self._base == math.inf:
            return self._most
        rate = self._grown(max(0.0, now - self._since - self._patience))
        if rate >= min(self._most, NO_LIMIT):
            self._base = math.inf
            return self._most
        return rate

    def _grown(self, seconds: float) -> float:
        slowly = math.log(PASSED / BELOW, GROWTH)
        if seconds <= slowly:
            return self._base * math.pow(GROWTH, seconds)
        return PASSED * self._limit * math.pow(FAST_GROWTH, min(seconds - slowly, 200.0))

    def reduce(self, now: float, accepted: int) -> None:
        """The server refused, after it had accepted so many in the second before."""
        rate = self.current(now)
        limit = max(1.0, float(accepted), MOST_LOST * rate if rate < math.inf else 1.0)
        again = max(limit, self._limit) / min(limit, self._limit) < SAME_LIMIT
        self._patience = min(PATIENCE[1], 2 * self._patience) if again else PATIENCE[0]
        self._limit, self._base, self._since = limit, BELOW * limit, now
        log.warning("slower", rate=round(self._base, 1), accepted=accepted, next_try_seconds=round(self._patience))


class DeliveryDismissed(Exception):
    """A delivery was turned away at the gate, before it was sent."""


class Gate:
    """One passes at a time, evenly spaced, the best lane first."""

    def __init__(self, rate: float | None) -> None:
        """`rate` is in messages a second; None is unlimited."""
        self._rate = Rate(rate)
        self._waiting: list[tuple[Lane, int, asyncio.Future[None]]] = []
        self._count = 0
        self._next_at = 0.0
        self._opened_at = 0.0
        self._paused_until = 0.0  # for deliveries, where the server refused everybody
        self._timer: asyncio.TimerHandle | None = None
        self._held: set[str] = set()
        self._passed: deque[float] = deque()  # when, within the last second
        self._accepted: deque[float] = deque()
        self._in_a_row = 0  # passed since there was idle time
        self._refused: deque[tuple[float, int]] = deque(maxlen=256)
        self.deliveries_waiting = 0

    async def wait(self, lane: Lane) -> None:
        """Return when it is this one's turn. Raises DeliveryDismissed."""
        if not self._waiting and not self._held and self._timer is None and self._passes_freely(_now(), lane):
            return
        if not self._waiting:
            self._after_idle(_now())
        delivery = lane != Lane.REPLY
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (lane, self._count, turn))
        self._count += 1
        self.deliveries_waiting += delivery
        try:
            self._arm() if delivery else self._rearm()
            await turn
        finally:
            self.deliveries_waiting -= delivery

    def _after_idle(self, now: float) -> None:
        self._next_at = max(self._next_at, now)
        if not self._passed or self._passed[-1] < now - WINDOW:
            self._in_a_row = 0

    def _passes_freely(self, now: float, lane: Lane) -> bool:
        """Without any limit nobody has to wait, and no order has to be kept."""
        if self._rate.current(now) < math.inf or (now < self._paused_until and lane != Lane.REPLY):
            return False
        _note(self._passed, now)
        return True

    def hold(self, reason: str) -> None:
        """Let only replies pass, until every reason to hold is released."""
        self._held.add(reason)

    def release(self, reason: str) -> bool:
        """Returns whether deliveries were held for this reason."""
        held = reason in self._held
        self._held.discard(reason)
        self._arm()
        return held

    def dismiss_deliveries(self) -> None:
        """Turn away the deliveries that wait: each raises DeliveryDismissed. Replies stay."""
        for lane, _, turn in self._waiting:
            if lane != Lane.REPLY and not turn.done():
                turn.set_exception(DeliveryDismissed())

    def rate(self) -> float:
        """Messages a second that may pass now; infinite where nothing limits them."""
        return self._rate.current(_now())

    def record_accepted(self) -> None:
        """Note that the server took a message."""
        _note(self._accepted, _now())

    def record_refused(self, chat_id: int, seconds: float) -> None:
        """Note a 429 that says to wait so long; where several chats were refused at once, all of us go slower."""
        now = _now()
        self._refused.append((now, chat_id))
        if now < self._paused_until:
            return  # it was under way when the others were refused
        recent = {chat for at, chat in self._refused if at > now - REFUSED_SECONDS}
        if len(recent) >= REFUSED_CHATS:
            self._rate.reduce(now, sum(at > now - 1.0 for at in self._accepted))
            self._paused_until = now + min(LONGEST_PAUSE, seconds)
            self._rearm()

    def _may_pass(self) -> bool:
        while self._waiting and self._waiting[0][2].done():  # cancelled while it waited
            heapq.heappop(self._waiting)
        return bool(self._waiting) and not (self._held and self._waiting[0][0] != Lane.REPLY)

    def _opens_at(self, now: float) -> float:
        """When the best of those who wait may pass."""
        at = self._next_at
        if self._waiting[0][0] != Lane.REPLY:
            at = max(at, self._paused_until)
        most = self._rate.current(now)
        if 2 <= most < math.inf and len(self._passed) >= int(most):
            at = max(at, self._passed[-int(most)] + WINDOW)
        return at

    def _arm(self) -> None:
        if self._timer is None and self._may_pass():
            # Through the loop even when it is time already, so that of those who come at once the best lane wins.
            now = _now()
            at = max(self._opens_at(now), now)
            if self._waiting[0][0] != Lane.REPLY:
                at = max(at, self._opened_at + TICK)
            self._timer = asyncio.get_running_loop().call_at(at, self._open)

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._arm()

    def _open(self) -> None:
        self._timer = None
        now = self._opened_at = _now()
        while self._may_pass() and self._opens_at(now) <= now:
            heapq.heappop(self._waiting)[2].set_result(None)
            _note(self._passed, now)
            rate = self._rate.current(now)
            self._in_a_row += 1
            margin = START_MARGIN if self._in_a_row <= rate else MARGIN
            self._next_at = max(self._next_at, now - CATCH_UP) + margin / rate
        self._arm()


def _note(times: deque[float], now: float) -> None:
    """Add this moment, and forget those that the window has left behind."""
    times.append(now)
    while times[0] < now - WINDOW:
        times.popleft()


def _now() -> float:
    return asyncio.get_running_loop().time()
