"""Nothing is done at once that may be any size, nothing grows for ever, and one broken row stops no other."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from storage import Storage
from storage.database import EVERYTHING, Lock, Transaction
from storage.records import (
    CategoryName,
    NewArticle,
    Rhythm,
    SearchText,
    SourceKind,
    Timetable,
)
from tests.makers import NOON, exported, named, new_article, reader, readers, settings, stored

DAY = timedelta(days=1)
SPORT, GAMES = CategoryName("Sport", "sport"), CategoryName("Games", "games")
DAILY = Timetable(rhythm=Rhythm.DAILY)


async def count(storage: Storage, table: str) -> int:
    return int((await storage.database.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"])


# What a connection of SQLite has changed, and what a transaction of PostgreSQL has; triggers included.
ROWS_CHANGED = {
    "sqlite": "SELECT total_changes() AS n",
    "postgres": """
        SELECT CAST(coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) AS bigint) AS n FROM pg_stat_xact_user_tables
    """,
}


class Interrupted(Exception):
    """As if the process had been killed before this transaction."""


def interrupted_after(storage: Storage, transactions: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let so many transactions through. Returns a list that gets the number of rows which each of them changed."""
    begin = storage.database.transaction
    rows = ROWS_CHANGED["postgres" if storage.database.name.startswith("postgresql:") else "sqlite"]
    changed: list[int] = []

    @asynccontextmanager
    async def limited(*, durable: bool = True, locks: Sequence[Lock] = EVERYTHING) -> AsyncIterator[Transaction]:
        if len(changed) == transactions:
            raise Interrupted
        async with begin(durable=durable, locks=locks) as transaction:
            before = (await transaction.fetch(rows))[0]["n"]
            yield transaction
            changed.append((await transaction.fetch(rows))[0]["n"] - before)

    monkeypatch.setattr(storage.database, "transaction", limited)
    return changed


# Categories become one


async def of_two_categories(storage: Storage) -> None:
    await stored(storage, *(new_article(f"{n}", category="Games", lane=None) for n in range(20)))
    await stored(storage, new_article("sport", category="Sport", lane=None))
    await storage.settings.put([settings(chat_id=n, categories=named("Games")) for n in range(1, 21)], now=NOON)
    await storage.settings.put([settings(chat_id=30, muted=named("Games"))], now=NOON)


async def test_a_category_moves_to_another_in_short_transactions(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.categories.MOVED_AT_ONCE", 4)
    await of_two_categories(storage)
    changed = interrupted_after(storage, 1_000, monkeypatch)
    await storage.categories.set_alias(GAMES, SPORT)
    assert max(changed) <= 4 * 5 + 1  # an article, its two entries and their counters; and the last counter goes
    assert [(one.name, one.articles) for one in await storage.categories.list_with_counts()] == [("Sport", 21)]
    wanted = [(one.chat_id, one.categories, one.muted) for one in await exported(storage)]
    assert wanted == [*((n, named("Sport"), ()) for n in range(1, 21)), (30, (), named("Sport"))]


@pytest.mark.parametrize("transactions", [1, 2, 5, 8, 10, 12, 14, 16])
async def test_a_move_that_was_interrupted_loses_nothing_and_is_finished_later(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, transactions: int
) -> None:
    monkeypatch.setattr("storage.topics.categories.MOVED_AT_ONCE", 4)
    await of_two_categories(storage)
    with monkeypatch.context() as interruption:
        interrupted_after(storage, transactions, interruption)
        with pytest.raises(Interrupted):
            await storage.categories.set_alias(GAMES, SPORT)
    await stored(storage, new_article("between", category="Games"), now=NOON + DAY)
    await storage.deliveries.expand(limit=100, now=NOON + DAY)
    told = {claim.chat_id for claim in await storage.deliveries.claim(limit=100, now=NOON + DAY)}
    assert told == set(range(1, 21))  # who chose the category, and not who muted it
    if transactions < 9:  # the alias was not set yet
        assert await storage.categories.finish_merges() == 0
        await storage.categories.set_alias(GAMES, SPORT)
    else:
        assert await storage.categories.finish_merges() == 1
    assert await storage.categories.finish_merges() == 0
    assert [(one.name, one.articles) for one in await storage.categories.list_with_counts()] == [("Sport", 22)]
    assert all(one.categories + one.muted == named("Sport") for one in await exported(storage))


async def test_an_alert_that_is_owed_while_its_category_moves_is_sent(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.categories.MOVED_AT_ONCE", 1)
    await storage.settings.put([settings(chat_id=n, categories=named("Games")) for n in (1, 2)], now=NOON)
    await stored(storage, new_article("one", category="Games"))
    await storage.deliveries.expand(limit=100, now=NOON)
    for transactions in range(1, 5):
        with monkeypatch.context() as interruption:
            interrupted_after(storage, transactions, interruption)
            with pytest.raises(Interrupted):
                await storage.categories.set_alias(GAMES, SPORT)
        [row] = await storage.database.fetch("SELECT count(*) AS n FROM deliveries WHERE state = 'queued'")
        assert row["n"] == 2
    assert len(await storage.deliveries.claim(limit=10, now=NOON)) == 2


async def test_categories_that_nothing_is_left_of_are_pruned(storage: Storage) -> None:
    old = [new_article(f"{n}", category=f"Section {n}", lane=None) for n in range(5)]
    await stored(storage, *old, new_article("kept", category="Kept", lane=None), now=NOON - 40 * DAY)
    chat = await reader(storage, 1)
    muted = await storage.categories.find("section 1")
    assert muted is not None
    await storage.chats.unsubscribe(chat.id, muted.id, now=NOON)
    await storage.categories.set_breaking(CategoryName("Section 2", "section 2"), on=True)
    await storage.categories.set_alias(CategoryName("S3", "s3"), CategoryName("Section 3", "section 3"))
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM articles WHERE identity <> 'kept'")
    assert await storage.categories.prune(limit=1) == 1
    assert await storage.categories.prune(limit=10) == 1
    names = {category.name for _, category in await storage.categories.names()}
    assert names == {"Kept", "Section 1", "Section 2", "Section 3"}


async def test_the_numbers_beside_categories_follow_what_happens_to_articles(storage: Storage) -> None:
    async def counted() -> dict[str, int]:
        return {one.name: one.articles for one in await storage.categories.list_with_counts()}

    first, second, _ = await stored(
        storage, *(new_article(n, category="Sport") for n in ("a", "b")), new_article("c", category=None)
    )
    await stored(storage, new_article("a", category="Sport"))  # known already
    assert await counted() == {"Sport": 2}
    assert await storage.articles.retract(first, now=NOON)
    assert await counted() == {"Sport": 1}
    await storage.categories.set_alias(SPORT, GAMES)
    assert await counted() == {"Games": 1}
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM fanouts")
    assert await storage.archive.prune(before=NOON + DAY, limit=10) == 3
    assert await counted() == {}
    assert second


# What nobody asks for any more


def worded(name: str, *words: str) -> NewArticle:
    return new_article(name, lane=None, search=SearchText(title="t", body="b", words=frozenset(words)))


async def test_words_that_no_article_has_had_for_long_are_forgotten(storage: Storage) -> None:
    await stored(storage, worded("old", "rare", "common"), now=NOON - 100 * DAY)
    await stored(storage, worded("new", "common", "fresh"), now=NOON)
    until = ""
    for _ in range(2):
        until = await storage.search.prune_words(before=NOON - 60 * DAY, after=until, limit=2)
    assert await storage.search.known_words(["rare", "common", "fresh"]) == {"common", "fresh"}
    assert await storage.search.prune_words(before=NOON, after=until, limit=2) == ""


async def test_a_word_stays_as_long_as_an_article_may_have_it(storage: Storage) -> None:
    await stored(storage, worded("first", "word"), now=NOON - 50 * DAY)
    await stored(storage, worded("second", "word"), now=NOON - 25 * DAY)  # too soon to write it again
    await storage.search.prune_words(before=NOON - 25 * DAY, after="", limit=10)
    assert await storage.search.known_words(["word"]) == {"word"}


async def test_searches_stay_bounded_even_if_no_time_passes(storage: Storage) -> None:
    chat = (await reader(storage, 1)).id
    numbers = [await storage.lists.save_search(chat, f"word {n}", now=NOON) for n in range(150)]
    assert await count(storage, "searches") == 100
    assert await storage.lists.search_words(numbers[-1], chat_row=chat) == "word 149"


async def test_a_reader_who_turns_pages_for_ever_leaves_only_the_last_of_them(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.shown_lists.POSITIONS_KEPT", 25)
    chat = await reader(storage, 1)
    for page in range(10):
        await storage.lists.save_list(chat.id, range(100 + 10 * page, 110 + 10 * page), first=1 + 10 * page)
    assert await count(storage, "shown") == 25
    assert await storage.lists.article_at(chat.id, 100) == 199
    assert await storage.lists.article_at(chat.id, 1) is None


async def test_a_server_that_gives_each_delivery_a_reason_of_its_own_makes_no_endless_list(storage: Storage) -> None:
    await readers(storage, 60)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=100, now=NOON)
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE deliveries SET state = 'dead', settled_at = 1, reason = 'error ' || id")
    assert len(await storage.dead_letters.reasons()) == 50


# Limits


@pytest.mark.parametrize("limit", [0, -1, -1000])
async def test_a_limit_below_one_takes_nothing(storage: Storage, limit: int) -> None:
    await readers(storage, 3)
    await storage.settings.put([settings(chat_id=9, timetable=DAILY, digest_at=NOON)], now=NOON - DAY)
    await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON)
    await stored(storage, new_article("sent"), now=NOON)
    await storage.deliveries.expand(limit=10, now=NOON)
    await stored(storage, new_article("open"), now=NOON)
    later = NOON + 100 * DAY
    assert await storage.deliveries.claim(limit=limit, now=later) == []
    assert await storage.deliveries.expand(limit=limit, now=later) == 0
    assert await storage.deliveries.due_digests(limit=limit, now=later) == []
    assert await storage.deliveries.count_ready_chats(limit=limit, now=later) == 0
    assert await storage.deliveries.prune(limit=limit, before=later) == 0
    assert await storage.archive.prune(limit=limit, before=later) == 0
    assert await storage.sources.due_sources(later, limit=limit) == []
    assert await storage.articles.newest(limit=limit) == []
    assert await storage.articles.page(limit=limit) == []
    assert await storage.dead_letters.latest(limit=limit) == []
    assert await storage.stories.prune(limit=limit, now=later) == 0
    assert await count(storage, "deliveries") == 3


async def test_how_many_chats_are_left_is_exact_for_few_and_near_for_many(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers(storage, 60)
    await stored(storage, *(new_article(f"{n}") for n in range(5)))
    assert await storage.deliveries.count_owed() == 300
    monkeypatch.setattr("storage.topics.deliveries.CHATS_COUNTED", 40)
    monkeypatch.setattr("storage.topics.deliveries.FANOUTS_COUNTED", 2)
    assert await storage.deliveries.count_owed() == 300
    await storage.deliveries.expand(limit=60, now=NOON)
    assert (await storage.deliveries.stats(now=NOON)).chats_left == 240


# Broken rows


# A column of PostgreSQL takes numbers only, but also those that are no time.
NO_TIME = {"sqlite": "'noon'", "postgres": "-900000000000000000"}


async def damage(storage: Storage, statement: str) -> None:
    """Write what no method would: as a mistake of an older version, or a person with a database browser, may."""
    async with storage.database.transaction() as transaction:
        assert await transaction.change(statement)


async def test_a_chat_with_a_broken_value_stops_no_other_chat(
    storage: Storage, kind_of_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    daily = [settings(chat_id=n, timetable=DAILY, digest_at=NOON - n * DAY) for n in (1, 2, 3)]
    await storage.settings.put(daily, now=NOON - DAY)
    await damage(storage, f"UPDATE chats SET told_until = {NO_TIME[kind_of_database]} WHERE chat_id = 2")
    with caplog.at_level(logging.ERROR):
        assert [due.chat_id for due in await storage.deliveries.due_digests(limit=10, now=NOON)] == [3, 1]
    assert [record.message for record in caplog.records] == ["row_unreadable"]
    assert [due.chat_id for due in await storage.deliveries.due_digests(limit=2, now=NOON)] == [3, 1]


async def test_a_delivery_that_cannot_be_read_becomes_dead_and_the_others_are_sent(
    storage: Storage, kind_of_database: str
) -> None:
    await readers(storage, 3)
    await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=10, now=NOON)
    await damage(storage, f"UPDATE deliveries SET queued_at = {NO_TIME[kind_of_database]} WHERE chat_id = 2")
    assert {claim.chat_id for claim in await storage.deliveries.claim(limit=10, now=NOON)} == {1, 3}
    await damage(storage, "UPDATE deliveries SET queued_at = 1 WHERE chat_id = 2")
    [dead] = await storage.dead_letters.latest(limit=5)
    assert (dead.chat_id, dead.reason) == (2, "a value of this delivery or of its chat can't be read")
    await stored(storage, new_article("two"))
    await storage.deliveries.expand(limit=10, now=NOON)
    assert [claim.chat_id for claim in await storage.deliveries.claim(limit=10, now=NOON)] == [2]


async def test_an_article_with_a_broken_value_stops_no_list(storage: Storage) -> None:
    await stored(storage, *(new_article(n) for n in ("a", "b", "c")))
    await damage(storage, "UPDATE articles SET published_on = 'a day' WHERE identity = 'b'")
    assert [one.title for one in await storage.articles.page(limit=5)] == ["Title c", "Title a"]
    assert [one.text.title for one in await storage.articles.newest(limit=5)] == ["Title c", "Title a"]
    assert await storage.articles.snapshot_headlines([2, 3], grouped=False) == [
        None,
        *await storage.articles.headlines([3]),
    ]


async def test_a_source_with_a_broken_value_stops_no_other_source(storage: Storage) -> None:
    for name in ("a", "b", "c"):
        await storage.sources.add(f"https://{name}.example/", SourceKind.FEED, now=NOON)
    await damage(storage, "UPDATE sources SET due_at = -900000000000000000 WHERE id = 2")
    assert [source.id for source in await storage.sources.due_sources(NOON)] == [1, 3]
    assert [source.id for source in await storage.sources.all()] == [1, 3]


async def test_an_export_leaves_out_only_the_chat_that_cannot_be_read(
    storage: Storage, kind_of_database: str
) -> None:
    await storage.settings.put([settings(chat_id=n, timetable=DAILY, digest_at=NOON) for n in (1, 2, 3)], now=NOON)
    await damage(storage, f"UPDATE chats SET digest_at = {NO_TIME[kind_of_database]} WHERE chat_id = 2")
    assert [one.chat_id for one in await exported(storage)] == [1, 3]
