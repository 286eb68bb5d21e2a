"""Categories: one section under its name and its aliases."""

from collections.abc import Sequence

from storage.database import Database, Row, Transaction, Values
from storage.errors import NotFound
from storage.records import EVERYTHING_READ, Category, CategoryName, Reading
from storage.sqlite.reading import language_in_list, languages_json

MOVED_AT_ONCE = 500  # articles or subscriptions in one transaction, while two categories are merged


class Categories:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_with_counts(self, reading: Reading = EVERYTHING_READ) -> list[Category]:
        """Returns the categories that have articles in these languages with the number of those, largest first."""
        rows = await self._database.fetch(
            # Triggers keep category_counts: readers see these numbers with every list.
            f"""
            SELECT categories.id, categories.name, sum(category_counts.articles) AS articles
            FROM category_counts JOIN categories ON categories.id = category_counts.category_id
            WHERE {language_in_list("category_counts.language") if reading.languages else "TRUE"}
            GROUP BY categories.id HAVING sum(category_counts.articles) > 0
            ORDER BY sum(category_counts.articles) DESC, categories.name
            """,
            {"languages": languages_json(reading.languages)},
        )
        return [category_from(row) for row in rows]

    async def get(self, category_id: int) -> Category | None:
        rows = await self._database.fetch("SELECT id, name FROM categories WHERE id = :id", {"id": category_id})
        return category_from(rows[0]) if rows else None

    async def find(self, normalized: str) -> Category | None:
        """Returns the category of that normalized name or alias, or None. An alias goes before a name."""
        rows = await self._database.fetch(_FIND, {"folded": normalized})
        return category_from(rows[0]) if rows else None

    async def names(self) -> list[tuple[str, Category]]:
        """Returns each name and alias that a reader may type, with its category."""
        rows = await self._database.fetch(
            """
            SELECT name AS typed, id, name FROM categories
            UNION ALL
            SELECT alias, categories.id, categories.name
            FROM category_aliases JOIN categories ON categories.id = category_id
            """
        )
        return [(row["typed"], category_from(row)) for row in rows]

    async def set_alias(self, alias: CategoryName, name: CategoryName) -> Category:
        """Let `alias` mean the category `name`, and merge the category of the alias's own name into it.

        Returns the category.
        """
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            found = await transaction.fetch(
                "SELECT id FROM categories WHERE folded = :folded AND id <> :category",
                {"folded": alias.normalized, "category": category},
            )
        old = found[0]["id"] if found else None
        if old is not None:
            await self._copy_subscriptions(old, category)
        async with self._database.transaction() as transaction:
            if old is not None:
                await _begin_merge(transaction, old, category)
            await transaction.execute(
                # The name of the category itself is no alias of it, also if the operator turned the two around.
                """
                INSERT INTO category_aliases (folded, alias, category_id)
                SELECT :folded, :alias, :category
                WHERE NOT EXISTS (SELECT 1 FROM categories WHERE folded = :folded AND id = :category)
                ON CONFLICT (folded) DO UPDATE SET alias = excluded.alias, category_id = excluded.category_id
                """,
                {"folded": alias.normalized, "alias": alias.name, "category": category},
            )
        if old is not None:
            await self._finish_merge(old, category)
        merged = await self.get(category)
        if merged is None:
            raise NotFound(f"category {name.name}")
        return merged

    async def finish_merges(self) -> int:
        """Go on with merges that were interrupted. Returns the number of categories that were merged."""
        begun = await self._database.fetch(
            """
            SELECT categories.id, category_aliases.category_id
            FROM category_aliases JOIN categories ON categories.folded = category_aliases.folded
            WHERE categories.id <> category_aliases.category_id
            """
        )
        for row in begun:
            await self._finish_merge(row["id"], row["category_id"])
        return len(begun)

    async def _copy_subscriptions(self, old: int, new: int) -> None:
        """Let every chat want or mute the new category as it does the old one."""
        values = {"old": old, "new": new, "most": MOVED_AT_ONCE, "after": 0}
        while True:
            async with self._database.transaction(durable=False) as transaction:
                chats = await _copy_subscriptions(transaction, values)
            if not chats:
                return
            values["after"] = chats[-1]

    async def _finish_merge(self, old: int, new: int) -> None:
        """Move the articles of a category to another one that the same chats want, and delete the empty category."""
        values = {"old": old, "new": new, "most": MOVED_AT_ONCE, "after": 0}
        merged = False
        while not merged:
            async with self._database.transaction(durable=False) as transaction:
                moved = await transaction.execute(_MOVE_ARTICLES, values)
                if not moved:
                    merged = await _end_merge(transaction, values)

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen it, the operator has said something of it, or an article waits in it.
        """
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.execute(
                # Served by articles_of_category, subscriptions_of_category and category_aliases_of.
                """
                DELETE FROM categories WHERE id IN (
                    SELECT id FROM categories
                    WHERE NOT breaking
                      AND NOT EXISTS (SELECT 1 FROM articles WHERE category_id = categories.id)
                      AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE category_id = categories.id)
                      AND NOT EXISTS (SELECT 1 FROM category_aliases WHERE category_id = categories.id)
                    ORDER BY id LIMIT :limit)
                """,
                {"limit": max(0, limit)},
            )

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Push what is published in a category from now on as breaking news, or not.

        Returns the category, which is made if it is new.
        """
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            rows = await transaction.fetch(
                "UPDATE categories SET breaking = :on WHERE id = :id RETURNING id, name", {"id": category, "on": on}
            )
        return category_from(rows[0])


async def ensure_category(transaction: Transaction, name: CategoryName) -> int:
    """The id of the category of that name or alias, made where it is new."""
    found = await transaction.fetch(_FIND, {"folded": name.normalized})
    if found:
        return int(found[0]["id"])
    made = await transaction.fetch(
        "INSERT INTO categories (name, folded) VALUES (:name, :folded) RETURNING id",
        {"name": name.name, "folded": name.normalized},
    )
    return int(made[0]["id"])


async def ensure_categories(transaction: Transaction, names: Sequence[CategoryName]) -> list[int]:
    return [await ensure_category(transaction, name) for name in names]


def category_from(row: Row) -> Category:
    return Category(row["id"], row["name"], row["articles"] if "articles" in row.keys() else 0)  # noqa: SIM118  # a sqlite row iterates over values


async def _begin_merge(transaction: Transaction, old: int, new: int) -> None:
    """Let the new category be found by everything that found the old one, and be breaking news if the old one was."""
    ids = {"old": old, "new": new}
    await transaction.execute(
        # What chats chose while the others were copied: no article may come between that and the alias.
        """
        INSERT INTO subscriptions (chat, category_id, wanted, since)
        SELECT chat, :new, wanted, since FROM subscriptions AS chosen
        WHERE category_id = :old
          AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE chat = chosen.chat AND category_id = :new)
        """,
        ids,
    )
    await transaction.execute("UPDATE category_aliases SET category_id = :new WHERE category_id = :old", ids)
    await transaction.execute(
        """
        UPDATE categories SET breaking = 1
        WHERE id = :new AND EXISTS (SELECT 1 FROM categories WHERE id = :old AND breaking)
        """,
        ids,
    )


async def _copy_subscriptions(transaction: Transaction, values: Values) -> list[int]:
    """Let the next chats want or mute the new category as they do the old one. Returns their ids, in order.

    A chat that has chosen for the new category already keeps that choice, with the earlier of the two dates: an
    article that is on its way stays owed.
    """
    chats = await transaction.fetch(
        # Served by subscriptions_of_category.
        """
        SELECT chat FROM subscriptions WHERE category_id = :old AND chat > :after ORDER BY chat LIMIT :most
        """,
        values,
    )
    await transaction.execute(
        """
        INSERT INTO subscriptions (chat, category_id, wanted, since)
        SELECT chat, :new, wanted, since FROM subscriptions
        WHERE category_id = :old AND chat > :after AND chat <= :last
        ON CONFLICT DO UPDATE SET since = min(since, excluded.since)
        """,
        {**values, "last": chats[-1]["chat"] if chats else 0},
    )
    return [row["chat"] for row in chats]


# Served by articles_of_category.
_MOVE_ARTICLES = """
UPDATE articles SET category_id = :new WHERE id IN (SELECT id FROM articles WHERE category_id = :old LIMIT :most)
"""


async def _end_merge(transaction: Transaction, values: Values) -> bool:
    """Delete the next subscriptions of an empty category, and with the last of them the category. True at the end.

    A chat may have chosen the old category since the subscriptions were copied: by a button that it still has.
    """
    chats = await _copy_subscriptions(transaction, values)
    if not chats:
        await transaction.execute("DELETE FROM categories WHERE id = :old", values)
        return True
    await transaction.execute(
        "DELETE FROM subscriptions WHERE category_id = :old AND chat <= :last", {**values, "last": chats[-1]}
    )
    return False


# An alias goes before a category of the same name: the operator has said what it means.
_FIND = """
SELECT categories.id, categories.name FROM category_aliases JOIN categories ON categories.id = category_id
WHERE category_aliases.folded = :folded
UNION ALL
SELECT id, name FROM categories WHERE folded = :folded
LIMIT 1
"""
