"""Dates and ages in messages: what a client makes of them, and our words for clients that make nothing of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.locale import Voice
from bot.messages import times
from bot.sim.markup import parse
from bot.text.html import length, plain, split, truncate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words", "form"),
    [
        (timedelta(seconds=20), "just now", "r"),
        (timedelta(minutes=5), "5 minutes ago", "r"),
        (timedelta(days=5), "5 days ago", "r"),
        (timedelta(days=8), "21 February 2026", "D"),
    ],
)
def test_an_age_grows_in_the_client_and_a_date_stays(before: timedelta, words: str, form: str) -> None:
    text, (moment,) = parse(times.age(NOON - before, None, NOON, Voice("en")))
    assert text.strip("\u2068\u2069") == words
    assert (moment["unix_time"], moment["date_time_format"]) == ((NOON - before).timestamp(), form)


@pytest.mark.parametrize("zone", ["Asia/Beirut", "America/New_York", "Pacific/Auckland"])
def test_a_day_without_a_time_is_that_day_in_the_clients_of_its_chat(zone: str) -> None:
    voice = Voice("en", ZoneInfo(zone))
    for shown in (
        times.age(NOON, date(2026, 3, 1), NOON, voice),
        times.date_and_time(date(2026, 3, 1), voice),
    ):
        _, (moment,) = parse(shown)
        assert moment["date_time_format"] == "D"
        assert datetime.fromtimestamp(moment["unix_time"], ZoneInfo(zone)).date() == date(2026, 3, 1)


def test_hours_of_a_timetable_stay_those_of_the_chat() -> None:
    text, (moment,) = parse(times.chat_time(NOON, Voice("ar", ZoneInfo("Asia/Beirut"))))
    assert text == "\u20681 آذار 2026، 14:00\u2069"
    assert "date_time_format" not in moment


@pytest.mark.parametrize("moment", [datetime(1969, 7, 20, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)])
def test_a_moment_that_telegram_can_not_name_is_our_words_alone(moment: datetime) -> None:
    assert parse(times.date_and_time(moment, Voice("en")))[1] == []


def test_a_time_counts_as_its_words_and_is_never_cut_open() -> None:
    shown = times.date_and_time(NOON, Voice("en"))
    assert plain(shown) == "\u20681 March 2026, 12:00\u2069"
    assert length(shown) == len(plain(shown))
    for part in (*split(f"{shown} " * 20, 64), truncate(f"{'word ' * 20}{shown}", 110)):
        parse(part)
