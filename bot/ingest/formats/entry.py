"""Feeds and their items as they are written there. Texts are still HTML."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.ingest.formats.hub_links import NOTHING, Named


class Medium(NamedTuple):
    """A picture, film or sound that comes with an item, outside of its text."""

    address: str  # absolute
    kind: str = ""  # "image", "video", "audio", "page" for what a browser shows, or "" if the address has to tell
    group: int = 0  # the same for all forms of one medium; 0: it stands alone
    caption: str = ""
    credit: str = ""
    width: int | None = None  # pixels
    height: int | None = None
    poster: str | None = None  # the absolute address of a picture that stands for a film
    media_type: str = ""  # such as "audio/mpeg", as the feed gives it


class Entry(NamedTuple):  # made in a quarter of the time that a frozen dataclass takes, and there are many
    """One item of a feed. Names may hold HTML as well, escaped once or twice."""

    title: str = ""
    summary: str = ""
    contents: tuple[str, ...] = ()  # the whole text, in one form or several
    categories: tuple[str, ...] = ()
    published: datetime | date | None = None  # aware UTC; a plain date where only the day was given
    url: str | None = None  # absolute
    guid: str = ""
    author: str = ""
    pictures: tuple[str, ...] = ()  # addresses as written, the likeliest first
    language: str | None = None
    publisher: str = ""
    base: str = ""  # what addresses in it are relative to
    title_layers: int = 2  # how often HTML may have been escaped in the title; 0: it is text
    enclosure: str = ""  # the address of a sound or a film that comes with it, absolute
    media: tuple[Medium, ...] = ()  # what comes with it
    page_version: int | None = None  # grows when its page changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed with its items. `problems` has a line for each item that could not be read."""

    title: str = ""
    language: str | None = None
    ttl: timedelta | None = None
    entries: tuple[Entry, ...] = ()
    named: Named = NOTHING  # its hubs, and its own address
    problems: tuple[str, ...] = field(default=())
