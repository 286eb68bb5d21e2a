"""Upkeep of follows: what has ended, what nobody follows any more, and what finds nothing."""

from datetime import datetime, timedelta

import pytest

from bot.ingest.prepare import author_names
from bot.text.search import phrase_form
from storage import Storage
from tests.choosing import BEFORE, LONG_AGO, article, category, follow_words, words
from tests.makers import NOON, new_article, reader, stored


async def test_a_follow_that_found_nothing_for_a_month_is_offered_for_removal_once(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    quiet, busy, fresh = [
        await storage.follows.ensure_subject(words(typed), phrase_form=phrase_form)
        for typed in ("boats", "cars", "trains")
    ]
    for subject, since in ((quiet, LONG_AGO), (busy, LONG_AGO), (fresh, NOON + timedelta(days=20))):
        await storage.follows.follow(chat.id, subject.id, now=since)
    await stored(storage, article("a", "Boats"))
    later = NOON + timedelta(days=40)
    await stored(storage, article("b", "Cars"), now=later)
    ((row, follow),) = await storage.follows.quiet_follows(now=later, limit=9)
    assert (row, follow.subject) == (chat.id, quiet)
    await storage.follows.note_offered([(row, follow.subject.id)], now=later)
    assert await storage.follows.quiet_follows(now=later, limit=9) == []


async def prune(storage: Storage, now: datetime) -> None:
    while await storage.follows.prune(now=now, limit=2):
        pass


async def test_what_has_ended_and_what_nobody_follows_for_a_month_is_deleted(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    boats = await follow_words(storage, chat.id, "boats")
    cars = await storage.follows.ensure_subject(words("cars"))
    sea = await category(storage, "Sea")
    await storage.follows.mute(chat.id, sea.id, until=NOON, now=BEFORE)
    await stored(storage, article("a", "Boats and cars", authors=author_names("Mona")))
    await prune(storage, NOON)
    assert [one.subject for one in await storage.follows.of_chat(chat.id, now=BEFORE)] == [boats]  # the mute ended
    await prune(storage, NOON + timedelta(days=30))
    assert await storage.follows.get(cars.id) == cars
    assert await storage.follows.get(sea.id)
    await prune(storage, NOON + timedelta(days=31))
    left = await storage.database.fetch("SELECT id, kind FROM subjects ORDER BY id")
    assert [(row["id"] in (boats.id, cars.id), row["kind"]) for row in left] == [(True, "words"), (False, "author")]
    stems = await storage.database.fetch("SELECT DISTINCT subject_id FROM subject_stems")
    assert [row["subject_id"] for row in stems] == [boats.id]


async def test_the_month_begins_again_with_each_follow(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    cars = await storage.follows.ensure_subject(words("cars"))
    await prune(storage, NOON)
    await storage.follows.follow(chat.id, cars.id, now=NOON + timedelta(days=20))
    await prune(storage, NOON + timedelta(days=40))
    await storage.follows.unfollow(chat.id, cars.id, now=NOON + timedelta(days=41))
    await prune(storage, NOON + timedelta(days=41))
    await prune(storage, NOON + timedelta(days=71))
    assert await storage.follows.get(cars.id) == cars
    await prune(storage, NOON + timedelta(days=72))
    assert await storage.follows.get(cars.id) is None


async def test_an_author_who_writes_again_stays_with_the_articles(storage: Storage) -> None:
    (number,) = await stored(storage, new_article("a", authors=author_names("Mona")))
    await storage.database.write(
        lambda transaction: transaction.execute("UPDATE subjects SET unused_since = 0 WHERE id > 0", {})
    )
    await prune(storage, NOON + timedelta(days=90))
    assert "Mona" in [one.name for one in await storage.follows.subjects_of(number)]


async def test_of_very_many_unused_subjects_the_oldest_leave_at_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.follows.UNUSED_MOST", 3)
    made = [
        await storage.follows.ensure_subject(words(typed)) for typed in ("a1", "b1", "c1", "d1", "e1", "f1", "g1")
    ]
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, made[0].id, now=NOON)
    await prune(storage, NOON)
    kept = [one.key for one in made if await storage.follows.get(one.id)]
    assert kept == [made[0].key, *(one.key for one in made[-3:])]
