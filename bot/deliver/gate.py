"""The gate: decides which message over all chats is sent next, how far apart messages are sent, and at which rate.

The rate is learned as in congestion control. The number of messages that the server accepted in the second before it
refused is its limit. The gate goes a little below that limit and stays there for some seconds. Then it tries a little
more. If the server refuses nothing, the gate soon tries much more.
"""

import asyncio
import heapq
import math
from collections import deque
from typing import Final

from bot.logs import get_logger
from storage.records import Lane

log = get_logger(__name__)

MARGIN: Final = 1.02  # intervals are longer than allowed by this factor: the network bunches evenly spaced messages
TICK: Final = 0.02  # least seconds between two openings: at 1,000/s, 20 pass at once, for a third of the CPU
START_MARGIN: Final = 1.1  # the same for the first second of messages after idle time: new connections are slow
CATCH_UP: Final = 0.04  # seconds: the gate makes up for a late timer of up to this, not for idle time
WINDOW: Final = 1.01  # seconds in which no more messages than the rate pass, even if timers were late
REFUSED_CHATS: Final = 2  # if so many chats are refused within REFUSED_SECONDS, the total rate is too high
REFUSED_SECONDS: Final = 1.0
BELOW: Final = 0.97  # the new rate, as a part of the messages accepted in the second before
MOST_LOST: Final = 0.5  # a cut takes at most this part of the rate: if we sent few messages, few were accepted
LONGEST_PAUSE: Final = 60.0  # longest wait of all deliveries, in seconds; then the server is tried again
PATIENCE: Final = (8.0, 16.0)  # seconds before a higher rate is tried; doubled if that is refused again
SAME_LIMIT: Final = 1.25  # two limits within this factor are taken for the same limit
GROWTH: Final = 1.03  # factor of the rate per second, up to PASSED times the limit that was found
PASSED: Final = 1.1
FAST_GROWTH: Final = 1.1  # factor of the rate per second, from there on: the server's limit has changed
NO_LIMIT: Final = 20_000.0  # messages per second: more than the bot can send


class Rate:
    """The messages per second that the server accepts: the operator's setting, or less after refusals."""

    def __init__(self, most: float | None) -> None:
        """`most` is in messages per second. None means no limit."""
        self._most = most or math.inf
        self._limit = math.inf  # messages per second that the server was found to allow
        self._base = math.inf  # the rate that was set after the last refusal
        self._since = -math.inf
        self._patience = PATIENCE[0]

    def current(self, now: float) -> float:
        """Returns the rate at this moment in messages per second. Returns infinity if there is no limit."""
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
        """Reduce the rate after a refusal. `accepted` is the number of messages accepted in the second before."""
        rate = self.current(now)
        limit = max(1.0, float(accepted), MOST_LOST * rate if rate < math.inf else 1.0)
        again = max(limit, self._limit) / min(limit, self._limit) < SAME_LIMIT
        self._patience = min(PATIENCE[1], 2 * self._patience) if again else PATIENCE[0]
        self._limit, self._base, self._since = limit, BELOW * limit, now
        log.warning("slower", rate=round(self._base, 1), accepted=accepted, next_try_seconds=round(self._patience))


class DeliveryDismissed(Exception):
    """The gate dismissed a delivery before it was sent."""


class Gate:
    """Lets messages pass one at a time, evenly spaced, the best lane first."""

    def __init__(self, rate: float | None) -> None:
        """`rate` is in messages per second. None means no limit."""
        self._rate = Rate(rate)
        self._waiting: list[tuple[Lane, int, asyncio.Future[None]]] = []
        self._count = 0
        self._next_at = 0.0
        self._opened_at = 0.0
        self._paused_until = 0.0  # for deliveries only, after the server refused several chats
        self._timer: asyncio.TimerHandle | None = None
        self._held: set[str] = set()
        self._passed: deque[float] = deque()  # times at which messages passed, within the last second
        self._accepted: deque[float] = deque()
        self._in_a_row = 0  # messages that passed since the last idle time
        self._refused: deque[tuple[float, int]] = deque(maxlen=256)
        self.deliveries_waiting = 0

    async def wait(self, lane: Lane) -> None:
        """Wait until the caller's message may pass. Raises DeliveryDismissed if the gate dismisses it."""
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
        """Returns whether a message may pass at once, and notes that it passed.

        Without a limit, no message has to wait, and there is no order to keep.
        """
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
        """Dismiss the deliveries that wait: each raises DeliveryDismissed. Replies go on waiting."""
        for lane, _, turn in self._waiting:
            if lane != Lane.REPLY and not turn.done():
                turn.set_exception(DeliveryDismissed())

    def rate(self) -> float:
        """Returns the messages per second that the server is believed to accept, also while deliveries are on hold.

        Returns infinity if there is no limit.
        """
        return self._rate.current(_now())

    def record_accepted(self) -> None:
        """Note that the server accepted a message."""
        _note(self._accepted, _now())

    def record_refused(self, chat_id: int, seconds: float) -> None:
        """Note a 429 for this chat that says to wait `seconds`.

        If several chats are refused within REFUSED_SECONDS, the rate over all chats is reduced.
        """
        now = _now()
        self._refused.append((now, chat_id))
        if now < self._paused_until:
            return  # this message was already in flight when the others were refused
        recent = {chat for at, chat in self._refused if at > now - REFUSED_SECONDS}
        if len(recent) >= REFUSED_CHATS:
            self._rate.reduce(now, sum(at > now - 1.0 for at in self._accepted))
            self._paused_until = now + min(LONGEST_PAUSE, seconds)
            self._rearm()

    def _may_pass(self) -> bool:
        while self._waiting and self._waiting[0][2].done():  # it was cancelled or dismissed while it waited
            heapq.heappop(self._waiting)
        return bool(self._waiting) and not (self._held and self._waiting[0][0] != Lane.REPLY)

    def _opens_at(self, now: float) -> float:
        """Returns when the most urgent message that waits may pass."""
        at = self._next_at
        if self._waiting[0][0] != Lane.REPLY:
            at = max(at, self._paused_until)
        most = self._rate.current(now)
        if 2 <= most < math.inf and len(self._passed) >= int(most):
            at = max(at, self._passed[-int(most)] + WINDOW)
        return at

    def _arm(self) -> None:
        if self._timer is None and self._may_pass():
            # A timer even if the time has come: if several messages come at once, the best lane must pass first.
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
    """Add this moment, and drop the moments that are older than the window."""
    times.append(now)
    while times[0] < now - WINDOW:
        times.popleft()


def _now() -> float:
    return asyncio.get_running_loop().time()
