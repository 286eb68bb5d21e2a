"""How fast we send: one budget for replies, edits and deliveries, replies first, and what each refusal teaches.

Telegram publishes no exact limits and moves them, so the pacer keeps a little below what is known (30 messages a
second over all chats, one a second in a chat after a short burst, 20 a minute in a group) and learns from each 429:
a chat that was refused waits as long as it was told; several chats refused at once mean that the whole is too fast
(`gate.py`).
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeVar

from telegram.constants import FloodLimit
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut
from telegram.ext import BaseRateLimiter

from bot.deliver.gate import Gate
from bot.telegram_http import retry_after_seconds
from storage.records import Lane

MARGIN: Final = 1.03  # a chat's intervals are this much longer than allowed
CHAT_INTERVAL: Final = MARGIN / FloodLimit.MESSAGES_PER_SECOND_PER_CHAT  # seconds between messages in one chat
CHAT_BURST: Final = 3  # replies in a row; deliveries leave the burst to them
GROUP_LIMIT: Final = int(FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP)
GROUP_WINDOW: Final = 60 * MARGIN  # seconds
GROUP_RESERVE: Final = 2  # places in a group's minute that deliveries leave to replies
REPLY_PATIENCE: Final = 60.0  # seconds for which a reply waits out flood and failures
DELIVERY_PATIENCE: Final = 2.0  # the same for a delivery: a second try as plain text fits, more is for other chats
REPLY_RETRIES: Final = (0.5, 1.5, 4.0)  # seconds before a reply that met a failing server is tried again
CHATS_KEPT: Final = 10_000  # then those that may be written to at once are forgotten

JSONAnswer = bool | dict[str, Any] | list[dict[str, Any]]
Callback = Callable[..., Coroutine[Any, Any, JSONAnswer]]
Answer = TypeVar("Answer")


class Pacer(BaseRateLimiter[Lane]):
    """The library's rate limiter. `rate_limit_args` is the Lane; without one, a request is a reply.

    Replies wait out floods and a failing server here, since a person waits for them. A delivery is refused with
    `RetryAfter` instead: the sender has other chats to write to.
    """

    def __init__(self, rate: float | None) -> None:
        """`rate` is in messages per second over all chats; None is unlimited."""
        self.on_delivery_passed: Callable[[], None] = lambda: None  # one left the gate: there is room for another
        self._gate = Gate(rate)
        self._chats: dict[int, ChatPace] = {}
        self._sweep_at = CHATS_KEPT

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    @property
    def deliveries_waiting(self) -> int:
        """How many deliveries have not been sent yet, because it is not their turn."""
        return self._gate.deliveries_waiting

    def hold(self, reason: str) -> None:
        """Let only replies pass, until every reason to hold is released."""
        self._gate.hold(reason)

    def release(self, reason: str) -> bool:
        """Returns whether deliveries were held for this reason."""
        return self._gate.release(reason)

    def dismiss_deliveries(self) -> None:
        """Turn away the deliveries that wait for their turn: each raises `gate.DeliveryDismissed`."""
        self._gate.dismiss_deliveries()

    @property
    def rate(self) -> float:
        """Messages a second that Telegram takes now, as far as we know; infinite where nothing limits us."""
        return self._gate.rate()

    def seconds_until_allowed(self, chat_id: int, lane: Lane = Lane.ALERT) -> float:
        """Returns the seconds until a message of that lane may be sent to that chat."""
        pace = self._chats.get(chat_id)
        return pace.seconds_until_allowed(_now(), lane) if pace else 0.0

    async def process_request(
        self,
        callback: Callback,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Lane | None,
    ) -> JSONAnswer:
        chat_id = data.get("chat_id")
        if not isinstance(chat_id, int) or not _counts(endpoint):
            return await callback(*args, **kwargs)
        if rate_limit_args in (None, Lane.REPLY):
            return await self._reply(chat_id, partial(callback, *args, **kwargs))
        return await self.send_when_allowed(
            chat_id, rate_limit_args or Lane.REPLY, partial(callback, *args, **kwargs)
        )

    async def _reply(self, chat_id: int, request: Callable[[], Coroutine[Any, Any, JSONAnswer]]) -> JSONAnswer:
        give_up_at = _now() + REPLY_PATIENCE
        retries = iter(REPLY_RETRIES)
        while True:
            try:
                return await self.send_when_allowed(chat_id, Lane.REPLY, request)
            except RetryAfter as error:
                pause = retry_after_seconds(error)
                if _now() + pause > give_up_at:
                    raise
            except (BadRequest, TimedOut):  # our mistake, or perhaps delivered
                raise
            except NetworkError:
                pause = next(retries, REPLY_PATIENCE)
                if _now() + pause > give_up_at or pause == REPLY_PATIENCE:
                    raise
            await asyncio.sleep(pause)

    async def send_when_allowed(
        self, chat_id: int, lane: Lane, request: Callable[[], Coroutine[Any, Any, Answer]]
    ) -> Answer:
        """Make the request when a message of that lane may be sent to that chat, and learn from the answer.

        Raises RetryAfter, without asking, where that is not soon, and `gate.DeliveryDismissed`.
        """
        pace = self._pace(chat_id)
        await _wait_for_chat(pace, lane)
        pace.reserve(reserved_at := _now())
        try:
            await self._gate.wait(lane)
        except BaseException:
            pace.cancel_reservation(reserved_at)
            raise
        pace.move_to_send_time(reserved_at, _now())
        if lane != Lane.REPLY:
            self.on_delivery_passed()
            if pace.blocked_until > (now := _now()):
                # Refused while this one waited for its turn: asking again would only prolong it.
                raise RetryAfter(math.ceil(pace.blocked_until - now))
        try:
            answer = await request()
        except RetryAfter as error:
            pace.blocked_until = max(pace.blocked_until, _now() + retry_after_seconds(error))
            self._gate.record_refused(chat_id, retry_after_seconds(error))
            raise
        self._gate.record_accepted()
        return answer

    def _pace(self, chat_id: int) -> "ChatPace":
        if (pace := self._chats.get(chat_id)) is None:
            if len(self._chats) >= self._sweep_at:
                now = _now()
                self._chats = {known: pace for known, pace in self._chats.items() if not pace.is_idle(now)}
                self._sweep_at = max(CHATS_KEPT, 2 * len(self._chats))
            pace = self._chats[chat_id] = ChatPace(group=chat_id < 0)
        return pace


class ChatPace:
    """When one chat may be written to."""

    __slots__ = ("_free_at", "_minute", "blocked_until")

    def __init__(self, *, group: bool) -> None:
        self.blocked_until = 0.0  # what a 429 said
        # When all of the burst is available again; each message moves it by one interval (GCRA).
        self._free_at = 0.0
        self._minute: deque[float] | None = deque(maxlen=GROUP_LIMIT) if group else None

    def seconds_until_allowed(self, now: float, lane: Lane) -> float:
        """Returns the seconds until a message of that lane may be sent."""
        burst = CHAT_BURST - 1 if lane == Lane.REPLY else 0
        until = max(self.blocked_until, self._free_at - burst * CHAT_INTERVAL)
        places = GROUP_LIMIT - (0 if lane == Lane.REPLY else GROUP_RESERVE)
        if self._minute is not None and len(self._minute) >= places:
            until = max(until, self._minute[-places] + GROUP_WINDOW)
        return max(0.0, until - now)

    def reserve(self, now: float) -> None:
        self._free_at = max(self._free_at, now) + CHAT_INTERVAL
        if self._minute is not None:
            self._minute.append(now)

    def move_to_send_time(self, reserved_at: float, now: float) -> None:
        """what was reserved then goes now: Telegram counts from here."""
        self._free_at = max(self._free_at, now + CHAT_INTERVAL)
        if self._minute and reserved_at in self._minute:
            self._minute.remove(reserved_at)
            self._minute.append(now)

    def cancel_reservation(self, reserved_at: float) -> None:
        """what was reserved then did not go."""
        self._free_at -= CHAT_INTERVAL
        if self._minute and reserved_at in self._minute:
            self._minute.remove(reserved_at)

    def is_idle(self, now: float) -> bool:
        """Returns whether this chat may be written to at once, so that its pace may be forgotten."""
        recent = self._minute and self._minute[-1] + GROUP_WINDOW > now
        return not recent and max(self.blocked_until, self._free_at) <= now


async def _wait_for_chat(pace: ChatPace, lane: Lane) -> None:
    """Wait until the chat may be written to. Raises RetryAfter where that is later than the lane has patience."""
    patience = REPLY_PATIENCE if lane == Lane.REPLY else DELIVERY_PATIENCE
    wait = pace.seconds_until_allowed(_now(), lane)
    while wait > 0:
        if wait > patience:
            raise RetryAfter(math.ceil(wait))
        await asyncio.sleep(wait)
        wait = pace.seconds_until_allowed(_now(), lane)  # another reply may have taken the place meanwhile


def _counts(endpoint: str) -> bool:
    """Whether Telegram counts this method as a message."""
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"


def _now() -> float:
    return asyncio.get_running_loop().time()
