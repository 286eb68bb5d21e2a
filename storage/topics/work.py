"""Work that takes long: imports, backups, copies. Whoever waits for it sees how far it is."""

from datetime import datetime, timedelta

from storage.database import NOTHING, Database, Row
from storage.records import WorkKind, WorkRow
from storage.times import from_ms, from_ms_or_none, to_ms
from storage.topics.rows import storable

KEPT = timedelta(days=30)  # since the last word
MOST_KEPT = 1_000  # rows


class Work:
    """Implements `contract.Work`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, kind: WorkKind, *, subject: str = "", total: int | None = None, now: datetime) -> int:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            rows = await transaction.fetch(
                """
                INSERT INTO work (kind, subject, total, started_at, updated_at)
                VALUES (:kind, :subject, :total, :now, :now) RETURNING id
                """,
                {"kind": kind, "subject": storable(subject), "total": total, "now": to_ms(now)},
            )
        return int(rows[0]["id"])

    async def advance(self, work_id: int, done: int, *, total: int | None = None, now: datetime) -> None:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                """
                UPDATE work SET done = :done, total = coalesce(:total, total), updated_at = :now
                WHERE id = :id AND ended_at IS NULL
                """,
                {"id": work_id, "done": done, "total": total, "now": to_ms(now)},
            )

    async def end(self, work_id: int, *, error: str | None = None, now: datetime) -> None:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            await transaction.execute(
                """
                UPDATE work SET ended_at = :now, updated_at = :now, error = :error,
                    done = CASE WHEN CAST(:error AS text) IS NULL THEN coalesce(total, done) ELSE done END
                WHERE id = :id
                """,
                {"id": work_id, "error": None if error is None else storable(error), "now": to_ms(now)},
            )

    async def latest(self, *, limit: int) -> list[WorkRow]:
        rows = await self._database.fetch(
            """
            -- scans work: from the last one on, and stops at its limit
            SELECT * FROM work ORDER BY id DESC LIMIT :limit
            """,
            {"limit": max(0, limit)},
        )
        return [_work_from(row) for row in rows if row["kind"] in list(WorkKind)]

    async def ended_at(self, kind: WorkKind) -> datetime | None:
        rows = await self._database.fetch(
            """
            -- scans work: a thousand rows at most
            SELECT max(ended_at) AS ended_at FROM work WHERE kind = :kind AND error IS NULL
            """,
            {"kind": kind},
        )
        return from_ms_or_none(rows[0]["ended_at"])

    async def prune(self, *, now: datetime) -> int:
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            return await transaction.change(
                """
                -- scans work: a thousand rows at most
                DELETE FROM work
                WHERE (updated_at < :before OR id <= (SELECT id FROM work ORDER BY id DESC LIMIT 1 OFFSET :most))
                  AND id NOT IN (SELECT id FROM work WHERE kind = :backup AND ended_at IS NOT NULL AND error IS NULL
                                 ORDER BY ended_at DESC LIMIT 1)
                """,
                {"before": to_ms(now - KEPT), "most": MOST_KEPT, "backup": WorkKind.BACKUP},
            )


def _work_from(row: Row) -> WorkRow:
    return WorkRow(
        id=row["id"],
        kind=WorkKind(row["kind"]),
        subject=row["subject"],
        done=row["done"],
        total=row["total"],
        started_at=from_ms(row["started_at"]),
        updated_at=from_ms(row["updated_at"]),
        ended_at=from_ms_or_none(row["ended_at"]),
        error=row["error"],
    )
