"""The lock that lets only one process run the bot on a SQLite database."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import AlreadyRunning
from storage.errors import DatabaseReadOnly


@contextmanager
def single_instance_lock(database: Path) -> Iterator[Callable[[str], None]]:
    """Hold the lock that allows only one process to run the bot on a database.

    The system releases the lock when the process ends. Yields a function that writes into the lock file which
    database file the bot has opened, for `newsbot check --running`.

    Raises AlreadyRunning, and DatabaseReadOnly if the lock file can't be created beside the database.
    """
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseReadOnly(
            f"{path}: can't be written ({error.strerror}); expected a folder that is there and lets us write, or set"
            " NEWSBOT_DATABASE to another file"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").partition("\n")[0].strip() or "unknown"
            raise AlreadyRunning(
                f"{database}: another newsbot runs on this database (process {holder}): stop it first,"
                " or set NEWSBOT_DATABASE to another file"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield lambda file: _note_file(descriptor, file)
    finally:
        os.close(descriptor)


def _note_file(descriptor: int, file: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n{file}\n".encode(), 0)
