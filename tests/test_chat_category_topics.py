"""A topic for each category: made by one button, kept in step with what the group follows, and turned off again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat_lines import from_line, to_line
from bot.config import Config
from bot.deliver.category_topics import CategoryTopics
from bot.sim import Chat, Fault, Person, Shown
from storage import Storage, open_storage
from storage.records import Lane
from tests.conftest import Clock
from tests.makers import category
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_subscriptions import draft, names, subscription

TOPICS = "🧵 A topic for each category"
REFUSED = "I may not manage topics there."


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(draft("a", "Trade"), draft("b", "Sports"), draft("c", "Culture"))
        yield opened


@pytest.fixture
def admin(room: Newsroom) -> Person:
    return room.sim.person("Rana", "en")


@pytest.fixture
async def group(room: Newsroom, admin: Person) -> Chat:
    """A forum that follows two categories."""
    group = room.forum(admin)
    await room.ask(group, "/subscribe trade", admin)
    await room.ask(group, "/subscribe sports", admin)
    room.clock.advance(seconds=1)
    return group


async def open_topics(room: Newsroom, group: Chat, admin: Person) -> Shown:
    await room.ask(group, "/settings", admin)
    await room.press(group, "📂 Categories", admin)
    return await room.press(group, TOPICS, admin)


async def make_topics(room: Newsroom, group: Chat, admin: Person) -> None:
    await open_topics(room, group, admin)
    await room.press(group, "✅ Create 2 topics", admin)


async def run_job(room: Newsroom) -> None:
    """The job that runs each minute. The clock moves past the pause after which an attempt is repeated."""
    room.clock.advance(minutes=11)
    await CategoryTopics(room.storage, room.bot, room.clock)()


def topic(group: Chat, name: str) -> int:
    return next(number for number, called in group.topic_names.items() if called == name)


def made(group: Chat) -> set[str]:
    return set(group.topic_names.values()) - {"Other"}


def calls(room: Newsroom, method: str) -> int:
    return sum(call.method == method for call in room.sim.calls)


async def place(room: Newsroom, group: Chat, name: str | None = None) -> list[str]:
    """The categories that a topic follows, or the general topic."""
    return names(await subscription(room, group, topic(group, name) if name else None))


async def test_the_question_says_what_will_change(room: Newsroom, group: Chat, admin: Person) -> None:
    asked = await open_topics(room, group, admin)
    assert "I'll create 2 topics in the group: ⁨Sports⁩ and ⁨Trade⁩." in asked.text
    assert "no longer to the general topic" in asked.text
    assert asked.buttons == ["✅ Create 2 topics", "↩ Back"]
    assert made(group) == set()


async def test_each_followed_category_gets_a_topic_with_its_news(room: Newsroom, group: Chat, admin: Person) -> None:
    await make_topics(room, group, admin)
    assert made(group) == {"Trade", "Sports"}
    assert await place(room, group, "Sports") == ["Sports"]
    assert names(await subscription(room, group)) == []
    assert "Topics: ⁨Sports⁩ and ⁨Trade⁩." in group.last.text
    await room.publish(draft("Match won", "Sports"), draft("Ship sold", "Trade"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: {"Match won", "Ship sold"} <= {m.text.split("\n")[0] for m in group.messages})
    sent = {m.text.split("\n")[0]: m.topic for m in group.messages}
    assert sent["Match won"] == topic(group, "Sports")
    assert sent["Ship sold"] == topic(group, "Trade")


async def test_topics_are_made_from_the_private_chat_of_who_added_the_bot(room: Newsroom, admin: Person) -> None:
    chat = room.sim.private(admin)
    group = room.forum(admin)
    await room.ask(chat, "/help")
    del group.members[room.sim.bot["id"]]
    group.add_bot(admin, admin=True)
    await room.heard()
    await room.ask(group, "/subscribe trade", admin)
    await room.ask(chat, "/settings")
    await room.press(chat, "📣 My channels and groups")
    await room.press(chat, "👥 Readers")
    await room.press(chat, "📂 Categories")
    await room.press(chat, TOPICS)
    shown = await room.press(chat, "✅ Create 1 topic")
    assert shown.text.startswith("⁨Readers⁩\n")
    assert made(group) == {"Trade"}


async def test_a_category_that_is_chosen_later_gets_a_topic(room: Newsroom, group: Chat, admin: Person) -> None:
    await make_topics(room, group, admin)
    answer = await room.ask(group, "/subscribe culture", admin)
    assert "Categories with a topic of their own: ⁨Culture⁩, ⁨Sports⁩ and ⁨Trade⁩." in answer.text
    assert answer.buttons == []  # what has moved to a topic is not undone here
    assert made(group) == {"Trade", "Sports", "Culture"}


@pytest.mark.parametrize("where", ["general", "topic"])
async def test_a_category_that_ends_closes_its_topic_and_one_that_returns_opens_it(
    room: Newsroom, group: Chat, admin: Person, where: str
) -> None:
    await make_topics(room, group, admin)
    sports = topic(group, "Sports")
    there = None if where == "general" else sports
    await room.ask(group, "/unsubscribe sports", admin, topic=there)
    assert group.closed_topics == {sports}
    await room.ask(group, "/subscribe sports", admin, topic=there)
    assert group.closed_topics == set()
    assert await place(room, group, "Sports") == ["Sports"]
    assert made(group) == {"Trade", "Sports"}


async def test_the_picker_of_the_group_turns_its_topics_on_and_off(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    await room.press(group, "↩ Back", admin)
    shown = await room.press(group, "✅ Trade", admin)
    assert {"▫️ Trade", "✅ Sports", "▫️ Culture"} <= set(shown.buttons)
    assert group.closed_topics == {topic(group, "Trade")}
    shown = await room.press(group, "▫️ Trade", admin)
    assert {"✅ Trade", "✅ Sports"} <= set(shown.buttons)
    assert group.closed_topics == set()
    assert calls(room, "createForumTopic") == 2


async def test_a_category_with_an_alias_renames_its_topic(room: Newsroom, group: Chat, admin: Person) -> None:
    await make_topics(room, group, admin)
    await room.storage.categories.set_alias(category("Sports"), category("رياضة"))
    await run_job(room)
    assert made(group) == {"Trade", "رياضة"}


async def test_a_topic_that_people_deleted_is_not_made_again_until_it_is_asked_for(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    group.delete_topic(topic(group, "Sports"))
    await room.publish(draft("Match won", "Sports"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: room.sim.calls[-1].status == 400)
    await run_job(room)
    await run_job(room)
    assert made(group) == {"Trade"}
    await room.ask(group, "/subscribe sports", admin)
    assert made(group) == {"Trade", "Sports"}
    room.sim.errors.clear()  # the alert that met the deleted topic


async def test_a_topic_that_people_deleted_is_noticed_when_it_is_to_be_closed(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    group.delete_topic(topic(group, "Sports"))
    await room.ask(group, "/unsubscribe sports", admin)
    await run_job(room)
    assert calls(room, "closeForumTopic") == 1
    room.sim.errors.clear()


async def test_turning_off_closes_the_topics_and_is_undone(room: Newsroom, group: Chat, admin: Person) -> None:
    await make_topics(room, group, admin)
    shown = await room.press(group, "↩ Undo", admin)
    assert "the general topic gets their categories again" in shown.text
    assert group.closed_topics == {topic(group, "Sports"), topic(group, "Trade")}
    assert names(await subscription(room, group)) == ["Sports", "Trade"]
    await room.press(group, "↩ Undo", admin)
    assert group.closed_topics == set()
    assert names(await subscription(room, group)) == []
    assert calls(room, "createForumTopic") == 2
    assert "Turn off" in (await open_topics(room, group, admin)).buttons


# Stopping


async def news_in_topics(room: Newsroom, number: int) -> set[int]:
    """The topics that are owed an article of Sports or of Trade."""
    room.clock.advance(minutes=1)
    articles = await room.publish(
        draft(f"Match {number}", "Sports"), draft(f"Ship {number}", "Trade"), lane=Lane.ALERT
    )
    while await room.storage.deliveries.expand(limit=100, now=room.clock()):
        pass
    rows = await room.storage.database.fetch(
        f"""
        SELECT chats.topic_id FROM deliveries JOIN chats ON chats.id = deliveries.chat
        WHERE deliveries.article_id IN ({articles[0]}, {articles[1]})
        """
    )
    return {row["topic_id"] for row in rows}


async def test_stopping_the_general_topic_stops_the_topics_until_it_begins_again(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    places = {topic(group, "Sports"), topic(group, "Trade")}
    assert await news_in_topics(room, 1) == places
    await room.ask(group, "/stop", admin)
    assert await news_in_topics(room, 2) == set()
    assert made(group) == {"Trade", "Sports"}
    assert group.closed_topics == set()
    await room.ask(group, "/subscribe", admin)
    assert await news_in_topics(room, 3) == places


async def test_undoing_a_stop_brings_the_topics_back_but_not_one_that_was_stopped_by_itself(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    await room.ask(group, "/stop", admin, topic=topic(group, "Trade"))
    room.clock.advance(minutes=1)
    await room.ask(group, "/stop", admin)
    await room.press(group, "↩ Undo", admin)
    assert await news_in_topics(room, 1) == {topic(group, "Sports")}


# Export and import


async def test_a_forum_moves_to_another_database_with_its_topics(
    room: Newsroom, group: Chat, admin: Person, tmp_path: Path
) -> None:
    await make_topics(room, group, admin)
    lines = [to_line(one) async for one in room.storage.settings.export()]
    given = {json.loads(one)["topic_id"]: json.loads(one) for one in lines}
    assert given[None]["category_topics"] is True
    assert {one["topic_of"] for one in given.values()} == {None, "Sports", "Trade"}
    async with open_storage(f"sqlite:///{tmp_path / 'other.db'}") as other:
        read = [from_line(one.encode(), Config(), room.clock()) for one in lines]
        await other.settings.put(read, now=room.clock())
        assert [to_line(one) async for one in other.settings.export()] == lines
        topics = CategoryTopics(other, room.bot, room.clock)
        await topics()
        assert calls(room, "createForumTopic") == 2  # they are there
        general = await other.chats.get(group.id)
        sports = await other.categories.find("sports")
        assert general
        assert sports
        await other.chats.unsubscribe(general.id, sports.id, now=room.clock())
        await topics()
        assert group.closed_topics == {topic(group, "Sports")}


# Rights


async def test_only_administrators_make_topics(room: Newsroom, group: Chat, admin: Person) -> None:
    member = room.sim.person("Omar", "en")
    await open_topics(room, group, admin)
    told = await asyncio.wait_for(group.press("✅ Create 2 topics", person=member), 30)
    assert told == {"text": "Only administrators can change what is sent here.", "show_alert": True}
    assert made(group) == set()


async def test_the_rights_of_the_bot_are_checked_again_when_the_button_is_pressed(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await open_topics(room, group, admin)
    group.let_bot_manage_topics(False, admin)
    shown = await room.press(group, "✅ Create 2 topics", admin)
    assert REFUSED in shown.text
    assert shown.buttons == ["↩ Back"]
    assert calls(room, "createForumTopic") == 0
    assert names(await subscription(room, group)) == ["Sports", "Trade"]


@pytest.mark.parametrize("topics", [None, ["Other"]], ids=["group", "topic"])
async def test_where_there_can_be_no_topics_the_settings_have_no_button(
    room: Newsroom, admin: Person, topics: list[str] | None
) -> None:
    group = room.sim.group("Readers", admins=[admin], topics=topics)
    await room.ask(group, "/settings", admin, topic=min(group.topics) if group.topics else None)
    shown = await room.press(group, "📂 Categories", admin)
    assert TOPICS not in shown.buttons


async def test_lost_rights_are_said_once_and_what_waited_is_made_when_they_are_back(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    await make_topics(room, group, admin)
    group.let_bot_manage_topics(False, admin)
    await room.ask(group, "/subscribe culture", admin)
    await run_job(room)
    async with room.sending():
        await room.sim.until(lambda: group.last.text.startswith("⚠️ I may not manage the topics of ⁨Readers⁩"))
    count = len(group.messages)
    await run_job(room)
    assert names(await subscription(room, group)) == ["Culture"]  # its news comes to the general topic meanwhile
    group.let_bot_manage_topics(True, admin)
    await room.heard()
    assert made(group) == {"Trade", "Sports", "Culture"}
    async with room.sending():
        await room.ask(group, "/help", admin)
    assert len(group.messages) == count + 1


async def test_who_added_the_bot_is_told_about_lost_rights_in_private(room: Newsroom, admin: Person) -> None:
    chat, group = room.sim.private(admin), room.forum(admin)
    await room.ask(chat, "/help")
    group.kick_bot(admin)
    group.add_bot(admin, admin=True)
    await room.heard()
    await room.ask(group, "/subscribe trade", admin)
    await room.ask(group, "/subscribe sports", admin)
    await make_topics(room, group, admin)
    group.let_bot_manage_topics(False, admin)
    await room.ask(group, "/subscribe culture", admin)
    async with room.sending():
        await room.sim.until(lambda: chat.last.text.startswith("⚠️ I may not manage the topics"))


# Interruptions


async def test_a_topic_whose_answer_was_lost_is_made_once_more_and_not_endlessly(
    room: Newsroom, group: Chat, admin: Person
) -> None:
    room.sim.faults.add(Fault("reset_after", method="createForumTopic", times=9))
    await make_topics(room, group, admin)
    for _ in range(9):
        await run_job(room)
    assert calls(room, "createForumTopic") == 6  # three times each
    assert names(await subscription(room, group)) == ["Sports", "Trade"]  # the news still comes


async def test_a_lost_answer_delays_a_topic_by_ten_minutes(room: Newsroom, group: Chat, admin: Person) -> None:
    room.sim.faults.add(Fault("reset_before", method="createForumTopic", times=1))
    await make_topics(room, group, admin)
    assert names(await subscription(room, group)) == ["Sports", "Trade"]
    await run_job(room)
    assert made(group) == {"Trade", "Sports"}
    assert names(await subscription(room, group)) == []


async def test_two_that_keep_topics_at_once_make_each_once(room: Newsroom, group: Chat, admin: Person) -> None:
    ours = await room.storage.chats.get(group.id)
    assert ours
    await room.storage.category_topics.turn_on(ours.id)
    keepers = [CategoryTopics(room.storage, room.bot, room.clock) for _ in range(4)]
    await asyncio.gather(*[keeper.keep(group.id) for keeper in keepers])
    assert calls(room, "createForumTopic") == 2
    assert sorted(made(group)) == ["Sports", "Trade"]


async def test_a_group_that_fails_stops_no_other(room: Newsroom, group: Chat, admin: Person) -> None:
    other = room.forum(admin, "Others")
    await room.ask(other, "/subscribe trade", admin)
    for chat in (group, other):
        ours = await room.storage.chats.get(chat.id)
        assert ours
        await room.storage.category_topics.turn_on(ours.id)
    room.sim.faults.add(Fault("server_error", method="getChat", chat_id=group.id))
    await run_job(room)
    assert (made(group), made(other)) == (set(), {"Trade"})
    await run_job(room)
    assert made(group) == {"Trade", "Sports"}


async def test_many_topics_are_made_a_few_at_a_time(room: Newsroom, group: Chat, admin: Person) -> None:
    await room.publish(*[draft(f"s{n}", f"Section {n}") for n in range(6)])
    for n in range(6):
        await room.ask(group, f"/subscribe section {n}", admin)
    await open_topics(room, group, admin)
    shown = await room.press(group, "✅ Create 8 topics", admin)
    assert len(made(group)) == 5
    assert "Still to be created: ⁨Section 5⁩, ⁨Sports⁩ and ⁨Trade⁩." in shown.text
    await run_job(room)
    assert len(made(group)) == calls(room, "createForumTopic") == 8


async def test_a_flood_only_delays_topics(room: Newsroom, group: Chat, admin: Person) -> None:
    room.sim.faults.add(Fault("too_many", method="createForumTopic", seconds=0))
    await make_topics(room, group, admin)
    assert made(group) == set()
    await CategoryTopics(room.storage, room.bot, room.clock)()
    assert made(group) == {"Trade", "Sports"}
    assert calls(room, "createForumTopic") == 3
