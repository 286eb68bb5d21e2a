"""Which errors of PostgreSQL a caller can act on, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout

from storage.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseRefused,
    DatabaseUnreachable,
    NoDatabase,
    StorageError,
    TooManyConnections,
)

_Clear = tuple[type[StorageError], str]
_UNREACHABLE: Final[_Clear] = (
    DatabaseUnreachable,
    "the database server can't be reached: check that it runs, and its host and port in NEWSBOT_DATABASE",
)
_REFUSED: Final[_Clear] = (
    DatabaseRefused,
    "the database server refused us: check user and password in NEWSBOT_DATABASE, and the server's pg_hba.conf",
)
NO_RIGHTS: Final = "the user has no rights there: the bot's user must own the database"
_NO_RIGHTS: Final[_Clear] = (DatabaseRefused, NO_RIGHTS)
_MISSING: Final[_Clear] = (NoDatabase, "there is no such database: make it first (createdb), owned by the bot's user")
_TOO_MANY: Final[_Clear] = (
    TooManyConnections,
    "the server has no connection left for us: raise max_connections, or run fewer processes on it",
)
_BUSY: Final[_Clear] = (DatabaseBusy, "another process holds what this one needs: try again, or end that process")
_READ_ONLY: Final[_Clear] = (
    DatabaseReadOnly,
    "the database can't be written to: is this a standby server, or is the disk full? expected the main server",
)
_BY_STATE: Final[dict[str, _Clear]] = {
    "28000": _REFUSED,
    "28P01": _REFUSED,
    "3D000": _MISSING,
    "42501": _NO_RIGHTS,
    "53100": (DatabaseFull, "the server's disk is full: make room and try again; nothing was stored halfway"),
    "53200": (DatabaseFull, "the server has no memory left: give it more, or lower its max_connections"),
    "53300": _TOO_MANY,
    "25006": _READ_ONLY,
    "40001": _BUSY,
    "40P01": _BUSY,
    "55P03": _BUSY,
    "57014": _BUSY,
    "58030": (DatabaseFull, "the server's disk refused a read or write: check its space and health"),
    "XX001": (DatabaseDamaged, "the database is damaged: restore it from a backup"),
    "XX002": (DatabaseDamaged, "an index of the database is damaged: run reindexdb"),
}
# What libpq says of a connection that was never made comes without a state.
_BY_WORDS: Final = (
    (re.compile(r"too many clients|connection slots|too many connections"), _TOO_MANY),
    (re.compile(r"database \".*\" does not exist"), _MISSING),
    (
        re.compile(r"authentication failed|no pg_hba\.conf entry|role \".*\" does not exist|no password supplied"),
        _REFUSED,
    ),
    (re.compile(r"permission denied"), _NO_RIGHTS),
)
_PASSWORD: Final = re.compile(r"(password\s*=\s*|://[^/@\s:]*:)[^@\s]+", re.IGNORECASE)


@contextmanager
def translated_errors(subject: str) -> Iterator[None]:
    """Turn the database errors that a person can mend into ours, with the cause kept."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, PoolClosed) as error:
        clear = translated(error, subject)
        if clear is None:
            raise
        raise clear from error


def translated(error: Exception, subject: str) -> StorageError | None:
    """Returns the error that a caller can act on, or None if the error is a bug. `subject` names the database."""
    known = _clear(error)
    if known is None:
        return None
    said = _PASSWORD.sub(r"\1***", str(error)).strip().partition("\n")[0]
    return known[0](f"{subject}: {known[1]}" + (f" ({said})" if said else ""))


def _clear(error: Exception) -> _Clear | None:
    state = getattr(error, "sqlstate", None)
    if state in _BY_STATE:
        return _BY_STATE[state]
    if isinstance(error, errors.IdleInTransactionSessionTimeout):
        return _UNREACHABLE
    if state is not None and not state.startswith(("08", "57P")):
        return None
    if not isinstance(error, psycopg.OperationalError | PoolTimeout | PoolClosed):
        return None
    return next((clear for words, clear in _BY_WORDS if words.search(str(error))), _UNREACHABLE)
