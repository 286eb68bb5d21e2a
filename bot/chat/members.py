"""Membership of the bot: blocked, unblocked, added, removed, and groups that migrate."""

from contextlib import suppress

from telegram import ChatMember, ChatMemberUpdated
from telegram import Message as TelegramMessage
from telegram.error import ChatMigrated

from bot.channels import may_read
from bot.chat import channel_posts
from bot.chat.context import HandlerContext
from bot.chat.conversation import ensure_chat, kind_of
from bot.chat.replies import NotSent, Replies
from bot.deliver.category_topics import CategoryTopics
from bot.ingest.channel_posts import source_of
from bot.locale import Voice
from bot.messages import settings as settings_messages
from bot.messages.message import Message
from bot.timetable import find_time_zone
from storage.records import Chat, ChatKind, ChatState

_GONE = (ChatMember.LEFT, ChatMember.BANNED)


async def membership_changed(changed: ChatMemberUpdated, replies: Replies, context: HandlerContext) -> None:
    """Handle a change of the bot's status in a chat."""
    status = changed.new_chat_member.status
    kind = kind_of(changed.chat)
    replies.ephemeral.membership_changed(changed.chat.id)
    was_there = _is_there(changed.old_chat_member, kind)
    if kind is ChatKind.CHANNEL:
        await channel_posts.note_membership(changed.chat.id, context, reads=may_read(status))
    if not _is_there(changed.new_chat_member, kind):
        await context.storage.chats.pause(
            changed.chat.id, state=ChatState.PAUSED, reason=f"the bot's status is {status}", now=context.now()
        )
        return
    if kind is ChatKind.PRIVATE:
        await context.storage.chats.resume(changed.chat.id, now=context.now())
        return
    # A person who only changes the bot's rights did not add it.
    added_by = None if was_there else changed.from_user.id
    chat = await ensure_chat(context, changed.chat, changed.from_user, added_by=added_by)
    if kind is ChatKind.GROUP:  # the bot may have got the right to manage topics
        await CategoryTopics(context.storage, replies.bot, context.now).keep(chat.chat_id)
    voice = Voice(chat.language, find_time_zone(chat.timezone))
    if kind is ChatKind.GROUP and not was_there:
        await _write(replies, chat.chat_id, settings_messages.group_greeting(voice, bot_name=replies.bot.first_name))
    if kind is ChatKind.CHANNEL and (source := await source_of(context.storage, chat.chat_id)):
        await channel_posts.mute_own_news(source, context)
    if kind is ChatKind.CHANNEL and not was_there:
        await _tell_who_added(changed, replies, context, chat)


def _is_there(us: ChatMember, kind: ChatKind) -> bool:
    """Returns whether the bot is a member. In a channel, it must also be allowed to post."""
    can_post = getattr(us, "can_post_messages", True) is not False
    return us.status not in _GONE and (kind is not ChatKind.CHANNEL or can_post)


async def _tell_who_added(changed: ChatMemberUpdated, replies: Replies, context: HandlerContext, chat: Chat) -> None:
    """Tell the person who added the bot, because a channel is set up from that person's private chat."""
    theirs = await context.storage.chats.get(changed.from_user.id)
    voice = Voice(theirs.language if theirs else chat.language)
    await _write(replies, changed.from_user.id, settings_messages.channel_greeting(chat, voice))


async def _write(replies: Replies, chat_id: int, message: Message) -> None:
    # The person may never have started the bot, or it may not write there. Then there is no message.
    with suppress(NotSent, ChatMigrated):
        await replies.send(chat_id, message)


async def group_moved(message: TelegramMessage, context: HandlerContext) -> None:
    """Handle a group that became a supergroup. Both chats send such a message, in either order."""
    if message.migrate_to_chat_id:
        await context.storage.chats.migrate(message.chat.id, message.migrate_to_chat_id, now=context.now())
    elif message.migrate_from_chat_id:
        await context.storage.chats.migrate(message.migrate_from_chat_id, message.chat.id, now=context.now())
