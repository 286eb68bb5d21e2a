"""One exchange with a chat: who speaks, in which language, and how the answer goes out."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from telegram import CallbackQuery, Chat, InlineKeyboardMarkup, MaybeInaccessibleMessage, Update, User
from telegram import Message as TelegramMessage
from telegram.error import ChatMigrated, TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.chat import rights
from bot.chat.context import HandlerContext
from bot.chat.ephemeral import Receiver
from bot.chat.questions import Question, question_in
from bot.chat.replies import NotSent, Replies, SentMessage, Taken, Where
from bot.locale import LANGUAGES, Voice
from bot.messages.message import Message
from bot.telegram_http import File
from bot.timetable import find_time_zone
from storage import records
from storage.records import EVERYTHING_READ, ChatKind, ChatState, Reading, ShownAs, Viewer

log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """An update of a person: the chat that it came from, and the ways to answer it."""

    context: HandlerContext
    replies: Replies
    chat: records.Chat
    voice: Voice
    user: User | None
    anonymous_admin: bool
    message_id: int  # of the person's message, or of the message whose button was pressed; 0: it is ephemeral
    reply_to: int | None  # the message of the bot that the person replied to
    replied_person: int | None  # Telegram's number of the person, or the channel, whom the person replied to
    question: Question | None  # of the bot, which the person replied to
    query: CallbackQuery | None
    shown: SentMessage  # the message that `replace` replaces: the one whose button was pressed, or an announcement
    receiver: Receiver | None  # answers are ephemeral, for this person; None: everybody sees them

    @property
    def bot(self) -> ExtBot[Any]:
        return self.replies.bot

    @property
    def answers_inline_queries(self) -> bool:
        """Whether the bot had inline mode when it started: a person can switch that at BotFather."""
        return bool(self.bot.supports_inline_queries)

    @property
    def is_private_answer(self) -> bool:
        """Whether only the person in a group is going to see what is shown, as far as the bot knows."""
        if self.receiver is None or self.query is not None:
            return self.receiver is not None and self.shown.seen_by is not None
        ephemeral = self.replies.ephemeral
        return ephemeral.is_known and ephemeral.may_be_admin(self.chat.chat_id)

    def viewer(self, *, with_muted: bool = False) -> Viewer:
        """Returns this chat as one that is shown articles. `with_muted`: also those that it mutes."""
        return Viewer(chat_row=self.chat.id, at=self.context.now(), with_muted=with_muted)

    async def answer(self, message: Message, *, quoting: bool = False) -> Taken:
        """Send a new message. In a group, it replies to the person's message, or to the one whose button was pressed.

        If `quoting` is True, it does so in a private chat as well. Raises NotSent.
        """
        reply_to = (self.message_id or None) if quoting or self.chat.kind is ChatKind.GROUP else None
        send, topic = self.replies.send, self.chat.topic_id
        try:
            # A keyboard or a question that is replied to is for all clients of the group.
            if self.receiver is not None and message.reply_keyboard is None:
                taken = await self.replies.send_to_one(self.chat.chat_id, message, self.receiver, topic_id=topic)
                if taken is not None:
                    return taken
            return await send(self.chat.chat_id, message, topic_id=topic, reply_to=reply_to)
        except ChatMigrated as moved:  # the update about the migration may come later
            await self.context.storage.chats.migrate(self.chat.chat_id, moved.new_chat_id, now=self.context.now())
            # It is in another chat, so what comes next is sent as a new message.
            return replace(await send(moved.new_chat_id, message, topic_id=topic), sent=None)

    async def announce(self, message: Message) -> "Conversation":
        """Show what the bot is doing. Returns a conversation in which `replace` puts the answer in its place.

        Raises NotSent.
        """
        if self.query is not None:
            await self.replace(message)
            return self
        taken = await self.answer(message)
        return self if taken.sent is None else replace(self, shown=taken.sent)

    async def answer_with_file(self, name: str, content: bytes, caption: str) -> None:
        """Send a file with a caption (HTML). Raises NotSent."""
        reply_to = self.message_id if self.chat.kind is ChatKind.GROUP and self.query is None else None
        where = Where(self.chat.chat_id, self.chat.topic_id, reply_to)
        await self.replies.send_file(where, File("document", name, content), caption)

    async def answer_with_medium(self, kind: str, address: str, caption: str) -> bool:
        """Send a sound or a film ("audio", "video") that Telegram fetches from its address, with a caption (HTML).

        Returns False if Telegram can't fetch it, or may not send it here. Raises NotSent.
        """
        if self.receiver is not None:  # a file is for all of the group, and the answer is for one person
            return False
        reply_to = (self.message_id or None) if self.chat.kind is ChatKind.GROUP else None
        where = Where(self.chat.chat_id, self.chat.topic_id, reply_to)
        try:
            return await self.replies.send_by_address(where, kind, address, caption)
        except ChatMigrated:
            return False  # the link goes to the new group

    async def answer_query(self, text: str | None = None, *, show_alert: bool = False) -> None:
        """Answer the callback query of the pressed button. Failures are only logged."""
        if self.query is not None:
            await answer_query(self.query, text, show_alert=show_alert)

    async def refuse(self, text: str) -> None:
        """Show why a request is refused: as an alert if a button was pressed, else as a message."""
        if self.query is None:
            await self.answer(Message(text))
        else:
            await self.answer_query(text, show_alert=True)

    async def replace(self, message: Message, shown_as: ShownAs | None = None) -> Taken:
        """Replace the message whose button was pressed. Raises NotSent.

        `shown_as` says how the text of `message` shows its article. None: it shows something else.
        """
        try:
            edited = await self.replies.edit(self.shown, message)
        except ChatMigrated:
            edited = None
        except NotSent:
            if message.pages:  # it may be shown nevertheless
                await self._note_shape(ShownAs.PAGE)
            raise
        if edited is None:  # it was deleted, or is too old
            return await self.answer(message)
        if edited.form.pages:
            await self._note_shape(ShownAs.PAGE)
        elif shown_as is not None or self._shows_page:
            await self._note_shape(shown_as or ShownAs.SENT)
        return edited

    async def _note_shape(self, shown_as: ShownAs) -> None:
        """Record how the message shows its article now, so that a correction edits it in the same shape."""
        await self.context.storage.deliveries.note_shape(self.chat.chat_id, self.message_id, shown_as)

    @property
    def _shows_page(self) -> bool:
        """Whether the message whose button was pressed is a page."""
        return self.query is not None and "rich_message" in getattr(self.query.message, "api_kwargs", {})

    @property
    def buttons(self) -> InlineKeyboardMarkup | None:
        """The buttons of the message whose button was pressed. None if Telegram does not give the message."""
        return getattr(self.query.message, "reply_markup", None) if self.query is not None else None

    async def replace_buttons(self, buttons: InlineKeyboardMarkup) -> None:
        """Replace the buttons of the message whose button was pressed. Its text stays."""
        with suppress(ChatMigrated):
            await self.replies.edit_buttons(self.shown, buttons)

    async def show(self, message: Message) -> None:
        """Replace the message if a button was pressed, else send a new one."""
        await (self.replace(message) if self.query else self.answer(message))

    def for_asker(self) -> "Conversation":
        """Returns a conversation whose answers only the person sees, if the group chose that.

        The same holds for a button of a message that only the person sees.
        """
        chosen = self.chat.kind is ChatKind.GROUP and self.chat.private_answers
        if self.user is None or self.anonymous_admin or not (chosen or self.shown.seen_by):
            return self
        return replace(self, receiver=Receiver(self.user.id, self.query.id if self.query is not None else None))

    async def may_manage(self) -> bool:
        """Returns whether the person may change the settings of this chat."""
        if self.anonymous_admin:
            return True
        user_id = self.user.id if self.user else None
        return await rights.may_manage(self.replies.bot, self.chat.chat_id, self.chat.kind, user_id)


async def require_manager(conversation: Conversation, refusal: str | None = None) -> bool:
    """Returns whether the person may change the settings of the chat. Refuses, with `refusal`, if not."""
    if await conversation.may_manage():
        return True
    text = refusal or conversation.voice.say("Only administrators can change what is sent here.")
    await conversation.refuse(text)
    return False


async def target_chat(conversation: Conversation, target: int) -> records.Chat | None:
    """Returns the chat whose settings a button changes. Refuses and returns None if the person may not manage it.

    `target` is the id of our row for the chat. 0 stands for the chat of the conversation.
    """
    if not target:
        return conversation.chat if await require_manager(conversation) else None
    chat = await conversation.context.storage.chats.get_by_id(target)
    user_id = conversation.user.id if conversation.user else None
    if chat is not None and await rights.may_manage(conversation.bot, chat.chat_id, chat.kind, user_id):
        return chat
    await conversation.refuse(conversation.voice.say("Only administrators can change what is sent there."))
    return None


async def answer_query(query: CallbackQuery, text: str | None = None, *, show_alert: bool = False) -> None:
    """Answer a callback query, so that the button of the person waits no longer. Failures are only logged.

    After an outage the query is too old to be answered, but the person still wants the button's action.
    """
    try:
        await query.answer(text, show_alert=show_alert or None)
    except TelegramError as error:
        chat = query.message.chat.id if query.message is not None else query.from_user.id
        log.info("query_not_answered", chat=chat, reason=error.message)


async def open_conversation(update: Update, replies: Replies, context: HandlerContext) -> Conversation | None:
    """Returns the conversation of an update, or None if the update has no chat. Reactivates an inactive chat."""
    message, chat, user = update.effective_message, update.effective_chat, update.effective_user
    if chat is None or message is None:
        return None
    is_topic = getattr(message, "is_topic_message", None)
    bot_id = replies.bot.id
    ours = await ensure_chat(context, chat, user, topic=message.message_thread_id if is_topic else None)
    query = update.callback_query
    replied = getattr(message, "reply_to_message", None)
    shown = _pressed_message(message, ours.chat_id, user)
    conversation = Conversation(
        context=context,
        replies=replies,
        chat=ours,
        voice=Voice(ours.language, find_time_zone(ours.timezone)),
        user=user,
        anonymous_admin=query is None and rights.is_anonymous_admin(update.message),
        message_id=message.message_id,
        reply_to=replied.message_id if replied and replied.from_user and replied.from_user.id == bot_id else None,
        replied_person=_replied_person(replied, ours.chat_id, bot_id) if replied else None,
        question=_question(replied) if replied and replied.from_user and replied.from_user.id == bot_id else None,
        query=query,
        shown=shown,
        receiver=None,
    )
    return conversation.for_asker() if query is not None else conversation


def _pressed_message(message: MaybeInaccessibleMessage, chat_id: int, user: User | None) -> SentMessage:
    """Returns the message of an update as one that can be edited."""
    number = message.api_kwargs.get("ephemeral_message_id")  # newer than the library
    if type(number) is int and user is not None:
        return SentMessage(chat_id, number, seen_by=user.id)  # who presses is who sees it
    return SentMessage(chat_id, message.message_id)


def _question(message: TelegramMessage) -> Question | None:
    entities = (*(message.entities or ()), *(message.caption_entities or ()))
    return question_in(entity.url for entity in entities)


def _replied_person(replied: TelegramMessage, chat_id: int, bot_id: int) -> int | None:
    """Returns who wrote a message. Returns None for the bot, and for an anonymous administrator of the group."""
    writer = replied.sender_chat or replied.from_user
    return writer.id if writer is not None and writer.id not in (chat_id, bot_id) else None


async def ensure_chat(
    context: HandlerContext, chat: Chat, user: User | None, *, topic: int | None = None, added_by: int | None = None
) -> records.Chat:
    """Returns the record of a chat. Creates a missing one in the person's language, if the bot speaks it."""
    spoken = spoken_language(user.language_code if user else None)
    language = spoken if spoken in LANGUAGES else context.config.language
    known = await context.storage.chats.get(chat.id, topic)
    published = [] if known else await context.storage.articles.languages()
    ours = await context.storage.chats.ensure(
        chat.id,
        topic,
        kind=kind_of(chat),
        title=chat.effective_name,
        language=language,
        timezone=context.config.timezone.key,
        now=context.now(),
        added_by=added_by,
        reading=own_reading(published, spoken, context.config.language),
    )
    if ours.state is not ChatState.ACTIVE:
        await context.storage.chats.resume(chat.id, now=context.now())
    return ours


def spoken_language(code: str | None) -> str:
    """Returns the language (ISO 639-1) of a code as Telegram gives it, or "" if there is none."""
    return (code or "").split("-")[0].lower()


def own_reading(published: Collection[str], spoken: str, default: str) -> Reading:
    """Returns what a new chat reads: news in its own language if there is any.

    Else it reads news in the default language of the bot. If all news is in one language, the chat reads everything,
    so that it gets news in its own language when that comes.
    """
    if spoken in published:
        return Reading(languages=(spoken,))
    return Reading(languages=(default,)) if default in published and len(published) > 1 else EVERYTHING_READ


def kind_of(chat: Chat) -> ChatKind:
    kinds = {Chat.PRIVATE: ChatKind.PRIVATE, Chat.CHANNEL: ChatKind.CHANNEL}
    return kinds.get(chat.type, ChatKind.GROUP)
