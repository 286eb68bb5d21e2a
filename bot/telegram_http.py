"""The HTTP transport under python-telegram-bot, on aiohttp: one HTTP stack for everything, and a fast one."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import aiohttp
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS: Final = 10.0
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
READ_SECONDS: Final = 30.0  # for an answer; getUpdates adds the seconds for which it asks Telegram to hold it open


@dataclass(frozen=True, slots=True)
class Form:
    """A request's parameters, encoded already. Stands where the library has its `RequestData`, which is final."""

    body: bytes  # application/x-www-form-urlencoded
    contains_files: bool = False

    @property
    def json_parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` with a session of its own. Give getUpdates another one: a long poll holds a connection.

    No error text names the address, since the bot's token is part of it.
    """

    def __init__(self, *, read_seconds: float = READ_SECONDS, connect_seconds: float = CONNECT_SECONDS) -> None:
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds
        self._session: aiohttp.ClientSession | None = None

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
        """The answer's object. Raises NetworkError where it is none: it was not Telegram that answered. Logs nothing:
        proxies say much.
        """
        try:
            parsed = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise NetworkError("the answer is no JSON") from None
        if not isinstance(parsed, dict):
            raise NetworkError("the answer is no JSON object")
        return parsed

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
        """Status and body of the answer, whatever they say.

        Raises TimedOut when none came in time (Telegram may have accepted the request), and NetworkError when
        the connection failed. `write_timeout` is part of the whole, `pool_timeout` has nothing to wait for.
        """
        if self._session is None:
            raise RuntimeError("initialize() comes first")
        if request_data is not None and request_data.contains_files:
            raise NotImplementedError("files are not sent by this bot")
        read = read_timeout if isinstance(read_timeout, int | float) else self._read_seconds
        connect = connect_timeout if isinstance(connect_timeout, int | float) else self._connect_seconds
        data: Any = None
        if request_data is not None:
            data = request_data.body if isinstance(request_data, Form) else request_data.json_parameters
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers=_FORM if isinstance(data, bytes) else None,
                timeout=_timeout(connect, read),
                allow_redirects=False,  # a redirect would carry the token to another host
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            # The library's error has the address in its text: only its name goes on.
            raise TimedOut(type(error).__name__) from None
        except aiohttp.ClientConnectorError as error:
            raise NetworkError(f"no connection: {_reason(error)}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"connection lost: {type(error).__name__}") from None


@lru_cache(64)
def _timeout(connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=connect + read, connect=connect)


def _reason(error: aiohttp.ClientConnectorError) -> str:
    """Host and cause, without the path that holds the token."""
    return f"{error.host}:{error.port}: {error.os_error.strerror or type(error.os_error).__name__}"
