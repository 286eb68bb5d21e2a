"""Words as the full-text index keeps them, and what a reader typed as a query over them: one way for both."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Final

import snowballstemmer  # the one door to it: it ships no types

from bot.text.arabic import fold, is_arabic, stem

_WORD: Final = re.compile(r"[^\W_]+")
# Scripts that put no space between words: each letter is a word of its own, and a query of several is a phrase.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
MOST_WORDS: Final = 12  # of a query; the rest of a pasted paragraph adds nothing

_ALGORITHMS: Final = {
    "en": "english",
    "fr": "french",
    "de": "german",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "sv": "swedish",
    "da": "danish",
    "no": "norwegian",
    "fi": "finnish",
    "hu": "hungarian",
    "ro": "romanian",
    "tr": "turkish",
    "ru": "russian",
    "el": "greek",
}


def index_form(text: str, language: str) -> str:
    """The words of a text for the index: folded and stemmed, separated by spaces.

    Arabic words are stemmed as Arabic wherever they stand, others by the text's language (ISO 639-1) where
    Snowball knows it.
    """
    return " ".join(_stemmed(word, language) for word in _words(text))


def match_query(words: str, *, any_word: bool = False) -> str:
    """An FTS5 expression for what a reader typed; "" where there is no word in it. Never a syntax error.

    All words must be found, or at least one with `any_word`. A reader's language isn't known, so a word that is
    not Arabic is looked for in the stems of every language that it could be indexed in.
    """
    typed = list(dict.fromkeys(_WORD.findall(fold(words))))[:MOST_WORDS]
    groups = ["(" + " OR ".join(f'"{form}"' for form in _forms(word)) + ")" for word in typed]
    return (" OR " if any_word else " AND ").join(groups)


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(fold(text)):
        yield from (_spaced(word).split() if _UNSPACED.search(word) else (word,))


def _spaced(word: str) -> str:
    return _UNSPACED.sub(r" \g<0> ", word)


def _forms(word: str) -> list[str]:
    """The ways in which a word may stand in the index, without repetition."""
    if _UNSPACED.search(word):
        return [" ".join(_spaced(word).split())]
    if is_arabic(word):
        return [stem(word)]
    return list(dict.fromkeys([word, *(_stemmed(word, language) for language in _ALGORITHMS)]))


def _stemmed(word: str, language: str) -> str:
    if is_arabic(word):
        return stem(word)
    return _snowball(word, language) if language in _ALGORITHMS and not word.isdecimal() else word


@lru_cache(maxsize=50_000)
def _snowball(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(_ALGORITHMS[language])
