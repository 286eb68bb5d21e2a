"""Screens for what a chat reads: its languages, and whether each story is shown once."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.locale import Voice
from bot.messages.actions import Screen, SetGrouped, SetReads
from bot.messages.buttons import button, button_label, button_rows, choice_mark, keyboard, paging_row, slice_page
from bot.messages.delivery_times import back_to_settings
from bot.messages.message import Message, isolated_name
from storage.records import Chat, Reading

OFFERED: Final = 20  # most languages to choose from
WHOLE, FIRST, REST = 5, 4, 5  # languages on the only page, on the first of several, and on each later one
_CODE: Final = re.compile("^[a-z]{2,3}$")  # ISO 639 code of a language

ReadingChoice = SetReads | SetGrouped


def apply_choice(reading: Reading, choice: ReadingChoice) -> Reading:
    """Returns the setting with this choice. A choice with an invalid value changes nothing."""
    match choice:
        case SetGrouped(on=on):
            return replace(reading, grouped=bool(on))
        case SetReads(language=""):
            return replace(reading, languages=())
        case SetReads(language=language, on=on) if _CODE.match(language):
            others = tuple(code for code in reading.languages if code != language)
            return replace(reading, languages=(*others, language)[-OFFERED:] if on else others)
        case _:
            return reading


def reading_screen(
    chat: Chat, present: Sequence[str], voice: Voice, target: int, *, page: int = 0, showing: str = ""
) -> Message:
    """Returns the choice of languages and of grouping. `present` are the languages of stored articles.

    `showing` is a language that was just chosen: its page is shown instead of `page`.
    """
    chosen, grouped = chat.reading.languages, chat.reading.grouped
    # The order does not depend on the choice, so no button moves when it is pressed. Chosen languages without
    # articles stay, so that they can be switched off.
    offered = list(dict.fromkeys([*present[:OFFERED], *chosen]))
    everything = button(f"{choice_mark(not chosen)} {voice.say('All languages')}", SetReads("", 1, target))
    if showing in offered:
        page = _page_of(offered.index(showing))
    shown, before, after = slice_page(len(offered), page, whole=WHOLE, first=FIRST, rest=REST)
    languages = [
        button(
            f"{choice_mark(code in chosen)} {button_label(voice.capitalised(voice.language_name(code)))}",
            SetReads(code, int(code not in chosen), target),
        )
        for code in offered[shown]
    ]
    paging = paging_row(voice, before, after, lambda step: Screen("reading", target, page + step))
    once = button(
        f"{choice_mark(grouped)} {voice.say('Group reports of the same story')}", SetGrouped(int(not grouped), target)
    )
    about = [f"<b>{isolated_name(chat.title or str(chat.chat_id))}</b>"] if target else []
    text = voice.say(
        "Choose the languages you read; everything you get will be in them. When several sources"
        " report the same story it is shown once; turn this off to see every article."
    )
    return Message(
        "\n\n".join([*about, f"<b>{voice.say('Languages and grouping')}</b>", text]),
        keyboard(
            [] if before else [everything],
            *button_rows(languages),
            [] if before else [once],
            paging,
            [back_to_settings(voice, target)],
        ),
    )


def _page_of(place: int) -> int:
    return 0 if place < FIRST else 1 + (place - FIRST) // REST


def reading_text(reading: Reading, voice: Voice) -> str:
    """Returns the languages and the grouping in short (HTML)."""
    languages = voice.join_names([isolated_name(voice.language_name(code)) for code in reading.languages])
    shown = languages or voice.say("all languages")
    return shown if reading.grouped else f"{shown} · {voice.say('not grouped')}"
