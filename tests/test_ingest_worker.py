"""Work in processes of their own: results, errors, what takes too long or crashes, and what is left after a kill."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bot.ingest.errors import Unreadable, WorkerError
from bot.ingest.work_loop import POLITE
from bot.ingest.worker import WorkerProcess, high_priority, low_priority
from tests.processes import children_of, is_gone


class Odd(Exception):
    """An exception that can't be made again from its arguments."""

    def __init__(self, one: str, *, two: str) -> None:
        super().__init__(one + two)


def fails(name: str) -> None:
    raise Unreadable(name, "no article")


def fails_oddly() -> None:
    raise Odd("it ", two="broke")


def prints() -> int:
    print("chatter")
    os.system("echo more chatter")
    return len(sys.stdin.read())


def appends(path: Path, letter: str) -> None:
    with path.open("a") as file:
        file.write(letter)


def waits_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)


async def test_results_and_errors_come_back() -> None:
    async with WorkerProcess() as worker:
        assert await worker.run(max, 3, 5) == 5
        assert await worker.run(os.getpid) != os.getpid()
        with pytest.raises(Unreadable, match=r"a\.txt: no article") as raised:
            await worker.run(fails, "a.txt")
        assert "in fails" in raised.value.__notes__[0]
        with pytest.raises(RuntimeError, match="Odd: it broke"):
            await worker.run(fails_oddly)
        assert await worker.run(len, b"x" * 5_000_000) == 5_000_000
        assert len(await worker.run(bytes, 5_000_000)) == 5_000_000


async def test_the_bot_gets_the_processor_before_its_workers() -> None:
    async with WorkerProcess() as worker:
        assert await worker.run(os.nice, 0) == min(os.nice(0) + POLITE, 19)


async def test_what_the_work_prints_and_reads_is_not_taken_for_an_answer() -> None:
    async with WorkerProcess() as worker:
        assert await worker.run(prints) == 0
        assert await worker.run(max, 3, 5) == 5


async def test_work_that_never_ends_is_ended_and_the_next_goes_on() -> None:
    async with WorkerProcess(seconds=0.5, processes=1) as worker:
        slow = await worker.run(os.getpid)
        with pytest.raises(WorkerError, match="took over"):
            await worker.run(time.sleep, 3600)
        assert await asyncio.to_thread(is_gone, slow)
        assert await worker.run(max, 3, 5) == 5


async def test_work_that_crashes_its_process_is_an_error_and_the_next_goes_on() -> None:
    async with WorkerProcess(processes=1) as worker:
        with pytest.raises(WorkerError, match="ended its process"):
            await worker.run(os._exit, 9)
        assert await worker.run(max, 3, 5) == 5


async def test_a_process_that_dies_while_idle_is_replaced_and_its_death_costs_no_work() -> None:
    async with WorkerProcess(processes=1) as worker:
        for noticed in (True, False):
            idle = await worker.run(os.getpid)
            os.kill(idle, signal.SIGKILL)
            if noticed:
                assert await asyncio.to_thread(is_gone, idle)
                await asyncio.sleep(0.05)
            assert await worker.run(os.getpid) != idle


async def test_cancelled_work_spoils_nothing_for_the_next(tmp_path: Path) -> None:
    async with WorkerProcess(processes=1) as worker:
        busy = await worker.run(os.getpid)
        running = asyncio.create_task(worker.run(waits_for, tmp_path / "never"))
        waiting = asyncio.create_task(worker.run(max, 1, 2))
        await asyncio.sleep(0.1)
        waiting.cancel()
        running.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        assert await worker.run(max, 3, 5) == 5
        assert await asyncio.to_thread(is_gone, busy)


async def test_two_pieces_of_work_are_done_at_once_and_more_wait(tmp_path: Path) -> None:
    async with WorkerProcess(processes=2) as worker:
        held = asyncio.create_task(worker.run(waits_for, tmp_path / "go"))
        assert await worker.run(max, 3, 5) == 5
        (tmp_path / "go").touch()
        await held


async def test_urgent_work_goes_before_other_and_patient_work_after_it(tmp_path: Path) -> None:
    async with WorkerProcess(processes=1) as worker:
        held = asyncio.create_task(worker.run(waits_for, tmp_path / "go"))
        await asyncio.sleep(0)
        with low_priority():
            last = [asyncio.create_task(worker.run(appends, tmp_path / "done", "p")) for _ in range(2)]
        await asyncio.sleep(0)
        other = [asyncio.create_task(worker.run(appends, tmp_path / "done", "o")) for _ in range(2)]
        await asyncio.sleep(0)
        with high_priority():
            first = [asyncio.create_task(worker.run(appends, tmp_path / "done", "u")) for _ in range(2)]
        await asyncio.sleep(0)
        (tmp_path / "go").touch()
        await asyncio.gather(held, *last, *other, *first)
    assert (tmp_path / "done").read_text() == "uuoopp"


async def test_no_process_stays_when_it_is_closed() -> None:
    async with WorkerProcess() as worker:
        process_id = await worker.run(os.getpid)
    assert is_gone(process_id, seconds=0)


BOT = """
import asyncio, os, sys, time
from bot.ingest.worker import WorkerProcess

async def main():
    async with WorkerProcess() as worker:
        busy = asyncio.create_task(worker.run(time.sleep, 3600))
        print(await worker.run(os.getpid), flush=True)
        await busy

asyncio.run(main())
"""


async def test_nothing_stays_of_a_bot_that_is_killed() -> None:
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, stdout=asyncio.subprocess.PIPE)
    assert bot.stdout is not None
    idle = int(await bot.stdout.readline())
    children = children_of(bot.pid)
    assert idle in children
    assert len(children) == 2  # the other one is in the middle of its work
    bot.kill()
    await bot.wait()
    for child in children:
        assert await asyncio.to_thread(is_gone, child)
