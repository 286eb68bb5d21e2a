"""Article pages are asked for as robots.txt allows, one at a time of a host, with a pause between."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.ingest.errors import Disallowed, HostBusy, HttpError, Refused, RetryLater
from bot.ingest.network.fetch import Fetched, Fetcher
from bot.ingest.network.polite_fetch import PAUSE, ROBOTS_LIFE, UNKNOWN_LIFE, PoliteFetcher
from tests.site import Page, Site, serving


class Time:
    """Seconds that pass only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def courtesy(time: Time) -> AsyncIterator[PoliteFetcher]:
    async with Fetcher(max_bytes=100_000, allow_private=True, seconds=5) as fetcher:
        yield PoliteFetcher(fetcher, steady=time, sleep=time.sleep)


def robots(site: Site, text: str, status: int = 200) -> None:
    site.pages["/robots.txt"] = Page(text, status)


async def test_a_page_is_had_where_robots_allow_it_and_they_are_asked_once(
    courtesy: PoliteFetcher, site: Site
) -> None:
    robots(site, "User-agent: *\nDisallow: /private\n")
    site.pages["/a"] = site.pages["/b"] = Page("<p>text</p>")
    for path in ("/a", "/b"):
        assert isinstance(await courtesy.get(site.url + path), Fetched)
    assert [request.path for request in site.requests] == ["/robots.txt", "/a", "/b"]


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: newsbot\nDisallow: /news\n\nUser-agent: *\nDisallow:", False),
        ("User-agent: newsbot\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /*.html$", False),
        ("User-agent: *\nDisallow: /news\nAllow: /news/ferry", True),  # the longer rule counts
        ("User-agent: otherbot\nDisallow: /", True),
        ("<html>404</html>", True),
        ("", True),
    ],
)
async def test_the_rules_that_name_us_count_else_those_for_all(
    courtesy: PoliteFetcher, site: Site, rules: str, allowed: bool
) -> None:
    robots(site, rules)
    site.pages["/news/ferry.html"] = Page("text")
    if allowed:
        await courtesy.get(f"{site.url}/news/ferry.html")
    else:
        with pytest.raises(Disallowed, match=r"its robots\.txt does not allow this page"):
            await courtesy.get(f"{site.url}/news/ferry.html")
    assert site.asked("/news/ferry.html") == allowed


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_where_there_are_no_robots_everything_is_allowed(
    courtesy: PoliteFetcher, site: Site, status: int
) -> None:
    robots(site, "", status)
    site.pages["/a"] = Page("text")
    assert isinstance(await courtesy.get(f"{site.url}/a"), Fetched)


@pytest.mark.parametrize("status", [500, 503])
async def test_where_they_cannot_be_had_nothing_is_until_they_are_asked_again(
    courtesy: PoliteFetcher, site: Site, time: Time, status: int
) -> None:
    robots(site, "", status)
    site.pages["/a"] = Page("text")
    for _ in range(2):
        with pytest.raises(Disallowed, match="can't be had"):
            await courtesy.get(f"{site.url}/a")
    assert (site.asked("/robots.txt"), site.asked("/a")) == (1, 0)
    robots(site, "")
    time.now += UNKNOWN_LIFE.total_seconds() + 1
    assert isinstance(await courtesy.get(f"{site.url}/a"), Fetched)


async def test_robots_are_read_again_after_a_day(courtesy: PoliteFetcher, site: Site, time: Time) -> None:
    robots(site, "")
    site.pages["/a"] = Page("text")
    await courtesy.get(f"{site.url}/a")
    robots(site, "User-agent: *\nDisallow: /")
    time.now += ROBOTS_LIFE.total_seconds() - 10
    await courtesy.get(f"{site.url}/a")
    time.now += 20
    with pytest.raises(Disallowed):
        await courtesy.get(f"{site.url}/a")


async def test_between_two_pages_of_a_host_there_is_a_pause(courtesy: PoliteFetcher, site: Site, time: Time) -> None:
    site.pages["/a"] = Page("text")
    for _ in range(3):
        await courtesy.get(f"{site.url}/a")
    assert time.slept == [PAUSE, PAUSE]


async def test_the_pause_begins_when_a_slow_page_has_ended(courtesy: PoliteFetcher, site: Site, time: Time) -> None:
    async def slow(request: web.Request) -> web.Response:
        time.now += 20
        return web.Response(text="text")

    site.pages["/a"] = slow
    for _ in range(2):
        await courtesy.get(f"{site.url}/a")
    assert time.slept == [PAUSE]


async def test_a_host_may_ask_for_a_longer_one(courtesy: PoliteFetcher, site: Site, time: Time) -> None:
    robots(site, "User-agent: *\nCrawl-delay: 7\n")
    site.pages["/a"] = Page("text")
    for _ in range(2):
        await courtesy.get(f"{site.url}/a")
    assert time.slept == [7.0]


async def test_a_pause_that_is_too_long_to_wait_for_is_kept_all_the_same(
    courtesy: PoliteFetcher, site: Site, time: Time
) -> None:
    robots(site, "User-agent: *\nCrawl-delay: 300\n")
    site.pages["/a"] = Page("text")
    await courtesy.get(f"{site.url}/a")
    with pytest.raises(HostBusy):
        await courtesy.get(f"{site.url}/a")
    time.now += 300
    await courtesy.get(f"{site.url}/a")
    assert site.asked("/a") == 2


async def test_a_host_that_asks_for_time_gets_it_for_all_its_pages(
    courtesy: PoliteFetcher, site: Site, time: Time
) -> None:
    site.pages["/a"] = Page(status=429, headers={"Retry-After": "120"})
    site.pages["/b"] = Page("text")
    with pytest.raises(RetryLater):
        await courtesy.get(f"{site.url}/a")
    with pytest.raises(HostBusy, match="in 120 s"):
        await courtesy.get(f"{site.url}/b")
    assert site.asked("/b") == 0


class Slow:
    """A page that takes its time, and counts how many are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    async def __call__(self, request: web.Request) -> web.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _ in range(200):  # others would have come by now
            await asyncio.sleep(0)
        self.under_way -= 1
        return web.Response(text="text")


async def test_one_page_of_a_host_is_asked_for_at_a_time(courtesy: PoliteFetcher, site: Site) -> None:
    slow = site.pages["/a"] = Slow()
    await asyncio.gather(*(courtesy.get(f"{site.url}/a") for _ in range(5)))
    assert (site.asked("/a"), slow.most) == (5, 1)


async def test_a_page_that_a_redirect_leads_to_waits_for_its_own_hosts_turn(
    courtesy: PoliteFetcher, site: Site
) -> None:
    async with serving() as other:
        slow = other.pages["/a"] = Slow()
        site.pages["/a"] = site.pages["/b"] = Page(status=302, headers={"Location": f"{other.url}/a"})
        addresses = (f"{other.url}/a", f"{site.url}/a", f"{other.url}/a", f"{site.url}/b")
        await asyncio.gather(*map(courtesy.get, addresses))
        assert (other.asked("/a"), slow.most) == (4, 1)


async def test_two_hosts_that_lead_to_each_other_wait_for_nobody_for_ever(
    courtesy: PoliteFetcher, site: Site
) -> None:
    async with serving() as other:
        for here, there in ((site, other), (other, site)):
            here.pages["/a"] = Page(status=302, headers={"Location": f"{there.url}/b"})
            here.pages["/b"] = Slow()
        await asyncio.gather(*(courtesy.get(f"{one.url}/a") for one in (site, other, site, other)))
        assert (site.asked("/b"), other.asked("/b")) == (2, 2)


async def test_a_long_pause_is_not_forgotten_for_the_hosts_that_come_after(
    courtesy: PoliteFetcher, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ingest.network.polite_fetch.MAX_HOSTS", 2)
    site.pages["/a"] = Page(status=429, headers={"Retry-After": "120"})
    site.pages["/b"] = Page("text")
    with pytest.raises(RetryLater):
        await courtesy.get(f"{site.url}/a")
    for _ in range(3):
        async with serving() as other:
            other.pages["/a"] = Page("text")
            await courtesy.get(f"{other.url}/a")
    with pytest.raises(HostBusy):
        await courtesy.get(f"{site.url}/b")


async def test_a_redirect_leads_nowhere_that_robots_forbid(courtesy: PoliteFetcher, site: Site) -> None:
    async with serving() as other:
        other.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /wall")
        other.pages["/wall"] = Page("text")
        site.pages["/a"] = Page(status=302, headers={"Location": f"{other.url}/wall"})
        with pytest.raises(Disallowed):
            await courtesy.get(f"{site.url}/a")
        assert other.asked("/wall") == 0


async def test_we_say_who_we_are(courtesy: PoliteFetcher, site: Site) -> None:
    site.pages["/a"] = Page("text")
    await courtesy.get(f"{site.url}/a")
    assert {request.headers["User-Agent"].partition("/")[0] for request in site.requests} == {"newsbot"}


async def test_a_page_that_is_gone_is_told_as_such(courtesy: PoliteFetcher, site: Site) -> None:
    with pytest.raises(HttpError, match="404"):
        await courtesy.get(f"{site.url}/gone")


async def test_pages_inside_the_house_are_refused_like_any_source(site: Site, time: Time) -> None:
    async with Fetcher(max_bytes=1_000) as fetcher:
        with pytest.raises(Refused):
            await PoliteFetcher(fetcher, steady=time, sleep=time.sleep).get(f"{site.url}/a")
    assert site.requests == []
