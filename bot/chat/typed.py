"""Parses typed text into a command and its words, without invisible characters."""

import re
from dataclasses import dataclass
from typing import Final

# Direction marks, joiners, fillers and selectors. Keyboards and copied text put them beside words.
_UNSEEN: Final = (
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *(*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)),
    *range(0xFE00, 0xFE10),
)
_MARKS: Final = str.maketrans(dict.fromkeys(_UNSEEN, ""))
_BLANKS: Final = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_EDGES: Final = _BLANKS + "".join(map(chr, _UNSEEN))
_FIRST_WORD: Final = re.compile(r"(\S+)(?:\s+(.*))?", re.DOTALL)
_COMMAND: Final = re.compile(r"/(?P<name>[A-Za-z0-9_]+)(?:@(?P<bot>\w+))?")
_SLASH: Final = re.compile(r"/(?P<name>\w.*)")  # "/ملخص": Telegram's commands are in Latin letters


@dataclass(frozen=True, slots=True)
class TypedText:
    """A typed text, split into a command and its words."""

    words: str  # after the command; the whole text if there is no command
    command: str | None = None  # in lower case; it may be none of Telegram's, like /ملخص
    bot: str | None = None  # the bot in /command@bot


def parse_typed(text: str) -> TypedText:
    """Returns the command and the words of a message's text."""
    seen = without_edges(text)
    first = _FIRST_WORD.fullmatch(seen)
    if first is None or not (head := first[1].translate(_MARKS)).startswith("/"):
        return TypedText(seen)
    words = without_edges(first[2] or "")
    if command := _COMMAND.fullmatch(head):
        return TypedText(words, command["name"].lower(), command["bot"])
    other = _SLASH.fullmatch(head)
    return TypedText(words, other["name"].lower()) if other else TypedText(seen)


def without_edges(text: str) -> str:
    """Returns the text without the blanks and the unseen marks around it."""
    return text.strip(_EDGES)
