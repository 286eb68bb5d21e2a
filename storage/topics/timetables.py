"""Timetables: when a chat is sent messages, and what happens to its deliveries if its timetable changes."""

from datetime import datetime
from functools import lru_cache

from storage.database import Row, Transaction
from storage.records import ChatState, DeliveryKind, Lane, Rhythm, Timetable
from storage.times import to_ms
from storage.topics import digest_queue, outbox


def timetable_from(row: Row) -> Timetable:
    return _timetable(
        row["rhythm"],
        row["digest_hour"],
        row["digest_weekday"],
        row["quiet_from"],
        row["quiet_to"],
        row["breaking"],
        row["most_a_day"],
        row["saved_in_digest"],
    )


@lru_cache(1024)  # few different timetables are in use, and each claim of a broadcast needs one
def _timetable(
    rhythm: str,
    hour: int,
    weekday: int,
    quiet_from: int | None,
    quiet_to: int | None,
    breaking: int,
    most_a_day: int | None,
    with_saved: int,
) -> Timetable:
    quiet = (quiet_from, quiet_to) if quiet_from is not None and quiet_to is not None else None
    return Timetable(
        rhythm=Rhythm(rhythm),
        hour=hour,
        weekday=weekday,
        quiet=quiet,
        breaking=bool(breaking),
        most_a_day=most_a_day,
        with_saved=bool(with_saved),
    )


def timetable_row(timetable: Timetable) -> dict[str, str | int | None]:
    quiet_from, quiet_to = timetable.quiet or (None, None)
    return {
        "rhythm": timetable.rhythm,
        "digest_hour": timetable.hour,
        "digest_weekday": timetable.weekday,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
        "breaking": timetable.breaking,
        "most_a_day": timetable.most_a_day,
        "saved_in_digest": timetable.with_saved,
    }


async def carry_over_deliveries(transaction: Transaction, row: Row, to: Timetable, now: datetime) -> None:
    """Carry over the deliveries of a chat to its new timetable. Call it before the timetable is changed."""
    before = timetable_from(row).rhythm
    if before is Rhythm.ALERTS and to.rhythm is not Rhythm.ALERTS:
        await _alerts_to_digest(transaction, row, to, now)
    elif before is not Rhythm.ALERTS and to.rhythm is Rhythm.ALERTS:
        await _digest_to_alerts(transaction, row, now)


async def _alerts_to_digest(transaction: Transaction, row: Row, to: Timetable, now: datetime) -> None:
    """Replace the waiting alerts by the first digest, which begins with the oldest article that was not sent.

    An alert that is being sent counts as not sent, because it may be put back. If it is sent after all, the digest
    leaves its article out.
    """
    lane = Lane.ALERT if to.breaking else Lane.BREAKING
    unsent = await outbox.oldest_unsent(
        transaction,
        row["chat_id"],
        kinds=[DeliveryKind.ALERT],
        lanes=[one for one in Lane if lane <= one <= Lane.ALERT],
    )
    values = {
        "chat": row["id"],
        "chat_id": row["chat_id"],
        "now": to_ms(now),
        "lane": lane,
        "last": Lane.ALERT,
        "unsent": unsent.get(row["id"]),
        "on_its_way": await outbox.oldest_fanout(transaction),
    }
    await transaction.execute(
        """
        UPDATE chats
        SET told_until = min(
            :now, coalesce(left_at, :now), coalesce(:unsent, :now), coalesce(:on_its_way, :now))
        WHERE id = :chat
        """,
        values,
    )
    await transaction.execute(
        # The unary plus makes SQLite use the index of chat_id, as in `unsubscribe_from_everything`.
        """
        DELETE FROM deliveries
        WHERE chat_id = :chat_id AND state = 'queued' AND kind = 'alert' AND message_id IS NULL
          AND lane BETWEEN :lane AND :last AND +chat = :chat
        """,
        values,
    )


async def _digest_to_alerts(transaction: Transaction, row: Row, now: datetime) -> None:
    """Queue one message that lists the articles of the next digest. If the chat has left, it comes when it returns.

    An article with an open fan-out is in that message, and is not sent as an alert as well.
    """
    told_until = row["told_until"] if row["told_until"] is not None else row["active_since"]
    values = {
        "chat": row["id"],
        "chat_id": row["chat_id"],
        "lane": Lane.DIGEST,
        "since": told_until,
        "now": to_ms(now),
    }
    await transaction.execute(
        """
        UPDATE chats
        SET told_until = NULL, active_since = :now,
            left_at = CASE WHEN state <> 'active' THEN min(coalesce(left_at, :now), :since) END
        WHERE id = :chat
        """,
        values,
    )
    if row["state"] == ChatState.ACTIVE:
        await digest_queue.enqueue_catch_ups(transaction, [values])


async def recheck_quiet_hours(transaction: Transaction, chat_row: int, now: datetime) -> None:
    """Let the sender check deliveries again that quiet hours, a snooze or a daily limit put off.

    A delivery that is being sent does not change.
    """
    values = {"chat": chat_row, "now": to_ms(now), "locked": outbox.LOCKED}
    await transaction.execute(
        # The unary plus makes SQLite use the index of chat_id, as in `unsubscribe_from_everything`.
        """
        UPDATE deliveries SET held_until = NULL
        WHERE chat_id = (SELECT chat_id FROM chats WHERE id = :chat) AND state = 'queued' AND +chat = :chat
        """,
        values,
    )
    await transaction.execute(
        """
        UPDATE send_slots SET next_send_at = :now, quiet = 0
        WHERE chat_id = (SELECT chat_id FROM chats WHERE id = :chat) AND quiet > 0 AND next_send_at < :locked
        """,
        values,
    )
