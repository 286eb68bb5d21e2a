"""Sentences of publishers' HTML: text with its marks and links, and the pictures in and between them."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from lxml.html import HtmlElement

from bot.ingest.formats.html_captions import credit_of, is_caption
from bot.ingest.formats.html_containers import Frame, add_to_caption
from bot.ingest.formats.html_media import picture_of
from bot.ingest.formats.html_runs import joined_lines, split_paragraphs
from bot.text.document import plain_runs, trimmed
from bot.text.html import clean_inline, one_line, web_address
from storage.records.documents import Block, Mark, Paragraph, Picture, Run, Runs, Video

_MOST_MARKS: Final = 200  # nested elements with marks or links
_LONG_CAPTION: Final = 20  # runs; what follows is a text

CAPTION: Final = re.compile(
    r"(?<![a-z])(?:wp-caption-text|(?:image|img|photo|picture|media|figure|gallery)?[-_]?caption(?:[-_]?text)?"
    r"|(?:image|img|photo|picture|figure)[-_]desc(?:ription)?|bild(?:unterschrift|text|zeile)|pie-?(?:de-)?foto"
    r"|l[ée]gende?|leyenda|didascalia)(?![a-z])",
    re.IGNORECASE,
)
_CREDIT: Final = re.compile(
    r"(?<![a-z])(?:credits?|copyright|photographer|image-?source|photo-?by)(?![a-z])", re.IGNORECASE
)
_DROP_CAP_PIECES: Final = 3  # of a paragraph that begins with one: the letter, perhaps a blank, and the rest
_WORDS_OF_ONE_LETTER: Final = frozenset("AÀÁÅEÉÈÊIOÓÖUÚYÝKSVWZАБВЕЄЖИІКОСУЯΗΟ")  # in some language with capitals
_BLANKS: Final = re.compile(r"[ \t\n\r\f\v\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_SIZE: Final = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)")  # in the name of a picture's file
_SYMBOLS: Final = re.compile(r"[^\w\s]{1,12}")


class Sentences:
    """The paragraph that is open, and the containers that it stands in.

    The beginning of an element returns what is to be done at its end, or None.
    """

    def __init__(self, base: str | None) -> None:
        self._base = base
        self.frames = [Frame("document", None)]
        self._pieces: list[Run] = []  # of the paragraph that is open
        self._piece_node: HtmlElement | None = None
        self._waiting: list[tuple[Block, HtmlElement]] = []  # pictures in the open paragraph
        self._marks: frozenset[Mark] = frozenset()
        self._link: str | None = None
        self._marked = 0
        self._role: Callable[[Runs], None] | None = None  # takes the text of the open element; None: paragraphs
        self._in_cell = False
        self._lines_kept = 0  # open <pre>

    # Text

    def add(self, text: str | None, node: HtmlElement | None) -> None:
        if not text or (not self._pieces and text.isspace()):
            return
        if self._lines_kept:
            self._pieces.append(Run(clean_inline(text)))
            return
        if not text.isprintable() or "  " in text:
            text = clean_inline(_BLANKS.sub(" ", text))
        if not self._pieces:
            text = text.lstrip()
            self._piece_node = node
        elif len(self._pieces) < _DROP_CAP_PIECES and len(self._pieces[0].text) < _DROP_CAP_PIECES:
            before = "".join(run.text for run in self._pieces).strip()
            if _is_drop_cap(before, text.lstrip()):
                text, self._pieces = before + text.lstrip(), []
        if text:
            self._pieces.append(Run(text, self._marks, self._link))

    def flush(self) -> None:
        """End the open paragraph."""
        pieces, self._pieces = self._pieces, []
        if self._in_cell:
            self._pieces = [*pieces, Run("\n")] if pieces else []
            return
        node = self._piece_node
        for runs in split_paragraphs(pieces) if pieces else ():
            if self._role is not None:
                self._role(runs)
            elif node is not None and not self._is_taken(runs, node):
                self._emit(Paragraph(runs), node)
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for block, found in waiting:
                self._emit(block, found)

    def _is_taken(self, runs: Runs, node: HtmlElement) -> bool:
        """Give a paragraph to the picture right above it, if it is that picture's caption or credit, or to a drop cap
        that stands alone before it. Returns whether it was given away.
        """
        frame = self.frames[-1]
        last = frame.blocks[-1] if frame.blocks else None
        if isinstance(last, Picture) and not last.caption:
            if credit := credit_of(runs):
                frame.blocks[-1] = replace(last, credit=last.credit or credit)
                return True
            if is_caption(runs, last, frame.nodes[-1], node):
                frame.blocks[-1] = replace(last, caption=runs)
                return True
        elif isinstance(last, Paragraph) and _is_drop_cap(plain_runs(last.text), plain_runs(runs)):
            frame.blocks[-1] = Paragraph(trimmed((replace(runs[0], text=plain_runs(last.text)), *runs)))
            return True
        return False

    def _emit(self, block: Block, node: HtmlElement) -> None:
        frame = self.frames[-1]
        if frame.kind == "list":
            frame.items.append((block,))
            return
        if frame.kind in ("table", "row"):  # beside the cells
            frame = next(one for one in reversed(self.frames) if one.kind not in ("table", "row"))
        frame.blocks.append(block)
        frame.nodes.append(node)

    # Marks, links and spans

    def _mark(self, mark: Mark) -> Callable[[], None] | None:
        if self._marked >= _MOST_MARKS or mark in self._marks:
            return None
        before, self._marks = self._marks, self._marks | {mark}
        self._marked += 1

        def ending() -> None:
            self._marks = before
            self._marked -= 1

        return ending

    def _open_link(self, node: HtmlElement) -> Callable[[], None] | None:
        address = web_address(node.get("href"), self._base) if self._link is None else None
        if address is None:
            return None
        self._link = address

        def ending() -> None:
            self._link = None

        return ending

    def _span(self, node: HtmlElement) -> Callable[[], None] | None:
        """A credit in a caption or the source of a quote; else nothing of its own."""
        named = node.get("class") or ""
        frame = self.frames[-1]
        is_last = node.getnext() is None and not (node.tail or "").strip()
        if node.tag == "cite" and frame.kind == "quote" and is_last and self._role is None:
            self.flush()
            return self._take(partial(add_to_caption, frame.caption))
        if not named:
            return None
        if frame.kind == "figure" and _CREDIT.search(named):
            return self._take_credit(frame)
        if CAPTION.search(named) and not self._pieces and self._role is None and self._takes_caption():
            return self._take(self._caption_last)
        return None

    # Pictures and films

    def _picture(self, node: HtmlElement) -> None:
        picture = picture_of(node, self._base)
        if picture is None:
            spoken = (node.get("alt") or "").strip()
            if spoken and self._pieces and _SYMBOLS.fullmatch(spoken):  # a smiley
                self._pieces.append(Run(spoken, self._marks, self._link))
            return
        self._place(picture, node)

    def _place(self, block: Block, node: HtmlElement) -> None:
        """Put a picture or a film where it stands, or behind the sentence that it interrupts."""
        if isinstance(block, Picture) and self._is_shown(block):
            return
        if self._in_cell or self._role is not None or any(run.text.strip() for run in self._pieces):
            self._waiting.append((block, node))
        else:
            self._emit(block, node)

    def _is_shown(self, picture: Picture) -> bool:
        """Returns whether the picture was found right before: <noscript> holds the same picture once more."""
        before = [*(one for one, _ in self._waiting), *self.frames[-1].blocks[-3:]]
        return any(isinstance(one, Picture) and _file(one.address) == _file(picture.address) for one in before)

    # Captions, and other text that is no paragraph

    def _is_caption(self, node: HtmlElement) -> bool:
        if node.tag == "figcaption":
            return True
        named = node.get("class") or ""
        in_figure = self.frames[-1].kind == "figure"
        return bool(CAPTION.search(named) and (in_figure or self._takes_caption())) or bool(
            in_figure and _CREDIT.search(named)
        )

    def _take(self, role: Callable[[Runs], None]) -> Callable[[], None]:
        """Give the text up to the end of the element to `role`."""
        before, self._role = self._role, role

        def ending() -> None:
            self.flush()
            self._role = before

        return ending

    def _take_credit(self, frame: Frame) -> Callable[[], None]:
        self.flush()

        def credit(runs: Runs) -> None:
            frame.credit = one_line(f"{frame.credit} {plain_runs(runs)}")

        return self._take(credit)

    def _takes_caption(self) -> bool:
        blocks = self.frames[-1].blocks
        return bool(blocks) and isinstance(blocks[-1], Picture | Video) and not blocks[-1].caption

    def _caption_last(self, runs: Runs) -> None:
        blocks = self.frames[-1].blocks
        last = blocks[-1]
        if isinstance(last, Picture | Video) and len(last.caption) < _LONG_CAPTION:
            blocks[-1] = replace(last, caption=joined_lines(last.caption, runs))
        elif self._piece_node is not None:
            self._emit(Paragraph(runs), self._piece_node)


def _is_drop_cap(before: str, text: str) -> bool:
    """Returns whether a text is the first letter of the other one: no word of one letter, and a
    small letter follows.
    """
    return len(before) == 1 and before.isupper() and before not in _WORDS_OF_ONE_LETTER and text[:1].islower()


def _file(address: str) -> str:
    """Returns the address of a picture without its parameters and its declared size."""
    return _SIZE.sub("", address.partition("?")[0])
