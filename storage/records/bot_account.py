"""The bot at Telegram that uses a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAccount:
    """A bot at Telegram."""

    bot_id: int  # Telegram's number of the bot. A new token of the same bot does not change it
    username: str
