"""/search: what is found, how a query is narrowed and corrected, and what is said where nothing is found."""

import pytest

from bot.ingest.draft import Draft
from tests.makers import category
from tests.newsroom import Newsroom
from tests.test_chat_commands import ARABIC, PARAGRAPHS, draft, titles

# /search


@pytest.mark.parametrize("typed", ["تعميق الحوض", "الحَوْضُ", "حوض", "أحواض تعميق"])
async def test_search_reads_arabic_as_people_write_it(room: Newsroom, typed: str) -> None:
    await room.publish(draft("قرار في المرفأ", "اقتصاد", ARABIC), draft("Nothing of it"))
    chat, _ = room.reader("ar")
    answer = await room.ask(chat, f"/search {typed}")
    assert "قرار في المرفأ" in answer.text
    assert "Nothing of it" not in answer.text


async def test_words_alone_are_searched_for_in_a_private_chat(room: Newsroom) -> None:
    await room.publish(draft("Basin to be deepened"))
    chat, _ = room.reader()
    answer = await room.ask(chat, "mussel banks")
    assert titles(answer.text) == ["1. Basin to be deepened"]
    assert (await room.ask(chat, "/summary 1")).text.startswith("Basin")


async def test_search_pages_and_its_numbers_go_on(room: Newsroom) -> None:
    await room.publish(*[draft(f"Basin {number}") for number in range(12)])
    chat, _ = room.reader()
    first = (await room.ask(chat, "/search basin")).text
    second = (await room.press(chat, "Older »")).text
    assert len(titles(first)) == 5
    assert [line.split(".")[0] for line in titles(second)] == ["6", "7", "8", "9", "10"]
    assert (await room.press(chat, "« Newer")).text == first
    await room.press(chat, "Older »")
    assert titles((await room.press(chat, "Older »")).text)[-1].startswith("12. ")
    assert (await room.press(chat, "\u200e🔝 11–12")).text == first


@pytest.mark.parametrize("typed", ['"', "AND OR NOT", "a* NEAR(b", "🚢", "-", "title:x", "';--"])
async def test_no_search_is_an_error(room: Newsroom, typed: str) -> None:
    await room.publish(draft("Basin"))
    chat, _ = room.reader()
    answer = await room.ask(chat, f"/search {typed}")
    assert answer.text.startswith(("No results for", "Results for", "Please type a word"))


@pytest.mark.parametrize(
    "typed", ["/search -", '/search ""', "/search -sport", "/search category:", "🚢", "//", "؟!"]
)
async def test_a_search_for_no_word_says_what_can_be_searched_for(room: Newsroom, typed: str) -> None:
    await room.publish(draft("Basin"))
    chat, _ = room.reader()
    answer = await room.ask(chat, typed)
    said, how = answer.text.split("\n\n")
    assert said == "Please type a word to search for."
    assert how.startswith("Put a phrase in quotes")


async def test_a_long_search_is_cut_between_words_and_said_shortly(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.publish(draft("Zep"))
    assert 'zeppelin zeppelin…⁩". Try fewer' in (await room.ask(chat, "zeppelin " * 400)).text
    found = (await room.ask(chat, "basin zep " * 100)).text
    assert titles(found) == ["1. Zep"]
    assert found.splitlines()[0].endswith('basin zep…⁩" (1)')


async def test_search_without_words_says_how(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert "/search harbour council" in (await room.ask(chat, "/search")).text


async def test_a_phrase_a_minus_a_category_and_a_source_narrow_a_search(room: Newsroom) -> None:
    await room.publish(
        draft("Pilot guild elected"),
        draft("Pilot guild resigns", "Trade"),
        draft("Guild of the pilots meets"),
        Draft(title="Pilot guild pays", body=PARAGRAPHS, categories=("Economy",), publisher="Coast Post"),
    )
    chat, _ = room.reader()

    async def found(typed: str) -> set[str]:
        return {line.split(". ", 1)[1] for line in titles((await room.ask(chat, f"/search {typed}")).text)}

    assert await found("«Pilot Guild» elected zeppelins -pays") == {"Pilot guild elected", "Pilot guild resigns"}
    assert await found('"pilot guild" –resigns category:economy source:"harbour news"') == {"Pilot guild elected"}
    assert await found("meets -resigns -pays -elected") == {"Guild of the pilots meets"}
    assert await found("guild مصدر:Coast_Post") == {"Pilot guild pays"}
    assert await found("فئة:Trade") == {"Pilot guild resigns"}


async def test_a_category_is_searched_under_its_alias_and_its_arabic_forms(room: Newsroom) -> None:
    await room.publish(draft("قرار في المرفأ", "الخليج والعالم", ARABIC), draft("مباراة", "رياضة", ARABIC))
    await room.storage.categories.set_alias(category("Gulf"), category("الخليج والعالم"))
    chat, _ = room.reader("ar")
    for typed in ("فئة:«الْخَليج والعالم»", "قسم:الخليج", "category:gulf"):
        assert titles((await room.ask(chat, f"/search الحوض {typed}")).text) == ["1. قرار في المرفأ"]


@pytest.mark.parametrize(
    ("typed", "told", "offered"),
    [
        ("basin category:econmy", 'There is no category called "⁨econmy⁩".', ["Economy"]),
        ("basin source:harbor", 'There is no source called "⁨harbor⁩".', ["Harbour News"]),
        ("basin source:xyz", 'There is no source called "⁨xyz⁩".', []),
    ],
)
async def test_an_unknown_category_or_source_offers_the_search_with_the_nearest(
    room: Newsroom, typed: str, told: str, offered: list[str]
) -> None:
    await room.publish(draft("Basin"))
    chat, _ = room.reader()
    answer = await room.ask(chat, f"/search {typed}")
    assert told in answer.text
    assert answer.buttons == offered
    for button in offered:
        assert titles((await room.press(chat, button)).text) == ["1. Basin"]


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("en", "mussle banks", 'No results for "⁨mussle banks⁩". Showing results for "⁨mussel banks⁩".'),
        ("en", "harbor", 'No results for "⁨harbor⁩". Showing results for "⁨harbour⁩".'),
        ("ar", "تعمبق الحوض", "لا نتائج لـ«⁨تعمبق الحوض⁩»، وهذه نتائج «⁨تعميق الحوض⁩»"),
    ],
)
async def test_a_typing_error_finds_what_was_meant_and_says_so(
    room: Newsroom, language: str, typed: str, said: str
) -> None:
    await room.publish(draft("Basin to be deepened"), draft("قرار في المرفأ", "اقتصاد", ARABIC))
    chat, _ = room.reader(language)
    answer = await room.ask(chat, f"/search {typed}")
    assert said in answer.text
    assert len(titles(answer.text)) == 1


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "thansk"),  # one error away from "thank" only, which is nowhere
        ("en", "abuot"),  # one error away from "about", a function word
        ("en", "bsin"),  # fewer than five letters
        ("en", "musselbanks"),
        ("ar", "تعميقالحوض"),
        ("ar", "السلام عليكم"),
    ],
)
async def test_no_word_is_corrected_to_a_function_word_or_in_two_or_when_it_is_short(
    room: Newsroom, language: str, typed: str
) -> None:
    await room.publish(draft("More than one word about the basin"), draft("قرار في المرفأ", "اقتصاد", ARABIC))
    await room.publish(draft("نداء السالم", "اقتصاد", ARABIC + "\n\nوصل السال مساء إلى الميناء."))
    chat, _ = room.reader(language)
    answer = await room.ask(chat, f"/search {typed}")
    assert answer.text.startswith(("No results for", "لا نتائج لـ"))
    assert titles(answer.text) == []


async def test_a_correction_that_finds_only_some_of_the_words_is_offered(room: Newsroom) -> None:
    await room.publish(draft("Basin to be deepened"))
    chat, _ = room.reader()
    answer = await room.ask(chat, "/search mussle zeppelin")
    assert answer.text == 'No results for "⁨mussle zeppelin⁩". Did you mean this?'
    assert answer.buttons == ["mussel zeppelin", "📰 Latest news"]
    assert titles((await room.press(chat, "mussel zeppelin")).text) == ["1. Basin to be deepened"]


async def test_pages_after_a_typing_error_are_of_what_was_meant(room: Newsroom) -> None:
    await room.publish(*[draft(f"Basin {number}") for number in range(12)])
    chat, _ = room.reader()
    first = titles((await room.ask(chat, "/search bassin")).text)
    second = titles((await room.press(chat, "Older »")).text)
    second += titles((await room.press(chat, "Older »")).text)
    assert len(second) == 7
    assert {line.split(". ")[1] for line in first + second} == {f"Basin {number}" for number in range(12)}


async def test_a_word_without_a_neighbour_is_not_found(room: Newsroom) -> None:
    await room.publish(draft("Basin"))
    chat, _ = room.reader()
    assert 'No results for "⁨zeppelin⁩"' in (await room.ask(chat, "/search zeppelin")).text


async def test_what_comes_in_between_two_pages_of_a_search_moves_neither(room: Newsroom) -> None:
    await room.publish(*[draft(f"Basin {number}") for number in range(12)])
    chat, _ = room.reader()
    first = titles((await room.ask(chat, "/search basin")).text)
    await room.publish(draft("Basin basin basin"))
    second = titles((await room.press(chat, "Older »")).text)
    assert len({line.split(". ")[1] for line in first + second} - {"Basin basin basin"}) == 10
    assert titles((await room.press(chat, "« Newer")).text) == first


@pytest.mark.parametrize(("language", "example"), [("en", "-sport category:economy"), ("ar", "/search قسم:اقتصاد")])
async def test_how_a_search_is_narrowed_is_shown_by_an_example(room: Newsroom, language: str, example: str) -> None:
    chat, _ = room.reader(language)
    for typed in ("/search", "/help"):
        assert example in (await room.ask(chat, typed)).text
