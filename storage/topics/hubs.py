"""Subscriptions at hubs, and how the hub of each source is doing."""

from datetime import datetime

from storage.database import Database, Row, Transaction
from storage.records import HubHealth, HubState, HubSubscription, Source, WantedHub
from storage.times import from_ms, from_ms_or_none, to_ms, to_ms_or_none
from storage.topics.rows import readable
from storage.topics.source_rows import source_from


class HubSubscriptions:
    """Implements `contract.HubSubscriptions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def want(self, source_id: int, wanted: WantedHub, *, now: datetime) -> bool:
        values = {
            "id": wanted.id,
            "source": source_id,
            "hub": wanted.hub,
            "topic": wanted.topic,
            "callback": wanted.callback,
            "secret": wanted.secret,
            "state": HubState.WANTED,
            "health": HubHealth.ASKED,
            "now": to_ms(now),
        }
        async with self._database.transaction() as transaction:
            known = await transaction.fetch(
                # Served by hub_subscriptions_of_source.
                "SELECT hub, topic FROM hub_subscriptions WHERE source_id = :source",
                values,
            )
            if known and (known[0]["hub"], known[0]["topic"]) == (wanted.hub, wanted.topic):
                return False
            await _end(transaction, source_id, now)
            await transaction.execute(
                """
                INSERT INTO hub_subscriptions (id, source_id, hub, topic, callback, secret, state, due_at)
                SELECT :id, id, :hub, :topic, :callback, :secret, :state, :now FROM sources WHERE id = :source
                """,
                values,
            )
            await transaction.execute("UPDATE sources SET hub = :health WHERE id = :source", values)
        return True

    async def end(self, source_id: int, *, now: datetime) -> bool:
        async with self._database.transaction() as transaction:
            return await _end(transaction, source_id, now)

    async def end_paused(self, *, now: datetime) -> int:
        ended = 0
        async with self._database.transaction(durable=False) as transaction:
            paused = await transaction.fetch(
                """
                -- scans hub_subscriptions: one for each source with a hub, every ten seconds
                SELECT source_id FROM hub_subscriptions
                CROSS JOIN sources ON sources.id = hub_subscriptions.source_id AND sources.paused
                """
            )
            for row in paused:
                ended += await _end(transaction, row["source_id"], now)
            ended += await transaction.change(
                """
                -- scans hub_subscriptions: one for each source with a hub, every ten seconds
                UPDATE hub_subscriptions SET state = :ending, due_at = :now, attempts = 0
                WHERE source_id IS NULL AND state <> :ending
                """,
                {"ending": HubState.ENDING, "now": to_ms(now)},
            )
        return ended

    async def forget_all(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """
                -- scans sources: when the bot is started without a server for hubs
                UPDATE sources SET hub = NULL, whole_at = NULL WHERE hub IS NOT NULL
                """
            )
            return await transaction.change(
                """
                -- scans hub_subscriptions: all of them go
                DELETE FROM hub_subscriptions
                """
            )

    async def get(self, subscription_id: str) -> HubSubscription | None:
        rows = await self._database.fetch("SELECT * FROM hub_subscriptions WHERE id = :id", {"id": subscription_id})
        return _subscription_from(rows[0]) if rows else None

    async def of_source(self, source_id: int) -> HubSubscription | None:
        rows = await self._database.fetch(
            # Served by hub_subscriptions_of_source.
            "SELECT * FROM hub_subscriptions WHERE source_id = :source",
            {"source": source_id},
        )
        return _subscription_from(rows[0]) if rows else None

    async def all(self) -> list[HubSubscription]:
        rows = await self._database.fetch(
            """
            -- scans hub_subscriptions: all of them are asked for
            SELECT * FROM hub_subscriptions ORDER BY source_id
            """
        )
        return readable(rows, _subscription_from)

    async def due(self, *, now: datetime, limit: int) -> list[HubSubscription]:
        rows = await self._database.fetch(
            # Served by hub_subscriptions_due.
            "SELECT * FROM hub_subscriptions WHERE due_at <= :now ORDER BY due_at LIMIT :limit",
            {"now": to_ms(now), "limit": max(0, limit)},
        )
        return readable(rows, _subscription_from)

    async def note_asked(self, subscription_id: str, *, now: datetime, due_at: datetime) -> bool:
        async with self._database.transaction() as transaction:
            asked = await transaction.change(
                """
                UPDATE hub_subscriptions
                SET state = CASE WHEN state IN (:wanted, :refused) THEN :asked
                    ELSE state END, asked_at = :now, due_at = :due
                WHERE id = :id AND due_at <= :now
                """,
                {
                    "id": subscription_id,
                    "wanted": HubState.WANTED,
                    "refused": HubState.REFUSED,
                    "asked": HubState.ASKED,
                    "now": to_ms(now),
                    "due": to_ms(due_at),
                },
            )
            return bool(asked)

    async def note_failed(self, subscription_id: str, error: str, *, due_at: datetime, refused: bool) -> None:
        values = {
            "id": subscription_id,
            "error": error,
            "due": to_ms(due_at),
            "refused": refused,
            "ending": HubState.ENDING,
            "active": HubState.ACTIVE,
            "state": HubState.REFUSED if refused else HubState.WANTED,
            "health": HubHealth.REFUSED if refused else HubHealth.ASKED,
        }
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                # An active subscription that could not be renewed stays active until its lease ends.
                """
                UPDATE hub_subscriptions
                SET state = CASE WHEN state = :ending OR (state = :active AND NOT :refused) THEN state
                    ELSE :state END,
                    due_at = :due, attempts = attempts + 1, last_error = :error
                WHERE id = :id
                """,
                values,
            )
            await transaction.execute(
                """
                UPDATE sources SET hub = :health
                WHERE id = (SELECT source_id FROM hub_subscriptions WHERE id = :id AND state = :state)
                """,
                values,
            )

    async def note_verified(
        self, subscription_id: str, *, now: datetime, due_at: datetime, lease_until: datetime
    ) -> None:
        values = {
            "id": subscription_id,
            "active": HubState.ACTIVE,
            "now": to_ms(now),
            "due": to_ms(due_at),
            "lease": to_ms(lease_until),
            "unproven": HubHealth.UNPROVEN,
            "asked": HubHealth.ASKED,
            "refused": HubHealth.REFUSED,
        }
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """
                UPDATE hub_subscriptions
                SET verified_at = CASE WHEN state = :active THEN coalesce(verified_at, :now)
                    ELSE :now END, state = :active,
                    due_at = :due, lease_until = :lease, attempts = 0, last_error = NULL
                WHERE id = :id
                """,
                values,
            )
            await transaction.execute(
                """
                UPDATE sources SET hub =
                    CASE WHEN hub IN (:asked, :refused) THEN :unproven ELSE coalesce(hub, :unproven) END
                WHERE id = (SELECT source_id FROM hub_subscriptions WHERE id = :id)
                """,
                values,
            )

    async def note_expired(self, *, now: datetime) -> int:
        values = {
            "now": to_ms(now),
            "active": HubState.ACTIVE,
            "wanted": HubState.WANTED,
            "health": HubHealth.ASKED,
        }
        async with self._database.transaction() as transaction:
            expired = await transaction.fetch(
                """
                -- scans hub_subscriptions: one for each source with a hub, every ten seconds
                UPDATE hub_subscriptions SET state = :wanted, due_at = :now, verified_at = NULL, missed_at = NULL
                WHERE state = :active AND lease_until <= :now RETURNING source_id
                """,
                values,
            )
            await transaction.execute_many(
                "UPDATE sources SET hub = :health, due_at = min(due_at, :now) WHERE id = :source",
                [values | {"source": row["source_id"]} for row in expired],
            )
        return len(expired)

    async def remove(self, subscription_id: str) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM hub_subscriptions WHERE id = :id", {"id": subscription_id})

    async def note_told(self, subscription_id: str, learned: Source | None, *, now: datetime) -> bool:
        values = {
            "id": subscription_id,
            "now": to_ms(now),
            "recent": learned.recent_articles if learned else None,
            "newest": to_ms_or_none(learned.newest_at) if learned else None,
            "gap": learned.usual_gap.total_seconds() if learned else None,
            "gaps": learned.gaps if learned else None,
            "alive": HubHealth.ALIVE,
            "silent": HubHealth.SILENT,
        }
        async with self._database.transaction(durable=False) as transaction:
            silent = await transaction.fetch(
                """
                SELECT 1 FROM hub_subscriptions JOIN sources ON sources.id = hub_subscriptions.source_id
                WHERE hub_subscriptions.id = :id AND sources.hub = :silent
                """,
                values,
            )
            await transaction.execute(
                """
                UPDATE hub_subscriptions SET told_at = :now, missed_at = NULL, deliveries = deliveries + 1
                WHERE id = :id
                """,
                values,
            )
            await transaction.execute(
                """
                UPDATE sources
                SET hub = :alive, recent_articles = coalesce(:recent, recent_articles),
                    visited_at = CASE WHEN :recent IS NULL THEN visited_at ELSE :now END,
                    newest_at = coalesce(:newest, newest_at), usual_gap_seconds = coalesce(:gap, usual_gap_seconds),
                    gaps = coalesce(:gaps, gaps)
                WHERE id = (SELECT source_id FROM hub_subscriptions WHERE id = :id)
                """,
                values,
            )
        return bool(silent)

    async def take_ping(self, subscription_id: str, *, now: datetime, not_before: datetime) -> bool:
        values = {"id": subscription_id, "now": to_ms(now), "not_before": to_ms(not_before)}
        async with self._database.transaction(durable=False) as transaction:
            taken = await transaction.change(
                """
                UPDATE hub_subscriptions SET pinged_at = :now
                WHERE id = :id AND source_id IS NOT NULL AND coalesce(pinged_at, 0) < :not_before
                """,
                values,
            )
            if taken:
                await transaction.execute(
                    """
                    UPDATE sources SET due_at = min(due_at, :now)
                    WHERE id = (SELECT source_id FROM hub_subscriptions WHERE id = :id)
                    """,
                    values,
                )
        return bool(taken)

    async def note_missed(self, source_id: int, *, now: datetime) -> None:
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                # Served by hub_subscriptions_of_source.
                "UPDATE hub_subscriptions SET missed_at = coalesce(missed_at, :now) WHERE source_id = :source",
                {"source": source_id, "now": to_ms(now)},
            )

    async def note_silent(self, *, missed_before: datetime, now: datetime) -> list[int]:
        values = {
            "before": to_ms(missed_before),
            "now": to_ms(now),
            "silent": HubHealth.SILENT,
            "alive": HubHealth.ALIVE,
            "unproven": HubHealth.UNPROVEN,
        }
        async with self._database.transaction(durable=False) as transaction:
            missed = await transaction.fetch(
                # Served by hub_subscriptions_missed.
                """
                UPDATE hub_subscriptions SET missed_at = NULL
                WHERE missed_at < :before AND source_id IS NOT NULL RETURNING source_id
                """,
                values,
            )
            silent: list[int] = []
            for row in missed:
                found = await transaction.fetch(
                    """
                    UPDATE sources SET hub = :silent, due_at = min(due_at, :now)
                    WHERE id = :source AND hub IN (:alive, :unproven) RETURNING id
                    """,
                    values | {"source": row["source_id"]},
                )
                silent += [source["id"] for source in found]
        return silent

    async def silent(self) -> list[Source]:
        rows = await self._database.fetch(
            """
            -- scans hub_subscriptions: one for each source with a hub, once a minute
            SELECT sources.* FROM hub_subscriptions
            CROSS JOIN sources ON sources.id = hub_subscriptions.source_id AND sources.hub = :silent
            WHERE hub_subscriptions.told_at IS NOT NULL
            """,
            {"silent": HubHealth.SILENT},
        )
        return readable(rows, source_from)


async def _end(transaction: Transaction, source_id: int, now: datetime) -> bool:
    """Let the hub of a source be told that the bot wants nothing more."""
    values = {"source": source_id, "ending": HubState.ENDING, "now": to_ms(now)}
    ended = await transaction.change(
        # Served by hub_subscriptions_of_source.
        """
        UPDATE hub_subscriptions SET source_id = NULL, state = :ending, due_at = :now, attempts = 0
        WHERE source_id = :source
        """,
        values,
    )
    if ended:
        # The next visit asks for the whole feed, and so finds its hub again.
        await transaction.execute("UPDATE sources SET hub = NULL, whole_at = NULL WHERE id = :source", values)
    return bool(ended)


def _subscription_from(row: Row) -> HubSubscription:
    return HubSubscription(
        id=row["id"],
        source_id=row["source_id"],
        hub=row["hub"],
        topic=row["topic"],
        callback=row["callback"],
        secret=row["secret"],
        state=HubState(row["state"]),
        due_at=from_ms(row["due_at"]),
        attempts=row["attempts"],
        asked_at=from_ms_or_none(row["asked_at"]),
        verified_at=from_ms_or_none(row["verified_at"]),
        lease_until=from_ms_or_none(row["lease_until"]),
        told_at=from_ms_or_none(row["told_at"]),
        pinged_at=from_ms_or_none(row["pinged_at"]),
        deliveries=row["deliveries"],
        last_error=row["last_error"],
    )
