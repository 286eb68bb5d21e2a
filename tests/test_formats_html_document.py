"""Publishers' HTML becomes documents: the blocks, the pictures that readers are meant to see, and never less text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.formats.html_document import read_html
from bot.sim.markup import parse
from bot.text import document
from bot.text.document import plain_runs, to_plain
from bot.text.html import escape, plain
from storage.records.documents import (
    Audio,
    Cell,
    Code,
    Divider,
    Document,
    Embed,
    Gallery,
    Heading,
    Listing,
    Mark,
    Paragraph,
    Picture,
    PullQuote,
    Quote,
    Run,
    Runs,
    Table,
    Video,
)

BASE = "https://site.example/page"


def to_telegram(untrusted: str, base: str = BASE) -> str:
    return document.to_telegram(read_html(untrusted, base))


@pytest.mark.parametrize(
    ("untrusted", "safe"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<strong>a</strong> <em>b</em> <del>c</del>", "<b>a</b> <i>b</i> <s>c</s>"),
        ("<h2>Head</h2>text", "<b>Head</b>\n\ntext"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<script>alert(1)</script>x<style>b{}</style>", "x"),
        ('<a href="/path?a=1&amp;b=2">x</a>', '<a href="https://site.example/path?a=1&amp;b=2">x</a>'),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href="data:text/html,x">x</a>', "x"),
        ('<img src="x" onerror="alert(1)">y', "y"),
        ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
        ("<b>never closed <i>nested", "<b>never closed </b><i><b>nested</b></i>"),
        ("</b></p>stray", "stray"),
        ("<!-- c --><![CDATA[d]]>e", "e"),
        ("2 < 3 & 4 > 1", "2 &lt; 3 &amp; 4 &gt; 1"),
        ("<pre>a\nb</pre>", "<pre>a\nb</pre>"),
        ("\u202eevil\u202c", "evil"),
        ("", ""),
        ("<div><div></div></div>", ""),
        (
            "<table><tr><th>Port</th><td>12</td></tr><tr><td>a</td><td>b</td></tr></table>",
            "\u2068<b>Port</b>\u2069 · \u206812\u2069\n\u2068a\u2069 · \u2068b\u2069",
        ),
        ("<i><b>crossed</i></b>", "<i><b>crossed</b></i>"),
        ("<b><strong>x</strong></b>", "<b>x</b>"),
        ('<a href="/1"><i><a href="/2">x</a></i></a>', '<a href="https://site.example/1"><i>x</i></a>'),
        ('<pre><code class="language-python">x</code></pre>', "<pre>x</pre>"),
        ('<b onclick="x()" class="y">z</b>', "<b>z</b>"),
        ('<a href="https://x.example/" onclick="y()">z</a>', '<a href="https://x.example/">z</a>'),
        ('<a href="//x.example/y">z</a>', '<a href="https://x.example/y">z</a>'),
        ('<a href="?page=2">z</a>', '<a href="https://site.example/page?page=2">z</a>'),
        ('<a href=" JaVaScRiPt:alert(1)">x</a>', "x"),
        ('<a href="java&#10;script:alert(1)">x</a>', "x"),
        ('<a href="tg://user?id=1">x</a>', "x"),
        ('<a href="http://[bad">x</a>', "x"),
        ('<a href="">x</a>', "x"),
        ("<a>x</a>", "x"),
        ('<a href="https://x.example/?q=&quot;<b>">z</a>', '<a href="https://x.example/?q=&quot;&lt;b&gt;">z</a>'),
        ("<svg><text>a</text></svg><iframe>b</iframe><noscript>c</noscript><textarea>d</textarea>e", "e"),
        ("<script>never closed", ""),
        ("a<script>b</script> c", "a c"),
        ("&nbsp;a&nbsp;&eacute;&#x1F6A2;&bogus;", "a é🚢&amp;bogus;"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<p>خبر\u202e عاجل</p>", "خبر عاجل"),
        ("<?php x ?>y", "y"),
        ("<", "&lt;"),
        ("<b", ""),
    ],
)  # fmt: skip
def test_untrusted_markup_becomes_what_telegram_knows(untrusted: str, safe: str) -> None:
    assert to_telegram(untrusted) == safe


PIECES = st.sampled_from(
    "<b> </b> <i> </i> <a href='https://x.example'> </a> <a href='javascript:x'> <pre> </pre> <code> <blockquote> "
    "</blockquote> <ul> <li> <p> </p> <table> <tr> <td> <span> <script> &amp; &lt; &bogus; < > text خبر \x00".split()
)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_any_markup_becomes_something_that_telegram_takes(untrusted: str) -> None:
    safe = to_telegram(untrusted)
    if plain(safe).strip():
        parse(safe)


def test_a_link_keeps_parameters_that_are_called_like_signs() -> None:
    address = "https://harbour.example/a?x=1&copy=2&lang=ar"
    marked = to_telegram(f'<a href="{address}">a</a> <a href="{escape(address)}">b</a>')
    assert marked.count(f'"{escape(address)}"') == 2


# Blocks


def runs(text: str, *marks: Mark, link: str | None = None) -> Runs:
    return (Run(text, frozenset(marks), link),)


def paragraph(text: str) -> Paragraph:
    return Paragraph(runs(text))


def picture(name: str, **said: Any) -> Picture:
    return Picture(f"https://site.example/{name}", **said)


BLOCKS: dict[str, tuple[str, Document]] = {
    "paragraphs": ("<p>One</p>\n two <br><br> three", (paragraph("One"), paragraph("two"), paragraph("three"))),
    "headings": ("<h2>One</h2><h4>Two</h4>", (Heading(runs("One"), 2), Heading(runs("Two"), 4))),
    "marks": (
        "It<b>is <i>white</i></b>, H<sub>2</sub>O",
        (
            Paragraph(
                (*runs("It"), *runs("is ", Mark.BOLD), *runs("white", Mark.BOLD, Mark.ITALIC), *runs(", H"),
                 *runs("2", Mark.SUB), *runs("O"))
            ),
        ),
    ),
    "list in a list": (
        "<ul><li>a<ol><li>b</ol><li><p>c</p></ul>",
        (Listing(((paragraph("a"), Listing(((paragraph("b"),),), ordered=True)), (paragraph("c"),))),),
    ),
    "list of sections": (
        "<ol><li><h3>One</h3><p>a</p></li><li><h3>Two</h3><p>b</p></li></ol>",
        (Heading(runs("One"), 3), paragraph("a"), Heading(runs("Two"), 3), paragraph("b")),
    ),
    "quote with its source": (
        "<blockquote><p>We sail.</p><p>Never.</p><cite>Mona</cite></blockquote>",
        (Quote((paragraph("We sail."), paragraph("Never.")), runs("Mona")),),
    ),
    "quote with a named paper in its sentence": (
        "<blockquote>As <cite>The Quay</cite> says.</blockquote>", (Quote((paragraph("As The Quay says."),)),),
    ),
    "pull quote": (
        "<figure class='wp-block-pullquote'><blockquote><p>We sail.</p><cite>Mona</cite></blockquote></figure>",
        (PullQuote(runs("We sail."), runs("Mona")),),
    ),
    "table with figures": (
        "<table><caption>Results</caption><tr><th>Club<th>Goals<tr><td colspan=2>Quay <b>2</b></table>",
        (
            Table(
                ((Cell(runs("Club"), True), Cell(runs("Goals"), True)),
                 (Cell((*runs("Quay "), *runs("2", Mark.BOLD)), columns=2),)),
                runs("Results"),
            ),
        ),
    ),
    "table that lays out a page": (
        f"<table><tr><td><img src=/a.jpg></td><td>{'Ferry sails. ' * 40}</td></tr></table>",
        (picture("a.jpg"), paragraph(("Ferry sails. " * 40).strip())),
    ),
    "table with blocks in it": (
        "<table><tr><td>a<td><ul><li>b</ul><tr><td>c<td>d</table>",
        (paragraph("a"), Listing(((paragraph("b"),),)), paragraph("c"), paragraph("d")),
    ),
    "figure": (
        "<figure><img src='/a.jpg' width=800 height=600px alt='A boat'>"
        "<figcaption>The <i>boat</i> <span class='credit'>Mona/AP</span></figcaption></figure>",
        (
            picture("a.jpg", caption=(*runs("The "), *runs("boat", Mark.ITALIC)), credit="Mona/AP",
                    alternative="A boat", width=800, height=600),
        ),
    ),
    "credit on the caption's last line": (
        "<figure><img src='/a.jpg'><figcaption>The <i>boat</i>.<br>Photo: Mona Haddad</figcaption></figure>",
        (picture("a.jpg", caption=(*runs("The "), *runs("boat", Mark.ITALIC), *runs(".")), credit="Mona Haddad"),),
    ),
    "caption whose last line is no credit": (
        "<figure><img src='/a.jpg'><figcaption>The boat.<br>It left.</figcaption></figure>",
        (picture("a.jpg", caption=runs("The boat.\nIt left.")),),
    ),
    "sound with a caption": (
        "<figure><audio src='/a.mp3'></audio><figcaption>The horn</figcaption></figure>",
        (Audio("https://site.example/a.mp3", runs("The horn")),),
    ),
    "caption of a newsroom's template": (
        "<div><img src='/a.jpg'><div class='image-caption'>المرفأ القديم</div></div><p>غادر القارب.</p>",
        (picture("a.jpg", caption=runs("المرفأ القديم")), paragraph("غادر القارب.")),
    ),
    "caption of WordPress": (
        "<div class='wp-caption alignleft'><a href=/a><img src='/a-300x200.jpg'></a>"
        "<p class='wp-caption-text'>The boat</p></div>",
        (picture("a-300x200.jpg", caption=runs("The boat")),),
    ),
    "gallery": (
        "<figure class='wp-block-gallery'><figure><img src=/a.jpg></figure><figure><img src=/b.jpg>"
        "<figcaption>B</figcaption></figure><figcaption>Boats</figcaption></figure>",
        (Gallery((picture("a.jpg"), picture("b.jpg", caption=runs("B"))), runs("Boats")),),
    ),
    "list of pictures": (
        "<ul><li><img src=/a.jpg></li><li><img src=/b.jpg></li></ul>",
        (Gallery((picture("a.jpg"), picture("b.jpg"))),),
    ),
    "film": (
        "<iframe src='https://www.youtube.com/embed/abcdef12345?rel=0'>Your browser is old.</iframe>",
        (Video("https://www.youtube.com/watch?v=abcdef12345"),),
    ),
    "film in a file": (
        "<video poster=/p.jpg><source src=/f.mp4>Your browser is old.</video>",
        (Video("https://site.example/f.mp4", poster="https://site.example/p.jpg"),),
    ),
    "sound": ("<audio src=/a.mp3></audio>", (Audio("https://site.example/a.mp3"),)),
    "advertisement in a frame": ("a<iframe src='https://ads.example/7'></iframe>", (paragraph("a"),)),
    "embedded post": (
        "<blockquote class='twitter-tweet'><p>We sail.</p>&mdash; Mona (@mona) <a href='https://twitter.com/mona/status/7'>"
        "1 May</a></blockquote>",
        (
            Embed(
                "https://twitter.com/mona/status/7",
                (*runs("We sail.\n— Mona (@mona) "), *runs("1 May", link="https://twitter.com/mona/status/7")),
            ),
        ),
    ),
    "code": ("<pre>if a:\n    sail()\n</pre>", (Code("if a:\n    sail()"),)),
    "divider": ("<hr>a<hr><hr>b<hr>", (paragraph("a"), Divider(), paragraph("b"))),
}  # fmt: skip


@pytest.mark.parametrize(("untrusted", "blocks"), BLOCKS.values(), ids=BLOCKS)
def test_each_kind_of_block_is_told_from_the_others(untrusted: str, blocks: Document) -> None:
    assert read_html(untrusted, BASE) == blocks


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ('told <a class="tag-link">Mona Haddad</a> that', "told Mona Haddad that"),
        ('gave <span class="credit">all of the credit</span> to', "gave all of the credit to"),
        ('a <span class="caption">caption</span> of', "a caption of"),
        ('that <span class="link"><a>they want a pier</a></span> before', "that they want a pier before"),
        ("a <unknown-element>quiet</unknown-element> sea", "a quiet sea"),
        ("می\u200cخواهد 👨\u200d👩\u200d👧", "می\u200cخواهد 👨\u200d👩\u200d👧"),
        ('<span class="dropcap">T</span> he harbour', "The harbour"),
        ('<p class="x"><span class="drop-cap">T</span>\nhe harbour</p>', "The harbour"),
        ("<p><big>T</big> he harbour</p>", "The harbour"),
        ('<p><span style="float:left">T</span> <span>he harbour</span></p>', "The harbour"),
        ("<span>T</span><p>he harbour</p>", "The harbour"),
        ('<p><span class="dropcap">A</span> boat left</p>', "A boat left"),
        ("<p><b>A</b> boat left</p>", "A boat left"),
        ("<p><b>В</b> порту тихо</p>", "В порту тихо"),
        ('gone <img class="wp-smiley" src="/s.png" alt="🙂"> away', "gone 🙂 away"),
        ("one <img src=/a.jpg> sentence", "one sentence"),
        ("<embed src=/x.swf>The rest of it", "The rest of it"),
        (f"<object data=/x.swf><p>{'The rest of it. ' * 20}</p>", ("The rest of it. " * 20).strip()),
        ("<object data=/x.swf>You need a player.</object>a", "a"),
        (f"<form action=/x><p>{'The rest of it. ' * 20}</p></form>", ("The rest of it. " * 20).strip()),
    ],
)
def test_nothing_is_deleted_from_a_sentence(sentence: str, text: str) -> None:
    assert to_plain(read_html(sentence, BASE)) == text


def test_captions_are_no_part_of_the_text_unless_there_is_no_other() -> None:
    figure = "<figure><img src=/a.jpg><figcaption>The boat</figcaption></figure>"
    assert to_plain(read_html(f"<p>It left.</p>{figure}", BASE)) == "It left."
    assert to_plain(read_html(figure, BASE)) == "The boat"


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("<img src='data:image/gif;base64,R0' data-src='/a.jpg'>", "a.jpg"),
        ("<img src='/placeholder.png' data-lazy-src='/a.jpg'>", "a.jpg"),
        ("<img src='/small.jpg' data-src='/a.jpg'>", "a.jpg"),
        ("<img src='/s.jpg' srcset='/s.jpg 300w, /a.jpg 1200w, /huge.jpg 4000w'>", "a.jpg"),
        ("<img src='/s.jpg' srcset='/s.jpg 1x, /a.jpg 2x'>", "a.jpg"),
        ("<img srcset='/s,1.jpg 300w,/a.jpg 800w'>", "a.jpg"),
        ("<img srcset='/a.jpg'>", "a.jpg"),
        ("<img src='/a.jpg' srcset='data:image/gif;base64,R0 800w'>", "a.jpg"),
        ("<picture><source data-srcset='/a.jpg 800w'><img src='data:image/gif;base64,R0'></picture>", "a.jpg"),
        ("<img src='data:image/gif;base64,R0'><noscript><img src='/a.jpg'></noscript>", "a.jpg"),
        ("<img src='/a.jpg'><noscript><img src='/a.jpg?w=800'></noscript>", "a.jpg"),
        ("<amp-img src='/a.jpg' width=800 height=600></amp-img>", "a.jpg"),
        ("<img src='../a.jpg'>", "a.jpg"),
        ("<img src='/pixel.gif'>", None),
        ("<img src='https://stats.example/p.gif'>", None),
        ("<img src='/icon.png' width=16 height=16>", None),
        ("<img src='data:image/gif;base64,R0'>", None),
        ("<img>", None),
    ],
)
def test_the_picture_that_readers_are_meant_to_see_is_found(image: str, address: str | None) -> None:
    found = [block.address for block in read_html(image, BASE) if isinstance(block, Picture)]
    assert found == ([f"https://site.example/{address}"] if address else [])


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_any_markup_becomes_a_document_that_is_stored_and_read_again(untrusted: str) -> None:
    read = read_html(untrusted)
    assert document.read_document(document.stored_form(read), to_plain(read)) == read


@pytest.mark.parametrize(
    "unit", ["<div><b>", "<ul><li>", "<blockquote>", "<table><tr><td>", "<figure>", "<form>", "<object>"]
)
@pytest.mark.parametrize("depth", [1_000, 50_000])
def test_a_text_that_is_nested_deep_is_read(unit: str, depth: int) -> None:
    assert to_plain(read_html(unit * depth + "x")) in ("x", "• x", "")


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_a_tag_with_a_very_long_attribute_keeps_its_name(quote: str) -> None:
    long = "x" * 20_000
    script = f"<script data-map={quote}{long}{quote}>track({long!r})</script>"
    assert (
        to_plain(read_html(f"{script}<p>It left <a title={quote}{long}{quote}>at noon</a>.</p>"))
        == "It left at noon."
    )


@pytest.mark.parametrize(
    ("below", "caption", "credit", "text"),
    [
        ("<p>The boat at noon. Photo: Mona Haddad</p>", "The boat at noon. Photo: Mona Haddad", "", ""),
        ("<p>The boat at noon (File photo)</p>", "The boat at noon (File photo)", "", ""),
        ("<p>Das Boot am Mittag © Mona Haddad</p>", "Das Boot am Mittag © Mona Haddad", "", ""),
        ("<p>Foto: Mona Haddad</p>", "", "Mona Haddad", ""),
        ("<p>تصوير: منى الحداد</p>", "", "منى الحداد", ""),
        ("<p>A boat</p>", "A boat", "", ""),
        ("<p>The boat left at noon. (Reuters)</p>", "", "", "The boat left at noon. (Reuters)"),
        ("<p><i>The boat left at noon.</i></p>", "", "", "The boat left at noon."),
    ],
    ids="credited file-photo copyright credit arabic-credit alternative agency set-off-elsewhere".split(),
)
def test_a_line_below_a_picture_that_says_so_is_its_caption_or_credit(
    below: str, caption: str, credit: str, text: str
) -> None:
    picture, *rest = read_html(f"<p><img src=/a.jpg alt='A boat'></p>{below}<p>It left.</p>", BASE)
    assert isinstance(picture, Picture)
    assert (plain_runs(picture.caption), picture.credit) == (caption, credit)
    assert to_plain(tuple(rest)) == "\n\n".join(filter(None, (text, "It left.")))


def test_a_line_that_is_set_off_in_the_paragraph_of_a_picture_is_its_caption() -> None:
    picture, paragraph = read_html("<p><img src=/a.jpg><br><em>The boat at noon</em></p><p>It left.</p>", BASE)
    assert isinstance(picture, Picture)
    assert (plain_runs(picture.caption), to_plain((paragraph,))) == ("The boat at noon", "It left.")
