"""Subjects in storage: following and muting, stopping and resuming, and a database from before them."""

import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.ingest.prepare import author_names
from bot.text.followed_words import words_subject
from bot.text.search import phrase_form, search_text, understood
from storage import Storage, open_storage
from storage.database import Transaction
from storage.errors import NotFound
from storage.records import (
    ChangedArticle,
    ChatState,
    Fingerprint,
    NewArticle,
    Reading,
    Rhythm,
    SourceKind,
    StageKind,
    StoryCandidates,
    StoryPlacement,
    Subject,
    SubjectKind,
    SubjectName,
    Timetable,
)
from storage.sqlite.connection import migrations, statements
from tests.makers import NOON, named, new_article, owed, reader, stored

MINUTE = timedelta(minutes=1)
BEFORE = NOON - MINUTE
LONG_AGO = NOON - timedelta(days=1)


async def category(storage: Storage, name: str) -> Subject:
    (found,) = named(name)
    stored_as = await storage.categories.set_alias(found, found)
    return await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.CATEGORY, ref=stored_as.id))


async def source(storage: Storage, name: str) -> Subject:
    added, _ = await storage.sources.add(f"https://{name}.example/feed", SourceKind.FEED, now=LONG_AGO, title=name)
    return await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=added.id))


async def waiting(storage: Storage, now: datetime = NOON + MINUTE) -> dict[int, list[str]]:
    """The titles of the alerts that each chat is sent, by Telegram's number."""
    while await storage.deliveries.expand(limit=100, now=now):
        pass
    sent: dict[int, list[str]] = {}
    while claims := await storage.deliveries.claim(limit=100, now=now):
        for claim in claims:
            article = await storage.articles.get(claim.article_id or 0)
            assert article
            sent.setdefault(claim.chat_id, []).append(article.text.title.removeprefix("Title "))
            await storage.database.write(_settled(claim.delivery_id, claim.chat_id))
    return {chat: sorted(titles) for chat, titles in sorted(sent.items())}


def _settled(delivery: int, chat_id: int) -> Callable[[Transaction], Coroutine[Any, Any, None]]:
    async def settle(transaction: Transaction) -> None:
        await transaction.execute("UPDATE deliveries SET state = 'sent' WHERE id = :id", {"id": delivery})
        await transaction.execute("UPDATE send_slots SET next_send_at = 0 WHERE chat_id = :chat", {"chat": chat_id})

    return settle


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


# Words and authors


def words(typed: str, **how: Any) -> SubjectName:
    subject = words_subject(understood(typed), **how)
    assert subject
    return subject


def article(name: str, title: str, body: str = "", **changes: Any) -> NewArticle:
    """An article whose words are indexed as ingest does it."""
    language = changes.setdefault("language", "en")
    return new_article(name, title=title, body=body, search=search_text(title, body, language), **changes)


async def follow_words(storage: Storage, chat_row: int, typed: str, **how: Any) -> Subject:
    subject = await storage.follows.ensure_subject(words(typed, **how), phrase_form=phrase_form)
    await storage.follows.follow(chat_row, subject.id, now=BEFORE)
    return subject


HARBOUR = {
    "a": ("Harbour council meets", "The boats of the old port are painted blue."),
    "b": ("The council of the harbours", "Nothing about a new port."),
    "c": ("Weather", "The council looked at the harbour."),
    "d": ("Weather", "It rains."),
    "e": ("قرار لمجلس المرفأ", "عن نورس"),
    "f": ("مجالس المرفأ", "حزن والنورس على القرار"),
}


@pytest.mark.parametrize(
    ("typed", "how", "titles"),
    [
        ("harbour council", {}, "abc"),
        ("council harbour", {}, "abc"),
        ('"harbour council"', {}, "a"),
        ("harbour -weather", {}, "ab"),
        ("harbour", {"only_titles": True}, "ab"),
        ('harbour -"old port"', {}, "bc"),
        ("boats", {}, "a"),
        ('"مجلس المرفأ"', {}, "e"),
        ('"المجلس مرفأ"', {"only_titles": True}, "e"),
        ('"النورس"', {}, "ef"),
        ('قرار -"الحزن"', {}, "e"),
        ('"النورس" "المجالس"', {}, "f"),
    ],
)
@pytest.mark.parametrize("stored_before", [False, True])
async def test_words_find_articles_as_search_does(
    storage: Storage, typed: str, how: dict[str, Any], titles: str, stored_before: bool
) -> None:
    chat = await reader(storage, 1, everything=False)
    articles = [article(name, *text) for name, text in HARBOUR.items()]
    if stored_before:
        ids = await stored(storage, *articles)
        subject = await follow_words(storage, chat.id, typed, **how)
    else:
        subject = await follow_words(storage, chat.id, typed, **how)
        ids = await stored(storage, *articles)
    found = await storage.database.fetch(
        "SELECT article_id FROM article_subjects WHERE subject_id = :id", {"id": subject.id}
    )
    assert (
        "".join(name for name, number in zip(HARBOUR, ids, strict=True) if number in {r["article_id"] for r in found})
        == titles
    )


async def test_arabic_words_are_found_in_all_their_forms_and_owed(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    await follow_words(storage, chat.id, "أسعار المدرسة")
    await stored(
        storage,
        article("a", "تعليم", "ارتفعت الأسعار بالمدارس، والسعر في مدرسة القرية", language="ar"),
        article("b", "أسعار مدرسة", "", language="ar"),
        article("c", "أسعار النفط", "", language="ar"),
    )
    assert "أسعار مدرسة" in (await waiting(storage))[1]
    assert "أسعار النفط" not in (await waiting(storage)).get(1, [])


async def test_words_in_another_order_are_one_subject(storage: Storage) -> None:
    one, other = words("harbour council -football"), words("-football council harbour")
    assert (await storage.follows.ensure_subject(one)).id == (await storage.follows.ensure_subject(other)).id
    assert one.key != words("harbour council -football", only_titles=True).key
    assert words_subject(understood("the of")) is None


async def test_words_of_one_category_and_source_only(storage: Storage) -> None:
    harbour = await source(storage, "Harbour News")
    chat = await reader(storage, 1, everything=False)
    sea, maritime = named("Sea", "Maritime")
    subject = await follow_words(storage, chat.id, "boats", categories=[sea], sources=["Harbour News"])
    await storage.categories.set_alias(maritime, sea)
    await stored(
        storage,
        article("a", "Boats one", category="Maritime", source_id=harbour.ref),
        article("b", "Boats two", category="Sea"),
        article("c", "Boats three", category="Land", source_id=harbour.ref),
    )
    assert await waiting(storage) == {1: ["Boats one"]}
    assert subject.query


async def test_words_are_looked_for_again_when_an_article_changes(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    boats, cars = await follow_words(storage, chat.id, "boats"), await follow_words(storage, chat.id, "cars")
    (number,) = await stored(storage, article("a", "Boats"))
    (kept,) = (await storage.articles.find_by_keys(["a"]))["a"]
    text = replace(kept.text, title="Cars")
    change = ChangedArticle(
        article_id=number, text=text, search=search_text("Cars", "", "en"), from_revision=kept.revision
    )
    await storage.articles.store([], [change], now=NOON)
    found = [one for one in await storage.follows.subjects_of(number) if one.kind is SubjectKind.WORDS]
    assert found == [cars]
    assert boats != cars


async def test_an_author_is_followed_and_a_second_author_counts_as_well(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    mona, omar = author_names("Mona Saleh and Omar")
    (first,) = await stored(storage, new_article("a", authors=(mona,)))
    (author,) = [one for one in await storage.follows.subjects_of(first) if one.kind is SubjectKind.AUTHOR]
    assert author.name == "Mona Saleh"
    await storage.follows.follow(chat.id, author.id, now=BEFORE)
    await stored(storage, new_article("b", authors=(omar, mona)), new_article("c", authors=(omar,)))
    assert await waiting(storage) == {1: ["a", "b"]}


# Stories, and the number of their sources


def in_story(fingerprint: Fingerprint, candidates: StoryCandidates) -> StoryPlacement:
    """Every article joins the first story."""
    return StoryPlacement(story_id=1 if candidates.stories or candidates.texts else None)


async def report(storage: Storage, *articles: NewArticle, now: datetime = NOON) -> list[int]:
    ids: list[int] = []
    for one in articles:
        same = Fingerprint(words={1: 1.0, 2: 1.0}, runs=(1,), sketch=b"")
        made = await storage.articles.store([replace(one, fingerprint=same)], now=now, decide=in_story)
        ids += made.added
    return ids


async def test_an_article_that_brings_the_second_source_is_owed_to_who_asked_for_two(storage: Storage) -> None:
    one, two, three = [await source(storage, name) for name in ("one", "two", "three")]
    sea = await category(storage, "Sea")
    chats = {number: await reader(storage, number, everything=False) for number in (1, 2, 3, 4)}
    for number in (1, 2, 3):
        await storage.follows.follow(chats[number].id, sea.id, least_sources=number, now=BEFORE)
    await storage.chats.subscribe_to_everything(chats[4].id, now=BEFORE)
    await storage.chats.set_least_sources(chats[4].id, 2, now=BEFORE)
    await report(
        storage,
        new_article("a", source_id=one.ref, category="Sea"),
        new_article("again", source_id=one.ref, category="Sea"),
        new_article("b", source_id=two.ref, category="Land"),
        new_article("c", source_id=three.ref, category="Air"),
    )
    missed = await storage.articles.missed_headlines(chats[4].id, since=BEFORE, until=NOON + MINUTE, limit=5)
    assert [headline.title for headline in missed[0]] == ["Title c"]
    assert await waiting(storage) == {1: ["a", "again"], 2: ["b", "c"], 3: ["c"], 4: ["b", "c"]}


async def askers(storage: Storage, *least: int) -> None:
    """Chats 1 and 2, … follow a category, each from so many sources on; chats 11 and 12, … have everything so."""
    sea = await category(storage, "Sea")
    for number, sources in enumerate(least, 1):
        follower, everything = await reader(storage, number, everything=False), await reader(storage, 10 + number)
        await storage.follows.follow(follower.id, sea.id, least_sources=sources, now=BEFORE)
        await storage.chats.set_least_sources(everything.id, sources, now=BEFORE)


async def test_a_merge_that_brings_more_sources_owes_the_article_that_brought_them(storage: Storage) -> None:
    one, two, three = [await source(storage, name) for name in ("one", "two", "three")]
    await askers(storage, 1, 2, 3, 4)
    ids = await stored(
        storage,
        new_article("a", source_id=one.ref, category="Sea"),
        new_article("b", source_id=two.ref, category="Sea"),
        new_article("c", source_id=three.ref, category="Sea"),
    )
    assert await waiting(storage) == {1: ["a", "b", "c"], 11: ["a", "b", "c"]}
    await storage.stories.merge(ids[0], ids[1], now=NOON, decide=in_story)
    assert await waiting(storage) == {2: ["b"], 12: ["b"]}
    await storage.stories.merge(ids[2], ids[0], now=NOON, decide=in_story)
    assert await waiting(storage) == {3: ["c"], 13: ["c"]}
    await storage.stories.merge(ids[2], ids[0], now=NOON, decide=in_story)
    assert await waiting(storage) == {}


async def test_a_merge_sends_nothing_to_who_came_back_and_asks_for_no_number_of_sources(storage: Storage) -> None:
    one, two = await source(storage, "one"), await source(storage, "two")
    sea, chat = await category(storage, "Sea"), await reader(storage, 1)
    await storage.follows.mute(chat.id, sea.id, until=NOON + 2 * MINUTE, now=BEFORE)
    ids = await stored(
        storage,
        new_article("a", source_id=one.ref, category="Sea"),
        new_article("b", source_id=two.ref, category="Sea"),
    )
    assert await waiting(storage) == {}
    later = NOON + 3 * MINUTE
    await storage.stories.merge(ids[0], ids[1], now=later, decide=in_story)
    assert await waiting(storage, later) == {}


async def test_a_merge_of_yesterday_s_news_sends_nothing(storage: Storage) -> None:
    one, two = await source(storage, "one"), await source(storage, "two")
    await askers(storage, 2)
    ids = await stored(
        storage,
        new_article("a", source_id=one.ref, category="Sea"),
        new_article("b", source_id=two.ref, category="Sea"),
    )
    later = NOON + timedelta(days=1, minutes=1)
    await waiting(storage)
    await storage.stories.merge(ids[0], ids[1], now=later, decide=in_story)
    assert await waiting(storage, later) == {}


async def test_a_changed_text_that_joins_a_story_brings_it_a_source(storage: Storage) -> None:
    one, two = await source(storage, "one"), await source(storage, "two")
    await askers(storage, 1, 2)
    (first,) = await report(storage, new_article("a", source_id=one.ref, category="Sea"))
    other = replace(
        new_article("b", source_id=two.ref, category="Sea"),
        fingerprint=Fingerprint(words={8: 1.0, 9: 1.0}, runs=(9,), sketch=b""),
    )
    made = await storage.articles.store([other], now=NOON, decide=in_story)
    assert await waiting(storage) == {1: ["a", "b"], 11: ["a", "b"]}
    assert await storage.stories.story_of(made.added[0]) != first
    change = ChangedArticle(
        article_id=made.added[0],
        from_revision=1,
        text=other.text,
        search=other.search,
        fingerprint=Fingerprint(words={1: 1.0, 2: 1.0}, runs=(1,), sketch=b""),
    )
    await storage.articles.store([], [change], now=NOON, decide=in_story)
    assert await storage.stories.story_of(made.added[0]) == first
    assert await waiting(storage) == {2: ["b"], 12: ["b"]}


async def test_a_chat_that_wants_two_sources_wants_them_of_what_it_follows_as_well(storage: Storage) -> None:
    one, two = await source(storage, "one"), await source(storage, "two")
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, one.id, now=BEFORE)
    await storage.chats.set_least_sources(chat.id, 2, now=BEFORE)
    await report(storage, new_article("a", source_id=one.ref), new_article("b", source_id=two.ref))
    assert await waiting(storage) == {1: ["b"]}


async def test_following_a_story_ends_a_week_after_its_last_article(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    (first,) = await report(storage, new_article("a"))
    story = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.STORY, ref=first))
    await storage.follows.follow(chat.id, story.id, now=NOON)
    later = NOON + timedelta(days=1)
    await report(storage, new_article("b"), now=later)
    assert await waiting(storage, later) == {1: ["a", "b"]}
    (line,) = await storage.follows.of_chat(chat.id, now=later)
    assert line.until == later + timedelta(days=7)


async def test_who_follows_a_story_follows_what_it_is_merged_with(storage: Storage) -> None:
    one, two = await reader(storage, 1, everything=False), await reader(storage, 2, everything=False)
    first, second = await stored(storage, new_article("a"), new_article("b"))
    for chat, number in ((one, first), (two, second)):
        story = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.STORY, ref=number))
        await storage.follows.follow(chat.id, story.id, now=NOON)
    await storage.stories.merge(first, second, now=NOON, decide=in_story)
    for chat in (one, two):
        (line,) = await storage.follows.of_chat(chat.id, now=NOON)
        assert line.subject.ref == first


# Why


async def failed(storage: Storage, article_id: int, chat_row: int, now: datetime = NOON + MINUTE) -> list[str]:
    """The stages that the article did not pass, besides the last one."""
    explanation = await storage.follows.explain(article_id, chat_row, now=now)
    assert explanation
    return [stage.kind.value for stage in explanation.stages if not stage.passed and stage.kind is not StageKind.SENT]


async def test_each_stage_is_failed_for_its_own_reason(storage: Storage) -> None:
    one, sea = await source(storage, "one"), await category(storage, "Sea")
    chats = {number: await reader(storage, number, everything=number > 2) for number in range(1, 9)}
    await storage.follows.follow(chats[1].id, sea.id, now=BEFORE)
    await storage.follows.follow(chats[2].id, one.id, now=NOON + MINUTE)
    await storage.follows.mute(chats[3].id, one.id, now=BEFORE)
    await storage.chats.unsubscribe_from_everything(chats[4].id, now=BEFORE)
    await storage.chats.set_reading(chats[5].id, Reading(languages=("ar",)), now=BEFORE)
    await storage.chats.set_least_sources(chats[6].id, 2, now=BEFORE)
    await storage.chats.pause(7, state=ChatState.PAUSED, reason="blocked", now=BEFORE)
    await storage.chats.set_timetable(chats[8].id, Timetable(rhythm=Rhythm.DAILY), digest_at=NOON, now=BEFORE)
    (number,) = await stored(storage, new_article("a", source_id=one.ref, category="Sea"))
    reasons = ["", "followed", "not_muted", "subscribed", "language", "sources", "reachable", "rhythm"]
    assert {chat: await failed(storage, number, row.id) for chat, row in chats.items()} == {
        place: [reason] if reason else [] for place, reason in enumerate(reasons, 1)
    }
    assert list(await waiting(storage)) == [1]  # what is explained is what happens
    explanation = await storage.follows.explain(number, chats[3].id, now=NOON)
    assert explanation
    (muted,) = [stage for stage in explanation.stages if stage.kind is StageKind.NOT_MUTED]
    assert [one.subject.name for one in muted.choices] == ["one"]
    sent = await storage.follows.explain(number, chats[1].id, now=NOON)
    assert sent
    assert sent.delivered


async def test_a_follow_that_came_too_late_is_named(storage: Storage) -> None:
    sea, chat = await category(storage, "Sea"), await reader(storage, 1, everything=False)
    (number,) = await stored(storage, new_article("a", category="Sea"))
    await storage.follows.follow(chat.id, sea.id, now=NOON + MINUTE)
    explanation = await storage.follows.explain(number, chat.id, now=NOON + MINUTE)
    assert explanation
    (followed,) = [stage for stage in explanation.stages if stage.kind is StageKind.FOLLOWED]
    assert (followed.passed, followed.values["too_late"]) == (False, True)
    assert [one.subject.name for one in followed.choices] == ["Sea"]
    assert await storage.follows.explain(99, chat.id, now=NOON) is None
    assert await storage.follows.explain(number, 99, now=NOON) is None


# Upkeep


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
    monkeypatch.setattr("storage.sqlite.follows.UNUSED_MOST", 3)
    made = [
        await storage.follows.ensure_subject(words(typed)) for typed in ("a1", "b1", "c1", "d1", "e1", "f1", "g1")
    ]
    chat = await reader(storage, 1, everything=False)
    await storage.follows.follow(chat.id, made[0].id, now=NOON)
    await prune(storage, NOON)
    kept = [one.key for one in made if await storage.follows.get(one.id)]
    assert kept == [made[0].key, *(one.key for one in made[-3:])]


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
