"""How fast articles reach their chats: counted while alerts are sent, and judged when the promised time is over.

The row of an article is made when its fan-out opens. `due` grows when deliveries are made. Triggers take back what a
chat wished to get later or no longer wants (see the migration). `count_outcomes` adds what was sent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from storage.database import Database, Row, Transaction
from storage.records import (
    ArticleReach,
    DeliveryKind,
    Died,
    Lane,
    Outcome,
    ReachSummary,
    Sent,
    delay_step,
    verdict,
)
from storage.times import from_ms, from_ms_or_none, to_ms

JUDGED_AT_ONCE = 100  # articles
FORGOTTEN_AFTER = timedelta(days=2)  # an article whose verdict is not known by then gets none


class ReachLog:
    """Implements `contract.ReachLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_article(self, article_id: int) -> ArticleReach | None:
        rows = await self._database.fetch(f"{_REACH} WHERE reach.article_id = :id", {"id": article_id})
        return (await self._with_delays(rows))[0] if rows else None

    async def newest(self, *, limit: int) -> list[ArticleReach]:
        return await self._with_delays(
            await self._database.fetch(
                f"""
                -- scans reach: from the newest one on (reach_newest), and stops at its limit
                {_REACH} WHERE reach.sent > 0 AND NOT articles.private
                ORDER BY reach.opened_at DESC, reach.article_id DESC LIMIT :limit
                """,
                {"limit": max(0, limit)},
            )
        )

    async def judge(self, *, promise: timedelta, now: datetime) -> list[ArticleReach]:
        open_ones = await self._database.fetch(
            # Served by reach_open.
            f"""
            {_REACH} WHERE reach.judged_at IS NULL AND reach.opened_at <= :before
            ORDER BY reach.opened_at LIMIT :limit
            """,
            {"before": to_ms(now - promise), "limit": JUDGED_AT_ONCE},
        )
        judged = []
        for reach in await self._with_delays(open_ones):
            kept = verdict(reach, now, promise)
            forgotten = reach.opened_at < now - FORGOTTEN_AFTER
            if kept is not None or forgotten:
                judged.append((reach, kept if reach.due > 0 else None))
        async with self._database.transaction(durable=False) as transaction:  # a lost verdict is found again
            await transaction.execute_many(
                "UPDATE reach SET judged_at = :now, kept = :kept, promise_ms = :promise WHERE article_id = :id",
                [
                    {
                        "id": reach.article_id,
                        "now": to_ms(now),
                        "kept": kept,
                        "promise": promise // timedelta(milliseconds=1),
                    }
                    for reach, kept in judged
                ],
            )
        verdicts = [await self.of_article(reach.article_id) for reach, kept in judged if kept is not None]
        return [reach for reach in verdicts if reach is not None]

    async def latest_verdicts(self, *, limit: int) -> list[bool]:
        rows = await self._database.fetch(
            """
            -- scans reach: from the latest verdict on (reach_judged), and stops at its limit
            SELECT kept FROM reach WHERE judged_at IS NOT NULL AND kept IS NOT NULL
            ORDER BY judged_at DESC, article_id DESC LIMIT :limit
            """,
            {"limit": max(0, limit)},
        )
        return [bool(row["kept"]) for row in rows]

    async def summary(self, *, since: datetime) -> ReachSummary:
        rows = await self._database.fetch(
            # Served by reach_judged.
            """
            SELECT count(*) AS articles, count(*) FILTER (WHERE kept) AS kept, coalesce(sum(due), 0) AS due,
                   coalesce(sum(in_time), 0) AS in_time
            FROM reach WHERE judged_at >= :since AND kept IS NOT NULL
            """,
            {"since": to_ms(since)},
        )
        return ReachSummary(**dict(rows[0]))

    async def _with_delays(self, rows: Sequence[Row]) -> list[ArticleReach]:
        found = []
        for row in rows:
            steps = await self._database.fetch(
                "SELECT step, sent FROM reach_delays WHERE article_id = :id", {"id": row["article_id"]}
            )
            found.append(_reach_from(row, {step["step"]: step["sent"] for step in steps}))
        return found


_REACH = """
SELECT reach.*, articles.title,
       EXISTS (SELECT 1 FROM fanouts WHERE fanouts.article_id = reach.article_id) AS is_spreading
FROM reach CROSS JOIN articles ON articles.id = reach.article_id
"""


def _reach_from(row: Row, delays: Mapping[int, int]) -> ArticleReach:
    return ArticleReach(
        article_id=row["article_id"],
        title=row["title"],
        lane=Lane(row["lane"]),
        opened_at=from_ms(row["opened_at"]),
        promise=timedelta(milliseconds=row["promise_ms"]),
        due=row["due"],
        sent=row["sent"],
        in_time=row["in_time"],
        missed=row["missed"],
        held=row["held"],
        is_spreading=bool(row["is_spreading"]),
        first=_delay(row["first_ms"]),
        last=_delay(row["last_ms"]),
        judged_at=from_ms_or_none(row["judged_at"]),
        kept=None if row["kept"] is None else bool(row["kept"]),
        delays=delays,
    )


def _delay(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)


async def open_reach(transaction: Transaction, article_id: int, lane: Lane, now: datetime) -> None:
    """Begin to count for an article whose fan-out opens. If it was pushed before, the promise counts from now on."""
    await transaction.execute(
        """
        INSERT INTO reach (article_id, lane, opened_at) VALUES (:id, :lane, :now)
        ON CONFLICT (article_id) DO UPDATE SET
            lane = min(reach.lane, excluded.lane), opened_at = excluded.opened_at, judged_at = NULL, kept = NULL
        """,
        {"id": article_id, "lane": lane, "now": to_ms(now)},
    )


async def count_due(transaction: Transaction, article_id: int, deliveries: int) -> None:
    if deliveries:
        await transaction.execute(
            "UPDATE reach SET due = due + :deliveries WHERE article_id = :id",
            {"id": article_id, "deliveries": deliveries},
        )


async def count_missed(transaction: Transaction, delivery_ids: Sequence[int]) -> None:
    """Count alerts as missed that are about to be deleted, because a catch-up message lists them."""
    await transaction.execute_many(
        # The trigger will take the alert from those that are due, so it is added here once more.
        """
        UPDATE reach SET due = due + 1, missed = missed + 1
        WHERE article_id = (SELECT article_id FROM deliveries WHERE id = :id AND NOT excused)
        """,
        [{"id": one} for one in delivery_ids],
    )


async def count_outcomes(
    transaction: Transaction, outcomes: Sequence[Outcome], *, excused: frozenset[int], promise: timedelta
) -> None:
    """Count the alerts among these outcomes. `excused` holds the ids of deliveries that are not promised."""
    counted: dict[int, _Counted] = {}
    promised = promise.total_seconds()
    for outcome in outcomes:
        claim = outcome.claim
        if claim.kind is not DeliveryKind.ALERT or claim.article_id is None or claim.message_id is not None:
            continue
        if not isinstance(outcome, _COUNTED):
            continue
        of_article = counted.setdefault(claim.article_id, _Counted())
        if claim.delivery_id in excused:
            of_article.held += isinstance(outcome, Sent)
        elif isinstance(outcome, Died):
            of_article.missed += 1
        else:
            of_article.add(max(0.0, (outcome.at - claim.queued_at).total_seconds()), promised)
    if not counted:
        return
    await transaction.execute_many(
        """
        UPDATE reach SET
            sent = sent + :sent, in_time = in_time + :in_time, missed = missed + :missed, held = held + :held,
            promise_ms = :promise, first_ms = coalesce(min(first_ms, :first), first_ms, :first),
            last_ms = coalesce(max(last_ms, :last), last_ms, :last)
        WHERE article_id = :id
        """,
        [one.values(article_id, promise) for article_id, one in counted.items()],
    )
    await transaction.execute_many(
        """
        INSERT INTO reach_delays (article_id, step, sent)
        SELECT article_id, :step, :sent FROM reach WHERE article_id = :id
        ON CONFLICT (article_id, step) DO UPDATE SET sent = reach_delays.sent + excluded.sent
        """,
        [
            {"id": article_id, "step": step, "sent": sent}
            for article_id, one in counted.items()
            for step, sent in one.steps.items()
        ],
    )


_COUNTED = (Sent, Died)


class _Counted:
    """The alerts of one article in a group of outcomes."""

    def __init__(self) -> None:
        self.in_time = self.missed = self.held = 0
        self.delays: list[float] = []  # in seconds

    def add(self, seconds: float, promised: float) -> None:
        self.delays.append(seconds)
        self.in_time += seconds <= promised

    @property
    def steps(self) -> Counter[int]:
        return Counter(map(delay_step, self.delays))

    def values(self, article_id: int, promise: timedelta) -> dict[str, int | None]:
        return {
            "id": article_id,
            "sent": len(self.delays),
            "in_time": self.in_time,
            "missed": self.missed,
            "held": self.held,
            "promise": promise // timedelta(milliseconds=1),
            "first": round(1000 * min(self.delays)) if self.delays else None,
            "last": round(1000 * max(self.delays)) if self.delays else None,
        }
