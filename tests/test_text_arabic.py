"""Arabic as readers type it: forms of one letter are one letter, forms of one word meet in one stem."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.arabic import (
    _PLAIN_LETTERS,
    LONGEST_CACHED,
    MOST_SPELT_OUT,
    SHORTEST_STEM,
    _fold,
    is_arabic,
    normalize,
    normalized_words,
    stem,
)


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
        ("ہفتہ", "هفته"),  # Urdu's hehs
        ("ھوا", "هوا"),
        ("خانۀ", "خانه"),
        ("سے", "سي"),
        ("نوں", "نون"),
        ("ژاله", "زاله"),
        ("قِرَاءَةٌ", "قراة"),  # a hamza on the line, often left out
        ("بِسْمِ ٱللّٰهِ", "بسم الله"),
        ("لآلئ", "لالي"),
        ("ﷲ", "الله"),
        ("ß\u0301", "śs"),
        ("a\u0621\u0301", "á"),
        ("ﬁnance", "finance"),
    ],
)
def test_forms_of_one_letter_are_one_letter(written: str, typed: str) -> None:
    assert normalize(written) == normalize(typed)


@pytest.mark.parametrize(
    ("one", "other"), [("قلب", "كلب"), ("سيف", "صيف"), ("حرب", "هرب"), ("ذرة", "زرة"), ("й", "и")]
)
def test_letters_that_differ_stay_different(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@given(st.text(max_size=40))
@example("ß\u0301")
@example("a\u0621\u0301")
@example("\u0130\u0f37\u0621\u0321")  # the marks change places when the hamza between them is gone
def test_folding_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(alphabet=_PLAIN_LETTERS, max_size=12))
def test_a_plain_text_is_folded_the_short_way_to_the_same(text: str) -> None:
    assert normalize(text) == _fold(text)
    assert normalized_words(text) == re.findall(r"[^\W_]+", _fold(text))


@given(st.lists(st.text(max_size=12), max_size=6).map(" ".join))
@example("¨ \u0301x ß\u0621 \u0301")
@example("\u1100 \u1161 ﷺ ½ ﬁ\u00a0Σς\u3000\u0345")
@example(f"قال {'ق' * LONGEST_CACHED}ال أمس")
def test_a_text_is_folded_word_by_word_to_the_same(text: str) -> None:
    assert normalize(text) == _fold(text)


def test_signs_that_stand_for_words_are_counted_in_the_whole_text() -> None:
    assert normalize("ﷺ " * MOST_SPELT_OUT) == " ".join([normalize("ﷺ")] * MOST_SPELT_OUT)
    assert not normalize("ﷺ " * (MOST_SPELT_OUT + 1))


ARABIC_TEXT = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإؤئىةـًٌَُِّْ", max_size=12)


@given(ARABIC_TEXT)
def test_folded_arabic_has_no_marks_and_no_second_forms(text: str) -> None:
    assert not set(normalize(text)) & set("ءآأإؤئىةـًٌَُِّْ")


@pytest.mark.parametrize(
    "family",
    [
        ("العلاقة", "علاقة", "العلاقات", "علاقات", "والعلاقات", "بالعلاقة", "للعلاقات"),
        ("الاتفاقية", "اتفاقيات", "الاتفاقيات", "اتفاقية"),
        ("فلسطين", "فلسطيني", "الفلسطينية", "الفلسطينيين", "والفلسطينيون"),
        ("مصر", "المصري", "المصريين", "مصرية"),
        ("علاقة", "علاقاتها", "علاقاته", "علاقاتهم", "علاقاتنا"),
        ("كتاب", "كتابهم", "كتابكم", "كتابنا", "كتابهما", "الكتاب"),
        ("المدارس", "للمدارس", "وللمدارس", "مدارس"),
        ("الرئيس", "وبالرئيس", "رئيسا", "رئيس"),
        ("فرنسا", "فرنسي", "الفرنسية", "وفرنسا"),
        ("أوكرانيا", "أوكراني", "الأوكرانيين"),
        ("المسؤولون", "مسؤولين", "المسؤولين", "مسؤول"),
        ("الوزارة", "وزارة", "والوزارة", "وزارات"),
        ("مدرسة", "المدرسة", "مدرسه", "والمدرسة", "كالمدرسة", "فالمدرسة"),
        ("مهندس", "المهندسون", "مهندسين", "مهندسات", "للمهندسين"),
        ("قانون", "القانون", "قانونية", "القانونية"),
        ("الجديد", "جديد", "وجديد", "الجديدة", "جديدة"),
    ],
    ids=lambda family: family[0],
)
def test_forms_of_one_word_meet(family: tuple[str, ...]) -> None:
    assert len({stem(normalize(word)) for word in family}) == 1


@pytest.mark.parametrize(
    "name",
    [
        "بوتين",
        "حسين",
        "لندن",
        "تفاهم",
        "سليمان",
        "درهم",
        "قطر",
        "مليون",
        "وطن",
        "ولد",
        "وليد",
        "والد",
        "الاب",
        "لبن",
        "بلد",
        "كلب",
        "الى",
        "يد",
    ],
)
def test_names_and_short_words_keep_their_letters(name: str) -> None:
    assert stem(normalize(name)) == normalize(name)


@pytest.mark.parametrize(
    ("one", "other"), [("عالم", "علم"), ("كتب", "كتاب"), ("بوتين", "بوت"), ("خبراء", "خبر"), ("علماء", "علم")]
)
def test_words_of_one_root_or_one_beginning_are_not_one_word(one: str, other: str) -> None:
    assert stem(normalize(one)) != stem(normalize(other))


@pytest.mark.parametrize(
    ("word", "arabic"), [("خبر", True), ("گاز", True), ("٢٠", False), ("news", False), ("", False)]
)
def test_a_word_is_arabic_by_its_letters(word: str, arabic: bool) -> None:
    assert is_arabic(normalize(word)) is arabic


@given(ARABIC_TEXT)
def test_no_stem_gets_shorter_than_three_letters(text: str) -> None:
    word = normalize(text).replace(" ", "")
    assert len(stem(word)) >= min(len(word), SHORTEST_STEM)


def test_a_heap_of_marks_on_one_letter_is_folded_at_once() -> None:
    begun = time.process_time()
    assert len(normalize("عبّارة ب" + "\u0316\u0301" * 50_000 + " في الميناء")) < 100
    assert time.process_time() - begun < 1  # 3 ms; putting all of them in order takes 7 s, and minutes for more


@pytest.mark.parametrize("sign", ["ﷺ", "ﷺ ", "㌖ "])
def test_a_million_signs_that_are_words_by_themselves_make_no_longer_text(sign: str) -> None:
    assert normalize("ﷺ " * MOST_SPELT_OUT).count("وسلم") == MOST_SPELT_OUT
    assert len(normalize(sign * 1_000_000)) < 1_000_000
