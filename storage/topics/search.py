"""Search: finds the articles that may match a query. Its time does not grow with the number of stored articles.

The ranking of a database (`bm25()` of SQLite's FTS5) is not used here, because it reads the whole list of every word
for each query. With a million articles and eight common words, it takes a quarter of a second if an article must have
all words, and two seconds if one word is enough.

Instead, a query is answered in steps, and each step has a bound:

1. Estimate how common each word is, from the ids of the newest articles that have it.
2. Find the newest articles that have all words. If there are many, put those that have all words in the title first.
3. If step 2 finds few articles, find articles that have the words that say most.

The caller ranks the result, because ranking needs to know the language.

Most articles that have the rarer words of a query may have its most common words as well. The index has the longest
lists for these common words, so it is not asked for them. Instead, the texts that were found are checked for them. If
too few of these texts have them, the words belong to different subjects or languages. Then the index is asked for all
words after all.

If a bound is reached, only the newest articles are searched. This happens only if all words are common. Articles with
all words are searched for among all articles as long as one of the words occurs in fewer than about 20,000 articles
(for eight words; the number is higher for fewer words). Articles with some of the words are found by the lists of the
rarest words. Titles are searched if the words together occur in few enough articles.

The words of private articles stand in an index of their own. A search of public articles takes no longer because of
them. A chat that follows private sources is searched these sources in addition, and reads only their entries.

The bounds come from measurements on two cores: see the costs in the module `full_text` of each database. To check
the category, source or language of an article takes time as well. So if a query is limited by these and its rarest
word occurs in many articles, only the newest articles are searched.

With a million articles and queries of six to eight words, half of them the most common words, the slowest of a
hundred searches take half as long as an earlier version. That version asked the index for all words, always searched
the titles, and ranked a third more candidates.
"""

import json
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from storage.database import Database, Row
from storage.full_text import Match, Part
from storage.records import (
    NO_OTHER_LANGUAGES,
    Candidate,
    OtherLanguages,
    Query,
    ReindexItem,
    SearchCandidates,
    SearchText,
    SourceText,
    Term,
    Viewer,
)
from storage.times import from_ms
from storage.topics import search_index
from storage.topics.listing import View, view_of
from storage.topics.search_walk import Walk

SAMPLED: Final = 300  # newest articles of a word, from which its number of articles is estimated
ASSUMED: Final = 0.25  # the index is not asked for the most common words if this share of articles has them as well
ENOUGH_READ: Final = 75  # with fewer candidates in the wanted languages, these languages are searched separately
OF_TITLE: Final = 75  # candidates that have all words in their title
MOST: Final = 150  # candidates in total
MOST_OF_SOME: Final = 80  # candidates that have only some of the words
ENOUGH: Final = 10  # articles with all words (one page): with so many, articles with some of the words are left out


@dataclass(frozen=True, slots=True)
class _Spread:
    """How common a term is."""

    term: Term
    articles: float  # estimated number of articles that have the term

    def weight(self, total: int) -> float:
        return math.log(1 + total / self.articles) if self.articles else 0.0


@dataclass(frozen=True, slots=True)
class _Ends:
    """The lowest and the highest id of the stored articles."""

    oldest: int
    newest: int

    @property
    def total(self) -> int:
        """The number of articles, or a little more, because the ids of deleted articles are not used again."""
        return self.newest - self.oldest + 1


class Search:
    """Implements `contract.Search` on the full-text index of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = database.full_text

    async def candidates(self, query: Query) -> SearchCandidates:
        """Returns the articles that may match a query. They have no order: the caller ranks them.

        Their number has an upper bound.
        """
        view = await view_of(self._database, query.viewer)
        found = await self._public_candidates(query)
        if view.own:
            found = await self._with_private(query, view, found)
        return await self._without_muted(found, view) if view.mutes else found

    async def _public_candidates(self, query: Query) -> SearchCandidates:
        ends = await self._ends()
        spreads = await self._spreads(query.terms, ends)
        newest = ends.newest if query.newest is None else min(query.newest, ends.newest)
        walk = Walk(query, total=ends.total, newest=newest)
        asked, assumed = _asked(spreads, ends.total)
        whole, elsewhere = await self._whole(walk, asked)
        candidates = await self._rows(whole, set(whole), assumed)
        if assumed and elsewhere.more and sum(one.whole for one in candidates) < ENOUGH:
            # These words seldom occur together. The articles that have all of them may be older than those found.
            assumed = []
            whole, elsewhere = await self._whole(walk, spreads)
            candidates = await self._rows(whole, set(whole), assumed)
        if assumed and elsewhere.articles:
            others = await self._rows(elsewhere.articles, set(elsewhere.articles), assumed)
            elsewhere = replace(elsewhere, articles=tuple(one.id for one in others if one.whole))
        some = await self._some(walk, spreads) if len(whole) < ENOUGH else []
        more = [one for one in some if one not in set(whole)][: MOST - len(candidates)]
        return SearchCandidates(
            candidates=(*candidates, *await self._rows(more, set(), ())),
            weights=tuple(spread.weight(ends.total) for spread in spreads),
            newest=newest,
            elsewhere=elsewhere,
        )

    async def _with_private(self, query: Query, view: View, found: SearchCandidates) -> SearchCandidates:
        """Returns the candidates together with those from the private sources that the chat sees.

        These sources are few, so the index reads only their articles, and no bounds are estimated.
        """
        walk = Walk(query, total=0, newest=found.newest)
        everywhere = walk.in_all_languages() if walk.apart else walk
        rows = await self._private(everywhere, view, everywhere.match(every=query.terms), MOST)
        whole = [row["id"] for row in rows if not row["other"]]
        others = [row["id"] for row in rows if row["other"]]
        some: list[int] = []
        if len(found.candidates) + len(whole) < ENOUGH and len(query.terms) > 1:
            some = [
                row["id"] for row in await self._private(walk, view, walk.match(one_of=query.terms), MOST_OF_SOME)
            ]
        candidates = await self._rows(list({*whole, *some}), set(whole), (), private=True)
        weights = found.weights
        if not all(weights):
            spreads = await self._spreads(query.terms, await self._ends(), own=view.own)
            weights = tuple(
                weight or spread.weight(len(view.own) * SAMPLED)
                for weight, spread in zip(weights, spreads, strict=True)
            )
        elsewhere = replace(found.elsewhere, articles=(*found.elsewhere.articles, *others))
        return replace(found, candidates=(*found.candidates, *candidates), weights=weights, elsewhere=elsewhere)

    async def _private(self, walk: Walk, view: View, match: Match, limit: int) -> Sequence[Row]:
        """Returns the newest articles of the private sources in `view` that match."""
        if match.every or match.one_of:
            return await self._index.newest_private(self._database, match, walk.within, own=view.own, limit=limit)
        if not walk.query.narrowed:
            return []
        return await self._database.fetch(
            # Served by articles_private: the articles of these sources.
            f"""
            SELECT articles.id, {walk.within.other} AS other FROM articles
            WHERE articles.private AND articles.source_id IN (SELECT CAST(value AS bigint) FROM json_each(:own))
              AND articles.id <= :newest AND articles.retracted_at IS NULL {walk.within.condition}
            ORDER BY articles.id DESC LIMIT :limit
            """,
            {**walk.within.values, **view.values, "newest": walk.within.newest, "limit": limit},
        )

    async def _without_muted(self, found: SearchCandidates, view: View) -> SearchCandidates:
        """Returns the candidates without those that the chat mutes, and counts these."""
        ids = [*(one.id for one in found.candidates), *found.elsewhere.articles]
        rows = await self._database.fetch(
            f"""
            SELECT articles.id FROM json_each(:ids) AS found
            CROSS JOIN articles INDEXED BY articles_filed ON articles.id = CAST(found.value AS bigint)
            WHERE {view.unmuted("articles")}
            """,
            view.values | {"ids": json.dumps(ids)},
        )
        seen = {row["id"] for row in rows}
        return replace(
            found,
            candidates=tuple(one for one in found.candidates if one.id in seen),
            elsewhere=replace(
                found.elsewhere, articles=tuple(one for one in found.elsewhere.articles if one in seen)
            ),
            hidden=sum(one.whole and one.id not in seen for one in found.candidates),
        )

    async def _ends(self) -> _Ends:
        # Each end has its own SELECT. With both in one SELECT, SQLite would read all ids between them.
        [row] = await self._database.fetch(
            """
            -- scans articles: the first and the last one
            SELECT (SELECT min(id) FROM articles) AS oldest, (SELECT max(id) FROM articles) AS newest
            """
        )
        return _Ends(row["oldest"] or 0, row["newest"] or 0)

    async def _spreads(self, terms: Sequence[Term], ends: _Ends, own: Sequence[int] | None = None) -> list[_Spread]:
        samples = await self._index.sampled(self._database, terms, newest=ends.newest, most=SAMPLED, own=own)
        return [
            _Spread(
                term,
                one.found if one.found < SAMPLED else SAMPLED * ends.total / (ends.newest - one.oldest + 1),
            )
            for term, one in zip(terms, samples, strict=True)
        ]

    async def _whole(self, walk: Walk, spreads: Sequence[_Spread]) -> tuple[list[int], OtherLanguages]:
        """Returns the newest articles that have all words, and those in other languages if the query names languages.

        If there are many, the articles that have all words in the title come first.
        """
        if not spreads:
            if not walk.query.narrowed:
                return [], NO_OTHER_LANGUAGES
            filed, elsewhere, _ = await self._read(walk, self._filed)
            return filed, elsewhere
        if not all(spread.articles for spread in spreads):
            return [], NO_OTHER_LANGUAGES
        rarest = min(spread.articles for spread in spreads)
        # A database passes over the entries of each list, and looks up each entry of the rarest one in all others.
        terms = [spread.term for spread in spreads]
        costs = self._index.costs
        entries = sum(spread.articles for spread in spreads)
        steps = entries + costs.looked_at * (len(spreads) - 1) * rarest

        def newest(within: Walk, match: Match | None = None, limit: int = MOST) -> Awaitable[Sequence[Row]]:
            after = within.after(costs.whole_postings, steps)
            if within.within.condition:
                after = max(after, within.after(costs.whole_looked_up, rarest))
            return self._index.newest(
                self._database, match or within.match(every=terms), within.within, after=after, limit=limit
            )

        anywhere, elsewhere, more = await self._read(walk, newest)
        if not more or entries > costs.title_postings:
            return anywhere, elsewhere
        # There are more articles than the limit. An old article with all words in its title is a better match than a
        # newer one without.
        titles = await newest(walk, walk.match(of_title=terms), OF_TITLE)
        return list(dict.fromkeys([*(row["id"] for row in titles), *anywhere]))[:MOST], elsewhere

    async def _read(
        self, walk: Walk, newest: Callable[[Walk], Awaitable[Sequence[Row]]]
    ) -> tuple[list[int], OtherLanguages, bool]:
        """Returns the newest articles in the wanted languages, those in other languages, and if there may be more.

        The last value is about the wanted languages. One search finds the articles of all languages, and they are
        separated afterwards, which costs nothing. Only if the other languages leave too little room, a second search
        looks for the wanted languages alone.
        """
        rows = await newest(walk.in_all_languages() if walk.apart else walk)
        read = [row["id"] for row in rows if not row["other"]]
        more = len(rows) == MOST
        elsewhere = OtherLanguages(tuple(row["id"] for row in rows if row["other"]), more)
        if walk.apart and more and len(read) < ENOUGH_READ:
            read = [row["id"] for row in await newest(walk)]
            more = len(read) == MOST
        return read, elsewhere, more

    async def _filed(self, walk: Walk) -> Sequence[Row]:
        """Returns the newest articles of a category or source, for a query without words.

        Served by the index articles_filed alone.
        """
        lacking, excluded = self._index.lacking(walk.excluded) if walk.excluded else ("TRUE", {})
        return await self._database.fetch(
            f"""
            SELECT articles.id, {walk.within.other} AS other FROM articles INDEXED BY articles_filed
            WHERE articles.id <= :newest AND NOT articles.private {walk.within.condition} AND {lacking}
            ORDER BY articles.id DESC LIMIT :limit
            """,
            {**walk.within.values, **excluded, "newest": walk.within.newest, "limit": MOST},
        )

    async def _some(self, walk: Walk, spreads: Sequence[_Spread]) -> list[int]:
        """Returns the articles that have the words that say most.

        A rare word is searched for in all articles. A common word is searched for in the newest articles only: among
        articles that have only common words, one is as good as another.
        """
        known = sorted((spread for spread in spreads if spread.articles), key=lambda spread: spread.articles)
        if not known:
            return []
        parts: list[Part] = []
        left = float(self._index.costs.some_postings)
        for n, spread in enumerate(known):
            share = left / (len(known) - n)  # entries that rarer words do not use are left for more common words
            left -= min(spread.articles, share)
            parts.append(Part(spread.term, spread.weight(walk.total), walk.after(share, spread.articles)))
        return await self._index.weightiest(self._database, parts, walk.match(), walk.within, limit=MOST_OF_SOME)

    async def _rows(
        self, ids: Sequence[int], whole: set[int], assumed: Sequence[Term], *, private: bool = False
    ) -> tuple[Candidate, ...]:
        """Returns these articles as candidates.

        `whole` holds the articles that have all words that the index was asked for. If they also have the words in
        `assumed`, the candidate is whole.
        """
        rows = await self._index.texts(self._database, ids, private=private)
        return tuple(
            Candidate(
                id=row["id"],
                search=SearchText(title=row["title"], body=row["body"]),
                published_at=from_ms(row["published_at"]),
                whole=row["id"] in whole and all(_has(f" {row['title']} {row['body']} ", term) for term in assumed),
            )
            for row in rows
        )

    async def source_texts(self, ids: Iterable[int]) -> dict[int, SourceText]:
        """Returns the original texts of these articles, by article id."""
        rows = await self._database.fetch(
            """
            SELECT articles.id, title, lead, body
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = CAST(wanted.value AS bigint)
            """,
            {"ids": json.dumps(list(ids))},
        )
        return {row["id"]: SourceText(row["title"], f"{row['lead']}\n{row['body']}") for row in rows}

    async def source_names(self, *, viewer: Viewer | None = None) -> list[str]:
        """Returns the source names that headlines show, in alphabetical order."""
        view = await view_of(self._database, viewer)
        rows = await self._database.fetch(
            # The recursion steps from one publisher to the next in articles_of_publisher. So it does not read all
            # articles.
            """
            -- scans sources: all of them are asked for
            WITH RECURSIVE publishers (name) AS (
                SELECT min(publisher) FROM articles WHERE publisher IS NOT NULL AND NOT private
                UNION ALL
                SELECT (SELECT min(publisher) FROM articles WHERE publisher > name AND NOT private) FROM publishers
                WHERE name IS NOT NULL)
            SELECT name FROM publishers WHERE name IS NOT NULL
            UNION SELECT title FROM sources WHERE title IS NOT NULL AND NOT private
            UNION SELECT title FROM sources
            WHERE title IS NOT NULL AND id IN (SELECT CAST(value AS bigint) FROM json_each(:own))
            UNION SELECT publisher FROM articles
            WHERE private AND publisher IS NOT NULL
              AND source_id IN (SELECT CAST(value AS bigint) FROM json_each(:own))
            ORDER BY name
            """,
            view.values,
        )
        return [row["name"] for row in rows]

    # Words, for typing errors

    async def document_frequencies(self, terms: Sequence[Term]) -> list[float]:
        """Returns the estimated number of articles that contain each term."""
        ends = await self._ends()
        return [spread.articles for spread in await self._spreads(terms, ends)]

    async def known_words(self, words: Iterable[str]) -> set[str]:
        """Returns the words among these that occur in an article."""
        return await search_index.known_words(self._database, words)

    async def words_with_prefix(self, letters: str) -> list[str]:
        """Returns known words that begin with these letters: a few thousand at most."""
        return await search_index.words_with_prefix(self._database, letters)

    # Upkeep of the index

    async def articles_to_reindex(self) -> list[ReindexItem]:
        """Returns the next articles that were indexed by an older version of the word rules, newest first."""
        return await search_index.articles_to_reindex(self._database)

    async def count_to_reindex(self) -> int:
        """Returns the number of articles that were indexed by an older version of the word rules."""
        return await search_index.count_to_reindex(self._database)

    async def reindex(self, texts: Mapping[ReindexItem, SearchText | None]) -> None:
        """Index the words of these articles again. An article that has changed meanwhile is passed over."""
        await search_index.reindex(self._database, texts)

    async def prune_words(self, *, before: datetime, after: str, limit: int) -> str:
        """Forget old words among the next `limit` ones. Returns the last word that was looked at."""
        return await search_index.prune_words(self._database, before=before, after=after, limit=limit)


def _asked(spreads: Sequence[_Spread], total: int) -> tuple[list[_Spread], list[Term]]:
    """Returns the words to ask the index for, and the words so common that enough articles it finds have them too."""
    commonest_first = sorted(spreads, key=lambda spread: -spread.articles)
    share, assumed = 1.0, 0
    while assumed < len(spreads) - 1 and (share := share * commonest_first[assumed].articles / total) >= ASSUMED:
        assumed += 1
    return commonest_first[assumed:], [spread.term for spread in commonest_first[:assumed]]


def _has(words: str, term: Term) -> bool:
    return any(f" {form} " in words for form in term.forms)
