"""Leases on PostgreSQL: of all processes that ingest, one at a time visits a source, and one asks a host."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from bench.postgres import Server
from bot.ingest.leasing import MOST_OF_A_HOST
from bot.ingest.network.fetch import Fetcher, host_and_port
from bot.ingest.network.polite_fetch import LOOK_SECONDS, PoliteFetcher
from bot.ingest.visits import HostPause, VisitRunner
from storage import Storage, open_storage
from storage.errors import Superseded
from storage.postgres.connection import PostgresDatabase
from storage.postgres.leases import PostgresLeases
from storage.records import Source, SourceKind, Visit
from tests.conftest import Clock
from tests.makers import NOON, VisitOutcome
from tests.site import Page, Site

LATER = NOON + timedelta(hours=1)
NONE = timedelta()


@pytest.fixture
async def two(postgres: Server) -> AsyncIterator[tuple[Storage, Storage]]:
    """The storage of two processes on one database."""
    url = postgres.new_database()
    async with AsyncExitStack() as parts:
        yield await parts.enter_async_context(open_storage(url)), await parts.enter_async_context(open_storage(url))
    postgres.drop_made()


async def add(storage: Storage, *urls: str) -> list[int]:
    return [(await storage.sources.add(url, SourceKind.FEED, now=NOON))[0].id for url in urls]


async def take(storage: Storage) -> set[int]:
    """Lease all sources that are due."""
    due = await storage.sources.due_sources(LATER)
    return await storage.leases.take({one.id: host_and_port(one.url) for one in due}, now=LATER)


async def test_a_source_and_its_host_are_leased_by_one_process(two: tuple[Storage, Storage]) -> None:
    here, there = two
    first = await add(here, "https://a.example/1", "https://b.example/1")
    stale = dict.fromkeys(first, "a.example")
    assert await take(here) == set(first)
    assert await there.sources.due_sources(LATER) == []
    assert await there.leases.take(stale, now=LATER) == set()  # from a list of due sources that was old
    [second, other] = await add(here, "https://a.example/2", "https://c.example/1")
    assert await take(there) == {other}
    assert await take(here) == {second}


async def test_two_processes_that_look_together_share_the_sources(two: tuple[Storage, Storage]) -> None:
    added = await add(two[0], *(f"https://h{number}.example/" for number in range(40)))
    found = await asyncio.gather(take(two[0]), take(two[1]))
    assert found[0] | found[1] == set(added)
    assert not found[0] & found[1]


async def test_a_visit_that_is_stored_ends_the_lease_of_its_source(two: tuple[Storage, Storage]) -> None:
    here, there = two
    [number] = await add(here, "https://a.example/1")
    await take(here)
    source = await here.sources.get(number)
    assert source is not None
    assert source.leased_by == here.leases.process
    await here.sources.record_visits(Visit(source_id=number, due_at=NOON, succeeded_at=NOON, lease=source.leased_by))
    assert await take(there) == set()  # the host is still ours, for its pause
    await here.leases.leave_hosts({"a.example": NONE})
    assert await take(there) == {number}


async def test_nothing_is_stored_of_a_visit_whose_lease_was_lost(two: tuple[Storage, Storage]) -> None:
    here, there = two
    [number] = await add(here, "https://a.example/1")
    await take(here)
    await here.leases.close()
    await take(there)
    with pytest.raises(Superseded):
        await here.sources.record_visits(Visit(source_id=number, due_at=LATER, error="x", lease=here.leases.process))
    await here.sources.record_visits(Visit(source_id=999, due_at=LATER, error="x", lease=here.leases.process))
    source = await there.sources.get(number)
    assert source is not None
    assert (source.failures, source.leased_by) == (0, there.leases.process)


async def test_what_was_not_visited_is_given_back(two: tuple[Storage, Storage]) -> None:
    here, there = two
    [one, other] = await add(here, "https://a.example/1", "https://b.example/1")
    await take(here)
    await here.leases.give_back({one})
    await here.leases.leave_hosts({"a.example": NONE, "b.example": NONE})
    assert await take(there) == {one}
    await here.leases.close()
    assert await take(there) == {other}


async def test_a_host_that_asked_for_a_pause_is_asked_by_nobody(two: tuple[Storage, Storage]) -> None:
    here, there = two
    [number] = await add(here, "https://a.example/1")
    await take(here)
    await here.leases.give_back({number})
    await here.leases.leave_hosts({"a.example": timedelta(minutes=5)})
    assert await take(there) == set()
    assert await take(here) == set()


async def test_what_a_dead_process_had_is_free_again(two: tuple[Storage, Storage]) -> None:
    here, there = two
    [number] = await add(here, "https://a.example/1")
    await take(here)
    await there.leases.keep()
    assert await take(there) == set()
    await here.database.fetch("SELECT pg_sleep(0.01) AS slept")
    assert isinstance(there.database, PostgresDatabase)
    undertaker = PostgresLeases(there.database, most=9, dead_seconds=0.001)
    await undertaker.keep()
    assert await take(there) == {number}


async def test_a_page_waits_while_another_process_asks_its_host(two: tuple[Storage, Storage], site: Site) -> None:
    here, there = two
    site.pages["/a"] = Page("<p>Ferry sails</p>")
    slept: list[float] = []
    name = f"pages of {site.url}"

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await there.leases.leave_hosts({name: NONE})

    assert await there.leases.take_host(name)
    async with Fetcher(max_bytes=100_000, allow_private=True) as fetcher:
        polite = PoliteFetcher(fetcher, steady=lambda: sum(slept), sleep=sleep, leases=here.leases)
        await polite.get(f"{site.url}/a")
    assert slept == [LOOK_SECONDS]
    assert not await there.leases.take_host(name)  # its pause is not over


# Visits


class Runner:
    """The visits of one process."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self.storage = storage
        self.clock = clock
        self.seconds = 0.0
        self.visited: list[int] = []
        self.outcome = VisitOutcome()
        self.pause = timedelta()  # until the source is due again
        self.visits = VisitRunner(
            storage,
            self._visit,
            at_once=4,
            now=clock,
            steady=lambda: self.seconds,
            host_pause=0.0,
            longest_pause=lambda source: timedelta(hours=1),
        )

    async def round(self) -> list[int]:
        before = len(self.visited)
        await asyncio.gather(*await self.visits.start_due())
        return sorted(self.visited[before:])

    async def _visit(self, source: Source) -> VisitOutcome:
        self.visited.append(source.id)
        now = self.clock()
        await self.storage.sources.record_visits(
            Visit(
                source_id=source.id, due_at=now + self.pause, visited_at=now, succeeded_at=now, lease=source.leased_by
            )
        )
        return self.outcome


@pytest.fixture
async def runners(two: tuple[Storage, Storage], clock: Clock) -> AsyncIterator[tuple[Runner, Runner]]:
    made = Runner(two[0], clock), Runner(two[1], clock)
    yield made
    for runner in made:
        await runner.visits.close()


async def test_a_host_goes_to_another_process_after_its_pause(runners: tuple[Runner, Runner]) -> None:
    here, there = runners
    added = await add(here.storage, "https://a.example/1", "https://a.example/2")
    here.pause = timedelta(minutes=5)
    assert await here.round() == added
    here.clock.time += here.pause
    assert await there.round() == []
    here.clock.time -= timedelta(minutes=1)
    here.seconds += 3.0
    assert await here.round() == []
    here.clock.time += timedelta(minutes=1)
    assert await there.round() == added


async def test_a_pause_that_a_host_asks_for_holds_for_all_processes(runners: tuple[Runner, Runner]) -> None:
    here, there = runners
    [number] = await add(here.storage, "https://a.example/1")
    here.outcome = VisitOutcome(host_pause=HostPause("a.example", timedelta(minutes=5)))
    assert await here.round() == [number]
    assert await here.round() == []
    assert await there.round() == []


async def test_a_process_that_is_closed_leaves_everything(runners: tuple[Runner, Runner]) -> None:
    here, there = runners
    added = await add(here.storage, "https://a.example/1", "https://b.example/1")
    assert await here.round() == added
    await here.visits.close()
    assert await there.round() == added


async def test_all_that_is_due_is_visited_though_a_process_takes_only_some_at_once(
    runners: tuple[Runner, Runner],
) -> None:
    here, _ = runners
    here.storage.leases.most = 10
    here.pause = timedelta(minutes=5)
    added = await add(here.storage, *(f"https://a.example/{number}" for number in range(MOST_OF_A_HOST + 3)))
    assert await here.round() == added[:MOST_OF_A_HOST]
    assert await here.round() == added[MOST_OF_A_HOST:]
