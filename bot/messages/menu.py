"""The menu: buttons and a keyboard for the commonest requests, and the answers that offer them."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.locale import LANGUAGES, Voice
from bot.messages.actions import Action, AddSource, NewestList, RunTyped, Screen, SearchList, SetKeyboard
from bot.messages.buttons import button, button_label, button_rows, keyboard
from bot.messages.delivery_times import back_to_settings
from bot.messages.lists import quote_typed
from bot.messages.message import Message
from bot.text.html import isolate
from bot.text.intents import Intent

OFFERED_IN_ROW: Final = 1  # commands, which are long
LONGEST_SEARCH: Final = 24  # letters of a search on its button, which says more than them


def menu_buttons(voice: Voice) -> InlineKeyboardMarkup | None:
    return keyboard(
        [
            button(voice.say("📰 Latest news"), NewestList()),
            button(voice.say("📂 My categories"), Screen("categories")),
        ],
        [button(voice.say("⚙️ Settings"), Screen("settings"))],
    )


def pleasantry(voice: Voice, *, thanks: bool) -> Message:
    """Returns the answer to thanks, or to a greeting."""
    text = (
        voice.say("You're welcome! Anything else?")
        if thanks
        else voice.say("Hello! Type what you are looking for, or choose:")
    )
    return Message(text, menu_buttons(voice))


def cannot_read(voice: Voice, *, spoken: bool) -> Message:
    """Returns the answer to a message without text. `spoken` stands for a voice message."""
    text = (
        voice.say("I can't listen to voice messages. Please type what you are looking for, or choose:")
        if spoken
        else voice.say("I can only read text. Type what you are looking for, or choose:")
    )
    return Message(text, menu_buttons(voice))


def unknown_command(offers: Sequence[tuple[str, RunTyped]], voice: Voice) -> Message:
    """Returns the answer to an unknown command. `offers` are commands that may be meant."""
    text = voice.say("I don't know that command. /help lists what I can do.")
    if not offers:
        return Message(text)
    asked = voice.say("Did you mean this?") if len(offers) == 1 else voice.say("Did you mean one of these?")
    return Message(f"{text} {asked}", keyboard(*_offers(offers)))


def _offers(offers: Sequence[tuple[str, Action]]) -> list[list[InlineKeyboardButton]]:
    return button_rows([button(button_label(text), offer) for text, offer in offers], OFFERED_IN_ROW)


def search_button(words: str, search: SearchList, voice: Voice) -> InlineKeyboardButton:
    return button(voice.say("🔎 Search for {words}", words=isolate(button_label(words, LONGEST_SEARCH))), search)


def offer_to_add(address: str, offer: AddSource, voice: Voice) -> Message:
    text = voice.say("Would you like news from {address}?", address=quote_typed(address))
    return Message(text, keyboard([button(voice.say("➕ Add this source"), offer)]))


def cannot_add(voice: Voice) -> Message:
    """Returns the answer to an address where readers can't add sources."""
    text = voice.say(
        "This is a web address. Only administrators of the bot can add sources here. To search, type words instead."
    )
    return Message(text, menu_buttons(voice))


def not_available(voice: Voice) -> Message:
    return Message(voice.say("I can't do that yet. /help lists what I can do."), menu_buttons(voice))


def expired(voice: Voice) -> Message:
    """Returns what replaces a message whose buttons are no longer known."""
    return Message(voice.say("This button is too old. /help shows what I can do."))


def key_pressed(label: str) -> Intent | None:
    """Returns the request of the key with this label. A keyboard may still be in a language that its chat had."""
    return _keys().get(label.strip())


@cache
def _keys() -> dict[str, Intent]:
    voices = [Voice(language) for language in LANGUAGES]
    return {label: intent for voice in voices for label, intent in _labels(voice).items()}


def _labels(voice: Voice) -> dict[str, Intent]:
    return {
        voice.say("📰 Latest news"): Intent.LATEST,
        voice.say("📂 My categories"): Intent.MINE,
        voice.say("⭐ Saved"): Intent.SAVED,
        voice.say("🔎 Search"): Intent.SEARCH,
        voice.say("⚙️ Settings"): Intent.SETTINGS,
    }


def reply_keyboard(voice: Voice, *, saved: bool) -> ReplyKeyboardMarkup:
    """Returns the keyboard below the text field. `saved`: with the articles that the reader saved."""
    latest, mine, kept, search, settings = _labels(voice)
    rows = [[latest, mine], [*([kept] if saved else []), search, settings]]
    return ReplyKeyboardMarkup(
        [[KeyboardButton(label) for label in row] for row in rows],
        resize_keyboard=True,
        is_persistent=True,
        input_field_placeholder=voice.say("Type to search"),
    )


def keyboard_shown(voice: Voice, *, saved: bool) -> Message:
    text = voice.say("The buttons below are always at hand. You can hide them in /settings.")
    return Message(text, reply_keyboard=reply_keyboard(voice, saved=saved))


def keyboard_hidden(voice: Voice) -> Message:
    text = voice.say("The buttons are hidden. /settings brings them back.")
    return Message(text, reply_keyboard=ReplyKeyboardRemove())


def keyboard_screen(voice: Voice) -> Message:
    """Returns the settings of the keyboard. Telegram does not say whether it is shown, so both are offered."""
    choices = [
        button(voice.say("Show buttons"), SetKeyboard(1)),
        button(voice.say("Hide buttons"), SetKeyboard(0)),
    ]
    text = voice.say("Buttons below the text field: latest news, your categories, search and settings.")
    return Message(f"<b>{voice.say('Buttons')}</b>\n\n{text}", keyboard(choices, [back_to_settings(voice, 0)]))
