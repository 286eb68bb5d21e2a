"""Dates as programs write them, with what feeds get wrong in them."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.formats import date_words
from bot.ingest.formats.feed import parse as parse_feed
from bot.ingest.formats.feed_dates import detect_month_first, parse
from tests.site import rss

ROOT = Path(__file__).parent.parent
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


@given(st.integers(min_value=700_000_000, max_value=200_000_000_000))
def test_what_is_written_is_read(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert parse(moment.strftime("%d %b ") + f"{moment.year:04} {moment:%H:%M:%S} +0000") == moment
    assert parse(moment.isoformat()) == moment


# No date


@pytest.mark.parametrize(
    "said",
    [
        "Thu, 01 Jan 1970 00:00:00 +0000", "Wed, 31 Dec 1969 19:00:00 -0500", "1970-01-01T00:00:00Z", "1970-01-01",
        "Mon, 01 Jan 0001 00:00:00 +0000", "Wed, 30 Nov -0001 00:00:00 +0000", "-0001-11-30T00:00:00+00:00",
        "0001-01-01", "0000-00-00 00:00:00", "1/1/0001 12:00:00 AM", "01/01/1970", "1899-12-30T00:00:00",
        "Sat, 30 Dec 1899 00:00:00 GMT", "1904-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "1980-01-01 00:00:00",
        "Sat, 01 Jan 2000 00:00:00 GMT", "2001-01-01T00:00:00Z", "01 Jan 70 00:00:00 GMT", "19700101T000000Z",
    ],
)  # fmt: skip
def test_what_programs_write_for_no_date_is_none(said: str) -> None:
    assert parse(said) is None


# In other words


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("19 янв 2022 14:30", None),
        ("Ср, 19 Янв 2022 14:30:00 +0000", "ru"),
        ("19 января 2022 г., 14:30", None),
        ("śr., 19 sty 2022 14:30", None),
        ("19 stycznia 2022 14:30", "pl"),
        ("Τετ, 19 Ιαν 2022 2:30 μ.μ.", None),
        ("19 Ιανουαρίου 2022 2:30 μμ", "el"),
        ("2022. jan. 19. 14:30", "hu"),
        ("2022. január 19. du. 2:30", None),
        ("19 Jan 2022 2:30 du.", "hu"),
        ("2022년 1월 19일 오후 2:30", "ko"),
        ("2022. 1. 19. 오후 2:30:00", None),
        ("2022년 1월 19일 14시 30분", None),
        ("2022年1月19日 14:30", None),
        ("2022年1月19日 下午2:30", "zh"),
        ("2022/01/19 午後2:30", None),
        ("19 ene 2022 2:30 p. m.", "es"),
        ("19 de enero de 2022 2:30 p.m.", None),
        ("19 Oca 2022 ÖS 2:30", None),
        ("19.1.2022 2:30 odp.", "cs"),
        ("19. ledna 2022 14:30", None),
        ("19 січ. 2022 14:30", None),
        ("19 tammikuuta 2022 14:30", None),
        ("2022 m. sausio 19 d. 14:30", None),
        ("19 ม.ค. 2565 14:30", None),
        ("19 בינואר 2022 14:30", None),
        ("19 जनवरी 2022 14:30", None),
        ("19 Jan 2022 2:30:00 PM", None),
        ("19 يناير 2022 2:30 م", None),
        ("01/19/2022 오후 2:30:00", None),
    ],
)
def test_a_date_is_read_in_the_words_of_its_language(said: str, language: str | None) -> None:
    assert parse(said, language=language) == MOMENT


def test_a_month_that_two_languages_mean_differently_is_that_of_the_feed() -> None:
    assert [parse("28 lis 2026", language=one) for one in ("pl", "cs-CZ", "hr", None)] == [
        date(2026, 11, 28), date(2026, 11, 28), date(2026, 10, 28), date(2026, 11, 28)
    ]  # fmt: skip
    assert [parse("28 srp 2026", language=one) for one in ("cs", "hr")] == [date(2026, 8, 28), date(2026, 7, 28)]


def test_the_words_are_those_of_cldr() -> None:
    """In a process of its own, since Babel gives other words after other languages were used."""
    compare = "from bot.ingest.formats.date_words import *; assert load_stored() == load_from_babel()"
    subprocess.run([sys.executable, "-c", compare], cwd=ROOT, check=True)


def test_a_month_of_a_language_is_none_of_its_neighbours() -> None:
    assert date_words.month_number("אפריל", "he") == 4
    assert "he" in date_words.load_stored()["months"]["אפריל"]["4"]
    assert len(date_words.load_stored()["months"]["אפריל"]["4"]) == 1


# The order of day and month


@pytest.mark.parametrize(
    ("texts", "language", "month_first"),
    [
        (["11/28/2026 3:05 PM", "11/2/2026 3:05 PM"], None, True),
        (["28/11/2026", "2/11/2026"], "en-us", False),
        (["11-28-2026", "11-2-2026"], None, True),
        (["28/11/2026", "11/28/2026"], None, None),
        (["11/2/2026", "11/3/2026", "11/5/2026"], None, True),
        (["2/11/2026", "3/11/2026"], None, False),
        (["11/2/2026 3:05 PM"], None, True),
        (["11/2/2026 3:05 PM"], "en-gb", False),
        (["11/2/2026"], "en-us", True),
        (["11/2/2026"], None, None),
        (["11/2/2026 3:05 PM"], "ar", None),
        ([], None, None),
    ],
)
def test_the_order_is_that_of_all_dates_of_the_feed(texts: list[str], language: str | None, month_first: Any) -> None:
    assert detect_month_first(texts, language) is month_first


def test_a_feed_is_read_in_its_order() -> None:
    dates = [
        "11/2/2026 3:05:00 PM",
        "Sat, 28 Nov 2026 10:00:00 GMT",
        "11/28/2026 3:05:00 PM",
        "soon",
        "12/05/26 10:00 AM",
    ]
    items = (f"<title>{number}</title><pubDate>{said}</pubDate>" for number, said in enumerate(dates))
    read = parse_feed(rss(*items).encode(), url="https://harbour.example/feed")
    assert [draft.published for draft in read.items] == [
        datetime(2026, 11, 2, 15, 5, tzinfo=UTC),
        datetime(2026, 11, 28, 10, tzinfo=UTC),
        datetime(2026, 11, 28, 15, 5, tzinfo=UTC),
        None,
        datetime(2026, 12, 5, 10, tzinfo=UTC),
    ]
