"""Atom (RFC 4287)."""

from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from bot.text.rfc3339 import rfc3339
from bot.web.feeds.addresses import FeedFormat
from bot.web.feeds.items import Feed, FeedItem

ATOM: Final = "http://www.w3.org/2005/Atom"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # Atom wants a time also of a feed without items


def write(feed: Feed) -> bytes:
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _tag(root, feed.language)
    _add(root, "title", feed.title)
    _add(root, "id", feed.id)
    _add(root, "updated", rfc3339(feed.changed_at or _NEVER))
    _add(root, "link", rel="self", type=FeedFormat.ATOM.media_type, href=feed.address)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home)
    _add(_add(root, "author"), "name", feed.title)  # Atom wants an author, and an article may have none
    _add(root, "generator", "Newsbot")
    for item in feed.items:
        _write_item(root, item)
    ElementTree.register_namespace("", ATOM)
    whole: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _write_item(root: ElementTree.Element, item: FeedItem) -> None:
    entry = _add(root, "entry")
    _tag(entry, item.language)
    _add(entry, "title", item.title, type="text")
    _add(entry, "id", item.id)
    _add(entry, "published", rfc3339(item.published_at))
    _add(entry, "updated", rfc3339(item.changed_at))
    if item.url:
        _add(entry, "link", rel="alternate", href=item.url)
    if item.image:
        _add(entry, "link", rel="enclosure", type=item.image_type, href=item.image)
    if item.author:
        _add(_add(entry, "author"), "name", item.author)
    for category in item.categories:
        _add(entry, "category", term=category)
    if item.source:
        _add(_add(entry, "source"), "title", item.source)
    if item.summary or not item.html:
        _add(entry, "summary", item.summary, type="text")
    if item.html:
        _add(entry, "content", item.html, type="html")


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text or None
    return child


def _tag(element: ElementTree.Element, language: str | None) -> None:
    if language:
        element.set(_LANGUAGE, language)
