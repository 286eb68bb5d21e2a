"""The inbox: Telegram updates. Each is kept from its receipt until it is answered or set aside."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from storage.database import NOTHING, Database, Row, Transaction
from storage.records import InboxStats, ReceivedUpdate, WaitingUpdate
from storage.times import from_ms, to_ms

RECEIPTS_KEPT: Final = timedelta(days=1)  # for as long as Telegram keeps an update that was not confirmed to it
SET_ASIDE_KEPT: Final = 1_000  # updates
SET_ASIDE_FOR: Final = timedelta(days=7)


class Inbox:
    """Implements `contract.Inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def receive(
        self, updates: Sequence[ReceivedUpdate], *, now: datetime, confirmed: int = 0
    ) -> list[ReceivedUpdate]:
        """Keep these until they are answered, in one transaction.

        Returns those that are new, in their order. An update that was received before is not new, even if it was
        answered already, as long as Telegram was not told that we have it. `confirmed`: it was told so of all updates
        before this number.
        """
        by_number = {update.update_id: update for update in updates}
        async with self._database.transaction(locks=NOTHING) as transaction:
            await _confirm(transaction, confirmed)
            rows = await transaction.fetch(
                """
                INSERT INTO inbox_receipts (update_id, received_at)
                SELECT CAST(value AS bigint), :now FROM json_each(:numbers)
                WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE update_id = CAST(value AS bigint))
                ON CONFLICT (update_id) DO NOTHING RETURNING update_id
                """,
                {"now": to_ms(now), "numbers": json.dumps(list(by_number))},
            )
            fresh = {row["update_id"] for row in rows}
            new = [update for update in by_number.values() if update.update_id in fresh]
            await transaction.execute_many(
                """
                INSERT INTO inbox (update_id, chat_id, asked_at, asks, payload)
                VALUES (:update_id, :chat_id, :asked_at, :asks, :payload)
                """,
                [_row(update) for update in new],
            )
        return new

    async def confirm(self, before: int) -> None:
        """Record that the receipt of all updates with lower numbers was confirmed to Telegram."""
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await _confirm(transaction, before)

    async def waiting_updates(self, *, after: int, limit: int) -> list[WaitingUpdate]:
        """Returns updates that are not answered yet and have numbers above `after`, lowest number first."""
        rows = await self._database.fetch(
            """
            SELECT update_id, chat_id, asked_at, asks, attempts FROM inbox
            WHERE update_id > :after ORDER BY update_id LIMIT :limit
            """,
            {"after": after, "limit": limit},
        )
        return [_waiting_from(row) for row in rows]

    async def payload(self, update_id: int) -> str | None:
        """Returns the JSON of a waiting update, or None if the update does not wait any more."""
        rows = await self._database.fetch(
            "SELECT payload FROM inbox WHERE update_id = :update_id", {"update_id": update_id}
        )
        return rows[0]["payload"] if rows else None

    async def begin_attempt(self, update_id: int) -> None:
        """Count an attempt to answer an update that a former process left. A kill does not undo the count.

        The attempt of the process that received the update is counted from the start.
        """
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = :update_id", {"update_id": update_id}
            )

    async def undo_attempts(self, update_ids: Sequence[int]) -> None:
        """Take back the last attempt of these updates: it was stopped on purpose."""
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                """
                UPDATE inbox SET attempts = attempts - 1
                WHERE update_id IN (SELECT CAST(value AS bigint) FROM json_each(:update_ids))
                """,
                {"update_ids": json.dumps(list(update_ids))},
            )

    async def settle(self, answered: Sequence[int], set_aside: Sequence[tuple[int, str]], *, now: datetime) -> None:
        """Forget the updates that were answered. Set the others aside, each with its reason. One transaction.

        After a power cut, the last answers may come again. After a kill they don't.
        """
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            if set_aside:
                await transaction.execute_many(
                    """
                    INSERT INTO inbox_set_aside (update_id, chat_id, set_aside_at, reason, payload)
                    SELECT update_id, chat_id, :now, :reason, payload FROM inbox WHERE update_id = :update_id
                    """,
                    [{"update_id": number, "reason": reason, "now": to_ms(now)} for number, reason in set_aside],
                )
                await transaction.execute(
                    "DELETE FROM inbox_set_aside WHERE id <= (SELECT max(id) FROM inbox_set_aside) - :kept",
                    {"kept": SET_ASIDE_KEPT},
                )
            done = [*answered, *(number for number, _ in set_aside)]
            await transaction.execute(
                "DELETE FROM inbox WHERE update_id IN (SELECT CAST(value AS bigint) FROM json_each(:done))",
                {"done": json.dumps(done)},
            )

    async def stats(self) -> InboxStats:
        """Returns the number of waiting updates, the number that was set aside lately, and the latest reason."""
        rows = await self._database.fetch(
            """
            -- scans inbox: counted for a person who asks
            SELECT (SELECT count(*) FROM inbox) AS waiting, (SELECT count(*) FROM inbox_set_aside) AS set_aside,
                   (SELECT reason FROM inbox_set_aside ORDER BY id DESC LIMIT 1) AS last_reason
            """
        )
        return InboxStats(**rows[0])

    async def prune(self, *, now: datetime) -> None:
        """Delete receipts that are no longer needed, and updates that were set aside long ago."""
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                "DELETE FROM inbox_receipts WHERE received_at < :before", {"before": to_ms(now - RECEIPTS_KEPT)}
            )
            await transaction.execute(
                "DELETE FROM inbox_set_aside WHERE set_aside_at < :before", {"before": to_ms(now - SET_ASIDE_FOR)}
            )


async def _confirm(transaction: Transaction, before: int) -> None:
    await transaction.execute("DELETE FROM inbox_receipts WHERE update_id < :before", {"before": before})


def _row(update: ReceivedUpdate) -> dict[str, int | str]:
    return {
        "update_id": update.update_id,
        "chat_id": update.chat_id,
        "asked_at": to_ms(update.asked_at),
        "asks": update.asks,
        "payload": update.payload,
    }


def _waiting_from(row: Row) -> WaitingUpdate:
    return WaitingUpdate(
        update_id=row["update_id"],
        chat_id=row["chat_id"],
        asked_at=from_ms(row["asked_at"]),
        asks=bool(row["asks"]),
        attempts=row["attempts"],
    )
