"""Bans: people and chats that the bot does not answer and sends nothing."""

import json
from collections.abc import Collection
from datetime import datetime

from storage.database import Database, Row
from storage.records import AuditEntry, Ban, ChatState
from storage.times import from_ms, to_ms
from storage.topics import presence
from storage.topics.audit import add_entry


class Bans:
    """Implements `contract.Bans`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, number: int, *, by: int, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Ban a person or a chat, and pause the chat with that number. Returns False if it was banned before."""
        async with self._database.transaction() as transaction:
            added = await transaction.change(
                """
                INSERT INTO bans (number, banned_at, banned_by) VALUES (:number, :now, :by) ON CONFLICT DO NOTHING
                """,
                {"number": number, "now": to_ms(now), "by": by},
            )
            if added:
                await presence.deactivate(transaction, number, ChatState.PAUSED, presence.BANNED, now=now)
                await add_entry(transaction, noted, now)
        return bool(added)

    async def remove(self, number: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """End a ban. A chat that the ban had paused returns. Returns False if there was no such ban."""
        async with self._database.transaction() as transaction:
            removed = await transaction.change("DELETE FROM bans WHERE number = :number", {"number": number})
            if removed:
                paused = await transaction.fetch(
                    "SELECT * FROM chats WHERE chat_id = :number AND state = 'paused' AND reason = :reason",
                    {"number": number, "reason": presence.BANNED},
                )
                await presence.reactivate(transaction, paused, now=now)
                await add_entry(transaction, noted, now)
        return bool(removed)

    async def among(self, numbers: Collection[int]) -> set[int]:
        """Returns those of these numbers that are banned."""
        rows = await self._database.fetch(
            "SELECT number FROM bans WHERE number IN (SELECT CAST(value AS bigint) FROM json_each(:numbers))",
            {"numbers": json.dumps(list(numbers))},
        )
        return {row["number"] for row in rows}

    async def latest(self, *, limit: int) -> list[Ban]:
        """Returns the latest bans."""
        rows = await self._database.fetch(
            "SELECT * FROM bans ORDER BY banned_at DESC, number LIMIT :limit", {"limit": max(0, limit)}
        )
        return [_ban_from(row) for row in rows]


def _ban_from(row: Row) -> Ban:
    return Ban(number=row["number"], banned_at=from_ms(row["banned_at"]), banned_by=row["banned_by"])
