"""Reads RSS 0.9x, 1.0 and 2.0 and Atom to entries. Elements are found by their names, whatever the dialect.

Two libraries do the same, and were measured on 88 feeds. feedparser is forty times as slow. fastfeedparser is twice
as fast as this, and what it leaves out can't be mended from outside: it refuses Atom without its namespace, takes a
time without a zone for UTC and doesn't tell, leaves relative links and xml:base as they are, and drops the names of
sources. A check whether any of that happened would have to read the feed once more. Both give nonsense where an
encoding is declared wrongly.

Two fifths of the time are libxml2's. Of the rest, what counts is how often an item asks lxml for something.
"""

import base64
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from html import escape
from typing import Final
from urllib.parse import urljoin

from lxml import etree

from bot.ingest.formats import feed_extras, hub_links
from bot.ingest.formats.encoding import repair_double_encoding
from bot.ingest.formats.entry import Channel, Entry, Medium
from bot.ingest.formats.feed_dates import detect_month_first, is_numeric_date
from bot.ingest.formats.feed_dates import parse as parse_date
from bot.ingest.formats.feed_media import find_media
from bot.ingest.formats.feed_pictures import is_tracker_or_icon
from bot.ingest.formats.xml_tree import RDF, XML, ElementNames, parse_tree
from bot.text.html import web_address

# What an element of a channel or an item is for, and its names, the best first.
_ROLES: Final = {
    "title": ("title", "dc:title", "media:title", "itunes:title"),
    "link": ("link",),
    "guid": ("guid", "id"),
    "summary": ("description", "summary", "dc:description", "itunes:summary", "media:description"),
    "content": ("content:encoded", "content", "body", "xhtml:body"),
    "date": (
        *("pubdate", "published", "issued", "dcterms:issued", "dc:issued"),
        *("dc:date", "updated", "modified", "dcterms:modified", "dc:modified", "date", "lastbuilddate"),
        *("created", "dcterms:created", "dc:created"),
    ),
    "author": ("author", "dc:creator", "itunes:author", "dc:contributor", "creator"),
    "category": ("category", "dc:subject", "media:category", "itunes:category"),
    "source": ("source",),
    "picture": ("media:content", "media:thumbnail", "enclosure", "image"),
    "language": ("dc:language", "language"),
    "ttl": ("ttl",),
    "period": ("sy:updateperiod",),
    "frequency": ("sy:updatefrequency",),
    "group": ("media:group",),
    "extra": feed_extras.ELEMENTS,
}
_HOLDING: Final = ("group", "picture")  # by their best names, media:group and media:content, they hold others
# Those that hold others have the rank -1: one look at the rank tells that there is no more to an element than itself.
_ROLE_OF: Final = {
    name: (role, rank)
    for role, names in _ROLES.items()
    for rank, name in enumerate(names, -1 if role in _HOLDING else 0)
}
# Under a prefix that nobody knows ("prism:publicationDate"), or that stands for another namespace.
_DATES: Final = frozenset("pubdate published publicationdate date datetime updated modified".split())
_TITLE_LAYERS: Final = {"text": 0, "html": 1, "xhtml": 1}  # by Atom's type; RSS has none, and may escape twice
_KINDS: Final = {"text/plain": "text", "text/html": "html", "application/xhtml+xml": "xhtml"}  # older names
_NOTHING: Final = ("", 0)
_ABOUT: Final = f"{{{RDF}}}about"
_LANGUAGE: Final = f"{{{XML}}}lang"
_MARKUP: Final = re.compile(r"</\w|<(?:br|p|img|a)\b|&#?\w+;", re.IGNORECASE)
_PICTURE: Final = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", re.IGNORECASE)
_PREFIX: Final = re.compile(r"<(/?)[A-Za-z_][\w.-]*+:(?=[A-Za-z])")
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_NO_FILM: Final = re.compile(r"image/|text/html", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*+")

ElementsByRole = dict[str, list[etree._Element]]  # the elements that say something of an item, by what they are for


def read(data: bytes, *, url: str, timezone: tzinfo, most: int) -> Channel | None:
    """Returns the feed in UTF-8 that begins with the root element, or None if it is no feed.

    At most `most` items are read. Raises UnicodeDecodeError.
    """
    reader = _Reader(timezone)
    root = parse_tree(data)
    channel, items = reader.channel_and_items(root)
    said = reader.by_role(channel)
    title = _first(said, "title")
    if not items and not title and channel is root:
        return None
    reader.document = url or _text_of(said, "link")
    reader.site = _site(said, reader.document)
    reader.language = _text_of(said, "language") or _inherited(channel, _LANGUAGE) or None
    entries = [reader.entry(item) for item in items[:most]]
    return Channel(
        title=title,
        language=reader.language,
        ttl=_ttl(said),
        entries=tuple(reader.with_numeric_dates_in_order(entries)),
        problems=(f"only its first {most} items are read",) if len(items) > most else (),
        named=hub_links.collect(
            ((link.get("href"), link.get("rel", "")) for link in said.get("link", ())), reader.document
        ),
    )


class _Reader:
    """Reads the items of one feed."""

    def __init__(self, zone: tzinfo) -> None:
        self.names = ElementNames()
        self.document = ""  # where the feed was found
        self.site = ""  # the address of what it is a feed of: addresses in it are relative to that
        self.language: str | None = None
        self._zone = zone
        self._figures: dict[int, str] = {}  # dates in figures by the number of their entry
        self._read = 0  # entries
        self._bases: dict[str, str] = {}  # what addresses are relative to, by xml:base
        self._roles: dict[object, tuple[str, int]] = {}  # by tag

    def channel_and_items(self, root: etree._Element) -> tuple[etree._Element, list[etree._Element]]:
        """Returns the element that describes the feed, which is the root if there is no <channel>,
        and the items.
        """
        channel: etree._Element | None = None
        items: list[etree._Element] = []
        for element in root.iter("{*}channel", "{*}item", "{*}entry"):
            name = self.names.name_of(element)
            if name in ("item", "entry"):
                items.append(element)
            elif name == "channel" and channel is None:
                channel = element
        if not items:  # <ITEM>
            items = [one for one in root.iter(etree.Element) if self.names.name_of(one) in ("item", "entry")]
        return (root if channel is None else channel), items

    def by_role(self, element: etree._Element) -> ElementsByRole:
        """Returns the children of an element by their roles; in each role the best name comes first."""
        said: ElementsByRole = {}
        mixed: set[str] = set()  # roles that are there by more than their best name
        for child in element:
            # Looked up here and not by `_role`: there are eight in an item, and the calls are 3 % of a feed's time.
            role, rank = self._roles.get(child.tag) or self._learnt(child)
            if role in said:
                said[role].append(child)
            else:
                said[role] = [child]
            if rank:
                mixed.add(role)
                if rank < 0 and len(child):
                    for inner in child.iterdescendants(etree.Element):
                        said.setdefault(self._role(inner)[0], []).append(inner)
                    mixed.update(said)
        for role in mixed:
            if len(said[role]) > 1:
                said[role].sort(key=self._rank)
        return said

    def _role(self, element: etree._Element) -> tuple[str, int]:
        """Returns what an element is for, and the rank of its name among those for it."""
        return self._roles.get(element.tag) or self._learnt(element)

    def _learnt(self, element: etree._Element) -> tuple[str, int]:
        name = self.names.name_of(element)
        role = _ROLE_OF.get(name, _NOTHING)
        if not role[0] and name.rpartition(":")[2] in _DATES:
            role = ("date", len(_ROLES["date"]))
        self._roles[element.tag] = role
        return role

    def _rank(self, element: etree._Element) -> int:
        return self._role(element)[1]

    def entry(self, item: etree._Element) -> Entry:
        said = self.by_role(item)
        attributes = dict(item.attrib) if item.attrib else {}
        guid = _text_of(said, "guid") or attributes.get(_ABOUT, "").strip()
        title, title_layers = _title(said)
        summary = _first(said, "summary")
        contents = _each(said, "content", _html)
        categories = tuple(map(_category, said["category"])) if "category" in said else ()
        published = self._published(said)
        url = self._link(said, guid)
        enclosure = self._enclosure(said)
        url = url or enclosure or None
        author = self._child_of(said, "author", ("name", "email"))
        pictures = _each(said, "picture", self._picture) + _enclosed(said)
        language = _text_of(said, "language") or attributes.get(_LANGUAGE) or None
        publisher = self._child_of(said, "source", ("title",))
        base = self._base(item)
        self._read += 1
        entry = Entry(  # by place: with their names, it takes twice as long to make
            title, summary, contents, categories, published, url, guid, author, pictures, language, publisher, base,
            title_layers, enclosure, self._media(said),
        )  # fmt: skip
        return feed_extras.with_extras(entry, said["extra"], self.names, self._base) if "extra" in said else entry

    def _base(self, element: etree._Element) -> str:
        said = element.base
        if said is None:
            return self.site
        if said not in self._bases:
            try:
                self._bases[said] = urljoin(self.document, said)
            except ValueError:
                self._bases[said] = self.document
        return self._bases[said]

    def _link(self, said: ElementsByRole, guid: str) -> str | None:
        """Returns the article's own page: a text, or the likeliest of the addresses with a relation."""
        links = said.get("link", ())
        for link in sorted(links, key=_unlikely) if len(links) > 1 else links:
            if link.attrib and _unlikely(link) == _NEVER:
                continue
            if address := web_address(_address(link.get("href") or link.text), self._base(link)):
                return address
        # A number is no address, and "tag:…" is refused as one.
        if "/" not in guid or (_is_no_link(said) and not guid.lower().startswith(("http://", "https://"))):
            return None
        return web_address(guid, self.site)

    def _enclosure(self, said: ElementsByRole) -> str:
        """Returns the address of the first sound or film, which is what an episode without a page has for a link."""
        if "picture" not in said and "link" not in said:
            return ""
        for element in (*said.get("picture", ()), *said.get("link", ())):
            if not element.attrib:
                continue
            written = element.get("url") or (element.get("href") if element.get("rel") == "enclosure" else None)
            if (
                written
                and self._is_video(element, written)
                and (address := web_address(written, self._base(element)))
            ):
                return address
        return ""

    def _media(self, said: ElementsByRole) -> tuple[Medium, ...]:
        elements = said.get("picture", [])
        if "link" in said and len(said["link"]) > 1:
            elements = [*elements, *said["link"]]
        return tuple(find_media(elements, self.names, self._base)) if elements else ()

    def _is_video(self, element: etree._Element, address: str) -> bool:
        kind = element.get("type", "") or element.get("medium", "") + "/"
        named = self.names.name_of(element)
        return named != "media:thumbnail" and not _NO_FILM.match(kind) and not _PICTURE.search(address)

    def _published(self, said: ElementsByRole) -> datetime | date | None:
        for element in said.get("date", ()):
            if (text := element.text) and (found := parse_date(text, timezone=self._zone, language=self.language)):
                has_figures = text.count("/") > 1 or text.count("-") > 1  # counting is cheaper than the pattern
                if has_figures and "GMT" not in text and is_numeric_date(text):
                    self._figures[self._read] = text
                return found
        return None

    def with_numeric_dates_in_order(self, entries: list[Entry]) -> list[Entry]:
        """Returns the entries with numeric dates read again, in the order of day and month that all of them show."""
        if not self._figures or not (order := detect_month_first([*self._figures.values()], self.language)):
            return entries
        for number, text in self._figures.items():
            published = parse_date(text, timezone=self._zone, month_first=order)
            entries[number] = entries[number]._replace(published=published)
        return entries

    def _child_of(self, said: ElementsByRole, role: str, names: tuple[str, ...]) -> str:
        """Returns what elements of a role say, in their text or in the first of the named elements in them."""
        for element in said.get(role, ()):
            parts = {self.names.name_of(child): _text(child) for child in element} if len(element) else {}
            if who := next((parts[name] for name in names if parts.get(name)), "") if parts else _text(element):
                return who
        return ""

    def _picture(self, element: etree._Element) -> str:
        name, address = self.names.name_of(element), element.get("url", "")
        if element.get("width") and is_tracker_or_icon(
            address, {str(key): str(value) for key, value in element.items()}
        ):
            return ""
        if name == "image":
            return self._child_of({"image": [element]}, "image", ("url",))
        if name == "enclosure":
            return address if _is_image(element) else ""
        if name == "media:thumbnail" or _is_image(element) or element.get("medium") == "image":
            return address
        return address if _PICTURE.search(address) else ""


_NEVER: Final = 9


def _address(written: str | None) -> str:
    """Returns an address without what its publisher wrapped it in."""
    address = written or ""
    if "<![CDATA[" in address:
        address = _unwrapped(address)
    return address.replace("&amp;", "&") if "&amp;" in address else address


def _is_no_link(said: ElementsByRole) -> bool:
    """Returns whether a publisher says that the guid is no address."""
    return any(guid.get("isPermaLink", "").lower() == "false" for guid in said.get("guid", ()))


def _site(said: ElementsByRole, document: str) -> str:
    """Returns what a feed's addresses are relative to: the site that it names.

    A feed may be served from another host.
    """
    for link in said.get("link", ()):
        relation, written = link.get("rel", "alternate"), _address(link.get("href") or link.text)
        if relation == "alternate" and (address := web_address(written, document)):
            # Atom says that addresses are relative to the document itself, and is believed on one host.
            return document if link.get("href") and _host(address) == _host(document) else address
    return document


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].lower()


def _unlikely(link: etree._Element) -> int:
    """Returns how unlikely it is that a link leads to the article: alternate and HTML, alternate,
    none said, … its parts.
    """
    relation = link.get("rel", "").strip().lower().rpartition("/")[2] or "alternate"
    if relation == "alternate":
        return 0 if "html" in link.get("type", "text/html").lower() else 1
    return {"related": 2, "via": 3, "self": 4}.get(relation, _NEVER)


# Texts


def _text(element: etree._Element) -> str:
    text = "".join(element.itertext()) if len(element) else element.text or ""
    return repair_double_encoding(_unwrapped(text) if "<![CDATA[" in text else text.strip())


def _unwrapped(text: str) -> str:
    """Returns a text that its publisher wrapped in CDATA and then escaped."""
    return _CDATA.sub(r"\1", text).strip()


def _title(said: ElementsByRole) -> tuple[str, int]:
    """Returns the first title that says something, and how often HTML may have been escaped in it."""
    for element in said.get("title", ()):
        if not element.attrib:
            if html := _html(element):
                return html, 2
        elif (kind := _kind(element)) == "text" and (text := _text(element)) and not _MARKUP.search(text):
            return text, 0
        elif html := _html(element):
            return html, _TITLE_LAYERS.get(kind, 2) or 2
    return "", 2


def _text_of(said: ElementsByRole, role: str) -> str:
    """Returns the first of a role that says something, as a text."""
    for element in said.get(role, ()):
        if text := _text(element):
            return text
    return ""


def _first(said: ElementsByRole, role: str) -> str:
    """Returns the first of a role that says something, as HTML."""
    for element in said.get(role, ()):
        if html := _html(element):
            return html
    return ""


def _each(said: ElementsByRole, role: str, read: Callable[[etree._Element], str]) -> tuple[str, ...]:
    """Returns all of a role that say something."""
    return tuple(filter(None, map(read, said[role]))) if role in said else ()


def _html(element: etree._Element) -> str:
    """Returns what an element holds as HTML: its text is that already, its children are, and
    base64 is meant to be.
    """
    if len(element):
        return repair_double_encoding(_inner(element))
    text = repair_double_encoding((element.text or "").strip())
    if "<![CDATA[" in text:
        text = _unwrapped(text)
    if not element.attrib or not text:
        return text
    kind = _kind(element)
    if (element.get("mode") == "base64" or _is_base64(kind)) and _BASE64.fullmatch(text):
        text = _decoded(text)
    # Much that is said to be text is HTML; where it can't be, "<" is meant.
    return escape(text, quote=False) if kind == "text" and not _MARKUP.search(text) else text


def _kind(element: etree._Element) -> str:
    """Returns Atom's type of a text: text, html, xhtml, another media type in lower case, or "" if none is declared.

    Older feeds declare the media types of the first three.
    """
    kind = element.get("type", "").partition(";")[0].strip().lower()
    return _KINDS.get(kind, kind)


def _is_base64(kind: str) -> bool:
    """Returns whether Atom demands that content of this type is encoded in base64: all but text and XML."""
    return "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml"))


def _decoded(text: str) -> str:
    """Returns the text in base64, "" if it is a picture or the like, and what is no base64 as it is."""
    try:
        return base64.b64decode(text, validate=False).decode()
    except UnicodeDecodeError:
        return ""
    except ValueError:
        return text


def _inner(element: etree._Element) -> str:
    """Returns the markup in an element, without the prefix that its publisher gave to HTML."""
    parts = [escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    html = "".join(parts).strip()
    return _PREFIX.sub(r"<\1", html) if element[0].prefix else html


def _category(element: etree._Element) -> str:
    if not element.attrib:
        return _text(element)
    return element.get("label") or element.get("term") or _text(element) or element.get("text") or ""


def _enclosed(said: ElementsByRole) -> tuple[str, ...]:
    links = [link for link in said.get("link", ()) if link.attrib and link.get("rel") == "enclosure"]
    return tuple(link.get("href", "") for link in links if _is_image(link)) if links else ()


def _is_image(element: etree._Element) -> bool:
    return element.get("type", "").startswith("image/")


def _inherited(element: etree._Element, attribute: str) -> str:
    return next((said for one in (element, *element.iterancestors()) if (said := one.get(attribute))), "")


def _ttl(said: ElementsByRole) -> timedelta | None:
    """RSS's <ttl> in minutes, or the syndication module's period."""
    minutes = _text_of(said, "ttl")
    if minutes.isdecimal() and len(minutes) < 7:
        return timedelta(minutes=int(minutes))
    periods = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}
    hours = periods.get(_text_of(said, "period").lower())
    times = _text_of(said, "frequency") or "1"
    return timedelta(hours=hours) / max(1, int(times)) if hours and times.isdecimal() and len(times) < 5 else None
