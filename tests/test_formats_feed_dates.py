"""Dates as programs write them, with what feeds get wrong in them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.formats.feed_dates import parse

CAIRO = ZoneInfo("Africa/Cairo")
MOMENT = datetime(2022, 1, 19, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "Wed, 19 Jan 2022 14:30:00 GMT",
        "Wed, 19 Jan 2022 16:30:00 +0200",
        "Wed,19 Jan 2022 14:30 Z",
        "19 January, 2022 12:00:00 -0230",
        "Wed, 19-Jan-22 14:30:00 UTC",
        "Wed, 19 Jan 2022 17:30:00 GMT+3",
        "Wed, 19 Jan 2022 09:30:00 EST",
        "Wed, 19 Jan 2022 15:30:00 +0100 (CET)",
        "Wed Jan 19 14:30:00 UTC 2022",
        "2022-01-19T14:30:00Z",
        "2022-01-19T16:30:00.123456789+02:00",
        "2022-01-19 16:30:00 +0200",
        "2022-01-19T16:30+02",
        "20220119T143000Z",
        "qua, 19 jan 2022 11:30:00 -0300",
        "Mi, 19. Jän 2022 15:30:00 +0100",
        "Wed, 19 Jan 2022 04:30:00 PM",
        "Wed, 19 Jan 2022 16:30:00",
        "Wed Jan 19 16:30:00 2022",
        "2022-01-19T16:30:00",
        "19 يناير 2022 16:30",
    ],
)
def test_every_way_of_writing_a_moment_gives_it(said: str) -> None:
    assert parse(said, timezone=CAIRO) == MOMENT
    assert parse(f"\n {said} ", timezone=CAIRO) == MOMENT


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Wed, 19 Jan 2022", date(2022, 1, 19)),
        ("3 août 2022", date(2022, 8, 3)),
        ("2022-01-19", date(2022, 1, 19)),
        ("20220119", date(2022, 1, 19)),
        ("2022-01", date(2022, 1, 1)),
        ("2022", date(2022, 1, 1)),
        ("١٩ كانون الثاني ٢٠٢٢", date(2022, 1, 19)),
    ],
)
def test_a_day_stays_a_day(said: str, day: date) -> None:
    assert (parse(said), type(parse(said))) == (day, date)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2022-01-19T24:00:00Z", datetime(2022, 1, 20, tzinfo=UTC)),
        ("Wed, 19 Jan 2022 23:59:60 GMT", datetime(2022, 1, 19, 23, 59, 59, tzinfo=UTC)),
        ("Wed, 19 Jan 2022 16:30:00 AST", MOMENT),  # of the Atlantic or of Arabia: the operator's zone decides
        ("Wed, 19 Jan 2022 16:30:00 +9900", MOMENT),
    ],
)
def test_a_time_that_is_none_is_read_as_it_is_meant(said: str, moment: datetime) -> None:
    assert parse(said, timezone=CAIRO) == moment


@pytest.mark.parametrize(
    "said", ["", " ", "soon", "0001-01-01T00:00:00Z", "Wed, 31 Feb 2022 10:00:00 GMT", "1642602600", "2022 " * 1_000]
)
def test_what_is_no_date_is_none(said: str) -> None:
    assert parse(said) is None


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(said: str) -> None:
    assert parse(said, timezone=CAIRO) is None or isinstance(parse(said, timezone=CAIRO), date)


@given(st.integers(min_value=-2_000_000_000, max_value=200_000_000_000))
def test_what_is_written_is_read(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert parse(moment.strftime("%d %b ") + f"{moment.year:04} {moment:%H:%M:%S} +0000") == moment
    assert parse(moment.isoformat()) == moment
