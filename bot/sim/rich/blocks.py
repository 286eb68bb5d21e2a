"""Checks the blocks of a rich message, and turns them into those that Telegram answers with."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.sim.fetching import BadAddress
from bot.sim.files import File
from bot.sim.refusal import Refusal, bad_request
from bot.sim.rich.labels import label
from bot.sim.rich.text import Counts, Texts, visible, wrong
from bot.sim.world import Json

MOST_COLUMNS: Final = 20
MOST_BUTTONS: Final = 8  # in a row
MAP_SIZE: Final = (600, 300)  # pixels, if the bot named no size
_SHOWN: Final = frozenset({"photo", "video", "animation"})  # all that a collage or a slideshow may have

# The fields of each type of block besides `type`: those that are needed, and those that may be left out.
_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "paragraph": ("text", ""),
    "heading": ("text size", ""),
    "pre": ("text", "language"),
    "footer": ("text", ""),
    "divider": ("", ""),
    "anchor": ("name", ""),
    "list": ("items", ""),
    "blockquote": ("blocks", "credit"),
    "expandable_blockquote": ("text", "credit"),
    "pullquote": ("text", "credit"),
    "collage": ("blocks", "caption"),
    "slideshow": ("blocks", "caption"),
    "table": ("cells", "is_bordered is_striped is_compact caption"),
    "details": ("summary blocks", "is_open"),
    "map": ("location", "zoom width height caption"),
    "mathematical_expression": ("expression", ""),
    "buttons": ("buttons", "align"),
    **{kind: (kind, "caption") for kind in "photo video animation audio voice_note document".split()},
}
# What a file may be for a block, and the type of the block that Telegram makes of it.
_MEDIA: Final[dict[str, dict[str, str]]] = {
    "photo": {"photo": "photo"},
    "video": {"video": "video", "animation": "animation"},
    "animation": {"animation": "animation", "video": "animation"},
    "audio": {"audio": "audio", "voice": "voice_note"},
    "voice_note": {"voice": "voice_note"},
    "document": {"document": "document"},
}

Found = Mapping[str, File | Exception]
"""What was found for each medium of a message, by the name that the bot gave."""


class Blocks:
    """Checks the blocks of one message."""

    def __init__(self, found: Found, user: Callable[[int], Json], *, is_rtl: bool, detect: bool) -> None:
        self._found = found
        self._start = "right" if is_rtl else "left"
        self._counts = Counts()
        self._texts = Texts(self._counts, user, detect=detect)
        self._checks: dict[str, Callable[[Json, int], Json]] = {
            **dict.fromkeys(("paragraph", "footer", "expandable_blockquote", "pullquote"), self._as_text),
            **dict.fromkeys(_MEDIA, self._medium),
            **dict.fromkeys(("collage", "slideshow"), self._gallery),
            "heading": self._heading,
            "pre": lambda block, depth: block | {"text": self._texts.check(block["text"], depth, detect=False)},
            "divider": lambda block, depth: block,
            "anchor": self._anchor,
            "list": self._list,
            "blockquote": lambda block, depth: block | {"blocks": self._inner(block["blocks"], depth + 1)},
            "table": self._table,
            "details": self._details,
            "map": self._map,
            "mathematical_expression": self._formula,
            "buttons": self._buttons,
        }

    def check(self, blocks: Any) -> list[Json]:
        """Returns all blocks of the message as Telegram answers with them. Raises Refusal."""
        checked = self._inner(blocks, 1)
        if not self._counts.characters and not self._counts.media:
            raise bad_request("RICH_MESSAGE_EMPTY")
        return checked

    def _inner(self, blocks: Any, depth: int) -> list[Json]:
        if not isinstance(blocks, list):
            raise wrong("InputRichBlock", "expected an array")
        if not blocks:
            raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
        return [self._block(block, depth) for block in blocks]

    def _block(self, block: Any, depth: int) -> Json:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in _FIELDS:
            raise wrong("InputRichBlock", f"type {kind!r} is unsupported")
        needed, possible = (set(names.split()) for names in _FIELDS[kind])
        if missing := needed - set(block):
            raise wrong("InputRichBlock", f"{kind} needs {sorted(missing)}")
        if unknown := set(block) - needed - possible - {"type"}:
            raise wrong("InputRichBlock", f"unknown fields of {kind}: {sorted(unknown)}")
        self._counts.add_block(depth)
        made = self._checks[kind](block, depth)
        if "credit" in block:
            made = made | {"credit": self._texts.check(block["credit"], depth)}
        if "caption" in block and kind != "table":
            made = made | {"caption": self._caption(block["caption"], depth)}
        return made

    # Text

    def _as_text(self, block: Json, depth: int) -> Json:
        text = self._texts.check(block["text"], depth)
        if not visible(text).strip():
            raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
        return block | {"text": text}

    def _heading(self, block: Json, depth: int) -> Json:
        if block["size"] not in range(1, 7):
            raise wrong("InputRichBlock", "the size of a heading is 1 to 6")
        return self._as_text(block, depth)

    def _anchor(self, block: Json, depth: int) -> Json:
        if not block["name"] or not isinstance(block["name"], str):
            raise wrong("InputRichBlock", "an anchor needs a name")
        return block

    def _formula(self, block: Json, depth: int) -> Json:
        self._counts.add_text(block["expression"])
        return block

    def _details(self, block: Json, depth: int) -> Json:
        summary = self._texts.check(block["summary"], depth)
        if not visible(summary).strip():
            raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
        return block | {"summary": summary, "blocks": self._inner(block["blocks"], depth + 1)}

    def _caption(self, caption: Any, depth: int) -> Json:
        if not isinstance(caption, dict) or not {"text"} <= set(caption) <= {"text", "credit"}:
            raise wrong("RichBlockCaption", "expected text and credit")
        return {name: self._texts.check(text, depth) for name, text in caption.items()}

    # Lists, tables and buttons

    def _list(self, block: Json, depth: int) -> Json:
        if not isinstance(block["items"], list) or not block["items"]:
            raise wrong("InputRichBlock", "a list needs items")
        return block | {"items": [self._item(item, depth + 1) for item in block["items"]]}

    def _item(self, item: Any, depth: int) -> Json:
        if not isinstance(item, dict) or set(item) - {"blocks", "has_checkbox", "is_checked", "value", "type"}:
            raise wrong("InputRichBlockListItem", "unknown field")
        self._counts.add_block(depth)
        return item | {"label": label(item), "blocks": self._inner(item.get("blocks"), depth + 1)}

    def _table(self, block: Json, depth: int) -> Json:
        rows = block["cells"]
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
            raise wrong("InputRichBlock", "a table needs rows of cells")
        cells, reaching = [], list[tuple[int, int]]()  # columns and rows left of cells that reach into the next rows
        for row in rows:
            self._counts.add_block(depth + 1)
            cells.append([self._cell(cell, depth + 1) for cell in row])
            columns = sum(cell.get("colspan", 1) for cell in row)
            if columns + sum(across for across, _ in reaching) > MOST_COLUMNS:
                raise bad_request("RICH_MESSAGE_TABLE_COLS_TOO_MANY")
            reaching = [(across, left - 1) for across, left in reaching if left > 1]
            reaching += [(c.get("colspan", 1), c["rowspan"] - 1) for c in row if c.get("rowspan", 1) > 1]
        caption = {"caption": self._texts.check(block["caption"], depth)} if "caption" in block else {}
        return block | {"cells": cells, **caption}

    def _cell(self, cell: Any, depth: int) -> Json:
        if not isinstance(cell, dict) or set(cell) - set("text is_header colspan rowspan align valign".split()):
            raise wrong("RichBlockTableCell", "unknown field")
        made = {"align": self._start, "valign": "middle", **cell}
        if made["align"] not in ("left", "center", "right") or made["valign"] not in ("top", "middle", "bottom"):
            raise wrong("RichBlockTableCell", "wrong alignment")
        if any(type(cell[name]) is not int or cell[name] < 1 for name in ("colspan", "rowspan") if name in cell):
            raise wrong("RichBlockTableCell", "wrong span")
        return made | ({"text": self._texts.check(cell["text"], depth)} if "text" in cell else {})

    def _buttons(self, block: Json, depth: int) -> Json:
        if not isinstance(block["buttons"], list) or not 1 <= len(block["buttons"]) <= MOST_BUTTONS:
            raise wrong("InputRichBlock", f"a row has 1 to {MOST_BUTTONS} buttons")
        if block.get("align", "left") not in ("left", "center", "right"):
            raise wrong("InputRichBlock", "wrong alignment")
        return block | {"buttons": [self._texts.button(one, depth) for one in block["buttons"]]}

    # Media

    def _medium(self, block: Json, depth: int) -> Json:
        kind: str = block["type"]
        medium = block[kind]
        if not isinstance(medium, dict) or medium.get("type") != kind:
            raise wrong("InputRichBlock", f"{kind} needs a medium of its type")
        self._counts.add_medium()
        file = self._found.get(medium.get("media", ""))
        made = _MEDIA[kind].get(file.kind) if isinstance(file, File) else None
        if not isinstance(file, File) or made is None:
            raise _no_medium(kind, medium.get("media", ""), file)
        spoiler = {"has_spoiler": True} if medium.get("has_spoiler") and made in _SHOWN else {}
        return {"type": made, made: file.to_json(), **spoiler}

    def _gallery(self, block: Json, depth: int) -> Json:
        inner = self._inner(block["blocks"], depth + 1)
        if len(inner) < 2 or any(one["type"] not in _SHOWN for one in inner):
            raise wrong("InputRichBlock", f"a {block['type']} has several photos and videos, and nothing else")
        return block | {"blocks": inner}

    def _map(self, block: Json, depth: int) -> Json:
        place = block["location"]
        if not isinstance(place, dict) or set(place) != {"latitude", "longitude"}:
            raise wrong("InputRichBlock", "a map needs a latitude and a longitude")
        width, height = block.get("width", MAP_SIZE[0]), block.get("height", MAP_SIZE[1])
        if width + height > 10_000 or not 1 / 20 <= width / height <= 20 or block.get("zoom", 15) not in range(25):
            raise wrong("InputRichBlock", "wrong size or zoom of a map")
        self._counts.add_medium()
        return block | {"zoom": block.get("zoom", 15), "width": width, "height": height}


def _no_medium(kind: str, named: str, found: File | Exception | None) -> Refusal:
    """Returns the refusal for a medium that can't be had, or is of another kind."""
    name = f"RICH_MESSAGE_{kind.upper()}"
    if isinstance(found, BadAddress):
        return bad_request(f"{name}_URL_INVALID")
    if named.startswith(("http://", "https://")):
        return bad_request(f"{name}_NO_MEDIA_FOUND")
    if not isinstance(found, File) and not named.startswith("attach://"):
        return bad_request(f"{name}_FILE_ID_INVALID")
    return bad_request(f"{name}_INVALID")
