"""Dates as news pages write them: in figures, in Arabic, in English and with the months of nine more languages, with
or without a time beside them.

Day comes before month in figures, as Arabic and European pages have it; where that gives no date, nothing is
guessed. Arabic months go by Gregorian, Levantine and Maghreb names.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

from bot.text.arabic import normalize

_MONTHS: Final = (
    (
        "january",
        "jan",
        "يناير",
        "كانون الثاني",
        "كانون ثاني",
        "جانفي",
        "ينايو",
        "يناير كانون الثاني",
        "كانون الثاني يناير",
    ),
    ("february", "feb", "فبراير", "شباط", "فيفري", "شباط فبراير", "فبراير شباط"),
    ("march", "mar", "مارس", "اذار", "اذار مارس", "مارس اذار"),
    ("april", "apr", "ابريل", "نيسان", "افريل", "نيسان ابريل", "ابريل نيسان"),
    ("may", "مايو", "ايار", "ماي", "ايار مايو", "مايو ايار"),
    ("june", "jun", "يونيو", "حزيران", "جوان", "يونيه", "حزيران يونيو", "يونيو حزيران"),
    ("july", "jul", "يوليو", "تموز", "جويليه", "يوليه", "يوليوز", "تموز يوليو", "يوليو تموز"),
    ("august", "aug", "اغسطس", "اب", "اوت", "غشت", "اب اغسطس", "اغسطس اب"),
    ("september", "sept", "sep", "سبتمبر", "ايلول", "شتنبر", "ايلول سبتمبر", "سبتمبر ايلول"),
    ("october", "oct", "اكتوبر", "تشرين الاول", "تشرين اول", "تشرين الاول اكتوبر", "اكتوبر تشرين الاول"),
    (
        "november",
        "nov",
        "نوفمبر",
        "تشرين الثاني",
        "تشرين ثاني",
        "نونبر",
        "تشرين الثاني نوفمبر",
        "نوفمبر تشرين الثاني",
    ),
    ("december", "dec", "ديسمبر", "كانون الاول", "كانون اول", "دجنبر", "كانون الاول ديسمبر", "ديسمبر كانون الاول"),
)
# German, French, Spanish, Italian, Portuguese, Turkish, Russian, Urdu and Persian, where they are not as above.
_ABROAD: Final = (
    "januar jänner janvier enero gennaio janeiro ocak января جنوری ژانویه",
    "februar février febrero febbraio fevereiro şubat февраля فروری فوریه",
    "märz mars marzo março mart марта مارچ",
    "avril abril aprile nisan апреля اپریل آوریل",
    "mai mayo maggio maio mayıs мая مئی مه",
    "juni juin junio giugno junho haziran июня جون ژوئن",
    "juli juillet julio luglio julho temmuz июля جولائی ژوئیه",
    "août agosto ağustos августа اگست",
    "septembre septiembre settembre setembro eylül сентября ستمبر سپتامبر",
    "oktober octobre octubre ottobre outubro ekim октября اکتبر",
    "novembre noviembre novembro kasım ноября نومبر نوامبر",
    "dezember décembre diciembre dicembre dezembro aralık декабря دسمبر دسامبر",
)
_MONTH_OF: Final = {
    normalize(name): number
    for number, (names, abroad) in enumerate(zip(_MONTHS, _ABROAD, strict=True), 1)
    for name in (*names, *abroad.split())
}
_MONTH: Final = "|".join(sorted((re.escape(name) for name in _MONTH_OF), key=len, reverse=True))
_BEGIN, _END = r"(?<![\w/.-])", r"(?=م?(?![\w/-]|\.\d))"  # 2022م: of the Christian era

_FORMS: Final = tuple(
    re.compile(_BEGIN + form + _END)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?=t\d|\b)",
        r"(?P<day>\d{1,2})\s?[-/.]\s?(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?\s*(?:of\s+|de\s+|من\s+)?[-/]?(?P<name>{_MONTH})"
        r"\.?[-/]?,?،?\s*(?:de\s+)?(?P<year>\d{4})",
        rf"(?P<name>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*+(?:[,،]\s*+)?(?P<year>\d{{4}})",
    )
)
_FORM_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?=t)")
_BASIC_ISO: Final = re.compile(r"\s*+(\d{4})(\d\d)(\d\d)(?:t(\d\d)(\d\d)(\d\d)?(.*+))?\s*+")  # 20220119T143000Z
_TIME: Final = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?![\d:])\s*"
    r"(?P<half>a\.?m\b\.?|p\.?m\b\.?|صباحا|مساء|مسا|ظهرا|ص\b|م\b)?\s*\(?"
    r"(?P<zone>z\b|(?:utc|gmt)?\s*[+-]\d{1,2}(?::?\d{2})?\b|utc\b|gmt\b|بتوقيت غرينتش|بتوقيت جرينتش|ت غ"
    r"|بتوقيت (?:مكه|السعوديه|الرياض|الدوحه|بغداد)|(?:e[sd]t|c[sd]t|m[sd]t|p[sd]t|cest|cet|msk)\b)?"
)
# Hours ahead of UTC. Names that mean two zones (IST, AST, BST) are not read.
_ZONES: Final = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "cet": 1, "cest": 2, "msk": 3,
}  # fmt: skip
_OF_ARABIA: Final = re.compile("مكه|السعوديه|الرياض|الدوحه|بغداد")  # all of them three hours ahead, all year
_LATER_HALF: Final = ("p", "م", "ظ")
LONGEST_LINE: Final = 80  # characters of a line that is a date and not a sentence that mentions one
FIRST_YEAR: Final = 1900  # the year; what is older is a default that somebody forgot to set
_EPOCH: Final = (date(1969, 12, 31), date(1970, 1, 1))  # what programs write where there is no date


def parse(text: str, *, timezone: tzinfo = UTC) -> datetime | date | None:
    """The date that a text gives, whatever else stands in it: aware UTC with a time, else a plain date, else None.

    A time without a zone of its own is meant in `timezone`.
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


def is_date_line(text: str) -> bool:
    """Whether a line of a page is there to give the date."""
    normalized = _folded(text)
    found = _date_in(normalized) if len(normalized) <= LONGEST_LINE else None
    if found is None:
        return False
    # A weekday, a label ("نشر في"), a time and a zone may stand beside it; a sentence has more.
    return len(re.findall(r"[^\W\d_]{2,}", found[1])) <= 6


def is_month(word: str) -> bool:
    return normalize(word).strip(".") in _MONTH_OF


def _folded(text: str) -> str:
    """Both names of a month, as in "كانون الثاني/يناير", with a space between them."""
    return re.sub(r"(?<=[^\W\d])\s*/\s*(?=[^\W\d])", " ", normalize(text))


def _extended(basic: re.Match[str]) -> str:
    """The date in ISO's basic form in its extended one."""
    year, month, day, hour, minute, second, zone = basic.groups()
    return f"{year}-{month}-{day}" + (f"t{hour}:{minute}:{second or '00'}{zone}" if hour else "")


def _date_in(normalized: str) -> tuple[date, str] | None:
    """The first real date, and the text without it."""
    for form in (_FORM_ISO, *_FORMS):
        for found in form.finditer(normalized):
            parts = found.groupdict()
            month = int(parts["month"]) if parts.get("month") else _MONTH_OF[parts["name"]]
            day = _real_date(int(parts["year"]), month, int(parts["day"]))
            if day is not None:
                return day, normalized[: found.start()] + " " + normalized[found.end() :].lstrip("t")
    return None


def _real_date(year: int, month: int, day: int) -> date | None:
    if month > 12 >= day:
        month, day = day, month  # 01/19/2022 has one reading only
    try:
        found = date(year, month, day)
        return found if year >= FIRST_YEAR and found not in _EPOCH else None
    except ValueError:
        return None


def _moment(day: date, clock: re.Match[str], zone: tzinfo) -> datetime | None:
    hour, half = int(clock["hour"]), clock["half"] or ""
    if half and not 1 <= hour <= 12:
        half = ""  # "14:30 م" says it twice
    if half:
        hour = hour % 12 + (12 if half.startswith(_LATER_HALF) else 0)
    try:
        at = time(hour, int(clock["minute"]), int(clock["second"] or 0))
        return datetime.combine(day, at, _zone(clock["zone"], zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(said: str | None, otherwise: tzinfo) -> tzinfo:
    if not said:
        return otherwise
    if (named := 3 if _OF_ARABIA.search(said) else _ZONES.get(said.strip())) is not None:
        return timezone(timedelta(hours=named))
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})?", said)
    if offset is None:
        return UTC
    ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return timezone(ahead if offset[1] == "+" else -ahead)


def _email_date(text: str) -> datetime | None:
    """RFC 822, as RSS has it, where its month and zone names are English."""
    try:
        moment = parsedate_to_datetime(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None
