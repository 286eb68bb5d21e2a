"""The role `talk`: takes updates from Telegram, answers people, and sends what is owed. One process at a time talks.

reach Telegram → check whose database it is → sender → jobs → answers → updates
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
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
from bot.errors import AnotherBot
from bot.ingest.network.fetch import Fetcher
from bot.ingest.pictures import AT_ONCE, LARGEST_FETCHED, SECONDS, PictureFetcher
from bot.jobs import DatabasePlaceCheck, OverloadCheck, Pruning, QuietFollows, Reindexing
from bot.metrics import Metrics, StoredNumbers
from bot.process import Process, utc_now
from bot.scheduler import Job, build_scheduler
from bot.tasks import cancel, finished_before
from bot.telegram_http import AiohttpRequest
from bot.watching import Alarms, HubWatch, QueueWatch, ReachWatch, SourceWatch
from bot.web.telegram_updates import PATH
from storage import Storage
from storage.records import BotAccount, Lane

log = logs.get_logger(__name__)

START_AGAIN: Final = Backoff(1.0, 30.0)  # pauses while Telegram can't be reached at the start
ANNOUNCE_RETRY_SECONDS: Final = 60.0


class Telegram:
    """The bot with its pace, and two ways to Telegram's server: a long poll must not delay an answer."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self.pacer = Pacer(config.messages_per_second)
        self.calls = AiohttpRequest()
        self.polls = AiohttpRequest()
        self.calls.on_answered = self.polls.on_answered = metrics.telegram_answered
        self.bot: ExtBot[Lane] = ExtBot(
            token=str(config.token),
            base_url=f"{config.api_url}/bot",
            base_file_url=f"{config.api_url}/file/bot",
            request=self.calls,
            get_updates_request=self.polls,
            rate_limiter=self.pacer,
        )

    def answered_at(self) -> float:
        """Returns when Telegram answered last, in seconds of the clock `time.monotonic`."""
        return max(self.calls.answered_at, self.polls.answered_at)


async def talk(process: Process, ending: asyncio.Event) -> None:
    """Talk until the event is set. Raises AnotherBot, and InvalidToken if Telegram refuses the token."""
    async with AsyncExitStack() as parts:
        telegram = Telegram(process.config, process.metrics)
        bot = telegram.bot
        process.readiness.answered_at = telegram.answered_at
        process.metrics.term_began(lambda: telegram.pacer.rate)
        parts.callback(process.metrics.term_ended)
        parts.push_async_callback(bot.shutdown)
        if not await finished_before(ending, _reach_telegram(bot)):
            return
        await check_account(process.storage, BotAccount(bot_id=bot.id, username=bot.username))
        sender = await parts.enter_async_context(_sending(process, telegram))
        await parts.enter_async_context(_working_by_the_clock(process, telegram, sender))
        inbox = await parts.enter_async_context(_answering(process, telegram, sender))
        await parts.enter_async_context(_taking_updates(process, telegram, inbox))
        log.info("started", bot=bot.username, database=process.storage.database.name)
        parts.push_async_callback(cancel, asyncio.create_task(_announce(bot, process.config)))
        await ending.wait()


@asynccontextmanager
async def _sending(process: Process, telegram: Telegram) -> AsyncIterator[Sender]:
    config = process.config
    sender = Sender(
        process.storage,
        telegram.bot,
        telegram.pacer,
        rate=config.messages_per_second,
        paid_broadcast=config.paid_broadcast,
        now=utc_now,
        alert_hours=config.alert_hours,
        promise=timedelta(seconds=config.reach_seconds),
        on_committed=process.metrics.outcomes_committed,
    )
    signals = process.storage.signals
    signals.on_wake = sender.wake  # not before: hooks may store articles while Telegram is away
    sender.wake()
    try:
        async with signals.listening():
            yield sender
    finally:
        signals.forget_sender()
        await sender.stop(seconds=process.storage.leadership.hand_over_seconds)


@asynccontextmanager
async def _working_by_the_clock(process: Process, telegram: Telegram, sender: Sender) -> AsyncIterator[None]:
    scheduler = build_scheduler(_jobs(process, telegram, sender), on_ran=process.metrics.job_ran)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _jobs(process: Process, telegram: Telegram, sender: Sender) -> list[Job]:
    """Returns what is done by the clock. One process at a time does it."""
    config, storage, metrics, bot = process.config, process.storage, process.metrics, telegram.bot
    alarms = Alarms(storage, config, utc_now)
    canary = Canary(
        storage,
        config,
        process.ingest.keeper,
        bot,
        alarms,
        utc_now,
        wake=sender.wake,
        silence=sender.silence,
        on_ended=metrics.canary_ended,
    )
    reach = ReachWatch(storage, config, alarms, utc_now, on_judged=metrics.article_judged)
    return [
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
        Job("progress", Progress(storage, bot, telegram.pacer, config, utc_now), every_seconds=5),
        Job("reach", reach, every_seconds=10),
        Job("queue", QueueWatch(storage, alarms, utc_now), every_seconds=60),
        Job("silence", SourceWatch(storage, alarms, utc_now), every_seconds=300),
        Job("hub_silence", HubWatch(storage, alarms), every_seconds=60),
        Job("canary", canary, every_seconds=10),
        Job("numbers", StoredNumbers(storage, metrics, utc_now), every_seconds=15),
    ]


def _wake_job(sender: Sender) -> Callable[[], Awaitable[None]]:
    async def deliver() -> None:
        sender.wake()

    return deliver


@asynccontextmanager
async def _answering(process: Process, telegram: Telegram, sender: Sender) -> AsyncIterator[chat.Inbox]:
    """Answer what is in the inbox. What a former process left there comes first."""
    config, storage, metrics, bot = process.config, process.storage, process.metrics, telegram.bot
    admission = chat.Admission(config.commands_per_minute, steady=time.monotonic, exempt=config.staff)
    async with Fetcher(
        max_bytes=LARGEST_FETCHED, allow_private=config.allow_private_hosts, seconds=SECONDS, at_once=AT_ONCE
    ) as fetcher:
        context = HandlerContext(
            storage=storage,
            config=config,
            admission=admission,
            finder=process.finder,
            pictures=chat.PagePictures(storage, config, PictureFetcher(fetcher), bot, utc_now),
            now=utc_now,
            wake=sender.wake,
            published=chat.PublishedLanguages(storage, steady=time.monotonic),
        )
        inline = chat.make_inline_queries(bot, context, steady=time.monotonic)
        inbox = chat.Inbox(
            storage,
            chat.make_answerer(bot, context),
            admission,
            now=utc_now,
            reply_in=partial(telegram.pacer.seconds_until_allowed, lane=Lane.REPLY),
            passing=inline.take,
            on_received=metrics.update_received,
            on_handled=metrics.update_handled,
        )
        try:
            await inbox.resume()
            yield inbox
        finally:
            await inline.stop()
            await inbox.stop(seconds=storage.leadership.hand_over_seconds)


@asynccontextmanager
async def _taking_updates(process: Process, telegram: Telegram, inbox: chat.Inbox) -> AsyncIterator[None]:
    """Let updates come in: Telegram is polled, or sends them to the webhook."""
    config, bot = process.config, telegram.bot
    async with AsyncExitStack() as parts:
        if config.updates == WEBHOOK:
            process.updates.open(inbox)
            parts.callback(process.updates.close)
            secret = chat.webhook_secret(config.token)
            target = chat.WebhookTarget(config.public_url + PATH, secret, chat.ALLOWED_UPDATES)
            getting = asyncio.create_task(chat.WebhookKeeper(telegram.polls, bot.base_url, target).run())
        else:
            poller = chat.Poller(telegram.polls, bot.base_url, inbox, allowed_updates=chat.ALLOWED_UPDATES)
            parts.push_async_callback(poller.finish)
            getting = asyncio.create_task(poller.run())
        parts.push_async_callback(cancel, getting)
        yield


async def check_account(storage: Storage, account: BotAccount) -> None:
    """Record which bot uses the database. Raises AnotherBot if another bot has used it.

    A new token of the same bot is fine. With the token of another bot, Telegram would refuse each message, and the
    bot would take all chats for chats that have left.
    """
    known = await storage.bot_accounts.remember(account)
    if known.bot_id != account.bot_id:
        raise AnotherBot(known.username, account.username)


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
