"""What readers type in their own words, in each language of the bot."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bot.text.typed_words
from bot.locale import LANGUAGES, Voice
from bot.text.arabic import normalize
from bot.text.intents import Intent, command_meant_by, name_asked_for, understand
from bot.text.moments import understood_moment
from bot.text.search import CATEGORY, understood
from bot.text.snooze import OFF, Snooze, understood_snooze
from bot.text.times import split_time, understood_time

FILES = {path.stem: path for path in Path(bot.text.typed_words.__file__).parent.glob("*.json")}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)  # a Tuesday


def words(language: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(FILES[language].read_text("utf-8"))
    return found


def test_each_language_has_its_words() -> None:
    assert FILES.keys() == set(LANGUAGES)
    shapes = {language: {name: list(section) for name, section in words(language).items()} for language in FILES}
    assert [language for language, shape in shapes.items() if shape != shapes["en"]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_screens_call_a_thing_is_understood_when_it_is_typed(language: str) -> None:
    named = {
        "Latest news": Intent.LATEST,
        "📰 Latest news": Intent.LATEST,
        "📂 My categories": Intent.MINE,
        "Categories": Intent.CATEGORY,
        "⭐ Saved": Intent.SAVED,
        "Saved articles": Intent.SAVED,
        "🔎 Search": Intent.SEARCH,
        "⚙️ Settings": Intent.SETTINGS,
        "help": Intent.HELP,
    }
    typed = {text: re.sub(r"^\W+", "", Voice(language).say(text)) for text in named}
    found = {text: request.intent for text, words in typed.items() if (request := understand(words))}
    assert found == named


@pytest.mark.parametrize("section", ["requests", "commands", "durations"])
def test_no_word_means_one_thing_in_a_language_and_another_thing_in_another_one(section: str) -> None:
    meanings: dict[str, dict[str, str]] = {}
    for language in FILES:
        for key, listed in words(language)[section].items():
            for word in filter(None, listed.split(" | ")):
                meanings.setdefault(normalize(word), {})[language] = key
    units = {"an hour": "hours", "a day": "days", "a week": "weeks", "a month": "months"}
    several = {
        word: found for word, found in meanings.items() if len({units.get(key, key) for key in found.values()}) > 1
    }
    assert several == {}


@pytest.mark.parametrize(
    ("typed", "intent"),
    [
        ("Nachrichten", Intent.LATEST),
        ("quoi de neuf ?", Intent.LATEST),
        ("últimas noticias", Intent.LATEST),
        ("Что нового?", Intent.LATEST),
        ("SON HABERLER", Intent.LATEST),
        ("berita terbaru", Intent.LATEST),
        ("آخرین اخبار", Intent.LATEST),
        ("تازہ خبریں", Intent.LATEST),
        ("mes alertes", Intent.MINE),
        ("избранное", Intent.SAVED),
        ("Einstellungen", Intent.SETTINGS),
        ("تنظیمات", Intent.SETTINGS),
        ("yardım", Intent.HELP),
        ("darse de baja", Intent.STOP),
        ("Guten Morgen!", Intent.GREETING),
        ("terima kasih", Intent.THANKS),
        ("شکریہ", Intent.THANKS),
    ],
)
def test_requests_are_understood_in_each_language(typed: str, intent: Intent) -> None:
    request = understand(typed)
    assert request is not None
    assert request.intent is intent


def test_what_is_searched_for_follows_the_word_for_it() -> None:
    for typed in ("suche nach Hafen", "cherche Hafen", "найти Hafen", "cari Hafen", "busca Hafen"):
        request = understand(typed)
        assert request is not None
        assert (request.intent, request.words) == (Intent.SEARCH, "Hafen")
    assert understand("Suche im Hafen beendet") is None  # a headline


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Nachrichten aus Bremen", "bremen"),
        ("spor haberleri", "spor"),
        ("noticias sobre fútbol", "futbol"),
        ("новости про футбол", "футбол"),
        ("berita olahraga", "olahraga"),
        ("کھیل کی خبریں", normalize("کھیل")),
    ],
)
def test_names_are_asked_for_in_each_language(typed: str, name: str) -> None:
    assert name_asked_for(typed) == name


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("настройки", "settings"),
        ("suche", "search"),
        ("takip", "follow"),
        ("silenciar", "mute"),
        ("خلاصه", "summary"),
    ],
)
def test_commands_have_words_in_each_language(typed: str, command: str) -> None:
    assert command_meant_by(typed) == command


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("2 Stunden", 2 * HOUR),
        ("für 3 Tage", 3 * DAY),
        ("zwei Wochen", 14 * DAY),
        ("pendant 2 heures", 2 * HOUR),
        ("2j", 2 * DAY),
        ("une demi-heure", HOUR / 2),
        ("3 días", 3 * DAY),
        ("media hora", HOUR / 2),
        ("2 часа", 2 * HOUR),
        ("на неделю", 7 * DAY),
        ("полчаса", HOUR / 2),
        ("3 gün", 3 * DAY),
        ("3 gün boyunca", 3 * DAY),
        ("bir haftalığına", 7 * DAY),
        ("2 jam", 2 * HOUR),
        ("sebulan", 30 * DAY),
        ("۲ ساعت", 2 * HOUR),
        ("دو هفته", 14 * DAY),
        ("2 گھنٹے", 2 * HOUR),
        ("3 دن کے لیے", 3 * DAY),
    ],
)
def test_durations_are_understood_in_each_language(typed: str, time: timedelta) -> None:
    assert understood_time(typed) == time


def test_a_duration_at_the_end_of_a_name_is_taken_off_it() -> None:
    assert split_time("Fußball 7 Tage") == ("Fußball", 7 * DAY)
    assert split_time("футбол на неделю") == ("футбол", 7 * DAY)
    assert split_time("Día") == ("Día", None)
    assert split_time("5G") == ("5G", None)


def test_a_snooze_lasts_until_the_morning_or_ends_in_each_language() -> None:
    for typed in ("bis morgen", "demain", "hasta mañana", "завтра", "yarın", "besok", "فردا", "کل"):
        assert understood_snooze(typed) == Snooze(mornings=1), typed
    for typed in ("aus", "désactiver", "cancelar", "выкл", "kapat", "matikan", "خاموش", "ختم"):
        assert understood_snooze(typed) == OFF, typed


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("heute um 18 Uhr", 6),
        ("18 Uhr", 6),
        ("morgen 8 Uhr", 20),
        ("am Freitag um 8:30", 68.5),
        ("8 Uhr am Freitag", 68),
        ("8 am friday", 68),
        ("in 2 Stunden", 2),
        ("à 18h30", 6.5),
        ("demain à 8h00", 20),
        ("dans 2 heures", 2),
        ("a las 6 de la tarde", 6),
        ("mañana a las 8", 20),
        ("el viernes a las 8", 68),
        ("завтра в 8:00", 20),
        ("в пятницу в 18:30", 78.5),
        ("через 2 часа", 2),
        ("yarın saat 8.00", 20),
        ("2 saat sonra", 2),
        ("hari ini pukul 18.30", 6.5),
        ("besok jam 8 pagi", 20),
        ("hari Jumat jam 8", 68),
        ("2 jam lagi", 2),
        ("فردا ساعت ۸", 20),
        ("فردا ۸ صبح", 20),
        ("پس‌فردا", 44),
        ("کل صبح 8 بجے", 20),
        ("شام 6 بجے", 6),
    ],
)
def test_moments_are_understood_in_each_language(typed: str, hours: float) -> None:
    assert understood_moment(typed, NOW, UTC) == NOW + timedelta(hours=hours)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_the_bot_are_understood_as_they_are_shown(language: str) -> None:
    shown = Voice(language).say(
        "Put a phrase in quotes to match it exactly, put - before a word to leave it out, and add"
        ' category: or source: to narrow the search.\n<code>/search "harbour council" -sport'
        " category:economy</code>"
    )
    example = re.search(r"<code>/search (.*)</code>", shown)
    assert example
    typed = understood(example[1])
    assert (len(typed.categories), len(typed.without)) == (1, 1)
    assert any(term.written for term in typed.terms)
    labels = re.findall(r"(?<![\w/])([^\W\d_]+):(?=[\s.,،)»”\u2069]|$)", shown.partition("\n")[0])
    for label in labels:
        typed = understood(f"{label}:x y")
        assert typed.categories or typed.sources, label
    assert CATEGORY in typed.text or labels
