"""`POST /telegram`: the updates that Telegram sends to the webhook. Each is committed before it is answered with 200.

Updates that come while others are being committed are committed together, so that a thousand of them do not need a
thousand commits one after another.
"""

import asyncio
import hmac
import json
from typing import Any, Final

from aiohttp import web

from bot import logs
from bot.chat.polling import UpdateReceiver
from bot.web.route import Route, refusal
from storage.errors import StorageError

log = logs.get_logger(__name__)

PATH: Final = "/telegram"
LARGEST: Final = 4 * 2**20  # bytes of an update
SECONDS: Final = 20.0
AT_ONCE: Final = 512
PER_MINUTE: Final = 60_000  # of one address. Behind a proxy that is not listed, Telegram and strangers share it
COMMITTED_AT_ONCE: Final = 100  # updates, as getUpdates gives at most
RETRY_SECONDS: Final = 2


class TelegramUpdates:
    """Takes updates from Telegram between `open` and `close`. At any other time, they are refused.

    Telegram repeats what was refused. It sends the updates of one chat one after another.
    """

    def __init__(self, secret: str) -> None:
        self._receiver: UpdateReceiver | None = None
        self._secret = secret
        self._waiting: list[tuple[Any, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    def open(self, receiver: UpdateReceiver) -> None:
        """Give the updates to this receiver from now on."""
        self._receiver = receiver

    def close(self) -> None:
        self._receiver = None

    def routes(self) -> list[Route]:
        return [
            Route(
                name="telegram",
                method="POST",
                path=PATH,
                handler=self._take,
                max_bytes=LARGEST,
                seconds=SECONDS,
                per_minute=PER_MINUTE,
                at_once=AT_ONCE,
                admit=self._refuse_strangers,
            )
        ]

    def _refuse_strangers(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
            return refusal(401, "the secret token is missing or wrong")
        return None

    async def _take(self, request: web.Request) -> web.Response:
        if self._receiver is None:
            return self._later("the bot is starting, or another process takes the updates")
        try:
            update = json.loads(await request.read())
        except (ValueError, RecursionError):
            update = None  # without a number: it is logged, and Telegram is not asked to repeat it for a day
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((update, committed))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        try:
            await committed
        except (StorageError, _Closed):
            return self._later("the update could not be stored")
        return web.json_response({})

    async def _commit(self) -> None:
        """Commit all that waits, the lowest number first, and tell the requests."""
        while self._waiting:
            batch, self._waiting = self._waiting[:COMMITTED_AT_ONCE], self._waiting[COMMITTED_AT_ONCE:]
            error: Exception | None = None
            try:
                if self._receiver is None:
                    raise _Closed
                await self._receiver.receive(sorted((update for update, _ in batch), key=_number))
            except Exception as failed:  # whatever it is, none of the requests may wait for ever
                error = failed
                known = isinstance(failed, StorageError | _Closed)
                log.error("updates_not_stored", count=len(batch), reason=failed, exc_info=None if known else failed)
            for _, committed in batch:
                if committed.done():  # its request was given up
                    continue
                if error is None:
                    committed.set_result(None)
                else:
                    committed.set_exception(error)

    def _later(self, message: str) -> web.Response:
        return refusal(503, message, headers={"Retry-After": str(RETRY_SECONDS)})


class _Closed(Exception):
    """The updates were closed while this one waited."""


def _number(update: object) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if type(number) is int else 0
