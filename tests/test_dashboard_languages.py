"""The dashboard speaks one language at a time: no sentence of another one stands on its pages."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml.html import HtmlElement, document_fromstring

from bot.config import settings
from bot.finding import Finding
from bot.locale import LANGUAGES, SOURCE_LANGUAGE, Voice
from bot.locale.catalogues import Text, texts_of_the_code
from bot.web.dashboard import settings as settings_page
from storage import Storage
from tests.conftest import Clock
from tests.dashboard_news import fill
from tests.test_dashboard_doors import opened, set_as_here, text, token

PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Values, names and texts of others are marked as what they are, or isolated.
FOREIGN = "not(self::html) and (self::script or self::style or self::code or self::pre or self::bdi or @dir or @lang)"
ISOLATED = re.compile("[\u2066-\u2068][^\u2069]*\u2069")
LATIN_WORDS = re.compile(r"[A-Za-z]{2,}(?:[ ,']+[A-Za-z]{2,}){2,}")
OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


@cache
def texts_of_check() -> list[Text]:
    """Each kind of finding: what the code of the command says in the language of the dashboard."""
    texts = texts_of_the_code(Path(settings_page.__file__).parents[2])
    return [one for one in texts.values() if any(name.startswith("bot/cli/") for name in one.files)]


def said(one: Text, voice: Voice) -> str:
    values = dict.fromkeys(set(PLACEHOLDER.findall(one.forms[-1])) - {"n"}, "#")
    return voice.plural(*one.forms, 7, **values) if len(one.forms) == 2 else voice.say(*one.forms, **values)


def shown(element: HtmlElement) -> str:
    return " ".join(str(element.text_content()).replace("\u2068", "").replace("\u2069", "").split())


def own_texts(page: str) -> Iterator[str]:
    """The texts of a page that are the dashboard's own."""
    root = document_fromstring(page)
    for node in root.xpath(f"//body//text()[not(ancestor::*[{FOREIGN}])]"):
        yield ISOLATED.sub(" ", str(node))


@pytest.mark.parametrize("language", OTHERS)
async def test_meanings_of_settings_and_findings_are_shown_in_the_language_of_the_page(
    language: str, storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice, english = Voice(language), Voice(SOURCE_LANGUAGE)
    findings = [Finding(str(number), True, said(one, voice), "cause") for number, one in enumerate(texts_of_check())]
    assert len(findings) > 70
    same = [one.text for one, text in zip(findings, texts_of_check(), strict=True) if one.text == said(text, english)]
    assert set(same) <= {"bot", "desk", "sources"}  # which are French, too

    async def found(_: str) -> list[Finding]:
        return findings

    monkeypatch.setattr(settings_page, "run_check", found)
    async with opened(storage, clock) as door, door.entered(language=language) as client:
        set_as_here(door, monkeypatch)
        async with client.post("/dashboard/settings", data={"csrf": await token(client)}) as answer:
            page = await answer.text()
    for cells in document_fromstring(page).xpath("//tbody/tr"):
        name, _, meaning = (shown(cell) for cell in cells)
        assert meaning == shown_text(voice.say(settings()[name].meaning))
        assert meaning != shown_text(settings()[name].meaning)
    items = document_fromstring(page).find_class("findings")[0]
    for one, item in zip(findings, items, strict=True):
        assert shown(item).removeprefix("✅") == f"{shown_text(voice.labelled(one.subject, one.text))} cause"
        assert [error.get("lang") for error in item.iter("bdi")] == ["en"]


def shown_text(text: str) -> str:
    return " ".join(re.sub("[`\u2068\u2069]", "", text).split())


async def test_no_page_says_a_sentence_in_latin_letters_to_who_reads_arabic(storage: Storage, clock: Clock) -> None:
    news = await fill(storage, clock)
    paths = ["now", "now/live", "sources", "sources?state=readers", f"sources/{news.source}", "sources/add",
             "stories", f"articles/{news.hostile}?chat=1001", f"stories/{news.arabic}", "desk", "chats", "dead",
             "categories", "settings", "audit", "nothing"]  # fmt: skip
    async with opened(storage, clock) as door, door.entered(language="ar") as client:
        for path in paths:
            page = await text(client, f"/dashboard/{path}")
            assert [found for own in own_texts(page) for found in LATIN_WORDS.findall(own)] == [], path
