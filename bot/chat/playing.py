"""Sends the sound or film of an article when a reader asks for it."""

from telegram.error import TimedOut

from bot import logs
from bot.chat.conversation import Conversation
from bot.chat.replies import NotSent
from bot.messages.actions import Play
from bot.messages.media import Medium, medium_of
from bot.messages.playing import caption, medium_link
from storage.records import Article

log = logs.get_logger(__name__)


async def play(conversation: Conversation, asked: Play) -> None:
    """Send the sound or film of an article after its button was pressed."""
    article = await conversation.context.storage.articles.get(asked.article, chat_row=conversation.chat.id)
    if article is None or article.retracted:
        await conversation.answer_query(conversation.voice.say("This article is no longer available."))
        return
    await conversation.answer_query()
    await send_medium(conversation, article)


async def send_medium(conversation: Conversation, article: Article) -> None:
    """Send the sound or film of an article, or its link if Telegram can't fetch it. Raises NotSent."""
    medium = medium_of(article)
    if medium is None:  # a correction took it away
        await conversation.refuse(conversation.voice.say("This article is no longer available."))
    elif not (medium.is_file and await _is_sent(conversation, article, medium)):
        await conversation.answer(medium_link(article, medium, conversation.voice))


async def _is_sent(conversation: Conversation, article: Article, medium: Medium) -> bool:
    try:
        return await conversation.answer_with_medium(
            "video" if medium.is_film else "audio", medium.address, caption(article, conversation.voice)
        )
    except NotSent as error:
        if not isinstance(error.__cause__, TimedOut):
            raise
        # Telegram was still fetching the file. It may send it or not; the link is of use in both cases.
        log.info("medium_not_fetched", article=article.id, reason="no answer in time")
        return False
