"""Pictures for tests, drawn when they are asked for."""

from io import BytesIO
from typing import Any

from PIL import Image

from tests.site import Page

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif", "GIF": "image/gif"}


def drawn(kind: str = "JPEG", size: tuple[int, int] = (320, 200), *, mode: str = "RGB", **saving: Any) -> bytes:
    """A picture of this kind: a gradient, which no encoder makes to nothing."""
    made = BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(made, kind, **saving)
    return made.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    """A JPEG of many bytes."""
    made = BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(made, "JPEG", quality=98)
    return made.getvalue()


def picture_page(kind: str = "JPEG", size: tuple[int, int] = (320, 200)) -> Page:
    return Page(drawn(kind, size), headers={"Content-Type": TYPES[kind]})
