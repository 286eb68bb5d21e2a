"""Errors of the ingest package, one tree:

IngestError
├── FetchError           a document could not be had from its address
│   ├── Refused          an address that we don't go to
│   │   └── Disallowed   robots.txt does not allow the page, or can't be had
│   ├── TooLarge         larger than the limit, after decompression
│   ├── Unreachable      no connection, no answer in time, or an answer that breaks off
│   ├── HostBusy         the host wants longer pauses than we wait for
│   └── HttpError        the server answered with an error status
│       ├── Gone         410: the document will not come back
│       └── RetryLater   the server says when to come back
├── Unreadable           a file, page or line that holds no article we can read
├── NotAFeed             a document that is no feed
├── NotASource           an address at which nothing can be read
└── WorkerError          a piece of work that took too long, or ended its process

Each text names the address, file or line, what is wrong, and what was expected.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit


class IngestError(Exception):
    """Something that was to be read could not be read."""

    def __reduce__(self) -> tuple[Callable[..., "IngestError"], tuple[Any, ...]]:
        return _made_again, (type(self), self.args, self.__dict__)  # it comes back from a worker process


class FetchError(IngestError):
    """A document could not be had from its address."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{hide_password(url)}: {reason}")
        self.url = url
        self.reason = reason


class Refused(FetchError):
    """An address that we don't go to."""


class Disallowed(Refused):
    """robots.txt does not allow the page, or can't be had."""


class TooLarge(FetchError):
    """A document that is larger than the limit, after decompression."""


class Unreachable(FetchError):
    """No connection, no answer in time, or an answer that breaks off."""


class HostBusy(FetchError):
    """The host wants longer pauses than we wait for."""


class HttpError(FetchError):
    """The server answered with an error status."""

    def __init__(self, url: str, status: int, reason: str | None = None) -> None:
        super().__init__(url, reason or f"the server answered with status {status}")
        self.status = status


class Gone(HttpError):
    """410: the document will not come back."""


class RetryLater(HttpError):
    """The server says when to come back."""

    def __init__(self, url: str, status: int, after: timedelta) -> None:
        super().__init__(url, status, f"the server asks to come back in {after.total_seconds():.0f} s")
        self.after = after


class Unreadable(IngestError):
    """There is no article in a file, page or line."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class NotAFeed(IngestError):
    """A document that is no feed. The text says what it is."""


class NotASource(IngestError):
    """Nothing can be read at an address. The text says what is there, and what was expected."""


class WorkerError(IngestError):
    """A piece of work took too long, or ended its process."""


def _made_again(kind: type[IngestError], args: tuple[Any, ...], values: dict[str, Any]) -> IngestError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(values)
    return error


def hide_password(url: str) -> str:
    """An address for messages and logs: without the password that may be in it."""
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            parts = parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2])
        return urlunsplit(parts)
    except ValueError:
        return url
