"""Containers of HTML that are blocks when they end: lists, quotes, figures, tables, embedded posts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from bot.ingest.formats.html_captions import split_credit
from bot.ingest.formats.html_media import post_address
from bot.ingest.formats.html_runs import joined_lines
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Embed,
    Gallery,
    Heading,
    Listing,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Runs,
    Table,
    Video,
)

_SEARCHED: Final = 3_000  # elements of a table that are looked at to know what it is
_LONG_CELL: Final = 300  # letters of a cell; tables with longer cells lay out a page
DROPPED: Final = frozenset(
    "script style head title template svg math select textarea button input datalist amp-ad amp-embed".split()
)
_BESIDE: Final = 8  # letters behind a button in the sentence that begins with it


class Frame:
    """An open container: the document itself, a list, an item, a quote, a figure, a table or a row."""

    def __init__(self, kind: str, node: HtmlElement | None) -> None:
        self.kind = kind
        self.node = node
        self.blocks: list[Block] = []
        self.nodes: list[HtmlElement] = []  # in which each block begins
        self.items: list[tuple[Block, ...]] = []  # of a list
        self.rows: list[tuple[Cell, ...]] = []  # of a table
        self.cells: list[Cell] = []  # of a row
        self.caption: list[Run] = []  # of a figure or a table; of a quote, its source
        self.credit = ""


def add_to_caption(caption: list[Run], runs: Runs) -> None:
    if caption:
        caption.append(Run("\n"))
    caption.extend(runs)


# Closed containers


def _closed_list(frame: Frame, _: str | None) -> Iterator[Block]:
    """Yields the list, or the blocks of its items if they are sections, as in articles that are one list."""
    pictures = [block for item in frame.items for block in item if isinstance(block, Picture)]
    if len(pictures) > 1 and len(pictures) == sum(map(len, frame.items)):
        yield Gallery(tuple(pictures))
    elif any(_is_section(item) for item in frame.items):
        for item in frame.items:
            yield from item
    elif frame.items:
        yield Listing(tuple(frame.items), ordered=frame.node is not None and frame.node.tag == "ol")


def _is_section(item: tuple[Block, ...]) -> bool:
    paragraphs = sum(isinstance(block, Paragraph) for block in item)
    return paragraphs > 2 or any(isinstance(block, Heading) for block in item)


def _closed_quote(frame: Frame, _: str | None) -> Iterator[Block]:
    if frame.blocks:
        yield Quote(tuple(frame.blocks), tuple(frame.caption))
    elif frame.caption:
        yield Paragraph(tuple(frame.caption))


def _closed_pulled(frame: Frame, _: str | None) -> Iterator[Block]:
    """Yields a pull quote. Its quotation may be in an element of its own."""
    inner = [one for block in frame.blocks for one in (block.blocks if isinstance(block, Quote) else (block,))]
    quoted = [block.source for block in frame.blocks if isinstance(block, Quote)]
    texts = [block.text for block in inner if isinstance(block, Paragraph | Heading)]
    if texts and len(texts) == len(inner):
        source = joined_lines(*filter(None, [*quoted, tuple(frame.caption)]))
        yield PullQuote(joined_lines(*texts), source)
    else:
        yield from frame.blocks


def _closed_post(frame: Frame, base: str | None) -> Iterator[Block]:
    address = post_address(frame.node, base) if frame.node is not None else None
    texts = [block.text for block in frame.blocks if isinstance(block, Paragraph)]
    source = [tuple(frame.caption)] if frame.caption else []
    if address is not None and len(texts) == len(frame.blocks):
        yield Embed(address, joined_lines(*texts, *source))
    elif frame.blocks:
        yield Quote(tuple(frame.blocks), tuple(frame.caption))


def _closed_figure(frame: Frame, _: str | None) -> Iterator[Block]:
    """Yields the picture or the gallery of a figure with its caption, and what else stands in it."""
    pictures = [
        one
        for block in frame.blocks
        for one in (block.pictures if isinstance(block, Gallery) else (block,))
        if isinstance(one, Picture)
    ]
    others = [block for block in frame.blocks if not isinstance(block, Picture | Gallery)]
    caption = tuple(frame.caption)
    if any(isinstance(block, Listing) for block in others):
        pictures = []
    if not pictures:
        taken = False
        for block in frame.blocks:
            if not taken and isinstance(block, Table | Video | Audio) and not block.caption:
                block, taken = replace(block, caption=caption), True
            yield block
        if caption and not taken:
            yield Paragraph(caption)
        return
    if len(pictures) == 1:
        one = pictures[0]
        said, credit = split_credit(caption)
        yield replace(one, caption=one.caption or said, credit=one.credit or frame.credit or credit)
        if one.caption and caption:
            yield Paragraph(caption)
    else:
        yield Gallery(tuple(pictures), caption)
    yield from others


def _closed_table(frame: Frame, _: str | None) -> Iterator[Block]:
    if frame.rows:
        yield Table(tuple(frame.rows), tuple(frame.caption))
    elif frame.caption:
        yield Paragraph(tuple(frame.caption))


CLOSES: Final[dict[str, Callable[[Frame, str | None], Iterator[Block]]]] = {
    "list": _closed_list,
    "quote": _closed_quote,
    "pulled": _closed_pulled,
    "post": _closed_post,
    "figure": _closed_figure,
    "table": _closed_table,
}


def is_data_table(table: HtmlElement) -> bool:
    """Returns whether a table holds figures or names, and does not lay out a page."""
    if table.get("role") in ("presentation", "none"):
        return False
    rows, most, has_header = 0, 0, False
    cells: list[HtmlElement] = []
    for node in islice(table.iter(), 1, _SEARCHED):
        if node.tag in ("table", "h1", "h2", "h3", "ul", "ol", "iframe", "form", "figure"):
            return False
        if node.tag == "tr":
            rows += 1
            most = max(most, len(node))
        elif node.tag in ("td", "th"):
            has_header = has_header or node.tag == "th"
            cells.append(node)
        elif node.tag == "img" and not has_header:
            return False
    return rows > 1 and most > 1 and all(count_letters(cell, _LONG_CELL) < _LONG_CELL for cell in cells)


def count_letters(node: HtmlElement, most: int, searched: int = _SEARCHED) -> int:
    """Returns the number of letters in an element, or `most` if it has more."""
    found = 0
    for one in islice(node.iter(), searched):
        if one.tag not in DROPPED:
            found += len((one.text or "").strip())
        if one is not node:
            found += len((one.tail or "").strip())
        if found >= most:
            return most
    return found


def is_word(button: HtmlElement, *, follows_text: bool) -> bool:
    """Returns whether a button is a word of a sentence, as sites have them for terms that they explain.

    The sentence goes on behind it. What only follows a sentence is to be pressed, and a number counts who did.
    """
    behind = (button.tail or "").strip()
    return bool(behind) and not behind[0].isdigit() and (follows_text or len(behind) >= _BESIDE)


def spanned(node: HtmlElement, name: str) -> int:
    """Returns how many columns or rows a cell spans, by its attribute of this name."""
    written = node.get(name) or ""
    number = int(written) if written.isdecimal() and written.isascii() and len(written) < 4 else 1
    return min(max(number, 1), 100)
