"""Deliveries: what is owed to whom, whose turn it is, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from storage.chats import pause_chat
from storage.database import Database, Row, Transaction
from storage.records import (
    ChatKind,
    ChatState,
    Claim,
    DeliveryKind,
    Died,
    Lane,
    Outcome,
    PutOff,
    Sent,
    Stats,
    Unreachable,
)
from storage.times import from_ms, to_ms

IN_HAND = 2**63 - 1  # a turn's ready_at while one of the chat's deliveries is being sent


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    # Owing

    async def expand(self, *, limit: int, now: datetime) -> int:
        """Turn the next stretch of the best open fan-out into deliveries; 0 when none is open, else how many.

        One keyset chunk in one short transaction: publishing to a million chats never holds the writer for long.
        """
        if not await self._database.fetch("SELECT 1 FROM fanouts LIMIT 1"):
            return 0  # without asking for the write lock, which an import may hold
        async with self._database.transaction() as transaction:
            fanouts = await transaction.fetch(
                """
                SELECT fanouts.article_id, fanouts.lane, fanouts.cursor, articles.category_id,
                       articles.published_at, articles.stored_at
                FROM fanouts JOIN articles ON articles.id = fanouts.article_id
                ORDER BY fanouts.lane, articles.published_at, articles.id LIMIT 1
                """
            )
            if not fanouts:
                return 0
            fanout = dict(fanouts[0])
            chats = await transaction.fetch(f"{_WANTING} ORDER BY chat LIMIT :limit", fanout | {"limit": limit})
            await _owe(transaction, fanout, chats, now)
            if len(chats) < limit:
                await transaction.execute("DELETE FROM fanouts WHERE article_id = :article_id", fanout)
                return max(1, len(chats))
            await transaction.execute(
                "UPDATE fanouts SET cursor = :last WHERE article_id = :article_id",
                {"article_id": fanout["article_id"], "last": chats[-1]["chat"]},
            )
            return len(chats)

    async def owe_notice(self, chats: Sequence[int], notice: str, *, lane: Lane, now: datetime) -> None:
        """Owe a notice (JSON) to these chats of ours; it survives a restart like any delivery."""
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
                INSERT INTO turns (chat_id, lane, ready_at)
                SELECT chat_id, :lane, :now FROM chats WHERE id = :chat {_SOONER}
                """,
                values,
            )

    async def prune_notices(self, *, before: datetime) -> int:
        """Delete notices that were settled before that; how many. Alerts go with their articles."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(
                # Served by deliveries_notices.
                "DELETE FROM deliveries WHERE article_id IS NULL AND settled_at < :before",
                {"before": to_ms(before)},
            )

    # Sending

    async def recover(self, *, now: datetime) -> int:
        """At start: what a killed process had in its hands is owed again; how many deliveries that were."""
        async with self._database.transaction() as transaction:
            again = await transaction.execute("UPDATE deliveries SET state = 'queued' WHERE state = 'sending'")
            await transaction.execute(
                "UPDATE turns SET ready_at = :now WHERE ready_at = :in_hand",
                {"now": to_ms(now), "in_hand": IN_HAND},
            )
        return again

    async def clock_went_back(self, *, by_ms: int) -> None:
        """Turns were given by a clock that was ahead: bring them back with it, or chats wait for the difference."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE turns SET ready_at = ready_at - :by WHERE ready_at < :in_hand",
                {"by": by_ms, "in_hand": IN_HAND},
            )

    async def ready(self, *, now: datetime, limit: int) -> int:
        """How many chats could be written to now, counted up to `limit`."""
        rows = await self._database.fetch(
            f"SELECT count(*) AS ready FROM ({_READY} LIMIT :limit)",
            {"now": to_ms(now), "limit": limit},
        )
        return int(rows[0]["ready"])

    async def queued(self, *, limit: int) -> int:
        """How many deliveries wait, counted up to `limit`. Served by deliveries_queued."""
        rows = await self._database.fetch(
            "SELECT count(*) AS queued FROM (SELECT 1 FROM deliveries WHERE state = 'queued' LIMIT :limit)",
            {"limit": limit},
        )
        return int(rows[0]["queued"])

    async def next_ready_at(self) -> datetime | None:
        """The moment at which the next chat has its turn; None when nothing is owed."""
        rows = await self._database.fetch(f"SELECT min(ready_at) AS ready_at FROM ({_NEXT})", {"in_hand": IN_HAND})
        return from_ms(rows[0]["ready_at"]) if rows[0]["ready_at"] is not None else None

    async def claim(self, *, limit: int, now: datetime) -> list[Claim]:
        """Take the next delivery of up to `limit` chats whose turn it is: best lane first, then who waits longest.

        A chat in hand is not claimed again until its outcome is settled. What a chat no longer wants (it
        stopped, muted, left) is dropped here, however late the reader said so.
        """
        if not await self.ready(now=now, limit=1):
            return []  # without asking for the write lock, which an import may hold
        claims: list[Claim] = []
        async with self._database.transaction() as transaction:
            for lane in Lane:
                room = limit - len(claims)
                if room <= 0:
                    break
                rows = await transaction.fetch(_CLAIM, {"lane": lane, "now": to_ms(now), "limit": room})
                claims += [_claim_from(row) for row in rows if row["wanted"]]
                await _drop(transaction, [row for row in rows if not row["wanted"]])
            taken = [{"id": claim.delivery_id, "chat_id": claim.chat_id, "in_hand": IN_HAND} for claim in claims]
            await transaction.execute_many("UPDATE deliveries SET state = 'sending' WHERE id = :id", taken)
            await transaction.execute_many("UPDATE turns SET ready_at = :in_hand WHERE chat_id = :chat_id", taken)
        return claims

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record what came of claimed deliveries and give their chats the next turn: all of it or nothing."""
        if not outcomes:
            return
        async with self._database.transaction() as transaction:
            await transaction.execute_many(_SENT, [_sent(o) for o in outcomes if isinstance(o, Sent)])
            await transaction.execute_many(_PUT_OFF, [_put_off(o) for o in outcomes if isinstance(o, PutOff)])
            await transaction.execute_many(_DIED, [_died(o) for o in outcomes if isinstance(o, Died)])
            for outcome in outcomes:
                if isinstance(outcome, Unreachable):
                    await _leave(transaction, outcome)
            turns = [{"chat_id": o.claim.chat_id, "ready_at": _next_turn(o)} for o in outcomes]
            await transaction.execute_many(_TURN_OVER, turns)
            await transaction.execute_many(_TURN_NEXT, turns)

    # Looking

    async def article_of_message(self, chat_id: int, message_id: int) -> int | None:
        """The article that a message of ours told about. Served by deliveries_message."""
        rows = await self._database.fetch(
            "SELECT article_id FROM deliveries WHERE chat_id = :chat_id AND message_id = :message_id LIMIT 1",
            {"chat_id": chat_id, "message_id": message_id},
        )
        return rows[0]["article_id"] if rows else None

    async def owed(self) -> int:
        """Messages owed and not yet sent: queued ones, and the chats that open fan-outs have still to reach."""
        queued = await self._database.fetch(
            "SELECT (SELECT count(*) FROM deliveries WHERE state = 'queued')"
            " + (SELECT count(*) FROM deliveries WHERE state = 'sending') AS owed"
        )
        return int(queued[0]["owed"]) + await self._chats_left()

    async def stats(self, *, now: datetime) -> Stats:
        counts = (
            await self._database.fetch(
                # Each count but the two totals is served by a partial index.
                """
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
        chats = await self._database.fetch("SELECT state, count(*) AS chats FROM chats GROUP BY state")
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
        fanouts = await self._database.fetch(
            """
            SELECT fanouts.cursor, articles.category_id, articles.stored_at
            FROM fanouts JOIN articles ON articles.id = fanouts.article_id
            """
        )
        left = 0
        for fanout in fanouts:
            rows = await self._database.fetch(
                f"SELECT count(*) AS chats FROM ({_WANTING})", dict(fanout) | {"limit": -1}
            )
            left += rows[0]["chats"]
        return left


# The chats that want an article, after a cursor. Two index ranges, each cut at the chunk before they are merged:
# chats_of_everything and subscriptions_of_category.
_WANTING = """
SELECT chat, chat_id FROM (
    SELECT * FROM (
        SELECT id AS chat, chat_id FROM chats
        WHERE everything_since <= :stored_at AND id > :cursor
          AND state = 'active' AND active_since <= :stored_at
          AND NOT EXISTS (
              SELECT 1 FROM subscriptions
              WHERE chat = chats.id AND category_id = :category_id AND NOT wanted)
        ORDER BY id LIMIT :limit)
    UNION ALL
    SELECT * FROM (
        SELECT subscriptions.chat, chats.chat_id
        FROM subscriptions JOIN chats ON chats.id = subscriptions.chat
        WHERE subscriptions.category_id = :category_id AND subscriptions.chat > :cursor
          AND subscriptions.wanted AND subscriptions.since <= :stored_at
          AND chats.everything_since IS NULL
          AND chats.state = 'active' AND chats.active_since <= :stored_at
        ORDER BY subscriptions.chat LIMIT :limit)
)
"""

_SOONER = "ON CONFLICT (chat_id) DO UPDATE SET lane = min(lane, excluded.lane)"

_READY = " UNION ALL ".join(f"SELECT 1 FROM turns WHERE lane = {lane:d} AND ready_at <= :now" for lane in Lane)

# Lane by lane, so that turns_next answers without reading the turns of all.
_NEXT = " UNION ALL ".join(
    f"SELECT min(ready_at) AS ready_at FROM turns WHERE lane = {lane:d} AND ready_at < :in_hand" for lane in Lane
)

# For each chat whose turn it is (turns_next), its best queued delivery (deliveries_queued), and whether the
# chat still wants it.
_CLAIM = """
SELECT turns.chat_id AS turn, deliveries.id AS delivery_id, deliveries.kind, deliveries.chat, deliveries.chat_id,
       deliveries.article_id, deliveries.notice, deliveries.lane, deliveries.attempts,
       chats.topic_id, chats.kind AS chat_kind, chats.language, chats.timezone, chats.silent,
       chats.state = 'active' AND (
           deliveries.kind = 'notice'
           OR chats.everything_since IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM subscriptions JOIN articles ON articles.category_id = subscriptions.category_id
               WHERE subscriptions.chat = chats.id AND articles.id = deliveries.article_id AND NOT wanted)
           OR EXISTS (
               SELECT 1 FROM subscriptions JOIN articles ON articles.category_id = subscriptions.category_id
               WHERE subscriptions.chat = chats.id AND articles.id = deliveries.article_id AND wanted)
       ) AS wanted
FROM (SELECT chat_id, ready_at FROM turns WHERE lane = :lane AND ready_at <= :now
      ORDER BY ready_at LIMIT :limit) AS turns
LEFT JOIN deliveries ON deliveries.id = (
    SELECT id FROM deliveries WHERE chat_id = turns.chat_id AND state = 'queued'
    ORDER BY lane, place, id LIMIT 1)
LEFT JOIN chats ON chats.id = deliveries.chat
ORDER BY turns.ready_at
"""

_SENT = """
UPDATE deliveries
SET state = 'sent', message_id = :message_id, revision = :revision, settled_at = :at, reason = NULL
WHERE id = :id
"""

_PUT_OFF = """
UPDATE deliveries SET state = 'queued', attempts = attempts + :failed, reason = :reason
WHERE id = :id AND state = 'sending'
"""

_DIED = "UPDATE deliveries SET state = 'dead', reason = :reason, settled_at = :at WHERE id = :id"

_TURN_OVER = """
DELETE FROM turns
WHERE chat_id = :chat_id AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat_id = :chat_id AND state = 'queued')
"""

_TURN_NEXT = """
UPDATE turns
SET ready_at = :ready_at,
    lane = (SELECT lane FROM deliveries WHERE chat_id = :chat_id AND state = 'queued'
            ORDER BY lane, place, id LIMIT 1)
WHERE chat_id = :chat_id
"""


async def _owe(transaction: Transaction, fanout: dict[str, int], chats: Sequence[Row], now: datetime) -> None:
    owed = [
        {
            "chat": row["chat"],
            "chat_id": row["chat_id"],
            "article_id": fanout["article_id"],
            "lane": fanout["lane"],
            "place": fanout["published_at"],
            "now": to_ms(now),
        }
        for row in chats
    ]
    await transaction.execute_many(
        """
        INSERT INTO deliveries (chat, chat_id, kind, article_id, lane, place, queued_at)
        VALUES (:chat, :chat_id, 'alert', :article_id, :lane, :place, :now) ON CONFLICT DO NOTHING
        """,
        owed,
    )
    await transaction.execute_many(
        f"INSERT INTO turns (chat_id, lane, ready_at) VALUES (:chat_id, :lane, :now) {_SOONER}", owed
    )


async def _drop(transaction: Transaction, rows: Sequence[Row]) -> None:
    """Forget unwanted deliveries; the chat's turn stays for what else it is owed, and ends where that is nothing."""
    unwanted = [{"id": row["delivery_id"], "chat_id": row["turn"]} for row in rows]
    await transaction.execute_many("DELETE FROM deliveries WHERE id = :id", unwanted)
    await transaction.execute_many(_TURN_OVER, unwanted)
    await transaction.execute_many(
        """
        UPDATE turns
        SET lane = (SELECT lane FROM deliveries WHERE chat_id = :chat_id AND state = 'queued'
                    ORDER BY lane, place, id LIMIT 1)
        WHERE chat_id = :chat_id
        """,
        unwanted,
    )


async def _leave(transaction: Transaction, outcome: Unreachable) -> None:
    claim = outcome.claim
    if not outcome.topic_only:
        await pause_chat(transaction, claim.chat_id, outcome.state, outcome.reason)
        return
    values = {"chat": claim.chat, "chat_id": claim.chat_id, "state": outcome.state, "reason": outcome.reason}
    await transaction.execute("UPDATE chats SET state = :state, reason = :reason WHERE id = :chat", values)
    await transaction.execute(
        """
        DELETE FROM deliveries WHERE chat_id = :chat_id AND +chat = :chat AND state IN ('queued', 'sending')
        """,
        values,
    )


def _next_turn(outcome: Outcome) -> int:
    match outcome:
        case Sent(next_at=moment) | PutOff(until=moment) | Died(at=moment) | Unreachable(at=moment):
            return to_ms(moment)


def _sent(outcome: Sent) -> dict[str, int]:
    return {
        "id": outcome.claim.delivery_id,
        "message_id": outcome.message_id,
        "revision": outcome.revision,
        "at": to_ms(outcome.at),
    }


def _put_off(outcome: PutOff) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "failed": int(outcome.failed)}


def _died(outcome: Died) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "at": to_ms(outcome.at)}


def _claim_from(row: Row) -> Claim:
    return Claim(
        delivery_id=row["delivery_id"],
        kind=DeliveryKind(row["kind"]),
        chat=row["chat"],
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
    )
