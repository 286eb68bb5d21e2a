"""Groups that get a new Telegram number: their rows, deliveries and send slots move with them."""

import json
from datetime import datetime

from storage.database import Row, Transaction
from storage.topics import outbox, presence
from storage.topics.timetables import recheck_quiet_hours


async def move_chat(transaction: Transaction, old: int, new: int, now: datetime) -> None:
    """Give a chat the new Telegram number of its group. Its deliveries get the new number as well."""
    for row in await transaction.fetch("SELECT * FROM chats WHERE chat_id = :old", {"old": old}):
        twin = await transaction.fetch(
            "SELECT * FROM chats WHERE chat_id = :new AND topic_id = :topic_id",
            {"new": new, "topic_id": row["topic_id"]},
        )
        if twin:
            await _merge(transaction, row, twin[0])
    ids = {"old": old, "new": new}
    await transaction.execute(
        """
        UPDATE bans SET number = :new
        WHERE number = :old AND NOT EXISTS (SELECT 1 FROM bans AS others WHERE others.number = :new)
        """,
        ids,
    )
    await transaction.execute("UPDATE chats SET chat_id = :new WHERE chat_id = :old", ids)
    # Message ids of the old group are not valid in the new one. So messages that wait for an edit stay as
    # they are.
    await transaction.execute(
        """
        UPDATE deliveries SET message_id = NULL, state = CASE WHEN state = 'dead' THEN state ELSE 'sent' END
        WHERE chat_id = :old AND message_id IS NOT NULL
        """,
        ids,
    )
    for state in ("queued", "sending"):  # a partial index serves only one state
        await transaction.execute(
            f"UPDATE deliveries SET chat_id = :new WHERE chat_id = :old AND state = '{state}'", ids
        )
    await transaction.execute(
        """
        UPDATE send_slots SET chat_id = :new
        WHERE chat_id = :old AND NOT EXISTS (SELECT 1 FROM send_slots AS others WHERE others.chat_id = :new)
        """,
        ids,
    )
    await transaction.execute("DELETE FROM send_slots WHERE chat_id = :old", ids)
    for row in await transaction.fetch("SELECT * FROM chats WHERE chat_id = :new", ids):
        await presence.follow_state(transaction, row, now=now)
        await recheck_quiet_hours(transaction, row["id"], now)
    # An edit that is being sent belongs to the old number, so its outcome would not unlock this send slot.
    await transaction.execute(
        """
        UPDATE send_slots SET next_send_at = 0
        WHERE chat_id = :new AND next_send_at = :locked
          AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat_id = :new AND state = 'sending')
        """,
        ids | {"locked": outbox.LOCKED},
    )


async def _merge(transaction: Transaction, old: Row, new: Row) -> None:
    """Merge two rows of one chat. The row with the later settings stays, and gets the other row's deliveries."""
    keep, lose = (old, new) if old["settings_at"] > new["settings_at"] else (new, old)
    values = {"keep": keep["id"], "lose": lose["id"], "state": new["state"], "reason": new["reason"]}
    values["deliveries"] = json.dumps(await _deliveries_of(transaction, lose))
    # The state comes from the row with the new number: the bot may have been removed from the old group since.
    await transaction.execute("UPDATE chats SET state = :state, reason = :reason WHERE id = :keep", values)
    those = "id IN (SELECT CAST(value AS bigint) FROM json_each(:deliveries))"
    await transaction.execute(
        # An article is owed to a chat once: deliveries_once.
        f"""
        UPDATE deliveries SET chat = :keep
        WHERE {those} AND NOT EXISTS (
            SELECT 1 FROM deliveries AS others
            WHERE others.article_id = deliveries.article_id AND others.chat = :keep)
        """,
        values,
    )
    # A delivery that is being sent stays, because its outcome needs it, as in `presence.deactivate`.
    await transaction.execute(f"DELETE FROM deliveries WHERE {those} AND chat = :lose AND state <> 'sending'", values)
    for table, key in (("saved", "article_id"), ("searches", "words")):
        await transaction.execute(
            f"""
            UPDATE {table} SET chat = :keep
            WHERE chat = :lose
              AND NOT EXISTS (
                  SELECT 1 FROM {table} AS others WHERE others.chat = :keep AND others.{key} = {table}.{key})
            """,
            values,
        )
    await transaction.execute("DELETE FROM chats WHERE id = :lose", values)


async def _deliveries_of(transaction: Transaction, chat: Row) -> list[int]:
    """Returns the ids of a chat's deliveries. Sent notices are left out, because nothing needs them any more.

    No index leads from a chat to all of its deliveries, because each broadcast would write to all pages of such an
    index. A merge is rare, so the alerts are looked up article by article.
    """
    rows = await transaction.fetch(
        # Served by deliveries_queued, deliveries_sending, deliveries_listed and, for each article, deliveries_once.
        """
        SELECT id FROM deliveries WHERE chat_id = :chat_id AND state = 'queued' AND +chat = :chat
        UNION SELECT id FROM deliveries WHERE chat_id = :chat_id AND state = 'sending' AND +chat = :chat
        UNION SELECT id FROM deliveries INDEXED BY deliveries_listed WHERE chat = :chat AND snapshot_id IS NOT NULL
        -- scans articles: those that were pushed, by articles_pushed; once in the life of a group
        UNION SELECT deliveries.id FROM articles INDEXED BY articles_pushed
        CROSS JOIN deliveries INDEXED BY deliveries_once ON deliveries.article_id = articles.id
        WHERE articles.lane IS NOT NULL AND deliveries.chat = :chat
        """,
        {"chat": chat["id"], "chat_id": chat["chat_id"]},
    )
    return [row["id"] for row in rows]
