"""The webhook: tells Telegram where to send updates, and looks now and then whether it still does so.

Telegram keeps updates that it can't deliver for a day, and repeats them. So a webhook may fail for hours without a
loss, and nobody notices but the readers who get no answers. Telegram's own account of it is therefore asked each
minute, and what it says is logged.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from telegram.error import NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot import logs
from bot.backoff import Backoff
from bot.telegram_http import Form, retry_after_seconds

log = logs.get_logger(__name__)

CONNECTIONS: Final = 40  # deliveries at the same time
LOOK_SECONDS: Final = 60.0  # between two looks; it is also how /readyz knows that Telegram answers
AFTER_FAILURE: Final = Backoff(1.0, 60.0)
LONGEST_WAIT: Final = 60.0  # seconds; a 429 with a longer one is not waited out


def webhook_secret(token: str) -> str:
    """Returns the secret that Telegram sends with each update: 64 hexadecimal digits.

    It is made of the token, so it need not be stored, changes with the token, and does not tell the token.
    """
    return hmac.new(token.encode(), b"newsbot webhook", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """What Telegram is told."""

    url: str
    secret: str
    allowed_updates: Sequence[str]


class WebhookKeeper:
    """Sets the webhook, and sets it again if somebody has changed it. `run` goes on until it is cancelled."""

    def __init__(self, request: BaseRequest, base_url: str, target: WebhookTarget) -> None:
        self._request = request
        self._base_url = base_url
        self._target = target
        self._is_set = False
        self._last_error: object = None  # the time of the last error that was logged

    async def run(self, look_seconds: float = LOOK_SECONDS) -> None:
        failures = 0
        while True:
            try:
                if not self._is_set:
                    await self._set()
                await self._look()
                failures, pause = 0, look_seconds
            except Exception as error:  # the keeper goes on after every error, programming errors included
                failures += 1
                pause = AFTER_FAILURE.pause(failures)
                if isinstance(error, RetryAfter):
                    pause = min(LONGEST_WAIT, retry_after_seconds(error))
                known = isinstance(error, TelegramError)
                log.warning(
                    "webhook_not_kept",
                    reason=error if known else type(error).__name__,
                    next_try_seconds=round(pause),
                    exc_info=None if known else error,
                )
            await asyncio.sleep(pause)

    async def _set(self) -> None:
        target = self._target
        await self._call(
            "setWebhook",
            url=target.url,
            secret_token=target.secret,
            allowed_updates=json.dumps(list(target.allowed_updates)),
            max_connections=str(CONNECTIONS),
        )
        self._is_set = True
        log.info("webhook_set", url=target.url)

    async def _look(self) -> None:
        """Compare what Telegram has with what it was told, and log its last error once."""
        info = await self._call("getWebhookInfo")
        if not isinstance(info, dict):
            raise NetworkError("getWebhookInfo gave no object")
        # Kinds that the server does not know yet are not in its list, so the list itself is not compared.
        if info.get("url") != self._target.url:
            log.warning("webhook_changed", url=str(info.get("url", ""))[:200])
            await self._set()
        happened = info.get("last_error_date")
        if happened is not None and happened != self._last_error:
            self._last_error = happened
            reason = str(info.get("last_error_message", ""))[:300]
            log.warning("webhook_failing", reason=reason, waiting=info.get("pending_update_count"))

    async def _call(self, method: str, **values: str) -> Any:
        form: Any = Form(urlencode(values).encode())  # stands for RequestData
        return await self._request.post(f"{self._base_url}/{method}", form)
