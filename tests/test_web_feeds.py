"""Feeds for websites and other readers: what is in them, how they are answered, and that nothing gets lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import aiohttp
import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.ingest.decide import Push
from bot.ingest.formats.html_document import read_html
from bot.ingest.formats.opml import read as read_opml
from bot.ingest.import_reading import list_files
from bot.ingest.importing import import_files
from bot.locale import Voice
from bot.text.document import read_document, stored_form, to_plain
from bot.web.feeds import Feeds
from bot.web.feeds.content import to_html
from bot.web.feeds.items import writable
from bot.web.feeds.pages import FRESH_SECONDS, MOST_WAITING, Pages
from storage import Storage, open_storage
from storage.records import Article, BotAccount, NewSource, SourceKind
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Code,
    Divider,
    Document,
    Embed,
    Gallery,
    Heading,
    Listing,
    Mark,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Table,
    Video,
)
from tests import ingesting
from tests.command_line import CommandLine
from tests.conftest import Clock
from tests.makers import NOON, new_article, reader, stored
from tests.web import serving, until

PUBLIC = "https://bot.example"
HOSTILE = '<script>alert(1)</script> & "it\'s" ]]> \x0b\x1b[0m شاي'
SAMPLES = Path(__file__).parent.parent / "docs/samples"


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    def __init__(self, feeds: Feeds, client: aiohttp.ClientSession) -> None:
        self.feeds = feeds
        self.client = client

    async def get(self, path: str, headers: Mapping[str, str] = MappingProxyType({})) -> Got:
        async with self.client.get(URL(path, encoded=True), headers=headers) as answer:
            return Got(answer.status, answer.headers, await answer.read())

    async def atom(self, path: str) -> Any:
        """The feed as feedparser reads it."""
        answer = await self.get(path)
        assert answer.status == 200
        ElementTree.fromstring(answer.body)
        feed = feedparser.parse(answer.body, response_headers={"content-type": answer.headers["Content-Type"]})
        assert not feed.bozo, feed.get("bozo_exception")
        return feed

    async def titles(self, path: str) -> list[str]:
        as_atom = [entry.title for entry in (await self.atom(f"{path}.atom")).entries]
        as_json = [item["title"] for item in json.loads((await self.get(f"{path}.json")).text)["items"]]
        assert as_atom == as_json
        return as_atom


@pytest.fixture
async def server(storage: Storage, clock: Clock) -> AsyncIterator[Server]:
    await storage.bot_accounts.remember(BotAccount(bot_id=7, username="newsbot"))
    feeds = Feeds(storage, PUBLIC, Voice("en"), clock)
    async with serving(feeds.routes()) as (_, client):
        yield Server(feeds, client)


async def import_samples(storage: Storage, clock: Clock) -> None:
    async with ingesting.opened(storage, clock) as ingest:
        assert [one async for one in import_files(ingest, list_files([SAMPLES]), push=Push.NEVER)]


def stale(server: Server) -> None:
    """Let the kept pages be as old as it takes to build them again."""
    server.feeds._pages._steady = lambda: float("inf")


# What is in them


async def test_each_feed_has_its_public_articles_newest_first(storage: Storage, server: Server, clock: Clock) -> None:
    public, _ = await storage.sources.add("https://a.example/feed", SourceKind.FEED, now=clock(), title="A Journal")
    member = await reader(storage, 1)
    private, _ = await storage.sources.add_private(
        NewSource(url="https://b.example/feed"), chat_row=member.id, now=clock()
    )
    await stored(
        storage,
        new_article("old", category="Economy", source_id=public.id, published_at=NOON - timedelta(hours=3)),
        new_article("new", category="Economy", published_at=NOON - timedelta(hours=1)),
        new_article("sport", category="Sports", source_id=public.id, published_at=NOON - timedelta(hours=2)),
        new_article("wrong", category="Sports", source_id=public.id, published_at=NOON - timedelta(hours=9)),
        new_article("secret", category="Economy", source_id=private.id, private=True),
    )
    wrong = (await storage.articles.newest(limit=10))[-1]
    assert wrong.text.title == "Title wrong"
    await storage.articles.retract(wrong.id, now=clock())
    assert await storage.articles.newest(limit=10, source=private.id) == []
    (gone,) = await storage.articles.newest(limit=1)
    numbers = {one.name: one.id for _, one in await storage.categories.names()}
    assert await server.titles("/feeds/latest") == ["Title new", "Title sport", "Title old"]
    assert await server.titles(f"/feeds/category/{numbers['Economy']}") == ["Title new", "Title old"]
    assert await server.titles(f"/feeds/source/{public.id}") == ["Title sport", "Title old"]
    assert (await server.get(f"/feeds/source/{private.id}.atom")).status == 404
    assert (await server.get("/feeds/source/999.json")).status == 404
    assert (await server.get("/feeds/category/999.atom")).status == 404
    await storage.articles.retract(gone.id, now=clock())
    stale(server)
    assert "Title new" not in await server.titles("/feeds/latest")
    assert "Title new" not in await server.titles(f"/feeds/category/{numbers['Economy']}")


async def test_a_search_is_a_feed_of_what_has_all_of_its_words(
    storage: Storage, server: Server, clock: Clock
) -> None:
    await import_samples(storage, clock)
    found = [entry.title for entry in (await server.atom("/feeds/search.atom?q=harbour+council")).entries]
    assert "Harbour council votes for a second tram line" in found
    arabic = await server.atom("/feeds/search.atom?q=%D9%85%D9%83%D8%AA%D8%A8%D8%A9")
    assert [entry.title for entry in arabic.entries] == ["مكتبة المرفأ تفتح أبوابها ليلًا طوال الشتاء"]
    assert (await server.atom("/feeds/search.atom?q=nosuchword")).entries == []
    assert (await server.atom("/feeds/search.atom?q=source:%22nobody%22")).entries == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", f"?q={'a' * 201}"])
async def test_a_search_without_words_or_with_too_many_is_refused_in_a_line(server: Server, query: str) -> None:
    answer = await server.get(f"/feeds/search.atom{query}")
    assert answer.status == 400
    assert "?q=WORDS" in answer.text


async def test_a_teaser_tells_only_its_summary_and_link(storage: Storage, server: Server, clock: Clock) -> None:
    source, _ = await storage.sources.add("https://a.example/feed", SourceKind.FEED, now=clock(), teaser=True)
    await stored(storage, new_article("one", source_id=source.id))
    (entry,) = (await server.atom("/feeds/latest.atom")).entries
    assert (entry.summary, entry.link) == ("The first paragraph of one.", "https://news.example/one")
    assert "content" not in entry
    text = (await server.get("/feeds/latest.json")).text
    (item,) = json.loads(text)["items"]
    assert item["content_text"] == "The first paragraph of one."
    assert "The second one" not in text


async def test_hostile_texts_are_texts(storage: Storage, server: Server) -> None:
    await stored(storage, new_article("one", title=HOSTILE, body=HOSTILE, category=HOSTILE))
    (entry,) = (await server.atom("/feeds/latest.atom")).entries
    assert entry.title_detail.type == "text/plain"
    assert "<script>alert(1)</script>" in entry.title
    (item,) = json.loads((await server.get("/feeds/latest.json")).text)["items"]
    assert item["title"] == writable(HOSTILE)
    assert "<script>" not in item["content_html"]
    page = (await server.get("/feeds")).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@given(st.text())
def test_every_text_can_be_written_as_xml(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = writable(text)
    ElementTree.fromstring(ElementTree.tostring(element))


async def test_a_feed_tells_where_it_is_and_keeps_its_ids(storage: Storage, server: Server) -> None:
    await stored(storage, new_article("one", language="ar", title="عنوان"))
    feed = await server.atom("/feeds/latest.atom")
    links = {(link.rel, link.type): link.href for link in feed.feed.links}
    assert links["self", "application/atom+xml"] == f"{PUBLIC}/feeds/latest.atom"
    assert links["alternate", "text/html"] == f"{PUBLIC}/feeds"
    assert feed.feed.language == "ar"
    assert feed.feed.title == "All news · @newsbot"
    text = json.loads((await server.get("/feeds/latest.json")).text)
    assert text["version"] == "https://jsonfeed.org/version/1.1"
    assert (text["feed_url"], text["language"]) == (f"{PUBLIC}/feeds/latest.json", "ar")
    assert text["items"][0]["id"] == feed.entries[0].id
    stale(server)
    assert (await server.atom("/feeds/latest.atom")).entries[0].id == feed.entries[0].id


# How they are answered


async def test_who_has_a_feed_already_gets_304_until_it_changes(
    storage: Storage, server: Server, clock: Clock
) -> None:
    (number,) = await stored(storage, new_article("one"))
    first = await server.get("/feeds/latest.atom")
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert first.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
    ):
        again = await server.get("/feeds/latest.atom", headers)
        assert (again.status, again.headers["ETag"]) == (304, etag), headers
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Sun, 01 Mar 2026 11:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert (await server.get("/feeds/latest.atom", headers)).status == 200, headers
    clock.advance(seconds=5)
    stale(server)
    assert (await server.get("/feeds/latest.atom", {"If-Modified-Since": modified})).status == 304
    await storage.articles.retract(number, now=clock())  # no item has a later time, and yet the feed has changed
    stale(server)
    assert (await server.get("/feeds/latest.atom", {"If-Modified-Since": modified})).status == 200
    assert (await server.get("/feeds/latest.atom", {"If-None-Match": etag})).status == 200


async def test_who_asks_together_or_soon_after_shares_one_page(clock: Clock) -> None:
    seconds, built, go_on = [0.0], [0], asyncio.Event()
    pages = Pages(clock, steady=lambda: seconds[0])

    async def build() -> tuple[bytes, str]:
        built[0] += 1
        await go_on.wait()
        return b"page", "text/plain"

    asking = [asyncio.create_task(pages.get("/a", build)) for _ in range(20)]
    await asyncio.sleep(0)
    asking.pop().cancel()
    go_on.set()
    assert {page.body for page in await asyncio.gather(*asking) if page} == {b"page"}
    await pages.get("/a", build)
    assert built == [1]
    seconds[0] += FRESH_SECONDS
    await pages.get("/a", build)
    assert built == [2]


async def test_strangers_who_ask_for_much_get_it_one_after_another(server: Server, clock: Clock) -> None:
    """The database has three connections for reading, and the sender needs one."""
    go_on, running, most = asyncio.Event(), 0, 0

    async def build() -> tuple[bytes, str]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go_on.wait()
        running -= 1
        return b"page", "text/plain"

    pages = server.feeds._pages
    waiting = [asyncio.create_task(pages.get(f"/{number}", build)) for number in range(MOST_WAITING)]
    await until(lambda: len(pages._building) == MOST_WAITING)
    answer = await server.get("/feeds/search.atom?q=harbour")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    go_on.set()
    assert all(await asyncio.gather(*waiting))
    assert most == 1
    assert (await server.get("/feeds/search.atom?q=harbour")).status == 200


async def test_pages_that_are_kept_are_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.feeds.pages.MOST_BYTES", 100)
    pages = Pages(clock)

    async def build() -> tuple[bytes, str]:
        return b"x" * 40, "text/plain"

    for number in range(10):
        await pages.get(f"/{number}", build)
    assert list(pages._kept) == ["/8", "/9"]
    assert pages._bytes == 80


# The list of feeds


async def test_a_page_and_a_list_name_every_feed(storage: Storage, server: Server, clock: Clock) -> None:
    source, _ = await storage.sources.add("https://a.example/feed?key=s3cret", SourceKind.FEED, now=clock())
    member = await reader(storage, 1)
    hidden = NewSource(url="https://b.example/feed", title="Hidden")
    await storage.sources.add_private(hidden, chat_row=member.id, now=clock())
    await stored(storage, new_article("one", category="اقتصاد", source_id=source.id))
    number = (await storage.categories.names())[0][1].id
    page = (await server.get("/feeds")).text
    for path in ("latest", f"category/{number}", f"source/{source.id}"):
        for form, kind in (("atom", "application/atom+xml"), ("json", "application/feed+json")):
            assert f'type="{kind}" title=' in page
            assert f'href="{PUBLIC}/feeds/{path}.{form}"' in page
    assert "اقتصاد" in page
    assert "s3cret" not in page
    assert "Hidden" not in page
    listed = read_opml((await server.get("/feeds/index.opml")).body, name="index.opml")
    assert [one.url for one in listed if isinstance(one, NewSource)] == [
        f"{PUBLIC}/feeds/latest.atom",
        f"{PUBLIC}/feeds/category/{number}.atom",
        f"{PUBLIC}/feeds/source/{source.id}.atom",
    ]


def test_the_command_line_names_every_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    newsbot = CommandLine(tmp_path, monkeypatch, capsys)
    newsbot.begin()
    newsbot.good("import", SAMPLES, "--no-push")
    told = newsbot.good("feeds")
    assert "NEWSBOT_WEB is not set" in told
    assert "/feeds/latest.atom" in told
    newsbot.set(NEWSBOT_WEB="8081")
    listed = json.loads(newsbot.good("feeds", "--json"))
    assert listed[0] == {
        "kind": "latest",
        "name": "",
        "atom": "http://127.0.0.1:8081/feeds/latest.atom",
        "json": "http://127.0.0.1:8081/feeds/latest.json",
    }
    assert {one["name"] for one in listed} >= {"Economy", "اقتصاد"}
    newsbot.set(NEWSBOT_PUBLIC_URL="https://bot.example/news")
    assert "https://bot.example/news/feeds/latest.atom" in newsbot.good("feeds")


# Without loss


def run(text: str, *marks: Mark, link: str | None = None) -> Run:
    return Run(text, frozenset(marks), link)


BLOCKS: list[Block] = [
    Paragraph(
        (run("Tea & <b> "), run("bold", Mark.BOLD), run(" both", Mark.ITALIC, link="https://a.example/?a=1&b=2"))
    ),
    Paragraph((run("a line\nand another"),)),
    Paragraph((run("جملة "), run("عريضة", Mark.BOLD), run(" وأخرى"))),
    Heading((run("A heading"),), 3),
    Listing(
        ((Paragraph((run("one"),)),), (Paragraph((run("two"),)), Listing(((Paragraph((run("deep"),)),),), True)))
    ),
    Quote((Paragraph((run("said"),)), Paragraph((run("more"),))), (run("Somebody"),)),
    PullQuote((run("A pulled quote"),), (run("Somebody"),)),
    Table(((Cell((run("A"),), True), Cell((run("B"),), True)), (Cell((run("1"),)), Cell((run("2"),)))), (run("T"),)),
    Picture("https://a.example/p.jpg", (run("A caption"),), "Mona Haddad", "A harbour at night", 800, 600),
    Picture("https://a.example/q.jpg"),
    Gallery((Picture("https://a.example/1.jpg"), Picture("https://a.example/2.jpg")), (run("Both"),)),
    Video("https://a.example/f.mp4", (run("A film"),), "https://a.example/poster.jpg"),
    Audio("https://a.example/s.mp3", (run("A sound"),)),
    Embed("https://t.me/news/1", (run("A post"),)),
    Code("a = 1\n  b"),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_a_block_comes_back_from_its_html(block: Block) -> None:
    around = Paragraph((run("before"),)), Paragraph((run("behind"),))
    document = (around[0], block, Divider(), around[1])
    assert read_html(to_html(document)) == document


@pytest.mark.parametrize("form", ["atom", "json"])
async def test_another_newsbot_reads_the_same_articles(
    storage: Storage, server: Server, clock: Clock, tmp_path: Path, form: str
) -> None:
    await import_samples(storage, clock)
    rich = new_article(
        "rich",
        title="A rich one",
        body=to_plain(tuple(BLOCKS)),
        document=stored_form(tuple(BLOCKS)),
        publisher="Harbour News",
        published_at=clock() - timedelta(minutes=5),
    )
    rich = replace(rich, text=replace(rich.text, image_url="https://a.example/p.jpg"))
    await stored(storage, rich, now=clock())
    ours = await storage.articles.newest(limit=100)
    url = str(server.client._base_url).rstrip("/")
    async with (
        open_storage(f"sqlite:///{tmp_path / 'other.db'}") as other,
        ingesting.opened(other, clock, fresh_hours=24 * 365) as reading,
    ):
        source = await ingesting.add(reading, f"{url}/feeds/latest.{form}")
        await reading.refresh(source)
        theirs = await other.articles.newest(limit=100)
    assert [one.text.title for one in theirs] == [one.text.title for one in ours]
    for one, same in zip(ours, theirs, strict=True):
        assert facts(same) == facts(one)


def without_opening_picture(article: Article) -> Document:
    """The document without the picture of the article above it, which a reader of feeds puts there."""
    document = read_document(article.text.document, article.text.body)
    first = document[0] if document else None
    is_it = isinstance(first, Picture) and first.address == article.text.image_url
    return document[1:] if is_it else document


def facts(article: Article) -> dict[str, Any]:
    text = article.text
    return {
        "title": text.title,
        "document": without_opening_picture(article),
        "lead": text.lead,
        "language": text.language,
        "author": text.author,
        "url": text.url,
        "image": text.image_url,
        "categories": [one.name for one in article.categories],
        "source": article.source or "All news · @newsbot",  # of an article that came as a file, the name of the feed
        "published": article.published_at.replace(microsecond=0),
    }
