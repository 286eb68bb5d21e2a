"""Terms on PostgreSQL: who is elected, who follows whom, and what a process of a former term can still do."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from bench.postgres import Server
from storage.errors import DatabaseUnreachable, Superseded
from storage.postgres.connection import FENCE, PostgresDatabase, open_postgres
from storage.postgres.leadership import PostgresLeadership

BEAT, SILENT = 0.02, 0.3  # seconds
NEVER = 3600.0
ROW = "INSERT INTO alarms (kind, subject, since, detail) VALUES ('stuck', :subject, 1, '{}')"
NUMBERS = itertools.count(1)


class Process:
    """A process that may talk."""

    def __init__(self, url: str, database: PostgresDatabase, beat: float) -> None:
        self.database = database
        self.leadership = PostgresLeadership(url, database, beat_seconds=beat, silent_seconds=SILENT)
        self.stood_by = asyncio.Event()
        self.followed = ""  # the name of the holder that it waited for

    async def elected(self) -> int:
        async with asyncio.timeout(30):
            return await self.leadership.acquire(on_standing_by=self._stand_by)

    def _stand_by(self, holder: str) -> None:
        self.followed = holder
        self.stood_by.set()

    async def writes(self) -> None:
        async with self.database.transaction() as transaction:
            await transaction.execute(ROW, {"subject": next(NUMBERS)})

    async def stored(self) -> int:
        return int((await self.database.fetch("SELECT count(*) AS n FROM alarms"))[0]["n"])

    async def lines(self) -> list[int]:
        """The connections of this process, as the server numbers them."""
        rows = await self.database.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = :process", {"process": self.database.process}
        )
        return [row["pid"] for row in rows]


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(postgres: Server) -> AsyncIterator[Start]:
    url = postgres.new_database()
    async with AsyncExitStack() as parts:

        async def started(*, beat: float = BEAT) -> Process:
            process = Process(url, await open_postgres(url), beat)
            parts.push_async_callback(process.database.close)
            parts.push_async_callback(process.leadership.release)
            return process

        yield started
    postgres.drop_made()


async def test_one_process_is_elected_and_another_follows_it_when_it_stops(start: Start) -> None:
    first, second = await start(), await start()
    assert await first.elected() == 1
    electing = asyncio.create_task(second.elected())
    await asyncio.wait_for(second.stood_by.wait(), 30)
    assert second.followed
    await first.writes()
    assert not electing.done()
    await first.leadership.release()
    assert await electing == 2
    await second.writes()
    assert await second.stored() == 2


async def test_a_process_whose_connections_end_is_followed_at_once(start: Start) -> None:
    first, second = await start(beat=NEVER), await start()
    await first.elected()
    electing = asyncio.create_task(second.elected())
    await asyncio.wait_for(second.stood_by.wait(), 30)
    await second.database.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :process",
        {"process": first.database.process},
    )
    assert await electing == 2


async def test_a_silent_process_loses_its_connections_and_writes_nothing_more(start: Start) -> None:
    silent, other = await start(beat=NEVER), await start()
    await silent.elected()
    before = await other.lines() + await silent.lines()
    with pytest.raises(DatabaseUnreachable):  # noqa: PT012  # as after a pause in the middle of it
        async with silent.database.transaction() as transaction:
            await transaction.execute(ROW, {"subject": 0})
            assert await other.elected() == 2
    assert not set(before) & set(await silent.lines())  # reading goes on with new connections
    with pytest.raises(Superseded):
        await silent.writes()
    await asyncio.wait_for(silent.leadership.until_lost(), 30)
    assert not silent.leadership.is_sure()
    assert await silent.stored() == 0
    await silent.leadership.release()
    await silent.writes()  # what does not belong to a term
    assert await other.stored() == 1


async def test_a_process_that_loses_its_connections_keeps_its_term_while_nobody_else_waits(start: Start) -> None:
    process, other = await start(), await start()
    assert await process.elected() == 1
    before = set(await process.lines())
    await other.database.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :process",
        {"process": process.database.process},
    )
    await process.writes()
    async with asyncio.timeout(90):
        while len(set(await process.lines()) - before) < len(before):
            await asyncio.sleep(BEAT)
        while not process.leadership.is_sure():
            await asyncio.sleep(BEAT)
        electing = asyncio.create_task(other.elected())
        await other.stood_by.wait()
    await process.leadership.release()
    assert await electing == 2


async def test_a_new_term_waits_for_transactions_of_the_former_one(start: Start) -> None:
    former, process = await start(), await start()
    async with former.database.transaction() as transaction:
        await transaction.fetch(f"SELECT pg_advisory_xact_lock_shared({FENCE})")  # as every transaction of a term
        electing = asyncio.create_task(process.elected())
        waiting = "SELECT 1 AS one FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        async with asyncio.timeout(30):
            while not await former.database.fetch(waiting):
                await asyncio.sleep(BEAT)
        assert not electing.done()
    assert await electing == 1
