"""The log: one event a line, as key=value pairs or as JSON, and never a token.

Modules log an event word with named values: `log.info("refreshed", source=7, added=2)`. The values stay apart from
the word until the line is written, so a publisher's text or the text of an error is always one value: it can't become
a field or a second line. What a library logs is free text, and becomes the value of `message`.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, TextIO, cast
from urllib.parse import quote

import structlog

from storage.errors import OUTAGES

# Tokens in the form that BotFather gives them, and whatever follows "/bot" in the address of a call.
_TOKEN: Final = re.compile(r"(?<=/bot)\d+(?::|%3A)[\w-]+|\b\d{5,}:[\w-]{20,}")
_BARE: Final = re.compile(r'[^\s"=\\]+')  # a value that needs no quotation marks
_QUIET: Final = ("aiohttp", "apscheduler", "asyncio", "httpx", "telegram")  # libraries that log every call at INFO
# These log each second at WARNING while a database server is away, which our own log tells once. APScheduler also
# warns when a job is due while its last run goes on, which is ordinary: visits to sources may take long.
_SILENT: Final = ("apscheduler.scheduler", "psycopg")
_OF_LOGGING: Final = frozenset({"exc_info", "stack_info", "stacklevel"})  # arguments that are not values

_secrets: set[str] = set()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Returns the logger of a module, for `log.info("event_word", field=value)`. It needs no configuration."""
    logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _as_record],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return cast("structlog.stdlib.BoundLogger", logger)


def library_logger(name: str, *, without: type[Exception]) -> logging.Logger:
    """Returns a library's logger. It leaves out the records of errors of the type `without`."""
    logger = logging.getLogger(name)
    if not any(isinstance(one, _Without) and one.error is without for one in logger.filters):
        logger.addFilter(_Without(without))
    return logger


class _Without(logging.Filter):
    """Leaves out the records of one type of error."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error = error

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], self.error))


def _as_record(logger: object, method: str, event: structlog.typing.EventDict) -> dict[str, Any]:
    """Returns the arguments for `logging`: the event word is the message, the values are the record's `values`."""
    arguments = {name: event.pop(name) for name in _OF_LOGGING & event.keys()}
    if isinstance(error := _error_of(arguments.get("exc_info")), OUTAGES):  # its text says what to do
        arguments["exc_info"] = None
        event.setdefault("reason", error)
    return {"msg": event.pop("event"), "extra": {"values": dict(event)}, **arguments}


def _error_of(exc_info: object) -> BaseException | None:
    """Returns the error that is logged: `logging` takes the error itself, or True for the one that is handled now."""
    return exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None


def configure(level: str, *, json: bool = False, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Send the log of all modules to `stream`, which is stderr by default. The texts in `secrets` are masked."""
    hide(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(EventFormatter(as_json=json))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in _SILENT:
        logging.getLogger(name).setLevel(max(logging.ERROR, logging.getLevelName(level)))


def hide(secrets: Iterable[str]) -> None:
    """Mask these texts from now on, also in the form that they have in an address."""
    for secret in filter(None, secrets):
        _secrets.update((secret, quote(secret, safe="")))


def masked(text: str) -> str:
    """Returns the text without tokens: without those given to `hide`, and without all that look like one."""
    for secret in sorted(_secrets, key=len, reverse=True):  # a secret may be the beginning of another
        text = text.replace(secret, "***")
    return _TOKEN.sub("***", text)


class EventFormatter(logging.Formatter):
    """Writes a record as one line. Records of `get_logger` have an event word and values, others a message."""

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
        for name, value in _values_of(record).items():
            values.setdefault(name, _plain(value))
        if record.exc_info:
            values["traceback"] = masked(self.formatException(record.exc_info))
        if self._as_json:
            return _escaped(json.dumps(values, ensure_ascii=False))
        return " ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _values_of(record: logging.LogRecord) -> dict[str, Any]:
    values = getattr(record, "values", None)
    return {"message": record.getMessage()} if values is None else {"event": record.msg} | values


def _plain(value: object) -> Any:
    """Returns the value as JSON knows it: a number, a truth value, None, or a text without tokens."""
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    # Errors such as TimeoutError() have no text.
    return masked(str(value)) or (type(value).__name__ if isinstance(value, BaseException) else "")


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if _BARE.fullmatch(text) and text.isprintable():
        return text
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(line: str) -> str:
    """Returns the line without what ends a line, moves a terminal's cursor or turns the direction of writing."""
    if line.isprintable():
        return line
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in line)
