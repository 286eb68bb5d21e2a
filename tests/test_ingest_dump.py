"""Saved page texts, in all the ways in which they come, and the dates that are found in them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.dates import is_date_line
from bot.ingest.dates import parse as parse_date
from bot.ingest.draft import Draft
from bot.ingest.dump import read
from bot.ingest.errors import Unreadable
from bot.ingest.texts import texts

TITLE = "سكان الجزيرة يستقبلون أول عبّارة كهربائية"
PARAGRAPHS = [
    "استقبل سكان الجزيرة صباح أمس أول عبّارة تعمل بالكهرباء، بعد ثلاث سنوات من الانتظار.",
    "وقالت ربّة المركب إن الرحلة استغرقت أربعين دقيقة، وإن البطارية وصلت إلى الميناء وفيها نصف شحنتها.",
    "وتسير العبّارة ست مرات في اليوم حتى نهاية الصيف.",
]
SECTION = "شؤون البحر والجزر"


def page(
    *,
    banner: str | None = "جريدة الشراع",
    section: str | None = SECTION,
    day: str | None = "14/03/2025",
    again: bool = True,
    footer: str | None = f"إقرأ المزيد في: {SECTION}",
    title: str = TITLE,
) -> str:
    above = [banner, section, title, day, title if again else None]
    return "\n".join([line for line in [*above, *PARAGRAPHS, footer] if line is not None])


def of(text: str, **how: str) -> Draft:
    return read(text.encode(**how), name="page.txt")


def test_a_whole_page_gives_title_section_day_and_paragraphs() -> None:
    draft = of(page())
    assert draft.title == TITLE
    assert draft.category == SECTION
    assert draft.published == date(2025, 3, 14)
    assert draft.body == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (page(banner=None), SECTION),
        (page(again=False), SECTION),
        (page(footer=None), SECTION),
        (page(section=None), SECTION),  # the footer's
        (page(banner=None, section=None), SECTION),
        (page(banner=None, section=None, footer=None), None),
        (page(footer="اقرأ المزيد في:\n" + SECTION), SECTION),  # named on the next line
        (page(footer="المزيد في " + SECTION), SECTION),
        (page().replace("\n", "\n\n"), SECTION),
        (page().replace("\n", "\r\n"), SECTION),
        ("\ufeff" + page(), SECTION),
        ("\n\n  " + page().replace("\n", "  \n\t"), SECTION),
        (page().replace(TITLE, f"\u200f{TITLE}\u200f", 1), SECTION),
    ],
)
def test_whatever_is_missing_around_it_the_article_is_the_same(text: str, category: str | None) -> None:
    draft = of(text)
    assert draft.title.strip("\u200f") == TITLE
    assert draft.category == category
    assert draft.published == date(2025, 3, 14)
    assert draft.body == "\n\n".join(PARAGRAPHS)


def test_a_repeated_headline_with_other_vowels_is_the_headline_again() -> None:
    text = page(again=False).replace("14/03/2025", "14/03/2025\nسُكّان الجزيرة يستقبلون أوّل عبارة كهربائيّة")
    assert of(text).body == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1256", "iso-8859-6"])
def test_the_encoding_is_found_by_its_letters(encoding: str) -> None:
    data = page().encode(encoding)
    draft = read(data, name="page.txt")
    assert (draft.title, draft.body) == (TITLE, "\n\n".join(PARAGRAPHS))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("١٤/٠٣/٢٠٢٥", date(2025, 3, 14)),
        ("2025-03-14", date(2025, 3, 14)),
        ("14-3-2025", date(2025, 3, 14)),
        ("14.03.2025", date(2025, 3, 14)),
        ("14 مارس 2025", date(2025, 3, 14)),
        ("14 آذار 2025", date(2025, 3, 14)),
        ("١٤ آذار ٢٠٢٥", date(2025, 3, 14)),
        ("١٤ كانون الثاني ٢٠٢٥", date(2025, 1, 14)),
        ("14 آذار/مارس 2025", date(2025, 3, 14)),
        ("الجمعة 14 مارس 2025", date(2025, 3, 14)),
        ("March 14, 2025", date(2025, 3, 14)),
        ("14 Mar 2025", date(2025, 3, 14)),
        ("Friday, 14th March 2025", date(2025, 3, 14)),
        ("14/03/2025 18:45", datetime(2025, 3, 14, 16, 45, tzinfo=UTC)),
        ("14/03/2025 - 06:45 مساءً", datetime(2025, 3, 14, 16, 45, tzinfo=UTC)),
        ("14 March 2025, 6:45 pm", datetime(2025, 3, 14, 16, 45, tzinfo=UTC)),
        ("2025-03-14T18:45:00+02:00", datetime(2025, 3, 14, 16, 45, tzinfo=UTC)),
        ("2025-03-14T16:45:00Z", datetime(2025, 3, 14, 16, 45, tzinfo=UTC)),
        ("آخر تحديث: 14/03/2025", date(2025, 3, 14)),
    ],
)
def test_dates_are_read_in_every_form(written: str, found: date) -> None:
    assert parse_date(written, timezone=ZoneInfo("Asia/Beirut")) == found
    draft = read(page(day=written).encode(), name="page.txt", timezone=ZoneInfo("Asia/Beirut"))
    assert draft.published == found
    assert draft.body == "\n\n".join(PARAGRAPHS)


def test_a_time_below_the_date_is_no_paragraph() -> None:
    draft = of(page(day="14/03/2025\n18:45"))
    assert draft.body == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    "written", ["31/02/2025", "45/13/2025", "12", "1/2", "يوم الجمعة", "", "00/00/0000", "99999-1-1"]
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize(
    "line", ["وقع الحادث في 14/03/2025 بعد منتصف الليل بقليل على الطريق السريع المؤدي إلى المطار القديم"]
)
def test_a_sentence_that_mentions_a_date_is_no_date_line(line: str) -> None:
    assert not is_date_line(line)


def test_without_a_date_a_repeated_headline_is_the_headline() -> None:
    draft = of(page(day=None))
    assert (draft.title, draft.published) == (TITLE, None)
    assert draft.body == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        (" \n\n ", "the file is empty"),
        ("سطر واحد قصير", "no headline"),
        (f"{SECTION}\n{TITLE}\n14/03/2025\n{TITLE}\n", "no paragraphs follow"),
        ("\n".join(["رابط"] * 40), "no headline"),
        ("\x00\x01\x02binary", "this is no text"),
    ],
)
def test_what_is_no_article_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as refused:
        of(text)
    assert str(refused.value).startswith("page.txt: ")
    assert "expected" in str(refused.value)


def test_an_english_page_is_read_as_well() -> None:
    body = ["The ferry crossed in forty minutes and nobody was seasick.", "It will sail six times a day."]
    text = "\n".join(
        ["The Sail", "Islands", "Ferry arrives", "March 14, 2025", "Ferry arrives", *body, "More in: Islands"]
    )
    draft = of(text)
    assert (draft.title, draft.category, draft.body) == ("Ferry arrives", "Islands", "\n\n".join(body))


def test_what_storage_keeps_of_it_has_language_summary_and_words() -> None:
    ((text, search),) = texts([of(page())])
    assert text.language == "ar"
    assert 1 <= len(text.summary) <= 3
    assert all(sentence in text.body for sentence in text.summary)
    assert "جزير" in search.body.split()  # الجزيرة, folded and stemmed
