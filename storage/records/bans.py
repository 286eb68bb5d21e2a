"""Bans: people and chats that the bot does not answer."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A person or a chat that the bot does not answer."""

    number: int  # Telegram's number of the person or the chat
    banned_at: datetime
    banned_by: int  # Telegram's number of the administrator
