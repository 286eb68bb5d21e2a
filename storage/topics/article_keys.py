"""The keys by which articles are found when they are read again.

A key of one source is written `guid:SOURCE:…`, `title:SOURCE:…` or `other:SOURCE:…`. A link is written `link:…` and
is a key for all sources. Only in a private source it is a key of that source and is written `page:SOURCE:…`.
"""

import json
from collections.abc import Sequence
from typing import Final

from storage.database import Transaction

LINK: Final = "link:"


async def add_keys(transaction: Transaction, article_id: int, keys: Sequence[str]) -> None:
    """Add keys by which an article is found."""
    await transaction.execute(
        """
        INSERT INTO article_keys (key, article_id) SELECT value, :id FROM json_each(:keys)
        WHERE true ON CONFLICT DO NOTHING
        """,
        {"id": article_id, "keys": json.dumps(keys)},
    )


async def release_keys(transaction: Transaction, article_id: int) -> None:
    """Let a withdrawn article be found by no key, because its source publishes the article again."""
    await transaction.execute(
        """
        DELETE FROM article_keys WHERE article_id = (
            SELECT id FROM articles WHERE id = :id AND retracted_at IS NOT NULL AND withdrawn_by_source)
        """,
        {"id": article_id},
    )


async def any_key_is_taken(transaction: Transaction, keys: Sequence[str]) -> bool:
    """Returns whether any article has one of these keys. Withdrawn articles have them as well, pruned ones do not."""
    if not keys:
        return False
    rows = await transaction.fetch(
        "SELECT 1 FROM json_each(:keys) AS wanted CROSS JOIN article_keys ON article_keys.key = wanted.value LIMIT 1",
        {"keys": json.dumps(keys)},
    )
    return bool(rows)


async def note_seen(transaction: Transaction, source_id: int, article_id: int, keys: Sequence[str]) -> None:
    """Let an article of another source be found by the keys that this source has for it, too.

    A source that gives a new guid at each visit adds no keys: an article keeps those of the first one.
    """
    own = [key for key in keys if key.startswith((f"guid:{source_id}:", f"title:{source_id}:"))]
    values = {"id": article_id, "guid": f"guid:{source_id}:*", "title": f"title:{source_id}:*"}
    known = await transaction.fetch(
        "SELECT 1 FROM article_keys WHERE article_id = :id AND (key GLOB :guid OR key GLOB :title) LIMIT 1", values
    )
    if not known:
        await add_keys(transaction, article_id, own)


async def adopt_articles(transaction: Transaction, source_id: int, articles: Sequence[int]) -> None:
    """Give articles that belong to no source to this source.

    A private source can't hide public articles: these stay without a source.
    """
    values = {"source": source_id, "ids": json.dumps(articles)}
    if articles:
        adopted = await transaction.fetch(
            """
            UPDATE articles SET source_id = :source
            WHERE id IN (SELECT value FROM json_each(:ids)) AND source_id IS NULL
              AND (private OR NOT (SELECT private FROM sources WHERE id = :source))
            RETURNING private
            """,
            values,
        )
        if any(row["private"] for row in adopted):
            await transaction.execute("UPDATE sources SET moving = 1 WHERE id = :source AND NOT private", values)


async def move_keys(transaction: Transaction, source_id: int, to: int) -> None:
    """Let the articles of a source be found by the same keys of another one."""
    for kind in ("guid", "title", "page", "other"):
        old, new = f"{kind}:{source_id}:", f"{kind}:{to}:"
        # ";" follows ":" in the order of characters, so this range of the index holds all keys with the old prefix.
        values = {"old": old, "end": f"{kind}:{source_id};", "new": new, "from": len(old) + 1}
        for table, column in (("article_keys", "key"), ("remembered", "identity"), ("desk_keys", "key")):
            await transaction.execute(
                f"""
                UPDATE OR REPLACE {table} SET {column} = :new || substr({column}, :from)
                WHERE {column} >= :old AND {column} < :end
                """,
                values,
            )


async def make_keys_private(transaction: Transaction, source_id: int, articles: Sequence[int]) -> None:
    """Let these articles be found by this source only, because it is private from now on."""
    values = {"ids": json.dumps(list(articles)), "source": source_id, "page": f"page:{source_id}:"}
    values |= {f"{kind}_keys": f"{kind}:{source_id}:*" for kind in ("guid", "title", "page")}
    ids = "(SELECT value FROM json_each(:ids))"
    await transaction.execute(
        f"""
        UPDATE OR REPLACE article_keys SET key = :page || substr(key, {len(LINK) + 1})
        WHERE article_id IN {ids} AND key GLOB '{LINK}*'
        """,
        values,
    )
    await transaction.execute(
        f"""
        DELETE FROM article_keys
        WHERE article_id IN {ids}
          AND NOT (key GLOB :guid_keys OR key GLOB :title_keys OR key GLOB :page_keys)
        """,
        values,
    )
    await transaction.execute(
        # An identity is taken for ever. Another source may now store an article with this link.
        f"""
        UPDATE OR IGNORE articles SET identity = :page || substr(identity, {len(LINK) + 1})
        WHERE id IN {ids} AND identity GLOB '{LINK}*'
        """,
        values,
    )


async def make_keys_public(transaction: Transaction, source_id: int, articles: Sequence[int]) -> None:
    """Let these articles be found by their links in all sources, because their source is public from now on."""
    page = f"page:{source_id}:"
    await transaction.execute(
        """
        UPDATE OR REPLACE article_keys SET key = :link || substr(key, :from)
        WHERE article_id IN (SELECT value FROM json_each(:ids)) AND key GLOB :pages
        """,
        {"ids": json.dumps(list(articles)), "link": LINK, "from": len(page) + 1, "pages": f"{page}*"},
    )
