"""Admission: what has to be known before a new article is stored or put on the desk, read in one query."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from storage.database import Transaction
from storage.records import NewArticle
from storage.topics.categories import KNOWN, KnownCategory, known_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What is stored that decides whether a new article is published."""

    key_is_taken: bool  # an article has a key that this one claims. Pruned articles have none, withdrawn ones have
    has_other_audience: bool  # its source was made private or public meanwhile
    needs_approval: bool  # of an editor, for its source or a category
    categories: Mapping[str, KnownCategory]  # those of its categories that exist, by normalized name


async def ask(transaction: Transaction, article: NewArticle) -> Admission:
    """Returns what the database says of a new article. Served by the keys of the tables."""
    [row] = await transaction.fetch(
        f"""
        SELECT EXISTS (
                SELECT 1 FROM json_each(:claimed) AS wanted
                CROSS JOIN article_keys ON article_keys.key = wanted.value) AS taken,
            coalesce((SELECT private FROM sources WHERE id = :source_id), FALSE) AS private,
            coalesce((SELECT desk FROM sources WHERE id = :source_id), FALSE) AS desk,
            ({KNOWN}) AS categories
        """,
        {
            "claimed": json.dumps(article.claimed),
            "source_id": article.source_id,
            "names": json.dumps([name.normalized for name in article.categories]),
        },
    )
    categories = known_from(row["categories"])
    desk = row["desk"] or any(category.desk for category in categories.values())
    return Admission(
        key_is_taken=bool(row["taken"]),
        has_other_audience=article.private != bool(row["private"]),
        # A private article goes to the chats that follow its source, and editors must not read what these follow.
        needs_approval=bool(desk) and not article.private,
        categories=categories,
    )
