"""The catalogues are whole: every text of the code, in every language, with its placeholders and plural forms."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from bot.chat.commands import COMMANDS, OPERATOR_COMMANDS
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice
from bot.text.html import plain

BOT = Path(__file__).parent.parent / "bot"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def texts_in_code() -> set[str]:
    """First arguments of every `say` and `plural` in code and templates, and the descriptions of the commands."""
    found = {command.description for command in (COMMANDS | OPERATOR_COMMANDS).values()} | texts_in_templates()
    for folder in ("messages", "chat", "deliver", "locale", "web"):
        for path in (BOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    first = node.args[0]
                    if node.func.attr in ("say", "plural") and isinstance(first, ast.Constant):
                        found.add(str(first.value))
    return found


def texts_in_templates() -> set[str]:
    found = set()
    for path in (BOT / "web/dashboard/templates").glob("*.html"):
        for call in Environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("say", "plural"):
                text = call.args[0]
                assert isinstance(text, nodes.Const), path  # a text that is put together can't be translated
                found.add(str(text.value))
    return found


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """msgid -> its forms in that language."""
    with (BOT / "locale" / language / "LC_MESSAGES" / "newsbot.po").open("rb") as lines:
        found = {}
        for message in read_po(lines, locale=language, abort_invalid=True):
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_code_is_translated_and_no_other(language: str) -> None:
    assert set(catalogue(language)) == texts_in_code()
    assert all(all(forms) for forms in catalogue(language).values())


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_placeholders_commands_and_tags(language: str) -> None:
    for text, forms in catalogue(language).items():
        for form in forms:
            if len(forms) == 1:
                assert sorted(re.findall(r"\{\w+\}", form)) == sorted(re.findall(r"\{\w+\}", text)), text
            assert sorted(re.findall(r"</?\w+>", form)) == sorted(re.findall(r"</?\w+>", text)), text
            assert set(re.findall(r"/[a-z]+", plain(form))) == set(re.findall(r"/[a-z]+", plain(text))), text


def test_arabic_counts_in_six_forms_and_its_dual_has_no_number() -> None:
    voice = Voice("ar")
    said = [voice.plural("{n} article", "{n} articles", n) for n in (0, 1, 2, 3, 11, 100)]
    assert len(set(said)) == 6
    assert not re.search(r"\d", said[2])
    assert said[3].startswith("3 ")


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
