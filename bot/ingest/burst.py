"""Tells the administrators that a source published more articles at once than are pushed."""

from datetime import datetime

from bot import logs
from bot.config import Config
from bot.ingest.keep import Kept
from bot.messages.notice import BURST, Notice
from bot.notices import notify_admins
from storage import Storage
from storage.records import Source

log = logs.get_logger(__name__)


async def tell_of_burst(storage: Storage, config: Config, source: Source, kept: Kept, *, now: datetime) -> None:
    """Notify the administrators if articles of one reading were stored without a push."""
    if not kept.decision.burst_skipped:
        return
    values: dict[str, str | int] = {
        "source": source.shown_name,
        "pushed": len(kept.stored.pushed),
        "held_back": kept.decision.burst_skipped,
    }
    log.warning("burst", source=source.id, held_back=kept.decision.burst_skipped)
    await notify_admins(storage, config, [Notice(BURST, values)], now=now)
