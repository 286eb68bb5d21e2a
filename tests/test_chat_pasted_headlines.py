"""What a reader finds with quotes and colons: with a headline from elsewhere, and with a phrase meant exactly."""

from collections.abc import AsyncIterator

import pytest

from bot.ingest.draft import Draft
from storage import Storage
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom

STRIKE = "The fishermen of the island struck on Monday. Their speaker spoke of a day that was dark for all harbours."
ARABIC = "أضرب صيادو الجزيرة يوم الاثنين. وتحدث ناطق باسمهم عن يوم كان أسود على الموانئ كلها."


def draft(title: str, body: str, category: str = "Economy") -> Draft:
    return Draft(title=title, body=body, categories=(category,), publisher="Harbour News")


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock) as opened:
        await opened.publish(
            draft("Strike on the island", STRIKE),
            draft("إضراب في الجزيرة", ARABIC, "اقتصاد"),
            draft("Council meets", "The harbour council met. A dark day, said the mayor of another thing."),
        )
        yield opened


def titles(text: str) -> list[str]:
    return [line.split(". ", 1)[1] for line in text.split("\n") if line[:1].isdigit()]


@pytest.mark.parametrize(
    ("language", "typed", "said", "title"),
    [
        (
            "en",
            'Fishermen: "dark harbours"',
            "No exact match for \"⁨Fishermen: 'dark harbours'⁩\". Showing results for the words without the quotes.",
            "Strike on the island",
        ),
        (
            "ar",
            "ناطق: «إضراب الموانئ»",
            "لا نتائج تطابق «⁨ناطق: ‹إضراب الموانئ›⁩» حرفيًا، وهذه نتائج كلماتها من دون علامات التنصيص",
            "إضراب في الجزيرة",
        ),
    ],
)
async def test_a_phrase_that_stands_nowhere_is_searched_as_words_and_the_answer_says_so(
    room: Newsroom, language: str, typed: str, said: str, title: str
) -> None:
    chat, _ = room.reader(language)
    answer = (await room.ask(chat, f"/search {typed}")).text
    assert said in answer
    assert titles(answer)[0] == title


async def test_a_headline_finds_its_article_though_another_has_the_phrase(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = (await room.ask(chat, 'Fishermen of island strike, speaker sees a "dark day"')).text
    assert "without the quotes" in answer
    assert titles(answer)[0] == "Strike on the island"


async def test_a_phrase_that_stands_somewhere_stays_required_beside_few_words(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = (await room.ask(chat, '/search "dark day" fishermen')).text
    assert answer.startswith("Results for \"⁨'dark day' fishermen⁩\"")
    assert titles(answer) == ["Council meets"]


async def test_a_phrase_whose_articles_are_muted_is_not_searched_as_words(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/mute Economy")
    answer = await room.ask(chat, '/search "dark day"')
    assert answer.text == 'No results for "⁨dark day⁩".\n\n1 article is hidden by your mutes.'


async def test_pages_of_a_search_without_quotes_go_on_without_them(room: Newsroom) -> None:
    await room.publish(*[draft(f"Basin {number}", "The basin is deep.") for number in range(9)])
    chat, _ = room.reader()
    first = titles((await room.ask(chat, '/search "deep basin"')).text)
    second = titles((await room.press(chat, "Older »")).text)
    assert sorted(first + second) == sorted(f"Basin {number}" for number in range(9))


async def test_a_misspelt_word_in_a_phrase_is_corrected(room: Newsroom) -> None:
    chat, _ = room.reader()
    answer = (await room.ask(chat, '/search "harbuor cuoncil"')).text
    assert 'Showing results for "⁨harbour council⁩".' in answer
    assert titles(answer)[0] == "Council meets"


@pytest.mark.parametrize(
    ("language", "typed", "title"),
    [
        ("en", "Source: fishermen of the island strike", "Strike on the island"),
        ("ar", "مصدر: الصيادون أضربوا يوم الاثنين", "إضراب في الجزيرة"),
        # «اقتصاد» is similar to the word behind the colon.
        ("ar", "قسم: الصيادون أضربوا يوم الاثنين", "إضراب في الجزيرة"),
    ],
)
async def test_a_colon_after_a_word_of_a_headline_narrows_nothing(
    room: Newsroom, language: str, typed: str, title: str
) -> None:
    chat, _ = room.reader(language)
    answer = (await room.ask(chat, typed)).text
    assert typed in answer
    assert titles(answer)[0] == title


async def test_a_label_with_a_space_narrows_if_the_name_is_known_and_offers_a_similar_one(room: Newsroom) -> None:
    chat, _ = room.reader()
    assert titles((await room.ask(chat, "/search source: Harbour_News council")).text) == ["Council meets"]
    assert titles((await room.ask(chat, "/search category: Economy council")).text) == ["Council meets"]
    answer = await room.ask(chat, "/search category: Econmy council")
    assert answer.text.startswith('There is no category called "⁨Econmy⁩".')
    assert answer.buttons == ["Economy"]


async def test_a_headline_with_a_colon_is_followed_by_its_words(room: Newsroom) -> None:
    chat, _ = room.reader()
    await room.ask(chat, "/follow source: fishermen strike")
    assert "source fishermen strike" in (await room.ask(chat, "/following")).text
