"""The archive: deletes old articles, and keeps the keys of those that their source may still list."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from storage.database import Database, Transaction, Values
from storage.times import to_ms
from storage.topics import early_withdrawals, story_placing

DELIVERIES_AT_ONCE = 2_000  # deleted in one transaction


class Archive:
    """Implements `contract.Archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pruned_keys(self, identities: Iterable[str]) -> set[str]:
        """Returns those of these keys that belong to pruned articles which their source may still list."""
        rows = await self._database.fetch(
            "SELECT identity FROM remembered WHERE identity IN (SELECT value FROM json_each(:identities))",
            {"identities": json.dumps(list(identities))},
        )
        return {row["identity"] for row in rows}

    async def withdrawn_versions(self, keys: Iterable[str], source_id: int | None) -> dict[str, int]:
        """Returns the versions that a source withdrew before their articles came, by key."""
        rows = await self._database.fetch(
            early_withdrawals.WITHDRAWN_VERSIONS, {"keys": json.dumps(list(keys)), "source_id": source_id}
        )
        return {row["key"]: row["version"] for row in rows}

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` articles that were stored and published before that time. Returns their number.

        A saved article stays. Its settled deliveries go.
        """
        old = "stored_at < :before AND published_at < :before"
        # The two kinds have an index each: articles_newest and articles_private_oldest.
        pruned = 0
        for private in ("NOT private", "private"):
            condition = f"{private} AND {old} {_UNUSED} ORDER BY published_at"
            pruned += await self._prune_all(condition, before, limit - pruned)
        return pruned

    async def prune_orphans(self, *, limit: int) -> int:
        """Delete up to `limit` articles of private sources that were removed. Returns their number."""
        # Served by articles_private.
        condition = f"private AND source_id IS NULL {_UNUSED}"
        return await self._prune_all(condition, datetime.max.replace(tzinfo=UTC), limit)

    async def _prune_all(self, condition: str, before: datetime, limit: int) -> int:
        seen: set[int] = set()
        # A portion may hold saved articles only. They have no deliveries after that, and are not looked at again.
        while ids := set(await self._unused_articles(condition, before, limit)) - seen:
            if pruned := await self._prune(sorted(ids)):
                return pruned
            seen |= ids
        return 0

    async def _unused_articles(self, condition: str, before: datetime, limit: int) -> list[int]:
        rows = await self._database.fetch(
            # Without the write lock, since it looks at all that is owed. What comes to be owed after that stays all
            # the same: below, only what is settled is deleted, and articles of which nothing is left.
            f"""
            -- scans deliveries: those that are owed, on a reader's connection
            SELECT id FROM articles WHERE {condition} LIMIT :limit
            """,
            {"before": to_ms(before), "limit": max(0, limit)},
        )
        return [row["id"] for row in rows]

    async def _prune(self, ids: Sequence[int]) -> int:
        """Delete the settled deliveries of these articles, and the articles of which nothing is left."""
        values = {"ids": json.dumps(list(ids)), "most": DELIVERIES_AT_ONCE}
        while await self._clear(values) == DELIVERIES_AT_ONCE:
            pass
        async with self._database.transaction(durable=False) as transaction:
            # A folder reports its changed files only, so it never reports that an article is gone.
            await transaction.execute(
                f"""
                INSERT INTO remembered (identity, source_id)
                SELECT key, max((SELECT id FROM sources WHERE id = source_id AND kind <> 'folder'))
                FROM articles CROSS JOIN article_keys ON article_id = articles.id WHERE {_NOTHING_LEFT} GROUP BY key
                ON CONFLICT (identity) DO UPDATE SET source_id = excluded.source_id, missed_at = NULL
                """,
                values,
            )
            pruned = await transaction.fetch(f"SELECT id FROM articles WHERE {_NOTHING_LEFT}", values)
            await transaction.full_text.drop(transaction, [row["id"] for row in pruned])
            # An article may be pruned while its story is still open, if little is kept.
            gone = await transaction.fetch(
                f"SELECT id FROM articles JOIN fingerprints ON article_id = id WHERE {_NOTHING_LEFT}", values
            )
            await story_placing.forget_articles(transaction, [row["id"] for row in gone])
            return await transaction.change(f"DELETE FROM articles WHERE {_NOTHING_LEFT}", values)

    async def _clear(self, values: Values) -> int:
        """Delete some of the settled deliveries of these articles. Returns the number of deleted ones."""
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.change(
                # Served by deliveries_once.
                """
                DELETE FROM deliveries WHERE id IN (
                    SELECT deliveries.id FROM json_each(:ids) AS old
                    CROSS JOIN deliveries ON deliveries.article_id = CAST(old.value AS bigint)
                    WHERE deliveries.state IN ('sent', 'dead')
                      AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = CAST(old.value AS bigint))
                    LIMIT :most)
                """,
                values,
            )

    async def forget_keys(self, *, before: datetime, now: datetime) -> int:
        """Forget the keys of pruned articles that nobody has listed since `before`. Returns their number.

        Withdrawals that came before that time, and before their articles, are forgotten as well.
        """
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                "DELETE FROM early_withdrawals WHERE came_at < :before", {"before": to_ms(before)}
            )
            # Imported, of a folder, or of a source that was removed. Served by remembered_of_source.
            await transaction.execute(
                "UPDATE remembered SET missed_at = :now WHERE source_id IS NULL AND missed_at IS NULL",
                {"now": to_ms(now)},
            )
            return await transaction.change(
                "DELETE FROM remembered WHERE missed_at < :before", {"before": to_ms(before)}
            )


_UNUSED = """
AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = articles.id)
AND NOT EXISTS (SELECT 1 FROM digest_snapshot_articles WHERE article_id = articles.id)
AND (NOT EXISTS (SELECT 1 FROM saved WHERE article_id = articles.id)
     OR EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id))
AND id NOT IN (
    SELECT article_id FROM deliveries WHERE state = 'queued' AND +article_id IS NOT NULL
    UNION SELECT article_id FROM deliveries WHERE state = 'sending' AND +article_id IS NOT NULL)
"""


async def note_listed(transaction: Transaction, source_id: int, listed: Sequence[str], now: datetime) -> None:
    """Note which pruned articles a source has begun or ceased to list.

    Nothing is written if the source lists the same articles as before.
    """
    values = {"source": source_id, "listed": json.dumps(list(listed)), "now": to_ms(now)}
    await transaction.execute(
        """
        UPDATE remembered SET missed_at = NULL, source_id = :source
        WHERE identity IN (SELECT value FROM json_each(:listed)) AND (missed_at IS NOT NULL OR source_id IS NULL)
        """,
        values,
    )
    await transaction.execute(
        """
        UPDATE remembered SET missed_at = :now
        WHERE source_id = :source AND missed_at IS NULL AND identity NOT IN (SELECT value FROM json_each(:listed))
        """,
        values,
    )


_NOTHING_LEFT = """
id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
AND NOT EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id)
AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = articles.id)
AND NOT EXISTS (SELECT 1 FROM digest_snapshot_articles WHERE article_id = articles.id)
AND NOT EXISTS (SELECT 1 FROM saved WHERE article_id = articles.id)
"""
