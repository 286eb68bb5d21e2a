"""Lists of sources that a person sends: adds the sources of a chat and lets the chat follow them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storage.database import Row, Transaction
from storage.records import ListedSource, ListOutcome, SubjectKind, SubjectName
from storage.times import to_ms
from storage.topics.categories import shown_name
from storage.topics.source_rows import add_source, share_source
from storage.topics.subjects import ACTIVE, OWN_SOURCES, ensure_subject


@dataclass(slots=True)
class _Room:
    """How much more a chat may have. None: no limit."""

    private: int | None  # private sources that it may follow
    added: int | None  # private sources that it may add
    follows: int


async def follow_listed(
    transaction: Transaction,
    chat_row: int,
    listed: Sequence[ListedSource],
    *,
    most_private: int | None,
    most_follows: int,
    now: datetime,
) -> list[ListOutcome]:
    """Let a chat follow the sources of a list, and add those that are new as private ones of the chat."""
    room = await _room(transaction, chat_row, most_private, most_follows, now)
    return [await _follow_one(transaction, chat_row, one, room, now) for one in listed]


async def _room(
    transaction: Transaction, chat_row: int, most_private: int | None, most_follows: int, now: datetime
) -> _Room:
    [row] = await transaction.fetch(
        # Served by the key of follows and by sources_added.
        f"""
        SELECT (SELECT count(*) FROM follows WHERE chat = :chat AND ({ACTIVE} OR resumes)) AS follows,
               (SELECT count(*) FROM ({OWN_SOURCES}) AS own) AS kept,
               (SELECT count(*) FROM sources
                WHERE added_by_chat = :chat AND private AND id NOT IN ({OWN_SOURCES})) AS "left"
        """,
        {"chat": chat_row, "now": to_ms(now)},
    )
    follows = max(0, most_follows - row["follows"])
    if most_private is None:
        return _Room(None, None, follows)
    private = max(0, most_private - row["kept"])
    # A chat may leave as many sources as it may have: those are deleted a day later.
    return _Room(private, max(0, private - max(0, row["left"] - most_private)), follows)


async def _follow_one(
    transaction: Transaction, chat_row: int, one: ListedSource, room: _Room, now: datetime
) -> ListOutcome:
    known = await _known(transaction, chat_row, one)
    if known is not None and known["chosen"]:
        return ListOutcome.THERE
    private = known is None or known["private"]
    if private and (room.private == 0 or (known is None and room.added == 0)):
        return ListOutcome.TOO_MANY_SOURCES
    if not room.follows:
        return ListOutcome.TOO_MANY_FOLLOWS
    if known is not None:
        source_id = known["id"]
        await share_source(transaction, source_id, chat_row=chat_row, title=None, now=now)
    else:
        source_id = await _add(transaction, chat_row, one, now)
    subject, _ = await ensure_subject(transaction, SubjectName(kind=SubjectKind.SOURCE, ref=source_id))
    await transaction.execute(
        """
        INSERT INTO follows (chat, subject_id, muted, since, until, least_sources, resumes)
        SELECT id, :subject, FALSE, :now, NULL, 1, FALSE FROM chats WHERE id = :chat
        """,
        {"chat": chat_row, "subject": subject, "now": to_ms(now)},
    )
    room.follows -= 1
    if private and room.private is not None:
        room.private -= 1
    if known is None and room.added is not None:
        room.added -= 1
    return ListOutcome.ADDED if known is None else ListOutcome.FOLLOWED


async def _known(transaction: Transaction, chat_row: int, one: ListedSource) -> Row | None:
    """Returns the source at one of the addresses: one that the chat has chosen, or else a public one, or else any."""
    rows = await transaction.fetch(
        # Served by the keys of sources, subjects and follows.
        """
        SELECT sources.id, sources.private, EXISTS (
            SELECT 1 FROM subjects CROSS JOIN follows ON follows.subject_id = subjects.id AND follows.chat = :chat
            WHERE subjects.kind = 'source' AND subjects.ref = sources.id) AS chosen
        FROM json_each(:urls) AS asked CROSS JOIN sources ON sources.url = asked.value
        ORDER BY chosen DESC, sources.private, sources.id LIMIT 1
        """,
        {"chat": chat_row, "urls": json.dumps([one.source.url, *one.same])},
    )
    return rows[0] if rows else None


async def _add(transaction: Transaction, chat_row: int, one: ListedSource, now: datetime) -> int:
    # The source keeps the name under which its articles are found again, should another chat follow it.
    filed = await shown_name(transaction, one.category) if one.category is not None else None
    source = replace(one.source, category=filed)
    made, _ = await add_source(transaction, source, due_at=one.due_at, known_too=False, now=now)
    await transaction.execute(
        "UPDATE sources SET private = TRUE, added_by_chat = :chat WHERE id = :id", {"id": made.id, "chat": chat_row}
    )
    return made.id
