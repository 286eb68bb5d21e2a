"""Sends stored articles: to the chats that do not have them, and breaking news again to those that do.

A chat has one delivery of an article. So the second message of breaking news is a delivery of a digest with this
article alone: it looks like the alert, and a withdrawal finds and replaces it as it does any digest that lists the
article.
"""

from datetime import datetime, timedelta
from typing import Any

from storage.database import Lock, Transaction
from storage.records import DigestSnapshot, Lane, Rhythm
from storage.times import to_ms
from storage.topics import corrections, digest_snapshots, outbox
from storage.topics.outbox import ON_SLOT_CONFLICT

NOT_AGAIN_FOR = timedelta(hours=1)


async def push_article(transaction: Transaction, article_id: int, lane: Lane, now: datetime) -> bool:
    """Send an article to all chats that want it and don't have it. Returns False if there is none to be sent.

    If it becomes breaking news, the messages that show it as ordinary news are corrected.
    """
    await transaction.lock(Lock.CHATS)
    values = {"id": article_id, "now": to_ms(now), "lane": lane}
    found = await transaction.fetch(
        "SELECT coalesce(lane, 9) AS lane FROM articles WHERE id = :id AND retracted_at IS NULL", values
    )
    if not found:
        return False
    await transaction.execute("UPDATE articles SET lane = min(:lane, coalesce(lane, :lane)) WHERE id = :id", values)
    await outbox.open_fanout(transaction, article_id, lane, now)
    moved = await transaction.fetch(
        """
        UPDATE deliveries SET lane = :lane
        WHERE article_id = :id AND state = 'queued' AND message_id IS NULL AND lane > :lane
        RETURNING chat_id
        """,
        values,
    )
    await outbox.open_send_slots(transaction, [values | {"chat_id": row["chat_id"]} for row in moved])
    if lane <= Lane.BREAKING < found[0]["lane"]:
        await _mark_as_breaking(transaction, values)
    return True


async def raise_to_breaking(transaction: Transaction, article_id: int, now: datetime) -> bool:
    """Send an article as breaking news, unless it is. Returns False if it is, or if there is none to be sent."""
    found = await transaction.fetch(
        "SELECT 1 FROM articles WHERE id = :id AND coalesce(lane, :lane + 1) > :lane",
        {"id": article_id, "lane": Lane.BREAKING},
    )
    return bool(found) and await push_article(transaction, article_id, Lane.BREAKING, now)


async def _mark_as_breaking(transaction: Transaction, values: dict[str, Any]) -> None:
    """Correct the messages that show an article as ordinary news. Served by deliveries_once."""
    shown = await transaction.change(
        """
        UPDATE articles SET shown_revision = shown_revision + 1
        WHERE id = :id AND EXISTS (
            SELECT 1 FROM deliveries WHERE article_id = :id AND chat > -1 AND message_id IS NOT NULL)
        """,
        values,
    )
    if shown:
        await corrections.correct_now(transaction, values | {"lane": Lane.EDIT})


async def open_resend(transaction: Transaction, article_id: int, now: datetime) -> bool:
    """Begin to send an article again. Returns False if it is gone, or was sent again within the last hour."""
    return bool(
        await transaction.change(
            """
            INSERT INTO resends (article_id, opened_at)
            SELECT id, :now FROM articles WHERE id = :id AND retracted_at IS NULL
            ON CONFLICT (article_id) DO UPDATE SET opened_at = excluded.opened_at, cursor = 0, done = FALSE
            WHERE resends.done AND resends.opened_at <= :now - :pause
            """,
            {"id": article_id, "now": to_ms(now), "pause": NOT_AGAIN_FOR // timedelta(milliseconds=1)},
        )
    )


async def expand_resend(transaction: Transaction, *, limit: int, now: datetime) -> int:
    """Queue the second messages of the next chats. Returns the number of chats that were looked at."""
    rows = await transaction.fetch(
        """
        SELECT resends.article_id, resends.cursor, articles.retracted_at FROM resends
        CROSS JOIN articles ON articles.id = resends.article_id
        WHERE NOT resends.done AND resends.article_id > 0 ORDER BY resends.article_id LIMIT 1
        """
    )
    if not rows:
        return 0
    article_id = rows[0]["article_id"]
    chats = (
        await transaction.fetch(
            # Served by deliveries_once.
            """
            SELECT deliveries.chat, chats.chat_id,
                   chats.state = 'active' AND chats.stopped_at IS NULL AND deliveries.message_id IS NOT NULL
                       AS reached
            FROM deliveries CROSS JOIN chats ON chats.id = deliveries.chat
            WHERE deliveries.article_id = :id AND deliveries.chat > :cursor ORDER BY deliveries.chat LIMIT :limit
            """,
            {"id": article_id, "cursor": rows[0]["cursor"], "limit": limit},
        )
        if rows[0]["retracted_at"] is None
        else []
    )
    snapshot = DigestSnapshot((article_id,), 1, Rhythm.ALERTS)
    number = await digest_snapshots.number_of(transaction, snapshot) if chats else 0
    owed = [
        {"chat": row["chat"], "chat_id": row["chat_id"], "lane": Lane.BREAKING, "now": to_ms(now), "snapshot": number}
        for row in chats
        if row["reached"]
    ]
    await transaction.execute_many(
        """
        INSERT INTO deliveries (chat, chat_id, kind, lane, place, queued_at, since, until, snapshot_id)
        VALUES (:chat, :chat_id, 'digest', :lane, :now, :now, :now, :now, :snapshot)
        """,
        owed,
    )
    await transaction.execute_many(
        f"INSERT INTO send_slots (chat_id, lane, next_send_at) VALUES (:chat_id, :lane, :now) {ON_SLOT_CONFLICT}",
        owed,
    )
    await transaction.execute(
        "UPDATE resends SET cursor = :cursor, done = :done WHERE article_id = :id",
        {
            "id": article_id,
            "cursor": chats[-1]["chat"] if chats else rows[0]["cursor"],
            "done": len(chats) < limit,
        },
    )
    return len(chats)
