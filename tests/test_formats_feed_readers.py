"""Feeds as the field has them: what only one of the readers that people use can read, and what has no end."""

import gzip
from typing import Any

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAFeed
from bot.ingest.formats.feed import LONGEST, parse, parse_channel
from bot.text.document import read_document, stored_form, to_telegram
from bot.text.html import LONGEST_LINE
from storage.records.documents import Picture
from tests.site import rss
from tests.test_formats_feed import ARABIC_TITLE, MOMENT, URL, feed, item, json_feed

TWO = ["Ferry", "Bridge"]
XHTML = "http://www.w3.org/1999/xhtml"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'


def titles(text: str | bytes) -> list[str]:
    return [draft.title for draft in feed(text).items]


@pytest.mark.parametrize(
    "text",
    [
        rss(*TWO).replace("</item>", ""),
        rss(*TWO).replace("</title>", ""),
        rss(*TWO).replace("</title>", "</titel>"),
        rss(*TWO).replace("<item>", "<item><dc:date>2022-01-19</dc:date>"),
        rss(*TWO).replace("<item>", "<item><link>https://a.example/<guid>7"),
        rss(*TWO).replace("<item>", "<item><a b='1' b='2' c=3 d \"'>"),
        rss(*TWO).replace("<item>", "<item><description><b><i>x</b></i><br></description>"),
        rss(*TWO).replace("<item>", "<item></channel><description>a < b && c &nbsp; &bogus; </p>"),
        rss(*TWO).replace("<item>", "<item>" + "<deep>" * 5_000),
        rss(*TWO).replace("item>", "ITEM>"),
        "<feed><entry><title>Ferry</title></entry><entry><title>Bridge</title></entry></feed>",
        ATOM.format("<entry><title>Ferry</title><link href='/a'><entry><title>Bridge</title>"),
        '<a:feed xmlns:a="https://www.w3.org/2005/Atom/"><a:entry><a:title>Ferry</a:title></a:entry>'
        "<a:entry><a:title>Bridge</a:title></a:entry></a:feed>",
        "<rss><item><title>Ferry</title></item><item><title>Bridge</title></item></rss>",
        f"Warning: mysql_connect() in /var/www/feed.php on line 3\n<br />{rss(*TWO)}",
        f"<html><body>{rss(*TWO)}</body></html>",
        "<rss:rss><rss:channel><rss:item rdf:about=https://a.example/><rss:title>Ferry</rss:title></rss:item>"
        "<rss:item rdf:about=https://a.example/b/ ><rss:title>Bridge</rss:title></rss:item></rss:channel></rss:rss>",
        "<rss:RDF xmlns:rss=http://purl.org/rss/1.0/><rss:item rdf:about=/a/><rss:title>Ferry</rss:title>"
        "<rss:enclosure url=/a.jpg/></rss:item><rss:item/>"
        "<rss:item><rss:title>Bridge</rss:title></rss:item></rss:RDF>",
        rss(*TWO)[: rss(*TWO).rindex("</title>")],
        rss(*TWO)[: rss(*TWO).rindex("</title>") + 4],
    ],
)
def test_all_items_of_a_broken_feed_are_read(text: str) -> None:
    assert titles(text) == TWO


@pytest.mark.parametrize(
    "text",
    [rss(*TWO), rss(*TWO).replace("<item>", "<item><dc:date/>"), json_feed({"title": "Ferry"}, {"title": "Bridge"})],
    ids=["well-formed", "mended", "json"],
)
def test_a_file_that_was_compressed_before_it_was_served_is_read(text: str) -> None:
    assert titles(gzip.compress(text.encode())) == TWO
    with pytest.raises(NotAFeed, match="decompressed"):
        feed(b"\x1f\x8bno gzip")


def test_a_compressed_feed_may_be_as_large_as_any_other_and_no_larger() -> None:
    text = rss(*(f"<title>{'ferry ' * 50}{n}</title>" for n in range(100))).encode()
    packed = gzip.compress(text)
    assert len(parse(packed, url="https://a.example/feed", most_bytes=len(text)).items) == 100
    with pytest.raises(NotAFeed, match="when it is decompressed"):
        parse(packed, url="https://a.example/feed", most_bytes=len(text) - 1)


def test_an_item_in_an_item_is_an_item_where_the_feed_is_well_formed() -> None:
    inner = "<title>Ferry</title><item><title>Bridge</title></item><guid>1</guid>"
    assert [(draft.title, draft.guid) for draft in feed(rss(inner)).items] == [("Ferry", "1"), ("Bridge", None)]


@pytest.mark.parametrize("broken", ["", "<dc:date/>"], ids=["well-formed", "mended"])
@pytest.mark.parametrize(
    ("links", "address"),
    [
        ('<link rel="self" href="/s"/><link rel="alternate" href="/a"/>', "/a"),
        ('<link rel="enclosure" href="/a.mp3"/><link href="/a"/>', "/a"),
        ('<link rel="alternate" type="application/json" href="/j"/><link rel="alternate" href="/a"/>', "/a"),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="/a"/>', "/a"),
        ('<link rel="related" href="/r"/>', "/r"),
        ('<link rel="replies" href="/r"/>', None),
        ("<id>https://harbour.example/7</id>", "/7"),
        ("<id>tag:harbour.example,2022:/7</id>", None),
        ('<link xml:base="/sea/" href="a"/>', "/sea/a"),
    ],
)
def test_the_articles_own_page_is_told_from_what_belongs_to_it(links: str, address: str | None, broken: str) -> None:
    [draft] = feed(ATOM.format(f"<entry><title>Ferry</title>{links}{broken}</entry>")).items
    assert draft.url == (address and f"https://harbour.example{address}")


@pytest.mark.parametrize("base", ["https://other.example/x/", "//other.example/x/", "https://other.example/x/#a"])
def test_relative_links_are_relative_to_what_the_feed_says(base: str) -> None:
    entry = (
        "<entry><title>F</title><link href='a'/><content type='html'>&lt;a href='b'&gt;c&lt;/a&gt;</content></entry>"
    )
    [draft] = feed(ATOM.replace(">{}", f' xml:base="{base}">{entry}')).items
    assert draft.url == "https://other.example/x/a"
    assert to_telegram(read_document(draft.document, draft.body)) == '<a href="https://other.example/x/b">c</a>'


def test_a_file_from_nowhere_has_links_relative_to_its_own_site() -> None:
    text = rss("<title>Ferry</title><link>/a</link>", extra="<link>https://harbour.example/</link>")
    assert parse(text.encode(), url="").items[0].url == "https://harbour.example/a"


@pytest.mark.parametrize(
    "name",
    ["dc:date", "prism:publicationDate", "a10:updated", "x:pubDate", "PubDate", "published", "dcterms:issued"],
)
@pytest.mark.parametrize("declared", ["", ' xmlns:{}="https://names.example/{}"'])
def test_a_date_is_found_under_any_name(name: str, declared: str) -> None:
    prefix = name.partition(":")[0]
    space = declared.format(prefix, prefix) if ":" in name else ""
    assert item(f"<title>Ferry</title><{name}{space}>2022-01-19T14:30:00Z</{name}>").published == MOMENT


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (f'<content type="xhtml"><div xmlns="{XHTML}"><p>A</p><p>B</p></div></content>', "A\n\nB"),
        (f'<content type="xhtml"><h:div xmlns:h="{XHTML}"><h:p>A</h:p><h:p>B</h:p></h:div></content>', "A\n\nB"),
        ("<content><p>A</p><p>B<a/> &lt; C</p></content>", "A\n\nB < C"),
        ('<content type="html">&lt;p&gt;A&lt;/p&gt;&lt;p&gt;B &amp;amp; C&lt;/p&gt;</content>', "A\n\nB & C"),
        ('<content type="text">a &lt;b and c&gt; d</content>', "a <b and c> d"),
        ('<content type="text">&lt;p&gt;A&lt;/p&gt;&lt;p&gt;B&lt;/p&gt;</content>', "A\n\nB"),
        ('<content type="text/plain">a &lt;b and c&gt; d</content>', "a <b and c> d"),
        ('<content type="TEXT/HTML; charset=utf-8">&lt;p&gt;A&lt;/p&gt;</content>', "A"),
        ('<content mode="base64" type="text/html">PHA+QTwvcD48cD5CPC9wPg==</content>', "A\n\nB"),
        ('<content mode="base64" type="text/plain">YSA8YiBhbmQgYz4gZA==</content>', "a <b and c> d"),
        ('<content type="application/octet-stream">\nPHA+QTwv\n  cD48cD5CPC9wPg==\n</content>', "A\n\nB"),
        ('<content type="image/png">iVBORw0KGgo=</content><content>A</content>', "A"),
        ('<content type="text/html">PHA</content>', "PHA"),
        ('<content type="application/xml">PHA</content>', "PHA"),
    ],
)  # fmt: skip
def test_a_text_is_read_as_it_was_written(content: str, body: str) -> None:
    [draft] = feed(ATOM.format(f"<entry><title>Ferry</title>{content}</entry>")).items
    assert draft.body == body


@pytest.mark.parametrize("quote", ["&#146;", "&#x92;", "&amp;#146;", "&amp;#x92;", "\x92", "<![CDATA[&#146;]]>"])
@pytest.mark.parametrize("broken", ["", "&nbsp;"])
def test_a_number_of_windows_1252_is_the_letter_that_it_means(quote: str, broken: str) -> None:
    text = f"The mayor{quote}s plan"
    draft = item(f"<title>{text}</title><description>{text}</description><author>O{quote}Neil{broken}</author>")
    assert (draft.title, draft.body) == ("The mayor’s plan", "The mayor’s plan")
    assert draft.author == "O’Neil"


def test_a_number_of_windows_1252_in_json_is_the_letter_that_it_means() -> None:
    [draft] = feed(json_feed({"title": "The mayor\x92s plan", "content_html": "It&#146;s"})).items
    assert (draft.title, draft.body) == ("The mayor’s plan", "It’s")


def test_a_style_sheet_before_a_text_is_neither_title_nor_text() -> None:
    draft = item("<link>https://a.example/</link><description>p { margin: 0 } The ferry sank.</description>")
    assert (draft.title, draft.body) == ("The ferry sank.", "The ferry sank.")


def test_a_videos_group_gives_its_text_and_picture() -> None:
    media = "http://search.yahoo.com/mrss"  # most forget its final slash
    group = (
        "<media:title>Other</media:title><media:thumbnail url='/a.jpg'/>"
        "<media:description>At noon.</media:description>"
    )
    draft = item(f"<title>Ferry</title><media:group xmlns:media='{media}'>{group}</media:group>")
    assert (draft.title, draft.body, draft.image_url) == ("Ferry", "At noon.", "https://harbour.example/a.jpg")


def test_what_a_group_holds_stands_behind_what_the_item_says_by_a_better_name() -> None:
    media = "http://search.yahoo.com/mrss/"
    group = f"<media:group xmlns:media='{media}'><media:title>Other</media:title></media:group>"
    assert item(f"{group}<title>Ferry</title>").title == "Ferry"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>mona@harbour.example (Mona)</author>", "Mona"),
        ("<author><name>Mona</name><email>mona@harbour.example</email></author>", "Mona"),
        ("<dc:creator>Mona</dc:creator>", "Mona"),
        ("<author/><dc:creator>Mona</dc:creator>", "Mona"),
    ],
)
def test_an_author_is_a_name(author: str, name: str) -> None:
    assert item(f"<title>Ferry</title>{author}").author == name


def test_the_source_of_an_item_does_not_take_its_place() -> None:
    source = (
        "<source><title>The Pier</title><id>9</id><updated>2001-01-01T00:00:00Z</updated><link href='/p'/></source>"
    )
    [draft] = feed(ATOM.format(f"<entry>{source}<title>Ferry</title><id>7</id></entry>")).items
    assert draft == Draft(title="Ferry", guid="7", publisher="The Pier")


@pytest.mark.parametrize("encoded", ["latin-1", "cp1252"])
def test_what_was_encoded_twice_is_read(encoded: str) -> None:
    text = "L’été à midi" if encoded == "cp1252" else ARABIC_TITLE
    assert item(f"<title>{text.encode().decode(encoded)}</title>").title == text
    assert item("<title>São Ângela Ã</title>").title == "São Ângela Ã"


@pytest.mark.parametrize(
    ("said", "draft"),
    [
        ({"id": "https://harbour.example/7"}, Draft(title="F", url="https://harbour.example/7", guid="https://harbour.example/7")),
        ({"authors": ["Mona"]}, Draft(title="F", author="Mona")),
        ({"author": {"name": "Mona"}}, Draft(title="F", author="Mona")),
        ({"content_text": "a\tb"}, Draft(title="F", body="a b")),
        ({"content_text": "One.\nTwo <b>."}, Draft(title="F", body="One.\n\nTwo <b>.")),
        (
            {"attachments": [{"url": "/a.jpg", "mime_type": "image/jpeg"}]},
            Draft(
                title="F",
                document=stored_form((Picture("https://harbour.example/a.jpg"),)),
                image_url="https://harbour.example/a.jpg",
            ),
        ),
    ],
)  # fmt: skip
def test_a_json_item_is_read_by_what_is_in_it(said: dict[str, Any], draft: Draft) -> None:
    text = json_feed({"title": "F"} | said).replace("\\t", "\t")
    assert feed(text + "\n<!-- cached -->").items == (draft,)


def test_a_body_without_end_is_cut() -> None:
    [draft] = feed(rss(f"<title>Ferry</title><description>{'word ' * 300_000}</description>")).items
    assert len(draft.body) < LONGEST


@pytest.mark.parametrize(
    "bait",
    ["<a ", '<a b="', "<a b='\"", "</a ", "<!--", "<![CDATA[", "<a a=", "&a", "&#0", "<", "<item", "a " * 9, "<x:y ",
     "<a" + " " * 999, "<a b" + "b" * 999],
)  # fmt: skip
def test_no_markup_takes_more_than_linear_time(bait: str) -> None:
    """Quadratic, this would take hours."""
    text = rss("Ferry", f"<title>x</title><description>{bait * (4_000_000 // len(bait))}")
    assert "Ferry" in [entry.title for entry in parse_channel(text.encode(), url=URL).entries]


def test_lines_as_long_as_a_book_are_cut_before_they_reach_the_bot() -> None:
    book = "ferry " * 50_000
    feed = parse(
        rss(
            f"<title>{book}</title><category>{book}</category><author>{book}</author><source>{book}</source>",
            title=book,
        ).encode(),
        url="https://harbour.example/feed",
    )
    [item] = feed.items
    lines = (feed.title, item.title, item.category, item.author, item.publisher)
    assert all(line and len(line) <= LONGEST_LINE for line in lines)
