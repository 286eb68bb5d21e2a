"""Fewer alerts: /snooze for a while, and a daily limit whose rest arrives in the evening."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sim import Simulator
from bot.text.snooze import LONGEST, OFF, Snooze, understood_snooze
from bot.timetable import day_bounds, morning
from storage import Storage
from storage.records import Lane, Timetable
from tests.conftest import Clock
from tests.delivering import publish_in_turn, sending, wait_until_settled
from tests.makers import NOON, reader, the
from tests.newsroom import Newsroom
from tests.test_deliver_digests import choose, titles

HOUR = timedelta(hours=1)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        opened.crowd(1, 5)
        yield opened


# What is typed


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("2h", 2 * HOUR),
        ("2 hours", 2 * HOUR),
        ("for 30 min", HOUR / 2),
        ("3d", 72 * HOUR),
        ("1w", 7 * 24 * HOUR),
        ("an hour", HOUR),
        ("٢ س", 2 * HOUR),
        ("ساعة", HOUR),
        ("ساعتين", 2 * HOUR),
        ("لمدة ساعتين", 2 * HOUR),
        ("٣ ساعات", 3 * HOUR),
        ("نصف ساعة", HOUR / 2),
        ("يومين", 48 * HOUR),
        ("أسبوعًا", 7 * 24 * HOUR),
        ("9999w", LONGEST),
    ],
)
def test_a_time_is_understood_in_both_languages(typed: str, time: timedelta) -> None:
    assert understood_snooze(typed) == Snooze(time)


@pytest.mark.parametrize("typed", ["off", "OFF", "إلغاء", "إيقاف"])
def test_the_end_is_understood(typed: str) -> None:
    assert understood_snooze(typed) == OFF


@pytest.mark.parametrize("typed", ["tomorrow", "غدًا", "غدا", "حتى الغد", "بكرة"])
def test_tomorrow_is_understood(typed: str) -> None:
    assert understood_snooze(typed) == Snooze(mornings=1)


@pytest.mark.parametrize("typed", ["0h", "two", "2 moons", "-2h", "h", "قليلا", "2h 3m", "2" * 400 + "h"])
def test_what_is_no_time_is_none(typed: str) -> None:
    assert understood_snooze(typed) is None


def test_tomorrow_is_the_next_morning_also_for_somebody_who_is_up_late() -> None:
    zone = ZoneInfo("Asia/Beirut")  # two hours ahead
    evening, night = datetime(2026, 3, 1, 20, tzinfo=UTC), datetime(2026, 3, 2, 0, tzinfo=UTC)
    assert morning(zone, evening, nights=1) == morning(zone, night, nights=1) == datetime(2026, 3, 2, 6, tzinfo=UTC)
    noon = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert morning(zone, noon, nights=1) == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_the_day_of_a_limit_begins_at_the_hour_of_the_chat() -> None:
    evening = NOON.replace(hour=20)
    assert day_bounds(Timetable(hour=20), UTC, NOON) == (evening - 24 * HOUR, evening)
    assert day_bounds(Timetable(hour=20), UTC, evening) == (evening, evening + 24 * HOUR)


# In the chat


async def test_a_snooze_is_set_shown_and_ended(room: Newsroom) -> None:
    chat, _ = room.reader()
    asked = await room.ask(chat, "/snooze")
    assert asked.buttons == ["1 hour", "2 hours", "8 hours", "Until tomorrow", "A week"]
    told = await room.press(chat, "2 hours")
    assert "No alerts until \u20681 March 2026, 14:00\u2069." in told.text
    assert "Breaking news still arrives immediately." in told.text
    assert (await the(room.storage, chat.id)).snoozed_until == room.clock() + 2 * HOUR
    assert (await room.ask(chat, "/snooze")).buttons[-1] == "🔔 Alerts now"
    assert (await room.press(chat, "🔔 Alerts now")).text.startswith("🔔 Alerts arrive again.")
    assert (await room.ask(chat, "/snooze tomorrow")).text.startswith("😴 No alerts until \u20682 March 2026, 08:00")
    assert (await room.ask(chat, "/snooze off")).text.startswith("🔔")
    assert (await room.ask(chat, "/snooze a bit")).text.startswith("I don't know that time.")


async def test_a_snooze_in_arabic(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    assert "لا تنبيهات حتى" in (await room.ask(chat, "/snooze ساعتين")).text
    assert (await the(room.storage, chat.id)).snoozed_until == room.clock() + 2 * HOUR
    assert (await room.ask(chat, "/snooze")).buttons == [
        "ساعة",
        "ساعتان",
        "8 ساعات",
        "حتى الغد",
        "أسبوع",
        "🔔 إنهاء التوقف",
    ]


async def test_only_administrators_snooze_a_group(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana"), room.sim.person("Omar")
    group = room.sim.group("Readers", admins=[admin])
    assert (await room.ask(group, "/snooze@newsbot 2h", member)).text.startswith("Only administrators")
    assert (await the(room.storage, group.id)).snoozed_until is None
    await room.ask(group, "/snooze@newsbot", admin)
    assert (await group.press("1 hour", person=member))["show_alert"]
    await room.press(group, "1 hour", admin)
    assert (await the(room.storage, group.id)).snoozed_until == room.clock() + HOUR


# What is sent


async def test_a_snooze_holds_alerts_and_ends_with_one_message(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat = await reader(storage, 1)
    await storage.chats.snooze(chat.id, clock() + 3 * HOUR, now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one", "two")
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, held=2, sent=1, queued=2)
        assert titles(sim.chats[1]) == ["⚡ Title fire"]
        clock.time = NOON + 3 * HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
        assert "1. Title two" in sim.chats[1].last.text
        assert "2. Title one" in sim.chats[1].last.text
        await publish_in_turn(storage, clock, "three")
        sender.wake()
        await wait_until_settled(storage, sim, sent=3)
    assert titles(sim.chats[1])[-1] == "Title three"


async def test_a_snooze_that_is_ended_lets_what_waited_go_at_once(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat = await reader(storage, 1)
    await storage.chats.snooze(chat.id, clock() + 3 * HOUR, now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one")
        sender.wake()
        await wait_until_settled(storage, sim, held=1, sent=0, queued=1)
        await storage.chats.snooze(chat.id, clock(), now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=1)
    assert titles(sim.chats[1]) == ["Title one"]  # one alert needs no catch-up


async def test_breaking_news_waits_for_the_end_of_a_snooze_if_the_chat_says_so(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat = await reader(storage, 1)
    await choose(storage, chat.id, Timetable(breaking=False), clock())
    await storage.chats.snooze(chat.id, clock() + HOUR, now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, held=1, sent=0, queued=1)
        clock.time = NOON + HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=1)


async def test_above_the_daily_limit_the_rest_comes_in_the_evening(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await reader(storage, 2)  # has no limit
    await choose(storage, 1, Timetable(most_a_day=2, hour=20), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one", "two", "three", "four")
        sender.wake()
        await wait_until_settled(storage, sim, sent=6, queued=2)
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, sent=8, queued=2)
        assert titles(sim.chats[1]) == ["Title one", "Title two", "⚡ Title fire"]
        assert len(sim.chats[2].messages) == 5
        clock.time = NOON.replace(hour=20)
        sender.wake()
        await wait_until_settled(storage, sim, sent=9, queued=0)
        rest = sim.chats[1].last.text
        assert "1. Title four" in rest
        assert "2. Title three" in rest
        await publish_in_turn(storage, clock, "five", "six", "seven")  # a new day
        sender.wake()
        await wait_until_settled(storage, sim, sent=14, queued=1)
    assert titles(sim.chats[1])[-2:] == ["Title five", "Title six"]


async def test_a_limit_that_is_lifted_lets_the_rest_go(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(most_a_day=1, hour=20), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one", "two")
        sender.wake()
        await wait_until_settled(storage, sim, held=1, sent=1, queued=1)
        await choose(storage, 1, Timetable(), clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
    assert titles(sim.chats[1]) == ["Title one", "Title two"]


async def test_the_limit_is_chosen_with_buttons(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    await room.press(chat, "🎚 More options")
    await room.press(chat, "🔢 Daily limit")
    assert chat.last.buttons == ["✅ No limit", "▫️ 3 alerts", "▫️ 5 alerts", "▫️ 10 alerts", "▫️ 20 alerts", "↩ Back"]
    told = await room.press(chat, "▫️ 5 alerts")
    assert "You get at most 5 alerts a day; the rest arrives as one message at 20:00." in told.text
    assert "🕗 20:00" in told.buttons
    await room.press(chat, "🎚 More options")
    await room.press(chat, "🔢 Daily limit")
    assert "at most" not in (await room.press(chat, "▫️ No limit")).text
