"""Sites that have a news sitemap and no feed: found, read through an index, and corrected when a page changes."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.ingest.discovery import preview_source
from bot.ingest.errors import NotASource, Unreadable
from bot.ingest.formats import files
from bot.ingest.refresh import Ingest
from storage import Storage
from storage.records import SourceKind
from tests.conftest import Clock
from tests.site import Page, Site
from tests.test_formats_news_sitemap import changed, index, listed, sitemap
from tests.test_ingest_full_text import PARAGRAPHS, html, ingest, stored, visit

__all__ = ["ingest"]
BEFORE = "2026-03-01T09:00:00Z"


def at(site: Site, *urls: str) -> Page:
    return Page(sitemap(*(one.replace("https://harbour.example", site.url) for one in urls)))


def index_of(site: Site, *paths: str) -> Page:
    named = (f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in paths)
    return Page(index(*named), headers={"ETag": '"one"'})  # an index seldom changes


async def test_an_index_is_a_source_whose_sitemaps_are_read_at_each_visit(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    site.pages["/index.xml"] = index_of(site, "/pages.xml", "/news-1.xml", "/news-2.xml", "/gone-news.xml")
    site.pages["/pages.xml"] = Page(sitemap(f"<url><loc>{site.url}/about</loc></url>"))
    site.pages["/news-1.xml"] = at(site, listed("Ferry sails"))
    site.pages["/news-2.xml"] = at(site, listed("Choir wins", path="/2"))
    found = await preview_source(ingest, f"{site.url}/index.xml")
    assert (found.url, found.title, len(found.drafts)) == (f"{site.url}/index.xml", "Harbour News", 2)
    await storage.sources.add(found.url, SourceKind.FEED, now=clock())
    await visit(ingest, clock)
    site.pages["/news-1.xml"] = at(site, listed("Harvest begins", path="/3"), listed("Ferry sails"))
    await visit(ingest, clock)
    titles = sorted(one.text.title for one in await storage.articles.newest(limit=9))
    assert titles == ["Choir wins", "Ferry sails", "Harvest begins"]
    assert site.asked("/pages.xml") == 0


async def test_an_index_without_news_is_refused_with_a_reason(ingest: Ingest, site: Site) -> None:
    site.pages["/index.xml"] = index_of(site, "/pages.xml")
    site.pages["/pages.xml"] = Page(sitemap(f"<url><loc>{site.url}/about</loc></url>"))
    with pytest.raises(NotASource, match="none of the first 3 has news"):
        await preview_source(ingest, f"{site.url}/index.xml")


async def test_a_site_is_read_by_the_index_that_its_robots_txt_names(ingest: Ingest, site: Site) -> None:
    site.pages["/"] = Page("<html><body><p>Welcome</p></body></html>")
    site.pages["/robots.txt"] = Page(f"User-agent: *\nAllow: /\nSitemap: {site.url}/all.xml")
    site.pages["/all.xml"] = index_of(site, "/today/news.xml")
    site.pages["/today/news.xml"] = at(site, listed("Ferry sails"))
    found = await preview_source(ingest, site.url)
    assert (found.url, [one.title for one in found.drafts]) == (f"{site.url}/all.xml", ["Ferry sails"])


async def test_a_page_that_changed_is_read_again_and_corrects_its_article(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    other = changed("Choir wins", "2026-03-01T08:00:00Z", "/2")
    site.pages["/2"] = Page(html(*PARAGRAPHS, title="Choir wins"))
    site.pages["/1"] = Page(html(*PARAGRAPHS[:2]))
    site.pages["/map"] = at(site, changed("Council meets", BEFORE), other)
    await storage.sources.add(f"{site.url}/map", SourceKind.FEED, now=clock(), full_text=True)
    await visit(ingest, clock)
    assert (await stored(storage)).text.body == "\n\n".join(PARAGRAPHS[:2])
    site.pages["/1"] = Page(html(*PARAGRAPHS))
    await visit(ingest, clock)
    assert (await stored(storage)).text.body == "\n\n".join(PARAGRAPHS[:2])  # nothing says that it changed
    site.pages["/map"] = at(site, changed("Council meets", "2026-03-01T10:00:00Z"), other)
    await visit(ingest, clock)
    assert (await stored(storage)).text.body == "\n\n".join(PARAGRAPHS)
    asked = site.asked("/1"), site.asked("/2")
    await visit(ingest, clock, timedelta(hours=2))
    assert (site.asked("/1"), site.asked("/2")) == asked


async def test_a_headline_is_corrected_also_without_a_new_time(
    ingest: Ingest, site: Site, storage: Storage, clock: Clock
) -> None:
    other = changed("Choir wins", "2026-03-01T08:00:00Z", "/2")
    site.pages["/map"] = at(site, changed("Council meets today", BEFORE), other)
    await storage.sources.add(f"{site.url}/map", SourceKind.FEED, now=clock())
    await visit(ingest, clock)
    site.pages["/map"] = at(site, changed("Council meets tomorrow", BEFORE), other)
    await visit(ingest, clock)
    assert (await stored(storage, "Council meets tomorrow")).revision == 2


def test_an_index_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.xml").write_bytes(index("<sitemap><loc>https://harbour.example/news.xml</loc></sitemap>"))
    with pytest.raises(Unreadable, match="lists sitemaps and no articles"):
        files.read(tmp_path / "index.xml")
