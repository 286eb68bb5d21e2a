"""Reads JSON Feed to entries. Values of a wrong type count as missing."""

import json
from collections.abc import Iterator
from datetime import tzinfo
from html import escape
from typing import Any, Final

from bot.ingest.formats.entry import Channel, Entry, Medium
from bot.ingest.formats.feed_dates import parse as parse_date
from bot.text.html import to_line, web_address

_DECODER: Final = json.JSONDecoder(strict=False)  # line ends and tabs inside of texts are no reason to refuse them


def read(text: str, *, url: str, timezone: tzinfo, most: int) -> Channel:
    """Returns the feed in a text that begins with "{". At most `most` items are read.

    Raises ValueError, with what is there instead of a feed.
    """
    try:
        feed, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is no JSON ({error})") from error
    items = feed.get("items")
    if not isinstance(items, list):
        raise ValueError('this is JSON without a list under "items"')
    document = url or _said(feed, "feed_url")
    base = web_address(_said(feed, "home_page_url"), document) or document
    entries: list[Entry] = []
    problems = [f"only its first {most} items are read"] if len(items) > most else []
    for number, item in enumerate(items[:most], 1):
        if isinstance(item, dict):
            entries.append(_entry(item, base, timezone))
        else:
            problems.append(f"item {number} can't be read: {type(item).__name__} where an object was expected")
    return Channel(
        title=_said(feed, "title"),
        language=_said(feed, "language") or None,
        entries=tuple(entries),
        problems=tuple(problems),
    )


def _entry(item: dict[str, Any], base: str, zone: tzinfo) -> Entry:
    guid = item.get("id")
    guid = str(guid) if isinstance(guid, str | int | float) else ""
    html = _said(item, "content_html") or _paragraphs(_said(item, "content_text"))
    stamp = _said(item, "date_published", "date_modified")
    link = _said(item, "url", "external_url") or (guid if "/" in guid else "")
    enclosure = web_address(_attached_video(item), base) or ""
    return Entry(
        title=_said(item, "title"),
        summary=_said(item, "summary"),
        contents=(html,) if html else (),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        published=parse_date(stamp, timezone=zone) if stamp else None,
        url=web_address(link, base) or enclosure or None,
        guid=guid,
        author=_author(item),
        pictures=(_said(item, "image"), _said(item, "banner_image"), *_attached(item)),
        language=_said(item, "language") or None,
        base=base,
        enclosure=enclosure,
        media=tuple(_media(item, base)),
    )


def _author(item: dict[str, Any]) -> str:
    authors = _list(item, "authors") or [item.get("author")]
    names = [_said(one, "name") if isinstance(one, dict) else one for one in authors]
    return next((name for name in names if isinstance(name, str) and name), "")


def _media(item: dict[str, Any], base: str) -> Iterator[Medium]:
    for one in _list(item, "attachments"):
        address = web_address(_said(one, "url"), base) if isinstance(one, dict) else None
        if address:
            media_type, title = _said(one, "mime_type"), to_line(_said(one, "title"))
            yield Medium(address, media_type.partition("/")[0], caption=title, media_type=media_type)


def _attached(item: dict[str, Any]) -> list[str]:
    attachments = [one for one in _list(item, "attachments") if isinstance(one, dict)]
    return [_said(one, "url") for one in attachments if _said(one, "mime_type").startswith("image/")]


def _attached_video(item: dict[str, Any]) -> str:
    """The address of the first sound or film."""
    attachments = [one for one in _list(item, "attachments") if isinstance(one, dict)]
    return next((_said(one, "url") for one in attachments if not _said(one, "mime_type").startswith("image/")), "")


def _list(values: dict[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    return value if isinstance(value, list) else []


def _said(values: dict[str, Any], *keys: str) -> str:
    """The first of these that is a text with something in it."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines())
