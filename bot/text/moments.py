"""Understands a time that an editor types: "18:30", "2h", "tomorrow 8:00", "2026-12-01 08:00", "غدًا 8:00"."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from bot.text.arabic import normalize
from bot.text.times import understood_time

LONGEST: Final = timedelta(days=366)  # from now on
_CLOCK: Final = re.compile(r"(?:at |في |الساعة )*(\d{1,2})(?:[:.](\d{2}))?(?: ?(am|pm|ص|م))?")
_DATED: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ t]*(.*)")
_DAYS: Final = {
    normalize(word): days
    for days, words in enumerate((("today", "اليوم"), ("tomorrow", "غدا", "بكرة")))
    for word in words
}
_AFTERNOON: Final = ("pm", normalize("م"))
_MORNING: Final = ("am", normalize("ص"))
_NOON: Final = 12


def understood_moment(typed: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Returns the typed time in UTC, or None if it is none, or not in the future.

    A time of the clock alone is the next one: "8:00", typed at nine, is tomorrow.
    """
    words = normalize(typed).strip()
    moment = _moment(words, now.astimezone(zone), zone)
    if moment is None:
        lasting = understood_time(words)
        moment = now + lasting if lasting else None
    return moment.astimezone(UTC) if moment is not None and now < moment <= now + LONGEST else None


def _moment(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    if dated := _DATED.fullmatch(words):
        try:
            day = date(int(dated[1]), int(dated[2]), int(dated[3]))
        except ValueError:
            return None
        clock = _clock(dated[4]) if dated[4] else time(8)
        return _at(day, clock, zone) if clock is not None else None
    for word, days in _DAYS.items():
        if words.startswith(word):
            rest = words.removeprefix(word).strip()
            clock = _clock(rest) if rest else time(8)
            return _at(now.date() + timedelta(days=days), clock, zone) if clock is not None else None
    clock = _clock(words)
    if clock is None:
        return None
    today = _at(now.date(), clock, zone)
    return today if today > now else _at(now.date() + timedelta(days=1), clock, zone)


def _clock(words: str) -> time | None:
    """Returns a time of the clock. A number alone is an hour only if minutes or a half of the day follow."""
    found = _CLOCK.fullmatch(words)
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half in _AFTERNOON and hour < _NOON:
        hour += _NOON
    if half in _MORNING and hour == _NOON:
        hour = 0
    try:
        return time(hour, minute)
    except ValueError:
        return None


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    """Returns that time of the clock on that day. One that the clocks skip, or show twice, is the first after it."""
    return datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
