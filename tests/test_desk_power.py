"""An approval that a kill interrupts is done once or not at all, and nothing of it is lost."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage import open_storage
from storage.records import Actor, DeskState, Origin
from tests.makers import NOON, new_article, reader
from tests.test_storage_desk import approve, desk_source

# Approves the first article of the desk in a process that kills itself before the statement with the given number.
APPROVING = """
import asyncio, os, signal, sys
from datetime import timedelta
from bot import editing
from storage import open_storage
from storage.records import Actor, Origin
from tests.makers import NOON

async def main(path, number):
    async with open_storage(f"sqlite:///{path}") as storage:
        ran = 0
        def count(statement):
            nonlocal ran
            ran += 1
            if ran == number:
                os.kill(os.getpid(), signal.SIGKILL)
        writer = storage.database._writer
        await writer._execute(writer._conn.set_trace_callback, count)
        by = Actor(origin=Origin.CHAT, name="Mona")
        await editing.approve(storage, 1, by=by, now=NOON + timedelta(hours=1))
        print(ran)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def approving(path: Path, number: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", APPROVING, str(path), str(number)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def desk_with_one(path: Path) -> None:
    async with open_storage(f"sqlite:///{path}") as storage:
        await reader(storage, 1)
        source = await desk_source(storage)
        await storage.articles.store([new_article("one", source_id=source)], now=NOON)


@pytest.mark.slow
async def test_an_approval_is_done_once_wherever_a_kill_interrupts_it(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    await desk_with_one(whole)
    done = approving(whole, 0)
    assert done.returncode == 0, done.stderr
    statements = int(done.stdout)
    assert statements > 20
    for number in {1, 2, statements // 3, statements // 2, statements - 3, statements - 1, statements}:
        path = tmp_path / f"{number}.db"
        await desk_with_one(path)
        assert approving(path, number).returncode == -signal.SIGKILL
        async with open_storage(f"sqlite:///{path}") as storage:
            waiting = await storage.desk.get(1)
            assert waiting
            articles = await storage.articles.newest(limit=10)
            assert len(articles) == (waiting.state is DeskState.PUBLISHED)
            # The editor presses once more, or the inbox answers the press again.
            again = await approve(storage, 1, revision=1, by=Actor(origin=Origin.CHAT, name="Mona"))
            assert again.waiting
            assert again.waiting.state is DeskState.PUBLISHED
            assert len(await storage.articles.newest(limit=10)) == 1
            await storage.deliveries.expand(limit=10, now=NOON)
            assert await storage.deliveries.count_owed() == 1
            assert len(await storage.audit.page(limit=10)) == 1
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
