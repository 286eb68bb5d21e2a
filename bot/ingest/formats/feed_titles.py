"""Titles of feed items as one line of text.

A title may hold HTML, escaped once or twice, or it may be text that speaks of HTML ("How should <selectmenu> work?").
Atom says which; RSS does not. Assumes that marks in a title are known elements that are closed again, have attributes
or are empty by nature; any other angle bracket is meant to be read.
"""

import html
import re
from typing import Final

from bot.text.html import one_line, shortened, to_text

LONGEST: Final = 20_000  # characters of a title with its markup
_TAG: Final = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?=[\s/>])([^<>]{0,1000})>|<!--(?:(?!<!--).){0,1000}?-->|<", re.DOTALL
)
_PAIRED: Final = frozenset(
    """
    a abbr acronym b bdi bdo big blink blockquote center cite code del dfn div em font h1 h2 h3 h4 h5 h6 i ins kbd li
    mark nobr ol p pre q rp rt ruby s samp script small span strike strong style sub sup time tt u ul var
    """.split()
)
_EMPTY: Final = frozenset({"br", "hr", "wbr"})
_WITH_VALUES: Final = _PAIRED | {"img"}
_BROKEN_END: Final = re.compile(r"</[a-zA-Z0-9]*\Z")  # of a feed that breaks off within a title
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_NUMBERED: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
# What is not seen, or is seen as a blank. Some of it are letters by their category.
_INVISIBLE: Final = (
    "\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f"
)
_NOTHING: Final = re.compile(f"[{_INVISIBLE}\ufe00-\ufe0f]*")
_EDGES: Final = re.compile(f"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$")
# Titles that programs write where nobody gave one.
_PLACEHOLDER: Final = re.compile(
    r"[\W_]*+(?:(?:untitled|no title|no subject|null|none|undefined|nan|without title|sans titre|ohne titel"
    r"|sin título|بدون عنوان|без названия)[\W_]*+)?",
    re.IGNORECASE,
)


def title_line(title: str, layers: int = 2) -> str:
    """Returns a title as one line of text, or "" if nothing in it is visible.

    `layers` says how often HTML may have been escaped in it: 0 is text, 1 is HTML, 2 is what RSS has.
    """
    text = title[:LONGEST]
    if layers and ("<" in text or "&" in text):
        text = to_text(_marks_only(_BROKEN_END.sub("", text)))
        if layers == 1:
            # Nobody means to show the number of a letter.
            text = _NUMBERED.sub(lambda one: html.unescape(one[0]), text)
        elif _REFERENCE.search(text) or ("<" in text and _marks_only(text) != html.escape(text, quote=False)):
            text = to_text(_marks_only(text))
    line = one_line(text)
    if line.isascii():
        return shortened(line)
    return "" if _NOTHING.fullmatch(line) else shortened(_EDGES.sub("", line))


def is_placeholder(title: str) -> bool:
    """Returns whether a title says nothing, like a dash, dots or "Untitled"."""
    return _PLACEHOLDER.fullmatch(title) is not None and not any(map(_is_symbol, title))


def _is_symbol(letter: str) -> bool:
    return ord(letter) > 0x2FFF or 0x2190 <= ord(letter) <= 0x2BFF  # emoji and the like are a title


def _marks_only(markup: str) -> str:
    """HTML in which only what is meant as markup is left as such."""
    if "<" not in markup:
        return markup
    tags = list(_TAG.finditer(markup))
    closed = {tag[2].lower() for tag in tags if tag[1]} & {tag[2].lower() for tag in tags if tag[2] and not tag[1]}
    paired = closed & _PAIRED
    return _TAG.sub(lambda tag: tag[0] if _is_mark(tag, paired) else "&lt;" + tag[0][1:], markup)


def _is_mark(tag: re.Match[str], paired: set[str]) -> bool:
    if tag[2] is None:
        return tag[0] != "<"
    name = tag[2].lower()
    return name in paired or name in _EMPTY or (name in _WITH_VALUES and "=" in tag[3])
