"""Text that stands loose on a page is read like any other."""

import pytest

from bot.ingest.formats.page import read
from bot.ingest.formats.page_paragraphs import make_paragraphs
from bot.text.html import parse
from tests.test_formats_page import PARAGRAPHS

ONE, TWO, THREE = PARAGRAPHS


def body(inner: str) -> list[str]:
    text = f"<html><head><title>Ferry sails</title></head><body><h1>Ferry sails</h1>{inner}</body></html>"
    return read(text.encode(), name="page.html", url="https://harbour.example/news/1").body.split("\n\n")


def prepared(inner: str) -> str:
    root = parse(f"<div id='it'>{inner}</div>")
    assert root is not None
    make_paragraphs(root)
    return "".join(
        f"<{node.tag!s}>{node.text_content().strip()}</{node.tag!s}>" for node in root.get_element_by_id("it")
    )


def test_a_first_paragraph_without_an_element_of_its_own_is_one() -> None:
    gallery = "<div><ul><li><a href='/x'>More of it</a></li><li><a href='/y'>Pictures</a></li></ul></div>"
    assert body(f"<div class='story'>{gallery}{ONE}<p>{TWO}</p><p>{THREE}</p></div>") == [ONE, TWO, THREE]


def test_a_run_of_text_and_inline_elements_between_blocks_is_a_paragraph() -> None:
    run = "The boat left <b>the old harbour</b> at noon, <a href='/x'>with forty people</a>, and came back with mail."
    assert prepared(f"<p>A</p>{run}<p>B</p>") == (
        "<p>A</p><p>The boat left the old harbour at noon, with forty people, and came back with mail.</p><p>B</p>"
    )
    assert prepared(f"{run}<p>B</p>").startswith("<p>The boat left")


def test_a_few_words_between_blocks_stay_as_they_are() -> None:
    assert prepared("<p>A</p>19/01/2022 <a href='/x'>Sea</a><p>B</p>") == "<p>A</p><a>Sea</a><p>B</p>"


def test_an_element_of_nothing_but_text_and_line_breaks_is_left_to_itself() -> None:
    assert prepared(f"{ONE}<br>{TWO}") == "<br></br>"


def test_a_line_end_in_the_source_is_no_end_of_a_paragraph() -> None:
    wrapped = [text.replace(" and", "\nand").replace(" that", "\n   that") for text in PARAGRAPHS]
    assert body("".join(f"<p>{text}</p>" for text in wrapped)) == list(PARAGRAPHS)


def test_lines_of_what_is_set_in_lines_are_kept() -> None:
    root = parse("<pre>one\ntwo <b>three\nfour</b></pre>\n<p>five\nsix</p>")
    assert root is not None
    make_paragraphs(root)
    assert [node.text_content() for node in root.iter("pre", "p")] == ["one\ntwo three\nfour", "five six"]


def test_text_behind_a_comment_is_not_lost() -> None:
    inner = "".join(f"<p>{text[:20]}<!-- -->{text[20:]}</p>" for text in PARAGRAPHS)
    assert body(f"<!-- story --><div>{inner}</div><!-- /story -->") == list(PARAGRAPHS)


def test_text_behind_an_empty_mark_is_not_lost() -> None:
    assert body(f"<div><p><a name='1'></a>{ONE}</p><p><span></span>{TWO}</p><p>{THREE}</p></div>") == list(PARAGRAPHS)


def test_a_heading_with_a_link_to_itself_is_kept() -> None:
    inner = f"<p>{ONE}</p><h2>Who sews the sails<a href='#sails'></a></h2><p>{TWO}</p><p>{THREE}</p>"
    assert body(f"<article>{inner}</article>") == [ONE, "Who sews the sails", TWO, THREE]


def test_an_article_that_begins_in_its_header_is_read_from_there() -> None:
    inner = f"<header><p class='lead'>{ONE}</p></header><div><p>{TWO}</p><p>{THREE}</p></div>"
    assert body(f"<article>{inner}</article>") == [ONE, TWO, THREE]


def test_marks_of_a_paragraph_that_has_very_many_become_its_text() -> None:
    words = "".join(f"<{mark}>{n}</{mark}> mile " for n in range(1_000) for mark in ("span", "b"))
    root = parse(f"<div><p id='long'>{words}<br>and on</p><p id='links'>{'<a href=/x>word</a> ' * 2_000}</p></div>")
    assert root is not None
    make_paragraphs(root)
    long, links = root.get_element_by_id("long"), root.get_element_by_id("links")
    assert [node.tag for node in long] == ["br"]
    assert long.text_content().startswith("0 mile 0 mile 1 mile")
    assert long[0].tail == "and on"
    assert (len(links), links.text) == (0, None)


@pytest.mark.parametrize(
    "inner",
    [
        "<div>" + "text that is loose and rather long for one of these <p>x</p>" * 10_000 + "</div>",
        "<div><p>x</p>" + "<i>a</i>b" * 20_000 + "</div>",
        "<span>" * 40_000,
        "<div>" + " \n" * 1_000_000 + "</div>",
    ],
    ids="runs one-run deep lines".split(),
)
def test_a_page_made_to_take_long_is_prepared_as_well(inner: str) -> None:
    root = parse(f"<body>{inner}</body>")
    assert root is not None
    text = "".join(root.text_content().split())
    make_paragraphs(root)
    assert "".join(root.text_content().split()) == text
