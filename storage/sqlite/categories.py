"""Categories: one section under its name and its aliases."""

from collections.abc import Sequence

from storage.database import Database, Row, Transaction
from storage.errors import NotFound
from storage.records import EVERYTHING_READ, Category, CategoryName, Reading
from storage.sqlite.reading import is_read, languages_read


class Categories:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def counted(self, reading: Reading = EVERYTHING_READ) -> list[Category]:
        """All categories that have articles in these languages, most first. Counted is each article of a story:
        where it is shown once, it opens them all.
        """

        def read(article: str) -> str:
            return is_read(f"{article}.language") if reading.languages else "TRUE"

        rows = await self._database.fetch(
            # articles_of_category covers the count, and articles_retracted the few to be taken off.
            f"""
            SELECT category_id AS id, categories.name,
                   count(*) - (SELECT count(*) FROM articles AS gone
                               WHERE gone.category_id = articles.category_id AND gone.retracted_at IS NOT NULL
                                 AND {read("gone")})
                   AS articles
            FROM articles JOIN categories ON categories.id = articles.category_id
            WHERE {read("articles")}
            GROUP BY category_id HAVING articles > 0
            ORDER BY articles DESC, categories.name
            """,
            {"languages": languages_read(reading.languages)},
        )
        return [category_from(row) for row in rows]

    async def get(self, category_id: int) -> Category | None:
        rows = await self._database.fetch("SELECT id, name FROM categories WHERE id = :id", {"id": category_id})
        return category_from(rows[0]) if rows else None

    async def find(self, normalized: str) -> Category | None:
        """The category of that name or alias."""
        rows = await self._database.fetch(_FIND, {"folded": normalized})
        return category_from(rows[0]) if rows else None

    async def names(self) -> list[tuple[str, Category]]:
        """(name or alias, category) of everything that a reader may type."""
        rows = await self._database.fetch(
            """
            SELECT name AS typed, id, name FROM categories
            UNION ALL
            SELECT alias, categories.id, categories.name
            FROM category_aliases JOIN categories ON categories.id = category_id
            """
        )
        return [(row["typed"], category_from(row)) for row in rows]

    async def alias(self, alias: CategoryName, name: CategoryName) -> Category:
        """Let `alias` mean the category `name`. What stood under the alias moves over, subscriptions too."""
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            old = await transaction.fetch(
                "SELECT id FROM categories WHERE folded = :folded AND id <> :category",
                {"folded": alias.normalized, "category": category},
            )
            if old:
                await _merge(transaction, old[0]["id"], category)
            await transaction.execute(
                # A category's own name is no alias of it, also where the operator turned the two around.
                """
                INSERT INTO category_aliases (folded, alias, category_id)
                SELECT :folded, :alias, :category
                WHERE NOT EXISTS (SELECT 1 FROM categories WHERE folded = :folded)
                ON CONFLICT (folded) DO UPDATE SET alias = excluded.alias, category_id = excluded.category_id
                """,
                {"folded": alias.normalized, "alias": alias.name, "category": category},
            )
        found = await self.get(category)
        if found is None:
            raise NotFound(f"category {name.name}")
        return found

    async def set_breaking(self, name: CategoryName, on: bool) -> Category:
        """Whether what is published in it from now on is breaking news; the category is made where it is new."""
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


async def _merge(transaction: Transaction, old: int, new: int) -> None:
    ids = {"old": old, "new": new}
    for sql in (
        "UPDATE articles SET category_id = :new WHERE category_id = :old",
        "UPDATE category_aliases SET category_id = :new WHERE category_id = :old",
        # What was breaking news under one of the names still is.
        """
        UPDATE categories SET breaking = 1
        WHERE id = :new AND EXISTS (SELECT 1 FROM categories WHERE id = :old AND breaking)
        """,
        # A chat that has a say on the new one keeps it, since the earlier of the two: what is on its way stays owed.
        """
        INSERT INTO subscriptions (chat, category_id, wanted, since)
        SELECT chat, :new, wanted, since FROM subscriptions WHERE category_id = :old
        ON CONFLICT DO UPDATE SET since = min(since, excluded.since)
        """,
        "DELETE FROM categories WHERE id = :old",
    ):
        await transaction.execute(sql, ids)


# An alias goes before a category of the same name: the operator has said what it means.
_FIND = """
SELECT categories.id, categories.name FROM category_aliases JOIN categories ON categories.id = category_id
WHERE category_aliases.folded = :folded
UNION ALL
SELECT id, name FROM categories WHERE folded = :folded
LIMIT 1
"""
