"""Copies a database to a file while other processes read and write it, and checks copies.

    snapshot → copy, page by page and unhurried → check → rename

The copy reads one snapshot from its first page to its last. A copy without a snapshot would begin anew at each commit
of another process, and a broadcast commits twenty times a second. While the snapshot is open, SQLite can't empty its
write-ahead log, so the log grows by what is written meanwhile.
"""

import errno
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from storage.errors import BackupExists, BackupFailed, DatabaseDamaged, NoDatabase
from storage.sqlite.connection import BUSY_SECONDS, check_version, file_of, translated_errors

PAGES: Final = 256  # copied at once: 1 MB of a usual database
STEPS_SYNCED: Final = 8  # steps whose pages are written to the disk together
RESTS: Final = 3.0  # times as long as it works: three quarters of disk and processor are the bot's
LEAST_REST: Final = 0.002  # seconds after each step
PARTIAL: Final = re.compile(r"\.(?P<target>.+)\.partial")
BESIDE: Final = ("", "-wal", "-shm", "-journal", ".lock")  # the files of a database
Progress = Callable[[int, int], None]  # (pages copied, pages in all)


def back_up(
    database: Path,
    target: Path,
    *,
    replace: bool = False,
    on_progress: Progress = lambda done, of: None,
    rest: Callable[[float], None] = time.sleep,
) -> int:
    """Copy the database to `target` as it is at one moment. Returns the size of the copy in bytes.

    The copy is neither migrated nor changed, so that an older program can use it. `target` appears when the copy is
    complete and checked. If anything fails, no file is left and `target` stays as it was. `rest` waits for so many
    seconds between two steps. An error of `on_progress` stops the copy.

    Raises BackupExists if `target` exists and `replace` is false, BackupFailed if the copy can't be written there,
    NoDatabase, NewerDatabase and the other errors of `storage.errors`.
    """
    if not database.is_file():
        raise NoDatabase(f"{database}: there is no database; expected one there, or another in NEWSBOT_DATABASE")
    _refuse_target(database, target, replace=replace)
    with _partial_file(target) as (partial, descriptor):
        with translated_errors(str(database)), closing(_reader(database)) as source:
            check_version(source, str(database))
            _copy(source, partial, descriptor, on_progress, rest)
        _check(partial)
        size = partial.stat().st_size
        _publish(partial, target, replace=replace)
    return size


def check_database(path: Path) -> int:
    """Check each page of a database file that nobody has open. Returns its version.

    Raises NoDatabase, DatabaseDamaged, and NewerDatabase if this program does not know that version.
    """
    if not path.is_file():
        raise NoDatabase(f"{path}: there is no such file; expected a copy that `newsbot backup` made")
    with (
        translated_errors(str(path)),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy,
    ):
        version = check_version(copy, str(path))
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok" or not version:
            raise DatabaseDamaged(f"{path}: this is no sound database ({found if version else 'it is empty'})")
    return version


def _refuse_target(database: Path, target: Path, *, replace: bool) -> None:
    own = [database.with_name(database.name + ending) for ending in BESIDE]
    files = {file_of(path) for path in own} - {None}  # the target may be a link to one of them
    if target.resolve() in [path.resolve() for path in own] or file_of(target) in files:
        raise BackupFailed(f"{target}: this file belongs to the database itself; expected another place")
    if target.is_dir():
        raise BackupFailed(f"{target}: this is a folder; expected the name of a file")
    if target.exists() and not replace:
        raise BackupExists(f"{target}: this file exists; expected a new name, or --force to replace it")


@contextmanager
def _partial_file(target: Path) -> Iterator[tuple[Path, int]]:
    """Yields the empty file beside `target` that is written first, with its descriptor, and deletes it at the end.

    A killed backup leaves it, and the next backup to the same place uses it anew. A second backup to that place at
    the same time is refused.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupFailed(f"{target}: can't be written ({error.strerror})") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed(f"{target}: another backup is being written there; wait for its end") from None
        os.ftruncate(descriptor, 0)
        try:
            yield partial, descriptor
        finally:
            _remove(partial)
    finally:
        os.close(descriptor)


def remove_killed(folder: Path, name: re.Pattern[str]) -> None:
    """Delete what killed backups have left in a folder. `name` matches the names of the copies they were to be.

    A backup that is under way is left alone.
    """
    for partial in folder.iterdir():
        found = PARTIAL.fullmatch(partial.name)
        if found is None or not name.fullmatch(found["target"]):
            continue
        with suppress(OSError), partial.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(partial)


def _remove(partial: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            partial.with_name(partial.name + ending).unlink()


def _reader(database: Path) -> sqlite3.Connection:
    """Returns a connection that sees the present state of the database and no later one."""
    source = sqlite3.connect(
        f"{database.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    try:
        source.execute("PRAGMA query_only = ON")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the first read takes the snapshot
    except BaseException:
        source.close()
        raise
    return source


def _copy(
    source: sqlite3.Connection,
    partial: Path,
    descriptor: int,
    on_progress: Progress,
    rest: Callable[[float], None],
) -> None:
    begun, steps = time.monotonic(), 0

    def step(status: int, remaining: int, pages: int) -> None:
        nonlocal begun, steps
        on_progress(pages - remaining, pages)
        steps += 1
        if steps % STEPS_SYNCED == 0:
            os.fdatasync(descriptor)  # all at the end would hold up the commits of the bot for seconds
        if remaining:
            rest(max(LEAST_REST, RESTS * (time.monotonic() - begun)))
        begun = time.monotonic()

    try:
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # nothing reads the copy before it is complete and synced
            source.backup(copy, pages=PAGES, progress=step)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which needs no other beside it
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        raise BackupFailed(
            f"{partial.parent}: the disk is full or refuses to write; make room and try again; no file is left"
        ) from error


def _check(partial: Path) -> None:
    try:
        check_database(partial)
    except DatabaseDamaged as error:
        raise DatabaseDamaged(
            f"the copy is damaged, so the database or a disk may be damaged as well, and no file is left ({error})"
        ) from error


def _publish(partial: Path, target: Path, *, replace: bool) -> None:
    try:
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        if replace:
            partial.replace(target)
        else:
            _rename_to_new(partial, target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise BackupExists(f"{target}: this file has appeared meanwhile; expected a new name, or --force") from None
    except OSError as error:
        raise BackupFailed(f"{target}: can't be written ({error.strerror})") from error


def _rename_to_new(partial: Path, target: Path) -> None:
    """Give the copy its name, unless a file with that name has appeared meanwhile. Raises FileExistsError."""
    try:
        os.link(partial, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        if target.exists():  # file systems without links have no rename either that spares a file
            raise FileExistsError(target) from error
        partial.rename(target)
