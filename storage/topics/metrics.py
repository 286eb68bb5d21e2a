"""Metrics for the operator: how fast messages go out, and how long an article takes to reach all of its chats."""

from collections import Counter
from datetime import datetime, timedelta

from storage.database import NOTHING, Database
from storage.records import ArticleReport, ArticleTimes, Counts, Lane, OwedInLane, Throughput
from storage.times import from_ms, to_ms

STRETCH_MS = 10_000  # the time that one row of the throughput table covers; `Deliveries.settle` writes the rows
MINUTE = 6  # rows
KEPT = timedelta(days=1)  # how long rows are kept
MESSAGES_READ = 200_000  # about one article, for its report
LANES_LOOKED_UP = 100_000  # of queued messages
CHATS_LOOKED_AT = 2_000  # in each lane, for the oldest message that is due: the ones that are due for longest


class Metrics:
    """Implements `contract.Metrics`."""

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

    async def owed(self, *, now: datetime) -> list[OwedInLane]:
        queued = await self._queued()
        fanouts = await self._database.fetch(
            """
            -- scans fanouts: those that are open
            SELECT lane, count(*) AS spreading, min(opened_at) AS oldest FROM fanouts GROUP BY lane
            """
        )
        spreading = {row["lane"]: row for row in fanouts}
        found = []
        for lane in (Lane.RETRACTION, Lane.BREAKING, Lane.ALERT, Lane.DIGEST, Lane.EDIT):
            oldest = [await self._oldest_due(lane, now)] if queued.get(lane) else []
            oldest += [spreading[lane]["oldest"]] if lane in spreading else []
            since = min((one for one in oldest if one is not None), default=None)
            found.append(
                OwedInLane(
                    lane=lane,
                    queued=queued.get(lane, 0),
                    spreading=spreading[lane]["spreading"] if lane in spreading else 0,
                    oldest=None if since is None else from_ms(since),
                )
            )
        return found

    async def _queued(self) -> dict[int, int]:
        """Returns the numbers of queued messages by lane.

        To count a million takes 0.1 seconds, and to look up their lanes 0.5. So the lanes of many are estimated.
        """
        rows = await self._database.fetch(
            """
            -- scans deliveries: those that are queued, up to the limit (deliveries_queued)
            SELECT lane, count(*) AS queued FROM (
                SELECT lane FROM deliveries WHERE state = 'queued' LIMIT :most) AS first_ones
            GROUP BY lane
            """,
            {"most": LANES_LOOKED_UP},
        )
        counts = {row["lane"]: row["queued"] for row in rows}
        if (looked_up := sum(counts.values())) < LANES_LOOKED_UP:
            return counts
        total = await self._database.fetch(
            """
            -- scans deliveries: those that are queued are counted, by deliveries_queued
            SELECT count(*) AS queued FROM deliveries WHERE state = 'queued'
            """
        )
        return {lane: round(count * total[0]["queued"] / looked_up) for lane, count in counts.items()}

    async def _oldest_due(self, lane: Lane, now: datetime) -> int | None:
        """Returns since when the oldest message waits of the chats whose send slot is due, in milliseconds.

        A chat that waits for the end of quiet hours has a slot that is not due.
        """
        rows = await self._database.fetch(
            # Served by send_slots_next and deliveries_queued.
            """
            -- scans deliveries: the first ones of the chats that wait for longest
            SELECT min(queued_at) AS oldest FROM (
                SELECT chat_id FROM send_slots WHERE lane = :lane AND next_send_at <= :now
                ORDER BY next_send_at LIMIT :most) AS due
            CROSS JOIN deliveries ON deliveries.chat_id = due.chat_id AND deliveries.state = 'queued'
              AND deliveries.lane = :lane AND coalesce(held_until, 0) <= :now AND NOT excused
            """,
            {"lane": lane, "now": to_ms(now), "most": CHATS_LOOKED_AT},
        )
        return rows[0]["oldest"] if rows else None

    async def report(self, article_id: int) -> ArticleReport:
        rows = await self._database.fetch(
            # Served by deliveries_once.
            """
            SELECT state, message_id IS NOT NULL AS there,
                   message_id IS NOT NULL AND coalesce(revision, 0)
                       < (SELECT shown_revision FROM articles WHERE id = :id) AS behind,
                   CASE WHEN state = 'dead' THEN coalesce(reason, '') ELSE '' END AS reason, count(*) AS messages
            FROM (
                SELECT state, message_id, revision, reason FROM deliveries WHERE article_id = :id LIMIT :most
            ) AS of_it
            GROUP BY 1, 2, 3, 4 ORDER BY messages DESC
            """,
            {"id": article_id, "most": MESSAGES_READ},
        )
        dead: Counter[str] = Counter()
        for row in rows:
            dead.update({row["reason"]: row["messages"]} if row["state"] == "dead" else {})
        there = [row for row in rows if row["there"] and row["state"] != "dead"]
        return ArticleReport(
            sent=sum(row["messages"] for row in there),
            behind=sum(row["messages"] for row in there if row["behind"]),
            queued=sum(row["messages"] for row in rows if row["state"] == "queued" and not row["there"]),
            dead=dict(dead.most_common()),
            is_whole=sum(row["messages"] for row in rows) < MESSAGES_READ,
        )

    async def counts(self) -> Counts:
        chats = await self._database.fetch(
            """
            -- scans chat_counts: a row for each kind and state
            SELECT kind, state, sum(chats) AS chats FROM chat_counts GROUP BY kind, state
            """
        )
        follows = await self._database.fetch(
            """
            -- scans follow_counts: a row for each kind of subject
            -- scans chat_counts: a row for each kind and state
            SELECT kind, muted, follows FROM follow_counts
            UNION ALL SELECT 'everything', FALSE, coalesce(sum(chats), 0) FROM chat_counts WHERE everything
            """
        )
        sources = await self._database.fetch(
            """
            -- scans sources: thousands at most
            SELECT CASE WHEN paused THEN 'paused' WHEN failures > 0 THEN 'failing'
                        WHEN refreshed_at IS NULL THEN 'unread' ELSE 'ok' END AS state, count(*) AS sources
            FROM sources GROUP BY 1
            """
        )
        file_bytes, log_bytes = await self._database.sizes()
        return Counts(
            chats={(row["kind"], row["state"]): row["chats"] for row in chats},
            follows={(row["kind"], bool(row["muted"])): row["follows"] for row in follows},
            sources={row["state"]: row["sources"] for row in sources},
            file_bytes=file_bytes,
            log_bytes=log_bytes,
        )

    async def prune(self, *, now: datetime) -> int:
        """Delete the throughput that is older than a day. Returns the number of deleted intervals."""
        async with self._database.transaction(durable=False, locks=NOTHING) as transaction:
            return await transaction.change(
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
