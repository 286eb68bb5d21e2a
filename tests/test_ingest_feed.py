"""Feeds of every dialect and every fault, article pages, JSON Lines and encodings, to drafts."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.ingest import lines, page
from bot.ingest.draft import Draft
from bot.ingest.encoding import decode
from bot.ingest.errors import Unreadable
from bot.ingest.feed import MOST_ITEMS, Feed, NotAFeed, discover, parse
from tests.site import rss

URL = "https://news.example/feeds/all.xml"


def read(text: str, **how: Any) -> Feed:
    return parse(text.encode(), url=URL, **how)


def only(text: str) -> Draft:
    (draft,) = read(text).items
    return draft


# Dialects


@pytest.mark.parametrize(
    "feed",
    [
        '<rss version="0.91"><channel><title>Wire</title><item><title>Tide &amp; time</title>'
        "<link>https://news.example/1</link><description>Body text.</description></item></channel></rss>",
        '<rss version="2.0"><channel><title>Wire</title><item><title>Tide &amp; time</title><guid>1</guid>'
        "<link>https://news.example/1</link><description>Body text.</description></item></channel></rss>",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>Wire</title></channel><item rdf:about="https://news.example/1">'
        "<title>Tide &amp; time</title><link>https://news.example/1</link><description>Body text.</description>"
        "</item></rdf:RDF>",
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><title>Tide &amp; time</title>'
        '<id>tag:1</id><link href="https://news.example/1"/><summary>Body text.</summary></entry></feed>',
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "Wire",
                "items": [
                    {"id": "1", "title": "Tide & time", "url": "https://news.example/1", "content_text": "Body text."}
                ],
            }
        ),
    ],
    ids=["rss 0.91", "rss 2.0", "rss 1.0", "atom", "json feed"],
)
def test_every_dialect_gives_the_same_article(feed: str) -> None:
    found = read(feed)
    (draft,) = found.items
    assert found.title == "Wire"
    assert (draft.title, draft.url) == ("Tide & time", "https://news.example/1")
    assert "Body text." in (draft.body, draft.lead)


def test_what_an_item_says_of_itself_is_kept() -> None:
    draft = only(
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><language>ar-LB</language><item>'
        "<title>خبر</title><guid isPermaLink='false'>n-7</guid><category>الخليج والعالم</category>"
        "<dc:creator>Rana</dc:creator><pubDate>Sun, 01 Mar 2026 14:00:00 +0200</pubDate>"
        '<media:content url="https://news.example/p.jpg" medium="image"/><description>مقدمة قصيرة.</description>'
        "<content:encoded><![CDATA[<p>الفقرة الأولى.</p><p>الثانية.</p>]]></content:encoded></item></channel></rss>"
    )
    assert (draft.guid, draft.category, draft.author) == ("n-7", "الخليج والعالم", "Rana")
    assert draft.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert draft.image_url == "https://news.example/p.jpg"
    assert (draft.body, draft.lead) == ("الفقرة الأولى.\n\nالثانية.", "مقدمة قصيرة.")


# Faults


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("<title>a &lt;b&gt;bold&lt;/b&gt; &amp;amp; b</title>", "a bold & b"),
        ("<title><![CDATA[<i>slanted</i> &amp; more]]></title>", "slanted & more"),
        ("<title>  two\n lines </title>", "two lines"),
        ("<title>\u202eright-to-left trick</title>", "right-to-left trick"),
        ("<title>if a &lt; b</title>", "if a < b"),
        ("<description>No title, but a text that begins the article.</description>", "No title, but a text"),
    ],
)
def test_titles_are_one_plain_line(item: str, title: str) -> None:
    assert only(rss(item)).title.startswith(title)


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("/a/1", "https://news.example/a/1"),
        ("2", "https://news.example/feeds/2"),
        ("//cdn.example/3", "https://cdn.example/3"),
        ("javascript:alert(1)", None),
        ("mailto:a@b.example", None),
    ],
)
def test_links_are_made_absolute_or_left_out(link: str, absolute: str | None) -> None:
    assert only(rss(f"<title>x</title><guid isPermaLink='false'>g</guid><link>{link}</link>")).url == absolute


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("Sun, 1 Mar 2026 12:00 GMT", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123Z", datetime(2026, 3, 1, 12, 0, tzinfo=UTC)),
        ("not a date", None),
        ("", None),
    ],
)
def test_dates_may_be_odd_or_missing(said: str, published: date | None) -> None:
    found = only(rss(f"<title>x</title><pubDate>{said}</pubDate>")).published
    assert (found.replace(microsecond=0) if isinstance(found, datetime) else found) == published


def test_a_broken_item_costs_itself_only() -> None:
    found = read(rss("<title>one</title>", "<title></title>", "<title>two</title>"))
    assert [draft.title for draft in found.items] == ["one", "two"]


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><item><title>kept</title></item><item><title>cut off",
        "\n\n  <?xml version='1.0'?><rss><channel><item><title>kept</title></item></channel></rss>",
        "<rss><channel><item><title>kept</title><description>&nbsp; &bogus; & c</description></item></channel></rss>",
        "<rss><channel><item><title>kept&#0;&#xD800;</title></item></channel></rss>",
        "<rss><channel><item><title>kept\x0b</title></item></channel></rss>",
    ],
)
def test_malformed_xml_gives_what_it_holds(text: str) -> None:
    assert read(text).items[0].title.strip() == "kept"


def test_entities_that_grow_without_end_are_not_expanded() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
        + "]><rss><channel><item><title>x</title><description>&i;</description></item></channel></rss>"
    )
    draft = only(bomb)
    assert len(draft.body) + len(draft.lead) < 100


def test_a_file_that_an_entity_names_is_not_read(tmp_path: Any) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    text = f'<!DOCTYPE r [<!ENTITY s SYSTEM "file://{secret}">]><rss><channel><item><title>x&s;</title></item></channel></rss>'
    assert "hidden" not in str(read(text))


def test_an_archive_is_read_up_to_a_bound_and_says_so() -> None:
    found = read(rss(*[f"item {number}" for number in range(MOST_ITEMS + 5)]))
    assert len(found.items) == MOST_ITEMS
    assert found.problems


@pytest.mark.parametrize(
    ("text", "what"),
    [("<html><body>hello</body></html>", "HTML"), ("", "empty"), ("plain words", "something else"), ("{}", "JSON")],
)
def test_what_is_no_feed_says_what_it_is(text: str, what: str) -> None:
    with pytest.raises(NotAFeed, match=what):
        read(text)


def test_a_feed_may_ask_to_be_left_alone() -> None:
    assert read(rss("x", extra="<ttl>90</ttl>")).ttl == timedelta(minutes=90)
    assert read(rss("x")).ttl is None


@pytest.mark.parametrize("encoding", ["windows-1256", "iso-8859-6", "utf-8", "utf-16"])
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1", "windows-1256"])
def test_arabic_is_read_whatever_the_header_claims(encoding: str, charset: str | None) -> None:
    text = rss(
        "<title>افتتاح المعرض السنوي للكتاب في العاصمة</title><description>حضره جمهور كبير من القراء</description>"
    )
    found = parse(text.replace('<?xml version="1.0"?>', "").encode(encoding), url=URL, charset=charset)
    assert found.items[0].title == "افتتاح المعرض السنوي للكتاب في العاصمة"


def test_a_declared_encoding_is_believed_where_it_can_be_true() -> None:
    assert decode("Ωμέγα και άλφα".encode("iso-8859-7"), declared="iso-8859-7") == "Ωμέγα και άλφα"
    assert decode('<?xml encoding="koi8-r"?>Новости'.encode("koi8-r")).endswith("Новости")
    assert decode("naïve café".encode("windows-1252")) == "naïve café"


def test_pages_name_their_feeds() -> None:
    html = (
        '<link rel="alternate" type="application/rss+xml" href="/feed.xml"><link rel="stylesheet" href="/x.css">'
        '<link rel="alternate" type="application/atom+xml" href="https://other.example/atom">'
        '<link rel="alternate" type="text/html" href="/ar">'
        '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    )
    assert discover(html, "https://news.example/a/") == [
        "https://news.example/feed.xml",
        "https://other.example/atom",
    ]


# Article pages

ARTICLE = """<!doctype html><html lang="en"><head><title>Ferry arrives | The Sail</title>
<meta property="og:title" content="Ferry arrives"><meta property="og:site_name" content="The Sail">
<meta property="og:image" content="/ferry.jpg"><meta property="article:section" content="Islands">
<meta property="article:published_time" content="2026-03-01T14:00:00+02:00">
<link rel="canonical" href="https://sail.example/ferry?utm_source=x"></head>
<body><nav><a href="/">Home</a> <a href="/sports">Sports</a></nav><article><h1>Ferry arrives</h1>
<p>The first electric ferry reached the island on Monday after a voyage of forty minutes in calm weather.</p>
<p>Its captain said that half of the battery was still charged when the ropes were thrown ashore.</p>
<p>Six voyages a day are planned until the end of the summer, and four in winter.</p></article>
<footer>All rights reserved by the publisher</footer><script>track()</script></body></html>"""


def test_an_article_page_gives_its_article_and_what_its_head_says() -> None:
    draft = page.read(ARTICLE.encode(), name="ferry.html", url="https://sail.example/ferry")
    assert draft.title == "Ferry arrives"
    assert draft.body.startswith("The first electric ferry")
    assert draft.body.endswith("four in winter.")
    assert "rights reserved" not in draft.body
    assert "track()" not in draft.body
    assert (draft.category, draft.publisher) == ("Islands", "The Sail")
    assert draft.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert draft.image_url == "https://sail.example/ferry.jpg"
    assert str(draft.url).startswith("https://sail.example/ferry")


@pytest.mark.parametrize("html", ["", "<html></html>", "<p>too short</p>", "<html><body>" + "<a>link</a>" * 500])
def test_a_page_without_an_article_is_refused(html: str) -> None:
    with pytest.raises(Unreadable, match="expected"):
        page.read(html.encode(), name="page.html")


def test_a_page_of_a_million_tags_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Unreadable, match="more than 100000 tags"):
        page.read(b"<p>x" * 1_000_000, name="page.html")


# JSON Lines


def test_lines_are_drafts_and_bad_ones_are_named_by_number() -> None:
    given = [
        {
            "title": "One",
            "body": "A.\nB.",
            "category": "Sea",
            "published": "2026-03-01T12:00:00Z",
            "url": "https://a.example/1",
        },
        {"title": "Two", "published": "2026-03-01"},
        {"body": "no title"},
        ["no object"],
        {"title": "Three", "published": "some day"},
        {"title": "Four", "url": "ftp://a.example"},
        {"title": 5},
    ]
    data = "\n".join([*[json.dumps(one) for one in given], "{broken", "", '{"title": "Last"}'])
    found = lines.read(data.encode(), name="news.jsonl", timezone=UTC)
    drafts = [one for one in found if isinstance(one, Draft)]
    errors = [str(one) for one in found if isinstance(one, Unreadable)]
    assert [draft.title for draft in drafts] == ["One", "Two", "Last"]
    assert drafts[0].body == "A.\n\nB."
    assert drafts[1].published == date(2026, 3, 1)
    assert [error.split(":")[0] for error in errors] == [
        f"news.jsonl, line {number}" for number in (3, 4, 5, 6, 7, 8)
    ]
    assert all("expected" in error for error in errors)
