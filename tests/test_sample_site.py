"""The demo's sample news: they can be read, their pictures are there, and they last for an hour."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import aiohttp
import pytest

from bot.ingest.formats.feed import parse
from bot.sample_site import BRISK, FEEDS, NEWS_EVERY, OFFERED, SLOWER, TELEX, WELL_READ, SampleSource
from bot.sim.media import recognize
from bot.text.document import pictures_of
from storage.records.documents import Audio, Document, Gallery, Quote, Table, decode

SAMPLES = files("bot").joinpath("samples")
HOUR = BRISK + int((3600 - BRISK * NEWS_EVERY) / (NEWS_EVERY * SLOWER))  # reports


def documents(site: SampleSource, feed: str = "live") -> list[Document]:
    """The documents of the items that have more than paragraphs, newest first."""
    items = parse(site._xml(feed).encode(), url=site.url).items
    return [decode(item.document) for item in items if item.document]


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_an_article_of_each_language_has_all_that_a_page_can_show(language: str) -> None:
    site = SampleSource()
    async with site.serving(), aiohttp.ClientSession() as http:
        reports = [site.publish() for _ in range(2)]
        position = [report["language"] for report in reversed(reports)].index(language)
        document = documents(site)[position]
        kinds = Counter(type(block).__name__ for block in document)
        assert kinds >= Counter("Picture Gallery Table Quote Audio Heading Heading Listing".split())
        pictures = list(pictures_of(document))
        assert all(picture.caption and picture.credit and picture.alternative for picture in pictures)
        assert 4 <= next(len(block.pictures) for block in document if isinstance(block, Gallery)) <= 6
        assert all(block.source for block in document if isinstance(block, Quote))
        assert all(
            len(row) == len(block.rows[0]) for block in document if isinstance(block, Table) for row in block.rows
        )
        files_of = {picture.address: "photo" for picture in pictures}
        files_of |= {block.address: "audio" for block in document if isinstance(block, Audio)}
        for address, kind in files_of.items():
            async with http.get(address) as answer:
                assert recognize(await answer.read()).kind == kind, address


def test_the_first_report_is_in_arabic_and_has_pictures() -> None:
    report = SampleSource().publish()
    assert (report["language"], "<img" in report["html"]) == ("ar", True)


def test_news_last_for_an_hour_without_a_serial_that_fills_every_chat() -> None:
    site = SampleSource()
    reports = [site.publish() for _ in range(HOUR)]
    assert len({report["title"] for report in reports}) == HOUR
    written = {json.loads(line)["title"] for line in SAMPLES.joinpath("live.jsonl").read_text("utf-8").splitlines()}
    issues = [number for number, report in enumerate(reports) if report["title"] not in written]
    assert len(issues) <= HOUR / 4
    assert all(later - earlier > 1 for earlier, later in pairwise(issues))
    languages = Counter(report["language"] for report in reports)
    assert abs(languages["ar"] - languages["en"]) <= 4


def test_pictures_and_podcast_are_light() -> None:
    pictures = list(SAMPLES.joinpath("pictures").iterdir())
    sizes = [len(file.read_bytes()) for file in [*pictures, SAMPLES.joinpath("podcast.mp3")]]
    assert sum(sizes) < 400_000


async def test_a_page_of_the_site_is_what_its_feed_says() -> None:
    site = SampleSource()
    async with site.serving(), aiohttp.ClientSession() as http:
        site.publish()
        [item] = parse(site._xml("live").encode(), url=site.url).items[:1]
        async with http.get(str(item.url)) as answer:
            page = await answer.text()
        assert f'og:image" content="{site.url}/pictures/train.jpg' in page
        assert page.count("<img") == 6
        for path in ("/pictures/%2e%2e%2flive.jsonl", "/pictures/none.jpg", "/live.jsonl", "/live/0", "/live/9"):
            async with http.get(site.url + path) as answer:
                assert answer.status == 404, path


def test_all_feeds_of_the_site_can_be_read() -> None:
    site = SampleSource(now=lambda: datetime(2026, 11, 20, tzinfo=UTC))
    site.retell(site.publish())
    for feed in FEEDS | OFFERED:
        site._xml(feed)
    site._now = lambda: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=1)
    for feed in FEEDS | OFFERED:
        assert parse(site._xml(feed).encode(), url=site.url).items, feed


def test_the_telex_corrects_one_report_and_withdraws_another() -> None:
    wrong, right, report, withdrawal = map(json.loads, SAMPLES.joinpath(TELEX).read_text("utf-8").splitlines())
    assert (right["id"], right["title"]) == (wrong["id"], "Last ferry to the islands sails at nine")
    assert withdrawal == {"id": report["id"], "withdrawn": True}


async def test_the_feed_of_the_islands_breaks_after_it_was_added() -> None:
    async with SampleSource().serving() as site, aiohttp.ClientSession() as http:
        statuses = []
        for _ in range(WELL_READ + 1):
            async with http.get(f"{site.url}/islands.xml") as answer:
                statuses.append(answer.status)
    assert statuses == [200] * WELL_READ + [500]
