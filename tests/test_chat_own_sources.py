"""The sources of a chat: their list with health in words, and what is changed on the screen of each."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config import Config
from bot.messages.actions import (
    MAKE_PUBLIC,
    PAUSE,
    REMOVE,
    AskForSource,
    ChangeSource,
    Screen,
    ShowSource,
    UndoSource,
    decode,
    encode,
)
from bot.messages.buttons import MOST_ON_SCREEN
from bot.sim import Chat, Shown
from storage import Storage
from storage.records import SourceKind, SourceProblem, Visit
from tests.adding import ADMIN, add, feed, operator, row, sources
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.site import Page, Site
from tests.test_chat_following import draft, follows
from tests.test_chat_places import with_channel


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    config = Config(commands_per_minute=0, reader_sources=20, admins=(ADMIN,), allow_private_hosts=True)
    async with newsroom(storage, clock, config) as opened:
        yield opened


async def opened(room: Newsroom, chat: Chat) -> Shown:
    """The screen of the only source of a chat."""
    await room.ask(chat, "/sources")
    return await room.press(chat, "1")


async def pressed(room: Newsroom, chat: Chat, data: str) -> str:
    """What Telegram shows after a button that no message holds was pressed. "" if the bot says nothing there."""
    answered = await asyncio.wait_for(chat.press_data(chat.last.id, data).answered, 30)
    await room.heard()
    return str(answered.get("text", ""))


# The list


async def test_without_sources_the_list_says_how_to_add_one(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/sources")
    assert answer.text.startswith("No single source is followed here yet.")
    assert answer.buttons == ["➕ Add a source", "↩ Back"]


async def test_the_list_says_how_each_source_is_doing(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    for path in ("/well", "/gone", "/paused", "/new"):
        await add(room, chat, feed(site, path, path.strip("/").title()))
    well, gone, paused, _ = await room.storage.sources.all()
    room.clock.advance(minutes=1)
    await room.ingest.refresh(well)
    await room.ingest.refresh(gone)
    site.pages["/gone"] = Page(status=404)
    room.clock.advance(hours=3)
    [gone] = [one for one in await room.storage.sources.all() if one.id == gone.id]
    await room.ingest.refresh(gone)
    await room.storage.sources.set_paused(paused.id, True, now=room.clock())
    listed = (await room.ask(chat, "/sources")).text.replace("\u200e", "")
    assert listed.split("\n\n")[1:] == [
        "1. Well\n🟢 Last article: ⁨3 hours ago⁩",
        "2. Gone\n⚠️ There is nothing at its address any more; last read ⁨3 hours ago⁩",
        "3. Paused\n⏸ Paused",
        "4. New\n⏳ Not read yet",
        "Tap a number to change it.",
    ]


async def test_a_source_whose_server_took_long_is_called_slow_until_it_is_quicker(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    [source] = await room.storage.sources.all()
    await room.ingest.refresh(source)
    [source] = await room.storage.sources.all()
    assert source.answer_seconds is not None
    assert not source.is_slow
    slow = Visit(source_id=source.id, due_at=room.clock(), succeeded_at=room.clock(), answer_seconds=8.2)
    failed = Visit(source_id=source.id, due_at=room.clock(), error="HTTP 500")
    for visit, is_slow in ((slow, True), (failed, False), (replace(slow, answer_seconds=0.3), False)):
        await room.storage.sources.record_visits(visit)
        assert ("🐢 Slow" in (await room.ask(chat, "/sources")).text) is is_slow


async def test_the_list_of_an_arabic_reader_is_in_arabic(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader("ar", "ليلى")
    await add(room, chat, feed(site))
    [source] = await room.storage.sources.all()
    site.pages["/feed"] = Page(status=500)
    await room.ingest.refresh(source)
    listed = await room.ask(chat, "/sources")
    assert "⚠️ يرد خادمه بخطأ" in listed.text
    assert (await room.press(chat, "1")).buttons[:3] == ["⏸ إيقاف مؤقت", "✏️ تغيير الاسم", "🔕 كتم"]


@pytest.mark.parametrize("problem", [*SourceProblem, None])
async def test_each_problem_has_words(room: Newsroom, site: Site, problem: SourceProblem | None) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    [source] = await room.storage.sources.all()
    visit = Visit(source_id=source.id, due_at=room.clock(), error="HTTP <500>", problem=problem)
    await room.storage.sources.record_visits(visit)
    shown = await opened(room, chat)
    assert "⚠️ " in shown.text
    assert "<500>" not in shown.text


async def test_long_lists_have_pages_of_few_buttons(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    for number in range(10):
        await add(room, chat, feed(site, f"/{number}", f"Feed {number} " + "x" * 300))
    shown = await room.ask(chat, "/sources")
    assert shown.buttons == ["1", "2", "3", "4", "More »", "➕ Add a source", "↩ Back"]
    await room.press(chat, "More »")
    shown = await room.press(chat, "More »")
    assert shown.buttons == ["9", "10", "« Back", "↩ Back"]
    await room.press(chat, "10")
    shown = await room.press(chat, "✖ Remove")
    assert shown.buttons == ["9", "« Back", "↩ Undo", "↩ Back"]
    assert len(shown.text) < 4_096
    await room.press(chat, "« Back")
    await room.press(chat, "5")
    shown = await room.press(chat, "✖ Remove")
    assert len(shown.buttons) <= MOST_ON_SCREEN


async def test_a_public_source_that_is_followed_is_in_the_list_and_can_not_be_paused(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.storage.sources.add("https://all.example/feed", SourceKind.FEED, title="Wire", now=room.clock())
    await room.ask(chat, "/follow Wire")
    shown = await opened(room, chat)
    assert "🌍 Everyone sees its news." in shown.text
    assert shown.buttons == ["🔕 Mute", "✖ Remove", "↩ Back"]


async def test_an_administrator_is_told_where_all_sources_are_listed(room: Newsroom) -> None:
    chat, _ = room.reader()
    administrator, _ = operator(room)
    assert "newsbot source list" in (await room.ask(administrator, "/sources")).text
    assert "newsbot source list" not in (await room.ask(chat, "/sources")).text


# Changes


async def test_a_source_is_paused_and_resumed(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    shown = await room.press(chat, "⏸ Pause")
    assert "⏸ Paused" in shown.text
    assert await room.storage.sources.due_sources(room.clock() + timedelta(days=9)) == []
    shown = await room.press(chat, "▶️ Resume")
    assert "⏳ Not read yet" in shown.text
    assert len(await room.storage.sources.due_sources(room.clock())) == 1


async def test_a_source_is_muted_and_that_is_undone(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    shown = await room.press(chat, "🔕 Mute")
    assert "🔕 Muted" in shown.text
    assert await follows(room, chat) == [("Harbour News", True, 1)]
    await room.press(chat, "↩ Undo")
    assert await follows(room, chat) == [("Harbour News", False, 1)]
    await room.press(chat, "🔕 Mute")
    await room.press(chat, "🔔 Unmute")
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_a_source_is_removed_and_comes_back_with_undo(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    shown = await room.press(chat, "✖ Remove")
    assert shown.text.startswith("✖ Removed: ⁨Harbour News⁩.\n\nNo single source is followed here")
    assert await follows(room, chat) == []
    shown = await room.press(chat, "↩ Undo")
    assert "Harbour News" in shown.text
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_a_source_that_was_deleted_since_does_not_come_back_and_that_is_said(
    room: Newsroom, site: Site
) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    await room.press(chat, "✖ Remove")
    room.clock.advance(days=2)
    assert await room.storage.sources.remove_unfollowed(before=room.clock(), limit=10) == 1
    shown = await room.press(chat, "↩ Undo")
    assert shown.text.startswith("This source has been deleted meanwhile")
    assert await follows(room, chat) == []


async def test_a_source_is_renamed_by_answering_a_question(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    await room.press(chat, "✏️ Rename")
    asked = chat.last
    assert asked.text == "What should ⁨Harbour News⁩ be called? Type its new name."
    shown = await room.ask(chat, "  <b>The\u202e Ferry</b>  " + "y" * 200, reply_to=asked.id)
    assert "<b>The Ferry</b>" in shown.text
    [source] = await room.storage.sources.all()
    assert source.title is not None
    assert len(source.title) <= 100
    await room.ingest.refresh_due()
    assert (await room.storage.sources.all())[0].title == source.title
    assert (await room.ask(chat, "🐟", reply_to=asked.id)).text == "Please type a name with at least one letter."


async def test_a_source_that_several_chats_follow_is_paused_and_renamed_by_none_of_them(
    room: Newsroom, site: Site
) -> None:
    (first, _), (other, _) = room.reader(), room.reader(name="Sami")
    url = feed(site)
    await add(room, first, url)
    await opened(room, first)
    await room.press(first, "✏️ Rename")
    asked = first.last
    await add(room, other, url)
    [source] = await room.storage.sources.all()
    for chat in (first, other):
        assert (await opened(room, chat)).buttons == ["🔕 Mute", "✖ Remove", "↩ Back"]
        for data in (ChangeSource(source.id, PAUSE), AskForSource(0, source.id)):
            assert await pressed(room, chat, encode(data)) == "You can't change this source any more."
    answer = await room.ask(first, "Mine", reply_to=asked.id)
    assert answer.text == "You can't change this source any more."
    assert (await room.storage.sources.all())[0].title == "Harbour News"


@pytest.mark.parametrize("with_a_list", [False, True])
async def test_who_adds_an_address_does_not_find_it_paused_or_under_the_name_that_a_stranger_gave(
    room: Newsroom, site: Site, with_a_list: bool
) -> None:
    (stranger, _), (chat, _) = room.reader(), room.reader(name="Sami")
    url = feed(site)
    await add(room, stranger, url)
    await opened(room, stranger)
    await room.press(stranger, "✏️ Rename")
    await room.ask(stranger, "The Nonsense", reply_to=stranger.last.id)
    await opened(room, stranger)
    await room.press(stranger, "⏸ Pause")
    if with_a_list:
        chat.send_file("list.opml", f'<opml><body><outline text="H" xmlUrl="{url}"/></body></opml>'.encode())
        await room.heard()
    else:
        assert (await add(room, chat, url)).text.startswith("✅ Added for this chat: ⁨Harbour News⁩.")
    assert len(await room.storage.sources.due_sources(room.clock())) == 1
    await room.ingest.refresh_due()
    assert [one.title for one in await room.storage.sources.all()] == ["Harbour News"]


async def test_an_administrator_makes_a_source_private_and_public_again(room: Newsroom, site: Site) -> None:
    chat, _ = operator(room)
    url = feed(site)
    answer = await add(room, chat, url)
    assert answer.buttons == ["🔒 Make private", "↩ Undo", "⚙️ This source"]
    shown = await room.press(chat, "🔒 Make private")
    assert "🔒 Only the chats that added it see its news." in shown.text
    assert await sources(room) == [(url, True)]
    shown = await room.press(chat, "🌍 Make public")
    assert {"⏸ Pause", "✏️ Rename", "🔒 Make private"} < set(shown.buttons)
    assert await sources(room) == [(url, False)]


async def test_an_old_undo_deletes_no_source_that_others_may_follow(room: Newsroom, site: Site) -> None:
    chat, _ = operator(room)
    url = feed(site)
    await add(room, chat, url)
    await room.ingest.refresh_due()
    room.clock.advance(hours=2)
    shown = await room.press(chat, "↩ Undo")
    assert shown.text == "↩ Undone. ⁨Harbour News⁩ is no longer among your sources."
    assert await sources(room) == [(url, False)]
    assert await follows(room, chat) == []


# Channels and groups


async def test_the_sources_of_a_channel_are_changed_from_the_private_chat(room: Newsroom, site: Site) -> None:
    chat, channel, _ = await with_channel(room)
    url = feed(site)
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    await room.press(chat, "📣 Harbour wire")
    await room.press(chat, "📋 What I follow")
    shown = await room.press(chat, "📡 Sources")
    # What is typed here is about the private chat, so no command is named.
    assert shown.text == "⁨Harbour wire⁩\n\nNo single source is followed here yet."
    await room.press(chat, "➕ Add a source")
    assert chat.last.text.startswith("Which source should ⁨Harbour wire⁩ get?")
    await room.ask(chat, url, reply_to=chat.last.id)
    await room.heard()
    assert "✅ Added for this chat: ⁨Harbour News⁩." in chat.last.text
    shown = await room.press(chat, "⚙️ This source")
    assert "Harbour wire" in shown.text
    await room.press(chat, "⏸ Pause")
    [source] = await room.storage.sources.all()
    assert source.paused
    await room.press(chat, "✏️ Rename")
    await room.ask(chat, "The Ferry", reply_to=chat.last.id)
    assert await follows(room, channel) == [("The Ferry", False, 1)]
    await room.press(chat, "✖ Remove")
    assert await follows(room, channel) == []
    await room.press(chat, "↩ Undo")
    assert await follows(room, channel) == [("The Ferry", False, 1)]


async def test_an_administrator_renames_a_source_of_a_group_by_a_reply(room: Newsroom, site: Site) -> None:
    admin, member = room.sim.person("Rana <b>", "en"), room.sim.person("Omar", "en")
    group = room.sim.group("Readers", admins=[admin])
    await add(room, group, feed(site), admin)
    await room.ask(group, "/sources", admin)
    await room.press(group, "1", admin)
    await room.press(group, "✏️ Rename", admin)
    asked = group.last
    assert asked.text == "⁨Rana <b>⁩\nWhat should ⁨Harbour News⁩ be called? Type its new name."
    refused = await room.ask(group, "The Stranger", member, reply_to=asked.id)
    assert refused.text == "Only administrators can change what is sent here."
    before = len(group.messages)
    group.say("The Ferry", admin)  # no reply: it is said to the others
    group.say("Thank you", member, reply_to=refused.id)
    await room.heard()
    assert len(group.messages) == before
    shown = await room.ask(group, "The Ferry", admin, reply_to=asked.id)
    assert "The Ferry" in shown.text
    assert [one.title for one in await room.storage.sources.all()] == ["The Ferry"]


async def test_in_a_group_only_administrators_see_and_change_its_sources(room: Newsroom, site: Site) -> None:
    admin, member = room.sim.person("Rana", "en"), room.sim.person("Huda", "en")
    group = room.sim.group("Readers", admins=[admin])
    await add(room, group, feed(site), admin)
    assert (await room.ask(group, "/sources", member)).text == "Only administrators can change what is sent here."
    await room.ask(group, "/sources", admin)
    shown = await room.press(group, "1", admin)
    assert shown.buttons == ["⏸ Pause", "✏️ Rename", "🔕 Mute", "✖ Remove", "↩ Back"]
    answered = await group.press("✖ Remove", person=member)
    assert answered["text"] == "Only administrators can change what is sent here."
    await room.press(group, "✖ Remove", admin)
    assert await follows(room, group) == []


# Forged buttons


async def test_buttons_for_sources_and_chats_of_others_change_and_tell_nothing(room: Newsroom, site: Site) -> None:
    (owner, _), (stranger, _) = room.reader(), room.reader(name="Sami")
    await add(room, owner, feed(site))
    await room.ask(stranger, "/help")
    [source] = await room.storage.sources.all()
    theirs = await row(room, owner)
    step = decode(owner.last.rows[0][0]["callback_data"])
    assert isinstance(step, UndoSource)
    for action in (
        ShowSource(source.id), ChangeSource(source.id, PAUSE), ChangeSource(source.id, REMOVE),
        ChangeSource(source.id, MAKE_PUBLIC), ChangeSource(source.id, 99), AskForSource(0, source.id),
        UndoSource(step.step, source.id, 1), ShowSource(99), ChangeSource(99, REMOVE),
        ShowSource(source.id, 1, theirs), ChangeSource(source.id, REMOVE, 1, theirs), Screen("sources", theirs),
        UndoSource(step.step, source.id, 1, theirs), AskForSource(theirs, 0),
    ):  # fmt: skip
        said = await pressed(room, stranger, encode(action))
        assert "Harbour" not in said + "".join(message.text for message in stranger.messages), action
    assert await follows(room, owner) == [("Harbour News", False, 1)]
    assert await room.storage.sources.all() == [source]
    room.sim.errors.clear()  # the same list was shown again and again, which Telegram refuses


async def test_a_reader_makes_nothing_public(room: Newsroom, site: Site) -> None:
    chat, _ = room.reader()
    await add(room, chat, feed(site))
    [source] = await room.storage.sources.all()
    said = await pressed(room, chat, encode(ChangeSource(source.id, MAKE_PUBLIC)))
    assert said == "You can't change this source any more."
    assert await room.storage.sources.all() == [source]


async def test_who_is_not_served_any_more_presses_in_vain(room: Newsroom, site: Site) -> None:
    chat, person = room.reader()
    await add(room, chat, feed(site))
    await opened(room, chat)
    await room.storage.bans.add(person.id, by=ADMIN, now=room.clock())
    chat.press("✖ Remove")
    await room.heard()
    assert await follows(room, chat) == [("Harbour News", False, 1)]


async def test_what_was_published_by_a_source_counts_from_when_it_was_stored(room: Newsroom) -> None:
    url = "https://all.example/feed"
    source, _ = await room.storage.sources.add(url, SourceKind.FEED, now=room.clock())
    assert await room.storage.sources.last_articles([source.id, 99]) == {}
    await room.publish(draft("Ferry"), draft("Quay", body="Another text of its own."), source=source)
    assert await room.storage.sources.last_articles([source.id]) == {source.id: room.clock() - timedelta(minutes=1)}
