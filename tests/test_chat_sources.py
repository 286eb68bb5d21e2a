"""Sources in the chat: who adds what by its address, what is answered, and who follows it then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from bot.config import Config
from storage import Storage
from storage.records import SourceKind
from tests.adding import ADMIN, BODY, add, feed, item, operator, page, sources
from tests.conftest import Clock
from tests.ingesting import FEED
from tests.newsroom import Newsroom, newsroom
from tests.site import Page, Site, rss
from tests.test_chat_following import draft, follows, sent
from tests.test_chat_places import question, with_channel
from tests.test_formats_news_sitemap import listed, sitemap


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom where each chat may add two sources."""
    config = Config(commands_per_minute=0, reader_sources=2, admins=(ADMIN,), allow_private_hosts=True)
    async with newsroom(storage, clock, config) as opened:
        yield opened


# A feed


async def test_a_feed_is_added_for_the_chat_alone_and_followed(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    url = feed(site)
    served = site.pages["/feed"]
    assert isinstance(served, Page)
    text, gate = str(served.body), asyncio.Event()

    async def slowly(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.Response(text=text, headers=FEED)

    site.pages["/feed"] = slowly
    assert (await room.ask(chat, f"/add {url}")).text == f"⏳ Reading ⁨{url}⁩ …"
    gate.set()
    await room.heard()
    [answer] = chat.messages
    assert answer.text.replace("\u200e", "").split("\n\n") == [
        "✅ Added for this chat: ⁨Harbour News⁩.",
        "Category: ⁨Trade⁩.",
        "The newest:\n• Ferry 4\n⁨1 day ago⁩\n• Ferry 3\n⁨2 days ago⁩\n• Ferry 2\n⁨3 days ago⁩",
        "You get what it publishes from now on.",
    ]
    assert answer.buttons == ["↩ Undo", "⚙️ This source"]
    assert await sources(room) == [(url, True)]
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_what_it_publishes_from_then_on_is_sent_to_the_chats_that_added_it(room: Newsroom, site: Site) -> None:
    one, other, stranger = [room.reader(name=name)[0] for name in ("A", "B", "C")]
    url = feed(site)
    for chat in (one, other):
        assert (await add(room, chat, url)).text.startswith("✅ Added for this chat: ⁨Harbour News⁩.")
    await room.ask(stranger, "/subscribe all")
    assert await sources(room) == [(url, True)]  # one source for both
    await room.ingest.refresh_due()
    room.clock.advance(minutes=40)
    feed(site, "/feed", "Harbour News", f"<title>Quay opens</title><description>{BODY}</description>")
    await room.ingest.refresh_due()
    got = await sent(room, one, other, stranger)
    assert [[line for line in lines if "Quay opens" in line] for lines in got] == [["Quay opens"], ["Quay opens"], []]


async def test_an_administrator_of_the_bot_adds_for_everyone_in_the_private_chat(room: Newsroom, site: Site) -> None:
    chat, _ = operator(room)
    url = feed(site)
    answer = await add(room, chat, url)
    assert answer.text.startswith("✅ Added for everyone: ⁨Harbour News⁩.")
    assert await sources(room) == [(url, False)]
    undone = await room.press(chat, "↩ Undo")
    assert undone.text == "↩ Undone. ⁨Harbour News⁩ is deleted."
    assert await sources(room) == []
    assert await follows(room, chat) == []


async def test_an_administrator_makes_the_private_source_of_a_reader_public_by_adding_it(
    room: Newsroom, site: Site
) -> None:
    reader, (chat, _) = room.reader()[0], operator(room)
    url = feed(site)
    await add(room, reader, url)
    answer = await add(room, chat, url)
    assert answer.text.startswith("✅ Added for everyone: ⁨Harbour News⁩.")
    assert await sources(room) == [(url, False)]
    await room.press(chat, "↩ Undo")
    assert await sources(room) == [(url, False)]  # it was there before


async def test_a_source_that_everybody_has_is_followed_at_once(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    url = "https://all.example/feed"
    source, _ = await room.storage.sources.add(url, SourceKind.FEED, title="Wire", now=room.clock())
    await room.publish(draft("Ferry sails"), source=source)
    answer = await add(room, chat, "all.example/feed")
    assert answer.text.startswith("✅ Followed: ⁨Wire⁩. I read this source already.\n\nThe newest:\n• Ferry sails")
    assert await follows(room, chat) == [("Wire", False, 1)]
    again = await add(room, chat, "all.example/feed")
    assert again.text.startswith("⁨Wire⁩ is among your sources already.")
    assert again.buttons == ["⚙️ This source"]
    await room.press(chat, "↩ Undo")
    assert await follows(room, chat) == []


async def test_an_address_that_is_typed_twice_quickly_is_added_once(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    url = feed(site)
    chat.say(f"/add {url}")
    chat.say(f"/add {url}")
    await room.heard()
    assert [message.text.split("\n")[0] for message in chat.messages[-2:]] == [
        "✅ Added for this chat: ⁨Harbour News⁩.",
        "⁨Harbour News⁩ is among your sources already.",
    ]
    assert await sources(room) == [(url, True)]


async def test_undo_takes_the_source_from_the_chat(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    undone = await room.press(chat, "↩ Undo")
    assert undone.text == "↩ Undone. ⁨Harbour News⁩ is no longer among your sources."
    assert await follows(room, chat) == []
    assert (await add(room, chat, f"{site.url}/feed")).text.startswith("✅ Added for this chat")


async def test_the_answer_says_that_alerts_are_off(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    await room.ask(chat, "/stop")
    assert "Your alerts are off. /subscribe brings them back." in (await add(room, chat, feed(site))).text


async def test_a_source_in_a_language_that_is_not_read_comes_with_a_button_for_it(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours
    await room.storage.chats.set_reading(ours.id, replace(ours.reading, languages=("en",)), now=room.clock())
    site.pages["/feed"] = Page(
        rss(item("العبّارات تبحر"), title="أخبار المرفأ", extra="<language>ar-LB</language>"), headers=FEED
    )
    answer = await add(room, chat, f"{site.url}/feed")
    assert "⚠️ Its news is in ⁨Arabic⁩, which this chat does not read." in answer.text
    await room.press(chat, "👓 Read Arabic too")
    ours = await room.storage.chats.get(chat.id)
    assert ours
    assert ours.reading.languages == ("en", "ar")


# A page


async def test_of_a_page_with_several_feeds_one_is_chosen(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    feed(site, "/sport", "Sport", item("Cup final"))
    feed(site, "/trade", "Trade", item("Ferry sails"))
    feed(site, "/trade.atom", "Trade", item("Ferry sails"))
    feed(site, "/comments", "Comments", item("First!"))
    site.pages["/"] = page(
        ("/comments", "Comments"), ("/sport", "Sport"), ("/gone", "Gone"), ("/trade", "x"), ("/trade.atom", "y")
    )
    asked = await add(room, chat, f"{site.url}/")
    assert asked.text == f"⁨{site.url}/⁩ has several feeds. Which one would you like?"
    assert asked.buttons == ["➕ Sport", "➕ Trade"]
    assert await sources(room) == []
    answer = await room.press(chat, "➕ Trade")
    await room.heard()
    assert chat.last.id == answer.id  # in place
    assert chat.last.text.startswith("✅ Added for this chat: ⁨Trade⁩.")
    assert await sources(room) == [(f"{site.url}/trade", True)]


async def test_feeds_with_one_name_are_told_apart_by_their_addresses(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    feed(site, "/a", "News", item("Cup final"))
    feed(site, "/b", "News", item("Ferry sails"))
    site.pages["/"] = page(("/a", "A"), ("/b", "B"))
    host = site.url.removeprefix("http://")
    assert (await add(room, chat, f"{site.url}/")).buttons == [f"➕ {host}/a", f"➕ {host}/b"]


async def test_a_page_with_one_feed_and_its_comments_adds_the_feed(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    feed(site, "/comments/feed", "Comments", item("First!"))
    url = feed(site)
    site.pages["/"] = page(("/comments/feed", "Comments"), ("/feed", "News"))
    assert (await add(room, chat, site.url)).text.startswith("✅ Added for this chat: ⁨Harbour News⁩.")
    assert await sources(room) == [(url, True)]


async def test_a_page_without_a_feed_is_a_source_itself_and_that_is_said(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    site.pages["/story"] = page(body=f"<article><h1>Quay opens</h1><p>{BODY}</p><p>{BODY}</p></article>")
    answer = await add(room, chat, f"{site.url}/story")
    assert "There is no feed at this address, so I read this page alone." in answer.text
    assert "• Quay opens" in answer.text
    [source] = await room.storage.sources.all()
    assert (source.kind, source.private) == (SourceKind.PAGE, True)


async def test_a_site_without_a_feed_is_read_by_its_news_sitemap_with_the_texts_of_its_pages(
    room: Newsroom, site: Site
) -> None:
    chat, _ = room.reader()
    site.pages["/"] = page(body=f"<article><h1>Welcome</h1><p>{BODY}</p></article>")
    site.pages["/robots.txt"] = Page(
        f"User-agent: *\nAllow: /\nSitemap: {site.url}/pages.xml\nSitemap: {site.url}/map/news"
    )
    site.pages["/map/news"] = Page(sitemap(listed("Quay opens").replace("https://harbour.example", site.url)))
    site.pages["/1"] = page(body=f"<article><h1>Quay opens</h1><p>{BODY}</p><p>{BODY} Twice.</p></article>")
    answer = await add(room, chat, site.url)
    assert answer.text.startswith("✅ Added for this chat: ⁨Harbour News⁩.")
    assert "• Quay opens" in answer.text
    [source] = await room.storage.sources.all()
    assert (source.url, source.kind, source.full_text) == (f"{site.url}/map/news", SourceKind.FEED, True)
    assert site.asked("/pages.xml") == 0
    await room.ingest.refresh_due()
    await room.ask(chat, "/sources")
    assert "Last article" in chat.last.text


async def test_an_article_stays_itself_on_a_site_with_a_news_sitemap(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    site.pages["/story"] = page(body=f"<article><h1>Quay opens</h1><p>{BODY}</p><p>{BODY}</p></article>")
    site.pages["/sections"] = page()
    site.pages["/news-sitemap.xml"] = Page(sitemap(listed("Ferry sails")))
    assert "I read this page alone" in (await add(room, chat, f"{site.url}/story")).text
    assert "• Ferry sails" in (await add(room, chat, f"{site.url}/sections")).text  # no article, so the site is meant


# Following by an address, and for a channel


async def test_an_unknown_address_is_added_and_followed(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    assert (await add(room, chat, feed(site), command="/follow")).text.startswith("✅ Added for this chat")
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_a_channel_gets_the_source_whose_address_is_typed_in_the_private_chat(
    room: Newsroom, site: Site
) -> None:
    chat, channel, _ = await with_channel(room)
    await room.ask(chat, feed(site), reply_to=await question(room, chat))
    await room.heard()
    assert chat.last.text.startswith("⁨Harbour wire⁩\n\n✅ Added for this chat: ⁨Harbour News⁩.")
    assert await follows(room, channel) == [("Harbour News", False, 1)]
    assert await follows(room, chat) == []
    await room.press(chat, "↩ Undo")
    assert await follows(room, channel) == []


# An address without a command, and a forwarded post


@pytest.mark.parametrize("path", ["/feed", "/" + "x" * 300])
async def test_a_plain_address_is_offered_to_be_added(room: Newsroom, site: Site, path: str) -> None:
    chat, _ = room.reader()
    url = feed(site, path)
    offered = await room.ask(chat, url)
    assert offered.text.startswith(f"Would you like news from ⁨{url[:60]}")
    assert site.requests == []
    await room.press(chat, "➕ Add this source")
    await room.heard()
    assert offered.text.startswith("✅ Added for this chat: ⁨Harbour News⁩.")  # in place
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_the_plain_address_of_a_source_that_is_read_shows_what_it_brings(room: Newsroom) -> None:
    chat, _ = room.reader()
    url = "https://all.example/feed"
    source, _ = await room.storage.sources.add(url, SourceKind.FEED, title="Wire", now=room.clock())
    await room.publish(draft("Ferry sails"), source=source)
    card = await room.ask(chat, url)
    assert card.text.startswith("Neither followed nor muted: the source ⁨Wire⁩.")
    assert "Ferry sails" in card.text
    await room.press(chat, "➕ Follow")
    assert await follows(room, chat) == [("Wire", False, 1)]


async def test_where_readers_may_add_none_a_plain_address_gets_an_honest_answer(
    storage: Storage, clock: Clock
) -> None:
    async with newsroom(storage, clock) as room:
        chat, _ = room.reader()
        answer = await room.ask(chat, "https://wire.example/")
        assert answer.text.startswith("This is a web address. Only administrators of the bot can add sources here.")
        assert "📰 Latest news" in answer.buttons


@pytest.mark.parametrize("content", [{"text": "Ferry sails"}, {"photo": []}, {"caption": "Ferry", "photo": []}])
async def test_a_forwarded_post_of_a_channel_gets_an_honest_answer(
    room: Newsroom, content: dict[str, object]
) -> None:
    chat, _ = room.reader()
    channel = {"id": -1001, "type": "channel", "title": "Harbour"}
    chat.share(content | {"forward_origin": {"type": "channel", "date": 1, "chat": channel, "message_id": 7}})
    await room.heard()
    assert [message.text.split(".")[0] for message in chat.messages] == [
        "Only this bot's administrators can add Telegram channels"
    ]
