"""Formats headlines as lines with number, category, source and age."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telegram.constants import MessageLimit

from bot.locale import Voice
from bot.messages import times
from bot.messages.category_names import own_name
from bot.text.excerpt import Marked
from bot.text.html import escape, isolate, length, plain, truncate
from storage.records import Headline

# Limits of a title and of a name, in UTF-16 units. The first pair with which the list fits is used; 30 headlines
# fit with the last.
LISTED_LENGTHS: Final = ((120, 40), (90, 30), (60, 20), (40, 12))
LISTED_ROOM: Final = MessageLimit.MAX_TEXT_LENGTH - 400  # the rest is for the text around the list
WITH_EXCERPTS: Final = 2  # of these pairs; a list that is too long with them has no excerpts


@dataclass(frozen=True, slots=True)
class Match:
    """Where a search found an article: the words in its headline, and an excerpt with the others."""

    title: Marked
    excerpt: Marked | None = None


def headline_lines(
    numbered: Iterable[tuple[int, Headline]],
    voice: Voice,
    now: datetime,
    *,
    category: int | None = None,
    matches: Mapping[int, Match] | None = None,
) -> list[str]:
    """Returns numbered headlines as HTML. If they are too long, all are shortened and none is left out.

    `category` is the id of the category that the heading of the list names, so that no line repeats it. `matches`
    say, by article id, why a search found the articles.
    """
    listed, lines = list(numbered), list[str]()
    tried = [(one, matches or {}) for one in LISTED_LENGTHS[:WITH_EXCERPTS]] + [(one, {}) for one in LISTED_LENGTHS]
    for lengths, shown in tried:
        lines = [
            _headline_line(number, one, voice, now, category, shown.get(one.id), *lengths) for number, one in listed
        ]
        if length("\n".join(lines)) <= LISTED_ROOM:
            break
    return lines


def listed(heading: str, lines: Sequence[str], *rest: str) -> str:
    """Returns a list (HTML): the heading, the headlines without empty lines between them, then the remaining parts.

    A phone shows five headlines and their buttons at once that way, since bold titles part them well enough.
    """
    return "\n\n".join(part for part in (heading, "\n".join(lines), *rest) if part)


def _headline_line(
    position: int,
    headline: Headline,
    voice: Voice,
    now: datetime,
    category: int | None,
    match: Match | None,
    title_length: int,
    name_length: int,
) -> str:
    """Returns number and title, in the next line what a search found, and in the last line the details."""
    title = shorten(headline.title, title_length)
    age = times.age(headline.published_at, headline.published_on, now, voice)
    other = headline.category if headline.category and headline.category.id != category else None
    names = [own_name(other, voice) if other else "", headline.source or ""]
    before, _, after = voice.align(f"{voice.number(position)}. {voice.embed(title)}").rpartition(title)
    shown = _with_marks(Marked(title, match.title.places), "u") if match else escape(title)
    excerpt = f"{_with_marks(match.excerpt, 'b')}\n" if match and match.excerpt else ""
    parts = [*(shorten(name, name_length) for name in names), coverage_label(headline, voice)]
    return f"<b>{escape(before)}{shown}{escape(after)}</b>\n{excerpt}{details_line(parts, voice, when=age)}"


def _with_marks(found: Marked, tag: str) -> str:
    """Returns the text as HTML, with its places in that element. Places that a shortened text lost are skipped."""
    parts, done = list[str](), 0
    for begin, end in found.places:
        if end <= len(found.text.removesuffix("…")):
            parts += [escape(found.text[done:begin]), f"<{tag}>{escape(found.text[begin:end])}</{tag}>"]
            done = end
    return "".join([*parts, escape(found.text[done:])])


def coverage_label(headline: Headline, voice: Voice) -> str:
    """Returns the number of sources, or of articles, of a story. Returns "" for a single article."""
    if headline.sources > 1:
        return voice.plural("{n} source", "{n} sources", headline.sources)
    return voice.plural("{n} article", "{n} articles", headline.story_size) if headline.story_size > 1 else ""


def shorten(text: str, longest: int) -> str:
    return plain(truncate(escape(text), longest))


def details_line(parts: Sequence[str], voice: Voice, *, when: str = "") -> str:
    """Returns the details of an article in one line (HTML). `when` comes last (HTML, from `times`).

    Each part keeps its own direction, and the line has the direction of the reader's language. The line is not in
    italics, which Arabic script does not have.
    """
    shown = [escape(isolate(part)) for part in parts if part]
    return times.aligned(" · ".join([*shown, *([when] if when else [])]), voice)
