"""Reactions: how often each was given to the posts about articles."""

from collections.abc import Mapping
from itertools import groupby

from storage.database import CHATS, Database
from storage.records import PostReactions

MOST_KINDS = 20  # kinds of reactions that are kept of a post


class Reactions:
    """Implements `contract.Reactions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, chat_id: int, message_id: int, counts: Mapping[str, int]) -> bool:
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            rows = await transaction.fetch(
                # Served by deliveries_message. The chat may have been forgotten.
                """
                SELECT deliveries.article_id, chats.id AS chat FROM deliveries
                CROSS JOIN chats ON chats.id = deliveries.chat
                WHERE deliveries.chat_id = :chat_id AND deliveries.message_id = :message_id
                  AND deliveries.article_id IS NOT NULL
                """,
                {"chat_id": chat_id, "message_id": message_id},
            )
            if not rows:
                return False
            post = {"article": rows[0]["article_id"], "chat": rows[0]["chat"]}
            await transaction.execute("DELETE FROM reactions WHERE article_id = :article AND chat = :chat", post)
            given = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            kept = [one for one in given if one[1] > 0][:MOST_KINDS]
            await transaction.execute_many(
                """
                INSERT INTO reactions (article_id, chat, reaction, count) VALUES (:article, :chat, :reaction, :count)
                """,
                [post | {"reaction": reaction, "count": count} for reaction, count in kept],
            )
        return True

    async def of_article(
        self, article_id: int, *, limit: int, chat_row: int | None = None, added_by: int | None = None
    ) -> list[PostReactions]:
        rows = await self._database.fetch(
            """
            SELECT posts.chat, posts.total, chats.chat_id, chats.title, reactions.reaction, reactions.count
            FROM (
                SELECT reactions.chat, sum(reactions.count) AS total
                FROM reactions CROSS JOIN chats ON chats.id = reactions.chat
                WHERE reactions.article_id = :article AND (CAST(:chat AS bigint) IS NULL OR reactions.chat = :chat)
                  AND (CAST(:added_by AS bigint) IS NULL OR chats.added_by = :added_by)
                GROUP BY reactions.chat ORDER BY total DESC, reactions.chat LIMIT :limit
            ) AS posts
            CROSS JOIN chats ON chats.id = posts.chat
            CROSS JOIN reactions ON reactions.article_id = :article AND reactions.chat = posts.chat
            ORDER BY posts.total DESC, posts.chat, reactions.count DESC, reactions.reaction
            """,
            {"article": article_id, "chat": chat_row, "added_by": added_by, "limit": max(0, limit)},
        )
        return [
            PostReactions(
                chat_id=lines[0]["chat_id"],
                title=lines[0]["title"],
                counts=tuple((line["reaction"], line["count"]) for line in lines),
            )
            for lines in (list(group) for _, group in groupby(rows, key=lambda row: row["chat"]))
        ]
