"""An opened article that is shown as a page, or offers to be: the buttons between its text and its page."""

from collections.abc import Mapping
from dataclasses import replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.locale import Voice
from bot.messages.actions import More, OpenedFrom, ShowAsText, ShowPage, ShowText, decode, fitting
from bot.messages.buttons import button, fits_in_row, keyboard, more_button
from bot.messages.message import Message, PageFile
from bot.messages.page import make_page
from storage.records import Article


def has_page(article: Article) -> bool:
    """Returns whether there is more to show of an article than its text message has: a teaser has no body."""
    return bool(article.text.body) and not article.retracted


def offering_page(opened: Message, article: Article, voice: Voice, back: OpenedFrom | None) -> Message:
    """Returns the text of an opened article with a button to its page."""
    asking = button(voice.say("📰 As a page"), fitting(ShowPage(article.id, back)))
    rows = _rows(opened.buttons)
    return replace(opened, buttons=keyboard(*_begun(asking, rows)))


def as_page(
    opened: Message, article: Article, voice: Voice, back: OpenedFrom | None, files: Mapping[str, PageFile]
) -> Message:
    """Returns the page of an article. `opened` is its text, for a server that takes no page.

    `files` are the pictures that can be shown. The next best forms are the page without the pictures that are new to
    Telegram, which may have made it refuse the page, and the page without pictures.
    """
    buttons = _page_buttons(opened.buttons, article, voice, back)
    page = replace(make_page(article, voice, files), buttons=buttons)
    pages = [page]
    if len(new := page.new_files) > 1:
        largest = page.pictures[max(new, key=lambda name: len(new[name]))]
        lighter = {address: file for address, file in files.items() if address != largest}
        pages.append(replace(make_page(article, voice, lighter), buttons=buttons, is_lighter=True))
    if new and (known := {address: file for address, file in files.items() if file.file_id is not None}):
        pages.append(replace(make_page(article, voice, known), buttons=buttons))
    if page.files:
        pages.append(replace(make_page(article, voice, {}), buttons=buttons))
    return replace(opened, pages=tuple(pages))


def _page_buttons(
    markup: InlineKeyboardMarkup | None, article: Article, voice: Voice, back: OpenedFrom | None
) -> InlineKeyboardMarkup | None:
    """Returns the buttons of the text for the page: no further part, and the menu of the article leads back here."""
    shown = ShowPage(article.id, back)
    as_text = button(voice.say("↩ As text"), fitting(ShowAsText(article.id, back)))
    rows = [
        [more_button(shown) if isinstance(_action(one), More) else one for one in row if _stays(one)]
        for row in _rows(markup)
    ]
    return keyboard(*_begun(as_text, rows))


def _begun(first: InlineKeyboardButton, rows: list[list[InlineKeyboardButton]]) -> list[list[InlineKeyboardButton]]:
    """Returns the rows with one more button at the beginning, in the first row if a phone has room for it there."""
    if rows and fits_in_row([first, *rows[0]]):
        return [[first, *rows[0]], *rows[1:]]
    return [[first], *rows]


def _stays(one: InlineKeyboardButton) -> bool:
    return not isinstance(_action(one), ShowText | ShowPage)


def _action(one: InlineKeyboardButton) -> object:
    return decode(one.callback_data) if isinstance(one.callback_data, str) else None


def _rows(markup: InlineKeyboardMarkup | None) -> list[list[InlineKeyboardButton]]:
    return [list(row) for row in markup.inline_keyboard] if markup else []
