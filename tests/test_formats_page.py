"""Article pages: the paragraphs without the page around them, and what the page says of itself."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats.page import MOST_TAGS, read

URL = "https://harbour.example/news/ferry?utm_source=feed"
PARAGRAPHS = (
    "The boat left the old harbour at noon with forty passengers and the first mail of the year on board.",
    "Its captain said that the crossing had been calm, and that two more boats would follow before the evening.",
    "Ferry sails are sewn in the village, where the children of the sailors go to school in the winter months.",
)
ARABIC = (
    "غادرت العبّارة الميناء القديم صباح اليوم وعلى متنها أربعون راكباً وأول بريد في السنة الجديدة.",
    "وقال القبطان إن البحر كان هادئاً طوال الطريق، وإن قاربين آخرين سيتبعانها قبل حلول المساء.",
)


def html(
    head: str = "",
    *,
    headline: str = "Ferry sails",
    title: str = "Ferry sails",
    paragraphs: tuple[str, ...] = PARAGRAPHS,
    attributes: str = "",
) -> str:
    """A news page with a menu above, a footer below, and this in its head."""
    inner = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<!DOCTYPE html><html{attributes}><head><title>{title}</title>{head}</head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/sea'>Sea</a></li></ul></nav>"
        f"<article><h1>{headline}</h1>{inner}</article><script>track('ferry')</script>"
        "<footer>All rights reserved by the harbour</footer></body></html>"
    )


def meta(**values: str) -> str:
    """<meta> of these; `og_title` is og:title."""
    return "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{said}">' for name, said in values.items())


def linked_data(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle"} | values)}</script>'


def article(text: str, *, url: str | None = URL) -> Draft:
    return read(text.encode(), name="page.html", url=url, timezone=ZoneInfo("Asia/Beirut"))


def test_of_a_bare_page_headline_and_paragraphs_are_kept_and_nothing_around_them() -> None:
    assert article(html()) == Draft(title="Ferry sails", body="\n\n".join(PARAGRAPHS), url=URL)


def test_all_that_a_page_says_of_itself_is_kept() -> None:
    head = meta(
        og_title="The ferry sails",
        og_site_name="Harbour News",
        og_description="In short.",
        og_image="/ferry.jpg",
        article_section="Sea",
        article_published_time="2022-01-19T14:30:00+02:00",
        author="Mona",
    ).replace("og:site:name", "og:site_name")
    canonical = '<link rel="canonical" href="/news/ferry">'
    found = article(html(head + canonical, attributes=' lang="en"'))
    assert found == Draft(
        title="The ferry sails",
        body="\n\n".join(PARAGRAPHS),
        lead="In short.",
        categories=("Sea",),
        published=datetime(2022, 1, 19, 12, 30, tzinfo=UTC),
        url="https://harbour.example/news/ferry",
        author="Mona",
        image_url="https://harbour.example/ferry.jpg",
        language="en",
        publisher="Harbour News",
    )


@pytest.mark.parametrize(
    "head",
    [
        linked_data(headline="LD", articleSection=["Sea", "Boats"], datePublished="2022-01-19"),
        linked_data(**{"@type": ["Thing", "ReportageNewsArticle"]}, headline="LD", articleSection="Sea")
        + meta(date="19/01/2022"),
        f'<script type="application/ld+json">[{{"@type": "Person"}}, {json.dumps({"@type": "Article"})}]</script>'
        + linked_data(**{"@graph": [{"@type": "WebSite"}, {"@type": "Article", "headline": "LD"}]})
        + meta(article_section="Sea", pubdate="19 يناير 2022"),
    ],
    ids="object types graph".split(),
)
def test_linked_data_is_read_in_each_of_its_shapes(head: str) -> None:
    found = article(html(head, headline="LD", title="Ferry sails"))
    assert (found.title, found.category, found.published) == ("LD", "Sea", date(2022, 1, 19))


@pytest.mark.parametrize(
    "broken", ["{", "null", "5", '"text"', "[[]]", '{"@graph": 5}', '{"@graph": [5]}', "[" * 100_000, ""]
)
def test_broken_linked_data_costs_itself_only(broken: str) -> None:
    assert article(html(f'<script type="application/ld+json">{broken}</script>')) == article(html())


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("2022-01-19T14:30:00", datetime(2022, 1, 19, 12, 30, tzinfo=UTC)),  # the operator's zone
        ("2022-01-19T14:30:00Z", datetime(2022, 1, 19, 14, 30, tzinfo=UTC)),
        ("2022-01-19", date(2022, 1, 19)),
        ("soon", None),
    ],
)
def test_the_date_is_what_the_page_says(said: str, published: datetime | date | None) -> None:
    assert article(html(meta(article_published_time=said))).published == published


# The headline


@pytest.mark.parametrize("mark", ["|", "-", "–", "—", "»", "·"])
def test_the_sites_name_behind_the_headline_is_taken_off(mark: str) -> None:
    head = f'<meta property="og:title" content="Ferry {mark} sails {mark} Harbour News">'
    site = '<meta property="og:site_name" content="Harbour News">'
    assert article(html(head + site)).title == f"Ferry {mark} sails"
    assert article(html(head)).title == f"Ferry {mark} sails {mark} Harbour News"  # who knows what it is


def test_the_headline_at_the_top_of_the_text_is_no_paragraph() -> None:
    head = '<meta property="og:title" content="The ferry sails | Harbour News">'
    site = '<meta property="og:site_name" content="Harbour News">'
    for headline in ("THE FERRY SAILS", "The ferry sails, at last"):
        assert article(html(head + site, headline=headline)).body == "\n\n".join(PARAGRAPHS)


def test_a_first_paragraph_that_begins_with_the_headline_is_kept_whole() -> None:
    assert article(html(paragraphs=PARAGRAPHS[::-1])).body == "\n\n".join(PARAGRAPHS[::-1])


# Where it lives


@pytest.mark.parametrize(
    ("head", "url", "address"),
    [
        ('<link rel="canonical" href="/ferry">', URL, "https://harbour.example/ferry"),
        ('<link rel="shortlink canonical" href="https://a.example/1">', URL, "https://a.example/1"),
        ('<link rel="canonical" href="">', URL, URL),
        ('<link rel="canonical" href="javascript:alert(1)">', URL, URL),
        (meta(og_url="https://a.example/2"), URL, "https://a.example/2"),
        ("", URL, URL),
        ('<link rel="canonical" href="https://a.example/1">', None, "https://a.example/1"),
        ('<link rel="canonical" href="/ferry">', None, None),
        ("", None, None),
    ],
)
def test_the_address_is_the_pages_own_word_else_where_it_came_from(
    head: str, url: str | None, address: str | None
) -> None:
    assert article(html(head), url=url).url == address


def test_a_page_without_a_picture_has_none() -> None:
    assert article(html(meta(og_image=""))).image_url is None


# Encodings and languages


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1256", "iso-8859-6"])
@pytest.mark.parametrize("charset", [None, "utf-8", "windows-1256", "iso-8859-1"])
def test_an_arabic_page_is_read_in_any_of_its_encodings(encoding: str, charset: str | None) -> None:
    text = html('<meta charset="utf-8">', headline="العبّارة تغادر", title="العبّارة تغادر", paragraphs=ARABIC)
    found = read(text.encode(encoding), name="page.html", charset=charset)
    assert (found.title, found.body) == ("العبّارة تغادر", "\n\n".join(ARABIC))


def test_a_declaration_above_the_page_is_passed_over() -> None:
    assert article(f'<?xml version="1.0" encoding="us-ascii"?>\n{html()}') == article(html())


def test_a_text_without_blanks_between_its_words_is_long_enough() -> None:
    chinese = ("渡轮中午离开旧港，船上有四十名乘客和新年的第一批邮件。", "船长说航行一路平静，傍晚前还有两艘船到。")
    found = article(html(headline="渡轮启航", title="渡轮启航", paragraphs=chinese))
    assert found.body == "\n\n".join(chinese)


# What is refused


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the page is empty"),
        (" \n", "the page is empty"),
        ("text", "no article was found"),
        (html(paragraphs=()), "no article was found"),
        (html(paragraphs=("Please enable scripts.",)), "no article was found"),
        (html(title="", headline=""), "no article was found"),
        (html(paragraphs=("<b></b>" * (MOST_TAGS // 2),)), f"this page has more than {MOST_TAGS} tags"),
    ],
    ids="nothing blank text no-paragraphs one-line no-headline tags".split(),
)
def test_what_is_no_article_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text.encode(), name="page.html")
    assert str(refused.value).startswith(f"page.html: {reason}")
    assert "; expected " in refused.value.reason


@pytest.mark.slow
def test_a_very_deep_page_is_read_or_refused_but_ends_nothing() -> None:
    deep = "<div>" * 5_000 + "text" + "</div>" * 5_000
    with pytest.raises(Unreadable):
        read(deep.encode(), name="page.html")


def test_a_bot_that_reads_no_page_itself_does_not_load_what_extracts_them() -> None:
    loaded = "import sys, bot.app, bot.ingest.importing; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
