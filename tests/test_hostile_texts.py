"""No text holds up what reads it, whatever a publisher sends: four times the text takes some four times as long."""

from collections.abc import Callable
from itertools import cycle, islice, pairwise
from typing import Final

import pytest

from bot.ingest.formats.html_document import read_html
from bot.ingest.formats.leaked_code import without_leaked_code
from bot.text.arabic import normalize, normalized_words
from bot.text.document import to_telegram
from bot.text.html import clean, escape, plain, split, to_line, to_text, truncate
from bot.text.language import detect, direction
from bot.text.notices import without_notices
from bot.text.search import as_written, index_form, phrase_form, understood
from bot.text.sentences import split_sentences
from bot.text.summary import summarise
from tests.pumping import AGAIN, LINEAR, growth, seconds_of

UNITS: Final = {
    "blanks": (" ",),
    "lines of blanks": (" \n",),
    "stops": (".",),
    "initials": ("A. ",),
    "numbered": ("1. ",),
    "one word": ("a",),
    "one Arabic word": ("ب",),
    "one word of a script without blanks": ("中",),
    "short sentences": ("No. ", "Yes. "),
    "marks": ("\u0301", "\u064e"),
    "spelt-out signs": ("\ufdfa",),
    "opened quotations": ("«", "a "),
    "quotation marks": ('" ', "a"),
    "brackets": ("(", "[a "),
    "colons": ("a:",),
    "minus signs": ("-", ' -"'),
    "mail addresses": ("@", "a"),
    "web addresses": ("http://",),
    "hashtags": ("#a",),
    "tags that stay open": ("<b>",),
    "a tag without an end": ("<a ", "x=y "),
    "tags that were never opened": ("</p>",),
    "lists": ("<ul><li>",),
    "tables": ("<table><tr><td>",),
    "entities": ("&amp;", "&#1;"),
    "half entities": ("&", "&a"),
    "comments": ("<!--",),
    "isolates": ("\u2066", "\u2069"),
    "families": ("👩\u200d",),
    "style sheets": ("p { color: red } ", "@media { a { top: 0 } "),
    "open rules": ("@media { a { ", "/* ", "{ top: "),
    "open statements": ("window.a(", "var x = [{"),
    "notices": ("we use cookies ", "all rights reserved. "),
}
FUNCTIONS: Final[dict[str, Callable[[str], object]]] = {
    "normalize": normalize,
    "normalized_words": normalized_words,
    "clean": clean,
    "to_line": to_line,
    "to_text": to_text,
    "read_html": read_html,
    "plain": lambda text: plain(escape(text)),
    "split": lambda text: split(escape(text)),  # what is split is the bot's own HTML
    "split what a publisher marked": lambda text: split(to_telegram(read_html(text))),
    "truncate": lambda text: truncate(escape(text)),
    "detect": detect,
    "direction": direction,
    "without_notices": without_notices,
    "as_written": as_written,
    "phrase_form": phrase_form,
    "without_leaked_code": without_leaked_code,
    "index_form": lambda text: index_form(text, "en"),
    "understood": lambda text: understood(text[:4_096]),  # a message of Telegram is no longer
    "split_sentences": lambda text: list(split_sentences(text)),
    "summarise": lambda text: summarise(text, language="en", title=text[:500]),
}
QUICK: Final = 0.25  # seconds of this thread; a function that is quadratic needs minutes for the longest text
LENGTHS: Final = (4_000, 16_000, 64_000)
LARGEST: Final = 200_000
OF_THE_LARGEST: Final = ("blanks", "initials", "one word", "opened quotations", "lists", "half entities")
ENDURED: Final = 20.0  # seconds for the largest text, in CI under other load; most take a tenth of one


def text_of(units: tuple[str, ...], length: int) -> str:
    """About as many characters, and at the end a letter that nothing goes on with."""
    return "".join(islice(cycle(units), length * len(units) // len("".join(units)))) + "\0x"


def slow_growth(run: Callable[[str], object], units: tuple[str, ...]) -> str:
    """Says at which length the time grows faster than the text; empty if it never does."""
    if seconds_of(run, text_of(units, LENGTHS[-1])) <= QUICK:
        return ""  # a function that is quick for the longest text needs no further look
    for shorter, length in pairwise(LENGTHS):
        texts = text_of(units, shorter), text_of(units, length)
        if all(
            seconds > QUICK and factor > LINEAR for seconds, factor in (growth(run, *texts) for _ in range(AGAIN))
        ):
            return f"over {LINEAR:g} times as long for {length} as for a quarter"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS)
def test_time_grows_as_the_text_does(function: str) -> None:
    run = FUNCTIONS[function]
    run("a text in a language")  # loads what the function needs
    assert {name: slow for name, units in UNITS.items() if (slow := slow_growth(run, units))} == {}


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_large_text_of_anything_is_read_in_seconds(function: str) -> None:
    run = FUNCTIONS[function]
    slow = {name: seconds_of(run, text_of(UNITS[name], LARGEST)) for name in OF_THE_LARGEST}
    assert {name: seconds for name, seconds in slow.items() if seconds > ENDURED} == {}
