"""Recognises and reads what news agencies send: ninjs, NewsML-G2 and NITF, whatever brings the bytes."""

import json
import re
from datetime import UTC, tzinfo
from typing import Any, Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import newsml, ninjs, nitf
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.wire_item import draft_of
from bot.ingest.formats.xml_markup import local_name
from bot.ingest.formats.xml_tree import parse_tree

_LEADING: Final = 20_000  # bytes, with the declaration, comments and a document type, before the root element
_ROOT: Final = re.compile(
    rb"<(?:[\w.-]{1,20}:)?(?:newsMessage|newsItem|packageItem|conceptItem|knowledgeItem|planningItem|catalogItem|nitf)"
    rb"(?=[\s>/])",
    re.IGNORECASE,
)
_LOOKED_AT: Final = 200_000  # bytes of JSON, within which the first item tells the format
_NINJS: Final = re.compile(
    rb'"(?:versioncreated|firstcreated|pubstatus|headlines|bodies|evolvedfrom|altids|(?:body|description)_\w{1,20})"',
    re.IGNORECASE,
)
_OTHER_ROOT: Final = re.compile(rb"<(?:rss|feed|html|urlset|rdf:RDF|opml)(?=[\s>])", re.IGNORECASE)


def read_wire(
    data: bytes, *, name: str, charset: str | None = None, timezone: tzinfo = UTC
) -> list[Draft | Unreadable] | None:
    """Returns a draft or an Unreadable for each item, or None if these bytes are none of these formats.

    `charset` is what a server declared. A time without a zone is taken in `timezone`.
    """
    beginning = data[:_LEADING].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning[:1] in (b"{", b"["):
        if _NINJS.search(data, 0, _LOOKED_AT) is None:
            return None
        try:
            value = json.loads(decode(data, declared=charset), strict=False)
        except (ValueError, RecursionError):
            return None
        return read_json(value, name=name, timezone=timezone)
    root = _ROOT.search(data, 0, _LEADING)
    other = _OTHER_ROOT.search(data, 0, _LEADING)
    if root is None or (other is not None and other.start() < root.start()):
        return None
    # Nothing above the root is wanted: a document type can only bring entities, and with them a text without end.
    return _read_xml(data[root.start() :], decode(data, declared=charset), name, timezone)


def read_json(value: Any, *, name: str, timezone: tzinfo = UTC) -> list[Draft | Unreadable] | None:
    """Returns a draft or an Unreadable for each item of a decoded document, or None if it is no ninjs."""
    items = ninjs.items_in(value)
    return None if items is None else ninjs.read(items, name=name, timezone=timezone)


def _read_xml(data: bytes, text: str, name: str, zone: tzinfo) -> list[Draft | Unreadable]:
    try:
        tree = parse_tree(data)
    except UnicodeDecodeError:
        encoded = text.encode("utf-8", "replace")
        root = _ROOT.search(encoded)
        tree = parse_tree(encoded[root.start() if root else 0 :])
    if local_name(tree) in newsml.ROOTS:
        return newsml.read(tree, name=name, timezone=zone)
    try:
        return [draft_of(nitf.item_of(tree, name=name, zone=zone), name)]
    except Unreadable as error:
        return [error]
