"""Screens that need storage: a page of a list, the settings, a chat that is settled from another."""

from typing import Final

from bot.actions import ShowList
from bot.chat import finding, screens
from bot.chat.talk import Talk
from bot.deliver.digest import LISTED, digest
from bot.deliver.render import Message, name
from bot.text.html import escape
from storage.records import ChatKind, Headline, Place
from storage.times import from_ms

LARGEST_PAGE: Final = 30


async def page(talk: Talk, asked: ShowList) -> Message:
    """One page of headlines, remembered so that /summary can name them."""
    size = min(LARGEST_PAGE, max(1, asked.size))
    asked = ShowList(
        asked.category, asked.search, asked.place_ms, asked.place_id, asked.newer, max(1, asked.first), size
    )
    if asked.search:
        return await finding.search_page(talk, asked)
    storage = talk.desk.storage
    category = await storage.categories.get(asked.category) if asked.category else None
    place = Place(from_ms(asked.place_ms), asked.place_id) if asked.place_ms or asked.place_id else None
    # One more than is shown says whether the list goes on.
    found = await storage.articles.page(
        limit=size + 1,
        category=asked.category or None,
        older_than=place if not asked.newer else None,
        newer_than=place if asked.newer else None,
    )
    more = len(found) > size
    if asked.newer and not more:
        return await page(talk, ShowList(asked.category, size=size))  # the newest page, filled from its beginning
    found = (found[1:] if more else found) if asked.newer else found[:size]
    newer, older = (True, True) if asked.newer else (place is not None, more)
    if not found:
        return screens.no_headlines(talk.voice, heading=name(category.name) if category else None)
    await _remember(talk, found, asked.first)
    chips = [] if category else await storage.categories.counted()
    heading = escape(category.name) if category else talk.voice.say("Latest news")
    return screens.headlines(
        found, asked, talk.voice, talk.desk.now(), heading=heading, older=older, newer=newer, chips=chips
    )


async def _remember(talk: Talk, found: list[Headline], first: int) -> None:
    await talk.desk.storage.chats.show(talk.chat.id, [headline.id for headline in found], first=first)


async def digest_again(talk: Talk, delivery: int) -> Message:
    """A digest as it was sent, of what is still kept."""
    storage = talk.desk.storage
    stretch = await storage.deliveries.stretch(delivery, talk.chat.id)
    found: list[Headline] = []
    if stretch is not None:
        found, count = await storage.articles.missed(talk.chat.id, since=stretch[0], until=stretch[1], limit=LISTED)
    if stretch is None or not found:
        return Message(talk.voice.say("That list is gone. /latest shows the news."))
    await _remember(talk, found, 1)
    return digest(
        found,
        count,
        talk.voice,
        delivery_id=delivery,
        rhythm=talk.chat.timetable.rhythm,
        until=stretch[1],
        kind=talk.chat.kind,
        bot_username=talk.bot.username,
    )


async def settings(talk: Talk, target: int = 0) -> Message:
    """The settings of this chat, or of one that is settled from it."""
    storage = talk.desk.storage
    chat = await storage.chats.get_by_id(target or talk.chat.id)
    if chat is None:
        return Message(talk.voice.say("That chat is gone."))
    private = talk.chat.kind is ChatKind.PRIVATE
    channels = private and bool(await storage.chats.brought_by(talk.chat.chat_id))
    return screens.settings(
        chat,
        await storage.chats.subscription(chat.id),
        talk.voice,
        talk.desk.now(),
        target=bool(target),
        channels=channels,
    )
