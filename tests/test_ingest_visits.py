"""Due sources are claimed and visited: none twice, none late for a slow one, and none again while storage is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.ingest.visits import STORAGE_PAUSE, HostPause, VisitRunner
from storage import Storage
from storage.errors import DatabaseUnreachable
from storage.records import SLOW_SECONDS, Source, SourceKind, Visit
from tests.conftest import Clock
from tests.delivering import until
from tests.makers import VisitOutcome

EVERY = timedelta(minutes=5)

pytestmark = pytest.mark.both_databases


class Newsroom:
    """Visits that a test lets end when it wants."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self.storage = storage
        self.clock = clock
        self.seconds = 0.0
        self.begun: list[int] = []
        self.outcome = VisitOutcome()
        self.refuses = False  # whether storage refuses what the visits found out
        self.hold: set[int] = set()
        self.free = asyncio.Event()
        self.visits = VisitRunner(
            storage,
            self._visit,
            at_once=4,
            now=clock,
            steady=lambda: self.seconds,
            host_pause=0.0,
            longest_pause=lambda source: EVERY,
        )

    async def add(self, *hosts: str, read: bool = True) -> list[int]:
        added = []
        for number, host in enumerate(hosts):
            url = f"https://{host}/{len(await self.storage.sources.all()) + number}"
            source, _ = await self.storage.sources.add(url, SourceKind.FEED, now=self.clock())
            added.append(source.id)
            if read:
                now = self.clock()
                await self.storage.sources.record_visits(
                    Visit(source_id=source.id, due_at=now, visited_at=now, succeeded_at=now)
                )
        return added

    async def round(self) -> list[int]:
        """One claim, to the end of its visits. Returns the sources that were visited."""
        before = len(self.begun)
        await asyncio.gather(*await self.visits.start_due())
        return sorted(self.begun[before:])

    async def under_way(self, count: int) -> None:
        """Wait until so many visits have begun, and no more have been started."""

        async def have_begun() -> bool:
            return len(self.begun) >= count

        await until(have_begun)
        assert len(self.begun) == len(self.visits._tasks) == count

    async def pass_time(self, step: timedelta) -> None:
        """On all clocks. A server has one for the pauses of hosts, which cannot be moved: they end earlier."""
        self.seconds += step.total_seconds()
        self.clock.time += step
        if self.storage.leases.process is not None:
            async with self.storage.database.transaction() as transaction:
                values = {"step": step // timedelta(milliseconds=1)}
                await transaction.execute("UPDATE host_leases SET until = until - :step", values)

    async def _visit(self, source: Source) -> VisitOutcome:
        self.begun.append(source.id)
        if source.id in self.hold:
            await self.free.wait()
        if not self.refuses:
            now = self.clock()
            await self.storage.sources.record_visits(
                Visit(
                    source_id=source.id,
                    due_at=now + EVERY,
                    visited_at=now,
                    succeeded_at=now,
                    lease=source.leased_by,
                )
            )
            return self.outcome
        return VisitOutcome(unsaved_pause=EVERY)


@pytest.fixture
async def newsroom(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    opened = Newsroom(storage, clock)
    yield opened
    await opened.visits.close()


async def test_sources_are_visited_when_their_time_has_come(newsroom: Newsroom) -> None:
    added = await newsroom.add("a.example", "b.example")
    assert await newsroom.round() == added
    assert await newsroom.round() == []
    await newsroom.pass_time(EVERY)
    assert await newsroom.round() == added


async def test_a_source_that_is_under_way_is_not_begun_again(newsroom: Newsroom) -> None:
    [slow, other] = await newsroom.add("a.example", "b.example")
    newsroom.hold = {slow}
    first = await newsroom.visits.start_due()
    await newsroom.pass_time(2 * EVERY)
    await asyncio.gather(first[1])
    await newsroom.visits.start_due()
    newsroom.free.set()
    await asyncio.gather(*await newsroom.visits.start_due())
    assert newsroom.begun.count(slow) == 1
    assert newsroom.begun.count(other) >= 1


async def test_while_storage_refuses_writes_each_source_keeps_its_pause(newsroom: Newsroom) -> None:
    [source] = await newsroom.add("a.example")
    newsroom.refuses = True
    for second in range(3 * 300):
        if second:
            await newsroom.pass_time(timedelta(seconds=1))
        await newsroom.round()
    assert newsroom.begun == [source] * 3
    newsroom.refuses = False
    await newsroom.pass_time(timedelta(seconds=1))
    assert await newsroom.round() == [source]


async def test_a_visit_that_trips_over_a_fault_of_ours_is_not_repeated_at_once(newsroom: Newsroom) -> None:
    [broken, well] = await newsroom.add("a.example", "b.example")
    await newsroom.storage.sources.record_visits(
        Visit(source_id=well, due_at=newsroom.clock(), succeeded_at=newsroom.clock())
    )
    original = newsroom._visit

    async def visit(source: Source) -> VisitOutcome:
        if source.id == broken:
            newsroom.begun.append(broken)
            raise ValueError("ours")
        return await original(source)

    newsroom.visits._visit = visit
    for _ in range(100):
        await newsroom.round()
        await newsroom.pass_time(timedelta(seconds=1))
    assert sorted(newsroom.begun) == [broken, well]


async def test_a_visit_for_which_storage_can_not_be_read_is_made_soon(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    [only] = await newsroom.add("a.example")
    get = newsroom.storage.sources.get

    async def refuse(source_id: int) -> Source | None:
        raise DatabaseUnreachable("the server is away")

    monkeypatch.setattr(newsroom.storage.sources, "get", refuse)
    assert await newsroom.round() == []
    monkeypatch.setattr(newsroom.storage.sources, "get", get)
    assert await newsroom.round() == []
    await newsroom.pass_time(STORAGE_PAUSE)
    assert await newsroom.round() == [only]


async def test_a_lease_whose_end_the_database_lost_is_taken_up_again(newsroom: Newsroom) -> None:
    [only] = await newsroom.add("a.example")
    assert await newsroom.round() == [only]
    values = {"process": newsroom.storage.leases.process}
    async with newsroom.storage.database.transaction() as transaction:  # as a crash of the server leaves it
        await transaction.execute("UPDATE sources SET leased_by = :process", values)
    await newsroom.pass_time(EVERY)
    assert await newsroom.round() == [only]
    source = await newsroom.storage.sources.get(only)
    assert source is not None
    assert source.leased_by is None


async def test_a_clock_that_is_set_back_costs_one_interval_at_most(newsroom: Newsroom) -> None:
    added = await newsroom.add("a.example", "b.example")
    await newsroom.round()
    newsroom.clock.advance(hours=-2)
    assert await newsroom.round() == []
    await newsroom.pass_time(EVERY)
    assert await newsroom.round() == added


async def test_a_clock_that_was_set_back_while_nothing_ran_is_noticed_at_the_start(
    newsroom: Newsroom, storage: Storage, clock: Clock
) -> None:
    added = await newsroom.add("a.example")
    await newsroom.round()
    clock.advance(days=-400)
    again = Newsroom(storage, clock)
    await again.round()
    await again.pass_time(EVERY)
    assert await again.round() == added


async def test_a_clock_that_is_set_ahead_costs_one_visit_too_many(newsroom: Newsroom) -> None:
    added = await newsroom.add("a.example")
    await newsroom.round()
    newsroom.clock.advance(days=90)
    assert await newsroom.round() == added
    assert await newsroom.round() == []


async def test_hosts_that_hang_hold_no_other_up(newsroom: Newsroom) -> None:
    hanging = await newsroom.add(*(f"hangs{number}.example" for number in range(20)))
    for source_id in hanging:
        await newsroom.storage.sources.record_visits(
            Visit(source_id=source_id, due_at=newsroom.clock(), error="no answer")
        )
    newsroom.hold = set(hanging)
    well = await newsroom.add(*(f"well{number}.example" for number in range(20)))
    outcomes = await newsroom.visits.start_due()
    await asyncio.gather(*outcomes[20:])
    assert set(well) <= set(newsroom.begun)
    assert len(set(newsroom.begun) & set(hanging)) <= 3  # of four places


async def test_a_host_that_was_slow_is_slow_until_it_is_quick(newsroom: Newsroom) -> None:
    slow = await newsroom.add(*(f"slow{number}.example" for number in range(8)))
    newsroom.outcome = VisitOutcome(answer_seconds=SLOW_SECONDS + 1)
    await newsroom.round()
    newsroom.outcome = VisitOutcome()
    newsroom.hold = set(slow)
    await newsroom.pass_time(EVERY)
    newsroom.begun.clear()
    outcomes = await newsroom.visits.start_due()
    await newsroom.under_way(3)
    newsroom.free.set()
    await asyncio.gather(*outcomes)
    newsroom.free.clear()
    await newsroom.pass_time(EVERY)
    newsroom.begun.clear()
    await newsroom.visits.start_due()
    await newsroom.under_way(4)


async def test_first_reads_of_backlogs_do_not_delay_what_is_due(newsroom: Newsroom) -> None:
    backlogs = await newsroom.add(*(f"new{number}.example" for number in range(50)), read=False)
    await newsroom.pass_time(timedelta(minutes=1))
    due = await newsroom.add(*(f"due{number}.example" for number in range(50)))
    newsroom.hold = set(backlogs)
    outcomes = await newsroom.visits.start_due()
    await asyncio.gather(*outcomes[50:])
    assert set(due) <= set(newsroom.begun)


async def test_a_source_that_was_removed_while_it_waited_is_not_visited(newsroom: Newsroom) -> None:
    first, second, third = await newsroom.add("one.example", "one.example", "one.example")
    newsroom.hold = {first, second}
    outcomes = await newsroom.visits.start_due()
    await newsroom.storage.sources.remove(third)
    newsroom.free.set()
    assert (await asyncio.gather(*outcomes))[2] is None
    assert sorted(newsroom.begun) == [first, second]


async def test_closing_ends_what_is_under_way_and_what_waits(newsroom: Newsroom) -> None:
    added = await newsroom.add("one.example", "one.example", "one.example")
    newsroom.hold = set(added)
    outcomes = await newsroom.visits.start_due()
    await asyncio.sleep(0)
    await newsroom.visits.close()
    assert all(outcome.done() for outcome in outcomes)
    assert len(newsroom.begun) <= 2


async def test_a_source_that_is_due_later_than_its_state_allows_is_brought_forward(
    newsroom: Newsroom, storage: Storage, clock: Clock
) -> None:
    lowered, far, usual = await newsroom.add("a.example", "b.example", "c.example")
    start = clock()
    for source_id, pause in ((lowered, 3 * EVERY), (far, timedelta(days=90)), (usual, EVERY)):
        await storage.sources.record_visits(
            Visit(source_id=source_id, due_at=start + pause, visited_at=start, succeeded_at=start)
        )
    clock.advance(minutes=1)
    again = Newsroom(storage, clock)
    assert await again.round() == []
    assert [source.due_at for source in await storage.sources.all()] == [start + EVERY] * 3


async def test_a_server_that_asks_for_time_gets_it_for_all_feeds_of_its_host(newsroom: Newsroom) -> None:
    *crowd, other = await newsroom.add(*["one.example"] * 5, "other.example")
    newsroom.outcome = VisitOutcome(host_pause=HostPause("one.example", EVERY / 2))
    visited = await newsroom.round()
    assert len(set(visited) & set(crowd)) <= 2
    assert other in visited
    left = sorted(set(crowd) - set(visited))
    newsroom.outcome = VisitOutcome()
    late, _ = await newsroom.storage.sources.add("https://one.example/late", SourceKind.FEED, now=newsroom.clock())
    await newsroom.pass_time(EVERY / 4)
    assert late.id not in await newsroom.round()
    await newsroom.pass_time(EVERY / 4)
    assert await newsroom.round() == [*left, late.id]


async def test_the_host_that_asks_for_time_gets_it_and_not_the_one_that_led_there(newsroom: Newsroom) -> None:
    [moved] = await newsroom.add("old.example")
    newsroom.outcome = VisitOutcome(host_pause=HostPause("new.example", EVERY / 2))
    assert await newsroom.round() == [moved]
    newsroom.outcome = VisitOutcome()
    old, _ = await newsroom.add("old.example", "new.example")
    assert await newsroom.round() == [old]
