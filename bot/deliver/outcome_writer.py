"""Commits the outcomes of deliveries: in groups, at the latest 50 ms after Telegram's answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.backoff import Backoff
from bot.logs import get_logger
from storage import Storage
from storage.errors import StorageError
from storage.records import Died, Outcome

log = get_logger(__name__)

GATHER_SECONDS: Final = 0.03  # one commit for what is answered within this
RETRY: Final = Backoff(first=0.5, longest=5.0)  # while outcomes can't be committed
LAST_SECONDS: Final = 5.0  # for committing at the end
UNSTORABLE: Final = "its outcome can't be stored, see the log"


class OutcomeWriter:
    """Owns the outcomes that are not committed yet. While they can't be, it says so, and sending stops."""

    def __init__(
        self,
        storage: Storage,
        *,
        now: Callable[[], datetime],
        on_trouble: Callable[[], None],
        on_settled: Callable[[], None],
    ) -> None:
        """`on_trouble` is called when a commit failed, `on_settled` after each that succeeded."""
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

    async def run(self) -> None:
        """Commit until cancelled. What is not committed then waits for `finish`."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self._commit()

    async def finish(self) -> None:
        """Commit what is left, after `run` was ended."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                while self._outcomes:
                    await self._commit()
        except TimeoutError:
            log.error("outcomes_lost", count=len(self._outcomes))

    @asynccontextmanager
    async def shift_times(self, step: timedelta) -> AsyncIterator[None]:
        """Commit nothing meanwhile, and afterwards move what outcomes say of the future with the wall clock.

        They were made by the clock that was ahead. Stored after all else was moved back, they would let their chats
        wait for the difference.
        """
        async with self._storing:
            yield
            now = self._now()
            self._outcomes = [_moved(outcome, step, now) for outcome in self._outcomes]

    async def _commit(self) -> None:
        """Commit what there is now. What arrives meanwhile is the next group."""
        self._arrived.clear()
        pauses = RETRY.pauses()
        while self._outcomes:
            try:
                async with self._storing:
                    await self._settle(list(self._outcomes))
            except StorageError as error:
                log.error("outcomes_not_committed", count=len(self._outcomes), reason=error)
                self._stop_sending()
                await asyncio.sleep(next(pauses))
            except Exception:  # a mistake of ours: it ends this task, which is started again with the same outcomes
                self._stop_sending()
                self._arrived.set()
                raise
            else:
                self.in_trouble = False
                self._on_settled()
                return

    async def _settle(self, batch: list[Outcome]) -> None:
        """Commit these outcomes. If one of them can't be stored, the others are stored without it."""
        try:
            await self._storage.deliveries.settle(batch)
        except StorageError:
            raise
        except Exception:
            log.exception("outcomes_not_committed", count=len(batch))
            if not await self._settle_one_by_one(batch):
                raise
        else:
            del self._outcomes[: len(batch)]

    async def _settle_one_by_one(self, batch: list[Outcome]) -> bool:
        """Returns whether any could be stored. If none could, all of them are kept."""
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
        """Whether this outcome could be stored, or else that its delivery is dead."""
        claim = outcome.claim
        for attempt in (outcome, Died(claim, self._now(), UNSTORABLE)):
            try:
                await self._storage.deliveries.settle([attempt])
            except StorageError:
                raise
            except Exception:
                log.exception("outcome_not_committed", delivery=claim.delivery_id, chat=claim.chat_id)
            else:
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
