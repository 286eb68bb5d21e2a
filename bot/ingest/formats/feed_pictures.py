"""Finds the pictures of a feed item that readers are meant to see, not trackers, spacers and smileys."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape
from typing import Final, NamedTuple

from bot.ingest.formats.feed_titles import is_placeholder, title_line
from bot.text.html import attribute, web_address

_MOST: Final = 30  # pictures of a text that are looked at
_TAG: Final = re.compile(r"<(?:img|video|amp-img)\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""(?<![\w-])([\w-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))""")
_SOURCE: Final = re.compile(r"""<source\b[^<>]*?\ssrc\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
_LATER: Final = ("data-src", "data-original", "data-lazy-src", "data-orig-file", "data-large-file", "data-url")
_TRACKER_HOST: Final = re.compile(
    r"https?://(?:[\w-]+\.)*(?:pixel|stats?|count(?:er)?|track(?:ing|er)?|beacon|metrics|analytics|telemetry|doubleclick"
    r"|scorecardresearch|quantserve|feedads|feedsportal|google-analytics|sharethis|adserver|ads?|zedo|statcounter"
    r"|histats|liveinternet|chartbeat|list-manage)\d*\."
)
_TRACKER_PATH: Final = re.compile(
    # Every alternative begins with "/", which the search can then look for at once.
    r"/(?:"
    r"(?:1x1|pixel|blank|spacer|transparent|clear|trans|beacon|counter|count|tracking|track|open|hit|impression|dot|p|b|t)"
    r"\.(?:gif|png|php|aspx?|cgi)(?:\?|$)|~[rf]{1,2}/|(?:pixel|track(?:ing)?|beacon|impression|open)(?:[/?]|$)|core/emoji/"
    r"|smilies/|emoji/)"
)
_TRACKER_QUERY: Final = re.compile(r"[?&](?:event|action)=[\w.]*(?:view|open|pixel)")
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height)\s*:\s*[0-3](?:\.\d+)?(?:px)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_SMILEY: Final = re.compile(r"\b(?:wp-smiley|emoji|emoticon|smiley)\b", re.IGNORECASE)
_SMALLEST: Final = 3  # pixels, of width or height: less is there to count readers
_SMALL: Final = 40  # pixels, of width and height: an icon
_FILE_NAME: Final = re.compile(
    r"(?:img|dsc|image|photo|picture|screenshot|untitled|foto|bild)?[\s_-]*\d*(?:\.\w{3,4})?|\w+\.\w{3,4}",
    re.IGNORECASE,
)


class Picture(NamedTuple):
    """A picture or a video in a text."""

    address: str
    alternative: str  # a line that stands for it
    is_video: bool = False


def find_pictures(html: str, base: str) -> Iterator[Picture]:
    """Yields the pictures in an HTML text that readers are meant to see. A video gives its poster, or itself."""
    for number, tag in enumerate(_TAG.finditer(html)):
        if number == _MOST:
            return
        attributes = {
            name.lower(): double or single or bare for name, double, single, bare in _ATTRIBUTE.findall(tag[1])
        }
        written = _written(attributes)
        if (
            not written
            and tag[0][:6].lower() == "<video"
            and (source := _SOURCE.search(html, tag.end(), tag.end() + 2_000))
        ):
            written = source[1]
        address = web_address(attribute(written), base) if written else None
        if address and not is_tracker_or_icon(address, attributes):
            is_video = tag[0][:6].lower() == "<video" and not attributes.get("poster")
            yield Picture(address, _alternative(attributes), is_video)


def is_tracker_or_icon(address: str, attributes: Mapping[str, str]) -> bool:
    """Returns whether a picture counts readers, fills space or is a smiley. `attributes` are those of its element."""
    width, height = _pixels(attributes.get("width")), _pixels(attributes.get("height"))
    return (
        (width is not None and width <= _SMALLEST)
        or (height is not None and height <= _SMALLEST)
        or (width is not None and height is not None and max(width, height) <= _SMALL)
        or ("style" in attributes and _HIDDEN.search(attributes["style"]) is not None)
        or ("class" in attributes and _SMILEY.search(attributes["class"]) is not None)
        or _is_tracker_address(address)
    )


@lru_cache(4096)  # an item's picture is asked about up to three times, and again at the next visit
def _is_tracker_address(address: str) -> bool:
    address = address.lower()
    return bool(
        _TRACKER_HOST.match(address)
        or _TRACKER_PATH.search(address)
        or "twemoji" in address
        or "gravatar.com/" in address
        or ("=" in address and _TRACKER_QUERY.search(address))
    )


def _written(attributes: Mapping[str, str]) -> str:
    """Returns the address of a picture, which scripts may load later."""
    for name in ("poster", "src", *_LATER):
        if (value := attributes.get(name, "").strip()) and not value.startswith("data:"):
            return value
    return attributes.get("srcset", attributes.get("data-srcset", "")).strip().partition(" ")[0].rstrip(",")


def _pixels(written: str | None) -> float | None:
    figures = (written or "").strip().lower().removesuffix("px")
    return float(figures) if figures.isdecimal() and figures.isascii() and len(figures) < 7 else None


def _alternative(attributes: Mapping[str, str]) -> str:
    """Returns what is said in place of a picture, or "" if that is the name of a file."""
    for name in ("alt", "title", "aria-label"):
        line = title_line(unescape(attributes.get(name, "")), layers=0)
        if line and not is_placeholder(line) and not _FILE_NAME.fullmatch(line):
            return line
    return ""
