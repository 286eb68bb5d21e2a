"""Chats: the chats of the bot, their settings and their subscriptions."""

from datetime import datetime, timedelta

from storage.database import Database, Row, Transaction
from storage.records import (
    EVERYTHING_READ,
    Chat,
    ChatKind,
    ChatState,
    OpensAs,
    Preview,
    Reading,
    Subscription,
    Timetable,
)
from storage.times import from_ms, from_ms_or_none, to_ms, to_ms_or_none
from storage.topics import chat_moves, presence
from storage.topics.category_names import ALIASES, category_from
from storage.topics.category_topics import categories_with_topics, end_topic_follow, open_places
from storage.topics.reading import reading_from, reading_row
from storage.topics.rows import readable
from storage.topics.subjects import ensure_category_subject
from storage.topics.timetables import carry_over_deliveries, recheck_quiet_hours, timetable_from, timetable_row

SEEN_EVERY = timedelta(days=1)  # the day of the last visit is stored, and no single visit


class Chats:
    """Implements `contract.Chats`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Finding chats

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
        reading: Reading = EVERYTHING_READ,
    ) -> Chat:
        """Returns the chat. If it is new, it is created with these settings. If it is known, its title is updated."""
        known = await self.get(chat_id, topic_id)
        unchanged = known is not None and title in (None, known.title) and added_by in (None, known.added_by)
        if known is not None and unchanged and now - known.seen_at < SEEN_EVERY:
            return known
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                # settings_at is 0, because nobody has chosen anything yet. So a merge (see `migrate`) never prefers
                # these defaults.
                """
                INSERT INTO chats (
                    chat_id, topic_id, kind, title, language, timezone, active_since, settings_at, added_by,
                    seen_at, reads, grouped, private_answers)
                VALUES (
                    :chat_id, :topic_id, :kind, :title, :language, :timezone, :now, 0, :added_by, :now,
                    :reads, :grouped,
                    EXISTS (SELECT 1 FROM chats WHERE chat_id = :chat_id AND private_answers))
                ON CONFLICT (chat_id, topic_id) DO UPDATE SET
                    title = coalesce(excluded.title, chats.title), kind = excluded.kind,
                    added_by = coalesce(excluded.added_by, chats.added_by),
                    seen_at = max(chats.seen_at, excluded.seen_at)
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
                    **reading_row(reading),
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
            ORDER BY kind, title NULLS FIRST, id
            """,
            {"user_id": user_id},
        )
        return readable(rows, _chat_from)

    # Settings

    async def set_language(self, chat_row: int, language: str, *, now: datetime) -> None:
        await self._set(chat_row, "language", language, now)

    async def set_timezone(self, chat_row: int, timezone: str, *, digest_at: datetime | None, now: datetime) -> None:
        """Set the time zone of the chat. `digest_at` is the time of its next digest in that zone."""
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
            transaction.chat_changed(chat_row)

    async def set_timetable(
        self, chat_row: int, timetable: Timetable, *, digest_at: datetime | None, now: datetime
    ) -> None:
        """Set when the chat is sent messages. `digest_at` is the time of its next digest, or None if it gets none.

        No article is lost by the change: `carry_over_deliveries` carries over what the chat is owed.
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
                    most_a_day = :most_a_day, saved_in_digest = :saved_in_digest,
                    digest_at = :digest_at, settings_at = :now
                WHERE id = :chat
                """,
                values,
            )
            await recheck_quiet_hours(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def snooze(self, chat_row: int, until: datetime, *, now: datetime) -> None:
        """Let the alerts of the chat wait until that time. If it is `now`, they wait no longer."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE chats SET snoozed_until = :until, settings_at = :now WHERE id = :chat",
                {"chat": chat_row, "until": to_ms(until), "now": to_ms(now)},
            )
            await recheck_quiet_hours(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def set_silent(self, chat_row: int, silent: bool, *, now: datetime) -> None:
        await self._set(chat_row, "silent", silent, now)

    async def set_opens_as(self, chat_row: int, shape: OpensAs, *, now: datetime) -> None:
        await self._set(chat_row, "opens_as", shape, now)

    async def set_preview(self, chat_row: int, preview: Preview, *, now: datetime) -> None:
        await self._set(chat_row, "preview", preview, now)

    async def set_keyboard_hidden(self, chat_row: int, hidden: bool, *, now: datetime) -> None:
        await self._set(chat_row, "keyboard_hidden", hidden, now)

    async def set_private_answers(self, chat_id: int, private: bool, *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                """
                UPDATE chats SET private_answers = :private, settings_at = :now WHERE chat_id = :chat_id
                RETURNING id
                """,
                {"chat_id": chat_id, "private": private, "now": to_ms(now)},
            )
            for row in rows:
                transaction.chat_changed(row["id"])

    async def set_least_sources(self, chat_row: int, least: int, *, now: datetime) -> None:
        await self._set(chat_row, "least_sources", max(1, least), now)

    async def set_reading(self, chat_row: int, reading: Reading, *, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE chats SET reads = :reads, grouped = :grouped, settings_at = :now WHERE id = :chat",
                reading_row(reading) | {"chat": chat_row, "now": to_ms(now)},
            )
            transaction.chat_changed(chat_row)

    async def _set(self, chat_row: int, column: str, value: str | int | bool, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"UPDATE chats SET {column} = :value, settings_at = :now WHERE id = :chat",
                {"chat": chat_row, "value": value, "now": to_ms(now)},
            )
            transaction.chat_changed(chat_row)

    # Subscriptions: the categories among the subjects that the chat follows or mutes

    async def subscription(self, chat_row: int) -> Subscription:
        chats = await self._database.fetch(
            """
            SELECT everything_since IS NOT NULL AS everything, stopped_at IS NOT NULL AS stopped,
                   (SELECT count(*) FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
                    WHERE follows.chat = chats.id AND (NOT follows.muted OR follows.resumes)
                      AND NOT (subjects.kind = 'category' AND (follows.until IS NULL OR follows.resumes))) AS others
            FROM chats WHERE id = :chat
            """,
            {"chat": chat_row},
        )
        rows = await self._database.fetch(
            # A mute that ends by itself is no part of the subscription, but what the chat follows after it is.
            f"""
            SELECT categories.id, categories.name, {ALIASES}, follows.muted AND NOT follows.resumes AS muted
            FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'category'
            JOIN categories ON categories.id = subjects.ref
            WHERE follows.chat = :chat AND (follows.until IS NULL OR follows.resumes) ORDER BY categories.name
            """,
            {"chat": chat_row},
        )
        topics = await categories_with_topics(self._database, chat_row)
        return Subscription(
            everything=bool(chats and chats[0]["everything"]),
            categories=tuple(category_from(row) for row in rows if not row["muted"]),
            muted=tuple(category_from(row) for row in rows if row["muted"]),
            stopped=bool(chats and chats[0]["stopped"]),
            others=chats[0]["others"] if chats else 0,
            topics=tuple(category_from(row) for row in topics),
        )

    async def subscribe_to_everything(self, chat_row: int, *, now: datetime) -> None:
        """Subscribe the chat to all categories, without exceptions."""
        async with self._database.transaction() as transaction:
            await _end_stop(transaction, chat_row, now)
            await _subscribe_to_everything(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def set_everything(self, chat_row: int, everything: bool, *, now: datetime) -> None:
        """Give the chat all news but what it mutes, or only what it follows. What it follows and mutes stays."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat_row, "on": everything, "now": to_ms(now)}
            await _end_stop(transaction, chat_row, now)
            await transaction.execute(
                """
                UPDATE chats SET everything_since =
                    CASE WHEN :on THEN coalesce(everything_since, :now) ELSE NULL END WHERE id = :chat
                """,
                values,
            )
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def subscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category as well. If the chat has all categories, the category is unmuted."""
        async with self._database.transaction() as transaction:
            stopped = await _end_stop(transaction, chat_row, now)
            if stopped is not None and stopped["everything_since"] is not None:
                # The person had stopped all news, and asks for one category now.
                await _subscribe_only(transaction, chat_row, category_id, now)
            else:
                await _subscribe(transaction, chat_row, category_id, now)
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def subscribe_only(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Subscribe the chat to this category instead of to all categories."""
        async with self._database.transaction() as transaction:
            await _end_stop(transaction, chat_row, now)
            await _subscribe_only(transaction, chat_row, category_id, now)
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)

    async def unsubscribe(self, chat_row: int, category_id: int, *, now: datetime) -> None:
        """Unsubscribe the chat from this category. If the chat has all categories, the category is muted.

        If the group has a topic for the category, the topic no longer gets it.
        """
        async with self._database.transaction() as transaction:
            values = await _values(transaction, chat_row, category_id, now)
            await transaction.execute(
                "DELETE FROM follows WHERE chat = :chat AND subject_id = :subject AND (NOT muted OR resumes)", values
            )
            await transaction.execute(
                """
                INSERT INTO follows (chat, subject_id, muted, since)
                SELECT id, :subject, TRUE, :now FROM chats WHERE id = :chat AND everything_since IS NOT NULL
                ON CONFLICT (chat, subject_id) DO UPDATE SET until = NULL
                """,
                values,
            )
            topic = await end_topic_follow(transaction, chat_row, category_id)
            await note_choice(transaction, chat_row, now)
            transaction.chat_changed(chat_row)
            if topic is not None:
                transaction.chat_changed(topic)

    async def unsubscribe_from_everything(self, chat_row: int, *, now: datetime) -> None:
        """Stop all alerts and digests of the chat, and delete those that are queued. What was chosen stays.

        The category topics of a group stop with its general topic. They have its `stopped_at`, so that they begin
        again with it. A topic that people stopped by itself has another one.
        """
        async with self._database.transaction() as transaction:
            stopped = [chat_row, *await open_places(transaction, chat_row)]
            for chat in stopped:
                await _stop(transaction, chat, chat_row, now)
            await note_choice(transaction, chat_row, now)
            for chat in stopped:
                transaction.chat_changed(chat)

    async def resume_subscription(self, chat_row: int, now: datetime) -> None:
        """Start again what the chat had chosen before it stopped. It is owed articles that are stored from now on."""
        async with self._database.transaction() as transaction:
            if await _end_stop(transaction, chat_row, now) is not None:
                await note_choice(transaction, chat_row, now)
            places = await open_places(transaction, chat_row)
            for chat in (chat_row, *places):
                transaction.chat_changed(chat)

    # Leaving and returning

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """Start to deliver again to a chat that had left. Returns False if it had not left."""
        async with self._database.transaction() as transaction:
            left = await transaction.fetch(
                "SELECT * FROM chats WHERE chat_id = :chat_id AND state <> 'active'", {"chat_id": chat_id}
            )
            await presence.reactivate(transaction, left, now=now)
        return bool(left)

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """Stop delivering to a chat that the bot can't write to. Its settings stay, and its queue is deleted."""
        async with self._database.transaction() as transaction:
            await presence.deactivate(transaction, chat_id, state, reason, now=now)

    async def migrate(self, old: int, new: int, *, now: datetime) -> None:
        """Give a chat the new Telegram number of its group. Its deliveries get the new number as well."""
        async with self._database.transaction() as transaction:
            await chat_moves.move_chat(transaction, old, new, now)


async def note_choice(transaction: Transaction, chat_row: int, now: datetime) -> None:
    """Record that a person chose something in the chat now."""
    await transaction.execute(
        "UPDATE chats SET settings_at = :now WHERE id = :chat", {"chat": chat_row, "now": to_ms(now)}
    )


async def _values(transaction: Transaction, chat_row: int, category_id: int, now: datetime) -> dict[str, int]:
    subject = await ensure_category_subject(transaction, category_id)
    return {"chat": chat_row, "subject": subject, "now": to_ms(now)}


async def _stop(transaction: Transaction, chat: int, general: int, now: datetime) -> None:
    """Stop a chat at the time at which the general topic of its group stopped. `chat` may be that topic itself."""
    values = {"chat": chat, "general": general, "now": to_ms(now)}
    await transaction.execute(
        """
        UPDATE chats
        SET stopped_at = coalesce(stopped_at, (SELECT stopped_at FROM chats WHERE id = :general), :now)
        WHERE id = :chat
        """,
        values,
    )
    await transaction.execute(
        # The unary plus makes SQLite use the index of chat_id. So it reads the queue of this chat only.
        """
        DELETE FROM deliveries
        WHERE state = 'queued' AND kind <> 'notice' AND message_id IS NULL AND +chat = :chat
          AND chat_id = (SELECT chat_id FROM chats WHERE id = :chat)
        """,
        values,
    )


async def _end_stop(transaction: Transaction, chat_row: int, now: datetime) -> Row | None:
    """Return a chat that had stopped to what it had chosen. Returns its row, or None if it had not stopped.

    The category topics that stopped with it return as well. All choices get a new date, so that the chat is owed
    nothing that was stored while it had stopped.
    """
    stopped = await transaction.fetch(
        "SELECT * FROM chats WHERE id = :chat AND stopped_at IS NOT NULL", {"chat": chat_row}
    )
    if not stopped:
        return None
    for chat in (chat_row, *await open_places(transaction, chat_row)):
        values = {"chat": chat, "stopped_at": stopped[0]["stopped_at"], "now": to_ms(now)}
        ended = await transaction.change(
            """
            UPDATE chats
            SET stopped_at = NULL, everything_since = CASE WHEN everything_since IS NULL THEN NULL ELSE :now END,
                told_until = CASE WHEN told_until IS NULL THEN NULL ELSE :now END
            WHERE id = :chat AND stopped_at = :stopped_at
            """,
            values,
        )
        if ended:
            await transaction.execute("UPDATE follows SET since = :now WHERE chat = :chat AND NOT muted", values)
    return stopped[0]


async def _subscribe_to_everything(transaction: Transaction, chat_row: int, now: datetime) -> None:
    values = {"chat": chat_row, "now": to_ms(now)}
    await transaction.execute(f"DELETE FROM follows WHERE chat = :chat AND {_OF_A_CATEGORY}", values)
    await transaction.execute(
        """
        UPDATE chats SET everything_since = coalesce(everything_since, :now), settings_at = :now WHERE id = :chat
        """,
        values,
    )


async def _subscribe(transaction: Transaction, chat_row: int, category_id: int, now: datetime) -> None:
    values = await _values(transaction, chat_row, category_id, now)
    await transaction.execute("DELETE FROM follows WHERE chat = :chat AND subject_id = :subject AND muted", values)
    await transaction.execute(
        # If the chat has the category already, its date stays, so that articles that are on their way still reach the
        # chat.
        """
        INSERT INTO follows (chat, subject_id, muted, since)
        SELECT id, :subject, FALSE, :now FROM chats WHERE id = :chat AND everything_since IS NULL
        ON CONFLICT (chat, subject_id) DO UPDATE SET until = NULL
        """,
        values,
    )


async def _subscribe_only(transaction: Transaction, chat_row: int, category_id: int, now: datetime) -> None:
    values = await _values(transaction, chat_row, category_id, now)
    await transaction.execute(f"DELETE FROM follows WHERE chat = :chat AND muted AND {_OF_A_CATEGORY}", values)
    await transaction.execute(
        # As in `_subscribe`, the date stays if the reader presses the button twice.
        """
        INSERT INTO follows (chat, subject_id, muted, since)
        SELECT id, :subject, FALSE, coalesce(everything_since, :now) FROM chats WHERE id = :chat
        ON CONFLICT (chat, subject_id) DO UPDATE SET until = NULL
        """,
        values,
    )
    await transaction.execute("UPDATE chats SET everything_since = NULL WHERE id = :chat", values)


_OF_A_CATEGORY = "EXISTS (SELECT 1 FROM subjects WHERE id = follows.subject_id AND kind = 'category')"


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
        least_sources=row["least_sources"],
        seen_at=from_ms(row["seen_at"]),
        added_by=row["added_by"],
        snoozed_until=from_ms_or_none(row["snoozed_until"]),
        timetable=timetable_from(row),
        reading=reading_from(row),
        opens_as=OpensAs(row["opens_as"]),
        preview=Preview(row["preview"]),
        keyboard_hidden=bool(row["keyboard_hidden"]),
        private_answers=bool(row["private_answers"]),
    )
