"""Fetches documents over HTTP from servers that nobody trusts: limited in size and time, and never from private
addresses. All errors are FetchErrors (`bot.ingest.errors`).
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from importlib.metadata import version
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.ingest.compression import PIECE, DamagedData, Decompressor
from bot.ingest.errors import Gone, HttpError, Refused, RetryLater, TooLarge, Unreachable
from bot.ingest.network import tolerant_http
from bot.ingest.network.names import NameResolver
from storage.records import hide_password, without_password

MAX_REDIRECTS: Final = 10
MAX_POST_REDIRECTS: Final = 3
LONGEST_LINE: Final = 300  # bytes of the answer to a form that are read
SECONDS: Final = 30.0  # for one document, redirects and all
AT_ONCE: Final = 64  # documents
AT_ONCE_PER_HOST: Final = 2
CONNECTION_KEPT: Final = 20.0  # seconds without use; of a host with many feeds, the next one comes within these
NAME_KEPT: Final = 600  # seconds, so that most visits need no look-up; one that fails to connect looks it up anew
MAX_NAMES: Final = 20_000  # that are kept
PERMANENT: Final = (301, 308)
REDIRECTS: Final = (301, 302, 303, 307, 308)
LONGEST_RETRY: Final = timedelta(days=1)
_ACCEPT: Final = ", ".join(
    (
        "application/atom+xml, application/rss+xml, application/feed+json",
        "application/xml;q=0.9, text/html;q=0.8, */*;q=0.5",
    )
)


_HEADERS: Final = {
    "User-Agent": f"newsbot/{version('newsbot')}",
    "Accept": _ACCEPT,
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every answer says."""

    url: str  # after redirects
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: timedelta | None = None  # by Cache-Control or Expires
    moved_to: str | None = None  # the new address after a permanent redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched(Answer):
    """A document."""

    body: bytes
    content_type: str  # without parameters, lower case
    charset: str | None  # as the server says
    language: str | None = None  # as the server says
    links: tuple[str, ...] = ()  # to other documents, as the server says (the header "Link")

    @property
    def base(self) -> str:
        """The address to which the links of the document are relative. Readers see these, so it has no password."""
        return without_password(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified(Answer):
    """The document has not changed since the validators were given."""


class Fetcher:
    """Fetches documents. Use it as a context manager, and one for each process."""

    def __init__(
        self, *, max_bytes: int, allow_private: bool = False, seconds: float = SECONDS, at_once: int = AT_ONCE
    ) -> None:
        """`at_once` is the number of documents that the caller fetches at the same time."""
        self._max_bytes = max_bytes
        self._allow_private = allow_private
        self._seconds = seconds
        self._at_once = at_once
        # A host is forgotten when nobody asks it for anything: there may be very many.
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        before_request: Callable[[str], Awaitable[None]] | None = None,
    ) -> Fetched | NotModified:
        """Fetch a document. Returns NotModified if it has not changed since these validators. Raises FetchError.

        `before_request` is awaited with the address before each request, also of a redirect. It may raise FetchError.
        """
        try:
            return await self._follow(
                url, {"If-None-Match": etag, "If-Modified-Since": last_modified}, before_request
            )
        except TimeoutError:
            raise Unreachable(url, f"no whole answer within {self._seconds:g} s") from None

    async def post(self, url: str, fields: Mapping[str, str]) -> str:
        """Send a form. Returns the first line of the answer, if its status is 2xx.

        A redirect that asks for the same request elsewhere (307, 308) is followed. Raises FetchError, also for any
        other status.
        """
        address = url
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(MAX_POST_REDIRECTS + 1):
                    check_scheme(address)
                    async with self._polite(address), self._request(address, {}, fields) as response:
                        said = (await response.content.read(LONGEST_LINE)).decode("utf-8", "replace")
                        location = response.headers.get("Location")
                    if response.status in (307, 308) and location:
                        address = _next_address(url, address, location)
                        continue
                    line = " ".join(said.split())
                    if response.status // 100 != 2:
                        raise HttpError(url, response.status, f"status {response.status}: {line}" if line else None)
                    return line
        except TimeoutError:
            raise Unreachable(url, f"no whole answer within {self._seconds:g} s") from None
        except aiohttp.ClientError as error:
            raise Unreachable(url, f"the answer breaks off ({type(error).__name__})") from error
        raise Refused(url, f"more than {MAX_POST_REDIRECTS} redirects")

    async def _follow(
        self,
        url: str,
        validators: Mapping[str, str | None],
        before_request: Callable[[str], Awaitable[None]] | None,
    ) -> Fetched | NotModified:
        """Returns the answer to which the redirects lead."""
        address, moved_to, seen = url, None, {(url, "")}
        cookies = aiohttp.CookieJar(unsafe=True)  # of this document only: some servers set one, and ask to come back
        clock, left = asyncio.get_running_loop().time, self._seconds
        for _ in range(MAX_REDIRECTS):
            check_scheme(address)
            if before_request is not None:
                await before_request(address)
            headers = {name: value for name, value in validators.items() if value}
            if cookie := _cookie_for(cookies, address):
                headers["Cookie"] = cookie
            async with self._polite(address):
                # The time limit counts from here. A request that waits for its turn at a busy host has not failed.
                begun = clock()
                async with asyncio.timeout(left):
                    page = await self._ask(address, headers, url)
            left -= clock() - begun
            if page.status not in REDIRECTS or "Location" not in page.headers:
                return _answer(page, url, address, moved_to)
            following = _next_address(url, address, page.headers["Location"])
            _remember(cookies, page.headers.getall("Set-Cookie", []), address)
            # Only a chain that is permanent from its start moves the source.
            moved_to = following if page.status in PERMANENT and (moved_to or address == url) else None
            place = (address := following, _cookie_for(cookies, following))
            if place in seen:
                raise Refused(url, f"it redirects in a circle, by way of {hide_password(following)}")
            seen.add(place)
        raise Refused(url, f"more than {MAX_REDIRECTS} redirects")

    def _polite(self, address: str) -> AbstractAsyncContextManager[None]:
        return self._hosts.setdefault(host_and_port(address), asyncio.Semaphore(AT_ONCE_PER_HOST))

    async def _ask(self, address: str, headers: Mapping[str, str], url: str) -> "_Page":
        """Send one request, with the tolerant client if the server breaks the rules of HTTP. Raises FetchError."""
        try:
            async with self._request(address, headers) as response:
                is_document = response.status == 200
                body, is_whole = await self._body(response, url) if is_document else (b"", True)
                page = _Page(response.status, response.headers, body)
        except _BreaksRules as error:
            return await self._ask_tolerantly(address, headers, url, error)
        if is_whole and not looks_truncated(page.body):
            return page
        try:
            again = await self._ask_tolerantly(address, headers, url, Unreachable(url, "the answer breaks off"))
        except Unreachable:
            return page  # as far as it goes
        return again if again.status != 200 or len(again.body) > len(page.body) else page

    async def _ask_tolerantly(
        self, address: str, headers: Mapping[str, str], url: str, reason: Unreachable
    ) -> "_Page":
        try:
            answer = await tolerant_http.request(
                address,
                {**_HEADERS, **headers},
                new_socket=None if self._allow_private else _public_socket,
                max_bytes=self._max_bytes,
            )
            decompressor = Decompressor(answer.headers.get("Content-Encoding", ""))
            body = bytearray()
            for piece in chain(decompressor.decompress(answer.body), decompressor.flush()):
                body += piece
                if len(body) > self._max_bytes:
                    raise tolerant_http.ResponseTooLarge
        except tolerant_http.ResponseTooLarge:
            raise self._too_large(url) from None
        except (tolerant_http.InvalidResponse, DamagedData, OSError, ValueError):
            raise reason from None
        if not (answer.is_whole and decompressor.is_complete) and not is_complete(bytes(body)):
            raise reason
        return _Page(answer.status, answer.headers, bytes(body))

    def _request(
        self, address: str, headers: Mapping[str, str], fields: Mapping[str, str] | None = None
    ) -> "_Request":
        if self._session is None:
            self._session = _session(allow_private=self._allow_private, at_once=self._at_once)
        return _Request(self._session, address, headers, fields)

    async def _body(self, response: aiohttp.ClientResponse, url: str) -> tuple[bytes, bool]:
        """Returns the decompressed body, and whether its end came.

        The body is decompressed here, so that a small answer that grows without end is stopped at the limit.
        """
        body = bytearray()
        try:
            decompressor = Decompressor(response.headers.get("Content-Encoding", ""))
            async for chunk in response.content.iter_chunked(64 * 1024):
                for piece in decompressor.decompress(chunk):
                    body += piece
                    if len(body) > self._max_bytes:
                        raise self._too_large(url)
                    if len(piece) >= PIECE:
                        await asyncio.sleep(0)  # a chunk may become a thousand times as much: others have their turn
            for piece in decompressor.flush():
                body += piece
        except aiohttp.ClientError as error:
            raise _BreaksRules(url, f"the answer breaks off ({type(error).__name__})") from error
        except DamagedData as error:
            raise Unreachable(url, "the answer can't be decompressed") from error
        return bytes(body), decompressor.is_complete

    def _too_large(self, url: str) -> TooLarge:
        return TooLarge(url, f"larger than {self._max_bytes / 1024 / 1024:g} MiB (NEWSBOT_MAX_FETCH_MB)")


@dataclass(frozen=True, slots=True)
class _Page:
    """The answer of a server, read by either client."""

    status: int
    headers: "CIMultiDictProxy[str] | CIMultiDict[str]"
    body: bytes  # of a document, decompressed


class _BreaksRules(Unreachable):
    """The answer breaks the rules of HTTP."""


def _answer(page: _Page, url: str, address: str, moved_to: str | None) -> Fetched | NotModified:
    """Turn a page into the result of a fetch. Raises HttpError."""
    headers = page.headers
    common: dict[str, Any] = {
        "url": address,
        "etag": _validator(headers.get("ETag")),
        "last_modified": _validator(headers.get("Last-Modified")),
        "fresh_for": _fresh_for(headers),
        "moved_to": moved_to,
    }
    if page.status == 304:
        return NotModified(**common)
    if page.status != 200:
        raise _http_error(url, address, page.status, headers)
    said = Message()
    said["Content-Type"] = _validator(headers.get("Content-Type")) or "application/octet-stream"
    return Fetched(
        body=page.body,
        content_type=said.get_content_type(),
        charset=said.get_content_charset(),
        language=headers.get("Content-Language", "").partition(",")[0].strip() or None,
        links=tuple(headers.getall("Link", [])),
        **common,
    )


def _remember(cookies: aiohttp.CookieJar, said: Sequence[str], address: str) -> None:
    for header in said:
        try:
            cookies.update_cookies(SimpleCookie(header), URL(address))
        except (CookieError, ValueError):
            continue


def _cookie_for(cookies: aiohttp.CookieJar, address: str) -> str:
    try:
        found = cookies.filter_cookies(URL(address))
    except ValueError:
        return ""
    return "; ".join(f"{name}={cookie.coded_value}" for name, cookie in found.items())


_XML_BEGINS: Final = re.compile(rb"\s*(?:<\?xml|<rss|<feed|<rdf)", re.IGNORECASE)
_XML_ENDS: Final = re.compile(
    rb"(?:</(?:[\w.-]++:)?(?:rss|feed|rdf|channel|urlset|sitemapindex|opml|html)|/)\s*+>"
    rb"(?:\s++|<!--(?:(?!<!--|-->).)*+-->|<script.*+)*+\Z",
    re.IGNORECASE | re.DOTALL,
)
_END: Final = 2_000  # bytes that are looked at


def looks_truncated(body: bytes) -> bool:
    """Returns whether a feed ends before its last element ends, for example after a wrong length."""
    return bool(_XML_BEGINS.match(body, 0, 200)) and not _XML_ENDS.search(body[-_END:])


def is_complete(body: bytes) -> bool:
    """Returns whether the end of a document looks like the end of XML, HTML or JSON."""
    end = body[-_END:].rstrip()
    return bool(_XML_ENDS.search(end)) or (body.lstrip()[:1] == b"{" and end.endswith(b"}"))


class _Request:
    """One request, as a context manager that raises FetchErrors instead of the client's errors."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: str,
        headers: Mapping[str, str],
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """`fields` is the form that is sent; None asks for a document."""
        assert isinstance(session.connector, aiohttp.TCPConnector)  # _session says so
        self._connector = session.connector
        self._address = address
        method = "GET" if fields is None else "POST"
        self._pending = session.request(method, address, headers=headers, data=fields, allow_redirects=False)

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            return await self._pending.__aenter__()
        except aiohttp.InvalidURL as error:
            raise Refused(self._address, "this is no web address") from error
        except aiohttp.ClientConnectorDNSError as error:
            raise Unreachable(self._address, "no such host") from error
        except aiohttp.ClientConnectorError as error:
            self._connector.clear_dns_cache(error.host, error.port)  # it may have moved
            if isinstance(error.os_error, _PrivateAddress):
                raise Refused(self._address, _private_reason(error.os_error.host)) from error
            reason = error.os_error.strerror or type(error.os_error).__name__
            raise Unreachable(self._address, f"no connection ({reason})") from error
        except aiohttp.ClientResponseError as error:
            raise _BreaksRules(self._address, f"no answer ({type(error).__name__})") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(self._address, f"no answer ({type(error).__name__})") from error

    async def __aexit__(self, *error: Any) -> None:
        await self._pending.__aexit__(*error)


class _PrivateAddress(OSError):
    """A connection to a private address was refused."""

    def __init__(self, host: str) -> None:
        # Of several addresses that all failed with the same words, the connector tells the first with its type.
        super().__init__("private address")
        self.host = host


def _public_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Returns the socket that the connector connects to that address, which is all that counts: not how the host was
    written (`127。0。0。1` is loopback, too), nor what its name led to a moment ago.
    """
    family, kind, protocol, _, place = address
    if is_private(str(place[0])):
        raise _PrivateAddress(str(place[0]))
    return socket.socket(family=family, type=kind, proto=protocol)


def _session(*, allow_private: bool, at_once: int) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=NameResolver(at_once=at_once),
        socket_factory=None if allow_private else _public_socket,
        limit=2 * at_once,  # article pages are asked for beside the feeds
        keepalive_timeout=CONNECTION_KEPT,
        ttl_dns_cache=NAME_KEPT,
        dns_cache_max_size=MAX_NAMES,
    )
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=16 * 1024,
        max_field_size=16 * 1024,
        headers=_HEADERS,
    )


def is_private(host: str) -> bool:
    """Returns whether an IP address is outside of the public internet: private, loopback, link-local or reserved."""
    address = ipaddress.ip_address(host.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return not address.is_global or address.is_multicast


def _private_reason(host: str) -> str:
    return f"it leads to the private address {host}; NEWSBOT_ALLOW_PRIVATE_HOSTS=true would allow that"


def _next_address(url: str, address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        raise Refused(url, "it redirects to something that is no web address") from None


def host_and_port(address: str) -> str:
    """Returns the host and port of an address, for limits for each host. A folder is its own host."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower() or address
    except ValueError:
        return address


def check_scheme(address: str) -> None:
    """Raise Refused unless an address begins with http:// or https:// and names a host."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        good = False
    if not good:
        raise Refused(address, "expected an address that begins with http:// or https://")


def _http_error(url: str, address: str, status: int, headers: Mapping[str, str]) -> HttpError:
    if status == 410:
        return Gone(url, status)
    after = _retry_after(headers.get("Retry-After", ""))
    if status in (429, 503) and after is not None:
        return RetryLater(url, status, after, host=host_and_port(address))
    return HttpError(url, status)


def _validator(said: str | None) -> str | None:
    """Returns a header that can be stored and sent back, else None. Bytes that are no UTF-8 can be neither."""
    return said if said and said.isprintable() else None


def _retry_after(text: str) -> timedelta | None:
    if text.strip().isdecimal():
        return min(LONGEST_RETRY, timedelta(seconds=int(text.strip()[:9])))
    moment = _http_date(text)
    return min(LONGEST_RETRY, max(timedelta(), moment - datetime.now(UTC))) if moment else None


def _fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    said = headers.get("Cache-Control", "").lower().replace(" ", "").split(",")
    for directive in said:
        name, _, seconds = directive.partition("=")
        if name in ("no-cache", "no-store"):
            return None
        if name == "max-age" and seconds.strip('"').isdecimal():
            return timedelta(seconds=int(seconds.strip('"')[:9]))
    moment = _http_date(headers.get("Expires", ""))
    return max(timedelta(), moment - datetime.now(UTC)) if moment else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
