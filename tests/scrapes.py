"""Reads what `/metrics` shows, for tests."""

import re
from dataclasses import dataclass
from typing import Final

_SERIES: Final = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    labels: frozenset[tuple[str, str]]
    value: float


def parse_scrape(text: str) -> list[Series]:
    """The series of a scrape. Raises AssertionError for a line that is none."""
    found = []
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _SERIES.fullmatch(line)
            assert match, line
            found.append(Series(match[1], frozenset(_LABEL.findall(match[2] or "")), float(match[3])))
    return found


def value(scrape: list[Series], name: str, **labels: str) -> float:
    """The sum of the series with that name and these labels; -1 if there is none."""
    wanted = set(labels.items())
    values = [one.value for one in scrape if one.name == name and wanted <= one.labels]
    return sum(values) if values else -1
