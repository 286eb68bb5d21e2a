"""Pictures of pages: the files that Telegram has of them, and the sources whose pictures can't be had."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from storage.database import NOTHING, Database
from storage.records import PictureHealth
from storage.times import to_ms

FAILING_AFTER = 10  # pictures of a source in a row that can't be had


class Pictures:
    """Implements `contract.Pictures`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, bot_id: int, addresses: Sequence[str], *, failed_since: datetime) -> dict[str, str | None]:
        rows = await self._database.fetch(
            """
            SELECT pictures.address, pictures.file_id FROM json_each(:addresses) AS asked
            CROSS JOIN pictures ON pictures.bot_id = :bot_id AND pictures.address = asked.value
            WHERE pictures.file_id IS NOT NULL OR pictures.noted_at > :failed_since
            """,
            {"bot_id": bot_id, "addresses": json.dumps(list(addresses)), "failed_since": to_ms(failed_since)},
        )
        return {row["address"]: row["file_id"] for row in rows}

    async def put(self, bot_id: int, files: Mapping[str, str | None], *, now: datetime) -> None:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute_many(
                """
                INSERT INTO pictures (bot_id, address, file_id, noted_at) VALUES (:bot_id, :address, :file_id, :now)
                ON CONFLICT (bot_id, address) DO UPDATE SET file_id = excluded.file_id, noted_at = excluded.noted_at
                """,
                [
                    {"bot_id": bot_id, "address": address, "file_id": file_id, "now": to_ms(now)}
                    for address, file_id in files.items()
                ],
            )

    async def forget(self, bot_id: int, addresses: Sequence[str]) -> None:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute_many(
                "DELETE FROM pictures WHERE bot_id = :bot_id AND address = :address",
                [{"bot_id": bot_id, "address": address} for address in addresses],
            )

    async def note_fetched(self, source_id: int, *, had: int, failed: int) -> PictureHealth | None:
        values = {"id": source_id, "failed": failed, "most": FAILING_AFTER}
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            if had:
                reported = await transaction.fetch("SELECT pictures_reported FROM sources WHERE id = :id", values)
                await transaction.execute(
                    "UPDATE sources SET pictures_failed = 0, pictures_reported = FALSE WHERE id = :id", values
                )
                return PictureHealth.WELL if reported and reported[0]["pictures_reported"] else None
            await transaction.execute(
                "UPDATE sources SET pictures_failed = pictures_failed + :failed WHERE id = :id", values
            )
            begins = await transaction.change(
                """
                UPDATE sources SET pictures_reported = TRUE
                WHERE id = :id AND pictures_failed >= :most AND NOT pictures_reported
                """,
                values,
            )
        return PictureHealth.FAILING if begins else None

    async def prune(self, *, before: datetime, limit: int) -> int:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            return await transaction.change(
                """
                DELETE FROM pictures WHERE (bot_id, address) IN (
                    SELECT bot_id, address FROM pictures WHERE noted_at < :before ORDER BY noted_at LIMIT :limit)
                """,
                {"before": to_ms(before), "limit": max(0, limit)},
            )
