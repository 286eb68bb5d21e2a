"""Categories: the sections of publishers, with their names and aliases."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storage.database import Database, Transaction, Values
from storage.errors import NotFound
from storage.records import EVERYTHING_READ, Category, CategoryName, Reading, Viewer
from storage.topics.category_names import ALIASES, category_from
from storage.topics.category_topics import merge_topics
from storage.topics.listing import view_of
from storage.topics.reading import language_in_list, languages_json
from storage.topics.subjects import ACTIVE, ensure_category_subject

MUTED_COUNTED = 2_000  # muted articles that the counts of categories leave out, the newest of each mute
MOVED_AT_ONCE = 500  # articles or follows that a merge of two categories moves in one transaction


class Categories:
    """Implements `contract.Categories`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_with_counts(
        self, reading: Reading = EVERYTHING_READ, *, viewer: Viewer | None = None
    ) -> list[Category]:
        """Returns the categories that have articles in these languages, with their counts, largest first."""
        view = await view_of(self._database, viewer)
        languages = language_in_list("language") if reading.languages else "TRUE"
        counted = f"""
            SELECT category_id, articles FROM category_counts
            WHERE audience IN (SELECT CAST(value AS bigint) FROM json_each(:audiences)) AND {languages}
        """
        if view.mutes:
            counted += f" UNION ALL {_muted_counts(languages)}"
        rows = await self._database.fetch(
            # Triggers keep category_counts up to date, because every list shows these numbers to readers.
            f"""
            SELECT categories.id, categories.name, sum(counted.articles) AS articles, {ALIASES}
            FROM ({counted}) AS counted JOIN categories ON categories.id = counted.category_id
            GROUP BY categories.id HAVING sum(counted.articles) > 0
            ORDER BY sum(counted.articles) DESC, categories.name
            """,
            view.values
            | {"languages": languages_json(reading.languages), "most": MUTED_COUNTED // max(1, view.mutes)},
        )
        return [category_from(row) for row in rows]

    async def get(self, category_id: int, *, viewer: Viewer | None = None) -> Category | None:
        view = await view_of(self._database, viewer)
        rows = await self._database.fetch(
            f"SELECT id, name, {ALIASES} FROM categories WHERE id = :id AND {_SEEN}",
            view.values | {"id": category_id},
        )
        return category_from(rows[0]) if rows else None

    async def find(self, normalized: str, *, viewer: Viewer | None = None) -> Category | None:
        """Returns the category with that normalized name or alias, or None. An alias takes precedence over a name."""
        view = await view_of(self._database, viewer)
        rows = await self._database.fetch(
            f"SELECT *, {ALIASES} FROM ({_FIND}) AS categories WHERE {_SEEN}", view.values | {"folded": normalized}
        )
        return category_from(rows[0]) if rows else None

    async def names(self, *, viewer: Viewer | None = None) -> list[tuple[str, Category]]:
        """Returns all names and aliases that a reader may type, each with its category."""
        view = await view_of(self._database, viewer)
        rows = await self._database.fetch(
            f"""
            SELECT name AS typed, id, name, {ALIASES} FROM categories WHERE {_SEEN}
            UNION ALL
            SELECT alias, categories.id, categories.name, {ALIASES}
            FROM category_aliases JOIN categories ON categories.id = category_id
            """,
            view.values,
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

    async def remove_alias(self, alias: CategoryName) -> Category | None:
        """Let a name no longer mean another category. Returns that category, or None if no category has it."""
        async with self._database.transaction() as transaction:
            removed = await transaction.fetch(
                "DELETE FROM category_aliases WHERE folded = :folded RETURNING category_id",
                {"folded": alias.normalized},
            )
        return await self.get(removed[0]["category_id"]) if removed else None

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
                if not await _move_articles(transaction, values):
                    merged = await _end_merge(transaction, values)

    async def prune(self, *, limit: int) -> int:
        """Delete up to `limit` categories without articles. Returns their number.

        A category stays if a chat has chosen or muted it, if it has an alias, or if it is marked as breaking news or
        for approval.
        """
        async with self._database.transaction(durable=False) as transaction:
            return await transaction.change(
                # Served by the primary key of article_categories, follows_of_subject and category_aliases_of.
                # A trigger deletes the subject of the category.
                """
                DELETE FROM categories WHERE id IN (
                    SELECT id FROM categories
                    WHERE NOT breaking AND NOT desk
                      AND NOT EXISTS (SELECT 1 FROM article_categories WHERE category_id = categories.id)
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

    async def set_desk(self, name: CategoryName, on: bool) -> Category:
        """Set whether the new articles of a category need approval. If it does not exist, it is created."""
        async with self._database.transaction() as transaction:
            category = await ensure_category(transaction, name)
            rows = await transaction.fetch(
                "UPDATE categories SET desk = :on WHERE id = :id RETURNING id, name", {"id": category, "on": on}
            )
        return category_from(rows[0])

    async def breaking_names(self) -> list[str]:
        rows = await self._database.fetch("SELECT name FROM categories WHERE breaking ORDER BY name")
        return [row["name"] for row in rows]

    async def desk_names(self) -> list[str]:
        rows = await self._database.fetch("SELECT name FROM categories WHERE desk ORDER BY name")
        return [row["name"] for row in rows]


async def find_category(transaction: Transaction, name: CategoryName) -> int | None:
    """Returns the id of the category with that name or alias, or None."""
    found = await transaction.fetch(_FIND, {"folded": name.normalized})
    return int(found[0]["id"]) if found else None


async def shown_name(transaction: Transaction, name: CategoryName) -> str:
    """Returns the name of the category with that name or alias, or that name if there is no such category."""
    found = await transaction.fetch(_FIND, {"folded": name.normalized})
    return str(found[0]["name"]) if found else name.name


async def ensure_category(transaction: Transaction, name: CategoryName, *, public: bool = True) -> int:
    """Returns the id of the category with that name or alias. If it does not exist, it is created.

    If only private sources name a category, `public` is False for each of them, and it is not offered to other chats.
    """
    known = await known_categories(transaction, [name])
    [category] = await ensure_categories(transaction, [name], known, public=public)
    return category


async def add_categories(transaction: Transaction, article_id: int, category_ids: Sequence[int]) -> None:
    """Note all categories of a new article, in their order. A category that is named twice counts once."""
    await transaction.execute_many(
        """
        INSERT INTO article_categories (category_id, article_id, place, published_at, language, audience, retracted)
        SELECT :category, id, :place, published_at, language,
            CASE WHEN private THEN coalesce(source_id, -1) ELSE 0 END,
               retracted_at IS NOT NULL
        FROM articles WHERE id = :article
        """,
        [
            {"category": category, "article": article_id, "place": place}
            for place, category in enumerate(dict.fromkeys(category_ids))
        ],
    )


class KnownCategory(NamedTuple):
    """A category that an article names. On SQLite, what is true is 1."""

    id: int
    public: bool
    desk: bool


# The categories among these names and aliases: a JSON list of lists, each a name and what `KnownCategory` has.
KNOWN = """
SELECT coalesce(json_group_array(json_array(named.value, known.id, known.public, known.desk)), '[]')
FROM json_each(:names) AS named CROSS JOIN categories AS known ON known.id = coalesce(
    (SELECT category_id FROM category_aliases WHERE folded = named.value),
    (SELECT id FROM categories AS own WHERE folded = named.value))
"""


async def known_categories(transaction: Transaction, names: Sequence[CategoryName]) -> dict[str, KnownCategory]:
    """Returns those of these categories that exist, by normalized name."""
    if not names:
        return {}
    values = {"names": json.dumps([name.normalized for name in names], ensure_ascii=False)}
    [row] = await transaction.fetch(f"SELECT ({KNOWN}) AS known", values)
    return known_from(row["known"])


def known_from(text: str) -> dict[str, KnownCategory]:
    """Returns what the query `KNOWN` has found."""
    return {name: KnownCategory(*known) for name, *known in json.loads(text)}


async def ensure_categories(
    transaction: Transaction,
    names: Sequence[CategoryName],
    known: Mapping[str, KnownCategory],
    *,
    public: bool = True,
) -> list[int]:
    """Returns the ids of the categories with these names, of which `known` has those that exist. Creates the others.

    `public` is as in `ensure_category`.
    """
    ids = {name: category.id for name, category in known.items()}
    hidden = [category.id for category in known.values() if not category.public]
    if public and hidden:
        await transaction.execute(
            "UPDATE categories SET public = TRUE WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))",
            {"ids": json.dumps(hidden)},
        )
    missing: dict[str, CategoryName] = {}
    for name in names:
        if name.normalized not in ids:
            missing.setdefault(name.normalized, name)
    if missing:
        await transaction.execute_many(
            "INSERT INTO categories (name, folded, public) VALUES (:name, :folded, :public)",
            [{"name": name.name, "folded": name.normalized, "public": public} for name in missing.values()],
        )
        made = await known_categories(transaction, list(missing.values()))
        ids |= {name: category.id for name, category in made.items()}
    return [ids[name.normalized] for name in names]


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
    """Give the aliases and topics of the old category to the new one.

    If the old one is breaking news, or needs approval, mark the new one so.
    """
    ids = await _merge_values(transaction, old, new)
    await transaction.execute(
        # Copies the follows that chats chose during the copying. It is done in the transaction of the alias, so that
        # no article can be stored in between.
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
        SELECT chat, :new_subject, muted, since, until, least_sources, resumes FROM follows AS chosen
        WHERE subject_id = :old_subject
          AND NOT EXISTS (SELECT 1 FROM follows WHERE chat = chosen.chat AND subject_id = :new_subject)
        """,
        ids,
    )
    await transaction.execute("UPDATE category_aliases SET category_id = :new WHERE category_id = :old", ids)
    await merge_topics(transaction, ids)
    await transaction.execute(
        """
        UPDATE categories SET breaking = categories.breaking OR old.breaking, desk = categories.desk OR old.desk
        FROM categories AS old WHERE categories.id = :new AND old.id = :old
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
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
        SELECT chat, :new_subject, muted, since, until, least_sources, resumes FROM follows
        WHERE subject_id = :old_subject AND chat > :after AND chat <= :last
        ON CONFLICT (chat, subject_id) DO UPDATE SET since = min(follows.since, excluded.since)
        """,
        {**values, "last": chats[-1]["chat"] if chats else 0},
    )
    return [row["chat"] for row in chats]


async def _move_articles(transaction: Transaction, values: Values) -> bool:
    """Move the next articles of the old category to the new one. Returns False if there are none.

    An article that has both categories keeps the new one, in the earlier of the two places.
    """
    articles = await transaction.fetch(
        "SELECT article_id FROM article_categories WHERE category_id = :old ORDER BY article_id LIMIT :most", values
    )
    moved = {**values, "last": articles[-1]["article_id"] if articles else 0}
    await transaction.execute(
        """
        INSERT INTO article_categories (category_id, article_id, place, published_at, language, audience, retracted)
        SELECT :new, article_id, place, published_at, language, audience, retracted FROM article_categories
        WHERE category_id = :old AND article_id <= :last
        ON CONFLICT (category_id, article_id) DO UPDATE SET place = min(article_categories.place, excluded.place)
        """,
        moved,
    )
    await transaction.execute(
        """
        UPDATE articles SET category_id = :new
        WHERE category_id = :old
          AND id IN (SELECT article_id FROM article_categories WHERE category_id = :old AND article_id <= :last)
        """,
        moved,
    )
    await transaction.execute(
        "DELETE FROM article_categories WHERE category_id = :old AND article_id <= :last", moved
    )
    return bool(articles)


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


# Whether a chat is offered a category. A category that only private sources name is offered to those who see one of
# these sources. Served by category_counts_of.
_SEEN = """
(categories.public OR EXISTS (
    SELECT 1 FROM category_counts
    WHERE category_id = categories.id AND audience IN (SELECT CAST(value AS bigint) FROM json_each(:audiences))))
"""


def _muted_counts(languages: str) -> str:
    """Returns a query for the counts that the mutes of a chat take away: -1 for each article and category.

    Of each muted subject, only the newest :most articles are looked up, so that the time has a bound. A muted
    category is left out as a whole.
    """
    muted = f"""
        SELECT subjects.id, subjects.kind, subjects.ref FROM follows
        CROSS JOIN subjects ON subjects.id = follows.subject_id
        WHERE follows.chat = :chat AND follows.muted AND {ACTIVE}
    """
    return f"""
        SELECT category_id, -articles FROM category_counts
        WHERE category_id IN (SELECT ref FROM ({muted}) AS muted WHERE kind = 'category') AND {languages}
          AND audience IN (SELECT CAST(value AS bigint) FROM json_each(:audiences))
        UNION ALL
        SELECT filed.category_id, -1 FROM (
            SELECT article_id FROM ({muted}) AS muted CROSS JOIN article_categories AS its
                ON muted.kind = 'category' AND its.category_id = muted.ref AND its.article_id IN (
                    SELECT newest.article_id FROM article_categories AS newest WHERE newest.category_id = muted.ref
                    ORDER BY newest.article_id DESC LIMIT :most)
            UNION SELECT articles.id FROM ({muted}) AS muted CROSS JOIN articles ON muted.kind = 'source'
                AND articles.id IN (
                    SELECT newest.id FROM articles AS newest WHERE newest.source_id = muted.ref
                    ORDER BY newest.id DESC LIMIT :most)
            UNION SELECT articles.id FROM ({muted}) AS muted CROSS JOIN articles
                ON muted.kind = 'story' AND articles.story_id = muted.ref
            UNION SELECT its.article_id FROM ({muted}) AS muted CROSS JOIN article_subjects AS its
                ON its.subject_id = muted.id AND its.article_id IN (
                    SELECT newest.article_id FROM article_subjects AS newest WHERE newest.subject_id = muted.id
                    ORDER BY newest.article_id DESC LIMIT :most)
        ) AS hidden CROSS JOIN article_categories AS filed ON filed.article_id = hidden.article_id
        WHERE NOT filed.retracted AND {languages.replace("language IN", "filed.language IN")}
          AND filed.audience IN (SELECT CAST(value AS bigint) FROM json_each(:audiences))
          AND filed.category_id NOT IN (SELECT ref FROM ({muted}) AS muted WHERE kind = 'category')
    """


# An alias takes precedence over a category of the same name, because the operator has said what the alias means.
_FIND = """
SELECT categories.id, categories.name, categories.public, 0 AS place
FROM category_aliases JOIN categories ON categories.id = category_id
WHERE category_aliases.folded = :folded
UNION ALL
SELECT id, name, public, 1 AS place FROM categories WHERE folded = :folded
ORDER BY place LIMIT 1
"""
