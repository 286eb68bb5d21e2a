"""Understands how long something is to last: "2h", "for 7 days", "ساعتين", "لمدة أسبوع"."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.text.arabic import normalize
from bot.text.typed_words import typed_words

_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_MONTH: Final = timedelta(days=30)
_UNITS: Final = {"minutes": _MINUTE, "hours": _HOUR, "days": _DAY, "weeks": _WEEK, "months": _MONTH}
_ONE: Final = {  # these words stand in names as well: "Independence day"
    "half an hour": _HOUR / 2,
    "an hour": _HOUR,
    "a day": _DAY,
    "a week": _WEEK,
    "a month": _MONTH,
}
_TOLD: Final = {  # these are a time wherever they end what is typed; Arabic has a word for two
    "for an hour": _HOUR,
    "two hours": 2 * _HOUR,
    "for a day": _DAY,
    "two days": 2 * _DAY,
    "for a week": _WEEK,
    "two weeks": 2 * _WEEK,
    "for a month": _MONTH,
    "two months": 2 * _MONTH,
}
_COUNTED: Final = re.compile(r"(\d{1,4}) ?([^\W\d_]+)")
_MOST_WORDS: Final = 4  # "for half an hour"


def understood_time(typed: str) -> timedelta | None:
    """Returns a typed time, or None if it is none. Zero is a time: "0d"."""
    words = normalize(typed)
    beginning = _beginning(words)
    words = words.removeprefix(beginning)
    for ending in typed_words("durations", "for after"):
        words = words.removesuffix(f" {ending}")
    return _time_named(words, _ONE) or _told(words)


def split_time(typed: str) -> tuple[str, timedelta | None]:
    """Returns a text without the time at its end, and that time, or None if there is none.

    "a day" at the end may belong to a name and is a time only after "for". Of a text that is a time, "" is left.
    """
    words = typed.split()
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        end = normalize(" ".join(words[-count:]))
        time = understood_time(end) if _beginning(end) else _told(end)
        if time is not None:
            return " ".join(words[:-count]), time
    return typed, None


def _beginning(words: str) -> str:
    """Returns the word for "for" that a time begins with, and its space, or an empty text."""
    return next((f"{one} " for one in typed_words("durations", "for") if words.startswith(f"{one} ")), "")


def _told(words: str) -> timedelta | None:
    named = _time_named(words, _TOLD)
    if named is not None:
        return named
    counted = _COUNTED.fullmatch(words)
    return int(counted[1]) * unit if counted and (unit := _time_named(counted[2], _UNITS)) else None


def _time_named(words: str, times: Mapping[str, timedelta]) -> timedelta | None:
    return next((time for key, time in times.items() if words in typed_words("durations", key)), None)
