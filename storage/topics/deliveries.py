"""Deliveries: queues messages for chats, and hands them to the sender when a send slot is due.

`claims` says which delivery a chat gets next, and `outcomes` records what became of it.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from storage.database import CHATS, Database, Row
from storage.records import (
    PROMISE,
    ChatState,
    Claim,
    DueDigest,
    Lane,
    Outcome,
    Rhythm,
    ShownAs,
    Stats,
)
from storage.times import from_ms, to_ms, to_ms_or_none
from storage.topics import clock, corrections, digest_queue, digest_snapshots, outbox
from storage.topics.claims import ANOTHER_OF_THESE, NEXT_OF_EACH, claim_deliveries
from storage.topics.metrics import STRETCH_MS
from storage.topics.outbox import LOCKED
from storage.topics.outcomes import settle_outcomes
from storage.topics.rows import readable, split_readable
from storage.topics.send_slots import STORED_LANES
from storage.topics.timetables import timetable_from

MOST_COUNTED = 6  # the waiting deliveries of a chat are counted up to this number
SOON = timedelta(minutes=1)
MOST_IN_A_MINUTE = 20  # Telegram's limit of messages to a group in a minute
BROKEN_ROW_WAITS = timedelta(days=1)  # the pause before a row that can't be read is tried again
FANOUTS_COUNTED = 20  # fan-outs in a sample of the chats that are left
CHATS_COUNTED = 10_000  # chats in that sample, for all of its fan-outs together


class Deliveries:
    """Implements `contract.Deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Queueing

    async def expand(self, *, limit: int, now: datetime, ahead: int | None = None) -> int:
        """Queue the deliveries of the next chunk of the most urgent fan-out or correction.

        Returns their approximate number. Returns 0 if no fan-out or correction is open, or if `ahead` chats are ready
        to be written to in its lane or in more urgent lanes.
        """
        best = await self._database.fetch(outbox.OPEN, {"now": to_ms(now)})
        if not best or limit <= 0:
            return 0  # return before the write lock is needed, because an import may hold it
        lane = Lane(best[0]["lane"])
        if ahead is not None and await self.count_ready_chats(now=now, limit=ahead, lane=lane) >= ahead:
            return 0
        # The transaction need not be durable: the row of the fan-out or correction stores its cursor, and a delivery
        # that exists already stays as it is. So after a power cut, the chunk is simply made again.
        expand = corrections.expand_correction if best[0]["correction"] else outbox.expand_fanouts
        return await self._database.write(partial(expand, limit=limit, now=now), durable=False, locks=CHATS)

    async def due_digests(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is due, the longest waiting first. Served by chats_digest_due."""
        rows = await self._database.fetch(
            "SELECT * FROM chats WHERE digest_at <= :now AND state = 'active' ORDER BY digest_at LIMIT :limit",
            {"now": to_ms(now), "limit": max(0, limit)},
        )
        due, broken = split_readable(rows, _due_digest_from)
        if broken:
            async with self._database.transaction(durable=False, locks=CHATS) as transaction:
                await transaction.execute_many(
                    "UPDATE chats SET digest_at = :later WHERE id = :id",
                    [{"id": row["id"], "later": to_ms(now + BROKEN_ROW_WAITS)} for row in broken],
                )
        return due

    async def digests_too_far_ahead(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is later than their rhythm allows, because a clock was ahead."""
        rows = await self._database.fetch(
            # Served by chats_digest_due.
            f"""
            SELECT * FROM chats
            WHERE digest_at > :now + {min(_LONGEST_RHYTHM.values())} AND state = 'active'
              AND digest_at > :now + CASE rhythm
                  {" ".join(f"WHEN '{rhythm}' THEN {longest}" for rhythm, longest in _LONGEST_RHYTHM.items())}
                  ELSE 0 END
            ORDER BY digest_at DESC LIMIT :limit
            """,
            {"now": to_ms(now), "limit": limit},
        )
        return readable(rows, _due_digest_from)

    async def plan_digests(self, planned: Sequence[tuple[DueDigest, datetime | None]]) -> None:
        """Set when the next digests of these chats are due. A digest that was planned again meanwhile is skipped."""
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            await transaction.execute_many(
                "UPDATE chats SET digest_at = :next_at WHERE id = :chat AND digest_at = :due_at",
                [
                    {"chat": due.chat_row, "due_at": to_ms(due.due_at), "next_at": to_ms_or_none(next_at)}
                    for due, next_at in planned
                ],
            )

    async def enqueue_digests(self, digests: Sequence[tuple[DueDigest, datetime | None]], *, now: datetime) -> None:
        """Queue these digests, and set the time of each chat's next digest.

        A digest that is no longer due is passed over.
        """
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            await digest_queue.enqueue_digests(transaction, digests, now)

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the alerts of a chat that were queued before that time by one catch-up message.

        The claimed alert is one of them. Returns False and changes nothing if there are fewer than `least` of them.
        """
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            return await digest_queue.merge_into_catch_up(transaction, claim, before=before, least=least, now=now)

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Queue a notice (JSON) for these chats. Like any delivery, it survives a restart."""
        values = [{"chat": chat, "notice": notice, "lane": lane, "now": to_ms(now)} for chat in chats]
        async with self._database.transaction(locks=CHATS) as transaction:
            await transaction.execute_many(
                """
                INSERT INTO deliveries (chat, chat_id, kind, notice, lane, place, queued_at)
                SELECT id, chat_id, 'notice', :notice, :lane, :now, :now FROM chats WHERE id = :chat
                """,
                values,
            )
            await transaction.execute_many(
                f"""
                INSERT INTO send_slots (chat_id, lane, next_send_at)
                SELECT chat_id, :lane, :now FROM chats WHERE id = :chat {outbox.ON_SLOT_CONFLICT}
                """,
                values,
            )

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` notices, digests and dead deliveries that were settled before that time.

        Returns their number.
        """
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            pruned = await transaction.fetch(
                # Served by deliveries_notices and deliveries_dead.
                """
                DELETE FROM deliveries WHERE id IN (
                    SELECT id FROM deliveries
                    WHERE article_id IS NULL AND settled_at < :before AND state IN ('sent', 'dead')
                    UNION SELECT id FROM deliveries WHERE state = 'dead' AND settled_at < :before
                    LIMIT :limit)
                RETURNING snapshot_id
                """,
                {"before": to_ms(before), "limit": max(0, limit)},
            )
            await digest_snapshots.forget(
                transaction, {row["snapshot_id"] for row in pruned if row["snapshot_id"] is not None}
            )
        return len(pruned)

    # Sending

    async def recover(self, *, now: datetime) -> int:
        """Queue the deliveries again that a killed process was sending. Returns their number.

        Call it once, at the start.
        """
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            again = await transaction.change(
                """
                -- scans deliveries: those that were being sent (deliveries_sending)
                UPDATE deliveries SET state = 'queued' WHERE state = 'sending'
                """
            )
            await transaction.execute_many(  # one statement for each lane, so that send_slots_next serves it
                "UPDATE send_slots SET next_send_at = :now WHERE lane = :lane AND next_send_at = :locked",
                [{"now": to_ms(now), "locked": LOCKED, "lane": lane} for lane in STORED_LANES],
            )
            last_sent = await clock.last_sent_stretch(transaction)
            ahead = (last_sent + 1) * STRETCH_MS - to_ms(now)
            if ahead > STRETCH_MS:  # the clock was set back while the bot did not run
                await clock.correct_times(transaction, to_ms(now), ahead)
        return again

    async def give_back(self, *, now: datetime, besides: Collection[int]) -> int:
        async with self._database.transaction(durable=False) as transaction:
            rows = await transaction.fetch(
                """
                -- scans deliveries: those that were being sent (deliveries_sending)
                UPDATE deliveries SET state = 'queued'
                WHERE state = 'sending' AND id NOT IN (SELECT CAST(value AS bigint) FROM json_each(:besides))
                RETURNING chat_id
                """,
                {"besides": json.dumps(list(besides))},
            )
            await transaction.execute(
                """
                UPDATE send_slots SET next_send_at = :now
                WHERE chat_id IN (SELECT CAST(value AS bigint) FROM json_each(:chats)) AND next_send_at = :locked
                """,
                {"now": to_ms(now), "chats": json.dumps([row["chat_id"] for row in rows]), "locked": LOCKED},
            )
        return len(rows)

    async def unclaim(self, delivery_ids: Collection[int]) -> None:
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                """
                UPDATE deliveries SET state = 'queued'
                WHERE state = 'sending' AND id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
                """,
                {"ids": json.dumps(list(delivery_ids))},
            )

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Correct the times that were stored while the wall clock was ahead by `by`."""
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            await clock.correct_times(transaction, to_ms(now), int(by.total_seconds() * 1000))

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns the number of chats that are ready in that lane or a more urgent one, counted up to `limit`."""
        rows = await self._database.fetch(
            f"SELECT count(*) AS ready FROM ({_READY} LIMIT :limit) AS slots",
            {"now": to_ms(now), "limit": max(0, limit), "lane": lane},
        )
        return int(rows[0]["ready"])

    async def next_send_at(self) -> datetime | None:
        """Returns the time at which the next chat may be written to, or None if no message is owed."""
        rows = await self._database.fetch(
            f"SELECT min(next_send_at) AS next_send_at FROM ({_NEXT}) AS slots", {"locked": LOCKED}
        )
        return from_ms(rows[0]["next_send_at"]) if rows[0]["next_send_at"] is not None else None

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Claim the next delivery of up to `limit` chats whose send slot is due.

        The most urgent lane comes first. Within a lane, the chat that has waited longest comes first.

        The slot of a claimed chat is locked until its outcome is settled. If a chat no longer wants a delivery,
        because it unsubscribed, muted the category or left, the delivery is deleted here.
        """
        if limit <= 0 or not await self.count_ready_chats(now=now, limit=1):
            return []  # return before the write lock is needed, because an import may hold it
        return await self._claimed(NEXT_OF_EACH, {"limit": limit}, now)

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Claim one due delivery of one of these chats, in any lane.

        Deliveries about the articles in `without` are left out.
        """
        if not chat_ids:
            return []
        values = {"chats": json.dumps(list(chat_ids)), "without": json.dumps(list(without)), "limit": 1}
        return await self._claimed(ANOTHER_OF_THESE, values, now)

    async def _claimed(self, sql: str, values: dict[str, Any], now: datetime) -> list[Claim]:
        # The transaction need not be durable: if a power cut undoes a claim, the delivery is queued again. `recover`
        # would queue it again as well.
        values |= {"now": to_ms(now), "most": MOST_COUNTED}
        return await self._database.write(
            partial(claim_deliveries, sql=sql, values=values, now=now), durable=False, locks=CHATS
        )

    async def settle(self, outcomes: Sequence[Outcome], *, promise: timedelta = PROMISE) -> frozenset[int]:
        """Record the outcomes of claimed deliveries, and set the next send slot of their chats."""
        if not outcomes:
            return frozenset()
        return await self._database.write(partial(settle_outcomes, outcomes=outcomes, promise=promise), locks=CHATS)

    # Reading

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the id of the article that a message of the bot shows, or None. Served by deliveries_message."""
        rows = await self._database.fetch(
            """
            SELECT coalesce(article_id, (
                SELECT min(CAST(line.value AS bigint))
                FROM digest_snapshots, json_each(digest_snapshots.articles) AS line
                WHERE digest_snapshots.id = deliveries.snapshot_id HAVING count(*) = 1)) AS article_id
            FROM deliveries WHERE chat_id = :chat_id AND message_id = :message_id LIMIT 1
            """,
            {"chat_id": chat_id, "message_id": message_id},
        )
        return rows[0]["article_id"] if rows else None

    async def note_shape(self, chat_id: int, message_id: int, shown_as: ShownAs) -> None:
        """Record how a message shows its article now. Served by deliveries_message."""
        values = {"chat_id": chat_id, "message_id": message_id, "shown_as": shown_as}
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            await transaction.execute(
                """
                UPDATE deliveries SET shown_as = :shown_as
                WHERE chat_id = :chat_id AND message_id = :message_id AND message_id IS NOT NULL
                  AND shown_as <> :shown_as
                """,
                values,
            )

    async def fold_opened(self, source_id: int, *, now: datetime) -> int:
        """Queue edits of the messages that show articles of a source as pages or opened texts."""
        queued, place = 0, corrections.BEFORE_OPENED
        while messages := await corrections.opened_messages(self._database, source_id, place):
            async with self._database.transaction(locks=CHATS) as transaction:
                queued += await corrections.requeue_opened(transaction, messages, now)
            last = messages[-1]
            place = (last["article_id"], last["id"])
        return queued

    async def snapshot_of_digest(self, delivery_id: int, chat_row: int) -> tuple[int, datetime, datetime] | None:
        """Returns the snapshot id of a digest of this chat, and the beginning and end of the time that it covers.

        Returns None if the snapshot is not kept.
        """
        rows = await self._database.fetch(
            """
            SELECT snapshot_id, since, until FROM deliveries
            WHERE id = :id AND chat = :chat AND snapshot_id IS NOT NULL
            """,
            {"id": delivery_id, "chat": chat_row},
        )
        if not rows:
            return None
        return rows[0]["snapshot_id"], from_ms(rows[0]["since"]), from_ms(rows[0]["until"])

    async def count_owed(self) -> int:
        """Returns the number of messages that are owed and not sent yet.

        The number of chats that open fan-outs have not reached is an estimate if it is large.
        """
        queued = await self._database.fetch(
            """
            -- scans deliveries: those that are owed are counted, by deliveries_queued and deliveries_sending
            SELECT (SELECT count(*) FROM deliveries WHERE state = 'queued')
                   + (SELECT count(*) FROM deliveries WHERE state = 'sending') AS owed
            """
        )
        return int(queued[0]["owed"]) + await self._chats_left()

    async def count_in_progress(self, *, now: datetime, limit: int | None = None) -> int:
        """Returns the number of messages that go out within about a minute, as fast as the pace allows.

        These are the queued messages of chats whose send slot is due within a minute, the messages that are being
        sent, and one for each chat that open fan-outs have not reached. A message that waits for the end of quiet
        hours or of a flood wait does not count. For each chat, at most the number that fits into a minute counts.
        Counting ends soon after `limit`.
        """
        rows = await self._database.fetch(
            f"""
            -- scans deliveries: those that are being sent are counted, by deliveries_sending
            SELECT (SELECT count(*) FROM deliveries WHERE state = 'sending') + coalesce(sum(
                (SELECT count(*) FROM (
                    SELECT 1 FROM deliveries WHERE chat_id = soon.chat_id AND state = 'queued' LIMIT :most) AS a_few)
            ), 0) AS messages
            FROM (SELECT * FROM ({_SOON}) AS slots LIMIT :limit) AS soon
            """,
            {"now": to_ms(now + SOON), "limit": outbox.MANY if limit is None else limit, "most": MOST_IN_A_MINUTE},
        )
        return int(rows[0]["messages"]) + await self._chats_left()

    async def stats(self, *, now: datetime) -> Stats:
        counts = (
            await self._database.fetch(
                # A partial index serves each count except the totals. The totals take 90 ms for a million deliveries.
                """
                -- scans articles: counted for an operator who asks, on a reader's connection
                -- scans sources: counted for an operator who asks, on a reader's connection
                -- scans deliveries: counted for an operator who asks, on a reader's connection
                -- scans fanouts: counted for an operator who asks, on a reader's connection
                SELECT (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM sources) AS sources,
                       (SELECT count(*) FROM deliveries) AS deliveries,
                       (SELECT count(*) FROM deliveries WHERE state = 'queued') AS queued,
                       (SELECT count(*) FROM deliveries WHERE state = 'sending') AS sending,
                       (SELECT count(*) FROM deliveries WHERE state = 'dead') AS dead,
                       (SELECT count(*) FROM fanouts) AS fanouts,
                       min(coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'queued'), :never),
                           coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'sending'), :never),
                           coalesce((SELECT min(opened_at) FROM fanouts), :never)) AS oldest
                """,
                {"never": outbox.MANY},
            )
        )[0]
        chats = await self._database.fetch(
            # The index chats_left serves the chats that are not active. The active chats are the rest.
            """
            -- scans chats: counted for an operator who asks, on a reader's connection
            SELECT state, count(*) AS chats FROM chats WHERE state <> 'active' GROUP BY state
            UNION ALL
            SELECT 'active', (SELECT count(*) FROM chats) - (SELECT count(*) FROM chats WHERE state <> 'active')
            """
        )
        waiting = counts["queued"] + counts["sending"]
        return Stats(
            articles=counts["articles"],
            sources=counts["sources"],
            chats={state.value: 0 for state in ChatState} | {row["state"]: row["chats"] for row in chats},
            deliveries={
                "queued": counts["queued"],
                "sending": counts["sending"],
                "sent": counts["deliveries"] - waiting - counts["dead"],
                "dead": counts["dead"],
            },
            fanouts_open=counts["fanouts"],
            chats_left=await self._chats_left(),
            oldest_owed_seconds=(
                max(0, (to_ms(now) - int(counts["oldest"])) // 1000) if waiting or counts["fanouts"] else None
            ),
        )

    async def _chats_left(self) -> int:
        """Returns the approximate number of chats that open fan-outs have not reached.

        The number is exact for a few thousand chats. After an import there are many fan-outs, and each has many
        chats. So the method counts a sample of chats for each of the most urgent fan-outs, and estimates the rest
        from these samples.
        """
        fanouts = await self._database.fetch(
            f"""
            -- scans fanouts: from the most urgent ones on (fanouts_next), and stops at its limit
            SELECT {outbox.FANOUT}, ({_OPEN_FANOUTS}) AS open
            FROM fanouts CROSS JOIN articles ON articles.id = fanouts.article_id
            ORDER BY fanouts.lane, fanouts.published_at, fanouts.article_id LIMIT :most
            """,
            {"most": FANOUTS_COUNTED},
        )
        if not fanouts:
            return 0
        stretch = CHATS_COUNTED // len(fanouts)
        left = 0.0
        for fanout in fanouts:
            ahead = (fanout["newest"] or 0) - fanout["cursor"]
            values = dict(fanout) | {"limit": outbox.MANY, "reach": fanout["cursor"] + stretch, "now": 0}
            rows = await self._database.fetch(f"SELECT count(*) AS chats FROM ({_WANTING_CHATS}) AS wanting", values)
            left += rows[0]["chats"] * max(1.0, ahead / stretch)
        return round(left * float(fanouts[0]["open"]) / len(fanouts))


_WANTING_CHATS = outbox.wanting_chats(f"({outbox.CHOICES}) AS chosen")
_OPEN_FANOUTS = """
-- scans fanouts: counted, by an index of three numbers each
SELECT count(*) FROM fanouts
"""

# One query for each lane, so that the index send_slots_next serves it. Otherwise SQLite would read all send slots.
_READY = " UNION ALL ".join(
    f"SELECT 1 FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now AND lane <= :lane"
    for lane in STORED_LANES
)

_SOON = " UNION ALL ".join(
    f"SELECT chat_id FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now" for lane in STORED_LANES
)

_NEXT = " UNION ALL ".join(
    f"SELECT min(next_send_at) AS next_send_at FROM send_slots WHERE lane = {lane:d} AND next_send_at < :locked"
    for lane in STORED_LANES
)

# The longest time between two digests, in milliseconds. It is a little longer than the rhythm, because a change of
# the clocks makes some days longer.
_LONGEST_RHYTHM = {
    Rhythm.HOURLY: timedelta(hours=2) // timedelta(milliseconds=1),
    Rhythm.DAILY: timedelta(hours=26) // timedelta(milliseconds=1),
    Rhythm.WEEKLY: timedelta(days=7, hours=2) // timedelta(milliseconds=1),
}


def _due_digest_from(row: Row) -> DueDigest:
    return DueDigest(
        chat_row=row["id"],
        chat_id=row["chat_id"],
        timezone=row["timezone"],
        timetable=timetable_from(row),
        due_at=from_ms(row["digest_at"]),
        since=from_ms(row["told_until"] if row["told_until"] is not None else row["active_since"]),
    )
