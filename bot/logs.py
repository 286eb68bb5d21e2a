"""The log: one event a line, as key=value or JSON, and never a token.

An event is written as its name and its values, `log.info("refreshed source=%d added=%d", …)`; what libraries write
is free text. Either way a line is made whole here, traceback and all, and masked last, so that nothing gets by.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TextIO

# Tokens as BotFather gives them, and whatever stands in the address of a call.
_TOKEN: Final = re.compile(r"(?<=/bot)\d+(?::|%3A)[\w-]+|\b\d{5,}:[\w-]{20,}")
_EVENT: Final = re.compile(r"(?P<event>[a-z][a-z_]*)(?: (?=\w+=)(?P<values>.*))?", re.DOTALL)
_VALUE: Final = re.compile(r"(\w+)=(.*?)(?= \w+=|$)", re.DOTALL)
_PLAIN: Final = re.compile(r'[^\s"=]+')
_QUIET: Final = ("aiohttp", "apscheduler", "asyncio", "httpx", "telegram")  # each tells of every call at INFO

_secrets: set[str] = set()


def configure(
    level: str, *, json: bool = False, secrets: Iterable[str] = (), stream: TextIO | None = None
) -> logging.Logger:
    """Send the log of all modules to stderr; the logger of the program is returned. `secrets` are masked."""
    hide(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(EventFormatter(as_json=json))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    return logging.getLogger("bot")


def hide(secrets: Iterable[str]) -> None:
    """Mask these from now on."""
    _secrets.update(secret for secret in secrets if secret)


def masked(text: str) -> str:
    """The text without tokens: those of `configure` and `hide`, and all that look like one."""
    for secret in _secrets:
        text = text.replace(secret, "***")
    return _TOKEN.sub("***", text)


class EventFormatter(logging.Formatter):
    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        values = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
        }
        for name, value in _values_of(record.getMessage()).items():
            values.setdefault(name, value)
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        if self._as_json:
            return masked(json.dumps(values, ensure_ascii=False))
        return masked(" ".join(f"{name}={_quoted(value)}" for name, value in values.items()))


def _values_of(message: str) -> dict[str, str]:
    """`refreshed source=1` is an event with a value; anything else is a message."""
    event = _EVENT.fullmatch(message)
    if event is None:
        return {"message": message}
    return {"event": event["event"]} | dict(_VALUE.findall(event["values"] or ""))


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
