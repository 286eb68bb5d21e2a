"""Hooks: addresses to which programs send their articles, and the signatures of their last calls."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from storage.database import Database, Row
from storage.records import AcceptedCall, Hook, HookCounts, HookKind, NewSource, SourceKind
from storage.times import from_ms_or_none, to_ms
from storage.topics.rows import readable
from storage.topics.source_rows import add_source


class Hooks:
    """Implements `contract.Hooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        name: str,
        kind: HookKind,
        secret: str,
        *,
        now: datetime,
        category: str | None = None,
        breaking: bool | None = None,
    ) -> Hook | None:
        source = NewSource(url=f"hook:{name}", kind=SourceKind.HOOK, title=name, category=category, breaking=breaking)
        async with self._database.transaction() as transaction:
            if await transaction.fetch("SELECT 1 FROM hooks WHERE name = :name", {"name": name}):
                return None
            added, _ = await add_source(transaction, source, due_at=now, known_too=True, now=now)
            rows = await transaction.fetch(
                """
                INSERT INTO hooks (source_id, name, kind, secret) VALUES (:source, :name, :kind, :secret)
                RETURNING *
                """,
                {"source": added.id, "name": name, "kind": kind, "secret": secret},
            )
        return _hook_from(rows[0])

    async def find(self, name: str) -> Hook | None:
        rows = await self._database.fetch("SELECT * FROM hooks WHERE name = :name", {"name": name})
        return _hook_from(rows[0]) if rows else None

    async def all(self) -> list[Hook]:
        return readable(await self._database.fetch("SELECT *, source_id AS id FROM hooks ORDER BY name"), _hook_from)

    async def replace_secret(self, name: str, secret: str, *, former_until: datetime) -> bool:
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    """
                    UPDATE hooks SET former_secret = secret, former_until = :until, secret = :secret
                    WHERE name = :name
                    """,
                    {"name": name, "secret": secret, "until": to_ms(former_until)},
                )
            )

    async def answers(self, source_id: int, signatures: Collection[str]) -> dict[str, HookCounts]:
        rows = await self._database.fetch(
            # Served by the key of hook_calls.
            """
            SELECT hook_calls.signature, hook_calls.answer FROM json_each(:signatures) AS wanted
            CROSS JOIN hook_calls ON hook_calls.source_id = :source AND hook_calls.signature = wanted.value
            """,
            {"source": source_id, "signatures": json.dumps(list(signatures))},
        )
        return {row["signature"]: HookCounts(**json.loads(row["answer"])) for row in rows}

    async def note_accepted(
        self, source_id: int, calls: Sequence[AcceptedCall], *, now: datetime, forget_before: datetime
    ) -> None:
        total = sum((call.counts for call in calls), HookCounts())
        signed = [call for call in calls if call.signature is not None]
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                """
                UPDATE hooks
                SET called_at = :now, calls = calls + :calls, stored = stored + :stored, changed = changed + :changed,
                    withdrawn = withdrawn + :withdrawn, unchanged = unchanged + :unchanged
                WHERE source_id = :source
                """,
                {"source": source_id, "now": to_ms(now), "calls": len(calls)} | asdict(total),
            )
            await transaction.execute_many(
                # The hook may have been removed meanwhile.
                """
                INSERT INTO hook_calls (source_id, signature, taken_at, answer)
                SELECT source_id, :signature, :now, :answer FROM hooks WHERE source_id = :source
                ON CONFLICT DO NOTHING
                """,
                [
                    {
                        "source": source_id,
                        "signature": call.signature,
                        "now": to_ms(now),
                        "answer": json.dumps(asdict(call.counts)),
                    }
                    for call in signed
                ],
            )
            await transaction.execute("DELETE FROM hook_calls WHERE taken_at < :time", {"time": to_ms(forget_before)})

    async def note_refused(self, source_id: int, number: int, reason: str, *, now: datetime) -> None:
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                """
                UPDATE hooks SET failed_at = :now, last_error = :reason, refused = refused + :number
                WHERE source_id = :source
                """,
                {"source": source_id, "now": to_ms(now), "reason": reason, "number": number},
            )


def _hook_from(row: Row) -> Hook:
    return Hook(
        source_id=row["source_id"],
        name=row["name"],
        kind=HookKind(row["kind"]),
        secret=row["secret"],
        former_secret=row["former_secret"],
        former_until=from_ms_or_none(row["former_until"]),
        called_at=from_ms_or_none(row["called_at"]),
        failed_at=from_ms_or_none(row["failed_at"]),
        last_error=row["last_error"],
        calls=row["calls"],
        refused=row["refused"],
        counts=HookCounts(
            stored=row["stored"], changed=row["changed"], withdrawn=row["withdrawn"], unchanged=row["unchanged"]
        ),
    )
