"""Shown lists: the numbers of the last list of a chat or a person, and the searches that buttons repeat."""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import CHATS, Database, Transaction
from storage.errors import NotFound
from storage.times import to_ms

SEARCHES_OF_CHAT = 100  # a button of an older search answers that the list has expired
POSITIONS_KEPT = 1_000  # of the last list of a chat, because a reader may turn its pages without end
POSITIONS_OF_PERSON = 300  # of the last list of one person in a group


class ShownLists:
    """Implements `contract.ShownLists`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_list(self, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
        """Remember a list that the chat was shown, from position `first` on.

        A list that begins at position 1 replaces the previous list.
        """
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            await remember_list(transaction, chat_row, articles, first=first)

    async def article_at(self, chat_row: int, position: int) -> int | None:
        """Returns the id of the article at a position of the last list, or None."""
        rows = await self._database.fetch(
            "SELECT article_id FROM shown WHERE chat = :chat AND position = :position",
            {"chat": chat_row, "position": position},
        )
        return int(rows[0]["article_id"]) if rows else None

    async def save_search(self, chat_row: int, words: str, *, now: datetime) -> int:
        """Returns a number that stands for these words in a button. The latest 100 searches of a chat are kept."""
        async with self._database.transaction(locks=CHATS) as transaction:
            rows = await transaction.fetch(
                """
                INSERT INTO searches (chat, words, used_at) SELECT id, :words, :now FROM chats WHERE id = :chat
                ON CONFLICT (chat, words) DO UPDATE SET used_at = excluded.used_at RETURNING id
                """,
                {"chat": chat_row, "words": words, "now": to_ms(now)},
            )
            if not rows:
                raise NotFound(f"chat {chat_row}: it was forgotten or merged meanwhile")
            number = int(rows[0]["id"])
            # This search stays, whatever the clock says: after it was set back, all others seem to be newer.
            await transaction.execute(
                # Served by searches_of_chat.
                """
                DELETE FROM searches WHERE chat = :chat AND id <> :number AND id NOT IN (
                    SELECT id FROM searches WHERE chat = :chat AND id <> :number
                    ORDER BY used_at DESC, id DESC LIMIT :others)
                """,
                {"chat": chat_row, "number": number, "others": SEARCHES_OF_CHAT - 1},
            )
        return number

    async def search_words(self, number: int, *, chat_row: int) -> str | None:
        rows = await self._database.fetch(
            "SELECT words FROM searches WHERE id = :number AND chat = :chat", {"number": number, "chat": chat_row}
        )
        return str(rows[0]["words"]) if rows else None

    async def prune_searches(self, *, before: datetime) -> int:
        """Forget the searches that were last used before that time. Returns their number. Served by searches_used."""
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            return await transaction.change("DELETE FROM searches WHERE used_at < :before", {"before": to_ms(before)})

    # Lists that one person in a group sees

    async def save_for_one(
        self, chat_row: int, person: int, articles: Sequence[int], *, first: int, now: datetime
    ) -> None:
        values = {"chat": chat_row, "person": person, "now": to_ms(now)}
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            rows = await transaction.fetch(
                "SELECT articles FROM shown_to_one WHERE chat = :chat AND person = :person", values
            )
            before: list[list[int]] = json.loads(rows[0]["articles"]) if rows else []
            kept = [[position, article] for position, article in before if position < first]
            kept += [[first + n, article] for n, article in enumerate(articles)]
            await transaction.execute(
                # The SELECT inserts nothing if the chat was merged into another one meanwhile.
                f"""
                INSERT INTO shown_to_one (chat, person, articles, after, shown_at)
                SELECT id, :person, :articles, {_FIRST_OF_ALL}, :now FROM chats WHERE id = :chat
                ON CONFLICT (chat, person) DO UPDATE SET
                    articles = excluded.articles, after = excluded.after, shown_at = excluded.shown_at
                """,
                values | {"articles": json.dumps(kept[-POSITIONS_OF_PERSON:])},
            )

    async def last_for_one(self, chat_row: int, person: int) -> dict[int, int] | None:
        rows = await self._database.fetch(
            f"""
            SELECT articles FROM shown_to_one
            WHERE chat = :chat AND person = :person AND after IS {_FIRST_OF_ALL}
            """,
            {"chat": chat_row, "person": person},
        )
        return dict(json.loads(rows[0]["articles"])) if rows else None

    async def prune_for_one(self, *, before: datetime) -> int:
        """Forget the lists of one person that were shown before that time. Served by shown_to_one_at."""
        async with self._database.transaction(durable=False, locks=CHATS) as transaction:
            return await transaction.change(
                "DELETE FROM shown_to_one WHERE shown_at < :before", {"before": to_ms(before)}
            )


# The first article of the last list that the whole group was shown. A list of one person is the last one until the
# group is shown another list.
_FIRST_OF_ALL = "(SELECT article_id FROM shown WHERE shown.chat = :chat AND position = 1)"


async def remember_list(transaction: Transaction, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
    await transaction.execute(
        "DELETE FROM shown WHERE chat = :chat AND (position >= :first OR position < :oldest)",
        {"chat": chat_row, "first": first, "oldest": first + len(articles) - POSITIONS_KEPT},
    )
    await transaction.execute_many(
        # The SELECT inserts nothing if the chat was merged into another one meanwhile.
        """
        INSERT INTO shown (chat, position, article_id) SELECT id, :position, :article FROM chats WHERE id = :chat
        """,
        [{"chat": chat_row, "position": first + n, "article": article} for n, article in enumerate(articles)],
    )
