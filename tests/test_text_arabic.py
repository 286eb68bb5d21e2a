"""Arabic as readers type it: letters and words that must meet, in memory and in a real full-text index."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.arabic import SHORTEST_STEM, fold, stem
from bot.text.search import MOST_WORDS, index_form, match_query


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("أكّد", "اكد"),  # hamza on alef, shadda
        ("إعلان", "اعلان"),
        ("آثار", "اثار"),
        ("ٱلكتاب", "الكتاب"),  # alef wasla
        ("مؤتمر", "موتمر"),
        ("شؤون", "شوون"),
        ("رئيس", "رييس"),
        ("شيء", "شي"),
        ("علاقة", "علاقه"),  # ta marbuta
        ("مستشفى", "مستشفي"),  # alef maqsura
        ("العَرَبِيَّةُ", "العربية"),  # vowels
        ("هٰذا", "هذا"),  # dagger alef
        ("الـــعـــالم", "العالم"),  # tatweel
        ("٢٠٢٦", "2026"),  # Arabic-Indic digits
        ("۲۰۲۶", "2026"),  # Persian digits
        ("کیهان", "كيهان"),  # Persian kaf and yeh
        ("گاز", "كاز"),
        ("پاريس", "باريس"),
        ("ڤيينا", "فيينا"),
        ("چاي", "جاي"),
        ("ﻻجئ", "لاجي"),  # presentation forms
        ("عالم\u200cنما", "عالمنما"),  # zero-width joiners and marks
        ("\u200fخبر\u200e", "خبر"),
        ("  خبر\u00a0 \n عاجل ", "خبر عاجل"),
        ("Café ÉCOLE", "cafe ecole"),
        ("STRASSE", "straße"),
        ("ﬁnance", "finance"),
    ],
)
def test_forms_of_one_letter_are_one_letter(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)


@pytest.mark.parametrize(
    ("one", "other"), [("قلب", "كلب"), ("سيف", "صيف"), ("حرب", "هرب"), ("ذرة", "زرة"), ("й", "и")]
)
def test_letters_that_differ_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


ARABIC_TEXT = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإؤئىةـًٌَُِّْ", max_size=12)


@given(ARABIC_TEXT)
def test_folded_arabic_has_no_marks_and_no_second_forms(text: str) -> None:
    assert not set(fold(text)) & set("ءآأإؤئىةـًٌَُِّْ")


@pytest.mark.parametrize(
    "family",
    [
        ("العلاقة", "علاقة", "العلاقات", "علاقات", "والعلاقات", "بالعلاقة", "للعلاقات"),
        ("الاتفاقية", "اتفاقيات", "الاتفاقيات", "اتفاقية"),
        ("المسؤولون", "مسؤولين", "المسؤولين", "مسؤول"),
        ("الوزارة", "وزارة", "والوزارة", "وزارات"),
        ("مدرسة", "المدرسة", "والمدرسة"),
        ("الجديد", "جديد", "وجديد", "الجديدة", "جديدة"),
    ],
    ids=lambda family: family[0],
)
def test_forms_of_one_word_meet(family: tuple[str, ...]) -> None:
    assert len({stem(fold(word)) for word in family}) == 1


@pytest.mark.parametrize("name", ["بوتين", "لندن", "فرنسا", "قطر", "وطن", "ولد", "لبن", "بلد", "كلب"])
def test_names_and_short_words_keep_their_letters(name: str) -> None:
    kept = stem(fold(name))
    assert kept == fold(name) or (name, kept) == ("بوتين", "بوت")


@given(ARABIC_TEXT)
def test_no_stem_gets_shorter_than_three_letters(text: str) -> None:
    word = fold(text).replace(" ", "")
    assert len(stem(word)) >= min(len(word), SHORTEST_STEM)


# The index


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'unicode61')")
        yield connection
    connection.close()


def put(index: sqlite3.Connection, text: str, language: str) -> None:
    index.execute("INSERT INTO words (body) VALUES (?)", (index_form(text, language),))


def finds(index: sqlite3.Connection, typed: str, *, any_word: bool = False) -> bool:
    query = match_query(typed, any_word=any_word)
    return bool(query) and bool(index.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall())


@pytest.mark.parametrize(
    ("text", "language", "typed"),
    [
        ("أكّد الرئيسُ أنّ العلاقات متينة", "ar", "اكد رئيس علاقه"),
        ("أكّد الرئيسُ أنّ العلاقات متينة", "ar", "العلاقة"),
        ("وُقّعت الاتفاقيات في بيروت", "ar", "اتفاقية"),
        ("Ministers agreed on new fisheries", "en", "minister fishery agreeing"),
        ("Les élections présidentielles", "fr", "election presidentielle"),
        ("Новости о выборах", "ru", "выборы"),
        ("رئيس شركة Microsoft يزور قطر", "ar", "microsoft"),
        ("東京で会議が開かれた", "ja", "会議"),
        ("سعر النفط 75.40 دولار", "ar", "٧٥"),
    ],
)
def test_what_was_written_is_found_as_it_is_typed(
    index: sqlite3.Connection, text: str, language: str, typed: str
) -> None:
    put(index, text, language)
    assert finds(index, typed)


def test_all_words_must_be_there_unless_any_will_do(index: sqlite3.Connection) -> None:
    put(index, "The ferry sails at noon", "en")
    assert not finds(index, "ferry train")
    assert finds(index, "ferry train", any_word=True)


@given(st.text(max_size=60))
def test_no_query_is_a_syntax_error(typed: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (body)")
        for any_word in (False, True):
            finds(connection, typed, any_word=any_word)
    connection.close()


@pytest.mark.parametrize(
    "typed", ['"', "a AND", "NOT b", "NEAR(a b)", "col:x", "a*", "^a", "(", "-a", "🚢", "a\x00b"]
)
def test_operators_are_words_like_others(index: sqlite3.Connection, typed: str) -> None:
    put(index, "nothing of the kind", "en")
    assert not finds(index, typed)


def test_a_pasted_paragraph_is_cut_to_a_dozen_words() -> None:
    assert match_query(" ".join(f"w{n}" for n in range(100))).count(" AND ") == MOST_WORDS - 1
