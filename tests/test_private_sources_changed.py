"""Private sources that change: made public and back, coming back, moved, paused, renamed, and counted."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from bot.text.followed_words import words_subject
from bot.text.search import phrase_form, understood
from storage import Storage
from storage.records import (
    AddedSources,
    Lane,
    Source,
    SubjectKind,
)
from tests.conftest import Clock
from tests.ingesting import FEED, opened
from tests.makers import NOON, found, new_article, reader
from tests.site import Page, Site, rss
from tests.test_private_sources import (
    counts,
    follow,
    listed,
    private,
    public,
    store,
    subject,
)


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    async with opened(storage, clock) as found:
        yield found


# Made public, and back


async def of_both(storage: Storage, count: int = 3) -> Source:
    source = await private(storage)
    for n in range(count):
        link = (f"page:{source.id}:h.example/{n}",)
        await store(storage, source, f"{n}", categories=("Diary",), keys=link, lane=Lane.ALERT)
    return source


async def test_a_source_is_made_public_with_all_that_it_brought(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.privacy.MOVED_AT_ONCE", 2)
    source = await of_both(storage)
    assert await storage.sources.set_private(source.id, False, now=NOON)
    assert await listed(storage) == ["Title 0", "Title 1", "Title 2"]
    assert await counts(storage) == [("Diary", 3)]
    assert await found(storage, "title") == ["Title 2", "Title 1", "Title 0"]
    assert set(await storage.articles.find_by_keys(["link:h.example/1", f"page:{source.id}:h.example/1"])) == {
        "link:h.example/1"
    }
    assert not await storage.sources.set_private(404, False, now=NOON)


async def test_a_source_is_made_private_and_named_nowhere_any_more(storage: Storage) -> None:
    source = await of_both(storage)
    await storage.sources.set_private(source.id, False, now=NOON)
    other = await store(storage, await public(storage), "other", publisher="Harbour News")
    mine = (await storage.articles.find_by_keys(["link:h.example/1"]))["link:h.example/1"][0].id
    await storage.stories.merge(other, mine, now=NOON, decide=place_article)
    await storage.sources.set_private(source.id, True, now=NOON)
    assert await listed(storage) == ["Title other"]
    assert await counts(storage) == [("News", 1)]
    assert await found(storage, "title") == ["Title other"]
    [line] = await storage.articles.page(limit=9)
    assert (line.story_size, await storage.stories.headlines(other)) == (1, [replace(line, sources=1)])
    assert await storage.articles.find_by_keys(["link:h.example/1"]) == {}
    again = new_article("link:h.example/1", claimed=("link:h.example/1",))
    assert (await storage.articles.store([again], now=NOON)).added != ()


async def test_a_duplicate_that_becomes_private_is_taken_out_of_the_messages_about_the_other(
    storage: Storage,
) -> None:
    changed: list[int] = []
    storage.signals.on_article = changed.append
    mine, other = await public(storage, "https://mine.example/feed"), await public(storage)
    first = await store(storage, other, "first", publisher="Harbour News")
    copy = await store(storage, mine, "copy", publisher="Own Letter")
    async with storage.database.transaction() as transaction:
        await transaction.execute(
            "UPDATE articles SET story_id = :first, duplicate_of = :first WHERE id = :copy",
            {"first": first, "copy": copy},
        )
    article = await storage.articles.get(first)
    assert article is not None
    assert article.also_in == ("Own Letter",)
    await storage.sources.set_private(mine.id, True, now=NOON)
    article = await storage.articles.get(first)
    assert article is not None
    assert (article.also_in, changed) == ((), [first])


async def test_a_change_that_was_interrupted_is_completed(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await of_both(storage)
    async with storage.database.transaction() as transaction:  # as far as a process came that was killed
        await transaction.execute("UPDATE sources SET private = FALSE, moving = TRUE")
    assert await storage.sources.finish_moves(now=NOON) == 1
    assert len(await listed(storage)) == 3
    assert await storage.sources.finish_moves(now=NOON) == 0
    assert not (await storage.sources.all())[0].private
    assert source.private


# Coming back and moving


async def test_a_private_source_hides_no_article_of_a_public_one_that_was_removed(
    ingest: Ingest,
    site: Site, storage: Storage, clock: Clock,
) -> None:  # fmt: skip
    site.pages["/feed"] = Page(rss("<title>Quay is closed</title><guid>1</guid>"), headers=FEED)
    removed = await public(storage, f"{site.url}/feed")
    await ingest.refresh_due()
    await storage.sources.remove(removed.id)
    await private(storage, f"{site.url}/feed")
    clock.advance(minutes=6)
    await ingest.refresh_due()
    assert await listed(storage) == ["Quay is closed"]


async def test_a_private_source_that_comes_back_as_a_public_one_brings_its_articles_along(
    ingest: Ingest,
    site: Site, storage: Storage, clock: Clock,
) -> None:  # fmt: skip
    site.pages["/feed"] = Page(rss("<title>Quay is closed</title><guid>1</guid>"), headers=FEED)
    removed = await private(storage, f"{site.url}/feed")
    await ingest.refresh_due()
    await storage.sources.remove(removed.id)
    assert await listed(storage) == []
    await public(storage, f"{site.url}/feed")
    clock.advance(minutes=6)
    await ingest.refresh_due()
    await storage.sources.finish_moves(now=NOON)
    assert await listed(storage) == ["Quay is closed"]


async def test_words_find_what_is_stored_of_the_private_sources_of_the_chat_alone(storage: Storage) -> None:
    mine, other = [await reader(storage, number, everything=False) for number in (1, 2)]
    source = await private(storage)
    await follow(storage, mine, source)
    await store(storage, source, "one", title="Quay is closed")
    typed = understood("quay")
    named = words_subject(typed)
    assert named
    quay = await storage.follows.ensure_subject(named, phrase_form=phrase_form)
    for chat, count in ((mine, 1), (other, 0)):
        found = await storage.follows.recent(quay.id, chat_row=chat.id, since=NOON - timedelta(days=7), limit=3)
        assert (found[0], len(found[1])) == (count, count)
    number = words_subject(understood(f"s{source.id}"))  # as its source is called in the index
    assert number
    none = await storage.follows.ensure_subject(number, phrase_form=phrase_form)
    assert await storage.follows.recent(none.id, chat_row=mine.id, since=NOON - timedelta(days=7), limit=3) == (0, [])


# Paused, renamed


async def test_a_paused_source_is_not_due_until_it_is_resumed(storage: Storage) -> None:
    source = await public(storage)
    assert await storage.sources.set_paused(source.id, True, now=NOON)
    assert await storage.sources.due_sources(NOON + timedelta(days=1)) == []
    await storage.sources.set_paused(source.id, False, now=NOON)
    assert [one.id for one in await storage.sources.due_sources(NOON)] == [source.id]


async def test_a_name_that_a_person_gave_stays_at_the_next_visit(
    ingest: Ingest,
    site: Site, storage: Storage,
) -> None:  # fmt: skip
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    source = await public(storage, f"{site.url}/feed")
    await storage.sources.rename(source.id, "The Ferry")
    await ingest.refresh_due()
    assert [one.title for one in await storage.sources.all()] == ["The Ferry"]


# Added by chats, and counted


async def test_a_chat_is_counted_the_private_sources_that_it_follows_and_those_that_it_left(storage: Storage) -> None:
    owner, other = [await reader(storage, number, everything=False) for number in (1, 2)]
    shared = await private(storage, chat=1)
    left = await private(storage, "https://left.example/feed", chat=1)
    for one, follower in ((shared, owner), (shared, other), (left, owner)):
        await storage.follows.follow(follower.id, (await subject(storage, SubjectKind.SOURCE, one.id)).id, now=NOON)
    await storage.follows.follow(
        owner.id, (await subject(storage, SubjectKind.SOURCE, (await public(storage)).id)).id, now=NOON
    )
    assert await storage.sources.count_added(owner.id) == AddedSources(kept=2, left=0)
    await storage.follows.unfollow(owner.id, (await subject(storage, SubjectKind.SOURCE, left.id)).id, now=NOON)
    assert await storage.sources.count_added(owner.id) == AddedSources(kept=1, left=1)
    assert await storage.sources.count_added(other.id) == AddedSources(kept=1, left=0)


async def test_a_chat_owns_the_private_source_that_it_follows_alone(storage: Storage) -> None:
    owner, other = [await reader(storage, number, everything=False) for number in (1, 2)]
    source = await private(storage, chat=1)
    its = await subject(storage, SubjectKind.SOURCE, source.id)
    assert not await storage.sources.is_owned(source.id, chat_row=owner.id)  # it follows it no more
    await storage.follows.follow(owner.id, its.id, now=NOON)
    assert await storage.sources.is_owned(source.id, chat_row=owner.id)
    await storage.follows.follow(other.id, its.id, now=NOON)
    for one in (owner, other):
        assert not await storage.sources.is_owned(source.id, chat_row=one.id)
    await storage.follows.unfollow(owner.id, its.id, now=NOON)
    assert await storage.sources.is_owned(source.id, chat_row=other.id)
    await storage.sources.set_private(source.id, False, now=NOON)
    assert not await storage.sources.is_owned(source.id, chat_row=other.id)
