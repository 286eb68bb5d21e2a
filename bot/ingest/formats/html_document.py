"""Makes documents of publishers' HTML: one walk over the tree, by events, since a page may be nested a million deep.

Inside a sentence nothing is deleted: an element that is not known is its text. A block ends a paragraph; a picture
in the middle of a sentence waits for the sentence's end. Lists whose items hold whole sections, and tables that lay
out a page, are the blocks in them. Containers deeper than DEEPEST are the blocks in them, too.
"""

import re
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from itertools import islice
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from bot.ingest.formats.html_containers import (
    CLOSES,
    DROPPED,
    Frame,
    add_to_caption,
    count_letters,
    is_data_table,
    is_word,
    spanned,
)
from bot.ingest.formats.html_media import POST, medium_of
from bot.ingest.formats.html_runs import joined_lines, split_paragraphs
from bot.ingest.formats.html_sentences import CAPTION, Sentences
from bot.text.html import parse
from storage.records.documents import Block, Cell, Code, Divider, Document, Heading, Mark, Run

DEEPEST: Final = 8  # nested lists and quotes
_MOST_LOOKED_INTO: Final = 500  # elements that seldom hold text, of one document
_LOOKED_AT: Final = 300  # elements in one of these
_MUCH_TEXT: Final = 200  # letters in an element that usually holds none for readers

_INLINE: Final = {
    "b": Mark.BOLD, "strong": Mark.BOLD, "i": Mark.ITALIC, "em": Mark.ITALIC, "u": Mark.UNDERLINE,
    "ins": Mark.UNDERLINE, "s": Mark.STRIKE, "strike": Mark.STRIKE, "del": Mark.STRIKE, "code": Mark.CODE,
    "tt": Mark.CODE, "kbd": Mark.CODE, "samp": Mark.CODE, "sub": Mark.SUB, "sup": Mark.SUP,
}  # fmt: skip
_BLOCKS: Final = frozenset(
    "p div section article header footer main aside nav dl dt dd address center fieldset details summary hgroup tr td"
    " th figcaption caption body html legend thead tbody tfoot noframes".split()
)
_SELDOM_TEXT: Final = frozenset("form iframe object embed video audio canvas noscript amp-iframe amp-youtube".split())
_MEDIA: Final = frozenset("iframe object embed video audio amp-iframe amp-youtube".split())
_NEVER_CLOSED: Final = ("embed", "object", "video", "audio", "iframe", "form")
_FIGURE: Final = re.compile(
    r"(?<!\S)(?:wp-caption|image-with-caption|captioned-image-container|wp-block-gallery|gallery|tiled-gallery"
    r"|photo-?gallery|blocks-gallery-grid)(?!\S)"
)
_PULLED: Final = re.compile(r"(?<![a-z])pull-?(?:ed-?)?quote(?![a-z])", re.IGNORECASE)


def read_html(untrusted: str, base: str | None = None) -> Document:
    """Returns the document of a publisher's HTML. Addresses are resolved against `base`."""
    root = parse(untrusted)
    return tuple(block for block, _ in walk(root, base)) if root is not None else ()


def walk(
    root: HtmlElement, base: str | None = None, *, left_out: Collection[HtmlElement] = frozenset()
) -> list[tuple[Block, HtmlElement]]:
    """Returns the blocks of a tree, each with the element in which it begins. The tree stays as it is.

    Elements in `left_out` are left out, unless they are captions.
    """
    builder = _Builder(base)
    events = etree.iterwalk(root, events=("start", "end"))
    for event, node in events:
        if event == "start":
            if builder.start(node, is_left_out=node in left_out):
                events.skip_subtree()
            else:
                builder.add(node.text, node)
        else:
            builder.end(node)
            if node is not root and node.tail:
                builder.add(node.tail, node.getparent())
    builder.flush()
    return _without_edges(builder.frames[0])


def open_unclosed(root: HtmlElement) -> None:
    """Makes divisions of a page's players, frames and forms that hold a text, since they were never closed.

    <embed> has no end and holds nothing, though the parser finds one.
    """
    for node in list(islice(root.iter(*_NEVER_CLOSED), _MOST_LOOKED_INTO)):
        if node.tag == "embed":
            node.drop_tag()
        elif count_letters(node, _MUCH_TEXT, _LOOKED_AT) >= _MUCH_TEXT:
            node.tag = "div"


def _without_edges(frame: "Frame") -> list[tuple[Block, HtmlElement]]:
    """Returns the blocks without dividers at the ends and behind one another."""
    found: list[tuple[Block, HtmlElement]] = []
    for block, node in zip(frame.blocks, frame.nodes, strict=True):
        if not isinstance(block, Divider) or (found and not isinstance(found[-1][0], Divider)):
            found.append((block, node))
    while found and isinstance(found[-1][0], Divider):
        found.pop()
    return found


@lru_cache(4096)  # a page has few names, many times each
def _kind_of_name(named: str) -> str | None:
    """Returns what the class of a block says that it is."""
    kinds = {"pulled": _PULLED, "post": POST, "figure": _FIGURE, "caption": CAPTION}
    return next((kind for kind, pattern in kinds.items() if pattern.search(named)), None)


class _Builder(Sentences):
    """Makes blocks of the events of a walk."""

    def __init__(self, base: str | None) -> None:
        super().__init__(base)
        self._ends: list[Callable[[], None] | None] = []  # what to do at the end of each open element
        self._looked_into = 0  # elements that seldom hold text

    # Elements

    def start(self, node: HtmlElement, *, is_left_out: bool = False) -> bool:
        """Begin an element. Returns whether what is in it is to be left out."""
        name = node.tag
        ending, skipped = None, False
        if (name in DROPPED and not self._is_word(node)) or (is_left_out and not self._is_caption(node)):
            skipped = True
        elif name in _INLINE:
            ending = self._mark(_INLINE[name])
        elif name == "a":
            ending = self._open_link(node)
        elif name == "br":
            if self._pieces:
                self._pieces.append(Run("\n"))
        elif name in ("img", "amp-img"):
            self._picture(node)
        elif name in ("span", "font", "cite", "small", "label"):
            ending = self._span(node)
        elif name in _SELDOM_TEXT:
            ending, skipped = self._seldom(node)
        else:
            ending = self._start_block(node, str(name))
        self._ends.append(ending)
        return skipped

    def _is_word(self, node: HtmlElement) -> bool:
        return node.tag == "button" and is_word(node, follows_text=any(run.text.strip() for run in self._pieces))

    def end(self, node: HtmlElement) -> None:
        ending = self._ends.pop()
        if ending is not None:
            ending()

    def _seldom(self, node: HtmlElement) -> tuple[Callable[[], None] | None, bool]:
        """An element whose text is for programs that can't show it. If it holds much text, it was never closed."""
        if node.tag in _MEDIA:
            medium = medium_of(node, self._base)
            if medium is not None:
                self._place(medium, node)
        if node.tag == "embed":  # it has no end, though the parser finds one
            return None, False
        self._looked_into += 1
        if self._looked_into > _MOST_LOOKED_INTO:
            return None, True
        if node.tag == "noscript":
            for image in islice(node.iter(), _LOOKED_AT):
                if image.tag == "img":
                    self._picture(image)
        if count_letters(node, _MUCH_TEXT, _LOOKED_AT) < _MUCH_TEXT:
            return None, True
        self.flush()
        return self.flush, False

    # Blocks

    def _start_block(self, node: HtmlElement, name: str) -> Callable[[], None] | None:
        if self._in_cell:
            self.flush()
            return self.flush
        starting = _STARTS.get(name)
        if starting is None and name not in _BLOCKS:
            return None  # an element that is not known stands in the sentence
        named = node.get("class") or ""
        self.flush()
        kind = _kind_of_name(named) if named else None
        if kind in ("pulled", "post", "figure") and name != kind and len(self.frames) <= DEEPEST:
            return self._open(kind, node)
        if starting is not None:
            return starting(self, node)
        if kind == "caption" and self._role is None and self._takes_caption():
            return self._take(self._caption_last)
        return self.flush

    def _open(self, kind: str, node: HtmlElement) -> Callable[[], None]:
        if len(self.frames) > DEEPEST:
            return self.flush
        role, self._role = self._role, None
        frame = Frame(kind, node)
        self.frames.append(frame)

        def ending() -> None:
            self.flush()
            self.frames.pop()
            self._role = role
            for block in CLOSES[kind](frame, self._base):
                self._emit(block, node)

        return ending

    def heading(self, node: HtmlElement) -> Callable[[], None]:
        if self._role is not None:
            return self.flush
        return self._take(lambda runs: self._emit(Heading(runs, int(str(node.tag)[1])), node))

    def quote(self, node: HtmlElement) -> Callable[[], None]:
        return self._open("quote", node)

    def listing(self, node: HtmlElement) -> Callable[[], None]:
        return self._open("list", node)

    def item(self, node: HtmlElement) -> Callable[[], None]:
        if self.frames[-1].kind != "list":
            return self.flush
        frame = Frame("item", node)
        self.frames.append(frame)

        def ending() -> None:
            self.flush()
            self.frames.pop()
            if frame.blocks:
                self.frames[-1].items.append(tuple(frame.blocks))

        return ending

    def figure(self, node: HtmlElement) -> Callable[[], None]:
        return self._open("figure", node)

    def caption(self, node: HtmlElement) -> Callable[[], None]:
        frame = self.frames[-1]
        if frame.kind not in ("figure", "table"):
            return self.flush
        return self._take(partial(add_to_caption, frame.caption))

    def source(self, node: HtmlElement) -> Callable[[], None]:
        frame = self.frames[-1]
        return self._take(partial(add_to_caption, frame.caption)) if frame.kind in ("quote", "pulled") else self.flush

    def preformatted(self, node: HtmlElement) -> Callable[[], None]:
        if self._role is not None or self._lines_kept:
            return self.flush
        self._lines_kept += 1

        def ending() -> None:
            self._lines_kept -= 1
            text = "".join(run.text for run in self._pieces).strip("\n").rstrip()
            self._pieces = []
            if text.strip():
                self._emit(Code(text), node)
            self.flush()

        return ending

    def divider(self, node: HtmlElement) -> None:
        if self._role is None:
            self._emit(Divider(), node)

    def table(self, node: HtmlElement) -> Callable[[], None]:
        return self._open("table", node) if self._role is None and is_data_table(node) else self.flush

    def row(self, node: HtmlElement) -> Callable[[], None]:
        if self.frames[-1].kind != "table":
            return self.flush
        frame = Frame("row", node)
        self.frames.append(frame)

        def ending() -> None:
            self.frames.pop()
            if any(cell.text for cell in frame.cells):
                self.frames[-1].rows.append(tuple(frame.cells))

        return ending

    def cell(self, node: HtmlElement) -> Callable[[], None]:
        frame = self.frames[-1]
        if frame.kind != "row":
            return self.flush
        self._in_cell = True

        def ending() -> None:
            self._in_cell = False
            pieces, self._pieces = self._pieces, []
            text = joined_lines(*split_paragraphs(pieces))
            spans = spanned(node, "colspan"), spanned(node, "rowspan")
            frame.cells.append(Cell(text, node.tag == "th", *spans))
            self.flush()

        return ending


_STARTS: Final[dict[str, Callable[[_Builder, HtmlElement], Callable[[], None] | None]]] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Builder.heading),
    **dict.fromkeys(("ul", "ol", "menu", "dir"), _Builder.listing),
    "li": _Builder.item,
    "blockquote": _Builder.quote,
    "figure": _Builder.figure,
    "figcaption": _Builder.caption,
    "caption": _Builder.caption,
    "footer": _Builder.source,
    "pre": _Builder.preformatted,
    "hr": _Builder.divider,
    "table": _Builder.table,
    "tr": _Builder.row,
    "td": _Builder.cell,
    "th": _Builder.cell,
}
