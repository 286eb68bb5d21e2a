"""Messages that are built from storage: articles, stories, digests, categories and settings."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from telegram import InlineKeyboardButton

from bot.chat.category_topics import offers_topics
from bot.chat.conversation import Conversation
from bot.chat.headline_pages import count_lines
from bot.chat.references import remember_list
from bot.messages import categories as category_messages
from bot.messages import lists as list_messages
from bot.messages import reading as reading_of
from bot.messages import settings as settings_messages
from bot.messages.actions import (
    Action,
    DigestItem,
    DigestStory,
    ShowArticle,
    ShowDigest,
    ShowStory,
    StoryItem,
    StoryPage,
    fitting_item,
)
from bot.messages.article import Back, opened, summary
from bot.messages.digest import SAVED_LISTED, digest, names_saved
from bot.messages.message import Message
from storage.records import Article, Chat, ChatKind, Viewer


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
    lines = {one.id: await count_lines(conversation, one.id) for one in on_page}
    return category_messages.category_picker(categories, lines, read, voice, page)


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
