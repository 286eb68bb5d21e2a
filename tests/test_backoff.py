"""Pauses between attempts: they grow, they have a ceiling, and they differ a little."""

from itertools import islice

import pytest

from bot.backoff import Backoff


def steady(first: float, longest: float) -> Backoff:
    return Backoff(first, longest, random=lambda: 0.0)


def test_pauses_double_up_to_the_longest() -> None:
    assert list(islice(steady(1, 30).pauses(), 7)) == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("failures", [1, 2, 50, 5_000, 10**9])
def test_any_number_of_failures_has_a_pause_within_the_bounds(failures: int) -> None:
    assert 1 <= steady(1, 300).pause(failures) <= 300


def test_before_the_first_failure_the_pause_is_that_of_the_first() -> None:
    assert steady(2, 30).pause(0) == 2


@pytest.mark.parametrize(("drawn", "pause"), [(0.0, 8.0), (0.5, 7.0), (1.0, 6.0)])
def test_jitter_shortens_a_pause_by_up_to_a_quarter(drawn: float, pause: float) -> None:
    assert Backoff(8, 60, random=lambda: drawn).pause(1) == pause


def test_two_spells_of_failures_have_different_pauses() -> None:
    backoff = Backoff(1, 30)
    assert list(islice(backoff.pauses(), 6)) != list(islice(backoff.pauses(), 6))


def test_a_spell_begins_with_the_first_pause_again() -> None:
    backoff = steady(0.5, 5)
    list(islice(backoff.pauses(), 4))
    assert next(backoff.pauses()) == 0.5
