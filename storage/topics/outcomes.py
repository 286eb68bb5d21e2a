"""Outcomes of claimed deliveries: what is recorded of each, and when its chat may next be written to."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from storage.database import Transaction
from storage.records import (
    Died,
    Dropped,
    Edited,
    Outcome,
    PutOff,
    Sent,
    Unreachable,
)
from storage.times import to_ms, to_ms_or_none
from storage.topics import corrections, digest_snapshots, presence, reach
from storage.topics.metrics import STRETCH_MS
from storage.topics.send_slots import set_slots
from storage.topics.shown_lists import remember_list
from storage.topics.waiting import edit_outdated_card

_SENT = """
UPDATE deliveries
SET state = 'sent', message_id = :message_id, revision = :revision, settled_at = :at, reason = NULL
WHERE id = :id
"""

# The count begins anew with the first alert of a day.
_COUNTED = """
UPDATE chats SET alerts_sent =
    CASE WHEN alerts_since >= :day THEN alerts_sent ELSE 0 END + 1, alerts_since = max(alerts_since, :day)
WHERE id = :chat
"""

_EDITED = """
UPDATE deliveries
SET state = 'sent', revision = :revision, reason = NULL, message_id = CASE WHEN :gone THEN NULL ELSE message_id END,
    shown_as = CASE WHEN shown_as = 2 THEN 0 ELSE shown_as END  -- an opened text became the alert again
WHERE id = :id
"""

_PUT_OFF = """
UPDATE deliveries SET state = 'queued', attempts = attempts + :attempts, reason = :reason
WHERE id = :id AND state = 'sending'
"""

# All deliveries of the same kind and lane in that chat or topic wait as well. Otherwise each of them would be claimed
# and put off again. If the chat has chosen something meanwhile, the hold may have ended: they are claimed again.
# Served by deliveries_queued.
_HELD = """
UPDATE deliveries SET held_until = :until, excused = TRUE
WHERE chat_id = :chat_id AND state = 'queued' AND lane = :lane AND kind = :kind AND message_id IS NULL
  AND +chat = :chat
  AND (CAST(:chosen_at AS bigint) IS NULL OR (SELECT settings_at FROM chats WHERE id = :chat) = :chosen_at)
"""

# A delivery that failed waits alone. The other deliveries of its chat are sent meanwhile.
_HELD_ALONE = "UPDATE deliveries SET held_until = :until WHERE id = :id AND state = 'queued'"

DIED = "UPDATE deliveries SET state = 'dead', reason = :reason, settled_at = :at WHERE id = :id"


async def settle_outcomes(
    transaction: Transaction, outcomes: Sequence[Outcome], *, promise: timedelta
) -> frozenset[int]:
    """Record the outcomes, and set the next send slot of their chats. Returns the ids of excused deliveries.

    If an outcome is recorded already, only the slot is set. That is so if the answer to the commit was lost.
    """
    there, excused, recorded = await _compare_with_rows(transaction, outcomes)
    outcomes = [outcome for outcome in there if outcome.claim.delivery_id not in recorded]
    await reach.count_outcomes(transaction, outcomes, excused=excused, promise=promise)
    sent = [o for o in outcomes if isinstance(o, Sent)]
    edited = [o for o in outcomes if isinstance(o, Edited)]
    await transaction.execute_many(_SENT, [_sent(o) for o in sent])
    for digest in sent:
        if digest.snapshot is not None:  # a reader may ask for an article of the digest: "/summary 3"
            await remember_list(transaction, digest.claim.chat_row, digest.snapshot.articles)
    await transaction.execute_many(_COUNTED, [_counted(o) for o in sent if o.counts_for is not None])
    await transaction.execute_many(
        "UPDATE chats SET kind = 'channel' WHERE chat_id = :chat_id",
        [{"chat_id": o.claim.chat_id} for o in sent if o.is_channel],
    )
    await transaction.execute_many(_EDITED, [_edited(o) for o in edited])
    put_off = [o for o in outcomes if isinstance(o, PutOff)]
    await transaction.execute_many(_PUT_OFF, [_put_off(o) for o in put_off])
    await transaction.execute_many(_HELD, [_held(o) for o in put_off if o.quiet])
    await transaction.execute_many(_HELD_ALONE, [_held(o) for o in put_off if o.chat_at is not None])
    await transaction.execute_many(DIED, [_died(o) for o in outcomes if isinstance(o, Died)])
    await transaction.execute_many(
        "DELETE FROM deliveries WHERE id = :id",
        [{"id": o.claim.delivery_id} for o in outcomes if isinstance(o, Dropped)],
    )
    for outcome in outcomes:
        if isinstance(outcome, Unreachable):
            await _leave(transaction, outcome)
    await digest_snapshots.keep(transaction, sent)
    await digest_snapshots.catch_up(transaction, [*sent, *edited])
    await set_slots(transaction, [_next_slot(o) for o in there])
    await _count_throughput(transaction, sent, edited)
    await corrections.requeue_outdated(transaction, [*sent, *edited])
    shown: list[Sent | Edited] = [*sent, *edited]
    for card in shown:
        if card.claim.notice is not None and card.revision:
            await edit_outdated_card(transaction, card.claim.delivery_id, card.revision, card.at)
    return excused


async def _compare_with_rows(
    transaction: Transaction, outcomes: Sequence[Outcome]
) -> tuple[list[Outcome], frozenset[int], frozenset[int]]:
    """Compare the outcomes with the stored deliveries.

    Returns the outcomes with the current Telegram numbers of their chats, the ids of the excused deliveries, and the
    ids of those whose outcome is recorded already. The message of the last kind may wait for an edit by now. If the
    edit was claimed, the sender has called `unclaim`.

    A group may get a new number while one of its deliveries is being sent. If the bot can't write to the old number,
    it may still be able to write to the new one. So the delivery is put off in that case.
    """
    rows = await transaction.fetch(
        """
        SELECT id, chat_id, excused,
               state IN ('sent', 'dead') OR state = 'queued' AND message_id IS NOT NULL AS recorded
        FROM deliveries
        WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(:ids))
        """,
        {"ids": json.dumps([outcome.claim.delivery_id for outcome in outcomes])},
    )
    numbers = {row["id"]: row["chat_id"] for row in rows}

    def there(outcome: Outcome) -> Outcome:
        chat_id = numbers.get(outcome.claim.delivery_id, outcome.claim.chat_id)
        if chat_id == outcome.claim.chat_id:
            return outcome
        claim = replace(outcome.claim, chat_id=chat_id)
        if isinstance(outcome, Unreachable):
            return PutOff(claim, outcome.at, "migrated", attempts=0)
        return replace(outcome, claim=claim)

    excused = frozenset(row["id"] for row in rows if row["excused"])
    recorded = frozenset(row["id"] for row in rows if row["recorded"])
    return [there(outcome) for outcome in outcomes], excused, recorded


async def _leave(transaction: Transaction, outcome: Unreachable) -> None:
    claim = outcome.claim
    await presence.deactivate(
        transaction,
        claim.chat_id,
        outcome.state,
        outcome.reason,
        now=outcome.at,
        only_topic=claim.chat_row if outcome.topic_only else None,
    )
    await transaction.execute(
        "DELETE FROM deliveries WHERE id = :id AND message_id IS NULL", {"id": claim.delivery_id}
    )


def _next_slot(outcome: Outcome) -> dict[str, int]:
    match outcome:
        case PutOff(quiet=True):
            return {"chat_id": outcome.claim.chat_id, "next_send_at": 0}  # deliveries that are not on hold go at once
        case PutOff(chat_at=datetime() as moment):
            pass
        case Sent(next_at=moment) | Edited(next_at=moment) | PutOff(until=moment):
            pass
        case Dropped(at=moment) | Died(at=moment) | Unreachable(at=moment):
            pass
    return {"chat_id": outcome.claim.chat_id, "next_send_at": to_ms(moment)}


def _held(outcome: PutOff) -> dict[str, int | str | None]:
    claim = outcome.claim
    return {
        "id": claim.delivery_id,
        "chat": claim.chat_row,
        "chat_id": claim.chat_id,
        "lane": claim.lane,
        "kind": claim.kind,
        "until": to_ms(outcome.until),
        "chosen_at": to_ms_or_none(claim.chosen_at),
    }


def _sent(outcome: Sent) -> dict[str, int]:
    return {
        "id": outcome.claim.delivery_id,
        "message_id": outcome.message_id,
        "revision": outcome.revision,
        "at": to_ms(outcome.at),
    }


def _counted(outcome: Sent) -> dict[str, int]:
    return {"chat": outcome.claim.chat_row, "day": to_ms(outcome.counts_for or outcome.at)}


def _edited(outcome: Edited) -> dict[str, int]:
    return {"id": outcome.claim.delivery_id, "revision": outcome.revision, "gone": outcome.gone}


async def _count_throughput(transaction: Transaction, sent: Sequence[Sent], edited: Sequence[Edited]) -> None:
    """Add the messages that went out to the throughput table, which has one row for every ten seconds."""
    counts: Counter[tuple[int, str]] = Counter()
    counts.update((to_ms(outcome.at) // STRETCH_MS, "sent") for outcome in sent)
    counts.update((to_ms(outcome.at) // STRETCH_MS, "edited") for outcome in edited)
    await transaction.execute_many(
        """
        INSERT INTO throughput (ten_seconds, sent, edited) VALUES (:ten_seconds, :sent, :edited)
        ON CONFLICT (ten_seconds) DO UPDATE SET
            sent = throughput.sent + excluded.sent, edited = throughput.edited + excluded.edited
        """,
        [
            {"ten_seconds": stretch, "sent": 0, "edited": 0} | {column: count}
            for (stretch, column), count in counts.items()
        ],
    )


def _put_off(outcome: PutOff) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "attempts": outcome.attempts}


def _died(outcome: Died) -> dict[str, int | str]:
    return {"id": outcome.claim.delivery_id, "reason": outcome.reason, "at": to_ms(outcome.at)}
