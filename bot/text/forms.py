"""Tells texts of one form from texts on one event: two market reports, the weather of two towns, two arrests.

Texts of one form share most of their rare words, so they look alike to `bot.text.similar`. They differ in what fills
the form: names, numbers or the day. Each of three signs is enough to say that two alike texts report two events:

- Other names. The texts share wording, as writers who report independently hardly do, and each text repeats a word of
  its headline that the other text does not have at all: the town, the team, the suspect's street. Parts of a series
  that share an introduction differ in the same way.
- Another day. Both texts consist of numbers, most numbers differ, and neither names a weekday of the other.
- Another issue. The headlines are the same but for numbers and days, and most numbers of the texts differ. If a text
  has few numbers, all of them differ. If the headline has hardly any other word ("Episode 12"), its numbers decide.

A report that is updated keeps its names and its day, and most of its numbers. Of 134 labelled pairs on one event that
look alike, none is rejected, and of ten pairs on two events one is. So these signs are for forms, and rarely matter
between two newsrooms.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from bot.text.search import index_words
from bot.text.similar import KEPT_RUNS, Sketch, alike, number

SHARED_WORDING: Final = 0.15  # share of runs; of reports on one event, nine in ten share less
REPEATED: Final = 2.05  # weight of a word in a headline and in the opening below it
MANY_NUMBERS: Final = 6  # numbers in each text, if the day decides
SOME_NUMBERS: Final = 3  # numbers in each text, if the headline decides
LEAST_LASTING: Final = 3  # words of such a headline
OTHER_NUMBERS: Final = 0.5  # share of the numbers that both texts have, at most

# The weekdays from Monday. Some have several forms.
_WEEKDAYS: Final = {
    "ar": "الاثنين, الثلاثاء, الأربعاء, الخميس, الجمعة, السبت, الأحد",
    "en": "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
    "de": "montag, dienstag, mittwoch, donnerstag, freitag, samstag sonnabend, sonntag",
    "fr": "lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche",
    "es": "lunes, martes, miércoles, jueves, viernes, sábado, domingo",
    "it": "lunedì, martedì, mercoledì, giovedì, venerdì, sabato, domenica",
    "nl": "maandag, dinsdag, woensdag, donderdag, vrijdag, zaterdag, zondag",
    "pl": "poniedziałek, wtorek, środa środę, czwartek, piątek, sobota sobotę, niedziela niedzielę",
    "ru": "понедельник, вторник, среда среду, четверг, пятница пятницу, суббота субботу, воскресенье",
    "tr": "pazartesi, salı, çarşamba, perşembe, cuma, cumartesi, pazar",
    "id": "senin, selasa, rabu, kamis, jumat, sabtu, minggu",
    "fa": "دوشنبه, سه‌شنبه سهشنبه, چهارشنبه, پنجشنبه پنج‌شنبه, جمعه, شنبه, یکشنبه یک‌شنبه",
    "ur": "پیر سوموار, منگل, بدھ, جمعرات, جمعہ, ہفتہ سنیچر, اتوار",
}


def same_form(
    words: Mapping[int, float], sketch: Sketch, others: Mapping[int, float], first: Sketch, texts: int
) -> bool:
    """Returns whether a text and a story that are alike have one form but report two events.

    `others` is the sum of the words of the story's texts, `texts` their number, and `first` the sketch of the first.
    """
    return (
        _other_names(words, sketch, others, first, texts)
        or _another_day(words, sketch, others, first)
        or _another_issue(sketch, first)
    )


def _other_names(
    words: Mapping[int, float], sketch: Sketch, others: Mapping[int, float], first: Sketch, texts: int
) -> bool:
    if alike(sketch.runs, first.runs, KEPT_RUNS) < SHARED_WORDING:
        return False
    return _names_besides(words, sketch, others, 1) and _names_besides(others, first, words, texts)


def _names_besides(words: Mapping[int, float], sketch: Sketch, others: Mapping[int, float], texts: int) -> bool:
    return any(words.get(word, 0.0) >= REPEATED * texts and word not in others for word in sketch.title)


def _another_day(words: Mapping[int, float], sketch: Sketch, others: Mapping[int, float], first: Sketch) -> bool:
    if not _numbers_differ(sketch, first, MANY_NUMBERS):
        return False
    days, other_days = ({day for word, day in _weekdays().items() if word in said} for said in (words, others))
    return bool(days and other_days and not days & other_days)


def _another_issue(sketch: Sketch, first: Sketch) -> bool:
    lasting = _lasting(sketch)
    if lasting != _lasting(first):
        return False
    if len(lasting) >= LEAST_LASTING and _numbers_differ(sketch, first, SOME_NUMBERS):
        return True
    counted, other_counted = _title_numbers(sketch), _title_numbers(first)
    if not counted or not other_counted or counted & other_counted:
        return False
    return len(lasting) < LEAST_LASTING or not sketch.numbers & first.numbers


def _title_numbers(sketch: Sketch) -> frozenset[int]:
    return frozenset(word for word in sketch.title if word & 0xFFFF in sketch.numbers)


def _numbers_differ(sketch: Sketch, first: Sketch, least: int) -> bool:
    fewer = min(len(sketch.numbers), len(first.numbers))
    return fewer >= least and len(sketch.numbers & first.numbers) <= OTHER_NUMBERS * fewer


def is_weekday(word: str) -> bool:
    """Returns whether a word, in index form, names a weekday."""
    return number(word) in _weekdays()


def _lasting(sketch: Sketch) -> frozenset[int]:
    """Returns the words of a headline that each issue of a bulletin has: no numbers and no weekdays."""
    return frozenset(word for word in sketch.title if word & 0xFFFF not in sketch.numbers and word not in _weekdays())


@cache
def _weekdays() -> Mapping[int, int]:
    """Returns the weekday of each word that names one, by the word's hash."""
    return {
        number(word): day
        for language, names in _WEEKDAYS.items()
        for day, spellings in enumerate(names.split(","))
        for word in index_words(spellings, language)
    }
