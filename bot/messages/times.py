"""Dates and ages in messages (HTML), which stay true however old the message is and wherever its reader lives.

Each is a <tg-time> element with our own words inside. A client that knows the element shows the time in the time zone
and the language of its reader, and keeps an age up to date. Other clients show our words. A server that does not know
the element gets only our words (`bot.telegram_http`).
"""

from datetime import date, datetime, time
from typing import Final

from bot.locale import Voice
from bot.text.html import FSI, PDI, escape, plain

# Formats of the Bot API. With the last one, clients keep our words, and a press on them shows the moment.
_AGE, _DAY, _DAY_AND_TIME, _OUR_WORDS = "r", "D", "Dt", ""
_LATEST: Final = 2**31  # seconds since 1970: Telegram's times end there
_NOON: Final = time(12)  # of an article with a day only: the day stays the same in most time zones


def date_and_time(moment: datetime | date, voice: Voice) -> str:
    """Returns a moment with its date and time, or a day with its date."""
    if isinstance(moment, datetime):
        return _timed(moment, _DAY_AND_TIME, voice.date_and_time(moment))
    return _timed(_noon(moment, voice), _DAY, voice.date_and_time(moment))


def day(moment: datetime, voice: Voice) -> str:
    """Returns the date of a moment."""
    return _timed(moment, _DAY, voice.date_text(moment))


def age(published_at: datetime, published_on: date | None, now: datetime, voice: Voice) -> str:
    """Returns the age of a recent article, else its date."""
    words = voice.age(published_at, published_on, now)
    if published_on is not None:
        return _timed(_noon(published_on, voice), _DAY, words)
    return _timed(published_at, _AGE if voice.has_age(published_at, now) else _DAY, words)


def chat_time(moment: datetime, voice: Voice) -> str:
    """Returns a moment on the clocks of the chat, for sentences that name hours of the chat's day as well."""
    return _timed(moment, _OUR_WORDS, voice.date_and_time(moment))


def soon(moment: datetime, voice: Voice, now: datetime) -> str:
    """Returns a moment on the clocks of the chat: only the time if it is today, else with the date."""
    local = moment.astimezone(voice.timezone)
    if local.date() != now.astimezone(voice.timezone).date():
        return chat_time(moment, voice)
    return _timed(moment, _OUR_WORDS, voice.clock(local))


def aligned(line: str, voice: Voice) -> str:
    """Returns a line of HTML that is aligned to the side of the reader's language."""
    shown = plain(line)
    return voice.align(shown).removesuffix(shown) + line


def _timed(moment: datetime, form: str, words: str) -> str:
    """Returns the element, isolated: a client may show words of another direction than ours."""
    seconds = int(moment.timestamp())
    shown = escape(words)
    if 0 < seconds < _LATEST:
        shown = f'<tg-time unix="{seconds}" format="{form}">{shown}</tg-time>'
    return f"{FSI}{shown}{PDI}"


def _noon(day: date, voice: Voice) -> datetime:
    return datetime.combine(day, _NOON, voice.timezone)
