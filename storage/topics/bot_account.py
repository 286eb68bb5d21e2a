"""The bot that uses the database. Another bot can't edit its messages, and can't write to its chats unasked."""

from datetime import datetime

from storage.database import Database, Transaction
from storage.records import BotAccount, ChatState
from storage.times import to_ms
from storage.topics import presence

CHATS_AT_ONCE = 200  # chats in one transaction
DELIVERIES_AT_ONCE = 10_000  # deliveries in one transaction, also those that show no message
REASON = "the bot was replaced, and this chat has not written to the new bot"
NOT_ANSWERED = "the bot was replaced before it answered"


class BotAccounts:
    """Implements `contract.BotAccounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self) -> BotAccount | None:
        """Returns the bot that uses this database, or None if no bot has used it."""
        rows = await self._database.fetch('SELECT bot_id, username FROM bot_account WHERE "only" = 1')
        return BotAccount(**rows[0]) if rows else None

    async def check_writable(self) -> None:
        """Write the record as it is. Raises the errors of the whole database if nothing can be written now."""
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute('UPDATE bot_account SET username = username WHERE "only" = 1')

    async def remember(self, account: BotAccount) -> BotAccount:
        """Record the bot that uses this database, unless another bot uses it. Returns the recorded bot."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """
                INSERT INTO bot_account ("only", bot_id, username) VALUES (1, :bot_id, :username)
                ON CONFLICT ("only") DO UPDATE SET username = excluded.username
                WHERE bot_account.bot_id = excluded.bot_id
                """,
                {"bot_id": account.bot_id, "username": account.username},
            )
            rows = await transaction.fetch('SELECT bot_id, username FROM bot_account WHERE "only" = 1')
        return BotAccount(**rows[0])

    async def replace(self, account: BotAccount, *, now: datetime) -> int:
        """Give the database to another bot. Returns the number of chats that were paused.

        Works in steps. After a stop, the former bot is still recorded, and the next call does the rest.
        """
        paused = last = 0
        while True:
            rows = await self._database.fetch(
                "SELECT id, chat_id FROM chats WHERE id > :last AND state = 'active' ORDER BY id LIMIT :limit",
                {"last": last, "limit": CHATS_AT_ONCE},
            )
            if not rows:
                break
            last = rows[-1]["id"]
            chat_ids = {row["chat_id"] for row in rows}

            async def pause(transaction: Transaction, chat_ids: set[int] = chat_ids) -> None:
                for chat_id in chat_ids:
                    await presence.deactivate(transaction, chat_id, ChatState.PAUSED, REASON, now=now)

            await self._database.write(pause)
            paused += len(chat_ids)
        await self._forget_messages()
        async with self._database.transaction() as transaction:
            await _forget_updates(transaction, now)
            await transaction.execute(
                """
                INSERT INTO bot_account ("only", bot_id, username) VALUES (1, :bot_id, :username)
                ON CONFLICT ("only") DO UPDATE SET bot_id = excluded.bot_id, username = excluded.username
                """,
                {"bot_id": account.bot_id, "username": account.username},
            )
        return paused

    async def _forget_messages(self) -> None:
        """Forget the numbers of sent messages. The new bot has other messages with the same numbers."""
        rows = await self._database.fetch(
            "SELECT max(id) AS last FROM deliveries -- scans deliveries: its last row only"
        )
        for first in range(0, (rows[0]["last"] or 0) + 1, DELIVERIES_AT_ONCE):
            async with self._database.transaction() as transaction:
                await transaction.execute(
                    """
                    UPDATE deliveries SET message_id = NULL, state =
                        CASE WHEN state = 'dead' THEN state ELSE 'sent' END
                    WHERE id >= :first AND id < :end AND +message_id IS NOT NULL
                    """,
                    {"first": first, "end": first + DELIVERIES_AT_ONCE},
                )


async def _forget_updates(transaction: Transaction, now: datetime) -> None:
    """Set the waiting updates aside. Forget the numbers of all updates, because the new bot has the same numbers."""
    await transaction.execute(
        """
        -- scans inbox: once in the life of a bot
        INSERT INTO inbox_set_aside (update_id, chat_id, set_aside_at, reason, payload)
        SELECT update_id, chat_id, :now, :reason, payload FROM inbox
        """,
        {"now": to_ms(now), "reason": NOT_ANSWERED},
    )
    await transaction.execute("DELETE FROM inbox -- scans inbox: once in the life of a bot")
    await transaction.execute("DELETE FROM inbox_receipts -- scans inbox_receipts: once in the life of a bot")
