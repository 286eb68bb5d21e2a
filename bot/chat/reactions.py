"""Reactions to the posts about articles: stores the counts, and says who may know of them."""

from typing import Final

from telegram import MessageReactionCountUpdated, ReactionType, ReactionTypeEmoji

from bot.chat.administration import is_operator
from bot.chat.context import HandlerContext
from bot.chat.conversation import Conversation
from storage.records import ChatKind, PostReactions

POSTS_SHOWN: Final = 10


async def counted(changed: MessageReactionCountUpdated, context: HandlerContext) -> None:
    """Store the present counts of a post. Telegram sends them some minutes late, all of them at once."""
    counts: dict[str, int] = {}
    for one in changed.reactions:
        name = _name(one.type)
        counts[name] = counts.get(name, 0) + one.total_count
    await context.storage.reactions.set(changed.chat.id, changed.message_id, counts)


def _name(reaction: ReactionType) -> str:
    """Returns the emoji, or "paid", or "custom" for an emoji that is a picture of somebody's making."""
    if isinstance(reaction, ReactionTypeEmoji):
        return reaction.emoji
    return "paid" if reaction.type == ReactionType.PAID else "custom"


async def reactions_to(conversation: Conversation, article_id: int) -> list[PostReactions]:
    """Returns the reactions that the person may know of.

    In a channel these are the channel's. In a private chat these are the reactions in the channels that the person
    added the bot to, or in all channels for an administrator of the bot.
    """
    stored, chat = conversation.context.storage.reactions, conversation.chat
    match chat.kind:
        case ChatKind.CHANNEL:
            return await stored.of_article(article_id, limit=1, chat_row=chat.id)
        case ChatKind.PRIVATE:
            whose = None if is_operator(conversation) else chat.chat_id
            return await stored.of_article(article_id, limit=POSTS_SHOWN, added_by=whose)
        case ChatKind.GROUP:
            return []
