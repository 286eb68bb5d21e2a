"""Fetches pictures of articles, and makes of each a photo that Telegram takes.

Telegram refuses a whole page for one bad picture. So each picture is looked at first: its size, its kind, and whether
it is complete. Pictures come from servers that nobody trusts, so bytes, pixels, time and memory are limited.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from bot import logs
from bot.ingest.errors import FetchError
from bot.ingest.network.fetch import Fetched, Fetcher

log = logs.get_logger(__name__)

LARGEST_FETCHED: Final = 20 * 2**20  # bytes
SECONDS: Final = 10.0  # for one picture
ALL_SECONDS: Final = 15.0  # for all pictures of a page: a reader waits
AT_ONCE: Final = 16  # pictures that are fetched at the same time, of all pages
LARGEST_UPLOADED: Final = 9_500_000  # bytes; Telegram takes 10 MB
ALL_UPLOADED: Final = 45_000_000  # bytes of all new pictures of a page; Telegram takes requests of 50 MB
LARGEST_SIDES: Final = 10_000  # pixels of width and height together
MOST_OBLONG: Final = 20  # times that one side may be as long as the other
LONGEST_MADE: Final = 2_560  # pixels of the longer side of a photo that is made here: Telegram shows no more
LEAST_SIDE: Final = 40  # pixels; smaller ones count readers or are icons
MOST_PIXELS: Final = 25_000_000  # of a picture that is decoded as a whole: 100 MB of memory
MOST_PIXELS_OF_JPEG: Final = 100_000_000  # a JPEG is decoded at a fraction of its size, unless it is progressive
MOST_SCANS: Final = 100  # of a JPEG, each of which is decoded by itself; encoders make some ten
QUALITY: Final = 88  # of a JPEG that is made here
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_SCAN: Final = b"\xff\xda"  # begins a scan of a JPEG, and is nowhere in the data of one
_TAKEN: Final = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "L", "P", "1")}  # formats that Telegram takes, and their modes


class UnusablePicture(Exception):
    """No photo can be made of what was fetched. The text says why."""


class PictureFetcher:
    """Fetches pictures, a few at once, and decodes them one after another in a thread."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._room = asyncio.Semaphore(AT_ONCE)
        # Memory is bounded by one picture at a time. A thread goes on when nobody waits for its picture any more, so
        # there is only one.
        self._decoding = ThreadPoolExecutor(1, "picture")

    async def get_all(self, addresses: Iterable[str]) -> dict[str, bytes | None]:
        """Returns a photo for each address, or None if it can't be had in time or can't be shown.

        All of them fit into one request to Telegram: the last of very large ones are left out.
        """
        fetching = {address: asyncio.create_task(self._get(address)) for address in addresses}
        if fetching:
            try:
                await asyncio.wait(fetching.values(), timeout=ALL_SECONDS)
            finally:
                for task in fetching.values():
                    task.cancel()
            await asyncio.gather(*fetching.values(), return_exceptions=True)
        found, left = dict[str, bytes | None](), ALL_UPLOADED
        for address, task in fetching.items():
            photo = _outcome(address, task)
            if photo is not None and len(photo) > left:
                log.info("picture_not_had", address=address, reason="the pictures before it fill the page")
                photo = None
            found[address] = photo
            left -= len(photo or b"")
        return found

    async def _get(self, address: str) -> bytes:
        """Returns a photo. Raises FetchError and UnusablePicture."""
        async with self._room:
            fetched = await self._fetcher.get(address)
            assert isinstance(fetched, Fetched)  # nothing was said of what we have
            return await asyncio.get_running_loop().run_in_executor(self._decoding, make_photo, fetched.body)


def _outcome(address: str, task: "asyncio.Task[bytes]") -> bytes | None:
    """Returns the photo that a task fetched, or None. The log gets the cause."""
    if task.cancelled():
        log.info("picture_not_had", address=address, reason="not in time")
        return None
    error = task.exception()
    if isinstance(error, FetchError | UnusablePicture):
        log.info("picture_not_had", address=address, reason=error)
        return None
    return task.result()


def make_photo(content: bytes) -> bytes:
    """Returns a photo that Telegram takes: the picture itself, or a JPEG made of it. Raises UnusablePicture."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            _check(picture, content)
            if _is_taken(picture, content):
                _decode(picture, (picture.width // 8, picture.height // 8))  # whether it is complete
                return content
            _decode(picture, (LONGEST_MADE, LONGEST_MADE))
            return _jpeg(picture)
    except UnidentifiedImageError:
        raise UnusablePicture("this is no picture of a known kind") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusablePicture("it has too many pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:  # what decoders raise
        raise UnusablePicture(f"it is damaged ({type(error).__name__})") from error


def _check(picture: Image.Image, content: bytes) -> None:
    """Raise UnusablePicture for a picture that can't be shown, or takes too long. It is not decoded yet."""
    width, height = picture.size
    if min(width, height) < LEAST_SIDE:
        raise UnusablePicture(f"it is too small ({width} x {height})")
    if max(width, height) > MOST_OBLONG * min(width, height):
        raise UnusablePicture(f"it is too oblong ({width} x {height})")
    # A progressive JPEG is held in memory as a whole, however small it is decoded.
    in_parts = picture.format == "JPEG" and "progressive" not in picture.info
    if width * height > (MOST_PIXELS_OF_JPEG if in_parts else MOST_PIXELS):
        raise UnusablePicture(f"it has too many pixels ({width} x {height})")
    if "progressive" in picture.info and content.count(_SCAN) > MOST_SCANS:
        raise UnusablePicture("it has too many scans")


def _is_taken(picture: Image.Image, content: bytes) -> bool:
    """Returns whether Telegram takes a picture as it is."""
    return (
        picture.mode in _TAKEN.get(picture.format or "", ())
        and "transparency" not in picture.info
        and len(content) <= LARGEST_UPLOADED
        and sum(picture.size) <= LARGEST_SIDES
    )


def _decode(picture: Image.Image, least: tuple[int, int]) -> None:
    """Decode a picture; a JPEG at a fraction of its size, but not below `least`. Raises OSError if it breaks off."""
    if picture.format == "JPEG":
        picture.draft("L" if picture.mode == "L" else "RGB", least)
    picture.load()


def _jpeg(picture: Image.Image) -> bytes:
    """Returns a JPEG of a decoded picture, on white if it is transparent."""
    shown = ImageOps.exif_transpose(picture)
    shown.thumbnail((LONGEST_MADE, LONGEST_MADE))
    if shown.has_transparency_data:
        shown = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    made = BytesIO()
    shown.convert("RGB").save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
