"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed to drafts. A broken item costs itself only."""

import io
import json
import re
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from time import struct_time
from typing import Any, Final

import feedparser  # the one door to it: it ships no types

from bot.ingest.dates import EARLIEST
from bot.ingest.dates import parse as parse_date
from bot.ingest.draft import Draft
from bot.ingest.encoding import decode
from bot.text.html import clean, one_line, to_telegram, to_text, web_address
from bot.text.html import parse as parse_html

MOST_ITEMS: Final = 2_000  # of one feed; more is an archive, which `newsbot import` takes as JSON Lines
UNTITLED_WORDS: Final = 12  # of the body that stand for a missing title
_ENDED_ITEM: Final = re.compile(r"</(?:item|entry)\s*>", re.IGNORECASE)
_FEED_ROOT: Final = re.compile(r"<(?:rss|(?:rdf:)?RDF|feed|channel|atom:feed)[\s>]", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"&#(?:[xX]0*(?P<hex>[0-9a-fA-F]+)|0*(?P<decimal>[0-9]+));?")
# A time that ends the date, or has only the year behind it, as C writes it.
_WITHOUT_ZONE: Final = re.compile(r"\d:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?(?:\s+\d{4})?$", re.IGNORECASE)
_FEED_TYPES: Final = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


class NotAFeed(Exception):
    """The document is no feed. The text says what it is instead."""


@dataclass(frozen=True, slots=True)
class Feed:
    title: str | None
    language: str | None  # as declared
    ttl: timedelta | None  # how long its publisher says it needn't be asked again
    items: tuple[Draft, ...]  # in the feed's order
    problems: tuple[str, ...] = field(default=())  # items that could not be read, a line each


def parse(body: bytes, *, url: str, charset: str | None = None, timezone: tzinfo = UTC) -> Feed:
    """The feed in a document that came from `url`; `charset` is what its server said. A time without a zone of its
    own is meant in `timezone`.

    Raises NotAFeed.
    """
    text = decode(body, declared=charset).lstrip("\ufeff \t\r\n\x00")
    if text.startswith("{"):
        return _json_feed(text, url, timezone)
    if not _FEED_ROOT.search(text[:20_000]):
        kind = "an HTML page" if re.search("<html", text[:5_000], re.IGNORECASE) else "something else"
        raise NotAFeed(f"this is {kind if text else 'empty'}; expected RSS, Atom or JSON Feed")
    return _xml_feed(text, url, timezone)


def discover(page: str, url: str) -> list[str]:
    """Addresses of the feeds that an HTML page links to, in its order."""
    root = parse_html(page)
    found = [
        web_address(link.get("href"), url)
        for link in (root.iter("link") if root is not None else ())
        if "alternate" in (link.get("rel") or "").lower() and (link.get("type") or "").lower() in _FEED_TYPES
    ]
    return list(dict.fromkeys(address for address in found if address))


def _xml_feed(text: str, url: str, zone: tzinfo) -> Feed:
    # Nothing above the root is wanted: text is decoded already, and its own declaration would be believed over that;
    # a document type can only bring entities, and with them a text that grows without end.
    root = _FEED_ROOT.search(text)
    text, cut = _bounded(_REFERENCE.sub(_legal, text[root.start() if root else 0 :]))
    found: Any = feedparser.parse(
        io.BytesIO(text.encode()),
        # Not told where the feed lives, it leaves a guid that is a number alone: joined to an address, it would
        # change when the feed moves. Links are made absolute here.
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,  # texts are reduced to plain ones here
    )
    channel = found.feed
    if not found.entries and not channel:
        raise NotAFeed(
            f"this can't be parsed as a feed ({found.get('bozo_exception')}); expected RSS, Atom or JSON Feed"
        )
    problems = [f"only its first {MOST_ITEMS} items are read"] if cut else []
    items = tuple(_each(found.entries, lambda entry: _entry_draft(entry, channel, url, zone), problems))
    return Feed(
        title=_plain(channel.get("title")) or None,
        language=channel.get("language") or None,
        ttl=_ttl(channel),
        items=items,
        problems=tuple(problems),
    )


def _legal(reference: re.Match[str]) -> str:
    """A reference to a letter, or nothing where there is no such letter: the parser would give up the whole feed."""
    digits, base = (reference["hex"], 16) if reference["hex"] else (reference["decimal"], 10)
    number = int(digits, base) if len(digits) < 8 else 0
    return "" if number < 9 or 0xD800 <= number <= 0xDFFF or number > 0x10FFFF else reference[0]


def _bounded(text: str) -> tuple[str, bool]:
    """The feed up to its MOST_ITEMS-th item, well-formed again, and whether something was left out."""
    ends = [found.end() for found in _ENDED_ITEM.finditer(text)]
    if len(ends) <= MOST_ITEMS:
        return text, False
    root = _FEED_ROOT.search(text)
    name = root[0][1:].rstrip(" >\t\r\n") if root else "rss"
    closing = "</channel></rss>" if name.lower() == "rss" else f"</{name}>"
    return text[: ends[MOST_ITEMS - 1]] + closing, True


def _each(entries: Iterable[Any], draft: Callable[[Any], Draft | None], problems: list[str]) -> Iterator[Draft]:
    """A draft for each entry that is one; the others become problems."""
    for number, entry in enumerate(entries, 1):
        try:
            made = draft(entry)
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
            problems.append(f"item {number} can't be read: {error}")
            continue
        if made is None:
            problems.append(f"item {number} has neither title nor text")
        else:
            yield made


def _entry_draft(entry: Any, channel: Any, url: str, zone: tzinfo) -> Draft | None:
    summary = to_text(entry.get("summary") or "")
    contents = [part.get("value") or "" for part in entry.get("content", [])] or [entry.get("summary") or ""]
    body, content = max(((to_text(content), content) for content in contents), key=lambda pair: len(pair[0]))
    title = _plain(entry.get("title")) or _opening(body or summary)
    if not title:
        return None
    tags = [tag.get("label") or tag.get("term") for tag in entry.get("tags", [])]
    return Draft(
        title=title,
        body=body,
        markup=_marked(content, url),
        lead=one_line(summary) if summary != body else "",
        category=next((name for tag in tags if (name := _plain(tag))), None),
        published=_published(entry, zone),
        url=web_address(_link(entry), url),
        guid=clean(entry.get("id") or "") or None,
        author=_plain(entry.get("author")) or None,
        image_url=_image(entry, "".join(contents), url),
        language=entry.get("language") or channel.get("language") or None,
        publisher=_plain((entry.get("source") or {}).get("title")) or None,
    )


def _link(entry: Any) -> str | None:
    """The parser takes a guid for the link where there is none; a number is no address."""
    link: str | None = entry.get("link")
    return None if link and link == entry.get("id") and "/" not in link else link


def _published(entry: Any, zone: tzinfo) -> datetime | date | None:
    for name in ("published", "updated", "created"):
        said = (dict.get(entry, name) or "").strip()  # its own get() takes one date for another, with a warning
        if ":" not in said and (day := parse_date(said)):
            return day
        parsed = dict.get(entry, f"{name}_parsed") if said else None
        if parsed and parsed.tm_year >= EARLIEST:
            try:
                return _moment(parsed, said, zone)
            except (ValueError, OverflowError, OSError):
                continue
        if said and (found := parse_date(said, timezone=zone)):
            return found
    return None


def _moment(parsed: struct_time, said: str, zone: tzinfo) -> datetime:
    """The parser takes a time without a zone for UTC."""
    if _WITHOUT_ZONE.search(said):
        return datetime(*parsed[:6], tzinfo=zone).astimezone(UTC)
    return datetime.fromtimestamp(timegm(parsed), UTC)


def _image(entry: Any, markup: str, url: str) -> str | None:
    pictures = [
        one.get("url")
        for one in entry.get("media_content", [])
        if one.get("medium") == "image"
        or str(one.get("type", "")).startswith("image/")
        or _is_picture(one.get("url"))
    ]
    pictures += [one.get("url") for one in entry.get("media_thumbnail", [])]
    pictures += [
        one.get("href") for one in entry.get("enclosures", []) if str(one.get("type", "")).startswith("image/")
    ]
    inline = re.search(r"""<img[^<>]+src=["']([^"']+)""", markup, re.IGNORECASE)
    pictures += [inline[1]] if inline else []
    return next((address for picture in pictures if (address := web_address(picture, url))), None)


def _is_picture(address: str | None) -> bool:
    return bool(re.search(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", address or "", re.IGNORECASE))


def _ttl(channel: Any) -> timedelta | None:
    """RSS's <ttl> in minutes, or the syndication module's period."""
    minutes = str(channel.get("ttl") or "").strip()
    if minutes.isdecimal() and len(minutes) < 7:
        return timedelta(minutes=int(minutes))
    periods = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}
    hours = periods.get(str(channel.get("sy_updateperiod") or "").strip().lower())
    times = str(channel.get("sy_updatefrequency") or "1").strip()
    return timedelta(hours=hours) / max(1, int(times)) if hours and times.isdecimal() and len(times) < 5 else None


def _marked(content: str, url: str) -> str:
    """The text with the marks and links that Telegram can show, where it has any."""
    marked = to_telegram(content, url)
    return marked if "<" in marked else ""


def _opening(body: str) -> str:
    words = one_line(body).split()
    return " ".join(words[:UNTITLED_WORDS]) + ("…" if len(words) > UNTITLED_WORDS else "")


def _plain(text: Any) -> str:
    """One line of a title or name, which may hold HTML, escaped once or twice."""
    said = text if isinstance(text, str) else ""
    for _ in range(2):
        if "<" in said or "&" in said:
            said = to_text(said)
    return one_line(said)


# JSON Feed


def _json_feed(text: str, url: str, zone: tzinfo) -> Feed:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"this is no JSON ({error}); expected a JSON Feed") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise NotAFeed('this is JSON without a list under "items"; expected a JSON Feed')
    problems = [f"only its first {MOST_ITEMS} items are read"] if len(items) > MOST_ITEMS else []
    drafts = tuple(_each(items[:MOST_ITEMS], lambda item: _json_draft(item, feed, url, zone), problems))
    title, language = _plain(feed.get("title")) or None, _said(feed, "language")
    return Feed(title=title, language=language, ttl=None, items=drafts, problems=tuple(problems))


def _json_draft(item: dict[str, Any], feed: dict[str, Any], url: str, zone: tzinfo) -> Draft | None:
    body = to_text(_said(item, "content_html") or "") or clean(_said(item, "content_text") or "")
    summary = _said(item, "summary") or ""
    title = _plain(item.get("title")) or _opening(body or summary)
    if not title:
        return None
    tags = item.get("tags") if isinstance(item.get("tags"), list) else []
    authors = item.get("authors") or [item.get("author")]
    author = authors[0] if isinstance(authors, list) and authors and isinstance(authors[0], dict) else {}
    said = _said(item, "date_published") or _said(item, "date_modified")
    return Draft(
        title=title,
        body="\n\n".join(line for line in clean(body).split("\n") if line),
        markup=_marked(_said(item, "content_html") or "", url),
        lead=one_line(summary),
        category=next((name for tag in tags or [] if (name := _plain(tag))), None),
        published=parse_date(said, timezone=zone) if said else None,
        url=web_address(_said(item, "url") or _said(item, "external_url"), url),
        guid=clean(str(item["id"])) or None if item.get("id") is not None else None,
        author=_plain(author.get("name")) or None,
        image_url=web_address(_said(item, "image") or _said(item, "banner_image"), url),
        language=_said(item, "language") or _said(feed, "language"),
    )


def _said(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and value.strip() else None
