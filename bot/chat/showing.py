"""Pressed buttons that show news: lists, stories, digests, and articles with their parts."""

from dataclasses import replace
from typing import Final

from bot.chat import pages, saving, screens
from bot.chat.conversation import Conversation
from bot.chat.headline_pages import headline_page
from bot.messages.actions import (
    DigestItem,
    DigestStory,
    HeadlineList,
    SavedList,
    ShowAlert,
    ShowArticle,
    ShowAsText,
    ShowDigest,
    ShowPage,
    ShowStory,
    ShowText,
    StoryItem,
    StoryPage,
)
from bot.messages.alert import alert, needs_date
from bot.messages.article import full_text, opened
from storage.records import Article, ChatKind, Lane, OpensAs, ShownAs

Opening = ShowArticle | StoryItem | DigestItem | ShowPage | ShowAsText
_SHAPES: Final = {ShowPage: OpensAs.PAGE, ShowAsText: OpensAs.TEXT}  # of other openings, the chat chose the shape


# Lists


async def show_headlines(conversation: Conversation, asked: HeadlineList) -> None:
    await conversation.answer_query()
    await conversation.replace(await headline_page(conversation, asked))


async def show_saved(conversation: Conversation, asked: SavedList) -> None:
    await conversation.answer_query()
    await conversation.replace(await saving.saved_screen(conversation, asked))


async def show_digest(conversation: Conversation, asked: ShowDigest) -> None:
    await conversation.answer_query()
    await conversation.replace(await screens.digest_screen(conversation, asked.delivery))


async def show_story(conversation: Conversation, asked: ShowStory) -> None:
    """Show the articles of a story. In a group, the story has no way back to what it was opened from."""
    await conversation.answer_query()
    if _in_group(conversation):
        await conversation.answer(await screens.story_screen(conversation, replace(asked, back=None)))
    else:
        await conversation.replace(await screens.story_screen(conversation, asked))


async def turn_story(conversation: Conversation, asked: StoryPage) -> None:
    await conversation.answer_query()
    await conversation.replace(await screens.story_screen(conversation, asked))


async def show_digest_story(conversation: Conversation, asked: DigestStory) -> None:
    """Show the articles of a story that a digest lists, or turn to another page of them."""
    await conversation.answer_query()
    shown = await screens.digest_story_screen(conversation, asked)
    is_new = _in_group(conversation) and not asked.turned
    await (conversation.answer(shown) if is_new else conversation.replace(shown))


# Articles


async def open_article(conversation: Conversation, asked: Opening) -> None:
    """Show an article as text or as a page."""
    article = await _find_article(conversation, asked.article)
    if article is None:
        return
    if _in_group(conversation) and _is_of_list(asked):
        await pages.show_new(conversation, article)
        return
    back = ShowDigest(asked.delivery) if isinstance(asked, DigestItem) else asked.back
    text = await screens.article_screen(conversation, article, back=back, of_alert=back is None)
    await pages.show(conversation, article, text, back=back, shape=_SHAPES.get(type(asked)))


async def show_part(conversation: Conversation, asked: ShowText | ShowAlert) -> None:
    """Show a further part of an opened article, or the alert again."""
    article = await _find_article(conversation, asked.article)
    if article is None:
        return
    saved = await conversation.context.storage.saved.is_saved(conversation.chat.id, article.id)
    preview, inline = conversation.chat.preview, conversation.answers_inline_queries
    match asked:
        case ShowText(part=part):
            shown = full_text(article, conversation.voice, part, saved=saved, preview=preview, inline=inline)
        case ShowAlert() if article.retracted:
            shown = opened(article, conversation.voice, saved=saved, preview=preview, inline=inline)
        case ShowAlert():
            shown = alert(
                article,
                conversation.voice,
                kind=conversation.chat.kind,
                bot_username=conversation.bot.username,
                dated=needs_date(article, conversation.context.now()),
                preview=preview,
                breaking=article.lane is Lane.BREAKING,
                saved=saved,
            )
    await conversation.replace(shown, ShownAs.SENT if isinstance(asked, ShowAlert) else ShownAs.TEXT)


async def _find_article(conversation: Conversation, number: int) -> Article | None:
    """Returns an article, and answers the callback query. If the chat can't see the article, it is told so."""
    article = await conversation.context.storage.articles.get(number, chat_row=conversation.chat.id)
    gone = None if article is not None else conversation.voice.say("This article is no longer available.")
    await conversation.answer_query(gone)
    return article


def _in_group(conversation: Conversation) -> bool:
    """Returns whether a list belongs to everybody in a group.

    What one member opens then comes as a message of its own.
    """
    return conversation.chat.kind is ChatKind.GROUP


def _is_of_list(asked: Opening) -> bool:
    return isinstance(asked, StoryItem | DigestItem) or (isinstance(asked, ShowArticle) and asked.back is not None)
