"""Subjects in storage: following and muting, stopping and resuming, and a database from before them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage import Storage, open_storage
from storage.errors import NotFound
from storage.records import (
    SubjectKind,
    SubjectName,
)
from storage.sqlite.connection import migrations, statements
from tests.choosing import BEFORE, LONG_AGO, MINUTE, category, source, waiting
from tests.makers import NOON, new_article, owed, reader, stored

# Following and muting


async def test_who_follows_a_source_gets_its_articles_and_no_others(storage: Storage) -> None:
    harbour, _ = await source(storage, "harbour"), await source(storage, "other")
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, harbour.id, now=BEFORE)
    await stored(storage, new_article("a", source_id=harbour.ref), new_article("b"))
    assert await waiting(storage) == {1: ["a"]}


async def test_a_mute_wins_over_every_follow_and_over_everything(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    follower, all_news = await reader(storage, 1, everything=False), await reader(storage, 2)
    await storage.follows.follow(follower.id, harbour.id, now=BEFORE)
    for chat in (follower, all_news):
        await storage.follows.mute(chat.id, sea.id, now=BEFORE)
    await stored(
        storage,
        new_article("a", source_id=harbour.ref, category="Sea"),
        new_article("b", source_id=harbour.ref, category="Land"),
    )
    assert await waiting(storage) == {1: ["b"], 2: ["b"]}


async def test_two_subjects_of_one_article_make_one_alert(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    chat = await reader(storage, 1)
    for subject in (harbour, sea):
        await storage.follows.follow(chat.id, subject.id, now=BEFORE)
    await stored(storage, new_article("a", source_id=harbour.ref, category="Sea"))
    assert await waiting(storage) == {1: ["a"]}


async def test_a_mute_that_has_ended_counts_as_none(storage: Storage) -> None:
    sea = await category(storage, "Sea")
    muting = {until: await reader(storage, until) for until in (1, 3)}
    for minutes, chat in muting.items():
        await storage.follows.mute(chat.id, sea.id, until=NOON + minutes * MINUTE, now=BEFORE)
    await stored(storage, new_article("a", category="Sea"))
    assert await waiting(storage, NOON + 2 * MINUTE) == {1: ["a"]}


@pytest.mark.parametrize("kind", ["category", "source"])
async def test_what_was_followed_is_followed_again_when_its_mute_ends(storage: Storage, kind: str) -> None:
    chat = await reader(storage, 1)
    subject = await (category(storage, "Sea") if kind == "category" else source(storage, "harbour"))
    await storage.follows.follow(chat.id, subject.id, least_sources=2, now=LONG_AGO)
    await storage.follows.mute(chat.id, subject.id, until=NOON, now=BEFORE)
    (muted,) = await storage.follows.of_chat(chat.id, now=BEFORE)
    assert (muted.muted, muted.until) == (True, NOON)
    (again,) = await storage.follows.of_chat(chat.id, now=NOON)
    assert (again.muted, again.until, again.least_sources) == (False, None, 2)
    await storage.follows.prune(now=NOON, limit=10)
    assert await storage.follows.of_chat(chat.id, now=NOON + MINUTE) == [replace(again, since=NOON)]


async def test_an_article_that_comes_after_the_end_of_a_mute_is_owed_at_once(storage: Storage) -> None:
    chat, sea = await reader(storage, 1), await category(storage, "Sea")
    await storage.chats.subscribe_only(chat.id, sea.ref or 0, now=LONG_AGO)
    await storage.follows.mute(chat.id, sea.id, until=NOON, now=LONG_AGO)
    assert [one.name for one in (await storage.chats.subscription(chat.id)).categories] == ["Sea"]
    await stored(storage, new_article("during", category="Sea"), now=BEFORE)
    assert await waiting(storage, BEFORE) == {}
    await stored(storage, new_article("after", category="Sea"), now=NOON)
    assert await waiting(storage) == {1: ["after"]}


async def test_what_was_muted_after_it_was_queued_is_not_sent(storage: Storage) -> None:
    harbour = await source(storage, "harbour")
    chat = await reader(storage, 1)
    await stored(storage, new_article("a", source_id=harbour.ref))
    assert await owed(storage) == 1
    await storage.follows.mute(chat.id, harbour.id, now=NOON)
    assert await waiting(storage) == {}


async def test_a_follow_that_was_chosen_after_an_article_was_stored_is_not_owed_it(storage: Storage) -> None:
    harbour = await source(storage, "harbour")
    chat = await reader(storage, 1, everything=False)
    await stored(storage, new_article("a", source_id=harbour.ref))
    await storage.follows.follow(chat.id, harbour.id, now=NOON + MINUTE)
    assert await waiting(storage, NOON + 2 * MINUTE) == {}


async def test_digests_list_what_is_followed_and_not_what_is_muted(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, harbour.id, now=BEFORE)
    await storage.follows.mute(chat.id, sea.id, now=BEFORE)
    await stored(
        storage,
        new_article("a", source_id=harbour.ref),
        new_article("b", source_id=harbour.ref, category="Sea"),
        new_article("c"),
    )
    missed, found = await storage.articles.missed_headlines(chat.id, since=BEFORE, until=NOON + MINUTE, limit=5)
    assert ([one.title for one in missed], found) == (["Title a"], 1)


async def test_what_a_chat_follows_and_mutes_is_listed_until_it_ends(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    chat = await reader(storage, 1)
    await storage.follows.mute(chat.id, sea.id, until=NOON + MINUTE, now=BEFORE)
    await storage.follows.follow(chat.id, harbour.id, least_sources=3, now=NOON)
    first, second = await storage.follows.of_chat(chat.id, now=NOON)
    assert (first.subject, first.muted, first.since, first.until, first.least_sources) == (
        harbour,
        False,
        NOON,
        None,
        3,
    )
    assert (second.subject, second.muted, second.until) == (sea, True, NOON + MINUTE)
    assert [one.subject.name for one in await storage.follows.of_chat(chat.id, now=NOON + MINUTE)] == ["harbour"]
    await storage.follows.unfollow(chat.id, harbour.id, now=NOON)
    assert await storage.follows.of_chat(chat.id, now=NOON + MINUTE) == []


async def test_following_again_keeps_the_date_and_following_instead_of_muting_begins_anew(storage: Storage) -> None:
    sea = await category(storage, "Sea")
    chat = await reader(storage, 1, everything=False)

    async def since() -> tuple[bool, datetime]:
        (line,) = await storage.follows.of_chat(chat.id, now=NOON)
        return line.muted, line.since

    await storage.follows.follow(chat.id, sea.id, now=LONG_AGO)
    await storage.follows.follow(chat.id, sea.id, least_sources=2, now=NOON)
    assert await since() == (False, LONG_AGO)
    await storage.follows.mute(chat.id, sea.id, now=BEFORE)
    assert await since() == (True, BEFORE)
    await storage.follows.follow(chat.id, sea.id, now=NOON)
    assert await since() == (False, NOON)


async def test_an_article_tells_its_subjects_and_says_which_nobody_has_followed(storage: Storage) -> None:
    harbour = await source(storage, "harbour")
    (article,) = await stored(storage, new_article("a", source_id=harbour.ref, category="Sea"))
    subjects = await storage.follows.subjects_of(article)
    assert [(one.kind, one.name, one.id == 0) for one in subjects] == [
        (SubjectKind.CATEGORY, "Sea", True),
        (SubjectKind.SOURCE, "harbour", False),
        (SubjectKind.STORY, "Title a", True),
    ]
    sea = await storage.follows.ensure_subject(subjects[0].as_name)
    assert sea.id
    assert (await storage.follows.subjects_of(article))[0] == sea


@pytest.mark.parametrize("kind", [SubjectKind.CATEGORY, SubjectKind.SOURCE, SubjectKind.STORY])
async def test_a_subject_that_points_at_nothing_is_refused(storage: Storage, kind: SubjectKind) -> None:
    with pytest.raises(NotFound):
        await storage.follows.ensure_subject(SubjectName(kind=kind, ref=7))


async def test_what_a_subject_brought_is_counted_as_the_chat_may_see_it(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    land = await category(storage, "Land")
    chat = await reader(storage, 1, everything=False)
    ids = await stored(
        storage,
        new_article("old", source_id=harbour.ref, published_at=NOON - timedelta(days=9)),
        *(
            new_article(name, source_id=harbour.ref, category="Sea", published_at=NOON - timedelta(hours=hours))
            for hours, name in enumerate("abc")
        ),
        new_article("muted", source_id=harbour.ref, category="Land"),
    )
    await storage.follows.mute(chat.id, land.id, now=BEFORE)
    week = NOON - timedelta(days=7)
    for subject in (harbour, sea):
        number, newest = await storage.follows.recent(subject.id, chat_row=chat.id, since=week, limit=2)
        assert (number, [one.title for one in newest]) == (3, ["Title a", "Title b"])
    assert (await storage.follows.recent(land.id, chat_row=chat.id, since=week, limit=2))[0] == 1
    story = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.STORY, ref=ids[1]))
    assert (await storage.follows.recent(story.id, chat_row=chat.id, since=week, limit=2))[0] == 1


async def test_a_source_that_is_removed_takes_its_follows_along(storage: Storage) -> None:
    harbour = await source(storage, "harbour")
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, harbour.id, now=BEFORE)
    await storage.sources.remove(harbour.ref or 0)
    assert await storage.follows.of_chat(chat.id, now=NOON) == []


# Stopping and resuming


async def test_what_was_chosen_comes_back_when_a_chat_that_stopped_resumes(storage: Storage) -> None:
    sea = await category(storage, "Sea")
    one, two = await reader(storage, 1, everything=False), await reader(storage, 2)
    await storage.chats.subscribe(one.id, sea.ref or 0, now=LONG_AGO)
    await storage.chats.unsubscribe(two.id, sea.ref or 0, now=LONG_AGO)
    for chat in (one, two):
        before = await storage.chats.subscription(chat.id)
        await storage.chats.unsubscribe_from_everything(chat.id, now=BEFORE)
        stopped = await storage.chats.subscription(chat.id)
        assert (stopped.stopped, stopped.nothing) == (True, True)
        await storage.chats.resume_subscription(chat.id, NOON)
        assert await storage.chats.subscription(chat.id) == before
    await stored(storage, new_article("a", category="Sea"), new_article("b", category="Land"))
    assert await waiting(storage) == {1: ["a"], 2: ["b"]}


async def test_a_chat_that_stopped_is_owed_nothing_of_that_time(storage: Storage) -> None:
    chat, sea = await reader(storage, 1), await category(storage, "Sea")
    await storage.follows.follow(chat.id, sea.id, now=LONG_AGO)
    await stored(storage, new_article("queued", category="Sea"), now=BEFORE)
    assert await owed(storage) == 1
    await storage.chats.unsubscribe_from_everything(chat.id, now=BEFORE)
    await stored(storage, new_article("meanwhile", category="Sea"), now=BEFORE)
    assert await owed(storage) == 0
    missed = await storage.articles.missed_headlines(chat.id, since=LONG_AGO, until=NOON, limit=5)
    assert missed == ([], 0)
    await storage.chats.resume_subscription(chat.id, NOON)
    missed = await storage.articles.missed_headlines(chat.id, since=LONG_AGO, until=NOON, limit=5)
    assert missed == ([], 0)
    await stored(storage, new_article("later", category="Sea"))
    assert await waiting(storage) == {1: ["later"]}


async def test_what_is_on_its_way_is_not_sent_to_a_chat_that_stopped(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("a"))
    await storage.chats.unsubscribe_from_everything(chat.id, now=NOON)
    assert await waiting(storage) == {}


async def test_one_category_asked_for_after_all_news_were_stopped_is_all_that_comes(storage: Storage) -> None:
    sea = await category(storage, "Sea")
    chat = await reader(storage, 1)
    await storage.chats.unsubscribe_from_everything(chat.id, now=LONG_AGO)
    await storage.chats.subscribe(chat.id, sea.ref or 0, now=BEFORE)
    subscription = await storage.chats.subscription(chat.id)
    assert (subscription.stopped, subscription.everything) == (False, False)
    assert [one.name for one in subscription.categories] == ["Sea"]


async def test_all_news_again_keep_the_mutes_of_other_subjects(storage: Storage) -> None:
    harbour, sea = await source(storage, "harbour"), await category(storage, "Sea")
    chat = await reader(storage, 1, everything=False)
    for subject in (harbour, sea):
        await storage.follows.mute(chat.id, subject.id, now=BEFORE)
    await storage.chats.subscribe_to_everything(chat.id, now=BEFORE)
    assert [one.subject for one in await storage.follows.of_chat(chat.id, now=NOON)] == [harbour]


# A database from before there were subjects


async def test_subscriptions_of_an_older_database_stay_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    _older_database(path)
    async with open_storage(f"sqlite:///{path}") as storage:
        one, two, three = [await storage.chats.subscription(number) for number in (1, 2, 3)]
        assert (one.everything, [c.name for c in one.categories], one.muted) == (False, ["Land", "Sea"], ())
        assert (two.everything, two.categories, [c.name for c in two.muted]) == (True, (), ["Sea"])
        assert three.nothing
        assert not three.stopped
        (_, land) = await storage.follows.of_chat(1, now=NOON)
        assert (land.subject.name, land.since) == ("Land", LONG_AGO)
        assert await waiting(storage) == {1: ["on its way"]}
        await stored(storage, new_article("a", category="Sea"), new_article("b", category="Air"), now=NOON + MINUTE)
        assert await waiting(storage, NOON + 2 * MINUTE) == {1: ["a"], 2: ["b"]}


def _older_database(path: Path) -> None:
    """The version before: three chats, and an article of the sea on its way to those that want it."""
    ms = int(LONG_AGO.timestamp() * 1000)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for number, sql in migrations():
            if number < 22:
                for statement in statements(sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        connection.executescript(
            f"""
            INSERT INTO categories (id, name, folded) VALUES (1, 'Sea', 'sea'), (2, 'Land', 'land');
            INSERT INTO chats (
                id, chat_id, kind, language, timezone, active_since, everything_since, settings_at)
            VALUES (1, 1, 'private', 'en', 'UTC', {ms}, NULL, {ms}), (2, 2, 'private', 'en', 'UTC', {ms}, {ms}, {ms}),
                   (3, 3, 'private', 'en', 'UTC', {ms}, NULL, {ms});
            INSERT INTO subscriptions (chat, category_id, wanted, since)
            VALUES (1, 2, 1, {ms}), (1, 1, 1, {ms + 1}), (2, 1, 0, {ms});
            INSERT INTO articles (
                id, identity, category_id, title, body, markup, lead, summary, language, published_at, stored_at,
                changed_at, lane, story_id, indexed)
            VALUES (1, 'one', 1, 'Title on its way', '', '', '', '', 'en', {ms + 9}, {ms + 9}, {ms + 9}, 3, 1, 1);
            INSERT INTO fanouts (article_id, lane, opened_at, published_at, stored_at)
            VALUES (1, 3, {ms + 9}, {ms + 9}, {ms + 9});
            """
        )
