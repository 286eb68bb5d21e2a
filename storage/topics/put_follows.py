"""Puts what chats follow and mute, as import names it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from storage.database import Database, Transaction
from storage.records import CategoryName, ChatSettings, ChosenSubject, SubjectKind, SubjectName
from storage.times import to_ms, to_ms_or_none
from storage.topics.article_keys import LINK
from storage.topics.categories import ensure_categories, known_categories
from storage.topics.subjects import OWN_SOURCES, STORY_ENDS_MS, ensure_subjects
from storage.topics.words import ensure_with_articles

LOOKUP_CHUNK = 500  # chats in one query
Place = tuple[SubjectKind, str]  # the kind and key by which an import names a subject

# What the subjects point at that can't be created here.
_FIND = {
    SubjectKind.SOURCE: """
        SELECT sources.url AS key, sources.id AS ref, sources.private FROM json_each(:keys) AS asked
        CROSS JOIN sources ON sources.url = asked.value
        """,
    SubjectKind.STORY: f"""
        SELECT asked.value AS key, articles.story_id AS ref, FALSE AS private FROM json_each(:keys) AS asked
        CROSS JOIN article_keys ON article_keys.key = '{LINK}' || asked.value
        CROSS JOIN articles ON articles.id = article_keys.article_id
        WHERE NOT articles.private AND articles.retracted_at IS NULL
        """,
}


async def find_refs(
    database: Database | Transaction, chosen: Iterable[ChosenSubject], reader: int | None = None
) -> dict[Place, int]:
    """Returns what those of these sources and stories point at that are stored.

    If `reader` is the row id of a chat, a private source is found only if that chat knows it.
    """
    refs: dict[Place, int] = {}
    own: set[int] | None = None
    for kind, keys in _keys_by_kind(filter(can_be_unknown, chosen)).items():
        for row in await database.fetch(_FIND[kind], {"keys": json.dumps(keys, ensure_ascii=False)}):
            if reader is not None and row["private"]:
                if own is None:
                    own = {source["ref"] for source in await database.fetch(OWN_SOURCES, {"chat": reader})}
                if row["ref"] not in own:
                    continue
            refs.setdefault((kind, row["key"]), row["ref"])
    return refs


def _keys_by_kind(chosen: Iterable[ChosenSubject]) -> dict[SubjectKind, list[str]]:
    by_kind: dict[SubjectKind, dict[str, None]] = {}
    for one in chosen:
        by_kind.setdefault(one.kind, {})[one.key] = None
    return {kind: list(keys) for kind, keys in by_kind.items()}


def can_be_unknown(chosen: ChosenSubject) -> bool:
    """Returns whether a subject points at something that can't be created here."""
    return chosen.kind in _FIND


async def put_follows(
    transaction: Transaction,
    chats: Mapping[int, ChatSettings],
    now: datetime,
    *,
    only_new: bool = False,
    by_reader: bool = False,
) -> int:
    """Replace what these chats follow and mute. A choice that stays the same keeps its date.

    If `only_new` is True, everything that a chat follows and mutes already stays. Returns the number of new lines.

    If `by_reader` is True, the one chat is a reader's who has sent the settings. Then a private source counts only if
    the chat knows it, and no category becomes public.
    """
    chosen = {chat: _chosen(settings) for chat, settings in chats.items()}
    asking = next(iter(chats), None) if by_reader else None
    numbers = await _subject_ids(transaction, [one for ones in chosen.values() for one in ones], asking)
    before = await _listed(transaction, list(chats))
    gone: list[dict[str, int]] = []
    new: list[dict[str, int | None]] = []
    for chat, ones in chosen.items():
        lines: dict[int, dict[str, int | None]] = {}
        for one in ones:
            if (number := numbers[one.kind, one.key]) is not None:
                lines[number] = _line(one, lines.get(number), now)
        old = before.get(chat, {})
        if only_new:
            ends = not chats[chat].subscribed
            lines = {
                number: line | {"muted": True} if ends else line
                for number, line in lines.items()
                if number not in old
            }
        else:
            gone += [{"chat": chat, "subject": subject} for subject in old if old[subject] != lines.get(subject)]
        new += [
            {**line, "chat": chat, "subject": number} for number, line in lines.items() if old.get(number) != line
        ]
    await transaction.execute_many("DELETE FROM follows WHERE chat = :chat AND subject_id = :subject", gone)
    await transaction.execute_many(
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
        VALUES (:chat, :subject, :muted, :now, :until, :least_sources, :resumes)
        """,
        [line | {"now": to_ms(now)} for line in new],
    )
    return len(new)


def _chosen(settings: ChatSettings) -> list[ChosenSubject]:
    """Returns all that a chat follows and mutes, in the order in which it counts: see `_line`."""
    categories = [
        ChosenSubject(kind=SubjectKind.CATEGORY, value=name.name, key=name.normalized, muted=muted)
        for names, muted in ((settings.muted, True), (settings.categories, False))
        for name in names
    ]
    return [*categories, *settings.follows]


def _line(chosen: ChosenSubject, before: dict[str, int | None] | None, now: datetime) -> dict[str, int | None]:
    """Returns the row of a choice. `before` is that of an earlier choice of the same subject, if there is one.

    The later choice counts. But if a chat mutes for a time what it follows, it follows that again afterwards. The
    follow of a story ends within a week of its last article.
    """
    resumes = before is not None and not before["muted"] and chosen.muted and chosen.until is not None
    return {
        "muted": chosen.muted,
        "until": _end(chosen, now),
        "least_sources": before["least_sources"] if before is not None and resumes else chosen.least_sources,
        "resumes": resumes,
    }


def _end(chosen: ChosenSubject, now: datetime) -> int | None:
    until = to_ms_or_none(chosen.until)
    if chosen.kind is not SubjectKind.STORY or chosen.muted:
        return until
    latest = to_ms(now) + STORY_ENDS_MS
    return latest if until is None else min(until, latest)


async def _subject_ids(
    transaction: Transaction, chosen: Iterable[ChosenSubject], reader: int | None
) -> dict[Place, int | None]:
    """Returns the id of each of these subjects by kind and key, or None for a source or story that is not stored."""
    asked: dict[Place, ChosenSubject] = {}
    for one in chosen:
        asked.setdefault((one.kind, one.key), one)
    refs = await find_refs(transaction, asked.values(), reader)
    refs |= await _category_ids(transaction, asked.values(), public=reader is None)
    names = {place: _name(one, refs.get(place)) for place, one in asked.items()}
    found = await ensure_subjects(transaction, [name for name in names.values() if name is not None])
    ids: dict[Place, int | None] = {}
    for place, name in names.items():
        ids[place] = found.get((name.kind, name.key or name.ref)) if name is not None else None
        if name is not None and ids[place] is None:
            ids[place] = await ensure_with_articles(transaction, name, None)
    return ids


async def _category_ids(
    transaction: Transaction, chosen: Iterable[ChosenSubject], *, public: bool
) -> dict[Place, int]:
    names = [CategoryName(one.value, one.key) for one in chosen if one.kind is SubjectKind.CATEGORY]
    ids = await ensure_categories(transaction, names, await known_categories(transaction, names), public=public)
    return {(SubjectKind.CATEGORY, name.normalized): number for name, number in zip(names, ids, strict=True)}


def _name(chosen: ChosenSubject, ref: int | None) -> SubjectName | None:
    """Returns the name of a subject. `ref` is what a category, source or story points at, if that is stored."""
    if chosen.kind not in (SubjectKind.AUTHOR, SubjectKind.WORDS):
        return SubjectName(kind=chosen.kind, ref=ref) if ref is not None else None
    return SubjectName(kind=chosen.kind, key=chosen.key, name=chosen.value, query=chosen.query)


async def _listed(transaction: Transaction, chats: Sequence[int]) -> dict[int, dict[int, dict[str, int | None]]]:
    """Returns what each of these chats follows and mutes, by the id of the subject."""
    listed: dict[int, dict[int, dict[str, int | None]]] = {}
    for start in range(0, len(chats), LOOKUP_CHUNK):
        rows = await transaction.fetch(
            """
            SELECT chat, subject_id, muted, until, least_sources, resumes
            FROM json_each(:chats) AS asked CROSS JOIN follows ON follows.chat = CAST(asked.value AS bigint)
            """,
            {"chats": json.dumps(list(chats[start : start + LOOKUP_CHUNK]))},
        )
        for row in rows:
            line = {name: row[name] for name in ("muted", "until", "least_sources", "resumes")}
            listed.setdefault(row["chat"], {})[row["subject_id"]] = line
    return listed
