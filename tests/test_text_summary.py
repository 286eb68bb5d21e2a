"""Summaries and the sentences they are made of: what a text is about, in its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.summary import LONGEST_TEXT, summarise

TITLE = "Deeper water for the big ships"
SENTENCES = [
    "The harbour council voted on Tuesday to deepen the northern basin by two metres.",
    "The weather was mild and many citizens had come to listen.",
    "Pilots had asked for a deeper basin since a freighter touched the ground in spring.",
    "A school choir sang before the meeting and was applauded for a long time.",
    "Deepening the basin will cost the harbour a fifth of its yearly budget.",
    "Coffee and cake were served afterwards in the old customs house.",
]


def test_a_summary_is_three_sentences_of_the_text_in_its_order() -> None:
    summary = summarise("\n\n".join(SENTENCES), language="en", title=TITLE)
    assert len(summary) == 3
    places = [SENTENCES.index(sentence) for sentence in summary]
    assert places == sorted(places)
    assert summary[0] == SENTENCES[0]
    assert SENTENCES[5] not in summary  # what is said beside the matter


def test_the_title_is_not_repeated() -> None:
    text = f"{TITLE}.\n\n" + "\n\n".join(SENTENCES)
    summary = summarise(text, language="en", title=TITLE)
    assert f"{TITLE}." not in summary
    arabic = "افتتاح الجسر الجديد فوق النهر أمام السيارات"
    body = f"{arabic}.\nعبرت أولى السيارات الجسر عند الفجر وسط هتاف السكان.\nوبلغت كلفة المشروع ثلاثة ملايين دولار."
    assert all(not sentence.startswith("افتتاح") for sentence in summarise(body, language="ar", title=arabic))


def test_what_most_of_the_text_speaks_of_comes_before_an_aside_but_the_order_stays() -> None:
    told = [
        "The ferry struck the mole of the harbour in thick fog.",
        "Nobody complained afterwards about anything whatsoever.",
        "Fog hid the mole until the ferry was inside the harbour.",
        "In thick fog the ferry missed the entrance of the harbour.",
    ]
    assert summarise(" ".join(told), language="en", max_sentences=2) == [told[0], told[2]]
    assert summarise(" ".join(told), language="en") == told[:3]  # the last says what the first says


def test_an_arabic_text_is_summed_up_by_its_own_sentences() -> None:
    sentences = [
        "أعلنت بلدية المرفأ أمس أن الجسر الجديد سيفتح أمام السيارات في مطلع الشهر المقبل.",
        "كان الطقس معتدلا وحضر كثيرون من سكان الحي القديم.",
        "وقال د. سالم إن كلفة الجسر بلغت 3.5 مليون دولار؛ وهي أقل مما توقعته البلدية؟",
        "وسيخفف الجسر الازدحام عند مدخل المرفأ كما تأمل البلدية.",
        "ثم وزعت الحلوى على الأطفال.",
    ]
    summary = summarise(" ".join(sentences), language="ar", title="جسر جديد في المرفأ")
    assert len(summary) == 3
    assert [sentence for sentence in sentences if sentence in summary] == summary
    assert summary[0] == sentences[0]


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("Harbour council votes to deepen northern basin", "HARBOUR COUNCIL VOTES TO DEEPEN THE NORTHERN BASIN!"),
        ("افتتاح الجسر الجديد فوق النهر", "إفتتاح الجسرِ الجديدِ فوق النهر."),
    ],
)
def test_the_title_in_another_spelling_is_still_the_title(title: str, sentence: str) -> None:
    told = "Ferries will wait outside until the work is done in June."
    assert summarise(f"{sentence}\n{told}", language="en", title=title) == [told]


def test_headings_and_bylines_are_no_sentences_of_a_summary() -> None:
    text = "\n".join(["By Rima Aoun", SENTENCES[0], "Read more", SENTENCES[2], "Photo: harbour"])
    assert summarise(text, language="en", title=TITLE, max_sentences=2) == [SENTENCES[0], SENTENCES[2]]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_fewer_sentences_can_be_asked_for(most: int) -> None:
    assert len(summarise(" ".join(SENTENCES), language="en", max_sentences=most)) == most


@pytest.mark.parametrize(
    ("text", "summary"),
    [("", []), ("   \n ", []), ("Only this.", ["Only this."]), ("خبر قصير", ["خبر قصير"])],
)
def test_short_texts_give_what_they_have(text: str, summary: list[str]) -> None:
    assert summarise(text, language="en") == summary


def test_the_same_sentence_twice_is_said_once() -> None:
    text = " ".join([SENTENCES[0], SENTENCES[0], SENTENCES[2], SENTENCES[0]])
    assert summarise(text, language="en") == [SENTENCES[0], SENTENCES[2]]


@given(st.lists(st.sampled_from([*SENTENCES, "Heading", "عاجل: خبر.", "", "1. 2. 3."]), max_size=30).map("\n".join))
def test_every_sentence_of_a_summary_stands_in_the_text(text: str) -> None:
    summary = summarise(text, language="en", title=TITLE)
    assert len(summary) <= 3
    assert all(sentence in text for sentence in summary)


# How many


@given(st.lists(st.sampled_from(SENTENCES), unique=True), st.integers(0, 7))
def test_as_many_sentences_as_asked_for_or_all_that_there_are(told: list[str], most: int) -> None:
    summary = summarise(" ".join(told), language="en", max_sentences=most)
    assert len(summary) == min(most, len(told))
    assert summary == [sentence for sentence in told if sentence in summary]


def test_a_headline_that_opens_the_text_is_none_of_its_sentences() -> None:
    for title in ("", TITLE):
        text = f"{TITLE}\n\n{SENTENCES[0]} {SENTENCES[1]}"
        assert summarise(text, language="en", title=title) == SENTENCES[:2]


def test_of_short_lines_without_end_marks_none_is_the_headline() -> None:
    lines = ["فتح الجسر اليوم أمام السيارات", "بلغت الكلفة ثلاثة ملايين دولار", "سيخفف الجسر الازدحام عند المدخل"]
    assert summarise("\n".join(lines), language="ar") == lines
    assert summarise("\n".join([*lines, ARABIC[0]]), language="ar") == [lines[1], lines[2], ARABIC[0]]


def test_a_line_that_goes_on_with_she_lost_its_stop_and_is_no_heading() -> None:
    lines = [
        "Who is Rima Aoun, the new pilot of the northern basin?",
        "She was born in the old town",
        *SENTENCES[1:4],
    ]
    assert summarise("\n".join(lines), language="en")[:2] == lines[:2]
    lines = ["من هي ريما عون التي تقود السفن إلى الحوض الشمالي؟", "هي بحارة ولدت في المدينة القديمة", *ARABIC]
    assert summarise("\n".join(lines), language="ar")[:2] == lines[:2]


@pytest.mark.parametrize("language", ["ar-EG", "AR", "en", "xx", "und", "", "zh-Hant", "no such language"])
def test_a_wrong_code_of_the_language_costs_no_sentence(language: str) -> None:
    assert summarise(" ".join(ARABIC), language=language) == ARABIC[:3]
    assert len(summarise(" ".join(SENTENCES), language=language)) == 3


@pytest.mark.parametrize(("most", "said"), [(-1, 0), (0, 0), (1, 1), (4, 4), (10, 6), (1_000, 6)])
def test_any_number_of_sentences_can_be_asked_for(most: int, said: int) -> None:
    assert len(summarise(" ".join(SENTENCES), language="en", max_sentences=most)) == said


@pytest.mark.parametrize("blank", [" ", "\n", "\r\n", "\r", "\r\n\r\n", "\u200f \u200f", "\u2028"])
def test_whatever_blank_is_between_sentences_they_are_the_same(blank: str) -> None:
    summary = summarise(blank.join(ARABIC), language="ar")
    assert [sentence.strip("\u200f") for sentence in summary] == ARABIC[:3]


def test_a_question_above_the_text_is_its_headline_and_one_within_is_not() -> None:
    asked = "هل يفتح الجسر الجديد قريبا؟"
    assert asked not in summarise(f"{asked}\n\n{' '.join(ARABIC)}", language="ar")
    assert asked in summarise(f"{asked} {' '.join(ARABIC)}", language="ar", max_sentences=5)


# What a summary never says where there is something else


ARABIC = [
    "أعلنت بلدية المرفأ أمس أن الجسر الجديد سيفتح أمام السيارات في مطلع الشهر المقبل.",
    "وبلغت كلفة الجسر ثلاثة ملايين دولار دفعت الحكومة نصفها.",
    "وسيخفف الجسر الازدحام عند مدخل المرفأ كما تأمل البلدية.",
    "وأنهى المهندسون فحص الأعمدة التي تضررت في عاصفة الشتاء.",
]
FURNITURE = [
    "By Rima Aoun and Jad Haddad",
    "BY RIMA AOUN",
    "Beirut - Reuters",
    "Image: the harbour at dawn.",
    "Photo credit: Rima Aoun",
    "Image copyright Harbour Agency",
    "Read more: The basin in figures",
    "See also: how the pilots voted.",
    "Share this article with your friends.",
    "Follow us on every channel for the news of the harbour.",
    "Subscribe to our newsletter and miss nothing.",
    "© 2024 Harbour News. All rights reserved.",
    "Copyright 2024 Harbour News.",
    "Reporting by Rima Aoun; editing by Jad Haddad",
    "Rima Aoun in Sidon contributed to this report.",
    "* * *",
    "كتب سالم منصور",
    "كتبت - هدى سالم:",
    "بقلم: هدى سالم",
    "لندن - رويترز",
    "بيروت (أ ف ب)",
    "صورة: المرفأ عند الفجر.",
    "مصدر الصورة وكالة المرفأ",
    "إقرأ أيضا: كلفة الجسر بالأرقام.",
    "اقرأ المزيد عن الجسر الجديد",
    "شاهد أيضاً: افتتاح الجسر.",
    "شارك الخبر مع أصدقائك عبر مواقع التواصل.",
    "تابعونا على مواقع التواصل الاجتماعي لمعرفة كل جديد.",
    "اشترك في نشرتنا البريدية ليصلك كل جديد.",
    "جميع الحقوق محفوظة لوكالة المرفأ 2024.",
    "ـــــــــــــــــ",
    "À lire aussi : le pont en chiffres",
    "Читайте также: мост в цифрах",
    "بیشتر بخوانید: پل جدید",
    "Read the full story here.",
    "Video | Ships come in",
    "FILE PHOTO: The harbour at dawn, January 5, 2024. Harbour Agency/Rima Aoun",
    "File - The harbour at dawn.",
    "Photo courtesy of the harbour.",
    "More: the basin in figures.",
    "Don’t miss: the basin in figures.",
    "Edited by Jad Haddad.",
    "Follow @harbour for more.",
    "This story has been updated.",
    "This material may not be published, broadcast, rewritten or redistributed.",
    "Last updated: 10:30 on Tuesday.",
    "Updated 10:30 GMT",
    "2024-01-05 10:30",
    "Home » News » Harbour",
    "#harbour #ships",
    "Beirut (AFP) —",
    "قد يهمك: كلفة الجسر.",
    "بالفيديو.. افتتاح الجسر",
    "شاهد بالفيديو: افتتاح الجسر.",
    "لقراءة الخبر كاملا اضغط هنا.",
    "اقرأ التفاصيل كاملة هنا.",
    "انضموا إلينا على واتساب.",
    "كل الحقوق محفوظة للميناء.",
    "آخر تحديث: 10:30 بتوقيت المرفأ.",
    "ساهم في إعداد التقرير هدى سالم.",
    "كتبت هدى سالم من المرفأ:",
    "تصوير هدى سالم",
    "(رويترز) -",
    "الرئيسية » أخبار » المرفأ",
    "Leggi anche: il ponte in cifre.",
    "مزید پڑھیں: نیا پل",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_is_never_said_while_there_are_sentences(line: str) -> None:
    for told, language in ((SENTENCES[:3], "en"), (ARABIC[:3], "ar")):
        for place in range(4):
            text = "\n".join([*told[:place], line, *told[place:]])
            assert summarise(text, language=language) == told


@pytest.mark.parametrize("again", [TITLE, f"{TITLE}.", TITLE.upper(), FURNITURE[0], FURNITURE[5]])
def test_neither_furniture_nor_the_title_fills_up_a_summary(again: str) -> None:
    for lines in ([again, *SENTENCES[:2]], [*SENTENCES[:2], again], [TITLE, again, *SENTENCES[:2]]):
        assert summarise("\n".join(lines), language="en", title=TITLE) == SENTENCES[:2]


def test_a_text_that_is_only_its_title_gives_that_and_no_byline() -> None:
    assert summarise(f"{TITLE}\nBy Rima Aoun", language="en", title=TITLE) == [TITLE]


def test_a_text_of_furniture_alone_gives_its_lines() -> None:
    lines = ["By Rima Aoun", "Image: the harbour.", "Read more", "Share this"]
    assert len(summarise("\n".join(lines), language="en")) == 3


@pytest.mark.parametrize(
    "sentence",
    [
        "كتب الرئيس رسالة طويلة إلى أعضاء المجلس البلدي.",
        "شارك الوزير في افتتاح الجسر الجديد أمام السيارات.",
        "صورة المرفأ تغيرت كثيرا منذ افتتاح الجسر الجديد.",
        "By Monday the harbour was open to ships again.",
        "Image processing finds cracks in the old pillars.",
        "Share prices of the harbour company fell on Tuesday.",
        "Video-sharing among pilots began in spring.",
        "Copyright law protects the old charts of the harbour.",
        "Updated charts show the new depth of the basin.",
        "اشترك في سباق القوارب ثلاثون بحارا من المرفأ.",
        "شارك هذا العام في السباق ثلاثون بحارا.",
        "شارك عبر الفيديو في الاجتماع ثلاثة من المهندسين.",
        "حقوق النشر كانت موضوع الاجتماع الأخير.",
        "المزيد من السفن ينتظر خارج المرفأ.",
        "الكاتب (45 عاما) ولد في المدينة القديمة.",
        "الرياض (رويترز) - قال الوزير إن الجسر سيفتح غدا.",
    ],
)
def test_a_sentence_that_opens_like_furniture_is_a_sentence(sentence: str) -> None:
    language = "en" if sentence.isascii() else "ar"
    assert summarise(f"{sentence} {' '.join(ARABIC)}", language=language)[0] == sentence


@pytest.mark.parametrize(
    ("title", "again"),
    [
        ("Harbour council votes to deepen northern basin", "Council of harbour votes for a deeper northern basin."),
        ("افتتاح الجسر الجديد فوق النهر أمام السيارات", "الجسر الجديد فوق النهر يُفتتح أمام السيارات."),
    ],
)
def test_the_title_lightly_reworded_is_not_said_again(title: str, again: str) -> None:
    for told, language in ((SENTENCES[:4], "en"), (ARABIC, "ar")):
        for place in range(5):
            text = " ".join([*told[:place], again, *told[place:]])
            assert again not in summarise(text, language=language, title=title)


def test_a_lead_that_says_the_title_and_more_stays() -> None:
    title = "Harbour council votes to deepen northern basin"
    assert summarise(" ".join(SENTENCES), language="en", title=title)[0] == SENTENCES[0]
    assert summarise(" ".join(ARABIC), language="ar", title="الجسر الجديد يفتح أمام السيارات")[0] == ARABIC[0]


# Who is "he"?


def test_he_said_is_not_chosen_without_the_sentence_that_names_him() -> None:
    told = [
        "The harbour council voted on Tuesday to deepen the northern basin.",
        "Rain fell on the town all morning long.",
        "Pilot Jad Salem did not come to listen.",
        "He said the harbour council had voted to deepen the northern basin too late.",
        "The northern basin of the harbour is too shallow, the council found on Tuesday.",
    ]
    assert summarise(" ".join(told), language="en", max_sentences=2) == [told[0], told[4]]


@pytest.mark.parametrize("marks", ['""', "“”", "«»"])
def test_a_quotation_from_far_below_is_not_the_third_sentence(marks: str) -> None:
    opening, closing = marks[0], marks[1]
    told = [
        "The harbour council voted on Tuesday to deepen the northern basin by two metres.",
        "Work on the northern basin of the harbour begins in May.",
        "Some children sang an old song.",
        "Its members had practised for weeks in a cold hall.",
        "Children waved small flags from the windows.",
        "The mayor wore a green coat.",
        "Coffee was served afterwards.",
        "Two gulls sat on the roof.",
        "It rained for an hour.",
        "Nobody seemed to mind.",
        "The lamps were lit at six.",
        f"{opening}The northern basin of the harbour is old,{closing} pilot Dana Roe said.",
    ]
    plain = told[-1].replace(opening, "").replace(closing, "")
    assert told[-1] not in summarise(" ".join(told), language="en")
    assert plain in summarise(" ".join([*told[:-1], plain]), language="en")  # as a statement, it would be chosen


@pytest.mark.parametrize(
    "dangling",
    [
        "وأضاف أن الجسر سيخفف الازدحام عند مدخل المرفأ.",
        "وقال: «سيخفف الجسر الازدحام عند مدخل المرفأ».",
        "وأشارت إلى أن الجسر سيخفف الازدحام عند المرفأ.",
        "وهو جسر يخفف الازدحام الكبير عند مدخل المرفأ.",
    ],
)
def test_arabic_speech_without_a_speaker_waits_for_the_sentence_before_it(dangling: str) -> None:
    # The sentence before it repeats the lead, so it is not chosen.
    told = [ARABIC[0], f"نعم، {ARABIC[0]}", dangling, *ARABIC[1:]]
    assert summarise("\n".join(told), language="ar") == [ARABIC[0], ARABIC[1], ARABIC[2]]
    named = dangling.replace("أضاف", "أضاف الوزير").replace("قال", "قال الوزير").replace("أشارت", "أشارت البلدية")
    if named != dangling:
        assert named in summarise("\n".join([*told[:2], named, *told[3:]]), language="ar")


def test_what_goes_on_is_chosen_together_with_the_sentence_before_it() -> None:
    told = [
        ARABIC[0],
        "وقال الوزير إن الجسر جاهز أمام الناس.",
        "وأضاف أن الكلفة كانت أقل مما توقعته الحكومة.",
        *ARABIC[1:],
    ]
    assert summarise(" ".join(told), language="ar") == told[:3]


# Other languages, other lengths


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "fr",
            "Le conseil du port a voté mardi l’agrandissement du bassin nord. Il pleuvait ce jour-là sur la ville."
            " Les pilotes du port demandaient un bassin plus profond. Une chorale a chanté. Le bassin nord du port"
            " sera fermé aux grands navires en juin.",
        ),
        (
            "tr",
            "Liman meclisi salı günü kuzey havzasının derinleştirilmesine karar verdi. Hava çok güzeldi o gün."
            " Kılavuz kaptanlar limanda daha derin bir havza istiyordu. Bir koro şarkı söyledi orada."
            " Kuzey havzası haziranda büyük gemilere kapanacak.",
        ),
        (
            "ru",
            "Совет порта во вторник решил углубить северный бассейн. Погода в тот день была очень хорошей."
            " Лоцманы давно просили углубить бассейн порта. Хор спел там три песни. Северный бассейн порта закроют"
            " для больших судов в июне.",
        ),
        (
            "fa",
            "شورای بندر روز سه‌شنبه تصمیم گرفت حوضه شمالی را عمیق‌تر کند. هوا آن روز بسیار خوب بود."
            " راهنمایان بندر حوضه عمیق‌تری می‌خواستند. گروه کر سه ترانه خواند. حوضه شمالی در ژوئن بسته می‌شود.",
        ),
        (
            "ur",
            "بندرگاہ کی کونسل نے منگل کو شمالی حوض گہرا کرنے کا فیصلہ کیا۔ اس دن موسم بہت اچھا تھا۔"
            " جہاز رانوں کو گہرے حوض کی ضرورت تھی۔ بچوں نے تین گیت گائے۔ شمالی حوض جون میں بند رہے گا۔",
        ),
    ],
)
def test_other_languages_are_summed_up_by_their_own_sentences(language: str, text: str) -> None:
    summary = summarise(text, language=language)
    assert len(summary) == 3
    assert text.startswith(summary[0])
    assert all(sentence in text for sentence in summary)


@pytest.mark.parametrize("piece", ["A. ", "word ", "… ", '"', "(", "\n", "خبر. ", "د. ", 'a." '])
def test_a_text_of_a_megabyte_is_read_only_as_far_as_it_matters(piece: str) -> None:
    summary = summarise(piece * (1_000_000 // len(piece)), language="en")
    assert len(summary) <= 3
    assert all(len(sentence) <= LONGEST_TEXT for sentence in summary)
