"""Deliveries: queues messages for chats, hands them to the sender when a send slot is due, and records outcomes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from storage.database import Database, Row, Transaction
from storage.records import (
    ChatKind,
    ChatState,
    Claim,
    DeliveryKind,
    Died,
    Dropped,
    DueDigest,
    Edited,
    Lane,
    Outcome,
    PutOff,
    Rhythm,
    Sent,
    Stats,
    Unreachable,
)
from storage.sqlite import clock, digest_snapshots, duplicates, outbox, presence
from storage.sqlite.chats import remember_list
from storage.sqlite.metrics import STRETCH_MS
from storage.sqlite.outbox import LOCKED
from storage.sqlite.reading import language_matches, reading_from
from storage.sqlite.rows import readable, split_readable
from storage.sqlite.story_index import WINDOW
from storage.sqlite.timetables import timetable_from
from storage.times import from_ms, to_ms, to_ms_or_none

MOST_COUNTED = 6  # deliveries that wait in a chat are counted up to this
SOON = timedelta(minutes=1)
MOST_IN_A_MINUTE = 20  # messages that a group takes
BROKEN_ROW_WAITS = timedelta(days=1)  # before it is looked at again
UNREADABLE = "a value of this delivery or of its chat can't be read"
UNBOUNDED = -1  # as a LIMIT of SQLite
FANOUTS_COUNTED = 20  # for a person who asks how many chats are left
CHATS_COUNTED = 10_000  # of these together


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    # Owing

    async def expand(self, *, limit: int, now: datetime, ahead: int | None = None) -> int:
        """Make deliveries of the next stretch of the most urgent fan-out or correction.

        Returns about how many; 0 if none is open, or `ahead` chats are ready in its lane and better ones.
        """
        best = await self._database.fetch(outbox.OPEN, {"now": to_ms(now)})
        if not best or limit <= 0:
            return 0  # without asking for the write lock, which an import may hold
        lane = Lane(best[0]["lane"])
        if ahead is not None and await self.count_ready_chats(now=now, limit=ahead, lane=lane) >= ahead:
            return 0
        # Not durable: the row of the fan-out or correction says where it was, and a delivery that is there stays.
        async with self._database.transaction(durable=False) as transaction:
            if best[0]["correction"]:
                return await outbox.expand_correction(transaction, limit=limit, now=now)
            return await outbox.expand_fanouts(transaction, limit=limit, now=now)

    async def due_digests(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns the chats whose next digest is due, the longest waiting first. Served by chats_digest_due."""
        rows = await self._database.fetch(
            "SELECT * FROM chats WHERE digest_at <= :now AND state = 'active' ORDER BY digest_at LIMIT :limit",
            {"now": to_ms(now), "limit": max(0, limit)},
        )
        due, broken = split_readable(rows, _due_digest_from)
        if broken:
            async with self._database.transaction(durable=False) as transaction:
                await transaction.execute_many(
                    "UPDATE chats SET digest_at = :later WHERE id = :id",
                    [{"id": row["id"], "later": to_ms(now + BROKEN_ROW_WAITS)} for row in broken],
                )
        return due

    async def digests_too_far_ahead(self, *, limit: int, now: datetime) -> list[DueDigest]:
        """Returns chats whose next digest is planned for later than their rhythm allows: a clock was ahead."""
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
        """Set when these chats' next digests are due."""
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute_many(
                "UPDATE chats SET digest_at = :next_at WHERE id = :chat AND digest_at = :due_at",
                [
                    {"chat": due.chat_row, "due_at": to_ms(due.due_at), "next_at": to_ms_or_none(next_at)}
                    for due, next_at in planned
                ],
            )

    async def enqueue_digests(self, digests: Sequence[tuple[DueDigest, datetime | None]], *, now: datetime) -> None:
        """Owe these digests, each with the time of the chat's next one.

        A digest that is no longer due is passed over.
        """
        async with self._database.transaction(durable=False) as transaction:
            await outbox.enqueue_digests(transaction, digests, now)

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the chat's alerts that wait since before that time, the claimed one among them, by one catch-up."""
        async with self._database.transaction(durable=False) as transaction:
            return await outbox.merge_into_catch_up(transaction, claim, before=before, least=least, now=now)

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Owe a notice (JSON) to these chats. It survives a restart as any delivery does."""
        values = [{"chat": chat, "notice": notice, "lane": lane, "now": to_ms(now)} for chat in chats]
        async with self._database.transaction() as transaction:
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
        """Delete up to `limit` settled notices and digests, and dead deliveries, from before that time.

        Returns their number.
        """
        async with self._database.transaction(durable=False) as transaction:
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
        """Owe again what a killed process was sending.

        Returns the number of deliveries. To be called once, at the start.
        """
        async with self._database.transaction(durable=False) as transaction:
            again = await transaction.execute(
                """
                -- scans deliveries: those that were being sent (deliveries_sending)
                UPDATE deliveries SET state = 'queued' WHERE state = 'sending'
                """
            )
            await transaction.execute_many(  # lane by lane, so that send_slots_next finds them
                "UPDATE send_slots SET next_send_at = :now WHERE lane = :lane AND next_send_at = :locked",
                [{"now": to_ms(now), "locked": LOCKED, "lane": lane} for lane in _STORED_LANES],
            )
            last_sent = await clock.last_sent_stretch(transaction)
            ahead = (last_sent + 1) * STRETCH_MS - to_ms(now)
            if ahead > STRETCH_MS:  # while we were down, the clock was set back
                await clock.correct_times(transaction, to_ms(now), ahead)
        return again

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Bring back times that were noted while the wall clock was ahead by so much."""
        async with self._database.transaction(durable=False) as transaction:
            await clock.correct_times(transaction, to_ms(now), int(by.total_seconds() * 1000))

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns how many chats may be written to now in that lane or a better one, counted up to `limit`."""
        rows = await self._database.fetch(
            f"SELECT count(*) AS ready FROM ({_READY} LIMIT :limit)",
            {"now": to_ms(now), "limit": max(0, limit), "lane": lane},
        )
        return int(rows[0]["ready"])

    async def next_send_at(self) -> datetime | None:
        """Returns the moment at which the next chat may be written to, or None if nothing is owed."""
        rows = await self._database.fetch(
            f"SELECT min(next_send_at) AS next_send_at FROM ({_NEXT})", {"locked": LOCKED}
        )
        return from_ms(rows[0]["next_send_at"]) if rows[0]["next_send_at"] is not None else None

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Take the next delivery of up to `limit` chats whose send slot is due.

        The best lane comes first; within a lane, the chat that waits longest.

        A chat whose slot is locked is not claimed again before its outcome is settled. A delivery that the chat no
        longer wants, since it stopped, muted the category or left, is deleted here.
        """
        if limit <= 0 or not await self.count_ready_chats(now=now, limit=1):
            return []  # without asking for the write lock, which an import may hold
        return await self._claimed(_CLAIM, {"limit": limit}, now)

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Take one due delivery of one of these chats. Its lane does not matter.

        A delivery about one of the articles in `without` is not taken.
        """
        if not chat_ids:
            return []
        values = {"chats": json.dumps(list(chat_ids)), "without": json.dumps(list(without)), "limit": 1}
        return await self._claimed(_CLAIM_ANOTHER, values, now)

    async def _claimed(self, sql: str, values: dict[str, Any], now: datetime) -> list[Claim]:
        # Not durable: `recover` queues claimed deliveries again, as does a power cut that undoes the claim.
        async with self._database.transaction(durable=False) as transaction:
            rows = await transaction.fetch(sql, values | {"now": to_ms(now), "most": MOST_COUNTED})
            claims, broken = split_readable([row for row in rows if row["wanted"]], _claim_from)
            await _give_up(transaction, broken, now)
            unwanted = [row for row in rows if not row["wanted"]]
            if unwanted:
                await _drop(transaction, unwanted, now)
            taken = [{"id": claim.delivery_id, "chat_id": claim.chat_id, "locked": LOCKED} for claim in claims]
            await transaction.execute_many("UPDATE deliveries SET state = 'sending' WHERE id = :id", taken)
            await transaction.execute_many(
                "UPDATE send_slots SET next_send_at = :locked, quiet = 0 WHERE chat_id = :chat_id", taken
            )
        return claims

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of claimed deliveries, and give their chats the next send slot."""
        if not outcomes:
            return
        async with self._database.transaction() as transaction:
            outcomes = await _with_present_numbers(transaction, outcomes)
            sent = [o for o in outcomes if isinstance(o, Sent)]
            edited = [o for o in outcomes if isinstance(o, Edited)]
            await transaction.execute_many(_SENT, [_sent(o) for o in sent])
            for digest in sent:
                if digest.snapshot is not None:  # a reader may ask for "/summary 3"
                    await remember_list(transaction, digest.claim.chat_row, digest.snapshot.articles)
            await transaction.execute_many(_EDITED, [_edited(o) for o in edited])
            put_off = [o for o in outcomes if isinstance(o, PutOff)]
            await transaction.execute_many(_PUT_OFF, [_put_off(o) for o in put_off])
            await transaction.execute_many(_HELD, [_held(o) for o in put_off if o.quiet])
            await transaction.execute_many(_HELD_ALONE, [_held(o) for o in put_off if o.chat_at is not None])
            await transaction.execute_many(_DIED, [_died(o) for o in outcomes if isinstance(o, Died)])
            await transaction.execute_many(
                "DELETE FROM deliveries WHERE id = :id",
                [{"id": o.claim.delivery_id} for o in outcomes if isinstance(o, Dropped)],
            )
            for outcome in outcomes:
                if isinstance(outcome, Unreachable):
                    await _leave(transaction, outcome)
            await digest_snapshots.keep(transaction, sent)
            await digest_snapshots.catch_up(transaction, [*sent, *edited])
            slots = [_next_slot(o) for o in outcomes]
            await transaction.execute_many(_END_SLOT, slots)
            await transaction.execute_many(_NEXT_SLOT, slots)
            await _count_throughput(transaction, sent, edited)
            await outbox.requeue_outdated(transaction, [*sent, *edited])

    # Looking

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the article that a message of ours told about, or None. Served by deliveries_message."""
        rows = await self._database.fetch(
            "SELECT article_id FROM deliveries WHERE chat_id = :chat_id AND message_id = :message_id LIMIT 1",
            {"chat_id": chat_id, "message_id": message_id},
        )
        return rows[0]["article_id"] if rows else None

    async def snapshot_of_digest(self, delivery_id: int, chat_row: int) -> tuple[int, datetime] | None:
        """Returns the snapshot that a digest of this chat shows, and until when it tells.

        Returns None if the snapshot is not kept.
        """
        rows = await self._database.fetch(
            "SELECT snapshot_id, until FROM deliveries WHERE id = :id AND chat = :chat AND snapshot_id IS NOT NULL",
            {"id": delivery_id, "chat": chat_row},
        )
        return (rows[0]["snapshot_id"], from_ms(rows[0]["until"])) if rows else None

    async def count_owed(self) -> int:
        """Returns how many messages are owed and not sent.

        The chats that fan-outs have not reached are estimated if they are many.
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
        """Returns the number of messages that go out as fast as the pace allows.

        These are the queued messages of chats whose send slot is due within a minute, the messages that are being
        sent, and one for each chat that open fan-outs have still to reach. Messages that wait for the end of quiet
        hours or of a flood wait do not count. Of one chat, no more messages count than fit into a minute. Counting
        ends soon after `limit`.
        """
        rows = await self._database.fetch(
            f"""
            -- scans deliveries: those that are being sent are counted, by deliveries_sending
            SELECT (SELECT count(*) FROM deliveries WHERE state = 'sending') + coalesce(sum(
                (SELECT count(*) FROM (
                    SELECT 1 FROM deliveries WHERE chat_id = soon.chat_id AND state = 'queued' LIMIT :most))
            ), 0) AS messages
            FROM (SELECT * FROM ({_SOON}) LIMIT :limit) AS soon
            """,
            {"now": to_ms(now + SOON), "limit": UNBOUNDED if limit is None else limit, "most": MOST_IN_A_MINUTE},
        )
        return int(rows[0]["messages"]) + await self._chats_left()

    async def stats(self, *, now: datetime) -> Stats:
        counts = (
            await self._database.fetch(
                # Each count but the totals is served by a partial index; the totals take 90 ms for a million
                # deliveries.
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
                       min(coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'queued'), 9e18),
                           coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'sending'), 9e18),
                           coalesce((SELECT min(opened_at) FROM fanouts), 9e18)) AS oldest
                """
            )
        )[0]
        chats = await self._database.fetch(
            # Served by chats_left; the active ones are the rest.
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
        """Returns about how many chats the open fan-outs have still to reach. It is exact for a few thousand.

        Fan-outs are many after an import, and chats are many for each. So of each of the most urgent fan-outs a
        stretch of chats is counted, and taken for the rest.
        """
        fanouts = await self._database.fetch(
            f"""
            -- scans fanouts: from the most urgent ones on (fanouts_next), and stops at its limit
            SELECT fanouts.cursor, fanouts.lane, articles.category_id, articles.language, fanouts.stored_at,
                   ({outbox.NEWEST_CHAT}) AS newest, ({_OPEN_FANOUTS}) AS open
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
            values = dict(fanout) | {"limit": UNBOUNDED, "reach": fanout["cursor"] + stretch}
            rows = await self._database.fetch(f"SELECT count(*) AS chats FROM ({outbox.WANTING_CHATS})", values)
            left += rows[0]["chats"] * max(1.0, ahead / stretch)
        return round(left * float(fanouts[0]["open"]) / len(fanouts))


_STORED_LANES = [lane for lane in Lane if lane is not Lane.REPLY]

_OPEN_FANOUTS = """
-- scans fanouts: counted, by an index of three numbers each
SELECT count(*) FROM fanouts
"""

# Lane by lane, so that send_slots_next answers without reading the slots of all chats.
_READY = " UNION ALL ".join(
    f"SELECT 1 FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now AND lane <= :lane"
    for lane in _STORED_LANES
)

_SOON = " UNION ALL ".join(
    f"SELECT chat_id FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now" for lane in _STORED_LANES
)

_NEXT = " UNION ALL ".join(
    f"SELECT min(next_send_at) AS next_send_at FROM send_slots WHERE lane = {lane:d} AND next_send_at < :locked"
    for lane in _STORED_LANES
)

_DUE_SLOTS = " UNION ALL ".join(
    f"""
    SELECT * FROM (SELECT chat_id, lane, next_send_at FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now
                   ORDER BY next_send_at LIMIT :limit)
    """
    for lane in _STORED_LANES
)

_LISTED = duplicates.listed_in_digest(
    "deliveries.article_id",
    "deliveries.chat",
    since=f"deliveries.queued_at - {WINDOW // timedelta(milliseconds=1)}",
)


# Selects, for each chat whose send slot is due (send_slots_next), its best queued delivery (deliveries_queued), and
# whether the chat still wants that delivery. A chat does not want an article that it already got from another source,
# or as a headline of a digest. Breaking news is sent although a digest listed it.
def _claiming(slots: str, delivery: str) -> str:
    """Returns the query for claims: `slots` selects send slots, and `delivery` one delivery for each slot."""
    return f"""
SELECT due.chat_id AS slot, deliveries.id, deliveries.kind, deliveries.chat, deliveries.chat_id,
       deliveries.article_id, deliveries.notice, deliveries.lane, deliveries.attempts,
       deliveries.queued_at, deliveries.message_id, deliveries.since, deliveries.until, deliveries.snapshot_id,
       chats.topic_id, chats.kind AS chat_kind, chats.language, chats.timezone, chats.silent,
       chats.rhythm, chats.digest_hour, chats.digest_weekday, chats.quiet_from, chats.quiet_to, chats.breaking,
       chats.reads, chats.grouped,
       (SELECT count(*)
        FROM (SELECT 1 FROM deliveries AS others
              WHERE others.chat_id = due.chat_id AND others.state = 'queued' LIMIT :most)) AS waiting,
       chats.state = 'active' AND (
           deliveries.kind <> 'alert' OR deliveries.message_id IS NOT NULL
           OR (chats.rhythm = 'alerts' OR deliveries.lane = {Lane.BREAKING:d} AND chats.breaking) AND (
               chats.everything_since IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM subscriptions JOIN articles ON articles.category_id = subscriptions.category_id
                   WHERE subscriptions.chat = chats.id AND articles.id = deliveries.article_id AND NOT wanted)
               OR EXISTS (
                   SELECT 1 FROM subscriptions JOIN articles ON articles.category_id = subscriptions.category_id
                   WHERE subscriptions.chat = chats.id AND articles.id = deliveries.article_id AND wanted))
           AND {language_matches("chats.reads", "(SELECT language FROM articles WHERE id = deliveries.article_id)")}
           AND NOT {duplicates.already_notified("deliveries.article_id", "deliveries.chat")}
           AND NOT (deliveries.lane > {Lane.BREAKING:d} AND {_LISTED})
       ) AS wanted
FROM ({slots}) AS due
LEFT JOIN deliveries ON deliveries.id = ({delivery})
LEFT JOIN chats ON chats.id = deliveries.chat
ORDER BY due.lane, due.next_send_at
"""


_BEST_OF_CHAT = """
SELECT id FROM deliveries
WHERE chat_id = due.chat_id AND state = 'queued' AND coalesce(held_until, 0) <= :now
ORDER BY lane, place, id LIMIT 1
"""
_CLAIM = _claiming(f"SELECT * FROM ({_DUE_SLOTS}) ORDER BY lane, next_send_at LIMIT :limit", _BEST_OF_CHAT)

# A delivery about an article that is not among some others. A handful of chats is looked at.
_ANOTHER_OF_CHAT = """
SELECT id FROM deliveries
WHERE chat_id = due.chat_id AND state = 'queued' AND coalesce(held_until, 0) <= :now
  AND coalesce(article_id, 0) NOT IN (SELECT value FROM json_each(:without))
ORDER BY lane, place, id LIMIT 1
"""
_CLAIM_ANOTHER = _claiming(
    f"""
    SELECT send_slots.* FROM json_each(:chats) AS asked CROSS JOIN send_slots ON send_slots.chat_id = asked.value
    WHERE next_send_at <= :now AND EXISTS ({_ANOTHER_OF_CHAT.replace("due.chat_id", "asked.value")}) LIMIT :limit
    """,
    _ANOTHER_OF_CHAT,
)

_SENT = """
UPDATE deliveries
SET state = 'sent', message_id = :message_id, revision = :revision, settled_at = :at, reason = NULL
WHERE id = :id
"""

_EDITED = """
UPDATE deliveries
SET state = 'sent', revision = :revision, reason = NULL, message_id = CASE WHEN :gone THEN NULL ELSE message_id END
WHERE id = :id
"""

_PUT_OFF = """
UPDATE deliveries SET state = 'queued', attempts = attempts + :attempts, reason = :reason
WHERE id = :id AND state = 'sending'
"""

# Other deliveries of the same kind and lane in that chat or topic wait as well, instead of being claimed in vain one
# by one. Served by deliveries_queued.
_HELD = """
UPDATE deliveries SET held_until = :until
WHERE chat_id = :chat_id AND state = 'queued' AND lane = :lane AND kind = :kind AND message_id IS NULL
  AND +chat = :chat
"""

# A delivery that failed waits alone: the other deliveries of its chat go on.
_HELD_ALONE = "UPDATE deliveries SET held_until = :until WHERE id = :id AND state = 'queued'"

_DIED = "UPDATE deliveries SET state = 'dead', reason = :reason, settled_at = :at WHERE id = :id"

_END_SLOT = """
DELETE FROM send_slots
WHERE chat_id = :chat_id AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat_id = :chat_id AND state = 'queued')
"""

# The chat's next send slot is for the most urgent delivery that is not on hold at that time. If all are on hold, the
# slot is when the first hold ends, and `quiet` says why: 1 for quiet hours, 2 if a delivery failed. A chat that left
# meanwhile has no send slot any more: it gets one for what was put off, which is dropped at its claim.
_NEXT_SLOT = """
INSERT INTO send_slots (chat_id, lane, next_send_at, quiet)
SELECT :chat_id, coalesce(free.lane, owed.lane),
       iif(free.lane IS NULL, max(:next_send_at, owed.held_until), :next_send_at),
       iif(free.lane IS NULL, 1 + owed.failed, 0)
FROM (SELECT (SELECT lane FROM deliveries
              WHERE chat_id = :chat_id AND state = 'queued' AND coalesce(held_until, 0) <= :next_send_at
              ORDER BY lane, place, id LIMIT 1) AS lane) AS free
CROSS JOIN (SELECT min(lane) AS lane, min(held_until) AS held_until, max(attempts > 0) AS failed
            FROM deliveries WHERE chat_id = :chat_id AND state = 'queued') AS owed
WHERE owed.lane IS NOT NULL
ON CONFLICT (chat_id) DO UPDATE SET lane = excluded.lane, next_send_at = excluded.next_send_at, quiet = excluded.quiet
"""


async def _with_present_numbers(transaction: Transaction, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns the outcomes with the present Telegram numbers of their chats.

    A group may get a new number while one of its deliveries is being sent. An error that the old number can't be
    written to says nothing about the new one, so such a delivery is put off.
    """
    rows = await transaction.fetch(
        "SELECT id, chat_id FROM deliveries WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps([outcome.claim.delivery_id for outcome in outcomes])},
    )
    numbers = {row["id"]: row["chat_id"] for row in rows}

    def there(outcome: Outcome) -> Outcome:
        chat_id = numbers.get(outcome.claim.delivery_id, outcome.claim.chat_id)
        if chat_id == outcome.claim.chat_id:
            return outcome
        claim = replace(outcome.claim, chat_id=chat_id)
        if isinstance(outcome, Unreachable):
            return PutOff(claim, outcome.at, "migrated", attempts=0)
        return replace(outcome, claim=claim)

    return [there(outcome) for outcome in outcomes]


# Between two digests, in milliseconds: a little more than their rhythm, for days and hours that clocks make longer.
_LONGEST_RHYTHM = {
    Rhythm.HOURLY: timedelta(hours=2) // timedelta(milliseconds=1),
    Rhythm.DAILY: timedelta(hours=26) // timedelta(milliseconds=1),
    Rhythm.WEEKLY: timedelta(days=7, hours=2) // timedelta(milliseconds=1),
}


async def _give_up(transaction: Transaction, broken: Sequence[Row], now: datetime) -> None:
    """Mark deliveries as dead whose row can't be read. A chat keeps its slot while it has another queued delivery."""
    values = [
        {"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now), "at": to_ms(now), "reason": UNREADABLE}
        for row in broken
    ]
    await transaction.execute_many(_DIED, values)
    await transaction.execute_many(_END_SLOT, values)
    await transaction.execute_many(_NEXT_SLOT, values)


async def _drop(transaction: Transaction, rows: Sequence[Row], now: datetime) -> None:
    """Delete unwanted deliveries. A chat keeps its send slot while it has another queued delivery."""
    unwanted = [{"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now)} for row in rows]
    await transaction.execute_many("DELETE FROM deliveries WHERE id = :id", unwanted)
    await transaction.execute_many(_END_SLOT, unwanted)
    await transaction.execute_many(_NEXT_SLOT, unwanted)


async def _leave(transaction: Transaction, outcome: Unreachable) -> None:
    claim = outcome.claim
    await presence.deactivate(
        transaction,
        claim.chat_id,
        outcome.state,
        outcome.reason,
        now=outcome.at,
        only=claim.chat_row if outcome.topic_only else None,
    )
    await transaction.execute(
        "DELETE FROM deliveries WHERE id = :id AND message_id IS NULL", {"id": claim.delivery_id}
    )


def _next_slot(outcome: Outcome) -> dict[str, int]:
    match outcome:
        case PutOff(quiet=True):
            return {"chat_id": outcome.claim.chat_id, "next_send_at": 0}  # what is not held back comes at once
        case PutOff(chat_at=datetime() as moment):
            pass
        case Sent(next_at=moment) | Edited(next_at=moment) | PutOff(until=moment):
            pass
        case Dropped(at=moment) | Died(at=moment) | Unreachable(at=moment):
            pass
    return {"chat_id": outcome.claim.chat_id, "next_send_at": to_ms(moment)}


def _held(outcome: PutOff) -> dict[str, int | str]:
    claim = outcome.claim
    return {
        "id": claim.delivery_id,
        "chat": claim.chat_row,
        "chat_id": claim.chat_id,
        "lane": claim.lane,
        "kind": claim.kind,
        "until": to_ms(outcome.until),
    }


def _sent(outcome: Sent) -> dict[str, int]:
    return {
        "id": outcome.claim.delivery_id,
        "message_id": outcome.message_id,
        "revision": outcome.revision,
        "at": to_ms(outcome.at),
    }


def _edited(outcome: Edited) -> dict[str, int]:
    return {"id": outcome.claim.delivery_id, "revision": outcome.revision, "gone": int(outcome.gone)}


async def _count_throughput(transaction: Transaction, sent: Sequence[Sent], edited: Sequence[Edited]) -> None:
    """Add the messages that went out to the throughput, in stretches of ten seconds."""
    counts: Counter[tuple[int, str]] = Counter()
    counts.update((to_ms(outcome.at) // STRETCH_MS, "sent") for outcome in sent)
    counts.update((to_ms(outcome.at) // STRETCH_MS, "edited") for outcome in edited)
    await transaction.execute_many(
        """
        INSERT INTO throughput (ten_seconds, sent, edited) VALUES (:ten_seconds, :sent, :edited)
        ON CONFLICT DO UPDATE SET sent = sent + excluded.sent, edited = edited + excluded.edited
        """,
        [
            {"ten_seconds": stretch, "sent": 0, "edited": 0} | {column: count}
            for (stretch, column), count in counts.items()
        ],
    )


def _put_off(outcome: PutOff) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "attempts": outcome.attempts}


def _died(outcome: Died) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "at": to_ms(outcome.at)}


def _due_digest_from(row: Row) -> DueDigest:
    return DueDigest(
        chat_row=row["id"],
        chat_id=row["chat_id"],
        timezone=row["timezone"],
        timetable=timetable_from(row),
        due_at=from_ms(row["digest_at"]),
        since=from_ms(row["told_until"] if row["told_until"] is not None else row["active_since"]),
    )


def _claim_from(row: Row) -> Claim:
    return Claim(
        delivery_id=row["id"],
        kind=DeliveryKind(row["kind"]),
        chat_row=row["chat"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        chat_kind=ChatKind(row["chat_kind"]),
        language=row["language"],
        timezone=row["timezone"],
        silent=bool(row["silent"]),
        article_id=row["article_id"],
        notice=row["notice"],
        lane=Lane(row["lane"]),
        attempts=row["attempts"],
        queued_at=from_ms(row["queued_at"]),
        message_id=row["message_id"],
        timetable=timetable_from(row),
        reading=reading_from(row),
        since=from_ms(row["since"]) if row["since"] is not None else None,
        until=from_ms(row["until"]) if row["until"] is not None else None,
        snapshot=row["snapshot_id"],
        waiting=row["waiting"],
    )
