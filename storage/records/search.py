"""Search: the words that articles are found by, a query, and what answers it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """Folded and stemmed words, separated by spaces; made and queried by the same function."""

    title: str
    body: str
    words: frozenset[str] = frozenset()  # folded and not stemmed: what a typing error may have meant


@dataclass(frozen=True, slots=True)
class Term:
    """A word or an exact phrase that is searched for."""

    word: str  # folded, as it was typed
    forms: tuple[str, ...]  # as it may stand in search text: one of these, each a word or several side by side
    written: str = ""  # of a phrase: how it must stand in the text, folded, between spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What articles are searched for. All words are better than some; the rest holds in any case."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()  # found in none of the articles
    categories: tuple[int, ...] = ()  # in one of these; empty: in any
    sources: tuple[str, ...] = ()  # of one of these, by the names that headlines show; empty: of any
    languages: tuple[str, ...] = ()  # in one of these, or in none that is known; empty: in any
    elsewhere: bool = False  # in other languages than these instead
    newest: int | None = None  # no article stored after this one: pages of a list stay what they were

    @property
    def narrowed(self) -> bool:
        """Whether it asks for something without any words. In which languages says how, not what."""
        return bool(self.categories or self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that may be what is searched for, to be ranked."""

    id: int
    search: SearchText
    published_at: datetime
    whole: bool  # all terms are found in it


@dataclass(frozen=True, slots=True)
class SourceText:
    """What an article says, as it was written."""

    title: str
    body: str  # the lead as well


@dataclass(frozen=True, slots=True)
class ReindexItem:
    """An article whose words are to be indexed anew."""

    id: int
    revision: int
    language: str
    text: SourceText


@dataclass(frozen=True, slots=True)
class OtherLanguages:
    """What has all words in other languages than were asked for."""

    articles: tuple[int, ...] = ()
    more: bool = False  # there may be some beside these


NO_OTHER_LANGUAGES = OtherLanguages()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCandidates:
    """What a search has to be ranked: bounded, whatever was asked for."""

    candidates: tuple[Candidate, ...]
    weights: tuple[
        float, ...
    ]  # of each term: the rarer among all articles, the more it says; 0.0 where it is unknown
    newest: int  # the newest article when it was made
    elsewhere: OtherLanguages = NO_OTHER_LANGUAGES
