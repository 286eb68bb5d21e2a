"""Errors of the storage package, one tree:

StorageError
├── UnknownDatabase      the address names no database that we can open
├── NoDatabase           there is no database at the address
├── DatabaseMoved        the file was moved away or replaced while it is open
├── NewerDatabase        written by a newer version of the program
├── DatabaseUnreachable  the database server does not answer
├── DatabaseRefused      the database server does not let us in, or not do what we must
├── TooManyConnections   the database server has no connection left
├── Superseded           another process talks now, and this one may write nothing any more
├── DatabaseBusy         another process holds the write lock for too long
├── DatabaseFull         no space left to write
├── DatabaseReadOnly     the file or its folder can't be written to
├── DatabaseDamaged      the file is not a database, or a damaged one
├── BackupFailed         a copy of the database can't be written
│   └── BackupExists     a file is where the copy should be
├── CopyRefused          a database can't be copied to another one
├── CopyFailed           a copy to another database is not what was copied
├── UnfinishedCopy       the database is a copy that was not finished
└── NotFound             no row with that id

Only an error that a caller can act on is translated. Any other database error is a bug and is raised unchanged.
"""

import sqlite3
from typing import Final


class StorageError(Exception):
    """The database could not do what was asked."""


class UnknownDatabase(StorageError):
    """The address names no database that we can open."""


class NoDatabase(StorageError):
    """There is no database at the address."""


class DatabaseMoved(StorageError):
    """The file was moved away or replaced while it is open."""


class NewerDatabase(StorageError):
    """The database was written by a newer version of the program."""


class DatabaseUnreachable(StorageError):
    """The database server does not answer."""


class DatabaseRefused(StorageError):
    """The database server does not let us in, or not do what we must."""


class TooManyConnections(StorageError):
    """The database server has no connection left for us."""


class Superseded(StorageError):
    """Another process talks now, and this one may write nothing that belongs to its former term."""


class DatabaseBusy(StorageError):
    """Another process holds the write lock."""


class DatabaseFull(StorageError):
    """There is no space left to write."""


class DatabaseReadOnly(StorageError):
    """The file or its folder can't be written to."""


class DatabaseDamaged(StorageError):
    """The file is not a database, or a damaged one."""


class BackupFailed(StorageError):
    """A copy of the database can't be written."""


class BackupExists(BackupFailed):
    """A file is where the copy should be."""


class CopyRefused(StorageError):
    """A database can't be copied to another one as they are."""


class CopyFailed(StorageError):
    """A copy to another database is not what was copied."""


class UnfinishedCopy(StorageError):
    """The database is a copy of another one that was not finished."""


class NotFound(StorageError):
    """There is no row with that id."""


# The errors that each use of the database meets until somebody mends their cause, or the other process ends.
OUTAGES: Final = (
    NoDatabase,
    DatabaseMoved,
    DatabaseUnreachable,
    DatabaseRefused,
    TooManyConnections,
    DatabaseBusy,
    DatabaseFull,
    DatabaseReadOnly,
)

_LOCKED = "the database is locked by another process: try again, or end that process"
_NO_RIGHTS = (
    "the database can't be opened: check that its folder exists, that both let us read and write, and that the disk"
    " is not read-only"
)
_BY_CODE: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseBusy, _LOCKED),
    sqlite3.SQLITE_LOCKED: (DatabaseBusy, _LOCKED),
    sqlite3.SQLITE_FULL: (DatabaseFull, "the disk is full: make room and try again; nothing was stored halfway"),
    sqlite3.SQLITE_IOERR: (DatabaseFull, "the disk refused a read or write: check its space and health"),
    sqlite3.SQLITE_READONLY: (
        DatabaseReadOnly,
        "the database can't be written to: check the rights of file and folder, and that the disk is not read-only",
    ),
    sqlite3.SQLITE_CANTOPEN: (DatabaseReadOnly, _NO_RIGHTS),
    sqlite3.SQLITE_PERM: (DatabaseReadOnly, _NO_RIGHTS),
    sqlite3.SQLITE_CORRUPT: (DatabaseDamaged, "the database is damaged: restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (
        DatabaseDamaged,
        "the file is not a SQLite database: restore it from a backup, or set NEWSBOT_DATABASE to another file",
    ),
}


def translated(error: sqlite3.Error, subject: str) -> StorageError | None:
    """Returns the error that a caller can act on, or None if the error is a bug. `subject` names the database."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    known = _BY_CODE.get(code & 0xFF)  # extended codes keep the primary one in the low byte
    return known[0](f"{subject}: {known[1]}") if known else None
