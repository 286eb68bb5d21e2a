"""Telegram HTML: from whatever publishers write, cut and split so that Telegram takes every piece."""

import html
import time
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.sim.markup import parse
from bot.text.html import (
    LONGEST_LINE,
    attribute,
    clean,
    escape,
    isolate,
    length,
    one_line,
    plain,
    split,
    to_line,
    to_text,
    truncate,
    units,
    web_address,
    with_whole_letters,
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
    assert split("one two three\n\nfour five", 20) == ["one two three", "four five"]
    assert split("one two three\nfour five", 20) == ["one two three", "four five"]
    assert split("one\n\ntwo three four five", 20) == ["one\n\ntwo three four", "five"]  # else a part of a word
    assert truncate("one two three", 9) == "one two…"


def test_a_word_that_fits_nowhere_is_cut_between_letters() -> None:
    assert split("x" * 150, 64) == ["x" * 64, "x" * 64, "x" * 22]
    assert truncate("x" * 50, 28) == "x" * 27 + "…"
    joke = "e" + "\u0301" * 5000
    assert all(length(part) <= 64 for part in split(joke, 64))


LETTERS = st.sampled_from(
    [*'ab <&"\n', "\u0301", "\u064e", "\u200d", "\ufe0f", "👩", "🇱", "🏽", "\u0903", "\u0600", "각", "ᄀ"]
)


@pytest.mark.parametrize("nothing", ["&#1;", "&#0;", "&#xd800;"])
def test_an_entity_that_stands_for_nothing_is_split_as_any_other(nothing: str) -> None:
    marked = nothing * 40 + "e" * 64 + nothing + "e" * 64
    assert "".join(map(plain, split(marked, 64))) == plain(marked)


@given(st.lists(LETTERS, min_size=60, max_size=200).map("".join), st.integers(64, 80))
def test_no_letter_is_cut_whatever_stands_beside_it(text: str, limit: int) -> None:
    marked = escape(text)
    seen = [letter.rstrip() for letter in graphemes(plain(marked)) if not letter.isspace()]
    for parts in (split(marked, limit), [truncate(marked, limit).removesuffix("…")]):
        shown = [one.rstrip() for part in parts for one in graphemes(plain(part)) if not one.isspace()]
        if max(map(len, seen), default=0) < 20:
            assert shown == seen[: len(shown)]
    assert "".join("".join(map(plain, split(marked, limit))).split()) == "".join(plain(marked).split())


def graphemes(text: str) -> list[str]:
    found: list[str] = regex.findall(r"\X", text)
    return found


def test_a_long_title_without_a_blank_is_cut_between_letters() -> None:
    shown = to_line(FAMILY * 400).removesuffix("…")
    assert 990 < len(shown) < 1_000
    assert shown.replace(FAMILY, "") == ""


def test_a_megabyte_without_a_blank_is_cut_without_reading_all_of_it_again_and_again() -> None:
    assert truncate("🇱🇧" * 250_000, 100).endswith("…")


def test_a_megabyte_is_split_in_one_reading() -> None:
    begun = time.process_time()
    assert len(split(("The harbour council met again. " * 8 + "\n\n") * 4_800)) == 300
    assert time.process_time() - begun < 1  # 20 ms; reading what is left again for each part took 6 s


def test_open_tags_are_closed_and_opened_again() -> None:
    parts = split('<b>bold <a href="https://a.example">link that is long</a></b>', 12)
    assert parts[0] == '<b>bold <a href="https://a.example">link</a></b>'
    assert parts[1].startswith('<b><a href="https://a.example">')
    assert all(part.endswith("</b>") for part in parts)


@pytest.mark.parametrize(
    "whole",
    [
        *(FAMILY, "🇱🇧", "👍🏽", "é", "كّ", "1️⃣", "क्षि", "நி", "각", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        "\u0600\u0661",  # a sign that stands before the letter it belongs to
        "e" + "\u0301" * 40,
    ],
)
def test_what_is_seen_as_one_letter_is_never_cut(whole: str) -> None:
    word = whole * 200  # no blank to cut at
    for limit in (64, 65, 66, 67, 68):
        for part in split(word, limit):
            assert not part.replace(whole, ""), part


MARKED_WORDS = ["a&amp;b", "&lt;", "&#128674;", "خبر", "عاجل،", "كَتَبَ", "sea", "harbour-master"]
WORDS = st.sampled_from([*MARKED_WORDS, FAMILY, f"{FAMILY}!", "🇱🇧🇪🇬", "👍🏽"])
SAID = st.lists(WORDS, min_size=1, max_size=60)


@given(SAID, st.sampled_from([" ", "\n", "\n\n"]), st.integers(64, 90))
def test_no_word_entity_or_emoji_is_cut_where_there_are_blanks(words: list[str], joint: str, limit: int) -> None:
    marked = f"<b>{joint.join(words)}</b>"
    said = [html.unescape(word) for word in words]
    assert [word for part in split(marked, limit) for word in plain(part).split()] == said
    kept = plain(truncate(marked, limit)).removesuffix("…").split()
    assert kept == said[: len(kept)]


@given(SAID, st.integers(64, 90))
def test_no_entity_or_emoji_is_cut_where_there_are_none(words: list[str], limit: int) -> None:
    for part in split(f"<i>{''.join(words)}</i>", limit):
        assert length(part) <= limit
        assert plain(part)[0] not in "\u200d\ufe0f🏽"
        assert not plain(part).endswith("\u200d")
        assert html.escape(html.unescape(part[3:-4])) == part[3:-4].replace("&#128674;", "🚢")  # entities are whole


@given(SAID, st.integers(64, 4096))
def test_what_fits_is_neither_split_nor_truncated(words: list[str], limit: int) -> None:
    marked = f"<b>{' '.join(words)}</b>"
    if length(marked) <= limit:
        assert split(marked, limit) == [marked]
        assert truncate(marked, limit) == marked


@pytest.mark.parametrize("letter", ["a", "خ", "🚢", "&amp;", "<b>x</b>"])
def test_the_limit_is_in_units_and_reached_but_not_passed(letter: str) -> None:
    count = 4096 // length(letter)
    assert split(letter * count) == [letter * count]
    assert len(split(letter * (count + 1))) == 2
    assert length(truncate(letter * (count + 1))) in (4095, 4096)


def test_flags_fill_a_part_as_other_letters_do() -> None:
    assert length(split("🇱🇧" * 100, 68)[0]) == 68


@pytest.mark.parametrize("marked", [" " * 300 + "x", "<b>" + " " * 300 + "</b>x", "x" + "\n" * 300])
def test_no_part_is_blank(marked: str) -> None:
    assert [plain(part).strip() for part in split(marked, 64)] == ["x"]


PIECES = st.sampled_from(
    "<b> </b> <i> </i> <a href='https://x.example'> </a> <a href='javascript:x'> <pre> </pre> <code> <blockquote> "
    "</blockquote> <ul> <li> <p> </p> <table> <tr> <td> <span> <script> &amp; &lt; &bogus; < > text خبر \x00".split()
)


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


@pytest.mark.parametrize(
    ("href", "base", "address"),
    [
        ("https://x.example/a", None, "https://x.example/a"),
        (" /a ", "https://x.example/b/c", "https://x.example/a"),
        ("a", "https://x.example/b/c", "https://x.example/b/a"),
        ("/a", None, None),
        ("/a/../b?c=1", "https://x.example?d/e", "https://x.example/b?c=1"),
        ("//y.example/a", "https://x.example/b", "https://y.example/a"),
        ("/a", "https://x.example:80/b", "https://x.example:80/a"),
        ("/a", "ftp://x.example/b", None),
        ("https:///a", None, None),
        ("ftp://x.example", None, None),
        ("https://x.example/a b\u00a0c", None, "https://x.example/a%20b%20c"),
        ("\u200ehttps://x.example/a\n b\u200b", None, "https://x.example/a%20b"),
        ("https:\\\\x.example\\a?b\\c", None, "https://x.example/a?b\\c"),
        ("http:/x.example/a", None, "http://x.example/a"),
        ("www.x.example/a", "https://y.example/", "http://www.x.example/a"),
        ("https://", "https://y.example/", None),
        ("https://x.example/\ud800", None, None),
        ("", "https://x.example", None),
        (None, "https://x.example", None),
    ],
)
def test_an_address_is_whole_or_none(href: str | None, base: str | None, address: str | None) -> None:
    assert web_address(href, base) == address


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("?a=1&amp;b=2", "?a=1&b=2"),
        ("?a=1&copy=2&lang=ar&reg=3&not=4&para", "?a=1&copy=2&lang=ar&reg=3&not=4¶"),  # as browsers have it
        ("?a=1&copyright=2&notify;", "?a=1&copyright=2&notify;"),
        ("?a=1&copy;=2", "?a=1©=2"),
        ("?a=1&#38;b=2&#x26;c=3", "?a=1&b=2&c=3"),
        ("a & b &", "a & b &"),
    ],
)
def test_a_reference_in_an_attribute_needs_its_semicolon_before_an_equals_sign(written: str, said: str) -> None:
    assert attribute(written) == said


@given(st.text("ab./?=:@%-_é#& ", max_size=12), st.sampled_from(["", "/b/c.xml", "?d/e", "#f", ":80/b"]))
def test_an_address_within_a_site_is_what_it_is_joined_to(place: str, page: str) -> None:
    address = web_address(f"/{place}", f"https://x.example{page}")
    assert address in (urljoin(f"https://x.example{page}", f"/{place}".strip().replace(" ", "%20")), None)


@pytest.mark.parametrize("smile", ["&#55357;&#56832;", "&#xD83D;&#xDE00;", "&#xd83d&#xde00;", "&#55357;&#xDE00;"])
def test_an_emoji_that_is_written_by_its_halves_is_that_emoji(smile: str) -> None:
    assert to_text(f"<p>Hello {smile}!</p>") == "Hello 😀!"
    assert with_whole_letters(smile) == "😀"


def test_an_embedded_player_has_no_end_and_swallows_nothing() -> None:
    assert to_text("<p>The ferry</p><embed src=/x.swf><p>sails</p>") == "The ferry\n\nsails"


@pytest.mark.parametrize(
    "odd", ["&#55357;", "&#56832;&#55357;", "&#55296;&#55296;", "&#57344;&#56832;", "&#55295;&#56832;"]
)
def test_half_a_letter_alone_is_left_as_it_is(odd: str) -> None:
    assert with_whole_letters(odd) == odd


@given(st.text(max_size=40), st.text(max_size=20))
def test_isolated_text_turns_nothing_around_it(inside: str, after: str) -> None:
    isolated = isolate(inside)
    assert isolated[0] in "\u2066\u2067\u2068"
    assert isolated.index("\u2069") == len(isolated) - 1
    assert not set(isolated[1:-1]) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(isolated + after) == clean(inside + after)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("iPhone يصل إلى الأسواق", "\u2067"),
        ("العربية Al Arabiya News Network", "\u2066"),
        ("خبر عاجل", "\u2068"),
        ("Ferry sails", "\u2068"),
        ("2026", "\u2068"),
    ],
)
def test_a_headline_that_begins_with_a_foreign_name_still_runs_its_own_way(text: str, opening: str) -> None:
    assert isolate(text) == f"{opening}{text}\u2069"


def test_what_is_not_seen_is_taken_out() -> None:
    assert clean("a\u202eb\x07c\ufeff\r\nd  \t e") == "abc\nd e"
    assert one_line(" a \n\n b ") == "a b"
    assert isolate("x\u2069\u202ey") == "\u2068xy\u2069"
    assert html.unescape(escape("<&\"'>")) == "<&\"'>"


@pytest.mark.parametrize("read", [clean, to_line, to_text])
def test_controls_are_what_windows_has_at_their_numbers(read: Callable[[str], str]) -> None:
    assert read("The mayor\x92s \x93plan\x94\x81 \x85 \x80") == "The mayor’s “plan” … €"


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("Ferry\n sails", "Ferry sails"),
        ("<b>Ferry</b> sails", "Ferry sails"),
        ("&lt;b&gt;Ferry&lt;/b&gt; sails", "Ferry sails"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("5 < 6 knots", "5 < 6 knots"),
        ("", ""),
    ],
)
def test_a_title_is_a_line_without_markup_however_often_it_was_escaped(written: str, line: str) -> None:
    assert to_line(written) == line


@pytest.mark.parametrize("written", ["ferry " * 100_000, "&lt;b&gt;ferry " * 100_000, "f" * 1_000_000])
def test_a_title_as_long_as_a_book_is_cut(written: str) -> None:
    line = to_line(written)
    assert 0 < len(line) <= LONGEST_LINE
    assert line.endswith("…")


def test_a_tag_of_very_many_attributes_is_left_out() -> None:
    begun = time.process_time()
    crowded = " ".join(f"a{number}=1" for number in range(60_000))
    assert to_text(f"<p {crowded}>The ferry</p><p>sails</p>") == "The ferry\n\nsails"
    assert time.process_time() - begun < 1  # 50 ms; each compared with all others takes 6 s
