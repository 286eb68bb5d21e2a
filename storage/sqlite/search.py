"""Search: the articles that may be what is asked for, found in a time that does not grow with what is stored.

FTS5's own `bm25()` walks the whole list of every word for each query (a million articles and eight common words: a
quarter of a second where all must be found, two seconds where one will do), so it is not used here. A query is
answered in steps instead, each with a bound: how common its words are is estimated from where the newest articles of
each stand; then come the newest articles that have all words (where there are many, before them the newest that have
all in the title), and, where these are few, those that have the most telling ones. What is found is ranked by who
asked, since ranking knows the language.

The commonest words of a query may stand in most of what its other words find. These are not asked of the index, whose
lists of them are the longest: it is seen in the texts of what was found. Where too few of these have them, since
words of two subjects or languages keep apart, all words are asked for after all.

Where a bound is met, the newest articles are looked through and the others left. Common words alone meet it: articles
with all of a query's words are looked for everywhere as long as one of the words stands in fewer than some 20,000
articles (eight words; more with fewer), and articles with some of them through the lists of its rarest words. Titles
are looked through where the words stand in few enough articles together. On two cores SQLite passes over an entry of
these lists in 8 nanoseconds, looks into one in 80, sees in 30 whether it is of a title, and counts how many words an
article has at 0.7 microseconds an entry. FTS5 knows a bound only where it finds something: a search for words that
hardly any article has together goes to the end of the lists, which takes 20 ms for 1.5 million entries. Whether an
article is of a category, source or language takes 0.6 microseconds an article, so a query that asks for these is
answered from the newest where its rarest word stands in more than 30,000.

With a million articles and six to eight words, half of them the commonest there are, the slowest of a hundred
searches take half the time that they took when all words were asked for, titles looked through in any case, and a
third more candidates ranked.
"""

import json
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from storage.database import Database, Row, Transaction
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
)
from storage.sqlite.reading import language_in_list, languages_json
from storage.times import EPOCH, from_ms

SAMPLED: Final = 300  # newest articles of a word, from which is told how common it is
WHOLE_POSTINGS: Final = 1_500_000  # passed over to find articles that have all words
TITLE_POSTINGS: Final = 600_000  # in all, for titles to be looked through: 30 nanoseconds each, found or not
LOOKED_AT: Final = 10  # entries that could be passed over while one is looked up in another list
ASSUMED: Final = 0.25  # of the articles that have a query's rarer words are likely to have its commonest ones as well
WHOLE_LOOKED_UP: Final = 30_000  # articles with all words, where a query is narrowed: whether it is one of those
SOME_POSTINGS: Final = 6_000  # counted to find articles that have some of the words
ENOUGH_READ: Final = 75  # candidates in the languages that were asked for, where others were found among them
OF_TITLE: Final = 75  # candidates that have all words in their title
MOST: Final = 150  # candidates in all
MOST_OF_SOME: Final = 80  # candidates that have only some of the words
ENOUGH: Final = 10  # articles with all words, a page of them: nothing that has only some of the words is added
INDEXED_AT_ONCE: Final = 20  # articles in one transaction
SEEN_ROUGHLY_DAYS: Final = 30  # a word that is read again is written again no sooner
WORDS_OF_A_BEGINNING: Final = 3_000  # looked at for a typing error


_READ: Final = language_in_list("articles.language")


@dataclass(frozen=True, slots=True)
class _Spread:
    """How common a term is."""

    term: Term
    articles: float  # that have it; an estimate

    def weight(self, total: int) -> float:
        return math.log(1 + total / self.articles) if self.articles else 0.0


@dataclass(frozen=True, slots=True)
class _Ends:
    oldest: int  # the first and last of the articles' ids
    newest: int

    @property
    def total(self) -> int:
        """Articles, or some more: numbers of deleted ones are not used again."""
        return self.newest - self.oldest + 1


class Search:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(self, query: Query) -> SearchCandidates:
        """Returns the articles that a query may mean, in no order, for the caller to rank.

        Their number is bounded.
        """
        ends = await self._ends()
        spreads = await self._spreads(query.terms, ends)
        newest = ends.newest if query.newest is None else min(query.newest, ends.newest)
        walk = _Walk(query, total=ends.total, newest=newest)
        asked, assumed = _asked(spreads, ends.total)
        whole, elsewhere = await self._whole(walk, asked)
        candidates = await self._rows(whole, set(whole), assumed)
        if assumed and elsewhere.more and sum(one.whole for one in candidates) < ENOUGH:
            # These words keep apart: what has them all may be older than what was looked through.
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

    async def _ends(self) -> "_Ends":
        # A lookup for each end: asked for together in one SELECT, SQLite would walk from one to the other.
        [row] = await self._database.fetch(
            """
            -- scans articles: the first and the last one
            SELECT (SELECT min(id) FROM articles) AS oldest, (SELECT max(id) FROM articles) AS newest
            """
        )
        return _Ends(row["oldest"] or 0, row["newest"] or 0)

    async def _spreads(self, terms: Sequence[Term], ends: "_Ends") -> list[_Spread]:
        if not terms:
            return []
        counts = [
            f"""
            SELECT {n} AS term, count(*) AS found, min(rowid) AS last FROM (
                SELECT rowid FROM articles_text WHERE articles_text MATCH :m{n} ORDER BY rowid DESC LIMIT {SAMPLED})
            """
            for n in range(len(terms))
        ]
        rows = await self._database.fetch(
            " UNION ALL ".join(counts) + " ORDER BY term", {f"m{n}": match_of(term) for n, term in enumerate(terms)}
        )
        return [
            _Spread(
                term,
                row["found"] if row["found"] < SAMPLED else SAMPLED * ends.total / (ends.newest - row["last"] + 1),
            )
            for term, row in zip(terms, rows, strict=True)
        ]

    async def _whole(self, walk: "_Walk", spreads: Sequence[_Spread]) -> tuple[list[int], OtherLanguages]:
        """Articles that have all words, the newest; where there are many, those with all in the title before them.
        And those in other languages, where some were asked for.
        """
        if not spreads:
            if not walk.query.narrowed:
                return [], NO_OTHER_LANGUAGES
            filed, elsewhere, _ = await self._read(walk, self._filed)
            return filed, elsewhere
        if not all(spread.articles for spread in spreads):
            return [], NO_OTHER_LANGUAGES
        rarest = min(spread.articles for spread in spreads)
        match = " AND ".join(match_of(spread.term) for spread in spreads)
        # Of each list its entries are passed over, and for each entry of the rarest one all others are looked into.
        entries = sum(spread.articles for spread in spreads)
        steps = entries + LOOKED_AT * (len(spreads) - 1) * rarest

        def newest(within: _Walk, match: str = match, limit: int = MOST) -> Awaitable[Sequence[Row]]:
            after = within.after(WHOLE_POSTINGS, steps)
            if within.condition:
                after = max(after, within.after(WHOLE_LOOKED_UP, rarest))
            return self._newest(within, match, after, limit)

        anywhere, elsewhere, more = await self._read(walk, newest)
        if not more or entries > TITLE_POSTINGS:
            return anywhere, elsewhere
        # There are more: an old article with all words in its title is worth more than a newer one without.
        titles = await newest(walk, f"title : ({match})", OF_TITLE)
        return list(dict.fromkeys([*(row["id"] for row in titles), *anywhere]))[:MOST], elsewhere

    async def _read(
        self, walk: "_Walk", newest: Callable[["_Walk"], Awaitable[Sequence[Row]]]
    ) -> tuple[list[int], OtherLanguages, bool]:
        """The newest articles in the languages that were asked for, those in others, and whether there may be more of
        the first.

        They are told apart once they are found, which costs nothing; only where those in others leave no room for
        them, the ones that were asked for are looked for by themselves.
        """
        rows = await newest(walk.in_all_languages() if walk.apart else walk)
        read = [row["id"] for row in rows if not row["other"]]
        more = len(rows) == MOST
        elsewhere = OtherLanguages(tuple(row["id"] for row in rows if row["other"]), more)
        if walk.apart and more and len(read) < ENOUGH_READ:
            read = [row["id"] for row in await newest(walk)]
            more = len(read) == MOST
        return read, elsewhere, more

    async def _newest(self, walk: "_Walk", match: str, after: int, limit: int) -> Sequence[Row]:
        return await self._database.fetch(
            # FTS5 walks backwards and stops at the limit.
            f"""
            SELECT articles_text.rowid AS id, {walk.other} AS other
            FROM articles_text {walk.joined("articles_text.rowid")}
            WHERE articles_text MATCH :match AND articles_text.rowid > :after AND articles_text.rowid <= :newest
            {walk.condition}
            ORDER BY articles_text.rowid DESC LIMIT :limit
            """,
            walk.values | {"match": walk.held(match), "after": after, "limit": limit},
        )

    async def _filed(self, walk: "_Walk") -> Sequence[Row]:
        """The newest of a category or source: nothing else is asked for. Served by articles_filed alone."""
        exclusion = "AND articles.id NOT IN (SELECT rowid FROM articles_text WHERE articles_text MATCH :without)"
        return await self._database.fetch(
            f"""
            SELECT articles.id, {walk.other} AS other FROM articles INDEXED BY articles_filed
            WHERE articles.id <= :newest {walk.condition} {exclusion if walk.excluded else ""}
            ORDER BY articles.id DESC LIMIT :limit
            """,
            walk.values | {"without": _any_of(walk.excluded), "limit": MOST},
        )

    async def _some(self, walk: "_Walk", spreads: Sequence[_Spread]) -> list[int]:
        """Articles that have the most telling of the words. Rare words are followed through all articles, common ones
        through the newest: of what has only those in it, one article is as good as another.
        """
        known = sorted((spread for spread in spreads if spread.articles), key=lambda spread: spread.articles)
        if not known:
            return []
        parts: list[str] = []
        values: dict[str, object] = {}
        left = float(SOME_POSTINGS)
        for n, spread in enumerate(known):
            share = left / (len(known) - n)  # what rarer words have left over goes to the commoner ones
            left -= min(spread.articles, share)
            parts.append(
                f"""
                SELECT rowid AS id, :weight{n} AS weight FROM articles_text
                WHERE articles_text MATCH :match{n} AND rowid > :after{n} AND rowid <= :newest
                """
            )
            values |= {
                f"match{n}": walk.held(match_of(spread.term)),
                f"weight{n}": spread.weight(walk.total),
                f"after{n}": walk.after(share, spread.articles),
            }
        rows = await self._database.fetch(
            f"""
            SELECT hits.id FROM (
                SELECT id, sum(weight) AS weight FROM ({" UNION ALL ".join(parts)}) GROUP BY id
            ) AS hits {walk.joined("hits.id")}
            WHERE TRUE {walk.condition}
            ORDER BY hits.weight DESC, hits.id DESC LIMIT :limit
            """,
            walk.values | values | {"limit": MOST_OF_SOME},
        )
        return [row["id"] for row in rows]

    async def _rows(self, ids: Sequence[int], whole: set[int], assumed: Sequence[Term]) -> tuple[Candidate, ...]:
        """These articles; of those that have all that was asked for, it is seen whether they have the other words."""
        rows = await self._database.fetch(
            """
            SELECT articles.id, articles.published_at, articles_text.title, articles_text.body
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = wanted.value
            CROSS JOIN articles_text ON articles_text.rowid = articles.id
            """,
            {"ids": json.dumps(sorted(ids))},
        )
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
        """Returns the texts of these articles as they were written, by id."""
        rows = await self._database.fetch(
            """
            SELECT articles.id, title, lead, body
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = wanted.value
            """,
            {"ids": json.dumps(list(ids))},
        )
        return {row["id"]: SourceText(row["title"], f"{row['lead']}\n{row['body']}") for row in rows}

    async def source_names(self) -> list[str]:
        """Returns the names of sources that headlines show, in alphabetical order."""
        rows = await self._database.fetch(
            # From one publisher to the next by articles_of_publisher, not over all articles.
            """
            -- scans sources: all of them are asked for
            WITH RECURSIVE publishers (name) AS (
                SELECT min(publisher) FROM articles WHERE publisher IS NOT NULL
                UNION ALL
                SELECT (SELECT min(publisher) FROM articles WHERE publisher > name) FROM publishers
                WHERE name IS NOT NULL)
            SELECT name FROM publishers WHERE name IS NOT NULL
            UNION SELECT title FROM sources WHERE title IS NOT NULL
            ORDER BY name
            """
        )
        return [row["name"] for row in rows]

    # Words, for typing errors

    async def known_words(self, words: Iterable[str]) -> set[str]:
        """Returns those of these words that stand in an article."""
        rows = await self._database.fetch(
            "SELECT word FROM words WHERE word IN (SELECT value FROM json_each(:words))",
            {"words": json.dumps(list(words))},
        )
        return {row["word"] for row in rows}

    async def document_frequencies(self, terms: Sequence[Term]) -> list[float]:
        """Returns for each term about how many articles have it."""
        ends = await self._ends()
        return [spread.articles for spread in await self._spreads(terms, ends)]

    async def words_with_prefix(self, letters: str) -> list[str]:
        """Returns known words that begin with these letters, a few thousand at most."""
        rows = await self._database.fetch(
            "SELECT word FROM words WHERE word >= :first AND word < :last LIMIT :limit",
            {"first": letters, "last": letters + "\U0010ffff", "limit": WORDS_OF_A_BEGINNING},
        )
        return [row["word"] for row in rows]

    # Articles that were indexed before words were stemmed as they are now

    async def articles_to_reindex(self) -> list[ReindexItem]:
        """Returns the next articles whose words were indexed in an older way, the newest first.

        Served by articles_to_index.
        """
        rows = await self._database.fetch(
            """
            -- scans articles: those that wait for it (articles_to_index), up to the limit
            SELECT id, revision, title, lead, body, language FROM articles
            WHERE indexed = 0 AND retracted_at IS NULL ORDER BY id DESC LIMIT :limit
            """,
            {"limit": INDEXED_AT_ONCE},
        )
        return [
            ReindexItem(
                row["id"], row["revision"], row["language"], SourceText(row["title"], f"{row['lead']}\n{row['body']}")
            )
            for row in rows
        ]

    async def reindex(self, texts: Mapping[ReindexItem, SearchText | None]) -> None:
        """Index the words of these articles anew. An article that has changed meanwhile is passed over."""
        async with self._database.transaction(durable=False) as transaction:
            for article, search in texts.items():
                same = await transaction.fetch(
                    """
                    UPDATE articles SET indexed = 1
                    WHERE id = :id AND revision = :revision AND indexed = 0 AND retracted_at IS NULL
                    RETURNING stored_at
                    """,
                    {"id": article.id, "revision": article.revision},
                )
                if same and search is not None:
                    await drop_text(transaction, article.id)
                    await put_text(transaction, article.id, search, seen=from_ms(same[0]["stored_at"]))

    async def prune_words(self, *, before: datetime, after: str, limit: int) -> str:
        """Forget those of the next `limit` words that were last read before that time, or up to a month earlier.

        Words are gone through in their order, beginning behind the word `after`. Returns the last of them, for the
        next call, or an empty string when all words have been gone through.
        """
        oldest = _day(before) - SEEN_ROUGHLY_DAYS
        words = await self._database.fetch(
            """
            -- scans words: the next ones of its key, up to the limit
            WITH following AS MATERIALIZED (
                SELECT word, seen_on FROM words WHERE word > :after ORDER BY word LIMIT :limit)
            SELECT word, TRUE AS old FROM following WHERE seen_on < :oldest
            UNION ALL SELECT * FROM (SELECT word, FALSE FROM following ORDER BY word DESC LIMIT 1)
            """,
            {"after": after, "limit": max(0, limit), "oldest": oldest},
        )
        old = [row["word"] for row in words if row["old"]]
        if old:
            async with self._database.transaction(durable=False) as transaction:
                await transaction.execute(
                    "DELETE FROM words WHERE word IN (SELECT value FROM json_each(:words)) AND seen_on < :oldest",
                    {"words": json.dumps(old), "oldest": oldest},
                )
        return str(words[-1]["word"]) if words else ""


def _day(moment: datetime) -> int:
    return (moment - EPOCH).days


async def put_text(transaction: Transaction, article_id: int, search: SearchText, *, seen: datetime) -> None:
    """Let an article be found by these words, which were read at that time."""
    await transaction.execute(
        "INSERT INTO articles_text (rowid, title, body) VALUES (:id, :title, :body)",
        {"id": article_id, "title": search.title, "body": search.body},
    )
    if search.words:
        await transaction.execute(
            # Most words of an article are known, and their rows lie all over the file: so the day is kept only
            # roughly.
            """
            INSERT INTO words (word, seen_on) SELECT value, :day FROM json_each(:words) WHERE TRUE
            ON CONFLICT (word) DO UPDATE SET seen_on = excluded.seen_on WHERE seen_on < excluded.seen_on - :roughly
            """,
            {"words": json.dumps(sorted(search.words)), "day": _day(seen), "roughly": SEEN_ROUGHLY_DAYS},
        )


async def drop_text(transaction: Transaction, article_id: int) -> None:
    await transaction.execute("DELETE FROM articles_text WHERE rowid = :id", {"id": article_id})


class _Walk:
    """How a query goes over the articles: which are passed over, and how far back it looks."""

    def __init__(self, query: Query, *, total: int, newest: int, other: str = "0") -> None:
        self.query = query
        self.newest = newest
        self.total = total  # articles, or a few more: of those that were deleted
        self.other = other  # SQL: whether what is not passed over is in another language than was asked for
        conditions = []
        if query.categories:
            conditions.append("AND articles.category_id IN (SELECT value FROM json_each(:categories))")
        if query.sources:
            conditions.append(
                """
                AND (articles.publisher IN (SELECT value FROM json_each(:sources))
                     OR articles.publisher IS NULL AND articles.source_id IN (
                         -- scans sources: once for the query, and not for each article
                         SELECT id FROM sources WHERE title IN (SELECT value FROM json_each(:sources))))
                """
            )
        if query.languages and other == "0":
            conditions.append(f"AND {'NOT ' if query.elsewhere else ''}({_READ})")
        self.condition = " ".join(conditions)
        self.values = {
            "newest": newest,
            "categories": json.dumps(query.categories),
            "sources": json.dumps(query.sources),
            "languages": languages_json(query.languages),
        }

    @property
    def apart(self) -> bool:
        """Whether it is told as well what there is in other languages."""
        return bool(self.query.languages) and not self.query.elsewhere

    def in_all_languages(self) -> "_Walk":
        """The same, where articles in other languages are told apart and not passed over."""
        return _Walk(self.query, total=self.total, newest=self.newest, other=f"NOT ({_READ})")

    @property
    def excluded(self) -> list[Term]:
        """Words; for an excluded phrase, it must be seen what is written."""
        return [term for term in self.query.without if not term.written]

    def joined(self, article: str) -> str:
        """What the condition reads: an index that has all of it, since the rows themselves are large."""
        if not self.condition and self.other == "0":
            return ""
        return f"CROSS JOIN articles INDEXED BY articles_filed ON articles.id = {article}"

    def held(self, match: str) -> str:
        """With what holds in any case: phrases are in it, and excluded words are not."""
        within = " AND ".join([f"({match})", *(match_of(term) for term in self.query.terms if term.written)])
        return f"({within}) NOT ({_any_of(self.excluded)})" if self.excluded else within

    def after(self, most: float, steps: float) -> int:
        """Past which article to look so as to take at most so many of the steps that all articles would take."""
        share = min(1.0, most / max(steps, 1.0))
        return max(0, math.floor(self.newest - share * self.total)) if share < 1 else 0


def _asked(spreads: Sequence[_Spread], total: int) -> tuple[list[_Spread], list[Term]]:
    """The words to ask the index for, and those so common that enough of what it finds has them as well."""
    commonest_first = sorted(spreads, key=lambda spread: -spread.articles)
    share, assumed = 1.0, 0
    while assumed < len(spreads) - 1 and (share := share * commonest_first[assumed].articles / total) >= ASSUMED:
        assumed += 1
    return commonest_first[assumed:], [spread.term for spread in commonest_first[:assumed]]


def _has(words: str, term: Term) -> bool:
    return any(f" {form} " in words for form in term.forms)


def match_of(term: Term) -> str:
    """An FTS5 expression; each form is quoted, so that nothing in it is an operator."""
    return "(" + " OR ".join(f'"{form}"' for form in term.forms) + ")"


def _any_of(terms: Iterable[Term]) -> str:
    return " OR ".join(map(match_of, terms))
