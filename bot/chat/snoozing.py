"""Snoozes alerts for a while, and ends a snooze."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.conversation import Conversation, require_manager, target_chat
from bot.messages import snooze as snooze_messages
from bot.messages.actions import SetSnooze
from bot.messages.message import Message
from bot.text.snooze import LONGEST, Snooze, understood_snooze
from bot.timetable import find_time_zone, morning
from storage.records import Chat


async def snooze(conversation: Conversation, words: str) -> None:
    """/snooze [2h|tomorrow|off]."""
    if not await require_manager(conversation):
        return
    wanted = understood_snooze(words) if words.strip() else None
    if wanted is not None:
        await conversation.answer(await _set(conversation, conversation.chat, wanted))
        return
    chat, voice, now = conversation.chat, conversation.voice, conversation.context.now()
    await conversation.answer(snooze_messages.choices(chat, voice, now, unknown=bool(words.strip())))


async def set_snooze(conversation: Conversation, asked: SetSnooze) -> None:
    """Snooze as a button says. A chat that is set from another one shows the screen again, with what was set."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    shown = await _set(conversation, chat, snooze_messages.meaning(asked))
    if asked.target:
        changed = await conversation.context.storage.chats.get_by_id(chat.id) or chat
        now = conversation.context.now()
        shown = snooze_messages.snooze_screen(changed, conversation.voice, asked.target, now)
    await conversation.replace(shown)


async def _set(conversation: Conversation, chat: Chat, wanted: Snooze) -> Message:
    now = conversation.context.now()
    until = _end(chat, wanted, now)
    await conversation.context.storage.chats.snooze(chat.id, until, now=now)
    conversation.context.wake()  # what waited may be due now
    return snooze_messages.snoozed(replace(chat, snoozed_until=until), conversation.voice, now)


def _end(chat: Chat, wanted: Snooze, now: datetime) -> datetime:
    if wanted.mornings is not None:
        return morning(find_time_zone(chat.timezone), now, nights=wanted.mornings)
    return now + min(LONGEST, wanted.time or timedelta(0))
