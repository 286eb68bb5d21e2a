"""Stories that are followed, and chats that ask for a number of sources."""

from dataclasses import replace
from datetime import datetime, timedelta

from storage import Storage
from storage.records import (
    ChangedArticle,
    Fingerprint,
    NewArticle,
    StoryCandidates,
    StoryPlacement,
    SubjectKind,
    SubjectName,
)
from tests.choosing import BEFORE, MINUTE, category, source, waiting
from tests.makers import NOON, new_article, reader, stored


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


async def test_a_follow_that_was_chosen_after_a_story_was_told_is_not_owed_its_articles(storage: Storage) -> None:
    one, two = [await source(storage, name) for name in ("one", "two")]
    sea = await category(storage, "Sea")
    asks, always_asks = [await reader(storage, number, everything=False) for number in (1, 2)]
    await storage.chats.set_least_sources(always_asks.id, 2, now=BEFORE)
    await report(
        storage,
        new_article("a", source_id=one.ref, category="Sea"),
        new_article("b", source_id=two.ref, category="Land"),
    )
    await storage.follows.follow(asks.id, sea.id, least_sources=2, now=NOON + MINUTE)
    await storage.follows.follow(always_asks.id, sea.id, now=NOON + MINUTE)
    assert await waiting(storage, NOON + 2 * MINUTE) == {}


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
