"""Alarms: what is wrong at the moment."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage.database import NOTHING, Database, Row
from storage.records import Alarm, AlarmKind
from storage.times import from_ms, to_ms


class Alarms:
    """Implements `contract.Alarms`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Alarm]:
        rows = await self._database.fetch(
            "SELECT * FROM alarms ORDER BY since, kind, subject  -- scans alarms: seldom more than one"
        )
        return [_alarm_from(row) for row in rows if row["kind"] in list(AlarmKind)]

    async def get(self, kind: AlarmKind, subject: int = 0) -> Alarm | None:
        rows = await self._database.fetch(
            "SELECT * FROM alarms WHERE kind = :kind AND subject = :subject", {"kind": kind, "subject": subject}
        )
        return _alarm_from(rows[0]) if rows else None

    async def begin(self, kind: AlarmKind, subject: int, detail: Mapping[str, Any], *, now: datetime) -> bool:
        values = {"kind": kind, "subject": subject, "now": to_ms(now), "detail": json.dumps(dict(detail))}
        async with self._database.transaction(locks=NOTHING) as transaction:
            return bool(
                await transaction.change(
                    """
                    INSERT INTO alarms (kind, subject, since, detail) VALUES (:kind, :subject, :now, :detail)
                    ON CONFLICT DO NOTHING
                    """,
                    values,
                )
            )

    async def end(self, kind: AlarmKind, subject: int = 0) -> Alarm | None:
        async with self._database.transaction(locks=NOTHING) as transaction:
            rows = await transaction.fetch(
                "DELETE FROM alarms WHERE kind = :kind AND subject = :subject RETURNING *",
                {"kind": kind, "subject": subject},
            )
        return _alarm_from(rows[0]) if rows else None


def _alarm_from(row: Row) -> Alarm:
    return Alarm(
        kind=AlarmKind(row["kind"]),
        subject=row["subject"],
        since=from_ms(row["since"]),
        detail=json.loads(row["detail"]),
    )
