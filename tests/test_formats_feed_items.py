"""What publishers put into their items: titles that speak of HTML, links with blanks, pictures without a word."""

import pytest

from bot.ingest.draft import Draft
from bot.ingest.formats.feed import Feed, parse
from bot.ingest.formats.feed_footers import strip_footer
from bot.ingest.formats.feed_titles import title_line
from bot.text.document import read_document, to_telegram
from bot.text.html import escape, to_text
from tests.site import rss
from tests.test_formats_feed import json_feed

URL = "https://feeds.example/harbour/rss.xml"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Code</title>{}</feed>'
LINK = "<link>https://harbour.example/</link>"


def feed(text: str, url: str = URL) -> Feed:
    return parse(text.encode(), url=url)


def item(inner: str, channel: str = "") -> Draft:
    [draft] = feed(rss(inner, extra=channel)).items
    return draft


def entry(inner: str, attributes: str = "") -> Draft:
    [draft] = feed(ATOM.format(f"<entry{attributes}>{inner}</entry>")).items
    return draft


# Titles


@pytest.mark.parametrize(
    ("kind", "written", "title"),
    [
        ("text", "Map&lt;K, V&gt; or List&lt;T&gt;?", "Map<K, V> or List<T>?"),
        ("text", "The &lt;body&gt; of it", "The <body> of it"),
        ("text", "Ferry &amp;amp; bridge", "Ferry & bridge"),
        ("html", "Style a &amp;lt;dialog&amp;gt;", "Style a <dialog>"),
        ("html", "&amp;lt;b&amp;gt; is not &amp;lt;strong&amp;gt;", "<b> is not <strong>"),
        ("html", "&amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt;", "<b>bold</b>"),
        ("html", "&lt;b&gt;Ferry&lt;/b&gt; sails", "Ferry sails"),
        ("html", "Ferry&amp;#8217;s crew", "Ferry’s crew"),
        ("html", "<![CDATA[Style a <dialog> today]]>", "Style a <dialog> today"),
        ("xhtml", '<div xmlns="http://www.w3.org/1999/xhtml">A <em>new</em> &lt;blink&gt;</div>', "A new <blink>"),
    ],
)
def test_a_title_is_read_as_its_type_says(kind: str, written: str, title: str) -> None:
    assert entry(f'<title type="{kind}">{written}</title>').title == title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Style a &lt;dialog&gt; today", "Style a <dialog> today"),
        ("Style a &amp;lt;dialog&amp;gt; today", "Style a <dialog> today"),
        ("<![CDATA[Why Map<K, V> wins]]>", "Why Map<K, V> wins"),
        ("&lt;b&gt;Ferry&lt;/b&gt; &lt;span class='x'&gt;sails", "Ferry sails"),
        ("&amp;lt;b&amp;gt;Ferry&amp;lt;/b&amp;gt; sails", "Ferry sails"),
        ("Where the &lt;b&gt; tag came from", "Where the <b> tag came from"),
        ("a&lt;b and c&gt;d", "a<b and c>d"),
        ("We &lt;3 ferries", "We <3 ferries"),
        ("&lt;![CDATA[Ferry sails]]&gt;", "Ferry sails"),
        ("&lt;![CDATA[Ferry &lt;b&gt;sails&lt;/b&gt;", "Ferry sails"),
        ("Ferry &#55357;&#56832;", "Ferry 😀"),
        ("Ferry &amp;#55357;&amp;#56832;", "Ferry 😀"),
    ],
)
def test_a_title_of_rss_may_be_html_or_speak_of_it(written: str, title: str) -> None:
    assert item(f"<title>{written}</title>").title == title


@pytest.mark.parametrize(
    "blank",
    ["\u200b", "\u200e\u200f", "\u00a0", "&amp;nbsp;", "\u2060\ufeff", "\u061c", "\u2800", "\u3164\u115f", "\u00ad",
     "\ufe0f\u200d", "-", "…", "***", "Untitled", "(no title)", "بدون عنوان", "&lt;p&gt;&lt;/p&gt;", "\u2066\u2069",
     "\U000e0020"],
)  # fmt: skip
def test_a_title_with_nothing_to_see_in_it_gives_way_to_the_opening_of_the_text(blank: str) -> None:
    assert item(f"<title>{blank}</title><description>Gulls came back.</description>").title == "Gulls came back."


def test_marks_around_a_title_are_left_out_and_those_within_stay() -> None:
    assert title_line("\u200f\u200bالقطار\u200cالسريع\u200e") == "القطار\u200cالسريع"


def test_a_title_that_is_a_sign_is_kept_where_there_is_no_text() -> None:
    assert item("<title>?</title>").title == "?"
    assert item("<title>🎉</title><description>Gulls came back.</description>").title == "🎉"


# Links


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://harbour.example/news/The new quay", "https://harbour.example/news/The%20new%20quay"),
        ("<![CDATA[//harbour.example/The new quay]]>", "https://harbour.example/The%20new%20quay"),
        ("&lt;![CDATA[https://harbour.example/1]]&gt;", "https://harbour.example/1"),
        ("https://harbour.example/?a=1&amp;amp;b=2", "https://harbour.example/?a=1&b=2"),
        ("\n\thttps://harbour.example/\n1\n", "https://harbour.example/1"),
        ("https://harbour.example/a|b", "https://harbour.example/a|b"),
    ],
)
def test_a_link_is_read_as_a_browser_would(link: str, address: str) -> None:
    assert item(f"<title>Quay</title><link>{link}</link>").url == address


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (LINK, "https://harbour.example/posts/1"),
        (f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{URL}"/>{LINK}',
         "https://harbour.example/posts/1"),
        ("<link>//harbour.example</link>", "https://harbour.example/posts/1"),
        ("", "https://feeds.example/posts/1"),
        ("<link>mailto:desk@harbour.example</link>", "https://feeds.example/posts/1"),
    ],
)  # fmt: skip
def test_relative_addresses_are_relative_to_the_site_that_the_channel_names(channel: str, address: str) -> None:
    said = '<title>Quay</title><link>/posts/1</link><description>&lt;img src="/a.jpg"&gt; x</description>'
    draft = item(said, channel)
    assert draft.url == address
    assert draft.image_url == address.replace("posts/1", "a.jpg")


@pytest.mark.parametrize(
    ("channel", "attributes", "address"),
    [
        ('<link href="https://harbour.example/"/>', "", "https://harbour.example/a"),
        ('<link rel="self" href="https://x.example/f"/>', "", "https://feeds.example/harbour/a"),
        ('<link href="https://feeds.example/"/>', "", "https://feeds.example/harbour/a"),
        (
            '<link href="https://harbour.example/"/>',
            ' xml:base="https://base.example/b/"',
            "https://base.example/b/a",
        ),
    ],
)
def test_in_atom_the_base_that_is_said_comes_first(channel: str, attributes: str, address: str) -> None:
    inner = f'{channel}<entry{attributes}><title>Quay</title><link href="a"/></entry>'
    assert feed(ATOM.format(inner)).items[0].url == address


@pytest.mark.parametrize(
    "inner",
    [
        '<enclosure url="https://cdn.example/12.mp3" type="audio/mpeg" length="1"/>',
        '<enclosure url="https://cdn.example/12.mp3"/>',
        '<media:content url="https://cdn.example/12.mp3" type="audio/mpeg" xmlns:media="http://search.yahoo.com/mrss/"/>',
        '<media:group xmlns:media="http://search.yahoo.com/mrss/"><media:content url="https://cdn.example/12.mp3"/>'
        "</media:group>",
        '<enclosure url="/a.jpg" type="image/jpeg"/><enclosure url="https://cdn.example/12.mp3" type="audio/mpeg"/>',
        '<guid isPermaLink="false">ep/12</guid><enclosure url="https://cdn.example/12.mp3" type="audio/mpeg"/>',
    ],
)
def test_an_episode_without_a_page_links_to_what_comes_with_it(inner: str) -> None:
    assert item(f"<title>Episode 12</title>{inner}").url == "https://cdn.example/12.mp3"


def test_a_page_comes_before_what_comes_with_it() -> None:
    sound = '<enclosure url="https://cdn.example/12.mp3" type="audio/mpeg"/>'
    assert item(f"<title>12</title>{sound}<link>https://h.example/12</link>").url == "https://h.example/12"
    assert item(f"<title>12</title>{sound}<guid>https://h.example/12</guid>").url == "https://h.example/12"
    assert item('<title>12</title><enclosure url="https://h.example/a.jpg" type="image/jpeg"/>').url is None


@pytest.mark.parametrize("as_json", [False, True])
def test_an_attached_sound_is_the_link_in_other_formats_too(as_json: bool) -> None:
    attached = {"url": "https://cdn.example/12.mp3", "mime_type": "audio/mpeg"}
    text = (
        json_feed({"title": "12", "attachments": [attached]})
        if as_json
        else ATOM.format('<entry><title>12</title><link rel="enclosure" href="https://cdn.example/12.mp3"/></entry>')
    )
    assert feed(text).items[0].url == "https://cdn.example/12.mp3"


# Pictures


def html(markup: str) -> str:
    return f"<description>{escape(markup)}</description>"


MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


@pytest.mark.parametrize(
    ("inner", "title", "picture"),
    [
        (html('<p><img src="https://s.example/1.jpg" alt="Gulls at night"></p>'), "Gulls at night", "1.jpg"),
        (html('<img src="https://s.example/1.jpg" alt="IMG_2041.jpg" title="Gulls">'), "Gulls", "1.jpg"),
        (html('<a href="/x"><img src="https://s.example/1.jpg" alt=""></a>'), "social.example/@mona/7", "1.jpg"),
        (html('<video src="https://s.example/3.mp4"></video>'), "social.example/@mona/7", "3.mp4"),
        (html('<video poster="https://s.example/3.jpg"><source src="https://s.example/3.mp4"></video>'),
         "social.example/@mona/7", "3.jpg"),
        (html('<video controls><source src="https://s.example/3.mp4" type="video/mp4"></video>'),
         "social.example/@mona/7", "3.mp4"),
        (f'<media:content url="https://s.example/2.jpg" medium="image" {MEDIA}/>', "social.example/@mona/7", "2.jpg"),
        (f'<media:content url="https://s.example/2.mp4" {MEDIA}/>', "social.example/@mona/7", "2.mp4"),
        ('<enclosure url="https://s.example/2.jpg" type="image/jpeg"/>', "social.example/@mona/7", "2.jpg"),
        (f"<title>\u200b</title>{html('<img src=https://s.example/1.jpg alt=Gulls>')}", "Gulls", "1.jpg"),
    ],
)  # fmt: skip
def test_a_picture_without_a_word_is_called_by_what_stands_for_it(inner: str, title: str, picture: str) -> None:
    draft = item(f"<link>https://social.example/@mona/7</link>{inner}")
    assert (draft.title, draft.image_url) == (title, f"https://s.example/{picture}")
    assert draft.url == "https://social.example/@mona/7"


def test_a_picture_that_is_all_there_is_links_to_itself() -> None:
    draft = item(html('<img src="https://s.example/gulls.jpg">'))
    assert (draft.title, draft.url) == ("s.example/gulls.jpg", "https://s.example/gulls.jpg")


def test_an_item_with_nothing_to_show_is_dropped_and_counted() -> None:
    read = feed(rss("Ferry", "<link>https://a.example/</link>", html('<img src="https://stats.example/p.gif">')))
    assert [draft.title for draft in read.items] == ["Ferry"]
    assert [line.partition(" has ")[0] for line in read.problems] == ["item 2", "item 3"]


@pytest.mark.parametrize(
    "counter",
    [
        '<img src="https://c.example/x.gif" width="1" height="1">',
        "<img width=1 height=1 src=https://c.example/x.gif>",
        '<img src="https://c.example/x.gif" height="0">',
        '<img src="https://c.example/x.gif" width="1px">',
        '<img src="https://c.example/x" style="width:1px;height:1px">',
        '<img src="https://c.example/x" style="border:0; display: none">',
        '<img src="https://pixel.example/x">',
        '<img src="https://feeds.example/~r/harbour/~4/abc">',
        '<img src="https://www.c.example/spacer.gif">',
        '<img src="https://c.example/track?item=7">',
        '<img src="https://s.w.org/images/core/emoji/2.4/72x72/1f600.png" class="wp-smiley" alt="😀">',
        '<img src="https://c.example/share.png" width="16" height="16">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP">',
    ],
)
def test_what_counts_readers_is_no_picture(counter: str) -> None:
    assert item(f"<title>Quay</title>{html('<p>Gulls.</p>' + counter)}").image_url is None
    beside = html(f'{counter}<p>Gulls.</p><img src="https://harbour.example/gulls.jpg" width="640" height="1024">')
    assert item(f"<title>Quay</title>{beside}").image_url == "https://harbour.example/gulls.jpg"


def test_a_picture_that_is_loaded_later_is_found() -> None:
    lazy = html('<img src="data:image/gif;base64,R0" data-src="/gulls.jpg" alt="Gulls">')
    assert item(f"<title>Quay</title>{lazy}", LINK).image_url == "https://harbour.example/gulls.jpg"


def test_a_counter_among_the_media_is_no_picture() -> None:
    media = f'<media:thumbnail {MEDIA} url="https://c.example/x.gif" width="1" height="1"/>'
    assert item(f"<title>Quay</title>{media}").image_url is None


# What programs add


@pytest.mark.parametrize(
    "footer",
    [
        '<p>The post <a href="https://h.example/1">Gulls</a> appeared first on <a href="https://h.example">Quay</a>.</p>',
        '<p>The post <a href="https://h.example/1">Gulls</a> first appeared on <a href="https://h.example">Quay</a>.</p>',
        '<p>ظهرت المقالة <a href="https://h.example/1">النوارس</a> أولاً على <a href="https://h.example">الرصيف</a>.</p>',
        '<p>ظهرت المقالة <a href="https://h.example/1">النوارس</a> أولًا على <a href="https://h.example">الرصيف</a>.</p>',
        '<p>نُشرت المقالة <a href="https://h.example/1">النوارس</a> أولا على <a href="https://h.example">الرصيف</a></p>',
        '<p>Der Beitrag <a href="https://h.example/1">Möwen</a> erschien zuerst auf <a href="https://h.example">Kai</a>.</p>',
        '<p>L&#8217;article <a href="/1">Mouettes</a> est apparu en premier sur <a href="/">Quai</a>.</p>',
        '<p>La entrada <a href="/1">Gaviotas</a> se publicó primero en <a href="/">Muelle</a>.</p>',
        '<p>L&#8217;articolo <a href="/1">Gabbiani</a> proviene da <a href="/">Molo</a>.</p>',
        '<p>O post <a href="/1">Gaivotas</a> apareceu primeiro em <a href="/">Cais</a>.</p>',
        '<p><a href="/1">Martılar</a> yazısı ilk önce <a href="/">Rıhtım</a> üzerinde ortaya çıktı.</p>',
        '<p>Запись <a href="/1">Чайки</a> впервые появилась <a href="/">Причал</a>.</p>',
        '<p>نوشته <a href="/1">مرغان</a> اولین بار در <a href="/">اسکله</a>. پدیدار شد.</p>',
        '<p>投稿 <a href="/1">カモメ</a> は <a href="/">埠頭</a> に最初に表示されました。</p>',
        "<p><a href='/1'>Continue reading <span>Gulls</span> <span>&rarr;</span></a></p>",
        '<p><a class="more-link" href="/1">Read more</a></p>',
        '<p><a href="/1">اقرأ المزيد</a></p>',
        '<p><a href="/1">Weiterlesen &raquo;</a></p>',
    ],
)
def test_what_programs_add_to_a_text_is_left_out(footer: str) -> None:
    for end in ("", "\n", '<img src="https://stats.example/p.gif" width="1">'):
        draft = item(f"<title>Gulls</title>{html(f'<p>They came back to <b>the quay</b>.</p>{footer}{end}')}")
        assert draft.body == "They came back to the quay."
        shown = to_telegram(read_document(draft.document, draft.body))
        assert shown == "They came back to <b>the quay</b>."


@pytest.mark.parametrize(
    ("written", "body"),
    [
        ("They came back […]", "They came back…"),
        ("They came back [&#8230;]", "They came back…"),
        ("<p>They came back [...]</p>", "They came back…"),
        ("They came back. Continue reading Gulls →", "They came back."),
        ("They came back… Read more »", "They came back…"),
        ("They came back (more…)", "They came back…"),
        ("They came back […] The post Gulls appeared first on Quay.", "They came back…"),
        (
            "<p>They came back [&hellip;]</p>\n<p>The post <a>Gulls</a> appeared first on <a>Quay</a>.</p>",
            "They came back…",
        ),
    ],
)
def test_an_excerpt_ends_with_its_last_word(written: str, body: str) -> None:
    assert item(f"<title>Gulls</title>{html(written)}").body == body
    both = f"<description>{escape(written)}</description><content:encoded>Much longer than that.</content:encoded>"
    assert item(f"<title>Gulls</title>{both}").lead == body


@pytest.mark.parametrize(
    "text",
    [
        "More than forty came back.",
        "They came back. More than forty of them.",
        "Read more books, he said.",
        "The article that appeared on Monday was wrong.",
        "The post office first appeared on a map of 1903. It was closed in 1950, reopened in 1961, and "
        "it was sold last year to a firm that wants to make a hotel of it, which the council did not like; "
        "the firm went to court and won.",
        "He spoke of [three dots].",
        "المزيد من الأمطار غداً في الساحل.",
    ],
)
def test_news_that_look_like_such_words_stay(text: str) -> None:
    assert to_text(strip_footer(f"<p>{text}</p>")) == text


@pytest.mark.parametrize(
    "beginning",
    ["The post ", "<a>Read more ", "<p><span>", "[ ", ".", "Continue reading ", "Artikel pertama ", "[…",
     "ظهرت المقالة أول "],
)  # fmt: skip
def test_a_long_text_takes_no_longer_than_its_end(beginning: str) -> None:
    def looked_at(text: str) -> str:
        return text[-2_500:]

    text = beginning * 10_000
    assert strip_footer(text).startswith(text[:-2_500])
    assert strip_footer(looked_at(text)) == strip_footer(text)[-len(strip_footer(looked_at(text))) :]


def test_escaped_cdata_holds_what_it_says() -> None:
    draft = item(
        "<title>&lt;![CDATA[Gulls &amp; terns]]&gt;</title><guid>&lt;![CDATA[7]]&gt;</guid>"
        "<description>&lt;![CDATA[&lt;p&gt;They came back.&lt;/p&gt;]]&gt;</description>"
        "<category>&lt;![CDATA[Birds]]&gt;</category>"
    )
    assert draft == Draft(title="Gulls & terns", guid="7", body="They came back.", categories=("Birds",))


@pytest.mark.parametrize("beginning", ["<!--", "<b>", "</b>", "<", "&#", "<a href="])
def test_a_long_title_is_read_up_to_a_length(beginning: str) -> None:
    most = title_line(beginning * 10_000)
    assert most == title_line(beginning * 20_000)
    assert len(most) <= 1_000
