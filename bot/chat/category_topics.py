"""A topic for each category: the screen, and the buttons that turn it on and off."""

from contextlib import suppress

from telegram.error import TelegramError

from bot.chat.conversation import Conversation, target_chat
from bot.deliver.category_topics import CategoryTopics
from bot.messages import category_topics as messages
from bot.messages.actions import SetTopics
from bot.messages.message import Message
from storage.records import Chat, ChatKind


def topics_of(conversation: Conversation) -> CategoryTopics:
    context = conversation.context
    return CategoryTopics(context.storage, conversation.bot, context.now)


def may_have_topics(chat: Chat) -> bool:
    """Returns whether a chat is a group, and not one of its topics. Whether it is a forum, only Telegram knows."""
    return chat.kind is ChatKind.GROUP and chat.topic_id is None


async def keep_topics(conversation: Conversation, chat: Chat) -> None:
    """Bring the topics of a group in step after the group or one of its topics has chosen something."""
    if chat.kind is ChatKind.GROUP:
        await topics_of(conversation).keep(chat.chat_id)


async def offers_topics(conversation: Conversation, chat: Chat) -> bool:
    """Returns whether the settings of a chat lead to this screen: the group has topics, or has turned them on."""
    if not may_have_topics(chat):
        return False
    if await conversation.context.storage.category_topics.is_on(chat.id):
        return True
    with suppress(TelegramError):  # the bot was removed, or the server is away
        return await topics_of(conversation).is_forum(chat.chat_id)
    return False


async def topics_screen(conversation: Conversation, chat: Chat, target: int, *, done: str = "") -> Message:
    storage = conversation.context.storage
    return messages.topics_screen(
        chat,
        await storage.chats.subscription(chat.id),
        conversation.voice,
        target,
        on=await storage.category_topics.is_on(chat.id),
        allowed=await _is_allowed(conversation, chat),
        done=done,
    )


async def set_topics(conversation: Conversation, asked: SetTopics) -> None:
    """Turn the topics of a group on or off. The rights of the person and of the bot are checked anew."""
    chat = await target_chat(conversation, asked.target)
    if chat is None:
        return
    await conversation.answer_query()
    if may_have_topics(chat):
        done = await (_turn_on(conversation, chat) if asked.on else _turn_off(conversation, chat))
        await conversation.replace(await topics_screen(conversation, chat, asked.target, done=done))


async def _turn_on(conversation: Conversation, chat: Chat) -> str:
    """Returns what was done. An old button does nothing if the group has chosen no categories or has no topics."""
    storage = conversation.context.storage
    subscription = await storage.chats.subscription(chat.id)
    if not messages.has_categories_for_topics(subscription) or not await _is_allowed(conversation, chat):
        return ""
    await storage.category_topics.turn_on(chat.id)
    await keep_topics(conversation, chat)
    return messages.TURNED_ON


async def _turn_off(conversation: Conversation, chat: Chat) -> str:
    await conversation.context.storage.category_topics.turn_off(chat.id)
    await keep_topics(conversation, chat)
    conversation.context.wake()
    return messages.TURNED_OFF


async def _is_allowed(conversation: Conversation, chat: Chat) -> bool:
    with suppress(TelegramError):
        return await topics_of(conversation).may_manage(chat.chat_id)
    return False
