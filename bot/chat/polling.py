"""Polling: fetches updates from Telegram as raw JSON, and confirms them only after they are committed.

The library's own poller parses updates before it hands them out. One update that it can't parse would end polling for
ever, because Telegram repeats updates until they are confirmed.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot import logs
from bot.backoff import Backoff
from bot.telegram_http import READ_SECONDS, Form, NothingThere, post, retry_after_seconds
from storage.errors import StorageError

log = logs.get_logger(__name__)

POLL_SECONDS: Final = 30  # for which Telegram holds getUpdates open
AFTER_FAILURE: Final = Backoff(1.0, 30.0)
AFTER_NOTHING_NEW: Final = Backoff(0.5, 30.0)  # the server repeats updates, or answers at once without any
LONGEST_WAIT: Final = 60.0  # seconds; a 429 with a longer one is not waited out
SHORTEST_POLL: Final = 1.0  # seconds; an empty answer within these was not held open by the server
FINISH_SECONDS: Final = 5.0  # time that `finish` has to confirm


@dataclass(frozen=True, slots=True)
class ReceiveResult:
    """The result of receiving a list of updates."""

    last: int | None  # the largest number among them; None: no update had a number
    new: int  # number of updates that were not received before


class UpdateReceiver(Protocol):
    """Stores updates. Both methods may raise StorageError."""

    async def receive(self, updates: Sequence[Any], *, confirmed: int = 0) -> ReceiveResult:
        """Commit the updates. Telegram has been told that the bot has all updates before `confirmed`."""

    async def confirm(self, before: int) -> None:
        """Record that Telegram was told that the bot has all updates before this number."""


class Poller:
    """Polls Telegram. `run` goes on after every error until it is cancelled. Call `finish` after that."""

    def __init__(
        self, request: BaseRequest, base_url: str, receiver: UpdateReceiver, *, allowed_updates: Sequence[str]
    ) -> None:
        self._request = request
        self._base_url = base_url
        self._receiver = receiver
        self._allowed_updates = json.dumps(list(allowed_updates))
        # All updates before this number are committed. None after Telegram returned no more updates: Telegram numbers
        # anew after a quiet week, and an old offset would hide the new updates.
        self._offset: int | None = None
        self._webhook = True  # a webhook may be set, and getUpdates is refused meanwhile

    async def run(self) -> None:
        failures = fruitless = 0
        while True:
            try:
                fruitless = 0 if await self._poll() else fruitless + 1
                pause = AFTER_NOTHING_NEW.pause(fruitless) if fruitless else 0.0
                failures = 0
            except Exception as error:  # polling goes on after every error, programming errors included
                failures += 1
                pause = self._pause_after(error, failures)
            if pause:
                await asyncio.sleep(pause)

    def _pause_after(self, error: Exception, failures: int) -> float:
        pause = AFTER_FAILURE.pause(failures)
        match error:
            case RetryAfter():
                pause = min(LONGEST_WAIT, retry_after_seconds(error))
            case Conflict():  # another poller, or a webhook
                self._webhook = True
        known = isinstance(error, TelegramError | StorageError)
        log.warning(
            "polling_failed",
            reason=error if known else type(error).__name__,
            next_try_seconds=round(pause),
            exc_info=None if known else error,
        )
        return pause

    async def _poll(self) -> bool:
        """Fetch and commit the next updates. Returns False if the response brought no progress."""
        if self._webhook:
            await self._end_webhook()
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        updates = await self._fetch(POLL_SECONDS)
        confirmed = self._offset
        if updates:
            received = await self._receiver.receive(updates, confirmed=confirmed or 0)
            if received.last is not None:
                self._offset = received.last + 1
            return received.new > 0 or self._offset != confirmed
        await self._confirmed()
        return loop.time() - asked_at > SHORTEST_POLL

    async def _end_webhook(self) -> None:
        """Delete a webhook, if there is one. A server that does not know the method has no webhooks.

        If the server refuses the token with the same error, it does so for getUpdates, too. If a webhook is there
        after all, getUpdates meets a conflict, and the method is called again.
        """
        try:
            await post(self._request, f"{self._base_url}/deleteWebhook", Form(b""))
        except (InvalidToken, NothingThere) as error:
            log.warning("webhook_not_deleted", reason=error)
        self._webhook = False

    async def _confirmed(self) -> None:
        """Record that Telegram has no unconfirmed updates, and forget the offset."""
        if self._offset is not None:
            await self._receiver.confirm(self._offset)
            self._offset = None

    async def _fetch(self, seconds: int) -> list[Any]:
        """Request the next updates, and confirm those before the offset. Telegram waits up to `seconds`."""
        asked: dict[str, Any] = {"timeout": seconds, "allowed_updates": self._allowed_updates}
        if self._offset is not None:
            asked["offset"] = self._offset
        form = Form(urlencode(asked).encode())
        url = f"{self._base_url}/getUpdates"
        updates = await post(self._request, url, form, read_seconds=seconds + READ_SECONDS)
        if not isinstance(updates, list):
            raise NetworkError("getUpdates gave no list")
        return updates

    async def finish(self) -> None:
        """Confirm the last updates after `run` has ended. Else Telegram repeats them at the next start."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                await self._fetch(0)
                await self._confirmed()
        except (TelegramError, StorageError, TimeoutError) as error:
            log.warning("not_confirmed", reason=error)
