"""Buttons: every action survives its way through callback data, fits into it, and nothing forged gets through."""

from dataclasses import fields
from typing import Any, get_args
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.actions import (
    Action,
    Everything,
    QuietFrom,
    Screen,
    SetBreaking,
    SetDigestHour,
    SetDigestWeekday,
    SetLanguage,
    SetQuiet,
    SetRhythm,
    SetSilent,
    SetTimezone,
    ShowArticle,
    ShowList,
    ShowStory,
    StoryItem,
    Toggle,
    decode,
    encode,
)
from bot.messages.settings import ZONES

KINDS = get_args(Action)
LARGEST = {
    "place_ms": 2**43,
    "article": 2**40,
    "told_with": 2**40,
    "place_id": 2**40,
    "search": 2**40,
}  # ms until the year 2248, and rows


def largest(kind: type[Any]) -> Any:
    """An action with the largest values that it can meet."""
    values = {field.name: LARGEST.get(field.name, 2**31) if field.type is int else "x" * 30 for field in fields(kind)}
    if kind in (ShowList, ShowArticle, ShowStory, StoryItem):
        values |= {"newer": 1, "first": 99_999, "size": 30}
        # A page of a search has no place in time, and a page of a category no search.
        values |= {"search": 0} if values.get("place_ms") else {}
    return kind(**values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_largest_action_fits_and_comes_back(kind: type[Any]) -> None:
    action = largest(kind)
    data = encode(action)
    assert len(data.encode()) <= 64
    assert decode(data) == action


def test_every_time_zone_fits() -> None:
    for zone in available_timezones():
        assert decode(encode(SetTimezone(zone, 2**31))) == SetTimezone(zone, 2**31)


def test_offered_time_zones_exist() -> None:
    assert set(ZONES) <= available_timezones()


@given(place_ms=st.integers(-(2**43), 2**43), place_id=st.integers(0, 2**40), first=st.integers(1, 10**6))
def test_an_article_leads_back_to_the_page_that_it_was_opened_from(place_ms: int, place_id: int, first: int) -> None:
    page = ShowList(5, 0, place_ms, place_id, 1, first, 10)
    opened = decode(encode(ShowArticle.of(7, page)))
    assert isinstance(opened, ShowArticle)
    assert opened.back == page


def test_what_does_not_fit_is_an_error_where_the_button_is_made() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(SetTimezone("x" * 64))
    with pytest.raises(ValueError, match="does not fit"):
        encode(SetTimezone("a:b"))


@given(st.text(max_size=64))
def test_no_callback_data_is_an_error(data: str) -> None:
    decode(data)


@pytest.mark.parametrize("data", ["", "l", "l:1", "zz:1:2", "a:!:0:0:0:0:0:1:0", "b:", "b:1:2", "l:0:0:0:0:0:1:a:0"])
def test_what_no_button_of_ours_says_is_none(data: str) -> None:
    assert decode(data) is None


def test_codes_stay_what_they_are_for_buttons_in_old_messages() -> None:
    assert encode(ShowList(1, 0, 36, 2, 0, 11, 10)) == "l:1:0:10:2:0:b:a"
    assert encode(ShowArticle(35)) == "a:z:0:0:0:0:0:1:0"
    assert encode(SetRhythm("weekly", 36)) == "r:weekly:10"
    assert encode(SetDigestHour(23)) == "h:n:0"
    assert encode(SetDigestWeekday(6)) == "y:6:0"
    assert encode(QuietFrom(22)) == "f:m:0"
    assert encode(SetQuiet(22, 7, 36)) == "n:m:7:10"
    assert encode(SetBreaking(0)) == "k:0:0"


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ("q:1:0", SetSilent(1)),
        ("z:Asia/Beirut:5", SetTimezone("Asia/Beirut", 5)),
        ("g:ar:0", SetLanguage("ar")),
        ("s:timezone:5:0", Screen("timezone", 5)),
        ("t:3:0:1", Toggle(3, 0, 1)),
        ("e:0:0", Everything(0)),
    ],
)
def test_buttons_of_older_settings_still_say_the_same(data: str, action: Action) -> None:
    assert decode(data) == action
