"""The settings: shows their screens, and changes them by pressed buttons."""

from dataclasses import replace

from bot.chat import category_topics, following, own_sources, screens
from bot.chat.commands import COMMANDS, answer_with_keyboard, set_time_zone
from bot.chat.conversation import Conversation, target_chat
from bot.chat.rights import may_manage
from bot.locale import LANGUAGES, Voice
from bot.locale.zones import is_zone
from bot.messages import delivery_times, menu, reading
from bot.messages import following as following_messages
from bot.messages import settings as settings_messages
from bot.messages import snooze as snooze_messages
from bot.messages.actions import (
    Screen,
    SetBreaking,
    SetDigestWeekday,
    SetKeyboard,
    SetLanguage,
    SetOpensAs,
    SetPreview,
    SetPrivateAnswers,
    SetQuiet,
    SetReads,
    SetSilent,
    SetTimezone,
    SetWithSaved,
)
from bot.messages.look import look_screen
from bot.messages.message import Message
from bot.messages.private_answers import private_answers_screen
from bot.timetable import find_time_zone, next_digest
from storage.records import Chat, ChatKind, OpensAs, Preview


async def show_screen(conversation: Conversation, asked: Screen) -> None:
    """Replace the message with a screen. A screen that is not known is the main one."""
    if asked.name == "browse":
        await conversation.answer_query()
        await conversation.replace(await screens.category_picker(conversation, asked.page))
        return
    chat = await settings_of(conversation, asked.target)
    if chat is not None:
        shown = _delivery_screen(conversation, asked, chat) or await _other_screen(conversation, asked, chat)
        await conversation.replace(shown)


def _delivery_screen(conversation: Conversation, asked: Screen, chat: Chat) -> Message | None:
    """Returns a screen of what comes when, or None if another one was asked for."""
    voice, now, target, page = conversation.voice, conversation.context.now(), asked.target, asked.page
    match asked.name:
        case "times":
            return delivery_times.delivery_times_screen(chat, voice, target, now)
        case "options":
            return delivery_times.options_screen(chat, voice, target, now)
        case "hour":
            return delivery_times.digest_hour_screen(chat, voice, target, page)
        case "weekday":
            return delivery_times.digest_weekday_screen(chat, voice, target)
        case "snooze":
            return snooze_messages.snooze_screen(chat, voice, target, now)
        case "most":
            return delivery_times.daily_limit_screen(chat, voice, target)
        case "quiet":
            return delivery_times.quiet_hours_screen(chat, voice, target, now)
        case "quiet_from":
            return delivery_times.quiet_begin_screen(chat, voice, target, page)
        case "quiet_to":
            return delivery_times.quiet_end_screen(chat, voice, target, page)
        case _:
            return None


async def _other_screen(conversation: Conversation, asked: Screen, chat: Chat) -> Message:
    voice, target, page = conversation.voice, asked.target, asked.page
    match asked.name:
        case "categories":
            return await screens.category_choices(conversation, chat, target=target, page=page)
        case "following":
            return await following.following_screen(conversation, asked, chat)
        case "sources":
            return await own_sources.sources_screen(conversation, asked, chat)
        case "least":
            return following_messages.least_sources_screen(chat, voice, target)
        case "language":
            return settings_messages.language_screen(voice, target, page)
        case "timezone":
            return settings_messages.time_zone_screen(voice, target, conversation.context.now())
        case "look":
            return _look_screen(conversation, chat, target)
        case "reading":
            return await screens.reading_screen(conversation, chat, target, page=page)
        case "answers" if chat.kind is ChatKind.GROUP:
            return await _private_answers_screen(conversation, chat, target)
        case "topics" if category_topics.may_have_topics(chat):
            return await category_topics.topics_screen(conversation, chat, target)
        case "keyboard":
            return menu.keyboard_screen(voice)
        case "channels" if conversation.chat.kind is ChatKind.PRIVATE:
            added = await conversation.context.storage.chats.chats_added_by(conversation.chat.chat_id)
            return settings_messages.channel_list(added, voice, page, bot_username=conversation.bot.username)
        case _:
            return await screens.settings_screen(conversation, target)


async def settings_of(conversation: Conversation, target: int) -> Chat | None:
    """Returns the chat whose settings a button shows or changes, and answers the callback query.

    Returns None if the person may not change it, and was told so.
    """
    chat = await target_chat(conversation, target)
    if chat is not None:
        await conversation.answer_query()
    return chat


# Changes: each shows the screen from which the setting was changed


async def set_language(conversation: Conversation, asked: SetLanguage) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    if asked.language in LANGUAGES:
        now = conversation.context.now()
        await conversation.context.storage.chats.set_language(chat.id, asked.language, now=now)
    answering = _with_language(conversation, asked.language, asked.target)
    await conversation.replace(await screens.settings_screen(answering, asked.target))
    if not asked.target and asked.language != conversation.voice.language:
        await answer_with_keyboard(answering)


async def change_time_zone(conversation: Conversation, asked: SetTimezone) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    if is_zone(asked.timezone):
        await set_time_zone(conversation, chat, asked.timezone)
    await conversation.replace(await screens.settings_screen(conversation, asked.target))


async def set_silent(conversation: Conversation, asked: SetSilent) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    silent, now = bool(asked.on), conversation.context.now()
    await conversation.context.storage.chats.set_silent(chat.id, silent, now=now)
    changed = replace(chat, silent=silent)
    await conversation.replace(delivery_times.options_screen(changed, conversation.voice, asked.target, now))


async def set_look(conversation: Conversation, asked: SetOpensAs | SetPreview) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    chats, now = conversation.context.storage.chats, conversation.context.now()
    match asked:
        case SetOpensAs(shape=shape) if shape in list(OpensAs):
            chat = replace(chat, opens_as=OpensAs(shape))
            await chats.set_opens_as(chat.id, chat.opens_as, now=now)
        case SetPreview(preview=preview) if preview in list(Preview):
            chat = replace(chat, preview=Preview(preview))
            await chats.set_preview(chat.id, chat.preview, now=now)
    await conversation.replace(_look_screen(conversation, chat, asked.target))


async def set_private_answers(conversation: Conversation, asked: SetPrivateAnswers) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    chats, now = conversation.context.storage.chats, conversation.context.now()
    await chats.set_private_answers(chat.chat_id, bool(asked.on), now=now)
    changed = replace(chat, private_answers=bool(asked.on))
    await conversation.replace(await _private_answers_screen(conversation, changed, asked.target))


async def set_reading(conversation: Conversation, asked: reading.ReadingChoice) -> None:
    chat = await settings_of(conversation, asked.target)
    if chat is None:
        return
    chosen = reading.apply_choice(chat.reading, asked)
    if chosen != chat.reading:
        now = conversation.context.now()
        await conversation.context.storage.chats.set_reading(chat.id, chosen, now=now)
    changed = replace(chat, reading=chosen)
    showing = asked.language if isinstance(asked, SetReads) else ""
    await conversation.replace(await screens.reading_screen(conversation, changed, asked.target, showing=showing))


async def set_keyboard(conversation: Conversation, asked: SetKeyboard) -> None:
    """Show or hide the keyboard, which only a new message can do. A hidden one does not come back with /start."""
    await conversation.answer_query()
    voice, chats = conversation.voice, conversation.context.storage.chats
    await chats.set_keyboard_hidden(conversation.chat.id, not asked.on, now=conversation.context.now())
    shown = menu.keyboard_shown(voice, saved="saved" in COMMANDS) if asked.on else menu.keyboard_hidden(voice)
    if conversation.chat.kind is ChatKind.PRIVATE:
        await conversation.answer(shown)


async def change_timetable(conversation: Conversation, choice: delivery_times.TimetableChoice) -> None:
    chat = await settings_of(conversation, choice.target)
    if chat is None:
        return
    now, voice, target = conversation.context.now(), conversation.voice, choice.target
    timetable = delivery_times.apply_choice(chat.timetable, choice)
    if timetable != chat.timetable:
        digest_at = next_digest(timetable, find_time_zone(chat.timezone), now)
        await conversation.context.storage.chats.set_timetable(chat.id, timetable, digest_at=digest_at, now=now)
        conversation.context.wake()  # deliveries that waited may be due now
    changed = replace(chat, timetable=timetable)
    match choice:
        case SetQuiet():
            shown = delivery_times.quiet_hours_screen(changed, voice, target, now)
        case SetDigestWeekday():  # the hour is asked next
            page = delivery_times.hour_page("hour", target, timetable.hour).page
            shown = delivery_times.digest_hour_screen(changed, voice, target, page)
        case SetBreaking() | SetWithSaved():
            shown = delivery_times.options_screen(changed, voice, target, now)
        case _:
            shown = delivery_times.delivery_times_screen(changed, voice, target, now)
    await conversation.replace(shown)


def _look_screen(conversation: Conversation, chat: Chat, target: int) -> Message:
    return look_screen(chat, conversation.voice, target, pages=conversation.context.pictures.are_taken)


async def _private_answers_screen(conversation: Conversation, chat: Chat, target: int) -> Message:
    is_admin = await may_manage(conversation.bot, chat.chat_id, chat.kind, conversation.bot.id)
    return private_answers_screen(chat, conversation.voice, target, is_admin=is_admin)


def _with_language(conversation: Conversation, language: str, target: int) -> Conversation:
    """Returns the conversation in the new language, if the chat changed its own."""
    return (
        conversation
        if target
        else replace(conversation, voice=Voice(language, find_time_zone(conversation.chat.timezone)))
    )
