"""Visits: what the last visit says of its source, and sources that moved to another address."""

import json

from storage.database import Transaction
from storage.errors import Superseded
from storage.records import SubjectKind, Visit
from storage.times import to_ms, to_ms_or_none
from storage.topics.article_keys import move_keys
from storage.topics.histories import note_visit
from storage.topics.subjects import merge_subjects

DROPS_KEPT = 5  # reasons for dropped items that a source keeps; their full number is always stored


async def record_visit(transaction: Transaction, visit: Visit) -> None:
    """Store what a visit found out. Raises Superseded if another process has leased the source since."""
    if visit.lease is not None:
        await _end_lease(transaction, visit.source_id, visit.lease)
    await note_visit(transaction, visit)
    learned = {
        "id": visit.source_id,
        "due_at": to_ms(visit.due_at),
        "visited_at": to_ms_or_none(visit.visited_at),
        "watched_since": to_ms_or_none(visit.watched_since),
        "recent_articles": visit.recent_articles,
        "newest_at": to_ms_or_none(visit.newest_at),
        "usual_gap": visit.usual_gap.total_seconds(),
        "gaps": visit.gaps,
        "requested_seconds": visit.requested_pause.total_seconds(),
    }
    if visit.error is not None:
        await transaction.execute(
            """
            UPDATE sources
            SET due_at = :due_at, visited_at = coalesce(:visited_at, visited_at),
                requested_seconds = :requested_seconds, failures = failures + 1, last_error = :error,
                problem = :problem
            WHERE id = :id
            """,
            learned | {"error": visit.error, "problem": visit.problem},
        )
        return
    await transaction.execute(
        """
        UPDATE sources
        SET due_at = :due_at, visited_at = coalesce(:visited_at, visited_at),
            watched_since = coalesce(:watched_since, watched_since),
            recent_articles = coalesce(:recent_articles, recent_articles), requested_seconds = :requested_seconds,
            newest_at = coalesce(:newest_at, newest_at),
            usual_gap_seconds = CASE WHEN :newest_at IS NULL THEN usual_gap_seconds ELSE :usual_gap END,
            gaps = CASE WHEN :newest_at IS NULL THEN gaps ELSE :gaps END,
            refreshed_at = :succeeded_at, etag = :etag, last_modified = :last_modified,
            title = CASE WHEN renamed THEN title ELSE coalesce(:title, title) END, failures = 0, last_error = NULL,
            problem = NULL, answer_seconds = :answer_seconds, whole_at = coalesce(:whole_at, whole_at),
            dropped = CASE WHEN :whole_at IS NULL THEN dropped ELSE :dropped END,
            drop_reasons = CASE WHEN :whole_at IS NULL THEN drop_reasons ELSE :drop_reasons END
        WHERE id = :id
        """,
        learned
        | {
            "succeeded_at": to_ms_or_none(visit.succeeded_at),
            "etag": visit.etag,
            "last_modified": visit.last_modified,
            "title": visit.title,
            "answer_seconds": visit.answer_seconds,
            "whole_at": to_ms_or_none(visit.whole_at),
            "dropped": len(visit.dropped),
            "drop_reasons": json.dumps(visit.dropped[:DROPS_KEPT], ensure_ascii=False),
        },
    )
    if visit.moved_to is not None:
        await _move(transaction, visit.source_id, visit.moved_to)


async def _end_lease(transaction: Transaction, source_id: int, process: str) -> None:
    values = {"id": source_id, "process": process}
    if await transaction.change(
        "UPDATE sources SET leased_by = NULL WHERE id = :id AND leased_by = :process", values
    ):
        return
    if await transaction.fetch("SELECT id FROM sources WHERE id = :id", values):  # else it was removed
        raise Superseded(f"source {source_id}: another process visits it now; nothing was stored")


async def _move(transaction: Transaction, source_id: int, url: str) -> None:
    """Give a source its new address.

    If another source already has that address, the two are merged. The other source stays and keeps its settings, and
    the articles of the moved source become its own. A public source makes a private one public. The articles of a
    private source never become public in this way: they stay without a source, so nobody sees them any more.
    """
    moved = {"id": source_id, "url": url}
    other = await transaction.fetch("SELECT id, private FROM sources WHERE url = :url AND id <> :id", moved)
    if not other:
        await transaction.execute("UPDATE sources SET url = :url WHERE id = :id", moved)
        return
    values = {"id": source_id, "to": int(other[0]["id"])}
    [own] = await transaction.fetch("SELECT private FROM sources WHERE id = :id", values)
    if other[0]["private"] and not own["private"]:
        await transaction.execute("UPDATE sources SET private = FALSE, moving = TRUE WHERE id = :to", values)
    if not own["private"] or other[0]["private"]:
        await move_keys(transaction, source_id, values["to"])
        await transaction.full_text.change_source(transaction, source_id, values["to"])
        for table in ("articles", "pages_wanted", "remembered"):
            await transaction.execute(f"UPDATE {table} SET source_id = :to WHERE source_id = :id", values)
    # The articles of the moved source were read already, so they must not count as a backlog that is read before news
    # is pushed.
    await transaction.execute(
        """
        UPDATE sources SET refreshed_at = coalesce(sources.refreshed_at, moved.refreshed_at),
            category = coalesce(sources.category, moved.category)
        FROM (SELECT refreshed_at, category FROM sources WHERE id = :id) AS moved WHERE id = :to
        """,
        values,
    )
    await merge_subjects(transaction, SubjectKind.SOURCE, source_id, values["to"])
    await transaction.execute("DELETE FROM sources WHERE id = :id", values)
