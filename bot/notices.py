"""Notices for the bot's administrators. They are stored as deliveries, so a restart loses none."""

from collections.abc import Sequence
from datetime import datetime

from bot.config import Config
from bot.messages.notice import Notice
from storage import Storage
from storage.records import Chat, ChatKind, Lane


async def notify_admins(storage: Storage, config: Config, notices: Sequence[Notice], *, now: datetime) -> None:
    """Queue these notices for every administrator."""
    chats = [chat.id for chat in await admin_chats(storage, config, now=now)]
    for notice in notices:
        await storage.deliveries.enqueue_notice(chats, notice.to_json(), lane=Lane.ALERT, now=now)


async def admin_chats(storage: Storage, config: Config, *, now: datetime) -> list[Chat]:
    """Returns the private chat of every administrator. Creates missing ones."""
    return await _private_chats(storage, config, config.admins, now)


async def staff_chats(storage: Storage, config: Config, *, now: datetime) -> list[Chat]:
    """Returns the private chat of every administrator and editor. Creates missing ones."""
    return await _private_chats(storage, config, config.staff, now)


async def _private_chats(storage: Storage, config: Config, people: Sequence[int], now: datetime) -> list[Chat]:
    return [
        await storage.chats.ensure(
            user_id,
            None,
            kind=ChatKind.PRIVATE,
            title=None,
            language=config.language,
            timezone=config.timezone.key,
            now=now,
        )
        for user_id in people
    ]
