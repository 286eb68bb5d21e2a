"""The list of what a chat gets by its follows: of all kinds, minus its mutes, in pages."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.ingest.prepare import author_names
from bot.ingest.story_index import place_article
from storage import Storage
from storage.records import (
    EVERYTHING_READ,
    Chat,
    Headline,
    Place,
    Reading,
    SourceKind,
    Subject,
    SubjectKind,
    SubjectName,
)
from storage.topics import followed
from tests.choosing import article, category, source, words
from tests.makers import NOON, new_article, reader, stored

UNGROUPED = Reading(grouped=False)


@pytest.fixture
async def chat(storage: Storage) -> Chat:
    return await reader(storage, 7, everything=False)


async def put(storage: Storage, *names: str, **changes: Any) -> list[int]:
    """Store articles, each a minute newer than the one before. `body` is the same for all."""
    first = len(await storage.articles.newest(limit=1_000))
    return await stored(
        storage,
        *[
            article(name, name, **({"category": None} | changes), published_at=NOON + timedelta(minutes=first + n))
            for n, name in enumerate(names)
        ],
    )


async def follow(storage: Storage, chat: Chat, *subjects: Subject, least: int = 1) -> None:
    for subject in subjects:
        await storage.follows.follow(chat.id, subject.id, least_sources=least, now=NOON)


def titles(found: Sequence[Headline]) -> list[str]:
    return [one.title for one in found]


async def listed(
    storage: Storage, chat: Chat, limit: int = 10, reading: Reading = UNGROUPED, **how: Any
) -> list[str]:
    return titles(await storage.follows.page(chat.id, limit=limit, reading=reading, now=NOON, **how))


async def test_the_list_has_the_articles_of_every_kind_of_subject_once(storage: Storage, chat: Chat) -> None:
    tide = await source(storage, "tide")
    await put(storage, "Sourced", source_id=tide.ref)
    await put(storage, "Filed", category="Sports")
    await put(storage, "Written", authors=author_names("Huda Nasser"))
    await put(storage, "Ferry delayed")
    await put(storage, "Ferry in sports", category="Sports", source_id=tide.ref)
    [told, _] = await put(storage, "Told", "Unrelated")
    author = await storage.follows.ensure_subject(
        SubjectName(kind=SubjectKind.AUTHOR, key="huda nasser", name="Huda Nasser")
    )
    story = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.STORY, ref=told))
    await follow(storage, chat, tide, await category(storage, "Sports"), author, story)
    await follow(storage, chat, await storage.follows.ensure_subject(words("ferry")))
    found = ["Told", "Ferry in sports", "Ferry delayed", "Written", "Filed", "Sourced"]
    assert await listed(storage, chat) == found
    assert await listed(storage, chat, reading=EVERYTHING_READ) == found


async def test_what_the_chat_mutes_and_what_was_withdrawn_is_left_out(storage: Storage, chat: Chat) -> None:
    tide = await source(storage, "tide")
    await put(storage, "Muted by its source", category="Sports", source_id=tide.ref)
    [_, withdrawn] = await put(storage, "Kept", "Withdrawn", category="Sports")
    await storage.articles.retract(withdrawn, now=NOON)
    await follow(storage, chat, await category(storage, "Sports"))
    await storage.follows.mute(chat.id, tide.id, now=NOON)
    assert await listed(storage, chat) == ["Kept"]


async def test_pages_go_on_and_back_without_a_gap(storage: Storage, chat: Chat) -> None:
    await follow(storage, chat, await category(storage, "Sports"))
    await follow(storage, chat, await storage.follows.ensure_subject(words("ferry")))
    for n in range(6):
        await put(storage, f"Ferry {n}")
        await put(storage, f"Match {n}", category="Sports")
    seen: list[Headline] = []
    page = await storage.follows.page(chat.id, limit=5, reading=UNGROUPED, now=NOON)
    while page:
        seen += page
        place = Place(page[-1].published_at, page[-1].id)
        page = await storage.follows.page(chat.id, limit=5, reading=UNGROUPED, older_than=place, now=NOON)
    assert titles(seen) == [f"{what} {n}" for n in range(5, -1, -1) for what in ("Match", "Ferry")]
    before = Place(seen[7].published_at, seen[7].id)
    assert await listed(storage, chat, limit=3, newer_than=before) == titles(seen[4:7])


async def test_a_story_is_shown_as_its_newest_article_that_the_chat_gets(storage: Storage, chat: Chat) -> None:
    first, _, newest = await put(storage, "Fire reported", "Elsewhere", "Fire is out", category="Sports")
    await put(storage, "Fire costs", category="Trade")
    [other] = await put(storage, "Fire costs more", category="Trade")
    await storage.stories.merge(first, newest, now=NOON, decide=place_article)
    await storage.stories.merge(first, other, now=NOON, decide=place_article)
    await follow(storage, chat, await category(storage, "Sports"))
    assert await listed(storage, chat, reading=EVERYTHING_READ) == ["Fire is out", "Elsewhere"]
    place = Place((await storage.follows.page(chat.id, limit=1, now=NOON))[0].published_at, newest)
    assert await listed(storage, chat, reading=EVERYTHING_READ, older_than=place) == ["Elsewhere"]


async def test_only_languages_that_are_read_are_listed(storage: Storage, chat: Chat) -> None:
    await put(storage, "In English", category="Sports")
    await put(storage, "بالعربية", category="Sports", language="ar")
    await follow(storage, chat, await category(storage, "Sports"))
    assert await listed(storage, chat, reading=Reading(languages=("ar",))) == ["بالعربية"]


async def test_a_follow_of_stories_with_two_sources_lists_no_others(storage: Storage, chat: Chat) -> None:
    tide, port = await source(storage, "tide"), await source(storage, "port")
    [first] = await put(storage, "Fire reported", category="Sports", source_id=tide.ref)
    [second] = await put(storage, "Fire confirmed", category="Sports", source_id=port.ref)
    await put(storage, "Alone", category="Sports", source_id=tide.ref)
    await storage.stories.merge(first, second, now=NOON, decide=place_article)
    await follow(storage, chat, await category(storage, "Sports"), least=2)
    assert await listed(storage, chat) == ["Fire confirmed"]


async def test_private_articles_are_listed_only_for_who_follows_their_source(storage: Storage, chat: Chat) -> None:
    other = await reader(storage, 8, everything=False)
    made, _ = await storage.sources.add("https://own.example/feed", SourceKind.FEED, now=NOON)
    await storage.sources.set_private(made.id, True, now=NOON)
    own = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=made.id))
    await put(storage, "Ferry of my own", category="Sports", source_id=made.id, private=True)
    ferry = await storage.follows.ensure_subject(words("ferry"))
    await follow(storage, chat, own)
    for one in (chat, other):
        await follow(storage, one, await category(storage, "Sports"), ferry)
    assert (await listed(storage, chat), await listed(storage, other)) == (["Ferry of my own"], [])


async def test_a_page_looks_at_few_articles_however_many_there_are(
    storage: Storage, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "CANDIDATES", 4)
    monkeypatch.setattr(followed, "LEAST_CANDIDATES", 2)
    tide = await source(storage, "tide")
    await put(storage, *[f"Match {n}" for n in range(9)], category="Sports")
    await put(storage, *[f"Wave {n}" for n in range(9)], source_id=tide.ref)
    await follow(storage, chat, await category(storage, "Sports"), tide)
    assert await listed(storage, chat) == ["Wave 8", "Wave 7", "Match 8", "Match 7"]


async def test_a_chat_without_follows_has_an_empty_list(storage: Storage, chat: Chat) -> None:
    await stored(storage, new_article())
    assert await listed(storage, chat) == []
    assert await listed(storage, chat, limit=0) == []
