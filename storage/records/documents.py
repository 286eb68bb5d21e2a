"""Documents: the body of an article as blocks, and their form in the database, which is JSON with a version.

Blocks hold runs (text with marks) or other blocks. Texts are plain, without HTML, and addresses are absolute.

    Document ── Paragraph, Heading, PullQuote, Code, Divider
             ├─ Listing ── items ── blocks      Quote ── blocks
             ├─ Table ── rows ── Cell
             └─ Picture, Gallery, Video, Audio, Embed
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

VERSION: Final = 1
_BEGINS: Final = '{"version":'  # every document that is stored as JSON


class Mark(StrEnum):
    """How a run is set off from the text around it."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    SUB = "sub"
    SUP = "sup"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text with the same marks throughout. A "\\n" in it ends a line and not the paragraph."""

    text: str
    marks: frozenset[Mark] = frozenset()
    link: str | None = None  # absolute address


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Runs


@dataclass(frozen=True, slots=True)
class Heading:
    text: Runs
    level: int = 2  # 1 to 6


@dataclass(frozen=True, slots=True)
class Listing:
    """A list. Each item is a tuple of blocks, so that lists can be nested."""

    items: "tuple[tuple[Block, ...], ...]"
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: "tuple[Block, ...]"
    source: Runs = ()  # who said it


@dataclass(frozen=True, slots=True)
class PullQuote:
    """A sentence of the article or of an interview, set large between paragraphs."""

    text: Runs
    source: Runs = ()


@dataclass(frozen=True, slots=True)
class Cell:
    text: Runs
    header: bool = False
    columns: int = 1  # that the cell spans
    rows: int = 1  # that the cell spans


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[Cell, ...], ...]
    caption: Runs = ()


@dataclass(frozen=True, slots=True)
class Picture:
    address: str
    caption: Runs = ()
    credit: str = ""
    alternative: str = ""  # a line for readers who do not see the picture
    width: int | None = None  # pixels, as the publisher declares them
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    pictures: tuple[Picture, ...]
    caption: Runs = ()


@dataclass(frozen=True, slots=True)
class Video:
    address: str  # of the file or of its page
    caption: Runs = ()
    poster: str | None = None  # address of a picture
    media_type: str = ""  # of the file, such as "video/mp4", if the publisher gave it and the address does not tell


@dataclass(frozen=True, slots=True)
class Audio:
    address: str
    caption: Runs = ()
    media_type: str = ""  # as of a film, such as "audio/mpeg"


@dataclass(frozen=True, slots=True)
class Embed:
    """A post of another site, shown as a link."""

    address: str
    text: Runs = ()


@dataclass(frozen=True, slots=True)
class Code:
    text: str  # with its lines and blanks


@dataclass(frozen=True, slots=True)
class Divider:
    pass


Block = (
    Paragraph
    | Heading
    | Listing
    | Quote
    | PullQuote
    | Table
    | Picture
    | Gallery
    | Video
    | Audio
    | Embed
    | Code
    | Divider
)
Document = tuple[Block, ...]


class UnreadableDocument(ValueError):
    """The stored form is damaged, or a newer version wrote it."""


def is_encoded(stored: str) -> bool:
    """Returns whether a stored text is a document in JSON. Older versions stored Telegram HTML in the same place."""
    return stored.startswith(_BEGINS)


def encode(document: Document) -> str:
    """Returns the document in JSON, with its version."""
    whole = {"version": VERSION, "blocks": _blocks(document)}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def decode(stored: str) -> Document:
    """Returns the document that `encode` wrote. Raises UnreadableDocument."""
    try:
        whole = json.loads(stored)
        if whole["version"] != VERSION:
            raise UnreadableDocument(f"version {whole['version']}; expected version {VERSION}")
        return _read_blocks(whole["blocks"])
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableDocument(f"the document can't be read ({error})") from error


# To JSON. Values that a block usually has are left out, and a run without marks and link is its text.


def _blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    return [{"type": _NAMES[type(block)]} | _fields(block) for block in blocks]


def _fields(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"text": _runs(text)}
        case Heading(text, level):
            return {"text": _runs(text), "level": level}
        case Listing(items, ordered):
            return {"items": [_blocks(item) for item in items]} | _given(ordered=ordered)
        case Quote(blocks, source):
            return {"blocks": _blocks(blocks)} | _given(source=_runs(source))
        case PullQuote(text, source):
            return {"text": _runs(text)} | _given(source=_runs(source))
        case Table(rows, caption):
            return {"rows": [[_cell(cell) for cell in row] for row in rows]} | _given(caption=_runs(caption))
        case Picture():
            return _picture(block)
        case Gallery(pictures, caption):
            return {"pictures": [_picture(one) for one in pictures]} | _given(caption=_runs(caption))
        case Video(address, caption, poster, media_type):
            return {"address": address} | _given(caption=_runs(caption), poster=poster, media_type=media_type)
        case Audio(address, caption, media_type):
            return {"address": address} | _given(caption=_runs(caption), media_type=media_type)
        case Embed(address, text):
            return {"address": address} | _given(text=_runs(text))
        case Code(text):
            return {"text": text}
        case Divider():
            return {}


def _runs(runs: Runs) -> list[Any]:
    return [
        run.text
        if not run.marks and run.link is None
        else {"text": run.text} | _given(marks=sorted(run.marks), link=run.link)
        for run in runs
    ]


def _cell(cell: Cell) -> dict[str, Any]:
    spans = _given(columns=cell.columns if cell.columns > 1 else 0, rows=cell.rows if cell.rows > 1 else 0)
    return {"text": _runs(cell.text)} | _given(header=cell.header) | spans


def _picture(picture: Picture) -> dict[str, Any]:
    return {"address": picture.address} | _given(
        caption=_runs(picture.caption),
        credit=picture.credit,
        alternative=picture.alternative,
        width=picture.width,
        height=picture.height,
    )


def _given(**values: Any) -> dict[str, Any]:
    """Returns the values that are not empty."""
    return {name: value for name, value in values.items() if value}


# From JSON


def _read_blocks(written: Any) -> Document:
    return tuple(_READERS[block["type"]](block) for block in written)


def _read_runs(written: Any) -> Runs:
    return tuple(
        Run(one)
        if isinstance(one, str)
        else Run(one["text"], frozenset(map(Mark, one.get("marks", ()))), one.get("link"))
        for one in written
    )


def _read_picture(written: Any) -> Picture:
    return Picture(
        address=written["address"],
        caption=_read_runs(written.get("caption", ())),
        credit=written.get("credit", ""),
        alternative=written.get("alternative", ""),
        width=written.get("width"),
        height=written.get("height"),
    )


def _read_cell(written: Any) -> Cell:
    return Cell(
        _read_runs(written["text"]),
        header=written.get("header", False),
        columns=written.get("columns", 1),
        rows=written.get("rows", 1),
    )


def _read_table(written: Any) -> Table:
    rows = tuple(tuple(_read_cell(cell) for cell in row) for row in written["rows"])
    return Table(rows, _read_runs(written.get("caption", ())))


_READERS: Final[dict[str, Callable[[Any], Block]]] = {
    "paragraph": lambda one: Paragraph(_read_runs(one["text"])),
    "heading": lambda one: Heading(_read_runs(one["text"]), one["level"]),
    "list": lambda one: Listing(tuple(map(_read_blocks, one["items"])), one.get("ordered", False)),
    "quote": lambda one: Quote(_read_blocks(one["blocks"]), _read_runs(one.get("source", ()))),
    "pull_quote": lambda one: PullQuote(_read_runs(one["text"]), _read_runs(one.get("source", ()))),
    "table": _read_table,
    "picture": _read_picture,
    "gallery": lambda one: Gallery(tuple(map(_read_picture, one["pictures"])), _read_runs(one.get("caption", ()))),
    "video": lambda one: Video(
        one["address"], _read_runs(one.get("caption", ())), one.get("poster"), one.get("media_type", "")
    ),
    "audio": lambda one: Audio(one["address"], _read_runs(one.get("caption", ())), one.get("media_type", "")),
    "embed": lambda one: Embed(one["address"], _read_runs(one.get("text", ()))),
    "code": lambda one: Code(one["text"]),
    "divider": lambda _: Divider(),
}
_NAMES: Final[dict[type[Block], str]] = {
    Paragraph: "paragraph",
    Heading: "heading",
    Listing: "list",
    Quote: "quote",
    PullQuote: "pull_quote",
    Table: "table",
    Picture: "picture",
    Gallery: "gallery",
    Video: "video",
    Audio: "audio",
    Embed: "embed",
    Code: "code",
    Divider: "divider",
}
