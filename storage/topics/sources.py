"""Sources: the feeds, pages and folders that articles come from, and the time at which each is due."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from storage.database import Database, Row
from storage.records import (
    AddedSources,
    DueSource,
    NewSource,
    SilentSource,
    Source,
    SourceKind,
    SourceState,
    Viewer,
    Visit,
)
from storage.times import from_ms, to_ms
from storage.topics import privacy, waiting
from storage.topics.rows import readable
from storage.topics.source_rows import add_source, known_urls, put_sources, share_source, source_from
from storage.topics.subjects import OWN_SOURCES
from storage.topics.visits import record_visit

_IN_STATE = {
    None: "TRUE",
    SourceState.PAUSED: "paused",
    SourceState.FAILING: "NOT paused AND failures > 0",
    SourceState.UNREAD: "NOT paused AND failures = 0 AND refreshed_at IS NULL AND kind NOT IN ('hook', 'channel')",
    SourceState.OK: "NOT paused AND failures = 0 AND (refreshed_at IS NOT NULL OR kind IN ('hook', 'channel'))",
}


class Sources:
    """Implements `contract.Sources`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        url: str,
        kind: SourceKind,
        *,
        now: datetime,
        category: str | None = None,
        every_seconds: int | None = None,
        title: str | None = None,
        breaking: bool | None = None,
        full_text: bool | None = None,
        teaser: bool | None = None,
        desk: bool | None = None,
    ) -> tuple[Source, bool]:
        """Add a source that is due at once. Returns the source, and whether it is new."""
        source = NewSource(
            url=url,
            kind=kind,
            title=title,
            category=category,
            every_seconds=every_seconds,
            breaking=breaking,
            full_text=full_text,
            teaser=teaser,
            desk=desk,
        )
        async with self._database.transaction() as transaction:
            added = await add_source(transaction, source, due_at=now, known_too=True, now=now)
        await self.finish_moves(now=now)  # a private source is public from now on
        return added

    async def add_all(self, sources: Sequence[tuple[NewSource, datetime]], *, now: datetime) -> list[bool]:
        """Add sources, each with the time of its first visit. Returns for each source whether it is new."""
        async with self._database.transaction() as transaction:
            known = await known_urls(transaction, "sources", sources)
            await put_sources(transaction, sources, now)
        await self.finish_moves(now=now)
        added: list[bool] = []
        for source, _ in sources:
            added.append(source.url not in known)
            known.add(source.url)
        return added

    async def add_all_private(self, sources: Sequence[tuple[NewSource, datetime]], *, now: datetime) -> int:
        """Add private sources that no chat has added, each with the time of its first visit.

        A source that is known stays as it is. Returns the number of new sources.
        """
        async with self._database.transaction() as transaction:
            known = await known_urls(transaction, "sources", sources)
            new: dict[str, tuple[NewSource, datetime]] = {}
            for source, due_at in sources:
                if source.url not in known:
                    new.setdefault(source.url, (source, due_at))
            await put_sources(transaction, list(new.values()), now)
            await transaction.execute(
                "UPDATE sources SET private = TRUE WHERE url IN (SELECT value FROM json_each(:urls))",
                {"urls": json.dumps(list(new), ensure_ascii=False)},
            )
        return len(new)

    async def add_private(self, source: NewSource, *, chat_row: int, now: datetime) -> tuple[Source, bool]:
        """Add a private source for a chat. Returns the source, and whether it is new."""
        async with self._database.transaction() as transaction:
            known = await transaction.fetch("SELECT * FROM sources WHERE url = :url", {"url": source.url})
            if known:
                await share_source(transaction, known[0]["id"], chat_row=chat_row, title=source.title, now=now)
                shared = await transaction.fetch("SELECT * FROM sources WHERE id = :id", {"id": known[0]["id"]})
                return source_from(shared[0]), False
            made, _ = await add_source(transaction, source, due_at=now, known_too=True, now=now)
            rows = await transaction.fetch(
                "UPDATE sources SET private = TRUE, added_by_chat = :chat WHERE id = :id RETURNING *",
                {"id": made.id, "chat": chat_row},
            )
            return source_from(rows[0]), True

    async def set_private(self, source_id: int, private: bool, *, now: datetime) -> bool:
        """Make a source private or public, together with its articles. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            found = await transaction.change(
                "UPDATE sources SET private = :private, moving = TRUE WHERE id = :id",
                {"id": source_id, "private": private},
            )
            await waiting.withdraw_all(transaction, source_id, now)
        if found:
            await privacy.move_articles(self._database, source_id, now=now)
        return bool(found)

    async def finish_moves(self, *, now: datetime) -> int:
        """Complete the changes between private and public that were interrupted. Returns the number of sources."""
        rows = await self._database.fetch(
            """
            -- scans sources: those that are changing (sources_moving)
            SELECT id FROM sources WHERE moving
            """
        )
        for row in rows:
            await privacy.move_articles(self._database, row["id"], now=now)
        return len(rows)

    async def of_chat(self, chat_row: int) -> list[Source]:
        """Returns the sources that a chat follows or mutes, in the order in which they were added."""
        rows = await self._database.fetch(
            # Served by the key of follows.
            """
            SELECT sources.* FROM follows
            CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'source'
            CROSS JOIN sources ON sources.id = subjects.ref
            WHERE follows.chat = :chat ORDER BY sources.id
            """,
            {"chat": chat_row},
        )
        return readable(rows, source_from)

    async def last_articles(self, source_ids: Collection[int]) -> dict[int, datetime]:
        """Returns when the newest article of each source was stored. Served by articles_of_source."""
        rows = await self._database.fetch(
            """
            SELECT articles.source_id AS id, articles.stored_at FROM json_each(:ids) AS ids
            CROSS JOIN articles
                ON articles.id = (SELECT max(id) FROM articles WHERE source_id = CAST(ids.value AS bigint))
            """,
            {"ids": json.dumps(list(source_ids))},
        )
        return {row["id"]: from_ms(row["stored_at"]) for row in rows}

    async def count_added(self, chat_row: int) -> AddedSources:
        """Returns how many private sources a chat follows or mutes, and how many that it added it has left since."""
        rows = await self._database.fetch(
            # Served by the key of follows and by sources_added.
            f"""
            SELECT (SELECT count(*) FROM ({OWN_SOURCES}) AS own) AS kept,
                   (SELECT count(*) FROM sources
                    WHERE added_by_chat = :chat AND private AND id NOT IN ({OWN_SOURCES})) AS "left"
            """,
            {"chat": chat_row},
        )
        return AddedSources(kept=rows[0]["kept"], left=rows[0]["left"])

    async def is_owned(self, source_id: int, *, chat_row: int) -> bool:
        """Returns whether a chat may pause and rename a source."""
        rows = await self._database.fetch(
            # Served by the keys of sources, subjects and follows, and by follows_of_subject.
            """
            SELECT 1 FROM sources
            CROSS JOIN subjects ON subjects.kind = 'source' AND subjects.ref = sources.id
            WHERE sources.id = :id AND sources.private
                AND EXISTS (SELECT 1 FROM follows WHERE subject_id = subjects.id AND chat = :chat)
                AND NOT EXISTS (SELECT 1 FROM follows WHERE subject_id = subjects.id AND chat <> :chat)
            """,
            {"id": source_id, "chat": chat_row},
        )
        return bool(rows)

    async def remove_unfollowed(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` private sources that were added before that time and that no chat follows.

        Returns their number.
        """
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.change(
                # Served by sources_private and follows_of_subject.
                """
                -- scans sources: the private ones, once a day
                DELETE FROM sources WHERE id IN (
                    SELECT id FROM sources
                    WHERE private AND added_at < :before AND NOT EXISTS (
                        SELECT 1 FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id
                        WHERE subjects.kind = 'source' AND subjects.ref = sources.id)
                    ORDER BY id LIMIT :limit)
                """,
                {"before": to_ms(before), "limit": max(0, limit)},
            )

    async def rename(self, source_id: int, title: str) -> bool:
        """Give a source a title that its next visits do not change. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    "UPDATE sources SET title = :title, renamed = TRUE WHERE id = :id",
                    {"id": source_id, "title": title},
                )
            )

    async def set_paused(self, source_id: int, paused: bool, *, now: datetime) -> bool:
        """Stop reading a source, or start again at once. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    """
                    UPDATE sources SET paused = :paused, due_at = CASE WHEN :paused THEN due_at ELSE :now END
                    WHERE id = :id
                    """,
                    {"id": source_id, "paused": paused, "now": to_ms(now)},
                )
            )

    async def remove(self, source_id: int) -> bool:
        """Delete a source. Its articles stay. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                """
                INSERT INTO former_sources (url, id) SELECT url, id FROM sources WHERE id = :id
                ON CONFLICT (url) DO UPDATE SET id = excluded.id
                """,
                {"id": source_id},
            )
            return bool(await transaction.change("DELETE FROM sources WHERE id = :id", {"id": source_id}))

    async def set_breaking(self, source_id: int, on: bool) -> bool:
        """Set whether the articles that a source publishes from now on are pushed as breaking news.

        Returns False if no source has that id.
        """
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    "UPDATE sources SET breaking = :on WHERE id = :id", {"id": source_id, "on": on}
                )
            )

    async def set_full_text(self, source_id: int, on: bool) -> bool:
        """Set whether the pages of a source's new articles are read. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            if not on:
                await transaction.execute("DELETE FROM pages_wanted WHERE source_id = :id", {"id": source_id})
            return bool(
                await transaction.change(
                    "UPDATE sources SET full_text = :on WHERE id = :id", {"id": source_id, "on": on}
                )
            )

    async def set_teaser(self, source_id: int, on: bool) -> bool:
        """Set whether readers see only a summary and the link. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    "UPDATE sources SET teaser = :on WHERE id = :id", {"id": source_id, "on": on}
                )
            )

    async def set_desk(self, source_id: int, on: bool) -> bool:
        """Set whether the new articles of a source need approval. Returns False if no source has that id."""
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change("UPDATE sources SET desk = :on WHERE id = :id", {"id": source_id, "on": on})
            )

    async def all(self) -> list[Source]:
        rows = await self._database.fetch(
            """
            -- scans sources: all of them are asked for
            SELECT * FROM sources ORDER BY id
            """
        )
        return readable(rows, source_from)

    async def page(
        self, *, limit: int, after: int = 0, state: SourceState | None = None, words: str = "", private: bool = False
    ) -> list[Source]:
        rows = await self._database.fetch(
            f"""
            -- scans sources: thousands at most, from one id on and up to the limit
            SELECT * FROM sources
            WHERE id > :after AND private = :private AND {_IN_STATE[state]}
                AND (:words = '' OR instr(lower(url), :words) > 0 OR instr(lower(coalesce(title, '')), :words) > 0)
            ORDER BY id LIMIT :limit
            """,
            {"after": after, "private": private, "words": words.lower(), "limit": max(0, limit)},
        )
        return readable(rows, source_from)

    async def set_address(self, source_id: int, url: str, kind: SourceKind, *, now: datetime) -> bool:
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    # Another kind recognises its articles in another way: it begins with a backlog.
                    """
                    UPDATE sources SET url = :url, kind = :kind, etag = NULL, last_modified = NULL, failures = 0,
                        last_error = NULL, problem = NULL, due_at = :now,
                        refreshed_at = CASE WHEN kind <> :kind THEN NULL ELSE refreshed_at END
                    WHERE id = :id AND NOT EXISTS (
                        SELECT 1 FROM sources AS others WHERE others.url = :url AND others.id <> :id)
                    """,
                    {"id": source_id, "url": url, "kind": kind, "now": to_ms(now)},
                )
            )

    async def change(self, source_id: int, *, category: str | None, every_seconds: int | None) -> bool:
        async with self._database.transaction() as transaction:
            return bool(
                await transaction.change(
                    "UPDATE sources SET category = :category, every_seconds = :every_seconds WHERE id = :id",
                    {"id": source_id, "category": category, "every_seconds": every_seconds},
                )
            )

    async def find(self, url: str) -> Source | None:
        rows = await self._database.fetch("SELECT * FROM sources WHERE url = :url", {"url": url})
        return source_from(rows[0]) if rows else None

    async def names(self, *, viewer: Viewer) -> list[tuple[int, str]]:
        rows = await self._database.fetch(
            f"""
            -- scans sources: all of them are asked for
            SELECT id, title FROM sources
            WHERE title IS NOT NULL AND (NOT private OR id IN ({OWN_SOURCES})) ORDER BY id
            """,
            {"chat": viewer.chat_row},
        )
        return [(row["id"], row["title"]) for row in rows]

    async def get(self, source_id: int) -> Source | None:
        rows = await self._database.fetch("SELECT * FROM sources WHERE id = :id", {"id": source_id})
        return source_from(rows[0]) if rows else None

    async def due_sources(
        self, now: datetime, *, limit: int = 1000, besides: Collection[int] = (), process: str | None = None
    ) -> list[DueSource]:
        """Returns the sources that are due, the longest waiting first. The ids in `besides` are left out, and the
        sources that another process than `process` has leased.

        Served by sources_due. SQLite reads the index up to `now`, and reads only the ids of the sources in `besides`.
        """
        rows = await self._database.fetch(
            """
            SELECT id, url, due_at, refreshed_at, failures FROM sources
            WHERE due_at <= :now AND NOT paused AND id NOT IN (SELECT CAST(value AS bigint) FROM json_each(:besides))
                AND kind NOT IN (SELECT value FROM json_each(:pushed))
                AND (leased_by IS NULL OR leased_by = :process)
            ORDER BY due_at, id LIMIT :limit
            """,
            {
                "now": to_ms(now),
                "limit": max(0, limit),
                "besides": json.dumps(list(besides)),
                "pushed": json.dumps([kind for kind in SourceKind if kind.is_pushed]),
                "process": process,
            },
        )
        return readable(rows, _due_from)

    async def correct_times(self, now: datetime) -> int:
        """Correct the times of sources after the wall clock was set back. Returns the number of corrected sources."""
        async with self._database.transaction() as transaction:
            return await transaction.change(
                """
                -- scans sources: when the clock was set back
                UPDATE sources
                SET due_at = :now + due_at - coalesce(visited_at, added_at),
                    visited_at = CASE WHEN visited_at IS NOT NULL THEN :now END,
                    added_at = min(added_at, :now)
                WHERE coalesce(visited_at, added_at) > :now
                """,
                {"now": to_ms(now)},
            )

    async def bring_forward(self, due: Mapping[int, datetime]) -> None:
        async with self._database.transaction() as transaction:
            for source_id, due_at in due.items():
                await transaction.execute(
                    # The source may have been visited or added again since its time was read.
                    "UPDATE sources SET due_at = :due_at WHERE id = :id AND due_at > :due_at",
                    {"id": source_id, "due_at": to_ms(due_at)},
                )

    async def silent(
        self, *, times: float, least: timedelta, gaps: int, listening_since: datetime, now: datetime
    ) -> list[SilentSource]:
        rows = await self._database.fetch(
            """
            -- scans sources: thousands at most
            SELECT id, url, title, newest_at, usual_gap_seconds FROM sources
            WHERE NOT paused AND NOT private AND failures = 0 AND gaps >= :gaps
              AND :times * 1000 * max(usual_gap_seconds, :least) <
                  CASE WHEN kind IN ('hook', 'channel') THEN :now - max(newest_at, :listening_since)
                      ELSE refreshed_at - newest_at END
            ORDER BY id
            """,
            {
                "times": times,
                "least": least.total_seconds(),
                "gaps": gaps,
                "listening_since": to_ms(listening_since),
                "now": to_ms(now),
            },
        )
        return [
            SilentSource(
                id=row["id"],
                url=row["url"],
                title=row["title"],
                newest_at=from_ms(row["newest_at"]),
                usual_gap=timedelta(seconds=row["usual_gap_seconds"]),
            )
            for row in rows
        ]

    async def record_visits(self, *visits: Visit) -> None:
        """Record visits that brought no articles. If a power cut undoes this write, the source is visited again."""
        async with self._database.transaction(durable=False) as transaction:  # a lost visit is made again
            for visit in visits:
                await record_visit(transaction, visit)


def _due_from(row: Row) -> DueSource:
    return DueSource(
        id=row["id"],
        url=row["url"],
        due_at=from_ms(row["due_at"]),
        never_read=row["refreshed_at"] is None,
        failures=row["failures"],
    )
