"""The catalogues are whole: every text of the code, in every language, with its placeholders and plural forms."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import TypeGuard
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from telegram.constants import BotCommandLimit, BotDescriptionLimit

from bot.chat.commands import COMMANDS, OPERATOR_COMMANDS
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice
from bot.locale.catalogues import Entry, Text, read_catalogue, texts_of_the_code
from bot.locale.interface_languages import INTERFACE_LANGUAGES
from bot.locale.solar_hijri import solar_date
from bot.messages.actions import NewestList
from bot.messages.buttons import button, fits_in_row
from bot.messages.lists import search_syntax
from bot.messages.settings import time_zone_screen
from bot.text.html import plain
from bot.text.language import is_rtl
from bot.text.search import understood

BOT = Path(__file__).parent.parent / "bot"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
# What a translation must have as often as its text: names of values, tags and entities.
MARKS = re.compile(r"\{\w*\}|</?[\w-]+[^<>]*>|&\w+;")
COMMANDS_NAMED = re.compile(r"(?<![\w/<])/[a-z]+")
BUTTONS = ("button", "link_button", "KeyboardButton", "InlineKeyboardButton")  # their first argument is the label
SIGN = re.compile(r"[^\w\s<{(\"'“«/„¿¡‹-]+ ")
WORD = re.compile("[a-z]{4}")
DIRECTION = re.compile("[\u2066-\u2069]")


@cache
def texts() -> dict[str, Text]:
    return texts_of_the_code(BOT)


@cache
def catalogue(language: str) -> list[Entry]:
    return read_catalogue(BOT / "locale" / language / "LC_MESSAGES" / "newsbot.po", language)


def translated(language: str) -> Iterator[tuple[str, str]]:
    """Each text and each form of its translation. The number of a plural is written as a value in both."""
    for entry in catalogue(language):
        for form in entry.translations:
            if form:
                yield entry.text.forms[-1], form


def test_each_language_has_a_catalogue_and_each_catalogue_a_language() -> None:
    assert sorted(path.parent.parent.name for path in BOT.glob("locale/*/*/newsbot.po")) == sorted(OTHERS)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_text_of_the_code_and_no_other(language: str) -> None:
    assert not {entry.text.forms for entry in catalogue(language)} ^ {text.forms for text in texts().values()}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_in_each_plural_form(language: str) -> None:
    assert not [entry.text.forms[0] for entry in catalogue(language) if not entry.is_translated]


@pytest.mark.parametrize("language", OTHERS)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    """Numbers of one category have one form, and numbers of two categories have two: below a million."""
    known = INTERFACE_LANGUAGES[language]
    form, category = c2py(known.plural_forms.split("plural=")[1].rstrip(";")), Locale.parse(language).plural_form
    categories: dict[int, set[str]] = {}
    for n in (*range(1_000), 1_001, 1_002, 10_011, 123_456):
        categories.setdefault(form(n), set()).add(category(n))
    assert [len(one) for one in categories.values()] == [1] * len(categories)
    assert len(set().union(*categories.values())) == len(categories)
    path = BOT / "locale" / language / "LC_MESSAGES" / "newsbot.po"
    assert f'"Plural-Forms: {known.plural_forms}\\n"' in path.read_text("utf-8")
    count = int(known.plural_forms.split("nplurals=")[1].split(";")[0])
    assert {len(entry.translations) for entry in catalogue(language) if len(entry.text.forms) == 2} == {count}


@pytest.mark.parametrize("language", OTHERS)
def test_a_form_without_its_number_stands_for_one_number(language: str) -> None:
    """In Russian, the form for 1 is that for 21 as well. In French and Persian, 0 shares the form for 1."""
    form = c2py(INTERFACE_LANGUAGES[language].plural_forms.split("plural=")[1].rstrip(";"))
    numbers = Counter(form(n) for n in range(1, 200))
    for entry in catalogue(language):
        for place, translation in enumerate(entry.translations):
            if "{n}" in entry.text.forms[-1] and len(entry.text.forms) == 2 and "{n}" not in translation:
                assert numbers[place] <= 1, translation


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_placeholders_commands_and_tags(language: str) -> None:
    for entry in catalogue(language):
        plural = len(entry.text.forms) == 2
        for form in filter(None, entry.translations):
            text, wanted = entry.text.forms[-1], MARKS.findall(entry.text.forms[-1])
            found = MARKS.findall(form)
            if plural and "{n}" not in found:  # "one article" may need no number
                found.append("{n}")
            assert sorted(found) == sorted(wanted), form
            assert set(COMMANDS_NAMED.findall(plain(form))) == set(COMMANDS_NAMED.findall(plain(text))), form


@pytest.mark.parametrize("language", OTHERS)
def test_translations_close_their_tags_in_order(language: str) -> None:
    for _, form in translated(language):
        opened: list[str] = []
        for end, name in re.findall(r"<(/?)([\w-]+)[^<>]*>", form):
            if end:
                assert opened.pop() == name, form
            else:
                opened.append(name)
        assert opened == [], form


@pytest.mark.parametrize("language", OTHERS)
def test_translations_begin_with_the_sign_of_their_texts_and_have_no_spaces_around(language: str) -> None:
    for entry in catalogue(language):
        for text, form in zip(entry.text.forms, entry.translations, strict=False):
            assert form == form.strip() or text != text.strip(), form
            sign = SIGN.match(text)
            assert sign is None or not form or len(entry.text.forms) == 2 or form.startswith(sign[0]), form


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_not_english(language: str) -> None:
    same = {text for text, form in translated(language) if form == text and WORD.search(MARKS.sub("", text))}
    assert same <= SAME.get(language, set())


# Commands, addresses, labels of a search and times have no spaces of their own.
_TYPED = re.compile(r"<code>.*?</code>|\w+: ou \w+:|https?://\S*")


def test_french_signs_of_two_parts_have_a_narrow_space_that_keeps_them_on_the_line() -> None:
    page = (BOT / "sim" / "page" / "words_fr.js").read_text("utf-8")
    texts = [form for _, form in translated("fr")] + re.findall(r': "(.*)",', page)
    wrong = [
        text
        for text in texts
        if re.search(r"[^\u202f][;?!»%](?!\w)|[^\u202f]:(?= |$)|(?<!^)«[^\u202f]", _TYPED.sub("", text))
    ]
    assert wrong == []


def test_in_french_no_name_stands_after_a_word_that_is_shortened_before_a_vowel() -> None:
    name = re.compile(r"\b(?:de|que) (?:<b>)?\{(?:source|name|names|city|language|languages)\}")
    assert [form for _, form in translated("fr") if name.search(form)] == []


@pytest.mark.parametrize("language", ["de", "es", "ru"])
def test_a_percent_sign_stays_on_the_line_of_its_number(language: str) -> None:
    assert [form for _, form in translated(language) if re.search(r"[^\xa0]%", form)] == []


# Texts whose translation is written as the English text.
SAME: dict[str, set[str]] = {
    "id": {"feed", "folder", "Breaking news", "⚡ Breaking news…"},
    "es": {"{n} chat", "chat", "Chats", "feed", "{n} chats"},
    "de": {"Chats", "Dashboard"},
    "fr": {
        "desk",
        "sources",
        "{n} message",
        "{n} messages",
        "{n} sources",
        "{n} articles",
        "🔗 Source",
        "{n} article",
        "📡 Sources",
        "{n} source",
        "Sources",
        "⏸ Pause",
        "Corrections",
        "page",
        "Messages",
        "Actions",
        "Articles",
        "Article",
        "Pages",
        "Source",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_descriptions_fit_into_the_menus_of_telegram(language: str) -> None:
    voice = Voice(language)
    described = [voice.say(command.description) for command in (COMMANDS | OPERATOR_COMMANDS).values()]
    longest = BotCommandLimit.MAX_DESCRIPTION
    assert [one for one in described if not BotCommandLimit.MIN_DESCRIPTION <= len(one) <= longest] == []
    about = voice.say("News as it is published: headlines, summaries, categories and alerts.")
    assert len(about) <= BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH


def labels_in_code() -> set[str]:
    """The texts that stand on buttons: said in the first argument of what makes a button."""
    paths = [path for folder in ("messages", "chat") for path in (BOT / folder).rglob("*.py")]
    modules = [ast.parse(path.read_text("utf-8")) for path in paths]
    labels = [node.args[0] for module in modules for node in calls(module, *BUTTONS) if node.args]
    return {str(text.value) for label in labels for said in calls(label, "say") if is_text(text := said.args[0])}


def calls(within: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(within):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
            yield node


def is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_on_a_phone(language: str) -> None:
    voice = Voice(language)
    said = [voice.say(label, **dict.fromkeys(re.findall(r"\{(\w+)\}", label), "12:30")) for label in labels_in_code()]
    assert len(said) > 100
    assert [one for one in said if not fits_in_row([button(one, NewestList())])] == []


def test_arabic_counts_in_six_forms_and_its_dual_has_no_number() -> None:
    voice = Voice("ar")
    said = [voice.plural("{n} article", "{n} articles", n) for n in (0, 1, 2, 3, 11, 100)]
    assert len(set(said)) == 6
    assert not re.search(r"\d", said[2])
    assert said[3].startswith("3 ")


@pytest.mark.parametrize(
    ("day", "solar"),
    [
        (date(1979, 2, 11), (1357, 11, 22)),
        (date(2000, 1, 1), (1378, 10, 11)),
        (date(2021, 3, 20), (1399, 12, 30)),  # the last day of a leap year
        (date(2021, 3, 21), (1400, 1, 1)),
        (date(2024, 9, 21), (1403, 6, 31)),
        (date(2025, 3, 20), (1403, 12, 30)),
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(2026, 11, 30), (1405, 9, 9)),
    ],
)
def test_solar_dates(day: date, solar: tuple[int, int, int]) -> None:
    found = solar_date(day)
    assert (found.year, found.month, found.day) == solar


@pytest.mark.parametrize(
    ("language", "number", "share", "moment"),
    [
        ("ar", "1,234", "5%", "1 مارس 2026، 12:00"),
        ("en", "1,234", "5%", "1 March 2026, 12:00"),
        ("fa", "۱٬۲۳۴", "۵٪", "۱۰ اسفند ۱۴۰۴، ۱۲:۰۰"),
        ("ur", "1,234", "5%", "1 مارچ، 2026، 12:00"),
        ("tr", "1.234", "%5", "1 Mart 2026, 12:00"),
        ("fr", "1\u202f234", "5\u202f%", "1er mars 2026, 12:00"),
        ("de", "1.234", "5\xa0%", "1. März 2026, 12:00"),
        ("es", "1.234", "5\xa0%", "1 de marzo de 2026, 12:00"),
        ("ru", "1\xa0234", "5\xa0%", "1 марта 2026\u202fг., 12:00"),
        ("id", "1.234", "5%", "1 Maret 2026, 12.00"),
    ],
)
def test_numbers_and_times_are_written_as_readers_write_them(
    language: str, number: str, share: str, moment: str
) -> None:
    voice = Voice(language)
    assert (voice.number(1_234), voice.percent(0.05), voice.date_and_time(NOW)) == (number, share, moment)


@pytest.mark.parametrize(
    ("language", "time", "within", "alone"),
    [
        ("en", timedelta(minutes=1), "60 seconds", "60 seconds"),
        ("ar", timedelta(hours=2), "ساعتين", "ساعتان"),
        ("de", timedelta(days=3), "3 Tagen", "3 Tage"),
        ("ru", timedelta(minutes=21), "21 минуту", "21 минута"),
        ("ru", timedelta(minutes=5), "5 минут", "5 минут"),
        ("de", timedelta(0), "weniger als einer Sekunde", "weniger als eine Sekunde"),
        ("ru", timedelta(0), "долю секунды", "доля секунды"),
    ],
)
def test_a_duration_after_a_preposition_has_the_case_that_it_takes(
    language: str, time: timedelta, within: str, alone: str
) -> None:
    voice = Voice(language)
    assert (voice.duration(time), voice.duration(time, alone=True)) == (within, alone)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_duration_under_a_second_is_not_called_zero_seconds(language: str) -> None:
    voice = Voice(language)
    assert voice.duration(timedelta(milliseconds=400), alone=True) == voice.say("less than a second")


@pytest.mark.parametrize(
    ("language", "kilobytes", "megabytes"),
    [
        ("en", "256 kB", "5 MB"),
        ("fa", "۲۵۶ kB", "۵ MB"),
        ("fr", "256\u202fko", "5\u202fMo"),
        ("ru", "256 кБ", "5 МБ"),
    ],
)
def test_the_size_of_a_file_has_the_unit_of_the_language(language: str, kilobytes: str, megabytes: str) -> None:
    sizes = [re.sub(r"[^\S\u202f]", " ", Voice(language).file_size(size)) for size in (256 * 1024, 5 * 2**20)]
    assert sizes == [kilobytes, megabytes]


def test_a_french_label_has_a_space_before_its_colon_and_no_other_does() -> None:
    labelled = {language: Voice(language).labelled("A", "b") for language in LANGUAGES}
    assert labelled.pop("fr") == "A\u202f: b"
    assert set(labelled.values()) == {"A: b"}


def test_names_that_stand_alone_begin_with_a_capital() -> None:
    voice = Voice("fr")
    assert [voice.capitalised(name) for name in (voice.weekday(0), voice.language_name("ar"))] == ["Lundi", "Arabe"]


def test_whole_numbers_in_a_text_have_the_digits_of_the_language() -> None:
    assert Voice("fa").say("{n} of {all}", n=3, all="14") == "۳ of 14"


def test_english_counts_in_two() -> None:
    said = [Voice("en").plural("{n} article", "{n} articles", n) for n in (1, 2, 1_234)]
    assert said == ["1 article", "2 articles", "1,234 articles"]


def test_an_unknown_language_speaks_the_source_language() -> None:
    assert Voice("xx").say("Settings") == "Settings"


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "UTC", "19 January 2022"),
        ("ar", "UTC", "19 يناير 2022"),
        ("ar", "Asia/Beirut", "19 كانون الثاني 2022"),
        ("fa", "Asia/Tehran", "۲۹ دی ۱۴۰۰"),
        ("fa", "Asia/Kabul", "۲۹ جدی ۱۴۰۰"),
        ("ur", "Asia/Karachi", "19 جنوری، 2022"),
        ("tr", "UTC", "19 Ocak 2022"),
        ("fr", "UTC", "19 janvier 2022"),
        ("de", "UTC", "19. Januar 2022"),
        ("es", "UTC", "19 de enero de 2022"),
        ("ru", "UTC", "19 января 2022\u202fг."),
        ("id", "UTC", "19 Januari 2022"),
    ],
)
def test_dates_are_said_as_readers_say_them(language: str, zone: str, said: str) -> None:
    assert Voice(language, ZoneInfo(zone)).date_and_time(date(2022, 1, 19)) == said


@pytest.mark.parametrize(
    ("past", "english"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=40), "20 January 2026"),
    ],
)
def test_ages(past: timedelta, english: str) -> None:
    assert Voice("en").age(NOW - past, None, NOW) == english


def test_a_day_without_a_time_has_no_hours() -> None:
    voice = Voice("en", ZoneInfo("Asia/Beirut"))
    assert voice.age(NOW, date(2026, 3, 1), NOW) == "today"
    assert voice.age(NOW, date(2026, 2, 28), NOW) == "yesterday"
    assert voice.age(NOW, date(2022, 1, 19), NOW) == "19 January 2022"


def test_times_are_told_in_the_zone_of_the_chat() -> None:
    assert Voice("en", ZoneInfo("Asia/Beirut")).date_and_time(NOW) == "1 March 2026, 14:00"


@pytest.mark.parametrize(
    ("language", "line", "mark"),
    [
        ("ar", "1. خبر", ""),
        ("ar", "1. News", "\u200f"),
        ("en", "1. News", ""),
        ("en", "1. خبر", "\u200e"),
        ("ar", "\u2068اقتصاد\u2069 · \u2068Wire\u2069", "\u200f"),  # isolates don't turn a line, either way
        ("en", "\u2068Economy\u2069 · \u2068وكالة\u2069", "\u200e"),
    ],
)
def test_a_line_begins_on_the_readers_side(language: str, line: str, mark: str) -> None:
    assert Voice(language).align(line) == mark + line


def test_commands_stand_apart_in_sentences_that_run_from_right_to_left() -> None:
    assert "\u2068/categories\u2069" in Voice("ar").say("/categories lists them all.")
    help_ = Voice("ar").say(
        "Which article? Say its number in the last list, for example <code>/summary 1</code>, or reply to"
        " an alert with /summary."
    )
    assert "\u2068<code>/summary 1</code>\u2069" in help_  # what is copied from it is the command alone
    assert "\u2068" not in Voice("en").say("/categories lists them all.")
    counted = "You follow {n} subject: /following.", "You follow {n} subjects: /following."
    for language in ("ar", "fa", "ur"):
        assert "\u2068/following\u2069" in Voice(language).plural(*counted, 3), language


@pytest.mark.parametrize(
    ("language", "list_"),
    [
        ("ar", "A وB وC"),
        ("en", "A, B and C"),
        ("fa", "A، B و C"),  # CLDR has a comma before "and", which newspapers don't write
        ("ur", "A، B اور C"),
        ("tr", "A, B ve C"),
        ("id", "A, B, dan C"),
    ],
)
def test_names_are_listed_as_readers_list_them(language: str, list_: str) -> None:
    voice = Voice(language)
    assert voice.join_names(["A", "B", "C"]) == list_
    assert voice.join_names(["A"]) == "A"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_on_searching_has_an_example_that_works_and_names_labels_of_the_language(language: str) -> None:
    told = plain(search_syntax(Voice(language)))
    rule, example = DIRECTION.sub("", told).split("\n")
    typed = understood(example.removeprefix("/search "))
    assert [len(term.word.split()) > 1 for term in typed.terms] == [True], "a phrase, and no label among the words"
    assert len(typed.without) == len(typed.categories) == 1
    labels = re.findall(r"[^\W\d_]+(?=:)", rule)
    own = json.loads((BOT / "text" / "typed_words" / f"{language}.json").read_text("utf-8"))["search"]
    assert [labels[0] in own["category"], labels[1] in own["source"]] == [True, True], labels
    if is_rtl(language):  # signs at either end would stand at the wrong side of what is copied
        assert example.split(" ", 1)[1][0].isalpha()
        assert example[-1].isalpha()


@pytest.mark.parametrize("language", [one for one in LANGUAGES if is_rtl(one)])
def test_a_command_begins_at_the_left_also_if_its_words_run_from_the_right(language: str) -> None:
    screen = time_zone_screen(Voice(language), 0, NOW).html
    assert re.search("\u2066<code>/settings [\u0600-\u06ff]", screen)
