"""Understands until when a reader wants no alerts: "2h", "tomorrow", "off", "ساعتين", "غدًا"."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.text.arabic import normalize
from bot.text.times import understood_time
from bot.text.typed_words import typed_words

LONGEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Snooze:
    """How long a snooze lasts. One of the fields is set."""

    time: timedelta | None = None  # from now on; zero ends a snooze
    mornings: int | None = None  # until the morning after so many nights


OFF: Final = Snooze(timedelta(0))


def understood_snooze(typed: str) -> Snooze | None:
    """Returns what was typed after /snooze, or None if it is no time that the bot knows. A long time is shortened."""
    words = normalize(typed)
    if words in typed_words("snooze", "off"):
        return OFF
    if words in typed_words("snooze", "tomorrow"):
        return Snooze(mornings=1)
    time = understood_time(words)
    return Snooze(min(LONGEST, time)) if time else None
