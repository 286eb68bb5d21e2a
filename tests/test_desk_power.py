"""What an editor does is done and noted once or not at all, wherever a kill interrupts it."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage import Storage, open_storage
from storage.records import Actor, DeskState, Lane, Origin
from tests.makers import NOON, new_article, reader
from tests.test_storage_desk import approve, desk_source

# Does this in a process that kills itself before the statement with the given number.
DOING = """
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
        now = NOON + timedelta(hours=1)
        if sys.argv[3] == "approve":
            await editing.approve(storage, 1, by=by, now=now)
        else:
            article = await storage.articles.get(1)
            ran = 0
            await getattr(editing, sys.argv[3])(storage, article, by=by, now=now)
        print(ran)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def doing(path: Path, number: int, what: str = "approve") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DOING, str(path), str(number), what]
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
    done = doing(whole, 0)
    assert done.returncode == 0, done.stderr
    statements = int(done.stdout)
    assert statements > 20
    for number in {1, 2, statements // 3, statements // 2, statements - 3, statements - 1, statements}:
        path = tmp_path / f"{number}.db"
        await desk_with_one(path)
        assert doing(path, number).returncode == -signal.SIGKILL
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


@pytest.mark.slow
@pytest.mark.parametrize("what", ["retract", "send_breaking"])
async def test_what_is_done_is_noted_wherever_a_kill_interrupts_it(tmp_path: Path, what: str) -> None:
    async def is_done(storage: Storage) -> bool:
        article = await storage.articles.get(1)
        assert article
        return article.retracted if what == "retract" else article.lane is Lane.BREAKING

    path = tmp_path / "news.db"
    async with open_storage(f"sqlite:///{path}") as storage:
        await reader(storage, 1)
        await storage.articles.store([new_article("one")], now=NOON)
    whole = Path(shutil.copy(path, tmp_path / "whole.db"))
    last = int(doing(whole, 0, what).stdout)
    for number in (last - 2, last - 1, last):
        killed = Path(shutil.copy(path, tmp_path / f"{number}.db"))
        assert doing(killed, number, what).returncode == -signal.SIGKILL
        async with open_storage(f"sqlite:///{killed}") as storage:
            assert len(await storage.audit.page(limit=10)) == await is_done(storage)
    async with open_storage(f"sqlite:///{whole}") as storage:
        assert (len(await storage.audit.page(limit=10)), await is_done(storage)) == (1, True)
