"""Quiet hours, digests and catch-ups: what a chat is not told at once comes as one message, and nothing is lost."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bot.messages.digest import heading_rhythm
from bot.sim import Chat, Simulator
from bot.timetable import next_digest
from storage import Storage
from storage.records import ChatKind, ChatState, Lane, Rhythm, Timetable
from tests.conftest import Clock
from tests.delivering import publish_in_turn, sending, sends_per_chat, wait_until_settled
from tests.makers import NOON, new_article, reader, stored
from tests.test_deliver_corrections import change

HOUR = timedelta(hours=1)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        opened.crowd(1, 5)
        yield opened


async def choose(storage: Storage, chat: int, timetable: Timetable, now: datetime) -> None:
    zone = now.tzinfo
    assert zone is not None
    await storage.chats.set_timetable(chat, timetable, digest_at=next_digest(timetable, zone, now), now=now)


def titles(chat: Chat) -> list[str]:
    """First lines of its messages."""
    return [message.text.split("\n")[0] for message in chat.messages]


# Quiet hours


async def test_quiet_hours_hold_alerts_back_and_breaking_news_pass(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(quiet=(12, 15)), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one", "two")
        sender.wake()
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=2)
        assert titles(sim.chats[1]) == ["⚡ Title fire"]
        clock.time = NOON.replace(hour=15)
        sender.wake()
        await wait_until_settled(storage, sim, sent=3)
    assert titles(sim.chats[1]) == ["⚡ Title fire", "Title one", "Title two"]


async def test_breaking_news_wait_too_for_a_reader_who_said_never(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await reader(storage, 2)
    await choose(storage, 1, Timetable(quiet=(12, 15), breaking=False), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=1)
        assert sends_per_chat(sim) == {2: 1}
        clock.time = NOON.replace(hour=15)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)


async def test_what_piled_up_in_quiet_hours_is_one_message(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(quiet=(12, 15)), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, *(f"n{n}" for n in range(1, 9)))
        sender.wake()
        await wait_until_settled(storage, sim, queued=8)
        clock.time = NOON.replace(hour=15)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert len(sim.chats[1].messages) == 1
    assert all(f"Title n{n}" in sim.chats[1].last.text for n in range(1, 9))
    assert await storage.lists.article_at(1, 1) is not None  # "/summary 1" opens the first of them


async def test_five_that_waited_come_one_by_one(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(quiet=(12, 15)), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, *(f"n{n}" for n in range(1, 6)))
        sender.wake()
        await wait_until_settled(storage, sim, queued=5)
        clock.time = NOON.replace(hour=15)
        sender.wake()
        await wait_until_settled(storage, sim, sent=5)
    assert titles(sim.chats[1]) == [f"Title n{n}" for n in range(1, 6)]


async def test_quiet_hours_of_a_topic_hold_back_nothing_of_the_others(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    forum = sim.group("Fishers", topics=["Nets", "Boats"])
    assert forum.topics is not None
    nets, boats = forum.topics
    quiet, awake = [await reader(storage, forum.id, topic_id=topic) for topic in (nets, boats)]
    await choose(storage, quiet.id, Timetable(quiet=(12, 15)), clock())

    def said() -> list[tuple[int | None, str]]:
        return [(message.topic, message.text.split("\n")[0]) for message in forum.messages]

    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one")
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=1)
        await publish_in_turn(storage, clock, "two")  # which meets a turn that quiet hours put off
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=2)
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, sent=4, queued=2)
        assert said()[:2] == [(boats, "Title one"), (boats, "Title two")]
        assert {topic for topic, _ in said()[2:]} == {nets, boats}
        await storage.chats.unsubscribe_from_everything(awake.id, now=clock())
        clock.time = NOON.replace(hour=15)
        sender.wake()
        await wait_until_settled(storage, sim, sent=6)
    assert said()[4:] == [(nets, "Title one"), (nets, "Title two")]


# Late news


async def test_more_than_five_that_waited_while_the_bot_was_down_are_one_message(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, *(f"n{n}" for n in range(1, 8)))
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert len(sim.chats[1].messages) == 1
    assert "7 articles" in sim.chats[1].last.text


async def test_an_alert_that_outlived_its_use_joins_the_catch_up_and_the_young_ones_come_as_alerts(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "old")
    await publish_in_turn(storage, clock, "older")
    clock.advance(hours=7)
    await publish_in_turn(storage, clock, "young")
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2)
    assert sorted(titles(sim.chats[1])) == ["Title young", "🗂 What you missed"]
    caught_up = next(m for m in sim.chats[1].messages if "missed" in m.text)
    assert "Title old" in caught_up.text
    assert "Title young" not in caught_up.text


@pytest.mark.parametrize("rhythm", [Rhythm.ALERTS, Rhythm.DAILY])
async def test_a_catch_up_or_a_digest_of_one_is_that_alert_with_its_date(
    storage: Storage, sim: Simulator, clock: Clock, rhythm: Rhythm
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(rhythm, hour=20), clock())
    [article] = await stored(storage, new_article("only", published_at=clock()), now=clock())
    clock.advance(hours=9)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        alert = sim.chats[1].last
        assert alert.buttons[:1] == ["📖 Read"]
        assert alert.text.startswith("Title only\n\n")
        assert "1 March 2026" in alert.text
        assert await storage.deliveries.article_of_message(1, alert.id) == article
        await storage.articles.retract(article, now=clock())
        sender.wake()
        await sim.until(lambda: "🚫" in sim.chats[1].last.text)
    assert (sim.chats[1].last.id, sim.chats[1].last.buttons) == (alert.id, [])


async def test_digest_of_one_is_corrected_wholly_and_not_only_its_headline(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.DAILY, hour=20), clock())
    [article] = await stored(storage, new_article("only", published_at=clock()), now=clock())
    clock.advance(hours=9)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        await change(
            storage, article, clock, summary=("Quite another sentence.",), image_url="https://n.example/i.jpg"
        )
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: "Quite another sentence." in sim.chats[1].last.text)
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert sim.chats[1].last.raw["link_preview_options"]["url"] == "https://n.example/i.jpg"
    assert len(sim.chats[1].messages) == 1


async def test_a_list_of_several_in_a_catch_up_is_no_article(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "one")
    await publish_in_turn(storage, clock, "two")
    clock.advance(hours=7)
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert await storage.deliveries.article_of_message(1, sim.chats[1].last.id) is None


async def test_alerts_are_news_for_ever_where_the_operator_says_so(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "old")
    clock.advance(days=20)
    async with sending(storage, sim, clock=clock, alert_hours=0):
        await wait_until_settled(storage, sim, sent=1)
    assert titles(sim.chats[1]) == ["Title old"]


async def test_breaking_news_never_outlive_their_use(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
    clock.advance(hours=20)
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1)
    assert titles(sim.chats[1]) == ["⚡ Title fire"]


async def test_who_was_away_gets_one_message_about_it_and_then_what_is_new(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    async with sending(storage, sim, clock=clock) as sender:
        chat = sim.private(sim.person("Huda", user_id=1))
        chat.block()
        await publish_in_turn(storage, clock, "first")
        sender.wake()
        await sim.until(lambda: any(call.status == 403 for call in sim.calls))
        await wait_until_settled(storage, sim, queued=0)
        await publish_in_turn(storage, clock, "second", "third")
        sender.wake()
        chat.unblock()
        clock.advance(hours=30)
        assert await storage.chats.resume(1, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
        await publish_in_turn(storage, clock, "fourth")
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
    assert titles(sim.chats[1]) == ["🗂 What you missed", "Title fourth"]
    assert all(f"Title {name}" in sim.chats[1].messages[0].text for name in ("first", "second", "third"))


async def test_who_missed_nothing_gets_no_empty_message(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=clock())
    clock.advance(hours=1)
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=0, queued=0)
    assert not sends_per_chat(sim)


# Digests


async def test_a_digest_lists_what_came_since_the_last_one_and_nothing_twice(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.HOURLY), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "one", "two")
        sender.wake()
        await wait_until_settled(storage, sim, queued=0)
        assert not sends_per_chat(sim)
        clock.time = NOON + HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=1)
        await publish_in_turn(storage, clock, "three")
        clock.time = NOON + 2 * HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
        clock.time = NOON + 3 * HOUR  # nothing new: nothing is said
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
    first, second = (message.text for message in sim.chats[1].messages)
    assert "Title one" in first
    assert "Title two" in first
    assert "Title three" in second
    assert "Title one" not in second


async def test_a_digest_has_only_what_its_chat_subscribed_to(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("sea", category="Sea", published_at=clock()), now=clock())
    await stored(storage, new_article("mountain", category="Mountains", published_at=clock()), now=clock())
    await stored(storage, new_article("unpushed", category="Sea", published_at=clock(), lane=None), now=clock())
    sea = await storage.categories.find("sea")
    assert sea is not None
    await storage.chats.unsubscribe(1, sea.id, now=NOON)
    await choose(storage, 1, Timetable(Rhythm.DAILY, hour=14), clock())
    clock.time = NOON + 2 * HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert "Title mountain" in sim.chats[1].last.text
    assert "Title sea" not in sim.chats[1].last.text


async def test_breaking_news_do_not_wait_for_the_digest_and_are_not_in_it(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.HOURLY), clock())
    async with sending(storage, sim, clock=clock) as sender:
        await publish_in_turn(storage, clock, "fire", lane=Lane.BREAKING)
        await publish_in_turn(storage, clock, "calm")
        sender.wake()
        await wait_until_settled(storage, sim, sent=1)
        clock.time = NOON + HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
    assert titles(sim.chats[1])[0] == "⚡ Title fire"
    assert "Title calm" in sim.chats[1].last.text
    assert "fire" not in sim.chats[1].last.text


async def test_changing_from_alerts_to_digests_and_back_loses_nothing(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "owed")
    while await storage.deliveries.expand(limit=10, now=clock()):
        pass
    await choose(storage, 1, Timetable(Rhythm.DAILY, hour=20), clock())
    await publish_in_turn(storage, clock, "for-the-digest")
    assert await storage.deliveries.expand(limit=10, now=clock())  # its fan-out passes this chat by
    await choose(storage, 1, Timetable(), clock())
    await publish_in_turn(storage, clock, "alert-again")
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert sorted(titles(sim.chats[1])) == ["Title alert-again", "🗂 What you missed"]
    caught_up = next(m for m in sim.chats[1].messages if "missed" in m.text)
    assert "Title owed" in caught_up.text
    assert "Title for-the-digest" in caught_up.text


async def test_a_withdrawn_article_is_in_no_digest(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.HOURLY), clock())
    (wrong,) = await stored(storage, new_article("wrong", published_at=clock()), now=clock())
    await storage.articles.retract(wrong, now=clock())
    await publish_in_turn(storage, clock, "right")
    clock.time = NOON + HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1)
    assert "Title right" in sim.chats[1].last.text
    assert "Title wrong" not in sim.chats[1].last.text


async def test_a_long_digest_says_how_many_more_there_are(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.DAILY, hour=20), clock())
    await publish_in_turn(storage, clock, *(f"n{n}" for n in range(1, 24)))
    clock.time = NOON + 8 * HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1)
    assert "23 articles" in sim.chats[1].last.text
    assert "… and 3 more articles" in sim.chats[1].last.text
    assert "Title n23" in sim.chats[1].last.text
    assert "Title n3\n" not in sim.chats[1].last.text


@pytest.mark.parametrize("kind", [ChatKind.PRIVATE, ChatKind.CHANNEL])
async def test_a_digest_of_long_headlines_shortens_them_and_leaves_none_out(
    storage: Storage, sim: Simulator, clock: Clock, kind: ChatKind
) -> None:
    channel = sim.channel("Wire")
    channel.members[sim.bot["id"]] = "administrator"
    chat = sim.chat(1) if kind is ChatKind.PRIVATE else channel
    ours = await reader(storage, chat.id, kind=kind)
    await choose(storage, ours.id, Timetable(Rhythm.DAILY, hour=20), clock())
    words = "the harbour council and the fishermen of the northern basin agree at last on the price of ice "
    for number in range(1, 21):
        article = new_article(
            f"n{number}",
            title=f"Day {number}: {words * 2}",
            category="Economy, trade and shipping in the northern harbours of the coast",
            publisher="The Gazette of the Harbours of the Coast and of the Islands, weekend edition",
            published_at=clock(),
        )
        await stored(storage, article, now=clock())
    clock.time = NOON + 8 * HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1)
    text = chat.last.text
    assert [f"{number}. Day {21 - number}" in text for number in range(1, 21)] == [True] * 20
    assert len(text) <= 4096
    assert "20 articles" in text


async def test_a_digest_after_days_of_absence_is_not_named_the_news_of_the_day(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose(storage, 1, Timetable(Rhythm.DAILY, hour=13), clock())
    for name in ("one", "another"):
        await publish_in_turn(storage, clock, name)
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=clock())
    clock.advance(days=3)
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        for name in ("two", "three"):
            await publish_in_turn(storage, clock, name)
        clock.advance(hours=1)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert titles(sim.chats[1]) == ["🗂 What you missed", "🗞 The news of the day"]


@pytest.mark.parametrize(
    ("rhythm", "named", "missed"),
    [
        (Rhythm.HOURLY, HOUR, 3 * HOUR),
        (Rhythm.HOURLY, 1.5 * HOUR, 8 * HOUR),  # where clocks go back by half an hour; the end of quiet hours
        (Rhythm.DAILY, 25 * HOUR, 48 * HOUR),
        (Rhythm.WEEKLY, 169 * HOUR, 193 * HOUR),
    ],
)
def test_a_digest_is_named_after_its_rhythm_or_after_what_was_missed(
    rhythm: Rhythm, named: timedelta, missed: timedelta
) -> None:
    assert heading_rhythm(rhythm, NOON, NOON + named) is rhythm
    assert heading_rhythm(rhythm, NOON, NOON + missed) is Rhythm.ALERTS
    assert heading_rhythm(Rhythm.ALERTS, NOON, NOON) is Rhythm.ALERTS
