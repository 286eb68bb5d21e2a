"""The doors for articles: hooks, and the hubs of feeds."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot import logs
from bot.config import Config
from bot.ingest.hooks import HookReceiver
from bot.ingest.refresh import Ingest
from bot.ingest.websub import HubSubscriber
from bot.web.hooks import hook_routes
from bot.web.route import Route
from bot.web.websub import websub_routes
from storage import Storage

log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """The routes by which articles come in."""

    routes: list[Route]
    hubs: HubSubscriber | None  # None: hubs can't reach the bot

    async def ask_hubs(self) -> None:
        """Ask the hubs whose time has come. Call this every few seconds."""
        if self.hubs is not None:
            await self.hubs.step()


@asynccontextmanager
async def open_incoming(
    storage: Storage,
    config: Config,
    ingest: Ingest,
    *,
    now: Callable[[], datetime],
    on_called: Callable[[str, str], None] = lambda kind, result: None,
) -> AsyncIterator[Incoming]:
    """Open the doors. Hubs are used only if they can reach the bot (NEWSBOT_WEB and NEWSBOT_PUBLIC_URL).

    If there may be other processes, NEWSBOT_PUBLIC_URL alone says whether hubs can reach one of them.

    `on_called` is called with the kind of a hook and the result of each call.
    """
    receiver = HookReceiver(storage, config, ingest, now=now, on_called=on_called)
    routes = hook_routes(receiver, max_bytes=config.max_fetch_bytes)
    hubs: HubSubscriber | None = None
    others = storage.leases.process is not None  # processes, which may have an HTTP server if this one has none
    if config.public_url and (config.web is not None or others):
        hubs = HubSubscriber(storage, config, ingest, now=now)
        await hubs.start()
        ingest.on_feed_read = hubs.note_feed
        routes += websub_routes(hubs, max_bytes=config.max_fetch_bytes)
    elif not others and await storage.hub_subscriptions.forget_all():
        log.info("hubs_forgotten")
    try:
        yield Incoming(routes, hubs)
    finally:
        await receiver.close()
        if hubs is not None:
            await hubs.close()
