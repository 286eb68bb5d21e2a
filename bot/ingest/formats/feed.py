"""Reads RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed and news sitemaps to drafts. A broken item never costs the others."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from typing import Final
from urllib.parse import unquote

from bot.ingest.compression import DamagedData, decompress_file
from bot.ingest.draft import Draft
from bot.ingest.errors import NotAFeed, Unreadable
from bot.ingest.formats import feed_json, feed_xml, link_headers, news_sitemap
from bot.ingest.formats.encoding import decode, may_be_utf8
from bot.ingest.formats.entry import Channel, Entry
from bot.ingest.formats.feed_footers import strip_footer
from bot.ingest.formats.feed_media import with_media
from bot.ingest.formats.feed_pictures import find_pictures, is_tracker_or_icon
from bot.ingest.formats.feed_titles import is_placeholder, title_line
from bot.ingest.formats.html_document import read_html
from bot.ingest.formats.hub_links import NOTHING, Named
from bot.ingest.formats.leaked_code import without_leaked_code
from bot.ingest.formats.wire import read_wire
from bot.text.document import stored_form, to_plain
from bot.text.html import clean, one_line, to_line, web_address
from bot.text.html import parse as parse_html
from bot.text.names import person_name
from storage.records.documents import Document

MOST_ITEMS: Final = 2_000  # of one feed; more is an archive, which `newsbot import` takes as JSON Lines
UNTITLED_WORDS: Final = 12  # of the body that stand for a missing title
_OPENING_LETTERS: Final = 900  # characters that these words may have: without blanks, a text is one word
LONGEST: Final = 1_000_000  # characters of the HTML of one text; what comes after is no article's
LARGEST: Final = 64 * 1024 * 1024  # bytes that a compressed feed may become
_LONG: Final = 1_000_000  # bytes of a feed that may be an archive
_LEADING: Final = 1_000_000  # bytes of warnings of the server's program that may stand before a feed
_LEADING_PAGE: Final = 20_000  # bytes of an HTML page: further down, it shows the source of a feed
_PAGE_BEGINS: Final = re.compile(rb"<html", re.IGNORECASE)
_BLANKS: Final = re.compile(rb"\A(?:[ \t\r\n\x00]|\xef\xbb\xbf)++")  # with the mark of UTF-8, wherever it got to
_PREFIX: Final = rb"(?:[\w.\x80-\xff-]{1,20}:)?"
_LIST_ROOT: Final = re.compile(rb"<" + _PREFIX + rb"opml(?=[\s>/])", re.IGNORECASE)
_FEED_ROOT: Final = re.compile(rb"<" + _PREFIX + rb"(?:rss|RDF|feed|channel|entry)(?=[\s>/])", re.IGNORECASE)
_ENDED_ITEM: Final = re.compile(rb"</" + _PREFIX + rb"(?:item|entry)\s*>", re.IGNORECASE)
_NAME_BESIDE_MAIL: Final = re.compile(r"\S[^\s@]*+@\S++\s++\((.+)\)")
_WIRE: Final = "this document"  # what errors call a wire, whose address the log names already
MOST_FEEDS: Final = 8  # of one page that are tried
OF_COMMENTS: Final = 4  # the rank of a feed of comments, above all others
_FEED_TYPES: Final = frozenset(
    """
    application/rss+xml application/atom+xml application/feed+json application/rdf+xml application/x-rss+xml
    text/rss+xml text/rss application/rss text/atom+xml application/atom text/x-rss
    """.split()
)
_PERHAPS_FEED_TYPES: Final = frozenset("application/json text/xml application/xml text/json text/rdf".split())
_FEED_NAME: Final = re.compile(
    r"(?:^|[/.?=_-])(?:rss2?|atom|feeds?|index\.rdf|feed\.json)(?:\.(?:xml|php|aspx?|json|rdf))?/?(?:[?#].*)?$|\.(?:rss|rdf|atom)(?:[?#]|$)"
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that was read."""

    title: str | None
    language: str | None  # as declared
    ttl: timedelta | None  # how long its publisher says it needn't be asked again
    items: tuple[Draft, ...]  # in the feed's order
    named: Named = NOTHING  # its hubs, and its own address
    problems: tuple[str, ...] = field(default=())  # items that could not be read, a line each
    sitemaps: tuple[str, ...] = ()  # of an index of sitemaps, which has no items: those that may have


def parse(
    body: bytes, *, url: str, charset: str | None = None, timezone: tzinfo = UTC, most_bytes: int = LARGEST
) -> Feed:
    """Returns the feed in a document. `url` is where it was found, `charset` what its server declared.

    A time without a zone is taken in `timezone`. A compressed file may hold up to `most_bytes`.

    Raises NotAFeed.
    """
    data = _unpacked(body, most_bytes)
    if (wired := read_wire(data, name=_WIRE, charset=charset, timezone=timezone)) is not None:
        return _of_wire(wired)
    if (sitemaps := _sitemaps(data, url)) is not None:
        return Feed(title=None, language=None, ttl=None, items=(), sitemaps=sitemaps)
    channel = _channel(data, url, charset, timezone)
    problems = list(channel.problems)
    return Feed(
        title=title_line(channel.title) or None,
        language=channel.language,
        ttl=channel.ttl,
        items=tuple(_drafts(channel.entries, channel.language, problems)),
        named=channel.named,
        problems=tuple(problems),
    )


def parse_channel(
    body: bytes, *, url: str, charset: str | None = None, timezone: tzinfo = UTC, most_bytes: int = LARGEST
) -> Channel:
    """Returns the feed with its items as they are written there, their texts still HTML.

    Raises NotAFeed.
    """
    return _channel(_unpacked(body, most_bytes), url, charset, timezone)


def _sitemaps(data: bytes, url: str) -> tuple[str, ...] | None:
    try:
        return news_sitemap.listed_sitemaps(data, url=url)
    except UnicodeDecodeError:
        return None


def _of_wire(items: Sequence[Draft | Unreadable]) -> Feed:
    """Returns the items of an agency as a feed. It may bring nothing but pictures, which is no error."""
    drafts = tuple(item for item in items if isinstance(item, Draft))
    problems = tuple(str(item) for item in items if isinstance(item, Unreadable))
    publishers = {draft.publisher for draft in drafts}
    title = publishers.pop() if len(publishers) == 1 else None
    return Feed(title=title, language=None, ttl=None, items=drafts, problems=problems)


def _channel(data: bytes, url: str, charset: str | None, timezone: tzinfo) -> Channel:
    if may_be_utf8(data):
        try:
            return _read(data, url, timezone)
        except UnicodeDecodeError:
            pass
    return _read(decode(data, declared=charset).encode("utf-8", "replace"), url, timezone)


def _read(data: bytes, url: str, timezone: tzinfo) -> Channel:
    """Returns what stands in UTF-8. Raises UnicodeDecodeError and NotAFeed."""
    data = _BLANKS.sub(b"", data, 1)
    if data.startswith(b"{"):
        text = data.decode()
        try:
            return feed_json.read(text, url=url, timezone=timezone, most=MOST_ITEMS)
        except ValueError as error:
            raise NotAFeed(f"{error}; expected a JSON Feed") from error
    if (listed := news_sitemap.read(data, url=url, timezone=timezone, most=MOST_ITEMS)) is not None:
        return listed
    is_page = _PAGE_BEGINS.search(data, 0, 5_000) is not None
    root = _FEED_ROOT.search(data, 0, _LEADING_PAGE if is_page else _LEADING)
    if root is None:
        if _LIST_ROOT.search(data, 0, _LEADING) is not None:
            raise NotAFeed(
                "this is a list of sources (OPML); expected RSS, Atom or JSON Feed, or `newsbot source import` with"
                " the list as a file"
            )
        kind = "an HTML page" if is_page else "something else"
        raise NotAFeed(f"this is {kind if data else 'empty'}; expected RSS, Atom or JSON Feed")
    # Nothing above the root is wanted: what its declaration says of the encoding need not be true, and is not any
    # more; a document type can only bring entities, and with them a text that grows without end.
    channel = feed_xml.read(_bounded(data[root.start() :], root[0]), url=url, timezone=timezone, most=MOST_ITEMS)
    if channel is None:
        raise NotAFeed(f"there is nothing of a feed in its {root[0].decode()}>; expected RSS, Atom or JSON Feed")
    return channel


def discover(page: str, url: str, links: Sequence[str] = (), *, comments: bool = True) -> list[str]:
    """Returns addresses that may be the feeds of an HTML page, the likeliest first. `links` are its Link headers.

    Some types belong to feeds only, others to other documents as well ("application/json"), so an address is a guess
    until it was fetched. Feeds of comments come last, or are left out if `comments` is False.
    """
    root = parse_html(page)
    base = url
    ranked: list[tuple[int, str]] = []
    for link in root.iter("base", "link", "a") if root is not None else ():
        href = link.get("href")
        if link.tag == "base":
            base = web_address(href, url) or base
        elif (address := web_address(href, base)) and (rank := _rank(dict(link.items()))) is not None:
            ranked.append((rank, address))
    for target, attributes in link_headers.parse(links):
        if (address := web_address(target, url)) and (rank := _rank(attributes | {"href": target})) is not None:
            ranked.append((rank, address))
    ranked = [one for one in ranked if comments or one[0] < OF_COMMENTS]
    found = [address for _, address in sorted(ranked, key=lambda one: one[0])]
    return list(dict.fromkeys(found))[:MOST_FEEDS]


def _rank(said: Mapping[str, str]) -> int | None:
    """Returns how unlikely it is that a link leads to the page's feed, or None if the link is to no feed."""
    relation, title = said.get("rel", "").lower().split(), said.get("title", "").lower()
    kind = said.get("type", "").partition(";")[0].strip().lower()
    address = said.get("href", "").lower()
    if "feed" not in relation and "alternate" not in relation:
        return None
    late = OF_COMMENTS if "comment" in title or "comments" in address or "تعليق" in title else 0
    if kind in _FEED_TYPES or "feed" in relation:
        return late
    if kind in _PERHAPS_FEED_TYPES:
        return late + 1
    return late + 2 if not kind and _FEED_NAME.search(address) else None


def _unpacked(body: bytes, most: int) -> bytes:
    """A file that was compressed before its server served it, too."""
    try:
        data = decompress_file(body, most)
    except DamagedData as error:
        raise NotAFeed("this is compressed, and can't be decompressed; expected RSS, Atom or JSON Feed") from error
    if data is None:
        raise NotAFeed(
            f"this is larger than {most / 1024 / 1024:g} MiB when it is decompressed; expected a smaller feed"
        )
    return data


def _bounded(data: bytes, root: bytes) -> bytes:
    """Returns the feed up to the item after its MOST_ITEMS-th, well-formed again."""
    if len(data) < _LONG:
        return data
    for number, ended in enumerate(_ENDED_ITEM.finditer(data)):
        if number == MOST_ITEMS:
            closing = b"</channel></rss>" if root.lower() == b"<rss" else b"</" + root[1:] + b">"
            return data[: ended.end()] + closing
    return data


# Entries to drafts


def _drafts(entries: Iterable[Entry], language: str | None, problems: list[str]) -> Iterator[Draft]:
    """Yields a draft for each entry that can be read. Each of the others becomes a problem."""
    for number, entry in enumerate(entries, 1):
        try:
            draft = draft_of_entry(entry, language)
        except Exception as error:  # a mistake of ours in reading one entry costs that entry only
            problems.append(f"item {number} can't be read: {type(error).__name__}: {error}")
            continue
        if draft is not None:
            yield draft
        else:
            problems.append(f"item {number} has neither title nor text")


def draft_of_entry(entry: Entry, language: str | None) -> Draft | None:
    """Returns the draft of one item, or None if it has neither title nor text. `language` is that of its feed."""
    summary = to_plain(_document(entry.summary, entry)) if entry.contents else ""
    documents = [_document(html, entry) for html in entry.contents or (entry.summary,)]
    body, document = max(((to_plain(one), one) for one in documents), key=lambda read: len(read[0]))
    title = title_line(entry.title, entry.title_layers)
    if not title or is_placeholder(title):
        title = _opening(body or summary) or title
    url, image_url = entry.url, _image(entry)
    if not title:
        title, image_url = _picture_post(entry)
        url = url or image_url
    if not title:
        return None
    whole = with_media(document, entry.media, (title, summary, body))
    return Draft(
        title=title,
        body=body or to_plain(whole),
        document=stored_form(whole),
        lead=one_line(summary) if summary != body else "",
        categories=tuple(name for tag in entry.categories if (name := to_line(tag))),
        published=entry.published,
        url=url,
        guid=clean(entry.guid) or None,
        author=_author(entry.author),
        image_url=image_url,
        language=entry.language or language,
        publisher=to_line(entry.publisher) or None,
        page_version=entry.page_version,
    )


def _document(html: str, entry: Entry) -> Document:
    return read_html(strip_footer(without_leaked_code(html[:LONGEST])), entry.base)


def _author(said: str) -> str | None:
    """Returns the name in "mona@harbour.example (Mona)", as RSS wants authors to be written.

    An address is no name.
    """
    beside = _NAME_BESIDE_MAIL.fullmatch(said.strip()[:200])
    return person_name(to_line(beside[1] if beside else said)) or None


def _image(entry: Entry) -> str | None:
    for picture in entry.pictures:
        if (address := web_address(picture, entry.base)) and not is_tracker_or_icon(address, {}):
            return address
    for html in (*entry.contents, entry.summary):
        for shown in find_pictures(html, entry.base):
            if not shown.is_video:
                return shown.address
    return None


def _picture_post(entry: Entry) -> tuple[str, str | None]:
    """Returns a title and the picture or film for an item without title and text: "" and None if it shows nothing."""
    shown = [one for html in (*entry.contents, entry.summary) for one in find_pictures(html, entry.base)]
    picture = _image(entry) or next((one.address for one in shown), None) or entry.enclosure or None
    if picture is None:
        return "", None
    alternative = next((one.alternative for one in shown if one.alternative), "")
    return alternative or _readable(entry.url or picture), picture


def _readable(address: str) -> str:
    """Returns an address as a line to read: without its scheme, its letters as they are."""
    return title_line(unquote(address).partition("://")[2].removeprefix("www.").rstrip("/"), layers=0)


def _opening(body: str) -> str:
    words = title_line(one_line(body)[:_OPENING_LETTERS], layers=0).split()
    return " ".join(words[:UNTITLED_WORDS]) + ("…" if len(words) > UNTITLED_WORDS else "")
