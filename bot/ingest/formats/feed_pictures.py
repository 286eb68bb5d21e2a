"""The picture of a feed item: the first one that is there to be seen. Counters, spacers and smileys are not."""

import re
from collections.abc import Iterator
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
_COUNTING_HOST: Final = re.compile(
    r"https?://(?:[\w-]+\.)*(?:pixel|stats?|count(?:er)?|track(?:ing|er)?|beacon|metrics|analytics|telemetry|doubleclick"
    r"|scorecardresearch|quantserve|feedads|feedsportal|google-analytics|sharethis|adserver|ads?|zedo|statcounter"
    r"|histats|liveinternet|chartbeat|list-manage)\d*\."
)
_COUNTING_PATH: Final = re.compile(
    # Every alternative begins with "/", which the search can then look for at once.
    r"/(?:"
    r"(?:1x1|pixel|blank|spacer|transparent|clear|trans|beacon|counter|count|tracking|track|open|hit|impression|dot|p|b|t)"
    r"\.(?:gif|png|php|aspx?)(?:\?|$)|~[rf]{1,2}/|(?:pixel|track(?:ing)?|beacon|impression|open)(?:[/?]|$)|core/emoji/"
    r"|smilies/|emoji/)"
)
_COUNTING_QUERY: Final = re.compile(r"[?&](?:event|action)=[\w.]*(?:view|open|pixel)")
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


class Shown(NamedTuple):
    """What a text shows: a picture, or a video."""

    address: str
    alternative: str  # a line that stands for it
    is_film: bool = False


def shown_in(html: str, base: str) -> Iterator[Shown]:
    """The pictures in an item's text that are there to be seen; of a video, its poster or itself."""
    for number, tag in enumerate(_TAG.finditer(html)):
        if number == _MOST:
            return
        said = {name.lower(): double or single or bare for name, double, single, bare in _ATTRIBUTE.findall(tag[1])}
        written = _written(said)
        if (
            not written
            and tag[0][:6].lower() == "<video"
            and (source := _SOURCE.search(html, tag.end(), tag.end() + 2_000))
        ):
            written = source[1]
        address = web_address(attribute(written), base) if written else None
        if address and not is_counting(address, said):
            is_film = tag[0][:6].lower() == "<video" and not said.get("poster")
            yield Shown(address, _alternative(said), is_film)


def is_counting(address: str, said: "dict[str, str]") -> bool:
    """Whether a picture is there to count readers, or is a spacer or a smiley. `said` are its attributes."""
    width, height = _pixels(said.get("width")), _pixels(said.get("height"))
    return (
        (width is not None and width <= _SMALLEST)
        or (height is not None and height <= _SMALLEST)
        or (width is not None and height is not None and max(width, height) <= _SMALL)
        or ("style" in said and _HIDDEN.search(said["style"]) is not None)
        or ("class" in said and _SMILEY.search(said["class"]) is not None)
        or _is_counting_address(address)
    )


@lru_cache(4096)  # an item's picture is asked about up to three times, and again at the next visit
def _is_counting_address(address: str) -> bool:
    address = address.lower()
    return bool(
        _COUNTING_HOST.match(address)
        or _COUNTING_PATH.search(address)
        or "twemoji" in address
        or "gravatar.com/" in address
        or ("=" in address and _COUNTING_QUERY.search(address))
    )


def _written(said: "dict[str, str]") -> str:
    """The address of a picture, which scripts may load later."""
    for name in ("poster", "src", *_LATER):
        if (value := said.get(name, "").strip()) and not value.startswith("data:"):
            return value
    return said.get("srcset", said.get("data-srcset", "")).strip().partition(" ")[0].rstrip(",")


def _pixels(written: str | None) -> float | None:
    figures = (written or "").strip().lower().removesuffix("px")
    return float(figures) if figures.isdecimal() and figures.isascii() and len(figures) < 7 else None


def _alternative(said: "dict[str, str]") -> str:
    """What is said in place of a picture; "" where that is a file's name or nothing."""
    for name in ("alt", "title", "aria-label"):
        line = title_line(unescape(said.get(name, "")), layers=0)
        if line and not is_placeholder(line) and not _FILE_NAME.fullmatch(line):
            return line
    return ""
