"""Languages of long and short texts, directions of lines, and names near to what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import language as language_of
from bot.text.fuzzy_names import fuzzy_matches
from bot.text.language import UNKNOWN, detect, direction, first_direction, is_rtl

ARABIC = "قال الوزير إن الحكومة ستدرس القرار في الأسبوع المقبل بعد عودته من السفر"
ENGLISH = "The minister said that the government would study the decision next week"
POLISH = "Rząd nie zmienia cen na bilety, a o to prosili do tej pory na darmo i kupcy, i rybacy"
BULGARIAN = "Министърът заяви, че и в другите градове на страната не се очаква промяна в цените за хляб"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ARABIC, "ar"),
        ("عاجل", "ar"),  # one word is enough, where a script has one great language
        ("دولت اعلام کرد که این تصمیم را در هفته آینده بررسی می کند و نتیجه آن را اعلام خواهد کرد", "fa"),
        ("وزیر نے کہا کہ حکومت اگلے ہفتے اس فیصلے کا جائزہ لے گی", "ur"),
        (ENGLISH, "en"),
        ("Le ministre a dit que le gouvernement étudierait la décision dans une semaine", "fr"),
        ("Der Minister sagte, dass die Regierung die Entscheidung nicht mehr prüfen werde", "de"),
        ("El ministro dijo que el puerto no va a cerrar las puertas por la noche", "es"),
        ("O ministro disse que não vai fechar as portas do porto", "pt"),
        ("Il porto non chiude di notte, dice il ministro della marina", "it"),
        ("De haven is niet dicht, zei de minister van visserij", "nl"),
        ("Liman gece için bir daha açık olacak ve bu çok iyi", "tr"),
        ("Pelabuhan itu akan dibuka untuk kapal dari timur", "id"),
        ("Hamnen är inte stängd för båtar som har tillstånd", "sv"),
        ("Министр сказал, что правительство рассмотрит решение на следующей неделе", "ru"),
        ("Порт не закрито, і це добре для рибалок та міста", "uk"),
        ("הנמל פתוח", "he"),
        ("Το λιμάνι", "el"),
        ("東京で会議", "ja"),
        ("港口开放", "zh"),
        ("항구", "ko"),
        ("बंदरगाह फिर खुल गया", "hi"),
        ("ท่าเรือ", "th"),
    ],
)
def test_a_language_is_told_by_its_letters_and_words(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "  \n", "12345 — 67", "٢٠٢٤", "12:30", "🚢", "#2026", "@harbour", "Xyzzy plugh"]
)
def test_what_tells_nothing_is_undetermined(text: str) -> None:
    assert detect(text) == UNKNOWN


def test_a_foreign_name_or_two_does_not_change_the_language_of_a_text() -> None:
    assert detect(f"Microsoft: {ARABIC} (Reuters)") == "ar"
    assert detect(f"{ENGLISH}, وداعا") == "en"


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("ارتفاع أسعار الخبز مجدداً", "ar"),
        ("وفاة أربعة عمال بمنجم", "ar"),
        ("ڤيينا تستضيف محادثات الصيد", "ar"),  # a foreign name brings its letter
        ("الفنان يحيي حفلاً بپاريس", "ar"),
        ("الوزیر یصل إلى المرفأ القدیم", "ar"),  # typed on a Persian keyboard
        ("افزایش دوباره قیمت نان", "fa"),
        ("زلزله جنوب کشور را لرزاند", "fa"),
        ("هشدار پليس به رانندگان", "fa"),  # typed on an Arabic keyboard
        ("سونے کی قیمت میں اضافہ", "ur"),
        ("پانچ افراد جاں بحق", "ur"),
        ("په ښار کې باران وشو", "ps"),
        ("پنځه تنه وژل شوي دي", "ps"),
        ("نرخی نان بەرز دەبێتەوە", "ckb"),
        ("پێنج کەس کوژران", "ckb"),
        ("نان باھاسى ئۆرلىدى", "ug"),
        ("سون جي قيمت ۾ واڌ", "sd"),
        ("Ціни на хліб зростають", "uk"),
        ("Цены на хлеб растут", "ru"),
        ("Цените на хляба растат", "bg"),
        ("Цэны на хлеб растуць", "be"),
        ("Нан бағасы қымбаттады", "kk"),
        ("Ceny chleba znów rosną", "pl"),
        ("Ceny chleba opět rostou", "cs"),
        ("Prețul pâinii crește din nou", "ro"),
        ("Ekmek fiyatları yeniden arttı", "tr"),
        ("Brotpreise steigen wieder deutlich", "de"),
        ("Le prix du pain augmente", "fr"),
        ("Sube el precio del pan", "es"),
        ("Aumenta il prezzo del pane", "it"),
        ("Bread Prices Rise Once More", "en"),
        ("ब्रेड के दाम फिर बढ़े", "hi"),
        ("TikTok 面包价格再次上涨", "zh"),
        ("דער פּרעזידענט איז אָנגעקומען", "yi"),
    ],
)
def test_a_headline_of_a_few_words_is_enough(title: str, language: str) -> None:
    assert detect(title) == language


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("iPhone 17 يصل إلى الأسواق", "ar"),
        ("شركة Apple تطلق iPhone 17 Pro Max", "ar"),
        ("OpenAI تطلق GPT-5", "ar"),
        ("WhatsApp vs Telegram: أيهما أفضل؟", "ar"),
        ("گوشی Samsung Galaxy S25 معرفی شد", "fa"),
        ("Google Pixel 10 کی قیمت", "ur"),
        ("iPhone 16 Pro Max 发布", "zh"),
        ("Apple iPhone 17 поступил в продажу", "ru"),
        ("ynet חדשות", "he"),
        ("#غزة_الآن", "ar"),
        ("#عاجل", "ar"),
        ("#Breaking_News from the harbour council", "en"),
    ],
)
def test_names_in_latin_letters_do_not_hide_the_language_that_they_stand_in(title: str, language: str) -> None:
    assert detect(title) == language
    assert detect(title, "en-US") == language


def test_an_arabic_word_in_an_english_line_does_not_make_it_arabic() -> None:
    assert detect("The word سلام means peace in Arabic and in Persian") == "en"


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("ريال مدريد – برشلونة", "ar"),
        ("محمد صلاح", "ar"),
        ("كأس العالم 2026", "ar"),
        ("علی خامنه‌ای", "fa"),
        ("انتخابات ریاست جمهوری", "fa"),
        ("وزیراعظم کا دورہ لاہور", "ur"),
        ("عمران خان کی گرفتاری", "ur"),
        ("د افغانستان حکومت", "ps"),
        ("په کابل کې چاودنه", "ps"),
        ("سەرۆکی هەرێم", "ckb"),
        ("نرخی نەوت", "ckb"),
    ],
)
def test_names_alone_are_of_the_language_whose_letters_they_have(title: str, language: str) -> None:
    assert detect(title) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Polis berkata jambatan itu akan ditutup selama dua hari kerana kerja pembaikan, bukan kerana banjir", "ms"),
        ("Polisi mengatakan jembatan itu akan ditutup selama dua hari karena perbaikan, bukan karena banjir", "id"),
        ("Madaxweynaha ayaa sheegay in buundada la xiri doono laba maalmood oo ay ku jirto dayactir", "so"),
        ("Shugaban ya ce za a rufe gadar na kwana biyu domin gyara, kuma ba za a bude ta da dare ba", "ha"),
        ("Serikali ilisema kuwa daraja hilo litafungwa kwa siku mbili kwa ajili ya matengenezo", "sw"),
        ("ድልድል ንክልተ መዓልታት ክዕጾ እዩ ኢሉ ኣመሓዳሪ ናይ ከተማ", "ti"),
        ("ድልድዩ ለሁለት ቀናት ይዘጋል ሲሉ የከተማው ከንቲባ ተናግረዋል ነገር ግን ይህ ለጊዜው ነው", "am"),
        ("पुल दुई दिनसम्म मर्मतका लागि बन्द हुने नगरपालिकाले जनाएको छ भने मानिसहरू डुङ्गामा जानेछन्", "ne"),
        ("पुल दो दिन मरम्मत के लिए बंद रहेगा और लोग नाव से जा सकते हैं, नगर पालिका ने कहा", "hi"),
        ("Gradonačelnik je rekao da će most biti zatvoren dva tjedna tijekom kojih se mjeri visina vode", "hr"),
        ("Gradonačelnik je rekao da će most biti zatvoren dve nedelje tokom kojih se meri visina vode", "sr"),
        ("Primátor povedal, že most bude dva dni zatvorený, pretože ho opravujú, a nie je to prvýkrát", "sk"),
        ("Градоначелник је рекао да ће мост бити затворен две недеље због поправке", "sr"),
        ("Shahar hokimi koʻprik ikki kun yopiq boʻlishini aytdi, bu esa taʼmirlash uchun kerak", "uz"),
        ("O alcalde dixo que a ponte estará pechada dous días, pero non é a primeira vez que pasa", "gl"),
        ("Die burgemeester het gesê dat die brug vir twee dae gesluit sal wees en nie oopgaan nie", "af"),
    ],
)
def test_a_whole_sentence_in_a_small_language_is_not_taken_for_its_neighbour(text: str, language: str) -> None:
    assert detect(text) == language


# What the publisher declares


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Kurze Meldung", "de", "de"),
        ("Kurze Meldung", "de-AT", "de"),
        ("Kurze Meldung", " DE_de ", "de"),
        ("خبر عاجل", "fa", "fa"),
        ("هەواڵی گرنگ", "ckb", "ckb"),
        ("12345", "ar-EG", "ar"),
        ("", "en", "en"),
        (POLISH, "pl", "pl"),  # its na, do and o are Portuguese as well
        (BULGARIAN, "bg", "bg"),  # and these в, на and и Russian
        ("北京会議", "ja", "ja"),
        ("Regjeringen vedtar nytt budsjett", "nb", "no"),
        ("Shugaban kasa ya isa birnin domin taron tattalin arziki", "ha", "ha"),
        ("ዓቢ ድልድል ተዓጽዩ", "ti", "ti"),
        ("Ka kati te piriti i te pō", "mi", "mi"),  # Maori is on no list
    ],
)
def test_a_declaration_is_believed_where_nothing_speaks_against_it(text: str, declared: str, language: str) -> None:
    assert detect(text, declared) == language


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        (ARABIC, "en-US", "ar"),
        (ENGLISH, "ar", "en"),
        (ENGLISH, "de", "en"),
        (ENGLISH, "he", "en"),
        (BULGARIAN, "pl", "bg"),
        ("東京で会議", "zh", "ja"),
        ("دلار امروز چند شد؟", "ar", "fa"),
        ("لاہور میں بارش سے نقصان", "ar", "ur"),
        ("الرئيس يصل إلى العاصمة", "fa", "ar"),
        ("Президент прибув до Києва", "ru", "uk"),
        ("La policía detiene a cinco hombres", "en", "es"),
        ("عاجل", "en-US", "ar"),
        ("سونے کی قیمت", "en-US", "ur"),
        ("Breaking news", "ar", "en"),
        ("Oil prices rise", "ar-EG", "en"),
        (ENGLISH, "ha", "en"),  # of Hausa the model knows nothing
        (ENGLISH, "mi", "en"),
    ],
)
def test_a_clear_text_overrules_a_declaration(text: str, declared: str, language: str) -> None:
    assert detect(text, declared) == language


@pytest.mark.parametrize("declared", ["English (US)", "Arabic", "x-default", "<b>", "عربي", "123", "", " ", "-"])
def test_what_is_no_code_is_no_declaration(declared: str) -> None:
    assert detect("Xyzzy plugh", declared) == UNKNOWN
    assert detect(ARABIC, declared) == "ar"


@given(st.text(max_size=60), st.none() | st.text(max_size=8))
def test_a_language_is_always_a_short_code(text: str, declared: str | None) -> None:
    language = detect(text, declared)
    assert language == UNKNOWN or (2 <= len(language) <= 3 and language.isascii() and language.islower())


# Directions


@pytest.mark.parametrize("language", ["ar", "ar-LB", "AR_eg", "fa", "ur", "he", "ckb"])
def test_languages_that_run_from_the_right(language: str) -> None:
    assert is_rtl(language)


@pytest.mark.parametrize("language", ["en", "en-AE", "ru", UNKNOWN, ""])
def test_languages_that_run_from_the_left(language: str) -> None:
    assert not is_rtl(language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123 خبر breaking news", "rtl"),
        ("«Breaking news» خبر", "ltr"),
        ("🚢 — שלום", "rtl"),
        ("\u2068خبر\u2069 breaking news", "rtl"),
        ("٢٠ news", "ltr"),  # digits have no direction of their own
        ("123", "ltr"),
        ("", "ltr"),
    ],
)
def test_a_line_whose_words_weigh_as_much_either_way_runs_as_its_first_letter_does(text: str, expected: str) -> None:
    assert direction(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "first"),
    [
        ("iPhone 17 يصل إلى الأسواق", "rtl", "ltr"),
        ("شركة Apple تطلق iPhone 17 Pro", "rtl", "rtl"),
        ("CNN عربية", "rtl", "ltr"),
        ("قطر Airways orders thirty planes", "ltr", "rtl"),
        ("(Reuters) وزير المال يستقيل", "rtl", "ltr"),
        ("123", "ltr", None),
    ],
)
def test_a_headline_runs_as_most_of_its_words_do(text: str, expected: str, first: str | None) -> None:
    assert (direction(text), first_direction(text)) == (expected, first)


# Near names

NAMES = [
    "Sports", "Economy", "Culture", "Politics", "Technology", "World News",
    "الرياضة", "اقتصاد", "الخليج والعالم", "ثقافة وفنون", "السياسة", "تكنولوجيا",
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Sports", "Sports"),
        ("SPORTS", "Sports"),
        ("Sprots", "Sports"),
        ("sport", "Sports"),
        ("econ", "Economy"),
        ("econmy", "Economy"),
        ("Économy", "Economy"),
        ("tecnology", "Technology"),
        ("poltics", "Politics"),
        ("sprtz", "Sports"),
        ("tehnologija", "Technology"),
        ("te", "Technology"),  # begun, no more
        ("تك", "تكنولوجيا"),
        ("تكنلجيه", "تكنولوجيا"),
        ("world", "World News"),
        ("news", "World News"),
        ("رياضه", "الرياضة"),
        ("ألرياضة", "الرياضة"),
        ("الرياظة", "الرياضة"),
        ("رِيَاضَة", "الرياضة"),
        ("الخليج", "الخليج والعالم"),
        ("خليج", "الخليج والعالم"),
        ("عالم", "الخليج والعالم"),
        ("الثقافة", "ثقافة وفنون"),
        ("فنون", "ثقافة وفنون"),
        ("اقتصادية", "اقتصاد"),
        ("الاقتصاد", "اقتصاد"),
        ("إقتصاذ", "اقتصاد"),
        ("سياسه", "السياسة"),
        ("تكنلوجيا", "تكنولوجيا"),
    ],
)
def test_the_name_that_was_meant_comes_first(typed: str, meant: str) -> None:
    assert fuzzy_matches(typed, NAMES)[:1] == [meant]


@pytest.mark.parametrize("typed", ["xyzzy", "", "  ", "🚢", "؟", "ر", "e", "\u064b", "مطر", "weather"])
def test_what_is_near_to_nothing_offers_nothing(typed: str) -> None:
    assert fuzzy_matches(typed, NAMES) == []


def test_no_more_names_are_offered_than_asked_for_and_none_twice() -> None:
    alike = [f"Sports {n}" for n in range(9)]
    assert len(fuzzy_matches("sports", alike)) == 4
    assert len(fuzzy_matches("sports", alike, limit=2)) == 2
    assert fuzzy_matches("sports", ["Sports", "Sports"]) == ["Sports"]
    assert fuzzy_matches("sports", []) == []


def test_the_order_of_words_does_not_matter() -> None:
    assert fuzzy_matches("news world", ["World News", "World Tour"])[0] == "World News"


def test_the_same_name_comes_before_a_longer_one_that_begins_with_it() -> None:
    assert fuzzy_matches("sport", ["Sports", "Sport", "Motor sport"])[0] == "Sport"


@given(st.text(max_size=20), st.lists(st.text(max_size=12) | st.sampled_from(NAMES), max_size=6))
def test_only_what_was_offered_comes_back(typed: str, names: list[str]) -> None:
    assert set(fuzzy_matches(typed, names)) <= set(names)


@given(
    st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإیکپچژگڤۆێەٹڈڑںےھ ", max_size=60),
    st.sampled_from([None, "ar", "fa", "ur"]),
)
def test_readings_that_the_model_is_spared_would_change_no_answer(text: str, hint: str | None) -> None:
    spared = detect(text, hint)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_of, "_leading", lambda *_: None)
        assert detect(text, hint) == spared
