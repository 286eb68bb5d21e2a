"""Reads the bodies of calls in worker processes, those together that wait at the same time.

A piece of work for each call would cost a way to a worker process and back, and a worker process is replaced after
some hundred pieces of work. So the bodies that come while others are read form the next piece.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable, WorkerError
from bot.ingest.formats import hook_body
from bot.ingest.worker import WorkerProcess, high_priority
from storage.records import HookKind

PIECES_AT_ONCE: Final = 2  # as many as there are worker processes
TOGETHER: Final = 40  # bodies in one piece of work, and
TOGETHER_BYTES: Final = 256 * 1024  # bytes of them; a longer body is read alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a call, and what its head says of it."""

    content: bytes
    kind: HookKind
    content_type: str  # without parameters
    charset: str | None = None


@dataclass(eq=False, slots=True)
class _Waiting:
    body: Body
    drafts: asyncio.Future[list[Draft]]


class BodyReader:
    """Reads bodies. Use one for the whole process, and call `close` at the end."""

    def __init__(self, worker: WorkerProcess, zone: tzinfo) -> None:
        self._worker = worker
        self._zone = zone
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, body: Body) -> list[Draft]:
        """Returns the drafts of a body. Raises Unreadable and WorkerError."""
        waiting = _Waiting(body, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._tasks) < PIECES_AT_ONCE:
            task = asyncio.create_task(self._serve())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.drafts

    async def close(self) -> None:
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        """Read until no body waits."""
        while self._waiting:
            piece = self._next_piece()
            try:
                await self._read(piece)
            finally:
                for one in piece:
                    one.drafts.cancel()  # which does nothing to an answer that is there

    def _next_piece(self) -> list[_Waiting]:
        piece = [self._waiting.popleft()]
        size = len(piece[0].body.content)
        while self._waiting and len(piece) < TOGETHER:
            size += len(self._waiting[0].body.content)
            if size > TOGETHER_BYTES:
                break
            piece.append(self._waiting.popleft())
        return piece

    async def _read(self, piece: Sequence[_Waiting]) -> None:
        try:
            with high_priority():  # the caller waits, and Ghost does so for two seconds only
                read = await self._worker.run(read_bodies, [one.body for one in piece], timezone=self._zone)
        except Exception as error:
            if len(piece) > 1:  # one of them is the cause, and the others are innocent
                for one in piece:
                    await self._read([one])
            elif not piece[0].drafts.done():
                piece[0].drafts.set_exception(_told(error))
            return
        for one, drafts in zip(piece, read, strict=True):
            if one.drafts.done():
                continue
            if isinstance(drafts, Unreadable):
                one.drafts.set_exception(drafts)
            else:
                one.drafts.set_result(drafts)


def _told(error: Exception) -> Exception:
    """A process that ended is the fault of the body, as far as its sender needs to know."""
    if isinstance(error, WorkerError):
        return Unreadable("the body", f"it can't be read in time ({error}); expected a smaller one")
    return error


def read_bodies(bodies: Sequence[Body], *, timezone: tzinfo) -> list[list[Draft] | Unreadable]:
    """Returns the drafts of each body, or why it can't be read. Slow: run this in a worker process."""
    return [_read_body(body, timezone) for body in bodies]


def _read_body(body: Body, zone: tzinfo) -> list[Draft] | Unreadable:
    try:
        return hook_body.read(
            body.content, kind=body.kind, content_type=body.content_type, charset=body.charset, timezone=zone
        )
    except Unreadable as error:
        return error
