"""`newsbot replace-bot`: gives a database to another bot. Also asks Telegram which bot the token belongs to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

import click

from bot.cli.context import opened_storage, run_command
from bot.cli.errors import Failed
from bot.cli.output import counted, say

if TYPE_CHECKING:
    from telegram import Bot, User, WebhookInfo

    from bot.config import Config
    from bot.locale import Voice
    from storage import Storage
    from storage.records import BotAccount

TOKEN: Final = "NEWSBOT_TOKEN"
TELEGRAM_SECONDS: Final = 5.0  # for an answer


class NotAsked(Failed):
    """Telegram could not be asked about the bot of the token. The text begins with the name of the setting."""

    def __init__(self, say: "Callable[[Voice], str]", error: str = "") -> None:
        """`say` tells what is wrong in a language, and `error` is what a library says of it."""
        from bot.locale import SOURCE_LANGUAGE, Voice

        self.say, self.error = say, error
        text = say(Voice(SOURCE_LANGUAGE))
        super().__init__(f"{TOKEN}: {text} ({error})" if error else f"{TOKEN}: {text}")


@click.command("replace-bot")
def replace_bot() -> None:
    """Give the database to another bot, that of NEWSBOT_TOKEN.

    Telegram lets a bot write only to chats that have started it. So all chats are paused. A chat continues with its
    settings when its people start the new bot, or when the new bot is added to the group or channel. The messages of
    the former bot stay as they are. Make a backup of the database first, and stop the bot.
    """
    run_command(_replace_bot())


async def _replace_bot() -> None:
    async with opened_storage() as (storage, config), _no_bot_runs(storage, config):
        account = await own_account(config)
        known = await storage.bot_accounts.remember(account)
        if known.bot_id == account.bot_id:
            say(f"The database is that of @{account.username} already.")
            return
        now = datetime.now(UTC)
        await storage.deliveries.recover(now=now)
        paused = await storage.bot_accounts.replace(account, now=now)
    say(f"The database was that of @{known.username}, and is that of @{account.username} now.")
    say(f"{counted(paused, 'chat')} paused. Each continues when it starts @{account.username} or adds it.")


@asynccontextmanager
async def _no_bot_runs(storage: "Storage", config: "Config") -> AsyncIterator[None]:
    """No process talks to chats inside this context. Raises AlreadyRunning."""
    from bot.instance_lock import single_instance_lock
    from storage import database_path, is_postgres

    if not is_postgres(config.database):
        with single_instance_lock(database_path(config.database)):
            yield
        return
    await storage.leadership.acquire(on_standing_by=lambda holder: _refuse(storage, holder))
    try:
        yield
    finally:
        await storage.leadership.release()


def _refuse(storage: "Storage", holder: str) -> NoReturn:
    from bot.errors import AlreadyRunning

    raise AlreadyRunning(
        f"{storage.database.name}: another newsbot runs on this database ({holder}): stop it first, or set"
        " NEWSBOT_DATABASE to another database"
    )


async def own_account(config: "Config") -> "BotAccount":
    """Ask Telegram which bot the token belongs to. Raises NotAsked."""
    me, _ = await ask_telegram(config)
    return account_of(me)


def account_of(me: "User") -> "BotAccount":
    from storage.records import BotAccount

    return BotAccount(bot_id=me.id, username=me.username or str(me.id))


async def ask_telegram(config: "Config") -> "tuple[User, WebhookInfo]":
    """Ask Telegram about the bot of the token, and about its webhook.

    Raises NotAsked.
    """
    async with telegram_bot(config) as bot:
        return await bot.get_me(), await bot.get_webhook_info()


@asynccontextmanager
async def telegram_bot(config: "Config") -> "AsyncIterator[Bot]":
    """Let the caller ask Telegram some questions. Raises NotAsked."""
    from telegram import Bot
    from telegram.error import InvalidToken, TelegramError

    from bot.telegram_http import AiohttpRequest

    if not config.token:
        raise NotAsked(
            lambda voice: voice.say("not set; expected the token that @BotFather gives, in the environment or `.env`")
        )
    request = AiohttpRequest(read_seconds=TELEGRAM_SECONDS, connect_seconds=TELEGRAM_SECONDS)
    bot = Bot(str(config.token), base_url=f"{config.api_url}/bot", request=request)
    try:
        async with asyncio.timeout(2 * TELEGRAM_SECONDS):
            await request.initialize()
            yield bot
    except InvalidToken as error:
        raise NotAsked(
            lambda voice: voice.say(
                "{url} refuses it; expected the one that @BotFather shows", url=voice.embed(config.api_url)
            )
        ) from error
    except (TelegramError, TimeoutError) as error:
        raise NotAsked(
            lambda voice: voice.say(
                "{url} could not be asked; check NEWSBOT_API_URL and the network", url=voice.embed(config.api_url)
            ),
            getattr(error, "message", "no answer"),
        ) from error
    finally:
        await request.shutdown()
