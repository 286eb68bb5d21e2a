"""Articles: stored once by identity, listed by time, found by words."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from storage import owing
from storage.categories import ensure_category
from storage.database import Database, Row, Transaction, Values
from storage.records import (
    Article,
    Category,
    ChangedArticle,
    Headline,
    KnownArticle,
    Lane,
    NewArticle,
    Place,
    Text,
    Visit,
)
from storage.search import drop_text, put_text
from storage.sources import record_visit
from storage.times import from_ms, to_ms

LOOKUP_CHUNK = 500  # identities asked for at once; SQLite takes 32,766 values
DELIVERIES_AT_ONCE = 2_000  # deleted in one transaction


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch came to."""

    added: tuple[int, ...]  # ids of new articles
    pushed: tuple[int, ...]  # of these, the ones with a fan-out
    changed: tuple[int, ...]  # ids of articles that have a new revision


class Articles:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_change: Callable[[int], None] = lambda article: None  # called when another revision was stored

    # Writing

    async def store(
        self,
        new: Sequence[NewArticle],
        changed: Sequence[ChangedArticle] = (),
        *,
        now: datetime,
        visit: Visit | None = None,
        listed: Sequence[str] | None = None,
    ) -> Stored:
        """Store a batch, its fan-outs and the visit that brought it in one transaction: all of it or nothing.

        `listed` are the identities of everything that the visited source holds; None where that is not known.
        An article whose identity another process stored meanwhile, or a change decided against a revision that
        is no longer the newest, is passed over: the next refresh decides again.
        """
        async with self._database.transaction() as transaction:
            added: list[int] = []
            pushed: list[int] = []
            for article in new:
                made = await _add(transaction, article, now)
                if made is None:
                    continue
                article_id, lane = made
                added.append(article_id)
                if lane is not None:
                    await _open_fanout(transaction, article_id, lane, now)
                    pushed.append(article_id)
            revised = [article.article_id for article in changed if await _revise(transaction, article, now)]
            if visit is not None:
                await record_visit(transaction, visit)
                if listed is not None:
                    await _remember_listed(transaction, visit.source_id, listed, now)
        for article_id in revised:
            self.on_change(article_id)
        return Stored(tuple(added), tuple(pushed), tuple(revised))

    async def retract(self, article_id: int, *, now: datetime) -> bool:
        """Withdraw an article: it is shown nowhere any more, what is unsent is never sent, and the messages that were
        sent are corrected before anything else goes out. False where there is none, or it is withdrawn already.
        """
        values = {"id": article_id, "now": to_ms(now), "lane": Lane.RETRACTION}
        async with self._database.transaction() as transaction:
            retracted = await transaction.execute(
                """
                UPDATE articles SET retracted_at = :now, changed_at = :now, revision = revision + 1,
                    shown_revision = revision + 1
                WHERE id = :id AND retracted_at IS NULL
                """,
                values,
            )
            if not retracted:
                return False
            await drop_text(transaction, article_id)
            await transaction.execute("DELETE FROM fanouts WHERE article_id = :id", values)
            # A few thousand at most: the fan-out keeps no further ahead of the sender. Their chats' turns find
            # nothing, or what else these are owed.
            await transaction.execute(
                "DELETE FROM deliveries WHERE article_id = :id AND state = 'queued' AND message_id IS NULL", values
            )
            await owing.correct_now(transaction, values)
        self.on_change(article_id)
        return True

    async def push(self, article_id: int, lane: Lane, *, now: datetime) -> bool:
        """Send an article to everybody who wants it and does not have it yet; what is owed already moves to that
        lane where it is the better one. False where there is no such article, or it was withdrawn.
        """
        values = {"id": article_id, "now": to_ms(now), "lane": lane}
        async with self._database.transaction() as transaction:
            found = await transaction.execute(
                """
                UPDATE articles SET lane = min(:lane, coalesce(lane, :lane)) WHERE id = :id AND retracted_at IS NULL
                """,
                values,
            )
            if not found:
                return False
            await transaction.execute(
                """
                INSERT INTO fanouts (article_id, lane, opened_at) VALUES (:id, :lane, :now)
                ON CONFLICT (article_id) DO UPDATE SET lane = min(lane, excluded.lane), cursor = 0
                """,
                values,
            )
            moved = await transaction.fetch(
                """
                UPDATE deliveries SET lane = :lane
                WHERE article_id = :id AND state = 'queued' AND message_id IS NULL AND lane > :lane
                RETURNING chat_id
                """,
                values,
            )
            await owing.give_turns(transaction, [values | {"chat_id": row["chat_id"]} for row in moved])
            return True

    # Reading

    async def known(self, identities: Iterable[str]) -> dict[str, KnownArticle]:
        """The stored articles among these identities."""
        wanted = list(identities)
        found: dict[str, KnownArticle] = {}
        for start in range(0, len(wanted), LOOKUP_CHUNK):
            chunk = {f"i{n}": identity for n, identity in enumerate(wanted[start : start + LOOKUP_CHUNK])}
            places = ", ".join(f":{name}" for name in chunk)
            rows = await self._database.fetch(f"SELECT * FROM articles WHERE identity IN ({places})", chunk)
            for row in rows:
                found[row["identity"]] = KnownArticle(
                    id=row["id"], identity=row["identity"], revision=row["revision"], text=_text_from(row)
                )
        return found

    async def remembered(self, identities: Iterable[str]) -> set[str]:
        """Those of articles that were pruned, and that may stand in their source still."""
        rows = await self._database.fetch(
            "SELECT identity FROM remembered WHERE identity IN (SELECT value FROM json_each(:identities))",
            {"identities": json.dumps(list(identities))},
        )
        return {row["identity"] for row in rows}

    async def get(self, article_id: int) -> Article | None:
        rows = await self._database.fetch(
            f"SELECT articles.*, {_SHOWN} FROM articles {_JOINED} WHERE articles.id = :id", {"id": article_id}
        )
        return _article_from(rows[0]) if rows else None

    async def newest(self, *, limit: int, category: int | None = None) -> list[Article]:
        """The newest articles that were not withdrawn, whole; for the command line and exports."""
        rows = await self._database.fetch(
            f"""
            SELECT articles.*, {_SHOWN} FROM articles {_JOINED}
            WHERE articles.retracted_at IS NULL
            {"AND articles.category_id = :category" if category is not None else ""}
            ORDER BY articles.published_at DESC, articles.id DESC LIMIT :limit
            """,
            {"category": category, "limit": limit},
        )
        return [_article_from(row) for row in rows]

    async def page(
        self,
        *,
        limit: int,
        category: int | None = None,
        older_than: Place | None = None,
        newer_than: Place | None = None,
    ) -> list[Headline]:
        """One page of headlines, newest first: the first one, or the one that follows or precedes a place."""
        # Served by articles_newest or articles_of_category; a key instead of OFFSET keeps deep pages as fast.
        conditions, values = ["articles.retracted_at IS NULL"], {"limit": limit, "category": category}
        if category is not None:
            conditions.append("articles.category_id = :category")
        place = older_than or newer_than
        if place is not None:
            sign = "<" if older_than else ">"
            conditions.append(f"(articles.published_at, articles.id) {sign} (:published_at, :id)")
            values |= {"published_at": to_ms(place.published_at), "id": place.id}
        order = "ASC" if newer_than and not older_than else "DESC"
        rows = await self._database.fetch(
            f"""
            SELECT {_HEADLINE}, {_SHOWN} FROM articles {_JOINED}
            WHERE {" AND ".join(conditions)}
            ORDER BY articles.published_at {order}, articles.id {order} LIMIT :limit
            """,
            values,
        )
        headlines = [_headline_from(row) for row in rows]
        return headlines[::-1] if order == "ASC" else headlines

    async def headlines(self, ids: Sequence[int]) -> list[Headline]:
        """The headlines of these articles, in this order; without those that are gone or were withdrawn."""
        rows = await self._database.fetch(
            f"""
            SELECT {_HEADLINE}, {_SHOWN}
            FROM json_each(:ids) AS wanted CROSS JOIN articles ON articles.id = wanted.value {_JOINED}
            WHERE articles.retracted_at IS NULL
            ORDER BY wanted.key
            """,
            {"ids": json.dumps(list(ids))},
        )
        return [_headline_from(row) for row in rows]

    async def missed(self, chat: int, *, since: datetime, until: datetime, limit: int) -> tuple[list[Headline], int]:
        """What a chat wanted and was not sent of what was stored in a stretch of time: the newest headlines, and how
        many there are in all. Served by articles_pushed.
        """
        values = {"chat": chat, "since": to_ms(since), "until": to_ms(until), "limit": limit}
        rows = await self._database.fetch(
            f"""
            SELECT {_HEADLINE}, {_SHOWN}, count(*) OVER () AS found
            FROM articles {_JOINED}
            WHERE articles.lane IS NOT NULL AND articles.retracted_at IS NULL
              AND articles.stored_at >= :since AND articles.stored_at < :until
              AND {_WANTED}
              AND NOT EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id AND chat = :chat)
            ORDER BY articles.published_at DESC, articles.id DESC LIMIT :limit
            """,
            values,
        )
        return [_headline_from(row) for row in rows], rows[0]["found"] if rows else 0

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete up to `limit` articles stored before that, with their deliveries and corrections; how many it were.

        In short transactions, between which others write: an article may have a million deliveries. What still has an
        open fan-out or an owed delivery stays: old news is not lost news. Their identities are remembered until
        `forget`.
        """
        rows = await self._database.fetch(
            # Without the write lock, since it looks at all that is owed. What comes to be owed after that stays all
            # the same: below, only what is settled is deleted, and articles of which nothing is left.
            """
            SELECT id FROM articles
            WHERE stored_at < :before AND published_at < :before
              AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = articles.id)
              AND id NOT IN (
                  SELECT article_id FROM deliveries WHERE state = 'queued' AND +article_id IS NOT NULL
                  UNION ALL SELECT article_id FROM deliveries WHERE state = 'sending' AND +article_id IS NOT NULL)
            ORDER BY published_at LIMIT :limit
            """,
            {"before": to_ms(before), "limit": limit},
        )
        if not rows:
            return 0
        values = {"ids": json.dumps([row["id"] for row in rows]), "most": DELIVERIES_AT_ONCE}
        while await self._clear(values) == DELIVERIES_AT_ONCE:
            pass
        async with self._database.transaction() as transaction:
            # A folder is read where it changed: it never says what it holds no more.
            await transaction.execute(
                f"""
                INSERT INTO remembered (identity, source_id)
                SELECT identity, (SELECT id FROM sources WHERE id = source_id AND kind <> 'folder')
                FROM articles WHERE {_NOTHING_LEFT}
                ON CONFLICT (identity) DO UPDATE SET source_id = excluded.source_id, missed_at = NULL
                """,
                values,
            )
            await transaction.execute(
                f"DELETE FROM articles_text WHERE rowid IN (SELECT id FROM articles WHERE {_NOTHING_LEFT})", values
            )
            return await transaction.execute(f"DELETE FROM articles WHERE {_NOTHING_LEFT}", values)

    async def _clear(self, values: Values) -> int:
        """Delete some of the settled deliveries of these articles; how many it were."""
        async with self._database.transaction() as transaction:
            return await transaction.execute(
                # Served by deliveries_once.
                """
                DELETE FROM deliveries WHERE id IN (
                    SELECT deliveries.id FROM json_each(:ids) AS old CROSS JOIN deliveries
                    WHERE deliveries.article_id = old.value AND deliveries.state IN ('sent', 'dead')
                      AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = old.value)
                    LIMIT :most)
                """,
                values,
            )

    async def forget(self, *, before: datetime, now: datetime) -> int:
        """Forget the identities of pruned articles that nobody lists since before that; how many it were."""
        async with self._database.transaction() as transaction:
            # Imported, of a folder, or of a source that was removed. Served by remembered_of_source.
            await transaction.execute(
                "UPDATE remembered SET missed_at = :now WHERE source_id IS NULL AND missed_at IS NULL",
                {"now": to_ms(now)},
            )
            return await transaction.execute(
                "DELETE FROM remembered WHERE missed_at < :before", {"before": to_ms(before)}
            )


_HEADLINE = """
articles.id, articles.title, articles.category_id, articles.published_at, articles.published_on, articles.language
"""
_SHOWN = "categories.name AS category, coalesce(articles.publisher, sources.title) AS source"
_JOINED = """
LEFT JOIN categories ON categories.id = articles.category_id LEFT JOIN sources ON sources.id = articles.source_id
"""


_NOTHING_LEFT = """
id IN (SELECT value FROM json_each(:ids))
AND NOT EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id)
AND NOT EXISTS (SELECT 1 FROM fanouts WHERE article_id = articles.id)
"""

# Whether a chat subscribed to an article before it was stored, and did not mute it.
_WANTED = """
CASE WHEN (SELECT everything_since FROM chats WHERE id = :chat) IS NOT NULL
    THEN (SELECT everything_since FROM chats WHERE id = :chat) <= articles.stored_at
         AND NOT EXISTS (
             SELECT 1 FROM subscriptions WHERE chat = :chat AND category_id = articles.category_id AND NOT wanted)
    ELSE EXISTS (
        SELECT 1 FROM subscriptions
        WHERE chat = :chat AND category_id = articles.category_id AND wanted AND since <= articles.stored_at)
END
"""


async def _remember_listed(transaction: Transaction, source_id: int, listed: Sequence[str], now: datetime) -> None:
    """Note which pruned articles a source has begun or ceased to list; one that lists the same as before costs no
    write.
    """
    values = {"source": source_id, "listed": json.dumps(list(listed)), "now": to_ms(now)}
    await transaction.execute(
        """
        UPDATE remembered SET missed_at = NULL, source_id = :source
        WHERE identity IN (SELECT value FROM json_each(:listed)) AND (missed_at IS NOT NULL OR source_id IS NULL)
        """,
        values,
    )
    await transaction.execute(
        """
        UPDATE remembered SET missed_at = :now
        WHERE source_id = :source AND missed_at IS NULL AND identity NOT IN (SELECT value FROM json_each(:listed))
        """,
        values,
    )


async def _add(transaction: Transaction, article: NewArticle, now: datetime) -> tuple[int, Lane | None] | None:
    """Its id and the lane that it is pushed in: what its source or its category is marked as goes before what was
    decided. None where it is stored already.
    """
    category = await ensure_category(transaction, article.category) if article.category else None
    rows = await transaction.fetch(
        """
        INSERT INTO articles (
            identity, source_id, publisher, category_id, title, body, markup, lead, summary, language, author, url,
            image_url, published_at, published_on, stored_at, changed_at, indexed, lane)
        VALUES (
            :identity, :source_id, :publisher, :category_id, :title, :body, :markup, :lead, :summary, :language,
            :author, :url, :image_url, :published_at, :published_on, :now, :now, 1,
            CASE WHEN EXISTS (SELECT 1 FROM categories WHERE id = :category_id AND breaking)
                   OR EXISTS (SELECT 1 FROM sources WHERE id = :source_id AND breaking)
                THEN min(:lane, :breaking) ELSE :lane END)
        ON CONFLICT (identity) DO NOTHING
        RETURNING id, lane
        """,
        _columns(article.text)
        | {
            "identity": article.identity,
            "source_id": article.source_id,
            "publisher": article.publisher,
            "category_id": category,
            "published_at": to_ms(article.published_at),
            "published_on": article.published_on.isoformat() if article.published_on else None,
            "now": to_ms(now),
            "lane": article.lane,
            "breaking": Lane.BREAKING,
        },
    )
    if not rows:
        return None
    article_id, lane = int(rows[0]["id"]), rows[0]["lane"]
    await transaction.execute("UPDATE articles SET story_id = id WHERE id = :id", {"id": article_id})
    await put_text(transaction, article_id, article.search)
    return article_id, Lane(lane) if lane is not None else None


async def _revise(transaction: Transaction, change: ChangedArticle, now: datetime) -> bool:
    # What an alert shows of it is compared here, where the old text is: a changed body alone corrects no message.
    revised = await transaction.execute(
        """
        UPDATE articles
        SET shown_revision = CASE
                WHEN (title, lead, summary, url, image_url) IS NOT (:title, :lead, :summary, :url, :image_url)
                THEN revision + 1 ELSE shown_revision END,
            title = :title, body = :body, markup = :markup, lead = :lead, summary = :summary,
            language = :language, author = :author, url = :url, image_url = :image_url,
            revision = revision + 1, changed_at = :now, indexed = 1
        WHERE id = :id AND revision = :from_revision AND retracted_at IS NULL
        """,
        _columns(change.text) | {"id": change.article_id, "from_revision": change.from_revision, "now": to_ms(now)},
    )
    if revised:
        await drop_text(transaction, change.article_id)
        await put_text(transaction, change.article_id, change.search)
        await owing.correct_later(transaction, change.article_id, now)
    return bool(revised)


async def _open_fanout(transaction: Transaction, article_id: int, lane: Lane, now: datetime) -> None:
    await transaction.execute(
        "INSERT INTO fanouts (article_id, lane, opened_at) VALUES (:id, :lane, :now) ON CONFLICT DO NOTHING",
        {"id": article_id, "lane": lane, "now": to_ms(now)},
    )


def _columns(text: Text) -> dict[str, str | None]:
    return {
        "title": text.title,
        "body": text.body,
        "markup": text.markup,
        "lead": text.lead,
        "summary": "\n".join(text.summary),
        "language": text.language,
        "author": text.author,
        "url": text.url,
        "image_url": text.image_url,
    }


def _text_from(row: Row) -> Text:
    return Text(
        title=row["title"],
        body=row["body"],
        lead=row["lead"],
        summary=tuple(row["summary"].splitlines()),
        language=row["language"],
        author=row["author"],
        url=row["url"],
        image_url=row["image_url"],
        markup=row["markup"],
    )


def _category_from(row: Row) -> Category | None:
    return Category(row["category_id"], row["category"]) if row["category_id"] is not None else None


def _day_from(row: Row) -> date | None:
    return date.fromisoformat(row["published_on"]) if row["published_on"] else None


def _article_from(row: Row) -> Article:
    return Article(
        id=row["id"],
        text=_text_from(row),
        category=_category_from(row),
        source=row["source"],
        source_id=row["source_id"],
        published_at=from_ms(row["published_at"]),
        published_on=_day_from(row),
        revision=row["revision"],
        stored_at=from_ms(row["stored_at"]),
        lane=Lane(row["lane"]) if row["lane"] is not None else None,
        retracted=row["retracted_at"] is not None,
    )


def _headline_from(row: Row) -> Headline:
    return Headline(
        id=row["id"],
        title=row["title"],
        category=_category_from(row),
        source=row["source"],
        published_at=from_ms(row["published_at"]),
        published_on=_day_from(row),
        language=row["language"],
    )
