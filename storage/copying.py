"""Copies a database to one of the other kind: SQLite to PostgreSQL, or back.

    refuse what is in use → copy table by table → compare row by row → build the indexes → open it to the bot

The copy is read from one moment of the source. Its rows are written in the order of their keys, in portions, so that
a copy that was killed goes on after the last row that it has written. If the source has changed meanwhile, the copy
begins anew. Until all rows were compared, the target has a table `unfinished_copy`, and no bot opens it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol

from storage.errors import CopyFailed, CopyRefused

ROWS_AT_ONCE: Final = 2_000  # read, written and committed together
UNFINISHED: Final = "unfinished_copy"  # the table that a target has until its copy is complete
FINISH_IT: Final = "this database is a copy that was not finished: run `newsbot database copy` again, to its end"
WRITTEN_TO: Final = "another process writes to this database; end it, and run the command again"
# Which process does what belongs to the processes of a database, not to its data.
LEFT_OUT: Final = frozenset({"schema_version", "term", "host_leases", UNFINISHED})
COLUMNS_LEFT_OUT: Final = frozenset({("sources", "leased_by")})

Values = tuple[Any, ...]
Progress = Callable[[int, int], None]  # (rows copied or compared, of how many)


class Kind(Enum):
    """What a column holds."""

    FLAG = auto()
    NUMBER = auto()
    REAL = auto()
    TEXT = auto()
    BYTES = auto()


@dataclass(frozen=True, slots=True)
class Table:
    """A table that both databases have."""

    name: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]  # the columns of its primary key

    def key_of(self, row: Values) -> Values:
        """Returns the key of a row of all columns."""
        places = {name: place for place, name in enumerate(self.columns)}
        return tuple(row[places[name]] for name in self.key)


class End(Protocol):
    """One of the two databases. Its errors are those of `storage.errors`."""

    name: str  # in messages, without a password

    def open(self) -> None:
        """Connect to the database. `close` ends that."""

    def close(self) -> None: ...

    def count(self, table: Table, condition: str = "TRUE") -> int:
        """Returns the number of rows of a table."""

    def rows(self, table: Table, *, after: Values | None, limit: int) -> Sequence[Values]:
        """Returns rows of all columns in the order of the key, from the first one after the key `after` on."""

    def last_ids(self) -> Mapping[str, int]:
        """Returns the highest id that each table ever had, of the tables that must use no id twice."""


class Source(End, Protocol):
    """The database that is read. All methods see it as it was at one moment."""

    def state(self) -> str | None:
        """Returns a text that changes if anybody writes to the database, or None if there is no such text."""

    def refuse_use(self) -> None:
        """Raises CopyRefused if a bot runs on the database, or has written to it since it was opened."""


class Target(End, Protocol):
    """The database that is written. No process but this one uses it."""

    def begin(self, state: str, tables: Sequence[Table]) -> bool:
        """Make the tables, or go on with an unfinished copy of a source in that state. Returns whether it goes on.

        An unfinished copy of another state is emptied. Raises CopyRefused if there is any other data.
        """

    def last_key(self, table: Table) -> Values | None:
        """Returns the key of the last row of a table."""

    def put(self, table: Table, rows: Sequence[Values]) -> None:
        """Write rows, and commit them."""

    def finish(self, last_ids: Mapping[str, int]) -> None:
        """Build what was left out, and let a bot open the database. New ids are higher than `last_ids`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy holds."""

    rows: int
    tables: int
    resumed: bool  # whether the copy went on where an earlier one had ended
    owed: int  # messages that were not sent yet
    unanswered: int  # updates of Telegram that were not answered yet


def copy_rows(
    source: Source,
    target: Target,
    tables: Sequence[Table],
    *,
    in_use: bool,
    on_progress: Progress,
) -> Copied:
    """Copy all rows, and compare them.

    `in_use` lets a bot run on the source meanwhile. The copy then shows one moment, and it can't be resumed. An error
    of `on_progress` stops the copy. Raises CopyRefused and CopyFailed.
    """
    if not in_use:
        source.refuse_use()
    resumed = target.begin("" if in_use else source.state() or "", tables)
    counts = {table.name: source.count(table) for table in tables}
    steps = _Steps(2 * sum(counts.values()), on_progress)
    for table in tables:
        _copy(source, target, table, steps)
    for table in tables:
        _compare(source, target, table, steps)
    if not in_use:
        source.refuse_use()
    target.finish(source.last_ids())
    by_name = {table.name: table for table in tables}
    return Copied(
        rows=sum(counts.values()),
        tables=len(tables),
        resumed=resumed,
        owed=target.count(by_name["deliveries"], "state IN ('queued', 'sending') AND message_id IS NULL"),
        unanswered=target.count(by_name["inbox"]),
    )


class _Steps:
    """How many rows were copied or compared."""

    def __init__(self, total: int, on_progress: Progress) -> None:
        self._total = total
        self._done = 0
        self._on_progress = on_progress

    def add(self, rows: int) -> None:
        self._done += rows
        self._on_progress(self._done, self._total)


def _copy(source: Source, target: Target, table: Table, steps: _Steps) -> None:
    after = _last_key(target, table)
    steps.add(target.count(table) if after is not None else 0)
    for rows in _portions(source, table, after):
        target.put(table, rows)
        steps.add(len(rows))


def _last_key(target: Target, table: Table) -> Values | None:
    key = target.last_key(table)
    if key is None:
        return None
    return tuple(_CONVERTERS[table.columns[name]](value) for name, value in zip(table.key, key, strict=True))


def _compare(source: Source, target: Target, table: Table, steps: _Steps) -> None:
    """Read both sides in the order of the key. Raises CopyFailed if they differ."""
    copied = _portions(target, table, None)
    for rows in _portions(source, table, None):
        if (others := next(copied, [])) != rows:
            raise CopyFailed(f"{target.name}: {_first_difference(table, rows, others)}; run the command again")
        steps.add(len(rows))
    if next(copied, None):
        raise CopyFailed(f"{target.name}: the table {table.name} has more rows than {source.name}")


def _first_difference(table: Table, rows: Sequence[Values], copied: Sequence[Values]) -> str:
    pairs = zip(rows, [*copied, *[None] * len(rows)], strict=False)
    row, other = next((row, other) for row, other in pairs if row != other)
    if other is None or table.key_of(row) != table.key_of(other):
        return f"the table {table.name} lacks the row {table.key_of(row)}"
    columns = [name for name, one, two in zip(table.columns, row, other, strict=True) if one != two]
    return f"the row {table.key_of(row)} of the table {table.name} differs in {', '.join(columns)}"


def _portions(end: End, table: Table, after: Values | None) -> Iterator[list[Values]]:
    """Yields the rows of a table, with values of the same types from both databases."""
    convert = [_CONVERTERS[kind] for kind in table.columns.values()]
    while rows := end.rows(table, after=after, limit=ROWS_AT_ONCE):
        try:
            yield [
                tuple([None if value is None else one(value) for one, value in zip(convert, row, strict=True)])
                for row in rows
            ]
        except (ValueError, TypeError):
            raise CopyRefused(f"{end.name}: {_unreadable(table, rows)}") from None
        after = table.key_of(rows[-1])


def _unreadable(table: Table, rows: Sequence[Values]) -> str:
    """Returns which value is not of the kind that its column promises. SQLite keeps any value in any column."""
    for row in rows:
        for (name, kind), value in zip(table.columns.items(), row, strict=True):
            try:
                if value is not None:
                    _CONVERTERS[kind](value)
            except (ValueError, TypeError):
                return (
                    f"the row {table.key_of(row)} of the table {table.name} has {value!r:.100} in {name}; expected"
                    f" {_EXPECTED[kind]}: mend or delete that row, then run the command again"
                )
    return f"the table {table.name} can't be read"


def _flag(value: Any) -> bool:
    if value in (0, 1):
        return bool(value)
    raise ValueError


def _number(value: Any) -> int:
    if type(value) is int:
        return value
    raise ValueError


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value.replace("\0", "") if "\0" in value else value  # which PostgreSQL refuses, and nobody sees


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        raise TypeError
    return bytes(value)


_CONVERTERS: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.REAL: float,
    Kind.TEXT: _text,
    Kind.BYTES: _bytes,
}
_EXPECTED: Final = {
    Kind.FLAG: "0 or 1",
    Kind.NUMBER: "a whole number",
    Kind.REAL: "a number",
    Kind.TEXT: "a text",
    Kind.BYTES: "bytes",
}
