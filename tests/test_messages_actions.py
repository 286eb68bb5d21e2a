"""Buttons: every action survives its way through callback data, fits into it, and nothing forged gets through."""

from dataclasses import fields, replace
from typing import Any, get_args
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.presses import ACTIONS
from bot.locale.zones import USUAL
from bot.messages.actions import (
    Action,
    CategoryList,
    FollowOf,
    More,
    MoreOf,
    NewestList,
    Screen,
    SearchList,
    SetBreaking,
    SetDigestHour,
    SetDigestWeekday,
    SetLanguage,
    SetQuiet,
    SetRhythm,
    SetScope,
    SetSilent,
    SetSnooze,
    SetTimezone,
    ShowArticle,
    ShowAsText,
    ShowPage,
    ShowReactions,
    ShowStory,
    StoryItem,
    StoryPage,
    ToggleCategory,
    Undo,
    UndoOf,
    Why,
    decode,
    encode,
    fitting,
    way_back,
)

KINDS = get_args(Action)
LARGEST = {
    "place_ms": 2**43,
    "article": 2**40,
    "place_id": 2**40,
    "search": 2**40,
    "newest": 2**40,
    "newer": 1,
    "elsewhere": 1,
    "muted": 1,
    "first": 99_999,
    "turned": 35,
    "size": 30,
}  # ms until the year 2248, and rows


def test_every_action_has_a_code_of_its_own() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_every_action_runs_when_its_button_is_pressed() -> None:
    assert set(KINDS) == ACTIONS.keys()


def largest(kind: type[Any]) -> Any:
    """An action with the largest values that it can meet."""
    values: dict[str, Any] = {
        field.name: LARGEST.get(field.name, 2**31) if field.type is int else "x" * 30 for field in fields(kind)
    }
    if kind in (ShowArticle, ShowStory, StoryPage):
        values["back"] = largest(CategoryList)
    if kind in (ShowPage, ShowAsText):
        return fitting(kind(LARGEST["article"], largest(ShowStory)))
    if kind is StoryItem:
        values["back"] = largest(StoryPage)
    if kind in (More, MoreOf, FollowOf, UndoOf, Why, ShowReactions):
        menu = {"kind": "c", "number": 36**6 - 1, "way": 2, "days": 366}
        values |= {name: value for name, value in menu.items() if name in values}
        values["back"] = way_back(largest(StoryItem))
    if kind is Undo:
        values["back"] = replace(largest(Screen), name="categories")
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
    assert {zone for zones in USUAL.values() for zone in zones} <= available_timezones()


@given(place_ms=st.integers(-(2**43), 2**43), place_id=st.integers(0, 2**40), first=st.integers(1, 10**6))
def test_an_article_leads_back_to_the_page_that_it_was_opened_from(place_ms: int, place_id: int, first: int) -> None:
    for page in (CategoryList(5, place_ms, place_id, 1, first), NewestList(place_ms, place_id, 0, first)):
        for opened in (ShowArticle(7, page), ShowStory(7, page), StoryItem(8, ShowStory(7, page))):
            assert decode(encode(opened)) == opened


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ("l:0:0:0:0:0:1:5", NewestList()),
        ("l:0:0:10:2:1:b:a", NewestList(36, 2, 1, 11, 10)),
        ("l:1:0:10:2:0:b:a", CategoryList(1, 36, 2, 0, 11, 10)),
        ("l:0:5:z:a:1:b:a", SearchList(5, 35, 10, 1, 11, 10)),
        ("a:z:0:0:0:0:0:1:0", ShowArticle(35)),
        ("a:z:1:0:10:2:0:b:a", ShowArticle(35, CategoryList(1, 36, 2, 0, 11, 10))),
        ("c:z:0:5:0:0:0:1:5", ShowStory(35, SearchList(5))),
        ("c:z:0:0:0:0:0:1:0", ShowStory(35)),
        ("m:z:y:0:0:0:0:0:1:5", StoryItem(35, ShowStory(34, NewestList()))),
        ("m:z:y:0:0:0:0:0:1:0", StoryItem(35, ShowStory(34))),
    ],
)
def test_buttons_from_before_each_list_had_its_own_action_still_say_the_same(data: str, action: Action) -> None:
    assert decode(data) == action


def test_what_does_not_fit_is_an_error_where_the_button_is_made() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode(SetTimezone("x" * 64))
    with pytest.raises(ValueError, match="does not fit"):
        encode(SetTimezone("a:b"))


@given(st.text(max_size=64))
def test_no_callback_data_is_an_error(data: str) -> None:
    decode(data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "l",
        "l:1",
        "zz:1:2",
        "a:!:0:0:0:0:0:1:0",
        "b:",
        "b:1:2",
        "l:0:0:0:0:0:1:a:0",
        "M:1",
        "M:1:N:0:0:0:1:a",
        "A:1:b:2",
        "A:1:N",
    ],
)
def test_what_no_button_of_ours_says_is_none(data: str) -> None:
    assert decode(data) is None


def test_codes_stay_what_they_are_for_buttons_in_old_messages() -> None:
    assert encode(CategoryList(1, 36, 2, 0, 11, 10)) == "C:1:10:2:0:b:a"
    assert encode(NewestList()) == "N:0:0:0:1:5"
    assert encode(SearchList(5, 36)) == "S:5:10:0:0:1:5"
    assert encode(ShowArticle(35)) == "A:z"
    assert encode(StoryItem(35, ShowStory(34, NewestList()))) == "M:z:T:y:N:0:0:0:1:5"
    assert encode(SetRhythm("weekly", 36)) == "r:weekly:10"
    assert encode(SetDigestHour(23)) == "h:n:0"
    assert encode(SetDigestWeekday(6)) == "y:6:0"
    assert decode("f:m:0") == Screen("quiet_from")  # from when the first of the quiet hours was an action
    assert encode(SetQuiet(22, 7, 36)) == "n:m:7:10"
    assert encode(SetBreaking(0)) == "k:0:0"


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ("q:1:0", SetSilent(1)),
        ("z:Asia/Beirut:5", SetTimezone("Asia/Beirut", 5)),
        ("g:ar:0", SetLanguage("ar")),
        ("s:timezone:5:0", Screen("timezone", 5)),
        ("t:3:0:1", ToggleCategory(3, 0, 1)),
        ("e:0:0", SetScope(0)),
        ("Z:2:0", SetSnooze(2)),
        ("Z:0:1", SetSnooze(0, 1)),
    ],
)
def test_buttons_of_older_settings_still_say_the_same(data: str, action: Action) -> None:
    assert decode(data) == action


def test_a_list_without_muted_news_has_the_form_that_it_had_before_there_were_mutes() -> None:
    page = NewestList(5, 6, 0, 11, 10)
    assert encode(ShowArticle(7, page)) == "A:7:N:5:6:0:b:a".replace("A", encode(ShowArticle(1))[0]).replace(
        "N", encode(NewestList())[0]
    )
    assert decode(encode(ShowArticle(7, page))) == ShowArticle(7, page)
