"""Telegram channels as sources: which channel an address means, and whether Telegram sends its posts to the bot."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from telegram import Bot, ChatMember
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden

from bot.ingest.discovery import SourcePreview
from bot.ingest.formats.channel_post import PRIVATE, chat_of_source, source_url
from bot.telegram_http import ask
from storage.records import Source, SourceKind, SourceProblem, Visit

NOT_ADMINISTRATOR: Final = "the bot is no administrator of this channel, so Telegram does not send its posts"
_HOST: Final = r"(?:https?://)?(?:www\.)?(?:t|telegram)\.(?:me|dog)/"
_NAME: Final = r"[A-Za-z]\w{3,31}"
_PUBLIC: Final = re.compile(rf"(?:@|{_HOST}(?:s/)?)({_NAME})(?:/\d*)?/?(?:[?#].*)?", re.IGNORECASE | re.ASCII)
_PRIVATE: Final = re.compile(rf"{_HOST}c/(\d{{1,15}})(?:/.*)?", re.IGNORECASE | re.ASCII)
_NO_NAMES: Final = frozenset(
    "joinchat addlist addstickers addemoji share proxy socks login confirmphone boost".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as Telegram tells it."""

    chat_id: int
    title: str
    username: str | None
    is_administrator: bool  # whether the bot is one: only then Telegram sends the posts

    def preview(self) -> SourcePreview:
        """Returns the source that the channel becomes."""
        title = f"{self.title} (@{self.username})" if self.username else self.title
        return SourcePreview(url=source_url(self.chat_id), kind=SourceKind.CHANNEL, title=title, drafts=())

    def membership(self, source: Source, now: datetime) -> Visit | None:
        return membership_visit(source, now, reads=self.is_administrator)


def membership_visit(source: Source, now: datetime, *, reads: bool) -> Visit | None:
    """Returns what to record with the source of a channel, or None if that is known.

    `reads` says whether the bot sees the posts of the channel.
    """
    if reads is (source.failures == 0):
        return None
    if reads:
        return Visit(source_id=source.id, due_at=now, succeeded_at=now)
    return Visit(
        source_id=source.id, due_at=now, visited_at=now, error=NOT_ADMINISTRATOR, problem=SourceProblem.FORBIDDEN
    )


def channel_in(typed: str) -> int | str | None:
    """Returns the channel that an address means: its number, or its name with an "@". Returns None for others."""
    typed = typed.strip()
    if (chat_id := chat_of_source(typed)) is not None:
        return chat_id
    if private := _PRIVATE.fullmatch(typed):
        return -PRIVATE - int(private[1])
    public = _PUBLIC.fullmatch(typed)
    return f"@{public[1]}" if public and public[1].lower() not in _NO_NAMES else None


async def find_channel(bot: Bot, wanted: int | str) -> Channel | None:
    """Returns a channel, or None if there is none that the bot can see. Raises TelegramError."""
    try:
        chat = await ask(bot, "getChat", chat_id=wanted)
    except (BadRequest, Forbidden):  # there is none of that name, or it is private and the bot is no member
        return None
    if chat.get("type") != ChatType.CHANNEL:
        return None
    chat_id, title, username = chat["id"], chat.get("title"), chat.get("username")
    return Channel(
        chat_id=chat_id,
        title=title or username or str(chat_id),
        username=username,
        is_administrator=await is_administrator(bot, chat_id),
    )


async def is_administrator(bot: Bot, chat_id: int) -> bool:
    """Returns whether the bot is an administrator of a channel. Raises TelegramError."""
    try:
        us = await ask(bot, "getChatMember", chat_id=chat_id, user_id=bot.id)
    except (BadRequest, Forbidden):
        return False
    return may_read(us.get("status"))


def may_read(status: str | None) -> bool:
    """Returns whether the bot sees the posts of a channel in which it has this status."""
    return status in (ChatMember.ADMINISTRATOR, ChatMember.OWNER)
