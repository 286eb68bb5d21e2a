"""Headlines as lines of a list, each with its number, category, source and age."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from telegram.constants import MessageLimit

from bot.locale import Voice
from bot.text.html import escape, isolate, length, plain, truncate
from storage.records import Headline

# UTF-16 units of a title and of a name in a list: the first pair with which the list fits. With the last, 30 do.
LISTED_LENGTHS: Final = ((160, 60), (120, 40), (90, 30), (60, 20), (40, 12))
LISTED_ROOM: Final = MessageLimit.MAX_TEXT_LENGTH - 400  # what stands around a list has the rest


def headline_lines(numbered: Iterable[tuple[int, Headline]], voice: Voice, now: datetime) -> list[str]:
    """Articles in a list, with their numbers. Where they are long, all are shortened and none is left out."""
    listed, lines = list(numbered), list[str]()
    for lengths in LISTED_LENGTHS:
        lines = [_headline_line(number, headline, voice, now, *lengths) for number, headline in listed]
        if length("\n\n".join(lines)) <= LISTED_ROOM:
            break
    return lines


def _headline_line(
    position: int, headline: Headline, voice: Voice, now: datetime, title_length: int, name_length: int
) -> str:
    """Number and title, and what it is of in the line below."""
    title = shorten(headline.title, title_length)
    age = voice.age(headline.published_at, headline.published_on, now)
    names = [headline.category.name if headline.category else "", headline.source or ""]
    line = voice.align(f"{voice.number(position)}. {voice.embed(title)}")
    parts = [*(shorten(name, name_length) for name in names), coverage_label(headline, voice), age]
    return f"<b>{escape(line)}</b>\n{details_line(parts, voice)}"


def coverage_label(headline: Headline, voice: Voice) -> str:
    """How many sources tell a story that stands in a list once; "" where it is one article's."""
    if headline.sources > 1:
        return voice.plural("{n} source", "{n} sources", headline.sources)
    return voice.plural("{n} article", "{n} articles", headline.told_by) if headline.told_by > 1 else ""


def shorten(text: str, longest: int) -> str:
    return plain(truncate(escape(text), longest))


def details_line(parts: Sequence[str], voice: Voice) -> str:
    """What an article is of, in one line: each part in its own direction, the line in the reader's.

    It is not set in italics, which Arabic letters don't have.
    """
    return escape(voice.align(" · ".join(isolate(part) for part in parts if part)))
