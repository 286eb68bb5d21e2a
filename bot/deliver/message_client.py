"""How a letter goes out: what the requests of a broadcast share is encoded once, only the chat differs."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from telegram.ext import ExtBot

from bot.deliver.pace import Pacer
from bot.messages.message import Message, fields, plain_text
from bot.telegram_http import Form
from storage.records import Claim, DigestSnapshot


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    message: Message
    revision: int  # of what it shows: of its article, or of all headlines of a digest together; 0 of a notice
    form: bytes  # the request's parameters but the chat
    snapshot: DigestSnapshot | None = None  # of a digest


def rendered(message: Message, revision: int = 0, snapshot: DigestSnapshot | None = None) -> RenderedMessage:
    return RenderedMessage(message, revision, urlencode(fields(message)).encode(), snapshot)


def without_markup(refused: RenderedMessage) -> RenderedMessage:
    """The same without markup and buttons, for when Telegram refuses those."""
    text, preview = plain_text(refused.message), json.dumps({"is_disabled": True})
    form = urlencode({"text": text, "link_preview_options": preview}).encode()
    return replace(refused, message=Message(text), form=form)


class MessageClient:
    """Sends and edits at the pacer's word. Raises the library's errors, as the bot's methods do."""

    def __init__(self, bot: ExtBot[Any], pacer: Pacer, *, paid_broadcast: bool) -> None:
        self._bot = bot
        self._pacer = pacer
        self._paid = b"&allow_paid_broadcast=true" if paid_broadcast else b""

    async def send(self, claim: Claim, rendered: RenderedMessage, check: Callable[[], None]) -> int:
        """The new message's id. `check` is called when it is its turn, and may still stop it by raising."""
        topic = b"&message_thread_id=%d" % claim.topic_id if claim.topic_id is not None else b""
        silent = b"&disable_notification=true" if claim.silent else b""
        form = b"chat_id=%d%b%b%b&%b" % (claim.chat_id, topic, silent, self._paid, rendered.form)
        sent = await self._pacer.paced(claim.chat_id, claim.lane, partial(self._ask, "sendMessage", form, check))
        return int(sent["message_id"])

    async def edit(self, claim: Claim, rendered: RenderedMessage, check: Callable[[], None]) -> None:
        form = b"chat_id=%d&message_id=%d&%b" % (claim.chat_id, claim.message_id or 0, rendered.form)
        await self._pacer.paced(claim.chat_id, claim.lane, partial(self._ask, "editMessageText", form, check))

    async def _ask(self, method: str, form: bytes, check: Callable[[], None]) -> Any:
        check()
        # The library's way around its request object costs four times what sending does: parameters are built and
        # answers parsed into objects for each chat anew. Its errors are made below that, and stay what they are.
        url = f"{self._bot.base_url}/{method}"
        return await self._bot.request.post(url, Form(form))  # type: ignore[arg-type]  # stands for RequestData
