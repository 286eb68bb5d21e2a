"""The sender against the simulator: what is owed arrives once, whatever Telegram, the network and the disk do."""

import asyncio
import math
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.messages.notice import BURST, Notice
from bot.sim import Fault, Limits, Shown, Simulator
from storage import Storage, open_storage
from storage.records import ChatKind, ChatState, Lane
from tests.delivering import sending, sends_per_chat, unreached, wait_until_settled
from tests.makers import NOON, new_article, reader, readers, stored, the


async def test_everybody_gets_the_alert_once(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 500)
    await readers(storage, 500)
    await stored(storage, new_article(title="Ferry <sails> & returns"))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=500, queued=0)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 501), 1))
    assert sim.chats[7].last.text.startswith("Ferry <sails> & returns\n")
    assert sim.errors == []


async def test_within_telegrams_limits_nothing_is_refused(storage: Storage) -> None:
    async with Simulator(limits=Limits()) as sim:
        sim.crowd(1, 60)
        await readers(storage, 60)
        await stored(storage, new_article())
        # Below the limit of 30, because a busy machine bunches on their way what left evenly spaced.
        async with sending(storage, sim, rate=25):
            await wait_until_settled(storage, sim, sent=60)
        assert {call.status for call in sim.calls} == {200}


async def test_several_articles_reach_a_chat_in_their_order(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    early = NOON.replace(hour=8)
    await stored(storage, new_article("b", published_at=NOON), new_article("a", published_at=early))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=2)
    assert [message.text.split("\n")[0] for message in sim.chats[1].messages] == ["Title a", "Title b"]


async def test_a_flood_wait_delays_one_chat_as_told_and_no_other(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 20)
    await readers(storage, 20)
    await stored(storage, new_article())
    sim.faults.add(Fault("too_many", method="sendMessage", chat_id=7, seconds=1))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=20)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 21), 1))
    refused, sent = (c.at for c in sim.calls if c.method == "sendMessage" and c.values["chat_id"] == 7)
    others = [c.at for c in sim.calls if c.method == "sendMessage" and c.values["chat_id"] != 7]
    assert sent - refused >= 1
    assert max(others) < sent


@pytest.mark.parametrize("kind", ["server_error", "reset_before"])
async def test_a_failing_server_is_tried_again(storage: Storage, sim: Simulator, kind: Any) -> None:
    sim.crowd(1, 10)
    await readers(storage, 10)
    await stored(storage, new_article())
    sim.faults.add(Fault(kind, method="sendMessage", times=3))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=10)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 11), 1))


async def test_an_answer_lost_on_the_way_costs_at_most_one_message_twice(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 10)
    await readers(storage, 10)
    await stored(storage, new_article())
    sim.faults.add(Fault("reset_after", method="sendMessage", chat_id=4))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=10)
    got = {number: len(sim.chats[number].messages) for number in range(1, 11)}
    assert got == dict.fromkeys(range(1, 11), 1) | {4: 2}


async def test_when_telegram_is_away_it_is_asked_now_and_then_and_all_is_sent_when_it_is_back(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 200)
    await readers(storage, 200)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=100):
        sim.faults.add(Fault("server_error", times=math.inf))
        await sim.until(lambda: sum(call.method == "getMe" for call in sim.calls) >= 2)
        failed = sum(c.method == "sendMessage" and c.status != 200 for c in sim.calls)
        sim.faults.clear()
        await wait_until_settled(storage, sim, sent=200)
    assert failed < 200, "not every chat was tried while nothing could be reached"
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 201), 1))


async def test_who_blocked_us_is_paused_and_the_others_get_it(storage: Storage, sim: Simulator) -> None:
    people = [sim.person(f"P{n}", user_id=n) for n in range(1, 6)]
    chats = [sim.private(person) for person in people]
    chats[2].blocked = True
    await readers(storage, 5)
    await stored(storage, new_article())
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=4, queued=0)
    paused = await storage.chats.get(3)
    assert paused is not None
    assert paused.state is ChatState.PAUSED
    assert paused.everything
    sim.errors.clear()  # the refusal


async def test_a_group_that_moved_gets_it_under_its_new_number(storage: Storage, sim: Simulator) -> None:
    group = sim.group("Harbour", basic=True)
    new = group.migrate()
    await reader(storage, group.id)
    await stored(storage, new_article())
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1)
    assert new.last.text.startswith("Title one")
    assert await storage.chats.get(group.id) is None
    sim.errors.clear()  # the refusal


async def test_topics_get_their_own_and_a_closed_one_ends_only_itself(storage: Storage, sim: Simulator) -> None:
    group = sim.group("Harbour", topics=["News", "Sport"])
    news, sport = group.topics or {}
    group.closed_topics.add(sport)
    await reader(storage, group.id, topic_id=news)
    await reader(storage, group.id, topic_id=sport)
    await stored(storage, new_article())
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert [message.topic for message in group.messages] == [news]
    closed, open_ = await storage.chats.get(group.id, sport), await storage.chats.get(group.id, news)
    assert closed is not None
    assert open_ is not None
    assert (closed.state, open_.state) == (ChatState.PAUSED, ChatState.ACTIVE)
    sim.errors.clear()  # the refusal


async def test_refused_markup_is_sent_as_plain_text(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await stored(storage, new_article(title="Ferry & bridge"))
    sim.faults.add(Fault("bad_request", method="sendMessage", text="can't parse entities: no"))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1)
    message = sim.chats[1].last
    assert message.text.startswith("Ferry & bridge")
    assert [entity for entity in message.entities if entity["type"] == "bold"] == []


async def test_refused_preview_costs_only_the_preview(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await stored(storage, new_article(title="Ferry & bridge"))
    sim.faults.add(Fault("bad_request", method="sendMessage", text="WEBPAGE_URL_INVALID"))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1)
    assert_without_preview(sim.chats[1].last)


def assert_without_preview(message: Shown) -> None:
    assert [entity["type"] for entity in message.entities if entity["type"] == "bold"] == ["bold"]
    assert message.buttons
    assert "link_preview_options" not in message.raw


async def test_what_is_refused_as_plain_text_too_is_dead_after_some_attempts_and_named(
    storage: Storage, sim: Simulator, impatient: None
) -> None:
    sim.crowd(1, 2)
    await readers(storage, 2)
    await stored(storage, new_article())
    sim.faults.add(Fault("bad_request", method="sendMessage", chat_id=2, text="MESSAGE_CURSED", times=math.inf))
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1, dead=1, queued=0)
    rows = await storage.database.fetch("SELECT reason FROM deliveries WHERE state = 'dead'")
    assert rows[0]["reason"] == "Message_cursed"  # the library capitalises


@pytest.mark.slow
async def test_while_outcomes_can_not_be_committed_sending_stops_and_then_goes_on(
    tmp_path: Path, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.connection.BUSY_SECONDS", 0.05)
    sim.crowd(1, 200)
    path = tmp_path / "locked.db"
    async with open_storage(f"sqlite:///{path}") as storage:
        await readers(storage, 200)
        await stored(storage, new_article())
        async with sending(storage, sim, rate=100):
            await sim.until(lambda: len(sends_per_chat(sim)) >= 20)
            other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the sender may have to end a unit first
            with pytest.raises(TimeoutError):  # sending ends by itself long before all have it
                await sim.until(lambda: len(sends_per_chat(sim)) >= 120, seconds=1.5)
            other.execute("ROLLBACK")
            other.close()
            await wait_until_settled(storage, sim, sent=200)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 201), 1))


async def test_silent_chats_get_it_without_a_sound_and_channels_with_links(storage: Storage, sim: Simulator) -> None:
    person = sim.person("Huda", user_id=5)
    sim.private(person)
    channel = sim.channel("Harbour channel")
    channel.members[sim.bot["id"]] = "administrator"
    quiet = await reader(storage, 5)
    await storage.chats.set_silent(quiet.id, True, now=NOON)
    await reader(storage, channel.id, kind=ChatKind.CHANNEL)
    await stored(storage, new_article())
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=2)
    sent = {c.values["chat_id"]: c.values for c in sim.calls if c.method == "sendMessage"}
    assert sent[5]["disable_notification"] is True
    assert "disable_notification" not in sent[channel.id]
    buttons = [button for row in channel.last.rows for button in row]
    assert buttons[0]["url"] == "https://t.me/newsbot?start=art_1"
    assert [button["text"] for button in buttons if "url" not in button] == ["⋯"]  # rights are checked at each press


async def test_notices_arrive_in_the_language_of_the_chat(storage: Storage, sim: Simulator) -> None:
    sim.private(sim.person("Huda", user_id=5))
    chat = await reader(storage, 5, language="ar", everything=False)
    told = Notice(BURST, {"source": "Harbour News", "pushed": 10, "held_back": 90})
    await storage.deliveries.enqueue_notice([chat.id], told.to_json(), lane=Lane.ALERT, now=NOON)
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=1)
    assert "Harbour News" in sim.chats[5].last.text
    assert "90" in sim.chats[5].last.text
    assert "أخبار كثيرة" in sim.chats[5].last.text


async def test_what_waits_when_it_is_stopped_is_sent_by_the_next(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 100)
    await readers(storage, 100)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=50):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 10)
    stats = (await storage.deliveries.stats(now=NOON)).deliveries
    assert stats["sending"] == 0
    assert stats["sent"] == len(sends_per_chat(sim)) < 100
    async with sending(storage, sim):
        await wait_until_settled(storage, sim, sent=100)
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 101), 1))


async def test_a_late_stop_is_honoured_in_the_middle_of_a_broadcast(storage: Storage, sim: Simulator) -> None:
    sim.crowd(1, 100)
    await readers(storage, 100)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=40):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 5)
        last = await the(storage, unreached(sim, 100))
        await storage.chats.unsubscribe_from_everything(last.id, now=NOON)
        await wait_until_settled(storage, sim, sent=99, queued=0)
    assert last.chat_id not in sends_per_chat(sim)


async def test_a_language_chosen_while_an_alert_waits_is_the_one_that_it_comes_in(
    storage: Storage, sim: Simulator
) -> None:
    sim.crowd(1, 10)
    await readers(storage, 10)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=2):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 2)
        last = await the(storage, unreached(sim, 10))
        await storage.chats.set_language(last.id, "ar", now=NOON)
        await wait_until_settled(storage, sim, sent=10)
    assert "📖 اقرأ" in sim.chats[last.chat_id].last.buttons
    assert sends_per_chat(sim) == Counter(dict.fromkeys(range(1, 11), 1))
