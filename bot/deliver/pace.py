"""The pacer: decides when a message may be sent. Replies, edits and deliveries share one budget, replies first.

Telegram publishes no exact limits and changes them. So the pacer stays a little below the known limits: 30 messages a
second over all chats, one a second in a chat after a short burst, and 20 a minute in a group. It also learns from
each 429. A refused chat waits as long as the 429 says. If several chats are refused at once, the total rate is too
high (`gate.py`).
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
from bot.telegram_http import StatusRefused, retry_after_seconds
from storage.records import Lane

MARGIN: Final = 1.03  # the intervals in a chat are longer than allowed by this factor
CHAT_INTERVAL: Final = MARGIN / FloodLimit.MESSAGES_PER_SECOND_PER_CHAT  # seconds between messages in one chat
CHAT_BURST: Final = 3  # replies in a row; deliveries leave the burst to replies
GROUP_LIMIT: Final = int(FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP)
GROUP_WINDOW: Final = 60 * MARGIN  # seconds in which GROUP_LIMIT messages may be sent to a group
GROUP_RESERVE: Final = 2  # messages of a group's minute that deliveries leave to replies
REPLY_PATIENCE: Final = 60.0  # seconds for which a reply waits and tries again after a 429 or a failure
DELIVERY_PATIENCE: Final = 2.0  # the same for a delivery: enough to retry as plain text, then other chats go first
REPLY_RETRIES: Final = (0.5, 1.5, 4.0)  # seconds before a reply is tried again after the server failed
CHATS_KEPT: Final = 10_000  # with so many known, the chats that may be sent a message at once are forgotten

NOT_REPEATED: Final = "createForumTopic"  # without an answer, each attempt may leave another topic

JSONAnswer = bool | dict[str, Any] | list[dict[str, Any]]
Callback = Callable[..., Coroutine[Any, Any, JSONAnswer]]
Answer = TypeVar("Answer")


class Pacer(BaseRateLimiter[Lane]):
    """The library's rate limiter. `rate_limit_args` is the Lane. A request without a lane is a reply.

    If the server refuses a reply or fails, the pacer waits and tries again, since a person waits for the reply. A
    delivery raises `RetryAfter` instead: the sender has messages for other chats.
    """

    def __init__(self, rate: float | None) -> None:
        """`rate` is in messages per second over all chats. None means no limit."""
        self.on_delivery_passed: Callable[[], None] = lambda: None  # called when there is room for another
        self._gate = Gate(rate)
        self._chats: dict[int, ChatPace] = {}
        self._sweep_at = CHATS_KEPT

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    @property
    def deliveries_waiting(self) -> int:
        """The number of deliveries that wait at the gate."""
        return self._gate.deliveries_waiting

    def hold(self, reason: str) -> None:
        """Let only replies pass, until every reason to hold is released."""
        self._gate.hold(reason)

    def release(self, reason: str) -> bool:
        """Returns whether deliveries were held for this reason."""
        return self._gate.release(reason)

    def dismiss_deliveries(self) -> None:
        """Dismiss the deliveries that wait at the gate: each raises `gate.DeliveryDismissed`."""
        self._gate.dismiss_deliveries()

    @property
    def rate(self) -> float:
        """The messages per second that Telegram is known to accept now; infinity if there is no limit."""
        return self._gate.rate()

    def seconds_until_allowed(self, chat_id: int, lane: Lane = Lane.ALERT) -> float:
        """Returns the number of seconds until a message of this lane may be sent to this chat."""
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
        if endpoint == NOT_REPEATED:
            return await self.send_when_allowed(chat_id, Lane.REPLY, partial(callback, *args, **kwargs))
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
            except (BadRequest, StatusRefused, TimedOut):  # a bug of the bot, or a reply that may have arrived
                raise
            except NetworkError:
                pause = next(retries, REPLY_PATIENCE)
                if _now() + pause > give_up_at or pause == REPLY_PATIENCE:
                    raise
            await asyncio.sleep(pause)

    async def send_when_allowed(
        self, chat_id: int, lane: Lane, request: Callable[[], Coroutine[Any, Any, Answer]]
    ) -> Answer:
        """Make the request when a message of this lane may be sent to this chat, and learn from the answer.

        Raises RetryAfter without a request if the wait would be too long. Raises `gate.DeliveryDismissed` if the gate
        dismisses the delivery.
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
                # The chat was refused while this message waited. Another request would only prolong the wait.
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
    """Knows when one chat may be sent a message."""

    __slots__ = ("_free_at", "_minute", "blocked_until")

    def __init__(self, *, group: bool) -> None:
        self.blocked_until = 0.0  # the time that a 429 gave
        # When the whole burst is available again. Each message moves this time by one interval (GCRA).
        self._free_at = 0.0
        self._minute: deque[float] | None = deque(maxlen=GROUP_LIMIT) if group else None

    def seconds_until_allowed(self, now: float, lane: Lane) -> float:
        """Returns the number of seconds until a message of this lane may be sent."""
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
        """Move a reservation to now, when its message is sent: Telegram counts from this time."""
        self._free_at = max(self._free_at, now + CHAT_INTERVAL)
        if self._minute and reserved_at in self._minute:
            self._minute.remove(reserved_at)
            self._minute.append(now)

    def cancel_reservation(self, reserved_at: float) -> None:
        """Cancel a reservation whose message was not sent."""
        self._free_at -= CHAT_INTERVAL
        if self._minute and reserved_at in self._minute:
            self._minute.remove(reserved_at)

    def is_idle(self, now: float) -> bool:
        """Returns whether this chat may be sent a message at once. If so, its pace may be forgotten."""
        recent = self._minute and self._minute[-1] + GROUP_WINDOW > now
        return not recent and max(self.blocked_until, self._free_at) <= now


async def _wait_for_chat(pace: ChatPace, lane: Lane) -> None:
    """Wait until the chat may be sent a message.

    Raises RetryAfter if the wait would be longer than the patience of the lane.
    """
    patience = REPLY_PATIENCE if lane == Lane.REPLY else DELIVERY_PATIENCE
    wait = pace.seconds_until_allowed(_now(), lane)
    while wait > 0:
        if wait > patience:
            raise RetryAfter(math.ceil(wait))
        await asyncio.sleep(wait)
        wait = pace.seconds_until_allowed(_now(), lane)  # another reply may have used the slot meanwhile


def _counts(endpoint: str) -> bool:
    """Returns whether Telegram counts this method as a message."""
    if endpoint.endswith("ForumTopic"):  # each leaves a message about it
        return True
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"


def _now() -> float:
    return asyncio.get_running_loop().time()
