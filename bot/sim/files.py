"""Files: those that the bot uploads and those that people send it, and the links by which the bot downloads them."""

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from bot.sim.refusal import bad_request

LARGEST_DOWNLOAD: Final = 20 * 2**20  # bytes; a bot gets no larger file
LINK_SECONDS: Final = 3600.0  # a link is good for an hour


@dataclass(frozen=True, slots=True)
class Document:
    """A file in a chat."""

    id: str
    name: str
    content: bytes
    told_size: int | None = None  # the bytes that Telegram tells of; None: as many as there are

    @property
    def size(self) -> int:
        return len(self.content) if self.told_size is None else self.told_size

    def to_json(self) -> dict[str, Any]:
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return {"file_name": self.name, "mime_type": kind, **self.to_file()}

    def to_file(self) -> dict[str, Any]:
        """Returns what a file of any kind has."""
        unique = hashlib.sha256(self.id.encode()).hexdigest()[:16]
        return {"file_id": self.id, "file_unique_id": unique, "file_size": self.size}


class Links:
    """The paths that the bot was told, and for how long each of them is good."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._documents: dict[str, tuple[Document, float]] = {}  # by path, with the end of the link

    def add(self, document: Document) -> str:
        """Returns a path by which the file can be downloaded. Raises Refusal if the file is too large for bots."""
        if document.size > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        path = f"documents/file_{len(self._documents)}{PurePath(document.name).suffix}"
        self._documents[path] = document, self._clock() + LINK_SECONDS
        return path

    def find(self, path: str) -> Document | None:
        document, end = self._documents.get(path, (None, 0.0))
        return document if self._clock() < end else None
