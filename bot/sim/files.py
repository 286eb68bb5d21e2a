"""Files: those that the bot uploads and those that people send it, and the links by which the bot downloads them."""

import hashlib
import itertools
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from bot.sim.media import Content, Kind, recognize, thumbnail
from bot.sim.refusal import bad_request

LARGEST_DOWNLOAD: Final = 20 * 2**20  # bytes; a bot gets no larger file
LINK_SECONDS: Final = 3600.0  # a link is good for an hour
_PREFIXES: Final[dict[Kind, str]] = {  # with which a file id begins, by what the file was sent as
    "photo": "AgAC", "video": "BAAC", "animation": "CgAC", "audio": "CQAC", "voice": "AwAC", "document": "BQAC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent as a photo, a video, a document or something else."""

    id: str
    name: str
    content: bytes
    kind: Kind = "document"
    known: Content | None = None  # what its bytes are; None: a document, which nobody looked into
    told_size: int | None = None  # the bytes that Telegram tells of; None: as many as there are
    small: "File | None" = None  # a smaller version of a photo

    @property
    def size(self) -> int:
        return len(self.content) if self.told_size is None else self.told_size

    @property
    def mime_type(self) -> str:
        return (
            (self.known and self.known.mime_type) or mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        )

    def to_json(self) -> Any:
        """Returns the file as a message tells of it: the sizes of a photo, or an object."""
        if self.kind == "photo":
            return [size for file in (self.small, self) if file for size in [file.to_file() | file.pixels()]]
        if self.known is None or self.kind == "document":
            return {"file_name": self.name, "mime_type": self.mime_type, **self.to_file()}
        told: dict[str, Any] = {"mime_type": self.mime_type, "duration": self.known.duration, **self.to_file()}
        if self.kind in ("video", "animation"):
            told |= self.pixels()
        return told if self.kind == "voice" else told | {"file_name": self.name}

    def pixels(self) -> dict[str, int]:
        return {"width": self.known.width, "height": self.known.height} if self.known else {}

    def to_file(self) -> dict[str, Any]:
        """Returns what a file of any kind has."""
        unique = hashlib.sha256(self.id.encode()).hexdigest()[:16]
        return {"file_id": self.id, "file_unique_id": unique, "file_size": self.size}


class Files:
    """All files, by their id."""

    def __init__(self) -> None:
        self._by_id: dict[str, File] = {}
        self._numbers = itertools.count(1_000)

    def get(self, file_id: str) -> File | None:
        return self._by_id.get(file_id)

    def keep_document(self, name: str, content: bytes, *, told_size: int | None = None) -> File:
        return self._add(File(self._new_id("document"), name, content, told_size=told_size))

    def keep_media(self, name: str, content: bytes, known: Content | None = None) -> File:
        """Keep a file that is sent as what its bytes are."""
        known = known or recognize(content)
        small = None
        if known.kind == "photo" and (reduced := thumbnail(content)):
            small = self._add(File(self._new_id("photo"), name, reduced, "photo", recognize(reduced)))
        return self._add(File(self._new_id(known.kind), name, content, known.kind, known, small=small))

    def _new_id(self, kind: Kind) -> str:
        return f"{_PREFIXES[kind]}{next(self._numbers)}"

    def _add(self, file: File) -> File:
        self._by_id[file.id] = file
        return file


class Links:
    """The paths that the bot was told, and for how long each of them is good."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._files: dict[str, tuple[File, float]] = {}  # by path, with the end of the link

    def add(self, file: File) -> str:
        """Returns a path by which the file can be downloaded. Raises Refusal if the file is too large for bots."""
        if file.size > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        path = f"documents/file_{len(self._files)}{PurePath(file.name).suffix}"
        self._files[path] = file, self._clock() + LINK_SECONDS
        return path

    def find(self, path: str) -> File | None:
        file, end = self._files.get(path, (None, 0.0))
        return file if self._clock() < end else None
