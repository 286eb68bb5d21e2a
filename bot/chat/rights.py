"""Who may settle what a chat gets: anybody in a private chat, administrators elsewhere."""

from telegram import Bot, ChatMember, Message
from telegram.constants import ChatID
from telegram.error import BadRequest, Forbidden

from storage.records import ChatKind

_MANAGE = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def is_anonymous_admin(message: Message | None) -> bool:
    """Whether a message comes from an anonymous administrator, who writes as the group itself."""
    return (
        message is not None
        and message.sender_chat is not None
        and message.sender_chat.id == message.chat.id
        and message.from_user is not None
        and message.from_user.id == ChatID.ANONYMOUS_ADMIN
    )


async def may_manage(bot: Bot, chat_id: int, kind: ChatKind, user_id: int | None) -> bool:
    """Asked anew each time: administrators change, and buttons stay."""
    if kind is ChatKind.PRIVATE:
        return chat_id == user_id
    if user_id is None:
        return False
    try:
        member = await bot.get_chat_member(chat_id, user_id)
    except (BadRequest, Forbidden):  # no such member, or we are not there any more
        return False
    return member.status in _MANAGE
