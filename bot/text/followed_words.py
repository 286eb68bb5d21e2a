"""Turns typed words into a subject that chats follow: the same words, in any order, are one subject."""

from collections.abc import Sequence

from bot.text.search import Typed, is_function_word
from storage.records import CategoryName, SubjectKind, SubjectName, Term, WordsQuery


def words_subject(
    typed: Typed,
    *,
    categories: Sequence[CategoryName] = (),
    sources: Sequence[str] = (),
    only_titles: bool = False,
) -> SubjectName | None:
    """Returns the subject of a typed query, or None if the query has no word that says anything.

    `categories` and `sources` are the names in the query, looked up: sources as headlines show them.
    """
    if all(is_function_word(term, typed.text) for term in typed.terms):
        return None
    query = WordsQuery(
        terms=typed.terms,
        without=typed.without,
        categories=tuple(categories),
        sources=tuple(sources),
        only_titles=only_titles,
    )
    return SubjectName(kind=SubjectKind.WORDS, key=_key(query), name=typed.text.strip(), query=query)


def _key(query: WordsQuery) -> str:
    parts = [
        *sorted(_shown(term) for term in query.terms),
        *sorted(f"-{_shown(term)}" for term in query.without),
        *sorted(f"category:{category.normalized}" for category in query.categories),
        *sorted(f"source:{source}" for source in query.sources),
    ]
    return f"{'title ' if query.only_titles else 'text '}{' '.join(dict.fromkeys(parts))}"


def _shown(term: Term) -> str:
    return f'"{term.word}"' if term.written else term.word
