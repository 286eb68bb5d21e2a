"""Names the kind of an error in reading a source, for people who can't read its English text."""

from http import HTTPStatus
from typing import Final

from bot.ingest.errors import (
    FetchError,
    HostBusy,
    HttpError,
    NotAFeed,
    NotASource,
    RetryLater,
    TooLarge,
    Unreadable,
)
from storage.records import SourceProblem

_FORBIDDEN: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
)
_MISSING: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def problem_of(error: Exception) -> SourceProblem:
    """Returns the kind of an error.

    A private address, a name that leads nowhere and a server without an answer are one kind: otherwise the kind would
    tell a stranger what exists in the network of the bot.
    """
    match error:
        case RetryLater() | HostBusy():
            return SourceProblem.BUSY
        case HttpError(status=status) if status in _MISSING:
            return SourceProblem.MISSING
        case HttpError(status=status) if status in _FORBIDDEN:
            return SourceProblem.FORBIDDEN
        case HttpError(status=HTTPStatus.TOO_MANY_REQUESTS):
            return SourceProblem.BUSY
        case HttpError():
            return SourceProblem.FAILING
        case TooLarge():
            return SourceProblem.TOO_LARGE
        case FetchError():
            return SourceProblem.UNREACHABLE
        case NotAFeed() | NotASource() | Unreadable():
            return SourceProblem.NO_NEWS
        case _:
            return SourceProblem.OTHER
