"""Files with the settings of a chat: what /export hands out replaces the settings of the chat that sends it back."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

from telegram import Document

from bot.chat import undoing
from bot.chat.conversation import Conversation, target_chat
from bot.chat.searching import LONGEST_QUERY
from bot.chat_lines import BadLine, from_file
from bot.config import Config
from bot.locale import Voice
from bot.messages import settings_file
from bot.messages.actions import KeepSettings
from bot.messages.buttons import keyboard
from bot.messages.message import Message
from bot.text.arabic import normalized_words
from bot.text.search import MOST_WORDS
from bot.timetable import find_time_zone
from storage.records import Chat, ChatSettings, ChosenSubject, SubjectKind

LARGEST: Final = 256 * 1024  # bytes of a file: 100 follows and 500 saved articles need a third of it
MOST_CATEGORIES: Final = 200  # that a file may choose, and as many that it may leave out
LONGEST_ADDRESS: Final = 2_000  # characters


async def offer(conversation: Conversation, chat: Chat, content: bytes) -> None:
    """Show what a file would change, and ask whether it should."""
    voice = conversation.voice
    before = await conversation.context.storage.settings.of_chat(chat.id)
    if before is None:
        await conversation.answer(Message(voice.say("That chat no longer exists.")))
        return
    read = await _read(conversation, content)
    if isinstance(read, str):
        await conversation.answer(Message(read))
        return
    after, left_out = read
    target = 0 if chat.id == conversation.chat.id else chat.id
    shown = settings_file.offer(
        before, after, chat, voice, conversation.context.now(), left_out=left_out, target=target
    )
    # The question quotes the file, so that the button finds it again.
    await conversation.answer(shown, quoting=True)


async def replace_settings(conversation: Conversation, chat: Chat, content: bytes) -> None:
    """Replace the settings of a chat by those of the file, after the question of `offer`."""
    read = await _read(conversation, content)
    if isinstance(read, str):
        await conversation.replace(Message(read))
        return
    settings, _ = read
    context = conversation.context
    replaced = await context.storage.settings.replace(chat.id, settings, now=context.now())
    if replaced is None:
        await conversation.replace(Message(conversation.voice.say("That chat no longer exists.")))
        return
    context.wake()
    own = chat.id == conversation.chat.id
    voice = Voice(settings.language, find_time_zone(settings.timezone)) if own else conversation.voice
    step = undoing.Step(voice, 0 if own else chat.id, replaced.step)
    await conversation.replace(Message(settings_file.replaced(replaced.unknown, voice), keyboard(step.back_to())))


async def keep_settings(conversation: Conversation, asked: KeepSettings) -> None:
    """Change nothing after all."""
    if await target_chat(conversation, 0) is not None:
        await conversation.answer_query()
        await conversation.replace(settings_file.kept(conversation.voice))


def document_of_question(conversation: Conversation) -> Document | None:
    """Returns the file that the question with the pressed button quotes, or None if it is gone."""
    question = conversation.query.message if conversation.query is not None else None
    quoted = getattr(question, "reply_to_message", None)
    return getattr(quoted, "document", None)


async def _read(conversation: Conversation, content: bytes) -> tuple[ChatSettings, int] | str:
    """Returns the settings of a file and how much of it is left out, or why it was not taken (HTML)."""
    context = conversation.context
    try:
        # In a thread, since the words of each follow are understood.
        return await asyncio.to_thread(_settings_of, content, context.config, context.now())
    except BadLine as error:
        return settings_file.problem(error.problem, error.key, conversation.voice)


def _settings_of(content: bytes, config: Config, now: datetime) -> tuple[ChatSettings, int]:
    return fitting(from_file(content, config, now), config.reader_follows)


def fitting(settings: ChatSettings, most: int) -> tuple[ChatSettings, int]:
    """Returns the settings with no more than a chat may have, and the number of follows and mutes that are left out.

    `most` is the number of follows and mutes that a chat may have.
    """
    categories, muted = settings.categories[:MOST_CATEGORIES], settings.muted[:MOST_CATEGORIES]
    room = max(0, most - len(categories) - len(muted))
    follows = tuple(filter(_is_short, settings.follows))[:room]
    given = len(settings.categories) + len(settings.muted) + len(settings.follows)
    left_out = given - len(categories) - len(muted) - len(follows)
    return replace(settings, categories=categories, muted=muted, follows=follows), left_out


def _is_short(chosen: ChosenSubject) -> bool:
    """Returns whether this could have been typed after /follow."""
    if chosen.kind in (SubjectKind.SOURCE, SubjectKind.STORY):
        return len(chosen.value) <= LONGEST_ADDRESS
    return len(chosen.value) <= LONGEST_QUERY and len(normalized_words(chosen.value)) <= MOST_WORDS
