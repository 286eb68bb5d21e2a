"""Metrics for the operator: how fast messages go out, and how long an article takes to reach all of its chats."""

from datetime import datetime, timedelta

from storage.database import Database
from storage.records import ArticleTimes, Throughput
from storage.times import from_ms, to_ms

STRETCH_MS = 10_000  # the time that one row of the throughput table covers; `Deliveries.settle` writes the rows
MINUTE = 6  # rows
KEPT = timedelta(days=1)  # how long rows are kept


class Metrics:
    """The SQLite implementation of `contract.Metrics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_minute(self, now: datetime) -> Throughput:
        """Returns the throughput of the last minute, in six complete intervals of ten seconds."""
        current = to_ms(now) // STRETCH_MS
        return await self._counted(current - MINUTE, current)

    async def last_day(self, now: datetime) -> Throughput:
        current = to_ms(now) // STRETCH_MS
        return await self._counted(to_ms(now - KEPT) // STRETCH_MS, current + 1)

    async def since(self, moment: datetime) -> Throughput:
        """Returns the throughput since that time. It may include up to ten seconds before."""
        return await self._counted(to_ms(moment) // STRETCH_MS, 2**62)

    async def _counted(self, first: int, end: int) -> Throughput:
        rows = await self._database.fetch(
            """
            SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(edited), 0) AS edited
            FROM throughput WHERE ten_seconds >= :first AND ten_seconds < :end
            """,
            {"first": first, "end": end},
        )
        return Throughput(rows[0]["sent"], rows[0]["edited"])

    async def newest_sent(self, *, limit: int) -> list[ArticleTimes]:
        """Returns how fast the newest pushed articles reached their chats."""
        pushed = await self._database.fetch(
            # Served by articles_pushed.
            """
            -- scans articles: those that were pushed, from the newest on and up to the limit
            SELECT id, title, stored_at FROM articles
            WHERE lane IS NOT NULL AND retracted_at IS NULL ORDER BY stored_at DESC, id DESC LIMIT :limit
            """,
            {"limit": max(0, limit)},
        )
        found = []
        for article in pushed:
            times = (await self._database.fetch(_TIMES, {"id": article["id"]}))[0]
            stored_at = from_ms(article["stored_at"])

            def after(moment: int | None, stored_at: datetime = stored_at) -> timedelta | None:
                return max(timedelta(), from_ms(moment) - stored_at) if moment is not None else None

            found.append(
                ArticleTimes(
                    article_id=article["id"],
                    title=article["title"],
                    sent=times["sent"] or 0,
                    first=after(times["first"]),
                    p50=after(times["p50"]),
                    p99=after(times["p99"]),
                    last=after(times["last"]),
                )
            )
        return found

    async def prune(self, *, now: datetime) -> int:
        """Delete the throughput that is older than a day. Returns the number of deleted intervals."""
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.execute(
                "DELETE FROM throughput WHERE ten_seconds < :before", {"before": to_ms(now - KEPT) // STRETCH_MS}
            )


# A message that waits for an edit counts, because it was sent before.
_TIMES = """
WITH settled AS (
    SELECT settled_at, row_number() OVER (ORDER BY settled_at) AS place, count(*) OVER () AS sent
    FROM deliveries WHERE article_id = :id AND state <> 'dead' AND settled_at IS NOT NULL
)
SELECT max(sent) AS sent, min(settled_at) AS first, max(settled_at) AS last,
       min(CASE WHEN place >= 0.5 * sent THEN settled_at END) AS p50,
       min(CASE WHEN place >= 0.99 * sent THEN settled_at END) AS p99
FROM settled
"""
