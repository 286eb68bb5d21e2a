"""Dates of the Solar Hijri calendar, which Iran and Afghanistan use. Babel has only the Gregorian calendar.

Astronomers fix the first day of a year by the equinox. A cycle of 33 years with 8 leap years gives the same days for
the Gregorian years 1799 to 2256.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

_LEAP_YEARS: Final = (1, 5, 9, 13, 17, 22, 26, 30)  # of each cycle
_CYCLE: Final = 33  # years
_LONG_MONTHS: Final = 6  # with 31 days, at the beginning of a year; the next five have 30
_KNOWN_YEAR, _KNOWN_START = 1403, date(2024, 3, 20)


@dataclass(frozen=True, slots=True)
class SolarDate:
    """A day of the Persian calendar."""

    year: int
    month: int  # from 1
    day: int


def solar_date(day: date) -> SolarDate:
    year = day.year - 621
    if day.toordinal() < _start(year):
        year -= 1
    passed = day.toordinal() - _start(year)
    long_days = _LONG_MONTHS * 31
    if passed < long_days:
        return SolarDate(year, passed // 31 + 1, passed % 31 + 1)
    passed -= long_days
    return SolarDate(year, _LONG_MONTHS + passed // 30 + 1, passed % 30 + 1)


def _start(year: int) -> int:
    """Returns the ordinal number of the first day of a year, as `date.toordinal` counts."""
    leaps = _leap_years_before(year) - _leap_years_before(_KNOWN_YEAR)
    return _KNOWN_START.toordinal() + 365 * (year - _KNOWN_YEAR) + leaps


def _leap_years_before(year: int) -> int:
    cycles, rest = divmod(year - 1, _CYCLE)
    return cycles * len(_LEAP_YEARS) + sum(one <= rest for one in _LEAP_YEARS)
