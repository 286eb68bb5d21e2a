"""Messages that are built from storage: pages of headlines, stories, digests and settings."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from telegram import InlineKeyboardButton

from bot.chat import searching
from bot.chat.category_topics import offers_topics
from bot.chat.conversation import Conversation
from bot.chat.references import remember_list
from bot.messages import categories as category_messages
from bot.messages import lists as list_messages
from bot.messages import reading as reading_of
from bot.messages import settings as settings_messages
from bot.messages.actions import (
    Action,
    CategoryList,
    ChosenList,
    DigestItem,
    DigestStory,
    HeadlineList,
    NewestList,
    SearchList,
    ShowArticle,
    ShowDigest,
    ShowStory,
    StoryItem,
    StoryPage,
    fitting_item,
)
from bot.messages.article import Back, opened, summary
from bot.messages.buttons import with_row
from bot.messages.category_names import category_text, own_name
from bot.messages.digest import SAVED_LISTED, digest, names_saved
from bot.messages.message import Message
from bot.text.html import escape
from storage.records import Article, Chat, ChatKind, Headline, Place, Viewer
from storage.times import from_ms

LARGEST_PAGE: Final = 30


async def headline_page(conversation: Conversation, asked: HeadlineList) -> Message:
    """Returns a page of headlines, and stores its numbers for commands such as /summary 3."""
    asked = replace(asked, first=max(1, asked.first), size=min(LARGEST_PAGE, max(1, asked.size)))
    if isinstance(asked, SearchList):
        return await searching.search_page(conversation, asked)
    return await _newest(conversation, asked)


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


async def _newest(conversation: Conversation, asked: NewestList | CategoryList | ChosenList) -> Message:
    storage, size = conversation.context.storage, asked.size
    number = asked.category if isinstance(asked, CategoryList) else None
    category = await storage.categories.get(number, viewer=conversation.viewer()) if number is not None else None
    place = Place(from_ms(asked.place_ms), asked.place_id) if asked.place_ms or asked.place_id else None
    # One more than is shown says whether the list goes on.
    chosen = isinstance(asked, ChosenList)
    older_than, newer_than = (None, place) if asked.newer else (place, None)
    found = (
        await _of_chosen(conversation, limit=size + 1, older_than=older_than, newer_than=newer_than)
        if chosen
        else await storage.articles.page(
            limit=size + 1,
            category=number,
            older_than=older_than,
            newer_than=newer_than,
            reading=conversation.chat.reading,
            viewer=conversation.viewer(with_muted=bool(asked.muted)),
        )
    )
    more = len(found) > size
    if asked.newer and not more:
        # There is no full page before this one, so the first page is shown from its beginning.
        return await _newest(conversation, replace(asked, place_ms=0, place_id=0, newer=0, first=1))
    found = (found[1:] if more else found) if asked.newer else found[:size]
    newer, older = (True, True) if asked.newer else (place is not None, more)
    if not found and chosen:
        return await _newest(conversation, NewestList(size=size))
    hidden = (
        0 if isinstance(asked, ChosenList) else await _count_hidden(conversation, asked, found, place, older=older)
    )
    voice = conversation.voice
    if found:
        await remember_list(conversation, [headline.id for headline in found], first=asked.first)
    elif not hidden:
        return list_messages.no_headlines(
            voice, conversation.chat.reading, heading=category_text(category, voice) if category else None
        )
    counted = (
        await storage.categories.list_with_counts(conversation.chat.reading, viewer=conversation.viewer())
        if place is None and not chosen
        else []
    )
    categories = [] if category else category_messages.commonest(counted, voice)
    heading = _heading_of_chosen(conversation) if chosen else voice.say("Latest news")
    if category:
        heading = escape(voice.align(voice.embed(own_name(category, voice))))
    if category and found and counted and not asked.muted:
        articles = next((one.articles for one in counted if one.id == category.id), 0)
        lines = await _count_lines(conversation, category.id)
        heading = f"{heading} ({category_messages.counted_lines(lines, articles, voice)})"
    shown = list_messages.headline_list(
        found,
        asked,
        conversation.voice,
        conversation.context.now(),
        heading=heading,
        older=older,
        newer=newer,
        categories=categories,
        hidden=hidden,
    )
    if chosen:
        return replace(shown, buttons=with_row(shown.buttons, [list_messages.all_news_button(voice)]))
    return shown


def _heading_of_chosen(conversation: Conversation) -> str:
    voice = conversation.voice
    if conversation.chat.topic_id is None:
        return voice.say("News for this group")
    return voice.say("News for this topic")


async def _count_hidden(
    conversation: Conversation,
    asked: NewestList | CategoryList,
    found: Sequence[Headline],
    place: Place | None,
    *,
    older: bool,
) -> int:
    """Returns the number of muted articles among those that this page would have shown.

    `found` are its headlines, and `place` is where it was asked to begin or to end.
    """
    if asked.muted:
        return 0
    newest, oldest = (None, place) if asked.newer else (place, None)
    if found and asked.newer:
        newest = Place(found[0].published_at, found[0].id)
    elif found and older:
        oldest = Place(found[-1].published_at, found[-1].id)
    return await conversation.context.storage.articles.count_muted(
        conversation.viewer(),
        category=asked.category if isinstance(asked, CategoryList) else None,
        newest=newest,
        oldest=oldest,
        reading=conversation.chat.reading,
    )


async def _of_chosen(
    conversation: Conversation, *, limit: int, older_than: Place | None, newer_than: Place | None
) -> list[Headline]:
    """Returns a page of the headlines that the chat gets, newest first."""
    storage, chat = conversation.context.storage, conversation.chat
    if chat.everything:  # the list leaves out what the chat mutes
        return await storage.articles.page(
            limit=limit,
            older_than=older_than,
            newer_than=newer_than,
            reading=chat.reading,
            viewer=conversation.viewer(),
        )
    return await storage.follows.page(
        chat.id,
        limit=limit,
        older_than=older_than,
        newer_than=newer_than,
        reading=chat.reading,
        now=conversation.context.now(),
    )


async def article_screen(
    conversation: Conversation,
    article: Article,
    *,
    back: Back | None = None,
    of_alert: bool = False,
    whole: bool = True,
) -> Message:
    """Returns an article with its text, or with its summary if `whole` is False. The rest is as in `opened`."""
    storage = conversation.context.storage
    show = partial(opened, back=back, of_alert=of_alert) if whole else summary
    return show(
        article,
        conversation.voice,
        saved=await storage.saved.is_saved(conversation.chat.id, article.id),
        coverage=await storage.stories.coverage(article.id),
        preview=conversation.chat.preview,
        inline=conversation.answers_inline_queries,
    )


async def story_screen(conversation: Conversation, asked: ShowStory | StoryPage) -> Message:
    """Returns a page of a story's articles, with a button back to what it was opened from: a list or an article."""
    return await _story(
        conversation,
        asked.article,
        asked.turned if isinstance(asked, StoryPage) else 0,
        item=lambda article: fitting_item(StoryItem(article, asked)),
        page=lambda turned: StoryPage(asked.article, turned, asked.back),
        back=asked.back or ShowArticle(asked.article),
    )


async def digest_story_screen(conversation: Conversation, asked: DigestStory) -> Message:
    return await _story(
        conversation,
        asked.article,
        asked.turned,
        item=lambda article: DigestItem(article, asked.delivery),
        page=lambda turned: replace(asked, turned=turned),
        back=ShowDigest(asked.delivery),
    )


async def _story(
    conversation: Conversation,
    article: int,
    turned: int,
    *,
    item: Callable[[int], Action],
    page: Callable[[int], Action],
    back: Action,
) -> Message:
    stories, voice, now = conversation.context.storage.stories, conversation.voice, conversation.context.now()
    seen = await conversation.context.storage.articles.get(article, chat_row=conversation.chat.id)
    number = await stories.story_of(article) if seen is not None else None
    whole = await stories.headlines(number) if number is not None else []
    if not whole:
        return Message(voice.say("That list has expired. /latest shows the news."))
    turned = min(max(0, turned), (len(whole) - 1) // list_messages.STORY_PAGE)  # the story may have become smaller
    first = list_messages.first_of_story_page(turned)
    shown = whole[first - 1 : first - 1 + list_messages.STORY_PAGE]
    await remember_list(conversation, [headline.id for headline in shown], first=first)
    return list_messages.story_list(whole, turned, voice, now, item=item, page=page, back=back)


async def category_picker(conversation: Conversation, page: int = 0) -> Message:
    """Returns the category picker. Its counts follow the languages that the chat reads."""
    storage, read, voice = conversation.context.storage, conversation.chat.reading, conversation.voice
    categories = await storage.categories.list_with_counts(read, viewer=conversation.viewer())
    on_page, _, _ = category_messages.categories_on_page(categories, voice, page)
    lines = {one.id: await _count_lines(conversation, one.id) for one in on_page}
    return category_messages.category_picker(categories, lines, read, voice, page)


async def _count_lines(conversation: Conversation, category: int) -> int:
    """Returns how many headlines the list of a category has, up to a bound."""
    return await conversation.context.storage.articles.count(
        category=category,
        reading=conversation.chat.reading,
        viewer=conversation.viewer(),
        most=category_messages.COUNTED_LINES,
    )


async def category_choices(
    conversation: Conversation,
    chat: Chat,
    *,
    target: int = 0,
    page: int = 0,
    said: str = "",
    undo: Sequence[InlineKeyboardButton] = (),
) -> Message:
    """Returns the categories that a chat gets, with a button to switch each. `said` is HTML above them."""
    storage = conversation.context.storage
    return category_messages.category_choices(
        # A chat turns a category that it mutes on here.
        await storage.categories.list_with_counts(
            chat.reading, viewer=Viewer(chat_row=chat.id, at=conversation.context.now(), with_muted=True)
        ),
        await storage.chats.subscription(chat.id),
        conversation.voice,
        target=chat if target else None,
        page=page,
        said=said,
        undo=undo,
        topics=await offers_topics(conversation, chat),
    )


async def reading_screen(
    conversation: Conversation, chat: Chat, target: int, *, page: int = 0, showing: str = ""
) -> Message:
    """Returns the settings of languages and of grouping by story."""
    present = await conversation.context.storage.articles.languages()
    return reading_of.reading_screen(chat, present, conversation.voice, target, page=page, showing=showing)


async def digest_screen(conversation: Conversation, delivery: int) -> Message:
    """Returns a digest as it was sent, with later corrections and retractions."""
    storage = conversation.context.storage
    shown = await storage.deliveries.snapshot_of_digest(delivery, conversation.chat.id)
    snapshot = await storage.digest_snapshots.get(shown[0]) if shown is not None else None
    if shown is None or snapshot is None:
        return Message(conversation.voice.say("That list has expired. /latest shows the news."))
    _, since, until = shown
    await remember_list(conversation, snapshot.articles)
    saved, saved_count = (
        await storage.saved.page(conversation.chat.id, limit=SAVED_LISTED, since=since, until=until)
        if names_saved(conversation.chat.timetable)
        else ([], 0)
    )
    return digest(
        await storage.articles.snapshot_headlines(snapshot.articles, grouped=conversation.chat.reading.grouped),
        snapshot,
        conversation.voice,
        delivery_id=delivery,
        until=until,
        kind=conversation.chat.kind,
        bot_username=conversation.bot.username,
        saved=saved,
        saved_count=saved_count,
    )


async def settings_screen(conversation: Conversation, target: int = 0) -> Message:
    """Returns the settings of this chat, or of the chat with the id `target`."""
    storage = conversation.context.storage
    chat = await storage.chats.get_by_id(target or conversation.chat.id)
    if chat is None:
        return Message(conversation.voice.say("That chat no longer exists."))
    private = conversation.chat.kind is ChatKind.PRIVATE
    channels = private and bool(await storage.chats.chats_added_by(conversation.chat.chat_id))
    return settings_messages.settings_screen(
        chat,
        await storage.chats.subscription(chat.id),
        conversation.voice,
        conversation.context.now(),
        target=bool(target),
        channels=channels,
    )
