"""The composition root: builds the parts of a running bot, starts them in order, and stops them in reverse."""

import asyncio
import fcntl
import gc
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot import chat, logs
from bot.backoff import Backoff
from bot.canary import Canary
from bot.chat.context import HandlerContext
from bot.config import WEBHOOK, Config
from bot.deliver.category_topics import CategoryTopics
from bot.deliver.pace import Pacer
from bot.deliver.progress import Progress
from bot.deliver.sender import Sender
from bot.desk import DeskAnnouncements, DeskReleases, Resends
from bot.errors import AlreadyRunning, AnotherBot
from bot.ingest.discovery import SourceFinder
from bot.ingest.network.fetch import Fetcher
from bot.ingest.pictures import AT_ONCE, LARGEST_FETCHED, SECONDS, PictureFetcher
from bot.ingest.refresh import Ingest
from bot.ingest.worker import WorkerProcess
from bot.jobs import DatabasePlaceCheck, OverloadCheck, Pruning, QuietFollows, Reindexing
from bot.locale import Voice
from bot.measuring import measured
from bot.metrics import Metrics, StoredNumbers, watch_loop
from bot.scheduler import Job, build_scheduler
from bot.telegram_http import AiohttpRequest
from bot.watching import Alarms, HubWatch, QueueWatch, ReachWatch, SourceWatch
from bot.web import Answered, Route, WebServer, dashboard
from bot.web.feeds import Feeds
from bot.web.health import Readiness
from bot.web.incoming import open_incoming
from bot.web.metrics import metrics_routes
from bot.web.telegram_updates import PATH, TelegramUpdates
from storage import Storage, database_file, database_path, open_storage
from storage.errors import DatabaseReadOnly
from storage.records import BotAccount, Lane

log = logs.get_logger(__name__)

OPEN_FILES: Final = 65_536
START_AGAIN: Final = Backoff(1.0, 30.0)  # pauses while Telegram can't be reached at the start
ANNOUNCE_RETRY_SECONDS: Final = 60.0


def tune_garbage_collector() -> None:
    """Make the garbage collector run less often: a broadcast creates and drops very many small objects.

    The objects that exist now, mostly those of the libraries, are kept for good and never scanned again. With
    Python's default thresholds, a message costs 1.3 times the CPU time (`make bench`).
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def raise_open_file_limit() -> None:
    """Raise the limit of open files above the usual 1,024: thousands of feeds need thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def utc_now() -> datetime:
    return datetime.now(UTC)


async def run(config: Config, *, stop: asyncio.Event | None = None) -> None:
    """Run the bot until SIGTERM, SIGINT or `stop`.

    Raises AlreadyRunning, AnotherBot, PortTaken, InvalidToken if Telegram refuses the token, and the errors of
    `storage.errors`.
    After any other error outside the process, the bot waits and tries again, also if Telegram is away at the start.
    """
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns of a deprecation in RetryAfter
    tune_garbage_collector()
    raise_open_file_limit()
    stop = stop or asyncio.Event()
    async with AsyncExitStack() as parts:
        parts.enter_context(_stopped_by_signals(stop))
        note_file = parts.enter_context(single_instance_lock(database_path(config.database)))
        storage, ingest = await parts.enter_async_context(open_ingest(config))
        metrics = measured(config, storage, ingest)
        note_file(database_file(config.database) or "")
        pacer = Pacer(config.messages_per_second)
        asked = AiohttpRequest()
        polled = AiohttpRequest()  # has its own connections, so that a long poll never delays an answer
        asked.on_answered = polled.on_answered = metrics.telegram_answered
        metrics.follow_rate(lambda: pacer.rate)
        bot: ExtBot[Lane] = ExtBot(
            token=str(config.token),
            base_url=f"{config.api_url}/bot",
            base_file_url=f"{config.api_url}/file/bot",
            request=asked,
            get_updates_request=polled,
            rate_limiter=pacer,
        )
        sender = Sender(
            storage,
            bot,
            pacer,
            rate=config.messages_per_second,
            paid_broadcast=config.paid_broadcast,
            now=utc_now,
            alert_hours=config.alert_hours,
            promise=timedelta(seconds=config.reach_seconds),
            on_committed=metrics.outcomes_committed,
        )
        admission = chat.Admission(config.commands_per_minute, steady=time.monotonic, exempt=config.staff)
        fetcher = await parts.enter_async_context(
            Fetcher(
                max_bytes=LARGEST_FETCHED, allow_private=config.allow_private_hosts, seconds=SECONDS, at_once=AT_ONCE
            )
        )
        pictures = chat.PagePictures(storage, config, PictureFetcher(fetcher), bot, utc_now)
        context = HandlerContext(
            storage,
            config,
            admission,
            SourceFinder(ingest),
            pictures,
            now=utc_now,
            wake=sender.wake,
            published=chat.PublishedLanguages(storage, steady=time.monotonic),
        )
        reply_in = partial(pacer.seconds_until_allowed, lane=Lane.REPLY)
        inline = chat.make_inline_queries(bot, context, steady=time.monotonic)
        inbox = chat.Inbox(
            storage,
            chat.make_answerer(bot, context),
            admission,
            now=utc_now,
            reply_in=reply_in,
            passing=inline.take,
            on_received=metrics.update_received,
            on_handled=metrics.update_handled,
        )
        incoming = await parts.enter_async_context(
            open_incoming(storage, config, ingest, now=utc_now, on_called=metrics.hook_called)
        )
        jobs = _jobs(config, storage, bot, pacer, sender, ingest, metrics)
        jobs.append(Job("hubs", incoming.ask_hubs, every_seconds=10))
        scheduler = build_scheduler(jobs, on_ran=metrics.job_ran)
        readiness = Readiness(storage.bot_accounts.check_writable, lambda: max(asked.answered_at, polled.answered_at))
        secret = chat.webhook_secret(config.token)
        updates = TelegramUpdates(inbox, secret)
        by_webhook = config.updates == WEBHOOK
        routes = [*readiness.routes(), *metrics_routes(metrics.render, metrics.content_type), *incoming.routes]
        routes += dashboard.routes(
            dashboard.Parts(storage, config, ingest, context.finder, context.cards, utc_now, sender.wake)
        )
        routes += Feeds(storage, config.web_url, Voice(config.language), utc_now).routes()
        routes += updates.routes() if by_webhook else []
        server = await _started_server(config, routes)
        if server is not None:
            server.observers.append(partial(_count_answer, metrics))
            parts.push_async_callback(server.stop)
        parts.push_async_callback(bot.shutdown)
        if not await _finished_before_stop(_reach_telegram(bot), stop):
            return
        await check_account(storage, BotAccount(bot_id=bot.id, username=bot.username))
        ingest.on_stored = sender.wake  # not before: hooks may store articles while Telegram is away
        parts.push_async_callback(sender.stop)
        sender.wake()
        scheduler.start()
        parts.push_async_callback(_cancel, asyncio.create_task(watch_loop(metrics.loop_lagged)))
        parts.callback(scheduler.shutdown, wait=False)
        parts.push_async_callback(inbox.stop)
        parts.push_async_callback(inline.stop)
        await inbox.resume()
        updates.is_open = True
        if by_webhook:
            target = chat.WebhookTarget(config.public_url + PATH, secret, chat.ALLOWED_UPDATES)
            getting = asyncio.create_task(chat.WebhookKeeper(polled, bot.base_url, target).run())
        else:
            poller = chat.Poller(polled, bot.base_url, inbox, allowed_updates=chat.ALLOWED_UPDATES)
            parts.push_async_callback(poller.finish)
            getting = asyncio.create_task(poller.run())
        parts.push_async_callback(_cancel, getting)
        log.info("started", bot=bot.username, database=database_path(config.database))
        announcing = asyncio.create_task(_announce(bot, config))
        parts.push_async_callback(_cancel, announcing)
        if server is not None:
            parts.push_async_callback(server.stop)  # before the parts that its routes use
        await stop.wait()
        readiness.stopping = True
        log.info("stopping")


def _jobs(
    config: Config,
    storage: Storage,
    bot: ExtBot[Lane],
    pacer: Pacer,
    sender: Sender,
    ingest: Ingest,
    metrics: Metrics,
) -> list[Job]:
    """Returns what is done by the clock."""
    alarms = Alarms(storage, config, utc_now)
    canary = Canary(
        storage,
        config,
        ingest.keeper,
        bot,
        alarms,
        utc_now,
        wake=sender.wake,
        silence=sender.silence,
        on_ended=metrics.canary_ended,
    )
    reach = ReachWatch(storage, config, alarms, utc_now, on_judged=metrics.article_judged)
    return [
        Job("refresh", ingest.start_due_visits, every_seconds=1),
        Job("deliver", _wake_job(sender), every_seconds=1),
        Job("desk", DeskReleases(storage, utc_now, sender.wake), every_seconds=1),
        Job("resend", Resends(storage, utc_now, sender.wake), every_seconds=1),
        Job("desk_news", DeskAnnouncements(storage, config, utc_now, sender.wake), every_seconds=1),
        Job("prune", Pruning(storage, config, utc_now), every_seconds=3600),
        Job("quiet_follows", QuietFollows(storage, utc_now), every_seconds=3600),
        Job("index", Reindexing(storage), every_seconds=60),
        Job("health", OverloadCheck(storage, config, utc_now), every_seconds=60),
        Job("place", DatabasePlaceCheck(storage, config, bot), every_seconds=5),
        Job("topics", CategoryTopics(storage, bot, utc_now), every_seconds=60),
        Job("progress", Progress(storage, bot, pacer, config, utc_now), every_seconds=5),
        Job("reach", reach, every_seconds=10),
        Job("queue", QueueWatch(storage, alarms, utc_now), every_seconds=60),
        Job("silence", SourceWatch(storage, alarms, utc_now), every_seconds=300),
        Job("hub_silence", HubWatch(storage, alarms), every_seconds=60),
        Job("canary", canary, every_seconds=10),
        Job("numbers", StoredNumbers(storage, metrics, utc_now), every_seconds=15),
    ]


async def _started_server(config: Config, routes: Iterable[Route]) -> WebServer | None:
    """Returns the HTTP server, or None if the settings want none. Raises PortTaken."""
    if config.web is None:
        return None
    server = WebServer(config.web, routes, proxies=config.proxies)
    await server.start()
    return server


def _count_answer(metrics: Metrics, answered: Answered) -> None:
    metrics.http_answered(answered.route, answered.method, answered.status, answered.seconds)


async def check_account(storage: Storage, account: BotAccount) -> None:
    """Record which bot uses the database. Raises AnotherBot if another bot has used it.

    A new token of the same bot is fine. With the token of another bot, Telegram would refuse each message, and the
    bot would take all chats for chats that have left.
    """
    known = await storage.bot_accounts.remember(account)
    if known.bot_id != account.bot_id:
        raise AnotherBot(known.username, account.username)


@asynccontextmanager
async def open_ingest(config: Config, *, create: bool = True) -> AsyncIterator[tuple[Storage, Ingest]]:
    """Open storage and the ingest that adds articles to it, for the command line and for `run`.

    If `create` is true, a missing database is created.
    """
    async with (
        open_storage(config.database, create=create) as storage,
        Fetcher(
            max_bytes=config.max_fetch_bytes, allow_private=config.allow_private_hosts, at_once=config.fetches
        ) as fetcher,
        WorkerProcess() as worker,
    ):
        ingest = Ingest(storage, config, fetcher=fetcher, worker=worker, now=utc_now)
        try:
            yield storage, ingest
        finally:
            await ingest.close()


@contextmanager
def single_instance_lock(database: Path) -> Iterator[Callable[[str], None]]:
    """Hold the lock that allows only one process to run the bot on a database.

    The system releases the lock when the process ends. Yields a function that writes into the lock file which
    database file the bot has opened, for `newsbot check --running`.

    Raises AlreadyRunning, and DatabaseReadOnly if the lock file can't be created beside the database.
    """
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseReadOnly(
            f"{path}: can't be written ({error.strerror}); expected a folder that is there and lets us write, or set"
            " NEWSBOT_DATABASE to another file"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").partition("\n")[0].strip() or "unknown"
            raise AlreadyRunning(
                f"{database}: another newsbot runs on this database (process {holder}): stop it first,"
                " or set NEWSBOT_DATABASE to another file"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield lambda file: _note_file(descriptor, file)
    finally:
        os.close(descriptor)


def _note_file(descriptor: int, file: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n{file}\n".encode(), 0)


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _reach_telegram(bot: ExtBot[Any]) -> None:
    """Initialize the bot with its own id and username from Telegram.

    Raises InvalidToken. After any other error, it waits and tries again.
    """
    for pause in START_AGAIN.pauses():
        try:
            await bot.initialize()
            if type(bot.id) is int and isinstance(bot.username, str):
                return
            reason = "getMe gave no bot"
        except InvalidToken:
            raise
        except TelegramError as error:
            reason = error.message
        except Exception as error:  # the library failed on a server's answer
            reason = type(error).__name__
        await bot.shutdown()
        log.warning("telegram_away", reason=reason, next_try_seconds=round(pause))
        await asyncio.sleep(pause)


async def _announce(bot: ExtBot[Any], config: Config) -> None:
    """Publish command menus and descriptions.

    The bot works without them, so after a failure this is tried again in the background.
    """
    while True:
        try:
            return await chat.publish_command_menus(bot, config)
        except TelegramError as error:
            log.warning("announce_failed", reason=error.message)
        except Exception as error:  # a mistake of ours: it must not wait unseen until the bot is stopped
            log.exception("announce_failed", reason=error)
        await asyncio.sleep(ANNOUNCE_RETRY_SECONDS)


def _wake_job(sender: Sender) -> Callable[[], Awaitable[None]]:
    async def deliver() -> None:
        sender.wake()

    return deliver


async def _finished_before_stop(step: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Run a step of the start. Returns False if the bot was asked to stop before the step was done."""
    doing, stopping = asyncio.ensure_future(step), asyncio.ensure_future(stop.wait())
    await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
    await _cancel(stopping)
    if not doing.done():
        await _cancel(doing)
        return False
    await doing
    return True


async def _cancel(task: asyncio.Future[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
