"""Reads saved page texts: the visible text of a news page, with its banner, section and footer.

A page reads, from top to bottom: the site's banner, the section, the headline with its date on the next line, the
headline again, the paragraphs, and a footer that names the section once more. Any of these may be missing, save the
headline and the paragraphs. The date is what the rest is found by: the headline stands right above it, or above the
byline.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from itertools import groupby
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.page_dates import is_date_line, parse
from bot.text.arabic import normalize
from bot.text.document import stored_form, to_plain
from bot.text.html import clean
from storage.records.documents import Block, Document, Listing, Paragraph, Run

HEAD_LINES: Final = 12  # lines above the article: banner, menu, section, headline
LONGEST_HEADLINE: Final = 300  # characters
LONGEST_SECTION: Final = 60
MOST_BYLINES: Final = 2  # lines between the headline and its date: the author, his place
LONGEST_BYLINE: Final = 6  # words
LONGEST_NAME: Final = 3
FEWEST_HEADLINE_WORDS: Final = 5  # that no banner and no section has
FEWEST_WORDS: Final = 8  # of a body; less is a caption
_FOOTER: Final = re.compile(
    r"^(?:(?:[اأإ]قر[أا] )?(?:المزيد|[أا]يضا[ًا]?) (?:في|من|عن)|(?:read )?more (?:in|on|from))"
    r"\s*:?\s*(?P<section>.*)$",
    re.IGNORECASE,
)
_BYLINE: Final = re.compile(r"(?:by|بقلم)\b|(?:كتبت?|اعداد|تحرير|متابعه|ترجمه|author|written by)\s*:")
_BULLET: Final = re.compile(r"[•●▪◦‣∙*]\s*+(?=\w)")  # a dash begins a speech as often
_CLOCK: Final = re.compile(r"^\W*\d{1,2}[:.]\d{2}\b.{0,20}$")
_MARKS: Final = " \u061c\u200b\u200e\u200f\ufeff"
_EMBEDDED: Final = re.compile("[\u202a\u202b\u2066-\u2068](?P<line>[^\u202a-\u202e\u2066-\u2069]*)[\u202c\u2069]")
_EXPECTED: Final = "expected the text of a news page: a headline, its date, and paragraphs"


@dataclass(frozen=True, slots=True)
class _Head:
    """The lines above the paragraphs."""

    title: str
    section: str | None
    published: datetime | date | None
    body_from: int  # the first line of the body


def read(data: bytes, *, name: str, timezone: tzinfo = UTC) -> Draft:
    """Returns the article of a saved page text. `name` is the name of the file, for errors.

    A time without a zone is taken in `timezone`.

    Raises Unreadable.
    """
    if b"\x00" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(name, f"this is no text; {_EXPECTED}")
    lines = [line for text in clean(decode(data)).split("\n") if (line := _without_marks(text))]
    if not lines:
        raise Unreadable(name, f"the file is empty; {_EXPECTED}")
    lines, footer_section = _without_footer(lines)
    head = _head(lines, timezone)
    if head is None:
        raise Unreadable(name, f"no headline was found; {_EXPECTED}")
    body = [line for line in lines[head.body_from :] if normalize(line) != normalize(head.title)]
    if sum(len(line.split()) for line in body) < FEWEST_WORDS:
        raise Unreadable(name, f"no paragraphs follow the headline {head.title[:60]!r}; {_EXPECTED}")
    section = footer_section or head.section
    document = _document(body)
    return Draft(
        title=head.title,
        body=to_plain(document),
        document=stored_form(document),
        categories=(section,) if section else (),
        published=head.published,
    )


def _without_marks(line: str) -> str:
    """Returns a line without the direction marks around it. Some programs put one even on empty lines."""
    line = line.strip(_MARKS)
    around = _EMBEDDED.fullmatch(line)
    return around["line"].strip(_MARKS) if around else line


def _document(lines: Sequence[str]) -> Document:
    """Returns the lines as paragraphs. Two or more lines in a row that begin with a bullet are a list."""
    blocks: list[Block] = []
    for is_item, group in groupby(lines, key=lambda line: _BULLET.match(line) is not None):
        several = list(group)
        if is_item and len(several) > 1:
            items = (_BULLET.sub("", line, count=1) for line in several)
            blocks.append(Listing(tuple((Paragraph((Run(item),)),) for item in items)))
        else:
            blocks.extend(Paragraph((Run(line),)) for line in several)
    return tuple(blocks)


def _without_footer(lines: list[str]) -> tuple[list[str], str | None]:
    """Returns the lines above the footer, and the section that it names; a footer has little below it."""
    for number in range(len(lines) - 1, max(0, len(lines) - 6), -1):
        footer = _FOOTER.match(lines[number])
        if footer and not _is_sentence(lines[number]):
            section = footer["section"].strip() or (lines[number + 1] if number + 1 < len(lines) else "")
            return lines[:number], section[:LONGEST_SECTION] or None
    return lines, None


def _is_sentence(line: str) -> bool:
    """Returns whether a line that begins like a footer ("more on …") goes on as a paragraph does."""
    return line.endswith((".", "!", "؟", "?", "…", "،")) or len(line) > LONGEST_SECTION + 20


def _head(lines: Sequence[str], zone: tzinfo) -> _Head | None:
    number = _date_line(lines)
    if number == 0:
        return _dated_first(lines, zone)
    if number is None or len(lines[number - 1]) > LONGEST_HEADLINE:
        return _undated(lines)
    above = _headline_above(lines, number)
    if above is None:
        return None
    title = lines[above]
    section = _section(lines[:above], title)
    body_from = next(n for n in range(number + 1, len(lines) + 1) if not _is_stamp(lines, n))
    return _Head(title, section, parse(lines[number], timezone=zone), body_from)


def _date_line(lines: Sequence[str]) -> int | None:
    """Returns the line below a headline that is said again, else the first: a banner may give the day of saving."""
    dated = [number for number, line in enumerate(lines[:HEAD_LINES]) if is_date_line(line)]
    below_headline = (number for number in dated if _repeated_above(lines, number) is not None)
    return next(below_headline, dated[0] if dated else None)


def _repeated_above(lines: Sequence[str], dated: int) -> int | None:
    """Returns the headline above a date that is said again below it: right above, or above its byline.

    A section may be said again, too: the headline is longer than what stands between it and the date.
    """
    normalized = [normalize(line) for line in lines[: dated + 4]]
    for number in range(dated - 1, max(-1, dated - 2 - MOST_BYLINES), -1):
        longer = all(len(lines[number]) > len(line) for line in lines[number + 1 : dated])
        if longer and normalized[number] in normalized[dated + 1 :]:
            return number
    return None


def _headline_above(lines: Sequence[str], dated: int) -> int | None:
    """Returns the headline of the article of that date, or None if that line may as well be its author.

    Without a second headline, only a byline that says so ("By …") tells an author from a headline. A few words below
    what reads like a headline could be either, and a wrong headline is worse than none.
    """
    repeated = _repeated_above(lines, dated)
    if repeated is not None:
        return repeated
    above = dated - 1
    while above and _is_byline(lines[above], below=lines[above - 1]):
        above -= 1
    few = len(lines[above].split()) <= LONGEST_NAME
    if above == dated - 1 and above and few and len(lines[above - 1].split()) >= FEWEST_HEADLINE_WORDS:
        return None
    return above


def _is_byline(line: str, *, below: str) -> bool:
    return len(line) < len(below) and len(line.split()) <= LONGEST_BYLINE and bool(_BYLINE.match(normalize(line)))


def _is_stamp(lines: Sequence[str], number: int) -> bool:
    """Returns whether a line below the date is a date again ("updated …"), or the time."""
    return number < len(lines) and (is_date_line(lines[number]) or bool(_CLOCK.match(normalize(lines[number]))))


def _dated_first(lines: Sequence[str], zone: tzinfo) -> _Head | None:
    """A date on top, then the headline."""
    if len(lines) < 2 or len(lines[1]) > LONGEST_HEADLINE:
        return None
    return _Head(lines[1], None, parse(lines[0], timezone=zone), 2)


def _undated(lines: Sequence[str]) -> _Head | None:
    """Without a date: a headline that is repeated, else the last short line above the paragraphs."""
    normalized = [normalize(line) for line in lines[: HEAD_LINES + 1]]
    for number, line in enumerate(normalized[:-1]):
        if line == normalized[number + 1] and len(line.split()) > 2:
            return _Head(lines[number], _section(lines[:number], lines[number]), None, number + 1)
    long = next((n for n, line in enumerate(lines[:HEAD_LINES]) if len(line) > LONGEST_HEADLINE / 2), None)
    if not long:
        return None
    title = lines[long - 1]
    return _Head(title, _section(lines[: long - 1], title), None, long) if len(title.split()) > 2 else None


def _section(above: Sequence[str], title: str) -> str | None:
    """Returns the line right above the headline, if it is a name and not the headline again.

    Of one line alone it can't be known whether it is the banner or the section; the footer, where there is one,
    knows better and goes first.
    """
    names = [line for line in above if len(line) <= LONGEST_SECTION and normalize(line) != normalize(title)]
    return names[-1] if names else None
