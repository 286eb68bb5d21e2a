"""Turns the inline part of a rich message's HTML into rich text: a string, a list, or an object with a type."""

import re
from collections.abc import Iterable, Set
from typing import Any, Final

from bot.sim.markup import read_time
from bot.sim.rich.grammar import Node, unparsed
from bot.sim.world import Json

_MARKS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "mark": "marked",
    "sub": "subscript", "sup": "superscript", "tg-spoiler": "spoiler",
}  # fmt: skip
INLINE: Final = frozenset({*_MARKS, *"a tg-reference tg-emoji tg-time tg-math tg-button br".split()})
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK: Final = re.compile(r" ?\n ?")
_EMOJI: Final = "tg://emoji?id="
_USER: Final = re.compile(r"tg://user\?id=(\d+)")
ACTIONS: Final = {  # of a button: its type in HTML, and the attribute that has the value
    "url": "url", "callback_data": "data", "copy_text": "text", "disabled": "",
    "switch_inline_query": "query", "switch_inline_query_current_chat": "query",
}  # fmt: skip


def is_inline(child: Node | str) -> bool:
    return isinstance(child, str) or child.tag in INLINE or (child.tag == "img" and _is_emoji(child))


def rich_text(children: Iterable[Node | str], references: Set[str], *, keep_space: bool = False) -> Any:
    """Returns rich text. White space collapses unless `keep_space`, and is removed at both ends.

    `references` are the names of all footnotes of the message. Raises Refusal for a block within text.
    """
    parts = _parts(list(children), references, keep_space)
    if not keep_space:
        _trim(parts)
    return _simple(parts)


def _parts(children: list[Node | str], references: Set[str], keep_space: bool) -> list[Any]:
    parts: list[Any] = []
    for child in children:
        if isinstance(child, Node):
            part = _part(child, references, keep_space)
        else:
            part = child if keep_space else _SPACE.sub(" ", child)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    if not keep_space:
        parts = [_AROUND_BREAK.sub("\n", part) if isinstance(part, str) else part for part in parts]
    return [part for part in parts if part != ""]


def _part(node: Node, references: Set[str], keep_space: bool) -> Any:
    if node.tag == "br":
        return "\n"
    if node.tag == "img" and _is_emoji(node):
        return _emoji(node.attributes["src"].removeprefix(_EMOJI), node.attributes.get("alt", ""))
    if node.tag not in INLINE:
        raise unparsed(f'tag "{node.tag}" can\'t be in a text')
    if node.tag == "tg-emoji":
        return _emoji(node.attributes.get("emoji-id", ""), plain(node))
    if node.tag == "tg-math":
        return {"type": "mathematical_expression", "expression": plain(node)}
    if node.tag == "tg-button":
        return {"type": "button", "button": button(node, references)}
    text = _simple(_parts(node.children, references, keep_space))
    if node.tag in _MARKS:
        return {"type": _MARKS[node.tag], "text": text} if text != "" else ""
    if node.tag == "tg-time":
        time = read_time(node.attributes, 0)
        return {"type": "date_time", "text": text, "date_time_format": "", **time}
    if node.tag == "tg-reference":
        return {"type": "reference", "text": text, "name": node.attributes.get("name", "")}
    return _link(node, text, references)


def _link(node: Node, text: Any, references: Set[str]) -> Json:
    """Returns an anchor or a link. The address of a link is checked with all other addresses."""
    if "name" in node.attributes:
        if text != "" or "href" in node.attributes:
            raise unparsed("an anchor must be empty")
        return {"type": "anchor", "name": node.attributes["name"]}
    address = node.attributes.get("href", "")
    if text == "":
        raise unparsed("a link must have a text")
    if address.startswith("#"):
        name = address[1:]
        if name in references:
            return {"type": "reference_link", "text": text, "reference_name": name}
        return {"type": "anchor_link", "text": text, "anchor_name": name}
    if user := _USER.fullmatch(address):
        return {"type": "text_mention", "text": text, "user": {"id": int(user[1])}}
    if address.startswith("mailto:"):
        return {"type": "email_address", "text": text, "email_address": address.removeprefix("mailto:")}
    if address.startswith("tel:"):
        return {"type": "phone_number", "text": text, "phone_number": address.removeprefix("tel:")}
    return {"type": "url", "text": text, "url": address}


def button(node: Node, references: Set[str]) -> Json:
    """Returns a button within the message."""
    kind = node.attributes.get("type", "")
    attribute = ACTIONS.get(kind)
    if attribute is None:
        raise unparsed(f"unsupported button type {kind!r}")
    if extra := set(node.attributes) - {"type", "style", attribute}:
        raise unparsed(f"unsupported attributes of a button: {sorted(extra)}")
    value: Any = node.attributes.get(attribute, "")
    value = {"copy_text": {"text": value}, "disabled": {}}.get(kind, value)
    made = {"text": rich_text(node.children, references), kind: value}
    return made | ({"style": node.attributes["style"]} if "style" in node.attributes else {})


def plain(node: Node) -> str:
    """Returns the text of a tag that may hold nothing but text. Raises Refusal for another tag in it."""
    if any(isinstance(child, Node) for child in node.children):
        raise unparsed(f'tag "{node.tag}" may have only text')
    return "".join(child for child in node.children if isinstance(child, str))


def _is_emoji(node: Node) -> bool:
    return node.attributes.get("src", "").startswith(_EMOJI)


def _emoji(number: str, instead: str) -> Json:
    return {"type": "custom_emoji", "custom_emoji_id": number, "alternative_text": instead}


def _simple(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else parts or ""


def _trim(parts: list[Any]) -> None:
    """Remove white space at both ends, also where it is within a mark."""
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        while parts and isinstance(parts[end], str):
            parts[end] = strip(parts[end])
            if parts[end]:
                break
            del parts[end]
