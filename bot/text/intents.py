"""Understands everyday requests that are typed without a command: "news", "الإعدادات", "thanks".

A request is the whole text, so that "stop" ends the alerts and "stop the war" is searched for. Requests are compared
as names are: without vowel signs, kinds of letters and the article ال.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from bot.text.arabic import normalize
from bot.text.fuzzy_names import comparable
from bot.text.typed_words import typed_phrases, typed_words

LONGEST: Final = 60  # characters of a request
_BEGINNING_WORDS: Final = 3  # of a search: "ابحث لي عن"


class Intent(StrEnum):
    """What a person wants. Those with the name of a command do what the command does."""

    LATEST = "latest"
    CATEGORY = "category"
    MINE = "mine"
    SAVED = "saved"
    SEARCH = "search"
    SETTINGS = "settings"
    HELP = "help"
    STOP = "stop"
    START = "start"
    GREETING = "greeting"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for in everyday words."""

    intent: Intent
    words: str = ""  # what to search for


# Commands that a reader may type in a word of a language: "/ملخص" is /summary.
_WITH_WORDS: Final = (
    *("categories", "summary", "subscribe", "unsubscribe", "add", "sources", "follow", "unfollow"),
    *("following", "mute", "why", "snooze", "export", "mydata", "forgetme"),
)


def understand(text: str) -> Request | None:
    """Returns the request that the whole text is, or None if it is none."""
    if len(text) > LONGEST:
        return None
    if text.strip() and not text.strip().strip("?؟ "):
        return Request(Intent.HELP)
    typed = text.split()
    for count in range(min(_BEGINNING_WORDS, len(typed) - 1), 0, -1):
        if normalize(" ".join(typed[:count])) in typed_words("search", "before"):
            return Request(Intent.SEARCH, " ".join(typed[count:]))
    intent = _intents().get(_key(text))
    return Request(intent) if intent is not None else None


def name_asked_for(text: str) -> str | None:
    """Returns the name in a request for news of a category or a source, or None: "sports news", "أخبار الرياضة"."""
    typed = normalize(text)
    for before in _longest_first(typed_words("names", "before")):
        if typed.startswith(beginning := f"{before} "):
            return typed.removeprefix(beginning)
    for after in _longest_first(typed_words("names", "after")):
        if typed.endswith(end := f" {after}"):
            return typed.removesuffix(end)
    return None


def command_meant_by(name: str) -> str | None:
    """Returns the command for a name that is a word for it, in Arabic too: "/بحث" is /search."""
    key = _key(name.replace("_", " "))
    intent = _intents().get(key)
    return _commands().get(key) or (intent.value if intent in _WITH_COMMAND else None)


_WITH_COMMAND: Final = frozenset(Intent) - {Intent.MINE, Intent.GREETING, Intent.THANKS}


def _key(text: str) -> str:
    return comparable(text) or text.strip("\ufe0f ")


def _longest_first(phrases: Iterable[str]) -> list[str]:
    return sorted(phrases, key=lambda one: (-len(one), one))


@cache
def _intents() -> dict[str, Intent]:
    return {_key(phrase): intent for intent in Intent for phrase in typed_phrases("requests", intent.value)}


@cache
def _commands() -> dict[str, str]:
    return {_key(word): command for command in _WITH_WORDS for word in typed_phrases("commands", command)}
