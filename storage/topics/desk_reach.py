"""Counts the chats that an article would be sent to, by the queries of the fan-out itself.

The fan-out is opened in a transaction that is undone, so that the count knows all that a fan-out knows. The chats are
counted after that, on a reader's connection, and of very many chats only a sample.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any

from storage.database import Database, Row, Transaction
from storage.records import Lane, NewArticle, QuietChats, Reach
from storage.times import to_ms
from storage.topics import outbox
from storage.topics.storing import publish_article

COUNTED_WHOLE = 200_000  # chats that are all counted
ALL = 2**62  # no limit
STRETCHES = 10  # of the sample of more chats than that
STRETCH = 10_000  # chats in each

_WANTING = outbox.wanting_chats(f"({outbox.CHOICES}) AS chosen")

# The primary keys of chats and deliveries_once serve it. A delivery that is not sent yet goes out in the better lane.
_COUNTED = f"""
SELECT chats.timezone, chats.quiet_from, chats.quiet_to, chats.breaking, had.id IS NOT NULL AS has_it,
       count(*) AS chats
FROM ({_WANTING}) AS wanting CROSS JOIN chats ON chats.id = wanting.chat
LEFT JOIN deliveries AS had ON had.article_id = :article_id AND had.chat = wanting.chat
    AND (had.message_id IS NOT NULL OR had.state = 'dead')
GROUP BY 1, 2, 3, 4, 5
"""


class _Undone(Exception):
    """Ends a transaction that must leave nothing behind."""


async def of_new(database: Database, article: NewArticle, lane: Lane, now: datetime) -> Reach | None:
    """Returns the reach of an article that is not stored yet, or None if it could not be stored."""
    found: list[dict[str, Any]] = []

    async def trying(transaction: Transaction) -> None:
        made = await publish_article(transaction, article, now, None)
        if made is not None:
            await outbox.open_fanout(transaction, made.id, lane, now)
            found.append(await _fanout(transaction, made.id))
        raise _Undone

    await _undone(database, trying)
    return await _counted(database, found[0], lane, now, is_new=True) if found else None


async def of_stored(database: Database, article_id: int, lane: Lane, now: datetime) -> Reach | None:
    """Returns the reach of a stored article, or None if there is none, or it was withdrawn."""
    found: list[dict[str, Any]] = []

    async def trying(transaction: Transaction) -> None:
        there = await transaction.fetch(
            "SELECT 1 FROM articles WHERE id = :id AND retracted_at IS NULL", {"id": article_id}
        )
        if there:
            await outbox.open_fanout(transaction, article_id, lane, now)
            found.append(await _fanout(transaction, article_id))
        raise _Undone

    await _undone(database, trying)
    return await _counted(database, found[0], lane, now, is_new=False) if found else None


async def _undone(database: Database, work: Callable[[Transaction], Coroutine[Any, Any, None]]) -> None:
    with suppress(_Undone):
        await database.write(work, durable=False)


async def _fanout(transaction: Transaction, article_id: int) -> dict[str, Any]:
    rows = await transaction.fetch(
        f"""
        SELECT {outbox.FANOUT} FROM fanouts CROSS JOIN articles ON articles.id = fanouts.article_id
        WHERE fanouts.article_id = :id
        """,
        {"id": article_id},
    )
    return dict(rows[0])


async def _counted(database: Database, fanout: dict[str, Any], lane: Lane, now: datetime, *, is_new: bool) -> Reach:
    newest = fanout["newest"] or 0
    values = fanout | {"lane": lane, "limit": ALL, "more_than": 0, "now": to_ms(now)}
    if is_new:
        values["article_id"] = -1  # nobody has it, and its number is free again
    rows: list[Row] = []
    for start, end in _stretches(newest):
        rows += await database.fetch(_COUNTED, values | {"cursor": start, "reach": end})
    share = max(1.0, newest / (STRETCHES * STRETCH)) if newest > COUNTED_WHOLE else 1.0
    have_it = 0 if is_new else await _count_sent(database, fanout["article_id"])
    quiet: Counter[tuple[str, int, int, bool]] = Counter()
    chats = 0
    for row in rows:
        if row["has_it"]:
            continue
        chats += row["chats"]
        if row["quiet_from"] is not None and row["quiet_to"] is not None:
            quiet[row["timezone"], row["quiet_from"], row["quiet_to"], bool(row["breaking"])] += row["chats"]
    return Reach(
        chats=round(chats * share),
        have_it=have_it,
        quiet=tuple(
            QuietChats(timezone=zone, quiet=(begin, end), breaking=breaking, chats=round(count * share))
            for (zone, begin, end, breaking), count in quiet.items()
        ),
        is_estimate=share > 1,
    )


def _stretches(newest: int) -> list[tuple[int, int]]:
    """Returns the ranges of ids of chats that are counted: all, or as many evenly spread stretches."""
    if newest <= COUNTED_WHOLE:
        return [(0, newest)]
    return [(newest * place // STRETCHES, newest * place // STRETCHES + STRETCH) for place in range(STRETCHES)]


async def _count_sent(database: Database, article_id: int) -> int:
    """Returns the number of messages that show an article. Served by deliveries_once."""
    rows = await database.fetch(
        """
        SELECT count(*) AS messages FROM deliveries
        WHERE article_id = :id AND chat > -1 AND message_id IS NOT NULL
        """,
        {"id": article_id},
    )
    return int(rows[0]["messages"])
