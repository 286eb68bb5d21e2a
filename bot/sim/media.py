"""Tells what a file is by its first bytes, as Telegram does: its kind, size in pixels, and length in seconds."""

import io
from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

Kind = Literal["photo", "video", "animation", "audio", "voice", "document"]

SIDES: Final = 10_000  # pixels of width and height together
RATIO: Final = 20  # of the longer side to the shorter one
THUMBNAIL: Final = 320  # pixels
_PHOTOS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_AUDIO_BRANDS: Final = frozenset({b"M4A ", b"M4B "})
_PICTURE_BRANDS: Final = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})
_KILOBITS: Final = (  # of layer III by the four bits of a frame's header: MPEG 1, then MPEG 2 and 2.5
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)


@dataclass(frozen=True, slots=True)
class Content:
    """What the bytes of a file are."""

    kind: Kind
    mime_type: str
    width: int = 0  # pixels; 0: not known
    height: int = 0
    duration: int = 0  # seconds; 0: not known


def recognize(content: bytes) -> Content:
    """Returns what this is. What is nothing else is a document. A picture that Telegram can't show is one too."""
    if picture := _picture(content):
        return picture
    seconds = _mp3_seconds(content)
    if content[:3] == b"ID3" or seconds:
        return Content("audio", "audio/mpeg", duration=round(seconds))
    if content[:4] == b"OggS":
        return Content("voice", "audio/ogg")
    if content[4:8] == b"ftyp" and content[8:12] not in _PICTURE_BRANDS:
        is_audio = content[8:12] in _AUDIO_BRANDS
        return Content("audio", "audio/mp4") if is_audio else Content("video", "video/mp4")
    return Content("document", "application/octet-stream")


def thumbnail(content: bytes) -> bytes | None:
    """Returns a JPEG of at most THUMBNAIL pixels a side, or None if the picture is not larger."""
    with Image.open(io.BytesIO(content)) as picture:
        if max(picture.size) <= THUMBNAIL:
            return None
        small = picture.convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=60)
    return written.getvalue()


def _picture(content: bytes) -> Content | None:
    try:
        with Image.open(io.BytesIO(content), formats=[*_PHOTOS, "GIF"]) as picture:
            width, height, form = *picture.size, picture.format
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    if form == "GIF":
        return Content("animation", "image/gif", width, height)
    if not form or width + height > SIDES or max(width, height) > RATIO * min(width, height):
        return None
    return Content("photo", _PHOTOS[form], width, height)


def _mp3_seconds(content: bytes) -> float:
    """Returns how long an MP3 plays, by the bit rate of its first frame, or 0 if this is none."""
    start = 0
    if content[:3] == b"ID3" and len(content) > 10:
        size = content[6:10]  # seven bits of each byte count
        start = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    header = content[start : start + 4]
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # frame sync, and layer III
        return 0.0
    kilobits = _KILOBITS[0 if header[1] & 0x18 == 0x18 else 1][header[2] >> 4]
    return (len(content) - start) * 8 / (kilobits * 1000) if kilobits else 0.0
