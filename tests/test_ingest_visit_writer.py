"""Visits are committed in groups; one that can't be stored, or that nobody waits for any more, stops no other."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from bot.ingest.visit_writer import VisitWriter
from storage import Storage
from storage.errors import DatabaseReadOnly
from storage.records import Source, SourceKind, Visit
from tests.makers import NOON

LATER = NOON + timedelta(hours=1)


async def sources(storage: Storage, count: int) -> list[Source]:
    return [
        (await storage.sources.add(f"https://harbour.example/{number}", SourceKind.FEED, now=NOON))[0]
        for number in range(count)
    ]


async def due(storage: Storage) -> list[int]:
    return [one.id for one in await storage.sources.due_sources(NOON)]


async def test_visits_of_a_moment_are_one_transaction(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    visited = storage.sources.record_visits

    async def watched(*visits: Visit) -> None:
        groups.append(len(visits))
        await visited(*visits)

    monkeypatch.setattr(storage.sources, "record_visits", watched)
    writer = VisitWriter(storage)
    added = await sources(storage, 20)
    await asyncio.gather(*(writer.write(Visit(source_id=one.id, due_at=LATER, error="x")) for one in added))
    assert groups == [20]
    assert await due(storage) == []
    await writer.write(Visit(source_id=added[0].id, due_at=NOON, error="x"))
    assert groups == [20, 1]


async def test_a_visit_that_can_not_be_stored_stops_no_other(storage: Storage) -> None:
    writer = VisitWriter(storage)
    first, bad, last = await sources(storage, 3)
    outcomes = await asyncio.gather(
        writer.write(Visit(source_id=first.id, due_at=LATER, error="x")),
        writer.write(Visit(source_id=bad.id, due_at=LATER, error="\udce9")),
        writer.write(Visit(source_id=last.id, due_at=LATER, error="x")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), UnicodeEncodeError, type(None)]
    assert await due(storage) == [bad.id]


@pytest.mark.only_sqlite  # by a setting that only SQLite has
async def test_all_are_told_when_storage_refuses(storage: Storage) -> None:
    writer = VisitWriter(storage)
    added = await sources(storage, 2)
    database: Any = storage.database
    await database._writer.execute("PRAGMA query_only = ON")
    visits = [Visit(source_id=one.id, due_at=LATER, error="x") for one in added]
    outcomes = await asyncio.gather(*(writer.write(visit) for visit in visits), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DatabaseReadOnly] * 2
    await database._writer.execute("PRAGMA query_only = OFF")
    await writer.write(visits[0])
    assert await due(storage) == [added[1].id]


async def test_a_visit_that_nobody_waits_for_any_more_is_stored_with_the_others(storage: Storage) -> None:
    writer = VisitWriter(storage)
    first, second = await sources(storage, 2)
    given_up = asyncio.create_task(writer.write(Visit(source_id=first.id, due_at=LATER, error="x")))
    waiting = asyncio.create_task(writer.write(Visit(source_id=second.id, due_at=LATER, error="x")))
    await asyncio.sleep(0)
    given_up.cancel()
    await waiting
    with suppress(asyncio.CancelledError):
        await given_up
    assert await due(storage) == []
