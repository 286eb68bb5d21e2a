"""Alarms, work that takes long, and the numbers that are kept for the metrics."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage import Storage, open_storage
from storage.records import (
    Actor,
    AlarmKind,
    AuditAction,
    AuditEntry,
    ChatState,
    Counts,
    DeliveryKind,
    Lane,
    Origin,
    PutOff,
    SourceKind,
    SubjectOfAudit,
    Unreachable,
    Visit,
    WorkKind,
    WorkState,
)
from storage.sqlite.connection import migrations, statements
from tests.makers import NOON, new_article, reader, readers, stored

MINUTE = timedelta(minutes=1)


async def test_an_alarm_begins_once_and_ends_once(storage: Storage) -> None:
    assert await storage.alarms.begin(AlarmKind.STUCK, 0, {"minutes": 10}, now=NOON)
    assert not await storage.alarms.begin(AlarmKind.STUCK, 0, {"minutes": 11}, now=NOON + MINUTE)
    assert await storage.alarms.begin(AlarmKind.SOURCE_SILENT, 3, {}, now=NOON + MINUTE)
    assert [(one.kind, one.subject) for one in await storage.alarms.all()] == [("stuck", 0), ("source_silent", 3)]
    ended = await storage.alarms.end(AlarmKind.STUCK)
    assert ended
    assert (ended.since, ended.detail) == (NOON, {"minutes": 10})
    assert await storage.alarms.end(AlarmKind.STUCK) is None
    assert await storage.alarms.get(AlarmKind.STUCK) is None
    assert await storage.alarms.get(AlarmKind.SOURCE_SILENT, 3)


async def test_work_shows_how_far_it_is_and_how_it_ended(storage: Storage) -> None:
    work = storage.work
    first = await work.begin(WorkKind.IMPORT, subject="archive", total=10, now=NOON)
    second = await work.begin(WorkKind.BACKUP, now=NOON)
    third = await work.begin(WorkKind.COPY, now=NOON)
    await work.advance(first, 4, now=NOON + 3 * MINUTE)
    await work.advance(second, 5, total=50, now=NOON + MINUTE)
    await work.end(second, error="the disk is full", now=NOON + 2 * MINUTE)
    rows = {row.id: row for row in await work.latest(limit=9)}
    now = NOON + 4 * MINUTE
    assert [rows[one].state(now) for one in (first, second, third)] == [
        WorkState.RUNNING, WorkState.FAILED, WorkState.LOST,
    ]  # fmt: skip
    assert (rows[first].done, rows[first].total, rows[first].subject) == (4, 10, "archive")
    assert (rows[second].done, rows[second].total, rows[second].error) == (5, 50, "the disk is full")
    await work.end(first, now=NOON + 5 * MINUTE)
    latest = (await work.latest(limit=9))[-1]
    assert (latest.state(now), latest.done, latest.ended_at) == (WorkState.DONE, 10, NOON + 5 * MINUTE)
    await work.advance(first, 11, now=NOON + 9 * MINUTE)  # a late word of a process that was slow
    assert (await work.latest(limit=9))[-1].updated_at == NOON + 5 * MINUTE
    assert await work.prune(now=NOON + timedelta(days=29)) == 0
    assert await work.prune(now=NOON + timedelta(days=31)) == 3


async def test_the_last_good_backup_is_known_however_long_ago_it_was(storage: Storage) -> None:
    work = storage.work
    assert await work.ended_at(WorkKind.BACKUP) is None
    for day, error in enumerate([None, None, "the disk is full"]):
        ended = NOON + timedelta(days=day)
        await work.end(await work.begin(WorkKind.BACKUP, now=ended), error=error, now=ended)
    await work.begin(WorkKind.BACKUP, now=NOON + timedelta(days=3))
    await work.end(await work.begin(WorkKind.IMPORT, now=NOON), now=NOON + timedelta(days=9))
    assert await work.prune(now=NOON + timedelta(days=300)) == 4
    assert await work.ended_at(WorkKind.BACKUP) == NOON + timedelta(days=1)
    assert await work.ended_at(WorkKind.IMPORT) is None


async def counted(storage: Storage, sql: str) -> list[tuple[Any, int]]:
    rows = [list(dict(row).values()) for row in await storage.database.fetch(sql)]
    return [((kind, state), number) for kind, state, number in rows]


async def check_counts(storage: Storage) -> None:
    counts = await storage.metrics.counts()
    chats = await counted(storage, "SELECT kind, state, count(*) FROM chats GROUP BY 1, 2")
    assert {key: count for key, count in counts.chats.items() if count} == dict(chats)
    follows = await counted(
        storage,
        "SELECT kind, muted, count(*) FROM follows JOIN subjects ON subjects.id = subject_id GROUP BY 1, 2"
        " UNION ALL SELECT 'everything', FALSE, count(*) FROM chats"
        " WHERE everything_since IS NOT NULL AND stopped_at IS NULL",
    )
    assert {key: count for key, count in counts.follows.items() if count} == dict(follows)


async def test_the_name_of_a_file_that_is_no_text_is_stored_all_the_same(storage: Storage) -> None:
    name = b"news-\xff.txt".decode("utf-8", "surrogateescape")
    number = await storage.work.begin(WorkKind.IMPORT, subject=name, now=NOON)
    await storage.work.end(number, error=f"{name}: unreadable", now=NOON)
    [work] = await storage.work.latest(limit=9)
    assert (work.subject, work.error) == ("news-?.txt", "news-?.txt: unreadable")
    actor = Actor(origin=Origin.COMMAND_LINE, name=name)
    noted = AuditEntry(
        action=AuditAction.RETRACT, actor=actor, subject=SubjectOfAudit.ARTICLE, name=name, detail=name
    )
    await storage.audit.add(noted, now=NOON)
    [entry] = await storage.audit.page(limit=9)
    assert (entry.actor.name, entry.name, entry.detail) == ("news-?.txt",) * 3


async def test_the_kept_numbers_of_chats_and_follows_stay_those_of_the_tables(storage: Storage) -> None:
    chats = [await reader(storage, number, everything=number % 2 == 0) for number in (1, 2, 3, -4, -5)]
    await stored(storage, new_article("one", category="Sports"), new_article("two", category="Harbour"))
    await check_counts(storage)
    subjects = [row["id"] for row in await storage.database.fetch("SELECT id FROM subjects WHERE kind = 'category'")]
    if not subjects:
        for chat in chats[:3]:
            await storage.chats.subscribe(chat.id, 1, now=NOON)
    await check_counts(storage)
    async with storage.database.transaction() as transaction:
        await transaction.execute("UPDATE follows SET muted = TRUE WHERE chat = :chat", {"chat": chats[0].id})
    await check_counts(storage)
    await storage.chats.unsubscribe_from_everything(chats[1].id, now=NOON)
    await storage.deliveries.expand(limit=100, now=NOON)
    claims = await storage.deliveries.claim(limit=100, now=NOON)
    await storage.deliveries.settle([Unreachable(claims[0], NOON, ChatState.GONE, "blocked")])
    await storage.chats.migrate(-5, -500, now=NOON)
    await check_counts(storage)
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM subjects WHERE id = (SELECT min(subject_id) FROM follows)")
        await transaction.execute("DELETE FROM chats WHERE id = :id", {"id": chats[2].id})
    await check_counts(storage)
    counts = await storage.metrics.counts()
    assert all(count >= 0 for count in [*counts.chats.values(), *counts.follows.values()])
    assert counts.file_bytes > 100_000


async def test_what_is_owed_is_told_by_lane_with_the_age_of_what_is_due(storage: Storage) -> None:
    await readers(storage, 4)
    await stored(storage, new_article("one"))
    await stored(storage, new_article("two", lane=Lane.BREAKING), now=NOON + MINUTE)
    owed = {one.lane: one for one in await storage.metrics.owed(now=NOON + 2 * MINUTE)}
    assert (owed[Lane.ALERT].spreading, owed[Lane.ALERT].oldest, owed[Lane.ALERT].queued) == (1, NOON, 0)
    assert (owed[Lane.BREAKING].oldest, owed[Lane.EDIT].oldest) == (NOON + MINUTE, None)
    while await storage.deliveries.expand(limit=100, now=NOON + MINUTE):
        pass
    owed = {one.lane: one for one in await storage.metrics.owed(now=NOON + 2 * MINUTE)}
    assert (owed[Lane.BREAKING].queued, owed[Lane.BREAKING].oldest) == (4, NOON + MINUTE)
    assert (owed[Lane.ALERT].queued, owed[Lane.ALERT].spreading) == (4, 0)


async def test_an_alert_that_waits_for_the_end_of_quiet_hours_is_not_old(storage: Storage) -> None:
    await readers(storage, 1)
    await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=100, now=NOON)
    [claim] = await storage.deliveries.claim(limit=9, now=NOON)
    assert claim.kind is DeliveryKind.ALERT
    until = NOON + timedelta(hours=8)
    await storage.deliveries.settle([PutOff(claim, until, "on hold", attempts=0, quiet=True)])
    [alerts] = [one for one in await storage.metrics.owed(now=NOON + timedelta(hours=1)) if one.lane is Lane.ALERT]
    assert (alerts.queued, alerts.oldest) == (1, None)


@pytest.mark.parametrize(
    ("hours", "changes", "silent"),
    [
        (31, {}, True),
        (29, {}, False),
        (31, {"gaps": 2}, False),
        (31, {"failed": True}, False),
        (31, {"private": True}, False),
        (2.9, {"usual_gap": timedelta(minutes=1)}, False),
        (3.1, {"usual_gap": timedelta(minutes=1)}, True),
    ],
    ids="silent not-yet few-gaps failing private least least-over".split(),
)
async def test_a_source_is_silent_after_three_times_its_usual_gap(
    storage: Storage, hours: float, changes: dict[str, Any], silent: bool
) -> None:
    changes = dict(changes)  # each database gets the same ones
    failed, private = changes.pop("failed", False), changes.pop("private", False)
    source, _ = await storage.sources.add("https://news.example/feed", SourceKind.FEED, now=NOON)
    values: dict[str, Any] = {"usual_gap": timedelta(hours=10), "gaps": 5} | changes
    visit = Visit(source_id=source.id, due_at=NOON, visited_at=NOON, succeeded_at=NOON, newest_at=NOON, **values)
    await storage.sources.record_visits(visit)
    if failed:
        await storage.sources.record_visits(Visit(source_id=source.id, due_at=NOON, error="gone"))
    later = NOON + timedelta(hours=hours)
    unchanged = Visit(source_id=source.id, due_at=later, visited_at=later, succeeded_at=later)
    if not failed:
        await storage.sources.record_visits(unchanged)
    if private:  # only its readers may know of it
        await storage.sources.set_private(source.id, True, now=NOON)
    found = await storage.sources.silent(times=3, least=timedelta(hours=1), gaps=5, listening_since=NOON, now=NOON)
    assert [one.id for one in found] == ([source.id] if silent else [])


async def test_the_lanes_of_very_many_messages_are_estimated(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.topics.metrics.LANES_LOOKED_UP", 10)
    await readers(storage, 40)
    await stored(storage, new_article("one"))
    while await storage.deliveries.expand(limit=100, now=NOON):
        pass
    owed = {one.lane: one.queued for one in await storage.metrics.owed(now=NOON)}
    assert owed == {lane: 40 if lane is Lane.ALERT else 0 for lane in Lane if lane is not Lane.REPLY}


def test_a_database_of_an_earlier_version_begins_with_right_numbers(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    for number, sql in migrations():
        if number < 52:
            for statement in statements(sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    connection.executescript(
        """
        INSERT INTO chats (chat_id, kind, language, timezone, state, active_since, everything_since, settings_at)
        VALUES (1, 'private', 'en', 'UTC', 'active', 0, 0, 1), (2, 'private', 'en', 'UTC', 'gone', 0, NULL, 1),
               (-3, 'group', 'en', 'UTC', 'active', 0, NULL, 1);
        INSERT INTO subjects (id, kind, ref, key, name) VALUES (1, 'words', NULL, 'k', 'n');
        INSERT INTO follows (chat, subject_id, muted, since) VALUES (1, 1, 0, 0), (3, 1, 1, 0);
        """
    )
    connection.close()

    async def counts() -> Counts:
        async with open_storage(f"sqlite:///{path}") as opened:
            return await opened.metrics.counts()

    found = asyncio.run(counts())
    assert found.chats == {("private", "active"): 1, ("private", "gone"): 1, ("group", "active"): 1}
    assert found.follows == {("words", False): 1, ("words", True): 1, ("everything", False): 1}
