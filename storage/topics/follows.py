"""Follows: the subjects that chats follow or mute."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from storage.database import Database, Row, Transaction
from storage.errors import NotFound
from storage.records import (
    EVERYTHING_READ,
    Explanation,
    Follow,
    Headline,
    ListedSource,
    ListOutcome,
    Place,
    Reading,
    Subject,
    SubjectKind,
    SubjectName,
    WordsQuery,
)
from storage.times import to_ms, to_ms_or_none
from storage.topics import explaining, followed, source_lists
from storage.topics.chats import note_choice
from storage.topics.headlines import HEADLINE, JOINED, NOT_GROUPED, SHOWN, headline_from
from storage.topics.reading import language_matches
from storage.topics.rows import readable
from storage.topics.subjects import (
    ACTIVE,
    OWN_SOURCES,
    STORY_ENDS_MS,
    SUBJECT,
    end_mutes,
    follow_from,
    may_see,
    mutes_it,
    query_text,
    subject_from,
)
from storage.topics.words import ensure_with_articles, file_words

QUIET_AFTER = timedelta(days=30)  # a follow that found nothing for so long is offered for removal
UNUSED_FOR = timedelta(
    days=30
)  # a subject stays so long after its last follow, since old messages have buttons for it
UNUSED_MOST = 10_000  # subjects that nobody follows and that are kept all the same
FILED_AT_ONCE = 100  # subjects of words that are filed again in one transaction
RECENT_READ = 2_000  # articles of a subject that are counted at most


class Follows:
    """Implements `contract.Follows`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Choosing

    async def ensure_subject(
        self, subject: SubjectName, *, phrase_form: Callable[[str], str] | None = None
    ) -> Subject:
        if subject.kind is SubjectKind.WORDS and (subject.query is None or not subject.query.terms):
            raise ValueError("words are followed by a query with at least one term")

        async def ensuring(transaction: Transaction) -> Row:
            if not await _exists(transaction, subject):
                raise NotFound(f"{subject.kind} {subject.ref}")
            number = await ensure_with_articles(transaction, subject, phrase_form)
            return (await transaction.fetch(f"SELECT {SUBJECT} FROM subjects WHERE id = :id", {"id": number}))[0]

        return subject_from(await self._database.write(ensuring))

    async def words_to_file(self) -> list[Subject]:
        rows = await self._database.fetch(
            f"""
            -- scans subjects: those that wait for it (subjects_to_file), up to the limit
            SELECT {SUBJECT} FROM subjects WHERE NOT filed ORDER BY id LIMIT :limit
            """,
            {"limit": FILED_AT_ONCE},
        )
        return [subject_from(row) for row in rows]

    async def file_again(self, queries: Mapping[int, WordsQuery]) -> None:
        async with self._database.transaction() as transaction:
            for subject, query in queries.items():
                values = {"id": subject, "query": query_text(query)}
                waiting = await transaction.fetch(
                    "UPDATE subjects SET query = :query, filed = TRUE WHERE id = :id AND NOT filed RETURNING id",
                    values,
                )
                if waiting:
                    await transaction.execute("DELETE FROM subject_stems WHERE subject_id = :id", {"id": subject})
                    await file_words(transaction, subject, query)

    async def find(self, subject: SubjectName) -> Subject | None:
        column = "ref" if subject.ref is not None else "key"
        rows = await self._database.fetch(
            f"SELECT {SUBJECT} FROM subjects WHERE kind = :kind AND {column} = :value",
            {"kind": subject.kind, "value": subject.ref if subject.ref is not None else subject.key},
        )
        return subject_from(rows[0]) if rows else None

    async def authors_beginning(self, start: str, *, limit: int) -> list[Subject]:
        rows = await self._database.fetch(
            # Served by the key of kinds and keys.
            f"""
            SELECT {SUBJECT} FROM subjects
            WHERE kind = 'author' AND key >= :start AND key < :end ORDER BY key LIMIT :limit
            """,
            {"start": start, "end": start + chr(0x10FFFF), "limit": max(0, limit)},
        )
        return readable(rows, subject_from)

    async def get(self, subject_id: int) -> Subject | None:
        rows = await self._database.fetch(f"SELECT {SUBJECT} FROM subjects WHERE id = :id", {"id": subject_id})
        return subject_from(rows[0]) if rows else None

    async def follow(
        self,
        chat_row: int,
        subject_id: int,
        *,
        least_sources: int = 1,
        until: datetime | None = None,
        most_private: int | None = None,
        now: datetime,
    ) -> bool:
        return await self._choose(
            chat_row,
            subject_id,
            muted=False,
            least_sources=least_sources,
            until=until,
            most_private=most_private,
            now=now,
        )

    async def follow_listed(
        self,
        chat_row: int,
        listed: Sequence[ListedSource],
        *,
        most_private: int | None = None,
        most_follows: int,
        now: datetime,
    ) -> list[ListOutcome]:
        async with self._database.transaction() as transaction:
            outcomes = await source_lists.follow_listed(
                transaction, chat_row, listed, most_private=most_private, most_follows=most_follows, now=now
            )
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)
        return outcomes

    async def mute(self, chat_row: int, subject_id: int, *, until: datetime | None = None, now: datetime) -> None:
        await self._choose(chat_row, subject_id, muted=True, least_sources=1, until=until, now=now)

    async def _choose(
        self,
        chat_row: int,
        subject_id: int,
        *,
        muted: bool,
        least_sources: int,
        until: datetime | None,
        most_private: int | None = None,
        now: datetime,
    ) -> bool:
        """Follow or mute a subject. Returns False if the chat would follow too many private sources."""
        async with self._database.transaction() as transaction:
            if most_private is not None and await _is_one_too_many(transaction, chat_row, subject_id, most_private):
                return False
            await transaction.execute(
                # A follow that only changes keeps its date, so that articles that are on their way still reach the
                # chat. The SELECT inserts nothing if the subject was removed meanwhile. A chat may see articles of
                # a private source that it mutes, so it can mute only a private source that it has followed. After a
                # mute that ends, the chat follows what it followed before, with its number of sources.
                """
                INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
                SELECT chats.id, subjects.id, :muted, :now,
                       CASE WHEN subjects.kind = 'story' AND NOT :muted THEN :now + :story_ends
                           ELSE :until END, :least_sources,
                       :muted AND CAST(:until AS bigint) IS NOT NULL AND subjects.kind <> 'story' AND EXISTS (
                           SELECT 1 FROM follows
                           WHERE chat = :chat AND subject_id = :subject
                             AND (NOT muted AND (until IS NULL OR until > :now) OR resumes
                                  OR EXISTS (SELECT 1 FROM sources
                                             WHERE subjects.kind = 'source' AND id = subjects.ref AND private)))
                FROM chats CROSS JOIN subjects ON subjects.id = :subject
                WHERE chats.id = :chat AND NOT (
                    :muted AND subjects.kind = 'source'
                    AND EXISTS (SELECT 1 FROM sources WHERE id = subjects.ref AND private)
                    AND NOT EXISTS (SELECT 1 FROM follows WHERE chat = :chat AND subject_id = :subject))
                ON CONFLICT (chat, subject_id) DO UPDATE SET
                    since = CASE
                        WHEN follows.muted = excluded.muted AND (follows.until IS NULL OR follows.until > :now)
                        THEN follows.since ELSE excluded.since END,
                    muted = excluded.muted, until = excluded.until, resumes = excluded.resumes,
                    least_sources = CASE
                        WHEN excluded.resumes THEN follows.least_sources ELSE excluded.least_sources END
                """,
                {
                    "chat": chat_row,
                    "subject": subject_id,
                    "muted": muted,
                    "until": to_ms_or_none(until),
                    "least_sources": least_sources,
                    "story_ends": STORY_ENDS_MS,
                    "now": to_ms(now),
                },
            )
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)
        return True

    async def unfollow(self, chat_row: int, subject_id: int, *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "DELETE FROM follows WHERE chat = :chat AND subject_id = :subject",
                {"chat": chat_row, "subject": subject_id},
            )
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    # Upkeep

    async def quiet_follows(self, *, now: datetime, limit: int) -> list[tuple[int, Follow]]:
        rows = await self._database.fetch(
            # The subjects are asked first, because many chats follow one subject.
            f"""
            -- scans subjects: all of them, once a day, on a reader's connection
            SELECT {SUBJECT}, follows.chat, follows.muted, follows.since, follows.until, follows.least_sources
            FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id
            WHERE subjects.kind IN ('words', 'author', 'source', 'category') AND NOT {_FOUND_LATELY}
              AND NOT follows.muted AND follows.until IS NULL AND follows.since < :month
              AND follows.offered_at IS NULL
            LIMIT :limit
            """,
            {"month": to_ms(now - QUIET_AFTER), "limit": max(0, limit)},
        )
        return [(row["chat"], follow) for row in rows for follow in readable([row], follow_from)]

    async def note_offered(self, offered: Sequence[tuple[int, int]], *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "UPDATE follows SET offered_at = :now WHERE chat = :chat AND subject_id = :subject",
                [{"chat": chat, "subject": subject, "now": to_ms(now)} for chat, subject in offered],
            )

    async def prune(self, *, now: datetime, limit: int) -> int:
        """Delete up to `limit` follows that have ended, and up to `limit` subjects that are unused."""
        values = {
            "now": to_ms(now),
            "limit": max(0, limit),
            "before": to_ms(now - UNUSED_FOR),
            "most": UNUSED_MOST,
        }
        # Looked up without the write lock.
        changed = [dict(row) | {"now": to_ms(now)} for row in await self._database.fetch(_USE_CHANGED, values)]
        unused = [dict(row) for row in await self._database.fetch(_UNUSED, values)]
        async with self._database.transaction(durable=False) as transaction:
            await end_mutes(transaction, now)
            ended = await transaction.change(
                # Served by follows_ending.
                """
                DELETE FROM follows WHERE (chat, subject_id) IN (
                    SELECT chat, subject_id FROM follows WHERE until <= :now LIMIT :limit)
                """,
                values,
            )
            await transaction.execute_many(
                "UPDATE subjects SET unused_since = CASE WHEN :used THEN NULL ELSE :now END WHERE id = :id", changed
            )
            # Someone may have followed a subject meanwhile, or an article by that author may have come.
            await transaction.execute_many(
                f"DELETE FROM subjects WHERE id = :id AND unused_since IS NOT NULL AND NOT {_IS_USED}",
                unused,
            )
        return ended + len(changed) + len(unused)

    # Reading

    async def explain(self, article_id: int, chat_row: int, *, now: datetime) -> Explanation | None:
        return await explaining.explain(self._database, article_id, chat_row, now=now)

    async def of_chat(self, chat_row: int, *, now: datetime) -> list[Follow]:
        rows = await self._database.fetch(
            f"""
            SELECT {SUBJECT}, follows.since, follows.least_sources,
                   follows.muted AND {ACTIVE} AS muted, CASE WHEN {ACTIVE} THEN follows.until ELSE NULL END AS until
            FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
            WHERE follows.chat = :chat AND ({ACTIVE} OR follows.resumes)
            ORDER BY muted, follows.since DESC, subjects.id DESC
            """,
            {"chat": chat_row, "now": to_ms(now)},
        )
        return readable(rows, follow_from)

    async def subjects_of(self, article_id: int) -> list[Subject]:
        rows = await self._database.fetch(
            # The subjects of an article that nobody follows yet have no row. They are named by what they point at.
            """
            SELECT subjects.id, pointed.kind, pointed.ref, NULL AS key, pointed.name, NULL AS query, pointed.private,
                   pointed.place
            FROM (
                SELECT 'category' AS kind, categories.id AS ref, categories.name, FALSE AS private, filed.place
                FROM article_categories AS filed JOIN categories ON categories.id = filed.category_id
                WHERE filed.article_id = :article
                UNION ALL
                SELECT 'source', sources.id, coalesce(sources.title, sources.url), sources.private, 0
                FROM articles JOIN sources ON sources.id = articles.source_id WHERE articles.id = :article
                UNION ALL
                SELECT 'story', articles.story_id, first.title, FALSE, 0
                FROM articles LEFT JOIN articles AS first ON first.id = articles.story_id WHERE articles.id = :article
            ) AS pointed LEFT JOIN subjects ON subjects.kind = pointed.kind AND subjects.ref = pointed.ref
            UNION ALL
            SELECT subjects.id, subjects.kind, NULL, subjects.key, subjects.name, subjects.query, FALSE, 0
            FROM article_subjects CROSS JOIN subjects ON subjects.id = article_subjects.subject_id
            WHERE article_subjects.article_id = :article
            """,
            {"article": article_id},
        )
        rows = sorted(rows, key=lambda row: (row["place"], row["id"] or 0))
        found = readable([dict(row) | {"id": row["id"] or 0} for row in rows], subject_from)
        return sorted(found, key=lambda subject: _ORDER.index(subject.kind))

    async def page(
        self,
        chat_row: int,
        *,
        limit: int,
        older_than: Place | None = None,
        newer_than: Place | None = None,
        reading: Reading = EVERYTHING_READ,
        now: datetime,
    ) -> list[Headline]:
        return await followed.page(
            self._database,
            chat_row,
            limit=limit,
            older_than=older_than,
            newer_than=newer_than,
            reading=reading,
            now=now,
        )

    async def recent(
        self, subject_id: int, *, chat_row: int, since: datetime, limit: int
    ) -> tuple[int, list[Headline]]:
        values = {
            "subject": subject_id,
            "chat": chat_row,
            "since": to_ms(since),
            "limit": max(0, limit),
            "most": RECENT_READ,
        }
        kinds = await self._database.fetch("SELECT kind FROM subjects WHERE id = :subject", values)
        if not kinds:
            return 0, []
        # A mute that was active at any time since then counts.
        rows = await self._database.fetch(_RECENT[SubjectKind(kinds[0]["kind"])], values | {"now": to_ms(since)})
        return (rows[0]["found"] if rows else 0), readable(rows, headline_from)


# Whether a subject is in use: a chat follows it, or it is an author of whom there are articles.
_IS_USED = """
(EXISTS (SELECT 1 FROM follows WHERE subject_id = subjects.id)
 OR kind = 'author' AND EXISTS (SELECT 1 FROM article_subjects WHERE subject_id = subjects.id))
"""

# The subjects that are not in use any more, or in use again, since subjects were last pruned.
_USE_CHANGED = f"""
-- scans subjects: all of them, once a day, on a reader's connection
SELECT id, unused_since IS NOT NULL AS used FROM subjects
WHERE {_IS_USED} = (unused_since IS NOT NULL) LIMIT :limit
"""

# The subjects that were unused for too long, and of the others those that were made first, if there are too many.
_UNUSED = """
SELECT * FROM (
    -- scans subjects: all of them, once a day, on a reader's connection
    SELECT id FROM subjects WHERE unused_since < :before LIMIT :limit) AS old
UNION
SELECT * FROM (
    -- scans subjects: all of them, once a day, on a reader's connection
    SELECT id FROM subjects WHERE unused_since IS NOT NULL ORDER BY id DESC LIMIT :limit OFFSET :most) AS too_many
"""

# Whether an article of a subject was stored within the month.
_FOUND_LATELY = """
CASE subjects.kind
    WHEN 'category' THEN EXISTS (
        SELECT 1 FROM articles INDEXED BY articles_of_category
        WHERE articles.category_id = subjects.ref AND articles.published_at >= :month)
    WHEN 'source' THEN EXISTS (
        SELECT 1 FROM articles
        WHERE articles.id = (SELECT max(id) FROM articles WHERE source_id = subjects.ref)
          AND articles.stored_at >= :month)
    ELSE EXISTS (
        SELECT 1 FROM articles
        WHERE articles.id = (SELECT max(article_id) FROM article_subjects WHERE subject_id = subjects.id)
          AND articles.stored_at >= :month)
END
"""

_ORDER = [SubjectKind.CATEGORY, SubjectKind.SOURCE, SubjectKind.AUTHOR, SubjectKind.STORY, SubjectKind.WORDS]

# The newest articles of a subject. Each kind has its own query, so that an index serves it.
_ARTICLES_OF = {
    SubjectKind.CATEGORY: f"""
        SELECT filed.article_id AS id FROM subjects
        CROSS JOIN article_categories AS filed INDEXED BY article_categories_newest
            ON filed.category_id = subjects.ref AND NOT filed.retracted
            AND filed.audience IN (SELECT 0 UNION ALL {OWN_SOURCES})
        WHERE subjects.id = :subject AND filed.published_at >= :since
        ORDER BY filed.published_at DESC LIMIT :most
        """,
    SubjectKind.SOURCE: """
        SELECT articles.id FROM subjects CROSS JOIN articles INDEXED BY articles_of_source
            ON articles.source_id = subjects.ref
        WHERE subjects.id = :subject
        ORDER BY articles.id DESC LIMIT :most
        """,
    SubjectKind.STORY: """
        SELECT articles.id FROM subjects CROSS JOIN articles INDEXED BY articles_of_story
            ON articles.story_id = subjects.ref
        WHERE subjects.id = :subject AND articles.published_at >= :since
        ORDER BY articles.published_at DESC LIMIT :most
        """,
}
_ARTICLES_OF[SubjectKind.WORDS] = _ARTICLES_OF[SubjectKind.AUTHOR] = """
SELECT article_id AS id FROM article_subjects WHERE subject_id = :subject ORDER BY article_id DESC LIMIT :most
"""


def _recent(articles: str) -> str:
    return f"""
    SELECT {HEADLINE}, {NOT_GROUPED}, {SHOWN}, newest.found FROM (
        SELECT articles.id, count(*) OVER () AS found
        FROM ({articles}) AS of_subject
        CROSS JOIN articles ON articles.id = of_subject.id JOIN chats ON chats.id = :chat
        WHERE articles.published_at >= :since AND articles.retracted_at IS NULL
          AND {language_matches("chats.reads", "articles.language")}
          AND {may_see("chats.id", "articles")}
          AND NOT {mutes_it("chats.id", "articles", "subjects.id <> :subject")}
        ORDER BY articles.published_at DESC, articles.id DESC LIMIT :limit
    ) AS newest CROSS JOIN articles ON articles.id = newest.id {JOINED}
    ORDER BY articles.published_at DESC, articles.id DESC
    """


_RECENT = {kind: _recent(articles) for kind, articles in _ARTICLES_OF.items()}


async def _exists(transaction: Transaction, subject: SubjectName) -> bool:
    """Returns whether the category, source or story that a subject points at exists."""
    table = {
        SubjectKind.CATEGORY: "SELECT 1 FROM categories WHERE id = :ref",
        SubjectKind.SOURCE: "SELECT 1 FROM sources WHERE id = :ref",
        SubjectKind.STORY: "SELECT 1 FROM articles WHERE story_id = :ref LIMIT 1",
    }.get(subject.kind)
    return table is None or bool(await transaction.fetch(table, {"ref": subject.ref}))


async def _is_one_too_many(transaction: Transaction, chat_row: int, subject_id: int, most: int) -> bool:
    """Returns whether a subject is a private source, and the chat has `most` other private sources already."""
    rows = await transaction.fetch(
        # Served by the keys of subjects, sources and follows.
        f"""
        SELECT 1 FROM subjects CROSS JOIN sources ON sources.id = subjects.ref
        WHERE subjects.id = :subject AND subjects.kind = 'source' AND sources.private
            AND (SELECT count(*) FROM ({OWN_SOURCES}) AS own WHERE own.ref <> sources.id) >= :most
        """,
        {"chat": chat_row, "subject": subject_id, "most": most},
    )
    return bool(rows)
