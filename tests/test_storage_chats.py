"""Chats in storage: settings, subscriptions, coming and going, moving house, lists, import and export."""

from datetime import timedelta
from typing import Any

import pytest

from storage import Storage
from storage.records import CategoryName, ChatKind, ChatSettings, ChatState, Lane, Subscription
from tests.makers import NOON, new_article, reader, stored

MINUTE = timedelta(minutes=1)


def names(subscription: Subscription) -> tuple[bool, list[str], list[str]]:
    listed, muted = subscription.categories, subscription.muted
    return subscription.everything, [one.name for one in listed], [one.name for one in muted]


@pytest.fixture
async def sea(storage: Storage) -> int:
    return await category(storage, "Sea")


async def category(storage: Storage, name: str) -> int:
    (found,) = named(name)
    return (await storage.categories.alias(found, found)).id


async def owed(storage: Storage) -> int:
    await storage.deliveries.expand(limit=100, now=NOON + MINUTE)
    return await storage.deliveries.owed()


# Settings


async def test_a_known_chat_keeps_its_settings_and_gets_its_new_title(storage: Storage) -> None:
    first = await reader(storage, -5, language="ar", timezone="Asia/Beirut", title="Old")
    again = await reader(storage, -5, language="en", timezone="UTC", title="New", everything=False)
    assert (again.id, again.language, again.timezone, again.title) == (first.id, "ar", "Asia/Beirut", "New")


async def test_topics_of_a_group_are_chats_of_their_own(storage: Storage) -> None:
    whole, topic = await reader(storage, -5), await reader(storage, -5, topic_id=3, everything=False)
    assert whole.id != topic.id
    assert (await storage.chats.get(-5, 3)) == topic
    assert (await storage.chats.subscription(topic.id)).nothing


async def test_settings_are_changed_one_by_one(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await storage.chats.set_language(chat.id, "ar", now=NOON)
    await storage.chats.set_timezone(chat.id, "Africa/Cairo", now=NOON)
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

    await chats.want(chat, sea, now=NOON)
    await chats.want(chat, land, now=NOON)
    assert await now_wants() == (False, ["Land", "Sea"], [])
    await chats.unwant(chat, land, now=NOON)
    assert await now_wants() == (False, ["Sea"], [])
    await chats.want_everything(chat, now=NOON)
    assert await now_wants() == (True, [], [])
    await chats.unwant(chat, sea, now=NOON)
    assert await now_wants() == (True, [], ["Sea"])
    await chats.want(chat, sea, now=NOON)
    assert await now_wants() == (True, [], [])
    await chats.want_only(chat, land, now=NOON)
    assert await now_wants() == (False, ["Land"], [])
    await chats.want_nothing(chat, now=NOON)
    assert await now_wants() == (False, [], [])


@pytest.mark.parametrize("again", ["everything", "category"])
async def test_wanting_again_what_is_wanted_keeps_what_is_on_its_way(storage: Storage, sea: int, again: str) -> None:
    chat = await reader(storage, 1, everything=again == "everything")
    if again == "category":
        await storage.chats.want(chat.id, sea, now=NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    if again == "everything":
        await storage.chats.want_everything(chat.id, now=NOON + MINUTE)
    else:
        await storage.chats.want(chat.id, sea, now=NOON + MINUTE)
    assert await owed(storage) == 1


async def test_narrowing_keeps_what_is_on_its_way_in_that_category(storage: Storage, sea: int) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("a", category="Sea"), new_article("b", category="Land"))
    await storage.chats.want_only(chat.id, sea, now=NOON + MINUTE)
    assert await owed(storage) == 1


async def test_who_subscribes_after_an_article_was_stored_is_not_owed_it(storage: Storage) -> None:
    await stored(storage, new_article())
    await reader(storage, 1, now=NOON + MINUTE)
    assert await owed(storage) == 0


async def test_ending_all_alerts_drops_the_alerts_and_keeps_the_notices(storage: Storage) -> None:
    chat = await reader(storage, 1)
    other = await reader(storage, 2)
    await stored(storage, new_article())
    await storage.deliveries.owe_notice([chat.id], "{}", lane=Lane.ALERT, now=NOON)
    assert await owed(storage) == 3
    await storage.chats.want_nothing(chat.id, now=NOON)
    assert await storage.deliveries.owed() == 2
    assert names(await storage.chats.subscription(other.id))[0]


# Coming and going


async def test_a_paused_chat_keeps_its_settings_and_is_owed_nothing_of_the_meantime(storage: Storage) -> None:
    await reader(storage, 1, language="ar")
    await stored(storage, new_article("queued"))
    assert await owed(storage) == 1
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked")
    assert await storage.deliveries.owed() == 0
    await stored(storage, new_article("missed"), now=NOON + MINUTE)
    assert await storage.chats.resume(1, now=NOON + 2 * MINUTE)
    assert not await storage.chats.resume(1, now=NOON + 2 * MINUTE)
    await stored(storage, new_article("new"), now=NOON + 3 * MINUTE)
    assert await owed(storage) == 1
    chat = await storage.chats.get(1)
    assert chat
    assert (chat.state, chat.language, chat.everything) == (ChatState.ACTIVE, "ar", True)


async def test_pausing_a_group_pauses_all_of_its_topics(storage: Storage) -> None:
    await reader(storage, -5)
    await reader(storage, -5, topic_id=3)
    await storage.chats.pause(-5, state=ChatState.PAUSED, reason="kicked")
    for topic in (None, 3):
        chat = await storage.chats.get(-5, topic)
        assert chat
        assert chat.state is ChatState.PAUSED


# A group that gets a new number


async def test_a_migrated_group_is_the_same_chat_under_its_new_number(storage: Storage, sea: int) -> None:
    group, topic = await reader(storage, -5), await reader(storage, -5, topic_id=3, everything=False)
    await storage.chats.want(topic.id, sea, now=NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    assert await owed(storage) == 2
    await storage.chats.migrate(-5, -1005)
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
    await storage.chats.migrate(-5, -1005)
    left = await storage.chats.get(-1005)
    assert left
    assert (left.id, left.language, left.silent) == (later.id, language, True)
    assert await storage.chats.get(-5) is None
    assert await storage.deliveries.owed() == 1  # and not one for each


async def test_a_migration_that_is_told_twice_changes_nothing_more(storage: Storage) -> None:
    await reader(storage, -5)
    await storage.chats.migrate(-5, -1005)
    before = await storage.chats.get(-1005)
    await storage.chats.migrate(-5, -1005)
    assert await storage.chats.get(-1005) == before


# Lists and searches


async def test_positions_are_those_of_the_last_list_and_its_pages(storage: Storage) -> None:
    chat = (await reader(storage, 1)).id
    await storage.chats.show(chat, [11, 12, 13])
    await storage.chats.show(chat, [14, 15], first=4)
    assert [await storage.chats.shown(chat, position) for position in range(1, 7)] == [11, 12, 13, 14, 15, None]
    await storage.chats.show(chat, [21])
    assert [await storage.chats.shown(chat, position) for position in (1, 2, 4)] == [21, None, None]


async def test_the_same_words_have_the_same_number(storage: Storage) -> None:
    number = await storage.chats.remember_search("sea breeze", now=NOON)
    assert await storage.chats.remember_search("sea breeze", now=NOON + MINUTE) == number
    assert await storage.chats.searched(number) == "sea breeze"
    assert await storage.chats.searched(number + 1) is None


async def test_channels_are_found_by_who_brought_the_bot(storage: Storage) -> None:
    await reader(storage, -7, kind=ChatKind.CHANNEL, title="Wire", added_by=1)
    await reader(storage, -8, title="Group", added_by=1)
    await reader(storage, -9, kind=ChatKind.CHANNEL, added_by=2)
    await storage.chats.pause(-8, state=ChatState.PAUSED, reason="kicked")
    assert [chat.chat_id for chat in await storage.chats.brought_by(1)] == [-7]


# Import and export


def settings(**changes: Any) -> ChatSettings:
    return ChatSettings(**({"chat_id": 1, "language": "ar", "timezone": "Asia/Beirut"} | changes))


def named(*given: str) -> tuple[CategoryName, ...]:
    return tuple(CategoryName(name, name.casefold()) for name in given)


EVERY = [
    settings(),
    settings(chat_id=2, silent=True, categories=named("Land", "Sea")),
    settings(chat_id=3, muted=named("Sea")),
    settings(chat_id=4, subscribed=False),
    settings(chat_id=5, state=ChatState.PAUSED),
    settings(chat_id=6, state=ChatState.GONE),
    settings(chat_id=-7, kind=ChatKind.CHANNEL, title="Wire", added_by=1),
    settings(chat_id=-8, kind=ChatKind.GROUP, title="Forum"),
    settings(chat_id=-8, kind=ChatKind.GROUP, title="Forum", topic_id=3, categories=named("Sea")),
]


async def exported(storage: Storage) -> list[ChatSettings]:
    return [one async for one in storage.chats.export()]


async def test_every_setting_survives_import_and_export(storage: Storage) -> None:
    assert await storage.chats.put(EVERY, now=NOON) == len(EVERY)
    assert await exported(storage) == EVERY
    assert await storage.chats.put(EVERY, now=NOON) == 0
    assert await exported(storage) == EVERY


async def test_an_import_replaces_what_a_chat_wanted(storage: Storage) -> None:
    await storage.chats.put([settings(categories=named("Land", "Sea"))], now=NOON)
    await storage.chats.put([settings(muted=named("Sea"))], now=NOON)
    assert await exported(storage) == [settings(muted=named("Sea"))]
    await storage.chats.put([settings(subscribed=False)], now=NOON)
    assert await exported(storage) == [settings(subscribed=False)]


async def test_a_chat_that_is_there_twice_gets_what_comes_last(storage: Storage) -> None:
    assert await storage.chats.put([settings(language="en"), settings(language="ar")], now=NOON) == 1
    assert (await exported(storage))[0].language == "ar"


async def test_an_export_goes_on_over_more_chats_than_one_question_takes(storage: Storage) -> None:
    many = [settings(chat_id=number) for number in range(1, 2500)]
    await storage.chats.put(many, now=NOON)
    assert [one.chat_id for one in await exported(storage)] == list(range(1, 2500))
