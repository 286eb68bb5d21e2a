"""The wall clock: moves stored times back after the clock was ahead."""

from storage.database import Transaction
from storage.topics.metrics import STRETCH_MS
from storage.topics.outbox import LOCKED


async def correct_times(transaction: Transaction, now: int, by: int) -> None:
    """Move times that lie in the future back by `by` milliseconds: the clock was ahead when they were stored."""
    values = {"now": now, "by": by, "locked": LOCKED, "stretch": now // STRETCH_MS}
    await transaction.execute(
        """
        -- scans send_slots: all of them are brought back, when the clock was set back
        UPDATE send_slots SET next_send_at = next_send_at - :by WHERE next_send_at < :locked
        """,
        values,
    )
    await transaction.execute(
        """
        -- scans send_slots: quiet hours may be others now, so the sender looks again
        UPDATE send_slots SET next_send_at = :now, quiet = 0 WHERE quiet > 0 AND next_send_at < :locked
        """,
        values,
    )
    await transaction.execute("DELETE FROM throughput WHERE ten_seconds > :stretch", values)
    for table, columns, condition in _NOTED_TIMES:
        moved = ", ".join(
            f"{name} = CASE WHEN {name} > :now THEN min(:now, {name} - :by) ELSE {name} END" for name in columns
        )
        later = " OR ".join(f"{name} > :now" for name in columns)
        await transaction.execute(
            f"""
            -- scans {table}: when the clock was set back
            UPDATE {table} SET {moved} WHERE ({later}) {condition}
            """,
            values,
        )
    await transaction.execute(
        """
        -- scans deliveries: those that are queued, when the clock was set back
        UPDATE deliveries SET held_until = NULL WHERE state = 'queued' AND held_until > :now
        """,
        values,
    )


# The columns with times that are compared with the current time or with each other. All of them move by the same
# amount. Of the articles, only pushed ones are read for `stored_at`, served by articles_pushed. No index serves the
# times of chats, corrections and queued deliveries, because this rare event costs less than such an index.
_NOTED_TIMES = (
    ("chats", ("active_since", "everything_since", "told_until", "left_at"), ""),
    ("chats", ("digest_at",), "AND state <> 'active'"),  # the sender plans it again for active chats
    ("follows", ("since",), ""),
    ("articles", ("stored_at",), "AND lane IS NOT NULL"),
    ("articles", ("published_at",), ""),
    ("corrections", ("due_at", "last_at"), ""),
    ("fanouts", ("opened_at",), ""),
    ("reach", ("opened_at",), "AND judged_at IS NULL"),
    ("deliveries", ("queued_at", "since", "until"), "AND state = 'queued'"),
)


async def last_sent_stretch(transaction: Transaction) -> int:
    """Returns the last stretch of ten seconds in which a message went out; 0 if there is none."""
    rows = await transaction.fetch(
        """
        -- scans throughput: its last row
        SELECT ten_seconds FROM throughput ORDER BY ten_seconds DESC LIMIT 1
        """
    )
    return int(rows[0]["ten_seconds"]) if rows else 0
