"""Dead deliveries: deliveries that were given up. They stay until the operator retries or drops them."""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Database, Row
from storage.records import DeadDelivery, DeliveryKind
from storage.times import from_ms, to_ms
from storage.topics import outbox
from storage.topics.rows import readable

REASONS = 50  # reasons that are listed, because a server may give a different reason for each delivery
AT_ONCE = 1000  # deliveries in one transaction, so that a running bot can write between two transactions


class DeadLetters:
    """Implements `contract.DeadLetters`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, *, limit: int) -> list[DeadDelivery]:
        """Returns the deliveries that were given up, the latest first. Served by deliveries_dead."""
        rows = await self._database.fetch(
            """
            -- scans deliveries: the dead ones (deliveries_dead), from the latest on and up to the limit
            SELECT deliveries.*, chats.chat_id AS now_chat_id, chats.topic_id,
                   CASE WHEN articles.private THEN NULL ELSE articles.title END AS title
            FROM deliveries LEFT JOIN chats ON chats.id = deliveries.chat
            LEFT JOIN articles ON articles.id = deliveries.article_id
            WHERE deliveries.state = 'dead' ORDER BY deliveries.settled_at DESC, deliveries.id DESC LIMIT :limit
            """,
            {"limit": max(0, limit)},
        )
        return readable(rows, _dead_from)

    async def reasons(self) -> dict[str, int]:
        """Returns the most common reasons, each with its number of deliveries, largest first."""
        rows = await self._database.fetch(
            """
            -- scans deliveries: the dead ones (deliveries_dead)
            SELECT coalesce(reason, '') AS reason, count(*) AS deliveries FROM deliveries WHERE state = 'dead'
            GROUP BY 1 ORDER BY deliveries DESC, 1 LIMIT :most
            """,
            {"most": REASONS},
        )
        return {row["reason"]: row["deliveries"] for row in rows}

    async def ids(self, *, until: datetime, reason: str | None = None, limit: int | None = None) -> Sequence[int]:
        """Returns the ids of the deliveries that were given up until then, the oldest first."""
        rows = await self._database.fetch(
            """
            SELECT id FROM deliveries
            WHERE state = 'dead' AND settled_at <= :until
              AND (CAST(:reason AS text) IS NULL OR coalesce(reason, '') = :reason)
            ORDER BY settled_at, id LIMIT :limit
            """,
            {"until": to_ms(until), "reason": reason, "limit": outbox.MANY if limit is None else max(0, limit)},
        )
        return [row["id"] for row in rows]

    async def retry(self, ids: Sequence[int], *, now: datetime) -> list[int]:
        """Queue these deliveries again as if they were new.

        Returns the ids of those that were dead. It works in steps.
        """
        revived: list[int] = []
        for start in range(0, len(ids), AT_ONCE):
            async with self._database.transaction() as transaction:
                rows = await transaction.fetch(
                    """
                    UPDATE deliveries
                    SET state = 'queued', attempts = 0, reason = NULL, settled_at = NULL, queued_at = :now
                    WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids)) AND state = 'dead'
                    RETURNING id, chat_id, lane
                    """,
                    {"ids": json.dumps(ids[start : start + AT_ONCE]), "now": to_ms(now)},
                )
                await outbox.open_send_slots(
                    transaction,
                    [{"chat_id": row["chat_id"], "lane": row["lane"], "now": to_ms(now)} for row in rows],
                )
                revived += [row["id"] for row in rows]
        found = set(revived)
        return [one for one in ids if one in found]

    async def drop(self, ids: Sequence[int]) -> list[int]:
        """Delete these deliveries. Returns the ids of the deliveries that were dead. The method works in steps."""
        dropped: list[int] = []
        for start in range(0, len(ids), AT_ONCE):
            async with self._database.transaction() as transaction:
                rows = await transaction.fetch(
                    """
                    DELETE FROM deliveries
                    WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids)) AND state = 'dead' RETURNING id
                    """,
                    {"ids": json.dumps(ids[start : start + AT_ONCE])},
                )
                dropped += [row["id"] for row in rows]
        found = set(dropped)
        return [one for one in ids if one in found]


def _dead_from(row: Row) -> DeadDelivery:
    return DeadDelivery(
        id=row["id"],
        chat_id=row["now_chat_id"] if row["now_chat_id"] is not None else row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=DeliveryKind(row["kind"]),
        article_id=row["article_id"],
        title=row["title"],
        reason=row["reason"] or "",
        died_at=from_ms(row["settled_at"]),
    )
