"""Send slots: when each Telegram chat may next be written to, and in which lane.

A chat that is owed nothing has no slot.
"""

import json
from collections.abc import Sequence
from typing import Any

from storage.database import Transaction
from storage.records import (
    Lane,
)

STORED_LANES = [lane for lane in Lane if lane is not Lane.REPLY]

# Served by deliveries_queued.
_STILL_OWED = """
SELECT CAST(value AS bigint) AS chat_id FROM json_each(:chats)
WHERE EXISTS (SELECT 1 FROM deliveries WHERE chat_id = CAST(value AS bigint) AND state = 'queued')
"""

# The next send slot of a chat is for the most urgent delivery that is not on hold at that time. If all deliveries are
# on hold, the slot is due when the first hold ends, and `quiet` says why: 1 for quiet hours, 2 if a delivery failed.
# A chat that left meanwhile has no send slot any more. If one of its deliveries was put off, the chat gets a slot, so
# that the delivery is claimed and then deleted.
_NEXT_SLOT = """
INSERT INTO send_slots (chat_id, lane, next_send_at, quiet)
SELECT :chat_id, coalesce(free.lane, owed.lane),
       CASE WHEN free.lane IS NULL THEN max(:next_send_at, owed.held_until) ELSE :next_send_at END,
       CASE WHEN free.lane IS NULL THEN 1 + owed.failed ELSE 0 END
FROM (SELECT (SELECT lane FROM deliveries
              WHERE chat_id = :chat_id AND state = 'queued' AND coalesce(held_until, 0) <= :next_send_at
              ORDER BY lane, place, id LIMIT 1) AS lane) AS free
CROSS JOIN (SELECT min(lane) AS lane, min(held_until) AS held_until,
                   max(CASE WHEN attempts > 0 THEN 1 ELSE 0 END) AS failed
            FROM deliveries WHERE chat_id = :chat_id AND state = 'queued') AS owed ON TRUE
WHERE owed.lane IS NOT NULL
ON CONFLICT (chat_id) DO UPDATE SET lane = excluded.lane, next_send_at = excluded.next_send_at, quiet = excluded.quiet
"""


async def set_slots(transaction: Transaction, slots: Sequence[dict[str, Any]]) -> None:
    """Set the next send slots of these chats. A chat that is owed nothing more loses its slot.

    Each slot has the `chat_id`, and in `next_send_at` the earliest time. In a broadcast most chats are owed one
    message, so that their slots only have to be deleted.
    """
    if not slots:
        return
    rows = await transaction.fetch(_STILL_OWED, {"chats": json.dumps([slot["chat_id"] for slot in slots])})
    owed = {row["chat_id"] for row in rows}
    done = [slot["chat_id"] for slot in slots if slot["chat_id"] not in owed]
    if done:
        await transaction.execute(
            "DELETE FROM send_slots WHERE chat_id IN (SELECT CAST(value AS bigint) FROM json_each(:chats))",
            {"chats": json.dumps(done)},
        )
    await transaction.execute_many(_NEXT_SLOT, [slot for slot in slots if slot["chat_id"] in owed])
