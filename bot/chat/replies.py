"""Sends replies, with retries, and in simpler forms if Telegram refuses a page or the text."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from telegram import InlineKeyboardMarkup, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot
from telegram.request import BaseRequest

from bot import logs
from bot.backoff import Backoff
from bot.chat.ephemeral import EphemeralSupport, Receiver
from bot.messages.message import Message, Page, request_fields, simpler_forms
from bot.telegram_http import ConnectionLost, File, Form, StatusRefused, post, retry_after_seconds, upload

log = logs.get_logger(__name__)

PATIENCE: Final = 600.0  # seconds for which a reply waits for a server that is unwell, or for the end of a flood
AFTER_FAILURE: Final = Backoff(5.0, 30.0)  # the pacer has tried for some seconds already
# Of an ephemeral message that the bot may not send, or not to this person, in any form.
_NOT_EPHEMERAL: Final = ("bot_not_admin", "query_id_invalid", "user_not_participant")
# Of a message that was deleted, or is too old, or is not ours: no simpler text helps.
_NO_EDIT: Final = ("message to edit not found", "message can't be edited", "message_id_invalid")


# What a server says that does not know pages: it reads a message without a text.
_NO_PAGES: Final = ("text is empty", "text must be non-empty", "rich message must be non-empty")
PAGE_SECONDS: Final = 90.0  # for an answer to a page, since Telegram takes its pictures first
_SEND, _SEND_PAGE = "sendMessage", "sendRichMessage"


def knows_no_pages(error: TelegramError) -> bool:
    """Returns whether a server refused a page because it is too old for pages.

    Its method is missing (404), or the field.
    """
    return isinstance(error, InvalidToken) or any(words in error.message.lower() for words in _NO_PAGES)


class NotSent(Exception):
    """A reply did not reach its chat. `refused`: because Telegram takes no form of it."""

    def __init__(self, error: TelegramError) -> None:
        super().__init__(f"{type(error).__name__}: {error.message}")
        self.refused = isinstance(error, BadRequest)


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a new message."""

    chat_id: int
    topic_id: int | None = None
    reply_to: int | None = None  # the message that it replies to

    def parameters(self) -> dict[str, str]:
        topic = {} if self.topic_id is None else {"message_thread_id": str(self.topic_id)}
        if self.reply_to is None:
            return topic
        return topic | {
            "reply_parameters": ReplyParameters(self.reply_to, allow_sending_without_reply=True).to_json()
        }


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of the bot, as one that can be edited."""

    chat_id: int
    message_id: int  # of an ephemeral message: its `ephemeral_message_id`
    seen_by: int | None = None  # Telegram's number of the only person who sees an ephemeral message

    def method(self, changed: str) -> str:
        """Returns the method that edits a part of this message. `changed` is "Text" or "ReplyMarkup"."""
        return f"editMessage{changed}" if self.seen_by is None else f"editEphemeralMessage{changed}"

    def parameters(self) -> dict[str, str]:
        if self.seen_by is None:
            return {"message_id": str(self.message_id)}
        return {"receiver_user_id": str(self.seen_by), "ephemeral_message_id": str(self.message_id)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A form of a message that Telegram refused."""

    form: Message
    error: TelegramError


@dataclass(frozen=True, slots=True)
class Taken:
    """What Telegram took: a message in one of its forms."""

    form: Message
    sent: SentMessage | None = None  # None: its number is not known
    answer: object = None  # Telegram's; None: the message showed this already
    refusals: tuple["Refusal", ...] = ()  # of better forms, the best one first


@dataclass(frozen=True, slots=True)
class Replies:
    """Sends the replies to one update. The library does not parse Telegram's responses: a reply without an error is
    sent.

    A reply waits out floods and a server that is unwell. A reply that Telegram refuses is sent in simpler forms.
    """

    bot: ExtBot[Any]
    muted: bool = False  # nothing is sent, because nobody waits for the reply any more
    ephemeral: EphemeralSupport = field(default_factory=EphemeralSupport)
    let_others_in: Callable[[], None] = lambda: None  # the chat's next update need not wait for the last reply

    async def send(
        self, chat_id: int, message: Message, *, topic_id: int | None = None, reply_to: int | None = None
    ) -> Taken:
        """Send a new message. Raises NotSent, and ChatMigrated if the group has a new id."""
        where = Where(chat_id, topic_id, reply_to).parameters()
        taken = await self._in_some_form(_SEND, chat_id, message, where)
        if isinstance(taken, TelegramError):
            raise NotSent(taken)
        return replace(taken, sent=_sent(chat_id, taken.answer))

    async def send_to_one(
        self, chat_id: int, message: Message, receiver: Receiver, *, topic_id: int | None = None
    ) -> Taken | None:
        """Send a new message that only one person in a group sees. Returns None if Telegram does not take it.

        Raises NotSent, and ChatMigrated if the group has a new id.
        """
        if not self.ephemeral.is_known:
            return None
        where = Where(chat_id, topic_id).parameters()
        for parameters in receiver.forms(admin=self.ephemeral.may_be_admin(chat_id)):
            asked = where | {"ephemeral_message_parameters": parameters}
            taken = await self._in_some_form(_SEND, chat_id, message, asked)
            if isinstance(taken, TelegramError):
                self.ephemeral.note_refusal(chat_id, taken)
                log.info("ephemeral_refused", chat=chat_id, reason=taken.message)
                continue
            sent = _sent(chat_id, taken.answer, receiver.person)
            if sent is not None and sent.seen_by is None:
                self.ephemeral.is_known = False  # everybody sees this message
            return replace(taken, sent=sent) if sent is not None else None
        return None

    async def send_file(self, where: Where, file: File, caption: str) -> None:
        """Send a file with a caption (HTML). Raises NotSent, and ChatMigrated if the group has a new id."""
        values = where.parameters() | {"caption": caption, "parse_mode": ParseMode.HTML}
        try:
            await self._call("sendDocument", where.chat_id, values, [file])
        except (BadRequest, StatusRefused) as error:
            raise NotSent(error) from error

    async def send_by_address(self, where: Where, kind: str, address: str, caption: str) -> bool:
        """Send a file that Telegram fetches from an address, with a caption (HTML). `kind` is "audio" or "video".

        Returns False if Telegram refuses it. Raises NotSent, and ChatMigrated if the group has a new id.
        """
        values = where.parameters() | {kind: address, "caption": caption, "parse_mode": ParseMode.HTML}
        try:
            await self._call(f"send{kind.title()}", where.chat_id, values)
        except BadRequest as error:
            log.info("medium_not_fetched", chat=where.chat_id, reason=error.message)
            return False
        return True

    async def edit(self, sent: SentMessage, message: Message) -> Taken | None:
        """Replace a sent message. Returns None if it can't be edited. Raises NotSent."""
        taken = await self._in_some_form(sent.method("Text"), sent.chat_id, message, sent.parameters())
        return None if isinstance(taken, TelegramError) else replace(taken, sent=sent)

    async def edit_buttons(self, sent: SentMessage, buttons: InlineKeyboardMarkup) -> None:
        """Replace the buttons of a sent message. Raises NotSent. A message that can't be edited stays as it is."""
        values = sent.parameters() | {"reply_markup": buttons.to_json()}
        try:
            await self._call(sent.method("ReplyMarkup"), sent.chat_id, values)
        except BadRequest as error:
            log.info("buttons_not_replaced", chat=sent.chat_id, reason=error.message)

    async def _in_some_form(
        self, method: str, chat_id: int, message: Message, where: dict[str, str]
    ) -> Taken | TelegramError:
        """Call the method with the message, and with simpler forms of it until one is taken. A message that shows
        this form already counts as taken. Returns the last refusal if no form is taken.
        """
        refusals: list[Refusal] = []
        for form in simpler_forms(message):
            if form.pages and not _is_worth_trying(form.pages[0], refusals):
                continue
            values, page = where | request_fields(form), next(iter(form.pages), None)
            files = [File(name, f"{name}.jpg", new) for name, new in page.new_files.items()] if page else []
            name = _SEND_PAGE if page and method == _SEND else method
            try:
                answer = await self._call(name, chat_id, values, files, page=page is not None)
                return Taken(form, answer=answer, refusals=tuple(refusals))
            except (BadRequest, InvalidToken, StatusRefused) as error:
                said = error.message.lower()
                if "not modified" in said:
                    return Taken(form, refusals=tuple(refusals))
                refusals.append(Refusal(form, error))
                if any(words in said for words in (*_NO_EDIT, *_NOT_EPHEMERAL)):
                    break
                log.warning("reply_refused", chat=chat_id, page=page is not None, reason=error.message)
        return refusals[-1].error

    async def _call(
        self, method: str, chat_id: int, values: dict[str, str], files: Sequence[File] = (), *, page: bool = False
    ) -> object:
        """Returns Telegram's answer. Raises BadRequest, ChatMigrated and NotSent.

        With a page, raises InvalidToken if the server does not know the method. With a page or files, raises
        StatusRefused.
        """
        if self.muted:
            return None
        values = {"chat_id": str(chat_id), **values}
        form = upload(values, *files) if files else Form(urlencode(values).encode())
        read = PAGE_SECONDS if page else BaseRequest.DEFAULT_NONE
        call = partial(post, self.bot.request, f"{self.bot.base_url}/{method}", form, read_seconds=read)
        limiter = self.bot.rate_limiter
        assert limiter is not None  # the app builds the bot with one
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE
        for pause in AFTER_FAILURE.pauses():
            try:
                return await limiter.process_request(call, (), {}, method, {"chat_id": chat_id}, None)
            except (BadRequest, ChatMigrated):
                raise
            except (Forbidden, TimedOut) as error:  # after a time-out, Telegram may have taken the reply all the same
                raise NotSent(error) from error
            except TelegramError as error:
                if (page and isinstance(error, InvalidToken)) or (
                    (page or files) and isinstance(error, StatusRefused)
                ):
                    raise
                if method == _SEND_PAGE and isinstance(error, ConnectionLost):
                    raise NotSent(error) from error  # a page takes so long that it may have been taken
                seconds = retry_after_seconds(error) if isinstance(error, RetryAfter) else pause
                if loop.time() + seconds > give_up_at:
                    raise NotSent(error) from error
                log.info("reply_waits", chat=chat_id, seconds=round(seconds), reason=error.message)
            await asyncio.sleep(seconds)
        raise AssertionError("the pauses have no end")


def _is_worth_trying(page: Page, refusals: Sequence[Refusal]) -> bool:
    """Returns whether the server may take this form of a page after it refused the better ones."""
    if any(knows_no_pages(one.error) for one in refusals):
        return False
    if not page.is_lighter:
        return True
    last = refusals[-1].error if refusals else None
    return isinstance(last, StatusRefused) and last.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _sent(chat_id: int, answer: object, receiver: int | None = None) -> SentMessage | None:
    """Returns the message of an answer, or None if the answer has no number of a message.

    `receiver` is the person who alone should see it. A server that does not know ephemeral messages ignores that.
    """
    given = answer if isinstance(answer, dict) else {}
    for name, seen_by in (("ephemeral_message_id", receiver), ("message_id", None)):
        number = given.get(name)
        if type(number) is int and number:
            return SentMessage(chat_id, number, seen_by)
    return None
