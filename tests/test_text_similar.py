"""Likeness of texts: what is one text, what only looks so, and what a fingerprint keeps of it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import similar
from bot.text.search import index_form
from bot.text.similar import SAME_EVENT, Fingerprint, nearness, one_story, same_text

REPORT = (
    "The mountain railway to Ansel reopened on Saturday after four months of repairs, the operator said."
    " A landslide in July had buried 300 metres of track below the second tunnel and damaged a bridge."
    " Engineers drove new anchors into the slope and put up nets that should hold rocks of up to 5 tonnes."
    " The first train carried schoolchildren from the valley, who had been taken by bus over the pass all"
    " autumn. Mayor Ilse Tarnow called the day a feast."
)
MATCH = (
    "Second-half goals by {striker} and {winger} gave {home} a {score} win over {away} on Sunday evening in front"
    " of {crowd} spectators. {home} had the better of the first half without scoring, and {away} hit the post"
    " through {rival}. After the break {striker} headed in a corner, and {winger} made sure of the points from"
    " close range with ten minutes left. {home} are {place} now, while {away} must look down the table before they"
    " meet again in spring."
)


def fingerprint(title: str, body: str, language: str) -> Fingerprint:
    return similar.fingerprint(index_form(title, language).split(), index_form(body, language).split(), language)


def match(**names: object) -> Fingerprint:
    told = {name: str(value) for name, value in names.items()}
    return fingerprint("{home} beat {away} {score}".format(**told), MATCH.format(**told), "en")


def rare(word: int) -> float:
    return 5.0


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Trains to Ansel run again after landslide", REPORT),
        ("RAILWAY TO ANSEL REOPENED", REPORT.upper()),
        ("Ansel railway", REPORT.rpartition("The first train")[0]),
        ("Railway reopens", " ".join(REPORT.split()[:35])),
        ("Railway reopens", f"Ansel (CAA) - {REPORT} Our reporter travelled at the invitation of the operator."),
    ],
    ids=["another headline", "capitals", "end cut", "first lines", "framed"],
)
def test_an_edited_copy_is_the_same_text(title: str, body: str) -> None:
    original, copy = fingerprint("Mountain railway reopens", REPORT, "en"), fingerprint(title, body, "en")
    assert same_text(original, copy, rare)
    assert same_text(copy, original, rare)


def test_two_matches_told_in_the_same_words_are_two_texts() -> None:
    one = match(striker="Okafor", winger="Lindqvist", home="Rovers", away="Albion", score="2-0", crowd=14250,
                rival="Petrov", place="third")  # fmt: skip
    two = match(striker="Morandi", winger="Castell", home="United", away="Wanderers", score="2-0", crowd=14250,
                rival="Haugen", place="ninth")  # fmt: skip
    assert not same_text(one, two, rare)
    same = match(striker="Okafor", winger="Lindqvist", home="Rovers", away="Albion", score="3-1", crowd=11020,
                 rival="Petrov", place="second")  # fmt: skip
    assert not same_text(one, same, rare)


def test_a_notice_in_the_place_of_two_articles_is_no_copy() -> None:
    notice = "To read on, please accept the cookies of this site and of its nine hundred partners. " * 4
    one, two = (
        fingerprint("Railway to Ansel reopens", notice, "en"),
        fingerprint("Olive harvest begins", notice, "en"),
    )
    assert not same_text(one, two, rare)


def test_a_name_that_many_stories_hold_does_not_bring_two_events_together() -> None:
    one = fingerprint("Tarnow opens the railway to Ansel", "", "en").words
    two = fingerprint("Tarnow visits the flooded school", "", "en").words
    [name] = one.keys() & two.keys()
    assert nearness(one, two, 1, lambda word: similar.rarity(900 if word == name else 1, 1000)) < SAME_EVENT
    assert nearness(one, one, 1, rare) >= 1


def test_what_happens_beside_a_big_story_is_not_drawn_into_it() -> None:
    told = "The bridge over the Tarn in Ansel fell into the river. Engineers search for the cause. Ferries run."
    beside = (
        "The museum shows paintings of harbours, markets and a bridge from Sunday. Children of Ansel may draw"
        " beside the painter Mira Dahl, who lent forty works. Tickets cost nine crowns, and schools pay half."
    )
    report = fingerprint("Bridge in Ansel falls into the Tarn", told, "en").words
    story = {word: 12 * weight for word, weight in report.items()}
    side = fingerprint("Museum opens with paintings of Mira Dahl", beside, "en").words
    assert len(side.keys() & report.keys()) >= 2
    assert nearness(report, story, 12, rare) >= SAME_EVENT
    assert nearness(side, story, 12, rare) < SAME_EVENT


def test_a_text_without_words_is_near_nothing() -> None:
    nothing = fingerprint("", "", "und")
    assert (nothing.words, nothing.runs) == ({}, ())
    assert nearness(nothing.words, nothing.words, 1, rare) == 0
    assert not same_text(nothing, nothing, rare)


@given(st.lists(st.text("abcd", min_size=1, max_size=3)), st.lists(st.text("abc1234", min_size=1, max_size=3)))
def test_a_sketch_comes_back_from_its_bytes(title: Sequence[str], body: Sequence[str]) -> None:
    sketch = similar.fingerprint(title, body, "und").sketch
    assert similar.unpacked(similar.packed(sketch)) == sketch


def test_a_long_text_has_a_short_fingerprint() -> None:
    made = similar.fingerprint(["title"], [f"word{number % 90_000} {number}" for number in range(100_000)], "und")
    assert len(similar.packed(made.sketch)) < 600
    assert similar.unpacked(similar.packed(made.sketch)).runs == made.sketch.runs
    assert len(made.words) == similar.MOST_WORDS
    assert len(made.runs) == sum(similar.FOUND_BY)


def share(likeness: float) -> tuple[dict[int, float], dict[int, float]]:
    """Returns the words of a long text and of one text of a story, with this cosine between them."""
    words = dict.fromkeys(range(100), 1.0)
    common = round(100 * likeness)
    return words, {n + 100 - common: 1.0 for n in range(100)}


@pytest.mark.parametrize(
    ("likeness", "texts", "fits"),
    [
        (0.33, 1, False),
        (0.35, 1, True),
        (0.25, 3, True),  # a story of several texts is known better
        (0.19, 4, False),  # but it takes in nothing that happened beside it
        (0.21, 4, True),
        (0.19, 20, False),
        (0.21, 20, True),
    ],
)
def test_a_growing_story_takes_in_more_but_nothing_that_shares_less_than_a_fifth_with_it(
    likeness: float, texts: int, fits: bool
) -> None:
    words, of_one = share(likeness)
    story = {word: weight * texts for word, weight in of_one.items()}
    assert (nearness(words, story, texts, rare) >= SAME_EVENT) is fits


@pytest.mark.parametrize(("likeness", "others", "are_one"), [(0.23, 3, True), (0.21, 3, False), (0.9, 2, False)])
def test_two_stories_of_one_event_become_one_when_both_are_known(likeness: float, others: int, are_one: bool) -> None:
    one, other = share(likeness)
    sums = [{word: weight * texts for word, weight in words.items()} for words, texts in ((one, 3), (other, others))]
    assert one_story(sums[0], 3, sums[1], others, rare) is are_one
