"""The desk: articles that wait for an editor or for their time, and the decisions of editors."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from storage.database import Database, Row, Transaction
from storage.records import (
    Actor,
    AuditAction,
    AuditEntry,
    Decide,
    Decided,
    Decision,
    DeskState,
    KnownArticle,
    Lane,
    Origin,
    Reach,
    SubjectOfAudit,
    WaitingArticle,
)
from storage.times import from_ms_or_none, to_ms
from storage.topics import desk_reach
from storage.topics.audit import add_entry
from storage.topics.outbox import open_send_slots
from storage.topics.rows import BROKEN, readable, split_readable
from storage.topics.search_index import put_texts
from storage.topics.storing import publish_article
from storage.topics.waiting import CARD_LANE, JOINED, WAITING, card_notice, due_ms, edit_cards, waiting_from

log = logging.getLogger(__name__)

BROKEN_ROW_WAITS = timedelta(days=1)  # the pause before a row that can't be read is tried again
LOOKUP_CHUNK = 2_000  # keys asked for at once
_BOT = Actor(origin=Origin.BOT)


class Desk:
    """Implements `contract.Desk`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading

    async def find_by_keys(
        self, keys: Iterable[str], *, source_id: int | None
    ) -> dict[str, tuple[KnownArticle, ...]]:
        """Returns the articles of a source on the desk that have one of these keys, by key."""
        wanted, rows = list(keys), list[Row]()
        for start in range(0, len(wanted), LOOKUP_CHUNK):
            rows += await self._database.fetch(
                f"""
                SELECT desk_keys.key, {WAITING} FROM json_each(:keys) AS wanted
                CROSS JOIN desk_keys ON desk_keys.key = wanted.value
                CROSS JOIN desk ON desk.id = desk_keys.desk_id {JOINED}
                WHERE desk.source_id IS :source AND desk.state IN ('waiting', 'killed', 'withdrawn')
                ORDER BY desk.id
                """,
                {"keys": json.dumps(wanted[start : start + LOOKUP_CHUNK]), "source": source_id},
            )
        by_row: dict[int, set[str]] = {}
        for row in rows:
            by_row.setdefault(row["id"], set()).add(row["key"])
        found = {one.id: _known_from(one, by_row[one.id]) for one in readable(rows, waiting_from)}
        by_key: dict[str, tuple[KnownArticle, ...]] = {}
        for row in rows:
            if row["id"] in found:
                by_key[row["key"]] = (*by_key.get(row["key"], ()), found[row["id"]])
        return by_key

    async def get(self, desk_id: int) -> WaitingArticle | None:
        rows = await self._database.fetch(
            f"SELECT {WAITING} FROM desk {JOINED} WHERE desk.id = :id AND NOT desk.private", {"id": desk_id}
        )
        return waiting_from(rows[0]) if rows else None

    async def page(self, *, limit: int, after: int = 0, before: int | None = None) -> list[WaitingArticle]:
        """Returns public articles that wait, longest waiting first. Served by desk_waiting."""
        where, order = ("desk.id > :place", "") if before is None else ("desk.id < :place", "DESC")
        rows = await self._database.fetch(
            f"""
            SELECT {WAITING} FROM desk {JOINED}
            WHERE desk.state = 'waiting' AND NOT desk.private AND {where} ORDER BY desk.id {order} LIMIT :limit
            """,
            {"place": after if before is None else before, "limit": max(0, limit)},
        )
        return sorted(readable(rows, waiting_from), key=lambda one: one.id)

    async def count(self, *, most: int) -> int:
        """Returns the number of public articles that wait, counted up to `most`. Served by desk_waiting."""
        rows = await self._database.fetch(
            """
            SELECT count(*) AS waiting FROM (
                SELECT 1 FROM desk WHERE state = 'waiting' AND NOT private AND id > 0 LIMIT :most) AS first
            """,
            {"most": max(0, most)},
        )
        return int(rows[0]["waiting"])

    async def next_due(self) -> datetime | None:
        """Returns when the next article goes out by itself. Served by desk_due."""
        rows = await self._database.fetch(
            """
            SELECT due_at FROM desk WHERE state = 'waiting' AND NOT needs_approval AND due_at > 0
            ORDER BY due_at LIMIT 1
            """
        )
        return from_ms_or_none(rows[0]["due_at"]) if rows else None

    async def reach(self, desk_id: int, *, now: datetime) -> Reach | None:
        """Returns how many chats an article on the desk would be sent to, or None if it does not wait."""
        waiting = await self.get(desk_id)
        if waiting is None or waiting.state is not DeskState.WAITING:
            return None
        if waiting.lane is None:
            return Reach(chats=0)
        return await desk_reach.of_new(self._database, waiting.article, waiting.lane, now)

    async def reach_of_article(self, article_id: int, *, lane: Lane, now: datetime) -> Reach | None:
        """Returns how many chats `Articles.push` would send an article to in that lane, or None if there is none."""
        return await desk_reach.of_stored(self._database, article_id, lane, now)

    # Decisions

    async def approve(
        self, desk_id: int, *, revision: int | None, lane: Lane | None, by: Actor, now: datetime, decide: Decide
    ) -> Decision:
        """Publish an article, or let it go out when its publisher's embargo ends."""

        async def approving(transaction: Transaction) -> Decision:
            waiting, refused = await _decidable(transaction, desk_id, revision)
            if waiting is None:
                return refused
            action = AuditAction.BREAKING if lane is Lane.BREAKING else AuditAction.APPROVE
            await _note(transaction, waiting, action, by, now)
            chosen = waiting.lane if lane is None else min(lane, waiting.lane or lane)
            if waiting.embargo_until is not None and waiting.embargo_until > now:
                await _schedule(transaction, waiting, waiting.embargo_until, by, now, lane=chosen)
                return Decision(Decided.SCHEDULED, await _read(transaction, desk_id))
            await _publish(transaction, waiting, chosen, by, now, decide)
            return Decision(Decided.DONE, await _read(transaction, desk_id))

        return await self._database.write(approving)

    async def hold(
        self, desk_id: int, *, revision: int | None, until: datetime, by: Actor, now: datetime
    ) -> Decision:
        """Approve an article for a later time. An embargo that ends later is not broken."""

        async def holding(transaction: Transaction) -> Decision:
            waiting, refused = await _decidable(transaction, desk_id, revision)
            if waiting is None:
                return refused
            if waiting.embargo_until is not None and waiting.embargo_until > until:
                return Decision(Decided.NOT_YET, waiting)
            await _note(transaction, waiting, AuditAction.HOLD, by, now, until.isoformat(timespec="seconds"))
            await _schedule(transaction, waiting, until, by, now, lane=waiting.lane)
            return Decision(Decided.SCHEDULED, await _read(transaction, desk_id))

        return await self._database.write(holding)

    async def kill(self, desk_id: int, *, revision: int | None, by: Actor, now: datetime) -> Decision:
        """Decide that an article is not published."""

        async def killing(transaction: Transaction) -> Decision:
            waiting, refused = await _decidable(transaction, desk_id, revision)
            if waiting is None:
                return refused
            await _note(transaction, waiting, AuditAction.KILL, by, now)
            await _settle(transaction, waiting, DeskState.KILLED, by, now)
            return Decision(Decided.DONE, await _read(transaction, desk_id))

        return await self._database.write(killing)

    async def restore(self, desk_id: int, *, revision: int | None, by: Actor, now: datetime) -> Decision:
        """Let an article wait for an editor again that was killed, or that has a time."""

        async def restoring(transaction: Transaction) -> Decision:
            waiting, refused = await _decidable(transaction, desk_id, revision, DeskState.WAITING, DeskState.KILLED)
            if waiting is None:
                return refused
            await _note(transaction, waiting, AuditAction.RESTORE, by, now)
            await transaction.execute(
                """
                UPDATE desk SET state = 'waiting', needs_approval = TRUE, due_at = NULL, revision = revision + 1,
                    changed_at = :now, decided_at = NULL, decided_by = ''
                WHERE id = :id
                """,
                {"id": desk_id, "now": to_ms(now)},
            )
            await edit_cards(transaction, desk_id, now)
            return Decision(Decided.DONE, await _read(transaction, desk_id))

        return await self._database.write(restoring)

    async def release_due(self, *, now: datetime, limit: int, decide: Decide) -> list[WaitingArticle]:
        """Publish articles whose time has come. Served by desk_due. Each has a transaction of its own."""
        due = await self._database.fetch(
            """
            SELECT id FROM desk WHERE state = 'waiting' AND NOT needs_approval AND due_at <= :now
            ORDER BY due_at LIMIT :limit
            """,
            {"now": to_ms(now), "limit": max(0, limit)},
        )
        released: list[WaitingArticle] = []
        for row in due:
            try:
                releasing = partial(_release, desk_id=row["id"], now=now, decide=decide)
                waiting = await self._database.write(releasing)
            except BROKEN as error:  # it stops no other article, and waits
                values = {"record": "waiting", "id": row["id"], "reason": str(error)}
                log.error("row_unreadable", extra={"values": values})
                await self._put_off(row["id"], now + BROKEN_ROW_WAITS)
                continue
            released += [waiting] if waiting is not None else []
        return released

    async def _put_off(self, desk_id: int, until: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE desk SET due_at = :until WHERE id = :id", {"id": desk_id, "until": to_ms(until)}
            )

    # Messages to editors

    async def unannounced(self, *, limit: int) -> list[WaitingArticle]:
        """Returns public articles that wait, and that editors were not told of yet. Served by desk_unannounced."""
        rows = await self._database.fetch(
            f"""
            SELECT {WAITING} FROM desk {JOINED}
            WHERE desk.state = 'waiting' AND NOT desk.announced AND NOT desk.private AND desk.id > 0
            ORDER BY desk.id LIMIT :limit
            """,
            {"limit": max(0, limit)},
        )
        waiting, broken = split_readable(rows, waiting_from)
        if broken:  # else each run of the job would meet it again
            await self.note_announced([row["id"] for row in broken])
        return waiting

    async def announce(self, desk_ids: Sequence[int], chats: Sequence[int], *, now: datetime) -> None:
        """Queue a message for each of these articles and chats, and note that editors know of the articles."""

        async def announcing(transaction: Transaction) -> None:
            for desk_id in desk_ids:
                for chat in chats:
                    await _add_card(transaction, desk_id, chat, now)
            await _note_announced(transaction, desk_ids)

        await self._database.write(announcing)

    async def note_announced(self, desk_ids: Sequence[int]) -> None:
        async with self._database.transaction() as transaction:
            await _note_announced(transaction, desk_ids)

    async def note_shown(self, chat_id: int, message_id: int, revision: int) -> None:
        """Note that a message shows this revision of its article already. Served by deliveries_message."""
        async with self._database.transaction(durable=False) as transaction:
            await transaction.execute(
                """
                UPDATE deliveries SET state = 'sent', revision = :revision
                WHERE chat_id = :chat_id AND message_id = :message_id AND message_id IS NOT NULL
                  AND kind = 'notice' AND state = 'queued'
                """,
                {"chat_id": chat_id, "message_id": message_id, "revision": revision},
            )

    async def article_of_card(self, chat_id: int, message_id: int) -> int | None:
        """Returns the article that the one became which a message shows to editors. Served by deliveries_message."""
        rows = await self._database.fetch(
            """
            SELECT desk.article_id, desk.id, deliveries.notice FROM deliveries
            CROSS JOIN desk_cards ON desk_cards.delivery_id = deliveries.id
            CROSS JOIN desk ON desk.id = desk_cards.desk_id
            WHERE deliveries.chat_id = :chat_id AND deliveries.message_id = :message_id
              AND desk.article_id IS NOT NULL
            """,
            {"chat_id": chat_id, "message_id": message_id},
        )
        # A number of a deleted delivery may belong to another one by now.
        return next((row["article_id"] for row in rows if row["notice"] == card_notice(row["id"])), None)

    async def room(self) -> int | None:
        rows = await self._database.fetch("SELECT chat FROM desk_room WHERE id = 1")
        return rows[0]["chat"] if rows else None

    async def set_room(self, chat_row: int | None) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM desk_room WHERE id = 1")
            if chat_row is not None:
                await transaction.execute("INSERT INTO desk_room (id, chat) VALUES (1, :chat)", {"chat": chat_row})

    # Settings and upkeep

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete articles that were published or killed before that time. Served by desk_settled."""
        async with self._database.transaction(durable=False) as transaction:
            values = {"before": to_ms(before), "limit": max(0, limit)}
            old = await transaction.fetch(
                """
                SELECT id FROM desk WHERE state <> 'waiting' AND changed_at < :before
                ORDER BY changed_at LIMIT :limit
                """,
                values,
            )
            ids = {"ids": json.dumps([row["id"] for row in old])}
            await transaction.execute(
                # The keys of a pruned article are kept in the same way.
                """
                INSERT INTO remembered (identity, source_id)
                SELECT desk_keys.key, (SELECT id FROM sources WHERE sources.id = desk.source_id AND kind <> 'folder')
                FROM json_each(:ids) AS gone CROSS JOIN desk ON desk.id = CAST(gone.value AS bigint)
                CROSS JOIN desk_keys ON desk_keys.desk_id = desk.id
                WHERE desk.state IN ('killed', 'withdrawn')
                ON CONFLICT (identity) DO NOTHING
                """,
                ids,
            )
            return await transaction.change(
                "DELETE FROM desk WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))", ids
            )

    async def expire(self, *, before: datetime, now: datetime, limit: int) -> int:
        """Kill articles that have waited for an editor since before that time. Returns their number."""
        return await self._database.write(partial(_expire, before=before, now=now, limit=limit), durable=False)


async def _expire(transaction: Transaction, *, before: datetime, now: datetime, limit: int) -> int:
    rows = await transaction.fetch(
        # Served by desk_waiting: the oldest ones, of which some may have a time.
        f"""
        SELECT * FROM (SELECT {WAITING} FROM desk {JOINED} WHERE desk.state = 'waiting' AND desk.id > 0
                       ORDER BY desk.id LIMIT :limit) AS oldest
        WHERE needs_approval AND changed_at < :before
        """,
        {"before": to_ms(before), "limit": max(0, limit)},
    )
    expired = readable(rows, waiting_from)
    for waiting in expired:
        await _note(transaction, waiting, AuditAction.KILL, _BOT, now, "waited too long")
        await _settle(transaction, waiting, DeskState.KILLED, _BOT, now)
    return len(expired)  # a row that can't be read stays, so it must not count


async def _decidable(
    transaction: Transaction, desk_id: int, revision: int | None, *states: DeskState
) -> tuple[WaitingArticle | None, Decision]:
    """Returns an article that an editor may decide on, or None and the answer to the editor."""
    waiting = await _read(transaction, desk_id)
    if waiting is None or waiting.article.private:
        return None, Decision(Decided.GONE)
    if waiting.state not in (states or (DeskState.WAITING,)) or revision not in (None, waiting.revision):
        return None, Decision(Decided.CHANGED, waiting)
    return waiting, Decision(Decided.DONE, waiting)


async def _read(transaction: Transaction, desk_id: int) -> WaitingArticle | None:
    rows = await transaction.fetch(f"SELECT {WAITING} FROM desk {JOINED} WHERE desk.id = :id", {"id": desk_id})
    return waiting_from(rows[0]) if rows else None


async def _schedule(
    transaction: Transaction, waiting: WaitingArticle, at: datetime, by: Actor, now: datetime, *, lane: Lane | None
) -> None:
    await transaction.execute(
        """
        UPDATE desk SET needs_approval = FALSE, due_at = :due_at, lane = :lane, revision = revision + 1,
            changed_at = :now, decided_at = :now, decided_by = :by
        WHERE id = :id
        """,
        {"id": waiting.id, "due_at": due_ms(at), "lane": lane, "now": to_ms(now), "by": by.name},
    )
    await edit_cards(transaction, waiting.id, now)


async def _publish(
    transaction: Transaction, waiting: WaitingArticle, lane: Lane | None, by: Actor, now: datetime, decide: Decide
) -> None:
    """Make an article of a row of the desk."""
    article = replace(waiting.article, lane=lane)
    if waiting.due_at is not None or (article.held_until or now) > article.published_at:
        # Readers learn of it now, so lists show it as new. An article that only waited for approval keeps its time.
        article = replace(article, published_at=min(now, waiting.due_at or article.held_until or now))
    published = await publish_article(transaction, article, now, decide)
    if published is None:
        await _settle(transaction, waiting, DeskState.DUPLICATE, by, now)
        return
    await put_texts(
        transaction,
        {published.id: article.search},
        private={published.id: article.source_id} if article.private else {},
        seen=now,
    )
    await _settle(transaction, waiting, DeskState.PUBLISHED, by, now, article_id=published.id)
    for article_id in published.others:
        transaction.article_changed(article_id)


async def _release(transaction: Transaction, desk_id: int, *, now: datetime, decide: Decide) -> WaitingArticle | None:
    waiting = await _read(transaction, desk_id)
    if waiting is None or not waiting.is_scheduled or waiting.due_at is None or waiting.due_at > now:
        return None  # an editor decided otherwise meanwhile
    await _note(transaction, waiting, AuditAction.PUBLISH, _BOT, now)
    by = Actor(origin=Origin.BOT, name=waiting.decided_by)
    await _publish(transaction, waiting, waiting.lane, by, now, decide)
    return await _read(transaction, desk_id)


async def _settle(
    transaction: Transaction,
    waiting: WaitingArticle,
    state: DeskState,
    by: Actor,
    now: datetime,
    *,
    article_id: int | None = None,
) -> None:
    await transaction.execute(
        """
        UPDATE desk SET state = :state, revision = revision + 1, changed_at = :now, article_id = :article,
            decided_at = coalesce(CASE WHEN :kept THEN decided_at ELSE NULL END, :now), decided_by = :by
        WHERE id = :id
        """,
        {
            "id": waiting.id,
            "state": state,
            "now": to_ms(now),
            "by": by.name,
            "article": article_id,
            "kept": by.origin is Origin.BOT,
        },
    )
    await edit_cards(transaction, waiting.id, now)


async def _note(
    transaction: Transaction, waiting: WaitingArticle, action: AuditAction, by: Actor, now: datetime, detail: str = ""
) -> None:
    if waiting.article.private:
        return  # what the private sources of chats bring is nobody's business
    entry = AuditEntry(
        action=action,
        actor=by,
        subject=SubjectOfAudit.WAITING,
        subject_id=waiting.id,
        name=waiting.article.text.title,
        detail=detail,
    )
    await add_entry(transaction, entry, now)


async def _add_card(transaction: Transaction, desk_id: int, chat: int, now: datetime) -> None:
    values = {"chat": chat, "notice": card_notice(desk_id), "lane": CARD_LANE, "now": to_ms(now), "desk": desk_id}
    rows = await transaction.fetch(
        """
        INSERT INTO deliveries (chat, chat_id, kind, notice, lane, place, queued_at)
        SELECT id, chat_id, 'notice', :notice, :lane, :now, :now FROM chats WHERE id = :chat
        RETURNING id, chat_id
        """,
        values,
    )
    for row in rows:
        await transaction.execute(
            """
            INSERT INTO desk_cards (desk_id, delivery_id) VALUES (:desk, :delivery)
            ON CONFLICT DO NOTHING
            """,
            values | {"delivery": row["id"]},
        )
    await open_send_slots(
        transaction, [{"chat_id": row["chat_id"], "lane": CARD_LANE, "now": values["now"]} for row in rows]
    )


async def _note_announced(transaction: Transaction, desk_ids: Sequence[int]) -> None:
    await transaction.execute(
        "UPDATE desk SET announced = TRUE WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))",
        {"ids": json.dumps(list(desk_ids))},
    )


def _known_from(waiting: WaitingArticle, keys: set[str]) -> KnownArticle:
    article = waiting.article
    return KnownArticle(
        id=-waiting.id,
        identity=article.identity,
        revision=waiting.revision,
        text=article.text,
        published_at=article.published_at,
        published_on=article.published_on,
        source_id=article.source_id,
        excerpt=article.excerpt,
        keys=frozenset(keys),
        version=article.version,
        retracted=waiting.state is not DeskState.WAITING,
        may_return=waiting.state is DeskState.WITHDRAWN,
        held_until=article.held_until,
        editor_note=article.editor_note,
        lane=article.lane,
    )
