"""The interface to the full-text index of a database: each database has an index of its own kind.

`storage.topics.search` says what is searched for, and `FullText` how the index of a database is asked. The texts in
the index are words that were normalized and stemmed already, with spaces between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from storage.records import SearchText, Term

NEWEST: Final = 2**62  # later than the id of every article

Rows = Sequence[Mapping[str, Any]]


class Reads(Protocol):
    """A database or a transaction, to read from."""

    async def fetch(self, sql: str, values: Mapping[str, Any] | None = None) -> Rows: ...


class Writes(Reads, Protocol):
    """A transaction."""

    async def execute(self, sql: str, values: Mapping[str, Any] | None = None) -> None: ...

    async def execute_many(self, sql: str, values: Sequence[Mapping[str, Any]]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What the text of an article must have."""

    every: tuple[Term, ...] = ()  # all of these
    of_title: tuple[Term, ...] = ()  # all of these, in the title
    one_of: tuple[Term, ...] = ()  # at least one of these, if there are any
    none_of: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The articles among which is searched, beside what their texts must have."""

    newest: int = NEWEST  # the highest id
    condition: str = ""  # SQL that begins with AND, about a row `articles`
    other: str = "0"  # SQL about a row `articles`: whether the article is in another language than was asked for
    values: Mapping[str, Any] = field(default_factory=dict)  # parameters of both

    def joined(self, article: str) -> str:
        """Returns the join that the condition needs. It reads an index with all columns, because rows are large."""
        if not self.condition and self.other == "0":
            return ""
        return f"CROSS JOIN articles INDEXED BY articles_filed ON articles.id = {article}"


@dataclass(frozen=True, slots=True)
class Part:
    """One term of several of which an article may have any, and what the term counts."""

    term: Term
    weight: float
    after: int  # only articles with a higher id


@dataclass(frozen=True, slots=True)
class Sampled:
    """The newest articles that have a term."""

    found: int  # their number
    oldest: int  # the lowest id among them; 0 if there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a search may read of an index. A database reads each number of entries in about the same time."""

    whole_postings: int  # index entries that are read to find articles that have all words
    title_postings: int  # titles are searched up to this number of index entries
    looked_at: int  # looking up one entry in another list takes as long as passing over this many entries
    whole_looked_up: int  # articles with all words whose category, source or language is checked
    some_postings: int  # index entries that are counted to find articles that have some of the words


def rows_of(
    texts: Mapping[int, SearchText], private: Mapping[int, int | None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns id, title and body of the public articles, and the same with the source of the private ones."""
    rows = {number: {"id": number, "title": text.title, "body": text.body} for number, text in texts.items()}
    return (
        [row for number, row in rows.items() if number not in private],
        [rows[number] | {"source": source} for number, source in private.items()],
    )


class FullText(Protocol):
    """The full-text index of a database. Public articles and private ones stand apart.

    An article is in the index once. `put` expects that it is not there yet. All searches give ids of articles, the
    newest first, and stop at their limit. They find single words among all articles in question. The words of a
    phrase are found as well, but an index may look for their order in a bounded number of articles only.
    """

    @property
    def costs(self) -> Costs: ...

    async def put(
        self, transaction: Writes, texts: Mapping[int, SearchText], *, private: Mapping[int, int | None]
    ) -> None:
        """Index articles. `private` has the source of each private article."""

    async def drop(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        """Remove articles from the index, if they are in it."""

    async def make_private(self, transaction: Writes, article_ids: Sequence[int], source_id: int) -> None:
        """Move public articles to the private ones of their source."""

    async def make_public(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        """Move private articles to the public ones."""

    async def change_source(self, transaction: Writes, source_id: int, to: int) -> None:
        """Give the private articles that have the source `source_id` in their rows another source."""

    async def newest(self, reads: Reads, match: Match, within: Within, *, after: int = 0, limit: int) -> Rows:
        """Returns the id of each public article that matches, and `other` of `within`."""

    async def newest_private(
        self, reads: Reads, match: Match, within: Within, *, own: Sequence[int] | None, after: int = 0, limit: int
    ) -> Rows:
        """Returns the same of the private articles of the sources `own`, or of all sources."""

    async def weightiest(
        self, reads: Reads, parts: Sequence[Part], required: Match, within: Within, *, limit: int
    ) -> list[int]:
        """Returns the public articles that have what is required, and whose parts weigh most together.

        Of two articles that weigh the same, the newer one comes first.
        """

    async def sampled(
        self, reads: Reads, terms: Sequence[Term], *, newest: int, most: int, own: Sequence[int] | None = None
    ) -> list[Sampled]:
        """Returns for each term the newest articles that have it: public ones, or the private ones of `own`.

        `newest` is the highest id of an article.
        """

    def lacking(self, none_of: Sequence[Term]) -> tuple[str, Mapping[str, Any]]:
        """Returns a condition with its values: the public article `articles` has none of these terms."""

    async def texts(self, reads: Reads, article_ids: Sequence[int], *, private: bool) -> Rows:
        """Returns id, published_at, title and body of these articles: their texts as they were put."""
