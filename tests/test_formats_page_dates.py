"""Dates: every form that a page may use, times in the zone that is meant, and nothing guessed."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.formats.page_dates import first_date, is_date_line, parse

DAY = date(2022, 1, 19)
BEIRUT = ZoneInfo("Asia/Beirut")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("19/01/2022", DAY),
        ("01/19/2022", DAY),  # no nineteenth month: one reading only
        ("03/04/2022", date(2022, 4, 3)),  # day before month
        ("2022-1-9", date(2022, 1, 9)),
        ("2022.01.19", DAY),
        ("٢٠٢٢/٠١/١٩", DAY),
        ("19 يناير 2022", DAY),
        ("19 من يناير 2022", DAY),
        ("١٩ كانون الثاني، ٢٠٢٢", DAY),
        ("19 كانون ثاني 2022", DAY),
        ("19-يناير-2022", DAY),
        ("19 Jan 2022", DAY),
        ("JANUARY 19 2022", DAY),
        ("Jan. 19th, 2022", DAY),
        ("1st of May 2022", date(2022, 5, 1)),
        ("29/02/2024", date(2024, 2, 29)),
        ("19. Januar 2022", DAY),
        ("1er août 2022", date(2022, 8, 1)),
        ("19 de enero de 2022", DAY),
        ("19 gennaio 2022", DAY),
        ("19 de janeiro de 2022", DAY),
        ("19 Ocak 2022", DAY),
        ("19 января 2022", DAY),
        ("19 جنوری 2022", DAY),
        ("۱۹ ژانویه ۲۰۲۲", DAY),
        ("31/02/2022 19/01/2022", DAY),  # the first that is real
        ("19.01.22", DAY),
        ("19.01.22 | Politik", DAY),
        ("1/19/22", DAY),
        ("19 stycznia 2022", DAY),
        ("19. tammikuuta 2022", DAY),
        ("19 січня 2022", DAY),
        ("19 janv. 2022", DAY),
        ("19 בינואר 2022", DAY),
        ("19 มกราคม 2565", DAY),  # 543 years ahead
        ("ngày 19 tháng 1 năm 2022", DAY),
        ("2022年1月19日", DAY),
        ("2022년 1월 19일", DAY),
        ("令和4年1月19日", DAY),
        ("民國111年1月19日", DAY),
        ("29 دی 1400", DAY),
        ("۲۹ دی ۱۴۰۰", DAY),
        ("۱۴۰۰/۱۰/۲۹", DAY),
        ("۳۰ اسفند ۱۳۹۹", date(2021, 3, 20)),  # a leap year
        ("29 جدی 1400", DAY),  # Afghanistan's name of the month
        ("16 جمادى الآخرة 1443 هـ", DAY),
        ("١٦ جمادى الثانية ١٤٤٣", DAY),
        ("1443/06/16", DAY),
        ("16-06-1443هـ", DAY),
        ("16 جمادى الآخرة 1443هـ الموافق 20 يناير 2022", date(2022, 1, 20)),  # ours, if both are said
    ],
)
def test_a_date_in_any_form_is_that_day(text: str, day: date) -> None:
    assert parse(text) == day
    assert type(parse(text)) is date


@pytest.mark.parametrize(
    ("names", "month"),
    [
        ("يناير / كانون الثاني / جانفي / كانون الثاني/يناير", 1),
        ("فبراير / شباط / فيفري / شباط/فبراير", 2),
        ("مارس / آذار / آذار/مارس", 3),
        ("أبريل / إبريل / نيسان / أفريل", 4),
        ("مايو / أيار / ماي", 5),
        ("يونيو / حزيران / جوان / يونيه", 6),
        ("يوليو / تموز / جويلية / يوليوز", 7),
        ("أغسطس / آب / أوت / غشت / آب/أغسطس", 8),
        ("سبتمبر / أيلول / شتنبر", 9),
        ("أكتوبر / تشرين الأول / تشرين أول", 10),
        ("نوفمبر / تشرين الثاني / تشرين ثاني / نونبر", 11),
        ("ديسمبر / كانون الأول / كانون أول / دجنبر", 12),
    ],
)
def test_months_have_gregorian_levantine_and_maghreb_names(names: str, month: int) -> None:
    for name in names.split(" / "):
        assert parse(f"الأحد 7 {name} 2022") == date(2022, month, 7), name


# Programs write the beginning of 1970 for "no date", which `parse` takes for none.
@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)).filter(lambda day: abs(day - date(1970, 1, 1)).days > 1))
def test_every_day_is_read_back_from_its_common_forms(day: date) -> None:
    arabic = f"{day:%d/%m/%Y}".translate({48 + n: 0x660 + n for n in range(10)})
    for text in (f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", arabic, f"{day:%d %B %Y}", f"{day:%B} {day.day}, {day.year}"):
        assert parse(text) == day


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("19/01/2022 14:30", 12, 30),
        ("19/01/2022 14.30", 12, 30),
        ("19/01/2022 2:30 PM", 12, 30),
        ("19/01/2022 2:30 a.m.", 0, 30),
        ("19/01/2022 12:15 am", 22 - 24, 15),  # the evening before, in Greenwich
        ("19/01/2022 12:15 pm", 10, 15),
        ("19/01/2022 02:30 م", 12, 30),
        ("19/01/2022 09:30 ص", 7, 30),
        ("19/01/2022 09:30 صباحاً", 7, 30),
        ("19/01/2022 09:30 مساءً", 19, 30),
        ("19/01/2022 12:30 ظهراً", 10, 30),
        ("19/01/2022 14:30 م", 12, 30),
        ("19/01/2022 14:30 GMT", 14, 30),
        ("19/01/2022 14:30 UTC+3", 11, 30),
        ("19/01/2022 14:30 بتوقيت غرينتش", 14, 30),
        ("19/01/2022 14:30 (GMT+0300)", 11, 30),
        ("19/01/2022 14:30 بتوقيت مكة المكرمة", 11, 30),
        ("January 19, 2022 9:30 AM EST", 14, 30),
        ("19 January 2022 14:30 CET", 13, 30),
        ("January 19, 2022, 9:30 a.m. ET", 14, 30),
        ("9:30 AM ET, Wed January 19, 2022", 14, 30),
        ("January 19, 2022 | 8:30 a.m. CT", 14, 30),
        ("January 19, 2022 at 7:30 AM (MT)", 14, 30),
        ("January 19, 2022 6:30 a.m. Pacific", 14, 30),
        ("January 19, 2022 9:30 AM Eastern Standard Time", 14, 30),
        ("January 19 2022 9:30 Eastern Time", 14, 30),
        ("19 January 2022 14:30 et mis à jour", 12, 30),  # "and" in French
        ("20 January 2022 1:30 AEDT", 14, 30),
        ("19 January 2022 20:00 NST", 23, 30),
        ("19/01/2022 14:30 IST", 12, 30),  # Indian, Irish or Israeli: not guessed
        ("20220119T143000Z", 14, 30),
        ("20220119T1430", 12, 30),
        ("19/01/2022 14:30 ت.غ", 12, 30),  # not known to us: the page's own zone
        ("2022-01-19T14:30:00", 12, 30),
        ("2022-01-19T14:30:00Z", 14, 30),
        ("2022-01-19T14:30:00.250+02:00", 12, 30),
        ("2022-01-19T14:30+0530", 9, 0),
        ("2022-01-19 14:30:00 -05:00", 19, 30),
        ("Wed, 19 Jan 2022 14:30:00 +0200", 12, 30),
        ("Wed Jan 19 14:30:00 CEST 2022", 12, 30),
        ("Wed Jan 19 14:30:00 -0500 2022", 19, 30),
        ("Wed Jan 19 14:30:00 2022", 12, 30),
        ("19.01.22 | 14:30 Uhr", 12, 30),
        ("19/01/2022 à 14h30", 12, 30),
        ("۲۹ دی ۱۴۰۰ ساعت ۱۴:۳۰", 12, 30),
        ("2022年1月19日 14時30分", 12, 30),
        ("2022年1月19日下午2:30", 12, 30),
        ("2022년 1월 19일 오후 2:30", 12, 30),
    ],
)
def test_a_time_is_meant_in_the_zone_it_names_else_in_the_pages(text: str, hour: int, minute: int) -> None:
    assert parse(text, timezone=BEIRUT) == datetime(2022, 1, 19, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


def test_summer_time_counts() -> None:
    assert parse("19/07/2022 14:30", timezone=BEIRUT) == datetime(2022, 7, 19, 11, 30, tzinfo=UTC)


def test_a_zone_without_a_season_has_the_season_of_its_day() -> None:
    assert parse("July 19, 2022, 2:07 p.m. ET") == datetime(2022, 7, 19, 18, 7, tzinfo=UTC)
    assert parse("January 19, 2022, 2:07 p.m. ET") == datetime(2022, 1, 19, 19, 7, tzinfo=UTC)


def test_a_time_takes_the_zone_of_the_same_time_that_is_shown_with_one() -> None:
    shown = ["2022-07-19T14:07:00", "July 19, 2022, 2:07 p.m. ET"]
    assert first_date(shown, BEIRUT) == datetime(2022, 7, 19, 18, 7, tzinfo=UTC)


def test_times_come_back_in_utc() -> None:
    found = parse("2022-01-19T01:30:00", timezone=timezone(timedelta(hours=3)))
    assert isinstance(found, datetime)
    assert (found.utcoffset(), found.date()) == (timedelta(0), date(2022, 1, 18))


@pytest.mark.parametrize("text", ["19/01/2022 25:00", "19/01/2022 14:75", "19/01/2022 14:30 UTC+99:00"])
def test_a_time_that_is_none_leaves_the_day(text: str) -> None:
    assert parse(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "قبل 3 ساعات",
        "14:30",
        "31/02/2022",
        "13/13/2022",
        "00/01/2022",
        "19/01/0022",
        "01/01/0001",
        "Mon, 01 Jan 0101 00:00:00 +0000",
        "19/01/20223",
        "3.10.22.1",  # an address or a version
        "19.01.22.5",
        "32/13/1400",
        "30 اسفند 1400",  # no leap year
        "1/19/01/2022",
        "http://h.example/2022/01/19/ferry",
        "٩٩٩٩٩٩٩٩٩٩٩٩",
        "Wed, 99 Foo 99999999999999999999 14:30:00 +9999",
    ],
)
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert parse(text) is None


def test_the_end_of_the_calendar_is_a_day_and_no_error() -> None:
    assert parse("9999-12-31T23:59:59-12:00") == date(9999, 12, 31)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("19/01/2022", True),
        ("الأربعاء، ١٩ كانون الثاني ٢٠٢٢ - ١٤:٣٠ بتوقيت بيروت", True),
        ("Last updated: Wednesday 19 January 2022, 14:30 GMT", True),
        ("On 19/01/2022 the ferry left the old harbour with forty passengers", False),
        ("غادرت العبّارة الميناء في 19/01/2022 وعلى متنها أربعون راكباً من أهل الجزيرة", False),
        ("Forty passengers", False),
        ("14:30", False),
        (f"19/01/2022 {'-' * 80}", False),
    ],
)
def test_a_line_that_gives_the_date_is_told_from_one_that_mentions_it(line: str, answer: bool) -> None:
    assert is_date_line(line) is answer


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_ask(text: str) -> None:
    assert isinstance(parse(text, timezone=BEIRUT), date | None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("19 كانون الثاني يناير 2022", DAY),
        ("19 يناير/كانون الثاني 2022", DAY),
        ("كانون الثاني يناير 19, 2022", DAY),
        ("19 يناير/شباط 2022", None),  # two months
        ("19 Jänner 2022", DAY),
        ("19 янв 2022", DAY),
        ("19 ara 2022", None),  # a short form that is a name as well
        ("19/01/2022 2:30 بعد الظهر", datetime(2022, 1, 19, 14, 30, tzinfo=UTC)),
    ],
)
def test_words_of_dates_are_those_of_cldr_and_two_names_of_a_month_are_one(
    text: str, found: date | datetime | None
) -> None:
    assert parse(text) == found
