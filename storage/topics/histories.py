"""Histories: the last visits to sources, what sources and chats did on each day, and earlier texts of articles."""

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from storage.database import Database, Transaction
from storage.records import ChangedArticle, ChatDay, EarlierText, PastVisit, Visit
from storage.times import EPOCH, from_ms, to_ms

VISITS_KEPT: Final = 50  # of each source
TEXTS_KEPT: Final = 10  # of each article, beside the newest
LONGEST_ERROR: Final = 300  # characters


class Histories:
    """Implements `contract.Histories`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def visits(self, source_id: int, *, limit: int) -> list[PastVisit]:
        rows = await self._database.fetch(
            """
            SELECT * FROM source_visits WHERE source_id = :id ORDER BY visited_at DESC LIMIT :limit
            """,
            {"id": source_id, "limit": max(0, limit)},
        )
        return [
            PastVisit(
                visited_at=from_ms(row["visited_at"]),
                added=row["added"],
                unchanged=bool(row["unchanged"]),
                dropped=row["dropped"],
                error=row["error"],
            )
            for row in rows
        ]

    async def earlier_texts(self, article_id: int) -> list[EarlierText]:
        rows = await self._database.fetch(
            "SELECT * FROM earlier_texts WHERE article_id = :id ORDER BY revision DESC", {"id": article_id}
        )
        return [
            EarlierText(
                revision=row["revision"],
                title=row["title"],
                lead=row["lead"],
                body=row["body"],
                replaced_at=from_ms(row["replaced_at"]),
            )
            for row in rows
        ]

    async def articles_by_day(self, source_ids: Collection[int], *, since: date) -> dict[int, dict[date, int]]:
        rows = await self._database.fetch(
            """
            SELECT source_days.* FROM json_each(:ids) AS ids
            CROSS JOIN source_days ON source_days.source_id = CAST(ids.value AS bigint) AND source_days.day >= :since
            """,
            {"ids": json.dumps(list(source_ids)), "since": _day(since)},
        )
        found: dict[int, dict[date, int]] = {source_id: {} for source_id in source_ids}
        for row in rows:
            found[row["source_id"]][_date(row["day"])] = row["articles"]
        return found

    async def chats_by_day(self, *, since: date) -> list[ChatDay]:
        rows = await self._database.fetch(
            "SELECT * FROM chat_days WHERE day >= :since ORDER BY day", {"since": _day(since)}
        )
        return [
            ChatDay(day=_date(row["day"]), joined=row["joined"], returned=row["returned"], departed=row["departed"])
            for row in rows
        ]

    async def prune(self, *, before: date) -> int:
        values = {"before": _day(before)}
        async with self._database.transaction(durable=False) as transaction:
            # Served by source_days_by_day and the key of chat_days.
            sources = await transaction.change("DELETE FROM source_days WHERE day < :before", values)
            return sources + await transaction.change("DELETE FROM chat_days WHERE day < :before", values)


async def note_visit(transaction: Transaction, visit: Visit) -> None:
    """Add a visit to the history of its source, and delete the ones that are too many."""
    if visit.visited_at is None:
        return
    values = {
        "id": visit.source_id,
        "visited_at": to_ms(visit.visited_at),
        "added": visit.added,
        "unchanged": visit.error is None and visit.whole_at is None,
        "dropped": len(visit.dropped),
        "error": None if visit.error is None else visit.error[:LONGEST_ERROR],
        "kept": VISITS_KEPT,
    }
    await transaction.execute(
        # The source may have been removed meanwhile.
        """
        INSERT INTO source_visits (source_id, visited_at, added, unchanged, dropped, error)
        SELECT id, :visited_at, :added, :unchanged, :dropped, :error FROM sources WHERE id = :id
        ON CONFLICT (source_id, visited_at) DO NOTHING
        """,
        values,
    )
    await transaction.execute(
        """
        DELETE FROM source_visits WHERE source_id = :id AND visited_at <= (
            SELECT visited_at FROM source_visits WHERE source_id = :id
            ORDER BY visited_at DESC LIMIT 1 OFFSET :kept)
        """,
        values,
    )


async def keep_text(transaction: Transaction, change: ChangedArticle, now: datetime) -> None:
    """Keep the text of an article that is about to be replaced, and delete the ones that are too many.

    A change that leaves the title, the lead and the body as they are keeps nothing.
    """
    text = change.text
    values = {
        "id": change.article_id,
        "revision": change.from_revision,
        "title": text.title,
        "lead": text.lead,
        "body": text.body,
        "now": to_ms(now),
        "kept": TEXTS_KEPT,
    }
    added = await transaction.change(
        """
        INSERT INTO earlier_texts (article_id, revision, title, lead, body, replaced_at)
        SELECT id, revision, title, lead, body, :now FROM articles
        WHERE id = :id AND revision = :revision AND retracted_at IS NULL
          AND (title, lead, body) IS NOT (:title, :lead, :body)
        """,
        values,
    )
    if added:
        await transaction.execute(
            """
            DELETE FROM earlier_texts WHERE article_id = :id AND revision <= (
                SELECT revision FROM earlier_texts WHERE article_id = :id ORDER BY revision DESC LIMIT 1 OFFSET :kept)
            """,
            values,
        )


def _day(day: date) -> int:
    return (day - EPOCH.date()).days


def _date(day: int) -> date:
    return EPOCH.date() + timedelta(days=day)
