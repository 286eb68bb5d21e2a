"""Reads files for `newsbot import` and watched folders. A known suffix names the format; else the text does."""

import json
import re
from datetime import UTC, tzinfo
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAFeed, Unreadable
from bot.ingest.formats import json_lines, page, saved_text
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.feed import parse as parse_feed
from bot.ingest.formats.wire import read_json

LARGEST: Final = 200 * 1024 * 1024  # bytes; JSON Lines of a whole archive
_PAGES: Final = frozenset({".html", ".htm", ".xhtml"})
_FEEDS: Final = frozenset({".xml", ".rss", ".atom", ".rdf", ".nitf"})
LINES: Final = frozenset({".jsonl", ".ndjson"})
_NAMED: Final = frozenset({".json", *_PAGES, *_FEEDS, *LINES})  # endings that are believed
SUFFIXES: Final = _NAMED | {".txt"}  # what a folder is searched for

_JSON: Final = re.compile(r"\{\s*\"|\[\s*\{")  # a text may begin with a bracket, too
_MARKUP: Final = re.compile(r"<(?:[?!]|[\w:.-]+[\s>/])")  # and with "<<"

Item = Draft | Unreadable


def read(path: Path, *, timezone: tzinfo = UTC) -> list[Item]:
    """Returns the drafts of a file in their order. An item that can't be read is an Unreadable in its place.

    Raises Unreadable if the whole file can't be read.
    """
    name = str(path)
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):  # a pipe or a device may have no end, or never begin
            raise Unreadable(name, "can't be opened: this is no regular file; expected one, saved to disk")
        if status.st_size > LARGEST:
            raise Unreadable(name, f"larger than {LARGEST // 1024 // 1024} MiB; expected a smaller file: split it")
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(name, f"can't be opened: {error.strerror or error}") from error
    return read_bytes(data, name=name, suffix=path.suffix.lower(), timezone=timezone)


def read_bytes(data: bytes, *, name: str, suffix: str = "", timezone: tzinfo = UTC) -> list[Item]:
    """Returns the drafts of a document in their order. An item that can't be read is an Unreadable in its place.

    `suffix` is the ending of a file, like ".json". A text, and a document with another ending or none, tells its
    format itself: markup or JSON with a wrong ending must not become the headline of an article.

    Raises Unreadable if the whole document can't be read.
    """
    suffix = suffix if suffix in _NAMED else _suffix_of(data)
    if suffix in LINES:
        return list(json_lines.read(data, name=name, timezone=timezone))
    if suffix == ".json":
        return _json(data, name, timezone)
    if suffix in _FEEDS:
        return _feed(data, name, timezone)
    if suffix in _PAGES:
        return [page.read(data, name=name, timezone=timezone)]
    return [saved_text.read(data, name=name, timezone=timezone)]


def _json(data: bytes, name: str, zone: tzinfo) -> list[Item]:
    """Returns a JSON Feed, one article, or a list of articles."""
    try:
        value = json.loads(decode(data))
    except (ValueError, RecursionError) as error:
        raise Unreadable(name, f"this is no JSON ({error}); expected a JSON Feed or articles") from error
    if (wired := read_json(value, name=name, timezone=zone)) is not None:
        return list(wired)
    if isinstance(value, dict) and ("items" in value or "jsonfeed.org" in str(value.get("version"))):
        return _feed(data, name, zone)
    values = value if isinstance(value, list) else [value]
    return [_object(one, f"{name}, item {number}", zone) for number, one in enumerate(values, 1)]


def _object(value: object, name: str, zone: tzinfo) -> Item:
    try:
        return json_lines.from_object(value, name=name, timezone=zone)
    except Unreadable as error:
        return error


def _feed(data: bytes, name: str, zone: tzinfo) -> list[Item]:
    try:
        feed = parse_feed(data, url="", timezone=zone)
    except NotAFeed as error:
        raise Unreadable(name, str(error)) from error
    if feed.sitemaps:
        raise Unreadable(name, "this lists sitemaps and no articles; expected one of these sitemaps")
    return [*feed.items, *(Unreadable(name, problem) for problem in feed.problems)]


def _suffix_of(data: bytes) -> str:
    """Returns the suffix of a document that has none to believe: JSON, XML, HTML, or "" for a text."""
    head = decode(data[:1024]).lstrip("\ufeff \t\r\n")
    if _JSON.match(head):
        return ".json"
    if head.lower().startswith(("<!doctype html", "<html")):
        return ".html"
    return ".xml" if _MARKUP.match(head) else ""
