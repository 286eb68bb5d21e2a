"""The keys by which an item is recognised when it is read again: its guid, its link and its title.

A guid and a title are valid within their source, a link is valid in all sources. In a private source, which only some
chats may see, a link is valid within the source as well: an article there is another one than the article with that
link that everybody sees. A guid or link that several items of
one reading share identifies none of them: some feeds give one guid, or the address of one page, to all their items.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from hashlib import blake2b
from typing import Final
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes, urlsplit, urlunsplit

from bot.ingest.draft import Draft
from bot.text.arabic import normalize

# Parameters that say where a reader came from, not what is read.
_TRACKING: Final = re.compile(
    r"^(?:utm_\w*|fbclid|gclid|dclid|yclid|msclkid|twclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|ocid|cmpid|cmp|ncid|sr_share"
    r"|at_(?:medium|campaign|link\w*|ptr\w*|bbc\w*)|ns_(?:mchannel|campaign|source|linkname)|wt_mc|traffic_source|ref_src"
    r"|xtor|echobox|mkt_tok|_hsenc|_hsmi|__twitter_impression|guccounter|guce_\w+)$",
    re.IGNORECASE,
)
# Parameters by which a server tells its visitors apart.
_SESSION: Final = re.compile(
    r"^(?:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|sess(?:ion)?_?(?:id|key|token)?|oscsid|zenid|cfid"
    r"|cftoken|sessid|visit(?:or)?_?(?:id)?|hits?|counter)$",
    re.IGNORECASE,
)
# Names that stand for sessions or for articles. The value of a session is long.
_LONG_SESSION: Final = re.compile(r"^(?:s|sid|token|key|hash|uid)$", re.IGNORECASE)
_LONG: Final = re.compile(r"[0-9A-Za-z_-]{16,}")
# Parameters that prevent caching. They stay in the stored link, which may need them, but not in the canonical one.
_UNCACHED: Final = re.compile(
    r"^(?:_|rnd|rand|random|nocache|no_cache|cache_?bust(?:er)?|cb|ts|timestamp|nonce)$", re.IGNORECASE
)
_ORIGIN: Final = re.compile(r"^(?:ref|source|src|from|via|feed|partner|origin|medium)$", re.IGNORECASE)
_FEED_ORIGIN: Final = re.compile(
    r"^(?:rss|atom|feed|xml|newsletter|twitter|facebook|social|telegram)\w*$", re.IGNORECASE
)
_PATH_SESSION: Final = re.compile(
    r";(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/;?]*|/\(S\([0-9a-z]+\)\)", re.IGNORECASE
)
_TRACKING_FRAGMENT: Final = re.compile(
    r"^(?:utm_|xtor=|ref=|echobox=|at_|rss|ns_|intcmp=|cid=|comments?$|respond$|top$|$)", re.IGNORECASE
)
_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "/:@!$&'()*+,;=~"
_PUBLIC_LINK: Final = "link:"
_LONGEST_KEY: Final = 2_000  # bytes; an index of PostgreSQL holds no text of more than 2,704
_ALIKE: Final = 200  # characters of a text by which two items are seen to be one that is listed twice


def strip_tracking(url: str) -> str:
    """Returns the address without tracking and session parameters. The host is in lower case, a default port is left
    out, and so is a fragment that only tracks.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"
    # What is kept stays as it was written: encoding it anew could change its meaning (%C7 in an older encoding).
    query = "&".join(one for one in parts.query.split("&") if not _is_tracking(one)) if parts.query else ""
    path = _PATH_SESSION.sub("", parts.path) if ";" in parts.path or "(S(" in parts.path else parts.path
    fragment = "" if _TRACKING_FRAGMENT.match(parts.fragment) else parts.fragment
    return urlunsplit((parts.scheme.lower(), netloc, path or "/", query, fragment))


def page_address(url: str) -> str:
    """Returns the address without tracking and without its fragment."""
    return strip_tracking(url).partition("#")[0]


def canonical_link(url: str) -> str:
    """Returns the form in which links are compared: without scheme, "www.", final slash, tracking, session and cache
    parameters, and with the others sorted. The fragment stays, since some sites tell their articles apart by it.
    """
    clean = strip_tracking(url).partition("://")[2]
    address, _, fragment = clean.partition("#")
    address, _, query = address.partition("?")
    if "%" in address or not address.isascii():
        address = quote_from_bytes(unquote_to_bytes(address), _SAFE)
    if query:
        query = "&".join(sorted(one for one in query.split("&") if not _UNCACHED.match(one.partition("=")[0])))
    address = address.removeprefix("www.").rstrip("/")
    return address + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _is_tracking(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = unquote(name)
    if _TRACKING.match(name) or _SESSION.match(name):
        return True
    if _LONG_SESSION.match(name):
        return bool(_LONG.fullmatch(value)) and not value.isalpha()
    return bool(_ORIGIN.match(name) and _FEED_ORIGIN.match(value))


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys by which an item is looked up, the most reliable first."""

    guid: tuple[str, ...] = ()  # as written, and without its scheme if it is an address
    link: str | None = None
    day: str | None = None  # title and day, of an item that has neither guid nor link of its own
    title: str | None = None  # within its source

    @property
    def strongest(self) -> tuple[str, ...]:
        """The keys of the guid, or of the link if there is no guid: those that name one article for sure."""
        return self.guid or (() if self.link is None else (self.link,))

    def __iter__(self) -> Iterator[str]:
        yield from self.guid
        yield from (key for key in (self.link, self.day, self.title) if key is not None)


def item_keys(drafts: Sequence[Draft], *, source_id: int | None, zone: tzinfo, private: bool = False) -> list[Keys]:
    """Returns the keys of each draft of one reading. `source_id` is None for files and public pages.

    `private` says that the source is private.
    """
    link_kind = f"page:{source_id}:" if private else _PUBLIC_LINK
    places = [canonical_link(draft.url) if draft.url else None for draft in drafts]
    titles = [normalize(draft.title) for draft in drafts]
    shared_guids = _shared((draft.guid, (titles[n], places[n])) for n, draft in enumerate(drafts))
    shared_links = _shared((places[n], _looks(draft, titles[n])) for n, draft in enumerate(drafts))
    found = []
    for draft, leads_to, title in zip(drafts, places, titles, strict=True):
        guid = draft.guid if draft.guid and draft.guid not in shared_guids else None
        is_own = leads_to and (source_id is None or leads_to not in shared_links)
        link = _bounded(f"{link_kind}{leads_to}") if is_own else None
        has_guid = guid and (source_id is not None or not link or _is_of_wire(draft))
        found.append(
            Keys(
                guid=tuple(_guid_keys(guid, source_id)) if guid and has_guid else (),
                link=link,
                day=None if guid or link or not title else _bounded(f"title:{title}:{_day(draft.published, zone)}"),
                title=None if source_id is None or not title else f"title:{source_id}:{title_hash(title)}",
            )
        )
    return found


def link_key(url: str) -> str:
    """Returns the key of the public article at an address."""
    return _bounded(_PUBLIC_LINK + canonical_link(url))


def id_keys(ids: Iterable[str], source_id: int | None) -> tuple[str, ...]:
    """Returns the keys of articles that have one of these ids as their guid or among their other ids."""
    return tuple(
        dict.fromkeys(key for one in ids for key in (*_guid_keys(one, source_id), _other_key(one, source_id)))
    )


def other_keys(ids: Iterable[str], source_id: int | None) -> tuple[str, ...]:
    """Returns the keys of an article for ids beside its guid. They identify no item, since wires reuse such ids."""
    return tuple(_other_key(one, source_id) for one in ids)


def _other_key(one: str, source_id: int | None) -> str:
    return _bounded(f"other:{'' if source_id is None else source_id}:{one}")


def _is_of_wire(draft: Draft) -> bool:
    """Returns whether a draft is of a wire, whose guids are unique in the world and name articles
    in later messages.
    """
    says_so = draft.version is not None or draft.withdrawn or bool(draft.evolved_from)
    return says_so or (draft.guid or "").startswith(("urn:", "tag:"))


def _guid_keys(guid: str, source_id: int | None) -> Iterable[str]:
    beginning = f"guid:{'' if source_id is None else source_id}:"
    yield _bounded(beginning + guid)
    if guid[:4].lower() == "http" and "://" in guid:
        yield _bounded(beginning + canonical_link(guid))


def _bounded(key: str) -> str:
    """Returns a key of a bounded length: of a key that is longer, the beginning and a hash."""
    encoded = key.encode("utf-8", "surrogatepass")
    if len(encoded) <= _LONGEST_KEY:
        return key
    return f"{encoded[: _LONGEST_KEY - 100].decode('utf-8', 'ignore')}…{blake2b(encoded, digest_size=16).hexdigest()}"


def _looks(draft: Draft, title: str) -> object:
    """Returns what a reader sees of an item. Two items with one link and one look are one item, listed twice."""
    return (title, draft.body[:_ALIKE] or draft.published)


def _shared(said: Iterable[tuple[str | None, object]]) -> set[str]:
    """Returns the values that come with more than one thing."""
    things = defaultdict(set)
    for value, thing in said:
        if value:
            things[value].add(thing)
    return {value for value, all_of_it in things.items() if len(all_of_it) > 1}


def title_hash(title: str) -> str:
    """Returns a hash of a title: 16 hexadecimal digits."""
    return blake2b(title.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _day(published: datetime | date | None, zone: tzinfo) -> str:
    if isinstance(published, datetime):
        try:
            return published.astimezone(zone).date().isoformat()
        except OverflowError:  # the last day of the calendar, which means "never"
            return published.date().isoformat()
    return published.isoformat() if published else ""
