"""Deliveries: queues messages for chats, hands them to the sender when a send slot is due, and records outcomes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
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
from storage.sqlite import clock, digest_snapshots, duplicates, outbox, presence, subjects
from storage.sqlite.chats import remember_list
from storage.sqlite.metrics import STRETCH_MS
from storage.sqlite.outbox import LOCKED
from storage.sqlite.reading import language_matches, reading_from
from storage.sqlite.rows import readable, split_readable
from storage.sqlite.story_index import WINDOW
from storage.sqlite.timetables import timetable_from
from storage.times import from_ms, from_ms_or_none, to_ms, to_ms_or_none

MOST_COUNTED = 6  # the waiting deliveries of a chat are counted up to this number
SOON = timedelta(minutes=1)
MOST_IN_A_MINUTE = 20  # Telegram's limit of messages to a group in a minute
BROKEN_ROW_WAITS = timedelta(days=1)  # the pause before a row that can't be read is tried again
UNREADABLE = "a value of this delivery or of its chat can't be read"
UNBOUNDED = -1  # SQLite takes this LIMIT as none
FANOUTS_COUNTED = 20  # fan-outs in a sample of the chats that are left
CHATS_COUNTED = 10_000  # chats in that sample, for all of its fan-outs together


class Deliveries:
    """The SQLite implementation of `contract.Deliveries`."""

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
        expand = outbox.expand_correction if best[0]["correction"] else outbox.expand_fanouts
        return await self._database.write(partial(expand, limit=limit, now=now), durable=False)

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
        async with self._database.transaction(durable=False) as transaction:
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
        async with self._database.transaction(durable=False) as transaction:
            await outbox.enqueue_digests(transaction, digests, now)

    async def merge_into_catch_up(self, claim: Claim, *, before: datetime, least: int, now: datetime) -> bool:
        """Replace the alerts of a chat that were queued before that time by one catch-up message.

        The claimed alert is one of them. Returns False and changes nothing if there are fewer than `least` of them.
        """
        async with self._database.transaction(durable=False) as transaction:
            return await outbox.merge_into_catch_up(transaction, claim, before=before, least=least, now=now)

    async def enqueue_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Queue a notice (JSON) for these chats. Like any delivery, it survives a restart."""
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
        """Delete up to `limit` notices, digests and dead deliveries that were settled before that time.

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
        """Queue the deliveries again that a killed process was sending. Returns their number.

        Call it once, at the start.
        """
        async with self._database.transaction(durable=False) as transaction:
            again = await transaction.execute(
                """
                -- scans deliveries: those that were being sent (deliveries_sending)
                UPDATE deliveries SET state = 'queued' WHERE state = 'sending'
                """
            )
            await transaction.execute_many(  # one statement for each lane, so that send_slots_next serves it
                "UPDATE send_slots SET next_send_at = :now WHERE lane = :lane AND next_send_at = :locked",
                [{"now": to_ms(now), "locked": LOCKED, "lane": lane} for lane in _STORED_LANES],
            )
            last_sent = await clock.last_sent_stretch(transaction)
            ahead = (last_sent + 1) * STRETCH_MS - to_ms(now)
            if ahead > STRETCH_MS:  # the clock was set back while the bot did not run
                await clock.correct_times(transaction, to_ms(now), ahead)
        return again

    async def correct_times(self, *, now: datetime, by: timedelta) -> None:
        """Correct the times that were stored while the wall clock was ahead by `by`."""
        async with self._database.transaction(durable=False) as transaction:
            await clock.correct_times(transaction, to_ms(now), int(by.total_seconds() * 1000))

    async def count_ready_chats(self, *, now: datetime, limit: int, lane: Lane = Lane.EDIT) -> int:
        """Returns the number of chats that are ready in that lane or a more urgent one, counted up to `limit`."""
        rows = await self._database.fetch(
            f"SELECT count(*) AS ready FROM ({_READY} LIMIT :limit)",
            {"now": to_ms(now), "limit": max(0, limit), "lane": lane},
        )
        return int(rows[0]["ready"])

    async def next_send_at(self) -> datetime | None:
        """Returns the time at which the next chat may be written to, or None if no message is owed."""
        rows = await self._database.fetch(
            f"SELECT min(next_send_at) AS next_send_at FROM ({_NEXT})", {"locked": LOCKED}
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
        return await self._claimed(_CLAIM, {"limit": limit}, now)

    async def claim_another(self, chat_ids: Sequence[int], *, without: Sequence[int], now: datetime) -> list[Claim]:
        """Claim one due delivery of one of these chats, in any lane.

        Deliveries about the articles in `without` are left out.
        """
        if not chat_ids:
            return []
        values = {"chats": json.dumps(list(chat_ids)), "without": json.dumps(list(without)), "limit": 1}
        return await self._claimed(_CLAIM_ANOTHER, values, now)

    async def _claimed(self, sql: str, values: dict[str, Any], now: datetime) -> list[Claim]:
        # The transaction need not be durable: if a power cut undoes a claim, the delivery is queued again. `recover`
        # would queue it again as well.
        values |= {"now": to_ms(now), "most": MOST_COUNTED}
        return await self._database.write(partial(_claim, sql=sql, values=values, now=now), durable=False)

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of claimed deliveries, and set the next send slot of their chats."""
        if outcomes:
            await self._database.write(partial(_settle, outcomes=outcomes))

    # Reading

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """Returns the id of the article that a message of the bot shows, or None. Served by deliveries_message."""
        rows = await self._database.fetch(
            "SELECT article_id FROM deliveries WHERE chat_id = :chat_id AND message_id = :message_id LIMIT 1",
            {"chat_id": chat_id, "message_id": message_id},
        )
        return rows[0]["article_id"] if rows else None

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
                       min(coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'queued'), 9e18),
                           coalesce((SELECT min(queued_at) FROM deliveries WHERE state = 'sending'), 9e18),
                           coalesce((SELECT min(opened_at) FROM fanouts), 9e18)) AS oldest
                """
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
            values = dict(fanout) | {"limit": UNBOUNDED, "reach": fanout["cursor"] + stretch, "now": 0}
            rows = await self._database.fetch(f"SELECT count(*) AS chats FROM ({outbox.WANTING_CHATS})", values)
            left += rows[0]["chats"] * max(1.0, ahead / stretch)
        return round(left * float(fanouts[0]["open"]) / len(fanouts))


_STORED_LANES = [lane for lane in Lane if lane is not Lane.REPLY]

_OPEN_FANOUTS = """
-- scans fanouts: counted, by an index of three numbers each
SELECT count(*) FROM fanouts
"""

# One query for each lane, so that the index send_slots_next serves it. Otherwise SQLite would read all send slots.
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


# For each chat whose send slot is due (send_slots_next), the query selects the most urgent queued delivery
# (deliveries_queued), and whether the chat still wants it. A chat does not want an article that it already got from
# another source or in a digest. Breaking news is sent even if a digest listed it.
def _claiming(slots: str, delivery: str) -> str:
    """Returns the query for claims: `slots` selects send slots, and `delivery` one delivery for each slot."""
    return f"""
SELECT due.chat_id AS slot, deliveries.id, deliveries.kind, deliveries.chat, deliveries.chat_id,
       deliveries.article_id, deliveries.notice, deliveries.lane, deliveries.attempts,
       deliveries.queued_at, deliveries.message_id, deliveries.since, deliveries.until, deliveries.snapshot_id,
       chats.topic_id, chats.kind AS chat_kind, chats.language, chats.timezone, chats.silent,
       chats.rhythm, chats.digest_hour, chats.digest_weekday, chats.quiet_from, chats.quiet_to, chats.breaking,
       chats.most_a_day, chats.saved_in_digest, chats.snoozed_until, chats.alerts_since, chats.alerts_sent,
       chats.reads, chats.grouped,
       (SELECT count(*)
        FROM (SELECT 1 FROM deliveries AS others
              WHERE others.chat_id = due.chat_id AND others.state = 'queued' LIMIT :most)) AS waiting,
       chats.state = 'active' AND (
           deliveries.kind <> 'alert' OR deliveries.message_id IS NOT NULL
           OR (chats.rhythm = 'alerts' OR deliveries.lane = {Lane.BREAKING:d} AND chats.breaking) AND (
               SELECT {subjects.still_wanted("chats", "articles")}
                      AND {language_matches("chats.reads", "articles.language")}
               FROM articles INDEXED BY articles_filed WHERE articles.id = deliveries.article_id)
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

# The most urgent delivery of a chat, without deliveries about the excluded articles. The query reads only few chats.
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

# The count begins anew with the first alert of a day.
_COUNTED = """
UPDATE chats SET alerts_sent = iif(alerts_since >= :day, alerts_sent, 0) + 1, alerts_since = max(alerts_since, :day)
WHERE id = :chat
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

# All deliveries of the same kind and lane in that chat or topic wait as well. Otherwise each of them would be claimed
# and put off again. Served by deliveries_queued.
_HELD = """
UPDATE deliveries SET held_until = :until
WHERE chat_id = :chat_id AND state = 'queued' AND lane = :lane AND kind = :kind AND message_id IS NULL
  AND +chat = :chat
"""

# A delivery that failed waits alone. The other deliveries of its chat are sent meanwhile.
_HELD_ALONE = "UPDATE deliveries SET held_until = :until WHERE id = :id AND state = 'queued'"

_DIED = "UPDATE deliveries SET state = 'dead', reason = :reason, settled_at = :at WHERE id = :id"

# Served by deliveries_queued.
_STILL_OWED = """
SELECT value AS chat_id FROM json_each(:chats)
WHERE EXISTS (SELECT 1 FROM deliveries WHERE chat_id = value AND state = 'queued')
"""

# The next send slot of a chat is for the most urgent delivery that is not on hold at that time. If all deliveries are
# on hold, the slot is due when the first hold ends, and `quiet` says why: 1 for quiet hours, 2 if a delivery failed.
# A chat that left meanwhile has no send slot any more. If one of its deliveries was put off, the chat gets a slot, so
# that the delivery is claimed and then deleted.
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


async def _claim(transaction: Transaction, sql: str, values: dict[str, Any], now: datetime) -> list[Claim]:
    rows = _as_dicts(await transaction.fetch(sql, values))
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


async def _settle(transaction: Transaction, outcomes: Sequence[Outcome]) -> None:
    outcomes = await _with_present_numbers(transaction, outcomes)
    sent = [o for o in outcomes if isinstance(o, Sent)]
    edited = [o for o in outcomes if isinstance(o, Edited)]
    await transaction.execute_many(_SENT, [_sent(o) for o in sent])
    for digest in sent:
        if digest.snapshot is not None:  # a reader may ask for an article of the digest: "/summary 3"
            await remember_list(transaction, digest.claim.chat_row, digest.snapshot.articles)
    await transaction.execute_many(_COUNTED, [_counted(o) for o in sent if o.counts_for is not None])
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
    await _set_slots(transaction, [_next_slot(o) for o in outcomes])
    await _count_throughput(transaction, sent, edited)
    await outbox.requeue_outdated(transaction, [*sent, *edited])


async def _with_present_numbers(transaction: Transaction, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Returns the outcomes with the current Telegram numbers of their chats.

    A group may get a new number while one of its deliveries is being sent. If the bot can't write to the old number,
    it may still be able to write to the new one. So the delivery is put off in that case.
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


# The longest time between two digests, in milliseconds. It is a little longer than the rhythm, because a change of
# the clocks makes some days longer.
_LONGEST_RHYTHM = {
    Rhythm.HOURLY: timedelta(hours=2) // timedelta(milliseconds=1),
    Rhythm.DAILY: timedelta(hours=26) // timedelta(milliseconds=1),
    Rhythm.WEEKLY: timedelta(days=7, hours=2) // timedelta(milliseconds=1),
}


async def _give_up(transaction: Transaction, broken: Sequence[Row], now: datetime) -> None:
    """Mark deliveries whose rows can't be read as dead. A chat keeps its slot if it has other queued deliveries."""
    values = [
        {"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now), "at": to_ms(now), "reason": UNREADABLE}
        for row in broken
    ]
    await transaction.execute_many(_DIED, values)
    await _set_slots(transaction, values)


async def _drop(transaction: Transaction, rows: Sequence[Row], now: datetime) -> None:
    """Delete unwanted deliveries. A chat keeps its send slot if another delivery is queued for it."""
    unwanted = [{"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now)} for row in rows]
    await transaction.execute_many("DELETE FROM deliveries WHERE id = :id", unwanted)
    await _set_slots(transaction, unwanted)


async def _set_slots(transaction: Transaction, slots: Sequence[dict[str, Any]]) -> None:
    """Set the next send slots of these chats. A chat that is owed nothing more loses its slot.

    Each slot has the `chat_id`, and in `next_send_at` the earliest time. In a broadcast most chats are owed one
    message, so that their slots only have to be deleted.
    """
    rows = await transaction.fetch(_STILL_OWED, {"chats": json.dumps([slot["chat_id"] for slot in slots])})
    owed = {row["chat_id"] for row in rows}
    await transaction.execute_many(
        "DELETE FROM send_slots WHERE chat_id = :chat_id", [slot for slot in slots if slot["chat_id"] not in owed]
    )
    await transaction.execute_many(_NEXT_SLOT, [slot for slot in slots if slot["chat_id"] in owed])


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
            return {"chat_id": outcome.claim.chat_id, "next_send_at": 0}  # deliveries that are not on hold go at once
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


def _counted(outcome: Sent) -> dict[str, int]:
    return {"chat": outcome.claim.chat_row, "day": to_ms(outcome.counts_for or outcome.at)}


def _edited(outcome: Edited) -> dict[str, int]:
    return {"id": outcome.claim.delivery_id, "revision": outcome.revision, "gone": int(outcome.gone)}


async def _count_throughput(transaction: Transaction, sent: Sequence[Sent], edited: Sequence[Edited]) -> None:
    """Add the messages that went out to the throughput table, which has one row for every ten seconds."""
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


def _as_dicts(rows: Sequence[Row]) -> list[Row]:
    """Returns the rows as dicts. A row of SQLite searches its columns for each name, and a claim has thirty."""
    names = list(rows[0].keys()) if rows else []
    return [dict(zip(names, row, strict=True)) for row in rows]


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
        snoozed_until=from_ms_or_none(row["snoozed_until"]),
        alerts_since=from_ms(row["alerts_since"]),
        alerts_sent=row["alerts_sent"],
        waiting=row["waiting"],
    )
