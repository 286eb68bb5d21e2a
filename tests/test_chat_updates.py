"""Updates as Telegram gives them, newer ones than the library knows, and what no Telegram would give."""

import json
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.backoff import Backoff
from bot.chat import polling
from bot.chat.updates import read_raw_update
from bot.sim import Fault
from storage import Storage
from storage.records import ChatState
from tests.conftest import Clock
from tests.delivering import full_disk
from tests.makers import NOON, set_aside_updates
from tests.newsroom import Newsroom, newsroom


@pytest.fixture
async def room(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    monkeypatch.setattr(polling, "AFTER_FAILURE", Backoff(0.02, 0.05))
    monkeypatch.setattr(polling, "AFTER_NOTHING_NEW", Backoff(0.02, 0.05))
    monkeypatch.setattr(polling, "LONGEST_WAIT", 0.05)
    async with newsroom(storage, clock) as opened:
        yield opened


async def set_aside(room: Newsroom) -> list[str]:
    await room.inbox.wait_until_settled()
    return [update["reason"] for update in await set_aside_updates(room.storage)]


# Parts that are newer than the library

GIFT = {"gift": {"id": "1"}}  # without what the library expects of it


@pytest.mark.usefixtures("made_up")
async def test_a_gift_in_a_newer_form_is_set_aside_and_everybody_is_answered(room: Newsroom) -> None:
    chat, _ = room.reader()
    other, _ = room.reader("en", "Sam")
    chat.share({"gift": GIFT})
    assert (await room.ask(chat, "/help")).text
    assert (await room.ask(other, "/help")).text
    [reason] = await set_aside(room)
    assert reason.startswith("unreadable: TypeError: ")
    assert (await room.storage.inbox.stats()).waiting == 0


async def test_a_command_that_replies_to_a_gift_in_a_newer_form_is_answered(room: Newsroom) -> None:
    chat, person = room.reader()
    said = {"message_id": 900, "date": room.sim.unix_time(), "chat": chat.to_json(), "from": person.to_json()}
    room.sim.give({"message": said | {"text": "/help", "reply_to_message": said | {"gift": GIFT}}})
    await room.sim.until(lambda: bool(chat.messages))
    assert await set_aside(room) == []


async def test_a_button_of_a_message_with_newer_parts_does_what_it_says(room: Newsroom) -> None:
    chat, person = room.reader()
    shown = await room.ask(chat, "/settings")
    query = {"id": "7", "from": person.to_json(), "chat_instance": "1", "message": shown.raw | {"gift": GIFT}}
    room.sim.give({"callback_query": query | {"data": "s:language:0:0"}})
    await room.sim.until(lambda: "العربية" in chat.last.buttons)
    room.sim.errors.clear()  # the simulator does not know of the query


async def test_a_command_and_a_press_that_lack_what_nobody_needs_are_answered(room: Newsroom) -> None:
    chat, _ = room.reader()
    person, place = {"id": chat.id}, {"id": chat.id, "type": "private"}
    room.sim.give({"message": {"message_id": 9_001, "chat": place, "from": person, "text": "/settings"}})
    await room.sim.until(lambda: bool(chat.messages))
    pressed = {"message_id": chat.last.id, "chat": place}
    room.sim.give({"callback_query": {"id": "7", "from": person, "message": pressed, "data": "s:language:0:0"}})
    await room.sim.until(lambda: "العربية" in chat.last.buttons)
    assert await set_aside(room) == []
    room.sim.errors.clear()  # the simulator does not know of the query


async def test_a_button_whose_message_is_not_told_does_not_wait_for_ever(room: Newsroom) -> None:
    _, person = room.reader()
    room.sim.give({"callback_query": {"id": "7", "from": person.to_json(), "chat_instance": "1", "data": "A:1"}})
    await room.sim.until(lambda: any(call.method == "answerCallbackQuery" for call in room.sim.calls))
    assert await set_aside(room) == []
    room.sim.errors.clear()  # the simulator does not know of the query


async def test_the_bot_joins_a_channel_though_the_server_tells_few_of_its_rights(room: Newsroom) -> None:
    _, person = room.reader()
    channel = room.sim.channel("Harbour", admins=[person])
    us: dict[str, Any] = {"user": room.sim.bot}
    joined = {
        "chat": channel.to_json(),
        "from": person.to_json(),
        "date": 1,
        "old_chat_member": us | {"status": "left"},
        "new_chat_member": us | {"status": "administrator", "can_post_messages": True, "can_fly": True},
    }
    room.sim.give({"my_chat_member": joined})
    await room.heard()
    assert await set_aside(room) == []
    ours = await room.storage.chats.get(channel.id)
    assert ours is not None
    assert ours.added_by == person.id
    room.sim.give({"my_chat_member": joined | {"new_chat_member": us | {"status": "kicked"}}})
    await room.heard()
    ours = await room.storage.chats.get(channel.id)
    assert ours is not None
    assert ours.state is ChatState.PAUSED


async def test_administrators_are_known_though_the_server_tells_their_status_alone(room: Newsroom) -> None:
    person = room.sim.person("Huda")
    group = room.sim.group("Readers", admins=[person])
    told = json.dumps({"ok": True, "result": {"status": "administrator", "user": person.to_json()}})
    room.sim.faults.add(Fault("answer", method="getChatMember", status=200, text=told))
    assert "Alerts are on" in (await room.ask(group, "/subscribe all", person)).text


async def test_a_group_that_moves_in_a_message_with_newer_parts_has_moved(room: Newsroom) -> None:
    group = room.sim.group("Harbour", basic=True)
    message = {"message_id": 900, "date": 1, "chat": group.to_json(), "gift": GIFT}
    await room.ask(group, "/help", room.sim.person("Huda"))
    room.sim.give({"message": message | {"migrate_to_chat_id": -100777}})
    await room.heard()
    assert await room.storage.chats.get(-100777)


# What no Telegram would give


def message(**changed: Any) -> dict[str, Any]:
    chat = {"id": 77, "type": "private", "first_name": "Huda"}
    person = {"id": 77, "is_bot": False, "first_name": "Huda"}
    return {"message": {"message_id": 1, "date": 1, "chat": chat, "from": person, "text": "/help"} | changed}


ODD = {
    "an update of nothing": {},
    "an unknown kind": {"subscription": {"id": "1"}},
    "a kind that is a number": {"message": 7},
    "a kind that is a list": {"message": []},
    "a kind that is null": {"message": None},
    "a message of nothing": {"message": {}},
    "a chat that is a word": message(chat="77"),
    "a chat without a number": message(chat={"type": "private"}),
    "a chat whose number is a word": message(chat={"id": "77", "type": "private"}),
    "a chat whose number is beyond all": message(chat={"id": 10**30, "type": "private"}),
    "a chat whose number is true": message(chat={"id": True, "type": "private"}),
    "a text that is a number": message(text=7),
    "a text that is a list": message(text=["/help"]),
    "a date that is a word": message(date="today", text=7),
    "a date beyond all": message(date=10**30, text=7),
    "a person whose number is a word": message(**{"from": {"id": "77", "is_bot": False, "first_name": "Huda"}}),
    "a language that is a number": message(
        **{"from": {"id": 77, "is_bot": False, "first_name": "Huda", "language_code": 7}}
    ),
    "a number of a message that is a word": message(message_id="1"),
    "a title that is a list": message(chat={"id": 77, "type": "private", "first_name": ["Huda"]}),
    "a button of nothing": {"callback_query": {}},
    "a button whose data is a number": {
        "callback_query": {"id": "1", "from": message()["message"]["from"], "chat_instance": "1", "data": 7}
    },
    "a membership of nothing": {"my_chat_member": {}},
    "a membership that is a number": {"my_chat_member": 7},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_an_odd_update_is_set_aside_and_the_next_one_is_answered(room: Newsroom, odd: dict[str, Any]) -> None:
    chat, _ = room.reader()
    room.sim.give(odd)
    assert (await room.ask(chat, "/help")).text
    assert len(await set_aside(room)) == 1
    assert (await room.storage.inbox.stats()).waiting == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"edited_message": message()["message"]},
        {"channel_post": message()["message"]},
        {"callback_query": {"id": "1", "from": message()["message"]["from"], "chat_instance": "1", "data": "l"}},
        message(text=None, new_chat_title="Harbour"),
        message(text="\ud83d"),
        message(text=""),
        message(text="/help", sender_chat={"id": 77, "type": "private"}),
    ],
    ids=lambda odd: json.dumps(odd)[:30],
)
async def test_what_is_not_for_us_or_can_be_read_is_not_set_aside(room: Newsroom, odd: dict[str, Any]) -> None:
    room.sim.private(room.sim.person("Huda", "en", 77))
    room.sim.give(odd)
    await room.heard()
    assert await set_aside(room) == []
    room.sim.errors.clear()  # the simulator does not know of the query


def test_an_update_that_is_too_deep_or_too_large_to_be_kept_is_kept_by_its_number() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for odd in (deep, "x" * 1_000_001):
        kept = read_raw_update({"update_id": 7, "message": message()["message"] | {"odd": odd}}, now=NOON)
        assert kept is not None
        assert (kept.update_id, kept.chat_id, json.loads(kept.payload)) == (7, 77, {"update_id": 7})


@pytest.mark.parametrize("garbage", [None, 7, "text", []], ids=repr)
async def test_what_is_no_update_at_all_does_not_stop_the_next_ones(room: Newsroom, garbage: Any) -> None:
    chat, _ = room.reader()
    room.sim.give(garbage)
    assert (await room.ask(chat, "/help")).text


async def test_half_a_character_and_a_nul_are_answered_as_text(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "No results for" in (await room.ask(chat, "\ud800 ferry \x00")).text
    assert await set_aside(room) == []


# Servers that lie about updates


def says(status: int, body: Any, **headers: str) -> Fault:
    return Fault("answer", status=status, text=body if isinstance(body, str) else json.dumps(body), headers=headers)


def refusal(status: int, description: Any, **parameters: Any) -> Fault:
    return says(status, {"ok": False, "error_code": status, "description": description, "parameters": parameters})


LIES = {
    "401": refusal(401, "Unauthorized"),
    "403": refusal(403, "Forbidden: no"),
    "404": refusal(404, "Not Found"),
    "404 with a page": says(404, "<html>Not here</html>"),
    "400 without a description": says(400, {"ok": False}),
    "409": refusal(409, "Conflict: terminated by other getUpdates request"),
    "429 whose time is a string": refusal(429, "Too Many Requests", retry_after="1"),
    "429 whose time is a lifetime": refusal(429, "Too Many Requests", retry_after=10**12),
    "429 whose time is a list": refusal(429, "Too Many Requests", retry_after=[1]),
    "502 with a page": says(502, "<html>Bad Gateway</html>"),
    "moved": says(302, "", Location="http://127.0.0.1:9/"),
    "accepted with a page": says(200, "<html>Sign in to this network</html>"),
    "accepted without a result": says(200, {"ok": True}),
    "accepted and refused": says(200, {"ok": False, "description": "chat not found"}),
    "a result that is null": says(200, {"ok": True, "result": None}),
    "a result that is true": says(200, {"ok": True, "result": True}),
    "a result that is an update": says(200, {"ok": True, "result": {"update_id": 7}}),
    "a result of a word": says(200, {"ok": True, "result": ["update"]}),
    "a result of nothing at once": says(200, {"ok": True, "result": []}),
    "an update without a number": says(200, {"ok": True, "result": [{"message": {}}]}),
    "an update of another bot": says(200, {"ok": True, "result": [{"update_id": 900_000_000, "poll": {}}]}),
    "very deep lists": says(200, "[" * 100_000),
    "half of an answer": says(200, '{"ok": true, "result": [{"upda'),
    "no HTTP": Fault("raw", text="220 mail.example ESMTP"),
    "a connection that ends": Fault("reset_before"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_polling_goes_on_after_a_spell_of_lies(room: Newsroom, lie: Fault) -> None:
    chat, _ = room.reader()
    assert (await room.ask(chat, "/help")).text
    lie.method, lie.times = "getUpdates", 4
    room.sim.faults.add(lie)
    chat.say("/latest")  # ends the poll that is held open
    chat.say("/help")
    await room.sim.until(lambda: not room.sim.faults.planned)
    chat.say("/help")
    await room.sim.until(lambda: len(chat.messages) >= 4)
    await room.inbox.wait_until_settled()
    assert len(chat.messages) == 4


async def test_the_same_updates_again_and_again_are_answered_once(room: Newsroom) -> None:
    chat, person = room.reader()
    said = {"message_id": 900, "date": room.sim.unix_time(), "chat": chat.to_json(), "from": person.to_json()}
    result = [{"update_id": number, "message": said | {"text": "/help"}} for number in (500, 501)]
    lie = says(200, {"ok": True, "result": result})
    lie.method, lie.times = "getUpdates", 6
    room.sim.faults.add(lie)
    room.sim.give({})  # ends the poll that is held open
    await room.sim.until(lambda: not room.sim.faults.planned and len(chat.messages) >= 2)
    await room.inbox.wait_until_settled()
    assert len(chat.messages) == 2


async def test_a_webhook_that_somebody_set_is_ended(room: Newsroom) -> None:
    chat, _ = room.reader()
    lie = refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
    lie.method = "getUpdates"
    room.sim.faults.add(lie)
    before = sum(call.method == "deleteWebhook" for call in room.sim.calls)
    chat.say("/latest")
    await room.sim.until(lambda: sum(call.method == "deleteWebhook" for call in room.sim.calls) > before)
    await room.sim.until(lambda: bool(chat.messages))


@pytest.mark.parametrize("kind", ["404", "404 with a page"])
async def test_a_server_that_knows_no_webhooks_is_polled(
    room: Newsroom, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    chat, _ = room.reader()
    unknown, ended = replace(LIES[kind], method="deleteWebhook", times=math.inf), refusal(409, "Conflict")
    ended.method = "getUpdates"
    room.sim.faults.add(unknown)
    room.sim.faults.add(ended)  # polling begins anew
    chat.say("/latest")
    await room.sim.until(lambda: bool(chat.messages))
    assert "webhook_not_deleted" in [record.msg for record in caplog.records]


# Storage


async def test_what_storage_refuses_is_not_confirmed_and_is_answered_once_when_it_takes_it(room: Newsroom) -> None:
    chat, _ = room.reader()
    other, _ = room.reader("en", "Sam")
    await room.ask(chat, "/help")
    polls = room.sim.polls_begun
    async with full_disk(room.storage):
        for _ in range(3):
            chat.say("/help " + "x" * 4_000)
            other.say("/help " + "x" * 4_000)
        await room.sim.until(lambda: room.sim.polls_begun > polls + 3)
        assert len(chat.messages) == 1
    await room.sim.until(lambda: len(chat.messages) == 4 and len(other.messages) == 3)
    await room.inbox.wait_until_settled()
    assert (len(chat.messages), len(other.messages)) == (4, 3)


async def test_updates_are_confirmed_at_the_end(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock) as room:
        chat, _ = room.reader()
        await room.ask(chat, "/help")
    polls = [call.values for call in room.sim.calls if call.method == "getUpdates"]
    assert any(values["timeout"] == 0 and values["offset"] == 2 for values in polls)
    assert await storage.database.fetch("SELECT * FROM inbox_receipts") == []


# Questions that waited for long


async def test_what_waited_for_long_keeps_its_effect_and_the_newest_question_its_answer(
    storage: Storage, clock: Clock
) -> None:
    async with newsroom(storage, clock) as room:
        chat, _ = room.reader()
        await room.ask(chat, "/help")
        room.sim.faults.add(Fault("server_error", method="getUpdates", times=math.inf))
        for text in ("/subscribe", "/latest", "/categories"):
            chat.say(text)
        clock.advance(minutes=11)
        room.sim.faults.clear()
        await room.sim.until(lambda: len(chat.messages) > 1)
        await room.inbox.wait_until_settled()
        assert len(chat.messages) == 2
        kept = await storage.chats.get(chat.id)
        assert kept is not None
        assert (await storage.chats.subscription(kept.id)).everything
