"""Category topics: which topics a forum has for the categories that it follows, and what is to be done about them.

The group's general topic and each of its topics are rows of `chats`. A category that has an open topic is followed by
the row of that topic and not by the general one, so nothing else has to know of these topics. If the general row
follows a category, that is the wish for a topic.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from storage.database import Database, Row, Transaction
from storage.records import ChatSettings, TopicStep, TopicTask
from storage.times import to_ms
from storage.topics import presence
from storage.topics.category_names import ALIASES

TRIES: Final = 3  # to make a topic without an answer: each may leave a topic behind
TRY_AGAIN_AFTER: Final = timedelta(minutes=10)  # an attempt that began longer ago has ended


class CategoryTopics:
    """Implements `contract.CategoryTopics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_on(self, chat_row: int) -> bool:
        return bool(
            await self._database.fetch("SELECT 1 FROM forums WHERE chat = :chat AND active", {"chat": chat_row})
        )

    async def turn_on(self, chat_row: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """
                INSERT INTO forums (chat, active) SELECT id, TRUE FROM chats WHERE id = :chat AND topic_id = 0
                ON CONFLICT (chat) DO UPDATE SET active = TRUE, refused_at = NULL
                """,
                {"chat": chat_row},
            )

    async def turn_off(self, chat_row: int) -> None:
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row}
            await transaction.execute("UPDATE forums SET active = FALSE WHERE chat = :chat", values)
            open_topics = await transaction.fetch(
                f"SELECT category_id, places.id, places.chat_id FROM {_OPEN} WHERE topics.chat = :chat", values
            )
            for row in open_topics:
                await _move_follow(transaction, row["chat_id"], row["category_id"], source=row["id"], to=chat_row)
            for row in open_topics:
                transaction.chat_changed(row["id"])
            transaction.chat_changed(chat_row)

    async def due(self, *, chat_id: int | None = None, now: datetime) -> list[TopicTask]:
        rows = await self._database.fetch(
            _DUE, {"chat_id": chat_id, "again": to_ms(now - TRY_AGAIN_AFTER), "tries": TRIES}
        )
        return [
            TopicTask(
                chat_row=row["chat"],
                chat_id=row["chat_id"],
                step=TopicStep(row["step"]),
                category_id=row["category_id"],
                name=row["name"],
                topic=row["id"],
                topic_id=row["topic_id"],
            )
            for row in rows
        ]

    async def begin(self, task: TopicTask, *, now: datetime) -> int | None:
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                # The update does nothing if another attempt has begun meanwhile. So two never make one topic.
                """
                INSERT INTO category_topics (chat, category_id, state, tried_at)
                SELECT forums.chat, categories.id, 'making', :now FROM forums
                CROSS JOIN categories ON categories.id = :category WHERE forums.chat = :chat
                ON CONFLICT (chat, category_id) DO UPDATE SET
                    state = 'making', topic_id = NULL, tried_at = :now, tries =
                        CASE WHEN category_topics.state = 'making' THEN category_topics.tries + 1 ELSE 1 END
                WHERE category_topics.state IN ('making', 'missing') AND category_topics.tried_at < :again
                RETURNING id
                """,
                {
                    "chat": task.chat_row,
                    "category": task.category_id,
                    "now": to_ms(now),
                    "again": to_ms(now - TRY_AGAIN_AFTER),
                },
            )
        return int(rows[0]["id"]) if rows else None

    async def opened(self, topic: int, *, topic_id: int, name: str | None = None, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            values = {"topic": topic, "topic_id": topic_id, "name": name, "now": to_ms(now)}
            rows = await transaction.fetch(
                """
                UPDATE category_topics SET state = 'open', topic_id = :topic_id, name = coalesce(:name, name)
                WHERE id = :topic RETURNING chat, category_id
                """,
                values,
            )
            if not rows:  # the chat was forgotten meanwhile
                return
            general, category = rows[0]["chat"], rows[0]["category_id"]
            place = await _ensure_place(transaction, general, topic_id, now)
            await _move_follow(transaction, place["chat_id"], category, source=general, to=place["id"])
            # A step that could be undone may have been the follow that moved.
            await transaction.execute("DELETE FROM undo_steps WHERE chat = :general", {"general": general})
            transaction.chat_changed(general)
            transaction.chat_changed(place["id"])

    async def closed(self, topic: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE category_topics SET state = 'closed' WHERE id = :topic", {"topic": topic}
            )

    async def renamed(self, topic: int, name: str) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE category_topics SET name = :name WHERE id = :topic", {"topic": topic, "name": name}
            )

    async def missing(self, topic: int, *, now: datetime | None = None) -> None:
        async with self._database.transaction() as transaction:
            values = {"topic": topic, "tried_at": to_ms(now) if now else 0}
            rows = await transaction.fetch(f"SELECT places.id FROM {_OPEN} WHERE topics.id = :topic", values)
            for row in rows:
                await transaction.execute(
                    f"DELETE FROM follows WHERE chat = :place AND {_OF_TOPIC}", values | {"place": row["id"]}
                )
            await transaction.execute(
                """
                UPDATE category_topics SET state = 'missing', topic_id = NULL, tried_at = :tried_at WHERE id = :topic
                """,
                values,
            )
            for row in rows:
                transaction.chat_changed(row["id"])

    async def forget(self, topic: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM category_topics WHERE id = :topic", {"topic": topic})

    async def set_refused(self, chat_row: int, refused: bool, *, now: datetime) -> bool:
        async with self._database.transaction() as transaction:
            changed = await transaction.change(
                """
                UPDATE forums SET refused_at = CASE WHEN :refused THEN :now ELSE NULL END
                WHERE chat = :chat AND (refused_at IS NOT NULL) <> :refused
                """,
                {"chat": chat_row, "refused": refused, "now": to_ms(now)},
            )
        return bool(changed)


async def categories_with_topics(database: Database, chat_row: int) -> list[Row]:
    """Returns the categories for which a forum has open topics, by name: rows with id, name and aliases."""
    return list(
        await database.fetch(
            f"""
            SELECT categories.id, categories.name, {ALIASES} FROM {_OPEN}
            CROSS JOIN categories ON categories.id = topics.category_id
            WHERE topics.chat = :chat AND {_FOLLOWED} ORDER BY categories.name
            """,
            {"chat": chat_row},
        )
    )


async def open_places(reader: Database | Transaction, chat_row: int) -> list[int]:
    """Returns the rows of `chats` that stand for the open category topics of the forum with this general row."""
    rows = await reader.fetch(f"SELECT places.id FROM {_OPEN} WHERE topics.chat = :chat", {"chat": chat_row})
    return [row["id"] for row in rows]


# Columns of a row of `chats`: whether it is a forum with category topics, and the category whose open topic it is.
EXPORTED: Final = """
EXISTS (SELECT 1 FROM forums WHERE forums.chat = chats.id AND forums.active) AS category_topics,
CASE WHEN chats.topic_id <> 0 THEN (
    SELECT categories.name FROM chats AS general
    CROSS JOIN category_topics AS topics
        ON topics.chat = general.id AND topics.topic_id = chats.topic_id AND topics.state = 'open'
    CROSS JOIN categories ON categories.id = topics.category_id
    WHERE general.chat_id = chats.chat_id AND general.topic_id = 0) END AS topic_of
"""


async def put_topics(transaction: Transaction, chats: Mapping[int, ChatSettings], now: datetime) -> None:
    """Turn on the category topics of forums, and store which topics they have. `chats` are by the ids of our rows.

    The topic of a group that has none, or of a category that does not exist, is an ordinary one.
    """
    await transaction.execute_many(
        """
        INSERT INTO forums (chat, active) SELECT id, TRUE FROM chats WHERE id = :chat AND topic_id = 0
        ON CONFLICT (chat) DO UPDATE SET active = TRUE
        """,
        [{"chat": chat} for chat, one in chats.items() if one.category_topics],
    )
    await transaction.execute_many(
        """
        INSERT INTO category_topics (chat, category_id, topic_id, name, state, tried_at)
        SELECT general.id, categories.id, :topic, categories.name, 'open', :now FROM chats AS general
        CROSS JOIN forums ON forums.chat = general.id AND forums.active
        CROSS JOIN categories ON categories.folded = :category
        WHERE general.chat_id = :chat_id AND general.topic_id = 0
        ON CONFLICT (chat, category_id) DO NOTHING
        """,
        [
            {"chat_id": one.chat_id, "topic": one.topic_id, "category": one.topic_of.normalized, "now": to_ms(now)}
            for one in chats.values()
            if one.topic_of is not None and one.topic_id is not None
        ],
    )


async def merge_topics(transaction: Transaction, values: dict[str, int]) -> None:
    """Give the topics of the category :old to the category :new.

    If a group has a topic for both, that of the old one gets nothing any more. It has no category and is closed.
    """
    await transaction.execute(
        """
        DELETE FROM category_topics WHERE category_id = :new AND state IN ('making', 'missing') AND EXISTS (
            SELECT 1 FROM category_topics AS others
            WHERE others.category_id = :old AND others.chat = category_topics.chat AND others.state = 'open')
        """,
        values,
    )
    await transaction.execute(
        f"""
        DELETE FROM follows WHERE subject_id IN (:old_subject, :new_subject) AND chat IN (
            SELECT places.id FROM {_OPEN}
            WHERE topics.category_id = :old AND EXISTS (
                SELECT 1 FROM category_topics AS others
                WHERE others.category_id = :new AND others.chat = topics.chat))
        """,
        values,
    )
    await transaction.execute(
        """
        UPDATE category_topics SET category_id = :new WHERE category_id = :old AND NOT EXISTS (
            SELECT 1 FROM category_topics AS others
            WHERE others.category_id = :new AND others.chat = category_topics.chat)
        """,
        values,
    )
    await transaction.execute("UPDATE category_topics SET category_id = NULL WHERE category_id = :old", values)


async def end_topic_follow(transaction: Transaction, chat_row: int, category_id: int) -> int | None:
    """End the follow of a category in the topic that a forum has for it.

    Returns the row of `chats` that stands for the topic, or None.
    """
    rows = await transaction.fetch(
        f"""
        SELECT topics.id, places.id AS place FROM {_OPEN}
        WHERE topics.chat = :chat AND topics.category_id = :category
        """,
        {"chat": chat_row, "category": category_id},
    )
    if not rows:
        return None
    await transaction.execute(
        f"DELETE FROM follows WHERE chat = :place AND NOT muted AND {_OF_TOPIC}",
        {"place": rows[0]["place"], "topic": rows[0]["id"]},
    )
    return int(rows[0]["place"])


async def _ensure_place(transaction: Transaction, general: int, topic_id: int, now: datetime) -> dict[str, int]:
    """Returns the row of a topic: its id and the Telegram number of its chat. A new one is set as the general topic.

    The topic also mutes what the general one mutes. The times of the general one stay, so that articles which are on
    their way to it reach the topic instead.
    """
    values = {"general": general, "topic_id": topic_id, "now": to_ms(now)}
    rows = await transaction.fetch(
        """
        INSERT INTO chats (
            chat_id, topic_id, kind, title, language, timezone, silent, active_since, settings_at, rhythm,
            digest_hour, digest_weekday, quiet_from, quiet_to, breaking, digest_at, told_until, reads, grouped,
            least_sources, most_a_day, snoozed_until, seen_at, opens_as, preview, private_answers)
        SELECT chat_id, :topic_id, kind, title, language, timezone, silent, active_since, :now, rhythm, digest_hour,
               digest_weekday, quiet_from, quiet_to, breaking, digest_at, told_until, reads, grouped, least_sources,
               most_a_day, snoozed_until, :now, opens_as, preview, private_answers
        FROM chats WHERE id = :general
        ON CONFLICT (chat_id, topic_id) DO NOTHING RETURNING id, chat_id
        """,
        values,
    )
    if rows:
        await transaction.execute(
            """
            INSERT INTO follows (chat, subject_id, muted, since, until, least_sources)
            SELECT :place, subject_id, TRUE, since, until, least_sources FROM follows
            WHERE chat = :general AND muted AND NOT resumes
            """,
            {"place": rows[0]["id"], "general": general},
        )
    else:
        rows = await transaction.fetch(
            """
            SELECT places.* FROM chats AS places
            WHERE places.topic_id = :topic_id AND places.chat_id = (SELECT chat_id FROM chats WHERE id = :general)
            """,
            values,
        )
        await presence.reactivate(transaction, [row for row in rows if row["state"] != "active"], now=now)
    return {"id": rows[0]["id"], "chat_id": rows[0]["chat_id"]}


async def _move_follow(transaction: Transaction, chat_id: int, category_id: int, *, source: int, to: int) -> None:
    """Let one row of a Telegram chat follow a category instead of another row. Queued alerts move along.

    The deliveries are copied: the other row may want an article for another subject. If not, its own is dropped when
    its turn comes.
    """
    values = {"chat_id": chat_id, "category": category_id, "source": source, "to": to}
    moved = await transaction.fetch(
        """
        INSERT INTO follows (chat, subject_id, muted, since, least_sources)
        SELECT :to, follows.subject_id, FALSE, follows.since, follows.least_sources
        FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id AND follows.chat = :source
        WHERE subjects.kind = 'category' AND subjects.ref = :category AND NOT follows.muted AND follows.until IS NULL
        ON CONFLICT (chat, subject_id) DO UPDATE SET
            since = CASE WHEN follows.muted THEN excluded.since ELSE min(follows.since, excluded.since) END,
            muted = FALSE, until = NULL, resumes = FALSE
        RETURNING subject_id
        """,
        values,
    )
    for row in moved:
        await transaction.execute(
            "DELETE FROM follows WHERE chat = :source AND subject_id = :subject",
            {"source": source, "subject": row["subject_id"]},
        )
        await transaction.execute(
            # Served by deliveries_queued, thanks to the unary plus.
            """
            INSERT INTO deliveries (
                chat, chat_id, kind, article_id, lane, place, state, queued_at, held_until, excused)
            SELECT :to, chat_id, kind, article_id, lane, place, state, queued_at, held_until, TRUE FROM deliveries
            WHERE chat_id = :chat_id AND state = 'queued' AND +chat = :source AND kind = 'alert'
              AND message_id IS NULL AND EXISTS (
                  SELECT 1 FROM article_categories
                  WHERE category_id = :category AND article_id = deliveries.article_id)
            ON CONFLICT DO NOTHING
            """,
            values,
        )


# The open topics, with the rows of `chats` that stand for them.
_OPEN: Final = """
category_topics AS topics
CROSS JOIN chats AS general ON general.id = topics.chat AND topics.state = 'open'
CROSS JOIN chats AS places ON places.chat_id = general.chat_id AND places.topic_id = topics.topic_id
"""

_OF_TOPIC: Final = """
subject_id IN (
    SELECT subjects.id FROM category_topics CROSS JOIN subjects
        ON subjects.kind = 'category' AND subjects.ref = category_topics.category_id
    WHERE category_topics.id = :topic)
"""


def _follows(chat: str, category: str) -> str:
    """Returns a condition: the chat (the id of our row) follows the category (its id) until further notice."""
    return f"""
    EXISTS (
        SELECT 1 FROM subjects CROSS JOIN follows
            ON follows.subject_id = subjects.id AND follows.chat = {chat}
            AND NOT follows.muted AND follows.until IS NULL
        WHERE subjects.kind = 'category' AND subjects.ref = {category})
    """


_WISHED: Final = _follows("topics.chat", "topics.category_id")
_FOLLOWED: Final = _follows("places.id", "topics.category_id")

# What is to be done about each topic that there is, and about each category that has none yet.
_DUE: Final = f"""
SELECT * FROM (
    SELECT topics.chat, general.chat_id, topics.category_id, coalesce(categories.name, topics.name, '') AS name,
           topics.id, topics.topic_id,
           CASE
               WHEN topics.state = 'open' AND places.state = 'gone' THEN 'drop'
               WHEN topics.state = 'open' AND (NOT forums.active OR topics.category_id IS NULL) THEN 'close'
               WHEN topics.state = 'open' AND {_WISHED} THEN 'move'
               WHEN topics.state = 'open' AND NOT {_FOLLOWED} THEN 'close'
               WHEN topics.state = 'open' AND categories.name <> topics.name THEN 'rename'
               WHEN topics.state = 'open' THEN NULL
               WHEN topics.category_id IS NULL OR topics.state = 'making' AND NOT {_WISHED} THEN 'forget'
               WHEN NOT forums.active THEN NULL
               WHEN topics.state = 'closed' AND ({_WISHED} OR {_FOLLOWED}) THEN 'reopen'
               WHEN topics.state = 'closed' OR NOT {_WISHED} OR topics.tried_at >= :again THEN NULL
               WHEN topics.state = 'missing' OR topics.tries < :tries THEN 'make'
           END AS step
    -- scans forums: one row for each group with such topics; the job asks once a minute, on a reader's connection
    FROM forums CROSS JOIN chats AS general ON general.id = forums.chat AND general.state = 'active'
    CROSS JOIN category_topics AS topics ON topics.chat = forums.chat
    LEFT JOIN categories ON categories.id = topics.category_id
    LEFT JOIN chats AS places ON places.chat_id = general.chat_id AND places.topic_id = topics.topic_id
    WHERE CAST(:chat_id AS bigint) IS NULL OR general.chat_id = :chat_id
    UNION ALL
    SELECT forums.chat, general.chat_id, categories.id, categories.name, NULL, NULL, 'make'
    FROM forums CROSS JOIN chats AS general ON general.id = forums.chat AND general.state = 'active'
    CROSS JOIN follows ON follows.chat = forums.chat AND NOT follows.muted AND follows.until IS NULL
    CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'category'
    CROSS JOIN categories ON categories.id = subjects.ref
    WHERE forums.active AND (CAST(:chat_id AS bigint) IS NULL OR general.chat_id = :chat_id) AND NOT EXISTS (
        SELECT 1 FROM category_topics WHERE chat = forums.chat AND category_id = categories.id)) AS due
WHERE step IS NOT NULL ORDER BY chat, name
"""
