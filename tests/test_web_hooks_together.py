"""Many calls of a hook at once: each is stored once, asked to come back, or refused for itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import WorkerError
from bot.ingest.keep import STORED_AT_ONCE, Kept
from bot.ingest.waiting_calls import FEW, WaitingCalls
from bot.ingest.worker import WorkerProcess
from storage import Storage
from tests.conftest import Clock
from tests.ingesting import Here, opened
from tests.senders import ARTICLE, SECRET, Answer, Door, bearer, opened_door, titles
from tests.web import first_line


@pytest.fixture
async def door(storage: Storage, clock: Clock) -> AsyncIterator[Door]:
    async with opened(storage, clock) as ingest, opened_door(ingest, clock) as door:
        yield door


@pytest.mark.slow
async def test_a_thousand_calls_at_once_are_stored_once_each_or_asked_to_come_back(
    door: Door, storage: Storage
) -> None:
    await door.add()
    left = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left.", "version": 1} for n in range(1000)]
    rounds = 0
    while left:
        rounds += 1
        answers: list[Answer] = await asyncio.gather(*(door.post(one) for one in left))
        assert {answer.status for answer in answers} <= {202, 503}
        assert all(answer.headers["Retry-After"] == "5" for answer in answers if answer.status == 503)
        left = [one for one, answer in zip(left, answers, strict=True) if answer.status == 503]
        assert rounds < 20
    assert len(await titles(storage)) == 1000
    [hook] = await storage.hooks.all()
    assert (hook.counts.stored, hook.counts.changed) == (1000, 0)


async def test_a_call_that_would_wait_for_long_is_asked_to_come_back_and_is_stored_then(
    storage: Storage, clock: Clock
) -> None:
    seconds = 0.0
    waiting = WaitingCalls(lambda: seconds)
    async with opened(storage, clock) as ingest, opened_door(ingest, clock, waiting=waiting) as door:
        await door.add()
        [hook] = await storage.hooks.all()
        with ExitStack() as before:
            for _ in range(FEW):
                before.enter_context(waiting.enter(1, hook.source_id))
            seconds = 7.5
            refused = await door.post(ARTICLE)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "8")
            assert await titles(storage) == []
            # Strangers learn nothing from it.
            assert (await door.post(ARTICLE, bearer("wrong"))).status == 401
            assert (await door.post(ARTICLE, name="other")).status == 401
            # The body of this one never comes: refusing hundreds a second must cost next to nothing.
            head = f"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n"
            head += "Content-Length: 9\r\n\r\n"
            assert b" 503 " in await first_line(door.url, head.encode())
        assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
        assert [result for _, result in door.called] == ["busy", "refused", "refused", "busy", "stored"]


class Ticking(Clock):
    """It moves when it is asked, so each transaction has a time of its own."""

    def __call__(self) -> datetime:
        self.advance(milliseconds=1)
        return self.time


async def test_many_articles_are_stored_few_at_a_time_so_that_others_write_in_between(
    storage: Storage, clock: Clock
) -> None:
    async with opened(storage, Ticking()) as ingest, opened_door(ingest, clock) as door:
        await door.add()
        first = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left.", "version": 1} for n in range(23)]
        assert (await door.post(first)).counts == (23, 0, 0, 0)
        both = [one | {"version": 2, "title": f"Ship {one['id']} is back"} for one in first[:9]]
        more = [{"id": n, "title": f"Train {n} leaves", "body": f"Train {n} left."} for n in range(100, 107)]
        assert (await door.post(both + more)).counts == (7, 9, 0, 0)
    rows = await storage.database.fetch(
        "SELECT max(stored_at, changed_at) AS at, count(*) AS n FROM articles GROUP BY at"
    )
    assert sum(row["n"] for row in rows) == 30
    assert max(row["n"] for row in rows) <= STORED_AT_ONCE


async def test_versions_that_come_at_once_end_with_the_last_one(door: Door, storage: Storage) -> None:
    await door.add()
    versions = [ARTICLE | {"version": n, "title": f"Ferry sails, report {n}"} for n in range(1, 21)]
    answers = await asyncio.gather(*(door.post(one) for one in [*versions[10:], *versions[:10]]))
    assert {answer.status for answer in answers} == {202}
    assert sum(answer.counts[0] for answer in answers) == 1
    assert await titles(storage) == ["Ferry sails, report 20"]


async def test_corrections_without_versions_that_come_at_once_are_all_counted(door: Door, storage: Storage) -> None:
    await door.add()
    texts = [{"id": "ferry", "title": f"Ferry sails, report {n}", "body": "It left."} for n in range(6)]
    answers = [answer.counts for answer in await asyncio.gather(*(door.post(one) for one in texts))]
    assert sorted(answers) == [*[(0, 1, 0, 0)] * 5, (1, 0, 0, 0)]
    assert len(await titles(storage)) == 1


async def test_a_body_that_ends_its_process_harms_no_other_of_its_piece(storage: Storage, clock: Clock) -> None:
    class Poisoned(Here):
        async def run(self, work: Any, *args: Any, **named: Any) -> Any:
            if "poison" in str(args):
                raise WorkerError("the process ended")
            return await super().run(work, *args, **named)

    async with opened(storage, clock, Poisoned()) as ingest, opened_door(ingest, clock) as door:
        await door.add()
        calls = [{"id": n, "title": f"Ship {n} sails", "body": "poison" if n == 3 else "It left."} for n in range(8)]
        answers = await asyncio.gather(*(door.post(one) for one in calls))
        assert [answer.status for answer in answers] == [422 if n == 3 else 202 for n in range(8)]
        assert "it can't be read in time" in answers[3].body["error"]
    assert len(await titles(storage)) == 7


async def test_a_call_that_meets_a_mistake_of_ours_harms_no_other_that_is_stored_beside_it(
    door: Door, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = door.ingest.keeper.keep

    async def mistaken(drafts: Sequence[Draft], **named: Any) -> Kept:
        if any(draft.body == "mistake" for draft in drafts):
            raise LookupError
        return await keep(drafts, **named)

    monkeypatch.setattr(door.ingest.keeper, "keep", mistaken)
    await door.add()
    calls = [{"id": n, "title": f"Ship {n} sails", "body": "mistake" if n == 3 else "It left."} for n in range(8)]
    answers = await asyncio.gather(*(door.post(one) for one in calls))
    assert [answer.status for answer in answers] == [500 if n == 3 else 202 for n in range(8)]
    assert len(await titles(storage)) == 7


async def test_a_call_does_not_wait_for_the_feeds_that_are_read(storage: Storage, clock: Clock) -> None:
    async with (
        WorkerProcess(processes=1) as worker,
        opened(storage, clock, worker) as ingest,
        opened_door(ingest, clock) as door,
    ):
        await door.add()
        feeds = [asyncio.create_task(worker.run(sum, range(1_000_000))) for _ in range(1_000)]
        await feeds[0]
        assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
        assert not feeds[-1].done()
        for feed in feeds:
            feed.cancel()
        await asyncio.gather(*feeds, return_exceptions=True)


async def test_a_document_that_ends_its_worker_is_refused_and_harms_no_other_call(
    storage: Storage, clock: Clock
) -> None:
    async with (
        WorkerProcess(seconds=20) as worker,
        opened(storage, clock, worker) as ingest,
        opened_door(ingest, clock) as door,
    ):
        await door.add()
        deep = b"<rss><channel><item><title>Ferry</title>" + b"<x>" * 200_000 + b"</rss>"
        statuses = [answer.status for answer in await asyncio.gather(
            door.post(deep, content_type="application/rss+xml"), door.post(ARTICLE)
        )]  # fmt: skip
        assert statuses[1] == 202
        assert statuses[0] in (202, 422)
    assert "Ferry sails at noon" in await titles(storage)
