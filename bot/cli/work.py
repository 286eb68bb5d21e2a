"""Work that takes long: a bar on the terminal, and a row that the dashboard shows."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.cli.output import progress

if TYPE_CHECKING:
    from storage import Storage
    from storage.records import WorkKind


@asynccontextmanager
async def shown_work(
    storage: "Storage", kind: "WorkKind", *, subject: str, length: int, label: str = "Importing"
) -> AsyncIterator[Callable[[int], None]]:
    """Yields a function that is called with the number of steps that were done since its last call."""
    from bot.long_work import noted_work

    async with noted_work(storage, kind, subject=subject, total=length, now=lambda: datetime.now(UTC)) as noted:
        with progress(length, label) as bar:

            def advance(steps: int) -> None:
                noted.update(steps)
                bar.update(steps)

            yield advance
