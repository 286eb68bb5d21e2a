"""Feeds that misuse guids, links and titles, read again and again: what is told, and how often."""

from asyncio import gather
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bot.config import Config
from bot.ingest.network.fetch import Fetcher
from bot.ingest.refresh import Ingest
from storage import Storage
from storage.records import Source, SourceKind
from tests.conftest import Clock
from tests.ingesting import Here
from tests.site import Page, Site, rss

FEED = {"Content-Type": "application/rss+xml"}


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    config = Config(allow_private_hosts=True)
    async with Fetcher(max_bytes=1_000_000, allow_private=True, seconds=5) as fetcher:
        opened = Ingest(storage, config, fetcher=fetcher, worker=Here(), now=clock)
        yield opened
        await opened.close()


def item(
    title: str,
    *,
    link: str | None = None,
    guid: str | None = None,
    date: datetime | None = None,
    text: str = "",
    category: str = "",
) -> str:
    parts = {"title": title, "link": link, "guid": guid, "pubDate": format_datetime(date) if date else None}
    parts |= {"description": text or None, "category": category or None}
    return "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value is not None)


class Feed:
    """A feed that a test changes between visits."""

    def __init__(self, ingest: Ingest, site: Site, clock: Clock, path: str = "/feed") -> None:
        self._ingest, self._site, self._clock, self._path = ingest, site, clock, path

    @property
    def url(self) -> str:
        return self._site.url + self._path

    async def add(self, **named: Any) -> Source:
        source, _ = await self._ingest.storage.sources.add(self.url, SourceKind.FEED, now=self._ingest.now(), **named)
        return source

    async def gives(self, *items: str, after: timedelta = timedelta(minutes=6)) -> list[str]:
        """The titles that are pushed when the feed gives these items."""
        self._clock.time += after
        before = {article.id for article in await self._ingest.storage.articles.newest(limit=1_000)}
        self._site.pages[self._path] = Page(rss(*items), headers=FEED)
        source = next(one for one in await self._ingest.storage.sources.all() if one.url == self.url)
        result = await self._ingest.refresh(source)
        assert result.error is None
        newest = await self._ingest.storage.articles.newest(limit=1_000)
        pushed = [one for one in newest if one.id not in before and one.lane is not None]
        return [one.text.title for one in sorted(pushed, key=lambda one: one.id)]


@pytest.fixture
async def feed(ingest: Ingest, site: Site, clock: Clock) -> Feed:
    made = Feed(ingest, site, clock)
    await made.add()
    return made


async def titles(storage: Storage) -> list[str]:
    return sorted(article.text.title for article in await storage.articles.newest(limit=1_000))


NOON = Clock()()
AGO = timedelta(hours=1)
VISIT = timedelta(minutes=6)
OLD = item("Old quay", link="https://h.example/0", guid="0", date=NOON - 90 * AGO)
TEXT = "The council closed the quay after the storm, and opened it again when the sea was calm."


# What changes at each visit, and is no news

CHANGING: dict[str, Any] = {
    "guid": lambda n: item("Quay is closed", link="https://h.example/1", guid=f"u:{n}", date=NOON - AGO, text=TEXT),
    "guid-undated": lambda n: item("Quay is closed", link="https://h.example/1", guid=f"uuid:{n}", text=TEXT),
    "guid-without-text": lambda n: item("Quay is closed", link="https://h.example/1", guid=f"uuid:{n}"),
    "session": lambda n: item("Quay is closed", link=f"https://h.example/n?PHPSESSID=s{n}&amp;id=1", text=TEXT),
    "session-of-no-known-name": lambda n: item("Quay is closed", link=f"https://h.example/n?zz={n}&amp;id=1"),
    "counter-in-the-path": lambda n: item("Quay is closed", link=f"https://h.example/c/{n}/1", text=TEXT),
    "guid-is-the-session": lambda n: item(
        "Quay is closed", link=f"https://h.example/n;jsessionid={n}", guid=f"https://h.example/n;jsessionid={n}"
    ),
    "guid-and-link": lambda n: item("Quay is closed", link=f"https://h.example/c/{n}", guid=f"{n}", text=TEXT),
    "guid-and-link-and-date": lambda n: item(
        "Quay is closed", link=f"https://h.example/c/{n}", guid=f"{n}", date=NOON + n * VISIT, text=TEXT
    ),
    "guid-and-link-without-text": lambda n: item("Quay is closed", link=f"https://h.example/c/{n}", guid=f"{n}"),
    "date-only": lambda n: item("Quay is closed", date=NOON + n * VISIT),
    "scheme": lambda n: item(
        "Quay is closed", link=f"{'https' if n % 2 else 'http'}://h.example/1",
        guid=f"{'https' if n % 2 else 'http'}://h.example/1", date=NOON - AGO, text=TEXT,
    ),
    "scheme-slash-and-www": lambda n: item(
        "Quay is closed", text=TEXT,
        link=["http://h.example/1", "https://h.example/1/", "https://www.h.example/1"][n % 3],
    ),
    "tracking-fragment": lambda n: item("Quay is closed", link=f"https://h.example/1#xtor=RSS-{n}", text=TEXT),
    "any-fragment": lambda n: item("Quay is closed", link=f"https://h.example/1#a{n}", text=TEXT),
}  # fmt: skip


@pytest.mark.parametrize("changing", CHANGING.values(), ids=CHANGING)
async def test_what_changes_at_each_visit_is_told_once(feed: Feed, changing: Any, storage: Storage) -> None:
    await feed.gives(OLD)
    told = [title for n in range(8) for title in await feed.gives(changing(n), OLD)]
    assert told == ["Quay is closed"]
    assert await titles(storage) == ["Old quay", "Quay is closed"]
    assert all(article.revision == 1 for article in await storage.articles.newest(limit=10))


@pytest.mark.parametrize("changing", CHANGING.values(), ids=CHANGING)
async def test_what_was_there_at_the_first_visit_is_never_told(feed: Feed, changing: Any, storage: Storage) -> None:
    assert [title for n in range(8) for title in await feed.gives(changing(n))] == []
    assert await titles(storage) == ["Quay is closed"]


async def test_an_item_that_is_published_again_under_another_link_is_one_article(feed: Feed) -> None:
    await feed.gives(OLD)
    first = item("Quay is closed", link="https://h.example/1", guid="1", date=NOON - AGO, text=TEXT)
    again = item(
        "Quay is closed", link="https://h.example/quay", guid="2", date=NOON + AGO, text=f"{TEXT} More soon."
    )
    assert await feed.gives(first, OLD) == ["Quay is closed"]
    assert await feed.gives(again, OLD) == []
    assert await feed.gives(again, first, OLD) == []


# What is shared, and is no article's own

SHARING: dict[str, Any] = {
    "link": {"link": "https://h.example/changes"},
    "link-and-guid": {"link": "https://h.example/changes", "guid": "https://h.example/changes"},
    "guid": {"guid": "x"},
    "guid-and-channel-link": {"link": "https://h.example/", "guid": "x"},
}


def version(number: int, shared: dict[str, str], **how: Any) -> str:
    texts = [
        "Doors and hinges.",
        "A hole in the hull is closed.",
        "Faster ropes, longer masts.",
        "Lamps burn brighter now.",
    ]
    date = None if how.get("undated") else NOON - timedelta(hours=40 - 10 * number if number else 60)
    return item(f"Ship {number} leaves", text=texts[number], date=date, **shared)


@pytest.mark.parametrize("undated", [False, True])
@pytest.mark.parametrize("shared", SHARING.values(), ids=SHARING)
async def test_items_that_share_what_should_be_their_own_are_told_each(
    feed: Feed, shared: dict[str, str], undated: bool, storage: Storage
) -> None:
    await feed.gives(version(0, shared, undated=undated))
    listed = [version(0, shared, undated=undated)]
    for number in (1, 2, 3):
        listed.insert(0, version(number, shared, undated=undated))
        assert await feed.gives(*listed) == [f"Ship {number} leaves"]
        assert await feed.gives(*listed) == []
    assert len(await titles(storage)) == 4


@pytest.mark.parametrize("shared", [SHARING["link"], SHARING["guid-and-channel-link"] | {"guid": None}])
async def test_a_feed_of_one_item_with_one_link_for_all_tells_each(feed: Feed, shared: dict[str, str]) -> None:
    await feed.gives(version(0, shared))
    assert [await feed.gives(version(n, shared)) for n in (1, 2, 3)] == [[f"Ship {n} leaves"] for n in (1, 2, 3)]


async def test_links_that_differ_by_their_fragments_are_articles_and_keep_them(feed: Feed, storage: Storage) -> None:
    def release(number: int) -> str:
        return version(number, {"link": f"https://h.example/changes#v1.{number}"})

    await feed.gives(release(0))
    assert await feed.gives(release(1)) == ["Ship 1 leaves"]
    assert await feed.gives(release(2), release(1), release(0)) == ["Ship 2 leaves"]
    assert {one.text.url for one in await storage.articles.newest(limit=5)} == {
        f"https://h.example/changes#v1.{n}" for n in range(3)
    }


async def test_a_column_is_told_whenever_it_appears(feed: Feed) -> None:
    texts = [
        "Rain in the north, wind from the sea.",
        "Sun all day, dry roads everywhere.",
        "Snow above the old mill tonight.",
    ]

    def column(day: int) -> str:
        date = NOON + timedelta(days=day, hours=-1)
        return item("Today's weather", link=f"https://h.example/w{day}", guid=f"w{day}", date=date, text=texts[day])

    await feed.gives(OLD)
    assert await feed.gives(column(0), OLD) == ["Today's weather"]
    assert await feed.gives(column(1), column(0), OLD, after=timedelta(days=1)) == ["Today's weather"]
    assert await feed.gives(column(2), column(1), column(0), after=timedelta(days=1)) == ["Today's weather"]


async def test_a_headline_that_is_rewritten_is_a_new_revision(feed: Feed, storage: Storage) -> None:
    before = item("Quay is closed", link="https://h.example/1", date=NOON - AGO, text=TEXT)
    after = item("Storm shuts harbour", link="https://h.example/1", date=NOON, text=f"{TEXT} Nobody was hurt.")
    await feed.gives(OLD)
    assert await feed.gives(before, OLD) == ["Quay is closed"]
    assert await feed.gives(after, OLD) == []
    assert [one.revision for one in await storage.articles.newest(limit=1)] == [2]


# Several sources


async def test_an_item_of_two_sections_is_one_article_that_both_see(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    news, sport = Feed(ingest, site, clock, "/news"), Feed(ingest, site, clock, "/sport")
    for one in (news, sport):
        await one.add()
        await one.gives(OLD)
    in_news = item("Quay is closed", link="https://h.example/1", guid="n1", text=TEXT, category="News")
    in_sport = item(
        "Quay is closed", link="https://h.example/1?ref=rss", guid="s1", text="Races are off.", category="Sport"
    )
    assert await news.gives(in_news, OLD) == ["Quay is closed"]
    for _ in range(3):
        assert await sport.gives(in_sport, OLD) == []
        assert await news.gives(in_news, OLD) == []
    [article, _] = await storage.articles.newest(limit=5)
    assert (article.category.name if article.category else None, article.revision) == ("News", 1)
    # The other one goes on where the first is removed.
    await storage.sources.remove(article.source_id or 0)
    assert await sport.gives(in_sport, OLD) == []
    [article, _] = await storage.articles.newest(limit=5)
    assert (article.text.body, article.source_id) == ("Races are off.", 2)


async def test_a_link_blog_does_not_take_the_article_that_it_points_to(
    ingest: Ingest, site: Site, clock: Clock
) -> None:
    news, blog = Feed(ingest, site, clock, "/news"), Feed(ingest, site, clock, "/blog")
    for one in (news, blog):
        await one.add()
        await one.gives(OLD)
    assert await news.gives(item("Quay is closed", link="https://h.example/1", text=TEXT)) == ["Quay is closed"]
    said = item("Three things about my boat", link="https://h.example/1", text="I painted her green last week.")
    assert await blog.gives(said) == ["Three things about my boat"]


async def test_two_sources_that_bring_an_article_at_once_store_it_once(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    both = [Feed(ingest, site, clock, path) for path in ("/news", "/sport")]
    sources = [await one.add() for one in both]
    for one in both:
        site.pages[one.url.removeprefix(site.url)] = Page(
            rss(item("Quay is closed", link="https://h.example/1", guid=one.url, text=TEXT)), headers=FEED
        )
    await gather(*(ingest.refresh(source) for source in sources))
    assert await titles(storage) == ["Quay is closed"]


# Sources that come, go and move


async def test_a_source_that_is_removed_and_added_again_does_not_store_its_backlog_twice(
    feed: Feed, storage: Storage
) -> None:
    bare = item("Quay is closed", guid="1", text=TEXT)
    await feed.gives(bare, OLD)
    [source] = await storage.sources.all()
    await storage.sources.remove(source.id)
    again = await feed.add()
    assert await feed.gives(bare, OLD) == []
    assert await titles(storage) == ["Old quay", "Quay is closed"]
    assert {one.source_id for one in await storage.articles.newest(limit=5)} == {again.id}
    assert await feed.gives(item("Gulls are back", guid="2"), bare, OLD) == ["Gulls are back"]


async def test_a_source_that_moves_to_the_address_of_another_becomes_that_one(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    old, new = Feed(ingest, site, clock, "/old"), Feed(ingest, site, clock, "/new")
    await old.add()
    first = item("Quay is closed", guid="1", date=NOON - AGO, text=TEXT)
    await old.gives(first)
    kept = await new.add()
    site.pages["/new"] = Page(rss(item("Gulls are back", guid="2", date=NOON - AGO), first), headers=FEED)
    site.pages["/old"] = Page(status=301, headers={"Location": "/new"})
    [source] = [one for one in await storage.sources.all() if one.id != kept.id]
    moved = await ingest.refresh(source)
    assert (moved.added, moved.pushed, moved.error) == (1, 1, None)
    assert [one.id for one in await storage.sources.all()] == [kept.id]
    assert await new.gives(item("Gulls are back", guid="2", date=NOON - AGO), first) == []
    assert await titles(storage) == ["Gulls are back", "Quay is closed"]


async def test_a_page_that_became_a_feed_is_read_as_a_feed(ingest: Ingest, site: Site, clock: Clock) -> None:
    feed = Feed(ingest, site, clock)
    await ingest.storage.sources.add(feed.url, SourceKind.PAGE, now=clock())
    text = "The quay was closed on Monday, when the storm came, and nobody knows when it will be opened again. " * 4
    site.pages["/feed"] = Page(f"<html><title>Quay</title><article><h1>Quay</h1><p>{text}</p></article></html>")
    [source] = await ingest.storage.sources.all()
    assert (await ingest.refresh(source)).error is None
    await feed.add(title="Harbour News")
    assert await feed.gives(OLD, item("Quay is closed", guid="1")) == []
    assert await feed.gives(item("Gulls are back", guid="2"), OLD) == ["Gulls are back"]


# Silence that looks like "ok"


async def test_a_source_that_says_unchanged_for_a_week_is_asked_for_all(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    await Feed(ingest, site, clock).add()
    marked = {**FEED, "ETag": '"1"'}
    site.pages["/feed"] = Page(rss(OLD), headers=marked)
    pushed = []
    for day in range(9):
        if day == 1:  # the mark stays the same, whatever the feed holds
            site.pages["/feed"] = Page(rss(item("Gulls are back", guid="2"), OLD), headers=marked)
        [source] = await storage.sources.all()
        pushed.append((await ingest.refresh(source)).pushed)
        clock.advance(days=1)
    assert pushed == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert [request.headers.get("If-None-Match") for request in site.requests[6:9]] == ['"1"', None, '"1"']


async def test_a_server_that_says_unchanged_without_being_asked_fails(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    await Feed(ingest, site, clock).add()
    site.pages["/feed"] = Page(status=304)
    [source] = await storage.sources.all()
    assert "was asked for all" in ((await ingest.refresh(source)).error or "")
    assert (await storage.sources.all())[0].failures == 1


async def test_what_is_dropped_is_counted_with_its_reason(
    ingest: Ingest, site: Site, clock: Clock, storage: Storage
) -> None:
    feed = Feed(ingest, site, clock)
    await feed.add()
    await feed.gives(OLD, "<link>https://h.example/1</link>", "<author>Mona</author>")
    [source] = await storage.sources.all()
    assert source.dropped == 2
    assert source.drop_reasons[0].startswith("item 2 has neither title nor text")
    await feed.gives(OLD)
    assert (await storage.sources.all())[0].dropped == 0
