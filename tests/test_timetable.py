"""When a chat is written to: the next digest and the quiet hours, above all on the days when clocks change."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.timetable import last_quiet_hours, next_digest, quiet_hours_end
from storage.records import Rhythm, Timetable

HOUR = timedelta(hours=1)
BEIRUT = ZoneInfo("Asia/Beirut")  # 2026: 29 March 00:00 -> 01:00, 25 October 00:00 -> 24 October 23:00
CAIRO = ZoneInfo("Africa/Cairo")  # 2026: 24 April 00:00 -> 01:00, 30 October 00:00 -> 29 October 23:00
NEW_YORK = ZoneInfo("America/New_York")  # 2026: 8 March 02:00 -> 03:00, 1 November 02:00 -> 01:00
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour; 2026: 5 April 02:00 -> 01:30, 4 October 02:00 -> 02:30
KOLKATA = ZoneInfo("Asia/Kolkata")
HOURLY = Timetable(Rhythm.HOURLY)

ZONES = st.sampled_from([UTC, BEIRUT, CAIRO, NEW_YORK, LORD_HOWE, KOLKATA, ZoneInfo("America/Havana")])
HOURS = st.integers(0, 23)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds must be naive
DIGESTS = st.builds(
    Timetable, st.sampled_from([Rhythm.HOURLY, Rhythm.DAILY, Rhythm.WEEKLY]), HOURS, st.integers(0, 6)
)
# Around the changes of clocks, where it is decided; hardly one moment of a year would lie there.
CHANGES = st.builds(
    lambda day, seconds: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=seconds),
    st.sampled_from(
        [
            "2026-03-28",
            "2026-10-24",
            "2026-04-23",
            "2026-10-29",
            "2026-03-08",
            "2026-11-01",
            "2026-04-04",
            "2026-10-03",
        ]
    ),
    st.integers(0, 48 * 3600),
)
TIMES = MOMENTS | CHANGES


def daily(hour: int) -> Timetable:
    return Timetable(Rhythm.DAILY, hour)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(moment: datetime | None, zone: tzinfo) -> str:
    assert moment
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %z}"


def series(timetable: Timetable, zone: tzinfo, after: str, count: int) -> list[str]:
    """The next digests, one after another, as the chat's clocks show them."""
    said, moment = [], utc(after)
    for _ in range(count):
        following = next_digest(timetable, zone, moment)
        said.append(local(following, zone))
        assert following
        moment = following
    return said


# Digests


def test_who_gets_alerts_has_no_digest() -> None:
    assert next_digest(Timetable(), BEIRUT, utc("2026-03-01 12:00")) is None


@pytest.mark.parametrize(
    ("timetable", "after", "next_one"),
    [
        (HOURLY, "2026-06-01 12:00", "Mon 2026-06-01 16:00 +0300"),
        (HOURLY, "2026-06-01 12:59:59.999", "Mon 2026-06-01 16:00 +0300"),
        (daily(8), "2026-06-01 04:59:59", "Mon 2026-06-01 08:00 +0300"),
        (daily(8), "2026-06-01 05:00", "Tue 2026-06-02 08:00 +0300"),
        (daily(0), "2026-06-01 20:59", "Tue 2026-06-02 00:00 +0300"),
        (daily(23), "2026-06-01 21:30", "Tue 2026-06-02 23:00 +0300"),
        (Timetable(Rhythm.WEEKLY, 8, 0), "2026-06-01 05:00", "Mon 2026-06-08 08:00 +0300"),
        (Timetable(Rhythm.WEEKLY, 8, 0), "2026-06-01 04:00", "Mon 2026-06-01 08:00 +0300"),
        (Timetable(Rhythm.WEEKLY, 0, 6), "2026-06-01 05:00", "Sun 2026-06-07 00:00 +0300"),
    ],
)
def test_the_next_digest_is_strictly_later_and_in_the_chats_own_time(
    timetable: Timetable, after: str, next_one: str
) -> None:
    following = next_digest(timetable, BEIRUT, utc(after))
    assert local(following, BEIRUT) == next_one
    assert following
    assert following.utcoffset() == timedelta(0)


def test_an_hour_begins_at_the_half_in_india() -> None:
    assert next_digest(HOURLY, KOLKATA, utc("2026-06-01 12:00")) == utc("2026-06-01 12:30")


@pytest.mark.parametrize(
    ("zone", "hour", "after", "digests"),
    [
        (BEIRUT, 0, "2026-03-27 12:00",
         ["Sat 2026-03-28 00:00 +0200", "Sun 2026-03-29 01:00 +0300", "Mon 2026-03-30 00:00 +0300"]),
        (CAIRO, 0, "2026-04-22 12:00",
         ["Thu 2026-04-23 00:00 +0200", "Fri 2026-04-24 01:00 +0300", "Sat 2026-04-25 00:00 +0300"]),
        (NEW_YORK, 2, "2026-03-07 06:00",
         ["Sat 2026-03-07 02:00 -0500", "Sun 2026-03-08 03:00 -0400", "Mon 2026-03-09 02:00 -0400"]),
        (LORD_HOWE, 2, "2026-10-02 12:00",
         ["Sat 2026-10-03 02:00 +1030", "Sun 2026-10-04 02:30 +1100", "Mon 2026-10-05 02:00 +1100"]),
    ],
)  # fmt: skip
def test_an_hour_that_does_not_exist_moves_to_the_first_moment_after_the_gap(
    zone: tzinfo, hour: int, after: str, digests: list[str]
) -> None:
    assert series(daily(hour), zone, after, 3) == digests


@pytest.mark.parametrize(
    ("zone", "hour", "after", "digests"),
    [
        (BEIRUT, 23, "2026-10-23 12:00",
         ["Fri 2026-10-23 23:00 +0300", "Sat 2026-10-24 23:00 +0300", "Sun 2026-10-25 23:00 +0200"]),
        (BEIRUT, 0, "2026-10-23 12:00",
         ["Sat 2026-10-24 00:00 +0300", "Sun 2026-10-25 00:00 +0200", "Mon 2026-10-26 00:00 +0200"]),
        (CAIRO, 23, "2026-10-28 12:00",
         ["Wed 2026-10-28 23:00 +0300", "Thu 2026-10-29 23:00 +0300", "Fri 2026-10-30 23:00 +0200"]),
        (NEW_YORK, 1, "2026-10-31 00:00",
         ["Sat 2026-10-31 01:00 -0400", "Sun 2026-11-01 01:00 -0400", "Mon 2026-11-02 01:00 -0500"]),
        (UTC, 1, "2026-10-31 12:00",
         ["Sun 2026-11-01 01:00 +0000", "Mon 2026-11-02 01:00 +0000", "Tue 2026-11-03 01:00 +0000"]),
    ],
)  # fmt: skip
def test_an_hour_that_happens_twice_brings_one_digest_the_first_time(
    zone: tzinfo, hour: int, after: str, digests: list[str]
) -> None:
    assert series(daily(hour), zone, after, 3) == digests


def test_a_week_goes_over_both_changes() -> None:
    sunday = Timetable(Rhythm.WEEKLY, 2, 6)
    assert series(sunday, NEW_YORK, "2026-03-01 12:00", 2) == [
        "Sun 2026-03-08 03:00 -0400",
        "Sun 2026-03-15 02:00 -0400",
    ]
    assert series(sunday, NEW_YORK, "2026-10-26 12:00", 2) == [
        "Sun 2026-11-01 02:00 -0500",
        "Sun 2026-11-08 02:00 -0500",
    ]


def test_hourly_digests_come_after_each_hour_that_passes_also_when_clocks_change() -> None:
    assert series(HOURLY, NEW_YORK, "2026-03-08 05:30", 3) == [
        "Sun 2026-03-08 01:00 -0500",
        "Sun 2026-03-08 03:00 -0400",
        "Sun 2026-03-08 04:00 -0400",
    ]
    assert series(HOURLY, BEIRUT, "2026-10-24 19:30", 3) == [
        "Sat 2026-10-24 23:00 +0300",
        "Sat 2026-10-24 23:00 +0200",
        "Sun 2026-10-25 00:00 +0200",
    ]
    assert series(HOURLY, LORD_HOWE, "2026-04-04 13:45", 3) == [
        "Sun 2026-04-05 01:00 +1100",
        "Sun 2026-04-05 02:00 +1030",
        "Sun 2026-04-05 03:00 +1030",
    ]
    assert series(HOURLY, LORD_HOWE, "2026-10-03 14:45", 3) == [
        "Sun 2026-10-04 02:30 +1100",
        "Sun 2026-10-04 03:00 +1100",
        "Sun 2026-10-04 04:00 +1100",
    ]


@given(DIGESTS, ZONES, TIMES)
def test_no_digest_lies_between_a_moment_and_its_next_one(
    timetable: Timetable, zone: tzinfo, after: datetime
) -> None:
    following = next_digest(timetable, zone, after)
    assert following
    assert following > after
    longest = {Rhythm.HOURLY: 1.5 * HOUR, Rhythm.DAILY: 25 * HOUR, Rhythm.WEEKLY: 7 * 24 * HOUR + HOUR}
    assert following - after <= longest[timetable.rhythm]
    between = after + (following - after) / 2
    assert next_digest(timetable, zone, between) == following
    assert next_digest(timetable, zone, following - timedelta(microseconds=1)) == following


@given(HOURS, ZONES, TIMES)
def test_each_day_has_one_digest(hour: int, zone: tzinfo, after: datetime) -> None:
    first = next_digest(daily(hour), zone, after)
    assert first
    second = next_digest(daily(hour), zone, first)
    assert second
    days = second.astimezone(zone).date() - first.astimezone(zone).date()
    assert days == timedelta(days=1)


# Quiet hours


def quiet(begin: int, end: int) -> Timetable:
    return Timetable(quiet=(begin, end))


@pytest.mark.parametrize("timetable", [Timetable(), quiet(7, 7), quiet(0, 0)])
def test_without_quiet_hours_it_is_never_quiet(timetable: Timetable) -> None:
    assert quiet_hours_end(timetable, BEIRUT, utc("2026-06-01 04:00")) is None
    assert last_quiet_hours(timetable, BEIRUT, utc("2026-06-01 04:00")) is None


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        ((22, 7), "2026-06-01 18:59:59", None),
        ((22, 7), "2026-06-01 19:00", "Tue 2026-06-02 07:00 +0300"),
        ((22, 7), "2026-06-01 21:00", "Tue 2026-06-02 07:00 +0300"),
        ((22, 7), "2026-06-02 03:59:59", "Tue 2026-06-02 07:00 +0300"),
        ((22, 7), "2026-06-02 04:00", None),
        ((0, 6), "2026-06-01 20:59", None),
        ((0, 6), "2026-06-01 21:00", "Tue 2026-06-02 06:00 +0300"),
        ((22, 0), "2026-06-01 20:00", "Tue 2026-06-02 00:00 +0300"),
        ((13, 15), "2026-06-01 11:00", "Mon 2026-06-01 15:00 +0300"),
        ((13, 15), "2026-06-01 12:00", None),
        # Clocks go forward at midnight of 29 March, and back at midnight of 25 October.
        ((22, 7), "2026-03-28 22:30", "Sun 2026-03-29 07:00 +0300"),
        ((22, 0), "2026-03-28 21:59", "Sun 2026-03-29 01:00 +0300"),
        ((22, 0), "2026-03-28 22:00", None),
        ((0, 6), "2026-03-28 22:00", "Sun 2026-03-29 06:00 +0300"),
        ((0, 1), "2026-03-28 22:00", None),
        ((22, 7), "2026-10-24 20:30", "Sun 2026-10-25 07:00 +0200"),
        ((22, 7), "2026-10-24 21:30", "Sun 2026-10-25 07:00 +0200"),
        ((22, 23), "2026-10-24 20:30", None),
        ((23, 0), "2026-10-24 21:30", "Sun 2026-10-25 00:00 +0200"),
    ],
)
def test_quiet_hours_end_at_their_hour_also_over_midnight_and_a_change_of_clocks(
    window: tuple[int, int], now: str, until: str | None
) -> None:
    ends = quiet_hours_end(quiet(*window), BEIRUT, utc(now))
    assert (local(ends, BEIRUT) if ends else None) == until


def test_quiet_hours_that_an_american_change_falls_into() -> None:
    assert (
        local(quiet_hours_end(quiet(23, 3), NEW_YORK, utc("2026-03-08 06:59")), NEW_YORK)
        == "Sun 2026-03-08 03:00 -0400"
    )
    assert quiet_hours_end(quiet(2, 3), NEW_YORK, utc("2026-03-08 07:00")) is None
    assert (
        local(quiet_hours_end(quiet(1, 2), NEW_YORK, utc("2026-11-01 06:30")), NEW_YORK)
        == "Sun 2026-11-01 02:00 -0500"
    )


@pytest.mark.parametrize(
    ("now", "begun", "ended"),
    [
        ("2026-06-02 12:00", "Mon 2026-06-01 22:00 +0300", "Tue 2026-06-02 07:00 +0300"),
        ("2026-06-02 18:59", "Mon 2026-06-01 22:00 +0300", "Tue 2026-06-02 07:00 +0300"),
        ("2026-06-02 20:00", "Tue 2026-06-02 22:00 +0300", "Wed 2026-06-03 07:00 +0300"),
        ("2026-10-25 12:00", "Sat 2026-10-24 22:00 +0300", "Sun 2026-10-25 07:00 +0200"),
    ],
)
def test_the_last_quiet_hours_are_those_that_run_or_ended_last(now: str, begun: str, ended: str) -> None:
    window = last_quiet_hours(quiet(22, 7), BEIRUT, utc(now))
    assert window
    assert [local(moment, BEIRUT) for moment in window] == [begun, ended]


@given(HOURS, HOURS, ZONES, TIMES)
def test_it_is_quiet_until_then_and_not_after(begin: int, end: int, zone: tzinfo, now: datetime) -> None:
    timetable = quiet(begin, end)
    until, window = quiet_hours_end(timetable, zone, now), last_quiet_hours(timetable, zone, now)
    if begin == end:
        assert (until, window) == (None, None)
        return
    assert window
    assert window[0] <= now
    assert window[0] < window[1]
    assert until == (window[1] if now < window[1] else None)
    if until:
        assert quiet_hours_end(timetable, zone, until - timedelta(microseconds=1)) == until
        following = last_quiet_hours(
            timetable, zone, until
        )  # after a day without the hour between, the next ones begin
        assert following in (window, (until, quiet_hours_end(timetable, zone, until)))
        assert until - now <= 25 * HOUR
