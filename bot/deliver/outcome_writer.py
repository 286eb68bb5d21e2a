"""Commits the outcomes of deliveries in groups, at most 50 ms after Telegram's answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.backoff import Backoff
from bot.logs import get_logger
from storage import Storage
from storage.errors import StorageError, Superseded
from storage.records import PROMISE, Died, Outcome

log = get_logger(__name__)

GATHER_SECONDS: Final = 0.03  # outcomes that arrive within this time share one commit
RETRY: Final = Backoff(first=0.5, longest=5.0)  # pauses while outcomes can't be committed
LAST_SECONDS: Final = 5.0  # time to commit the last outcomes when the process stops
UNSTORABLE: Final = "its outcome can't be stored, see the log"


# Called with the outcomes that were committed, and the ids of those whose chat wished to wait.
OnCommitted = Callable[[Sequence[Outcome], Collection[int]], None]


def _ignore(outcomes: Sequence[Outcome], excused: Collection[int]) -> None:
    """Nobody counts the outcomes."""


class OutcomeWriter:
    """Owns the outcomes that are not committed yet.

    While commits fail, `in_trouble` is true, each failure is logged, and sending stops.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        now: Callable[[], datetime],
        on_trouble: Callable[[], None],
        on_settled: Callable[[], None],
        on_committed: OnCommitted = _ignore,
        promise: timedelta = PROMISE,
    ) -> None:
        """`on_trouble` is called after each commit that failed, `on_settled` after each commit that succeeded.

        `on_committed` is called with the outcomes that were committed. `promise` is the time within which an alert
        should reach its chat.
        """
        self._on_committed = on_committed
        self._promise = promise
        self._storage = storage
        self._now = now
        self._on_trouble = on_trouble
        self._on_settled = on_settled
        self._outcomes: list[Outcome] = []
        self._arrived = asyncio.Event()
        self._storing = asyncio.Lock()
        self.in_trouble = False

    def put(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._arrived.set()

    def deliveries(self) -> set[int]:
        """Returns the ids of the deliveries whose outcomes are not committed yet."""
        return {outcome.claim.delivery_id for outcome in self._outcomes}

    async def run(self) -> None:
        """Commit until cancelled. `finish` then commits the outcomes that are left."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self._commit()

    async def finish(self) -> None:
        """Commit the outcomes that are left, after `run` has ended."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                while self._outcomes:
                    await self._commit()
        except TimeoutError:
            log.error("outcomes_lost", count=len(self._outcomes))

    @asynccontextmanager
    async def shift_times(self, step: timedelta) -> AsyncIterator[None]:
        """Commit nothing inside this context. At its end, move the future times of waiting outcomes by `step`.

        These times were taken from the clock that was ahead. If they were stored unchanged after all other times were
        corrected, their chats would wait for the difference.
        """
        async with self._storing:
            yield
            now = self._now()
            self._outcomes = [_moved(outcome, step, now) for outcome in self._outcomes]

    async def _commit(self) -> None:
        """Commit the outcomes that are there now. Outcomes that arrive meanwhile are in the next group."""
        self._arrived.clear()
        pauses = RETRY.pauses()
        while self._outcomes:
            try:
                async with self._storing:
                    await self._settle(list(self._outcomes))
            except Superseded:  # the process that talks now has their deliveries
                log.error("outcomes_lost", count=len(self._outcomes))
                self._stop_sending()
                self._outcomes.clear()
                return
            except StorageError as error:
                log.error("outcomes_not_committed", count=len(self._outcomes), reason=error)
                self._stop_sending()
                await asyncio.sleep(next(pauses))
            except Exception:  # a bug: it ends this task, which is started again with the same outcomes
                self._stop_sending()
                self._arrived.set()
                raise
            else:
                self.in_trouble = False
                self._on_settled()
                return

    async def _settle(self, batch: list[Outcome]) -> None:
        """Commit these outcomes. If one of them can't be stored, the others are stored one by one."""
        try:
            excused = await self._storage.deliveries.settle(batch, promise=self._promise)
        except StorageError:
            raise
        except Exception:
            log.exception("outcomes_not_committed", count=len(batch))
            if not await self._settle_one_by_one(batch):
                raise
        else:
            del self._outcomes[: len(batch)]
            self._on_committed(batch, excused)

    async def _settle_one_by_one(self, batch: list[Outcome]) -> bool:
        """Returns whether any outcome could be stored. If none could, all of them are kept."""
        lost = []
        for outcome in batch:
            if await self._settled_alone(outcome):
                self._outcomes.remove(outcome)
            else:
                lost.append(outcome)
        if len(lost) == len(batch):
            return False
        for outcome in lost:
            log.error("outcome_lost", delivery=outcome.claim.delivery_id, chat=outcome.claim.chat_id)
            self._outcomes.remove(outcome)
        return True

    async def _settled_alone(self, outcome: Outcome) -> bool:
        """Returns whether this outcome could be stored. If it can't be, its delivery is stored as dead instead."""
        claim = outcome.claim
        for attempt in (outcome, Died(claim, self._now(), UNSTORABLE)):
            try:
                excused = await self._storage.deliveries.settle([attempt], promise=self._promise)
            except StorageError:
                raise
            except Exception:
                log.exception("outcome_not_committed", delivery=claim.delivery_id, chat=claim.chat_id)
            else:
                self._on_committed([attempt], excused)
                return True
        return False

    def _stop_sending(self) -> None:
        self.in_trouble = True
        self._on_trouble()


def _moved(outcome: Outcome, step: timedelta, now: datetime) -> Outcome:
    times = {field.name: getattr(outcome, field.name) for field in fields(outcome)}
    later: dict[str, Any] = {
        name: time + step for name, time in times.items() if isinstance(time, datetime) and time > now
    }
    return replace(outcome, **later)
