"""Saved articles: what a chat keeps to read later."""

from datetime import datetime
from typing import Any

from storage.database import CHATS, Database
from storage.records import Headline, SaveResult
from storage.times import to_ms, to_ms_or_none
from storage.topics.headlines import HEADLINE, JOINED, NOT_GROUPED, SHOWN, headline_from
from storage.topics.rows import readable
from storage.topics.subjects import may_see


class Saved:
    """Implements `contract.Saved`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, chat_row: int, article_id: int, *, most: int, now: datetime) -> SaveResult:
        """Save an article. `most` is the number of articles that a chat may have saved."""
        values = {"chat": chat_row, "article": article_id, "most": most, "now": to_ms(now)}
        async with self._database.transaction(locks=CHATS) as transaction:
            # An article that is saved already may be saved again by a chat that has no room left.
            await transaction.execute(
                f"""
                INSERT INTO saved (chat, article_id, saved_at)
                SELECT chats.id, articles.id, :now FROM chats CROSS JOIN articles ON articles.id = :article
                WHERE chats.id = :chat AND articles.retracted_at IS NULL AND {may_see(":chat", "articles")}
                  AND (SELECT count(*) FROM saved WHERE chat = :chat) < :most
                ON CONFLICT DO NOTHING
                """,
                values,
            )
            rows = await transaction.fetch(
                f"""
                SELECT EXISTS (SELECT 1 FROM saved WHERE chat = :chat AND article_id = :article) AS saved,
                       EXISTS (
                           SELECT 1 FROM articles
                           WHERE id = :article AND retracted_at IS NULL AND {may_see(":chat", "articles")}) AS kept
                """,
                values,
            )
        if rows[0]["saved"]:
            return SaveResult.SAVED
        return SaveResult.FULL if rows[0]["kept"] else SaveResult.GONE

    async def remove(self, chat_row: int, article_id: int) -> bool:
        """Remove an article from the saved ones. Returns False if it was not among them."""
        async with self._database.transaction(locks=CHATS) as transaction:
            removed = await transaction.change(
                "DELETE FROM saved WHERE chat = :chat AND article_id = :article",
                {"chat": chat_row, "article": article_id},
            )
        return bool(removed)

    async def is_saved(self, chat_row: int, article_id: int) -> bool:
        rows = await self._database.fetch(
            "SELECT 1 FROM saved WHERE chat = :chat AND article_id = :article",
            {"chat": chat_row, "article": article_id},
        )
        return bool(rows)

    async def page(
        self,
        chat_row: int,
        *,
        limit: int,
        skip: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[list[Headline], int]:
        """Returns some saved articles, those that were saved last first, and the number of all of them."""
        values: dict[str, Any] = {
            "chat": chat_row,
            "limit": max(0, limit),
            "skip": skip,
            "since": to_ms_or_none(since),
            "until": to_ms_or_none(until),
        }
        # Served by saved_newest.
        among = """
        saved CROSS JOIN articles ON articles.id = saved.article_id
        WHERE saved.chat = :chat AND articles.retracted_at IS NULL
          AND saved.saved_at >= coalesce(:since, 0) AND saved.saved_at < coalesce(:until, 9e18)
        """
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {NOT_GROUPED}, {SHOWN}
            FROM (SELECT saved.article_id, saved.saved_at FROM {among}
                  ORDER BY saved.saved_at DESC, saved.article_id DESC LIMIT :limit OFFSET :skip) AS listed
            CROSS JOIN articles ON articles.id = listed.article_id {JOINED}
            ORDER BY listed.saved_at DESC, listed.article_id DESC
            """,
            values,
        )
        counted = await self._database.fetch(f"SELECT count(*) AS saved FROM {among}", values)
        return readable(rows, headline_from), counted[0]["saved"]
