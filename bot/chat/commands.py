"""What people type: one function a command, and the table that names them all."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.chat import administration, screens, searching
from bot.chat.conversation import Talk
from bot.chat.references import LATEST, MOST_LATEST, article_meant
from bot.messages import categories as category_messages
from bot.messages import lists as list_messages
from bot.messages import settings as settings_messages
from bot.messages.actions import ShowList
from bot.messages.article import summary
from bot.messages.message import Message, name
from bot.text.arabic import fold
from bot.text.fuzzy_names import nearest
from bot.text.html import isolate
from bot.timetable import next_digest
from storage.records import Category, Chat, ChatKind

_HOW_MANY: Final = re.compile(r"^-?\d{1,99}$")  # headlines; what can't be is the nearest that can


@dataclass(frozen=True, slots=True)
class Command:
    run: Callable[[Talk, str], Awaitable[None]]
    described: str  # in the menu and in /help; a text of the catalogue


async def start(talk: Talk, words: str) -> None:
    """The greeting with the category picker, or what a deep link asks for."""
    link = re.match(r"^(art|cat)_(\d{1,15})$", words.strip())
    if link and link[1] == "art" and await _open_article(talk, int(link[2])):
        return
    if link and link[1] == "cat":
        category = await talk.desk.storage.categories.get(int(link[2]))
        if category is not None:
            await talk.answer(await screens.page(talk, ShowList(category=category.id)))
            return
    storage = talk.desk.storage
    await talk.answer(
        category_messages.greeting(
            await storage.categories.counted(),
            await storage.chats.subscription(talk.chat.id),
            talk.voice,
            named=talk.bot.first_name,
            channels=await has_channels(talk),
        )
    )


async def latest(talk: Talk, words: str) -> None:
    """/latest [n] [category], in either order."""
    parts = words.split()
    numbers = [part for part in parts if _HOW_MANY.match(fold(part))]
    size = min(MOST_LATEST, max(1, int(fold(numbers[0])))) if numbers else LATEST
    wanted = " ".join(part for part in parts if part not in numbers[:1])
    if not wanted:
        await talk.answer(await screens.page(talk, ShowList(size=size)))
        return
    category = await _category(talk, wanted)
    if category is not None:
        await talk.answer(await screens.page(talk, ShowList(category=category.id, size=size)))


async def category(talk: Talk, words: str) -> None:
    """/category [name]: its headlines, or the picker."""
    if not words.strip():
        await talk.answer(await screens.browse(talk))
        return
    found = await _category(talk, words)
    if found is not None:
        await talk.answer(await screens.page(talk, ShowList(category=found.id)))


async def categories(talk: Talk, words: str) -> None:
    read = talk.chat.reading
    await talk.answer(
        category_messages.categories_text(await talk.desk.storage.categories.counted(read), read, talk.voice)
    )


async def summary_of(talk: Talk, words: str) -> None:
    """/summary n, or in reply to an alert."""
    asking = talk.voice.say(
        "Which article? Say its number in the last list, for example <code>/summary 1</code>, or reply to"
        " an alert with /summary."
    )
    article = await article_meant(talk, words, asking=asking)
    if article is not None:
        await talk.answer(summary(article, talk.voice))


async def search(talk: Talk, words: str) -> None:
    """/search words, or words alone in a private chat."""
    if not words.strip():
        asking = talk.voice.say(
            "Search for what? For example: {example}", example=isolate("<code>/search 2026</code>")
        )
        await talk.answer(Message(f"{asking}\n\n{list_messages.search_syntax(talk.voice)}"))
        return
    await talk.answer(await screens.page(talk, ShowList(search=await searching.remembered(talk, words))))


async def subscribe(talk: Talk, words: str) -> None:
    """/subscribe [category]."""
    if not await allowed(talk):
        return
    chats, chat, now = talk.desk.storage.chats, talk.chat.id, talk.desk.now()
    if not words.strip():
        await chats.want_everything(chat, now=now)
        await talk.answer(await subscribed(talk, talk.voice.say("✅ Subscribed.")))
        return
    found = await _category(talk, words, wanting=True)
    if found is not None:
        await want(talk, found)


async def want(talk: Talk, wanted: Category) -> None:
    """This category as well; a chat that has everything is told so, and offered to narrow it."""
    chats, now = talk.desk.storage.chats, talk.desk.now()
    before = await chats.subscription(talk.chat.id)
    has_it = before.everything and wanted.id not in {muted.id for muted in before.muted}
    if has_it:
        await talk.show(category_messages.narrow(wanted, before, talk.voice))
        return
    await chats.want(talk.chat.id, wanted.id, now=now)
    await talk.show(await subscribed(talk, talk.voice.say("✅ Subscribed to {name}.", name=name(wanted.name))))


async def unsubscribe(talk: Talk, words: str) -> None:
    """/unsubscribe [category]."""
    if not await allowed(talk):
        return
    chats, chat, now = talk.desk.storage.chats, talk.chat.id, talk.desk.now()
    if not words.strip():
        await chats.want_nothing(chat, now=now)
        await talk.answer(await subscribed(talk, talk.voice.say("🔕 Unsubscribed.")))
        return
    found = await _category(talk, words)
    if found is not None:
        await chats.unwant(chat, found.id, now=now)
        await talk.answer(
            await subscribed(talk, talk.voice.say("🔕 No more alerts of {name}.", name=name(found.name)))
        )


async def settings(talk: Talk, words: str) -> None:
    if not await allowed(talk):
        return
    typed = words.strip()
    if typed:
        zone = {known.lower(): known for known in available_timezones()}.get(typed.replace(" ", "_").lower())
        if zone is None:
            text = talk.voice.say(
                "I know no time zone {name}. One is called {example}.",
                name=name(typed[:60]),
                example=isolate("<code>Asia/Aden</code>"),
            )
            await talk.answer(Message(text))
            return
        await move_to(talk, talk.chat, zone)
    await talk.answer(await screens.settings(talk))


async def move_to(talk: Talk, chat: Chat, timezone: str) -> None:
    """The chat's hours are of that time zone from now on."""
    now = talk.desk.now()
    digest_at = next_digest(chat.timetable, ZoneInfo(timezone), now)
    await talk.desk.storage.chats.set_timezone(chat.id, timezone, digest_at=digest_at, now=now)
    talk.desk.wake()


async def stop(talk: Talk, words: str) -> None:
    """Ends all alerts at once, what is owed included; settings stay."""
    if not await allowed(talk):
        return
    await talk.desk.storage.chats.want_nothing(talk.chat.id, now=talk.desk.now())
    text = talk.voice.say("🔕 All alerts are off. Your settings are kept: /subscribe brings the alerts back.")
    await talk.answer(Message(text))


async def help_(talk: Talk, words: str) -> None:
    described = [(command, talk.voice.say(one.described)) for command, one in COMMANDS.items()]
    # In a group, everybody would read what is none of theirs.
    shown = OPERATING if talk.chat.kind is ChatKind.PRIVATE and administration.is_operator(talk) else {}
    operating = [(command, talk.voice.say(one.described)) for command, one in shown.items()]
    await talk.answer(settings_messages.help_text(talk.voice, described, operating, named=talk.bot.first_name))


async def unknown(talk: Talk, words: str) -> None:
    await talk.answer(Message(talk.voice.say("I don't know that command. /help lists what I can do.")))


COMMANDS: Final = {
    "latest": Command(latest, "the newest headlines"),
    "category": Command(category, "headlines of one category"),
    "categories": Command(categories, "all categories"),
    "summary": Command(summary_of, "the summary of an article in the last list"),
    "search": Command(search, "search the news"),
    "subscribe": Command(subscribe, "get alerts, of everything or of a category"),
    "unsubscribe": Command(unsubscribe, "end alerts, all or of a category"),
    "settings": Command(settings, "language, categories, digest, quiet hours, time zone, sound"),
    "help": Command(help_, "what I can do"),
    "stop": Command(stop, "turn all alerts off"),
    "start": Command(start, "begin"),
}

# For administrators of the bot: in no menu, and in their /help only.
OPERATING: Final = {
    "breaking": Command(administration.breaking, "send an article of the last list as breaking news"),
    "retract": Command(administration.retract, "withdraw an article of the last list"),
    "split": Command(administration.split, "take an article of the last list out of its story"),
    "merge": Command(administration.merge, "make two articles of the last list one story"),
    "stats": Command(administration.stats, "how deliveries are doing"),
}


async def allowed(talk: Talk) -> bool:
    """Whether this person may settle what the chat gets; one who may not is told."""
    if await talk.may_manage():
        return True
    await talk.refuse(talk.voice.say("Only administrators can change what is sent here."))
    return False


async def subscribed(talk: Talk, said: str) -> Message:
    """What was done, and what the chat gets now."""
    subscription = await talk.desk.storage.chats.subscription(talk.chat.id)
    return Message(f"{said}\n\n{category_messages.wanted(subscription, talk.voice)}")


async def has_channels(talk: Talk) -> bool:
    private = talk.chat.kind is ChatKind.PRIVATE
    return private and bool(await talk.desk.storage.chats.brought_by(talk.chat.chat_id))


async def _category(talk: Talk, typed: str, *, wanting: bool = False) -> Category | None:
    """The category of that name; where there is none, or several fit, the reader is asked, and None returned."""
    storage = talk.desk.storage
    folded = fold(typed)
    found = await storage.categories.find(folded)
    if found is not None:
        return found
    names = dict(await storage.categories.names())
    beginning = {one.id: one for called, one in names.items() if folded and fold(called).startswith(folded)}
    if len(beginning) == 1:
        return next(iter(beginning.values()))
    if beginning and not wanting:
        await talk.answer(category_messages.several(typed, list(beginning.values()), talk.voice))
        return None
    near = beginning or {names[called].id: names[called] for called in nearest(typed, names)}
    await talk.answer(category_messages.suggestions(typed, list(near.values()), talk.voice, wanting=wanting))
    return None


async def _open_article(talk: Talk, article_id: int) -> bool:
    article = await talk.desk.storage.articles.get(article_id)
    if article is not None:
        await talk.answer(summary(article, talk.voice))
    return article is not None
