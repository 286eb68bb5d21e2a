"""The page of an article: what Telegram takes, in the order of the article, and in its direction."""

from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.locale import Voice
from bot.messages.message import Page, PageFile
from bot.messages.page import LONGEST, MOST_BLOCKS, make_page, pictures_for
from bot.messages.page_blocks import DEEPEST, MOST_COLUMNS, MOST_PICTURES
from bot.text.document import to_plain
from bot.text.html import length
from storage.records import Article, Text
from storage.records.documents import (
    Audio,
    Block,
    Cell,
    Code,
    Divider,
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
    encode,
)
from tests.makers import NOON

ENGLISH, ARABIC = Voice("en"), Voice("ar")
KNOWN = set(
    "b i u s code sub sup a br h2 h3 h4 h5 h6 p footer hr pre ul ol li blockquote aside cite img figure figcaption"
    " tg-collage tg-slideshow table caption tr th td tg-time".split()
)
INLINE = {"b", "i", "u", "s", "code", "sub", "sup", "a", "br", "tg-time"}


def text(words: str, *marks: Mark, link: str | None = None) -> Runs:
    return (Run(words, frozenset(marks), link),)


def paragraph(words: str) -> Paragraph:
    return Paragraph(text(words))


def picture(name: str, caption: str = "", credit: str = "") -> Picture:
    return Picture(f"https://pictures.example/{name}.jpg", text(caption) if caption else (), credit)


def article(*blocks: Block, **changes: Any) -> Article:
    of_text: dict[str, Any] = {
        "title": "Harbour council votes", "body": to_plain(blocks), "lead": "", "summary": (), "language": "en",
        "url": "https://news.example/harbour", "document": encode(blocks),
    }  # fmt: skip
    of_text |= {name: changes.pop(name) for name in list(changes) if name in Text.__slots__}
    values: dict[str, Any] = {
        "id": 1, "text": Text(**of_text), "category": None, "source": "The Quay", "source_id": 1,
        "published_at": NOON, "published_on": None, "revision": 1, "stored_at": NOON,
    }  # fmt: skip
    return Article(**(values | changes))


def shown(one: Article, voice: Voice = ENGLISH, without: Iterable[str] = ()) -> Page:
    """The page with all of its pictures but those at the addresses `without`."""
    files = {address: PageFile(f"id of {address}") for address in pictures_for(one, voice) if address not in without}
    page = make_page(one, voice, files)
    Checked(page)
    return page


class Checked(HTMLParser):
    """Fails for what Telegram refuses: an unknown tag, one that stays open, a picture in a text, too many levels."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.feed(page.html)
        self.close()
        assert not self.open
        assert self.pictures == list(page.pictures) == list(page.files)
        assert length(page.html) <= 32_768

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN
        assert tag in INLINE or not INLINE & set(self.open), "a block in a text"
        if tag == "img":
            assert not {"p", "li", "td", "blockquote"} & set(self.open)
            address = dict(attrs)["src"] or ""
            assert address.startswith("tg://photo?id=")
            self.pictures.append(address.removeprefix("tg://photo?id="))
        if tag == "a":
            assert (dict(attrs)["href"] or "").startswith(("http://", "https://", "mailto:", "tel:"))
        if tag not in ("img", "br", "hr"):
            self.open.append(tag)
            assert len(self.open) <= 16

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def in_order(html: str, *parts: str) -> None:
    places = [html.index(part) for part in parts]
    assert places == sorted(places)


def test_page_has_the_headline_the_blocks_in_their_order_and_the_link_at_the_end() -> None:
    one = article(
        picture("quay", "The quay in March", "Rana Haddad"),
        paragraph("The council voted on Monday."),
        Heading(text("What comes next")),
        Quote((paragraph("We will build."),), text("The mayor")),
        PullQuote(text("A harbour is a promise."), text("A docker")),
        Listing((text_item("a crane"), text_item("a road")), ordered=True),
        Code("x = 1\n  y"),
        author="Omar Sayegh",
        also_in=("The Lamp",),
    )
    html = shown(one).html
    in_order(
        html,
        "<h2>Harbour council votes</h2>",
        "The Quay",
        '<figure><img src="tg://photo?id=p0"/><figcaption>The quay in March<cite>Rana Haddad</cite></figcaption>',
        "<p>The council voted on Monday.</p>",
        "<h3>What comes next</h3>",
        "<blockquote><p>We will build.</p><cite>The mayor</cite></blockquote>",
        "<aside>A harbour is a promise.<cite>A docker</cite></aside>",
        "<ol><li>a crane</li><li>a road</li></ol>",
        "<pre>x = 1\n  y</pre>",
        "Also in: ",
        "<footer>",
        "Omar Sayegh",
        '<a href="https://news.example/harbour">',
    )
    assert "Read on" not in html


def text_item(words: str) -> tuple[Block, ...]:
    return (paragraph(words),)


def test_page_has_the_direction_of_the_article_and_not_that_of_the_reader() -> None:
    arabic = article(paragraph("صوّت المجلس يوم الاثنين."), title="المجلس يصوّت", language="ar")
    assert shown(arabic, ENGLISH).rtl
    assert not shown(article(paragraph("The council voted.")), ARABIC).rtl
    assert shown(replace(arabic, text=replace(arabic.text, language="und")), ENGLISH).rtl


def test_standfirst_is_shown_unless_the_text_begins_with_it() -> None:
    own = article(paragraph("The council voted."), lead="A vote that took nine years")
    assert "<b>A vote that took nine years</b>" in shown(own).html
    beginning = article(paragraph("The council voted on Monday."), lead="The council voted on …")
    assert shown(beginning).html.count("The council voted") == 1


def test_headline_that_the_text_repeats_is_shown_once() -> None:
    assert shown(article(Heading(text("Harbour council votes")), paragraph("x"))).html.count("council votes") == 1


@pytest.mark.parametrize(
    ("image", "first"),
    [
        ("https://cdn.example/quay-1200x630.jpg", "The quay"),  # the same picture in another size
        ("https://cdn.example/other.jpg", "<p>one</p>"),
    ],
)
def test_picture_that_the_text_has_late_comes_early(image: str, first: str) -> None:
    late = [paragraph(words) for words in ("one", "two", "three", "four")]
    html = shown(article(*late, picture("quay", "The quay"), image_url=image)).html
    in_order(html, "<img", first, "<p>two</p>")
    assert html.count("The quay") == 1


def test_small_gallery_is_a_collage_and_a_large_one_a_slideshow() -> None:
    few = Gallery(tuple(picture(f"a{n}", f"Number {n}", "Agency") for n in range(4)))
    many = Gallery(tuple(picture(f"b{n}") for n in range(5)), text("Five views"))
    html = shown(article(few, many)).html
    in_order(html, "<tg-collage><img", "Number 0", "Number 3", "Agency</cite>", "<tg-slideshow>", "Five views")
    assert html.count("Agency") == 1


def test_picture_that_is_on_the_page_already_does_not_count_as_missing_in_a_gallery() -> None:
    html = shown(article(picture("a"), paragraph("Text."), Gallery((picture("a"), picture("b"), picture("c"))))).html
    assert html.count("<img") == 3
    assert "at the source" not in html


def test_picture_that_cannot_be_had_costs_only_itself() -> None:
    one = article(picture("bad", "The burnt hall"), picture("good", "The new hall"), picture("gone"), paragraph("x"))
    page = shown(one, without=("https://pictures.example/bad.jpg", "https://pictures.example/gone.jpg"))
    assert list(page.pictures.values()) == ["https://pictures.example/good.jpg"]
    assert '<a href="https://pictures.example/bad.jpg">' in page.html  # its caption stays, with a link
    assert "The burnt hall" in page.html
    assert "gone.jpg" not in page.html


def test_pictures_beyond_the_most_are_links_and_are_not_fetched() -> None:
    one = article(*(picture(f"n{n}", f"Number {n}") for n in range(MOST_PICTURES + 3)))
    assert len(pictures_for(one, ENGLISH)) == MOST_PICTURES
    page = shown(one)
    assert len(page.pictures) == MOST_PICTURES
    assert page.html.count("<a href=") == 3 + 1
    gallery = article(Gallery(tuple(picture(f"n{n}") for n in range(MOST_PICTURES + 3))))
    assert "3 more pictures are at the source." in shown(gallery).html


def test_picture_in_a_list_or_a_quote_stands_behind_it() -> None:
    one = article(Quote((paragraph("Look at this."), picture("map", "A map"))), paragraph("after"))
    in_order(shown(one).html, "</blockquote><figure>", "A map", "<p>after</p>")


def test_film_sound_and_post_are_links_that_can_break_nothing() -> None:
    html = shown(
        article(
            Video("https://film.example/watch?v=1&t=2", text("The launch"), poster="https://film.example/1.jpg"),
            Audio("https://sound.example/1.mp3"),
            Embed("https://posts.example/7", text("So it begins")),
        )
    ).html
    assert '<figcaption>\u200e🎬 <a href="https://film.example/watch?v=1&amp;t=2">' in html
    assert 'href="https://sound.example/1.mp3"' in html
    assert "<blockquote><p>So it begins</p><cite><a" in html


def test_table_that_is_too_wide_is_split_and_one_that_is_far_too_wide_is_left_out_with_a_word() -> None:
    def table(columns: int, span: int = 1) -> Table:
        return Table(
            tuple(tuple(Cell(text(f"r{row}c{n}"), columns=span) for n in range(columns)) for row in range(3))
        )

    split = shown(article(table(30))).html
    assert split.count("<table") == 2
    assert split.count("r1c0") == 2  # the first column names the rows in both parts
    assert split.count("r1c29") == 1
    assert all(part.count("<td") <= MOST_COLUMNS for part in split.split("<tr>"))
    assert "A table with 90 columns is left out here." in shown(article(paragraph("x"), table(90))).html
    assert "A table with 40 columns" in shown(article(paragraph("x"), table(20, span=2))).html


def test_cells_that_reach_into_the_next_rows_count_to_the_columns() -> None:
    def cells(*names: str) -> tuple[Cell, ...]:
        return tuple(Cell(text(name)) for name in names)

    reaching = tuple(Cell(text(f"a{n}"), rows=3) for n in range(10))
    names = [f"b{n}" for n in range(11)]
    below = (reaching, cells("b"), cells(*names))
    assert "A table with 21 columns is left out here." in shown(article(paragraph("x"), Table(below))).html
    # A heading across the table takes what the cells above leave.
    html = shown(article(Table((reaching, (Cell(text("All"), columns=99),), cells(*names[:6]))))).html
    assert '<td colspan="6">All</td>' in html
    heading = (Cell(text("All"), columns=99, rows=3),)
    assert '<td colspan="11">All</td>' in shown(article(Table((heading, cells(*names), cells("c"))))).html


def test_table_keeps_headings_and_spans() -> None:
    rows = (
        (Cell(text("Results"), header=True, columns=99),),
        (Cell(text("North"), rows=9), Cell(text("1"))),
        (Cell(text("2")),),
    )
    html = shown(article(Table(rows, text("Votes")))).html
    assert "<caption>Votes</caption>" in html
    assert '<th colspan="2">Results</th>' in html
    assert '<td rowspan="2">North</td>' in html


def test_long_article_ends_at_a_block_with_the_way_to_the_rest() -> None:
    html = shown(article(*(paragraph(f"Paragraph {n}.") for n in range(500)))).html
    assert MOST_BLOCKS - 10 <= html.count("<p>") <= MOST_BLOCKS
    in_order(html, "<p>Paragraph 100.</p>", "Read on at the source", "<footer>")
    assert "Paragraph 499" not in html
    many_words = shown(article(*(paragraph("word " * 400) for _ in range(40)))).html
    assert LONGEST - 2_100 <= length(many_words) <= LONGEST
    no_link = article(*(paragraph(f"Paragraph {n}.") for n in range(500)), url=None)
    assert "The article goes on at its source." in shown(no_link).html


def test_block_that_is_too_long_by_itself_is_cut_inside() -> None:
    table = Table(tuple((Cell(text(f"town {n}")), Cell(text(str(n)))) for n in range(800)))
    html = shown(article(table)).html
    in_order(html, "town 100", "</table>", "Read on at the source")
    html = shown(article(paragraph("word " * 9_000))).html
    assert LONGEST - 100 <= length(html) <= LONGEST
    in_order(html, "word…", "Read on at the source")


def test_hostile_document_makes_a_page_that_telegram_takes() -> None:
    nested: Block = paragraph("deep")
    for _ in range(30):
        nested = Listing(((nested, paragraph("beside"), picture("inner")),))
        nested = Quote((nested,))
    marks = Run("all <b>marks</b> & \x00more", frozenset(Mark), "https://a.example/?a=1&b=\"2'")
    html = shown(
        article(
            nested,
            Paragraph((marks, Run("script", link="javascript:alert(1)"), Run("file", link="file:///etc/passwd"))),
            Paragraph((Run("mail", link="mailto:desk@news.example"), Run("odd", link="http://[bad"))),
            Paragraph((Run("call", link="tel:+9611234567"), Run(" "), Run("no", link="mailto:a b@c"))),
            Paragraph(()),
            Heading(text("  ")),
            Listing(()),
            Table(((),)),
            Gallery(()),
            Quote(()),
            Picture("javascript:alert(1)", text("odd picture")),
            Divider(),
            title="<script> & \u202eevil",
        ),
        without=("javascript:alert(1)",),
    ).html
    assert "deep" in html
    assert "javascript" not in html
    assert "file:" not in html
    assert "mailto:desk@news.example" in html
    assert "tel:+9611234567" in html
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "<p></p>" not in html
    assert html.count("<ul>") <= DEEPEST
    assert "<hr/>" not in html  # nothing follows it


def test_rich_message_names_files_that_telegram_has_and_new_ones() -> None:
    one = article(picture("old"), picture("new"))
    files = {
        "https://pictures.example/old.jpg": PageFile("AgAC"),
        "https://pictures.example/new.jpg": PageFile(None, b"x"),
    }
    message = make_page(one, ENGLISH, files).rich_message()
    assert message["media"] == [
        {"id": "p0", "media": {"type": "photo", "media": "AgAC"}},
        {"id": "p1", "media": {"type": "photo", "media": "attach://p1"}},
    ]
    assert message["skip_entity_detection"]
    assert not message["is_rtl"]
