"""Says why an article came as an alert, or did not."""

from bot.chat.article_menu import require_article
from bot.chat.conversation import Conversation
from bot.chat.references import resolve_article
from bot.messages.actions import Why
from bot.messages.buttons import button
from bot.messages.message import Message
from bot.messages.reasons import explanation
from storage.records import Article


async def why(conversation: Conversation, words: str) -> None:
    """/why n, or as a reply to an alert."""
    asking = conversation.voice.say(
        "Which article? Send its number from the last list, for example <code>/why 1</code>, or reply to an alert"
        " with /why."
    )
    article = await resolve_article(conversation, words, asking=asking)
    if article is not None:
        await conversation.answer(await _explained(conversation, article))


async def show(conversation: Conversation, asked: Why) -> None:
    """Show the reasons in place of the article."""
    article = await require_article(conversation, asked.back)
    if article is not None:
        await conversation.answer_query()
        await conversation.replace(await _explained(conversation, article, asked))


async def _explained(conversation: Conversation, article: Article, asked: Why | None = None) -> Message:
    voice = conversation.voice
    found = await conversation.context.storage.follows.explain(
        article.id, conversation.chat.id, now=conversation.context.now()
    )
    if found is None:
        return Message(voice.say("This article is no longer available."))
    back = [button(voice.say("↩ Back"), asked.back)] if asked is not None else []
    return explanation(article, found, voice, back=back)
