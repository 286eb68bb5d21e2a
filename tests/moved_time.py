"""An event loop whose clock jumps to the next timer instead of waiting for it."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Selector(selectors.DefaultSelector):
    """Where the loop would wait for a timer, move the clock there. Ready sockets are still seen."""

    def __init__(self) -> None:
        super().__init__()
        self.moved = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everything waits for something that will never come")
        self.moved += max(0.0, timeout)
        return super().select(0)


class MovedTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return 1_000.0 + self._jumping.moved


def in_moved_time(story: Coroutine[Any, Any, Result]) -> Result:
    """Run a story to its end without waiting for real time."""
    with asyncio.Runner(loop_factory=MovedTimeLoop) as runner:
        return runner.run(story)
