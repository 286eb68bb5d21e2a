"""What a chat is sent, and how it is settled: subscriptions, settings, groups, topics, channels, coming and going."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.actions import decode
from bot.chat.hours import Choice, changed
from bot.ingest.draft import Draft
from bot.sim import Chat, Fault, Person
from storage import Storage
from storage.records import CategoryName, ChatState, Lane, Rhythm, Subscription, Timetable
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."


def draft(title: str, category: str) -> Draft:
    return Draft(title=title, body=BODY, category=category, publisher="Harbour News")


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("a", "Trade"), draft("b", "Sports"), draft("c", "Culture"))
        yield opened


async def subscription(room: Newsroom, chat: Chat, topic: int | None = None) -> Subscription:
    ours = await room.storage.chats.get(chat.id, topic)
    return await room.storage.chats.subscription(ours.id) if ours else Subscription()


def names(subscribed: Subscription) -> list[str]:
    return sorted(one.name for one in subscribed.categories)


def muted(subscribed: Subscription) -> list[str]:
    return sorted(one.name for one in subscribed.muted)


# /subscribe, /unsubscribe, /stop


async def test_subscribe_without_a_name_is_everything(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert (await room.ask(chat, "/subscribe")).text.endswith("You get all news.")
    assert (await subscription(room, chat)).everything


async def test_the_first_category_narrows_nothing_to_it_and_further_ones_add(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    answer = await room.ask(chat, "/subscribe Sports")
    assert answer.text == "✅ Subscribed to ⁨Sports⁩.\n\nYou get news of ⁨Sports⁩, ⁨Trade⁩."
    assert names(await subscription(room, chat)) == ["Sports", "Trade"]


async def test_a_chat_that_has_everything_is_told_so_and_offered_to_narrow(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    answer = await room.ask(chat, "/subscribe trade")
    assert "You get all news already, ⁨Trade⁩ included." in answer.text
    assert (await subscription(room, chat)).everything
    await room.press(chat, "Only Trade")
    assert names(await subscription(room, chat)) == ["Trade"]


async def test_unsubscribing_from_one_of_everything_leaves_everything_but_that(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/subscribe")
    answer = await room.ask(chat, "/unsubscribe sports")
    assert answer.text.endswith("تصلك كل الأخبار ما عدا ⁨Sports⁩.")
    assert muted(await subscription(room, chat)) == ["Sports"]
    await room.ask(chat, "/subscribe sports")
    assert muted(await subscription(room, chat)) == []


async def test_unsubscribing_always_says_what_is_left(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe trade")
    await room.ask(chat, "/subscribe culture")
    assert (await room.ask(chat, "/unsubscribe trade")).text.endswith("You get news of ⁨Culture⁩.")
    assert (await room.ask(chat, "/unsubscribe culture")).text.endswith("You get no alerts.")
    await room.ask(chat, "/subscribe")
    assert (await room.ask(chat, "/unsubscribe")).text.endswith("You get no alerts.")
    assert (await subscription(room, chat)).nothing


async def test_a_misspelt_subscription_offers_names_that_subscribe_when_pressed(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = await room.ask(chat, "/subscribe Sprots")
    assert answer.buttons == ["Sports"]
    assert (await subscription(room, chat)).nothing
    assert "Subscribed to ⁨Sports⁩" in (await room.press(chat, "Sports")).text
    assert names(await subscription(room, chat)) == ["Sports"]


async def test_stop_drops_what_is_owed_and_keeps_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings Asia/Beirut")
    room.clock.advance(seconds=1)
    await room.publish(draft("Owed", "Trade"), lane=Lane.ALERT)
    await room.storage.deliveries.expand(limit=10, now=room.clock())
    assert await room.storage.deliveries.owed() == 1
    assert "All alerts are off" in (await room.ask(chat, "/stop")).text
    assert await room.storage.deliveries.owed() == 0
    stored = await room.storage.chats.get(chat.id)
    assert stored
    assert stored.timezone == "Asia/Beirut"


async def test_the_picker_switches_categories_in_place(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/start")
    switched = await room.press(chat, "▫️ Trade")
    assert "✅ Trade" in switched.buttons
    assert "You get news of ⁨Trade⁩." in switched.text
    await room.press(chat, "▫️ All news")
    assert (await subscription(room, chat)).everything
    await room.press(chat, "✅ Trade")
    assert muted(await subscription(room, chat)) == ["Trade"]
    await room.press(chat, "🔕 No alerts")
    assert (await subscription(room, chat)).nothing
    assert len(chat.messages) == 1


# /settings


async def test_the_language_changes_at_once(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/settings")
    await room.press(chat, "🌐 Language")
    changed = await room.press(chat, "العربية")
    assert changed.text.startswith("الإعدادات")
    assert (await room.ask(chat, "/latest")).text.startswith("آخر الأخبار")


async def test_the_time_zone_is_chosen_or_typed_and_dates_follow(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/settings")
    await room.press(chat, "🕒 المنطقة الزمنية")
    changed = await room.press(chat, next(button for button in chat.last.buttons if button.startswith("Beirut")))
    assert "⁨Asia/Beirut⁩" in changed.text
    assert "1 آذار 2026، 14:02" in (await room.ask(chat, "/summary 1")).text  # Levantine months, two hours on
    assert "⁨Africa/Cairo⁩" in (await room.ask(chat, "/settings africa/cairo")).text
    assert "لا أعرف منطقة زمنية باسم" in (await room.ask(chat, "/settings Mars/Olympus")).text


async def test_silent_alerts_come_without_a_sound(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    assert "without a sound" in (await room.press(chat, "🔕 Without sound")).text
    room.clock.advance(seconds=1)
    await room.publish(draft("Quietly", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("Quietly"))
    sent = [call for call in room.sim.calls if call.method == "sendMessage"][-1]
    assert sent.values["disable_notification"] is True


# When news comes. The clock stands at 12:03 UTC of Sunday, 1 March 2026


async def timetable(room: Newsroom, chat: Chat, topic: int | None = None) -> Timetable:
    ours = await room.storage.chats.get(chat.id, topic)
    assert ours
    return ours.timetable


async def due_at(room: Newsroom, chat: Chat) -> datetime | None:
    settings = [one async for one in room.storage.settings.export()]
    return next(one.digest_at for one in settings if one.chat_id == chat.id)


async def test_a_daily_digest_is_chosen_with_its_hour_in_the_chats_own_time(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    shown = await room.ask(chat, "/settings Asia/Beirut")
    assert "You get all news.\nEach article comes as soon as it is published." in shown.text
    shown = await room.press(chat, "⏰ When news comes")
    assert [button for button in shown.buttons if button[0] in "✅▫"] == [
        "✅ Each article", "▫️ Hourly digest", "▫️ Daily digest", "▫️ Weekly digest"
    ]  # fmt: skip
    shown = await room.press(chat, "▫️ Daily digest")
    assert "A digest comes every day at 08:00. The next one: 2 March 2026, 08:00." in shown.text
    assert "✅ Daily digest" in shown.buttons
    assert "▫️ Each article" in shown.buttons
    hours = await room.press(chat, "🕗 08:00")
    assert [len(row) for row in hours.rows] == [6, 6, 6, 6, 1]
    assert hours.buttons[:9] == [*(f"{hour:02}:00" for hour in range(8)), "08:00 •"]
    assert "⁨Asia/Beirut⁩" in hours.text
    shown = await room.press(chat, "18:00")
    assert "A digest comes every day at 18:00. The next one: 1 March 2026, 18:00." in shown.text
    assert await timetable(room, chat) == Timetable(Rhythm.DAILY, hour=18)
    assert await due_at(room, chat) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert "The next one: 1 March 2026, 18:00." in (await room.press(chat, "↩ Back")).text
    assert len(chat.messages) == 2


async def test_a_weekly_digest_is_chosen_with_its_day(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    shown = await room.press(chat, "▫️ Weekly digest")
    assert "A digest comes every Monday at 08:00. The next one: 2 March 2026, 08:00." in shown.text
    days = await room.press(chat, "📅 Monday")
    assert days.buttons[:7] == [
        "✅ Monday", "▫️ Tuesday", "▫️ Wednesday", "▫️ Thursday", "▫️ Friday", "▫️ Saturday", "▫️ Sunday"
    ]  # fmt: skip
    shown = await room.press(chat, "▫️ Sunday")
    assert "A digest comes every Sunday at 08:00. The next one: 8 March 2026, 08:00." in shown.text
    assert await timetable(room, chat) == Timetable(Rhythm.WEEKLY, weekday=6)


async def test_an_hourly_digest_has_neither_hour_nor_day_to_choose(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings Asia/Kolkata")
    await room.press(chat, "⏰ When news comes")
    shown = await room.press(chat, "▫️ Hourly digest")
    assert "A digest comes every hour. The next one: 1 March 2026, 18:00." in shown.text  # it is 17:33 there
    assert not any(button.startswith(("🕗", "📅")) for button in shown.buttons)


async def test_back_from_digests_to_alerts_nothing_is_due_any_more(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    await room.press(chat, "▫️ Daily digest")
    assert await due_at(room, chat)
    shown = await room.press(chat, "▫️ Each article")
    assert "Each article comes as soon as it is published." in shown.text
    assert await due_at(room, chat) is None
    assert await timetable(room, chat) == Timetable()


async def test_usual_quiet_hours_are_one_press(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    offered = await room.press(chat, "🌙 Quiet hours")
    assert offered.buttons[:4] == [
        "✅ No quiet hours", "▫️ 22:00 to 07:00", "▫️ 23:00 to 08:00", "▫️ 00:00 to 06:00"
    ]  # fmt: skip
    shown = await room.press(chat, "▫️ 23:00 to 08:00")
    assert "Quiet hours are from 23:00 to 08:00. Breaking news comes at once all the same." in shown.text
    assert await timetable(room, chat) == Timetable(quiet=(23, 8))
    assert "✅ 23:00 to 08:00" in (await room.press(chat, "🌙 Quiet hours")).buttons
    assert "Quiet" not in (await room.press(chat, "▫️ No quiet hours")).text
    assert await timetable(room, chat) == Timetable()


async def test_own_quiet_hours_are_the_first_hour_and_then_the_second(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    await room.press(chat, "🌙 Quiet hours")
    first = await room.press(chat, "✏️ Other hours")
    assert [len(row) for row in first.rows] == [6, 6, 6, 6, 1]
    second = await room.press(chat, "21:00")
    assert "Quiet from 21:00 until what hour?" in second.text
    assert "21:00" not in second.buttons  # from an hour to itself is no window
    assert "Quiet hours are from 21:00 to 05:00." in (await room.press(chat, "05:00")).text
    assert await timetable(room, chat) == Timetable(quiet=(21, 5))
    assert "✅ 21:00 to 05:00" in (await room.press(chat, "🌙 Quiet hours")).buttons
    assert len(chat.messages) == 1


async def test_breaking_news_are_asked_about_where_something_waits(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    shown = await room.press(chat, "⏰ When news comes")
    assert not any("Breaking" in button for button in shown.buttons)
    await room.press(chat, "▫️ Daily digest")
    shown = await room.press(chat, "✅ Breaking news at once")
    assert shown.text.split("\n\n")[1].endswith("Breaking news waits as well.")
    assert await timetable(room, chat) == Timetable(Rhythm.DAILY, breaking=False)
    shown = await room.press(chat, "▫️ Breaking news at once")
    assert "Breaking news comes at once all the same." in shown.text


async def test_arabic_readers_choose_in_arabic(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings Asia/Beirut")
    await room.press(chat, "⏰ متى تصل الأخبار")
    await room.press(chat, "▫️ موجز أسبوعي")
    await room.press(chat, "📅 الاثنين")
    shown = await room.press(chat, "▫️ الجمعة")
    assert "يصل موجز كل أسبوع، يوم الجمعة الساعة 08:00. الموجز التالي: 6 آذار 2026، 08:00." in shown.text
    await room.press(chat, "🌙 ساعات الهدوء")
    shown = await room.press(chat, "▫️ من 22:00 إلى 07:00")
    assert "ساعات الهدوء من 22:00 إلى 07:00. أما الأخبار العاجلة فتصل فورًا." in shown.text


async def test_a_new_time_zone_moves_the_next_digest_to_its_hour_there(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    await room.press(chat, "▫️ Daily digest")
    shown = await room.ask(chat, "/settings America/New_York")
    assert "The next one: 1 March 2026, 08:00." in shown.text
    assert await due_at(room, chat) == datetime(2026, 3, 1, 13, tzinfo=UTC)
    await room.press(chat, "🕒 Time zone")
    shown = await room.press(chat, next(button for button in chat.last.buttons if button.startswith("Cairo")))
    assert "The next one: 2 March 2026, 08:00." in shown.text
    assert await due_at(room, chat) == datetime(2026, 3, 2, 6, tzinfo=UTC)


async def test_a_chat_that_gets_nothing_is_not_promised_a_digest(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ When news comes")
    await room.press(chat, "▫️ Daily digest")
    shown = await room.press(chat, "↩ Back")
    assert "You get no alerts." in shown.text
    assert "digest" not in shown.text


@pytest.mark.parametrize("data", ["r:yearly:0", "h:o:0", "h:-1:0", "y:7:0", "y:-1:0", "n:o:1:0", "n:1:-1:0"])
def test_a_forged_hour_changes_nothing(data: str) -> None:
    choice = decode(data)
    assert isinstance(choice, Choice)
    assert changed(Timetable(Rhythm.DAILY, quiet=(22, 7)), choice) == Timetable(Rhythm.DAILY, quiet=(22, 7))


@pytest.mark.parametrize("data", ["f:o:0", "f:-1:0"])
async def test_after_a_forged_first_hour_it_is_asked_for_again(room: Newsroom, data: str) -> None:
    chat, _ = room.reader()
    shown = await room.ask(chat, "/settings")
    await asyncio.wait_for(chat.press_data(shown.id, data).answered, 5)
    await room.sim.until(lambda: "From which hour on" in chat.last.text)


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
    told = await asyncio.wait_for(group.press("▫️ Trade", person=member), 5)
    assert told == {"text": "Only administrators can change what is sent here.", "show_alert": True}
    group.members[admin.id] = "member"
    told = await asyncio.wait_for(group.press("▫️ Trade", person=admin), 5)
    assert told["show_alert"] is True
    assert (await subscription(room, group)).nothing


async def test_only_administrators_choose_when_news_come_to_a_group(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.ask(group, "/settings", admin)
    await room.press(group, "⏰ When news comes", admin)
    refused = {"text": "Only administrators can change what is sent here.", "show_alert": True}
    for data in ("r:daily:0", "h:5:0", "y:5:0", "n:1:5:0", "k:0:0", "f:5:0", "s:quiet:0:0", "s:times:0:0"):
        told = await asyncio.wait_for(group.press_data(group.last.id, data, person=member).answered, 5)
        assert told == refused, data
    assert await timetable(room, group) == Timetable()
    await room.press(group, "▫️ Hourly digest", admin)
    assert await timetable(room, group) == Timetable(Rhythm.HOURLY)


async def test_a_topic_has_its_own_timetable(room: Newsroom, group: Chat, admin: Person) -> None:
    topic = min(group.topics or ())
    await room.ask(group, "/settings", admin)
    await room.ask(group, "/settings", admin, topic=topic)
    await room.press(group, "⏰ When news comes", admin)
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
    await room.press(chat, "📣 My channels")
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
    await room.storage.chats.want_everything(ours.id, now=room.clock())
    daily = Timetable(Rhythm.DAILY, quiet=(20, 6))
    await room.storage.chats.set_timetable(ours.id, daily, digest_at=room.clock(), now=room.clock())
    await room.press(chat, "📂 Categories")
    shown = await room.press(chat, "↩ Back")
    assert shown.text.startswith("⁨Harbour wire⁩")
    assert "The next one: 1 March 2026, 08:00." in shown.text  # it is 07:03 there, and 14:03 here
    await room.press(chat, "⏰ When news comes")
    shown = await room.press(chat, "🕗 08:00")
    assert shown.text.startswith("⁨Harbour wire⁩")
    assert "⁨America/New_York⁩" in shown.text
    shown = await room.press(chat, "07:00")
    assert "The next one: 2 March 2026, 07:00." in shown.text
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
    assert [mine.chat_id for mine in await room.storage.chats.brought_by(person.id)] == [channel.id]
    assert await room.storage.chats.brought_by(other.id) == []
    assert "Harbour wire" not in other_chat.last.text


async def test_who_is_no_administrator_of_a_channel_any_more_settles_nothing(room: Newsroom) -> None:
    chat, person = room.reader()
    await room.ask(chat, "/help")
    channel = room.sim.channel("Harbour wire", admins=[person])
    channel.add_bot(person, admin=True)
    await room.sim.until(lambda: "Harbour wire" in chat.last.text)
    channel.members[person.id] = "left"
    told = await asyncio.wait_for(chat.press("📂 Categories"), 5)
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
async def test_what_is_no_text_resumes_a_chat_and_gets_no_answer(room: Newsroom, what: dict[str, Any]) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.storage.chats.pause(chat.id, state=ChatState.PAUSED, reason="blocked", now=room.clock())
    answers = len(chat.messages)
    chat.share(what)
    await room.heard()
    assert await state(room, chat) is ChatState.ACTIVE
    assert len(chat.messages) == answers


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


# Buttons and trouble


@pytest.mark.parametrize("data", ["x:1", "l:1", "t:zz:zz", "", "a:1:2:3", "g:xx", "é"])
async def test_an_old_or_forged_button_is_answered_and_changes_nothing(room: Newsroom, data: str) -> None:
    chat, _ = room.reader()
    shown = await room.ask(chat, "/start")
    told = await asyncio.wait_for(chat.press_data(shown.id, data or "?").answered, 5)
    assert told["text"] == "This button is too old. /help shows what I can do."


async def test_a_button_whose_query_is_too_old_to_be_answered_still_does_what_it_says(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/start")
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    room.sim.faults.add(Fault("bad_request", method="answerCallbackQuery", text=too_old, times=2))
    chat.press("▫️ Trade")
    await room.heard()
    assert names(await subscription(room, chat)) == ["Trade"]
    chat.press("✅ Trade")
    await room.heard()
    assert (await subscription(room, chat)).nothing


async def test_a_button_pressed_twice_is_answered_twice(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    first, second = chat.press("1"), chat.press("1")
    await asyncio.wait_for(asyncio.gather(first, second), 5)
    assert (await room.ask(chat, "/help")).text.startswith("⁨Newsbot⁩")
    # Telegram refuses an edit that changes nothing; no reader hears of it.
    assert all("message is not modified" in error for error in room.sim.errors)
    room.sim.errors.clear()


async def test_a_summary_that_is_not_kept_any_more_is_told(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    while await room.storage.archive.prune(before=room.clock(), limit=100):
        pass
    told = await asyncio.wait_for(chat.press("1"), 5)
    assert told["text"] == "This article is not kept any more."


async def test_answers_keep_the_order_of_what_was_asked(room: Newsroom) -> None:
    chat, _ = room.reader()
    for command in ("/help", "/latest", "/categories", "/settings"):
        chat.say(command)
    await room.sim.until(lambda: len(chat.messages) == 4)
    beginnings = [message.text.split("\n")[0] for message in chat.messages]
    assert beginnings == ["⁨Newsbot⁩", "Latest news", "Categories", "Settings"]


async def test_a_slow_chat_holds_up_no_other(room: Newsroom) -> None:
    slow, _ = room.reader()
    quick, _ = room.reader("en", "Sam")
    room.sim.faults.add(Fault("slow", method="sendMessage", chat_id=slow.id))
    slow.say("/latest")
    assert (await room.ask(quick, "/latest")).text.startswith("Latest news")
    assert slow.messages == []


async def test_narrowing_to_a_section_that_was_merged_away_changes_nothing(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/subscribe trade")
    trade, sports = CategoryName("Trade", "trade"), CategoryName("Sports", "sports")
    await room.storage.categories.alias(trade, sports)
    assert "You get all news." in (await room.press(chat, "Only Trade")).text
