"""Search: the indexed words of an article, a query, and the result of a query."""

from dataclasses import dataclass
from datetime import datetime

from storage.records.reading import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """The words of an article, normalized and stemmed, separated by spaces.

    The same function makes the words of articles and of queries.
    """

    title: str
    body: str
    words: frozenset[str] = frozenset()  # normalized but not stemmed, for suggestions after a typing error
    # All words in their order, as phrases are compared, each between spaces: exact phrases that chats follow are
    # looked for in them when the article is stored.
    written_title: str = ""
    written_body: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or an exact phrase that is searched for."""

    word: str  # the word as it was typed, normalized
    forms: tuple[str, ...]  # the forms that match in search text; each is one word, or several words in a row
    written: tuple[str, ...] = ()  # of a phrase: the texts that match, as phrases are compared, a space at each end


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search. An article with all words ranks above one with some of them. The other conditions must all hold."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()  # excluded terms
    categories: tuple[int, ...] = ()  # ids of the categories to search; empty: all
    sources: tuple[str, ...] = ()  # names of the sources to search, as headlines show them; empty: all
    languages: tuple[str, ...] = ()  # languages to search, besides articles of unknown language; empty: all
    elsewhere: bool = False  # search the other languages instead of `languages`
    viewer: Viewer | None = None  # the chat that searches; None: only public articles are searched
    newest: int | None = None  # id of the newest article to search, so that the pages of a list do not change
    grouped: bool = False  # of a story, show the article that ranks first; the storage finds them all

    @property
    def narrowed(self) -> bool:
        """Whether the query is limited to categories or sources, and so finds articles even without words.

        Languages do not count: they say how a reader reads, not what the reader looks for.
        """
        return bool(self.categories or self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that may match the query. The caller ranks it."""

    id: int
    search: SearchText
    published_at: datetime
    whole: bool  # whether it contains all terms


@dataclass(frozen=True, slots=True)
class SourceText:
    """The original text of an article."""

    title: str
    body: str  # the lead and the body


@dataclass(frozen=True, slots=True)
class ReindexItem:
    """An article whose words have to be indexed again."""

    id: int
    revision: int
    language: str
    text: SourceText
    document: str = ""  # as stored, with captions that the text does not have; "" if the text says all


@dataclass(frozen=True, slots=True)
class OtherLanguages:
    """The articles with all words of a query that are in other languages than the query asks for."""

    articles: tuple[int, ...] = ()  # article ids
    more: bool = False  # whether there may be more of them


NO_OTHER_LANGUAGES = OtherLanguages()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCandidates:
    """The result of a search, before ranking. Its size has an upper bound for every query."""

    candidates: tuple[Candidate, ...]
    weights: tuple[
        float, ...
    ]  # one weight for each term: the rarer the term among all articles, the higher; 0.0 if no article has it
    newest: int  # the id of the newest article at the time of the search
    elsewhere: OtherLanguages = NO_OTHER_LANGUAGES
    hidden: int = 0  # number of articles that were found and left out, because the chat mutes them
