"""The conversation: what people type and press, and what the bot answers."""

import re
from typing import Any, Final

from telegram import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import (
    Application,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    ExtBot,
    MessageHandler,
    filters,
)

from bot import logs
from bot.chat import commands, members, presses
from bot.chat.context import HandlerContext
from bot.chat.conversation import Conversation, open_conversation
from bot.chat.updates import SerialPerChat
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice
from bot.messages.message import Message
from storage.records import ChatKind

__all__ = ["ALLOWED_UPDATES", "HandlerContext", "SerialPerChat", "announce", "register"]

log = logs.get_logger(__name__)

ALLOWED_UPDATES: Final = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]
_COMMAND: Final = re.compile(r"^/(?P<name>[A-Za-z0-9_]+)(?:@(?P<bot>\w+))?(?:\s+(?P<words>.*))?$", re.DOTALL)
_MEANT_AS_COMMAND: Final = re.compile(r"/\w")  # "/ملخص": Telegram's commands are in Latin letters
_IN_GROUPS: Final = (
    "latest",
    "category",
    "summary",
    "search",
    "subscribe",
    "unsubscribe",
    "settings",
    "help",
    "stop",
)

Context = CallbackContext[Any, Any, Any, Any]


def register(application: "Application[Any, Any, Any, Any, Any, Any]", handler_context: HandlerContext) -> None:
    """Connect what people do with what is done about it."""

    async def said(update: Update, context: Context) -> None:
        conversation = await open_conversation(update, context.bot, handler_context)
        if conversation is not None and update.message is not None:
            await _said(conversation, update.message.text or "")

    async def shared(update: Update, context: Context) -> None:
        await open_conversation(
            update, context.bot, handler_context
        )  # whose chat comes back if it was away; there is nothing to answer

    async def pressed(update: Update, context: Context) -> None:
        conversation = await open_conversation(update, context.bot, handler_context)
        if conversation is not None and update.callback_query is not None:
            await presses.press(conversation, update.callback_query.data or "")

    async def membership(update: Update, context: Context) -> None:
        if update.my_chat_member is not None:
            await members.membership_changed(update.my_chat_member, context.bot, handler_context)

    async def moved(update: Update, context: Context) -> None:
        await members.group_moved(update, handler_context)

    async def failed(update: object, context: Context) -> None:
        await _failed(update, context, handler_context)

    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, moved))
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & filters.TEXT, said))
    # Not what Telegram itself tells: that somebody left may be that we did. A topic that is open again is back.
    by_people = ~filters.StatusUpdate.ALL | filters.StatusUpdate.FORUM_TOPIC_REOPENED
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & by_people, shared))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_handler(ChatMemberHandler(membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(failed)


async def announce(bot: ExtBot[Any]) -> None:
    """Command menus and descriptions, in each language; other languages get the source language's."""
    for language in LANGUAGES:
        voice = Voice(language)
        menu = [
            BotCommand(name, voice.say(one.described)) for name, one in commands.COMMANDS.items() if name != "start"
        ]
        described = voice.say("News as it is published: headlines, summaries, categories and alerts.")
        for code in [language, *([None] if language == SOURCE_LANGUAGE else [])]:
            await bot.set_my_commands(menu, scope=BotCommandScopeAllPrivateChats(), language_code=code)
            in_groups = [command for command in menu if command.command in _IN_GROUPS]
            await bot.set_my_commands(in_groups, scope=BotCommandScopeAllGroupChats(), language_code=code)
            await bot.set_my_description(described, language_code=code)
            await bot.set_my_short_description(described, language_code=code)


async def _said(conversation: Conversation, text: str) -> None:
    """A command, or words alone, which are searched for in a private chat."""
    command = _COMMAND.match(text)
    private = conversation.chat.kind is ChatKind.PRIVATE
    if command is None:
        if private and _MEANT_AS_COMMAND.match(text):
            await commands.unknown(conversation, "")
        elif private:
            await commands.search(conversation, text)
        return
    named = command["bot"]
    if named and named.lower() != conversation.bot.username.lower():
        return  # another bot's
    called = command["name"].lower()
    known = commands.COMMANDS.get(called) or commands.OPERATING.get(called)
    if known is not None:
        await known.run(conversation, command["words"] or "")
    elif private or named:
        await commands.unknown(conversation, "")


async def _failed(update: object, context: Context, handler_context: HandlerContext) -> None:
    """One polite line for the reader; the cause is for the log."""
    error = context.error
    if isinstance(error, NetworkError) and isinstance(update, Update):
        log.warning("answer_failed", update=update.update_id, reason=error.message)
        return
    log.error("handler_failed", update=getattr(update, "update_id", None), exc_info=error)
    if not isinstance(update, Update):
        return
    try:
        conversation = await open_conversation(update, context.bot, handler_context)
        if conversation is not None:
            await conversation.answer(
                Message(conversation.voice.say("Something went wrong here. Please try again in a moment."))
            )
    except TelegramError as second:
        log.warning("apology_failed", update=update.update_id, reason=second.message)
