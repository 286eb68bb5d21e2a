"""Turns a text of Telegram with its entities into a document. Telegram counts UTF-16 code units."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bot.ingest.formats.json_values import Object, text_at
from bot.text.document import trimmed
from bot.text.html import web_address
from storage.records.documents import Block, Code, Document, Mark, Paragraph, Quote, Run

DEEPEST: Final = 32  # levels of a rich message that are read; Telegram allows half of that
_MARKS: Final = {
    "bold": Mark.BOLD,
    "italic": Mark.ITALIC,
    "underline": Mark.UNDERLINE,
    "strikethrough": Mark.STRIKE,
    "code": Mark.CODE,
}
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
_BLOCKS: Final = _QUOTES | {"pre"}
_PARAGRAPH_ENDS: Final = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True)
class Entity:
    """What a part of a text is. Places are those of Python's characters."""

    kind: str
    start: int
    end: int
    url: str | None = None


def read_entities(text: str, written: Iterable[Object]) -> tuple[Entity, ...]:
    """Returns the entities of a text, as the Bot API writes them. Those with wrong values are left out."""
    place_of: dict[int, int] = {}
    units = 0
    for place, letter in enumerate(text):
        place_of[units] = place
        units += 2 if ord(letter) > 0xFFFF else 1
    place_of[units] = len(text)
    found = []
    for one in written:
        offset, length = one.get("offset"), one.get("length")
        if type(offset) is not int or type(length) is not int:
            continue
        start, end = place_of.get(offset), place_of.get(offset + length)
        if start is not None and end is not None and start < end:
            found.append(Entity(text_at(one, "type"), start, end, web_address(text_at(one, "url"))))
    return tuple(sorted(found, key=lambda one: (one.start, -one.end)))


def plain_of_rich(rich: Object) -> str:
    """Returns the text of a rich message, with an empty line between its blocks. Marks and pictures are left out."""
    return "\n\n".join(_rich_blocks(rich.get("blocks"), DEEPEST))


def _rich_blocks(blocks: object, depth: int) -> Iterator[str]:
    for block in blocks if isinstance(blocks, list) and depth else ():
        if not isinstance(block, Mapping):
            continue
        for key in ("summary", "text"):
            if text := _rich_text(block.get(key), depth).strip():
                yield text
        for key in ("blocks", "items"):
            yield from _rich_blocks(block.get(key), depth - 1)


def _rich_text(text: object, depth: int) -> str:
    """Returns a text that is a string, a list of texts, or an object that marks one."""
    if isinstance(text, str):
        return text
    if isinstance(text, list) and depth:
        return "".join(_rich_text(one, depth - 1) for one in text)
    return _rich_text(text.get("text"), depth - 1) if isinstance(text, Mapping) and depth else ""


def document_of(text: str, entities: Sequence[Entity], start: int = 0, end: int | None = None) -> Document:
    """Returns the document of a part of a text: paragraphs, quotes and code."""
    return tuple(_blocks(text, entities, start, len(text) if end is None else end))


def _blocks(text: str, entities: Sequence[Entity], start: int, end: int) -> Iterator[Block]:
    for block in (one for one in entities if one.kind in _BLOCKS):
        first, last = max(start, block.start), min(end, block.end)
        if first >= last:
            continue
        yield from _paragraphs(text, entities, start, first)
        if block.kind == "pre":
            yield Code(text[first:last].strip("\n"))
        elif quoted := tuple(_paragraphs(text, entities, first, last)):
            yield Quote(quoted)
        start = last
    yield from _paragraphs(text, entities, start, end)


def _paragraphs(text: str, entities: Sequence[Entity], start: int, end: int) -> Iterator[Block]:
    for ending in (*_PARAGRAPH_ENDS.finditer(text, start, end), None):
        last = ending.start() if ending is not None else end
        if runs := trimmed(_runs(text, entities, start, last)):
            yield Paragraph(runs)
        start = ending.end() if ending is not None else end


def _runs(text: str, entities: Sequence[Entity], start: int, end: int) -> Iterator[Run]:
    here = [one for one in entities if one.start < end and one.end > start]
    edges = sorted({start, end, *(min(end, max(start, edge)) for one in here for edge in (one.start, one.end))})
    for first, last in pairwise(edges):
        around = [one for one in here if one.start <= first and one.end >= last]
        marks = frozenset(_MARKS[one.kind] for one in around if one.kind in _MARKS)
        link = next((one.url for one in around if one.kind == "text_link" and one.url), None)
        if link is None and any(one.kind == "url" for one in around):
            written = text[first:last]
            link = web_address(written if "://" in written else f"https://{written}")
        yield Run(text[first:last], marks, link)
