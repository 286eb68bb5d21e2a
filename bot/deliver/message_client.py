"""Sends rendered messages. The requests of a broadcast differ only in the chat, so the rest is encoded once."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeGuard
from urllib.parse import urlencode

from telegram.constants import ChatType
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.deliver.pace import Pacer
from bot.messages.message import NO_PREVIEW, Message, plain_text, request_fields
from bot.telegram_http import ConnectionLost, Form, post
from storage.records import Claim, DigestSnapshot

Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message as it is sent to each chat that gets the same."""

    message: Message
    revision: int  # of its article, or the sum over the headlines of a digest; 0 for a notice
    form: bytes  # the request's parameters without the chat, URL-encoded
    snapshot: DigestSnapshot | None = None  # of a digest; None for other messages


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message that Telegram has accepted."""

    id: int  # Telegram's number
    in_channel: bool  # whether Telegram says that the chat is a channel


def render_message(message: Message, revision: int = 0, snapshot: DigestSnapshot | None = None) -> RenderedMessage:
    return RenderedMessage(message, revision, urlencode(request_fields(message)).encode(), snapshot)


def strip_markup(refused: RenderedMessage) -> RenderedMessage:
    """Returns the message without markup and buttons, for a second try after Telegram refused them."""
    text, preview = plain_text(refused.message), json.dumps({"is_disabled": True})
    form = urlencode({"text": text, "link_preview_options": preview}).encode()
    return replace(refused, message=Message(text), form=form)


def simpler_form(refused: RenderedMessage) -> RenderedMessage | None:
    """Returns the next best form of a message that Telegram refused, or None if only its plain text is left.

    The forms are its pages, its text, and its text without a preview.
    """
    message = refused.message
    if message.pages:
        message = replace(message, pages=message.pages[1:])
    elif message.preview != NO_PREVIEW:
        message = replace(message, preview=NO_PREVIEW)
    else:
        return None
    return render_message(message, refused.revision, refused.snapshot)


class MessageClient:
    """Sends and edits messages when the pacer allows. Raises the library's errors, as the bot's methods do."""

    def __init__(self, bot: ExtBot[Any], pacer: Pacer, *, paid_broadcast: bool) -> None:
        self._bot = bot
        self._pacer = pacer
        self._paid = b"&allow_paid_broadcast=true" if paid_broadcast else b""

    async def send(self, claim: Claim, rendered: RenderedMessage, check: Check) -> AcceptedMessage:
        """Send a message. Returns what Telegram says of it.

        `check` is awaited just before the request. If it raises, the message is not sent.
        """
        topic = b"&message_thread_id=%d" % claim.topic_id if claim.topic_id is not None else b""
        silent = b"&disable_notification=true" if claim.silent else b""
        form = b"chat_id=%d%b%b%b&%b" % (claim.chat_id, topic, silent, self._paid, rendered.form)

        async def request() -> AcceptedMessage:
            await check()
            answer = await self._ask("sendMessage", form)
            return AcceptedMessage(_message_id(answer), _is_in_channel(answer))

        return await self._pacer.send_when_allowed(claim.chat_id, claim.lane, request)

    async def edit(self, claim: Claim, rendered: RenderedMessage, check: Check) -> None:
        form = b"chat_id=%d&message_id=%d&%b" % (claim.chat_id, claim.message_id or 0, rendered.form)

        async def request() -> None:
            await check()
            _message_id(await self._ask("editMessageText", form))

        await self._pacer.send_when_allowed(claim.chat_id, claim.lane, request)

    async def ping(self) -> None:
        """Ask the server for something harmless. Raises TelegramError if the server does not answer properly."""
        bot = await self._ask("getMe", b"")
        if not isinstance(bot, dict) or not _is_number(bot.get("id")):
            raise NetworkError("the answer is no bot")

    async def _ask(self, method: str, form: bytes) -> object:
        # The library's bot methods cost four times as much as sending itself: for each chat, they build parameters
        # and parse the answer into objects. The library raises its errors in a lower layer, so they stay the same.
        url = f"{self._bot.base_url}/{method}"
        return await post(self._bot.request, url, Form(form))


def _message_id(answer: object) -> int:
    """Returns the id of the message that the server accepted. Raises ConnectionLost if the answer is no message."""
    number = answer.get("message_id") if isinstance(answer, dict) else None
    if not _is_number(number):
        raise ConnectionLost("the answer is no message")
    return number


def _is_in_channel(answer: object) -> bool:
    chat = answer.get("chat") if isinstance(answer, dict) else None
    return isinstance(chat, dict) and chat.get("type") == ChatType.CHANNEL


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value < 2**63
