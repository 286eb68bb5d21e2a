"""The menu of an alert and of an opened article: follow, mute, undo, link, and back, all in place."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.ingest.draft import Draft
from bot.sim import Chat, Person
from storage import Storage
from storage.records import Lane
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."
DRAFT = Draft(
    title="Lighthouse painted",
    body=BODY,
    categories=("Culture",),
    publisher="Harbour News",
    author="Huda Haddad",
    url="https://news.example/lighthouse",
)


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(replace(DRAFT, title="Earlier"))
        yield opened


async def alerted(room: Newsroom, chat: Chat) -> None:
    """Publish an article, of which the chat gets the alert."""
    room.clock.advance(minutes=1)
    await room.publish(DRAFT, lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Lighthouse painted" in chat.last.text)


async def follows(room: Newsroom, chat: Chat) -> list[tuple[str, str | None, bool]]:
    ours = await room.storage.chats.get(chat.id)
    assert ours
    chosen = await room.storage.follows.of_chat(ours.id, now=room.clock())
    return [(one.subject.kind, one.subject.name, one.muted) for one in chosen]


async def press(room: Newsroom, chat: Chat, button: str, person: Person | None = None) -> str:
    """What is said when a button of the last message is pressed, after the buttons were changed."""
    said = await chat.press(button, person=person)
    await room.heard()
    return str(said.get("text", ""))


async def test_an_alert_opens_its_menu_in_place_and_closes_it(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe all")
    await alerted(room, chat)
    before, text = chat.last.buttons, chat.last.text
    assert before == ["📖 Read", "🔗 Source", "⭐", "⋯"]
    await press(room, chat, "⋯")
    assert chat.last.buttons == [
        "🧵 Follow this story",
        "📂 Culture",
        "✍️ Huda Haddad",
        "❓ Why this alert?",
        "📋 Copy link",
        "↗ Share",
        "↩ Back",
    ]
    assert chat.last.text == text
    await room.press(chat, "↩ Back")
    assert chat.last.buttons == before
    assert chat.last.text == text


async def test_the_category_is_muted_from_an_alert_and_the_next_article_does_not_come(room: Newsroom) -> None:
    (chat, _), (other, _) = room.reader(name="A"), room.reader(name="B")
    for one in (chat, other):
        await room.ask(one, "/subscribe all")
    await alerted(room, chat)
    await room.sim.until(lambda: "Lighthouse" in other.last.text)
    await press(room, chat, "⋯")
    await press(room, chat, "📂 Culture")
    assert chat.last.buttons == [
        "➕ Follow Culture", "➕ 1 day", "➕ 7 days", "🔕 Mute Culture", "🔕 1 day", "🔕 7 days", "↩ Back"
    ]  # fmt: skip
    assert (await press(room, chat, "🔕 7 days")).startswith("🔕 Muted until ⁨8 March 2026")
    assert await follows(room, chat) == [("category", "Culture", True)]
    assert "🔕 Culture" in chat.last.buttons
    room.clock.advance(minutes=1)
    await room.publish(replace(DRAFT, title="Painted again", body=f"{BODY}\n\nMore."), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: "Painted again" in other.last.text)
    assert "Painted again" not in chat.last.text
    assert await press(room, chat, "↩ Undo") == "↩ Undone."
    assert await follows(room, chat) == []


async def test_a_story_and_an_author_are_followed_from_an_opened_article(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await room.press(chat, "1")
    await press(room, chat, "⋯")
    assert (await press(room, chat, "🧵 Follow this story")).startswith("✅ Followed until 7 days after")
    assert "✅ Following this story" in chat.last.buttons
    await press(room, chat, "✍️ Huda Haddad")
    assert (await press(room, chat, "➕ Follow Huda Haddad")).startswith("✅ Followed: the author")
    assert sorted(await follows(room, chat)) == [
        ("author", "Huda Haddad", False), ("story", "Earlier", False)
    ]  # fmt: skip
    await press(room, chat, "✅ Following this story")
    assert await follows(room, chat) == [("author", "Huda Haddad", False)]
    await room.press(chat, "↩ Back")
    assert "↩ Back to the list" in chat.last.buttons


async def test_the_link_is_copied_and_shared(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/summary 1")
    await press(room, chat, "⋯")
    copied, shared = next(row for row in chat.last.rows if row[0]["text"] == "📋 Copy link")
    assert copied["copy_text"] == {"text": "https://news.example/lighthouse"}
    (found, *others) = await in_any_chat(room, shared["switch_inline_query"])
    assert (found["title"], others) == ("Earlier", [])


async def in_any_chat(room: Newsroom, query: str) -> list[dict[str, Any]]:
    """What is listed in the chat that a person chooses, where the query of a button is typed."""
    person = room.sim.person("Friend")
    asked = room.sim.inline.ask(room.sim.private(person), person, query)
    return list((await asyncio.wait_for(asked.answered, 30))["results"])


async def test_an_opened_article_is_shared_by_posting_it_in_another_chat(room: Newsroom) -> None:
    chat, _ = room.reader()
    opened = await room.ask(chat, "/summary 1")
    shared = next(one for row in opened.rows for one in row if one["text"] == "↗ Share")
    (found, *others) = await in_any_chat(room, shared["switch_inline_query"])
    assert (found["title"], others) == ("Earlier", [])


async def test_the_link_is_shared_if_the_bot_has_no_inline_mode(room: Newsroom) -> None:
    room.sim.inline.on = False
    await room.bot.get_me()
    chat, _ = room.reader()
    await room.ask(chat, "/summary 1")
    await press(room, chat, "⋯")
    copied, shared = next(row for row in chat.last.rows if row[0]["text"] == "📋 Copy link")
    assert copied["copy_text"] == {"text": "https://news.example/lighthouse"}
    assert shared["url"] == "https://t.me/share/url?url=https%3A%2F%2Fnews.example%2Flighthouse"
    assert "@newsbot" not in (await room.ask(chat, "/help")).text


async def test_in_a_group_and_a_channel_each_press_is_checked(room: Newsroom) -> None:
    admin, member = room.sim.person("Admin"), room.sim.person("Member")
    group = room.sim.group("Town", admins=[admin])
    await room.ask(group, "/subscribe all", admin)
    await alerted(room, group)
    before = group.last.buttons
    assert "Only administrators" in await press(room, group, "⋯", person=member)
    assert group.last.buttons == before
    await press(room, group, "⋯", person=admin)
    await press(room, group, "📂 Culture", person=admin)
    group.members[admin.id] = "member"  # no administrator any more
    assert "Only administrators" in await press(room, group, "🔕 Mute Culture", person=admin)
    assert await follows(room, group) == []


async def test_the_menu_of_an_article_that_was_withdrawn_says_so(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/summary 1")
    await room.storage.articles.retract(1, now=room.clock())
    assert await press(room, chat, "⋯") == "This article is no longer available."
