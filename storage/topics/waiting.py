"""Rows of the desk: how an article comes there, changes there, and how the messages about it are kept up to date."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from storage.database import Lock, Row, Transaction
from storage.records import (
    Category,
    ChangedArticle,
    DeskState,
    Lane,
    NewArticle,
    SubjectOfAudit,
    WaitingArticle,
    WithdrawnArticle,
)
from storage.times import from_ms, from_ms_or_none, to_ms
from storage.topics import admission, audit
from storage.topics.category_names import ALIASES
from storage.topics.headlines import category_from
from storage.topics.outbox import open_send_slots
from storage.topics.record_json import read_record, write_record

_FIRST_CATEGORY = "json_extract(desk.article, '$.categories[0].normalized')"
WAITING = f"""
desk.*, coalesce(json_extract(desk.article, '$.publisher'), sources.title) AS source,
coalesce(sources.teaser, FALSE) AS teaser, categories.id AS category_id, categories.name AS category, {ALIASES}
"""
JOINED = f"""
LEFT JOIN sources ON sources.id = desk.source_id
LEFT JOIN categories ON categories.id = coalesce(
    (SELECT category_id FROM category_aliases WHERE folded = {_FIRST_CATEGORY}),
    (SELECT id FROM categories AS own WHERE folded = {_FIRST_CATEGORY}))
"""
ALMOST_A_MILLISECOND = timedelta(microseconds=999)
CARD_LANE = Lane.BREAKING  # editors see what waits before a broadcast of ordinary news has ended
EDIT_LANE = Lane.RETRACTION  # and at once what another editor decided


async def hold_article(transaction: Transaction, article: NewArticle, now: datetime, *, needs_approval: bool) -> bool:
    """Put a new article on the desk if it needs approval, or if its time has not come.

    Returns False if it can be published now.
    """
    if article.replaces is not None and article.replaces < 0:  # withdrawn on the desk, and published again
        await transaction.execute("DELETE FROM desk_keys WHERE desk_id = :id", {"id": -article.replaces})
        article = replace(article, replaces=None)
    embargo = article.held_until if article.held_until is not None and article.held_until > now else None
    if not needs_approval and embargo is None:
        return False
    rows = await transaction.fetch(
        """
        INSERT INTO desk (article, title, source_id, private, lane, needs_approval, embargo_until, due_at, arrived_at,
                          changed_at)
        SELECT :article, :title, :source_id, :private, :lane, :needs_approval, :embargo,
            CASE WHEN :needs_approval THEN NULL ELSE CAST(:embargo AS bigint) END, :now, :now
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(:claimed) AS wanted
            CROSS JOIN desk_keys ON desk_keys.key = wanted.value CROSS JOIN desk AS other ON other.id = desk_id
            WHERE other.source_id IS :source_id)
        RETURNING id
        """,
        {
            "article": write_record(article),
            "title": article.text.title,
            "source_id": article.source_id,
            "private": article.private,
            "lane": await _breaking_lane(transaction, article),
            "needs_approval": needs_approval,
            "embargo": due_ms(embargo),
            "now": to_ms(now),
            "claimed": json.dumps(article.claimed),
        },
    )
    if rows:  # else another process has put it there meanwhile
        await _add_keys(transaction, rows[0]["id"], [article.identity, *article.keys])
    return True


async def current_change(transaction: Transaction, change: ChangedArticle) -> ChangedArticle:
    """Returns a change of an article on the desk, or of the article that it became meanwhile."""
    became = await _became(transaction, change.article_id)
    return change if became is None else replace(change, article_id=became, from_revision=1)


async def current_withdrawal(transaction: Transaction, withdrawn: WithdrawnArticle) -> WithdrawnArticle:
    """Returns a withdrawal of an article on the desk, or of the article that it became meanwhile."""
    became = await _became(transaction, withdrawn.article_id)
    return withdrawn if became is None else replace(withdrawn, article_id=became)


async def revise(transaction: Transaction, change: ChangedArticle, now: datetime) -> bool:
    """Replace the text of an article on the desk. What an editor approved before waits for approval again.

    Editors are told of it anew then: Telegram tells nobody of an edited message, and the article would miss its time.
    Returns False if it does not wait any more, or has another revision than the change begins at.
    """
    row = await _row(transaction, -change.article_id)
    if row is None or row["revision"] != change.from_revision or row["state"] != DeskState.WAITING:
        return False
    known = read_record(NewArticle, row["article"])
    article = replace(
        known,
        text=change.text,
        search=change.search,
        authors=change.authors,
        fingerprint=change.fingerprint,
        excerpt=change.excerpt,
        page_due_at=change.page_due_at,
        version=known.version if change.version is None else change.version,
        held_until=change.held_until,
        editor_note=change.editor_note,
    )
    needs_approval = bool(row["needs_approval"]) or await _needs_approval(transaction, row, article)
    await transaction.execute(
        """
        UPDATE desk SET article = :article, title = :title, revision = revision + 1, changed_at = :now,
            needs_approval = :needs_approval, embargo_until = :embargo,
            due_at = CASE
                WHEN :needs_approval THEN NULL
                WHEN decided_at IS NOT NULL AND due_at IS NOT embargo_until
                    THEN max(due_at, coalesce(CAST(:embargo AS bigint), 0)) -- the editor's time
                ELSE coalesce(:embargo, :now) END,
            announced = CASE WHEN :needs_approval AND decided_at IS NOT NULL THEN FALSE ELSE announced END,
            decided_at = CASE WHEN :needs_approval THEN NULL ELSE decided_at END, decided_by =
                CASE WHEN :needs_approval THEN '' ELSE decided_by END
        WHERE id = :id
        """,
        {
            "id": row["id"],
            "article": write_record(article),
            "title": article.text.title,
            "now": to_ms(now),
            "needs_approval": needs_approval,
            "embargo": due_ms(article.held_until),
        },
    )
    await _add_keys(transaction, row["id"], change.keys)
    await edit_cards(transaction, row["id"], now)
    return True


async def raise_to_breaking(transaction: Transaction, number: int, now: datetime) -> int | None:
    """Let an article of the desk be pushed as breaking news when it is published.

    Returns the article that it became meanwhile, if it is published already.
    """
    became = await _became(transaction, number)
    if became is not None:
        return became
    raised = await transaction.change(
        """
        UPDATE desk SET lane = :lane, revision = revision + 1, changed_at = :now
        WHERE id = :id AND state = 'waiting' AND coalesce(lane, :lane + 1) > :lane
        """,
        {"id": -number, "lane": Lane.BREAKING, "now": to_ms(now)},
    )
    if raised:
        await edit_cards(transaction, -number, now)
    return None


async def withdraw(transaction: Transaction, withdrawn: WithdrawnArticle, now: datetime) -> bool:
    """Take an article off the desk that its publisher has withdrawn. Returns False if it does not wait there."""
    done = await transaction.change(
        """
        UPDATE desk SET state = 'withdrawn', revision = revision + 1, changed_at = :now
        WHERE id = :id AND state = 'waiting'
        """,
        {"id": -withdrawn.article_id, "now": to_ms(now)},
    )
    if done:
        await audit.note_withdrawal(transaction, "desk", SubjectOfAudit.WAITING, -withdrawn.article_id, now)
        await note_versions(transaction, [(withdrawn.article_id, withdrawn.version)])
        await edit_cards(transaction, -withdrawn.article_id, now)
    return bool(done)


async def withdraw_all(transaction: Transaction, source_id: int, now: datetime) -> None:
    """Take all articles of a source off the desk, because it is private from now on. Served by desk_of_source."""
    rows = await transaction.fetch(
        """
        UPDATE desk SET state = 'withdrawn', revision = revision + 1, changed_at = :now
        WHERE source_id = :id AND state = 'waiting' RETURNING id
        """,
        {"id": source_id, "now": to_ms(now)},
    )
    for row in rows:
        await edit_cards(transaction, row["id"], now)


async def note_versions(transaction: Transaction, versions: Sequence[tuple[int, int | None]]) -> None:
    """Note the versions that sources give to articles on the desk, by their numbers below 0."""
    for number, version in versions:
        row = await _row(transaction, -number)
        if version is not None and row is not None:
            article = json.loads(row["article"]) | {"version": version}
            await transaction.execute(
                "UPDATE desk SET article = :article WHERE id = :id",
                {"id": -number, "article": json.dumps(article, ensure_ascii=False, separators=(",", ":"))},
            )


async def _became(transaction: Transaction, number: int) -> int | None:
    """Returns the article that an article of the desk became, or None if it became none."""
    row = await _row(transaction, -number)
    return row["article_id"] if row is not None else None


async def _row(transaction: Transaction, desk_id: int) -> Row | None:
    rows = await transaction.fetch("SELECT * FROM desk WHERE id = :id", {"id": desk_id})
    return rows[0] if rows else None


async def edit_cards(transaction: Transaction, desk_id: int, now: datetime) -> None:
    """Queue edits of the messages that show an article of the desk to editors."""
    await transaction.lock(Lock.CHATS)
    owed = await transaction.fetch(
        # A number of a deleted delivery may belong to another one by now, so its notice is compared.
        """
        UPDATE deliveries SET state = 'queued', lane = :lane, place = :now, attempts = 0
        WHERE id IN (SELECT delivery_id FROM desk_cards WHERE desk_id = :desk) AND notice = :notice
          AND message_id IS NOT NULL AND state IN ('sent', 'dead', 'queued')
        RETURNING chat_id
        """,
        {"desk": desk_id, "lane": EDIT_LANE, "now": to_ms(now), "notice": card_notice(desk_id)},
    )
    await open_send_slots(
        transaction, [{"chat_id": row["chat_id"], "lane": EDIT_LANE, "now": to_ms(now)} for row in owed]
    )


async def edit_outdated_card(transaction: Transaction, delivery_id: int, revision: int, now: datetime) -> None:
    """Queue an edit of a message that shows this revision, if its article changed while it was being sent."""
    rows = await transaction.fetch(
        """
        SELECT desk.id FROM desk_cards CROSS JOIN desk ON desk.id = desk_id
        WHERE delivery_id = :delivery AND desk.revision > :revision
        """,
        {"delivery": delivery_id, "revision": revision},
    )
    for row in rows:
        await edit_cards(transaction, row["id"], now)


def card_notice(desk_id: int) -> str:
    """Returns the notice (JSON) of a message that shows an article of the desk."""
    return json.dumps({"key": "desk", "values": {"desk": desk_id}})


def waiting_from(row: Row) -> WaitingArticle:
    lane = Lane(row["lane"]) if row["lane"] is not None else None
    article = replace(read_record(NewArticle, row["article"]), lane=lane, source_id=row["source_id"])
    category = category_from(row)
    if category is None and article.categories:  # no article has named it yet
        category = Category(0, article.categories[0].name)
    return WaitingArticle(
        id=row["id"],
        revision=row["revision"],
        article=article,
        category=category,
        source=row["source"],
        state=DeskState(row["state"]),
        needs_approval=bool(row["needs_approval"]),
        arrived_at=from_ms(row["arrived_at"]),
        embargo_until=from_ms_or_none(row["embargo_until"]),
        due_at=from_ms_or_none(row["due_at"]),
        decided_at=from_ms_or_none(row["decided_at"]),
        decided_by=row["decided_by"],
        article_id=row["article_id"],
        teaser=bool(row["teaser"]),
    )


def due_ms(moment: datetime | None) -> int | None:
    """Returns a time in milliseconds, rounded up, so that nothing is published before it."""
    return None if moment is None else to_ms(moment + ALMOST_A_MILLISECOND)


async def _add_keys(transaction: Transaction, desk_id: int, keys: Sequence[str]) -> None:
    await transaction.execute(
        """
        INSERT INTO desk_keys (key, desk_id) SELECT value, :id FROM json_each(:keys) WHERE TRUE
        ON CONFLICT DO NOTHING
        """,
        {"id": desk_id, "keys": json.dumps(list(keys))},
    )


# The categories that the names of an article mean.
_CATEGORIES = """
SELECT categories.* FROM json_each(:names) AS named
CROSS JOIN categories ON categories.id = coalesce(
    (SELECT category_id FROM category_aliases WHERE folded = named.value),
    (SELECT id FROM categories AS own WHERE folded = named.value))
"""


async def _needs_approval(transaction: Transaction, row: Row, article: NewArticle) -> bool:
    """Returns whether an article of a row of the desk needs approval. The row knows where its source has moved."""
    return (await admission.ask(transaction, replace(article, source_id=row["source_id"]))).needs_approval


async def _breaking_lane(transaction: Transaction, article: NewArticle) -> int | None:
    """Returns the lane in which `add_article` would push an article now."""
    if article.lane is None:
        return None
    rows = await transaction.fetch(
        f"""
        SELECT EXISTS (SELECT 1 FROM sources WHERE id = :source_id AND breaking)
               OR EXISTS (SELECT 1 FROM ({_CATEGORIES}) AS its_categories WHERE breaking) AS breaking
        """,
        {"source_id": article.source_id, "names": _names(article)},
    )
    return min(article.lane, Lane.BREAKING) if rows[0]["breaking"] else article.lane


def _names(article: NewArticle) -> str:
    return json.dumps([name.normalized for name in article.categories])
