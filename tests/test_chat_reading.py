"""What readers choose to be shown: languages, and a story once or not."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.ingest.draft import Draft
from bot.messages.actions import SetGrouped, SetReads
from bot.messages.reading import ReadingChoice, apply_choice
from bot.sim import Chat
from storage import Storage
from storage.records import Reading
from tests.conftest import Clock
from tests.makers import category
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
def test_a_button_changes_what_is_shown(before: Reading, choice: ReadingChoice, after: Reading) -> None:
    assert apply_choice(before, choice) == after


async def test_a_reader_chooses_a_language_and_lists_follow(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await reads(room, chat)
    assert "News in: all languages" in (await room.ask(chat, "/settings")).text
    screen = await room.press(chat, "👓 Languages and grouping")
    assert {"✅ All languages", "▫️ Arabic", "▫️ English", "✅ Group reports of the same story"} <= set(screen.buttons)
    screen = await room.press(chat, "▫️ Arabic")
    assert {"▫️ All languages", "✅ Arabic"} <= set(screen.buttons)
    await room.press(chat, "↩ Back")
    assert "News in: ⁨Arabic⁩" in chat.last.text
    listed = (await room.ask(chat, "/latest")).text
    assert ARABIC.title in listed
    assert ENGLISH.title not in listed


async def test_an_arabic_reader_sees_the_languages_by_their_arabic_names(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await reads(room, chat)
    await room.ask(chat, "/settings")
    screen = await room.press(chat, "👓 لغات الأخبار وعرضها")
    assert {"✅ كل اللغات", "▫️ العربية", "▫️ الإنجليزية", "✅ جمع أخبار الحدث الواحد"} <= set(screen.buttons)


async def test_buttons_of_languages_stay_where_they_are_when_they_are_pressed(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await reads(room, chat)
    await room.ask(chat, "/settings")
    screen = await room.press(chat, "👓 Languages and grouping")
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
    screen = await room.press(chat, "👓 Languages and grouping")
    assert "✅ Persian" in screen.buttons


async def test_a_story_for_each_article_is_said_in_the_settings(room: Newsroom) -> None:
    chat, _ = room.reader("en")
    await reads(room, chat)
    await room.ask(chat, "/settings")
    await room.press(chat, "👓 Languages and grouping")
    await room.press(chat, "✅ Group reports of the same story")
    await room.press(chat, "↩ Back")
    assert "News in: all languages · not grouped" in chat.last.text


# In lists and searches


async def reads(room: Newsroom, chat: Chat, *languages: str) -> None:
    """The readers of the chat chose these languages."""
    await room.ask(chat, "/help")
    ours = await room.storage.chats.get(chat.id)
    assert ours is not None
    await room.storage.chats.set_reading(ours.id, Reading(languages=languages), now=room.clock())


def about_ferries(language: str, count: int) -> list[Draft]:
    """Reports that have the word "Albatros" in common, in Arabic or in English."""
    titles = {"ar": "باخرة الركاب Albatros تصل إلى المرفأ رقم {}", "en": "Ferry Albatros arrives at quay number {}"}
    body = {
        "ar": "وصلت باخرة الركاب صباح اليوم وعلى متنها مسافرون من الجزيرة، ثم عادت بعد الظهر محمّلة بالبضائع.",
        "en": "The ferry came in this morning with passengers from the island, and left in the afternoon with goods.",
    }
    return [
        Draft(
            title=titles[language].format(n), body=body[language], categories=("Sea",), publisher=f"Paper {language}"
        )
        for n in range(count)
    ]


async def test_a_search_finds_what_its_readers_read_and_says_what_else_there_is(room: Newsroom) -> None:
    await room.publish(*about_ferries("ar", 2), *about_ferries("en", 3))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    found = (await room.ask(chat, "Albatros")).text
    assert found.count("باخرة الركاب") == 2
    assert "Ferry Albatros" not in found
    assert found.endswith("In other languages: 3 articles")
    others = (await room.press(chat, "🌐 In other languages")).text
    assert others.startswith('Results for "⁨Albatros⁩" in other languages')
    assert others.count("Ferry Albatros") == 3
    assert "باخرة" not in others
    assert (await room.press(chat, "2")).text.startswith("Ferry Albatros")
    assert (await room.press(chat, "↩ Back to the list")).text == others
    assert (await room.press(chat, "↩ Back to the list")).text == found


async def test_a_search_that_only_other_languages_answer_says_so(room: Newsroom) -> None:
    await room.publish(*about_ferries("en", 3))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    found = await room.ask(chat, "/search ferry island")
    assert found.text == ('No results for "⁨ferry island⁩" in your languages.\n\nIn other languages: 3 articles')
    assert found.buttons == ["🌐 In other languages"]
    assert (await room.press(chat, "🌐 In other languages")).text.count("Ferry Albatros") == 3


async def test_what_is_in_other_languages_goes_on_over_pages(room: Newsroom) -> None:
    await room.publish(*about_ferries("en", 8))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    await room.ask(chat, "ferry island")
    first = (await room.press(chat, "🌐 In other languages")).text
    second = (await room.press(chat, "Older »")).text
    assert (first.count("Ferry Albatros"), second.count("Ferry Albatros")) == (5, 3)
    assert "8. " in second
    assert (await room.press(chat, "« Newer")).text == first


async def test_a_phrase_that_other_languages_have_otherwise_is_not_counted(room: Newsroom) -> None:
    await room.publish(*about_ferries("ar", 1), *about_ferries("en", 1))
    await room.publish(Draft(title="Albatrosses", body="An albatros of the sea was seen.", publisher="Bird Post"))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    assert (await room.ask(chat, "Albatros")).text.endswith("In other languages: 2 articles")
    assert "In languages" not in (await room.ask(chat, '"باخرة الركاب Albatros"')).text
    assert (await room.ask(chat, '"Ferry Albatros"')).text.endswith("In other languages: 1 article")


async def test_who_reads_all_languages_finds_all_and_is_told_of_no_others(room: Newsroom) -> None:
    await room.publish(*about_ferries("ar", 1), *about_ferries("en", 1))
    chat, _ = room.reader("en")
    await reads(room, chat)
    found = await room.ask(chat, "Albatros")
    assert ("Ferry Albatros" in found.text, "باخرة" in found.text) == (True, True)
    assert "In languages" not in found.text


async def test_a_list_of_other_languages_is_of_all_once_all_are_read(room: Newsroom) -> None:
    await room.publish(*about_ferries("en", 1))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    await room.ask(chat, "ferry island")
    await reads(room, chat)
    assert (await room.press(chat, "🌐 In other languages")).text.startswith('Results for "⁨ferry island⁩" (1)\n')


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "بلغات أخرى: خبر واحد"),
        (2, "بلغات أخرى: خبران"),
        (3, "بلغات أخرى: 3 أخبار"),
        (11, "بلغات أخرى: 11 خبرًا"),
    ],
)
async def test_an_arabic_reader_is_told_how_many_in_arabic(room: Newsroom, count: int, said: str) -> None:
    await room.publish(*about_ferries("en", count))
    chat, _ = room.reader("ar")
    await reads(room, chat, "ar")
    found = await room.ask(chat, "ferry island")
    assert found.text.endswith(said)
    assert found.buttons == ["🌐 بلغات أخرى"]


async def test_categories_count_what_they_show(room: Newsroom) -> None:
    await room.publish(*about_ferries("ar", 2), *about_ferries("en", 3))
    await room.publish(replace(ENGLISH, title="Budget passed", categories=("Money",)))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    listed = await room.ask(chat, "/categories")
    assert "⁨Sea⁩ — 2 articles" in listed.text
    assert "Money" not in listed.text
    assert (await room.ask(chat, "/category")).buttons == ["Sea (2)"]
    assert (await room.press(chat, "Sea (2)")).text.count("باخرة الركاب") == 2
    assert "Money" not in (await room.ask(chat, "/latest")).buttons
    await reads(room, chat)
    assert (await room.ask(chat, "/category")).buttons == ["Money (1)", "Sea (5)"]


async def test_a_category_with_nothing_in_these_languages_says_why_and_can_still_be_subscribed_to(
    room: Newsroom,
) -> None:
    await room.publish(replace(ENGLISH, title="Budget passed", categories=("Money",)))
    chat, _ = room.reader("en")
    await reads(room, chat, "ar")
    empty = await room.ask(chat, "/category Money")
    assert empty.text == "No news in ⁨Money⁩ in your languages (⁨Arabic⁩)."
    assert empty.buttons == ["👓 Languages and grouping", "📰 Latest news"]
    assert "▫️ Money" not in (await room.ask(chat, "/start")).buttons
    await room.ask(chat, "/subscribe Money")
    assert "✅ Money" in (await room.ask(chat, "/start")).buttons


@pytest.mark.parametrize("typed", ["/latest", "/categories", "/category"])
async def test_where_all_news_are_in_other_languages_it_is_said(room: Newsroom, typed: str) -> None:
    chat, _ = room.reader("en")
    await reads(room, chat, "fr")
    empty = await room.ask(chat, typed)
    assert empty.text == "No news in your languages (⁨French⁩)."
    assert "▫️ English" in (await room.press(chat, "👓 Languages and grouping")).buttons


# What a new chat reads


@pytest.mark.parametrize(
    ("language", "read"), [("ar", ("ar",)), ("en", ("en",)), ("fr", ("en",)), ("en-GB", ("en",))]
)
async def test_a_new_chat_reads_its_own_language(room: Newsroom, language: str, read: tuple[str, ...]) -> None:
    chat, _ = room.reader(language)
    await room.ask(chat, "/latest")
    ours = await room.storage.chats.get(chat.id)
    assert ours
    assert ours.reading == Reading(languages=read)


async def test_a_new_chat_reads_everything_if_nothing_is_published_in_its_language(
    storage: Storage, clock: Clock
) -> None:
    async with newsroom(storage, clock) as room:
        await room.publish(ARABIC)
        chat, _ = room.reader("en")
        assert ARABIC.title in (await room.ask(chat, "/latest")).text


async def test_a_button_of_the_greeting_adds_the_other_languages(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await room.ask(chat, "/start")
    screen = await room.press(chat, "🌐 إضافة لغات أخرى")
    assert "✅ كل اللغات" in screen.buttons
    listed = (await room.ask(chat, "/latest")).text
    assert ARABIC.title in listed
    assert ENGLISH.title in listed


async def test_pickers_show_what_is_read_and_what_was_chosen_and_own_names_first(room: Newsroom) -> None:
    await room.publish(
        *[replace(ENGLISH, title=f"{name} report", categories=(name,)) for name in ("Zoo", "Art", "Art", "Coast")],
        *[replace(ARABIC, title=f"خبر {name}", categories=(name,)) for name in ("ثقافة", "اقتصاد", "Music")],
    )
    chat, _ = room.reader("ar")
    assert (await room.ask(chat, "/category")).buttons == ["اقتصاد (1)", "ثقافة (1)", "Music (1)"]
    await room.ask(chat, "/subscribe Zoo")
    assert chat.last.text.endswith("أقسامك: ⁨Zoo⁩.")
    await room.ask(chat, "أقسامي")
    await room.press(chat, "📂 اختر الأقسام")
    assert names(chat.last.buttons, of={"Zoo", "Art", "Coast", "ثقافة", "اقتصاد", "Music"}) == [
        "اقتصاد",
        "ثقافة",
        "Music",
        "Zoo",
    ]


@pytest.mark.parametrize(
    ("language", "shown", "sentence"),
    [("ar", "رياضة", "أقسامك: ⁨رياضة⁩."), ("en", "Sports", "Your categories: ⁨Sports⁩.")],
)
async def test_categories_that_mean_the_same_in_two_languages_are_one_choice(
    room: Newsroom, language: str, shown: str, sentence: str
) -> None:
    await room.publish(
        replace(ENGLISH, title="Cup won", categories=("Sports",)),
        replace(ARABIC, title="فاز الفريق", categories=("رياضة",)),
    )
    await room.storage.categories.set_alias(category("رياضة"), category("Sports"))
    chat, _ = room.reader(language)
    await room.ask(chat, "/start")
    toggled = await room.press(chat, f"▫️ {shown}")
    assert sentence in toggled.text
    assert [one for one in toggled.buttons if "Sports" in one or "رياضة" in one] == [f"✅ {shown}"]
    await reads(room, chat)
    assert (await room.ask(chat, "/category")).buttons == [f"{shown} (2)"]
    listed = await room.press(chat, f"{shown} (2)")
    assert listed.text.split("\n")[0] == f"{shown} (2)"
    assert all(title in listed.text for title in ("Cup won", "فاز الفريق"))
    opened, subscribed = await room.ask(chat, "1"), await room.ask(chat, "/unsubscribe الرياضة")
    (other,) = {"Sports", "رياضة"} - {shown}
    assert [one.text for one in (listed, opened, subscribed) if shown not in one.text or other in one.text] == []


def names(buttons: list[str], *, of: set[str]) -> list[str]:
    """The names of categories on buttons, in their order, without the marks before them."""
    return [name for button in buttons if (name := button.split(" ", 1)[-1]) in of]


async def test_buttons_of_a_picker_stay_where_they_are_though_counts_change(room: Newsroom) -> None:
    await room.publish(*[replace(ENGLISH, title=name, categories=(name,)) for name in ("Trade", "Art", "Coast")])
    chat, _ = room.reader("en")
    before = (await room.ask(chat, "/start")).buttons
    await room.publish(*[replace(ENGLISH, title=f"More {n}", categories=("Trade",)) for n in range(3)])
    after = (await room.press(chat, "▫️ Coast")).buttons
    listed = {"Art", "Coast", "Trade"}
    assert names(before, of=listed) == names(after, of=listed) == ["Art", "Coast", "Trade"]
