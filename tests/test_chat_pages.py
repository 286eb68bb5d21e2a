"""An article as a page in the chat: its pictures, both shapes, and servers that refuse."""

import asyncio
import json
import math
from typing import Any

import pytest
from aiohttp import web

from bot.config import Config
from bot.ingest import pictures
from bot.ingest.draft import Draft
from bot.ingest.network.fetch import Fetcher
from bot.ingest.pictures import PictureFetcher
from bot.sim import Chat, Fault, Shown
from bot.text.document import stored_form, to_plain
from storage import Storage
from storage.records import SourceKind
from storage.records.documents import (
    Block,
    Cell,
    Code,
    Document,
    Gallery,
    Listing,
    Mark,
    Paragraph,
    Picture,
    Quote,
    Run,
    Table,
)
from tests.conftest import Clock
from tests.drawing import drawn, noise, picture_page
from tests.newsroom import Newsroom, newsroom
from tests.site import Page, Site

AS_PAGE, AS_TEXT, LESS = "📰 As a page", "↩ As text", "▲ Less"
WORDS = "The council voted on Monday, after nine hours, to build the new harbour. Work begins in spring. " * 3


def paragraph(words: str) -> Paragraph:
    return Paragraph((Run(words),))


def picture(address: str, caption: str) -> Picture:
    return Picture(address, (Run(caption),))


def draft(*blocks: Block, title: str = "Harbour council votes", **changes: Any) -> Draft:
    document: Document = blocks
    values = {"body": to_plain(document), "document": stored_form(document), "publisher": "The Quay"}
    return Draft(title=title, url="https://news.example/harbour", **(values | changes))


async def opens_pages(room: Newsroom, chat: Chat) -> None:
    """The chat chooses that articles open as pages."""
    await room.ask(chat, "/settings")
    await room.press(chat, "🎨 Appearance")
    await room.press(chat, "▫️ Open articles as pages")


async def opened(room: Newsroom, chat: Chat) -> Shown:
    await room.ask(chat, "/latest")
    return await room.ask(chat, "1")


async def page(room: Newsroom, *drafts: Draft, chat: Chat | None = None) -> Shown:
    """The page of the first article, opened with its button."""
    chat = chat or room.reader()[0]
    if drafts:
        await room.publish(*drafts)
    await opened(room, chat)
    return await room.press(chat, AS_PAGE)


def photos(shown: Shown) -> list[str]:
    """The captions of the photos of a page, "" for one without."""

    def found(blocks: list[dict[str, Any]]) -> list[str]:
        return [
            caption
            for block in blocks
            for caption in (
                [block.get("caption", {}).get("text", "")]
                if block["type"] == "photo"
                else found(block.get("blocks", []))
            )
        ]

    return found(shown.blocks)


def kinds(shown: Shown) -> list[str]:
    return [block["type"] for block in shown.blocks]


async def test_article_becomes_a_page_and_text_again(room: Newsroom, site: Site) -> None:
    site.pages["/quay.jpg"] = picture_page()
    shown = await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
    assert kinds(shown)[:2] == ["heading", "paragraph"]
    assert photos(shown) == ["The quay"]
    assert AS_TEXT in shown.buttons
    assert "🔗 Source" in shown.buttons
    assert shown.text == ""
    chat = room.sim.chat(room.sim.calls[-1].values["chat_id"])
    again = await room.press(chat, AS_TEXT)
    assert again.blocks == []
    assert AS_PAGE in again.buttons
    assert again.text.startswith("Harbour council votes")


async def test_menu_of_a_page_leads_back_to_the_page(room: Newsroom) -> None:
    shown = await page(room, draft(paragraph(WORDS), paragraph(WORDS[::-1])))
    chat = room.sim.chat(room.sim.calls[-1].values["chat_id"])
    await chat.press("⋯")
    await room.heard()
    assert chat.last.blocks == shown.blocks
    await chat.press("↩ Back")
    await room.heard()
    assert chat.last.blocks == shown.blocks
    assert AS_TEXT in chat.last.buttons


async def test_picture_is_fetched_and_uploaded_once_for_all_chats(room: Newsroom, site: Site) -> None:
    site.pages["/quay.webp"] = picture_page("WEBP")
    await page(room, draft(picture(f"{site.url}/quay.webp", "The quay"), paragraph(WORDS)))
    uploads = [call.values["rich_message"]["media"][0]["media"]["media"] for call in edits(room)]
    shown = await page(room, chat=room.reader(name="Omar")[0])
    assert photos(shown) == ["The quay"]
    assert site.asked("/quay.webp") == 1
    media = [call.values["rich_message"]["media"][0]["media"]["media"] for call in edits(room)]
    assert media == [*uploads, media[-1]] == ["attach://p0", media[-1]]
    assert media[-1].startswith("AgAC")


def edits(room: Newsroom) -> list[Any]:
    return [call for call in room.sim.calls if "rich_message" in call.values]


async def test_two_chats_that_open_a_page_at_once_fetch_its_pictures_once(room: Newsroom, site: Site) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        asked.set()
        await released.wait()
        return web.Response(body=drawn())

    site.pages["/slow.jpg"] = slow
    await room.publish(draft(picture(f"{site.url}/slow.jpg", "The quay"), paragraph(WORDS)))
    chats = [room.reader(name=name)[0] for name in ("Huda", "Omar")]
    for chat in chats:
        await opened(room, chat)
        await chat.press(AS_PAGE)
    await asked.wait()
    released.set()
    await room.sim.until(lambda: all(chat.last.blocks for chat in chats))
    assert site.asked("/slow.jpg") == 1
    assert sorted(call.values["rich_message"]["media"][0]["media"]["media"][:6] for call in edits(room)) == [
        "AgAC" + edits(room)[1].values["rich_message"]["media"][0]["media"]["media"][4:6],
        "attach",
    ]


async def test_bad_pictures_cost_only_themselves_and_are_not_asked_for_again_soon(room: Newsroom, site: Site) -> None:
    site.pages |= {"/good.jpg": picture_page(), "/page.jpg": Page("<html>gone</html>"), "/avif": picture_page("AVIF")}
    names = ["good.jpg", "page.jpg", "missing.jpg", "avif"]
    blocks = [picture(f"{site.url}/{name}", name) for name in names]
    shown = await page(room, draft(*blocks, paragraph(WORDS)))
    assert photos(shown) == ["good.jpg", "avif"]
    assert "page.jpg" in str(shown.blocks)  # its caption stays
    await page(room, chat=room.reader(name="Omar")[0])
    assert (site.asked("/page.jpg"), site.asked("/missing.jpg")) == (1, 1)
    room.clock.advance(hours=2)
    site.pages["/page.jpg"] = picture_page()
    assert photos(await page(room, chat=room.reader(name="Rana")[0])) == ["good.jpg", "page.jpg", "avif"]


async def test_gallery_is_a_slideshow_of_uploaded_pictures(room: Newsroom, site: Site) -> None:
    site.pages |= {f"/{n}.png": picture_page("PNG") for n in range(6)}
    gallery = Gallery(tuple(Picture(f"{site.url}/{n}.png") for n in range(6)), (Run("Six views"),))
    shown = await page(room, draft(gallery, paragraph(WORDS)))
    assert "slideshow" in kinds(shown)
    assert len(photos(shown)) == 6
    assert photos(await page(room, chat=room.reader(name="Omar")[0])) == photos(shown)


async def test_picture_of_six_megabytes_is_shown(room: Newsroom, site: Site) -> None:
    site.pages["/large.jpg"] = Page(noise((3_000, 2_000)))
    assert photos(await page(room, draft(picture(f"{site.url}/large.jpg", "Large"), paragraph(WORDS)))) == ["Large"]


async def test_arabic_page_is_right_to_left(room: Newsroom) -> None:
    chat, _ = room.reader("ar", "هدى")
    await room.publish(draft(paragraph("صوّت المجلس أمس على المرفأ. " * 9), title="المجلس يصوّت", language="ar"))
    await opened(room, chat)
    shown = await room.press(chat, "📰 صفحة كاملة")
    assert shown.raw["rich_message"]["is_rtl"]
    assert "↩ نص فقط" in shown.buttons


async def test_page_of_five_hundred_blocks_is_cut_and_taken(room: Newsroom) -> None:
    shown = await page(room, draft(*(paragraph(f"Paragraph {n} of a long report.") for n in range(500))))
    assert "Paragraph 100 of" in str(shown.blocks)
    assert "Read on at the source" in str(shown.blocks)


async def test_chat_that_reads_pages_opens_each_article_as_one(room: Newsroom) -> None:
    await room.publish(draft(paragraph(WORDS), paragraph("End.")))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await opens_pages(room, chat)
    shown = await room.ask(chat, "1")
    assert "heading" in kinds(shown)
    again = await room.press(chat, AS_TEXT)
    assert again.blocks == []


# Servers that refuse


async def test_older_server_gets_text_from_then_on_without_an_error_for_the_reader(room: Newsroom) -> None:
    room.sim.version = (10, 0)
    await room.publish(draft(paragraph(WORDS), paragraph("End.")))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await opens_pages(room, chat)
    shown = await room.ask(chat, "1")  # a new message: the method is missing
    assert shown.text.startswith("Harbour council votes")
    asked = len(edits(room))
    assert AS_PAGE not in (await room.ask(chat, "1")).buttons
    assert len(edits(room)) == asked
    room.sim.errors.clear()


async def test_older_server_that_is_asked_to_edit_keeps_the_text(room: Newsroom) -> None:
    room.sim.version = (10, 0)
    await room.publish(draft(paragraph(WORDS), paragraph("End.")))
    chat, _ = room.reader()
    await opened(room, chat)
    shown = await room.press(chat, AS_PAGE)
    await room.heard()
    assert shown.text.startswith("Harbour council votes")
    assert "went wrong" not in chat.last.text
    assert not room.pictures.are_taken
    await room.ask(chat, "/settings")
    assert not any("as pages" in label for label in (await room.press(chat, "🎨 Appearance")).buttons)
    room.sim.version = (10, 5)
    room.clock.advance(minutes=61)
    await room.ask(chat, "/settings")
    assert any("as pages" in label for label in (await room.press(chat, "🎨 Appearance")).buttons)
    assert kinds(await page(room, chat=room.reader(name="Omar")[0]))
    room.sim.errors.clear()


@pytest.mark.parametrize(
    ("refusals", "is_page", "has_photo"), [(1, True, False), (2, False, False)], ids="without-pictures text".split()
)
async def test_page_that_is_refused_comes_without_pictures_and_then_as_text(
    room: Newsroom, site: Site, refusals: int, is_page: bool, has_photo: bool
) -> None:
    site.pages["/quay.jpg"] = picture_page()
    refused = Fault("bad_request", holds="is_rtl", times=refusals, text="RICH_MESSAGE_PHOTO_INVALID")
    room.sim.faults.add(refused)
    shown = await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
    await room.heard()
    chat = room.sim.chat(room.sim.calls[-1].values["chat_id"])
    assert bool(chat.last.blocks) is is_page
    assert bool(photos(chat.last)) is has_photo
    if not is_page:
        assert AS_TEXT not in shown.buttons
    assert room.pictures.are_taken


async def test_file_that_telegram_lost_is_uploaded_again(room: Newsroom, site: Site) -> None:
    site.pages["/quay.jpg"] = picture_page()
    await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
    room.sim.faults.add(Fault("bad_request", holds="AgAC", text="RICH_MESSAGE_PHOTO_INVALID"))
    assert photos(await page(room, chat=room.reader(name="Omar")[0])) == []
    assert photos(await page(room, chat=room.reader(name="Rana")[0])) == ["The quay"]
    assert site.asked("/quay.jpg") == 2


async def test_chat_that_takes_no_photos_costs_the_others_no_file(room: Newsroom, site: Site) -> None:
    site.pages["/quay.jpg"] = picture_page()
    await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
    strict, _ = room.reader(name="Omar")
    strict.allows_media = False
    await page(room, chat=strict)
    await room.heard()
    assert (kinds(strict.last)[0], photos(strict.last)) == ("heading", [])
    assert photos(await page(room, chat=room.reader(name="Rana")[0])) == ["The quay"]
    assert site.asked("/quay.jpg") == 1
    room.sim.errors.clear()  # the refusal


def too_large(holds: str, *, described: bool = True) -> Fault:
    told = {"ok": False, "error_code": 413, "description": "Request Entity Too Large"} if described else {}
    return Fault("answer", holds=holds, times=math.inf, status=413, text=json.dumps(told))


async def open_page(room: Newsroom, chat: Chat, title: str) -> Shown:
    """The page of the newest article, which has this title."""
    await room.ask(chat, "/latest")
    assert (await room.ask(chat, "1")).text.startswith(title)
    await room.press(chat, AS_PAGE)
    await room.heard()
    return chat.last


@pytest.mark.parametrize("described", [True, False], ids="telegram proxy".split())
async def test_upload_that_is_too_large_comes_without_its_largest_picture(
    room: Newsroom, site: Site, described: bool
) -> None:
    site.pages |= {"/small.jpg": picture_page(), "/large.jpg": Page(noise((900, 600)))}
    room.sim.faults.add(too_large("attach://p1", described=described))
    blocks = [picture(f"{site.url}/{name}.jpg", name) for name in ("small", "large")]
    chat, _ = room.reader()
    await room.publish(draft(*blocks, paragraph(WORDS)))
    assert photos(await open_page(room, chat, "Harbour")) == ["small"]
    assert photos(await open_page(room, chat, "Harbour")) == ["small"]
    assert (site.asked("/small.jpg"), site.asked("/large.jpg")) == (1, 1)


async def test_refused_upload_costs_the_pictures_that_telegram_has_nothing(room: Newsroom, site: Site) -> None:
    site.pages |= {"/known.jpg": picture_page(), "/new.jpg": picture_page(size=(200, 320))}
    known, new = (picture(f"{site.url}/{name}.jpg", name) for name in ("known", "new"))
    chat, _ = room.reader()
    await page(room, draft(known, paragraph(WORDS)), chat=chat)
    await room.publish(draft(known, new, paragraph(WORDS), title="Second"))
    room.sim.faults.add(too_large("attach://"))
    assert photos(await open_page(room, chat, "Second")) == ["known"]
    assert photos(await open_page(room, chat, "Second")) == ["known"]
    assert site.asked("/new.jpg") == 1  # the picture that was refused is not tried again soon
    room.sim.faults.clear()
    room.clock.advance(hours=2)
    assert photos(await open_page(room, chat, "Second")) == ["known", "new"]
    assert site.asked("/new.jpg") == 2


async def test_one_refused_picture_costs_the_others_the_first_openings_only(room: Newsroom, site: Site) -> None:
    names = [f"{n}.jpg" for n in range(4)]
    site.pages |= {f"/{name}": picture_page(size=(320, 200 + 10 * n)) for n, name in enumerate(names)}
    await room.publish(draft(*(picture(f"{site.url}/{name}", name) for name in names), paragraph(WORDS)))
    chat, _ = room.reader()
    room.sim.faults.add(Fault("bad_request", holds="attach://p3", times=math.inf, text="RICH_MESSAGE_PHOTO_INVALID"))
    shown = [photos(await open_page(room, chat, "Harbour")) for _ in range(4)]
    assert shown[0] == []
    assert shown[1] == shown[3] == names[2:]  # these two are p0 and p1 of a page
    assert all(site.asked(f"/{name}") <= 2 for name in names)


async def test_page_refused_for_another_reason_than_its_pictures_costs_no_picture(room: Newsroom, site: Site) -> None:
    site.pages["/quay.jpg"] = picture_page()
    room.sim.faults.add(Fault("bad_request", holds="is_rtl", times=2, text="RICH_MESSAGE_URL_INVALID"))
    await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
    await room.heard()
    assert photos(await page(room, chat=room.reader(name="Omar")[0])) == ["The quay"]


@pytest.mark.parametrize("kind", ["server_error", "too_many"])
async def test_server_that_is_unwell_does_not_cost_the_page(room: Newsroom, kind: Any, monkeypatch: Any) -> None:
    from bot.backoff import Backoff
    from bot.chat import replies

    monkeypatch.setattr(replies, "AFTER_FAILURE", Backoff(0.01, 0.02))
    room.sim.faults.add(Fault(kind, method="editMessageText", seconds=0.02))
    await room.publish(draft(paragraph(WORDS), paragraph("End.")))
    chat, _ = room.reader()
    await opened(room, chat)
    await chat.press(AS_PAGE)
    await room.sim.until(lambda: bool(chat.last.blocks))
    assert [call.status for call in edits(room)][-1] == 200


@pytest.mark.slow
async def test_page_is_not_sent_again_after_a_time_out(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.chat import replies

    monkeypatch.setattr(replies, "PAGE_SECONDS", 0.2)
    await room.publish(draft(paragraph(WORDS), paragraph("End.")))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await opens_pages(room, chat)
    room.sim.faults.add(Fault("no_answer", method="sendRichMessage"))
    before = len(chat.messages)
    chat.say("1")
    await room.heard()
    assert len(chat.messages) == before + 1
    assert chat.last.blocks


# What the operator promised and is told


async def test_teaser_has_no_page_and_no_full_text_anywhere(room: Newsroom) -> None:
    source, _ = await room.storage.sources.add(
        "https://news.example/feed", SourceKind.FEED, now=room.clock(), teaser=True
    )
    sentences = [f"Sentence number {n} tells of the lighthouse in some words." for n in range(12)]
    await room.publish(draft(paragraph(" ".join(sentences)), paragraph("Nobody waved goodbye.")), source=source)
    chat, _ = room.reader()
    for typed in ("/latest", "1", "/summary 1", "goodbye"):
        shown = await room.ask(chat, typed)
        assert AS_PAGE not in shown.buttons
        assert "Nobody waved" not in shown.text
    await opens_pages(room, chat)
    await room.ask(chat, "/latest")
    assert (await room.ask(chat, "1")).blocks == []


async def test_operator_is_told_once_that_the_pictures_of_a_source_fail_and_when_they_are_well(
    storage: Storage, clock: Clock, site: Site
) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=0, admins=(77,))) as room:
        source, _ = await room.storage.sources.add(
            "https://quay.example/feed", SourceKind.FEED, now=clock(), title="The Quay"
        )
        chat, _ = room.reader()

        async def open_article_with(*names: str, title: str) -> None:
            blocks = [picture(f"{site.url}/{name}", name) for name in names]
            await room.publish(draft(*blocks, paragraph(WORDS), title=title), source=source)
            await opened(room, chat)
            await room.press(chat, AS_PAGE)
            await room.heard()

        async def told() -> list[str]:
            rows = await storage.database.fetch("SELECT notice FROM deliveries WHERE kind = 'notice' ORDER BY id")
            return [json.loads(row["notice"])["key"] for row in rows]

        await open_article_with(*(f"a{n}" for n in range(9)), title="First")
        assert await told() == []
        await open_article_with("b1", "b2", title="Second")
        await open_article_with("c1", title="Third")
        assert await told() == ["pictures_fail"]
        site.pages["/d1"] = picture_page()
        await open_article_with("d1", title="Fourth")
        assert await told() == ["pictures_fail", "pictures_well"]


async def test_hostile_document_makes_a_page_that_the_server_takes(room: Newsroom) -> None:
    nested: Block = paragraph("deep")
    for _ in range(12):
        nested = Quote((Listing(((nested, paragraph("beside")),)),))
    links = ["https://a.example/?q=<b>&x=1", "https://b.example/(a)'b\"", "https://c.example/%20%D8%A7"]
    runs = tuple(Run(f"link {link}", frozenset(Mark), link) for link in links)
    table = Table((tuple(Cell((Run(f"<td>{n}"),)) for n in range(60)),))
    wide = Table(tuple((Cell((Run("name"),)), *(Cell((Run(str(n)),)) for n in range(28))) for _ in range(3)))
    shown = await page(
        room,
        draft(
            nested,
            Paragraph(runs),
            table,
            wide,
            Code("</pre><script>"),
            Paragraph((Run("a\nb #tag @name"),)),
            paragraph(WORDS),
        ),
    )
    assert "deep" in str(shown.blocks)
    assert "A table with 60 columns is left out here." in str(shown.blocks)


async def test_picture_at_a_private_address_is_not_asked_for(
    storage: Storage, clock: Clock, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with newsroom(storage, clock) as room, Fetcher(max_bytes=1_000_000) as guarded:
        monkeypatch.setattr(room.pictures, "_fetcher", PictureFetcher(guarded))
        site.pages["/quay.jpg"] = picture_page()
        shown = await page(room, draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS)))
        assert photos(shown) == []
        assert site.requests == []


async def test_slow_picture_costs_only_itself(room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    released = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await released.wait()
        return web.Response(body=drawn())

    monkeypatch.setattr(pictures, "ALL_SECONDS", 1.0)
    site.pages |= {"/slow.jpg": slow, "/quick.jpg": picture_page()}
    blocks = [picture(f"{site.url}/{name}.jpg", name) for name in ("slow", "quick")]
    shown = await page(room, draft(*blocks, paragraph(WORDS)))
    released.set()
    assert photos(shown) == ["quick"]
