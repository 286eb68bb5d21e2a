"""Buttons and keyboards: an action becomes a button, buttons become rows."""

from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.messages.actions import Action, encode
from bot.text.html import escape, one_line, plain, truncate

ON_BUTTON: Final = 28
NUMBERS_IN_ROW: Final = 5
STORIES_IN_ROW: Final = 3


def button(text: str, action: Action) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=encode(action))


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Rows of buttons; empty rows are left out, and None stands for no buttons at all."""
    full = [row for row in rows if row]
    return InlineKeyboardMarkup(full) if full else None


def in_rows(buttons: list[InlineKeyboardButton], width: int = 2) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def mark(chosen: bool) -> str:
    """What stands before a choice on a button."""
    return "✅" if chosen else "▫️"


def on_button(text: str) -> str:
    return plain(truncate(escape(one_line(text)), ON_BUTTON))
