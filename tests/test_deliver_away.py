"""Chats that come and go: what they are owed while they can't be written to, and when they are back."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.sim import Chat, Simulator
from storage import Storage
from storage.records import ChatState, Lane, PutOff, Rhythm, Timetable
from tests.conftest import Clock
from tests.delivering import choose_timetable, publish_in_turn, sending, sends_per_chat, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, settings, stored, the

HOUR = timedelta(hours=1)
DAILY = Timetable(Rhythm.DAILY, hour=18)
AWAY = ChatState.PAUSED


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        opened.crowd(1, 5)
        yield opened


def listed(chat: Chat) -> list[list[str]]:
    """The headlines of its messages."""
    lines = [message.text.split("\n") for message in chat.messages]
    return [[line.removeprefix("\u200e").split("Title ")[1] for line in one if "Title " in line] for one in lines]


# Readers of digests


async def test_who_gets_digests_and_was_away_is_told_all_of_it_in_one_when_back(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose_timetable(storage, 1, DAILY, clock)
    await storage.chats.pause(1, state=AWAY, reason="blocked", now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        for day in range(5):
            await publish_in_turn(storage, clock, f"n{day}")
            clock.time = NOON + (day + 1) * 24 * HOUR
            sender.wake()
            await wait_until_settled(storage, sim, queued=0)
            assert not await storage.deliveries.due_digests(limit=9, now=clock())
        await storage.chats.resume(1, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
        await publish_in_turn(storage, clock, "later")
        clock.time = NOON + 5 * 24 * HOUR + 7 * HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert listed(sim.chats[1]) == [["n4", "n3", "n2", "n1", "n0"], ["later"]]


async def test_a_digest_that_met_a_block_is_told_when_the_reader_is_back(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat = sim.private(sim.person("Huda", user_id=1))
    await reader(storage, 1)
    await choose_timetable(storage, 1, DAILY, clock)
    await publish_in_turn(storage, clock, "one")
    chat.block()
    clock.time = NOON + 6 * HOUR
    async with sending(storage, sim, clock=clock) as sender:
        await sim.until(lambda: any(call.status == 403 for call in sim.calls))
        await wait_until_settled(storage, sim, queued=0)
        chat.unblock()
        clock.advance(hours=1)
        await storage.chats.resume(1, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(chat) == [["one"]]


async def test_who_gets_digests_and_was_away_between_two_of_them_gets_the_next_as_ever(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await choose_timetable(storage, 1, DAILY, clock)
    await publish_in_turn(storage, clock, "before")
    await storage.chats.pause(1, state=AWAY, reason="blocked", now=clock())
    await publish_in_turn(storage, clock, "meanwhile")
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, queued=0)
        assert not sends_per_chat(sim)
        clock.time = NOON + 6 * HOUR
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(sim.chats[1]) == [["meanwhile", "before"]]


# Broadcasts


async def test_who_leaves_before_a_broadcast_reaches_them_is_told_when_back(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await readers(storage, 4)
    await publish_in_turn(storage, clock, "one")
    assert await storage.deliveries.expand(limit=2, now=clock()) == 2  # chats 1 and 2
    await storage.chats.pause(4, state=AWAY, reason="blocked", now=clock())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=3, queued=0)
        clock.advance(hours=1)
        await storage.chats.resume(4, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=4, queued=0)
    assert listed(sim.chats[4]) == [["one"]]
    assert all(len(sim.chats[chat].messages) == 1 for chat in range(1, 5))


async def test_who_comes_back_while_a_broadcast_goes_on_gets_it_once(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await readers(storage, 4)
    await publish_in_turn(storage, clock, "one")
    await storage.deliveries.expand(limit=2, now=clock())
    await storage.chats.pause(4, state=AWAY, reason="blocked", now=clock())
    await storage.chats.pause(1, state=AWAY, reason="blocked", now=clock())
    clock.advance(minutes=1)
    await storage.chats.resume(4, now=clock())
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=4, queued=0)
    assert all(listed(sim.chats[chat]) == [["one"]] for chat in range(1, 5))


async def test_an_article_that_was_made_breaking_news_is_told_to_who_left_just_then(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    (old,) = await stored(storage, new_article("old", lane=None), now=clock())
    clock.advance(hours=3)
    await storage.articles.push(old, Lane.BREAKING, now=clock())
    while await storage.deliveries.expand(limit=9, now=clock()):
        pass
    await storage.chats.pause(1, state=AWAY, reason="blocked", now=clock())
    clock.advance(hours=1)
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(sim.chats[1]) == [["old"]]


# Groups and topics


async def test_where_the_general_topic_is_closed_only_that_is_left_alone(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    forum = sim.group("Fishers", topics=["Nets"])
    assert forum.topics is not None
    (topic,) = forum.topics
    forum.closed_topics.add(None)
    await reader(storage, forum.id)
    await reader(storage, forum.id, topic_id=topic)
    await publish_in_turn(storage, clock, "one")
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, dead=0, queued=0)
    assert (await the(storage, forum.id)).state is ChatState.PAUSED
    assert (await the(storage, forum.id, topic)).state is ChatState.ACTIVE


async def test_a_group_that_moved_after_we_were_put_out_of_it_is_told_what_it_missed(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    group = sim.group("Fishers", basic=True)
    await reader(storage, group.id)
    await publish_in_turn(storage, clock, "one")
    await storage.deliveries.expand(limit=9, now=clock())
    await storage.chats.pause(group.id, state=AWAY, reason="kicked", now=clock())
    await publish_in_turn(storage, clock, "two")
    moved = sim.group("Fishers")
    await reader(storage, moved.id, everything=False, now=clock())  # where nobody chose anything yet
    clock.advance(minutes=1)
    await storage.chats.migrate(group.id, moved.id, now=clock())
    assert (await the(storage, moved.id)).state is ChatState.ACTIVE
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(moved) == [["two", "one"]]


async def test_a_group_that_moved_does_not_wait_for_quiet_hours_that_went_with_the_other_settings(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    group, moved = sim.group("Fishers", basic=True), sim.group("Fishers")
    await reader(storage, group.id, now=NOON - 24 * HOUR)
    quiet = await reader(storage, moved.id, now=NOON - 48 * HOUR)
    await storage.chats.set_timetable(quiet.id, Timetable(quiet=(12, 20)), digest_at=None, now=NOON - 48 * HOUR)
    await publish_in_turn(storage, clock, "one")
    while await storage.deliveries.expand(limit=9, now=clock()):
        pass
    claims = await storage.deliveries.claim(limit=9, now=clock())
    (held,) = [claim for claim in claims if claim.chat_row == quiet.id]
    (other,) = [claim for claim in claims if claim.chat_row != quiet.id]
    until = NOON + 8 * HOUR
    await storage.deliveries.settle(
        [PutOff(held, until, "quiet hours", attempts=0, quiet=True), PutOff(other, clock(), "later", attempts=0)]
    )
    await storage.chats.migrate(group.id, moved.id, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(moved) == [["one"]]


# Imported settings


@pytest.mark.parametrize("state", [ChatState.PAUSED, ChatState.GONE])
async def test_a_chat_that_is_imported_as_away_is_told_when_it_is_back(
    storage: Storage, sim: Simulator, clock: Clock, state: ChatState
) -> None:
    await reader(storage, 1)
    await publish_in_turn(storage, clock, "one")
    await storage.deliveries.expand(limit=9, now=clock())
    await storage.settings.put([settings(language="en", state=state)], now=clock())
    await publish_in_turn(storage, clock, "two")
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, queued=0)
        assert not sends_per_chat(sim)
        clock.advance(minutes=1)
        await storage.chats.resume(1, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(sim.chats[1]) == [["two", "one"]]


async def test_a_chat_that_was_away_and_is_imported_as_active_is_back(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await storage.chats.pause(1, state=AWAY, reason="blocked", now=clock())
    await publish_in_turn(storage, clock, "one")
    while await storage.deliveries.expand(limit=9, now=clock()):
        pass
    await storage.settings.put([settings(language="en")], now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert listed(sim.chats[1]) == [["one"]]
