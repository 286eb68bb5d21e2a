"""Finds the addresses of pictures, films, sounds and embedded posts in the elements of a page or a feed's HTML.

Scripts load many pictures later: the address then stands in an attribute of another name, while `src` holds a
placeholder. Frames are advertisements more often than anything else, so only those of known players and sites count.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from bot.ingest.formats.feed_pictures import is_tracker_or_icon
from bot.ingest.formats.feed_titles import is_placeholder, title_line
from bot.text.html import web_address
from storage.records.documents import Audio, Block, Embed, Picture, Video

WIDEST: Final = 2_000  # pixels: of several sizes the widest up to this is taken
_ONE_X: Final = 400  # pixels: a guess where only the density is given
_LONGEST_SET: Final = 5_000  # characters
_LATER: Final = (
    "data-src", "data-lazy-src", "data-original", "data-orig-file", "data-large-file", "data-full-src",
    "data-hi-res-src", "data-image", "data-url", "data-lazy", "data-echo", "nitro-lazy-src",
)  # fmt: skip
_SETS: Final = ("data-srcset", "data-lazy-srcset", "srcset")
_BETWEEN: Final = re.compile(r"(?<=\d[wx]),|,\s")  # the candidates of a set of sizes
_PLACEHOLDER: Final = re.compile(
    r"^(?:data|about):|/placeholder[\w.-]*+$"
    r"|/(?:blank|spacer|transparent|loading|lazy|gr[ae]y|pixel|1x1|default)[\w-]*+\.(?:gif|png|svg)$",
    re.IGNORECASE,
)
_SMALL: Final = 110  # pixels of the longer side of a portrait or a badge
_LINE: Final = 30  # pixels of the shorter side of a line or a strip of buttons
_NARROW: Final = 100  # pixels of the only side that is known
_DECORATION: Final = re.compile(
    r"\.svg$|/svg/|/(?:themes?|templates?|skins?|plugins|icons?|logos?|avatars?|badges?|sprites?|buttons?|vignettes)/"
    r"|//(?:[\w-]+\.)*(?:shields\.io|travis-ci\.(?:org|com)|camo\.githubusercontent\.com)/"
    r"|print-?button\.\w+$|(?:google-?play|app-?store|app-?gallery)[\w.-]*$|[/_.-](?:icon|logo|avatar|badge|sprite|button|btn|arrow|spacer|divider|quote)s?(?=[_.\d-][^/]*$)",
    re.IGNORECASE,
)
_FILE_NAME: Final = re.compile(r"\w+\.\w{3,4}|(?:img|dsc|image|photo|picture|screenshot)[\s_-]*\d*", re.IGNORECASE)
_YOUTUBE: Final = re.compile(r"(?:youtube(?:-nocookie)?\.com/(?:embed|v)/|youtu\.be/)([\w-]{6,20})")
_FILMS: Final = re.compile(
    r"youtube|youtu\.be|vimeo\.com|dailymotion\.com|dai\.ly|brightcove|jwplatform|jwplayer|rutube\.ru|vk\.com/video"
    r"|ok\.ru/video|streamable\.com|twitch\.tv|facebook\.com/plugins/video|/video|video\.|kaltura|wistia|/player",
    re.IGNORECASE,
)
_SOUNDS: Final = re.compile(
    r"soundcloud\.com|spotify\.com|podcasts\.apple|anchor\.fm|megaphone\.fm|buzzsprout|simplecast|acast\.com|/audio|podcast",
    re.IGNORECASE,
)
_POSTS: Final = re.compile(
    r"twitter\.com|//x\.com|instagram\.com|facebook\.com/plugins/post|tiktok\.com|//t\.me/|bsky\.app|reddit\.com"
    r"|dwcdn\.net|datawrapper|flourish\.studio|infogram\.com|google\.[a-z.]{2,12}/maps|openstreetmap",
    re.IGNORECASE,
)
POST: Final = re.compile(
    r"(?<!\S)(?:twitter-(?:tweet|video)|instagram-media|tiktok-embed|fb-post|bluesky-embed|reddit-embed\w*"
    r"|mastodon-embed|telegram-post)(?!\S)"
)
_FILM_FILE: Final = re.compile(r"\.(?:mp4|m4v|webm|mov|m3u8|ogv)(?:[?#]|$)", re.IGNORECASE)
_MEDIA_TYPE: Final = re.compile(r"(?:audio|video)/[a-z0-9.+-]{1,40}(?![^;\s])")
_SOUND_FILE: Final = re.compile(r"\.(?:mp3|m4a|ogg|oga|aac|wav|opus|flac)(?:[?#]|$)", re.IGNORECASE)


def picture_of(node: HtmlElement, base: str | None) -> Picture | None:
    """Returns the picture of <img> or <amp-img>, or None if it counts readers, fills space or is a smiley."""
    written = written_address(node)
    address = web_address(written, base) if written else None
    attributes = {str(name): str(value) for name, value in node.items()}
    if address is None or is_tracker_or_icon(address, attributes):
        return None
    return Picture(
        address,
        alternative=alternative(attributes),
        width=_pixels(attributes.get("width")),
        height=_pixels(attributes.get("height")),
    )


def written_address(node: HtmlElement) -> str:
    """Returns the address of a picture as it is written: the one that is loaded later, else the widest, else `src`.

    The sources of <picture> count if the picture itself has no address.
    """
    for name in _LATER:
        if (value := (node.get(name) or "").strip()) and not _PLACEHOLDER.search(value) and " " not in value:
            return value
    source = (node.get("src") or "").strip()
    widest = _widest(node)
    if widest or (source and not _PLACEHOLDER.search(source)):
        return widest or source
    # The parser takes <source> for an element with an end: what follows stands in it.
    around = (*islice(node.iterancestors(), 10), *islice(node.itersiblings("source", preceding=True), 10))
    return next(filter(None, (_widest(one) for one in around if one.tag == "source")), "")


def _widest(node: HtmlElement) -> str:
    for name in _SETS:
        written = (node.get(name) or "").strip()[:_LONGEST_SET]
        candidates = filter(str.strip, _BETWEEN.split(written))
        found = [(_width(size), address) for address, size in map(_candidate, candidates) if address]
        fitting = [one for one in found if one[0] <= WIDEST and not _PLACEHOLDER.search(one[1])]
        if fitting:
            return max(fitting, key=lambda one: one[0])[1]
    return ""


def _candidate(written: str) -> tuple[str, str]:
    address, *size = written.split(maxsplit=1)
    return address.rstrip(","), size[0] if size else ""


def _width(size: str) -> float:
    """Returns the pixels of "800w", or a guess for "2x" and for nothing."""
    figures = size[:-1]
    if not (figures.replace(".", "", 1).isdecimal() and figures.isascii()):
        return _ONE_X
    return float(figures) * (_ONE_X if size.endswith("x") else 1)


def alternative(attributes: Mapping[str, str]) -> str:
    """Returns the line that stands for a picture, or "" if that is nothing or a file's name."""
    line = title_line(attributes.get("alt", ""), layers=0)
    return line if line and not is_placeholder(line) and not _FILE_NAME.fullmatch(line) else ""


def is_decoration(picture: Picture) -> bool:
    """Returns whether a picture belongs to the page and not to its article: an icon, a logo, a
    badge, a part of the theme.
    """
    sides = [side for side in (picture.width, picture.height) if side]
    path = picture.address.partition("?")[0]
    is_small = sides and (max(sides) <= (_SMALL if len(sides) > 1 else _NARROW) or min(sides) <= _LINE)
    is_drawn = path.lower().endswith(".gif") and not sides and not picture.caption  # a button, a banner, a counter
    return bool(is_small or is_drawn or _DECORATION.search(path))


def _pixels(written: str | None) -> int | None:
    figures = (written or "").strip().lower().removesuffix("px")
    number = int(figures) if figures.isdecimal() and figures.isascii() and len(figures) < 6 else 0
    return number or None


def medium_of(node: HtmlElement, base: str | None) -> Block | None:
    """Returns the film or sound of <video>, <audio>, <iframe>, <embed> or <object>, or None if it is not known."""
    name = str(node.tag)
    if name in ("video", "audio"):
        sources = [node, *(one for one in islice(node.iter(), 20) if one.tag == "source")]
        given = (((one.get("src") or one.get("data-src") or "").strip(), one.get("type", "")) for one in sources)
        written, media_type = next((one for one in given if one[0]), ("", ""))
        address = web_address(written, base)
        if address is None:
            return None
        media_type = type_of_file(address, media_type)
        if name == "audio":
            return Audio(address, media_type=media_type)
        return Video(address, poster=web_address(node.get("poster"), base), media_type=media_type)
    if name == "amp-youtube":
        return _film_of_youtube(node.get("data-videoid") or "")
    written = node.get("data-src") or node.get("src") or node.get("data") or ""
    return framed(web_address(written, base))


def framed(address: str | None) -> Block | None:
    """Returns what a frame or an enclosure of this address shows, or None if that is not known."""
    if address is None:
        return None
    if youtube := _YOUTUBE.search(address):
        return _film_of_youtube(youtube[1])
    if _POSTS.search(address):
        return Embed(_shown_by(address))
    if _SOUND_FILE.search(address) or _SOUNDS.search(address):
        return Audio(address)
    return Video(_shown_by(address)) if _FILM_FILE.search(address) or _FILMS.search(address) else None


def type_of_file(address: str, written: str) -> str:
    """Returns the type of a sound or film, such as "audio/mpeg", as its publisher wrote it.

    Returns "" if that is no such type, or if the name of the file tells it already.
    """
    found = _MEDIA_TYPE.match(written.strip().lower())
    return found[0] if found and not (_SOUND_FILE.search(address) or _FILM_FILE.search(address)) else ""


def _film_of_youtube(number: str) -> Block | None:
    return Video(f"https://www.youtube.com/watch?v={number}") if number else None


def _shown_by(address: str) -> str:
    """Returns the address of the post that a plug-in shows: its reader can't open the plug-in's own address."""
    shown = web_address(next(iter(parse_qs(urlsplit(address).query).get("href", ())), None))
    return shown or address


def post_address(node: HtmlElement, base: str | None) -> str | None:
    """Returns the address of an embedded post: the one that it declares, else its last link."""
    for name in ("cite", "data-instgrm-permalink", "data-href", "data-bluesky-uri", "data-embed-href"):
        if address := web_address(node.get(name), base):
            return address
    links = [web_address(link.get("href"), base) for link in islice(node.iter("a"), 50)]
    return next((one for one in reversed(links) if one), None)
