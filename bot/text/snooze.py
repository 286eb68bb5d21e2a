"""Understands until when a reader wants no alerts: "2h", "tomorrow", "off", "ساعتين", "غدًا"."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.text.arabic import normalize
from bot.text.times import understood_time

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
    "tomorrow",
    "until tomorrow",
    "till tomorrow",
    "for tomorrow",
    "غدا",
    "غدًا",
    "بكرة",
    "بكرا",
    "حتى الغد",
    "الغد",
    "إلى الغد",
)


def understood_snooze(typed: str) -> Snooze | None:
    """Returns what was typed after /snooze, or None if it is no time that the bot knows. A long time is shortened."""
    words = normalize(typed)
    if words in _OFF_WORDS:
        return OFF
    if words in _TOMORROW:
        return Snooze(mornings=1)
    time = understood_time(words)
    return Snooze(min(LONGEST, time)) if time else None
