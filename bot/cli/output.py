"""How commands answer: lines on stdout, JSON where asked for, and progress on a terminal only."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

Record = TypeVar("Record")
MOST_TOLD: Final = 20  # failures of one file
CLEARED_LINE = "\r\x1b[K"


def say(line: str = "") -> None:
    click.echo(line)


def complain(line: str) -> None:
    """A failure that does not end the command."""
    click.echo(f"newsbot: {line}", err=True)


class Complaints:
    """The failures of one file. The first ones are told, the others counted: one mistake is often on every line."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, line: str) -> None:
        self._count += 1
        if self._count <= MOST_TOLD:
            above_progress()
            complain(line)

    def end(self) -> None:
        if self._count > MOST_TOLD:
            complain(f"and {self._count - MOST_TOLD} more; mend these, and run the command again")


def say_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def progress(length: int, label: str) -> "AbstractContextManager[ProgressBar[int]]":
    """Returns a bar on stderr, which is hidden if stderr is no terminal."""
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())


def above_progress() -> None:
    """Make room for a line where the bar is; the bar is drawn again below it."""
    if sys.stderr.isatty():
        click.echo(CLEARED_LINE, err=True, nl=False)


def counted(number: int, one: str, many: str | None = None) -> str:
    """ "1 file", "2 files"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns; the last column is as long as it is."""
    listed = [list(row) for row in rows]
    if not listed:
        return []
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in listed]


def say_list(
    records: Sequence[Record],
    *,
    as_json: bool,
    to_json: Callable[[Record], Any],
    to_row: Callable[[Record], Sequence[str]],
    none: str,
) -> None:
    """Show records as JSON, or as lines with aligned columns. If there are none, `none` is the line that says so."""
    if as_json:
        say_json([to_json(record) for record in records])
        return
    for line in columns(map(to_row, records)):
        say(line)
    if not records:
        say(none)


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)] + [row[-1]]
