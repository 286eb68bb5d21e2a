"""Many sources at once, on a real server: hosts that hang, hosts with many feeds, backlogs, a full disk."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.ingest.refresh import Ingest
from storage import Storage
from storage.records import Source, SourceKind, Visit
from tests.conftest import Clock
from tests.ingesting import FEED, opened
from tests.site import Page, Site, rss


async def add(ingest: Ingest, site: Site, host: int, path: str, *, read: bool = True) -> Source:
    """A source on a loopback address of its own: the server of the tests listens on one, and is reached by all."""
    url = f"{site.url.replace('127.0.0.1', f'127.0.1.{host}')}{path}"
    source, _ = await ingest.storage.sources.add(url, SourceKind.FEED, now=ingest.now())
    if read:
        now = ingest.now()
        await ingest.storage.sources.record_visits(
            Visit(source_id=source.id, due_at=now, visited_at=now, succeeded_at=now)
        )
    return source


async def test_a_host_that_hangs_delays_no_other(everywhere: Site, storage: Storage, clock: Clock) -> None:
    hanging = asyncio.Event()

    async def hangs(request: web.Request) -> web.StreamResponse:
        await hanging.wait()
        return web.Response(status=404)

    everywhere.pages["/hangs"] = hangs
    everywhere.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    async with opened(storage, clock, fetches=8) as ingest:
        for host in range(1, 5):
            await add(ingest, everywhere, host, "/hangs")
        well = [await add(ingest, everywhere, host, "/feed") for host in range(5, 45)]
        await ingest.start_due_visits()
        await everywhere.until_asked("/feed", len(well))
        assert everywhere.asked("/hangs") == 4
        hanging.set()
        await ingest.refresh_due()


async def test_two_feeds_of_a_host_are_asked_for_at_once(everywhere: Site, storage: Storage, clock: Clock) -> None:
    at_once: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def slow(request: web.Request) -> web.StreamResponse:
        at_once[request.host] += 1
        most[request.host] = max(most[request.host], at_once[request.host])
        await asyncio.sleep(0.05)
        at_once[request.host] -= 1
        return web.Response(text=rss(request.path), headers=FEED)

    async with opened(storage, clock) as ingest:
        for number in range(6):
            everywhere.pages[f"/feed{number}"] = slow
            await add(ingest, everywhere, 1, f"/feed{number}")
            await add(ingest, everywhere, 2, f"/feed{number}")
        rounds = await ingest.refresh_due()
    assert [one.error for one in rounds] == [None] * 12
    assert set(most.values()) == {2}


@pytest.mark.slow
async def test_backlogs_that_are_read_for_the_first_time_delay_no_visit_that_is_due(
    everywhere: Site, storage: Storage, clock: Clock
) -> None:
    held = asyncio.Event()

    async def backlog(request: web.Request) -> web.StreamResponse:
        await held.wait()
        return web.Response(text=rss(*(f"{request.host} {number}" for number in range(30))), headers=FEED)

    everywhere.pages["/backlog"] = backlog
    everywhere.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    async with opened(storage, clock, fetches=8) as ingest:
        for host in range(1, 31):
            await add(ingest, everywhere, host, "/backlog", read=False)
        clock.advance(minutes=1)
        for host in range(31, 61):
            await add(ingest, everywhere, host, "/feed")
        await ingest.start_due_visits()
        await everywhere.until_asked("/feed", 30)
        assert everywhere.asked("/backlog") <= 6  # of eight places
        held.set()
        rounds = await ingest.refresh_due()
    assert sum(one.added for one in rounds) >= 28 * 30


@pytest.mark.only_sqlite  # by a setting that only SQLite has
@pytest.mark.parametrize(
    "page",
    [
        Page(rss("Ferry sails"), headers={**FEED, "ETag": '"7"'}),
        Page(status=500),
        Page(rss("Ferry sails", "Bridge opens"), headers=FEED),
    ],
    ids=["unchanged", "failing", "changed"],
)
async def test_a_disk_that_is_full_costs_publishers_no_visit(
    site: Site, storage: Storage, clock: Clock, page: Page
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers={**FEED, "ETag": '"7"'})
    async with opened(storage, clock) as ingest:
        await ingest.storage.sources.add(f"{site.url}/feed", SourceKind.FEED, now=clock(), every_seconds=300)
        await ingest.refresh_due()
        site.pages["/feed"] = page
        clock.advance(minutes=6)
        await refuse_writes(storage)
        before = len(site.requests)
        for _ in range(60):
            await ingest.refresh_due()
            clock.advance(seconds=20)
        assert len(site.requests) - before == 4  # 20 minutes, of five and a little each
        await allow_writes(storage)
        clock.advance(minutes=6)
        [result] = await ingest.refresh_due()
    [source] = await storage.sources.all()
    assert source.due_at > clock()
    assert result.unsaved_pause is None


async def refuse_writes(storage: Storage) -> None:
    """Every write fails as on a full disk, however small it is."""
    database: Any = storage.database
    await database._writer.execute("CREATE TEMP TABLE full (page)")
    await database._writer.execute("PRAGMA query_only = ON")


async def allow_writes(storage: Storage) -> None:
    database: Any = storage.database
    await database._writer.execute("PRAGMA query_only = OFF")


async def test_a_clock_that_is_set_back_two_hours_stops_no_source(site: Site, storage: Storage, clock: Clock) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    async with opened(storage, clock) as ingest:
        await ingest.storage.sources.add(f"{site.url}/feed", SourceKind.FEED, now=clock(), every_seconds=300)
        await ingest.refresh_due()
        clock.advance(hours=-2)
        assert await ingest.refresh_due() == []
        clock.advance(minutes=6)
        assert len(await ingest.refresh_due()) == 1
    [source] = await storage.sources.all()
    assert source.due_at - clock() <= timedelta(seconds=315)


async def test_a_429_for_one_feed_spares_its_host_the_others(
    everywhere: Site, storage: Storage, clock: Clock
) -> None:
    everywhere.pages["/feed"] = Page("", status=429, headers={"Retry-After": "3600"})
    async with opened(storage, clock) as ingest:
        for number in range(6):
            await add(ingest, everywhere, 1, f"/feed?{number}")
        await ingest.refresh_due()
        assert everywhere.asked("/feed") == 2  # both were under way
        everywhere.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
        assert await ingest.refresh_due() == []
