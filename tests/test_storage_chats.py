"""Chats in storage: settings, subscriptions, coming and going, moving house, lists."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from storage import Storage
from storage.records import (
    ChatKind,
    ChatState,
    Lane,
    Sent,
    Subscription,
    Unreachable,
)
from tests.makers import NOON, exported, named, new_article, owed, reader, stored, the

MINUTE = timedelta(minutes=1)
Verb = Callable[[Storage, int, datetime], Awaitable[None]]  # what a chat says at a time


def names(subscription: Subscription) -> tuple[bool, list[str], list[str]]:
    listed, muted = subscription.categories, subscription.muted
    return subscription.everything, [one.name for one in listed], [one.name for one in muted]


@pytest.fixture
async def sea(storage: Storage) -> int:
    return await category(storage, "Sea")


async def category(storage: Storage, name: str) -> int:
    (found,) = named(name)
    return (await storage.categories.set_alias(found, found)).id


# Settings


async def test_a_known_chat_keeps_its_settings_and_gets_its_new_title(storage: Storage) -> None:
    first = await reader(storage, -5, language="ar", timezone="Asia/Beirut", title="Old")
    again = await reader(storage, -5, language="en", timezone="UTC", title="New", everything=False)
    assert (again.id, again.language, again.timezone, again.title) == (first.id, "ar", "Asia/Beirut", "New")
    brought = await reader(storage, -5, added_by=9, everything=False)
    assert (brought.title, brought.added_by) == ("New", 9)


async def test_topics_of_a_group_are_chats_of_their_own(storage: Storage) -> None:
    whole, topic = await reader(storage, -5), await reader(storage, -5, topic_id=3, everything=False)
    assert whole.id != topic.id
    assert (await storage.chats.get(-5, 3)) == topic
    assert (await storage.chats.subscription(topic.id)).nothing


async def test_settings_are_changed_one_by_one(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await storage.chats.set_language(chat.id, "ar", now=NOON)
    await storage.chats.set_timezone(chat.id, "Africa/Cairo", digest_at=None, now=NOON)
    await storage.chats.set_silent(chat.id, True, now=NOON)
    changed = await storage.chats.get(1)
    assert changed
    assert (changed.language, changed.timezone, changed.silent) == ("ar", "Africa/Cairo", True)


# Subscriptions


async def test_a_subscription_is_built_and_taken_apart(storage: Storage, sea: int) -> None:
    land = await category(storage, "Land")
    chat = (await reader(storage, 1, everything=False)).id
    chats = storage.chats

    async def now_wants() -> tuple[bool, list[str], list[str]]:
        return names(await chats.subscription(chat))

    await chats.subscribe(chat, sea, now=NOON)
    await chats.subscribe(chat, land, now=NOON)
    assert await now_wants() == (False, ["Land", "Sea"], [])
    await chats.unsubscribe(chat, land, now=NOON)
    assert await now_wants() == (False, ["Sea"], [])
    await chats.subscribe_to_everything(chat, now=NOON)
    assert await now_wants() == (True, [], [])
    await chats.unsubscribe(chat, sea, now=NOON)
    assert await now_wants() == (True, [], ["Sea"])
    await chats.subscribe(chat, sea, now=NOON)
    assert await now_wants() == (True, [], [])
    await chats.subscribe_only(chat, land, now=NOON)
    assert await now_wants() == (False, ["Land"], [])
    await chats.unsubscribe_from_everything(chat, now=NOON)
    assert (await chats.subscription(chat)).nothing


@pytest.mark.parametrize("again", ["everything", "category"])
async def test_wanting_again_what_is_wanted_keeps_what_is_on_its_way(storage: Storage, sea: int, again: str) -> None:
    chat = await reader(storage, 1, everything=again == "everything")
    if again == "category":
        await storage.chats.subscribe(chat.id, sea, now=NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    if again == "everything":
        await storage.chats.subscribe_to_everything(chat.id, now=NOON + MINUTE)
    else:
        await storage.chats.subscribe(chat.id, sea, now=NOON + MINUTE)
    assert await owed(storage) == 1


async def test_narrowing_keeps_what_is_on_its_way_in_that_category(storage: Storage, sea: int) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("a", category="Sea"), new_article("b", category="Land"))
    await storage.chats.subscribe_only(chat.id, sea, now=NOON + MINUTE)
    assert await owed(storage) == 1


async def test_who_subscribes_after_an_article_was_stored_is_not_owed_it(storage: Storage) -> None:
    await stored(storage, new_article())
    await reader(storage, 1, now=NOON + MINUTE)
    assert await owed(storage) == 0


async def test_ending_all_alerts_drops_the_alerts_and_keeps_the_notices(storage: Storage) -> None:
    chat = await reader(storage, 1)
    other = await reader(storage, 2)
    await stored(storage, new_article())
    await storage.deliveries.enqueue_notice([chat.id], "{}", lane=Lane.ALERT, now=NOON)
    assert await owed(storage) == 3
    await storage.chats.unsubscribe_from_everything(chat.id, now=NOON)
    assert await storage.deliveries.count_owed() == 2
    assert names(await storage.chats.subscription(other.id))[0]


def want(name: str) -> Verb:
    async def say(storage: Storage, chat_row: int, now: datetime) -> None:
        await storage.chats.subscribe(chat_row, await category(storage, name), now=now)

    return say


def want_only(name: str) -> Verb:
    async def say(storage: Storage, chat_row: int, now: datetime) -> None:
        await storage.chats.subscribe_only(chat_row, await category(storage, name), now=now)

    return say


def unwant(name: str) -> Verb:
    async def say(storage: Storage, chat_row: int, now: datetime) -> None:
        await storage.chats.unsubscribe(chat_row, await category(storage, name), now=now)

    return say


async def everything(storage: Storage, chat_row: int, now: datetime) -> None:
    await storage.chats.subscribe_to_everything(chat_row, now=now)


async def stop(storage: Storage, chat_row: int, now: datetime) -> None:
    await storage.chats.unsubscribe_from_everything(chat_row, now=now)


LAND, SEA = want("Land"), want("Sea")
SAID: dict[str, tuple[list[Verb], tuple[bool, list[str], list[str]]]] = {
    "the same again": ([SEA, SEA], (False, ["Sea"], [])),
    "the last one less": ([SEA, unwant("Sea")], (False, [], [])),
    "less of nothing": ([unwant("Sea")], (False, [], [])),
    "everything but two": ([everything, unwant("Sea"), unwant("Land")], (True, [], ["Land", "Sea"])),
    "muted twice": ([everything, unwant("Sea"), unwant("Sea")], (True, [], ["Sea"])),
    "one of two muted wanted again": ([everything, unwant("Sea"), unwant("Land"), SEA], (True, [], ["Land"])),
    "everything ends exceptions": ([everything, unwant("Sea"), everything], (True, [], [])),
    "narrowed to what was muted": (
        [everything, unwant("Sea"), unwant("Land"), want_only("Sea")],
        (False, ["Sea"], []),
    ),
    "narrowed twice, then more": ([everything, *[want_only("Sea")] * 2, LAND], (False, ["Land", "Sea"], [])),
    "a stop ends exceptions too": ([everything, unwant("Sea"), stop, LAND], (False, ["Land"], [])),
}


@pytest.mark.parametrize(("said", "wants"), SAID.values(), ids=SAID.keys())
async def test_what_was_said_comes_to_what_is_wanted(
    storage: Storage, said: list[Verb], wants: tuple[bool, list[str], list[str]]
) -> None:
    chat, other = await reader(storage, 1, everything=False), await reader(storage, 2)
    for say in said:
        await say(storage, chat.id, NOON)
    assert names(await storage.chats.subscription(chat.id)) == wants
    assert names(await storage.chats.subscription(other.id)) == (True, [], [])


ON_ITS_WAY: dict[str, tuple[list[Verb], list[Verb], int]] = {
    "narrowed by two presses": ([everything], [want_only("Sea"), want_only("Sea")], 1),
    "narrowed though it was listed": ([SEA], [want_only("Sea")], 1),
    "muted by mistake": ([everything], [unwant("Sea"), SEA], 1),
    "muted": ([everything], [unwant("Sea")], 0),
    "taken from the list": ([SEA], [unwant("Sea")], 0),
    "wanted too late": ([LAND], [SEA], 0),
    "everything too late": ([LAND], [everything], 0),
    "stopped, and back": ([SEA], [stop, SEA], 0),
}


@pytest.mark.parametrize(("before", "then", "messages"), ON_ITS_WAY.values(), ids=ON_ITS_WAY.keys())
async def test_what_is_on_its_way_is_owed_to_who_wanted_it_from_before_to_after(
    storage: Storage, before: list[Verb], then: list[Verb], messages: int
) -> None:
    chat = await reader(storage, 1, everything=False)
    for say in before:
        await say(storage, chat.id, NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    for say in then:
        await say(storage, chat.id, NOON + MINUTE)
    assert await owed(storage) == messages


async def test_a_stop_in_a_topic_drops_nothing_of_the_others(storage: Storage) -> None:
    await reader(storage, -5)
    topic = await reader(storage, -5, topic_id=3)
    await stored(storage, new_article())
    assert await owed(storage) == 2
    await storage.chats.unsubscribe_from_everything(topic.id, now=NOON)
    [claim] = await storage.deliveries.claim(limit=5, now=NOON + MINUTE)
    assert claim.topic_id is None


# Coming and going


async def test_a_paused_chat_keeps_its_settings_and_is_owed_one_message_about_the_meantime(storage: Storage) -> None:
    await reader(storage, 1, language="ar")
    await stored(storage, new_article("queued"))
    assert await owed(storage) == 1
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=NOON)
    assert await storage.deliveries.count_owed() == 0
    await stored(storage, new_article("missed"), now=NOON + MINUTE)
    assert await storage.chats.resume(1, now=NOON + 2 * MINUTE)
    assert not await storage.chats.resume(1, now=NOON + 2 * MINUTE)
    assert await storage.deliveries.count_owed() == 1
    chat = await storage.chats.get(1)
    assert chat is not None
    missed, count = await storage.articles.missed_headlines(
        chat.id, since=NOON - MINUTE, until=NOON + 2 * MINUTE, limit=1
    )
    assert (count, [headline.title for headline in missed]) == (2, ["Title missed"])
    await stored(storage, new_article("new"), now=NOON + 3 * MINUTE)
    assert await owed(storage) == 2
    chat = await storage.chats.get(1)
    assert chat
    assert (chat.state, chat.language, chat.everything) == (ChatState.ACTIVE, "ar", True)


async def test_pausing_a_group_pauses_all_of_its_topics(storage: Storage) -> None:
    await reader(storage, -5)
    await reader(storage, -5, topic_id=3)
    await storage.chats.pause(-5, state=ChatState.PAUSED, reason="kicked", now=NOON)
    for topic in (None, 3):
        chat = await storage.chats.get(-5, topic)
        assert chat
        assert chat.state is ChatState.PAUSED


async def test_a_closed_topic_is_paused_and_comes_back_with_its_group(storage: Storage) -> None:
    await reader(storage, -5)
    await reader(storage, -5, topic_id=3)
    await stored(storage, new_article())
    await owed(storage)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON + MINUTE)
    left = Unreachable(claim, NOON + MINUTE, ChatState.PAUSED, "TOPIC_CLOSED", topic_only=True)
    await storage.deliveries.settle([left])
    states = {topic: (await the(storage, -5, topic)).state for topic in (None, 3)}
    assert states == {None: ChatState.ACTIVE, 3: ChatState.ACTIVE} | {claim.topic_id: ChatState.PAUSED}
    assert await storage.deliveries.count_owed() == 1
    assert await storage.chats.resume(-5, now=NOON + MINUTE)
    assert (await the(storage, -5, claim.topic_id)).state is ChatState.ACTIVE


# A group that gets a new number


async def test_a_migrated_group_is_the_same_chat_under_its_new_number(storage: Storage, sea: int) -> None:
    group, topic = await reader(storage, -5), await reader(storage, -5, topic_id=3, everything=False)
    await storage.chats.subscribe(topic.id, sea, now=NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    assert await owed(storage) == 2
    await storage.chats.migrate(-5, -1005, now=NOON)
    assert await storage.chats.get(-5) is None
    moved = await storage.chats.get(-1005)
    assert moved
    assert moved.id == group.id
    assert names(await storage.chats.subscription(topic.id))[1] == ["Sea"]
    claims = await storage.deliveries.claim(limit=10, now=NOON + MINUTE)
    assert {claim.chat_id for claim in claims} == {-1005}


@pytest.mark.parametrize(("newer", "language"), [("old", "ar"), ("new", "en")])
async def test_where_both_numbers_are_known_the_later_choice_wins(
    storage: Storage, newer: str, language: str
) -> None:
    old, new = await reader(storage, -5, language="ar"), await reader(storage, -1005, language="en")
    later = old if newer == "old" else new
    await storage.chats.set_silent(later.id, True, now=NOON + MINUTE)
    await stored(storage, new_article())
    await owed(storage)
    await storage.chats.migrate(-5, -1005, now=NOON)
    left = await storage.chats.get(-1005)
    assert left
    assert (left.id, left.language, left.silent) == (later.id, language, True)
    assert await storage.chats.get(-5) is None
    assert await storage.deliveries.count_owed() == 1  # and not one for each


async def test_a_migration_that_is_told_twice_changes_nothing_more(storage: Storage) -> None:
    await reader(storage, -5)
    await storage.chats.migrate(-5, -1005, now=NOON)
    before = await storage.chats.get(-1005)
    await storage.chats.migrate(-5, -1005, now=NOON)
    assert await storage.chats.get(-1005) == before


async def test_a_new_group_in_which_nobody_chose_anything_does_not_end_what_the_old_one_has(
    storage: Storage,
) -> None:
    """Telegram may say first that we are in the new group, and then what it comes from."""
    await reader(storage, -5, language="ar")
    await reader(storage, -1005, everything=False, now=NOON)
    await storage.chats.migrate(-5, -1005, now=NOON)
    left = await the(storage, -1005)
    assert (left.language, left.everything) == ("ar", True)


@pytest.mark.parametrize(("kicked", "state"), [(-5, ChatState.ACTIVE), (-1005, ChatState.PAUSED)])
async def test_whether_it_can_be_written_to_is_known_of_the_new_number(
    storage: Storage, kicked: int, state: ChatState
) -> None:
    await reader(storage, -5)
    await reader(storage, -1005, everything=False)
    await storage.chats.pause(kicked, state=ChatState.PAUSED, reason="kicked", now=NOON)
    await storage.chats.migrate(-5, -1005, now=NOON)
    left = await the(storage, -1005)
    assert (left.everything, left.state) == (True, state)


async def test_each_topic_is_merged_with_its_own(storage: Storage) -> None:
    await reader(storage, -5)
    await reader(storage, -5, topic_id=3, language="ar")
    await reader(storage, -1005, topic_id=3, everything=False)
    await reader(storage, -1005, topic_id=4, everything=False)
    await storage.chats.migrate(-5, -1005, now=NOON)
    there = {one.topic_id: (one.chat_id, one.language, one.subscribed) for one in await exported(storage)}
    assert there == {None: (-1005, "en", True), 3: (-1005, "ar", True), 4: (-1005, "en", False)}


async def test_a_message_of_the_old_group_names_nothing_in_the_new_one(storage: Storage) -> None:
    await reader(storage, -5)
    await stored(storage, new_article())
    await owed(storage)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON + MINUTE)
    await storage.deliveries.settle([Sent(claim, NOON, 1, 1, NOON)])
    assert await storage.deliveries.article_of_message(-5, 1) == claim.article_id
    await storage.chats.migrate(-5, -1005, now=NOON)
    assert await storage.deliveries.article_of_message(-1005, 1) is None
    assert await storage.deliveries.article_of_message(-5, 1) is None
    assert await owed(storage) == 0


async def test_channels_are_found_by_who_brought_the_bot(storage: Storage) -> None:
    await reader(storage, -7, kind=ChatKind.CHANNEL, title="Wire", added_by=1)
    await reader(storage, -7, topic_id=3, kind=ChatKind.CHANNEL, title="Wire", added_by=1)
    await reader(storage, -8, title="Group", added_by=1)
    await reader(storage, -9, kind=ChatKind.CHANNEL, added_by=2)
    await storage.chats.pause(-8, state=ChatState.PAUSED, reason="kicked", now=NOON)
    assert [chat.chat_id for chat in await storage.chats.chats_added_by(1)] == [-7]
