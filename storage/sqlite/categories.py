"""Categories: the sections of publishers, with their names and aliases."""

from collections.abc import Sequence

from storage.database import Database, Row, Transaction, Values
from storage.errors import NotFound
from storage.records import EVERYTHING_READ, Category, CategoryName, Reading
from storage.sqlite.reading import language_in_list, languages_json
from storage.sqlite.subjects import ensure_category_subject

MOVED_AT_ONCE = 500  # articles or follows that a merge of two categories moves in one transaction


class Categories:
    """The SQLite implementation of `contract.Categories`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_with_counts(self, reading: Reading = EVERYTHING_READ) -> list[Category]:
        """Returns the categories that have articles in these languages, with their counts, largest first."""
        rows = await self._database.fetch(
            # Triggers keep category_counts up to date, because every list shows these numbers to readers.
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
        """Returns the category with that normalized name or alias, or None. An alias takes precedence over a name."""
        rows = await self._database.fetch(_FIND, {"folded": normalized})
        return category_from(rows[0]) if rows else None

    async def names(self) -> list[tuple[str, Category]]:
        """Returns all names and aliases that a reader may type, each with its category."""
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
        """Make `alias` another name for the category `name`. Returns the category.

        If a category has the alias as its own name, it is merged into the category `name`.
        """
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            found = await transaction.fetch(
                "SELECT id FROM categories WHERE folded = :folded AND id <> :category",
                {"folded": alias.normalized, "category": category},
            )
        old = found[0]["id"] if found else None
        if old is not None:
            await self._copy_follows(old, category)
        async with self._database.transaction() as transaction:
            if old is not None:
                await _begin_merge(transaction, old, category)
            await transaction.execute(
                # A category can't have its own name as an alias, even if the operator has swapped the two names.
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
        """Complete the merges that were interrupted. Returns the number of merged categories."""
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

    async def _copy_follows(self, old: int, new: int) -> None:
        """Copy the follows and mutes of all chats from the old category to the new one."""
        after = 0
        while True:
            async with self._database.transaction(durable=False) as transaction:
                values = await _merge_values(transaction, old, new) | {"after": after}
                chats = await _copy_follows(transaction, values)
            if not chats:
                return
            after = chats[-1]

    async def _finish_merge(self, old: int, new: int) -> None:
        """Move all articles of the old category to the new one, and delete the old category.

        The follows must have been copied before.
        """
        merged = False
        while not merged:
            async with self._database.transaction(durable=False) as transaction:
                values = await _merge_values(transaction, old, new) | {"after": 0}
                moved = await transaction.execute(_MOVE_ARTICLES, values)
                if not moved:
                    merged = await _end_merge(transaction, values)

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen or muted it, if it has an alias, or if it is marked as breaking news.
        """
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.execute(
                # Served by articles_of_category, follows_of_subject and category_aliases_of. A trigger deletes the
                # subject of the category.
                """
                DELETE FROM categories WHERE id IN (
                    SELECT id FROM categories
                    WHERE NOT breaking
                      AND NOT EXISTS (SELECT 1 FROM articles WHERE category_id = categories.id)
                      AND NOT EXISTS (
                          SELECT 1 FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id
                          WHERE subjects.kind = 'category' AND subjects.ref = categories.id)
                      AND NOT EXISTS (SELECT 1 FROM category_aliases WHERE category_id = categories.id)
                    ORDER BY id LIMIT :limit)
                """,
                {"limit": max(0, limit)},
            )

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Set whether the articles that are published in a category from now on are pushed as breaking news.

        Returns the category. If it does not exist, it is created.
        """
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            rows = await transaction.fetch(
                "UPDATE categories SET breaking = :on WHERE id = :id RETURNING id, name", {"id": category, "on": on}
            )
        return category_from(rows[0])


async def find_category(transaction: Transaction, name: CategoryName) -> int | None:
    """Returns the id of the category with that name or alias, or None."""
    found = await transaction.fetch(_FIND, {"folded": name.normalized})
    return int(found[0]["id"]) if found else None


async def ensure_category(transaction: Transaction, name: CategoryName) -> int:
    """Returns the id of the category with that name or alias. If it does not exist, it is created."""
    found = await find_category(transaction, name)
    if found is not None:
        return found
    made = await transaction.fetch(
        "INSERT INTO categories (name, folded) VALUES (:name, :folded) RETURNING id",
        {"name": name.name, "folded": name.normalized},
    )
    return int(made[0]["id"])


async def ensure_categories(transaction: Transaction, names: Sequence[CategoryName]) -> list[int]:
    return [await ensure_category(transaction, name) for name in names]


def category_from(row: Row) -> Category:
    return Category(row["id"], row["name"], row["articles"] if "articles" in row.keys() else 0)  # noqa: SIM118  # a sqlite row iterates over values


async def _merge_values(transaction: Transaction, old: int, new: int) -> dict[str, int]:
    """Returns the ids of two categories and of their subjects."""
    return {
        "old": old,
        "new": new,
        "old_subject": await ensure_category_subject(transaction, old),
        "new_subject": await ensure_category_subject(transaction, new),
        "most": MOVED_AT_ONCE,
    }


async def _begin_merge(transaction: Transaction, old: int, new: int) -> None:
    """Give the aliases of the old category to the new one. If the old one is breaking news, mark the new one so."""
    ids = await _merge_values(transaction, old, new)
    await transaction.execute(
        # Copies the follows that chats chose during the copying. It is done in the transaction of the alias, so that
        # no article can be stored in between.
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources)
        SELECT chat, :new_subject, muted, since, until, least_sources FROM follows AS chosen
        WHERE subject_id = :old_subject
          AND NOT EXISTS (SELECT 1 FROM follows WHERE chat = chosen.chat AND subject_id = :new_subject)
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


async def _copy_follows(transaction: Transaction, values: Values) -> list[int]:
    """Copy the follows and mutes of the next chats from the old category to the new one. Returns the chats, in order.

    If a chat has already followed or muted the new category, that choice stays. Its date becomes the earlier of the
    two dates, so that articles that are on their way still reach the chat.
    """
    chats = await transaction.fetch(
        # Served by follows_of_subject.
        """
        SELECT chat FROM follows WHERE subject_id = :old_subject AND chat > :after ORDER BY chat LIMIT :most
        """,
        values,
    )
    await transaction.execute(
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources)
        SELECT chat, :new_subject, muted, since, until, least_sources FROM follows
        WHERE subject_id = :old_subject AND chat > :after AND chat <= :last
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
    """Delete the next follows of an empty category, or the category itself if no follows are left.

    Returns True after the category was deleted. The follows are copied once more before they are deleted, because a
    chat may have chosen the old category meanwhile with a button of an older message.
    """
    chats = await _copy_follows(transaction, values)
    if not chats:
        await transaction.execute("DELETE FROM categories WHERE id = :old", values)
        return True
    await transaction.execute(
        "DELETE FROM follows WHERE subject_id = :old_subject AND chat <= :last", {**values, "last": chats[-1]}
    )
    return False


# An alias takes precedence over a category of the same name, because the operator has said what the alias means.
_FIND = """
SELECT categories.id, categories.name FROM category_aliases JOIN categories ON categories.id = category_id
WHERE category_aliases.folded = :folded
UNION ALL
SELECT id, name FROM categories WHERE folded = :folded
LIMIT 1
"""
