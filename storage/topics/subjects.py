"""Subjects in SQL: which subjects an article has, and whether a chat wants an article.

An article has its categories by article_categories, its source and its story by its columns, and its authors and
words by article_subjects. So an article keeps its subjects right while categories are merged and stories change.

A chat may see the articles of a private source if it has chosen something about that source. That is also true while
the chat mutes the source, so that its lists can say how much the mute hides.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from storage.database import Lock, Row, Transaction
from storage.records import (
    AuthorName,
    CategoryName,
    Follow,
    Subject,
    SubjectKind,
    SubjectName,
    Term,
    WordsQuery,
    hide_password,
)
from storage.times import from_ms, from_ms_or_none, to_ms
from storage.topics.duplicates import counted_source

STORY_ENDS_MS: Final = 7 * 86_400_000  # a follow of a story ends so long after the last article of the story


def ids_of_article(article: str) -> str:
    """Returns a query for the ids of the subjects of an article, which is a row of `articles` with this name."""
    return f"""
    SELECT id FROM subjects WHERE kind = 'category' AND ref IN (
        SELECT category_id FROM article_categories WHERE article_id = {article}.id)
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
        WHEN 'category' THEN EXISTS (
            SELECT 1 FROM article_categories WHERE category_id = {subject}.ref AND article_id = {article}.id)
        WHEN 'source' THEN {subject}.ref = {article}.source_id
        WHEN 'story' THEN {subject}.ref = {article}.story_id
        ELSE EXISTS (
            SELECT 1 FROM article_subjects WHERE article_id = {article}.id AND subject_id = {subject}.id)
    END
    """


# Whether a follow or mute has not ended.
ACTIVE: Final = "(follows.until IS NULL OR follows.until > :now)"


def sources_until(article: str) -> str:
    """Returns an expression: the number of sources that the story of an article had with this article.

    Later articles do not count. So exactly one article brings the second source of a story.
    """
    return f"""
    (SELECT count(DISTINCT {counted_source("reporting")}) FROM articles AS reporting
     WHERE reporting.story_id = {article}.story_id AND reporting.id <= {article}.id
       AND reporting.retracted_at IS NULL)
    """


def is_of_story(subject: str, article: str) -> str:
    """Returns a condition: the article, or an earlier article of its story, has the subject."""
    return f"""
    EXISTS (
        SELECT 1 FROM articles AS reported
        WHERE reported.story_id = {article}.story_id AND reported.id <= {article}.id
          AND (reported.id = {article}.id OR reported.retracted_at IS NULL) AND {is_of_article(subject, "reported")})
    """


def everything_includes(chat: str, article: str) -> str:
    """Returns a condition: the story of the article has enough sources for the chat. Both are rows."""
    return f"({chat}.least_sources <= 1 OR {chat}.least_sources <= {sources_until(article)})"


def follows_it(chat: str, article: str, *conditions: str) -> str:
    """Returns a condition: the chat follows a subject of the article. Both are rows with these names.

    If the chat wants stories of several sources only, subjects of the earlier articles of the story count as well.
    """
    least = f"max({chat}.least_sources, follows.least_sources)"
    of_article = f"""
    CASE WHEN {least} <= 1 THEN {is_of_article("subjects", article)}
         ELSE {least} <= {sources_until(article)} AND {is_of_story("subjects", article)} END
    """
    return _chose(f"{chat}.id", "NOT follows.muted", of_article, *conditions)


def mutes_it(chat: str, article: str, *conditions: str) -> str:
    """Returns a condition: the chat (the id of our row) mutes a subject of the article."""
    return _chose(chat, "follows.muted", is_of_article("subjects", article), *conditions)


def _chose(chat: str, *conditions: str) -> str:
    return f"""
    EXISTS (
        SELECT 1 FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
        WHERE follows.chat = {chat} AND {ACTIVE} AND {" AND ".join(conditions)})
    """


def knows_source(chat: str, source: str) -> str:
    """Returns a condition: the chat (the id of our row) follows or mutes the source with this id."""
    return f"""
    EXISTS (
        SELECT 1 FROM subjects AS its_source
        CROSS JOIN follows AS member ON member.subject_id = its_source.id AND member.chat = {chat}
        WHERE its_source.kind = 'source' AND its_source.ref = {source})
    """


def may_see(chat: str, article: str) -> str:
    """Returns a condition: the chat (the id of our row) may see the article, a row with this name."""
    return f"(NOT {article}.private OR {knows_source(chat, f'{article}.source_id')})"


# The private sources whose articles a chat may see: a query with the parameter :chat.
OWN_SOURCES: Final = """
SELECT subjects.ref FROM follows
CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'source'
CROSS JOIN sources ON sources.id = subjects.ref
WHERE follows.chat = :chat AND sources.private
"""


def still_wanted(chat: str, article: str) -> str:
    """Returns a condition: the chat wants the article by its choices of today. Both are rows with these names."""
    return f"""
    ({chat}.stopped_at IS NULL
     AND ({chat}.everything_since IS NOT NULL AND {everything_includes(chat, article)} OR {follows_it(chat, article)})
     AND NOT {mutes_it(f"{chat}.id", article)} AND {may_see(f"{chat}.id", article)})
    """


def wanted_when_stored(chat: str, article: str) -> str:
    """Returns a condition: as `still_wanted`, and the chat chose it before the article was stored."""
    return f"""
    ({chat}.stopped_at IS NULL
     AND ({chat}.everything_since <= {article}.stored_at AND {everything_includes(chat, article)}
          OR {follows_it(chat, article, f"follows.since <= {article}.stored_at")})
     AND NOT {mutes_it(f"{chat}.id", article)} AND {may_see(f"{chat}.id", article)})
    """


# The columns of a subject, and its name as readers see it.
SUBJECT: Final = """
subjects.id, subjects.kind, subjects.ref, subjects.key, subjects.query,
CASE subjects.kind
    WHEN 'category' THEN (SELECT name FROM categories WHERE id = subjects.ref)
    WHEN 'source' THEN (SELECT coalesce(title, url) FROM sources WHERE id = subjects.ref)
    WHEN 'story' THEN (SELECT title FROM articles WHERE id = subjects.ref)
    ELSE subjects.name
END AS name,
subjects.kind = 'source' AND EXISTS (SELECT 1 FROM sources WHERE id = subjects.ref AND private) AS private
"""


def subject_from(row: Row) -> Subject:
    kind, name = SubjectKind(row["kind"]), row["name"]
    return Subject(
        id=row["id"],
        kind=kind,
        ref=row["ref"],
        key=row["key"],
        name=hide_password(name) if kind is SubjectKind.SOURCE and name else name,
        private=bool(row["private"]),
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


def follow_from(row: Row) -> Follow:
    return Follow(
        subject=subject_from(row),
        muted=bool(row["muted"]),
        since=from_ms(row["since"]),
        until=from_ms_or_none(row["until"]),
        least_sources=row["least_sources"],
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


def _term(given: tuple[str, list[str], list[str]]) -> Term:
    word, forms, written = given
    return Term(word, tuple(forms), tuple(written))


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


async def ensure_subjects(
    transaction: Transaction, names: Sequence[SubjectName]
) -> dict[tuple[SubjectKind, str | int | None], int]:
    """Returns the ids of subjects, each by its kind and its key or ref. Creates those that are missing, but no words.

    However many subjects there are, they take two queries of each kind at most.
    """
    found: dict[tuple[SubjectKind, str | int | None], int] = {}
    for kind in dict.fromkeys(name.kind for name in names):
        asked = {name.key or name.ref: name for name in names if name.kind is kind}
        found |= await _find_subjects(transaction, kind, asked)
        missing = [name for one, name in asked.items() if (kind, one) not in found and name.query is None]
        if missing:
            await transaction.execute_many(
                """
                INSERT INTO subjects (kind, ref, key, name) VALUES (:kind, :ref, :key, :name) ON CONFLICT DO NOTHING
                """,
                [{"kind": kind, "ref": name.ref, "key": name.key, "name": name.name} for name in missing],
            )
            found |= await _find_subjects(transaction, kind, asked)
    return found


async def _find_subjects(
    transaction: Transaction, kind: SubjectKind, asked: Iterable[str | int | None]
) -> dict[tuple[SubjectKind, str | int | None], int]:
    has_key = kind in (SubjectKind.AUTHOR, SubjectKind.WORDS)
    column, value = ("key", "asked.value") if has_key else ("ref", "CAST(asked.value AS bigint)")
    rows = await transaction.fetch(
        f"""
        SELECT subjects.id, subjects.{column} AS asked FROM json_each(:asked) AS asked
        CROSS JOIN subjects ON subjects.kind = :kind AND subjects.{column} = {value}
        """,
        {"kind": kind, "asked": json.dumps(list(asked), ensure_ascii=False)},
    )
    return {(kind, row["asked"]): int(row["id"]) for row in rows}


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


async def drop_from_article(transaction: Transaction, article_id: int) -> None:
    """Remove the authors and the words of an article, because its text has changed."""
    await transaction.execute(
        """
        DELETE FROM article_subjects
        WHERE article_id = :id
          AND (SELECT kind FROM subjects WHERE id = article_subjects.subject_id) IN ('author', 'words')
        """,
        {"id": article_id},
    )


async def put_authors(transaction: Transaction, article_id: int, authors: Sequence[AuthorName]) -> None:
    """Store who wrote an article. Before this, `drop_from_article` removes the authors that it had."""
    names = {author.normalized: author.name for author in authors}
    if not names:
        return
    values = {
        "article": article_id,
        "kind": SubjectKind.AUTHOR,
        "keys": json.dumps(list(names), ensure_ascii=False),
        "names": json.dumps(list(names.values()), ensure_ascii=False),
    }
    await transaction.execute(
        # Authors that exist are left out, although nothing would happen to them: each would use up an id.
        """
        INSERT INTO subjects (kind, key, name)
        SELECT :kind, author.value, named.value FROM json_each(:keys) AS author
        CROSS JOIN json_each(:names) AS named ON named.key = author.key
        WHERE NOT EXISTS (SELECT 1 FROM subjects AS known WHERE known.kind = :kind AND known.key = author.value)
        ORDER BY author.key
        ON CONFLICT DO NOTHING
        """,
        values,
    )
    await transaction.execute(
        """
        INSERT INTO article_subjects (article_id, subject_id)
        SELECT :article, subjects.id FROM json_each(:keys) AS author
        CROSS JOIN subjects ON subjects.kind = :kind AND subjects.key = author.value
        """,
        values,
    )


async def merge_subjects(transaction: Transaction, kind: SubjectKind, old: int, new: int) -> None:
    """Let the follows of a source or story count for another one, which it has become."""
    if not await _is_followed(transaction, kind, old):
        return
    await transaction.lock(Lock.CHATS)
    values = {"kind": kind, "old": old, "new": new}
    await transaction.execute(
        """
        UPDATE subjects SET ref = :new
        WHERE kind = :kind AND ref = :old
          AND NOT EXISTS (SELECT 1 FROM subjects AS taken WHERE taken.kind = :kind AND taken.ref = :new)
        """,
        values,
    )
    await transaction.execute(
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
        SELECT follows.chat, kept.id, follows.muted, follows.since, follows.until, follows.least_sources,
               follows.resumes
        FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id
        JOIN subjects AS kept ON kept.kind = :kind AND kept.ref = :new
        WHERE subjects.kind = :kind AND subjects.ref = :old
        ON CONFLICT (chat, subject_id) DO UPDATE SET since = min(follows.since, excluded.since)
        """,
        values,
    )
    await transaction.execute("DELETE FROM subjects WHERE kind = :kind AND ref = :old", values)


async def _is_followed(transaction: Transaction, kind: SubjectKind, ref: int) -> bool:
    """Returns whether anybody has chosen anything about a source or story."""
    return bool(
        await transaction.fetch(
            "SELECT 1 FROM subjects WHERE kind = :kind AND ref = :ref", {"kind": kind, "ref": ref}
        )
    )


async def end_mutes(transaction: Transaction, now: datetime) -> None:
    """Let chats follow again what they muted for a time and followed before. Served by follows_ending."""
    await transaction.execute(
        """
        UPDATE follows SET muted = FALSE, since = until, until = NULL, resumes = FALSE WHERE until <= :now AND resumes
        """,
        {"now": to_ms(now)},
    )


async def prolong_story(transaction: Transaction, story_id: int, now: int) -> None:
    """Let the follows of a story end later, because an article has joined it."""
    if not await _is_followed(transaction, SubjectKind.STORY, story_id):
        return
    await transaction.lock(Lock.CHATS)
    await transaction.execute(
        """
        UPDATE follows SET until = :until
        WHERE subject_id = (SELECT id FROM subjects WHERE kind = 'story' AND ref = :story)
          AND NOT muted AND until > :now AND until < :until
        """,
        {"story": story_id, "now": now, "until": now + STORY_ENDS_MS},
    )
