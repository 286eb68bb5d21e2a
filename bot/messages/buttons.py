"""Builds buttons from actions, and keyboards from buttons."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardMarkupLimit, KeyboardButtonStyle

from bot.locale import Voice
from bot.messages.actions import Action, ArticleShown, More, encode, way_back
from bot.text.html import escape, one_line, plain, truncate

LONGEST_LABEL: Final = 32  # letters of a name, which fit into a row of their own beside a mark or a number
WORDS_AROUND: Final = 9  # letters that may stand beside such a name: "➕ Follow "
# Styles of buttons (Bot API 9.4); older servers and clients show them as usual. PRIMARY is for the first thing to do,
# and DANGER for what can't be undone.
PRIMARY: Final = str(KeyboardButtonStyle.PRIMARY)
DANGER: Final = str(KeyboardButtonStyle.DANGER)
MOST_BUTTONS: Final = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
ROW_LETTERS: Final = 41  # letters in a row on a phone of 360 pixels, measured with the demo's page
BUTTON_LETTERS: Final = 2  # the edges of a button, in letters
LINK_LETTERS: Final = 1  # the mark on a button with a link, in letters
MOST_ON_SCREEN: Final = 8  # buttons of a screen of the settings, with those that lead to other screens
NUMBERS_IN_ROW: Final = 8  # at most; a phone of 360 pixels shows two digits in an eighth of its width


def button(text: str, action: Action, *, style: str | None = None) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=encode(action), style=style)


def keyboard(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Returns the rows as a keyboard that Telegram takes, or None if they hold no button.

    Telegram refuses the whole message for one button too many. A row that is too wide goes on in the next one, and
    rows beyond the limit are left out. The last row stays, since it holds the way back. A row whose labels a phone
    would cut short becomes several rows.
    """
    return rows_of(*rows) if any(rows) else None


def rows_of(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """Returns the rows as `keyboard` does. There is a button in them."""
    fitting = [part for row in rows for part in _rows_on_a_phone(row)]
    *before, last = fitting
    until = accumulate((len(row) for row in before), initial=len(last))
    kept = [row for row, count in zip(before, islice(until, 1, None), strict=True) if count <= MOST_BUTTONS]
    return InlineKeyboardMarkup([*kept, last])


def _rows_on_a_phone(row: list[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Returns a row as the fewest rows in which a phone shows all labels whole."""
    widest = min(len(row), int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW))
    tried = (button_rows(row, width) for width in range(widest, 1, -1))
    return next((rows for rows in tried if all(map(fits_in_row, rows))), button_rows(row, 1))


def fits_in_row(row: Sequence[InlineKeyboardButton]) -> bool:
    """Returns whether a phone of 360 pixels shows these buttons side by side with their labels whole."""
    room = ROW_LETTERS / len(row) - BUTTON_LETTERS if row else 0
    return all(_letters(one.text) + LINK_LETTERS * (one.url is not None) <= room for one in row)


@lru_cache(1024)
def _letters(label: str) -> int:
    """Returns the width of a label in letters. A symbol counts as two, and a mark on a letter does not count."""
    return sum(_WIDTHS.get(unicodedata.category(letter), 1) for letter in label)


_WIDTHS: Final = {"So": 2, "Mn": 0, "Me": 0, "Cf": 0}


def more_button(shown: ArticleShown) -> InlineKeyboardButton:
    """Returns the button that opens the menu of an article. `shown` shows the article as it is now."""
    return button("⋯", More(way_back(shown)))


def with_row(markup: InlineKeyboardMarkup | None, row: list[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Returns the keyboard with one more row below."""
    return keyboard(*([list(one) for one in markup.inline_keyboard] if markup else []), row)


def button_rows(buttons: list[InlineKeyboardButton], width: int = 2) -> list[list[InlineKeyboardButton]]:
    return [buttons[start : start + width] for start in range(0, len(buttons), width)]


def number_rows(numbers: list[InlineKeyboardButton]) -> list[list[InlineKeyboardButton]]:
    """Returns the buttons with the numbers of a list in as few rows as a phone can show, all about equally long."""
    rows = -(-len(numbers) // NUMBERS_IN_ROW)
    return button_rows(numbers, -(-len(numbers) // rows)) if rows else []


def slice_page(count: int, page: int, *, whole: int, first: int, rest: int) -> tuple[slice, bool, bool]:
    """Returns which of `count` choices a page shows, and whether there is a page before it and one after it.

    Up to `whole` choices have one page. Otherwise the first page shows `first` of them, and each later page `rest`. A
    page beyond the end shows the last ones.
    """
    if count <= whole:
        return slice(0, count), False, False
    last = last_page(count, whole=whole, first=first, rest=rest)
    page = min(max(0, page), last)
    start = first + (page - 1) * rest if page else 0
    return slice(start, start + (rest if page else first)), page > 0, page < last


def last_page(count: int, *, whole: int, first: int, rest: int) -> int:
    """Returns the number of the last page of `slice_page`, from 0."""
    return 0 if count <= whole else -(-(count - first) // rest)


def paging_row(
    voice: Voice, before: bool, after: bool, page_at: Callable[[int], Action]
) -> list[InlineKeyboardButton]:
    """Returns the buttons to the pages before and after. `page_at` returns the action for -1 and for 1."""
    return [
        *([button(voice.say("« Back"), page_at(-1))] if before else []),
        *([button(voice.say("More »"), page_at(1))] if after else []),
    ]


def list_paging_row(
    voice: Voice, first: int, shown: int, *, newest: Action, newer: Action | None, older: Action | None
) -> list[InlineKeyboardButton]:
    """Returns one row for a list with pages: newer ones, the numbers on this page, older ones.

    `first` is the first number on this page, and `shown` is how many it has. A press on them opens the newest page,
    as the list is by then. A list with one page has no such row.
    """
    if newer is None and older is None:
        return []
    last = first + shown - 1
    numbers = voice.number(first) if shown == 1 else f"{voice.number(first)}–{voice.number(last)}"
    return [
        *([button(voice.say("« Newer"), newer)] if newer else []),
        button(voice.align(f"🔝 {numbers}" if newer else f"🔄 {numbers}"), newest),
        *([button(voice.say("Older »"), older)] if older else []),
    ]


def choice_mark(chosen: bool) -> str:
    """Returns the mark before a choice on a button."""
    return "✅" if chosen else "▫️"


def button_label(text: str, longest: int = LONGEST_LABEL) -> str:
    return plain(truncate(escape(one_line(text)), longest))


def label_with(name: str, say: Callable[[str], str], longest: int = LONGEST_LABEL) -> str:
    """Returns what `say` makes of a name, which is cut where the words around it are longer than the English ones."""
    around = len(say(""))
    return say(button_label(name, longest - max(0, around - WORDS_AROUND)))
