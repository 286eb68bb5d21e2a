"""Subjects in SQL: which subjects an article has, and whether a chat wants an article.

An article has its category, its source and its story by its columns, and its authors and words by article_subjects.
So an article keeps its subjects right while categories are merged and stories change.
"""

import json
from typing import Final

from storage.database import Row, Transaction
from storage.records import CategoryName, Subject, SubjectKind, SubjectName, Term, WordsQuery


def ids_of_article(article: str) -> str:
    """Returns a query for the ids of the subjects of an article, which is a row of `articles` with this name."""
    return f"""
    SELECT id FROM subjects WHERE kind = 'category' AND ref = {article}.category_id
    UNION ALL SELECT id FROM subjects WHERE kind = 'source' AND ref = {article}.source_id
    UNION ALL SELECT id FROM subjects WHERE kind = 'story' AND ref = {article}.story_id
    UNION ALL SELECT subject_id FROM article_subjects WHERE article_id = {article}.id
    """


def is_of_article(subject: str, article: str) -> str:
    """Returns a condition: the article has the subject. Both are rows with these names.

    A chat follows few subjects, and an article may have hundreds. So the subjects of one chat are checked one by one.
    """
    return f"""
    CASE {subject}.kind
        WHEN 'category' THEN {subject}.ref = {article}.category_id
        WHEN 'source' THEN {subject}.ref = {article}.source_id
        WHEN 'story' THEN {subject}.ref = {article}.story_id
        ELSE EXISTS (
            SELECT 1 FROM article_subjects WHERE article_id = {article}.id AND subject_id = {subject}.id)
    END
    """


# Whether a follow or mute has not ended.
ACTIVE: Final = "(follows.until IS NULL OR follows.until > :now)"


def follows_it(chat: str, article: str, *conditions: str) -> str:
    """Returns a condition: the chat (a row with this name) follows a subject of the article."""
    return _has_line(chat, article, "NOT follows.muted", *conditions)


def mutes_it(chat: str, article: str, *conditions: str) -> str:
    """Returns a condition: the chat (a row with this name) mutes a subject of the article."""
    return _has_line(chat, article, "follows.muted", *conditions)


def _has_line(chat: str, article: str, *conditions: str) -> str:
    return f"""
    EXISTS (
        SELECT 1 FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
        WHERE follows.chat = {chat}.id AND {" AND ".join(conditions)} AND {ACTIVE}
          AND {is_of_article("subjects", article)})
    """


def still_wanted(chat: str, article: str) -> str:
    """Returns a condition: the chat wants the article by its choices of today. Both are rows with these names."""
    return f"""
    ({chat}.stopped_at IS NULL
     AND ({chat}.everything_since IS NOT NULL OR {follows_it(chat, article)})
     AND NOT {mutes_it(chat, article)})
    """


def wanted_when_stored(chat: str, article: str) -> str:
    """Returns a condition: as `still_wanted`, and the chat chose it before the article was stored."""
    return f"""
    ({chat}.stopped_at IS NULL
     AND ({chat}.everything_since <= {article}.stored_at
          OR {follows_it(chat, article, f"follows.since <= {article}.stored_at")})
     AND NOT {mutes_it(chat, article)})
    """


# The columns of a subject, and its name as readers see it.
SUBJECT: Final = """
subjects.id, subjects.kind, subjects.ref, subjects.key, subjects.query,
CASE subjects.kind
    WHEN 'category' THEN (SELECT name FROM categories WHERE id = subjects.ref)
    WHEN 'source' THEN (SELECT coalesce(title, url) FROM sources WHERE id = subjects.ref)
    WHEN 'story' THEN (SELECT title FROM articles WHERE id = subjects.ref)
    ELSE subjects.name
END AS name
"""


def subject_from(row: Row) -> Subject:
    return Subject(
        id=row["id"],
        kind=SubjectKind(row["kind"]),
        ref=row["ref"],
        key=row["key"],
        name=row["name"],
        query=query_from(row["query"]) if row["query"] is not None else None,
    )


def query_from(text: str) -> WordsQuery:
    given = json.loads(text)
    return WordsQuery(
        terms=tuple(map(_term, given["terms"])),
        without=tuple(map(_term, given["without"])),
        categories=tuple(CategoryName(name, normalized) for name, normalized in given["categories"]),
        sources=tuple(given["sources"]),
        only_titles=given["only_titles"],
    )


def query_text(query: WordsQuery) -> str:
    def terms(of: tuple[Term, ...]) -> list[list[str | tuple[str, ...]]]:
        return [[term.word, term.forms, term.written] for term in of]

    return json.dumps(
        {
            "terms": terms(query.terms),
            "without": terms(query.without),
            "categories": [[category.name, category.normalized] for category in query.categories],
            "sources": query.sources,
            "only_titles": query.only_titles,
        },
        ensure_ascii=False,
    )


def _term(given: list[str]) -> Term:
    word, forms, written = given
    return Term(word, tuple(forms), written)


async def ensure_subject(transaction: Transaction, name: SubjectName) -> tuple[int, bool]:
    """Returns the id of a subject, and whether it is new. If it does not exist, it is created."""
    values = {
        "kind": name.kind,
        "ref": name.ref,
        "key": name.key,
        "name": name.name,
        "query": query_text(name.query) if name.query else None,
    }
    found = await find_subject(transaction, name)
    if found is not None:
        return found, False
    made = await transaction.fetch(
        """
        INSERT INTO subjects (kind, ref, key, name, query) VALUES (:kind, :ref, :key, :name, :query)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        values,
    )
    return int(made[0]["id"]), True


async def find_subject(transaction: Transaction, name: SubjectName) -> int | None:
    """Returns the id of a subject, or None if it does not exist."""
    column = "ref" if name.ref is not None else "key"
    found = await transaction.fetch(
        f"SELECT id FROM subjects WHERE kind = :kind AND {column} = :value",
        {"kind": name.kind, "value": name.ref if name.ref is not None else name.key},
    )
    return int(found[0]["id"]) if found else None


async def ensure_category_subject(transaction: Transaction, category_id: int) -> int:
    subject, _ = await ensure_subject(transaction, SubjectName(kind=SubjectKind.CATEGORY, ref=category_id))
    return subject
