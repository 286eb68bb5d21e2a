"""The settings: shows their screens, and changes them by pressed buttons."""

from dataclasses import replace

from bot.chat import category_topics, following, own_sources, screens, undoing
from bot.chat.commands import COMMANDS, set_time_zone, subscribe_to, subscription_message
from bot.chat.conversation import Conversation, target_chat
from bot.chat.rights import may_manage
from bot.locale import LANGUAGES, Voice
from bot.locale.zones import is_zone
from bot.messages import actions, delivery_times, menu, reading
from bot.messages import following as following_messages
from bot.messages import settings as settings_messages
from bot.messages import snooze as snooze_messages
from bot.messages.actions import (
    AddCategory,
    Screen,
    SetBreaking,
    SetDigestWeekday,
    SetGrouped,
    SetLanguage,
    SetOnlyCategory,
    SetOpensAs,
    SetPreview,
    SetPrivateAnswers,
    SetQuiet,
    SetReads,
    SetScope,
    SetSilent,
    SetTimezone,
    SetWithSaved,
    ShowFollow,
    ToggleCategory,
    Undo,
)
from bot.messages.category_names import category_text
from bot.messages.look import look_screen
from bot.messages.message import Message
from bot.messages.private_answers import private_answers_screen
from bot.timetable import find_time_zone, next_digest
from storage.records import Chat, ChatKind, OpensAs, Preview

Setting = (
    ToggleCategory
    | SetOnlyCategory
    | AddCategory
    | SetScope
    | SetLanguage
    | SetTimezone
    | SetSilent
    | SetPreview
    | SetOpensAs
    | SetPrivateAnswers
    | reading.ReadingChoice
    | delivery_times.TimetableChoice
)


async def show_screen(conversation: Conversation, asked: Screen) -> None:
    """Replace the message with a screen. A screen that is not known is the main one."""
    storage, voice = conversation.context.storage, conversation.voice
    if asked.name == "browse":
        await conversation.answer_query()
        await conversation.replace(await screens.category_picker(conversation, asked.page))
        return
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    now = conversation.context.now()
    match asked.name:
        case "categories":
            await conversation.replace(
                await screens.category_choices(conversation, chat, target=asked.target, page=asked.page)
            )
        case "following":
            await conversation.replace(await following.following_screen(conversation, asked, chat))
        case "sources":
            await conversation.replace(await own_sources.sources_screen(conversation, asked, chat))
        case "least":
            await conversation.replace(following_messages.least_sources_screen(chat, voice, asked.target))
        case "language":
            await conversation.replace(settings_messages.language_screen(voice, asked.target, asked.page))
        case "timezone":
            await conversation.replace(settings_messages.time_zone_screen(voice, asked.target, now))
        case "times":
            await conversation.replace(delivery_times.delivery_times_screen(chat, voice, asked.target, now))
        case "options":
            await conversation.replace(delivery_times.options_screen(chat, voice, asked.target, now))
        case "hour":
            await conversation.replace(delivery_times.digest_hour_screen(chat, voice, asked.target, asked.page))
        case "weekday":
            await conversation.replace(delivery_times.digest_weekday_screen(chat, voice, asked.target))
        case "snooze":
            await conversation.replace(snooze_messages.snooze_screen(chat, voice, asked.target, now))
        case "most":
            await conversation.replace(delivery_times.daily_limit_screen(chat, voice, asked.target))
        case "quiet":
            await conversation.replace(delivery_times.quiet_hours_screen(chat, voice, asked.target, now))
        case "quiet_from":
            await conversation.replace(delivery_times.quiet_begin_screen(chat, voice, asked.target, asked.page))
        case "quiet_to":
            await conversation.replace(delivery_times.quiet_end_screen(chat, voice, asked.target, asked.page))
        case "look":
            await conversation.replace(_look_screen(conversation, chat, asked.target))
        case "reading":
            await conversation.replace(
                await screens.reading_screen(conversation, chat, asked.target, page=asked.page)
            )
        case "answers" if chat.kind is ChatKind.GROUP:
            await conversation.replace(await _private_answers_screen(conversation, chat, asked.target))
        case "topics" if category_topics.may_have_topics(chat):
            await conversation.replace(await category_topics.topics_screen(conversation, chat, asked.target))
        case "keyboard":
            await conversation.replace(menu.keyboard_screen(voice))
        case "channels" if conversation.chat.kind is ChatKind.PRIVATE:
            await conversation.replace(
                settings_messages.channel_list(
                    await storage.chats.chats_added_by(conversation.chat.chat_id),
                    voice,
                    asked.page,
                    bot_username=conversation.bot.username,
                )
            )
        case _:
            await conversation.replace(await screens.settings_screen(conversation, asked.target))


async def set_keyboard(conversation: Conversation, on: bool) -> None:
    """Show or hide the keyboard, which only a new message can do. A hidden one does not come back with /start."""
    await conversation.answer_query()
    voice, chats = conversation.voice, conversation.context.storage.chats
    await chats.set_keyboard_hidden(conversation.chat.id, not on, now=conversation.context.now())
    shown = menu.keyboard_shown(voice, saved="saved" in COMMANDS) if on else menu.keyboard_hidden(voice)
    if conversation.chat.kind is ChatKind.PRIVATE:
        await conversation.answer(shown)


async def change(conversation: Conversation, action: Setting) -> None:
    """Change a setting, and show the screen from which it was changed."""
    chat = await target_chat(conversation, 0 if isinstance(action, AddCategory) else action.target)
    if chat is None:
        return
    await conversation.answer_query()
    chats, now = conversation.context.storage.chats, conversation.context.now()
    match action:
        case ToggleCategory(category=category, target=target, page=page):
            async with undoing.undoable(conversation, chat) as step:
                await _toggle(conversation, chat, category)
            await conversation.replace(
                await screens.category_choices(
                    conversation,
                    chat,
                    target=target,
                    page=page,
                    undo=step.back_to(Screen("categories", target, page)),
                )
            )
        case SetScope(scope=scope, target=target):
            async with undoing.undoable(conversation, chat) as step:
                await _set_scope(conversation, chat, scope)
            await conversation.replace(
                await screens.category_choices(
                    conversation, chat, target=target, undo=step.back_to(Screen("categories", target))
                )
            )
        case SetOnlyCategory(category=category):
            await _narrow_to(conversation, chat, category)
        case AddCategory(category=category):
            wanted = await conversation.context.storage.categories.get(category, viewer=conversation.viewer())
            if wanted is not None:
                await subscribe_to(conversation, wanted)
        case SetLanguage(language=language, target=target):
            if language in LANGUAGES:
                await chats.set_language(chat.id, language, now=now)
            await conversation.replace(
                await screens.settings_screen(_with_language(conversation, language, target), target)
            )
        case SetTimezone(timezone=timezone, target=target):
            if is_zone(timezone):
                await set_time_zone(conversation, chat, timezone)
            await conversation.replace(await screens.settings_screen(conversation, target))
        case SetSilent(on=on, target=target):
            await chats.set_silent(chat.id, bool(on), now=now)
            changed = replace(chat, silent=bool(on))
            await conversation.replace(delivery_times.options_screen(changed, conversation.voice, target, now))
        case SetOpensAs(shape=shape, target=target):
            if shape in list(OpensAs):
                await chats.set_opens_as(chat.id, OpensAs(shape), now=now)
                chat = replace(chat, opens_as=OpensAs(shape))
            await conversation.replace(_look_screen(conversation, chat, target))
        case SetPreview(preview=preview, target=target):
            if preview in list(Preview):
                await chats.set_preview(chat.id, Preview(preview), now=now)
                chat = replace(chat, preview=Preview(preview))
            await conversation.replace(_look_screen(conversation, chat, target))
        case SetPrivateAnswers(on=on, target=target):
            await chats.set_private_answers(chat.chat_id, bool(on), now=now)
            changed = replace(chat, private_answers=bool(on))
            await conversation.replace(await _private_answers_screen(conversation, changed, target))
        case SetReads() | SetGrouped():
            chosen = reading.apply_choice(chat.reading, action)
            if chosen != chat.reading:
                await chats.set_reading(chat.id, chosen, now=now)
            await conversation.replace(
                await screens.reading_screen(
                    conversation,
                    replace(chat, reading=chosen),
                    action.target,
                    showing=action.language if isinstance(action, SetReads) else "",
                )
            )
        case choice:
            await _change_timetable(conversation, chat, choice)


def _look_screen(conversation: Conversation, chat: Chat, target: int) -> Message:
    return look_screen(chat, conversation.voice, target, pages=conversation.context.pictures.are_taken)


async def _private_answers_screen(conversation: Conversation, chat: Chat, target: int) -> Message:
    is_admin = await may_manage(conversation.bot, chat.chat_id, chat.kind, conversation.bot.id)
    return private_answers_screen(chat, conversation.voice, target, is_admin=is_admin)


async def _change_timetable(conversation: Conversation, chat: Chat, choice: delivery_times.TimetableChoice) -> None:
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


def _with_language(conversation: Conversation, language: str, target: int) -> Conversation:
    """Returns the conversation in the new language, if the chat changed its own."""
    return (
        conversation
        if target
        else replace(conversation, voice=Voice(language, find_time_zone(conversation.chat.timezone)))
    )


async def _set_scope(conversation: Conversation, chat: Chat, scope: int) -> None:
    chats, now = conversation.context.storage.chats, conversation.context.now()
    match scope:
        case actions.STOPPED:
            await chats.unsubscribe_from_everything(chat.id, now=now)
        case actions.RESUMED:
            await chats.resume_subscription(chat.id, now)
        case actions.EVERYTHING | actions.CHOSEN:
            await chats.set_everything(chat.id, scope == actions.EVERYTHING, now=now)


async def _narrow_to(conversation: Conversation, chat: Chat, category: int) -> None:
    wanted = await conversation.context.storage.categories.get(category)
    if wanted is None:  # it was merged into another since
        await conversation.replace(await screens.category_choices(conversation, chat))
        return
    async with undoing.undoable(conversation, chat) as step:
        await conversation.context.storage.chats.subscribe_only(chat.id, category, now=conversation.context.now())
    said = conversation.voice.say("✅ You'll now get only {name}.", name=category_text(wanted, conversation.voice))
    await conversation.replace(await subscription_message(conversation, said, step))


async def undo(conversation: Conversation, asked: Undo) -> None:
    """Undo a step, and show the screen from which it was made, or what the chat gets now."""
    chat = await undoing.undo(conversation, asked)
    if chat is None:
        return
    match asked.back:
        case ShowFollow() as card:
            await conversation.replace(await following.card_screen(conversation, chat, card))
        case Screen() as screen:
            await conversation.replace(
                await screens.category_choices(conversation, chat, target=asked.target, page=screen.page)
            )
        case None:
            await conversation.replace(await undoing.undone(conversation, chat))


async def _toggle(conversation: Conversation, chat: Chat, category: int) -> None:
    chats, now = conversation.context.storage.chats, conversation.context.now()
    on = (await chats.subscription(chat.id)).includes(category)
    if await conversation.context.storage.categories.get(category, viewer=conversation.viewer()) is not None:
        await (chats.unsubscribe(chat.id, category, now=now) if on else chats.subscribe(chat.id, category, now=now))
