"""Turns the HTML of a rich message into blocks, in the form in which a bot may also send them."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.sim.refusal import bad_request
from bot.sim.rich.grammar import Node, parse, unparsed
from bot.sim.rich.inline import button, is_inline, plain, rich_text
from bot.sim.world import Json

_MEDIA: Final = {"img": "photo", "video": "video", "audio": "audio", "tg-document": "document"}
_DECLARED: Final = re.compile(r"tg://(photo|video|audio|document)\?id=([A-Za-z0-9_-]{1,64})")
_DECLARED_AS: Final = {
    "photo": ("photo",), "video": ("video", "animation"), "audio": ("audio", "voice_note"), "document": ("document",),
}  # fmt: skip
_BULLET: Final = "1 a A i I".split()


def read_html(text: str, declared: Mapping[str, Json]) -> list[Json]:
    """Returns the blocks of a page. `declared` are its media by their id. Raises Refusal."""
    root = parse(text)
    return _Reader(declared, _references(root)).blocks(root, loose=False)


def _references(node: Node) -> set[str]:
    found = {node.attributes.get("name", "")} if node.tag == "tg-reference" else set()
    return found.union(*[_references(child) for child in node.children if isinstance(child, Node)])


class _Reader:
    """Reads one page."""

    def __init__(self, declared: Mapping[str, Json], references: set[str]) -> None:
        self._declared = declared
        self._references = references
        self._by_tag: dict[str, Callable[[Node], Json]] = {
            **dict.fromkeys("h1 h2 h3 h4 h5 h6".split(), self._heading),
            **dict.fromkeys(("ul", "ol"), self._list),
            **dict.fromkeys(_MEDIA, self._medium),
            **dict.fromkeys(("tg-collage", "tg-slideshow"), self._gallery),
            "p": lambda node: {"type": "paragraph", "text": self._text(node)},
            "footer": lambda node: {"type": "footer", "text": self._text(node)},
            "hr": lambda node: {"type": "divider"},
            "pre": self._pre,
            "a": self._anchor,
            "blockquote": self._quote,
            "aside": self._pull_quote,
            "figure": self._figure,
            "tg-map": self._map,
            "table": self._table,
            "details": self._details,
            "tg-math-block": lambda node: {"type": "mathematical_expression", "expression": plain(node).strip()},
            "tg-button-row": self._buttons,
        }

    def blocks(self, node: Node, *, loose: bool) -> list[Json]:
        """Returns the blocks in a tag. Text between them is a paragraph if `loose`, and refused if not."""
        found: list[Json] = []
        run: list[Node | str] = []
        for child in [*node.children, Node("")]:
            if is_inline(child) and not (isinstance(child, Node) and child.tag == "a" and "name" in child.attributes):
                run.append(child)
                continue
            if any(not isinstance(one, str) or one.strip() for one in run):
                if not loose:
                    raise unparsed("text must be in a block")
                found.append({"type": "paragraph", "text": rich_text(run, self._references)})
            run.clear()
            if isinstance(child, Node) and child.tag:
                if child.tag not in self._by_tag:
                    raise unparsed(f'tag "{child.tag}" can\'t be here')
                found.append(self._by_tag[child.tag](child))
        return found

    def _text(self, node: Node, without: str = "") -> Any:
        children = [one for one in node.children if isinstance(one, str) or one.tag != without or not without]
        return rich_text(children, self._references)

    def _heading(self, node: Node) -> Json:
        return {"type": "heading", "text": self._text(node), "size": int(node.tag[1])}

    def _anchor(self, node: Node) -> Json:
        return {"type": "anchor", "name": node.attributes.get("name", "")}

    def _pre(self, node: Node) -> Json:
        inner = [one for one in node.children if isinstance(one, Node) or one.strip()]
        if len(inner) == 1 and isinstance(inner[0], Node) and inner[0].tag == "code":
            code = inner[0]
            named = code.attributes.get("class", "language-")
            if not named.startswith("language-"):
                raise unparsed("the class of code must be its language")
            block = {"type": "pre", "text": rich_text(code.children, self._references, keep_space=True)}
            return block | ({"language": named[9:]} if named[9:] else {})
        return {"type": "pre", "text": rich_text(node.children, self._references, keep_space=True)}

    # Quotes and folded parts

    def _cite(self, node: Node, name: str = "credit") -> Json:
        """Returns the credit at the end of a tag."""
        tags = [one for one in node.children if isinstance(one, Node) or one.strip()]
        cites = [one for one in tags if isinstance(one, Node) and one.tag == "cite"]
        if not cites:
            return {}
        if len(cites) > 1 or tags[-1] is not cites[0]:
            raise unparsed("cite must be the last of its block")
        return {name: self._text(cites[0])}

    def _quote(self, node: Node) -> Json:
        if "expandable" in node.attributes:
            return {"type": "expandable_blockquote", "text": self._text(node, "cite"), **self._cite(node)}
        inner = Node("", children=[one for one in node.children if isinstance(one, str) or one.tag != "cite"])
        return {"type": "blockquote", "blocks": self.blocks(inner, loose=True), **self._cite(node)}

    def _pull_quote(self, node: Node) -> Json:
        return {"type": "pullquote", "text": self._text(node, "cite"), **self._cite(node)}

    def _details(self, node: Node) -> Json:
        summary, inner = _first_of(node, "summary")
        if summary is None:
            raise unparsed("details must begin with a summary")
        block: Json = {"type": "details", "summary": self._text(summary), "blocks": self.blocks(inner, loose=True)}
        return block | ({"is_open": True} if "open" in node.attributes else {})

    # Lists

    def _list(self, node: Node) -> Json:
        items = _only(node, "li")
        if not items:
            raise unparsed("a list must have items")
        ordered = node.tag == "ol"
        step = -1 if "reversed" in node.attributes else 1
        value = _whole(node.attributes.get("start"), len(items) if step < 0 else 1)
        made = []
        for item in items:
            value = _whole(item.attributes.get("value"), value)
            kind = item.attributes.get("type", node.attributes.get("type", "1"))
            if kind not in _BULLET:
                raise unparsed(f"unsupported type of a list: {kind!r}")
            made.append(self._item(item) | ({"value": value, "type": kind} if ordered else {}))
            value += step
        return {"type": "list", "items": made}

    def _item(self, node: Node) -> Json:
        box, inner = _first_of(node, "input")
        blocks = {"blocks": self.blocks(inner, loose=True)}
        if box is None:
            return blocks
        if box.attributes.get("type") != "checkbox":
            raise unparsed("an input must be a checkbox")
        return blocks | {"has_checkbox": True} | ({"is_checked": True} if "checked" in box.attributes else {})

    # Media

    def _medium(self, node: Node) -> Json:
        kind = _MEDIA[node.tag]
        if any(isinstance(one, Node) or one.strip() for one in node.children):
            raise unparsed(f'tag "{node.tag}" must be empty')
        source = node.attributes.get("src", "")
        medium: Json = {"type": kind, "media": source}
        if source.startswith("tg://"):
            named = _DECLARED.fullmatch(source)
            if named is None or named[2] not in self._declared:
                raise bad_request("can't parse InputRichMessageMedia: media not found")
            medium = self._declared[named[2]]
            if named[1] != kind or medium["type"] not in _DECLARED_AS[kind]:
                raise bad_request(f"RICH_MESSAGE_{kind.upper()}_INVALID")
        if "tg-spoiler" in node.attributes:
            medium = medium | {"has_spoiler": True}
        return {"type": medium["type"], medium["type"]: medium}

    def _figure(self, node: Node) -> Json:
        caption, inner = _last_of(node, "figcaption")
        media = [one for one in inner.children if isinstance(one, Node) or one.strip()]
        if len(media) != 1 or not isinstance(media[0], Node) or media[0].tag not in {*_MEDIA, "tg-map"}:
            raise unparsed("a figure must have one medium")
        return self._by_tag[media[0].tag](media[0]) | self._caption(caption)

    def _caption(self, node: Node | None) -> Json:
        if node is None:
            return {}
        return {"caption": {"text": self._text(node, "cite"), **self._cite(node)}}

    def _gallery(self, node: Node) -> Json:
        caption, inner = _last_of(node, "figcaption")
        kind = node.tag.removeprefix("tg-")
        media = [self._medium(one) for one in _only(inner, "img", "video")]
        return {"type": kind, "blocks": media, **self._caption(caption)}

    def _map(self, node: Node) -> Json:
        try:
            latitude, longitude = float(node.attributes["lat"]), float(node.attributes["long"])
        except (KeyError, ValueError):
            raise unparsed("a map must have lat and long") from None
        zoom = _whole(node.attributes.get("zoom"), 15)
        return {"type": "map", "location": {"latitude": latitude, "longitude": longitude}, "zoom": zoom}

    # Tables and buttons

    def _table(self, node: Node) -> Json:
        caption, inner = _first_of(node, "caption")
        cells = [[self._cell(cell) for cell in _only(row, "td", "th")] for row in _only(inner, "tr")]
        block: Json = {"type": "table", "cells": cells}
        for name in ("bordered", "striped", "compact"):
            if name in node.attributes:
                block[f"is_{name}"] = True
        return block | ({"caption": self._text(caption)} if caption else {})

    def _cell(self, node: Node) -> Json:
        cell: Json = {"text": self._text(node)} | ({"is_header": True} if node.tag == "th" else {})
        for name in ("colspan", "rowspan"):
            if name in node.attributes:
                cell[name] = _whole(node.attributes[name], 1)
        return cell | {name: node.attributes[name] for name in ("align", "valign") if name in node.attributes}

    def _buttons(self, node: Node) -> Json:
        buttons = [button(one, self._references) for one in _only(node, "tg-button")]
        align = {"align": node.attributes["align"]} if "align" in node.attributes else {}
        return {"type": "buttons", "buttons": buttons, **align}


def _first_of(node: Node, tag: str) -> tuple[Node | None, Node]:
    """Returns the first tag in a tag, if it is this one, and a tag with the rest."""
    for number, child in enumerate(node.children):
        if isinstance(child, Node):
            if child.tag == tag:
                return child, Node("", children=node.children[number + 1 :])
            break
        if child.strip():
            break
    return None, node


def _last_of(node: Node, tag: str) -> tuple[Node | None, Node]:
    first, rest = _first_of(Node("", children=node.children[::-1]), tag)
    return first, Node("", children=rest.children[::-1])


def _only(node: Node, *tags: str) -> list[Node]:
    """Returns the tags in a tag. Raises Refusal if there is anything else."""
    found = [child for child in node.children if isinstance(child, Node) and child.tag in tags]
    others = [child for child in node.children if not isinstance(child, Node) or child.tag not in tags]
    if any(isinstance(child, Node) or child.strip() for child in others):
        raise unparsed(f'only {" and ".join(tags)} can be in "{node.tag or tags[0]}"')
    return found


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise unparsed(f"{text!r} is no whole number")
    return int(text)
