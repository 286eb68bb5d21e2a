"""Finds names similar to a typed name: a category may be misspelt, shortened, or written in another way."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

from bot.text.arabic import normalize, normalized_words, stem, without_article

NEAR: Final = 0.6  # SequenceMatcher's ratio: "sprots" is 0.83 of "sports"
_MISSPELT: Final = 0.8  # the same of one word
_SHORTEST: Final = 5  # letters of a word that may be misspelt: shorter ones are too often another word


def fuzzy_matches(name: str, candidates: Iterable[str], limit: int = 4) -> list[str]:
    """Returns up to `limit` similar candidates, the most similar first, or [] if none is similar."""
    typed = normalize(name)
    scored = sorted(
        ((_likeness(typed, normalize(candidate)), candidate) for candidate in set(candidates)), reverse=True
    )
    return [candidate for score, candidate in scored if score >= NEAR][:limit]


def meant_name(typed: str, names: Iterable[str]) -> str | None:
    """Returns the name that was misspelt, or None. Each word was typed as it is, or with few wrong letters."""
    words = comparable(typed).split()
    found = {name: _spelling(words, comparable(name).split()) for name in names}
    best = max(found, key=lambda name: found[name], default=None)
    return best if best is not None and found[best] > 0 else None


def _spelling(typed: list[str], words: list[str]) -> float:
    """Returns how alike the words are that are least alike, from 0 to 1. 0: the name is another one."""
    if not typed or len(typed) != len(words):
        return 0.0
    return min(_word_spelling(one, word) for one, word in zip(typed, words, strict=True))


def _word_spelling(typed: str, word: str) -> float:
    if typed == word:
        return 1.0
    if len(typed) < _SHORTEST or abs(len(typed) - len(word)) > 2:
        return 0.0
    ratio = SequenceMatcher(None, typed, word).ratio()
    return ratio if ratio >= _MISSPELT else 0.0


def comparable(name: str) -> str:
    """Returns a name in the form in which names are equal: normalized words, without the article, as search compares.

    So "خليج والعالم" names the category "الخليج والعالم".
    """
    return " ".join(without_article(word) for word in normalized_words(name))


def _likeness(typed: str, name: str) -> float:
    """Returns the similarity from 0 to 1, with 1 for equal names.

    A shared word counts almost as much as an equal name, and so does a word that begins with what was typed.
    """
    if not typed or not name:
        return 0.0
    words = name.split()
    stems = {stem(word) for word in words}
    shared = sum(stem(word) in stems for word in typed.split()) / len(typed.split())
    begun = len(typed) >= 2 and any(word.startswith(typed) or stem(word).startswith(typed) for word in words)
    alike = max(SequenceMatcher(None, typed, other).ratio() for other in (name, *words))
    return max(alike, 0.9 * shared, 0.85 * begun)
