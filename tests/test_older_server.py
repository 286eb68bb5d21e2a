"""A Bot API server that is older than version 9.5 refuses <tg-time>: it is asked once, and readers miss nothing."""

import math
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from bot.ingest.draft import Draft
from bot.sim import Fault, Simulator
from bot.telegram_http import Form, without_times
from storage import Storage
from tests.conftest import Clock
from tests.delivering import sending, wait_until_settled
from tests.makers import new_article, readers, stored
from tests.newsroom import Newsroom, newsroom

REFUSED = 'can\'t parse entities: Unsupported start tag "tg-time" at byte offset 12'


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running
        running.errors.clear()  # the refusals


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        yield opened
        opened.sim.errors.clear()


def older_server() -> Fault:
    return Fault("bad_request", holds="<tg-time", text=REFUSED, times=math.inf)


async def test_alerts_come_with_their_dates_as_words_after_one_refusal(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 12)
    await readers(storage, 1)
    sim.faults.add(older_server())
    await stored(storage, new_article(), now=clock())
    clock.advance(hours=2)
    async with sending(storage, sim, clock=clock, rate=60):
        await wait_until_settled(storage, sim, sent=1)
        await readers(storage, 12)
        await stored(storage, new_article("two"), now=clock() - timedelta(hours=2))
        await wait_until_settled(storage, sim, sent=13)
    for chat in (sim.chats[number] for number in range(1, 13)):
        assert "1 March 2026, 11:00" in chat.last.text
        assert "📖 Read" in chat.last.buttons
    refused = [call for call in sim.calls if call.method == "sendMessage" and call.status == 400]
    assert len(refused) == 1


async def test_replies_and_edits_come_with_their_ages_as_words(room: Newsroom) -> None:
    await room.publish(Draft(title="Ferry stops", body="It stops at noon.", published=room.clock()))
    chat, _ = room.reader()
    room.sim.faults.add(older_server())
    listed = await room.ask(chat, "/latest")
    assert "1 minute ago" in listed.text
    assert "1" in listed.buttons
    opened = await room.press(chat, "1")
    assert "1 March 2026, 12:00" in opened.text
    assert len([call for call in room.sim.calls if call.status == 400]) == 1


def test_only_the_element_is_taken_out_of_a_request() -> None:
    whole = {"text": '<b>x</b> <tg-time unix="5" format="r">a &lt;tg-time&gt; ago</tg-time>', "chat_id": "1"}
    made = without_times(Form(urlencode(whole).encode()))
    assert made is not None
    assert made.json_parameters == {"text": "<b>x</b> a &lt;tg-time&gt; ago", "chat_id": "1"}
