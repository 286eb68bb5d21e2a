"""What every process of the bot has, whatever it does: storage, ingest, metrics, health and the HTTP server."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from bot import chat, logs
from bot.config import TALK, WEBHOOK, Config
from bot.desk import DeskCards
from bot.ingest.discovery import SourceFinder
from bot.ingest.network.fetch import Fetcher
from bot.ingest.refresh import Ingest
from bot.ingest.worker import WorkerProcess
from bot.instance_lock import single_instance_lock
from bot.locale import Voice
from bot.measuring import connect_metrics
from bot.metrics import Metrics
from bot.web import Answered, Route, WebServer, dashboard
from bot.web.feeds import Feeds
from bot.web.health import Readiness
from bot.web.metrics import metrics_routes
from bot.web.telegram_updates import TelegramUpdates
from storage import Storage, database_file, database_path, is_postgres, open_storage

log = logs.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Process:
    """The parts that a process has for as long as it runs. Use `open_process`."""

    def __init__(self, config: Config, storage: Storage, ingest: Ingest) -> None:
        self.config = config
        self.storage = storage
        self.ingest = ingest
        self.metrics: Metrics = connect_metrics(config, storage, ingest)
        self.finder = SourceFinder(ingest)
        self.readiness = Readiness(storage.bot_accounts.check_writable)
        self.updates = TelegramUpdates(chat.webhook_secret(config.token))
        self._server: WebServer | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def start_server(self, incoming: Iterable[Route]) -> None:
        """Start the HTTP server with its own routes and those of `incoming`. Raises PortTaken.

        Nothing is started if the settings want no server.
        """
        if self.config.web is None:
            return
        self._server = WebServer(self.config.web, [*self._routes(), *incoming], proxies=self.config.proxies)
        self._server.observers.append(partial(_count_answer, self.metrics))
        await self._server.start()

    async def stop_server(self) -> None:
        """Take no more requests, and wait for those that are under way. May be called repeatedly."""
        if self._server is None:
            return
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._server.stop())
        await asyncio.shield(self._stopping)

    def _routes(self) -> list[Route]:
        storage, config = self.storage, self.config
        cards = DeskCards(storage, rate=config.messages_per_second, now=utc_now)
        pages = dashboard.Parts(
            storage=storage,
            config=config,
            ingest=self.ingest,
            finder=self.finder,
            cards=cards,
            now=utc_now,
            wake=storage.signals.wake,
        )
        return [
            *self.readiness.routes(),
            *metrics_routes(self.metrics.render, self.metrics.content_type),
            *dashboard.routes(pages),
            *Feeds(storage, config.web_url, Voice(config.language), utc_now).routes(),
            *(self.updates.routes() if config.updates == WEBHOOK and TALK in config.roles else []),
        ]


def _count_answer(metrics: Metrics, answered: Answered) -> None:
    metrics.http_answered(answered.route, answered.method, answered.status, answered.seconds)


@asynccontextmanager
async def open_process(config: Config) -> AsyncIterator[Process]:
    """Open what every process has. Raises AlreadyRunning, and the errors of `storage.errors`."""
    async with AsyncExitStack() as parts:
        if is_postgres(config.database):
            storage, ingest = await parts.enter_async_context(open_ingest(config, runs=True))
        else:
            note_file = parts.enter_context(single_instance_lock(database_path(config.database)))
            storage, ingest = await parts.enter_async_context(open_ingest(config, runs=True))
            note_file(database_file(config.database) or "")
        yield Process(config, storage, ingest)


@asynccontextmanager
async def open_ingest(
    config: Config, *, create: bool = True, runs: bool = False
) -> AsyncIterator[tuple[Storage, Ingest]]:
    """Open storage and the ingest that adds articles to it, for the command line and for `run`.

    If `create` is true, a missing database is created. `runs` says that the process runs the bot.
    """
    async with (
        open_storage(config.database, create=create, runs=runs) as storage,
        Fetcher(
            max_bytes=config.max_fetch_bytes, allow_private=config.allow_private_hosts, at_once=config.fetches
        ) as fetcher,
        WorkerProcess() as worker,
    ):
        ingest = Ingest(storage, config, fetcher=fetcher, worker=worker, now=utc_now, on_stored=storage.signals.wake)
        try:
            yield storage, ingest
        finally:
            await ingest.close()
