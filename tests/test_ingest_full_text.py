"""Full texts of what a feed gives in excerpts: read before storing, kept when it says the same, tried again later."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.config import Config
from bot.ingest import full_text
from bot.ingest.discovery import add_full_texts, preview_source
from bot.ingest.draft import Draft
from bot.ingest.formats import page
from bot.ingest.full_text import EXCERPT_WORDS, PAUSE_IF_LATE, RETRY_PAUSES, is_excerpt
from bot.ingest.network.fetch import Fetcher
from bot.ingest.network.polite_fetch import PoliteFetcher
from bot.ingest.refresh import Ingest
from storage import Storage
from storage.records import Article, Source, SourceKind
from tests.conftest import Clock
from tests.ingesting import FEED, Here
from tests.site import Page, Site, rss
from tests.test_network_polite_fetch import Time

EXCERPT = "The council met on Monday to talk about the new ferry line."
PARAGRAPHS = (
    "The council met on Monday to talk about the new ferry line, which is to reach the islands hourly in summer.",
    "The fare is to be four coins, said the harbour master, and children travel for nothing on Sundays and holidays.",
    "Fishermen asked for a longer pier, since two boats can't lie beside each other when the wind is from the west.",
)
DAY = timedelta(days=1)


def html(*paragraphs: str, title: str = "Council meets") -> str:
    inner = "".join(f"<p>{one}</p>" for one in paragraphs)
    head = f"<head><title>{title}</title></head>"
    return f"<html>{head}<body><article><h1>{title}</h1>{inner}</article></body></html>"


def item(name: str, title: str = "Council meets", text: str = EXCERPT) -> str:
    return f"<title>{title}</title><guid>{name}</guid><link>/{name}</link><description>{text}</description>"


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    config = Config(allow_private_hosts=True)
    time = Time()
    async with Fetcher(max_bytes=1_000_000, allow_private=True, seconds=5) as fetcher:
        pages = PoliteFetcher(fetcher, steady=time, sleep=time.sleep)
        opened = Ingest(storage, config, fetcher=fetcher, worker=Here(), now=clock, page_fetcher=pages)
        yield opened
        await opened.close()


async def add(ingest: Ingest, site: Site, *, full_text: bool = True) -> Source:
    """A source of that site whose backlog is behind it."""
    site.pages["/feed"] = Page(rss(item("old", "Older news", "It was so.")), headers=FEED)
    site.pages["/old"] = Page(status=404)
    source, _ = await ingest.storage.sources.add(
        f"{site.url}/feed", SourceKind.FEED, now=ingest.now(), full_text=full_text
    )
    await ingest.refresh_due()
    return source


async def publish(
    ingest: Ingest, site: Site, clock: Clock, *items: str, after: timedelta = timedelta(minutes=6)
) -> None:
    site.pages["/feed"] = Page(rss(*items), headers=FEED)
    await visit(ingest, clock, after)


async def visit(ingest: Ingest, clock: Clock, after: timedelta = timedelta(minutes=6)) -> None:
    clock.time += after
    [result] = await ingest.refresh_due()
    assert result.error is None


async def stored(storage: Storage, title: str = "Council meets") -> Article:
    [article] = [one for one in await storage.articles.newest(limit=50) if one.text.title == title]
    return article


async def test_a_new_item_is_stored_and_pushed_with_the_text_of_its_page(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await publish(ingest, site, clock, item("a"))
    article = await stored(storage)
    assert article.text.body == "\n\n".join(PARAGRAPHS)
    assert article.text.summary[0] == PARAGRAPHS[0]
    assert (article.revision, article.lane is not None) == (1, True)


async def test_a_source_without_it_keeps_what_its_feed_gives(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site, full_text=False)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await publish(ingest, site, clock, item("a"))
    assert (await stored(storage)).text.body == EXCERPT
    assert site.asked("/a") == site.asked("/robots.txt") == 0


async def test_a_feed_that_goes_on_giving_its_excerpt_changes_nothing_and_asks_for_no_page(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    for _ in range(3):
        await publish(ingest, site, clock, item("a"))
    assert (await stored(storage)).revision == 1
    assert site.asked("/a") == 1


async def test_a_changed_item_has_its_page_read_again(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await publish(ingest, site, clock, item("a"))
    site.pages["/a"] = Page(html(*PARAGRAPHS, "The vote is put off until the spring, when the boats come back."))
    await publish(ingest, site, clock, item("a", text=f"Updated: {EXCERPT}"))
    article = await stored(storage)
    assert (article.revision, article.text.body.count("\n\n")) == (2, 3)
    await publish(ingest, site, clock, item("a", text=f"Updated: {EXCERPT}"))
    assert (await stored(storage)).revision == 2


async def test_a_changed_item_whose_page_is_away_keeps_its_full_text_under_the_new_headline(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await publish(ingest, site, clock, item("a"))
    site.pages["/a"] = Page(status=500)
    for _ in range(2):
        await publish(ingest, site, clock, item("a", "Council meets again"))
    article = await stored(storage, "Council meets again")
    assert (article.revision, article.text.body) == (2, "\n\n".join(PARAGRAPHS))


async def test_a_page_that_fails_leaves_the_excerpt_and_is_tried_again_a_little_later(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(status=500)
    await publish(ingest, site, clock, item("a"))
    assert (await stored(storage)).text.body == EXCERPT
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await visit(ingest, clock)
    assert site.asked("/a") == 1  # not yet
    await visit(ingest, clock, RETRY_PAUSES[0])
    article = await stored(storage)
    assert (article.revision, article.text.body) == (2, "\n\n".join(PARAGRAPHS))
    await visit(ingest, clock, DAY)
    assert ((await stored(storage)).revision, site.asked("/a")) == (2, 2)


async def test_a_page_that_goes_on_failing_is_given_up(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(status=500)
    await publish(ingest, site, clock, item("a"))
    for _ in range(6):
        await visit(ingest, clock, DAY)
    assert site.asked("/a") == 1 + len(RETRY_PAUSES)
    assert (await stored(storage)).text.body == EXCERPT


async def test_what_is_not_read_in_time_is_stored_at_once_and_completed_by_a_revision(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(ingest, site)
    names = [f"n{n}" for n in range(4)]
    for name in names:
        site.pages[f"/{name}"] = Page(html(*PARAGRAPHS, title=f"Council {name}"))
    monkeypatch.setattr(full_text, "MAX_PAGES", 3)
    await publish(ingest, site, clock, *(item(name, f"Council {name}") for name in names))
    bodies = [(await stored(storage, f"Council {name}")).text.body for name in names]
    assert sorted(body == EXCERPT for body in bodies) == [False, False, False, True]
    await visit(ingest, clock, timedelta(minutes=5) + PAUSE_IF_LATE)
    assert all([(await stored(storage, f"Council {name}")).text.body != EXCERPT for name in names])


async def test_a_page_that_is_no_page_of_the_article_is_not_taken_for_its_text(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    wall = "Please agree that your visit is measured, so that we can go on offering this service without charge. " * 5
    site.pages["/a"] = Page(status=302, headers={"Location": "/wall"})
    site.pages["/wall"] = Page(html(wall, title="Your privacy"))
    await publish(ingest, site, clock, item("a"))
    assert (await stored(storage)).text.body == EXCERPT


async def test_a_page_that_trips_a_fault_of_ours_leaves_the_other_news_alone(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes, **said: Any) -> Draft:
        if b"Council" in data:
            raise KeyError("a fault of ours")
        return page_read(data, **said)

    page_read = page.read
    await add(ingest, site)
    monkeypatch.setattr(page, "read", broken)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    boats = tuple(one.replace("council", "crew") for one in PARAGRAPHS)
    site.pages["/b"] = Page(html(*boats, title="Crew meets"))
    await publish(ingest, site, clock, item("a"), item("b", "Crew meets", EXCERPT.replace("council", "crew")))
    assert (await stored(storage)).text.body == EXCERPT
    assert (await stored(storage, "Crew meets")).text.body == "\n\n".join(boats)


async def test_robots_are_honoured(ingest: Ingest, site: Site, storage: Storage, clock: Clock) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /a\n")
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    await publish(ingest, site, clock, item("a"))
    assert (await stored(storage)).text.body == EXCERPT
    assert site.asked("/a") == 0


async def test_one_page_of_two_feeds_is_read_once(ingest: Ingest, site: Site, storage: Storage, clock: Clock) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    site.pages["/sea"] = Page(rss(item("a")), headers=FEED)
    await ingest.storage.sources.add(f"{site.url}/sea", SourceKind.FEED, now=ingest.now(), full_text=True)
    site.pages["/feed"] = Page(rss(item("a")), headers=FEED)
    clock.time += timedelta(minutes=6)
    for source in await storage.sources.all():
        await ingest.refresh(source)
    assert [one.text.body for one in await storage.articles.newest(limit=1)] == ["\n\n".join(PARAGRAPHS)]
    assert site.asked("/a") == 1


async def test_what_is_switched_off_is_not_completed_any_more(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    source = await add(ingest, site)
    site.pages["/a"] = Page(status=500)
    await publish(ingest, site, clock, item("a"))
    assert await storage.sources.set_full_text(source.id, False)
    await visit(ingest, clock, DAY)
    assert await storage.sources.set_full_text(source.id, True)
    await visit(ingest, clock, DAY)
    assert site.asked("/a") == 1


async def test_the_pages_of_a_withdrawn_article_are_left_alone(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, site)
    site.pages["/a"] = Page(status=500)
    await publish(ingest, site, clock, item("a"))
    await storage.articles.retract((await stored(storage)).id, now=clock())
    await visit(ingest, clock, DAY)
    assert site.asked("/a") == 1


async def test_a_check_shows_what_would_be_read(ingest: Ingest, site: Site) -> None:
    site.pages["/feed"] = Page(rss(item("a"), item("b", "Choir sings"), item("c", "Third")), headers=FEED)
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    checked = await add_full_texts(ingest, await preview_source(ingest, f"{site.url}/feed"), first=2)
    assert [draft.body == EXCERPT for draft in checked.drafts] == [False, True, True]
    assert [problem.partition(":")[2].partition(": ")[2] for problem in checked.problems] == [
        "the server answered with status 404"
    ]
    assert site.asked("/c") == 0


async def test_a_host_that_wants_long_pauses_is_not_waited_for_and_does_not_count_as_failed(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nCrawl-delay: 900\n")
    await add(ingest, site)  # whose backlog took the host's turn
    site.pages["/a"] = Page(html(*PARAGRAPHS))
    for _ in range(5):
        await publish(ingest, site, clock, item("a"))
    assert ((await stored(storage)).text.body, site.asked("/a")) == (EXCERPT, 0)


# What is an excerpt

WHOLE = Draft(title="Council meets", body="word " * EXCERPT_WORDS + "end.", url="https://harbour.example/1")


@pytest.mark.parametrize(
    ("draft", "excerpt"),
    [
        (WHOLE, False),
        (replace(WHOLE, body=EXCERPT), True),
        (replace(WHOLE, body=""), True),
        (replace(WHOLE, body=WHOLE.body + " and so on …"), True),
        (replace(WHOLE, body=WHOLE.body + " and so on [...]"), True),
        (replace(WHOLE, body=WHOLE.body + " Read more »"), True),
        (replace(WHOLE, body=WHOLE.body + " اقرأ المزيد"), True),
        (replace(WHOLE, body=EXCERPT, url=None), False),  # there is nothing to read
        (replace(WHOLE, body=EXCERPT, excerpt=""), False),  # its page was read
    ],
)
def test_few_words_or_a_text_that_breaks_off_are_an_excerpt(draft: Draft, excerpt: bool) -> None:
    assert is_excerpt(draft) is excerpt
