"""Groups, topics and channels: who settles them, what each gets, and who comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sim import Chat, Person
from storage import Storage
from storage.records import ChatState, Lane, Rhythm, Timetable
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import titles
from tests.test_chat_subscriptions import draft, names, subscription
from tests.test_chat_times import timetable


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("a", "Trade"), draft("b", "Sports"), draft("c", "Culture"))
        yield opened


# Groups and topics


@pytest.fixture
def admin(room: Newsroom) -> Person:
    return room.sim.person("Rana", "en")


@pytest.fixture
def member(room: Newsroom) -> Person:
    return room.sim.person("Omar", "en")


@pytest.fixture
def group(room: Newsroom, admin: Person) -> Chat:
    return room.sim.group("Readers", admins=[admin], topics=["Sports desk", "Other"])


async def test_only_administrators_subscribe_a_group(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    refused = await room.ask(group, "/subscribe", member)
    assert refused.text == "Only administrators can change what is sent here."
    assert (await subscription(room, group)).nothing
    assert "You get all news." in (await room.ask(group, "/subscribe", admin)).text


@pytest.mark.parametrize("command", ["/unsubscribe", "/stop", "/settings"])
async def test_nobody_else_ends_or_settles_what_a_group_gets(
    room: Newsroom, group: Chat, admin: Person, member: Person, command: str
) -> None:
    await room.ask(group, "/subscribe", admin)
    assert "Only administrators" in (await room.ask(group, command, member)).text
    assert (await subscription(room, group)).everything


async def test_everybody_in_a_group_reads_the_news(room: Newsroom, group: Chat, member: Person) -> None:
    answer = await room.ask(group, "/latest", member)
    assert answer.text.startswith("Latest news")
    assert answer.raw["reply_to_message"]["text"] == "/latest"


async def test_an_anonymous_administrator_is_one(room: Newsroom, group: Chat, admin: Person) -> None:
    assert "You get all news." in (await room.ask(group, "/subscribe", admin, anonymous=True)).text


async def test_the_right_is_checked_again_when_a_button_is_pressed(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.ask(group, "/start", admin)
    told = await asyncio.wait_for(group.press("▫️ Trade", person=member), 30)
    assert told == {"text": "Only administrators can change what is sent here.", "show_alert": True}
    group.members[admin.id] = "member"
    told = await asyncio.wait_for(group.press("▫️ Trade", person=admin), 30)
    assert told["show_alert"] is True
    assert (await subscription(room, group)).nothing


async def test_only_administrators_choose_when_news_come_to_a_group(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.ask(group, "/settings", admin)
    await room.press(group, "⏰ Delivery", admin)
    refused = {"text": "Only administrators can change what is sent here.", "show_alert": True}
    for data in ("r:daily:0", "h:5:0", "y:5:0", "n:1:5:0", "k:0:0", "f:5:0", "s:quiet:0:0", "s:times:0:0"):
        told = await asyncio.wait_for(group.press_data(group.last.id, data, person=member).answered, 30)
        assert told == refused, data
    assert await timetable(room, group) == Timetable()
    await room.press(group, "▫️ Hourly digest", admin)
    assert await timetable(room, group) == Timetable(Rhythm.HOURLY)


async def test_a_topic_has_its_own_timetable(room: Newsroom, group: Chat, admin: Person) -> None:
    topic = min(group.topics or ())
    await room.ask(group, "/settings", admin)
    await room.ask(group, "/settings", admin, topic=topic)
    await room.press(group, "⏰ Delivery", admin)
    await room.press(group, "▫️ Daily digest", admin)
    assert await timetable(room, group, topic) == Timetable(Rhythm.DAILY)
    assert await timetable(room, group) == Timetable()


async def test_words_in_a_group_and_other_bots_commands_are_not_for_us(
    room: Newsroom, group: Chat, member: Person
) -> None:
    await room.quiet(group, "good morning everybody", member)
    await room.quiet(group, "/latest@other_bot", member)
    await room.quiet(group, "/nonsense", member)


async def test_a_topic_has_its_own_subscription_and_gets_its_own_alerts(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    topic = min(group.topics or ())
    answer = await room.ask(group, "/subscribe sports", admin, topic=topic)
    assert answer.topic == topic
    assert names(await subscription(room, group, topic)) == ["Sports"]
    assert (await subscription(room, group)).nothing
    room.clock.advance(seconds=1)
    await room.publish(draft("Match won", "Sports"), draft("Ship sold", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: group.last.text.startswith("Match won"))
    assert group.last.topic == topic


async def test_a_button_in_a_topic_is_answered_in_it(room: Newsroom, group: Chat, admin: Person) -> None:
    topic = min(group.topics or ())
    await room.ask(group, "/start", admin, topic=topic)
    switched = await room.press(group, "▫️ Trade", admin)
    assert switched.topic == topic
    assert names(await subscription(room, group, topic)) == ["Trade"]


@pytest.mark.parametrize("general", [True, False])
async def test_a_topic_that_is_open_again_gets_what_it_missed(
    room: Newsroom, group: Chat, admin: Person, general: bool
) -> None:
    topic = None if general else min(group.topics or ())
    await room.ask(group, "/subscribe", admin, topic=topic)
    group.closed_topics.add(topic)
    room.clock.advance(seconds=1)
    await room.publish(draft("Match won", "Sports"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: room.sim.calls[-1].status == 400)
    group.reopen_topic(topic, admin)
    await room.heard()
    async with room.sending():
        await room.sim.until(lambda: "Match won" in group.last.text)
    assert group.last.topic == topic
    room.sim.errors.clear()  # the alert that met the closed topic


async def test_a_group_that_becomes_a_supergroup_keeps_its_subscription(room: Newsroom, admin: Person) -> None:
    group = room.sim.group("Small", admins=[admin], basic=True)
    await room.ask(group, "/subscribe trade", admin)
    new = group.migrate()
    await room.ask(new, "/help@newsbot", admin)
    assert names(await subscription(room, new)) == ["Trade"]
    assert await room.storage.chats.get(group.id) is None


async def test_a_group_that_we_are_added_to_is_greeted(room: Newsroom, admin: Person) -> None:
    group = room.sim.group("New one", admins=[admin])
    group.members.pop(room.sim.bot["id"])
    group.add_bot(admin)
    await room.sim.until(lambda: bool(group.messages))
    assert "/subscribe" in group.last.text


# What a group is told, and what its lists do


@pytest.mark.parametrize("command", ["/help", "/start"])
async def test_a_group_is_told_what_works_there(room: Newsroom, group: Chat, admin: Person, command: str) -> None:
    answer = await room.ask(group, command, admin)
    assert "dmins choose" in answer.text
    assert "just type" not in answer.text
    assert "📣 My channels and groups" not in answer.buttons
    if command == "/help":
        assert "/start" not in answer.text
        assert "/search" in answer.text


async def test_what_a_member_opens_leaves_the_list_to_everybody(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    listed = await room.ask(group, "/latest", admin)
    await room.press(group, "2", member)
    opened = group.last
    assert opened.text.startswith("b\n")
    assert opened.raw["reply_to_message"]["message_id"] == listed.id
    assert "↩ Back to the list" not in opened.buttons
    assert next(message for message in group.messages if message.id == listed.id).text == listed.text


async def test_an_alert_in_a_group_still_opens_in_its_place(room: Newsroom, group: Chat, admin: Person) -> None:
    await room.ask(group, "/subscribe", admin)
    room.clock.advance(seconds=1)
    await room.publish(draft("Match won", "Sports"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: group.last.text.startswith("Match won"))
    count = len(group.messages)
    assert "▲ Less" in (await room.press(group, "📖 Read", admin)).buttons
    assert len(group.messages) == count


async def test_the_latest_news_of_a_topic_are_those_that_it_gets(room: Newsroom, group: Chat, admin: Person) -> None:
    topic = min(group.topics or ())
    await room.publish(*[draft(f"Match {n}", "Sports") for n in range(3)], draft("Fair opens", "Trade"))
    await room.ask(group, "/subscribe sports", admin, topic=topic)
    await room.ask(group, "/subscribe trade", admin, topic=topic)
    first = await room.ask(group, "/latest 4", admin, topic=topic)
    assert titles(first.text) == ["1. Fair opens", "2. Match 2", "3. Match 1", "4. Match 0"]
    assert first.text.startswith("News for this topic")
    older = await room.press(group, "Older »", admin)
    assert titles(older.text) == ["5. b", "6. a"]
    assert titles((await room.press(group, "« Newer", admin)).text) == titles(first.text)
    everything = await room.press(group, "📰 Latest news", admin)
    assert "c" in [line[3:] for line in titles(everything.text)]


async def test_the_latest_news_of_a_topic_are_of_all_that_it_follows(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    topic = min(group.topics or ())
    await room.publish(draft("Ferry delayed", "Culture"), draft("Ferry sold", "Trade"), draft("Match won", "Sports"))
    await room.ask(group, "/follow ferry", admin, topic=topic)
    only_words = await room.ask(group, "/latest", admin, topic=topic)
    assert titles(only_words.text) == ["1. Ferry sold", "2. Ferry delayed"]
    await room.ask(group, "/follow sports", admin, topic=topic)
    await room.ask(group, "/mute trade", admin, topic=topic)
    listed = await room.ask(group, "/latest", admin, topic=topic)
    assert listed.text.startswith("News for this topic")
    assert titles(listed.text) == ["1. Match won", "2. Ferry delayed", "3. b"]
    assert "📰 Latest news" in listed.buttons


async def test_the_latest_news_of_a_group_are_those_that_it_follows(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.ask(group, "/subscribe sports", admin)
    listed = await room.ask(group, "/latest", member)
    assert listed.text.startswith("News for this group")
    assert titles(listed.text) == ["1. b"]
    everything = await room.press(group, "📰 Latest news", member)
    assert titles(everything.text) == ["1. c", "2. b", "3. a"]


async def test_the_latest_news_of_a_topic_leave_out_what_it_muted(room: Newsroom, group: Chat, admin: Person) -> None:
    topic = min(group.topics or ())
    await room.publish(*[draft(f"Match {n}", "Sports") for n in range(40)])
    await room.ask(group, "/subscribe", admin, topic=topic)
    assert (await room.ask(group, "/latest", admin, topic=topic)).text.startswith("Latest news")
    await room.ask(group, "/unsubscribe sports", admin, topic=topic)
    assert titles((await room.ask(group, "/latest", admin, topic=topic)).text) == ["1. c", "2. a"]


# Channels


async def test_a_channel_is_settled_by_who_added_us_from_a_private_chat(room: Newsroom) -> None:
    chat, person = room.reader("en", "Rana")
    await room.ask(chat, "/help")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    await room.press(chat, "📂 Categories")
    switched = await room.press(chat, "▫️ Trade")
    assert switched.text.startswith("⁨Harbour wire⁩")
    assert names(await subscription(room, channel)) == ["Trade"]
    assert (await subscription(room, chat)).nothing
    room.clock.advance(seconds=1)
    await room.publish(draft("Ship sold", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: bool(channel.messages))
    assert channel.last.text.startswith("Ship sold")
    assert channel.last.rows[0][0]["url"].startswith("https://t.me/newsbot?start=art_")


async def test_my_channels_are_found_again_in_the_settings(room: Newsroom) -> None:
    chat, person = room.reader()
    channel = room.sim.channel("Harbour wire", admins=[person])
    await room.ask(chat, "/help")
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    shown = await room.press(chat, "📣 Harbour wire")
    assert shown.text.startswith("⁨Harbour wire⁩")
    assert "You get no alerts." in shown.text


async def test_a_channel_gets_digests_by_its_own_clocks(room: Newsroom) -> None:
    chat, person = room.reader("en", "Rana")
    await room.ask(chat, "/settings Asia/Beirut")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    ours = await room.storage.chats.get(channel.id)
    assert ours
    await room.storage.chats.set_timezone(ours.id, "America/New_York", digest_at=None, now=room.clock())
    await room.storage.chats.subscribe_to_everything(ours.id, now=room.clock())
    daily = Timetable(Rhythm.DAILY, quiet=(20, 6))
    await room.storage.chats.set_timetable(ours.id, daily, digest_at=room.clock(), now=room.clock())
    await room.press(chat, "📂 Categories")
    shown = await room.press(chat, "↩ Back")
    assert shown.text.startswith("⁨Harbour wire⁩")
    assert "Next: \u20681 March 2026, 08:00\u2069." in shown.text  # it is 07:03 there, and 14:03 here
    await room.press(chat, "⏰ Delivery")
    shown = await room.press(chat, "🕗 08:00")
    assert shown.text.startswith("⁨Harbour wire⁩")
    assert "⁨New York⁩" in shown.text
    shown = await room.press(chat, "07:00")
    assert "Next: \u20682 March 2026, 07:00\u2069." in shown.text
    assert await timetable(room, channel) == Timetable(Rhythm.DAILY, hour=7, quiet=(20, 6))
    assert await timetable(room, chat) == Timetable()


async def test_a_channel_stays_with_who_brought_us_when_another_changes_our_rights(room: Newsroom) -> None:
    chat, person = room.reader()
    other_chat, other = room.reader("en", "Sam")
    channel = room.sim.channel("Harbour wire", admins=[person, other])
    await room.ask(chat, "/help")
    await room.ask(other_chat, "/help")
    channel.add_bot(person, admin=True)
    channel.add_bot(other, admin=True)
    await room.heard()
    assert [mine.chat_id for mine in await room.storage.chats.chats_added_by(person.id)] == [channel.id]
    assert await room.storage.chats.chats_added_by(other.id) == []
    assert "Harbour wire" not in other_chat.last.text


async def test_who_is_no_administrator_of_a_channel_any_more_settles_nothing(room: Newsroom) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/help")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    channel.members[person.id] = "left"
    told = await asyncio.wait_for(chat.press("📂 Categories"), 30)
    assert told == {"text": "Only administrators can change what is sent there.", "show_alert": True}


# Coming and going


PHOTO = {"file_id": "f", "file_unique_id": "u", "width": 512, "height": 512}
STICKER = {"sticker": PHOTO | {"type": "regular", "is_animated": False, "is_video": False}}


async def state(room: Newsroom, chat: Chat) -> ChatState | None:
    ours = await room.storage.chats.get(chat.id)
    return ours.state if ours else None


async def test_a_chat_that_blocks_us_is_paused_and_resumed_with_what_is_published_from_then_on(
    room: Newsroom,
) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    chat.block()
    await room.heard()
    assert await state(room, chat) is ChatState.PAUSED
    room.clock.advance(seconds=1)
    await room.publish(draft("While away", "Trade"), lane=Lane.ALERT)
    await room.storage.deliveries.expand(limit=10, now=room.clock())
    chat.unblock()
    await room.heard()
    assert await state(room, chat) is ChatState.ACTIVE
    assert (await subscription(room, chat)).everything
    room.clock.advance(seconds=1)
    await room.publish(draft("Back again", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Back again"))
    assert not any("While away" in message.text for message in chat.messages)


async def test_any_message_resumes_a_chat_that_was_paused(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.storage.chats.pause(chat.id, state=ChatState.PAUSED, reason="blocked", now=room.clock())
    await room.ask(chat, "/help")
    assert await state(room, chat) is ChatState.ACTIVE


@pytest.mark.parametrize("what", [STICKER, {"photo": [PHOTO]}, {"photo": [PHOTO], "caption": "/latest"}])
async def test_what_is_no_text_resumes_a_chat(room: Newsroom, what: dict[str, Any]) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.storage.chats.pause(chat.id, state=ChatState.PAUSED, reason="blocked", now=room.clock())
    chat.share(what)
    await room.heard()
    assert await state(room, chat) is ChatState.ACTIVE


async def test_that_we_left_resumes_no_group(room: Newsroom, group: Chat, admin: Person) -> None:
    await room.ask(group, "/subscribe", admin)
    await room.storage.chats.pause(group.id, state=ChatState.PAUSED, reason="kicked", now=room.clock())
    group.members[room.sim.bot["id"]] = "administrator"  # who hears everything
    group.share({"left_chat_member": room.sim.bot}, admin)
    await room.heard()
    assert await state(room, group) is ChatState.PAUSED


async def test_a_group_that_removes_us_is_paused(room: Newsroom, group: Chat, admin: Person) -> None:
    await room.ask(group, "/subscribe", admin)
    group.kick_bot(admin)
    await room.heard()
    assert await state(room, group) is ChatState.PAUSED
