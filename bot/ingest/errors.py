"""The errors of the ingest package:

IngestError
├── FetchError           a document could not be fetched
│   ├── Refused          the bot does not fetch this address
│   │   └── Disallowed   robots.txt forbids the page, or could not be fetched
│   ├── TooLarge         the document is larger than the limit, after decompression
│   ├── Unreachable      no connection, no answer in time, or an answer that breaks off
│   ├── HostBusy         the next request to the host would have to wait too long
│   └── HttpError        the server answered with an error status
│       ├── Gone         410: the document will not come back
│       └── RetryLater   the server says when to come back
├── Unreadable           a file, page or line from which no article can be read
│   ├── NotAnArticle     an item that is well, and no article: a picture by itself, a plan
│   └── BadList          a list of sources, or an entry of one, that can't be read
├── NotAFeed             a document that is no feed
├── NotASource           an address from which nothing can be read
└── WorkerError          a piece of work that took too long, or ended its process

Each text names the address, file or line, what is wrong, and what was expected.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from storage.records import hide_password


class IngestError(Exception):
    """A source, document or file could not be read."""

    def __reduce__(self) -> tuple[Callable[..., "IngestError"], tuple[Any, ...]]:
        return _made_again, (type(self), self.args, self.__dict__)  # for pickle, between a worker process and the bot


class FetchError(IngestError):
    """A document could not be fetched."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{hide_password(url)}: {reason}")
        self.url = url
        self.reason = reason


class Refused(FetchError):
    """The bot does not fetch this address: it is private, not HTTP, or redirects without end."""


class Disallowed(Refused):
    """robots.txt forbids the page, or could not be fetched."""


class TooLarge(FetchError):
    """The document is larger than the limit, after decompression."""


class Unreachable(FetchError):
    """No connection, no answer in time, or an answer that breaks off."""


class HostBusy(FetchError):
    """The next request to the host would have to wait too long."""


class HttpError(FetchError):
    """The server answered with an error status."""

    def __init__(self, url: str, status: int, reason: str | None = None) -> None:
        super().__init__(url, reason or f"the server answered with status {status}")
        self.status = status


class Gone(HttpError):
    """410: the document will not come back."""


class RetryLater(HttpError):
    """The server says when to come back."""

    def __init__(self, url: str, status: int, after: timedelta, *, host: str) -> None:
        """`host` is the host and port that answered. After a redirect, it is not the host of `url`."""
        super().__init__(url, status, f"the server asks to come back in {after.total_seconds():.0f} s")
        self.after = after
        self.host = host


class Unreadable(IngestError):
    """No article can be read from a file, page or line."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class NotAnArticle(Unreadable):
    """An item is well and is no article, like a picture by itself. Its sender has done nothing wrong."""


class ListProblem(StrEnum):
    """Why a list of sources or an entry of it can't be read, for people who can't read its English text."""

    EMPTY = "empty"  # this and the next two: of the whole list
    WEB_PAGE = "web_page"
    NO_SOURCES = "no_sources"
    CUT_OFF = "cut_off"
    NO_ADDRESS = "no_address"
    NOT_AN_ADDRESS = "not_an_address"
    SITE = "site"  # the address of a site, where that of a feed was expected
    ANOTHER_LIST = "another_list"
    BAD_INTERVAL = "bad_interval"
    NOT_PUBLIC = "not_public"  # a folder, or an address outside of the public internet


class BadList(Unreadable):
    """A list of sources, or an entry of one, can't be read."""

    def __init__(self, name: str, reason: str, problem: ListProblem, *, entry: str = "") -> None:
        """`entry` is what the list says of the source: its address or its title."""
        super().__init__(name, reason)
        self.problem = problem
        self.entry = entry


class NotAFeed(IngestError):
    """A document that is no feed. The text says what it is."""


class NotASource(IngestError):
    """Nothing can be read from an address. The text says what is there, and what was expected."""


class WorkerError(IngestError):
    """A piece of work took too long, or ended its process."""


def _made_again(kind: type[IngestError], args: tuple[Any, ...], values: dict[str, Any]) -> IngestError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(values)
    return error
