"""What runs by the clock: jobs that fail run again, old news goes, and too much of it is said once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.config import Config
from bot.jobs import PRUNED_AT_ONCE, OverloadCheck, Pruning
from storage import Storage
from storage.database import Transaction, Values
from storage.records import Died, Lane, Sent
from tests.conftest import Clock
from tests.makers import NOON, new_article, reader, readers, stored


async def titles(storage: Storage) -> list[str]:
    return sorted(article.text.title for article in await storage.articles.newest(limit=1000))


async def test_what_is_older_than_the_setting_is_deleted(storage: Storage, clock: Clock) -> None:
    await stored(storage, new_article("old", lane=None, published_at=NOON - timedelta(days=400)))
    await stored(storage, new_article("recent", lane=None))
    clock.advance(days=30)
    await stored(storage, new_article("new", lane=None, published_at=clock()), now=clock())
    pruning = Pruning(storage, Config(keep_days=29), clock)
    assert await pruning() == 2
    assert await titles(storage) == ["Title new"]
    assert await pruning() == 0


async def test_old_news_that_came_in_lately_stays(storage: Storage, clock: Clock) -> None:
    await stored(storage, new_article("archive", lane=None, published_at=NOON - timedelta(days=4000)))
    clock.advance(days=5)
    assert await Pruning(storage, Config(keep_days=30), clock)() == 0


async def test_what_is_still_owed_is_not_deleted(storage: Storage, clock: Clock) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("fanned out"))
    await storage.deliveries.expand(limit=10, now=NOON)
    await stored(storage, new_article("not yet"))
    clock.advance(days=100)
    assert await Pruning(storage, Config(keep_days=30), clock)() == 0
    assert await titles(storage) == ["Title fanned out", "Title not yet"]


async def test_keeping_for_ever_deletes_nothing(storage: Storage, clock: Clock) -> None:
    await stored(storage, new_article("old", lane=None))
    clock.advance(days=3000)
    assert await Pruning(storage, Config(keep_days=0), clock)() == 0
    assert await titles(storage) == ["Title old"]


async def test_more_than_one_transaction_of_old_news_goes_in_one_run(storage: Storage, clock: Clock) -> None:
    await stored(storage, *(new_article(f"{n}", lane=None) for n in range(PRUNED_AT_ONCE + 1)))
    clock.advance(days=100)
    assert await Pruning(storage, Config(keep_days=90), clock)() == PRUNED_AT_ONCE + 1


async def told(storage: Storage) -> list[dict[str, int]]:
    """What administrators were told of owing too much, in order."""
    rows = await storage.database.fetch("SELECT notice FROM deliveries WHERE kind = 'notice' ORDER BY id")
    notices = [json.loads(row["notice"]) for row in rows]
    assert {notice["key"] for notice in notices} <= {"overload"}
    return [notice["values"] for notice in notices]


async def settle_all(storage: Storage) -> None:
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE deliveries SET state = 'dead'")


async def test_owing_more_than_an_hour_of_the_rate_is_told_once_until_caught_up_with(
    storage: Storage, clock: Clock
) -> None:
    config = Config(rate=0.005, admins=(99,))  # 18 messages an hour
    health = OverloadCheck(storage, config, clock)
    await readers(storage, 25)
    await health()
    assert await told(storage) == []
    await stored(storage, new_article("one"))
    await health()
    assert await told(storage) == [{"owed": 25, "minutes": 83}]
    await storage.deliveries.expand(limit=100, now=NOON)
    await health()
    assert len(await told(storage)) == 1
    await settle_all(storage)
    await health()
    await stored(storage, new_article("two"))
    await health()
    assert len(await told(storage)) == 2


async def test_an_hour_of_the_rate_is_not_too_much(storage: Storage, clock: Clock) -> None:
    await readers(storage, 18)
    await stored(storage, new_article("one"))
    await OverloadCheck(storage, Config(rate=0.005, admins=(99,)), clock)()
    assert await told(storage) == []


async def test_falling_a_little_below_and_rising_again_is_not_told_again(storage: Storage, clock: Clock) -> None:
    health = OverloadCheck(storage, Config(rate=0.005, admins=(99,)), clock)
    await readers(storage, 12)
    [first] = await stored(storage, new_article("one"))
    await stored(storage, new_article("two"))
    await health()
    assert len(await told(storage)) == 1
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM fanouts WHERE article_id = :id", {"id": first})
    await health()
    await stored(storage, new_article("three"))
    await health()
    assert len(await told(storage)) == 1


async def test_without_a_limit_nothing_is_too_much(storage: Storage, clock: Clock) -> None:
    await readers(storage, 25)
    await stored(storage, new_article("one"))
    await OverloadCheck(storage, Config(rate=0, admins=(99,)), clock)()
    assert await told(storage) == []


async def test_the_notice_goes_to_every_administrator_as_an_alert(storage: Storage, clock: Clock) -> None:
    await readers(storage, 25)
    await stored(storage, new_article("one"))
    await OverloadCheck(storage, Config(rate=0.005, admins=(99, 100)), clock)()
    rows = await storage.database.fetch("SELECT chat_id, lane FROM deliveries WHERE kind = 'notice' ORDER BY chat_id")
    assert [(row["chat_id"], row["lane"]) for row in rows] == [(99, Lane.ALERT), (100, Lane.ALERT)]


async def test_notices_that_were_settled_long_ago_go_as_well(storage: Storage, clock: Clock) -> None:
    chat = await reader(storage, 1)
    await storage.deliveries.enqueue_notice([chat.id], '{"key": "burst", "values": {}}', lane=Lane.ALERT, now=NOON)
    [claim] = await storage.deliveries.claim(limit=1, now=NOON)
    await storage.deliveries.settle([Died(claim, NOON, "chat not found")])
    await storage.deliveries.enqueue_notice([chat.id], '{"key": "burst", "values": {}}', lane=Lane.ALERT, now=NOON)
    clock.advance(days=31)
    await Pruning(storage, Config(keep_days=30), clock)()
    rows = await storage.database.fetch("SELECT state FROM deliveries")
    assert [row["state"] for row in rows] == ["queued"]  # what is owed stays owed


async def sent_to(storage: Storage, count: int, article: str) -> None:
    """An article that so many chats were sent."""
    await stored(storage, new_article(article))
    await storage.deliveries.expand(limit=count + 1, now=NOON)
    claims = await storage.deliveries.claim(limit=count, now=NOON)
    await storage.deliveries.settle([Sent(claim, NOON, claim.chat_id, 1, NOON) for claim in claims])


async def test_an_article_that_very_many_were_sent_goes_in_steps_between_which_others_write(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.archive.DELIVERIES_AT_ONCE", 10)
    await readers(storage, 35)
    await sent_to(storage, 35, "one")
    clock.advance(days=100)
    transaction, left = storage.database.transaction, []

    @asynccontextmanager
    async def counting(*, durable: bool = True) -> AsyncIterator[Transaction]:
        async with transaction(durable=durable) as begun:
            yield begun
            left.append((await begun.fetch("SELECT count(*) AS n FROM deliveries"))[0]["n"])

    monkeypatch.setattr(storage.database, "transaction", counting)
    assert await Pruning(storage, Config(keep_days=90), clock)() == 1
    assert [before - after for before, after in pairwise(left) if before - after] == [10, 10, 10, 5]
    assert await storage.articles.newest(limit=1) == []


async def test_what_comes_to_be_owed_while_old_news_is_deleted_stays(storage: Storage, clock: Clock) -> None:
    await reader(storage, 1)
    await sent_to(storage, 1, "one")
    [article] = await storage.articles.newest(limit=1)
    clock.advance(days=100)
    archive: Any = storage.archive
    clear = archive._clear

    async def pushed_meanwhile(values: Values) -> Any:
        await storage.articles.push(article.id, Lane.BREAKING, now=clock())
        return await clear(values)

    archive._clear = pushed_meanwhile  # between two steps
    assert await Pruning(storage, Config(keep_days=90), clock)() == 0
    assert await titles(storage) == ["Title one"]
    assert (await storage.deliveries.stats(now=NOON)).deliveries["sent"] == 1  # so it is not sent twice


async def test_corrections_go_with_their_article(storage: Storage, clock: Clock) -> None:
    await reader(storage, 1)
    await sent_to(storage, 1, "one")
    async with storage.database.transaction() as transaction:
        await transaction.execute("INSERT INTO corrections (article_id, lane) SELECT id, 5 FROM articles")
    clock.advance(days=100)
    assert await Pruning(storage, Config(keep_days=90), clock)() == 1
    assert await storage.database.fetch("SELECT * FROM corrections") == []


async def test_dead_rows_and_digests_go_after_their_time_though_their_article_stays(
    storage: Storage, clock: Clock
) -> None:
    for number in (1, 2, 3):
        await reader(storage, number)
    await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=10, now=NOON)
    dead, sent, owed = await storage.deliveries.claim(limit=10, now=NOON)
    await storage.deliveries.settle([Died(dead, NOON, "refused"), Sent(sent, NOON, 1, 1, NOON)])
    for state in ("sent", "queued"):
        async with storage.database.transaction() as transaction:
            await transaction.execute(
                """
                INSERT INTO deliveries (chat, chat_id, kind, lane, place, queued_at, since, until, state, settled_at)
                VALUES (1, 1, 'digest', 4, 1, 1, 1, 2, :state, CASE :state WHEN 'sent' THEN 3 END)
                """,
                {"state": state},
            )
    clock.advance(days=100)
    await Pruning(storage, Config(keep_days=90), clock)()
    rows = await storage.database.fetch("SELECT kind, chat_id, state FROM deliveries ORDER BY kind, id")
    expected = sorted([(sent.chat_id, "sent"), (owed.chat_id, "sending")])
    assert [row["state"] for row in rows if row["kind"] == "digest"] == ["queued"]
    assert [(row["chat_id"], row["state"]) for row in rows if row["kind"] == "alert"] == expected


async def test_how_fast_it_was_is_forgotten_after_a_day_also_where_all_else_is_kept(
    storage: Storage, clock: Clock
) -> None:
    await reader(storage, 1)
    await sent_to(storage, 1, "one")
    clock.advance(hours=23)
    await Pruning(storage, Config(keep_days=0), clock)()
    assert (await storage.metrics.last_day(clock())).sent == 1
    clock.advance(hours=2)
    await Pruning(storage, Config(keep_days=0), clock)()
    assert await storage.database.fetch("SELECT * FROM throughput") == []
