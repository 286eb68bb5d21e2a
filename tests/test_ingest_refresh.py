"""From a feed on a real server into storage: what is pushed, what is not, and what a failing source does."""

import errno
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config import Config
from bot.ingest import discovery
from bot.ingest.decide import Push
from bot.ingest.errors import NotASource, WorkerError
from bot.ingest.formats.encoding import decode
from bot.ingest.import_reading import list_files
from bot.ingest.importing import import_files
from bot.ingest.network.fetch import Fetcher
from bot.ingest.refresh import Ingest
from bot.ingest.rhythm import LONGEST_BACKOFF
from bot.jobs import Pruning
from storage import Storage
from storage.records import SourceKind
from tests.conftest import Clock
from tests.ingesting import FEED, Here, add, opened
from tests.site import Page, Site, rss


@pytest.fixture
async def ingest(storage: Storage, clock: Clock) -> AsyncIterator[Ingest]:
    async with opened(storage, clock) as found:
        yield found


async def pushed(storage: Storage) -> int:
    return (await storage.deliveries.stats(now=Clock()())).fanouts_open


async def titles(storage: Storage) -> list[str]:
    return sorted(article.text.title for article in await storage.articles.newest(limit=100))


async def test_a_first_refresh_pushes_nothing_then_each_new_item_once(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails", "Bridge opens"), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    [first] = await ingest.refresh_due()
    assert (first.added, first.pushed, first.error) == (2, 0, None)
    clock.advance(minutes=6)
    site.pages["/feed"] = Page(rss("Harvest begins", "Ferry sails", "Bridge opens"), headers=FEED)
    [second] = await ingest.refresh_due()
    assert (second.added, second.pushed) == (1, 1)
    clock.advance(minutes=6)
    site.pages["/feed"] = Page(rss("Bridge opens", "Harvest begins", "Ferry sails"), headers=FEED)
    [third] = await ingest.refresh_due()
    assert (third.added, third.pushed, third.changed) == (0, 0, 0)
    assert await pushed(storage) == 1
    [source] = await storage.sources.all()
    assert source.title == "Harbour News"


async def test_a_changed_item_is_a_new_revision_and_not_a_new_article(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    item = "<title>Ferry {}</title><guid>1</guid><description>It left the harbour at noon today.</description>"
    site.pages["/feed"] = Page(rss(item.format("sails")), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    clock.advance(minutes=6)
    site.pages["/feed"] = Page(rss(item.format("sails again")), headers=FEED)
    [result] = await ingest.refresh_due()
    assert (result.added, result.changed) == (0, 1)
    [article] = await storage.articles.newest(limit=5)
    assert (article.text.title, article.revision) == ("Ferry sails again", 2)


async def test_an_unchanged_feed_is_not_read_again(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers={**FEED, "ETag": '"7"'})
    await add(ingest, f"{site.url}/feed")
    for _ in range(3):
        await ingest.refresh_due()
        clock.advance(minutes=6)
    assert [request.headers.get("If-None-Match") for request in site.requests] == [None, '"7"', '"7"']


@pytest.mark.only_sqlite
async def test_validators_are_kept_only_with_the_items_they_vouch_for(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    item = f"<title>Ferry sails</title><description>{'far out ' * 50_000}</description>"
    site.pages["/feed"] = Page(rss(item), headers={**FEED, "ETag": '"7"'})
    await add(ingest, f"{site.url}/feed")
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 60")
    [failed] = await ingest.refresh_due()
    assert failed.error is not None
    assert "disk is full" in failed.error
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1000000")
    assert (await storage.sources.all())[0].etag is None
    clock.advance(minutes=6)
    [result] = await ingest.refresh_due()
    assert result.added == 1


async def test_a_permanent_redirect_moves_the_source(ingest: Ingest, site: Site, storage: Storage) -> None:
    site.pages["/old"] = Page(status=301, headers={"Location": "/new"})
    site.pages["/new"] = Page(rss("Ferry sails"), headers=FEED)
    await add(ingest, f"{site.url}/old")
    await ingest.refresh_due()
    assert [source.url for source in await storage.sources.all()] == [f"{site.url}/new"]


@pytest.mark.parametrize(
    ("page", "least", "most"),
    [
        (Page(status=429, headers={"Retry-After": "1800"}), 1800, 1800),
        (Page(status=500), 300, 330),
        (Page(status=410), 86400, 86400),
        (Page("<html><body>Sorry</body></html>"), 300, 330),
    ],
)
async def test_a_source_that_fails_is_left_alone_for_a_while(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock, page: Page, least: int, most: int
) -> None:
    site.pages["/feed"] = page
    await add(ingest, f"{site.url}/feed")
    [result] = await ingest.refresh_due()
    assert result.error
    [source] = await storage.sources.all()
    assert least <= (source.due_at - clock()).total_seconds() <= most
    assert (source.failures, source.refreshed_at) == (1, None)


async def test_pauses_after_failures_grow_to_a_ceiling_and_administrators_are_told_once(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    await add(ingest, f"{site.url}/nowhere")
    pauses = []
    for _ in range(12):
        await ingest.refresh_due()
        [source] = await storage.sources.all()
        pauses.append(source.due_at - clock())
        clock.time = source.due_at
    assert pauses[1:6] == sorted(pauses[1:6])
    assert LONGEST_BACKOFF / 2 < pauses[-1] <= LONGEST_BACKOFF
    assert (await storage.deliveries.stats(now=clock())).deliveries["queued"] == 1


async def test_one_bad_source_does_not_stop_another(ingest: Ingest, site: Site) -> None:
    site.pages["/good"] = Page(rss("Ferry sails"), headers=FEED)
    site.pages["/bad"] = Page(b"\x00\xff" * 500, headers=FEED)
    await add(ingest, f"{site.url}/bad")
    await add(ingest, f"{site.url}/good")
    bad, good = await ingest.refresh_due()
    assert bad.error
    assert good.added == 1


async def test_the_feed_and_its_server_may_ask_for_longer_pauses_but_the_operator_decides(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("A", extra="<ttl>60</ttl>"), headers={**FEED, "Cache-Control": "max-age=1200"})
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    [source] = await storage.sources.all()
    assert timedelta(hours=1) <= source.due_at - clock() <= timedelta(minutes=64)
    await storage.sources.add(source.url, source.kind, now=clock(), every_seconds=30)
    await ingest.refresh_due()
    [source] = await storage.sources.all()
    assert source.due_at - clock() < timedelta(seconds=32)


async def test_too_many_new_items_at_once_are_stored_and_the_newest_pushed(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("first"), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    clock.advance(minutes=6)
    site.pages["/feed"] = Page(rss(*(f"item {n}" for n in range(25))), headers=FEED)
    [result] = await ingest.refresh_due()
    assert (result.added, result.pushed) == (25, 10)
    assert (await storage.deliveries.stats(now=clock())).deliveries["queued"] == 1  # the administrator's notice


async def test_old_news_is_stored_and_not_pushed(ingest: Ingest, site: Site, storage: Storage, clock: Clock) -> None:
    site.pages["/feed"] = Page(rss("first"), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    clock.advance(minutes=6)
    old = "<title>Old</title><guid>o</guid><pubDate>Wed, 19 Jan 2022 10:00:00 GMT</pubDate>"
    site.pages["/feed"] = Page(rss("first", old, "today"), headers=FEED)
    [result] = await ingest.refresh_due()
    assert (result.added, result.pushed) == (2, 1)


async def test_a_page_is_read_as_one_article(ingest: Ingest, site: Site, storage: Storage) -> None:
    paragraphs = "".join(
        f"<p>{'The harbour council met again to conversation about the new ferry line. ' * 3}{n}</p>" for n in "abc"
    )
    html = f"""<html lang="en"><head><title>Council meets</title><meta property="article:section" content="Harbour">
      <meta property="article:published_time" content="2026-02-28T10:00:00Z"></head>
      <body><nav>Home</nav><article><h1>Council meets</h1>{paragraphs}</article>
      <footer>Imprint</footer></body></html>"""
    site.pages["/page"] = Page(html, headers={"Content-Type": "text/html"})
    checked = await discovery.preview_source(ingest, f"{site.url}/page")
    assert (checked.kind, len(checked.drafts)) == (SourceKind.PAGE, 1)
    await add(ingest, checked.url, checked.kind)
    await ingest.refresh_due()
    [article] = await storage.articles.newest(limit=5)
    assert article.text.title == "Council meets"
    assert article.category is not None
    assert article.category.name == "Harbour"
    assert "Imprint" not in article.text.body


async def test_a_time_without_a_zone_is_meant_in_the_time_zone_of_the_settings(
    site: Site, storage: Storage, clock: Clock
) -> None:
    paragraphs = "".join(f"<p>{'The harbour council met again about the ferry line. ' * 4}{n}</p>" for n in "abc")
    site.pages["/feed"] = Page(rss("<title>Item</title><pubDate>2026-02-28T12:00:00</pubDate>"), headers=FEED)
    site.pages["/page"] = Page(
        f"""<html><head><title>Page</title>
        <meta property="article:published_time" content="2026-02-28T12:00:00"></head>
        <body><article><h1>Page</h1>{paragraphs}</article></body></html>"""
    )
    async with opened(storage, clock, timezone=ZoneInfo("Africa/Cairo")) as ingest:
        for address, kind in ((f"{site.url}/feed", SourceKind.FEED), (f"{site.url}/page", SourceKind.PAGE)):
            checked = await discovery.preview_source(ingest, address)
            assert [draft.published for draft in checked.drafts] == [datetime(2026, 2, 28, 10, tzinfo=UTC)]
            await add(ingest, address, kind)
        await ingest.refresh_due()
    stored = {article.text.title: article.published_at for article in await storage.articles.newest(limit=5)}
    assert stored == dict.fromkeys(("Item", "Page"), datetime(2026, 2, 28, 10, tzinfo=UTC))


async def test_a_page_that_names_its_feed_becomes_that_feed(ingest: Ingest, site: Site) -> None:
    site.pages["/"] = Page('<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>')
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    checked = await discovery.preview_source(ingest, f"{site.url}/")
    assert (checked.url, checked.kind, checked.title) == (f"{site.url}/feed", SourceKind.FEED, "Harbour News")


async def test_what_is_no_source_says_what_was_expected(ingest: Ingest, site: Site, tmp_path: Path) -> None:
    site.pages["/x"] = Page("<html><body>Hi</body></html>")
    with pytest.raises(NotASource, match=r"expected RSS, Atom or JSON Feed, or an article page"):
        await discovery.preview_source(ingest, f"{site.url}/x")
    with pytest.raises(NotASource, match="or a folder"):
        await discovery.preview_source(ingest, str(tmp_path / "nothing"))
    with pytest.raises(NotASource, match="or a folder"):
        await discovery.preview_source(ingest, "~nobody-of-that-name/inbox")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(NotASource, match="or a folder"):
        await discovery.preview_source(ingest, str(tmp_path / "circle"))


async def test_what_is_no_text_is_no_source_since_it_could_not_be_stored(
    ingest: Ingest, site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "in\udcffbox"
    folder.mkdir()
    with pytest.raises(NotASource, match="this is no UTF-8 text; expected a folder"):
        await discovery.preview_source(ingest, str(folder))
    with pytest.raises(NotASource, match="this is no UTF-8 text; expected an address"):
        await discovery.preview_source(ingest, f"{site.url}/in\udcffbox")


ARTICLE = "Council meets\n28/02/2026\n\nThe council met on Monday to talk about the new ferry line and its price.\n"


async def test_a_folder_is_read_again_only_where_it_changed(
    ingest: Ingest, storage: Storage, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text(ARTICLE)
    (folder / "notes.pdf").write_text("not ours")
    await add(ingest, str(folder), SourceKind.FOLDER)
    [first] = await ingest.refresh_due()
    assert (first.added, first.pushed) == (1, 0)
    (folder / "b.txt").write_text(ARTICLE.replace("Council", "Choir"))
    (folder / "c.txt").write_text("")
    clock.advance(minutes=6)
    [second] = await ingest.refresh_due()
    assert (second.added, second.pushed, len(second.problems)) == (1, 1, 1)
    clock.advance(minutes=6)
    [third] = await ingest.refresh_due()
    assert (third.added, third.problems) == (0, ())


async def test_a_folder_that_is_gone_or_cannot_be_read_says_what_was_expected(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmounted(folder: Path, pattern: str) -> list[Path]:
        raise OSError(errno.EIO, "Input/output error", str(folder))

    folder = tmp_path / "inbox"
    await add(ingest, str(folder), SourceKind.FOLDER)
    [gone] = await ingest.refresh_due()
    assert gone.error == f"{folder}: there is no such folder; expected one that can be read"
    folder.mkdir()
    monkeypatch.setattr(Path, "rglob", unmounted)
    unread = await ingest.refresh(gone.source)
    assert unread.error == f"{folder}: can't be read: Input/output error; expected a folder that can be read"
    with pytest.raises(NotASource, match=r"inbox: can't be read: Input/output error; expected an address .*"):
        await discovery.preview_source(ingest, str(folder))


async def test_a_file_that_ends_its_process_costs_a_folder_and_an_import_only_itself(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(data: bytes, **named: Any) -> None:
        raise WorkerError("bot.ingest.formats.files.read ended its process")

    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.html").write_text("<html></html>")
    (folder / "b.txt").write_text(ARTICLE)
    monkeypatch.setattr("bot.ingest.formats.page.read", ends)
    checked = await discovery.preview_source(ingest, str(folder))
    await add(ingest, checked.url, checked.kind)
    [refreshed] = await ingest.refresh_due()
    imported = [result async for result in import_files(ingest, list_files([folder]), push=Push.NEVER)]
    assert ([draft.title for draft in checked.drafts], refreshed.added) == (["Council meets"], 1)
    expected = (f"{folder}/a.html: bot.ingest.formats.files.read ended its process",)
    assert checked.problems == refreshed.problems == imported[0].errors == expected
    assert imported[1].unchanged == 1


async def test_a_mistake_in_reading_one_file_costs_a_folder_only_that_file(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(data: bytes, **named: Any) -> None:
        raise LookupError("no such row")

    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.html").write_text("<html></html>")
    (folder / "b.txt").write_text(ARTICLE)
    monkeypatch.setattr("bot.ingest.formats.page.read", fails)
    await add(ingest, str(folder), SourceKind.FOLDER)
    [refreshed] = await ingest.refresh_due()
    assert (refreshed.added, refreshed.error) == (1, None)
    assert refreshed.problems == (f"{folder}/a.html: can't be read: LookupError: no such row",)


async def test_a_link_to_nowhere_costs_a_folder_nothing(ingest: Ingest, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text(ARTICLE)
    (folder / "b.txt").symlink_to(tmp_path / "deleted.txt")
    (folder / "c.txt").mkdir()
    await add(ingest, str(folder), SourceKind.FOLDER)
    [result] = await ingest.refresh_due()
    assert (result.added, result.problems, result.error) == (1, (), None)


async def test_import_takes_every_kind_of_file_and_a_bad_one_stops_no_other(
    ingest: Ingest, storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE)
    (tmp_path / "b.xml").write_text(rss("From a feed"))
    (tmp_path / "c.jsonl").write_text('{"title": "From a line", "body": "Text."}\n{"body": 1}\nno json\n')
    (tmp_path / "d.txt").write_bytes(b"\x00\x01\x02")
    results = [
        result
        async for result in import_files(ingest, list_files([tmp_path, tmp_path / "missing.txt"]), push=Push.NEVER)
        if result.path.suffix != ".db"
    ]
    assert [result.added for result in results] == [1, 1, 1, 0, 0]
    errors = [error for result in results for error in result.errors]
    assert len(errors) == 4
    assert "c.jsonl, line 2" in errors[0]
    assert "expected" in errors[1]
    assert "missing.txt" in errors[3]
    assert await titles(storage) == ["Council meets", "From a feed", "From a line"]


@pytest.mark.parametrize(("push", "expected"), [(Push.FRESH, 0), (Push.ALWAYS, 1), (Push.NEVER, 0)])
async def test_import_pushes_what_it_is_told_to(
    ingest: Ingest, storage: Storage, tmp_path: Path, push: Push, expected: int
) -> None:
    file = tmp_path / "a.txt"
    file.write_text(ARTICLE.replace("28/02/2026", "19/01/2022"))
    [result] = [one async for one in import_files(ingest, [file], push=push, category="Harbour")]
    assert (result.added, result.pushed) == (1, expected)
    [again] = [one async for one in import_files(ingest, [file], push=push)]
    assert (again.added, again.pushed, again.unchanged) == (0, 0, 1)
    [article] = await storage.articles.newest(limit=2)
    assert article.category is not None
    assert (article.category.name, str(article.published_on)) == ("Harbour", "2022-01-19")


async def test_a_source_under_way_is_not_begun_twice(ingest: Ingest, site: Site) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    for _ in range(2):
        await ingest.start_due_visits()
    await ingest.refresh_due()
    assert site.asked("/feed") == 1


async def test_private_hosts_are_refused_unless_allowed(storage: Storage, site: Site, clock: Clock) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    async with Fetcher(max_bytes=1_000) as fetcher:
        ingest = Ingest(storage, Config(), fetcher=fetcher, worker=Here(), now=clock)
        await add(ingest, f"{site.url}/feed")
        [result] = await ingest.refresh_due()
        await ingest.close()
    assert result.error is not None
    assert "NEWSBOT_ALLOW_PRIVATE_HOSTS" in result.error
    assert site.requests == []


# What outlives its article


async def prune(ingest: Ingest, days: int = 90) -> int:
    return await Pruning(ingest.storage, replace(ingest.config, keep_days=days), ingest.now)()


@pytest.mark.parametrize("date", ["", "<pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate>"])
async def test_what_a_feed_still_lists_when_its_article_was_pruned_is_not_news_again(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock, date: str
) -> None:
    backlog, pushed = (f"<title>{name}</title><guid>{name}</guid>{date}" for name in ("Backlog", "Pushed"))
    site.pages["/feed"] = Page(rss(backlog), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    site.pages["/feed"] = Page(rss(backlog, pushed), headers=FEED)
    clock.advance(minutes=6)
    assert [result.pushed for result in await ingest.refresh_due()] == [1]
    await storage.deliveries.expand(limit=10, now=clock())  # to nobody
    clock.advance(hours=26)  # less than NEWSBOT_FRESH_HOURS
    assert await prune(ingest, days=1) == 2
    for _ in range(3):
        [result] = await ingest.refresh_due()
        assert (result.added, result.pushed) == (0, 0)
        clock.advance(days=100)
        await prune(ingest, days=1)


async def test_a_feed_that_did_not_change_for_long_still_lists_what_it_listed(
    ingest: Ingest, site: Site, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails"), headers={**FEED, "ETag": '"1"'})
    await add(ingest, f"{site.url}/feed")
    for _ in range(6):
        await ingest.refresh_due()
        clock.advance(days=60)
        await prune(ingest)
    site.pages["/feed"] = Page(rss("Bridge opens", "Ferry sails"), headers={**FEED, "ETag": '"2"'})
    [result] = await ingest.refresh_due()
    assert (result.added, result.pushed) == (1, 1)


async def test_what_no_feed_lists_any_more_is_forgotten_after_a_while(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/feed"] = Page(rss("Ferry sails", "Bridge opens"), headers=FEED)
    await add(ingest, f"{site.url}/feed")
    await ingest.refresh_due()
    clock.advance(days=91)
    assert await prune(ingest) == 2
    site.pages["/feed"] = Page(rss("Bridge opens"), headers=FEED)
    await ingest.refresh_due()
    named = [f"guid:1:{name}" for name in ("Ferry sails", "Bridge opens")]
    assert await storage.archive.pruned_keys(named) == set(named)
    clock.advance(days=91)
    await prune(ingest)
    assert await storage.archive.pruned_keys(named) == {named[1]}


@pytest.mark.parametrize(("push", "added", "pushes"), [(Push.FRESH, 0, 0), (Push.ALWAYS, 1, 1), (Push.NEVER, 1, 0)])
async def test_an_imported_file_comes_back_after_its_time_only_where_that_is_asked_for(
    ingest: Ingest, tmp_path: Path, clock: Clock, push: Push, added: int, pushes: int
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"title": "Ferry sails", "body": "It left the harbour at noon."}\n')
    [_] = [one async for one in import_files(ingest, [file], push=Push.NEVER)]
    clock.advance(days=91)
    assert await prune(ingest) == 1
    [again] = [one async for one in import_files(ingest, [file], push=push)]
    assert (again.added, again.pushed) == (added, pushes)


async def test_nothing_of_a_feed_is_read_outside_of_the_worker(
    storage: Storage, clock: Clock, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed of a million tags takes seconds; on the event loop, everybody would wait for it."""
    inside: list[str] = []

    class Watched(Here):
        async def run(self, work: Any, *args: Any, **named: Any) -> Any:
            inside.append(work.__name__)
            try:
                return work(*args, **named)
            finally:
                inside.append("")

    def watched(data: bytes, *, declared: str | None = None) -> str:
        assert inside[-1], "a document is decoded on the event loop"
        return decode(data, declared=declared)

    monkeypatch.setattr("bot.ingest.formats.feed.decode", watched)
    monkeypatch.setattr("bot.ingest.formats.page.decode", watched)
    monkeypatch.setattr("bot.ingest.discovery.decode", watched)
    site.pages["/feed"] = Page(rss("Ferry sails"), headers=FEED)
    site.pages["/"] = Page('<html><link rel="alternate" type="application/rss+xml" href="/feed"></html>')
    async with opened(storage, clock, Watched()) as ingest:
        await add(ingest, f"{site.url}/feed")
        [result] = await ingest.refresh_due()
        checked = await discovery.preview_source(ingest, f"{site.url}/")
    assert (result.added, result.error) == (1, None)
    assert [draft.title for draft in checked.drafts] == ["Ferry sails"]
    at_address = ["parse", "_feeds_of", "parse", "_feeds_of"]  # the last one for the other feeds of the page
    assert [work for work in inside if work] == ["parse", "prepare_texts", *at_address]


@pytest.mark.parametrize("error", [WorkerError("prepare_texts took over 30 s"), ValueError("not a word")])
async def test_an_article_that_can_not_be_prepared_keeps_no_other_of_its_source_back(
    storage: Storage, site: Site, clock: Clock, error: Exception
) -> None:
    class Stumbling(Here):
        async def run(self, work: Any, *args: Any, **named: Any) -> Any:
            if work.__name__ == "prepare_texts" and any(draft.title == "Bridge opens" for draft in args[0]):
                raise error
            return await super().run(work, *args, **named)

    site.pages["/feed"] = Page(rss("Ferry sails", "Bridge opens", "Harvest begins"), headers=FEED)
    async with opened(storage, clock, Stumbling()) as ingest:
        await add(ingest, f"{site.url}/feed")
        [result] = await ingest.refresh_due()
    assert (result.added, result.error) == (2, None)
    assert await titles(storage) == ["Ferry sails", "Harvest begins"]
    [source] = await storage.sources.all()
    assert source.drop_reasons == (f"'Bridge opens': {error}",)
