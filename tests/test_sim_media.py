"""Pictures, sounds and files of the simulated Telegram: by upload, by address and by the id of an earlier file."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import aiohttp
import pytest

from bot.sim import Chat, Fault
from tests.bot_api import Api, calling
from tests.pictures import MP3_SECOND, picture, serving_files

MP4 = b"\0\0\0\x18ftypisom" + bytes(100)
AVIF = b"\0\0\0\x1cftypavif" + bytes(100)


@cache
def files() -> dict[str, tuple[int, bytes, str]]:
    """What the site serves, by path: status, content and content type."""
    return {
        "/a.png": (200, picture(), "image/png"),
        "/small.webp": (200, picture(200, 100, "WEBP"), "image/webp"),
        "/lies.jpg": (200, b"<html>no picture</html>", "image/jpeg"),
        "/a.gif": (200, picture(40, 30, "GIF"), "image/gif"),
        "/a.avif": (200, AVIF, "image/avif"),
        "/large.jpg": (200, picture(10, 10, "JPEG") + bytes(5 * 2**20), "image/jpeg"),
        "/long.png": (200, picture(2_100, 100), "image/png"),
        "/huge.png": (200, picture(6_000, 4_001), "image/png"),
        "/moved.png": (302, b"/a.png", "text/plain"),
        "/round.png": (302, b"/round.png", "text/plain"),
        "/broken.png": (500, b"", "text/plain"),
        "/a.mp3": (200, MP3_SECOND * 3, "audio/mpeg"),
        "/a.ogg": (200, b"OggS" + bytes(50), "audio/ogg"),
        "/a.mp4": (200, MP4, "video/mp4"),
        "/a.pdf": (200, b"%PDF-1.7", "application/pdf"),
        "/page": (200, b"<html></html>", "text/html"),
    }


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling(fetches_private=True) as client:
        yield client


@pytest.fixture
def chat(api: Api) -> Chat:
    return api.sim.private(api.sim.person("Huda", "ar"))


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async with serving_files(files()) as url:
        yield url


async def upload(api: Api, method: str, uploads: dict[str, bytes], **values: Any) -> dict[str, Any]:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    form = aiohttp.FormData(texts)
    for name, content in uploads.items():
        form.add_field(name, io.BytesIO(content), filename=f"{name}.bin")
    async with api.http.post(f"{api.sim.url}/bot{api.sim.token}/{method}", data=form) as answer:
        told: dict[str, Any] = await answer.json()
        return told


def page_with(*media: Any, html: str | None = None) -> dict[str, Any]:
    """A page with a photo for each medium, or with this HTML."""
    declared = [{"id": f"m{number}", "media": medium} for number, medium in enumerate(media)]
    shown = "".join(f'<img src="tg://photo?id=m{number}"/>' for number in range(len(media)))
    return {"html": html or shown, "media": declared}


def photo(named: str) -> dict[str, str]:
    return {"type": "photo", "media": named}


async def refusal(api: Api, chat: Chat, html: str, *media: Any) -> str:
    rich = page_with(*media, html=html) if media else {"html": html}
    refused = await api.refused("sendRichMessage", chat_id=chat.id, rich_message=rich)
    return refused.removeprefix("Bad Request: ")


# Pages


async def test_an_uploaded_picture_is_shown_and_its_id_is_good_in_other_chats(api: Api, chat: Chat) -> None:
    told = await upload(
        api, "sendRichMessage", {"p": picture(900, 600)}, chat_id=chat.id, rich_message=page_with(photo("attach://p"))
    )
    [block] = told["result"]["rich_message"]["blocks"]
    small, large = block["photo"]
    assert (small["width"], small["height"], large["width"], large["height"]) == (320, 213, 900, 600)
    assert api.sim.content_of(large["file_id"]) == picture(900, 600)
    other = api.sim.private(api.sim.person("Sam"))
    await api.done("sendRichMessage", chat_id=other.id, rich_message=page_with(photo(large["file_id"])))
    assert other.last.blocks == [block]
    async with api.http.get(f"{api.sim.url}/page/files/{large['file_id']}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert "content-disposition" not in answer.headers


async def test_pictures_and_sounds_by_address_are_fetched(api: Api, chat: Chat, site: str) -> None:
    html = (
        f'<figure><img src="{site}/a.png"><figcaption>Sea<cite>Mona</cite></figcaption></figure>'
        f'<tg-slideshow><img src="{site}/a.png"><img src="{site}/moved.png"><video src="{site}/a.gif"></video>'
        f'</tg-slideshow><video src="{site}/a.mp4"></video><audio src="{site}/a.mp3"></audio>'
        f'<audio src="{site}/a.ogg"></audio><tg-document src="{site}/a.pdf"></tg-document>'
    )
    told = await api.done("sendRichMessage", chat_id=chat.id, rich_message={"html": html})
    blocks = told["rich_message"]["blocks"]
    assert [block["type"] for block in blocks] == "photo slideshow video audio voice_note document".split()
    assert blocks[0]["caption"] == {"text": "Sea", "credit": "Mona"}
    assert [block["type"] for block in blocks[1]["blocks"]] == ["photo", "photo", "animation"]
    assert blocks[1]["blocks"][0]["photo"] == blocks[0]["photo"]  # fetched once
    assert blocks[3]["audio"]["duration"] == 3


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/none.png", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/broken.png", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/round.png", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/lies.jpg", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/page", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/a.avif", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/a.gif", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/large.jpg", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/long.png", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("/huge.png", "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
    ],
)
async def test_one_picture_that_cannot_be_had_refuses_the_whole_page(
    api: Api, chat: Chat, site: str, path: str, words: str
) -> None:
    html = f'<p>News</p><img src="{site}/a.png"><img src="{site}{path}">'
    assert await refusal(api, chat, html) == words
    assert chat.messages == []


async def test_media_that_are_not_declared_or_of_another_kind_are_refused(api: Api, chat: Chat, site: str) -> None:
    document = api.sim.keep("a.txt", b"text").id
    image = '<img src="tg://photo?id=m0">'
    assert "media not found" in await refusal(api, chat, '<img src="tg://photo?id=other">', photo("AgAC1"))
    assert await refusal(api, chat, image, photo("AgAC1")) == "RICH_MESSAGE_PHOTO_FILE_ID_INVALID"
    assert await refusal(api, chat, image, photo(document)) == "RICH_MESSAGE_PHOTO_INVALID"
    assert await refusal(api, chat, image, photo("attach://none")) == "RICH_MESSAGE_PHOTO_INVALID"
    assert await refusal(api, chat, image, {"type": "video", "media": f"{site}/a.mp4"}) == (
        "RICH_MESSAGE_PHOTO_INVALID"
    )
    for number in ("", "ä", "x" * 65):
        rich = {"html": "<p>x</p>", "media": [{"id": number, "media": photo("AgAC1")}]}
        assert "wrong id" in await api.refused("sendRichMessage", chat_id=chat.id, rich_message=rich)


async def test_more_than_fifty_media_are_too_many(api: Api, chat: Chat, site: str) -> None:
    image = f'<img src="{site}/small.webp">'
    assert await refusal(api, chat, image * 51) == "RICH_MESSAGE_MEDIA_TOO_MANY"
    assert await api.done("sendRichMessage", chat_id=chat.id, rich_message={"html": image * 50})


async def test_private_addresses_are_not_fetched_unless_the_server_is_told_to(site: str) -> None:
    async with calling() as api:
        chat = api.sim.private(api.sim.person("Huda"))
        for address in (f"{site}/a.png", site.replace("127.0.0.1", "localhost") + "/a.png"):
            assert await refusal(api, chat, f'<img src="{address}">') == "RICH_MESSAGE_PHOTO_URL_INVALID"


async def test_an_address_that_failed_is_not_asked_again_for_a_day(api: Api, chat: Chat) -> None:
    files: dict[str, tuple[int, bytes, str]] = {}
    async with serving_files(files) as site:
        html = f'<img src="{site}/late.png">'
        assert await refusal(api, chat, html) == "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"
        files["/late.png"] = 200, picture(), "image/png"
        assert await refusal(api, chat, html) == "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"
        api.clock.time += 86_401
        assert await api.done("sendRichMessage", chat_id=chat.id, rich_message={"html": html})


async def test_a_server_that_does_not_answer_costs_the_page_and_no_more(api: Api, chat: Chat) -> None:
    api.sim.fetcher.seconds = 0.1
    asked = asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        assert await refusal(api, chat, f'<img src="http://127.0.0.1:{port}/a.png">') == (
            "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"
        )
    assert asked.is_set()


async def test_a_chat_without_the_right_for_media_takes_only_text(api: Api, chat: Chat, site: str) -> None:
    chat.allows_media = False
    assert "not enough rights" in await refusal(api, chat, f'<img src="{site}/a.png">')
    assert "not enough rights" in await api.refused("sendPhoto", chat_id=chat.id, photo=f"{site}/a.png")
    sent = await api.done("sendRichMessage", chat_id=chat.id, rich_message={"html": "<p>x</p>"})
    assert "not enough rights" in await api.refused(
        "editMessageText",
        chat_id=chat.id,
        message_id=sent["message_id"],
        rich_message={"html": f'<img src="{site}/a.png">'},
    )


async def test_a_page_is_sent_although_no_answer_comes(api: Api, chat: Chat) -> None:
    api.sim.faults.add(Fault("no_answer", method="sendRichMessage", holds="Bridge"))
    page = {"html": "<p>Bridge</p>"}
    with pytest.raises(TimeoutError):
        async with api.http.post(
            f"{api.sim.url}/bot{api.sim.token}/sendRichMessage",
            json={"chat_id": chat.id, "rich_message": page},
            timeout=aiohttp.ClientTimeout(0.3),
        ):
            pass
    assert [message.blocks[0]["text"] for message in chat.messages] == ["Bridge"]


async def test_parts_that_nothing_names_are_refused(api: Api, chat: Chat) -> None:
    told = await upload(api, "sendRichMessage", {"a": picture()}, chat_id=chat.id, rich_message={"html": "<p>x</p>"})
    assert "unknown parameters" in told["description"]


# Messages with one file


@pytest.mark.parametrize(
    ("method", "kind", "path"),
    [
        ("sendPhoto", "photo", "/a.png"),
        ("sendVideo", "video", "/a.mp4"),
        ("sendAudio", "audio", "/a.mp3"),
        ("sendDocument", "document", "/a.pdf"),
    ],
)
async def test_a_file_is_sent_by_address_upload_and_id(
    api: Api, chat: Chat, site: str, method: str, kind: str, path: str
) -> None:
    by_address = await api.done(
        method, chat_id=chat.id, caption="<b>Sea</b>", parse_mode="HTML", **{kind: site + path}
    )
    assert (by_address["caption"], by_address["caption_entities"][0]["type"]) == ("Sea", "bold")
    told = await upload(api, method, {kind: files()[path][1]}, chat_id=chat.id)
    uploaded = told["result"][kind]
    number = (uploaded[-1] if kind == "photo" else uploaded)["file_id"]
    again = await api.done(method, chat_id=chat.id, **{kind: number})
    assert again[kind] == uploaded
    assert "text" not in again


async def test_what_the_bot_tells_of_a_sound_is_shown(api: Api, chat: Chat, site: str) -> None:
    told = await api.done("sendAudio", chat_id=chat.id, audio=f"{site}/a.mp3", title="Harbour", performer="Wire")
    assert (told["audio"]["title"], told["audio"]["performer"], told["audio"]["duration"]) == ("Harbour", "Wire", 3)


@pytest.mark.parametrize(
    ("method", "kind", "path", "words"),
    [
        ("sendPhoto", "photo", "/none.png", "WEBPAGE_CURL_FAILED"),
        ("sendPhoto", "photo", "/lies.jpg", "WEBPAGE_MEDIA_EMPTY"),
        ("sendPhoto", "photo", "/a.mp4", "WEBPAGE_MEDIA_EMPTY"),
        ("sendVideo", "video", "/page", "WEBPAGE_MEDIA_EMPTY"),
        ("sendAudio", "audio", "/a.ogg", "WEBPAGE_MEDIA_EMPTY"),
        ("sendDocument", "document", "/page", "WEBPAGE_MEDIA_EMPTY"),
    ],
)
async def test_what_an_address_does_not_give_is_refused_with_telegrams_words(
    api: Api, chat: Chat, site: str, method: str, kind: str, path: str, words: str
) -> None:
    assert await api.refused(method, chat_id=chat.id, **{kind: site + path}) == f"Bad Request: {words}"


async def test_files_of_another_kind_and_long_captions_are_refused(api: Api, chat: Chat, site: str) -> None:
    document = api.sim.keep("a.txt", b"text").id
    assert "can't use file of type document" in await api.refused("sendPhoto", chat_id=chat.id, photo=document)
    assert "wrong file identifier" in await api.refused("sendPhoto", chat_id=chat.id, photo="AgAC1")
    told = await upload(api, "sendPhoto", {"photo": b"no picture"}, chat_id=chat.id)
    assert told["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
    told = await upload(api, "sendPhoto", {"photo": picture(10, 10) + bytes(10 * 2**20)}, chat_id=chat.id)
    assert "wrong file identifier" in told["description"]
    values: dict[str, Any] = {"chat_id": chat.id, "photo": f"{site}/a.png"}
    assert await api.done("sendPhoto", **values, caption="x" * 1024)
    assert "too long" in await api.refused("sendPhoto", **values, caption="x" * 1025)


async def test_a_message_with_a_caption_cannot_become_a_page_or_a_text(api: Api, chat: Chat, site: str) -> None:
    sent = await api.done("sendPhoto", chat_id=chat.id, photo=f"{site}/a.png", caption="Sea")
    where = {"chat_id": chat.id, "message_id": sent["message_id"]}
    for content in ({"text": "x"}, {"rich_message": {"html": "<p>x</p>"}}):
        refused = await api.refused("editMessageText", **where, **content)
        assert refused == "Bad Request: there is no text in the message to edit"


async def test_the_page_gets_files_that_are_no_pictures_as_downloads(api: Api, chat: Chat) -> None:
    document = api.sim.keep("a.html", b"<script>1</script>").id
    async with api.http.get(f"{api.sim.url}/page/files/{document}") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
