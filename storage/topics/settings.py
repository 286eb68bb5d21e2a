"""Settings: import and export of the complete settings of chats."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from storage.database import Database, Row, Transaction, Values
from storage.records import (
    SAVED_MOST,
    AddedChats,
    ArticleAddress,
    CategoryName,
    ChatKind,
    ChatSettings,
    ChatState,
    ChosenSubject,
    OpensAs,
    Preview,
    ReplacedSettings,
    SubjectKind,
    UnknownNames,
)
from storage.times import from_ms_or_none, to_ms, to_ms_or_none
from storage.topics import choices, presence
from storage.topics.article_keys import LINK
from storage.topics.category_topics import EXPORTED, put_topics
from storage.topics.presence import BANNED
from storage.topics.put_follows import can_be_unknown, find_refs, put_follows
from storage.topics.reading import reading_from, reading_row
from storage.topics.rows import readable
from storage.topics.subjects import OWN_SOURCES, may_see, query_from
from storage.topics.timetables import carry_over_deliveries, recheck_quiet_hours, timetable_from, timetable_row

EXPORT_CHUNK = 500  # chats in one query
LOOKUP_CHUNK = 500  # values in one query


class Settings:
    """Implements `contract.Settings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, batch: Iterable[ChatSettings], *, now: datetime) -> int:
        """Replace the settings of these chats, and create the chats that are new. Returns the number of new chats."""
        chats = {(settings.chat_id, settings.topic_id or 0): settings for settings in batch}

        async def putting(transaction: Transaction) -> int:
            new = await _put(transaction, chats, now)
            await _keep_bans(transaction, chats.values(), now)
            return new

        return await self._database.write(putting)

    async def replace(self, chat_row: int, settings: ChatSettings, *, now: datetime) -> ReplacedSettings | None:
        async def replacing(transaction: Transaction) -> ReplacedSettings | None:
            rows = await transaction.fetch("SELECT * FROM chats WHERE id = :chat", {"chat": chat_row})
            if not rows:
                return None
            own = _as_of(rows[0], settings)
            before = await choices.of_chat(transaction, chat_row, whole=True)
            await _put(transaction, {(own.chat_id, own.topic_id or 0): own}, now, by_reader=True)
            unknown = await _unknown_names(transaction, [own], reader=chat_row)
            step = await choices.remember_step(transaction, chat_row, before, now=now, whole=True)
            transaction.chat_changed(chat_row)
            return ReplacedSettings(step=step, unknown=unknown)

        return await self._database.write(replacing)

    async def add(self, batch: Iterable[ChatSettings], *, now: datetime) -> AddedChats:
        """Create the chats that are new. A chat that is known keeps its settings and gets the follows that it lacks.

        What a chat that has stopped followed, a known chat mutes. So nothing begins that a person has ended.
        """
        chats = {(settings.chat_id, settings.topic_id or 0): settings for settings in batch}

        async def adding(transaction: Transaction) -> AddedChats:
            known = await _known(transaction, chats)
            new = {key: settings for key, settings in chats.items() if key not in known}
            await transaction.execute_many(_PUT, [_row(settings, now) for settings in new.values()])
            rows = await _known(transaction, new)
            lists = {rows[key]["id"]: settings for key, settings in new.items()}
            await put_follows(transaction, lists, now)
            await put_topics(transaction, lists, now)
            more = {known[key]["id"]: chats[key] for key in known}
            added = await put_follows(transaction, more, now, only_new=True)
            await _keep_bans(transaction, new.values(), now)
            return AddedChats(new=frozenset(new), follows_of_known=added)

        return await self._database.write(adding)

    async def of_chat(self, chat_row: int) -> ChatSettings | None:
        rows, lists = await self._read_chats(after=chat_row - 1, limit=1)
        return _settings_from(rows[0], lists[chat_row]) if rows and rows[0]["id"] == chat_row else None

    async def count(self) -> int:
        [row] = await self._database.fetch(
            """
            -- scans chats: all of them, once for an export
            SELECT count(*) AS chats FROM chats
            """
        )
        return int(row["chats"])

    async def export(self) -> AsyncIterator[ChatSettings]:
        """Yields the settings of all chats, oldest chat first. Each query reads a few hundred chats."""
        last = 0
        while True:
            rows, lists = await self._read_chats(after=last, limit=EXPORT_CHUNK)
            if not rows:
                return

            def settings_from(row: Row, lists: Mapping[int, "_Lists"] = lists) -> ChatSettings:
                return _settings_from(row, lists[row["id"]])

            for settings in readable(rows, settings_from):
                yield settings
            last = rows[-1]["id"]

    async def _read_chats(self, *, after: int, limit: int) -> tuple[Sequence[Row], dict[int, "_Lists"]]:
        """Returns the rows of the next chats, and by their ids what each of these chats has several of."""
        rows = await self._database.fetch(
            f"""
            SELECT chats.*, EXISTS (SELECT 1 FROM bans WHERE number = chats.chat_id) AS banned, {EXPORTED}
            FROM chats WHERE id > :last ORDER BY id LIMIT :limit
            """,
            {"last": after, "limit": limit},
        )
        chunk = {"last": after, "end": rows[-1]["id"] if rows else after}
        lists = {row["id"]: _Lists([], []) for row in rows}
        for line in await self._database.fetch(_FOLLOWS, chunk):
            lists[line["chat"]].follows.append(line)
        for line in await self._database.fetch(_SAVED, chunk):
            lists[line["chat"]].saved.append(line)
        return rows, lists

    async def unknown_names(self, batch: Iterable[ChatSettings]) -> UnknownNames:
        """Counts what these settings, which were put, name and the database does not have."""
        return await _unknown_names(self._database, batch)


async def _put(
    transaction: Transaction, chats: Mapping[tuple[int, int], ChatSettings], now: datetime, *, by_reader: bool = False
) -> int:
    """Store settings by chat id and topic id. Returns the number of new chats.

    Each statement serves many chats where it can.
    """
    known = await _known(transaction, chats)
    for key, row in known.items():
        await carry_over_deliveries(transaction, row, chats[key].timetable, now)
    await transaction.execute_many(_PUT, [_row(settings, now) for settings in chats.values()])
    rows = await _known(transaction, chats)
    for key, row in known.items():
        before = (timetable_from(row), row["timezone"], row["snoozed_until"])
        if before != (chats[key].timetable, chats[key].timezone, rows[key]["snoozed_until"]):
            await recheck_quiet_hours(transaction, row["id"], now)
        if row["state"] != chats[key].state:
            await presence.follow_state(transaction, rows[key], now=now)
    lists = {rows[key]["id"]: settings for key, settings in chats.items()}
    await put_follows(transaction, lists, now, by_reader=by_reader)
    await put_topics(transaction, lists, now)
    for chat, settings in lists.items():
        if settings.saved:
            await _save(transaction, chat, settings.saved, now)
    return len(chats) - len(known)


def _as_of(row: Row, settings: ChatSettings) -> ChatSettings:
    """Returns the settings for the chat of this row, which stays what it is."""
    return replace(
        settings,
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=ChatKind(row["kind"]),
        title=row["title"],
        state=ChatState(row["state"]),
        added_by=row["added_by"],
        category_topics=False,
        topic_of=None,
        banned=False,
    )


async def _unknown_names(
    database: Database | Transaction, batch: Iterable[ChatSettings], *, reader: int | None = None
) -> UnknownNames:
    batch, found = list(batch), Counter[str]()
    named = [one for settings in batch for one in settings.follows if can_be_unknown(one)]
    known = await find_refs(database, named, reader)
    found.update(one.kind for one in named if (one.kind, one.key) not in known)
    saving = {(settings.chat_id, settings.topic_id or 0): settings for settings in batch if settings.saved}
    rows = await _known(database, saving)
    for place, settings in saving.items():
        chat = rows[place]["id"] if place in rows else None
        found["saved"] += await _count_not_saved(database, chat, settings)
    return UnknownNames(saved=found["saved"], stories=found[SubjectKind.STORY], sources=found[SubjectKind.SOURCE])


async def _count_not_saved(database: Database | Transaction, chat: int | None, settings: ChatSettings) -> int:
    rows = await database.fetch(
        f"""
        SELECT count(*) AS missing FROM json_each(:links) AS line
        WHERE line.key NOT IN (
            SELECT named.place FROM ({_NAMED}) AS named CROSS JOIN saved
                ON saved.article_id = named.article_id AND saved.chat = :chat)
        """,
        {"chat": chat, "links": _links(settings.saved)},
    )
    return int(rows[0]["missing"])


class _Lists(NamedTuple):
    """What a chat has several of."""

    follows: list[Row]
    saved: list[Row]


# The follows and mutes of a range of chats. A story is named by the first of its public articles that has an address.
_FOLLOWS = """
SELECT follows.chat, follows.muted, follows.until, follows.least_sources, follows.resumes,
       subjects.kind, subjects.query,
       coalesce(subjects.name, categories.name, sources.url, CASE subjects.kind WHEN 'story' THEN (
           SELECT articles.url FROM articles
           WHERE articles.story_id = subjects.ref AND NOT articles.private AND articles.retracted_at IS NULL
             AND articles.url IS NOT NULL
           ORDER BY articles.id LIMIT 1) END) AS name,
       coalesce(subjects.key, categories.folded, sources.url, '') AS key
FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
LEFT JOIN categories ON subjects.kind = 'category' AND categories.id = subjects.ref
LEFT JOIN sources ON subjects.kind = 'source' AND sources.id = subjects.ref
WHERE chat > :last AND chat <= :end ORDER BY chat, name
"""
_SAVED = """
SELECT saved.chat, articles.url FROM saved CROSS JOIN articles ON articles.id = saved.article_id
WHERE saved.chat > :last AND saved.chat <= :end AND articles.url IS NOT NULL AND articles.retracted_at IS NULL
ORDER BY saved.chat, saved.saved_at DESC, saved.article_id DESC
"""

# The articles that a chat names by their addresses, each with the place of its address. Public articles, and those of
# the private sources that the chat follows.
_NAMED = f"""
SELECT asked.key AS place, article_keys.article_id FROM json_each(:links) AS asked
CROSS JOIN article_keys ON article_keys.key = '{LINK}' || asked.value
UNION ALL
SELECT asked.key, article_keys.article_id FROM ({OWN_SOURCES}) AS own CROSS JOIN json_each(:links) AS asked ON TRUE
CROSS JOIN article_keys ON article_keys.key = 'page:' || own.ref || ':' || asked.value
"""


def _links(saved: Iterable[ArticleAddress]) -> str:
    return json.dumps([address.key for address in saved])


async def _save(transaction: Transaction, chat: int, saved: Sequence[ArticleAddress], now: datetime) -> None:
    """Save articles beside those that the chat has saved. Addresses that nobody knows are passed over."""
    await transaction.execute(
        # The first address is the one that was saved last, so it gets the latest time.
        f"""
        INSERT INTO saved (chat, article_id, saved_at)
        SELECT :chat, named.article_id, :now - min(named.place) FROM ({_NAMED}) AS named
        CROSS JOIN articles ON articles.id = named.article_id
        WHERE articles.retracted_at IS NULL AND {may_see(":chat", "articles")}
          AND NOT EXISTS (SELECT 1 FROM saved WHERE chat = :chat AND article_id = named.article_id)
        GROUP BY named.article_id ORDER BY min(named.place)
        LIMIT max(0, :most - (SELECT count(*) FROM saved WHERE chat = :chat))
        """,
        {"chat": chat, "links": _links(saved), "most": SAVED_MOST, "now": to_ms(now)},
    )


async def _keep_bans(transaction: Transaction, chats: Iterable[ChatSettings], now: datetime) -> None:
    """Ban the chats that are to be banned, and let no import end a ban: a banned chat is paused."""
    chats = list(chats)
    await transaction.execute_many(
        "INSERT INTO bans (number, banned_at, banned_by) VALUES (:number, :now, 0) ON CONFLICT DO NOTHING",
        [{"number": number, "now": to_ms(now)} for number in {one.chat_id for one in chats if one.banned}],
    )
    rows = await transaction.fetch(
        """
        SELECT DISTINCT bans.number FROM json_each(:numbers) AS asked
        CROSS JOIN bans ON bans.number = CAST(asked.value AS bigint)
        CROSS JOIN chats ON chats.chat_id = bans.number
        WHERE chats.state = 'active' OR chats.state = 'paused' AND chats.reason IS NULL
        """,
        {"numbers": json.dumps([one.chat_id for one in chats])},
    )
    for row in rows:
        await presence.deactivate(transaction, row["number"], ChatState.PAUSED, BANNED, now=now)


_PUT = """
INSERT INTO chats (
    chat_id, topic_id, kind, title, language, timezone, silent, state, everything_since, stopped_at, least_sources,
    active_since, settings_at, added_by, rhythm, digest_hour, digest_weekday, quiet_from, quiet_to, breaking,
    most_a_day, snoozed_until, saved_in_digest, reads, grouped, opens_as, preview, private_answers, keyboard_hidden,
    digest_at, told_until)
VALUES (
    :chat_id, :topic_id, :kind, :title, :language, :timezone, :silent, :state, CASE WHEN :everything THEN :now END,
    CASE WHEN :stopped THEN :now END, :least_sources, :now, :now,
    :added_by, :rhythm, :digest_hour, :digest_weekday, :quiet_from, :quiet_to, :breaking,
    :most_a_day, :snoozed_until, :saved_in_digest, :reads, :grouped, :opens_as, :preview, :private_answers,
    :keyboard_hidden, :digest_at,
    CASE WHEN :rhythm <> 'alerts' THEN :now END)
ON CONFLICT (chat_id, topic_id) DO UPDATE SET
    stopped_at = CASE WHEN :stopped THEN coalesce(chats.stopped_at, :now) END, least_sources = excluded.least_sources,
    kind = excluded.kind, title = coalesce(excluded.title, chats.title), language = excluded.language,
    timezone = excluded.timezone, silent = excluded.silent, state = excluded.state,
    everything_since = CASE WHEN :everything THEN coalesce(chats.everything_since, :now) END,
    settings_at = excluded.settings_at, added_by = coalesce(excluded.added_by, chats.added_by),
    rhythm = excluded.rhythm, digest_hour = excluded.digest_hour, digest_weekday = excluded.digest_weekday,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, breaking = excluded.breaking,
    most_a_day = excluded.most_a_day, snoozed_until = excluded.snoozed_until,
    saved_in_digest = excluded.saved_in_digest, reads = excluded.reads, grouped = excluded.grouped,
    opens_as = excluded.opens_as, preview = excluded.preview, private_answers = excluded.private_answers,
    keyboard_hidden = excluded.keyboard_hidden,
    digest_at = excluded.digest_at,
    told_until = CASE WHEN excluded.rhythm <> 'alerts' THEN coalesce(chats.told_until, excluded.told_until) END
"""


def _row(settings: ChatSettings, now: datetime) -> Values:
    return {
        "chat_id": settings.chat_id,
        "topic_id": settings.topic_id or 0,
        "kind": settings.kind,
        "title": settings.title,
        "language": settings.language,
        "timezone": settings.timezone,
        "silent": settings.silent,
        "state": settings.state,
        "everything": _has_everything(settings),
        "stopped": not settings.subscribed and _has_chosen(settings),
        "least_sources": settings.least_sources,
        "added_by": settings.added_by,
        "digest_at": to_ms_or_none(settings.digest_at),
        "snoozed_until": to_ms_or_none(settings.snoozed_until),
        "opens_as": settings.opens_as,
        "preview": settings.preview,
        "private_answers": settings.private_answers,
        "keyboard_hidden": settings.keyboard_hidden,
        "now": to_ms(now),
        **timetable_row(settings.timetable),
        **reading_row(settings.reading),
    }


def _has_everything(settings: ChatSettings) -> bool:
    if settings.everything is not None:
        return settings.everything
    return settings.subscribed and not settings.categories and all(one.muted for one in settings.follows)


def _has_chosen(settings: ChatSettings) -> bool:
    return bool(settings.everything or settings.categories or settings.muted or settings.follows)


async def _known(database: Database | Transaction, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Row]:
    """Returns the stored rows of these chats, by chat id and topic id."""
    wanted = set(keys)
    chat_ids = sorted({chat_id for chat_id, _ in wanted})
    found: dict[tuple[int, int], Row] = {}
    for start in range(0, len(chat_ids), LOOKUP_CHUNK):
        chunk = {f"c{n}": chat_id for n, chat_id in enumerate(chat_ids[start : start + LOOKUP_CHUNK])}
        places = ", ".join(f":{name}" for name in chunk)
        rows = await database.fetch(f"SELECT * FROM chats WHERE chat_id IN ({places})", chunk)
        found |= {(row["chat_id"], row["topic_id"]): row for row in rows}
    return {key: found[key] for key in wanted if key in found}


def _chosen_from(row: Row) -> list[ChosenSubject]:
    """Returns a choice. If the chat mutes for a time what it follows, returns the follow and the mute."""
    chosen = ChosenSubject(
        kind=SubjectKind(row["kind"]),
        value=row["name"],
        key=row["key"],
        query=query_from(row["query"]) if row["query"] is not None else None,
        muted=bool(row["muted"]),
        until=from_ms_or_none(row["until"]),
        least_sources=row["least_sources"],
    )
    if not row["resumes"]:
        return [chosen]
    return [replace(chosen, muted=False, until=None), replace(chosen, least_sources=1)]


def _is_plain_category(chosen: ChosenSubject) -> bool:
    return chosen.kind is SubjectKind.CATEGORY and chosen.until is None and chosen.least_sources == 1


def _settings_from(row: Row, lists: _Lists) -> ChatSettings:
    chosen = [one for line in lists.follows if line["name"] is not None for one in _chosen_from(line)]
    plain = [(CategoryName(one.value, one.key), one.muted) for one in chosen if _is_plain_category(one)]
    everything = row["everything_since"] is not None
    settings = ChatSettings(
        chat_id=row["chat_id"],
        topic_id=row["topic_id"] or None,
        kind=ChatKind(row["kind"]),
        title=row["title"],
        language=row["language"],
        timezone=row["timezone"],
        silent=bool(row["silent"]),
        state=ChatState(row["state"]),
        subscribed=row["stopped_at"] is None and (everything or any(not one.muted for one in chosen)),
        categories=tuple(name for name, muted in plain if not muted),
        muted=tuple(name for name, muted in plain if muted),
        follows=tuple(one for one in chosen if not _is_plain_category(one)),
        least_sources=row["least_sources"],
        added_by=row["added_by"],
        timetable=timetable_from(row),
        reading=reading_from(row),
        digest_at=from_ms_or_none(row["digest_at"]),
        snoozed_until=from_ms_or_none(row["snoozed_until"]),
        saved=tuple(ArticleAddress(line["url"]) for line in lists.saved),
        opens_as=OpensAs(row["opens_as"]),
        preview=Preview(row["preview"]),
        private_answers=bool(row["private_answers"]),
        keyboard_hidden=bool(row["keyboard_hidden"]),
        category_topics=bool(row["category_topics"]),
        topic_of=CategoryName(row["topic_of"], "") if row["topic_of"] is not None else None,
        banned=bool(row["banned"]),
    )
    return settings if _has_everything(settings) == everything else replace(settings, everything=everything)
