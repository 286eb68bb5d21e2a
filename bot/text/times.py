"""Understands how long something is to last: "2h", "for 7 days", "ساعتين", "لمدة أسبوع"."""

import re
from datetime import timedelta
from typing import Final

from bot.text.arabic import normalize


def _words(*words: str) -> frozenset[str]:
    return frozenset(normalize(word) for word in words)


_UNITS: Final = {
    timedelta(minutes=1): _words("m", "min", "mins", "minute", "minutes", "د", "دقيقة", "دقائق"),
    timedelta(hours=1): _words("h", "hr", "hrs", "hour", "hours", "س", "ساعة", "ساعات"),
    timedelta(days=1): _words("d", "day", "days", "يوم", "أيام", "يومًا"),
    timedelta(weeks=1): _words("w", "week", "weeks", "أسبوع", "أسابيع", "أسبوعًا"),
    timedelta(days=30): _words("month", "months", "شهر", "أشهر", "شهور", "شهرًا"),
}
_ONE: Final = {  # these words stand in names as well: "Independence day"
    timedelta(minutes=30): _words("half an hour", "نصف ساعة"),
    timedelta(hours=1): _words("hour", "an hour", "one hour", "ساعة", "ساعة واحدة"),
    timedelta(days=1): _words("day", "a day", "one day", "يوم", "يومًا", "يوم واحد"),
    timedelta(weeks=1): _words("week", "a week", "one week", "أسبوع", "أسبوعًا", "أسبوع واحد"),
    timedelta(days=30): _words("month", "a month", "one month", "شهر", "شهرًا", "شهر واحد"),
}
_TOLD: Final = {  # these are a time wherever they end what is typed; Arabic has a word for two
    timedelta(hours=1): _words("لساعة"),
    timedelta(hours=2): _words("two hours", "ساعتين", "ساعتان", "لساعتين"),
    timedelta(days=1): _words("ليوم"),
    timedelta(days=2): _words("two days", "يومين", "يومان", "ليومين"),
    timedelta(weeks=1): _words("لأسبوع"),
    timedelta(weeks=2): _words("two weeks", "أسبوعين", "أسبوعان", "لأسبوعين"),
    timedelta(days=30): _words("لشهر"),
    timedelta(days=60): _words("two months", "شهرين", "شهران", "لشهرين"),
}
_COUNTED: Final = re.compile(r"(\d{1,4}) ?([^\W\d_]+)")
_BEGINNING: Final = re.compile(rf"^(?:{'|'.join(_words('for', 'in', 'لمدة', 'مدة'))}) ")
_MOST_WORDS: Final = 4  # "for half an hour"


def understood_time(typed: str) -> timedelta | None:
    """Returns a typed time, or None if it is none. Zero is a time: "0d"."""
    words = _BEGINNING.sub("", normalize(typed))
    return next((time for time, names in _ONE.items() if words in names), None) or _told(words)


def split_time(typed: str) -> tuple[str, timedelta | None]:
    """Returns a text without the time at its end, and that time, or None if there is none.

    "a day" at the end may belong to a name and is a time only after "for". Of a text that is a time, "" is left.
    """
    words = typed.split()
    for count in range(min(_MOST_WORDS, len(words)), 0, -1):
        end = normalize(" ".join(words[-count:]))
        time = understood_time(end) if _BEGINNING.match(end) else _told(end)
        if time is not None:
            return " ".join(words[:-count]), time
    return typed, None


def _told(words: str) -> timedelta | None:
    for time, names in _TOLD.items():
        if words in names:
            return time
    counted = _COUNTED.fullmatch(words)
    if counted is None:
        return None
    return next((int(counted[1]) * unit for unit, names in _UNITS.items() if counted[2] in names), None)
