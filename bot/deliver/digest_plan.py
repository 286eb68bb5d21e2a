"""Queues digests that are due, and plans the next digest of each chat."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.logs import get_logger
from bot.timetable import find_time_zone, next_digest
from storage import Storage
from storage.records import DueDigest, Lane

log = get_logger(__name__)

CHUNK: Final = 1_000  # digests in one transaction


class DigestPlan:
    """Knows which digests are due, and when each chat gets its next one."""

    def __init__(self, storage: Storage, *, now: Callable[[], datetime]) -> None:
        self._deliveries = storage.deliveries
        self._now = now

    async def owe_digests(self, *, ahead: int) -> None:
        """Queue digests that are due, until so many chats are ready for one."""
        deliveries, now = self._deliveries, self._now()
        while (due := await deliveries.due_digests(limit=CHUNK, now=now)) and (
            await deliveries.count_ready_chats(now=now, limit=ahead, lane=Lane.DIGEST) < ahead
        ):
            await deliveries.enqueue_digests([(one, _next_digest(one, now)) for one in due], now=now)

    async def plan_anew(self) -> None:
        """Plan again the digests that are planned for later than their rhythm allows.

        They were planned while the wall clock was ahead.
        """
        now = self._now()
        while late := await self._deliveries.digests_too_far_ahead(limit=CHUNK, now=now):
            await self._deliveries.plan_digests([(one, _next_digest(one, now)) for one in late])


def _next_digest(due: DueDigest, now: datetime) -> datetime | None:
    """Returns when the chat's next digest is due.

    If the timetable is invalid, the digest is due in one day, so that the error delays no other chat.
    """
    try:
        return next_digest(due.timetable, find_time_zone(due.timezone), now)
    except (ValueError, OverflowError) as error:
        log.error("timetable_not_followed", chat=due.chat_id, reason=error)
        return now + timedelta(days=1)
