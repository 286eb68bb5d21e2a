"""Time zones by the names that people type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.locale import LANGUAGES, Voice
from bot.locale.zones import Zones, city, find_zones

WINTER = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Asia/Beirut", "Asia/Beirut"),
        ("america/new york", "America/New_York"),
        ("Beirut", "Asia/Beirut"),
        ("بيروت", "Asia/Beirut"),
        ("new york", "America/New_York"),
        ("نيويورك", "America/New_York"),
        ("القاهرة", "Africa/Cairo"),
        ("قاهره", "Africa/Cairo"),
        ("لبنان", "Asia/Beirut"),
        ("Lebanon", "Asia/Beirut"),
        ("السعودية", "Asia/Riyadh"),
        ("الإمارات", "Asia/Dubai"),
        ("UK", "Europe/London"),
        ("Germany", "Europe/Berlin"),  # its second zone has the same clocks
    ],
)
def test_a_zone_is_found_by_city_and_country_in_both_languages(typed: str, zone: str) -> None:
    found = find_zones(typed, LANGUAGES, WINTER)
    assert (found.names, found.sure) == ((zone,), True)


def test_a_country_of_several_clocks_offers_one_zone_for_each() -> None:
    found = find_zones("الولايات المتحدة", LANGUAGES, WINTER)
    assert found.sure
    assert {"America/New_York", "America/Chicago", "America/Los_Angeles"} <= set(found.names)
    assert len({WINTER.astimezone(ZoneInfo(zone)).utcoffset() for zone in found.names}) == len(found.names)


@pytest.mark.parametrize(
    ("typed", "first"), [("+3", "Asia/Riyadh"), ("UTC+05:30", "Asia/Kolkata"), ("GMT-5", "America/New_York")]
)
def test_an_offset_offers_the_zones_that_have_it_now(typed: str, first: str) -> None:
    found = find_zones(typed, LANGUAGES, WINTER)
    assert found.sure
    assert found.names[0] == first


def test_an_offset_that_no_clock_has_is_not_asked_about() -> None:
    assert find_zones("+25", LANGUAGES, WINTER) == Zones((), sure=False)


@pytest.mark.parametrize(("typed", "meant"), [("Beirutt", "Asia/Beirut"), ("بيرووت", "Asia/Beirut")])
def test_a_misspelt_city_offers_those_that_are_near(typed: str, meant: str) -> None:
    found = find_zones(typed, LANGUAGES, WINTER)
    assert not found.sure
    assert found.names[0] == meant


@pytest.mark.parametrize("typed", ["Mars/Olympus", "", "+", "+99", "🚢", "x" * 60])
def test_what_names_no_zone_finds_none(typed: str) -> None:
    assert find_zones(typed, LANGUAGES, WINTER).names == ()


def test_zones_are_called_in_the_language_of_the_reader() -> None:
    assert [city("America/New_York", language) for language in ("ar", "en")] == ["نيويورك", "New York"]
    assert city("UTC", "ar") == "UTC"


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        ("Asia/Kolkata", "ur", "کولکاتا"),
        ("Asia/Kolkata", "tr", "Kalküta"),
        ("Europe/Kyiv", "ru", "Киев"),
        ("Asia/Ho_Chi_Minh", "ar", "مدينة هو تشي منة"),
    ],
)
def test_a_zone_that_was_renamed_is_called_and_found_by_its_name_in_each_language(
    zone: str, language: str, name: str
) -> None:
    assert city(zone, language) == name
    assert find_zones(name, LANGUAGES, WINTER) == Zones((zone,), sure=True)


@pytest.mark.parametrize(
    ("zone", "first"),
    [("Asia/Beirut", 0), ("Africa/Cairo", 5), ("Asia/Riyadh", 6), ("Europe/London", 0), ("America/New_York", 6)],
)
def test_a_week_begins_as_in_the_country_of_the_chat(zone: str, first: int) -> None:
    for language in LANGUAGES:
        days = Voice(language, ZoneInfo(zone)).weekdays()
        assert days[0] == first
        assert sorted(days) == list(range(7))
