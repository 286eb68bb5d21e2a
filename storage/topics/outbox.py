"""The outbox: queues deliveries for open fan-outs, one chunk at a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.database import Lock, Transaction
from storage.records import DeliveryKind, Lane
from storage.times import to_ms
from storage.topics import duplicates, reach, subjects
from storage.topics.reading import language_matches

NEWS_MS = 86_400_000  # an article that was stored earlier is not sent because a person changed its story
LOCKED = 2**63 - 1  # `next_send_at` of a send slot while one of the chat's deliveries is being sent
NEWEST_CHAT = """
-- scans chats: the last one
SELECT id FROM chats ORDER BY id DESC LIMIT 1
"""
NEWS = (DeliveryKind.ALERT, DeliveryKind.DIGEST)
FANOUTS_AT_ONCE = 32  # fan-outs that one transaction expands at most, if there are few chats
FOLLOWS_FOR_A_DELIVERY = 2  # follows that one transaction reads for each delivery that it may make
MANY = 2**62  # more than there are sources or rows
CHATS_LOOKED_AT = 20_000  # chats that one transaction reads for all of its fan-outs together

# The most urgent open fan-out or correction. Each part reads one entry of fanouts_next or corrections_due, because an
# import may have opened thousands of fan-outs.
OPEN = f"""
SELECT * FROM (
    -- scans fanouts: from the most urgent one on, and stops at it
    SELECT * FROM (SELECT lane, 0 AS correction FROM fanouts ORDER BY lane LIMIT 1) AS spreading
    UNION ALL
    SELECT * FROM (
        SELECT lane, 1 FROM corrections WHERE lane = {Lane.RETRACTION:d} AND due_at <= :now LIMIT 1) AS retraction
    UNION ALL
    SELECT * FROM (SELECT lane, 1 FROM corrections WHERE lane = {Lane.EDIT:d} AND due_at <= :now LIMIT 1) AS edit
) AS open ORDER BY lane, correction DESC LIMIT 1
"""

# A more urgent delivery moves the chat's send slot to a more urgent lane. If quiet hours put the slot off (1), the
# slot is due at once for a delivery that need not wait. It is also due at once if the chat has several topics: each
# topic has its own quiet hours, and the sender checks them. If the slot waits to repeat a failed delivery (2), it is
# due at once for any other delivery.
_AT_ONCE = f"""
send_slots.quiet > 0 AND (
    excluded.lane <= {Lane.BREAKING:d} OR send_slots.quiet = 2
    OR (SELECT count(*) FROM chats WHERE chats.chat_id = excluded.chat_id) > 1)
"""
ON_SLOT_CONFLICT = f"""
ON CONFLICT (chat_id) DO UPDATE SET
    next_send_at = CASE WHEN {_AT_ONCE} THEN excluded.next_send_at ELSE send_slots.next_send_at END,
    quiet = CASE WHEN {_AT_ONCE} THEN 0 ELSE send_slots.quiet END,
    lane = min(send_slots.lane, excluded.lane)
"""

_MAY_BE_ALERTED = f"""
chats.stopped_at IS NULL AND chats.state = 'active' AND chats.active_since <= :stored_at
AND (chats.rhythm = 'alerts' OR chats.breaking AND :lane = {Lane.BREAKING:d})
AND {language_matches("chats.reads", ":language")}
AND chats.least_sources <= :sources
"""

# How many sources a row of `choices` in `wanting_chats` asks for, at least.
_ASKED = f"""
max(chats.least_sources, min(
    coalesce(choices.least, {MANY}),
    coalesce(CASE WHEN chats.least_sources > 1 THEN choices.least_of_story ELSE choices.asked_of_story END,
             {MANY})))
"""

_OF_A_CHOICE = "follows.chat, follows.muted, follows.since, follows.least_sources"

# The follows and mutes of the subjects of an article, by chats with ids above `cursor` and up to `reach`. `own` has
# the subjects of the article itself, and `of_story` the other subjects of its story. Served by follows_of_subject.
CHOICES = f"""
SELECT {_OF_A_CHOICE}, TRUE AS own FROM json_each(:own) AS subject
CROSS JOIN follows ON follows.subject_id = CAST(subject.value AS bigint)
WHERE follows.chat > :cursor AND follows.chat <= :reach AND {subjects.ACTIVE}
UNION ALL
SELECT {_OF_A_CHOICE}, FALSE FROM json_each(:of_story) AS subject
CROSS JOIN follows ON follows.subject_id = CAST(subject.value AS bigint)
WHERE follows.chat > :cursor AND follows.chat <= :reach AND {subjects.ACTIVE}
"""


def wanting_chats(chosen: str) -> str:
    """Returns a query for the chats that want an article, with ids above `cursor` and up to `reach`.

    `chosen` is the query `CHOICES`, or a table with its rows.
    """
    # It means the same as `subjects.wanted_when_stored`, for all chats of the range at once. The chats of everything
    # are read by the index chats_of_everything, and are cut at the limit before they are merged with those that
    # follow a subject. A chat that gets digests is sent only breaking news. Subjects of the story count only where
    # several sources are asked for. An article of a private source is owed only to chats that follow that source, so
    # all of them have a choice.
    return f"""
    WITH choices AS MATERIALIZED (
        SELECT chat, max(CASE WHEN own AND muted THEN 1 ELSE 0 END) AS mutes,
               min(CASE WHEN own AND NOT muted AND since <= :stored_at THEN least_sources ELSE NULL END) AS least,
               min(CASE WHEN NOT muted AND since <= :stored_at THEN least_sources ELSE NULL END) AS least_of_story,
               min(CASE WHEN NOT muted AND since <= :stored_at AND least_sources > 1 THEN least_sources ELSE NULL END)
                   AS asked_of_story
        FROM {chosen} GROUP BY chat)
    SELECT chat, chat_id FROM (
        SELECT * FROM (
            SELECT chats.id AS chat, chats.chat_id FROM chats
            WHERE chats.everything_since <= :stored_at AND chats.id > :cursor AND chats.id <= :reach
              AND {_MAY_BE_ALERTED} AND chats.least_sources > :more_than
              AND NOT :private AND chats.id NOT IN (SELECT chat FROM choices WHERE mutes = 1)
            ORDER BY chats.id LIMIT :limit) AS of_everything
        UNION ALL
        SELECT choices.chat, chats.chat_id FROM choices CROSS JOIN chats ON chats.id = choices.chat
        WHERE choices.mutes = 0 AND {_MAY_BE_ALERTED}
          AND CASE WHEN :private THEN {subjects.knows_source("choices.chat", ":source_id")}
              ELSE NOT coalesce(chats.everything_since <= :stored_at, FALSE) END
          AND (choices.least <= :sources
               OR CASE WHEN chats.least_sources > 1 THEN choices.least_of_story
                   ELSE choices.asked_of_story END <= :sources)
          AND {_ASKED} > :more_than) AS wanting_chats
    """


_WANTING_CHATS = wanting_chats("choosing")


# An open fan-out with what `wanting_chats` asks for. The limit lets PostgreSQL look up the subjects of an article,
# instead of checking all there are: see `storage.postgres.dialect`.
FANOUT = f"""
fanouts.article_id, fanouts.lane, fanouts.cursor, fanouts.stretch, fanouts.opened_at, fanouts.more_than,
fanouts.later, articles.language,
articles.private, articles.source_id,
fanouts.published_at, fanouts.stored_at, ({NEWEST_CHAT}) AS newest, {subjects.sources_until("articles")} AS sources,
(SELECT coalesce(json_group_array(id), '[]') FROM ({subjects.ids_of_article("articles")}) AS of_it) AS own,
(SELECT coalesce(json_group_array(DISTINCT id), '[]') FROM (
    SELECT subject.id FROM articles AS reported
    CROSS JOIN subjects AS subject ON subject.id IN (
        SELECT id FROM ({subjects.ids_of_article("reported")}) AS of_it LIMIT {MANY})
    WHERE reported.story_id = articles.story_id AND reported.id < articles.id AND reported.retracted_at IS NULL
      AND NOT {subjects.is_of_article("subject", "articles")}) AS of_others) AS of_story
"""


async def open_fanout(transaction: Transaction, article_id: int, lane: Lane, now: datetime) -> None:
    """Begin to deliver an article to all chats that want it.

    If its fan-out is already open, the fan-out begins again in the more urgent of the two lanes.
    """
    await transaction.execute(
        """
        INSERT INTO fanouts (article_id, lane, opened_at, published_at, stored_at)
        SELECT id, :lane, :now, published_at, stored_at FROM articles WHERE id = :id
        ON CONFLICT (article_id) DO UPDATE SET
            lane = min(fanouts.lane, excluded.lane), cursor = 0, more_than = 0
        """,
        {"id": article_id, "lane": lane, "now": to_ms(now)},
    )
    await reach.open_reach(transaction, article_id, lane, now)


async def oldest_fanout(transaction: Transaction) -> int | None:
    """Returns when the oldest article with an open fan-out was stored, in milliseconds. Served by fanouts_oldest."""
    rows = await transaction.fetch(
        """
        -- scans fanouts: the first entry of fanouts_oldest
        SELECT stored_at FROM fanouts ORDER BY stored_at LIMIT 1
        """
    )
    return rows[0]["stored_at"] if rows else None


async def oldest_unsent(
    transaction: Transaction,
    chat_id: int,
    *,
    kinds: Sequence[DeliveryKind] = NEWS,
    lanes: Sequence[Lane] = tuple(Lane),
) -> dict[int, int]:
    """Returns for each topic of a chat when its oldest unsent article was stored, in milliseconds.

    A digest counts from the beginning of the time that it covers. A delivery that is being sent counts as unsent,
    because sending may fail.
    """
    rows = await transaction.fetch(
        # Each state has its own part, because a partial index serves only one state: deliveries_queued and
        # deliveries_sending. The unary plus makes SQLite use these indexes.
        """
        SELECT chat, min(coalesce(since, (SELECT stored_at FROM articles WHERE id = article_id))) AS since
        FROM (
            SELECT chat, since, article_id, kind, lane FROM deliveries
            WHERE chat_id = :chat_id AND state = 'queued' AND +message_id IS NULL
            UNION ALL
            SELECT chat, since, article_id, kind, lane FROM deliveries
            WHERE chat_id = :chat_id AND state = 'sending' AND +message_id IS NULL) AS unsent
        WHERE kind IN (SELECT value FROM json_each(:kinds))
          AND lane IN (SELECT CAST(value AS bigint) FROM json_each(:lanes))
        GROUP BY chat
        """,
        {"chat_id": chat_id, "kinds": json.dumps(kinds), "lanes": json.dumps(lanes)},
    )
    return {row["chat"]: row["since"] for row in rows}


async def open_send_slots(transaction: Transaction, slots: Sequence[dict[str, Any]]) -> None:
    """Open a send slot for each of these chats in its lane, due at `now`."""
    await transaction.execute_many(
        f"INSERT INTO send_slots (chat_id, lane, next_send_at) VALUES (:chat_id, :lane, :now) {ON_SLOT_CONFLICT}",
        slots,
    )


async def expand_fanouts(transaction: Transaction, *, limit: int, now: datetime) -> int:
    """Queue deliveries for the next chats of the most urgent fan-outs, which all have the same lane.

    Returns their approximate number. Returns at least 1 while a fan-out is open.
    """
    await subjects.end_mutes(transaction, now)
    fanouts = await transaction.fetch(
        # The query takes several fan-outs, because an import may have opened thousands with a few chats each.
        f"""
        -- scans fanouts: from the most urgent ones on (fanouts_next), and stops at its limit
        SELECT {FANOUT}
        FROM fanouts CROSS JOIN articles ON articles.id = fanouts.article_id
        ORDER BY fanouts.lane, fanouts.published_at, fanouts.article_id LIMIT :most
        """,
        {"most": FANOUTS_AT_ONCE},
    )
    made = looked_at = 0
    for fanout in fanouts:
        values = dict(fanout) | {"now": to_ms(now)}
        # A few deliveries more would take as long as a whole chunk, because each chunk looks up all subjects of the
        # article. So half a chunk is enough for one transaction.
        while 2 * made < limit and looked_at < CHATS_LOOKED_AT and fanout["lane"] == fanouts[0]["lane"]:
            # The number of chats that are read is limited, not only the number of deliveries. A chat that does not
            # want the article takes as long to read as one that does, and of a million chats only few may want it.
            chunk = _Chunk(limit - made, limit, CHATS_LOOKED_AT - looked_at)
            begun = values["cursor"]
            made += await _expand(transaction, values, chunk)
            looked_at += values["cursor"] - begun
            if values["cursor"] >= (values["newest"] or 0):
                break
    return max(made, int(bool(fanouts)))


async def reopen_fanouts(
    transaction: Transaction, article_ids: Sequence[int], *, now: datetime, more_than: int = 0
) -> None:
    """Deliver these articles to the chats that want them and were not sent them, if the articles are still news.

    Only chats that ask for more than `more_than` sources are sent them.
    """
    await transaction.lock(Lock.CHATS)
    await transaction.execute(
        # The fan-out gets the age of its article, so that an old alert becomes part of a catch-up message.
        """
        INSERT INTO fanouts (article_id, lane, opened_at, published_at, stored_at, more_than, later)
        SELECT id, lane, stored_at, published_at, stored_at, :more_than, TRUE FROM articles
        WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
          AND lane IS NOT NULL AND retracted_at IS NULL AND stored_at >= :now - :news
        ON CONFLICT (article_id) DO UPDATE SET
            cursor = 0, more_than = min(fanouts.more_than, excluded.more_than)
        """,
        {"ids": json.dumps(list(article_ids)), "now": to_ms(now), "news": NEWS_MS, "more_than": more_than},
    )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The size of the next step of a fan-out."""

    deliveries: int  # that are left
    limit: int  # deliveries of all steps together
    chats: int  # that are looked at


async def _expand(transaction: Transaction, fanout: dict[str, Any], chunk: _Chunk) -> int:
    """Queue deliveries for the next chats of a fan-out, and move its cursor. Returns the number of these chats.

    After the newest chat, the fan-out is closed.
    """
    # SQL does all the work: passing a row through Python would take as long again as SQLite needs for it.
    newest, begun = fanout["newest"] or 0, fanout["cursor"]
    fanout["limit"] = chunk.deliveries
    ahead = 1 + fanout["stretch"] * chunk.deliveries // chunk.limit
    fanout["reach"] = min(newest, begun + min(ahead, chunk.chats))
    read = await _read_choices(transaction, fanout)
    await transaction.execute(
        "CREATE TEMP TABLE IF NOT EXISTS wanting (chat bigint NOT NULL, chat_id bigint NOT NULL)"
    )
    await transaction.execute("DELETE FROM wanting")
    await transaction.execute(
        # The chats are kept, because to find them takes longer than all the rest.
        f"INSERT INTO wanting SELECT chat, chat_id FROM ({_WANTING_CHATS} ORDER BY chat LIMIT :limit) AS next_chats",
        fanout,
    )
    wanting = (await transaction.fetch("SELECT count(*) AS chats, max(chat) AS last FROM wanting"))[0]
    if wanting["chats"]:
        await _owe(transaction, fanout)
    fanout["cursor"] = wanting["last"] if wanting["chats"] == chunk.deliveries else fanout["reach"]
    for_a_chat = max(read / max(1, fanout["reach"] - begun), wanting["chats"] / max(1, fanout["cursor"] - begun))
    # If the next chats choose as these do, so many of them fill a chunk.
    fanout["stretch"] = round(min(chunk.limit / max(for_a_chat, 0.001), CHATS_LOOKED_AT))
    if fanout["cursor"] >= newest:
        await transaction.execute("DELETE FROM fanouts WHERE article_id = :article_id", fanout)
    else:
        await transaction.execute(
            "UPDATE fanouts SET cursor = :cursor, stretch = :stretch WHERE article_id = :article_id", fanout
        )
    return int(wanting["chats"])


async def _read_choices(transaction: Transaction, fanout: dict[str, Any]) -> int:
    """Copy the choices of the next chats to `choosing`, and bring the reach nearer until they are few enough.

    Returns their number. An article may have hundreds of subjects, and a chat may follow many of them. To look up all
    subjects takes long, so it is done once for a chunk, if the reach was near enough.
    """
    await transaction.execute(
        """
        CREATE TEMP TABLE IF NOT EXISTS choosing (
            chat bigint NOT NULL, muted boolean NOT NULL, since bigint NOT NULL, least_sources bigint NOT NULL,
            own boolean NOT NULL)
        """
    )
    most = FOLLOWS_FOR_A_DELIVERY * fanout["limit"]
    while True:
        is_one_chat = fanout["reach"] <= fanout["cursor"] + 1
        await transaction.execute("DELETE FROM choosing")
        read = await transaction.change(
            f"INSERT INTO choosing SELECT * FROM ({CHOICES}) AS chosen LIMIT :read",
            fanout | {"read": MANY if is_one_chat else most + 1},
        )
        if read <= most or is_one_chat:
            return read
        fanout["reach"] = fanout["cursor"] + (fanout["reach"] - fanout["cursor"] + 1) // 2


async def _owe(transaction: Transaction, fanout: dict[str, Any]) -> None:
    """Insert deliveries and send slots for the chats in `wanting`."""
    # A chat that already got the same text from another source is left out only now, so that the chunk stays short.
    told = duplicates.already_notified(":article_id", "wanting.chat")
    await transaction.execute(f"DELETE FROM wanting WHERE {told}", fanout)
    made = await transaction.change(
        """
        INSERT INTO deliveries (chat, chat_id, kind, article_id, lane, place, queued_at, excused)
        SELECT chat, chat_id, 'alert', :article_id, :lane, :published_at, :opened_at, :later FROM wanting WHERE TRUE
        ON CONFLICT DO NOTHING
        """,
        fanout,
    )
    if not fanout["later"]:
        await reach.count_due(transaction, fanout["article_id"], made)
    await transaction.execute(
        f"""
        INSERT INTO send_slots (chat_id, lane, next_send_at)
        SELECT DISTINCT chat_id, CAST(:lane AS bigint), CAST(:now AS bigint) FROM wanting
        WHERE TRUE {ON_SLOT_CONFLICT}
        """,
        fanout,
    )
