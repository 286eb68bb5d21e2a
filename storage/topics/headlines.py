"""Headlines: the columns and joins of an article in a list, and the record that a row becomes."""

import json
from datetime import date
from typing import Final

from storage.database import Row
from storage.records import Category, Headline
from storage.times import from_ms
from storage.topics.category_names import ALIASES
from storage.topics.duplicates import counted_source

HEADLINE: Final = """
articles.id, articles.title, articles.category_id, articles.published_at, articles.published_on, articles.language,
articles.headline_revision, articles.retracted_at
"""
COUNTED: Final = "count(DISTINCT coalesce(told.serial, -told.id))"  # the articles of a story, called `told`
NOT_GROUPED: Final = "1 AS story_size, 1 AS sources"  # for lists that show each article by itself
SHOWN: Final = f"categories.name AS category, {ALIASES}, coalesce(articles.publisher, sources.title) AS source"
JOINED: Final = """
LEFT JOIN categories ON categories.id = articles.category_id LEFT JOIN sources ON sources.id = articles.source_id
"""


def story_size_columns(grouped: str) -> str:
    """Returns columns: the numbers of articles and of sources of the article's story.

    The issues of a serial count as one article. Both are 1 if the condition `grouped` is false: each article is then
    shown by itself.
    """
    of_story = "FROM articles AS told WHERE told.story_id = articles.story_id AND told.retracted_at IS NULL"
    return f"""
    CASE WHEN {grouped} THEN (SELECT {COUNTED} {of_story}) ELSE 1 END AS story_size,
    CASE WHEN {grouped} THEN (SELECT count(DISTINCT {counted_source("told")}) {of_story}) ELSE 1 END AS sources
    """


def headline_from(row: Row) -> Headline:
    return Headline(
        id=row["id"],
        title=row["title"],
        category=category_from(row),
        source=row["source"],
        published_at=from_ms(row["published_at"]),
        published_on=day_from(row),
        language=row["language"],
        story_size=row["story_size"],
        sources=row["sources"],
        revision=row["headline_revision"],
        retracted=row["retracted_at"] is not None,
    )


def category_from(row: Row) -> Category | None:
    if row["category_id"] is None:
        return None
    return Category(row["category_id"], row["category"], aliases=tuple(json.loads(row["aliases"])))


def day_from(row: Row) -> date | None:
    return date.fromisoformat(row["published_on"]) if row["published_on"] else None
