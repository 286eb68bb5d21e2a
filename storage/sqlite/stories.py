"""Stories: articles of several sources that tell one event, and among them those that carry one text.

An article's `story_id` is the number of the story's first article; `duplicate_of` is the first article with its
text. Both are set in the transaction that stores the article, and move when the first one is withdrawn, or a person
says so. What a person said is kept: such an article is not moved by likeness any more.
"""

from collections.abc import Callable
from datetime import datetime

from storage.database import Database, Transaction
from storage.records import Decide, Fingerprint, Headline, Merged, StoryArticle
from storage.sqlite import outbox, story_index
from storage.sqlite.duplicates import ALSO_IN, named, same_text
from storage.sqlite.headlines import HEADLINE, JOINED, ONE_OF_MANY, SHOWN, headline_from
from storage.sqlite.rows import readable
from storage.times import from_ms, to_ms


class Stories:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_change: Callable[[int], None] = lambda article: None  # called when its messages are to change

    # Reading

    async def of(self, article_id: int) -> int | None:
        """The story of an article; None where there is no such article."""
        rows = await self._database.fetch("SELECT story_id FROM articles WHERE id = :id", {"id": article_id})
        return rows[0]["story_id"] if rows else None

    async def articles(self, story_id: int) -> list[Headline]:
        """The articles of a story, newest first, without those that were withdrawn. Served by articles_of_story."""
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {ONE_OF_MANY}, {SHOWN} FROM articles {JOINED}
            WHERE articles.story_id = :story AND articles.retracted_at IS NULL
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            {"story": story_id},
        )
        return readable(rows, headline_from)

    async def whole(self, story_id: int) -> list[StoryArticle]:
        """The articles of a story with how they came there, newest first; for those who put stories right."""
        rows = await self._database.fetch(
            f"""
            SELECT {HEADLINE}, {SHOWN}, articles.copy_of, articles.placed_by
            FROM articles {JOINED} WHERE articles.story_id = :story
            ORDER BY articles.published_at DESC, articles.id DESC
            """,
            {"story": story_id},
        )
        return [
            StoryArticle(
                id=row["id"],
                title=row["title"],
                source=row["source"],
                published_at=from_ms(row["published_at"]),
                duplicate_of=row["copy_of"],
                by_person=row["placed_by"] is not None,
                retracted=row["retracted_at"] is not None,
            )
            for row in rows
        ]

    # What a person says

    async def split(self, article_id: int, *, now: datetime) -> bool:
        """Take an article out of its story, for good. False where there is none, or it is alone.

        Where it was taken for a copy, or others for copies of it, chats come to get what was kept from them.
        """
        async with self._database.transaction() as transaction:
            if not await _others(transaction, article_id):
                return False
            copies = [row["copy_of"] for row in await transaction.fetch(same_text(":id"), {"id": article_id})]
            changed = await _name_each_other(transaction, article_id, now=now)
            await _leave(transaction, article_id)
            if copies:
                await outbox.offer_again(transaction, [article_id, *copies], now=now)
            await transaction.execute(
                "UPDATE articles SET placed_by = 'person', parted_from = :first WHERE id = :id",
                {"id": article_id, "first": min(copies, default=None)},
            )
            await story_index.find_text_again(transaction, article_id)
            await story_index.reopen(transaction, article_id)
        for one in changed:
            self.on_change(one)
        return True

    async def merge(self, one: int, other: int, *, now: datetime, decide: Decide) -> Merged | None:
        """Make the stories of two articles one, for good. None where one of them is missing or withdrawn.

        What was split off one text comes back to it, and the messages about it name all who carry it again; unless
        `decide` says that they are two texts by now.
        """
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                "SELECT story_id FROM articles WHERE id IN (:one, :other) AND retracted_at IS NULL",
                {"one": one, "other": other},
            )
            if len(rows) < len({one, other}):
                return None
            stories = sorted({row["story_id"] for row in rows})
            for later in stories[1:]:
                await story_index.close(transaction, [later])
                await transaction.execute(
                    "UPDATE articles SET story_id = :story WHERE story_id = :later",
                    {"story": stories[0], "later": later},
                )
            await transaction.execute(
                "UPDATE articles SET placed_by = 'person' WHERE story_id = :story", {"story": stories[0]}
            )
            changed = await _unite_texts(transaction, stories[0], now=now, decide=decide)
            await story_index.reopen(transaction, stories[0])
        for article_id in changed:
            self.on_change(article_id)
        return Merged(story_id=stories[0], one_text=bool(changed))

    # Upkeep

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Close up to `limit` stories that nothing joined since then, and forget their fingerprints: how many."""
        async with self._database.transaction(durable=False) as transaction:
            rows = await transaction.fetch(
                # Served by open_stories_joined.
                "SELECT story_id FROM open_stories WHERE joined_at < :before ORDER BY joined_at LIMIT :limit",
                {"before": to_ms(before), "limit": max(0, limit)},
            )
            closed = [row["story_id"] for row in rows]
            await story_index.close(transaction, closed)
            await story_index.forget(transaction, closed)
            return len(closed)


async def say_who_else(transaction: Transaction, article_id: int, *, now: datetime) -> list[int]:
    """Messages about the other articles with its text come to name its source, or, before it leaves them, to name it
    no more: those whose line changes by that, since another copy may bear the same name.
    """
    this = f"(SELECT {named('this')} FROM articles AS this WHERE this.id = :id)"
    rows = await transaction.fetch(
        f"""
        UPDATE articles SET shown_revision = shown_revision + 1, changed_at = :now
        WHERE id IN ({same_text(":id")}) AND retracted_at IS NULL AND {this} IS NOT NULL
          AND {this} IS NOT {named("articles")}
          AND NOT EXISTS (
              SELECT 1 FROM articles AS same
              WHERE same.id IN ({same_text(":id")}) AND same.id <> articles.id AND same.retracted_at IS NULL
                AND {named("same")} = {this})
        RETURNING id
        """,
        {"id": article_id, "now": to_ms(now)},
    )
    others = [int(row["id"]) for row in rows]
    for other in others:
        await outbox.correct_later(transaction, other, now)
    return others


async def _name_each_other(transaction: Transaction, article_id: int, *, now: datetime) -> list[int]:
    """Its own messages, too, come to name the others with its text, or, before it leaves them, to name none. Which
    articles' messages change by that.
    """
    others = await say_who_else(transaction, article_id, now=now)
    changed = await transaction.execute(
        f"""
        UPDATE articles SET shown_revision = shown_revision + 1, changed_at = :now
        WHERE id = :id AND {ALSO_IN} <> '[]'
        """,
        {"id": article_id, "now": to_ms(now)},
    )
    if changed:
        await outbox.correct_later(transaction, article_id, now)
    return [article_id, *others] if changed else others


async def _unite_texts(transaction: Transaction, story_id: int, *, now: datetime, decide: Decide) -> set[int]:
    """Make what was split off one text, and is in one story with it again, copies again: the articles whose messages
    change by that.
    """
    rows = await transaction.fetch(
        # Served by articles_of_story.
        """
        SELECT id, copy_of, parted_from FROM articles WHERE story_id = :story AND retracted_at IS NULL ORDER BY id
        """,
        {"story": story_id},
    )
    first_of = {row["id"]: row["copy_of"] or row["id"] for row in rows}
    changed: set[int] = set()
    for row in rows:
        if row["parted_from"] not in first_of:  # it was not split off, or from what is elsewhere
            continue
        first, second = sorted((first_of[row["id"]], first_of[row["parted_from"]]))
        if first == second or not await story_index.carry_one_text(
            transaction, row["id"], row["parted_from"], decide
        ):
            continue
        await story_index.not_find_text(transaction, second)
        for article_id in [one for one, text in first_of.items() if text == second]:
            first_of[article_id] = first
            await transaction.execute(
                "UPDATE articles SET copy_of = :first WHERE id = :id", {"id": article_id, "first": first}
            )
            changed.update(await _name_each_other(transaction, article_id, now=now))
        await transaction.execute("UPDATE articles SET parted_from = NULL WHERE id = :id", {"id": row["id"]})
    return changed


async def withdraw(transaction: Transaction, article_id: int) -> None:
    """A withdrawn article leads nothing: the rest of its story goes on without it."""
    await story_index.not_find_text(transaction, article_id)
    await _leave(transaction, article_id)
    await story_index.close(transaction, [article_id])
    await story_index.forget_texts(transaction, [article_id])


async def revised(
    transaction: Transaction, article_id: int, fingerprint: Fingerprint, *, now: datetime, decide: Decide
) -> None:
    """Compare an article's new text. Where it was alone, it may belong to a story now; where it was in one, it stays,
    since readers saw it there, and is a copy, or has copies, only as long as it carries the text. Past the window
    nothing changes.
    """
    rows = await transaction.fetch(
        """
        SELECT articles.story_id, articles.copy_of, articles.placed_by, articles.language, articles.published_at
        FROM articles JOIN fingerprints ON fingerprints.article_id = articles.id WHERE articles.id = :id
        """,
        {"id": article_id},
    )
    if not rows:
        return
    row = rows[0]
    await story_index.not_find_text(transaction, article_id)
    if row["placed_by"] is None and not await _others(transaction, article_id):
        await story_index.close(transaction, [row["story_id"]])
        placing = await story_index.place(
            transaction,
            article_id,
            fingerprint,
            language=row["language"],
            published_at=from_ms(row["published_at"]),
            now=now,
            decide=decide,
        )
        if placing.duplicate_of is not None:
            await _name_each_other(transaction, article_id, now=now)
        return
    await story_index.close(transaction, [row["story_id"]])  # as it was counted: with the old words
    await story_index.keep(transaction, article_id, fingerprint)
    if row["copy_of"] is not None and not await story_index.is_copy(transaction, fingerprint, row["copy_of"], decide):
        await _name_each_other(transaction, article_id, now=now)
        await transaction.execute("UPDATE articles SET copy_of = NULL WHERE id = :id", {"id": article_id})
        await story_index.find_text(transaction, article_id, fingerprint.runs)
    elif row["copy_of"] is None:
        if not await _carries_the_text_of_a_copy(transaction, article_id, decide):
            await _name_each_other(transaction, article_id, now=now)
            await _hand_on_text(transaction, article_id)
        await story_index.find_text(transaction, article_id, fingerprint.runs)
    await story_index.reopen(transaction, row["story_id"])


async def _carries_the_text_of_a_copy(transaction: Transaction, article_id: int, decide: Decide) -> bool:
    """Whether the first of a text still carries what one of its copies does, or has none."""
    copies = await transaction.fetch(
        # Served by articles_copies.
        "SELECT id FROM articles WHERE copy_of = :id AND retracted_at IS NULL ORDER BY id",
        {"id": article_id},
    )
    for copy in copies:
        if await story_index.carry_one_text(transaction, copy["id"], article_id, decide):
            return True
    return not copies


async def _others(transaction: Transaction, article_id: int) -> bool:
    """Whether there are other articles in its story. Served by articles_of_story."""
    rows = await transaction.fetch(
        """
        SELECT 1 FROM articles AS this JOIN articles AS other ON other.story_id = this.story_id
        WHERE this.id = :id AND this.retracted_at IS NULL AND other.id <> :id AND other.retracted_at IS NULL LIMIT 1
        """,
        {"id": article_id},
    )
    return bool(rows)


async def _leave(transaction: Transaction, article_id: int) -> None:
    """Let an article stand alone, its text its own. Where others carry that text, the next of them is the first now;
    where it was its story's first, the story takes the number of the next.
    """
    await _hand_on_text(transaction, article_id)
    rows = await transaction.fetch(
        """
        SELECT this.story_id, (
            SELECT id FROM articles WHERE story_id = this.story_id AND id <> :id
            ORDER BY retracted_at IS NOT NULL, id LIMIT 1) AS next
        FROM articles AS this WHERE this.id = :id
        """,
        {"id": article_id},
    )
    story, following = rows[0]["story_id"], rows[0]["next"]
    if following is None:
        return
    await story_index.close(transaction, [story])
    await transaction.execute("UPDATE articles SET story_id = :id, copy_of = NULL WHERE id = :id", {"id": article_id})
    if story == article_id:
        await transaction.execute(
            "UPDATE articles SET story_id = :next WHERE story_id = :story AND id <> :story",
            {"next": following, "story": story},
        )
        story = following
    await story_index.reopen(transaction, story)


async def _hand_on_text(transaction: Transaction, article_id: int) -> None:
    rows = await transaction.fetch(
        # Served by articles_copies.
        "SELECT min(id) AS first FROM articles WHERE copy_of = :id AND retracted_at IS NULL",
        {"id": article_id},
    )
    first = rows[0]["first"]
    if first is None:
        return
    values = {"id": article_id, "first": first}
    await transaction.execute("UPDATE articles SET copy_of = :first WHERE copy_of = :id AND id <> :first", values)
    await transaction.execute("UPDATE articles SET copy_of = NULL WHERE id = :first", values)
    # Served by articles_parted.
    await transaction.execute("UPDATE articles SET parted_from = :first WHERE parted_from = :id", values)
    await story_index.find_text_again(transaction, first)
