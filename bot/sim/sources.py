"""Finds the files that the bot names: an upload of the same request, the id of an earlier file, or an address."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.sim.fetching import BadAddress, Unreachable
from bot.sim.files import File
from bot.sim.media import recognize
from bot.sim.telegram import Telegram
from bot.sim.world import Json

LARGEST_PHOTO: Final = 10 * 2**20  # bytes of an uploaded photo
UPLOADED: Final = "attach://"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request, as a part of it."""

    name: str
    content: bytes


class NoFile(Exception):
    """There is no such upload or file id, or the upload is too large."""


async def find_file(sim: Telegram, values: Json, named: str, *, as_document: bool = False) -> File:
    """Returns the file that a parameter names. An upload becomes what its bytes are, unless it is sent as a document.

    Raises NoFile, or what the fetcher raises for an address.
    """
    if named.startswith(("http://", "https://")):
        return await sim.fetcher.fetch(named)
    if not named.startswith(UPLOADED):
        file = sim.files.get(named)
        if file is None:
            raise NoFile(named)
        return file
    upload: Upload | None = values.get("uploads", {}).get(named.removeprefix(UPLOADED))
    if upload is None:
        raise NoFile(named)
    if as_document:
        return sim.files.keep_document(upload.name, upload.content)
    known = recognize(upload.content)
    if known.kind == "photo" and len(upload.content) > LARGEST_PHOTO:
        raise NoFile("a photo is too large")
    return sim.files.keep_media(upload.name, upload.content, known)


async def find_files(sim: Telegram, values: Json, media: Iterable[Json]) -> dict[str, File | Exception]:
    """Returns what was found for each medium of a message, by the name that the bot gave. Each is looked for once."""
    types = {str(medium["media"]): medium.get("type") for medium in media}
    searches = [find_file(sim, values, named, as_document=kind == "document") for named, kind in types.items()]
    found: dict[str, File | Exception] = {}
    for named, result in zip(types, await asyncio.gather(*searches, return_exceptions=True), strict=True):
        if not isinstance(result, File | BadAddress | Unreachable | NoFile):
            raise result
        found[named] = result
    return found
