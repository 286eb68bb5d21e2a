"""Opens the SQLite database of another bot, and reads its rows one by one. Nothing is written, beside it either."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from bot.errors import NewsbotError
from bot.ingest.formats.opml import feed_address
from bot.other_bots.records import ForeignBot, ForeignFeed
from bot.text.html import one_line
from storage.records import hide_password

LARGEST_ID: Final = 2**52  # Telegram's numbers have at most 52 significant bits
LONGEST_MINUTES: Final = 366 * 24 * 60  # between two visits to a feed
SHOWN: Final = 60  # characters of a bad value that an error shows
_BESIDE: Final = ("-wal", "-journal")  # files that hold what SQLite has not yet written into the database
MAGIC: Final = b"SQLite format 3\x00"
_IS_WAL: Final = b"\x02\x02"  # the bytes 18 and 19 of a database with a write-ahead log


class UnreadableDatabase(NewsbotError):
    """The file is not the database of that bot, or it is damaged."""


class BadRow(Exception):
    """A row that can't be used. The text says what is wrong and what was expected."""


Values = Mapping[str, Any]


class ForeignDatabase:
    """The tables of another bot. `bot` is its name."""

    def __init__(self, connection: sqlite3.Connection, *, file: Path, bot: str) -> None:
        self._connection, self._file, self._bot = connection, file, bot

    def has_table(self, table: str) -> bool:
        return bool(self._columns(table))

    def read(
        self,
        into: ForeignBot,
        table: str,
        read: Callable[[Values], None],
        *,
        columns: tuple[str, ...],
        later: Mapping[str, Any] | None = None,
    ) -> None:
        """Call `read` for each row of a table. A row that raises BadRow is noted, and stops no other.

        `later` are the columns that only newer versions of the bot have, with the value that the older ones imply.
        Raises UnreadableDatabase if the table or one of `columns` is missing.
        """
        later = later or {}
        there = self._columns(table)
        if not there:
            raise UnreadableDatabase(f"{self._file}: there is no table {table!r}; expected a database of {self._bot}")
        if missing := [name for name in columns if name not in there]:
            raise UnreadableDatabase(
                f"{self._file}: the table {table!r} has no column {missing[0]!r}; expected a database of {self._bot}"
            )
        chosen = [*columns, *(name for name in later if name in there)]
        listed = ", ".join(f'"{name}"' for name in chosen)
        for number, *values in self._fetch(f'SELECT rowid, {listed} FROM "{table}"'):
            try:
                read({**later, **dict(zip(chosen, values, strict=True))})
            except BadRow as error:
                into.bad_rows.append(f"{self._file}, table {table!r}, row {number}: {error}")

    def _columns(self, table: str) -> set[str]:
        return {row[0] for row in self._fetch("SELECT name FROM pragma_table_info(?)", (table,))}

    def _fetch(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise UnreadableDatabase(
                f"{self._file}: SQLite can't read it ({error}); expected a whole SQLite database of {self._bot}"
            ) from error


@contextmanager
def opened(file: Path, *, bot: str) -> Iterator[ForeignDatabase]:
    """Open a database for reading. Raises UnreadableDatabase and OSError."""
    with file.open("rb") as head:
        header = head.read(20)
    if not header.startswith(MAGIC):
        raise UnreadableDatabase(f"{file}: this is no SQLite database; expected that of {bot}")
    with tempfile.TemporaryDirectory(prefix="newsbot-") as folder:
        place = _without_side_effects(file, Path(folder))
        # SQLite would make a log beside a database that has one, if it did not know that the file never changes.
        mode = "immutable=1" if place == file and header[18:20] == _IS_WAL else "mode=ro"
        try:
            connection = sqlite3.connect(f"{place.absolute().as_uri()}?{mode}", uri=True)
        except sqlite3.Error as error:
            raise UnreadableDatabase(f"{file}: {error}; expected the SQLite database of {bot}") from error
        with closing(connection):
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            yield ForeignDatabase(connection, file=file, bot=bot)


def _without_side_effects(file: Path, folder: Path) -> Path:
    """Returns the file, or a copy of it if SQLite would have to write into it before it can read it."""
    beside = [Path(f"{file}{ending}") for ending in _BESIDE]
    if not any(path.exists() and path.stat().st_size for path in beside):
        return file
    for path in [file, *beside]:
        if path.exists():
            shutil.copyfile(path, folder / path.name)
    # The copy may be written: SQLite completes there what it had begun.
    with closing(sqlite3.connect(folder / file.name)) as connection, _ignored():
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return folder / file.name


@contextmanager
def _ignored() -> Iterator[None]:
    """A damaged copy is found out when it is read."""
    try:
        yield
    except sqlite3.DatabaseError:
        return


def chat_number(value: Any) -> int:
    if isinstance(value, int) and 0 < abs(value) < LARGEST_ID:
        return value
    raise BadRow(f"{_shown(value)} is no chat of Telegram; expected a whole number that is not 0")


def feed(url: Any, title: Any, *, paused: bool = False) -> ForeignFeed:
    address = feed_address(url) if isinstance(url, str) else None
    if address is None:
        raise BadRow(f"{_shown(url)} is no address; expected one that begins with http:// or https://")
    return ForeignFeed(url=address, title=text(title), paused=paused)


def minutes(value: Any, *, usual: tuple[Any, ...]) -> int | None:
    """Returns an interval. Returns None for the values that stand for the usual one."""
    if value in usual:
        return None
    if isinstance(value, int) and 0 < value <= LONGEST_MINUTES:
        return value
    raise BadRow(f"{_shown(value)} is no interval; expected 1 to {LONGEST_MINUTES} minutes")


def known_feed(value: Any, into: ForeignBot) -> int:
    if isinstance(value, int) and value in into.feeds:
        return value
    raise BadRow(f"there is no feed {_shown(value)} that can be read; expected the id of one")


def text(value: Any) -> str | None:
    return (one_line(value) or None) if isinstance(value, str) else None


def _shown(value: Any) -> str:
    return hide_password(repr(value))[:SHOWN]
