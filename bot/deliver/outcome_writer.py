"""Marks what was sent: outcomes are committed in groups, at the latest 50 ms after Telegram's answer."""

import asyncio
from collections.abc import Callable
from typing import Final

from bot import logs
from storage import Storage
from storage.errors import StorageError
from storage.records import Outcome

log = logs.get_logger(__name__)

GATHER_SECONDS: Final = 0.03  # one commit for what is answered within this
RETRY_SECONDS: Final = (0.5, 5.0)  # while outcomes can't be committed; doubled up to the second
LAST_SECONDS: Final = 5.0  # for committing at the end


class OutcomeWriter:
    """Owns the outcomes that are not committed yet. While they can't be, it says so, and sending stops."""

    def __init__(self, storage: Storage, *, on_trouble: Callable[[], None], on_settled: Callable[[], None]) -> None:
        """`on_trouble` is called when a commit failed, `on_settled` after each that succeeded."""
        self._storage = storage
        self._on_trouble = on_trouble
        self._on_settled = on_settled
        self._outcomes: list[Outcome] = []
        self._arrived = asyncio.Event()
        self.in_trouble = False

    def put(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._arrived.set()

    async def run(self) -> None:
        """Until cancelled; what is not committed then waits for `finish`."""
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

    async def _commit(self) -> None:
        """What there is now; what arrives meanwhile is the next group."""
        self._arrived.clear()
        pause, longest = RETRY_SECONDS
        while batch := list(self._outcomes):
            try:
                await self._storage.deliveries.settle(batch)
            except StorageError as error:
                log.error("outcomes_not_committed", count=len(batch), reason=error)
                self._stop_sending()
                await asyncio.sleep(pause)
                pause = min(longest, 2 * pause)
            except Exception:  # a mistake of ours: it ends this task, which is started again with the same outcomes
                self._stop_sending()
                self._arrived.set()
                raise
            else:
                del self._outcomes[: len(batch)]
                self.in_trouble = False
                self._on_settled()
                return

    def _stop_sending(self) -> None:
        self.in_trouble = True
        self._on_trouble()
