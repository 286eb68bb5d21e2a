"""Dates as programs write them in feeds: RFC 822 and ISO 8601, and the usual mistakes in both.

If none of these forms fits, `page_dates.parse` is tried. It reads what people write, and takes ten times as long.
Programs write 1970 or the year 1 for "no date", so a year before the web counts as no date.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from bot.ingest.formats.date_words import is_day_period, translate_to_english
from bot.ingest.formats.page_dates import parse as parse_any

LONGEST: Final = 200  # characters of a date; what is longer is a text
FIRST_WEB_YEAR: Final = 1991  # the year; what is dated before is a default that somebody forgot to set
_NO_MOMENTS: Final = frozenset({datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)})  # of some clocks
# The year nought to 999, wherever a year stands: it is never an abbreviation, though other programs take it for one.
_NO_YEAR: Final = re.compile(
    r"\A(?:\w+,?\s+)?\d{1,2}[\s-]+[^\W\d_]{3,}\.?,?[\s-]+-?0\d{3}(?!\d)|\A-?0\d{3}-|\A\d{1,2}[/.-]\d{1,2}[/.-]0\d{3}(?!\d)"
)
_FIGURES: Final = re.compile(
    r"(?:[^\W\d_]+\.?,?\s+)?(?P<first>\d{1,2})(?P<mark>[/-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?!\d)"
    r"(?P<rest>(?![/-]).*)",
    re.DOTALL,
)
_MONTH_FIRST: Final = frozenset({"en-us", "es-us", "en-ph"})
_IN_ENGLISH_HALVES: Final = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
_KNOWN_WORDS: Final = re.compile(
    r"(?:[\d\s.,:/+()-]|(?<![^\W\d_])(?:[ap]m|[zt]|utc|gmt)(?![^\W\d_]))*", re.IGNORECASE
)
# By their first letters in English, Dutch, French, German, Italian, Portuguese, Spanish and Turkish.
_MONTHS: Final = {
    beginning: month
    for month, names in enumerate(
        (
            *("jan janv jän ene gen oca", "feb fév fev şub sub", "mar mär mae mrt maa", "apr abr avr nis"),
            *("may mai mei mag", "jun juin giu haz", "jul juil lug tem", "aug aoû aou ago ağu agu"),
            *("sep set eyl", "oct okt out ott eki", "nov kas", "dec déc dez dic ara"),
        ),
        1,
    )
    for beginning in names.split()
}
_CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_ZONE: Final = (
    r"\s*+(?P<name>(?![ap]m)[a-z]{1,5}(?![a-z]))?\s*+(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?\s*+(?:\([^()]*+\))?"
)
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # Wed, 19 Jan 2022 14:30:00 GMT
        r"(?:[^\W\d_]{2,13}\.?,?\s*)?(?P<day>\d{1,2})\.?[\s-]+(?P<word>[^\W\d_]{3,10})\.?,?[\s-]+(?P<year>\d{4}|\d\d)"
        rf"(?:,?\s+{_CLOCK}{_ZONE})?",
        # 2022-01-19T14:30:00Z; a month or a year alone stands for its first day, since no date at all would be news
        rf"(?P<year>\d{{4}})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:(?:t|\s+){_CLOCK}{_ZONE})?)?)?",
        # 20220119T143000Z
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
        rf"(?:t?(?P<hour>\d\d):?(?P<minute>\d\d):?(?P<second>\d\d)?{_ZONE})?",
        # Wed Jan 19 14:30:00 UTC 2022, as C writes it
        rf"(?:[a-z]{{3,9}},?\s+)?(?P<word>[a-z]{{3,9}})\s+(?P<day>\d{{1,2}}),?\s+{_CLOCK}{_ZONE}\s*+(?<=\s)"
        r"(?P<year>\d{4})",
    )
)
# What nine feeds in ten write, in a fifth of the time.
_USUAL: Final = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (?:GMT|([+-]\d{4}))"
)
# Hours ahead of UTC. AST is left out: the Atlantic and Arabia both say it, so the operator's zone decides.
_AHEAD: Final = {
    "z": 0.0, "ut": 0.0, "utc": 0.0, "gmt": 0.0, "wet": 0.0, "west": 1.0, "bst": 1.0, "wat": 1.0, "cet": 1.0,
    "met": 1.0, "mez": 1.0, "cest": 2.0, "mest": 2.0, "mesz": 2.0, "cat": 2.0, "sast": 2.0, "eet": 2.0, "eest": 3.0,
    "msk": 3.0, "trt": 3.0, "eat": 3.0, "irst": 3.5, "gst": 4.0, "pkt": 5.0, "ist": 5.5, "wib": 7.0, "hkt": 8.0,
    "sgt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0, "acst": 9.5, "acdt": 10.5, "aest": 10.0, "aedt": 11.0,
    "nzst": 12.0, "nzdt": 13.0, "nst": -3.5, "ndt": -2.5, "adt": -3.0, "brt": -3.0, "et": -5.0, "est": -5.0,
    "edt": -4.0, "ct": -6.0, "cst": -6.0, "cdt": -5.0, "mt": -7.0, "mst": -7.0, "mdt": -6.0, "pt": -8.0, "pst": -8.0,
    "pdt": -7.0, "akst": -9.0, "akdt": -8.0, "hst": -10.0,
}  # fmt: skip


def parse(
    text: str, *, timezone: tzinfo = UTC, month_first: bool | None = None, language: str | None = None
) -> datetime | date | None:
    """Returns the moment in aware UTC, a plain date if no time is given, or None if the text is no date.

    A time without a zone is taken in `timezone`. `month_first` says whether 1/2/2026 is in January in this feed.
    `language` is the feed's, for the names of months.
    """
    said = text.strip()
    if not said or len(said) > LONGEST:
        return None
    if usual := _usual(said):
        return None if usual in _NO_MOMENTS else usual
    if _NO_YEAR.search(said):
        return None
    for form in _FORMS:
        if (found := form.fullmatch(said)) and not _is_half_of_day(found) and (read := _read(found, timezone)):
            return _believed(read)
    if found := _FIGURES.match(said):
        said = _in_order(found, month_first)
    if not _KNOWN_WORDS.fullmatch(said):
        said = translate_to_english(said, language)
    return _believed(parse_any(said, timezone=timezone))


def is_numeric_date(text: str) -> bool:
    """Returns whether a date is written like 1/2/2026, so that its feed decides which figure is the month."""
    return _FIGURES.match(text.strip()) is not None


def detect_month_first(texts: Sequence[str], language: str | None) -> bool | None:
    """Returns whether a feed writes the month before the day, judged by all its numeric dates; None if unknown.

    A figure over 12 proves the order. Otherwise the order is taken in which the dates lie closer together, since a
    feed lists recent items. Otherwise the region of the language decides, or AM and PM in English.
    """
    found = [one for text in texts if (one := _FIGURES.match(text.strip()))]
    pairs = [(int(one["first"]), int(one["second"])) for one in found]
    day_proved, month_proved = any(first > 12 for first, _ in pairs), any(second > 12 for _, second in pairs)
    if day_proved != month_proved:
        return month_proved
    if day_proved:
        return None
    spans = [_span(found, month_first=order) for order in (False, True)]
    if min(spans) * 2 < max(spans):
        return spans[1] < spans[0]
    region = (language or "").lower().replace("_", "-")
    if "-" in region:
        return region in _MONTH_FIRST
    return (
        region in ("", "en") and bool(found) and all(_IN_ENGLISH_HALVES.search(one["rest"]) for one in found)
    ) or None


def _span(found: Sequence[re.Match[str]], *, month_first: bool) -> int:
    days = [day.toordinal() for one in found if (day := _day_of(one, month_first))]
    return max(days) - min(days) if days else 0


def _day_of(found: re.Match[str], month_first: bool | None) -> date | None:
    day, month = int(found["first"]), int(found["second"])
    if (month_first and day <= 12) or month > 12:
        day, month = month, day
    try:
        return date(_whole_year(found["year"]), month, day)
    except ValueError:
        return None


def _in_order(found: re.Match[str], month_first: bool | None) -> str:
    """Returns the date with its year first and its month second, as ISO has them."""
    day = _day_of(found, month_first)
    return f"{day.isoformat()} {found['rest'].lstrip(' ,T')}" if day else found[0]


def _whole_year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (2000 if year < 70 else 1900)


def _believed(read: datetime | date | None) -> datetime | date | None:
    """Returns the date, or None if programs write it in place of an unknown one."""
    return None if read is None or read.year < FIRST_WEB_YEAR or read in _NO_MOMENTS else read


def _is_half_of_day(found: re.Match[str]) -> bool:
    """Returns whether what stands where the zone does says that it is afternoon, in some language."""
    name = found.groupdict().get("name")
    return name is not None and name.lower() not in _AHEAD and is_day_period(name)


@lru_cache(4096)  # nearly all items of a feed are those of the last visit: 5 % of the time that it takes to read
def _usual(said: str) -> datetime | None:
    if said[4:5] == "-":
        if len(said) < 20:  # a time without a zone is not for here
            return None
    elif found := _USUAL.fullmatch(said):
        day, name, year, clock, zone = found.groups("+0000")
        said = f"{year}-{str(_MONTHS.get(name.lower(), 0)).zfill(2)}-{day.zfill(2)}T{clock}{zone}"
    else:
        return None
    try:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None or moment.year < FIRST_WEB_YEAR:
            return None
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
        return moment.replace(microsecond=0) if moment.microsecond else moment
    except (ValueError, OverflowError):
        return None


def _read(found: re.Match[str], otherwise: tzinfo) -> datetime | date | None:
    parts = found.groupdict()
    word = parts.get("word")
    month = _month(word) if word else int(parts.get("month") or 1)
    year = _whole_year(parts["year"])
    if year < FIRST_WEB_YEAR:
        return None
    try:
        if parts.get("hour") is None:
            return date(year, month, int(parts["day"] or 1))
        hour, second = int(parts["hour"]), min(59, int(parts["second"] or 0))  # :60 is a leap second
        ahead = _ahead(parts["name"], parts["offset"])
        moment = datetime(year, month, int(parts["day"]), hour % 24, int(parts["minute"]), second, tzinfo=UTC)
        if hour == 24:
            moment += timedelta(days=1)
        elif hour > 24:
            return None
        return moment - ahead if ahead is not None else moment.replace(tzinfo=otherwise).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int:
    """Returns the number of a month, or 0 for any other word: no date has a month 0."""
    name = name.lower()
    return _MONTHS.get(name[:4]) or _MONTHS.get(name[:3], 0)


def _ahead(name: str | None, offset: str | None) -> timedelta | None:
    """Returns how far the time's own zone is ahead of UTC, by its figure or else by its name,
    or None if neither is known.
    """
    if offset:
        figures = offset[1:].replace(":", "").ljust(4, "0") if len(offset) > 2 else f"0{offset[1]}00"
        minutes = int(figures[:-2]) * 60 + int(figures[-2:])
        if minutes < 24 * 60:
            return timedelta(minutes=minutes if offset[0] == "+" else -minutes)
    hours = _AHEAD.get(name.lower()) if name else None
    return None if hours is None else timedelta(hours=hours)
