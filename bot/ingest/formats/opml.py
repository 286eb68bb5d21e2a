"""OPML, the format in which feed readers exchange lists of sources: bytes in, entries out, and the way back.

Real files are often broken: unescaped "&" and "<" in attributes, wrong encodings, missing end tags, several roots, a
cut-off end. An XML parser refuses such a file or repairs it by rules that were made for other texts. All that counts
in OPML are the `outline` tags and their attributes, so this reader looks for nothing else. It takes linear time, and
it expands no entity that a file declares, so a hostile file can't grow in memory.

Our own settings travel as attributes in a namespace of ours, as OPML 2.0 allows. Other programs ignore them.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, pairwise
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from bot.ingest.errors import BadList, ListProblem
from bot.ingest.formats.encoding import decode
from bot.text.html import one_line, web_address
from storage.records import NewSource, SourceKind, hide_password

NAMESPACE: Final = "urn:newsbot:opml"  # names our attributes; nobody needs to fetch it
LARGEST: Final = 64 * 1024 * 1024  # bytes of a file: some 300,000 entries
SHOWN: Final = 200  # characters of a bad entry that an error shows
LONGEST_INTERVAL: Final = 366 * 86400  # seconds between two visits to a source

# In the order in which they are looked at. Names are compared in lower case: xmlURL and xmlurl are common.
_FEED_ADDRESSES: Final = ("xmlurl", "feedurl", "rssurl", "rss", "url")
_SITE_ADDRESSES: Final = ("htmlurl", "href", "link")
_TITLES: Final = ("title", "text", "name")
_FEED_SCHEME: Final = re.compile(r"(?:feed|rss|pcast|itpc):(?://)?", re.IGNORECASE)
_WITHOUT_SCHEME: Final = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?(?:[/?#].*)?")
LONGEST_ADDRESS: Final = 10_000  # characters
_YES: Final = frozenset({"true", "yes", "1", "on"})

_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_OUTLINE: Final = re.compile(r"<(/?)(?:[\w.-]{1,40}:)?outline(?=[\s/>]|\Z)", re.IGNORECASE)
# An attribute, or the end of the tag. A name begins only where no letter stands before it, and quantifiers are
# possessive: so a tag of a million letters takes as long as its letters.
_PART: Final = re.compile(
    r"""(?<![\w.:-])(?P<name>[\w.:-]++)\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s"'<>]++))"""
    r"|(?P<end>/?>)"
)
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PAGE: Final = re.compile(r"\s*(?:<!doctype html|<html)", re.IGNORECASE)


class _Bad(NamedTuple):
    """Why an outline is no entry."""

    problem: ListProblem
    entry: str  # its address or title
    reason: str  # for the command line


def read(data: bytes, *, name: str) -> list[NewSource | BadList]:
    """Returns the sources of a list in its order. An entry that can't be read is a BadList in its place.

    Raises BadList if the file is no OPML, or names no source.
    """
    text = decode(data)
    if not text.strip("\x00\ufeff \t\r\n"):
        raise BadList(name, "the file is empty; expected OPML, as feed readers export it", ListProblem.EMPTY)
    entries = list(_entries(_COMMENT.sub("", text), name))
    if entries:
        return entries
    if _PAGE.match(text.lstrip("\ufeff")):
        raise BadList(name, "this is an HTML page; expected OPML, as feed readers export it", ListProblem.WEB_PAGE)
    reason = "there is no source in it; expected OPML with an <outline xmlUrl=…> for each source"
    raise BadList(name, reason, ListProblem.NO_SOURCES)


def _entries(text: str, name: str) -> Iterator[NewSource | BadList]:
    """Yields the sources of the list, and an error for each entry that can't be read."""
    folders: list[str | None] = []  # for each open outline, the nearest folder: its name, or that of one around it
    number = 0
    for tag, following in pairwise(chain(_OUTLINE.finditer(text), (None,))):
        assert tag is not None
        end = following.start() if following else len(text)
        if tag[1]:
            if folders:
                folders.pop()
            continue
        attributes, is_alone = _attributes(text, tag.end(), end)
        if attributes is None:
            number += 1
            tag_text = text[tag.start() : end]
            reason = f"its tag has no end: {_shown(tag_text)}"
            yield BadList(f"{name}, entry {number}", reason, ListProblem.CUT_OFF, entry=tag_text[:SHOWN])
            continue
        folder = folders[-1] if folders else None
        entry = _entry(attributes, folder)
        if entry is None and "://" in text[tag.end() : end]:
            tag_text = text[tag.start() : end]
            reason = f"no address can be read in its tag; expected one in xmlUrl: {_shown(tag_text)}"
            entry = _Bad(ListProblem.NO_ADDRESS, tag_text, reason)
        if entry is not None:
            number += 1
            yield (
                BadList(f"{name}, entry {number}", entry.reason, entry.problem, entry=entry.entry[:SHOWN])
                if isinstance(entry, _Bad)
                else entry
            )
        if not is_alone:
            folders.append((_title(attributes) if entry is None else None) or folder)


def _attributes(text: str, start: int, end: int) -> tuple[dict[str, str] | None, bool]:
    """Returns the attributes of a tag by their names, and whether the tag ends itself.

    Names are in lower case. Of a name with a prefix only the colon is kept of the prefix, since a program that writes
    the file again may choose another one. No attributes if the tag has no end, as in a file that was cut off.
    """
    attributes: dict[str, str] = {}
    for part in _PART.finditer(text, start, end):
        if part["end"]:
            return attributes, part["end"] == "/>"
        _, colon, local = part["name"].rpartition(":")
        value = part["double"] or part["single"] or part["bare"] or ""
        attributes.setdefault(f"{colon}{local}".lower(), _resolved(value))
    return None, False


def _resolved(written: str) -> str:
    """Returns the text of an attribute. An unescaped "&" stays: "&copy=1" in an address is a parameter, and no ©."""
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), written) if "&" in written else written


def _entry(attributes: Mapping[str, str], folder: str | None) -> NewSource | _Bad | None:
    """Returns the entry of an outline, or why it can't be read, or None for a folder or a heading."""
    written = _first(attributes, _FEED_ADDRESSES)
    site = _first(attributes, _SITE_ADDRESSES)
    kind = _kind(attributes)
    named_kind = attributes.get("type", "").strip().lower()
    if named_kind == "include":
        reason = f"{_shown(written)}: this is another list; expected a source: import that list by itself"
        return _Bad(ListProblem.ANOTHER_LIST, written, reason)
    if named_kind == "link" and ":kind" not in attributes and not _first(attributes, _FEED_ADDRESSES[:-1]):
        written, site = "", written or site  # `url` of a link is a page
    if not written and site:
        reason = (
            f"{_shown(site)}: this is the address of a site, not of a feed; `newsbot source add` with this address"
            " looks for the feed of the site"
        )
        return _Bad(ListProblem.SITE, site, reason)
    if not written:
        title = _title(attributes) or ""
        reason = f"{_shown(title or 'no title')}: no address; expected one in xmlUrl"
        is_source = named_kind in ("rss", "atom", "feed")
        return _Bad(ListProblem.NO_ADDRESS, title, reason) if is_source else None
    url = written if kind is SourceKind.FOLDER else feed_address(written)
    if url is None:
        reason = f"{_shown(written)} is no address; expected one that begins with http:// or https://"
        return _Bad(ListProblem.NOT_AN_ADDRESS, written, reason)
    named = _title(attributes)
    every = _whole_number(attributes.get(":every", ""))
    if every is not None and not 1 <= every <= LONGEST_INTERVAL:
        reason = f"{_shown(written)}: every={every} is no interval; expected 1 to {LONGEST_INTERVAL} seconds"
        return _Bad(ListProblem.BAD_INTERVAL, written, reason)
    return NewSource(
        url=url,
        kind=kind,
        title=named if named != written else None,
        category=folder or _first_category(attributes.get("category", "")),
        every_seconds=every,
        breaking=_yes_or_no(attributes.get(":breaking")),
        full_text=_yes_or_no(attributes.get(":full-text")),
        teaser=_yes_or_no(attributes.get(":teaser")),
        desk=_yes_or_no(attributes.get(":desk")),
    )


def _first(attributes: Mapping[str, str], names: Iterable[str]) -> str:
    """Returns the first of these attributes that is not empty, or an empty string."""
    return next((found for name in names if (found := attributes.get(name, "").strip())), "")


def feed_address(written: str) -> str | None:
    """Returns the http(s) address of a feed. It may be written as feed:… or without a scheme."""
    written = re.sub(r"[\t\r\n]", "", written.replace("&amp;", "&")).strip().replace(" ", "%20")
    if len(written) > LONGEST_ADDRESS:
        return None
    bare = _FEED_SCHEME.sub("", written, count=1) if _FEED_SCHEME.match(written) else written.removeprefix("//")
    if "://" not in bare and (bare != written or _WITHOUT_SCHEME.fullmatch(bare)):
        bare = f"http://{bare}"
    scheme, colon, rest = bare.partition("://")
    found = web_address(f"{scheme.lower()}{colon}{rest}")
    return found if found and (urlsplit(found).hostname or "").strip(".") else None


def _kind(attributes: Mapping[str, str]) -> SourceKind:
    try:
        kind = SourceKind(attributes.get(":kind", "").strip().lower() or SourceKind.FEED)
    except ValueError:
        return SourceKind.FEED
    return SourceKind.FEED if kind.is_pushed else kind


def _title(attributes: Mapping[str, str]) -> str | None:
    return next((title for key in _TITLES if (title := one_line(_resolved(attributes.get(key, ""))))), None)


def _first_category(listed: str) -> str | None:
    """Returns the first of "/World/Politics,/Europe", by its own name."""
    return one_line(listed.partition(",")[0].strip().strip("/").rpartition("/")[2]) or None


def _yes_or_no(said: str | None) -> bool | None:
    return None if said is None else said.strip().lower() in _YES


def _whole_number(written: str) -> int | None:
    return int(written) if re.fullmatch("[0-9]{1,12}", written.strip()) else None


def _shown(written: str) -> str:
    line = hide_password(one_line(written))
    return repr(line if len(line) <= SHOWN else f"{line[:SHOWN]}…")


# Writing


def write(entries: Iterable[NewSource], *, title: str) -> Iterator[str]:
    """Yields the lines of an OPML 2.0 document with these sources. `read` returns the same sources.

    Entries with a category stand in a folder of that name, the others above the folders.
    """
    folders: dict[str | None, list[NewSource]] = {None: []}
    for entry in entries:
        folders.setdefault(entry.category, []).append(entry)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<opml version="2.0" xmlns:newsbot={_quoted(NAMESPACE)}>'
    yield f"  <head><title>{html.escape(_NOT_IN_XML.sub('', title), quote=False)}</title></head>"
    yield "  <body>"
    for category, inside in folders.items():
        if category is None:
            yield from (f"    {_outline(entry)}" for entry in inside)
            continue
        yield f"    <outline text={_quoted(category)} title={_quoted(category)}>"
        yield from (f"      {_outline(entry)}" for entry in inside)
        yield "    </outline>"
    yield "  </body>"
    yield "</opml>"


def _outline(entry: NewSource) -> str:
    is_feed = entry.kind is SourceKind.FEED
    attributes = {
        "type": "rss" if is_feed else "link",
        "text": entry.title or entry.url,
        "title": entry.title,
        "xmlUrl" if is_feed else "url": entry.url,
        "newsbot:kind": None if is_feed else str(entry.kind),
        "newsbot:every": str(entry.every_seconds) if entry.every_seconds else None,
        "newsbot:breaking": "true" if entry.breaking else None,
        "newsbot:full-text": "true" if entry.full_text else None,
        "newsbot:teaser": "true" if entry.teaser else None,
        "newsbot:desk": "true" if entry.desk else None,
    }
    told = " ".join(f"{name}={_quoted(value)}" for name, value in attributes.items() if value is not None)
    return f"<outline {told}/>"


def _quoted(value: str) -> str:
    """Returns the value of an attribute, in quotes, without what XML can't hold."""
    return quoteattr(_NOT_IN_XML.sub("", value), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
