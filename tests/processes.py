"""The command line as processes of their own, with settings of the test and nothing else."""

import asyncio
import os
import select
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.sim import Simulator


class Newsbot:
    """`newsbot …` in a folder, on a simulator."""

    def __init__(self, folder: Path, sim: Simulator, **settings: str) -> None:
        self.folder = folder
        self.settings = {
            "NEWSBOT_TOKEN": sim.token,
            "NEWSBOT_API_URL": sim.url,
            "NEWSBOT_DATABASE": f"sqlite:///{folder / 'news.db'}",
            "NEWSBOT_ALLOW_PRIVATE_HOSTS": "true",
            "NEWSBOT_REFRESH_SECONDS": "1",
            "NEWSBOT_RATE": "0",
        } | settings
        self.sim = sim

    async def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Run a command to its end: exit status, what it said, what it complained of."""
        process = await self._start(*arguments)
        async with asyncio.timeout(60):
            said, complained = await process.communicate()
        return process.returncode or 0, said.decode(), complained.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """`newsbot run`, polling; ended at the end if it was not before."""
        polled = self.sim.polls_begun
        process = await self._start("run")
        try:
            ended = asyncio.create_task(process.wait())
            begun = asyncio.create_task(self.sim.until(lambda: self.sim.polls_begun > polled, 30))
            await asyncio.wait((ended, begun), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                begun.cancel()
                raise AssertionError((await process.communicate())[1].decode())
            await begun
            ended.cancel()
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                await process.communicate()

    async def _start(self, *arguments: str | Path) -> Process:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent.parent)} | self.settings
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *arguments, cwd=self.folder, env=environment, stdout=PIPE, stderr=PIPE
        )


def is_gone(process_id: int, *, seconds: float = 20.0) -> bool:
    """Whether a process ends within that time."""
    try:
        process = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


def children_of(process_id: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]
