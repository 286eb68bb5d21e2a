"""Presence: stops the deliveries to a chat that the bot can't write to, and starts them again when it returns."""

from collections.abc import Sequence
from datetime import datetime

from storage.database import Row, Transaction
from storage.records import ChatState, Lane, Rhythm
from storage.times import to_ms
from storage.topics import corrections, digest_queue, outbox

BANNED = "banned by an administrator of the bot"  # why the chat of a banned person is paused


async def deactivate(
    transaction: Transaction,
    chat_id: int,
    state: ChatState,
    reason: str,
    *,
    now: datetime,
    only_topic: int | None = None,
) -> None:
    """Stop delivering to a Telegram chat, and delete what is queued for it. The settings of the chat stay.

    The chat can't be written to, or is banned, or belongs to another account of the bot. When it returns, what it
    missed is listed: in one catch-up message if it gets alerts, and in its next digest otherwise. The list begins
    with the oldest article that is queued for the chat now, or that has an open fan-out now. If `only_topic` is the
    row id of one topic, the other topics of the chat do not change.
    """
    topics = await _topics(transaction, chat_id, only_topic)
    await _note_what_is_missed(transaction, chat_id, topics, state, reason, now)
    await _drop_deliveries(transaction, chat_id, only_topic)
    if only_topic is None:
        await transaction.execute("DELETE FROM send_slots WHERE chat_id = :chat_id", {"chat_id": chat_id})


async def _topics(transaction: Transaction, chat_id: int, only_topic: int | None) -> list[int]:
    """Returns the row ids of a chat: one for the chat itself and one for each of its topics."""
    rows = await transaction.fetch(
        "SELECT id FROM chats WHERE chat_id = :chat_id AND (CAST(:only_topic AS bigint) IS NULL OR id = :only_topic)",
        {"chat_id": chat_id, "only_topic": only_topic},
    )
    return [row["id"] for row in rows]


async def _note_what_is_missed(
    transaction: Transaction, chat_id: int, topics: Sequence[int], state: ChatState, reason: str, now: datetime
) -> None:
    """Store the time since which each topic misses articles.

    If a digest was queued for a topic, its next digest covers the same time, and is due when the topic returns.
    """
    oldest_unsent = await outbox.oldest_unsent(transaction, chat_id)
    on_its_way = await outbox.oldest_fanout(transaction)
    values = [
        {"chat": topic, "state": state, "reason": reason, "now": to_ms(now), "on_its_way": on_its_way}
        | {"unsent": oldest_unsent.get(topic)}
        for topic in topics
    ]
    await transaction.execute_many(
        """
        UPDATE chats
        SET state = :state, reason = :reason,
            left_at = min(
                :now, coalesce(left_at, :now), coalesce(:on_its_way, :now), coalesce(:unsent, :now)),
            told_until = CASE WHEN :unsent < told_until THEN :unsent ELSE told_until END,
            digest_at = CASE WHEN :unsent < told_until THEN :now ELSE digest_at END
        WHERE id = :chat
        """,
        values,
    )


async def _drop_deliveries(transaction: Transaction, chat_id: int, only_topic: int | None) -> None:
    """Delete the deliveries that are queued for the chat. A message that waits for an edit stays as it is.

    If a new message is being sent, its row stays: the outcome needs the row, and SQLite could give its id to another
    delivery.
    """
    values = {"chat_id": chat_id, "only_topic": only_topic}
    # Each state has its own statement, because a partial index serves only one state. The unary plus makes SQLite use
    # that index.
    for state in ("queued", "sending"):
        await transaction.execute(
            f"""
            UPDATE deliveries SET state = 'sent'
            WHERE chat_id = :chat_id AND state = '{state}' AND +message_id IS NOT NULL
              AND (CAST(:only_topic AS bigint) IS NULL OR +chat = :only_topic)
            """,
            values,
        )
    await transaction.execute(
        """
        DELETE FROM deliveries WHERE chat_id = :chat_id AND state = 'queued'
          AND (CAST(:only_topic AS bigint) IS NULL OR +chat = :only_topic)
        """,
        values,
    )


async def reactivate(transaction: Transaction, chats: Sequence[Row], *, now: datetime) -> None:
    """Start to deliver to these chats again: articles from now on, one catch-up, and corrections of older messages.

    A chat that gets digests needs no catch-up. It got no digest while it was away, so the next digest begins where
    the last one ended. If the hour of that digest has passed, it is sent at once.
    """
    values = [{"chat": row["id"], "now": to_ms(now)} for row in chats]
    await transaction.execute_many(
        "UPDATE chats SET state = 'active', reason = NULL, active_since = :now, left_at = NULL WHERE id = :chat",
        values,
    )
    missed = [
        {
            "chat": row["id"],
            "chat_id": row["chat_id"],
            "lane": Lane.DIGEST,
            "since": row["left_at"],
            "now": to_ms(now),
        }
        for row in chats
        if row["left_at"] is not None and row["rhythm"] == Rhythm.ALERTS
    ]
    await digest_queue.enqueue_catch_ups(transaction, missed)
    for chat_id in {row["chat_id"] for row in chats}:
        await corrections.enqueue_corrections(transaction, chat_id, now)


async def follow_state(transaction: Transaction, chat: Row, *, now: datetime) -> None:
    """Stop or start the deliveries of a chat according to its state, after an import or a merge has set the state."""
    if chat["state"] != ChatState.ACTIVE:
        await deactivate(
            transaction,
            chat["chat_id"],
            ChatState(chat["state"]),
            chat["reason"] or "",
            now=now,
            only_topic=chat["id"],
        )
    elif chat["left_at"] is not None:
        await reactivate(transaction, [chat], now=now)
