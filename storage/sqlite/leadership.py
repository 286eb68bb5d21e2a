"""The leadership of the only process that runs on a SQLite database, which its lock file makes sure of."""

import asyncio
from collections.abc import Callable


class OnlyProcess:
    """A `Leadership` that is never lost."""

    hand_over_seconds = 9.0  # nobody waits

    def __init__(self) -> None:
        self._epoch = 0

    async def acquire(self, *, on_standing_by: Callable[[str], None]) -> int:
        self._epoch += 1
        return self._epoch

    async def until_lost(self) -> None:
        await asyncio.Event().wait()

    def is_sure(self) -> bool:
        return True

    async def release(self) -> None:
        """Nobody waits for the end of a term."""
