"""Pressed buttons: runs the action of each, and replaces the message with the result."""

from dataclasses import replace

from bot.chat import (
    administration,
    article_menu,
    category_topics,
    dispatch,
    documents,
    exporting,
    following,
    own_sources,
    privacy,
    reasons,
    saving,
    screens,
    settings_files,
    snoozing,
    sources,
    undoing,
)
from bot.chat.commands import COMMANDS, set_time_zone, subscribe_to, subscription_message
from bot.chat.conversation import Conversation, target_chat
from bot.locale import LANGUAGES, Voice
from bot.locale.zones import is_zone
from bot.messages import actions, delivery_times, menu, reading
from bot.messages import following as following_messages
from bot.messages import settings as settings_messages
from bot.messages import snooze as snooze_messages
from bot.messages.actions import (
    AddCategory,
    AddSource,
    AskForSource,
    AskToFollow,
    CategoryList,
    ChangeSource,
    ChosenList,
    DigestItem,
    DigestStory,
    EndFollow,
    Export,
    FollowMeant,
    FollowOf,
    Forget,
    KeepData,
    KeepSettings,
    More,
    MoreOf,
    NewestList,
    RemoveSaved,
    ReplaceSettings,
    RunTyped,
    SavedList,
    Screen,
    SearchList,
    SetBreaking,
    SetDigestWeekday,
    SetFollow,
    SetGrouped,
    SetKeyboard,
    SetLanguage,
    SetLeastSources,
    SetOnlyCategory,
    SetQuiet,
    SetReads,
    SetSaved,
    SetScope,
    SetSilent,
    SetSnooze,
    SetTimezone,
    SetTopics,
    SetWithSaved,
    ShowAlert,
    ShowArticle,
    ShowDigest,
    ShowFollow,
    ShowSource,
    ShowStory,
    ShowText,
    StoryItem,
    SwapTitles,
    ToggleCategory,
    Undo,
    UndoOf,
    UndoSource,
    Why,
    Withdraw,
    decode,
)
from bot.messages.alert import alert
from bot.messages.article import full_text, summary
from bot.messages.category_names import category_text
from bot.messages.message import Message
from bot.timetable import find_time_zone, next_digest
from storage.records import Article, Chat, ChatKind, Lane

SettingAction = (
    ToggleCategory
    | SetOnlyCategory
    | AddCategory
    | SetScope
    | SetLanguage
    | SetTimezone
    | SetSilent
    | reading.ReadingChoice
    | delivery_times.TimetableChoice
)

ArticleAction = ShowArticle | StoryItem | ShowText | ShowAlert | DigestItem


async def handle_press(conversation: Conversation, data: str) -> None:
    """Run the action of a button. Each case answers the callback query, or the button would keep spinning."""
    if conversation.query is None:
        return
    match decode(data):
        case None:
            await conversation.answer_query(
                conversation.voice.say("This button is too old. /help shows what I can do.")
            )
        case NewestList() | CategoryList() | ChosenList() | SearchList() as asked:
            await conversation.answer_query()
            await conversation.replace(await screens.headline_page(conversation, asked))
        case ShowStory() as asked:
            await conversation.answer_query()
            alone = _in_group(conversation)
            shown = await screens.story_screen(conversation, replace(asked, back=None) if alone else asked)
            await (conversation.answer(shown) if alone else conversation.replace(shown))
        case DigestStory() as asked:
            await conversation.answer_query()
            shown = await screens.digest_story_screen(conversation, asked)
            await (conversation.answer(shown) if _in_group(conversation) else conversation.replace(shown))
        case ShowArticle() | StoryItem() | ShowText() | ShowAlert() | DigestItem() as asked:
            await _show_article(conversation, asked)
        case ShowDigest(delivery=delivery):
            await conversation.answer_query()
            await conversation.replace(await screens.digest_screen(conversation, delivery))
        case Screen() as asked:
            await _show_screen(conversation, asked)
        case RunTyped() as offered:
            await dispatch.run_offered(conversation, offered)
        case SetKeyboard(on=on):
            await _set_keyboard(conversation, bool(on))
        case SavedList() as asked:
            await conversation.answer_query()
            await conversation.replace(await saving.saved_screen(conversation, asked))
        case SetSaved() as asked:
            await saving.set_saved(conversation, asked)
        case RemoveSaved(article=article, skip=skip):
            await saving.remove(conversation, article, skip)
        case Undo() as asked:
            await _undo(conversation, asked)
        case More() as asked:
            await article_menu.show(conversation, asked)
        case MoreOf() as asked:
            await article_menu.show_subject(conversation, asked)
        case FollowOf() as asked:
            await article_menu.change(conversation, asked)
        case Why() as asked:
            await reasons.show(conversation, asked)
        case UndoOf() as asked:
            await article_menu.undo(conversation, asked)
        case ShowFollow() as asked:
            await following.show(conversation, asked)
        case SetFollow() | EndFollow() | SwapTitles() | FollowMeant() as asked:
            await following.change(conversation, asked)
        case AskToFollow() as asked:
            await following.ask_what(conversation, asked)
        case AddSource() as asked:
            await sources.add_chosen(conversation, asked)
        case UndoSource() as asked:
            await own_sources.undo(conversation, asked)
        case ShowSource() as asked:
            await own_sources.show(conversation, asked)
        case ChangeSource() as asked:
            await own_sources.change(conversation, asked)
        case AskForSource() as asked:
            await own_sources.ask(conversation, asked)
        case SetLeastSources() as asked:
            await following.set_least_sources(conversation, asked)
        case SetTopics() as asked:
            await category_topics.set_topics(conversation, asked)
        case SetSnooze() as asked:
            await snoozing.set_snooze(conversation, asked)
        case Forget():
            await privacy.forget(conversation)
        case KeepData():
            await privacy.keep_data(conversation)
        case Export() as asked:
            await exporting.export_of(conversation, asked)
        case ReplaceSettings() as asked:
            await documents.replace_settings(conversation, asked)
        case KeepSettings():
            await settings_files.keep_settings(conversation)
        case Withdraw(article=article):
            await administration.withdraw(conversation, article)
        case setting:
            await _change_setting(conversation, setting)


async def _show_article(conversation: Conversation, asked: ArticleAction) -> None:
    article = await conversation.context.storage.articles.get(asked.article, chat_row=conversation.chat.id)
    if article is not None:
        await conversation.answer_query()
        if _in_group(conversation) and _is_of_list(asked):
            await conversation.answer(await screens.summary_screen(conversation, article))
            return
        saved = await conversation.context.storage.saved.is_saved(conversation.chat.id, article.id)
        await conversation.replace(_article_message(conversation, article, asked, saved=saved))
    else:
        await conversation.answer_query(conversation.voice.say("This article is no longer available."))


def _in_group(conversation: Conversation) -> bool:
    """Whether a list belongs to everybody in a group. What one member opens then comes as a message of its own."""
    return conversation.chat.kind is ChatKind.GROUP


def _is_of_list(asked: ArticleAction) -> bool:
    return isinstance(asked, StoryItem | DigestItem) or (isinstance(asked, ShowArticle) and asked.back is not None)


def _article_message(conversation: Conversation, article: Article, asked: ArticleAction, *, saved: bool) -> Message:
    match asked:
        case ShowArticle(back=back):
            return summary(article, conversation.voice, saved=saved, back=back, of_alert=back is None)
        case StoryItem(back=story):
            return summary(article, conversation.voice, saved=saved, back=story)
        case ShowText(part=part):
            return full_text(article, conversation.voice, part, saved=saved)
        case DigestItem(delivery=delivery):
            return summary(article, conversation.voice, saved=saved, back=ShowDigest(delivery))
        case ShowAlert() if article.retracted:
            return summary(article, conversation.voice, saved=saved)
        case ShowAlert():
            return alert(
                article,
                language=conversation.voice.language,
                timezone=conversation.voice.timezone,
                kind=conversation.chat.kind,
                bot_username=conversation.bot.username,
                breaking=article.lane is Lane.BREAKING,
                saved=saved,
            )


async def _show_screen(conversation: Conversation, asked: Screen) -> None:
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
            await conversation.replace(settings_messages.language_screen(voice, asked.target))
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
        case "reading":
            await conversation.replace(
                await screens.reading_screen(conversation, chat, asked.target, page=asked.page)
            )
        case "topics" if category_topics.may_have_topics(chat):
            await conversation.replace(await category_topics.topics_screen(conversation, chat, asked.target))
        case "keyboard":
            await conversation.replace(menu.keyboard_screen(voice))
        case "channels" if conversation.chat.kind is ChatKind.PRIVATE:
            await conversation.replace(
                settings_messages.channel_list(
                    await storage.chats.chats_added_by(conversation.chat.chat_id), voice, asked.page
                )
            )
        case _:
            await conversation.replace(await screens.settings_screen(conversation, asked.target))


async def _set_keyboard(conversation: Conversation, on: bool) -> None:
    """Show or hide the keyboard, which only a new message can do. A hidden one does not come back with /start."""
    await conversation.answer_query()
    voice, chats = conversation.voice, conversation.context.storage.chats
    await chats.set_keyboard_hidden(conversation.chat.id, not on, now=conversation.context.now())
    shown = menu.keyboard_shown(voice, saved="saved" in COMMANDS) if on else menu.keyboard_hidden(voice)
    if conversation.chat.kind is ChatKind.PRIVATE:
        await conversation.answer(shown)


async def _change_setting(conversation: Conversation, action: SettingAction) -> None:
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
            await conversation.replace(await screens.settings_screen(conversation, target))
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


async def _undo(conversation: Conversation, asked: Undo) -> None:
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
