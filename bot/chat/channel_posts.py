"""Channels that are sources: hands their posts to ingest, and notes whether Telegram sends them to the bot."""

import asyncio
import json
from typing import Any, Final

from telegram import Bot

from bot import logs
from bot.backoff import Backoff
from bot.channels import NOT_ADMINISTRATOR, channel_in, membership_visit
from bot.chat.context import HandlerContext
from bot.chat.wanted import source_subject
from bot.ingest.channel_posts import KINDS, ChannelPosts, source_of
from bot.messages.notice import SOURCE_FAILS, Notice
from bot.notices import notify_admins
from storage.errors import StorageError
from storage.records import Source, SourceProblem

log = logs.get_logger(__name__)

AFTER_FAILURE: Final = Backoff(0.5, 5.0)


def post_in(payload: str) -> dict[str, Any] | None:
    """Returns the update with a post of a channel, or None for any other update."""
    if not any(f'"{kind}"' in payload for kind in KINDS):  # most updates are others, and need not be read twice
        return None
    raw = json.loads(payload)
    return raw if isinstance(raw, dict) and any(isinstance(raw.get(kind), dict) for kind in KINDS) else None


async def receive(update: dict[str, Any], bot: Bot, context: HandlerContext) -> str | None:
    """Store the post of a channel that is a source, or its correction, however long storage fails.

    Returns None, or the reason why the post can't be stored.
    """
    posts = ChannelPosts(context.storage, context.finder.ingest.keeper, bot_id=bot.id, now=context.now)
    for pause in AFTER_FAILURE.pauses():
        try:
            return await posts.receive(update)
        except StorageError as error:
            log.error("channel_post_not_stored", reason=error)
        await asyncio.sleep(pause)
    raise AssertionError("the pauses have no end")


async def note_membership(chat_id: int, context: HandlerContext, *, reads: bool, tell: bool = True) -> None:
    """Note with the source of a channel whether the bot sees its posts.

    If the bot does not, and `tell` is true, the administrators are told.
    """
    storage, now = context.storage, context.now()
    source = await source_of(storage, chat_id)
    visit = membership_visit(source, now, reads=reads) if source is not None else None
    if source is None or visit is None:
        return
    await storage.sources.record_visits(visit)
    if not reads and tell:
        why = {"error": NOT_ADMINISTRATOR, "problem": SourceProblem.FORBIDDEN}
        notice = Notice(SOURCE_FAILS, {"source": source.shown_name, **why})
        await notify_admins(storage, context.config, [notice], now=now)


async def mute_own_news(source: Source, context: HandlerContext) -> None:
    """Keep a channel that gets news of the bot from getting its own posts as news again."""
    chat_id = channel_in(source.url)
    chat = await context.storage.chats.get(chat_id) if isinstance(chat_id, int) else None
    if chat is not None:
        subject = await context.storage.follows.ensure_subject(source_subject(source.id))
        await context.storage.follows.mute(chat.id, subject.id, now=context.now())
