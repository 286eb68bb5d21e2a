"""The full-text index of SQLite: FTS5, which walks backwards from the newest article and stops at a limit.

The times that the costs come from were measured on two cores. For each entry of a list, SQLite takes 8 nanoseconds to
pass over it, 80 nanoseconds to look it up, and 30 nanoseconds to see whether it belongs to a title. Counting how many
words an article has takes 0.7 microseconds for each entry. FTS5 applies a limit only to articles that it finds: a
search for words that hardly any article has together reads to the end of the lists, which takes 20 ms for 1.5 million
entries. To check the category, source or language of an article takes 0.6 microseconds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from storage.full_text import Costs, Match, Part, Reads, Rows, Sampled, Within, Writes, rows_of
from storage.records import SearchText, Term

PUBLIC, PRIVATE = "articles_text", "private_articles_text"
_IDS: Final = "(SELECT value FROM json_each(:ids))"


class SqliteFullText:
    """The `FullText` of SQLite."""

    costs: Final = Costs(
        whole_postings=1_500_000,
        title_postings=600_000,
        looked_at=10,
        whole_looked_up=30_000,
        some_postings=6_000,
    )

    async def put(
        self, transaction: Writes, texts: Mapping[int, SearchText], *, private: Mapping[int, int | None]
    ) -> None:
        public_rows, private_rows = rows_of(texts, private)
        # FTS5 collects texts in memory, and writes them when another statement of several rows follows. So the texts
        # of one transaction are indexed one directly after another, and their words at once: they share most of them.
        await transaction.execute_many(
            f"INSERT INTO {PRIVATE} (rowid, title, body, source) VALUES (:id, :title, :body, 's' || :source)",
            private_rows,
        )
        await transaction.execute_many(
            f"INSERT INTO {PUBLIC} (rowid, title, body) VALUES (:id, :title, :body)",
            public_rows,
        )

    async def drop(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        for table in (PUBLIC, PRIVATE):
            await transaction.execute(f"DELETE FROM {table} WHERE rowid IN {_IDS}", _ids(article_ids))

    async def make_private(self, transaction: Writes, article_ids: Sequence[int], source_id: int) -> None:
        await transaction.execute(
            f"""
            INSERT INTO {PRIVATE} (rowid, title, body, source)
            SELECT rowid, title, body, 's' || :source FROM {PUBLIC} WHERE rowid IN {_IDS}
            """,
            _ids(article_ids) | {"source": source_id},
        )
        await transaction.execute(f"DELETE FROM {PUBLIC} WHERE rowid IN {_IDS}", _ids(article_ids))

    async def make_public(self, transaction: Writes, article_ids: Sequence[int]) -> None:
        await transaction.execute(
            f"""
            INSERT INTO {PUBLIC} (rowid, title, body) SELECT rowid, title, body FROM {PRIVATE} WHERE rowid IN {_IDS}
            """,
            _ids(article_ids),
        )
        await transaction.execute(f"DELETE FROM {PRIVATE} WHERE rowid IN {_IDS}", _ids(article_ids))

    async def change_source(self, transaction: Writes, source_id: int, to: int) -> None:
        await transaction.execute(
            f"""
            UPDATE {PRIVATE} SET source = 's' || :to
            WHERE rowid IN (SELECT id FROM articles WHERE source_id = :id AND private)
            """,
            {"id": source_id, "to": to},
        )

    async def newest(self, reads: Reads, match: Match, within: Within, *, after: int = 0, limit: int) -> Rows:
        return await self._newest(reads, PUBLIC, expression(match), within, after, limit)

    async def newest_private(
        self, reads: Reads, match: Match, within: Within, *, own: Sequence[int] | None, after: int = 0, limit: int
    ) -> Rows:
        text = expression(match)
        # The column `source` has words, too, and no text is searched for in it.
        asked = f"{{title body}} : ({text})" if own is None else f"{_of_sources(own)} AND ({text})"
        return await self._newest(reads, PRIVATE, asked, within, after, limit)

    async def _newest(self, reads: Reads, table: str, match: str, within: Within, after: int, limit: int) -> Rows:
        return await reads.fetch(
            f"""
            SELECT {table}.rowid AS id, {within.other} AS other
            FROM {table} {within.joined(f"{table}.rowid")}
            WHERE {table} MATCH :match AND {table}.rowid > :after AND {table}.rowid <= :newest {within.condition}
            ORDER BY {table}.rowid DESC LIMIT :limit
            """,
            {**within.values, "match": match, "after": after, "newest": within.newest, "limit": limit},
        )

    async def weightiest(
        self, reads: Reads, parts: Sequence[Part], required: Match, within: Within, *, limit: int
    ) -> list[int]:
        lists = " UNION ALL ".join(
            f"""
            SELECT rowid AS id, :weight{n} AS weight FROM {PUBLIC}
            WHERE {PUBLIC} MATCH :match{n} AND rowid > :after{n} AND rowid <= :newest
            """
            for n in range(len(parts))
        )
        values: dict[str, object] = {**within.values, "newest": within.newest, "limit": limit}
        for n, part in enumerate(parts):
            match = replace(required, every=(part.term, *required.every))
            values |= {f"match{n}": expression(match), f"weight{n}": part.weight, f"after{n}": part.after}
        rows = await reads.fetch(
            f"""
            SELECT hits.id FROM (SELECT id, sum(weight) AS weight FROM ({lists}) GROUP BY id) AS hits
            {within.joined("hits.id")}
            WHERE TRUE {within.condition}
            ORDER BY hits.weight DESC, hits.id DESC LIMIT :limit
            """,
            values,
        )
        return [row["id"] for row in rows]

    async def sampled(
        self, reads: Reads, terms: Sequence[Term], *, newest: int, most: int, own: Sequence[int] | None = None
    ) -> list[Sampled]:
        if not terms:
            return []
        table, within = (PUBLIC, "") if own is None else (PRIVATE, f"{_of_sources(own)} AND ")
        counts = [
            f"""
            SELECT {n} AS term, count(*) AS found, min(rowid) AS oldest FROM (
                SELECT rowid FROM {table} WHERE {table} MATCH :m{n} ORDER BY rowid DESC LIMIT :most)
            """
            for n in range(len(terms))
        ]
        rows = await reads.fetch(
            " UNION ALL ".join(counts) + " ORDER BY term",
            {"most": most} | {f"m{n}": within + match_of(term) for n, term in enumerate(terms)},
        )
        return [Sampled(row["found"], row["oldest"] or 0) for row in rows]

    def lacking(self, none_of: Sequence[Term]) -> tuple[str, Mapping[str, Any]]:
        condition = f"articles.id NOT IN (SELECT rowid FROM {PUBLIC} WHERE {PUBLIC} MATCH :without)"
        return condition, {"without": _any_of(none_of)}

    async def texts(self, reads: Reads, article_ids: Sequence[int], *, private: bool) -> Rows:
        table = PRIVATE if private else PUBLIC
        return await reads.fetch(
            f"""
            SELECT articles.id, articles.published_at, {table}.title, {table}.body
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = wanted.value
            CROSS JOIN {table} ON {table}.rowid = articles.id
            """,
            _ids(sorted(article_ids)),
        )


def _ids(article_ids: Sequence[int]) -> dict[str, Any]:
    return {"ids": json.dumps(list(article_ids))}


def expression(match: Match) -> str:
    """Returns the expression of FTS5 for what a text must have: one term at least that is not excluded."""
    required = [*map(match_of, match.every)]
    if match.of_title:
        required.append(f"title : ({' AND '.join(map(match_of, match.of_title))})")
    if match.one_of:
        required.append(f"({_any_of(match.one_of)})")
    whole = " AND ".join(required)
    return f"({whole}) NOT ({_any_of(match.none_of)})" if match.none_of else whole


def match_of(term: Term) -> str:
    """Returns the FTS5 expression for a term. Each form is quoted, so that nothing in it is read as an operator."""
    return "(" + " OR ".join(f'"{form}"' for form in term.forms) + ")"


def _any_of(terms: Iterable[Term]) -> str:
    return " OR ".join(map(match_of, terms))


def _of_sources(sources: Sequence[int]) -> str:
    """Returns the FTS5 expression for the articles of these private sources."""
    return f"(source : ({' OR '.join(f's{source}' for source in sources)}))"
