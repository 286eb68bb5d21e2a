"""The simulated inline mode and guest mode: what a server keeps, posts and refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sim import Chat, Person
from tests.bot_api import Api, calling

KINDS = ["message", "inline_query", "guest_message"]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling() as client:
        yield client


@pytest.fixture
def person(api: Api) -> Person:
    return api.sim.person("Huda", "ar")


@pytest.fixture
def group(api: Api, person: Person) -> Chat:
    """A group that the bot is no member of."""
    group = api.sim.group("Friends", admins=[person])
    del group.members[api.sim.bot["id"]]
    return group


def article(number: int = 1, **changes: Any) -> dict[str, Any]:
    content = {"message_text": f"<b>Ferry {number}</b>", "parse_mode": "HTML"}
    return {
        "type": "article",
        "id": str(number),
        "title": f"Ferry {number}",
        "input_message_content": content,
    } | changes


async def updates(api: Api) -> list[dict[str, Any]]:
    return list(await api.done("getUpdates", allowed_updates=KINDS))


async def test_a_result_that_a_person_chooses_is_posted_as_that_person_by_the_bot(
    api: Api, group: Chat, person: Person
) -> None:
    await updates(api)
    asked = api.sim.inline.ask(group, person, "ferry")
    (update,) = await updates(api)
    assert update["inline_query"] | {"id": ""} == {
        "id": "", "from": person.to_json(), "query": "ferry", "offset": "", "chat_type": "supergroup",
    }  # fmt: skip
    keyboard = {"inline_keyboard": [[{"text": "Read", "url": "https://t.me/newsbot?start=art_1"}]]}
    results = [article(1, reply_markup=keyboard, description="Sea"), article(2)]
    await api.done("answerInlineQuery", inline_query_id=asked.id, results=results, next_offset="10")
    answer = asked.answered.result()
    assert [one["title"] for one in answer["results"]] == ["Ferry 1", "Ferry 2"]
    assert answer["next_offset"] == "10"
    posted = api.sim.inline.choose(asked.id, "1", group, person)
    assert (posted.text, posted.buttons, posted.raw["from"]["first_name"]) == ("Ferry 1", ["Read"], "Huda")
    assert posted.raw["via_bot"]["username"] == "newsbot"
    with pytest.raises(ValueError, match="no such result"):
        api.sim.inline.choose(asked.id, "3", group, person)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"results": [article(n) for n in range(51)]}, "RESULTS_TOO_MUCH"),
        ({"results": [article(1), article(1)]}, "RESULT_ID_DUPLICATE"),
        ({"results": [article(1, id="x" * 65)]}, "RESULT_ID_INVALID"),
        ({"results": [article(1, title=" ")]}, "ARTICLE_TITLE_EMPTY"),
        ({"results": [article(1, type="photo")]}, "wrong type"),
        ({"results": [article(1, colour="red")]}, "unknown fields"),
        ({"results": [article(1, thumbnail_url="ftp://x")]}, "WEBDOCUMENT_URL_INVALID"),
        ({"results": [article(1, input_message_content={"message_text": ""})]}, "message text is empty"),
        ({"results": [article(1, input_message_content={"rich_message": {}})]}, "unknown fields"),
        ({"results": [], "next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
        ({"results": [], "button": {"text": "x", "start_parameter": "a b"}}, "START_PARAM_INVALID"),
        ({"results": [], "button": {"text": "x" * 65, "start_parameter": "a"}}, "SWITCH_PM_TEXT_INVALID"),
    ],
)
async def test_results_that_telegram_would_not_show_are_refused(
    api: Api, group: Chat, person: Person, wrong: dict[str, Any], reason: str
) -> None:
    await updates(api)
    asked = api.sim.inline.ask(group, person)
    assert reason in await api.refused("answerInlineQuery", inline_query_id=asked.id, **wrong)


async def test_a_query_is_answered_once_and_in_time(api: Api, group: Chat, person: Person) -> None:
    await updates(api)
    first, second = api.sim.inline.ask(group, person, "a"), api.sim.inline.ask(group, person, "b")
    await api.done("answerInlineQuery", inline_query_id=first.id, results=[])
    assert "too old" in await api.refused("answerInlineQuery", inline_query_id=first.id, results=[])
    api.clock.time += 31
    assert "too old" in await api.refused("answerInlineQuery", inline_query_id=second.id, results=[])


async def test_an_answer_is_kept_for_everybody_or_for_one_person_alone(api: Api, group: Chat, person: Person) -> None:
    other = api.sim.person("Amal")
    await updates(api)
    shared, personal = api.sim.inline.ask(group, person, "ferry"), api.sim.inline.ask(group, person, "own")
    await api.done("answerInlineQuery", inline_query_id=shared.id, results=[article(1)], cache_time=60)
    await api.done(
        "answerInlineQuery", inline_query_id=personal.id, results=[article(2)], cache_time=60, is_personal=True
    )
    assert api.sim.inline.ask(group, other, "ferry").answered.done()
    assert api.sim.inline.ask(group, person, "own").answered.done()
    assert not api.sim.inline.ask(group, other, "own").answered.done()
    api.clock.time += 61
    assert not api.sim.inline.ask(group, other, "ferry").answered.done()


async def test_a_guest_is_asked_by_a_mention_and_answers_once(api: Api, group: Chat, person: Person) -> None:
    await updates(api)
    group.say("Nobody asks a bot", person)
    group.say("@NewsBot ferry, please", person)
    (update,) = await updates(api)
    message = update["guest_message"]
    assert message["text"] == "@NewsBot ferry, please"
    assert message["entities"] == [{"type": "mention", "offset": 0, "length": 8}]
    sent = await api.done("answerGuestQuery", guest_query_id=message["guest_query_id"], result=article(1))
    assert sent == {"inline_message_id": "messageguest1"}
    assert (group.last.text, group.last.raw["guest_bot_caller_user"]["first_name"]) == ("Ferry 1", "Huda")
    refused = await api.refused("answerGuestQuery", guest_query_id=message["guest_query_id"], result=article(1))
    assert "GUEST_QUERY_ID_INVALID" in refused


async def test_a_server_before_guests_knows_no_such_method(api: Api) -> None:
    api.sim.version = (9, 5)
    assert "method not found" in await api.refused("answerGuestQuery", guest_query_id="x", result=article())
