"""Copies: a text that several sources carry is told once in a chat, and its message says who carries it as well."""

from datetime import datetime

from storage.database import Transaction
from storage.times import to_ms


def told(article: str, chat: str) -> str:
    """SQL: whether that chat of ours was sent another article with the text of this one.

    One that is owed and not sent is none: it may never be. Served by articles_copied, articles_copies and
    deliveries_once.
    """
    return f"""
    EXISTS (
        SELECT 1 FROM articles AS mine INDEXED BY articles_copied
        JOIN articles AS others ON others.copy_of = mine.copy_of AND others.id <> mine.id
        JOIN deliveries AS told ON told.article_id = others.id
        WHERE mine.id = {article} AND mine.copy_of IS NOT NULL AND told.chat = {chat}
          AND (told.state = 'sent' OR told.message_id IS NOT NULL))
    """


def _named(article: str) -> str:
    """SQL: what its source is called."""
    return f"coalesce({article}.publisher, (SELECT title FROM sources WHERE id = {article}.source_id))"


# Who else carries an article's text, as a JSON array of names in the order in which they came.
ALSO_IN = f"""
(SELECT json_group_array(name) FROM (
    SELECT {_named("others")} AS name FROM articles AS others
    WHERE others.copy_of = articles.copy_of AND others.id <> articles.id AND others.retracted_at IS NULL
      AND name IS NOT NULL AND name IS NOT {_named("articles")}
    GROUP BY name ORDER BY min(others.id)))
"""


async def join(transaction: Transaction, article_id: int, first: int, now: datetime) -> list[int]:
    """An article carries the text of `first`, which the others show from now on: their ids."""
    values = {"id": article_id, "copy_of": first, "now": to_ms(now)}
    # Where the first one is a copy itself, its own first one stands for all of them.
    await transaction.execute(
        "UPDATE articles SET copy_of = id WHERE id = :copy_of AND copy_of IS NULL AND retracted_at IS NULL", values
    )
    await transaction.execute(
        """
        UPDATE articles SET copy_of = coalesce((SELECT copy_of FROM articles WHERE id = :copy_of), :copy_of)
        WHERE id = :id
        """,
        values,
    )
    return await _others_say_it(transaction, values)


async def leave(transaction: Transaction, article_id: int, now: datetime) -> list[int]:
    """An article is no copy any more, or withdrawn, and the others show it no more: their ids."""
    values = {"id": article_id, "now": to_ms(now)}
    others = await _others_say_it(transaction, values)
    await transaction.execute("UPDATE articles SET copy_of = NULL WHERE id = :id", values)
    return others


async def _others_say_it(transaction: Transaction, values: dict[str, int]) -> list[int]:
    """What the others show has changed, unless another copy bears the same name, or this one has none."""
    this = f"(SELECT {_named('this')} FROM articles AS this WHERE this.id = :id)"
    rows = await transaction.fetch(
        f"""
        UPDATE articles SET shown_revision = shown_revision + 1, changed_at = :now
        WHERE copy_of = (SELECT copy_of FROM articles WHERE id = :id) AND id <> :id AND retracted_at IS NULL
          AND {this} IS NOT NULL
          AND NOT EXISTS (
              SELECT 1 FROM articles AS same
              WHERE same.copy_of = articles.copy_of AND same.id <> :id AND same.retracted_at IS NULL
                AND {_named("same")} = {this})
        RETURNING id
        """,
        values,
    )
    return [int(row["id"]) for row in rows]
