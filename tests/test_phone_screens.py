"""Every screen on a phone, measured in a real browser: no label is cut short, and a list fits without scrolling.

The bot is asked for what readers ask for, and every button that only shows something is pressed. Each keyboard that
the bot sent is then drawn as the page of the demo draws it.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
from playwright.async_api import Page, async_playwright

from bot.config import Config
from bot.ingest.draft import Draft
from bot.ingest.story_index import place_article
from bot.locale import LANGUAGES
from bot.messages import actions
from bot.messages.actions import Action, MoreOf, Screen, decode
from bot.sim import Chat, Person
from bot.text.html import plain
from bot.text.language import is_rtl
from storage import Storage
from storage.records import Lane
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.stage import BROWSER_TESTS, CHROMIUM, FLAGS
from tests.test_chat_stories import OTHER
from tests.test_deliver_copies import REPORT, REPRINT

pytestmark = BROWSER_TESTS

PHONES: Final = ((360, 729), (390, 844))
# Actions that show something and change nothing.
SHOWING: Final = tuple(
    one
    for name, one in vars(actions).items()
    if name == "Screen" or name.startswith(("Show", "More")) or name.endswith(("List", "Item", "Why"))
)
ASKED: Final = {
    "en": """/start|/help|/latest|/latest 12|/category|/categories|/category culture|/search crane|/search craen
        |/search zeppelin|/search category:cultur|/follow crane|/follow Culture|/following|/mute sports|/sources
        |thanks|culture
        |/latest|/why 1|/subscribe|/subscribe culture|/unsubscribe sports|/saved|/snooze|/settings Beirut|/latst
        |local government, planning and housing|https://herald.example/news|/mydata|/forgetme|/export|/split 1
        |/retract 1|/stats|/stop|/settings""",
    "ar": """/start|/help|/latest|/latest 12|/category|/categories|/category culture|/search رافعة|/search رافعه|رياضة
        |/search زبلن|/search قسم:ثقاف|/follow رافعة|/follow Culture|/following|/mute رياضة|/sources|شكرا
        |/latest|/why 1|/subscribe|/subscribe culture|/unsubscribe sports|/saved|/snooze|/settings Beirut|/latst
        |الإدارة المحلية والتخطيط العمراني|https://herald.example/news|/mydata|/forgetme|/export|/split 1
        |/retract 1|/stats|/stop|/settings""",
}
ROOM = """() => [
    [...document.querySelectorAll(".message")].at(-1).offsetHeight, document.getElementById("scroll").clientHeight]"""
ADMIN: Final = 77
DRAWN = """async ([language, messages]) => {
    const { render } = await import("/assets/message.js");
    const chat = { chat: { id: 1, type: "private" }, viewer: { id: 1 }, language };
    const act = new Proxy({}, { get: () => () => undefined });
    document.documentElement.dir = ["ar", "fa", "ur"].includes(language) ? "rtl" : "ltr";
    document.getElementById("messages").replaceChildren(...messages.map((one, n) =>
        render(chat, { message_id: n, date: 0, from: { id: 2, is_bot: true }, text: "…", ...one }, act)));
}"""
# A command in a line that runs from the right: without an isolate around it, its slash moves to the other end.
ISOLATE: Final = re.compile("[\u2066-\u2068][^\u2069]*\u2069")
COMMAND_OUTSIDE: Final = re.compile(r"(?m)^(?=.*[\u0600-\u06ff]).*(?<![\w/:.])/[a-z]{3,}.*$")
CUT = (
    "() => [...document.querySelectorAll('.key')].filter(k => k.scrollWidth > k.clientWidth).map(k => k.textContent)"
)


@asynccontextmanager
async def phone(room: Newsroom, chat: Chat, person: Person) -> AsyncIterator[Page]:
    """The demo's page with that chat open."""
    room.sim.list_on_page(chat, person)
    async with async_playwright() as playwright:
        assert CHROMIUM, "no Chromium here, and CI has to test the page"
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.goto(room.sim.url)
        await page.locator("#chats li a").first.click()
        await page.locator("#messages").wait_for()
        yield page
        await browser.close()


async def on_phones(page: Page) -> AsyncIterator[None]:
    """Give the page the size of one phone after another."""
    for width, height in PHONES:
        await page.set_viewport_size({"width": width, "height": height})
        yield


async def press_what_shows(room: Newsroom, chat: Chat, person: Person, seen: set[tuple[Any, ...]]) -> None:
    """Press each button below the last message that shows something, and then those below what it shows.

    Kinds of screens that were `seen` are left out.
    """
    shown = chat.last.id
    waiting = _showing(chat.last.rows)
    while waiting:
        data = waiting.pop(0)
        kind = _kind(decode(data))
        if kind in seen:
            continue
        seen.add(kind)
        await chat.press_data(shown, data, person).answered
        await room.heard()
        waiting += _showing(next(one for one in chat.messages if one.id == shown).rows)


def _showing(rows: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    pressed = [one["callback_data"] for row in rows for one in row if "callback_data" in one]
    return [data for data in pressed if isinstance(decode(data), SHOWING)]


def _kind(action: Action | None) -> tuple[Any, ...]:
    """What tells two screens apart: the many articles and pages of one kind look the same."""
    if isinstance(action, Screen):
        return Screen, action.name, bool(action.target), min(action.page, 2)
    if isinstance(action, MoreOf):
        return MoreOf, action.kind
    place = bool(getattr(action, "place_id", 0) or getattr(action, "skip", 0))
    return type(action), place, type(getattr(action, "back", None))


async def fill(room: Newsroom, language: str) -> None:
    section = "الإدارة المحلية والتخطيط العمراني" if language == "ar" else "Local government, planning and housing"
    others = ("علوم وتقنية", "رياضة") if language == "ar" else ("Science & technology", "Sports")
    await room.publish(REPORT, OTHER, REPRINT, compared=True)
    drafts = [
        replace(OTHER, title=f"{title} {n}", body=f"{title} {n}. {OTHER.body}", categories=(category,), author="Mona")
        for n, category in enumerate((section, *others, "Culture") * 3)
        for title in ["Crane رافعة"]
    ]
    await room.publish(*drafts)


def keyboards(room: Newsroom) -> list[dict[str, Any]]:
    """Each keyboard that the bot sent, once."""
    markups = [one.values.get("reply_markup") or {} for one in room.sim.calls]
    sent = {json.dumps(one) for one in markups if one.get("inline_keyboard")}
    return [{"reply_markup": json.loads(one)} for one in sorted(sent)]


def texts(room: Newsroom) -> list[str]:
    """Each text that the bot sent, without markup."""
    return [plain(text) for one in room.sim.calls if (text := one.values.get("text"))]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_phone_cuts_a_label_short(storage: Storage, clock: Clock, language: str) -> None:
    config = Config(admins=(ADMIN,), commands_per_minute=0, reader_sources=5)
    async with newsroom(storage, clock, config) as room:
        person = room.sim.person("Huda", language, user_id=ADMIN)
        chat = room.sim.private(person)
        room.sim.channel("Wire of the northern banks", admins=[person]).add_bot(person, admin=True)
        await fill(room, language)
        await room.ask(chat, "/subscribe all")
        await room.publish(replace(REPORT, title="Alert", body="Short."), lane=Lane.ALERT)
        async with room.sending():
            await room.sim.until(lambda: "Alert" in chat.last.text)
        seen = set[tuple[Any, ...]]()
        await press_what_shows(room, chat, person, seen)
        for typed in ASKED.get(language, ASKED["en"]).split("|"):
            await room.ask(chat, typed.strip())
            await room.heard()
            # Where ASKED has words of the language, each kind of screen is opened after each of them.
            await press_what_shows(room, chat, person, set() if language in ASKED else seen)
        if is_rtl(language):
            assert {one for text in texts(room) for one in COMMAND_OUTSIDE.findall(ISOLATE.sub("", text))} == set()
        async with phone(room, chat, person) as page:
            await page.evaluate(DRAWN, [language, keyboards(room)])
            assert await page.locator(".key").count() > (300 if language in ASKED else 200)
            async for _ in on_phones(page):
                assert await page.evaluate(CUT) == []


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_five_headlines_and_their_buttons_are_seen_at_once(
    storage: Storage, clock: Clock, language: str
) -> None:
    titles = {
        "en": "Fishing boats of the northern banks land a record catch",
        "ar": "قوارب الصيد في الضفاف الشمالية تعود بأكبر صيد منذ عشر سنوات",
    }
    async with newsroom(storage, clock) as room:
        chat, person = room.reader(language)
        sections = {"en": ("Economy", "Culture", "Sports", "Health"), "ar": ("اقتصاد", "ثقافة", "رياضة", "صحة")}
        for n in range(12):
            title, category = f"{titles[language]} {n}", sections[language][n % 4]
            await room.publish(Draft(title=title, body=title, publisher="Bay Herald", categories=(category,)))
        await room.ask(chat, "/latest")
        first = chat.last
        assert [len(row) for row in first.rows] == [5, 2, 4]
        async with phone(room, chat, person) as page:
            async for _ in on_phones(page):
                list_height, room_for_it = await page.evaluate(ROOM)
                assert list_height <= room_for_it
        await room.press(chat, first.buttons[6])
        assert [len(row) for row in chat.last.rows] == [5, 3]
        one, *others = [headline.id for headline in await storage.articles.page(limit=12)]
        for other in others:
            await storage.stories.merge(one, other, now=clock(), decide=place_article)
        await room.ask(chat, "/latest")
        await room.press(chat, "1")
        await room.press(chat, next(label for label in chat.last.buttons if "🗞" in label))
        assert [len(row) for row in chat.last.rows] == [6, 2, 1]
        async with phone(room, chat, person) as page:
            async for _ in on_phones(page):
                story_height, room_for_it = await page.evaluate(ROOM)
                assert story_height <= room_for_it
