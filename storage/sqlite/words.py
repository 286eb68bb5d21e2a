"""Words that chats follow: which articles have them.

A new article is not compared with all words. Each subject of words is kept under the stems of its rarest word. So the
stems of an article lead to the few subjects that it may have, and only these are checked whole.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from storage.database import Row, Transaction
from storage.records import SearchText, Term, WordsQuery
from storage.sqlite.categories import find_category
from storage.sqlite.duplicates import source_name
from storage.sqlite.search import any_of, match_of
from storage.sqlite.subjects import query_from

FILLED = 2_000  # stored articles that a new subject is compared with at most
FILLED_MS = 30 * 86_400_000  # and only articles that are so much older than the newest one


async def match_article(transaction: Transaction, article_id: int, search: SearchText) -> None:
    """Store which words an article has. Words that it had before and does not have now are removed."""
    await transaction.execute(
        """
        DELETE FROM article_subjects
        WHERE article_id = :id
          AND (SELECT kind FROM subjects WHERE id = article_subjects.subject_id) = 'words'
        """,
        {"id": article_id},
    )
    stems = {*search.title.split(), *search.body.split()}
    candidates = await transaction.fetch(
        """
        SELECT subjects.id, subjects.query FROM (
            SELECT DISTINCT subject_id FROM json_each(:stems) AS stem
            CROSS JOIN subject_stems ON subject_stems.stem = stem.value) AS found
        CROSS JOIN subjects ON subjects.id = found.subject_id
        """,
        {"stems": json.dumps(sorted(stems), ensure_ascii=False)},
    )
    text = IndexedText(search)
    queries = [(row["id"], query) for row in candidates if text.has(query := query_from(row["query"]))]
    matched = [
        number
        for number, query in queries
        if not (query.categories or query.sources) or await _is_filed(transaction, article_id, query)
    ]
    await transaction.execute_many(
        "INSERT INTO article_subjects (article_id, subject_id) VALUES (:article, :subject)",
        [{"article": article_id, "subject": number} for number in matched],
    )


class IndexedText:
    """The words of an article, to be compared with queries."""

    def __init__(self, search: SearchText) -> None:
        self._title, self._body = f" {search.title} ", f" {search.body} "
        self._written_title, self._written_body = search.written_title, search.written_body

    def has(self, query: WordsQuery) -> bool:
        """Returns whether the text has all words of a query and none of the excluded ones."""
        return all(self._has(term, in_title=query.only_titles) for term in query.terms) and not any(
            self._has(term, in_title=False) for term in query.without
        )

    def _has(self, term: Term, *, in_title: bool) -> bool:
        if term.written and self._written_title:
            return term.written in self._written_title or (not in_title and term.written in self._written_body)
        forms = [f" {form} " for form in term.forms]
        return any(form in self._title for form in forms) or (
            not in_title and any(form in self._body for form in forms)
        )


async def _is_filed(transaction: Transaction, article_id: int, query: WordsQuery) -> bool:
    """Returns whether an article is in a category and from a source that the query asks for."""
    if query.categories:
        wanted = [await find_category(transaction, category) for category in query.categories]
        rows = await transaction.fetch(
            "SELECT category_id AS id FROM article_categories WHERE article_id = :id", {"id": article_id}
        )
        if not {row["id"] for row in rows} & (set(wanted) - {None}):
            return False
    if query.sources:
        rows = await transaction.fetch(
            f"SELECT {source_name('articles')} AS source FROM articles WHERE id = :id", {"id": article_id}
        )
        if rows[0]["source"] not in query.sources:
            return False
    return True


async def file_words(
    transaction: Transaction, subject_id: int, query: WordsQuery, frequencies: Sequence[float]
) -> None:
    """Keep a new subject under the stems of its rarest word. `frequencies` has the articles that have each term."""
    rarest, _ = min(zip(query.terms, frequencies, strict=True), key=lambda term: term[1])
    # A form of several words, as of a phrase, is found by its longest word.
    stems = {max(form.split(), key=len) for form in rarest.forms}
    await transaction.execute_many(
        "INSERT INTO subject_stems (stem, subject_id) VALUES (:stem, :subject) ON CONFLICT DO NOTHING",
        [{"stem": stem, "subject": subject_id} for stem in stems],
    )


async def fill_words(
    transaction: Transaction,
    subject_id: int,
    query: WordsQuery,
    *,
    as_written: Callable[[str], str] | None,
) -> None:
    """Find the stored articles that have the words of a new subject, the newest first."""
    excluded = [term for term in query.without if not term.written]
    match = " AND ".join(map(match_of, query.terms))
    match = f"({'title : ' if query.only_titles else ''}({match}))" + (
        f" NOT ({any_of(excluded)})" if excluded else ""
    )
    rows = await transaction.fetch(
        # FTS5 walks backwards and stops at the limit. The ids of articles_newest tell which articles are recent.
        """
        -- scans articles: the newest one
        SELECT articles_text.rowid AS id FROM articles_text
        WHERE articles_text MATCH :match
          AND articles_text.rowid >= (
              SELECT min(id) FROM (
                  SELECT id FROM articles
                  WHERE NOT private
                    AND published_at >= (SELECT max(published_at) FROM articles WHERE NOT private) - :recent))
        ORDER BY articles_text.rowid DESC LIMIT :most
        """,
        {"match": match, "recent": FILLED_MS, "most": FILLED},
    )
    found = [row["id"] for row in rows]
    if as_written is not None and any(term.written for term in (*query.terms, *query.without)):
        found = await _with_phrases(transaction, found, query, as_written)
    if query.categories or query.sources:
        found = [number for number in found if await _is_filed(transaction, number, query)]
    await transaction.execute_many(
        "INSERT INTO article_subjects (article_id, subject_id) VALUES (:article, :subject) ON CONFLICT DO NOTHING",
        [{"article": number, "subject": subject_id} for number in found],
    )


async def _with_phrases(
    transaction: Transaction, article_ids: Iterable[int], query: WordsQuery, as_written: Callable[[str], str]
) -> list[int]:
    rows = await transaction.fetch(
        """
        SELECT articles.id, title, lead, body
        FROM json_each(:ids) AS found CROSS JOIN articles ON articles.id = found.value
        """,
        {"ids": json.dumps(list(article_ids))},
    )
    return [row["id"] for row in rows if _has_phrases(row, query, as_written)]


def _has_phrases(row: Row, query: WordsQuery, as_written: Callable[[str], str]) -> bool:
    title, body = as_written(row["title"]), as_written(f"{row['lead']}\n{row['body']}")
    wanted = [term.written for term in query.terms if term.written]
    unwanted = [term.written for term in query.without if term.written]
    return all(one in title or (one in body and not query.only_titles) for one in wanted) and not any(
        one in title or one in body for one in unwanted
    )
