"""Corrections: queues the messages that show an older revision than their article has.

The delivery of such a message is queued again. Because it has a message id, the sender edits that message instead of
sending a new one.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.database import Database, Lock, Row, Transaction
from storage.records import Edited, Lane, Sent
from storage.times import to_ms
from storage.topics import digest_snapshots
from storage.topics.outbox import open_send_slots

SETTLE_MS = 60_000  # all changes of an article within this time make one edit
GAP_MS = 600_000  # the pause between two corrections of an article; it doubles with each correction
OPENED_AT_ONCE = 1_000  # messages that are folded in one transaction
BEFORE_OPENED = (2**62, 0)  # the place before all opened messages
MOST_DOUBLED = 8  # times that the pause doubles; after that, an article is corrected about every two days

# Selects the next messages about an article after the cursor of a correction. First come its alerts, by chat
# (deliveries_once). Then come the digests that list it, by snapshot (digest_snapshot_articles and
# deliveries_of_snapshot). Messages that are up to date count as well, so that a chunk reads no more than its limit.
_STRETCH = """
SELECT stretch.snapshot_id, stretch.place, deliveries.id, deliveries.chat_id, deliveries.state, deliveries.lane,
       deliveries.revision, deliveries.message_id IS NOT NULL AND chats.state = 'active' AS editable
FROM (
    SELECT * FROM (
        SELECT * FROM (
            SELECT 0 AS snapshot_id, chat AS place, id FROM deliveries
            WHERE :snapshot_id = 0 AND article_id = :article_id AND chat > :cursor
            ORDER BY chat LIMIT :limit) AS alerts
        UNION ALL
        SELECT * FROM (
            SELECT snapshot_id, id, id FROM deliveries
            WHERE snapshot_id = :snapshot_id AND id > :cursor ORDER BY id LIMIT :limit) AS begun
        UNION ALL
        SELECT * FROM (
            SELECT deliveries.snapshot_id, deliveries.id, deliveries.id
            FROM digest_snapshot_articles AS listing
            CROSS JOIN deliveries ON deliveries.snapshot_id = listing.snapshot_id
            WHERE listing.article_id = :article_id AND listing.snapshot_id > :snapshot_id
            ORDER BY listing.snapshot_id, deliveries.id LIMIT :limit) AS later
    ) AS messages ORDER BY snapshot_id, place LIMIT :limit
) AS stretch
JOIN deliveries ON deliveries.id = stretch.id LEFT JOIN chats ON chats.id = deliveries.chat
ORDER BY stretch.snapshot_id, stretch.place
"""


# The query reads one entry of corrections_due for each lane that corrections have.
_MOST_URGENT_CORRECTION = " UNION ALL ".join(
    f"""
    SELECT * FROM (
        SELECT corrections.article_id, corrections.lane, corrections.cursor, corrections.snapshot_id,
               articles.shown_revision
        FROM corrections CROSS JOIN articles ON articles.id = corrections.article_id
        WHERE corrections.lane = {lane:d} AND corrections.due_at <= :now
        ORDER BY corrections.due_at LIMIT 1) AS of_lane
    """
    for lane in (Lane.RETRACTION, Lane.EDIT)
)


async def expand_correction(transaction: Transaction, *, limit: int, now: datetime) -> int:
    """Queue the edits of the next messages of the most urgent correction.

    Returns the approximate number of messages. Returns at least 1 while a correction is open.
    """
    open_ones = await transaction.fetch(_MOST_URGENT_CORRECTION, {"now": to_ms(now)})
    if not open_ones:
        return 0
    correction = dict(open_ones[0]) | {"now": to_ms(now), "limit": limit}
    stretch = await transaction.fetch(_STRETCH, correction)
    newest = await digest_snapshots.newest(transaction, {row["snapshot_id"] for row in stretch} - {0})
    newest[0] = correction["shown_revision"]
    owed = [
        {"id": row["id"], "chat_id": row["chat_id"], "lane": correction["lane"], "now": correction["now"]}
        for row in stretch
        if _to_be_edited(row, newest[row["snapshot_id"]], correction["lane"])
    ]
    await transaction.execute(
        """
        UPDATE deliveries SET state = 'queued', lane = :lane, place = :now, attempts = 0
        WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
        """,
        {"lane": correction["lane"], "now": correction["now"], "ids": json.dumps([one["id"] for one in owed])},
    )
    await open_send_slots(transaction, owed)
    if len(stretch) < limit:
        await transaction.execute(
            """
            UPDATE corrections
            SET due_at = CASE WHEN again THEN :now + (:gap << CAST(min(rounds, :most) AS integer)) ELSE NULL END,
                again = FALSE,
                cursor = 0, snapshot_id = 0, rounds = rounds + 1, last_at = :now
            WHERE article_id = :article_id
            """,
            correction | {"gap": GAP_MS, "most": MOST_DOUBLED},
        )
    else:
        await transaction.execute(
            "UPDATE corrections SET cursor = :cursor, snapshot_id = :snapshot_id WHERE article_id = :article_id",
            correction | {"cursor": stretch[-1]["place"], "snapshot_id": stretch[-1]["snapshot_id"]},
        )
    return max(1, len(stretch))


def _to_be_edited(row: Row, newest: int, lane: int) -> bool:
    """Returns whether a message shows an older revision, or waits for its edit in a less urgent lane."""
    behind = row["state"] in ("sent", "dead") and row["revision"] < newest
    return bool(row["editable"]) and (behind or (row["state"] == "queued" and row["lane"] > lane))


async def correct_later(transaction: Transaction, article_id: int, now: datetime) -> None:
    """Schedule a correction of the messages about an article. All changes until then make one edit.

    If an article changes at every fetch, it is corrected less and less often.
    """
    await transaction.lock(Lock.CHATS)
    await transaction.execute(
        # If no chat was sent the article, there is nothing to correct. If a round of corrections has begun, it goes
        # on, and the next round edits the messages that this one has already passed.
        """
        INSERT INTO corrections (article_id, lane, due_at)
        SELECT id, :lane, :now + :settle FROM articles
        WHERE id = :id AND retracted_at IS NULL
          AND (EXISTS (SELECT 1 FROM deliveries WHERE article_id = :id AND chat > -1)
               OR EXISTS (SELECT 1 FROM digest_snapshot_articles WHERE article_id = :id))
        ON CONFLICT (article_id) DO UPDATE SET
            again = corrections.again OR corrections.cursor > 0 OR corrections.snapshot_id > 0,
            due_at = coalesce(corrections.due_at, max(excluded.due_at, corrections.last_at
                + (:gap << CAST(min(corrections.rounds - 1, :most) AS integer))))
        """,
        {
            "id": article_id,
            "lane": Lane.EDIT,
            "now": to_ms(now),
            "settle": SETTLE_MS,
            "gap": GAP_MS,
            "most": MOST_DOUBLED,
        },
    )


async def correct_now(transaction: Transaction, values: dict[str, Any]) -> None:
    """Correct the messages about an article next, in that lane. Edits that wait already move to that lane."""
    await transaction.execute(
        """
        INSERT INTO corrections (article_id, lane, due_at) VALUES (:id, :lane, :now)
        ON CONFLICT (article_id) DO UPDATE SET
            lane = excluded.lane, due_at = excluded.due_at, cursor = 0, snapshot_id = 0, again = FALSE
        """,
        values,
    )


async def requeue_outdated(transaction: Transaction, settled: Sequence[Sent | Edited]) -> None:
    """Correct the alerts whose article changed while they were being sent.

    If a round of corrections is under way, the next round corrects them.
    """
    shown: dict[int, int] = {}
    for outcome in settled:
        if (article_id := outcome.claim.article_id) is not None:
            shown[article_id] = min(outcome.revision, shown.get(article_id, outcome.revision))
    for article_id, revision in shown.items():
        await transaction.execute(
            """
            INSERT INTO corrections (article_id, lane, due_at)
            SELECT id, CASE WHEN retracted_at IS NULL THEN :edit ELSE :retraction END, changed_at FROM articles
            WHERE id = :id AND shown_revision > :revision
            ON CONFLICT (article_id) DO UPDATE SET
                due_at = coalesce(corrections.due_at, excluded.due_at), lane = excluded.lane,
                cursor = CASE WHEN corrections.again THEN corrections.cursor ELSE 0 END,
                snapshot_id = CASE WHEN corrections.again THEN corrections.snapshot_id ELSE 0 END
            """,
            {"id": article_id, "revision": revision, "edit": Lane.EDIT, "retraction": Lane.RETRACTION},
        )


async def opened_messages(database: Database, source_id: int, place: tuple[int, int]) -> Sequence[Row]:
    """Returns the next messages that show an article of this source as a page or an opened text.

    The newest articles come first, and digests that show a single article come last. `place` is the article id and
    the delivery id of the last message before these.
    """
    values = {"source_id": source_id, "article_id": place[0], "id": place[1], "limit": OPENED_AT_ONCE}
    alerts = await database.fetch(
        # Served by articles_of_source and deliveries_opened.
        """
        SELECT articles.id AS article_id, deliveries.id
        FROM articles CROSS JOIN deliveries ON deliveries.article_id = articles.id AND deliveries.shown_as > 0
        WHERE articles.source_id = :source_id AND articles.id <= :article_id
          AND (articles.id < :article_id OR deliveries.id > :id)
        ORDER BY articles.id DESC, deliveries.id LIMIT :limit
        """,
        values,
    )
    if alerts:
        return alerts
    digests_after = place[1] if place[0] == 0 else 0
    return await database.fetch(
        """
        SELECT 0 AS article_id, deliveries.id
        FROM deliveries JOIN digest_snapshots ON digest_snapshots.id = deliveries.snapshot_id
        JOIN articles ON articles.id = (SELECT min(CAST(value AS bigint)) FROM json_each(digest_snapshots.articles))
        WHERE deliveries.article_id IS NULL AND deliveries.shown_as > 0 AND deliveries.id > :digests_after
          AND articles.source_id = :source_id
        ORDER BY deliveries.id LIMIT :limit
        """,
        values | {"digests_after": digests_after},
    )


async def requeue_opened(transaction: Transaction, messages: Sequence[Row], now: datetime) -> int:
    """Queue the edits of these messages. Returns their number.

    A chat that the bot can't write to is corrected when it returns, because its message counts as outdated.
    """
    owed: list[Row] = []
    for row in messages:
        owed += await transaction.fetch(
            """
            UPDATE deliveries SET revision = 0, attempts = 0, place = :now, lane = :lane,
                state = CASE WHEN EXISTS (SELECT 1 FROM chats WHERE id = chat AND state = 'active') THEN 'queued'
                    ELSE state END
            WHERE id = :id AND state = 'sent' AND message_id IS NOT NULL RETURNING chat_id, state
            """,
            {"id": row["id"], "now": to_ms(now), "lane": Lane.EDIT},
        )
    slots = [
        {"chat_id": row["chat_id"], "lane": Lane.EDIT, "now": to_ms(now)} for row in owed if row["state"] == "queued"
    ]
    await open_send_slots(transaction, slots)
    return len(owed)


async def enqueue_corrections(transaction: Transaction, chat_id: int, now: datetime) -> None:
    """Queue the corrections of the older messages of a chat that returns. Served by deliveries_message."""
    owed = await transaction.fetch(
        f"""
        UPDATE deliveries
        SET state = 'queued', place = :now, attempts = 0,
            lane = CASE WHEN snapshot_id IS NOT NULL THEN {digest_snapshots.LANE} ELSE (
                SELECT CASE WHEN retracted_at IS NULL THEN {Lane.EDIT:d} ELSE {Lane.RETRACTION:d} END
                FROM articles WHERE id = article_id) END
        WHERE chat_id = :chat_id AND message_id IS NOT NULL AND state = 'sent'
          AND revision < CASE WHEN snapshot_id IS NOT NULL THEN {digest_snapshots.REVISION}
                         ELSE (SELECT shown_revision FROM articles WHERE id = article_id) END
        RETURNING lane
        """,
        {"chat_id": chat_id, "now": to_ms(now)},
    )
    if owed:
        best = min(row["lane"] for row in owed)
        await open_send_slots(transaction, [{"chat_id": chat_id, "lane": best, "now": to_ms(now)}])
