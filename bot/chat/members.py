"""Coming and going: blocked and unblocked, added to groups and channels, removed from them, groups that move."""

from contextlib import suppress

from telegram import ChatMember, ChatMemberUpdated
from telegram import Message as TelegramMessage
from telegram.error import ChatMigrated

from bot.chat.context import HandlerContext
from bot.chat.conversation import ensure_chat, kind_of
from bot.chat.replies import NotSent, Replies
from bot.locale import Voice
from bot.messages import settings as settings_messages
from bot.messages.message import Message
from bot.timetable import find_time_zone
from storage.records import Chat, ChatKind, ChatState

_GONE = (ChatMember.LEFT, ChatMember.BANNED)


async def membership_changed(changed: ChatMemberUpdated, replies: Replies, context: HandlerContext) -> None:
    """What we are in a chat has changed."""
    status = changed.new_chat_member.status
    kind = kind_of(changed.chat)
    was_there = _is_there(changed.old_chat_member, kind)
    if not _is_there(changed.new_chat_member, kind):
        await context.storage.chats.pause(
            changed.chat.id, state=ChatState.PAUSED, reason=f"the bot's status is {status}", now=context.now()
        )
        return
    if kind is ChatKind.PRIVATE:
        await context.storage.chats.resume(changed.chat.id, now=context.now())
        return
    # Who changes our rights later did not bring us.
    added_by = None if was_there else changed.from_user.id
    chat = await ensure_chat(context, changed.chat, changed.from_user, added_by=added_by)
    voice = Voice(chat.language, find_time_zone(chat.timezone))
    if kind is ChatKind.GROUP and not was_there:
        await _write(replies, chat.chat_id, settings_messages.group_greeting(voice, named=replies.bot.first_name))
    if kind is ChatKind.CHANNEL and not was_there:
        await _tell_who_added(changed, replies, context, chat)


def _is_there(us: ChatMember, kind: ChatKind) -> bool:
    """Whether we are in a chat; in a channel where we may not write, we are as good as not."""
    can_post = getattr(us, "can_post_messages", True) is not False
    return us.status not in _GONE and (kind is not ChatKind.CHANNEL or can_post)


async def _tell_who_added(changed: ChatMemberUpdated, replies: Replies, context: HandlerContext, chat: Chat) -> None:
    """Channels are settled from the private chat of whoever added us."""
    theirs = await context.storage.chats.get(changed.from_user.id)
    voice = Voice(theirs.language if theirs else chat.language)
    await _write(replies, changed.from_user.id, settings_messages.channel_greeting(chat, voice))


async def _write(replies: Replies, chat_id: int, message: Message) -> None:
    # They may not have started us, or we may not write there: then nothing is said.
    with suppress(NotSent, ChatMigrated):
        await replies.send(chat_id, message)


async def group_moved(message: TelegramMessage, context: HandlerContext) -> None:
    """A group became a supergroup. Both chats tell it, and either may come first."""
    if message.migrate_to_chat_id:
        await context.storage.chats.migrate(message.chat.id, message.migrate_to_chat_id, now=context.now())
    elif message.migrate_from_chat_id:
        await context.storage.chats.migrate(message.migrate_from_chat_id, message.chat.id, now=context.now())
