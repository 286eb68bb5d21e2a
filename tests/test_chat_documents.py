"""Files in the chat: what people send, and what the bot hands out."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telegram import Document

from bot.backoff import Backoff
from bot.chat.downloads import ATTEMPTS, FileTooLarge, NotDownloaded, download
from bot.chat_lines import KEYS, to_line
from bot.config import Config
from bot.ingest.formats import opml
from bot.messages.actions import Export, ReplaceSettings, encode
from bot.sim import Chat, Fault, Person, Shown
from storage import Storage, open_storage
from storage.records import (
    ChatSettings,
    NewSource,
    Preview,
    Reading,
    Rhythm,
    SourceKind,
    SubjectKind,
    SubjectName,
    Timetable,
)
from tests.conftest import Clock
from tests.makers import new_article, stored, the
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_following import draft


@pytest.fixture
async def room(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    monkeypatch.setattr("bot.chat.downloads.AFTER_FAILURE", Backoff(0.01, 0.02))
    async with newsroom(storage, clock) as opened:
        yield opened


# Downloads


def received(room: Newsroom, content: bytes, **how: Any) -> Document:
    """A file as the bot is told of it. It is in no message, which the bot would answer meanwhile."""
    raw = room.sim.keep("feeds.opml", content, **how).to_json()
    document = Document.de_json(raw, room.bot)
    assert document
    return document


def asked(room: Newsroom) -> list[str]:
    """The calls for files."""
    return [call.method for call in room.sim.calls if call.method in ("getFile", "download")]


async def test_a_file_comes_as_it_was_sent(room: Newsroom) -> None:
    content = bytes(range(256)) * 4
    assert await download(room.bot, received(room, content), most=1024) == content


async def test_a_file_that_is_too_large_is_not_asked_for(room: Newsroom) -> None:
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, b"x", told_size=50 * 2**20), most=1024)
    assert asked(room) == []


async def test_a_file_that_is_larger_than_it_says_is_not_read_to_its_end(room: Newsroom) -> None:
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, b"x" * 1025, told_size=10), most=1024)
    assert asked(room) == ["getFile", "download"]


async def test_a_server_that_is_unwell_is_asked_again(room: Newsroom) -> None:
    document = received(room, b"<opml/>")
    room.sim.faults.add(Fault("server_error", method="getFile", times=2))
    assert await download(room.bot, document, most=1024) == b"<opml/>"
    room.sim.faults.add(Fault("server_error", method="getFile", times=ATTEMPTS))
    with pytest.raises(NotDownloaded):
        await download(room.bot, document, most=1024)


async def test_a_file_that_telegram_does_not_give_is_asked_for_once(room: Newsroom) -> None:
    document = received(room, b"<opml/>")
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
    return room.sim.content_of(message.raw["document"]["file_id"])


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
    assert "لا يُتابَع هنا مصدر بعينه، فلا توجد قائمة مصادر." in settings.caption


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
    [entry] = opml.read(content(room, sources), name="x")
    assert isinstance(entry, NewSource)
    assert entry.url == "https://b.example/feed"
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
    assert settings.caption.startswith("⁨Harbour wire⁩\n\nThe settings:")
    offered = await answered(room, chat, "s.json", {"chat_id": 5, "silent": True}, reply_to=settings.id)
    assert offered.text.startswith("⁨Harbour wire⁩\n\nReplace the settings here")
    await room.press(chat, "✅ Replace")
    assert (await the(room.storage, channel.id)).silent
    assert not (await the(room.storage, chat.id)).silent
    await room.press(chat, "↩ Undo")
    assert not (await the(room.storage, channel.id)).silent
    assert (await room.ask(chat, "boats", reply_to=settings.id)).text.startswith("No results")
    stranger, other = room.reader(name="Badr")
    await room.ask(stranger, "/settings")
    row = await the(room.storage, channel.id)
    forged = await stranger.press_data(stranger.last.id, encode(Export(row.id)), other).answered
    assert forged["show_alert"]
    await room.heard()
    assert "document" not in stranger.last.raw


# Settings that come back


def exports(room: Newsroom, message: Shown) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(content(room, message))
    return given


async def answered(
    room: Newsroom, chat: Chat, name: str, sent: Any, person: Person | None = None, **how: Any
) -> Shown:
    """What the bot answers to a file. `sent` is its content, or what is written into it as JSON."""
    before = len(chat.messages)
    data = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    chat.send_file(name, data, person, **how)
    await room.sim.until(lambda: len(chat.messages) > before)
    await room.heard()
    return chat.last


async def set_everything(room: Newsroom, chat: Chat) -> None:
    """Let a chat have a setting of each kind that is not the usual one."""
    row, now = await the(room.storage, chat.id), room.clock()
    chats = room.storage.chats
    await room.publish(draft("Ferries are late", "Trade"), draft("A cup final", "Sports"))
    [article] = await stored(room.storage, new_article("kept", keys=("link:news.example/kept",)))
    await room.storage.saved.save(row.id, article, most=5, now=now)
    for typed in ("/subscribe all", "/unsubscribe Sports", "/follow ferry prices", '/follow "cup final" -boat'):
        await room.ask(chat, typed)
    await room.ask(chat, "/mute lighthouse 7d")
    await follow_source(room, chat, "https://news.example/feed", title="Wire")
    await chats.set_timetable(
        row.id, Timetable(Rhythm.WEEKLY, 20, 4, (23, 8), False, 5, True), digest_at=now + timedelta(days=1), now=now
    )
    await chats.set_reading(row.id, Reading(languages=("ar", "en"), grouped=False), now=now)
    await chats.set_least_sources(row.id, 2, now=now)
    await chats.set_silent(row.id, True, now=now)
    await chats.set_keyboard_hidden(row.id, True, now=now)
    await chats.set_preview(row.id, Preview.NONE, now=now)
    await chats.snooze(row.id, now + timedelta(hours=5), now=now)
    await room.ask(chat, "/settings Beirut")


OF_THE_CHAT = {"chat_id", "topic_id", "kind", "title", "added_by", "state"}


def without_ids(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in OF_THE_CHAT}


async def test_settings_go_to_another_chat_and_come_out_equal(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    await set_everything(room, chat)
    *_, settings = await exported_files(room, chat)
    given = exports(room, settings)
    usual = json.loads(to_line(ChatSettings(chat_id=1, language="en", timezone="UTC")))
    # These can't be chosen here, or exclude others.
    left = "language subscribed categories opens_as private_answers category_topics topic_of banned".split()
    assert {name for name in KEYS if given[name] == usual[name]} - OF_THE_CHAT == set(left)
    other, _ = room.reader(name="Badr")
    offered = await answered(room, other, "settings.json", content(room, settings))
    assert offered.buttons == ["✅ Replace", "✖ Cancel"]
    for line in (
        "• Followed: 3 (new: 3, ended: 0)",
        "• Muted: 2 (new: 2, ended: 0)",
        "• Saved articles that are added: 1",
        "• You get a digest every Friday at 20:00.",
        "Quiet hours are from 23:00 to 08:00.",
        "• Time zone: ⁨Beirut⁩",
        "• From 2 sources",
        "• Alerts: without sound",
        "• The buttons below the text field stay hidden.",
        "• 😴 No alerts until ⁨1 March 2026, 19:00⁩.",
    ):
        assert line in offered.text, line
    before = exports(room, (await exported_files(room, other))[-1])
    done = await room.press(other, "✅ Replace")
    assert done.text == "✅ The settings were replaced."
    after = exports(room, (await exported_files(room, other))[-1])
    assert without_ids(after) == without_ids(given)
    assert after["chat_id"] == other.id
    await room.press(other, "↩ Undo")
    assert exports(room, (await exported_files(room, other))[-1]) == before


async def test_another_bot_takes_the_settings_and_says_what_it_does_not_have(
    room: Newsroom, tmp_path: Path, clock: Clock
) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    await set_everything(room, chat)
    *_, settings = await exported_files(room, chat)
    given, sent = exports(room, settings), content(room, settings)
    async with open_storage(f"sqlite:///{tmp_path / 'another.db'}") as storage, newsroom(storage, clock) as another:
        other, _ = another.reader(name="Badr")
        await answered(another, other, "settings.json", sent)
        done = await another.press(other, "✅ Replace")
        assert "Left out, because I don't have them: 1 source and 1 saved article." in done.text
        after = exports(another, (await exported_files(another, other))[-1])
        lost = {"follows": [one for one in given["follows"] if one["kind"] != "source"], "saved": []}
        assert without_ids(after) == without_ids(given | lost)


async def test_cancel_changes_nothing(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    before = await room.storage.settings.of_chat((await the(room.storage, chat.id)).id)
    await answered(room, chat, "settings.json", {"chat_id": 5, "language": "ar", "silent": True})
    assert (await room.press(chat, "✖ Cancel")).text == "The settings stay as they are."
    assert await room.storage.settings.of_chat((await the(room.storage, chat.id)).id) == before


async def test_the_answer_comes_in_the_language_of_the_file(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    await answered(room, chat, "settings.json", {"chat_id": 5, "language": "ar"})
    assert (await room.press(chat, "✅ Replace")).text == "✅ وُضعت إعدادات الملف."
    await room.press(chat, chat.last.buttons[0])
    assert (await the(room.storage, chat.id)).language == "en"


@pytest.mark.parametrize(
    ("sent", "english", "arabic"),
    [
        (b"{", "damaged", "تالف"),
        (b"{\"chat_id\": 1", "damaged", "تالف"),
        (b"\xff\xfe\x00", "damaged", "تالف"),
        (b"[" * 100_000, "damaged", "تالف"),
        (b"", "damaged", "تالف"),
        ([1, 2], "not a settings file", "ليس ملف إعدادات"),
        ({"language": "ar"}, "not a settings file", "ليس ملف إعدادات"),
        ({"chat_id": 5, "moods": 1}, "I don't know the setting ⁨moods⁩", "لا أعرف الإعداد ⁨moods⁩"),
        ({"chat_id": 5, "digest_hour": 99}, "The value of ⁨digest_hour⁩", "قيمة ⁨digest_hour⁩"),
        ({"chat_id": 5, "snoozed_until": "0001-01-01T00:00:00+14:00"}, "⁨snoozed_until⁩", "⁨snoozed_until⁩"),
        ({"chat_id": 5, "reads": ["aa"] * 51}, "The value of ⁨reads⁩", "قيمة ⁨reads⁩"),
        (b'{"chat_id": 5}\n{"chat_id": 6}\n', "several chats", "محادثات عدة"),
    ],
)  # fmt: skip
async def test_a_foreign_newer_or_damaged_file_is_refused_with_the_reason(
    room: Newsroom, sent: Any, english: str, arabic: str
) -> None:
    for language, reason in (("en", english), ("ar", arabic)):
        chat, _ = room.reader(language)
        refused = await answered(room, chat, "settings.json", sent)
        assert reason in refused.text
        assert refused.buttons == []
        assert refused.text.endswith(("Nothing was changed.", "لم يتغير شيء."))


async def test_a_file_that_is_too_large_is_refused_with_the_bound(room: Newsroom) -> None:
    chat, _ = room.reader()
    refused = await answered(room, chat, "settings.json", b" " * (256 * 1024 + 1))
    assert refused.text == "This file is too large. I take files of up to ⁨256 kB⁩."


async def test_no_file_gives_more_follows_than_a_chat_may_have(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=0, reader_follows=4)) as room:
        chat, _ = room.reader()
        words = [{"kind": "words", "value": f"word{n}"} for n in range(6)]
        words[0]["value"] = "many " * 60
        sent = {"chat_id": 5, "categories": ["Ports"], "follows": words}
        offered = await answered(room, chat, "settings.json", sent)
        assert "3 follows and mutes of the file have no room here and are left out." in offered.text
        await room.press(chat, "✅ Replace")
        row = await the(room.storage, chat.id)
        follows = await storage.follows.of_chat(row.id, now=clock())
        assert sorted(str(one.subject.name) for one in follows) == ["Ports", "word1", "word2", "word3"]


async def test_a_group_takes_a_file_that_an_administrator_replies_with(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    asked = await room.ask(group, "/help@newsbot", admin)
    sent = {"chat_id": 5, "silent": True}
    refused = await answered(room, group, "s.json", sent, member, reply_to=asked.id)
    assert refused.text == "Only administrators can change what is sent here."
    await answered(room, group, "s.json", sent, admin, reply_to=asked.id)
    pressed = await group.press("✅ Replace", person=member)
    assert pressed["show_alert"]
    await room.press(group, "✅ Replace", admin)
    assert (await the(room.storage, group.id)).silent
    assert (await the(room.storage, group.id)).chat_id == group.id


async def test_a_file_of_a_group_that_is_no_reply_to_the_bot_is_for_other_people(room: Newsroom) -> None:
    admin = room.sim.person("Rana")
    group = room.sim.group("Readers", admins=[admin])
    group.add_bot(admin, admin=True)  # it sees every message
    await room.heard()
    before = len(group.messages)
    group.send_file("settings.json", b"{}", admin)
    await room.heard()
    assert len(group.messages) == before


async def test_a_file_that_is_gone_is_asked_for_again(room: Newsroom) -> None:
    chat, _ = room.reader()
    await answered(room, chat, "settings.json", {"chat_id": 5, "silent": True})
    room.sim.faults.add(Fault("bad_request", method="getFile", text="wrong file_id"))
    assert (await room.press(chat, "✅ Replace")).text.startswith("Telegram did not give me this file.")
    assert not (await the(room.storage, chat.id)).silent


async def test_a_second_press_finds_everything_replaced(room: Newsroom) -> None:
    chat, person = room.reader()
    offered = await answered(room, chat, "settings.json", {"chat_id": 5, "silent": True})
    for _ in range(2):
        await chat.press_data(offered.id, encode(ReplaceSettings(0)), person).answered
        await room.heard()
    assert (await the(room.storage, chat.id)).silent


# Other files


@pytest.mark.parametrize(
    ("language", "answer"),
    [("en", "I can't read this file. I take lists of sources (OPML"), ("ar", "لا يمكنني قراءة هذا الملف.")],
)
@pytest.mark.parametrize("name", ["report.pdf", "notes.docx", "picture.png", "archive.zip", "no name"])
async def test_other_files_are_told_which_ones_are_taken(
    room: Newsroom, name: str, language: str, answer: str
) -> None:
    chat, _ = room.reader(language)
    shown = await answered(room, chat, name, b"%PDF")
    assert shown.text.startswith(answer)
    assert "/export" in shown.text
    assert asked(room) == []  # it was not downloaded


async def test_a_moving_picture_is_none_of_these_files(room: Newsroom) -> None:
    chat, _ = room.reader()
    before = len(chat.messages)
    parts = {"file_id": "A", "file_unique_id": "a", "width": 1, "height": 1, "duration": 1}
    chat.share({"animation": parts, "document": {"file_id": "A", "file_unique_id": "a"}})
    await room.sim.until(lambda: len(chat.messages) > before)
    assert chat.last.text.startswith("I can only read text.")


async def test_the_caption_of_another_file_is_still_read(room: Newsroom) -> None:
    chat, _ = room.reader()
    shown = await answered(room, chat, "report.pdf", b"%PDF", caption="/help")
    assert "/latest" in shown.text


async def test_a_banned_person_sends_files_in_vain(room: Newsroom) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/help")
    await room.storage.bans.add(person.id, by=1, now=room.clock())
    before = len(chat.messages)
    chat.send_file("settings.json", b"{}")
    await room.heard()
    assert len(chat.messages) == before
    assert asked(room) == []
