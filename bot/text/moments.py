"""Understands a time that an editor types: "18:30", "2h", "tomorrow 8 pm", "2026-12-01 08:00", "غدًا ٨:٠٠ مساءً"."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from bot.text.arabic import normalize
from bot.text.times import understood_time

LONGEST: Final = timedelta(days=366)  # from now on
_MORNING: Final = time(8)  # of a day without a time
_NOON: Final = 12


def _words(*words: str) -> frozenset[str]:
    return frozenset(normalize(word) for word in words)


def _either(words: frozenset[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_BEFORE_NOON: Final = _words("am", "a.m.", "ص", "صباحًا", "الصباح", "فجرًا", "الفجر")
_AFTER_NOON: Final = _words("pm", "p.m.", "م", "مساءً", "المساء", "ظهرًا", "بعد الظهر", "عصرًا", "العصر")
_NAMED: Final = {
    time(12): _words("noon", "midday", "الظهر", "ظهرًا"),
    time(0): _words("midnight", "منتصف الليل"),
}
_DAYS: Final = {
    0: _words("today", "اليوم"),
    1: _words("tomorrow", "غدًا", "غدا", "بكرة", "بكرا"),
    2: _words("day after tomorrow", "the day after tomorrow", "بعد غد", "بعد غدٍ"),
}
_WEEKDAYS: Final = (  # from Monday
    _words("monday", "mon", "الاثنين", "الإثنين"),
    _words("tuesday", "tue", "الثلاثاء"),
    _words("wednesday", "wed", "الأربعاء"),
    _words("thursday", "thu", "الخميس"),
    _words("friday", "fri", "الجمعة"),
    _words("saturday", "sat", "السبت"),
    _words("sunday", "sun", "الأحد"),
)
_BEFORE_DAY: Final = re.compile(rf"(?:(?:{_either(_words('on', 'next', 'يوم'))}) )+")
_BEFORE_CLOCK: Final = re.compile(rf"(?:(?:{_either(_words('at', '@', 'في', 'الساعة', 'عند'))}) ?)+(?=[^\W_])")
_AFTER: Final = re.compile(rf"(?:{_either(_words('after', 'بعد', 'خلال'))}) ")
_CLOCK: Final = re.compile(
    r"(\d{1,2})(?:[:.](\d{2})(?::(\d{2}))?)?"
    rf"(?: ?(?:{_either(_words('في', 'in the'))})? ?({_either(_BEFORE_NOON | _AFTER_NOON)}))?"
)
_WRITTEN: Final = re.compile(r"\d{4}-\d{2}-\d{2}[ t]\d{2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:?\d{2})?")
_DATE: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)")
_DAY_FIRST: Final = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?!\d)")


def understood_moment(typed: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Returns the typed time in UTC, or None if it is none, or not in the future.

    A time of the clock alone is the next one: "8:00", typed at nine, is tomorrow.
    """
    words = normalize(typed).strip()
    moment = _moment(words, now.astimezone(zone), zone)
    if moment is None:
        lasting = understood_time(_AFTER.sub("", words, count=1) if _AFTER.match(words) else words)
        moment = now + lasting if lasting else None
    return moment.astimezone(UTC) if moment is not None and now < moment <= now + LONGEST else None


def _moment(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    try:
        if _WRITTEN.fullmatch(words):
            moment = datetime.fromisoformat(words.upper())
            return moment if moment.tzinfo else _at(moment.date(), moment.time(), zone)
        days, rest = _days(words, now.date())
    except ValueError:  # the 31st of a month that has 30 days
        return None
    clock = _clock(rest, is_hour=bool(days)) if rest or not days else _MORNING
    if clock is None:
        return None
    moments = (_at(day, clock, zone) for day in days or (now.date(), now.date() + timedelta(days=1)))
    return next((moment for moment in moments if moment > now), None)


def _days(words: str, today: date) -> tuple[Sequence[date], str]:
    """Returns the days that are meant, the next first, and what is typed besides. Raises ValueError.

    The day comes before the time or after it.
    """
    for pattern in (_DATE, _DAY_FIRST):
        if dated := pattern.search(words):
            day = date(int(dated["year"]), int(dated["month"]), int(dated["day"]))
            return [day], f"{words[: dated.start()]} {words[dated.end() :].removeprefix('t')}".strip()
    begun = _BEFORE_DAY.match(words)
    words = words[begun.end() :] if begun else words
    for days, names in _DAYS.items():
        if (rest := _without(words, names)) is not None:
            return [today + timedelta(days=days)], rest
    for weekday, names in enumerate(_WEEKDAYS):
        if (rest := _without(words, names)) is not None:
            first = today + timedelta(days=(weekday - today.weekday()) % 7)
            return [first, first + timedelta(days=7)], rest
    return [], words


def _without(words: str, names: frozenset[str]) -> str | None:
    """Returns the words without one of these names at their beginning or end, or None if none is there."""
    for name in names:
        if words == name:
            return ""
        if words.startswith(f"{name} "):
            return words.removeprefix(name).strip()
        if words.endswith(f" {name}"):
            rest = words.removesuffix(name).strip()
            return next(
                (rest.removesuffix(f" {one}") for one in _words("on", "يوم") if rest.endswith(f" {one}")), rest
            )
    return None


def _clock(words: str, *, is_hour: bool) -> time | None:
    """Returns a time of the clock. A number alone is an hour only if `is_hour`, or if a word says so."""
    begun = _BEFORE_CLOCK.match(words)
    words = words[begun.end() :] if begun else words
    for named, names in _NAMED.items():
        if words in names:
            return named
    found = _CLOCK.fullmatch(words)
    if found is None or not (is_hour or begun or found[2] or found[4]):
        return None
    hour, half = int(found[1]), found[4]
    if half in _AFTER_NOON and hour < _NOON:
        hour += _NOON
    if half in _BEFORE_NOON and hour == _NOON:
        hour = 0
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0))
    except ValueError:
        return None


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    """Returns that time of the clock on that day. One that the clocks skip, or show twice, is the first after it."""
    return datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
