"""Deep links: addresses that open a chat with the bot, or add the bot to a group or a channel.

A start parameter has at most 64 characters, all of A-Z a-z 0-9 _ -, so it names its target by an id.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from telegram import InlineKeyboardButton

from bot.locale import Voice

# The rights that the bot needs in a channel. It may always edit what it has posted.
CHANNEL_RIGHTS: Final = "post_messages"
_START: Final = re.compile(r"(art|cat|sub|src|story|play)_(\d{1,15})")


class Target(StrEnum):
    """What the number in a start parameter stands for."""

    ARTICLE = "art"  # opens the article
    CATEGORY = "cat"  # lists the headlines of the category
    FOLLOW_CATEGORY = "sub"
    FOLLOW_SOURCE = "src"
    FOLLOW_STORY = "story"
    PLAY = "play"  # sends the sound or film of the article


@dataclass(frozen=True, slots=True)
class Start:
    """A start parameter that the bot understands."""

    target: Target
    number: int  # id of the article, category or source, or story_id of the story

    def __str__(self) -> str:
        return f"{self.target}_{self.number}"


def read_start(typed: str) -> Start | None:
    """Returns what a start parameter asks for, or None if the bot does not understand it."""
    found = _START.fullmatch(typed.strip())
    return Start(Target(found[1]), int(found[2])) if found else None


def start_link(bot_username: str, start: Start) -> str:
    """Returns the address that opens the private chat with the bot."""
    return f"https://t.me/{quote(bot_username)}?start={start}"


def group_link(bot_username: str, start: Start | None = None) -> str:
    """Returns the address that adds the bot to a group. The bot is sent /start there, with the parameter."""
    return f"https://t.me/{quote(bot_username)}?startgroup={start or 'true'}"


def channel_link(bot_username: str) -> str:
    """Returns the address that adds the bot to a channel as an administrator. It can't hold a start parameter."""
    return f"https://t.me/{quote(bot_username)}?startchannel&admin={CHANNEL_RIGHTS}"


def share_button(article_id: int, voice: Voice) -> InlineKeyboardButton:
    """Returns the button with which a person chooses a chat. There it types the query that finds this article."""
    query = str(Start(Target.ARTICLE, article_id))
    return InlineKeyboardButton(voice.say("↗ Share"), switch_inline_query=query)


def adding_buttons(bot_username: str, voice: Voice) -> list[InlineKeyboardButton]:
    """Returns the buttons that add the bot to a group and to a channel."""
    return [
        InlineKeyboardButton(voice.say("👥 Add to a group"), url=group_link(bot_username)),
        InlineKeyboardButton(voice.say("📣 Add to a channel"), url=channel_link(bot_username)),
    ]
