"""The audit log: a line for each action of a person or of the bot that changes what readers get."""

from datetime import datetime

from storage.database import Database, Row, Transaction
from storage.records import Actor, AuditAction, AuditEntry, Origin, SubjectOfAudit, hide_password
from storage.times import from_ms, to_ms
from storage.topics.rows import readable, storable

LONGEST = 300  # characters of a name or a detail


class Audit:
    """Implements `contract.Audit`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry, *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await add_entry(transaction, entry, now)

    async def page(self, *, limit: int, before: int | None = None) -> list[AuditEntry]:
        """Returns the newest lines, or the newest of those with ids below `before`."""
        rows = await self._database.fetch(
            "SELECT * FROM audit WHERE id < :before ORDER BY id DESC LIMIT :limit",
            {"before": 2**63 - 1 if before is None else before, "limit": max(0, limit)},
        )
        return readable(rows, _entry_from)

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` lines that are older than that time. Returns their number. Served by audit_at."""
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.change(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :before ORDER BY at LIMIT :limit)",
                {"before": to_ms(before), "limit": max(0, limit)},
            )


async def add_entry(transaction: Transaction, entry: AuditEntry | None, now: datetime) -> None:
    """Add a line in the transaction of the action itself. Without an entry, nothing is noted.

    What private sources bring is nobody's business, and not noted either.
    """
    if entry is None:
        return
    await transaction.execute(
        """
        INSERT INTO audit (at, action, origin, actor, user_id, subject, subject_id, name, detail)
        SELECT :at, :action, :origin, :actor, :user_id, :subject, :subject_id, :name, :detail
        WHERE :subject <> :article OR NOT EXISTS (SELECT 1 FROM articles WHERE id = :subject_id AND private)
        """,
        {
            "at": to_ms(now),
            "action": entry.action,
            "origin": entry.actor.origin,
            "actor": storable(entry.actor.name[:LONGEST]),
            "user_id": entry.actor.user_id,
            "subject": entry.subject,
            "article": SubjectOfAudit.ARTICLE,
            "subject_id": entry.subject_id,
            "name": storable(entry.name[:LONGEST]),
            "detail": storable(entry.detail[:LONGEST]),
        },
    )


async def note_withdrawal(
    transaction: Transaction, table: str, subject: SubjectOfAudit, number: int, now: datetime
) -> None:
    """Note that a publisher withdrew an article: a row of `articles` or of `desk`. Private ones are not noted."""
    await transaction.execute(
        f"""
        INSERT INTO audit (at, action, origin, actor, subject, subject_id, name)
        SELECT :now, :action,
            CASE WHEN sources.kind = 'hook' THEN :hook ELSE :bot END, coalesce(sources.title, sources.url, ''),
               :subject, withdrawn.id, substr(withdrawn.title, 1, CAST(:longest AS integer))
        FROM {table} AS withdrawn LEFT JOIN sources ON sources.id = withdrawn.source_id
        WHERE withdrawn.id = :id AND NOT withdrawn.private
        """,
        {
            "id": number,
            "now": to_ms(now),
            "action": AuditAction.RETRACT,
            "hook": Origin.HOOK,
            "bot": Origin.BOT,
            "subject": subject,
            "longest": LONGEST,
        },
    )


def _entry_from(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=from_ms(row["at"]),
        action=AuditAction(row["action"]),
        actor=Actor(origin=Origin(row["origin"]), name=_shown(row["actor"]), user_id=row["user_id"]),
        subject=SubjectOfAudit(row["subject"]),
        subject_id=row["subject_id"],
        name=_shown(row["name"]),
        detail=row["detail"],
    )


def _shown(name: str) -> str:
    """Returns a name for people. A source without a title is noted by its address, which has a scheme."""
    return hide_password(name) if "://" in name else name
