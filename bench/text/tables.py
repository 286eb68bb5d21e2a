"""Tables of measurements, and the small tools that measurements share."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

NAME_WIDTH: Final = 34  # characters of a row's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str  # what is measured, on which data, in which unit
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | str | None, ...]], ...]  # what was measured, and a value a column
    note: str = ""  # what to know when reading it

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "rows": [{"name": name, **dict(zip(self.columns, values, strict=True))} for name, values in self.rows],
            "note": self.note,
        }

    def __str__(self) -> str:
        width = [max(len(column), 9) for column in self.columns]
        head = f"{'':<{NAME_WIDTH}}" + "".join(
            f"  {name:>{size}}" for name, size in zip(self.columns, width, strict=True)
        )
        lines = [
            f"{name:<{NAME_WIDTH}}"
            + "".join(f"  {_shown(value):>{size}}" for value, size in zip(values, width, strict=True))
            for name, values in self.rows
        ]
        return "\n".join([self.title, head, *lines, *([self.note] if self.note else [])])


def _shown(value: float | str | None) -> str:
    match value:
        case None:
            return "–"
        case str():
            return value
        case int():
            return f"{value:,}"
        case _:
            return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Returns the records of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def split_in_halves(records: list[Result]) -> tuple[list[Result], list[Result]]:
    """Returns the even and the odd records: constants are set on the first half and judged by the second."""
    return records[0::2], records[1::2]


def cpu_time(work: Callable[[], Result], *, times: int = 3) -> tuple[Result, float]:
    """Returns the result of some work, and the CPU seconds of its fastest run."""
    best = float("inf")
    for _ in range(times):
        begun = time.process_time()
        result = work()
        best = min(best, time.process_time() - begun)
    return result, best
