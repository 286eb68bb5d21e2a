"""The document of a page: the article's blocks as they stand there, with the pictures that belong to it."""

import pytest
from lxml.html import Element

from bot.ingest.draft import Draft
from bot.ingest.formats.page import read
from bot.ingest.formats.page_document import choose
from bot.ingest.formats.page_pictures import PageBlocks
from bot.text.document import plain_runs, read_document, to_plain
from storage.records.documents import Document, Gallery, Heading, Listing, Mark, Paragraph, Picture, Quote, Run, Table
from tests.test_formats_page import ARABIC, PARAGRAPHS

ONE, TWO, THREE = PARAGRAPHS
SITE = "https://harbour.example"
MORE = (
    "Nobody had expected the crossing to be repeated so soon, since the winter storms had damaged the northern pier.",
    "A second crew has been hired, and the harbour office asks visitors to come an hour before the boat leaves.",
    "Tickets are sold in the old customs house, where the exhibition about the first ferry is open until the spring.",
)


def draft(inner: str, head: str = "") -> Draft:
    """The article of a page with a banner above its headline."""
    banner = "<div><a href='/'><img src='/banner-of-site.jpg'></a></div>"
    text = (
        f"<html><head><title>Ferry sails</title>{head}</head><body>{banner}<h1>Ferry sails</h1>{inner}</body></html>"
    )
    return read(text.encode(), name="page.html", url=f"{SITE}/news/1")


def document(inner: str, head: str = "") -> Document:
    found = draft(inner, head)
    whole = read_document(found.document, found.body)
    assert to_plain(whole) == found.body
    return whole


def paragraphs(inner: str) -> list[str]:
    return [plain_runs(block.text) for block in document(inner) if isinstance(block, Paragraph)]


def pictures(inner: str, head: str = "") -> list[str]:
    found = [
        one
        for block in document(inner, head)
        for one in (block.pictures if isinstance(block, Gallery) else (block,))
        if isinstance(one, Picture)
    ]
    return [picture.address.removeprefix(f"{SITE}/") for picture in found]


def html(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_blocks_marks_and_links_are_as_they_stand_on_the_page() -> None:
    inner = (
        f"<article><p>{ONE}</p><h2>Who sews</h2><p>The sails are <b>white</b>, as <a href='/list'>the list</a> of the"
        f" sail makers says for this winter.</p><ul><li>one sail of linen</li><li>one sail of silk</li></ul>"
        f"<blockquote><p>{TWO}</p><cite>Mona</cite></blockquote><p>{THREE}</p></article>"
    )
    assert document(inner) == (
        Paragraph((Run(ONE),)),
        Heading((Run("Who sews"),), 2),
        Paragraph(
            (
                Run("The sails are "),
                Run("white", frozenset({Mark.BOLD})),
                Run(", as "),
                Run("the list", link=f"{SITE}/list"),
                Run(" of the sail makers says for this winter."),
            )
        ),
        Listing(((Paragraph((Run("one sail of linen"),)),), (Paragraph((Run("one sail of silk"),)),))),
        Quote((Paragraph((Run(TWO),)),), (Run("Mona"),)),
        Paragraph((Run(THREE),)),
    )


@pytest.mark.parametrize(
    "sentence",
    [
        'The captain told <a class="tag-link" href="/tag/mona">Mona Haddad</a> that the boat would sail again today.',
        'The mayor gave <span class="credit">all of the credit</span> to the crew of the boat and to its captain.',
        'They say that <span class="link"><a href="/pier">they want a pier</a></span> before all the other things.',
        'The captain told <b><a class="tag-link" href="/tag/mona">Mona Haddad</a></b> that the boat would sail.',
        'The captain told <em><span><i class="share">Mona Haddad</i></span></em> that the boat would sail.',
        'The captain told <mark class="share">Mona Haddad</mark> that the boat would sail to the islands.',
        'The captain told <abbr class="caption">Mona Haddad</abbr> that the boat would sail to the islands.',
        '<a class="tag-link" href="/tag/mona">Mona Haddad</a> left.',
        'The captain told <button class="term">Mona Haddad</button> that the boat would sail to the islands today.',
        "<button>Mona Haddad</button> of the harbour office told them that the boat would sail to the islands.",
        'The captain told <label class="share">Mona Haddad</label> that the boat would sail to the islands.',
        'She asked <button class="share">Mona Haddad</button>.',
        "He said that it was می\u200cخواهد for the 👨\u200d👩\u200d👧 family, which had waited for it on the quay.",
    ],
)
def test_nothing_is_deleted_from_a_sentence_of_a_page(sentence: str) -> None:
    whole = paragraphs(f"<article><p>{ONE}</p><p>{sentence}</p><p>{TWO}</p></article>")
    assert whole == [ONE, *paragraphs(f"<article><p>{ONE}</p><p>{sentence}</p></article>")[1:], TWO]
    for word in ("Mona Haddad", "all of the credit", "they want a pier", "می\u200cخواهد", "👨\u200d👩\u200d👧"):
        assert (word in whole[1]) == (word in sentence)


@pytest.mark.parametrize(
    "pressed",
    [
        "<p>Nobody had seen it. <button>Close</button></p>",
        "<div><button>Like</button> 35 <button>Share</button> 12</div>",
        "<div>Tell your friends <button>Quay</button> <button>Pier</button></div>",
    ],
)
def test_buttons_that_are_to_be_pressed_are_no_words(pressed: str) -> None:
    body = draft(f"<article>{html(ONE)}{pressed}{html(TWO, THREE)}</article>").body
    assert not any(word in body for word in ("Close", "Like", "Share", "Quay", "Pier"))


def test_a_body_in_several_containers_is_read_whole() -> None:
    inner = (
        f"<div class='row'><div class='article__body'>{html(ONE, TWO, THREE)}</div></div>"
        "<div class='ad'>Advertisement</div>"
        f"<div class='row'><div class='article__body'>{html(*MORE)}</div></div>"
    )
    assert paragraphs(inner) == [ONE, TWO, THREE, *MORE]


def test_a_short_paragraph_with_a_link_in_it_is_kept_between_the_others() -> None:
    short = "See <a href='/list'>the list of sails</a> of the harbour."
    inner = "".join(f"<div class='text'><p>{text}</p></div>" for text in (ONE, TWO, short, THREE))
    assert paragraphs(f"<article>{inner}</article>") == [ONE, TWO, "See the list of sails of the harbour.", THREE]


@pytest.mark.parametrize(
    ("short", "kept"),
    [
        ("<a href='/m'>Mona Haddad of the harbour office</a> agrees.", True),
        ("So does <a href='/m'>the captain of the other boat</a>.", True),
        ("<a href='/m'>Mona Haddad of the harbour office agrees.</a>", False),
        ("<a href='/m'>Mona Haddad of the harbour office</a> | Quay", False),
        ("Lire : <a href='/m'>le maire et le port.</a>", False),
    ],
)
def test_a_sentence_that_is_a_link_but_for_its_verb_is_kept_between_the_others(short: str, kept: bool) -> None:
    inner = "".join(f"<div class='text'><p>{text}</p></div>" for text in (ONE, TWO, short, THREE))
    assert (len(paragraphs(f"<article>{inner}</article>")) == 4) is kept


@pytest.mark.parametrize("wrapper", ["<div class='wrap'>{}</div>", "<div><div>{}</div></div>"])
def test_a_sentence_in_a_wrapper_of_its_own_is_kept_between_the_others(wrapper: str) -> None:
    short = wrapper.format("<p>Nobody asked <a href='/list'>the sail makers</a> for it.</p>")
    inner = f"<article>{html(ONE, TWO)}{short}{html(THREE)}</article>"
    assert paragraphs(inner) == [ONE, TWO, "Nobody asked the sail makers for it.", THREE]


@pytest.mark.parametrize(
    "opening",
    [
        "<embed src=/x.swf>",
        "<EMBED src=/x><embed src=/y>",
        "<object data=/x.swf><param name=a>",
        "<video src=/a.mp4>",
    ],
)
def test_a_player_without_an_end_does_not_swallow_the_rest_of_the_article(opening: str) -> None:
    inner = f"<article>{html(ONE, TWO)}{opening}{html(THREE, *MORE)}</article>"
    assert paragraphs(inner) == [ONE, TWO, THREE, *MORE]


@pytest.mark.parametrize(
    "player",
    [
        "<object data=/x.swf><p>Your browser can't play this.</p></object>",
        "<video src=/a.mp4><p>Your browser can't play this. <a href=/a.mp4>Download it</a>.</p></video>",
        "<canvas>Your browser can't draw this.</canvas>",
        "<div class='video'><p>Your browser does not support the video tag.</p></div>",
        "<div class='video'><p>متصفحك لا يدعم تشغيل الفيديو</p></div>",
    ],
)
def test_what_is_said_to_programs_that_play_nothing_stays_out(player: str) -> None:
    assert paragraphs(f"<article>{html(ONE, TWO)}{player}{html(THREE)}</article>") == [ONE, TWO, THREE]


@pytest.mark.parametrize("element", ["div class='standfirst'", "h2 class='subtitle'", "div class='x-12'"])
def test_the_standfirst_is_the_first_paragraph_whatever_its_element_is(element: str) -> None:
    standfirst = f"<{element}>{MORE[0]}</{element.partition(' ')[0]}>"
    head = f"<meta name='description' content='{MORE[0][:110]}…'>" if "x-12" in element else ""
    found = document(f"{standfirst}<div class='body'>{html(*PARAGRAPHS)}</div>", head)
    assert to_plain(found).split("\n\n") == [MORE[0], *PARAGRAPHS]


def test_a_subheading_in_a_division_is_kept_between_paragraphs() -> None:
    found = document(f"<article>{html(ONE, TWO)}<div><strong>A windy day</strong></div>{html(THREE)}</article>")
    assert to_plain(found).split("\n\n") == [ONE, TWO, "A windy day", THREE]


def test_a_kicker_in_the_element_of_the_headline_is_no_paragraph() -> None:
    inner = f"<article><h1><span>At sea</span><span>Ferry sails</span></h1>{html(*PARAGRAPHS)}</article>"
    text = f"<html><head><title>Ferry sails</title></head><body>{inner}</body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == list(PARAGRAPHS)


def test_a_table_of_results_is_kept() -> None:
    table = "<table><tr><th>Club</th><th>Goals</th></tr><tr><td>Quay</td><td>2</td></tr></table>"
    found = document(f"<article>{html(ONE, TWO)}{table}{html(THREE)}</article>")
    assert [type(block) for block in found] == [Paragraph, Paragraph, Table, Paragraph]
    assert "Club Goals\nQuay 2" in to_plain(found)


@pytest.mark.parametrize(
    "wrapper",
    ["{}", "<div class='table-responsive'>{}</div>", "<figure class='wp-block-table'>{}</figure>",
     "<div class='results'><h4>The table</h4>{}</div>"],
)  # fmt: skip
def test_a_table_in_a_wrapper_or_at_the_end_is_kept(wrapper: str) -> None:
    table = wrapper.format("<table><tr><th>Club</th><th>Goals</th></tr><tr><td>Quay</td><td>2</td></tr></table>")
    assert "Club Goals\nQuay 2" in to_plain(document(f"<article>{html(ONE, TWO)}{table}{html(THREE)}</article>"))
    assert "Club Goals\nQuay 2" in to_plain(document(f"<article>{html(*PARAGRAPHS)}{table}</article>"))


@pytest.mark.parametrize(
    "wrapper",
    ["<h4>The table</h4><div><div>{}</div></div>", "<div class='box'><h4>The table</h4><div>{}</div></div>"],
)
def test_the_heading_of_a_table_stays_above_it(wrapper: str) -> None:
    table = wrapper.format("<table><tr><th>Club</th><th>Goals</th></tr><tr><td>Quay</td><td>2</td></tr></table>")
    for inner in (
        f"{html(*PARAGRAPHS)}{table}",
        f"{html(ONE, TWO)}{table}{html(THREE)}",
        f"<div>{html(ONE)}</div><div>{html(TWO)}</div><div>{table}</div><div>{html(THREE)}</div>",
    ):
        assert "The table\n\nClub Goals\nQuay 2" in to_plain(document(f"<article>{inner}</article>"))


def test_a_table_of_what_is_sold_is_not_of_the_article() -> None:
    rows = "".join(
        f"<tr><td>Sail {n} of white linen</td><td>{n} euros</td><td><a href=/{n}>Buy</a></td></tr>" for n in "1234"
    )
    inner = f"<div>{html(ONE, TWO)}</div><section><table>{rows}</table></section><div>{html(THREE)}</div>"
    assert to_plain(document(f"<article>{inner}</article>")).split("\n\n") == [ONE, TWO, THREE]


def test_a_table_of_links_behind_the_article_is_not_of_it() -> None:
    rows = "".join(f"<tr><td>{number}</td><td><a href=/{number}>Olives ripen</a></td></tr>" for number in range(3))
    found = document(f"<article>{html(*PARAGRAPHS)}<table>{rows}</table></article>")
    assert to_plain(found).split("\n\n") == list(PARAGRAPHS)


def test_captions_are_said_with_their_pictures_and_not_in_the_text() -> None:
    figure = "<figure><img data-src='/boat.jpg' src='data:x'><figcaption>The boat at noon</figcaption></figure>"
    found = document(f"<article>{html(*ARABIC, ONE)}{figure}{html(TWO, THREE)}</article>")
    assert [block for block in found if isinstance(block, Picture)] == [
        Picture(f"{SITE}/boat.jpg", (Run("The boat at noon"),))
    ]
    assert to_plain(found) == "\n\n".join((*ARABIC, ONE, TWO, THREE))


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        (f"<img src='/hero-boat.jpg'>{html(*PARAGRAPHS)}", ["hero-boat.jpg"]),
        (f"{html(ONE)}<p><img src='/in-text.jpg'></p>{html(TWO, THREE)}", ["in-text.jpg"]),
        (f"{html(ONE)}<img src='/icons/print.png'>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/assets/logo_blue.png'>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/face-of-mona.jpg' width=80 height=80>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/pixel.gif'>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/in-text.jpg'>{html(TWO)}<img src='/in-text.jpg?w=2'>{html(THREE)}", ["in-text.jpg"]),
        (f"{html(ONE)}<aside><img src='/other-news.jpg'></aside>{html(TWO, THREE)}", []),
        (f"{html(*PARAGRAPHS)}<img src='/last-of-it.jpg'>", ["last-of-it.jpg"]),
        (f"{html(ONE)}<div><a href='/other'><img src='/teaser.jpg'>The olives ripen</a></div>{html(TWO, THREE)}", []),
        (
            f"{html(ONE)}<div><img src='/teaser.jpg'><a href='/other'>The olives ripen</a></div>{html(TWO, THREE)}",
            [],
        ),
        (f"{html(ONE)}<a href='https://x.example/?b=1'><img src='/kettle.jpg'></a>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<a href='/in-text-full.jpg'><img src='/in-text.jpg'></a>{html(TWO, THREE)}", ["in-text.jpg"]),
        (f"{html(ONE)}<a href='/news/1/photo/2'><img src='/in-text.jpg'></a>{html(TWO, THREE)}", ["in-text.jpg"]),
        (f"{html(ONE)}<div class='c-promo'><img src='/kettle.jpg'></div>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/mona-at-sea.jpg' alt='Mona Haddad'>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/line.jpg' width=600 height=5>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<img src='/button-of-old.gif'>{html(TWO, THREE)}", []),
        (f"{html(ONE)}<amp-ad><amp-img src='/kettle.jpg'></amp-img></amp-ad>{html(TWO, THREE)}", []),
        (
            f"{html(ONE)}<div class='wp-caption'><img src='/in-text.jpg'><p class='wp-caption-text'>Sea</p></div>"
            f"{html(TWO, THREE)}",
            ["in-text.jpg"],
        ),
        (f"{html(*PARAGRAPHS)}<div class='x'><div><img src='/last-of-it.jpg'></div></div>", ["last-of-it.jpg"]),
        (
            f"{html(ONE)}<div><div><img src='/one-of-two.jpg'></div><div><img src='/two-of-two.jpg'></div>"
            f"<div><a href='https://x.example/'><img src='/kettle.jpg'></a></div></div>{html(TWO, THREE)}",
            ["one-of-two.jpg", "two-of-two.jpg"],
        ),
        (f"{html(ONE)}<img srcset='/in-text.jpg\n 900w'>{html(TWO, THREE)}", ["in-text.jpg"]),
        (
            f"{html(ONE)}<div><h4><a href='/x'>The olives ripen</a></h4><a href='/x'><img src='/teaser.jpg'></a>"
            f"<p>It is early this year, say the farmers, and the presses are open.</p></div>{html(TWO, THREE)}",
            [],
        ),
    ],
    ids="hero in-text icon logo portrait counter twice aside last teaser teaser-beside-link advertisement own-file "
    "own-gallery promo author line button amp-ad caption-around below-in-box slides line-end-in-set text-too".split(),
)
def test_the_pictures_of_the_article_are_told_from_those_of_the_page(inner: str, found: list[str]) -> None:
    footer = "<footer><img src='/footer-picture.jpg'></footer>"
    author = "<meta name='author' content='Mona Haddad'>"
    assert pictures(f"<article>{inner}</article>{footer}", author) == found


def test_a_figure_right_above_the_headline_is_the_articles() -> None:
    hero = "<figure><img src='/hero-boat.jpg'></figure><h1>Ferry sails</h1>"
    body = f"<body><article>{hero}{html(*PARAGRAPHS)}</article></body>"
    text = f"<html><head><title>Ferry sails</title></head>{body}</html>"
    found = read(text.encode(), name="page.html", url=f"{SITE}/news/1")
    assert Picture(f"{SITE}/hero-boat.jpg") in read_document(found.document, found.body)


def test_the_picture_that_the_page_names_is_found_above_the_headline() -> None:
    head = "<meta property='og:image' content='/ferry-boat-1200x800.jpg'>"
    text = (
        f"<html><head><title>Ferry sails</title>{head}</head><body><article><img src='/ferry-boat-300x200.jpg'>"
        f"<h1>Ferry sails</h1>{html(*PARAGRAPHS)}</article></body></html>"
    )
    found = read(text.encode(), name="page.html", url=f"{SITE}/news/1")
    [picture] = [one for one in read_document(found.document, found.body) if isinstance(one, Picture)]
    assert picture.address == f"{SITE}/ferry-boat-300x200.jpg"


def test_addresses_are_resolved_against_the_base_that_the_page_names() -> None:
    inner = f"{html(ONE)}<img src='in-text.jpg'>{html(TWO, THREE)}"
    assert pictures(inner, "<base href='/deep/'>") == ["deep/in-text.jpg"]


def test_labels_and_signatures_between_paragraphs_stay_out_of_the_document() -> None:
    inner = (
        f"<article>{html(ONE)}<p>Read also: <a href='/x'>Gulls came back to the quay</a></p>{html(TWO)}"
        f"<p>Mona Haddad</p>{html(THREE)}</article>"
    )
    assert draft(inner, "<meta name='author' content='Mona Haddad'>").body == "\n\n".join(PARAGRAPHS)


def test_a_page_whose_lines_stand_nowhere_is_read_as_quickly() -> None:
    blocks: PageBlocks = [
        (Paragraph((Run(f"paragraph {number} of a long page"),)), Element("p")) for number in range(20_000)
    ]
    lines = [f"line {number} that stands nowhere on the page" for number in range(5_000)]
    found = choose(blocks, [*lines, "paragraph 7 of a long page"], title="", image=None, is_other=lambda text: False)
    assert len(found) == len(lines) + 1
