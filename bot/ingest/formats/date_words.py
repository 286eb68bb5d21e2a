"""The words of dates in the languages that news is written in: names of months and halves of the day.

Feeds (`feed_dates`) and pages (`page_dates`) both take them from here. The words are CLDR's, as Babel has them.
`date_words.json` holds them: Babel takes seconds to load its languages, the file takes a millisecond.
`load_from_babel` returns what the file must hold; a test compares the two.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from copy import deepcopy
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from bot.text.arabic import normalize

# In the order in which they are believed where a word is a month in several of them, and not the same one.
LANGUAGES: Final = (
    "en ar fa ur he ru pl de fr es pt it tr el hu cs sk uk ro bg nl sv da nb fi id ms vi th ko ja zh hr sr sl lt lv "
    "et be mk ca gl eu is ga cy sq az ka hy kk uz hi bn ta te mr gu pa ml kn si ne my km lo am sw af fil bs"
).split()
# Countries whose months have names of their own: Levantine, Maghreb and Austrian ones.
_REGIONS: Final = ("ar_LB", "ar_DZ", "ar_MA", "de_AT")
_EARLIER: Final = ("am", "morning1", "morning2")
_LATER: Final = ("pm", "noon", "afternoon1", "afternoon2", "evening1", "evening2")
_ENGLISH: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_LEAST: Final = 3  # letters of a month that is shortened
_WORD: Final = re.compile(r"[^\W\d_](?:[\w'’׳״.\u0900-\u109f]*[\w\u0900-\u109f])?")
_YEAR_MONTH_DAY: Final = re.compile(
    r"(\d{4})\s*(?:[年년]|\.\s)\s*(\d{1,2})\s*(?:[月월]|\.\s)\s*(\d{1,2})\s*(?:[日일]|\.)?"
)
_ERAS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}  # the year before each began
_YEAR_OF_ERA: Final = re.compile(rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*年")
_HOUR_MINUTE: Final = re.compile(r"(\d{1,2})\s*[時时시点點]\s*(?:(\d{1,2})\s*[分분]?)?(?:\s*\d{1,2}\s*[秒초])?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\.?\s+(?:m\.?\s+)?([a-z]{3})\.?\s+(\d{1,2})(?![\d:])\.?")
_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d{2}(?::\d{2})?(?![\d.])")
_BUDDHIST: Final = re.compile(r"(?<!\d)25[5-9]\d(?!\d)")  # years of Thailand, 543 ahead


def load_from_babel() -> dict[str, Any]:
    """Returns {"months": {word: {month: languages}}, "earlier": {phrase: languages}, "later": …}.

    A process that has used Babel before may get other words: Babel keeps what one language has looked up for the
    languages that share the same data.
    """
    from babel.localedata import LocaleDataDict, load

    months: dict[str, dict[str, list[str]]] = {}
    halves: dict[str, dict[str, list[str]]] = {"earlier": {}, "later": {}}
    for name in (*LANGUAGES, *_REGIONS):
        own: Any = deepcopy(load(name))  # the types of Babel take no dict[str, …] as a mapping of str and more
        words, language = LocaleDataDict(own), name.partition("_")[0]
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, month in words["months"][context][width].items():
                    word = _plain(str(month))
                    if any(letter.isalpha() for letter in word) and not any(letter.isdigit() for letter in word):
                        spoken = months.setdefault(word, {}).setdefault(str(number), [])
                        spoken += [language] * (language not in spoken)
            for periods in words["day_periods"].get(context, {}).values():
                for half, names in (("earlier", _EARLIER), ("later", _LATER)):
                    for phrase in (_plain(str(periods[one])) for one in names if one in periods):
                        if len(phrase) > 1 and phrase not in ("am", "pm"):
                            spoken = halves[half].setdefault(phrase, [])
                            spoken += [language] * (language not in spoken)
    return {"months": months, **halves}


def translate_to_english(text: str, language: str | None = None) -> str:
    """Returns a date with its words and their order in English. `language` is that of the text, if it is known."""
    said = read_figures(normalize(text), language)
    said = _WORD.sub(
        lambda word: _ENGLISH[month - 1] if (month := month_number(word[0], language)) else word[0], said
    )
    said = _BUDDHIST.sub(lambda year: str(int(year[0]) - 543), said)
    return _YEAR_FIRST.sub(r"\3 \2 \1 ", said)


def read_figures(said: str, language: str | None = None) -> str:
    """Returns a normalized date with "-" and ":" between its figures, and "am" or "pm" for the half of the day."""
    return _with_half_of_day(_in_figures(said), language)


@lru_cache(2048)
def named_month(word: str) -> int | None:
    """Returns the number of a month by its whole name in any language, or None for other words."""
    found = _months_named(_plain(word))
    return _of_language(found, None) if found else None


@lru_cache(2048)
def month_number(word: str, language: str | None = None) -> int | None:
    """Returns the number of a month by its name, or by a beginning that only this month has; None for other words.

    If a word is a month in several languages, `language` decides, then the order of LANGUAGES.
    """
    plain = _plain(word)
    found = _months_named(plain)
    if found is None and len(plain) >= _LEAST:
        found = _of_beginning(plain)
    return _of_language(found, language) if found else None


def _months_named(plain: str) -> dict[str, list[str]] | None:
    months: dict[str, dict[str, list[str]]] = load_stored()["months"]
    found = months.get(plain)
    if found is None and len(plain) > _LEAST and plain[0] == "ב":  # Hebrew says "in" by a letter before the name
        found = months.get(plain[1:])
    return found


def months_by_name(languages: Collection[str]) -> dict[str, int]:
    """Returns the number of each month by its names in these languages."""
    return {
        name: int(number)
        for name, months in load_stored()["months"].items()
        for number, spoken in months.items()
        if not set(languages).isdisjoint(spoken)
    }


def day_periods(language: str) -> tuple[list[str], list[str]]:
    """Returns the words of a language for the half of the day before noon, and for the half that begins with it."""
    words = load_stored()
    earlier, later = (
        [one for one, spoken in words[half].items() if language in spoken] for half in ("earlier", "later")
    )
    return earlier, later


def is_day_period(word: str) -> bool:
    """Returns whether a word means one half of the day, like "am" or "afternoon", in any language."""
    plain = _plain(word)
    return plain in load_stored()["later"] or plain in load_stored()["earlier"]


def _in_figures(said: str) -> str:
    """Dates and times that East Asian languages write with a sign behind each figure."""
    said = _YEAR_OF_ERA.sub(lambda era: f"{_ERAS[era[1]] + int(era[2].replace('元', '1'))}年", said)
    said = _YEAR_MONTH_DAY.sub(r"\1-\2-\3 ", said)
    return _HOUR_MINUTE.sub(lambda time: f"{time[1]}:{(time[2] or '00').zfill(2)}", said)


def _with_half_of_day(said: str, language: str | None) -> str:
    """Returns the text with "am" or "pm" behind its time instead of the phrase beside it that says so."""
    if not _CLOCK.search(said):
        return said
    letters = _plain_letters(said)
    for phrase, mark in _phrases(language):
        if phrase in letters:
            here = rf"(?<![^\W\d_]){re.escape(phrase)}(?![^\W\d_])"
            beside = re.compile(rf"{here}\W{{0,3}}({_CLOCK.pattern})|({_CLOCK.pattern})\W{{0,3}}{here}")
            if beside.search(letters):
                return beside.sub(rf"\1\2 {mark} ", letters, count=1)
    return said


@cache
def _phrases(language: str | None) -> tuple[tuple[str, str], ...]:
    """(phrase, "am" or "pm"): of that language, and of all where a phrase says the same everywhere."""
    earlier, later = load_stored()["earlier"], load_stored()["later"]
    short = (language or "")[:2].lower()

    def counts(phrase: str, mine: dict[str, list[str]], others: dict[str, list[str]]) -> bool:
        return phrase not in others or (short in mine[phrase] and short not in others[phrase])

    phrases = [(phrase, "am") for phrase in earlier if counts(phrase, earlier, later)]
    phrases += [(phrase, "pm") for phrase in later if counts(phrase, later, earlier)]
    return tuple(sorted(phrases, key=lambda one: -len(one[0])))  # the longest says most


def _of_beginning(plain: str) -> dict[str, list[str]] | None:
    """Returns the months whose names begin so, with their languages, or None if no name does."""
    found: dict[str, list[str]] = {}
    for name, months in load_stored()["months"].items():
        if name.startswith(plain):
            for number, languages in months.items():
                found.setdefault(number, []).extend(languages)
    return found or None


def _of_language(found: dict[str, list[str]], language: str | None) -> int | None:
    if len(found) == 1:
        return int(next(iter(found)))
    for one in ((language or "")[:2].lower(), *LANGUAGES):
        months = [number for number, languages in found.items() if one in languages]
        if months:
            return int(months[0]) if len(months) == 1 else None
    return None


def _plain(word: str) -> str:
    return _plain_letters(normalize(word)).strip(". ")


def _plain_letters(text: str) -> str:
    """Without the dots in "p. m." and "μ.μ.", and without accents, which short forms lose."""
    return "".join(_letters(text))


def _letters(text: str) -> Iterator[str]:
    for place, letter in enumerate(text):
        if letter == "." and not (text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()):
            continue
        if ord(letter) < 0x80 or 0x900 <= ord(letter) < 0x1100:  # in Indian and other scripts marks are letters
            yield letter
        else:
            yield from (one for one in unicodedata.normalize("NFD", letter) if not unicodedata.combining(one))


@cache
def load_stored() -> dict[str, Any]:
    """Returns the words of `date_words.json`, in the form of `load_from_babel`."""
    read: dict[str, Any] = json.loads(files("bot.ingest.formats").joinpath("date_words.json").read_text("utf-8"))
    return read
