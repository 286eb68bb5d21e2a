"""The simulated Bot API over plain HTTP: as strict as Telegram or stricter, with its limits and its bad days."""

import ast
import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sim import Chat, Fault, Limits, Person
from bot.sim.methods import PARAMETERS
from tests.bot_api import Api, calling

BOT = Path(__file__).parent.parent / "bot"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with calling() as client:
        yield client


@pytest.fixture
def person(api: Api) -> Person:
    return api.sim.person("Huda", "ar")


@pytest.fixture
def chat(api: Api, person: Person) -> Chat:
    return api.sim.private(person)


# What it knows


def called_methods() -> set[str]:
    """The Bot API methods that the bot calls, by the names that the library gives them."""
    found = {"getMe", "getUpdates", "deleteWebhook"}  # the library's start and polling
    for path in BOT.rglob("*.py"):
        if BOT / "sim" in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and re.match(
                r"(get_chat|get_file|set_my|send_message|edit_message|delete_|[a-z]+_forum_topic$)", node.attr
            ):
                first, *rest = node.attr.split("_")
                found.add(first + "".join(word.title() for word in rest))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("self._call", "ask"):
                found |= {ast.literal_eval(given) for given in node.args if _is_text(given)}
            if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("query.answer"):
                found.add("answerCallbackQuery")
    return found


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_it_knows_the_methods_that_the_bot_calls() -> None:
    assert called_methods() - set(PARAMETERS) == set()


async def test_an_unknown_method_or_parameter_is_an_error(api: Api, chat: Chat) -> None:
    assert await api.refused("sendSticker", chat_id=chat.id) == "Not Found: method not found"
    assert "unknown parameter 'colour'" in await api.refused("sendMessage", chat_id=chat.id, text="x", colour="red")
    assert "chat_id" in await api.refused("sendMessage", chat_id="somewhere", text="x")
    assert "is missing" in await api.refused("sendMessage", text="x")
    assert len(api.sim.errors) == 4


async def test_a_wrong_token_is_unauthorized(api: Api) -> None:
    assert (await api("getMe", token="1:wrong"))["error_code"] == 401
    assert (await api.done("getMe"))["username"] == "newsbot"


# Messages


async def test_a_message_comes_back_as_telegram_tells_it(api: Api, chat: Chat) -> None:
    html = 'Ship <b>"Amal" &amp; crew</b>, see <a href="https://ship.example/?a=1&amp;b=2">here</a> or /latest'
    told = await api.done("sendMessage", chat_id=chat.id, text=html, parse_mode="HTML")
    assert told["text"] == 'Ship "Amal" & crew, see here or /latest'
    assert told["from"]["id"] == api.sim.bot["id"]
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in told["entities"]] == [
        ("bold", 5, 13),
        ("text_link", 24, 4),
        ("bot_command", 32, 7),
    ]
    assert told["entities"][1]["url"] == "https://ship.example/?a=1&b=2"


async def test_offsets_are_utf16_units(api: Api, chat: Chat) -> None:
    told = await api.done("sendMessage", chat_id=chat.id, text="🚢🚢 <b>سفينة</b>", parse_mode="HTML")
    assert told["entities"] == [{"type": "bold", "offset": 5, "length": 5}]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>open", "Can't find end tag"),
        ("<b><i>crossed</b></i>", "Unmatched end tag"),
        ("closed</b>", "Unexpected end tag"),
        ("<table>x</table>", 'Unsupported start tag "table"'),
        ("a < b", "Unsupported start tag"),
        ("<span>x</span>", "Unsupported start tag"),
        ('<a href="javascript:alert(1)">x</a>', "Wrong address"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "can't be nested"),
        ("<code><b>x</b></code>", "can't be nested"),
        ("<tg-time>x</tg-time>", "Invalid unix time"),
        ('<tg-time unix="0">x</tg-time>', "Invalid unix time"),
        ('<tg-time unix="-1">x</tg-time>', "Invalid unix time"),
        ('<tg-time unix="2147483648">x</tg-time>', "Invalid unix time"),
        ('<tg-time unix="1" format="rD">x</tg-time>', "Invalid date-time format"),
        ('<tg-time unix="1" format="TD">x</tg-time>', "Invalid date-time format"),
        ('<a href="https://a.example"><tg-time unix="1">x</tg-time></a>', "can't be nested"),
    ],
)
async def test_markup_that_telegram_refuses_is_refused(api: Api, chat: Chat, html: str, reason: str) -> None:
    told = await api.refused("sendMessage", chat_id=chat.id, text=html, parse_mode="HTML")
    assert told.startswith("Bad Request: can't parse entities")
    assert reason in told


async def test_a_time_is_an_entity_with_its_moment_and_its_form(api: Api, chat: Chat) -> None:
    html = '<i><tg-time unix="1767225600" format="wDT">31 Dec, 20:00</tg-time></i>, <tg-time unix="9">now</tg-time>'
    told = await api.done("sendMessage", chat_id=chat.id, text=html, parse_mode="HTML")
    assert told["text"] == "31 Dec, 20:00, now"
    assert [entity for entity in told["entities"] if entity["type"] == "date_time"] == [
        {"type": "date_time", "offset": 0, "length": 13, "unix_time": 1767225600, "date_time_format": "wDT"},
        {"type": "date_time", "offset": 15, "length": 3, "unix_time": 9},
    ]


async def test_length_counts_what_is_seen_in_utf16_units(api: Api, chat: Chat) -> None:
    assert await api.done("sendMessage", chat_id=chat.id, text="<b>" + "🚢" * 2048 + "</b>", parse_mode="HTML")
    assert await api.refused("sendMessage", chat_id=chat.id, text="🚢" * 2048 + "x") == (
        "Bad Request: message is too long"
    )
    assert await api.refused("sendMessage", chat_id=chat.id, text=" \n ") == "Bad Request: message text is empty"


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x", "callback_data": "a" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "خ" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "", "callback_data": "a"}, "text must be non-empty"),
        ({"text": "x"}, "exactly one action"),
        ({"text": "x", "callback_data": "a", "url": "https://a.example"}, "exactly one action"),
        ({"text": "x", "url": "file:///etc"}, "Wrong HTTP URL"),
        ({"text": "x", "callback_data": "a", "style": "red"}, "BUTTON_STYLE_INVALID"),
        ({"text": "x", "callback_data": "a", "colour": "red"}, "unknown field"),
    ],
)
async def test_buttons_are_checked(api: Api, chat: Chat, button: dict[str, str], reason: str) -> None:
    keyboard = {"inline_keyboard": [[button]]}
    assert reason in await api.refused("sendMessage", chat_id=chat.id, text="x", reply_markup=keyboard)


async def test_an_edit_replaces_the_message_and_one_that_changes_nothing_is_refused(api: Api, chat: Chat) -> None:
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "a"}]]}
    sent = await api.done("sendMessage", chat_id=chat.id, text="one", reply_markup=keyboard)
    where = {"chat_id": chat.id, "message_id": sent["message_id"]}
    assert "message is not modified" in await api.refused(
        "editMessageText", **where, text="one", reply_markup=keyboard
    )
    assert await api.done("editMessageText", **where, text="one")  # without its buttons
    assert chat.last.buttons == []
    assert chat.last.edited
    own = chat.say("mine")
    assert "can't be edited" in await api.refused("editMessageText", chat_id=chat.id, message_id=own.id, text="x")
    assert "not found" in await api.refused("editMessageText", chat_id=chat.id, message_id=99, text="x")


# Where it may write


async def test_each_reason_not_to_deliver_has_telegrams_words(api: Api, person: Person) -> None:
    stranger = api.sim.private(api.sim.person("Stranger"), started=False)
    blocking = api.sim.private(person)
    blocking.block()
    kicking = api.sim.group("Group", admins=[person])
    kicking.kick_bot(person)
    channel = api.sim.channel("Channel", admins=[person])
    channel.add_bot(person)
    for where, reason in (
        (stranger, "Forbidden: bot can't initiate conversation with a user"),
        (blocking, "Forbidden: bot was blocked by the user"),
        (kicking, "Forbidden: bot was kicked from the supergroup chat"),
        (channel, "Bad Request: need administrator rights in the channel chat"),
    ):
        assert await api.refused("sendMessage", chat_id=where.id, text="x") == reason
    assert await api.refused("sendMessage", chat_id=12345, text="x") == "Bad Request: chat not found"


async def test_a_group_that_moved_names_its_new_number(api: Api, person: Person) -> None:
    group = api.sim.group("Group", admins=[person], basic=True)
    new = group.migrate()
    told = await api("sendMessage", chat_id=group.id, text="x")
    assert told["parameters"] == {"migrate_to_chat_id": new.id}
    assert await api.done("sendMessage", chat_id=new.id, text="x")


async def test_topics_are_kept_apart_and_may_be_closed_or_unknown(api: Api, person: Person) -> None:
    group = api.sim.group("Forum", admins=[person], topics=["One", "Two"])
    assert group.topics is not None
    one, two = group.topics
    told = await api.done("sendMessage", chat_id=group.id, message_thread_id=two, text="x")
    assert (told["message_thread_id"], told["is_topic_message"]) == (two, True)
    group.closed_topics.add(one)
    assert "TOPIC_CLOSED" in await api.refused("sendMessage", chat_id=group.id, message_thread_id=one, text="x")
    assert "thread not found" in await api.refused("sendMessage", chat_id=group.id, message_thread_id=77, text="x")


async def test_topics_are_managed_by_a_bot_with_the_right_to(api: Api, person: Person) -> None:
    forum = api.sim.group("Desk", admins=[person], topics=["Sports"])
    refused = await api.refused("createForumTopic", chat_id=forum.id, name="Trade")
    assert refused == "Bad Request: not enough rights to create a topic"
    forum.members[api.sim.bot["id"]] = "administrator"
    made = await api.done("createForumTopic", chat_id=forum.id, name="Trade", icon_color=7322096)
    topic = {"chat_id": forum.id, "message_thread_id": made["message_thread_id"]}
    await api.done("sendMessage", **topic, text="Ship sold")
    assert await api.refused("editForumTopic", **topic, name="Trade") == "Bad Request: TOPIC_NOT_MODIFIED"
    await api.done("editForumTopic", **topic, name="Ports")
    assert forum.topic_names[made["message_thread_id"]] == "Ports"
    for method in ("closeForumTopic", "reopenForumTopic"):
        await api.done(method, **topic)
        assert await api.refused(method, **topic) == "Bad Request: TOPIC_NOT_MODIFIED"
    forum.delete_topic(made["message_thread_id"])
    assert await api.refused("closeForumTopic", **topic) == "Bad Request: TOPIC_ID_INVALID"
    assert (await api.done("getChat", chat_id=forum.id))["is_forum"] is True


async def test_a_group_without_topics_gets_none(api: Api, person: Person) -> None:
    group = api.sim.group("Talk", admins=[person])
    group.members[api.sim.bot["id"]] = "administrator"
    refused = await api.refused("createForumTopic", chat_id=group.id, name="Trade")
    assert refused == "Bad Request: the chat is not a forum"


async def test_administrators_are_told_from_members(api: Api, person: Person) -> None:
    group = api.sim.group("Group", admins=[person])
    other = api.sim.person("Omar")
    admin = await api.done("getChatMember", chat_id=group.id, user_id=person.id)
    assert (admin["status"], admin["can_manage_chat"]) == ("administrator", True)
    assert (await api.done("getChatMember", chat_id=group.id, user_id=other.id))["status"] == "left"


# Updates


async def updates(api: Api, offset: int = 0, **values: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await api.done("getUpdates", offset=offset, **values)
    return found


async def test_an_update_comes_again_until_it_is_confirmed(api: Api, chat: Chat) -> None:
    chat.say("/start")
    first = await updates(api)
    assert [one["message"]["text"] for one in first] == ["/start"]
    assert first[0]["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert await updates(api) == first
    assert await updates(api, first[-1]["update_id"] + 1) == []


async def test_a_poll_waits_for_news(api: Api, chat: Chat) -> None:
    waiting = asyncio.create_task(updates(api, timeout=30))
    await api.sim.until(lambda: api.sim.polls_begun == 1)
    chat.say("hello")
    assert (await asyncio.wait_for(waiting, 30))[0]["message"]["text"] == "hello"


async def test_two_instances_that_poll_conflict(api: Api) -> None:
    waiting = asyncio.create_task(api("getUpdates", timeout=30))
    await api.sim.until(lambda: api.sim.polls_begun == 1)
    other = asyncio.create_task(api("getUpdates", timeout=1))
    assert (await asyncio.wait_for(waiting, 30))["error_code"] == 409
    assert (await other)["ok"]


async def test_only_updates_that_were_asked_for_come(api: Api, chat: Chat) -> None:
    await updates(api, allowed_updates=["callback_query"])
    chat.say("not asked for")
    assert await updates(api) == []


async def test_a_bot_in_a_group_hears_commands_and_replies_only(api: Api, person: Person) -> None:
    group = api.sim.group("Group", admins=[person])
    sent = await api.done("sendMessage", chat_id=group.id, text="news")
    group.say("good morning", person)
    group.say("/latest", person)
    group.say("thanks", person, reply_to=sent["message_id"])
    assert [one["message"]["text"] for one in await updates(api)] == ["/latest", "thanks"]


async def test_a_pressed_button_is_answered_once(api: Api, chat: Chat) -> None:
    keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "m:1"}]]}
    await api.done("sendMessage", chat_id=chat.id, text="x", reply_markup=keyboard)
    answered = chat.press("More")
    (update,) = await updates(api)
    query = update["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("m:1", "x")
    assert await api.done("answerCallbackQuery", callback_query_id=query["id"], text="done")
    assert await answered == {"text": "done", "show_alert": False}
    assert "query is too old" in await api.refused("answerCallbackQuery", callback_query_id=query["id"])


async def test_menus_are_looked_up_by_scope_and_language(api: Api, chat: Chat, person: Person) -> None:
    scope = {"type": "all_private_chats"}
    for language, described in (("ar", "أحدث"), ("", "newest")):
        commands = [{"command": "latest", "description": described}]
        await api.done("setMyCommands", commands=commands, scope=scope, language_code=language)
    assert api.sim.menu(chat, person)[0]["description"] == "أحدث"
    french = api.sim.person("Marie", "fr")
    assert api.sim.menu(api.sim.private(french), french)[0]["description"] == "newest"
    assert "COMMAND_INVALID" in await api.refused("setMyCommands", commands=[{"command": "Not", "description": "x"}])


# Limits, on a clock that the test moves


@pytest.fixture
async def limited() -> AsyncIterator[Api]:
    async with calling(limits=Limits()) as client:
        client.sim.crowd(1, 100)
        yield client


async def test_thirty_messages_a_second_over_all_chats(limited: Api) -> None:
    told = [await limited("sendMessage", chat_id=number, text="x") for number in range(1, 32)]
    assert [one["ok"] for one in told] == [True] * 30 + [False]
    assert told[-1]["parameters"] == {"retry_after": 1}
    limited.clock.time += 1.01
    assert await limited.done("sendMessage", chat_id=31, text="x")


async def test_paid_messages_have_a_budget_of_their_own(limited: Api) -> None:
    for number in range(1, 41):
        await limited.done("sendMessage", chat_id=number, text="x", allow_paid_broadcast=True)
    for number in range(41, 71):
        await limited.done("sendMessage", chat_id=number, text="x")


async def test_a_private_chat_takes_a_short_burst(limited: Api) -> None:
    told = [await limited("sendMessage", chat_id=1, text="x") for _ in range(5)]
    assert [one["ok"] for one in told] == [True] * 4 + [False]
    assert told[-1]["parameters"]["retry_after"] == 3


async def test_a_group_takes_twenty_a_minute(limited: Api) -> None:
    group = limited.sim.group("Group")
    for _ in range(20):
        await limited.done("sendMessage", chat_id=group.id, text="x")
        limited.clock.time += 1
    told = await limited("sendMessage", chat_id=group.id, text="x")
    assert told["parameters"]["retry_after"] == math.ceil(60 - 20)


# Bad days


@pytest.mark.parametrize(
    ("fault", "code", "description"),
    [
        (Fault("too_many", seconds=7), 429, "Too Many Requests: retry after 7"),
        (Fault("forbidden", text="user is deactivated"), 403, "Forbidden: user is deactivated"),
        (Fault("bad_request", text="PEER_ID_INVALID"), 400, "Bad Request: PEER_ID_INVALID"),
    ],
)
async def test_a_fault_happens_as_often_as_it_was_asked_for(
    api: Api, chat: Chat, fault: Fault, code: int, description: str
) -> None:
    api.sim.faults.add(fault)
    told = await api("sendMessage", chat_id=chat.id, text="x")
    assert (told["error_code"], told["description"]) == (code, description)
    assert await api.done("sendMessage", chat_id=chat.id, text="x")
    assert api.sim.errors == []  # asked for, so no mistake of the bot


async def test_a_proxy_answers_with_html(api: Api, chat: Chat) -> None:
    api.sim.faults.add(Fault("server_error"))
    url = f"{api.sim.url}/bot{api.sim.token}/sendMessage"
    async with api.http.post(url, data={"chat_id": str(chat.id), "text": "x"}) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")


async def test_a_server_answers_what_it_likes(api: Api, chat: Chat) -> None:
    api.sim.faults.add(Fault("answer", status=302, text="gone fishing", headers={"Location": "/else"}))
    url = f"{api.sim.url}/bot{api.sim.token}/sendMessage"
    async with api.http.post(url, data={"chat_id": str(chat.id), "text": "x"}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"], await answer.text()) == (302, "/else", "gone fishing")
    assert chat.messages == []


@pytest.mark.parametrize("text", ["no HTTP at all", "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nhalf"])
async def test_a_server_that_speaks_no_http_or_half_of_it(api: Api, chat: Chat, text: str) -> None:
    api.sim.faults.add(Fault("raw", text=text))
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=chat.id, text="x")
    assert chat.messages == []


@pytest.mark.parametrize(("kind", "arrived"), [("reset_before", 0), ("reset_after", 1)])
async def test_a_connection_breaks_before_or_after_the_message_is_accepted(
    api: Api, chat: Chat, kind: Any, arrived: int
) -> None:
    api.sim.faults.add(Fault(kind))
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=chat.id, text="x")
    assert len(chat.messages) == arrived


async def test_faults_by_chance_are_the_same_each_time(api: Api, chat: Chat) -> None:
    async def refusals() -> list[bool]:
        api.sim.faults.clear()
        api.sim.faults.random.seed(7)
        api.sim.faults.add(Fault("bad_request", times=math.inf, chance=0.5))
        return [(await api("sendMessage", chat_id=chat.id, text="x"))["ok"] for _ in range(20)]

    first = await refusals()
    assert 0 < sum(first) < 20
    assert await refusals() == first


# Files


async def received(api: Api) -> dict[str, Any]:
    """The document of the last message that the bot got."""
    return dict((await updates(api))[-1]["message"]["document"])


async def test_a_file_of_a_person_is_downloaded_by_the_path_that_is_told(api: Api, chat: Chat) -> None:
    chat.send_file("feeds.opml", b"<opml/>", caption="see /help")
    document = await received(api)
    assert (document["file_name"], document["file_size"]) == ("feeds.opml", 7)
    [update] = await updates(api)
    assert (update["message"]["caption"], update["message"]["caption_entities"][0]["type"]) == (
        "see /help",
        "bot_command",
    )
    told = await api.done("getFile", file_id=document["file_id"])
    assert set(told) == {"file_id", "file_unique_id", "file_size", "file_path"}
    async with api.http.get(f"{api.sim.url}/file/bot{api.sim.token}/{told['file_path']}") as answer:
        assert await answer.read() == b"<opml/>"


async def test_no_file_is_given_without_token_or_path_nor_after_an_hour(api: Api, chat: Chat) -> None:
    chat.send_file("feeds.opml", b"<opml/>")
    told = await api.done("getFile", file_id=(await received(api))["file_id"])

    async def status(path: str, token: str = api.sim.token) -> int:
        async with api.http.get(f"{api.sim.url}/file/bot{token}/{path}") as answer:
            return answer.status

    assert await status(told["file_path"]) == 200
    assert await status(told["file_path"], "1:wrong") == 404
    assert await status("documents/file_7.opml") == 404
    api.clock.time += 3601
    assert await status(told["file_path"]) == 404


async def test_files_that_are_unknown_or_too_big_for_bots_are_refused(api: Api, chat: Chat) -> None:
    assert "wrong file_id" in await api.refused("getFile", file_id="BQAD0")
    chat.send_file("big.opml", b"", told_size=20 * 2**20 + 1)
    assert "file is too big" in await api.refused("getFile", file_id=(await received(api))["file_id"])
    chat.send_file("large.opml", b"", told_size=20 * 2**20)
    assert (await api.done("getFile", file_id=(await received(api))["file_id"]))["file_path"]


async def test_what_the_bot_uploads_can_be_downloaded_too(api: Api, chat: Chat) -> None:
    form = aiohttp.FormData({"chat_id": str(chat.id)})
    form.add_field("document", b"{}", filename="settings.json")
    async with api.http.post(f"{api.sim.url}/bot{api.sim.token}/sendDocument", data=form) as answer:
        sent = (await answer.json())["result"]["document"]
    assert (await api.done("getFile", file_id=sent["file_id"]))["file_path"].endswith(".json")


# The page's own interface


async def test_the_page_gets_its_files_with_a_policy_and_nothing_else(api: Api) -> None:
    for path in ("/", "/assets/app.js", "/assets/style.css"):
        async with api.http.get(api.sim.url + path) as answer:
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("/assets/../page_api.py", "/assets/%2e%2e%2fworld.py", "/assets/nothing.js", "/assets/__init__.py"):
        async with api.http.get(api.sim.url + path) as answer:
            assert answer.status == 404, path


async def test_the_page_says_and_presses_only_what_there_is(api: Api, chat: Chat, person: Person) -> None:
    hidden = api.sim.private(api.sim.person("Elsewhere"))
    api.sim.list_on_page(chat, person)

    async def post(path: str, asked: Any, content_type: str = "application/json") -> int:
        headers = {"Content-Type": content_type}
        data = asked if isinstance(asked, str) else json.dumps(asked)
        async with api.http.post(api.sim.url + path, data=data, headers=headers) as answer:
            return answer.status

    assert await post("/page/send", {"chat_id": chat.id, "text": "hello"}) == 200
    assert await post("/page/send", {"chat_id": chat.id, "text": "hello"}, "text/plain") == 400  # another site's form
    for wrong in (
        {"chat_id": hidden.id, "text": "x"},
        {"chat_id": chat.id, "text": " "},
        {"chat_id": chat.id, "text": "x" * 4097},
        {"chat_id": chat.id, "text": ["x"]},
        {"chat_id": chat.id, "text": "half a character: \ud83d"},
        {"chat_id": [chat.id], "text": "x"},
        {"chat_id": chat.id, "text": "x", "message_thread_id": 5},
        {"chat_id": chat.id, "text": "x", "message_thread_id": []},
        {"chat_id": chat.id, "text": "x", "reply_to_message_id": {}},
        ["no object"],
        "[" * 100_000,
    ):
        assert await post("/page/send", wrong) == 400, str(wrong)[:100]
    assert await post("/page/send", {"chat_id": chat.id, "text": "x"}, "application/json; charset=none") == 400
    row = [{"text": "Site", "url": "https://news.example/"}, {"text": "More", "callback_data": "more"}]
    shown = await api.done("sendMessage", chat_id=chat.id, text="news", reply_markup={"inline_keyboard": [row]})
    for number, data in ((1, "forged"), ([1], "more"), ("1", "more"), (shown["message_id"], None)):
        assert await post("/page/press", {"chat_id": chat.id, "message_id": number, "data": data}) == 400, number
    assert [one["message"]["text"] for one in await updates(api)] == ["hello"]


async def test_the_page_sends_files_as_base64_and_nothing_else(api: Api, chat: Chat, person: Person) -> None:
    api.sim.list_on_page(chat, person)

    async def post(**asked: Any) -> int:
        async with api.http.post(f"{api.sim.url}/page/file", json={"chat_id": chat.id, **asked}) as answer:
            return answer.status

    assert await post(name="feeds.opml", content="PG9wbWwvPg==") == 200
    for wrong in (
        {"name": "feeds.opml"},
        {"name": "feeds.opml", "content": "no base64!"},
        {"name": "feeds.opml", "content": ["PG9wbWwvPg=="]},
        {"name": "", "content": ""},
        {"name": "feeds.opml", "content": "", "message_thread_id": 5},
        {"name": "feeds.opml", "content": "", "chat_id": 7},
    ):
        assert await post(**wrong) == 400, wrong
    [update] = await updates(api)
    document = update["message"]["document"]
    assert (document["file_name"], document["file_size"]) == ("feeds.opml", 7)


async def test_the_stream_tells_what_happens_in_listed_chats(api: Api, chat: Chat, person: Person) -> None:
    hidden = api.sim.private(api.sim.person("Elsewhere"))
    api.sim.list_on_page(chat, person)
    async with api.http.get(f"{api.sim.url}/page/events") as stream:
        assert await stream.content.readline() == b"retry: 1000\n"
        await stream.content.readline()
        await api.done("sendMessage", chat_id=hidden.id, text="not for the page")
        await api.done("sendMessage", chat_id=chat.id, text="for the page")
        line = await asyncio.wait_for(stream.content.readline(), 30)
        event = json.loads(line.removeprefix(b"data: "))
        assert (event["kind"], event["message"]["text"]) == ("message", "for the page")


def test_the_simulator_imports_nothing_of_the_bot_nor_its_library() -> None:
    for path in (BOT / "sim").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("telegram", "storage")), (path, name)
                assert not name.startswith("bot") or name.startswith("bot.sim"), (path, name)
