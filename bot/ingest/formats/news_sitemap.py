"""Reads news sitemaps: the lists of their latest articles that sites keep for search engines. They hold no texts."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import islice
from typing import Final

from lxml import etree

from bot.ingest.formats import feed_dates
from bot.ingest.formats.entry import Channel, Entry
from bot.ingest.formats.xml_tree import parse_tree
from bot.text.html import web_address

_LEADING: Final = 2_000  # bytes, with the declaration and comments, within which the root element begins
MOST_SITEMAPS: Final = 5_000  # of an index that are looked at
_INDEX: Final = re.compile(rb"<(?:[\w.-]{1,20}:)?sitemapindex(?=[\s>])")
_NEWS: Final = re.compile("news|akhbar|actualit|nachrichten|noticias", re.IGNORECASE)
_ROOT: Final = re.compile(rb"<(?:[\w.-]{1,20}:)?urlset(?=[\s>])")
# Sitemaps name the language of Chinese with its script: zh-cn and zh-tw. All others have two or three letters.
_LANGUAGE: Final = re.compile("[a-z]{2,3}")


def listed_sitemaps(data: bytes, *, url: str) -> tuple[str, ...] | None:
    """Returns the addresses of the sitemaps in an index, the likeliest to list news first, or None if it is none.

    An address that speaks of news goes before the others, and among these the one that changed last. Raises
    UnicodeDecodeError.
    """
    found = _INDEX.search(data, 0, _LEADING)
    if found is None:
        return None
    listed: dict[str, str] = {}
    for one in islice(parse_tree(data[found.start() :]).iter("{*}sitemap"), MOST_SITEMAPS):
        if address := web_address(_text(one, "loc"), url):
            listed[address] = _text(one, "lastmod")
    newest = sorted(listed, key=lambda address: listed[address], reverse=True)
    return tuple(sorted(newest, key=lambda address: _NEWS.search(address) is None))


def read(data: bytes, *, url: str, timezone: tzinfo, most: int) -> Channel | None:
    """Returns the articles that a news sitemap in UTF-8 lists, at most `most`, or None if it lists none.

    Its title is the name of the publication. Raises UnicodeDecodeError.
    """
    found = _ROOT.search(data, 0, _LEADING)
    if found is None:
        return None
    listed = [one for one in parse_tree(data[found.start() :]).iter("{*}url") if one.find("{*}news") is not None]
    if not listed:
        return None
    entries = _with_page_versions(listed[:most], [_entry(one, url, timezone) for one in listed[:most]], timezone)
    names = Counter(_text(one, "news", "publication", "name") for one in listed)
    languages = Counter(entry.language for entry in entries if entry.language)
    return Channel(
        title=names.most_common(1)[0][0],
        language=languages.most_common(1)[0][0] if languages else None,
        entries=tuple(entries),
        problems=(f"only its first {most} items are read",) if len(listed) > most else (),
    )


def _entry(listed: etree._Element, url: str, timezone: tzinfo) -> Entry:
    address = web_address(_text(listed, "loc"), url)
    language = _LANGUAGE.match(_text(listed, "news", "publication", "language").lower())
    return Entry(
        title=_text(listed, "news", "title"),
        published=feed_dates.parse(_text(listed, "news", "publication_date"), timezone=timezone),
        url=address,
        pictures=tuple(filter(None, (_text(listed, "image", "loc"),))),
        language=language[0] if language else None,
        base=address or url,
        title_layers=1,
    )


def _with_page_versions(listed: Sequence[etree._Element], entries: list[Entry], timezone: tzinfo) -> list[Entry]:
    """Returns the entries with the times at which their pages changed.

    Some programs write the time of the request, or that of the whole sitemap, beside each article. It says nothing.
    """
    changed = [feed_dates.parse(_text(one, "lastmod"), timezone=timezone) for one in listed]
    if len(changed) > 1 and len(set(changed)) == 1:
        return entries
    return [
        entry._replace(page_version=int(at.timestamp())) if isinstance(at, datetime) else entry
        for entry, at in zip(entries, changed, strict=True)
    ]


def _text(element: etree._Element, *names: str) -> str:
    """Returns the text of the element at the end of a path of names, in whatever namespaces, or ""."""
    return (element.findtext("/".join(f"{{*}}{name}" for name in names)) or "").strip()
