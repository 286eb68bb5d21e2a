"""Bytes to text by evidence: what a file says of itself, what its sender says, and whether the bytes agree."""

import codecs
import re
from typing import Final

from bot.text.arabic import is_arabic

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_HEAD: Final = 2_048  # bytes in which a document declares its encoding
_SINGLE_BYTE: Final = ("windows-1256", "iso-8859-6", "windows-1252")
# Latin-1 takes every byte and is said by servers that don't know; the Arabic two are taken for one another; that it
# is no UTF-8 is known by then, and UTF-16 has a mark or zeros.
_OFTEN_WRONG: Final = frozenset(
    {"cp1256", "iso8859-6", "cp1252", "iso8859-1", "ascii", "utf-8", "utf-8-sig", "utf-7"}
    | {f"utf-{bits}{order}" for bits in (16, 32) for order in ("", "-le", "-be")}
)
# Letters that Arabic text is full of, and that the wrong one of two Arabic encodings gives seldom.
_COMMON: Final = frozenset("الينمورتبةعدسفهكقأحجشطصخذىزثئضغءؤظإ")


def decode(data: bytes, *, declared: str | None = None) -> str:
    """The text of a document. `declared` is its sender's word (the charset of Content-Type).

    Declarations are often wrong: UTF-8 that decodes strictly is UTF-8 whatever they say, since text in another
    encoding hardly ever does; where UTF-8 fails, a declaration to the contrary is believed if it can be true,
    and else the Arabic and Western encodings are tried for the one whose letters make words.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if wide := _wide(data):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A stray byte in a long UTF-8 text is no reason to read all of it as something else.
        if _nearly_utf8(data, error):
            return data.decode("utf-8", "replace")
    for name in (declared, _own_word(data)):
        if name and not _is_often_wrong(name) and (text := _strictly(data, name)) is not None:
            return text
    guessed = [text for name in _SINGLE_BYTE if (text := _strictly(data, name)) is not None]
    return max(guessed, key=_likelihood) if guessed else data.decode("windows-1252", "replace")


def _own_word(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_HEAD])
    return found[1].decode("ascii") if found else None


def _is_often_wrong(name: str) -> bool:
    """Whether servers say it of text in another encoding; that a page is Greek or Chinese nobody says by default."""
    try:
        return codecs.lookup(name).name in _OFTEN_WRONG
    except (LookupError, ValueError):
        return True


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (LookupError, UnicodeDecodeError, ValueError):
        return None


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of "<?xml" is zero."""
    head = data[:64]
    if len(head) >= 4 and head[1:8:2].count(0) == len(head[1:8:2]) and 0 not in head[0:8:2]:
        return "utf-16-le"
    if len(head) >= 4 and head[0:8:2].count(0) == len(head[0:8:2]) and 0 not in head[1:8:2]:
        return "utf-16-be"
    return None


def _nearly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(letter > "\x7f" for letter in text) - broken
    return good > 20 * broken


def _likelihood(text: str) -> tuple[float, int]:
    """How much of what is not ASCII makes sense: common Arabic letters, or accents between Latin letters."""
    foreign = [letter for letter in text[:20_000] if letter > "\x7f"]
    if not foreign:
        return 1.0, 0
    arabic = sum(letter in _COMMON for letter in foreign)
    latin = len(re.findall(r"[a-z][à-öø-ÿœ]|[à-öø-ÿœ][a-z]", text[:20_000]))
    controls = sum("\x80" <= letter <= "\x9f" for letter in foreign)
    words = sum(is_arabic(word) for word in text[:2_000].split())
    return (max(arabic, latin) - controls) / len(foreign), words
