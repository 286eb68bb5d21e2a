"""Times that editors type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.text.moments import understood_moment

BEIRUT = ZoneInfo("Asia/Beirut")
NOW = datetime(2026, 11, 30, 11, 0, tzinfo=BEIRUT)  # a Monday


@pytest.mark.parametrize(
    ("typed", "day", "clock"),
    [
        ("18:30", 30, "18:30"),
        ("at 6.30 pm", 30, "18:30"),
        ("6 p.m.", 30, "18:00"),
        ("الساعة ٦ مساءً", 30, "18:00"),
        ("٨:٠٠ صباحًا", 1, "08:00"),
        ("3 بعد الظهر", 30, "15:00"),
        ("12am", 1, "00:00"),
        ("منتصف الليل", 1, "00:00"),
        ("noon", 30, "12:00"),
        ("8:00", 1, "08:00"),
        ("11:00:30", 30, "11:00:30"),
        ("tomorrow", 1, "08:00"),
        ("tomorrow at 8", 1, "08:00"),
        ("18:30 tomorrow", 1, "18:30"),
        ("غدًا الساعة ٨ مساءً", 1, "20:00"),
        ("بعد غد 9:00", 2, "09:00"),
        ("Tuesday 9", 1, "09:00"),
        ("monday 9:00", 7, "09:00"),
        ("18:00 يوم الإثنين", 30, "18:00"),
        ("2026-12-01 08:00", 1, "08:00"),
        ("1.12.2026 08:00", 1, "08:00"),
        ("2026-12-01T08:00:00", 1, "08:00"),
        ("2026-12-01T08:00Z", 1, "10:00"),
        ("in 2 hours", 30, "13:00"),
        ("بعد ساعتين", 30, "13:00"),
        ("بعد نصف ساعة", 30, "11:30"),
    ],
)
def test_a_typed_time_is_understood(typed: str, day: int, clock: str) -> None:
    moment = understood_moment(typed, NOW, BEIRUT)
    assert moment is not None
    assert moment.tzinfo is UTC
    local = moment.astimezone(BEIRUT)
    assert (local.day, local.isoformat().partition("T")[2].partition("+")[0].removesuffix(":00")) == (
        day,
        clock,
    )


@pytest.mark.parametrize(
    "typed",
    [
        *"8 25:99 24:00 now yesterday 2026-11-29 2028-01-01 0m 99999h 01/02/2027".split(),
        *("", "today 8:00", "2026-02-31 08:00", "tomorrow 8:00 9:00", "9" * 400, "tomorrow " * 400),
    ],
)
def test_what_is_no_time_to_come_is_not_guessed(typed: str) -> None:
    assert understood_moment(typed, NOW, BEIRUT) is None


def test_a_time_that_the_clocks_skip_is_the_first_one_after_it() -> None:
    spring = datetime(2026, 3, 28, 12, 0, tzinfo=BEIRUT)
    moment = understood_moment("2026-03-29 00:30", spring, BEIRUT)
    assert moment is not None
    assert moment.astimezone(BEIRUT).hour == 1
