"""Presence: what chats are owed that can't be written to, and when they can again."""

from collections.abc import Sequence
from datetime import datetime

from storage.database import Row, Transaction
from storage.records import ChatState, Lane, Rhythm
from storage.sqlite import outbox
from storage.sqlite.timetables import OPEN_SINCE
from storage.times import to_ms


async def deactivate(
    transaction: Transaction,
    chat_id: int,
    state: ChatState,
    reason: str,
    *,
    now: datetime,
    only: int | None = None,
) -> None:
    """The chat can't be written to: its settings stay, and nothing is owed to it. What it misses from here on, and
    what it was owed, also by broadcasts that have not reached it, is told when it comes back. `only`: not its other
    topics.
    """
    values = {"chat_id": chat_id, "state": state, "reason": reason, "now": to_ms(now), "chat": only}
    which = "chat_id = :chat_id" if only is None else "chat_id = :chat_id AND +chat = :chat"
    # Since when it was told nothing of what it is owed: an article that was made breaking news is older than that.
    unsent_since = """
        (SELECT min(coalesce(since, (SELECT stored_at FROM articles WHERE id = article_id))) FROM deliveries
         WHERE chat_id = :chat_id AND state IN ('queued', 'sending') AND kind <> 'notice'
           AND message_id IS NULL AND +chat = chats.id)
    """
    await transaction.execute(
        f"""
        UPDATE chats
        SET state = :state, reason = :reason,
            left_at = min(
                :now, coalesce(left_at, :now), coalesce({OPEN_SINCE}, :now), coalesce({unsent_since}, :now)),
            told_until = min(told_until, coalesce({unsent_since}, told_until)),
            digest_at = CASE WHEN {unsent_since} < told_until THEN :now ELSE digest_at END
        WHERE {which.replace("+chat", "id")}
        """,
        values,
    )
    await transaction.execute(
        f"""
        UPDATE deliveries SET state = 'sent'
        WHERE {which} AND state IN ('queued', 'sending') AND message_id IS NOT NULL
        """,
        values,
    )
    # One that is on its way stays for its outcome to find, as what it was: its number could be given to a new one.
    await transaction.execute(f"DELETE FROM deliveries WHERE {which} AND state = 'queued'", values)
    if only is None:
        await transaction.execute("DELETE FROM turns WHERE chat_id = :chat_id", values)


async def reactivate(transaction: Transaction, chats: Sequence[Row], *, now: datetime) -> None:
    """These can be written to again: they are owed what is stored from now on, one message about what they missed,
    and the corrections of what they have. For who gets digests that message is the next one: while they were away
    none was made, so that it begins where the last one ended, and comes at once where its hour is past.
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
    await outbox.owe_stretches(transaction, missed)
    for chat_id in {row["chat_id"] for row in chats}:
        await outbox.owe_corrections(transaction, chat_id, now)


async def agree(transaction: Transaction, chat: Row, *, now: datetime) -> None:
    """Its state was set by something else than its coming and going: what it is owed follows."""
    if chat["state"] != ChatState.ACTIVE:
        await deactivate(
            transaction, chat["chat_id"], ChatState(chat["state"]), chat["reason"] or "", now=now, only=chat["id"]
        )
    elif chat["left_at"] is not None:
        await reactivate(transaction, [chat], now=now)
