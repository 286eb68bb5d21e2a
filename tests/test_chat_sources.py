"""Sources in the chat: who adds what by its address, what is answered, and who follows it then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from bot.config import Config
from bot.messages.actions import AddSource, UndoSource, decode, encode
from bot.sim import Chat, Person, Shown
from storage import Storage
from storage.records import SourceKind
from tests.conftest import Clock
from tests.ingesting import FEED
from tests.newsroom import Newsroom, newsroom
from tests.site import Handler, Page, Site, rss
from tests.test_chat_following import draft, follows, sent
from tests.test_chat_places import question, with_channel
from tests.test_formats_news_sitemap import listed, sitemap

ADMIN = 4242
BODY = "The council met in the old town hall on Monday and decided to paint the lighthouse white and red again."


def item(title: str, category: str = "Trade", day: int = 1) -> str:
    return (
        f"<title>{title}</title><guid>{title}</guid><category>{category}</category>"
        f"<pubDate>{24 + day} Feb 2026 12:00:00 GMT</pubDate><description>{BODY}</description>"
    )


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom where each chat may add two sources."""
    config = Config(commands_per_minute=0, reader_sources=2, admins=(ADMIN,), allow_private_hosts=True)
    async with newsroom(storage, clock, config) as opened:
        yield opened


def feed(site: Site, path: str = "/feed", title: str = "Harbour News", *items: str) -> str:
    """Put a feed on the site. Returns its address."""
    listed = items or tuple(item(f"Ferry {day}", day=day) for day in (1, 2, 3, 4))
    site.pages[path] = Page(rss(*listed, title=title), headers=FEED)
    return f"{site.url}{path}"


def page(*links: tuple[str, str], body: str = "<p>Welcome.</p>") -> Page:
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" title="{t}" href="{h}">' for h, t in links)
    return Page(f"<html><head>{heads}</head><body>{body}</body></html>", headers={"Content-Type": "text/html"})


def operator(room: Newsroom) -> tuple[Chat, Person]:
    person = room.sim.person("Nour", "en", ADMIN)
    return room.sim.private(person), person


async def add(room: Newsroom, chat: Chat, typed: str, person: Person | None = None, command: str = "/add") -> Shown:
    """What the message of an /add says in the end."""
    shown = await room.ask(chat, f"{command} {typed}", person)
    await room.heard()
    return next(message for message in chat.messages if message.id == shown.id)


async def sources(room: Newsroom) -> list[tuple[str, bool]]:
    return [(one.url, one.private) for one in await room.storage.sources.all()]


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


# What can't be added


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Which source would you like to add?"),
        ("harbour", '"⁨harbour⁩" is not a web address.'),
        ("two words.example", '"⁨two words.example⁩" is not a web address.'),
        ("/etc/passwd", '"⁨/etc/passwd⁩" is not a web address.'),
        ("file:///etc/passwd", '"⁨file:///etc/passwd⁩" is not a web address.'),
        ("javascript:alert(1)", '"⁨javascript:alert(1)⁩" is not a web address.'),
        ("<b>x</b>", '"⁨<b>x</b>⁩" is not a web address.'),
        ("https://news.example/" + "x" * 3_000, '"⁨https://news.example/xxx'),
        ("https://[::1", "I can't reach ⁨https://[::1⁩."),
        ("https://t.me/harbour", "I can't read Telegram channels yet."),
        ("t.me/s/harbour", "I can't read Telegram channels yet."),
        ("@harbour", "I can't read Telegram channels yet."),
    ],
)
async def test_what_is_no_address_gets_a_polite_answer(room: Newsroom, typed: str, said: str) -> None:
    chat, _ = room.reader()
    answer = await add(room, chat, typed)
    assert answer.text.startswith(said)
    assert answer.buttons == []
    assert await sources(room) == []


async def never(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize(
    ("served", "said"),
    [
        (Page(status=404), "There is nothing at {url}. Check the address."),
        (Page(status=410), "There is nothing at {url}. Check the address."),
        (Page(status=403), "{url} does not let me read it."),
        (Page(status=429), "{url} can't be read right now. Try again in a few minutes."),
        (Page(status=503, headers={"Retry-After": "60"}), "{url} can't be read right now."),
        (Page(status=500), "The server of {url} answers with an error."),
        (Page("nothing of a feed"), "I found neither a feed nor an article at {url}."),
        (Page(b"\x89PNG\r\n\x1a\n" + b"\x00" * 99), "I found neither a feed nor an article at {url}."),
        (Page("<rss>" + "x" * 1_000_001), "What is at {url} is too large for me to read."),
        (never, "I can't reach {url}."),
    ],
)
async def test_why_an_address_can_not_be_read_is_said(
    storage: Storage, clock: Clock, site: Site, served: Page | Handler, said: str
) -> None:
    config = Config(commands_per_minute=0, reader_sources=2)
    # Only the server that never answers takes all of the time.
    async with newsroom(storage, clock, config, find_seconds=0.3 if served is never else 60) as room:
        chat, _ = room.reader()
        site.pages["/x"] = served
        answer = await add(room, chat, f"{site.url}/x")
        assert answer.text.startswith(said.format(url=f"⁨{site.url}/x⁩"))
        assert await sources(room) == []


async def test_a_private_address_is_answered_as_one_that_leads_nowhere(
    storage: Storage, clock: Clock, site: Site
) -> None:
    """A stranger learns nothing of the network of the bot, by a redirect or a link of a page neither."""
    feed(site)
    async with newsroom(storage, clock, Config(commands_per_minute=0, reader_sources=2), allow_private=False) as room:
        chat, _ = room.reader()
        port = site.url.rpartition(":")[2]
        addresses = [
            f"{site.url}/feed", f"http://localhost:{port}/feed", "http://127.0.0.1:1/", "http://10.0.0.1/",
            "http://[::1]/", "http://no-such-host.invalid/", "no-such-host.invalid/feed",
        ]  # fmt: skip
        for address in addresses:
            answer = await add(room, chat, address)
            assert answer.text == f"I can't reach ⁨{address}⁩. Check the address, or try again later."
        assert site.requests == []
        assert await sources(room) == []


class Slow:
    """A server that answers when the test says so: that there is nothing."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await self.gate.wait()
        return web.Response(status=404)


async def test_others_are_answered_while_a_server_keeps_one_chat_waiting(room: Newsroom, site: Site) -> None:
    (chat, _), (other, _) = room.reader(), room.reader(name="Sami")
    site.pages["/x"] = slow = Slow()
    asked = asyncio.create_task(site.until_asked("/x", 1))
    chat.say(f"/add {site.url}/x")
    await asked
    assert (await room.ask(other, "/help")).text
    assert chat.last.text.startswith("⏳")
    slow.gate.set()
    await room.heard()
    assert chat.last.text.startswith("There is nothing at")


async def test_only_so_many_addresses_are_read_at_once(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chat, _), (other, _) = room.reader(), room.reader(name="Sami")
    monkeypatch.setattr(room.finder, "_places", 1)
    site.pages["/x"] = slow = Slow()
    asked = asyncio.create_task(site.until_asked("/x", 1))
    chat.say(f"/add {site.url}/x")
    await asked
    other.say(f"/add {feed(site)}")
    await room.sim.until(lambda: bool(other.messages) and "can't be read right now" in other.last.text)
    slow.gate.set()
    await room.heard()
    assert (await add(room, other, f"{site.url}/feed")).text.startswith("✅")


# Who may add, and how many


async def test_where_readers_may_add_none_that_is_said_and_nothing_is_read(
    storage: Storage, clock: Clock, site: Site
) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=0)) as room:
        chat, _ = room.reader()
        answer = await add(room, chat, feed(site))
        assert answer.text == "Only administrators of the bot can add sources here."
        assert site.requests == []


async def test_one_source_too_many_is_refused_and_a_public_one_is_not(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    for path in ("/1", "/2"):
        await add(room, chat, feed(site, path, f"Feed {path}"))
    answer = await add(room, chat, feed(site, "/3", "Feed 3"))
    assert answer.text.startswith("You have added 2 sources, which is the most.")
    await room.storage.sources.add(feed(site, "/4"), SourceKind.FEED, title="All", now=room.clock())
    assert (await add(room, chat, f"{site.url}/4")).text.startswith("✅ Followed: ⁨All⁩.")
    await room.press(chat, "↩ Undo")
    assert len(await follows(room, chat)) == 2


async def test_two_people_who_add_for_one_channel_at_once_do_not_exceed_its_limit(
    storage: Storage, clock: Clock, site: Site
) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=0, reader_sources=1)) as room:
        people = [room.reader(name=name) for name in ("Huda", "Sami")]
        channel = room.sim.channel("Harbour wire", admins=[person for _, person in people])
        for chat, _ in people:
            await room.ask(chat, "/help")
        channel.add_bot(people[0][1], admin=True)
        await room.heard()
        both = asyncio.Barrier(2)

        async def together(request: web.Request) -> web.StreamResponse:
            await both.wait()
            return web.Response(text=rss(item("Ferry"), title=request.path), headers=FEED)

        for (chat, _), path in zip(people, ("/1", "/2"), strict=True):
            site.pages[path] = together
            words = await storage.chats.save_search(await row(room, chat), f"{site.url}{path}", now=clock())
            chat.press_data(chat.last.id, encode(AddSource(words, await row(room, channel))))
        await room.heard()
        said = sorted(chat.last.text.split("\n")[-1][:20] for chat, _ in people)
        assert said == ["You get what it publ", "You have added 1 sou"]
        assert len(await follows(room, channel)) == 1


async def test_a_step_that_is_undone_does_not_exceed_the_limit(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    for path in ("/1", "/2"):
        await add(room, chat, feed(site, path, f"Feed {path}"))
    await room.ask(chat, "/unfollow Feed /1")
    unfollowed = chat.last
    await add(room, chat, feed(site, "/3", "Feed 3"))
    data = unfollowed.rows[-1][-1]["callback_data"]
    answer = await asyncio.wait_for(chat.press_data(unfollowed.id, data).answered, 5)
    assert answer["text"] == "This can't be undone any more."
    assert sorted(str(name) for name, _, _ in await follows(room, chat)) == ["Feed /2", "Feed 3"]


async def test_in_a_group_only_administrators_add(room: Newsroom, site: Site) -> None:
    admin, member = room.sim.person("Rana", "en"), room.sim.person("Huda", "en")
    group = room.sim.group("Readers", admins=[admin])
    refused = await room.ask(group, f"/add {feed(site)}", member)
    assert refused.text == "Only administrators can change what is sent here."
    assert site.requests == []
    assert (await add(room, group, f"{site.url}/feed", admin)).text.startswith("✅ Added for this chat")
    assert await sources(room) == [(f"{site.url}/feed", True)]


async def test_an_administrator_of_the_bot_adds_for_a_group_alone(room: Newsroom, site: Site) -> None:
    _, person = operator(room)
    group = room.sim.group("Readers", admins=[person])
    assert (await add(room, group, feed(site), person)).text.startswith("✅ Added for this chat")
    assert await sources(room) == [(f"{site.url}/feed", True)]


async def test_a_banned_person_adds_nothing(room: Newsroom, site: Site) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/help")
    await room.storage.bans.add(person.id, by=ADMIN, now=room.clock())
    chat.say(f"/add {feed(site)}")
    await room.heard()
    assert site.requests == []
    assert await sources(room) == []


# Following by an address, and for a channel


async def test_an_unknown_address_is_added_and_followed(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    assert (await add(room, chat, feed(site), command="/follow")).text.startswith("✅ Added for this chat")
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_a_channel_gets_the_source_whose_address_is_typed_in_the_private_chat(
    room: Newsroom, site: Site
) -> None:
    chat, channel, _ = await with_channel(room)
    answer = await room.ask(chat, feed(site), reply_to=await question(room, chat))
    await room.heard()
    assert answer.text.startswith("⁨Harbour wire⁩\n\n✅ Added for this chat: ⁨Harbour News⁩.") or chat.last.text
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
    assert [message.text.split(".")[0] for message in chat.messages] == ["I can't read Telegram channels yet"]


# What is hostile


@pytest.mark.parametrize("title", ["<b>bold</b> & <script>", "\u202eREVERSED", "ﷺ" * 4_000, "a\u2066b" * 900])
async def test_hostile_titles_are_shown_as_text(room: Newsroom, site: Site, title: str) -> None:
    chat, _ = room.reader()
    written = f"<![CDATA[{title}]]>"
    items = f"<title>{written}</title><guid>1</guid><category>{written}</category><description>{BODY}</description>"
    feed(site, "/feed", written, *[items.replace("<guid>1", f"<guid>{n}") for n in range(4)])
    site.pages["/"] = page(("/feed", title.replace("<", "&lt;")))
    answer = await add(room, chat, f"{site.url}/")
    assert answer.text.startswith("✅ Added for this chat: ⁨")
    assert len(answer.text) < 2_000
    assert "\u202e" not in answer.text
    assert answer.text.count("\u2068") + answer.text.count("\u2066") == answer.text.count("\u2069")
    assert {one["type"] for one in answer.entities} <= {"bold"}


async def test_a_feed_of_ten_thousand_headlines_shows_three(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    url = feed(site, "/feed", "Long", *[f"Headline {number}" for number in range(10_000)])
    answer = await add(room, chat, url)
    assert answer.text.count("•") == 3


async def test_a_button_with_the_address_of_another_chat_adds_nothing(room: Newsroom, site: Site) -> None:
    (chat, _), (other, _) = room.reader(), room.reader(name="Sami")
    await room.ask(chat, "/help")
    await room.ask(other, "/help")
    words = await room.storage.chats.save_search(await row(room, other), feed(site), now=room.clock())
    await chat.press_data(chat.last.id, encode(AddSource(words))).answered
    await room.heard()
    assert chat.last.text.startswith("This button is too old.")
    assert site.requests == []


async def test_a_button_with_the_source_of_another_chat_tells_nothing(room: Newsroom, site: Site) -> None:
    (chat, _), (other, _) = room.reader(), room.reader(name="Sami")
    await add(room, other, feed(site))
    await add(room, chat, feed(site, "/own", "Own"))
    [theirs, _] = await room.storage.sources.all()
    step = decode(chat.last.rows[0][0]["callback_data"])
    assert isinstance(step, UndoSource)
    answered = await chat.press_data(chat.last.id, encode(replace(step, source=theirs.id, created=1))).answered
    assert answered["text"] == "↩ Undone."  # its own step, and nothing of the other chat's source
    assert "Harbour" not in chat.last.text
    assert await follows(room, other) == [("Harbour News", False, 1)]
    assert len(await room.storage.sources.all()) == 2


async def row(room: Newsroom, chat: Chat) -> int:
    ours = await room.storage.chats.get(chat.id)
    assert ours
    return ours.id
