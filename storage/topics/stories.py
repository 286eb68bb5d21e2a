"""Stories: articles of several sources about the same event. Readers see them, and editors split or merge them."""

import json
from collections.abc import Iterable
from datetime import datetime

from storage.database import Database
from storage.records import AuditEntry, Decide, Headline, Merged, StoryArticle
from storage.times import from_ms
from storage.topics import story_placing
from storage.topics.audit import add_entry
from storage.topics.headlines import COUNTED, HEADLINE, JOINED, NOT_GROUPED, SHOWN, headline_from
from storage.topics.reading import same_serial
from storage.topics.rows import readable
from storage.topics.story_index import WINDOW


class Stories:
    """Implements `contract.Stories`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading

    async def story_of(self, article_id: int) -> int | None:
        """Returns the story id of an article, or None if there is no such article."""
        rows = await self._database.fetch("SELECT story_id FROM articles WHERE id = :id", {"id": article_id})
        return rows[0]["story_id"] if rows else None

    async def coverage(self, article_id: int) -> int:
        rows = await self._database.fetch(
            f"""
            SELECT {COUNTED} AS articles FROM articles AS this
            CROSS JOIN articles AS told ON told.story_id = this.story_id
            WHERE this.id = :id AND told.retracted_at IS NULL
            """,
            {"id": article_id},
        )
        return int(rows[0]["articles"])

    async def of_articles(self, ids: Iterable[int]) -> dict[int, int]:
        rows = await self._database.fetch(
            """
            SELECT articles.id, articles.story_id
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = CAST(wanted.value AS bigint)
            """,
            {"ids": json.dumps(list(ids))},
        )
        return {row["id"]: row["story_id"] for row in rows}

    async def headlines(self, story_id: int) -> list[Headline]:
        """Returns the headlines of a story, newest first. Withdrawn articles are left out.

        Served by articles_of_story.
        """
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {NOT_GROUPED}, {SHOWN} FROM articles {JOINED}
            WHERE articles.story_id = :story AND articles.retracted_at IS NULL
              AND NOT EXISTS (
                  SELECT 1 FROM articles AS newer
                  WHERE newer.story_id = :story AND {same_serial("newer", "articles")} AND newer.retracted_at IS NULL
                    AND (newer.published_at, newer.id) > (articles.published_at, articles.id))
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            {"story": story_id},
        )
        return readable(rows, headline_from)

    async def list_articles(self, story_id: int) -> list[StoryArticle]:
        """Returns all articles of a story, newest first, and how each of them was placed in it."""
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {SHOWN}, articles.duplicate_of, articles.placed_by
            FROM articles {JOINED} WHERE articles.story_id = :story
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            {"story": story_id},
        )
        return [
            StoryArticle(
                id=row["id"],
                title=row["title"],
                source=row["source"],
                published_at=from_ms(row["published_at"]),
                duplicate_of=row["duplicate_of"],
                by_person=row["placed_by"] is not None,
                retracted=row["retracted_at"] is not None,
            )
            for row in rows
        ]

    # Changes by a person

    async def split(self, article_id: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        async with self._database.transaction() as transaction:
            changed = await story_placing.split_off(transaction, article_id, now=now)
            if changed is not None:
                await add_entry(transaction, noted, now)
            for one in changed or ():
                transaction.article_changed(one)
        return changed is not None

    async def merge(
        self, one: int, other: int, *, now: datetime, decide: Decide, noted: AuditEntry | None = None
    ) -> Merged | None:
        async with self._database.transaction() as transaction:
            merged = await story_placing.merge_stories(transaction, one, other, now=now, decide=decide)
            if merged is not None:
                await add_entry(transaction, noted, now)
            for article_id in merged[1] if merged is not None else ():
                transaction.article_changed(article_id)
        return merged[0] if merged is not None else None

    # Maintenance

    async def prune(self, *, now: datetime, limit: int) -> int:
        async with self._database.transaction(durable=False) as transaction:
            return await story_placing.close_stories(transaction, before=now - WINDOW, limit=limit)
