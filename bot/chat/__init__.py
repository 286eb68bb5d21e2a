"""Conversations: receives what people type and press, and answers.

polling → inbox (with admission) → updates (raw to parsed) → answering → commands, presses, members → replies
"""

from typing import Any, Final

from telegram import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats
from telegram.ext import ExtBot

from bot.chat import commands
from bot.chat.admission import Admission
from bot.chat.answering import ALLOWED_UPDATES, make_answerer
from bot.chat.context import HandlerContext
from bot.chat.inbox import Inbox
from bot.chat.polling import Poller
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice

__all__ = [
    "ALLOWED_UPDATES",
    "Admission",
    "HandlerContext",
    "Inbox",
    "Poller",
    "make_answerer",
    "publish_command_menus",
]

_IN_GROUPS: Final = (
    "latest",
    "category",
    "summary",
    "search",
    "saved",
    "subscribe",
    "unsubscribe",
    "settings",
    "help",
    "stop",
)


async def publish_command_menus(bot: ExtBot[Any]) -> None:
    """Set the command menus and the descriptions of the bot in each language. English is the default."""
    for language in LANGUAGES:
        voice = Voice(language)
        menu = [
            BotCommand(name, voice.say(one.description)) for name, one in commands.COMMANDS.items() if name != "start"
        ]
        described = voice.say("News as it is published: headlines, summaries, categories and alerts.")
        for code in [language, *([None] if language == SOURCE_LANGUAGE else [])]:
            await bot.set_my_commands(menu, scope=BotCommandScopeAllPrivateChats(), language_code=code)
            in_groups = [command for command in menu if command.command in _IN_GROUPS]
            await bot.set_my_commands(in_groups, scope=BotCommandScopeAllGroupChats(), language_code=code)
            await bot.set_my_description(described, language_code=code)
            await bot.set_my_short_description(described, language_code=code)
