"""Pictures, films and sounds that come with a feed's item, outside of its text, as blocks of its document.

Feeds name one picture in several sizes, and one film in several qualities: of each, the best is taken. What the text
shows already is left out, and so is what belongs to the page: icons, portraits, counters. Thumbnails are left out as
well, since they are small.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from lxml import etree

from bot.ingest.formats.entry import Medium
from bot.ingest.formats.feed_pictures import is_tracker_or_icon
from bot.ingest.formats.html_media import WIDEST, framed, is_decoration, type_of_file
from bot.ingest.formats.page_pictures import file_of
from bot.ingest.formats.xml_tree import ElementNames
from bot.text.document import captions_of, pictures_of, plain_runs
from bot.text.html import to_line, web_address
from storage.records.documents import Audio, Block, Document, Embed, Gallery, Picture, Run, Video

MOST: Final = 10  # pictures of one item
_LONGEST: Final = 500  # characters of a caption; more is the article's text
_KINDS: Final = ("image", "video", "audio")
_CAPTIONS: Final = ("media:description", "media:text", "media:title")


def find_media(
    elements: Iterable[etree._Element], names: ElementNames, base_of: Callable[[etree._Element], str]
) -> Iterator[Medium]:
    """Yields the media of the elements of one item: media:content and enclosures, as RSS and Atom write them."""
    for element in elements:
        name = names.name_of(element)
        written = element.get("url") if name in ("media:content", "enclosure") else None
        if name == "link" and element.get("rel") == "enclosure":
            written = element.get("href")
        address = web_address(written, base_of(element)) if written else None
        if address is None or is_tracker_or_icon(address, {str(key): str(one) for key, one in element.items()}):
            continue
        parent = element.getparent()
        group = parent if parent is not None and names.name_of(parent) == "media:group" else None
        around = (element,) if group is None else (element, group)
        said = {names.name_of(child): child for one in reversed(around) for child in one}
        caption = next((line for key in _CAPTIONS if key in said and (line := _line(said[key]))), "")
        poster = said.get("media:thumbnail")
        yield Medium(
            address,
            kind=_kind(element),
            group=id(group) if group is not None else 0,
            caption=caption,
            credit=_line(said["media:credit"]) if "media:credit" in said else "",
            width=_pixels(element.get("width")),
            height=_pixels(element.get("height")),
            poster=web_address(poster.get("url"), base_of(poster)) if poster is not None else None,
            media_type=element.get("type", ""),
        )


def with_media(document: Document, media: Iterable[Medium], known: Iterable[str]) -> Document:
    """Returns the document with the pictures before its text, and the films and sounds behind it.

    `known` are lines that the item says elsewhere, like its title: they are no captions.
    """
    said = {to_line(line) for line in known} | {plain_runs(one) for one in captions_of(document)}
    blocks = [block for medium in _best(media) if (block := _block(medium, said)) is not None]
    shown = {file_of(one.address) for one in pictures_of(document)}
    pictures = [one for one in blocks if isinstance(one, Picture) and file_of(one.address) not in shown][:MOST]
    others = {type(one): one for one in reversed(blocks) if not isinstance(one, Picture) and one not in document}
    behind = [others[kind] for kind in (Video, Audio, Embed) if kind in others]
    first: Document = (Gallery(tuple(pictures)),) if len(pictures) > 1 else tuple(pictures)
    return (*first, *document, *behind)


def _best(media: Iterable[Medium]) -> list[Medium]:
    """Returns one of each group, and one of each picture: the widest that is not too wide, else the first."""
    best: dict[object, Medium] = {}
    for medium in media:
        key: object = (medium.kind, medium.group) if medium.group else file_of(medium.address)
        before = best.get(key)
        if before is None or (before.width or 0) < (medium.width or 0) <= WIDEST:
            best[key] = medium
    return list(best.values())


def _block(medium: Medium, said: set[str]) -> Block | None:
    """Returns what a medium shows, or None if it is not known or belongs to the page."""
    is_new = medium.caption not in said and len(medium.caption) <= _LONGEST
    caption = (Run(medium.caption),) if medium.caption and is_new else ()
    if medium.kind == "image":
        picture = Picture(medium.address, caption, medium.credit, width=medium.width, height=medium.height)
        return None if is_decoration(picture) else picture
    media_type = type_of_file(medium.address, medium.media_type)
    match framed(medium.address):
        case Embed() as post:
            return post
        case Video(address):
            return Video(address, caption, medium.poster)
        case Audio(address):
            return Audio(address, caption, media_type)
        case _:
            pass
    if medium.kind == "video":
        return Video(medium.address, caption, medium.poster, media_type)
    if medium.kind == "audio":
        return Audio(medium.address, caption, media_type)
    return Embed(medium.address, caption) if medium.kind == "page" else None


def _kind(element: etree._Element) -> str:
    """Returns "image", "video", "audio", "page" for a document to read, or "" if the address has to tell."""
    if element.get("type", "").strip().lower().startswith("application/pdf"):
        return "page"
    for said in (element.get("type", "").partition("/")[0].strip().lower(), element.get("medium", "").lower()):
        if said in _KINDS:
            return said
    return ""


def _line(element: etree._Element) -> str:
    return to_line("".join(element.itertext()))


def _pixels(written: str | None) -> int | None:
    return int(written) if written and written.isdecimal() and written.isascii() and len(written) < 6 else None
