"""Commands: one function for each, and the tables COMMANDS and OPERATOR_COMMANDS."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from bot.chat import (
    administration,
    dashboard,
    desk,
    editing,
    exporting,
    following,
    moderation,
    own_sources,
    pages,
    privacy,
    reasons,
    saving,
    screens,
    searching,
    snoozing,
    sources,
    starting,
    undoing,
)
from bot.chat.conversation import Conversation, require_manager
from bot.chat.headline_pages import headline_page, latest_page
from bot.chat.names import category_named, is_all_news, matching_names
from bot.chat.references import DEFAULT_COUNT, LARGEST_COUNT, resolve_article
from bot.config import Config
from bot.locale import LANGUAGES, Voice
from bot.locale.zones import find_zones
from bot.messages import categories as category_messages
from bot.messages import lists as list_messages
from bot.messages import menu
from bot.messages import settings as settings_messages
from bot.messages.actions import CategoryList, Screen, SearchList
from bot.messages.buttons import keyboard
from bot.messages.category_names import category_text
from bot.messages.message import Message, isolated_command
from bot.text.arabic import normalize
from bot.text.fuzzy_names import fuzzy_matches
from bot.timetable import next_digest
from storage.records import Article, Category, Chat, ChatKind

LONGEST_ZONE: Final = 60  # characters of a typed time zone
_COUNT: Final = re.compile(r"^-?\d{1,99}$")  # of headlines; the nearest allowed number is used


@dataclass(frozen=True, slots=True)
class Command:
    """A command that people type."""

    run: Callable[[Conversation, str], Awaitable[None]]
    description: str  # in the menu and in /help; a text of the catalogue
    only_shows: bool = False  # a group may choose that only the person who asked sees the answer
    for_editors: bool = False  # of the commands for administrators: whether editors have it as well


async def start(conversation: Conversation, words: str) -> None:
    """/start: the greeting with the category picker, or the target of a deep link."""
    if await starting.open_link(conversation, words):
        return
    storage = conversation.context.storage
    await conversation.answer(
        category_messages.greeting(
            await storage.categories.list_with_counts(
                conversation.chat.reading, viewer=conversation.viewer(with_muted=True)
            ),
            await storage.chats.subscription(conversation.chat.id),
            conversation.voice,
            read=conversation.chat.reading,
            kind=conversation.chat.kind,
            bot_name=conversation.bot.first_name,
            channels=await has_channels(conversation),
        )
    )
    await answer_with_keyboard(conversation)


async def answer_with_keyboard(conversation: Conversation) -> None:
    """Show the keyboard in the language of the conversation, unless the reader has hidden it. Groups have none."""
    if conversation.chat.kind is ChatKind.PRIVATE and not conversation.chat.keyboard_hidden:
        await conversation.answer(menu.keyboard_shown(conversation.voice, saved="saved" in COMMANDS))


async def latest(conversation: Conversation, words: str) -> None:
    """/latest [n] [category], in either order."""
    parts = words.split()
    numbers = [part for part in parts if _COUNT.match(normalize(part))]
    size = min(LARGEST_COUNT, max(1, int(normalize(numbers[0])))) if numbers else DEFAULT_COUNT
    wanted = " ".join(part for part in parts if part not in numbers[:1])
    if not wanted:
        await conversation.answer(await latest_page(conversation, size))
        return
    await _open_category(conversation, wanted, size)


async def category(conversation: Conversation, words: str) -> None:
    """/category [name]: the headlines of the category, or the category picker."""
    if not words.strip():
        await conversation.answer(await screens.category_picker(conversation))
        return
    await _open_category(conversation, words, DEFAULT_COUNT)


async def categories(conversation: Conversation, words: str) -> None:
    """/categories: the categories that the chat can read, each with its number of articles."""
    read = conversation.chat.reading
    await conversation.answer(
        category_messages.category_list(
            await conversation.context.storage.categories.list_with_counts(read, viewer=conversation.viewer()),
            read,
            conversation.voice,
        )
    )


async def open_summary(conversation: Conversation, words: str) -> None:
    """/summary n, or as a reply to an alert."""
    if (article := await _asked_article(conversation, words)) is not None:
        await conversation.answer(await screens.article_screen(conversation, article, whole=False))


async def open_number(conversation: Conversation, number: str) -> None:
    """The number of an article in the last list, typed alone."""
    if (article := await _asked_article(conversation, number)) is not None:
        await pages.show_new(conversation, article)


async def _asked_article(conversation: Conversation, words: str) -> Article | None:
    """Returns the article that /summary names. If the words name none, sends an explanation and returns None."""
    asking = conversation.voice.say(
        "Which article? Send its number from the last list, for example <code>/summary 1</code>, or"
        " reply to an alert with /summary."
    )
    return await resolve_article(conversation, words, asking=asking)


async def search(conversation: Conversation, words: str) -> None:
    """/search words, or words alone in a private chat."""
    if not words.strip():
        voice = conversation.voice
        asking = voice.say(
            "What should I search for? For example: {example}",
            example=isolated_command(f"/search {voice.say('harbour council')}"),
        )
        await conversation.answer(Message(f"{asking}\n\n{list_messages.search_syntax(conversation.voice)}"))
        return
    await conversation.answer(
        await headline_page(conversation, SearchList(await searching.remember_query(conversation, words)))
    )


async def subscribe(conversation: Conversation, words: str) -> None:
    """/subscribe [category]."""
    if not await require_manager(conversation):
        return
    if not words.strip():
        await _start_alerts(conversation)
    elif is_all_news(words):
        async with undoing.undoable(conversation, conversation.chat) as step:
            await conversation.context.storage.chats.subscribe_to_everything(
                conversation.chat.id, now=conversation.context.now()
            )
        await conversation.answer(
            await subscription_message(conversation, conversation.voice.say("✅ Alerts are on."), step)
        )
    elif (found := await _resolve_category(conversation, words, to_subscribe=True)) is not None:
        await subscribe_to(conversation, found)


async def _start_alerts(conversation: Conversation) -> None:
    """Bring back what the chat had chosen, and show the picker. If it had chosen nothing, begin with all news."""
    chats, chat, now = conversation.context.storage.chats, conversation.chat, conversation.context.now()
    before = await chats.subscription(chat.id)
    async with undoing.undoable(conversation, chat) as step:
        if before.nothing_chosen:
            await chats.subscribe_to_everything(chat.id, now=now)
        else:
            await chats.resume_subscription(chat.id, now)
    said = conversation.voice.say("✅ Alerts are on.")
    await conversation.answer(
        await screens.category_choices(conversation, chat, said=said, undo=step.back_to(Screen("categories")))
    )


async def subscribe_to(conversation: Conversation, wanted: Category) -> None:
    """Subscribe the chat to a category. A chat that gets all news is offered this category alone instead."""
    chats, now = conversation.context.storage.chats, conversation.context.now()
    before = await chats.subscription(conversation.chat.id)
    if before.everything and before.includes(wanted.id):
        await conversation.show(category_messages.offer_only_category(wanted, conversation.voice))
        return
    async with undoing.undoable(conversation, conversation.chat) as step:
        await chats.subscribe(conversation.chat.id, wanted.id, now=now)
    said = conversation.voice.say("✅ {name} alerts are on.", name=category_text(wanted, conversation.voice))
    await conversation.show(await subscription_message(conversation, said, step))


async def unsubscribe(conversation: Conversation, words: str) -> None:
    """/unsubscribe [category]."""
    if not await require_manager(conversation):
        return
    chats, chat, now = conversation.context.storage.chats, conversation.chat, conversation.context.now()
    if not words.strip():
        async with undoing.undoable(conversation, chat) as step:
            await chats.unsubscribe_from_everything(chat.id, now=now)
        said = conversation.voice.say("🔕 Alerts are off.")
    elif (found := await _resolve_category(conversation, words)) is not None:
        async with undoing.undoable(conversation, chat) as step:
            await chats.unsubscribe(chat.id, found.id, now=now)
        said = conversation.voice.say("🔕 {name} alerts are off.", name=category_text(found, conversation.voice))
    else:
        return
    await conversation.answer(await subscription_message(conversation, said, step))


async def settings(conversation: Conversation, words: str) -> None:
    """/settings [city, country or offset]: the settings, after the time zone was set if one is named."""
    if not await require_manager(conversation):
        return
    if typed := words.strip()[:LONGEST_ZONE]:
        found = find_zones(typed, LANGUAGES, conversation.context.now())
        if not found.sure or len(found.names) != 1:
            await conversation.answer(
                settings_messages.time_zone_choice(typed, found, conversation.voice, conversation.context.now())
            )
            return
        await set_time_zone(conversation, conversation.chat, found.names[0])
    await conversation.answer(await screens.settings_screen(conversation))


async def set_time_zone(conversation: Conversation, chat: Chat, timezone: str) -> None:
    """Change the time zone of a chat, and move its next digest accordingly."""
    now = conversation.context.now()
    digest_at = next_digest(chat.timetable, ZoneInfo(timezone), now)
    await conversation.context.storage.chats.set_timezone(chat.id, timezone, digest_at=digest_at, now=now)
    conversation.context.wake()


async def stop(conversation: Conversation, words: str) -> None:
    """/stop: end all alerts, including those that wait to be sent. The other settings stay."""
    if not await require_manager(conversation):
        return
    async with undoing.undoable(conversation, conversation.chat) as step:
        await conversation.context.storage.chats.unsubscribe_from_everything(
            conversation.chat.id, now=conversation.context.now()
        )
    text = conversation.voice.say("🔕 All alerts are off. Your settings are kept: /subscribe brings the alerts back.")
    await conversation.answer(Message(text, keyboard(step.back_to())))


async def help_(conversation: Conversation, words: str) -> None:
    """/help: the commands with a line for each; a group gets those that work in groups."""
    if conversation.chat.kind is not ChatKind.PRIVATE:
        await conversation.answer(_help_in_group(conversation))
        return
    described = [(command, conversation.voice.say(one.description)) for command, one in COMMANDS.items()]
    user_id = conversation.user.id if conversation.user else None
    shown = staff_commands(conversation.context.config, user_id)
    operating = [(command, conversation.voice.say(one.description)) for command, one in shown.items()]
    await conversation.answer(
        settings_messages.help_text(
            conversation.voice,
            described,
            operating,
            bot_name=conversation.bot.first_name,
            bot_username=conversation.bot.username,
            inline=conversation.answers_inline_queries,
        )
    )


def _help_in_group(conversation: Conversation) -> Message:
    """Returns the help for a group: without what works in private chats only, or for administrators of the bot."""
    described = [
        (command, conversation.voice.say(one.description))
        for command, one in COMMANDS.items()
        if command in IN_GROUPS
    ]
    return settings_messages.group_help(conversation.voice, described, bot_name=conversation.bot.first_name)


COMMANDS: Final = {
    "latest": Command(latest, "the newest headlines", only_shows=True),
    "category": Command(category, "headlines of one category", only_shows=True),
    "categories": Command(categories, "all categories", only_shows=True),
    "summary": Command(open_summary, "sum up an article from the last list", only_shows=True),
    "search": Command(search, "search the news", only_shows=True),
    "saved": Command(saving.saved, "the articles that you saved with ⭐", only_shows=True),
    "follow": Command(sources.follow, "follow words, a category, a source or an author"),
    "mute": Command(following.mute, "mute something, for good or for some days"),
    "unfollow": Command(following.unfollow, "end a follow or a mute"),
    "following": Command(following.following, "what you follow and mute", only_shows=True),
    "add": Command(sources.add, "add a source by its address"),
    "sources": Command(own_sources.sources, "your sources, and how they are doing", only_shows=True),
    "why": Command(reasons.why, "why an article came, or did not", only_shows=True),
    "subscribe": Command(subscribe, "turn on alerts (all, or one category)"),
    "unsubscribe": Command(unsubscribe, "turn off alerts (all, or one category)"),
    "settings": Command(settings, "language, categories, digest, quiet hours, time zone, sound", only_shows=True),
    "snooze": Command(snoozing.snooze, "no alerts for a while"),
    "export": Command(exporting.export, "your sources and settings as files, for another Newsbot or a feed reader"),
    "mydata": Command(privacy.my_data, "a file with everything that I keep about this chat"),
    "forgetme": Command(privacy.forget_me, "delete everything that I keep about this chat"),
    "help": Command(help_, "help", only_shows=True),
    "stop": Command(stop, "turn off all alerts"),
    "start": Command(start, "start"),
}

# Those in the menu and in the /help of a group, in the order of COMMANDS.
IN_GROUPS: Final = frozenset(
    (
        "latest category summary search saved follow mute unfollow following add sources why subscribe unsubscribe"
        " settings snooze help stop"
    ).split()
)

# For administrators of the bot, and some for editors. These are in the menu and in the /help of these people only.
OPERATOR_COMMANDS: Final = {
    "desk": Command(desk.desk, "articles that wait for approval", for_editors=True),
    "breaking": Command(editing.breaking, "send an article as breaking news", for_editors=True),
    "retract": Command(editing.retract, "withdraw an article", for_editors=True),
    "split": Command(administration.split, "separate an article from its story", for_editors=True),
    "merge": Command(administration.merge, "group two articles as one story", for_editors=True),
    "stats": Command(administration.stats, "delivery statistics", for_editors=True),
    "dashboard": Command(dashboard.dashboard, "the dashboard in your browser", for_editors=True),
    "ban": Command(moderation.ban, "stop answering a person or a chat"),
    "unban": Command(moderation.unban, "answer a person or a chat again"),
    "limits": Command(moderation.limits, "limits, who asks too much, and who is banned"),
}


def staff_commands(config: Config, user_id: int | None) -> dict[str, Command]:
    """Returns the commands of OPERATOR_COMMANDS that a person may use."""
    if user_id in config.admins:
        return OPERATOR_COMMANDS
    if user_id in config.editors:
        return {name: one for name, one in OPERATOR_COMMANDS.items() if one.for_editors}
    return {}


async def subscription_message(conversation: Conversation, said: str, step: undoing.Step) -> Message:
    """Returns a confirmation, what the chat is subscribed to, and the button that undoes the step."""
    subscription = await conversation.context.storage.chats.subscription(conversation.chat.id)
    text = f"{said}\n\n{category_messages.subscription_text(subscription, conversation.voice)}"
    return Message(text, keyboard(step.back_to()))


async def has_channels(conversation: Conversation) -> bool:
    private = conversation.chat.kind is ChatKind.PRIVATE
    return private and bool(await conversation.context.storage.chats.chats_added_by(conversation.chat.chat_id))


async def _open_category(conversation: Conversation, typed: str, size: int) -> None:
    """Show the headlines of a category. If no name fits and a single one is spelt like it, show that and say so."""
    found = await _find_category(conversation, typed)
    category, note = found.category, ""
    if category is None and not found.beginning and len(found.near) == 1:
        category = found.near[0]
        note = category_messages.nearest_category_note(typed, conversation.voice)
    if category is None:
        await conversation.answer(_which_category(typed, found, conversation.voice))
        return
    shown = await headline_page(conversation, CategoryList(category.id, size=size))
    await conversation.answer(replace(shown, html=f"{note}\n\n{shown.html}") if note else shown)


async def _resolve_category(conversation: Conversation, typed: str, *, to_subscribe: bool = False) -> Category | None:
    """Returns the category of that name. If none or several fit, asks the reader and returns None."""
    found = await _find_category(conversation, typed)
    if found.category is None:
        await conversation.answer(_which_category(typed, found, conversation.voice, to_subscribe=to_subscribe))
    return found.category


@dataclass(frozen=True, slots=True)
class _Found:
    """The categories that a typed name may mean."""

    category: Category | None = None  # the one that it means
    beginning: Sequence[Category] = ()  # several whose names begin with it
    near: Sequence[Category] = ()  # those whose names are spelt like it


async def _find_category(conversation: Conversation, typed: str) -> _Found:
    storage, viewer = conversation.context.storage, conversation.viewer()
    found = await category_named(storage, typed, viewer)
    if found is not None:
        return _Found(found)
    names = dict(await storage.categories.names(viewer=viewer))
    beginning = {names[called].id: names[called] for called in matching_names(typed, names)}
    if len(beginning) == 1:
        return _Found(next(iter(beginning.values())))
    near = {names[called].id: names[called] for called in fuzzy_matches(typed, names)}
    return _Found(beginning=tuple(beginning.values()), near=tuple(near.values()))


def _which_category(typed: str, found: _Found, voice: Voice, *, to_subscribe: bool = False) -> Message:
    """Returns the question which category is meant."""
    if found.beginning and not to_subscribe:
        return category_messages.ambiguous_category(typed, found.beginning, voice)
    return category_messages.category_suggestions(
        typed, found.beginning or found.near, voice, to_subscribe=to_subscribe
    )
