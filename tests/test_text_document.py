"""Documents: stored and read again, as plain text, and as Telegram HTML that Telegram takes."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sim.markup import parse
from bot.text.document import LONGEST_STORED, from_plain, read_document, stored_form, to_plain, to_telegram
from bot.text.html import plain, split
from storage.records.documents import (
    Audio,
    Block,
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
    UnreadableDocument,
    Video,
    decode,
    encode,
)

BOLD, ITALIC = frozenset({Mark.BOLD}), frozenset({Mark.ITALIC})
PICTURE = Picture("https://a.example/boat.jpg", (Run("The boat"),), "Mona", "A white boat", 800, 600)


def said(text: str) -> Runs:
    return (Run(text),)


def paragraph(text: str) -> Paragraph:
    return Paragraph(said(text))


LIST = Listing(((paragraph("Sails"), Listing(((paragraph("white"),), (paragraph("red"),)))), (paragraph("Mail"),)))
TABLE = Table(
    ((Cell(said("Club"), header=True), Cell(said("Goals"), header=True)), (Cell(said("الأهلي")), Cell(said("2")))),
    said("Results"),
)
BLOCKS: dict[str, tuple[Block, str, str]] = {  # the block, its plain text, and what a reader of Telegram sees
    "paragraph": (
        Paragraph((Run("It is "), Run("white", BOLD), Run(". See "), Run("the list", ITALIC, "https://a.example/?a=1&b=2"))),
        "It is white. See the list",
        'It is <b>white</b>. See <a href="https://a.example/?a=1&amp;b=2"><i>the list</i></a>',
    ),
    "link over marks": (
        Paragraph((Run("red", BOLD, "https://a.example/"), Run(" list", link="https://a.example/"))),
        "red list",
        '<a href="https://a.example/"><b>red</b> list</a>',
    ),
    "code in a link": (
        Paragraph((Run("a", frozenset({Mark.CODE}), "https://a.example/"),)),
        "a",
        '<a href="https://a.example/">a</a>',
    ),
    "marks within code": (Paragraph((Run("a<b", BOLD | {Mark.CODE}),)), "a<b", "<code>a&lt;b</code>"),
    "raised figures": (Paragraph((Run("5 km"), Run("2", frozenset({Mark.SUP})))), "5 km2", "5 km²"),
    "lowered letters": (Paragraph((Run("x"), Run("max", frozenset({Mark.SUB})))), "xmax", "xmax"),
    "struck out": (Paragraph((Run("noon", frozenset({Mark.STRIKE})),)), "noon", "<s>noon</s>"),
    "heading": (Heading((Run("Who "), Run("sews", BOLD)), 3), "Who sews", "<b>Who sews</b>"),
    "list": (LIST, "• Sails\n• white\n• red\n• Mail", "• Sails\n    ◦ white\n    ◦ red\n• Mail"),
    "ordered list": (
        Listing(((paragraph("One"), paragraph("more of it")), (paragraph("Two"),)), ordered=True),
        "• One\nmore of it\n• Two",
        "1. One\n    more of it\n2. Two",
    ),
    "quote": (
        Quote((paragraph("We sail."), Quote((paragraph("Never."),))), said("Mona")),
        "We sail.\n\nNever.\n\nMona",
        "<blockquote>We sail.\n\nNever.\n— Mona</blockquote>",
    ),
    "pull quote": (
        PullQuote(said("We sail."), said("Mona")), "We sail.\n\nMona", "<blockquote>We sail.\n— Mona</blockquote>"),
    "table": (
        TABLE,
        "Club Goals\nالأهلي 2",
        "Results\n\u2068<b>Club</b>\u2069 · \u2068<b>Goals</b>\u2069\n\u2068الأهلي\u2069 · \u20682\u2069",
    ),
    "picture": (PICTURE, "", '<a href="https://a.example/boat.jpg">🖼</a> <i>The boat (Mona)</i>'),
    "picture without a caption": (Picture("https://a.example/boat.jpg"), "", ""),
    "gallery": (
        Gallery((PICTURE, PICTURE), said("Two boats")),
        "",
        '<a href="https://a.example/boat.jpg">🖼</a> <i>The boat (Mona)</i>\n' * 2 + "Two boats",
    ),
    "video": (Video("https://www.tube.example/1"), "", '🎬 <a href="https://www.tube.example/1">tube.example</a>'),
    "audio": (Audio("https://a.example/1.mp3", said("Waves")), "", '🎧 <a href="https://a.example/1.mp3">Waves</a>'),
    "embedded post": (
        Embed("https://post.example/1", said("We sail.")),
        "We sail.",
        'We sail.\n🔗 <a href="https://post.example/1">post.example</a>',
    ),
    "code": (Code("if a < b:\n    sail()"), "if a < b:\nsail()", "<pre>if a &lt; b:\n    sail()</pre>"),
    "divider": (Divider(), "", "* * *"),
}  # fmt: skip


@pytest.mark.parametrize(("block", "text", "shown"), BLOCKS.values(), ids=BLOCKS)
def test_each_block_is_stored_and_shown(block: Block, text: str, shown: str) -> None:
    assert decode(encode((block,))) == (block,)
    assert read_document(stored_form((block,)), to_plain((block,))) == (block,)
    assert to_plain((paragraph("One"), block, paragraph("Two"))) == "\n\n".join(filter(None, ["One", text, "Two"]))
    assert to_telegram((block,)) == shown
    if shown:
        parse(shown)  # refuses what Telegram refuses


def test_blocks_are_set_apart_and_silent_ones_leave_no_gap() -> None:
    document = (paragraph("One"), Picture("https://a.example/1.jpg"), Heading(said("Two")), paragraph("Three"))
    assert to_plain(document) == "One\n\nTwo\n\nThree"
    assert to_telegram(document) == "One\n\n<b>Two</b>\n\nThree"


RUNS = st.lists(
    st.builds(
        Run,
        st.text(alphabet="ab خبر&<>\"'\n🚢é{}", min_size=1, max_size=30),
        st.frozensets(st.sampled_from(Mark)),
        st.sampled_from([None, None, 'https://a.example/?x="1"&y=<2>']),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
DOCUMENTS = st.lists(
    st.recursive(
        st.one_of(
            st.builds(Paragraph, RUNS), st.builds(Heading, RUNS, st.integers(1, 6)), st.builds(PullQuote, RUNS, RUNS)
        ),
        lambda inner: st.one_of(
            st.builds(Quote, st.lists(inner, min_size=1, max_size=3).map(tuple), RUNS),
            st.builds(
                Listing, st.lists(st.lists(inner, max_size=2).map(tuple), max_size=3).map(tuple), st.booleans()
            ),
        ),
        max_leaves=5,
    ),
    max_size=4,
).map(tuple)  # fmt: skip


@given(DOCUMENTS)
def test_any_document_is_stored_and_is_something_that_telegram_takes(document: Document) -> None:
    assert decode(encode(document)) == document
    shown = to_telegram(document)
    for part in split(shown, 64):
        if plain(part).strip():
            parse(part)


@given(DOCUMENTS)
def test_every_letter_of_a_document_is_in_its_plain_text(document: Document) -> None:
    def letters(text: str) -> str:
        return "".join(letter for letter in text if letter in "abخبر🚢é")

    def texts(value: object) -> str:
        match value:
            case Run(text):
                return text
            case tuple():
                return "".join(map(texts, value))
            case Paragraph() | Heading() | PullQuote() | Quote() | Listing():
                return "".join(texts(getattr(value, field.name)) for field in fields(value))
        return ""

    assert letters(to_plain(document)) == letters(texts(document))


def test_captions_are_the_text_of_a_document_that_has_no_other() -> None:
    assert to_plain((PICTURE, Gallery((PICTURE,), said("Two boats")))) == "The boat\n\nThe boat\n\nTwo boats"


def test_a_document_of_plain_paragraphs_is_stored_as_its_text_alone() -> None:
    document = (paragraph("One"), paragraph("Two\nlines"))
    assert stored_form(document) == ""
    assert read_document("", to_plain(document)) == document == from_plain("One\n\nTwo\nlines")
    assert read_document("", "") == ()


def test_of_a_document_that_is_very_long_the_text_is_stored() -> None:
    document: Document = (Heading(said("Sails")), *(paragraph("white " * 100),) * (LONGEST_STORED // 500))
    assert stored_form(document[:100])
    assert stored_form(document) == ""


@pytest.mark.parametrize(
    "stored",
    [
        '{"version":2,"blocks":[]}',
        '{"version":1,"blocks":[{"type":"hologram"}]}',
        '{"version":1,"blocks":[{"type":"paragraph"}]}',
        '{"version":1,"blocks":[{"type":"paragraph","text":[{"text":"a","marks":["blinking"]}]}]}',
        '{"version":1,"blocks":7}',
        '{"version":1,"blocks":[',
    ],
    ids="newer unknown-block no-text unknown-mark no-blocks damaged".split(),
)
def test_a_document_that_cannot_be_read_costs_no_text(stored: str) -> None:
    with pytest.raises(UnreadableDocument):
        decode(stored)
    assert read_document(stored, "One\n\nTwo") == (paragraph("One"), paragraph("Two"))


@pytest.mark.parametrize(
    ("stored", "document"),
    [
        ("It is <b>white</b> &amp; red.", (Paragraph((Run("It is "), Run("white", BOLD), Run(" & red."))),)),
        (
            'One\n\n<a href="https://a.example/?a=1&amp;b=2">two\n\nthree</a>',
            (
                paragraph("One"),
                Paragraph((Run("two", link="https://a.example/?a=1&b=2"),)),
                Paragraph((Run("three", link="https://a.example/?a=1&b=2"),)),
            ),
        ),
        ("<i>a <b>b</b></i>", (Paragraph((Run("a ", ITALIC), Run("b", BOLD | ITALIC))),)),
        ("a\n\n<blockquote>b\n\nc</blockquote>\n\nd",
            (paragraph("a"), Quote((paragraph("b"), paragraph("c"))), paragraph("d"))),
        ("<b>a <blockquote>b</blockquote> c</b>",
            (Paragraph((Run("a", BOLD),)), Quote((Paragraph((Run("b", BOLD),)),)), Paragraph((Run("c", BOLD),)))),
        ("{curly} <b>b</b>", (Paragraph((Run("{curly} "), Run("b", BOLD))),)),
    ],
    ids="marks link-over-paragraphs nested quote quote-within-marks brace".split(),
)  # fmt: skip
def test_what_older_versions_stored_is_read(stored: str, document: Document) -> None:
    assert read_document(stored, "") == document
