"""A password in the address of a source: it is used and exported, and shown to nobody."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import encode_basic_auth, web

from bot import editing
from bot.ingest.formats.hub_links import HubLink
from bot.locale import Voice
from bot.messages import sources as source_messages
from storage import Storage, open_storage
from storage.records import (
    Actor,
    AuditAction,
    Origin,
    Source,
    SourceKind,
    SubjectKind,
    SubjectName,
    WithdrawnArticle,
    hide_password,
)
from tests.command_line import CommandLine, beside
from tests.conftest import Clock
from tests.ingesting import FEED, add, opened
from tests.makers import NOON, new_article, reader
from tests.site import Page, rss, serving

LOGIN = encode_basic_auth("mona", "secret")
ADDRESS = "https://mona:secret@news.example/feed"
HIDDEN = "https://***@news.example/feed"
PAGE = Path(__file__).parent.parent / "docs/samples/page.html"


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a feed that asks for a user name and a password."""

    async def feed(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != LOGIN:
            return web.Response(status=401)
        return web.Response(text=rss("Ferry sails", title=""), content_type="application/rss+xml")

    async def page(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != LOGIN:
            return web.Response(status=401)
        return web.Response(body=PAGE.read_bytes(), content_type="text/html")

    with beside(serving()) as site:
        site.pages["/feed"], site.pages["/page"] = feed, page
        yield f"{site.url.replace('://', '://mona:secret@')}/feed"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (ADDRESS, HIDDEN),
        ("https://mona@news.example/feed?", "https://***@news.example/feed?"),
        ("https://mona:se@cret@news.example", "https://***@news.example"),
        ("mona:secret@news.example/feed", "***@news.example/feed"),  # as people type it
        ("https://mona:se/c#re?t@news.example/feed", HIDDEN),
        ("https://mona:12se/cret@news.example/@sport", "https://***@sport"),
        ("https:/mona:secret@news.example", "https:/***@news.example"),
        ("https//mona:secret@news.example", "https//***@news.example"),
        ("//mona:secret@news.example", "//***@news.example"),
        ("https://news.example:8080/@mona", "https://news.example:8080/@mona"),
        ("mailto:mona@harbour.example", "mailto:mona@harbour.example"),
        ("https://news.example/@mona?", "https://news.example/@mona?"),
        ("https://news.example?by=mona@harbour.example", "https://news.example?by=mona@harbour.example"),
        ("/srv/pages: mona@harbour", "/srv/pages: mona@harbour"),
        ("Harbour news: mona@harbour.example?", "Harbour news: mona@harbour.example?"),
    ],
)
def test_user_name_and_password_of_an_address_are_hidden_and_all_else_stays(written: str, shown: str) -> None:
    assert hide_password(written) == shown


def test_the_command_line_shows_no_password(newsbot: CommandLine, address: str) -> None:
    listed = newsbot.folder / "more.opml"
    listed.write_text(f'<opml><body><outline xmlUrl="{address}"/><outline xmlUrl="{address}"/></body></opml>')
    wrong = address.replace("/feed", "/nowhere")
    typed: list[list[str | Path]] = [
        ["source", "check", address], ["source", "check", wrong], ["source", "add", address], ["source", "list"],
        ["refresh"], ["source", "import", listed], ["source", "check", address.replace("http:", "ftp:")],
    ]  # fmt: skip
    for command in typed:
        _, said, complained = newsbot(*command)
        assert "***@" in said + complained, command
        assert "secret" not in said + complained, command
    newsbot.set(NEWSBOT_TOKEN="")
    _, said, complained = newsbot("check")
    assert "secret" not in said + complained


def test_a_page_that_asks_for_a_password_is_read_again_with_it(newsbot: CommandLine, address: str) -> None:
    page = address.replace("/feed", "/page")
    newsbot.good("source", "add", f"{page}?utm_source=mail#top")
    assert [one["url"] for one in json.loads(newsbot.good("source", "list", "--json"))] == [page]
    assert "1 added" in newsbot.good("refresh")
    assert "secret" not in newsbot.good("articles", "show", "1", "--json")


def test_programs_and_exported_lists_get_the_whole_address(newsbot: CommandLine, address: str) -> None:
    newsbot.good("source", "add", address)
    assert [one["url"] for one in json.loads(newsbot.good("source", "list", "--json"))] == [address]
    newsbot.good("source", "export", newsbot.folder / "all.opml")
    newsbot.good("source", "remove", "1")
    newsbot.good("source", "import", newsbot.folder / "all.opml")

    async def stored() -> list[str]:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            return [source.url for source in await storage.sources.all()]

    assert asyncio.run(stored()) == [address]


async def test_links_and_pictures_of_articles_and_the_topic_for_a_hub_have_no_password(
    storage: Storage, clock: Clock
) -> None:
    item = (
        "<title>Ferry sails</title><link>/ferry</link>"
        '<description>&lt;p&gt;It &lt;a href="/map"&gt;left&lt;/a&gt;.'
        '&lt;img src="/ferry.jpg"&gt;&lt;/p&gt;</description>'
    )
    async with serving() as site, opened(storage, clock) as ingest:
        site.pages["/feed"] = Page(rss(item), headers=FEED | {"Link": '<https://hub.example/>; rel="hub"'})
        source = await add(ingest, f"{site.url}/feed".replace("://", "://mona:secret@"))
        reading = await ingest.reader.read(source)
        await ingest.refresh(source)
    [article] = await storage.articles.newest(limit=9)
    assert article.text.image_url == f"{site.url}/ferry.jpg"
    assert f"{site.url}/map" in article.text.document
    assert "secret" not in repr(article)
    assert reading.hub == HubLink("https://hub.example/", f"{site.url}/feed")


# Of a source that has no title, people see the address


async def untitled(storage: Storage) -> Source:
    source, _ = await storage.sources.add(ADDRESS, SourceKind.FEED, now=NOON)
    return source


async def test_what_readers_follow_has_a_name_without_the_password(storage: Storage) -> None:
    source = await untitled(storage)
    chat = await reader(storage, 7, everything=False)
    subject = await storage.follows.ensure_subject(SubjectName(kind=SubjectKind.SOURCE, ref=source.id))
    await storage.follows.follow(chat.id, subject.id, now=NOON)
    [number] = (await storage.articles.store([new_article(source_id=source.id)], now=NOON)).added
    assert [one.subject.name for one in await storage.follows.of_chat(chat.id, now=NOON)] == [HIDDEN]
    of_article = await storage.follows.subjects_of(number)
    assert [one.name for one in of_article if one.kind is SubjectKind.SOURCE] == [HIDDEN]
    assert [one["name"] for one in (await storage.personal_data.export(7))["follows"]] == [HIDDEN]


async def test_the_audit_log_has_no_password(storage: Storage) -> None:
    source = await untitled(storage)
    by = Actor(origin=Origin.COMMAND_LINE, name="Live:@mona")
    await editing.note_source(storage, AuditAction.SOURCE_ADD, source, by=by, now=NOON)
    article = new_article("one", source_id=source.id)
    [number] = (await storage.articles.store([article], now=NOON)).added
    await storage.articles.store([], withdrawn=[WithdrawnArticle(article_id=number)], now=NOON)
    withdrawn, added = await storage.audit.page(limit=10)
    assert (added.name, withdrawn.actor.name) == (HIDDEN, HIDDEN)
    assert added.actor.name == "Live:@mona"  # no address, though it looks like one without a scheme


@pytest.mark.parametrize("typed", [ADDRESS, "mona:secret@news.example/feed"])
def test_a_chat_does_not_repeat_the_password_that_somebody_typed(typed: str) -> None:
    voice = Voice("en")
    for answer in (source_messages.reading(typed, voice), source_messages.not_an_address(typed, voice)):
        assert "***@news.example/feed" in answer.html
        assert "secret" not in answer.html
