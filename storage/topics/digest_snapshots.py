"""Digest snapshots: the contents of sent digests. A correction finds a digest by them and changes nothing else in it.

A digest covers a period of time, and the articles of that period change later: articles are withdrawn, and readers
change their choices. So a snapshot stores which articles were sent, and in which order. Many chats get the same
digest at the same hour. They share one snapshot, and a delivery has only its id. Measurements: a digest takes 10
bytes if 100,000 chats share one snapshot, and about 400 bytes if each chat has its own. The delivery itself takes 215
bytes. The index deliveries_listed, which shows what a chat was already sent, takes 21 bytes more.

The revision of a digest is the sum of the revisions of its headlines. A digest of one article looks like an alert, so
the revision of what an alert shows counts as well. Each revision only grows, so a digest is out of date exactly while
its sum is smaller. No row has to be written when a headline changes.
"""

import json
from collections.abc import Iterable, Sequence

from storage.database import Database, Row, Transaction
from storage.records import DeliveryKind, DigestSnapshot, Edited, Lane, Rhythm, Sent
from storage.times import to_ms

_SUM = (
    "sum(articles.headline_revision + CASE WHEN digest_snapshots.found = 1 THEN articles.shown_revision ELSE 0 END)"
)

# The revision that a sent digest has to show.
REVISION = f"""
(SELECT {_SUM}
 FROM digest_snapshots, json_each(digest_snapshots.articles) AS line
 JOIN articles ON articles.id = CAST(line.value AS bigint)
 WHERE digest_snapshots.id = deliveries.snapshot_id)
"""

# The lane of its correction. A wrong message is corrected before news is sent.
LANE = f"""
(SELECT CASE WHEN count(articles.retracted_at) > 0 THEN {Lane.RETRACTION:d} ELSE {Lane.EDIT:d} END
 FROM digest_snapshots, json_each(digest_snapshots.articles) AS line
 JOIN articles ON articles.id = CAST(line.value AS bigint)
 WHERE digest_snapshots.id = deliveries.snapshot_id)
"""


class DigestSnapshots:
    """Implements `contract.DigestSnapshots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, snapshot: int) -> DigestSnapshot | None:
        rows = await self._database.fetch("SELECT * FROM digest_snapshots WHERE id = :id", {"id": snapshot})
        return _edition_from(rows[0]) if rows else None


async def keep(transaction: Transaction, sent: Sequence[Sent]) -> None:
    """Store the snapshots of the digests among these outcomes, if there are any."""
    digests = [(one.claim.delivery_id, one.snapshot) for one in sent if one.snapshot is not None]
    numbers = {snapshot: await number_of(transaction, snapshot) for snapshot in {snapshot for _, snapshot in digests}}
    await transaction.execute_many(
        "UPDATE deliveries SET snapshot_id = :snapshot_id WHERE id = :id",
        [{"id": delivery, "snapshot_id": numbers[snapshot]} for delivery, snapshot in digests],
    )


async def catch_up(transaction: Transaction, settled: Sequence[Sent | Edited]) -> None:
    """Queue the digests again in which a headline changed while they were being sent.

    Call it before their chats get their next send slot. A digest is left out if a correction that has not begun will
    find it: that correction waits for further changes.
    """
    await transaction.execute_many(
        f"""
        UPDATE deliveries SET state = 'queued', lane = {LANE}, place = :now, attempts = 0
        WHERE id = :id AND state = 'sent' AND message_id IS NOT NULL AND revision < {REVISION}
          AND NOT EXISTS (
              SELECT 1 FROM digest_snapshots, json_each(digest_snapshots.articles) AS line
              JOIN corrections ON corrections.article_id = CAST(line.value AS bigint)
              WHERE digest_snapshots.id = deliveries.snapshot_id AND corrections.due_at IS NOT NULL
                AND corrections.cursor = 0 AND corrections.snapshot_id = 0)
        """,
        [
            {"id": one.claim.delivery_id, "now": to_ms(one.at)}
            for one in settled
            if one.claim.kind is DeliveryKind.DIGEST
        ],
    )


async def newest(transaction: Transaction, snapshots: Iterable[int]) -> dict[int, int]:
    """Returns the revision that digests of each of these snapshots have to show."""
    rows = await transaction.fetch(
        f"""
        SELECT digest_snapshots.id, coalesce({_SUM}, 0) AS revision
        FROM json_each(:snapshot_ids) AS wanted
        CROSS JOIN digest_snapshots ON digest_snapshots.id = CAST(wanted.value AS bigint)
        CROSS JOIN json_each(digest_snapshots.articles) AS line ON TRUE
        LEFT JOIN articles ON articles.id = CAST(line.value AS bigint)
        GROUP BY digest_snapshots.id
        """,
        {"snapshot_ids": json.dumps(sorted(snapshots))},
    )
    return {row["id"]: row["revision"] for row in rows}


async def forget(transaction: Transaction, snapshots: Iterable[int]) -> None:
    """Delete the snapshots among these that no digest shows any more."""
    values = {"snapshot_ids": json.dumps(sorted(snapshots))}
    unused = """
        digest_snapshots.id IN (SELECT CAST(value AS bigint) FROM json_each(:snapshot_ids))
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE snapshot_id = digest_snapshots.id)
    """
    await transaction.execute(
        f"""
        DELETE FROM digest_snapshot_articles WHERE (article_id, snapshot_id) IN (
            SELECT CAST(line.value AS bigint), digest_snapshots.id
            FROM digest_snapshots CROSS JOIN json_each(digest_snapshots.articles) AS line ON TRUE WHERE {unused})
        """,
        values,
    )
    await transaction.execute(f"DELETE FROM digest_snapshots WHERE {unused}", values)


async def number_of(transaction: Transaction, snapshot: DigestSnapshot) -> int:
    """Returns the id of a snapshot. Stores it if it is new."""
    articles = json.dumps(snapshot.articles, separators=(",", ":"))
    values = {"articles": articles, "found": snapshot.found, "rhythm": snapshot.rhythm}
    known = await transaction.fetch(
        "SELECT id FROM digest_snapshots WHERE articles = :articles AND found = :found AND rhythm = :rhythm", values
    )
    if known:
        return int(known[0]["id"])
    made = await transaction.fetch(
        "INSERT INTO digest_snapshots (articles, found, rhythm) VALUES (:articles, :found, :rhythm) RETURNING id",
        values,
    )
    number = int(made[0]["id"])
    await transaction.execute_many(
        "INSERT INTO digest_snapshot_articles (article_id, snapshot_id) VALUES (:article, :snapshot_id)",
        [{"article": article, "snapshot_id": number} for article in snapshot.articles],
    )
    return number


def _edition_from(row: Row) -> DigestSnapshot:
    return DigestSnapshot(tuple(json.loads(row["articles"])), row["found"], Rhythm(row["rhythm"]))
