"""The catalogues are whole: every text of the code, in every language, with its placeholders and plural forms."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import TypeGuard
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from telegram.constants import BotCommandLimit, BotDescriptionLimit

from bot.chat.commands import COMMANDS, OPERATOR_COMMANDS
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice
from bot.locale.catalogues import Entry, Text, read_catalogue, texts_of_the_code
from bot.locale.interface_languages import INTERFACE_LANGUAGES
from bot.locale.solar_hijri import solar_date
from bot.messages.actions import NewestList
from bot.messages.buttons import button, fits_in_row
from bot.messages.lists import search_syntax
from bot.messages.settings import time_zone_screen
from bot.text.html import plain
from bot.text.language import is_rtl
from bot.text.search import understood

BOT = Path(__file__).parent.parent / "bot"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
# What a translation must have as often as its text: names of values, tags and entities.
MARKS = re.compile(r"\{\w*\}|</?[\w-]+[^<>]*>|&\w+;")
COMMANDS_NAMED = re.compile(r"(?<![\w/<])/[a-z]+")
BUTTONS = ("button", "link_button", "KeyboardButton", "InlineKeyboardButton")  # their first argument is the label
SIGN = re.compile(r"[^\w\s<{(\"'“«/„¿¡‹-]+ ")
WORD = re.compile("[a-z]{4}")
DIRECTION = re.compile("[\u2066-\u2069]")


@cache
def texts() -> dict[str, Text]:
    return texts_of_the_code(BOT)
