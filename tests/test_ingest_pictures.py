"""Pictures from servers that nobody trusts become photos that Telegram takes, or cost only themselves."""

import asyncio
import struct
import threading
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from aiohttp import web
from PIL import Image

from bot.ingest import pictures
from bot.ingest.network.fetch import Fetcher
from bot.ingest.pictures import LARGEST_SIDES, LARGEST_UPLOADED, PictureFetcher, UnusablePicture, make_photo
from tests.drawing import drawn, noise, picture_page
from tests.site import Page, Site


def opened(photo: bytes) -> Image.Image:
    return Image.open(BytesIO(photo))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be very large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("JPEG", "L")])
def test_photo_that_telegram_takes_stays_as_it_is(kind: str, mode: str) -> None:
    picture = drawn(kind, mode=mode)
    assert make_photo(picture) == picture


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "GIF"])
def test_kinds_that_telegram_does_not_take_become_jpeg(kind: str) -> None:
    made = opened(make_photo(drawn(kind)))
    assert (made.format, made.size) == ("JPEG", (320, 200))


def test_transparent_picture_stands_on_white_and_not_on_black() -> None:
    made = BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(made, "PNG")
    assert opened(make_photo(made.getvalue())).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.slow
def test_photo_of_six_megabytes_is_uploaded_as_it_is_and_a_larger_one_is_made_smaller() -> None:
    photo = noise((3_000, 2_000))
    assert 5 * 2**20 < len(photo) < LARGEST_UPLOADED
    assert make_photo(photo) == photo
    assert len(make_photo(noise((4_400, 3_300)))) < LARGEST_UPLOADED


def test_photo_with_sides_that_are_too_long_is_scaled() -> None:
    made = opened(make_photo(drawn("JPEG", (9_000, 1_200))))
    assert sum(made.size) < LARGEST_SIDES
    assert made.width / made.height == pytest.approx(7.5, abs=0.1)


def test_printers_colours_become_those_of_a_screen() -> None:
    assert opened(make_photo(drawn("JPEG", mode="CMYK"))).mode == "RGB"


def scans(count: int) -> bytes:
    """A progressive JPEG of so many scans: its last one over and over. Each costs the time of a whole picture."""
    photo = drawn("JPEG", progressive=True)
    start = photo.rindex(b"\xff\xda")
    return photo[:start] + photo[start:-2] * count + photo[-2:]


def test_progressive_photo_stays_as_it_is() -> None:
    photo = drawn("JPEG", progressive=True)
    assert make_photo(photo) == photo


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: b"<html>not found</html>", "no picture"),
        (lambda: b"", "no picture"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (lambda: drawn("JPEG")[:-600], "damaged"),
        (lambda: drawn("WEBP")[:-60], "damaged"),
        (lambda: drawn("PNG")[:-200], "damaged"),
        (lambda: drawn("JPEG", (1, 1)), "too small"),
        (lambda: drawn("PNG", (2_000, 50)), "too oblong"),
        (lambda: bomb(8_000, 8_000), "too many pixels"),
        (lambda: bomb(60_000, 60_000), "too many pixels"),
        (lambda: drawn("JPEG", (6_000, 5_000), mode="L", progressive=True), "too many pixels"),
        (lambda: scans(101), "too many scans"),
    ],
    ids="page empty svg jpeg webp png tracker ruler bomb large-bomb progressive scans".split(),
)
def test_what_is_no_photo_is_told(content: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(UnusablePicture, match=reason):
        make_photo(content())


async def test_each_picture_that_cannot_be_had_costs_only_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    released = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await released.wait()
        return web.Response(body=drawn())

    monkeypatch.setattr(pictures, "ALL_SECONDS", 0.3)
    site.pages |= {
        "/good": picture_page(),
        "/web": picture_page("WEBP"),
        "/page": Page("<html>"),
        "/slow": slow,
        "/huge": Page(b"x" * 3_000_000),
    }
    async with Fetcher(max_bytes=2_000_000, allow_private=True) as fetcher:
        names = ["good", "web", "page", "slow", "huge", "missing"]
        found = await PictureFetcher(fetcher).get_all([f"{site.url}/{name}" for name in names])
    released.set()
    assert [name for name in names if found[f"{site.url}/{name}"]] == ["good", "web"]


async def test_one_picture_is_decoded_at_a_time_also_when_nobody_waits_for_it_any_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released = asyncio.Event(), threading.Event()
    loop, decoding, most = asyncio.get_running_loop(), 0, 0

    def slow(content: bytes) -> bytes:
        nonlocal decoding, most
        decoding += 1
        most = max(most, decoding)
        loop.call_soon_threadsafe(begun.set)
        released.wait(30)
        decoding -= 1
        return content

    monkeypatch.setattr(pictures, "make_photo", slow)
    site.pages |= {"/first": picture_page(), "/second": picture_page()}
    async with Fetcher(max_bytes=2_000_000, allow_private=True) as fetcher:
        pages = PictureFetcher(fetcher)
        left = asyncio.create_task(pages.get_all([f"{site.url}/first"]))
        await begun.wait()
        left.cancel()
        await asyncio.wait([left])
        second = asyncio.create_task(pages.get_all([f"{site.url}/second"]))
        await asyncio.wait([second], timeout=0.3)  # it begins now, if it does not wait for the first
        released.set()
        assert await second == {f"{site.url}/second": drawn()}
    assert most == 1


async def test_all_pictures_of_a_page_fit_into_one_request(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = noise((200, 200)), drawn()
    monkeypatch.setattr(pictures, "ALL_UPLOADED", len(large) + len(small))
    site.pages |= {"/first": Page(large), "/second": Page(large), "/third": Page(small)}
    async with Fetcher(max_bytes=2_000_000, allow_private=True) as fetcher:
        found = await PictureFetcher(fetcher).get_all([f"{site.url}/{name}" for name in ("first", "second", "third")])
    assert list(found.values()) == [large, None, small]


async def test_private_address_is_not_asked_for_a_picture(site: Site) -> None:
    site.pages["/metadata"] = picture_page()
    address = f"{site.url}/metadata"
    async with Fetcher(max_bytes=2_000_000) as fetcher:
        assert await PictureFetcher(fetcher).get_all([address, "file:///etc/passwd"]) == {
            address: None,
            "file:///etc/passwd": None,
        }
    assert site.requests == []
