"""An open page and the sender: a correction edits it, a retraction replaces it, and no alert is a page."""

from dataclasses import replace

import pytest

from bot.ingest.prepare import prepare_texts
from bot.sim import Chat, Fault, Shown
from storage.records import ChangedArticle, ChatState, Lane, OpensAs, Source, SourceKind
from storage.topics import corrections
from tests.drawing import picture_page
from tests.newsroom import Newsroom
from tests.site import Site
from tests.test_chat_pages import AS_PAGE, AS_TEXT, LESS, WORDS, draft, kinds, paragraph, photos, picture

READ = "📖 Read"
TITLE, CORRECTED = "Harbour council votes", "Harbour council votes against"


async def alerted(room: Newsroom, site: Site, source: Source | None = None) -> tuple[Chat, int]:
    """A reader who has the alert of an article with a picture; the article."""
    site.pages["/quay.jpg"] = picture_page()
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    room.clock.advance(seconds=1)
    article = draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS), paragraph("End."))
    [number] = await room.publish(article, lane=Lane.ALERT, source=source)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith(TITLE))
    return chat, number


async def opened_page(room: Newsroom, chat: Chat) -> Shown:
    await room.press(chat, READ)
    return await room.press(chat, AS_PAGE)


async def correct(room: Newsroom, number: int, site: Site) -> None:
    """The newsroom changes the title, and what is owed for that is sent."""
    article = await room.storage.articles.get(number)
    assert article is not None
    changed = draft(picture(f"{site.url}/quay.jpg", "The quay"), paragraph(WORDS), paragraph("End."), title=CORRECTED)
    [(text, search, _)] = prepare_texts([changed])
    change = ChangedArticle(article_id=number, text=text, search=search, from_revision=article.revision)
    await room.storage.articles.store([], [change], now=room.clock())


async def settle(room: Newsroom, chat: Chat) -> None:
    """Everything that is owed is sent."""
    room.clock.advance(minutes=30)
    before = len(room.sim.calls)
    async with room.sending():
        await room.sim.until(lambda: any(call.method == "editMessageText" for call in room.sim.calls[before:]))


async def test_alert_is_text_also_in_a_chat_that_opens_articles_as_pages(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    ours = await room.storage.chats.get(chat.id, None)
    assert ours is not None
    await room.storage.chats.set_opens_as(ours.id, OpensAs.PAGE, now=room.clock())
    room.clock.advance(seconds=1)
    await room.publish(draft(paragraph(WORDS), paragraph("End.")), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith(TITLE))
    assert "heading" in kinds(await room.press(chat, READ))


async def test_correction_edits_an_open_page_with_its_pictures(room: Newsroom, site: Site) -> None:
    chat, number = await alerted(room, site)
    shown = await opened_page(room, chat)
    await correct(room, number, site)
    await settle(room, chat)
    assert chat.last.id == shown.id
    assert chat.last.blocks[0]["text"] == CORRECTED
    assert photos(chat.last) == ["The quay"]
    assert site.asked("/quay.jpg") == 1
    assert chat.last.buttons == shown.buttons
    assert {AS_TEXT, LESS, "↗ Share"} <= set(chat.last.buttons)


@pytest.mark.parametrize("press", [AS_TEXT, LESS], ids="as-text alert-again".split())
async def test_correction_edits_text_where_the_page_was_closed(room: Newsroom, site: Site, press: str) -> None:
    chat, number = await alerted(room, site)
    await opened_page(room, chat)
    await room.press(chat, press)
    await room.heard()
    await correct(room, number, site)
    await settle(room, chat)
    assert chat.last.blocks == []
    assert chat.last.text.startswith(CORRECTED)


async def test_retraction_replaces_an_open_page(room: Newsroom, site: Site) -> None:
    chat, number = await alerted(room, site)
    await opened_page(room, chat)
    await room.storage.articles.retract(number, now=room.clock())
    await settle(room, chat)
    assert chat.last.blocks == []
    assert "🚫" in chat.last.text


async def test_correction_that_telegram_refuses_as_a_page_comes_as_text(room: Newsroom, site: Site) -> None:
    chat, number = await alerted(room, site)
    await opened_page(room, chat)
    await correct(room, number, site)
    room.sim.faults.add(Fault("bad_request", holds="is_rtl", times=2, text="RICH_MESSAGE_PHOTO_INVALID"))
    room.clock.advance(minutes=30)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith(CORRECTED))
    assert chat.last.blocks == []
    assert await room.storage.deliveries.count_owed() == 0


async def test_page_of_an_article_that_became_a_teaser_is_corrected_to_the_alert(room: Newsroom, site: Site) -> None:
    chat, number = await alerted(room, site)
    await opened_page(room, chat)
    article = await room.storage.articles.get(number)
    assert article is not None
    text = replace(article.text, title=CORRECTED, body="", document="")
    [(_, search, _)] = prepare_texts([draft(paragraph(WORDS))])
    change = ChangedArticle(article_id=number, text=text, search=search, from_revision=article.revision)
    await room.storage.articles.store([], [change], now=room.clock())
    await settle(room, chat)
    assert chat.last.text.startswith(CORRECTED)


async def feed(room: Newsroom) -> Source:
    source, _ = await room.storage.sources.add("https://news.example/feed", SourceKind.FEED, now=room.clock())
    return source


@pytest.mark.parametrize("presses", [[READ], [READ, AS_PAGE], [READ, AS_PAGE, AS_TEXT]], ids="text page both".split())
async def test_full_text_is_taken_out_of_opened_alerts_when_their_source_becomes_a_teaser(
    room: Newsroom, site: Site, presses: list[str]
) -> None:
    source = await feed(room)
    chat, _ = await alerted(room, site, source)
    for press in presses:
        await room.press(chat, press)
    await room.heard()
    opened = chat.last
    assert "End." in str(opened.raw)
    await room.storage.sources.set_teaser(source.id, True)
    assert await room.storage.deliveries.fold_opened(source.id, now=room.clock()) == 1
    await settle(room, chat)
    assert chat.last.id == opened.id
    assert chat.last.blocks == []
    assert chat.last.text.startswith(TITLE)
    assert "End." not in str(chat.last.raw)
    assert AS_PAGE not in (await room.press(chat, READ)).buttons


async def test_alert_that_was_folded_again_and_those_of_other_sources_stay(room: Newsroom, site: Site) -> None:
    source = await feed(room)
    chat, _ = await alerted(room, site, source)
    await room.press(chat, READ)
    await room.press(chat, LESS)
    await room.heard()
    assert await room.storage.deliveries.fold_opened(source.id, now=room.clock()) == 0
    await room.press(chat, READ)
    await room.heard()
    assert await room.storage.deliveries.fold_opened(source.id + 1, now=room.clock()) == 0


async def test_chat_that_blocked_the_bot_loses_the_full_text_when_it_returns(room: Newsroom, site: Site) -> None:
    source = await feed(room)
    chat, _ = await alerted(room, site, source)
    await room.press(chat, READ)
    await room.heard()
    opened = chat.last
    await room.storage.chats.pause(chat.id, state=ChatState.PAUSED, reason="blocked", now=room.clock())
    await room.storage.sources.set_teaser(source.id, True)
    assert await room.storage.deliveries.fold_opened(source.id, now=room.clock()) == 1
    assert await room.storage.deliveries.count_owed() == 0
    await room.storage.chats.resume(chat.id, now=room.clock())
    await settle(room, chat)
    assert chat.last.id == opened.id
    assert "End." not in str(chat.last.raw)


async def test_steps_reach_all_opened_messages_of_a_source(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "OPENED_AT_ONCE", 1)
    source = await feed(room)
    others = [room.reader(name=name)[0] for name in ("Omar", "Rana")]
    for one in others:
        await room.ask(one, "/subscribe")
    chat, _ = await alerted(room, site, source)
    chats = [chat, *others]
    async with room.sending():
        await room.sim.until(lambda: all(one.last.text.startswith(TITLE) for one in chats))
    for one in chats:
        await room.press(one, READ)
    await room.heard()
    assert await room.storage.deliveries.fold_opened(source.id, now=room.clock()) == len(chats)


async def test_mydata_names_the_page_that_is_open_and_the_text(room: Newsroom, site: Site) -> None:
    chat, _ = await alerted(room, site)
    shapes = []
    for press in (None, READ, AS_PAGE):
        if press is not None:
            await room.press(chat, press)
            await room.heard()
        [message] = (await room.storage.personal_data.export(chat.id))["messages"]
        shapes.append(message["shown_as"])
    assert shapes == ["as it was sent", "opened text", "page"]
