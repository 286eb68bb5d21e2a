"""The words that readers type without thinking of commands, in each language of the bot: requests, durations, times.

One file of JSON holds the words of a language, in sections of the same keys in each file. " | " separates the words
of a key, and a language that has no word for a key has an empty text there. Readers mix languages, so the words of
all languages are understood in every chat.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from bot.text.arabic import normalize

_SEPARATOR: Final = " | "


@cache
def typed_phrases(section: str, key: str) -> tuple[str, ...]:
    """Returns the words for a key in all languages, as they are written."""
    found = (phrase for words in _languages() for phrase in words[section][key].split(_SEPARATOR))
    return tuple(dict.fromkeys(filter(None, found)))


@cache
def typed_words(section: str, key: str) -> frozenset[str]:
    """Returns the words for a key in all languages, normalized."""
    return frozenset(map(normalize, typed_phrases(section, key)))


@cache
def _languages() -> tuple[dict[str, dict[str, str]], ...]:
    found = sorted((one for one in files(__name__).iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return tuple(json.loads(one.read_text("utf-8")) for one in found)
