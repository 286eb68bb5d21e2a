"""Which article a person means: the n-th of the last list shown, or that of the alert which is replied to."""

import re
from typing import Final

from bot.chat.conversation import Talk
from bot.messages.message import Message
from bot.text.arabic import fold
from storage.records import Article, Headline

LATEST: Final = 10
MOST_LATEST: Final = 30
NUMBER: Final = re.compile(r"^\d{1,9}$")


async def article_meant(talk: Talk, words: str, *, asking: str) -> Article | None:
    """That article; where it isn't clear, the person is told, or asked with `asking`, and None returned."""
    articles, typed = talk.desk.storage.articles, fold(words)
    if not typed and talk.reply_to is not None:
        article_id = await talk.desk.storage.deliveries.article_of_message(talk.chat.chat_id, talk.reply_to)
        if article_id is not None and (article := await articles.get(article_id)):
            return article
    if not NUMBER.match(typed):
        await talk.answer(Message(asking))
        return None
    position = int(typed)
    article_id = await talk.desk.storage.chats.shown(talk.chat.id, position)
    if article_id is None:
        article_id = await _of_unseen_list(talk, position)
    article = await articles.get(article_id) if article_id is not None else None
    if article is None:
        text = talk.voice.say(
            "There is no article {number} in the last list. /latest shows the newest.", number=position
        )
        await talk.answer(Message(text))
    return article


async def _of_unseen_list(talk: Talk, position: int) -> int | None:
    """A chat that was never shown a list means the newest one."""
    if position > MOST_LATEST or await talk.desk.storage.chats.shown(talk.chat.id, 1) is not None:
        return None
    found: list[Headline] = await talk.desk.storage.articles.page(
        limit=max(LATEST, position), reading=talk.chat.reading
    )
    await talk.desk.storage.chats.show(talk.chat.id, [headline.id for headline in found])
    return await talk.desk.storage.chats.shown(talk.chat.id, position)
