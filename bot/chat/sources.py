"""Sources in the chat: who may add how many."""

from bot.chat.administration import is_operator
from bot.chat.conversation import Conversation
from storage.records import Chat, ChatKind


def adds_public(conversation: Conversation) -> bool:
    """Returns whether what the person adds here is public: for an administrator of the bot, in the private chat."""
    return is_operator(conversation) and conversation.chat.kind is ChatKind.PRIVATE


async def sources_left(conversation: Conversation, chat: Chat) -> int | None:
    """Returns how many more private sources a person may add for a chat, or None if there is no limit.

    The sources that a chat added and left are deleted a day later. It may leave as many as it may have: so a chat
    that changes its mind is not kept waiting, and one that goes on and on does not fill the database.
    """
    if is_operator(conversation):
        return None
    most = conversation.context.config.reader_sources
    added = await conversation.context.storage.sources.count_added(chat.id)
    return max(0, most - added.kept - max(0, added.left - most))
