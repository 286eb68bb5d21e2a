"""Lists of sources (OPML) as files in the chat: who gets what, what is refused and why, and what a kill leaves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Admission, Inbox, PublishedLanguages, inbox, make_answerer, source_files
from bot.chat.context import HandlerContext
from bot.config import Config
from bot.ingest.errors import ListProblem
from bot.ingest.formats import opml
from bot.locale import Voice
from bot.messages.source_list import entry_problem, not_a_list
from bot.sim import Chat, Fault, Shown
from storage import Storage, open_storage
from storage.records import Lane, SourceKind
from storage.records import Source as StoredSource
from tests.conftest import Clock
from tests.makers import the
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_documents import answered, content, exported_files, exports, without_ids
from tests.test_chat_following import draft, sent

QUOTA = Config(commands_per_minute=0, reader_sources=20, reader_follows=100)


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, QUOTA) as opened:
        yield opened


def listed(*outlines: str) -> bytes:
    return f"<opml version='2.0'><body>{''.join(outlines)}</body></opml>".encode()


def feeds(count: int, first: int = 0) -> list[str]:
    return [f'<outline type="rss" xmlUrl="https://f{n}.example/feed"/>' for n in range(first, first + count)]


async def take(room: Newsroom, chat: Chat, sent: bytes, name: str = "feeds.opml", **how: Any) -> Shown:
    """The report about a list, which replaces the message that it is read."""
    return await answered(room, chat, name, sent, **how)


async def sources_of(room: Newsroom, chat: Chat) -> list[StoredSource]:
    return await room.storage.sources.of_chat((await the(room.storage, chat.id)).id)


async def urls_of(room: Newsroom, chat: Chat) -> list[str]:
    return [source.url for source in await sources_of(room, chat)]


async def test_the_sources_of_a_list_become_private_ones_that_the_chat_follows(room: Newsroom) -> None:
    chat, _ = room.reader()
    other, _ = room.reader(name="Badr")
    await room.ask(other, "/subscribe all")
    before = len(chat.messages)
    folder = '<outline text="Ports"><outline xmlUrl="https://b.example/feed" text="Bollard"/></outline>'
    shown = await take(room, chat, listed('<outline xmlUrl="https://a.example/feed"/>', folder))
    assert len(chat.messages) == before + 1  # what was being read was edited
    assert shown.text == "✅ 2 sources were added.\n\nYou get what they publish from now on."
    first, second = await sources_of(room, chat)
    assert (first.url, first.private, first.category) == ("https://a.example/feed", True, None)
    assert (second.url, second.title, second.category) == ("https://b.example/feed", "Bollard", "Ports")
    assert (second.due_at - first.due_at).total_seconds() == 0.1  # first visits are spread
    room.clock.advance(minutes=1)
    await room.publish(draft("Bollards are painted"), lane=Lane.ALERT, source=second)
    assert await sent(room, chat, other) == [["Bollards are painted"], []]


async def test_undo_ends_all_follows_of_the_list(room: Newsroom) -> None:
    chat, _ = room.reader()
    await take(room, chat, listed(*feeds(3)))
    await room.press(chat, "↩ Undo")
    assert await urls_of(room, chat) == []


async def test_known_sources_are_followed_once_and_public_ones_stay_as_they_are(room: Newsroom) -> None:
    chat, _ = room.reader()
    other, _ = room.reader(name="Badr")
    await take(room, other, listed('<outline xmlUrl="https://f0.example/feed" title="Zero"/>'))
    await room.storage.sources.add("http://www.f1.example/feed/", SourceKind.FEED, now=room.clock(), title="One")
    shown = await take(room, chat, listed(*feeds(2), '<outline xmlUrl="http://f1.example/feed" title="Mine"/>'))
    assert shown.text.splitlines()[:2] == [
        "✅ 2 sources that I read already are followed now.",
        "1 entry names a source again.",
    ]
    assert [(one.url, one.title, one.private) for one in await sources_of(room, chat)] == [
        ("https://f0.example/feed", "Zero", True),
        ("http://www.f1.example/feed/", "One", False),
    ]
    again = await take(room, chat, listed(*feeds(2)))
    assert again.text == "2 sources were there already."
    assert again.buttons == []


async def test_a_folder_is_the_category_of_a_source_until_another_chat_has_it_too(room: Newsroom) -> None:
    await room.publish(draft("Quay opens", "PORTS"))  # so that the folder names a known category
    first, second = room.reader()[0], room.reader(name="Badr")[0]
    feed = '<outline xmlUrl="https://b.example/feed"/>'
    await take(room, first, listed(f'<outline text="ports">{feed}</outline>'))
    [source] = await sources_of(room, first)
    for made in (draft("Bollards are painted", source.category or ""), draft("A ferry sinks", "Ferries")):
        await room.publish(made, source=source)
    assert await filed(room) == {"Quay opens": "PORTS", "Bollards are painted": "PORTS", "A ferry sinks": "Ferries"}
    await take(room, second, listed(f'<outline text="Rubbish">{feed}</outline>'))
    [shared] = await sources_of(room, second)
    assert (shared.id, shared.category) == (source.id, None)
    assert await filed(room) == {"Quay opens": "PORTS", "Bollards are painted": None, "A ferry sinks": "Ferries"}
    again = await take(room, first, listed(f'<outline text="ports">{feed}</outline>'))
    assert again.text == "1 source was there already."
    assert (await sources_of(room, first))[0].category is None


async def filed(room: Newsroom) -> dict[str, str | None]:
    """The category of each article by its title."""
    found = [await room.storage.articles.get(number) for number in range(1, 4)]
    return {one.text.title: one.category.name if one.category else None for one in found if one is not None}


async def test_the_first_sources_fill_the_quota_and_the_rest_is_counted(room: Newsroom) -> None:
    chat, _ = room.reader()
    shown = await take(room, chat, listed(*feeds(10_000)))
    assert shown.text.splitlines()[:2] == [
        "✅ 20 sources were added.",
        "⚠️ 9,980 sources were not added. This chat may have 20 sources.",
    ]
    assert await urls_of(room, chat) == [f"https://f{n}.example/feed" for n in range(20)]


async def test_two_lists_at_once_in_one_chat_keep_the_quota(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    before = len(chat.messages)
    for first in (0, 15):
        chat.send_file("feeds.opml", listed(*feeds(15, first)))
    await room.heard()
    texts = [message.text.splitlines()[0] for message in chat.messages[before:]]
    assert texts == ["✅ 15 sources were added.", "✅ 5 sources were added."]
    assert len(await urls_of(room, chat)) == 20


async def test_a_chat_that_may_add_none_still_follows_what_is_public(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock) as room:
        chat, _ = room.reader()
        await storage.sources.add("https://f0.example/feed", SourceKind.FEED, now=clock())
        shown = await take(room, chat, listed(*feeds(3)))
        assert shown.text.splitlines()[:2] == [
            "✅ 1 source that I read already is followed now.",
            "⚠️ 2 sources were not added. Only administrators of the bot can add sources here.",
        ]


async def test_the_limit_of_follows_counts_too(storage: Storage, clock: Clock) -> None:
    config = Config(commands_per_minute=0, reader_sources=20, reader_follows=3)
    async with newsroom(storage, clock, config) as room:
        chat, _ = room.reader()
        await room.ask(chat, "/follow ferry")
        shown = await take(room, chat, listed(*feeds(3)))
        assert "⚠️ 1 source was not added. You can follow and mute 3 things here." in shown.text
        assert len(await urls_of(room, chat)) == 2


async def test_what_a_list_says_of_folders_passwords_and_speed_is_not_a_readers_to_say(room: Newsroom) -> None:
    chat, _ = room.reader()
    ours = 'xmlns:n="urn:newsbot:opml" n:breaking="true" n:every="1" n:full-text="true"'
    outlines = [
        f'<outline {ours} xmlUrl="https://a.example/feed"/>',
        '<outline xmlns:n="urn:newsbot:opml" n:kind="folder" url="/etc"/>',
        '<outline xmlUrl="http://127.0.0.1:8080/feed"/>',
        '<outline xmlUrl="http://localhost/feed"/>',
        '<outline xmlUrl="http://[::1]/feed"/>',
        '<outline xmlUrl="http://10.0.0.7/feed"/>',
    ]
    shown = await take(room, chat, listed(*outlines))
    assert shown.text.splitlines()[2] == "⚠️ 5 entries can't be read:"
    assert shown.text.count("I can't read this address") == 5
    [source] = await sources_of(room, chat)
    assert (source.breaking, source.every_seconds, source.full_text) == (False, None, False)


async def test_the_first_ten_entries_that_cannot_be_read_are_named_with_their_reasons(room: Newsroom) -> None:
    bad = [
        '<outline type="rss" text="Lost <b>boat</b>"/>',
        '<outline type="rss" xmlUrl="ftp://x.example/"/>',
        '<outline htmlUrl="https://site.example/"/>',
        '<outline type="include" url="https://x.example/more.opml"/>',
        *['<outline type="rss" xmlUrl="nothing"/>'] * 9,
    ]
    for language, reasons, rest in (
        (
            "en",
            ("it has no address", "this is not a web address", "this is a website", "another list"),
            "and 3 more.",
        ),
        ("ar", ("لا عنوان له", "هذا ليس عنوان ويب", "هذا موقع لا خلاصة", "هذه قائمة أخرى"), "و3 أخرى."),
    ):
        chat, _ = room.reader(language)
        shown = await take(room, chat, listed(*feeds(1), *bad))
        lines = [line for line in shown.text.splitlines() if line.startswith("•")]
        assert len(lines) == 10
        for line, reason in zip(lines, reasons, strict=False):
            assert reason in line
        assert "⁨ftp://x.example/⁩" in lines[1]
        assert "⁨site.example⁩" in lines[2]
        assert rest in shown.text


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("sent", "english", "arabic"),
    [
        (b"", "This file is empty.", "هذا الملف فارغ."),
        (b"<!doctype html><html></html>", "This file is a web page.", "هذا الملف صفحة ويب."),
        (b"PK\x03\x04 no list", "I found no source", "لم أجد أي مصدر"),
        (b"<opml><body/></opml>", "I found no source", "لم أجد أي مصدر"),
        (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><opml>&l11;</opml>'.encode(), "I found no source", "لم أجد"),
        (b"<opml>" * 100_000, "I found no source", "لم أجد أي مصدر"),
    ],
    ids=["empty", "page", "no list", "no sources", "laughs", "deep"],
)
async def test_a_file_that_is_no_list_is_refused_in_the_readers_language(
    room: Newsroom, sent: bytes, english: str, arabic: str
) -> None:
    for language, reason in (("en", english), ("ar", arabic)):
        chat, _ = room.reader(language)
        shown = await take(room, chat, sent)
        assert shown.text.startswith(reason)
        assert "OPML" in shown.text
        assert await urls_of(room, chat) == []


async def test_entities_in_an_entry_are_text_and_grow_nothing(room: Newsroom) -> None:
    chat, _ = room.reader()
    document = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><opml><outline xmlUrl="https://a.example/?q=&l11;"/></opml>'
    await take(room, chat, document.encode())
    assert await urls_of(room, chat) == ["https://a.example/?q=&l11;"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1256"])
async def test_lists_in_other_encodings_are_read(room: Newsroom, encoding: str) -> None:
    chat, _ = room.reader("ar")
    body = '<opml><outline text="الموانئ"><outline xmlUrl="https://a.example/feed" text="الميناء"/></outline></opml>'
    document = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{body}'
    await take(room, chat, document.encode(encoding))
    [source] = await sources_of(room, chat)
    assert (source.title, source.category) == ("الميناء", "الموانئ")


async def test_a_list_that_is_too_large_is_refused_whatever_size_it_tells(room: Newsroom) -> None:
    chat, _ = room.reader()
    for told in (50 * 2**20, 10):
        shown = await take(room, chat, b" " * (5 * 2**20 + 1), told_size=told)
        assert shown.text == "This file is too large. I take files of up to ⁨5 MB⁩."
    assert [call.method for call in room.sim.calls].count("download") == 1  # the first one was not asked for


async def test_a_list_of_too_many_entries_is_read_to_a_bound(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_files, "MOST_ENTRIES", 5)
    chat, _ = room.reader()
    shown = await take(room, chat, listed(*feeds(7)))
    assert "⚠️ The list is too long: 2 entries at its end were not read." in shown.text
    assert len(await urls_of(room, chat)) == 5


async def test_a_long_list_shows_how_far_it_is_in_one_message(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_files, "BATCH", 5)
    monkeypatch.setattr(source_files, "PROGRESS_SECONDS", 0.0)
    chat, _ = room.reader("ar")
    await room.ask(chat, "/help")
    before = len(chat.messages)
    shown = await take(room, chat, listed(*feeds(12)))
    assert len(chat.messages) == before + 1
    edits = [call.values["text"] for call in room.sim.calls if call.method == "editMessageText"]
    assert edits[:2] == ["⏳ المصادر: 5 من 12 …", "⏳ المصادر: 10 من 12 …"]
    assert shown.text.startswith("✅ أُضيف 12 مصدرًا.")


async def test_a_list_that_was_interrupted_is_finished_and_nothing_is_doubled(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_files, "BATCH", 2)
    monkeypatch.setattr(source_files, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(inbox, "STOP_SECONDS", 0.05)
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    # Long enough for a busy machine to stop the inbox meanwhile.
    room.sim.faults.add(Fault("too_many", method="editMessageText", seconds=5))
    chat.send_file("feeds.opml", listed(*feeds(7)))
    await room.sim.until(lambda: room.sim.calls[-1].status == 429)
    await room.inbox.stop()  # while the progress waits to be shown
    assert len(await urls_of(room, chat)) == 2
    admission = Admission(0, steady=lambda: 0.0)
    context = HandlerContext(
        room.storage,
        room.config,
        admission,
        room.finder,
        room.pictures,
        now=room.clock,
        wake=lambda: None,
        published=PublishedLanguages(room.storage, steady=lambda: 0.0),
    )
    again = Inbox(room.storage, make_answerer(room.bot, context), admission, now=room.clock)
    await again.resume()
    await again.wait_until_settled()
    await again.stop()
    assert await urls_of(room, chat) == [f"https://f{n}.example/feed" for n in range(7)]
    assert len(await room.storage.sources.all()) == 7
    assert "2 sources were there already." in chat.last.text


async def test_only_administrators_add_a_list_to_a_group(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    asked = await room.ask(group, "/help@newsbot", admin)
    refused = await take(room, group, listed(*feeds(1)), person=member, reply_to=asked.id)
    assert refused.text == "Only administrators can change what is sent here."
    await take(room, group, listed(*feeds(1)), person=admin, reply_to=asked.id)
    assert await urls_of(room, group) == ["https://f0.example/feed"]


async def test_an_export_makes_the_same_sources_in_another_chat(room: Newsroom) -> None:
    chat, _ = room.reader()
    other, _ = room.reader(name="Badr")
    folder = '<outline text="الموانئ"><outline xmlUrl="https://b.example/feed" text="Bollard &amp; Co"/></outline>'
    await take(room, chat, listed(*feeds(2), folder))
    sources, settings = await exported_files(room, chat)
    await take(room, other, content(room, sources))
    assert await sources_of(room, other) == await sources_of(room, chat)
    same = await answered(room, other, "s.json", content(room, settings))
    assert same.text == "These settings are already in use here."


async def test_a_reader_moves_to_another_bot_with_both_files(room: Newsroom, clock: Clock, tmp_path: Path) -> None:
    chat, _ = room.reader()
    await take(room, chat, listed(*feeds(2)))
    await room.ask(chat, "/follow harbour council")
    await room.ask(chat, "/mute f1.example")
    sources, settings = await exported_files(room, chat)
    both = content(room, sources), content(room, settings)
    database = f"sqlite:///{tmp_path / 'another.db'}"
    async with open_storage(database) as storage, newsroom(storage, clock, QUOTA) as another:
        other, _ = another.reader(name="Badr")
        await take(another, other, both[0])
        await answered(another, other, "settings.json", both[1])
        assert (await another.press(other, "✅ Replace")).text == "✅ The settings were replaced."
        sources, settings = await exported_files(another, other)
        assert opml.read(content(another, sources), name="") == opml.read(both[0], name="")
        assert without_ids(exports(another, settings)) == without_ids(json.loads(both[1]))


async def test_each_file_that_is_sent_together_with_others_is_answered(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    before = len(chat.messages)
    for number in range(2):
        document = room.sim.keep("feeds.opml", listed(*feeds(1, number))).to_json()
        chat.share({"document": document, "media_group_id": "5"})
    await room.heard()
    assert [one.text.splitlines()[0] for one in chat.messages[before:]] == ["✅ 1 source was added."] * 2


@pytest.mark.parametrize("language", ["en", "ar"])
def test_each_problem_of_a_list_has_words_of_its_own(language: str) -> None:
    voice = Voice(language)
    whole = {ListProblem.EMPTY, ListProblem.WEB_PAGE, ListProblem.NO_SOURCES}
    texts = {one: not_a_list(one, voice).html if one in whole else entry_problem(one, voice) for one in ListProblem}
    assert len(set(texts.values())) == len(ListProblem)
