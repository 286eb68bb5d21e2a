"""Completes the last word of a query while a person still types it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from bot.text.arabic import is_arabic
from bot.text.search import Typed, understood
from storage import Storage
from storage.records import Term

LEAST_LETTERS: Final = 3  # of a word that is completed
# Indexed forms that one beginning stands for, those of the shortest words. Ranking counts each form in each text.
MOST_FORMS: Final = 24
ARTICLE: Final = "ال"


async def with_last_word_completed(storage: Storage, typed: Typed) -> Typed:
    """Returns a query whose last word also matches known words that begin with it.

    A last word that articles have, or that is a phrase, stays as it is.
    """
    last = typed.terms[-1] if typed.terms else None
    if last is None or last.written or len(last.word) < LEAST_LETTERS or not typed.text[-1:].isalnum():
        return typed
    [articles] = await storage.search.document_frequencies([last])
    if articles:
        return typed
    longer = [word for start in _beginnings(last.word) for word in await storage.search.words_with_prefix(start)]
    forms = tuple(islice(_forms_of(sorted(longer, key=lambda word: (len(word), word))), MOST_FORMS))
    return replace(typed, terms=(*typed.terms[:-1], Term(last.word, forms))) if forms else typed


def _beginnings(word: str) -> list[str]:
    """Returns what a known word may begin with: an Arabic one may have the article in the texts."""
    return [word, ARTICLE + word] if is_arabic(word) and not word.startswith(ARTICLE) else [word]


def _forms_of(words: Sequence[str]) -> Iterator[str]:
    """Yields the forms in which the index holds these words, each once."""
    seen = set[str]()
    for word in words:
        for form in (form for term in understood(word).terms for form in term.forms):
            if form not in seen:
                seen.add(form)
                yield form
