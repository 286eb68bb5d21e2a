"""News sitemaps: titles, dates, languages and addresses of a site's latest articles."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.ingest.errors import NotAFeed
from bot.ingest.formats.feed import MOST_ITEMS, parse

URL = "https://harbour.example/news-sitemap.xml"
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
MAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def listed(title: str, *, path: str = "/1", language: str = "en", date: str = "2026-03-01T09:00:00+02:00") -> str:
    return (
        f"<url><loc>https://harbour.example{path}</loc><news:news>"
        "<news:publication><news:name>Harbour News</news:name>"
        f"<news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{date}</news:publication_date><news:title>{title}</news:title></news:news></url>"
    )


def sitemap(*urls: str, head: str = '<?xml version="1.0" encoding="UTF-8"?><!-- by a program -->') -> bytes:
    return f"{head}<urlset {MAPS} {NEWS}>{''.join(urls)}</urlset>".encode()


def test_the_articles_of_a_news_sitemap_are_read_with_title_date_language_and_address() -> None:
    found = parse(sitemap(listed("Ferry &amp; quay"), listed("المرفأ", path="/2", language="ar")), url=URL)
    assert (found.title, found.problems) == ("Harbour News", ())
    first, second = found.items
    assert (first.title, first.body, first.url) == ("Ferry & quay", "", "https://harbour.example/1")
    assert first.published == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert (first.language, second.language, second.title) == ("en", "ar", "المرفأ")


def test_addresses_without_news_are_left_out() -> None:
    found = parse(sitemap("<url><loc>https://harbour.example/about</loc></url>", listed("Ferry")), url=URL)
    assert [one.title for one in found.items] == ["Ferry"]


def test_other_prefixes_mean_the_same() -> None:
    text = (
        sitemap(listed("Ferry"))
        .decode()
        .replace("news:", "n:")
        .replace("urlset", "s:urlset")
        .replace("<url>", "<s:url>")
    )
    text = text.replace("</url>", "</s:url>").replace("loc>", "s:loc>").replace("xmlns=", "xmlns:s=")
    assert [(one.title, one.url) for one in parse(text.encode(), url=URL).items] == [
        ("Ferry", "https://harbour.example/1")
    ]


def test_a_day_without_a_time_and_a_date_that_is_none() -> None:
    found = parse(sitemap(listed("Ferry", date="2026-03-01"), listed("Quay", path="/2", date="soon")), url=URL)
    assert [str(one.published) for one in found.items] == ["2026-03-01", "None"]


def test_an_article_without_a_title_is_a_problem_and_not_an_article() -> None:
    found = parse(sitemap(listed(""), listed("Ferry", path="/2")), url=URL)
    assert [one.title for one in found.items] == ["Ferry"]
    assert found.problems == ("item 1 has neither title nor text",)


@pytest.mark.parametrize("urls", [(), ("<url><loc>https://harbour.example/about</loc></url>",)])
def test_a_sitemap_without_news_is_no_feed(urls: tuple[str, ...]) -> None:
    with pytest.raises(NotAFeed, match="expected RSS"):
        parse(sitemap(*urls), url=URL)


def test_of_a_very_long_one_the_first_items_are_read() -> None:
    found = parse(sitemap(*(listed(f"Ferry {n}", path=f"/{n}") for n in range(MOST_ITEMS + 5))), url=URL)
    assert len(found.items) == MOST_ITEMS
    assert found.problems == (f"only its first {MOST_ITEMS} items are read",)


@pytest.mark.parametrize("text", ["<urlset><url><news:news>", "<urlset " + "a='1' " * 50_000, "<urlset>\xff"])
def test_a_broken_one_ends_in_a_refusal_or_in_articles(text: str) -> None:
    with suppress(NotAFeed):
        parse(text.encode("latin-1"), url=URL)


def changed(title: str, at: str, path: str = "/1") -> str:
    return listed(title, path=path).replace("</url>", f"<lastmod>{at}</lastmod></url>")


def test_the_time_at_which_each_page_changed_is_its_version() -> None:
    two = (changed("Ferry", "2026-03-01T09:00:00Z"), changed("Quay", "2026-03-01T10:00:00Z", "/2"))
    first, second = parse(sitemap(*two), url=URL).items
    assert (first.page_version or 0) + 3600 == second.page_version
    assert [one.version for one in (first, second)] == [None, None]


@pytest.mark.parametrize("at", ["2026-03-01T09:00:00Z", "2026-03-01", "soon", ""])
def test_a_time_that_all_pages_share_says_nothing(at: str) -> None:
    items = parse(sitemap(changed("Ferry", at), changed("Quay", at, "/2")), url=URL).items
    assert [one.page_version for one in items] == [None, None]


def index(*sitemaps: str) -> bytes:
    return f"<?xml version='1.0'?><sitemapindex {MAPS}>{''.join(sitemaps)}</sitemapindex>".encode()


def child(path: str, at: str = "") -> str:
    return f"<sitemap><loc>https://harbour.example{path}</loc><lastmod>{at}</lastmod></sitemap>"


def test_an_index_names_its_sitemaps_those_with_news_first_and_then_the_newest() -> None:
    found = parse(
        index(child("/a.xml", "2026-01-01"), child("/b.xml", "2026-02-01"), child("/news.xml"), "<sitemap/>"), url=URL
    )
    assert [one.rpartition("/")[2] for one in found.sitemaps] == ["news.xml", "b.xml", "a.xml"]
    assert found.items == ()
