"""Imports: the progress of file imports. A stopped import continues from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from storage.database import Database, Transaction
from storage.records import ImportProgress
from storage.times import to_ms


class Imports:
    """Implements `contract.Imports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def progress(self, options: str) -> dict[bytes, ImportProgress]:
        """Returns the progress of each file of an unfinished import, by file path. Served by the primary key."""
        rows = await self._database.fetch(
            "SELECT * FROM import_progress WHERE options = :options", {"options": options}
        )
        return {
            row["file"]: ImportProgress(
                file=row["file"],
                options=row["options"],
                stamp=row["stamp"],
                position=row["position"],
                finished=bool(row["finished"]),
                added=row["added"],
                pushed=row["pushed"],
                changed=row["changed"],
                unchanged=row["unchanged"],
                failed=row["failed"],
                held=row["held"],
            )
            for row in rows
        }

    async def forget(self, options: str, files: Iterable[bytes]) -> None:
        """Delete the progress of these files, because their import has ended or begins again."""
        values = [{"options": options, "file": file} for file in files]
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "DELETE FROM import_progress WHERE options = :options AND file = :file", values
            )

    async def forget_older(self, *, before: datetime) -> int:
        """Delete the progress of imports that made none since `before`. Returns the number of their files."""
        async with self._database.transaction() as transaction:
            return await transaction.change(
                # Files of imports that were stopped; else the table is empty.
                "DELETE FROM import_progress WHERE stored_at < :before -- scans import_progress: short, and seldom",
                {"before": to_ms(before)},
            )


async def note_progress(transaction: Transaction, progress: Sequence[ImportProgress], now: datetime) -> None:
    """Store the progress of files. The counts are those of the articles that this transaction stores."""
    await transaction.execute_many(
        """
        INSERT INTO import_progress (
            options, file, stamp, position, finished, added, pushed, changed, unchanged, failed, held,
            stored_at)
        VALUES (
            :options, :file, :stamp, :position, :finished, :added, :pushed, :changed, :unchanged, :failed, :held,
            :now)
        ON CONFLICT (options, file) DO UPDATE SET
            position = excluded.position, finished = excluded.finished, stored_at = excluded.stored_at,
            added = import_progress.added + excluded.added, pushed = import_progress.pushed + excluded.pushed,
            changed = import_progress.changed + excluded.changed, failed = import_progress.failed + excluded.failed,
            unchanged = import_progress.unchanged + excluded.unchanged,
            held = import_progress.held + excluded.held
        """,
        [
            {
                "options": one.options,
                "file": one.file,
                "stamp": one.stamp,
                "position": one.position,
                "finished": one.finished,
                "added": one.added,
                "pushed": one.pushed,
                "changed": one.changed,
                "unchanged": one.unchanged,
                "failed": one.failed,
                "held": one.held,
                "now": to_ms(now),
            }
            for one in progress
        ],
    )
