"""A message: Telegram HTML or a page, buttons and link preview."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from telegram import ForceReply, InlineKeyboardMarkup, LinkPreviewOptions, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram.constants import MessageLimit, ParseMode

from bot.text.html import LRI, PDI, escape, isolate, plain, truncate

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A picture as Telegram gets it: the id of a file that it has, or the bytes of a new one."""

    file_id: str | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Page:
    """A rich message. `pictures` are the addresses of its pictures by their names in `html`, in order."""

    html: str
    rtl: bool
    pictures: Mapping[str, str]
    files: Mapping[str, PageFile]  # by the same names
    buttons: InlineKeyboardMarkup | None = None
    is_lighter: bool = False  # a form of the page before it with less to upload, for a server that refused its size

    @property
    def new_files(self) -> dict[str, bytes]:
        """The files that are uploaded with the page, by name."""
        return {name: file.content for name, file in self.files.items() if file.file_id is None}

    def rich_message(self) -> dict[str, Any]:
        """Returns the `InputRichMessage`. A new file is named `attach://` and the name of its picture."""
        media = [
            {"id": name, "media": {"type": "photo", "media": file.file_id or f"attach://{name}"}}
            for name, file in self.files.items()
        ]
        shown = {"html": self.html, "is_rtl": self.rtl, "skip_entity_detection": True}
        return shown | ({"media": media} if media else {})


@dataclass(frozen=True, slots=True)
class Message:
    """A message, independent of the chat that gets it."""

    html: str
    buttons: InlineKeyboardMarkup | None = None
    preview: LinkPreviewOptions = NO_PREVIEW
    # Instead of buttons, in a new message. ForceReply lets the reader answer this message.
    reply_keyboard: ReplyKeyboardMarkup | ReplyKeyboardRemove | ForceReply | None = None
    # Instead of all of the above, the best page first. The rest is for servers that take no page.
    pages: tuple[Page, ...] = ()


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
    if message.pages:
        page = message.pages[0]
        asked = {"rich_message": json.dumps(page.rich_message(), ensure_ascii=False)}
        return asked | ({"reply_markup": page.buttons.to_json()} if page.buttons is not None else {})
    shown = {
        "text": message.html,
        "parse_mode": ParseMode.HTML,
        "link_preview_options": message.preview.to_json(),
    }
    markup = message.buttons or message.reply_keyboard
    return shown | ({"reply_markup": markup.to_json()} if markup is not None else {})


def simpler_forms(message: Message) -> Iterator[Message]:
    """Yields the pages of the message, its text, without preview, without links on buttons, and its plain text."""
    for place in range(len(message.pages)):
        yield replace(message, pages=message.pages[place:])
    message = replace(message, pages=())
    yield message
    if message.preview != NO_PREVIEW:
        yield replace(message, preview=NO_PREVIEW)
    yield replace(message, buttons=_without_links(message.buttons), preview=NO_PREVIEW)
    yield Message(escape(plain_text(message)))


def _without_links(buttons: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    """Returns the keyboard without the buttons that open an address: Telegram refuses some addresses."""
    if buttons is None:
        return None
    rows = [[one for one in row if one.url is None] for row in buttons.inline_keyboard]
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None
