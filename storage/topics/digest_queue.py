"""Queues digests and catch-ups: messages that list the articles that were stored in a period of time."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.database import Row, Transaction
from storage.records import Claim, DueDigest, Lane
from storage.times import to_ms, to_ms_or_none
from storage.topics import reach
from storage.topics.outbox import open_send_slots

COMMITTED_MS = 30_000  # an article that was stored this long ago is committed: a writer waits 10 s for its lock


async def enqueue_digests(
    transaction: Transaction, digests: Sequence[tuple[DueDigest, datetime | None]], now: datetime
) -> None:
    # Since the chats were looked up, a reader may have left or changed the timetable.
    rows = await transaction.fetch(
        """
        SELECT chats.id, digest_at FROM json_each(:chats) AS due
        CROSS JOIN chats ON chats.id = CAST(due.value AS bigint) WHERE chats.state = 'active'
        """,
        {"chats": json.dumps([due.chat_row for due, _ in digests])},
    )
    due_at = {row["id"]: row["digest_at"] for row in rows}
    owed = [
        {
            "chat": due.chat_row,
            "chat_id": due.chat_id,
            "lane": Lane.DIGEST,
            "since": to_ms(due.since),
            "now": max(to_ms(due.since), to_ms(now) - COMMITTED_MS),
            "next_at": to_ms_or_none(next_at),
        }
        for due, next_at in digests
        if due_at.get(due.chat_row) == to_ms(due.due_at)
    ]
    await enqueue_catch_ups(transaction, owed)
    await transaction.execute_many(
        "UPDATE chats SET told_until = :now, digest_at = :next_at WHERE id = :chat",
        owed,
    )


async def enqueue_catch_ups(transaction: Transaction, owed: Sequence[dict[str, Any]]) -> None:
    """Queue for each chat one message that lists the articles stored from `since` on and before `now`.

    If such a message is queued already, the new one covers its time as well and replaces it. So a chat never has two.
    A queued digest that has its snapshot already is none: it is breaking news that is sent again (`pushing`).
    """
    await transaction.execute_many(
        """
        INSERT INTO deliveries (chat, chat_id, kind, lane, place, queued_at, since, until)
        SELECT :chat, :chat_id, 'digest', :lane, :now, :now,
               min(:since, coalesce(min(since), :since)), max(:now, coalesce(max(until), :now))
        FROM deliveries
        WHERE chat_id = :chat_id AND state = 'queued' AND kind = 'digest' AND message_id IS NULL AND +chat = :chat
          AND snapshot_id IS NULL
        """,
        owed,
    )
    await transaction.execute_many(
        """
        DELETE FROM deliveries
        WHERE chat_id = :chat_id AND state = 'queued' AND kind = 'digest' AND message_id IS NULL AND +chat = :chat
          AND snapshot_id IS NULL
          AND id < (SELECT max(id) FROM deliveries
                    WHERE chat_id = :chat_id AND state = 'queued' AND kind = 'digest' AND message_id IS NULL
                      AND snapshot_id IS NULL AND +chat = :chat)
        """,
        owed,
    )
    await open_send_slots(transaction, owed)


async def merge_into_catch_up(
    transaction: Transaction, claim: Claim, *, before: datetime, least: int, now: datetime
) -> bool:
    values = {
        "chat": claim.chat_row,
        "chat_id": claim.chat_id,
        "claimed": claim.delivery_id,
        "lane": Lane.ALERT,
        "before": to_ms(before),
    }
    late: Sequence[Row] = await transaction.fetch(
        """
        SELECT deliveries.id, articles.stored_at FROM deliveries JOIN articles ON articles.id = deliveries.article_id
        WHERE deliveries.chat_id = :chat_id AND +deliveries.chat = :chat AND deliveries.kind = 'alert'
          AND deliveries.lane = :lane AND deliveries.message_id IS NULL AND deliveries.queued_at < :before
          AND deliveries.state = 'queued'
        UNION ALL
        SELECT deliveries.id, articles.stored_at FROM deliveries JOIN articles ON articles.id = deliveries.article_id
        WHERE deliveries.id = :claimed
        """,
        values,
    )
    if len(late) < least:
        return False
    await reach.count_missed(transaction, [row["id"] for row in late])
    await transaction.execute_many("DELETE FROM deliveries WHERE id = :id", [{"id": row["id"]} for row in late])
    stretch = {
        "since": min(row["stored_at"] for row in late),
        "now": max(row["stored_at"] for row in late) + 1,
        "lane": Lane.DIGEST,
    }
    await enqueue_catch_ups(transaction, [values | stretch])
    await transaction.execute(
        """
        UPDATE send_slots
        SET next_send_at = :next_send_at,
            lane = (SELECT lane FROM deliveries WHERE chat_id = :chat_id AND state = 'queued'
                    ORDER BY lane, place, id LIMIT 1)
        WHERE chat_id = :chat_id
        """,
        {"chat_id": claim.chat_id, "next_send_at": to_ms(now)},
    )
    return True
