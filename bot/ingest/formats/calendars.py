"""Days of the Persian and the Islamic calendar as days of ours.

Pages of Iran and Afghanistan date their articles in the solar calendar, some of Arabia in the lunar one. Days of the
solar calendar are computed by its cycle of 33 years, which agrees with the sky from 1244 to 1530. For the lunar one,
hijridate has the months as Umm al-Qura announced them.
"""

from datetime import date
from typing import Final

from bot.text.arabic import normalize

# By the names of Iran and of Afghanistan.
_SOLAR: Final = (
    "فروردین · حمل", "اردیبهشت · ثور", "خرداد · جوزا", "تیر · سرطان", "مرداد · امرداد · اسد", "شهریور · سنبله",
    "مهر · میزان", "آبان · عقرب", "آذر · قوس", "دی · جدی", "بهمن · دلو", "اسفند · حوت",
)  # fmt: skip
_LUNAR: Final = (
    "محرم · محرم الحرام", "صفر", "ربيع الأول", "ربيع الآخر · ربيع الثاني", "جمادى الأولى · جمادى الأول",
    "جمادى الآخرة · جمادى الثانية · جمادى الآخر", "رجب", "شعبان", "رمضان", "شوال", "ذو القعدة · ذي القعدة",
    "ذو الحجة · ذي الحجة",
)  # fmt: skip


def _by_name(months: tuple[str, ...]) -> dict[str, int]:
    return {normalize(name): number for number, names in enumerate(months, 1) for name in names.split(" · ")}


SOLAR_MONTHS: Final = _by_name(_SOLAR)
LUNAR_MONTHS: Final = _by_name(_LUNAR)
SOLAR_YEARS: Final = range(1_300, 1_431)
# Of a year beside a month in figures: 1430 was 2009 in the lunar calendar, and will be 2051 in the solar one.
_LAST_SOLAR: Final = 1_430
_SOLAR_ERA: Final = date(622, 3, 21).toordinal()  # first day of the year 1, by the proleptic Gregorian calendar
_CYCLE: Final = 33  # years, of which eight are leap years
_LEAP: Final = (1, 5, 9, 13, 17, 22, 26, 30)  # of these


def solar_date(year: int, month: int, day: int) -> date | None:
    """Returns the day of the Persian calendar, or None if there is none."""
    if year not in SOLAR_YEARS or not 1 <= month <= 12 or not 1 <= day <= _days_of(year, month):
        return None
    cycles, within = divmod(year - 1, _CYCLE)
    leap_days = cycles * len(_LEAP) + sum(leap <= within for leap in _LEAP)
    months = sum(_days_of(year, earlier) for earlier in range(1, month))
    return date.fromordinal(_SOLAR_ERA + (year - 1) * 365 + leap_days + months + day - 1)


def _days_of(year: int, month: int) -> int:
    if month <= 6:
        return 31
    return 30 if month < 12 or year % _CYCLE in _LEAP else 29


def lunar_date(year: int, month: int, day: int) -> date | None:
    """Returns the day of the Islamic calendar, or None if there is none."""
    from hijridate import Hijri  # only pages of a few countries need it

    try:
        return date.fromisoformat(Hijri(year, month, day).to_gregorian().isoformat())
    except (ValueError, OverflowError):
        return None


def old_date(year: int, month: int, day: int) -> date | None:
    """Returns the day of a date in figures, whose year tells the calendar; None if it is in none of the two."""
    return solar_date(year, month, day) if year <= _LAST_SOLAR else lunar_date(year, month, day)
