"""Localization: catalogues (gettext), plural forms, dates and relative ages (Babel).

Texts in the code are in English, and `bot/locale/<language>/LC_MESSAGES/newsbot.po` holds the translations. The texts
are Telegram HTML, and so are the values that are put into them.
"""

import gettext
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import Final

from babel import Locale
from babel.dates import format_date, format_timedelta, get_day_names
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from bot.locale import zones
from bot.locale.interface_languages import INTERFACE_LANGUAGES, SOURCE_LANGUAGE
from bot.locale.solar_hijri import solar_date
from bot.text.html import FSI, LRI, PDI, RLI, isolate
from bot.text.language import first_direction, is_rtl

__all__ = ["AGES_UP_TO", "LANGUAGES", "LRM", "NAMES", "RLM", "SOURCE_LANGUAGE", "Voice"]

LANGUAGES: Final = tuple(INTERFACE_LANGUAGES)
NAMES: Final = {code: language.name for code, language in INTERFACE_LANGUAGES.items()}
# A command, to isolate. Marks go around <code>, because a press copies what is inside.
_COMMAND: Final = re.compile(r"<code>[^<]*</code>|(?<![\w/<])/[a-z]+")
_WORD: Final = re.compile(r"\w+")
_MEGABYTE: Final = 2**20  # bytes
_ISOLATE_BEGINS: Final = re.compile(f"[{LRI}{RLI}{FSI}]")
LRM, RLM = "\u200e", "\u200f"  # invisible characters with a direction
AGES_UP_TO: Final = timedelta(days=7)  # older articles show their date

# Time zones where Arabic month names are Levantine: "كانون الثاني" instead of "يناير".
_LEVANT: Final = frozenset(
    {"Asia/Beirut", "Asia/Damascus", "Asia/Amman", "Asia/Baghdad", "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem"}
)
# Months of the Solar Hijri calendar, as Iran names them, and as Afghanistan does. Babel has no names for them.
_SOLAR_MONTHS: Final = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
_AFGHAN_MONTHS: Final = "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت".split()
_AFGHANISTAN: Final = "Asia/Kabul"


class Voice:
    """Texts, numbers and times in the language and time zone of one chat."""

    def __init__(self, language: str, timezone: tzinfo = UTC) -> None:
        self.language = language if language in LANGUAGES else SOURCE_LANGUAGE
        self.timezone = timezone
        self._catalogue = _catalogue(self.language)
        self._known = INTERFACE_LANGUAGES[self.language]
        levant = self.language == "ar" and str(timezone) in _LEVANT
        self._locale = "ar_LB" if levant else self._known.cldr or self.language
        self._digits = str.maketrans("0123456789", self._known.digits) if self._known.digits else {}

    def say(self, text: str, **values: object) -> str:
        """Returns the translation of a text, with its values inserted."""
        return self._isolate_commands(self._catalogue.gettext(text)).format(**self._written(values))

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Returns the plural form for `n`, which the text contains as {n}."""
        form = self._isolate_commands(self._catalogue.ngettext(one, many, n))
        return form.format(n=self.number(n), **self._written(values))

    def align(self, line: str) -> str:
        """Returns plain text that is aligned to the side of this language, whatever script its first word has.

        By UAX 9 (P2), isolates do not set the direction of their line, so a line of isolates alone needs a mark. Some
        programs align a line by its very first letter, so a line with another direction there needs a mark too.
        """
        outside = _outside_isolates(line)
        if (
            any(letter.isalpha() for letter in outside)
            and self._runs_in_own_direction(outside)
            and self._runs_in_own_direction(line)
        ):
            return line
        return (RLM if is_rtl(self.language) else LRM) + line

    def embed(self, text: str) -> str:
        """Returns plain text for use within a line. Text of the other direction is isolated."""
        return text if self._runs_in_own_direction(text) else isolate(text)

    def _isolate_commands(self, text: str) -> str:
        """Isolate commands, whose slash would else move to the other end in a right-to-left sentence."""
        return _COMMAND.sub(f"{FSI}\\g<0>{PDI}", text) if is_rtl(self.language) else text

    def _runs_in_own_direction(self, text: str) -> bool:
        return is_rtl(self.language) == (first_direction(text) == "rtl")

    def is_own_script(self, text: str) -> bool:
        """Returns whether a name is written in the direction of this language."""
        return self._runs_in_own_direction(text)

    def _written(self, values: dict[str, object]) -> dict[str, object]:
        """Returns the values of a text. Whole numbers have the digits of the language."""
        return {name: self.digits(str(one)) if type(one) is int else one for name, one in values.items()}

    def digits(self, text: str) -> str:
        """Returns a text of our own, such as "14:05", with the digits of this language."""
        return text.translate(self._digits)

    def number(self, n: int) -> str:
        return self.digits(format_decimal(n, locale=self._locale, numbering_system="default"))

    def percent(self, share: float) -> str:
        written = format_percent(share, "#,##0%", locale=self._locale, numbering_system="default")
        return self._known.percent.format(self.digits(written.removesuffix("%")))

    def file_size(self, size: int) -> str:
        """Returns a size in bytes as whole kilobytes or megabytes, for example "256 kB"."""
        amount, unit = (size // _MEGABYTE, "megabyte") if size >= _MEGABYTE else (size // 1024, "kilobyte")
        written = format_unit(amount, unit, length="short", locale=self._locale, numbering_system="default")
        return self.digits(written)

    @property
    def colon(self) -> str:
        """What stands between a label and its value. In French, there is a space before the colon too."""
        return self._known.colon

    def labelled(self, label: str, value: str) -> str:
        """Returns "Label: value"."""
        return f"{label}{self.colon}{value}"

    def clock(self, moment: datetime | time) -> str:
        """Returns the hour and the minute of a moment in the time zone of that moment."""
        return self.digits(moment.strftime(self._known.clock))

    def date_and_time(self, moment: datetime | date) -> str:
        """Returns a date as text. A datetime is shown with its time, in the chat's time zone."""
        if not isinstance(moment, datetime):
            return self._date(moment)
        local = moment.astimezone(self.timezone)
        comma = "،" if is_rtl(self.language) else ","
        return f"{self._date(local.date())}{comma} {self.clock(local)}"

    def date_text(self, moment: datetime) -> str:
        return self._date(moment.astimezone(self.timezone).date())

    def _date(self, day: date) -> str:
        if not self._known.solar_calendar:
            written = self.digits(format_date(day, "long", locale=self._locale))
            return re.sub("^1(?= )", self._known.first_of_month, written)
        solar = solar_date(day)
        months = _AFGHAN_MONTHS if str(self.timezone) == _AFGHANISTAN else _SOLAR_MONTHS
        return self.digits(f"{solar.day} {months[solar.month - 1]} {solar.year}")

    def capitalised(self, name: str) -> str:
        """Returns the name of a language or a day as it is written where it stands alone, on a button."""
        return name[:1].upper() + name[1:]

    def weekday(self, day: int) -> str:
        """Returns the name of a day of the week. Monday is 0."""
        return str(get_day_names("wide", "stand-alone", locale=self._locale)[day])

    def every_weekday(self, day: int) -> str:
        """Returns the name of a day of the week after "every": in Arabic "كل يوم جمعة", without the article."""
        return self.weekday(day).removeprefix("ال") if self.language == "ar" else self.weekday(day)

    def weekdays(self) -> list[int]:
        """Returns the days of a week in the order of the chat's country. Monday is 0."""
        first = zones.first_weekday(str(self.timezone))
        return [(first + day) % 7 for day in range(7)]

    def city(self, zone: str) -> str:
        """Returns the name of a time zone: that of its city."""
        return zones.city(zone, self.language)

    def age(self, published_at: datetime, published_on: date | None, now: datetime) -> str:
        """Returns the age of a recent article, else its date. An article with a date only has no age in hours."""
        if published_on is not None:
            days = (now.astimezone(self.timezone).date() - published_on).days
            if days == 0:
                return self.say("today")
            if days == 1:
                return self.say("yesterday")
            return self.date_and_time(published_on)
        if not self.has_age(published_at, now):
            return self.date_text(published_at)
        past = now - published_at
        if past < timedelta(minutes=1):
            return self.say("just now")
        return self.digits(format_timedelta(-past, add_direction=True, locale=self._locale))

    def has_age(self, published_at: datetime, now: datetime) -> bool:
        """Returns whether `age` gives an age at this moment, and not a date."""
        return now - published_at < AGES_UP_TO

    def duration(self, time: timedelta, *, alone: bool = False) -> str:
        """Returns a duration in one unit, for example "90 seconds" or "5 minutes", or that it is under a second.

        It is meant for a place after "in", "within" or "for": German has "3 Tagen" there, Russian "1 минуту", Arabic
        the other form of its dual. One that stands `alone` is "3 Tage".
        """
        if time < timedelta(seconds=1):
            written = self.say("less than a second")
        else:
            written = self.digits(format_timedelta(time, granularity="second", threshold=2, locale=self._locale))
        if alone:
            return written
        return _WORD.sub(lambda word: self._known.inflected.get(word[0], word[0]), written)

    def language_name(self, code: str) -> str:
        """Returns the name of a language by its ISO 639-1 code, or the code if Babel knows no name."""
        return str(Locale.parse(self._locale).languages.get(code, code))

    def join_names(self, names: list[str]) -> str:
        """Returns the names as a list: "A, B and C"."""
        if len(names) > 2 and not self._known.comma_before_and:
            names = ["، ".join(names[:-1]), names[-1]]
        return format_list(names, locale=self._locale)


def _outside_isolates(line: str) -> str:
    """Returns the line without its isolates."""
    *ended, rest = line.split(PDI)
    return "".join(_ISOLATE_BEGINS.split(part, maxsplit=1)[0] for part in ended) + rest


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Returns the catalogue of a language. Compiles it in memory if the compiled file is older than the source."""
    folder = files("bot.locale").joinpath(language, "LC_MESSAGES")
    if not folder.is_dir():
        return gettext.NullTranslations()  # the source language
    with as_file(folder) as path:
        source, compiled = path / "newsbot.po", path / "newsbot.mo"
        if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
            return gettext.GNUTranslations(BytesIO(compiled.read_bytes()))
        made = BytesIO()
        with source.open("rb") as lines:
            write_mo(made, read_po(lines, locale=language))
        made.seek(0)
        return gettext.GNUTranslations(made)
