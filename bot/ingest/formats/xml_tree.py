"""Parses the XML of a feed, however broken: by libxml2 if it is well-formed, else by a parser that repairs it.

libxml2 reads 100 MB/s. Its own recovery was tried and rejected: it nests everything after an element without an end
tag, so that one of two items remains, and it drops "&nbsp;". The parser here splits the text into tags. The grammar
of feeds decides what a missing end tag means: an item holds no item, a link holds nothing. It never looks further
than the next "<", so it takes linear time, and it expands no entity.
"""

import re
from functools import lru_cache
from html.entities import html5
from typing import Final

from lxml import etree

from bot.text.html import with_whole_letters

XML: Final = "http://www.w3.org/XML/1998/namespace"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# By the address without scheme and final slash, in lower case: publishers write both schemes, and forget the slash.
_NAMESPACES: Final = {
    "www.w3.org/2005/atom": "",
    "purl.org/atom/ns": "",
    "purl.org/rss/1.0": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "www.rssboard.org/rss-specification": "",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "www.w3.org/1999/xhtml": "xhtml",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0/modules/syndication": "sy",
    "search.yahoo.com/mrss": "media",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "example.com/dtds/podcast-1.0.dtd": "itunes",
    "podcastindex.org/namespace/1.0": "podcast",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
}
_SCHEME: Final = re.compile("^https?://")


_PARSER: Final[etree.XMLParser[etree._Element]] = etree.XMLParser(
    encoding="utf-8",
    huge_tree=True,
    resolve_entities=False,
    no_network=True,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


def parse_tree(data: bytes) -> etree._Element:
    """Returns the tree of XML that begins with its root element. Raises UnicodeDecodeError if it is not UTF-8."""
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        return _mended(data.decode())


class ElementNames(dict[object, str]):
    """The names of one feed's elements by tag, in lower case and with our prefixes: "title", "dc:date"."""

    def name_of(self, element: etree._Element) -> str:
        return self.get(element.tag) or self._learnt(element)

    def _learnt(self, element: etree._Element) -> str:
        name = self[element.tag] = _name(str(element.tag), element.prefix)
        return name


@lru_cache(1024)  # feeds share most of their tags; a hostile one may have any number
def _name(tag: str, prefix: str | None) -> str:
    uri, _, local = tag.rpartition("}")
    known = _known_prefix(uri[1:])
    if known is None:
        known = prefix or ""  # a namespace that nobody knows
    return f"{known}:{local}".lower().lstrip(":")


@lru_cache(512)  # of the few that feeds declare; a hostile one may have any number
def _known_prefix(uri: str) -> str | None:
    if "/" not in uri:
        return uri  # none, or the mender's: a prefix that was never declared
    return _NAMESPACES.get(_SCHEME.sub("", uri.strip().lower()).rstrip("/#"))


# Mending

_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_.:-]*+"
_TOKEN: Final = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<!--.*?(?:-->|\Z)"
    r"|<[!?][^<>]*+>?"
    rf"|</(?P<end>{_NAME})[^<>]*+>"
    # Quotes may hold ">"; where they don't pair, the tag ends at the first one.
    rf"""|<(?P<start>{_NAME})(?P<attributes>(?=[\s/>])(?:(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+(?=>)|[^<>]*+))>""",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(
    rf"""(?<![A-Za-z0-9_.:-])(?P<name>{_NAME})\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s"'>]++))"""
)
_BARE_END: Final = re.compile(r"=\s*+[^\s\"'<>=]+/\Z")  # the slash belongs to an address without quotes
_MOST_ATTRIBUTES: Final = 10_000  # characters of a tag that are read for them
_REFERENCE: Final = re.compile(r"&#(?:[xX]0*(?P<hex>[0-9a-fA-F]+)|0*(?P<decimal>[0-9]+));?|&(?P<name>\w+;)", re.ASCII)
_DEEPEST: Final = 200  # elements; what is deeper gives its text to the one that holds it

_ITEMS: Final = frozenset({"item", "entry"})
# These hold no element, so the next tag ends them; and these end what was left open before them in what holds them.
_BARE: Final = frozenset("link guid id pubdate published updated comments ttl language dc:date dc:creator".split())
_FIELDS: Final = _BARE | frozenset(
    "title description summary content:encoded category author enclosure content".split()
)
_HOLDERS: Final = _ITEMS | frozenset(
    "channel feed rss rdf:rdf source image author contributor textinput content body xhtml:body media:group "
    "media:content".split()
)


def _mended(text: str) -> etree._Element:
    mender = _Mender()
    text, position = _ILLEGAL.sub("", with_whole_letters(text)), 0
    for token in _TOKEN.finditer(text):
        mender.text(_resolved(text[position : token.start()]))
        position = token.end()
        if token["start"]:
            mender.start(token["start"], token["attributes"])
        elif token["end"]:
            mender.end(token["end"])
        elif token["cdata"]:
            mender.text(token["cdata"])
    mender.text(_resolved(text[position:]))
    return mender.close()


class _Mender:
    """Builds a tree of tags that need not match."""

    def __init__(self) -> None:
        self._builder = etree.TreeBuilder()
        self._open: list[tuple[str, str]] = []  # (what it is called here, its tag in the tree)
        # What those are called here that the document declares; these two are often used without it.
        self._prefixes = {"rss": "", "atom": ""}

    def start(self, written: str, rest: str) -> None:
        attributes = self._attributes(rest)
        name, tag = self._named(written)
        alone = rest.endswith("/") and not (name in _HOLDERS and _BARE_END.search(rest))
        if name in _ITEMS and not alone:
            self._leave_item()
        elif name in _FIELDS:
            self._leave_up_to_holder()
        elif self._open and self._open[-1][0] in _BARE:
            self._leave(len(self._open) - 1)
        if len(self._open) >= _DEEPEST:
            if name not in _ITEMS:
                return
            self._leave(1)  # an item is not lost in the depth
        self._builder.start(tag, attributes)
        self._open.append((name, tag))
        if alone and len(self._open) > 1:
            self._leave(len(self._open) - 1)

    def end(self, written: str) -> None:
        """Ends the innermost element of that name, with what is open in it; an item is ended by its own name only."""
        name = self._named(written)[0]
        for depth in range(len(self._open) - 1, 0, -1):
            here = self._open[depth][0]
            if here == name:
                return self._leave(depth)
            if here in _ITEMS:
                return None
        return None

    def text(self, text: str) -> None:
        if text and self._open:
            self._builder.data(text)

    def close(self) -> etree._Element:
        if not self._open:
            self.start("nothing", "")
        self._leave(0)
        return self._builder.close()

    def _leave_item(self) -> None:
        """An item holds no other, unless that is empty."""
        depths = [depth for depth, (name, _) in enumerate(self._open) if depth and name in _ITEMS]
        if depths:
            self._leave(depths[0])

    def _leave_up_to_holder(self) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth][0] in _HOLDERS:
                return self._leave(depth + 1)
        return None

    def _leave(self, depth: int) -> None:
        """Ends what is open from that depth on. What follows the root's end still belongs to it."""
        while len(self._open) > depth:
            self._builder.end(self._open.pop()[1])

    def _attributes(self, written: str) -> dict[str, str]:
        attributes = {}
        for found in _ATTRIBUTE.finditer(written, 0, _MOST_ATTRIBUTES) if "=" in written else ():
            value = _resolved(found["double"] or found["single"] or found["bare"] or "")
            prefix, _, local = found["name"].rpartition(":")
            if prefix == "xmlns":
                known = _known_prefix(value)
                self._prefixes[local.lower()] = local.lower() if known is None else known
            elif prefix != local and local:
                uri = {"xml": XML, "rdf": RDF}.get(prefix)
                attributes[f"{{{uri}}}{local}" if uri else local] = value
        return attributes

    def _named(self, written: str) -> tuple[str, str]:
        prefix, _, local = written.lower().rpartition(":")
        prefix = self._prefixes.get(prefix, prefix.replace(":", "-"))
        local = local or "nothing"
        if not local[0].isalpha():
            local = f"_{local}"
        return (f"{prefix}:{local}", f"{{{prefix}}}{local}") if prefix else (local, local)


def _resolved(text: str) -> str:
    return _REFERENCE.sub(_letter, text) if "&" in text else text


def _letter(reference: re.Match[str]) -> str:
    """Returns the letter that is meant, "" for a number without a letter, and an unknown name as it was written."""
    if name := reference["name"]:
        return html5.get(name, reference[0])
    digits, base = (reference["hex"], 16) if reference["hex"] else (reference["decimal"], 10)
    number = int(digits, base) if len(digits) < 8 else 0
    return _ILLEGAL.sub("", chr(number)) if 0 < number <= 0x10FFFF else ""
