"""What Media RSS and the podcast namespaces say of an item beside its media: used where the item itself says nothing.

Read after the rest, and only of items that have such an element, since most feeds have none.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from lxml import etree

from bot.ingest.formats.entry import Entry, Medium
from bot.ingest.formats.xml_tree import ElementNames
from bot.text.html import to_line, web_address

ELEMENTS: Final = (
    *("media:keywords", "media:player"),
    *("itunes:image", "itunes:duration", "itunes:episode"),
    *("podcast:transcript", "podcast:person", "podcast:episode"),
)
MOST_KEYWORDS: Final = 5  # that stand for missing categories; further ones are for search engines
MOST_PERSONS: Final = 3  # that stand for a missing author
_READABLE: Final = ("text/html", "text/plain")  # transcripts; the others are subtitles for players
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)(?:\.\d+)?")


def with_extras(
    entry: Entry, elements: Sequence[etree._Element], names: ElementNames, base_of: Callable[[etree._Element], str]
) -> Entry:
    """Returns an entry with what these elements of its item say."""
    said: dict[str, list[etree._Element]] = {}
    for element in elements:
        said.setdefault(names.name_of(element), []).append(element)

    def address(element: etree._Element, key: str) -> str | None:
        return web_address(element.get(key), base_of(element))

    pages = [
        Medium(found, "page")
        for one in said.get("podcast:transcript", ())
        if _type(one) in _READABLE and (found := address(one, "url"))
    ][:1]
    if not any(medium.kind == "video" for medium in entry.media):
        players = said.get("media:player", ())
        pages += [Medium(found, "page") for one in players if (found := address(one, "url")) and found != entry.url][
            :1
        ]
    images = [found for one in said.get("itunes:image", ()) if (found := address(one, "href"))]
    return entry._replace(
        categories=entry.categories or _keywords(said.get("media:keywords", ())),
        author=entry.author or _persons(said.get("podcast:person", ())),
        pictures=(*entry.pictures, *images),
        media=(*_with_lengths(entry, said), *pages),
    )


def _keywords(elements: Sequence[etree._Element]) -> tuple[str, ...]:
    words = (to_line(word) for one in elements for word in (one.text or "").split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_KEYWORDS]


def _persons(elements: Sequence[etree._Element]) -> str:
    """Returns the hosts of an episode, or else all persons that it names."""
    hosts = [one for one in elements if (one.get("role") or "host").strip().lower() == "host"]
    names = dict.fromkeys(to_line(one.text or "") for one in hosts or elements)
    return ", ".join(list(filter(None, names))[:MOST_PERSONS])


def _with_lengths(entry: Entry, said: dict[str, list[etree._Element]]) -> tuple[Medium, ...]:
    """Returns the media with the number and the length of the episode as the caption of its sound or film.

    An item without a text gets no caption, because the caption would stand for the text.
    """
    if not (entry.summary or any(entry.contents)):
        return entry.media
    number = next((_figures(one) for name in ("itunes:episode", "podcast:episode") for one in said.get(name, ())), "")
    length = next((_length(one.text or "") for one in said.get("itunes:duration", ())), "")
    caption = " · ".join(filter(None, (f"#{number}" if number else "", length)))
    return tuple(
        medium._replace(caption=caption) if medium.kind in ("audio", "video") and not medium.caption else medium
        for medium in entry.media
    )


def _figures(element: etree._Element) -> str:
    text = (element.text or "").strip()
    return text if text.isdecimal() and text.isascii() and len(text) < 6 else ""


def _length(written: str) -> str:
    """Returns a length as "1:02:03" or "2:03". It is written so, or in seconds."""
    written = written.strip()
    if clock := _CLOCK.fullmatch(written):
        seconds = 3600 * int(clock[1] or 0) + 60 * int(clock[2]) + int(clock[3])
    elif written.isdecimal() and written.isascii() and len(written) < 7:
        seconds = int(written)
    else:
        return ""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}" if seconds else ""


def _type(element: etree._Element) -> str:
    return (element.get("type") or "").partition(";")[0].strip().lower()
