"""Places: each channel, group and topic follows its own subjects, and a channel's are chosen in a private chat."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.sim import Chat, Person
from storage import Storage
from storage.records import ChatKind, Lane
from tests.conftest import Clock
from tests.makers import reader, the
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_following import draft, follows, sent


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("Ferries are late"), draft("A cup final", "Sports"))
        yield opened


async def with_channel(room: Newsroom) -> tuple[Chat, Chat, Person]:
    """A private chat of a person, and a channel to which that person added the bot."""
    chat, person = room.reader()
    channel = room.sim.channel("Harbour wire", admins=[person])
    await room.ask(chat, "/help")
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    return chat, channel, person


async def question(room: Newsroom, chat: Chat) -> int:
    """Opens what the channel follows, and asks to follow something. Returns the number of the question."""
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    await room.press(chat, "📣 Harbour wire")
    listed = await room.press(chat, "📋 What I follow")
    assert "Nothing is followed there yet." in listed.text
    await room.press(chat, "➕ Follow something")
    asked = chat.last
    assert asked.text.startswith("What should ⁨Harbour wire⁩ follow?")
    return asked.id


@pytest.mark.parametrize(
    ("typed", "name"), [("ferry", "ferry"), ("sports", "Sports"), ('"cup final" -boat', '"cup final" -boat')]
)
async def test_a_channel_follows_what_is_typed_in_the_private_chat(room: Newsroom, typed: str, name: str) -> None:
    chat, channel, _ = await with_channel(room)
    card = await room.ask(chat, typed, reply_to=await question(room, chat))
    assert card.text.startswith("⁨Harbour wire⁩\n")
    assert "✅ Followed" in card.text
    assert await follows(room, channel) == [(name, False, 1)]
    assert await follows(room, chat) == []
    listed = await room.press(chat, "↩ Back")
    assert name in listed.text
    assert "➕ Follow something" in listed.buttons


async def test_what_a_channel_follows_reaches_the_channel_alone(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await room.ask(chat, "lighthouse", reply_to=await question(room, chat))
    room.clock.advance(minutes=1)
    await room.publish(draft("Lighthouse painted"), lane=Lane.ALERT)
    assert await sent(room, channel, chat) == [["Lighthouse painted"], []]


async def test_what_a_channel_follows_is_muted_and_undone_from_its_card(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await room.ask(chat, "ferry", reply_to=await question(room, chat))
    await room.press(chat, "🔕 Mute instead")
    assert await follows(room, channel) == [("ferry", True, 1)]
    await room.press(chat, "↩ Undo")
    assert await follows(room, channel) == [("ferry", False, 1)]


async def test_words_without_a_reply_are_still_searched_for(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await question(room, chat)
    assert (await room.ask(chat, "ferry")).text.startswith("Results")
    assert await follows(room, channel) == []


async def test_who_is_no_administrator_any_more_adds_nothing(room: Newsroom) -> None:
    chat, channel, person = await with_channel(room)
    asked = await question(room, chat)
    channel.members[person.id] = "left"
    refused = await room.ask(chat, "ferry", reply_to=asked)
    assert refused.text == "Only administrators can change what is sent there."
    await asyncio.wait_for(chat.press("➕ Follow something"), 30)
    assert await follows(room, channel) == []


async def test_what_is_not_understood_is_said_and_followed_by_nobody(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    answer = await room.ask(chat, "category:volcano", reply_to=await question(room, chat))
    assert 'There is no category called "⁨volcano⁩".' in answer.text
    assert answer.buttons == []
    assert await follows(room, channel) == []


async def test_a_hidden_keyboard_does_not_come_back(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/start")
    await room.ask(chat, "/settings")
    await room.press(chat, "⌨️ Buttons")
    await room.press(chat, "Hide buttons")
    await room.ask(chat, "/start")
    assert chat.keyboard == []
    await room.ask(chat, "/settings")
    await room.press(chat, "⌨️ Buttons")
    await room.press(chat, "Show buttons")
    assert chat.keyboard


# Fewer alerts for a channel, and its kind


async def open_options(room: Newsroom, chat: Chat) -> None:
    await room.ask(chat, "/settings")
    for button in ("📣 My channels and groups", "📣 Harbour wire", "⏰ Delivery", "🎚 More options"):
        await room.press(chat, button)


async def test_the_alerts_of_a_channel_are_paused_from_the_private_chat(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await open_options(room, chat)
    asked = await room.press(chat, "😴 Pause alerts")
    assert asked.text.startswith("⁨Harbour wire⁩\n")
    shown = await room.press(chat, "2 hours")
    assert "😴 No alerts until" in shown.text
    assert shown.buttons[-2:] == ["🔔 Alerts now", "↩ Back"]
    assert (await the(room.storage, channel.id)).snoozed_until == room.clock() + timedelta(hours=2)
    assert (await the(room.storage, chat.id)).snoozed_until is None
    shown = await room.press(chat, "🔔 Alerts now")
    assert "🔔 Alerts now" not in shown.buttons


async def test_who_is_no_administrator_any_more_pauses_no_alerts(room: Newsroom) -> None:
    chat, channel, person = await with_channel(room)
    await open_options(room, chat)
    await room.press(chat, "😴 Pause alerts")
    channel.members[person.id] = "left"
    assert (await asyncio.wait_for(chat.press("2 hours"), 30))["show_alert"]
    assert (await the(room.storage, channel.id)).snoozed_until is None


async def test_a_channel_gets_big_stories_only_and_few_a_day(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await open_options(room, chat)
    await room.press(chat, "🗞 Big stories only")
    await room.press(chat, "▫️ From 2 sources")
    await room.press(chat, "↩ Back")
    await room.press(chat, "🔢 Daily limit")
    await room.press(chat, "▫️ 5 alerts")
    ours = await the(room.storage, channel.id)
    assert (ours.least_sources, ours.timetable.most_a_day) == (2, 5)


async def test_a_channel_that_came_as_a_group_is_known_by_its_first_message(room: Newsroom) -> None:
    channel = room.sim.channel("Harbour wire")
    channel.members[room.sim.bot["id"]] = "administrator"
    await reader(room.storage, channel.id, kind=ChatKind.GROUP)
    await room.publish(draft("Lighthouse painted"), lane=Lane.ALERT)
    assert await sent(room, channel) == [["Lighthouse painted"]]
    assert (await the(room.storage, channel.id)).kind is ChatKind.CHANNEL
    await room.publish(draft("Lighthouse opened"), lane=Lane.ALERT)
    assert await sent(room, channel) == [["Lighthouse opened"]]
    assert "url" in channel.last.rows[0][0]  # readers open it in their own chat


async def test_what_is_said_of_a_channel_names_no_command_that_would_act_on_the_private_chat(room: Newsroom) -> None:
    chat, channel, _ = await with_channel(room)
    await room.ask(chat, "lighthouse", reply_to=await question(room, chat))
    ours = await the(room.storage, channel.id)
    await room.storage.chats.unsubscribe_from_everything(ours.id, now=room.clock())
    card = await room.press(chat, "▫️ From 2 sources")
    assert "The alerts there are off." in card.text
    await room.storage.chats.resume_subscription(ours.id, room.clock())
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    shown = await room.press(chat, "📣 Harbour wire")
    assert "Besides categories, “What I follow” lists 1." in shown.text
    assert "/following" not in shown.text + card.text
    assert "/subscribe" not in shown.text + card.text
