"""Understands a time that an editor types: "18:30", "2h", "tomorrow 8 pm", "2026-12-01 08:00", "غدًا ٨:٠٠ مساءً"."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Final

from bot.text.arabic import normalize
from bot.text.times import understood_time
from bot.text.typed_words import typed_words

LONGEST: Final = timedelta(days=366)  # from now on
_MORNING: Final = time(8)  # of a day without a time
_NOON: Final = 12


_NAMED: Final = {"noon": time(12), "midnight": time(0)}
_DAYS: Final = {"today": 0, "tomorrow": 1, "day after tomorrow": 2}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HALVES: Final = ("before noon", "after noon")
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
        lasting = understood_time(_after().sub("", words))
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
    begun = _before_day().match(words)
    for typed in [words, words[begun.end() :]] if begun else [words]:  # "hari" means on, and "hari ini" today
        for key, days in _DAYS.items():
            if (rest := _without(typed, key)) is not None:
                return [today + timedelta(days=days)], rest
        for weekday, key in enumerate(_WEEKDAYS):
            if (rest := _without(typed, key)) is not None:
                first = today + timedelta(days=(weekday - today.weekday()) % 7)
                return [first, first + timedelta(days=7)], rest
    return [], words


def _without(words: str, key: str) -> str | None:
    """Returns the words without a name of this day at their beginning or end, or None if none is there."""
    for name in typed_words("moments", key):
        if words == name:
            return ""
        if words.startswith(f"{name} "):
            return words.removeprefix(name).strip()
        if words.endswith(f" {name}"):
            return words.removesuffix(name).strip()
    return None


def _clock(words: str, *, is_hour: bool) -> time | None:
    """Returns a time of the clock. A number alone is an hour only if `is_hour`, or if a word says so.

    A word for "on" may be left at the end: "8:00 on", and "8 uhr am" in German, where "am" does not mean the morning.
    """
    found = _clock_alone(words, is_hour=is_hour)
    if found is None:
        rest, _, last = words.rpartition(" ")
        found = _clock_alone(rest, is_hour=is_hour) if last in typed_words("moments", "on") else None
    return found


def _clock_alone(words: str, *, is_hour: bool) -> time | None:
    begun = _before_clock().match(words)
    words = words[begun.end() :] if begun else words
    for key, named in _NAMED.items():
        if words in typed_words("moments", key):
            return named
    found = _clock_pattern().fullmatch(words)
    if found is None:
        return None
    half = found["before"] or found["after"]
    if not (is_hour or begun or found["minute"] or half or found["oclock"]):
        return None
    hour = int(found["hour"])
    if half in typed_words("moments", "after noon") and hour < _NOON:
        hour += _NOON
    if half in typed_words("moments", "before noon") and hour == _NOON:
        hour = 0
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None


@cache
def _before_day() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{_either('on', 'next')}) )+")


@cache
def _before_clock() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{_either('at')}) ?)+(?=[^\W_])")


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf"^(?:{_either('after')}) | (?:{_either('later')})$")


@cache
def _clock_pattern() -> re.Pattern[str]:
    half = _either(*_HALVES)
    return re.compile(
        rf"(?:(?P<before>{half}) )?(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?)?"
        rf"(?: ?(?P<oclock>{_either('clock')}))?(?: ?(?:{_either('in the')})? ?(?P<after>{half}))?"
    )


def _either(*keys: str) -> str:
    words = {word for key in keys for word in typed_words("moments", key)}
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    """Returns that time of the clock on that day. One that the clocks skip, or show twice, is the first after it."""
    return datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
