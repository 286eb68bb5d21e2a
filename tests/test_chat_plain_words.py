"""Words without a command: requests, numbers, names, addresses, pictures, and commands that don't exist."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.commands import COMMANDS, Command
from bot.chat.conversation import Conversation
from bot.ingest.draft import Draft
from bot.locale import LANGUAGES, Voice
from bot.messages.menu import key_pressed
from bot.messages.message import Message
from bot.text.intents import Intent
from storage import Storage
from tests.conftest import Clock
from tests.makers import category
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_commands import titles
from tests.test_chat_groups import PHOTO, STICKER
from tests.test_chat_subscriptions import subscription

BODY = "The council met in the old town hall on Monday.\n\nIt decided to paint the lighthouse white and red again."


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(
            *[
                Draft(title=title, body=BODY, categories=(category,), publisher=publisher)
                for title, category, publisher in (
                    ("Lighthouse painted", "Coast", "Harbour News"),
                    ("Ferry sails", "الخليج والعالم", "Coast Post"),
                )
            ]
        )
        yield opened


# Requests


@pytest.mark.parametrize(
    ("language", "typed", "begins"),
    [
        ("en", "news", "Latest news"),
        ("en", "Latest!", "Latest news"),
        ("en", "What's new?", "Latest news"),
        ("en", "📰 Latest news", "Latest news"),
        ("ar", "الأخبار", "آخر الأخبار"),
        ("ar", "اخر الاخبار", "آخر الأخبار"),
        ("ar", "📰 آخر الأخبار", "آخر الأخبار"),
        ("ar", "أخبار", "آخر الأخبار"),
        ("ar", "ما هي آخر الأخبار؟", "آخر الأخبار"),
        ("en", "categories", "Choose a category"),
        ("ar", "الأقسام", "اختر قسمًا"),
        ("ar", "اقسام", "اختر قسمًا"),
        ("en", "📂 My categories", "You get no alerts."),
        ("ar", "📂 أقسامي", "لا تصلك أي تنبيهات."),
        ("en", "⚙️ Settings", "Settings"),
        ("ar", "إعدادات", "الإعدادات"),
        ("ar", "اعدادات", "الإعدادات"),
        ("en", "help", "⁨Newsbot⁩"),
        ("ar", "مساعدة", "\u200f⁨Newsbot⁩"),
        ("ar", "؟", "\u200f⁨Newsbot⁩"),
        ("en", "?", "⁨Newsbot⁩"),
        ("en", "stop", "🔕"),
        ("ar", "توقف", "🔕"),
        ("ar", "إيقاف", "🔕"),
        ("en", "🔎 Search", "What should I search for?"),
        ("ar", "🔎 بحث", "عمّ تريد أن تبحث؟"),
        ("en", "start", "Welcome to"),
        ("en", "search for lighthouse", 'Results for "⁨lighthouse⁩"'),
        ("ar", "ابحث عن lighthouse", "نتائج «⁨lighthouse⁩»"),
    ],
)
async def test_a_request_in_plain_words_is_understood(room: Newsroom, language: str, typed: str, begins: str) -> None:
    chat, _ = room.reader(language)
    await room.ask(chat, typed)
    assert chat.messages[0].text.startswith(begins)


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("en", "hello", "Hello! Type what you are looking for, or choose:"),
        ("en", "Good morning!", "Hello! Type what you are looking for, or choose:"),
        ("ar", "السلام عليكم", "أهلًا! اكتب ما تبحث عنه، أو اختر:"),
        ("ar", "السَّلامُ عليكم ورحمة الله وبركاته", "أهلًا! اكتب ما تبحث عنه، أو اختر:"),
        ("ar", "مرحباً", "أهلًا! اكتب ما تبحث عنه، أو اختر:"),
        ("en", "thanks", "You're welcome! Anything else?"),
        ("en", "Thank you very much.", "You're welcome! Anything else?"),
        ("ar", "شكراً جزيلاً", "على الرحب والسعة! هل من شيء آخر؟"),
        ("ar", "👍", "على الرحب والسعة! هل من شيء آخر؟"),
        ("ar", "❤️", "على الرحب والسعة! هل من شيء آخر؟"),
    ],
)
async def test_a_greeting_and_thanks_get_a_line_and_the_menu(
    room: Newsroom, language: str, typed: str, said: str
) -> None:
    chat, _ = room.reader(language)
    answer = await room.ask(chat, typed)
    assert answer.text == said
    assert len(answer.buttons) == 3
    listed = await room.press(chat, answer.buttons[0])
    assert titles(listed.text)


async def test_words_that_hold_a_request_among_others_are_searched_for(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    assert "stop the lighthouse" in (await room.ask(chat, "stop the lighthouse")).text
    assert (await subscription(room, chat)).everything


async def test_a_request_for_what_is_not_there_yet_is_said_politely(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = room.reader("ar")
    monkeypatch.delitem(COMMANDS, "saved", raising=False)
    assert (await room.ask(chat, "⭐ المحفوظات")).text.startswith("لا أستطيع فعل ذلك بعد.")
    monkeypatch.setitem(COMMANDS, "saved", Command(_echo, "saved"))
    assert (await room.ask(chat, "⭐ المحفوظات")).text == "ran:"


async def _echo(conversation: Conversation, words: str) -> None:
    await conversation.answer(Message(f"ran: {words}"))


# Numbers and names


@pytest.mark.parametrize("typed", ["2", "٢", "۲", " 2 ", "2."])
async def test_a_number_opens_that_article_of_the_last_list(room: Newsroom, typed: str) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    answer = await room.ask(chat, typed)
    assert answer.text.startswith("Lighthouse painted" if typed != "2." else "No results")


async def test_a_number_that_is_not_in_the_list_is_told_and_can_be_searched_for(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    answer = await room.ask(chat, "7")
    assert answer.text == "There is no article 7 in the last list. /latest shows the newest."
    assert (await room.press(chat, answer.buttons[-1])).text.startswith('No results for "⁨7⁩"')


async def test_a_year_is_searched_for(room: Newsroom) -> None:
    await room.publish(Draft(title="Plans for 2026", body=BODY, publisher="Harbour News"))
    chat, _ = room.reader()
    assert titles((await room.ask(chat, "2026")).text) == ["1. Plans for 2026"]


@pytest.mark.parametrize(
    ("typed", "heading", "title"),
    [
        ("coast", "Coast", "Lighthouse painted"),
        ("COAST!", "Coast", "Lighthouse painted"),
        ("Shore", "Coast", "Lighthouse painted"),  # an alias
        ("الخليج والعالم", "\u200e⁨الخليج والعالم⁩", "Ferry sails"),
        ("خليج والعالم", "\u200e⁨الخليج والعالم⁩", "Ferry sails"),
        ("harbour news", "Harbour News (1)", "Lighthouse painted"),
        ("Coast Post", "Coast Post (1)", "Ferry sails"),
        ("coast news", "Coast", "Lighthouse painted"),
        ("Latest coast", "Coast", "Lighthouse painted"),
        ("أخبار الخليج والعالم", "\u200e⁨الخليج والعالم⁩", "Ferry sails"),
        ("اخر اخبار خليج والعالم", "\u200e⁨الخليج والعالم⁩", "Ferry sails"),
        ("news from Coast Post", "Coast Post (1)", "Ferry sails"),
    ],
)
async def test_the_name_of_a_category_or_a_source_opens_it_and_offers_the_search(
    room: Newsroom, typed: str, heading: str, title: str
) -> None:
    await room.storage.categories.set_alias(category("Shore"), category("Coast"))
    chat, _ = room.reader()
    answer = await room.ask(chat, typed)
    assert answer.text.split("\n")[0] in (heading, f"{heading} (1)")
    assert titles(answer.text) == [f"1. {title}"]
    assert answer.buttons[-1].startswith("🔎 Search for")
    searched = await room.press(chat, answer.buttons[-1])
    assert typed.casefold() in searched.text.casefold()


# Commands that don't exist


@pytest.mark.parametrize(
    ("language", "typed", "offered"),
    [
        ("en", "/latst 5", ["/latest 5"]),
        ("en", "/setings", ["/settings"]),
        ("en", "/news", ["/latest"]),
        ("ar", "/بحث المنارة", ["/search المنارة"]),
        ("ar", "/ملخص 2", ["/summary 2"]),
        ("ar", "/الاعدادات", ["/settings"]),
        ("en", "/qwxyz", []),
    ],
)
async def test_a_misspelt_or_arabic_command_offers_the_right_one(
    room: Newsroom, language: str, typed: str, offered: list[str]
) -> None:
    chat, _ = room.reader(language)
    answer = await room.ask(chat, typed)
    assert "/help" in answer.text
    assert answer.buttons[:1] == offered


async def test_an_offered_command_runs_with_its_words(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/latst 1")
    await room.press(chat, "/latest 1")
    assert titles(chat.last.text) == ["1. Ferry sails"]


async def test_an_offered_command_of_a_group_asks_for_the_same_rights(room: Newsroom) -> None:
    admin, member = room.sim.person("Rana", "en"), room.sim.person("Omar", "en")
    group = room.sim.group("Readers", admins=[admin])
    await room.ask(group, "/subscrib@newsbot", admin)
    button = group.last.buttons[0]
    await room.press(group, button, member)
    assert (await subscription(room, group)).nothing
    await room.press(group, button, admin)
    assert (await subscription(room, group)).everything


# Messages that are not text, and edited ones


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (STICKER, "I can only read text."),
        ({"photo": [PHOTO]}, "I can only read text."),
        ({"location": {"latitude": 33.9, "longitude": 35.5}}, "I can only read text."),
        ({"voice": {"file_id": "f", "file_unique_id": "u", "duration": 3}}, "I can't listen to voice messages."),
    ],
)
async def test_a_message_without_words_is_answered_with_the_menu(
    room: Newsroom, what: dict[str, Any], said: str
) -> None:
    chat, _ = room.reader()
    chat.share(what)
    await room.sim.until(lambda: bool(chat.messages))
    assert chat.last.text.startswith(said)
    assert "📰 Latest news" in chat.last.buttons


async def test_an_album_is_answered_once(room: Newsroom) -> None:
    chat, _ = room.reader()
    for _ in range(3):
        chat.share({"photo": [PHOTO], "media_group_id": "7"})
    await room.heard()
    assert len(chat.messages) == 1


async def test_the_words_below_a_picture_are_read(room: Newsroom) -> None:
    chat, _ = room.reader()
    chat.share({"photo": [PHOTO], "caption": "sails"})
    await room.sim.until(lambda: bool(chat.messages))
    assert titles(chat.last.text) == ["1. Ferry sails"]


async def test_an_edited_message_is_answered_anew(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert titles((await room.ask(chat, "zeppelin")).text) == []
    assert titles((await room.ask(chat, "sails", edited=True)).text) == ["1. Ferry sails"]
    assert titles((await room.ask(chat, "/latest 1", edited=True)).text) == ["1. Ferry sails"]


async def test_pictures_and_edited_messages_in_a_group_are_for_other_people(room: Newsroom) -> None:
    admin = room.sim.person("Rana", "en")
    group = room.sim.group("Readers", admins=[admin])
    group.members[room.sim.bot["id"]] = "administrator"  # who hears everything
    group.share({"photo": [PHOTO]}, admin)
    group.say("/latest", admin, edited=True)
    await room.heard()
    assert group.messages == []


# The keyboard


@pytest.mark.parametrize("language", LANGUAGES)
async def test_start_brings_a_keyboard_whose_keys_are_understood(room: Newsroom, language: str) -> None:
    chat, _ = room.reader(language)
    chat.say("/start")
    await room.sim.until(lambda: len(chat.messages) == 2)
    keys = [key for row in chat.keyboard for key in row]
    assert len(keys) == 5
    assert [key_pressed(key) for key in keys] == [
        *(Intent.LATEST, Intent.MINE, Intent.SAVED, Intent.SEARCH, Intent.SETTINGS)
    ]
    voice = Voice(language)
    for key in keys:
        answer = await room.ask(chat, key)
        assert voice.say("Please type a word to search for.") not in answer.text
        assert all(f"«{key}»" not in answer.text and f'"{key}"' not in answer.text for key in keys)


async def test_the_keyboard_is_switched_off_and_on_in_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader()
    chat.say("/start")
    await room.sim.until(lambda: len(chat.messages) == 2)
    await room.ask(chat, "/settings")
    await room.press(chat, "⌨️ Buttons")
    await room.press(chat, "Hide buttons")
    assert chat.keyboard == []
    await room.ask(chat, "/latest")
    assert chat.keyboard == []
    await room.press(chat, "Show buttons")
    assert chat.keyboard


async def test_the_keyboard_speaks_the_language_that_a_reader_changes_to(room: Newsroom) -> None:
    chat, _ = room.reader()
    chat.say("/start")
    await room.sim.until(lambda: len(chat.messages) == 2)
    await room.ask(chat, "/settings")
    await room.press(chat, "🌐 Language and time zone")
    await room.press(chat, "العربية")
    await room.sim.until(lambda: len(chat.messages) == 4)
    assert chat.keyboard[-1][-1] == Voice("ar").say("⚙️ Settings")


async def test_a_keyboard_that_is_hidden_stays_so_when_the_language_changes(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/settings")
    await room.press(chat, "⌨️ Buttons")
    await room.press(chat, "Hide buttons")
    await room.ask(chat, "/settings")
    await room.press(chat, "🌐 Language and time zone")
    await room.press(chat, "العربية")
    await room.ask(chat, "/settings")
    assert chat.keyboard == []


async def test_a_group_gets_no_keyboard(room: Newsroom) -> None:
    admin = room.sim.person("Rana", "en")
    group = room.sim.group("Readers", admins=[admin])
    await room.ask(group, "/start", admin)
    await room.ask(group, "/settings", admin)
    assert "⌨️ Buttons" not in group.last.buttons
    assert group.keyboard == []
