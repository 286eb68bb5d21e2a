"""Personal data: everything that is kept of a chat, to be handed out or deleted.

`REFERENCES` names every column that holds a chat or a person, with the way in which its rows are found and forgotten.
A test compares it with the tables.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from storage.database import Database, Row, Transaction
from storage.records import hide_password
from storage.times import from_ms, to_ms
from storage.topics import digest_snapshots

DELIVERIES_AT_ONCE = 1_000  # deleted in one transaction
LEFT_FOR_GOOD: Final = "state <> 'active' AND left_at < :before"

# (table, column): why nothing of it is left after `forget`.
REFERENCES: Final = {
    ("chats", "chat_id"): "the rows are deleted",
    ("chats", "added_by"): "emptied in the groups and channels that the person added",
    ("category_topics", "chat"): "deleted with the chat",
    ("follows", "chat"): "deleted with the chat",
    ("forums", "chat"): "deleted with the chat",
    ("reactions", "chat"): "deleted with the chat",
    ("saved", "chat"): "deleted with the chat",
    ("searches", "chat"): "deleted with the chat",
    ("shown", "chat"): "deleted with the chat",
    ("shown_to_one", "chat"): "deleted with the chat",
    ("shown_to_one", "person"): "deleted with the chat of the person",
    ("undo_steps", "chat"): "deleted with the chat",
    ("deliveries", "chat"): "deleted; of one that is being sent, both numbers are emptied",
    ("deliveries", "chat_id"): "as above",
    ("send_slots", "chat_id"): "deleted",
    ("inbox", "chat_id"): "leaves with its answer",
    ("inbox_set_aside", "chat_id"): "deleted",
    ("sources", "added_by_chat"): "emptied; a private source that nobody follows is deleted later",
    ("bans", "number"): "stays, so that a banned person stays banned",
    ("bans", "banned_by"): "the number of an administrator of the bot",
    ("audit", "user_id"): "the number of an administrator or editor, for a year",
    ("dashboard_links", "user_id"): "the number of an administrator or editor, for ten minutes",
    ("dashboard_sessions", "user_id"): "the number of an administrator or editor, for a week",
    ("desk_room", "chat"): "deleted with the chat",
}


class PersonalData:
    """Implements `contract.PersonalData`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def export(self, chat_id: int) -> dict[str, list[dict[str, Any]]]:
        """Returns all that is kept of a chat, by kind. Times are ISO 8601."""
        chats = await self._fetch("SELECT * FROM chats WHERE chat_id = :chat_id", chat_id)
        found = {"chats": chats}
        for kind, query in _QUERIES.items():
            found[kind] = await self._fetch(query, chat_id)
        found["messages"] = await self._messages(chat_id, chats)
        kept = {kind: [_shown(row) for row in rows] for kind, rows in found.items()}
        for follow in kept["follows"]:
            if follow["kind"] == "source" and follow["name"]:
                follow["name"] = hide_password(follow["name"])
        return kept

    async def forget(self, chat_id: int) -> bool:
        """Delete all that is kept of a chat. Returns False if nothing was kept.

        The sent messages come first and the chat last, so that a call that was interrupted can be repeated.
        """
        chats = await self._fetch("SELECT id FROM chats WHERE chat_id = :chat_id", chat_id)
        await self._delete_sent(chat_id, chats)
        async with self._database.transaction() as transaction:
            kept = await _delete_chat(transaction, chat_id)
            for row in chats:
                transaction.chat_changed(row["id"])
        await self._delete_sent(chat_id, chats)  # what was sent meanwhile
        return bool(kept)

    async def prune_chats(self, *, unused_before: datetime, left_before: datetime, limit: int) -> int:
        """Forget up to `limit` chats that nobody uses. Returns their number."""
        values = {"unused": to_ms(unused_before), "before": to_ms(left_before), "limit": max(0, limit)}
        async with self._database.transaction(durable=False) as transaction:
            unused = await transaction.change(
                # Served by chats_unused. Nobody ever chose anything there, so the chat was sent no news.
                """
                DELETE FROM chats WHERE id IN (
                    SELECT id FROM chats
                    WHERE seen_at < :unused AND settings_at = 0 AND everything_since IS NULL AND added_by IS NULL
                      AND NOT EXISTS (SELECT 1 FROM follows WHERE chat = chats.id)
                      AND NOT EXISTS (SELECT 1 FROM saved WHERE chat = chats.id)
                      AND NOT EXISTS (SELECT 1 FROM send_slots WHERE chat_id = chats.chat_id)
                    LIMIT :limit)
                """,
                values,
            )
        left = await self._database.fetch(
            # Served by chats_left.
            f"""
            -- scans chats: those that are not active, by chats_left
            SELECT chat_id FROM chats WHERE {LEFT_FOR_GOOD}
            GROUP BY chat_id HAVING NOT EXISTS (
                SELECT 1 FROM chats AS others WHERE others.chat_id = chats.chat_id AND NOT ({LEFT_FOR_GOOD}))
            LIMIT :limit
            """,
            values,
        )
        for row in left:
            await self.forget(row["chat_id"])
        return unused + len(left)

    async def _fetch(self, sql: str, chat_id: int) -> list[Row]:
        return list(await self._database.fetch(sql, {"chat_id": chat_id}))

    async def _messages(self, chat_id: int, chats: Sequence[Row]) -> list[Row]:
        """Returns the deliveries of a chat with the titles of their articles, on a reader's connection."""
        found = {row["id"]: row for row in await self._fetch(_deliveries("*"), chat_id)}
        for chat in chats:
            found |= {row["id"]: row for row in await self._database.fetch(_UNNUMBERED, {"chat": chat["id"]})}
        return [found[number] for number in sorted(found)]

    async def _delete_sent(self, chat_id: int, chats: Sequence[Row]) -> None:
        """Delete the deliveries that are not owed any more, in portions."""
        while await self._delete(_deliveries("id", "AND state IN ('sent', 'dead')"), {"chat_id": chat_id}):
            pass
        for chat in chats:
            # No index leads from a chat to these, so they are looked up without the write lock.
            rows = await self._database.fetch(_UNNUMBERED, {"chat": chat["id"]})
            settled = [row["id"] for row in rows if row["state"] in ("sent", "dead")]
            for start in range(0, len(settled), DELIVERIES_AT_ONCE):
                numbers = settled[start : start + DELIVERIES_AT_ONCE]
                await self._delete(
                    """
                    SELECT id FROM deliveries
                    WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:numbers)) AND chat = :chat
                    """,
                    {"numbers": json.dumps(numbers), "chat": chat["id"]},
                )

    async def _delete(self, those: str, values: dict[str, Any]) -> int:
        """Delete deliveries that the query `those` selects: a portion. Returns the number of deleted ones."""
        async with self._database.transaction() as transaction:
            gone = await transaction.fetch(
                f"DELETE FROM deliveries WHERE id IN ({those} LIMIT {DELIVERIES_AT_ONCE}) RETURNING snapshot_id",
                values,
            )
            await digest_snapshots.forget(
                transaction, {row["snapshot_id"] for row in gone if row["snapshot_id"] is not None}
            )
        return len(gone)


async def _delete_chat(transaction: Transaction, chat_id: int) -> int:
    """Delete the rows of a chat, with all that hangs on them. Returns the number of deleted rows of the chat."""
    values = {"chat_id": chat_id}
    followed = await transaction.fetch(
        """
        SELECT DISTINCT follows.subject_id AS id FROM chats CROSS JOIN follows ON follows.chat = chats.id
        WHERE chats.chat_id = :chat_id
        """,
        values,
    )
    # The outcome of a delivery that is being sent needs its row, and SQLite could give its id to another one. So the
    # row stays, and belongs to nobody: a chat of its own, which does not exist.
    await transaction.execute(
        "UPDATE deliveries SET chat = -id, chat_id = 0 WHERE chat_id = :chat_id AND state = 'sending'", values
    )
    queued = await transaction.fetch(
        "DELETE FROM deliveries WHERE chat_id = :chat_id AND state = 'queued' RETURNING snapshot_id", values
    )
    await digest_snapshots.forget(
        transaction, {row["snapshot_id"] for row in queued if row["snapshot_id"] is not None}
    )
    await transaction.execute("DELETE FROM send_slots WHERE chat_id = :chat_id", values)
    await transaction.execute("DELETE FROM shown_to_one WHERE person = :chat_id", values)
    await transaction.execute("DELETE FROM inbox_set_aside WHERE chat_id = :chat_id", values)
    await transaction.execute("UPDATE chats SET added_by = NULL WHERE added_by = :chat_id", values)
    await transaction.execute(
        """
        -- scans sources: by the chat that added them, for a person who asks
        UPDATE sources SET added_by_chat = NULL
        WHERE added_by_chat IN (SELECT id FROM chats WHERE chat_id = :chat_id)
        """,
        values,
    )
    kept = await transaction.change("DELETE FROM chats WHERE chat_id = :chat_id", values)
    await transaction.execute(
        # What was typed goes as well, unless another chat follows the same.
        """
        DELETE FROM subjects
        WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:followed)) AND kind IN ('words', 'author')
          AND NOT EXISTS (SELECT 1 FROM follows WHERE subject_id = subjects.id)
        """,
        {"followed": json.dumps([row["id"] for row in followed])},
    )
    return kept


def _deliveries(columns: str, condition: str = "") -> str:
    """Returns the query for the deliveries of a chat that an index leads to.

    Served by deliveries_message, deliveries_queued and deliveries_sending. The unary plus makes SQLite use them.
    """
    if columns == "*":
        columns = _MESSAGE
    with_message = "message_id IS NOT NULL"
    return " UNION ".join(
        f"SELECT {columns} FROM deliveries WHERE chat_id = :chat_id AND {which} {condition}"
        for which in (with_message, "state = 'queued'", "state = 'sending'")
    )


_MESSAGE: Final = """
id, chat, kind, article_id, (SELECT title FROM articles WHERE id = article_id) AS title,
(SELECT url FROM articles WHERE id = article_id) AS url, notice, state, message_id,
CASE shown_as WHEN 1 THEN 'page' WHEN 2 THEN 'opened text' ELSE 'as it was sent' END AS shown_as,
queued_at, settled_at
"""

# What is kept of a chat beside its rows and its messages.
_QUERIES: Final = {
    "follows": """
        SELECT follows.*, subjects.kind,
               CASE subjects.kind WHEN 'category' THEN (SELECT name FROM categories WHERE id = subjects.ref)
                    WHEN 'source' THEN (SELECT coalesce(title, url) FROM sources WHERE id = subjects.ref)
                    ELSE coalesce(subjects.name, subjects.key) END AS name
        FROM chats CROSS JOIN follows ON follows.chat = chats.id
            CROSS JOIN subjects ON subjects.id = follows.subject_id
        WHERE chats.chat_id = :chat_id ORDER BY follows.chat, follows.since
    """,
    "category_topics": """
        SELECT category_topics.* FROM chats CROSS JOIN category_topics ON category_topics.chat = chats.id
        WHERE chats.chat_id = :chat_id
    """,
    "saved": """
        SELECT saved.*, articles.title, articles.url
        FROM chats CROSS JOIN saved ON saved.chat = chats.id CROSS JOIN articles ON articles.id = saved.article_id
        WHERE chats.chat_id = :chat_id ORDER BY saved.saved_at
    """,
    "searches": """
        SELECT searches.* FROM chats CROSS JOIN searches ON searches.chat = chats.id
        WHERE chats.chat_id = :chat_id ORDER BY searches.id
    """,
    "last_list": """
        SELECT shown.* FROM chats CROSS JOIN shown ON shown.chat = chats.id
        WHERE chats.chat_id = :chat_id ORDER BY chat, position
    """,
    # The lists that only this person was shown, and those that only one person was shown in this group.
    "last_lists_in_groups": """
        SELECT chat, articles, shown_at FROM shown_to_one WHERE person = :chat_id
        UNION ALL
        SELECT shown_to_one.chat, shown_to_one.articles, shown_to_one.shown_at
        FROM chats CROSS JOIN shown_to_one ON shown_to_one.chat = chats.id WHERE chats.chat_id = :chat_id
    """,
    "undo_steps": """
        SELECT undo_steps.* FROM chats CROSS JOIN undo_steps ON undo_steps.chat = chats.id
        WHERE chats.chat_id = :chat_id
    """,
    "reactions": """
        SELECT reactions.*, (SELECT title FROM articles WHERE id = reactions.article_id) AS title
        FROM chats CROSS JOIN reactions ON reactions.chat = chats.id WHERE chats.chat_id = :chat_id
    """,
    "send_slots": "SELECT * FROM send_slots WHERE chat_id = :chat_id",
    "added_chats": "SELECT chat_id, topic_id, kind, title FROM chats WHERE added_by = :chat_id",
    "added_sources": """
        -- scans sources: by the chat that added them, for a person who asks
        SELECT sources.url, sources.title, sources.private, sources.added_at FROM sources
        WHERE added_by_chat IN (SELECT id FROM chats WHERE chat_id = :chat_id)
    """,
    "bans": "SELECT number, banned_at FROM bans WHERE number = :chat_id",
    "received": """
        -- scans inbox: what waits for an answer, for a person who asks
        SELECT * FROM inbox WHERE chat_id = :chat_id
    """,
    "set_aside": "SELECT * FROM inbox_set_aside WHERE chat_id = :chat_id",
}

# The deliveries without a message id: dead ones, and those whose message is gone.
_UNNUMBERED: Final = f"""
SELECT {_MESSAGE} FROM deliveries WHERE id IN (
    SELECT id FROM deliveries INDEXED BY deliveries_dead WHERE state = 'dead' AND settled_at >= 0 AND +chat = :chat
    UNION SELECT id FROM deliveries INDEXED BY deliveries_listed WHERE chat = :chat AND snapshot_id IS NOT NULL
    -- scans articles: those that were pushed, by articles_pushed; for a person who asks, on a reader's connection
    UNION SELECT deliveries.id FROM articles INDEXED BY articles_pushed
    CROSS JOIN deliveries INDEXED BY deliveries_once ON deliveries.article_id = articles.id
    WHERE articles.lane IS NOT NULL AND deliveries.chat = :chat)
"""

_TIMES: Final = ("since", "until", "everything_since", "active_since", "told_until", "snoozed_until", "next_send_at")


def _shown(row: Row) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in dict(row).items()}


def _value(name: str, value: Any) -> Any:
    is_time = (name.endswith("_at") or name in _TIMES) and isinstance(value, int)
    try:
        return from_ms(value).isoformat() if is_time else value
    except (OverflowError, ValueError):  # a locked send slot, or a row that a program has damaged
        return value
