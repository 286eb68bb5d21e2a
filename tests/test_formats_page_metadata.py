"""What a page says of itself, told from what it says of something else."""

import json
import time
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.draft import Draft
from bot.ingest.formats.page import read
from tests.test_formats_page import PARAGRAPHS

URL = "https://harbour.example/news/ferry"
HEADLINE = "Ferry sails from the old harbour"
SITE = '<meta property="og:site_name" content="Harbour News">'
AT = datetime(2022, 1, 19, 14, 30, tzinfo=UTC)


def article(head: str = "", *, h1: str = HEADLINE, title: str = HEADLINE, above: str = "", url: str = URL) -> Draft:
    """The draft of a page with this in its head, and above its text."""
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    heading = f"<h1>{h1}</h1>" if h1 else ""
    text = (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head>"
        f"<body><article>{heading}{above}{inner}</article></body></html>"
    )
    return read(text.encode(), name="page.html", url=url, timezone=ZoneInfo("Asia/Beirut"))


def linked(*nodes: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes)


def news(**values: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": HEADLINE} | values


def meta(**values: str) -> str:
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{said}">' for name, said in values.items())


# Which JSON-LD

OF_ANOTHER = news(headline="Olives ripen early in the hills", datePublished="2020-01-01", author="X", url="/olives")


@pytest.mark.parametrize(
    "nodes",
    [
        [OF_ANOTHER],
        [{"@type": "WebSite", "name": "Harbour News", "datePublished": "2010-01-01", "author": "X"}],
        [{"@type": "WebPage", "headline": HEADLINE, "datePublished": "2010-01-01", "author": "X"}],
        [{"@graph": [{"@type": "ItemList", "itemListElement": [{"item": OF_ANOTHER}]}]}],
        [{"@type": "NewsArticle", "datePublished": "2020-01-01", "author": "X", "url": "/olives"}],
    ],
    ids="another site page list silent-elsewhere".split(),
)
def test_what_is_said_of_something_else_is_not_believed(nodes: list[Any]) -> None:
    found = article(linked(*nodes))
    assert (found.title, found.published, found.author) == (HEADLINE, None, None)


@pytest.mark.parametrize(
    "nodes",
    [
        [OF_ANOTHER, news(datePublished="2022-01-19T14:30:00Z", author="Mona")],
        [[OF_ANOTHER, news(datePublished="2022-01-19T14:30:00Z", author="Mona"), OF_ANOTHER]],
        [{"@graph": [OF_ANOTHER, {"@type": ["Article"], **news(datePublished="2022-01-19T14:30Z", author="Mona")}]}],
        [{"@type": "WebPage", "mainEntity": news(datePublished="2022-01-19T14:30:00Z", author="Mona")}],
        [
            news(datePublished="2020-01-01", author="X", url="/older-ferry"),
            news(datePublished="2022-01-19T14:30:00Z", author="Mona", url="/news/ferry"),
        ],
        [{"@type": "NewsArticle", "datePublished": "2022-01-19T14:30:00Z", "author": "Mona"}],
        [news(headline="All that you must know", mainEntityOfPage={"@id": URL}, datePublished="2022-01-19T14:30Z")
         | {"author": "Mona"}],
    ],
    ids="several array graph nested same-headline silent-alone own-address".split(),
)  # fmt: skip
def test_the_article_of_the_page_is_found_among_others(nodes: list[Any]) -> None:
    found = article(linked(*nodes))
    assert (found.title, found.published, found.author) == (HEADLINE, AT, "Mona")


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "NewsArticle", "headline": "Ferry sails from the old harbour", "author": "Mona",}',
        '<!-- {"@type": "NewsArticle", "headline": "Ferry sails", "author": "Mona"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Ferry sails", "author": "Mona"}\n//]]>',
        '{"@type": "NewsArticle", "headline": "Ferry\nsails", "author": "Mona"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;author&quot;: &quot;Mona&quot;}",
        '{"@type": "NewsArticle", "headline": "Ferry sails", "author": "Mona"};',
        '{"@type": "NewsArticle", "headline": "Ferry sails", "author": "Mona"}{"@type": "Thing"}',
    ],
    ids="comma comment cdata newline entities semicolon two".split(),
)
def test_json_that_is_nearly_json_is_mended(text: str) -> None:
    assert article(f'<script type="application/ld+json">{text}</script>').author == "Mona"


def test_json_without_end_is_bounded() -> None:
    found = article(linked([OF_ANOTHER] * 20_000, news(author="Mona")))
    assert (found.title, found.author) == (HEADLINE, None)


# Headlines


@pytest.mark.parametrize(
    ("head", "h1", "title", "expected"),
    [
        (linked(news(headline="Ferry sails &amp; returns")), "Ferry sails", "Ferry", "Ferry sails & returns"),
        (linked(news(headline=HEADLINE[:5] + " sails &lt;b&gt;now&lt;/b&gt;")), HEADLINE, "", "Ferry sails now"),
        (linked(news(headline="A long headline about the ferry that sails …")),
         "A long headline about the ferry that sails today", "", "A long headline about the ferry that sails today"),
        (meta(og__title="Harbour News") + SITE, HEADLINE, HEADLINE, HEADLINE),
        (meta(og__title=f"Harbour News | {HEADLINE}") + SITE, HEADLINE, HEADLINE, HEADLINE),
        (meta(og__title=f"{HEADLINE} - Harbour News") + SITE, HEADLINE, HEADLINE, HEADLINE),
        (meta(og__title="Olives ripen early in the hills"), HEADLINE, HEADLINE, HEADLINE),
        (SITE, "Harbour News", f"{HEADLINE} | Harbour News", HEADLINE),
        ("", "", f"{HEADLINE} | harbour.example", HEADLINE),
        (linked({"@type": "Organization", "name": "The Quay"}), "", f"{HEADLINE} – The Quay", HEADLINE),
        (meta(og__title=f"{HEADLINE} - The Quay"), HEADLINE, HEADLINE, HEADLINE),
        (meta(og__title=f"The Quay: news » {HEADLINE}"), HEADLINE, HEADLINE, HEADLINE),
        ("", "The Quay", f"{HEADLINE} » The Quay", HEADLINE),
        ("", "", f"{HEADLINE} | HN | 28.04.2023", HEADLINE),
        ("", "", f"{HEADLINE} - 28/04/2023", HEADLINE),
        ("", f"<span class='kicker'>Sea</span><span>{HEADLINE}</span>", "", HEADLINE),
        ("", f"<span>The sea</span><span>{HEADLINE}</span>", f"{HEADLINE} | Harbour News", HEADLINE),
        ("", f"<div>The sea:</div>{HEADLINE}", "", f"The sea: {HEADLINE}"),
        ("", "<b>Fer</b>ry sails from <em>the</em> old har<wbr>bour", "", HEADLINE),
    ],
    ids="entities tags cut-off site-only site-first site-last another h1-is-site host organisation heading-first "
    "heading-last h1-is-part short-tails date-tail kicker kicker-without-name blank-between marks-in-words".split(),
)  # fmt: skip
def test_the_headline_is_what_the_page_agrees_on(head: str, h1: str, title: str, expected: str) -> None:
    assert article(head, h1=h1, title=title).title == expected


def test_a_lower_heading_that_the_title_repeats_goes_before_the_name_of_a_section() -> None:
    assert article(h1="Allergies", title=HEADLINE, above=f"<h2>{HEADLINE}</h2>").title == HEADLINE


def test_the_name_of_a_section_above_the_headline_is_no_headline() -> None:
    for title in ("", "Harbour News", HEADLINE):
        assert article(h1="Sport", title=title, above=f"<h1>{HEADLINE}</h1>").title == HEADLINE
    found = article(h1="Sport", title=f"{HEADLINE} - Sport - Harbour News", above=f"<h2>{HEADLINE}</h2>")
    assert found.title == HEADLINE


@pytest.mark.parametrize(
    ("h1", "title", "expected"),
    [
        ("Sports", HEADLINE, HEADLINE),
        ("Sports", f"{HEADLINE} | Harbour News", HEADLINE),
        ("رياضة", "العبارة تبحر من المرفأ القديم", "العبارة تبحر من المرفأ القديم"),
        ("Ferry sails", "Harbour News", "Ferry sails"),
        ("Ferry sails", "Ferry sails | the daily news of the old harbour", "Ferry sails"),
        ("渡轮从旧港口启航", "港口新闻网 今日头条 最新消息", "渡轮从旧港口启航"),
        ("", f"{HEADLINE} – 28 April 2023 – The Harbour News", HEADLINE),
        ("", f"{HEADLINE} | 28.04.2023 | HN", HEADLINE),
        ("", f"Results – 28 April 2023 – {HEADLINE}", f"Results – 28 April 2023 – {HEADLINE}"),
        (f"<span>Shipping</span><span>{HEADLINE}</span>", "Harbour News", HEADLINE),
        (
            f"<span>Shipping</span> <span>{HEADLINE}</span>",
            "Old harbour sees ferry sail | Harbour News",
            HEADLINE,
        ),
        (f"<div>Old harbour</div><div>{HEADLINE}</div>", HEADLINE, HEADLINE),
        (
            "<span>Haddad</span> <span>sails from the old harbour</span>",
            "Harbour",
            "Haddad sails from the old harbour",
        ),
        ("<span>Ferry</span><span>sails from the old harbour</span>", "Harbour", "Ferry sails from the old harbour"),
    ],
)
def test_neither_sections_nor_sites_nor_days_are_the_headline(h1: str, title: str, expected: str) -> None:
    assert article(h1=h1, title=title).title == expected


# Dates


@pytest.mark.parametrize(
    ("head", "above", "published"),
    [
        (linked(news(datePublished="2022-01-19T14:30:00Z", dateModified="2022-01-20T09:00:00Z")), "", AT),
        (linked(news(dateModified="2022-01-19T14:30:00Z")), "", AT),
        (linked(news(datePublished="2022-01-19")) + meta(article__published_time="2022-01-19T14:30:00Z"), "", AT),
        (linked(news(datePublished="2022-01-19")) + meta(article__modified_time="2022-01-20T14:30:00Z"), "",
         date(2022, 1, 19)),
        (linked(news(datePublished="2022-01-19T14:30:00")) + meta(article__published_time="2022-01-19T14:30:00Z"),
         "", AT),
        (linked(news(datePublished="2022-01-19T16:30:00")), "", AT),  # the operator's zone
        (linked(news(datePublished="20220119T143000Z")), "", AT),
        ("", "<time datetime='2022-01-19T14:30Z'>yesterday</time>", AT),
        ("", "<div class='post-date'>نشر في: الأربعاء 19 كانون الثاني 2022 - 16:30</div>", AT),
        ("", "<p>19 يناير/كانون الثاني 2022، 17:30 بتوقيت مكة</p>", AT),
        ("", "<span>January 19, 2022, 9:30 AM EST</span>", AT),
        ("", "<abbr class='published' title='2022-01-19T16:30:00+02:00'>16:30</abbr>", AT),
        ("", "<span itemprop='datePublished' content='2022-01-19T14:30Z'>yesterday</span>", AT),
        ("", "<span property='dc:date' content='2022-01-19T16:30:00+02:00'>Wednesday</span>", AT),
        ("", "<div>الأربعاء، 19 كانون الثاني/يناير 2022، آخر تحديث 18:30 (GMT+0400)</div>", AT),
        ("", "<p>Mercredi 19 janvier 2022</p>", date(2022, 1, 19)),
        ("", "<div class='date'>Wed Jan 19 15:30:00 CET 2022</div>", AT),
        ("", "<span class='date'>19.01.22 | 16:30 Uhr</span>", AT),
        ("", "<span>۲۹ دی ۱۴۰۰ - ۱۶:۳۰</span>", AT),
        (meta(article__published_time="1400/10/29 16:30"), "", AT),
        ("", "<p>2022年1月19日 16時30分</p>", AT),
        ("", "<p>In that year the harbour was opened again after long, on January 19, 2022, at noon.</p>", None),
        ("", "<p>© 2022 Harbour News</p>", None),
        ("", "<div><h2><a href='/x'>Olives ripen early in May</a></h2><time datetime='2022-09-09'>9.9.</time></div>",
         None),
        ("", "<a href='/x'><p>Olives ripen early in May <time pubdate datetime='2022-09-09'>9.9.</time></p></a>",
         None),
        ("", "<ul><li class='date'><a href='/news/ferry'>19 January 2022, at noon</a></li></ul>", date(2022, 1, 19)),
        ("", "<div class='submitted'>Gespeichert von Mona am 19. Januar 2022 - 16:30</div>", AT),
        ("", "<li><a href='/x'>Olives ripen early in May</a> <span class='post-date'>09/09/2022</span></li>", None),
        ("", "<div><h4><a href='/x'>Olives ripen early this year</a></h4><p class='date'>09/09/2022</p></div>", None),
        ("", f"<div><h3><a href='/news/ferry'>{HEADLINE}</a></h3><span class='date'>19/01/2022</span></div>",
         date(2022, 1, 19)),
    ],
)  # fmt: skip
def test_the_date_is_that_of_publication_with_its_time_and_zone(
    head: str, above: str, published: datetime | date | None
) -> None:
    assert article(head, above=above).published == published


def test_todays_date_at_the_top_of_a_page_is_not_that_of_the_article() -> None:
    menu = "".join(f"<li><a href='/{number}'>Harbour {number}</a></li>" for number in range(20))
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    for shown, published in (("<p>19 January 2022</p>", date(2022, 1, 19)), ("", None)):
        text = (
            f"<html><head><title>{HEADLINE}</title></head><body><p class='date'>9 September 2022</p>"
            f"<ul>{menu}</ul><article><h1>{HEADLINE}</h1>{shown}{inner}</article></body></html>"
        )
        assert read(text.encode(), name="page.html").published == published


def test_a_date_just_above_the_headline_is_that_of_the_article() -> None:
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    text = (
        f"<html><head><title>{HEADLINE}</title></head><body><article><span class='date'>19 January 2022</span>"
        f"<h1>{HEADLINE}</h1>{inner}<div class='comment'><span class='date'>1 May 2022</span></div></article></body>"
    )
    assert read(text.encode(), name="page.html").published == date(2022, 1, 19)


def test_a_date_in_the_address_counts_where_nothing_else_is_said() -> None:
    assert article(url="https://harbour.example/2022/01/19/ferry").published == date(2022, 1, 19)
    assert article(meta(date="2022-01-18"), url="https://harbour.example/2022/01/19/ferry").published == date(
        2022, 1, 18
    )


# People, sections, pictures, addresses, languages


@pytest.mark.parametrize(
    ("head", "above", "author"),
    [
        (linked(news(author="By Mona Haddad")), "", "Mona Haddad"),
        (linked(news(author={"@type": "Person", "name": "Mona Haddad"})), "", "Mona Haddad"),
        (linked(news(author=[{"name": "Mona"}, {"name": "Sami"}, "Mona"])), "", "Mona, Sami"),
        (linked(news(author=["https://harbour.example/a/1", {"name": "Mona"}])), "", "Mona"),
        (
            linked([{"@type": "Person", "@id": "#m", "name": "Mona"}, news(author={"@id": "#m"})]),
            "",
            "Mona",
        ),
        (linked(news(author={"@type": "Organization", "name": "Harbour News"})) + SITE, "", None),
        (meta(article__author="https://social.example/mona"), "", None),
        (meta(author="بقلم: منى الحداد"), "", "منى الحداد"),
        (meta(author="admin"), "<p class='byline'>By Mona Haddad</p>", "Mona Haddad"),
        (meta(author="mona [at] harbour.example"), "", None),
        ("", "<p>By <a rel='author' href='/a'>Mona Haddad</a></p>", "Mona Haddad"),
        ("", "<p class='byline'>By Mona Haddad, January 19, 2022</p>", "Mona Haddad"),
        ("", "<p class='byline'>By Mona Haddad March 25, 2015</p>", "Mona Haddad"),
        ("", "<span class='writeBy'>كتب - سامي خوري</span>", "سامي خوري"),
        ("", "<div class='info'>كتبت: منى الحداد | الثلاثاء 12 مارس 2024</div>", "منى الحداد"),
        ("", "<p itemprop='author'><span itemprop='name'>Mona Haddad</span> <a href='/m'>Web</a></p>", "Mona Haddad"),
        ("", "<span class='author'>All about the island and its boats, told every day</span>", None),
        ("", "<aside><span class='author'>Mona Haddad</span></aside>", None),
        ("", "<div class='comment'><span class='author'>Mona Haddad</span></div>", None),
        ("", "<a class='profile-link' rel='author' href='/m'>View my complete profile</a>", None),
        (
            linked([{"@type": ["Person", "Organization"], "@id": "#m", "name": "Mona"}, news(author={"@id": "#m"})]),
            "",
            "Mona",
        ),
        (
            linked(news(author={"@type": "Organization", "name": "Harbour News"}))
            + SITE
            + meta(author="Mona Haddad"),
            "",
            "Mona Haddad",
        ),
        (meta(author="mona@harbour.example"), "", None),
        (meta(author="mona@harbour.example"), "<p class='byline'>By Mona Haddad</p>", "Mona Haddad"),
        (meta(author="mona@harbour.example (Mona Haddad)"), "", "Mona Haddad"),
        (meta(author="Mona Haddad &lt;mona@harbour.example&gt;"), "", "Mona Haddad"),
        ("", "<p>Von Mona Haddad</p>", "Mona Haddad"),
        ("", "<p class='byline'>Av Mona Haddad</p>", "Mona Haddad"),
        ("", "<p>Por primera vez</p>", None),
    ],
)
def test_an_author_is_a_name(head: str, above: str, author: str | None) -> None:
    assert article(head, above=above).author == author


CRUMBS = (
    '<div class="breadcrumbs"><a href="/">Home</a> <a href="/sea">Sea</a> <a href="/news/ferry">Ferry sails</a></div>'
)


def crumbs(*names: str) -> dict[str, Any]:
    return {"@type": "BreadcrumbList", "itemListElement": [{"item": {"name": name}} for name in names]}


@pytest.mark.parametrize(
    ("head", "above", "sections"),
    [
        (linked(news(articleSection=["Sea", "Boats"]), crumbs("Home", "News")), "", ("Sea", "Boats")),
        (meta(article__section="Sea"), CRUMBS, ("Sea",)),
        (meta(article__section="Sea") + meta(article__section="Law"), CRUMBS, ("Sea", "Law")),
        (linked(crumbs("الرئيسية", "الخليج والعالم", HEADLINE)), "", ("الخليج والعالم",)),
        (linked(crumbs("Home")), "", ()),
        ("", CRUMBS, ("Sea",)),
        (linked(news(articleSection="Harbour News")) + SITE, CRUMBS, ("Sea",)),
        (linked(news(articleSection="/sea/boats")), CRUMBS, ("Sea",)),
        (linked(news(articleSection="07")), CRUMBS, ("Sea",)),
        ("", "", ()),
    ],
)
def test_all_sections_that_are_said_or_the_one_that_leads_to_the_article(
    head: str, above: str, sections: tuple[str, ...]
) -> None:
    assert article(head, above=above).categories == sections


@pytest.mark.parametrize(
    ("head", "image"),
    [
        (linked(news(image="/a.jpg")) + meta(og__image="/b.jpg"), "https://harbour.example/a.jpg"),
        (linked(news(image=["https://cdn.example/a.jpg", "/b.jpg"])), "https://cdn.example/a.jpg"),
        (linked(news(image={"@type": "ImageObject", "url": "/a.jpg"})), "https://harbour.example/a.jpg"),
        (linked(news(image=[{"contentUrl": "/a.jpg"}])), "https://harbour.example/a.jpg"),
        (linked(news(image="/logo.png")) + meta(og__image="/b.jpg"), "https://harbour.example/b.jpg"),
        (meta(og__image="/b.jpg?w=9&amp;amp;copy=2"), "https://harbour.example/b.jpg?w=9&copy=2"),  # escaped twice
        (meta(og__image="data:image/png;base64,AAAA"), None),
        (meta(og__image="https://harbour.example"), None),
    ],
)
def test_the_picture_is_an_address_and_no_logo(head: str, image: str | None) -> None:
    assert article(head).image_url == image


@pytest.mark.parametrize(
    ("head", "url", "address"),
    [
        ('<link rel="canonical" href="https://harbour.example/">' + meta(og__url="/news/ferry-sails"), URL,
         "https://harbour.example/news/ferry-sails"),
        (meta(og__url="https://harbour.example"), URL, URL),
        ('<link rel="canonical" href="/">', "https://harbour.example/", "https://harbour.example/"),
        ('<link rel="canonical" href="../news/ferry-sails">', URL, "https://harbour.example/news/ferry-sails"),
        (meta(og__url="https://harbour.example/?p=7"), URL, "https://harbour.example/?p=7"),
    ],
)  # fmt: skip
def test_the_address_of_the_home_page_is_not_that_of_the_article(head: str, url: str, address: str) -> None:
    assert article(head, url=url).url == address


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (linked(news(inLanguage="ar-LB")), "ar-LB"),
        (linked(news(inLanguage={"@type": "Language", "alternateName": "ar"})), "ar"),
        (linked(news(inLanguage={"@type": "Language", "name": "Arabic", "alternateName": "ar"})), "ar"),
        (meta(og__locale="ar_AR"), "ar_AR"),
        ('<meta http-equiv="Content-Language" content="ar">', "ar"),
        ("", None),
    ],
)
def test_the_language_is_as_declared(head: str, language: str | None) -> None:
    assert article(head).language == language


def test_what_the_server_says_of_the_language_counts_where_the_page_says_nothing() -> None:
    text = f"<html><head><title>{HEADLINE}</title></head><body><p>{'</p><p>'.join(PARAGRAPHS)}</p></body></html>"
    assert read(text.encode(), name="page.html", url=URL, language="de").language == "de"
    declared = text.replace("<html>", '<html lang="en">')
    assert read(declared.encode(), name="page.html", url=URL, language="de").language == "en"


# What pages do to their readers


@pytest.mark.parametrize("mark", ["<b>{}</b>", "&lt;b&gt;{}&lt;/b&gt;", "&amp;lt;b&amp;gt;{}&amp;lt;/b&amp;gt;"])
def test_no_markup_of_the_page_gets_into_a_line(mark: str) -> None:
    def said(text: str) -> str:
        return mark.format(text).replace("<", "&lt;")

    head = meta(
        og__title=said(HEADLINE),
        og__description=said("In short."),
        og__site_name=said("Harbour News"),
        article__section=said("Sea"),
        author=said("Mona"),
    )
    found = article(head, h1="")
    lines = (found.title, found.lead, found.publisher, found.category, found.author)
    assert lines == (HEADLINE, "In short.", "Harbour News", "Sea", "Mona")


def test_no_markup_gets_into_a_text_that_the_page_gives_escaped() -> None:
    paragraphs = ["The ferry sailed at noon with forty passengers on board and the first mail of the year."] * 8
    body = "".join(f"&lt;p&gt;{one}&lt;/p&gt;" for one in paragraphs)
    assert article(linked(news(articleBody=body))).body == "\n\n".join(paragraphs)


@pytest.mark.parametrize("address", ["http://[harbour", "https://[::1", "//[x]y/", "http://harbour.example:port/"])
def test_an_address_that_is_none_costs_itself_only(address: str) -> None:
    head = linked(news(url=address, author="Mona", image=address)) + meta(og__url=address, og__image=address)
    found = article(f'<link rel="canonical" href="{address}">{head}')
    assert (found.title, found.author) == (HEADLINE, "Mona")


@pytest.mark.slow
def test_a_page_of_very_many_headlines_is_read_as_well() -> None:
    teasers = [news(headline=f"Olive number {number} ripens") for number in range(1_000)]
    crumbs = {"@type": "BreadcrumbList", "itemListElement": [{"name": HEADLINE}] * 20_000}
    begun = time.process_time()
    found = article(linked(*teasers, crumbs), above="<h1>Weather in the hills</h1>" * 20_000)
    assert found.title == HEADLINE
    assert time.process_time() - begun < 10  # 2 s; comparing each with all others takes minutes
