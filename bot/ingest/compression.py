"""Decompresses HTTP bodies in small pieces. The first bytes count more than the header.

Servers name a coding and send plain text, name a charset instead of a coding ("UTF-8"), send brotli or zstd without
being asked, and join several gzip files into one.
"""

import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE: Final = 256 * 1024  # bytes that are decompressed at a time, which takes a millisecond
MOST_LAYERS: Final = 3
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_NAMES: Final = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate", "br": "br", "zstd": "zstd"}
_ANY_HEADER: Final = 47  # zlib's number for gzip or zlib, by its header
_ENOUGH: Final = 4  # bytes that tell a coding
_TEXT_BEGINS: Final = (b"<", b"{", b"[", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class DamagedData(Exception):
    """The bytes can't be decompressed."""


class Decompressor:
    """Decompresses a body, chunk by chunk. Call `flush` after the last chunk."""

    def __init__(self, codings: str) -> None:
        """`codings` is the header Content-Encoding; the last coding is the outermost."""
        named = [name.strip().lower() for name in codings.split(",")]
        layers = [_NAMES[name] for name in named if name in _NAMES]
        if len(layers) > MOST_LAYERS:
            raise DamagedData(f"compressed {len(layers)} times")
        # A name that is no coding may stand for any, or for none.
        self._layers = [_Layer(name) for name in layers[::-1]] or ([_Layer("")] if any(named) else [])

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        """Yields the decompressed bytes of a chunk, at most PIECE at a time. Raises DamagedData."""
        return _through(self._layers, (chunk,))

    def flush(self) -> Iterator[bytes]:
        """Yields the bytes that were held back until the end. Raises DamagedData."""
        for place, layer in enumerate(self._layers):
            yield from _through(self._layers[place + 1 :], layer.flush())

    @property
    def is_complete(self) -> bool:
        """Whether the compressed data ended as it should."""
        return all(layer.is_complete for layer in self._layers)


def decompress_file(data: bytes, max_bytes: int) -> bytes | None:
    """Decompress a file. Returns `data` itself if it is not compressed, and None if more than `max_bytes` come out.

    Raises DamagedData.
    """
    if not data.startswith((_GZIP, _ZSTD)):
        return data
    whole, layer = bytearray(), _Layer("gzip")
    for piece in layer.decompress(data):
        whole += piece
        if len(whole) > max_bytes:
            return None
    return bytes(whole)


def _through(layers: "list[_Layer]", chunks: Iterable[bytes]) -> Iterator[bytes]:
    if not layers:
        yield from chunks
        return
    for chunk in chunks:
        yield from _through(layers[1:], layers[0].decompress(chunk))


class _Layer:
    """One coding, chosen by the first bytes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held = b""
        self._stream: _Stream | None = None

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._held += chunk
            if len(self._held) < _ENOUGH:
                return
            chunk, self._held = self._held, b""
            yield from self._first(chunk)
        else:
            yield from self._stream.decompress(chunk)

    def flush(self) -> Iterator[bytes]:
        held, self._held = self._held, b""
        if held:
            yield from self._first(held)

    @property
    def is_complete(self) -> bool:
        return self._stream is None or self._stream.is_complete

    def _first(self, chunk: bytes) -> Iterator[bytes]:
        """Decompress the first chunk with the first coding that accepts it."""
        for stream in self._likely(chunk):
            pieces = stream.decompress(chunk)
            try:
                first = next(pieces, b"")
            except DamagedData:
                continue
            self._stream = stream
            yield first
            yield from pieces
            return
        raise DamagedData(f"not {self._name or 'compressed'}")

    def _likely(self, chunk: bytes) -> "Iterator[_Stream]":
        if chunk.startswith(_GZIP):
            yield _Zlib(_ANY_HEADER)
        elif chunk.startswith(_ZSTD):
            yield _Zstd()
        elif self._name == "deflate":
            yield _Zlib(15)
            if not _is_text(chunk):
                yield _Zlib(-15)  # servers send deflate without its header as well
        elif self._name == "br":
            yield _Brotli()
        if not self._name or _is_text(chunk):
            yield _Plain()


def _is_text(chunk: bytes) -> bool:
    return chunk.lstrip().startswith(_TEXT_BEGINS)


class _Stream(Protocol):
    @property
    def is_complete(self) -> bool:
        """Whether the data ended as its coding says. Plain data has no such end, and is always complete."""

    def decompress(self, chunk: bytes) -> Iterator[bytes]: ...


class _Plain:
    @property
    def is_complete(self) -> bool:
        return True

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk


class _Zlib:
    """gzip, of one member or several, and deflate."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._inflater = zlib.decompressobj(wbits=wbits)
        self._after = b""  # the end of a member: the first bytes of the next one, or of what is no part of it

    @property
    def is_complete(self) -> bool:
        return self._inflater.eof

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._inflater.eof:
                chunk = self._after + chunk
                if self._wbits != _ANY_HEADER or not chunk.startswith(_GZIP):
                    self._after = chunk[: len(_GZIP)]
                    return
                self._inflater, self._after = zlib.decompressobj(wbits=self._wbits), b""
            try:
                yield (piece := self._inflater.decompress(chunk, PIECE))
                chunk = self._inflater.unconsumed_tail
                while len(piece) == PIECE and not chunk and not self._inflater.eof:  # the inflater holds more
                    yield (piece := self._inflater.decompress(b"", PIECE))
            except zlib.error as error:
                raise DamagedData(str(error)) from error
            chunk = self._inflater.unused_data or chunk


class _Zstd:
    """zstd, of one frame or several."""

    def __init__(self) -> None:
        self._inflater = zstd.ZstdDecompressor()
        self._after = b""  # as for gzip

    @property
    def is_complete(self) -> bool:
        return self._inflater.eof

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._inflater.eof:
                chunk = self._after + chunk
                if not chunk.startswith(_ZSTD):
                    self._after = chunk[: len(_ZSTD)]
                    return
                self._inflater, self._after = zstd.ZstdDecompressor(), b""
            try:
                yield self._inflater.decompress(chunk, PIECE)
                while not self._inflater.needs_input and not self._inflater.eof:
                    yield self._inflater.decompress(b"", PIECE)
            except zstd.ZstdError as error:
                raise DamagedData(str(error)) from error
            chunk = self._inflater.unused_data if self._inflater.eof else b""


class _Brotli:
    def __init__(self) -> None:
        self._inflater = brotli.Decompressor()

    @property
    def is_complete(self) -> bool:
        return bool(self._inflater.is_finished())

    def decompress(self, chunk: bytes) -> Iterator[bytes]:
        if self._inflater.is_finished():
            return
        try:
            yield (piece := self._inflater.process(chunk, output_buffer_limit=PIECE))
            while len(piece) >= PIECE or not self._inflater.can_accept_more_data():
                yield (piece := self._inflater.process(b"", output_buffer_limit=PIECE))
        except brotli.error as error:
            raise DamagedData(str(error) or "not brotli") from error
