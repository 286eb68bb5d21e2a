"""What stands between the paragraphs of a page and is none of them stays out, and the paragraphs stay."""

import pytest

from bot.ingest.page import read
from tests.test_ingest_page import ARABIC, PARAGRAPHS

THIRD = "ويقول الصيادون إن المرفأ يحتاج إلى رصيف أطول، لأن الريح الغربية تمنع القوارب من أن ترسو جنباً إلى جنب."
ARTICLES = {"en": PARAGRAPHS, "ar": (*ARABIC, THIRD)}


def body(language: str = "en", *, first: str = "", second: str = "", last: str = "", around: str = "{}") -> list[str]:
    """The paragraphs of a page with this before its second, before its last and behind its last paragraph."""
    one, two, three = (f"<p>{text}</p>" for text in ARTICLES[language])
    inner = around.format(f"{one}{first}{two}{second}{three}{last}")
    title = "Ferry sails" if language == "en" else "العبّارة تغادر المرفأ"
    text = (
        f"<html><head><title>{title}</title><meta name='author' content='Mona Haddad'></head>"
        f"<body><article><h1>{title}</h1>{inner}</article></body></html>"
    )
    return read(text.encode(), name="page.html", url="https://harbour.example/news/1").body.split("\n\n")


def whole(language: str = "en") -> list[str]:
    return list(ARTICLES[language])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "<p>Read more: <a href='/x'>New bridge opens across the river</a></p>"),
        ("en", "<p><b>READ ALSO</b></p><ul><li><a href='/x'>Bridge</a></li><li><a href='/y'>Olives</a></li></ul>"),
        ("en", "<h3>Related stories</h3><p><a href='/x'>New bridge opens across the river</a></p>"),
        ("en", "<div class='related-posts'><p>New bridge opens across the river, after two years of work.</p></div>"),
        ("en", "<p>Share this article</p>"),
        ("en", "<p>Follow us on: <a href='#'>Facebook</a></p>"),
        ("en", "<div class='social-share'><span>Share</span> <a href='#'>X</a></div>"),
        ("en", "<p>Tags: sea, ferry, harbour</p>"),
        ("en", "<p>By Mona Haddad</p>"),
        ("en", "<p>Mona Haddad</p>"),
        ("en", "<p>Sign up for our newsletter and get the news every morning.</p>"),
        ("en", "<p>Advertisement</p>"),
        ("en", "<figure><img src='/a.jpg'><figcaption>The harbour at sunset, from the hill.</figcaption></figure>"),
        ("en", "<p>Photo: Sami Khoury</p>"),
        ("en", "<p>We use cookies to improve your experience. Read our privacy policy.</p>"),
        ("ar", "<p>اقرأ أيضاً: <a href='/x'>افتتاح جسر جديد فوق النهر</a></p>"),
        ("ar", "<p>إقرأ أيضا</p><ul><li><a href='/x'>افتتاح جسر جديد فوق النهر</a></li></ul>"),
        ("ar", "<p>للمزيد: <a href='/x'>موسم الزيتون يبدأ مبكراً</a></p>"),
        ("ar", "<div>مواضيع ذات صلة</div><div><a href='/x'>افتتاح جسر جديد</a></div>"),
        ("ar", "<p>شارك المقال</p>"),
        ("ar", "<p>الكلمات المفتاحية: البحر، العبّارة</p>"),
        ("ar", "<p>بقلم: منى الحداد</p>"),
        ("ar", "<p>صورة أرشيفية: المرفأ القديم</p>"),
        ("ar", "<p>تابعونا على: <a href='#'>فيسبوك</a></p>"),
    ],
)  # fmt: skip
def test_boilerplate_between_paragraphs_stays_out(language: str, said: str) -> None:
    assert body(language, first=said) == whole(language)
    assert body(language, second=said) == whole(language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "<p>Source: Agencies</p>"),
        ("en", "<p>© 2022 Harbour News</p>"),
        ("en", "<p>All rights reserved by the harbour</p>"),
        ("en", "<section id='comments'><h2>Comments</h2><p>I was on that boat, and it was fine.</p></section>"),
        ("ar", "<p>المصدر: وكالات</p>"),
        ("ar", "<p>جميع الحقوق محفوظة لمرفأ الأخبار</p>"),
        ("ar", "<p>19 كانون الثاني 2022</p>"),
    ],
)  # fmt: skip
def test_what_ends_a_page_stays_out(language: str, said: str) -> None:
    assert body(language, last=said) == whole(language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Related boats of the same kind were sold last year, and nobody on the island missed them since then.",
        ),
        (
            "en",
            "Read more slowly, said the teacher, and the children of the sailors began from the first page.",
        ),
        (
            "en",
            "Comments from the harbour master were not to be had, and his office stayed closed all day long.",
        ),
        (
            "en",
            "Copyright law keeps the song of the sailors from being sung in taverns, says their lawyer.",
        ),
        (
            "en",
            "By noon the wind had turned to the west, and the captain let down the sails at the island.",
        ),
        ("ar", "شارك في الرحلة أربعون راكباً من القرى القريبة، بينهم أطفال يزورون الجزيرة للمرة الأولى في حياتهم."),
        ("ar", "إعلان الموعد الجديد جاء بعد اجتماع طويل بين القبطان ورئيس المرفأ وممثلي الصيادين في المدينة."),
        ("ar", "اشترك في بناء القارب عشرة نجارين عملوا طوال الشتاء في ورشة صغيرة قرب السوق القديم في البلدة."),
        ("ar", "المصدر الأول للدخل في القرية هو الصيد، ثم تأتي الزراعة وبعض الحرف التي ورثها الأبناء عن الآباء."),
    ],
)
def test_a_paragraph_that_begins_like_boilerplate_is_kept(language: str, said: str) -> None:
    one, two, three = whole(language)
    assert body(language, first=f"<p>{said}</p>") == [one, said, two, three]


@pytest.mark.parametrize(
    "around",
    [
        "<div class='share-body'>{}</div>",
        "<div class='author-box'><div id='byline'>{}</div></div>",
        "<form action='/'>{}</form>",
        "<table><tr><td><a href='/'>Menu</a></td><td>{}</td></tr></table>",
    ],
)
def test_an_element_that_holds_the_text_is_kept_whatever_it_is_called(around: str) -> None:
    assert body(around=around) == whole()


@pytest.mark.parametrize("between", ["<br><br>", "<br/>", "<br> <br>"])
def test_lines_that_are_broken_are_paragraphs(between: str) -> None:
    inner = between.join(ARTICLES["ar"])
    text = f"<html><head><title>خبر</title></head><body><h1>العبّارة تغادر</h1><div>{inner}</div></body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == whole("ar")


def test_a_link_in_a_paragraph_is_part_of_it() -> None:
    said = "The <a href='/x'>harbour master</a> told <a href='/y'>the council</a> that the pier would be longer."
    assert body(first=f"<p>{said}</p>")[1].startswith("The harbour master told the council that")


def test_the_text_of_linked_data_stands_in_where_the_page_shows_a_beginning_only() -> None:
    given = "\\n".join(PARAGRAPHS * 2)
    node = f'{{"@type": "NewsArticle", "headline": "Ferry sails", "articleBody": "{given}"}}'
    head = f'<title>Ferry sails</title><script type="application/ld+json">{node}</script>'
    text = f"<html><head>{head}</head><body><h1>Ferry sails</h1><p>{PARAGRAPHS[0]}</p></body></html>"
    assert read(text.encode(), name="page.html").body.split("\n\n") == list(PARAGRAPHS * 2)
