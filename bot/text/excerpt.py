"""Finds the words of a query in a text as it is written, and cuts an excerpt around them.

A word is found by the forms that the index has of it. So the query مدرسه marks المدرسة in the text, and "ferries"
marks "ferry", each as the text writes it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.text.search import index_words, is_unspaced
from storage.records import Term

READ: Final = 20_000  # letters of a text that are searched for the words; an article names its subject early
EXCERPT: Final = 64  # letters of an excerpt: two lines of a phone
BEFORE: Final = 28  # letters before the first word, so that a reader sees what it is about
# With vowel signs and joiners, which belong to the word although no letters.
_WORD: Final = re.compile(
    "[^\\W_](?:[^\\W_]|[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d])*"
)
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with the places of the words that were found: beginnings and ends, in order, without overlap."""

    text: str
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    begin: int
    end: int
    term: int  # its place in the query


def marked(text: str, language: str, terms: Sequence[Term]) -> Marked:
    """Returns the text with the places of the query's words. `language` is that of the text."""
    return Marked(text, _places(_hits(text, language, terms)))


def excerpt(text: str, language: str, terms: Sequence[Term], *, known: str = "") -> Marked | None:
    """Returns the part of the text that has most of the query's words, with their places.

    Words that `known` has, which is the headline, need no excerpt. None if the text has no other word.
    """
    text = _SPACES.sub(" ", text[:READ]).strip()
    seen = {hit.term for hit in _hits(known, language, terms)}
    hits = [hit for hit in _hits(text, language, terms) if seen != set(range(len(terms)))]
    if not {hit.term for hit in hits} - seen:
        return None
    first = max(range(len(hits)), key=lambda place: (_worth(hits, place, seen), -hits[place].begin))
    return _cut(text, hits[first].begin, hits)


def _worth(hits: Sequence[_Hit], place: int, seen: set[int]) -> tuple[int, int, int]:
    """Returns what an excerpt from this hit on is worth: it has many unknown words, many in all, close together."""
    begin, end = hits[place].begin, hits[place].begin + EXCERPT - BEFORE
    near: dict[int, int] = {}  # the end of the first place of each word of the query
    while place < len(hits) and hits[place].begin < end:  # a text may consist of the words of the query
        if hits[place].end <= end:
            near.setdefault(hits[place].term, hits[place].end)
        place += 1
    return len(near.keys() - seen), len(near), begin - max(near.values(), default=begin)


def _cut(text: str, first: int, hits: Iterable[_Hit]) -> Marked:
    begin = _begin(text, first)
    end = begin + EXCERPT
    if end < len(text):
        space = text.rfind(" ", first + 1, end + 1)
        end = space if space > first else end
    head = "… " if begin else ""
    shown = f"{head}{text[begin:end].rstrip()}{' …' if end < len(text) else ''}"
    shift = len(head) - begin
    inside = [hit for hit in hits if begin <= hit.begin and hit.end <= end]
    return Marked(shown, tuple((left + shift, right + shift) for left, right in _places(inside)))


def _begin(text: str, first: int) -> int:
    """Returns where an excerpt begins: with its sentence if that is near, else with a word before the first hit."""
    earliest = max(0, first - BEFORE)
    sentence = max(text.rfind(end, earliest, first) for end in (". ", "! ", "? ", "؟ ", "。"))
    if earliest == 0 or sentence >= 0:
        return sentence + 2 if sentence >= 0 else 0
    space = text.find(" ", earliest, first)
    return space + 1 if space >= 0 else first


def _places(hits: Iterable[_Hit]) -> tuple[tuple[int, int], ...]:
    return tuple(dict.fromkeys((hit.begin, hit.end) for hit in sorted(hits, key=lambda hit: hit.begin)))


def _hits(text: str, language: str, terms: Sequence[Term]) -> list[_Hit]:
    """Returns each word of the text that a term names. The words of a phrase must follow one another."""
    wanted = [(number, tuple(form.split())) for number, term in enumerate(terms) for form in term.forms]
    first_words = {form[0] for _, form in wanted if form}
    words = list(_indexed(text, language))
    hits: dict[tuple[int, int], _Hit] = {}
    for place, (word, _, _) in enumerate(words):
        if word not in first_words:
            continue
        for number, form in wanted:
            run = words[place : place + len(form)]
            if form and tuple(one for one, _, _ in run) == form:
                hits |= {(begin, end): _Hit(begin, end, number) for _, begin, end in run}
    return sorted(hits.values(), key=lambda hit: hit.begin)


def _indexed(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """Yields each word of the text as the index has it, with its place in the text."""
    for found in _WORD.finditer(text):
        places = [found.span()]
        if is_unspaced(found[0]):
            places = list(pairwise(range(found.start(), found.end() + 1)))
        for begin, end in places:
            for word in index_words(text[begin:end], language):
                yield word, begin, end
