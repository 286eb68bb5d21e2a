"""The rows of sources: how one is read, added, and shared by another chat."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.database import Row, Transaction, Values
from storage.records import HubHealth, NewSource, Source, SourceKind, SourceProblem
from storage.times import from_ms, from_ms_or_none, to_ms
from storage.topics.article_keys import move_keys
from storage.topics.folders import forget_folder


def source_from(row: Row) -> Source:
    return Source(
        id=row["id"],
        url=row["url"],
        kind=SourceKind(row["kind"]),
        title=row["title"],
        category=row["category"],
        every_seconds=row["every_seconds"],
        due_at=from_ms(row["due_at"]),
        refreshed_at=from_ms_or_none(row["refreshed_at"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        failures=row["failures"],
        last_error=row["last_error"],
        problem=SourceProblem(row["problem"]) if row["problem"] in list(SourceProblem) else None,
        breaking=bool(row["breaking"]),
        full_text=bool(row["full_text"]),
        teaser=bool(row["teaser"]),
        desk=bool(row["desk"]),
        visited_at=from_ms_or_none(row["visited_at"]),
        watched_since=from_ms_or_none(row["watched_since"]),
        recent_articles=row["recent_articles"],
        newest_at=from_ms_or_none(row["newest_at"]),
        usual_gap=timedelta(seconds=row["usual_gap_seconds"]),
        gaps=row["gaps"],
        answer_seconds=row["answer_seconds"],
        requested_pause=timedelta(seconds=row["requested_seconds"]),
        whole_at=from_ms_or_none(row["whole_at"]),
        dropped=row["dropped"],
        drop_reasons=tuple(json.loads(row["drop_reasons"])),
        private=bool(row["private"]),
        paused=bool(row["paused"]),
        hub=HubHealth(row["hub"]) if row["hub"] in list(HubHealth) else None,
        leased_by=row["leased_by"],
    )


async def share_source(
    transaction: Transaction, source_id: int, *, chat_row: int, title: str | None, now: datetime
) -> None:
    """Undo what others have changed in a private source that is about to be followed by one more chat.

    Otherwise a stranger who added an address first could rename it, file it, or keep it from being read, for all who
    follow.
    """
    await forget_folder(transaction, source_id, chat_row=chat_row)
    await transaction.execute(
        # Served by the keys of sources, subjects and follows.
        """
        UPDATE sources SET paused = FALSE, renamed = FALSE, title =
            CASE WHEN renamed THEN coalesce(:title, title) ELSE title END,
            due_at = CASE WHEN paused THEN :now ELSE due_at END
        WHERE id = :id AND private AND (paused OR renamed) AND NOT EXISTS (
            SELECT 1 FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id AND follows.chat = :chat
            WHERE subjects.kind = 'source' AND subjects.ref = sources.id)
        """,
        {"id": source_id, "chat": chat_row, "title": title, "now": to_ms(now)},
    )


async def add_source(
    transaction: Transaction, source: NewSource, *, due_at: datetime, known_too: bool, now: datetime
) -> tuple[Source, bool]:
    """Add a source. Returns the source, and whether it is new.

    If the source is known and `known_too` is True, it is due at `due_at` at the latest, and it gets the new kind and
    title. A known private source becomes public.
    """
    known = await transaction.fetch("SELECT id FROM sources WHERE url = :url", {"url": source.url})
    rows = await transaction.fetch(f"{_PUT} RETURNING *", _put_values(source, due_at, known_too=known_too, now=now))
    await _take_over_keys(transaction, source.url)
    return source_from(rows[0]), not known


async def put_sources(transaction: Transaction, sources: Sequence[tuple[NewSource, datetime]], now: datetime) -> None:
    """Add sources as `add_source` does with `known_too=False`, in a few statements for all of them."""
    await transaction.execute_many(
        _PUT, [_put_values(source, due_at, known_too=False, now=now) for source, due_at in sources]
    )
    for url in sorted(await known_urls(transaction, "former_sources", sources)):
        await _take_over_keys(transaction, url)


async def known_urls(transaction: Transaction, table: str, sources: Sequence[tuple[NewSource, datetime]]) -> set[str]:
    """Returns the addresses of these sources that are in a table, `sources` or `former_sources`."""
    rows = await transaction.fetch(
        f"SELECT url FROM {table} WHERE url IN (SELECT value FROM json_each(:urls))",
        {"urls": json.dumps([source.url for source, _ in sources], ensure_ascii=False)},
    )
    return {row["url"] for row in rows}


async def _take_over_keys(transaction: Transaction, url: str) -> None:
    """Let the articles of a removed source be found by the keys of the source that has its address now."""
    former = await transaction.fetch(
        """
        DELETE FROM former_sources WHERE url = :url
        RETURNING id, (SELECT id FROM sources WHERE url = :url) AS new
        """,
        {"url": url},
    )
    for row in former:
        await move_keys(transaction, row["id"], row["new"])


_PUT = """
INSERT INTO sources (
    url, kind, title, category, every_seconds, breaking, full_text, teaser, desk, paused, renamed,
    added_at, due_at)
VALUES (
    :url, :kind, :title, :category, :every_seconds, coalesce(:breaking, FALSE), coalesce(:full_text, FALSE),
    coalesce(:teaser, FALSE), coalesce(:desk, FALSE),
    :paused, :keeps_title, :now, :due_at)
ON CONFLICT (url) DO UPDATE SET
    kind = CASE WHEN :known_too THEN excluded.kind ELSE sources.kind END,
    title = CASE WHEN :known_too THEN coalesce(excluded.title, sources.title) ELSE sources.title END,
    refreshed_at = CASE WHEN :known_too AND sources.kind <> excluded.kind THEN NULL
        ELSE sources.refreshed_at END,
    etag = CASE WHEN :known_too AND (sources.kind <> excluded.kind OR sources.kind <> 'folder') THEN NULL
        ELSE sources.etag END,
    last_modified = CASE WHEN :known_too THEN NULL ELSE sources.last_modified END,
    failures = CASE WHEN :known_too THEN 0 ELSE sources.failures END,
    last_error = CASE WHEN :known_too THEN NULL ELSE sources.last_error END,
    problem = CASE WHEN :known_too THEN NULL ELSE sources.problem END,
    category = coalesce(excluded.category, sources.category),
    every_seconds = coalesce(excluded.every_seconds, sources.every_seconds),
    breaking = coalesce(:breaking, sources.breaking),
    full_text = coalesce(:full_text, sources.full_text),
    teaser = coalesce(:teaser, sources.teaser),
    desk = coalesce(:desk, sources.desk),
    moving = sources.moving OR sources.private,
    private = FALSE,
    due_at = CASE WHEN :known_too THEN min(sources.due_at, excluded.due_at) ELSE sources.due_at END
"""


def _put_values(source: NewSource, due_at: datetime, *, known_too: bool, now: datetime) -> Values:
    return {
        "url": source.url,
        "kind": source.kind,
        "title": source.title,
        "category": source.category,
        "every_seconds": source.every_seconds,
        "breaking": source.breaking,
        "full_text": source.full_text,
        "teaser": source.teaser,
        "desk": source.desk,
        "paused": source.paused,
        "keeps_title": source.keeps_title,
        "now": to_ms(now),
        "due_at": to_ms(due_at),
        "known_too": known_too,
    }
