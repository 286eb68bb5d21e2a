"""Understands until when a reader wants no alerts: "2h", "tomorrow", "off", "ساعتين", "غدًا"."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.text.arabic import normalize

LONGEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Snooze:
    """How long a snooze lasts. One of the fields is set."""

    time: timedelta | None = None  # from now on; zero ends a snooze
    mornings: int | None = None  # until the morning after so many nights


OFF: Final = Snooze(timedelta(0))


def _words(*words: str) -> frozenset[str]:
    return frozenset(normalize(word) for word in words)


_OFF_WORDS: Final = _words(
    "off", "end", "stop", "cancel", "resume", "wake", "إيقاف", "أوقف", "إلغاء", "ألغ", "إنهاء", "انتهى"
)
_TOMORROW: Final = _words(
    "tomorrow", "until tomorrow", "till tomorrow", "غدا", "غدًا", "بكرة", "بكرا", "حتى الغد", "الغد", "إلى الغد"
)
_UNITS: Final = {
    timedelta(minutes=1): _words("m", "min", "mins", "minute", "minutes", "د", "دقيقة", "دقائق"),
    timedelta(hours=1): _words("h", "hr", "hrs", "hour", "hours", "س", "ساعة", "ساعات"),
    timedelta(days=1): _words("d", "day", "days", "يوم", "أيام", "يومًا"),
    timedelta(weeks=1): _words("w", "week", "weeks", "أسبوع", "أسابيع", "أسبوعًا"),
}
_ALONE: Final = {  # without a number; Arabic has a word for two
    timedelta(minutes=30): _words("half an hour", "نصف ساعة"),
    timedelta(hours=1): _words("hour", "an hour", "one hour", "ساعة", "لساعة", "ساعة واحدة"),
    timedelta(hours=2): _words("two hours", "ساعتين", "ساعتان", "لساعتين"),
    timedelta(days=1): _words("day", "a day", "one day", "يوم", "يومًا", "ليوم", "يوم واحد"),
    timedelta(days=2): _words("two days", "يومين", "يومان", "ليومين"),
    timedelta(weeks=1): _words("week", "a week", "one week", "أسبوع", "أسبوعًا", "لأسبوع"),
    timedelta(weeks=2): _words("two weeks", "أسبوعين", "أسبوعان", "لأسبوعين"),
}
_COUNTED: Final = re.compile(r"(\d{1,4}) ?([^\W\d_]+)")
_BEGINNING: Final = re.compile(rf"^(?:{'|'.join(_words('for', 'in', 'لمدة', 'مدة'))}) ")


def understood_snooze(typed: str) -> Snooze | None:
    """Returns what was typed after /snooze, or None if it is no time that the bot knows. A long time is shortened."""
    words = _BEGINNING.sub("", normalize(typed))
    if words in _OFF_WORDS:
        return OFF
    if words in _TOMORROW:
        return Snooze(mornings=1)
    for time, names in _ALONE.items():
        if words in names:
            return Snooze(time)
    counted = _COUNTED.fullmatch(words)
    for unit, names in _UNITS.items():
        if counted is not None and counted[2] in names and int(counted[1]):
            return Snooze(min(LONGEST, int(counted[1]) * unit))
    return None
