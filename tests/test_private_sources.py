"""Private sources: read apart from all others, and made public or private with all that they brought."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import (
    Chat,
    NewSource,
    Place,
    Query,
    Reading,
    Source,
    SourceKind,
    Subject,
    SubjectKind,
    SubjectName,
    Term,
    Viewer,
    Visit,
)
from tests.conftest import Clock
from tests.ingesting import FEED, opened
from tests.makers import NOON, found, new_article, reader
from tests.site import Page, Site, rss

TEXT = "The council closed the quay after the storm, and opened it again when the sea was calm."
ITEM = f"<title>Quay is closed</title><link>https://h.example/1</link><description>{TEXT}</description>"


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    async with opened(storage, clock) as found:
        yield found


async def private(storage: Storage, url: str = "https://own.example/feed", *, chat: int = 1) -> Source:
    member = await reader(storage, chat, everything=False)
    source, _ = await storage.sources.add_private(NewSource(url=url), chat_row=member.id, now=NOON)
    return source


async def public(storage: Storage, url: str = "https://all.example/feed") -> Source:
    source, _ = await storage.sources.add(url, SourceKind.FEED, now=NOON)
    return source


async def store(storage: Storage, source: Source, name: str, **changes: object) -> int:
    """Store an article of a source as ingest does; its id."""
    article = new_article(name, source_id=source.id, private=source.private, **changes)
    stored = await storage.articles.store([article], now=NOON, decide=place_article)
    [number] = stored.added
    return number


async def listed(storage: Storage) -> list[str]:
    return sorted(headline.title for headline in await storage.articles.page(limit=50))


async def counts(storage: Storage) -> list[tuple[str, int]]:
    return [(one.name, one.articles) for one in await storage.categories.list_with_counts()]


# Adding


async def test_two_chats_that_add_one_address_share_its_source(storage: Storage) -> None:
    first, second = await private(storage, chat=1), await private(storage, chat=2)
    assert (first.private, second) == (True, first)
    assert len(await storage.sources.all()) == 1


async def test_the_address_of_a_public_source_is_that_source(storage: Storage) -> None:
    source = await public(storage)
    assert await private(storage, source.url) == source
    assert not source.private


async def test_an_operator_who_adds_a_private_address_makes_it_public(storage: Storage) -> None:
    source = await private(storage)
    await store(storage, source, "one")
    assert await listed(storage) == []
    assert not (await public(storage, source.url)).private
    assert await listed(storage) == ["Title one"]


# Read apart


async def test_a_private_article_keeps_no_public_one_from_being_stored_and_pushed(
    ingest: Ingest,
    site: Site, storage: Storage, clock: Clock,
) -> None:  # fmt: skip
    """Nor does a public one keep a private one from its chats, nor one private source another."""
    sources = {
        "/one": await private(storage, f"{site.url}/one", chat=1),
        "/all": await public(storage, f"{site.url}/all"),
        "/other": await private(storage, f"{site.url}/other", chat=2),
    }
    for path in sources:
        site.pages[path] = Page(rss("Bridge opens"), headers=FEED)
    await ingest.refresh_due()
    clock.advance(minutes=6)
    for path, source in sources.items():
        site.pages[path] = Page(rss(ITEM, "Bridge opens"), headers=FEED)
        result = await ingest.refresh(await refreshed(storage, source))
        assert (path, result.added, result.pushed) == (path, 1, 1)
    assert await listed(storage) == ["Bridge opens", "Quay is closed"]


async def refreshed(storage: Storage, source: Source) -> Source:
    present = await storage.sources.get(source.id)
    assert present is not None
    return present


async def test_a_private_page_is_read_apart_as_well(
    ingest: Ingest,
    site: Site, storage: Storage,
) -> None:  # fmt: skip
    page = f"<html><head><title>Quay is closed</title></head><body><h1>Quay is closed</h1><p>{TEXT * 3}</p></body>"
    site.pages["/page"] = Page(page, headers={"Content-Type": "text/html"})
    source = await private(storage, f"{site.url}/page")
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE sources SET kind = 'page' WHERE id = :id", {"id": source.id})
    await ingest.refresh_due()
    keys = await storage.database.fetch("SELECT key FROM article_keys")
    assert keys
    assert [row["key"] for row in keys if row["key"].startswith("link:")] == []


async def test_a_private_article_joins_no_story_and_is_no_duplicate(storage: Storage) -> None:
    from bot.ingest.draft import Draft
    from bot.ingest.prepare import prepare_texts

    ((text, search, fingerprint),) = prepare_texts([Draft(title="Quay is closed", body=f"{TEXT}\n\n{TEXT}")])
    same = {"text": text, "search": search, "fingerprint": fingerprint}
    hidden = await store(storage, await private(storage), "hidden", publisher="Own Letter", **same)
    shown = await store(storage, await public(storage), "shown", publisher="Harbour News", **same)
    again = await store(storage, await private(storage, "https://b.example/", chat=2), "again", **same)
    assert [await storage.stories.story_of(one) for one in (hidden, shown, again)] == [hidden, shown, again]
    article = await storage.articles.get(shown)
    assert article is not None
    assert article.also_in == ()


async def test_an_article_whose_source_changed_hands_while_it_was_read_waits_for_the_next_visit(
    storage: Storage,
) -> None:
    source = await private(storage)
    await storage.sources.set_private(source.id, False, now=NOON)
    late = new_article("late", source_id=source.id, private=True)
    assert (await storage.articles.store([late], now=NOON)).passed_over == ("late",)


# Not shown


async def test_private_articles_stand_in_no_list_count_search_or_name_of_others(storage: Storage) -> None:
    source = await private(storage)
    await storage.sources.rename(source.id, "Own Letter")
    await store(storage, source, "secret", categories=("Diary", "Sea"), publisher="Own Publisher", language="fr")
    await store(storage, await public(storage), "open", categories=("Sea",), publisher="Harbour News")
    assert await listed(storage) == ["Title open"]
    assert await counts(storage) == [("Sea", 1)]
    assert await found(storage, "title") == ["Title open"]
    assert await found(storage, "secret") == []
    assert await storage.search.source_names() == ["Harbour News"]
    assert await storage.articles.languages() == ["en"]
    assert [article.text.title for article in await storage.articles.newest(limit=9)] == ["Title open"]


async def test_words_of_private_articles_are_not_learned(storage: Storage) -> None:
    words = replace(new_article("x").search, words=frozenset({"codeword"}))
    await store(storage, await private(storage), "secret", search=words)
    assert await storage.search.known_words(["codeword"]) == set()


# Seen by its chats


async def subject(storage: Storage, kind: SubjectKind, ref: int) -> Subject:
    return await storage.follows.ensure_subject(SubjectName(kind=kind, ref=ref))


async def follow(storage: Storage, chat: Chat, source: Source) -> Viewer:
    its = await subject(storage, SubjectKind.SOURCE, source.id)
    await storage.follows.follow(chat.id, its.id, now=NOON - timedelta(hours=2))
    return sees(chat)


def sees(chat: Chat, *, with_muted: bool = False) -> Viewer:
    return Viewer(chat_row=chat.id, at=NOON, with_muted=with_muted)


async def listed_for(storage: Storage, viewer: Viewer | None, **named: Any) -> list[str]:
    page = await storage.articles.page(limit=50, viewer=viewer, **named)
    return [headline.title.removeprefix("Title ") for headline in page]


async def searched_for(storage: Storage, viewer: Viewer, *words: str, **named: Any) -> tuple[list[str], int]:
    asked = Query(terms=tuple(Term(word, (word,)) for word in words), viewer=viewer, **named)
    hits = await storage.search.candidates(asked)
    ids = sorted((one.id for one in hits.candidates), reverse=True)
    return [line.title.removeprefix("Title ") for line in await storage.articles.headlines(ids)], hits.hidden


async def alerted(storage: Storage) -> dict[int, list[int | None]]:
    now = NOON + timedelta(minutes=1)
    while await storage.deliveries.expand(limit=100, now=now):
        pass
    rows = await storage.database.fetch("SELECT chat_id, article_id FROM deliveries ORDER BY chat_id, article_id")
    sent: dict[int, list[int | None]] = {}
    for row in rows:
        sent.setdefault(row["chat_id"], []).append(row["article_id"])
    return sent


@dataclass
class Two:
    """A chat that follows a private source, one that follows another, and the articles of all."""

    mine: Source
    public: Source
    owner: Chat
    other: Chat
    ids: list[int]


@pytest.fixture
async def two(storage: Storage) -> Two:
    mine, theirs = await private(storage, chat=1), await private(storage, "https://b.example/feed", chat=2)
    shared = await public(storage)
    owner, other = await reader(storage, 1, everything=False), await reader(storage, 2)
    await follow(storage, owner, mine)
    await follow(storage, other, theirs)
    ids = [
        await store(storage, source, name, categories=categories, published_at=NOON - timedelta(hours=hours))
        for hours, (source, name, categories) in enumerate(
            [
                (mine, "mine", ("Diary", "Sea")),
                (shared, "new", ("Sea", "Law")),
                (theirs, "theirs", ("Sea",)),
                (mine, "older", ("Diary",)),
                (shared, "old", ("Law",)),
            ],
            1,
        )
    ]
    return Two(mine, shared, owner, other, ids)


async def test_lists_merge_public_articles_and_those_of_ones_own_sources(storage: Storage, two: Two) -> None:
    owner, other = sees(two.owner), sees(two.other)
    assert await listed_for(storage, owner) == ["mine", "new", "older", "old"]
    assert await listed_for(storage, other) == ["new", "theirs", "old"]
    assert await listed_for(storage, None) == ["new", "old"]
    sea = await storage.categories.find("sea")
    assert sea is not None
    assert await listed_for(storage, owner, category=sea.id) == ["mine", "new"]
    assert await listed_for(storage, other, category=sea.id) == ["new", "theirs"]
    first = (await storage.articles.page(limit=2, viewer=owner))[-1]
    place = Place(first.published_at, first.id)
    assert await listed_for(storage, owner, older_than=place) == ["older", "old"]
    assert await listed_for(storage, owner, newer_than=place) == ["mine"]


async def test_counts_names_and_searches_are_those_of_the_chat(storage: Storage, two: Two) -> None:
    owner, other = sees(two.owner), sees(two.other)

    async def counts_for(viewer: Viewer) -> dict[str, int]:
        return {one.name: one.articles for one in await storage.categories.list_with_counts(viewer=viewer)}

    assert await counts_for(owner) == {"Diary": 2, "Law": 2, "Sea": 2}
    assert await counts_for(other) == {"Law": 2, "Sea": 2}
    assert await storage.categories.find("diary") is None
    assert await storage.categories.find("diary", viewer=other) is None
    diary = await storage.categories.find("diary", viewer=owner)
    assert diary is not None
    assert "Diary" not in dict(await storage.categories.names(viewer=other))
    assert "Diary" in dict(await storage.categories.names(viewer=owner))
    assert await searched_for(storage, owner, "title") == (["old", "older", "new", "mine"], 0)
    assert await searched_for(storage, other, "title") == (["old", "theirs", "new"], 0)
    assert await searched_for(storage, owner, categories=(diary.id,)) == (["older", "mine"], 0)
    assert await searched_for(storage, other, categories=(diary.id,)) == ([], 0)
    assert await searched_for(storage, owner, "mine", "nothing") == (["mine"], 0)


async def test_an_article_is_opened_only_by_chats_that_may_see_it(storage: Storage, two: Two) -> None:
    for chat, opens in ((two.owner, True), (two.other, False)):
        assert (await storage.articles.get(two.ids[0], chat_row=chat.id) is not None) is opens
        assert await storage.articles.get(two.ids[1], chat_row=chat.id) is not None


async def test_alerts_of_a_private_source_go_to_its_chats_alone(storage: Storage, two: Two) -> None:
    """Also to a chat of everything that follows it, and to no chat that follows only its category."""
    sea = await storage.categories.find("sea")
    assert sea is not None
    third = await reader(storage, 3, everything=False)
    await storage.chats.subscribe(third.id, sea.id, now=NOON - timedelta(hours=1))
    assert await alerted(storage) == {
        1: [two.ids[0], two.ids[3]],
        2: [two.ids[1], two.ids[2], two.ids[4]],
        3: [two.ids[1]],
    }


async def test_a_digest_lists_what_the_chat_may_see(storage: Storage, two: Two) -> None:
    missed = {}
    for chat in (two.owner, two.other):
        headlines, found = await storage.articles.missed_headlines(
            chat.id, since=NOON - timedelta(hours=1), until=NOON + timedelta(hours=1), limit=9
        )
        missed[chat.chat_id] = (sorted(line.title.removeprefix("Title ") for line in headlines), found)
    assert missed == {1: (["mine", "older"], 2), 2: (["new", "old", "theirs"], 3)}


async def test_what_is_queued_is_not_sent_after_the_source_was_unfollowed_or_made_private(
    storage: Storage, two: Two
) -> None:
    await alerted(storage)
    its = await subject(storage, SubjectKind.SOURCE, two.mine.id)
    await storage.follows.unfollow(two.owner.id, its.id, now=NOON)
    await storage.sources.set_private(two.public.id, True, now=NOON)
    now = NOON + timedelta(minutes=2)
    claimed: list[int | None] = []
    for _ in range(9):
        claimed += [claim.article_id for claim in await storage.deliveries.claim(limit=9, now=now)]
    assert claimed == [two.ids[2]]


async def test_what_is_muted_is_in_no_list_and_is_counted(storage: Storage, two: Two) -> None:
    law = await storage.categories.find("law")
    assert law is not None
    muted = await subject(storage, SubjectKind.CATEGORY, law.id)
    await storage.follows.mute(two.owner.id, muted.id, until=NOON + timedelta(hours=1), now=NOON)
    owner = sees(two.owner)
    assert await listed_for(storage, owner) == ["mine", "older"]
    assert await listed_for(storage, sees(two.owner, with_muted=True)) == ["mine", "new", "older", "old"]
    assert await storage.articles.count_muted(owner) == 2
    between = [Place(NOON - timedelta(hours=hours), 10**6) for hours in (1, 4)]
    assert await storage.articles.count_muted(owner, newest=between[0], oldest=between[1]) == 1
    assert await storage.articles.count_muted(sees(two.owner, with_muted=True)) == 0
    counted = await storage.categories.list_with_counts(viewer=owner)
    assert [(one.name, one.articles) for one in counted] == [("Diary", 2), ("Sea", 1)]
    assert await searched_for(storage, owner, "title") == (["older", "mine"], 2)
    later = Viewer(chat_row=two.owner.id, at=NOON + timedelta(hours=2))
    assert await listed_for(storage, later) == ["mine", "new", "older", "old"]


@pytest.mark.parametrize("kind", ["source", "story", "own source"])
async def test_mutes_of_every_kind_count(storage: Storage, two: Two, kind: str) -> None:
    ref = {"source": two.public.id, "story": two.ids[1], "own source": two.mine.id}[kind]
    muted = await subject(storage, SubjectKind.STORY if kind == "story" else SubjectKind.SOURCE, ref)
    await storage.follows.mute(two.owner.id, muted.id, now=NOON)
    left = {"source": ["mine", "older"], "story": ["mine", "older", "old"], "own source": ["new", "old"]}[kind]
    owner = sees(two.owner)
    assert await listed_for(storage, owner) == left
    assert await storage.articles.count_muted(owner) == 4 - len(left)
    counted = {one.name: one.articles for one in await storage.categories.list_with_counts(viewer=owner)}
    expected = {
        "source": {"Diary": 2, "Sea": 1},
        "story": {"Diary": 2, "Law": 1, "Sea": 1},
        "own source": {"Law": 2, "Sea": 1},
    }
    assert counted == expected[kind]


async def test_a_story_is_listed_by_its_newest_article_that_the_chat_sees(storage: Storage, two: Two) -> None:
    await storage.stories.merge(two.ids[1], two.ids[4], now=NOON, decide=place_article)
    sea = await storage.categories.find("sea")
    assert sea is not None
    assert await listed_for(storage, sees(two.owner)) == ["mine", "new", "older"]
    await storage.follows.mute(two.owner.id, (await subject(storage, SubjectKind.CATEGORY, sea.id)).id, now=NOON)
    assert await listed_for(storage, sees(two.owner)) == ["older", "old"]


async def test_a_chat_can_not_see_a_private_source_by_muting_it(storage: Storage, two: Two) -> None:
    its = await subject(storage, SubjectKind.SOURCE, two.mine.id)
    assert its.private
    await storage.follows.mute(two.other.id, its.id, now=NOON)
    assert await listed_for(storage, sees(two.other, with_muted=True)) == ["new", "theirs", "old"]


async def test_lists_in_some_languages_merge_as_well(storage: Storage, two: Two) -> None:
    await store(storage, two.mine, "arabic", language="ar")
    assert await listed_for(storage, sees(two.owner), reading=Reading(languages=("ar",))) == ["arabic"]


# Left by everybody


async def test_a_private_source_that_nobody_follows_is_removed_with_its_articles(storage: Storage, two: Two) -> None:
    its = await subject(storage, SubjectKind.SOURCE, two.mine.id)
    await storage.follows.unfollow(two.owner.id, its.id, now=NOON)
    assert await storage.sources.remove_unfollowed(before=NOON, limit=9) == 0  # added just now
    later = NOON + timedelta(minutes=1)
    assert await storage.sources.remove_unfollowed(before=later, limit=9) == 1
    assert two.mine not in await storage.sources.all()
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM fanouts")
    assert await storage.archive.prune_orphans(limit=9) == 2
    assert await storage.articles.get(two.ids[0]) is None
    assert await storage.categories.find("diary", viewer=sees(two.owner)) is None
    assert len(await storage.database.fetch("SELECT 1 FROM private_articles_text")) == 1


async def test_private_articles_are_pruned_by_age_as_others_are(storage: Storage, two: Two) -> None:
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM fanouts")
    assert await storage.archive.prune(before=NOON + timedelta(days=1), limit=9) == 5


async def test_a_source_that_moves_to_the_address_of_another_takes_its_followers_along(
    storage: Storage, two: Two
) -> None:
    moved = Visit(
        source_id=two.mine.id, due_at=NOON, succeeded_at=NOON, moved_to="https://all.example/feed", error=None
    )
    await storage.sources.record_visits(moved)
    assert [one.id for one in await storage.sources.of_chat(two.owner.id)] == [two.public.id]
    assert await listed_for(storage, sees(two.owner)) == ["new", "old"]  # what was private is not made public
