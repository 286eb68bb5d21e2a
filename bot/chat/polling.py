"""Polling: updates are fetched from Telegram as raw JSON, and confirmed to it only when they are committed.

The library parses what it polls before it hands anything out. One update that it can't parse then ends polling for
ever, since Telegram gives the same updates again until they are confirmed.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from telegram.error import Conflict, NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot import logs
from bot.backoff import Backoff
from bot.telegram_http import READ_SECONDS, Form, seconds_told
from storage.errors import StorageError

log = logs.get_logger(__name__)

POLL_SECONDS: Final = 30  # for which Telegram holds getUpdates open
AFTER_FAILURE: Final = Backoff(1.0, 30.0)
AFTER_NOTHING_NEW: Final = Backoff(0.5, 30.0)  # a server that gives the same updates again, or none at once
LONGEST_WAIT: Final = 60.0  # seconds for which a 429 may keep us from polling
SHORTEST_POLL: Final = 1.0  # seconds: an empty answer within this was not held open
FINISH_SECONDS: Final = 5.0  # for confirming at the end


@dataclass(frozen=True, slots=True)
class ReceiveResult:
    """What became of a list of updates."""

    last: int | None  # the largest number among them; None: no update had a number
    new: int  # updates that we did not have


class UpdateReceiver(Protocol):
    """Where updates go. Both methods may raise StorageError."""

    async def receive(self, updates: Sequence[Any], *, confirmed: int = 0) -> ReceiveResult:
        """Commit the updates before this returns. `confirmed`: Telegram was told that we have all before this one."""

    async def confirm(self, before: int) -> None:
        """Note that Telegram was told that we have all updates before this number."""


class Poller:
    """`run` polls until it is cancelled, whatever the server, the network or storage does. `finish` then."""

    def __init__(
        self, request: BaseRequest, base_url: str, receiver: UpdateReceiver, *, allowed_updates: Sequence[str]
    ) -> None:
        self._request = request
        self._base_url = base_url
        self._receiver = receiver
        self._allowed_updates = json.dumps(list(allowed_updates))
        # All updates before this one are committed. None once Telegram has confirmed that it has no others: after a
        # quiet week Telegram begins to number anew, and a number that we kept would hide its updates.
        self._offset: int | None = None
        self._webhook = True  # may be set: Telegram gives no updates by getUpdates meanwhile

    async def run(self) -> None:
        failures = fruitless = 0
        while True:
            try:
                fruitless = 0 if await self._poll() else fruitless + 1
                pause = AFTER_NOTHING_NEW.pause(fruitless) if fruitless else 0.0
                failures = 0
            except Exception as error:  # polling goes on after everything, a mistake of ours included
                failures += 1
                pause = self._pause_after(error, failures)
            if pause:
                await asyncio.sleep(pause)

    def _pause_after(self, error: Exception, failures: int) -> float:
        pause = AFTER_FAILURE.pause(failures)
        match error:
            case RetryAfter():
                pause = min(LONGEST_WAIT, seconds_told(error))
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
        """Fetch and commit the next updates. Returns False if the answer brought us no further."""
        if self._webhook:
            await self._request.post(f"{self._base_url}/deleteWebhook", Form(b""))  # type: ignore[arg-type]  # stands for RequestData
            self._webhook = False
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

    async def _confirmed(self) -> None:
        """Telegram has nothing that we do not have: there is no number to be told any more."""
        if self._offset is not None:
            await self._receiver.confirm(self._offset)
            self._offset = None

    async def _fetch(self, seconds: int) -> list[Any]:
        """Ask for the next updates, for which Telegram waits so many seconds. It learns which updates we have."""
        asked = {"timeout": seconds, "allowed_updates": self._allowed_updates}
        updates: Any = await self._request.post(
            f"{self._base_url}/getUpdates",
            Form(urlencode(asked if self._offset is None else asked | {"offset": self._offset}).encode()),  # type: ignore[arg-type]  # stands for RequestData
            read_timeout=seconds + READ_SECONDS,
        )
        if not isinstance(updates, list):
            raise NetworkError("getUpdates gave no list")
        return updates

    async def finish(self) -> None:
        """Tell Telegram which updates we have, after `run` was ended: else it gives them again at the next start."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                await self._fetch(0)
                await self._confirmed()
        except (TelegramError, StorageError, TimeoutError) as error:
            log.warning("not_confirmed", reason=error)
