"""Parses Telegram's HTML to text and entities. What Telegram would refuse is refused with Telegram's words."""

import html
import re
from typing import Any, Final

from bot.sim.refusal import bad_request

_TYPES: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link", "span": "spoiler",
    "tg-time": "date_time",
}  # fmt: skip
_TAG: Final = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*+)((?:\s++[a-zA-Z-]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]++))?)*+)\s*+>"
)
_ATTRIBUTE: Final = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
_ENTITY: Final = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_COMMAND: Final = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?")
_LINK: Final = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?\"')\]]")
_WITHOUT_NESTING: Final = frozenset({"code", "pre"})
_ALONE: Final = frozenset({"text_link", "date_time"})  # neither may be in one of these
TIME_FORMAT: Final = re.compile(r"r|w?[dD]?[tT]?")
LATEST_TIME: Final = 2**31 - 1  # seconds since 1970

Entities = list[dict[str, Any]]


def units(text: str) -> int:
    """Returns the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse(marked: str) -> tuple[str, Entities]:
    """Returns the text and entities of a message in parse_mode HTML. Raises Refusal for invalid markup."""
    parts: list[str] = []
    entities: Entities = []
    open_tags: list[tuple[str, dict[str, Any]]] = []
    length = position = 0
    while position < len(marked):
        character = marked[position]
        if character == "<":
            tag = _TAG.match(marked, position)
            if tag is None:
                raise _unparsed(f"Unsupported start tag at byte offset {_offset(marked, position)}")
            if tag[1]:
                entities += _close(open_tags, tag[2].lower(), length, _offset(marked, position))
            else:
                open_tags.append((tag[2].lower(), _open(tag, length, open_tags, _offset(marked, position))))
            position = tag.end()
            continue
        entity = _ENTITY.match(marked, position) if character == "&" else None
        if entity:
            piece, position = html.unescape(entity[0]), entity.end()
        else:
            end = min((n for n in (marked.find("<", position), marked.find("&", position + 1)) if n > 0), default=-1)
            end = len(marked) if end < 0 else end
            piece, position = marked[position:end], end
        parts.append(piece)
        length += units(piece)
    if open_tags:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return _trimmed("".join(parts), [entity for entity in entities if entity["length"] > 0])


def find_entities(text: str) -> Entities:
    """Returns the entities that Telegram finds by itself: commands and web addresses."""
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    found += [("url", match) for match in _LINK.finditer(text)]
    return [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, match in sorted(found, key=lambda pair: pair[1].start())
    ]


def _open(tag: "re.Match[str]", offset: int, open_tags: list[tuple[str, dict[str, Any]]], at: int) -> dict[str, Any]:
    name = tag[2].lower()
    attributes = {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(tag[3])}
    kind = _TYPES.get(name)
    if kind is None or (name == "span" and attributes.get("class") != "tg-spoiler"):
        raise _unparsed(f'Unsupported start tag "{name}" at byte offset {at}')
    if any(_TYPES[outer] in _WITHOUT_NESTING for outer, _ in open_tags) and not (
        name == "code" and open_tags[-1][0] == "pre"
    ):
        raise _unparsed(f'Tag "{name}" can\'t be nested in code at byte offset {at}')
    if kind == "blockquote" and any(outer == "blockquote" for outer, _ in open_tags):
        raise _unparsed(f"Blockquotes can't be nested at byte offset {at}")
    entity: dict[str, Any] = {"type": kind, "offset": offset}
    outer_kinds = {_TYPES[outer] for outer, _ in open_tags} | {kind}
    if "date_time" in outer_kinds and kind in _ALONE and any(_TYPES[outer] in _ALONE for outer, _ in open_tags):
        raise _unparsed(f'Tag "{name}" can\'t be nested in a link or a time at byte offset {at}')
    if kind == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    if kind == "text_link":
        address = html.unescape(attributes.get("href", ""))
        if not re.match(r"(?:https?|tg|mailto|tel):", address):
            raise _unparsed(f"Wrong address {address[:40]!r} at byte offset {at}")
        entity["url"] = address
    if kind == "date_time":
        entity |= read_time(attributes, at)
    return entity


def read_time(attributes: dict[str, str], at: int) -> dict[str, Any]:
    """Returns what the attributes of a <tg-time> say. `at` is its byte offset. Raises Refusal if they are wrong."""
    unix, form = attributes.get("unix", ""), attributes.get("format", "")
    if not (unix.isascii() and unix.isdecimal() and 0 < int(unix) <= LATEST_TIME):
        raise _unparsed(f"Invalid unix time {unix[:20]!r} at byte offset {at}")
    if not TIME_FORMAT.fullmatch(form):
        raise _unparsed(f"Invalid date-time format {form[:20]!r} at byte offset {at}")
    return {"unix_time": int(unix), "date_time_format": form} if form else {"unix_time": int(unix)}


def _close(open_tags: list[tuple[str, dict[str, Any]]], name: str, length: int, at: int) -> Entities:
    if not open_tags:
        raise _unparsed(f"Unexpected end tag at byte offset {at}")
    opened, entity = open_tags.pop()
    if opened != name:
        raise _unparsed(f'Unmatched end tag at byte offset {at}, expected "</{opened}>", found "</{name}>"')
    return [entity | {"length": length - entity["offset"]}]


def _trimmed(text: str, entities: Entities) -> tuple[str, Entities]:
    """Returns text and entities without white space at both ends of the text, as Telegram stores them."""
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    whole = units(text)
    kept = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        start = max(0, entity["offset"] - lead)
        end = min(whole, entity["offset"] - lead + entity["length"])
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return text, kept


def _offset(marked: str, position: int) -> int:
    return len(marked[:position].encode("utf-8", "surrogatepass"))


def _unparsed(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
