"""Summaries, sentences, languages and near names: what a text is about, in its own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.language import UNKNOWN, detect, direction, is_rtl
from bot.text.sentences import split_sentences
from bot.text.similar import nearest
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
        ("Dr. Salem met J. R. Haddad in the U.S. on Monday. He left.", None),
        ("قال د. أحمد إن الأمر بسيط. وافق الجميع.", ["قال د. أحمد إن الأمر بسيط.", "وافق الجميع."]),
        ('She said "No." Then she left.', ['She said "No."', "Then she left."]),
        ("«انتهى الأمر.» هكذا قال.", ["«انتهى الأمر.»", "هكذا قال."]),
        ("See https://a.example/x.y?z=1. More follows.", ["See https://a.example/x.y?z=1.", "More follows."]),
        ("A heading\nA sentence.", ["A heading", "A sentence."]),
        ("会議が開かれた。結果は明日。", ["会議が開かれた。", "結果は明日。"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str] | None) -> None:
    expected = ["Dr. Salem met J. R. Haddad in the U.S. on Monday.", "He left."] if sentences is None else sentences
    assert split_sentences(text) == expected


# Languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("قال الوزير إن الحكومة ستدرس القرار في الأسبوع المقبل بعد عودته من السفر", "ar"),
        ("دولت اعلام کرد که این تصمیم را در هفته آینده بررسی می کند و نتیجه آن را اعلام خواهد کرد", "fa"),
        ("The minister said that the government would study the decision next week", "en"),
        ("Le ministre a dit que le gouvernement étudierait la décision dans une semaine", "fr"),
        ("Der Minister sagte, dass die Regierung die Entscheidung nicht mehr prüfen werde", "de"),
        ("Министр сказал, что правительство рассмотрит решение на следующей неделе", "ru"),
        ("12345 — 67", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_language_is_told_by_its_letters_and_small_words(text: str, language: str) -> None:
    assert detect(text) == language


def test_what_the_publisher_declares_counts_unless_the_script_denies_it() -> None:
    assert detect("Kurze Meldung", hint="de") == "de"
    assert detect("قال الوزير إن الحكومة ستدرس القرار", hint="en") == "ar"


def test_directions() -> None:
    assert (is_rtl("ar"), is_rtl("ar-LB"), is_rtl("fa"), is_rtl("en")) == (True, True, True, False)
    assert (direction("123 خبر news"), direction("«News» خبر"), direction("123")) == ("rtl", "ltr", "ltr")


# Near names


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Sprots", "Sports"),
        ("رياضه", "الرياضة"),
        ("ألرياضة", "الرياضة"),
        ("الخليج", "الخليج والعالم"),
        ("econ", "Economy"),
        ("اقتصادية", "اقتصاد"),
    ],
)
def test_the_name_that_was_meant_comes_first(typed: str, meant: str) -> None:
    names = ["Sports", "Economy", "Culture", "الرياضة", "اقتصاد", "الخليج والعالم", "ثقافة وفنون"]
    assert nearest(typed, names)[:1] == [meant]


@pytest.mark.parametrize("typed", ["xyzzy", "", "🚢", "؟"])
def test_what_is_near_to_nothing_offers_nothing(typed: str) -> None:
    assert nearest(typed, ["Sports", "اقتصاد"]) == []
