"""A line to a PostgreSQL server that counts its round trips, and breaks when it is told to.

It breaks after a commit, before the answer is through.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

COMMITTED = b"COMMIT\0"  # the end of the server's answer to a commit
READY = b"Z\0\0\0\5"  # the server has answered all that it was asked
SOCKET = ".s.PGSQL.5432"


class LossyLine:
    """A socket in a folder of its own, as libpq looks for it. What is sent there goes to the server and back."""

    def __init__(self, folder: Path, server: Path, loses: Callable[[int], bool]) -> None:
        """`loses` is asked at each commit, with its number from 1 on, whether the line breaks before the answer."""
        self.folder = folder
        self.lost = 0
        self.round_trips = 0
        self._server = server
        self._loses = loses
        self._commits = 0

    async def carry(self, program: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, asks = await asyncio.open_unix_connection(self._server / SOCKET)
        asking = asyncio.create_task(self._asking(program, asks))
        before = b""
        try:
            while data := await answers.read(65_536):
                self.round_trips += (before + data).count(READY)
                before = (before + data)[1 - len(READY) :]
                if COMMITTED in data and self._is_lost():
                    break
                back.write(data)
                await back.drain()
        except ConnectionError:
            pass
        finally:
            asking.cancel()
            for writer in (back, asks):
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

    async def _asking(self, program: asyncio.StreamReader, asks: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await program.read(65_536):
                asks.write(data)
                await asks.drain()
        asks.close()

    def _is_lost(self) -> bool:
        self._commits += 1
        is_lost = self._loses(self._commits)
        self.lost += is_lost
        return is_lost


@asynccontextmanager
async def lossy_line(server: Path, loses: Callable[[int], bool] = lambda _: False) -> AsyncIterator[LossyLine]:
    with tempfile.TemporaryDirectory(prefix="newsbot-line-") as folder:
        line = LossyLine(Path(folder), server, loses)
        carrying: set[asyncio.Task[None]] = set()

        def begin(program: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(line.carry(program, back))
            carrying.add(task)
            task.add_done_callback(carrying.discard)

        listening = await asyncio.start_unix_server(begin, Path(folder) / SOCKET)
        try:
            yield line
        finally:
            listening.close()
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
