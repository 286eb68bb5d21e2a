"""Terms: of all processes on a database, one at a time talks. The others stand by, and one of them follows it.

stand by → elected → talk until the process stops, or another process has taken over → stand by
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot import logs
from bot.tasks import cancel
from bot.web.health import Readiness
from storage.errors import DatabaseUnreachable, Superseded
from storage.leadership import Leadership

log = logs.get_logger(__name__)

AGAIN_SECONDS: Final = 1.0  # after a term that failed at its start


async def hold_terms(
    leadership: Leadership,
    talk: Callable[[asyncio.Event], Awaitable[None]],
    readiness: Readiness,
    stopped: asyncio.Future[None],
) -> None:
    """Talk whenever this process is elected, until `stopped` is done.

    `talk` is called once for each term, with the event that ends the term. An error of `talk` ends the process,
    unless the database went away or another process took over.
    """
    try:
        while not stopped.done():
            readiness.standing_by = True
            epoch = await _elected(leadership, stopped)
            readiness.standing_by = False
            if epoch is not None:
                log.info("talking", epoch=epoch)
                try:
                    is_superseded = await _hold_term(leadership, talk, stopped)
                except (DatabaseUnreachable, Superseded) as error:  # at the start of the term, before the parts wait
                    log.error("term_failed", epoch=epoch, reason=error)
                    await asyncio.wait([stopped], timeout=AGAIN_SECONDS)
                    continue
                if is_superseded:
                    log.warning("superseded", epoch=epoch)
    finally:
        await leadership.release()


async def _hold_term(
    leadership: Leadership, talk: Callable[[asyncio.Event], Awaitable[None]], stopped: asyncio.Future[None]
) -> bool:
    """Talk for one term. Returns whether the term ended because another process may talk now."""
    ending = asyncio.Event()
    lost = asyncio.create_task(leadership.until_lost())
    for end in (lost, stopped):
        end.add_done_callback(lambda _: ending.set())
    try:
        await talk(ending)
        return lost.done()
    finally:
        await cancel(lost)
        await leadership.release()


async def _elected(leadership: Leadership, stopped: asyncio.Future[None]) -> int | None:
    """Returns the epoch of the new term, or None if the process was stopped before it was elected."""
    electing = asyncio.create_task(leadership.acquire(on_standing_by=_log_standing_by))
    try:
        await asyncio.wait((electing, stopped), return_when=asyncio.FIRST_COMPLETED)
        return await electing if electing.done() else None
    finally:
        await cancel(electing)


def _log_standing_by(holder: str) -> None:
    log.info("standing_by", holder=holder)
