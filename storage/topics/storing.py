"""Stores articles: the row of a new one with its keys and categories, and the changed text of a known one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Transaction
from storage.records import (
    ChangedArticle,
    Decide,
    Lane,
    NewArticle,
    Text,
)
from storage.times import to_ms
from storage.topics import admission, corrections, outbox, story_placing
from storage.topics.admission import Admission
from storage.topics.article_keys import add_keys, release_keys
from storage.topics.categories import add_categories, ensure_categories
from storage.topics.histories import keep_text
from storage.topics.search_index import drop_text
from storage.topics.subjects import drop_from_article, put_authors
from storage.topics.words import match_article


@dataclass(frozen=True, slots=True)
class Published:
    """A new article that is stored now."""

    id: int
    is_pushed: bool
    has_known_text: bool  # whether another article has its text
    others: list[int]  # articles whose messages name its source from now on


@dataclass(frozen=True, slots=True)
class Revised:
    """An article whose new text is stored now."""

    private: bool
    source_id: int | None


async def publish_article(
    transaction: Transaction,
    article: NewArticle,
    now: datetime,
    decide: Decide | None,
    asked: Admission | None = None,
) -> Published | None:
    """Store a new article with its story and its fan-out. Returns None as `add_article` does.

    The caller puts its text into the search index, with those of all articles of the transaction. `asked` is what the
    caller has asked in this transaction.
    """
    made = await add_article(transaction, article, now, asked)
    if made is None:
        return None
    article_id, lane = made
    others, has_known_text = list[int](), False
    if article.fingerprint is not None and decide is not None and not article.private:
        placing = await story_placing.assign_story(
            transaction,
            article_id,
            article.fingerprint,
            language=article.text.language,
            published_at=article.published_at,
            now=now,
            decide=decide,
        )
        if placing.duplicate_of is not None:
            has_known_text = True
            others = await story_placing.name_in_duplicates(transaction, article_id, now=now)
    if article.evolved_from and decide is not None and not article.private:
        await story_placing.continue_story(
            transaction, article_id, article.evolved_from, source_id=article.source_id, now=now
        )
    if lane is not None:
        await outbox.open_fanout(transaction, article_id, lane, now)
    return Published(article_id, lane is not None, has_known_text, others)


async def add_article(
    transaction: Transaction, article: NewArticle, now: datetime, asked: Admission | None
) -> tuple[int, Lane | None] | None:
    """Store a new article. Returns its id and the lane in which it is pushed, or None if it is stored already.

    If its source or its category is marked as breaking, it is pushed as breaking news. Returns None as well if its
    source was made private or public meanwhile.
    """
    if article.replaces is not None:
        await release_keys(transaction, article.replaces)
    if asked is None or article.replaces is not None:
        asked = await admission.ask(transaction, article)
    if asked.key_is_taken or asked.has_other_audience:
        return None
    categories = await ensure_categories(
        transaction, article.categories, asked.categories, public=not article.private
    )
    rows = await transaction.fetch(
        """
        INSERT INTO articles (
            identity, source_id, publisher, category_id, title, body, document, lead, summary, language, author, url,
            image_url, published_at, published_on, stored_at, changed_at, excerpt, indexed, serial, private, version,
            lane)
        VALUES (
            :identity, :source_id, :publisher, :category_id, :title, :body, :document, :lead, :summary, :language,
            :author, :url, :image_url, :published_at, :published_on, :now, :now, :excerpt, TRUE, :serial, :private,
            :version,
            CASE WHEN :lane > :breaking AND (
                    EXISTS (SELECT 1 FROM categories
                            WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:categories)) AND breaking)
                    OR EXISTS (SELECT 1 FROM sources WHERE id = :source_id AND breaking))
                THEN :breaking ELSE :lane END)
        ON CONFLICT (identity) DO NOTHING
        RETURNING id, lane
        """,
        _columns(article.text)
        | {
            "identity": article.identity,
            "source_id": article.source_id,
            "publisher": article.publisher,
            "category_id": categories[0] if categories else None,
            "categories": json.dumps(categories),
            "published_at": to_ms(article.published_at),
            "published_on": article.published_on.isoformat() if article.published_on else None,
            "now": to_ms(now),
            "excerpt": article.excerpt,
            "serial": article.fingerprint.serial if article.fingerprint else None,
            "private": article.private,
            "version": article.version,
            "lane": article.lane,
            "breaking": Lane.BREAKING,
        },
    )
    if not rows:
        return None
    article_id, lane = int(rows[0]["id"]), rows[0]["lane"]
    await transaction.execute("UPDATE articles SET story_id = id WHERE id = :id", {"id": article_id})
    await add_categories(transaction, article_id, categories)
    await add_keys(transaction, article_id, [article.identity, *article.keys])
    await put_authors(transaction, article_id, article.authors)
    await match_article(transaction, article_id, article.search)
    if article.page_due_at is not None:
        await _want_page(transaction, article_id, article.page_due_at)
    return article_id, Lane(lane) if lane is not None else None


async def revise_article(
    transaction: Transaction, change: ChangedArticle, now: datetime, decide: Decide | None
) -> Revised | None:
    """Store a changed text. Returns None if the article has another revision than the change begins at."""
    values = _columns(change.text) | {
        "id": change.article_id,
        "from_revision": change.from_revision,
        "excerpt": change.excerpt,
        "serial": change.fingerprint.serial if change.fingerprint else None,
        "compared": change.fingerprint is not None,
        "version": change.version,
        "now": to_ms(now),
    }
    await keep_text(transaction, change, now)
    # What messages show of it is compared here, where the old text is: a changed body alone corrects no alert, and a
    # changed summary no digest.
    shown = await transaction.change(
        """
        UPDATE articles SET shown_revision = shown_revision + 1
        WHERE id = :id AND revision = :from_revision AND retracted_at IS NULL
          AND (title, CASE WHEN summary = '' THEN lead ELSE '' END, summary, url, image_url)
              IS NOT (:title, CASE WHEN :summary = '' THEN :lead ELSE '' END, :summary, :url, :image_url)
        """,
        values,
    )
    revised = await transaction.fetch(
        """
        UPDATE articles
        SET headline_revision = CASE WHEN title <> :title THEN revision + 1 ELSE headline_revision END,
            title = :title, body = :body, document = :document, lead = :lead, summary = :summary,
            language = :language, author = :author, url = :url, image_url = :image_url, excerpt = :excerpt,
            serial = CASE WHEN :compared THEN :serial ELSE serial END, version = coalesce(:version, version),
            revision = revision + 1, changed_at = :now, indexed = TRUE
        WHERE id = :id AND revision = :from_revision AND retracted_at IS NULL
        RETURNING private, source_id
        """,
        values,
    )
    if revised:
        if change.keys:
            await add_keys(transaction, change.article_id, change.keys)
        await drop_text(transaction, change.article_id)
        await drop_from_article(transaction, change.article_id)
        await put_authors(transaction, change.article_id, change.authors)
        await match_article(transaction, change.article_id, change.search)
        await _want_page(transaction, change.article_id, change.page_due_at)
        if change.fingerprint is not None and decide is not None:
            await story_placing.reassign_story(
                transaction, change.article_id, change.fingerprint, now=now, decide=decide
            )
    if shown:
        await corrections.correct_later(transaction, change.article_id, now)
    return Revised(bool(revised[0]["private"]), revised[0]["source_id"]) if revised else None


async def note_versions(transaction: Transaction, versions: Sequence[tuple[int, int]]) -> None:
    """Note the versions, by article id, that sources give to texts that are stored already."""
    for article_id, version in versions:
        await transaction.execute(
            "UPDATE articles SET version = :version WHERE id = :id AND coalesce(version, :version - 1) < :version",
            {"id": article_id, "version": version},
        )


async def _want_page(transaction: Transaction, article_id: int, due_at: datetime | None) -> None:
    """Note that an article's page is to be read at that time; None: that it needn't be."""
    values = {"id": article_id, "due_at": to_ms(due_at) if due_at else None}
    if due_at is None:
        await transaction.execute("DELETE FROM pages_wanted WHERE article_id = :id", values)
        return
    await transaction.execute(
        """
        INSERT INTO pages_wanted (article_id, source_id, due_at)
        SELECT id, source_id, :due_at FROM articles WHERE id = :id AND source_id IS NOT NULL
        ON CONFLICT (article_id) DO UPDATE SET due_at = excluded.due_at, tries = 0
        """,
        values,
    )


def _columns(text: Text) -> dict[str, str | None]:
    return {
        "title": text.title,
        "body": text.body,
        "document": text.document,
        "lead": text.lead,
        "summary": "\n".join(text.summary),
        "language": text.language,
        "author": text.author,
        "url": text.url,
        "image_url": text.image_url,
    }
