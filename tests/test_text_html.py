"""Telegram HTML: from whatever publishers write, cut and split so that Telegram takes every piece."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sim.markup import parse
from bot.text.html import (
    clean,
    escape,
    isolate,
    length,
    one_line,
    plain,
    split,
    to_telegram,
    to_text,
    truncate,
    units,
)

LETTERS = st.text(alphabet="ab خبر&<>\"'\n🚢é", max_size=80)
FAMILY = "👨‍👩‍👧‍👦"
MARKED = st.recursive(
    LETTERS.map(escape),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["b", "i", "u"]), inner).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"),
        inner.map(lambda text: f'<a href="https://a.example/?x=1&amp;y=2">{text}</a>'),
        st.lists(inner, max_size=4).map(" ".join),
    ),
    max_leaves=12,
)


def test_lengths_are_those_that_telegram_counts() -> None:
    assert length('<b>a&amp;b</b> <a href="https://x.example">🚢</a>') == 6
    assert units("🚢خ") == 3
    assert plain("<i>a &lt; b</i>") == "a < b"


@given(LETTERS)
def test_escaped_text_is_that_text_and_nothing_else(text: str) -> None:
    assert plain(escape(text)) == text
    if text.strip():
        assert parse(escape(text))[0] == text.strip()


@given(MARKED, st.integers(8, 60))
def test_parts_of_a_split_text_are_taken_and_say_all_of_it(marked: str, limit: int) -> None:
    parts = split(marked, limit)
    assert "".join("".join(map(plain, parts)).split()) == "".join(plain(marked).split())
    for part in parts:
        assert length(part) <= limit
        if plain(part).strip():
            parse(part)  # refuses unbalanced tags and broken entities


@given(MARKED, st.integers(8, 60))
def test_a_truncated_text_is_taken_and_is_the_beginning(marked: str, limit: int) -> None:
    cut = truncate(marked, limit)
    assert length(cut) <= limit
    if plain(cut).strip():
        parse(cut)
    if cut != marked:
        assert cut.count("…") == 1
        assert plain(marked).startswith(plain(cut).rpartition("…")[0].rstrip())


def test_a_cut_falls_between_paragraphs_else_lines_else_words() -> None:
    assert split("one two\n\nthree four", 12) == ["one two", "three four"]
    assert split("one two\nthree four", 12) == ["one two", "three four"]
    assert split("one two three", 9) == ["one two", "three"]
    assert truncate("one two three", 9) == "one two…"


def test_a_word_that_fits_nowhere_is_cut_between_letters() -> None:
    assert split("x" * 150, 64) == ["x" * 64, "x" * 64, "x" * 22]
    assert truncate("x" * 50, 28) == "x" * 27 + "…"
    joke = "e" + "\u0301" * 5000
    assert all(length(part) <= 64 for part in split(joke, 64))


def test_a_megabyte_without_a_blank_is_cut_without_reading_all_of_it_again_and_again() -> None:
    assert truncate("🇱🇧" * 250_000, 100).endswith("…")


def test_open_tags_are_closed_and_opened_again() -> None:
    parts = split('<b>bold <a href="https://a.example">link that is long</a></b>', 12)
    assert parts[0] == '<b>bold <a href="https://a.example">link</a></b>'
    assert parts[1].startswith('<b><a href="https://a.example">')
    assert all(part.endswith("</b>") for part in parts)


@pytest.mark.parametrize("whole", [FAMILY, "🇱🇧", "👍🏽", "é", "كّ", "1️⃣"])
def test_what_is_seen_as_one_letter_is_never_cut(whole: str) -> None:
    word = whole * 200  # no blank to cut at
    for limit in (64, 65, 66, 67, 68):
        for part in split(word, limit):
            assert not part.replace(whole, ""), part


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
        ("<b>never closed <i>nested", "<b>never closed <i>nested</i></b>"),
        ("</b></p>stray", "stray"),
        ("<!-- c --><![CDATA[d]]>e", "e"),
        ("2 < 3 & 4 > 1", "2 &lt; 3 &amp; 4 &gt; 1"),
        ("<pre>a\nb</pre>", "<pre>a\nb</pre>"),
        ("\u202eevil\u202c", "evil"),
        ("", ""),
        ("<div><div></div></div>", ""),
    ],
)
def test_untrusted_markup_becomes_what_telegram_knows(untrusted: str, safe: str) -> None:
    assert to_telegram(untrusted, "https://site.example/page") == safe


PIECES = st.sampled_from(
    "<b> </b> <i> </i> <a href='https://x.example'> </a> <a href='javascript:x'> <pre> </pre> <code> <blockquote> "
    "</blockquote> <ul> <li> <p> </p> <table> <tr> <td> <span> <script> &amp; &lt; &bogus; < > text خبر \x00".split()
)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_any_markup_becomes_something_that_telegram_takes(untrusted: str) -> None:
    safe = to_telegram(untrusted)
    if plain(safe).strip():
        parse(safe)


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_the_text_of_any_markup_has_no_markup(untrusted: str) -> None:
    text = to_text(untrusted)
    assert "<script" not in text
    assert "\x00" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("depth", [1_000, 100_000])  # the parser gives up somewhere between, and says nothing then
def test_deep_nesting_is_no_error(depth: int) -> None:
    deep = "<div><b>" * depth + "x"
    assert to_text(deep) in ("x", "")
    assert plain(to_telegram(deep)).strip() in ("x", "")


def test_what_is_not_seen_is_taken_out() -> None:
    assert clean("a\u202eb\x07c\ufeff\r\nd  \t e") == "abc\nd e"
    assert one_line(" a \n\n b ") == "a b"
    assert isolate("x\u2069\u202ey") == "\u2068xy\u2069"
    assert html.unescape(escape("<&\"'>")) == "<&\"'>"
