"""Article pages: HTML to a draft, by trafilatura."""

import json
import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final

import trafilatura  # the one door to it: it ships no types
from lxml import etree
from lxml.html import HtmlElement

from bot.ingest.dates import parse as parse_date
from bot.ingest.draft import Draft
from bot.ingest.encoding import decode
from bot.ingest.errors import Unreadable
from bot.text.arabic import fold
from bot.text.html import clean, one_line, parse, web_address

LARGEST: Final = 5_000_000  # characters of HTML; what comes after holds no article
MOST_TAGS: Final = 100_000  # trafilatura's time grows faster than the page
FEWEST_WORDS: Final = 20
_SPLIT_TITLE: Final = re.compile(r"\s+[|–—»·-]\s+")


def read(
    data: bytes, *, name: str, url: str | None = None, charset: str | None = None, timezone: tzinfo = UTC
) -> Draft:
    """The article of a page. `url` is where it came from, `charset` what its server said.

    Raises Unreadable.
    """
    text = decode(data, declared=charset)[:LARGEST]
    if text.count("<") > MOST_TAGS:
        raise Unreadable(name, f"this page has more than {MOST_TAGS} tags; expected an article page")
    root = parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    if root is None:
        raise Unreadable(name, "the page is empty; expected the HTML of an article page")
    meta = _Meta(root)
    try:
        found: Any = trafilatura.bare_extraction(
            text, url=url, favor_precision=True, include_comments=False, include_tables=False, with_metadata=True
        )
    except (ValueError, RecursionError, etree.LxmlError) as error:
        raise Unreadable(name, f"the page can't be parsed ({type(error).__name__})") from error
    body = "\n\n".join(line for line in clean(found.text or "").split("\n") if line) if found else ""
    title = one_line(
        meta.first("og:title", "twitter:title", "headline") or (found.title if found else "") or meta.title
    )
    if not title or len(body.split()) < FEWEST_WORDS:
        raise Unreadable(name, "no article was found on the page; expected a headline and paragraphs")
    title = _without_site(title, meta.first("og:site_name"))
    first, _, others = body.partition("\n\n")
    if fold(first) in {fold(title), *meta.headings}:
        body = others
    return Draft(
        title=title,
        body=body,
        lead=one_line(meta.first("og:description", "description")),
        category=one_line(meta.first("article:section", "articleSection")) or None,
        published=_published(meta, found, timezone),
        url=web_address(meta.canonical or meta.first("og:url"), url) or url,
        author=one_line(meta.first("author", "article:author") or (found.author or "")) or None,
        image_url=web_address(meta.first("og:image", "twitter:image"), url),
        language=meta.language or None,
        publisher=one_line(meta.first("og:site_name")) or None,
    )


class _Meta:
    """What a page says of itself: <meta>, JSON-LD, <link rel=canonical>, <html lang>, <title>, <h1>."""

    def __init__(self, root: HtmlElement) -> None:
        self._values: dict[str, str] = {}
        for node in root.iter("meta"):
            key = node.get("property") or node.get("name") or node.get("itemprop")
            if key and node.get("content"):
                self._values.setdefault(key.strip().lower(), node.get("content", "").strip())
        for node in root.iter("script"):
            if "ld+json" in (node.get("type") or ""):
                self._add_linked_data(node.text or "")
        links = (node for node in root.iter("link") if "canonical" in (node.get("rel") or "").lower().split())
        self.canonical = next((link.get("href") for link in links), None)
        self.language = root.get("lang") or ""
        self.headings = frozenset(fold(node.text_content()) for node in root.iter("h1"))
        self.title = next((node.text_content() for node in root.iter("title")), "")

    def first(self, *keys: str) -> str:
        return next((self._values[key.lower()] for key in keys if self._values.get(key.lower())), "")

    def _add_linked_data(self, text: str) -> None:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        nodes = data if isinstance(data, list) else data.get("@graph", [data]) if isinstance(data, dict) else []
        for node in nodes if isinstance(nodes, list) else []:
            if isinstance(node, dict) and "Article" in str(node.get("@type")):
                for key in ("headline", "articleSection", "datePublished"):
                    value = node.get(key)
                    value = value[0] if isinstance(value, list) and value else value
                    if isinstance(value, str):
                        self._values.setdefault(key.lower(), value)


def _published(meta: _Meta, found: Any, zone: tzinfo) -> datetime | date | None:
    said = meta.first("article:published_time", "datePublished", "date", "pubdate", "dc.date")
    return parse_date(said, timezone=zone) if said else parse_date(found.date or "", timezone=zone)


def _without_site(title: str, site: str) -> str:
    """The headline without the site's name behind it."""
    parts = _SPLIT_TITLE.split(title)
    return title[: title.rindex(parts[-1])].rstrip(" |–—»·-") if len(parts) > 1 and parts[-1] == site else title
