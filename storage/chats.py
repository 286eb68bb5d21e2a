"""Chats: where the bot talks, how each wants to be talked to, and what it subscribed to."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from storage import owing
from storage.categories import category_from, ensure_categories
from storage.database import Database, Row, Transaction, Values
from storage.records import (
    CategoryName,
    Chat,
    ChatKind,
    ChatSettings,
    ChatState,
    Lane,
    Rhythm,
    Subscription,
    Timetable,
)
from storage.times import from_ms_or_none, to_ms

EXPORT_CHUNK = 500
LOOKUP_CHUNK = 500  # values in one query
SEARCHES_KEPT = 10_000  # the buttons of older searches answer that the list is gone


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
        """The chat, made with these settings where it is new; its title is brought up to date."""
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

    async def get_by_id(self, chat: int) -> Chat | None:
        rows = await self._database.fetch("SELECT * FROM chats WHERE id = :chat", {"chat": chat})
        return _chat_from(rows[0]) if rows else None

    async def brought_by(self, user_id: int) -> list[Chat]:
        """The active channels and groups that this user brought us into. Served by chats_added_by."""
        rows = await self._database.fetch(
            """
            SELECT * FROM chats WHERE added_by = :user_id AND state = 'active' AND topic_id = 0
            ORDER BY kind, title, id
            """,
            {"user_id": user_id},
        )
        return [_chat_from(row) for row in rows]

    # How it wants to be talked to

    async def set_language(self, chat: int, language: str, *, now: datetime) -> None:
        await self._set(chat, "language", language, now)

    async def set_timezone(self, chat: int, timezone: str, *, digest_at: datetime | None, now: datetime) -> None:
        """Its hours are of that zone from now on: when its next digest is due, there, and its quiet hours."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat, "timezone": timezone, "digest_at": _ms(digest_at), "now": to_ms(now)}
            await transaction.execute(
                "UPDATE chats SET timezone = :timezone, digest_at = :digest_at, settings_at = :now WHERE id = :chat",
                values,
            )
            await _end_quiet_wait(transaction, chat, now)
        self.on_change(chat)

    async def set_timetable(
        self, chat: int, timetable: Timetable, *, digest_at: datetime | None, now: datetime
    ) -> None:
        """When it is written to, from now on; with a digest, when the next one is due. What it was owed by its old
        timetable it is told by the new one.
        """
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch("SELECT * FROM chats WHERE id = :chat", {"chat": chat})
            if not rows:
                return
            await _hand_over(transaction, rows[0], timetable, now)
            values = _timetable_row(timetable) | {"chat": chat, "digest_at": _ms(digest_at), "now": to_ms(now)}
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
            await _end_quiet_wait(transaction, chat, now)
        self.on_change(chat)

    async def set_silent(self, chat: int, silent: bool, *, now: datetime) -> None:
        await self._set(chat, "silent", int(silent), now)

    async def _set(self, chat: int, column: str, value: str | int, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"UPDATE chats SET {column} = :value, settings_at = :now WHERE id = :chat",
                {"chat": chat, "value": value, "now": to_ms(now)},
            )
        self.on_change(chat)

    # What it wants

    async def subscription(self, chat: int) -> Subscription:
        everything = await self._database.fetch(
            "SELECT everything_since IS NOT NULL AS everything FROM chats WHERE id = :chat", {"chat": chat}
        )
        rows = await self._database.fetch(
            """
            SELECT categories.id, categories.name, subscriptions.wanted
            FROM subscriptions JOIN categories ON categories.id = subscriptions.category_id
            WHERE subscriptions.chat = :chat ORDER BY categories.name
            """,
            {"chat": chat},
        )
        return Subscription(
            everything=bool(everything and everything[0]["everything"]),
            categories=tuple(category_from(row) for row in rows if row["wanted"]),
            muted=tuple(category_from(row) for row in rows if not row["wanted"]),
        )

    async def want_everything(self, chat: int, *, now: datetime) -> None:
        """Everything, without exceptions."""
        async with self._database.transaction() as transaction:
            await _want_everything(transaction, chat, now)
        self.on_change(chat)

    async def want(self, chat: int, category_id: int, *, now: datetime) -> None:
        """This category as well; for a chat that has everything, this category again."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat, "category": category_id, "now": to_ms(now)}
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
            await _chosen(transaction, chat, now)
        self.on_change(chat)

    async def want_only(self, chat: int, category_id: int, *, now: datetime) -> None:
        """This category instead of everything; it stays subscribed since it was by way of everything."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat, "category": category_id, "now": to_ms(now)}
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
            await _chosen(transaction, chat, now)
        self.on_change(chat)

    async def unwant(self, chat: int, category_id: int, *, now: datetime) -> None:
        """Not this category: it is taken from the list, or becomes an exception from everything."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat, "category": category_id, "now": to_ms(now)}
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
            await _chosen(transaction, chat, now)
        self.on_change(chat)

    async def want_nothing(self, chat: int, *, now: datetime) -> None:
        """End all subscriptions and what is owed because of them; settings stay."""
        async with self._database.transaction() as transaction:
            values = {"chat": chat}
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
            await _chosen(transaction, chat, now)
        self.on_change(chat)

    # Coming and going

    async def resume(self, chat_id: int, *, now: datetime) -> bool:
        """The chat is back: it is owed what is stored from now on, one message about what it missed, and the
        corrections of what it has. False where it had not left.
        """
        async with self._database.transaction() as transaction:
            left = await transaction.fetch(
                "SELECT * FROM chats WHERE chat_id = :chat_id AND state <> 'active'", {"chat_id": chat_id}
            )
            if not left:
                return False
            values = {"chat_id": chat_id, "now": to_ms(now), "lane": Lane.EDIT}
            await transaction.execute(
                """
                UPDATE chats SET state = 'active', reason = NULL, active_since = :now, left_at = NULL
                WHERE chat_id = :chat_id AND state <> 'active'
                """,
                values,
            )
            missed = [
                {
                    "chat": row["id"],
                    "chat_id": chat_id,
                    "lane": Lane.DIGEST,
                    "since": row["left_at"],
                    "now": to_ms(now),
                }
                for row in left
                if row["left_at"] is not None and row["rhythm"] == Rhythm.ALERTS
            ]
            await owing.owe_stretches(transaction, missed)
            behind = await transaction.execute(
                # Served by deliveries_message.
                """
                UPDATE deliveries SET state = 'queued', lane = :lane, place = :now, attempts = 0
                WHERE chat_id = :chat_id AND message_id IS NOT NULL AND state = 'sent'
                  AND revision < (SELECT shown_revision FROM articles WHERE id = article_id)
                """,
                values,
            )
            if behind:
                await owing.give_turns(transaction, [values])
            return True

    async def pause(self, chat_id: int, *, state: ChatState, reason: str, now: datetime) -> None:
        """The chat can't be written to: keep its settings, forget what is queued for it."""
        async with self._database.transaction() as transaction:
            await leave_chat(transaction, chat_id, state, reason, now=now)

    async def migrate(self, old: int, new: int) -> None:
        """A group became a supergroup: it is the same chat under a new number, also in what is owed to it.

        Where the new one is known already, the settings of the later choice win.
        """
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
            await transaction.execute(
                "UPDATE deliveries SET chat_id = :new WHERE chat_id = :old AND state IN ('queued', 'sending')",
                ids,
            )
            await transaction.execute("UPDATE OR IGNORE turns SET chat_id = :new WHERE chat_id = :old", ids)
            await transaction.execute("DELETE FROM turns WHERE chat_id = :old", ids)
            # An edit that was on its way belongs to the old number: no outcome would end this turn.
            await transaction.execute(
                """
                UPDATE turns SET ready_at = 0
                WHERE chat_id = :new AND ready_at = :in_hand
                  AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat_id = :new AND state = 'sending')
                """,
                ids | {"in_hand": owing.IN_HAND},
            )

    # What it saw last

    async def show(self, chat: int, articles: Sequence[int], *, first: int = 1) -> None:
        """Remember a list that was shown, from position `first`; a list that begins anew forgets the last one."""
        async with self._database.transaction() as transaction:
            await remember_list(transaction, chat, articles, first=first)

    async def shown(self, chat: int, position: int) -> int | None:
        """The article at a position of the last list shown in this chat."""
        rows = await self._database.fetch(
            "SELECT article_id FROM shown WHERE chat = :chat AND position = :position",
            {"chat": chat, "position": position},
        )
        return int(rows[0]["article_id"]) if rows else None

    async def remember_search(self, words: str, *, now: datetime) -> int:
        """A number for these words, for a button to carry."""
        async with self._database.transaction() as transaction:
            rows = await transaction.fetch(
                """
                INSERT INTO searches (words, used_at) VALUES (:words, :now)
                ON CONFLICT (words) DO UPDATE SET used_at = excluded.used_at RETURNING id
                """,
                {"words": words, "now": to_ms(now)},
            )
            number = int(rows[0]["id"])
            await transaction.execute(
                # Served by searches_used.
                """
                DELETE FROM searches
                WHERE used_at < (SELECT used_at FROM searches ORDER BY used_at DESC LIMIT 1 OFFSET :kept)
                """,
                {"kept": SEARCHES_KEPT - 1},
            )
        return number

    async def searched(self, number: int) -> str | None:
        rows = await self._database.fetch("SELECT words FROM searches WHERE id = :number", {"number": number})
        return str(rows[0]["words"]) if rows else None

    # Import and export

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Store whole settings, over what is there; how many are new. One transaction.

        A chat that is there twice gets what comes last.
        """
        chats = {(settings.chat_id, settings.topic_id or 0): settings for settings in batch}
        async with self._database.transaction() as transaction:
            known = await _known(transaction, chats)
            for key, row in known.items():
                await _hand_over(transaction, row, chats[key].timetable, now)
            # Statements for many chats at once: one by one, each of them costs a way to SQLite's thread and back.
            await transaction.execute_many(_PUT, [_row(settings, now) for settings in chats.values()])
            rows = await _known(transaction, chats)
            for key, row in known.items():
                if timetable_from(row) != chats[key].timetable or row["timezone"] != chats[key].timezone:
                    await _end_quiet_wait(transaction, row["id"], now)
            await _put_lists(transaction, {rows[key]["id"]: settings for key, settings in chats.items()}, now)
        return len(chats) - len(known)

    async def export(self) -> AsyncIterator[ChatSettings]:
        """All chats, whole, in the order in which they came."""
        last = 0
        while True:
            rows = await self._database.fetch(
                "SELECT * FROM chats WHERE id > :last ORDER BY id LIMIT :limit",
                {"last": last, "limit": EXPORT_CHUNK},
            )
            if not rows:
                return
            said = await self._database.fetch(
                """
                SELECT chat, wanted, categories.name, categories.folded
                FROM subscriptions JOIN categories ON categories.id = subscriptions.category_id
                WHERE chat > :last AND chat <= :end ORDER BY chat, categories.name
                """,
                {"last": last, "end": rows[-1]["id"]},
            )
            for row in rows:
                yield _settings_from(row, [line for line in said if line["chat"] == row["id"]])
            last = rows[-1]["id"]


async def remember_list(transaction: Transaction, chat: int, articles: Sequence[int], *, first: int = 1) -> None:
    await transaction.execute(
        "DELETE FROM shown WHERE chat = :chat AND position >= :first", {"chat": chat, "first": first}
    )
    await transaction.execute_many(
        # A chat that was merged into another one is no more.
        """
        INSERT INTO shown (chat, position, article_id) SELECT id, :position, :article FROM chats WHERE id = :chat
        """,
        [{"chat": chat, "position": first + n, "article": article} for n, article in enumerate(articles)],
    )


async def leave_chat(
    transaction: Transaction,
    chat_id: int,
    state: ChatState,
    reason: str,
    *,
    now: datetime,
    topic_of: int | None = None,
) -> None:
    """The chat can't be written to: its settings stay, and nothing is owed to it; what it misses from here on, and
    what it was owed, is told when it comes back. `topic_of`: only this chat of ours, whose topic was closed.
    """
    values = {"chat_id": chat_id, "state": state, "reason": reason, "now": to_ms(now), "chat": topic_of}
    which = "chat_id = :chat_id" if topic_of is None else "chat_id = :chat_id AND +chat = :chat"
    await transaction.execute(
        f"""
        UPDATE chats
        SET state = :state, reason = :reason,
            left_at = coalesce(left_at, (
                SELECT min(coalesce(since, queued_at)) FROM deliveries
                WHERE chat_id = :chat_id AND state IN ('queued', 'sending') AND kind <> 'notice'
                  AND message_id IS NULL AND +chat = chats.id), :now)
        WHERE {which.replace("+chat", "id")}
        """,
        values,
    )
    await transaction.execute(
        f"""
        UPDATE deliveries SET state = 'sent'
        WHERE {which} AND state IN ('queued', 'sending') AND message_id IS NOT NULL
        """,
        values,
    )
    # One that is on its way stays for its outcome to find, as what it was: its number could be given to a new one.
    await transaction.execute(f"DELETE FROM deliveries WHERE {which} AND state = 'queued'", values)
    if topic_of is None:
        await transaction.execute("DELETE FROM turns WHERE chat_id = :chat_id", values)


async def _chosen(transaction: Transaction, chat: int, now: datetime) -> None:
    await transaction.execute(
        "UPDATE chats SET settings_at = :now WHERE id = :chat", {"chat": chat, "now": to_ms(now)}
    )


async def _hand_over(transaction: Transaction, row: Row, to: Timetable, now: datetime) -> None:
    """Before a chat's timetable is changed: nothing that it is owed by the old one is lost."""
    before = timetable_from(row).rhythm
    if before is Rhythm.ALERTS and to.rhythm is not Rhythm.ALERTS:
        await _alerts_to_digest(transaction, row, to, now)
    elif before is not Rhythm.ALERTS and to.rhythm is Rhythm.ALERTS:
        await _digest_to_alerts(transaction, row, now)


async def _alerts_to_digest(transaction: Transaction, row: Row, to: Timetable, now: datetime) -> None:
    """Its first digest begins before the oldest article that it was not told of; those alerts are not sent."""
    lane = Lane.ALERT if to.breaking else Lane.BREAKING
    values = {"chat": row["id"], "chat_id": row["chat_id"], "now": to_ms(now), "lane": lane, "last": Lane.ALERT}
    # The unary plus keeps the chat_id index, as in `want_nothing`. One that is being sent counts: it may be put back
    # by this very change, and is in no digest once it was sent.
    unsent = """
        deliveries.kind = 'alert' AND deliveries.message_id IS NULL
        AND deliveries.lane BETWEEN :lane AND :last AND +deliveries.chat = :chat AND deliveries.chat_id = :chat_id
    """
    await transaction.execute(
        f"""
        UPDATE chats
        SET told_until = min(
            :now, coalesce(left_at, :now),
            coalesce((SELECT min(articles.stored_at)
                      FROM deliveries JOIN articles ON articles.id = deliveries.article_id
                      WHERE {unsent} AND deliveries.state IN ('queued', 'sending')), :now),
            coalesce({_OPEN_SINCE}, :now))
        WHERE id = :chat
        """,
        values,
    )
    await transaction.execute(f"DELETE FROM deliveries WHERE {unsent} AND deliveries.state = 'queued'", values)


async def _digest_to_alerts(transaction: Transaction, row: Row, now: datetime) -> None:
    """What its next digest would have told comes in one message now, or when the chat is back."""
    told_until = row["told_until"] if row["told_until"] is not None else row["active_since"]
    values = {
        "chat": row["id"],
        "chat_id": row["chat_id"],
        "lane": Lane.DIGEST,
        "since": told_until,
        "now": to_ms(now),
    }
    await transaction.execute(
        """
        UPDATE chats
        SET told_until = NULL,
            left_at = CASE WHEN state <> 'active' THEN min(coalesce(left_at, :now), :since) END
        WHERE id = :chat
        """,
        values,
    )
    if row["state"] == ChatState.ACTIVE:
        await owing.owe_stretches(transaction, [values])


async def _end_quiet_wait(transaction: Transaction, chat: int, now: datetime) -> None:
    """Quiet hours put its turn off, and they may be others now: the sender looks again. In hand it stays in hand."""
    await transaction.execute(
        """
        UPDATE turns SET ready_at = :now, quiet = 0
        WHERE chat_id = (SELECT chat_id FROM chats WHERE id = :chat) AND quiet AND ready_at < :in_hand
        """,
        {"chat": chat, "now": to_ms(now), "in_hand": owing.IN_HAND},
    )


async def _want_everything(transaction: Transaction, chat: int, now: datetime) -> None:
    values = {"chat": chat, "now": to_ms(now)}
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
    # Whether it can be written to belongs to the number: we may have been put out of the old group since.
    await transaction.execute("UPDATE chats SET state = :state, reason = :reason WHERE id = :keep", values)
    await transaction.execute("UPDATE OR IGNORE deliveries SET chat = :keep WHERE chat = :lose", values)
    # One that is on its way stays for its outcome, as in `leave_chat`.
    await transaction.execute("DELETE FROM deliveries WHERE chat = :lose AND state <> 'sending'", values)
    await transaction.execute("DELETE FROM chats WHERE id = :lose", values)


_PUT = """
INSERT INTO chats (
    chat_id, topic_id, kind, title, language, timezone, silent, state, everything_since, active_since, settings_at,
    added_by, rhythm, digest_hour, digest_weekday, quiet_from, quiet_to, breaking, digest_at, told_until)
VALUES (
    :chat_id, :topic_id, :kind, :title, :language, :timezone, :silent, :state, CASE WHEN :everything THEN :now END,
    :now, :now, :added_by, :rhythm, :digest_hour, :digest_weekday, :quiet_from, :quiet_to, :breaking, :digest_at,
    CASE WHEN :rhythm <> 'alerts' THEN :now END)
ON CONFLICT (chat_id, topic_id) DO UPDATE SET
    kind = excluded.kind, title = coalesce(excluded.title, title), language = excluded.language,
    timezone = excluded.timezone, silent = excluded.silent, state = excluded.state,
    everything_since = CASE WHEN :everything THEN coalesce(everything_since, :now) END,
    settings_at = excluded.settings_at, added_by = coalesce(excluded.added_by, added_by),
    rhythm = excluded.rhythm, digest_hour = excluded.digest_hour, digest_weekday = excluded.digest_weekday,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, breaking = excluded.breaking,
    digest_at = excluded.digest_at,
    told_until = CASE WHEN excluded.rhythm <> 'alerts' THEN coalesce(told_until, excluded.told_until) END
"""

# When the oldest article that is on its way was stored.
_OPEN_SINCE = """
(SELECT min(articles.stored_at) FROM fanouts JOIN articles ON articles.id = fanouts.article_id)
"""


def _row(settings: ChatSettings, now: datetime) -> Values:
    return {
        "chat_id": settings.chat_id,
        "topic_id": settings.topic_id or 0,
        "kind": settings.kind,
        "title": settings.title,
        "language": settings.language,
        "timezone": settings.timezone,
        "silent": int(settings.silent),
        "state": settings.state,
        "everything": int(settings.subscribed and not settings.categories),
        "added_by": settings.added_by,
        "digest_at": _ms(settings.digest_at),
        "now": to_ms(now),
    } | _timetable_row(settings.timetable)


def _timetable_row(timetable: Timetable) -> dict[str, str | int | None]:
    quiet_from, quiet_to = timetable.quiet or (None, None)
    return {
        "rhythm": timetable.rhythm,
        "digest_hour": timetable.hour,
        "digest_weekday": timetable.weekday,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
        "breaking": int(timetable.breaking),
    }


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


async def _known(transaction: Transaction, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Row]:
    """The rows of those (chat id, topic id) that are there."""
    wanted = set(keys)
    chat_ids = sorted({chat_id for chat_id, _ in wanted})
    found: dict[tuple[int, int], Row] = {}
    for start in range(0, len(chat_ids), LOOKUP_CHUNK):
        chunk = {f"c{n}": chat_id for n, chat_id in enumerate(chat_ids[start : start + LOOKUP_CHUNK])}
        places = ", ".join(f":{name}" for name in chunk)
        rows = await transaction.fetch(f"SELECT * FROM chats WHERE chat_id IN ({places})", chunk)
        found |= {(row["chat_id"], row["topic_id"]): row for row in rows}
    return {key: found[key] for key in wanted if key in found}


async def _put_lists(transaction: Transaction, chats: Mapping[int, ChatSettings], now: datetime) -> None:
    """Make their categories the listed ones of these chats; one that is listed already keeps its date."""
    names = list(dict.fromkeys(name for settings in chats.values() for name in settings.categories + settings.muted))
    numbers = dict(zip(names, await ensure_categories(transaction, names), strict=True))
    listed = await _listed(transaction, list(chats))
    gone: list[dict[str, int]] = []
    new: list[dict[str, int]] = []
    for chat, settings in chats.items():
        # Two names may mean one category; that it is wanted goes first.
        said = dict.fromkeys((numbers[name] for name in settings.muted), 0)
        said |= dict.fromkeys((numbers[name] for name in settings.categories), 1)
        lines = set(said.items()) if settings.subscribed else set()
        before = listed.get(chat, set())
        gone += [{"chat": chat, "category": category} for category, _ in before - lines]
        new += [{"chat": chat, "category": category, "wanted": wanted} for category, wanted in lines - before]
    await transaction.execute_many("DELETE FROM subscriptions WHERE chat = :chat AND category_id = :category", gone)
    await transaction.execute_many(
        "INSERT INTO subscriptions (chat, category_id, wanted, since) VALUES (:chat, :category, :wanted, :now)",
        [line | {"now": to_ms(now)} for line in new],
    )


async def _listed(transaction: Transaction, chats: Sequence[int]) -> dict[int, set[tuple[int, int]]]:
    """(category, whether it is wanted) of what each of these chats has listed."""
    listed: dict[int, set[tuple[int, int]]] = {}
    for start in range(0, len(chats), LOOKUP_CHUNK):
        chunk = {f"c{n}": chat for n, chat in enumerate(chats[start : start + LOOKUP_CHUNK])}
        places = ", ".join(f":{name}" for name in chunk)
        rows = await transaction.fetch(
            f"SELECT chat, category_id, wanted FROM subscriptions WHERE chat IN ({places})", chunk
        )
        for row in rows:
            listed.setdefault(row["chat"], set()).add((row["category_id"], row["wanted"]))
    return listed


def timetable_from(row: Row) -> Timetable:
    return _timetable(
        row["rhythm"], row["digest_hour"], row["digest_weekday"], row["quiet_from"], row["quiet_to"], row["breaking"]
    )


@lru_cache(1024)  # few are in use, and each claim of a broadcast has one
def _timetable(
    rhythm: str, hour: int, weekday: int, quiet_from: int | None, quiet_to: int | None, breaking: int
) -> Timetable:
    quiet = (quiet_from, quiet_to) if quiet_from is not None and quiet_to is not None else None
    return Timetable(Rhythm(rhythm), hour, weekday, quiet, bool(breaking))


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
    )


def _settings_from(row: Row, said: Sequence[Row]) -> ChatSettings:
    named = [(CategoryName(line["name"], line["folded"]), line["wanted"]) for line in said]
    categories = tuple(name for name, wanted in named if wanted)
    return ChatSettings(
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=ChatKind(row["kind"]),
        title=row["title"],
        language=row["language"],
        timezone=row["timezone"],
        silent=bool(row["silent"]),
        state=ChatState(row["state"]),
        subscribed=row["everything_since"] is not None or bool(categories),
        categories=categories,
        muted=tuple(name for name, wanted in named if not wanted),
        added_by=row["added_by"],
        timetable=timetable_from(row),
        digest_at=from_ms_or_none(row["digest_at"]),
    )
