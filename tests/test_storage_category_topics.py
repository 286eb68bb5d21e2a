"""The topics that a forum has for its categories: what is due, and what follows which category."""

from datetime import datetime, timedelta

import pytest

from storage import Storage
from storage.records import Chat, ChatState, Claim, Lane, Rhythm, Timetable, TopicStep, TopicTask
from tests.makers import NOON, category, new_article, reader, stored, the

GROUP = -1_000_000_000_050
LATER = NOON + timedelta(minutes=11)


@pytest.fixture
async def forum(storage: Storage) -> Chat:
    """A group that follows two categories, with topics for categories turned on."""
    old = [new_article("a", category="Trade", lane=None), new_article("b", category="Sports", lane=None)]
    await stored(storage, *old)
    group = await reader(storage, GROUP, everything=False, title="Port")
    for name in ("Trade", "Sports"):
        await storage.chats.subscribe(group.id, await number(storage, name), now=NOON - timedelta(hours=2))
    await storage.category_topics.turn_on(group.id)
    return group


async def number(storage: Storage, name: str) -> int:
    found = await storage.categories.find(name.casefold())
    assert found
    return found.id


async def due(storage: Storage, now: datetime = NOON) -> list[tuple[TopicStep, str]]:
    return [(task.step, task.name) for task in await storage.category_topics.due(now=now)]


async def task_of(storage: Storage, name: str) -> TopicTask:
    return next(task for task in await storage.category_topics.due(now=NOON) if task.name == name)


async def make(storage: Storage, name: str, topic_id: int) -> int:
    """Make a topic as if Telegram had made it. Returns its row id."""
    topic = await storage.category_topics.begin(await task_of(storage, name), now=NOON)
    assert topic is not None
    await storage.category_topics.opened(topic, topic_id=topic_id, name=name, now=NOON)
    return topic


async def chosen(storage: Storage, topic_id: int | None = None) -> list[str]:
    """The categories that the general topic (None) or another topic follows."""
    place = await storage.chats.get(GROUP, topic_id)
    return [one.name for one in (await storage.chats.subscription(place.id)).categories] if place else []


async def claimed(storage: Storage, now: datetime) -> list[Claim]:
    """What is sent next. The first claim drops what its chat no longer wants."""
    await storage.deliveries.expand(limit=100, now=now)
    return await storage.deliveries.claim(limit=10, now=now) or await storage.deliveries.claim(limit=10, now=now)


async def test_each_followed_category_is_due_to_get_a_topic(storage: Storage, forum: Chat) -> None:
    assert await due(storage) == [(TopicStep.MAKE, "Sports"), (TopicStep.MAKE, "Trade")]
    assert await storage.category_topics.due(chat_id=GROUP - 1, now=NOON) == []


async def test_an_open_topic_follows_the_category_instead_of_the_general_topic(storage: Storage, forum: Chat) -> None:
    await make(storage, "Sports", 7)
    assert (await chosen(storage), await chosen(storage, 7)) == (["Trade"], ["Sports"])
    subscription = await storage.chats.subscription(forum.id)
    assert [one.name for one in subscription.topics] == ["Sports"]
    assert subscription.includes(await number(storage, "Sports"))
    assert await due(storage) == [(TopicStep.MAKE, "Trade")]


async def test_a_new_topic_has_the_settings_and_mutes_of_the_general_topic(storage: Storage, forum: Chat) -> None:
    timetable = Timetable(Rhythm.DAILY, hour=19, quiet=(22, 6))
    await storage.chats.set_timetable(forum.id, timetable, digest_at=LATER, now=NOON)
    await storage.chats.set_language(forum.id, "ar", now=NOON)
    mute = await storage.follows.ensure_subject((await storage.follows.subjects_of(1))[0].as_name)
    await storage.follows.mute(forum.id, mute.id, now=NOON)
    await make(storage, "Sports", 7)
    topic = await the(storage, GROUP, 7)
    assert (topic.timetable, topic.language, topic.title) == (timetable, "ar", "Port")
    assert [one.muted for one in await storage.follows.of_chat(topic.id, now=NOON)] == [False, True]


async def test_an_alert_that_was_queued_for_the_general_topic_goes_to_the_new_one(
    storage: Storage, forum: Chat
) -> None:
    await stored(storage, new_article("match", category="Sports"), now=NOON)
    await storage.deliveries.expand(limit=100, now=NOON)
    await make(storage, "Sports", 7)
    [one] = await claimed(storage, NOON + timedelta(seconds=1))
    assert (one.chat_id, one.topic_id) == (GROUP, 7)


async def test_an_attempt_that_was_begun_is_not_begun_again_before_it_has_ended(
    storage: Storage, forum: Chat
) -> None:
    task = await task_of(storage, "Sports")
    topic = await storage.category_topics.begin(task, now=NOON)
    assert await storage.category_topics.begin(task, now=NOON) is None
    assert (TopicStep.MAKE, "Sports") not in await due(storage, NOON + timedelta(minutes=10))
    assert (TopicStep.MAKE, "Sports") in await due(storage, LATER)
    assert await storage.category_topics.begin(task, now=LATER) == topic


async def test_a_topic_that_is_never_answered_is_tried_three_times_and_again_if_it_is_followed_anew(
    storage: Storage, forum: Chat
) -> None:
    task, now = await task_of(storage, "Sports"), NOON
    for _ in range(3):
        assert await storage.category_topics.begin(task, now=now) is not None
        now += timedelta(minutes=11)
    assert (TopicStep.MAKE, "Sports") not in await due(storage, now)
    assert await chosen(storage) == ["Sports", "Trade"]
    await storage.chats.unsubscribe(forum.id, await number(storage, "Sports"), now=now)
    [forgotten] = [one for one in await storage.category_topics.due(now=now) if one.step is TopicStep.FORGET]
    assert forgotten.topic is not None
    await storage.category_topics.forget(forgotten.topic)
    await storage.chats.subscribe(forum.id, await number(storage, "Sports"), now=now)
    assert (TopicStep.MAKE, "Sports") in await due(storage, now)


async def test_a_topic_that_telegram_refuses_is_tried_again_later(storage: Storage, forum: Chat) -> None:
    topic = await storage.category_topics.begin(await task_of(storage, "Sports"), now=NOON)
    assert topic is not None
    await storage.category_topics.missing(topic, now=NOON)
    assert (TopicStep.MAKE, "Sports") not in await due(storage)
    assert (TopicStep.MAKE, "Sports") in await due(storage, LATER)
    assert await chosen(storage) == ["Sports", "Trade"]


@pytest.mark.parametrize("where", ["general", "topic"])
async def test_a_topic_closes_when_its_category_ends_and_opens_again_when_it_is_followed(
    storage: Storage, forum: Chat, where: str
) -> None:
    topic, sports = await make(storage, "Sports", 7), await number(storage, "Sports")
    place = forum if where == "general" else await the(storage, GROUP, 7)
    await storage.chats.unsubscribe(place.id, sports, now=NOON)
    assert (await storage.chats.subscription(forum.id)).topics == ()
    assert (TopicStep.CLOSE, "Sports") in await due(storage)
    await storage.category_topics.closed(topic)
    assert await due(storage) == [(TopicStep.MAKE, "Trade")]
    await storage.chats.subscribe(place.id, sports, now=NOON)
    assert (TopicStep.REOPEN, "Sports") in await due(storage)
    await storage.category_topics.opened(topic, topic_id=7, name="Sports", now=NOON)
    assert (await chosen(storage), await chosen(storage, 7)) == (["Trade"], ["Sports"])


async def test_a_category_that_is_followed_beside_its_topic_moves_there(storage: Storage, forum: Chat) -> None:
    topic = await make(storage, "Sports", 7)
    await storage.chats.subscribe(forum.id, await number(storage, "Sports"), now=NOON)
    assert (TopicStep.MOVE, "Sports") in await due(storage)
    await storage.category_topics.opened(topic, topic_id=7, name="Sports", now=NOON)
    assert await chosen(storage) == ["Trade"]


async def test_a_topic_that_people_deleted_is_made_again_only_when_it_is_followed_anew(
    storage: Storage, forum: Chat
) -> None:
    topic = await make(storage, "Sports", 7)
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE chats SET state = :gone WHERE topic_id = 7", {"gone": ChatState.GONE})
    assert (TopicStep.DROP, "Sports") in await due(storage)
    await storage.category_topics.missing(topic)
    assert await due(storage, LATER) == [(TopicStep.MAKE, "Trade")]
    assert (await storage.chats.subscription(forum.id)).topics == ()
    await storage.chats.subscribe(forum.id, await number(storage, "Sports"), now=NOON)
    assert (TopicStep.MAKE, "Sports") in await due(storage)


async def test_turning_off_gives_the_general_topic_its_categories_back(storage: Storage, forum: Chat) -> None:
    topic = await make(storage, "Sports", 7)
    await storage.category_topics.turn_off(forum.id)
    assert (await chosen(storage), await chosen(storage, 7)) == (["Sports", "Trade"], [])
    assert await due(storage) == [(TopicStep.CLOSE, "Sports")]
    await storage.category_topics.closed(topic)
    assert await due(storage) == []
    assert not await storage.category_topics.is_on(forum.id)
    await storage.category_topics.turn_on(forum.id)
    assert await due(storage) == [(TopicStep.REOPEN, "Sports"), (TopicStep.MAKE, "Trade")]


async def test_a_merged_category_renames_its_topic(storage: Storage, forum: Chat) -> None:
    await make(storage, "Sports", 7)
    await storage.categories.set_alias(category("Sports"), category("رياضة"))
    assert (TopicStep.RENAME, "رياضة") in await due(storage)
    assert await chosen(storage, 7) == ["رياضة"]
    assert (await the(storage, GROUP, 7)).state is ChatState.ACTIVE


async def test_of_two_merged_categories_that_have_topics_one_topic_closes(storage: Storage, forum: Chat) -> None:
    closing = await make(storage, "Sports", 7)
    await make(storage, "Trade", 8)
    await storage.categories.set_alias(category("Sports"), category("Trade"))
    assert (await chosen(storage, 7), await chosen(storage, 8)) == ([], ["Trade"])
    [task] = await storage.category_topics.due(now=NOON)
    assert (task.step, task.name, task.topic, task.topic_id) == (TopicStep.CLOSE, "Sports", closing, 7)
    await storage.category_topics.closed(closing)
    assert await due(storage) == [(TopicStep.FORGET, "Sports")]


async def test_an_alert_of_a_topic_that_was_turned_off_still_comes(storage: Storage, forum: Chat) -> None:
    await make(storage, "Sports", 7)
    await stored(storage, new_article("match", category="Sports"), now=NOON)
    await storage.deliveries.expand(limit=100, now=NOON)
    await storage.category_topics.turn_off(forum.id)
    claims = await claimed(storage, NOON + timedelta(seconds=1))
    assert [(one.topic_id, one.lane) for one in claims] == [(None, Lane.ALERT)]


async def test_what_may_not_be_managed_is_new_once(storage: Storage, forum: Chat) -> None:
    topics = storage.category_topics
    changed = [await topics.set_refused(forum.id, on, now=NOON) for on in (False, True, True, False, False)]
    assert changed == [False, True, False, True, False]


async def test_a_group_that_the_bot_left_has_nothing_due(storage: Storage, forum: Chat) -> None:
    await storage.chats.pause(GROUP, state=ChatState.PAUSED, reason="kicked", now=NOON)
    assert await due(storage) == []
