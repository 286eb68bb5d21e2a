"""The full-text index and the known words: texts are put in, dropped, indexed again, and forgotten.

`storage.topics.search` finds articles by what is put in here.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from storage.database import Database, Transaction
from storage.records import ReindexItem, SearchText, SourceText
from storage.times import EPOCH, from_ms

INDEXED_AT_ONCE: Final = 20  # articles in one transaction
SEEN_ROUGHLY_DAYS: Final = 30  # the day on which a word was last read is stored again only after this many days
WORDS_OF_A_BEGINNING: Final = 3_000  # words that are compared to correct a typing error


async def put_texts(
    transaction: Transaction,
    texts: Mapping[int, SearchText],
    *,
    private: Mapping[int, int | None],
    seen: datetime,
) -> None:
    """Index articles under their words. `seen` is the time at which the words were read.

    `private` has the private ones among the articles, each with its source. Their words are not learned: a correction
    would tell other chats of them.
    """
    await transaction.full_text.put(transaction, texts, private=private)
    public = [search for article_id, search in texts.items() if article_id not in private]
    words = frozenset[str]().union(*(search.words for search in public))
    if words:
        await transaction.execute(
            # Most words of an article are known already, and their rows are spread over the whole file. To write less
            # often, the day is stored only roughly.
            """
            INSERT INTO words (word, seen_on) SELECT value, CAST(:day AS bigint) FROM json_each(:words) WHERE TRUE
            ON CONFLICT (word) DO UPDATE SET seen_on = excluded.seen_on
            WHERE words.seen_on < excluded.seen_on - :roughly
            """,
            {"words": json.dumps(sorted(words), ensure_ascii=False), "day": _day(seen), "roughly": SEEN_ROUGHLY_DAYS},
        )


async def drop_text(transaction: Transaction, article_id: int) -> None:
    await transaction.full_text.drop(transaction, [article_id])


# Words, for typing errors


async def known_words(database: Database, words: Iterable[str]) -> set[str]:
    """Returns the words among these that occur in an article."""
    rows = await database.fetch(
        "SELECT word FROM words WHERE word IN (SELECT value FROM json_each(:words))",
        {"words": json.dumps(list(words))},
    )
    return {row["word"] for row in rows}


async def words_with_prefix(database: Database, letters: str) -> list[str]:
    """Returns known words that begin with these letters: a few thousand at most."""
    rows = await database.fetch(
        "SELECT word FROM words WHERE word >= :first AND word < :last LIMIT :limit",
        {"first": letters, "last": letters + "\U0010ffff", "limit": WORDS_OF_A_BEGINNING},
    )
    return [row["word"] for row in rows]


async def prune_words(database: Database, *, before: datetime, after: str, limit: int) -> str:
    """Look at the next `limit` words in their order, and forget the words that were last read before that time.

    The day of the last reading is known only roughly, so a word may stay for up to a month longer. The function
    begins after the word `after`. Returns the last word that it looked at, for the next call. Returns an empty
    string if no words are left.
    """
    oldest = _day(before) - SEEN_ROUGHLY_DAYS
    words = await database.fetch(
        """
        -- scans words: the next ones of its key, up to the limit
        WITH following AS MATERIALIZED (
            SELECT word, seen_on FROM words WHERE word > :after ORDER BY word LIMIT :limit)
        SELECT word, TRUE AS old FROM following WHERE seen_on < :oldest
        UNION ALL SELECT * FROM (SELECT word, FALSE AS old FROM following ORDER BY word DESC LIMIT 1) AS last
        """,
        {"after": after, "limit": max(0, limit), "oldest": oldest},
    )
    old = [row["word"] for row in words if row["old"]]
    if old:
        async with database.transaction(durable=False) as transaction:
            await transaction.execute(
                "DELETE FROM words WHERE word IN (SELECT value FROM json_each(:words)) AND seen_on < :oldest",
                {"words": json.dumps(old), "oldest": oldest},
            )
    return str(words[-1]["word"]) if words else ""


def _day(moment: datetime) -> int:
    return (moment - EPOCH).days


# Articles that were indexed before the current rules for stemming words


async def articles_to_reindex(database: Database) -> list[ReindexItem]:
    """Returns the next articles that were indexed by an older version of the word rules, newest first.

    Served by articles_to_index.
    """
    rows = await database.fetch(
        """
        -- scans articles: those that wait for it (articles_to_index), up to the limit
        SELECT id, revision, title, lead, body, document, language FROM articles INDEXED BY articles_to_index
        WHERE NOT indexed AND retracted_at IS NULL ORDER BY id DESC LIMIT :limit
        """,
        {"limit": INDEXED_AT_ONCE},
    )
    return [
        ReindexItem(
            id=row["id"],
            revision=row["revision"],
            language=row["language"],
            text=SourceText(row["title"], f"{row['lead']}\n{row['body']}"),
            document=row["document"],
        )
        for row in rows
    ]


async def count_to_reindex(database: Database) -> int:
    """Returns the number of articles that were indexed by an older version of the word rules."""
    [row] = await database.fetch(
        """
        -- scans articles: those that wait for it (articles_to_index), once for all of them
        SELECT count(*) AS waiting FROM articles INDEXED BY articles_to_index WHERE NOT indexed
        """
    )
    return int(row["waiting"])


async def reindex(database: Database, texts: Mapping[ReindexItem, SearchText | None]) -> None:
    """Index the words of these articles again. An article that has changed meanwhile is passed over."""
    async with database.transaction(durable=False) as transaction:
        for article, search in texts.items():
            same = await transaction.fetch(
                """
                UPDATE articles SET indexed = TRUE
                WHERE id = :id AND revision = :revision AND NOT indexed AND retracted_at IS NULL
                RETURNING stored_at, private, source_id
                """,
                {"id": article.id, "revision": article.revision},
            )
            if same and search is not None:
                await drop_text(transaction, article.id)
                await put_texts(
                    transaction,
                    {article.id: search},
                    private={article.id: same[0]["source_id"]} if same[0]["private"] else {},
                    seen=from_ms(same[0]["stored_at"]),
                )
