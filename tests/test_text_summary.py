"""Summaries and the sentences they are made of: what a text is about, in its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.sentences import split_sentences
from bot.text.summary import summarise

TITLE = "Deeper water for the big ships"
SENTENCES = [
    "The harbour council voted on Tuesday to deepen the northern basin by two metres.",
    "The weather was mild and many citizens had come to listen.",
    "Pilots had asked for a deeper basin since a freighter touched the ground in spring.",
    "A school choir sang before the meeting and was applauded for a long time.",
    "Deepening the basin will cost the harbour a fifth of its yearly budget.",
    "Coffee and cake were served afterwards in the old customs house.",
]


def test_a_summary_is_at_most_three_sentences_of_the_text_in_its_order() -> None:
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
    assert summarise(" ".join(told), language="en", max_sentences=2) == (told[0], told[2])
    assert summarise(" ".join(told), language="en") == tuple(told[:3])


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
    assert [sentence for sentence in sentences if sentence in summary] == list(summary)
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
    assert summarise(f"{sentence}\n{told}", language="en", title=title) == (told,)


def test_headings_and_bylines_are_no_sentences_of_a_summary() -> None:
    text = "\n".join(["By Rima Aoun", SENTENCES[0], "Read more", SENTENCES[2], "Photo: harbour"])
    assert summarise(text, language="en", title=TITLE) == (SENTENCES[0], SENTENCES[2])


@pytest.mark.parametrize("most", [1, 2, 3])
def test_fewer_sentences_can_be_asked_for(most: int) -> None:
    assert len(summarise(" ".join(SENTENCES), language="en", max_sentences=most)) == most


@pytest.mark.parametrize(
    ("text", "summary"),
    [("", ()), ("   \n ", ()), ("Only this.", ("Only this.",)), ("خبر قصير", ("خبر قصير",))],
)
def test_short_texts_give_what_they_have(text: str, summary: tuple[str, ...]) -> None:
    assert summarise(text, language="en") == summary


def test_the_same_sentence_twice_is_said_once() -> None:
    text = " ".join([SENTENCES[0], SENTENCES[0], SENTENCES[2], SENTENCES[0]])
    assert list(summarise(text, language="en")).count(SENTENCES[0]) == 1


@given(st.lists(st.sampled_from([*SENTENCES, "Heading", "عاجل: خبر.", "", "1. 2. 3."]), max_size=30).map("\n".join))
def test_every_sentence_of_a_summary_stands_in_the_text(text: str) -> None:
    summary = summarise(text, language="en", title=TITLE)
    assert len(summary) <= 3
    assert all(sentence in text for sentence in summary)


# Sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("هل وصل القطار؟ نعم. وصل أمس!", ["هل وصل القطار؟", "نعم.", "وصل أمس!"]),
        ("قال، بعد تفكير؛ إنه موافق. ثم غادر.", ["قال، بعد تفكير؛ إنه موافق.", "ثم غادر."]),
        ("It rose by 3.5 per cent. Then it fell.", ["It rose by 3.5 per cent.", "Then it fell."]),
        (
            "Dr. Salem met J. R. Haddad in the U.S. on Monday. He left.",
            ["Dr. Salem met J. R. Haddad in the U.S. on Monday.", "He left."],
        ),
        ("Haddad Inc. Beirut sells nets, e.g. Drift nets.", ["Haddad Inc. Beirut sells nets, e.g. Drift nets."]),
        ("At the U.N. Mr. Ito spoke vs. Ms. Roe. All left.", ["At the U.N. Mr. Ito spoke vs. Ms. Roe.", "All left."]),
        ("Das gilt z.B. Für alle.", ["Das gilt z.B. Für alle."]),
        ("Wait... what? No!", ["Wait... what?", "No!"]),
        ("Is that the end?! It is.", ["Is that the end?!", "It is."]),
        ("He said “Go.” (It rained.) Then sun.", ["He said “Go.”", "(It rained.)", "Then sun."]),
        ("بلغ السعر ٣.٥ دولار و٢٫٥ يورو. ثم هبط.", ["بلغ السعر ٣.٥ دولار و٢٫٥ يورو.", "ثم هبط."]),
        ("«هل جاء؟» سأل الرجل. ثم مضى!", ["«هل جاء؟»", "سأل الرجل.", "ثم مضى!"]),
        ("قال: «نعم». ثم غادر.", ["قال: «نعم».", "ثم غادر."]),
        ("وصل أ. د. سالم وم. هدى معا. ثم عادا.", ["وصل أ. د. سالم وم. هدى معا.", "ثم عادا."]),
        ("یہ خبر ہے۔ وہ چلا گیا۔", ["یہ خبر ہے۔", "وہ چلا گیا۔"]),
        ("بلا علامة في آخره", ["بلا علامة في آخره"]),
        ("  One.  \r\n\r\n\n  Two.  ", ["One.", "Two."]),
        ("قال د. أحمد إن الأمر بسيط. وافق الجميع.", ["قال د. أحمد إن الأمر بسيط.", "وافق الجميع."]),
        ('She said "No." Then she left.', ['She said "No."', "Then she left."]),
        ("«انتهى الأمر.» هكذا قال.", ["«انتهى الأمر.»", "هكذا قال."]),
        ("See https://a.example/x.y?z=1. More follows.", ["See https://a.example/x.y?z=1.", "More follows."]),
        ("A heading\nA sentence.", ["A heading", "A sentence."]),
        ("会議が開かれた。結果は明日。", ["会議が開かれた。", "結果は明日。"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


PIECES = st.sampled_from(["خبر", "د.", "3.5", "U.S.", "Haddad", "؟", ".", "»", "«", "\n", " ", "。"])


@given(st.lists(PIECES).map("".join))
def test_sentences_say_all_of_the_text_in_its_order(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.strip() and "\n" not in sentence for sentence in sentences)
