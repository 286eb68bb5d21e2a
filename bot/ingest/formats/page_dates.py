"""Dates as news pages write them, with or without a time: in figures, or with the months of any language.

In figures, the day comes before the month, as on Arabic and European pages. If that gives no date, nothing is
guessed. Arabic months have Gregorian, Levantine and Maghreb names. A date of the Persian or Islamic calendar counts
if none of ours stands beside it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.ingest.formats.calendars import LUNAR_MONTHS, SOLAR_MONTHS, lunar_date, old_date, solar_date
from bot.ingest.formats.date_words import day_periods, months_by_name, named_month, read_figures
from bot.text.arabic import normalize

_LANGUAGES: Final = ("en", "ar", "de", "fr", "es", "it", "pt", "tr", "ru", "ur", "fa")
# Spellings that CLDR does not have: without the article, in Egypt, misspelt.
_SPELLINGS: Final = {
    **{"ينايو": 1, "يونيه": 6, "يوليه": 7, "كانون ثاني": 1, "تشرين اول": 10, "تشرين ثاني": 11, "كانون اول": 12},
    **{"sept": 9, "mai": 5},
}
# A short form such as "ara" or "set" is a name or a word as often as it is a month, except in English.
_ENGLISH_MONTHS: Final = months_by_name(["en"])
_MONTH_OF: Final = _SPELLINGS | {
    normalize(name): number
    for name, number in months_by_name(_LANGUAGES).items()
    if len(name) > 3 or not name.isascii() or name in _ENGLISH_MONTHS
}
_MONTH: Final = "|".join(sorted((re.escape(name) for name in _MONTH_OF), key=len, reverse=True))
_ARABIC_MONTHS: Final = [*map(normalize, months_by_name(["ar"])), *_SPELLINGS]
_BOTH: Final = (
    rf"(?:\s+(?P<second>{'|'.join(sorted(_ARABIC_MONTHS, key=len, reverse=True))}))?"  # "كانون الثاني يناير"
)
_BEGIN, _END = r"(?<![\w/.-])", r"(?=م?(?![\w/-]|\.\d))"  # 2022م: of the Christian era

_FORMS: Final = tuple(
    re.compile(_BEGIN + form + _END)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?=t\d|\b)",
        r"(?P<day>\d{1,2})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s*(?:of\s+|de\s+|من\s+)?[-/]?(?P<name>{_MONTH}){_BOTH}"
        r"\.?[-/]?,?،?\s*(?:de\s+)?(?P<year>\d{4})",
        rf"(?P<name>{_MONTH}){_BOTH}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*+(?:[,،]\s*+)?(?P<year>\d{{4}})",
    )
)
# Tried where none of these fits: months of the other languages, years of two figures, other calendars.
_WORDED: Final = re.compile(
    _BEGIN
    + r"(?P<day>\d{1,2})(?:[ºª°]|\.|-?[a-z]{1,2})?[\s-]+(?:de\s+|d['’]\s*)?(?P<word>[^\W\d_][^\s\d,،/-]*)[,،]?[\s-]+"
    r"(?:de\s+|del\s+)?(?P<year>\d{4})" + _END
)
_VIETNAMESE: Final = re.compile(r"(?P<day>\d{1,2})\s+thang\s+(?P<month>\d{1,2}),?\s+(?:nam\s+)?(?P<year>\d{4})")
_SHORT_YEAR: Final = re.compile(
    r"(?<![\w/.:-])(?P<day>\d{1,2})(?P<mark>[./])(?P<month>\d{1,2})(?P=mark)(?P<year>\d\d)(?![\w/-]|[.:,]\d)"
)
_OLD_WORDED: Final = re.compile(
    r"(?<![\w/.-])(?P<day>\d{1,2})\s*+(?:من\s++)?"
    rf"(?P<name>{'|'.join(sorted([*SOLAR_MONTHS, *LUNAR_MONTHS], key=len, reverse=True))})\s*+(?:[,،]\s*+)?"
    r"(?P<year>1[345]\d\d)(?:\s?ه)?(?![\w/])"
)
_OLD_FIGURES: Final = re.compile(
    r"(?<![\w/.-])(?:(?P<year>1[345]\d\d)(?P<mark>[/-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|(?P<day_first>\d{1,2})(?P<mark_first>[/-])(?P<month_second>\d{1,2})(?P=mark_first)(?P<year_last>1[345]\d\d))"
    r"(?:\s?ه)?(?![\w/-])"
)
_SIGNED_FIGURES: Final = re.compile("[年년]")
# Fri Apr 28 19:20:36 CEST 2023
_YEAR_BEHIND_TIME: Final = re.compile(
    r"(?P<day>[a-z]{3,9}\.?\s+\d{1,2}),?\s+(?P<time>\d{1,2}:\d\d(?::\d\d)?(?:\s+[a-z]{1,5}|\s+[+-]\d{4})?)\s+(?P<year>\d{4})(?!\d)"
)
_FIGURE: Final = re.compile(r"\d")
_BUDDHIST: Final = range(2_500, 2_600)  # years of Thailand, 543 ahead
_FORM_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?=t)")
_BASIC_ISO: Final = re.compile(r"\s*+(\d{4})(\d\d)(\d\d)(?:t(\d\d)(\d\d)(\d\d)?(.*+))?\s*+")  # 20220119T143000Z
_BEFORE_NOON, _AFTER_NOON = day_periods("ar")
_HALVES: Final = "|".join(
    re.escape(word) for word in sorted([*_BEFORE_NOON, *_AFTER_NOON, "مساء"], key=len, reverse=True)
)
_TIME: Final = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?:[:.]|\s?h\s?)(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?![\d:])\s*"
    rf"(?P<half>a\.?m\b\.?|p\.?m\b\.?|{_HALVES}|ص\b|م\b)?\s*\(?"
    r"(?P<zone>z\b|(?:utc|gmt)?\s*[+-]\d{1,2}(?::?\d{2})?\b|utc\b|gmt\b|بتوقيت غرينتش|بتوقيت جرينتش|ت غ"
    r"|بتوقيت (?:مكه|السعوديه|الرياض|الدوحه|بغداد)"
    r"|(?:e[sd]t|c[sd]t|m[sd]t|p[sd]t|akst|akdt|hst|nst|ndt|cest|cet|mesz|mez|west|wet|eest|eet|msk|jst|kst|hkt|sgt|pht|wib|wita"
    r"|acst|acdt|aest|aedt|awst|nzst|nzdt|pkt|sast|brt|art)\b"
    # "ET" is also a word, "et": without "p.m." before it, it is a zone where nothing follows.
    r"|(?:eastern|central|mountain|pacific)\s(?:(?:standard|daylight)\s)?time\b"
    r"|(?(half)(?:[ecmp]t|eastern|central|mountain|pacific)\b|[ecmp]t\b(?!\s*\w)))?"
)
# Hours ahead of UTC. Names that mean two zones (IST, AST, BST) are not read.
_ZONES: Final = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3,
    "wet": 0, "west": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "sast": 2, "pkt": 5,
    "wib": 7, "wita": 8, "hkt": 8, "sgt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9,
    "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip
# Names that hold in summer and winter: the day tells which of the two is meant.
_PLACES: Final = {
    "e": "America/New_York", "c": "America/Chicago", "m": "America/Denver", "p": "America/Los_Angeles",
}  # fmt: skip
_OF_ALL_YEAR: Final = re.compile(r"(?:[ecmp]t|eastern|central|mountain|pacific)(?! (?:standard|daylight))(?: time)?")
_OF_ARABIA: Final = re.compile("مكه|السعوديه|الرياض|الدوحه|بغداد")  # all of them three hours ahead, all year
_LATER_HALF: Final = ("p", "م", *_AFTER_NOON)
LONGEST_LINE: Final = 80  # characters of a line that is a date and not a sentence that mentions one
FIRST_YEAR: Final = 1900  # the year; what is older is a default that somebody forgot to set
_EPOCH: Final = (date(1969, 12, 31), date(1970, 1, 1))  # what programs write in place of no date


def parse(text: str, *, timezone: tzinfo = UTC) -> datetime | date | None:
    """Returns the first date in a text: aware UTC if it has a time, else a plain date. Returns None without a date.

    A time without a zone is taken in `timezone`.
    """
    normalized = _folded(text)
    if basic := _BASIC_ISO.fullmatch(normalized):
        normalized = _extended(basic)
    found = _date_in(normalized)
    if found is None:
        return _email_date(text)
    day, rest = found
    clock = _TIME.search(rest)
    if clock is None:
        return day
    moment = _moment(day, clock, timezone)
    return day if moment is None else moment


def first_date(texts: Sequence[str], zone: tzinfo) -> datetime | date | None:
    """Returns the first date among several texts of a page, completed by the others.

    A plain date takes the time of another text that gives the same day. A time without a zone takes the zone of
    another text that gives the same time.
    """
    found = [(parsed, text) for text in texts if text and (parsed := parse(text, timezone=zone)) is not None]
    if not found:
        return None
    first, text = found[0]
    timed = [(one, it) for one, it in found if isinstance(one, datetime)]
    if not isinstance(first, datetime):
        same_day = (one for one, _ in timed if abs(one.astimezone(zone).date() - first) <= timedelta(days=1))
        return next(same_day, first)
    if not _has_zone(text):
        local = first.astimezone(zone).replace(tzinfo=None)
        with_zone = (one for one, it in timed if _has_zone(it) and _wall_clock(it) == local)
        return next(with_zone, first)
    return first


def is_date_line(text: str) -> bool:
    """Returns whether a line of a page only gives the date, possibly with a label, a weekday or a time."""
    if not _FIGURE.search(text):  # most lines
        return False
    normalized = _folded(text)
    found = _date_in(normalized) if len(normalized) <= LONGEST_LINE else None
    if found is None:
        return False
    # A weekday, a label ("نشر في"), a time and a zone may stand beside it; a sentence has more.
    return len(re.findall(r"[^\W\d_]{2,}", found[1])) <= 6


def is_month(word: str) -> bool:
    """Returns whether a word is the name of a month in one of the languages of pages."""
    return normalize(word).strip(".") in _MONTH_OF


def _folded(text: str) -> str:
    """Both names of a month, as in "كانون الثاني/يناير", with a space between them, and the year beside the day."""
    normalized = re.sub(r"(?<=[^\W\d])\s*/\s*(?=[^\W\d])", " ", normalize(text))
    if _SIGNED_FIGURES.search(normalized):
        normalized = read_figures(normalized)
    return _YEAR_BEHIND_TIME.sub(r"\g<day> \g<year> \g<time>", normalized)


def _extended(basic: re.Match[str]) -> str:
    """Returns the date in ISO's basic form in its extended one."""
    year, month, day, hour, minute, second, zone = basic.groups()
    return f"{year}-{month}-{day}" + (f"t{hour}:{minute}:{second or '00'}{zone}" if hour else "")


def _date_in(normalized: str) -> tuple[date, str] | None:
    """Returns the first valid date, and the text without it."""
    for form in (_FORM_ISO, *_FORMS):
        for found in form.finditer(normalized):
            parts = found.groupdict()
            if parts.get("second") and _MONTH_OF[parts["second"]] != _MONTH_OF[parts["name"]]:
                continue
            month = int(parts["month"]) if parts.get("month") else _MONTH_OF[parts["name"]]
            day = _real_date(int(parts["year"]), month, int(parts["day"]))
            if day is not None:
                return day, _without(found, normalized)
    return _rarer_date_in(normalized)


def _rarer_date_in(normalized: str) -> tuple[date, str] | None:
    """Returns what `_date_in` does, of the forms that few pages have."""
    for form, day_of in _RARER:
        for found in form.finditer(normalized):
            day = day_of(found)
            if day is not None:
                return day, _without(found, normalized)
    return None


def _without(found: re.Match[str], normalized: str) -> str:
    return normalized[: found.start()] + " " + normalized[found.end() :].lstrip("t")


def _worded(found: re.Match[str]) -> date | None:
    """Reads a date whose month has a name in any language. A short name is a word as often, unless a dot ends it."""
    word = found["word"]
    month = named_month(word) if len(word) > 3 or not word.isascii() else None
    year = int(found["year"]) - (543 if int(found["year"]) in _BUDDHIST else 0)
    return _real_date(year, month, int(found["day"])) if month else None


def _in_figures(found: re.Match[str]) -> date | None:
    year = int(found["year"])
    return _real_date(
        year if year > 99 else year + (2000 if year < 70 else 1900), int(found["month"]), int(found["day"])
    )


def _of_old_month(found: re.Match[str]) -> date | None:
    year, day = int(found["year"]), int(found["day"])
    month = SOLAR_MONTHS.get(found["name"])
    return solar_date(year, month, day) if month else lunar_date(year, LUNAR_MONTHS[found["name"]], day)


def _of_old_figures(found: re.Match[str]) -> date | None:
    year, month, day = (
        found.group("year", "month", "day")
        if found["year"]
        else found.group("year_last", "month_second", "day_first")
    )
    return old_date(int(year), int(month), int(day))


_RARER: Final = (
    (_WORDED, _worded),
    (_VIETNAMESE, _in_figures),
    (_OLD_WORDED, _of_old_month),
    (_OLD_FIGURES, _of_old_figures),
    (_SHORT_YEAR, _in_figures),
)


def _real_date(year: int, month: int, day: int) -> date | None:
    if month > 12 >= day:
        month, day = day, month  # 01/19/2022 has one reading only
    try:
        found = date(year, month, day)
        return found if year >= FIRST_YEAR and found not in _EPOCH else None
    except ValueError:
        return None


def _moment(day: date, clock: re.Match[str], zone: tzinfo) -> datetime | None:
    try:
        local = _local(day, clock)
        return local.replace(tzinfo=_zone(clock["zone"], zone)).astimezone(UTC) if local else None
    except (ValueError, OverflowError):
        return None


def _local(day: date, clock: re.Match[str]) -> datetime | None:
    """Returns the time that a clock shows, without its zone."""
    hour, half = int(clock["hour"]), clock["half"] or ""
    if half and not 1 <= hour <= 12:
        half = ""  # "14:30 م" says it twice
    if half:
        hour = hour % 12 + (12 if half.startswith(_LATER_HALF) else 0)
    try:
        return datetime.combine(day, time(hour, int(clock["minute"]), int(clock["second"] or 0)))
    except ValueError:
        return None


def _zone(said: str | None, otherwise: tzinfo) -> tzinfo:
    if not said:
        return otherwise
    name = said.strip()
    if _OF_ALL_YEAR.fullmatch(name):
        return ZoneInfo(_PLACES[name[0]])
    if name.endswith(" time"):  # "eastern standard time"
        name = "".join(word[0] for word in name.split())
    if (named := 3 if _OF_ARABIA.search(said) else _ZONES.get(name)) is not None:
        return timezone(timedelta(hours=named))
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?", said)
    if offset is None:
        return UTC
    ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return timezone(ahead if offset[1] == "+" else -ahead)


def _email_date(text: str) -> datetime | None:
    """Reads the form of RFC 822, which RSS uses, with English names."""
    try:
        moment = parsedate_to_datetime(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None


def _has_zone(text: str) -> bool:
    if re.search(r"(?:z|utc|gmt|[+-]\d{2}:?\d{2})\b", text.strip(), re.IGNORECASE):
        return True
    found = _date_in(_folded(text))
    clock = _TIME.search(found[1]) if found else None
    return bool(clock and clock["zone"])


def _wall_clock(text: str) -> datetime | None:
    """Returns the time that a text shows, whatever its zone."""
    found = _date_in(_folded(text))
    clock = _TIME.search(found[1]) if found else None
    return _local(found[0], clock) if found and clock else None
