"""A message: Telegram HTML, buttons and link preview."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from telegram import ForceReply, InlineKeyboardMarkup, LinkPreviewOptions, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram.constants import MessageLimit, ParseMode

from bot.text.html import LRI, PDI, escape, isolate, plain, truncate

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Message:
    html: str
    buttons: InlineKeyboardMarkup | None = None
    preview: LinkPreviewOptions = NO_PREVIEW
    # Instead of buttons, in a new message. ForceReply lets the reader answer this message.
    reply_keyboard: ReplyKeyboardMarkup | ReplyKeyboardRemove | ForceReply | None = None


def isolated_name(text: str) -> str:
    """Returns a name as HTML for use within a sentence, isolated from the direction of the words around it."""
    return escape(isolate(text))


def isolated_command(typed: str) -> str:
    """Returns a command as HTML for use within a sentence. It begins at the left, also if its words are Arabic."""
    return f"{LRI}<code>{escape(typed)}</code>{PDI}"


def plain_text(message: Message) -> str:
    """Returns the text without markup, for use after Telegram refused the markup."""
    return plain(truncate(escape(plain(message.html)), MessageLimit.MAX_TEXT_LENGTH))


def request_fields(message: Message) -> dict[str, str]:
    """Returns the parameters of a request that shows the message."""
    shown = {
        "text": message.html,
        "parse_mode": ParseMode.HTML,
        "link_preview_options": message.preview.to_json(),
    }
    markup = message.buttons or message.reply_keyboard
    return shown | ({"reply_markup": markup.to_json()} if markup is not None else {})


def simpler_forms(message: Message) -> Iterator[Message]:
    """Yields the message, then without links on buttons and preview, then as plain text alone."""
    yield message
    yield replace(message, buttons=_without_links(message.buttons), preview=NO_PREVIEW)
    yield Message(escape(plain_text(message)))


def _without_links(buttons: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """Returns the keyboard without the buttons that open an address: Telegram refuses some addresses."""
    if buttons is None:
        return None
    rows = [[one for one in row if one.url is None] for row in buttons.inline_keyboard]
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None
