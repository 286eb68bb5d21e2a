"""Saved page texts: the article is found whatever of the page around it is missing, and what is none is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats.saved_text import read
from bot.text.document import read_document
from storage.records.documents import Listing, Paragraph

BANNER, SECTION, HEADLINE = "بوابة الميناء", "البحر والسفن", "العبّارة الجديدة تبدأ رحلاتها إلى الجزيرة"
DATE, FOOTER = "19/01/2022", "إقرأ المزيد في: البحر والسفن"
PARAGRAPHS = (
    "غادرت العبّارة الميناء صباح اليوم وعلى متنها أربعون راكباً وأول بريد في السنة.",
    "وقال القبطان إن البحر كان هادئاً، وإن قاربين آخرين سيتبعانها قبل المساء.",
)
BODY = "\n\n".join(PARAGRAPHS)
ARTICLE = Draft(title=HEADLINE, body=BODY, categories=(SECTION,), published=date(2022, 1, 19))
BEIRUT = ZoneInfo("Asia/Beirut")


def page(
    *,
    banner: str | None = BANNER,
    section: str | None = SECTION,
    headline: str | None = HEADLINE,
    dated: str | None = DATE,
    again: str | None = HEADLINE,
    body: tuple[str, ...] = PARAGRAPHS,
    footer: str | None = FOOTER,
) -> str:
    """A whole page; None leaves a part out."""
    head = f"{headline}\n{dated}" if dated and headline else headline or dated
    return "\n\n".join(part for part in (banner, section, head, again, *body, footer) if part)


def article(text: str, encoding: str = "utf-8") -> Draft:
    return read(text.encode(encoding), name="page.txt", timezone=BEIRUT)


# What may be missing


@pytest.mark.parametrize(
    ("text", "category"),
    [
        (page(), SECTION),
        (page(banner=None), SECTION),
        (page(again=None), SECTION),
        (page(footer=None), SECTION),
        (page(section=None), SECTION),  # the footer's
        (page(banner=None, section=None), SECTION),
        (page(banner=None, footer=None), SECTION),
        (page(banner=None, again=None, footer=None), SECTION),
        (page(banner=None, section=None, footer=None), None),
        (page(banner=None, section=None, again=None, footer=None), None),
    ],
    ids="whole banner headline-again footer section top top-and-footer section-alone nothing-above bare".split(),
)
def test_an_article_is_found_whatever_stands_around_it(text: str, category: str | None) -> None:
    assert article(text) == replace(ARTICLE, categories=(category,) if category else ())


def test_blank_lines_between_the_parts_mean_nothing() -> None:
    assert article(page().replace("\n\n", "\n")) == ARTICLE
    assert article("\n\n" + page().replace("\n", "\n  \n\t\n") + "\n\n") == ARTICLE


def test_a_menu_above_the_section_is_passed_over() -> None:
    assert article(page(banner=f"{BANNER}\nالرئيسية\nفيديو\nاتصل بنا")) == ARTICLE


def test_the_headline_said_again_with_other_vowel_marks_is_no_paragraph() -> None:
    assert article(page(again="العبارة الجديدة تبدا رحلاتها إلى الجزيره")) == ARTICLE


def test_without_a_date_the_repeated_headline_is_the_headline() -> None:
    assert article(page(dated=None)) == replace(ARTICLE, published=None)


def test_without_a_date_and_a_second_headline_it_is_the_line_above_the_paragraphs() -> None:
    long = f"{PARAGRAPHS[0]} {PARAGRAPHS[1]}"
    found = article(page(dated=None, again=None, body=(long, PARAGRAPHS[1])))
    assert found == replace(ARTICLE, published=None, body=f"{long}\n\n{PARAGRAPHS[1]}")


def test_the_day_of_saving_in_the_banner_is_not_the_articles_date() -> None:
    assert article(page(banner=f"{BANNER}\nالسبت 5 آذار 2022")) == ARTICLE
    assert article(page(banner=f"السبت 5 آذار 2022\n{BANNER}")) == ARTICLE


def test_a_date_above_the_headline_is_its_date() -> None:
    assert article("\n".join([DATE, HEADLINE, *PARAGRAPHS])) == replace(ARTICLE, categories=())


def test_further_dates_and_times_below_the_first_are_no_paragraphs() -> None:
    assert article(page(dated="19/01/2022\nآخر تحديث: 20/01/2022\n14:30")) == ARTICLE


def test_a_paragraph_that_mentions_a_date_is_a_paragraph() -> None:
    sentence = "وكانت العبّارة القديمة قد توقفت عن الإبحار في 18/01/2022 بعد أن خدمت أهل الجزيرة ثلاثين عاماً."
    assert article(page(body=(sentence, *PARAGRAPHS))).body == f"{sentence}\n\n{BODY}"
    assert article(page(body=(*PARAGRAPHS, "كان ذلك في 18/01/2022"))).published == date(2022, 1, 19)


@pytest.mark.parametrize("byline", ["سامي حدّاد", "كتب: سامي حدّاد", "By Sami Haddad", "سامي حدّاد\nالجزيرة"])
def test_a_byline_between_the_headline_and_its_date_is_no_headline(byline: str) -> None:
    assert article(page(dated=f"{byline}\n{DATE}")) == ARTICLE
    assert article(page(dated=f"{byline}\n{DATE}", banner=None, section=None)) == ARTICLE


@pytest.mark.parametrize("byline", ["كتب: سامي حدّاد", "بقلم سامي حدّاد", "By Sami Haddad"])
def test_a_byline_that_says_so_is_known_without_a_second_headline(byline: str) -> None:
    assert article(page(dated=f"{byline}\n{DATE}", again=None)) == ARTICLE


def test_a_name_that_may_be_the_author_is_not_stored_as_the_headline() -> None:
    with pytest.raises(Unreadable, match="no headline was found"):
        article(page(dated=f"سامي حدّاد\n{DATE}", again=None))


def test_a_section_that_is_said_again_below_the_date_is_no_headline() -> None:
    assert article(page(again=f"{SECTION}\n{HEADLINE}")).title == HEADLINE
    assert article(page(again=SECTION)).title == HEADLINE


# The footer


@pytest.mark.parametrize(
    "footer",
    [
        "إقرأ المزيد في: البحر والسفن",
        "اقرأ المزيد في : البحر والسفن",
        "أقرأ المزيد من: البحر والسفن",
        "المزيد في البحر والسفن",
        "اقرأ أيضاً في: البحر والسفن",
        "إقرأ المزيد في:\nالبحر والسفن",
        "إقرأ المزيد في: البحر والسفن\nالعبّارة\nالجزيرة",
        "Read more in: البحر والسفن",
        "More from البحر والسفن",
    ],
)
def test_the_footer_names_the_section_and_is_no_paragraph(footer: str) -> None:
    assert article(page(section=None, footer=footer)) == ARTICLE


def test_where_section_and_footer_differ_the_footer_knows_better() -> None:
    assert article(page(section=None, footer="إقرأ المزيد في: الاقتصاد")).category == "الاقتصاد"


@pytest.mark.parametrize(
    "sentence",
    [
        "المزيد من السفن تنتظر في عرض البحر حتى المساء.",
        "المزيد في الطريق إلى الجزيرة، كما قال القبطان لمراسلنا الذي رافقه منذ الصباح الباكر على متن العبّارة",
        "More in the harbour are waiting for the evening tide.",
    ],
)
def test_a_last_paragraph_that_begins_like_a_footer_is_kept(sentence: str) -> None:
    assert article(page(body=(*PARAGRAPHS, sentence), footer=None)) == replace(ARTICLE, body=f"{BODY}\n\n{sentence}")


# How the date may be written


@pytest.mark.parametrize(
    "dated",
    [
        "19/01/2022",
        "١٩/٠١/٢٠٢٢",
        "۱۹/۰۱/۲۰۲۲",
        "19/1/2022",
        "19 / 01 / 2022",
        "19-01-2022",
        "19.01.2022",
        "2022-01-19",
        "2022/01/19",
        "19 يناير 2022",
        "19 يناير 2022م",
        "١٩ كانون الثاني ٢٠٢٢",
        "الأربعاء ١٩ كانون الثاني/يناير ٢٠٢٢",
        "January 19, 2022",
        "Wednesday, 19th of January 2022",
        "Published: 19 Jan. 2022",
        "نُشر في: 19/01/2022",
        "19\u200f/01\u200f/2022",
    ],
)
def test_the_date_below_the_headline_is_read_in_every_form(dated: str) -> None:
    assert article(page(dated=dated)) == ARTICLE


@pytest.mark.parametrize(
    "dated",
    [
        "19/01/2022 14:30",
        "14:30 19/01/2022",
        "19/01/2022 | 02:30 م",
        "19/01/2022 12:30 بتوقيت غرينتش",
        "19/01/2022 15:30 +03:00",
        "١٩ يناير ٢٠٢٢، الساعة ١٤:٣٠",
        "19 كانون الثاني 2022 - 2:30 مساءً",
        "January 19, 2022 2:30 p.m.",
        "2022-01-19 14:30:00",
        "2022-01-19T12:30:00Z",
    ],
)
def test_a_time_beside_the_date_is_meant_where_the_page_is_unless_it_says(dated: str) -> None:
    assert article(page(dated=dated)) == replace(ARTICLE, published=datetime(2022, 1, 19, 12, 30, tzinfo=UTC))


# How the file may be written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1256", "iso-8859-6"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_encodings_and_line_endings_give_the_same_article(encoding: str, ending: str) -> None:
    assert article(page().replace("\n", ending), encoding) == ARTICLE


@pytest.mark.parametrize(
    ("before", "after"), [("\u200f", ""), ("\u200f", "\u200e"), ("\u202b", "\u202c"), ("\u2067", "\u2069")]
)
def test_direction_marks_around_the_lines_are_passed_over(before: str, after: str) -> None:
    marked = "\n".join(f"{before}{line}{after}" for line in page().split("\n"))
    assert article(marked) == ARTICLE


def test_what_is_not_seen_is_not_kept() -> None:
    text = page().replace(" ", "\u00a0 ").replace(BANNER, f"\u202b{BANNER}\u202c").replace("البحر", "\x07البحر\x0b")
    assert article(text) == ARTICLE


# What is refused


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "this is no text"),
        ("خبز\nحليب\nجبن".encode(), "no headline was found"),
        (BODY.encode(), "no headline was found"),
        (HEADLINE.encode(), "no headline was found"),
        (DATE.encode(), "no headline was found"),
        (page(body=()).encode(), "no paragraphs follow the headline 'العبّارة الجديدة"),
        (page(body=("صورة من الميناء",)).encode(), "no paragraphs follow the headline"),
        (f"{'كلام ' * 100}\n{DATE}\n{BODY}".encode(), "no headline was found"),
    ],
    ids="nothing blank binary list paragraphs headline date no-paragraphs caption endless-headline".split(),
)
def test_what_is_no_article_is_refused_with_file_reason_and_what_was_expected(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(data, name="page.txt")
    assert str(refused.value).startswith(f"page.txt: {reason}")
    assert refused.value.reason.endswith("expected the text of a news page: a headline, its date, and paragraphs")


def test_lines_with_bullets_are_a_list_and_a_single_one_and_speeches_are_paragraphs() -> None:
    lines = ("• العبّارة الأولى في الثامنة", "•العبّارة الثانية عند الظهر")
    found = article(page(body=(PARAGRAPHS[0], *lines, PARAGRAPHS[1])))
    document = read_document(found.document, found.body)
    assert [type(block) for block in document] == [Paragraph, Listing, Paragraph]
    assert (
        found.body
        == f"{PARAGRAPHS[0]}\n\n• العبّارة الأولى في الثامنة\n• العبّارة الثانية عند الظهر\n\n{PARAGRAPHS[1]}"
    )
    for said in (("* تنويه", PARAGRAPHS[1]), ("- متى تعود؟", "- في المساء.")):
        assert article(page(body=(PARAGRAPHS[0], *said))).document == ""
