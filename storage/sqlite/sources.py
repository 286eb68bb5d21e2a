"""Sources: where articles come from, and when each is due."""

from collections.abc import Sequence
from datetime import datetime

from storage.database import Database, Row, Transaction
from storage.records import Source, SourceKind, Visit
from storage.times import from_ms, from_ms_or_none, to_ms


class Sources:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        url: str,
        kind: SourceKind,
        *,
        now: datetime,
        category: str | None = None,
        every_seconds: int | None = None,
        title: str | None = None,
        breaking: bool | None = None,
        full_text: bool | None = None,
    ) -> tuple[Source, bool]:
        """The source of that address, due at once, and whether it is new; one that is known gets the new settings."""
        async with self._database.transaction() as transaction:
            known = await transaction.fetch("SELECT id FROM sources WHERE url = :url", {"url": url})
            rows = await transaction.fetch(
                """
                INSERT INTO sources (
                    url, kind, title, category, every_seconds, breaking, full_text, added_at, due_at)
                VALUES (
                    :url, :kind, :title, :category, :every_seconds, coalesce(:breaking, 0), coalesce(:full_text, 0),
                    :now, :now)
                ON CONFLICT (url) DO UPDATE SET
                    category = coalesce(excluded.category, category),
                    every_seconds = coalesce(excluded.every_seconds, every_seconds),
                    breaking = coalesce(:breaking, breaking),
                    full_text = coalesce(:full_text, full_text),
                    due_at = min(due_at, excluded.due_at)
                RETURNING *
                """,
                {"url": url, "kind": kind, "title": title, "category": category}
                | {"every_seconds": every_seconds, "breaking": breaking, "full_text": full_text, "now": to_ms(now)},
            )
        return source_from(rows[0]), not known

    async def remove(self, source_id: int) -> bool:
        """Forget a source; its articles stay. False where there is none of that id."""
        async with self._database.transaction() as transaction:
            return bool(await transaction.execute("DELETE FROM sources WHERE id = :id", {"id": source_id}))

    async def set_breaking(self, source_id: int, on: bool) -> bool:
        """Whether what it publishes from now on is breaking news. False where there is none of that id."""
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.execute(
                    "UPDATE sources SET breaking = :on WHERE id = :id", {"id": source_id, "on": on}
                )
            )

    async def set_full_text(self, source_id: int, on: bool) -> bool:
        """Whether the pages of its new articles are read. False where there is none of that id."""
        async with self._database.transaction() as transaction:
            if not on:
                await transaction.execute("DELETE FROM pages_wanted WHERE source_id = :id", {"id": source_id})
            return bool(
                await transaction.execute(
                    "UPDATE sources SET full_text = :on WHERE id = :id", {"id": source_id, "on": on}
                )
            )

    async def all(self) -> list[Source]:
        return _sources_from(await self._database.fetch("SELECT * FROM sources ORDER BY id"))

    async def due(self, now: datetime, *, limit: int = 1000) -> list[Source]:
        """Sources whose time has come, the longest waiting first. Served by sources_due."""
        rows = await self._database.fetch(
            "SELECT * FROM sources WHERE due_at <= :now ORDER BY due_at, id LIMIT :limit",
            {"now": to_ms(now), "limit": limit},
        )
        return _sources_from(rows)

    async def visited(self, visit: Visit) -> None:
        """Record a refresh that brought no articles."""
        async with self._database.transaction() as transaction:
            await record_visit(transaction, visit)


async def record_visit(transaction: Transaction, visit: Visit) -> None:
    if visit.error is not None:
        await transaction.execute(
            "UPDATE sources SET due_at = :due_at, failures = failures + 1, last_error = :error WHERE id = :id",
            {"id": visit.source_id, "due_at": to_ms(visit.due_at), "error": visit.error},
        )
        return
    await transaction.execute(
        """
        UPDATE sources
        SET due_at = :due_at, refreshed_at = :succeeded_at, etag = :etag, last_modified = :last_modified,
            title = coalesce(:title, title), failures = 0, last_error = NULL
        WHERE id = :id
        """,
        {
            "id": visit.source_id,
            "due_at": to_ms(visit.due_at),
            "succeeded_at": to_ms(visit.succeeded_at) if visit.succeeded_at else None,
            "etag": visit.etag,
            "last_modified": visit.last_modified,
            "title": visit.title,
        },
    )
    if visit.moved_to is not None:
        # Where the new address is a source already, both stay: the operator may remove one.
        await transaction.execute(
            "UPDATE OR IGNORE sources SET url = :url WHERE id = :id",
            {"id": visit.source_id, "url": visit.moved_to},
        )


def source_from(row: Row) -> Source:
    return Source(
        id=row["id"],
        url=row["url"],
        kind=SourceKind(row["kind"]),
        title=row["title"],
        category=row["category"],
        every_seconds=row["every_seconds"],
        due_at=from_ms(row["due_at"]),
        refreshed_at=from_ms_or_none(row["refreshed_at"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        failures=row["failures"],
        last_error=row["last_error"],
        breaking=bool(row["breaking"]),
        full_text=bool(row["full_text"]),
    )


def _sources_from(rows: Sequence[Row]) -> list[Source]:
    return [source_from(row) for row in rows]
