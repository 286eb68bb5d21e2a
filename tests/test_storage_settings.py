"""Whole settings of chats, in and out: what an export says, an import stores."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage import Storage
from storage.records import ChatKind, ChatState, Rhythm, Timetable
from tests.makers import NOON, exported, named, new_article, owed, reader, settings, stored

MINUTE = timedelta(minutes=1)

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
    settings(chat_id=9, timetable=Timetable(Rhythm.WEEKLY, 23, 6, (22, 7), False), digest_at=NOON + MINUTE),
    settings(chat_id=10, timetable=Timetable(quiet=(0, 6))),
]


async def test_every_setting_survives_import_and_export(storage: Storage) -> None:
    assert await storage.settings.put(EVERY, now=NOON) == len(EVERY)
    assert await exported(storage) == EVERY
    assert await storage.settings.put(EVERY, now=NOON) == 0
    assert await exported(storage) == EVERY


async def test_an_import_replaces_what_a_chat_wanted(storage: Storage) -> None:
    await storage.settings.put([settings(categories=named("Land", "Sea"))], now=NOON)
    await storage.settings.put([settings(muted=named("Sea"))], now=NOON)
    assert await exported(storage) == [settings(muted=named("Sea"))]
    await storage.settings.put([settings(subscribed=False)], now=NOON)
    assert await exported(storage) == [settings(subscribed=False)]


async def test_an_import_over_a_known_chat_keeps_its_title_and_who_added_it(storage: Storage) -> None:
    await reader(storage, 1, title="Rima", added_by=9)
    given = settings(state=ChatState.GONE, silent=True, subscribed=False, categories=named("Sea"))
    assert await storage.settings.put([given], now=NOON) == 0
    assert await exported(storage) == [replace(given, title="Rima", added_by=9)]


async def test_a_chat_that_is_there_twice_gets_what_comes_last(storage: Storage) -> None:
    assert await storage.settings.put([settings(language="en"), settings(language="ar")], now=NOON) == 1
    assert (await exported(storage))[0].language == "ar"


async def test_an_export_goes_on_over_more_chats_than_one_question_takes(storage: Storage) -> None:
    many = [settings(chat_id=number) for number in range(1, 2500)]
    await storage.settings.put(many, now=NOON)
    assert [one.chat_id for one in await exported(storage)] == list(range(1, 2500))


@pytest.mark.parametrize("given", [("Justice", "Law"), ("Law", "LAW"), ("Justice",)])
async def test_two_names_of_one_category_come_in_as_one(storage: Storage, given: tuple[str, ...]) -> None:
    (justice, law) = named("Justice", "Law")
    await storage.categories.set_alias(justice, law)
    await storage.settings.put([settings(categories=named(*given))], now=NOON)
    assert await exported(storage) == [settings(categories=(law,))]


async def test_what_is_on_its_way_stays_owed_to_who_is_imported_again(storage: Storage) -> None:
    both = [settings(), settings(chat_id=2, categories=named("Sea"))]
    await storage.settings.put(both, now=NOON - MINUTE)
    await stored(storage, new_article(category="Sea"))
    again = [both[0], replace(both[1], categories=named("Land", "Sea")), replace(both[1], chat_id=3)]
    await storage.settings.put(again, now=NOON + MINUTE)
    await owed(storage)
    claims = await storage.deliveries.claim(limit=5, now=NOON + MINUTE)
    assert sorted(claim.chat_id for claim in claims) == [1, 2]
