"""What a reader types and gets: headlines, summaries, categories and search, in both languages."""

from datetime import date, timedelta

import pytest

from bot import chat as conversation
from bot.chat.commands import COMMANDS
from bot.ingest.draft import Draft
from storage import Storage
from storage.records import Lane, Rhythm, Timetable
from tests.conftest import Clock
from tests.makers import new_article, stored
from tests.newsroom import Newsroom, newsroom

PARAGRAPHS = (
    "The harbour council agreed on Tuesday to deepen the northern basin before winter comes.\n\n"
    "Pilots had asked for two more metres since a freighter touched the ground last spring.\n\n"
    "The work begins in September and will cost the city a fifth of its yearly budget.\n\n"
    "Fishermen fear for the mussel banks, and were promised a survey every month."
)
ARABIC = (
    "قرر مجلس المرفأ يوم الثلاثاء تعميق الحوض الشمالي قبل حلول فصل الشتاء.\n\n"
    "وكان المرشدون قد طلبوا مترين إضافيين بعد أن لامست سفينة شحن القاع في الربيع الماضي.\n\n"
    "وتبدأ الأعمال في أيلول وتكلف المدينة خُمس ميزانيتها السنوية."
)


def draft(title: str, category: str | None = "Economy", body: str = PARAGRAPHS) -> Draft:
    return Draft(title=title, body=body, categories=(category,) if category else (), publisher="Harbour News")


def titles(text: str) -> list[str]:
    """The numbered lines of a list."""
    return [line for line in text.split("\n") if line[:1].isdigit() or line[1:2].isdigit()]


# /latest


async def test_latest_shows_the_newest_first_with_number_category_source_and_age(room: Newsroom) -> None:
    await room.publish(draft("Old crane sold"), draft("New crane bought", "Trade"))
    chat, _ = room.reader()
    answer = await room.ask(chat, "/latest")
    assert titles(answer.text) == ["1. New crane bought", "2. Old crane sold"]
    assert "⁨Trade⁩ · ⁨Harbour News⁩ · ⁨1 minute ago⁩" in answer.text


async def test_latest_in_arabic_counts_ages_in_arabic_plurals(room: Newsroom) -> None:
    await room.publish(draft("افتتاح الحوض الجديد", "اقتصاد", ARABIC))
    room.clock.advance(hours=2)
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, "/latest")
    assert titles(answer.text) == ["1. افتتاح الحوض الجديد"]
    assert "⁨قبل ساعتين⁩" in answer.text
    assert answer.text.startswith("آخر الأخبار")


@pytest.mark.parametrize("typed", ["/latest 2", "/latest ٢", "/latest ۲"])
async def test_latest_takes_a_number_in_any_digits(room: Newsroom, typed: str) -> None:
    await room.publish(*[draft(f"Story {number}") for number in range(4)])
    chat, _ = room.reader()
    assert titles((await room.ask(chat, typed)).text) == ["1. Story 3", "2. Story 2"]


@pytest.mark.parametrize("typed", ["/latest 5 trade", "/latest trade 5", "/latest TRADE", "/latest@newsbot Trade"])
async def test_latest_takes_a_category_before_or_after_the_number(room: Newsroom, typed: str) -> None:
    await room.publish(draft("Of money"), draft("Of ships", "Trade"))
    chat, _ = room.reader()
    assert titles((await room.ask(chat, typed)).text) == ["1. Of ships"]


@pytest.mark.parametrize(
    "typed", ["/latest 0", "/latest -3", "/latest 99999", "/latest 99999999999999", "/latest 0007"]
)
async def test_an_odd_number_of_headlines_is_brought_within_bounds(room: Newsroom, typed: str) -> None:
    await room.publish(draft("Only one"))
    chat, _ = room.reader()
    assert titles((await room.ask(chat, typed)).text) == ["1. Only one"]


async def test_nothing_stored_is_said_in_words(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "no news yet" in (await room.ask(chat, "/latest")).text
    for command in ("/category", "/categories"):
        assert "no news yet" in (await room.ask(chat, command)).text


async def test_pages_go_on_where_the_last_one_ended_though_news_came_meanwhile(room: Newsroom) -> None:
    await room.publish(*[draft(f"Story {number}") for number in range(5)])
    chat, _ = room.reader()
    await room.ask(chat, "/latest 2")
    await room.publish(draft("Just in"))
    second = await room.press(chat, "Older »")
    assert titles(second.text) == ["3. Story 2", "4. Story 1"]
    third = await room.press(chat, "Older »")
    assert titles(third.text) == ["5. Story 0"]
    assert "Older »" not in third.buttons
    back = await room.press(chat, "« Newer")
    assert titles(back.text) == ["3. Story 2", "4. Story 1"]
    first = await room.press(chat, "« Newer")
    assert titles(first.text) == ["1. Story 4", "2. Story 3"]
    newest = await room.press(chat, "« Newer")
    assert titles(newest.text) == ["1. Just in", "2. Story 4"]
    assert "« Newer" not in newest.buttons
    assert len(chat.messages) == 1  # all of it in one message


async def test_a_number_under_the_list_opens_the_summary_and_goes_back(room: Newsroom) -> None:
    await room.publish(draft("Basin to be deepened"), draft("Other"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    opened = await room.press(chat, "2")
    assert opened.text.startswith("Basin to be deepened")
    back = await room.press(chat, "↩ Back to the list")
    assert titles(back.text) == ["1. Other", "2. Basin to be deepened"]


async def test_category_chips_below_the_newest_open_their_headlines(room: Newsroom) -> None:
    await room.publish(draft("Of money"), draft("Of ships", "Trade"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    shown = await room.press(chat, "Trade")
    assert shown.text.startswith("Trade")
    assert titles(shown.text) == ["1. Of ships"]


async def test_a_list_in_arabic_keeps_its_side_though_a_headline_is_english(room: Newsroom) -> None:
    await room.publish(draft("Harbour opens"))
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, "/latest")
    assert "\u200f1. \u2068Harbour opens\u2069" in answer.text
    assert "\u200f\u2068Economy\u2069" in answer.text


async def test_a_hostile_headline_is_text(room: Newsroom) -> None:
    await room.publish(draft('<b>&lt;script&gt; & "quotes"</b> </i>\u202e'))
    chat, _ = room.reader()
    assert '<b>&lt;script&gt; & "quotes"</b> </i>' in (await room.ask(chat, "/latest")).text
    assert (await room.ask(chat, "/summary 1")).text.startswith("<b>&lt;script&gt;")


async def test_thirty_long_headlines_fit_into_one_message(room: Newsroom) -> None:
    await room.publish(*[draft(f"{number} " + "very long headline 🚢 " * 30) for number in range(31)])
    chat, _ = room.reader()
    answer = await room.ask(chat, "/latest 30")
    assert len(answer.text.encode("utf-16-le")) // 2 <= 4096
    assert "Older »" in answer.buttons


# /category and /categories


async def test_category_without_a_name_is_the_picker_with_counts(room: Newsroom) -> None:
    await room.publish(draft("a"), draft("b"), draft("c", "Trade"))
    chat, _ = room.reader()
    picker = await room.ask(chat, "/category")
    assert picker.buttons == ["Economy (2)", "Trade (1)"]
    shown = await room.press(chat, "Economy (2)")
    assert titles(shown.text) == ["1. b", "2. a"]


@pytest.mark.parametrize("typed", ["الخليج والعالم", "الخليج و العالم", "الْخَليج والعالم", "الخليج", "خليج والعالم"])
async def test_a_category_is_found_however_it_is_written(room: Newsroom, typed: str) -> None:
    await room.publish(draft("قمة في العاصمة", "الخليج والعالم", ARABIC), draft("مباراة", "رياضة", ARABIC))
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, f"/category {typed}")
    assert titles(answer.text) == ["1. قمة في العاصمة"]


@pytest.mark.parametrize("command", ["/category", "/latest 5"])
async def test_a_misspelt_category_opens_the_only_near_one_and_says_so(room: Newsroom, command: str) -> None:
    await room.publish(draft("a", "Economy"), draft("b", "Sports"))
    chat, _ = room.reader()
    answer = await room.ask(chat, f"{command} Econmy")
    assert answer.text.startswith('There is no category called "⁨Econmy⁩". This is the nearest:\n\nEconomy (1)\n')
    assert titles(answer.text) == ["1. a"]


async def test_a_misspelt_category_that_is_near_several_offers_them(room: Newsroom) -> None:
    await room.publish(draft("a", "Economy"), draft("b", "Ecology"))
    chat, _ = room.reader()
    answer = await room.ask(chat, "/category Econogy")
    assert answer.text.startswith('There is no category called "⁨Econogy⁩".')
    assert sorted(answer.buttons) == ["Ecology", "Economy"]


async def test_a_category_that_is_like_none_leads_to_all_of_them(room: Newsroom) -> None:
    await room.publish(draft("a", "Economy"))
    chat, _ = room.reader()
    assert "There is no category" in (await room.ask(chat, "/category zzzz")).text
    assert (await room.press(chat, "📂 Choose a category")).buttons == ["Economy (1)"]
    assert "There is no category" in (await room.ask(chat, "/subscribe zzzz")).text
    assert "▫️ Economy" in (await room.press(chat, "📂 Choose a category")).buttons


async def test_names_that_run_the_other_way_begin_where_their_reader_begins(room: Newsroom) -> None:
    """A line is aligned by its first letter, or by the mark that stands before it."""
    await room.publish(draft("خبر", "Economy", ARABIC), draft("خبر آخر", "اقتصاد", ARABIC))
    for language, heading in (("ar", "\u200f⁨Economy⁩ (1)\n"), ("en", "Economy (1)\n")):
        chat, _ = room.reader(language)
        assert (await room.ask(chat, "/category Economy")).text.startswith(heading)
    arabic, _ = room.reader("ar")
    assert (await room.ask(arabic, "/category اقتصاد")).text.startswith("اقتصاد (1)\n")
    assert (await room.ask(arabic, "/help")).text.startswith("\u200f⁨Newsbot⁩\n")


async def test_a_beginning_that_fits_several_asks_which(room: Newsroom) -> None:
    await room.publish(draft("a", "World news"), draft("b", "World cup"), draft("c", "Sports"))
    chat, _ = room.reader()
    answer = await room.ask(chat, "/category world")
    assert sorted(answer.buttons) == ["World cup", "World news"]


async def test_categories_are_counted_with_arabic_plural_forms(room: Newsroom) -> None:
    await room.publish(*[draft(f"خبر {n}", "اقتصاد", ARABIC) for n in range(3)], draft("x", "رياضة", ARABIC))
    await room.publish(draft("y1", "صحة", ARABIC), draft("y2", "صحة", ARABIC))
    chat, _ = room.reader("ar")
    text = (await room.ask(chat, "/categories")).text
    assert "⁨اقتصاد⁩ — 3 أخبار" in text
    assert "⁨صحة⁩ — خبران" in text
    assert "⁨رياضة⁩ — خبر واحد" in text


async def test_many_categories_are_turned_like_pages(room: Newsroom) -> None:
    await room.publish(*[draft(f"t{n}", f"Section {n:02}") for n in range(20)])
    chat, _ = room.reader()
    first = (await room.ask(chat, "/category")).buttons
    assert first[-1] == "More »"
    assert len(first) == 8
    second = (await room.press(chat, "More »")).buttons
    assert len(second) == 8
    assert set(first) & set(second) == {"More »"}
    third = (await room.press(chat, "More »")).buttons
    assert len(third) == 7 + 1
    await room.press(chat, "« Back")
    assert (await room.press(chat, "« Back")).buttons == first


# /summary


async def test_summary_of_a_short_article_tells_title_category_date_and_the_whole_text(room: Newsroom) -> None:
    await room.publish(draft("Basin to be deepened"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    answer = await room.ask(chat, "/summary 1")
    assert answer.text.startswith("Basin to be deepened\n\n\u200e⁨Economy⁩ · ⁨Harbour News⁩ · ⁨1 March 2026, 12:00⁩\n\n")
    assert answer.text.endswith(f"⁩\n\n{PARAGRAPHS}")


@pytest.mark.parametrize("typed", ["/summary ٢", "/summary 2", "/summary@newsbot 2", "/summary   2 "])
async def test_summary_means_the_position_in_the_last_list(room: Newsroom, typed: str) -> None:
    await room.publish(draft("First"), draft("Second"), draft("Third", "Trade"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    await room.ask(chat, "/category economy")
    await room.publish(draft("Too late"))
    assert (await room.ask(chat, typed)).text.startswith("First")


async def test_summary_reaches_into_pages_that_were_turned(room: Newsroom) -> None:
    await room.publish(*[draft(f"Story {number}") for number in range(5)])
    chat, _ = room.reader()
    await room.ask(chat, "/latest 2")
    await room.press(chat, "Older »")
    assert (await room.ask(chat, "/summary 4")).text.startswith("Story 1")
    assert (await room.ask(chat, "/summary 1")).text.startswith("Story 4")


async def test_the_last_list_outlives_a_restart(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock) as room:
        await room.publish(draft("First"), draft("Second"))
        chat, _ = room.reader()
        await room.ask(chat, "/latest")
        number = chat.id
    async with newsroom(storage, clock) as room:
        await room.publish(draft("Third"))
        chat = room.sim.private(room.sim.person("Huda", "en", number))
        assert (await room.ask(chat, "/summary 2")).text.startswith("First")


async def test_summary_without_a_list_means_the_newest(room: Newsroom) -> None:
    await room.publish(draft("First"), draft("Second"))
    chat, _ = room.reader()
    assert (await room.ask(chat, "/summary 1")).text.startswith("Second")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/summary", "Which article?"),
        ("/summary two", "Which article?"),
        ("/summary -1", "Which article?"),
        ("/summary 99", "no article 99 in the last list"),
        ("/summary 0", "no article 0 in the last list"),
        ("/summary 99999999999999999999", "Which article?"),
    ],
)
async def test_a_wrong_number_is_told_with_what_would_be_right(room: Newsroom, typed: str, told: str) -> None:
    await room.publish(draft("First"))
    chat, _ = room.reader()
    await room.ask(chat, "/latest")
    assert told in (await room.ask(chat, typed)).text


async def test_summary_in_reply_to_an_alert_is_of_that_article(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    room.clock.advance(seconds=1)
    await room.publish(draft("Alerted"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: len(chat.messages) == 2)
    answer = await room.ask(chat, "/summary", reply_to=chat.last.id)
    assert answer.text.startswith("Alerted")
    assert answer.text.endswith(PARAGRAPHS)


async def test_an_alert_opens_into_its_text_and_closes_again(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    room.clock.advance(seconds=1)
    await room.publish(draft("Alerted"), lane=Lane.ALERT)
    async with room.sending():
        await room.sim.until(lambda: len(chat.messages) == 2)
    alert = chat.last.text
    opened = await room.press(chat, "📖 Read")
    assert opened.text.endswith(PARAGRAPHS)
    assert all(opened.text.count(sentence) == 1 for sentence in PARAGRAPHS.split("\n\n"))
    assert (await room.press(chat, "▲ Less")).text == alert


async def test_a_day_without_a_time_is_shown_as_that_day(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    await stored(room.storage, new_article(published_on=date(2022, 1, 19), lane=None), now=room.clock())
    answer = await room.ask(chat, "/summary 1")
    assert "⁨19 يناير 2022⁩" in answer.text
    assert "00:00" not in answer.text


# /start, /help and what is none of ours


@pytest.mark.parametrize(
    ("language", "greeting"),
    [("ar", "أهلًا بك في"), ("en", "Welcome to"), ("fr", "Bienvenue sur"), ("it", "Welcome to")],
)
async def test_start_greets_in_the_readers_language_and_subscribes_to_nothing(
    room: Newsroom, language: str, greeting: str
) -> None:
    await room.publish(draft("a", "Trade"))
    chat, _ = room.reader(language)
    answer = await room.ask(chat, "/start")
    assert answer.text.startswith(greeting)
    assert any("Trade" in button for button in answer.buttons)
    ours = await room.storage.chats.get(chat.id)
    assert ours
    assert (await room.storage.chats.subscription(ours.id)).nothing


async def test_deep_links_open_a_category_or_an_article(room: Newsroom) -> None:
    (article,) = await room.publish(draft("Linked", "Trade"))
    chat, _ = room.reader()
    assert (await room.ask(chat, f"/start art_{article}")).text.startswith("Linked")
    category = await room.storage.categories.find("trade")
    assert category
    assert titles((await room.ask(chat, f"/start cat_{category.id}")).text) == ["1. Linked"]


@pytest.mark.parametrize("payload", ["art_999", "cat_999", "art_", "cat_x", "nonsense", "art_99999999999999999999"])
async def test_a_deep_link_to_nothing_is_a_greeting(room: Newsroom, payload: str) -> None:
    chat, _ = room.reader()
    assert "Welcome" in (await room.ask(chat, f"/start {payload}")).text


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_help_names_every_command(room: Newsroom, language: str) -> None:
    chat, _ = room.reader(language)
    text = (await room.ask(chat, "/help")).text
    assert all(f"/{name}" in text for name in COMMANDS)
    assert text.count("\u2068/latest\u2069") == (language == "ar")  # or its slash would stand at its other end


async def test_an_unknown_command_is_told_and_another_bots_is_not_ours(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "/help" in (await room.ask(chat, "/nonsense")).text
    await room.quiet(chat, "/latest@other_bot")


async def test_the_menu_is_registered_in_each_language(room: Newsroom) -> None:
    await conversation.publish_command_menus(room.bot, room.config)
    chat, person = room.reader("ar")
    arabic = room.sim.menu(chat, person)
    assert [one["command"] for one in arabic] == [name for name in COMMANDS if name != "start"]
    assert arabic[0]["description"] == "أحدث العناوين"
    assert room.sim.menu(*room.reader("fr"))[0]["description"] == "les derniers titres"
    assert room.sim.menu(*room.reader("it"))[0]["description"] == "the newest headlines"


# Digests


async def test_a_digest_that_was_left_for_one_of_its_articles_is_the_same_on_the_way_back(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/subscribe")
    ours = await room.storage.chats.get(chat.id)
    assert ours
    hourly = Timetable(Rhythm.HOURLY)
    due = room.clock() + timedelta(minutes=30)
    await room.storage.chats.set_timetable(ours.id, hourly, digest_at=due, now=room.clock())
    room.clock.advance(seconds=1)
    _, ferry, _ = await room.publish(draft("Basin"), draft("Ferry"), draft("Pilot"), lane=Lane.ALERT)
    room.clock.time = due
    async with room.sending():
        await room.sim.until(lambda: "The last hour" in chat.last.text)
    assert titles(chat.last.text)[1:] == ["1. Pilot", "2. Ferry", "3. Basin"]
    await room.press(chat, "3")
    # Meanwhile the reader ends the subscription, and the second one is withdrawn.
    await room.storage.chats.unsubscribe_from_everything(ours.id, now=room.clock())
    await room.storage.articles.retract(ferry, now=room.clock())
    back = await room.press(chat, "↩ Back to the list")
    assert titles(back.text) == ["2 articles · ⁨1 March 2026⁩", "1. Pilot", "3. Basin"]
    assert "🚫 1 article was withdrawn." in back.text
    assert (await room.ask(chat, "/summary 3")).text.startswith("Basin")
    assert (await room.ask(chat, "/summary 2")).text.startswith("Ferry\n\n🚫 Withdrawn by the editors.")


async def test_a_command_in_arabic_letters_is_no_search(room: Newsroom) -> None:
    chat, _ = room.reader("ar")
    assert "لا أعرف هذا الأمر" in (await room.ask(chat, "/ملخص 2")).text
