"""Resolves references to articles: a number in the last list, or a reply to an alert."""

import re
from collections.abc import Sequence
from typing import Final

from bot.chat.conversation import Conversation
from bot.locale import Voice
from bot.messages.message import Message
from bot.text.arabic import normalize
from storage.records import Article, Headline

DEFAULT_COUNT: Final = 5
LARGEST_COUNT: Final = 30
NUMBER: Final = re.compile(r"^\d{1,9}$")


async def resolve_article(conversation: Conversation, words: str, *, asking: str) -> Article | None:
    """Returns the article that a person refers to.

    If the reference is unclear, sends `asking` or an error and returns None.
    """
    articles, typed = conversation.context.storage.articles, normalize(words)
    if not typed and conversation.reply_to is not None:
        storage, shown = conversation.context.storage, (conversation.chat.chat_id, conversation.reply_to)
        article_id = await storage.deliveries.article_of_message(*shown) or await storage.desk.article_of_card(*shown)
        if article_id is not None and (article := await articles.get(article_id, chat_row=conversation.chat.id)):
            return article
    if not NUMBER.match(typed):
        await conversation.answer(Message(asking))
        return None
    position = int(typed)
    article_id = await article_in_last_list(conversation, position)
    article = await articles.get(article_id, chat_row=conversation.chat.id) if article_id is not None else None
    if article is None:
        await conversation.answer(no_such_number(position, conversation.voice))
    return article


def no_such_number(position: int, voice: Voice) -> Message:
    return Message(
        voice.say("There is no article {number} in the last list. /latest shows the newest.", number=position)
    )


async def remember_list(conversation: Conversation, articles: Sequence[int], *, first: int = 1) -> None:
    """Remember the list that is going to be shown, from position `first` on: of the chat, or of one person in it."""
    chat, lists = conversation.chat.id, conversation.context.storage.lists
    if conversation.receiver is not None and conversation.is_private_answer:
        person, now = conversation.receiver.person, conversation.context.now()
        await lists.save_for_one(chat, person, articles, first=first, now=now)
    else:
        await lists.save_list(chat, articles, first=first)


async def article_in_last_list(conversation: Conversation, position: int) -> int | None:
    """Returns the id of the article with that number in the last list, or None."""
    chat, lists = conversation.chat.id, conversation.context.storage.lists
    if conversation.receiver is not None:
        own = await lists.last_for_one(chat, conversation.receiver.person)
        if own is not None:
            return own.get(position)
    article_id = await lists.article_at(chat, position)
    return article_id if article_id is not None else await _from_newest_list(conversation, position)


async def _from_newest_list(conversation: Conversation, position: int) -> int | None:
    """Returns an article of the newest headlines, if the chat was never shown a list."""
    if (
        position > LARGEST_COUNT
        or await conversation.context.storage.lists.article_at(conversation.chat.id, 1) is not None
    ):
        return None
    found: list[Headline] = await conversation.context.storage.articles.page(
        limit=max(DEFAULT_COUNT, position), reading=conversation.chat.reading, viewer=conversation.viewer()
    )
    await remember_list(conversation, [headline.id for headline in found])
    return found[position - 1].id if 0 < position <= len(found) else None
