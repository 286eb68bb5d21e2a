"""Private answers: a group may choose that only the person who asks sees what a command shows."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.config import Config
from bot.sim import Chat, Person
from bot.sim.ephemeral import QUERY_SECONDS, press, seen_by
from storage import Storage
from storage.records import OpensAs
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_pages import draft as page_draft
from tests.test_chat_pages import paragraph, picture
from tests.test_chat_subscriptions import draft


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(*[draft(f"Ferries are late {n}", "Trade") for n in range(12)])
        yield opened


@pytest.fixture
def admin(room: Newsroom) -> Person:
    return room.sim.person("Rana", "en")


@pytest.fixture
def member(room: Newsroom) -> Person:
    return room.sim.person("Omar", "en")


@pytest.fixture
def group(room: Newsroom, admin: Person, member: Person) -> Chat:
    """A group in which the bot is an administrator."""
    chat = room.sim.group("Readers", admins=[admin], topics=["Sports desk"])
    chat.members |= {member.id: "member", room.sim.bot["id"]: "administrator"}
    return chat


async def choose_privacy(room: Newsroom, group: Chat, admin: Person) -> None:
    await room.ask(group, "/settings", admin)
    for label in ("⏰ Delivery", "🎚 More options", "🙈 Private answers", "▫️ Only who asks"):
        shown = await room.press(group, label, admin)
    assert "✅ Only who asks" in shown.buttons


async def say(room: Newsroom, group: Chat, text: str, person: Person, topic: int | None = None) -> None:
    group.say(text, person, topic=topic)
    await room.heard()


async def press_private(room: Newsroom, group: Chat, label: str, person: Person) -> None:
    await asyncio.wait_for(press(group, label, person), 30)
    await room.heard()


async def test_only_who_asked_sees_the_answer_and_turns_its_pages(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    public = len(group.messages)
    await say(room, group, "/latest", member)
    [answer] = seen_by(group, member)
    assert answer.text.startswith("Latest news")
    assert "Ferries are late 11" in answer.text
    older = next(label for label in answer.buttons if "»" in label or "Older" in label)
    await press_private(room, group, older, member)
    [answer] = seen_by(group, member)
    assert "Ferries are late 6" in answer.text
    assert answer.edited
    assert seen_by(group, admin) == []
    assert len(group.messages) == public


@pytest.mark.parametrize("typed", ["/search ferries", "/summary 1", "/category trade", "/help@newsbot", "/following"])
async def test_what_a_command_shows_is_private(
    room: Newsroom, group: Chat, admin: Person, member: Person, typed: str
) -> None:
    await choose_privacy(room, group, admin)
    await say(room, group, "/latest", member)
    public = len(group.messages)
    await say(room, group, typed, member)
    assert len(seen_by(group, member)) == 2
    assert len(group.messages) == public


async def ask_number(room: Newsroom, group: Chat, person: Person, typed: str = "/summary 1") -> str:
    await say(room, group, typed, person)
    return seen_by(group, person)[-1].text


async def test_a_number_is_of_the_list_that_this_person_sees(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    await say(room, group, "/latest", member)
    await say(room, group, '/search "late 3"', admin)
    assert "Ferries are late 11" in await ask_number(room, group, member)
    assert "Ferries are late 3" in await ask_number(room, group, admin)
    assert "no article 2" in await ask_number(room, group, admin, "/summary 2")
    older = next(label for label in seen_by(group, member)[0].buttons if "»" in label or "Older" in label)
    first = seen_by(group, member)[0].raw
    data = next(one["callback_data"] for row in seen_by(group, member)[0].rows for one in row if one["text"] == older)
    await asyncio.wait_for(room.sim.query(group, first, member, data).answered, 30)
    await room.heard()
    assert "Ferries are late 6" in await ask_number(room, group, member, "/summary 6")
    assert "Ferries are late 3" in await ask_number(room, group, admin)


async def test_a_number_is_of_the_list_that_the_whole_group_was_shown_later(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    await say(room, group, "/latest", member)
    ours = await room.storage.chats.get(group.id)
    assert ours
    await room.storage.lists.save_list(ours.id, [3, 2])  # as a digest does
    assert "Ferries are late 2" in await ask_number(room, group, member)


async def test_the_numbers_of_a_list_that_everybody_sees_are_for_everybody(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    group.members[room.sim.bot["id"]] = "member"
    for _ in range(2):  # the first time, the bot learns that it may not
        await room.ask(group, '/search "late 3"', admin)
    assert "Ferries are late 3" in (await room.ask(group, "/summary 1", member)).text
    room.sim.errors.clear()


async def test_the_settings_of_the_group_are_changed_in_a_private_answer(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await choose_privacy(room, group, admin)
    await say(room, group, "/settings", admin)
    for label in ("⏰ Delivery", "🎚 More options", "🙈 Private answers", "▫️ Everybody"):
        await press_private(room, group, label, admin)
    [answer] = seen_by(group, admin)
    assert "✅ Everybody" in answer.buttons
    assert (await room.ask(group, "/latest", admin)).text.startswith("Latest news")


async def test_who_may_not_change_the_settings_is_told_so_alone(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    await say(room, group, "/settings", member)
    assert [one.text for one in seen_by(group, member)] == ["Only administrators can change what is sent here."]


async def test_who_asks_too_fast_is_told_so_alone(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(commands_per_minute=1)) as room:
        asker = room.sim.person("Omar", "en")
        group = room.sim.group("Readers")
        group.members |= {asker.id: "member", room.sim.bot["id"]: "administrator"}
        await room.ask(group, "/latest", asker)
        await room.storage.chats.set_private_answers(group.id, True, now=room.clock())
        public = len(group.messages)
        await say(room, group, "/latest", asker)
        assert [one.text for one in seen_by(group, asker)] == ["Slower, please. I answer 1 request a minute."]
        assert len(group.messages) == public


async def test_a_command_that_changes_something_is_answered_to_everybody(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await choose_privacy(room, group, admin)
    assert "You get all news." in (await room.ask(group, "/subscribe", admin)).text
    assert seen_by(group, admin) == []


async def test_the_choice_holds_in_every_topic(room: Newsroom, group: Chat, admin: Person, member: Person) -> None:
    known, new = min(group.topic_names), group.add_topic("Later")
    await room.ask(group, "/latest", member, topic=known)
    await choose_privacy(room, group, admin)
    for topic in (known, new):
        await say(room, group, "/latest", member, topic)
    assert [one.topic for one in seen_by(group, member)] == [known, new]


async def test_an_article_of_a_public_list_is_opened_for_who_presses(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    answer = await room.ask(group, "/latest", admin)
    await choose_privacy(room, group, admin)
    public = len(group.messages)
    await asyncio.wait_for(group.press("1", on=answer, person=member), 30)
    await room.heard()
    [opened] = seen_by(group, member)
    assert "Ferries are late 11" in opened.text
    assert len(group.messages) == public


async def test_an_article_opens_as_a_page_and_as_text_again_in_a_private_answer(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.publish(page_draft(paragraph("The council met."), picture("https://news.example/a.jpg", "The hall")))
    await choose_privacy(room, group, admin)
    await say(room, group, "/latest", member)
    await press_private(room, group, "1", member)
    await press_private(room, group, "📰 As a page", member)
    opened = seen_by(group, member)[-1]
    assert opened.raw["rich_message"]["blocks"]
    await press_private(room, group, "↩ As text", member)
    assert "The council met." in seen_by(group, member)[-1].text
    assert len(seen_by(group, member)) == 2


async def test_an_article_that_opens_as_a_page_is_sent_to_who_asked_alone(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await room.publish(page_draft(paragraph("The council met.")))
    await choose_privacy(room, group, admin)
    ours = await room.storage.chats.get(group.id)
    assert ours
    await room.storage.chats.set_opens_as(ours.id, OpensAs.PAGE, now=room.clock())
    await say(room, group, "/latest", member)
    public = len(group.messages)
    await press_private(room, group, "1", member)
    assert seen_by(group, member)[-1].raw["rich_message"]["blocks"]
    assert len(group.messages) == public


# Where Telegram takes no ephemeral messages


async def test_a_bot_that_is_no_administrator_answers_everybody_and_presses_alone(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    group.members[room.sim.bot["id"]] = "member"
    await room.ask(group, "/settings", admin)
    for label in ("⏰ Delivery", "🎚 More options", "🙈 Private answers"):
        shown = await room.press(group, label, admin)
    assert "I'm not an admin here," in shown.text
    await room.press(group, "▫️ Only who asks", admin)
    answer = await room.ask(group, "/latest", member)
    assert answer.text.startswith("Latest news")
    await asyncio.wait_for(group.press("1", on=answer, person=member), 30)
    await room.heard()
    assert len(seen_by(group, member)) == 1
    await room.ask(group, "/latest", member)
    assert room.sim.errors == ["sendMessage: Bad Request: BOT_NOT_ADMIN"]  # not tried again
    room.sim.errors.clear()
    group.kick_bot(admin)
    group.add_bot(admin, admin=True)
    await say(room, group, "/latest", member)
    assert len(seen_by(group, member)) == 2


async def test_a_press_that_is_answered_late_is_answered_to_everybody(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    answer = await room.ask(group, "/latest", admin)
    await choose_privacy(room, group, admin)
    group.members[room.sim.bot["id"]] = "member"
    at = room.clock()
    room.sim.clock = lambda: at.timestamp() + (QUERY_SECONDS + 1) * bool(room.sim.pressed)
    room.sim.pressed.clear()
    before = len(group.messages)
    press_time = room.sim.query(group, answer.raw, member, next(one["callback_data"] for one in answer.rows[0]))
    room.sim.pressed[press_time.id] = (group.id, member.id, at.timestamp())
    await asyncio.wait_for(press_time.answered, 30)
    await room.heard()
    assert len(group.messages) == before + 1
    assert seen_by(group, member) == []
    assert room.sim.errors == [
        "sendMessage: Bad Request: QUERY_ID_INVALID",
        "sendMessage: Bad Request: BOT_NOT_ADMIN",
    ]
    room.sim.errors.clear()


async def test_an_older_server_shows_everybody_the_answer_once_and_is_not_asked_again(
    room: Newsroom, group: Chat, admin: Person, member: Person
) -> None:
    await choose_privacy(room, group, admin)
    room.sim.version = (10, 1)
    answers = [await room.ask(group, "/latest", member) for _ in range(2)]
    assert all(one.text.startswith("Latest news") for one in answers)
    # An ephemeral message replies to nothing, so the first answer was meant to be one.
    assert ["reply_to_message" in one.raw for one in answers] == [False, True]


async def test_an_anonymous_administrator_is_answered_to_everybody(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await choose_privacy(room, group, admin)
    assert (await room.ask(group, "/latest", admin, anonymous=True)).text.startswith("Latest news")


async def test_the_choice_is_exported_and_left_out_of_a_private_chat(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await choose_privacy(room, group, admin)
    assert {one.chat_id: one.private_answers async for one in room.storage.settings.export()} == {group.id: True}
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⏰ Delivery")
    assert "🙈 Private answers" not in (await room.press(chat, "🎚 More options")).buttons
