"""A whole article as a rich message: headline, picture, text and footer, as long as phones show it well."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bot.locale import LRM, RLM, Voice
from bot.messages.alert import also_in_line, origin_line, short_title
from bot.messages.message import Page, PageFile
from bot.messages.page_blocks import BlockWriter, PlacedPictures, element, link, link_target
from bot.text.document import pictures_of, plain_runs, read_document
from bot.text.html import clean_inline, escape, isolate, length
from bot.text.language import direction, is_rtl
from storage.records import UNDETERMINED, Article
from storage.records.documents import Block, Document, Gallery, Heading, Listing, Paragraph, Picture, Run, Runs, Table

# Telegram takes 32,768 characters and 500 blocks. Pages that long load slowly, and clients fold them.
LONGEST: Final = 25_000  # UTF-16 units
MOST_BLOCKS: Final = 150
MOST_TAGS: Final = 3_000  # beyond some 5,800 pieces of marked text, Telegram drops the rest without a word
EARLY: Final = 3  # blocks, among which the first picture is to be
_LEAST_ROWS: Final = 2  # of a list or a table of which only the beginning fits
_COMPARED: Final = 80  # characters of the beginnings of texts that are compared
_BLOCK: Final = re.compile(
    r"<(?:h[1-6]|p|footer|hr|pre|[uo]l|li|blockquote|aside|img|table|tr|tg-slideshow|tg-collage)\b"
)
_SIZE_IN_NAME: Final = re.compile(r"[-_]?\d{2,5}x\d{2,5}$|[-_](?:scaled|thumb|large|medium|small)$")


def pictures_for(article: Article, voice: Voice) -> list[str]:
    """Returns the addresses of the pictures that the page shows if all of them can be had, in their order."""
    return list(_write(article, voice, PlacedPictures()).pictures.values())


def make_page(article: Article, voice: Voice, files: Mapping[str, PageFile]) -> Page:
    """Returns the page of an article. `files` are the pictures that can be shown, by address."""
    page = _write(article, voice, PlacedPictures(files.keys()))
    return replace(page, files={name: files[address] for name, address in page.pictures.items()})


def _write(article: Article, voice: Voice, pictures: PlacedPictures) -> Page:
    text = article.text
    document = read_document(text.document, text.body)
    rtl = direction(text.title) == "rtl" if text.language == UNDETERMINED else is_rtl(text.language)
    mark = RLM if rtl else LRM
    opening = element("h2", escape(clean_inline(short_title(article))))
    opening += element("p", origin_line(article, voice))
    opening += element("p", f"<b>{escape(standfirst)}</b>" if (standfirst := _standfirst(article)) else "")
    blocks = _arranged(article, document)
    closing = _closing(article, voice, mark)
    reading_on = _reading_on(article, voice, mark)
    room = _Size(LONGEST, MOST_BLOCKS, MOST_TAGS) - _size(opening) - _size(closing) - _size(reading_on)
    body, whole = _fitting(blocks, BlockWriter(pictures, voice, mark=mark), room)
    html = "".join([opening, body, "" if whole else reading_on, closing])
    shown = {name: address for address, name in pictures.names.items() if f'"tg://photo?id={name}"' in html}
    return Page(html, rtl, shown, {})


def _standfirst(article: Article) -> str:
    """Returns the publisher's own summary, unless it is the beginning of the text or the title."""
    lead = _compared(article.text.lead)
    if not lead or lead[:_COMPARED] in _compared(article.text.body) or lead == _compared(article.text.title):
        return ""
    return clean_inline(article.text.lead).strip()


def _compared(text: str) -> str:
    return " ".join(text.split()).rstrip("….[]() ")


def _arranged(article: Article, document: Document) -> list[Block]:
    """Returns the blocks of the page: the headline is not repeated, and a picture comes early."""
    blocks = list(document)
    title = _compared(article.text.title)
    if blocks and isinstance(first := blocks[0], Heading | Paragraph) and _compared(plain_runs(first.text)) == title:
        del blocks[0]
    if any(isinstance(block, Picture | Gallery) for block in blocks[:EARLY]):
        return blocks
    chosen = article.text.image_url
    same = next((one for one in pictures_of(document) if chosen and _same_picture(one.address, chosen)), None)
    if same is not None and same in blocks:
        blocks.remove(same)
        return [same, *blocks]
    return [Picture(chosen), *blocks] if chosen and same is None else blocks


def _same_picture(one: str, other: str) -> bool:
    """Returns whether two addresses are those of one picture.

    A page often names a picture in another size than its text.
    """
    return one == other or (_picture_name(one) == _picture_name(other) and len(_picture_name(one)) > 3)


def _picture_name(address: str) -> str:
    try:
        return _SIZE_IN_NAME.sub("", PurePosixPath(urlsplit(address).path).stem.lower())
    except ValueError:
        return ""


# The beginning that fits


class _Size(NamedTuple):
    units: int  # UTF-16 units of the text
    blocks: int
    tags: int

    def __sub__(self, other: "_Size") -> "_Size":
        return _Size(self.units - other.units, self.blocks - other.blocks, self.tags - other.tags)

    @property
    def is_left(self) -> bool:
        return min(self) >= 0


def _size(html: str) -> _Size:
    return _Size(length(html), len(_BLOCK.findall(html)), html.count("<"))


def _fitting(blocks: Iterable[Block], writer: BlockWriter, room: _Size) -> tuple[str, bool]:
    """Returns the HTML of the blocks that fit, and whether those are all. The last of them may be cut."""
    parts: list[str] = []
    for block in blocks:
        html = writer.write(block)
        left = room - _size(html)
        if not left.is_left:
            parts.append(_beginning(block, writer, room, alone=not parts))
            return "".join(parts), False
        parts.append(html)
        room = left
    while parts and parts[-1] == "<hr/>":
        parts.pop()
    return "".join(parts), True


def _beginning(block: Block, writer: BlockWriter, room: _Size, *, alone: bool) -> str:
    """Returns the beginning of a block that does not fit as a whole, or "".

    A list or a table is cut between its items or rows, and a paragraph between words, if the page has nothing else.
    """

    def longest(most: int, beginning: Callable[[int], Block]) -> str:
        low, high, found = 0, most, ""
        while low < high:
            middle = (low + high + 1) // 2
            html = writer.write(beginning(middle))
            if (room - _size(html)).is_left:
                low, found = middle, html
            else:
                high = middle - 1
        return found if low >= _LEAST_ROWS else ""

    match block:
        case Listing(items):
            return longest(len(items), lambda count: replace(block, items=items[:count]))
        case Table(rows):
            return longest(len(rows), lambda count: replace(block, rows=rows[:count]))
        case Paragraph(text) if alone:
            return longest(room.units, lambda count: Paragraph(_first_words(text, count)))
        case _:
            return ""


def _first_words(text: Runs, count: int) -> Runs:
    """Returns the beginning of a text, of at most so many characters, cut between words."""
    taken: list[Run] = []
    for run in text:
        if len(run.text) > count:
            taken.append(replace(run, text=f"{run.text[:count].rpartition(' ')[0] or run.text[:count]}…"))
            break
        taken.append(run)
        count -= len(run.text)
    return tuple(taken)


# The end


def _closing(article: Article, voice: Voice, mark: str) -> str:
    """Returns the other sources of the text, and the footer: author and source, with the link."""
    text = article.text
    author = escape(isolate(text.author)) if text.author else ""
    source = escape(isolate(article.source)) if article.source else ""
    if link_target(text.url):
        source = link(text.url or "", article.source or "")
    footer = " · ".join(filter(None, [author, source]))
    return element("p", also_in_line(article, voice)) + element("footer", footer and mark + footer)


def _reading_on(article: Article, voice: Voice, mark: str) -> str:
    """Returns the line below a text of which only the beginning is on the page."""
    url = link_target(article.text.url)
    words = escape(isolate(voice.say("Read on at the source")))
    if url is None:
        return element("p", f"{mark}<i>{escape(isolate(voice.say('The article goes on at its source.')))}</i>")
    return element("p", f'{mark}<a href="{escape(url)}"><b>{words}</b></a>')
