"""What is not added as a source in the chat: no address, nothing to read, no right, no room, forged buttons."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from bot.config import Config
from bot.messages.actions import AddSource, UndoSource, decode, encode
from storage import Storage
from storage.records import SourceKind
from tests.adding import ADMIN, BODY, add, feed, item, operator, page, row, sources
from tests.conftest import Clock
from tests.ingesting import FEED
from tests.newsroom import Newsroom, newsroom
from tests.site import Handler, Page, Site, rss
from tests.test_chat_following import follows


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    """A newsroom where each chat may add two sources."""
    config = Config(commands_per_minute=0, reader_sources=2, admins=(ADMIN,), allow_private_hosts=True)
    async with newsroom(storage, clock, config) as opened:
        yield opened


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
        ("https://t.me/harbour", "Only this bot's administrators can add Telegram channels."),
        ("t.me/s/harbour", "Only this bot's administrators can add Telegram channels."),
        ("@harbour", "Only this bot's administrators can add Telegram channels."),
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


async def test_others_in_a_group_are_answered_while_an_address_is_read(room: Newsroom, site: Site) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    site.pages["/x"] = slow = Slow()
    asked = asyncio.create_task(site.until_asked("/x", 1))
    group.say(f"/add {site.url}/x", admin)
    await asked
    [reading] = group.messages
    assert (await room.ask(group, "/help@newsbot", member)).id != reading.id
    slow.gate.set()
    await room.heard()
    [reading, _] = group.messages
    assert reading.text.startswith("There is nothing at")


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
            words = await storage.lists.save_search(await row(room, chat), f"{site.url}{path}", now=clock())
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
    answer = await asyncio.wait_for(chat.press_data(unfollowed.id, data).answered, 30)
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
    words = await room.storage.lists.save_search(await row(room, other), feed(site), now=room.clock())
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
