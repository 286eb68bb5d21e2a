"""Chats: where the bot talks, how each wants to be talked to, and what it subscribed to."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from storage.database import Database, Row, Transaction
from storage.records import Chat, ChatKind, ChatState, Reading, Subscription, Timetable
from storage.sqlite import outbox, presence
from storage.sqlite.categories import category_from
from storage.sqlite.reading import reading_from, reading_row
from storage.sqlite.rows import readable
from storage.sqlite.timetables import carry_over_deliveries, recheck_quiet_hours, timetable_from, timetable_row
from storage.times import to_ms, to_ms_or_none

SEARCHES_KEPT = 10_000  # the buttons of older searches answer that the list is gone
SEARCHES_PRUNED_EVERY = 100  # new ones
POSITIONS_KEPT = 1_000  # of the last list shown in a chat: a reader may turn its pages for ever


class Chats:
    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_change: Callable[[int], None] = lambda chat: None  # called when what a chat of ours wants was stored

    # Who is there

    async def ensure(
        self,
        chat_id: int,
        topic_id: int | None,
        *,
        kind: ChatKind,
        title: str | None,
        language: str,
        timezone: str,
        now: datetime,
        added_by: int | None = None,
    ) -> Chat:
        """Returns the chat, which is made with these settings if it is new. Its title is brought up to date."""
        known = await self.get(chat_id, topic_id)
        if known is not None and title in (None, known.title) and added_by in (None, known.added_by):
            return known
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                # settings_at is 0: nobody chose anything yet, so a merge (see `migrate`) never prefers defaults.
                """
                INSERT INTO chats (
                    chat_id, topic_id, kind, title, language, timezone, active_since, settings_at, added_by)
                VALUES (:chat_id, :topic_id, :kind, :title, :language, :timezone, :now, 0, :added_by)
                ON CONFLICT (chat_id, topic_id) DO UPDATE SET
                    title = coalesce(excluded.title, title), kind = excluded.kind,
                    added_by = coalesce(excluded.added_by, added_by)
                RETURNING *
                """,
                {
                    "chat_id": chat_id,
                    "topic_id": topic_id or 0,
                    "kind": kind,
                    "title": title,
                    "language": language,
                    "timezone": timezone,
                    "now": to_ms(now),
                    "added_by": added_by,
                },
            )
        return _chat_from(rows[0])

    async def get(self, chat_id: int, topic_id: int | None = None) -> Chat | None:
        rows = await self._database.fetch(
            "SELECT * FROM chats WHERE chat_id = :chat_id AND topic_id = :topic_id",
            {"chat_id": chat_id, "topic_id": topic_id or 0},
        )
        return _chat_from(rows[0]) if rows else None

    async def get_by_id(self, chat_row: int) -> Chat | None:
        rows = await self._database.fetch("SELECT * FROM chats WHERE id = :chat", {"chat": chat_row})
        return _chat_from(rows[0]) if rows else None

    async def chats_added_by(self, user_id: int) -> list[Chat]:
        """Returns the active channels and groups that this user added the bot to. Served by chats_added_by."""
        rows = await self._database.fetch(
            """
            SELECT * FROM chats WHERE added_by = :user_id AND state = 'active' AND topic_id = 0
            ORDER BY kind, title, id
            """,
            {"user_id": user_id},
        )
        return readable(rows, _chat_from)

    # How it wants to be talked to

    async def set_language(self, chat_row: int, language: str, *, now: datetime) -> None:
        await self._set(chat_row, "language", language, now)

    async def set_timezone(self, chat_row: int, timezone: str, *, digest_at: datetime | None, now: datetime) -> None:
        """Count the chat's hours in this zone; `digest_at` is when its next digest is due there."""
        async with self._database.transaction() as transaction:
            values = {
                "chat": chat_row,
                "timezone": timezone,
                "digest_at": to_ms_or_none(digest_at),
                "now": to_ms(now),
            }
            await transaction.execute(
                "UPDATE chats SET timezone = :timezone, digest_at = :digest_at, settings_at = :now WHERE id = :chat",
                values,
            )
            await recheck_quiet_hours(transaction, chat_row, now)
        self.on_change(chat_row)

    async def set_timetable(
        self, chat_row: int, timetable: Timetable, *, digest_at: datetime | None, now: datetime
    ) -> None:
        """When it is written to, from now on; with a digest, when the next one is due. What it was owed by its old
        timetable it is told by the new one.
        """
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch("SELECT * FROM chats WHERE id = :chat", {"chat": chat_row})
            if not rows:
                return
            await carry_over_deliveries(transaction, rows[0], timetable, now)
            values = timetable_row(timetable)
            values |= {"chat": chat_row, "digest_at": to_ms_or_none(digest_at), "now": to_ms(now)}
            await transaction.execute(
                """
                UPDATE chats
                SET rhythm = :rhythm, digest_hour = :digest_hour, digest_weekday = :digest_weekday,
                    quiet_from = :quiet_from, quiet_to = :quiet_to, breaking = :breaking,
                    digest_at = :digest_at, settings_at = :now
                WHERE id = :chat
                """,
                values,
            )
            await recheck_quiet_hours(transaction, chat_row, now)
        self.on_change(chat_row)

    async def set_silent(self, chat_row: int, silent: bool, *, now: datetime) -> None:
        await self._set(chat_row, "silent", int(silent), now)

    async def set_reading(self, chat_row: int, reading: Reading, *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE chats SET reads = :reads, grouped = :grouped, settings_at = :now WHERE id = :chat",
                reading_row(reading) | {"chat": chat_row, "now": to_ms(now)},
            )
        self.on_change(chat_row)

    async def _set(self, chat_row: int, column: str, value: str | int, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"UPDATE chats SET {column} = :value, settings_at = :now WHERE id = :chat",
                {"chat": chat_row, "value": value, "now": to_ms(now)},
            )
        self.on_change(chat_row)

    # What it wants

    async def subscription(self, chat_row: int) -> Subscription:
        everything = await self._database.fetch(
            "SELECT everything_since IS NOT NULL AS everything FROM chats WHERE id = :chat", {"chat": chat_row}
        )
        rows = await self._database.fetch(
            """
            SELECT categories.id, categories.name, subscriptions.wanted
            FROM subscriptions JOIN categories ON categories.id = subscriptions.category_id
            WHERE subscriptions.chat = :chat ORDER BY categories.name
            """,
            {"chat": chat_row},
        )
        return Subscription(
            everything=bool(everything and everything[0]["everything"]),
            categories=tuple(category_from(row) for row in rows if row["wanted"]),
            muted=tuple(category_from(row) for row in rows if not row["wanted"]),
        )

    async def subscribe_to_everything(self, chat_row: int, *, now: datetime) -> None:
        """Subscribe the chat to everything, without exceptions."""
        async with self._database.transaction() as transaction:
            await _subscribe_to_everything(transaction, chat_row, now)
        self.on_change(chat_row)

    async def subscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category as well. For a chat that has everything, an exception ends."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "category": category_id, "now": to_ms(now)}
            await transaction.execute(
                "DELETE FROM subscriptions WHERE chat = :chat AND category_id = :category AND NOT wanted",
                values,
            )
            await transaction.execute(
                # Wanting again what is wanted keeps its date: what is on its way stays owed.
                """
                INSERT INTO subscriptions (chat, category_id, wanted, since)
                SELECT :chat, :category, 1, :now FROM chats WHERE id = :chat AND everything_since IS NULL
                ON CONFLICT DO NOTHING
                """,
                values,
            )
            await _note_choice(transaction, chat_row, now)
        self.on_change(chat_row)

    async def subscribe_only(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category instead of everything."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "category": category_id, "now": to_ms(now)}
            await transaction.execute("DELETE FROM subscriptions WHERE chat = :chat AND NOT wanted", values)
            await transaction.execute(
                # As in `want`, a second press keeps the date.
                """
                INSERT INTO subscriptions (chat, category_id, wanted, since)
                SELECT :chat, :category, 1, coalesce(everything_since, :now) FROM chats WHERE id = :chat
                ON CONFLICT DO NOTHING
                """,
                values,
            )
            await transaction.execute("UPDATE chats SET everything_since = NULL WHERE id = :chat", values)
            await _note_choice(transaction, chat_row, now)
        self.on_change(chat_row)

    async def unsubscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Unsubscribe the chat from this category. For a chat that has everything, it becomes an exception."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "category": category_id, "now": to_ms(now)}
            await transaction.execute(
                "DELETE FROM subscriptions WHERE chat = :chat AND category_id = :category", values
            )
            await transaction.execute(
                """
                INSERT INTO subscriptions (chat, category_id, wanted, since)
                SELECT :chat, :category, 0, :now FROM chats WHERE id = :chat AND everything_since IS NOT NULL
                """,
                values,
            )
            await _note_choice(transaction, chat_row, now)
        self.on_change(chat_row)

    async def unsubscribe_from_everything(self, chat_row: int, *, now: datetime) -> None:
        """End all subscriptions of the chat and delete its unsent alerts and digests. Its settings stay."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row}
            await transaction.execute("DELETE FROM subscriptions WHERE chat = :chat", values)
            await transaction.execute("UPDATE chats SET everything_since = NULL WHERE id = :chat", values)
            await transaction.execute(
                # The unary plus keeps the chat_id index: this row's queue, not everybody's.
                """
                DELETE FROM deliveries
                WHERE state = 'queued' AND kind <> 'notice' AND message_id IS NULL AND +chat = :chat
                  AND chat_id = (SELECT chat_id FROM chats WHERE id = :chat)
                """,
                values,
            )
            await _note_choice(transaction, chat_row, now)
        self.on_change(chat_row)

    # Coming and going

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """Deliver to a chat again that had left. Returns False if it had not left."""
        async with self._database.transaction() as transaction:
            left = await transaction.fetch(
                "SELECT * FROM chats WHERE chat_id = :chat_id AND state <> 'active'", {"chat_id": chat_id}
            )
            await presence.reactivate(transaction, left, now=now)
        return bool(left)

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """Stop delivering to a chat that can't be written to. Its settings stay, and its queue is deleted."""
        async with self._database.transaction() as transaction:
            await presence.deactivate(transaction, chat_id, state, reason, now=now)

    async def migrate(self, old: int, new: int, *, now: datetime) -> None:
        """Give a chat the new Telegram number of its group, also in what is owed to it."""
        async with self._database.transaction() as transaction:
            for row in await transaction.fetch("SELECT * FROM chats WHERE chat_id = :old", {"old": old}):
                twin = await transaction.fetch(
                    "SELECT * FROM chats WHERE chat_id = :new AND topic_id = :topic_id",
                    {"new": new, "topic_id": row["topic_id"]},
                )
                if twin:
                    await _merge(transaction, row, twin[0])
            ids = {"old": old, "new": new}
            await transaction.execute("UPDATE chats SET chat_id = :new WHERE chat_id = :old", ids)
            # Message ids of the old group mean nothing in the new one: what was to be edited there stays as it is.
            await transaction.execute(
                """
                UPDATE deliveries SET message_id = NULL, state = iif(state = 'dead', state, 'sent')
                WHERE chat_id = :old AND message_id IS NOT NULL
                """,
                ids,
            )
            for state in ("queued", "sending"):  # a statement each, since a partial index serves one state
                await transaction.execute(
                    f"UPDATE deliveries SET chat_id = :new WHERE chat_id = :old AND state = '{state}'", ids
                )
            await transaction.execute("UPDATE OR IGNORE send_slots SET chat_id = :new WHERE chat_id = :old", ids)
            await transaction.execute("DELETE FROM send_slots WHERE chat_id = :old", ids)
            for row in await transaction.fetch("SELECT * FROM chats WHERE chat_id = :new", ids):
                await presence.follow_state(transaction, row, now=now)
                await recheck_quiet_hours(transaction, row["id"], now)
            # An edit that was on its way belongs to the old number: no outcome would end this send slot.
            await transaction.execute(
                """
                UPDATE send_slots SET next_send_at = 0
                WHERE chat_id = :new AND next_send_at = :locked
                  AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat_id = :new AND state = 'sending')
                """,
                ids | {"locked": outbox.LOCKED},
            )

    # What it saw last

    async def save_list(self, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
        """Remember a list that the chat was shown, from position `first` on.

        A list from position 1 on forgets the last one.
        """
        async with self._database.transaction(durable=False) as transaction:
            await remember_list(transaction, chat_row, articles, first=first)

    async def article_at(self, chat_row: int, position: int) -> int | None:
        """Returns the article at a position of the last list, or None."""
        rows = await self._database.fetch(
            "SELECT article_id FROM shown WHERE chat = :chat AND position = :position",
            {"chat": chat_row, "position": position},
        )
        return int(rows[0]["article_id"]) if rows else None

    async def save_search(self, words: str, *, now: datetime) -> int:
        """Returns a number for these words, for a button to carry. The latest ten thousand searches are kept."""
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                """
                INSERT INTO searches (words, used_at) VALUES (:words, :now)
                ON CONFLICT (words) DO UPDATE SET used_at = excluded.used_at RETURNING id
                """,
                {"words": words, "now": to_ms(now)},
            )
            number = int(rows[0]["id"])
            if number % SEARCHES_PRUNED_EVERY == 0:
                await _prune_searches(transaction)
        return number

    async def search_words(self, number: int) -> str | None:
        rows = await self._database.fetch("SELECT words FROM searches WHERE id = :number", {"number": number})
        return str(rows[0]["words"]) if rows else None


async def _prune_searches(transaction: Transaction) -> None:
    await transaction.execute(
        # Served by searches_used.
        """
        -- scans searches: past those that are kept, once in a hundred searches
        DELETE FROM searches WHERE id IN (
            SELECT id FROM searches ORDER BY used_at DESC, id DESC LIMIT -1 OFFSET :kept)
        """,
        {"kept": SEARCHES_KEPT},
    )


async def remember_list(transaction: Transaction, chat_row: int, articles: Sequence[int], *, first: int = 1) -> None:
    await transaction.execute(
        "DELETE FROM shown WHERE chat = :chat AND (position >= :first OR position < :oldest)",
        {"chat": chat_row, "first": first, "oldest": first + len(articles) - POSITIONS_KEPT},
    )
    await transaction.execute_many(
        # A chat that was merged into another one is no more.
        """
        INSERT INTO shown (chat, position, article_id) SELECT id, :position, :article FROM chats WHERE id = :chat
        """,
        [{"chat": chat_row, "position": first + n, "article": article} for n, article in enumerate(articles)],
    )


async def _note_choice(transaction: Transaction, chat_row: int, now: datetime) -> None:
    await transaction.execute(
        "UPDATE chats SET settings_at = :now WHERE id = :chat", {"chat": chat_row, "now": to_ms(now)}
    )


async def _subscribe_to_everything(transaction: Transaction, chat_row: int, now: datetime) -> None:
    values = {"chat": chat_row, "now": to_ms(now)}
    await transaction.execute("DELETE FROM subscriptions WHERE chat = :chat", values)
    await transaction.execute(
        """
        UPDATE chats SET everything_since = coalesce(everything_since, :now), settings_at = :now WHERE id = :chat
        """,
        values,
    )


async def _merge(transaction: Transaction, old: Row, new: Row) -> None:
    """Two rows for one chat: keep the one that was used later, under the id that what is owed points to."""
    keep, lose = (old, new) if old["settings_at"] > new["settings_at"] else (new, old)
    values = {"keep": keep["id"], "lose": lose["id"], "state": new["state"], "reason": new["reason"]}
    values["deliveries"] = json.dumps(await _deliveries_of(transaction, lose))
    # Whether it can be written to belongs to the number: we may have been put out of the old group since.
    await transaction.execute("UPDATE chats SET state = :state, reason = :reason WHERE id = :keep", values)
    those = "id IN (SELECT value FROM json_each(:deliveries))"
    await transaction.execute(f"UPDATE OR IGNORE deliveries SET chat = :keep WHERE {those}", values)
    # A delivery that is being sent stays for its outcome, as in `presence.deactivate`.
    await transaction.execute(f"DELETE FROM deliveries WHERE {those} AND chat = :lose AND state <> 'sending'", values)
    await transaction.execute("DELETE FROM chats WHERE id = :lose", values)


async def _deliveries_of(transaction: Transaction, chat: Row) -> list[int]:
    """Returns the ids of a chat's deliveries. A sent notice is not among them: nothing asks for it any more.

    No index leads from a chat to all of its deliveries: each broadcast would write to all pages of it. A merge is
    rare, so its alerts are looked up article by article.
    """
    rows = await transaction.fetch(
        # Served by deliveries_queued, deliveries_sending, deliveries_listed and, for each article, deliveries_once.
        """
        SELECT id FROM deliveries WHERE chat_id = :chat_id AND state = 'queued' AND +chat = :chat
        UNION SELECT id FROM deliveries WHERE chat_id = :chat_id AND state = 'sending' AND +chat = :chat
        UNION SELECT id FROM deliveries INDEXED BY deliveries_listed WHERE chat = :chat AND snapshot_id IS NOT NULL
        -- scans articles: those that were pushed, by articles_pushed; once in the life of a group
        UNION SELECT deliveries.id FROM articles INDEXED BY articles_pushed
        CROSS JOIN deliveries INDEXED BY deliveries_once ON deliveries.article_id = articles.id
        WHERE articles.lane IS NOT NULL AND deliveries.chat = :chat
        """,
        {"chat": chat["id"], "chat_id": chat["chat_id"]},
    )
    return [row["id"] for row in rows]


def _chat_from(row: Row) -> Chat:
    return Chat(
        id=row["id"],
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=ChatKind(row["kind"]),
        title=row["title"],
        language=row["language"],
        timezone=row["timezone"],
        silent=bool(row["silent"]),
        state=ChatState(row["state"]),
        everything=row["everything_since"] is not None,
        added_by=row["added_by"],
        timetable=timetable_from(row),
        reading=reading_from(row),
    )
