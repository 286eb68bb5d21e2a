"""Copies of a database: a thread copies, and meanwhile the command shows how far the copy is."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from bot.cli.output import progress

if TYPE_CHECKING:
    from bot.long_work import WorkProgress
    from storage.records import WorkKind

Result = TypeVar("Result")
Copy = Callable[[Callable[[int, int], None]], Result]  # is called with what takes (steps done, of how many)
LOOK_SECONDS: Final = 0.2  # between two looks at the copy


class _Stopped(Exception):
    """Ends the copy in its thread. It is no KeyboardInterrupt, which would end the event loop at once."""


class Copying(Generic[Result]):
    """A copy that a thread makes."""

    def __init__(self, copy: Copy[Result], *, kind: "WorkKind", subject: str, shown_in: str | None) -> None:
        """`shown_in` is the address of the database in whose dashboard the copy is shown, if there is one."""
        self._copy = copy
        self._kind = kind
        self._subject = subject
        self._shown_in = shown_in
        self._done, self._total = 0, 0
        self._begun = asyncio.Event()
        self._stopped = False

    async def run(self) -> Result:
        """Returns what the copy returns."""
        loop = asyncio.get_running_loop()
        copying = asyncio.create_task(asyncio.to_thread(self._run, loop))
        try:
            # The row is written after the copy has its snapshot: so the copy does not tell of a copy under way.
            begun = asyncio.create_task(self._begun.wait())
            await asyncio.wait([copying, begun], return_when=asyncio.FIRST_COMPLETED)
            begun.cancel()
            await self._show(copying)
            return await copying
        except BaseException:
            self._stopped = True
            await asyncio.gather(copying, return_exceptions=True)
            raise

    def _run(self, loop: asyncio.AbstractEventLoop) -> Result:
        def note(done: int, total: int) -> None:
            if self._stopped:
                raise _Stopped
            self._done, self._total = done, total
            loop.call_soon_threadsafe(self._begun.set)

        return self._copy(note)

    async def _show(self, copying: "asyncio.Task[Result]") -> None:
        """Show how far the copy is until it ends. If the database can't be written to, only the bar shows it."""
        from storage import is_current, is_postgres
        from storage.errors import StorageError

        url = self._shown_in
        try:
            if url is not None and (is_postgres(url) or is_current(url)):  # a copy must not migrate a database
                return await self._note(copying, url)
        except StorageError:  # of the copy as well: whoever awaits the copy gets the error
            pass
        await self._draw(copying)

    async def _note(self, copying: "asyncio.Task[Result]", url: str) -> None:
        from bot.long_work import noted_work
        from storage import open_storage

        async with (
            open_storage(url, create=False) as storage,
            noted_work(
                storage, self._kind, subject=self._subject, total=None, now=lambda: datetime.now(UTC)
            ) as noted,
        ):
            await self._draw(copying, noted)
            await copying

    async def _draw(self, copying: "asyncio.Task[Result]", noted: "WorkProgress | None" = None) -> None:
        with progress(self._total, "Copying") as bar:
            while not copying.done():
                await asyncio.wait([copying], timeout=LOOK_SECONDS)
                bar.update(self._done - bar.pos)
                if noted is not None:
                    noted.done, noted.total = self._done, self._total
