"""What the operator is told in the chat: durable, so that a restart loses none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from storage import Storage
from storage.records import Chat, ChatKind, Lane

BURST = "burst"  # source, pushed, held_back
OVERLOAD = "overload"  # owed, minutes
SOURCE_FAILS = "source_fails"  # source, error


@dataclass(frozen=True, slots=True)
class Notice:
    """A key of the catalogue with its values; the reader's language is chosen when it is sent."""

    key: str
    values: dict[str, str | int]

    def to_json(self) -> str:
        return json.dumps({"key": self.key, "values": self.values}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Notice":
        stored = json.loads(text)
        return cls(stored["key"], stored["values"])


async def tell_admins(storage: Storage, config: Config, notices: Sequence[Notice], *, now: datetime) -> None:
    """Owe these notices to every administrator."""
    for chat in await admin_chats(storage, config, now=now):
        for notice in notices:
            await storage.deliveries.owe_notice([chat.id], notice.to_json(), lane=Lane.ALERT, now=now)


async def admin_chats(storage: Storage, config: Config, *, now: datetime) -> list[Chat]:
    """The private chat of every administrator, made where it is missing."""
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
        for user_id in config.admins
    ]
