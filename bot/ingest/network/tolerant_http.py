"""A tolerant HTTP client for servers that break the rules of HTTP.

The usual client refuses header lines without a colon, two lengths, wrong lengths, and chunks without an end. Here a
connection serves one request only, so the end of the response is the end of the connection. A wrong length only
delays the response.
"""

import asyncio
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from aiohttp import AddrInfoType
from multidict import CIMultiDict
from yarl import URL

_MAX_HEAD: Final = 64 * 1024  # bytes of the status line and the headers
_CHUNK: Final = 64 * 1024
_PATIENCE: Final = 1.0  # seconds that more is waited for, when all is there that was promised
_STATUS: Final = re.compile(rb"\S*\s+(\d{3})\b")


class InvalidResponse(Exception):
    """The response is no HTTP at all, or there is none."""


class ResponseTooLarge(Exception):
    """The response is larger than `max_bytes`."""


@dataclass(frozen=True, slots=True)
class RawResponse:
    """The response of a server that may break the rules of HTTP."""

    status: int
    headers: CIMultiDict[str]
    body: bytes  # as sent, possibly compressed
    is_whole: bool  # whether as many bytes came as the headers promised


async def request(
    address: str,
    headers: Mapping[str, str],
    *,
    new_socket: Callable[[AddrInfoType], socket.socket] | None,
    max_bytes: int,
) -> RawResponse:
    """Send one GET. Returns the response. Redirects are not followed.

    `new_socket` makes the socket for an address, or raises OSError to refuse it. Raises InvalidResponse and
    ResponseTooLarge, and OSError if there is no connection.
    """
    url = URL(address)
    connection = await _connected(url, new_socket)
    host = url.raw_host or ""
    context = ssl.create_default_context() if url.scheme == "https" else None
    reader, writer = await asyncio.open_connection(
        sock=connection, ssl=context, server_hostname=host if context else None, limit=_MAX_HEAD
    )
    try:
        writer.write(_request(url, headers))
        await writer.drain()
        status, said, begun = await _head(reader)
        body, is_whole = await _body(reader, said, begun, max_bytes) if status == 200 else (b"", True)
        return RawResponse(status, said, body, is_whole)
    finally:
        writer.transport.abort()


async def _connected(url: URL, new_socket: Callable[[AddrInfoType], socket.socket] | None) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host or "", url.port or 80, type=socket.SOCK_STREAM)
    failed: OSError = OSError("no address")
    for info in found:
        family, kind, protocol, _, place = info
        connection = new_socket(info) if new_socket else socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, place)
        except OSError as error:
            connection.close()
            failed = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failed


def _request(url: URL, headers: Mapping[str, str]) -> bytes:
    host = (url.raw_host or "") + (f":{url.explicit_port}" if url.explicit_port else "")
    lines = {"Host": host, **headers, "Connection": "close"}
    if url.user is not None:
        credentials = f"{unquote(url.raw_user or '')}:{url.password or ''}"
        lines["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {url.raw_path_qs} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape")


async def _head(reader: asyncio.StreamReader) -> tuple[int, CIMultiDict[str], bytes]:
    """Returns the status, the headers, and the first line of the body if no empty line stood before it."""
    status: int | None = None
    headers: CIMultiDict[str] = CIMultiDict()
    length = 0
    while True:
        try:
            line = await reader.readline()
        except ValueError as error:
            raise InvalidResponse("a line without an end") from error
        length += len(line)
        if length > _MAX_HEAD:
            raise InvalidResponse("headers without an end")
        text = line.strip()
        if status is None:
            if found := _STATUS.match(text):
                status = int(found[1])
            elif text or not line:
                raise InvalidResponse("no answer" if not line else "an answer that is no HTTP")
            continue
        if text.startswith((b"<", b"{")):
            return status, headers, line  # no empty line before the body
        if not text:
            if status < 200 and line:
                status = None  # "100 Continue"
                continue
            return status, headers, b""
        name, colon, value = text.partition(b":")
        if colon and name.strip():
            headers.add(_decoded(name), _decoded(value))


def _decoded(header: bytes) -> str:
    return header.strip().decode("utf-8", "surrogateescape")


async def _body(
    reader: asyncio.StreamReader, headers: CIMultiDict[str], begun: bytes, max_bytes: int
) -> tuple[bytes, bool]:
    lengths = [int(said) for said in headers.getall("Content-Length", []) if said.isascii() and said.isdecimal()]
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    promised = max(lengths, default=None) if not chunked else None
    body = bytearray(begun)
    while True:
        is_enough = promised is not None and len(body) >= promised
        if chunked and body.rstrip().endswith(b"\n0"):
            is_enough = True
        try:
            async with asyncio.timeout(_PATIENCE if is_enough else None):
                piece = await reader.read(_CHUNK)
        except TimeoutError:
            break
        except OSError:
            piece = b""
        if not piece:
            break
        body += piece
        if len(body) > max_bytes:
            raise ResponseTooLarge
    if chunked:
        return _joined(bytes(body))
    return bytes(body), promised is None or len(body) >= promised


def _joined(chunks: bytes) -> tuple[bytes, bool]:
    """Returns the body of a chunked response, and whether its last chunk came."""
    body, position = bytearray(), 0
    while True:
        end = chunks.find(b"\n", position)
        written = chunks[position : end if end >= 0 else len(chunks)].partition(b";")[0].strip()
        try:
            size = int(written, 16) if written else None
        except ValueError:
            return bytes(body) if body else chunks, False  # it was not chunked at all
        if size is None:
            if end < 0:
                return bytes(body), False
            position = end + 1
            continue
        if size == 0:
            return bytes(body), True
        if end < 0:
            return bytes(body), False
        body += chunks[end + 1 : end + 1 + size]
        position = end + 1 + size
