"""Who may change the settings of a chat: anybody in a private chat, administrators elsewhere."""

from telegram import Bot, ChatMember, Message
from telegram.constants import ChatID
from telegram.error import BadRequest, Forbidden

from bot.telegram_http import ask
from storage.records import ChatKind

_MANAGE = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def is_anonymous_admin(message: Message | None) -> bool:
    """Returns whether a message is from an anonymous administrator, whose sender is the group itself."""
    return (
        message is not None
        and message.sender_chat is not None
        and message.sender_chat.id == message.chat.id
        and message.from_user is not None
        and message.from_user.id == ChatID.ANONYMOUS_ADMIN
    )


async def may_manage(bot: Bot, chat_id: int, kind: ChatKind, user_id: int | None) -> bool:
    """Returns whether a person may change the settings of a chat.

    Telegram is asked each time: old buttons stay, while administrators change.
    """
    if kind is ChatKind.PRIVATE:
        return chat_id == user_id
    if user_id is None:
        return False
    try:
        member = await ask(bot, "getChatMember", chat_id=chat_id, user_id=user_id)
    except (BadRequest, Forbidden):  # no such member, or the bot was removed
        return False
    return member.get("status") in _MANAGE
