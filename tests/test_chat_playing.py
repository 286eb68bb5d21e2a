"""Listen and watch: the sound or film of an article comes on request, and where it can't be fetched, its link."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.ingest.draft import Draft
from bot.ingest.formats.feed import parse
from bot.sim import Fault
from bot.text.document import stored_form
from storage import Storage
from storage.records import Lane
from storage.records.documents import Audio, Paragraph, Run, Video
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.pictures import MP3_SECOND
from tests.site import Page, Site

MP4 = b"\0\0\0\x18ftypisom" + bytes(64)
BODY = "The pilots talk about the basin."


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        opened.sim.fetcher.private = True
        yield opened
        assert opened.sim.errors == []


def draft(title: str, *media: Audio | Video) -> Draft:
    document = stored_form((Paragraph((Run(BODY),)), *media))
    return Draft(title=title, body=BODY, document=document, url="https://harbour.example/talk")


async def alerted(room: Newsroom, chat: Any, *media: Audio | Video) -> int:
    room.clock.advance(seconds=1)
    [article] = await room.publish(draft("Pilots talk", *media), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.messages and chat.last.text.startswith("Pilots talk"))
    return article


async def subscribed(room: Newsroom) -> Any:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    return chat


async def play(room: Newsroom, chat: Any, button: str, person: Any = None) -> None:
    await chat.press(button, person=person)
    await room.heard()


def last_call(room: Newsroom) -> tuple[str, dict[str, Any]]:
    call = [one for one in room.sim.calls if one.method.startswith("send")][-1]
    return call.method, call.values


async def test_a_podcast_is_sent_as_a_sound_from_the_alert(room: Newsroom, site: Site) -> None:
    chat = await subscribed(room)
    site.pages["/talk.mp3"] = Page(MP3_SECOND)
    await alerted(room, chat, Audio(f"{site.url}/talk.mp3"))
    assert [len(row) for row in chat.last.rows] == [2, 3]
    await play(room, chat, "▶ Listen")
    assert "audio" in chat.last.raw
    assert chat.last.raw["caption"].startswith("Pilots talk\n")
    assert site.asked("/talk.mp3") == 1  # by Telegram; the bot does not fetch it


async def test_a_film_is_sent_as_a_film_from_the_opened_article(room: Newsroom, site: Site) -> None:
    chat = await subscribed(room)
    site.pages["/talk.mp4"] = Page(MP4)
    await alerted(room, chat, Video(f"{site.url}/talk.mp4?session=1"))
    await room.press(chat, "📖 Read")
    await play(room, chat, "▶ Watch")
    assert "video" in chat.last.raw


@pytest.mark.parametrize(
    ("enclosure", "content", "button", "kind"),
    [
        ('url="{url}/episode?id=7" type="audio/mpeg"', MP3_SECOND, "▶ Listen", "audio"),
        ('url="{url}/podcast/7" type="audio/mp4; codecs=aac"', MP3_SECOND, "▶ Listen", "audio"),
        ('url="{url}/film/7" type="video/mp4"', MP4, "▶ Watch", "video"),
    ],
    ids="sound podcast film".split(),
)
async def test_enclosure_without_an_extension_is_played_as_its_type_says(
    room: Newsroom, site: Site, enclosure: str, content: bytes, button: str, kind: str
) -> None:
    address = enclosure.split('"')[1].format(url=site.url).replace(site.url, "").partition("?")[0]
    site.pages[address] = Page(content)
    item = f"<item><title>Pilots talk</title><description>{BODY}</description><enclosure {enclosure}/></item>"
    feed = f"<rss version='2.0'><channel><title>Pilots</title>{item}</channel></rss>".replace("{url}", site.url)
    [read] = [one for one in parse(feed.encode(), url=f"{site.url}/feed").items if isinstance(one, Draft)]
    chat = await subscribed(room)
    room.clock.advance(seconds=1)
    await room.publish(read, lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Pilots talk"))
    await play(room, chat, button)
    assert kind in chat.last.raw


@pytest.mark.parametrize("status", [404, 200])
async def test_what_telegram_can_not_fetch_comes_as_its_link(room: Newsroom, site: Site, status: int) -> None:
    chat = await subscribed(room)
    site.pages["/talk.mp3"] = Page("<html>no sound</html>", status=status)
    await alerted(room, chat, Audio(f"{site.url}/talk.mp3"))
    await play(room, chat, "▶ Listen")
    assert chat.last.text.endswith("▶ Listen at the source")
    assert chat.last.entities[-1]["url"] == f"{site.url}/talk.mp3"
    room.sim.errors.clear()  # the refusal


async def test_after_a_time_out_the_link_comes_and_the_sound_is_not_sent_again(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await subscribed(room)
    site.pages["/talk.mp3"] = Page(MP3_SECOND)
    await alerted(room, chat, Audio(f"{site.url}/talk.mp3"))
    monkeypatch.setattr(room.bot.request, "_read_seconds", 0.3)
    monkeypatch.setattr(room.bot.request, "_connect_seconds", 0.3)
    room.sim.faults.add(Fault("no_answer", method="sendAudio"))
    await play(room, chat, "▶ Listen")
    assert chat.last.text.endswith("▶ Listen at the source")
    assert len([message for message in chat.messages if "audio" in message.raw]) == 1


async def test_the_page_of_a_film_is_opened_and_not_fetched(room: Newsroom) -> None:
    chat = await subscribed(room)
    await alerted(room, chat, Video("https://films.example/watch?v=7"))
    [watch] = [one for row in chat.last.rows for one in row if one["text"] == "▶ Watch"]
    assert watch["url"] == "https://films.example/watch?v=7"


async def test_readers_of_a_channel_listen_in_their_own_chat(room: Newsroom, site: Site) -> None:
    chat, person = room.reader("en", "Rana")
    await room.ask(chat, "/help")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    ours = await room.storage.chats.get(channel.id)
    assert ours
    await room.storage.chats.subscribe_to_everything(ours.id, now=room.clock())
    site.pages["/talk.mp3"] = Page(MP3_SECOND)
    article = await alerted(room, channel, Audio(f"{site.url}/talk.mp3"))
    [listen] = [one for row in channel.last.rows for one in row if one["text"] == "▶ Listen"]
    assert listen["url"] == f"https://t.me/newsbot?start=play_{article}"
    await room.ask(chat, f"/start play_{article}")
    assert "audio" in chat.last.raw


async def test_a_member_of_a_group_listens_in_reply_to_the_alert(room: Newsroom, site: Site) -> None:
    admin = room.sim.person("Rana")
    group = room.sim.group("Readers", admins=[admin])
    group.add_bot(admin, admin=True)
    await room.ask(group, "/subscribe", admin)
    site.pages["/talk.mp3"] = Page(MP3_SECOND)
    await alerted(room, group, Audio(f"{site.url}/talk.mp3"))
    alert = group.last.id
    await play(room, group, "▶ Listen", room.sim.person("Badr"))
    method, values = last_call(room)
    assert method == "sendAudio"
    assert values["reply_parameters"]["message_id"] == alert


async def test_a_sound_that_a_correction_took_away_is_not_sent(room: Newsroom, site: Site) -> None:
    chat = await subscribed(room)
    article = await alerted(room, chat, Audio(f"{site.url}/talk.mp3"))
    await room.storage.articles.retract(article, now=room.clock())
    before = len(chat.messages)
    await play(room, chat, "▶ Listen")
    assert len(chat.messages) == before
    assert site.requests == []


@pytest.mark.parametrize("address", ["ftp://harbour.example/talk.mp3", "file:///etc/passwd", "javascript:alert(1)"])
async def test_only_addresses_of_the_web_have_a_button(room: Newsroom, address: str) -> None:
    chat = await subscribed(room)
    await alerted(room, chat, Audio(address))
    assert "▶ Listen" not in chat.last.buttons


async def test_the_enclosure_of_a_feed_becomes_the_button(room: Newsroom, site: Site) -> None:
    chat = await subscribed(room)
    feed = parse(
        b'<rss version="2.0"><channel><title>Pilots</title><item><title>Pilots talk</title><description>About the '
        b'basin.</description><enclosure url="/talk.mp3" type="audio/mpeg" length="9"/></item></channel></rss>',
        url=f"{site.url}/feed",
    )
    [episode] = [one for one in feed.items if isinstance(one, Draft)]
    site.pages["/talk.mp3"] = Page(MP3_SECOND)
    room.clock.advance(seconds=1)
    await room.publish(replace(episode, published=room.clock()), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Pilots talk"))
    await play(room, chat, "▶ Listen")
    assert "audio" in chat.last.raw
