"""Files in the chat: what people send, and what the bot hands out."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Document

from bot.backoff import Backoff
from bot.chat.downloads import ATTEMPTS, FileTooLarge, NotDownloaded, download
from bot.chat_lines import KEYS
from bot.ingest.formats import opml
from bot.messages.actions import Export, encode
from bot.sim import Chat, Fault, Shown
from storage import Storage
from storage.records import NewSource, SourceKind, SubjectKind, SubjectName
from tests.conftest import Clock
from tests.makers import the
from tests.newsroom import Newsroom, newsroom


@pytest.fixture
async def room(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    monkeypatch.setattr("bot.chat.downloads.AFTER_FAILURE", Backoff(0.01, 0.02))
    async with newsroom(storage, clock) as opened:
        yield opened


# Downloads


def received(room: Newsroom, chat: Chat, content: bytes, **how: Any) -> Document:
    """The file as the bot is told of it."""
    raw = chat.send_file("feeds.opml", content, **how).raw["document"]
    document = Document.de_json(raw, room.bot)
    assert document
    return document


def asked(room: Newsroom) -> list[str]:
    """The calls for files."""
    return [call.method for call in room.sim.calls if call.method in ("getFile", "download")]


async def test_a_file_comes_as_it_was_sent(room: Newsroom) -> None:
    chat, _ = room.reader()
    content = bytes(range(256)) * 4
    assert await download(room.bot, received(room, chat, content), most=1024) == content


async def test_a_file_that_is_too_large_is_not_asked_for(room: Newsroom) -> None:
    chat, _ = room.reader()
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, chat, b"x", told_size=50 * 2**20), most=1024)
    assert asked(room) == []


async def test_a_file_that_is_larger_than_it_says_is_not_read_to_its_end(room: Newsroom) -> None:
    chat, _ = room.reader()
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, chat, b"x" * 1025, told_size=10), most=1024)
    assert asked(room) == ["getFile", "download"]


async def test_a_server_that_is_unwell_is_asked_again(room: Newsroom) -> None:
    chat, _ = room.reader()
    document = received(room, chat, b"<opml/>")
    room.sim.faults.add(Fault("server_error", method="getFile", times=2))
    assert await download(room.bot, document, most=1024) == b"<opml/>"
    room.sim.faults.add(Fault("reset_before", method="getFile", times=ATTEMPTS))
    with pytest.raises(NotDownloaded):
        await download(room.bot, document, most=1024)


async def test_a_file_that_telegram_does_not_give_is_asked_for_once(room: Newsroom) -> None:
    chat, _ = room.reader()
    document = received(room, chat, b"<opml/>")
    room.sim.faults.add(Fault("bad_request", method="getFile", text="file is too big"))
    with pytest.raises(NotDownloaded):
        await download(room.bot, document, most=1024)
    assert asked(room) == ["getFile"]


# /export


async def follow_source(room: Newsroom, chat: Chat, url: str, *, private: bool = False, **how: Any) -> None:
    """Let a chat follow the source with this address, which is added. `private`: by the chat, for itself."""
    row, now = await the(room.storage, chat.id), room.clock()
    source = NewSource(url=url, **how)
    if private:
        made, _ = await room.storage.sources.add_private(source, chat_row=row.id, now=now)
    else:
        made, _ = await room.storage.sources.add(
            url, source.kind, now=now, title=source.title, category=source.category
        )
    subject = await room.storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=made.id))
    await room.storage.follows.follow(row.id, subject.id, now=now)


def content(room: Newsroom, message: Shown) -> bytes:
    return room.sim.documents[message.raw["document"]["file_id"]].content


def file_name(message: Shown) -> str:
    return str(message.raw["document"]["file_name"])


async def exported_files(room: Newsroom, chat: Chat, typed: str = "/export", **how: Any) -> list[Shown]:
    before = len(chat.messages)
    chat.say(typed, **how)
    await room.heard()
    return chat.messages[before:]


async def test_an_export_is_a_list_of_the_sources_and_a_file_of_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/follow harbour council")
    await follow_source(room, chat, "https://news.example/feed", title="Wire & Co", category="Ports")
    await follow_source(room, chat, "https://own.example/feed", private=True)
    sources, settings = await exported_files(room, chat)
    assert file_name(sources) == "newsbot-2026-03-01-sources.opml"
    assert sources.caption == "The 2 sources that are followed here. Every feed reader takes this file."
    assert opml.read(content(room, sources), name="x") == [
        NewSource(url="https://own.example/feed"),
        NewSource(url="https://news.example/feed", title="Wire & Co", category="Ports"),
    ]
    assert file_name(settings) == "newsbot-2026-03-01-settings.json"
    given = json.loads(content(room, settings))
    assert tuple(given) == KEYS
    assert (given["chat_id"], given["kind"], given["added_by"]) == (chat.id, "private", None)
    assert {(one["kind"], one["value"]) for one in given["follows"]} == {
        ("words", "harbour council"),
        ("source", "https://news.example/feed"),
        ("source", "https://own.example/feed"),
    }


async def test_who_follows_no_source_gets_the_settings_alone(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    [settings] = await exported_files(room, chat)
    assert settings.caption.endswith("لا مصدر متابَع بذاته، لذلك لا توجد قائمة مصادر.")


async def test_folders_of_the_server_and_passwords_of_others_are_told_to_nobody(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    await follow_source(room, chat, "/srv/secret/desk", kind=SourceKind.FOLDER)
    await follow_source(room, chat, "https://desk:pass@paid.example/feed")
    await follow_source(room, chat, "https://me:mine@own.example/feed", private=True)
    sources, settings = await exported_files(room, chat)
    assert "2 sources are left out, because their addresses are not for sharing." in settings.caption
    both = (content(room, sources) + content(room, settings)).decode()
    assert "secret" not in both
    assert "pass@" not in both
    assert both.count("me:mine@own.example") == 3  # the chat typed it itself


async def test_a_source_that_is_muted_for_good_is_no_followed_one(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    await follow_source(room, chat, "https://a.example/feed", title="Alpha Wire")
    await follow_source(room, chat, "https://b.example/feed", title="Beta Wire")
    await room.ask(chat, "/mute Alpha Wire")
    await room.ask(chat, "/mute Beta Wire 7d")
    sources, settings = await exported_files(room, chat)
    assert [one.url for one in opml.read(content(room, sources), name="x")] == ["https://b.example/feed"]  # type: ignore[union-attr]
    assert [one["value"] for one in json.loads(content(room, settings))["mutes"]] == [
        "https://a.example/feed",
        "https://b.example/feed",
    ]


async def test_only_administrators_export_a_group(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    refused = await room.ask(group, "/export@newsbot", member)
    assert refused.text == "Only administrators can do this here."
    [settings] = await exported_files(room, group, "/export@newsbot", person=admin)
    assert json.loads(content(room, settings))["chat_id"] == group.id


async def test_a_channel_is_exported_to_its_administrator_in_the_private_chat(room: Newsroom) -> None:
    chat, person = room.reader()
    channel = room.sim.channel("Harbour wire", admins=[person])
    await room.ask(chat, "/help")
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    await room.press(chat, "📣 Harbour wire")
    before = len(chat.messages)
    await chat.press("📤 Export")
    await room.heard()
    [settings] = chat.messages[before:]
    given = json.loads(content(room, settings))
    assert (given["chat_id"], given["added_by"]) == (channel.id, None)
    assert channel.messages == []
    stranger, other = room.reader(name="Badr")
    await room.ask(stranger, "/settings")
    row = await the(room.storage, channel.id)
    forged = await stranger.press_data(stranger.last.id, encode(Export(row.id)), other).answered
    assert forged["show_alert"]
    await room.heard()
    assert "document" not in stranger.last.raw
