"""Delivery to a chat: alerts or a digest, quiet hours, what does not wait.

The clock stands at 12:03 UTC of Sunday, 1 March 2026.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.messages.actions import decode
from bot.messages.delivery_times import TimetableChoice, apply_choice
from bot.sim import Chat
from storage import Storage
from storage.records import Rhythm, Timetable
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_subscriptions import draft


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("a", "Trade"), draft("b", "Sports"), draft("c", "Culture"))
        yield opened


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
    assert "You get all news.\nYou get each article as soon as it is published." in shown.text
    shown = await room.press(chat, "⏰ Delivery")
    assert [button for button in shown.buttons if button[0] in "✅▫"] == [
        "✅ Every article", "▫️ Hourly digest", "▫️ Daily digest", "▫️ Weekly digest"
    ]  # fmt: skip
    shown = await room.press(chat, "▫️ Daily digest")
    assert "You get a digest every day at 08:00. Next: \u20682 March 2026, 08:00\u2069." in shown.text
    assert "✅ Daily digest" in shown.buttons
    assert "▫️ Every article" in shown.buttons
    hours = await room.press(chat, "🕗 08:00")
    assert hours.buttons[:6] == ["06:00", "07:00", "08:00 •", "09:00", "10:00", "11:00"]
    assert hours.buttons[6:] == ["Other hours »", "↩ Back"]
    assert "⁨Beirut⁩" in hours.text
    seen = [*hours.buttons[:6]]
    for _ in range(3):
        seen += (await room.press(chat, "Other hours »")).buttons[:6]
    assert len(set(seen)) == 24
    assert (await room.press(chat, "Other hours »")).buttons == hours.buttons
    await room.press(chat, "Other hours »")
    await room.press(chat, "Other hours »")
    shown = await room.press(chat, "18:00")
    assert "You get a digest every day at 18:00. Next: \u20681 March 2026, 18:00\u2069." in shown.text
    assert await timetable(room, chat) == Timetable(Rhythm.DAILY, hour=18)
    assert await due_at(room, chat) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert "Next: \u20681 March 2026, 18:00\u2069." in (await room.press(chat, "↩ Back")).text
    assert len(chat.messages) == 2


async def test_a_weekly_digest_is_chosen_with_its_day(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    shown = await room.press(chat, "▫️ Weekly digest")
    assert "You get a digest every Monday at 08:00. Next: \u20682 March 2026, 08:00\u2069." in shown.text
    days = await room.press(chat, "📅 Monday · 08:00")
    assert days.buttons[:7] == [
        "✅ Monday", "▫️ Tuesday", "▫️ Wednesday", "▫️ Thursday", "▫️ Friday", "▫️ Saturday", "▫️ Sunday"
    ]  # fmt: skip
    assert "What time should the digest arrive?" in (await room.press(chat, "▫️ Sunday")).text
    shown = await room.press(chat, "08:00 •")
    assert "You get a digest every Sunday at 08:00. Next: \u20688 March 2026, 08:00\u2069." in shown.text
    assert await timetable(room, chat) == Timetable(Rhythm.WEEKLY, weekday=6)


async def test_an_hourly_digest_has_neither_hour_nor_day_to_choose(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings Asia/Kolkata")
    await room.press(chat, "⏰ Delivery")
    shown = await room.press(chat, "▫️ Hourly digest")
    assert "You get a digest every hour. Next: \u20681 March 2026, 18:00\u2069." in shown.text  # it is 17:33 there
    assert not any(button.startswith(("🕗", "📅")) for button in shown.buttons)


async def test_back_from_digests_to_alerts_nothing_is_due_any_more(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "▫️ Daily digest")
    assert await due_at(room, chat)
    shown = await room.press(chat, "▫️ Every article")
    assert "You get each article as soon as it is published." in shown.text
    assert await due_at(room, chat) is None
    assert await timetable(room, chat) == Timetable()


async def test_usual_quiet_hours_are_one_press(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    offered = await room.press(chat, "🌙 Quiet hours")
    assert offered.buttons[:4] == [
        "✅ No quiet hours", "▫️ 22:00 to 07:00", "▫️ 23:00 to 08:00", "▫️ 00:00 to 06:00"
    ]  # fmt: skip
    shown = await room.press(chat, "▫️ 23:00 to 08:00")
    assert "Quiet hours are from 23:00 to 08:00. Breaking news still arrives immediately." in shown.text
    assert await timetable(room, chat) == Timetable(quiet=(23, 8))
    assert "✅ 23:00 to 08:00" in shown.buttons
    assert "Quiet hours are" not in (await room.press(chat, "▫️ No quiet hours")).text
    assert await timetable(room, chat) == Timetable()


async def test_own_quiet_hours_are_chosen_by_their_first_and_their_last_hour(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "🌙 Quiet hours")
    first = await room.press(chat, "✏️ From 22:00")
    assert first.buttons == ["18:00", "19:00", "20:00", "21:00", "22:00", "23:00", "Other hours »", "↩ Back"]
    assert "Quiet hours are from 21:00 to 07:00." in (await room.press(chat, "21:00")).text
    second = await room.press(chat, "✏️ Until 07:00")
    assert "And when should they end? (from 21:00)" in second.text
    for _ in range(2):
        second = await room.press(chat, "Other hours »")
    assert "20:00" in second.buttons
    assert "21:00" not in second.buttons  # from an hour to itself is no window
    await room.press(chat, "Other hours »")
    shown = await room.press(chat, "05:00")
    assert "Quiet hours are from 21:00 to 05:00." in shown.text
    assert await timetable(room, chat) == Timetable(quiet=(21, 5))
    assert "✅ 21:00 to 05:00" in shown.buttons
    assert len(chat.messages) == 1


async def test_breaking_news_are_asked_about_where_something_waits(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    shown = await room.press(chat, "🎚 More options")
    assert not any("Breaking" in button for button in shown.buttons)
    await room.press(chat, "↩ Back")
    await room.press(chat, "▫️ Daily digest")
    await room.press(chat, "🎚 More options")
    shown = await room.press(chat, "✅ Breaking news immediately")
    assert shown.text.split("\n\n")[1].endswith("Breaking news waits too.")
    assert await timetable(room, chat) == Timetable(Rhythm.DAILY, breaking=False)
    shown = await room.press(chat, "▫️ Breaking news immediately")
    assert "Breaking news still arrives immediately." in shown.text


async def test_arabic_readers_choose_in_arabic(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings Asia/Beirut")
    await room.press(chat, "⏰ مواعيد الإرسال")
    await room.press(chat, "▫️ موجز أسبوعي")
    await room.press(chat, "📅 الاثنين · 08:00")
    await room.press(chat, "▫️ الجمعة")
    shown = await room.press(chat, "08:00 •")
    assert "يصلك موجز كل يوم جمعة عند الساعة 08:00. الموجز التالي: \u20686 آذار 2026، 08:00\u2069." in shown.text
    await room.press(chat, "🌙 ساعات الهدوء")
    shown = await room.press(chat, "▫️ من 22:00 إلى 07:00")
    assert "ساعات الهدوء من 22:00 إلى 07:00. أما الأخبار العاجلة فتصلك فورًا." in shown.text


async def test_a_new_time_zone_moves_the_next_digest_to_its_hour_there(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "▫️ Daily digest")
    shown = await room.ask(chat, "/settings America/New_York")
    assert "Next: \u20681 March 2026, 08:00\u2069." in shown.text
    assert await due_at(room, chat) == datetime(2026, 3, 1, 13, tzinfo=UTC)
    await room.press(chat, "🌐 Language and time zone")
    await room.press(chat, "🕒 Time zone")
    shown = await room.press(chat, next(button for button in chat.last.buttons if button.startswith("Berlin")))
    assert "Next: \u20682 March 2026, 08:00\u2069." in shown.text
    assert await due_at(room, chat) == datetime(2026, 3, 2, 7, tzinfo=UTC)


async def test_a_chat_that_gets_nothing_is_not_promised_a_digest(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "▫️ Daily digest")
    shown = await room.press(chat, "↩ Back")
    assert "You get no alerts." in shown.text
    assert "digest" not in shown.text


@pytest.mark.parametrize("data", ["r:yearly:0", "h:o:0", "h:-1:0", "y:7:0", "y:-1:0", "n:o:1:0", "n:1:-1:0"])
def test_a_forged_hour_changes_nothing(data: str) -> None:
    choice = decode(data)
    assert isinstance(choice, TimetableChoice)
    assert apply_choice(Timetable(Rhythm.DAILY, quiet=(22, 7)), choice) == Timetable(Rhythm.DAILY, quiet=(22, 7))


@pytest.mark.parametrize("data", ["f:o:0", "f:-1:0"])
async def test_after_a_forged_first_hour_it_is_asked_for_again(room: Newsroom, data: str) -> None:
    chat, _ = room.reader()
    shown = await room.ask(chat, "/settings")
    await asyncio.wait_for(chat.press_data(shown.id, data).answered, 30)
    await room.sim.until(lambda: "When should quiet hours start" in chat.last.text)
