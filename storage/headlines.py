"""What a list shows of an article: the columns, what they are joined with, and the record they become."""

from datetime import date
from typing import Final

from storage.database import Row
from storage.records import Category, Headline
from storage.times import from_ms

HEADLINE: Final = """
articles.id, articles.title, articles.category_id, articles.published_at, articles.published_on, articles.language
"""
SHOWN: Final = "categories.name AS category, coalesce(articles.publisher, sources.title) AS source"
JOINED: Final = """
LEFT JOIN categories ON categories.id = articles.category_id LEFT JOIN sources ON sources.id = articles.source_id
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
    )


def category_from(row: Row) -> Category | None:
    return Category(row["category_id"], row["category"]) if row["category_id"] is not None else None


def day_from(row: Row) -> date | None:
    return date.fromisoformat(row["published_on"]) if row["published_on"] else None
