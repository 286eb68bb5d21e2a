"""Words as the full-text index keeps them, and queries as readers type them, in the table that storage has."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.text.search import MOST_WORDS, index_form, match_query
from storage import Storage
from storage.records import SearchText
from tests.makers import new_article, stored


def opened() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (body, tokenize = 'unicode61 remove_diacritics 0')")
    return connection


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    with closing(opened()) as connection:
        yield connection


def put(index: sqlite3.Connection, text: str, language: str) -> None:
    index.execute("INSERT INTO words (body) VALUES (?)", (index_form(text, language),))


def finds(index: sqlite3.Connection, typed: str, *, any_word: bool = False) -> bool:
    query = match_query(typed, any_word=any_word)
    return bool(query) and bool(index.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall())


# What is found


@pytest.mark.parametrize(
    ("text", "language", "typed"),
    [
        ("أكّد الرئيسُ أنّ العلاقات متينة", "ar", "اكد رئيس علاقه"),
        ("أكّد الرئيسُ أنّ العلاقات متينة", "ar", "العلاقة"),
        ("اكد رييس الشركة", "ar", "أَكَّدَ الرَّئِيسُ"),  # the reader is the careful one
        ("وُقّعت الاتفاقيات في بيروت", "ar", "اتفاقية"),
        ("اتفاقية جديدة للصيد", "ar", "الاتفاقيات"),
        ("عُثر على شيء في القراءة", "ar", "شي قراءه"),
        ("الـــعـــاجـــل", "ar", "عاجل"),
        ("وزیر گفت کە خانۀ او", "fa", "وزير خانه"),
        ("سعر النفط ۷۵ دولارا", "ar", "75"),
        ("سعر النفط 75.40 دولار", "ar", "٧٥"),
        ("رئيس شركة Microsoft يزور قطر", "ar", "microsoft"),
        ("The treaty of 1990", "en", "TREATIES ١٩٩٠"),
        ("東京で会議が開かれた", "ja", "会議"),
        ("นายกรัฐมนตรีเดินทาง", "th", "เดินทาง"),
        ("Café opens", "en", "cafe"),
    ],
)
def test_what_was_written_is_found_as_it_is_typed(
    index: sqlite3.Connection, text: str, language: str, typed: str
) -> None:
    put(index, text, language)
    assert finds(index, typed)


@pytest.mark.parametrize(
    ("language", "text", "typed"),
    [
        ("en", "Ministers agreed on new fisheries", "minister fishery agreeing"),
        ("fr", "Les élections présidentielles", "election presidentielle"),
        ("de", "Die Regierungen verhandelten", "regierung verhandelt"),
        ("es", "Los trabajadores cantaban", "trabajador cantaba"),
        ("it", "Le elezioni comunali", "elezione comunale"),
        ("pt", "Os trabalhadores cantavam", "trabalhador cantava"),
        ("nl", "De verkiezingen beginnen", "verkiezing"),
        ("sv", "Fiskarna seglade", "fiskar"),
        ("ru", "Новости о выборах", "новость выборы"),
        ("tr", "Balıkçılar limanda", "limandan"),
    ],
)
def test_forms_of_a_word_meet_without_asking_the_reader_for_the_language(
    index: sqlite3.Connection, language: str, text: str, typed: str
) -> None:
    put(index, text, language)
    assert finds(index, typed)


@pytest.mark.parametrize("language", ["und", "", "xx", "zh"])
def test_words_of_a_language_without_a_stemmer_are_kept_as_they_are(language: str) -> None:
    assert index_form("Running RUNNERS", language) == "running runners"


@pytest.mark.parametrize(
    ("text", "language", "typed"),
    [
        ("سيف قديم", "ar", "صيف"),
        ("زار بوتين المرفأ", "ar", "بوت"),
        ("The universe is old", "en", "unit"),
        ("会場と議論", "ja", "会議"),  # both letters, but not one after the other
        ("Room 1990", "en", "199"),
    ],
)
def test_what_is_another_word_is_not_found(index: sqlite3.Connection, text: str, language: str, typed: str) -> None:
    put(index, text, language)
    assert not finds(index, typed)


def test_all_words_must_be_there_unless_any_will_do(index: sqlite3.Connection) -> None:
    put(index, "The ferry sails at noon", "en")
    assert not finds(index, "ferry train")
    assert finds(index, "ferry train", any_word=True)
    assert not finds(index, "tram train", any_word=True)


def test_a_pasted_paragraph_is_cut_to_a_dozen_different_words(index: sqlite3.Connection) -> None:
    assert match_query(" ".join(f"w{n}" for n in range(100))).count(" AND ") == MOST_WORDS - 1
    put(index, "ferry harbour", "en")
    assert finds(index, "ferry " * 50 + "harbour")
    assert not finds(index, "ferry " * 50 + "train")


WRITTEN = st.text(alphabet="ابتسرءآأإؤئىةويلنـَُِّْ٠٣۵ abé19-.,«»؟'\"", max_size=40)


@given(WRITTEN, st.sampled_from(["ar", "en", "fr", "ru", "und"]))
def test_every_text_is_found_by_its_own_words(text: str, language: str) -> None:
    assume(len(index_form(text, language).split()) in range(1, MOST_WORDS))
    with closing(opened()) as index:
        put(index, text, language)
        assert finds(index, text)


# What readers type


@given(st.text(max_size=60))
def test_no_query_is_a_syntax_error(typed: str) -> None:
    with closing(opened()) as index:
        for any_word in (False, True):
            finds(index, typed, any_word=any_word)


OPERATORS = st.sampled_from(['"', "AND", "OR", "NOT", "NEAR(", "NEAR/3", ")", "(", "*", "^", ":", "+", "-", "{", "}"])


@given(st.lists(OPERATORS | st.sampled_from(["ferry", "body", "خبر", "🚢", "'", ";", "\x00", "\ud800"]), max_size=12))
def test_no_heap_of_operators_is_a_syntax_error(typed: list[str]) -> None:
    with closing(opened()) as index:
        for joint in ("", " "):
            finds(index, joint.join(typed))


@pytest.mark.parametrize(
    "typed", ['"', "a AND", "NOT b", "NEAR(a b)", "body:x", "a*", "^a", "(", "-a", "🚢", "a\x00b", "kin*", "not"]
)
def test_operators_are_words_like_others(index: sqlite3.Connection, typed: str) -> None:
    put(index, "nothing of the kind", "en")
    assert not finds(index, typed)


@pytest.mark.parametrize("typed", ["and", "OR", "Not", "near", '"near"', "near/and", "(or)"])
def test_the_names_of_operators_are_found_where_they_stand(index: sqlite3.Connection, typed: str) -> None:
    put(index, "and or not near", "en")
    assert finds(index, typed)


@pytest.mark.parametrize("typed", ["", " ", "_", "🚢", "«؟»", "ـــ", "\u200f", "\u064b", '""', "***"])
def test_what_has_no_word_in_it_asks_for_nothing(typed: str) -> None:
    assert match_query(typed) == ""
    assert match_query(typed, any_word=True) == ""


# In storage


async def test_a_reader_finds_the_title_before_the_body(storage: Storage) -> None:
    def words(title: str, body: str) -> SearchText:
        return SearchText(title=index_form(title, "ar"), body=index_form(body, "ar"))

    in_body, in_title, _ = await stored(
        storage,
        new_article("body", search=words("المرفأ اليوم", "بحث الوزراء العلاقات.")),
        new_article("title", search=words("علاقات جديدة", "بحث الوزراء أمورا.")),
        new_article("none", search=words("سباق الزوارق", "فاز الفريق.")),
    )
    found = await storage.articles.search(match_query("العَلاقة"), limit=10)
    assert [headline.id for headline in found] == [in_title, in_body]
