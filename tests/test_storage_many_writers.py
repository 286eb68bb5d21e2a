"""Several processes that write to one database at once: what is checked before it is written stays true."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from bench.postgres import Server
from bot.ingest.story_index import make_fingerprint, place_article
from storage import Storage, open_storage
from storage.database import ARTICLES, CHATS, NOTHING, Lock
from storage.errors import NotFound
from storage.records import (
    ChangedArticle,
    ChatKind,
    Claim,
    NewArticle,
    NewSource,
    Rhythm,
    SaveResult,
    Sent,
    SourceKind,
    SubjectKind,
    SubjectName,
    Timetable,
)
from storage.topics.story_index import unpacked
from tests.makers import NOON, named, new_article, reader, readers, stored

HOUR = timedelta(hours=1)

Result = TypeVar("Result")


@pytest.fixture
async def writers(database_url: str) -> AsyncIterator[list[Storage]]:
    """Three processes on one database. Each has its connections."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_storage(database_url)) for _ in range(3)]


async def all_at_once(
    writers: list[Storage], work: Callable[[Storage, int], Awaitable[Result]], *, times: int = 3
) -> list[Result]:
    """Each process does the work so many times, and all of it begins together."""
    return await asyncio.gather(*(work(one, number) for number in range(times) for one in writers))


def report(name: str, text: str = "") -> NewArticle:
    """An article that is compared with others. Articles with the same text are copies."""
    words = [f"{word}{text or name}" for word in ("ferry", "harbour", "captain", "storm", "island", "pump", "dock")]
    made = new_article(name, title=" ".join(words[:4]), body=" ".join(words * 6))
    return replace(made, fingerprint=make_fingerprint(words[:4], words * 6, "en"))


async def counts_are_right(storage: Storage) -> None:
    """Asserts that the counted numbers are those of the rows."""
    for counted, rows in (
        (
            "SELECT audience, category_id, language, articles FROM category_counts WHERE articles <> 0",
            """
            -- scans article_categories: all of them are counted
            SELECT audience, category_id, language, count(*) AS articles FROM article_categories
            WHERE NOT retracted GROUP BY audience, category_id, language
            """,
        ),
        (
            "SELECT kind, muted, follows FROM follow_counts WHERE follows <> 0",
            """
            -- scans follows: all of them are counted
            SELECT subjects.kind, muted, count(*) AS follows
            FROM follows JOIN subjects ON subjects.id = follows.subject_id GROUP BY subjects.kind, muted
            """,
        ),
        (
            "SELECT kind, state, everything, chats FROM chat_counts WHERE chats <> 0",
            """
            -- scans chats: all of them are counted
            SELECT kind, state, everything_since IS NOT NULL AND stopped_at IS NULL AS everything, count(*) AS chats
            FROM chats GROUP BY 1, 2, 3
            """,
        ),
    ):
        told = {tuple(row.values()) for row in map(dict, await storage.database.fetch(counted))}
        assert told == {tuple(row.values()) for row in map(dict, await storage.database.fetch(rows))}


# Articles


async def test_an_article_that_several_processes_store_is_stored_once(writers: list[Storage]) -> None:
    await readers(writers[0], 4)

    async def store(one: Storage, number: int) -> list[int]:
        return await stored(one, *(new_article(f"{name}") for name in range(number, number + 4)))

    added = [article for ids in await all_at_once(writers, store) for article in ids]
    assert len(added) == len(set(added)) == 6
    while await writers[0].deliveries.expand(limit=100, now=NOON):
        pass
    assert await writers[0].deliveries.count_owed() == 6 * 4
    await counts_are_right(writers[0])


async def test_of_the_keys_of_an_article_each_is_taken_once(writers: list[Storage]) -> None:
    async def store(one: Storage, number: int) -> list[int]:
        keys = ("link:https://news.example/same",)
        return await stored(one, new_article(f"{writers.index(one)} {number}", keys=keys, claimed=keys))

    assert sum(map(len, await all_at_once(writers, store))) == 1


async def test_of_texts_that_come_at_once_one_is_the_first_and_the_others_are_its_copies(
    writers: list[Storage],
) -> None:
    async def store(one: Storage, number: int) -> None:
        article = report(f"{writers.index(one)} {number}", text=f"{number}")
        await one.articles.store([article], now=NOON, decide=place_article)

    await all_at_once(writers, store, times=4)
    rows = await writers[0].database.fetch(
        "-- scans articles: there are few\nSELECT id, title, story_id, duplicate_of FROM articles ORDER BY id"
    )
    firsts: dict[str, int] = {}
    for row in rows:
        first = firsts.setdefault(row["title"], row["id"])
        assert row["story_id"] == first
        assert row["duplicate_of"] == (first if row["id"] != first else None)
    assert len(firsts) == 4
    counted = await writers[0].database.fetch("-- scans word_counts: few\nSELECT word, stories FROM word_counts")
    held: dict[int, int] = {}
    for row in await writers[0].database.fetch(
        """
        SELECT coalesce(open_stories.words, fingerprints.words) AS words
        FROM open_stories LEFT JOIN fingerprints ON article_id = story_id
        """
    ):
        for word in unpacked(row["words"]):
            held[word] = held.get(word, 0) + 1
    assert {row["word"]: row["stories"] for row in counted} == held


async def test_a_category_that_several_processes_name_first_is_one(writers: list[Storage]) -> None:
    async def store(one: Storage, number: int) -> None:
        await stored(one, new_article(f"{writers.index(one)} {number}", category="Harbour"))
        await one.categories.set_breaking(named("Harbour")[0], bool(number))

    await all_at_once(writers, store)
    [category] = await writers[0].categories.list_with_counts()
    assert (category.name, category.articles) == ("Harbour", 9)
    await counts_are_right(writers[0])


async def test_what_is_stored_in_a_category_while_it_is_merged_is_in_the_merged_one(writers: list[Storage]) -> None:
    await stored(writers[0], *(new_article(f"before {number}", category="Harbor") for number in range(9)))

    async def store(one: Storage, number: int) -> None:
        if one is writers[0]:
            await one.categories.set_alias(named("Harbor")[0], named("Harbour")[0])
        else:
            await stored(one, new_article(f"{writers.index(one)} {number}", category="Harbor"))

    await all_at_once(writers, store)
    [category] = await writers[0].categories.list_with_counts()
    assert (category.name, category.articles) == ("Harbour", 9 + 6)
    await counts_are_right(writers[0])


async def test_a_source_that_is_added_by_several_is_one(writers: list[Storage]) -> None:
    await reader(writers[0], 1)

    async def add(one: Storage, number: int) -> int:
        address = "https://news.example/feed.xml"
        if number:
            source, _ = await one.sources.add(address, SourceKind.FEED, now=NOON)
        else:
            source, _ = await one.sources.add_private(NewSource(url=address), chat_row=1, now=NOON)
        return source.id

    assert len(set(await all_at_once(writers, add))) == 1


# Chats


async def test_a_chat_that_writes_for_the_first_time_several_times_is_one(writers: list[Storage]) -> None:
    async def ensure(one: Storage, number: int) -> int:
        chat = await one.chats.ensure(
            5, None, kind=ChatKind.PRIVATE, title=f"{number}", language="en", timezone="UTC", now=NOON
        )
        await one.chats.subscribe_to_everything(chat.id, now=NOON)
        return chat.id

    assert len(set(await all_at_once(writers, ensure))) == 1
    await counts_are_right(writers[0])
    [day] = await writers[0].histories.chats_by_day(since=NOON.date())
    assert day.joined == 1


async def test_a_follow_that_is_pressed_several_times_counts_once(writers: list[Storage]) -> None:
    chats = [await reader(writers[0], number) for number in (1, 2)]

    async def follow(one: Storage, number: int) -> None:
        name = SubjectName(kind=SubjectKind.AUTHOR, key="lena ordoz", name="Lena Ordoz")
        subject = await one.follows.ensure_subject(name)
        for chat in chats if number % 2 else reversed(chats):
            await one.follows.follow(chat.id, subject.id, now=NOON)

    await all_at_once(writers, follow)
    assert [len(await writers[0].follows.of_chat(chat.id, now=NOON)) for chat in chats] == [1, 1]
    await counts_are_right(writers[0])


async def test_no_chat_follows_more_private_sources_than_it_may(writers: list[Storage]) -> None:
    chat = await reader(writers[0], 1)
    subjects = []
    for number in range(9):
        source, _ = await writers[0].sources.add_private(
            NewSource(url=f"https://news.example/{number}"), chat_row=chat.id, now=NOON
        )
        subjects.append(await writers[0].follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id)))

    async def follow(one: Storage, number: int) -> bool:
        subject = subjects[3 * writers.index(one) + number]
        return await one.follows.follow(chat.id, subject.id, most_private=4, now=NOON)

    assert sum(await all_at_once(writers, follow)) == 4
    await counts_are_right(writers[0])


async def test_no_chat_saves_more_than_it_may(writers: list[Storage]) -> None:
    chat = await reader(writers[0], 1)
    articles = await stored(writers[0], *(new_article(f"{number}") for number in range(9)))

    async def save(one: Storage, number: int) -> SaveResult:
        return await one.saved.save(chat.id, articles[3 * writers.index(one) + number], most=4, now=NOON)

    assert (await all_at_once(writers, save)).count(SaveResult.SAVED) == 4


async def test_an_undo_that_is_pressed_several_times_undoes_once(writers: list[Storage]) -> None:
    chat = await reader(writers[0], 1, everything=False)
    before = await writers[0].choices.of_chat(chat.id)
    await writers[0].chats.subscribe_to_everything(chat.id, now=NOON)
    step = await writers[0].choices.remember_step(chat.id, before, now=NOON)
    assert step

    async def undo(one: Storage, number: int) -> bool:
        return await one.choices.undo(chat.id, step, now=NOON)

    assert sum(await all_at_once(writers, undo)) == 1
    assert await writers[0].choices.of_chat(chat.id) == before
    await counts_are_right(writers[0])


# Deliveries


async def test_a_delivery_is_claimed_once(writers: list[Storage]) -> None:
    await readers(writers[0], 30)
    await stored(writers[0], new_article())
    await writers[0].deliveries.expand(limit=100, now=NOON)

    async def claim(one: Storage, number: int) -> list[int]:
        return [claim.delivery_id for claim in await one.deliveries.claim(limit=5, now=NOON)]

    claimed = [delivery for claims in await all_at_once(writers, claim) for delivery in claims]
    assert len(claimed) == len(set(claimed)) == 30


async def test_a_digest_is_queued_once(writers: list[Storage]) -> None:
    chat = await reader(writers[0], 1)
    await writers[0].chats.set_timetable(chat.id, Timetable(Rhythm.DAILY), digest_at=NOON, now=NOON - HOUR)
    [due] = await writers[0].deliveries.due_digests(limit=9, now=NOON)

    async def queue(one: Storage, number: int) -> None:
        await one.deliveries.enqueue_digests([(due, NOON + timedelta(days=1))], now=NOON)

    await all_at_once(writers, queue)
    assert await writers[0].deliveries.count_owed() == 1


async def test_an_article_is_fanned_out_once_by_several(writers: list[Storage]) -> None:
    await readers(writers[0], 40)
    await stored(writers[0], *(new_article(f"{number}") for number in range(3)))

    async def expand(one: Storage, number: int) -> None:
        await one.deliveries.expand(limit=15, now=NOON)

    while await writers[0].deliveries.expand(limit=15, now=NOON):
        await all_at_once(writers, expand)
    assert await writers[0].deliveries.count_owed() == 3 * 40
    assert len(await writers[0].deliveries.claim(limit=100, now=NOON)) == 40


async def test_nothing_is_claimed_of_an_article_that_was_withdrawn_before(writers: list[Storage]) -> None:
    await readers(writers[0], 40)
    [article] = await stored(writers[0], new_article())
    await writers[0].deliveries.expand(limit=100, now=NOON)
    claims: list[Claim] = []

    async def claim(one: Storage, number: int) -> None:
        if one is writers[0] and number == 2:
            await one.articles.retract(article, now=NOON)
        claims.extend(await one.deliveries.claim(limit=4, now=NOON))

    await all_at_once(writers, claim)
    rows = await writers[0].database.fetch(
        "-- scans deliveries: there are few\nSELECT id, state FROM deliveries WHERE article_id = 1"
    )
    assert {row["id"] for row in rows} == {claim.delivery_id for claim in claims}
    assert {row["state"] for row in rows} <= {"sending"}


async def test_each_message_ends_with_the_newest_text_however_corrections_and_sending_meet(
    writers: list[Storage],
) -> None:
    ingest, talker, _ = writers
    await readers(talker, 30)
    [article] = await stored(ingest, new_article())

    async def revise() -> None:
        for revision in range(1, 8):
            made = new_article(title=f"Title {revision}")
            change = ChangedArticle(article_id=article, text=made.text, search=made.search, from_revision=revision)
            assert (await ingest.articles.store([], [change], now=NOON + HOUR * revision)).changed

    async def send(hours: int) -> None:
        now = NOON + HOUR * hours
        await talker.deliveries.expand(limit=7, now=now)
        shown = await talker.articles.revisions([article])
        claims = await talker.deliveries.claim(limit=9, now=now)
        await talker.deliveries.settle(
            [Sent(claim, now, 1000 * claim.chat_id, shown[article].shown, now) for claim in claims]
        )

    async def send_all() -> None:
        for hours in range(30):
            await send(hours)

    await asyncio.gather(revise(), send_all())
    for day in range(2, 30):
        for _ in range(9):
            await send(24 * day)
    newest = (await talker.articles.revisions([article]))[article].shown
    rows = await talker.database.fetch("SELECT revision FROM deliveries WHERE article_id = 1 AND chat > 0")
    assert [row["revision"] for row in rows] == [newest] * 30


async def test_all_that_writes_at_once_ends_without_a_deadlock(writers: list[Storage]) -> None:
    await readers(writers[0], 20)
    source, _ = await writers[0].sources.add("https://news.example/feed.xml", SourceKind.FEED, now=NOON)
    chats = [chat for number in range(1, 6) if (chat := await writers[0].chats.get(number))]

    async def work(one: Storage, number: int) -> None:
        place = writers.index(one)
        articles = [report(f"{place} {number} {text}", text=f"{text}") for text in range(3)]
        added = (await one.articles.store(articles, now=NOON, decide=place_article)).added
        story = await one.stories.story_of(added[0])
        with suppress(NotFound):  # it became one with another story meanwhile
            subject = await one.follows.ensure_subject(SubjectName(kind=SubjectKind.STORY, ref=story))
            for chat in chats:
                await one.follows.follow(chat.id, subject.id, now=NOON)
        await one.deliveries.expand(limit=50, now=NOON)
        claims = await one.deliveries.claim(limit=7, now=NOON)
        await one.stories.split(added[1], now=NOON)
        await one.articles.retract(added[-1], now=NOON)
        await one.deliveries.settle([Sent(claim, NOON, claim.delivery_id, 1, NOON) for claim in claims])
        await one.stories.merge(added[0], added[1], now=NOON, decide=place_article)
        await one.follows.prune(now=NOON + timedelta(days=30), limit=9)
        await one.sources.set_private(source.id, bool((number + place) % 2), now=NOON)

    await all_at_once(writers, work)
    await counts_are_right(writers[0])


# Locks


async def test_locks_are_taken_in_one_order(writers: list[Storage]) -> None:
    async with writers[0].database.transaction(locks=ARTICLES) as transaction:
        await transaction.lock(Lock.ARTICLES)
        await transaction.lock(Lock.CHATS)
        await transaction.lock(Lock.ARTICLES)
    with pytest.raises(RuntimeError, match="ARTICLES is to be locked before CHATS"):
        async with writers[0].database.transaction(locks=CHATS) as transaction:
            await transaction.lock(Lock.ARTICLES)


async def test_what_locks_something_else_waits_for_nobody(postgres: Server) -> None:
    address = postgres.new_database()  # SQLite has one writer
    async with (
        open_storage(address) as one,
        open_storage(address) as other,
        open_storage(address) as third,
        one.database.transaction(locks=ARTICLES),
        other.database.transaction(locks=CHATS),
        third.database.transaction(locks=NOTHING) as transaction,
    ):
        assert await transaction.fetch("SELECT 1 AS number")
    postgres.drop_made()
