"""Settings: import and export of the complete settings of chats."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime

from storage.database import Database, Row, Transaction, Values
from storage.records import CategoryName, ChatKind, ChatSettings, ChatState
from storage.sqlite import presence
from storage.sqlite.categories import ensure_categories
from storage.sqlite.reading import reading_from, reading_row
from storage.sqlite.rows import readable
from storage.sqlite.subjects import ensure_category_subject
from storage.sqlite.timetables import carry_over_deliveries, recheck_quiet_hours, timetable_from, timetable_row
from storage.times import from_ms_or_none, to_ms, to_ms_or_none

EXPORT_CHUNK = 500  # chats in one query
LOOKUP_CHUNK = 500  # values in one query


class Settings:
    """The SQLite implementation of `contract.Settings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Replace the settings of these chats, and create the chats that are new. Returns the number of new chats."""
        chats = {(settings.chat_id, settings.topic_id or 0): settings for settings in batch}
        async with self._database.transaction() as transaction:
            known = await _known(transaction, chats)
            for key, row in known.items():
                await carry_over_deliveries(transaction, row, chats[key].timetable, now)
            # Each statement serves many chats, because every call costs a round trip to SQLite's thread.
            await transaction.execute_many(_PUT, [_row(settings, now) for settings in chats.values()])
            rows = await _known(transaction, chats)
            for key, row in known.items():
                before = (timetable_from(row), row["timezone"], row["snoozed_until"])
                if before != (chats[key].timetable, chats[key].timezone, rows[key]["snoozed_until"]):
                    await recheck_quiet_hours(transaction, row["id"], now)
                if row["state"] != chats[key].state:
                    await presence.follow_state(transaction, rows[key], now=now)
            await _put_lists(transaction, {rows[key]["id"]: settings for key, settings in chats.items()}, now)
        return len(chats) - len(known)

    async def export(self) -> AsyncIterator[ChatSettings]:
        """Yields the settings of all chats, oldest chat first. Each query reads a few hundred chats."""
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
                SELECT chat, NOT muted AS wanted, categories.name, categories.folded
                FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'category'
                JOIN categories ON categories.id = subjects.ref
                WHERE chat > :last AND chat <= :end AND until IS NULL ORDER BY chat, categories.name
                """,
                {"last": last, "end": rows[-1]["id"]},
            )
            lists: dict[int, list[Row]] = {row["id"]: [] for row in rows}
            for line in said:
                lists[line["chat"]].append(line)

            def settings_from(row: Row, lists: Mapping[int, Sequence[Row]] = lists) -> ChatSettings:
                return _settings_from(row, lists[row["id"]])

            for settings in readable(rows, settings_from):
                yield settings
            last = rows[-1]["id"]


_PUT = """
INSERT INTO chats (
    chat_id, topic_id, kind, title, language, timezone, silent, state, everything_since, active_since, settings_at,
    added_by, rhythm, digest_hour, digest_weekday, quiet_from, quiet_to, breaking,
    most_a_day, snoozed_until, saved_in_digest, reads, grouped, digest_at, told_until)
VALUES (
    :chat_id, :topic_id, :kind, :title, :language, :timezone, :silent, :state, CASE WHEN :everything THEN :now END,
    :now, :now, :added_by, :rhythm, :digest_hour, :digest_weekday, :quiet_from, :quiet_to, :breaking,
    :most_a_day, :snoozed_until, :saved_in_digest, :reads, :grouped, :digest_at,
    CASE WHEN :rhythm <> 'alerts' THEN :now END)
ON CONFLICT (chat_id, topic_id) DO UPDATE SET
    stopped_at = NULL, kind = excluded.kind, title = coalesce(excluded.title, title), language = excluded.language,
    timezone = excluded.timezone, silent = excluded.silent, state = excluded.state,
    everything_since = CASE WHEN :everything THEN coalesce(everything_since, :now) END,
    settings_at = excluded.settings_at, added_by = coalesce(excluded.added_by, added_by),
    rhythm = excluded.rhythm, digest_hour = excluded.digest_hour, digest_weekday = excluded.digest_weekday,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, breaking = excluded.breaking,
    most_a_day = excluded.most_a_day, snoozed_until = excluded.snoozed_until,
    saved_in_digest = excluded.saved_in_digest, reads = excluded.reads, grouped = excluded.grouped,
    digest_at = excluded.digest_at,
    told_until = CASE WHEN excluded.rhythm <> 'alerts' THEN coalesce(told_until, excluded.told_until) END
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
        "digest_at": to_ms_or_none(settings.digest_at),
        "snoozed_until": to_ms_or_none(settings.snoozed_until),
        "now": to_ms(now),
        **timetable_row(settings.timetable),
        **reading_row(settings.reading),
    }


async def _known(transaction: Transaction, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Row]:
    """Returns the stored rows of these chats, by chat id and topic id."""
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
    """Replace the categories that these chats follow or mute. A choice that stays the same keeps its date."""
    names = list(dict.fromkeys(name for settings in chats.values() for name in settings.categories + settings.muted))
    categories = await ensure_categories(transaction, names)
    numbers = {
        name: await ensure_category_subject(transaction, category)
        for name, category in zip(names, categories, strict=True)
    }
    listed = await _listed(transaction, list(chats))
    gone: list[dict[str, int]] = []
    new: list[dict[str, int]] = []
    for chat, settings in chats.items():
        # Two names may mean the same category. If one of them is wanted and the other muted, it is wanted.
        said = dict.fromkeys((numbers[name] for name in settings.muted), 1)
        said |= dict.fromkeys((numbers[name] for name in settings.categories), 0)
        lines = set(said.items()) if settings.subscribed else set()
        before = listed.get(chat, set())
        gone += [{"chat": chat, "subject": subject} for subject, _ in before - lines]
        new += [{"chat": chat, "subject": subject, "muted": muted} for subject, muted in lines - before]
    await transaction.execute_many("DELETE FROM follows WHERE chat = :chat AND subject_id = :subject", gone)
    await transaction.execute_many(
        "INSERT INTO follows (chat, subject_id, muted, since) VALUES (:chat, :subject, :muted, :now)",
        [line | {"now": to_ms(now)} for line in new],
    )


async def _listed(transaction: Transaction, chats: Sequence[int]) -> dict[int, set[tuple[int, int]]]:
    """Returns the categories of each of these chats: pairs of the subject's id and whether the chat mutes it."""
    listed: dict[int, set[tuple[int, int]]] = {}
    for start in range(0, len(chats), LOOKUP_CHUNK):
        chunk = {f"c{n}": chat for n, chat in enumerate(chats[start : start + LOOKUP_CHUNK])}
        places = ", ".join(f":{name}" for name in chunk)
        rows = await transaction.fetch(
            f"""
            SELECT chat, subject_id, muted
            FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'category'
            WHERE chat IN ({places})
            """,
            chunk,
        )
        for row in rows:
            listed.setdefault(row["chat"], set()).add((row["subject_id"], row["muted"]))
    return listed


def _settings_from(row: Row, said: Sequence[Row]) -> ChatSettings:
    named = [(CategoryName(line["name"], line["folded"]), line["wanted"]) for line in said]
    # A chat that gets all news may follow a category besides, and gets no less for it.
    everything = row["everything_since"] is not None
    categories = () if everything else tuple(name for name, wanted in named if wanted)
    return ChatSettings(
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=ChatKind(row["kind"]),
        title=row["title"],
        language=row["language"],
        timezone=row["timezone"],
        silent=bool(row["silent"]),
        state=ChatState(row["state"]),
        subscribed=row["stopped_at"] is None and (everything or bool(categories)),
        categories=categories,
        muted=tuple(name for name, wanted in named if not wanted),
        added_by=row["added_by"],
        timetable=timetable_from(row),
        reading=reading_from(row),
        digest_at=from_ms_or_none(row["digest_at"]),
        snoozed_until=from_ms_or_none(row["snoozed_until"]),
    )
