"""What readers choose to be shown: languages, and a story once or not."""

from collections.abc import AsyncIterator

import pytest

from bot.actions import SetGrouped, SetReads
from bot.chat.reading import Choice, changed
from bot.ingest.draft import Draft
from storage import Storage
from storage.records import Reading
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

ARABIC = Draft(
    title="المجلس البلدي يقرر طلاء المنارة",
    body="اجتمع المجلس البلدي أمس في القاعة القديمة. وقرر أعضاؤه أن تُطلى المنارة بالأحمر والأبيض من جديد.",
    publisher="ساحل",
)
ENGLISH = Draft(
    title="Council to paint the lighthouse",
    body="The council met in the old town hall on Monday. It decided to paint the lighthouse white and red again.",
    publisher="Harbour News",
)


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(ARABIC, ENGLISH)
        yield opened


@pytest.mark.parametrize(
    ("before", "choice", "after"),
    [
        (Reading(), SetReads("ar", 1), Reading(languages=("ar",))),
        (Reading(languages=("ar",)), SetReads("en", 1), Reading(languages=("ar", "en"))),
        (Reading(languages=("ar", "en")), SetReads("ar", 0), Reading(languages=("en",))),
        (Reading(languages=("ar",)), SetReads("ar", 0), Reading()),
        (Reading(languages=("ar",)), SetReads("ar", 1), Reading(languages=("ar",))),
        (Reading(languages=("ar", "en")), SetReads("", 1), Reading()),
        (Reading(), SetReads("ar en", 1), Reading()),  # forged
        (Reading(), SetReads("' OR 1", 1), Reading()),
        (Reading(), SetGrouped(0), Reading(grouped=False)),
        (Reading(grouped=False), SetGrouped(1), Reading()),
    ],
)
def test_a_button_changes_what_is_shown(before: Reading, choice: Choice, after: Reading) -> None:
    assert changed(before, choice) == after


async def test_a_reader_chooses_a_language_and_lists_follow(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    assert "News in: all languages" in (await room.ask(chat, "/settings")).text
    screen = await room.press(chat, "👓 What is shown")
    assert {"✅ All languages", "▫️ Arabic", "▫️ English", "✅ A story once"} <= set(screen.buttons)
    screen = await room.press(chat, "▫️ Arabic")
    assert {"▫️ All languages", "✅ Arabic"} <= set(screen.buttons)
    await room.press(chat, "↩ Back")
    assert "News in: ⁨Arabic⁩" in chat.last.text
    listed = (await room.ask(chat, "/latest")).text
    assert ARABIC.title in listed
    assert ENGLISH.title not in listed


async def test_an_arabic_reader_sees_the_languages_by_their_arabic_names(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/settings")
    screen = await room.press(chat, "👓 ما يُعرض")
    assert {"✅ كل اللغات", "▫️ العربية", "▫️ الإنجليزية", "✅ القصة مرة واحدة"} <= set(screen.buttons)


async def test_buttons_of_languages_stay_where_they_are_when_they_are_pressed(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/settings")
    screen = await room.press(chat, "👓 What is shown")
    languages = [button[3:] for button in screen.buttons[1:3]]
    screen = await room.press(chat, screen.buttons[2])
    assert screen.buttons[1:3] == [f"▫️ {languages[0]}", f"✅ {languages[1]}"]


async def test_a_chosen_language_that_nothing_is_written_in_can_be_taken_back(room: Newsroom, clock: Clock) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(languages=("fa",)), now=clock())
    await room.ask(chat, "/settings")
    screen = await room.press(chat, "👓 What is shown")
    assert "✅ Persian" in screen.buttons


async def test_a_story_for_each_article_is_said_in_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await room.ask(chat, "/settings")
    await room.press(chat, "👓 What is shown")
    await room.press(chat, "✅ A story once")
    await room.press(chat, "↩ Back")
    assert "News in: all languages · each article for itself" in chat.last.text
