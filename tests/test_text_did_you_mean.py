"""What was meant by a word that stands nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.did_you_mean import may_be_misspelt, one_error, two_errors


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("harbur", "harbour"),
        ("harrbour", "harbour"),
        ("hrabour", "harbour"),
        ("harbout", "harbour"),
        ("السفيته", "السفينه"),
        ("الفسينه", "السفينه"),
        ("гаван", "гавань"),
        ("λιμανι", "λιμενι"),
    ],
)
def test_one_letter_too_many_too_few_another_or_two_exchanged(typed: str, meant: str) -> None:
    assert meant in one_error(typed)


@pytest.mark.parametrize(
    ("typed", "other", "near"),
    [
        ("harbuor", "harbour", True),
        ("hrabuor", "harbour", True),
        ("habur", "harbour", True),
        ("habu", "harbour", False),
        ("السفيتا", "السفينه", True),
        ("ferry", "train", False),
    ],
)
def test_two_errors(typed: str, other: str, near: bool) -> None:
    assert list(two_errors(typed, [other])) == ([other] if near else [])


@pytest.mark.parametrize(
    ("word", "worth"),
    [("ferry", True), ("سفينه", True), ("boat", False), ("بحري", False), ("2026", False), ("a1b2", False)],
)
def test_short_words_and_numbers_are_taken_as_they_are(word: str, worth: bool) -> None:
    assert may_be_misspelt(word) is worth


WORDS = st.text(alphabet="abcاب", min_size=1, max_size=6)


@given(WORDS, WORDS)
def test_what_is_one_error_away_is_so_in_both_directions(one: str, other: str) -> None:
    if set(one) <= set("abc") and set(other) <= set("abc"):
        assert (other in one_error(one)) == (one in one_error(other))
