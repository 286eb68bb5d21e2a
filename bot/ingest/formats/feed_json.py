"""Reads JSON Feed to entries. Values of a wrong type count as missing."""

import json
from collections.abc import Iterator
from datetime import tzinfo
from html import escape
from typing import Any, Final

from bot.ingest.formats import hub_links
from bot.ingest.formats.entry import Channel, Entry, Medium
from bot.ingest.formats.feed_dates import parse as parse_date
from bot.ingest.formats.json_values import list_at, object_at, text_at
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
    document = url or text_at(feed, "feed_url")
    base = web_address(text_at(feed, "home_page_url"), document) or document
    entries: list[Entry] = []
    problems = [f"only its first {most} items are read"] if len(items) > most else []
    for number, item in enumerate(items[:most], 1):
        if isinstance(item, dict):
            entries.append(_entry(item, base, timezone))
        else:
            problems.append(f"item {number} can't be read: {type(item).__name__} where an object was expected")
    return Channel(
        title=text_at(feed, "title"),
        language=text_at(feed, "language") or None,
        entries=tuple(entries),
        named=hub_links.collect(_links(feed), document),
        problems=tuple(problems),
    )


def _links(feed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the hubs of the protocol WebSub, and the address of the feed."""
    for hub in list_at(feed, "hubs"):
        if isinstance(hub, dict) and text_at(hub, "type").lower() in ("", "websub", "pubsubhubbub"):
            yield text_at(hub, "url"), "hub"
    yield text_at(feed, "feed_url"), "self"


def _entry(item: dict[str, Any], base: str, zone: tzinfo) -> Entry:
    guid = item.get("id")
    guid = str(guid) if isinstance(guid, str | int | float) else ""
    html = text_at(item, "content_html") or _paragraphs(text_at(item, "content_text"))
    stamp = text_at(item, "date_published", "date_modified")
    link = text_at(item, "url", "external_url") or (guid if "/" in guid else "")
    enclosure = web_address(_attached_video(item), base) or ""
    return Entry(
        title=text_at(item, "title"),
        summary=text_at(item, "summary"),
        contents=(html,) if html else (),
        categories=tuple(tag for tag in list_at(item, "tags") if isinstance(tag, str)),
        published=parse_date(stamp, timezone=zone) if stamp else None,
        url=web_address(link, base) or enclosure or None,
        guid=guid,
        author=_author(item),
        pictures=(text_at(item, "image"), text_at(item, "banner_image"), *_attached(item)),
        language=text_at(item, "language") or None,
        publisher=text_at(object_at(item, "_newsbot"), "source"),
        base=base,
        enclosure=enclosure,
        media=tuple(_media(item, base)),
    )


def _author(item: dict[str, Any]) -> str:
    authors = list_at(item, "authors") or [item.get("author")]
    names = [text_at(one, "name") if isinstance(one, dict) else one for one in authors]
    return next((name for name in names if isinstance(name, str) and name), "")


def _media(item: dict[str, Any], base: str) -> Iterator[Medium]:
    for one in list_at(item, "attachments"):
        address = web_address(text_at(one, "url"), base) if isinstance(one, dict) else None
        if address:
            media_type, title = text_at(one, "mime_type"), to_line(text_at(one, "title"))
            yield Medium(address, media_type.partition("/")[0], caption=title, media_type=media_type)


def _attached(item: dict[str, Any]) -> list[str]:
    attachments = [one for one in list_at(item, "attachments") if isinstance(one, dict)]
    return [text_at(one, "url") for one in attachments if text_at(one, "mime_type").startswith("image/")]


def _attached_video(item: dict[str, Any]) -> str:
    """Returns the address of the first sound or film."""
    attachments = [one for one in list_at(item, "attachments") if isinstance(one, dict)]
    return next(
        (text_at(one, "url") for one in attachments if not text_at(one, "mime_type").startswith("image/")), ""
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines())
