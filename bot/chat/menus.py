"""The command menus and the descriptions that Telegram shows of the bot."""

from typing import Any

from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest, Forbidden
from telegram.ext import ExtBot

from bot import logs
from bot.chat.commands import COMMANDS, IN_GROUPS, Command, staff_commands
from bot.config import Config
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice

log = logs.get_logger(__name__)


async def publish_command_menus(bot: ExtBot[Any], config: Config) -> None:
    """Set the menus and the descriptions in each language, and the menu of each administrator and editor of the bot.

    English is the default.
    """
    for language in LANGUAGES:
        voice = Voice(language)
        menu = _menu(COMMANDS, voice)
        in_groups = [command for command in menu if command.command in IN_GROUPS]
        described = voice.say("News as it is published: headlines, summaries, categories and alerts.")
        for code in _codes(language):
            await bot.set_my_commands(menu, scope=BotCommandScopeAllPrivateChats(), language_code=code)
            await bot.set_my_commands(in_groups, scope=BotCommandScopeAllGroupChats(), language_code=code)
            await bot.set_my_description(described, language_code=code)
            await bot.set_my_short_description(described, language_code=code)
    for person in config.staff:
        await publish_staff_menu(bot, config, person)


async def publish_staff_menu(bot: ExtBot[Any], config: Config, person: int) -> None:
    """Set the menu in the private chat of an administrator or editor of the bot: all commands of that person.

    Telegram refuses it before that person has started the bot. It is set again with /start.
    """
    try:
        for language in LANGUAGES:
            menu = _menu(COMMANDS | staff_commands(config, person), Voice(language))
            for code in _codes(language):
                await bot.set_my_commands(menu, scope=BotCommandScopeChat(person), language_code=code)
    except (BadRequest, Forbidden) as error:
        log.info("admin_menu_refused", person=person, reason=error.message)


def _menu(listed: dict[str, Command], voice: Voice) -> list[BotCommand]:
    return [BotCommand(name, voice.say(one.description)) for name, one in listed.items() if name != "start"]


def _codes(language: str) -> list[str | None]:
    """Returns the codes under which Telegram keeps texts of a language. None stands for all other languages."""
    return [language, None] if language == SOURCE_LANGUAGE else [language]
