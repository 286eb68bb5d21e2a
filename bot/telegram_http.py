"""The HTTP transport under python-telegram-bot, on aiohttp: one HTTP stack for everything, and a fast one."""

import json
import math
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import aiohttp
from telegram import Bot
from telegram._utils.types import ODVInput
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot import logs

log = logs.get_logger(__name__)

CONNECT_SECONDS: Final = 10.0
URL_ENCODED: Final = "application/x-www-form-urlencoded"
READ_SECONDS: Final = 30.0  # for an answer; getUpdates adds the seconds for which it asks Telegram to hold it open
LARGEST_ANSWER: Final = 32 * 1024 * 1024  # bytes: twice as much as a hundred updates with the longest texts
RETRY_AFTER_UNTOLD: Final = timedelta(seconds=1)  # where a 429 does not say for how long
_TIME_TAG: Final = re.compile("</?tg-time[^<>]*>")
_TIMES_REFUSED: Final = 'unsupported start tag "tg-time"'  # in lower case
_MAY_PASS: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY)  # statuses after which a request is repeated
LONGEST_RETRY_AFTER: Final = timedelta(days=1)  # a server that says more does not mean it


# Called after each request with the method of the Bot API, the error or None, and the seconds.
OnAnswered = Callable[[str, TelegramError | None, float], None]


def _ignore(method: str, error: TelegramError | None, seconds: float) -> None:
    """Nobody counts the requests."""


class ConnectionLost(NetworkError):
    """The request was on its way, and no whole answer came: it may have been accepted."""


class StatusRefused(NetworkError):
    """The server refused the request with a status (4xx) for which the library has no error, such as 413.

    The same request will hardly be accepted later.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NothingThere(NetworkError):
    """A 404 that is not in Telegram's words: of a proxy, or of a server that does not know the method."""


class TooLong(ConnectionLost):
    """An answer has more bytes than it may have."""


@dataclass(frozen=True, slots=True)
class Form:
    """A request's parameters, encoded already. Stands where the library has its `RequestData`, which is final."""

    body: bytes
    content_type: str = URL_ENCODED
    contains_files: bool = False  # for the library, which is not to encode it

    @property
    def sent(self) -> bytes | BytesIO:
        """The body for aiohttp, which sends a large one in pieces only if it is a stream."""
        return self.body if self.content_type == URL_ENCODED else BytesIO(self.body)

    @property
    def json_parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode())) if self.content_type == URL_ENCODED else {}


@dataclass(frozen=True, slots=True)
class File:
    """A file to be uploaded."""

    parameter: str  # of the Bot API, such as "document"
    name: str  # ASCII
    content: bytes


def upload(values: dict[str, str], *files: File) -> Form:
    """Returns a request's parameters with files, as multipart/form-data (RFC 7578)."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in values.items()]
    for file in files:
        described = f'{head}{file.parameter}"; filename="{file.name}"\r\nContent-Type: application/octet-stream'
        parts += [f"{described}\r\n\r\n".encode(), file.content, b"\r\n"]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return Form(body, f"multipart/form-data; boundary={boundary}")


async def post(
    request: BaseRequest, url: str, form: Form, *, read_seconds: ODVInput[float] = BaseRequest.DEFAULT_NONE
) -> bool | dict[str, Any] | list[dict[str, Any]]:
    """Call a method of the Bot API. Returns the `result` of the answer. Raises the errors of `do_request`."""
    return await request.post(url, form, read_timeout=read_seconds)  # type: ignore[arg-type]  # as `Form` says


async def ask(bot: Bot, method: str, **values: int | str) -> dict[str, Any]:
    """Call a method that tells about one thing. Returns the object as Telegram gave it.

    The library refuses an object without a field that its version knows. A server that is older, or newer, may lack
    one. Raises the errors of `do_request`.
    """
    told = await post(bot.request, f"{bot.base_url}/{method}", Form(urlencode(values).encode()))
    if not isinstance(told, dict):
        raise NetworkError(f"{method} gave no object")
    return told


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` with a session of its own. Give getUpdates another one: a long poll holds a connection.

    No error text names the address, since the bot's token is part of it. A server that is older than Bot API 9.5
    refuses texts with <tg-time>: after its first refusal, it gets all texts without the element.
    """

    def __init__(self, *, read_seconds: float = READ_SECONDS, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._session: aiohttp.ClientSession | None = None
        self._knows_times = True  # whether the server has not refused <tg-time>
        self.on_answered: OnAnswered = _ignore
        self.answered_at = -math.inf  # on the clock time.monotonic(), in seconds: the last answer in Telegram's words

    @property
    def read_timeout(self) -> float:
        return self._read_seconds

    async def initialize(self) -> None:
        if self._session is None:
            # How many requests are open at once is the pacer's decision, so the pool has no limit of its own.
            # Cookies would let one answer change another request.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Returns the object of an answer that was accepted. Raises NetworkError if the object is not one that
        Telegram sends. Logs nothing: the pages of proxies are long.
        """
        answer = _object(payload)
        if answer is None:
            raise NetworkError("the answer is no JSON object")
        if "result" not in answer:
            raise NetworkError("the answer has no result")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | Form | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Returns the status and the body of an answer that accepts the request.

        Raises the error that any other answer means. Raises TimedOut when no answer came in time, and ConnectionLost
        when the connection broke or the answer is too long: Telegram may have accepted the request. Raises
        NetworkError when there was no connection. `write_timeout` is part of the whole, `pool_timeout` has nothing to
        wait for.
        """
        if request_data is not None and request_data.contains_files:
            raise NotImplementedError("files are sent as a Form: see upload")
        read = read_timeout if isinstance(read_timeout, int | float) else self._read_seconds
        connect = connect_timeout if isinstance(connect_timeout, int | float) else self._connect_seconds
        limit = _timeout(connect, read)
        if not self._knows_times:
            request_data = without_times(request_data)
        try:
            return await self._reported(method, url, request_data, limit)
        except BadRequest as error:
            if _TIMES_REFUSED not in error.message.lower():
                raise
        self._knows_times = False
        log.warning("times_refused")
        return await self._reported(method, url, without_times(request_data), limit)

    async def _reported(
        self, method: str, url: str, request_data: RequestData | Form | None, limit: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        """Make a request, and report how it ended."""
        begun, failed = time.monotonic(), None
        try:
            return await self._accepted(method, url, request_data, limit, LARGEST_ANSWER)
        except TelegramError as error:
            failed = error
            raise
        finally:
            self.on_answered(url.rpartition("/")[2], failed, time.monotonic() - begun)

    async def download(self, url: str, *, most: int) -> bytes:
        """Returns a file. Raises TooLong if it has more than `most` bytes, and the errors of `do_request`."""
        _, body = await self._accepted("GET", url, None, _timeout(self._connect_seconds, self._read_seconds), most)
        return body

    async def _accepted(
        self,
        method: str,
        url: str,
        request_data: RequestData | Form | None,
        limit: aiohttp.ClientTimeout,
        most: int,
    ) -> tuple[int, bytes]:
        """Make a request, and read an answer of up to `most` bytes. Raises the errors of `do_request`."""
        if self._session is None:
            raise RuntimeError("initialize() comes first")
        data: Any = None
        if request_data is not None:
            data = request_data.sent if isinstance(request_data, Form) else request_data.json_parameters
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers={"Content-Type": request_data.content_type} if isinstance(request_data, Form) else None,
                timeout=limit,
                allow_redirects=False,  # a redirect would carry the token to another host
            ) as response:
                status, body = response.status, await _body(response, most)
        except aiohttp.ConnectionTimeoutError:
            raise NetworkError("no connection in time") from None
        except TimeoutError as error:
            # The library's error has the address in its text: only its name goes on.
            raise TimedOut(type(error).__name__) from None
        except aiohttp.ClientConnectorError as error:
            raise NetworkError(f"no connection: {_reason(error)}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionLost(f"connection lost: {type(error).__name__}") from None
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self.answered_at = time.monotonic()
            return status, body
        refused = refusal(status, body)
        if type(refused) is not NetworkError:  # else it is the page of a proxy
            self.answered_at = time.monotonic()
        raise refused


def without_times(request_data: RequestData | Form | None) -> RequestData | Form | None:
    """Returns a request without the <tg-time> elements of its texts. The words in the elements stay."""
    if request_data is None:
        return None
    values = request_data.json_parameters
    if not any(_TIME_TAG.search(value) for value in values.values()):
        return request_data
    return Form(urlencode({name: _TIME_TAG.sub("", value) for name, value in values.items()}).encode())


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Returns the body of an answer. Raises TooLong if it has more than `most` bytes."""
    pieces: list[bytes] = []
    length = 0
    while piece := await response.content.readany():
        pieces.append(piece)
        length += len(piece)
        if length > most:
            raise TooLong("the answer is too long")
    return b"".join(pieces)


def refusal(status: int, body: bytes) -> TelegramError:
    """Returns the error that an answer with this status means.

    Only Telegram's own words count against a request, a chat or the token. An answer without them is from a proxy, or
    from a server that is unwell: the request may be tried again.
    """
    answer = _object(body) or {}
    description, parameters = answer.get("description"), answer.get("parameters")
    if not isinstance(description, str) or not description or answer.get("ok") is not False:
        reason = f"status {status} without a description"
        # A proxy before the server may be what limits the size of requests.
        is_size = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if is_size:
            return StatusRefused(reason, status)
        return NothingThere(reason) if status == HTTPStatus.NOT_FOUND else NetworkError(reason)
    told = parameters if isinstance(parameters, dict) else {}
    if type(new_chat_id := told.get("migrate_to_chat_id")) is int:
        return ChatMigrated(new_chat_id)
    if status == HTTPStatus.TOO_MANY_REQUESTS or "retry_after" in told:
        return RetryAfter(_wait(told.get("retry_after")))
    match status:
        case HTTPStatus.FORBIDDEN:
            return Forbidden(description)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            return InvalidToken(description)
        case HTTPStatus.BAD_REQUEST:
            return BadRequest(description)
        case HTTPStatus.CONFLICT:
            return Conflict(description)
        case _ if status in _MAY_PASS or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return NetworkError(f"{description} ({status})")
        case _:
            return StatusRefused(f"{description} ({status})", status)


def retry_after_seconds(error: RetryAfter) -> float:
    """Returns the seconds that a 429 asks us to wait. The library is on its way from int to timedelta."""
    told = error.retry_after
    return float(told) if isinstance(told, int) else told.total_seconds()


def _object(body: bytes) -> dict[str, Any] | None:
    """Returns the JSON object that this is, or None."""
    try:
        parsed = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _wait(retry_after: object) -> timedelta:
    """Returns how long a 429 asks us to wait, whatever type it says that in."""
    try:
        seconds = float(str(retry_after))
    except ValueError:
        return RETRY_AFTER_UNTOLD
    if not 0 < seconds <= LONGEST_RETRY_AFTER.total_seconds():
        return RETRY_AFTER_UNTOLD
    return timedelta(seconds=seconds)


@lru_cache(64)
def _timeout(connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=connect + read, connect=connect)


def _reason(error: aiohttp.ClientConnectorError) -> str:
    """Host and cause, without the path that holds the token."""
    return f"{error.host}:{error.port}: {error.os_error.strerror or type(error.os_error).__name__}"
