"""The languages in which the bot talks: one record for each, with what catalogues and CLDR do not say.

A new language is one entry here and one catalogue; `docs/translating.md` describes the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

SOURCE_LANGUAGE: Final = "en"  # of the texts in the code
_ONE_AND_MORE: Final = "nplurals=2; plural=(n != 1);"
_UP_TO_ONE_AND_MORE: Final = "nplurals=2; plural=(n > 1);"
_ARABIC: Final = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2"
    " : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);"
)
_RUSSIAN: Final = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)


@dataclass(frozen=True, slots=True)
class InterfaceLanguage:
    """What the bot knows of a language it talks in."""

    name: str  # in the language itself
    plural_forms: str  # of its catalogue: the rules of CLDR for whole numbers, as gettext writes them
    zones: tuple[str, ...]  # time zones that are offered first: six
    cldr: str = ""  # the locale whose dates and lists are used, if it is another than the code of the language
    digits: str = ""  # its digits from zero to nine, if they are not 0-9
    percent: str = "{}%"  # where a share has its sign, and what stands between
    colon: str = ": "  # between a label and its value
    clock: str = "%H:%M"  # a time of the day, as `strftime` writes it
    first_of_month: str = "1"  # how a date says that day
    solar_calendar: bool = False  # dates are those of the Solar Hijri calendar
    comma_before_and: bool = True  # in lists, where CLDR puts one
    inflected: Mapping[str, str] = field(default_factory=dict)  # words of durations after "in", "within" and "for"


def _inflected(ending: str, other: str, words: str) -> dict[str, str]:
    """Returns these words with their other ending."""
    return {word: word.removesuffix(ending) + other for word in words.split()}


# In the order in which readers are offered them.
INTERFACE_LANGUAGES: Final[Mapping[str, InterfaceLanguage]] = MappingProxyType(
    {
        "ar": InterfaceLanguage(
            "العربية",
            _ARABIC,
            ("Asia/Beirut", "Africa/Cairo", "Asia/Riyadh", "Asia/Baghdad", "Asia/Dubai", "Africa/Casablanca"),
            inflected=_inflected("ان", "ين", "ثانيتان دقيقتان ساعتان يومان أسبوعان شهران سنتان"),
        ),
        "en": InterfaceLanguage(
            "English",
            _ONE_AND_MORE,
            (
                *("Europe/London", "America/New_York", "America/Los_Angeles"),
                *("Europe/Berlin", "Asia/Dubai", "Asia/Kolkata"),
            ),
            cldr="en_GB",  # day before month, and lists without a comma before "and"
        ),
        "fa": InterfaceLanguage(
            "فارسی",
            _UP_TO_ONE_AND_MORE,
            ("Asia/Tehran", "Asia/Kabul", "Asia/Dubai", "Europe/Istanbul", "Europe/Berlin", "America/Los_Angeles"),
            digits="۰۱۲۳۴۵۶۷۸۹",
            percent="{}٪",
            solar_calendar=True,
            comma_before_and=False,
        ),
        "ur": InterfaceLanguage(
            "اردو",
            _ONE_AND_MORE,
            ("Asia/Karachi", "Asia/Kolkata", "Asia/Riyadh", "Asia/Dubai", "Europe/London", "America/New_York"),
            comma_before_and=False,
        ),
        "tr": InterfaceLanguage(
            "Türkçe",
            _ONE_AND_MORE,
            ("Europe/Istanbul", "Asia/Nicosia", "Europe/Berlin", "Europe/Amsterdam", "Europe/London", "Asia/Baku"),
            percent="%{}",
        ),
        "fr": InterfaceLanguage(
            "Français",
            _UP_TO_ONE_AND_MORE,
            (
                *("Europe/Paris", "Europe/Brussels", "America/Toronto"),
                *("Africa/Abidjan", "Africa/Casablanca", "Africa/Kinshasa"),
            ),
            percent="{}\u202f%",
            colon="\u202f: ",
            first_of_month="1er",
        ),
        "de": InterfaceLanguage(
            "Deutsch",
            _ONE_AND_MORE,
            (
                *("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
                *("Europe/London", "Europe/Istanbul", "America/New_York"),
            ),
            percent="{}\xa0%",
            inflected=_inflected("e", "en", "Tage Monate Jahre") | _inflected("", "r", "eine"),
        ),
        "es": InterfaceLanguage(
            "Español",
            _ONE_AND_MORE,
            (
                *("Europe/Madrid", "America/Mexico_City", "America/Bogota"),
                *("America/Argentina/Buenos_Aires", "America/Lima", "America/Santiago"),
            ),
            percent="{}\xa0%",
        ),
        "ru": InterfaceLanguage(
            "Русский",
            _RUSSIAN,
            (
                *("Europe/Moscow", "Europe/Kaliningrad", "Asia/Yekaterinburg"),
                *("Asia/Novosibirsk", "Asia/Vladivostok", "Asia/Almaty"),
            ),
            percent="{}\xa0%",
            inflected=_inflected("а", "у", "секунда минута") | _inflected("я", "ю", "доля неделя"),
        ),
        "id": InterfaceLanguage(
            "Bahasa Indonesia",
            "nplurals=1; plural=0;",
            ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore", "Asia/Riyadh", "Asia/Tokyo"),
            clock="%H.%M",
        ),
    }
)
