"""Runs functions in worker processes, so that no feed and no page blocks the bot's event loop.

A process is started when it is needed first, and ended after some time without work. A second process is started only
if the first is busy. A process that dies is replaced. If it died while idle, the work goes to another process. If it
died during a piece of work, only that piece of work fails.
"""

import asyncio
import heapq
import json
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from itertools import count
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from bot.ingest.errors import WorkerError
from bot.ingest.work_loop import BEGUN, HEADER, RAISED, WORK, encode_frame

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

PROCESSES: Final = 2
SECONDS: Final = 30.0  # for one piece of work
START_SECONDS: Final = 60.0  # for a process to begin with its first piece of work
IDLE_SECONDS: Final = 600.0  # without work, after which a process is ended: longer than most pauses of sources
MAX_PIECES: Final = 500  # pieces of work after which a process is replaced: parsers leak
MAX_STARTS: Final = 3  # processes that may die before they begin with a piece of work

# The module search path goes along, since the bot may run from a folder that a new interpreter does not search.
_BEGIN: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from bot.ingest.work_loop import serve; serve(int(sys.argv[2]))"
)
_HIGH, _NORMAL, _LOW = range(3)
_PRIORITY: ContextVar[int] = ContextVar("priority", default=_NORMAL)


@contextmanager
def high_priority() -> Iterator[None]:
    """Work that is requested in this block starts before other work that waits."""
    with _priority(_HIGH):
        yield


@contextmanager
def low_priority() -> Iterator[None]:
    """Work that is requested in this block starts only when no other work waits."""
    with _priority(_LOW):
        yield


@contextmanager
def _priority(value: int) -> Iterator[None]:
    token = _PRIORITY.set(value)
    try:
        yield
    finally:
        _PRIORITY.reset(token)


class WorkerProcess:
    """Runs functions in a pool of worker processes. Arguments and results must be picklable.

    If a piece of work takes longer than `seconds`, or is cancelled, its process is killed. An exception of the
    function is raised in the caller.
    """

    def __init__(self, *, seconds: float = SECONDS, processes: int = PROCESSES) -> None:
        self._seconds = seconds
        self._places = processes
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # priority, order
        self._order = count()
        self._idle: list[_Worker] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._idle:
            self._end(self._idle[0])
        await asyncio.gather(*self._ending)

    async def run(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """Returns the result of `work(*args, **named)`. Raises WorkerError, and what `work` raises."""
        request = encode_frame(WORK, pickle.dumps((work, args, named), pickle.HIGHEST_PROTOCOL))
        name = f"{work.__module__}.{work.__name__}"
        async with self._place():
            answer: Result = await self._answer(request, name)
            return answer

    async def _answer(self, request: bytes, name: str) -> Any:
        for _ in range(MAX_STARTS):
            worker = await self._worker()
            try:
                await worker.begin(request)
                async with asyncio.timeout(self._seconds):
                    kind, content = await worker.receive()
            except _NotBegun:
                self._end(worker)
                continue
            except TimeoutError:
                self._end(worker)
                raise WorkerError(f"{name} took over {self._seconds:g} s") from None
            except asyncio.IncompleteReadError:
                self._end(worker)
                raise WorkerError(f"{name} ended its process") from None
            except BaseException:
                self._end(worker)
                raise
            self._keep(worker)
            return _result(kind, content)
        raise WorkerError(f"{name}: no worker process can be started")

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Wait until a process may be used, by priority and in the order of the requests."""
        if self._places:
            self._places -= 1
        else:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (_PRIORITY.get(), next(self._order), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        """Give the place to the next caller that waits for one."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._places += 1

    async def _worker(self) -> "_Worker":
        """Returns an idle process that is alive, or starts one."""
        while self._idle:
            worker = self._idle[-1]
            if worker.is_alive:
                self._idle.remove(worker)
                worker.rest_ends()
                return worker
            self._end(worker)
        return _Worker(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _BEGIN, json.dumps(sys.path), str(os.getpid())), stdin=PIPE, stdout=PIPE
            )
        )

    def _keep(self, worker: "_Worker") -> None:
        if worker.done >= MAX_PIECES:
            self._end(worker)
            return
        self._idle.append(worker)
        worker.rest(IDLE_SECONDS, self._end)

    def _end(self, worker: "_Worker") -> None:
        """Kill a process. `__aexit__` waits for its end."""
        if worker in self._idle:
            self._idle.remove(worker)
        worker.rest_ends()
        ending = asyncio.create_task(worker.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class _NotBegun(Exception):
    """The process died before it began with this piece of work."""


class _Worker:
    """The bot's side of one worker process."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests, self._answers = process.stdin, process.stdout
        self._rest: asyncio.TimerHandle | None = None
        self.done = 0

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None and not self._answers.at_eof()

    async def begin(self, request: bytes) -> None:
        """Hand over a piece of work, and wait until the process begins with it. Raises _NotBegun."""
        self.done += 1
        try:
            async with asyncio.timeout(START_SECONDS):
                self._requests.write(request)
                # What the process says comes before all of a large request is handed over, if it dies in between.
                await self._requests.drain()
                kind, _ = await self.receive()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            raise _NotBegun from error
        assert kind == BEGUN

    async def receive(self) -> tuple[bytes, bytes]:
        kind, length = HEADER.unpack(await self._answers.readexactly(HEADER.size))
        return kind, await self._answers.readexactly(length) if length else b""

    def rest(self, seconds: float, end: Callable[["_Worker"], None]) -> None:
        self._rest = asyncio.get_running_loop().call_later(seconds, end, self)

    def rest_ends(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    async def end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()  # its results are not wanted any more, and waiting could take for ever
        self._requests.close()
        await self._process.wait()


def _result(kind: bytes, content: bytes) -> Any:
    answer = pickle.loads(content)
    if kind != RAISED:
        return answer
    error, lines = answer
    error.add_note(f"In the worker process:\n{lines}")
    raise error
