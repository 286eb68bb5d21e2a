"""Documents as texts: plain, and as Telegram HTML; and as they are read from the database.

Plain text is what is searched, summarised and compared. It holds each word of the article once: captions and the
names of pictures are not part of it, since they would break into the sentences around them.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from bot.text.html import FSI, PDI, clean, escape, web_address
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Code,
    Divider,
    Document,
    Embed,
    Gallery,
    Heading,
    Listing,
    Mark,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Runs,
    Table,
    UnreadableDocument,
    Video,
    decode,
    encode,
    is_encoded,
)

_BULLETS: Final = ("•", "◦", "▪")  # of a list, of a list in it, and of those in that
_INDENT: Final = "    "
_TAGS: Final = {
    Mark.BOLD: "b", Mark.ITALIC: "i", Mark.UNDERLINE: "u", Mark.STRIKE: "s", Mark.CODE: "code",
}  # fmt: skip
_MARKS: Final = {tag: mark for mark, tag in _TAGS.items()} | {"pre": Mark.CODE}
_NOT_IN_LINK: Final = frozenset({Mark.CODE})  # Telegram refuses a message for code in a link
_TAG: Final = re.compile(r'<(?P<end>/?)(?P<name>[a-z]++)(?: href="(?P<link>[^"]*+)")?[^<>]*+>')
_DIVIDER: Final = "* * *"
LONGEST_STORED: Final = 400_000  # characters of a document; reading a longer one would hold up the bot's event loop
# Telegram has no small raised or lowered letters; Unicode has them for figures.
_RAISED: Final = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_LOWERED: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SMALL: Final = re.compile(r"[0-9+\-=()]+")


def read_document(stored: str, body: str) -> Document:
    """Returns the document of an article from its stored form, or from its body if that says nothing more.

    `stored` may also be Telegram HTML, which older versions stored. A document that can't be read costs the marks
    and pictures, and not the text.
    """
    if not stored:
        return from_plain(body)
    if not is_encoded(stored):
        return _from_telegram(stored)
    try:
        return decode(stored)
    except UnreadableDocument:
        return from_plain(body)


def stored_form(document: Document) -> str:
    """Returns what is stored of a document beside its plain text: "" if the plain text says all.

    Of a document that is very long, only the plain text is stored.
    """
    stored = encode(document) if from_plain(to_plain(document)) != document else ""
    return stored if len(stored) <= LONGEST_STORED else ""


def from_plain(text: str) -> Document:
    """Returns the document of a plain text: a paragraph between two empty lines."""
    return tuple(Paragraph((Run(part),)) for part in text.split("\n\n") if part.strip())


# Plain text


def to_plain(document: Document) -> str:
    """Returns the plain text, with an empty line between blocks and a line for each item or row.

    The captions are the text if the document has no other.
    """
    text = "\n\n".join(filter(None, map(_plain_block, document)))
    return text or "\n\n".join(filter(None, map(plain_runs, captions_of(document))))


def pictures_of(document: Document) -> Iterator[Picture]:
    """Yields the pictures of the document, with those of its galleries."""
    for block in document:
        match block:
            case Picture():
                yield block
            case Gallery(pictures):
                yield from pictures
            case _:
                pass


def captions_of(document: Iterable[Block]) -> Iterator[Runs]:
    """Yields the captions of pictures, galleries, films, sounds and tables. Some are empty."""
    for block in document:
        match block:
            case Picture() | Video() | Audio() | Table():
                yield block.caption
            case Gallery(pictures, caption):
                yield from (picture.caption for picture in pictures)
                yield caption
            case _:
                pass


def caption_text(stored: str, body: str) -> str:
    """Returns the captions of an article, a line each, for the search. `stored` and `body` as in `read_document`.

    A document that consists of captions only has them as its body already.
    """
    if '"caption"' not in stored:
        return ""
    captions = filter(None, map(plain_runs, captions_of(read_document(stored, body))))
    return "\n".join(one for one in captions if one not in body)


def plain_runs(runs: Runs) -> str:
    return "".join(run.text for run in runs)


def _plain_block(block: Block) -> str:
    match block:
        case Paragraph(text) | Heading(text) | Embed(text=text):
            return plain_runs(text)
        case PullQuote(text, source):
            return "\n\n".join(filter(None, [plain_runs(text), plain_runs(source)]))
        case Code(text):
            return clean(text)
        case Listing(items):
            return "\n".join(filter(None, map(_plain_item, items)))
        case Quote(blocks, source):
            return "\n\n".join(filter(None, [*map(_plain_block, blocks), plain_runs(source)]))
        case Table(rows):
            return "\n".join(filter(None, (" ".join(filter(None, map(_plain_cell, row))) for row in rows)))
        case Picture() | Gallery() | Video() | Audio() | Divider():
            return ""


def _plain_item(item: Iterable[Block]) -> str:
    lines = "\n".join(filter(None, map(_plain_block, item)))
    return f"{_BULLETS[0]} {lines}" if lines and not lines.startswith(_BULLETS[0]) else lines


def _plain_cell(cell: Cell) -> str:
    return plain_runs(cell.text)


# Telegram HTML


def to_telegram(document: Document) -> str:
    """Returns the document as Telegram HTML, with an empty line between blocks.

    Pictures, films and sounds are lines that link to them; a picture without a caption has no line.
    """
    return "\n\n".join(filter(None, map(_telegram_block, document)))


def _telegram_block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return _telegram_runs(text)
        case Heading(text):
            return f"<b>{_telegram_runs(text, within=frozenset({Mark.BOLD}))}</b>"
        case Listing():
            return "\n".join(_list_lines(block, 0))
        case Quote(blocks, source):
            return _quoted("\n\n".join(filter(None, map(_unquoted, blocks))), source)
        case PullQuote(text, source):
            return _quoted(_telegram_runs(text), source)
        case Table(rows, caption):
            lines = [_table_line(row) for row in rows]
            return "\n".join(filter(None, [_telegram_runs(caption), *lines]))
        case Picture():
            return _picture_line(block)
        case Gallery(pictures, caption):
            return "\n".join(filter(None, [*map(_picture_line, pictures), _telegram_runs(caption)]))
        case Video(address, caption):
            return _linked("🎬", address, caption)
        case Audio(address, caption):
            return _linked("🎧", address, caption)
        case Embed(address, text):
            return "\n".join(filter(None, [_telegram_runs(text), _linked("🔗", address, ())]))
        case Code(text):
            return f"<pre>{escape(text)}</pre>"
        case Divider():
            return _DIVIDER


def _unquoted(block: Block) -> str:
    """Returns a block in a quote: Telegram does not nest quotes."""
    match block:
        case Quote(blocks, source):
            return "\n\n".join(filter(None, [*map(_unquoted, blocks), _source_line(source)]))
        case PullQuote(text, source):
            return "\n".join(filter(None, [_telegram_runs(text), _source_line(source)]))
        case _:
            return _telegram_block(block)


def _quoted(inner: str, source: Runs) -> str:
    whole = "\n".join(filter(None, [inner, _source_line(source)]))
    return f"<blockquote>{whole}</blockquote>" if inner else ""


def _source_line(source: Runs) -> str:
    return f"— {_telegram_runs(source)}" if source else ""


def _list_lines(listing: Listing, depth: int) -> Iterator[str]:
    for number, item in enumerate(listing.items, 1):
        bullet = f"{number}." if listing.ordered else _BULLETS[min(depth, len(_BULLETS) - 1)]
        opening = f"{_INDENT * depth}{bullet} "
        for block in item:
            if isinstance(block, Listing):
                yield from _list_lines(block, depth + 1)
            elif text := _unquoted(block):
                yield f"{opening}{text}"
                opening = _INDENT * (depth + 1)


def _table_line(row: Iterable[Cell]) -> str:
    """Returns a row as one line. Each cell has its own direction, so that no figure changes its place."""
    cells = [
        f"<b>{_telegram_runs(cell.text, within=frozenset({Mark.BOLD}))}</b>"
        if cell.header
        else _telegram_runs(cell.text)
        for cell in row
        if cell.text
    ]
    return " · ".join(f"{FSI}{cell}{PDI}" for cell in cells) if len(cells) > 1 else "".join(cells)


def _picture_line(picture: Picture) -> str:
    caption = _telegram_runs(picture.caption, within=frozenset({Mark.ITALIC}))
    credit = escape(f"({picture.credit})") if picture.credit else ""
    said = " ".join(filter(None, [caption, credit]))
    return f'<a href="{escape(picture.address)}">🖼</a> <i>{said}</i>' if said else ""


def _linked(sign: str, address: str, caption: Runs) -> str:
    name = escape(plain_runs(caption) or _host(address))
    return f'{sign} <a href="{escape(address)}">{name}</a>'


def _host(address: str) -> str:
    return (urlsplit(address).hostname or address).removeprefix("www.")


def _telegram_runs(runs: Runs, *, within: frozenset[Mark] = frozenset()) -> str:
    """Returns runs as Telegram HTML. `within` are the marks that stand around them already."""
    # Runs of one link are one link, whatever their marks are.
    parts = []
    for link, group in groupby(runs, key=lambda run: run.link):
        inner = "".join(_marked(run, within | _NOT_IN_LINK if link else within) for run in group)
        parts.append(f'<a href="{escape(link)}">{inner}</a>' if link and inner.strip() else inner)
    return "".join(parts)


def _marked(run: Run, within: frozenset[Mark]) -> str:
    text = escape(_shifted(run))
    for mark, tag in _TAGS.items():
        # Telegram allows nothing else within or around code.
        if mark in run.marks and mark not in within and (mark is Mark.CODE or Mark.CODE not in run.marks):
            text = f"<{tag}>{text}</{tag}>"
    return text


def _shifted(run: Run) -> str:
    table = _RAISED if Mark.SUP in run.marks else _LOWERED if Mark.SUB in run.marks else None
    return run.text.translate(table) if table and _SMALL.fullmatch(run.text) else run.text


# From the Telegram HTML that older versions stored


def _from_telegram(marked: str) -> Document:
    """Returns the document of Telegram HTML: paragraphs and quotes whose runs have marks and links."""
    blocks: list[Block] = []
    open_tags: list[tuple[str, str]] = []  # (name, link)
    quoted: list[Block] = []
    for part in re.split(r"\n\n+|(</?blockquote>)", marked):
        if part == "</blockquote>":
            if quoted:
                blocks.append(Quote(tuple(quoted)))
            quoted = []
            open_tags = [tag for tag in open_tags if tag[0] != "blockquote"]
        elif part == "<blockquote>":
            open_tags.append(("blockquote", ""))
        elif part and (runs := tuple(_telegram_parts(part, open_tags))) and plain_runs(runs).strip():
            inside = any(name == "blockquote" for name, _ in open_tags)
            (quoted if inside else blocks).append(Paragraph(trimmed(runs)))
    return (*blocks, *quoted)


def _telegram_parts(part: str, open_tags: list[tuple[str, str]]) -> Iterator[Run]:
    """Yields the runs of a paragraph. `open_tags` are those open before it, and are kept for the next one."""
    start = 0
    for tag in [*_TAG.finditer(part), None]:
        if text := unescape(part[start : tag.start() if tag else len(part)]):
            marks = frozenset(_MARKS[name] for name, _ in open_tags if name in _MARKS)
            link = next((web_address(link) for name, link in open_tags if name == "a"), None)
            yield Run(text, marks, link)
        if tag is None:
            return
        start = tag.end()
        if not tag["end"]:
            open_tags.append((tag["name"], unescape(tag["link"] or "")))
        elif open_tags:
            open_tags.pop()


def trimmed(runs: Iterable[Run]) -> Runs:
    """Returns runs without blanks at their ends, with neighbours of the same marks joined."""
    runs = list(runs)
    if len(runs) == 1:
        text = runs[0].text.strip()
        return (runs[0] if text == runs[0].text else Run(text, runs[0].marks, runs[0].link),) if text else ()
    joined = [
        Run("".join(run.text for run in group), *key)
        for key, group in groupby(runs, key=lambda one: (one.marks, one.link))
    ]
    while joined and not (text := joined[0].text.lstrip()):
        del joined[0]
    if joined:
        joined[0] = Run(text, joined[0].marks, joined[0].link)
    while joined and not (text := joined[-1].text.rstrip()):
        del joined[-1]
    if joined:
        joined[-1] = Run(text, joined[-1].marks, joined[-1].link)
    return tuple(run for run in joined if run.text)
