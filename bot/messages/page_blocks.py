"""The blocks of a document as HTML of a rich message. Only tags that Telegram knows come out of it."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from bot.locale import Voice
from bot.text.document import plain_runs
from bot.text.html import clean_inline, escape, isolate, web_address
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Code,
    Divider,
    Embed,
    Gallery,
    Heading,
    Listing,
    Mark,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Runs,
    Table,
    Video,
)

MOST_PICTURES: Final = 10  # of a page: Telegram takes 50, and a phone loads each of them
MOST_COLUMNS: Final = 20  # of a table; Telegram refuses more
TABLE_PARTS: Final = 3  # that a wide table is split into; a wider one is left out
COLLAGE_MOST: Final = 4  # pictures side by side; more are a slideshow
DEEPEST: Final = 3  # lists and quotes in each other; deeper ones are paragraphs. Telegram takes 16 levels with marks
LONGEST_CAPTION: Final = 1_000  # characters of the caption of a gallery, made of those of its pictures
_HIGHEST_HEADING: Final = 3  # the headline of the page has the level above
_LOWEST_HEADING: Final = 6
_TAGS: Final = {
    Mark.BOLD: "b", Mark.ITALIC: "i", Mark.UNDERLINE: "u", Mark.STRIKE: "s", Mark.CODE: "code", Mark.SUB: "sub",
    Mark.SUP: "sup",
}  # fmt: skip
_MOST_MARKS: Final = 4  # of a run, so that nesting stays far from the limit
_MAIL: Final = re.compile(r"mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_TELEPHONE: Final = re.compile(r"tel:\+?[0-9-]{3,20}")


class PlacedPictures:
    """Decides which pictures are on a page, and names them.

    `available` are the addresses of the pictures that can be shown; None: all of them.
    """

    def __init__(self, available: Collection[str] | None = None) -> None:
        self._available = available
        self.names: dict[str, str] = {}  # by address, in the order of the page

    def place(self, picture: Picture) -> str | None:
        """Returns the tag of a picture, or None if it can't be shown or there are enough pictures."""
        is_there = self._available is None or picture.address in self._available
        if not is_there or picture.address in self.names or len(self.names) >= MOST_PICTURES:
            return None
        name = f"p{len(self.names)}"
        self.names[picture.address] = name
        return f'<img src="tg://photo?id={name}"/>'

    def has(self, picture: Picture) -> bool:
        """Returns whether the picture is on the page."""
        return picture.address in self.names


class BlockWriter:
    """Writes the blocks of one page, from its beginning to its end."""

    def __init__(self, pictures: PlacedPictures, voice: Voice, *, mark: str) -> None:
        """`mark` is the invisible mark of the page's direction, for lines that begin with a name or a sign."""
        self._pictures = pictures
        self._voice = voice
        self._mark = mark
        self._beside: list[str] = []  # pictures of lists and quotes: they stand only beside other blocks

    def write(self, block: Block) -> str:
        """Returns a block as HTML, or "" if there is nothing to show of it."""
        html = self._block(block, 0)
        beside, self._beside = self._beside, []
        return "".join([html, *beside])

    def _block(self, block: Block, depth: int) -> str:
        match block:
            case Paragraph(text):
                return element("p", inline(text))
            case Heading(text, level):
                level = min(max(level + 1, _HIGHEST_HEADING), _LOWEST_HEADING)
                return element(f"h{level}", inline(text, within=frozenset({Mark.BOLD})))
            case Listing():
                return self._listing(block, depth)
            case Quote(blocks, source):
                inner = "".join(self._block(one, depth + 1) for one in blocks)
                return inner if depth >= DEEPEST else element("blockquote", inner, cite(inline(source)))
            case PullQuote(text, source):
                return element("aside", inline(text), cite(inline(source)))
            case Table():
                return self._table(block)
            case Picture():
                return self._apart(self._picture(block), depth)
            case Gallery():
                return self._apart(self._gallery(block), depth)
            case Video():
                return self._apart(self._video(block), depth)
            case Audio(address, caption):
                return element("p", self._linked("🎧", address, caption, self._voice.say("▶ Listen")))
            case Embed(address, text):
                quoted = element("blockquote", element("p", inline(text)), cite(link(address, "")))
                return quoted or element("p", self._linked("🔗", address, ()))
            case Code(text):
                return element("pre", escape(clean_inline(text)))
            case Divider():
                return "<hr/>"

    def _apart(self, html: str, depth: int) -> str:
        """Returns the HTML of a picture, unless it is in a list or a quote: then it stands behind that."""
        if depth and "<img" in html:
            self._beside.append(html)
            return ""
        return html

    def _listing(self, listing: Listing, depth: int) -> str:
        items = [self._item(item, depth + 1) for item in listing.items]
        if depth >= DEEPEST:
            return "".join(items)
        tag = "ol" if listing.ordered else "ul"
        return element(tag, "".join(element("li", item) for item in items))

    def _item(self, item: Sequence[Block], depth: int) -> str:
        if depth <= DEEPEST and len(item) == 1 and isinstance(item[0], Paragraph):
            return inline(item[0].text)
        return "".join(self._block(block, depth) for block in item)

    # Pictures

    def _picture(self, picture: Picture) -> str:
        caption, credit = inline(picture.caption), _said(picture.credit)
        if (image := self._pictures.place(picture)) is not None:
            return figure(image, caption, credit)
        return "" if self._pictures.has(picture) else self._only_linked(picture)

    def _only_linked(self, picture: Picture) -> str:
        """Returns the caption of a picture that is not on the page, with a link to it."""
        if not plain_runs(picture.caption).strip():
            return ""
        credit = f" ({_said(picture.credit)})" if picture.credit else ""
        return element("p", f"{self._mark}{link(picture.address, '🖼')} {inline(picture.caption)}{credit}")

    def _gallery(self, gallery: Gallery) -> str:
        placed = [(one, image) for one in gallery.pictures if (image := self._pictures.place(one)) is not None]
        if not placed:
            linked_ones = [self._only_linked(one) for one in gallery.pictures if not self._pictures.has(one)]
            return "".join([element("p", inline(gallery.caption)), *linked_ones])
        shown = [one for one, _ in placed]
        caption = inline(gallery.caption) or _joined(inline(one.caption) for one in shown)
        credit = _joined(_said(one.credit) for one in shown)
        missing = sum(not self._pictures.has(one) for one in gallery.pictures)
        if missing:
            more = self._voice.plural(
                "{n} more picture is at the source.", "{n} more pictures are at the source.", missing
            )
            caption = "<br>".join(filter(None, [caption, escape(isolate(more))]))
        if len(placed) == 1:
            return figure(placed[0][1], caption, credit)
        tag = "tg-collage" if len(placed) <= COLLAGE_MOST else "tg-slideshow"
        return element(tag, "".join(image for _, image in placed), figcaption(caption, credit))

    def _video(self, video: Video) -> str:
        """Returns a link, since Telegram would refuse the whole page for one film that it can't fetch."""
        named = self._linked("🎬", video.address, video.caption, self._voice.say("▶ Watch"))
        image = self._pictures.place(Picture(video.poster)) if video.poster else None
        return figure(image, named, "") if image else element("p", named)

    def _linked(self, sign: str, address: str, caption: Runs, instead: str = "") -> str:
        """Returns a link with a sign before it. `instead` is the whole link if there is no caption."""
        named = plain_runs(caption).strip()
        shown = link(address, instead) if instead and not named else f"{sign} {link(address, named)}"
        return f"{self._mark}{shown}"

    # Tables

    def _table(self, table: Table) -> str:
        rows = [_without_depth(row) for row in table.rows if row]
        columns = _columns(rows)
        if columns <= MOST_COLUMNS:
            return _written_table(rows, table.caption, columns)
        parts = -(-(columns - 1) // (MOST_COLUMNS - 1))
        if parts <= TABLE_PARTS and all(cell.columns == cell.rows == 1 for row in rows for cell in row):
            return "".join(_written_table(part, table.caption, MOST_COLUMNS) for part in _split_columns(rows, parts))
        left_out = self._voice.plural(
            "A table with {n} column is left out here.", "A table with {n} columns is left out here.", columns
        )
        return element("p", inline(table.caption)) + element("p", f"<i>{escape(left_out)}</i>")


def _without_depth(row: Sequence[Cell]) -> Sequence[Cell]:
    """Returns a row. A heading across the table does not reach into the rows below: its width is not known."""
    return [replace(row[0], rows=1)] if len(row) == 1 and row[0].columns > 1 else row


def _columns(rows: Sequence[Sequence[Cell]]) -> int:
    """Returns the number of columns of a table.

    A row of one cell may claim any number of columns, as a heading across the table does, so it counts as one.
    """
    return max((reaching + sum(map(_least_columns(row), row)) for row, reaching in _with_reaching(rows)), default=1)


def _with_reaching(rows: Sequence[Sequence[Cell]]) -> Iterator[tuple[Sequence[Cell], int]]:
    """Yields each row with the number of its columns that cells of the rows above reach into."""
    open_cells: list[tuple[int, int]] = []  # (columns, rows that are left) of cells that reach into the next rows
    for row in rows:
        yield row, sum(columns for columns, _ in open_cells)
        least = _least_columns(row)
        open_cells = [(columns, left - 1) for columns, left in open_cells if left > 1]
        open_cells += [(least(cell), cell.rows - 1) for cell in row if cell.rows > 1]


def _least_columns(row: Sequence[Cell]) -> Callable[[Cell], int]:
    """Returns the function that tells how many columns a cell of this row takes at least."""
    alone = len(row) == 1
    return lambda cell: 1 if alone else max(1, cell.columns)


def _split_columns(rows: Sequence[Sequence[Cell]], parts: int) -> Iterator[list[list[Cell]]]:
    """Yields tables that Telegram takes. The first column, which names the rows, is in each of them."""
    step = MOST_COLUMNS - 1
    for part in range(parts):
        yield [[*row[:1], *row[1 + part * step : 1 + (part + 1) * step]] for row in rows]


def _written_table(rows: Sequence[Sequence[Cell]], caption: Runs, columns: int) -> str:
    written = [
        element(
            "tr", "".join(_cell(cell, columns - reaching, rows_left=len(rows) - place) for cell in row), keep=True
        )
        for place, (row, reaching) in enumerate(_with_reaching(rows))
    ]
    if not any(plain_runs(cell.text).strip() for row in rows for cell in row):
        return ""
    title = inline(caption)
    return f"<table bordered striped>{element('caption', title)}{''.join(written)}</table>"


def _cell(cell: Cell, columns: int, *, rows_left: int) -> str:
    tag = "th" if cell.header else "td"
    across, down = max(1, min(cell.columns, columns)), min(cell.rows, rows_left)
    spans = (f' colspan="{across}"' if across > 1 else "") + (f' rowspan="{down}"' if down > 1 else "")
    return f"<{tag}{spans}>{inline(cell.text, within=frozenset({Mark.BOLD}) if cell.header else frozenset())}</{tag}>"


# Elements


def element(tag: str, inner: str, after: str = "", *, keep: bool = False) -> str:
    """Returns an element, or "" if it is empty: Telegram refuses some empty ones. `after` ends it, if it is there.

    `keep`: it is there also if it is empty.
    """
    return f"<{tag}>{inner}{after}</{tag}>" if inner.strip() or keep else ""


def cite(inner: str) -> str:
    return element("cite", inner)


def figcaption(caption: str, credit: str) -> str:
    return element("figcaption", caption, cite(credit), keep=bool(credit))


def figure(image: str, caption: str, credit: str) -> str:
    below = figcaption(caption, credit)
    return f"<figure>{image}{below}</figure>" if below else image


def link(address: str, text: str) -> str:
    """Returns a link, or only its text if Telegram would refuse the address. Without a text, its host is shown."""
    target = link_target(address)
    shown = escape(isolate(clean_inline(text).strip() or _host(address)))
    return f'<a href="{escape(target)}">{shown}</a>' if target else shown


def link_target(address: str | None) -> str | None:
    """Returns the address of a link if Telegram takes it: it refuses the whole message for one that it does not."""
    if address and (_MAIL.fullmatch(address) or _TELEPHONE.fullmatch(address)):
        return address
    return web_address(address)


def inline(runs: Runs, *, within: frozenset[Mark] = frozenset()) -> str:
    """Returns runs as HTML, or "" if they are blank. `within` are the marks that stand around them already."""
    parts = []
    for address, group in groupby(runs, key=lambda run: run.link):
        inner = "".join(_marked(run.text, run.marks - within) for run in group)
        target = link_target(address) if inner.strip() else None
        parts.append(f'<a href="{escape(target)}">{inner}</a>' if target else inner)
    return "".join(parts) if plain_runs(runs).strip() else ""


def _marked(text: str, marks: frozenset[Mark]) -> str:
    html = _said(text)
    if not html.strip():
        return html
    for tag in [tag for mark, tag in _TAGS.items() if mark in marks][:_MOST_MARKS]:
        html = f"<{tag}>{html}</{tag}>"
    return html


def _said(text: str) -> str:
    return escape(clean_inline(text)).replace("\n", "<br>")


def _joined(texts: Iterable[str]) -> str:
    """Returns different captions in one line, as many as there is room for."""
    taken: list[str] = []
    for text in dict.fromkeys(filter(None, texts)):
        if sum(map(len, taken)) + len(text) > LONGEST_CAPTION:
            break
        taken.append(text)
    return " · ".join(taken)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or address).removeprefix("www.")
    except ValueError:
        return address
