"""Time zones as people call them: by city, country or offset, in each language of the bot (CLDR, by Babel)."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages

from bot.locale.interface_languages import INTERFACE_LANGUAGES
from bot.text.fuzzy_names import comparable, fuzzy_matches

MOST: Final = 6  # zones that one answer offers
# Zones that are offered first. Where a country or an offset has several zones, these stand for the others.
USUAL: Final = {code: language.zones for code, language in INTERFACE_LANGUAGES.items()}
_STANDING_FOR: Final = (
    "UTC",
    *(zone for zones in USUAL.values() for zone in zones),
    *("America/Chicago", "America/Denver", "America/Anchorage", "Pacific/Honolulu", "Europe/Moscow", "Asia/Jakarta"),
    *("America/Sao_Paulo", "Australia/Sydney", "America/Toronto", "Asia/Karachi", "Asia/Shanghai", "Asia/Tokyo"),
)
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*([+\-\u2212])\s*(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_SHORT: Final = {"uk": "GB", "usa": "US", "uae": "AE", "ksa": "SA"}  # that are no codes of countries


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zones that a typed name may mean. `sure`: they are what it says, and no guess."""

    names: tuple[str, ...]
    sure: bool


def city(zone: str, language: str) -> str:
    """Returns the name of a zone in a language: that of its city."""
    known = Locale.parse(language).time_zones
    names = (known.get(one, {}).get("city") for one in (zone, *_earlier_names().get(zone, ())))
    return str(next(filter(None, names), zone.rpartition("/")[2].replace("_", " ")))


@cache
def _earlier_names() -> dict[str, list[str]]:
    """Returns the names that zones had before. CLDR has the cities under these: "Asia/Calcutta" for Kolkata."""
    found: dict[str, list[str]] = {}
    for earlier, zone in get_global("zone_aliases").items():
        found.setdefault(zone, []).append(earlier)
    return found


def territory(zone: str) -> str | None:
    """Returns the code of the country that a zone belongs to."""
    code = get_global("zone_territories").get(zone)
    return str(code) if code not in (None, "001") else None


def first_weekday(zone: str) -> int:
    """Returns the day on which weeks begin in the country of a zone. Monday is 0, also for an unknown country."""
    code = territory(zone)
    for spoken in get_official_languages(code, regional=True, de_facto=True) if code else ():
        with suppress(UnknownLocaleError, ValueError):
            return int(Locale.parse(f"{spoken}_{code}").first_week_day)
    return 0


def find_zones(typed: str, languages: Iterable[str], now: datetime) -> Zones:
    """Returns the zones for an IANA name, a city, a country or an offset, else those with similar names."""
    spoken = tuple(languages)
    offset = _OFFSET.fullmatch(typed.strip())
    if offset is not None:
        zones = _with_offset(offset, now)
        return Zones(zones, sure=bool(zones))
    iana = _known_zones().get(typed.strip().replace(" ", "_").casefold())
    if iana is not None:
        return Zones((iana,), sure=True)
    called = comparable(typed)
    names = _zones_by_name(spoken)
    found = names.get(called) or _of_country(typed, called, spoken)
    if found:
        return Zones(_one_for_each_offset(found, now), sure=True)
    near = [zone for name in fuzzy_matches(typed, names, MOST) for zone in names[name]]
    return Zones(tuple(dict.fromkeys(near))[:MOST], sure=False)


def is_zone(name: str) -> bool:
    """Returns whether this machine knows a time zone with this IANA name."""
    return _known_zones().get(name.casefold()) == name


def _with_offset(offset: re.Match[str], now: datetime) -> tuple[str, ...]:
    wanted = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0)) * (1 if offset[1] == "+" else -1)
    zones = dict.fromkeys([*_STANDING_FOR, *sorted(get_global("zone_territories"))])
    return tuple(zone for zone in zones if _is_known(zone) and now.astimezone(ZoneInfo(zone)).utcoffset() == wanted)[
        :MOST
    ]


def _one_for_each_offset(zones: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Returns those of a country's zones whose clocks differ now, the usual ones first."""
    kept: dict[timedelta | None, str] = {}
    for zone in sorted(zones, key=lambda one: (one not in _STANDING_FOR, one)):
        kept.setdefault(now.astimezone(ZoneInfo(zone)).utcoffset(), zone)
    return tuple(kept.values())[:MOST]


@cache
def _zones_by_name(languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Returns the zones of each city, under its name in the form for comparison, in these languages and by IANA."""
    found: dict[str, dict[str, None]] = {}
    for zone in filter(_is_known, get_global("zone_territories")):
        names = [zone.rpartition("/")[2].replace("_", " "), *(city(zone, language) for language in languages)]
        for name in names:
            found.setdefault(comparable(name), {})[zone] = None
    return {name: tuple(zones) for name, zones in found.items()}


def _of_country(typed: str, called: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the zones of a country by its name, a word of its name ("السعودية"), or its code."""
    countries = _countries(languages)
    code = _SHORT.get(typed.strip().casefold(), typed.strip().upper())
    whole = {code} if code in countries else {code for code, names in countries.items() if called in names}
    part = whole or {
        code for code, names in countries.items() if called and any(called in name.split() for name in names)
    }
    return tuple(zone for zone, code in _zones() if code in part)


@cache
def _countries(languages: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Returns the names of each country that has time zones, in the form for comparison."""
    codes = {code for _, code in _zones()}
    named = [Locale.parse(language).territories for language in languages]
    return {code: frozenset(comparable(str(names[code])) for names in named if code in names) for code in codes}


@cache
def _zones() -> tuple[tuple[str, str], ...]:
    """Returns all zones, each with the code of its country."""
    return tuple(_with_country(get_global("zone_territories")))


def _with_country(zones: Iterable[str]) -> Iterator[tuple[str, str]]:
    for zone in zones:
        code = territory(zone)
        if code is not None and _is_known(zone):
            yield zone, code


def _is_known(zone: str) -> bool:
    return is_zone(zone)


@cache
def _known_zones() -> dict[str, str]:
    """Returns the IANA names of all zones of this machine, each under its name in lower case."""
    return {known.casefold(): known for known in sorted(available_timezones())}
