"""The self-test: a private source that one administrator's chat follows for some seconds."""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Database
from storage.records import CanaryChat, CanaryState
from storage.times import to_ms
from storage.topics.reading import language_matches
from storage.topics.source_rows import source_from

URL = "canary:self-test"  # is never visited

# Served by the key of chats: (chat_id, topic_id).
_SUITABLE_CHAT = f"""
SELECT chats.id, chats.chat_id, chats.language
FROM json_each(:users) AS users CROSS JOIN chats ON chats.chat_id = CAST(users.value AS bigint) AND topic_id = 0
WHERE kind = 'private' AND state = 'active' AND stopped_at IS NULL AND breaking AND least_sources = 1
  AND {language_matches("chats.reads", "chats.language")}
ORDER BY users.key LIMIT 1
"""


class Canary:
    """Implements `contract.Canary`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, user_ids: Sequence[int], *, title: str, now: datetime) -> CanaryChat | None:
        async with self._database.transaction() as transaction:
            chats = await transaction.fetch(_SUITABLE_CHAT, {"users": json.dumps(list(user_ids))})
            if not chats:
                return None
            await transaction.execute(
                "DELETE FROM sources WHERE url = :url", {"url": URL}
            )  # of a run that was killed
            [source] = await transaction.fetch(
                """
                INSERT INTO sources (url, kind, title, private, renamed, breaking, added_at, due_at, refreshed_at)
                VALUES (:url, 'hook', :title, TRUE, TRUE, TRUE, :now, :now, :now) RETURNING *
                """,
                {"url": URL, "title": title, "now": to_ms(now)},
            )
            [subject] = await transaction.fetch(
                "INSERT INTO subjects (kind, ref) VALUES ('source', :source) RETURNING id", {"source": source["id"]}
            )
            await transaction.execute(
                "INSERT INTO follows (chat, subject_id, muted, since) VALUES (:chat, :subject, FALSE, :now)",
                {"chat": chats[0]["id"], "subject": subject["id"], "now": to_ms(now)},
            )
        return CanaryChat(chat_id=chats[0]["chat_id"], language=chats[0]["language"], source=source_from(source))

    async def has_chat(self, user_ids: Sequence[int]) -> bool:
        return bool(await self._database.fetch(_SUITABLE_CHAT, {"users": json.dumps(list(user_ids))}))

    async def state(self, article_id: int) -> CanaryState:
        rows = await self._database.fetch(
            # Served by deliveries_once.
            """
            SELECT deliveries.message_id,
                   deliveries.state = 'sent' AND deliveries.revision >= articles.shown_revision AS is_current
            FROM deliveries CROSS JOIN articles ON articles.id = deliveries.article_id
            WHERE deliveries.article_id = :id AND deliveries.message_id IS NOT NULL LIMIT 1
            """,
            {"id": article_id},
        )
        return CanaryState(rows[0]["message_id"], bool(rows[0]["is_current"])) if rows else CanaryState(None, False)

    async def close(self) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM sources WHERE url = :url", {"url": URL})
