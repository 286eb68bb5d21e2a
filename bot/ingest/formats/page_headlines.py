"""Reads headlines of article pages: what a heading says without its kicker, and how two titles of a page compare."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final

from lxml.html import HtmlElement

from bot.ingest.formats.page_dates import is_date_line
from bot.text.arabic import normalize
from bot.text.html import one_line, shortened

SITE_WORDS: Final = 3
_AGREEING: Final = 0.5  # of the words of the shorter of two headlines
_HEADLINE_WORDS: Final = re.compile(r"\w+")
_CUT_OFF: Final = re.compile(r"(?<!\s)\s*+(?:\.\.\.|…)$")
FEWEST_WORDS: Final = 3  # words of a headline beside its kicker
_BRIEF: Final = 25  # letters of the name of a section
_BRIEFEST: Final = 5  # of one in a script without blanks
_ALPHABETIC: Final = re.compile(r"[a-zà-ɏͰ-ӿ֐-ۿऀ-ൿ]", re.IGNORECASE)
_OPENING_WORDS: Final = 2  # of a kicker that only its place tells
_UNDER_KICKER: Final = 4  # words of the headline below such a kicker
_KICKER: Final = re.compile(
    r"kicker|overline|eyebrow|pre-?title|vortitel|oberzeile|dachzeile|spitzmarke|top-?line|super-?title|sur-?titre|antetitulo|antetítulo|rubric|label"
    r"|(?<![a-z])(?:category|section|tag|badge)(?![a-z])",
    re.IGNORECASE,
)
_MARKS: Final = frozenset("a abbr b bdi bdo del em font i ins mark q s small strong sub sup u wbr".split())


def headline_in(heading: HtmlElement, titles: Sequence[str], sections: Collection[str]) -> str:
    """Returns what a heading shows, without the kicker above the headline, and with a blank between its elements.

    A kicker is an element that is named so, or what stands beside the element that one of the page's titles repeats.
    `sections` are the normalized names of the article's sections.
    """
    inner = [one for one in heading if isinstance(one.tag, str) and one.tag not in _MARKS]
    if not inner:
        return shown_line(heading)
    known = [normalize(title) for title in titles if title]
    whole = shortened(one_line(" ".join(_pieces(heading, frozenset()))))
    if any(title.startswith(normalize(whole)) for title in known):
        return whole
    for one in inner:
        said = shown_line(one)
        if len(said.split()) >= FEWEST_WORDS and any(title.startswith(normalize(said)) for title in known):
            return said
    kickers = frozenset(one for one in inner if _KICKER.search(f"{one.get('class') or ''} {one.get('id') or ''}"))
    kickers = kickers or _unnamed_kicker(heading, inner, [title for title in titles if title], sections)
    rest = shortened(one_line(" ".join(_pieces(heading, kickers)))) if kickers else ""
    return rest if len(rest.split()) >= FEWEST_WORDS else whole


def _unnamed_kicker(
    heading: HtmlElement, inner: Sequence[HtmlElement], titles: Sequence[str], sections: Collection[str]
) -> frozenset[HtmlElement]:
    """Returns the first element of a heading, if it is a word or two, and the rest is a headline by itself.

    The page says so by its titles, or by the name of a section. Else there must be no blank between the two
    elements, so that they don't stand on one line, and the second must begin as a sentence does.
    """
    first, rest = inner[0], one_line(" ".join(_pieces(heading, frozenset(inner[:1]))))
    kicker = shown_line(first)
    is_first = not (heading.text or "").strip() and not (first.tail or "").strip() and heading[0] is first
    is_brief = 0 < len(kicker.split()) <= _OPENING_WORDS and len(rest.split()) >= _UNDER_KICKER
    if not is_first or not is_brief or rest[:1].islower():
        return frozenset()
    words = set(_HEADLINE_WORDS.findall(normalize(kicker)))
    agreeing = [one for one in titles if len(one.split()) >= FEWEST_WORDS and agree(rest, one)]
    is_untitled = bool(agreeing) and all(
        words.isdisjoint(_HEADLINE_WORDS.findall(normalize(one))) for one in agreeing
    )
    is_apart = not any(words & set(_HEADLINE_WORDS.findall(normalize(one))) for one in titles) and not first.tail
    return frozenset({first}) if normalize(kicker) in sections or is_untitled or is_apart else frozenset()


def shown_line(node: HtmlElement) -> str:
    """Returns what an element shows, as a line."""
    return shortened(one_line(node.text_content()))


def _pieces(heading: HtmlElement, left_out: Collection[HtmlElement]) -> Iterator[str]:
    """Yields the texts of a heading's elements, and those between them. Marks don't divide a text."""
    text = heading.text or ""
    for node in heading:
        inner = node.text_content() if isinstance(node.tag, str) and node not in left_out else ""
        if node.tag in _MARKS:
            text += inner + (node.tail or "")
        else:
            yield text
            yield inner
            text = node.tail or ""
    yield text


def agree(one: str, other: str) -> bool:
    """Returns whether two headlines are of one article: they share half of the words of the shorter one."""
    words, others = (set(_HEADLINE_WORDS.findall(normalize(text))) for text in (one, other))
    return bool(words and others) and len(words & others) >= _AGREEING * min(len(words), len(others))


def begins(whole: str, part: str) -> bool:
    """Returns whether a headline is another one, cut off."""
    cut = normalize(_CUT_OFF.sub("", part))
    said = normalize(whole)
    return len(cut) >= 40 and said.startswith(cut) and _HEADLINE_WORDS.search(said, len(cut)) is not None


def is_brief(title: str) -> bool:
    """Returns whether it is as short as the name of a section. A script without blanks says more in a letter."""
    return len(title.split()) < FEWEST_WORDS and len(title) <= (_BRIEF if _ALPHABETIC.search(title) else _BRIEFEST)


def before_date(title: str, marks: Sequence[re.Match[str]]) -> str | None:
    """Returns the headline of a title that has a date behind it, and the site's name behind that."""
    for mark, following in pairwise(marks):
        kept, rest = title[: mark.start()], title[following.end() :]
        is_headline = len(kept.split()) >= FEWEST_WORDS and len(rest.split()) <= SITE_WORDS + 1
        if is_headline and len(kept) > len(rest) and is_date_line(title[mark.end() : following.start()]):
            return kept
    return None
