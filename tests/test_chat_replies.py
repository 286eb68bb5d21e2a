"""Replies that Telegram refuses, or that a server which is unwell keeps from their chat."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.backoff import Backoff
from bot.chat import replies as replies_module
from bot.chat.replies import Replies, SentMessage
from bot.ingest.draft import Draft
from bot.messages.buttons import MOST_ON_SCREEN
from bot.messages.message import Message
from bot.sim import Fault
from storage import Storage
from tests.conftest import Clock
from tests.makers import set_aside_updates
from tests.newsroom import Newsroom, newsroom

SLOWER = '{"ok": false, "description": "Too Many Requests", "parameters": {"retry_after": "0.01"}}'


@pytest.fixture
async def room(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    monkeypatch.setattr(replies_module, "AFTER_FAILURE", Backoff(0.02, 0.05))
    monkeypatch.setattr("bot.deliver.pace.REPLY_RETRIES", ())
    async with newsroom(storage, clock) as opened:
        yield opened
        opened.sim.errors.clear()  # refusals are what these tests are about


def draft(title: str, **changes: Any) -> Draft:
    return replace(Draft(title=title, body=f"All about {title}.\n\nAnd more."), **changes)


async def test_a_category_that_a_hundred_and_twenty_fit_is_answered(room: Newsroom) -> None:
    await room.publish(*(draft(f"Article {number}", categories=(f"الفئة {number}",)) for number in range(120)))
    chat, _ = room.reader("ar")
    shown = await room.ask(chat, "/category ال")
    assert len(shown.buttons) == MOST_ON_SCREEN
    assert len((await room.ask(chat, "/subscribe ال")).buttons) == MOST_ON_SCREEN
    assert room.sim.errors == []


async def test_a_link_that_telegram_refuses_costs_no_summary_its_answer(room: Newsroom) -> None:
    await room.publish(draft("Ferry", url="http://intranet/ferry"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    opened = await room.ask(chat, "/summary 1")
    assert opened.text.startswith("Ferry")
    assert "🔗 Source" not in opened.buttons
    await room.ask(chat, "/latest")
    chat.press("1")
    await room.heard()
    assert chat.last.text.startswith("Ferry")
    assert "↩ Back to the list" in chat.last.buttons


async def test_a_reply_whose_markup_is_refused_goes_out_as_plain_text(room: Newsroom) -> None:
    chat, _ = room.reader()
    room.sim.faults.add(Fault("bad_request", method="sendMessage", text="can't parse entities", times=2))
    shown = await room.ask(chat, "/help")
    assert shown.text.startswith("⁨Newsbot⁩")
    assert not any(entity["type"] == "bold" for entity in shown.entities)


async def test_what_is_refused_in_every_form_is_apologised_for_and_set_aside(room: Newsroom) -> None:
    chat, _ = room.reader()
    room.sim.faults.add(Fault("bad_request", method="sendMessage", text="something new", times=3))
    assert (await room.ask(chat, "/help")).text.startswith("Something went wrong.")
    await room.inbox.wait_until_settled()
    [update] = await set_aside_updates(room.storage)
    assert update["reason"].startswith("not sent: BadRequest: ")


async def test_a_mistake_of_ours_is_apologised_for_and_set_aside(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = room.reader()

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(room.storage.categories, "list_with_counts", broken)
    assert (await room.ask(chat, "/categories")).text.startswith("Something went wrong.")
    await room.inbox.wait_until_settled()
    [update] = await set_aside_updates(room.storage)
    assert update["reason"].startswith("failed: ZeroDivisionError")


@pytest.mark.parametrize(
    "trouble",
    [
        Fault("server_error", times=5),
        Fault("reset_before", times=5),
        Fault("answer", status=401, text='{"ok": false, "error_code": 401, "description": "Unauthorized"}', times=5),
        Fault("answer", status=404, text="<html>Not here</html>", times=5),
        Fault("answer", status=400, text='{"ok": false}', times=5),
        Fault("answer", status=200, text="<html>Sign in</html>", times=5),
        Fault(
            "answer",
            status=429,
            text='{"ok":false,"description":"Slow","parameters":{"retry_after":"0.01"}}',
            times=5,
        ),
    ],
    ids=["502", "reset", "401", "404 page", "400 of nobody", "200 page", "429 in a string"],
)
async def test_a_reply_waits_until_the_server_is_well(room: Newsroom, trouble: Fault) -> None:
    chat, _ = room.reader()
    trouble.method = "sendMessage"
    room.sim.faults.add(trouble)
    assert (await room.ask(chat, "/help")).text.startswith("⁨Newsbot⁩")
    await room.inbox.wait_until_settled()
    assert (len(chat.messages), await set_aside_updates(room.storage)) == (1, [])


@pytest.mark.parametrize("result", ["[]", "true", "null", '"sent"', "{}", '{"message_id": "x", "gift": 7}'])
async def test_a_reply_that_was_taken_is_sent_whatever_the_answer_holds(room: Newsroom, result: str) -> None:
    chat, _ = room.reader()
    fault = Fault("answer", method="sendMessage", text=f'{{"ok": true, "result": {result}}}')
    room.sim.faults.add(fault)
    chat.say("/help")
    await room.heard()
    assert await set_aside_updates(room.storage) == []
    assert sum(call.method == "sendMessage" for call in room.sim.calls) == 1


async def test_who_blocked_us_is_not_written_to_again(room: Newsroom) -> None:
    chat, _ = room.reader()
    room.sim.faults.add(Fault("forbidden", method="sendMessage", text="bot was blocked by the user"))
    chat.say("/help")
    await room.heard()
    [update] = await set_aside_updates(room.storage)
    assert update["reason"].startswith("not sent: Forbidden: ")
    assert sum(call.method == "sendMessage" for call in room.sim.calls) == 1


async def test_a_group_that_moved_before_we_heard_of_it_is_answered_where_it_is_now(room: Newsroom) -> None:
    group, person = room.sim.group("Harbour", basic=True), room.sim.person("Huda")
    await room.ask(group, "/help", person)
    new = room.sim.private(room.sim.person("Elsewhere", "en", 4_242))
    moved = '{"ok":false,"description":"Bad Request: moved","parameters":{"migrate_to_chat_id":4242}}'
    room.sim.faults.add(Fault("answer", method="sendMessage", status=400, text=moved))
    group.say("/help@newsbot", person)
    await room.sim.until(lambda: bool(new.messages))


async def test_late_answers_are_muted(room: Newsroom) -> None:
    chat, _ = room.reader()
    await Replies(room.bot, muted=True).send(chat.id, Message("Hello"))
    assert await Replies(room.bot, muted=True).edit(SentMessage(chat.id, 1), Message("Hello"))
    assert chat.messages == []


async def test_no_apology_follows_a_reply_that_may_have_arrived(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = room.reader()
    monkeypatch.setattr(room.bot.request, "_read_seconds", 0.3)
    monkeypatch.setattr(room.bot.request, "_connect_seconds", 0.3)
    room.sim.faults.add(Fault("no_answer", method="sendMessage"))
    chat.say("/help")
    await room.heard()
    assert [message.text.startswith("⁨Newsbot⁩") for message in chat.messages] == [True]
    [update] = await set_aside_updates(room.storage)
    assert update["reason"].startswith("not sent: TimedOut: ")


async def test_commands_are_known_with_unseen_marks_and_in_any_digits(room: Newsroom) -> None:
    await room.publish(*(draft(f"Article {number}") for number in range(1, 8)))
    chat, _ = room.reader()
    for typed in ("/latest\u200f 3", "\u200f/latest ٣", "/latest\u200f \u200f३\u200f", "/latest@newsbot\u200e ３"):
        shown = await room.ask(chat, typed)
        assert shown.buttons[:5] == ["1", "2", "3", "\u200e🔄 1–3", "Older »"], typed
    assert (await room.ask(chat, "\u061c/summary\u200f ٢\u200f")).text.startswith("Article 6")
    assert (await room.ask(chat, "/merge\u200f ١ ٢")).text


async def test_a_chat_in_a_time_zone_that_nobody_knows_is_answered(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/help")
    async with room.storage.database.transaction() as transaction:
        await transaction.execute("UPDATE chats SET timezone = 'Mars/Olympus'")
    assert (await room.ask(chat, "/settings")).text.startswith("Settings")
    await room.press(chat, "⏰ Delivery")
    assert await set_aside_updates(room.storage) == []
