"""Privacy: makes the articles of a source private or public, a few at a time.

A private source is read as if no other source existed. Its articles have keys of their own, so an article of a public
source is never taken for one that only some chats may see, and the other way round. They are in no story: no message
about another article names them, and no article counts as their duplicate. Their search words stand in a table of
their own.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Database, Transaction
from storage.topics import story_placing
from storage.topics.article_keys import make_keys_private, make_keys_public

MOVED_AT_ONCE = 100  # articles in one transaction: those of public stories leave them one by one


async def move_articles(database: Database, source_id: int, *, now: datetime) -> None:
    """Make all articles of a source private or public, as the source is now."""
    after = 0
    while True:
        async with database.transaction(durable=False) as transaction:
            # Each transaction looks at the source again, because a person may have changed it back meanwhile.
            sources = await transaction.fetch("SELECT private FROM sources WHERE id = :source", {"source": source_id})
            if not sources:
                return
            private = bool(sources[0]["private"])
            rows = await transaction.fetch(
                # Served by articles_of_source.
                """
                SELECT id, private FROM articles WHERE source_id = :source AND id > :after ORDER BY id LIMIT :most
                """,
                {"source": source_id, "after": after, "most": MOVED_AT_ONCE},
            )
            if not rows:
                await transaction.execute(
                    "UPDATE sources SET moving = FALSE WHERE id = :source", {"source": source_id}
                )
                return
            after = rows[-1]["id"]
            moved = [row["id"] for row in rows if bool(row["private"]) != private]
            if moved:
                await _move(transaction, source_id, moved, private, now)


async def _move(
    transaction: Transaction, source_id: int, articles: Sequence[int], private: bool, now: datetime
) -> None:
    """Make these articles private or public."""
    if private:
        for article_id in articles:
            for other in await story_placing.name_in_duplicates(transaction, article_id, now=now):
                transaction.article_changed(other)  # its messages named the source
            await story_placing.withdraw_article(transaction, article_id)
        await make_keys_private(transaction, source_id, articles)
    else:
        await make_keys_public(transaction, source_id, articles)
    values = {"ids": json.dumps(list(articles)), "private": private}
    ids = "(SELECT CAST(value AS bigint) FROM json_each(:ids))"
    await transaction.execute(
        # The words that typing errors are compared with are those of public articles. They are learned anew.
        f"UPDATE articles SET private = :private, indexed = indexed AND :private WHERE id IN {ids}",
        values,
    )
    if private:
        await transaction.full_text.make_private(transaction, articles, source_id)
    else:
        await transaction.full_text.make_public(transaction, articles)
        await transaction.execute(
            f"""
            UPDATE categories SET public = TRUE
            WHERE NOT public AND id IN (SELECT category_id FROM article_categories WHERE article_id IN {ids})
            """,
            values,
        )
