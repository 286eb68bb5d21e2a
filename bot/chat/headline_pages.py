"""Pages of headlines: the newest ones, those of a category, those that a group or topic gets, and search results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.chat import searching
from bot.chat.conversation import Conversation
from bot.chat.references import remember_list
from bot.messages import categories as category_messages
from bot.messages import lists as list_messages
from bot.messages.actions import CategoryList, ChosenList, HeadlineList, NewestList, SearchList
from bot.messages.buttons import with_row
from bot.messages.category_names import category_text, own_name
from bot.messages.message import Message
from bot.text.html import escape
from storage.records import Category, ChatKind, Headline, Place
from storage.times import from_ms

LARGEST_PAGE: Final = 30
Chronological = NewestList | CategoryList | ChosenList  # lists in the order of time


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a list in the order of time."""

    asked: Chronological
    headlines: Sequence[Headline]
    newer: bool  # whether the list goes on above this page
    older: bool  # whether the list goes on below this page

    @property
    def is_first(self) -> bool:
        """Returns whether the page was asked for as the first one."""
        return _place(self.asked) is None


async def headline_page(conversation: Conversation, asked: HeadlineList) -> Message:
    """Returns a page of headlines, and stores its numbers for commands such as /summary 3."""
    asked = replace(asked, first=max(1, asked.first), size=min(LARGEST_PAGE, max(1, asked.size)))
    if isinstance(asked, SearchList):
        return await searching.search_page(conversation, asked)
    page = await _read(conversation, asked)
    if page.headlines:
        await remember_list(conversation, [headline.id for headline in page.headlines], first=page.asked.first)
    return await _shown(conversation, page)


async def latest_page(conversation: Conversation, size: int) -> Message:
    """Returns the newest headlines. A group or a topic shows those that it gets, with a button for all news."""
    asked: HeadlineList = ChosenList(size=size) if await _has_own_news(conversation) else NewestList(size=size)
    return await headline_page(conversation, asked)


async def _has_own_news(conversation: Conversation) -> bool:
    """Returns whether this is a group or a topic that gets some of the news.

    If a group gets all news but what it mutes, the list of all news leaves that out, and says how much it is.
    """
    chat = conversation.chat
    if chat.kind is not ChatKind.GROUP:
        return False
    subscription = await conversation.context.storage.chats.subscription(chat.id)
    if subscription.everything:
        return chat.topic_id is not None and bool(subscription.muted) and not subscription.stopped
    return not subscription.stopped and bool(subscription.categories or subscription.others)


# What a page holds


async def _read(conversation: Conversation, asked: Chronological) -> _Page:
    """Returns the page, or another one instead: the first page if there is no full one before it, and all news if a
    group gets none of its own.
    """
    place, size = _place(asked), asked.size
    older_than, newer_than = (None, place) if asked.newer else (place, None)
    # One more than is shown says whether the list goes on.
    found = await _headlines(conversation, asked, size + 1, older_than, newer_than)
    more = len(found) > size
    if asked.newer and not more:
        return await _read(conversation, replace(asked, place_ms=0, place_id=0, newer=0, first=1))
    if not found and isinstance(asked, ChosenList):
        return await _read(conversation, NewestList(size=size))
    if asked.newer:
        return _Page(asked, found[1:], newer=True, older=True)
    return _Page(asked, found[:size], newer=place is not None, older=more)


def _place(asked: Chronological) -> Place | None:
    """Returns where the page begins or ends, or None for the first page."""
    return Place(from_ms(asked.place_ms), asked.place_id) if asked.place_ms or asked.place_id else None


def _is_with_muted(asked: Chronological) -> bool:
    """Returns whether the list also has what the chat mutes. What a group gets never has."""
    return not isinstance(asked, ChosenList) and bool(asked.muted)


async def _headlines(
    conversation: Conversation,
    asked: Chronological,
    limit: int,
    older_than: Place | None,
    newer_than: Place | None,
) -> list[Headline]:
    """Returns headlines of the list, newest first."""
    storage, chat = conversation.context.storage, conversation.chat
    if isinstance(asked, ChosenList) and not chat.everything:
        return await storage.follows.page(
            chat.id,
            limit=limit,
            older_than=older_than,
            newer_than=newer_than,
            reading=chat.reading,
            now=conversation.context.now(),
        )
    # A chat that gets everything gets all of this but what it mutes.
    return await storage.articles.page(
        limit=limit,
        category=asked.category if isinstance(asked, CategoryList) else None,
        older_than=older_than,
        newer_than=newer_than,
        reading=chat.reading,
        viewer=conversation.viewer(with_muted=_is_with_muted(asked)),
    )


async def _count_hidden(conversation: Conversation, page: _Page) -> int:
    """Returns the number of muted articles among those that this page would have shown."""
    asked, found, place = page.asked, page.headlines, _place(page.asked)
    if _is_with_muted(asked):
        return 0
    newest, oldest = (None, place) if asked.newer else (place, None)
    if found and asked.newer:
        newest = Place(found[0].published_at, found[0].id)
    elif found and page.older:
        oldest = Place(found[-1].published_at, found[-1].id)
    return await conversation.context.storage.articles.count_muted(
        conversation.viewer(),
        category=asked.category if isinstance(asked, CategoryList) else None,
        newest=newest,
        oldest=oldest,
        reading=conversation.chat.reading,
    )


async def count_lines(conversation: Conversation, category: int) -> int:
    """Returns how many headlines the list of a category has, up to a bound."""
    return await conversation.context.storage.articles.count(
        category=category,
        reading=conversation.chat.reading,
        viewer=conversation.viewer(),
        most=category_messages.COUNTED_LINES,
    )


# How it is shown


async def _shown(conversation: Conversation, page: _Page) -> Message:
    asked, voice = page.asked, conversation.voice
    if isinstance(asked, ChosenList):
        return _shown_chosen(conversation, page)
    hidden = await _count_hidden(conversation, page)
    category = None
    if isinstance(asked, CategoryList):
        category = await conversation.context.storage.categories.get(asked.category, viewer=conversation.viewer())
    if not page.headlines and not hidden:
        name = category_text(category, voice) if category else None
        return list_messages.no_headlines(voice, conversation.chat.reading, heading=name)
    counted = await _count_categories(conversation) if page.is_first else []
    heading = voice.say("Latest news")
    if category:
        heading = await _category_heading(conversation, category, page, counted)
    return list_messages.headline_list(
        page.headlines,
        asked,
        voice,
        conversation.context.now(),
        heading=heading,
        older=page.older,
        newer=page.newer,
        categories=[] if category else category_messages.commonest(counted, voice),
        hidden=hidden,
    )


def _shown_chosen(conversation: Conversation, page: _Page) -> Message:
    """Returns what a group or a topic gets, with a button for all news."""
    voice = conversation.voice
    in_topic = conversation.chat.topic_id is not None
    shown = list_messages.headline_list(
        page.headlines,
        page.asked,
        voice,
        conversation.context.now(),
        heading=voice.say("News for this topic") if in_topic else voice.say("News for this group"),
        older=page.older,
        newer=page.newer,
    )
    return replace(shown, buttons=with_row(shown.buttons, [list_messages.all_news_button(voice)]))


async def _count_categories(conversation: Conversation) -> list[Category]:
    """Returns the categories with the number of their articles, in the languages that the chat reads."""
    return await conversation.context.storage.categories.list_with_counts(
        conversation.chat.reading, viewer=conversation.viewer()
    )


async def _category_heading(
    conversation: Conversation, category: Category, page: _Page, counted: Sequence[Category]
) -> str:
    """Returns the name of the category as HTML, on the first page with the number of its headlines."""
    voice = conversation.voice
    heading = escape(voice.align(voice.embed(own_name(category, voice))))
    if not (page.headlines and counted) or _is_with_muted(page.asked):
        return heading
    articles = next((one.articles for one in counted if one.id == category.id), 0)
    lines = await count_lines(conversation, category.id)
    return f"{heading} ({category_messages.counted_lines(lines, articles, voice)})"
