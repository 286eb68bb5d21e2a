"""The keys by which articles are found when they are read again.

A key of one source is written `guid:SOURCE:…`, `title:SOURCE:…` or `other:SOURCE:…`. A link is written `link:…` and
is a key for all sources. Only in a private source it is a key of that source and is written `page:SOURCE:…`.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from storage.database import Transaction

LINK: Final = "link:"
LINK_END: Final = "link;"  # follows all links, since ";" follows ":" in the order of characters


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


async def note_seen(transaction: Transaction, source_id: int, article_id: int, keys: Sequence[str]) -> None:
    """Let an article of another source be found by the keys that this source has for it, too.

    A source that gives a new guid at each visit adds no keys: an article keeps those of the first one.
    """
    own = [key for key in keys if key.startswith((f"guid:{source_id}:", f"title:{source_id}:"))]
    known = await transaction.fetch(
        f"""
        SELECT 1 FROM article_keys
        WHERE article_id = :id AND ({_begins_with("guid")} OR {_begins_with("title")}) LIMIT 1
        """,
        {"id": article_id} | _prefixes(source_id, "guid", "title"),
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
            WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids)) AND source_id IS NULL
              AND (private OR NOT (SELECT private FROM sources WHERE id = :source))
            RETURNING private
            """,
            values,
        )
        if any(row["private"] for row in adopted):
            await transaction.execute("UPDATE sources SET moving = TRUE WHERE id = :source AND NOT private", values)


async def move_keys(transaction: Transaction, source_id: int, to: int) -> None:
    """Let the articles of a source be found by the same keys of another one."""
    for kind in ("guid", "title", "page", "other"):
        begin, new = f"{kind}:{source_id}:", f"{kind}:{to}:"
        values = {"new": new, "rest": len(begin) + 1} | _prefixes(source_id, kind)
        moved = "CAST(:new AS text) || substr({}, CAST(:rest AS integer))"
        for table, owner in (("article_keys", "article_id"), ("desk_keys", "desk_id")):
            await transaction.execute(
                f"""
                INSERT INTO {table} (key, {owner})
                SELECT {moved.format("key")}, {owner} FROM {table} WHERE {_begins_with(kind)}
                ON CONFLICT DO NOTHING
                """,
                values,
            )
            await transaction.execute(f"DELETE FROM {table} WHERE {_begins_with(kind)}", values)
        pruned = _begins_with(kind, "identity")
        await transaction.execute(
            f"""
            INSERT INTO remembered (identity, source_id, missed_at)
            SELECT {moved.format("identity")}, source_id, missed_at FROM remembered WHERE {pruned}
            ON CONFLICT (identity) DO UPDATE SET source_id = excluded.source_id, missed_at = excluded.missed_at
            """,
            values,
        )
        await transaction.execute(f"DELETE FROM remembered WHERE {pruned}", values)


async def make_keys_private(transaction: Transaction, source_id: int, articles: Sequence[int]) -> None:
    """Let these articles be found by this source only, because it is private from now on."""
    kinds = ("guid", "title", "page")
    values = {"ids": json.dumps(list(articles)), "page": f"page:{source_id}:", "link": LINK, "end_of_link": LINK_END}
    values |= _prefixes(source_id, *kinds)
    ids = "(SELECT CAST(value AS bigint) FROM json_each(:ids))"
    page = "CAST(:page AS text) || substr({}, " + f"{len(LINK) + 1})"
    await transaction.execute(
        f"""
        INSERT INTO article_keys (key, article_id)
        SELECT {page.format("key")}, article_id FROM article_keys
        WHERE article_id IN {ids} AND key >= :link AND key < :end_of_link
        ON CONFLICT DO NOTHING
        """,
        values,
    )
    await transaction.execute(
        f"""
        DELETE FROM article_keys
        WHERE article_id IN {ids} AND NOT ({" OR ".join(_begins_with(kind) for kind in kinds)})
        """,
        values,
    )
    await transaction.execute(
        # An identity is taken for ever. Another source may now store an article with this link.
        f"""
        UPDATE articles SET identity = {page.format("identity")}
        WHERE id IN {ids} AND identity >= :link AND identity < :end_of_link
          AND NOT EXISTS (
              SELECT 1 FROM articles AS taken WHERE taken.identity = {page.format("articles.identity")})
        """,
        values,
    )


async def make_keys_public(transaction: Transaction, source_id: int, articles: Sequence[int]) -> None:
    """Let these articles be found by their links in all sources, because their source is public from now on."""
    values = {"ids": json.dumps(list(articles)), "link": LINK, "rest": len(f"page:{source_id}:") + 1}
    values |= _prefixes(source_id, "page")
    of_page = f"article_id IN (SELECT CAST(value AS bigint) FROM json_each(:ids)) AND {_begins_with('page')}"
    await transaction.execute(
        f"""
        INSERT INTO article_keys (key, article_id)
        SELECT CAST(:link AS text) || substr(key, CAST(:rest AS integer)), article_id FROM article_keys
        WHERE {of_page} ON CONFLICT DO NOTHING
        """,
        values,
    )
    await transaction.execute(f"DELETE FROM article_keys WHERE {of_page}", values)


def _begins_with(kind: str, column: str = "key") -> str:
    """Returns a condition: the key is of this kind and of the source of `_prefixes`. An index on keys serves it."""
    return f"({column} >= :{kind}_keys AND {column} < :end_of_{kind}_keys)"


def _prefixes(source_id: int, *kinds: str) -> dict[str, Any]:
    """Returns the values of `_begins_with` for these kinds of keys of a source."""
    # ";" follows ":" in the order of characters, so this range of the index holds all keys with the prefix.
    return {f"{kind}_keys": f"{kind}:{source_id}:" for kind in kinds} | {
        f"end_of_{kind}_keys": f"{kind}:{source_id};" for kind in kinds
    }
