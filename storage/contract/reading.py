"""The contract of what readers look things up with: categories and the search."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from storage.records import (
    EVERYTHING_READ,
    Category,
    CategoryName,
    Query,
    Reading,
    ReindexItem,
    SearchCandidates,
    SearchText,
    SourceText,
    Term,
    Viewer,
)


class Categories(Protocol):
    """The sections that publishers use. Each category has a name and may have aliases."""

    async def list_with_counts(
        self, reading: Reading = EVERYTHING_READ, *, viewer: Viewer | None = None
    ) -> list[Category]:
        """Returns the categories that have articles in these languages, with their number of articles, largest first.

        Every article of a story counts, because a story that is shown once opens all of its articles. Articles that
        the viewer does not see do not count: at most 2,000 muted articles are left out, the newest of each mute, but
        a muted category is left out as a whole. Without a viewer, all public articles count.
        """

    async def get(self, category_id: int, *, viewer: Viewer | None = None) -> Category | None:
        """Returns the category with that id, or None if it does not exist or was merged into another category.

        A category that only private sources have named is found only for a viewer who sees one of these sources.
        """

    async def find(self, normalized: str, *, viewer: Viewer | None = None) -> Category | None:
        """Returns the category with that normalized name or alias, or None. An alias takes precedence over a name.

        The viewer sees the same categories as with `get`.
        """

    async def names(self, *, viewer: Viewer | None = None) -> list[tuple[str, Category]]:
        """Returns all names and aliases that a reader may type, each with its category, as `find` finds them."""

    async def set_alias(self, alias: CategoryName, name: CategoryName) -> Category:
        """Make `alias` another name for the category `name`. Returns the category.

        If a category has the alias as its own name, it is merged into the category `name`.

        The method works in steps, and other writers may write between them. No chat misses an article meanwhile. If
        the method is interrupted before the alias is set, it can be called again. If it is interrupted later,
        `finish_merges` completes the merge.
        """

    async def remove_alias(self, alias: CategoryName) -> Category | None:
        """Let a name no longer mean another category. Returns that category, or None if no category has this alias.

        What came under the alias stays in the category. An article that names it from now on makes a category of it.
        """

    async def finish_merges(self) -> int:
        """Complete the merges that were interrupted. Returns the number of merged categories."""

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen or muted it, if it has an alias, or if it is marked as breaking news or
        for approval.
        """

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Set whether the articles that are published in a category from now on are pushed as breaking news.

        Returns the category. If it does not exist, it is created.
        """

    async def set_desk(self, name: CategoryName, on: bool) -> Category:
        """Set whether the new articles of a category need an editor's approval. What waits already goes on waiting.

        Returns the category. If it does not exist, it is created.
        """

    async def breaking_names(self) -> list[str]:
        """Returns the names of the categories whose new articles are breaking news."""

    async def desk_names(self) -> list[str]:
        """Returns the names of the categories whose new articles need approval."""


class Search(Protocol):
    """Full-text search for articles, and the known words that help to correct typing errors."""

    async def candidates(self, query: Query) -> SearchCandidates:
        """Returns the articles that may match a query. They have no order: the caller ranks them.

        Their number has an upper bound.
        """

    async def source_texts(self, ids: Iterable[int]) -> dict[int, SourceText]:
        """Returns the original texts of these articles, by article id."""

    async def source_names(self, *, viewer: Viewer | None = None) -> list[str]:
        """Returns the source names that headlines show, in alphabetical order.

        Names of private sources are only those of sources that the viewer sees.
        """

    async def known_words(self, words: Iterable[str]) -> set[str]:
        """Returns the words among these that occur in an article."""

    async def document_frequencies(self, terms: Sequence[Term]) -> list[float]:
        """Returns the estimated number of articles that contain each term."""

    async def words_with_prefix(self, letters: str) -> list[str]:
        """Returns known words that begin with these letters: a few thousand at most."""

    async def articles_to_reindex(self) -> list[ReindexItem]:
        """Returns the next articles that were indexed by an older version of the word rules, newest first."""

    async def count_to_reindex(self) -> int:
        """Returns the number of articles that were indexed by an older version of the word rules."""

    async def reindex(self, texts: Mapping[ReindexItem, SearchText | None]) -> None:
        """Index the words of these articles again.

        If the text of an article is None, the article keeps its indexed words, and `articles_to_reindex` does not
        return it again. If an article has changed meanwhile, it is passed over.
        """

    async def prune_words(self, *, before: datetime, after: str, limit: int) -> str:
        """Look at the next `limit` words in their order, and forget the words that were last read before that time.

        The day of the last reading is known only roughly, so a word may stay for up to a month longer. The method
        begins after the word `after`. Returns the last word that it looked at, for the next call. Returns an empty
        string if no words are left.
        """
