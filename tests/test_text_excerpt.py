"""Why a search found an article: the words as the text writes them, and an excerpt around them."""

import pytest

from bot.text import excerpt as module
from bot.text.excerpt import EXCERPT, READ, Marked, excerpt, marked
from bot.text.search import understood


def words_of(found: Marked | None) -> list[str]:
    return [found.text[begin:end] for begin, end in found.places] if found else []


@pytest.mark.parametrize(
    ("typed", "language", "text", "words"),
    [
        ("ferry", "en", "Two ferries left, one Ferry stayed.", ["ferries", "Ferry"]),
        ("harbour council", "en", "The council of the harbour met.", ["council", "harbour"]),
        ('"harbour council"', "en", "The council of the harbour; the harbour council.", ["harbour", "council"]),
        ("مدرسه", "ar", "افتُتحت المَدْرَسَة، وعاد الطلاب", ["المَدْرَسَة"]),
        ("اكد", "ar", "أكّد الوزير ذلك", ["أكّد"]),
        ("مرفأ", "ar", "وصلت السفن إلى المرفأ", ["المرفأ"]),
        ("GPT-5", "en", "They tried GPT-5 and GPT-4.", ["GPT", "5", "GPT"]),
        ("東京", "ja", "昨日東京都で", ["東", "京"]),
        ("crane", "en", "Nothing of the kind.", []),
    ],
)
def test_words_are_marked_as_the_text_writes_them(typed: str, language: str, text: str, words: list[str]) -> None:
    assert words_of(marked(text, language, understood(typed).terms)) == words


BODY = (
    "The morning was calm on the coast. Nobody had expected the storm that came at noon, when the fishing boats were"
    " still out. The harbour office closed the eastern gate. Later, the council of the harbour thanked all crews."
)


def test_an_excerpt_stands_where_most_of_the_words_are() -> None:
    found = excerpt(BODY, "en", understood("council harbour").terms)
    assert found
    assert found.text.startswith("… Later, the council of the harbour")
    assert words_of(found) == ["council", "harbour"]
    assert len(found.text) <= EXCERPT + 4


def test_words_that_the_headline_has_need_no_excerpt() -> None:
    terms = understood("storm harbour").terms
    assert excerpt(BODY, "en", terms, known="Storm over the harbour") is None
    found = excerpt(BODY, "en", terms, known="A calm harbour")
    assert "storm" in words_of(found)


def test_an_excerpt_of_the_beginning_has_no_dots_before_it_and_one_of_the_end_none_behind() -> None:
    first, last = (excerpt(BODY, "en", understood(word).terms) for word in ("morning", "crews"))
    assert first
    assert last
    assert first.text.startswith("The morning")
    assert first.text.endswith(" …")
    assert last.text.endswith("all crews.")


def test_a_text_without_other_words_of_the_query_has_no_excerpt() -> None:
    assert excerpt(BODY, "en", understood("zeppelin").terms) is None
    assert excerpt("", "ar", understood("سفينة").terms) is None


def test_a_word_longer_than_an_excerpt_is_cut() -> None:
    found = excerpt("x" * 500 + " crane " + "y" * 500, "en", understood("crane").terms)
    assert found
    assert words_of(found) == ["crane"]
    assert len(found.text) <= EXCERPT + 4


def test_a_text_of_nothing_but_the_word_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0

    class Counted(module._Hit):
        def __getattribute__(self, name: str) -> object:
            nonlocal reads
            reads += 1
            return super().__getattribute__(name)

    monkeypatch.setattr(module, "_Hit", Counted)
    found = excerpt("harbour " * (READ // 8), "en", understood("harbour").terms)
    assert found is not None
    assert READ // 8 < reads < 100 * READ // 8
