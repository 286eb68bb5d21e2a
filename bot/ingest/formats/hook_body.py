"""Reads the bodies of calls to a hook, by the program that calls and by the type that the call names."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAFeed, NotAnArticle, Unreadable
from bot.ingest.formats import ghost, json_lines, page, saved_text, wire, wordpress
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.feed import parse as parse_feed
from bot.ingest.formats.json_values import kind_of
from bot.ingest.formats.lengths import within_lengths
from storage.records import HookKind

MOST_ARTICLES: Final = 500  # of one call; an archive is imported with `newsbot import`
FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = frozenset({"application/json", "text/json"})
_LINES: Final = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_XML: Final = frozenset({"application/xml", "text/xml"})
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_TEXT: Final = "text/plain"
# A single item of a JSON Feed has one of these, and an object in our own form has none.
_FEED_ITEM: Final = frozenset({"content_html", "content_text", "date_published", "external_url"})
EXPECTED: Final = {
    HookKind.GENERIC: "application/json, application/feed+json, application/rss+xml, application/atom+xml,"
    " application/xml, text/html or text/plain",
    HookKind.GHOST: "application/json",
    HookKind.WORDPRESS: f"application/json or {FORM}",
    HookKind.SUPERDESK: "application/json or application/xml",
}


def is_readable(kind: HookKind, content_type: str) -> bool:
    """Returns whether calls of that kind may have a body of that type. The type has no parameters."""
    match kind:
        case HookKind.GHOST:
            return _is_json(content_type)
        case HookKind.WORDPRESS:
            return _is_json(content_type) or content_type == FORM
        case HookKind.SUPERDESK:
            return _is_json(content_type) or _is_xml(content_type)
        case HookKind.GENERIC:
            is_text = content_type == _TEXT or content_type in _PAGES | _LINES
            return is_text or _is_json(content_type) or _is_xml(content_type)


def read(
    body: bytes, *, kind: HookKind, content_type: str, charset: str | None = None, timezone: tzinfo
) -> list[Draft]:
    """Returns the drafts of a call. Raises Unreadable if one of its articles can't be read.

    A program sends what it made itself, so a mistake in one article refuses the whole call: the program then sends it
    again, and its people see the reason.
    """
    try:
        read = list(_drafts(body, kind, content_type, charset, timezone))
    except RecursionError as error:
        raise Unreadable("the body", "it is nested too deeply; expected a few levels") from error
    if len(read) > MOST_ARTICLES:
        raise Unreadable("the body", f"it has {len(read)} articles; expected at most {MOST_ARTICLES} in one call")
    several = len(read) > 1
    return [within_lengths(one, f"item {number}" if several else "the body") for number, one in enumerate(read, 1)]


def _drafts(body: bytes, kind: HookKind, content_type: str, charset: str | None, zone: tzinfo) -> Iterator[Draft]:
    if kind is HookKind.WORDPRESS and content_type == FORM:
        yield from wordpress.read_form(body, timezone=zone)
    elif content_type == _TEXT:
        yield saved_text.read(body, name="the body", timezone=zone)
    elif content_type in _PAGES and kind is HookKind.GENERIC:
        yield page.read(body, name="the body", timezone=zone)
    elif content_type in _LINES:
        yield from _all_good(json_lines.read(body, name="the body", timezone=zone))
    elif _is_xml(content_type):
        items = wire.read_wire(body, name="the body", charset=charset, timezone=zone)
        yield from _feed(body, zone, charset) if items is None else _all_good(items)
    elif kind is HookKind.GHOST:
        yield from ghost.read(_parsed(body, charset), timezone=zone)
    elif kind is HookKind.WORDPRESS:
        yield from wordpress.read(_parsed(body, charset), timezone=zone)
    else:
        yield from _generic(_parsed(body, charset), zone)


def _parsed(body: bytes, charset: str | None) -> Any:
    try:
        return json.loads(decode(body, declared=charset))
    except ValueError as error:
        is_syntax = isinstance(error, json.JSONDecodeError | UnicodeError)
        reason = error if is_syntax else "a number has too many digits"
        raise Unreadable("the body", f"this is no JSON ({reason}); expected what its Content-Type says") from error


def _generic(value: Any, zone: tzinfo) -> Iterator[Draft]:
    if (items := wire.read_json(value, name="the body", timezone=zone)) is not None:
        yield from _all_good(items)
        return
    feed: dict[str, Any] = {}
    is_feed = isinstance(value, dict) and isinstance(value.get("items"), list)
    if is_feed:
        feed, value = value, value["items"]
    for number, one in enumerate(value if isinstance(value, list) else [value], 1):
        name = f"item {number}" if isinstance(value, list) else "the body"
        if not isinstance(one, dict):
            raise Unreadable(name, f"this is {kind_of(one)}; expected an object with at least a title")
        if (is_feed or _FEED_ITEM & one.keys()) and not one.get("withdrawn"):
            yield _feed_item(feed, one, name, zone)
        else:
            yield json_lines.from_object(one, name=name, timezone=zone)


def _feed_item(feed: dict[str, Any], item: dict[str, Any], name: str, zone: tzinfo) -> Draft:
    """Returns the draft of an item of a JSON Feed, with what our own form says beyond that standard."""
    read = parse_feed(json.dumps(feed | {"items": [item]}).encode(), url="", timezone=zone)
    if not read.items:
        raise Unreadable(name, 'neither title nor text; expected "title" or "content_html"')
    marks = json_lines.read_marks(item, name=name, timezone=zone)
    return replace(read.items[0], breaking=marks.breaking, version=marks.version, held_until=marks.held_until)


def _feed(body: bytes, zone: tzinfo, charset: str | None) -> Iterator[Draft]:
    try:
        feed = parse_feed(body, url="", charset=charset, timezone=zone)
    except NotAFeed as error:
        raise Unreadable("the body", str(error)) from error
    if feed.problems:
        raise Unreadable("the body", feed.problems[0])
    return iter(feed.items)


def _all_good(items: Iterable[Draft | Unreadable]) -> Iterator[Draft]:
    """Yields the drafts. What a wire sends beside articles is left out. Raises Unreadable for anything else."""
    for item in items:
        if isinstance(item, NotAnArticle):
            continue
        if isinstance(item, Unreadable):
            raise item
        yield item


def _is_json(content_type: str) -> bool:
    return content_type in _JSON or content_type.endswith("+json")


def _is_xml(content_type: str) -> bool:
    return content_type in _XML or (content_type.endswith("+xml") and content_type not in _PAGES)
