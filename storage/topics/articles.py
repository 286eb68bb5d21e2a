"""Articles: stored once by identity, listed by time, found by words."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from storage.database import ARTICLES, Database, Row, Transaction
from storage.records import (
    EVERYTHING_READ,
    UNDETERMINED,
    Article,
    AuditEntry,
    Category,
    ChangedArticle,
    Decide,
    EarlyWithdrawal,
    Headline,
    ImportProgress,
    KnownArticle,
    Lane,
    NewArticle,
    Place,
    Reading,
    Revisions,
    SeenArticle,
    Stored,
    Text,
    Viewer,
    Visit,
    WithdrawnArticle,
)
from storage.times import from_ms, to_ms
from storage.topics import (
    archive,
    duplicates,
    pushing,
    story_index,
    subjects,
)
from storage.topics.audit import add_entry
from storage.topics.batch import Batch
from storage.topics.headlines import (
    HEADLINE,
    JOINED,
    NOT_GROUPED,
    SHOWN,
    category_from,
    day_from,
    headline_from,
    story_size_columns,
)
from storage.topics.imports import note_progress
from storage.topics.listing import Listing, View, view_of
from storage.topics.reading import language_matches, newest_of_story, reading_row
from storage.topics.rows import readable
from storage.topics.search_index import put_texts
from storage.topics.visits import record_visit
from storage.topics.withdrawing import withdraw

MOST_OF_A_KEY = 20  # articles with one key that an item may be
LOOKUP_CHUNK = 2_000  # keys asked for at once
MUTED_COUNTED = 100  # articles that a list does not show for mutes are counted up to this number
RECENT = 5_000  # articles whose languages are offered


class Articles:
    """Implements `contract.Articles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Writing

    async def store(
        self,
        new: Sequence[NewArticle],
        changed: Sequence[ChangedArticle] = (),
        *,
        now: datetime,
        visit: Visit | None = None,
        listed: Sequence[str] | None = None,
        seen: Sequence[SeenArticle] = (),
        withdrawn: Sequence[WithdrawnArticle | EarlyWithdrawal] = (),
        versions: Sequence[tuple[int, int]] = (),
        raised: Sequence[int] = (),
        decide: Decide | None = None,
        progress: Callable[[Stored], Sequence[ImportProgress]] | None = None,
    ) -> Stored:
        """Store new and changed articles, their fan-outs and the visit that brought them. Returns what was stored."""

        async def storing(transaction: Transaction) -> Stored:
            batch = Batch(transaction, now, decide)
            for article in new:
                await batch.add(article)
            for known in seen:
                await batch.note_seen(known)
            for change in changed:
                await batch.revise(change)
            await batch.note_versions(versions)
            for article_id in raised:
                await batch.raise_to_breaking(article_id)
            for one in withdrawn:
                await batch.withdraw(one)
            await put_texts(transaction, batch.texts, private=batch.private, seen=now)
            if visit is not None:
                await record_visit(transaction, visit)
                if listed is not None:
                    await archive.note_listed(transaction, visit.source_id, listed, now)
            stored = batch.stored()
            if progress is not None:
                await note_progress(transaction, progress(stored), now)
            for article_id in (*stored.changed, *stored.withdrawn, *batch.others):
                transaction.article_changed(article_id)
            return stored

        return await self._database.write(storing, locks=ARTICLES)

    async def revisions(self, article_ids: Iterable[int]) -> dict[int, Revisions]:
        """Returns the newest revisions of those of these articles that are stored."""
        rows = await self._database.fetch(
            """
            SELECT articles.id, shown_revision, headline_revision
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = CAST(wanted.value AS bigint)
            """,
            {"ids": json.dumps(list(article_ids))},
        )
        return {row["id"]: Revisions(row["shown_revision"], row["headline_revision"]) for row in rows}

    async def retract(
        self, article_id: int, *, now: datetime, reason: str = "", noted: AuditEntry | None = None
    ) -> bool:
        """Withdraw an article. Returns False if there is none, or it was withdrawn before."""
        async with self._database.transaction() as transaction:
            changed = await withdraw(transaction, article_id, now)
            if changed is not None and reason:
                await transaction.execute(
                    "UPDATE articles SET retract_reason = :reason WHERE id = :id",
                    {"id": article_id, "reason": reason},
                )
            if changed is not None:
                await add_entry(transaction, noted, now)
            for revised in changed or ():
                transaction.article_changed(revised)
        return changed is not None

    async def push(self, article_id: int, lane: Lane, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        """Send an article to everybody who wants it and does not have it yet.

        Returns False if there is none, or it was withdrawn. A delivery that is queued moves to that lane if it is the
        better one.
        """
        async with self._database.transaction() as transaction:
            is_pushed = await pushing.push_article(transaction, article_id, lane, now)
            if is_pushed:
                await add_entry(transaction, noted, now)
                transaction.article_changed(article_id)
        return is_pushed

    async def send_again(self, article_id: int, *, now: datetime, noted: AuditEntry | None = None) -> bool:
        async with self._database.transaction() as transaction:
            is_begun = await pushing.open_resend(transaction, article_id, now)
            if is_begun:
                await add_entry(transaction, noted, now)
        return is_begun

    async def expand_resends(self, *, limit: int, now: datetime) -> int:
        """Queue the messages of the next chats for an article that is sent again. Served by resends_open."""
        open_ones = await self._database.fetch("SELECT 1 FROM resends WHERE NOT done AND article_id > 0 LIMIT 1")
        if not open_ones or limit <= 0:
            return 0
        return await self._database.write(partial(pushing.expand_resend, limit=limit, now=now))

    # Reading

    async def find_by_keys(self, keys: Iterable[str]) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the stored articles that have one of these keys, by key; the newest, if a key is that of many."""
        wanted = list(keys)
        rows: list[Row] = []
        for start in range(0, len(wanted), LOOKUP_CHUNK):
            rows += await self._database.fetch(
                """
                SELECT article_keys.key AS key, articles.* FROM json_each(:keys) AS wanted
                CROSS JOIN article_keys ON article_keys.key = wanted.value AND article_keys.article_id IN (
                    SELECT newest.article_id FROM article_keys AS newest WHERE newest.key = wanted.value
                    ORDER BY newest.article_id DESC LIMIT :most)
                JOIN articles ON articles.id = article_keys.article_id
                ORDER BY articles.id
                """,
                {"keys": json.dumps(wanted[start : start + LOOKUP_CHUNK]), "most": MOST_OF_A_KEY},
            )
        by_article: dict[int, set[str]] = {}
        for row in rows:
            by_article.setdefault(row["id"], set()).add(row["key"])
        found = {row["id"]: _known_from(row, by_article[row["id"]]) for row in rows}
        by_key: dict[str, tuple[KnownArticle, ...]] = {}
        for row in rows:
            by_key[row["key"]] = (*by_key.get(row["key"], ()), found[row["id"]])
        return by_key

    async def get(self, article_id: int, *, chat_row: int | None = None) -> Article | None:
        seen = f"AND {subjects.may_see(':chat', 'articles')}" if chat_row is not None else ""
        rows = await self._database.fetch(
            f"""
            SELECT articles.*, {_WHOLE}, {SHOWN} FROM articles {JOINED} WHERE articles.id = :id {seen}
            """,
            {"id": article_id, "chat": chat_row},
        )
        return _article_from(rows[0]) if rows else None

    async def all_of(self, ids: Sequence[int], *, chat_row: int | None = None) -> list[Article]:
        seen = f"AND {subjects.may_see(':chat', 'articles')}" if chat_row is not None else ""
        rows = await self._database.fetch(
            f"""
            SELECT articles.*, {_WHOLE}, {SHOWN}
            FROM json_each(:ids) AS asked CROSS JOIN articles ON articles.id = CAST(asked.value AS bigint) {JOINED}
            WHERE articles.retracted_at IS NULL {seen} ORDER BY asked.key
            """,
            {"ids": json.dumps(list(ids)), "chat": chat_row},
        )
        return readable(rows, _article_from)

    async def newest(self, *, limit: int, category: int | None = None, source: int | None = None) -> list[Article]:
        """Returns the newest public articles that were not withdrawn, whole; for feeds, the command line and exports.

        Those of a source are the ones that were stored last.
        """
        listing = Listing(category=category is not None)
        listed = listing.newest("articles.retracted_at IS NULL") if source is None else _LAST_OF_SOURCE
        rows = await self._database.fetch(
            f"""
            SELECT articles.*, {_WHOLE}, {SHOWN}
            FROM ({listed}) AS listed
            JOIN articles ON articles.id = listed.id {JOINED}
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            {"category": category, "source": source, "limit": max(0, limit)},
        )
        return readable(rows, _article_from)

    async def page(
        self,
        *,
        limit: int,
        category: int | None = None,
        older_than: Place | None = None,
        newer_than: Place | None = None,
        reading: Reading = EVERYTHING_READ,
        viewer: Viewer | None = None,
    ) -> list[Headline]:
        """Returns one page of headlines, newest first: the first page, or the one behind or before a place."""
        # A key instead of OFFSET keeps deep pages as fast.
        view = await view_of(self._database, viewer)
        if category in view.muted_categories:
            return []  # otherwise the query would read the whole category to find that
        listing = Listing(
            category=category is not None, private=bool(view.own), ascending=bool(newer_than and not older_than)
        )
        conditions = _shown(listing, view, reading)
        values: dict[str, Any] = {"limit": max(0, limit), "category": category} | reading_row(reading) | view.values
        place = older_than or newer_than
        if place is not None:
            conditions.append(f"({listing.place}) {'<' if older_than else '>'} (:published_at, :id)")
            values |= {"published_at": to_ms(place.published_at), "id": place.id}
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {story_size_columns(":grouped")}, {SHOWN}
            FROM ({listing.newest(*conditions)}) AS listed
            JOIN articles ON articles.id = listed.id {JOINED}
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            values,
        )
        return readable(rows, headline_from)

    async def count(
        self,
        *,
        category: int | None = None,
        reading: Reading = EVERYTHING_READ,
        viewer: Viewer | None = None,
        most: int,
    ) -> int:
        view = await view_of(self._database, viewer)
        if category in view.muted_categories:
            return 0
        listing = Listing(category=category is not None, private=bool(view.own))
        rows = await self._database.fetch(
            f"SELECT count(*) AS lines FROM ({listing.newest(*_shown(listing, view, reading))}) AS listed",
            {"limit": max(0, most), "category": category} | reading_row(reading) | view.values,
        )
        return int(rows[0]["lines"])

    async def count_muted(
        self,
        viewer: Viewer,
        *,
        category: int | None = None,
        newest: Place | None = None,
        oldest: Place | None = None,
        reading: Reading = EVERYTHING_READ,
    ) -> int:
        """Returns the number of articles between two places of a list that the viewer does not see for its mutes."""
        view = await view_of(self._database, viewer)
        if not view.mutes:
            return 0
        listing = Listing(category=category is not None, private=bool(view.own))
        conditions = [
            "articles.retracted_at IS NULL",
            language_matches(":reads", listing.language),
            subjects.mutes_it(":chat", "articles"),
        ]
        values: dict[str, Any] = {"limit": MUTED_COUNTED, "category": category} | reading_row(reading) | view.values
        if reading.grouped:
            conditions.append(newest_of_story(language_matches(":reads", "newer.language"), listing.in_list("newer")))
        for name, place, sign in (("newest", newest, "<"), ("oldest", oldest, ">")):
            if place is not None:
                conditions.append(f"({listing.place}) {sign} (:{name}_at, :{name}_id)")
                values |= {f"{name}_at": to_ms(place.published_at), f"{name}_id": place.id}
        rows = await self._database.fetch(
            f"SELECT count(*) AS muted FROM ({listing.newest(*conditions)}) AS listed", values
        )
        return int(rows[0]["muted"])

    async def languages(self) -> list[str]:
        """Returns the languages of the newest articles, the most common first. Served by articles_newest."""
        rows = await self._database.fetch(
            """
            -- scans articles: from the newest on, up to the limit
            SELECT language FROM (
                SELECT language FROM articles WHERE NOT private ORDER BY published_at DESC, id DESC LIMIT :recent
            ) AS newest
            WHERE language <> :undetermined GROUP BY language ORDER BY count(*) DESC, language
            """,
            {"recent": RECENT, "undetermined": UNDETERMINED},
        )
        return [row["language"] for row in rows]

    async def headlines(self, ids: Sequence[int], *, grouped: bool = False) -> list[Headline]:
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {story_size_columns("TRUE") if grouped else NOT_GROUPED}, {SHOWN}
            FROM json_each(:ids) AS wanted
            CROSS JOIN articles ON articles.id = CAST(wanted.value AS bigint) {JOINED}
            WHERE articles.retracted_at IS NULL
            ORDER BY wanted.key
            """,
            {"ids": json.dumps(list(ids))},
        )
        return readable(rows, headline_from)

    async def missed_headlines(
        self, chat_row: int, *, since: datetime, until: datetime, limit: int
    ) -> tuple[list[Headline], int]:
        """Returns the newest headlines that a chat wanted and was not sent, and the number of all of them."""
        values = {
            "chat": chat_row,
            "since": to_ms(since),
            "until": to_ms(until),
            "told_since": to_ms(since - story_index.WINDOW),
            "now": to_ms(until),
            "limit": max(0, limit),
        }
        rows = await self._database.fetch(_MISSED, values)
        return readable(rows, headline_from), rows[0]["found"] if rows else 0

    async def snapshot_headlines(self, ids: Sequence[int], *, grouped: bool) -> list[Headline | None]:
        """Returns the headlines of these articles, in that order, withdrawn ones too; None for one
        that is kept no more.
        """
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {story_size_columns(":grouped")}, {SHOWN} FROM json_each(:ids) AS line
            CROSS JOIN articles ON articles.id = CAST(line.value AS bigint) {JOINED}
            """,
            {"ids": json.dumps(list(ids)), "grouped": grouped},
        )
        found = {headline.id: headline for headline in readable(rows, headline_from)}
        return [found.get(article) for article in ids]


def _shown(listing: Listing, view: View, reading: Reading) -> list[str]:
    """Returns the conditions for the lines of a list."""
    shown = ["articles.retracted_at IS NULL", language_matches(":reads", listing.language), view.unmuted("articles")]
    if reading.grouped:
        others = [language_matches(":reads", "newer.language"), listing.in_list("newer"), view.unmuted("newer")]
        shown.append(newest_of_story(*others))
    return shown


# What a record of a whole article has besides its row: all categories, and the other sources of its text.
_WHOLE = f"""
(SELECT coalesce(json_group_array(json_array(id, name)), '[]') FROM (
    SELECT categories.id, categories.name FROM article_categories
    JOIN categories ON categories.id = article_categories.category_id
    WHERE article_categories.article_id = articles.id
    ORDER BY article_categories.place) AS its_categories) AS categories,
{duplicates.ALSO_IN} AS also_in,
coalesce((SELECT teaser FROM sources WHERE sources.id = articles.source_id), FALSE) AS teaser
"""


# Served by articles_pushed, and by deliveries_listed for what its digests told already: stretches may overlap, since
# articles that come in at once go out one by one.
_MISSED = f"""
WITH listed AS MATERIALIZED (
    SELECT CAST(line.value AS bigint) AS id, told.until
    FROM deliveries AS told JOIN digest_snapshots ON digest_snapshots.id = told.snapshot_id
    CROSS JOIN json_each(digest_snapshots.articles) AS line ON TRUE
    WHERE told.chat = :chat AND told.snapshot_id IS NOT NULL AND told.until > :told_since
), wanted AS (
    SELECT articles.id, articles.published_at, chats.grouped, row_number() OVER (
        PARTITION BY CASE WHEN chats.grouped THEN articles.story_id
            ELSE coalesce(articles.duplicate_of, articles.id) END
        ORDER BY articles.published_at DESC, articles.id DESC) AS place, row_number() OVER (
        PARTITION BY articles.serial, articles.source_id, articles.publisher,
            CASE WHEN chats.grouped AND articles.serial IS NOT NULL THEN NULL ELSE articles.id END
        ORDER BY articles.published_at DESC, articles.id DESC) AS issue
    FROM articles JOIN chats ON chats.id = :chat
    WHERE articles.lane IS NOT NULL AND articles.retracted_at IS NULL
      AND articles.stored_at >= :since AND articles.stored_at < :until
      AND {subjects.wanted_when_stored("chats", "articles")}
      AND {language_matches("chats.reads", "articles.language")}
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id AND chat = :chat)
      AND NOT {duplicates.already_notified("articles.id", ":chat")}
      AND articles.id NOT IN (SELECT id FROM listed WHERE until > :since)
      AND NOT EXISTS (SELECT 1 FROM listed WHERE id IN ({duplicates.same_text("articles.id")}))
)
SELECT {HEADLINE}, {story_size_columns("newest.grouped")}, {SHOWN}, newest.found
FROM (
    -- Cut before what is shown of each is looked up.
    SELECT *, count(*) OVER () AS found FROM wanted WHERE place = 1 AND issue = 1
    ORDER BY published_at DESC, id DESC LIMIT :limit
) AS newest JOIN articles ON articles.id = newest.id {JOINED}
ORDER BY articles.published_at DESC, articles.id DESC
"""


def text_from(row: Row) -> Text:
    return Text(
        title=row["title"],
        body=row["body"],
        lead=row["lead"],
        summary=tuple(row["summary"].splitlines()),
        language=row["language"],
        author=row["author"],
        url=row["url"],
        image_url=row["image_url"],
        document=row["document"],
    )


def _known_from(row: Row, keys: set[str]) -> KnownArticle:
    return KnownArticle(
        id=row["id"],
        identity=row["identity"],
        revision=row["revision"],
        text=text_from(row),
        published_at=from_ms(row["published_at"]),
        published_on=day_from(row),
        source_id=row["source_id"],
        excerpt=row["excerpt"],
        keys=frozenset(keys),
        version=row["version"],
        retracted=row["retracted_at"] is not None,
        may_return=bool(row["withdrawn_by_source"]),
        lane=Lane(row["lane"]) if row["lane"] is not None else None,
    )


# The index has the articles of a source in the order of their ids, so that is the order in which they are taken.
_LAST_OF_SOURCE = """
SELECT articles.id FROM articles INDEXED BY articles_of_source
WHERE articles.source_id = :source AND NOT articles.private AND articles.retracted_at IS NULL
ORDER BY articles.id DESC LIMIT :limit
"""


def _article_from(row: Row) -> Article:
    return Article(
        id=row["id"],
        text=text_from(row).as_teaser() if row["teaser"] else text_from(row),
        category=category_from(row),
        source=row["source"],
        source_id=row["source_id"],
        published_at=from_ms(row["published_at"]),
        published_on=day_from(row),
        revision=row["revision"],
        stored_at=from_ms(row["stored_at"]),
        changed_at=from_ms(row["changed_at"]),
        lane=Lane(row["lane"]) if row["lane"] is not None else None,
        retracted=row["retracted_at"] is not None,
        withdrawn_by_source=bool(row["withdrawn_by_source"]),
        retract_reason=row["retract_reason"] or "",
        shown=row["shown_revision"],
        categories=tuple(Category(number, name) for number, name in json.loads(row["categories"])),
        also_in=tuple(json.loads(row["also_in"])),
    )
