"""The interface to leadership: of all processes on a database, one at a time talks."""

from collections.abc import Callable
from typing import Protocol


class Leadership(Protocol):
    """The right to talk. A process has it for a term, and each term has a number, its epoch."""

    hand_over_seconds: float
    """How long the end of a term may wait for what is under way: another process may wait to follow."""

    async def acquire(self, *, on_standing_by: Callable[[str], None]) -> int:
        """Wait until this process is elected. Returns the epoch of the new term, which is higher than all before it.

        If another process talks, `on_standing_by` is called once with its name. An error of the database does not end
        the wait.
        """

    async def until_lost(self) -> None:
        """Wait until another process has taken over, or could have done so without the knowledge of this one."""

    def is_sure(self) -> bool:
        """Returns whether no other process can have taken over. If this process was paused for longer than a standby
        waits, the answer is False until the database has confirmed the term.
        """

    async def release(self) -> None:
        """End the term, so that another process can be elected at once. Does nothing without a term."""
