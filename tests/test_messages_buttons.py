"""Keyboards: one bound for all of them, and messages without what Telegram refuses."""

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.locale import Voice
from bot.messages.actions import Screen
from bot.messages.buttons import MOST_ON_SCREEN, button, keyboard
from bot.messages.categories import ambiguous_category, category_suggestions
from bot.messages.message import Message, simpler_forms
from storage.records import Category

BACK = button("Back", Screen("settings"))


def row(count: int) -> list[InlineKeyboardButton]:
    return [button(str(number), Screen("settings", number)) for number in range(count)]


def widths(markup: InlineKeyboardMarkup | None) -> list[int]:
    return [len(one) for one in markup.inline_keyboard] if markup else []


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], []),
        ([0, 0], []),
        ([2, 0, 1], [2, 1]),
        ([8, 1], [8, 1]),
        ([9, 1], [8, 1, 1]),
        ([100], [*[8] * 12, 4]),
        ([101], [*[8] * 11, 5]),
        ([*[2] * 60, 1], [*[2] * 49, 1]),
        ([*[8] * 12, 4], [*[8] * 12, 4]),
    ],
)
def test_a_keyboard_is_never_more_than_telegram_takes(rows: list[int], found: list[int]) -> None:
    assert widths(keyboard(*(row(count) for count in rows))) == found


def test_the_way_back_stays_whatever_is_left_out() -> None:
    markup = keyboard(*(row(2) for _ in range(60)), [BACK])
    assert markup is not None
    assert markup.inline_keyboard[-1] == (BACK,)


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("count", [2, 8, 9, 120])
def test_of_many_categories_that_fit_the_first_are_offered_and_the_picker_has_all(language: str, count: int) -> None:
    voice = Voice(language)
    fitting = [Category(number, f"الفئة {number}") for number in range(1, count + 1)]
    for message in (
        ambiguous_category("ال", fitting, voice),
        category_suggestions("ال", fitting, voice),
        category_suggestions("ال", fitting, voice, to_subscribe=True),
    ):
        shown = [one for line in widths(message.buttons) for one in range(line)]
        assert len(shown) == min(count, MOST_ON_SCREEN)


def test_what_is_refused_is_tried_without_links_and_then_without_markup() -> None:
    link = InlineKeyboardButton("Source", url="http://intranet/1")
    message = Message("<b>Ferry</b> &amp; harbour", InlineKeyboardMarkup([[BACK, link], [link]]))
    whole, without_links, plain = simpler_forms(message)
    assert whole == message
    assert (without_links.html, without_links.buttons) == (message.html, InlineKeyboardMarkup([[BACK]]))
    assert (plain.html, plain.buttons) == ("Ferry &amp; harbour", None)
