"""Answers one update: a message, a pressed button, or a change of the bot's membership."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from telegram import Message as TelegramMessage
from telegram import MessageOriginChannel, Update
from telegram.constants import ChatType
from telegram.ext import ExtBot, filters

from bot import logs
from bot.chat import channel_posts, dispatch, documents, guests, members, plain_words, presses, reactions, sources
from bot.chat.context import HandlerContext
from bot.chat.conversation import Conversation, answer_query, open_conversation
from bot.chat.ephemeral import EphemeralSupport
from bot.chat.inbox import Answerer
from bot.chat.replies import NotSent, Replies
from bot.chat.updates import Unreadable, parse_update
from bot.messages.message import Message
from storage.records import ChatKind

log = logs.get_logger(__name__)

ALLOWED_UPDATES: Final = [
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
    Update.GUEST_MESSAGE,
    Update.MESSAGE_REACTION_COUNT,
    Update.CHANNEL_POST,
    Update.EDITED_CHANNEL_POST,
]
ALBUMS_KEPT: Final = 1_000
# Service messages. A reopened topic is none of them here, because it makes its chat active again.
_TOLD_BY_TELEGRAM: Final = filters.StatusUpdate.ALL & ~filters.StatusUpdate.FORUM_TOPIC_REOPENED


class Albums:
    """The last albums that were answered: each picture of an album is a message, and one answer is enough."""

    def __init__(self) -> None:
        self._answered: deque[str] = deque(maxlen=ALBUMS_KEPT)

    def is_new(self, album: str | None) -> bool:
        """Returns False if a message of this album was answered. None stands for a message outside of an album."""
        if album is None:
            return True
        new = album not in self._answered
        self._answered.append(album)
        return new


def make_answerer(bot: ExtBot[Any], context: HandlerContext) -> Answerer:
    """Returns the function with which the inbox answers updates."""

    albums, ephemeral = Albums(), EphemeralSupport()

    async def answer(payload: str, *, late: bool, too_fast: bool, let_others_in: Callable[[], None]) -> str | None:
        if (post := channel_posts.post_in(payload)) is not None:
            return await channel_posts.receive(post, bot, context)
        try:
            update = parse_update(payload, bot)
        except Unreadable as error:
            return f"unreadable: {error}"
        replies = Replies(bot, muted=late, ephemeral=ephemeral, let_others_in=let_others_in)
        return await _answer_update(update, replies, context, albums, too_fast=too_fast)

    return answer


async def _answer_update(
    update: Update, replies: Replies, context: HandlerContext, albums: Albums, *, too_fast: bool
) -> str | None:
    """Handle an update. If that fails, apologise to the reader and return the reason."""
    try:
        if await _is_banned(update, context):
            return None
        if update.guest_message is not None:
            return await guests.answer(update.guest_message, replies, context, too_fast=too_fast)
        if too_fast:
            await _slow_down(update, replies, context)
        else:
            await _handle(update, replies, context, albums)
        return None
    except NotSent as error:
        reason = f"not sent: {error}"
        if not error.refused:
            return reason
    except Exception as error:  # the reader gets an apology, the log gets the cause
        log.exception("handler_failed", update=update.update_id)
        reason = f"failed: {type(error).__name__}: {error}"
    if update.guest_message is not None:  # it has one answer, which may be given already
        return reason
    try:
        await _apologise(update, replies, context)
    except Exception as error:
        log.warning("apology_failed", update=update.update_id, reason=error)
    return reason


async def _is_banned(update: Update, context: HandlerContext) -> bool:
    """Returns whether the person or the chat is banned.

    A banned group that gets a new number stays banned under that.
    """
    message = update.message
    if message is not None and (message.migrate_to_chat_id or message.migrate_from_chat_id):
        return False
    involved = (update.effective_user, update.effective_chat, message.sender_chat if message else None)
    return bool(await context.storage.bans.among([one.id for one in involved if one is not None]))


async def _slow_down(update: Update, replies: Replies, context: HandlerContext) -> None:
    """Tell a person that the allowance is used up."""
    conversation = await open_conversation(update, replies, context)
    if conversation is not None:
        await conversation.for_asker().refuse(
            conversation.voice.plural(
                "Slower, please. I answer {n} request a minute.",
                "Slower, please. I answer {n} requests a minute.",
                context.admission.per_minute,
            )
        )


async def _handle(update: Update, replies: Replies, context: HandlerContext, albums: Albums) -> None:
    message, edited = update.message, update.edited_message
    if update.my_chat_member is not None:
        await members.membership_changed(update.my_chat_member, replies, context)
    elif update.message_reaction_count is not None:
        await reactions.counted(update.message_reaction_count, context)
    elif update.callback_query is not None:
        conversation = await open_conversation(update, replies, context)
        if conversation is not None:
            await presses.handle_press(conversation, update.callback_query.data or "")
        else:  # the message is not told: it was posted in inline mode, or the bot's settings leave it out
            await answer_query(update.callback_query)
    elif message is not None and (message.migrate_to_chat_id or message.migrate_from_chat_id):
        await members.group_moved(message, context)
    elif message is not None and message.via_bot is not None and message.via_bot.id == replies.bot.id:
        return  # a person has chosen a result of an inline query
    elif message is not None and not _TOLD_BY_TELEGRAM.check_update(update):
        conversation = await open_conversation(update, replies, context)  # also reactivates the chat
        if conversation is not None:
            await _answer_message(conversation, message, albums)
    elif edited is not None and edited.text and edited.chat.type == ChatType.PRIVATE:
        conversation = await open_conversation(update, replies, context)
        if conversation is not None:
            await dispatch.run_typed(conversation, edited.text)


async def _answer_message(conversation: Conversation, message: TelegramMessage, albums: Albums) -> None:
    """Answer what a message says. In a private chat, one without words is answered too, and an album once."""
    if message.document is not None and documents.is_for_us(conversation, message):
        await documents.receive(conversation, message.document)
    elif isinstance(message.forward_origin, MessageOriginChannel) and conversation.chat.kind is ChatKind.PRIVATE:
        if albums.is_new(message.media_group_id):
            await sources.answer_forwarded_post(conversation, message.forward_origin.chat.id)
    elif text := message.text or message.caption:
        await dispatch.run_typed(conversation, text)
    elif conversation.chat.kind is ChatKind.PRIVATE and albums.is_new(message.media_group_id):
        if message.document is not None and message.animation is None:
            await documents.refuse(conversation)
            return
        spoken = bool(message.voice or message.audio or message.video_note)
        await plain_words.cannot_read(conversation, spoken=spoken)


async def _apologise(update: Update, replies: Replies, context: HandlerContext) -> None:
    conversation = await open_conversation(update, replies, context)
    if conversation is not None:
        text = conversation.voice.say("Something went wrong. Please try again in a moment.")
        await conversation.answer(Message(text))
