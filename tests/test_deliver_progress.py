"""A long broadcast is shown to administrators as it goes: one message each, edited, and nothing for small things."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from telegram.ext import ExtBot

from bot.config import Config
from bot.deliver.pace import Pacer
from bot.deliver.progress import BroadcastProgress, Progress, progress_text
from bot.locale import Voice
from bot.sim import Fault, Simulator
from bot.sim.world import Chat
from bot.telegram_http import AiohttpRequest
from bot.text.html import plain
from storage import Storage
from storage.records import ChatState, Dropped, PutOff, Sent
from tests.conftest import Clock
from tests.delivering import sending, without_chat_pace
from tests.makers import NOON, new_article, reader, readers, stored

EDITOR, OTHER = 5001, 5002
RATE = 5.0  # a second: a minute of it is 300 messages


@asynccontextmanager
async def watching(
    storage: Storage, sim: Simulator, clock: Clock, rate: float | None = RATE
) -> AsyncIterator[Progress]:
    bot: ExtBot[Any] = ExtBot(
        sim.token,
        base_url=f"{sim.url}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(),
        rate_limiter=(pacer := Pacer(rate)),
    )
    with without_chat_pace():
        async with bot:
            yield Progress(storage, bot, pacer, Config(admins=(EDITOR, OTHER)), clock)


def editors(sim: Simulator) -> tuple[Chat, Chat]:
    return sim.private(sim.person("Editor", "en", EDITOR)), sim.private(sim.person("Other", "en", OTHER))


def asked(sim: Simulator) -> list[int]:
    """The chats that something was sent to or edited in, refused or not."""
    return [call.values["chat_id"] for call in sim.calls if "chat_id" in call.values]


async def go_out(storage: Storage, clock: Clock, count: int) -> None:
    """So many of those who are owed something are sent it, now."""
    await storage.deliveries.expand(limit=1_000, now=clock())
    for claim in await storage.deliveries.claim(limit=count, now=clock()):
        await storage.deliveries.settle([Sent(claim, clock(), claim.chat_id, 1, clock())])


def lines(shown: str) -> list[str]:
    return re.sub("[\u200e\u200f\u2068\u2069]", "", plain(shown)).splitlines()


@pytest.mark.slow
async def test_one_message_is_edited_until_the_broadcast_is_done(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat, other = editors(sim)
    await reader(storage, EDITOR, everything=False, timezone="Asia/Beirut")
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        assert lines(chat.last.text) == [
            "📤 Sending a broadcast", "░░░░░░░░░░ 0%", "0 of 400 sent", "300 messages a minute",
            "Done at about 1 March 2026, 14:01",
        ]  # fmt: skip
        await go_out(storage, clock, 100)
        clock.advance(seconds=14)
        await progress()
        assert "0 of 400 sent" in chat.last.text  # not more often than every 15 s
        clock.advance(seconds=6)
        await progress()
        assert lines(chat.last.text)[1:] == [
            "▓▓░░░░░░░░ 25%", "100 of 400 sent", "300 messages a minute", "Done at about 1 March 2026, 14:01"
        ]  # fmt: skip
        await go_out(storage, clock, 300)
        clock.advance(seconds=60)
        await progress()
        await progress()
    assert lines(chat.last.text) == ["✅ The broadcast is done", "▓▓▓▓▓▓▓▓▓▓ 100%", "400 messages in 80 seconds"]
    assert len(chat.messages) == len(other.messages) == 1
    assert sum(call.method == "editMessageText" for call in sim.calls) == 4
    assert sim.errors == []


@pytest.mark.parametrize("count", [1, 300])
async def test_what_takes_a_minute_or_less_is_told_to_nobody(
    storage: Storage, sim: Simulator, clock: Clock, count: int
) -> None:
    editors(sim)
    await readers(storage, count)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        for done in range(0, count, 100):
            await progress()
            await go_out(storage, clock, done)
            clock.advance(seconds=15)
    assert asked(sim) == []


async def test_several_small_ones_together_are_a_long_one(storage: Storage, sim: Simulator, clock: Clock) -> None:
    chat, _ = editors(sim)
    await readers(storage, 150)
    await stored(storage, *(new_article(f"{n}") for n in range(3)))
    while await storage.deliveries.expand(limit=1_000, now=clock()):
        pass
    async with watching(storage, sim, clock) as progress:
        await progress()
    assert "0 of 450 sent" in chat.last.text


async def test_without_a_limit_nothing_takes_long(storage: Storage, sim: Simulator, clock: Clock) -> None:
    editors(sim)
    await readers(storage, 1_000)
    await stored(storage, new_article())
    async with watching(storage, sim, clock, rate=None) as progress:
        await progress()
    assert asked(sim) == []


async def test_what_waits_for_the_end_of_quiet_hours_is_no_broadcast(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    editors(sim)
    await readers(storage, 301)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=1_000, now=clock())
    claims = await storage.deliveries.claim(limit=1_000, now=clock())
    morning = clock() + timedelta(hours=8)
    await storage.deliveries.settle(
        [PutOff(claim, morning, "quiet hours", attempts=0, quiet=True) for claim in claims]
    )
    async with watching(storage, sim, clock) as progress:
        await progress()
    assert asked(sim) == []


async def test_a_group_that_is_owed_very_many_is_no_broadcast(storage: Storage, sim: Simulator, clock: Clock) -> None:
    editors(sim)
    await reader(storage, -7)
    await stored(storage, *(new_article(f"{n}") for n in range(310)))
    while await storage.deliveries.expand(limit=1_000, now=clock()):
        pass
    async with watching(storage, sim, clock) as progress:
        await progress()
    assert asked(sim) == []


async def test_an_administrator_who_blocked_the_bot_or_never_began_holds_up_no_other(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat, other = editors(sim)
    chat.block()
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        for _ in range(3):
            await progress()
            clock.advance(seconds=15)
    assert len(other.messages) == 1
    assert asked(sim).count(EDITOR) == 1  # not asked again in this broadcast
    sim.errors.clear()  # the refusals


async def test_an_administrator_who_is_paused_is_not_written_to(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat, other = editors(sim)
    await reader(storage, EDITOR, everything=False)
    await storage.chats.pause(EDITOR, state=ChatState.PAUSED, reason="blocked", now=clock())
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
    assert (len(chat.messages), len(other.messages)) == (0, 1)


@pytest.mark.parametrize(
    "fault",
    [Fault("server_error"), Fault("reset_before"), Fault("too_many", seconds=1)],
    ids=lambda fault: fault.kind,
)
async def test_an_error_of_telegram_is_made_up_for_at_the_next_look(
    storage: Storage, sim: Simulator, clock: Clock, fault: Fault
) -> None:
    chat, other = editors(sim)
    fault.chat_id = EDITOR
    sim.faults.add(fault)
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        assert (len(chat.messages), len(other.messages)) == (0, 1)
        clock.advance(seconds=15)
        async with asyncio.timeout(10):
            while not chat.messages:
                await progress()
                clock.advance(seconds=15)
    assert len(other.messages) == 1


@pytest.mark.slow
async def test_the_last_edit_is_tried_again_where_telegram_failed(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat, _ = editors(sim)
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        await go_out(storage, clock, 400)
        sim.faults.add(Fault("server_error", "editMessageText", EDITOR))
        for _ in range(2):
            clock.advance(seconds=15)
            await progress()
    assert chat.last.text.startswith("✅ The broadcast is done")


async def test_a_message_that_was_deleted_is_not_sent_again(storage: Storage, sim: Simulator, clock: Clock) -> None:
    chat, _ = editors(sim)
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        del chat.raw[chat.last.id]
        for _ in range(2):
            clock.advance(seconds=15)
            await progress()
    assert chat.messages == []
    sim.errors.clear()  # the refusals


async def test_the_trickle_after_a_broadcast_does_not_keep_it_going(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    chat, _ = editors(sim)
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        await go_out(storage, clock, 398)
        for _ in range(2):
            clock.advance(seconds=15)
            await progress()
    assert chat.last.text.startswith("✅ The broadcast is done")


async def test_what_nobody_wants_any_more_is_not_waited_for(storage: Storage, sim: Simulator, clock: Clock) -> None:
    chat, _ = editors(sim)
    await readers(storage, 400)
    await stored(storage, new_article())
    async with watching(storage, sim, clock) as progress:
        await progress()
        await go_out(storage, clock, 100)
        claims = await storage.deliveries.claim(limit=400, now=clock())
        await storage.deliveries.settle([Dropped(claim, clock()) for claim in claims])
        clock.advance(seconds=15)
        await progress()
    assert "100 messages in 15 seconds" in chat.last.text


async def test_it_is_shown_while_the_broadcast_fills_the_gate(
    storage: Storage, sim: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.deliver.progress.LONG", timedelta(seconds=1))
    chat, _ = editors(sim)
    sim.crowd(1, 150)
    await readers(storage, 150)
    await stored(storage, new_article())
    async with sending(storage, sim, rate=50) as sender:
        await sim.until(lambda: len(sim.calls) > 10)
        progress = Progress(storage, sender._client._bot, sender._pacer, Config(admins=(EDITOR,)), clock)
        await asyncio.wait_for(progress(), 30)
        sent = sum(call.method == "sendMessage" for call in sim.calls)
        assert chat.last.text.startswith("📤")
        assert sent < 100


def test_in_arabic_it_is_said_in_arabic_plurals_and_in_the_chats_time_zone() -> None:
    voice = Voice("ar", ZoneInfo("Asia/Beirut"))
    standing = BroadcastProgress(sent=30, remaining=70, messages_per_second=0.05, started_at=NOON, now=NOON)
    assert lines(progress_text(standing, voice)) == [
        "📤 الإرسال جارٍ", "▓▓▓░░░░░░░ 30%", "أُرسل 30 من 100", "3 رسائل في الدقيقة",
        "الانتهاء المتوقع: 1 آذار 2026، 14:23",
    ]  # fmt: skip


def test_where_nothing_goes_on_no_end_is_promised() -> None:
    standing = BroadcastProgress(sent=30, remaining=70, messages_per_second=0.0, started_at=NOON, now=NOON)
    assert lines(progress_text(standing, Voice("en")))[-1] == "0 messages a minute"
