"""The simulator's ephemeral messages: who may send them to whom, and what else Telegram would refuse."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sim import Chat, Person
from bot.sim.ephemeral import QUERY_SECONDS, seen_by
from tests.bot_api import Api, calling


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling() as opened:
        yield opened


@pytest.fixture
def person(api: Api) -> Person:
    return api.sim.person("Omar")


@pytest.fixture
def group(api: Api, person: Person) -> Chat:
    chat = api.sim.group("Readers")
    chat.members |= {person.id: "member", api.sim.bot["id"]: "administrator"}
    return chat


def asked(group: Chat, receiver: Person, **how: Any) -> dict[str, Any]:
    given = {"receiver_user_id": receiver.id, **how}
    return {"chat_id": group.id, "text": "News", "ephemeral_message_parameters": given}


async def test_one_member_sees_it_under_a_number_of_its_own(api: Api, group: Chat, person: Person) -> None:
    sent = await api.done("sendMessage", **asked(group, person))
    assert (sent["message_id"], sent["ephemeral_message_id"], sent["receiver_user"]["id"]) == (0, 1, person.id)
    assert [one.text for one in seen_by(group, person)] == ["News"]
    assert group.messages == []


async def test_its_text_and_its_buttons_are_edited_for_its_receiver(api: Api, group: Chat, person: Person) -> None:
    sent = await api.done("sendMessage", **asked(group, person))
    named = {"chat_id": group.id, "receiver_user_id": person.id, "ephemeral_message_id": sent["ephemeral_message_id"]}
    assert await api.done("editEphemeralMessageText", **named, text="More news") is True
    buttons = {"inline_keyboard": [[{"text": "1", "callback_data": "a"}]]}
    assert await api.done("editEphemeralMessageReplyMarkup", **named, reply_markup=buttons) is True
    [shown] = seen_by(group, person)
    assert (shown.text, shown.buttons) == ("More news", ["1"])
    assert "not modified" in await api.refused("editEphemeralMessageReplyMarkup", **named, reply_markup=buttons)
    other = named | {"receiver_user_id": person.id + 1}
    assert "not found" in await api.refused("editEphemeralMessageText", **other, text="For another")


async def test_a_bot_without_rights_may_send_it_for_some_seconds_after_a_press(
    api: Api, group: Chat, person: Person
) -> None:
    group.members[api.sim.bot["id"]] = "member"
    assert "BOT_NOT_ADMIN" in await api.refused("sendMessage", **asked(group, person))
    buttons = {"inline_keyboard": [[{"text": "1", "callback_data": "a"}]]}
    sent = await api.done("sendMessage", chat_id=group.id, text="List", reply_markup=buttons)
    query = api.sim.query(group, sent, person, "a")
    other = api.sim.person("Huda")
    group.members[other.id] = "member"
    for receiver, number in ((other, query.id), (person, "1")):
        assert "QUERY_ID_INVALID" in await api.refused(
            "sendMessage", **asked(group, receiver, callback_query_id=number)
        )
    assert await api.done("answerCallbackQuery", callback_query_id=query.id)
    await api.done("sendMessage", **asked(group, person, callback_query_id=query.id))
    api.clock.time += QUERY_SECONDS + 1
    assert "QUERY_ID_INVALID" in await api.refused("sendMessage", **asked(group, person, callback_query_id=query.id))


async def test_it_is_refused_where_nobody_can_see_it(api: Api, group: Chat, person: Person) -> None:
    stranger = api.sim.person("Stranger")
    assert "USER_NOT_PARTICIPANT" in await api.refused("sendMessage", **asked(group, stranger))
    private, channel = api.sim.private(person), api.sim.channel("Wire")
    channel.members[api.sim.bot["id"]] = "administrator"
    for chat in (private, channel):
        assert "BOT_NOT_ADMIN" in await api.refused("sendMessage", **asked(chat, person))


async def test_it_replies_to_nothing_and_brings_no_keyboard(api: Api, group: Chat, person: Person) -> None:
    said = group.say("/latest", person)
    reply = {"message_id": said.id}
    assert "replies to nothing" in await api.refused("sendMessage", **asked(group, person), reply_parameters=reply)
    keyboard = {"keyboard": [[{"text": "News"}]]}
    assert "keyboard" in await api.refused("sendMessage", **asked(group, person), reply_markup=keyboard)


async def test_an_older_server_shows_it_to_everybody(api: Api, group: Chat, person: Person) -> None:
    api.sim.version = (10, 1)
    sent = await api.done("sendMessage", **asked(group, person))
    assert sent["message_id"] > 0
    assert "ephemeral_message_id" not in sent
    assert group.last.text == "News"
