"""A message as it is shown: Telegram HTML, its buttons and its link preview."""

from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import MessageLimit

from bot.text.html import escape, isolate, plain, truncate

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Message:
    html: str
    buttons: InlineKeyboardMarkup | None = None
    preview: LinkPreviewOptions = NO_PREVIEW


def name(text: str) -> str:
    """A name between other words, kept apart from their direction."""
    return escape(isolate(text))


def plain_text(message: Message) -> str:
    """The message without its markup, for when Telegram refuses that."""
    return plain(truncate(escape(plain(message.html)), MessageLimit.MAX_TEXT_LENGTH))
