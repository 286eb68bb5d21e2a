"""Work in a process of its own: results, errors, and what takes too long or crashes."""

import os
import time

import pytest

from bot.ingest.errors import Unreadable
from bot.ingest.worker import WorkerError, WorkerProcess


def fails(name: str) -> None:
    raise Unreadable(name, "no article")


async def test_results_and_errors_come_back() -> None:
    async with WorkerProcess() as workshop:
        assert await workshop.run(max, 3, 5) == 5
        assert await workshop.run(os.getpid) != os.getpid()
        with pytest.raises(Unreadable, match=r"a\.txt: no article"):
            await workshop.run(fails, "a.txt")


async def test_work_that_never_ends_is_ended_and_the_next_goes_on() -> None:
    async with WorkerProcess(seconds=1.5) as workshop:
        with pytest.raises(WorkerError, match="took over"):
            await workshop.run(time.sleep, 3600)
        assert await workshop.run(max, 3, 5) == 5


async def test_work_that_crashes_its_process_is_an_error_and_the_next_goes_on() -> None:
    async with WorkerProcess() as workshop:
        with pytest.raises(WorkerError, match="ended its process"):
            await workshop.run(os._exit, 9)
        assert await workshop.run(max, 3, 5) == 5
