"""Feeds: every dialect gives the same drafts, a broken item costs itself only, and a hostile one costs nothing."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAFeed
from bot.ingest.formats.feed import MOST_ITEMS, Feed, discover, parse
from bot.text.html import escape
from tests.site import rss

URL = "https://harbour.example/news/feed.xml"
MOMENT = datetime(2022, 1, 19, 14, 30, tzinfo=UTC)
FERRY = Draft(title="Ferry sails", body="It left at noon.", url="https://harbour.example/ferry")
ARABIC_TITLE = "العبّارة تغادر الميناء"


def feed(text: str | bytes, *, charset: str | None = None) -> Feed:
    return parse(text.encode() if isinstance(text, str) else text, url=URL, charset=charset)


def item(inner: str) -> Draft:
    """The draft of an RSS feed's only item."""
    [draft] = feed(rss(inner)).items
    return draft


def json_feed(*items: Any, **channel: Any) -> str:
    values = {"version": "https://jsonfeed.org/version/1.1", "title": "Harbour News", "items": list(items)}
    return json.dumps(values | channel)


# The dialects

INNER = (
    "<title>Ferry sails</title><link>https://harbour.example/ferry</link><description>It left at noon.</description>"
)
PREFIXED = re.sub("<(/?)", r"<\1r:", INNER)
DIALECTS = {
    "rss-0.91": '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
    f'"http://dtd.example/rss-0.91.dtd"><rss version="0.91"><channel><title>Harbour News</title><item>{INNER}</item>'
    "</channel></rss>",
    "rss-1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    f'<channel rdf:about="https://harbour.example/"><title>Harbour News</title></channel>'
    f"<item>{INNER}</item></rdf:RDF>",
    "rss-1.0-other-prefix": '<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:r="http://purl.org/rss/1.0/"><r:channel><r:title>Harbour News</r:title></r:channel>'
    f"<r:item>{PREFIXED}</r:item></RDF>",
    "rss-2.0": rss(INNER),
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour News</title><entry><title>Ferry sails</title>'
    '<link href="https://harbour.example/ferry"/><summary>It left at noon.</summary></entry></feed>',
    "json": json_feed({"title": "Ferry sails", "url": "https://harbour.example/ferry", "content_text": FERRY.body}),
}


@pytest.mark.parametrize("text", DIALECTS.values(), ids=DIALECTS)
def test_every_dialect_gives_the_same(text: str) -> None:
    found = feed(text)
    assert (found.title, found.items, found.problems) == ("Harbour News", (FERRY,), ())


def test_blanks_and_a_mark_before_the_feed_mean_nothing() -> None:
    assert feed("\ufeff\n\n  " + DIALECTS["rss-2.0"]).items == feed("\n" + DIALECTS["json"]).items == (FERRY,)


def test_all_that_an_atom_entry_says_is_kept() -> None:
    [draft] = feed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour</title><entry><id>tag:harbour,1</id>'
        "<title>Ferry</title><link href='/a'/><published>2022-01-19T16:30:00+02:00</published>"
        "<updated>2022-01-20T00:00:00Z</updated><author><name>Mona</name></author><category term='s' label='Sea'/>"
        "<summary>Short.</summary><content type='html'>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content>"
        "<source><title>The Pier</title></source></entry></feed>"
    ).items
    assert draft == Draft(
        title="Ferry",
        body="One.\n\nTwo.",
        lead="Short.",
        categories=("Sea",),
        published=MOMENT,
        url="https://harbour.example/a",
        guid="tag:harbour,1",
        author="Mona",
        language="en",
        publisher="The Pier",
    )


def test_all_that_a_json_item_says_is_kept() -> None:
    said = {
        "id": 7,
        "title": "<b>Ferry</b>",
        "content_html": "<p>One.</p><p>Two.</p>",
        "summary": "Short.",
        "url": "/a",
        "image": "/a.jpg",
        "date_published": "2022-01-19T16:30:00+02:00",
        "authors": [{"name": "Mona"}],
        "tags": ["", "Sea", "Boats"],
    }
    [draft] = feed(json_feed(said, language="en")).items
    assert draft == Draft(
        title="Ferry",
        body="One.\n\nTwo.",
        lead="Short.",
        categories=("Sea", "Boats"),
        published=MOMENT,
        url="https://harbour.example/a",
        guid="7",
        author="Mona",
        image_url="https://harbour.example/a.jpg",
        language="en",
    )


# Items that leave something out


@pytest.mark.parametrize("text", [rss("<title>Ferry</title>"), json_feed({"title": "Ferry"})], ids=["rss", "json"])
def test_what_an_item_does_not_say_is_not_made_up(text: str) -> None:
    assert feed(text).items == (Draft(title="Ferry"),)


def test_an_item_without_a_title_is_called_by_its_first_words() -> None:
    assert item("<description>It left at noon.</description>").title == "It left at noon."
    assert item(f"<description>{'word ' * 30}</description>").title == "word " * 11 + "word…"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (rss("Ferry", "<link>https://a.example</link>"), "item 2 has neither title nor text"),
        (json_feed({"title": "Ferry"}, {"id": "2"}), "item 2 has neither title nor text"),
        (json_feed({"title": "Ferry"}, "text"), "item 2 can't be read: "),
        (json_feed({"title": "Ferry"}, None), "item 2 can't be read: "),
    ],
)
def test_an_item_that_is_none_costs_itself_only(text: str, problem: str) -> None:
    found = feed(text)
    assert [draft.title for draft in found.items] == ["Ferry"]
    assert [said.startswith(problem) for said in found.problems] == [True]


@pytest.mark.parametrize("odd", [5, True, [], {}, ["x"], {"x": 1}, "", " ", None, 1e400], ids=repr)
@pytest.mark.parametrize(
    "key",
    "id url external_url content_html content_text summary image date_published authors author tags".split(),
)
def test_a_json_item_of_odd_values_is_still_read(key: str, odd: Any) -> None:
    [draft] = feed(json_feed({"title": "Ferry", key: odd})).items
    assert draft.title == "Ferry"


# Titles, links, guids, categories, pictures


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("&lt;b&gt;Ferry&lt;/b&gt; &amp;amp; bridge", "Ferry & bridge"),
        ("<![CDATA[<i>Ferry</i> & bridge]]>", "Ferry & bridge"),
        ("Ferry &amp;quot;Star&amp;quot; &amp;#8211; noon", 'Ferry "Star" – noon'),
        ("Ferry&nbsp;sails &eacute;t&eacute;", "Ferry sails été"),
        ("Ferry &amp;amp;amp; bridge", "Ferry & bridge"),
        ("5 &lt; 6 knots", "5 < 6 knots"),
        ("\n Ferry\n\t sails ", "Ferry sails"),
        ("<![CDATA[<script>alert(1)</script>Ferry]]>", "Ferry"),
        ("\u202eFerry\u202c", "Ferry"),
    ],
)
def test_a_title_is_one_line_without_markup(markup: str, title: str) -> None:
    assert item(f"<title>{markup}</title>").title == title


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("/x?a=1&amp;b=2", "https://harbour.example/x?a=1&b=2"),
        ("x.html", "https://harbour.example/news/x.html"),
        ("//a.example/x", "https://a.example/x"),
        (" https://a.example/x\n", "https://a.example/x"),
        ("", None),
        ("javascript:alert(1)", None),
        ("mailto:x@a.example", None),
        ("https://[broken/", None),
        ("https://a.example/two words", "https://a.example/two%20words"),
    ],
)
def test_links_are_made_absolute_and_lead_to_the_web(link: str, address: str | None) -> None:
    assert item(f"<title>Ferry</title><link>{link}</link>").url == address
    said = {"title": "Ferry", "url": link.replace("&amp;", "&")}
    assert feed(json_feed(said)).items[0].url == address


def test_a_guid_that_is_an_address_is_the_link_where_there_is_no_other() -> None:
    draft = item("<title>Ferry</title><guid>https://a.example/7</guid>")
    assert (draft.guid, draft.url) == ("https://a.example/7", "https://a.example/7")


@pytest.mark.parametrize("attribute", ["", ' isPermaLink="true"', ' isPermaLink="false"'])
def test_a_guid_that_is_a_number_is_no_link_and_stays_when_the_feed_moves(attribute: str) -> None:
    text = rss(f"<title>Ferry</title><guid{attribute}>4711</guid>").encode()
    for url in (URL, "http://moved.example/feed"):
        [draft] = parse(text, url=url).items
        assert (draft.guid, draft.url) == ("4711", None)


def test_all_categories_with_a_word_are_kept_in_their_order() -> None:
    tags = "<category> </category><category><![CDATA[Sea &amp; sky]]></category><category>Boats</category>"
    found = item(f"<title>Ferry</title>{tags}")
    assert (found.category, found.categories) == ("Sea & sky", ("Sea & sky", "Boats"))


@pytest.mark.parametrize(
    ("inner", "picture"),
    [
        ('<enclosure url="/a" type="image/jpeg"/>', "/a"),
        ('<media:content url="/a" medium="image" xmlns:media="http://search.yahoo.com/mrss/"/>', "/a"),
        ('<media:content url="/a" type="image/webp" xmlns:media="http://search.yahoo.com/mrss/"/>', "/a"),
        ('<media:content url="/a.jpg" xmlns:media="http://search.yahoo.com/mrss/"/>', "/a.jpg"),
        ('<media:thumbnail url="/a" xmlns:media="http://search.yahoo.com/mrss/"/>', "/a"),
        ('<description>&lt;img alt="" src="/a"&gt; text</description>', "/a"),
    ],
    ids="enclosure medium type by-name thumbnail inline".split(),
)
def test_the_picture_is_found_wherever_it_is_said(inner: str, picture: str) -> None:
    assert item(f"<title>Ferry</title>{inner}").image_url == f"https://harbour.example{picture}"


def test_a_picture_s_address_with_parameters_is_read_as_html_reads_it() -> None:
    html = '<img src="/a.jpg?w=9&amp;copy=2&lang=ar&reg=3"> text'
    for inner in (f"<description><![CDATA[{html}]]></description>", f"<description>{escape(html)}</description>"):
        address = "https://harbour.example/a.jpg?w=9&copy=2&lang=ar&reg=3"
        assert item(f"<title>Ferry</title>{inner}").image_url == address


def test_a_sound_is_no_picture() -> None:
    assert item('<title>Ferry</title><enclosure url="/a.mp3" type="audio/mpeg"/>').image_url is None


# Dates


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("Wed, 19 Jan 2022 14:30:00 GMT", MOMENT),
        ("Wed, 19 Jan 2022 16:30:00 +0200", MOMENT),
        ("Wed, 19 Jan 2022 09:30 EST", MOMENT),
        ("2022-01-19T14:30:00Z", MOMENT),
        ("الأربعاء، 19 يناير 2022 16:30:00 +0200", MOMENT),
        ("2022-01-19", date(2022, 1, 19)),
        ("Wed, 19 Jan 2022", date(2022, 1, 19)),
        ("١٩ كانون الثاني ٢٠٢٢", date(2022, 1, 19)),
        ("Sat, 19 Jan 2999 14:30:00 GMT", datetime(2999, 1, 19, 14, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_date_is_read_and_a_day_stays_a_day(said: str, published: datetime | date | None) -> None:
    found = item(f"<title>Ferry</title><pubDate>{said}</pubDate>").published
    assert (found, type(found)) == (published, type(published))


@pytest.mark.parametrize(
    "said",
    ["Wed, 19 Jan 2022 16:30:00", "2022-01-19T16:30:00", "2022-01-19 16:30", "Wed Jan 19 16:30:00 2022",
     "2022-01-19T16:30:00.000", "19 يناير 2022 16:30", "Wed, 19 Jan 2022 14:30:00 GMT", "2022-01-19T14:30:00Z"],
)  # fmt: skip
def test_a_time_without_a_zone_is_meant_in_the_operators(said: str) -> None:
    text = rss(f"<title>Ferry</title><pubDate>{said}</pubDate>")
    [draft] = parse(text.encode(), url=URL, timezone=ZoneInfo("Africa/Cairo")).items
    assert draft.published == MOMENT


def test_a_json_item_without_a_zone_is_meant_in_the_operators() -> None:
    text = json_feed({"title": "Ferry", "date_published": "2022-01-19T16:30:00"})
    [draft] = parse(text.encode(), url=URL, timezone=ZoneInfo("Africa/Cairo")).items
    assert draft.published == MOMENT


def test_where_the_date_of_publishing_is_none_that_of_the_change_counts() -> None:
    [draft] = feed(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Ferry</title><published>soon</published>'
        "<updated>2022-01-19T14:30:00Z</updated></entry></feed>"
    ).items
    assert draft.published == MOMENT


# How often to ask

SYNDICATION = '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">{}</sy:updatePeriod>'
FREQUENCY = '<sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">{}</sy:updateFrequency>'


@pytest.mark.parametrize(
    ("extra", "ttl"),
    [
        ("<ttl>60</ttl>", timedelta(hours=1)),
        (SYNDICATION.format("daily"), timedelta(days=1)),
        (SYNDICATION.format("Daily") + FREQUENCY.format("4"), timedelta(hours=6)),
        (SYNDICATION.format("hourly") + FREQUENCY.format("0"), timedelta(hours=1)),
        (SYNDICATION.format("hourly") + FREQUENCY.format("-1"), None),
        (SYNDICATION.format("sometimes"), None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>99999999999999</ttl>", None),
        ("", None),
    ],
)
def test_how_long_a_publisher_says_to_wait(extra: str, ttl: timedelta | None) -> None:
    assert feed(rss("Ferry", extra=extra)).ttl == ttl


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1256", "iso-8859-6", "utf-16"])
@pytest.mark.parametrize("declared", ["utf-8", "windows-1256", "iso-8859-6", "iso-8859-1"])
@pytest.mark.parametrize("charset", [None, "utf-8", "windows-1256", "iso-8859-1"])
def test_wrong_words_about_the_encoding_do_no_harm(encoding: str, declared: str, charset: str | None) -> None:
    text = rss(ARABIC_TITLE).replace('"1.0"?', f'"1.0" encoding="{declared}"?')
    [draft] = feed(text.encode(encoding), charset=charset).items
    assert draft.title == ARABIC_TITLE


@pytest.mark.parametrize("encoding", ["windows-1256", "iso-8859-6", "utf-16"])
@pytest.mark.parametrize(
    "text",
    [json_feed({"title": "x"}).replace("x", ARABIC_TITLE), rss(ARABIC_TITLE).replace("</channel></rss>", "&nbsp;")],
    ids=["json", "not-well-formed"],
)
def test_what_no_xml_parser_takes_is_found_to_be_no_utf8_as_well(text: str, encoding: str) -> None:
    [draft] = feed(text.encode(encoding)).items
    assert draft.title == ARABIC_TITLE


# Broken and hostile ones


@pytest.mark.parametrize(
    "text",
    [
        rss("Ferry").replace("</channel></rss>", ""),
        rss("Ferry").replace("</item>", ""),
        rss("Ferry", "Tom & Jerry"),
        rss("Ferry", "<title>Bridge<b></title>"),
        rss("Ferry", "a\x08b"),
        rss("Ferry") + "<script>tracking()</script>",
    ],
    ids="cut-off unclosed ampersand tag control trailer".split(),
)
def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_goes(text: str) -> None:
    assert feed(text).items[0].title == "Ferry"


@pytest.mark.parametrize("reference", ["&#xD800;", "&#x110000;", "&#0;", "&#8;", f"&#{'9' * 5_000};", "&#XdFfF;"])
def test_a_reference_to_no_letter_does_not_cost_the_feed(reference: str) -> None:
    found = feed(rss(f"<title>Fer{reference}ry &nbsp;&#x2693;</title><guid>{reference}7</guid>", "Bridge"))
    assert [(draft.title, draft.guid) for draft in found.items] == [("Ferry ⚓", "7"), ("Bridge", "Bridge")]


ENTITY = '<!ENTITY lol "ha"><!ENTITY lots "&lol;&lol;&lol;">'


@pytest.mark.parametrize(
    "prolog",
    [
        f"<!DOCTYPE rss [{ENTITY}]>",
        f'<!DOCTYPE rss [<!ENTITY x "]>">{ENTITY}]>',
        f"<!DOCTYPE x []><!DOCTYPE rss [{ENTITY}]>",
        f"<!-- <!DOCTYPE x> --><!DOCTYPE rss [{ENTITY}]>",
        f"<!-- <rss > --><!DOCTYPE rss [{ENTITY}]>",
        '<!DOCTYPE rss [<!ENTITY lots SYSTEM "file:///etc/hostname">]>',
    ],
    ids="plain bracket twice comment root-in-comment file".split(),
)
def test_entities_of_a_feeds_own_are_never_expanded(prolog: str) -> None:
    text = rss("<title>Ferry &lots;</title>").replace("?>", f"?>{prolog}", 1)
    assert [draft.title for draft in feed(text).items] == ["Ferry &lots;"]


def test_warnings_of_the_servers_program_before_a_feed_do_no_harm() -> None:
    warning = b"<br />\n<b>Warning</b>: Undefined variable $harbour in /srv/feed.php on line <b>12</b><br />\n"
    assert [draft.title for draft in feed(warning * 1_000 + rss("Ferry").encode()).items] == ["Ferry"]


def test_a_page_that_shows_the_source_of_a_feed_is_a_page() -> None:
    page = "<!DOCTYPE html><html><body>" + "<p>How feeds are made.</p>" * 1_000 + "<pre><rss><channel><item><title>A"
    with pytest.raises(NotAFeed, match="an HTML page"):
        feed(page)


def test_a_prolog_without_end_takes_no_time_to_refuse() -> None:
    with pytest.raises(NotAFeed):
        feed("<!DOCTYPE a [" * 200_000)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (rss(*("Ferry",) * (MOST_ITEMS + 1)), MOST_ITEMS),
        (json_feed(*({"title": "Ferry"},) * (MOST_ITEMS + 1)), MOST_ITEMS),
    ],
    ids=["rss", "json"],
)
def test_of_an_archive_the_first_items_are_read_and_that_is_said(text: str, most: int) -> None:
    found = feed(text)
    assert (len(found.items), found.problems) == (most, (f"only its first {most} items are read",))
    assert found.title == "Harbour News"


def test_what_is_not_seen_and_can_not_be_stored_is_taken_out_of_json() -> None:
    said = {"id": "\ud8007", "title": "Fer\ud800ry", "content_text": "a\x00\ud800\u202eb", "url": "/\ud800"}
    assert feed(json_feed(said)).items == (Draft(title="Ferry", body="ab", guid="7"),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "this is empty"),
        ("<!DOCTYPE html><html><body>Sorry</body></html>", "this is an HTML page"),
        ("<?xml version='1.0'?><urlset></urlset>", "this is something else"),
        ("Not found", "this is something else"),
        ("{", "this is no JSON ("),
        ('{"error": "gone"}', 'this is JSON without a list under "items"'),
        ('{"items": {}}', 'this is JSON without a list under "items"'),
        ('{"items": ' + "[" * 100_000, "this is no JSON ("),
    ],
)
def test_what_is_no_feed_is_said_to_be_what_it_is(text: str, reason: str) -> None:
    with pytest.raises(NotAFeed) as refused:
        feed(text)
    assert str(refused.value).startswith(reason)
    assert "; expected " in str(refused.value)


def test_a_feed_without_items_is_a_feed() -> None:
    assert feed(rss()) == Feed(title="Harbour News", language=None, ttl=None, items=())


@given(st.text(max_size=200), st.binary(max_size=40))
def test_nothing_in_an_item_ends_the_reading(text: str, data: bytes) -> None:
    found = feed(rss("Ferry", f"<title>{text}</title>").encode("utf-8", "replace") + data)
    assert found.items[0].title == "Ferry"


# Feeds that a page links to


def test_the_feeds_of_a_page_are_found_in_its_order() -> None:
    page = (
        '<html><head><link rel="stylesheet" href="/s.css"><link rel="alternate" hreflang="ar" href="/ar">'
        '<link rel="alternate" type="application/rss+xml" href="/rss">'
        '<LINK REL="Alternate" TYPE="Application/Atom+XML" HREF="https://a.example/atom">'
        '<link rel="alternate" type="application/rss+xml" href="/rss">'
        '<link rel="alternate" type="application/feed+json" href="feed.json">'
        '<link rel="alternate" type="application/rss+xml" href="">'
        '<link rel="alternate" type="application/rss+xml"></head><body>x</body></html>'
    )
    assert discover(page, "https://harbour.example/news/") == [
        "https://harbour.example/rss",
        "https://a.example/atom",
        "https://harbour.example/news/feed.json",
    ]


@pytest.mark.parametrize("page", ["", " ", "text", "<html></html>", "<!-- -->"])
def test_a_page_without_links_has_no_feeds(page: str) -> None:
    assert discover(page, URL) == []


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/json" href="feed.json">',
        '<link rel="alternate" type="text/xml" href="feed.json">',
        '<link rel="alternate" type="application/xml" href="feed.json">',
        '<link rel="alternate" type="application/rss+xml; charset=UTF-8" href="feed.json">',
        '<link rel="alternate" type=" Application/RSS+XML" href="feed.json">',
        '<link rel="feed" href="feed.json">',
        '<link rel="alternate feed" href="feed.json">',
        '<link rel="alternate" href="feed.json">',
        '<a rel="feed" href="feed.json">Feed</a>',
        '<a rel="alternate" type="application/atom+xml" href="feed.json">Feed</a>',
        '<link rel="alternate" type="application/rss+xml" href=" feed.json ">',
    ],
)
@pytest.mark.parametrize("base", ["", '<base href="/blog/">', '<base href="https://harbour.example/blog/x">'])
def test_a_feed_is_found_however_its_page_names_it(link: str, base: str) -> None:
    page = f'<html><head>{base}<link rel="stylesheet" href="/a.css">{link}</head><body></body></html>'
    assert discover(page, "https://harbour.example/blog/") == ["https://harbour.example/blog/feed.json"]


def test_what_is_surely_the_feed_comes_first_and_feeds_of_comments_last() -> None:
    page = (
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" type="application/rss+xml" title="Quay Comments Feed" href="/1/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Quay" href="/feed/">'
        '<link rel="alternate" type="application/json+oembed" href="/oembed?format=json">'
        '<link rel="alternate" hreflang="ar" href="/ar/">'
    )
    assert discover(page, "https://h.example/") == [
        "https://h.example/feed/",
        "https://h.example/wp-json/wp/v2/posts/1",
        "https://h.example/1/feed/",
    ]


def test_a_server_may_name_the_feed_of_its_page() -> None:
    header = '</style.css>; rel=preload, </feed>; rel="alternate"; type="application/rss+xml"'
    assert discover("<html></html>", "https://h.example/a", [header]) == ["https://h.example/feed"]


def test_a_mistake_in_reading_one_item_costs_that_item_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(html: str) -> str:
        if "broken" in html:
            raise LookupError("no such row")
        return html

    monkeypatch.setattr("bot.ingest.formats.feed.strip_footer", fails)
    items = "".join(
        f"<item><title>{word}</title><description>{word}</description></item>" for word in ("broken", "whole")
    )
    found = feed(f"<rss><channel>{items}</channel></rss>")
    assert [draft.title for draft in found.items] == ["whole"]
    assert found.problems == ("item 1 can't be read: LookupError: no such row",)
