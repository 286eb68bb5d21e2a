"""Claims: the next delivery of each chat whose send slot is due, and whether the chat still wants it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from storage.database import Row, Transaction
from storage.records import (
    ChatKind,
    Claim,
    DeliveryKind,
    Lane,
    Preview,
    ShownAs,
)
from storage.times import from_ms, from_ms_or_none, to_ms
from storage.topics import duplicates, subjects
from storage.topics.outbox import LOCKED
from storage.topics.outcomes import DIED
from storage.topics.reading import language_matches, reading_from
from storage.topics.rows import split_readable
from storage.topics.send_slots import STORED_LANES, set_slots
from storage.topics.story_index import WINDOW
from storage.topics.timetables import timetable_from

UNREADABLE = "a value of this delivery or of its chat can't be read"

_DUE_SLOTS = " UNION ALL ".join(
    f"""
    SELECT * FROM (
        SELECT chat_id, lane, next_send_at FROM send_slots WHERE lane = {lane:d} AND next_send_at <= :now
        ORDER BY next_send_at LIMIT :limit) AS of_lane{lane:d}
    """
    for lane in STORED_LANES
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
       deliveries.shown_as,
       chats.topic_id, chats.kind AS chat_kind, chats.language, chats.timezone, chats.silent,
       chats.rhythm, chats.digest_hour, chats.digest_weekday, chats.quiet_from, chats.quiet_to, chats.breaking,
       chats.most_a_day, chats.saved_in_digest, chats.snoozed_until, chats.alerts_since, chats.alerts_sent,
       chats.reads, chats.grouped, chats.preview, chats.settings_at,
       (SELECT count(*)
        FROM (SELECT 1 FROM deliveries AS others
              WHERE others.chat_id = due.chat_id AND others.state = 'queued' LIMIT :most) AS counted) AS waiting,
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

NEXT_OF_EACH = _claiming(
    f"SELECT * FROM ({_DUE_SLOTS}) AS slots ORDER BY lane, next_send_at LIMIT :limit", _BEST_OF_CHAT
)

# The most urgent delivery of a chat, without deliveries about the excluded articles. The query reads only few chats.
_ANOTHER_OF_CHAT = """
SELECT id FROM deliveries
WHERE chat_id = due.chat_id AND state = 'queued' AND coalesce(held_until, 0) <= :now
  AND coalesce(article_id, 0) NOT IN (SELECT CAST(value AS bigint) FROM json_each(:without))
ORDER BY lane, place, id LIMIT 1
"""

ANOTHER_OF_THESE = _claiming(
    f"""
    SELECT send_slots.* FROM json_each(:chats) AS asked
    CROSS JOIN send_slots ON send_slots.chat_id = CAST(asked.value AS bigint)
    WHERE next_send_at <= :now AND EXISTS ({_ANOTHER_OF_CHAT.replace("due.chat_id", "send_slots.chat_id")})
    LIMIT :limit
    """,
    _ANOTHER_OF_CHAT,
)


async def claim_deliveries(transaction: Transaction, sql: str, values: dict[str, Any], now: datetime) -> list[Claim]:
    """Claim the deliveries that `sql` selects, and lock the slots of their chats. Unwanted deliveries are deleted."""
    rows = _as_dicts(await transaction.fetch(sql, values))
    claims, broken = split_readable([row for row in rows if row["wanted"]], _claim_from)
    await _give_up(transaction, broken, now)
    unwanted = [row for row in rows if not row["wanted"]]
    if unwanted:
        await _drop(transaction, unwanted, now)
    if claims:
        await _take(transaction, claims)
    return claims


async def _take(transaction: Transaction, claims: Sequence[Claim]) -> None:
    """Mark these deliveries as being sent. One statement for all of them is what a server does with least work."""
    await transaction.execute(
        """
        UPDATE deliveries SET state = 'sending'
        WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
        """,
        {"ids": json.dumps([claim.delivery_id for claim in claims])},
    )
    await transaction.execute(
        """
        UPDATE send_slots SET next_send_at = :locked, quiet = 0
        WHERE chat_id IN (SELECT CAST(value AS bigint) FROM json_each(:chats))
        """,
        {"locked": LOCKED, "chats": json.dumps([claim.chat_id for claim in claims])},
    )


async def _give_up(transaction: Transaction, broken: Sequence[Row], now: datetime) -> None:
    """Mark deliveries whose rows can't be read as dead. A chat keeps its slot if it has other queued deliveries."""
    values = [
        {"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now), "at": to_ms(now), "reason": UNREADABLE}
        for row in broken
    ]
    await transaction.execute_many(DIED, values)
    await set_slots(transaction, values)


async def _drop(transaction: Transaction, rows: Sequence[Row], now: datetime) -> None:
    """Delete unwanted deliveries. A chat keeps its send slot if another delivery is queued for it."""
    unwanted = [{"id": row["id"], "chat_id": row["slot"], "next_send_at": to_ms(now)} for row in rows]
    await transaction.execute(
        "DELETE FROM deliveries WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))",
        {"ids": json.dumps([row["id"] for row in rows])},
    )
    await set_slots(transaction, unwanted)


def _as_dicts(rows: Sequence[Row]) -> list[Row]:
    """Returns the rows as dicts. A row of SQLite searches its columns for each name, and a claim has thirty."""
    if not rows or isinstance(rows[0], dict):
        return list(rows)
    names = list(rows[0].keys())
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
        preview=Preview(row["preview"]),
        since=from_ms(row["since"]) if row["since"] is not None else None,
        until=from_ms(row["until"]) if row["until"] is not None else None,
        snapshot=row["snapshot_id"],
        snoozed_until=from_ms_or_none(row["snoozed_until"]),
        chosen_at=from_ms(row["settings_at"]),
        alerts_since=from_ms(row["alerts_since"]),
        alerts_sent=row["alerts_sent"],
        shown_as=ShownAs(row["shown_as"]),
        waiting=row["waiting"],
    )
