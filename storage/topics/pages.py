"""Article pages that still have to be read, for sources whose feeds carry only excerpts."""

from datetime import datetime

from storage.database import NOTHING, Database
from storage.records import WantedPage
from storage.times import to_ms
from storage.topics.articles import text_from


class Pages:
    """Implements `contract.Pages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_pages(self, source_id: int, *, now: datetime, limit: int) -> list[WantedPage]:
        """Returns the articles of a source whose pages are due, the newest first. Served by pages_wanted_due."""
        rows = await self._database.fetch(
            """
            SELECT articles.*, pages_wanted.tries FROM pages_wanted
            JOIN articles ON articles.id = pages_wanted.article_id
            WHERE pages_wanted.source_id = :source_id AND pages_wanted.due_at <= :now
              AND articles.retracted_at IS NULL
            ORDER BY articles.published_at DESC, articles.id DESC LIMIT :limit
            """,
            {"source_id": source_id, "now": to_ms(now), "limit": max(0, limit)},
        )
        return [
            WantedPage(
                article_id=row["id"], revision=row["revision"], text=text_from(row), excerpt=row["excerpt"],
                tries=row["tries"],
            )
            for row in rows
        ]  # fmt: skip

    async def record_failure(self, article_id: int, *, again_at: datetime | None) -> None:
        """Record that an article page could not be read.

        The page is due again at `again_at`. If that is None, it is not tried again.
        """
        values = {"id": article_id, "due_at": to_ms(again_at) if again_at else None}
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            if again_at is None:
                await transaction.execute("DELETE FROM pages_wanted WHERE article_id = :id", values)
            else:
                await transaction.execute(
                    "UPDATE pages_wanted SET due_at = :due_at, tries = tries + 1 WHERE article_id = :id", values
                )
