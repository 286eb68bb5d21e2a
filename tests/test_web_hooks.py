"""Hooks over real HTTP: what comes of the articles of a call, and that nothing comes in twice or by halves."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk import DeskReleases
from bot.ingest.hooks import REFUSALS_EVERY
from storage import Storage
from storage.records import HookKind, Lane
from tests.conftest import Clock
from tests.ingesting import opened
from tests.makers import NOON
from tests.senders import ARTICLE, SECRET, Door, opened_door, pushed, titles

SECOND = timedelta(seconds=1)


@pytest.fixture
async def door(storage: Storage, clock: Clock) -> AsyncIterator[Door]:
    async with opened(storage, clock) as ingest, opened_door(ingest, clock) as door:
        yield door


async def test_an_article_of_a_hook_that_needs_approval_waits_for_an_editor(door: Door, storage: Storage) -> None:
    await door.add()
    [source] = await storage.sources.all()
    await storage.sources.set_desk(source.id, True)
    assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
    assert (await titles(storage), await storage.desk.count(most=9)) == ([], 1)


async def test_an_embargoed_article_waits_is_corrected_and_withdrawn_before_anybody_sees_it(
    door: Door, storage: Storage
) -> None:
    await door.add()
    held = ARTICLE | {"embargo": "2026-03-02T06:00:00Z"}
    assert (await door.post(held)).counts == (1, 0, 0, 0)
    assert (await titles(storage), await pushed(storage)) == ([], 0)
    assert (await door.post(held)).counts == (0, 0, 0, 1)
    assert (await door.post(held | {"title": "Ferry sails late", "version": 2})).counts == (0, 1, 0, 0)
    [waiting] = await storage.desk.page(limit=9)
    assert waiting.article.text.title == "Ferry sails late"
    assert (await door.post({"id": "ferry", "withdrawn": True})).counts == (0, 0, 1, 0)
    assert await storage.desk.count(most=9) == 0


async def test_the_first_call_is_no_backlog(door: Door, storage: Storage) -> None:
    await door.add(category="Harbour")
    old = {"id": "old", "title": "Bridge opens", "body": "Long ago.", "published": "2026-02-01"}
    assert (await door.post([ARTICLE, old])).counts == (2, 0, 0, 0)
    assert await pushed(storage) == 1
    assert {article.category and article.category.name for article in await storage.articles.newest(limit=9)} == {
        "Harbour"
    }


@pytest.mark.parametrize("breaking", ["source", "article"])
async def test_breaking_news_is_pushed_as_such(door: Door, storage: Storage, breaking: str) -> None:
    await door.add(breaking=breaking == "source")
    await door.post(ARTICLE | {"breaking": breaking == "article"})
    assert [article.lane for article in await storage.articles.newest(limit=9)] == [Lane.BREAKING]


async def test_of_one_call_no_more_are_pushed_than_of_one_visit_but_many_calls_are(
    door: Door, storage: Storage
) -> None:
    await door.add()
    many = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left the harbour."} for n in range(12)]
    assert (await door.post(many)).counts == (12, 0, 0, 0)
    assert await pushed(storage) == 10
    later = [ARTICLE | {"id": f"b{n}", "title": f"Boat {n} lands", "body": f"Boat {n} is here."} for n in range(12)]
    answers = await asyncio.gather(*(door.post(one) for one in later))
    assert {answer.counts for answer in answers} == {(1, 0, 0, 0)}
    assert await pushed(storage) == 22


async def test_a_scheduled_post_of_wordpress_goes_out_once_at_its_time(
    door: Door, storage: Storage, clock: Clock
) -> None:
    await door.add(HookKind.WORDPRESS)
    post = {"id": 41, "title": {"rendered": "Ferry sails"}, "content": {"rendered": "<p>It left.</p>"}}
    post |= {
        "date_gmt": "2026-03-01T13:00:00",
        "modified_gmt": "2026-03-01T11:00:00",
        "link": "https://wp.example/41",
    }
    assert (await door.post(post | {"status": "future"})).counts == (1, 0, 0, 0)
    releases = DeskReleases(storage, clock, lambda: None)
    await releases()
    assert await titles(storage) == []
    clock.advance(hours=1)
    await releases()
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)
    # WordPress publishes it a moment later, and its plugin calls again.
    published = post | {"status": "publish", "modified_gmt": "2026-03-01T13:00:02"}
    assert (await door.post(published)).counts == (0, 0, 0, 1)
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)


async def test_a_scheduled_post_that_its_editor_publishes_now_goes_out_now(door: Door, storage: Storage) -> None:
    await door.add(HookKind.WORDPRESS)
    post = {"id": 41, "title": {"rendered": "Ferry sails"}, "content": {"rendered": "<p>It left.</p>"}}
    future = {"status": "future", "date_gmt": "2026-03-01T13:00:00", "modified_gmt": "2026-03-01T11:00:00"}
    await door.post(post | future)
    now = {"status": "publish", "date_gmt": "2026-03-01T12:00:00", "modified_gmt": "2026-03-01T12:00:00"}
    await door.post(post | now)
    await DeskReleases(storage, door.clock, lambda: None)()
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)


@pytest.mark.only_sqlite  # by a setting that only SQLite has
async def test_storage_that_takes_nothing_is_told_and_the_call_may_come_again(door: Door, storage: Storage) -> None:
    await door.add()
    long = ARTICLE | {"body": "far out " * 50_000}
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 60")
    answer = await door.post(long)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body == {"error": "the articles can't be stored now"}
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1000000")
    assert (await door.post(long)).counts == (1, 0, 0, 0)


async def test_a_hook_remembers_its_calls_and_why_the_last_one_was_refused(
    door: Door, storage: Storage, clock: Clock
) -> None:
    await door.add()
    await door.post(ARTICLE)
    clock.advance(minutes=1)
    for _ in range(3):
        await door.post({})
    [hook] = await storage.hooks.all()
    assert (hook.calls, hook.called_at, hook.failed_at) == (1, NOON, NOON + timedelta(minutes=1))
    assert hook.last_error is not None
    assert "no title" in hook.last_error
    assert hook.refused == 1  # strangers can't keep the database busy: the others are counted with the next
    clock.advance(seconds=REFUSALS_EVERY.total_seconds())
    await door.post({})
    [hook] = await storage.hooks.all()
    assert hook.refused == 4
    [source] = await storage.sources.all()
    assert source.refreshed_at == NOON
    assert door.called == [("generic", "stored"), *[("generic", "refused")] * 4]


def examples(language: str) -> list[str]:
    """The programs of a language in docs/hooks.md."""
    text = (Path(__file__).parent.parent / "docs/hooks.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("program", "code"),
    [*(("bash", code) for code in examples("bash")), *((sys.executable, code) for code in examples("python"))],
    ids=["bearer", "signed by the shell", "signed by Python"],
)
async def test_the_examples_of_the_manual_work(storage: Storage, program: str, code: str) -> None:
    async with opened(storage, Clock(datetime.now(UTC))) as ingest, opened_door(ingest, ingest.now) as door:
        await door.add()
        process = await asyncio.create_subprocess_exec(
            program,
            "-c",
            code,
            env=os.environ | {"URL": f"{door.url}/hooks/newsroom", "SECRET": SECRET},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert json.loads(said) == {"stored": 1, "changed": 0, "withdrawn": 0, "unchanged": 0}
